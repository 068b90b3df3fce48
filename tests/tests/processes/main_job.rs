//! The main job between programs: invite, join, write, disagree, refuse, revoke.

use serde_json::Value;

use crate::stage::{DONE, Home, NOT_ALLOWED, REFUSED, SURROUNDINGS, Stage, USAGE, near};

#[test]
fn a_second_start_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path().join("lisa"));
    let words = folder.path().join("woorden");
    let made = home.ask(&["init", "--name", "Lisa", "--words-file", words.to_str().unwrap()]);
    assert_eq!(made["person"].as_str().unwrap().len(), 64);
    let again = home.refused(USAGE, &["init", "--name", "Iemand anders"]);
    assert_eq!(again.fault()["code"], "already_exists");
    // The words that were written are the words that are sealed.
    let sealed = home.ask(&["recovery", "words"]);
    let written = std::fs::read_to_string(&words).unwrap();
    let written: Vec<&str> = written
        .lines()
        .filter_map(|line| line.split_once(' ').map(|_| line))
        .collect();
    let written: Vec<&str> = written
        .iter()
        .map(|line| line.trim().split_once(' ').unwrap().1)
        .collect();
    let sealed: Vec<&str> = sealed["words"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect();
    assert_eq!(written, sealed);
    assert_eq!(sealed.len(), 24);
    assert_eq!(home.ask(&["dossier", "list"]), Value::Array(Vec::new()));
}

#[test]
fn what_was_loaded_comes_back_and_an_edit_changes_exactly_its_place() {
    for family in ["demo-lisa.json", "demo-sam.json"] {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::of(folder.path().join("huis"), "Bewoner");
        let file = keukentafel_tests::root()
            .join("crates/dossier-exchange/data")
            .join(family);
        home.ask(&["demo", "load", file.to_str().unwrap()]);
        let dump = folder.path().join("terug.json");
        let dumped = || -> Value {
            home.ask(&["demo", "dump", dump.to_str().unwrap()]);
            serde_json::from_slice(&std::fs::read(&dump).unwrap()).unwrap()
        };
        let mut expected: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(dumped(), expected, "{family}");
        let goal = expected["goals"][0]["id"].as_str().unwrap().to_owned();
        home.ask(&["item", "set", &goal, "title=Een ander doel"]);
        expected["goals"][0]["title"] = "Een ander doel".into();
        assert_eq!(dumped(), expected, "{family} after one edit");
        home.ask(&["undo"]);
        let untouched: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(dumped(), untouched, "{family} after undo");
    }
}

#[test]
fn both_screens_show_one_code_and_a_second_terminal_confirms_it() {
    let stage = Stage::with_lisa();
    let karin = Home::of(stage.folder.path().join("karin"), "Karin de Wit");
    let mut inviting = stage
        .lisa
        .begin(&near(&["access", "invite", "--person", "p-karin", "--wait"]));
    let ticket = inviting.next_with("ticket")["ticket"].as_str().unwrap().to_owned();
    let mut joining = karin.begin(&near(&["access", "join", &ticket]));
    let code = joining.next_with("code")["code"].as_str().unwrap().to_owned();
    assert_eq!(inviting.next_with("joining")["joining"]["code"], code.as_str());
    stage.lisa.refused(SURROUNDINGS, &["dossier", "list"]);
    assert_eq!(
        stage.lisa.ask(&["access", "confirm", &code])["granted"]["person"],
        "p-karin"
    );
    assert_eq!(joining.next_with("joined")["joined"]["me"], "p-karin");
    assert_eq!(joining.end().code, Some(DONE));
    assert_eq!(inviting.end().code, Some(DONE));
    let access = stage.lisa.ask(&["access", "list"]);
    assert_eq!(access["people"][0]["compared"], true);
    assert!(
        !stage.lisa.folder.join("control").exists(),
        "the way to the program stayed behind"
    );
}

