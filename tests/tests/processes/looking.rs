//! The command line looks through other eyes, back, and at what made an item what it is; and mends access.

use serde_json::{Value, json};

use crate::stage::{DONE, Home, NOT_ALLOWED, USAGE, join, program};

fn item<'v>(view: &'v Value, id: &str) -> Option<&'v Value> {
    view["items"].as_array().unwrap().iter().find(|item| item["id"] == id)
}

fn on(home: &Home, day: &str) -> Home {
    Home {
        folder: home.folder.clone(),
        passphrase: home.passphrase.clone(),
        now: format!("2026-11-{day}T10:00:00+01:00"),
        inside: None,
    }
}

#[test]
fn days_and_steps_are_shown_again_and_steps_go_back() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::of(folder.path().join("lisa"), "Lisa Verhagen");
    home.load_lisa();
    let first = home.ask(&["dossier", "show"]);
    on(&home, "25").ask(&["item", "set", "g-1", "title=Anders gezegd"]);
    let second = on(&home, "25").ask(&["dossier", "show"]);
    on(&home, "27").ask(&["item", "remove", "t-1"]);
    let later = on(&home, "28");
    for (at, view) in [("2026-11-24", &first), ("2026-11-25", &second), ("2026-11-26", &second)] {
        assert_eq!(&later.ask(&["dossier", "show", "--at", at]), view, "{at}");
    }
    let now = later.ask(&["dossier", "show"]);
    assert_eq!(later.ask(&["dossier", "show", "--at", "2026-11-28"]), now);
    assert!(item(&now, "t-1").is_none());

    let told = later.ask(&["history", "g-1"]);
    let steps = told["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 2);
    assert_eq!(steps[1]["deed"], "changed");
    assert!(steps[1]["at"].as_str().unwrap().starts_with("2026-11-25T10:0"));
    assert_eq!(steps[1]["fields"][0]["after"], "Anders gezegd");
    let head = &steps[1]["step"].as_str().unwrap()[..12];
    assert_eq!(later.ask(&["dossier", "show", "--at", head]), second);
    later.refused(USAGE, &["dossier", "show", "--at", "gisteren"]);
    later.refused(USAGE, &["history", "g-999"]);
    let mut plain = later.command(&["history", "t-1"]);
    let said = plain.env("NO_COLOR", "1").output().unwrap();
    assert_eq!(said.status.code(), Some(DONE));

    let undone = later.ask(&["undo", "--steps", "5"]);
    assert_eq!(undone["left"], 0);
    assert_eq!(later.ask(&["dossier", "show"]), first);
    later.refused(USAGE, &["undo"]);
    let again = later.ask(&["redo", "--steps", "2"]);
    assert_eq!(
        (&again["left"], later.ask(&["dossier", "show"]) == first),
        (&json!(2), false)
    );
}

