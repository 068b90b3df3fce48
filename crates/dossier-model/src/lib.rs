//! What a dossier is: sections, items, the records that helpers write, and how all of it lies in Automerge documents.
//!
//! Pure: no clock, files, network or randomness. Times, ids and actors are arguments.
//!
//! - [`section`]: the compartments of a dossier and the table of the field's life domains
//! - [`item`]: one thing in a dossier, and the kinds there are
//! - [`mod@place`]: which compartment an item belongs to, and whether it lives in the document or as a sealed record
//! - [`layout`]: one Automerge document per compartment: reading, minimal edits, inverse edits
//! - [`record`]: the content of a sealed record
//! - [`view`]: document items and records put together into what a reader sees
//! - [`plan`], [`agenda`], [`notes`], [`people`]: typed, tolerant readings of a view for the screens

pub mod agenda;
pub mod item;
pub mod layout;
pub mod moment;
pub mod notes;
pub mod people;
pub mod place;
pub mod plan;
pub mod record;
pub mod section;
pub mod view;

pub use item::Item;
pub use place::{Placement, Storage, place};
pub use record::RecordContent;
pub use section::{Place, SectionId, Side};
pub use view::{Dossier, ShownItem, assemble};
