//! Items in real Automerge documents: saved, loaded, edited apart and merged.

// The tests' own small functions are tests too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use automerge::transaction::Transactable;
use automerge::{ActorId, AutoCommit, Change, ObjType, ROOT, ScalarValue};
use dossier_model::Item;
use dossier_model::layout::{
    AlsoSaid, Edit, EditError, MAX_CHANGE_BYTES, MAX_CHANGE_OPS, MAX_TEXT, apply, inverse, read, read_item,
};
use serde_json::{Value, json};

const NOW: i64 = 1_795_000_000;

fn doc(actor: u8) -> AutoCommit {
    AutoCommit::new().with_actor(ActorId::from([actor; 32]))
}

fn fork(doc: &mut AutoCommit, actor: u8) -> AutoCommit {
    AutoCommit::load(&doc.save())
        .unwrap()
        .with_actor(ActorId::from([actor; 32]))
}

fn set(id: &str, path: &[&str], value: Value) -> Edit {
    Edit::Set {
        id: id.into(),
        path: path.iter().map(|p| (*p).to_owned()).collect(),
        value,
    }
}

fn unset(id: &str, path: &[&str]) -> Edit {
    Edit::Unset {
        id: id.into(),
        path: path.iter().map(|p| (*p).to_owned()).collect(),
    }
}

fn fields(doc: &AutoCommit, id: &str) -> Value {
    read_item(doc, id).unwrap().item.fields
}

fn ops(written: &[dossier_model::layout::Written]) -> usize {
    written
        .iter()
        .map(|w| Change::from_bytes(w.bytes.clone()).unwrap().len())
        .sum()
}

#[test]
fn every_json_value_comes_back_after_save_and_load() {
    let odd = json!({
        "": "empty key", "\u{1}": 1, "\u{1}x": {"": []}, "null": null, "yes": true, "no": false,
        "min": i64::MIN, "max": i64::MAX, "beyond": u64::MAX, "float": 1.0, "tiny": 5e-324, "big": 1e300, "minus": -0.5,
        "list": [null, [], {}, [[1, "two", {"three": 3.5}]]], "map": {}, "text": "é👨‍👩‍👧\n\u{0}end",
        "why": "prose", "long": "x".repeat(5_000), "dots.in.key": {"a/b": "~"},
    });
    let mut first = doc(1);
    let scalars = [json!("p-1"), json!(null), json!([1, 2]), json!(7), odd.clone()];
    let mut edits = Vec::new();
    for (n, value) in scalars.iter().enumerate() {
        let mut item = Item::new(format!("i-{n}"), "goals", json!(null));
        item.fields = value.clone();
        item.order = Some(n as f64 - 0.5);
        item.source = (n == 1).then(|| "ingevoerd".to_owned());
        item.from = (n == 2).then(|| "ab12".to_owned());
        edits.push(Edit::Add(item));
    }
    apply(&mut first, &edits, NOW).unwrap();
    let reading = read(&AutoCommit::load(&first.save()).unwrap());
    assert_eq!(reading.odd, 0);
    assert_eq!(reading.items.len(), scalars.len());
    for (edit, doc_item) in edits.iter().zip(&reading.items) {
        assert_eq!(&Edit::Add(doc_item.item.clone()), edit);
        assert!(doc_item.also_said.is_empty());
    }
    // Numbers keep their sort, not only their value.
    let back = serde_json::to_string(&reading.items[4].item.fields).unwrap();
    assert_eq!(back, serde_json::to_string(&odd).unwrap());
}

