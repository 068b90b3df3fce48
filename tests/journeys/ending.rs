//! What is left where access ended: when a copy may be said to be gone.

use dossier_app::contract::{Invite, Request};
use serde_json::{Value, json};

use crate::world::{Person, add, admit, settle};

/// What the resident's program says of the devices of somebody whose access ended.
fn ended(lisa: &Person, person: &str) -> Value {
    let access = lisa.ask(Request::Access { dossier: None });
    let people = access["people"].as_array().unwrap();
    let one = people.iter().find(|one| one["person"] == person);
    one.unwrap()["ended"].clone()
}

fn change(lisa: &Person, person: &str, grants: &[&str]) {
    lisa.ask(Request::ChangeAccess {
        dossier: None,
        person: person.into(),
        grants: grants.iter().map(|grant| (*grant).to_owned()).collect(),
        until: None,
        purpose: None,
        from_now: None,
    });
}

fn end(lisa: &Person, person: &str) {
    lisa.ask(Request::Revoke {
        dossier: None,
        person: person.into(),
        keep_unseen: false,
    });
}

/// Lisa with a goal, and Karin, who may do this.
async fn two(grants: &[&str]) -> (Person, Person) {
    let (lisa, karin) = (Person::new("Lisa Verhagen"), Person::new("Karin de Wit"));
    lisa.ask(Request::DossierNew { title: None });
    lisa.ask(add("plan", "goals", json!({"id": "g-1", "title": "Rust in huis"})));
    let hints = lisa.online().await;
    karin.online().await;
    let invitation = Invite {
        person: Some("p-karin".into()),
        name: Some("Karin de Wit".into()),
        grants: grants.iter().map(|grant| (*grant).to_owned()).collect(),
        hints,
        ..Invite::default()
    };
    admit(&lisa, &karin, invitation, "Karin de Wit").await;
    settle(&[&lisa, &karin]).await;
    (lisa, karin)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_gone_when_the_device_said_so_of_every_part_and_after_every_end() {
    let (lisa, karin) = two(&["plan=aanpassen", "verslagen=aanvullen"]).await;
    // One part of it ends, and her device says of that part that it is gone.
    change(&lisa, "p-karin", &["plan=aanpassen"]);
    settle(&[&lisa, &karin]).await;
    settle(&[&karin, &lisa]).await;
    assert_eq!(ended(&lisa, "p-karin"), json!(null));
    karin.app.offline().await;
    end(&lisa, "p-karin");
    let not_yet = ended(&lisa, "p-karin");
    assert_eq!(not_yet["confirmed"], json!(false), "it was said of one part only");
    assert_eq!(not_yet["devices"].as_array().unwrap().len(), 1);
    assert_eq!(not_yet["devices"][0]["confirmed"], json!(false));
    karin.online().await;
    settle(&[&karin, &lisa]).await;
    settle(&[&karin, &lisa]).await;
    let gone = ended(&lisa, "p-karin");
    assert_eq!(
        (&gone["confirmed"], &gone["devices"][0]["confirmed"]),
        (&json!(true), &json!(true))
    );

    // She comes back and leaves again: what her device said of the first time says nothing of the second.
    change(&lisa, "p-karin", &["plan=zien"]);
    settle(&[&lisa, &karin]).await;
    settle(&[&karin, &lisa]).await;
    assert_eq!(
        karin.item("g-1")["title"],
        json!("Rust in huis"),
        "what was let go of is asked for again"
    );
    karin.app.offline().await;
    end(&lisa, "p-karin");
    assert_eq!(ended(&lisa, "p-karin")["confirmed"], json!(false));
    karin.online().await;
    settle(&[&karin, &lisa]).await;
    settle(&[&karin, &lisa]).await;
    assert_eq!(ended(&lisa, "p-karin")["confirmed"], json!(true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_access_ends_nothing_where_it_changes_nothing() {
    let (lisa, karin) = two(&["plan=aanpassen", "verslagen=aanvullen"]).await;
    let touched = |lisa: &Person| {
        let log = lisa.ask(Request::Log {
            dossier: None,
            person: Some("p-karin".into()),
            since: None,
        });
        let lines = log.as_array().unwrap().iter();
        let ends = lines.filter(|line| line["deed"] == "revoked");
        let mut ended: Vec<String> = ends.map(|line| line["section"].as_str().unwrap().to_owned()).collect();
        ended.dedup();
        ended
    };
    change(&lisa, "p-karin", &["plan=aanpassen", "verslagen=aanvullen"]);
    assert_eq!(touched(&lisa), Vec::<String>::new(), "she has that already");
    change(&lisa, "p-karin", &["plan=zien", "verslagen=aanvullen", "agenda=zien"]);
    assert_eq!(touched(&lisa), ["plan"]);
    settle(&[&lisa, &karin]).await;
    settle(&[&karin, &lisa]).await;
    assert_eq!(karin.item("g-1")["title"], json!("Rust in huis"));
    // Another last day is another grant in every part.
    lisa.ask(Request::ChangeAccess {
        dossier: None,
        person: "p-karin".into(),
        grants: Vec::new(),
        until: Some("2027-01-31".into()),
        purpose: None,
        from_now: None,
    });
    let mut all = touched(&lisa);
    all.sort();
    all.dedup();
    assert_eq!(all, ["agenda", "plan", "verslagen"]);
    settle(&[&lisa, &karin]).await;
    assert_eq!(karin.item("g-1")["title"], json!("Rust in huis"));
}
