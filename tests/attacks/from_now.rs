//! Somebody who was let in from now on, with a program that keeps all it ever gets: nothing of before opens.

use std::collections::BTreeSet;

use dossier_app::contract::{Invite, Request};
use dossier_store::keyfile;
use dossier_trust::epoch::open_with;
use dossier_trust::ids::CompartmentId;
use dossier_trust::item::{Item, Kind, MAX_BODY, Position};
use dossier_trust::operation::Operation;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::forger::Forger;
use crate::stage::{GOAL, KARINS_GOAL, NOTE, Stage, agree, go_on, see, until, waiting_in};
use crate::world::{PASSPHRASE, Person, add, admit};

const SECTIONS: [&str; 3] = ["plan", "verslagen", "agenda"];
const OLD: &str = "Wat er eerst stond";
const NEW: &str = "Wat er nu staat";

async fn let_in(owner: &Person, hints: Vec<String>, name: &str, from_now: bool) -> Person {
    let person = Person::new(name);
    person.online().await;
    let invitation = Invite {
        name: Some(name.into()),
        grants: vec![
            "plan=aanpassen".into(),
            "verslagen=aanvullen".into(),
            "agenda=zien".into(),
        ],
        hints,
        from_now,
        ..Invite::default()
    };
    admit(owner, &person, invitation, name).await;
    person
}

/// What the stage's people signed in these sections, in somebody's folder.
fn content(forger: &Forger, stage: &Stage) -> BTreeSet<Position> {
    let all = SECTIONS
        .into_iter()
        .flat_map(|section| forger.items_of(stage.section(section)));
    let content = all.filter(|item| item.header.kind != Kind::Operation);
    content.map(|item| item.position()).collect()
}

/// Which of these items a program opens that tries every key it ever got on everything, and how many others.
fn opened(folder: &TempDir, stage: &Stage, before: &BTreeSet<Position>) -> (BTreeSet<Position>, usize) {
    let key = keyfile::open(&folder.path().join("key.age"), PASSPHRASE).unwrap();
    let forger = Forger::read(folder.path(), &key, stage.forger("lisa").dossier, "newcomer");
    let identity = forger.device.wrapping_identity().unwrap();
    let (mut old, mut new) = (BTreeSet::new(), 0);
    for section in SECTIONS {
        let place = stage.section(section);
        let keys = forger.keys(place);
        let opens = |item: &Item| {
            let Some(body) = &item.body else { return false };
            match item.header.kind {
                Kind::Operation => sealed_note_opens(&forger, place, body),
                Kind::RecordTo => open_with(&identity, body, MAX_BODY).is_ok(),
                Kind::Change | Kind::Record => keys.values().any(|key| key.open_item(&item.header, body).is_ok()),
            }
        };
        for item in forger.items_of(place).iter().filter(|item| opens(item)) {
            if before.contains(&item.position()) {
                old.insert(item.position());
            } else {
                new += 1;
            }
        }
    }
    (old, new)
}

fn sealed_note_opens(forger: &Forger, place: CompartmentId, body: &[u8]) -> bool {
    use dossier_trust::codec::Canonical;
    let Ok(Operation::Grant { record: Some(note), .. }) = Operation::from_bytes(body) else {
        return false;
    };
    forger
        .keys(place)
        .values()
        .any(|key| key.open_note(place, &note).is_ok())
}

fn deeds(person: &Person, id: &str) -> Vec<Value> {
    let history = person.ask(Request::History {
        dossier: None,
        id: id.into(),
    });
    let steps = history["steps"].as_array().unwrap().iter();
    steps.map(|step| step["deed"].clone()).collect()
}

fn note(text: &str) -> Request {
    Request::NoteAdd {
        dossier: None,
        section: "verslagen".into(),
        text: text.into(),
        plain: None,
        hat: None,
        readers: Vec::new(),
    }
}

fn revoke(person: &Person, who: &str) {
    person.ask(Request::Revoke {
        dossier: None,
        person: who.into(),
        keep_unseen: false,
    });
}