#[test]
fn a_wrong_code_lets_nobody_in_and_ends_the_ticket() {
    let stage = Stage::with_lisa();
    let karin = Home::of(stage.folder.path().join("karin"), "Karin de Wit");
    let mut inviting = stage
        .lisa
        .begin(&near(&["access", "invite", "--person", "p-karin", "--wait"]));
    let ticket = inviting.next_with("ticket")["ticket"].as_str().unwrap().to_owned();
    let mut joining = karin.begin(&near(&["access", "join", &ticket]));
    let code = joining.next_with("code")["code"].as_str().unwrap().to_owned();
    inviting.next_with("joining");
    let wrong: String = code.chars().map(|digit| if digit == '0' { '1' } else { '0' }).collect();
    stage.lisa.refused(REFUSED, &["access", "confirm", &wrong]);
    assert_eq!(joining.end().refused(REFUSED).fault()["detail"], "refused_ticket");
    inviting.end().refused(REFUSED);
    let access = stage.lisa.ask(&["access", "list"]);
    assert_eq!(
        (&access["people"], &access["invitations"][0]["state"]),
        (&Value::Array(vec![]), &"burnt".into())
    );
    // The right code afterwards does not help.
    let watching = stage.lisa.watch();
    assert_eq!(
        karin.refused(REFUSED, &near(&["access", "join", &ticket])).fault()["detail"],
        "refused_ticket"
    );
    watching.stop();
    assert_eq!(karin.ask(&["dossier", "list"]), Value::Array(Vec::new()));
}

#[test]
fn a_ticket_is_good_once_and_not_for_ever() {
    let mut stage = Stage::with_lisa();
    let stranger = Home::of(stage.folder.path().join("vreemde"), "Een vreemde");
    let mut inviting = stage.lisa.begin(&near(&[
        "access",
        "invite",
        "--person",
        "p-karin",
        "--wait",
        "--yes-i-compared",
    ]));
    let used = inviting.next_with("ticket")["ticket"].as_str().unwrap().to_owned();
    let karin = Home::of(stage.folder.path().join("karin"), "Karin de Wit");
    karin.ask_lines(&near(&["access", "join", &used]));
    assert_eq!(inviting.end().code, Some(DONE));

    let mut watching = stage.lisa.begin(&near(&["sync", "--watch"]));
    let listening = watching.next_with("listening")["listening"][0]
        .as_str()
        .unwrap()
        .to_owned();
    watching.stop();
    let ticket = |home: &Home, more: &[&str]| {
        let words = [
            &["access", "invite", "--person", "p-anouk", "--listen", &listening],
            more,
        ]
        .concat();
        home.ask(&words)["ticket"].as_str().unwrap().to_owned()
    };
    let today = std::mem::replace(&mut stage.lisa.now, "2026-11-01T09:00:00+01:00".into());
    let old = ticket(&stage.lisa, &["--hours", "1"]);
    stage.lisa.now = today;
    let good = ticket(&stage.lisa, &[]);
    let watching = stage.lisa.watch();
    for (ticket, why) in [(&used, "used_ticket"), (&old, "expired_ticket")] {
        let refused = stranger.refused(REFUSED, &near(&["access", "join", ticket, "--timeout", "30"]));
        assert_eq!(refused.fault()["detail"], why);
    }
    let letters: Vec<char> = good.chars().collect();
    for at in [3, 40, letters.len() / 2, letters.len() - 1] {
        let mut wrong = letters.clone();
        wrong[at] = if wrong[at] == 'a' { 'b' } else { 'a' };
        let wrong: String = wrong.into_iter().collect();
        stranger.refused(REFUSED, &near(&["access", "join", &wrong, "--timeout", "30"]));
    }
    assert_eq!(stranger.ask(&["dossier", "list"]), Value::Array(Vec::new()));
    watching.stop();
    // Nobody is there.
    let absent = stranger.refused(
        crate::stage::UNREACHABLE,
        &near(&["access", "join", &good, "--timeout", "2"]),
    );
    assert_eq!(absent.fault()["code"], "not_reachable");
}

