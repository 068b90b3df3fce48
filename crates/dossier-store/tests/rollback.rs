//! What tells a database that went on from one that was set back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a failed test may panic

mod family;

use std::path::Path;

use dossier_store::{Store, StoreError};
use family::*;

fn step(home: &Path, name: &str) -> bool {
    let mut store = Store::open(home, &key(1)).unwrap();
    let clean = store.opened_cleanly();
    write(&mut store, |tx| tx.set_meta(name, b"x"));
    store.close().unwrap();
    clean
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for (name, bytes) in files(from) {
        std::fs::write(to.join(name), bytes).unwrap();
    }
}

fn new_profile() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("profiel");
    assert!(Store::create(&home, &key(1)).unwrap().opened_cleanly());
    (folder, home)
}

/// File systems stamp changes with a clock that ticks every few milliseconds: restoring within one tick is not what
/// these tests are about.
fn next_tick(folder: &Path) {
    let stamp = || {
        let path = folder.join("tick");
        std::fs::write(&path, "x").unwrap();
        std::fs::metadata(&path).unwrap().modified().unwrap()
    };
    let before = stamp();
    while stamp() == before {}
}

#[test]
fn orderly_closing_goes_on_by_drop_too() {
    let (_folder, home) = new_profile();
    assert!(step(&home, "a"));
    assert!(step(&home, "b"));
    drop(Store::open(&home, &key(1)).unwrap());
    assert!(step(&home, "c"));
}

#[test]
fn a_moved_folder_is_the_same_folder_and_a_copied_one_is_not() {
    let (folder, home) = new_profile();
    step(&home, "a");
    let moved = folder.path().join("verhuisd");
    std::fs::rename(&home, &moved).unwrap();
    assert!(step(&moved, "b"));
    let copied = folder.path().join("kopie");
    copy(&moved, &copied);
    assert!(!step(&copied, "c"));
    assert!(step(&moved, "d"), "the original is not disturbed by its copy");
}

#[test]
fn a_restored_folder_is_seen_even_in_place() {
    let (folder, home) = new_profile();
    step(&home, "a");
    let backup = folder.path().join("kopie");
    copy(&home, &backup);
    next_tick(folder.path());
    step(&home, "b");
    // Same files, same inodes, old content, anchor included.
    copy(&backup, &home);
    let store = Store::open(&home, &key(1)).unwrap();
    assert!(store.meta("b").unwrap().is_none());
    assert!(!store.opened_cleanly());
}

#[test]
fn a_restored_database_or_anchor_alone_is_seen() {
    for name in ["dossier.db", "anchor"] {
        let (folder, home) = new_profile();
        step(&home, "a");
        let backup = folder.path().join("kopie");
        copy(&home, &backup);
        step(&home, "b");
        std::fs::copy(backup.join(name), home.join(name)).unwrap();
        assert!(!step(&home, "c"), "{name}");
    }
}

#[test]
fn a_missing_or_altered_anchor_is_seen() {
    let (_folder, home) = new_profile();
    std::fs::remove_file(home.join("anchor")).unwrap();
    assert!(!step(&home, "a"));
    let (_folder, home) = new_profile();
    let mut anchor = std::fs::read(home.join("anchor")).unwrap();
    anchor[20] ^= 1;
    std::fs::write(home.join("anchor"), anchor).unwrap();
    assert!(!step(&home, "a"));
}

#[test]
fn a_live_copy_put_back_is_seen() {
    let (folder, home) = new_profile();
    let mut store = Store::open(&home, &key(1)).unwrap();
    write(&mut store, |tx| tx.set_meta("a", b"x"));
    let backup = folder.path().join("kopie");
    copy(&home, &backup);
    write(&mut store, |tx| tx.set_meta("b", b"x"));
    store.close().unwrap();
    copy(&backup, &home);
    let store = Store::open(&home, &key(1)).unwrap();
    assert!(store.meta("a").unwrap().is_some());
    assert!(!store.opened_cleanly());
}

#[test]
fn it_stays_unclean_until_the_caller_has_settled_it() {
    let (_folder, home) = new_profile();
    std::fs::remove_file(home.join("anchor")).unwrap();
    assert!(!step(&home, "only looked"));
    assert!(!step(&home, "looked again"));
    let mut store = Store::open(&home, &key(1)).unwrap();
    let undone: Result<(), StoreError> = store.transact(|tx| {
        tx.settle()?;
        Err(StoreError::Full)
    });
    assert!(undone.is_err());
    drop(store);
    let mut store = Store::open(&home, &key(1)).unwrap();
    assert!(!store.opened_cleanly(), "settling belongs to its transaction");
    write(&mut store, |tx| tx.settle());
    drop(store);
    assert!(step(&home, "new chains"));
}
