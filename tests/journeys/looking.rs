//! Looking through the eyes of somebody else: what the resident is shown is what that person's own program shows.

use dossier_app::contract::{FaultCode, Invite, Request};
use dossier_app::looking::{Look, Page, Through};
use dossier_exchange::demo;
use serde_json::{Value, json};

use crate::world::{Person, add, admit, find, settle};

fn look(through: Through, page: Page) -> Request {
    Request::Look(Look {
        dossier: None,
        through,
        page,
    })
}

fn as_person(person: &str) -> Through {
    Through::Person { person: person.into() }
}

fn offered(person: &str, grants: &[&str]) -> Through {
    Through::Offer {
        person: Some(person.into()),
        name: None,
        grants: grants.iter().map(|grant| (*grant).to_owned()).collect(),
        from_now: false,
    }
}

/// Nobody writes while they look through other eyes: pages are compared without what they offer to do.
fn without_offers(mut page: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                for key in ["may_change", "may_remove", "right", "now"] {
                    map.remove(key);
                }
                map.values_mut().for_each(strip);
            }
            Value::Array(list) => list.iter_mut().for_each(strip),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    strip(&mut page);
    page
}

/// Whole view and every page: the same on the resident's screen and on that person's own.
fn same(owner: &Person, guest: &Person, person: &str) {
    let seen = owner.ask(look(as_person(person), Page::Show));
    assert_eq!(seen, guest.show(), "{person}");
    let status = guest.ask(Request::Status);
    let card = &status["dossiers"][0];
    assert_eq!(
        without_offers(owner.ask(look(as_person(person), Page::Card))),
        without_offers(card.clone()),
        "{person}"
    );
    let dossier = || card["id"].as_str().unwrap().to_owned();
    let page = |page| without_offers(owner.ask(look(as_person(person), page)));
    let mut today = without_offers(guest.ask(Request::Today { dossier: dossier() }));
    // A program greets by the name of its profile, which is nobody else's to know.
    today["name"] = page(Page::Today)["name"].clone();
    assert_eq!(page(Page::Today), today, "{person}");
    assert_eq!(
        page(Page::Plan),
        without_offers(guest.ask(Request::Plan { dossier: dossier() }))
    );
    for section in card["sections"].as_array().unwrap() {
        let section = section["id"].as_str().unwrap().to_owned();
        let theirs = guest.ask(Request::Section {
            dossier: dossier(),
            section: section.clone(),
        });
        let shown = owner.ask(look(as_person(person), Page::Section { section }));
        let writable = |item: &Value| item["may_change"] == json!(true) || item["may_remove"] == json!(true);
        assert!(!shown["items"].as_array().unwrap().iter().any(writable), "{person}");
        assert_eq!(without_offers(shown), without_offers(theirs), "{person}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_resident_sees_what_each_person_of_the_access_table_sees_before_and_after_they_come() {
    for file in [demo::LISA, demo::SAM] {
        let family = demo::read(file.as_bytes()).unwrap();
        let owner = Person::new("De bewoner");
        owner.load(file);
        let hints = owner.online().await;
        let mut guests = Vec::new();
        for entry in family.access.iter().filter(|entry| !entry.is_closed()) {
            let person = &entry.person_id;
            let before = owner.ask(Request::Verify);
            let promised = owner.ask(look(offered(person, &[]), Page::Show));
            assert_eq!(before, owner.ask(Request::Verify), "nothing of it is kept");
            let guest = Person::new(person);
            guest.online().await;
            let invitation = Invite {
                person: Some(person.clone()),
                hints: hints.clone(),
                ..Invite::default()
            };
            admit(&owner, &guest, invitation, &family.names[person]).await;
            settle(&[&guest, &owner]).await;
            assert_eq!(guest.show(), promised, "{person}, as the invitation promised");
            guests.push((person.as_str(), guest));
        }
        assert!(guests.len() >= 6);
        let all: Vec<&Person> = std::iter::once(&owner)
            .chain(guests.iter().map(|(_, guest)| guest))
            .collect();
        settle(&all).await;
        for (person, guest) in &guests {
            same(&owner, guest, person);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_named_changed_and_ended_since_is_seen_alike() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    let guests: Vec<(&str, Person)> = ["p-karin", "p-jeroen", "p-ria", "p-samira"]
        .into_iter()
        .map(|person| (person, Person::new(person)))
        .collect();
    for (person, guest) in &guests {
        guest.online().await;
        let invitation = Invite {
            person: Some((*person).into()),
            hints: hints.clone(),
            ..Invite::default()
        };
        admit(&lisa, guest, invitation, person).await;
    }
    let all: Vec<&Person> = std::iter::once(&lisa)
        .chain(guests.iter().map(|(_, guest)| guest))
        .collect();
    settle(&all).await;
    let of = |name: &str| &guests.iter().find(|(person, _)| *person == name).unwrap().1;
    let note = Request::NoteAdd {
        dossier: None,
        section: "verslagen".into(),
        text: "Alleen voor Jeroen.".into(),
        plain: None,
        hat: None,
        readers: vec!["p-jeroen".into()],
    };
    let note = of("p-karin").ask(note)["ids"][0].as_str().unwrap().to_owned();
    let contribution = of("p-jeroen").ask(add("plan", "actions", json!({"text": "Samen oefenen"})));
    let contribution = contribution["ids"][0].as_str().unwrap().to_owned();
    lisa.ask(Request::ChangeAccess {
        dossier: None,
        person: "p-samira".into(),
        grants: vec!["geld=aanpassen".into(), "plan=zien:dat".into()],
        until: None,
        purpose: None,
        from_now: None,
    });
    settle(&all).await;
    settle(&all).await;
    for (person, guest) in &guests {
        same(&lisa, guest, person);
    }
    let seen = |person: &str| lisa.ask(look(as_person(person), Page::Show));
    assert!(find(&seen("p-jeroen"), &note).is_some(), "named in it");
    assert!(find(&seen("p-karin"), &note).is_some(), "wrote it");
    assert!(find(&seen("p-ria"), &note).is_none());
    assert!(find(&seen("p-karin"), &contribution).is_some());

    lisa.ask(Request::Revoke {
        dossier: None,
        person: "p-ria".into(),
        keep_unseen: false,
    });
    let refused = |request| lisa.refused(request).code;
    assert_eq!(refused(look(as_person("p-ria"), Page::Show)), FaultCode::NotFound);
    assert_eq!(refused(look(as_person("p-niemand"), Page::Show)), FaultCode::NotFound);
    assert_eq!(
        refused(look(offered("p-anouk", &["geld=alles"]), Page::Show)),
        FaultCode::Invalid
    );
    assert_eq!(
        of("p-karin").refused(look(as_person("p-jeroen"), Page::Show)).code,
        FaultCode::NotAllowed
    );
    // A page that was looked at before is not shown again after something changed.
    lisa.set("g-1", json!({"title": "Anders gezegd"}));
    assert_eq!(find(&seen("p-karin"), "g-1").unwrap()["title"], json!("Anders gezegd"));
}
