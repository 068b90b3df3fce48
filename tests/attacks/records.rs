//! What people say in their own voice, and what is erased.

use dossier_app::contract::{FaultCode, Request};
use dossier_app::replica::content::Posting;
use dossier_model::layout::Edit;
use dossier_model::record::RecordItem;
use dossier_model::{Item, RecordContent};
use dossier_trust::codec::Canonical;
use dossier_trust::epoch::seal_to;
use dossier_trust::ids::EpochId;
use dossier_trust::item::{Kind, Lane, Position};
use dossier_trust::operation::{EraseAt, OpId, Operation};
use dossier_trust::record::Record;
use serde_json::{Value, json};

use crate::denied::{end_access, hears_of_the_end};
use crate::forger::Forger;
use crate::stage::{KARINS_GOAL, NOTE, Stage, agree, go_on, logged, see, until, waits};
use crate::world::{Person, find};

/// An action that somebody adds to the plan in their own name.
pub fn action(id: &str, text: &str) -> RecordContent {
    let item = Item::new(id, "actions", json!({"text": text, "status": "open"}));
    RecordContent::Item(RecordItem::new(item, None, Vec::new()))
}

/// Karin's note as it lies in somebody's hand.
fn note(stage: &Stage, forger: &Forger) -> (Position, Record) {
    let all = forger.records(stage.section("verslagen"));
    let hers = |record: &Record| match RecordContent::from_bytes(&record.content) {
        Ok(RecordContent::Item(item)) => item.id == stage.note(),
        Ok(_) | Err(_) => false,
    };
    all.into_iter().find(|(_, record)| hers(record)).unwrap()
}

fn item_of(record: &Record) -> RecordItem {
    match RecordContent::from_bytes(&record.content) {
        Ok(RecordContent::Item(item)) => item,
        Ok(_) | Err(_) => panic!("not an item"),
    }
}

fn says(person: &Person, id: &str) -> Value {
    find(&person.show(), id).map_or(Value::Null, |item| item["text_professional"].clone())
}

