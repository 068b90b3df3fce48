//! Taking what others wrote: verify, persist in one transaction, then judge, then tell.

use std::collections::{BTreeMap, BTreeSet};

use dossier_store::{Owed, Reader, Tx};
use dossier_sync::protocol::{Accepted, Batch, Loose, Refusal, Refused, Source};
use dossier_trust::chains::Misplaced;
use dossier_trust::codec::Canonical;
use dossier_trust::consent::{Consent, Entry};
use dossier_trust::epoch::Wrap;
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, PrincipalId, blake3};
use dossier_trust::item::{Item, Kind, Lane, Open, Position, SignedOpen};
use dossier_trust::operation::Operation;
use dossier_trust::receipt::Receipt;

use super::checkpoint::LOOSE_PART;
use super::compartment::{LOOSE_RECEIPT, LOOSE_WRAP};
use super::opening::Opens;
use super::quota::{MAX_CHAINS, Outside, Payer};
use super::settling::OWED_PIN;
use super::writing::{forget_saved, forget_steps, stored_chain, stored_item};
use super::{Compartment, Dossier};
use crate::activity::{Deed, Line};
use crate::clock::stored_ms;
use crate::contract::Fault;
use crate::home::{Home, Me};

/// What of a batch held, ready for the store.
#[derive(Default)]
struct Sound {
    chains: Vec<(ChainId, SignedOpen)>,
    items: Vec<Item>,
    /// Items that were here without their bodies.
    filled: Vec<Item>,
    operations: Vec<Entry>,
    loose: Vec<Loose>,
    wraps: Vec<Wrap>,
    receipts: Vec<Receipt>,
    /// Parts of a checkpoint are among the loose things.
    parts: bool,
    /// Whose work was refused because too much of theirs waits outside, by one of their devices.
    full: BTreeMap<Payer, DeviceId>,
}

impl Home {
    /// Takes a batch: whatever holds is on the disk when this returns, whatever does not is named.
    ///
    /// # Errors
    /// What the store says; then nothing was kept.
    pub(crate) fn receive(&mut self, from: Source, batch: Batch) -> Result<Accepted, Fault> {
        let (dossier, compartment) = (batch.dossier, batch.compartment);
        if !self.takes_from(from, &batch)? {
            return Ok(refuse_all(&batch, Refusal::Unwanted));
        }
        let mut accepted = Accepted::default();
        let now_ms = self.now_ms();
        self.dossier(&dossier)?;
        let (Some(me), Some(held)) = (self.me.as_ref(), self.dossiers.get_mut(&dossier)) else {
            return Err(Fault::internal("dossier"));
        };
        held.judge_for_arrival(&self.store, me, &compartment)?;
        let generation = held.generation_of(&compartment);
        let sound = held.check(&self.store, batch, me, &mut accepted)?;
        let refused = held.lines_of_refusals(compartment, &sound.full, now_ms);
        let new_operations = !sound.operations.is_empty();
        let stored = self.store.transact::<_, Fault>(|tx| {
            for line in &refused {
                tx.add_activity(stored_ms(now_ms), &dossier, &line.to_bytes())?;
            }
            let fresh = held.store(tx, me, compartment, &sound, now_ms)?;
            if fresh == 0 {
                return Ok((0, BTreeSet::new()));
            }
            if held.own
                && let Some(before) = held.compartments.get(&compartment)
            {
                for position in before.counted_at_forks(&sound.items) {
                    held.settled = false;
                    tx.owe(&Owed {
                        dossier,
                        compartment,
                        kind: OWED_PIN,
                        detail: position.to_bytes(),
                    })?;
                }
            }
            let (touched, lines) = held.follow(tx, me, compartment, sound, now_ms)?;
            for line in &lines {
                tx.add_activity(stored_ms(now_ms), &dossier, &line.to_bytes())?;
            }
            if generation.is_some()
                && held.generation_of(&compartment) != generation
                && held.erased_from(&compartment, now_ms).is_some()
            {
                // A step back must not bring what was erased.
                forget_steps(tx, &dossier)?;
            }
            Ok((fresh, touched))
        });
        let (fresh, touched) = match stored {
            Ok(stored) => stored,
            Err(fault) => {
                self.reload(&dossier);
                return Err(fault);
            }
        };
        accepted.fresh = fresh;
        if fresh > 0 {
            accepted.sharing_changed = new_operations;
            self.after_change(&dossier, touched.into_iter(), new_operations);
        }
        Ok(accepted)
    }

