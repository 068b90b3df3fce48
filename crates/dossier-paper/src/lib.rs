//! Papers: what a reader sees of a dossier, as a PDF that is tagged, can be archived, and needs no printer, network or
//! file to be made.
//!
//! Pure: what is printed, the language and the moment are arguments; the answer is bytes. The templates are typst, in
//! `templates`, and get everything that people wrote as data: no text of theirs is ever read as markup.
//!
//! - [`sheet`]: what can be printed
//! - [`catalogue`]: our own words, in two languages
//! - `ink`: what people wrote, made printable
//! - `reading`: items of a dossier as labels and values
//! - `press`: typst

pub mod catalogue;
mod ink;
mod press;
mod reading;
pub mod sheet;

pub use catalogue::Lang;
pub use sheet::{Invitation, Offer, Reading, Secret, Sheet};

/// A paper that could not be made. Never says what was on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    /// A template does not fit what it was given.
    #[error("a template does not fit its data")]
    Template,
    /// The pages could not be written as PDF.
    #[error("the pages could not be written")]
    Export,
}

/// Prints a sheet. `now` is the moment that stands on it, RFC 3339; the same arguments give the same bytes.
///
/// The file is PDF/A-2a and PDF/UA-1. Where signs stand together in a way for which no font has a form, the file keeps
/// its tags and its text and promises neither.
///
/// # Errors
/// [`PaperError`]: a fault of the program.
pub fn print(sheet: &Sheet<'_>, lang: Lang, now: &str) -> Result<Vec<u8>, PaperError> {
    let ink = ink::Ink::default();
    press::print(sheet.template(), &sheet.data(lang, now, &ink), now)
}
