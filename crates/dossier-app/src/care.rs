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

impl Home {
    /// Checks every signature, hash and chain that this home folder holds, from the bytes on disk.
    ///
    /// # Errors
    /// What the store says. What does not hold is in the answer.
    pub fn verify(&mut self) -> Result<Verified, Fault> {
        let mut verified = Verified {
            ok: true,
            faults: Vec::new(),
            items: 0,
            compartments: Vec::new(),
        };
        if let Err(error) = self.store.check() {
            verified.faults.push(format!("database: {error}"));
        }
        for row in self.store.dossiers()? {
            let id = row.dossier;
            self.dossier(&id)?;
            for compartment in self.store.compartments(&id)? {
                self.verify_compartment(&id, &compartment, &mut verified)?;
            }
            let dossier = self.judged(&id)?;
            if dossier.part.consent.owner_devices().next().is_none() && !dossier.part.log.is_empty() {
                verified.faults.push(format!("dossier {id}: no owner device counts"));
            }
            for compartment in dossier.compartments.values_mut() {
                let saved = compartment.canonical()?;
                let place = compartment.place().cloned();
                let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
                verified.compartments.push(VerifiedCompartment {
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
                    waiting: count(compartment.verdict.quarantine().len()),
                    in_checkpoint: count(compartment.above_and_below().1),
                });
            }
        }
        verified.ok = verified.faults.is_empty();
        Ok(verified)
    }

    fn verify_compartment(
        &self,
        dossier: &DossierId,
        compartment: &CompartmentId,
        verified: &mut Verified,
    ) -> Result<(), Fault> {
        for chain in self.store.chains(dossier, compartment)? {
            let name = chain.chain;
            let signed = match SignedOpen::from_bytes(&chain.open) {
                Ok(signed) if signed.open.chain() == name && signed.verify().is_ok() => signed,
                Ok(_) | Err(_) => {
                    verified.faults.push(format!("chain {name}: its open does not hold"));
                    continue;
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
            self.store.each_item_of::<Fault>(&name, 1, |row| {
                verified.items = verified.items.saturating_add(1);
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
                    verified
                        .faults
                        .push(format!("chain {name}: item {} does not hold", row.position.n));
                }
                Ok(())
            })?;
        }
        for loose in self.store.loose_of(dossier, compartment, LOOSE_WRAP, None)? {
            if !Wrap::from_bytes(&loose.bytes).is_ok_and(|wrap| wrap.verify().is_ok()) {
                verified
                    .faults
                    .push(format!("compartment {compartment}: a wrapped key does not hold"));
            }
        }
        for loose in self.store.loose_of(dossier, compartment, LOOSE_PART, None)? {
            if dossier_trust::ids::blake3(&loose.bytes) != loose.about {
                verified.faults.push(format!(
                    "compartment {compartment}: a part of a checkpoint does not hold"
                ));
            }
        }
        for loose in self.store.loose_of(dossier, compartment, LOOSE_RECEIPT, None)? {
            if !Receipt::from_bytes(&loose.bytes).is_ok_and(|receipt| receipt.verify().is_ok()) {
                verified
                    .faults
                    .push(format!("compartment {compartment}: a receipt does not hold"));
            }
        }
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
                waiting += compartment.verdict.quarantine().len();
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
