//! One thing in a dossier, and the kinds of things there are.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::section::{self, Home};

/// Longest item id in bytes.
pub const MAX_ITEM_ID: usize = 256;

/// Kind of the blocks on the agenda's "only that" side, written with every appointment.
pub const BUSY_KIND: &str = "busy";

/// Kind under which a loaded family's frame (what is not an item) may be kept in the owner-only compartment.
pub const SKELETON_KIND: &str = "skeleton";

/// Prefix of the kind of a top-level key that this program does not know.
pub const OTHER_PREFIX: &str = "other:";

/// Source of history that was brought along by the resident.
pub const BROUGHT_ALONG: &str = "ingevoerd";

/// One item of a dossier.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Item {
    /// Id, unique inside the dossier: 1 to [`MAX_ITEM_ID`] bytes, no control characters.
    pub id: String,
    /// What it is, named as in the demo families: `goals`, `health.conditions`, `plan`…
    pub kind: String,
    /// Position among items of the same kind; items without one come last.
    pub order: Option<f64>,
    /// The fields, under the demo families' names. Usually an object, but any JSON value is kept.
    pub fields: Value,
    /// [`BROUGHT_ALONG`] for what others wrote before this dossier existed; none for own work.
    pub source: Option<String>,
    /// Id of the record that was taken over into the document, if it began as somebody's contribution.
    pub from: Option<String>,
}

impl Item {
    /// A new item of own work; puts `id` among the fields when they are an object without one.
    #[must_use]
    pub fn new(id: impl Into<String>, kind: impl Into<String>, mut fields: Value) -> Self {
        let id = id.into();
        if let Some(map) = fields.as_object_mut() {
            map.entry("id").or_insert_with(|| Value::String(id.clone()));
        }
        Self {
            id,
            kind: kind.into(),
            order: None,
            fields,
            source: None,
            from: None,
        }
    }
}

/// True for a text that may be an item id.
#[must_use]
pub fn is_item_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= MAX_ITEM_ID && !id.chars().any(char::is_control)
}

/// The id for an element of an imported file: its own `id` when that can be one, else its kind and position.
/// Made unique against `taken` by `~2`, `~3`…, and added to it.
pub fn assign_id(kind: &str, index: usize, fields: &Value, taken: &mut BTreeSet<String>) -> String {
    let own = fields.get("id").and_then(Value::as_str).filter(|id| is_item_id(id));
    let base = own.map_or_else(
        || {
            // A foreign key may be long or hold control characters; an id may not.
            let kind: String = kind.chars().filter(|c| !c.is_control()).take(40).collect();
            format!("{kind}-{}", index.saturating_add(1))
        },
        str::to_owned,
    );
    let mut id = base.clone();
    let mut next = 2usize;
    while !is_item_id(&id) || taken.contains(&id) {
        let stem: String = base.chars().take(MAX_ITEM_ID / 8).collect();
        id = format!(
            "{}~{next}",
            if base.len() + 12 > MAX_ITEM_ID {
                stem
            } else {
                base.clone()
            }
        );
        next += 1;
    }
    taken.insert(id.clone());
    id
}

/// Whether a dossier has one or many of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A list of elements.
    Many,
    /// At most one.
    One,
}

/// What an item of a kind must be to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// An object.
    Object,
    /// A text, such as the person ids of `emergency_contacts`.
    Text,
}

/// A kind of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Name: a top-level key of a demo family, or `health.…` and `money.…`.
    pub name: &'static str,
    /// One or many.
    pub shape: Shape,
    /// Shape of an element.
    pub element: Element,
    /// True for what is somebody's own voice: nobody else may change it, whatever their rights.
    pub voice: bool,
}

const fn many(name: &'static str) -> Kind {
    Kind {
        name,
        shape: Shape::Many,
        element: Element::Object,
        voice: false,
    }
}

const fn one(name: &'static str) -> Kind {
    Kind {
        name,
        shape: Shape::One,
        element: Element::Object,
        voice: false,
    }
}

const fn voice(name: &'static str) -> Kind {
    Kind {
        name,
        shape: Shape::Many,
        element: Element::Object,
        voice: true,
    }
}

