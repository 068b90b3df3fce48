//! Papers and exports as commands: a file or folder that is whole, or none and a reason.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use crate::stage::{Home, SURROUNDINGS, USAGE};

#[test]
fn papers_and_the_folder_with_everything_are_made_by_command() {
    let stage = TempDir::new().unwrap();
    let lisa = Home::of(stage.path().join("lisa"), "Lisa Verhagen");
    lisa.load_lisa();
    let out = stage.path().join("uit");
    fs::create_dir(&out).unwrap();
    let at = |name: &str| out.join(name).to_str().unwrap().to_owned();
    for (name, arguments) in [
        ("plan.pdf", vec!["plan", "print"]),
        ("crisis.pdf", vec!["plan", "print", "--what", "crisis"]),
        ("alles.pdf", vec!["plan", "print", "--what", "all", "--lang", "en"]),
        ("woorden.pdf", vec!["recovery", "print"]),
    ] {
        let file = at(name);
        let answer = lisa.ask(&[arguments.as_slice(), &[&file]].concat());
        let bytes = fs::read(&file).unwrap();
        assert!(bytes.starts_with(b"%PDF-1.7"), "{name}");
        assert_eq!(answer, json!({"file": name, "bytes": bytes.len()}));
    }
    let sheet = at("uitnodiging.pdf");
    lisa.ask(&["access", "invite", "--person", "p-karin", "--sheet", &sheet]);
    assert!(fs::read(&sheet).unwrap().starts_with(b"%PDF-1.7"));

    let folder = at("map");
    let answer = lisa.ask(&["export", &folder]);
    assert_eq!(answer["folder"], json!("map"));
    let view: serde_json::Value = serde_json::from_slice(&fs::read(out.join("map/dossier.json")).unwrap()).unwrap();
    assert_eq!(view, lisa.ask(&["dossier", "show"]));
    let again = lisa.run(&["export", &folder]).refused(USAGE);
    assert_eq!(again.fault()["detail"], json!("map"));
    lisa.run(&["export", &at("geen/map")]).refused(SURROUNDINGS);
    lisa.run(&["plan", "print", &at("geen/plan.pdf")]).refused(SURROUNDINGS);
    lisa.run(&["export", &at("ander"), "--format", "xml"]).refused(USAGE);
    assert!(!out.join("ander").exists() && !out.join("geen").exists());

    let stranger = Home::of(stage.path().join("tim"), "Tim");
    stranger.run(&["plan", "print", &at("van-tim.pdf")]).refused(USAGE);
    assert!(!out.join("van-tim.pdf").exists());
}

/// Waits until there is such a file.
fn there(path: &Path) {
    let end = Instant::now() + Duration::from_secs(60);
    while !path.exists() {
        assert!(Instant::now() < end, "{} never came", path.display());
        std::thread::yield_now();
    }
}

#[test]
fn a_backup_that_was_asked_to_stop_leaves_neither_a_file_nor_half_of_one() {
    let stage = TempDir::new().unwrap();
    let lisa = Home::of(stage.path().join("lisa"), "Lisa Verhagen");
    lisa.load_lisa();
    let film = stage.path().join("film.bin");
    fs::File::create(&film).unwrap().set_len(150_000_000).unwrap();
    lisa.ask(&["attach", film.to_str().unwrap(), "--to", "doc-1"]);
    let out = stage.path().join("uit");
    fs::create_dir(&out).unwrap();
    let file = out.join("lisa.age");
    let backup = ["backup", file.to_str().unwrap()];
    let running = lisa.begin(&backup);
    there(&out.join("lisa.age.new"));
    let stopped = running.interrupt();
    assert_eq!(stopped.fault()["detail"], json!("stopped"), "{stopped:?}");
    assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
    // What comes back from a whole one, stopped on the way, leaves nobody.
    lisa.ask(&backup);
    let words = stage.path().join("woorden.txt");
    let all = lisa.ask(&["recovery", "words"]);
    let all: Vec<&str> = all["words"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect();
    fs::write(&words, all.join(" ")).unwrap();
    let again = Home::at(stage.path().join("opnieuw"));
    let restore = [
        "recovery",
        "restore",
        "--words-file",
        words.to_str().unwrap(),
        "--backup",
        file.to_str().unwrap(),
    ];
    let running = again.begin(&restore);
    there(&stage.path().join("opnieuw/attachments"));
    let stopped = running.interrupt();
    assert_eq!(stopped.fault()["detail"], json!("stopped"), "{stopped:?}");
    let nobody = again.run(&["dossier", "list"]).refused(USAGE);
    assert_eq!(nobody.fault()["code"], json!("no_profile"));
    assert!(!stage.path().join("opnieuw/dossier.db").exists());
    assert_eq!(again.ask(&restore)["profile"]["name"], json!("Lisa Verhagen"));
}
