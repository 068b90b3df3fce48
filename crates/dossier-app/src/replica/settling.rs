//! What a device owes: done again until it is done, so that no crash and no absence leaves it half done.
//!
//! An owner device rotates epochs after denials that came from elsewhere, ends grants whose last day has passed,
//! wraps keys for devices that still miss them, hands restricted records to those who may have them, and takes away
//! those that were sealed so that the resident cannot read them. A device
//! whose access ended removes its copy. All of it is computed from what is held; nothing depends on being told once.

use std::collections::{BTreeMap, BTreeSet};

use dossier_model::record::RecordItem;
use dossier_model::{Place, RecordContent, Side, agenda};
use dossier_store::Owed;
use dossier_trust::chains::Chain;
use dossier_trust::codec::Canonical;
use dossier_trust::consent::Denied;
use dossier_trust::identity::Certificate;
use dossier_trust::ids::{
    ChainId, CompartmentId, DeviceId, DossierId, EpochId, ItemHash, PrincipalId, RecordId, blake3,
};
use dossier_trust::item::{Item, Position};
use dossier_trust::operation::{EraseAt, OpId, Operation, Right};
use dossier_trust::receipt::{Deed, Statement};
use dossier_trust::verdict::Waits;

use super::compartment::Posted;
use super::content::{Content, GrantNote};
use super::writing::Writing;
use super::{Compartment, Dossier};
use crate::activity;
use crate::clock::stored_ms;
use crate::contract::{Event, Fault};
use crate::home::Home;

/// What an owner device promised about a grant that ended: go on counting what arrives.
pub(crate) const OWED_KEEP_UNSEEN: u8 = 1;

/// Up to where an owner device had counted a chain when it saw that its author forked it: pinned, so that nobody takes
/// back what they said by saying later that it was something else.
pub(crate) const OWED_PIN: u8 = 2;

/// A copy of a restricted record that somebody should have and does not.
struct Missing {
    compartment: CompartmentId,
    record: RecordId,
    readers: Vec<Certificate>,
}

impl Home {
    /// Does what this device owes in a dossier. Idempotent, and looks only when something happened that can make it
    /// owe anything, or a grant's last day passed.
    ///
    /// # Errors
    /// What the steps say; what was done before stays done.
    pub(crate) fn settle(&mut self, id: &DossierId) -> Result<(), Fault> {
        let settled = self.settle_once(id);
        if settled.is_err()
            && let Some(dossier) = self.dossiers.get_mut(id)
        {
            dossier.settled = false;
        }
        settled
    }

