//! Taking what others wrote: verify, persist in one transaction, then judge, then tell.

use std::collections::{BTreeMap, BTreeSet};

use dossier_store::Tx;
use dossier_sync::protocol::{Accepted, Batch, Loose, Refusal, Refused, Source};
use dossier_trust::chains::Misplaced;
use dossier_trust::codec::Canonical;
use dossier_trust::consent::Entry;
use dossier_trust::epoch::Wrap;
use dossier_trust::ids::{ChainId, CompartmentId, DossierId};
use dossier_trust::item::{Item, Kind, Lane, Open, Position, SignedOpen};
use dossier_trust::operation::Operation;
use dossier_trust::receipt::Receipt;

use super::compartment::{LOOSE_RECEIPT, LOOSE_WRAP};
use super::writing::{stored_chain, stored_item};
use super::{Compartment, Dossier};
use crate::contract::Fault;
use crate::home::Home;

/// Chains of one device in one compartment and lane: above this it is a flood.
const MAX_CHAINS_PER_DEVICE: usize = 256;

/// What of a batch held, ready for the store.
#[derive(Default)]
struct Sound {
    chains: Vec<(ChainId, SignedOpen)>,
    items: Vec<Item>,
    operations: Vec<Entry>,
    loose: Vec<Loose>,
    wraps: Vec<Wrap>,
    receipts: Vec<Receipt>,
}

impl Home {
    /// Takes a batch: whatever holds is on the disk when this returns, whatever does not is named.
    ///
    /// # Errors
    /// What the store says; then nothing was kept.
    pub(crate) fn receive(&mut self, from: Source, batch: Batch) -> Result<Accepted, Fault> {
        let (dossier, compartment) = (batch.dossier, batch.compartment);
        if !self.takes_from(from, &dossier, &compartment)? {
            return Ok(refuse_all(&batch, Refusal::Unwanted));
        }
        let mut accepted = Accepted::default();
        let sound = self.dossier(&dossier)?.check(batch, &mut accepted)?;
        let now_ms = self.now_ms();
        let stored = self
            .store
            .transact::<_, Fault>(|tx| store(tx, dossier, compartment, &sound, now_ms));
        match stored {
            Ok(fresh) => accepted.fresh = fresh,
            Err(fault) => {
                self.reload(&dossier);
                return Err(fault);
            }
        }
        if accepted.fresh > 0 {
            accepted.sharing_changed = !sound.operations.is_empty();
            if let Err(fault) = self.arrived(&dossier, &compartment, sound) {
                self.reload(&dossier);
                return Err(fault);
            }
        }
        Ok(accepted)
    }

    fn takes_from(&mut self, from: Source, dossier: &DossierId, compartment: &CompartmentId) -> Result<bool, Fault> {
        if self.store.dossier(dossier)?.is_none_or(|row| row.closed_ms.is_some()) {
            return Ok(false);
        }
        Ok(match from {
            Source::Bundle => true,
            Source::Peer(device) => {
                let dossier = self.dossier(dossier)?;
                let invited_us = dossier.local.inviter.as_deref() == Some(device.to_hex().as_str());
                // Into a compartment that is known here, only whoever has something to do with it brings anything.
                let at_home = dossier
                    .compartments
                    .get(compartment)
                    .is_none_or(|held| held.log.is_empty() || held.consent.principal_of(&device).is_some());
                invited_us || (at_home && dossier.principal_of(&device).is_some())
            }
        })
    }

    /// Memory follows the store.
    fn arrived(&mut self, id: &DossierId, compartment: &CompartmentId, sound: Sound) -> Result<(), Fault> {
        let (Some(me), Some(dossier)) = (self.me.as_ref(), self.dossiers.get_mut(id)) else {
            return Err(Fault::internal("dossier"));
        };
        let new_operations = !sound.operations.is_empty();
        let mut touched = BTreeSet::from([*compartment]);
        let mut lines = Vec::new();
        if *compartment == CompartmentId::DOSSIER {
            dossier.part.log.extend(sound.operations);
            dossier.part.judge_dossier_part();
            let owners = dossier.part.consent.clone();
            for (name, other) in &mut dossier.compartments {
                other.judge(&self.store, me, &owners)?;
                touched.insert(*name);
            }
        } else {
            let owners = dossier.part.consent.clone();
            let held = dossier
                .compartments
                .entry(*compartment)
                .or_insert_with(|| Compartment::new(*id, *compartment));
            let before = held.doc.get_heads();
            let records: BTreeSet<_> = held.records.keys().copied().collect();
            let new_wraps = !sound.wraps.is_empty();
            held.log.extend(sound.operations);
            for wrap in sound.wraps {
                held.add_wrap(wrap);
            }
            let content: Vec<Item> = sound
                .items
                .into_iter()
                .filter(|item| item.header.kind != Kind::Operation)
                .collect();
            if new_operations || new_wraps {
                held.judge(&self.store, me, &owners)?;
            } else {
                held.take(&self.store, me, &owners, &content)?;
            }
            lines = dossier.lines_of_arrival(me, compartment, &content, &before, &records, self.clock.now_ms());
            lines.extend(dossier.lines_of_receipts(me, compartment, &sound.receipts));
        }
        if !lines.is_empty() {
            let now = i64::try_from(self.clock.now_ms()).unwrap_or(i64::MAX);
            self.store.transact::<_, Fault>(|tx| {
                for line in &lines {
                    tx.add_activity(now, id, &line.to_bytes())?;
                }
                Ok(())
            })?;
        }
        self.after_change(id, touched.into_iter(), new_operations);
        Ok(())
    }
}

