//! Creating and opening: every way in which that may fail has its own answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a failed test may panic

mod family;

use std::path::Path;

use dossier_store::{Store, StoreError};
use family::*;

fn full_profile(home: &Path) {
    let mut store = Store::create(home, &key(1)).unwrap();
    write(&mut store, |tx| {
        tx.put_chain(&chain(1, 1, 1))?;
        for n in 1..200 {
            tx.put_item(&item(1, n, 3))?;
        }
        tx.set_meta("device", MARKER.as_bytes())
    });
    store.close().unwrap();
}

fn opening(home: &Path, seed: u8) -> StoreError {
    Store::open(home, &key(seed)).map(|_| ()).unwrap_err()
}

#[test]
fn what_was_written_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("een").join("twee");
    assert!(!Store::exists(&home));
    assert_eq!(opening(&home, 1), StoreError::Missing);
    assert!(!home.exists(), "opening makes nothing");
    full_profile(&home);
    assert!(Store::exists(&home));
    assert_eq!(
        Store::create(&home, &key(1)).map(|_| ()).unwrap_err(),
        StoreError::Exists
    );
    let store = Store::open(&home, &key(1)).unwrap();
    assert!(store.opened_cleanly());
    assert_eq!(store.meta("device").unwrap().unwrap().as_slice(), MARKER.as_bytes());
    store.check().unwrap();
}

#[cfg(unix)]
#[test]
fn the_folder_and_its_files_are_closed_to_others() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("profiel");
    let mut store = Store::create(&home, &key(1)).unwrap();
    write(&mut store, |tx| tx.set_meta("a", b"b"));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home), 0o700);
    let names: Vec<String> = files(&home).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["anchor", "dossier.db", "dossier.db-wal", "profile.lock"]);
    for name in names {
        assert_eq!(mode(&home.join(&name)), 0o600, "{name}");
    }
    // A folder with somebody's things in it keeps its permissions.
    let shared = folder.path().join("gedeeld");
    std::fs::create_dir(&shared).unwrap();
    std::fs::set_permissions(&shared, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(shared.join("foto"), "x").unwrap();
    Store::create(&shared, &key(1)).unwrap();
    assert_eq!(mode(&shared), 0o755);
}

#[test]
fn a_wrong_key_says_so_with_and_without_an_anchor_and_harms_nothing() {
    let home = tempfile::tempdir().unwrap();
    full_profile(home.path());
    assert_eq!(opening(home.path(), 2), StoreError::WrongKey);
    assert!(Store::open(home.path(), &key(1)).unwrap().opened_cleanly());
    std::fs::remove_file(home.path().join("anchor")).unwrap();
    assert_eq!(opening(home.path(), 2), StoreError::WrongKey);
    assert!(!Store::open(home.path(), &key(1)).unwrap().opened_cleanly());
}