async fn shows(people: &[&Person], text: &str, there: bool) {
    until(people, || {
        let at = people
            .iter()
            .position(|person| person.show().to_string().contains(text) != there);
        at.map_or(Ok(()), |at| Err(format!("person {at}: {text} is there: {}", !there)))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_from_now_on_opens_nothing_of_before_with_all_they_ever_get() {
    let stage = Stage::set().await;
    let lisa = stage.seat("lisa").await;
    lisa.set("g-1", json!({"why": OLD}));
    lisa.set("g-1", json!({"why": NEW}));
    let folder = lisa.stop().await;
    let forger = stage.forger_in("lisa", &folder);
    let mut before = content(&forger, &stage);
    for section in SECTIONS {
        let operations = forger.items_of(stage.section(section)).into_iter();
        before.extend(
            operations
                .filter(|item| item.header.kind == Kind::Operation)
                .map(|item| item.position()),
        );
    }
    assert!(before.len() > 20, "{}", before.len());
    let lisa = stage.seat_in("lisa", folder).await;
    stage.connect("lisa", &lisa).await;
    let (jeroen, phone) = (stage.arrive("jeroen").await, stage.arrive("phone").await);
    see(&[&jeroen, &phone], "g-1", "why", NEW).await;
    let there = [&lisa, &jeroen, &phone];

    let sara = let_in(&lisa, stage.addresses("lisa"), "Sara Smit", true).await;
    see(&[&sara], "g-1", "why", NEW).await;
    see(&[&sara], "g-2", "title", KARINS_GOAL).await;
    let seen = sara.show().to_string();
    assert!(!seen.contains(NOTE) && !seen.contains(OLD), "{seen}");
    assert!(sara.show()["names"].to_string().contains("Jeroen Bakker"));
    assert_eq!(deeds(&sara, "g-1"), [json!("kept")]);
    // Who was there sees what they saw.
    for person in there {
        see(&[person], "g-1", "title", GOAL).await;
        shows(&[person], NOTE, true).await;
        assert_eq!(deeds(person, "g-1"), ["added", "changed", "changed"].map(Value::from));
        assert_eq!(deeds(person, "g-2"), [json!("added")]);
    }

    // It goes on: notes, work of both, somebody leaves, somebody comes who may see all of it.
    jeroen.ask(note("Na haar komst"));
    shows(&[&sara, &lisa], "Na haar komst", true).await;
    sara.set("g-1", json!({"why": "Van Sara"}));
    see(&there, "g-1", "why", "Van Sara").await;
    revoke(&lisa, "p-tim");
    let mia = let_in(&lisa, stage.addresses("lisa"), "Mia Maas", false).await;
    shows(&[&mia], NOTE, true).await;
    shows(&[&mia], "Na haar komst", true).await;
    see(&[&mia], "g-1", "why", "Van Sara").await;
    until(&[&mia], || {
        let found = deeds(&mia, "g-1");
        let wanted = ["added", "changed", "changed", "changed"].map(Value::from);
        if found == wanted {
            Ok(())
        } else {
            Err(format!("{found:?}"))
        }
    })
    .await;
    revoke(&phone, "p-ria");
    let all = [&lisa, &jeroen, &phone, &sara, &mia];
    go_on(&[&phone, &sara, &mia], &all).await;
    assert_eq!(deeds(&sara, "g-1")[0], json!("kept"));

    let folder = sara.stop().await;
    let (old, new) = opened(&folder, &stage, &before);
    assert_eq!(old, BTreeSet::new());
    assert!(new > 5, "{new}");
    // The same program in the hand of somebody who may opens most of it.
    let folder = mia.stop().await;
    let (old, _) = opened(&folder, &stage, &before);
    assert!(old.len() > 5, "{}", old.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_devices_that_let_somebody_in_from_now_on_at_once_open_nothing_and_lose_nothing() {
    let stage = Stage::set().await;
    let before = content(&stage.forger("lisa"), &stage);
    let (lisa, phone) = (stage.seat("lisa").await, stage.seat("phone").await);
    stage.connect("lisa", &lisa).await;
    stage.connect("phone", &phone).await;
    // Neither knows of the other, nor that somebody else leaves.
    let sara = let_in(&lisa, stage.addresses("lisa"), "Sara Smit", true).await;
    let bas = let_in(&phone, stage.addresses("phone"), "Bas Bos", true).await;
    revoke(&phone, "p-ria");
    lisa.ask(goal("g-5", "Op de laptop"));
    phone.ask(goal("g-6", "Op de telefoon"));
    see(&[&sara], "g-5", "title", "Op de laptop").await;
    see(&[&bas], "g-6", "title", "Op de telefoon").await;
    sara.set("g-1", json!({"why": "Van Sara"}));
    bas.set("g-2", json!({"why": "Van Bas"}));
    see(&[&lisa], "g-1", "why", "Van Sara").await;
    see(&[&phone], "g-2", "why", "Van Bas").await;
    lisa.ask(note("Op de laptop geschreven"));
    phone.ask(note("Op de telefoon geschreven"));

    // He knows where both are.
    let jeroen = stage.arrive("jeroen").await;
    let there = [&lisa, &phone, &jeroen];
    let all = [&lisa, &phone, &jeroen, &sara, &bas];
    for (id, field, text) in [
        ("g-1", "title", GOAL),
        ("g-2", "title", KARINS_GOAL),
        ("g-5", "title", "Op de laptop"),
        ("g-6", "title", "Op de telefoon"),
        ("g-1", "why", "Van Sara"),
        ("g-2", "why", "Van Bas"),
    ] {
        see(&all, id, field, text).await;
    }
    for text in [NOTE, "Op de laptop geschreven", "Op de telefoon geschreven"] {
        shows(&there, text, true).await;
    }
    shows(&[&sara, &bas], NOTE, false).await;
    go_on(&[&sara, &bas, &jeroen], &all).await;
    for person in all {
        assert_eq!(waiting_in(person, "plan"), []);
    }
    let mia = let_in(&lisa, stage.addresses("lisa"), "Mia Maas", false).await;
    for text in [NOTE, "Op de laptop geschreven", "Op de telefoon geschreven"] {
        shows(&[&mia], text, true).await;
    }
    agree(&[&lisa, &phone, &jeroen, &sara, &bas, &mia], "plan").await;
    assert_eq!(deeds(&mia, "g-2")[0], json!("added"));
    for newcomer in [sara, bas] {
        let folder = newcomer.stop().await;
        let (old, new) = opened(&folder, &stage, &before);
        assert_eq!(old, BTreeSet::new());
        assert!(new > 5, "{new}");
        // Started again it is all there.
        let newcomer = Person::start(folder).await;
        assert_eq!(newcomer.item("g-2")["why"], json!("Van Bas"));
        assert_eq!(newcomer.item("g-6")["title"], json!("Op de telefoon"));
    }
}

fn goal(id: &str, title: &str) -> Request {
    add("plan", "goals", json!({"id": id, "title": title, "status": "loopt"}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_made_apart_from_a_break_opens_nothing_to_the_newcomer() {
    let stage = Stage::set().await;
    let before = content(&stage.forger("lisa"), &stage);
    let (lisa, phone) = (stage.seat("lisa").await, stage.seat("phone").await);
    let jeroen = stage.seat("jeroen").await;
    stage.connect("lisa", &lisa).await;
    let sara = let_in(&lisa, stage.addresses("lisa"), "Sara Smit", true).await;
    // The phone has not heard of her: its new key opens all that was.
    revoke(&phone, "p-tim");
    phone.set("g-1", json!({"why": "Onder de andere sleutel"}));
    phone.ask(note("Van de telefoon"));
    jeroen.set("g-2", json!({"why": "Van onderweg"}));
    jeroen.ask(goal("g-7", "Nieuw van onderweg"));
    let jeroen = stage.seat_in("jeroen", jeroen.stop().await).await;
    stage.connect("jeroen", &jeroen).await;
    let phone = stage.seat_in("phone", phone.stop().await).await;
    stage.connect("phone", &phone).await;
    let all = [&lisa, &phone, &jeroen, &sara];
    see(&all, "g-1", "why", "Onder de andere sleutel").await;
    see(&all, "g-2", "why", "Van onderweg").await;
    see(&all, "g-7", "title", "Nieuw van onderweg").await;
    shows(&[&lisa, &phone, &jeroen], "Van de telefoon", true).await;
    shows(&[&lisa, &phone, &jeroen], NOTE, true).await;
    go_on(&[&sara, &phone, &jeroen], &all).await;
    for person in all {
        assert_eq!(waiting_in(person, "plan"), []);
    }
    let (old, new) = opened(&sara.stop().await, &stage, &before);
    assert_eq!(old, BTreeSet::new());
    assert!(new > 5, "{new}");
}
