//! The one boundary that hosts use: every command and query of the program, typed, with one kind of fault.
//!
//! [`App`] is what a host holds. [`contract`] is what it sends and gets. Inside, data walks one way: a request goes to
//! [`home`], which asks [`replica`] (what is held, judged) and writes through it into the store; the network hears
//! afterwards what changed.

pub mod access;
pub mod activity;
mod app;
pub mod attachments;
pub mod backup;
mod care;
pub mod carrying;
pub mod clock;
pub mod contract;
pub mod control;
pub mod correction;
pub mod crisis_card;
pub mod devices;
mod door;
pub mod dossiers;
pub mod emergency;
mod fault;
pub mod for_good;
pub mod history;
pub mod home;
pub mod invitation;
pub mod items;
pub mod joining;
mod journal;
pub mod leaving;
pub mod lock;
pub mod looking;
mod managing;
mod network;
mod outside;
pub mod outstanding;
pub mod paper;
pub mod recovery;
pub mod replica;
pub mod returning;
mod screens;
mod sections;
pub mod shares;
pub mod team;
pub mod ticket_words;
pub mod undo;
mod unlock;

pub use app::App;
pub use clock::Clock;
pub use door::{Door, Opened};
pub use dossier_sync::driver::Relay;
pub use network::{Confirmation, Exchanging, Pending, Reach, SyncReport};
pub use outside::ChosenBackup;
pub use replica::content::Card;
pub use unlock::{Unlock, default_home};
