//! A home folder is gone. The words bring it back: with a backup, or with what somebody else's program holds.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::stage::{DONE, Home, REFUSED, Stage, UNREACHABLE, USAGE, near};

fn items(home: &Home) -> BTreeMap<String, Value> {
    let view = home.ask(&["dossier", "show"]);
    let all = view["items"].as_array().unwrap().iter();
    all.map(|item| (item["id"].as_str().unwrap().to_owned(), item.clone()))
        .collect()
}

fn written_words(home: &Home, file: &std::path::Path) {
    let words = home.ask(&["recovery", "words"]);
    let words: Vec<&str> = words["words"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect();
    let lines: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(at, word)| format!("{:>2} {word}", at + 1))
        .collect();
    std::fs::write(file, lines.join("\n")).unwrap();
}

#[test]
fn the_residents_folder_is_gone_and_karins_laptop_gives_back_what_karin_could_read() {
    let stage = Stage::with_lisa();
    let karin = stage.joined("karin", "Karin de Wit", &[]);
    stage.exchange(&[&karin]);
    let words = stage.folder.path().join("woorden");
    written_words(&stage.lisa, &words);
    let (words, hers, karins) = (words.to_str().unwrap(), items(&stage.lisa), items(&karin));
    std::fs::remove_dir_all(&stage.lisa.folder).unwrap();

    let mut way = karin.begin(&near(&["access", "return-ticket", "--wait"]));
    let ticket = way.next_with("ticket")["ticket"].as_str().unwrap().to_owned();
    let back = Home::at(stage.folder.path().join("lisa opnieuw"));
    let restored = back.ask(&near(&[
        "recovery",
        "restore",
        "--words-file",
        words,
        "--from",
        &ticket,
    ]));
    assert_eq!(restored["profile"]["name"], "Lisa Verhagen");
    let lacking = &restored["returned"]["dossiers"][0]["lacking"];
    assert_eq!(lacking["private"], true, "{restored}");
    assert!(!lacking["sections"].as_array().unwrap().is_empty());
    let mine = items(&back);
    assert!(karins.iter().all(|(id, item)| mine.get(id) == Some(item)));
    assert!(mine.iter().all(|(id, item)| hers.get(id) == Some(item)));
    assert!(mine.len() < hers.len());
    // In words, for a person.
    let mut said = Command::new(crate::stage::program());
    said.args(["--home".as_ref(), back.folder.as_os_str()]);
    said.args(["--passphrase-file".as_ref(), back.passphrase().as_os_str()]);
    let said = said.args(["recovery", "lacking"]).output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("alleen voor u"), "{said}");
    // Both go on.
    let goal = karins.values().find(|item| item["kind"] == "goals").unwrap()["id"]
        .as_str()
        .unwrap();
    back.ask(&["item", "set", goal, "why=Ik ben er weer"]);
    back.sync();
    way.stop();
    assert_eq!(karin.item("plan", goal)["why"], "Ik ben er weer");
    back.verified();
    karin.verified();
}

