//! Demo families: JSON files of the form `demo-dossier/1`.
//!
//! [`read`] cuts a family into items, each with its place in a dossier, and a *skeleton* of what is not an item.
//! [`write()`] is the exact inverse: equal, as JSON values, to what was read, for every JSON object with that format, also
//! when parts are missing, of another type, or unknown.

mod access;
mod read;
mod write;

pub use access::{AccessEntry, Scope};
pub use read::read;
pub use write::write;

use std::collections::{BTreeMap, BTreeSet};

use dossier_model::{Item, Placement, SectionId};
use serde_json::Value;

/// The value of the field `format`.
pub const FORMAT: &str = "demo-dossier/1";

/// Largest file that is read, in bytes.
pub const MAX_FILE: usize = 64 * 1024 * 1024;

/// The family of Lisa: help that she asked for.
pub const LISA: &str = include_str!("../../data/demo-lisa.json");

/// The family of Sam: a court measure and safety agreements.
pub const SAM: &str = include_str!("../../data/demo-sam.json");

/// Keys that describe the file rather than the dossier; they stay in the skeleton as they are.
pub(crate) const LITERAL: &[&str] = &[
    "format",
    "anchor_date",
    "locale",
    "fictional_notice",
    "expected_signals",
];

/// Why a file is not a demo family.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {reason}")]
pub struct DemoError {
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1; 0 when it is the line's end.
    pub column: usize,
    /// What is wrong.
    pub reason: DemoReason,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DemoReason {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// More than [`MAX_FILE`] bytes.
    #[error("the file is larger than {MAX_FILE} bytes")]
    TooLarge,
    /// Not UTF-8.
    #[error("the file is not valid UTF-8")]
    NotUtf8,
    /// Ends in the middle.
    #[error("the file is cut off")]
    CutOff,
    /// Not JSON, or nested too deep.
    #[error("the file is not JSON: {0}")]
    NotJson(String),
    /// JSON, but no object at the top.
    #[error("a family is a JSON object")]
    NotAnObject,
    /// No field `format`, or another one.
    #[error("the field `format` is not \"{FORMAT}\"")]
    WrongFormat,
}

/// An item and where it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedItem {
    /// The item.
    pub item: Item,
    /// Its compartment and form.
    pub placement: Placement,
}

/// A family that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// Everything that is an item, in the order of the file.
    pub items: Vec<PlacedItem>,
    /// What is not an item; [`write()`] needs it.
    pub skeleton: Value,
    /// Sections that the family names, in its order, with their labels.
    pub sections: Vec<(SectionId, Option<String>)>,
    /// The access table: a proposal for invitations.
    pub access: Vec<AccessEntry>,
    /// Person id → name.
    pub names: BTreeMap<String, String>,
    /// Person id of the resident, if the file says so.
    pub owner: Option<String>,
    /// Title, if the file says so.
    pub title: Option<String>,
    /// The day that the family is about, if the file says so.
    pub anchor_date: Option<String>,
}

impl Family {
    /// Ids of the sections that the family names.
    #[must_use]
    pub fn known_sections(&self) -> BTreeSet<SectionId> {
        self.sections.iter().map(|(id, _label)| id.clone()).collect()
    }
}
