//! When it goes wrong: the card outside the lock, the glass that is broken with a reason, a last day that passes, a note
//! that has to be put right, and what was typed when the program was shut.

use std::collections::BTreeMap;

use dossier_app::contract::{FaultCode, Invite, Request};
use dossier_app::correction::CorrectionAsk;
use dossier_app::crisis_card::{self, CrisisCard};
use dossier_app::looking::{Look, Page, Through};
use dossier_exchange::demo;
use serde_json::{Value, json};

use crate::world::{Person, add, admit, find, settle};

const LATER: &str = "2026-11-24T11:00:00+01:00";

fn cards(person: &Person) -> Vec<CrisisCard> {
    crisis_card::outside(person.folder.path()).unwrap()
}

fn choose(person: &Person, on: bool) {
    person.ask(Request::CrisisCardChoose { dossier: None, on });
}

fn gate(person: &Person, section: &str) -> Value {
    let status = person.ask(Request::Status);
    let sections = status["dossiers"][0]["sections"].as_array().unwrap().clone();
    let found = sections.into_iter().find(|one| one["id"] == section);
    found.unwrap()["gate"].clone()
}

fn opening(section: &str, reason: &str) -> Request {
    Request::EmergencyOpen {
        dossier: None,
        section: section.into(),
        reason: reason.into(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_crisis_card_lies_outside_the_lock_only_while_the_resident_wants_it() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    assert!(cards(&lisa).is_empty());
    choose(&lisa, true);
    let [card] = <[CrisisCard; 1]>::try_from(cards(&lisa)).unwrap();
    assert_eq!(card.name, "Lisa Verhagen");
    assert_eq!(
        (card.calls[0].name.as_str(), card.calls[0].phone.as_deref()),
        ("Ria Verhagen", Some("06 00 00 01 03"))
    );
    assert_eq!(card.calls[4].phone.as_deref(), Some("112"));
    assert_eq!(card.early_signs.len(), 3);
    let page = lisa.ask(Request::Section {
        dossier: String::new(),
        section: "crisis".into(),
    });
    assert_eq!(page["calls"], json!(card.calls), "the page says the same");
    // Of the rest of the dossier there is nothing in any file.
    for file in std::fs::read_dir(lisa.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains("post niet meer open"));
    }
    // It follows the dossier: its own words, and the telephone of whoever is to be called.
    lisa.set("cr-1", json!({"children": "De kinderen gaan naar Fatma."}));
    lisa.set("p-ria", json!({"phone": "06 00 00 09 09"}));
    let card = &cards(&lisa)[0];
    assert_eq!(card.children.as_deref(), Some("De kinderen gaan naar Fatma."));
    assert_eq!(card.calls[0].phone.as_deref(), Some("06 00 00 09 09"));
    // A copy that somebody took away is there again after a start; the choice is kept.
    let folder = lisa.stop().await;
    std::fs::remove_file(folder.path().join(dossier_store::card::NAME)).unwrap();
    let lisa = Person::start(folder).await;
    assert_eq!(cards(&lisa).len(), 1);
    assert_eq!(lisa.ask(Request::CrisisCardChosen { dossier: None })["on"], true);
    choose(&lisa, false);
    assert!(!lisa.folder.path().join(dossier_store::card::NAME).exists());
    lisa.set("cr-1", json!({"children": "Nog anders."}));
    assert!(cards(&lisa).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_helper_breaks_the_glass_with_a_reason_and_the_resident_sees_it() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let karin = Person::new("Karin");
    let hints = lisa.online().await;
    karin.online().await;
    let invitation = Invite {
        name: Some("Karin".into()),
        grants: vec!["plan=zien".into(), "crisis=zien:nood".into()],
        hints,
        ..Invite::default()
    };
    admit(&lisa, &karin, invitation, "Karin").await;
    settle(&[&lisa, &karin]).await;

    assert_eq!(gate(&karin, "crisis"), "emergency");
    assert_eq!(gate(&karin, "plan"), Value::Null);
    assert!(find(&karin.show(), "cr-1").is_none() && find(&karin.show(), "g-1").is_some());
    // There is no way round: not over what it was before, not over its history, nor does the resident's own look at what
    // Karin sees show more than Karin sees.
    let history = |item: &str| Request::History {
        dossier: None,
        id: item.into(),
    };
    assert_eq!(karin.refused(history("cr-1")).code, FaultCode::NotFound);
    karin.ask(history("g-1"));
    let show = |through: Through| {
        Request::Look(Look {
            dossier: None,
            through,
            page: Page::Show,
        })
    };
    let before = karin.ask(show(Through::Moment {
        at: "2026-11-23".into(),
    }));
    assert!(find(&before, "cr-1").is_none() && find(&before, "g-1").is_some());
    let person = lisa.ask(Request::Access { dossier: None })["people"][0]["person"].clone();
    let eyes = lisa.ask(show(Through::Person {
        person: person.as_str().unwrap().into(),
    }));
    assert!(find(&eyes, "cr-1").is_none() && find(&eyes, "g-1").is_some());
    assert_eq!(
        karin.refused(opening("crisis", "nodig")).detail.as_deref(),
        Some("reason")
    );
    assert_eq!(
        karin.refused(opening("plan", "Ik wil het plan nu lezen")).code,
        FaultCode::NotAllowed
    );
    assert_eq!(lisa.ask(Request::Emergencies { dossier: None }), json!([]));

    karin.ask(opening(
        "crisis",
        "Lisa doet niet open en de buurvrouw hoort geschreeuw",
    ));
    assert_eq!(gate(&karin, "crisis"), Value::Null);
    assert!(find(&karin.show(), "cr-1").is_some());
    settle(&[&karin, &lisa]).await;
    let seen = lisa.ask(Request::Emergencies { dossier: None });
    assert_eq!(seen.as_array().unwrap().len(), 1);
    assert_eq!(
        (&seen[0]["name"], &seen[0]["section"], &seen[0]["reported"]),
        (&json!("Karin"), &json!("crisis"), &json!(true))
    );
    assert_eq!(
        seen[0]["reason"],
        "Lisa doet niet open en de buurvrouw hoort geschreeuw"
    );
    assert_eq!(
        karin.refused(Request::Emergencies { dossier: None }).code,
        FaultCode::NotAllowed
    );

    // A start does not shut it again; the next day does.
    let karin = karin.restart().await;
    assert!(find(&karin.show(), "cr-1").is_some());
    let karin = Person::start_at(karin.stop().await, LATER).await;
    assert_eq!(gate(&karin, "crisis"), "emergency");
    assert!(find(&karin.show(), "cr-1").is_none());
    // The resident's list of who has what says how it was shared.
    let access = lisa.ask(Request::Access { dossier: None });
    let scopes = access["people"][0]["scopes"].as_array().unwrap();
    assert!(scopes.contains(&json!({"section": "crisis", "level": "zien", "content": true, "emergency": true})));
    assert!(scopes.contains(&json!({"section": "plan", "level": "zien", "content": true})));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_last_day_the_helpers_own_program_is_shut() {
    let lisa = Person::new("Lisa");
    lisa.ask(Request::DossierNew { title: None });
    lisa.ask(add("plan", "goals", json!({"id": "g-1", "title": "Rust in huis"})));
    let tim = Person::new("Tim");
    let hints = lisa.online().await;
    tim.online().await;
    let invitation = Invite {
        name: Some("Tim".into()),
        grants: vec!["plan=aanpassen".into()],
        until: Some("2026-11-23".into()),
        hints,
        ..Invite::default()
    };
    admit(&lisa, &tim, invitation, "Tim").await;
    settle(&[&lisa, &tim]).await;
    assert!(find(&tim.show(), "g-1").is_some());

    // Nobody told his program anything: its own clock is enough.
    let tim = Person::start_at(tim.stop().await, LATER).await;
    assert_eq!(gate(&tim, "plan"), "over");
    assert!(find(&tim.show(), "g-1").is_none());
    let late = tim.refused(add("plan", "goals", json!({"title": "Nog een doel"})));
    assert_eq!(
        (late.code, late.detail.as_deref()),
        (FaultCode::NotAllowed, Some("over"))
    );
    assert_eq!(
        tim.refused(crate::world::set("g-1", json!({"title": "Anders"}))).code,
        FaultCode::NotFound
    );
    // Resident's devices are never shut out of what is theirs.
    let lisa = Person::start_at(lisa.stop().await, LATER).await;
    assert!(find(&lisa.show(), "g-1").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_to_put_a_note_right_has_a_term_and_an_answer() {
    let lisa = Person::new("Lisa");
    lisa.ask(Request::DossierNew { title: None });
    let hints = lisa.online().await;
    let mut helpers = Vec::new();
    for name in ["Karin", "Jeroen"] {
        let helper = Person::new(name);
        helper.online().await;
        let invitation = Invite {
            name: Some(name.into()),
            grants: vec!["verslagen=aanvullen".into()],
            hints: hints.clone(),
            ..Invite::default()
        };
        admit(&lisa, &helper, invitation, name).await;
        helpers.push(helper);
    }
    let [karin, jeroen] = <[Person; 2]>::try_from(helpers).ok().unwrap();
    settle(&[&lisa, &karin, &jeroen]).await;
    let written = karin.ask(Request::NoteAdd {
        dossier: None,
        section: "verslagen".into(),
        text: "Client werkt 24 uur.".into(),
        plain: Some("Lisa werkt 24 uur.".into()),
        hat: None,
        readers: Vec::new(),
    });
    let note = written["ids"][0].as_str().unwrap().to_owned();
    settle(&[&karin, &lisa, &jeroen]).await;

    let ask = |wrong: &str, until: Option<&str>| {
        Request::CorrectionAsk(CorrectionAsk {
            dossier: None,
            note: note.clone(),
            wrong: wrong.into(),
            wish: Some("Ik werk 16 uur.".into()),
            until: until.map(Into::into),
        })
    };
    assert_eq!(lisa.refused(ask(" ", None)).detail.as_deref(), Some("wrong"));
    assert_eq!(
        lisa.refused(ask("Het getal", Some("2026-11-01"))).detail.as_deref(),
        Some("until")
    );
    assert_eq!(jeroen.refused(ask("Het getal", None)).code, FaultCode::NotAllowed);
    let asked = lisa.ask(ask("Het aantal uur klopt niet.", None));
    let id = asked["ids"][0].as_str().unwrap().to_owned();
    settle(&[&lisa, &karin, &jeroen]).await;

    let listed = |person: &Person| person.ask(Request::Corrections { dossier: None })[0].clone();
    let answer = |done: bool, text: &str| Request::CorrectionAnswer {
        dossier: None,
        correction: id.clone(),
        done,
        text: text.into(),
    };
    let hers = listed(&karin);
    assert_eq!(
        (&hers["state"], &hers["until"], &hers["mine"]),
        (&json!("open"), &json!("2026-12-23"), &json!(true))
    );
    assert_eq!(
        (&hers["wrong"], &hers["wish"]),
        (&json!("Het aantal uur klopt niet."), &json!("Ik werk 16 uur."))
    );
    assert_eq!(listed(&jeroen)["mine"], false);
    assert_eq!(jeroen.refused(answer(true, "Gedaan")).code, FaultCode::NotAllowed);
    assert_eq!(karin.refused(answer(false, " ")).detail.as_deref(), Some("text"));
    // What the resident asked is theirs: nobody changes or removes it, they themselves included.
    assert_eq!(
        karin.refused(crate::world::set(&id, json!({"wish": "Niets"}))).code,
        FaultCode::NotAllowed
    );
    assert_eq!(
        lisa.refused(crate::world::set(&id, json!({"wish": "Niets"}))).code,
        FaultCode::NotAllowed
    );

    karin.ask(answer(false, "Zo staat het in het contract."));
    assert_eq!(karin.refused(answer(true, "")).code, FaultCode::AlreadyExists);
    settle(&[&karin, &lisa]).await;
    let told = listed(&lisa);
    assert_eq!(
        (&told["state"], &told["answer"]),
        (&json!("refused"), &json!("Zo staat het in het contract."))
    );
    assert_eq!(told["answered"], "2026-11-23");
    assert_eq!(lisa.item(&note)["text_plain"], "Lisa werkt 24 uur.");

    // A second one, without an answer, is late when its day has passed.
    lisa.ask(ask("Het staat er nog.", Some("2026-11-23")));
    let lisa = Person::start_at(lisa.stop().await, LATER).await;
    let all = lisa.ask(Request::Corrections { dossier: None });
    let late: Vec<bool> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["late"].as_bool().unwrap())
        .collect();
    assert_eq!(late.iter().filter(|late| **late).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_about_a_note_for_a_few_reaches_those_few() {
    let lisa = Person::new("Lisa");
    lisa.ask(Request::DossierNew { title: None });
    let hints = lisa.online().await;
    let mut helpers = Vec::new();
    for name in ["Karin", "Jeroen"] {
        let helper = Person::new(name);
        helper.online().await;
        let invitation = Invite {
            name: Some(name.into()),
            grants: vec!["verslagen=aanvullen".into()],
            hints: hints.clone(),
            ..Invite::default()
        };
        admit(&lisa, &helper, invitation, name).await;
        helpers.push(helper);
    }
    let people = [&lisa, &helpers[0], &helpers[1]];
    settle(&people).await;
    let access = lisa.ask(Request::Access { dossier: None });
    let id_of = |name: &str| {
        let people = access["people"].as_array().unwrap();
        let found = people.iter().find(|person| person["name"] == name).unwrap();
        found["person"].as_str().unwrap().to_owned()
    };
    let written = helpers[0].ask(Request::NoteAdd {
        dossier: None,
        section: "verslagen".into(),
        text: "Alleen voor ons.".into(),
        plain: None,
        hat: None,
        readers: vec![id_of("Karin")],
    });
    settle(&people).await;
    lisa.ask(Request::CorrectionAsk(CorrectionAsk {
        note: written["ids"][0].as_str().unwrap().into(),
        wrong: "Dat is niet zo.".into(),
        ..CorrectionAsk::default()
    }));
    settle(&people).await;
    assert_eq!(
        helpers[0]
            .ask(Request::Corrections { dossier: None })
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(helpers[1].ask(Request::Corrections { dossier: None }), json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_typed_and_not_saved_comes_back_once() {
    let lisa = Person::new("Lisa");
    let drafts = BTreeMap::from([(
        "#/d/1/plan|Nieuw doel".to_owned(),
        "Ik durf het niet te zeggen".to_owned(),
    )]);
    lisa.ask(Request::Lock {
        drafts: drafts.clone(),
        leave: false,
    });
    let lisa = lisa.restart().await;
    for file in std::fs::read_dir(lisa.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains("durf het niet"));
    }
    assert_eq!(lisa.ask(Request::DraftsTake)["drafts"], json!(drafts));
    assert_eq!(lisa.ask(Request::DraftsTake)["drafts"], json!({}));
}

/// What the window does at the kitchen table, step by step, with the power going off after each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_talk_at_the_kitchen_table_is_kept_step_by_step() {
    let lisa = Person::new("Lisa");
    lisa.ask(Request::DossierNew { title: None });
    let unsaid = json!({"level": null, "state": "niet_besproken"});
    lisa.ask(add(
        "plan",
        "strengths",
        json!({"id": "k-1", "quote": "Wij eten samen", "date": "2026-11-23"}),
    ));
    lisa.ask(add(
        "zelfredzaamheid",
        "assessments",
        json!({"id": "zelf-1", "instrument": "ZRM-2017", "rater": "zelf", "date": "2026-11-23", "scores": {"financien": unsaid}}),
    ));
    let lisa = lisa.restart().await;
    lisa.set("zelf-1", json!({"scores": {"financien": unsaid, "basale_adl": unsaid}}));
    lisa.set(
        "zelf-1",
        json!({"scores.financien.level": 3, "scores.financien.state": "besproken"}),
    );
    lisa.set("zelf-1", json!({"scores.financien.quote": "De post ligt er nog"}));
    let lisa = lisa.restart().await;
    assert_eq!(
        lisa.item("zelf-1")["scores"],
        json!({"financien": {"level": 3, "state": "besproken", "quote": "De post ligt er nog"}, "basale_adl": unsaid})
    );
    // A domain that is no longer chosen leaves nothing behind; the way back brings it with what was said.
    lisa.set("zelf-1", json!({"scores": {"basale_adl": unsaid}}));
    assert_eq!(lisa.item("zelf-1")["scores"], json!({"basale_adl": unsaid}));
    lisa.ask(Request::Undo { dossier: String::new() });
    assert_eq!(
        lisa.item("zelf-1")["scores"]["financien"]["quote"],
        "De post ligt er nog"
    );
}

#[test]
fn a_text_that_is_too_long_says_by_how_much() {
    let lisa = Person::new("Lisa");
    lisa.ask(Request::DossierNew { title: None });
    let story = |letters: usize| {
        add(
            "verhaal",
            "story",
            json!({"title": "Alles", "text": "é".repeat(letters)}),
        )
    };
    lisa.ask(story(200_000));
    let refused = lisa.refused(story(200_042));
    assert_eq!(
        (refused.code, refused.detail.as_deref()),
        (FaultCode::TooLong, Some("longer:42"))
    );
    // What is kept as a record is counted in bytes, with what else it holds.
    let note = Request::NoteAdd {
        dossier: None,
        section: "verslagen".into(),
        text: "é".repeat(190_000),
        plain: None,
        hat: None,
        readers: Vec::new(),
    };
    let refused = lisa.refused(note);
    let over = refused
        .detail
        .as_deref()
        .and_then(|detail| detail.strip_prefix("longer:"));
    assert_eq!(refused.code, FaultCode::TooLong);
    assert!(over.unwrap().parse::<usize>().unwrap() > 100_000);
}
