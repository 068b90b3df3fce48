//! Demo families through real documents and records: read → place → Automerge and records → view → write.

// The tests' own small functions are tests too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod variants;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use automerge::{ActorId, AutoCommit};
use dossier_exchange::demo::{self, DemoReason, Family, PlacedItem};
use dossier_model::layout::{self, Edit};
use dossier_model::record::RecordItem;
use dossier_model::view::{Author, Dossier, RecordIn, SectionContent, assemble};
use dossier_model::{Place, RecordContent, SectionId, Side, Storage};
use serde_json::{Map, Value, json};
use variants::{Dice, both, variants};

const NOW: i64 = 1_795_000_000;

/// The compartments of a dossier that somebody holds whole.
#[derive(Clone)]
struct Held {
    docs: BTreeMap<Place, AutoCommit>,
    records: BTreeMap<Place, Vec<(String, Vec<u8>)>>,
    skeleton: Value,
}

impl Held {
    fn load(family: &Family) -> Self {
        let mut edits: BTreeMap<Place, Vec<Edit>> = BTreeMap::new();
        let mut records: BTreeMap<Place, Vec<(String, Vec<u8>)>> = BTreeMap::new();
        for (n, PlacedItem { item, placement }) in family.items.iter().cloned().enumerate() {
            match &placement.storage {
                Storage::Document => edits.entry(placement.place.clone()).or_default().push(Edit::Add(item)),
                Storage::Record { audience, also_needs } => {
                    let content = RecordContent::Item(RecordItem::new(item, audience.clone(), also_needs.clone()));
                    let sealed = (format!("{n:064x}"), content.to_bytes().unwrap());
                    records.entry(placement.place.clone()).or_default().push(sealed);
                }
            }
        }
        let docs = edits
            .into_iter()
            .map(|(place, edits)| {
                let mut doc = AutoCommit::new().with_actor(ActorId::from([7; 32]));
                layout::apply(&mut doc, &edits, NOW).unwrap();
                (place, AutoCommit::load(&doc.save()).unwrap())
            })
            .collect();
        Self {
            docs,
            records,
            skeleton: family.skeleton.clone(),
        }
    }

    fn view(&self) -> Dossier {
        let mut sections: Vec<SectionContent> = Vec::new();
        for (place, doc) in &self.docs {
            let reading = layout::read(doc);
            assert_eq!(reading.odd, 0);
            sections.push(SectionContent {
                place: place.clone(),
                doc_items: reading.items.into_iter().map(Arc::new).collect(),
                records: Vec::new(),
            });
        }
        for (place, sealed) in &self.records {
            let records = sealed
                .iter()
                .map(|(id, bytes)| RecordIn {
                    record_id: id.clone(),
                    author: Author {
                        person: None,
                        is_owner: true,
                        may_edit: true,
                    },
                    content: RecordContent::from_bytes(bytes).unwrap(),
                    at: "2026-11-23T09:00:00Z".into(),
                })
                .collect();
            sections.push(SectionContent {
                place: place.clone(),
                doc_items: Vec::new(),
                records,
            });
        }
        assemble(&sections, &BTreeMap::new())
    }

    fn dump(&self) -> Value {
        demo::write(&self.view().items, &self.skeleton)
    }
}

fn family(value: &Value) -> Family {
    demo::read(&serde_json::to_vec(value).unwrap()).unwrap()
}

#[test]
fn both_families_come_back_whole() {
    for value in both() {
        let family = family(&value);
        let held = Held::load(&family);
        assert_eq!(held.dump(), value);
        assert!(
            family
                .items
                .iter()
                .all(|placed| !placed.item.kind.starts_with("other:"))
        );
        let ids: BTreeSet<&str> = family.items.iter().map(|placed| placed.item.id.as_str()).collect();
        assert_eq!(ids.len(), family.items.len());
        // Ids of the file survive, in the whole view too.
        let view = held.view();
        for placed in &family.items {
            let shown = view.item(&placed.item.id).unwrap();
            assert_eq!(
                (&shown.kind, &shown.fields, &shown.place),
                (&placed.item.kind, &placed.item.fields, &placed.placement.place)
            );
        }
        for signal in value["expected_signals"].as_array().unwrap() {
            let object = signal["objects"][0].as_str().unwrap();
            assert!(
                dossier_model::section::of_domain(object).is_some()
                    || view.item(object).is_some()
                    || value.to_string().contains(object)
            );
        }
    }
}

#[test]
fn every_variant_comes_back_whole() {
    for (seed, value) in variants(60) {
        let held = Held::load(&family(&value));
        let dump = held.dump();
        assert!(
            dump == value,
            "seed {seed}: {:?}",
            differences(&value, &dump, String::new())
        );
    }
}

/// JSON pointers at which two values differ.
fn differences(a: &Value, b: &Value, at: String) -> Vec<String> {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            keys.into_iter()
                .flat_map(|key| {
                    let below = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                    match (a.get(key), b.get(key)) {
                        (Some(a), Some(b)) => differences(a, b, below),
                        _ => vec![below],
                    }
                })
                .collect()
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .flat_map(|(n, (a, b))| differences(a, b, format!("{at}/{n}")))
            .collect(),
        _ if a == b => Vec::new(),
        _ => vec![at],
    }
}