    fn settle_once(&mut self, id: &DossierId) -> Result<(), Fault> {
        let now_ms = self.now_ms();
        let dossier = self.dossier(id)?;
        // An end is written down for good, so a clock that only jumped must not bring it about. The program of whoever
        // looked along shuts by its own clock meanwhile.
        let mut expired = dossier.expired(now_ms / 1000);
        let due = dossier.destroys_ms.is_some_and(|at| at <= stored_ms(now_ms));
        let settled = dossier.settled;
        if !expired.is_empty() && !self.believes_clock(id)? {
            expired.clear();
        }
        if settled && expired.is_empty() && !due {
            return Ok(());
        }
        let owed = self.store.owed(Some(id))?;
        let keep_unseen: BTreeSet<Vec<u8>> = owed
            .iter()
            .filter(|owed| owed.kind == OWED_KEEP_UNSEEN)
            .map(|owed| owed.detail.clone())
            .collect();
        let forks: Vec<Owed> = owed.iter().filter(|owed| owed.kind == OWED_PIN).cloned().collect();
        let me = self.me()?.id();
        let dossier = self.dossier(id)?;
        if dossier.closed || dossier.is_over_for(&me) {
            return Ok(());
        }
        self.forget_what_thieves_founded(id)?;
        self.remember_whom_others_let_in(id)?;
        self.rest_on_checkpoints(id)?;
        self.say_again(id)?;
        let dossier = self.dossier(id)?;
        dossier.settled = true;
        if !dossier.own {
            let removed = self.remove_ended(id)?;
            self.note_ended(id)?;
            let removed = self.destroy_erased(id)? || removed;
            self.settle_as_member(id)?;
            // Last: what is shown follows the store, also where the disk has no room to rebuild it now.
            return if removed { Ok(self.store.scrub()?) } else { Ok(()) };
        }
        if self.destroy_erased(id)? {
            self.store.scrub()?;
        }
        let dossier = self.judged(id)?;
        let rotate: Vec<CompartmentId> = dossier
            .compartments
            .values()
            .filter(|compartment| compartment.consent.epochs().next().is_some())
            .filter(|compartment| compartment.consent.current_epoch().is_none())
            .map(|compartment| compartment.id)
            .collect();
        let mut pins = dossier.unseen_to_keep(&keep_unseen);
        for fork in &forks {
            pins.push((fork.compartment, vec![Position::from_bytes(&fork.detail)?]));
        }
        let unwrapped = dossier.unwrapped(&me);
        let missing = dossier.missing_copies();
        let kept_from_us = dossier.kept_from_the_resident();
        let in_vain = dossier.erased_in_vain(&owed);
        let shut = dossier.shut_documents();
        let due = self.due_checkpoints(id);
        if expired.is_empty()
            && rotate.is_empty()
            && pins.is_empty()
            && unwrapped.is_empty()
            && missing.is_empty()
            && due.is_empty()
            && kept_from_us.is_empty()
            && in_vain.is_empty()
            && shut.is_empty()
        {
            return Ok(());
        }
        self.write(id, |writing| {
            for (compartment, grants) in &expired {
                writing.revoke(*compartment, grants, Some("until"))?;
            }
            for compartment in rotate.iter().filter(|compartment| !expired.contains_key(compartment)) {
                writing.new_epoch(*compartment)?;
            }
            for (compartment, positions) in pins {
                writing.operation(
                    compartment,
                    Operation::Pin {
                        positions,
                        snapshot: None,
                    },
                )?;
                writing.reconsider(&compartment)?;
            }
            writing.also(move |tx| Ok(forks.iter().try_for_each(|fork| tx.pay(fork).map(|_| ()))?));
            for one in in_vain {
                writing.begin_anew(one.compartment, &one.items)?;
                writing.also(move |tx| Ok(one.owed.iter().try_for_each(|owed| tx.pay(owed).map(|_| ()))?));
            }
            for compartment in shut {
                writing.open_for_late_readers(compartment)?;
            }
            for compartment in due {
                writing.checkpoint_in_time(compartment)?;
            }
            for (compartment, reader) in unwrapped {
                writing.wrap_owed(compartment, &reader)?;
            }
            for (compartment, position) in kept_from_us {
                writing.erase_unreadable(compartment, &position)?;
            }
            writing.hand_out(missing)
        })?;
        // Pins bring in work that was judged outside; memory is built again from the store.
        self.reload(id);
        self.dossier(id)?;
        Ok(())
    }

    /// Forgets compartments in which nobody said anything but a device of the resident's that was put out since, and whom
    /// nobody else let in: had it founded them before it was stolen, the root would speak there as well.
    fn forget_what_thieves_founded(&mut self, id: &DossierId) -> Result<(), Fault> {
        let founded = self.dossier(id)?.founded_by_thieves();
        if founded.is_empty() {
            return Ok(());
        }
        self.store.transact::<_, Fault>(|tx| {
            for compartment in &founded {
                tx.delete_compartment(id, compartment)?;
            }
            Ok(())
        })?;
        self.reload(id);
        self.dossier(id)?;
        self.after_change(id, founded.into_iter(), true);
        Ok(())
    }

