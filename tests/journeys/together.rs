//! Several people writing at once, and rights as every receiver enforces them.

use dossier_app::contract::{FaultCode, Request};
use dossier_exchange::demo;
use dossier_store::{Store, keyfile};
use serde_json::{Value, json};

use crate::forger::write_unasked;
use crate::world::{PASSPHRASE, PATIENCE, Person, add, find, invite, set, settle};

fn hashes(person: &Person, sections: &[&str]) -> Vec<Value> {
    let verified = person.ask(Request::Verify);
    assert_eq!(verified["faults"], json!([]));
    let of = |one: &&Value| one["side"] == "wat" && sections.iter().any(|section| one["section"] == *section);
    let mut found: Vec<Value> = verified["compartments"]
        .as_array()
        .unwrap()
        .iter()
        .filter(of)
        .map(|one| one["hash"].clone())
        .collect();
    found.sort_by_key(Value::to_string);
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_three_people_wrote_apart_is_the_same_for_all_and_nothing_is_hidden() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    let (karin, jeroen) = (Person::new("Karin de Wit"), Person::new("Jeroen Bakker"));
    for (guest, id) in [(&karin, "p-karin"), (&jeroen, "p-jeroen")] {
        guest.online().await;
        invite(&lisa, &hints, guest, id).await;
    }
    let grants = vec!["plan=aanpassen".to_owned(), "agenda=aanpassen".to_owned()];
    lisa.ask(Request::ChangeAccess {
        dossier: None,
        person: "p-jeroen".into(),
        grants,
        until: None,
        purpose: None,
        from_now: None,
    });
    settle(&[&lisa, &karin, &jeroen]).await;

    for person in [&lisa, &karin, &jeroen] {
        person.app.offline().await;
    }
    lisa.set(
        "g-1",
        json!({"title": "Lisa zegt het zo", "why": "Dan durf ik de post weer open te maken. Echt."}),
    );
    karin.set(
        "g-1",
        json!({"title": "Karin zegt het zo", "why": "Samen: Dan durf ik de post weer open te maken."}),
    );
    jeroen.set("g-1", json!({"title": "Jeroen zegt het zo"}));
    lisa.set("t-1", json!({"status": "klaar"}));
    karin.set("t-1", json!({"status": "gestopt"}));
    jeroen.set("t-1", json!({"due": "2026-12-24"}));
    lisa.set("v-1", json!({"start": "2026-11-25T11:00:00+01:00"}));
    karin.set("v-1", json!({"start": "2026-11-25T12:00:00+01:00"}));
    jeroen.set("v-1", json!({"status": "verzet"}));
    for person in [&lisa, &karin, &jeroen] {
        person.online().await;
    }
    settle(&[&lisa, &karin, &jeroen]).await;
    settle(&[&jeroen, &karin, &lisa]).await;

    let plan = hashes(&lisa, &["plan", "agenda"]);
    assert_eq!(plan.len(), 2);
    for person in [&karin, &jeroen] {
        assert_eq!(hashes(person, &["plan", "agenda"]), plan);
        for id in ["g-1", "t-1", "v-1"] {
            let (mine, theirs) = (lisa.item(id), person.item(id));
            for field in ["title", "why", "status", "due", "start", "also_said"] {
                assert_eq!(mine[field], theirs[field], "{id} {field}");
            }
        }
    }
    let goal = lisa.item("g-1");
    let said = goal["also_said"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["field"] == "title")
        .unwrap();
    assert_eq!(
        said["values"].as_array().unwrap().len(),
        2,
        "two titles that lost are still to be read"
    );
    let why = goal["why"].as_str().unwrap();
    assert!(
        why.starts_with("Samen: ") && why.ends_with("Echt."),
        "prose merges: {why}"
    );
    assert_eq!(lisa.item("t-1")["due"], json!("2026-12-24"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_is_what_every_receiver_enforces() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    let (jeroen, ria) = (Person::new("Jeroen Bakker"), Person::new("Ria Verhagen"));
    for (guest, id) in [(&jeroen, "p-jeroen"), (&ria, "p-ria")] {
        guest.online().await;
        invite(&lisa, &hints, guest, id).await;
    }
    settle(&[&lisa, &jeroen, &ria]).await;

    // zien: nothing at all.
    assert_eq!(
        ria.refused(set("g-1", json!({"title": "x"}))).code,
        FaultCode::NotAllowed
    );
    assert_eq!(
        ria.refused(add("plan", "actions", json!({"text": "x"}))).code,
        FaultCode::NotAllowed
    );
    // aanvullen: adds, in its place and as theirs, but changes nothing of others.
    assert_eq!(
        jeroen.refused(set("g-1", json!({"title": "x"}))).code,
        FaultCode::NotAllowed
    );
    let action = jeroen.ask(add(
        "plan",
        "actions",
        json!({"goal_id": "g-3", "text": "Samen opstaan", "who": ["p-lisa"], "status": "open"}),
    ));
    let action = action["ids"][0].as_str().unwrap().to_owned();
    settle(&[&jeroen, &lisa, &ria]).await;
    let shown = lisa.item(&action);
    assert_eq!(
        (&shown["text"], &shown["provenance"]["author"]),
        (&json!("Samen opstaan"), &json!("p-jeroen"))
    );
    assert_eq!(shown["contribution"], json!(true));
    assert_eq!(ria.item(&action)["text"], json!("Samen opstaan"));
    // Who may change takes it over; the original stays the author's.
    lisa.set(&action, json!({"status": "bezig"}));
    settle(&[&lisa, &jeroen, &ria]).await;
    assert_eq!(jeroen.item(&action)["status"], json!("bezig"));
    assert_eq!(
        ria.show()["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|item| item["text"] == "Samen opstaan")
            .count(),
        1
    );

    // A program that does not ask: the change is written, signed with real keys and sent, and no receiver counts it.
    let jeroen = write_unasked(jeroen, "g-1", "title", json!("Vals")).await;
    jeroen.online().await;
    settle(&[&jeroen, &lisa, &ria]).await;
    for person in [&lisa, &ria] {
        assert_eq!(
            person.item("g-1")["title"],
            json!("Ik weet elke week wat ik kan uitgeven")
        );
        let waiting = person.ask(Request::Quarantine { dossier: None });
        assert_eq!(waiting[0]["reason"], json!("right_too_small"));
        assert_eq!(waiting[0]["who"], json!("p-jeroen"));
    }
    let log = lisa.ask(Request::Log {
        dossier: None,
        person: Some("p-jeroen".into()),
        since: None,
    });
    assert!(
        log.as_array().unwrap().iter().any(|line| line["deed"] == "refused"),
        "{log}"
    );
    assert!(
        log.as_array()
            .unwrap()
            .iter()
            .any(|line| line["deed"] == "opened" && line["reported"] == true),
        "{log}"
    );
    assert!(
        log.as_array().unwrap().iter().any(|line| line["deed"] == "added"),
        "{log}"
    );
    // What waits can be thrown away, by the resident alone; then nobody waits for it any more.
    let drop = |person: &Person| {
        let waiting = person.ask(Request::Quarantine { dossier: None });
        let item = waiting[0]["item"].as_str().unwrap().to_owned();
        Request::QuarantineDrop { dossier: None, item }
    };
    assert_eq!(ria.refused(drop(&ria)).code, FaultCode::NotAllowed);
    let dropped = drop(&lisa);
    lisa.ask(dropped.clone());
    assert_eq!(lisa.refused(dropped).code, FaultCode::NotFound);
    settle(&[&lisa, &ria]).await;
    for person in [&lisa, &ria] {
        assert_eq!(person.ask(Request::Quarantine { dossier: None }), json!([]));
        assert_eq!(person.ask(Request::Verify)["ok"], json!(true));
    }
    lisa.set("g-1", json!({"title": "Nog steeds te wijzigen"}));
    assert!(find(&lisa.show(), "g-1").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_was_stopped_goes_on_where_it_was() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    let karin = Person::new("Karin de Wit");
    karin.online().await;
    invite(&lisa, &hints, &karin, "p-karin").await;
    settle(&[&karin, &lisa]).await;
    let (lisa, karin) = (lisa.restart().await, karin.restart().await);
    karin.set("g-2", json!({"status": "gehaald"}));
    lisa.set("g-2", json!({"priority": 2}));
    lisa.online().await;
    karin.online().await;
    settle(&[&karin, &lisa]).await;
    for person in [&lisa, &karin] {
        assert_eq!(person.item("g-2")["status"], json!("gehaald"));
        assert_eq!(person.item("g-2")["priority"], json!(2));
    }
}

/// How many chains a profile holds; its program is stopped.
fn chains_in(home: &std::path::Path) -> usize {
    let key = keyfile::open(&home.join("key.age"), PASSPHRASE).unwrap();
    let store = Store::open(home, &key).unwrap();
    let mut count = 0;
    for row in store.dossiers().unwrap() {
        for compartment in store.compartments(&row.dossier).unwrap() {
            count += store.chains(&row.dossier, &compartment).unwrap().len();
        }
    }
    store.close().unwrap();
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chains_are_new_after_a_stop_that_was_not_orderly_and_only_then() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let mut folder = lisa.stop().await;
    let first = chains_in(folder.path());
    let mut counts = Vec::new();
    for step in ["orderly", "cut off", "orderly", "orderly"] {
        if step == "cut off" {
            // What the store writes last when it closes, and what a cut leaves out.
            std::fs::remove_file(folder.path().join("anchor")).unwrap();
        }
        let lisa = Person::start(folder).await;
        lisa.set("g-2", json!({"status": step}));
        folder = lisa.stop().await;
        counts.push(chains_in(folder.path()) - first);
    }
    assert_eq!(counts, [0, 1, 1, 1]);
    let lisa = Person::start(folder).await;
    assert_eq!(lisa.item("g-2")["status"], json!("orderly"));
    assert_eq!(lisa.ask(Request::Verify)["ok"], json!(true));
}

/// The port at an address, as soon as whoever has it lets go of it.
async fn taken(address: &str) -> std::net::UdpSocket {
    let patience = tokio::time::Instant::now() + PATIENCE;
    loop {
        match std::net::UdpSocket::bind(address) {
            Ok(socket) => return socket,
            Err(_) if tokio::time::Instant::now() < patience => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_comes_back_where_others_remember_it_or_else_somewhere() {
    let lisa = Person::new("Lisa Verhagen");
    let first = lisa.online().await;
    lisa.app.offline().await;

    // Its own program of a moment ago, which has not let go of the port yet.
    let held = taken(&first[0]).await;
    let gone = tokio::spawn(async move {
        tokio::task::yield_now().await;
        drop(held);
    });
    assert_eq!(lisa.online().await, first);
    gone.await.unwrap();
    lisa.app.offline().await;

    // Somebody else's program, which keeps it.
    let _kept = taken(&first[0]).await;
    assert_ne!(lisa.online().await, first);
}