async fn is_said(people: &[&Person], id: &str, text: Option<&str>) {
    until(people, || {
        for (at, person) in people.iter().enumerate() {
            let found = says(person, id);
            if found != json!(text) {
                return Err(format!("person {at} reads {found} instead of {text:?}"));
            }
        }
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_39_an_author_changes_what_they_said() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let (jeroen, ria) = (stage.arrive("jeroen").await, stage.arrive("ria").await);
    let all = [&lisa, &jeroen, &ria];
    let karin = stage.forger("karin");
    let notes = stage.section("verslagen");
    let (_, original) = note(&stage, &karin);
    // The same record with other words in it, under its old signature: nobody's.
    let mut changed = original.clone();
    let text = String::from_utf8(changed.content).unwrap();
    changed.content = text.replace("zelf", "niet").into_bytes();
    let rec = karin.open(notes, Lane::Rec, karin.grant(notes));
    karin.post(rec, &changed);
    stage.visit(&karin, "lisa").await;
    agree(&all, "verslagen").await;
    is_said(&all, stage.note(), Some(NOTE)).await;
    // What she may: say it otherwise, as another record. What she said first stays what she said.
    let mut better = item_of(&original);
    better.fields["text_professional"] = json!("Lisa heeft de post niet opengemaakt.");
    better.supersedes = Some(original.id().to_hex());
    karin.post(rec, &karin.says(&RecordContent::Item(better)));
    let target = original.id().to_hex();
    karin.post(rec, &karin.says(&RecordContent::Removed { target }));
    stage.visit(&karin, "lisa").await;
    until(&all, || {
        for (at, person) in all.iter().enumerate() {
            let said = person.item(stage.note())["also_said"].to_string();
            if !said.contains("niet opengemaakt") {
                return Err(format!("person {at}: said later: {said}"));
            }
        }
        Ok(())
    })
    .await;
    is_said(&all, stage.note(), Some(NOTE)).await;
    agree(&all, "verslagen").await;
    go_on(&[&lisa, &jeroen], &all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_40_the_resident_alters_what_a_professional_said() {
    let stage = Stage::set().await;
    let lisa = stage.seat("lisa").await;
    // Her own program does not do it.
    let id = stage.note().to_owned();
    let change = crate::world::set(&id, json!({"text_professional": "Vals"}));
    assert_eq!(lisa.refused(change).code, FaultCode::NotAllowed);
    let remove = Request::ItemRemove {
        dossier: String::new(),
        id: id.clone(),
    };
    assert_eq!(lisa.refused(remove).code, FaultCode::NotAllowed);
    drop(lisa);
    // Another program with her keys tries everything.
    let (karin, jeroen) = (stage.arrive("karin").await, stage.arrive("jeroen").await);
    let ria = stage.arrive("ria").await;
    let all = [&karin, &jeroen, &ria];
    let forger = stage.forger("lisa");
    let notes = stage.section("verslagen");
    let (_, original) = note(&stage, &forger);
    let mut item = item_of(&original);
    item.fields["text_professional"] = json!("Vals");
    let rec = forger.open(notes, Lane::Rec, OpId::OWNER);
    // In Karin's name, by the resident's hand.
    let mine = forger.says(&RecordContent::Item(item.clone()));
    let in_her_name = Record {
        author: original.author.clone(),
        ..mine
    };
    forger.post(rec, &in_her_name);
    // As a later version, as its removal, and taken over into the document.
    let later = RecordItem {
        supersedes: Some(original.id().to_hex()),
        date: Some("2030-01-01".into()),
        ..item.clone()
    };
    forger.post(rec, &forger.says(&RecordContent::Item(later)));
    let target = original.id().to_hex();
    forger.post(rec, &forger.says(&RecordContent::Removed { target: target.clone() }));
    let doc = forger.open(notes, Lane::Doc, OpId::OWNER);
    let over = Item {
        from: Some(target),
        ..Item::new("n-over", "notes", item.fields.clone())
    };
    let mut document = forger.document(notes, |_| true);
    let plain = forger.change(&mut document, doc, Edit::Add(over), 0);
    forger.sealed(forger.tip(doc), Kind::Change, &forger.key(notes), &plain);
    stage.visit(&forger, "karin").await;
    stage.visit(&forger, "jeroen").await;
    stage.visit(&forger, "ria").await;
    agree(&all, "verslagen").await;
    for person in all {
        let view = person.show();
        let notes: Vec<&Value> = view["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|item| item["kind"] == "notes")
            .collect();
        let (hers, forged): (Vec<&Value>, Vec<&Value>) = notes
            .into_iter()
            .partition(|item| item["text_professional"] == json!(NOTE));
        assert_eq!(hers.len(), 1);
        assert_eq!(hers[0]["provenance"]["author"], json!("p-karin"));
        assert_eq!(hers[0]["provenance"]["source"], Value::Null);
        // Whatever else there is says that the resident brought it along.
        assert_eq!(forged.len(), 2);
        assert!(
            forged.iter().all(|item| item["provenance"]["source"] == "ingevoerd"),
            "{forged:?}"
        );
    }
    go_on(&[&karin, &jeroen], &[&karin, &jeroen]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_41_what_was_erased_comes_back_in_an_old_copy() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let (karin, jeroen) = (stage.arrive("karin").await, stage.arrive("jeroen").await);
    let phone = stage.forger("phone");
    let notes = stage.section("verslagen");
    let (at, _) = note(&stage, &phone);
    let erase = |at_whom| {
        let log = phone.open(notes, Lane::Log, OpId::OWNER);
        phone.operation(
            log,
            Operation::Erase {
                item: at.hash,
                at: at_whom,
            },
        );
    };
    // Everywhere but at the resident's own devices, to begin with.
    erase(EraseAt::Others);
    stage.visit(&phone, "lisa").await;
    is_said(&[&karin, &jeroen], stage.note(), None).await;
    is_said(&[&lisa], stage.note(), Some(NOTE)).await;
    erase(EraseAt::All);
    stage.visit(&phone, "lisa").await;
    is_said(&[&lisa, &karin, &jeroen], stage.note(), None).await;
    // Somebody hands out a copy of before: to those who know of it, and to one who gets both in the wrong order.
    let old = stage.forger("ria");
    for whom in ["lisa", "jeroen"] {
        stage.visit(&old, whom).await;
    }
    let ria = stage.arrive("ria").await;
    let all = [&lisa, &karin, &jeroen, &ria];
    is_said(&all, stage.note(), None).await;
    let (lisa, jeroen) = (lisa.stop().await, jeroen.stop().await);
    let (lisa, jeroen) = (Person::start(lisa).await, Person::start(jeroen).await);
    is_said(&[&lisa, &jeroen], stage.note(), None).await;
    drop((lisa, jeroen));
    go_on(&[&karin], &[&karin]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_41_what_was_erased_is_destroyed_a_week_later_and_no_copy_brings_it_back() {
    const LATER: &str = "2026-12-01T10:00:00+01:00";
    let stage = Stage::set().await;
    let phone = stage.forger("phone");
    let notes = stage.section("verslagen");
    let (at, _) = note(&stage, &phone);
    let log = phone.open(notes, Lane::Log, OpId::OWNER);
    phone.operation(
        log,
        Operation::Erase {
            item: at.hash,
            at: EraseAt::All,
        },
    );
    let (lisa, jeroen) = (stage.arrive("lisa").await, stage.arrive("jeroen").await);
    stage.visit(&phone, "lisa").await;
    is_said(&[&lisa, &jeroen], stage.note(), None).await;
    let mut folders = vec![("lisa", lisa.stop().await), ("jeroen", jeroen.stop().await)];
    // Hidden, and there for a week: what a thief erased can be brought back. A clock that jumps is not a week.
    for (now, there) in [
        ("2036-01-01T10:00:00+01:00", true),
        ("2026-11-29T10:00:00+01:00", true),
        (LATER, false),
    ] {
        let mut next = Vec::new();
        for (who, folder) in folders {
            let person = Person::start_at(folder, now).await;
            person.set("g-1", json!({"why": now}));
            let folder = person.stop().await;
            assert_eq!(stage.holds_body(who, &folder, &at), there, "{who} {now}");
            next.push((who, folder));
        }
        folders = next;
    }
    let (_, folder) = folders.remove(0);
    // Somebody who never heard of it hands out what was there.
    let lisa = Person::start_at(folder, LATER).await;
    stage.connect("lisa", &lisa).await;
    stage.visit(&stage.forger("ria"), "lisa").await;
    is_said(&[&lisa], stage.note(), None).await;
    // Its author was away all the time: her week begins now.
    let karin = Person::start_at(stage.seat("karin").await.stop().await, LATER).await;
    stage.connect("karin", &karin).await;
    is_said(&[&karin], stage.note(), None).await;
    see(&[&karin], "g-1", "why", LATER).await;
    karin.set("g-1", json!({"why": "Terug"}));
    see(&[&lisa], "g-1", "why", "Terug").await;
    let (lisa, karin) = (lisa.stop().await, karin.stop().await);
    assert!(!stage.holds_body("lisa", &lisa, &at));
    assert!(stage.holds_body("karin", &karin, &at));
    let karin = Person::start_at(karin, "2026-12-09T10:00:00+01:00").await;
    karin.set("g-1", json!({"why": "Een week later"}));
    assert_eq!(karin.ask(Request::Verify)["ok"], json!(true));
    let karin = karin.stop().await;
    assert!(!stage.holds_body("karin", &karin, &at));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_50_a_living_editor_builds_on_a_revoked_colleague_and_quotes_them() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let ria = stage.arrive("ria").await;
    end_access(&lisa, "p-karin");
    hears_of_the_end(&[&ria], "p-karin").await;
    let plan = stage.section("plan");
    let karin = stage.forger("karin");
    let doc = karin.open(plan, Lane::Doc, karin.grant(plan));
    let first = karin.set(doc, "g-2", "title", json!("Na het einde"));
    karin.set(doc, "g-1", "title", json!("Vals"));
    let rec = karin.open(plan, Lane::Rec, karin.grant(plan));
    let said = karin.says(&action("t-vals", "Vals"));
    karin.post(rec, &said);
    stage.visit(&karin, "lisa").await;
    let all = [&lisa, &ria];
    waits(&all, "p-karin", &["revoked", "revoked", "revoked"]).await;
    // Jeroen, who may, rests on the first of her changes, answers her record, and posts it once more himself.
    let jeroen = stage.forger("jeroen");
    stage.visit(&jeroen, "lisa").await;
    let his = jeroen.open(plan, Lane::Doc, jeroen.grant(plan));
    let past = |item: &Position| item.chain != doc || item.n <= first.n;
    jeroen.set_after(jeroen.tip(his), "g-2", "status", json!("gehaald"), past);
    let answers = jeroen.open(plan, Lane::Rec, jeroen.grant(plan));
    let answer = RecordContent::Reaction {
        target: said.id().to_hex(),
        by: None,
        date: "2026-11-23".into(),
        text: "Zoals Karin zegt".into(),
        verdict: None,
    };
    jeroen.post(answers, &jeroen.says(&answer));
    jeroen.post(answers, &said);
    stage.visit(&jeroen, "lisa").await;
    see(&all, "g-2", "title", "Na het einde").await;
    waits(&all, "p-karin", &["revoked", "revoked"]).await;
    agree(&all, "plan").await;
    for person in all {
        assert_eq!(person.item("g-2")["status"], json!("gehaald"));
        assert_ne!(person.item("g-2")["title"], json!(KARINS_GOAL));
        assert_ne!(person.item("g-1")["title"], json!("Vals"), "nobody rests on that");
        assert!(
            find(&person.show(), "t-vals").is_none(),
            "a record is not brought in by quoting it"
        );
    }
    go_on(&[&lisa], &all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_52_a_note_for_a_few_that_the_resident_cannot_open() {
    let stage = Stage::set().await;
    let (lisa, phone) = (stage.arrive("lisa").await, stage.arrive("phone").await);
    let (jeroen, ria) = (stage.arrive("jeroen").await, stage.arrive("ria").await);
    let all = [&lisa, &phone, &jeroen, &ria];
    let notes = stage.section("verslagen");
    let karin = stage.forger("karin");
    let rec = karin.open(notes, Lane::Rec, karin.grant(notes));
    let note_for_ria = |id: &str, text: &str| {
        let fields = json!({"id": id, "text_professional": text, "date": "2026-11-23"});
        let item = Item::new(id, "notes", fields);
        karin.says(&RecordContent::Item(RecordItem::new(
            item,
            Some(vec!["p-ria".to_owned()]),
            Vec::new(),
        )))
    };
    // As it should be: to Ria, the author, the resident's devices and the words. And as it should not: where the
    // resident's stanzas belong there are others of the same form, so that nobody who only counts them can tell.
    let stranger = |name: &str| crate::stage::stranger(name).2.wrapping;
    let (hers, own) = (stage.certificate("ria"), stage.certificate("karin"));
    let residents = ["lisa", "phone"].map(|who| stage.certificate(who).wrapping);
    let words = *karin.consent(notes).recovery();
    let post = |record: Record, residents: [[u8; 32]; 3]| {
        let posting = Posting {
            record,
            to: ["ria", "karin", "lisa", "phone"]
                .map(|who| stage.certificate(who).device)
                .to_vec(),
        };
        let recipients = [[hers.wrapping, own.wrapping].as_slice(), &residents].concat();
        let body = seal_to(&recipients, &posting.to_bytes()).unwrap();
        karin.bytes(karin.tip(rec), Kind::RecordTo, EpochId::default(), body)
    };
    post(
        note_for_ria("n-goed", "Tussen Ria, Lisa en mij."),
        [residents[0], residents[1], words],
    );
    stage.visit(&karin, "lisa").await;
    is_said(&[&lisa, &phone, &ria], "n-goed", Some("Tussen Ria, Lisa en mij.")).await;
    post(
        note_for_ria("n-geheim", "Lisa hoeft dit niet te weten."),
        ["eerste", "tweede", "derde"].map(stranger),
    );
    // Ria hears of it first.
    stage.visit(&karin, "ria").await;
    stage.visit(&karin, "lisa").await;
    // Whichever of the resident's devices heard of it first; Ria may have told the phone.
    until(&[&lisa, &phone], || {
        if [&lisa, &phone].iter().any(|own| logged(own, "p-karin", "unreadable")) {
            Ok(())
        } else {
            Err("Lisa is not told who kept something from her".into())
        }
    })
    .await;
    is_said(&all, "n-geheim", None).await;
    // Nothing else of Karin's is touched, and it stays so after a restart, and when it is handed out once more.
    stage.visit(&karin, "jeroen").await;
    stage.visit(&karin, "ria").await;
    is_said(&all, stage.note(), Some(NOTE)).await;
    is_said(&[&lisa, &phone, &ria], "n-goed", Some("Tussen Ria, Lisa en mij.")).await;
    agree(&all, "verslagen").await;
    for own in [&lisa, &phone] {
        let log = own.ask(Request::Log {
            dossier: None,
            person: Some("p-karin".into()),
            since: None,
        });
        let lines = log.as_array().unwrap();
        let told = lines.iter().filter(|line| line["reason"] == "unreadable");
        assert!(told.count() <= 1, "once is enough");
    }
    let ria_again = Person::start(ria.stop().await).await;
    is_said(&[&ria_again], "n-geheim", None).await;
    go_on(&[&lisa, &jeroen], &[&lisa, &phone, &jeroen]).await;
}