    /// Content of compartments that may go, and this device's own work there that no device of the resident's has yet:
    /// the resident decides whether it counts. It stays sealed, and its key goes.
    fn removable(&mut self, id: &DossierId, ended: &[CompartmentId]) -> Result<(Vec<Position>, Vec<Position>), Fault> {
        let me = self.me()?.id();
        self.dossier(id)?;
        let Some(dossier) = self.dossiers.get(id) else {
            return Ok((Vec::new(), Vec::new()));
        };
        let (mut removable, mut unsent) = (Vec::new(), Vec::new());
        for compartment in ended.iter().filter_map(|id| dossier.compartments.get(id)) {
            for position in compartment.content_positions() {
                let mut delivered = compartment.device_of(&position.chain) != Some(me);
                for owner in dossier.part.consent.owner_devices() {
                    delivered |= self.store.delivered(&owner.device, &position.chain)? >= position.n;
                }
                if delivered {
                    removable.push(position);
                } else {
                    unsent.push(position);
                }
            }
        }
        Ok((removable, unsent))
    }

    /// Removes what this device holds of compartments to which its access ended, says so to the resident, and closes
    /// the dossier when nothing is left. True when something was removed.
    fn remove_ended(&mut self, id: &DossierId) -> Result<bool, Fault> {
        let me = self.me()?.id();
        let dossier = self.dossier(id)?;
        let (mut ended, mut given) = (Vec::new(), BTreeMap::new());
        for compartment in dossier.compartments.values().filter(|one| one.access_ended(&me)) {
            if compartment.holds_content() {
                ended.push(compartment.id);
            }
            // What came and went while this device was away is said too: nothing of it is here.
            let principal = compartment.consent.principal_of(&me);
            if let Some(all) = principal.and_then(|principal| compartment.given_to(&principal))
                && dossier.local.removed.get(&compartment.id.to_hex()) != Some(&all)
            {
                given.insert(compartment.id, all);
            }
        }
        let removed = !ended.is_empty();
        if removed {
            self.remove_copies(id, ended)?;
        }
        if !given.is_empty() {
            self.say_removed(id, given)?;
        }
        Ok(removed)
    }

    fn remove_copies(&mut self, id: &DossierId, ended: Vec<CompartmentId>) -> Result<(), Fault> {
        let (positions, _) = self.removable(id, &ended)?;
        let kinds = [super::compartment::LOOSE_WRAP, super::checkpoint::LOOSE_PART];
        let wraps: Vec<[u8; 32]> = ended
            .iter()
            .flat_map(|compartment| kinds.map(|kind| (compartment, kind)))
            .map(|(compartment, kind)| self.store.loose_ids(id, compartment, Some(kind)))
            .collect::<Result<Vec<_>, _>>()?
            .concat();
        self.store.transact::<_, Fault>(|tx| {
            for position in &positions {
                tx.drop_body(position)?;
            }
            for wrap in &wraps {
                tx.delete_loose(wrap)?;
            }
            for compartment in &ended {
                tx.delete_documents(id, Some(compartment))?;
                tx.delete_opened_of(id, Some(compartment))?;
            }
            Ok(())
        })?;
        self.reload(id);
        self.dossier(id)?;
        self.after_change(id, ended.into_iter(), true);
        Ok(())
    }

    /// Tells the resident of compartments that nothing of them is kept here, and of which grants that is said.
    fn say_removed(&mut self, id: &DossierId, given: BTreeMap<CompartmentId, String>) -> Result<(), Fault> {
        let at_ms = self.now_ms();
        let row = self.store.dossier(id)?;
        self.write(id, |writing| {
            for (compartment, object) in given {
                let statement = Statement {
                    deed: Deed::Removed,
                    at_ms,
                    object: object.clone(),
                    reason: String::new(),
                };
                writing.receipt(compartment, &statement)?;
                writing.dossier.local.removed.insert(compartment.to_hex(), object);
            }
            let state = serde_json::to_vec(&writing.dossier.local).map_err(|_| Fault::internal("local"))?;
            writing.also(move |tx| match row {
                Some(row) => Ok(tx.put_dossier(&dossier_store::Dossier { state, ..row })?),
                None => Ok(()),
            });
            Ok(())
        })
    }

    /// Something that was written here, where access ended, never reached a device of the resident's.
    pub(crate) fn holds_unsent(&mut self, id: &DossierId) -> Result<bool, Fault> {
        let me = self.me()?.id();
        let compartments = self.dossier(id)?.compartments.values();
        let ended: Vec<CompartmentId> = compartments
            .filter(|compartment| compartment.access_ended(&me))
            .map(|compartment| compartment.id)
            .collect();
        Ok(!self.removable(id, &ended)?.1.is_empty())
    }