#[test]
fn the_database_of_another_profile_is_a_wrong_key() {
    let (mine, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    full_profile(mine.path());
    drop(Store::create(theirs.path(), &key(2)).unwrap());
    std::fs::copy(theirs.path().join("dossier.db"), mine.path().join("dossier.db")).unwrap();
    assert_eq!(opening(mine.path(), 1), StoreError::WrongKey);
    // With its own key it opens, but not as the successor of what was here.
    assert!(!Store::open(mine.path(), &key(2)).unwrap().opened_cleanly());
}

#[test]
fn a_truncated_database_is_damaged_wherever_it_was_cut() {
    let home = tempfile::tempdir().unwrap();
    full_profile(home.path());
    let path = home.path().join("dossier.db");
    let whole = std::fs::read(&path).unwrap();
    assert!(whole.len() > 20 * 4096);
    let mut cuts: Vec<usize> = vec![1, 15, 16, 17, 100, 512, 1024, 4095, 4096, 4097, 8192, 12288 + 7];
    cuts.extend((1..20).map(|part| whole.len() * part / 20));
    cuts.extend((1..8).map(|page| whole.len() - page * 4096));
    cuts.extend([whole.len() - 1, whole.len() - 80]);
    for cut in cuts {
        std::fs::write(&path, &whole[..cut]).unwrap();
        assert_eq!(
            opening(home.path(), 1),
            StoreError::Damaged,
            "cut at {cut} of {}",
            whole.len()
        );
    }
    std::fs::write(&path, &whole).unwrap();
    let store = Store::open(home.path(), &key(1)).unwrap();
    assert_eq!(store.meta("device").unwrap().unwrap().as_slice(), MARKER.as_bytes());
}

#[test]
fn a_changed_page_is_found_on_opening_or_by_the_check() {
    let home = tempfile::tempdir().unwrap();
    full_profile(home.path());
    let path = home.path().join("dossier.db");
    let whole = std::fs::read(&path).unwrap();
    for page in 0..whole.len() / 4096 {
        let mut altered = whole.clone();
        altered[page * 4096 + 1000] ^= 0x40;
        std::fs::write(&path, &altered).unwrap();
        let found = Store::open(home.path(), &key(1)).and_then(|store| store.check());
        assert_eq!(found, Err(StoreError::Damaged), "page {page}");
        // Opening writes the counter: begin every round from the same file.
        let _ = std::fs::remove_file(home.path().join("dossier.db-wal"));
    }
}

#[test]
fn what_is_no_database_says_so() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("dossier.db");
    for (what, bytes) in [
        ("empty", vec![]),
        ("short", b"hallo".to_vec()),
        ("text", b"Dit is een boodschappenlijst. ".repeat(400)),
        ("unencrypted", [b"SQLite format 3\0".to_vec(), vec![0; 4080]].concat()),
    ] {
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(opening(home.path(), 1), StoreError::NotADatabase, "{what}");
    }
    // Something else that opens with this key.
    std::fs::remove_file(&path).unwrap();
    let connection = keyed(&path);
    connection
        .execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
        .unwrap();
    drop(connection);
    assert_eq!(opening(home.path(), 1), StoreError::NotADatabase);
}

fn keyed(path: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection
        .execute_batch(&format!("PRAGMA key = \"x'{}'\"", "01".repeat(32)))
        .unwrap();
    connection
}