fn scalars(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                path.push(key.clone());
                scalars(inner, path, found);
                path.pop();
            }
        }
        Value::Array(list) => {
            for (n, inner) in list.iter().enumerate() {
                path.push(n.to_string());
                scalars(inner, path, found);
                path.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => found.push(path.clone()),
    }
}

/// Where an item of a document stands in the file.
fn pointer(family: &Family, placed: &PlacedItem, value: &Value) -> String {
    let item = &placed.item;
    let escape = |part: &str| part.replace('~', "~0").replace('/', "~1");
    let base = match item.kind.strip_prefix("other:") {
        Some(key) => format!("/{}", escape(key)),
        None => format!("/{}", item.kind.replace('.', "/")),
    };
    let listed = family.skeleton["lists"]
        .as_array()
        .unwrap()
        .iter()
        .any(|kind| *kind == item.kind);
    assert!(value.pointer(&base).is_some(), "{base}");
    if listed {
        format!("{base}/{}", item.order.unwrap())
    } else {
        base
    }
}

#[test]
fn one_edit_differs_in_exactly_that_place() {
    let mut edited = 0;
    for (seed, value) in variants(24).chain(
        both()
            .into_iter()
            .cycle()
            .take(10)
            .enumerate()
            .map(|(n, v)| (1_000 + n as u64, v)),
    ) {
        let mut dice = Dice(seed ^ 0xABCD);
        let family = family(&value);
        let mut held = Held::load(&family);
        let in_documents: Vec<&PlacedItem> = family
            .items
            .iter()
            .filter(|placed| placed.placement.storage == Storage::Document)
            .collect();
        for _ in 0..4 {
            let placed = in_documents[dice.below(in_documents.len())];
            let mut paths = Vec::new();
            scalars(&placed.item.fields, &mut Vec::new(), &mut paths);
            if paths.is_empty() {
                continue;
            }
            let path = paths[dice.below(paths.len())].clone();
            let before = held.dump();
            let new = json!(format!("gewijzigd {}", dice.next()));
            let edit = Edit::Set {
                id: placed.item.id.clone(),
                path: path.clone(),
                value: new.clone(),
            };
            let doc = held.docs.get_mut(&placed.placement.place).unwrap();
            let undo = layout::inverse(doc, &edit);
            layout::apply(doc, &[edit], NOW).unwrap();
            *doc = AutoCommit::load(&doc.save()).unwrap();
            let after = held.dump();
            let below: String = path
                .iter()
                .map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1")))
                .collect();
            let place = format!("{}{below}", pointer(&family, placed, &value));
            assert_eq!(
                differences(&before, &after, String::new()),
                [place.as_str()],
                "seed {seed}"
            );
            assert_eq!(after.pointer(&place), Some(&new));
            layout::apply(held.docs.get_mut(&placed.placement.place).unwrap(), &undo, NOW).unwrap();
            assert!(held.dump() == before, "seed {seed}: {place}");
            edited += 1;
        }
    }
    assert!(edited > 100, "{edited}");
}

#[test]
fn what_is_added_and_removed_shows_in_the_file() {
    let value = &both()[0];
    let mut held = Held::load(&family(value));
    let plan = Place::wat(SectionId::new("plan").unwrap());
    let goal = dossier_model::Item::new("g-new", "goals", json!({"title": "Nieuw"}));
    let doc = held.docs.get_mut(&plan).unwrap();
    layout::apply(doc, &[Edit::Add(goal), Edit::Remove { id: "t-1".into() }], NOW).unwrap();
    let mut expected = value.clone();
    expected["goals"]
        .as_array_mut()
        .unwrap()
        .push(json!({"id": "g-new", "title": "Nieuw"}));
    expected["actions"].as_array_mut().unwrap().remove(0);
    assert!(held.dump() == expected);
}

#[test]
fn a_dossier_without_a_file_can_be_written_and_loaded() {
    let value = &both()[1];
    let held = Held::load(&family(value));
    let dump = demo::write(&held.view().items, &Value::Null);
    let again = Held::load(&family(&dump)).dump();
    assert!(again == dump);
    assert_eq!(dump["goals"], value["goals"]);
    assert_eq!(dump["health"], value["health"]);
    assert_eq!(dump["plan"], value["plan"]);
}

