//! A committed key file that every later version must open, and the `age` program that opens it without us.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../../dossier-trust/tests/vectors/file.rs"]
#[allow(dead_code)]
mod vectors;

use std::io::Write;
use std::process::{Command, Stdio};

use dossier_store::DbKey;
use dossier_store::keyfile::{self, KeyFileError, MAX_WORK_FACTOR};
use serde_json::json;
use vectors::{bytes, hex, sealed_once};

#[test]
fn a_key_file_of_an_earlier_version_opens_and_the_age_program_opens_it() {
    let passphrase = "zeven groene fietsen";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("profile.key");
    let held = sealed_once("keyfile.json", || {
        let key = DbKey::from_bytes([0x4b; 32]);
        keyfile::create(&path, passphrase, &key).unwrap();
        let file = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        json!({ "passphrase": passphrase, "key": hex(key.as_bytes()), "file": hex(file) })
    });
    let (file, passphrase) = (bytes(&held["file"]), held["passphrase"].as_str().unwrap());
    let key = keyfile::read(&file, passphrase, MAX_WORK_FACTOR).unwrap();
    assert_eq!(hex(key.as_bytes()), held["key"]);
    assert_eq!(
        keyfile::read(&file, passphrase, 15).unwrap_err(),
        KeyFileError::TooMuchWork { found: 16 }
    );

    let there = Command::new("age").arg("--version").output();
    if let Err(error) = there {
        // `cargo xtask test` installs it, and says so here.
        assert!(
            std::env::var_os("DOSSIER_SET_UP").is_none(),
            "the age program should be here: {error}"
        );
        println!("the age program was not asked: {error}");
        return;
    }
    std::fs::write(&path, &file).unwrap();
    // It asks a terminal for the passphrase, so it gets one.
    let mut terminal = Command::new("script")
        .args([
            "--quiet",
            "--return",
            "--command",
            "age --decrypt --output opened profile.key",
            "/dev/null",
        ])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut keyboard = terminal.stdin.take().unwrap();
    writeln!(keyboard, "{passphrase}").unwrap();
    assert!(terminal.wait().unwrap().success());
    drop(keyboard);
    let opened = std::fs::read_to_string(folder.path().join("opened")).unwrap();
    assert_eq!(opened, format!("{}\n", held["key"].as_str().unwrap()));
}
