//! What was erased is hidden at once and destroyed a week later, so that a thief's erasure can be undone by a cut.
//!
//! Of records the bodies go that an erasure names. A change is never destroyed by name: work of others may rest on it, of
//! which this device has not heard yet, and every copy has to come to the same document. It goes with the whole document
//! that it stands in, when the resident begins that anew.

use std::collections::BTreeMap;

use dossier_store::{Owed, Reader};
use dossier_trust::ids::{CompartmentId, DeviceId, DossierId, ItemHash};
use dossier_trust::item::{Lane, Position};
use dossier_trust::operation::{EraseAt, Operation};

use super::Compartment;
use crate::clock::stored_ms;
use crate::contract::Fault;
use crate::home::Home;

/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How long an erased body stays, counted from when this device first saw the erasure.
const KEPT_MS: i64 = 7 * DAY_MS;

/// How far a clock may have gone on since anything was last seen to happen: who opens the program every other week is
/// never made to wait.
const AHEAD_MS: i64 = 14 * DAY_MS;

/// A moment at which something was due by a clock that nothing vouched for.
const OWED_MOMENT: u8 = 5;

impl Home {
    /// True when this device's clock is good enough for what cannot be taken back: something happened here between a day
    /// and two weeks ago by that very clock. A clock that jumps is believed after it has said the same for a day.
    ///
    /// # Errors
    /// What the store says.
    pub(super) fn believes_clock(&mut self, id: &DossierId) -> Result<bool, Fault> {
        let now = stored_ms(self.now_ms());
        let (from, to) = (now.saturating_sub(AHEAD_MS), now.saturating_sub(DAY_MS));
        if self.store.was_active(id, from, to)? {
            return Ok(true);
        }
        let owed = self.store.owed(Some(id))?;
        let moments: Vec<(i64, Owed)> = owed
            .into_iter()
            .filter(|owed| owed.kind == OWED_MOMENT)
            .filter_map(|owed| Some((i64::from_be_bytes(owed.detail.as_slice().try_into().ok()?), owed)))
            .collect();
        if moments.iter().any(|(at, _)| (from..=to).contains(at)) {
            return Ok(true);
        }
        if moments.iter().all(|(at, _)| !(to..=now).contains(at)) {
            let seen = Owed {
                dossier: *id,
                compartment: CompartmentId::DOSSIER,
                kind: OWED_MOMENT,
                detail: now.to_be_bytes().to_vec(),
            };
            self.store.transact::<_, Fault>(|tx| {
                for (_, old) in &moments {
                    tx.pay(old)?;
                }
                tx.owe(&seen)?;
                Ok(())
            })?;
        }
        Ok(false)
    }

    /// Destroys what was erased a week ago. True when something was: then the disk is to be rebuilt without it.
    ///
    /// # Errors
    /// What the store says.
    pub(super) fn destroy_erased(&mut self, id: &DossierId) -> Result<bool, Fault> {
        let me = self.me()?.id();
        let now = stored_ms(self.now_ms());
        let Some(dossier) = self.dossiers.get(id) else {
            return Ok(false);
        };
        let mut erased: Vec<(i64, Position)> = Vec::new();
        let mut parts: Vec<(i64, [u8; 32])> = Vec::new();
        for compartment in dossier.compartments.values() {
            erased.extend(compartment.erased_bodies(&self.store, &me)?);
            erased.extend(compartment.dropped_bodies(&self.store)?);
            parts.extend(compartment.dropped_parts(&self.store)?);
        }
        let is_due = |seen: &i64| seen.saturating_add(KEPT_MS) <= now;
        let all_seen = || {
            erased
                .iter()
                .map(|(seen, _)| seen)
                .chain(parts.iter().map(|(seen, _)| seen))
        };
        let is_any_due = all_seen().any(is_due);
        let next = |believed: bool| {
            let kept = all_seen().filter(|seen| !believed || !is_due(seen));
            kept.map(|seen| seen.saturating_add(KEPT_MS)).min()
        };
        let believed = is_any_due && self.believes_clock(id)?;
        let next = next(believed);
        let due: Vec<_> = erased
            .into_iter()
            .filter(|(seen, _)| believed && is_due(seen))
            .collect();
        let parts: Vec<_> = parts.into_iter().filter(|(seen, _)| believed && is_due(seen)).collect();
        if !due.is_empty() || !parts.is_empty() {
            self.store.transact::<_, Fault>(|tx| {
                for (_, item) in &due {
                    tx.drop_body(item)?;
                    tx.delete_opened(&item.hash)?;
                }
                for (_, part) in &parts {
                    tx.delete_loose(part)?;
                }
                Ok(())
            })?;
        }
        if let Some(dossier) = self.dossiers.get_mut(id) {
            dossier.destroys_ms = next;
            // Reaching for them mutably has the view made again.
            if !due.is_empty() {
                for compartment in dossier.compartments.values_mut() {
                    let here = due.iter().map(|(_, item)| *item);
                    let here = here.filter(|item| compartment.chains.contains(item));
                    compartment.hollow.extend(here);
                }
            }
        }
        Ok(!due.is_empty() || !parts.is_empty())
    }
}

impl Compartment {
    /// Bodies that are here and that a counted erasure takes away from a device, and when this device first saw that.
    fn erased_bodies(&self, store: &Reader, device: &DeviceId) -> Result<Vec<(i64, Position)>, Fault> {
        if self.consent.erased().is_empty() {
            return Ok(Vec::new());
        }
        let mut seen: BTreeMap<ItemHash, i64> = BTreeMap::new();
        for entry in &self.log {
            let Operation::Erase { item, at } = &entry.operation else {
                continue;
            };
            let for_us = *at == EraseAt::All || !self.consent.is_owner(device);
            if for_us
                && self.consent.counts(&entry.operation.id())
                && let Some(stored) = store.item(&entry.position)?
            {
                let first = seen.entry(*item).or_insert(stored.arrived_ms);
                *first = stored.arrived_ms.min(*first);
            }
        }
        let chains = self.chains.iter().filter(|(_, chain)| chain.open.lane == Lane::Rec);
        let here = chains.flat_map(|(name, chain)| chain.positions(*name));
        let erased = here.filter(|item| !self.hollow.contains(item));
        Ok(erased.filter_map(|item| Some((*seen.get(&item.hash)?, item))).collect())
    }
}