    /// Remembers since when nothing of somebody else's dossier is open to this device, and forgets it when something is
    /// again.
    fn note_ended(&mut self, id: &DossierId) -> Result<(), Fault> {
        let now_ms = self.now_ms();
        let me = self.me()?.viewer();
        let dossier = self.dossier(id)?;
        let mut compartments = dossier.compartments.values();
        let ended = compartments.any(|compartment| compartment.access_ended(&me.device));
        let over = ended && dossier.card(&me).sections.is_empty();
        if over == dossier.local.ended_ms.is_some() {
            return Ok(());
        }
        dossier.local.ended_ms = over.then_some(now_ms);
        let state = serde_json::to_vec(&dossier.local).map_err(|_| Fault::internal("local"))?;
        if let Some(row) = self.store.dossier(id)? {
            let row = dossier_store::Dossier { state, ..row };
            self.store.transact::<_, Fault>(|tx| Ok(tx.put_dossier(&row)?))?;
        }
        self.tell(Event::Changed {
            dossier: id.to_hex(),
            sections: Vec::new(),
        });
        Ok(())
    }
}

impl Compartment {
    /// This device had a right here and has none any more.
    #[must_use]
    pub fn access_ended(&self, device: &DeviceId) -> bool {
        let Some(principal) = self.consent.principal_of(device) else {
            return false;
        };
        !self.consent.is_owner(device)
            && self.consent.right_of(device).is_none()
            && self.consent.grants().any(|(_, grant)| grant.principal == principal)
    }

    /// Which grants a principal ever had here, as one name (hex): a device that says that its copy is gone says it of
    /// these. None for somebody who had none.
    #[must_use]
    pub fn given_to(&self, principal: &PrincipalId) -> Option<String> {
        let theirs = self.consent.grants().filter(|(_, grant)| grant.principal == *principal);
        let names: Vec<u8> = theirs.flat_map(|(id, _)| id.0).collect();
        (!names.is_empty()).then(|| ItemHash(blake3(&names)).to_hex())
    }

    /// Up to where what this device has counted goes, of every chain among these items that is forked by now. The
    /// verdict is still the one of before they came.
    pub(crate) fn counted_at_forks(&self, items: &[Item]) -> Vec<Position> {
        let chains: BTreeSet<ChainId> = items.iter().map(|item| item.header.chain).collect();
        let forked = chains
            .into_iter()
            .filter(|chain| self.chains.get(chain).is_some_and(Chain::forked));
        forked
            .filter_map(|chain| {
                let counted = self.verdict.document().map(|(position, _)| position);
                let counted = counted.chain(self.verdict.records());
                counted
                    .filter(|position| position.chain == chain)
                    .max_by_key(|position| position.n)
            })
            .copied()
            .collect()
    }

    /// The item that is named by its id or by a record about it, or about what is said about it.
    pub(crate) fn item_about(&self, target: &str) -> Option<&RecordItem> {
        let mut target = target;
        // Ids are hashes, so a circle cannot be made; the count keeps a wrong input from running for ever.
        for _ in 0..=self.records.len() {
            let record = self.records.iter().find(|(id, _)| id.to_hex() == target);
            match record.map(|(_, record)| &record.content) {
                Some(Content::Model(RecordContent::Item(item))) => return Some(item),
                Some(Content::Model(said)) => target = said.target()?,
                Some(Content::About(_) | Content::SaidAgain(_) | Content::FromNow(_) | Content::Unknown) => {
                    return None;
                }
                None => {
                    let mut items = self.records.values().filter_map(|record| record.content.item());
                    return items.find(|item| item.id == target);
                }
            }
        }
        None
    }

    fn holds_content(&self) -> bool {
        !self.keys.is_empty() || !self.records.is_empty()
    }

    fn content_positions(&self) -> Vec<Position> {
        self.chains
            .iter()
            .filter(|(_, chain)| chain.open.lane != dossier_trust::item::Lane::Log)
            .flat_map(|(name, chain)| chain.positions(*name))
            .collect()
    }

