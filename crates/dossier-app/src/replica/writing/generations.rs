//! Beginning a document anew, and saying again what was left behind by that.

use std::collections::BTreeSet;

use dossier_model::Place;
use dossier_model::layout::Edit;
use dossier_store::Owed;
use dossier_trust::ids::{CompartmentId, ItemHash};
use dossier_trust::item::Lane;
use dossier_trust::operation::{OpId, Operation};

use super::{Writing, forget_steps};
use crate::activity::Deed;
use crate::contract::{Fault, FaultCode};
use crate::replica::content::{Content, SaidAgain, SaidAgainKind};
use crate::replica::generations::{Again, FOR_GOOD, OWED_ERASED, SAID_AGAIN, owed_detail};
use crate::undo::still_fits;

impl Writing<'_> {
    /// Begins the document of a compartment anew, with everything that stands in it now but these items. What was written
    /// before is hidden at once and goes a week later, from every device that hears of it.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] for anybody but the resident.
    pub(crate) fn begin_anew(&mut self, id: CompartmentId, without: &BTreeSet<String>) -> Result<(), Fault> {
        let dossier = self.dossier.id;
        let generation = self.begin(id, Some(without))?;
        let owed: Vec<Owed> = without
            .iter()
            .map(|item| Owed {
                dossier,
                compartment: id,
                kind: OWED_ERASED,
                detail: owed_detail(&generation, item),
            })
            .collect();
        self.also(move |tx| {
            forget_steps(tx, &dossier)?;
            for owed in &owed {
                tx.owe(owed)?;
            }
            Ok(())
        });
        let section = self.section_of(id)?;
        let mut line = self.own_line(Deed::Removed, section, without.iter().cloned().collect());
        line.reason = Some(FOR_GOOD.to_owned());
        self.note(line);
        Ok(())
    }

    /// Begins the document of a compartment anew with everything that stands in it now. What was written before stays with
    /// whoever may see it.
    ///
    /// # Errors
    /// As [`Self::begin_anew`].
    pub(crate) fn begin_again(&mut self, id: CompartmentId) -> Result<(), Fault> {
        self.begin(id, None).map(|_| ())
    }

    /// Without these items, the content of everything before goes; without any word about that, all of it stays.
    fn begin(&mut self, id: CompartmentId, without: Option<&BTreeSet<String>>) -> Result<OpId, Fault> {
        if !self.dossier.own {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        self.honour_breaks(id)?;
        let salt = ItemHash(self.bytes());
        let compartment = self.compartment(&id)?;
        let parent = compartment.consent.current_generation();
        let parent = parent.ok_or_else(|| Fault::internal("generation"))?;
        let mut base = compartment.checkpoint_positions();
        // Two devices that begin anew from the same, each without something else, must not begin the same.
        let mut drop = vec![salt];
        if without.is_some() {
            // It stands in what was kept of documents of before as well.
            base.extend(compartment.consent.positions_kept().copied());
            base.sort_unstable();
            base.dedup();
            drop.extend(base.iter().map(|position| position.hash));
            drop.sort_unstable();
        }
        let items = compartment.doc.items().map(|held| held.item.clone());
        let kept: Vec<Edit> = items
            .filter(|item| without.is_none_or(|without| !without.contains(&item.id)))
            .map(Edit::Add)
            .collect();
        let generation = self.operation(id, Operation::Generation { parent, base, drop })?;
        self.reconsider(&id)?;
        self.compartment(&id)?.begin_anew();
        let mut upto = Vec::new();
        if !kept.is_empty() {
            self.edits(id, &kept)?;
            let opening = self.compartment(&id)?.mine.get(&Lane::Doc);
            upto.extend(opening.map(|tip| (tip.chain.to_hex(), tip.n)));
        }
        let said = SaidAgain {
            kind: SaidAgainKind::SaidAgain,
            begins: Some(generation.to_hex()),
            upto,
        };
        self.record(id, &Content::SaidAgain(said))?;
        Ok(generation)
    }

    fn section_of(&mut self, id: CompartmentId) -> Result<Option<String>, Fault> {
        let place = self.compartment(&id)?.place();
        Ok(place.and_then(Place::section).map(ToString::to_string))
    }

    /// Says again what this device wrote in a document that has begun anew since, as far as what it is about still stands.
    ///
    /// # Errors
    /// What the steps say.
    pub(crate) fn say_again(&mut self, again: Again) -> Result<(), Fault> {
        let id = again.compartment;
        let mut items = BTreeSet::new();
        for edits in again.steps {
            let held = self.compartment(&id)?;
            let fitting: Vec<Edit> = edits.into_iter().filter(|edit| still_fits(held, edit)).collect();
            if fitting.is_empty() {
                continue;
            }
            items.extend(fitting.iter().map(|edit| edit.item().to_owned()));
            match self.edits(id, &fitting) {
                Ok(_) => {}
                // What a field has become since leaves no room for part of it; the rest is said.
                Err(fault) if fault.code == FaultCode::Invalid => {
                    for edit in fitting {
                        match self.edits(id, &[edit]) {
                            Err(fault) if fault.code != FaultCode::Invalid => return Err(fault),
                            Ok(_) | Err(_) => {}
                        }
                    }
                }
                Err(fault) => return Err(fault),
            }
        }
        let said = SaidAgain {
            kind: SaidAgainKind::SaidAgain,
            begins: None,
            upto: vec![(again.chain.to_hex(), again.upto)],
        };
        self.record(id, &Content::SaidAgain(said))?;
        if !items.is_empty() {
            let section = self.section_of(id)?;
            let mut line = self.own_line(Deed::Changed, section, items.into_iter().collect());
            line.reason = Some(SAID_AGAIN.to_owned());
            self.note(line);
        }
        Ok(())
    }
}
