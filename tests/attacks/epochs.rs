//! Keys: who makes them, who gets them, and what is sealed under them.

use std::collections::BTreeSet;

use dossier_app::contract::Request;
use dossier_sync::protocol::ALPN;
use dossier_trust::codec::{Canonical, Writer};
use dossier_trust::epoch::Wrap;
use dossier_trust::ids::EpochId;
use dossier_trust::item::{Item, Kind, Lane};
use dossier_trust::operation::{OpId, Operation};
use ed25519_dalek::Signer;
use iroh::endpoint::presets;
use iroh::{Endpoint, EndpointAddr, EndpointId, RelayMode, SecretKey};
use serde_json::json;

use crate::denied::{end_access, hears_of_the_end};
use crate::forger::{Forger, WRAP};
use crate::records::action;
use crate::stage::{GOAL, Stage, agree, go_on, see, waiting_in, waits};
use crate::world::{Person, find};

/// Epochs under which the changes of a device in the plan are sealed.
fn sealed_under(stage: &Stage, reader: &Forger, who: &str) -> BTreeSet<EpochId> {
    let plan = stage.section("plan");
    let chains = reader.chains_of(plan, Lane::Doc, stage.certificate(who).device);
    let items = chains.iter().flat_map(|chain| reader.items(*chain));
    items.map(|item: Item| item.header.epoch).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_32_somebody_asks_for_an_older_suite_or_protocol() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    let karin = stage.forger("karin");
    let plan = stage.section("plan");
    // A wrap and a record of suite 0, rightly signed for what they are.
    let key = karin.key(plan);
    let to = stage.certificate("jeroen");
    let wrap = Wrap::make(
        (karin.dossier, plan),
        &key,
        to.device,
        &to.wrapping,
        &karin.device.signing_key(),
    )
    .unwrap();
    let bytes = of_suite(0, &wrap.to_bytes(), "wrap", &karin);
    karin.loose(plan, WRAP, to.device.0, bytes);
    let record = karin.says(&action("t-vals", "Vals"));
    let rec = karin.open(plan, Lane::Rec, karin.grant(plan));
    let bytes = of_suite(0, &record.to_bytes(), "record", &karin);
    karin.sealed(karin.tip(rec), Kind::Record, &key, &bytes);
    let (at, signed) = (stage.addresses("lisa").remove(0), stage.certificate("lisa").endpoint);
    stage.visit(&karin, "lisa").await;
    // A conversation in an older version, one in an older suite, and one under an older name.
    let secret = SecretKey::from_bytes(karin.device.transport());
    for (name, hello) in [(ALPN, [0, 0, 1]), (ALPN, [0, 1, 0]), (b"keukentafel/sync/0", [0, 1, 1])] {
        let endpoint = Endpoint::builder(presets::Minimal)
            .relay_mode(RelayMode::Disabled)
            .secret_key(secret.clone())
            .bind()
            .await
            .unwrap();
        let address = EndpointAddr::new(EndpointId::from_bytes(&signed.0).unwrap()).with_ip_addr(at.parse().unwrap());
        let connected = endpoint.connect(address, name).await;
        if name == ALPN {
            let connection = connected.unwrap();
            let (mut send, _recv) = connection.open_bi().await.unwrap();
            let mut frame = Writer::new();
            frame.bytes(&[&hello, karin.certificate.device.as_bytes().as_slice()].concat());
            send.write_all(&frame.finish()).await.unwrap();
            connection.closed().await;
        } else {
            assert!(connected.is_err());
        }
        endpoint.close().await;
    }
    agree(&[&lisa, &jeroen], "plan").await;
    for person in [&lisa, &jeroen] {
        assert!(find(&person.show(), "t-vals").is_none());
    }
    assert_eq!(jeroen.item("g-1")["title"], json!(GOAL));
    go_on(&[&lisa, &jeroen], &[&lisa, &jeroen]).await;
}

