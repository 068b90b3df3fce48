//! The crisis card without a key, asking to put a note right, and what an emergency is not.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::stage::{NOT_ALLOWED, Stage, USAGE, program};

#[test]
fn the_card_is_read_without_a_passphrase_only_while_it_lies_outside() {
    let stage = Stage::with_lisa();
    let lisa = &stage.lisa;
    // No passphrase, no keyring, nobody to ask.
    let read = || -> Value {
        let mut command = Command::new(program());
        command
            .arg("--json")
            .arg("--home")
            .arg(&lisa.folder)
            .args(["crisis", "card"]);
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    assert_eq!(read(), json!([]));
    lisa.ask(&["crisis", "outside"]);
    let cards = read();
    assert_eq!(cards[0]["calls"][0]["name"], "Ria Verhagen");
    assert!(!cards.to_string().contains("deurwaarder"));
    lisa.ask(&["crisis", "inside"]);
    assert_eq!(read(), json!([]));
}

#[test]
fn a_note_is_asked_to_be_put_right_and_the_resident_does_not_answer_for_its_author() {
    let stage = Stage::with_lisa();
    let lisa = &stage.lisa;
    let asked = lisa.ask(&[
        "correction",
        "ask",
        "n-1",
        "--text",
        "Dat zei ik niet",
        "--wish",
        "Ik zei iets anders",
    ]);
    let id = asked["ids"][0].as_str().unwrap().to_owned();
    let all = lisa.ask(&["correction", "list"]);
    let one = all
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == id.as_str())
        .unwrap()
        .clone();
    assert_eq!((&one["state"], &one["until"]), (&json!("open"), &json!("2026-12-23")));
    lisa.refused(USAGE, &["correction", "answer", &id]);
    lisa.refused(USAGE, &["correction", "answer", &id, "--refused"]);
    lisa.refused(NOT_ALLOWED, &["correction", "answer", &id, "--done"]);
    lisa.refused(
        USAGE,
        &["correction", "ask", "n-1", "--text", "Te laat", "--until", "2026-01-01"],
    );
    lisa.refused(USAGE, &["emergency", "open", "crisis", "--reason", "nood"]);
    lisa.refused(
        NOT_ALLOWED,
        &["emergency", "open", "crisis", "--reason", "Dit is mijn eigen kaartje"],
    );
    assert_eq!(lisa.ask(&["emergency", "list"]), json!([]));
}
