//! The one boundary that hosts use: every command and query of the program, typed, with one kind of fault.
//!
//! [`App`] is what a host holds. [`contract`] is what it sends and gets. Inside, data walks one way: a request goes to
//! [`home`], which asks [`replica`] (what is held, judged) and writes through it into the store; the network hears
//! afterwards what changed.

pub mod access;
pub mod activity;
mod app;
mod care;
pub mod clock;
pub mod contract;
pub mod control;
mod door;
pub mod dossiers;
mod fault;
pub mod home;
pub mod invitation;
pub mod items;
mod journal;
mod network;
pub mod outstanding;
pub mod replica;
mod screens;
mod sections;
mod unlock;

pub use app::App;
pub use clock::Clock;
pub use door::{Door, Opened};
pub use dossier_sync::driver::Relay;
pub use network::{Confirmation, Pending, Reach, SyncReport};
pub use replica::content::Card;
pub use unlock::{Unlock, default_home};