#[test]
fn only_what_differs_is_written() {
    let mut doc = doc(1);
    let goal = json!({"title": "a", "why": "because", "tags": ["x", "y"], "deep": {"b": 1, "c": [1, 2, 3]}});
    apply(&mut doc, &[Edit::Add(Item::new("g-1", "goals", goal))], NOW).unwrap();
    let whole = fields(&doc, "g-1");
    assert!(
        apply(&mut doc, &[set("g-1", &[], whole.clone())], NOW)
            .unwrap()
            .is_empty()
    );
    let mut next = whole.clone();
    next["deep"]["c"] = json!([1, 3]);
    next["title"] = json!("b");
    next["new"] = json!(null);
    next.as_object_mut().unwrap().remove("tags");
    let written = apply(&mut doc, &[set("g-1", &[], next.clone())], NOW).unwrap();
    assert_eq!(fields(&doc, "g-1"), next);
    assert_eq!(ops(&written), 4);
    let change = Change::from_bytes(written[0].bytes.clone()).unwrap();
    assert_eq!(
        (change.hash(), change.timestamp(), change.message()),
        (written[0].hash, NOW, None)
    );
    assert_eq!(
        ops(&apply(&mut doc, &[set("g-1", &["why"], json!("because!"))], NOW).unwrap()),
        1
    );
    assert_eq!(
        ops(&apply(&mut doc, &[set("g-1", &["deep", "c", "2"], json!(9))], NOW).unwrap()),
        1
    );
    assert_eq!(fields(&doc, "g-1")["deep"]["c"], json!([1, 3, 9]));
    apply(&mut doc, &[set("g-1", &["made", "on", "the way"], json!("w"))], NOW).unwrap();
    assert_eq!(fields(&doc, "g-1")["made"], json!({"on": {"the way": "w"}}));
    apply(
        &mut doc,
        &[unset("g-1", &["deep", "c", "0"]), unset("g-1", &["absent", "x"])],
        NOW,
    )
    .unwrap();
    assert_eq!(fields(&doc, "g-1")["deep"]["c"], json!([3, 9]));
    apply(
        &mut doc,
        &[Edit::Order {
            id: "g-1".into(),
            order: Some(4.0),
        }],
        NOW,
    )
    .unwrap();
    assert_eq!(read_item(&doc, "g-1").unwrap().item.order, Some(4.0));
    apply(&mut doc, &[set("g-1", &["why"], json!(["no", "text"]))], NOW).unwrap();
    assert_eq!(fields(&doc, "g-1")["why"], json!(["no", "text"]));
    apply(&mut doc, &[Edit::Remove { id: "g-1".into() }], NOW).unwrap();
    assert!(read_item(&doc, "g-1").is_none() && read(&doc).items.is_empty());
}

#[test]
fn refused_edits_leave_the_document_as_it_was() {
    let mut doc = doc(1);
    apply(
        &mut doc,
        &[Edit::Add(Item::new("a", "goals", json!({"title": "t", "l": [1]})))],
        NOW,
    )
    .unwrap();
    let before = doc.get_heads();
    let good = set("a", &["title"], json!("changed"));
    let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
    let try_all = |doc: &mut AutoCommit, bad: Edit| apply(doc, &[good.clone(), bad], NOW).unwrap_err();
    assert!(matches!(
        try_all(&mut doc, set("b", &["x"], json!(1))),
        EditError::UnknownItem
    ));
    assert!(matches!(
        try_all(&mut doc, Edit::Remove { id: "b".into() }),
        EditError::UnknownItem
    ));
    assert!(matches!(
        try_all(&mut doc, Edit::Add(Item::new("a", "goals", json!({})))),
        EditError::Exists
    ));
    assert!(matches!(
        try_all(&mut doc, Edit::Add(Item::new("", "goals", json!({})))),
        EditError::BadId
    ));
    assert!(matches!(
        try_all(&mut doc, set("a", &["title", "x"], json!(1))),
        EditError::BadPath(1)
    ));
    assert!(matches!(
        try_all(&mut doc, set("a", &["l", "2"], json!(1))),
        EditError::BadPath(1)
    ));
    assert!(matches!(
        try_all(&mut doc, set("a", &["l", "one"], json!(1))),
        EditError::BadPath(1)
    ));
    assert!(matches!(try_all(&mut doc, unset("a", &[])), EditError::BadPath(0)));
    assert!(matches!(try_all(&mut doc, set("a", &["x"], deep)), EditError::TooDeep));
    let long = "é".repeat(MAX_TEXT + 1);
    assert!(matches!(
        try_all(&mut doc, set("a", &["why"], json!(long))),
        EditError::TooLong
    ));
    assert!(matches!(
        try_all(
            &mut doc,
            Edit::Order {
                id: "a".into(),
                order: Some(f64::NAN)
            }
        ),
        EditError::BadOrder
    ));
    assert_eq!(doc.get_heads(), before);
    assert_eq!(fields(&doc, "a")["title"], "t");
}

