//! Rows to fill a profile with.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a failed test may panic
#![allow(dead_code)] // each test file takes what it needs

use std::path::Path;

use dossier_store::{Chain, DbKey, Dossier, Item, Loose, Position, Store, StoreError, Tx};
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, GenerationId, ItemHash};

/// A text that must never be found outside the key.
pub const MARKER: &str = "Karin belt elke dinsdag over de medicatie van Joris";

pub fn key(seed: u8) -> DbKey {
    DbKey::from_bytes([seed; 32])
}

pub fn id(seed: u8) -> [u8; 32] {
    [seed; 32]
}

pub fn dossier(seed: u8) -> Dossier {
    Dossier {
        dossier: DossierId(id(seed)),
        own: true,
        created_ms: i64::from(seed),
        closed_ms: None,
        state: vec![seed],
    }
}

pub fn chain(seed: u8, dossier: u8, compartment: u8) -> Chain {
    Chain {
        chain: ChainId(id(seed)),
        dossier: DossierId(id(dossier)),
        compartment: CompartmentId(id(compartment)),
        lane: seed % 3,
        generation: GenerationId(id(0)),
        device: DeviceId(id(seed)),
        grant_op: id(9),
        open: vec![seed; 100],
    }
}

pub fn item(chain: u8, n: u32, hash: u8) -> Item {
    let mut name = id(hash);
    name[..4].copy_from_slice(&n.to_be_bytes());
    Item {
        position: Position {
            chain: ChainId(id(chain)),
            n,
            hash: ItemHash(name),
        },
        header: vec![hash; 140],
        signature: [hash; 64],
        body: Some(vec![hash; 200]),
        arrived_ms: i64::from(n),
    }
}

pub fn loose(seed: u8, dossier: u8, compartment: u8, kind: u8, about: u8) -> Loose {
    Loose {
        id: id(seed),
        dossier: DossierId(id(dossier)),
        compartment: CompartmentId(id(compartment)),
        kind,
        about: id(about),
        bytes: vec![seed; 50],
        arrived_ms: 5,
    }
}

pub fn write<R>(store: &mut Store, f: impl FnOnce(&Tx<'_>) -> Result<R, StoreError>) -> R {
    store.transact(f).unwrap()
}

/// Every file of a folder, by name.
pub fn files(home: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(home)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (
                entry.file_name().into_string().unwrap(),
                std::fs::read(entry.path()).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

pub fn contains(bytes: &[u8], marker: &[u8]) -> bool {
    bytes.windows(marker.len()).any(|window| window == marker)
}

/// A child process running one test of the same test binary.
pub fn child(test: &str, home: &Path) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env("STORE_TEST_HOME", home)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null());
    command
}

/// The folder given to a child process; none in the ordinary run.
pub fn child_home() -> Option<std::path::PathBuf> {
    std::env::var_os("STORE_TEST_HOME").map(Into::into)
}

pub fn root() -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
    }
    #[cfg(not(unix))]
    false
}