#[test]
fn items_go_where_the_table_says() {
    let [lisa, sam] = both();
    let (lisa, sam) = (family(&lisa), family(&sam));
    let find = |family: &Family, id: &str| family.items.iter().find(|placed| placed.item.id == id).unwrap().clone();
    let wat = |id: &str| Place::wat(SectionId::new(id).unwrap());
    for (id, section) in [
        ("p-lisa", "netwerk"),
        ("al-1", "gezondheid"),
        ("s-1", "geld"),
        ("zrm-1", "plan"),
        ("st-3", "noor"),
        ("cr-1", "crisis"),
        ("n-1", "verslagen"),
        ("doc-5", "documenten"),
        ("v-1", "agenda"),
        ("fa-1", "plan"),
    ] {
        assert_eq!(find(&lisa, id).placement.place, wat(section), "{id}");
    }
    for id in ["a-karin", "ic-karin", "d-lisa", "access_log-1", "verhaal"] {
        assert_eq!(find(&lisa, id).placement.place, Place::Owner, "{id}");
    }
    assert_eq!(
        find(&sam, "f-s2").placement.place,
        Place::dat(SectionId::new("gezondheid").unwrap())
    );
    let Storage::Record { audience, also_needs } = find(&lisa, "doc-5").placement.storage else {
        panic!("no record")
    };
    assert_eq!(
        (audience, also_needs.iter().map(SectionId::as_str).collect::<Vec<_>>()),
        (None, vec!["geld", "wonen"])
    );
    let Storage::Record { audience, .. } = find(&lisa, "f-4").placement.storage else {
        panic!("no record")
    };
    assert_eq!(audience.unwrap(), ["p-karin", "p-samira"]);
    assert_eq!(find(&lisa, "n-1").item.source.as_deref(), Some("ingevoerd"));
    assert_eq!(find(&lisa, "st-1").item.source, None);
    assert_eq!(
        (lisa.owner.as_deref(), lisa.anchor_date.as_deref()),
        (Some("p-lisa"), Some("2026-11-23"))
    );
    assert_eq!(lisa.access.len(), 13);
    let rik = lisa.access.iter().find(|entry| entry.person_id == "p-rik").unwrap();
    assert_eq!(
        rik.only_about.as_deref(),
        Some(&["p-noor", "p-daan", "p-mila"].map(str::to_owned)[..])
    );
    assert_eq!((rik.scopes[0].side, rik.scopes[0].level.as_str()), (Side::Dat, "zien"));
    assert!(
        lisa.access
            .iter()
            .filter(|entry| entry.is_closed())
            .map(|entry| entry.person_id.as_str())
            .eq(["p-tim"])
    );
    assert!(
        lisa.sections
            .iter()
            .any(|(id, label)| id.as_str() == "noor" && label.as_deref() == Some("Stukje van Noor"))
    );
}

#[test]
fn broken_files_say_where_and_why() {
    let fail = |bytes: &[u8]| demo::read(bytes).unwrap_err();
    assert_eq!(fail(b"").reason, DemoReason::Empty);
    assert_eq!(fail(b" \n ").reason, DemoReason::Empty);
    let cut = fail(b"{\n \"format\": \"demo-dossier/1\",\n \"goals\": [");
    assert_eq!((cut.line, cut.reason), (3, DemoReason::CutOff));
    let error = fail(b"{\n \"format\": nope\n}");
    assert_eq!((error.line, error.column), (2, 13));
    assert!(matches!(error.reason, DemoReason::NotJson(_)));
    let utf8 = fail(b"{\n \"a\": \"\xff\"}");
    assert_eq!((utf8.line, utf8.column, utf8.reason), (2, 8, DemoReason::NotUtf8));
    assert_eq!(fail(b"\n [1]").reason, DemoReason::NotAnObject);
    let other = fail(b"{\n \"format\": \"demo-dossier/2\"}");
    assert_eq!(
        (other.line, other.column, other.reason),
        (2, 2, DemoReason::WrongFormat)
    );
    assert_eq!(fail(b"{}").reason, DemoReason::WrongFormat);
    let deep = format!(
        "{{\"format\":\"demo-dossier/1\",\"x\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(matches!(fail(deep.as_bytes()).reason, DemoReason::NotJson(_)));
    let marked = [b"\xef\xbb\xbf".as_slice(), demo::LISA.as_bytes()].concat();
    assert!(demo::read(&marked).is_ok());
    for length in (1..demo::SAM.len()).step_by(997) {
        let error = fail(&demo::SAM.as_bytes()[..length]);
        assert!(
            matches!(error.reason, DemoReason::CutOff | DemoReason::NotUtf8),
            "{error}"
        );
    }
}

#[test]
fn keys_that_nobody_knows_stay_with_the_resident() {
    let mut value = both()[0].clone();
    let root: &mut Map<String, Value> = value.as_object_mut().unwrap();
    root.insert("health.conditions".into(), json!([{"id": "c-1"}]));
    root.insert("geheim".into(), json!({"x": 1}));
    root.insert("plan".into(), json!(["no plan"]));
    root["money"]["shares"] = json!({"x": 1});
    root["goals"].as_array_mut().unwrap().insert(2, json!("no goal"));
    let family = family(&value);
    assert!(Held::load(&family).dump() == value);
    for placed in &family.items {
        let text = placed.item.fields.to_string();
        let odd = placed.item.kind.starts_with("other:")
            || text.contains("shares")
            || text.starts_with("\"no ")
            || text.starts_with("[\"no ");
        assert!(!odd || placed.placement.place == Place::Owner, "{}", placed.item.id);
    }
}
