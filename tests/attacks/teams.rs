//! A principal with several devices: a team, whose root certifies its people.

use dossier_trust::identity::{DeviceSecrets, Random, RootSecret};
use dossier_trust::item::Lane;
use dossier_trust::operation::Operation;
use serde_json::json;

use crate::denied::end_access;
use crate::forger::{Dice, Forger};
use crate::stage::{Stage, go_on, see, until, waits};
use crate::world::Person;

/// A colleague of Karin's: another device, certified by her root, with everything that she has.
fn colleague(karin: &Forger, name: &str) -> Forger {
    let mut dice = Dice::new(name);
    let _: [u8; 32] = dice.array();
    let device = DeviceSecrets::generate(&mut dice);
    karin.as_device(RootSecret::from_entropy(*karin.root.entropy()), device)
}

/// Karin's program names the colleague in the plan.
fn names(karin: &Forger, colleague: &Forger, stage: &Stage) {
    let plan = stage.section("plan");
    let log = karin.open(plan, Lane::Log, karin.grant(plan));
    karin.operation(
        log,
        Operation::Device {
            certificate: colleague.certificate.clone(),
            holder: None,
        },
    );
    let key = karin.key(plan);
    karin.wrap(plan, &key, &colleague.certificate);
}

fn title(person: &Person) -> serde_json::Value {
    person.item("g-1")["title"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_colleague_who_was_cut_goes_on_writing() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    let karin = stage.forger("karin");
    let joost = colleague(&karin, "joost");
    names(&karin, &joost, &stage);
    let plan = stage.section("plan");
    let doc = joost.open(plan, Lane::Doc, karin.grant(plan));
    joost.set(doc, "g-1", "title", json!("Van een collega"));
    for whom in ["lisa", "jeroen"] {
        stage.visit(&karin, whom).await;
    }
    see(&[&lisa, &jeroen], "g-1", "title", "Van een collega").await;
    // The root takes the device away, and the device goes on: where it was, and in a chain that it begins now.
    let keep = karin.tips_of(plan, joost.device.device());
    let root = karin.open_as_root(plan);
    let device = joost.device.device();
    karin.operation(root, Operation::Cut { device, keep });
    joost.set(doc, "g-1", "title", json!("Vals"));
    let fresh = joost.open(plan, Lane::Doc, karin.grant(plan));
    joost.set(fresh, "g-1", "title", json!("Ook vals"));
    for whom in ["lisa", "jeroen"] {
        stage.visit(&karin, whom).await;
    }
    waits(&[&lisa, &jeroen], "p-karin", &["device_cut", "device_cut"]).await;
    for person in [&lisa, &jeroen] {
        assert_eq!(
            title(person),
            json!("Van een collega"),
            "what was kept stays, the rest waits"
        );
    }
    // A new epoch is owed, and made, before anything is sealed again.
    go_on(&[&lisa, &jeroen], &[&lisa, &jeroen]).await;
    let later = lisa.item("g-1");
    assert!(later["why"].as_str().unwrap().starts_with("Verder met"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_team_that_was_stopped_certifies_somebody() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    let karin = stage.forger("karin");
    let plan = stage.section("plan");
    let under = karin.grant(plan);
    end_access(&lisa, "p-karin");
    lisa.set("g-1", json!({"why": "Na het einde"}));
    see(&[&jeroen], "g-1", "why", "Na het einde").await;
    // A device that nobody ever heard of, with a certificate that holds.
    let late = colleague(&karin, "te laat");
    names(&karin, &late, &stage);
    let doc = late.open(plan, Lane::Doc, under);
    late.set(doc, "g-1", "title", json!("Vals"));
    for whom in ["lisa", "jeroen"] {
        stage.visit(&karin, whom).await;
    }
    waits(&[&lisa, &jeroen], "p-karin", &["revoked"]).await;
    go_on(&[&lisa, &jeroen], &[&lisa, &jeroen]).await;
    // No key of after the end was wrapped for it, by anybody.
    until(&[&lisa], || {
        let folder = lisa.ask(dossier_app::contract::Request::Access { dossier: None });
        let all = folder["people"].as_array().unwrap();
        let karins = all.iter().find(|one| one["person"] == "p-karin").unwrap();
        if karins["ended"].is_null() {
            Err("it ended".into())
        } else {
            Ok(())
        }
    })
    .await;
    stage.visit(&late, "lisa").await;
    let current = karin.consent(plan).current_epoch();
    assert!(current.is_none_or(|epoch| !late.keys(plan).contains_key(&epoch)));
    assert_ne!(title(&lisa), json!("Vals"));
}
