//! A wijkteam: two colleagues cover for one another, and one leaves.

use dossier_app::Card;
use dossier_app::contract::{Event, FaultCode, Invite, Request};
use serde_json::{Value, json};

use crate::world::{PATIENCE, Person, add, listed, settle};

const TEAM: &str = "Wijkteam Noord";

fn names(of: &Value) -> Vec<String> {
    let all = of.as_array().map(Vec::as_slice).unwrap_or_default().iter();
    all.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

fn sections(of: &Person) -> Vec<String> {
    let status = of.ask(Request::Status);
    let all = status["dossiers"].as_array().unwrap().iter();
    all.flat_map(|one| one["sections"].as_array().unwrap().clone())
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

fn lines(of: &Person, deed: &str) -> Vec<String> {
    let log = of.ask(Request::Log {
        dossier: None,
        person: None,
        since: None,
    });
    let all = log.as_array().unwrap().iter().filter(|line| line["deed"] == deed);
    all.map(|line| line["name"].as_str().unwrap().to_owned()).collect()
}

/// Somebody asks, reads out the digits, and is taken in.
fn take_in(lead: &Person, colleague: &Person) {
    let asked = colleague.ask(Request::TeamAsk);
    let text = asked["text"].as_str().unwrap().to_owned();
    let wrong = lead.refused(Request::TeamAdd {
        text: text.clone(),
        code: Some("000000000000".into()),
    });
    assert_eq!(
        (wrong.code, wrong.detail.as_deref()),
        (FaultCode::InputRefused, Some("wrong_code"))
    );
    let added = lead.ask(Request::TeamAdd {
        text,
        code: Some(asked["code"].as_str().unwrap().to_owned()),
    });
    let text = added["text"].as_str().unwrap().to_owned();
    assert_eq!(
        lead.refused(Request::TeamJoin { text: text.clone() }).detail.as_deref(),
        Some("team_other_device")
    );
    let team = colleague.ask(Request::TeamJoin { text });
    assert_eq!(team["name"], TEAM);
}

/// Answers in the name of the team; the resident sees that before they say yes.
async fn join_as_team(owner: &Person, guest: &Person, name: &str, invitation: Invite) {
    let invited = owner.ask(Request::Invite(invitation));
    let ticket = invited["ticket"].as_str().unwrap().to_owned();
    let mut events = owner.app.subscribe();
    let confirm = async {
        loop {
            if let Event::Joining { code, .. } = events.recv().await.unwrap() {
                let waiting = owner.ask(Request::Invitations { dossier: None });
                assert_eq!(waiting[0]["joiner"]["team"], TEAM);
                owner.ask(Request::Confirm { code });
                return Ok(());
            }
        }
    };
    let card = Card {
        name: name.into(),
        team: Some(TEAM.into()),
        ..Card::default()
    };
    let join = guest.app.join(&ticket, card, |_| {}, PATIENCE);
    tokio::try_join!(join, confirm).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn colleagues_cover_for_one_another_without_the_resident_and_whoever_leaves_sees_nothing_more() {
    let lisa = Person::new("Lisa");
    lisa.ask(Request::DossierNew { title: None });
    lisa.ask(add("plan", "goals", json!({"id": "g-1", "title": "Rust in huis"})));
    let (marian, karin, joost) = (Person::new("Marian"), Person::new("Karin de Wit"), Person::new("Joost"));
    let hints = lisa.online().await;
    for person in [&marian, &karin, &joost] {
        person.online().await;
    }
    let made = marian.ask(Request::TeamNew { name: TEAM.into() });
    assert_eq!(made["words"]["words"].as_array().unwrap().len(), 24);
    assert_ne!(made["words"], marian.ask(Request::RecoveryWords), "words of its own");
    assert_eq!(karin.ask(Request::Team), Value::Null);
    assert_eq!(karin.refused(Request::TeamWords).code, FaultCode::NotAllowed);
    take_in(&marian, &karin);
    take_in(&marian, &joost);
    assert_eq!(
        karin.refused(Request::TeamRemove { device: "Joost".into() }).code,
        FaultCode::NotAllowed
    );

    let invitation = Invite {
        person: None,
        name: Some("Karin de Wit".into()),
        purpose: Some("het plan bijhouden".into()),
        grants: vec!["plan=aanpassen".into(), "verslagen=aanvullen".into()],
        hints,
        ..Invite::default()
    };
    join_as_team(&lisa, &karin, "Karin de Wit", invitation).await;
    settle(&[&karin, &lisa]).await;
    let team = listed(&lisa, TEAM);
    assert!(names(&team["team"]).contains(&"Karin de Wit".to_owned()));
    karin.ask(Request::NoteAdd {
        dossier: None,
        section: "verslagen".into(),
        text: "Lisa was opgelucht.".into(),
        plain: None,
        hat: None,
        readers: Vec::new(),
    });

    // Colleagues hear of it from one another; the resident's program is off.
    let lisa = lisa.restart().await;
    for _ in 0..10 {
        settle(&[&karin, &joost, &marian]).await;
        if sections(&joost).len() == 2 && sections(&marian).len() == 2 {
            break;
        }
    }
    assert_eq!(
        names(&joost.ask(Request::Team)["members"]),
        ["Joost", "Karin de Wit", "Marian"]
    );
    assert_eq!(sections(&joost), ["plan", "verslagen"]);
    assert_eq!(joost.item("g-1")["title"], "Rust in huis");
    let note = joost.ask(Request::NoteAdd {
        dossier: None,
        section: "verslagen".into(),
        text: "Ik viel in voor Karin.".into(),
        plain: None,
        hat: None,
        readers: Vec::new(),
    });
    joost.set("g-1", json!({"why": "Voor de kinderen"}));

    // The resident sees the names of everybody behind the team, and who of them wrote what.
    lisa.online().await;
    settle(&[&karin, &joost, &marian, &lisa, &joost]).await;
    assert_eq!(names(&listed(&lisa, TEAM)["team"]), ["Joost", "Karin de Wit", "Marian"]);
    let note = lisa.item(note["ids"][0].as_str().unwrap());
    assert_eq!(note["provenance"]["author_name"], "Joost (Wijkteam Noord)");
    assert!(lines(&lisa, "team_joined").contains(&"Joost (Wijkteam Noord)".to_owned()));
    assert!(lines(&lisa, "changed").contains(&"Joost (Wijkteam Noord)".to_owned()));
    let history = lisa.ask(Request::History {
        dossier: None,
        id: "g-1".into(),
    });
    let steps = history["steps"].as_array().unwrap();
    assert_eq!(steps.last().unwrap()["who"]["name"], "Joost (Wijkteam Noord)");

    // Karin leaves. Her program takes its copy away, a new epoch shuts her out, and the resident reads of it.
    let left = marian.ask(Request::TeamRemove {
        device: "Karin de Wit".into(),
    });
    assert_eq!(names(&left["members"]), ["Marian", "Joost"]);
    settle(&[&marian, &lisa, &joost, &karin, &lisa]).await;
    lisa.ask(add("plan", "goals", json!({"id": "g-2", "title": "Na Karin"})));
    settle(&[&joost, &karin, &lisa, &marian]).await;
    assert_eq!(sections(&karin), Vec::<String>::new());
    assert_eq!(karin.ask(Request::Team), Value::Null);
    assert_eq!(joost.item("g-2")["title"], "Na Karin");
    assert_eq!(lines(&lisa, "team_left"), ["Karin de Wit (Wijkteam Noord)"]);
    assert_eq!(names(&listed(&lisa, TEAM)["team"]), ["Joost", "Marian"]);
    let kept = lisa.show().to_string();
    assert!(kept.contains("Lisa was opgelucht."), "what was counted stays");
    let asked = karin.ask(Request::TeamAsk)["text"].as_str().unwrap().to_owned();
    let again = marian.refused(Request::TeamAdd {
        text: asked,
        code: None,
    });
    assert_eq!(
        again.detail.as_deref(),
        Some("team_gone"),
        "a device that was taken out never comes back"
    );

    // The resident stops the whole team.
    let id = listed(&lisa, TEAM)["person"].as_str().unwrap().to_owned();
    lisa.ask(Request::Revoke {
        dossier: None,
        person: id,
        keep_unseen: false,
    });
    settle(&[&joost, &marian, &lisa]).await;
    assert_eq!((sections(&joost), sections(&marian)), (Vec::new(), Vec::new()));
}
