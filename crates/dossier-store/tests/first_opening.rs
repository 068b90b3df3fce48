//! The first openings of a process, several at once. A program of its own: what comes first in a process comes once.
#![allow(clippy::unwrap_used)] // a failed test may panic

mod family;

use std::path::Path;
use std::process::Command;
use std::sync::Barrier;

use dossier_store::Store;
use family::*;

const FOLDER: &str = "FOLDER_OF_PROFILES";
const TOGETHER: usize = 8;
const PROCESSES: usize = 40;

/// Each process opens its profiles at one moment, as its very first use of the database.
#[test]
fn profiles_open_side_by_side_from_the_first_moment() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return open_together(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    for n in 0..TOGETHER {
        Store::create(&folder.path().join(n.to_string()), &key(1))
            .unwrap()
            .close()
            .unwrap();
    }
    for _ in 0..PROCESSES {
        let mut again = Command::new(std::env::current_exe().unwrap());
        let ended = again.env(FOLDER, folder.path()).output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
    }
}

fn open_together(folder: &Path) {
    let start = Barrier::new(TOGETHER);
    std::thread::scope(|scope| {
        for n in 0..TOGETHER {
            let (home, start) = (folder.join(n.to_string()), &start);
            scope.spawn(move || {
                start.wait();
                Store::open(&home, &key(1)).unwrap().close().unwrap();
            });
        }
    });
}
