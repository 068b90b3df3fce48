//! Taking something out of a dossier for good: not only from what is shown, but from what everybody keeps.

use std::collections::{BTreeMap, BTreeSet};

use dossier_model::{RecordContent, agenda, layout};
use dossier_trust::ids::{CompartmentId, DossierId};
use dossier_trust::item::Position;
use dossier_trust::operation::{EraseAt, Operation};

use crate::activity::Deed;
use crate::contract::{Fault, FaultCode};
use crate::home::Home;
use crate::items::refuse_voice;
use crate::replica::Dossier;
use crate::replica::content::Content;
use crate::replica::generations::FOR_GOOD;

impl Home {
    /// Erases an item with everything that was said about it, and with what it ever was. It is hidden at once, on every device
    /// that hears of it, and destroyed there a week later. The document that it stood in begins anew for that: who wrote the
    /// rest of it before today is not kept.
    ///
    /// What others said in their own voice stays: that is theirs.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] for anybody but the resident, and for a voice; [`FaultCode::NotFound`].
    pub fn item_erase(&mut self, id: &DossierId, item_id: &str) -> Result<Vec<String>, Fault> {
        let dossier = self.judged(id)?;
        if !dossier.own {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        if let Some(shown) = dossier.view().item(item_id) {
            refuse_voice(shown)?;
        }
        // Taken away before, it is still in what the document was, and in what it was before it began anew.
        let mut earlier = self.earlier_documents(id, |_| true)?;
        let dossier = self.judged(id)?;
        let mut documents = BTreeSet::new();
        let mut names = BTreeSet::from([item_id.to_owned(), agenda::busy_id(item_id)]);
        for (compartment, held) in dossier.compartments.iter_mut() {
            let mut steps = layout::steps(held.doc.as_it_stands(), item_id);
            for doc in earlier.get_mut(compartment).into_iter().flatten() {
                steps.extend(layout::steps(doc, item_id));
            }
            if !steps.is_empty() {
                documents.insert(*compartment);
            }
            names.extend(steps.into_iter().filter_map(|step| step.after?.from));
        }
        let said = dossier.said_about(names);
        if documents.is_empty() && said.is_empty() {
            return Err(Fault::not_found(item_id));
        }
        let without = BTreeSet::from([item_id.to_owned()]);
        self.write(id, |writing| {
            for (compartment, items) in &said {
                for item in items {
                    let item = item.hash;
                    writing.operation(*compartment, Operation::Erase { item, at: EraseAt::All })?;
                }
                writing.reconsider(compartment)?;
            }
            for compartment in &documents {
                writing.begin_anew(*compartment, &without)?;
            }
            if documents.is_empty() {
                let mut line = writing.own_line(Deed::Removed, None, vec![item_id.to_owned()]);
                line.reason = Some(FOR_GOOD.to_owned());
                writing.note(line);
            }
            Ok(())
        })?;
        self.reload(id);
        self.settle(id)?;
        Ok(vec![item_id.to_owned()])
    }
}

impl Dossier {
    /// Where records lie that are one of these items, or say something about one, or about such a record.
    fn said_about(&self, mut names: BTreeSet<String>) -> BTreeMap<CompartmentId, BTreeSet<Position>> {
        let mut found: BTreeMap<CompartmentId, BTreeSet<Position>> = BTreeMap::new();
        loop {
            let before = names.len();
            for (compartment, held) in self.compartments.iter() {
                for (id, record) in &held.records {
                    let Content::Model(content) = &record.content else {
                        continue;
                    };
                    let is_about = match content {
                        RecordContent::Item(item) => names.contains(&item.id),
                        RecordContent::Reaction { .. }
                        | RecordContent::Update { .. }
                        | RecordContent::Seen { .. }
                        | RecordContent::Removed { .. } => {
                            content.target().is_some_and(|target| names.contains(target))
                        }
                    };
                    if is_about || names.contains(&id.to_hex()) {
                        names.insert(id.to_hex());
                        let places = record.posted.iter().map(|posted| posted.position);
                        found.entry(*compartment).or_default().extend(places);
                    }
                }
            }
            if names.len() == before {
                return found;
            }
        }
    }
}
