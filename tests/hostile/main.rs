//! The attacks of the design's list that are about bytes, the network and invitations, by their number there.
//!
//! Attackers hold real keys and real rights and speak the real protocol, in bytes of their own making. Every test
//! says what each honest peer shows afterwards, and that the program is still of use.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod attacker;
mod changes;
mod clocks;
mod conversation;
mod files;
mod invitation;
mod own_writing;
mod scene;
mod shares;
#[path = "../journeys/world.rs"]
#[allow(dead_code)]
mod world;
#[path = "../../crates/dossier-trust/tests/preflight/writer.rs"]
#[allow(dead_code)]
mod writer;
