//! A document that begins anew: what goes for good, who may do that, and what becomes of work that was written meanwhile.

use dossier_app::contract::{Invite, Request};
use dossier_trust::ids::{GenerationId, ItemHash};
use dossier_trust::item::{Kind, Lane, Position};
use dossier_trust::operation::{OpId, Operation};
use serde_json::{Value, json};

use crate::forger::Forger;
use crate::stage::{GOAL, KARINS_GOAL, Stage, agree, go_on, see, until, waiting_in};
use crate::thief::cut_the_laptop;
use crate::world::{Person, add, admit, find};

/// A generation after the current one that takes everything along and lets the content of all of it go.
fn anew(forger: &Forger, stage: &Stage, grant: OpId) -> GenerationId {
    let plan = stage.section("plan");
    let parent = forger.consent(plan).current_generation().unwrap();
    let mut base = forger.ends(plan);
    base.sort();
    let mut drop: Vec<ItemHash> = base.iter().map(|position| position.hash).collect();
    drop.sort();
    let log = forger.open(plan, Lane::Log, grant);
    GenerationId(forger.operation(log, Operation::Generation { parent, base, drop }).0)
}

async fn gone(people: &[&Person], id: &str) {
    until(people, || {
        match people.iter().position(|person| find(&person.show(), id).is_some()) {
            Some(at) => Err(format!("person {at} shows {id}")),
            None => Ok(()),
        }
    })
    .await;
}

fn said_again(person: &Person) -> usize {
    let log = person.ask(Request::Log {
        dossier: None,
        person: None,
        since: None,
    });
    let lines = log.as_array().unwrap().iter();
    lines.filter(|line| line["reason"] == "said_again").count()
}

fn goal(id: &str, title: &str) -> Request {
    add("plan", "goals", json!({"id": id, "title": title, "status": "loopt"}))
}

