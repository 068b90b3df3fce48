//! Somebody is let in from now on: they see what stands there and what comes, and nobody who was there loses anything.

use dossier_app::contract::{Invite, Request};
use dossier_app::looking::{Look, Page, Through};
use dossier_app::recovery::Restore;
use dossier_exchange::demo;
use serde_json::{Value, json};

use crate::recovery::words;
use crate::world::{PATIENCE, Person, admit, find, invite, settle};

const LATER: &str = "2026-11-30T09:00:00+01:00";
const OLD: &str = "Zo stond het er vroeger";
const NEW: &str = "Zo staat het er nu";
const OLD_NOTE: &str = "Een verslag van vroeger.";
const FOR_JEROEN: &str = "Alleen voor Jeroen, van voor de verandering.";

fn look(through: Through) -> Request {
    Request::Look(Look {
        dossier: None,
        through,
        page: Page::Show,
    })
}

fn then(day: &str) -> Request {
    look(Through::Moment { at: day.into() })
}

fn note(text: &str, readers: &[&str]) -> Request {
    Request::NoteAdd {
        dossier: None,
        section: "verslagen".into(),
        text: text.into(),
        plain: None,
        hat: None,
        readers: readers.iter().map(|reader| (*reader).to_owned()).collect(),
    }
}

fn grants() -> Vec<String> {
    ["plan=aanpassen", "verslagen=aanvullen", "agenda=zien:dat"]
        .map(str::to_owned)
        .to_vec()
}

fn steps(person: &Person, id: &str) -> Vec<(Value, Value)> {
    let history = person.ask(Request::History {
        dossier: None,
        id: id.into(),
    });
    let steps = history["steps"].as_array().unwrap().iter();
    steps.map(|step| (step["deed"].clone(), step["at"].clone())).collect()
}

fn scopes(owner: &Person, person: &str) -> Vec<Value> {
    let access = owner.ask(Request::Access { dossier: None });
    let people = access["people"].as_array().unwrap();
    let found = people.iter().find(|one| one["person"] == person).unwrap();
    found["scopes"].as_array().unwrap().clone()
}

/// Lisa's dossier with Karin, a week later. Something was said and said otherwise, and there are notes.
async fn before() -> (Person, Person, Vec<String>) {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    let karin = Person::new("Karin de Wit");
    karin.online().await;
    invite(&lisa, &hints, &karin, "p-karin").await;
    lisa.set("g-1", json!({"why": OLD}));
    karin.ask(note(OLD_NOTE, &[]));
    settle(&[&lisa, &karin]).await;
    let lisa = Person::start_at(lisa.stop().await, LATER).await;
    let karin = Person::start_at(karin.stop().await, LATER).await;
    lisa.set("g-1", json!({"why": NEW}));
    let hints = lisa.online().await;
    karin.online().await;
    settle(&[&karin, &lisa]).await;
    (lisa, karin, hints)
}

async fn newcomer() -> Person {
    let jeroen = Person::start_at(Person::new("Jeroen Bakker").stop().await, LATER).await;
    jeroen.online().await;
    jeroen
}

fn invitation(hints: &[String]) -> Invite {
    Invite {
        person: Some("p-jeroen".into()),
        grants: grants(),
        hints: hints.to_vec(),
        from_now: true,
        ..Invite::default()
    }
}

