//! One profile on disk: a folder with one SQLCipher database, a lock and a rollback anchor. Nothing here knows what the
//! bytes mean that it keeps; signatures, seals and rules are `dossier-trust`'s.
//!
//! - Everything that must survive a crash goes through [`Store::transact`]; when that returns, it is on the disk.
//! - Everything of one dossier can be taken away without a trace: [`Store::forget`].
//! - [`Store::opened_cleanly`] says whether this database may go on where it left off.
//!
//! Times are milliseconds since 1970 UTC, given by the caller. Names of files say nothing about anybody.

mod anchor;
pub mod card;
mod chains;
mod content;
mod error;
mod files;
mod journal;
mod key;
pub mod keyfile;
mod peers;
mod profile;
mod schema;
mod store;

pub use chains::{Chain, Item, ItemRef, Loose};
pub use content::{Document, EpochKey};
pub use dossier_trust::item::Position;
pub use error::StoreError;
pub use journal::{Activity, Owed, Way};
pub use key::DbKey;
pub use keyfile::KeyFileError;
pub use peers::{Invitation, InvitationState, Join, JoinState, Peer};
pub use profile::Dossier;
pub use store::{Reader, Store, Tx};
