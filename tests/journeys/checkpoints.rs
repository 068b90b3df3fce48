//! A long plan: whoever is let in gets its document and not its history, and nobody can tell the difference.

use dossier_app::contract::{Invite, Request};
use dossier_exchange::demo;
use dossier_store::{Store, keyfile};
use dossier_trust::ids::{CompartmentId, DossierId};
use dossier_trust::item::Lane;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{PASSPHRASE, PATIENCE, Person, add, admit, find, invite, settle};

/// How a part of a checkpoint is kept.
const PART: u8 = 3;

/// More than a newcomer is made to read one by one.
const EDITS: u32 = 300;

fn write(person: &Person, edits: std::ops::Range<u32>) {
    for edit in edits {
        person.set("g-1", json!({"title": format!("Titel {edit}")}));
    }
}

/// Items of the plan's document in the store, and the hash of the document.
fn plan(person: &Person) -> (String, Value) {
    let verified = person.ask(Request::Verify);
    assert_eq!(verified["faults"], json!([]));
    let compartments = verified["compartments"].as_array().unwrap();
    let plan = compartments
        .iter()
        .find(|one| one["section"] == "plan" && one["side"] == "wat")
        .unwrap();
    let waiting = person.ask(Request::Quarantine { dossier: None });
    assert_eq!(plan["waiting"], json!(0), "{waiting}");
    (plan["compartment"].as_str().unwrap().to_owned(), plan["hash"].clone())
}

fn same_plan(people: &[&Person]) -> Value {
    let (_, hash) = plan(people[0]);
    for person in people {
        assert_eq!(plan(person).1, hash);
    }
    hash
}

async fn rows(person: Person) -> (Person, usize) {
    let (folder, rows, _) = stopped(person).await;
    (Person::start(folder).await, rows)
}

/// Somebody's folder, how many items of the plan's document are in it, and how many parts of its checkpoints.
async fn stopped(person: Person) -> (TempDir, usize, usize) {
    let compartment = CompartmentId::from_hex(&plan(&person).0).unwrap();
    let dossier = person.show()["id"].as_str().unwrap().to_owned();
    let folder: TempDir = person.stop().await;
    let (rows, parts) = {
        let key = keyfile::open(&folder.path().join("key.age"), PASSPHRASE).unwrap();
        let store = Store::open(folder.path(), &key).unwrap();
        let mut rows = 0;
        let dossier = DossierId::from_hex(&dossier).unwrap();
        store
            .each_item::<dossier_store::StoreError>(&dossier, &compartment, Some(Lane::Doc.code()), |_| {
                rows += 1;
                Ok(())
            })
            .unwrap();
        let parts = store.loose_ids(&dossier, &compartment, Some(PART)).unwrap().len();
        store.close().unwrap();
        (rows, parts)
    };
    (folder, rows, parts)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_gets_the_document_and_not_its_history() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    write(&lisa, 0..EDITS);
    let hints = lisa.online().await;
    let karin = Person::new("Karin de Wit");
    karin.online().await;
    invite(&lisa, &hints, &karin, "p-karin").await;
    settle(&[&lisa, &karin]).await;
    let title = format!("Titel {}", EDITS - 1);
    assert_eq!(karin.item("g-1")["title"], json!(title));
    assert_eq!(karin.item("g-2"), lisa.item("g-2"));
    same_plan(&[&lisa, &karin]);

    // Both go on from there, apart and together, and start anew.
    let (karin, held) = rows(karin).await;
    assert!(held < 10, "{held} items for a document of {EDITS} edits");
    let (lisa, held) = rows(lisa).await;
    assert!(held < 10, "the resident keeps {held} items below the checkpoint");
    karin.set("g-1", json!({"title": "Van Karin"}));
    lisa.set("g-1", json!({"why": "Omdat het kan."}));
    lisa.online().await;
    karin.online().await;
    settle(&[&lisa, &karin]).await;
    for person in [&lisa, &karin] {
        assert_eq!(person.item("g-1")["title"], json!("Van Karin"));
        assert_eq!(person.item("g-1")["why"], json!("Omdat het kan."));
    }
    let before = same_plan(&[&lisa, &karin]);

    // Her access ends: what she wrote stays, and the document is the one it was.
    lisa.ask(Request::Revoke {
        dossier: None,
        person: "p-karin".into(),
        keep_unseen: false,
    });
    assert_eq!(plan(&lisa).1, before);
    let lisa = lisa.restart().await;
    assert_eq!(plan(&lisa).1, before);
    assert_eq!(lisa.item("g-1")["title"], json!("Van Karin"));
}

