//! Honest histories pass, in any causal order.

use std::collections::BTreeSet;

use automerge::transaction::Transactable;
use automerge::{AutoCommit, Change, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, ValueRef};
use dossier_trust::preflight::{Inspected, OpIndex, Refusal, inspect, pack, unpack};

use super::{Dice, LIMITS, actor, cases};

fn object_type(value: &ValueRef<'_>) -> Option<ObjType> {
    match value {
        ValueRef::Object(kind) => Some(*kind),
        ValueRef::Scalar(_) => None,
    }
}

fn objects(doc: &AutoCommit) -> Vec<(ObjId, ObjType)> {
    let mut found = vec![(ROOT, ObjType::Map)];
    let mut next = 0;
    while let Some((id, _)) = found.get(next).cloned() {
        next += 1;
        let children: Vec<_> = match doc.object_type(&id) {
            Ok(ObjType::Map | ObjType::Table) => doc
                .map_range(&id, ..)
                .map(|item| (item.id(), object_type(&item.value)))
                .collect(),
            Ok(ObjType::List) => doc
                .list_range(&id, ..)
                .map(|item| (item.id(), object_type(&item.value)))
                .collect(),
            _ => Vec::new(),
        };
        for (child, kind) in children {
            if let Some(kind) = kind {
                found.push((child, kind));
            }
        }
    }
    found
}

fn scalar(dice: &mut Dice) -> ScalarValue {
    match dice.below(10) {
        0 => ScalarValue::Null,
        1 => ScalarValue::Boolean(dice.one_in(2)),
        2 => ScalarValue::Uint(dice.below(1 << 30) as u64 * dice.below(1 << 30) as u64),
        3 => ScalarValue::Int(dice.below(1 << 30) as i64 - (1 << 29)),
        4 => ScalarValue::F64(dice.below(1000) as f64 / 7.0),
        5 => ScalarValue::Bytes(vec![7; dice.below(300)]),
        6 => ScalarValue::Timestamp(1_700_000_000_000 + dice.below(1 << 20) as i64),
        7 | 8 => ScalarValue::counter(dice.below(100) as i64 - 50),
        _ => ScalarValue::Str("afspraak".repeat(dice.below(4)).into()),
    }
}

fn edit(doc: &mut AutoCommit, dice: &mut Dice) {
    let all = objects(doc);
    let (object, kind) = all[dice.below(all.len())].clone();
    let deep = all.len() > 25;
    let make = [ObjType::Map, ObjType::List, ObjType::Text][dice.below(3)];
    let result = match kind {
        ObjType::Map | ObjType::Table => {
            let key = format!("sleutel {}", dice.below(5));
            match dice.below(6) {
                0 if !deep => doc.put_object(&object, key, make).map(drop),
                1 => doc.delete(&object, key),
                2 | 3 => doc.increment(&object, key, dice.below(9) as i64 - 4),
                _ => doc.put(&object, key, scalar(dice)),
            }
        }
        ObjType::List => {
            let len = doc.length(&object);
            let at = dice.below(len + 1);
            match dice.below(6) {
                0 if !deep => doc.insert_object(&object, at, make).map(drop),
                1 if at < len => doc.delete(&object, at),
                2 if at < len => doc.put(&object, at, scalar(dice)),
                3 if at < len => doc.increment(&object, at, 3),
                _ => doc.insert(&object, at, scalar(dice)),
            }
        }
        ObjType::Text => {
            let len = doc.length(&object);
            let at = dice.below(len + 1);
            let delete = dice.below((len - at).min(12) + 1) as isize;
            let text: String = "Mevrouw belt één keer 👩‍👧 per week"
                .chars()
                .take(dice.below(30))
                .collect();
            doc.splice_text(&object, at, delete, &text)
        }
    };
    // Incrementing what is no counter is the only mistake made here, and Automerge names it.
    drop(result);
}

/// Several people who edit, merge in random order, and end up with everything.
pub fn honest_history(dice: &mut Dice, steps: usize) -> (AutoCommit, Vec<Change>) {
    let people = 2 + dice.below(4);
    let mut docs: Vec<AutoCommit> = (0..people)
        .map(|number| AutoCommit::new().with_actor(actor(number, dice)))
        .collect();
    for _ in 0..steps {
        let who = dice.below(people);
        if dice.one_in(3) {
            let mut other = docs[dice.below(people)].clone();
            docs[who].merge(&mut other).unwrap();
        } else {
            for _ in 0..1 + dice.below(6) {
                edit(&mut docs[who], dice);
            }
            docs[who].commit();
        }
    }
    let mut all = docs.remove(0);
    for mut other in docs {
        all.merge(&mut other).unwrap();
    }
    let changes = all.get_changes(&[]);
    (all, changes)
}