#[test]
fn three_devices_that_disagreed_show_the_same_and_what_was_also_said() {
    let stage = Stage::with_lisa();
    let both = ["plan=aanpassen", "agenda=aanpassen"];
    let karin = stage.joined("karin", "Karin de Wit", &both);
    let ria = stage.joined("ria", "Ria Verhagen", &both);
    let people = [&stage.lisa, &karin, &ria];
    stage.exchange(&[&karin, &ria]);
    let appointment = stage
        .lisa
        .ask(&["item", "list", "agenda"])
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["kind"] == "appointments")
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .unwrap();
    let places = [
        ("plan", "g-3", "title"),
        ("plan", "t-6", "text"),
        ("agenda", appointment.as_str(), "location"),
    ];
    for (number, home) in people.iter().enumerate() {
        for (_, id, field) in places {
            home.ask(&["item", "set", id, &format!("{field}=versie {number} van {field}")]);
        }
    }
    stage.exchange(&[&karin, &ria]);
    for section in ["plan", "agenda"] {
        let hashes: Vec<String> = people.iter().map(|home| home.hash(section)).collect();
        assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{section}: {hashes:?}");
    }
    for (section, id, field) in places {
        let shown: Vec<Value> = people.iter().map(|home| home.item(section, id)).collect();
        for item in &shown {
            assert_eq!(
                (&item[field], &item["also_said"]),
                (&shown[0][field], &shown[0]["also_said"]),
                "{id}"
            );
        }
        let said = shown[0]["also_said"]
            .as_array()
            .unwrap()
            .iter()
            .find(|said| said["field"] == field)
            .unwrap();
        let mut all: Vec<String> = said["values"]
            .as_array()
            .unwrap()
            .iter()
            .map(|value| value.as_str().unwrap().to_owned())
            .collect();
        all.push(shown[0][field].as_str().unwrap().to_owned());
        all.sort();
        let wanted: Vec<String> = (0..3).map(|number| format!("versie {number} van {field}")).collect();
        assert_eq!(all, wanted, "{id}");
    }
}

#[test]
fn rights_hold_and_the_log_says_who_was_refused() {
    let stage = Stage::with_lisa();
    let hendriks = stage.joined("hendriks", "Dokter Hendriks", &[]);
    let karin = stage.joined("karin", "Karin de Wit", &[]);
    // zien: nothing
    hendriks.refused(NOT_ALLOWED, &["item", "set", "g-1", "title=x"]);
    hendriks.refused(NOT_ALLOWED, &["item", "remove", "g-1"]);
    hendriks.refused(NOT_ALLOWED, &["item", "add", "plan", "actions", "--set", "text=x"]);
    // aanvullen: adding, and nothing of others
    let words = [
        "item",
        "add",
        "gezondheid",
        "health.allergies",
        "--set",
        "substance=ibuprofen",
    ];
    let added = hendriks.ask(&words)["ids"][0].as_str().unwrap().to_owned();
    hendriks.refused(NOT_ALLOWED, &["item", "set", "al-1", "substance=x"]);
    hendriks.refused(NOT_ALLOWED, &["item", "remove", "al-1"]);
    // aanpassen
    karin.ask(&["item", "set", "t-10", "status=gepland"]);
    // nothing of what is not shared, and no access of one's own making
    hendriks.refused(NOT_ALLOWED, &["item", "list", "verslagen"]);
    karin.refused(NOT_ALLOWED, &["access", "invite", "--person", "p-ria"]);
    karin.refused(NOT_ALLOWED, &["access", "revoke", "p-hendriks"]);
    hendriks.ask(&["dossier", "show"]);
    stage.exchange(&[&hendriks, &karin]);
    assert_eq!(stage.lisa.item("gezondheid", &added)["substance"], "ibuprofen");
    assert_eq!(stage.lisa.item("gezondheid", "al-1")["substance"], "penicilline");
    assert_eq!(hendriks.item("plan", "t-10")["status"], "gepland");
    let log = stage.lisa.ask(&["log", "--person", "p-hendriks"]);
    let lines = log.as_array().unwrap();
    let line = |deed: &str| {
        lines
            .iter()
            .find(|line| line["who"] == "p-hendriks" && line["deed"] == deed)
    };
    assert_eq!(line("refused").unwrap()["role"], "huisarts");
    assert_eq!(line("added").unwrap()["right"], "aanvullen");
    assert!(line("opened").unwrap()["reported"] == true);
}