#[test]
fn long_texts_travel_in_pieces() {
    let mut doc = doc(1);
    let long: String = (0..MAX_TEXT)
        .map(|n| char::from_u32(0x1F300 + (n as u32 * 7) % 400).unwrap())
        .collect();
    let mut all = apply(
        &mut doc,
        &[Edit::Add(Item::new("s", "story", json!({"text": long})))],
        NOW,
    )
    .unwrap();
    assert_eq!(fields(&doc, "s")["text"], json!(long));
    assert!(all.len() > MAX_TEXT / MAX_CHANGE_OPS);
    let part: String = long.chars().skip(150_000).chain("slot".chars()).collect();
    all.extend(apply(&mut doc, &[set("s", &["text"], json!(part))], NOW).unwrap());
    assert_eq!(fields(&doc, "s")["text"], json!(part));
    let many: Vec<Edit> = (0..1_000)
        .map(|n| {
            Edit::Add(Item::new(
                format!("m-{n}"),
                "facts",
                json!({"a": n, "b": [n, null], "c": "word ".repeat(20)}),
            ))
        })
        .collect();
    all.extend(apply(&mut doc, &many, NOW).unwrap());
    let wide: Vec<Value> = (0..40_000).map(|n| json!(n)).collect();
    all.extend(apply(&mut doc, &[set("s", &["wide"], json!(wide))], NOW).unwrap());
    let mut copy = AutoCommit::new();
    for written in &all {
        let change = Change::from_bytes(written.bytes.clone()).unwrap();
        assert!(written.bytes.len() <= MAX_CHANGE_BYTES, "{}", written.bytes.len());
        assert!(change.len() <= MAX_CHANGE_OPS);
        copy.apply_changes([change]).unwrap();
    }
    assert_eq!(copy.get_heads(), doc.get_heads());
    assert_eq!(read(&copy), read(&doc));
    assert_eq!(read(&copy).items.len(), 1_001);
}

