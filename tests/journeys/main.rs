//! Journeys: named people on the application boundary, each row of the domain's list that is a behaviour.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod family;
mod forger;
mod inviting;
mod sharing;
mod together;
#[path = "../../crates/dossier-exchange/tests/variants/mod.rs"]
mod variants;
mod world;
