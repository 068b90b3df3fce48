//! Bringing the copies of a dossier together, peer to peer.
//!
//! [`protocol`] is a state machine without input, output or clock: frames in, frames out. [`driver`] carries its
//! frames over iroh. [`bundle`] writes the same frames into a file, for a stick or the mail.
//!
//! What a dossier is, who may read it and whether an item counts is decided elsewhere: everything goes through the
//! [`protocol::Replica`] that the program hands in. This crate only promises that nothing outside
//! [`protocol::Replica::shared`] is ever mentioned to a peer, that what is persisted is acknowledged and nothing
//! else, and that a hostile peer costs a bounded amount of memory and work.

pub mod bundle;
pub mod driver;
pub mod protocol;
