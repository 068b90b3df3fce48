//! Taking back one's own last steps, one after another, and doing them again: as new steps.

use dossier_model::layout::Edit;
use dossier_model::record::RecordItem;
use dossier_model::{Place, RecordContent};
use dossier_store::Way;
use dossier_trust::ids::{CompartmentId, DossierId, RecordId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::activity::Deed;
use crate::contract::Fault;
use crate::home::Home;
use crate::replica::Compartment;
use crate::replica::content::Content;
use crate::replica::writing::{UNDO_STEPS, Writing};

/// How one step is taken back.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Undo {
    /// Compartment (hex) and the edits that bring back what was there.
    pub edits: Vec<(String, Vec<Edit>)>,
    /// Compartment (hex) and record (hex) that is taken back; of a removal, so that the removed stands again.
    pub records: Vec<(String, String)>,
    /// Compartment (hex) and the version of an item in records that is to stand again.
    #[serde(default)]
    pub versions: Vec<(String, RecordItem)>,
    /// What it was.
    #[serde(default)]
    pub step: Option<OwnStep>,
}

/// One step of this device that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OwnStep {
    /// What was done.
    pub deed: Deed,
    /// When, RFC 3339.
    pub at: String,
    /// Section.
    pub section: Option<String>,
    /// Items, by id.
    pub ids: Vec<String>,
}

/// Answer to [`Request::Undo`](crate::contract::Request::Undo) and [`Request::Redo`](crate::contract::Request::Redo).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Undone {
    /// Items that are as they were, by id.
    pub ids: Vec<String>,
    /// How many steps can still be taken back.
    pub left: u32,
    /// The step that would be taken back next; none for one of an older program.
    pub next: Option<OwnStep>,
    /// How many steps that were taken back can be done again.
    pub again: u32,
}

impl Undo {
    fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.records.is_empty() && self.versions.is_empty()
    }
}

impl Home {
    /// Takes back this device's own last step, as a new step; the next time the one before it. What others removed
    /// since is left alone.
    ///
    /// # Errors
    /// [`crate::contract::FaultCode::NotFound`] when there is nothing to take back. A step that cannot be taken back any
    /// more is a fault once, and then passed over.
    pub fn undo(&mut self, id: &DossierId) -> Result<Undone, Fault> {
        self.go(id, Way::Back)
    }

    /// Does again what was taken back last, as a new step; the next time what was taken back before it. Ends with the
    /// first step that somebody takes here in between.
    ///
    /// # Errors
    /// [`crate::contract::FaultCode::NotFound`] when nothing was taken back; else as [`Self::undo`].
    pub fn redo(&mut self, id: &DossierId) -> Result<Undone, Fault> {
        self.go(id, Way::Forth)
    }

    fn go(&mut self, id: &DossierId, way: Way) -> Result<Undone, Fault> {
        self.dossier(id)?;
        let step = self.store.last_step(id, way)?;
        let step = step.ok_or_else(|| {
            Fault::not_found(match way {
                Way::Back => "undo",
                Way::Forth => "redo",
            })
        })?;
        let undo: Undo = serde_json::from_slice(&step).map_err(|_| Fault::internal("undo"))?;
        let dossier = *id;
        let done = self.write(id, |writing| {
            let turned = writing.take_back(&undo)?;
            let turned = if turned.is_empty() {
                None
            } else {
                Some(serde_json::to_vec(&turned).map_err(|_| Fault::internal("undo"))?)
            };
            writing.also(move |tx| {
                tx.pop_step(&dossier, way)?;
                if let Some(turned) = turned {
                    tx.push_step(&dossier, way.turned(), &turned, UNDO_STEPS)?;
                }
                Ok(())
            });
            Ok(())
        });
        if let Err(fault) = done {
            self.store
                .transact::<_, Fault>(|tx| Ok(tx.pop_step(&dossier, way).map(|_| ())?))?;
            return Err(fault);
        }
        let next = self.store.last_step(id, Way::Back)?;
        Ok(Undone {
            ids: undo.step.map(|step| step.ids).unwrap_or_default(),
            left: self.store.count_steps(id, Way::Back)?,
            next: next.and_then(|step| serde_json::from_slice::<Undo>(&step).ok()?.step),
            again: self.store.count_steps(id, Way::Forth)?,
        })
    }
}