fn erase(id: &str) -> Request {
    Request::ItemErase {
        dossier: String::new(),
        id: id.into(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_46_a_thief_begins_a_document_that_drops_everything() {
    let stage = Stage::set().await;
    let phone = stage.arrive("phone").await;
    let (jeroen, ria) = (stage.arrive("jeroen").await, stage.arrive("ria").await);
    let all = [&phone, &jeroen, &ria];
    let thief = stage.forger("lisa");
    anew(&thief, &stage, OpId::OWNER);
    for whom in ["phone", "jeroen", "ria"] {
        stage.visit(&thief, whom).await;
    }
    gone(&all, "g-1").await;
    // Jeroen does not know better and goes on.
    jeroen.ask(goal("g-9", "Intussen"));
    see(&all, "g-9", "title", "Intussen").await;
    let cutter = cut_the_laptop(&stage, &[]);
    for whom in ["phone", "jeroen", "ria"] {
        stage.visit(&cutter, whom).await;
    }
    see(&all, "g-1", "title", GOAL).await;
    see(&all, "g-2", "title", KARINS_GOAL).await;
    // What he wrote in the thief's document his own program says again.
    see(&all, "g-9", "title", "Intussen").await;
    assert_eq!(said_again(&jeroen), 1);
    for person in all {
        assert_eq!(waiting_in(person, "plan"), []);
    }
    agree(&all, "plan").await;
    go_on(&[&phone, &jeroen], &all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_03_an_editor_begins_a_document_anew() {
    let stage = Stage::set().await;
    let phone = stage.arrive("phone").await;
    let jeroen = stage.arrive("jeroen").await;
    let all = [&phone, &jeroen];
    let karin = stage.forger("karin");
    let plan = stage.section("plan");
    // Under her own grant, and under that of the resident, which she does not have.
    for grant in [karin.grant(plan), OpId::OWNER] {
        anew(&karin, &stage, grant);
    }
    for whom in ["phone", "jeroen"] {
        stage.visit(&karin, whom).await;
    }
    go_on(&[&phone, &jeroen], &all).await;
    for person in all {
        assert_eq!(person.item("g-1")["title"], json!(GOAL));
        assert_eq!(person.item("g-2")["title"], json!(KARINS_GOAL));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_devices_that_erase_something_at_once_erase_both() {
    let stage = Stage::set().await;
    let (lisa, phone) = (stage.seat("lisa").await, stage.seat("phone").await);
    lisa.ask(erase("g-1"));
    phone.ask(erase("g-2"));
    phone.ask(goal("g-5", "Op de telefoon"));
    lisa.ask(goal("g-6", "Op de laptop"));
    stage.connect("lisa", &lisa).await;
    let jeroen = stage.arrive("jeroen").await;
    // Who is online by now, she learns when she comes back.
    let phone = stage.seat_in("phone", phone.stop().await).await;
    stage.connect("phone", &phone).await;
    let all = [&lisa, &phone, &jeroen];
    gone(&all, "g-1").await;
    gone(&all, "g-2").await;
    see(&all, "g-5", "title", "Op de telefoon").await;
    see(&all, "g-6", "title", "Op de laptop").await;
    agree(&all, "plan").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_away_says_again_what_still_stands() {
    let stage = Stage::set().await;
    let (lisa, jeroen) = (stage.seat("lisa").await, stage.seat("jeroen").await);
    jeroen.set("g-1", json!({"why": "Bij wat gewist wordt"}));
    jeroen.set("g-2", json!({"why": "Van onderweg"}));
    jeroen.ask(goal("g-7", "Nieuw van onderweg"));
    lisa.ask(erase("g-1"));
    assert!(find(&lisa.show(), "g-1").is_none());
    assert_eq!(lisa.item("g-2")["title"], json!(KARINS_GOAL));
    let history = |person: &Person, id: &str| -> Vec<Value> {
        let history = person.ask(Request::History {
            dossier: None,
            id: id.into(),
        });
        let steps = history["steps"].as_array().unwrap().iter();
        steps.map(|step| step["deed"].clone()).collect()
    };
    assert_eq!(history(&lisa, "g-2"), [json!("kept")]);
    lisa.refused(Request::History {
        dossier: None,
        id: "g-1".into(),
    });
    lisa.refused(Request::Undo { dossier: String::new() });
    stage.connect("lisa", &lisa).await;
    let ria = stage.arrive("ria").await;
    let jeroen = stage.seat_in("jeroen", jeroen.stop().await).await;
    stage.connect("jeroen", &jeroen).await;
    let all = [&lisa, &jeroen, &ria];
    see(&all, "g-2", "why", "Van onderweg").await;
    see(&all, "g-7", "title", "Nieuw van onderweg").await;
    gone(&all, "g-1").await;
    assert_eq!(said_again(&jeroen), 1);
    assert_eq!(history(&ria, "g-2"), [json!("kept"), json!("changed")]);
    for person in all {
        assert_eq!(waiting_in(person, "plan"), []);
    }
    agree(&all, "plan").await;
    // Said once is enough.
    let jeroen = stage.seat_in("jeroen", jeroen.stop().await).await;
    stage.connect("jeroen", &jeroen).await;
    for (writer, words) in [(&lisa, "Verder"), (&jeroen, "En verder")] {
        writer.set("g-2", json!({"why": words}));
        see(&[&lisa, &jeroen, &ria], "g-2", "why", words).await;
    }
    agree(&[&lisa, &jeroen, &ria], "plan").await;
    assert_eq!(said_again(&jeroen), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_erased_from_a_document_is_destroyed_a_week_later_and_nobody_brings_it_back() {
    const LATER: &str = "2026-12-01T10:00:00+01:00";
    let stage = Stage::set().await;
    let plan = stage.section("plan");
    let before: Vec<Position> = {
        let items = stage.forger("lisa").items_of(plan).into_iter();
        let changes = items.filter(|item| item.header.kind == Kind::Change);
        changes.map(|item| item.position()).collect()
    };
    assert!(before.len() > 1);
    let (lisa, jeroen) = (stage.arrive("lisa").await, stage.arrive("jeroen").await);
    lisa.ask(erase("g-1"));
    gone(&[&lisa, &jeroen], "g-1").await;
    see(&[&lisa, &jeroen], "g-2", "title", KARINS_GOAL).await;
    let mut folders = vec![("lisa", lisa.stop().await), ("jeroen", jeroen.stop().await)];
    for (now, there) in [
        ("2036-01-01T10:00:00+01:00", true),
        ("2026-11-29T10:00:00+01:00", true),
        (LATER, false),
    ] {
        let mut next = Vec::new();
        for (who, folder) in folders {
            let person = Person::start_at(folder, now).await;
            person.set("g-2", json!({"why": now}));
            let folder = person.stop().await;
            for at in &before {
                assert_eq!(stage.holds_body(who, &folder, at), there, "{who} {now}");
            }
            next.push((who, folder));
        }
        folders = next;
    }
    let (_, folder) = folders.remove(0);
    let lisa = Person::start_at(folder, LATER).await;
    stage.connect("lisa", &lisa).await;
    // Somebody who never heard of it hands out what there was; somebody new gets what is left.
    stage.visit(&stage.forger("ria"), "lisa").await;
    let sara = Person::new("Sara Smit");
    sara.online().await;
    let invitation = Invite {
        name: Some("Sara Smit".into()),
        grants: vec!["plan=aanpassen".into()],
        hints: stage.addresses("lisa"),
        ..Invite::default()
    };
    admit(&lisa, &sara, invitation, "Sara Smit").await;
    see(&[&sara], "g-2", "why", LATER).await;
    sara.set("g-2", json!({"why": "Van Sara"}));
    see(&[&lisa], "g-2", "why", "Van Sara").await;
    agree(&[&lisa, &sara], "plan").await;
    for person in [&lisa, &sara] {
        assert!(find(&person.show(), "g-1").is_none());
        assert_eq!(person.ask(Request::Verify)["ok"], json!(true));
    }
    let lisa = lisa.stop().await;
    for at in &before {
        assert!(!stage.holds_body("lisa", &lisa, at));
    }
}
