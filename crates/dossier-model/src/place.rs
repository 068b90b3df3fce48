//! Which compartment an item belongs to, and in which form it is kept there.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::item::{self, BUSY_KIND, Element, GROUP_FIELDS, GROUPS, Shape};
use crate::section::{self, Home, Place, SectionId};

/// How an item is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// In the compartment's Automerge document.
    Document,
    /// As a sealed record.
    Record {
        /// Person ids that may open it, its author among them; none: everybody who may read the compartment.
        audience: Option<Vec<String>>,
        /// Sections that a reader must be able to read as well (the content side of each).
        also_needs: Vec<SectionId>,
    },
}

/// Where an item is kept and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The compartment.
    pub place: Place,
    /// Document or record.
    pub storage: Storage,
}

impl Placement {
    /// Kept for the resident alone.
    #[must_use]
    pub fn owner() -> Self {
        Self {
            place: Place::Owner,
            storage: Storage::Document,
        }
    }
}

/// Where an item belongs. `known` are the sections of this dossier.
///
/// What is not understood (an unknown kind, an unexpected shape, a section that does not exist) goes to the owner-only
/// compartment: nothing is dropped, and nothing is shown to more people than its meaning is known for.
#[must_use]
pub fn place(kind: &str, fields: &Value, known: &BTreeSet<SectionId>) -> Placement {
    placed(kind, fields, known).unwrap_or_else(Placement::owner)
}

fn placed(kind: &str, fields: &Value, known: &BTreeSet<SectionId>) -> Option<Placement> {
    if kind == BUSY_KIND {
        let agenda = section::standard_id("agenda")?.clone();
        return Some(Placement {
            place: Place::dat(agenda),
            storage: Storage::Record {
                audience: None,
                also_needs: Vec::new(),
            },
        });
    }
    let home = item::home(kind)?;
    let element = item::kind(kind)?.element;
    if home == Home::Owner {
        return None;
    }
    let map = match (element, fields) {
        (Element::Text, Value::String(_)) => None,
        (Element::Object, Value::Object(map)) => Some(map),
        _other => return None,
    };
    if GROUPS.contains(&kind) && !map.is_some_and(|map| is_group_rest(kind, map)) {
        return None;
    }
    let own = match map.and_then(|map| map.get("section")) {
        None | Some(Value::Null) => None,
        Some(named) => Some(existing(named.as_str()?, known)?),
    };
    let place = match (home, own) {
        (Home::Owner, _) => return None,
        (Home::DomainFlag, Some(section)) => Place::dat(section),
        (Home::DomainFlag, None) => {
            let domain = map.and_then(|map| map.get("domain")).and_then(Value::as_str)?;
            Place::dat(section::of_domain(domain)?.clone())
        }
        (Home::Section(_), Some(section)) => Place::wat(section),
        (Home::Section(section), None) => {
            // A family without a section for self-sufficiency talks about it in the plan.
            let absent = section.as_str() == "zelfredzaamheid" && !known.contains(section);
            let id = if absent { section::standard_id("plan")? } else { section };
            Place::wat(id.clone())
        }
    };
    let audience = match map {
        Some(map) => audience(kind, map)?,
        None => None,
    };
    let also_needs = match map.and_then(|map| map.get("sections")) {
        Some(named) if kind == "documents" => Some(needed(named)?),
        Some(_) | None => None,
    };
    let record = matches!(kind, "notes" | "flags") || audience.is_some() || also_needs.is_some();
    let storage = if record {
        Storage::Record {
            audience,
            also_needs: also_needs.unwrap_or_default(),
        }
    } else {
        Storage::Document
    };
    Some(Placement { place, storage })
}

/// True when an object holds only the fields that are expected to stay with their group.
#[must_use]
pub fn is_group_rest(group: &str, map: &Map<String, Value>) -> bool {
    map.iter()
        .all(|(key, value)| GROUP_FIELDS.contains(&(group, key.as_str())) && !value.is_object() && !value.is_array())
}

fn existing(named: &str, known: &BTreeSet<SectionId>) -> Option<SectionId> {
    let id = SectionId::new(named).ok()?;
    (known.contains(&id) || section::is_standard(named)).then_some(id)
}

