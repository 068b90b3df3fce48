//! A long plan: whoever is let in gets its document and not its history, and nobody can tell the difference.

use dossier_app::contract::Request;
use dossier_exchange::demo;
use dossier_store::{Store, keyfile};
use dossier_trust::ids::{CompartmentId, DossierId};
use dossier_trust::item::Lane;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{PASSPHRASE, PATIENCE, Person, invite, settle};

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
    let compartment = CompartmentId::from_hex(&plan(&person).0).unwrap();
    let dossier = person.show()["id"].as_str().unwrap().to_owned();
    let folder: TempDir = person.stop().await;
    let rows = {
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
        store.close().unwrap();
        rows
    };
    (Person::start(folder).await, rows)
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
