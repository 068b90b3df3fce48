//! Who has no right, or no right any more.

use dossier_app::contract::Request;
use dossier_trust::ids::EpochId;
use dossier_trust::item::{Kind, Lane};
use dossier_trust::operation::{OpId, Operation, Right, Since};
use serde_json::json;

use crate::records::action;
use crate::stage::{GOAL, KARINS_GOAL, Stage, go_on, logged, see, stranger, until, waits};
use crate::world::{Person, find};

/// The resident ends somebody's access.
pub fn end_access(owner: &Person, person: &str) {
    owner.ask(Request::Revoke {
        dossier: None,
        person: person.into(),
        keep_unseen: false,
    });
}

/// Waits until somebody's program knows that a person's access ended.
pub async fn hears_of_the_end(people: &[&Person], of: &str) {
    until(people, || {
        for person in people {
            let access = person.ask(Request::Access { dossier: None });
            let all = access["people"].as_array().unwrap();
            let one = all.iter().find(|one| one["person"] == of).unwrap();
            if one["ended"].is_null() {
                return Err(format!("the access of {of} ended"));
            }
        }
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_01_a_revoked_device_writes_with_an_old_date() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    end_access(&lisa, "p-karin");
    let karin = stage.forger("karin");
    let plan = stage.section("plan");
    // Dated 1970 and sealed under the key she had: in a chain that she starts now, and a record.
    let fresh = karin.open(plan, Lane::Doc, karin.grant(plan));
    karin.set(fresh, "g-1", "title", json!("Vals"));
    let notes = karin.open(plan, Lane::Rec, karin.grant(plan));
    karin.post(notes, &karin.says(&action("t-vals", "Vals")));
    stage.visit(&karin, "lisa").await;
    stage.visit(&karin, "jeroen").await;
    waits(&[&lisa, &jeroen], "p-karin", &["revoked", "revoked"]).await;
    for person in [&lisa, &jeroen] {
        assert_eq!(person.item("g-1")["title"], json!(GOAL));
        assert_eq!(
            person.item("g-2")["title"],
            json!(KARINS_GOAL),
            "what was counted stays"
        );
        assert!(find(&person.show(), "t-vals").is_none());
        assert!(logged(person, "p-karin", "revoked"));
    }
    go_on(&[&lisa, &jeroen], &[&lisa, &jeroen]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_02_a_revoked_device_goes_on_where_it_was_and_cites_only_what_was_there_before() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let (jeroen, ria) = (stage.arrive("jeroen").await, stage.arrive("ria").await);
    lisa.set("g-1", json!({"status": "gehaald"}));
    end_access(&lisa, "p-karin");
    let karin = stage.forger("karin");
    let plan = stage.section("plan");
    // The chain of which a part is kept, right after that part, on the heads of that moment.
    let own = karin.chains_of(plan, Lane::Doc, karin.device.device())[0];
    karin.set(own, "g-1", "title", json!("Vals"));
    karin.set(own, "g-2", "title", json!("Ook vals"));
    // An operation that pins all that, in a log of her own.
    let log = karin.open(plan, Lane::Log, karin.grant(plan));
    let positions = karin.tips_of(plan, karin.device.device());
    karin.operation(
        log,
        Operation::Pin {
            positions,
            snapshot: None,
        },
    );
    for whom in ["jeroen", "lisa", "ria"] {
        stage.visit(&karin, whom).await;
    }
    let all = [&lisa, &jeroen, &ria];
    waits(&all, "p-karin", &["revoked", "revoked"]).await;
    for person in all {
        assert_eq!(person.item("g-1")["title"], json!(GOAL));
        assert_eq!(person.item("g-2")["title"], json!(KARINS_GOAL));
        assert!(logged(person, "p-karin", "revoked"));
    }
    go_on(&[&lisa, &jeroen], &all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_03_a_reader_writes_under_every_grant_there_is() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    let ria = stage.forger("ria");
    let plan = stage.section("plan");
    let karins = ria.grant_of(plan, stage.certificate("karin"));
    for (grant, title) in [
        (ria.grant(plan), "Met haar eigen recht"),
        (karins, "Met dat van Karin"),
        (OpId([9; 32]), "Met geen enkel recht"),
        (OpId::OWNER, "Als de bewoner"),
    ] {
        let doc = ria.open(plan, Lane::Doc, grant);
        ria.set(doc, "g-1", "title", json!(title));
        let rec = ria.open(plan, Lane::Rec, grant);
        ria.post(rec, &ria.says(&action("t-vals", title)));
        // She lets herself in, and wraps the key for whomever she likes.
        let (_, _, oscar) = stranger("oscar");
        let log = ria.open(plan, Lane::Log, grant);
        ria.operation(log, let_in(&oscar.root, Right::Edit, 1));
        ria.operation(log, let_in(&ria.root.principal(), Right::Edit, 2));
        ria.wrap(plan, &ria.key(plan), &oscar);
    }
    stage.visit(&ria, "lisa").await;
    let expected = [
        "no_grant",
        "no_grant",
        "not_certified",
        "not_certified",
        "not_certified",
        "not_certified",
        "right_too_small",
        "right_too_small",
    ];
    waits(&[&lisa, &jeroen], "p-ria", &expected).await;
    for person in [&lisa, &jeroen] {
        assert_eq!(person.item("g-1")["title"], json!(GOAL));
        assert!(find(&person.show(), "t-vals").is_none());
        for reason in ["no_grant", "not_certified", "right_too_small"] {
            assert!(logged(person, "p-ria", reason), "{reason}");
        }
        let access = person.ask(Request::Access { dossier: None });
        let people = access["people"].as_array().unwrap();
        let hers = people.iter().find(|one| one["person"] == "p-ria").unwrap();
        assert!(
            hers["scopes"]
                .as_array()
                .unwrap()
                .iter()
                .all(|scope| scope["level"] == "zien")
        );
    }
    go_on(&[&lisa, &jeroen], &[&lisa, &jeroen]).await;
}

/// A grant of everything there was and will be.
pub fn let_in(principal: &dossier_trust::ids::PrincipalId, right: Right, nonce: u8) -> Operation {
    Operation::Grant {
        principal: *principal,
        right,
        since: Since::Beginning,
        until: None,
        nonce: [nonce; 16],
        record: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_08_the_same_grant_posted_again_stays_dead() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    let plan = stage.section("plan");
    let phone = stage.forger("phone");
    let karins = stage.forger("karin").grant(plan);
    end_access(&lisa, "p-karin");
    // Byte for byte, by another device of the resident's and by Karin herself, each in a log of its own.
    let entries = phone.operations(plan);
    let same = entries.iter().find(|entry| entry.operation.id() == karins).unwrap();
    let log = phone.open(plan, Lane::Log, OpId::OWNER);
    assert_eq!(phone.operation(log, same.operation.clone()), karins);
    let karin = stage.forger("karin");
    let log = karin.open(plan, Lane::Log, karins);
    karin.operation(log, same.operation.clone());
    let doc = karin.open(plan, Lane::Doc, karins);
    karin.set(doc, "g-1", "title", json!("Vals"));
    for whom in ["lisa", "jeroen"] {
        stage.visit(&phone, whom).await;
        stage.visit(&karin, whom).await;
    }
    waits(&[&lisa, &jeroen], "p-karin", &["revoked"]).await;
    assert_eq!(jeroen.item("g-1")["title"], json!(GOAL));
    go_on(&[&lisa, &jeroen], &[&lisa, &jeroen]).await;
    // A grant with another nonce is another grant.
    let log = phone.open(plan, Lane::Log, OpId::OWNER);
    phone.operation(log, let_in(&karin.root.principal(), Right::Edit, 1));
    stage.visit(&phone, "lisa").await;
    karin.takes_from(&phone);
    let doc = karin.open(plan, Lane::Doc, karin.grant(plan));
    karin.set(doc, "g-2", "title", json!("Weer binnen"));
    stage.visit(&karin, "lisa").await;
    see(&[&lisa, &jeroen], "g-2", "title", "Weer binnen").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_09_the_revocation_comes_before_what_it_revokes() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    let plan = stage.section("plan");
    let phone = stage.forger("phone");
    let (root, device, oscar) = stranger("oscar");
    let grants = phone.open(plan, Lane::Log, OpId::OWNER);
    let grant = phone.operation(grants, let_in(&oscar.root, Right::Edit, 1));
    phone.operation(
        grants,
        Operation::Device {
            certificate: oscar.clone(),
            holder: None,
        },
    );
    phone.wrap(plan, &phone.key(plan), &oscar);
    let oscars = phone.as_device(root, device);
    let doc = oscars.open(plan, Lane::Doc, grant);
    oscars.set(doc, "g-1", "title", json!("Vals"));
    let ends = phone.open(plan, Lane::Log, OpId::OWNER);
    let revoke = phone.operation(
        ends,
        Operation::Revoke {
            grant,
            keep: Vec::new(),
        },
    );
    phone.rotate(
        ends,
        vec![revoke],
        &["lisa", "jeroen", "phone"].map(|who| stage.certificate(who)),
    );
    // First the end alone, then what it ends, then what was written under it.
    phone.hide(grants, true);
    phone.hide(doc, true);
    stage.visit(&phone, "jeroen").await;
    phone.hide(grants, false);
    stage.visit(&phone, "jeroen").await;
    phone.hide(doc, false);
    stage.visit(&phone, "jeroen").await;
    until(&[&lisa, &jeroen], || {
        for person in [&lisa, &jeroen] {
            let all = person.ask(Request::Quarantine { dossier: None });
            if !all.as_array().unwrap().iter().any(|one| one["reason"] == "revoked") {
                return Err(format!("revoked: {all}"));
            }
        }
        Ok(())
    })
    .await;
    for person in [&lisa, &jeroen] {
        assert_eq!(person.item("g-1")["title"], json!(GOAL));
    }
    go_on(&[&lisa, &jeroen], &[&lisa, &jeroen]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_24_the_revocation_is_withheld_from_one_peer() {
    let stage = Stage::set().await;
    let jeroen = stage.arrive("jeroen").await;
    let ria = stage.arrive("ria").await;
    let lisa = stage.seat("lisa").await;
    end_access(&lisa, "p-karin");
    let karin = stage.forger("karin");
    let plan = stage.section("plan");
    let doc = karin.open(plan, Lane::Doc, karin.grant(plan));
    karin.set(doc, "g-1", "title", json!("Nog net"));
    // Jeroen has not heard of the end: for him it counts, and he builds on it.
    stage.visit(&karin, "jeroen").await;
    see(&[&jeroen, &ria], "g-1", "title", "Nog net").await;
    jeroen.set("g-1", json!({"status": "gehaald"}));
    // Something on which nobody builds.
    karin.set(doc, "g-2", "title", json!("Vals"));
    stage.visit(&karin, "jeroen").await;
    see(&[&jeroen], "g-2", "title", "Vals").await;
    stage.connect("lisa", &lisa).await;
    let all = [&lisa, &jeroen, &ria];
    waits(&all, "p-karin", &["revoked"]).await;
    for person in all {
        assert_eq!(person.item("g-2")["title"], json!(KARINS_GOAL), "nothing rests on it");
        assert_eq!(
            person.item("g-1")["title"],
            json!("Nog net"),
            "a living editor rests on it"
        );
        assert_eq!(person.item("g-1")["status"], json!("gehaald"));
    }
    go_on(&[&lisa, &jeroen], &all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_25_a_revoked_device_serves_an_old_log() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let (jeroen, ria) = (stage.arrive("jeroen").await, stage.arrive("ria").await);
    end_access(&lisa, "p-karin");
    hears_of_the_end(&[&jeroen, &ria], "p-karin").await;
    lisa.set("g-1", json!({"title": "Na het einde"}));
    let all = [&lisa, &jeroen, &ria];
    see(&all, "g-1", "title", "Na het einde").await;
    let karin = stage.forger("karin");
    let plan = stage.section("plan");
    let before = karin.items_of(plan).len();
    let doc = karin.open(plan, Lane::Doc, karin.grant(plan));
    karin.set(doc, "g-1", "title", json!("Vals"));
    // Its log knows of no end; nobody believes it for that, and nobody serves her as if there were none.
    for whom in ["ria", "jeroen", "lisa"] {
        stage.visit(&karin, whom).await;
    }
    waits(&all, "p-karin", &["revoked"]).await;
    for person in all {
        assert_eq!(person.item("g-1")["title"], json!("Na het einde"));
    }
    let learned = karin.items_of(plan);
    assert!(learned.len() > before + 1, "she hears that her access ended");
    let content = learned.iter().filter(|item| item.header.kind == Kind::Change);
    let keys = karin.keys(plan);
    assert!(content.clone().all(|item| keys.contains_key(&item.header.epoch)));
    let revoked = karin.consent(plan).denials_of_reading().clone();
    let after: Vec<EpochId> = karin
        .operations(plan)
        .iter()
        .filter_map(|entry| {
            let Operation::Epoch { commit, closes, .. } = &entry.operation else {
                return None;
            };
            closes.iter().any(|id| revoked.contains(id)).then_some(*commit)
        })
        .collect();
    assert!(content.clone().all(|item| !after.contains(&item.header.epoch)));
    go_on(&[&lisa, &jeroen], &all).await;
}
