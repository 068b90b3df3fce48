//! The dossiers of this device in memory: chains, consent, keys, documents and records, each a function of what the
//! store holds. Reading happens here, [`writing`] makes new items, [`receiving`] takes those of others.

pub mod checkpoint;
pub mod compartment;
mod compartments;
pub mod content;
pub mod contents;
pub mod document;
mod erasing;
pub(crate) mod files;
pub mod from_now;
pub mod generations;
mod members;
pub mod opening;
pub mod past;
pub mod people;
pub mod quota;
#[cfg(test)]
mod random;
pub mod receiving;
pub mod serving;
pub mod settling;
mod supposing;
pub mod writing;

use std::collections::{BTreeMap, BTreeSet};

use dossier_model::{Place, SectionId, Side};
use dossier_store::{Owed, Reader};
use dossier_trust::consent::Consent;
use dossier_trust::ids::{CompartmentId, DeviceId, DossierId, GenerationId, PrincipalId};
use dossier_trust::operation::OpId;
use serde::{Deserialize, Serialize};

use crate::contract::{Fault, FaultCode};
use crate::emergency::Gates;
use crate::home::{Home, Me};
use checkpoint::OWED_REFUSED;
pub use compartment::Compartment;
pub use compartments::Compartments;
use opening::Opens;
use quota::Payer;

/// What this device keeps about a dossier beside the dossier itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Local {
    /// Title until the dossier itself says it.
    #[serde(default)]
    pub title: Option<String>,
    /// Devices to look for: those of whoever invited us.
    #[serde(default)]
    pub inviter: Option<String>,
    /// This device answered in the name of its team, or covers for a colleague who did.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub team: bool,
    /// A colleague brought it: nobody else may know that this device is of the team.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub covered: bool,
    /// Where devices of the resident's (hex) were, as a representative said who let this person in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub residents: BTreeMap<String, Vec<String>>,
    /// Access to all of it ended: when this device heard so, milliseconds since 1970.
    #[serde(default)]
    pub ended_ms: Option<u64>,
    /// Of which compartments (hex) this device told the resident that its copy is gone, and after which grants
    /// ([`Compartment::given_to`]).
    #[serde(default)]
    pub removed: BTreeMap<String, String>,
}

/// One dossier.
pub struct Dossier {
    /// Its name.
    pub id: DossierId,
    /// This person is its resident.
    pub own: bool,
    /// Access to it ended.
    pub closed: bool,
    /// What this device keeps beside it.
    pub local: Local,
    /// Genesis, owner devices, their cuts.
    pub part: Compartment,
    /// Everything else.
    pub compartments: Compartments,
    /// Nothing happened since it was last looked at what this device owes.
    pub settled: bool,
    /// When the next erased body is to be destroyed, milliseconds since 1970.
    pub destroys_ms: Option<i64>,
    /// Of whom it was said, since the program started, that too much of theirs waits outside of a compartment.
    pub told_full: BTreeSet<(CompartmentId, Payer)>,
    /// What the resident was told today about what this device showed.
    pub told: Option<Told>,
    /// What stays shut for this reader though it is here.
    pub gates: Gates,
}

/// Sections of which the resident was told that they were opened here.
#[derive(Debug, Clone)]
pub struct Told {
    /// The day, `YYYY-MM-DD`.
    pub day: String,
    /// The sections.
    pub sections: BTreeSet<String>,
}

impl Dossier {
    /// Reads a dossier from the store.
    ///
    /// # Errors
    /// What the store says; [`FaultCode::Damaged`].
    pub fn load(store: &Reader, me: &Me, row: &dossier_store::Dossier) -> Result<Self, Fault> {
        Self::read(store, row, |compartment, owners| {
            compartment.reconsider(me, owners);
            match compartment.saved_before(store)? {
                Some(doc) => {
                    compartment.doc = doc;
                    compartment.show(store, me, BTreeSet::new())
                }
                None => compartment.judge(store, me, owners),
            }
        })
    }