    fn takes_from(&mut self, from: Source, batch: &Batch) -> Result<bool, Fault> {
        let (id, compartment) = (&batch.dossier, &batch.compartment);
        if self.store.dossier(id)?.is_none_or(|row| row.closed_ms.is_some()) {
            return Ok(false);
        }
        let dossier = self.dossier(id)?;
        let owners = &dossier.part.consent;
        let known = dossier
            .compartments
            .get(compartment)
            .filter(|held| !held.log.is_empty());
        // One that is not known is the resident's, or made up. A device that was put out founds nothing: whatever it founded
        // before, the root speaks there as well.
        let founds =
            |device: &DeviceId| device.0 == owners.root().0 || (owners.is_owner(device) && !owners.is_cut(device));
        let residents = || {
            *compartment == CompartmentId::DOSSIER
                || batch.opens.iter().any(|signed| {
                    let open = &signed.open;
                    open.lane == Lane::Log
                        && (open.dossier, open.compartment) == (*id, *compartment)
                        && founds(&open.device)
                        && signed.verify().is_ok()
                })
        };
        Ok(match from {
            Source::Bundle => known.is_some() || residents(),
            Source::Peer(device) => {
                let invited_us = dossier.local.inviter.as_deref() == Some(device.to_hex().as_str());
                // Somebody else than the resident brings what is known, and what the resident founded: which is only to
                // be told once it is known who the resident is.
                let invited_us = invited_us
                    && (dossier.own
                        || owners.root() == PrincipalId::default()
                        || founds(&device)
                        || known.is_some()
                        || residents());
                // Into a compartment that is known here, only whoever has something to do with it brings anything.
                let at_home = match known {
                    Some(held) => held.consent.principal_of(&device).is_some(),
                    None => founds(&device) || residents(),
                };
                (invited_us && !owners.is_cut(&device)) || (at_home && dossier.principal_of(&device).is_some())
            }
        })
    }
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
    /// Writes down what held. How much of it was new.
    fn store(
        &mut self,
        tx: &Tx<'_>,
        me: &Me,
        compartment: CompartmentId,
        sound: &Sound,
        now_ms: u64,
    ) -> Result<u32, Fault> {
        let mut fresh = 0u32;
        forget_saved(tx, &self.id, &compartment)?;
        for (chain, signed) in &sound.chains {
            tx.put_chain(&stored_chain(*chain, signed))?;
        }
        for item in &sound.items {
            let new = tx.put_item(&stored_item(item, now_ms))?;
            fresh = fresh.saturating_add(u32::from(new));
            let chain = item.header.chain;
            if new
                && let Some(held) = self.compartment_mut(&compartment)
                && held.device_of(&chain) == Some(me.id())
                && held.own.remove(&chain)
            {
                // This device's own work, and this profile did not write it: a copy of the profile did.
                held.mine.retain(|_, tip| tip.chain != chain);
                tx.disown_chain(&chain)?;
            }
        }
        for item in &sound.filled {
            if let Some(body) = &item.body {
                fresh = fresh.saturating_add(u32::from(tx.fill_body(&item.position(), body)?));
            }
        }
        for loose in &sound.loose {
            let stored = dossier_store::Loose {
                id: loose.id().0,
                dossier: self.id,
                compartment,
                kind: loose.kind,
                about: loose.about,
                bytes: loose.bytes.clone(),
                arrived_ms: stored_ms(now_ms),
            };
            fresh = fresh.saturating_add(u32::from(tx.put_loose(&stored)?));
        }
        Ok(fresh)
    }

    /// Whatever arrives is judged with the rest. What arrives in the dossier part is about all of it.
    fn judge_for_arrival(&mut self, store: &Reader, me: &Me, compartment: &CompartmentId) -> Result<(), Fault> {
        match self.compartments.get_mut(compartment) {
            Some(held) if !held.judged => held.judge(store, me, &self.part.consent),
            Some(_) | None => Ok(()),
        }
    }

