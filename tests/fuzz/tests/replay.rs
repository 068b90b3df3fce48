//! Everything that fuzzing kept, through its target, without the engine: `cargo test` runs it everywhere.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

use std::collections::BTreeSet;
use std::path::Path;

use keukentafel_fuzz::TARGETS;

fn corpus() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"))
}

#[test]
fn nothing_in_the_corpus_breaks_a_promise() {
    for (name, target) in TARGETS {
        let mut files: Vec<_> = std::fs::read_dir(corpus().join(name))
            .unwrap_or_else(|error| panic!("{name} has no corpus: {error}"))
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        assert!(files.len() > 3, "{name} has hardly a corpus");
        for file in files {
            let data = std::fs::read(&file).unwrap();
            // The message of a broken promise does not say which file it was.
            let held = std::panic::catch_unwind(|| target(&data));
            assert!(held.is_ok(), "{}", file.display());
        }
    }
}

#[test]
fn every_folder_is_a_target_and_the_whole_is_small() {
    let known: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let mut size = 0;
    let mut folders = BTreeSet::new();
    for folder in std::fs::read_dir(corpus()).unwrap() {
        let folder = folder.unwrap();
        folders.insert(folder.file_name().into_string().unwrap());
        for file in std::fs::read_dir(folder.path()).unwrap() {
            size += file.unwrap().metadata().unwrap().len();
        }
    }
    assert_eq!(folders, known);
    assert!(size < 1 << 20, "{size} bytes");
}
