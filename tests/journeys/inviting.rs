//! Inviting as the window does it: everything through requests, the ticket shown again, the code typed, or taken back.

use dossier_app::Card;
use dossier_app::contract::{Event, FaultCode, Invite, Request};
use dossier_app::joining::Answer;
use dossier_app::looking::{Look, Page, Through};
use serde_json::{Value, json};

use crate::world::{PATIENCE, Person, add, invite, settle};

fn invite_somebody(owner: &Person, name: &str) -> Value {
    owner.ask(Request::Invite(Invite {
        name: Some(name.into()),
        role: Some("wijkteam".into()),
        purpose: Some("het plan bijhouden".into()),
        grants: vec!["plan=aanpassen".into(), "geld=zien:dat".into()],
        until: Some("2027-01-31".into()),
        ..Invite::default()
    }))
}

fn invitations(owner: &Person) -> Value {
    owner.ask(Request::Invitations { dossier: None })
}

fn card(name: &str) -> Card {
    Card {
        name: name.into(),
        organisation: Some("Wijkteam De Lindeboom".into()),
        ..Card::default()
    }
}

async fn code(owner: &mut tokio::sync::broadcast::Receiver<Event>) -> String {
    loop {
        if let Event::Joining { code, .. } = owner.recv().await.unwrap() {
            return code;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_resident_lets_somebody_in_by_requests_alone() {
    let lisa = Person::new("Lisa");
    lisa.ask(Request::DossierNew { title: None });
    let karin = Person::new("Karin");
    lisa.online().await;
    karin.online().await;
    let made = invite_somebody(&lisa, "Karin de Wit");

    // The ticket can be shown again, and says where to knock without anybody having typed an address.
    let shown = &invitations(&lisa)[0];
    assert_eq!(
        (&shown["id"], &shown["ticket"], &shown["state"], &shown["name"]),
        (&made["id"], &made["ticket"], &json!("open"), &json!("Karin de Wit"))
    );
    assert_eq!(shown["purpose"], json!("het plan bijhouden"));
    assert_eq!(shown["until"], json!("2027-01-31"));
    assert_eq!(
        shown["scopes"][1],
        json!({"section": "geld", "level": "zien", "content": false})
    );
    let qr: Vec<&str> = shown["qr"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_str().unwrap())
        .collect();
    assert!(qr.len() > 40 && qr.iter().all(|row| row.len() == qr.len()));
    assert!(qr[0].starts_with("1111111"), "the corner of a QR code");

    let mut events = lisa.app.subscribe();
    let ticket = made["ticket"].as_str().unwrap();
    let join = karin.app.join(ticket, card("Karin de Wit"), |_| {}, PATIENCE);
    let confirm = async {
        let code = code(&mut events).await;
        let waiting = &invitations(&lisa)[0];
        assert_eq!(
            (&waiting["state"], &waiting["ticket"]),
            (&json!("joined"), &Value::Null)
        );
        assert_eq!(waiting["joiner"]["organisation"], json!("Wijkteam De Lindeboom"));
        assert_eq!(waiting["qr"], json!([]));
        let confirmed = lisa.ask(Request::Confirm { code });
        assert_eq!(confirmed["person"], made["person"]);
        Ok(())
    };
    tokio::try_join!(join, confirm).unwrap();
    assert_eq!(invitations(&lisa)[0]["state"], json!("granted"));
    let access = lisa.ask(Request::Access { dossier: None });
    assert_eq!(
        (&access["people"][0]["name"], &access["people"][0]["compared"]),
        (&json!("Karin de Wit"), &json!(true))
    );
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(
        lisa.refused(Request::InvitationEnd { dossier: None, id }).code,
        FaultCode::Invalid,
        "access that was given ends otherwise"
    );
    assert_eq!(
        karin.refused(Request::Invitations { dossier: None }).code,
        FaultCode::NotAllowed
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_code_and_a_second_thought_let_nobody_in() {
    let lisa = Person::new("Lisa");
    lisa.ask(Request::DossierNew { title: None });
    let stranger = Person::new("Een ander");
    lisa.online().await;
    stranger.online().await;
    assert_eq!(
        lisa.refused(Request::Confirm { code: "1".into() }).code,
        FaultCode::NotFound,
        "nobody waits"
    );

    let wrong = invite_somebody(&lisa, "Karin de Wit");
    let mut events = lisa.app.subscribe();
    let join = stranger.app.join(
        wrong["ticket"].as_str().unwrap(),
        card("Karin de Wit"),
        |_| {},
        PATIENCE,
    );
    let confirm = async {
        code(&mut events).await;
        let fault = lisa.refused(Request::Confirm {
            code: "000000000000".into(),
        });
        assert_eq!(fault.code, FaultCode::InputRefused);
    };
    let (joined, ()) = tokio::join!(join, confirm);
    assert_eq!(joined.unwrap_err().code, FaultCode::InputRefused);
    assert_eq!(invitations(&lisa)[0]["state"], json!("burnt"));

    let second = invite_somebody(&lisa, "Karin de Wit");
    let mut events = lisa.app.subscribe();
    let join = stranger.app.join(
        second["ticket"].as_str().unwrap(),
        card("Karin de Wit"),
        |_| {},
        PATIENCE,
    );
    let end = async {
        let code = code(&mut events).await;
        let id = second["id"].as_str().unwrap().to_owned();
        lisa.ask(Request::InvitationEnd { dossier: None, id });
        assert_eq!(lisa.refused(Request::Confirm { code }).code, FaultCode::NotFound);
    };
    let (joined, ()) = tokio::join!(join, end);
    assert_eq!(joined.unwrap_err().code, FaultCode::InputRefused);
    assert_eq!(lisa.ask(Request::Access { dossier: None })["people"], json!([]));
}

#[test]
fn a_family_that_was_brought_along_proposes_who_looks_along() {
    let lisa = Person::new("Lisa");
    lisa.load(dossier_exchange::demo::LISA);
    let proposals = lisa.ask(Request::Proposals { dossier: None });
    let of = |person: &str| {
        proposals
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["person"] == json!(person))
    };
    let karin = of("p-karin").unwrap();
    assert_eq!(karin["name"], json!("Karin de Wit"));
    assert_eq!(
        karin["scopes"][0],
        json!({"section": "plan", "level": "aanpassen", "content": true})
    );
    assert_eq!(karin["only_about"], Value::Null);
    let rik = of("p-rik").unwrap();
    assert_eq!(rik["only_about"][0]["name"], json!("Noor Stam"));
    assert_eq!(rik["scopes"][0]["only_about"], rik["only_about"]);
    assert!(of("p-tim").is_none(), "his access ended");
    assert_eq!(
        lisa.ask(Request::Access { dossier: None })["people"],
        json!([]),
        "nothing was given"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sees_only_what_is_about_some_people_is_never_said_to_see_more() {
    let (lisa, rik) = (Person::new("Lisa Verhagen"), Person::new("Rik Stam"));
    lisa.load(dossier_exchange::demo::LISA);
    let hints = lisa.online().await;
    rik.online().await;
    let invited = lisa.ask(Request::Invite(Invite {
        person: Some("p-rik".into()),
        hints: hints.clone(),
        ..Invite::default()
    }));
    let names: Vec<&str> = invited["scopes"][0]["only_about"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Noor Stam", "Daan Stam", "Mila Stam"]);
    // Whoever has the ticket hears that there is such a limit, and not yet about whom.
    let ticket = invited["ticket"].as_str().unwrap().to_owned();
    let offer = rik.ask(Request::Offer { ticket });
    assert_eq!(offer["scopes"][0]["only_about"].as_array().unwrap().len(), 3);
    assert_eq!(offer["scopes"][0]["only_about"][0]["name"], Value::Null);
    invite(&lisa, &hints, &rik, "p-rik").await;
    settle(&[&rik, &lisa]).await;
    let access = lisa.ask(Request::Access { dossier: None });
    let scopes = &access["people"][0]["scopes"];
    assert_eq!(scopes[0]["section"], json!("agenda"));
    assert_eq!(scopes[0]["only_about"], invited["scopes"][0]["only_about"]);
    let card = &rik.ask(Request::Status)["dossiers"][0];
    assert_eq!(card["sections"][0]["some"], json!(true));
    let agenda = lisa.ask(Request::Section {
        dossier: String::new(),
        section: "agenda".into(),
    });
    let onlookers = agenda["seen_by"].as_array().unwrap();
    assert_eq!((onlookers.len(), &onlookers[0]["sees"]), (1, &json!("some")));
    // Through his eyes it says the same.
    let look = lisa.ask(Request::Look(Look {
        dossier: None,
        through: Through::Person { person: "p-rik".into() },
        page: Page::Card,
    }));
    assert_eq!(look["sections"], card["sections"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_section_of_ones_own_is_empty_private_and_can_be_shared() {
    let lisa = Person::new("Lisa");
    lisa.ask(Request::DossierNew { title: None });
    let karin = Person::new("Karin");
    let label = |label: &str| Request::SectionNew {
        dossier: None,
        label: label.into(),
    };
    let made = lisa.ask(label(" Alleen voor mij "));
    assert_eq!(
        (&made["label"], &made["right"]),
        (&json!("Alleen voor mij"), &json!("own"))
    );
    let section = made["id"].as_str().unwrap().to_owned();
    assert_eq!(lisa.refused(label("Alleen voor mij")).code, FaultCode::AlreadyExists);
    assert_eq!(lisa.refused(label("  ")).code, FaultCode::Invalid);
    lisa.ask(add(
        &section,
        "story",
        json!({"title": "Later", "text": "Ik wil naar zee."}),
    ));
    let view = |who: &Person, section: &str| {
        who.ask(Request::Section {
            dossier: String::new(),
            section: section.into(),
        })
    };
    let mine = view(&lisa, &section);
    assert_eq!(
        (&mine["items"][0]["fields"]["text"], &mine["seen_by"]),
        (&json!("Ik wil naar zee."), &json!([]))
    );
    assert_eq!(
        (&mine["items"][0]["may_change"], &mine["items"][0]["may_remove"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(mine["date"], json!("2026-11-23"));
    assert_eq!(mine["people"][0]["name"], json!("Lisa"));

    let lisa = lisa.restart().await;
    let hints = lisa.online().await;
    karin.online().await;
    let invited = lisa.ask(Request::Invite(Invite {
        name: Some("Karin".into()),
        grants: vec![format!("{section}=zien")],
        hints,
        ..Invite::default()
    }));
    let mut events = lisa.app.subscribe();
    let join = karin
        .app
        .join(invited["ticket"].as_str().unwrap(), card("Karin"), |_| {}, PATIENCE);
    let confirm = async {
        let code = code(&mut events).await;
        lisa.ask(Request::Confirm { code });
        Ok(())
    };
    tokio::try_join!(join, confirm).unwrap();
    settle(&[&lisa, &karin]).await;
    let hers = view(&karin, &section);
    assert_eq!(hers["items"][0]["fields"]["text"], json!("Ik wil naar zee."));
    assert_eq!(
        (&hers["items"][0]["may_change"], &hers["items"][0]["may_remove"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(karin.refused(label("Van mij")).code, FaultCode::NotAllowed);
}

fn joins(guest: &Person) -> Vec<Value> {
    guest.ask(Request::Joins).as_array().unwrap().clone()
}

/// Waits until the guest's only answer is this far.
async fn until(guest: &Person, events: &mut tokio::sync::broadcast::Receiver<Event>, state: &str) -> Value {
    loop {
        let join = joins(guest)[0].clone();
        if join["state"] == state {
            return join;
        }
        let event = tokio::time::timeout(PATIENCE, events.recv()).await;
        event.unwrap_or_else(|_| panic!("not {state}: {join}")).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_invited_answers_by_requests_alone_and_goes_on_after_a_restart() {
    let lisa = Person::new("Lisa");
    lisa.ask(Request::DossierNew { title: None });
    let karin = Person::new("Karin de Wit");
    lisa.online().await;
    karin.online().await;
    let made = invite_somebody(&lisa, "Karin de Wit");
    let ticket = made["ticket"].as_str().unwrap().to_owned();

    let offer = karin.ask(Request::Offer { ticket: ticket.clone() });
    assert_eq!(
        (&offer["owner"], &offer["purpose"], &offer["until"]),
        (&json!("Lisa"), &json!("het plan bijhouden"), &json!("2027-01-31"))
    );
    assert_eq!(offer["scopes"], made["scopes"]);
    assert_eq!(joins(&karin), Vec::<Value>::new(), "who only looks has not answered");
    assert_eq!(
        lisa.refused(Request::Offer { ticket: ticket.clone() })
            .detail
            .as_deref(),
        Some("own dossier")
    );

    let answer = Request::Join(Answer {
        ticket: ticket.clone(),
        organisation: Some("Wijkteam De Lindeboom".into()),
        answers: json!({"WIE": "Ik ben Karin."}).as_object().unwrap().clone(),
        ..Answer::default()
    });
    let mut events = karin.app.subscribe();
    let mut hers = lisa.app.subscribe();
    karin.ask(answer.clone());
    let code_here = until(&karin, &mut events, "waiting").await["code"].clone();
    assert_eq!(code_here, code(&mut hers).await);

    // The program is closed before the resident said yes; the answer and its code hold.
    let karin = karin.restart().await;
    assert_eq!(joins(&karin)[0]["state"], "cut_off");
    let mut events = karin.app.subscribe();
    karin.online().await;
    karin.ask(answer);
    let waiting = until(&karin, &mut events, "waiting").await;
    assert_eq!((&waiting["code"], &waiting["owner"]), (&code_here, &json!("Lisa")));
    let code = code_here.as_str().unwrap().to_owned();
    lisa.ask(Request::Confirm { code });
    let granted = until(&karin, &mut events, "granted").await;
    let status = karin.ask(Request::Status);
    assert_eq!(status["dossiers"][0]["id"], granted["dossier"]);
    assert_eq!(status["dossiers"][0]["sections"][0]["id"], "plan");
    let cards = lisa.show()["items"].to_string();
    assert!(cards.contains("Ik ben Karin."), "the card is kept");
    let id = granted["id"].as_str().unwrap().to_owned();
    karin.ask(Request::JoinEnd { id });
    assert_eq!(joins(&karin), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_words_fetch_the_ticket_once_and_other_words_fetch_nothing() {
    let lisa = Person::new("Lisa");
    lisa.ask(Request::DossierNew { title: None });
    let karin = Person::new("Karin de Wit");
    lisa.online().await;
    karin.online().await;
    let made = invite_somebody(&lisa, "Karin de Wit");
    let id = made["id"].as_str().unwrap().to_owned();
    let words = || Request::TicketWords {
        dossier: None,
        id: id.clone(),
    };
    let shown = lisa.ask(words());
    assert_eq!(lisa.ask(words()), shown, "looking again changes nothing");
    let list: Vec<&str> = shown["words"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect();
    assert_eq!(list.len(), 8);
    let hints: Vec<String> = serde_json::from_value(shown["addresses"].clone()).unwrap();
    let fetch = |words: String| Request::FetchTicket {
        words,
        hints: hints.clone(),
    };
    let why = |words: String| karin.refused(fetch(words)).detail.unwrap_or_default();
    assert_eq!(why(list[..7].join(" ")), "words_count");
    assert_eq!(why(format!("tafel {}", list[1..].join(" "))), "words_unknown 1");
    // All but one in 256 slips show by themselves; the rest names an endpoint that is not there.
    let slip = |word: &str| [&[word], &list[1..]].concat().join(" ");
    let other = ["abandon", "zoo", "table", "chair"]
        .into_iter()
        .find(|word| *word != list[0])
        .unwrap();
    assert!(["words_other", ""].contains(&why(slip(other)).as_str()));

    let fetched = karin.ask(fetch(list.join(" ").to_uppercase()));
    assert_eq!(fetched["ticket"], made["ticket"]);
    assert_eq!(
        karin.refused(fetch(list.join(" "))).code,
        FaultCode::NotReachable,
        "they work once"
    );
    assert_ne!(lisa.ask(words())["words"], shown["words"], "others come in their place");
    lisa.ask(Request::InvitationEnd {
        dossier: None,
        id: id.clone(),
    });
    assert_eq!(lisa.refused(words()).code, FaultCode::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_said_to_be_there_can_be_answered_also_after_a_restart() {
    let lisa = Person::new("Lisa");
    lisa.ask(Request::DossierNew { title: None });
    let karin = Person::new("Karin");
    lisa.online().await;
    karin.online().await;
    let state = |of: &Person| invitations(of)[0]["state"].as_str().unwrap().to_owned();
    let nobody = |of: &Person| {
        of.refused(Request::Confirm {
            code: "000000000000".into(),
        })
    };

    let first = invite_somebody(&lisa, "Karin de Wit");
    let join = karin
        .app
        .join(first["ticket"].as_str().unwrap(), card("Karin"), |_| {}, PATIENCE);
    let answer = async {
        while state(&lisa) != "joined" {
            tokio::task::yield_now().await;
        }
        // A wrong code is refused; that nobody waits would be another fault.
        assert_eq!(nobody(&lisa).code, FaultCode::InputRefused);
    };
    let (joined, ()) = tokio::join!(join, answer);
    assert!(joined.is_err());
    assert_eq!(state(&lisa), "burnt");

    let second = invite_somebody(&lisa, "Karin de Wit");
    let mut events = lisa.app.subscribe();
    let ticket = second["ticket"].as_str().unwrap().to_owned();
    let waiting = {
        let karin = karin.app.clone();
        tokio::spawn(async move { karin.join(&ticket, card("Karin"), |_| {}, PATIENCE).await })
    };
    let code = code(&mut events).await;
    drop(events);
    waiting.abort();
    let lisa = lisa.restart().await;
    let confirmed = lisa.ask(Request::Confirm { code });
    assert_eq!(confirmed["person"], second["person"]);
    assert_eq!(state(&lisa), "granted");
}
