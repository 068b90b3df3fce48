//! People and organisations of a dossier.

use crate::view::{Dossier, ShownItem};

/// The entry of a person.
#[must_use]
pub fn person<'d>(dossier: &'d Dossier, id: &str) -> Option<&'d ShownItem> {
    dossier
        .items
        .iter()
        .find(|item| item.kind == "people" && item.text("id") == Some(id))
}

/// First name of a person, for greeting and for the fridge page.
#[must_use]
pub fn first_name<'d>(dossier: &'d Dossier, id: &str) -> Option<&'d str> {
    dossier.name(id)?.split_whitespace().next()
}

/// Name of an organisation, if this reader may know it.
#[must_use]
pub fn organisation_name<'d>(dossier: &'d Dossier, id: &str) -> Option<&'d str> {
    let entry = dossier
        .items
        .iter()
        .find(|item| item.kind == "organisations" && item.text("id") == Some(id));
    entry?.text("name")
}

/// Person id of the resident, as the dossier names them.
#[must_use]
pub fn owner(dossier: &Dossier) -> Option<&str> {
    let named = dossier.of_kind("dossier").find_map(|item| item.text("owner_person_id"));
    named.or_else(|| {
        let resident = dossier
            .of_kind("people")
            .find(|item| item.text("role") == Some("eigenaar"));
        resident.and_then(|item| item.text("id"))
    })
}
