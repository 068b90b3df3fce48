//! Checking what is held, and saying what is wrong with an installation.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use dossier_model::{Place, Side};
use dossier_trust::codec::Canonical;
use dossier_trust::epoch::Wrap;
use dossier_trust::ids::{CompartmentId, DossierId};
use dossier_trust::item::{Header, Item, Position, SignedOpen};
use dossier_trust::receipt::Receipt;

use crate::app::Inner;
use crate::clock::rfc3339;
use crate::contract::{DeliveryView, Fault, Finding, Verified, VerifiedCompartment};
use crate::home::Home;
use crate::replica::checkpoint::LOOSE_PART;
use crate::replica::compartment::{Compartment, LOOSE_RECEIPT, LOOSE_WRAP};

/// Every so many bytes that were looked at, it is said how far a check is.
const STEP: u64 = 1 << 20;

/// A check on its way: what it found, and how much it looked at.
struct Checking<'w> {
    verified: Verified,
    bytes: u64,
    told: u64,
    /// Tells how far it is. False when it is to stop.
    goes_on: &'w dyn Fn(u64) -> bool,
}

impl Checking<'_> {
    fn looked_at(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// Said between two pieces. False when it is to stop.
    fn goes_on(&mut self) -> bool {
        if self.bytes - self.told < STEP {
            return true;
        }
        self.told = self.bytes;
        (self.goes_on)(self.bytes)
    }

    fn fault(&mut self, fault: String) {
        self.verified.faults.push(fault);
    }
}

impl Inner {
    /// Checks every signature, hash and chain that this home folder holds, from the bytes on disk. Between two chains others
    /// have their turn. None when it was stopped.
    ///
    /// # Errors
    /// What the store says. What does not hold is in the answer.
    pub(crate) fn verify(&self) -> Result<Option<Verified>, Fault> {
        let _alone = self.work.begin();
        let goes_on = |bytes| self.goes_on(bytes);
        let mut checking = Checking {
            verified: Verified {
                ok: true,
                faults: Vec::new(),
                items: 0,
                compartments: Vec::new(),
            },
            bytes: 0,
            told: 0,
            goes_on: &goes_on,
        };
        let rows = self.with_home(|home| {
            let sound = home.store.check_until(&|| self.work.stopped());
            if let Err(error) = sound {
                checking.fault(format!("database: {error}"));
            }
            Ok(home.store.dossiers()?)
        })?;
        for id in rows.into_iter().map(|row| row.dossier) {
            let compartments = self.with_home(|home| {
                home.dossier(&id)?;
                Ok(home.store.compartments(&id)?)
            })?;
            for compartment in &compartments {
                let chains = self.with_home(|home| Ok(home.store.chains(&id, compartment)?))?;
                for chain in &chains {
                    if self.work.stopped() {
                        return Ok(None);
                    }
                    self.with_home(|home| home.verify_chain(&id, compartment, chain, &mut checking))?;
                }
                self.with_home(|home| home.verify_loose(&id, compartment, &mut checking))?;
                goes_on(checking.bytes);
            }
            for compartment in &compartments {
                if self.work.stopped() {
                    return Ok(None);
                }
                self.with_home(|home| home.verify_document(&id, compartment, &mut checking))?;
            }
        }
        let mut verified = checking.verified;
        verified.ok = verified.faults.is_empty();
        Ok((!self.work.stopped()).then_some(verified))
    }
}