#[test]
fn people_who_write_apart_read_the_same_afterwards() {
    let mut base = doc(9);
    let goal = json!({"id": "g", "title": "Rust", "why": "Omdat het moet."});
    let action = json!({"id": "t", "status": "open", "who": ["p-1"]});
    let visit = json!({"id": "v", "start": "2026-11-25T10:00:00+01:00"});
    let edits = [
        ("g", "goals", goal),
        ("t", "actions", action),
        ("v", "appointments", visit),
    ];
    let edits: Vec<Edit> = edits
        .into_iter()
        .map(|(id, kind, f)| Edit::Add(Item::new(id, kind, f)))
        .collect();
    apply(&mut base, &edits, NOW).unwrap();
    let said = [
        (
            "Rust thuis",
            "Echt: omdat het moet.",
            "bezig",
            "2026-11-25T11:00:00+01:00",
        ),
        (
            "Rust in huis",
            "Omdat het nu moet.",
            "klaar",
            "2026-11-25T12:00:00+01:00",
        ),
        (
            "Rust",
            "Omdat het moet. Voor ons.",
            "klaar",
            "2026-11-25T10:00:00+01:00",
        ),
    ];
    let mut docs: Vec<AutoCommit> = said
        .iter()
        .enumerate()
        .map(|(n, (title, why, status, start))| {
            let mut mine = fork(&mut base, n as u8 + 1);
            let edits = [
                set("g", &["title"], json!(title)),
                set("g", &["why"], json!(why)),
                set("t", &["status"], json!(status)),
                set("v", &["start"], json!(start)),
            ];
            apply(&mut mine, &edits, NOW).unwrap();
            mine
        })
        .collect();
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let mut readings = orders.iter().map(|order| {
        let mut merged = doc(50);
        for n in order {
            merged.merge(&mut docs[*n]).unwrap();
        }
        read(&AutoCommit::load(&merged.save()).unwrap())
    });
    let reading = readings.next().unwrap();
    for other in readings {
        assert_eq!(other, reading);
    }
    let item = |id: &str| reading.items.iter().find(|i| i.item.id == id).unwrap();
    let why = item("g").item.fields["why"].as_str().unwrap();
    for words in ["Echt: ", " nu ", "Voor ons."] {
        assert!(why.contains(words), "{why}");
    }
    assert!(item("g").also_said.iter().all(|also| also.path == ["title"]));
    // Of three said values the winner is shown and every other one is listed once.
    let all = |id: &str, field: &str| {
        let mut all = vec![item(id).item.fields[field].clone()];
        let also: Vec<&AlsoSaid> = item(id).also_said.iter().filter(|also| also.path == [field]).collect();
        assert_eq!(also.len(), 1, "{id}.{field}");
        all.extend(also[0].values.clone());
        all.sort_by_key(Value::to_string);
        all
    };
    assert_eq!(all("g", "title"), [json!("Rust in huis"), json!("Rust thuis")]);
    assert_eq!(all("t", "status"), [json!("bezig"), json!("klaar")]);
    assert_eq!(
        all("v", "start"),
        [json!("2026-11-25T11:00:00+01:00"), json!("2026-11-25T12:00:00+01:00")]
    );
    // Choosing, also the value that already won, ends it.
    let mut merged = doc(60);
    for other in &mut docs {
        merged.merge(other).unwrap();
    }
    let won = item("t").item.fields["status"].clone();
    assert_eq!(
        ops(&apply(&mut merged, &[set("t", &["status"], won.clone())], NOW).unwrap()),
        1
    );
    let settled = read_item(&merged, "t").unwrap();
    assert_eq!(
        (settled.item.fields["status"].clone(), settled.also_said.len()),
        (won, 0)
    );
}

#[test]
fn first_items_made_apart_are_both_there() {
    let (mut a, mut b) = (doc(1), doc(2));
    apply(
        &mut a,
        &[
            Edit::Add(Item::new("x", "goals", json!({}))),
            Edit::Add(Item::new("plan", "plan", json!({"wish": "a"}))),
        ],
        NOW,
    )
    .unwrap();
    apply(
        &mut b,
        &[
            Edit::Add(Item::new("y", "goals", json!({}))),
            Edit::Add(Item::new("plan", "plan", json!({"wish": "b"}))),
        ],
        NOW,
    )
    .unwrap();
    a.merge(&mut b).unwrap();
    let reading = read(&a);
    assert_eq!(
        reading.items.iter().map(|i| i.item.id.as_str()).collect::<Vec<_>>(),
        ["plan", "x", "y"]
    );
    let plan = &reading.items[0];
    assert_eq!(plan.also_said.len(), 1);
    let mut wishes = vec![
        plan.item.fields["wish"].clone(),
        plan.also_said[0].values[0]["wish"].clone(),
    ];
    wishes.sort_by_key(Value::to_string);
    assert_eq!(wishes, [json!("a"), json!("b")]);
}

#[test]
fn undo_brings_back_the_place_and_leaves_the_rest() {
    let mut doc = doc(1);
    let start = json!({"id": "g", "title": "a", "l": [1, 2, 3], "deep": {"x": null}, "nothing": null});
    apply(&mut doc, &[Edit::Add(Item::new("g", "goals", start.clone()))], NOW).unwrap();
    let edits = [
        set("g", &["title"], json!("b")),
        set("g", &["new"], json!(1)),
        set("g", &["made", "way"], json!(1)),
        set("g", &["nothing", "way"], json!(1)),
        set("g", &["l", "1"], json!(9)),
        set("g", &["l", "3"], json!(4)),
        set("g", &["l"], json!("no list")),
        set("g", &[], json!({"all": "else"})),
        unset("g", &["title"]),
        unset("g", &["l", "0"]),
        unset("g", &["absent"]),
        Edit::Order {
            id: "g".into(),
            order: Some(1.0),
        },
        Edit::Remove { id: "g".into() },
        Edit::Add(Item::new("h", "goals", json!({}))),
    ];
    for edit in edits {
        let before = read(&doc);
        let back = inverse(&doc, &edit);
        apply(&mut doc, std::slice::from_ref(&edit), NOW).unwrap();
        assert!(read(&doc) != before || back.is_empty(), "{edit:?} did nothing");
        apply(&mut doc, &back, NOW).unwrap();
        assert_eq!(read(&doc), before, "{edit:?}");
    }
    assert!(inverse(&doc, &set("unknown", &["x"], json!(1))).is_empty());
}