/// Every kind, in the order of the demo families.
pub const KINDS: &[Kind] = &[
    one("dossier"),
    one("household"),
    many("organisations"),
    many("people"),
    many("relations"),
    many("network"),
    many("sections"),
    many("info_cards"),
    many("access"),
    many("story"),
    many("questions_asked"),
    many("strengths"),
    many("concerns"),
    many("earlier_help"),
    one("plan"),
    one("safety_plan"),
    many("court_measures"),
    many("goals"),
    many("actions"),
    many("appointments"),
    many("assessments"),
    many("flags"),
    many("facts"),
    many("health.conditions"),
    many("health.allergies"),
    many("health.medications"),
    many("health.measurements"),
    one("health"),
    many("money.income"),
    many("money.debts"),
    one("money"),
    many("documents"),
    many("requests"),
    voice("notes"),
    many("outside_records"),
    many("disclosures"),
    voice("corrections"),
    many("decisions"),
    one("crisis_plan"),
    Kind {
        name: "emergency_contacts",
        shape: Shape::Many,
        element: Element::Text,
        voice: false,
    },
    many("timeline_before_dossier"),
    many("access_log"),
    many("rule_overrides"),
];

/// Keys of a demo family whose value is an object that holds lists of items.
pub const GROUPS: &[&str] = &["health", "money"];

/// Fields that stay with their group (`money.debts_total`); anything else in a group was not expected.
pub const GROUP_FIELDS: &[(&str, &str)] = &[("money", "debts_total")];

/// Kinds that may be written in every section, with an own `section` field.
pub const GENERAL_KINDS: &[&str] = &["notes", "facts", "story", "flags"];

/// The kind with this name.
#[must_use]
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// Where a kind is at home; none for an unknown kind.
#[must_use]
pub fn home(name: &str) -> Option<Home> {
    kind(name)?;
    section::home_of_key(name.split('.').next().unwrap_or_default())
}

/// True when nobody but its author may change an item of this kind.
#[must_use]
pub fn is_voice(name: &str) -> bool {
    kind(name).is_some_and(|kind| kind.voice)
}

/// The kinds that may be added to a section: those at home there and the [`GENERAL_KINDS`]; in a section that the
/// resident made, every kind that belongs to a section.
#[must_use]
pub fn kinds_of_section(section: &str) -> Vec<&'static str> {
    let own = !section::is_standard(section);
    KINDS
        .iter()
        .filter(|kind| !GROUPS.contains(&kind.name))
        .filter(|kind| {
            GENERAL_KINDS.contains(&kind.name)
                || match home(kind.name) {
                    Some(Home::Section(id)) => {
                        id.as_str() == section
                            || (own && kind.shape == Shape::Many && kind.element == Element::Object)
                            || (section == "plan" && kind.name == "assessments")
                    }
                    Some(Home::DomainFlag) => true,
                    Some(Home::Owner) | None => false,
                }
        })
        .map(|kind| kind.name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_kind_has_a_home_and_every_section_has_kinds() {
        for kind in KINDS {
            assert!(home(kind.name).is_some(), "{}", kind.name);
        }
        for section in section::standard() {
            assert!(kinds_of_section(section.id.as_str()).len() >= GENERAL_KINDS.len());
        }
        assert!(kinds_of_section("geld").contains(&"money.debts"));
        assert!(!kinds_of_section("geld").contains(&"goals"));
        assert!(kinds_of_section("noor").contains(&"goals"));
        assert!(!kinds_of_section("noor").contains(&"access"));
    }

    #[test]
    fn ids_are_kept_and_made_unique() {
        let mut taken = BTreeSet::new();
        assert_eq!(assign_id("goals", 0, &json!({"id": "g-1"}), &mut taken), "g-1");
        assert_eq!(assign_id("actions", 3, &json!({"id": "g-1"}), &mut taken), "g-1~2");
        assert_eq!(
            assign_id("relations", 0, &json!({"id": null}), &mut taken),
            "relations-1"
        );
        assert_eq!(
            assign_id("relations", 0, &json!({"id": ""}), &mut taken),
            "relations-1~2"
        );
        assert_eq!(assign_id("x\u{7}", 1, &json!("word"), &mut taken), "x-2");
        let long = "é".repeat(128);
        assert_eq!(assign_id("goals", 0, &json!({"id": long}), &mut taken), long);
        let second = assign_id("goals", 0, &json!({"id": long}), &mut taken);
        assert!(is_item_id(&second) && second != long);
    }
}