impl Home {
    fn verify_chain(
        &mut self,
        dossier: &DossierId,
        compartment: &CompartmentId,
        chain: &dossier_store::Chain,
        checking: &mut Checking<'_>,
    ) -> Result<(), Fault> {
        // Somebody may have taken the dossier away meanwhile.
        if self.store.dossier(dossier)?.is_none() {
            return Ok(());
        }
        self.dossier(dossier)?;
        let name = chain.chain;
        let signed = match SignedOpen::from_bytes(&chain.open) {
            Ok(signed) if signed.open.chain() == name && signed.verify().is_ok() => signed,
            Ok(_) | Err(_) => {
                checking.fault(format!("chain {name}: its open does not hold"));
                return Ok(());
            }
        };
        let rests_on = |position: &Position| {
            let held = self
                .dossiers
                .get(dossier)
                .and_then(|held| held.compartment(compartment));
            held.is_some_and(|held| held.rests_at(position))
        };
        let mut held = BTreeSet::from([(0, name.0)]);
        let mut goes_on = true;
        self.store.each_item_of::<Fault>(&name, 1, |row| {
            if !goes_on {
                return Ok(());
            }
            checking.verified.items = checking.verified.items.saturating_add(1);
            checking.looked_at(row.header.len() + row.body.map_or(0, <[u8]>::len));
            let sound = Header::from_bytes(row.header).is_ok_and(|header| {
                let item = Item {
                    header,
                    signature: *row.signature,
                    body: row.body.map(<[u8]>::to_vec),
                };
                item.position() == row.position
                    && item.verify_in(name, &signed.open).is_ok()
                    && (held.contains(&(header.n.saturating_sub(1), header.prev.0)) || rests_on(&row.position))
            });
            if sound {
                held.insert((row.position.n, row.position.hash.0));
            } else {
                checking.fault(format!("chain {name}: item {} does not hold", row.position.n));
            }
            goes_on = checking.goes_on();
            Ok(())
        })
    }

    fn verify_loose(
        &self,
        dossier: &DossierId,
        compartment: &CompartmentId,
        checking: &mut Checking<'_>,
    ) -> Result<(), Fault> {
        let mut broken = |what: &str| checking.fault(format!("compartment {compartment}: {what} does not hold"));
        for loose in self.store.loose_of(dossier, compartment, LOOSE_WRAP, None)? {
            if !Wrap::from_bytes(&loose.bytes).is_ok_and(|wrap| wrap.verify().is_ok()) {
                broken("a wrapped key");
            }
        }
        for loose in self.store.loose_of(dossier, compartment, LOOSE_PART, None)? {
            if dossier_trust::ids::blake3(&loose.bytes) != loose.about {
                broken("a part of a checkpoint");
            }
        }
        for loose in self.store.loose_of(dossier, compartment, LOOSE_RECEIPT, None)? {
            if !Receipt::from_bytes(&loose.bytes).is_ok_and(|receipt| receipt.verify().is_ok()) {
                broken("a receipt");
            }
        }
        Ok(())
    }

    /// Judges a compartment again and builds its document anew.
    fn verify_document(
        &mut self,
        id: &DossierId,
        compartment: &CompartmentId,
        checking: &mut Checking<'_>,
    ) -> Result<(), Fault> {
        if self.store.dossier(id)?.is_none() {
            return Ok(());
        }
        let dossier = self.judged(id)?;
        if *compartment == CompartmentId::DOSSIER {
            if dossier.part.consent.owner_devices().next().is_none() && !dossier.part.log.is_empty() {
                checking.fault(format!("dossier {id}: no owner device counts"));
            }
            return Ok(());
        }
        let Some(compartment) = dossier.compartments.get_mut(compartment) else {
            return Ok(());
        };
        let saved = compartment.canonical()?;
        checking.looked_at(saved.len());
        let place = compartment.place().cloned();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        checking.verified.compartments.push(VerifiedCompartment {
            dossier: id.to_hex(),
            compartment: compartment.id.to_hex(),
            section: place.as_ref().and_then(Place::section).map(ToString::to_string),
            side: place.as_ref().and_then(Place::side).map(|side| match side {
                Side::Wat => "wat".to_owned(),
                Side::Dat => "dat".to_owned(),
            }),
            hash: blake3::hash(&saved).to_hex().to_string(),
            changes: count(compartment.verdict.document().len()),
            records: count(compartment.verdict.records().count()),
            waiting: count(compartment.quarantine().count()),
            in_checkpoint: count(compartment.above_and_below().1),
        });
        checking.goes_on();
        Ok(())
    }