/// The changes in a random order where dependencies come first.
pub fn random_causal_order(changes: &[Change], dice: &mut Dice) -> Vec<Change> {
    let mut waiting: Vec<Change> = changes.to_vec();
    let mut done = BTreeSet::new();
    let mut order = Vec::new();
    while !waiting.is_empty() {
        let ready: Vec<usize> = (0..waiting.len())
            .filter(|index| waiting[*index].deps().iter().all(|dep| done.contains(dep)))
            .collect();
        let next = waiting.swap_remove(ready[dice.below(ready.len())]);
        done.insert(next.hash());
        order.push(next);
    }
    order
}

fn admit(index: &mut OpIndex, change: &Change) -> Result<Inspected, Refusal> {
    let inspected = inspect(change.raw_bytes(), &LIMITS)?;
    index.check(&inspected, change.actor_id().to_bytes(), change.seq())?;
    index.admit(&inspected)?;
    Ok(inspected)
}

#[test]
fn no_honest_change_is_refused_in_any_causal_order() {
    let mut seen = 0;
    for seed in 0..(cases() / 40).max(10) {
        let mut dice = Dice::new(seed);
        let (mut doc, changes) = honest_history(&mut dice, 60);
        for _ in 0..3 {
            let mut index = OpIndex::new();
            for change in random_causal_order(&changes, &mut dice) {
                let inspected = admit(&mut index, &change)
                    .unwrap_or_else(|refusal| panic!("seed {seed}: {refusal:?} {:?}", change.decode()));
                assert_eq!(inspected.hash(), change.hash().0);
                let deps: Vec<_> = change.deps().iter().map(|dep| dep.0).collect();
                assert_eq!(inspected.deps(), deps);
                assert_eq!(inspected.actor(), change.actor_id().to_bytes());
                assert_eq!(inspected.seq(), change.seq());
                assert_eq!(inspected.start_op(), change.start_op().get());
                assert_eq!(inspected.max_op(), change.max_op());
                assert_eq!(inspected.ops(), change.len());
                assert_eq!(inspected.time(), change.timestamp());
                seen += 1;
            }
            let heads: Vec<_> = doc.get_heads().iter().map(|head| head.0).collect();
            assert_eq!(index.heads(), heads);
            assert_eq!(index.len(), changes.len());
        }
    }
    assert!(seen > 500);
}

#[test]
fn a_paste_of_five_thousand_characters_and_its_deletion_pass() {
    let mut dice = Dice::new(3);
    let mut doc = AutoCommit::new().with_actor(actor(1, &mut dice));
    let text = doc.put_object(ROOT, "verslag", ObjType::Text).unwrap();
    doc.commit();
    doc.splice_text(&text, 0, 0, &"Zij slaapt slecht. ".repeat(264)[..5_000])
        .unwrap();
    doc.commit();
    doc.splice_text(&text, 10, 4_900, "").unwrap();
    doc.commit();
    let changes = doc.get_changes(&[]);
    let mut index = OpIndex::new();
    let ops: Vec<_> = changes
        .iter()
        .map(|change| admit(&mut index, change).unwrap().ops())
        .collect();
    assert_eq!(ops, [1, 5_000, 4_900]);
    assert_eq!(index.ops(), 9_901);
    let rebuilt = OpIndex::rebuild(changes.iter().map(Change::raw_bytes), LIMITS).unwrap();
    assert_eq!(rebuilt.heads(), index.heads());
}

#[test]
fn a_change_waits_for_its_dependencies_and_is_admitted_once() {
    let mut dice = Dice::new(4);
    let mut doc = AutoCommit::new().with_actor(actor(1, &mut dice));
    for number in 0..3 {
        doc.put(ROOT, "stap", number).unwrap();
        doc.commit();
    }
    let changes = doc.get_changes(&[]);
    let mut index = OpIndex::new();
    let second = inspect(changes[1].raw_bytes(), &LIMITS).unwrap();
    let waits = index.admit(&second).unwrap_err();
    assert_eq!(waits, Refusal::MissingDependency(changes[0].hash().0));
    assert!(!waits.is_final());
    admit(&mut index, &changes[0]).unwrap();
    index.admit(&second).unwrap();
    assert_eq!(index.admit(&second), Err(Refusal::AlreadyAdmitted));
    assert_eq!(index.last_seq(doc.get_actor().to_bytes()), 2);
    assert_eq!(index.max_op(), 2);
    assert!(index.contains(&changes[1].hash().0) && !index.contains(&changes[2].hash().0));
    let third = inspect(changes[2].raw_bytes(), &LIMITS).unwrap();
    assert_eq!(index.check(&third, &[0; 32], 3), Err(Refusal::WrongActor));
    assert_eq!(index.check(&third, third.actor(), 4), Err(Refusal::WrongSequence));
}

#[test]
fn a_change_survives_packing() {
    let (_, changes) = honest_history(&mut Dice::new(5), 40);
    for change in changes {
        let packed = pack(change.raw_bytes());
        assert_eq!(unpack(&packed, &LIMITS).unwrap(), change.raw_bytes());
    }
}