    /// Memory follows the store: which compartments are different now, and what the log says about it.
    fn follow(
        &mut self,
        store: &Reader,
        me: &Me,
        compartment: CompartmentId,
        sound: Sound,
        now_ms: u64,
    ) -> Result<(BTreeSet<CompartmentId>, Vec<Line>), Fault> {
        let mut touched = BTreeSet::from([compartment]);
        if compartment == CompartmentId::DOSSIER {
            self.settled = false;
            self.part.log.extend(sound.operations);
            self.part.judge_dossier_part();
            for (name, other) in self.compartments.iter_mut() {
                other.judge(store, me, &self.part.consent)?;
                touched.insert(*name);
            }
            return Ok((touched, Vec::new()));
        }
        let held = self
            .compartments
            .entry(compartment)
            .or_insert_with(|| Compartment::new(self.id, compartment));
        let mut before = held.doc.as_it_stands().get_heads();
        // What this did to items: told by the document, or by Automerge, which keeps account only when it is asked to.
        let (mut touches, mut accounts) = (None, false);
        let generation = held.verdict.generation();
        let records: BTreeSet<_> = held.records.keys().copied().collect();
        let bare = sound.loose.is_empty() && sound.filled.is_empty();
        let new_authority = !sound.operations.is_empty() || !sound.wraps.is_empty();
        // A body that came back may be what others rest on.
        let again = new_authority || sound.parts || !sound.filled.is_empty();
        for item in &sound.filled {
            held.hollow.remove(&item.position());
        }
        let others = |entry: &&Entry| {
            let chain = held.chains.get(&entry.position.chain);
            let by = chain.map(|chain| chain.open.device);
            by.is_some_and(|by| !held.consent.is_owner(&by) && by.0 != held.consent.root().0)
        };
        let operations: Vec<Entry> = sound.operations.iter().filter(others).cloned().collect();
        held.log.extend(sound.operations);
        for wrap in sound.wraps {
            held.add_wrap(wrap);
        }
        let content: Vec<Item> = sound
            .items
            .into_iter()
            .filter(|item| item.header.kind != Kind::Operation)
            .collect();
        if (new_authority || sound.parts || held.is_blank()) && held.show_checkpoint(store, me, &self.part.consent)? {
            // Shown. It is judged before anything follows from it.
        } else if again {
            held.judge(store, me, &self.part.consent)?;
        } else {
            let changes = content.iter().filter(|item| item.header.kind == Kind::Change).count();
            accounts = !held.doc.follows(changes);
            if accounts {
                held.doc.as_it_stands().update_diff_cursor();
            }
            touches = held.take(store, me, &self.part.consent, &content)?;
        }
        // What waits outside may be what this device promised to let in, or the other side of a fork.
        let plain = bare
            && !new_authority
            && content
                .iter()
                .all(|item| item.header.kind == Kind::Change && held.verdict.is_in_document(&item.position()));
        self.unsettle(&compartment, plain);
        let is_other = generation.is_some() && self.generation_of(&compartment) != generation;
        if is_other {
            // What stands in the new one did not come just now.
            before.clear();
            touches = None;
        }
        let mut lines = self.lines_of_others(&compartment, &operations, now_ms);
        lines.extend(self.lines_of_arrival(me, &compartment, &content, (&before, touches), &records, now_ms));
        if accounts && let Some(held) = self.compartments.get_mut(&compartment) {
            held.doc.as_it_stands().reset_diff_cursor();
        }
        lines.extend(self.lines_of_receipts(me, &compartment, &sound.receipts));
        lines.extend(self.erased_from(&compartment, now_ms).filter(|_| is_other));
        Ok((touched, lines))
    }