    /// What is wrong with this installation and what to do.
    ///
    /// # Errors
    /// What the store says.
    pub fn doctor(&mut self) -> Result<Vec<Finding>, Fault> {
        let mut findings = Vec::new();
        let mut say = |check: &str, state: &str, detail: Option<String>| {
            findings.push(Finding {
                check: check.to_owned(),
                state: state.to_owned(),
                detail,
            });
        };
        match self.store.check() {
            Ok(()) => say("database", "ok", None),
            Err(error) => say("database", "fault", Some(error.to_string())),
        }
        let clean = self.store.opened_cleanly();
        say("clean_stop", if clean { "ok" } else { "note" }, None);
        match self.me() {
            Ok(_) => say("profile", "ok", None),
            Err(_) => say("profile", "fault", None),
        }
        let rows = self.store.dossiers()?;
        say("dossiers", "ok", Some(rows.len().to_string()));
        let peers = self.store.peers()?;
        let state = if peers.is_empty() && !rows.is_empty() {
            "note"
        } else {
            "ok"
        };
        say("peers", state, Some(peers.len().to_string()));
        let (mut waiting, mut unsealed) = (0usize, 0usize);
        for row in &rows {
            let dossier = self.judged(&row.dossier)?;
            for compartment in dossier.compartments.values() {
                waiting += compartment.quarantine().count();
                unsealed += usize::from(
                    compartment.consent.epochs().next().is_some() && compartment.consent.current_epoch().is_none(),
                );
            }
        }
        say(
            "waiting",
            if waiting == 0 { "ok" } else { "note" },
            Some(waiting.to_string()),
        );
        say(
            "epochs",
            if unsealed == 0 { "ok" } else { "note" },
            Some(unsealed.to_string()),
        );
        let clock_sane = self.now_ms() > 1_700_000_000_000;
        say(
            "clock",
            if clock_sane { "ok" } else { "fault" },
            Some(rfc3339(self.now_ms())),
        );
        Ok(findings)
    }

    /// Who has what of this device's own items. Whether somebody is connected only the network knows:
    /// who asks through [`App::request`](crate::App::request) hears that too.
    ///
    /// # Errors
    /// What the store says.
    pub fn sync_status(&mut self, id: &DossierId) -> Result<Vec<DeliveryView>, Fault> {
        let me = self.me()?.id();
        let peers = self.store.peers()?;
        let dossier = self.dossier(id)?;
        let people = dossier.people();
        let mut rows = Vec::new();
        for peer in peers.iter().filter(|peer| peer.device != me) {
            let mut own = Vec::new();
            for compartment in std::iter::once(&dossier.part).chain(dossier.compartments.values()) {
                if compartment.id == CompartmentId::DOSSIER || compartment.consent.right_of(&peer.device).is_some() {
                    for (name, chain) in compartment.chains.iter().filter(|(_, chain)| chain.open.device == me) {
                        own.push((*name, chain.tips(*name).first().map_or(0, |tip| tip.n)));
                    }
                }
            }
            let Some(principal) = dossier.principal_of(&peer.device) else {
                continue;
            };
            // Whose access ended has nothing any more: what became of their copy is said with the end of it.
            let reads = |held: &Compartment| held.consent.right_of(&peer.device).is_some();
            if !dossier.is_owner(&principal) && !dossier.compartments.values().any(reads) {
                continue;
            }
            rows.push((peer.clone(), people.get(&principal).cloned(), own));
        }
        let mut views = Vec::new();
        for (peer, person, own) in rows {
            let (mut delivered, mut waiting) = (0u32, 0u32);
            for (chain, tip) in own {
                let has = self.store.delivered(&peer.device, &chain)?.min(tip);
                delivered = delivered.saturating_add(has);
                waiting = waiting.saturating_add(tip - has);
            }
            views.push(DeliveryView {
                person: person
                    .as_ref()
                    .map_or_else(|| peer.principal.to_hex(), |person| person.id.clone()),
                name: person.map(|person| person.name).or(peer.name),
                device: peer.device.to_hex(),
                delivered,
                waiting,
                connected: false,
                last_seen: u64::try_from(peer.last_seen_ms).ok().map(rfc3339),
            });
        }
        Ok(views)
    }
}

impl Inner {
    /// Who has what, and who is connected now.
    ///
    /// # Errors
    /// As [`Home::sync_status`].
    pub(crate) fn deliveries(&self, dossier: Option<&str>) -> Result<Vec<DeliveryView>, Fault> {
        let mut devices = self.with_home(|home| {
            let id = home.named(dossier)?;
            home.sync_status(&id)
        })?;
        let online = self.online.lock().unwrap_or_else(PoisonError::into_inner);
        let connected = online
            .as_ref()
            .map(|online| online.network.connected())
            .unwrap_or_default();
        for device in &mut devices {
            device.connected = connected.iter().any(|one| one.to_hex() == device.device);
        }
        Ok(devices)
    }
}