    /// Reads a dossier from the store as far as it opens for whoever looks. What this device saved for itself is of no
    /// use here: all of it is judged.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_through(store: &Reader, eyes: &dyn Opens, row: &dossier_store::Dossier) -> Result<Self, Fault> {
        Self::read(store, row, |compartment, owners| compartment.judge(store, eyes, owners))
    }

    fn read(
        store: &Reader,
        row: &dossier_store::Dossier,
        mut open: impl FnMut(&mut Compartment, &Consent) -> Result<(), Fault>,
    ) -> Result<Self, Fault> {
        let local = serde_json::from_slice(&row.state).unwrap_or_default();
        let mut part = Compartment::load(store, row.dossier, CompartmentId::DOSSIER)?;
        part.judge_dossier_part();
        let mut dossier = Self {
            id: row.dossier,
            own: row.own,
            closed: row.closed_ms.is_some(),
            local,
            part,
            compartments: Compartments::default(),
            settled: false,
            destroys_ms: None,
            told_full: BTreeSet::new(),
            told: None,
            gates: Gates::default(),
        };
        let refused: Vec<Owed> = store
            .owed(Some(&row.dossier))?
            .into_iter()
            .filter(|owed| owed.kind == OWED_REFUSED)
            .collect();
        for id in store.compartments(&row.dossier)? {
            if id != CompartmentId::DOSSIER {
                let mut compartment = Compartment::load(store, row.dossier, id)?;
                let refused = refused.iter().filter(|owed| owed.compartment == id);
                compartment.refused = refused
                    .filter_map(|owed| owed.detail.as_slice().try_into().ok().map(OpId))
                    .collect();
                open(&mut compartment, &dossier.part.consent)?;
                dossier.compartments.insert(id, compartment);
            }
        }
        Ok(dossier)
    }

    /// Judges what is only shown so far.
    ///
    /// # Errors
    /// What the store says.
    pub fn judge(&mut self, store: &Reader, me: &Me) -> Result<(), Fault> {
        let Self { part, compartments, .. } = self;
        let mut shown = compartments.values_mut().filter(|compartment| !compartment.judged);
        shown.try_for_each(|compartment| compartment.judge(store, me, &part.consent))
    }

    /// True when another device of the resident's put this one of theirs out. Heard of one compartment it goes for all:
    /// the news of the rest may still be on its way, and nothing that is written meanwhile would count.
    #[must_use]
    pub fn is_over_for(&self, device: &DeviceId) -> bool {
        let mut all = std::iter::once(&self.part).chain(self.compartments.values());
        self.own && all.any(|compartment| compartment.consent.is_cut(device))
    }

    /// A compartment by name, the dossier part included.
    #[must_use]
    pub fn compartment(&self, id: &CompartmentId) -> Option<&Compartment> {
        if *id == CompartmentId::DOSSIER {
            Some(&self.part)
        } else {
            self.compartments.get(id)
        }
    }

    /// As [`Self::compartment`].
    pub fn compartment_mut(&mut self, id: &CompartmentId) -> Option<&mut Compartment> {
        if *id == CompartmentId::DOSSIER {
            Some(&mut self.part)
        } else {
            self.compartments.get_mut(id)
        }
    }

    /// The generation that the document of a compartment is of, if this device knows the compartment.
    #[must_use]
    pub fn generation_of(&self, id: &CompartmentId) -> Option<GenerationId> {
        self.compartments.get(id)?.verdict.generation()
    }

    /// Something new lies in a compartment. Changes of a document make nobody owe anything, but for the agenda's, which
    /// say whom a busy block is about, and for the one after which a checkpoint is due.
    pub fn unsettle(&mut self, id: &CompartmentId, only_changes: bool) {
        let about_people = || {
            let place = self.compartment(id).and_then(Compartment::place);
            place
                .and_then(Place::section)
                .is_none_or(|section| section.as_str() == "agenda")
        };
        let due = || self.own && self.compartment(id).is_some_and(Compartment::checkpoint_is_due);
        if !only_changes || about_people() || due() {
            self.settled = false;
        }
    }

    /// The compartment of a place, if this reader knows of one. Several only when somebody restored an old copy; then
    /// the smallest name.
    #[must_use]
    pub fn at(&self, place: &Place) -> Option<&Compartment> {
        self.compartments
            .values()
            .find(|compartment| compartment.place() == Some(place))
    }

    /// Name of the compartment of a place.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] for a section that exists by name but is not shared with this reader.
    pub fn id_at(&self, place: &Place) -> Result<CompartmentId, Fault> {
        self.at(place)
            .map(|compartment| compartment.id)
            .ok_or_else(|| match place.section() {
                Some(section) if self.own => Fault::not_found(section.as_str()),
                Some(section) => Fault::not_allowed(section.as_str()),
                None => Fault::new(FaultCode::NotAllowed),
            })
    }

    /// Sections that this reader has something of, in the order in which they are shown: standard ones first.
    #[must_use]
    pub fn sections(&self) -> Vec<(SectionId, Option<String>)> {
        let mut found: BTreeMap<SectionId, Option<String>> = BTreeMap::new();
        for compartment in self.compartments.values() {
            if let (Some(Place::Section { section, .. }), Some(about)) = (compartment.place(), compartment.about()) {
                let label = about.label.clone();
                found
                    .entry(section.clone())
                    .and_modify(|held| *held = held.take().or_else(|| label.clone()))
                    .or_insert(label);
            }
        }
        let rank = |id: &SectionId| {
            dossier_model::section::standard()
                .iter()
                .position(|one| one.id == *id)
                .unwrap_or(usize::MAX)
        };
        let mut list: Vec<_> = found.into_iter().collect();
        list.sort_by_key(|(id, _)| (rank(id), id.clone()));
        list
    }

    /// A device's right in a section's content side, then in its "only that" side.
    #[must_use]
    pub fn right_in(&self, device: &DeviceId, section: &SectionId) -> Option<(dossier_trust::operation::Right, Side)> {
        [Side::Wat, Side::Dat].into_iter().find_map(|side| {
            let place = Place::Section {
                section: section.clone(),
                side,
            };
            let compartment = self.at(&place)?;
            Some((compartment.consent.right_of(device)?, side))
        })
    }

    /// True when this principal is the resident.
    #[must_use]
    pub fn is_owner(&self, principal: &PrincipalId) -> bool {
        self.part.consent.root() == *principal
    }
}

