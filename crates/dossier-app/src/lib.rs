//! The one boundary that hosts use: every command and query of the program, typed, with one kind of fault.

pub mod activity;
pub mod clock;
pub mod contract;
pub mod dossiers;
mod fault;
pub mod home;
pub mod items;
pub mod replica;