/// Nobody looks along, nothing is sent: a long plan gets its checkpoint all the same, and the next start is short.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_writes_alone_gets_a_checkpoint_when_it_is_due() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    write(&lisa, 0..1_010);
    let in_checkpoint = |person: &Person| {
        let verified = person.ask(Request::Verify);
        let mut all = verified["compartments"].as_array().unwrap().iter();
        let plan = all
            .find(|one| one["section"] == "plan" && one["side"] == "wat")
            .unwrap();
        plan["in_checkpoint"].as_u64().unwrap()
    };
    let made = async {
        while in_checkpoint(&lisa) < 1_000 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, made).await.unwrap();
    let before = plan(&lisa).1;
    let (lisa, held) = rows(lisa).await;
    assert!(held < 200, "{held} items are kept beside the checkpoint");
    assert_eq!(plan(&lisa).1, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_away_comes_back_to_a_checkpoint_with_work_of_their_own() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    let (karin, jeroen) = (Person::new("Karin de Wit"), Person::new("Jeroen Bakker"));
    karin.online().await;
    invite(&lisa, &hints, &karin, "p-karin").await;
    karin.set("g-2", json!({"title": "Eerst samen"}));
    settle(&[&lisa, &karin]).await;
    karin.app.offline().await;
    karin.set("g-2", json!({"title": "Onderweg geschreven"}));

    write(&lisa, 0..EDITS);
    jeroen.online().await;
    invite(&lisa, &hints, &jeroen, "p-jeroen").await;
    settle(&[&lisa, &jeroen]).await;
    assert_eq!(jeroen.item("g-2")["title"], json!("Eerst samen"));

    karin.online().await;
    settle(&[&karin, &lisa, &jeroen]).await;
    settle(&[&karin, &lisa, &jeroen]).await;
    for person in [&lisa, &karin, &jeroen] {
        assert_eq!(person.item("g-1")["title"], json!(format!("Titel {}", EDITS - 1)));
        assert_eq!(person.item("g-2")["title"], json!("Onderweg geschreven"));
    }
    let hash = same_plan(&[&lisa, &karin, &jeroen]);
    let (karin, held) = rows(karin).await;
    assert!(held < 10, "{held} items");
    assert_eq!(plan(&karin).1, hash);

    // And on from there, in both directions.
    karin.online().await;
    karin.set("g-2", json!({"title": "Op het checkpoint"}));
    lisa.set("g-1", json!({"title": "Ook erop"}));
    settle(&[&karin, &lisa, &jeroen]).await;
    for person in [&lisa, &karin, &jeroen] {
        assert_eq!(person.item("g-1")["title"], json!("Ook erop"));
        assert_eq!(person.item("g-2")["title"], json!("Op het checkpoint"));
    }
    same_plan(&[&lisa, &karin, &jeroen]);
}

fn deeds(person: &Person) -> Vec<Value> {
    let history = person.ask(Request::History {
        dossier: None,
        id: "g-1".into(),
    });
    let steps = history["steps"].as_array().unwrap().iter();
    steps.map(|step| step["deed"].clone()).collect()
}