#[test]
fn a_backup_brings_everything_back_and_the_age_program_opens_it() {
    let stage = Stage::with_lisa();
    let lisa = &stage.lisa;
    let (folder, before) = (stage.folder.path(), items(lisa));
    let (file, words) = (folder.join("backup.age"), folder.join("woorden"));
    written_words(lisa, &words);
    let made = lisa.ask(&["backup", file.to_str().unwrap()]);
    assert_eq!(made["dossiers"], 1);
    let secret = lisa.ask(&["recovery", "words"])["age_secret_key"]
        .as_str()
        .unwrap()
        .to_owned();
    let shares = lisa.ask(&["recovery", "split", "2", "3"]);
    let shares: Vec<&str> = shares["shares"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect();
    // Into a place that cannot be written: nothing.
    let nowhere = folder.join("nergens").join("backup.age");
    lisa.run(&["backup", nowhere.to_str().unwrap()])
        .refused(crate::stage::SURROUNDINGS);
    std::fs::remove_dir_all(&lisa.folder).unwrap();

    let (file, words) = (file.to_str().unwrap(), words.to_str().unwrap());
    let restore = ["recovery", "restore", "--words-file", words, "--backup", file];
    let back = Home::at(folder.join("terug"));
    let restored = back.ask(&restore);
    assert_eq!(restored["others"].as_array().unwrap().len(), 1);
    assert_eq!(items(&back), before);
    assert_eq!(back.refused(USAGE, &restore).fault()["code"], "already_exists");
    // The old device is cut; this one cannot cut itself.
    let old = restored["others"][0]["device"].as_str().unwrap();
    assert_eq!(back.ask(&["device", "revoke", old]).as_array().unwrap().len(), 1);
    let here = restored["profile"]["device"].as_str().unwrap();
    back.refused(USAGE, &["device", "revoke", here]);
    assert_eq!(items(&back), before);
    back.verified();

    // With pieces of the words; one letter wrong is refused and leaves nothing.
    let shared = Home::at(folder.join("met delen"));
    let wrong = shares[1].replacen(&shares[1][30..31], if &shares[1][30..31] == "a" { "b" } else { "a" }, 1);
    let fault = shared.refused(
        REFUSED,
        &["recovery", "restore", "--share", shares[0], "--share", &wrong],
    );
    assert_eq!(fault.fault()["detail"], "bad_share:2");
    assert!(fault.fault()["message"].as_str().unwrap().contains("Deel 2"));
    assert!(!shared.folder.exists());
    shared.ask(&[
        "recovery", "restore", "--share", shares[2], "--share", shares[0], "--backup", file,
    ]);
    assert_eq!(items(&shared), before);
    // A ticket of nobody who is there.
    let way = shared.ask_lines(&near(&["device", "add"]));
    let lonely = Home::at(folder.join("alleen"));
    let ticket = way[0]["ticket"].as_str().unwrap();
    let accept = near(&["device", "accept", ticket, "--words-file", words, "--timeout", "2"]);
    assert_eq!(lonely.run(&accept).code, Some(UNREACHABLE));

    let key = folder.join("sleutel.txt");
    std::fs::write(&key, secret).unwrap();
    let opened = Command::new("age")
        .arg("--decrypt")
        .arg("--identity")
        .arg(&key)
        .arg(file)
        .output();
    match opened {
        Ok(opened) => {
            assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
            assert!(opened.stdout.starts_with(b"keukentafel/backup/1\n"));
        }
        // `cargo xtask test` installs it, and says so here.
        Err(error) if std::env::var_os("DOSSIER_SET_UP").is_none() => {
            println!("the age program was not asked: {error}")
        }
        Err(error) => panic!("the age program should be here: {error}"),
    }
}

#[test]
fn another_passphrase_opens_the_folder_and_the_old_one_does_not() {
    let stage = Stage::with_lisa();
    let new = stage.folder.path().join("nieuwe wachtzin");
    std::fs::write(&new, "een heel andere zin om te onthouden\n").unwrap();
    stage
        .lisa
        .ask(&["passphrase", "change", "--new-file", new.to_str().unwrap()]);
    assert_eq!(
        stage.lisa.run(&["dossier", "list"]).code,
        Some(crate::stage::SURROUNDINGS)
    );
    std::fs::copy(&new, stage.lisa.passphrase()).unwrap();
    let dossier = stage.lisa.ask(&["dossier", "list"]);
    assert_eq!(dossier.as_array().unwrap().len(), 1);
    let profiles = stage.lisa.ask(&["profile", "list"]);
    assert_eq!(profiles[0]["name"], "Lisa Verhagen");
    // Gone from this device; not without a word where no backup has it.
    stage.lisa.refused(USAGE, &["dossier", "remove"]);
    let removed = stage.lisa.run(&["dossier", "remove", "--without-backup"]);
    assert_eq!(removed.code, Some(DONE), "{removed:?}");
    assert_eq!(stage.lisa.ask(&["dossier", "list"]), Value::Array(Vec::new()));
}