/// `Some(None)`: no restriction; `None`: a restriction that is not understood.
fn audience(kind: &str, map: &Map<String, Value>) -> Option<Option<Vec<String>>> {
    let mut allowed: Option<BTreeSet<String>> = None;
    for key in ["visibility", "visible_to"] {
        let Some(value) = map.get(key) else { continue };
        let named: BTreeSet<String> = value
            .as_array()?
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        allowed = Some(match allowed {
            Some(before) => before.intersection(&named).cloned().collect(),
            None => named,
        });
    }
    let Some(mut allowed) = allowed else {
        return Some(None);
    };
    // People can always read what they wrote themselves.
    if kind != "flags"
        && let Some(author) = map.get("author").and_then(Value::as_str)
    {
        allowed.insert(author.to_owned());
    }
    Some(Some(allowed.into_iter().collect()))
}

fn needed(named: &Value) -> Option<Vec<SectionId>> {
    let ids: Option<BTreeSet<SectionId>> = named
        .as_array()?
        .iter()
        .map(|id| SectionId::new(id.as_str()?).ok())
        .collect();
    Some(ids?.into_iter().collect())
}

/// Why an item cannot be added to a section.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// The dossier has no such section.
    #[error("there is no section `{section}` here")]
    UnknownSection {
        /// What was asked for.
        section: String,
    },
    /// The section does not hold items of this kind.
    #[error("section `{section}` has no kind `{kind}`; it has: {}", .kinds.join(", "))]
    UnknownKind {
        /// The section.
        section: String,
        /// What was asked for.
        kind: String,
        /// What it does have.
        kinds: Vec<&'static str>,
    },
    /// There is one of this kind already.
    #[error("there is a `{kind}` already; change that one")]
    OnlyOne {
        /// The kind.
        kind: String,
    },
    /// The fields are not what the kind needs.
    #[error("the fields of `{kind}` are not understood: {reason}")]
    BadFields {
        /// The kind.
        kind: String,
        /// What is wrong, without content.
        reason: &'static str,
    },
}

