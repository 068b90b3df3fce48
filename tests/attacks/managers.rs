//! Representatives who go further than they may.

use dossier_app::contract::Request;
use dossier_trust::identity::Certificate;
use dossier_trust::ids::CompartmentId;
use dossier_trust::item::Lane;
use dossier_trust::operation::{OpId, Operation, Right, Since};
use serde_json::{Value, json};

use crate::denied::end_access;
use crate::forger::Forger;
use crate::stage::{Stage, go_on, see, stranger, until};
use crate::world::Person;

fn let_in(who: &Certificate, right: Right, nonce: u8) -> Operation {
    Operation::Grant {
        principal: who.root,
        right,
        since: Since::Beginning,
        until: None,
        nonce: [nonce; 16],
        record: None,
    }
}

fn listed(reader: &Person, key: &str) -> Option<Value> {
    let access = reader.ask(Request::Access { dossier: None });
    let mut all = access["people"].as_array().unwrap().iter();
    all.find(|one| one["principal"] == key && one["ended"].is_null())
        .cloned()
}

/// The resident makes somebody a representative for the plan.
fn give(owner: &Person, person: &str) {
    owner.ask(Request::ChangeAccess {
        dossier: None,
        person: person.into(),
        grants: vec!["plan=beheren".into(), "verslagen=aanvullen".into()],
        until: None,
        purpose: None,
        from_now: None,
    });
}

/// Karin, made a representative for the plan, with a program of her own making.
async fn representative(stage: &Stage, lisa: &Person) -> Forger {
    give(lisa, "p-karin");
    let karin = stage.arrive("karin").await;
    until(&[&karin], || {
        let status = karin.ask(Request::Status);
        let sections = status["dossiers"][0]["sections"].as_array().unwrap();
        let plan = sections.iter().find(|one| one["id"] == "plan");
        if plan.is_some_and(|plan| plan["manages"] == true) && karin.app.pending().is_empty() {
            Ok(())
        } else {
            Err(format!("karin looks after the plan: {sections:?}"))
        }
    })
    .await;
    // The keys of the new epoch come with the rest.
    lisa.set("g-1", json!({"why": "Nu beheert Karin"}));
    see(&[&karin], "g-1", "why", "Nu beheert Karin").await;
    let folder = karin.stop().await;
    stage.forger_in("karin", &folder)
}

