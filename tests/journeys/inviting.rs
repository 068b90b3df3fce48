//! Inviting as the window does it: everything through requests, the ticket shown again, the code typed, or taken back.

use dossier_app::Card;
use dossier_app::contract::{Event, FaultCode, Invite, Request};
use serde_json::{Value, json};

use crate::world::{PATIENCE, Person, add, settle};

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
    assert!(of("p-tim").is_none(), "his access ended");
    assert_eq!(
        lisa.ask(Request::Access { dossier: None })["people"],
        json!([]),
        "nothing was given"
    );
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
