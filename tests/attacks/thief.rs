//! Somebody has the resident's laptop. The resident has the phone and the words.

use dossier_app::contract::Request;
use dossier_model::RecordContent;
use dossier_trust::ids::{CompartmentId, GenerationId};
use dossier_trust::item::{Lane, Position};
use dossier_trust::operation::{EraseAt, OpId, Operation, Right};
use dossier_trust::record::Record;
use serde_json::json;

use crate::denied::let_in;
use crate::forger::{Dice, Forger};
use crate::stage::{GOAL, KARINS_GOAL, NOTE, Stage, agree, go_on, see, stranger, until};
use crate::world::{Person, find};

/// The root cuts the laptop: everything stays that it did before it was stolen, and of what came later what others built
/// on. The words are on paper; the phone's
/// folder has them too. Anybody may carry it; here the laptop does.
pub fn cut_the_laptop(stage: &Stage, built_on: &[Position]) -> Forger {
    let phone = stage.forger("phone");
    let device = stage.certificate("lisa").device;
    let mut places = phone.compartments();
    places.push(CompartmentId::DOSSIER);
    for place in places {
        let mut keep = phone.tips_of(place, device);
        keep.extend(built_on);
        keep.sort();
        let log = phone.open_as_root(place);
        phone.operation(log, Operation::Cut { device, keep });
    }
    let carrier = stage.forger("lisa");
    carrier.takes_from(&phone);
    carrier
}