    /// Keeps what holds on its own: signatures, links, lanes, bodies. Who may write what is the verdict's to say.
    fn check(&mut self, store: &Reader, batch: Batch, me: &Me, accepted: &mut Accepted) -> Result<Sound, Fault> {
        let mut sound = Sound::default();
        let Self {
            id, part, compartments, ..
        } = self;
        let (id, compartment) = (*id, batch.compartment);
        let is_part = compartment == CompartmentId::DOSSIER;
        let owners = part.consent.clone();
        let held = if is_part {
            part
        } else {
            compartments.entry(compartment).or_insert_with(|| {
                let mut new = Compartment::new(id, compartment);
                new.consent = Consent::of_compartment(&owners, &new.chains, &[]);
                new
            })
        };
        let fits =
            |open: &Open| open.dossier == id && open.compartment == compartment && (!is_part || open.lane == Lane::Log);
        // The log first: who is a stranger here may be what this very batch says.
        let opens = batch.opens.into_iter().enumerate();
        let (log, others): (Vec<_>, Vec<_>) = opens.partition(|(_, signed)| signed.open.lane == Lane::Log);
        let items = batch.items.into_iter().enumerate();
        let (operations, content): (Vec<_>, Vec<_>) = items.partition(|(_, item)| item.header.kind == Kind::Operation);
        held.check_opens(log, fits, &mut sound, accepted);
        let mut outside = Outside::new(store);
        held.check_items(operations, me, &mut outside, &mut sound, accepted);
        if !is_part && !sound.operations.is_empty() {
            let log: Vec<Entry> = held.log.iter().chain(&sound.operations).cloned().collect();
            held.consent = Consent::of_compartment(&owners, &held.chains, &log);
            held.dropped = held.consent.dropped();
        }
        held.check_opens(others, fits, &mut sound, accepted);
        held.check_items(content, me, &mut outside, &mut sound, accepted);
        for (at, loose) in batch.loose.into_iter().enumerate() {
            match checked_loose(&loose, id, compartment) {
                Some(CheckedLoose::Wrap(wrap)) if !held.log.is_empty() && !held.may_wrap(&wrap) => {
                    accepted.refused.push((Refused::Loose(at), Refusal::Unwanted));
                }
                Some(CheckedLoose::Wrap(wrap)) if !held.takes_wrap(&mut outside, &wrap) => {
                    sound.full.insert(held.payer(&wrap.by), wrap.by);
                    accepted.refused.push((Refused::Loose(at), Refusal::Quota));
                }
                Some(CheckedLoose::Wrap(wrap)) => {
                    sound.wraps.push(wrap);
                    sound.loose.push(loose);
                }
                Some(CheckedLoose::Receipt(receipt)) => match held.takes_receipt(&mut outside, &receipt, &loose) {
                    Ok(()) => {
                        sound.receipts.push(receipt);
                        sound.loose.push(loose);
                    }
                    Err(why) => {
                        let device = receipt.by.device;
                        if why == Refusal::Quota {
                            sound.full.insert(held.payer(&device), device);
                        }
                        accepted.refused.push((Refused::Loose(at), why));
                    }
                },
                Some(CheckedLoose::Part) if !held.wants_part(&loose.about) => {
                    accepted.refused.push((Refused::Loose(at), Refusal::Unwanted));
                }
                Some(CheckedLoose::Part) => {
                    sound.parts = true;
                    sound.loose.push(loose);
                }
                None => accepted.refused.push((Refused::Loose(at), Refusal::Invalid)),
            }
        }
        outside.end()?;
        Ok(sound)
    }

    /// One line for everybody of whom too much waits outside, once while the program runs: what they wrote beyond that
    /// stays with them.
    fn lines_of_refusals(
        &mut self,
        compartment: CompartmentId,
        full: &BTreeMap<Payer, DeviceId>,
        now_ms: u64,
    ) -> Vec<Line> {
        let mut lines = Vec::new();
        for (payer, device) in full {
            if self.told_full.insert((compartment, *payer))
                && let Some(held) = self.compartments.get(&compartment)
            {
                let mut line = self.line_of(held, device, Deed::Refused, now_ms);
                line.reason = Some("too_much".to_owned());
                lines.push(line);
            }
        }
        lines
    }
}

/// Where an item that arrived belongs.
enum Place {
    /// It was not here.
    New,
    /// Its header was here, and its body should be.
    Lacking,
    /// Nothing has to be done.
    Held,
}

enum CheckedLoose {
    Wrap(Wrap),
    Receipt(Receipt),
    /// Of a checkpoint: proven by its name, which a pin gives.
    Part,
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
        LOOSE_PART => (blake3(&loose.bytes) == loose.about).then_some(CheckedLoose::Part),
        _ => None,
    }
}

