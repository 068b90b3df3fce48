//! The key file: what opens it, and what every kind of bad file says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a failed test may panic

use dossier_store::DbKey;
use dossier_store::keyfile::{self, KeyFileError};

#[test]
fn the_right_passphrase_gives_the_key_back_and_a_wrong_one_says_so() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("profile.key");
    let key = DbKey::random().unwrap();
    assert_eq!(keyfile::open(&path, "x").unwrap_err(), KeyFileError::Missing);
    keyfile::create(&path, "zeven groene fietsen", &key).unwrap();
    assert_eq!(
        keyfile::open(&path, "zeven groene fietsen").unwrap().as_bytes(),
        key.as_bytes()
    );
    assert_eq!(
        keyfile::open(&path, "zeven groene fiets").unwrap_err(),
        KeyFileError::WrongPassphrase
    );
    assert_eq!(keyfile::open(&path, "").unwrap_err(), KeyFileError::WrongPassphrase);

    assert_eq!(
        keyfile::create(&path, "b", &DbKey::random().unwrap()).unwrap_err(),
        KeyFileError::Exists
    );
    keyfile::replace(&path, "acht rode autos", &key).unwrap();
    assert_eq!(
        keyfile::open(&path, "acht rode autos").unwrap().as_bytes(),
        key.as_bytes()
    );
    assert_eq!(
        keyfile::open(&path, "zeven groene fietsen").unwrap_err(),
        KeyFileError::WrongPassphrase
    );
    assert_eq!(
        std::fs::read_dir(home.path()).unwrap().count(),
        1,
        "nothing but the file is left"
    );

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let file = std::fs::read(&path).unwrap();
    assert!(file.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    let header = String::from_utf8_lossy(&file[..80]);
    assert!(
        header.lines().nth(1).unwrap().ends_with(" 16"),
        "work factor of the file: {header}"
    );
}

#[test]
fn a_damaged_file_never_gives_a_key() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("profile.key");
    keyfile::create(&path, "geheim", &DbKey::random().unwrap()).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for cut in [
        0,
        1,
        21,
        22,
        60,
        120,
        whole.len() - 60,
        whole.len() - 17,
        whole.len() - 1,
    ] {
        std::fs::write(&path, &whole[..cut]).unwrap();
        assert_eq!(
            keyfile::open(&path, "geheim").unwrap_err(),
            KeyFileError::Damaged,
            "cut at {cut}"
        );
    }
    for (name, bytes) in [("garbage", vec![7; 300]), ("far too long", vec![b'a'; 1 << 20])] {
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(
            keyfile::open(&path, "geheim").unwrap_err(),
            KeyFileError::Damaged,
            "{name}"
        );
    }
    let mut altered = whole.clone();
    *altered.last_mut().unwrap() ^= 1;
    std::fs::write(&path, &altered).unwrap();
    assert_eq!(keyfile::open(&path, "geheim").unwrap_err(), KeyFileError::Damaged);
}

#[test]
fn a_file_that_asks_for_too_much_work_is_refused_without_doing_it() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("profile.key");
    keyfile::create(&path, "geheim", &DbKey::random().unwrap()).unwrap();
    let mut file = std::fs::read(&path).unwrap();
    let at = file.windows(4).position(|window| window == b" 16\n").unwrap();
    file[at + 1..at + 3].copy_from_slice(b"21");
    std::fs::write(&path, &file).unwrap();
    assert_eq!(
        keyfile::open(&path, "geheim").unwrap_err(),
        KeyFileError::TooMuchWork { found: 21 }
    );
}