#[test]
fn a_preview_is_what_the_other_program_shows_and_access_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let lisa = Home::of(folder.path().join("lisa"), "Lisa Verhagen");
    lisa.load_lisa();
    let karin = Home::at(folder.path().join("karin"));
    karin.ask(&["init", "--name", "Karin de Wit"]);
    let proposals = lisa.ask(&["access", "proposals"]);
    assert!(
        proposals
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["person"] == "p-karin")
    );
    let promised = lisa.ask(&["preview", "p-karin"]);
    let stranger = lisa.ask(&["preview", "--name", "Bo", "--grant", "plan=zien"]);
    assert!(item(&stranger, "g-1").is_some() && item(&stranger, "n-1").is_none());
    join(
        &lisa,
        &karin,
        &["access", "invite", "--person", "p-karin", "--wait", "--yes-i-compared"],
    );
    assert_eq!(karin.ask(&["dossier", "show"]), promised);
    assert_eq!(lisa.ask(&["preview", "p-karin"]), promised);
    karin.refused(NOT_ALLOWED, &["preview", "p-karin"]);
    karin.refused(NOT_ALLOWED, &["access", "proposals"]);

    let access = |field: &str| lisa.ask(&["access", "list"])["people"][0][field].clone();
    let scopes = access("scopes");
    assert_eq!(access("until"), "2027-03-03");
    lisa.ask(&["access", "change", "p-karin", "--no-end", "--purpose", "samen bellen"]);
    assert_eq!(
        (access("until"), access("purpose")),
        (Value::Null, json!("samen bellen"))
    );
    assert_eq!(access("scopes"), scopes, "what is not asked stays");
    lisa.ask(&["access", "change", "p-karin", "--purpose", "", "--until", "2027-01-31"]);
    assert_eq!((access("until"), access("purpose")), (json!("2027-01-31"), Value::Null));
    lisa.refused(USAGE, &["access", "change", "p-karin", "--until", "2020-01-01"]);
    lisa.refused(USAGE, &["access", "change", "p-karin"]);

    let invited = lisa.ask_lines(&["access", "invite", "--person", "p-ria"]);
    let out = lisa.ask(&["access", "invitations"]);
    let open = out
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["state"] == "open")
        .unwrap();
    assert_eq!(open["ticket"], invited[0]["ticket"]);
    lisa.ask(&["access", "invitations", "end", open["id"].as_str().unwrap()]);
    let out = lisa.ask(&["access", "invitations"]);
    assert!(!out.as_array().unwrap().iter().any(|one| one["state"] == "open"));

    let made = lisa.ask(&["section", "new", "Voor Noor"]);
    let section = made["id"].as_str().unwrap();
    lisa.ask(&["item", "add", section, "facts", "--set", "label=a", "--set", "value=b"]);
    let contact = lisa.ask(&["item", "add", "crisis", "emergency_contacts", "--set", "value=p-ria"]);
    let contact = contact["ids"][0].as_str().unwrap().to_owned();
    assert_eq!(
        item(&lisa.ask(&["dossier", "show"]), &contact).unwrap()["value"],
        "p-ria"
    );
    lisa.ask(&["item", "set", &contact, "value=p-joop"]);
    assert_eq!(
        item(&lisa.ask(&["dossier", "show"]), &contact).unwrap()["value"],
        "p-joop"
    );
    lisa.refused(
        USAGE,
        &["item", "add", "crisis", "emergency_contacts", "--set", "name=Ria"],
    );
}

#[test]
fn from_now_on_is_asked_promised_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let lisa = Home::of(folder.path().join("lisa"), "Lisa Verhagen");
    lisa.load_lisa();
    let karin = Home::at(folder.path().join("karin"));
    karin.ask(&["init", "--name", "Karin de Wit"]);
    let later = on(&lisa, "27");
    later.ask(&["item", "set", "g-1", "title=Anders gezegd"]);
    let (karin_later, offer) = (
        on(&karin, "27"),
        ["p-karin", "--grant", "plan=aanpassen", "--from-now-on"],
    );
    let promised = later.ask(&[&["preview"], &offer[..]].concat());
    let invite = ["access", "invite", "--wait", "--yes-i-compared", "--person"];
    join(&later, &karin_later, &[&invite[..], &offer[..]].concat());
    assert_eq!(karin_later.ask(&["dossier", "show"]), promised);
    assert_eq!(item(&promised, "g-1").unwrap()["title"], "Anders gezegd");
    let earlier = ["dossier", "show", "--at", "2026-11-24"];
    assert_eq!(karin_later.ask(&earlier)["items"], json!([]));
    assert!(item(&later.ask(&earlier), "g-1").is_some());

    let from_now = || later.ask(&["access", "list"])["people"][0]["scopes"][0]["from_now"].clone();
    let said = |lang: &str| {
        let mut plain = std::process::Command::new(program());
        plain.arg("--home").arg(&later.folder);
        plain.arg("--passphrase-file").arg(later.passphrase());
        plain.args(["--now", &later.now, "--lang", lang, "access", "list"]);
        let plain = plain.env("NO_COLOR", "1").output().unwrap();
        String::from_utf8(plain.stdout).unwrap()
    };
    let sentences = [
        ("nl", "Niet wat er eerder stond."),
        ("en", "Not what was there before."),
    ];
    assert_eq!(from_now(), json!(true));
    for (lang, sentence) in sentences {
        assert!(said(lang).contains(sentence), "{}", said(lang));
    }
    later.ask(&["access", "change", "p-karin", "--with-before"]);
    assert_eq!(from_now(), Value::Null);
    for (lang, sentence) in sentences {
        assert!(!said(lang).contains(sentence));
    }
}
