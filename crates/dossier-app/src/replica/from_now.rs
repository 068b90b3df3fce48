//! Letting somebody in from now on: what they are given, what has to be said again for them, and what stays shut.
//!
//! Such a grant is a denial of everything before it. The epoch that honours it opens nothing from before, and the document
//! begins anew under that epoch with what stands there. Nothing of the old one goes: who saw it keeps it, with its keys.
//! Both stand in the log of the device that let somebody in, the epoch first: so whoever hears of the new document knows
//! under which keys not to write in it.

use std::collections::{BTreeMap, BTreeSet};

use dossier_model::RecordContent;
use dossier_model::item::BUSY_KIND;
use dossier_trust::epoch::EpochKey;
use dossier_trust::identity::{Certificate, Random};
use dossier_trust::ids::{ChainId, CompartmentId, EpochId, PrincipalId};
use dossier_trust::item::Lane;
use dossier_trust::operation::{OpId, Operation, Right, Since};
use dossier_trust::record::Record;

use super::Compartment;
use super::content::{Content, FromNow, FromNowKind, GrantNote};
use super::writing::Writing;
use crate::contract::Fault;

impl Compartment {
    /// Epochs whose keys a reader has to be given, of those that this device has.
    pub(super) fn keys_for(&self, reader: &PrincipalId) -> BTreeSet<EpochId> {
        let holds = |epoch: &EpochId| self.keys.contains_key(epoch);
        self.consent.keys_for(reader, holds, |epoch, back| {
            let key = self.keys.get(epoch);
            key.is_some_and(|key| key.open_back(back).is_ok())
        })
    }

    /// True when a reader can open the whole document: whoever writes in it knows of the epoch that honours their grant.
    pub(super) fn document_opens_for(&self, reader: &PrincipalId) -> bool {
        let mut grants = self.consent.from_now_readers();
        !self.consent.reads_from_now(reader)
            || grants.any(|(id, grant)| grant.principal == *reader && self.begins_after(id))
    }

    /// Readers from now on to whom the document is shut.
    pub(super) fn shut_to(&self) -> impl Iterator<Item = PrincipalId> {
        let late: BTreeSet<PrincipalId> = self
            .consent
            .from_now_readers()
            .map(|(_, grant)| grant.principal)
            .collect();
        late.into_iter().filter(|reader| !self.document_opens_for(reader))
    }

    /// The document began where an epoch that honours this grant was known.
    fn begins_after(&self, grant: &OpId) -> bool {
        let Some(current) = self.consent.current_generation() else {
            return true;
        };
        let of_owners = |chain: &ChainId| {
            self.device_of(chain)
                .is_some_and(|device| self.consent.is_owner(&device))
        };
        let mut begun = self.log.iter().filter(|entry| {
            matches!(entry.operation, Operation::Generation { .. })
                && entry.operation.id().0 == current.0
                && of_owners(&entry.position.chain)
        });
        let honours = |operation: &Operation| matches!(operation, Operation::Epoch { commit, .. } if self.consent.closes(commit, grant));
        begun.any(|begun| {
            let mut below = self.log.iter().filter(|entry| honours(&entry.operation));
            below.any(|entry| self.chains.reaches(&entry.position, &begun.position))
        })
    }

    /// An epoch that honours every grant from now on stands in this chain.
    fn honours_breaks_in(&self, chain: &ChainId) -> bool {
        let honours = |operation: &Operation| matches!(operation, Operation::Epoch { commit, .. } if self.consent.may_lie_under_next(commit));
        let mut said = self.log.iter().filter(|entry| entry.position.chain == *chain);
        said.any(|entry| honours(&entry.operation))
    }

    /// Up to where records were known when a reader from now on was let in.
    pub(super) fn records_before(&self, reader: &PrincipalId) -> BTreeMap<ChainId, u32> {
        let theirs: BTreeSet<String> = self
            .consent
            .from_now_readers()
            .filter(|(_, grant)| grant.principal == *reader)
            .map(|(id, _)| id.to_hex())
            .collect();
        let mut before: BTreeMap<ChainId, u32> = BTreeMap::new();
        for record in self.records.values() {
            let Content::FromNow(said) = &record.content else {
                continue;
            };
            let begins = said.grant.as_ref().is_some_and(|grant| theirs.contains(grant));
            if record.record.author.root != self.consent.root() || !begins {
                continue;
            }
            for (chain, n) in &said.before {
                if let Ok(chain) = ChainId::from_hex(chain) {
                    let upto = before.entry(chain).or_insert(*n);
                    *upto = (*upto).max(*n);
                }
            }
        }
        before
    }

