//! Journeys: named people on the application boundary, each row of the domain's list that is a behaviour.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod attachments;
mod care;
mod checkpoints;
mod ending;
mod family;
mod forger;
mod from_now;
mod inviting;
mod leaving;
mod looking;
mod managing;
mod past;
mod recovery;
mod sharing;
mod stopping;
mod teams;
mod together;
mod travelling;
#[path = "../../crates/dossier-exchange/tests/variants/mod.rs"]
mod variants;
mod world;