async fn reasons_are(people: &[&Person], expected: &[&str]) {
    until(people, || {
        for (at, person) in people.iter().enumerate() {
            let waiting = crate::stage::waiting_in(person, "plan");
            let mut reasons: Vec<&str> = waiting.iter().map(|(_, _, reason)| reason.as_str()).collect();
            reasons.sort_unstable();
            if reasons != expected {
                return Err(format!("person {at}: {reasons:?}"));
            }
        }
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_46_a_thief_with_the_residents_laptop_grants_herself_access() {
    let stage = Stage::set().await;
    let phone = stage.arrive("phone").await;
    let (jeroen, ria) = (stage.arrive("jeroen").await, stage.arrive("ria").await);
    let all = [&phone, &jeroen, &ria];
    let thief = stage.forger("lisa");
    let plan = stage.section("plan");
    let log = thief.open(plan, Lane::Log, OpId::OWNER);
    let (root, device, mallory) = stranger("mallory");
    let grant = thief.operation(log, let_in(&mallory.root, Right::Edit, 1));
    let manage = thief.operation(log, let_in(&mallory.root, Right::Manage, 2));
    thief.operation(
        log,
        Operation::Device {
            certificate: mallory.clone(),
            holder: None,
        },
    );
    thief.wrap(plan, &thief.key(plan), &mallory);
    let hers = thief.as_device(root, device);
    let doc = hers.open(plan, Lane::Doc, grant);
    hers.set(doc, "g-1", "title", json!("Vals"));
    // As a representative she ends Jeroen's access.
    let managing = hers.open(plan, Lane::Log, manage);
    let jeroens = thief.grant_of(plan, stage.certificate("jeroen"));
    hers.operation(
        managing,
        Operation::Revoke {
            grant: jeroens,
            keep: Vec::new(),
        },
    );
    stage.visit(&thief, "phone").await;
    // Nobody can know better until the root speaks.
    see(&[&phone, &ria], "g-1", "title", "Vals").await;
    let cutter = cut_the_laptop(&stage, &[]);
    stage.visit(&cutter, "phone").await;
    stage.visit(&cutter, "jeroen").await;
    stage.visit(&cutter, "ria").await;
    stage.visit(&thief, "jeroen").await;
    reasons_are(&all, &["no_grant"]).await;
    for person in all {
        assert_eq!(person.item("g-1")["title"], json!(GOAL));
        assert_eq!(person.item("g-2")["title"], json!(KARINS_GOAL));
    }
    agree(&all, "plan").await;
    go_on(&[&phone, &jeroen], &all).await;
    // What is written from now on is not for the laptop, and not for whom it let in.
    let reader = stage.forger("tim");
    stage.visit(&reader, "jeroen").await;
    thief.takes_from(&reader);
    hers.takes_from(&reader);
    let now = reader.key(plan).epoch();
    assert!(!thief.keys(plan).contains_key(&now) && !hers.keys(plan).contains_key(&now));
}

/// A compartment as a thief with an owner device founds it: with a generation, a key for everybody, these people let in,
/// and a word of what it is.
fn found(thief: &Forger, stage: &Stage, number: u8, guests: &[&str]) -> CompartmentId {
    let id = CompartmentId([number; 32]);
    let log = thief.open(id, Lane::Log, OpId::OWNER);
    thief.operation(
        log,
        Operation::Generation {
            parent: GenerationId::default(),
            base: Vec::new(),
            drop: Vec::new(),
        },
    );
    let mut readers = vec![stage.certificate("lisa"), stage.certificate("phone")];
    for (at, who) in (0..).zip(guests) {
        let certificate = stage.certificate(who);
        readers.push(certificate);
        thief.operation(
            log,
            Operation::Device {
                certificate: certificate.clone(),
                holder: None,
            },
        );
        thief.operation(log, let_in(&certificate.root, Right::Edit, at));
    }
    thief.rotate(log, Vec::new(), &readers);
    let about = json!({
        "type": "compartment",
        "place": {"section": {"section": "plan", "side": "wat"}},
        "label": "Van de dief",
        "title": "Van de dief",
        "owner": "p-lisa",
        "owner_name": "Lisa Verhagen",
        "version": 9,
    });
    let key = thief.device.signing_key();
    let bytes = about.to_string().into_bytes();
    let mut dice = Dice::new("about");
    let record = Record::sign(thief.dossier, thief.certificate.clone(), bytes, &key, &mut dice);
    let notes = thief.open(id, Lane::Rec, OpId::OWNER);
    thief.post(notes, &record);
    id
}

fn holds(person: &Person, compartment: CompartmentId) -> bool {
    let verified = person.ask(Request::Verify);
    assert_eq!(verified["faults"], json!([]));
    let all = verified["compartments"].as_array().unwrap();
    all.iter().any(|one| one["compartment"] == json!(compartment.to_hex()))
}

async fn all_hold(people: &[&Person], compartment: CompartmentId, held: bool) {
    until(people, || {
        match people.iter().position(|person| holds(person, compartment) != held) {
            Some(at) => Err(format!("person {at} holds what the thief founded: {}", !held)),
            None => Ok(()),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_46_a_laptop_that_was_put_out_founds_nothing() {
    let stage = Stage::set().await;
    let phone = stage.arrive("phone").await;
    let (jeroen, ria) = (stage.arrive("jeroen").await, stage.arrive("ria").await);
    let all = [&phone, &jeroen, &ria];
    let thief = stage.forger("lisa");
    let guests = ["jeroen", "ria", "tim"];
    // While nobody knows better it is one of the resident's.
    let early = found(&thief, &stage, 66, &guests);
    for whom in ["phone", "jeroen", "ria"] {
        stage.visit(&thief, whom).await;
    }
    all_hold(&all, early, true).await;
    let cutter = cut_the_laptop(&stage, &[]);
    for whom in ["phone", "jeroen", "ria"] {
        stage.visit(&cutter, whom).await;
    }
    all_hold(&all, early, false).await;
    // Afterwards nobody takes another, nor the first one again: from her, or from somebody who carries it for her.
    let late = found(&thief, &stage, 67, &guests);
    let carrier = stage.forger("tim");
    carrier.takes_from(&thief);
    for whom in ["phone", "jeroen", "ria"] {
        stage.visit(&thief, whom).await;
        stage.visit(&carrier, whom).await;
    }
    for person in all {
        assert!(!holds(person, early) && !holds(person, late));
        assert_eq!(person.item("g-1")["title"], json!(GOAL));
        let shown = person.ask(Request::Show { dossier: None });
        assert!(!shown.to_string().contains("Van de dief"));
    }
    go_on(&[&phone, &jeroen], &all).await;
    // What the laptop founded before it was stolen, everybody keeps, and a newcomer gets.
    agree(&all, "plan").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_56_a_thief_leaves_no_room_for_the_cut() {
    let stage = Stage::set().await;
    let (jeroen, ria) = (stage.arrive("jeroen").await, stage.arrive("ria").await);
    let all = [&jeroen, &ria];
    let (thief, plan) = (stage.forger("lisa"), stage.section("plan"));
    let doc = thief.open(plan, Lane::Doc, OpId::OWNER);
    thief.set(doc, "g-1", "title", json!("Vals"));
    // As many chains as a device may begin, and as many as everybody may whom nobody knows.
    for place in [CompartmentId::DOSSIER, plan] {
        let strangers: Vec<Forger> = (0..8)
            .map(|at| {
                let (root, device, _) = stranger(&format!("nobody {at}"));
                thief.as_device(root, device)
            })
            .collect();
        for at in 0..1_100 {
            thief.open(place, Lane::Log, OpId::OWNER);
            strangers[at % strangers.len()].open(place, Lane::Log, OpId::OWNER);
        }
    }
    for whom in ["jeroen", "ria"] {
        stage.visit(&thief, whom).await;
    }
    see(&all, "g-1", "title", "Vals").await;
    let cutter = cut_the_laptop(&stage, &[]);
    for whom in ["jeroen", "ria"] {
        stage.visit(&cutter, whom).await;
    }
    see(&all, "g-1", "title", GOAL).await;
    // The other device of the resident's has room as well.
    let phone = stage.arrive("phone").await;
    stage.visit(&cutter, "phone").await;
    go_on(&[&phone, &jeroen], &[&phone, &jeroen, &ria]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_51_a_thief_rotates_and_erases_and_helpers_go_on() {
    let stage = Stage::set().await;
    let phone = stage.arrive("phone").await;
    let (jeroen, ria) = (stage.arrive("jeroen").await, stage.arrive("ria").await);
    let all = [&phone, &jeroen, &ria];
    let thief = stage.forger("lisa");
    let (plan, notes) = (stage.section("plan"), stage.section("verslagen"));
    // A new key for everybody but the phone, and Karin's note is destroyed.
    let log = thief.open(plan, Lane::Log, OpId::OWNER);
    let readers = ["lisa", "karin", "jeroen", "ria", "tim", "phone"].map(|who| stage.certificate(who));
    let stolen = thief.rotate(log, Vec::new(), &readers);
    let hers = |position: &Position| -> bool {
        thief.records(notes).iter().any(|(at, record)| {
            at == position
                && matches!(RecordContent::from_bytes(&record.content), Ok(RecordContent::Item(item)) if item.id == stage.note())
        })
    };
    let at = thief.records(notes).into_iter().map(|(at, _)| at).find(hers).unwrap();
    let log = thief.open(notes, Lane::Log, OpId::OWNER);
    thief.operation(
        log,
        Operation::Erase {
            item: at.hash,
            at: EraseAt::All,
        },
    );
    let doc = thief.open(plan, Lane::Doc, OpId::OWNER);
    let damage = thief.set(doc, "g-2", "title", json!("Van de dief"));
    for whom in ["jeroen", "ria", "phone"] {
        stage.visit(&thief, whom).await;
    }
    see(&all, "g-2", "title", "Van de dief").await;
    until(&all, || {
        match all
            .iter()
            .position(|person| find(&person.show(), stage.note()).is_some())
        {
            Some(at) => Err(format!("person {at} hides the note")),
            None => Ok(()),
        }
    })
    .await;
    // Helpers go on, on what there is and under the key there is.
    jeroen.set("g-1", json!({"status": "gehaald", "why": "Werk van Jeroen"}));
    see(&all, "g-1", "why", "Werk van Jeroen").await;
    let reader = stage.forger("tim");
    stage.visit(&reader, "jeroen").await;
    let his = reader.chains_of(plan, Lane::Doc, stage.certificate("jeroen").device);
    assert!(
        his.iter()
            .flat_map(|chain| reader.items(*chain))
            .any(|item| item.header.epoch == stolen.epoch())
    );
    let cutter = cut_the_laptop(&stage, &[damage]);
    for whom in ["phone", "jeroen", "ria"] {
        stage.visit(&cutter, whom).await;
    }
    until(&all, || {
        for (at, person) in all.iter().enumerate() {
            let note = find(&person.show(), stage.note()).unwrap_or_default();
            if note["text_professional"] != json!(NOTE) {
                return Err(format!("person {at}: the note is back: {note}"));
            }
        }
        Ok(())
    })
    .await;
    agree(&all, "plan").await;
    for person in all {
        assert_eq!(person.item("g-1")["why"], json!("Werk van Jeroen"));
        assert_eq!(person.item("g-1")["status"], json!("gehaald"));
    }
    // What Jeroen's work rests on stays with it, and is undone as anything else is.
    phone.set("g-2", json!({"title": KARINS_GOAL}));
    see(&all, "g-2", "title", KARINS_GOAL).await;
    go_on(&[&phone, &jeroen], &all).await;
    let reader = stage.forger("tim");
    stage.visit(&reader, "jeroen").await;
    assert_ne!(reader.key(plan).epoch(), stolen.epoch());
    thief.takes_from(&reader);
    assert!(!thief.keys(plan).contains_key(&reader.key(plan).epoch()));
}
