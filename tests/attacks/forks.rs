//! Two items at one place, and two programs with one device's keys.

use std::collections::BTreeSet;

use dossier_app::contract::Request;
use dossier_trust::item::{Item, Kind, Lane, Tip};
use serde_json::json;

use crate::forger::Forger;
use crate::records::action;
use crate::stage::{GOAL, KARINS_GOAL, NOTE, Stage, agree, go_on, logged, see, until, waiting_in, waits};
use crate::world::find;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_10_somebody_says_one_thing_here_and_another_there() {
    let stage = Stage::set().await;
    let (jeroen, ria) = (stage.arrive("jeroen").await, stage.arrive("ria").await);
    let lisa = stage.seat("lisa").await;
    let (here, there) = (stage.forger("karin"), stage.forger("karin"));
    let plan = stage.section("plan");
    let chain = here.open(plan, Lane::Doc, here.grant(plan));
    there.hold(plan, here.opened(chain));
    here.set(chain, "g-1", "title", json!("Dit hoort de een"));
    there.set(chain, "g-1", "title", json!("Dat hoort de ander"));
    // Everybody gets one of the two, at first.
    stage.visit(&here, "jeroen").await;
    see(&[&jeroen], "g-1", "title", "Dit hoort de een").await;
    stage.visit(&there, "ria").await;
    waits(&[&jeroen, &ria], "p-karin", &["other_branch"; 2]).await;
    stage.connect("lisa", &lisa).await;
    let all = [&lisa, &jeroen, &ria];
    waits(&all, "p-karin", &["other_branch"; 2]).await;
    agree(&all, "plan").await;
    for person in all {
        assert_eq!(person.item("g-1")["title"], json!(GOAL));
        assert_eq!(person.item("g-2")["title"], json!(KARINS_GOAL));
    }
    assert!(all.iter().any(|person| logged(person, "p-karin", "other_branch")));
    // The resident can take one of the two; the other stays where it is.
    let branches = waiting_in(&lisa, "plan");
    lisa.ask(Request::QuarantineAdmit {
        dossier: None,
        item: branches[0].0.clone(),
    });
    waits(&all, "p-karin", &["other_branch"]).await;
    agree(&all, "plan").await;
    for person in all {
        assert_ne!(person.item("g-1")["title"], json!(GOAL));
    }
    go_on(&[&lisa, &jeroen], &all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_11_a_device_is_cloned_and_restored() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    // One copy goes on and is heard, another one, as old as the first, does not know of that.
    let (first, second) = (stage.folder("karin"), stage.folder("karin"));
    let karin = stage.seat_in("karin", first).await;
    karin.online().await;
    karin.set("g-2", json!({"title": "Door de eerste"}));
    see(&[&lisa, &jeroen], "g-2", "title", "Door de eerste").await;
    karin.stop().await;
    let karin = stage.seat_in("karin", second).await;
    karin.set("g-2", json!({"status": "gehaald"}));
    karin.ask(crate::world::add(
        "plan",
        "goals",
        json!({"id": "g-3", "title": "Door de tweede"}),
    ));
    karin.online().await;
    let all = [&lisa, &jeroen, &karin];
    see(&all, "g-3", "title", "Door de tweede").await;
    see(&all, "g-2", "title", "Door de eerste").await;
    see(&all, "g-2", "status", "gehaald").await;
    agree(&all, "plan").await;
    for person in all {
        assert!(waiting_in(person, "plan").is_empty());
    }
    go_on(&all, &all).await;
}

/// No nonce is used twice under one key, and nothing stands where something else stood.
fn no_key_stream_twice(forger: &Forger) {
    let mut streams = BTreeSet::new();
    let mut places = BTreeSet::new();
    for compartment in forger.compartments() {
        let sealed = forger
            .items_of(compartment)
            .into_iter()
            .filter(|item: &Item| matches!(item.header.kind, Kind::Change | Kind::Record));
        for item in sealed {
            let Some(body) = &item.body else { continue };
            let header = item.header;
            assert!(streams.insert((header.epoch, header.chain, body[..24].to_vec())));
            assert!(places.insert((header.chain, header.n)));
        }
    }
    assert!(places.len() >= 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_38_a_snapshot_is_put_back_and_written_to_again() {
    let stage = Stage::set().await;
    let jeroen = stage.arrive("jeroen").await;
    let ria = stage.arrive("ria").await;
    let (first, second) = (stage.folder("lisa"), stage.folder("lisa"));
    for (folder, id, title) in [
        (first, "g-1", "Voor het terugzetten"),
        (second, "g-2", "Na het terugzetten"),
    ] {
        let lisa = stage.seat_in("lisa", folder).await;
        lisa.set(id, json!({"title": title}));
        crate::denied::end_access(&lisa, "p-karin");
        lisa.set(id, json!({"why": title}));
        lisa.online().await;
        see(&[&lisa, &jeroen, &ria], id, "why", title).await;
        crate::denied::hears_of_the_end(&[&jeroen, &ria], "p-karin").await;
        agree(&[&lisa, &jeroen, &ria], "plan").await;
        if title.starts_with("Na") {
            crate::denied::hears_of_the_end(&[&lisa], "p-karin").await;
            go_on(&[&lisa, &jeroen], &[&lisa, &jeroen, &ria]).await;
            for person in [&lisa, &jeroen, &ria] {
                assert!(waiting_in(person, "plan").is_empty());
            }
        }
        lisa.stop().await;
    }
    let reader = stage.forger("tim");
    stage.visit(&reader, "jeroen").await;
    no_key_stream_twice(&reader);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_45_a_late_fork_at_the_first_place_takes_nothing_back() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let (jeroen, ria) = (stage.arrive("jeroen").await, stage.arrive("ria").await);
    let karin = stage.forger("karin");
    let notes = stage.section("verslagen");
    // Everything that Karin ever noted is in one chain; now she says that its beginning was another one.
    let chain = karin.chains_of(notes, Lane::Rec, karin.device.device())[0];
    let key = karin.key(notes);
    for attempt in 0..4 {
        let text = format!("Ik schreef iets anders {attempt}");
        let record = karin.says(&action(&format!("t-vals-{attempt}"), &text));
        let rival = karin.sealed(
            Tip::start(chain),
            Kind::Record,
            &key,
            &dossier_trust::codec::Canonical::to_bytes(&record),
        );
        karin.sealed(
            rival.into(),
            Kind::Record,
            &key,
            &dossier_trust::codec::Canonical::to_bytes(&karin.says(&action("t-ook", "Vals"))),
        );
    }
    stage.visit(&karin, "lisa").await;
    let all = [&lisa, &jeroen, &ria];
    until(&all, || {
        for (at, person) in all.iter().enumerate() {
            let waiting = waiting_in(person, "verslagen");
            if waiting.len() != 8
                || waiting
                    .iter()
                    .any(|(_, who, why)| who != "p-karin" || why != "other_branch")
            {
                return Err(format!("person {at}: eight on other branches: {waiting:?}"));
            }
        }
        Ok(())
    })
    .await;
    agree(&all, "verslagen").await;
    for person in all {
        assert_eq!(person.item(stage.note())["text_professional"], json!(NOTE));
        assert!(find(&person.show(), "t-ook").is_none());
    }
    assert!(logged(&lisa, "p-karin", "other_branch"));
    go_on(&[&lisa, &jeroen], &all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_49_a_second_item_at_a_place_on_which_others_built_moves_nobodys_work() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let (jeroen, ria) = (stage.arrive("jeroen").await, stage.arrive("ria").await);
    jeroen.set("g-2", json!({"status": "gehaald"}));
    let all = [&lisa, &jeroen, &ria];
    see(&all, "g-2", "status", "gehaald").await;
    let karin = stage.forger("karin");
    let plan = stage.section("plan");
    // The change with which she made the goal, told otherwise: so often that nearly always one has a smaller name.
    let chain = karin.chains_of(plan, Lane::Doc, karin.device.device())[0];
    for attempt in 0..6 {
        let title = json!(format!("Vals {attempt}"));
        karin.set_after(Tip::start(chain), "g-1", "title", title, |item| item.chain != chain);
    }
    stage.visit(&karin, "lisa").await;
    stage.visit(&karin, "ria").await;
    waits(&all, "p-karin", &["other_branch"; 6]).await;
    for person in all {
        assert_eq!(person.item("g-2")["title"], json!(KARINS_GOAL));
        assert_eq!(person.item("g-2")["status"], json!("gehaald"));
        assert_eq!(person.item("g-1")["title"], json!(GOAL));
        assert!(logged(person, "p-karin", "other_branch"));
    }
    go_on(&[&lisa, &jeroen], &all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_54_a_folder_is_copied_and_both_copies_write_offline() {
    let stage = Stage::set().await;
    let lisa = stage.arrive("lisa").await;
    let jeroen = stage.arrive("jeroen").await;
    let (first, second) = (stage.folder("karin"), stage.folder("karin"));
    let karin = stage.seat_in("karin", first).await;
    let clone = stage.seat_in("karin", second).await;
    karin.set("g-2", json!({"title": "De ene tekst"}));
    clone.set("g-2", json!({"title": "De andere tekst"}));
    karin.online().await;
    see(&[&lisa, &jeroen], "g-2", "title", "De ene tekst").await;
    karin.stop().await;
    clone.online().await;
    let all = [&lisa, &jeroen, &clone];
    agree(&all, "plan").await;
    until(&all, || {
        for (at, person) in all.iter().enumerate() {
            let goal = person.item("g-2").to_string();
            if !goal.contains("De ene tekst") || !goal.contains("De andere tekst") {
                return Err(format!("person {at}: both texts: {goal}"));
            }
        }
        Ok(())
    })
    .await;
    agree(&all, "plan").await;
    for person in all {
        assert!(waiting_in(person, "plan").is_empty());
    }
    let reader = stage.forger("tim");
    stage.visit(&reader, "lisa").await;
    no_key_stream_twice(&reader);
    go_on(&all, &all).await;
}
