//! A dossier as it was: what its documents and records say that they are older than.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{AutoCommit, ChangeHash, ReadDoc};
use dossier_model::layout;
use dossier_trust::ids::{CompartmentId, RecordId};

use super::compartment::OpenedRecord;
use super::content::Content;
use super::generations::Earlier;
use super::{Compartment, Dossier};
use crate::clock::end_of;
use crate::contract::Fault;

/// Fewest letters by which a step can be named.
const MIN_STEP: usize = 8;

/// A moment in the life of a dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    /// What its author's clock puts later than this second does not count. Seconds since 1970.
    pub seconds: u64,
    /// The last change of one document, with everything that it rests on: exact where clocks are not.
    pub change: Option<(CompartmentId, ChangeHash)>,
}

impl Dossier {
    /// The end of a day, a moment (RFC 3339), or the moment after a step by its name.
    ///
    /// # Errors
    /// [`crate::contract::FaultCode::Invalid`] for text that is none of these;
    /// [`crate::contract::FaultCode::NotFound`] for a name that no step has, or several.
    pub(crate) fn moment(&mut self, at: &str, earlier: &mut Earlier) -> Result<Moment, Fault> {
        if let Ok(seconds) = end_of(at) {
            return Ok(Moment { seconds, change: None });
        }
        if at.len() < MIN_STEP || !at.chars().all(|letter| letter.is_ascii_hexdigit()) {
            return Err(Fault::invalid("--at"));
        }
        let mut found: BTreeMap<String, Moment> = BTreeMap::new();
        for (id, compartment) in self.compartments.iter_mut() {
            let mut look_in = |doc: &mut AutoCommit| {
                for change in doc.get_changes_meta(&[]) {
                    let name = change.hash.to_string();
                    if name.starts_with(at) {
                        let moment = Moment {
                            seconds: u64::try_from(change.timestamp).unwrap_or(0),
                            change: Some((*id, change.hash)),
                        };
                        found.insert(name, moment);
                    }
                }
            };
            look_in(compartment.doc.as_it_stands());
            earlier.get_mut(id).into_iter().flatten().for_each(look_in);
            for (record, opened) in &compartment.records {
                let name = record.to_hex();
                if name.starts_with(at) {
                    let moment = Moment {
                        seconds: written_at(opened),
                        change: None,
                    };
                    found.insert(name, moment);
                }
            }
        }
        match (found.pop_first(), found.is_empty()) {
            (Some((_, moment)), true) => Ok(moment),
            (Some(_), false) | (None, _) => Err(Fault::not_found("--at")),
        }
    }

    /// The dossier as this reader would have seen it then, had they been let in with what they may read now: who may
    /// see what has no clock, so that names and rights are those of today.
    ///
    /// # Errors
    /// [`crate::contract::FaultCode::Internal`] when a document cannot be taken back.
    pub(crate) fn as_it_was(&mut self, moment: &Moment, earlier: &mut Earlier) -> Result<Self, Fault> {
        let compartments = self
            .compartments
            .iter_mut()
            .map(|(id, compartment)| {
                let before = earlier.get_mut(id).map_or(&mut [][..], Vec::as_mut_slice);
                Ok((*id, compartment.as_it_was(moment, before)?))
            })
            .collect::<Result<_, Fault>>()?;
        Ok(Self {
            id: self.id,
            own: self.own,
            closed: self.closed,
            local: self.local.clone(),
            part: self.part.for_reading(),
            compartments,
            settled: true,
            destroys_ms: None,
            told_full: BTreeSet::new(),
            told: None,
            gates: self.gates.clone(),
        })
    }
}

impl Compartment {
    /// What reading needs of a compartment, without document and records.
    fn for_reading(&self) -> Self {
        let mut copy = Self::new(self.dossier, self.id);
        copy.consent = self.consent.clone();
        copy.keys = self.keys.clone();
        copy.about = self.about.clone();
        copy.notes = self.notes.clone();
        copy
    }

    fn as_it_was(&mut self, moment: &Moment, earlier: &mut [AutoCommit]) -> Result<Self, Fault> {
        let mut past = self.for_reading();
        // The first document, from the last one back, that anybody had written in by then.
        for doc in std::iter::once(self.doc.as_it_stands()).chain(earlier) {
            let heads = match &moment.change {
                Some((compartment, change)) if *compartment == self.id => {
                    let is_here = doc.get_change_by_hash(change).is_some();
                    Some(is_here.then_some(*change).into_iter().collect())
                }
                Some(_) | None => layout::before(doc, i64::try_from(moment.seconds).unwrap_or(i64::MAX)),
            };
            let found = match heads {
                None if doc.stats().num_changes > 0 => doc.clone(),
                Some(heads) if !heads.is_empty() => doc.fork_at(&heads).map_err(|_| Fault::internal("document"))?,
                None | Some(_) => continue,
            };
            past.doc = found.into();
            break;
        }
        past.records = self.records_until(moment.seconds);
        Ok(past)
    }

    /// Records that say they were written by then, and whose target says so too.
    fn records_until(&self, seconds: u64) -> BTreeMap<RecordId, OpenedRecord> {
        let mut counted: BTreeSet<RecordId> = self
            .records
            .iter()
            .filter(|(_, opened)| written_at(opened) <= seconds)
            .map(|(id, _)| *id)
            .collect();
        loop {
            let early: Vec<RecordId> = counted
                .iter()
                .filter(|id| {
                    let target = self.records.get(id).and_then(target_of);
                    target.is_some_and(|target| self.records.contains_key(&target) && !counted.contains(&target))
                })
                .copied()
                .collect();
            if early.is_empty() {
                break;
            }
            early.iter().for_each(|id| {
                counted.remove(id);
            });
        }
        let kept = self.records.iter().filter(|(id, _)| counted.contains(id));
        kept.map(|(id, opened)| (*id, opened.clone())).collect()
    }
}

/// Seconds since 1970; what does not say when it was written was there from the beginning.
fn written_at(opened: &OpenedRecord) -> u64 {
    let at = opened.at();
    // A day begins where the one before it ends.
    let start_of_day = if at.contains('T') { 0 } else { 86_399 };
    end_of(&at).map_or(0, |seconds| seconds.saturating_sub(start_of_day))
}

fn target_of(opened: &OpenedRecord) -> Option<RecordId> {
    match &opened.content {
        Content::Model(content) => RecordId::from_hex(content.target()?).ok(),
        Content::About(_) | Content::SaidAgain(_) | Content::FromNow(_) | Content::Unknown => None,
    }
}