impl Home {
    /// A dossier, read from the store the first time.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`]; what the store says.
    pub(crate) fn dossier(&mut self, id: &DossierId) -> Result<&mut Dossier, Fault> {
        if !self.dossiers.contains_key(id) {
            let row = self.store.dossier(id)?.ok_or_else(|| Fault::not_found(id.to_hex()))?;
            let me = self.me.as_ref().ok_or_else(|| Fault::new(FaultCode::NoProfile))?;
            let dossier = Dossier::load(&self.store, me, &row)?;
            self.dossiers.insert(*id, dossier);
        }
        self.see_gates(id)?;
        self.dossiers.get_mut(id).ok_or_else(|| Fault::not_found(id.to_hex()))
    }

    /// A dossier with everything judged: for whoever asks what counts, not only what it says.
    ///
    /// # Errors
    /// As [`Self::dossier`].
    pub(crate) fn judged(&mut self, id: &DossierId) -> Result<&mut Dossier, Fault> {
        self.dossier(id)?;
        let (Some(me), Some(dossier)) = (self.me.as_ref(), self.dossiers.get_mut(id)) else {
            return Err(Fault::new(FaultCode::NoProfile));
        };
        dossier.judge(&self.store, me)?;
        Ok(dossier)
    }

    /// A dossier in which everything that shows was written by those who are said to have written it: for what leaves the
    /// vault. A page may show a checkpoint a moment before that is known.
    ///
    /// # Errors
    /// As [`Self::dossier`].
    pub(crate) fn looked_behind(&mut self, id: &DossierId) -> Result<&mut Dossier, Fault> {
        let ahead = |compartment: &Compartment| compartment.doc.is_ahead();
        if self.dossier(id)?.compartments.values().any(ahead) {
            self.judged(id)?;
            self.rest_on_checkpoints(id)?;
        }
        self.dossier(id)
    }

    /// Forgets what is in memory of a dossier, so that the next look reads the store: after a step that failed.
    pub(crate) fn reload(&mut self, id: &DossierId) {
        self.dossiers.remove(id);
        self.looked = None;
    }
}