fn store(
    tx: &Tx<'_>,
    dossier: DossierId,
    compartment: CompartmentId,
    sound: &Sound,
    now_ms: u64,
) -> Result<u32, Fault> {
    let mut fresh = 0u32;
    for (chain, signed) in &sound.chains {
        tx.put_chain(&stored_chain(*chain, signed))?;
    }
    for item in &sound.items {
        fresh = fresh.saturating_add(u32::from(tx.put_item(&stored_item(item, now_ms))?));
    }
    for loose in &sound.loose {
        let stored = dossier_store::Loose {
            id: loose.id().0,
            dossier,
            compartment,
            kind: loose.kind,
            about: loose.about,
            bytes: loose.bytes.clone(),
            arrived_ms: i64::try_from(now_ms).unwrap_or(i64::MAX),
        };
        fresh = fresh.saturating_add(u32::from(tx.put_loose(&stored)?));
    }
    Ok(fresh)
}

fn refuse_all(batch: &Batch, why: Refusal) -> Accepted {
    let opens = (0..batch.opens.len()).map(Refused::Open);
    let items = (0..batch.items.len()).map(Refused::Item);
    let loose = (0..batch.loose.len()).map(Refused::Loose);
    Accepted {
        refused: opens.chain(items).chain(loose).map(|what| (what, why)).collect(),
        ..Accepted::default()
    }
}

impl Dossier {
    /// Keeps what holds on its own: signatures, links, lanes, bodies. Who may write what is the verdict's to say.
    fn check(&mut self, batch: Batch, accepted: &mut Accepted) -> Result<Sound, Fault> {
        let mut sound = Sound::default();
        let id = self.id;
        let compartment = batch.compartment;
        let is_part = compartment == CompartmentId::DOSSIER;
        if !is_part && !self.compartments.contains_key(&compartment) {
            self.compartments.insert(compartment, Compartment::new(id, compartment));
        }
        let Some(held) = self.compartment_mut(&compartment) else {
            return Ok(sound);
        };
        let mut chains_of: BTreeMap<_, usize> = BTreeMap::new();
        for (_, chain) in held.chains.iter() {
            *chains_of.entry((chain.open.device, chain.open.lane)).or_default() += 1;
        }
        for (at, signed) in batch.opens.into_iter().enumerate() {
            let open = &signed.open;
            let fits = open.dossier == id && open.compartment == compartment && (!is_part || open.lane == Lane::Log);
            let count = chains_of.entry((open.device, open.lane)).or_default();
            let why = if !fits || signed.verify().is_err() {
                Some(Refusal::Invalid)
            } else if held.chains.get(&open.chain()).is_none() && *count >= MAX_CHAINS_PER_DEVICE {
                Some(Refusal::Quota)
            } else {
                None
            };
            match why {
                Some(why) => accepted.refused.push((Refused::Open(at), why)),
                None => {
                    *count += 1;
                    let chain = held.chains.open(signed.open.clone());
                    sound.chains.push((chain, signed));
                }
            }
        }
        for (at, item) in batch.items.into_iter().enumerate() {
            match held.check_item(&item) {
                Ok(true) => {
                    if item.header.kind == Kind::Operation
                        && let Some(operation) = item.body.as_deref().and_then(|body| Operation::from_bytes(body).ok())
                    {
                        sound.operations.push(Entry {
                            position: item.position(),
                            operation,
                        });
                    }
                    sound.items.push(item);
                }
                Ok(false) => {}
                Err(why) => accepted.refused.push((Refused::Item(at), why)),
            }
        }
        for (at, loose) in batch.loose.into_iter().enumerate() {
            match checked_loose(&loose, id, compartment) {
                Some(CheckedLoose::Wrap(wrap)) => {
                    sound.wraps.push(wrap);
                    sound.loose.push(loose);
                }
                Some(CheckedLoose::Receipt(receipt)) => {
                    sound.receipts.push(receipt);
                    sound.loose.push(loose);
                }
                None => accepted.refused.push((Refused::Loose(at), Refusal::Invalid)),
            }
        }
        Ok(sound)
    }
}

enum CheckedLoose {
    Wrap(Wrap),
    Receipt(Receipt),
}

fn checked_loose(loose: &Loose, dossier: DossierId, compartment: CompartmentId) -> Option<CheckedLoose> {
    match loose.kind {
        LOOSE_WRAP => {
            let wrap = Wrap::from_bytes(&loose.bytes).ok()?;
            let fits = wrap.dossier == dossier && wrap.compartment == compartment && wrap.recipient.0 == loose.about;
            (fits && wrap.verify().is_ok()).then_some(CheckedLoose::Wrap(wrap))
        }
        LOOSE_RECEIPT => {
            let receipt = Receipt::from_bytes(&loose.bytes).ok()?;
            let fits =
                receipt.dossier == dossier && receipt.compartment == compartment && receipt.by.device.0 == loose.about;
            (fits && receipt.verify().is_ok()).then_some(CheckedLoose::Receipt(receipt))
        }
        _ => None,
    }
}

impl Compartment {
    /// Valid on its own and in its place. True when it was not held.
    fn check_item(&mut self, item: &Item) -> Result<bool, Refusal> {
        let chain = item.header.chain;
        let open: &Open = &self.chains.get(&chain).ok_or(Refusal::Missing)?.open;
        let position: Position = item.position();
        if self.chains.contains(&position) {
            return Ok(false);
        }
        item.verify_in(chain, open).map_err(|_| Refusal::Invalid)?;
        if item.header.kind == Kind::Operation
            && item
                .body
                .as_deref()
                .is_none_or(|body| Operation::from_bytes(body).is_err())
        {
            return Err(Refusal::Invalid);
        }
        self.chains.add(&item.header).map_err(|misplaced| match misplaced {
            Misplaced::UnknownChain | Misplaced::Gap => Refusal::Missing,
        })
    }
}
