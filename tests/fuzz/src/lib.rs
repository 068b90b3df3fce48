//! Everything that reads bytes of others, and the verdict, each as a function of a byte string that panics when a
//! promise is broken.
//!
//! `cargo xtask fuzz SECONDS` looks for such bytes; what is worth keeping lies in `corpus/`, one folder per target, and
//! runs again in every `cargo test` (`tests/replay.rs`). Inputs of the format targets start with a byte that says how
//! the rest is meant: `shapes::input`.
//!
//! The verdict and the changes take their histories from the generators of `dossier-trust/tests`: the same source, with
//! dice that read the input.

// Everything here is a test; a panic is what it is for. The files of the trust crate's tests come with more than is used.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::large_enum_variant
)]

mod checkpoint;
mod dice;
mod formats;
mod shapes;
mod sync;

#[path = "../../../crates/dossier-trust/tests/laws/breaks.rs"]
#[allow(dead_code)]
mod breaks;
#[path = "../../../crates/dossier-trust/tests/laws/cast.rs"]
#[allow(dead_code)]
mod cast;
#[path = "../../../crates/dossier-trust/tests/laws/generator.rs"]
#[allow(dead_code)]
mod generator;
#[path = "../../../crates/dossier-trust/tests/laws/held.rs"]
#[allow(dead_code)]
mod held;
#[path = "../../../crates/dossier-trust/tests/laws/histories.rs"]
#[allow(dead_code, unused_imports)]
mod histories;
#[path = "../../../crates/dossier-trust/tests/laws/reference.rs"]
#[allow(dead_code)]
mod reference;
#[path = "../../../crates/dossier-sync/tests/support/mod.rs"]
mod support;
#[path = "../../../crates/dossier-trust/tests/laws/world.rs"]
#[allow(dead_code)]
mod world;
#[path = "../../../crates/dossier-trust/tests/preflight/writer.rs"]
#[allow(dead_code)]
mod writer;

#[allow(dead_code, unused_imports)]
mod preflight;

use std::collections::BTreeSet;

use dice::Dice;

/// A function that panics when a promise is broken, by the name of its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 16] = [
    ("open", formats::open),
    ("item", formats::item),
    ("operation", formats::operation),
    ("change", formats::change),
    ("story", story),
    ("checkpoint", checkpoint::checkpoint),
    ("record", formats::record),
    ("wrap", formats::wrap),
    ("receipt", formats::receipt),
    ("ticket", formats::ticket),
    ("join", formats::join),
    ("keyfile", formats::keyfile),
    ("frames", sync::frames),
    ("conversation", sync::conversation),
    ("bundle", sync::bundle),
    ("verdict", verdict),
];

/// Four hostile authors of one document: what preflight lets through must not hurt Automerge.
fn story(data: &[u8]) {
    let mut story = preflight::unknown::Story::default();
    // Automerge saves and loads after every change: a long story is slow, and an exhausted one tells nothing new.
    let steps = (data.len() / 24).clamp(1, 24);
    preflight::unknown::hostile_story(&mut Dice::of(data), steps, "this story", &mut story);
}

/// A history, and the laws on a part of it: the naive reference agrees, nothing is lost, order and repetition do not
/// matter, and one of the costlier laws.
fn verdict(data: &[u8]) {
    let Some(([how, part @ ..], rest)) = data.split_first_chunk::<17>() else {
        return;
    };
    let history = generator::history_of(Dice::of(rest), how & 1 == 1);
    let law = u64::from(how >> 1) % histories::COSTLY;
    let held = histories::hold(&history, &mut Dice::of(part), BTreeSet::from([law]));
    assert_eq!(held, Ok(()), "law {law}");
}
