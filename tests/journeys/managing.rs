//! Representatives: who lets others in besides the resident, where, and what becomes of it.

use dossier_app::contract::{FaultCode, Invite, Request};
use serde_json::{Value, json};

use crate::world::{Person, add, admit, listed, settle};

fn offer(name: &str, grants: &[&str], hints: &[String]) -> Invite {
    Invite {
        name: Some(name.into()),
        purpose: Some("meekijken".into()),
        grants: grants.iter().map(|grant| (*grant).to_owned()).collect(),
        hints: hints.to_vec(),
        ..Invite::default()
    }
}

fn revoke(person: &str) -> Request {
    Request::Revoke {
        dossier: None,
        person: person.into(),
        keep_unseen: false,
    }
}

fn section(section: &str) -> Request {
    Request::Section {
        dossier: String::new(),
        section: section.into(),
    }
}

fn sections(of: &Person) -> Vec<String> {
    let status = of.ask(Request::Status);
    let all = status["dossiers"][0]["sections"].as_array().unwrap();
    all.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

fn titles(of: &Person, part: &str) -> Vec<String> {
    let view = of.ask(section(part));
    let items = view["items"].as_array().unwrap().iter();
    items
        .filter_map(|item| Some(item["fields"]["title"].as_str()?.to_owned()))
        .collect()
}

fn lines(of: &Person, deed: &str, name: &str) -> Vec<Value> {
    let log = of.ask(Request::Log {
        dossier: None,
        person: None,
        since: None,
    });
    let all = log.as_array().unwrap().iter();
    all.filter(|line| line["deed"] == deed && line["name"] == name)
        .cloned()
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mentor_lets_others_in_to_the_care_sections_and_nowhere_else() {
    let lisa = Person::new("Lisa");
    lisa.ask(Request::DossierNew { title: None });
    let (petra, huib, wil) = (
        Person::new("Petra Mentor"),
        Person::new("Huib Arts"),
        Person::new("Wil Zorg"),
    );
    let hints = lisa.online().await;
    let at_petra = petra.online().await;
    huib.online().await;
    wil.online().await;
    lisa.ask(add("plan", "goals", json!({"id": "g-1", "title": "Rust in huis"})));
    lisa.ask(add(
        "gezondheid",
        "health.conditions",
        json!({"id": "h-1", "title": "Suikerziekte"}),
    ));
    let terms = offer(
        "Petra Mentor",
        &["gezondheid=beheren", "crisis=beheren", "plan=zien"],
        &hints,
    );
    admit(&lisa, &petra, terms, "Petra Mentor").await;
    settle(&[&petra, &lisa]).await;
    let card = petra.ask(Request::Status)["dossiers"][0]["sections"].clone();
    let manages = |id: &str| card.as_array().unwrap().iter().find(|one| one["id"] == id).unwrap()["manages"] == true;
    assert!(manages("gezondheid") && manages("crisis") && !manages("plan"));
    assert_eq!(listed(&lisa, "Petra Mentor")["scopes"][1]["level"], "beheren");

    // What she may not give, her program refuses before anybody is asked anything.
    for (grants, section) in [
        (vec!["plan=zien"], "plan"),
        (vec!["gezondheid=zien", "geld=zien:dat"], "geld"),
        (vec!["gezondheid=beheren"], "gezondheid"),
    ] {
        let refused = petra.refused(Request::Invite(offer("Iemand", &grants, &at_petra)));
        assert_eq!(
            (refused.code, refused.detail.as_deref()),
            (FaultCode::NotAllowed, Some(section))
        );
    }

    // The same flow as the resident's, from her device; the resident's is off meanwhile.
    let lisa = lisa.restart().await;
    let invited = petra.ask(Request::Invite(offer("Iemand", &["crisis=zien"], &at_petra)));
    let ticket = invited["ticket"].as_str().unwrap().to_owned();
    let offered = huib.ask(Request::Offer { ticket });
    assert_eq!(
        (&offered["owner"], &offered["inviter"]),
        (&json!("Lisa"), &json!("Petra Mentor"))
    );
    let id = invited["id"].as_str().unwrap().to_owned();
    petra.ask(Request::InvitationEnd { dossier: None, id });
    for (who, name, grants) in [
        (&huib, "Huib Arts", &["gezondheid=aanvullen"][..]),
        (&wil, "Wil Zorg", &["gezondheid=zien", "crisis=zien"][..]),
    ] {
        admit(&petra, who, offer(name, grants, &at_petra), name).await;
    }
    settle(&[&huib, &wil, &petra]).await;
    assert_eq!(titles(&huib, "gezondheid"), ["Suikerziekte"]);
    assert_eq!(sections(&huib), ["gezondheid"]);
    assert_eq!(huib.refused(section("plan")).code, FaultCode::NotAllowed);
    huib.ask(add(
        "gezondheid",
        "health.conditions",
        json!({"id": "h-2", "title": "Hoge bloeddruk"}),
    ));
    settle(&[&huib, &petra]).await;

    // The resident learns of it by sync, and sees who let whom in.
    lisa.online().await;
    settle(&[&petra, &lisa]).await;
    let huib_there = listed(&lisa, "Huib Arts");
    assert_eq!(huib_there["let_in_by"][0]["name"], "Petra Mentor");
    assert_eq!(
        huib_there["scopes"],
        json!([{"section": "gezondheid", "level": "aanvullen", "content": true}])
    );
    assert!(listed(&lisa, "Petra Mentor")["let_in_by"].is_null(), "the resident did");
    let granted = lines(&lisa, "granted", "Petra Mentor");
    assert_eq!(granted.len(), 2, "one line for each consent: {granted:?}");
    assert!(granted.iter().any(|line| line["objects"][0] == huib_there["person"]));
    assert_eq!(granted[0]["right"], "beheren");
    assert!(titles(&lisa, "gezondheid").contains(&"Hoge bloeddruk".to_owned()));

    // She stops him while the resident is away: what is written from then on he cannot read, and the others can.
    let huibs_id = listed(&petra, "Huib Arts")["person"].as_str().unwrap().to_owned();
    assert_eq!(
        petra.refused(revoke("p-ik")).code,
        FaultCode::NotAllowed,
        "never the resident"
    );
    let lisa = lisa.restart().await;
    let stopped = petra.ask(revoke(&huibs_id));
    assert_eq!(stopped["sections"], json!(["gezondheid"]));
    petra.ask(add(
        "gezondheid",
        "health.conditions",
        json!({"id": "h-3", "title": "Nieuw"}),
    ));
    settle(&[&huib, &wil, &petra]).await;
    assert_eq!(sections(&huib), Vec::<String>::new());
    assert!(
        titles(&wil, "gezondheid").contains(&"Nieuw".to_owned()),
        "the new epoch is hers"
    );
    lisa.online().await;
    settle(&[&petra, &lisa]).await;
    assert!(titles(&lisa, "gezondheid").contains(&"Nieuw".to_owned()));
    assert!(!listed(&lisa, "Huib Arts")["ended"].is_null());
    assert_eq!(lines(&lisa, "revoked", "Petra Mentor").len(), 1);
    assert!(
        titles(&lisa, "gezondheid").contains(&"Hoge bloeddruk".to_owned()),
        "what was counted stays"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bewindvoerder_looks_after_the_money_and_nobody_else_does_without_the_resident() {
    let lisa = Person::new("Lisa");
    lisa.ask(Request::DossierNew { title: None });
    let (bram, kees, samira, late) = (
        Person::new("Bram Bewind"),
        Person::new("Kees Curator"),
        Person::new("Samira"),
        Person::new("Te laat"),
    );
    let hints = lisa.online().await;
    let at_bram = bram.online().await;
    for person in [&kees, &samira, &late] {
        person.online().await;
    }
    lisa.ask(add(
        "gezondheid",
        "health.conditions",
        json!({"id": "h-1", "title": "Suikerziekte"}),
    ));
    for (who, name) in [(&bram, "Bram Bewind"), (&kees, "Kees Curator")] {
        admit(&lisa, who, offer(name, &["geld=beheren"], &hints), name).await;
    }
    settle(&[&bram, &kees, &lisa, &bram]).await;
    assert_eq!(bram.refused(section("gezondheid")).code, FaultCode::NotAllowed);
    assert_eq!(sections(&bram), ["geld"]);

    // One representative says nothing about another, nor about himself.
    let id = |reader: &Person, name: &str| listed(reader, name)["person"].as_str().unwrap().to_owned();
    for name in ["Kees Curator", "Bram Bewind"] {
        assert_eq!(bram.refused(revoke(&id(&bram, name))).code, FaultCode::NotAllowed);
        assert_eq!(listed(&bram, name)["fixed"], true);
    }
    admit(&bram, &samira, offer("Samira", &["geld=zien"], &at_bram), "Samira").await;
    settle(&[&samira, &bram, &lisa, &kees, &samira]).await;
    let samiras = id(&bram, "Samira");
    bram.ask(Request::ChangeAccess {
        dossier: None,
        person: samiras.clone(),
        grants: vec!["geld=aanvullen".into()],
        until: None,
        purpose: None,
        from_now: None,
    });
    let more = bram.refused(Request::ChangeAccess {
        dossier: None,
        person: samiras,
        grants: vec!["geld=beheren".into()],
        until: None,
        purpose: None,
        from_now: None,
    });
    assert_eq!(more.code, FaultCode::NotAllowed);
    settle(&[&bram, &samira, &lisa]).await;
    assert_eq!(listed(&lisa, "Samira")["scopes"][0]["level"], "aanvullen");
    assert_eq!(
        listed(&lisa, "Bram Bewind")["let_in"][0]["name"],
        "Samira",
        "said before he is stopped"
    );

    // The resident stops him. Whom he let in stays, as far as it was counted; he lets in nobody any more.
    let stopped = lisa.ask(revoke(&id(&lisa, "Bram Bewind")));
    assert_eq!(stopped["stay"][0]["name"], "Samira");
    lisa.ask(add("geld", "money.debts", json!({"id": "d-1", "title": "Huur"})));
    settle(&[&bram, &kees, &samira, &lisa, &samira]).await;
    assert_eq!(titles(&samira, "geld"), ["Huur"]);
    assert_eq!(sections(&bram), Vec::<String>::new());
    let refused = bram.refused(Request::Invite(offer("Te laat", &["geld=zien"], &at_bram)));
    assert_eq!(refused.code, FaultCode::NotAllowed);
    // A yes to an answer of before is too late as well.
    assert!(listed(&lisa, "Samira")["ended"].is_null());
    assert_eq!(listed(&lisa, "Samira")["let_in_by"][0]["name"], "Bram Bewind");
}