/// A long document with a checkpoint begins anew: first for somebody who comes from now on, then because something is
/// erased. Whoever rested on the old one, away or not, comes to the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_document_begins_anew_above_its_checkpoint() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    lisa.ask(add(
        "plan",
        "goals",
        json!({"id": "g-99", "title": "Straks gewist", "status": "loopt"}),
    ));
    write(&lisa, 0..EDITS);
    let hints = lisa.online().await;
    let (karin, jeroen) = (Person::new("Karin de Wit"), Person::new("Jeroen Bakker"));
    karin.online().await;
    invite(&lisa, &hints, &karin, "p-karin").await;
    settle(&[&lisa, &karin]).await;
    let (folder, held, old) = stopped(karin).await;
    assert!(held < 10 && old > 0, "{held} items, {old} parts");
    let karin = Person::start(folder).await;
    karin.set("g-2", json!({"title": "Onderweg geschreven"}));

    // Somebody comes from now on: no checkpoint of before, and what there was stays.
    let sara = Person::new("Sara Smit");
    sara.online().await;
    let invitation = |name: &str, from_now| Invite {
        name: Some(name.into()),
        grants: vec!["plan=aanpassen".into()],
        hints: hints.clone(),
        from_now,
        ..Invite::default()
    };
    admit(&lisa, &sara, invitation("Sara Smit", true), "Sara Smit").await;
    settle(&[&lisa, &sara]).await;
    assert_eq!(sara.item("g-1")["title"], json!(format!("Titel {}", EDITS - 1)));
    assert_eq!(deeds(&sara), ["kept"]);
    assert_eq!(deeds(&lisa).len(), EDITS as usize + 1);
    same_plan(&[&lisa, &sara]);

    // The new one is long enough for a checkpoint of its own, which is hers to open.
    write(&lisa, EDITS..2 * EDITS);
    jeroen.online().await;
    admit(&lisa, &jeroen, invitation("Jeroen Bakker", false), "Jeroen Bakker").await;
    for _ in 0..3 {
        settle(&[&lisa, &sara, &jeroen]).await;
    }
    same_plan(&[&lisa, &sara, &jeroen]);
    let whole = 2 * EDITS as usize + 1;
    assert_eq!(deeds(&jeroen).len(), whole, "he sees how it came about");
    assert_eq!(deeds(&sara).len(), EDITS as usize + 1);
    let (folder, held, parts) = stopped(jeroen).await;
    assert!(held < 20 && parts > old, "{held} items, {parts} parts");
    let jeroen = Person::start(folder).await;
    let (folder, held, _) = stopped(sara).await;
    assert!(held < 20, "{held} items");
    let sara = Person::start(folder).await;
    assert_eq!(deeds(&sara).len(), EDITS as usize + 1);
    sara.online().await;
    karin.online().await;
    for _ in 0..3 {
        settle(&[&lisa, &karin, &sara]).await;
    }
    let titles = |people: &[&Person]| {
        for person in people {
            assert_eq!(person.item("g-1")["title"], json!(format!("Titel {}", 2 * EDITS - 1)));
            assert_eq!(person.item("g-2")["title"], json!("Onderweg geschreven"));
        }
    };
    titles(&[&lisa, &karin, &sara]);
    same_plan(&[&lisa, &karin, &sara]);
    assert_eq!(deeds(&karin).len(), whole);

    // Something is erased while he, who rests on both, is away; a week later nothing of before is left.
    jeroen.set("g-2", json!({"why": "Terwijl hij weg was"}));
    lisa.ask(Request::ItemErase {
        dossier: String::new(),
        id: "g-99".into(),
    });
    for _ in 0..3 {
        settle(&[&lisa, &karin, &sara]).await;
    }
    titles(&[&lisa, &karin, &sara]);
    same_plan(&[&lisa, &karin, &sara]);
    for person in [&lisa, &karin, &sara] {
        assert!(find(&person.show(), "g-99").is_none());
        assert_eq!(deeds(person), ["kept"]);
    }
    let mut folders = Vec::new();
    for person in [lisa, karin, sara] {
        folders.push(stopped(person).await);
    }
    for (now, gone) in [
        ("2026-11-29T10:00:00+01:00", false),
        ("2026-12-01T10:00:00+01:00", true),
    ] {
        let mut next = Vec::new();
        for (folder, _, parts) in folders {
            assert!(parts > 0);
            let person = Person::start_at(folder, now).await;
            person.set("g-2", json!({"note": now}));
            let stopped = stopped(person).await;
            assert_eq!(stopped.2 == 0, gone, "{now}");
            next.push(stopped);
        }
        folders = next;
    }
    let (mut people, mut hints) = (Vec::new(), Vec::new());
    for (folder, _, _) in folders {
        let person = Person::start_at(folder, "2026-12-01T11:00:00+01:00").await;
        hints.push(person.online().await);
        people.push(person);
    }
    jeroen.online().await;
    people.push(jeroen);
    let mia = Person::new("Mia Maas");
    mia.online().await;
    let invitation = Invite {
        hints: hints.remove(0),
        ..invitation("Mia Maas", false)
    };
    admit(&people[0], &mia, invitation, "Mia Maas").await;
    people.push(mia);
    let all: Vec<&Person> = people.iter().collect();
    for _ in 0..4 {
        settle(&all).await;
    }
    titles(&all);
    same_plan(&all);
    for person in all {
        assert!(find(&person.show(), "g-99").is_none());
        assert_eq!(person.item("g-2")["why"], json!("Terwijl hij weg was"));
        assert_eq!(deeds(person), ["kept"]);
    }
}
