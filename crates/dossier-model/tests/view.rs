//! Document items and records put together: same reading for every order, and nobody speaks for another.

// The tests' own small functions are tests too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::sync::Arc;

use dossier_model::layout::DocItem;
use dossier_model::record::{RecordItem, Verdict};
use dossier_model::view::{Author, Dossier, RecordIn, SectionContent, assemble};
use dossier_model::{Item, Place, RecordContent, SectionId, agenda, notes, plan};
use serde_json::{Value, json};

fn wat(id: &str) -> Place {
    Place::wat(SectionId::new(id).unwrap())
}

fn owner() -> Author {
    Author {
        person: Some("p-lisa".into()),
        is_owner: true,
        may_edit: true,
    }
}

fn helper(id: &str, may_edit: bool) -> Author {
    Author {
        person: Some(id.into()),
        is_owner: false,
        may_edit,
    }
}

fn record(id: &str, author: Author, content: RecordContent) -> RecordIn {
    RecordIn {
        record_id: id.repeat(16),
        author,
        content,
        at: "2026-11-20T10:00:00Z".into(),
    }
}

fn item(id: &str, kind: &str, fields: Value, supersedes: Option<&str>) -> RecordContent {
    let mut item = RecordItem::new(Item::new(id, kind, fields), None, vec![]);
    item.supersedes = supersedes.map(|id| id.repeat(16));
    RecordContent::Item(item)
}

fn doc_item(id: &str, kind: &str, fields: Value) -> Arc<DocItem> {
    Arc::new(DocItem {
        item: Item::new(id, kind, fields),
        also_said: vec![],
    })
}

/// Puts the content together in several orders, and asserts that the reading is one.
fn view(sections: Vec<SectionContent>) -> Dossier {
    let dossier = assemble(&sections, &BTreeMap::new());
    let mut other = sections;
    for turn in 0..5 {
        other.reverse();
        for section in &mut other {
            let count = section.records.len();
            section.records.rotate_left(turn.min(count));
            section.doc_items.reverse();
            if turn % 2 == 1 {
                let again = section.records.clone();
                section.records.extend(again);
            }
        }
        assert_eq!(assemble(&other, &BTreeMap::new()), dossier);
    }
    dossier
}

fn only(place: Place, doc_items: Vec<Arc<DocItem>>, records: Vec<RecordIn>) -> Dossier {
    view(vec![SectionContent {
        place,
        doc_items,
        records,
    }])
}

#[test]
fn a_note_gets_its_answers_and_keeps_its_words() {
    let answer = |by: &str, text: &str, verdict| RecordContent::Reaction {
        target: "n-1".into(),
        by: Some(by.into()),
        date: "2026-11-21".into(),
        text: text.into(),
        verdict,
    };
    let seen = |date: &str| RecordContent::Seen {
        target: "a1".repeat(16),
        by: None,
        date: date.into(),
    };
    let dossier = only(
        wat("verslagen"),
        vec![],
        vec![
            record(
                "a1",
                helper("p-karin", false),
                item(
                    "n-1",
                    "notes",
                    json!({"text_plain": "x", "reactions": [], "seen_by_owner": null}),
                    None,
                ),
            ),
            record(
                "b1",
                owner(),
                item(
                    "n-1",
                    "notes",
                    json!({"text_plain": "changed by the owner"}),
                    Some("a1"),
                ),
            ),
            record(
                "b2",
                helper("p-eve", true),
                item(
                    "n-1",
                    "notes",
                    json!({"text_plain": "changed by an editor"}),
                    Some("a1"),
                ),
            ),
            record(
                "b3",
                helper("p-eve", true),
                RecordContent::Removed {
                    target: "a1".repeat(16),
                },
            ),
            record(
                "b4",
                helper("p-karin", true),
                item(
                    "n-1",
                    "notes",
                    json!({"text_plain": "changed by its author"}),
                    Some("a1"),
                ),
            ),
            record(
                "b5",
                helper("p-karin", true),
                RecordContent::Removed {
                    target: "a1".repeat(16),
                },
            ),
            record("c1", owner(), answer("p-lisa", "klopt niet", Some(Verdict::KloptNiet))),
            record(
                "c2",
                helper("p-eve", false),
                answer("p-lisa", "in another's name", None),
            ),
            record("d1", helper("p-eve", true), seen("2026-11-19")),
            record("d2", owner(), seen("2026-11-22")),
            record("d3", owner(), seen("2026-11-23")),
            record(
                "e1",
                owner(),
                RecordContent::Update {
                    target: "nobody".into(),
                    by: None,
                    date: String::new(),
                    text: String::new(),
                },
            ),
        ],
    );
    let note = dossier
        .items
        .iter()
        .find(|item| item.record.as_deref() == Some(&"a1".repeat(16)))
        .unwrap();
    assert_eq!(note.fields["text_plain"], "x");
    assert_eq!(note.fields["seen_by_owner"], "2026-11-22");
    assert_eq!(note.provenance.author.as_deref(), Some("p-karin"));
    assert_eq!(dossier.items.len(), 3);
    assert_eq!(dossier.unplaced, 1);
    let all: Vec<&Value> = dossier
        .items
        .iter()
        .filter_map(|item| item.fields["reactions"].as_array())
        .flatten()
        .collect();
    assert!(
        all.contains(&&json!({"by": "p-lisa", "date": "2026-11-21", "text": "klopt niet", "verdict": "klopt_niet"}))
    );
    assert!(all.contains(&&json!({"by": "p-eve", "date": "2026-11-21", "text": "in another's name"})));
}

