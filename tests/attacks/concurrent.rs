//! Two who do not know of each other decide at the same time.

use dossier_app::contract::Request;
use dossier_trust::ids::CompartmentId;
use dossier_trust::item::Lane;
use dossier_trust::operation::{OpId, Operation, Right};
use serde_json::json;

use crate::denied::{end_access, hears_of_the_end, let_in};
use crate::forger::Forger;
use crate::stage::{GOAL, KARINS_GOAL, Stage, agree, go_on, logged, see, stranger, until, waiting_in, waits};
use crate::world::Person;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_04_an_edit_at_the_same_time_as_the_revocation_waits_in_sight() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    let karin = stage.seat("karin").await;
    karin.set("g-2", json!({"title": "Wat Karin nog schreef"}));
    end_access(&lisa, "p-karin");
    hears_of_the_end(&[&jeroen], "p-karin").await;
    stage.connect("karin", &karin).await;
    waits(&[&lisa, &jeroen], "p-karin", &["revoked"]).await;
    for person in [&lisa, &jeroen] {
        assert_eq!(person.item("g-2")["title"], json!(KARINS_GOAL));
        assert!(logged(person, "p-karin", "revoked"));
    }
    // Nothing is lost: the resident can still let it count.
    let (item, _, _) = waiting_in(&lisa, "plan").remove(0);
    lisa.ask(Request::QuarantineAdmit { dossier: None, item });
    see(&[&lisa, &jeroen], "g-2", "title", "Wat Karin nog schreef").await;
    waits(&[&lisa, &jeroen], "p-karin", &[]).await;
    go_on(&[&lisa, &jeroen], &[&lisa, &jeroen]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_04_work_that_was_on_its_way_counts_when_the_resident_asked_for_that() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    let karin = stage.seat("karin").await;
    karin.set("g-2", json!({"title": "Wat Karin nog schreef"}));
    lisa.ask(Request::Revoke {
        dossier: None,
        person: "p-karin".into(),
        keep_unseen: true,
    });
    stage.connect("karin", &karin).await;
    see(&[&lisa, &jeroen], "g-2", "title", "Wat Karin nog schreef").await;
    go_on(&[&lisa, &jeroen], &[&lisa, &jeroen]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_05_two_devices_revoke_and_keep_different_work() {
    let stage = Stage::set().await;
    let lisa = stage.seat("lisa").await;
    let phone = stage.arrive("phone").await;
    let karin = stage.arrive("karin").await;
    let jeroen = stage.arrive("jeroen").await;
    karin.set("g-2", json!({"title": "Wat de telefoon nog zag"}));
    see(&[&phone, &jeroen], "g-2", "title", "Wat de telefoon nog zag").await;
    // The laptop keeps what it knows, the phone what it knows; then they meet.
    end_access(&lisa, "p-karin");
    end_access(&phone, "p-karin");
    assert_eq!(lisa.item("g-2")["title"], json!(KARINS_GOAL));
    let lisa = restarted(&stage, lisa).await;
    let all = [&lisa, &phone, &jeroen];
    see(&all, "g-2", "title", "Wat de telefoon nog zag").await;
    hears_of_the_end(&all, "p-karin").await;
    for person in all {
        assert!(waiting_in(person, "plan").is_empty());
    }
    go_on(&[&lisa, &jeroen, &phone], &all).await;
}

/// Starts a program again that was seated before the others came, so that it knows where they are, and connects it.
async fn restarted(stage: &Stage, person: Person) -> Person {
    let person = stage.seat_in("lisa", person.stop().await).await;
    stage.connect("lisa", &person).await;
    person
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_06_one_device_revokes_while_the_other_gives_a_new_right() {
    let stage = Stage::set().await;
    let lisa = stage.seat("lisa").await;
    let phone = stage.arrive("phone").await;
    let karin = stage.arrive("karin").await;
    let jeroen = stage.arrive("jeroen").await;
    end_access(&lisa, "p-karin");
    phone.ask(Request::ChangeAccess {
        dossier: None,
        person: "p-karin".into(),
        grants: vec!["plan=aanpassen".into()],
        until: None,
        purpose: Some("Verder met het plan".into()),
        from_now: None,
    });
    // What is revoked is one grant; the other is another one, made by somebody who may.
    let lisa = restarted(&stage, lisa).await;
    let all = [&lisa, &phone, &karin, &jeroen];
    agree(&all, "plan").await;
    go_on(&[&lisa, &phone, &karin, &jeroen], &all).await;
    // And the notes, to which nobody gave a new right, are over.
    let note = Request::NoteAdd {
        dossier: None,
        section: "verslagen".into(),
        text: "Nog een".into(),
        plain: None,
        hat: None,
        readers: Vec::new(),
    };
    karin.refused(note);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_07_two_devices_of_the_resident_cut_each_other() {
    let stage = Stage::set().await;
    let jeroen = stage.arrive("jeroen").await;
    let _karin = stage.arrive("karin").await;
    let (laptop, phone) = (stage.forger("lisa"), stage.forger("phone"));
    let plan = stage.section("plan");
    let mut cuts = cut(&stage, &laptop, "phone");
    cuts.extend(cut(&stage, &phone, "lisa"));
    // After that each lets somebody in, and the phone ends Karin's access.
    let (root, device, oscar) = stranger("oscar");
    for forger in [&laptop, &phone] {
        let log = forger.open(plan, Lane::Log, OpId::OWNER);
        forger.operation(log, let_in(&oscar.root, Right::Edit, 1));
    }
    let karins = phone.grant_of(plan, stage.certificate("karin"));
    let keep = phone.tips_of(plan, stage.certificate("karin").device);
    let log = phone.open(plan, Lane::Log, OpId::OWNER);
    let hers = keep.clone();
    let ended = phone.operation(log, Operation::Revoke { grant: karins, keep });
    for key in phone.keys(plan).values() {
        phone.wrap(plan, key, &oscar);
    }
    let oscars = phone.as_device(root, device);
    let doc = oscars.open(plan, Lane::Doc, let_in(&oscar.root, Right::Edit, 1).id());
    oscars.set(doc, "g-1", "title", json!("Vals"));
    for whom in ["jeroen", "karin"] {
        stage.visit(&laptop, whom).await;
        stage.visit(&phone, whom).await;
    }
    until(&[&jeroen], || {
        let mut reasons: Vec<String> = waiting_in(&jeroen, "plan")
            .into_iter()
            .map(|(_, _, reason)| reason)
            .collect();
        reasons.sort();
        // The end of Karin's access counts and what it would keep does not: to keep is to grant.
        if reasons == ["no_grant", "revoked"] {
            Ok(())
        } else {
            Err(format!("Oscar has no grant, Karin none any more: {reasons:?}"))
        }
    })
    .await;
    crate::epochs::hears_of_the_end_in_plan(&jeroen).await;
    assert_eq!(jeroen.item("g-1")["title"], json!(GOAL));
    assert!(crate::world::find(&jeroen.show(), "g-2").is_none());
    // Nobody seals until the root has certified a new device and that made a new key.
    let refused = jeroen.refused(crate::world::set("g-1", json!({"why": "x"})));
    assert_eq!(refused.code, dossier_app::contract::FaultCode::NotAllowed);
    laptop.takes_from(&phone);
    let (_, tablet, _) = stranger("tablet");
    let certificate = laptop.root.certify(&tablet).unwrap();
    let part = laptop.open_as_root(CompartmentId::DOSSIER);
    laptop.operation(
        part,
        Operation::Device {
            certificate: certificate.clone(),
            holder: None,
        },
    );
    let held = laptop.keys(plan);
    let root = dossier_trust::identity::RootSecret::from_entropy(*laptop.root.entropy());
    for key in held.values() {
        laptop.wrap(plan, key, &certificate);
    }
    let tablet = laptop.as_device(root, tablet);
    let log = tablet.open(plan, Lane::Log, OpId::OWNER);
    tablet.operation(
        log,
        Operation::Pin {
            positions: hers,
            snapshot: None,
        },
    );
    // It closes every denial: both devices' cuts, wherever they stand, and the end of Karin's access.
    let closes: Vec<OpId> = tablet.consent(plan).denials_of_reading().iter().copied().collect();
    assert!(closes.contains(&ended) && cuts.iter().filter(|cut| closes.contains(cut)).count() >= 2);
    tablet.rotate(
        log,
        closes,
        &[&certificate, stage.certificate("jeroen"), stage.certificate("ria")],
    );
    assert!(tablet.consent(plan).current_epoch().is_some());
    let carrier = stage.forger("tim");
    carrier.takes_from(&tablet);
    stage.visit(&carrier, "jeroen").await;
    until(&[&jeroen], || {
        jeroen
            .app
            .request(crate::world::set("g-1", json!({"why": "Weer verder"})))
            .map(|_| ())
            .map_err(|fault| fault.to_string())
    })
    .await;
    let ria = stage.arrive("ria").await;
    stage.visit(&carrier, "ria").await;
    see(&[&jeroen, &ria], "g-1", "why", "Weer verder").await;
    see(&[&jeroen, &ria], "g-2", "title", KARINS_GOAL).await;
    agree(&[&jeroen, &ria], "plan").await;
}

/// Cuts one of the resident's devices everywhere; everything that it did up to now is kept. The cuts in the plan and in
/// the dossier part.
fn cut(stage: &Stage, by: &Forger, who: &str) -> Vec<OpId> {
    let device = stage.certificate(who).device;
    let mut cuts = Vec::new();
    for place in [by.compartments(), vec![CompartmentId::DOSSIER]].concat() {
        let keep = by.tips_of(place, device);
        let log = by.open(place, Lane::Log, OpId::OWNER);
        let cut = by.operation(log, Operation::Cut { device, keep });
        if [stage.section("plan"), CompartmentId::DOSSIER].contains(&place) {
            cuts.push(cut);
        }
    }
    cuts
}
