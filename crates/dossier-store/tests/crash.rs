//! Stopping at any moment, and running out of room: what was acknowledged is there, nothing is there by half.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a failed test may panic

mod family;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use dossier_store::{Store, StoreError};
use dossier_trust::ids::{ChainId, CompartmentId, DossierId};
use family::*;

/// Every transaction raises a counter, adds two items of the same number, and rewrites a large document's worth of
/// bytes: several pages that must appear together.
fn work(store: &mut Store, n: u32) -> Result<(), StoreError> {
    store.transact(|tx| {
        tx.put_chain(&chain(1, 1, 1))?;
        tx.put_item(&item(1, n, 1))?;
        tx.put_item(&item(1, n, 2))?;
        tx.set_meta("large", &vec![n as u8; 20_000])?;
        tx.set_meta("count", &n.to_be_bytes())
    })
}

/// How many transactions are there; fails if one is there by half.
fn counted(store: &Store) -> u32 {
    store.check().unwrap();
    let count = store
        .meta("count")
        .unwrap()
        .map_or(0, |value| u32::from_be_bytes(value.as_slice().try_into().unwrap()));
    let items = store.count_items(&DossierId(id(1)), &CompartmentId(id(1))).unwrap();
    assert_eq!(items, 2 * count);
    if count > 0 {
        assert_eq!(store.tip(&ChainId(id(1))).unwrap().len(), 2);
        assert_eq!(store.items_at(&ChainId(id(1)), count).unwrap().len(), 2);
        assert_eq!(
            store.meta("large").unwrap().unwrap().as_slice(),
            vec![count as u8; 20_000]
        );
    }
    count
}

#[test]
fn child_works() {
    let Some(home) = child_home() else { return };
    let mut store = if Store::exists(&home) {
        Store::open(&home, &key(1)).unwrap()
    } else {
        Store::create(&home, &key(1)).unwrap()
    };
    let mut out = std::io::stdout().lock();
    for n in counted(&store) + 1.. {
        work(&mut store, n).unwrap();
        writeln!(out, "\nkept {n}").unwrap();
        out.flush().unwrap();
    }
}

/// A small generator, so that a failing round can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn spin(duration: Duration) {
    let until = Instant::now() + duration;
    while Instant::now() < until {}
}

#[test]
fn killed_at_fifty_random_moments_nothing_acknowledged_is_lost_and_nothing_is_half_there() {
    let home = tempfile::tempdir().unwrap();
    let mut random = Random(0x5eed);
    let mut before = 0;
    let mut progressed = 0;
    for round in 0..50 {
        let mut process = child("child_works", home.path()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let wanted = random.below(12);
        let mut acknowledged = before;
        let mut seen = 0;
        while seen < wanted {
            let line = lines.next().expect("the child ended by itself").unwrap();
            if let Some(n) = line.strip_prefix("kept ") {
                acknowledged = n.parse().unwrap();
                seen += 1;
            }
        }
        spin(Duration::from_micros(random.below(2500)));
        process.kill().unwrap();
        process.wait().unwrap();
        // What was still in the pipe was acknowledged too.
        for line in lines.map_while(Result::ok) {
            if let Some(n) = line.strip_prefix("kept ") {
                acknowledged = n.parse().unwrap_or(acknowledged);
            }
        }
        if !Store::exists(home.path()) {
            assert_eq!(acknowledged, 0);
            continue;
        }
        if round % 5 == 0 {
            // A wrong key on top of an unfinished log must not do harm.
            assert_eq!(
                Store::open(home.path(), &key(2)).map(|_| ()).unwrap_err(),
                StoreError::WrongKey
            );
        }
        let store = Store::open(home.path(), &key(1)).unwrap();
        if acknowledged > before {
            assert!(!store.opened_cleanly(), "round {round}: a killed program did not close");
        }
        let count = counted(&store);
        assert!(
            count >= acknowledged && count <= acknowledged + 1,
            "round {round}: {count} of {acknowledged}"
        );
        progressed += u32::from(count > before);
        before = count;
        if round % 2 == 0 {
            store.close().unwrap();
        }
    }
    assert!(progressed > 25, "most rounds must have written something: {progressed}");
}

#[test]
fn killed_during_creation_there_is_no_profile_or_a_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(0xc0ffee);
    let (mut whole, mut none) = (0, 0);
    for round in 0..40 {
        let home = folder.path().join(round.to_string());
        let mut process = child("child_works", &home).spawn().unwrap();
        // The lock file is the first thing creation makes: aim between there and a little after the end.
        while !home.join("profile.lock").exists() {}
        spin(Duration::from_micros(random.below(9000)));
        process.kill().unwrap();
        process.wait().unwrap();
        let store = if Store::exists(&home) {
            whole += 1;
            Store::open(&home, &key(1)).unwrap()
        } else {
            none += 1;
            Store::create(&home, &key(1)).unwrap()
        };
        counted(&store);
    }
    println!("{whole} whole, {none} none");
}

/// Fills a profile until it says that the disk is full, makes room, and looks.
fn fill(home: &Path, make_room: impl FnOnce()) {
    let mut store = Store::create(home, &key(1)).unwrap();
    let mut n = 0;
    let refused = loop {
        match work(&mut store, n + 1) {
            Ok(()) => n += 1,
            Err(error) => break error,
        }
        assert!(n < 50_000, "the disk never filled");
    };
    assert_eq!(refused, StoreError::Full);
    assert!(n > 0);
    let count = store.meta("count").unwrap().unwrap();
    assert_eq!(count.as_slice(), n.to_be_bytes());
    assert_eq!(
        work(&mut store, n + 1),
        Err(StoreError::Full),
        "still full, still whole"
    );
    make_room();
    work(&mut store, n + 1).unwrap();
    drop(store);
    assert_eq!(counted(&Store::open(home, &key(1)).unwrap()), n + 1);
}

#[test]
fn a_full_disk_is_said_and_costs_nothing_that_was_kept() {
    if !root() || cfg!(not(target_os = "linux")) {
        println!("skipped: a small file system can only be mounted by root on Linux");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("schijf");
    std::fs::create_dir(&disk).unwrap();
    let mount = |options: &str| {
        std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(&disk)
            .output()
            .is_ok_and(|output| output.status.success())
    };
    if !mount("size=3m,mode=0700") {
        println!("skipped: mounting is not allowed here");
        return;
    }
    let home = disk.join("profiel");
    let result = std::panic::catch_unwind(|| {
        std::fs::write(disk.join("ballast"), vec![0; 1 << 20]).unwrap();
        fill(&home, || std::fs::remove_file(disk.join("ballast")).unwrap());

        // Neither opening nor creating says anything else on a disk without a free byte.
        let ballast = std::fs::File::create(disk.join("ballast")).unwrap();
        let mut writer = &ballast;
        while writer.write_all(&[0; 4096]).is_ok() {}
        let opened = Store::open(&home, &key(1)).map(|_| ());
        let created = Store::create(&disk.join("tweede"), &key(1)).map(|_| ());
        // Emptied first: a removed file keeps its room while a process that is being started still holds it.
        ballast.set_len(0).unwrap();
        std::fs::remove_file(disk.join("ballast")).unwrap();
        assert_eq!(opened, Err(StoreError::Full));
        assert_eq!(created, Err(StoreError::Full));
        assert!(!Store::exists(&disk.join("tweede")));
        counted(&Store::open(&home, &key(1)).unwrap());
        Store::create(&disk.join("tweede"), &key(1)).unwrap();
    });
    let unmounted = std::process::Command::new("umount").arg(&disk).status().unwrap();
    assert!(unmounted.success());
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}
