//! Attacks on authority and content, by the numbers of the design. Attackers hold real keys and speak the public
//! bytes; every test says what each honest person then sees, what waits outside and why, and that they can go on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod checkpoints;
mod concurrent;
mod denied;
mod epochs;
mod forged;
mod forger;
mod forks;
mod from_now;
mod generations;
mod halves;
mod hand;
mod managers;
mod records;
mod stage;
mod teams;
mod thief;
#[allow(dead_code)]
#[path = "../journeys/world.rs"]
mod world;
