//! A bewindvoerder who lets somebody in, and a team whose people cover for one another: each a program of their own.

use serde_json::Value;

use crate::stage::{Home, NOT_ALLOWED, REFUSED, Stage, join, near};

fn person<'v>(access: &'v Value, name: &str) -> &'v Value {
    let mut people = access["people"].as_array().unwrap().iter();
    people
        .find(|one| one["name"] == name)
        .unwrap_or_else(|| panic!("{name}: {access}"))
}

#[test]
fn a_bewindvoerder_lets_somebody_in_to_the_money_alone() {
    let stage = Stage::with_lisa();
    let bram = Home::of(stage.folder.path().join("bram"), "Bram Bewind");
    let samira = Home::of(stage.folder.path().join("samira"), "Samira El Idrissi");
    let invite = |name: &'static str, grant: &'static str| {
        [
            "access",
            "invite",
            "--name",
            name,
            "--grant",
            grant,
            "--wait",
            "--yes-i-compared",
        ]
    };
    join(&stage.lisa, &bram, &invite("Bram Bewind", "geld=beheren"));
    bram.refused(NOT_ALLOWED, &["item", "list", "gezondheid"]);
    bram.refused(
        NOT_ALLOWED,
        &["access", "invite", "--name", "X", "--grant", "gezondheid=zien"],
    );
    bram.refused(
        NOT_ALLOWED,
        &["access", "invite", "--name", "X", "--grant", "geld=beheren"],
    );
    let access = bram.ask(&["access", "list"]);
    let own = person(&access, "Bram Bewind")["person"].as_str().unwrap().to_owned();
    bram.refused(NOT_ALLOWED, &["access", "revoke", &own]);
    bram.refused(NOT_ALLOWED, &["access", "revoke", "p-lisa"]);

    join(&bram, &samira, &invite("Samira El Idrissi", "geld=zien"));
    assert!(!samira.ask(&["item", "list", "geld"]).as_array().unwrap().is_empty());
    samira.refused(
        NOT_ALLOWED,
        &["access", "invite", "--name", "X", "--grant", "geld=zien"],
    );
    stage.exchange(&[&bram]);
    let access = stage.lisa.ask(&["access", "list"]);
    let hers = person(&access, "Samira El Idrissi");
    assert_eq!(hers["let_in_by"][0]["name"], "Bram Bewind");
    assert_eq!(person(&access, "Bram Bewind")["let_in"][0]["name"], "Samira El Idrissi");
    let log = stage.lisa.ask(&["log", "--person", &own]);
    assert!(
        log.as_array()
            .unwrap()
            .iter()
            .any(|line| line["deed"] == "granted" && line["right"] == "beheren"),
        "{log}"
    );
    let stopped = stage.lisa.ask(&["access", "revoke", &own]);
    assert_eq!(stopped["stay"][0]["name"], "Samira El Idrissi");
    stage.exchange(&[&bram]);
    bram.refused(
        NOT_ALLOWED,
        &["access", "invite", "--name", "X", "--grant", "geld=zien"],
    );
}

#[test]
fn a_colleague_of_the_team_covers_and_is_taken_out_again() {
    let stage = Stage::with_lisa();
    let home = |who: &str, name: &str| Home::of(stage.folder.path().join(who), name);
    let (marian, karin, joost) = (
        home("marian", "Marian"),
        home("karin", "Karin de Wit"),
        home("joost", "Joost"),
    );
    let words = stage.folder.path().join("team.txt");
    let team = marian.ask(&[
        "team",
        "new",
        "--name",
        "Wijkteam Noord",
        "--words-file",
        words.to_str().unwrap(),
    ]);
    assert_eq!(team["name"], "Wijkteam Noord");
    assert_eq!(std::fs::read_to_string(&words).unwrap().lines().count(), 25);
    assert_eq!(karin.ask(&["team", "list"]), Value::Null);
    for colleague in [&karin, &joost] {
        let asked = colleague.ask(&["team", "ask"]);
        let (text, code) = (asked["text"].as_str().unwrap(), asked["code"].as_str().unwrap());
        marian.refused(REFUSED, &["team", "add", text, "--code", "123456789012"]);
        let mut adding = marian.begin(&near(&["team", "add", text, "--code", code, "--wait"]));
        let answer = adding.next_with("answer")["answer"].as_str().unwrap().to_owned();
        colleague.ask(&["team", "join", &answer]);
        colleague.sync();
        adding.stop();
    }
    karin.refused(NOT_ALLOWED, &["team", "remove", "Joost"]);

    let mut inviting = stage.lisa.begin(&near(&[
        "access",
        "invite",
        "--person",
        "p-karin",
        "--wait",
        "--yes-i-compared",
    ]));
    let ticket = inviting.next_with("ticket")["ticket"].as_str().unwrap().to_owned();
    karin.ask_lines(&near(&["access", "join", &ticket, "--as-team"]));
    inviting.end();
    let watching = karin.watch();
    joost.sync();
    joost.sync();
    watching.stop();
    assert!(!joost.ask(&["item", "list", "plan"]).as_array().unwrap().is_empty());
    joost.ask(&["note", "add", "verslagen", "--text", "Ik viel in."]);
    stage.exchange(&[&joost, &karin]);
    let access = stage.lisa.ask(&["access", "list"]);
    let mates = person(&access, "Wijkteam Noord")["team"].to_string();
    assert!(mates.contains("Joost") && mates.contains("Karin de Wit"), "{mates}");
    let notes = stage.lisa.ask(&["note", "list"]).to_string();
    assert!(notes.contains("Joost (Wijkteam Noord)"), "{notes}");

    // Karin is taken out. Marian's program says so in the dossier once it has it from Joost's.
    let left = marian.ask(&["team", "remove", "Karin de Wit"]);
    assert!(!left["members"].to_string().contains("Karin"), "{left}");
    let watching = joost.watch();
    marian.sync();
    marian.sync();
    watching.stop();
    stage.exchange(&[&joost, &karin, &joost]);
    assert!(karin.run(&["item", "list", "plan"]).code != Some(0));
    let log = stage.lisa.ask(&["log"]).to_string();
    assert!(log.contains("team_left"), "{log}");
    stage.lisa.ask(&["item", "set", "g-1", "why=Na Karin"]);
    stage.exchange(&[&joost]);
    assert_eq!(joost.item("plan", "g-1")["why"], "Na Karin");
}
