//! A committed backup that every later version must take, and the `age` program that opens it without us.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

use std::path::PathBuf;
use std::process::Command;

use dossier_app::contract::{ProfileCreate, Request};
use dossier_app::recovery::Restore;
use dossier_app::{App, Clock, Unlock};
use serde_json::{Value, json};
use tempfile::TempDir;

fn place(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(name)
}

fn open(folder: &TempDir) -> App {
    let clock = Clock::starting("2026-11-23T09:00:00+01:00").unwrap();
    App::open(folder.path(), Unlock::Passphrase(String::from("geheim").into()), clock).unwrap()
}

fn show(app: &App) -> Value {
    app.request(Request::Show { dossier: None }).unwrap()
}

/// Makes the files anew, when that is asked for.
fn seal() {
    let folder = TempDir::new().unwrap();
    let app = open(&folder);
    let ask = |request: Request| app.request(request).unwrap();
    ask(Request::ProfileCreate(ProfileCreate {
        name: "Noor Bakker".into(),
        organisation: None,
        function: None,
    }));
    ask(Request::DossierNew {
        title: Some("Van vroeger".into()),
    });
    let fields = json!({"id": "g-1", "title": "Elke week een wandeling", "status": "loopt"});
    ask(Request::ItemAdd {
        dossier: String::new(),
        section: "plan".into(),
        kind: "goals".into(),
        fields: fields.as_object().unwrap().clone(),
    });
    let file = place("backup.age");
    ask(Request::Backup {
        file: Some(file.display().to_string()),
    });
    let words = ask(Request::RecoveryWords);
    let profile = ask(Request::Status)["profile"].clone();
    let held = json!({"words": words, "person": profile["person"], "device": profile["device"], "view": show(&app)});
    let text = serde_json::to_string_pretty(&held).unwrap() + "\n";
    std::fs::write(place("backup.json"), text).unwrap();
}

#[test]
fn a_backup_of_an_earlier_version_is_taken_and_the_age_program_opens_it() {
    if std::env::var("DOSSIER_VECTORS").is_ok_and(|what| what == "seal") {
        seal();
    }
    let held: Value = serde_json::from_slice(&std::fs::read(place("backup.json")).unwrap()).unwrap();
    let words: Vec<&str> = held["words"]["words"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect();
    let folder = TempDir::new().unwrap();
    let app = open(&folder);
    let restored = app
        .request(Request::Restore(Restore {
            words: Some(words.join(" ").into()),
            backup: Some(place("backup.age").display().to_string()),
            ..Restore::default()
        }))
        .unwrap();
    assert_eq!(restored["profile"]["person"], held["person"]);
    assert_ne!(restored["profile"]["device"], held["device"]);
    assert_eq!(show(&app), held["view"]);
    assert_eq!(app.request(Request::Verify).unwrap()["ok"], json!(true));

    let key = folder.path().join("key.txt");
    std::fs::write(&key, held["words"]["age_secret_key"].as_str().unwrap()).unwrap();
    let opened = Command::new("age")
        .arg("--decrypt")
        .arg("--identity")
        .arg(&key)
        .arg(place("backup.age"))
        .output();
    match opened {
        Ok(opened) => {
            assert!(opened.status.success());
            assert!(opened.stdout.starts_with(b"keukentafel/backup/1\n"));
        }
        // `cargo xtask test` installs it, and says so here.
        Err(error) if std::env::var_os("DOSSIER_SET_UP").is_none() => {
            println!("the age program was not asked: {error}")
        }
        Err(error) => panic!("the age program should be here: {error}"),
    }
}
