//! Bad input of every kind: a clear word, the right exit status, and nothing changed.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::stage::{DONE, Home, LISA, REFUSED, SURROUNDINGS, Stage, USAGE, near};

fn lisa_text() -> Vec<u8> {
    std::fs::read(keukentafel_tests::root().join(LISA)).unwrap()
}

#[test]
fn an_unknown_command_lists_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path().join("huis"));
    for wrong in [&["opruimen"][..], &["item", "wijzig"], &["access"], &[]] {
        let said = home.refused(USAGE, wrong).err;
        for known in ["access invite", "demo load", "item set"] {
            assert!(said.contains(known), "{wrong:?}: {said}");
        }
    }
    for wrong in [
        &["init"][..],
        &["item", "add", "plan"],
        &["sync", "--until-idle", "--watch"],
        &["init", "--nam=x"],
    ] {
        home.refused(USAGE, wrong);
    }
    assert!(!home.folder.exists(), "a wrong command left something behind");
}

#[test]
fn an_argument_that_is_no_text_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path().join("huis"));
    let mut command = home.command(&["init", "--name"]);
    let output = command.arg(std::ffi::OsStr::from_bytes(b"Li\xffsa")).output().unwrap();
    assert_eq!(output.status.code(), Some(USAGE));
    assert!(!home.folder.exists());
}

#[test]
fn wrong_words_change_nothing() {
    let stage = Stage::with_lisa();
    let lisa = &stage.lisa;
    let before = lisa.ask(&["dossier", "show"]);
    let unknown = lisa.refused(USAGE, &["item", "list", "bestaatniet"]);
    assert!(
        unknown.fault()["detail"].as_str().unwrap().contains("agenda"),
        "{unknown:?}"
    );
    lisa.refused(USAGE, &["item", "add", "bestaatniet", "goals", "--set", "title=x"]);
    lisa.refused(USAGE, &["item", "add", "plan", "raketten", "--set", "title=x"]);
    lisa.refused(USAGE, &["item", "add", "plan", "goals"]);
    lisa.refused(USAGE, &["item", "set", "g-bestaatniet", "title=x"]);
    lisa.refused(USAGE, &["item", "set", "g-1", "geen teken"]);
    lisa.refused(USAGE, &["item", "set", "g-1", "=x"]);
    lisa.refused(USAGE, &["item", "remove", "g-bestaatniet"]);
    lisa.refused(USAGE, &["note", "react", "n-1", "--text", ""]);
    lisa.refused(USAGE, &["note", "add", "verslagen", "--text", ""]);
    lisa.refused(
        USAGE,
        &["note", "add", "verslagen", "--text", "x", "--for", "p-bestaatniet"],
    );
    lisa.refused(USAGE, &["access", "invite", "--person", "p-bestaatniet"]);
    lisa.refused(USAGE, &["access", "invite", "--name", "Bo", "--grant", "plan=alles"]);
    lisa.refused(
        USAGE,
        &["access", "invite", "--name", "Bo", "--grant", "bestaatniet=zien"],
    );
    lisa.refused(USAGE, &["access", "invite", "--name", "Bo"]);
    lisa.refused(
        USAGE,
        &["access", "invite", "--person", "p-karin", "--until", "gisteren"],
    );
    lisa.refused(USAGE, &["access", "revoke", "p-karin"]);
    lisa.refused(USAGE, &["access", "quarantine", "admit", "x"]);
    lisa.refused(USAGE, &["log", "--since", "ooit"]);
    lisa.refused(USAGE, &["dossier", "show", "--dossier", "ffff"]);
    lisa.refused(USAGE, &["--now", "straks", "dossier", "list"]);
    lisa.refused(USAGE, &["undo"]);
    lisa.refused(USAGE, &["sync", "--relay", "ergens"]);
    assert_eq!(lisa.ask(&["dossier", "show"]), before);
}