    /// How far every chain of records goes.
    fn record_ends(&self) -> Vec<(String, u32)> {
        let chains = self.chains.iter().filter(|(_, chain)| chain.open.lane == Lane::Rec);
        let ends =
            chains.filter_map(|(name, chain)| Some((*name, chain.tips(*name).into_iter().map(|tip| tip.n).max()?)));
        ends.map(|(name, n)| (name.to_hex(), n)).collect()
    }

    /// Records of before that a reader from now on needs: what this compartment is, and the blocks that say when somebody
    /// is busy, as they stand.
    fn said_for_everybody(&self) -> Vec<Record> {
        let root = self.consent.root();
        let by_resident = self.records.values().filter(|record| record.record.author.root == root);
        let latest = by_resident.filter_map(|record| {
            let Content::About(about) = &record.content else {
                return None;
            };
            Some((about.version, &record.record))
        });
        let about = latest
            .max_by_key(|(version, _)| *version)
            .map(|(_, record)| record.clone());
        let over: BTreeSet<&str> = self
            .records
            .values()
            .filter_map(|record| {
                if let Content::Model(RecordContent::Removed { target }) = &record.content {
                    Some(target.as_str())
                } else {
                    record.content.item()?.supersedes.as_deref()
                }
            })
            .collect();
        let blocks = self.records.iter().filter(|(name, record)| {
            let stands = !over.contains(name.to_hex().as_str());
            let for_all = record.posted.iter().any(|posted| posted.to.is_none());
            stands && for_all && record.content.item().is_some_and(|item| item.kind == BUSY_KIND)
        });
        about
            .into_iter()
            .chain(blocks.map(|(_, record)| record.record.clone()))
            .collect()
    }
}

impl Writing<'_> {
    /// Gives a right to read from now on: the grant, the epoch that honours it and opens nothing of before, and the document
    /// begun anew under it, with what the new reader needs.
    ///
    /// # Errors
    /// What the steps say; [`crate::contract::FaultCode::NotAllowed`] for anybody but the resident.
    pub(crate) fn grant_from_now(
        &mut self,
        id: CompartmentId,
        principal: PrincipalId,
        right: Right,
        until: Option<u64>,
        note: &GrantNote,
    ) -> Result<(), Fault> {
        let plain = serde_json::to_vec(note).map_err(|_| Fault::internal("note"))?;
        let mut random = self.random;
        let key = EpochKey::generate(&mut random);
        let record = Some(key.seal_note(id, &plain, &mut random)?);
        let nonce = random.array();
        let before = self.compartment(&id)?.record_ends();
        let grant = Operation::Grant {
            principal,
            right,
            since: Since::Now,
            until,
            nonce,
            record,
        };
        let grant = self.operation(id, grant)?;
        self.reconsider(&id)?;
        self.epoch_of(id, &key)?;
        self.begin_again(id)?;
        self.say_for_late_readers(id, Some(grant), before)
    }

    /// Begins a document anew that is shut to somebody who was let in from now on.
    ///
    /// # Errors
    /// What the steps say.
    pub(crate) fn open_for_late_readers(&mut self, id: CompartmentId) -> Result<(), Fault> {
        self.begin_again(id)?;
        self.say_for_late_readers(id, None, Vec::new())
    }

    /// Makes an epoch that honours every grant from now on, unless one stands in this device's log already: whoever hears of
    /// what this device says next has to know of it.
    pub(super) fn honour_breaks(&mut self, id: CompartmentId) -> Result<(), Fault> {
        let log = self.log_chain(id)?;
        let compartment = self.compartment(&id)?;
        if compartment.consent.has_breaks() && !compartment.honours_breaks_in(&log) {
            self.new_epoch(id)?;
        }
        Ok(())
    }

    fn say_for_late_readers(
        &mut self,
        id: CompartmentId,
        grant: Option<OpId>,
        before: Vec<(String, u32)>,
    ) -> Result<(), Fault> {
        let compartment = self.compartment(&id)?;
        let living: BTreeSet<OpId> = compartment.consent.live_grants().map(|(grant, _)| *grant).collect();
        let notes = compartment.grant_notes().iter();
        let notes = notes
            .filter(|(grant, _)| living.contains(*grant))
            .map(|(grant, note)| (grant.to_hex(), note.clone()))
            .collect();
        for record in compartment.said_for_everybody() {
            self.post(id, record, None)?;
        }
        let said = FromNow {
            kind: FromNowKind::FromNow,
            grant: grant.map(|grant| grant.to_hex()),
            before,
            notes,
        };
        self.record(id, &Content::FromNow(said))?;
        Ok(())
    }

    /// True when this reader is let in from now on by such a grant: not who reads everything here already.
    pub(crate) fn begins_now(&mut self, id: CompartmentId, joiner: &Certificate, right: Right) -> Result<bool, Fault> {
        let consent = &self.compartment(&id)?.consent;
        Ok(right >= Right::Read && !consent.reads_everything(&joiner.root))
    }
}