/// The same structure with another suite in front, signed again.
fn of_suite(suite: u8, bytes: &[u8], purpose: &str, by: &Forger) -> Vec<u8> {
    let mut signed = bytes[..bytes.len() - 64].to_vec();
    signed[0] = suite;
    let mut message = Writer::new();
    message
        .fixed(b"keukentafel/1/")
        .bytes(purpose.as_bytes())
        .fixed(&signed);
    let signature = by.device.signing_key().sign(&message.finish()).to_bytes();
    [signed.as_slice(), &signature].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_33_a_member_posts_an_epoch_of_their_own() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let (jeroen, ria) = (stage.arrive("jeroen").await, stage.arrive("ria").await);
    let all = [&lisa, &jeroen, &ria];
    let karin = stage.forger("karin");
    let plan = stage.section("plan");
    let current = karin.key(plan).epoch();
    let log = karin.open(plan, Lane::Log, karin.grant(plan));
    // Only Jeroen gets its key, and what she writes under it would be for him alone.
    let forged = karin.rotate(
        log,
        Vec::new(),
        &[stage.certificate("jeroen"), stage.certificate("karin")],
    );
    let doc = karin.open(plan, Lane::Doc, karin.grant(plan));
    let mut document = karin.document(plan, |_| true);
    let plain = karin.change(
        &mut document,
        doc,
        crate::forger::set("g-1", "title", json!("Alleen voor Jeroen")),
        0,
    );
    karin.sealed(karin.tip(doc), Kind::Change, &forged, &plain);
    for whom in ["jeroen", "lisa", "ria"] {
        stage.visit(&karin, whom).await;
    }
    waits(&all, "p-karin", &["unopened"]).await;
    agree(&all, "plan").await;
    for person in all {
        assert_eq!(person.item("g-1")["title"], json!(GOAL));
    }
    go_on(&[&lisa, &jeroen], &all).await;
    let reader = stage.forger("tim");
    stage.visit(&reader, "lisa").await;
    for who in ["lisa", "jeroen"] {
        assert_eq!(sealed_under(&stage, &reader, who), BTreeSet::from([current]), "{who}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_34_an_owner_device_gives_different_keys_to_different_readers() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let (jeroen, ria) = (stage.arrive("jeroen").await, stage.arrive("ria").await);
    let all = [&lisa, &jeroen, &ria];
    let phone = stage.forger("phone");
    let plan = stage.section("plan");
    let log = phone.open(plan, Lane::Log, OpId::OWNER);
    let key = phone.rotate(
        log,
        Vec::new(),
        &["lisa", "ria", "tim", "phone", "karin"].map(|who| stage.certificate(who)),
    );
    // Jeroen's wrap says the same epoch and holds another key.
    let to = stage.certificate("jeroen");
    let other = phone.new_key();
    let signing = phone.device.signing_key();
    let honest = Wrap::make((phone.dossier, plan), &key, to.device, &to.wrapping, &signing).unwrap();
    let lying = Wrap {
        file: dossier_trust::epoch::seal_to(&[to.wrapping], other.as_bytes()).unwrap(),
        ..honest
    };
    let bytes = of_suite(1, &lying.to_bytes(), "wrap", &phone);
    phone.loose(plan, WRAP, to.device.0, bytes);
    let doc = phone.open(plan, Lane::Doc, OpId::OWNER);
    phone.set(doc, "g-1", "title", json!("Voor iedereen"));
    let rec = phone.open(plan, Lane::Rec, OpId::OWNER);
    phone.sealed(
        phone.tip(rec),
        Kind::Record,
        &other,
        &phone.says(&action("t-vals", "Vals")).to_bytes(),
    );
    for whom in ["jeroen", "ria", "lisa"] {
        stage.visit(&phone, whom).await;
    }
    // The commitment tells that it is not the key; the other device hands out the one that it is.
    see(&all, "g-1", "title", "Voor iedereen").await;
    agree(&all, "plan").await;
    for person in all {
        assert!(find(&person.show(), "t-vals").is_none());
    }
    go_on(&[&lisa, &jeroen], &all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_35_a_rotation_was_cut_off_in_the_middle() {
    let stage = Stage::set().await;
    let jeroen = stage.arrive("jeroen").await;
    let ria = stage.arrive("ria").await;
    let plan = stage.section("plan");
    // The end of Karin's access is written, the new key is not. That lies in the folder when the program starts.
    let phone = stage.forger("phone");
    let old = phone.key(plan).epoch();
    let grant = phone.grant_of(plan, stage.certificate("karin"));
    let keep = phone.tips_of(plan, stage.certificate("karin").device);
    let log = phone.open(plan, Lane::Log, OpId::OWNER);
    phone.operation(log, Operation::Revoke { grant, keep });
    stage.visit(&phone, "jeroen").await;
    hears_of_the_end_in_plan(&jeroen).await;
    // Until there is one, nobody seals for a list that she is on.
    let refused = jeroen.refused(crate::world::set("g-1", json!({"why": "Te vroeg"})));
    assert_eq!(refused.code, dossier_app::contract::FaultCode::NotAllowed);
    let folder = stage.folder("lisa");
    stage.save(&phone, "lisa", &folder);
    let lisa = stage.seat_in("lisa", folder).await;
    lisa.set("g-1", json!({"title": "Meteen na de start"}));
    lisa.online().await;
    let all = [&lisa, &jeroen, &ria];
    see(&all, "g-1", "title", "Meteen na de start").await;
    go_on(&[&lisa, &jeroen], &all).await;
    let reader = stage.forger("tim");
    stage.visit(&reader, "jeroen").await;
    assert!(!sealed_under(&stage, &reader, "jeroen").contains(&old));
    let karin = stage.forger("karin");
    karin.takes_from(&reader);
    let hers = karin.keys(plan);
    for who in ["jeroen", "lisa"] {
        let chains = karin.chains_of(plan, Lane::Doc, stage.certificate(who).device);
        let last = chains
            .iter()
            .flat_map(|chain| karin.items(*chain))
            .filter(|item| item.header.epoch != old);
        assert!(last.clone().count() > 0, "{who}");
        assert!(
            last.into_iter().all(|item| !hers.contains_key(&item.header.epoch)),
            "{who}"
        );
    }
}

/// Waits until somebody's program knows that Karin's access to the plan ended.
pub async fn hears_of_the_end_in_plan(person: &Person) {
    crate::stage::until(&[person], || {
        let access = person.ask(Request::Access { dossier: None });
        let people = access["people"].as_array().unwrap();
        let karin = people.iter().find(|one| one["person"] == "p-karin").unwrap();
        let in_plan = karin["scopes"]
            .as_array()
            .unwrap()
            .iter()
            .any(|scope| scope["section"] == "plan" && scope["content"] == true);
        if in_plan {
            Err(format!("no access to the plan: {karin}"))
        } else {
            Ok(())
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_36_a_removed_reader_tries_a_later_epoch() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    end_access(&lisa, "p-ria");
    hears_of_the_end(&[&jeroen], "p-ria").await;
    lisa.set("g-1", json!({"title": "Niet meer voor Ria"}));
    jeroen.set("g-2", json!({"title": "Dit ook niet"}));
    let all = [&lisa, &jeroen];
    see(&all, "g-2", "title", "Dit ook niet").await;
    agree(&all, "plan").await;
    // Somebody hands her every byte there is, all wraps among them.
    let plan = stage.section("plan");
    let ria = stage.forger("ria");
    let old = ria.key(plan).epoch();
    let friend = stage.forger("jeroen");
    stage.visit(&friend, "lisa").await;
    ria.takes_from(&friend);
    let keys = ria.keys(plan);
    let after: Vec<Item> = ria
        .items_of(plan)
        .into_iter()
        .filter(|item| item.header.kind == Kind::Change && item.header.epoch != old)
        .collect();
    assert!(after.len() >= 2);
    for item in &after {
        let body = item.body.as_deref().unwrap();
        assert!(keys.values().all(|key| key.open_item(&item.header, body).is_err()));
    }
    let readable = serde_json::to_string(
        &dossier_model::layout::read(&ria.document(plan, |_| true))
            .items
            .iter()
            .map(|item| item.item.fields.clone())
            .collect::<Vec<_>>(),
    )
    .unwrap();
    assert!(readable.contains(GOAL) && !readable.contains("Niet meer voor Ria") && !readable.contains("Dit ook niet"));
    // She wraps the old key for herself under the new name, and asks once more.
    let lying = ria.new_key();
    ria.wrap(plan, &lying, stage.certificate("ria"));
    stage.visit(&ria, "lisa").await;
    stage.visit(&ria, "jeroen").await;
    assert_eq!(ria.keys(plan).len(), keys.len() + 1);
    go_on(&[&lisa, &jeroen], &all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_37_somebody_writes_under_an_epoch_that_includes_a_revoked_reader() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let ria = stage.arrive("ria").await;
    let plan = stage.section("plan");
    let jeroen = stage.forger("jeroen");
    let old = jeroen.key(plan);
    end_access(&lisa, "p-karin");
    hears_of_the_end(&[&ria], "p-karin").await;
    // He knows that it ended and seals for her all the same. His right is what it was; the secret is his to keep.
    stage.visit(&jeroen, "lisa").await;
    let doc = jeroen.open(plan, Lane::Doc, jeroen.grant(plan));
    let mut document = jeroen.document(plan, |_| true);
    let plain = jeroen.change(
        &mut document,
        doc,
        crate::forger::set("g-1", "title", json!("Onder de oude sleutel")),
        0,
    );
    jeroen.sealed(jeroen.tip(doc), Kind::Change, &old, &plain);
    stage.visit(&jeroen, "lisa").await;
    let all = [&lisa, &ria];
    see(&all, "g-1", "title", "Onder de oude sleutel").await;
    for person in all {
        assert!(waiting_in(person, "plan").is_empty());
    }
    // Nobody else follows him: what is built on it is sealed for those who may read.
    go_on(&[&lisa], &all).await;
    let honest = stage.arrive("jeroen").await;
    let all = [&lisa, &ria, &honest];
    see(&all, "g-1", "title", "Onder de oude sleutel").await;
    go_on(&[&lisa, &honest], &all).await;
    let reader = stage.forger("tim");
    stage.visit(&reader, "lisa").await;
    let last = |who| {
        let chains = reader.chains_of(plan, Lane::Doc, stage.certificate(who).device);
        let ends = chains
            .iter()
            .filter_map(|chain| reader.items(*chain).pop())
            .filter(|item| item.header.epoch != old.epoch());
        ends.count()
    };
    assert!(last("lisa") > 0 && last("jeroen") > 0);
}
