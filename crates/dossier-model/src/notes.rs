//! Notes that helpers wrote about the resident.

use serde_json::Value;

use crate::view::{Dossier, ShownItem};

/// A note.
#[derive(Debug, Clone, PartialEq)]
pub struct Note<'d> {
    /// The item.
    pub item: &'d ShownItem,
    /// Person id of who wrote it.
    pub author: Option<&'d str>,
    /// Day.
    pub date: &'d str,
    /// The plain version.
    pub plain: Option<&'d str>,
    /// The helper's own words.
    pub original: Option<&'d str>,
    /// The resident has read it.
    pub seen: bool,
    /// Somebody other than its author has answered.
    pub answered: bool,
}

/// All notes, the newest first.
#[must_use]
pub fn notes(dossier: &Dossier) -> Vec<Note<'_>> {
    let mut notes: Vec<Note<'_>> = dossier.of_kind("notes").map(note).collect();
    notes.sort_by(|a, b| b.date.cmp(a.date).then_with(|| a.item.id.cmp(&b.item.id)));
    notes
}

/// What helpers wrote that the resident has neither seen nor answered, the newest first.
#[must_use]
pub fn news(dossier: &Dossier) -> Vec<Note<'_>> {
    notes(dossier)
        .into_iter()
        .filter(|note| !note.seen && !note.answered)
        .collect()
}

fn note(item: &ShownItem) -> Note<'_> {
    let author = item.provenance.author.as_deref();
    let reactions = item.fields.get("reactions").and_then(Value::as_array);
    Note {
        item,
        author,
        date: item
            .text("date")
            .or(item.provenance.date.as_deref())
            .unwrap_or_default(),
        plain: item.text("text_plain"),
        original: item.text("text_professional"),
        seen: item.text("seen_by_owner").is_some(),
        answered: reactions
            .into_iter()
            .flatten()
            .any(|line| line.get("by").and_then(Value::as_str) != author),
    }
}