/// Certificate and grant, in a log chain under a grant.
fn lets_in(karin: &Forger, place: CompartmentId, under: OpId, who: &Certificate, right: Right, nonce: u8) -> OpId {
    let log = karin.open(place, Lane::Log, under);
    karin.operation(
        log,
        Operation::Device {
            certificate: who.clone(),
            holder: None,
        },
    );
    karin.operation(log, let_in(who, right, nonce))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_representative_lets_somebody_in_outside_of_what_they_look_after() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    let karin = representative(&stage, &lisa).await;
    let (plan, notes) = (stage.section("plan"), stage.section("verslagen"));
    let ((_, _, in_notes), (_, _, as_owner), (_, _, manager), (_, _, unnamed)) = (
        stranger("notes"),
        stranger("owner"),
        stranger("manager"),
        stranger("unnamed"),
    );
    // Where she only adds notes; as if she were the resident; another representative; and, as she may, somebody whom
    // she gives no name.
    lets_in(&karin, notes, karin.grant(notes), &in_notes, Right::Read, 1);
    lets_in(&karin, plan, OpId::OWNER, &as_owner, Right::Edit, 2);
    lets_in(&karin, plan, karin.grant(plan), &manager, Right::Manage, 3);
    lets_in(&karin, plan, karin.grant(plan), &unnamed, Right::Read, 4);
    for whom in ["lisa", "jeroen"] {
        stage.visit(&karin, whom).await;
    }
    until(&[&lisa], || {
        let named = listed(&lisa, &unnamed.root.to_hex());
        named
            .map(|_| ())
            .ok_or_else(|| "whoever has no name is shown".to_owned())
    })
    .await;
    let shown = listed(&lisa, &unnamed.root.to_hex()).unwrap();
    assert_eq!(shown["let_in_by"][0]["id"], "p-karin");
    for person in [&lisa, &jeroen] {
        for nobody in [&in_notes, &as_owner, &manager] {
            assert!(
                listed(person, &nobody.root.to_hex()).is_none(),
                "let in by nobody who may"
            );
        }
    }
    // The resident can end it by the key.
    end_access(&lisa, &unnamed.root.to_hex());
    assert!(listed(&lisa, &unnamed.root.to_hex()).is_none());
    go_on(&[&lisa, &jeroen], &[&lisa, &jeroen]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_representative_stops_the_resident_and_another_representative() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    give(&lisa, "p-jeroen");
    let jeroen = stage.arrive("jeroen").await;
    let karin = representative(&stage, &lisa).await;
    let plan = stage.section("plan");
    let log = karin.open(plan, Lane::Log, karin.grant(plan));
    for who in ["lisa", "phone", "jeroen"] {
        let device = stage.certificate(who).device;
        karin.operation(log, Operation::Cut { device, keep: vec![] });
    }
    for grant in [OpId::OWNER, karin.grant_of(plan, stage.certificate("jeroen"))] {
        karin.operation(log, Operation::Revoke { grant, keep: vec![] });
    }
    // Whom she may stop she does, in the same chain: so everybody has heard all of it.
    let tim = karin.grant_of(plan, stage.certificate("tim"));
    karin.operation(
        log,
        Operation::Revoke {
            grant: tim,
            keep: vec![],
        },
    );
    for whom in ["lisa", "jeroen"] {
        stage.visit(&karin, whom).await;
    }
    until(&[&lisa, &jeroen], || {
        let gone = |person: &Person| {
            let tim = listed(person, &stage.certificate("tim").root.to_hex()).unwrap_or_default();
            let scopes = tim["scopes"].as_array().cloned().unwrap_or_default();
            // What he has beside the content lies elsewhere, and nobody ended that.
            scopes
                .iter()
                .all(|scope| scope["section"] != "plan" || scope["content"] == false)
        };
        if gone(&lisa) && gone(&jeroen) {
            Ok(())
        } else {
            Err("tim lost the plan".into())
        }
    })
    .await;
    for person in [&lisa, &jeroen] {
        let still = listed(person, &stage.certificate("jeroen").root.to_hex()).unwrap();
        assert!(still["scopes"].to_string().contains("beheren"), "{still}");
    }
    go_on(&[&lisa, &jeroen], &[&lisa, &jeroen]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_representative_who_was_stopped_lets_nobody_in_any_more_and_whoever_was_counted_stays() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    let karin = representative(&stage, &lisa).await;
    let plan = stage.section("plan");
    let (_, _, counted) = stranger("counted");
    let log = karin.open(plan, Lane::Log, karin.grant(plan));
    for operation in [
        Operation::Device {
            certificate: counted.clone(),
            holder: None,
        },
        let_in(&counted, Right::Read, 1),
    ] {
        karin.operation(log, operation);
    }
    stage.visit(&karin, "lisa").await;
    until(&[&lisa], || {
        let there = listed(&lisa, &counted.root.to_hex());
        there.map(|_| ()).ok_or_else(|| "somebody was let in".to_owned())
    })
    .await;
    let under = karin.grant(plan);
    end_access(&lisa, "p-karin");
    // On in the same chain, and in another one; dated before, since she says nothing of the end.
    let (_, _, later) = stranger("later");
    for chain in [log, karin.open(plan, Lane::Log, under)] {
        karin.operation(
            chain,
            Operation::Device {
                certificate: later.clone(),
                holder: None,
            },
        );
        karin.operation(chain, let_in(&later, Right::Edit, 2));
        karin.rotate(chain, vec![], &[&later]);
    }
    for whom in ["lisa", "jeroen"] {
        stage.visit(&karin, whom).await;
    }
    // What she says is heard before what the resident writes now: nobody takes it for more than it is.
    go_on(&[&lisa, &jeroen], &[&lisa, &jeroen]).await;
    for person in [&lisa, &jeroen] {
        assert!(
            listed(person, &later.root.to_hex()).is_none(),
            "the representative was stopped"
        );
    }
    let stays = listed(&lisa, &counted.root.to_hex()).expect("counted before");
    assert_eq!(stays["let_in_by"][0]["id"], "p-karin");
}