    /// Positions up to which this device has counted what a principal wrote: what a revocation keeps.
    pub(crate) fn counted_of(&self, principal: &PrincipalId) -> Vec<Position> {
        let mut upto: BTreeMap<_, Position> = BTreeMap::new();
        let counted = self
            .verdict
            .document()
            .map(|(position, _)| position)
            .chain(self.verdict.records());
        for position in counted {
            let theirs = self
                .device_of(&position.chain)
                .and_then(|device| self.consent.principal_of(&device))
                .is_some_and(|author| author == *principal);
            if theirs {
                let at = upto.entry(position.chain).or_insert(*position);
                if at.n < position.n {
                    *at = *position;
                }
            }
        }
        upto.into_values().collect()
    }
}

impl Dossier {
    /// See [`Home::forget_what_thieves_founded`].
    fn founded_by_thieves(&self) -> Vec<CompartmentId> {
        let owners = &self.part.consent;
        let is_known = |device: &DeviceId, but: CompartmentId| {
            let mut others = self.compartments.values().filter(|other| other.id != but);
            device.0 == owners.root().0
                || (owners.is_owner(device) && !owners.is_cut(device))
                || others.any(|other| !owners.is_owner(device) && other.consent.principal_of(device).is_some())
        };
        let founded = self.compartments.values().filter(|held| {
            let mut chains = held.chains.iter().map(|(_, chain)| &chain.open.device);
            let is_begun = !held.log.is_empty();
            is_begun && held.consent.current_generation().is_none() && !chains.any(|device| is_known(device, held.id))
        });
        founded.map(|held| held.id).collect()
    }

    /// Grants whose last day has passed: a resident's device ends them.
    fn expired(&self, now_s: u64) -> BTreeMap<CompartmentId, Vec<OpId>> {
        let mut found = BTreeMap::new();
        if !self.own {
            return found;
        }
        for compartment in self.compartments.values() {
            let over: Vec<OpId> = compartment
                .consent
                .live_grants()
                .filter(|(_, grant)| grant.until.is_some_and(|until| until < now_s))
                .map(|(id, _)| *id)
                .collect();
            if !over.is_empty() {
                found.insert(compartment.id, over);
            }
        }
        found
    }

    /// Work of ended grants for which the resident said: go on counting what arrives.
    fn unseen_to_keep(&self, grants: &BTreeSet<Vec<u8>>) -> Vec<(CompartmentId, Vec<Position>)> {
        if grants.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for compartment in self.compartments.values() {
            let mut upto: BTreeMap<_, Position> = BTreeMap::new();
            for (position, waits) in compartment.quarantine() {
                let promised = compartment
                    .chains
                    .get(&position.chain)
                    .is_some_and(|chain| grants.contains(chain.open.grant.0.as_slice()));
                if promised && *waits == Waits::Denied(Denied::Revoked) {
                    let at = upto.entry(position.chain).or_insert(*position);
                    if at.n < position.n {
                        *at = *position;
                    }
                }
            }
            if !upto.is_empty() {
                found.push((compartment.id, upto.into_values().collect()));
            }
        }
        found
    }

    /// What somebody sealed to a few and not to the resident, whose dossier it is.
    fn kept_from_the_resident(&self) -> Vec<(CompartmentId, Position)> {
        let all = self.compartments.values().flat_map(|compartment| {
            let closed = compartment.closed_to_us.iter();
            closed
                .filter(|position| !compartment.consent.erased().contains_key(&position.hash))
                .map(|position| (compartment.id, *position))
        });
        all.collect()
    }

    /// Devices that may read and for which this one has not wrapped every key yet that they need.
    fn unwrapped(&self, me: &DeviceId) -> Vec<(CompartmentId, Certificate)> {
        let mut found = Vec::new();
        for compartment in self.compartments.values() {
            // Most readers are given the same; who that is, is asked once.
            let mut keys: BTreeMap<Option<PrincipalId>, BTreeSet<EpochId>> = BTreeMap::new();
            for reader in compartment.consent.reader_devices() {
                let late = compartment.consent.has_breaks() && compartment.consent.reads_from_now(&reader.root);
                let keys = keys
                    .entry(late.then_some(reader.root))
                    .or_insert_with(|| compartment.keys_for(&reader.root));
                if !keys.is_subset(&compartment.wrapped_for(&reader.device, me)) {
                    found.push((compartment.id, reader.clone()));
                }
            }
        }
        found
    }

