//! What is not what it says it is.

use dossier_app::contract::Request;
use dossier_sync::bundle;
use dossier_sync::protocol::{Scope, Shared};
use dossier_trust::codec::Canonical;
use dossier_trust::identity::DeviceSecrets;
use dossier_trust::ids::{CompartmentId, DeviceId, DossierId, EpochId, GenerationId, blake3};
use dossier_trust::item::{Header, Item, Kind, Lane, Open, SignedOpen};
use dossier_trust::operation::{OpId, Operation, Right};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::denied::let_in;
use crate::forger::{Dice, set};
use crate::records::action;
use crate::stage::{GOAL, Stage, agree, go_on, see, waiting_in, waits};
use crate::world::{Person, find};

/// Everything that a program holds, with the numbers of its lines in the log.
fn held(person: &Person) -> Value {
    let verified = person.ask(Request::Verify);
    let log = person.ask(Request::Log {
        dossier: None,
        person: None,
        since: None,
    });
    let told: Vec<&Value> = log
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["reported"] != true)
        .collect();
    json!([verified["items"], verified["compartments"], told.len()])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_56_a_file_that_makes_up_compartments() {
    let stage = Stage::set().await;
    let lisa = stage.seat("lisa").await;
    let compartments = |lisa: &Person| {
        let verified = lisa.ask(Request::Verify);
        assert_eq!(verified["faults"], json!([]));
        verified["compartments"].as_array().unwrap().len()
    };
    let before = compartments(&lisa);
    let karin = stage.forger("karin");
    let plan = stage.section("plan");
    let doc = karin.open(plan, Lane::Doc, karin.grant(plan));
    karin.set(doc, "g-1", "title", json!("Van Karin"));
    let made_up: Vec<CompartmentId> = (1..=40).map(|at| CompartmentId([at; 32])).collect();
    for place in &made_up {
        // As if she were the resident, and as if she had been let in.
        let log = karin.open(*place, Lane::Log, OpId::OWNER);
        let begins = Operation::Generation {
            parent: GenerationId::default(),
            base: Vec::new(),
            drop: Vec::new(),
        };
        karin.operation(log, begins);
        let rec = karin.open(*place, Lane::Rec, karin.grant(plan));
        karin.bytes(karin.tip(rec), Kind::RecordTo, EpochId::default(), vec![7; 1000]);
    }
    let parts: Vec<Shared> = [CompartmentId::DOSSIER, plan]
        .iter()
        .chain(&made_up)
        .map(|place| Shared {
            dossier: karin.dossier,
            compartment: *place,
            scope: Scope::Everything,
        })
        .collect();
    let out = TempDir::new().unwrap();
    let file = out.path().join("dossier.kt");
    let recipient = stage.certificate("lisa").wrapping;
    bundle::seal(
        &*karin.hand(),
        &parts,
        &[recipient],
        &mut std::fs::File::create(&file).unwrap(),
    )
    .unwrap();
    let taken = lisa.ask(Request::BundleImport {
        file: file.to_str().unwrap().into(),
    });
    assert_eq!(taken["refused"], json!(4 * made_up.len()), "chains and items");
    // What else is in the file is as good as if she had come by.
    assert_eq!(lisa.item("g-1")["title"], json!("Van Karin"));
    assert_eq!(compartments(&lisa), before);
    let lisa = Person::start(lisa.stop().await).await;
    assert_eq!(compartments(&lisa), before, "nothing of it lies on the disk");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_12_a_change_in_somebody_elses_name_inside_the_document() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let karin = stage.arrive("karin").await;
    let forger = stage.forger("jeroen");
    let plan = stage.section("plan");
    let karins = forger.chains_of(plan, Lane::Doc, stage.certificate("karin").device)[0];
    // Karin's next change, as her program would number it, in a chain of Jeroen's.
    let doc = forger.open(plan, Lane::Doc, forger.grant(plan));
    let mut document = forger.document(plan, |_| true);
    let plain = forger.change(&mut document, karins, set("g-1", "title", json!("Vals")), 0);
    forger.sealed(forger.tip(doc), Kind::Change, &forger.key(plan), &plain);
    // A copy of what she wrote, as if it were his.
    let keys = forger.keys(plan);
    let hers = forger.items(karins).remove(0);
    let plain = keys[&hers.header.epoch].open_item(&hers.header, hers.body.as_deref().unwrap());
    let copy = forger.open(plan, Lane::Doc, forger.grant(plan));
    forger.sealed(forger.tip(copy), Kind::Change, &forger.key(plan), &plain.unwrap());
    stage.visit(&forger, "lisa").await;
    waits(&[&lisa, &karin], "p-jeroen", &["refused", "refused"]).await;
    // Karin's own next change is hers, whatever somebody else wrote under its number.
    karin.set("g-2", json!({"title": "Van Karin zelf"}));
    see(&[&lisa, &karin], "g-2", "title", "Van Karin zelf").await;
    assert_eq!(lisa.item("g-1")["title"], json!(GOAL));
    go_on(&[&lisa, &karin], &[&lisa, &karin]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_13_the_signer_is_not_the_device_or_its_key_is_of_small_order() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    agree(&[&lisa, &jeroen], "plan").await;
    let before = [held(&lisa), held(&jeroen)];
    let forger = stage.forger("karin");
    let plan = stage.section("plan");
    let mallory = DeviceSecrets::generate(&mut Dice::new("mallory")).signing_key();
    // A chain of the resident's laptop, opened by another key; one of Karin's own with an item by another key.
    let laptop = stage.certificate("lisa").device;
    let foreign = Open {
        grant: OpId::OWNER,
        device: laptop,
        ..forger.opened(forger.open(plan, Lane::Log, OpId::OWNER)).open
    };
    let foreign = forger.hold(plan, foreign.sign(&mallory));
    forger.operation(foreign, let_in(&forger.root.principal(), Right::Manage, 1));
    let own = forger.open(plan, Lane::Doc, forger.grant(plan));
    let mut document = forger.document(plan, |_| true);
    let plain = forger.change(&mut document, own, set("g-1", "title", json!("Vals")), 0);
    let key = forger.key(plan);
    let len = dossier_trust::epoch::EpochKey::sealed_len(plain.len()) as u32;
    let header = forger.tip(own).next(Kind::Change, key.epoch(), len);
    let (header, body) = key.seal_item(header, &plain, &mut Dice::new("body")).unwrap();
    forger.put(Item::sign(header, body, &mallory));
    // The neutral point signs anything; so does every other point of small order.
    for weak in [one(1), one(0), [0xff; 32]] {
        let open = Open {
            grant: OpId::OWNER,
            device: DeviceId(weak),
            nonce: forger.nonce(),
            ..forger.opened(own).open
        };
        let mut signature = [0; 64];
        signature[0] = 1;
        let chain = forger.hold(plan, SignedOpen { open, signature });
        let header = Header {
            hash: blake3(b"x"),
            ..forger.tip(chain).next(Kind::Change, key.epoch(), 1)
        };
        let mut item = Item::sign(header, b"x".to_vec(), &mallory);
        item.signature = signature;
        forger.put(item);
    }
    stage.visit(&forger, "lisa").await;
    stage.visit(&forger, "jeroen").await;
    // Nothing of it got past the door but two empty chains of her own, which hold no item.
    assert_eq!([held(&lisa), held(&jeroen)], before);
    for person in [&lisa, &jeroen] {
        assert!(waiting_in(person, "plan").is_empty());
    }
    go_on(&[&lisa, &jeroen], &[&lisa, &jeroen]).await;
}

fn one(first: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = first;
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_14_everything_is_said_again() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    lisa.set("g-1", json!({"title": "Nieuw"}));
    see(&[&jeroen], "g-1", "title", "Nieuw").await;
    agree(&[&lisa, &jeroen], "plan").await;
    let forger = stage.forger("karin");
    let plan = stage.section("plan");
    stage.visit(&forger, "lisa").await;
    let before = [held(&lisa), held(&jeroen)];
    // The same items once more, by another mouth; then the same sealed words as an item of her own.
    stage.visit(&forger, "jeroen").await;
    stage.visit(&forger, "lisa").await;
    assert_eq!([held(&lisa), held(&jeroen)], before);
    let laptop = stage.certificate("lisa").device;
    let said = forger.items(forger.chains_of(plan, Lane::Doc, laptop)[0]).remove(0);
    let doc = forger.open(plan, Lane::Doc, forger.grant(plan));
    let tip = forger.tip(doc);
    forger.bytes(tip, Kind::Change, said.header.epoch, said.body.clone().unwrap());
    stage.visit(&forger, "lisa").await;
    waits(&[&lisa, &jeroen], "p-karin", &["unopened"]).await;
    assert_eq!(jeroen.item("g-1")["title"], json!("Nieuw"));
    go_on(&[&lisa, &jeroen], &[&lisa, &jeroen]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_15_an_item_is_moved_to_another_compartment_or_another_dossier() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    agree(&[&lisa, &jeroen], "plan").await;
    let before = [held(&lisa), held(&jeroen)];
    // Tim may change the agenda and only add to the plan: he hands over his agenda's chain as one of the plan.
    let tim = stage.forger("tim");
    let (plan, agenda) = (stage.section("plan"), stage.section("agenda"));
    let doc = tim.open(agenda, Lane::Doc, tim.grant(agenda));
    let mut document = tim.document(plan, |_| true);
    let plain = tim.change(&mut document, doc, set("g-1", "title", json!("Vals")), 0);
    tim.sealed(tim.tip(doc), Kind::Change, &tim.key(plan), &plain);
    tim.hold(plan, tim.opened(doc));
    // And one of a dossier of his own.
    let own = Open {
        dossier: DossierId([7; 32]),
        ..tim.opened(doc).open
    };
    let own = tim.hold(plan, own.sign(&tim.device.signing_key()));
    tim.sealed(tim.tip(own), Kind::Change, &tim.key(plan), &plain);
    stage.visit(&tim, "lisa").await;
    assert_eq!([held(&lisa), held(&jeroen)], before);
    // A record of another dossier counts as his item and says nothing here.
    let key = tim.device.signing_key();
    let content = action("t-vals", "Vals").to_bytes().unwrap();
    let record = dossier_trust::record::Record::sign(
        DossierId([7; 32]),
        tim.certificate.clone(),
        content,
        &key,
        &mut Dice::new("record"),
    );
    let rec = tim.open(plan, Lane::Rec, tim.grant(plan));
    tim.post(rec, &record);
    // The same chain under the right compartment is what it always was: an item that changes nothing of the plan.
    tim.hold(agenda, tim.opened(doc));
    stage.visit(&tim, "lisa").await;
    agree(&[&lisa, &jeroen], "plan").await;
    for person in [&lisa, &jeroen] {
        assert!(find(&person.show(), "t-vals").is_none());
        assert_eq!(person.item("g-1")["title"], json!(GOAL));
    }
    let waiting = waiting_in(&lisa, "agenda");
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    go_on(&[&lisa, &jeroen], &[&lisa, &jeroen]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_44_one_operation_in_two_encodings() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    agree(&[&lisa, &jeroen], "plan").await;
    let before = [held(&lisa), held(&jeroen)];
    let phone = stage.forger("phone");
    let plan = stage.section("plan");
    let grant = phone.grant_of(plan, stage.certificate("karin"));
    let mut keep = phone.tips_of(plan, stage.certificate("karin").device);
    keep.extend(phone.tips_of(plan, stage.certificate("lisa").device));
    keep.sort();
    let revoke = Operation::Revoke {
        grant,
        keep: keep.clone(),
    }
    .to_bytes();
    // A length in two bytes, something behind the end, positions out of order: each in a log of its own.
    let mut long = revoke.clone();
    long[33] |= 0x80;
    long.insert(34, 0);
    let behind = [revoke.as_slice(), &[0]].concat();
    let mut disordered = keep;
    disordered.reverse();
    assert!(disordered.len() > 1);
    let disordered = Operation::Revoke {
        grant,
        keep: disordered,
    }
    .to_bytes();
    for bytes in [long, behind, disordered] {
        assert!(Operation::from_bytes(&bytes).is_err());
        let log = phone.open(plan, Lane::Log, OpId::OWNER);
        phone.bytes(phone.tip(log), Kind::Operation, EpochId::default(), bytes);
    }
    stage.visit(&phone, "lisa").await;
    stage.visit(&phone, "jeroen").await;
    assert_eq!([held(&lisa), held(&jeroen)], before);
    // Karin, whose grant they name, goes on.
    let karin = stage.arrive("karin").await;
    karin.set("g-2", json!({"title": "Karin gaat door"}));
    see(&[&lisa, &jeroen], "g-2", "title", "Karin gaat door").await;
    let all = [&lisa, &jeroen, &karin];
    go_on(&all, &all).await;
}