#[test]
fn a_note_stays_as_it_was_written_and_the_resident_reacts() {
    let stage = Stage::with_lisa();
    let karin = stage.joined("karin", "Karin de Wit", &[]);
    let text = [
        "note",
        "add",
        "verslagen",
        "--text",
        "HB afgelegd.",
        "--plain",
        "Ik was op bezoek.",
    ];
    let note = karin.ask(&text)["ids"][0].as_str().unwrap().to_owned();
    stage.exchange(&[&karin]);
    stage
        .lisa
        .refused(NOT_ALLOWED, &["item", "set", &note, "text_plain=Ik was er niet."]);
    stage.lisa.refused(NOT_ALLOWED, &["item", "remove", &note]);
    // Also a note that was brought along in a file.
    stage.lisa.refused(NOT_ALLOWED, &["item", "set", "n-2", "text_plain=x"]);
    stage.lisa.ask(&[
        "note",
        "react",
        &note,
        "--text",
        "Klopt niet helemaal.",
        "--verdict",
        "klopt_niet",
    ]);
    stage.exchange(&[&karin]);
    let seen = karin.item("verslagen", &note);
    assert_eq!(seen["text_plain"], "Ik was op bezoek.");
    assert_eq!(seen["provenance"]["author"], "p-karin");
    assert!(seen["reactions"].to_string().contains("Klopt niet helemaal."));
}

#[test]
fn what_is_written_after_revocation_never_opens_for_the_revoked() {
    let stage = Stage::with_lisa();
    let karin = stage.joined("karin", "Karin de Wit", &[]);
    let ria = stage.joined("ria", "Ria Verhagen", &[]);
    stage.exchange(&[&karin, &ria]);
    let old = ria.copy(stage.folder.path().join("ria-oud"));
    let revoked = stage.lisa.ask(&["access", "revoke", "p-ria"]);
    assert_eq!(revoked["devices"], 1);
    let mut sections: Vec<&str> = revoked["sections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|section| section.as_str().unwrap())
        .collect();
    sections.sort_unstable();
    assert_eq!(sections, ["agenda", "crisis", "plan"]);
    let secret = "Alleen voor wie nog meekijkt";
    stage
        .lisa
        .ask(&["item", "add", "plan", "actions", "--set", &format!("text={secret}")]);
    stage.lisa.ask(&["item", "set", "g-1", &format!("title={secret}")]);
    let access = stage.lisa.ask(&["access", "list"]);
    let ended = |access: &Value| {
        access["people"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["person"] == "p-ria")
            .unwrap()["ended"]
            .clone()
    };
    assert_eq!(ended(&access)["confirmed"], false);
    let lisa = stage.lisa.watch();
    karin.sync();
    for home in [&ria, &old] {
        // Refused or not: what counts is what they hold afterwards.
        home.run(&near(&["sync", "--until-idle", "--timeout", "15"]));
    }
    lisa.stop();
    assert!(karin.ask(&["dossier", "show"]).to_string().contains(secret));
    for home in [&ria, &old] {
        let holds = crate::access_table::everything(home);
        assert!(
            !holds.contains(secret),
            "{} reads what was written afterwards",
            home.folder.display()
        );
    }
    assert_eq!(ended(&stage.lisa.ask(&["access", "list"]))["confirmed"], true);
    // What the revoked writes now counts nowhere.
    old.run(&[
        "item",
        "add",
        "agenda",
        "appointments",
        "--set",
        "title=Tegen de afspraak",
        "start=2026-12-01T10:00:00+01:00",
    ]);
    let lisa = stage.lisa.watch();
    old.run(&near(&["sync", "--until-idle", "--timeout", "15"]));
    karin.sync();
    lisa.stop();
    for home in [&stage.lisa, &karin] {
        assert!(!home.ask(&["dossier", "show"]).to_string().contains("Tegen de afspraak"));
        home.verified();
    }
}

#[test]
fn everything_holds_and_the_doctor_finds_nothing() {
    let stage = Stage::with_lisa();
    let karin = stage.joined("karin", "Karin de Wit", &[]);
    for home in [&stage.lisa, &karin] {
        let verified = home.verified();
        assert!(verified["items"].as_u64().unwrap() > 50);
        let findings = home.ask(&["doctor"]);
        assert!(
            findings.as_array().unwrap().iter().all(|one| one["state"] != "fault"),
            "{findings}"
        );
    }
    let status = stage.lisa.ask(&["sync", "status"]);
    assert_eq!(
        (&status[0]["person"], &status[0]["waiting"]),
        (&"p-karin".into(), &0.into())
    );
}