/// Checks a new item for a section and says where it goes. Puts a `section` field among the fields when the section is
/// not the kind's own, so that the item is found there again after an export.
///
/// `exists`: whether the dossier has an item of this kind already.
///
/// # Errors
/// [`PlaceError`]: unknown section or kind, a second one of which there can be one, fields that cannot be placed.
pub fn place_new(
    section: &SectionId,
    kind: &str,
    fields: &mut Value,
    known: &BTreeSet<SectionId>,
    exists: bool,
) -> Result<Placement, PlaceError> {
    if existing(section.as_str(), known).is_none() {
        return Err(PlaceError::UnknownSection {
            section: section.to_string(),
        });
    }
    let kinds = item::kinds_of_section(section.as_str());
    if !kinds.contains(&kind) {
        return Err(PlaceError::UnknownKind {
            section: section.to_string(),
            kind: kind.to_owned(),
            kinds,
        });
    }
    if exists && item::kind(kind).is_some_and(|kind| kind.shape == Shape::One) {
        return Err(PlaceError::OnlyOne { kind: kind.to_owned() });
    }
    let refuse = |reason| PlaceError::BadFields {
        kind: kind.to_owned(),
        reason,
    };
    let lands_here = |placement: &Placement| placement.place.section() == Some(section);
    if !placed(kind, fields, known).as_ref().is_some_and(lands_here)
        && let Some(map) = fields.as_object_mut()
    {
        map.insert("section".into(), Value::String(section.as_str().to_owned()));
    }
    let placement = placed(kind, fields, known).ok_or_else(|| refuse("unexpected shape"))?;
    if lands_here(&placement) {
        Ok(placement)
    } else {
        Err(refuse("they belong to another section"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn known() -> BTreeSet<SectionId> {
        ["verhaal", "plan", "agenda", "geld", "noor"]
            .iter()
            .map(|id| SectionId::new(*id).unwrap())
            .collect()
    }

    fn wat(id: &str) -> Place {
        Place::wat(SectionId::new(id).unwrap())
    }

    fn put(kind: &str, fields: Value) -> Placement {
        place(kind, &fields, &known())
    }

    #[test]
    fn every_form_of_item_has_its_place() {
        assert_eq!(
            put("goals", json!({"id": "g"})),
            Placement {
                place: wat("plan"),
                storage: Storage::Document
            }
        );
        assert_eq!(put("people", json!({})).place, wat("netwerk"));
        assert_eq!(put("health.allergies", json!({})).place, wat("gezondheid"));
        assert_eq!(put("assessments", json!({})).place, wat("plan"));
        let mut with = known();
        with.insert(SectionId::new("zelfredzaamheid").unwrap());
        assert_eq!(place("assessments", &json!({}), &with).place, wat("zelfredzaamheid"));
        assert_eq!(put("emergency_contacts", json!("p-1")).place, wat("crisis"));
        assert_eq!(put("money", json!({"debts_total": 3})).place, wat("geld"));
        for owner in [
            put("access", json!({})),
            put("emergency_contacts", json!({})),
            put("goals", json!("text")),
            put("goals", json!({"section": "elsewhere"})),
            put("goals", json!({"section": 3})),
            put("money", json!({"secret": 3})),
            put("health", json!({"debts_total": 3})),
            put("other:x", json!({})),
            put("flags", json!({"domain": "unheard"})),
            put("flags", json!({})),
            put("notes", json!({"visibility": "p-1"})),
            put("documents", json!({"sections": [1]})),
        ] {
            assert_eq!(owner, Placement::owner());
        }
    }

    #[test]
    fn voices_and_restrictions_become_records() {
        let record = |audience: Option<&[&str]>, needs: &[&str]| Storage::Record {
            audience: audience.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect()),
            also_needs: needs.iter().map(|id| SectionId::new(*id).unwrap()).collect(),
        };
        assert_eq!(put("notes", json!({})).storage, record(None, &[]));
        let note = put("notes", json!({"author": "p-k", "visibility": ["p-z", "p-a", null]}));
        assert_eq!(
            note,
            Placement {
                place: wat("verslagen"),
                storage: record(Some(&["p-a", "p-k", "p-z"]), &[])
            }
        );
        let flag = put("flags", json!({"domain": "financien", "visible_to": []}));
        assert_eq!(flag.place, Place::dat(SectionId::new("geld").unwrap()));
        assert_eq!(flag.storage, record(Some(&[]), &[]));
        let both = put("goals", json!({"visible_to": ["a", "b"], "visibility": ["b", "c"]}));
        assert_eq!(both.storage, record(Some(&["b"]), &[]));
        let letter = put("documents", json!({"sections": ["wonen", "geld"]}));
        assert_eq!(
            letter,
            Placement {
                place: wat("documenten"),
                storage: record(None, &["geld", "wonen"])
            }
        );
        assert_eq!(put("documents", json!({})).storage, Storage::Document);
        assert_eq!(put("story", json!({"section": "noor"})).place, wat("noor"));
    }

    #[test]
    fn a_new_item_is_checked_against_its_section() {
        let geld = SectionId::new("geld").unwrap();
        let mut fields = json!({"creditor": "x"});
        let placement = place_new(&geld, "money.debts", &mut fields, &known(), true).unwrap();
        assert_eq!(placement.place, wat("geld"));
        assert_eq!(fields, json!({"creditor": "x"}));
        let error = place_new(&geld, "goals", &mut json!({}), &known(), false).unwrap_err();
        assert!(error.to_string().contains("money.debts"), "{error}");
        let mut note = json!({"text_plain": "x"});
        assert_eq!(
            place_new(&geld, "notes", &mut note, &known(), true).unwrap().place,
            wat("geld")
        );
        assert_eq!(note["section"], "geld");
        let plan = SectionId::new("plan").unwrap();
        assert!(matches!(
            place_new(&plan, "plan", &mut json!({}), &known(), true),
            Err(PlaceError::OnlyOne { .. })
        ));
        let nowhere = SectionId::new("nowhere").unwrap();
        assert!(matches!(
            place_new(&nowhere, "notes", &mut json!({}), &known(), true),
            Err(PlaceError::UnknownSection { .. })
        ));
        assert!(matches!(
            place_new(&geld, "money.debts", &mut json!([]), &known(), true),
            Err(PlaceError::BadFields { .. })
        ));
        let mut flag = json!({"domain": "huisvesting"});
        assert_eq!(
            place_new(&geld, "flags", &mut flag, &known(), true).unwrap().place,
            Place::dat(geld)
        );
    }
}