#[test]
fn contributions_stand_in_place_and_are_taken_over_once() {
    let helped = record(
        "a1",
        helper("p-jeroen", false),
        item(
            "t-9",
            "actions",
            json!({"text": "bel", "who": ["p-jeroen"], "updates": []}),
            None,
        ),
    );
    let progress = record(
        "a2",
        helper("p-ria", false),
        RecordContent::Update {
            target: "t-9".into(),
            by: None,
            date: "2026-11-22".into(),
            text: "gedaan".into(),
        },
    );
    let before = only(
        wat("plan"),
        vec![doc_item("g-1", "goals", json!({"title": "x"}))],
        vec![helped.clone(), progress.clone()],
    );
    let action = before.item("t-9").unwrap();
    assert!(action.contribution);
    assert_eq!(
        action.fields["updates"],
        json!([{"date": "2026-11-22", "by": "p-ria", "text": "gedaan"}])
    );
    let mut taken = doc_item("t-9", "actions", json!({"text": "bel de school", "who": ["p-jeroen"]}));
    Arc::make_mut(&mut taken).item.from = Some("a1".repeat(16));
    let after = only(wat("plan"), vec![taken.clone()], vec![helped.clone(), progress]);
    assert_eq!(after.items.len(), 1);
    let action = &after.items[0];
    assert!(!action.contribution);
    assert_eq!(
        (action.text("text"), action.provenance.author.as_deref()),
        (Some("bel de school"), Some("p-jeroen"))
    );
    assert_eq!(action.fields["updates"].as_array().unwrap().len(), 1);
    // An editor of another section cannot make it disappear.
    let elsewhere = view(vec![
        SectionContent {
            place: wat("geld"),
            doc_items: vec![taken],
            records: vec![],
        },
        SectionContent {
            place: wat("plan"),
            doc_items: vec![],
            records: vec![helped],
        },
    ]);
    assert_eq!(elsewhere.items.len(), 2);
}

#[test]
fn versions_replace_one_another_only_with_the_right() {
    let first = record(
        "a1",
        helper("p-j", false),
        item("t", "actions", json!({"text": "one"}), None),
    );
    let own = record(
        "a2",
        helper("p-j", false),
        item("t", "actions", json!({"text": "two"}), Some("a1")),
    );
    let editor = record(
        "a3",
        helper("p-k", true),
        item("t", "actions", json!({"text": "three"}), Some("a1")),
    );
    let stranger = record(
        "a4",
        helper("p-e", false),
        item("t", "actions", json!({"text": "mine now"}), Some("a1")),
    );
    let dossier = only(wat("plan"), vec![], vec![first, own, editor, stranger]);
    assert_eq!(dossier.items.len(), 2);
    let kept = dossier.item("t").unwrap();
    assert_eq!(kept.fields["text"], "three");
    assert_eq!(kept.also_said[0].values, [json!("two")]);
    assert_eq!(
        dossier.item("t~a4a4a4a4").unwrap().provenance.author.as_deref(),
        Some("p-e")
    );
}