async fn all_settled(people: &[&Person]) {
    for _ in 0..3 {
        settle(people).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_sees_what_stands_and_what_comes_and_whoever_was_there_keeps_it_all() {
    let (lisa, karin, hints) = before().await;
    let known = (karin.show(), steps(&karin, "g-1"));
    let (whole, mine) = (lisa.show(), steps(&lisa, "g-1"));
    let week_ago = (lisa.ask(then("2026-11-24")), karin.ask(then("2026-11-24")));
    let promised = lisa.ask(look(Through::Offer {
        person: Some("p-jeroen".into()),
        name: None,
        grants: grants(),
        from_now: true,
    }));
    let jeroen = newcomer().await;
    admit(&lisa, &jeroen, invitation(&hints), "Jeroen Bakker").await;
    let all = [&lisa, &karin, &jeroen];
    all_settled(&all).await;

    // What stands there, and who else is there.
    let seen = jeroen.show();
    assert_eq!(seen, promised, "as the invitation promised");
    assert_eq!(find(&seen, "g-1").unwrap()["why"], json!(NEW));
    assert_eq!(seen["names"]["p-karin"], json!("karin"));
    let sections: Vec<&Value> = seen["sections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(sections, ["plan", "agenda", "verslagen"]);
    let busy = |view: &Value| {
        let items = view["items"].as_array().unwrap().iter();
        items.filter(|item| item["kind"] == "busy").count()
    };
    assert!(busy(&seen) > 0, "when somebody is busy stands there too");
    // Not what was there before.
    for text in [OLD, OLD_NOTE] {
        assert!(!seen.to_string().contains(text), "{text}");
    }
    let notes = |view: &Value| {
        let items = view["items"].as_array().unwrap().iter();
        items.filter(|item| item["kind"] == "notes").count()
    };
    assert_eq!(notes(&seen), 0);
    assert_eq!(
        steps(&jeroen, "g-1")
            .iter()
            .map(|(deed, _)| deed.clone())
            .collect::<Vec<_>>(),
        ["kept"]
    );
    // Of an earlier day nothing, but for the blocks that stand there still and say when they are.
    let week_before = jeroen.ask(then("2026-11-24"));
    assert_eq!(busy(&week_before), week_before["items"].as_array().unwrap().len());

    // Who was there sees and finds what they saw and found.
    assert_eq!((karin.show(), steps(&karin, "g-1")), known);
    assert_eq!(steps(&lisa, "g-1"), mine);
    assert_eq!(karin.ask(then("2026-11-24")), week_ago.1);
    let then_now = lisa.ask(then("2026-11-24"));
    assert_eq!(then_now["items"], week_ago.0["items"]);
    for item in whole["items"].as_array().unwrap() {
        let id = item["id"].as_str().unwrap();
        assert_eq!(find(&lisa.show(), id).as_ref(), Some(item), "{id}");
    }
    // It is said of whom it is so.
    assert!(
        scopes(&lisa, "p-jeroen")
            .iter()
            .all(|scope| scope["from_now"] == json!(true))
    );
    assert!(
        scopes(&lisa, "p-karin")
            .iter()
            .all(|scope| scope.get("from_now").is_none())
    );
    assert_eq!(
        lisa.ask(look(Through::Person {
            person: "p-jeroen".into()
        })),
        seen
    );

    // What comes, comes: a change of each, a note for him alone, his own.
    karin.set("g-1", json!({"title": "Van Karin"}));
    let new = karin.ask(note("Nieuw, voor Jeroen.", &["p-jeroen"]))["ids"][0].clone();
    jeroen.set("g-1", json!({"why": "Van Jeroen"}));
    jeroen.ask(note("Van Jeroen, voor allen.", &[]));
    all_settled(&all).await;
    for person in all {
        assert_eq!(person.item("g-1")["title"], json!("Van Karin"));
        assert_eq!(person.item("g-1")["why"], json!("Van Jeroen"));
        assert!(find(&person.show(), new.as_str().unwrap()).is_some());
    }
    assert_eq!(steps(&karin, "g-1").len(), known.1.len() + 2);
    assert_eq!(steps(&jeroen, "g-1").len(), 3);

    // A start later nothing is different, and whoever leaves takes nothing along that he should not.
    let jeroen = Person::start_at(jeroen.stop().await, LATER).await;
    jeroen.online().await;
    let karin = Person::start_at(karin.stop().await, LATER).await;
    assert_eq!(steps(&karin, "g-1").len(), known.1.len() + 2);
    assert_eq!(steps(&jeroen, "g-1").len(), 3);
    lisa.ask(Request::Revoke {
        dossier: None,
        person: "p-karin".into(),
        keep_unseen: false,
    });
    lisa.set("g-1", json!({"title": "Zonder Karin"}));
    all_settled(&[&lisa, &jeroen]).await;
    assert_eq!(jeroen.item("g-1")["title"], json!("Zonder Karin"));
    assert!(!jeroen.show().to_string().contains(OLD_NOTE));
    let verified = jeroen.ask(Request::Verify);
    assert_eq!(verified["faults"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_residents_other_device_and_the_words_open_everything_of_before_and_after() {
    let (lisa, karin, hints) = before().await;
    let jeroen = newcomer().await;
    admit(&lisa, &jeroen, invitation(&hints), "Jeroen Bakker").await;
    jeroen.set("g-1", json!({"why": "Van Jeroen"}));
    all_settled(&[&lisa, &karin, &jeroen]).await;
    let (view, told) = (lisa.show(), steps(&lisa, "g-1"));
    let from_words = Request::Restore(Restore {
        words: Some(words(&lisa).into()),
        ..Restore::default()
    });
    let phone = Person::nobody();
    phone.ask(from_words.clone());
    phone.online().await;
    let shown = lisa.ask(Request::ReturnTicket { dossier: None });
    let way = shown["ticket"].as_str().unwrap();
    phone.app.come_back(way, PATIENCE).await.unwrap();
    all_settled(&[&lisa, &phone]).await;
    assert_eq!(phone.show(), view);
    assert_eq!(steps(&phone, "g-1"), told);
    phone.app.offline().await;

    // Everything is lost but the words, and what Karin holds.
    let hers = karin.show();
    drop(lisa.stop().await);
    let back = Person::nobody();
    back.ask(from_words);
    back.online().await;
    let shown = karin.ask(Request::ReturnTicket { dossier: None });
    let way = shown["ticket"].as_str().unwrap();
    back.app.come_back(way, PATIENCE).await.unwrap();
    all_settled(&[&karin, &back]).await;
    let view = back.show();
    for item in hers["items"].as_array().unwrap() {
        let id = item["id"].as_str().unwrap();
        assert_eq!(find(&view, id).as_ref(), Some(item), "{id}");
    }
    assert_eq!(steps(&back, "g-1"), told);
    assert!(view.to_string().contains(OLD_NOTE));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_saw_it_all_is_let_in_anew_from_now_on_and_back_again() {
    let (lisa, karin, hints) = before().await;
    let jeroen = newcomer().await;
    let everything = Invite {
        from_now: false,
        ..invitation(&hints)
    };
    admit(&lisa, &jeroen, everything, "Jeroen Bakker").await;
    let all = [&lisa, &karin, &jeroen];
    all_settled(&all).await;
    karin.ask(note(FOR_JEROEN, &["p-jeroen"]));
    all_settled(&all).await;
    for text in [OLD_NOTE, FOR_JEROEN] {
        assert!(jeroen.show().to_string().contains(text), "{text}");
    }
    let change = |from_now, purpose: Option<&str>| Request::ChangeAccess {
        dossier: None,
        person: "p-jeroen".into(),
        grants: grants(),
        until: None,
        purpose: purpose.map(str::to_owned),
        from_now,
    };
    lisa.ask(change(Some(true), None));
    all_settled(&all).await;
    let seen = jeroen.show();
    assert_eq!(find(&seen, "g-1").unwrap()["why"], json!(NEW));
    assert!(!seen.to_string().contains(OLD_NOTE));
    assert_eq!(
        lisa.ask(look(Through::Person {
            person: "p-jeroen".into()
        })),
        seen
    );
    assert!(
        scopes(&lisa, "p-jeroen")
            .iter()
            .all(|scope| scope["from_now"] == json!(true))
    );

    // Another purpose leaves it so, and takes nothing of what came since.
    karin.ask(note("Daarna gezegd.", &[]));
    all_settled(&all).await;
    lisa.ask(change(None, Some("het plan bijhouden")));
    all_settled(&all).await;
    let seen = jeroen.show().to_string();
    assert!(seen.contains("Daarna gezegd.") && !seen.contains(OLD_NOTE));
    assert_eq!(jeroen.item("g-1")["why"], json!(NEW));

    lisa.ask(change(Some(false), None));
    all_settled(&all).await;
    assert!(jeroen.show().to_string().contains(OLD_NOTE));
    assert!(
        scopes(&lisa, "p-jeroen")
            .iter()
            .all(|scope| scope.get("from_now").is_none())
    );
    assert_eq!(steps(&jeroen, "g-1"), steps(&karin, "g-1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_erased_for_good_goes_from_what_was_kept_of_before_as_well() {
    let (lisa, karin, hints) = before().await;
    let jeroen = newcomer().await;
    admit(&lisa, &jeroen, invitation(&hints), "Jeroen Bakker").await;
    lisa.ask(Request::ItemRemove {
        dossier: String::new(),
        id: "g-2".into(),
    });
    all_settled(&[&lisa, &karin, &jeroen]).await;
    assert!(steps(&karin, "g-2").len() > 1);
    lisa.ask(Request::ItemErase {
        dossier: String::new(),
        id: "g-2".into(),
    });
    all_settled(&[&lisa, &karin, &jeroen]).await;
    for person in [&lisa, &karin] {
        person.refused(Request::History {
            dossier: None,
            id: "g-2".into(),
        });
        let week_ago = person.ask(then("2026-11-24"));
        assert!(find(&week_ago, "g-2").is_none());
        assert_eq!(person.item("g-1")["why"], json!(NEW));
        assert_eq!(
            steps(person, "g-1")
                .iter()
                .map(|(deed, _)| deed.clone())
                .collect::<Vec<_>>(),
            ["kept"]
        );
    }
}
