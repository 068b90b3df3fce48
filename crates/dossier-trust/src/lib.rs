//! Who may do what in a dossier, provably, without a server.
//!
//! Everything signed is an [`item::Item`] in a chain. Operations in the log lane say who may do what; the
//! [`verdict`] decides, as a function of the *set* of items, which changes and records count. Nothing reaches
//! Automerge that [`preflight`] has not admitted. Everything readable is sealed under an [`epoch`].
//!
//! This crate is pure: time and randomness are arguments (age draws its own, inside).

mod bits;
pub mod chains;
pub mod checkpoint;
pub mod codec;
pub mod consent;
pub mod epoch;
pub mod identity;
pub mod ids;
pub mod introduction;
pub mod invitation;
pub mod item;
pub mod operation;
pub mod preflight;
pub mod receipt;
pub mod record;
pub mod team;
#[cfg(test)]
mod testing;
pub mod verdict;
pub mod words;