#[test]
fn screens_read_what_there_is() {
    let visit = json!({"title": "Bezoek", "start": "2026-11-25T10:00:00+01:00", "attendees": ["p-1", 3], "location_kind": "thuis", "purpose": "geheim"});
    assert_eq!(
        agenda::busy_block(&visit),
        json!({"start": "2026-11-25T10:00:00+01:00", "location_kind": "thuis"})
    );
    assert_eq!(agenda::about(&visit), ["p-1"]);
    let busy = |id: &str, r: &str| {
        record(
            r,
            owner(),
            item(&agenda::busy_id(id), "busy", agenda::busy_block(&visit), None),
        )
    };
    let dat = Place::dat(SectionId::new("agenda").unwrap());
    let dossier = view(vec![
        SectionContent {
            place: wat("agenda"),
            doc_items: vec![doc_item("v-1", "appointments", visit.clone())],
            records: vec![],
        },
        SectionContent {
            place: dat,
            doc_items: vec![],
            records: vec![busy("v-1", "b1"), busy("v-2", "b2")],
        },
        SectionContent {
            place: wat("plan"),
            doc_items: vec![
                doc_item("g-1", "goals", json!({"title": "later", "priority": 2})),
                doc_item("g-2", "goals", json!({"title": "eerst", "priority": 1})),
                doc_item(
                    "t-1",
                    "actions",
                    json!({"goal_id": "g-1", "who": ["p-1"], "due": "2026-12-01", "text": "b"}),
                ),
                doc_item(
                    "t-2",
                    "actions",
                    json!({"goal_id": "gone", "who": ["p-1"], "due": "2026-11-01", "text": "a"}),
                ),
                doc_item("t-3", "actions", json!({"goal_id": 7, "who": "p-1", "status": "klaar"})),
            ],
            records: vec![],
        },
        SectionContent {
            place: wat("netwerk"),
            doc_items: vec![doc_item("p-1", "people", json!({"name": "Ria V"}))],
            records: vec![],
        },
        SectionContent {
            place: wat("verslagen"),
            doc_items: vec![],
            records: vec![
                record(
                    "n1",
                    helper("p-k", false),
                    item("n-1", "notes", json!({"date": "2026-11-01"}), None),
                ),
                record(
                    "n2",
                    helper("p-k", false),
                    item("n-2", "notes", json!({"date": "2026-11-02"}), None),
                ),
                record(
                    "n3",
                    owner(),
                    RecordContent::Seen {
                        target: "n-1".into(),
                        by: None,
                        date: "2026-11-03".into(),
                    },
                ),
            ],
        },
    ]);
    let titles: Vec<_> = agenda::appointments(&dossier, Some("2026-11-25"), Some("2026-11-26"))
        .iter()
        .map(|a| a.title)
        .collect();
    assert_eq!(titles, [None, Some("Bezoek")]);
    assert!(agenda::appointments(&dossier, Some("2026-11-26"), None).is_empty());
    let overview = plan::overview(&dossier);
    assert_eq!(
        overview.goals.iter().map(|goal| goal.title).collect::<Vec<_>>(),
        ["eerst", "later"]
    );
    assert_eq!(overview.goals[1].actions.len(), 1);
    assert_eq!(overview.loose.len(), 2);
    assert_eq!(
        plan::open_actions_of(&dossier, "p-1")
            .iter()
            .map(|a| a.text)
            .collect::<Vec<_>>(),
        ["a", "b"]
    );
    assert_eq!(dossier.name("p-1"), Some("Ria V"));
    assert_eq!(
        notes::news(&dossier)
            .iter()
            .map(|note| note.item.id.as_str())
            .collect::<Vec<_>>(),
        ["n-2"]
    );
}