impl Compartment {
    /// Takes the chains that fit, are signed, and are within the quota.
    fn check_opens(
        &mut self,
        opens: Vec<(usize, SignedOpen)>,
        fits: impl Fn(&Open) -> bool,
        sound: &mut Sound,
        accepted: &mut Accepted,
    ) {
        if opens.is_empty() {
            return;
        }
        let mut chains_of = self.chains_by_payer();
        for (at, signed) in opens {
            let open = &signed.open;
            let count = chains_of.entry((self.payer(&open.device), open.lane)).or_default();
            let why = if !fits(open) || signed.verify().is_err() {
                Some(Refusal::Invalid)
            } else if self.chains.get(&open.chain()).is_none() && *count >= MAX_CHAINS {
                Some(Refusal::Quota)
            } else {
                None
            };
            match why {
                Some(why) => accepted.refused.push((Refused::Open(at), why)),
                None => {
                    *count += 1;
                    let chain = self.chains.open(signed.open.clone());
                    sound.chains.push((chain, signed));
                }
            }
        }
    }

    /// Takes the items that are valid and in their place.
    fn check_items(
        &mut self,
        items: Vec<(usize, Item)>,
        eyes: &dyn Opens,
        outside: &mut Outside<'_>,
        sound: &mut Sound,
        accepted: &mut Accepted,
    ) {
        for (at, item) in items {
            match self.check_item(&item, eyes, outside) {
                Ok(Place::Lacking) => sound.filled.push(item),
                Ok(Place::New) => {
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
                Ok(Place::Held) => {}
                Err(why) => {
                    if why == Refusal::Quota
                        && let Some(device) = self.device_of(&item.header.chain)
                    {
                        sound.full.insert(self.payer(&device), device);
                    }
                    accepted.refused.push((Refused::Item(at), why));
                }
            }
        }
    }

    /// Valid on its own and in its place.
    fn check_item(&mut self, item: &Item, eyes: &dyn Opens, outside: &mut Outside<'_>) -> Result<Place, Refusal> {
        let chain = item.header.chain;
        let held = self.chains.get(&chain).ok_or(Refusal::Missing)?;
        let open: &Open = &held.open;
        let position: Position = item.position();
        // What a checkpoint holds already comes from those who keep it all.
        if self.hollow.contains(&position) && item.body.is_some() {
            // Only where it may be: what was erased, or went with an access that ended, does not come back.
            let me = eyes.device();
            if self.is_erased_at(&position, &me) || self.consent.right_of(&me).is_none() {
                return Ok(Place::Held);
            }
            item.verify_in(chain, open).map_err(|_| Refusal::Invalid)?;
            return Ok(Place::Lacking);
        }
        if self.chains.contains(&position) || held.is_absent_at(position.n) {
            return Ok(Place::Held);
        }
        item.verify_in(chain, open).map_err(|_| Refusal::Invalid)?;
        // A header alone says that its content was erased, and that is for an erasure to say: whoever carries an item
        // must not be able to take the words out of it. A change is never destroyed so, since others may rest on it; it
        // goes when a later generation took it along and let it go.
        let may_lack = match item.header.kind {
            Kind::Change => self.dropped.goes_as_far_as(&position),
            Kind::Operation | Kind::Record | Kind::RecordTo => self.consent.erased().contains_key(&position.hash),
        };
        if item.body.is_none() && !may_lack {
            return Err(Refusal::Unwanted);
        }
        if item.header.kind == Kind::Operation
            && item
                .body
                .as_deref()
                .is_none_or(|body| Operation::from_bytes(body).is_err())
        {
            return Err(Refusal::Invalid);
        }
        let takes = match self.consent.within(&self.chains, open, &position, item.header.kind) {
            Ok(()) => self.takes_rightful(outside, &open.device, item, eyes),
            Err(_) => self.takes_denied(outside, &open.device, item),
        };
        if !takes {
            return Err(Refusal::Quota);
        }
        let new = match self.chains.add(&item.header) {
            Err(Misplaced::Gap) if self.rests_at(&position) => self.chains.rest_on(&position),
            added => added,
        };
        if !new.map_err(|_| Refusal::Missing)? {
            return Ok(Place::Held);
        }
        if item.body.is_none() {
            self.hollow.insert(position);
        }
        Ok(Place::New)
    }
}
