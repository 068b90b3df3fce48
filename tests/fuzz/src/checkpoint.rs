//! Saved documents, as a checkpoint brings them.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use arbitrary::Unstructured;
use automerge::transaction::Transactable;
use automerge::{ActorId, AutoCommit, LoadOptions, ObjId, ObjType, ROOT, ReadDoc, TextEncoding, Value};
use dossier_trust::checkpoint::{self, Unusable};
use dossier_trust::epoch::EpochKey;
use dossier_trust::ids::{CompartmentId, DossierId, EpochId, blake3};
use dossier_trust::operation::Snapshot;
use dossier_trust::preflight::{
    Contents, Limits, Made, Put, Standing, inspect, pack_document, unpack_document, walk_document,
};

use crate::shapes::{Seeded, spoil};
use crate::writer::{chunk, sealed};

/// Most rows that the walk may let through here, so that a load stays small.
const MAX_ROWS: u32 = 10_000;
/// Most bytes that something packed may come to here.
const MOST: usize = 1 << 16;
const PLACE: (DossierId, CompartmentId) = (DossierId([1; 32]), CompartmentId([2; 32]));

/// The insides of a few documents, as they are saved.
static SAVED: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    let mut one = AutoCommit::new().with_actor(ActorId::from([1; 32]));
    one.put(ROOT, "a", 1).unwrap();
    one.commit();
    let mut two = one.fork().with_actor(ActorId::from([2; 32]));
    let text = two.put_object(ROOT, "text", ObjType::Text).unwrap();
    two.splice_text(&text, 0, 0, "een tafel 🪑").unwrap();
    two.commit();
    two.splice_text(&text, 2, 3, "").unwrap();
    two.put(ROOT, "a", "twee").unwrap();
    let mut three = one.fork().with_actor(ActorId::from([3; 32]));
    let list = three.put_object(ROOT, "list", ObjType::List).unwrap();
    for value in 0..40_i64 {
        three.insert(&list, 0, value).unwrap();
        three.commit();
    }
    three.put(ROOT, "a", 3.5).unwrap();
    three.merge(&mut two).unwrap();
    [one, two, three].map(|mut doc| sealed(&doc.save_nocompress()))
});

/// The inside of a chunk as it would arrive, or one that was saved and spoilt in a few places; checksum and length are
/// made to fit, so that the input is not lost on them. What the walk lets through Automerge loads within what the walk
/// said, or not at all; what can be read without loading it is what Automerge then shows; and what was sealed opens to the same bytes, and to nothing once a part is another.
pub fn checkpoint(data: &[u8]) {
    let Some((how, rest)) = data.split_first() else { return };
    // Whatever comes packed, never more than may be.
    assert!(unpack_document(rest, MOST).map_or(0, |raw| raw.len()) <= MOST);
    assert_eq!(unpack_document(&pack_document(rest), rest.len()).as_deref(), Ok(rest));
    let mut u = Unstructured::new(rest);
    let inside = match how % 4 {
        0 => rest.to_vec(),
        which => {
            let mut inside = SAVED[usize::from(which - 1)].clone();
            for _ in 0..how / 4 % 8 {
                spoil(&mut inside, &mut u);
            }
            inside
        }
    };
    let raw = chunk(0, &inside);
    let Ok(extent) = walk_document(&raw, MAX_ROWS) else {
        return;
    };
    assert!(extent.ops <= MAX_ROWS && extent.changes <= MAX_ROWS);
    opens_as_sealed(&raw, &mut u);
    let contents = Contents::read(&raw, MAX_ROWS).ok();
    if let Some(contents) = &contents {
        // Every row stands in one place at most.
        assert!(count(contents, Made::ROOT) <= extent.ops);
    }
    let options = LoadOptions::new().text_encoding(TextEncoding::UnicodeCodePoint);
    // Bytes on which Automerge panics are thrown away, as the program does.
    let load = || AutoCommit::load_with_options(&raw, options).ok();
    let Ok(Some(mut doc)) = catch_unwind(AssertUnwindSafe(load)) else {
        return;
    };
    if let Some(contents) = &contents {
        shows_the_same(contents, Made::ROOT, &doc, &ROOT);
    }
    let stats = doc.stats();
    assert_eq!(stats.num_changes, u64::from(extent.changes));
    for change in doc.get_changes(&[]) {
        let _ = inspect(change.raw_bytes(), &Limits::SUITE_1);
    }
}

