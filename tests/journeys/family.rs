//! One family, its helpers, separate home folders, no server.

use dossier_app::contract::{FaultCode, Request};
use dossier_exchange::demo;
use serde_json::{Value, json};

use crate::variants::variants;
use crate::world::{Person, add, find, invite, set, settle};

#[test]
fn a_family_is_brought_along_whole_and_one_edit_is_one_difference() {
    for file in [demo::LISA, demo::SAM] {
        let lisa = Person::new("Lisa Verhagen");
        lisa.load(file);
        let dump = || lisa.ask(Request::DemoDump { dossier: None });
        let before: Value = serde_json::from_str(file).unwrap();
        assert_eq!(dump(), before);
        let goal = before["goals"][0]["id"].as_str().unwrap();
        lisa.set(goal, json!({"title": "Ik weet wat ik kan uitgeven"}));
        let mut expected = before.clone();
        expected["goals"][0]["title"] = json!("Ik weet wat ik kan uitgeven");
        assert_eq!(dump(), expected);
        lisa.ask(Request::Undo { dossier: String::new() });
        assert_eq!(dump(), before);
        let verified = lisa.ask(Request::Verify);
        assert_eq!(verified["faults"], json!([]));
        assert_eq!(verified["ok"], json!(true));
    }
}

#[test]
fn families_that_nobody_has_seen_are_kept_whole_or_refused_whole() {
    let lisa = Person::new("Lisa Verhagen");
    let mut kept = 0;
    for (seed, value) in variants(40) {
        let load = Request::DemoLoad {
            file: value.to_string(),
            owner: None,
        };
        let dossiers = || lisa.ask(Request::Status)["dossiers"].as_array().unwrap().len();
        let before = dossiers();
        match lisa.app.request(load) {
            Ok(card) => {
                let dossier = card["id"].as_str().map(str::to_owned);
                let dump = lisa.ask(Request::DemoDump { dossier });
                assert!(dump == value, "seed {seed} came back different");
                kept += 1;
            }
            Err(fault) => {
                assert_eq!(fault.code, FaultCode::InputRefused, "seed {seed}: {fault}");
                assert_eq!(dossiers(), before, "seed {seed} left half a dossier");
            }
        }
    }
    assert!(kept >= 30, "{kept} of 40");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_meet_and_each_sees_what_was_granted() {
    let (lisa, karin) = (Person::new("Lisa Verhagen"), Person::new("Karin de Wit"));
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    karin.online().await;
    invite(&lisa, &hints, &karin, "p-karin").await;
    settle(&[&karin, &lisa]).await;
    let seen = karin.show();
    assert_eq!(seen["title"], json!("Het dossier van Lisa en haar gezin"));
    assert_eq!(
        find(&seen, "g-1").unwrap()["title"],
        json!("Ik weet elke week wat ik kan uitgeven")
    );
    assert!(find(&seen, "n-1").is_some(), "her own note, brought along");
    assert!(find(&seen, "f-1").is_some(), "a flag that names her");
    assert!(find(&seen, "n-2").is_some());
    assert!(
        find(&seen, "s-1").is_none(),
        "a debt, of which she may only know that there is help"
    );
    assert!(find(&seen, "al-1").is_none());
    assert!(find(&seen, "doc-1").is_none());

    karin.set("g-1", json!({"status": "gehaald"}));
    settle(&[&karin, &lisa]).await;
    assert_eq!(lisa.item("g-1")["status"], json!("gehaald"));

    assert_eq!(
        karin.refused(set("st-1", json!({"title": "x"}))).code,
        FaultCode::NotAllowed
    );
    assert_eq!(
        karin.refused(add("geld", "money.debts", json!({"creditor": "x"}))).code,
        FaultCode::NotAllowed
    );
    let note = Request::NoteAdd {
        dossier: None,
        section: "verslagen".into(),
        text: "HB afgelegd.".into(),
        plain: Some("Ik was bij u thuis.".into()),
        hat: None,
        readers: vec![],
    };
    let note = karin.ask(note)["ids"][0].as_str().unwrap().to_owned();
    settle(&[&karin, &lisa]).await;
    assert_eq!(lisa.item(&note)["text_plain"], json!("Ik was bij u thuis."));
    assert_eq!(lisa.item(&note)["provenance"]["author"], json!("p-karin"));
    assert_eq!(
        lisa.refused(set(&note, json!({"text_plain": "anders"}))).code,
        FaultCode::NotAllowed
    );
    lisa.ask(Request::NoteReact {
        dossier: None,
        note: note.clone(),
        text: "Klopt.".into(),
        verdict: Some("klopt".into()),
    });
    settle(&[&lisa, &karin]).await;
    assert_eq!(karin.item(&note)["reactions"][0]["text"], json!("Klopt."));

    let revoked = lisa.ask(Request::Revoke {
        dossier: None,
        person: "p-karin".into(),
        keep_unseen: false,
    });
    assert_eq!(revoked["devices"], json!(1));
    lisa.set("g-1", json!({"title": "Na het einde geschreven"}));
    settle(&[&lisa, &karin]).await;
    settle(&[&karin, &lisa]).await;
    assert_eq!(karin.show()["items"], json!([]));
    let access = lisa.ask(Request::Access { dossier: None });
    assert_eq!(access["people"][0]["ended"]["confirmed"], json!(true));
    assert_eq!(lisa.item("g-1")["status"], json!("gehaald"), "what she wrote stays");

    // What is left with her says whose it was and since when it is shut, and can be cleared away.
    let left = karin.ask(Request::Status)["dossiers"][0].clone();
    let lisas = lisa.ask(Request::Status);
    assert_eq!(
        (&left["over"]["resident"], &left["over"]["unsent"]),
        (&lisas["profile"]["name"], &json!(false))
    );
    assert!(left["over"]["since"].as_str().unwrap().starts_with("2026-11-23T"));
    assert_eq!(lisas["dossiers"][0]["over"], json!(null));
    karin.ask(Request::DossierRemove {
        dossier: left["id"].as_str().unwrap().into(),
        without_backup: false,
    });
    assert_eq!(karin.ask(Request::Status)["dossiers"], json!([]));
}