    /// Compartments of which the document is shut to somebody who was let in from now on: it began anew elsewhere at the
    /// same time, by somebody who did not know of them.
    fn shut_documents(&self) -> Vec<CompartmentId> {
        let compartments = self.compartments.values();
        compartments
            .filter(|compartment| compartment.shut_to().next().is_some())
            .map(|compartment| compartment.id)
            .collect()
    }

    /// Restricted records that somebody is entitled to and does not have: notes and flags that name them, letters of
    /// which they may read every section, and, for whoever sees an agenda only as far as it is about certain people,
    /// those blocks.
    fn missing_copies(&self) -> Vec<Missing> {
        let mut found = Vec::new();
        for compartment in self.compartments.values() {
            let notes = compartment.grant_notes();
            let live: Vec<(PrincipalId, Right, &GrantNote)> = compartment
                .consent
                .live_grants()
                .filter_map(|(id, grant)| Some((grant.principal, grant.right, notes.get(id)?)))
                .collect();
            if live.is_empty() {
                continue;
            }
            let late: BTreeMap<PrincipalId, BTreeMap<ChainId, u32>> = live
                .iter()
                .filter(|(principal, ..)| compartment.consent.reads_from_now(principal))
                .map(|(principal, ..)| (*principal, compartment.records_before(principal)))
                .collect();
            for (id, record) in &compartment.records {
                let restricted = record.posted.iter().all(|posted| posted.to.is_some());
                let has: BTreeSet<&DeviceId> = record
                    .posted
                    .iter()
                    .filter_map(|posted| posted.to.as_ref())
                    .flatten()
                    .collect();
                let mut readers = Vec::new();
                for (principal, right, note) in &live {
                    // Posting it again makes nothing new of what was said before they came.
                    let is_before = |posted: &Posted| {
                        let upto = late
                            .get(principal)
                            .and_then(|before| before.get(&posted.position.chain));
                        upto.is_some_and(|upto| posted.position.n <= *upto)
                    };
                    if record.posted.iter().any(is_before) && record.record.author.root != *principal {
                        continue;
                    }
                    let entitled = match &record.content {
                        Content::About(_) => !restricted && *right < Right::Read,
                        Content::Model(content) if restricted => {
                            *right >= Right::Read && self.may_have(principal, note, compartment, content)
                        }
                        Content::Model(content) => *right < Right::Read && self.is_about(note, content),
                        Content::SaidAgain(_) | Content::FromNow(_) | Content::Unknown => false,
                    };
                    if entitled {
                        let devices = compartment.consent.certificates().filter(|certificate| {
                            certificate.root == *principal
                                && !compartment.consent.is_cut(&certificate.device)
                                && !has.contains(&certificate.device)
                        });
                        readers.extend(devices.cloned());
                    }
                }
                if !readers.is_empty() {
                    found.push(Missing {
                        compartment: compartment.id,
                        record: *id,
                        readers,
                    });
                }
            }
        }
        found
    }

    /// Effective audience of a restricted record: its own, and every other section that it needs.
    fn may_have(
        &self,
        principal: &PrincipalId,
        note: &GrantNote,
        compartment: &Compartment,
        content: &RecordContent,
    ) -> bool {
        let (audience, needs) = match content {
            RecordContent::Item(item) => (item.audience.clone(), item.also_needs.clone()),
            // What is said about an item is for whoever may have the item.
            RecordContent::Reaction { target, .. }
            | RecordContent::Update { target, .. }
            | RecordContent::Seen { target, .. }
            | RecordContent::Removed { target } => {
                let Some(item) = compartment.item_about(target) else {
                    return false;
                };
                (item.audience.clone(), item.also_needs.clone())
            }
        };
        audience.is_none_or(|audience| audience.contains(&note.person))
            && needs.iter().all(|section| {
                let place = Place::wat(section.clone());
                self.at(&place).is_some_and(|other| {
                    other
                        .consent
                        .live_grants()
                        .any(|(_, grant)| grant.principal == *principal && grant.right >= Right::Read)
                })
            })
    }

