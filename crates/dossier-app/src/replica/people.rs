//! Who is who in a dossier: from keys to the person ids and names that a reader may know.

use std::collections::BTreeMap;

use dossier_model::view::Author;
use dossier_trust::ids::{DeviceId, PrincipalId};
use dossier_trust::operation::{OpId, Operation, Right};

use super::content::{Content, FromNow, GrantNote};
use super::{Compartment, Dossier};

/// What a reader knows of one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Person id inside the dossier.
    pub id: String,
    /// Name.
    pub name: String,
    /// Role, as the resident recorded it.
    pub role: Option<String>,
    /// Organisation.
    pub organisation: Option<String>,
    /// Hat.
    pub hat: Option<String>,
}

impl Compartment {
    /// The sealed notes of this compartment's grants, as far as they open, whether or not the grant lives.
    #[must_use]
    pub fn grant_notes(&self) -> &BTreeMap<OpId, GrantNote> {
        &self.notes
    }

    /// Opens the notes again, after log or keys changed.
    pub(super) fn open_notes(&mut self) {
        let grants = self.log.iter().filter_map(|entry| match &entry.operation {
            Operation::Grant {
                record: Some(sealed), ..
            } => Some((entry.operation.id(), sealed)),
            Operation::Grant { record: None, .. }
            | Operation::Genesis { .. }
            | Operation::Device { .. }
            | Operation::Generation { .. }
            | Operation::Revoke { .. }
            | Operation::Cut { .. }
            | Operation::Pin { .. }
            | Operation::Epoch { .. }
            | Operation::Erase { .. } => None,
        });
        let opened = grants
            .filter(|(id, _)| self.consent.counts(id))
            .filter_map(|(id, sealed)| {
                let plain = self.keys.get(&sealed.epoch)?.open_note(self.id, sealed).ok()?;
                Some((id, serde_json::from_slice(&plain).ok()?))
            });
        self.notes = opened.collect();
        let root = self.consent.root();
        let said: Vec<FromNow> = self
            .records
            .values()
            .filter(|record| record.record.author.root == root)
            .filter_map(|record| match &record.content {
                Content::FromNow(said) => Some(said.clone()),
                Content::About(_) | Content::SaidAgain(_) | Content::Model(_) | Content::Unknown => None,
            })
            .collect();
        said.iter().for_each(|said| self.take_notes(said));
    }

    /// Notes that the resident said again for readers who cannot open what was said first.
    pub(super) fn take_notes(&mut self, said: &FromNow) {
        for (grant, note) in &said.notes {
            if let Ok(grant) = OpId::from_hex(grant)
                && self.consent.counts(&grant)
            {
                self.notes.entry(grant).or_insert_with(|| note.clone());
            }
        }
    }

    /// May this principal change what others wrote here: the resident, or ever granted `edit`?
    #[must_use]
    pub fn may_edit(&self, principal: &PrincipalId) -> bool {
        self.consent.root() == *principal
            || self
                .consent
                .grants()
                .any(|(_, grant)| grant.principal == *principal && grant.right >= Right::Edit)
    }
}

impl Dossier {
    /// Everybody whom this reader can name.
    #[must_use]
    pub fn people(&self) -> BTreeMap<PrincipalId, Person> {
        let mut people = BTreeMap::new();
        for compartment in self.compartments.values() {
            if let Some(about) = compartment.about() {
                people.entry(self.part.consent.root()).or_insert_with(|| Person {
                    id: about.owner.clone(),
                    name: about.owner_name.clone(),
                    role: None,
                    organisation: None,
                    hat: None,
                });
            }
            for (id, note) in compartment.grant_notes() {
                if let Some(grant) = compartment.consent.grant(id) {
                    people.insert(
                        grant.principal,
                        Person {
                            id: note.person.clone(),
                            name: note.name.clone(),
                            role: note.role.clone(),
                            organisation: note.organisation.clone(),
                            hat: note.hat.clone(),
                        },
                    );
                }
            }
        }
        people
    }

    /// Person id of a principal, as far as this reader can tell.
    #[must_use]
    pub fn person_of(&self, principal: &PrincipalId) -> Option<String> {
        self.people().remove(principal).map(|person| person.id)
    }

    /// The author of a record as the model wants to know them.
    #[must_use]
    pub fn author(
        &self,
        compartment: &Compartment,
        people: &BTreeMap<PrincipalId, Person>,
        root: &PrincipalId,
    ) -> Author {
        Author {
            person: people.get(root).map(|person| person.id.clone()),
            is_owner: self.is_owner(root),
            may_edit: compartment.may_edit(root),
        }
    }

    /// Principal of a device anywhere in this dossier.
    #[must_use]
    pub fn principal_of(&self, device: &DeviceId) -> Option<PrincipalId> {
        self.part.consent.principal_of(device).or_else(|| {
            self.compartments
                .values()
                .find_map(|compartment| compartment.consent.principal_of(device))
        })
    }
}