impl Writing<'_> {
    /// Takes a step back. Returns what takes this back in its turn.
    fn take_back(&mut self, undo: &Undo) -> Result<Undo, Fault> {
        let named = |hex: &str| CompartmentId::from_hex(hex).map_err(|_| Fault::internal("undo"));
        let mut turned = Undo {
            step: undo.step.clone(),
            ..Undo::default()
        };
        for (compartment, edits) in &undo.edits {
            let compartment = named(compartment)?;
            let held = self.compartment(&compartment)?;
            let fitting: Vec<Edit> = edits.iter().filter(|edit| still_fits(held, edit)).cloned().collect();
            if !fitting.is_empty() {
                let back = self.edits(compartment, &fitting)?;
                turned.edits.push((compartment.to_hex(), back));
            }
        }
        turned.edits.reverse();
        for (compartment, record) in &undo.records {
            let compartment = named(compartment)?;
            // Of an item that was said again since, the version that stands now.
            let held = self.compartment(&compartment)?;
            let item = held.item_that_goes_with(record).map(|item| item.id.clone());
            let latest = item.and_then(|id| held.latest_version(&id)).map(|(latest, _)| latest);
            let target = latest.unwrap_or_else(|| record.clone());
            let removed = RecordContent::Removed { target: target.clone() };
            let removal = self.answer(compartment, &target, removed)?;
            turned.records.push((compartment.to_hex(), removal.to_hex()));
        }
        for (compartment, version) in &undo.versions {
            let compartment = named(compartment)?;
            let latest = self.compartment(&compartment)?.latest_version(&version.id);
            let again = RecordItem {
                supersedes: latest.map(|(record, _)| record),
                ..version.clone()
            };
            self.write_item_record(compartment, again, &mut turned)?;
        }
        if let Some(step) = &undo.step {
            let line = self.own_line(Deed::Changed, step.section.clone(), step.ids.clone());
            self.note(line);
        }
        Ok(turned)
    }

    /// Ends a step: a line for the log and the way back.
    pub(crate) fn done(&mut self, deed: Deed, place: &Place, ids: Vec<String>, mut undo: Undo) {
        let section = place.section().map(ToString::to_string);
        let line = self.own_line(deed, section.clone(), ids.clone());
        let at = line.at.clone();
        self.note(line);
        if undo.is_empty() {
            return;
        }
        undo.step = Some(OwnStep { deed, at, section, ids });
        if let Ok(bytes) = serde_json::to_vec(&undo) {
            self.undo_with(bytes);
        }
    }
}

impl Compartment {
    /// The item that goes when this record is taken back: the one that it says, or that it let stand again.
    fn item_that_goes_with(&self, record: &str) -> Option<&RecordItem> {
        let (mut record, mut goes) = (record, true);
        // Ids are hashes, so a circle cannot be made; the count keeps a wrong input from running for ever.
        for _ in 0..=self.records.len() {
            let held = self.records.get(&RecordId::from_hex(record).ok()?)?;
            match &held.content {
                Content::Model(RecordContent::Item(item)) => return goes.then_some(item),
                Content::Model(RecordContent::Removed { target }) => (record, goes) = (target, !goes),
                Content::Model(
                    RecordContent::Reaction { .. } | RecordContent::Update { .. } | RecordContent::Seen { .. },
                )
                | Content::About(_)
                | Content::FromNow(_)
                | Content::SaidAgain(_)
                | Content::Unknown => return None,
            }
        }
        None
    }
}

/// Somebody else may have taken the item away since, or brought it back.
pub(crate) fn still_fits(compartment: &Compartment, edit: &Edit) -> bool {
    let there = |id: &str| compartment.doc.item(id).is_some();
    match edit {
        Edit::Add(item) => !there(&item.id),
        Edit::Set { id, .. } | Edit::Unset { id, .. } | Edit::Remove { id } | Edit::Order { id, .. } => there(id),
    }
}