    /// A busy block of an appointment in which one of the people takes part that this grant is limited to.
    fn is_about(&self, note: &GrantNote, content: &RecordContent) -> bool {
        let (Some(people), RecordContent::Item(block)) = (&note.only_about, content) else {
            return false;
        };
        let Some(agenda_id) = dossier_model::section::standard_id("agenda") else {
            return false;
        };
        let Some(appointments) = self.at(&Place::Section {
            section: agenda_id.clone(),
            side: Side::Wat,
        }) else {
            return false;
        };
        let about = |fields: &serde_json::Value| {
            agenda::about(fields)
                .into_iter()
                .any(|person| people.iter().any(|one| one == person))
        };
        let in_document = appointments
            .doc
            .items()
            .any(|item| agenda::busy_id(&item.item.id) == block.id && about(&item.item.fields));
        in_document
            || appointments
                .records
                .values()
                .filter_map(|record| record.content.item())
                .any(|item| agenda::busy_id(&item.id) == block.id && about(&item.fields))
    }
}

impl Writing<'_> {
    /// Takes away what its author kept from the resident, for everybody, and says whose it was.
    fn erase_unreadable(&mut self, id: CompartmentId, position: &Position) -> Result<(), Fault> {
        let item = position.hash;
        self.operation(id, Operation::Erase { item, at: EraseAt::All })?;
        self.reconsider(&id)?;
        let now_ms = self.now_ms;
        if let Some(held) = self.dossier.compartments.get(&id)
            && let Some(device) = held.device_of(&position.chain)
        {
            let mut line = self.dossier.line_of(held, &device, activity::Deed::Refused, now_ms);
            line.reason = Some("unreadable".to_owned());
            self.note(line);
        }
        Ok(())
    }

    /// Seals copies of restricted records to those who are entitled to them and miss them.
    ///
    /// # Errors
    /// What the steps say.
    pub(crate) fn hand_out_copies(&mut self) -> Result<(), Fault> {
        let missing = self.dossier.missing_copies();
        self.hand_out(missing)
    }

    fn hand_out(&mut self, missing: Vec<Missing>) -> Result<(), Fault> {
        for copy in missing {
            let held = self.compartment(&copy.compartment)?.records.get(&copy.record).cloned();
            if let Some(held) = held {
                self.post(copy.compartment, held.record, Some(copy.readers))?;
            }
        }
        Ok(())
    }

    /// Ends grants in one compartment: what was counted stays, and a new epoch shuts the door.
    ///
    /// # Errors
    /// What the steps say.
    pub fn revoke(&mut self, id: CompartmentId, grants: &[OpId], why: Option<&str>) -> Result<(), Fault> {
        let notes = self.compartment(&id)?.grant_notes().clone();
        let mut read = false;
        for grant in grants {
            let compartment = self.compartment(&id)?;
            let Some(held) = compartment.consent.grant(grant).cloned() else {
                continue;
            };
            read |= held.right >= Right::Read;
            let mut keep = compartment.counted_of(&held.principal);
            // Whom a representative let in stays, as far as it was counted here.
            keep.extend(compartment.said_under(grant));
            keep.sort_unstable();
            let section = compartment.place().and_then(Place::section).map(ToString::to_string);
            self.operation(id, Operation::Revoke { grant: *grant, keep })?;
            if let Some(note) = notes.get(grant) {
                let line = self.own_line(activity::Deed::Revoked, section, vec![note.person.clone()]);
                self.note(activity::Line {
                    reason: why.map(str::to_owned),
                    rule: Some(grant.to_hex()),
                    ..line
                });
            }
        }
        self.reconsider(&id)?;
        if read {
            self.new_epoch(id)?;
        }
        self.sharing_changed();
        Ok(())
    }
}
