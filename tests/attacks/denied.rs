//! Who has no right, or no right any more.

use dossier_app::contract::Request;
use dossier_model::{Item, RecordContent};
use dossier_model::record::RecordItem;
use dossier_trust::item::Lane;
use dossier_trust::operation::{OpId, Operation};
use serde_json::json;

use crate::stage::{GOAL, Stage, agree, go_on, logged, see, until, waits};
use crate::world::Person;

pub fn end_access(owner: &Person, person: &str) {
    owner.ask(Request::Revoke {
        dossier: None,
        person: person.into(),
        keep_unseen: false,
    });
}

/// An action that somebody adds to the plan in their own name.
pub fn action(id: &str, text: &str) -> RecordContent {
    let item = Item::new(id, "actions", json!({"text": text, "status": "open"}));
    RecordContent::Item(RecordItem::new(item, None, Vec::new()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_01_a_revoked_device_writes_with_an_old_date() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    end_access(&lisa, "p-karin");
    let karin = stage.forger("karin");
    let plan = stage.section("plan");
    // As the last of her chain and as the first of a new one, both dated 1970 and sealed under the key she had.
    let own = karin.chains_of(plan, Lane::Doc, karin.device.device())[0];
    karin.set(own, "g-1", "title", json!("Vals"));
    let fresh = karin.open(plan, Lane::Doc, karin.grant(plan));
    karin.set(fresh, "g-2", "title", json!("Ook vals"));
    let notes = karin.open(plan, Lane::Rec, karin.grant(plan));
    karin.post(notes, &karin.says(&action("t-vals", "Vals")));
    stage.visit(&karin, "lisa").await;
    stage.visit(&karin, "jeroen").await;
    waits(&[&lisa, &jeroen], "p-karin", &["revoked", "revoked", "revoked"]).await;
    for person in [&lisa, &jeroen] {
        assert_eq!(person.item("g-1")["title"], json!(GOAL));
        assert!(crate::world::find(&person.show(), "t-vals").is_none());
        assert!(logged(person, "p-karin", "revoked"));
    }
    go_on(&[&lisa, &jeroen], &[&lisa, &jeroen]).await;
}