fn count(contents: &Contents<'_>, object: Made) -> u32 {
    let all = contents.places(object).flatten();
    all.map(|one| 1 + count(contents, one.made)).sum()
}

fn shows_the_same(contents: &Contents<'_>, object: Made, doc: &AutoCommit, at: &ObjId) {
    let places: Vec<&[Standing<'_>]> = contents.places(object).collect();
    match doc.object_type(at).unwrap() {
        ObjType::Text => assert_eq!(contents.text(object), doc.text(at).unwrap()),
        ObjType::Map | ObjType::Table => {
            let keys: Vec<String> = doc.keys(at).collect();
            assert_eq!(places.iter().map(|all| all[0].key()).collect::<Vec<_>>(), keys);
            for (all, key) in places.iter().zip(&keys) {
                assert_eq!(contents.at_key(object, key), *all);
                stand_the_same(contents, all, doc, doc.get_all(at, key.as_str()).unwrap());
            }
        }
        ObjType::List => {
            assert_eq!(places.len(), doc.length(at));
            for (index, all) in places.iter().enumerate() {
                assert_eq!(contents.at_index(object, index), *all);
                stand_the_same(contents, all, doc, doc.get_all(at, index).unwrap());
            }
        }
    }
}

fn stand_the_same(contents: &Contents<'_>, all: &[Standing<'_>], doc: &AutoCommit, theirs: Vec<(Value<'_>, ObjId)>) {
    assert_eq!(all.len(), theirs.len());
    for (one, (value, at)) in all.iter().zip(theirs) {
        match (one.put, value) {
            (Put::Map, Value::Object(ObjType::Map))
            | (Put::List, Value::Object(ObjType::List))
            | (Put::Text, Value::Object(ObjType::Text)) => shows_the_same(contents, one.made, doc, &at),
            (Put::String(text), Value::Scalar(scalar)) => assert_eq!(scalar.as_str(), Some(text)),
            (Put::Int(number), Value::Scalar(scalar)) => assert_eq!(scalar.as_i64(), Some(number)),
            (Put::Uint(number), Value::Scalar(scalar)) => assert_eq!(scalar.as_u64(), Some(number)),
            (Put::Boolean(truth), Value::Scalar(scalar)) => assert_eq!(scalar.as_bool(), Some(truth)),
            (Put::Map | Put::List | Put::Text, other) => panic!("an object, and to Automerge {other:?}"),
            (_, other) => assert!(matches!(other, Value::Scalar(_)), "{other:?}"),
        }
    }
}

fn opens_as_sealed(raw: &[u8], u: &mut Unstructured<'_>) {
    let key = EpochKey::from_bytes([7; 32]);
    let (snapshot, parts) = checkpoint::seal(PLACE, &key, raw, &mut Seeded::new(1)).unwrap();
    let named: BTreeMap<[u8; 32], Vec<u8>> = parts.iter().map(|part| (blake3(part), part.clone())).collect();
    let open = |snapshot: &Snapshot, named: &BTreeMap<[u8; 32], Vec<u8>>| {
        let keys = |epoch: &EpochId| (*epoch == key.epoch()).then_some(&key);
        checkpoint::open(PLACE, snapshot, |name| named.get(name).cloned(), keys)
    };
    assert_eq!(open(&snapshot, &named).as_deref(), Ok(raw));
    assert_eq!(open(&snapshot, &BTreeMap::new()), Err(Unusable::Missing));
    let mut other = parts;
    spoil(&mut other[0], u);
    if blake3(&other[0]) != snapshot.parts[0] {
        let named = BTreeMap::from([(snapshot.parts[0], other[0].clone())]);
        assert_eq!(open(&snapshot, &named), Err(Unusable::Forged));
        let renamed = Snapshot {
            parts: vec![blake3(&other[0])],
            ..snapshot
        };
        let named = BTreeMap::from([(renamed.parts[0], other[0].clone())]);
        assert!(open(&renamed, &named).is_err());
    }
}
