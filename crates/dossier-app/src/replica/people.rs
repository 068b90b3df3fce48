//! Who is who in a dossier: from keys to the person ids and names that a reader may know.

use std::collections::{BTreeMap, BTreeSet};

use dossier_model::view::Author;
use dossier_trust::ids::{DeviceId, PrincipalId, RecordId};
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

impl Person {
    fn of(note: &GrantNote) -> Self {
        Self {
            id: note.person.clone(),
            name: note.name.clone(),
            role: note.role.clone(),
            organisation: note.organisation.clone(),
            hat: note.hat.clone(),
        }
    }
}

impl Compartment {
    /// The sealed notes of this compartment's grants, as far as they open, whether or not the grant lives.
    #[must_use]
    pub fn grant_notes(&self) -> &BTreeMap<OpId, GrantNote> {
        &self.notes
    }

    /// The representative who made a grant; none for one that the resident made.
    #[must_use]
    pub fn let_in_by(&self, grant: &OpId) -> Option<PrincipalId> {
        self.let_in.get(grant).copied()
    }

    /// Whose device this is of a principal with several people, as the resident, a representative or a colleague said.
    #[must_use]
    pub fn holder(&self, principal: &PrincipalId, device: &DeviceId) -> Option<&str> {
        self.holders.get(&(*principal, *device)).map(String::as_str)
    }

    /// Several people have devices in the name of this one.
    #[must_use]
    pub fn is_team(&self, principal: &PrincipalId) -> bool {
        self.holders.keys().any(|(one, _)| one == principal)
    }

    /// Reads again whose devices those of teams are. The resident's word goes first, then that of the operation with the
    /// smallest name.
    fn open_holders(&mut self) {
        let mut found: BTreeMap<(PrincipalId, DeviceId), (bool, OpId, String)> = BTreeMap::new();
        for entry in &self.log {
            let Operation::Device {
                certificate,
                holder: Some(sealed),
            } = &entry.operation
            else {
                continue;
            };
            let Some(open) = self.chains.get(&entry.position.chain).map(|chain| &chain.open) else {
                continue;
            };
            let author = self.consent.author_of(open);
            let is_resident = author == Some(self.consent.root());
            if !is_resident
                && author != Some(certificate.root)
                && !author.is_some_and(|one| self.consent.is_manager(&one))
            {
                continue;
            }
            let plain = self
                .keys
                .get(&sealed.epoch)
                .and_then(|key| key.open_note(self.id, sealed).ok());
            if let Some(name) = plain.and_then(|plain| String::from_utf8(plain).ok()) {
                let said = (!is_resident, entry.operation.id(), name);
                let held = found.entry((certificate.root, certificate.device));
                held.and_modify(|held| {
                    if said < *held {
                        *held = said.clone();
                    }
                })
                .or_insert(said);
            }
        }
        self.holders = found.into_iter().map(|(whose, (_, _, name))| (whose, name)).collect();
    }

    /// Opens the notes again, after log or keys changed.
    pub(super) fn open_notes(&mut self) {
        self.open_holders();
        let (mut notes, mut let_in, mut by_resident) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        for entry in &self.log {
            let Operation::Grant { record, .. } = &entry.operation else {
                continue;
            };
            let id = entry.operation.id();
            if !self.consent.counts(&id) {
                continue;
            }
            if let Some(open) = self.chains.get(&entry.position.chain).map(|chain| &chain.open) {
                let root = self.consent.root();
                if open.grant == OpId::OWNER && (self.consent.is_owner(&open.device) || open.device.0 == root.0) {
                    by_resident.insert(id);
                } else if let Some(author) = self.consent.author_of(open).filter(|one| self.consent.is_manager(one)) {
                    let_in.insert(id, author);
                }
            }
            let plain = record
                .as_ref()
                .and_then(|sealed| self.keys.get(&sealed.epoch)?.open_note(self.id, sealed).ok());
            if let Some(note) = plain.and_then(|plain| serde_json::from_slice(&plain).ok()) {
                notes.insert(id, note);
            }
        }
        // What the resident said too is the resident's.
        let_in.retain(|id, _| !by_resident.contains(id));
        self.notes = notes;
        self.let_in = let_in;
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
                if compartment.let_in_by(id).is_none()
                    && let Some(grant) = compartment.consent.grant(id)
                {
                    people.insert(grant.principal, Person::of(note));
                }
            }
        }
        // Whom a representative let in is called what the resident calls them, if the resident does; and nobody lets
        // somebody in as a person who is here already.
        let mut taken: BTreeMap<String, PrincipalId> = people
            .iter()
            .map(|(principal, person)| (person.id.clone(), *principal))
            .collect();
        for compartment in self.compartments.values() {
            for (id, note) in compartment.grant_notes() {
                let Some(grant) = compartment.consent.grant(id) else {
                    continue;
                };
                if compartment.let_in_by(id).is_some() && !people.contains_key(&grant.principal) {
                    let mut person = Person::of(note);
                    if *taken.entry(person.id.clone()).or_insert(grant.principal) != grant.principal {
                        person.id = grant.principal.to_hex();
                    }
                    people.insert(grant.principal, person);
                }
            }
        }
        people
    }

    /// Whose device of a team this is, anywhere in this dossier.
    #[must_use]
    pub fn holder(&self, principal: &PrincipalId, device: &DeviceId) -> Option<&str> {
        let mut compartments = self.compartments.values();
        compartments.find_map(|held| held.holder(principal, device))
    }

    /// What somebody is called who did something with a device: of a team, the person and the team.
    #[must_use]
    pub fn name_with(&self, person: &Person, principal: &PrincipalId, device: &DeviceId) -> String {
        match self.holder(principal, device) {
            Some(holder) => format!("{holder} ({})", person.name),
            None => person.name.clone(),
        }
    }

    /// What the author of a record is called, where that says more than the person id: of a team, the person and the
    /// team.
    #[must_use]
    pub fn author_name(&self, record: &str) -> Option<String> {
        let id = RecordId::from_hex(record).ok()?;
        let author = self.compartments.values().find_map(|held| {
            let opened = held.records.get(&id)?;
            Some(&opened.record.author)
        })?;
        let holder = self.holder(&author.root, &author.device)?;
        let team = self.people().remove(&author.root).map(|person| person.name);
        Some(match team {
            Some(team) => format!("{holder} ({team})"),
            None => holder.to_owned(),
        })
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
