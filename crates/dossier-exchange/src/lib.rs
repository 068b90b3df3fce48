//! Import and export: how a dossier travels to and from files of other systems.
//!
//! - [`demo`]: demo families (`demo-dossier/1`), read and written without losing anything

pub mod demo;