#[test]
fn huge_text_is_refused_or_kept_whole() {
    let stage = Stage::with_lisa();
    let file = stage.folder.path().join("velden.json");
    let before = stage.lisa.ask(&["dossier", "show"]);
    for (letters, code) in [(100_000, DONE), (3_000_000, USAGE)] {
        std::fs::write(&file, format!("{{\"title\": \"{}\"}}", "é".repeat(letters))).unwrap();
        let added = stage
            .lisa
            .run(&["item", "add", "plan", "goals", "--json-file", file.to_str().unwrap()]);
        assert_eq!(added.code, Some(code), "{letters}: {}", added.err);
        if code == DONE {
            let id = added.json()["ids"][0].as_str().unwrap().to_owned();
            assert_eq!(
                stage.lisa.item("plan", &id)["title"].as_str().unwrap().chars().count(),
                letters
            );
            stage.lisa.ask(&["item", "remove", &id]);
        }
    }
    let long = "x".repeat(20_000);
    stage.lisa.ask(&["item", "set", "g-1", &format!("title={long}")]);
    stage.lisa.ask(&["undo"]);
    assert_eq!(stage.lisa.ask(&["dossier", "show"]), before);
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path().join("huis"));
    for name in ["", "   ", "a\nb", &"x".repeat(5000)] {
        assert_eq!(home.run(&["init", "--name", name]).code, Some(USAGE), "{name:?}");
    }
    assert_eq!(
        home.run(&["init", "--name", "Lisa"]).code,
        Some(DONE),
        "a refused name keeps a good one out"
    );
}

#[test]
fn a_broken_file_says_where_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::of(folder.path().join("huis"), "Bewoner");
    let whole = lisa_text();
    let file = folder.path().join("gezin.json");
    let mut broken: Vec<(&str, Vec<u8>)> = vec![("empty", Vec::new()), ("no family", b"[1, 2]".to_vec())];
    for part in [1, 3, 7] {
        broken.push(("cut", whole[..whole.len() * part / 8].to_vec()));
    }
    let mut no_text = whole.clone();
    let at = no_text.iter().position(|byte| *byte == b'V').unwrap();
    no_text[at] = 0xff;
    broken.push(("broken UTF-8", no_text));
    for (what, content) in broken {
        std::fs::write(&file, &content).unwrap();
        let refused = home.refused(REFUSED, &["demo", "load", file.to_str().unwrap()]);
        let detail = refused.fault()["detail"].as_str().unwrap().to_owned();
        let mut parts = detail.trim_start_matches("gezin.json:").trim().split(':');
        let line: usize = parts
            .next()
            .unwrap()
            .parse()
            .unwrap_or_else(|_| panic!("{what}: no line in {detail}"));
        assert!(
            parts.next().unwrap().trim().parse::<usize>().is_ok(),
            "{what}: no column in {detail}"
        );
        let lines = content.iter().filter(|byte| **byte == b'\n').count() + 1;
        assert!(line <= lines, "{what}: {detail}");
        if what == "cut" {
            assert_eq!(line, lines, "{detail}");
        }
        assert_eq!(
            home.ask(&["dossier", "list"]),
            Value::Array(Vec::new()),
            "{what} left something behind"
        );
    }
    home.refused(REFUSED, &["demo", "load", "/bestaat/niet.json"]);
    home.refused(REFUSED, &["demo", "load", folder.path().to_str().unwrap()]);
    home.refused(
        USAGE,
        &[
            "demo",
            "load",
            keukentafel_tests::root().join(LISA).to_str().unwrap(),
            "--as",
            "p-niemand",
        ],
    );
    assert_eq!(home.ask(&["dossier", "list"]), Value::Array(Vec::new()));
    assert_eq!(home.with_input(&["demo", "load", "-"], &whole).code, Some(DONE));
    home.verified();
}

#[test]
fn another_key_or_another_database_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let lisa = Home::of(folder.path().join("lisa"), "Lisa");
    let karin = Home::of(folder.path().join("karin"), "Karin");
    let good = std::fs::read(lisa.passphrase()).unwrap();
    for wrong in ["verkeerd\n", "vier losse woorden voor de proef.\n"] {
        std::fs::write(lisa.passphrase(), wrong).unwrap();
        assert_eq!(
            lisa.refused(SURROUNDINGS, &["dossier", "list"]).fault()["code"],
            "wrong_passphrase"
        );
    }
    for unusable in ["", "\n"] {
        std::fs::write(lisa.passphrase(), unusable).unwrap();
        lisa.refused(SURROUNDINGS, &["dossier", "list"]);
    }
    std::fs::remove_file(lisa.passphrase()).unwrap();
    lisa.refused(SURROUNDINGS, &["dossier", "list"]);
    std::fs::write(lisa.passphrase(), good).unwrap();
    lisa.ask(&["dossier", "list"]);

    let database = std::fs::read(karin.folder.join("dossier.db")).unwrap();
    let own = std::fs::read(lisa.folder.join("dossier.db")).unwrap();
    for foreign in [
        database,
        b"geen database".repeat(1000),
        Vec::new(),
        own[..own.len() / 2].to_vec(),
    ] {
        std::fs::write(lisa.folder.join("dossier.db"), &foreign).unwrap();
        lisa.refused(SURROUNDINGS, &["dossier", "list"]);
        assert_eq!(
            std::fs::read(lisa.folder.join("dossier.db")).unwrap(),
            foreign,
            "a foreign file was changed"
        );
    }
    std::fs::write(lisa.folder.join("dossier.db"), own).unwrap();
    lisa.verified();
}

