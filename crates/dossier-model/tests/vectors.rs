//! Committed changes of a document that every later version must read as the same items.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../../dossier-trust/tests/vectors/file.rs"]
#[allow(dead_code)]
mod vectors;

use automerge::{ActorId, AutoCommit, Change, TextEncoding};
use dossier_model::Item;
use dossier_model::layout::{Edit, apply, read};
use serde_json::{Value, json};
use vectors::{bytes, each, hex, sealed_once};

fn empty() -> AutoCommit {
    AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint).with_actor(ActorId::from(&[0xac; 32][..]))
}

/// Every kind of value, prose, a long string, a key that Automerge would not take, and an edit in the middle of a text.
fn edits() -> Vec<Vec<Edit>> {
    let fields = json!({
        "title": "Elke week naar buiten", "why": "Ik wil één keer per week 👩‍👧 naar buiten.", "": "leeg", "\u{1}x": null,
        "done": false, "count": -3, "big": u64::MAX, "part": 0.5, "steps": ["bellen", {"who": "p-karin"}, []],
        "long": "lang ".repeat(500),
    });
    let mut item = Item::new("g-1", "goals", fields);
    item.order = Some(1.5);
    let set = |path: &[&str], value| Edit::Set {
        id: "g-1".to_owned(),
        path: path.iter().map(|part| (*part).to_owned()).collect(),
        value,
    };
    vec![
        vec![
            Edit::Add(item),
            Edit::Add(Item::new("p-1", "people", json!({"name": "Karin"}))),
        ],
        vec![
            set(&["why"], json!("Ik wil twee keer per week 👩‍👧 naar buiten!")),
            set(&["steps", "0"], json!("appen")),
            Edit::Remove { id: "p-1".to_owned() },
        ],
    ]
}

fn reading(doc: &AutoCommit) -> Value {
    let reading = read(doc);
    assert_eq!(reading.odd, 0);
    reading
        .items
        .iter()
        .map(|held| {
            let item = &held.item;
            assert!(held.also_said.is_empty());
            json!({ "id": item.id, "kind": item.kind, "order": item.order, "fields": item.fields })
        })
        .collect()
}

#[test]
fn a_document_of_an_earlier_version_reads_the_same() {
    let mut now = empty();
    let mut changes = Vec::new();
    for (edits, at) in edits().iter().zip(1_795_000_000..) {
        changes.extend(apply(&mut now, edits, at).unwrap());
    }
    // The order of fields is the JSON library's, so the same edits may be other bytes another day.
    let held = sealed_once("layout.json", || {
        let raw: Vec<String> = changes.iter().map(|change| hex(&change.bytes)).collect();
        json!({ "changes": raw, "items": reading(&now) })
    });
    assert_eq!(reading(&now), held["items"]);
    let mut doc = empty();
    for change in each(&held["changes"]) {
        let change = Change::try_from(bytes(change).as_slice()).unwrap();
        doc.apply_changes([change]).unwrap();
    }
    assert_eq!(reading(&doc), held["items"]);
    assert_eq!(held["items"][0]["fields"]["steps"][0], "appen");
}