#[test]
fn a_database_of_a_later_version_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    full_profile(home.path());
    let path = home.path().join("dossier.db");
    keyed(&path).execute_batch("PRAGMA user_version = 99").unwrap();
    let before = std::fs::read(&path).unwrap();
    assert_eq!(opening(home.path(), 1), StoreError::Newer { found: 99, known: 4 });
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_database_of_the_version_before_is_brought_along() {
    let home = tempfile::tempdir().unwrap();
    full_profile(home.path());
    let path = home.path().join("dossier.db");
    let before = keyed(&path);
    before
        .execute_batch(
            "ALTER TABLE documents DROP COLUMN shown;
             INSERT INTO documents VALUES (x'01', x'01', x'01', x'01', 1, x'01');
             DROP TABLE activity;
             CREATE TABLE activity (
                 seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
                 at_ms INTEGER NOT NULL, dossier BLOB NOT NULL, event BLOB NOT NULL
             ) STRICT;
             INSERT INTO activity (at_ms, dossier, event) VALUES (5, x'01', x'02'), (4, x'01', x'03');
             DROP TABLE undo;
             CREATE TABLE undo (
                 seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, dossier BLOB NOT NULL, step BLOB NOT NULL
             ) STRICT;
             INSERT INTO undo (dossier, step) VALUES (x'01', x'01');
             PRAGMA user_version = 1",
        )
        .unwrap();
    let count = |database: &rusqlite::Connection, table: &str| {
        let count = format!("SELECT count(*) FROM {table}");
        database.query_row(&count, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let items = count(&before, "items");
    assert_eq!((items > 0, count(&before, "documents")), (true, 1));
    drop(before);
    Store::open(home.path(), &key(1)).unwrap().close().unwrap();
    let after = keyed(&path);
    assert_eq!((count(&after, "items"), count(&after, "documents")), (items, 0));
    // A step of before leads back.
    assert_eq!(count(&after, "undo WHERE dossier = x'01' AND way = 0"), 1);
    let first = "activity WHERE dossier = x'01' AND at_ms = 5 AND n = (SELECT min(n) FROM activity)";
    assert_eq!(
        (count(&after, "activity WHERE dossier = x'01'"), count(&after, first)),
        (2, 1)
    );
}

#[test]
fn one_program_at_a_time() {
    let home = tempfile::tempdir().unwrap();
    let store = Store::create(home.path(), &key(1)).unwrap();
    assert_eq!(opening(home.path(), 1), StoreError::InUse);
    assert_eq!(
        Store::create(home.path(), &key(1)).map(|_| ()).unwrap_err(),
        StoreError::InUse
    );
    let said = child("child_opens", home.path()).output().unwrap();
    assert!(
        contains(&said.stdout, b"said InUse"),
        "{}",
        String::from_utf8_lossy(&said.stdout)
    );
    drop(store);
    let said = child("child_opens", home.path()).output().unwrap();
    assert!(
        contains(&said.stdout, b"said opened"),
        "{}",
        String::from_utf8_lossy(&said.stdout)
    );
}

#[test]
fn child_opens() {
    let Some(home) = child_home() else { return };
    match Store::open(&home, &key(1)) {
        Ok(_) => println!("said opened"),
        Err(error) => println!("said {error:?}"),
    }
    match Store::create(&home.join("nieuw"), &key(1)) {
        Ok(_) => println!("made"),
        Err(error) => println!("not made {error:?}"),
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_says_so() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let home = folder.path().join("profiel");
    full_profile(&home);
    std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o555)).unwrap();
    for (name, _) in files(&home) {
        std::fs::set_permissions(home.join(name), std::fs::Permissions::from_mode(0o444)).unwrap();
    }
    let mut command = child("child_opens", &home);
    if root() {
        // Root may write everywhere: let nobody try.
        use std::os::unix::process::CommandExt;
        let program = folder.path().join("try");
        std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        command = std::process::Command::new(program);
        command
            .args(["--exact", "child_opens", "--nocapture"])
            .env("STORE_TEST_HOME", &home);
        command.uid(65534).gid(65534).current_dir("/");
    }
    let said = command.output().unwrap();
    assert!(contains(&said.stdout, b"said NotWritable"), "{said:?}");
    assert!(contains(&said.stdout, b"not made NotWritable"), "{said:?}");
    std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn leftovers_of_an_unfinished_creation_are_no_profile_and_do_not_hinder() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("dossier.new"), vec![9; 5000]).unwrap();
    std::fs::write(home.path().join("dossier.new-wal"), vec![9; 500]).unwrap();
    std::fs::write(home.path().join("dossier.db-wal"), vec![9; 500]).unwrap();
    std::fs::write(home.path().join("anchor.new"), "x").unwrap();
    assert!(!Store::exists(home.path()));
    full_profile(home.path());
    assert!(Store::open(home.path(), &key(1)).unwrap().opened_cleanly());
    let names: Vec<String> = files(home.path()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["anchor", "dossier.db", "profile.lock"]);
}

#[test]
fn a_failed_transaction_leaves_nothing_and_a_panic_too() {
    let home = tempfile::tempdir().unwrap();
    let mut store = Store::create(home.path(), &key(1)).unwrap();
    let refused: Result<(), StoreError> = store.transact(|tx| {
        tx.set_meta("a", b"1")?;
        assert!(tx.meta("a")?.is_some(), "a transaction reads its own writes");
        Err(StoreError::Sql(7))
    });
    assert_eq!(refused, Err(StoreError::Sql(7)));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.transact::<(), StoreError>(|tx| {
            tx.set_meta("b", b"1")?;
            panic!("on purpose")
        })
    }));
    assert!(panicked.is_err());
    assert!(store.meta("a").unwrap().is_none());
    assert!(store.meta("b").unwrap().is_none());
    write(&mut store, |tx| tx.set_meta("c", b"1"));
    // An item of a chain that is not there is refused by the database itself.
    assert!(matches!(
        store.transact(|tx| tx.put_item(&item(1, 1, 1))),
        Err(StoreError::Sql(_))
    ));
}