#[test]
fn two_programs_on_one_home_do_not_meet() {
    let stage = Stage::with_lisa();
    let watching = stage.lisa.watch();
    for words in [
        &["dossier", "list"][..],
        &["item", "set", "g-1", "title=x"],
        &["init", "--name", "x"],
        &["verify"],
    ] {
        assert_eq!(stage.lisa.refused(SURROUNDINGS, words).fault()["code"], "in_use");
    }
    // Nobody waits there: said by the program that is open.
    let nobody = stage.lisa.refused(USAGE, &["access", "confirm", "000000000000"]);
    assert_eq!(nobody.fault()["detail"], "joiner");
    watching.stop();
    stage.lisa.verified();
}

#[test]
fn a_question_without_a_terminal_is_refused_rather_than_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let lisa = Home::of(folder.path().join("lisa"), "Lisa");
    let mut command = Command::new(crate::stage::program());
    command
        .arg("--home")
        .arg(&lisa.folder)
        .args(["--json", "dossier", "list"]);
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(SURROUNDINGS));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no_terminal"));
}

#[test]
fn a_reader_that_goes_away_is_no_disaster() {
    let stage = Stage::with_lisa();
    let mut command = stage.lisa.command(&["dossier", "show"]);
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(DONE), Vec::new()));
}

#[test]
fn a_home_that_cannot_be_written_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bestand");
    std::fs::write(&file, "x").unwrap();
    let home = Home {
        folder: file.join("huis"),
        ..Home::at(folder.path().join("x"))
    };
    home.refused(SURROUNDINGS, &["init", "--name", "Lisa"]);
    // Nobody can make a folder here, whoever they are.
    let home = Home {
        folder: "/proc/keukentafel".into(),
        ..Home::at(folder.path().join("huis"))
    };
    home.refused(SURROUNDINGS, &["init", "--name", "Lisa"]);
}

#[test]
fn a_full_disk_is_said_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("schijf"), "6m") else {
        println!("skipped: a small disk cannot be mounted here");
        return;
    };
    let home = Home::of(disk.0.join("lisa"), "Lisa");
    home.load_lisa();
    let before = home.ask(&["dossier", "show"]);
    let rest = disk.0.join("rest");
    // Everything but a little is taken.
    let mut file = std::fs::File::create(&rest).unwrap();
    while std::io::Write::write_all(&mut file, &[7; 4096]).is_ok() {}
    drop(file);
    let text = "x".repeat(150_000);
    let fields = folder.path().join("velden.json");
    std::fs::write(&fields, format!("{{\"title\": \"{text}\"}}")).unwrap();
    let full = home.refused(
        SURROUNDINGS,
        &["item", "add", "plan", "goals", "--json-file", fields.to_str().unwrap()],
    );
    assert_eq!(full.fault()["code"], "disk_full");
    home.refused(
        SURROUNDINGS,
        &["demo", "dump", disk.0.join("uit.json").to_str().unwrap()],
    );
    assert!(!disk.0.join("uit.json").exists());
    std::fs::remove_file(&rest).unwrap();
    assert_eq!(home.ask(&["dossier", "show"]), before);
    home.verified();
    home.ask(&["item", "set", "g-1", "title=Er is weer plek"]);
}

/// A small disk in memory; unmounted when dropped.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir(at).unwrap();
        let size = format!("size={size}");
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(at)
            .output()
            .ok()?;
        output.status.success().then(|| Self(at.to_path_buf()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_ticket_that_is_none_is_refused_before_anybody_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::of(folder.path().join("huis"), "Bewoner");
    for wrong in [
        "",
        "kt1",
        "geen kaartje",
        "kt1aaaaaaaaaaaaaaaaaaaa",
        &"a".repeat(100_000),
    ] {
        home.refused(REFUSED, &near(&["access", "join", wrong]));
    }
    let card = folder.path().join("kaart.json");
    std::fs::write(&card, "{").unwrap();
    home.refused(
        REFUSED,
        &near(&["access", "join", "kt1", "--card", card.to_str().unwrap()]),
    );
}