#[test]
fn odd_documents_are_read_without_harm() {
    let mut doc = doc(1);
    apply(
        &mut doc,
        &[Edit::Add(Item::new("good", "goals", json!({"title": "t"})))],
        NOW,
    )
    .unwrap();
    doc.put(ROOT, "stray", 1).unwrap();
    doc.put(ROOT, "i/", 1).unwrap();
    doc.put(ROOT, "i/scalar", "word").unwrap();
    doc.put_object(ROOT, "i/empty", ObjType::Map).unwrap();
    doc.put_object(ROOT, "i/list", ObjType::List).unwrap();
    let odd = doc.put_object(ROOT, "i/odd", ObjType::Map).unwrap();
    doc.put(&odd, "kind", "goals").unwrap();
    doc.put(&odd, "order", f64::NAN).unwrap();
    let inside = doc.put_object(&odd, "fields", ObjType::Map).unwrap();
    doc.put(&inside, "bytes", ScalarValue::Bytes(vec![1, 2])).unwrap();
    doc.put(&inside, "infinite", f64::INFINITY).unwrap();
    doc.put(&inside, "counter", ScalarValue::counter(3)).unwrap();
    doc.put(&inside, "when", ScalarValue::Timestamp(5)).unwrap();
    let mut at = inside.clone();
    for _ in 0..5_000 {
        at = doc.put_object(&at, "deeper", ObjType::Map).unwrap();
    }
    let reading = read(&AutoCommit::load(&doc.save()).unwrap());
    assert_eq!(reading.items.len(), 2);
    assert_eq!(reading.odd, 5 + 2 + 1);
    let odd = &reading.items[1].item;
    assert_eq!(
        (odd.order, &odd.fields["counter"], &odd.fields["when"]),
        (None, &json!(3), &json!(5))
    );
    assert!(odd.fields.get("bytes").is_none());
    assert!(read_item(&doc, "scalar").is_none() && read_item(&doc, "nobody").is_none());
    assert!(matches!(
        apply(&mut doc, &[set("scalar", &["x"], json!(1))], NOW),
        Err(EditError::UnknownItem)
    ));
}

#[test]
fn what_was_refused_leaves_no_trace_in_what_is_written_afterwards() {
    let (mut tried, mut never) = (doc(1), doc(1));
    let base = [Edit::Add(Item::new(
        "a",
        "goals",
        json!({"title": "t", "why": "omdat", "l": [1, 2]}),
    ))];
    let good = [
        set("a", &["title"], json!("anders")),
        set("a", &["why"], json!("omdat het kan")),
        set("a", &["l"], json!([2, 3])),
        Edit::Add(Item::new("b", "actions", json!({"text": "bellen"}))),
    ];
    let bad = set("nobody", &["x"], json!(1));
    // The very first change of an actor, too.
    for step in [base.as_slice(), good.as_slice(), &[Edit::Remove { id: "b".into() }]] {
        let mut refused = step.to_vec();
        refused.push(bad.clone());
        assert!(matches!(apply(&mut tried, &refused, NOW), Err(EditError::UnknownItem)));
        assert_eq!(tried.save(), never.save());
        assert_eq!(
            apply(&mut tried, step, NOW).unwrap(),
            apply(&mut never, step, NOW).unwrap()
        );
        assert_eq!(tried.save(), never.save());
    }
    AutoCommit::load(&tried.save()).unwrap();
}
