//! The access table of a family: who was let in, as a proposal for real invitations.

use dossier_model::{SectionId, Side};
use serde_json::Value;

/// One section in an access entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The section.
    pub section: SectionId,
    /// zien, aanvullen, aanpassen; as written.
    pub level: String,
    /// Content, or only the fact that there is something. Anything else than `wat` counts as `dat`: less, not more.
    pub side: Side,
}

/// One entry. Everything but `person_id` may be missing in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessEntry {
    /// Id of the entry.
    pub id: Option<String>,
    /// Whose access.
    pub person_id: String,
    /// Role, as the resident recorded it.
    pub role: Option<String>,
    /// Hat.
    pub hat: Option<String>,
    /// Sections; what is not understood is left out.
    pub scopes: Vec<Scope>,
    /// First day.
    pub from: Option<String>,
    /// Last day; none: no end.
    pub until: Option<String>,
    /// What for.
    pub purpose: Option<String>,
    /// actief, uitgenodigd, ingetrokken…; as written.
    pub status: Option<String>,
    /// Only what is about these people; none: no such restriction. A restriction that is not understood is an empty list.
    pub only_about: Option<Vec<String>>,
    /// Id of the information card.
    pub info_card_id: Option<String>,
    /// qr, code, papier…; as written.
    pub method: Option<String>,
}

impl AccessEntry {
    /// True when the entry was withdrawn, or has a status that is none of the living ones.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        !matches!(self.status.as_deref(), Some("actief" | "uitgenodigd"))
    }
}

impl AccessEntry {
    /// Reads one entry; none when it does not say whose it is.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        entry(value)
    }
}

fn entry(value: &Value) -> Option<AccessEntry> {
    let text = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let scopes = value.get("scopes").and_then(Value::as_array);
    let only_about = value.get("only_about").filter(|about| !about.is_null()).map(|about| {
        let people = about.as_array().into_iter().flatten();
        people.filter_map(Value::as_str).map(str::to_owned).collect()
    });
    Some(AccessEntry {
        id: text("id"),
        person_id: text("person_id")?,
        role: text("role"),
        hat: text("hat"),
        scopes: scopes.into_iter().flatten().filter_map(scope).collect(),
        from: text("from"),
        until: text("until"),
        purpose: text("purpose"),
        status: text("status"),
        only_about,
        info_card_id: text("info_card_id"),
        method: text("method"),
    })
}

fn scope(value: &Value) -> Option<Scope> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    Some(Scope {
        section: SectionId::new(text("section")?).ok()?,
        level: text("level")?.to_owned(),
        side: if text("detail") == Some("wat") {
            Side::Wat
        } else {
            Side::Dat
        },
    })
}
