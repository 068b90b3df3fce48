//! Very many changes that nobody thought of: what passes must never hurt Automerge.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::transaction::Transactable;
use automerge::{AutoCommit, Automerge, Change, ROOT, ReadDoc};
use dossier_trust::preflight::{OpIndex, inspect};

use super::honest::{honest_history, random_causal_order};
use super::writer::{Key, Row, Writer, chunk, leb, sealed};
use super::{Dice, LIMITS, actor, cases};

/// What was let through must never hurt Automerge: it applies, and what is saved loads again.
pub fn must_be_harmless(doc: &Automerge, bytes: &[u8], what: &str) -> Automerge {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let change = Change::try_from(bytes).map_err(|error| error.to_string())?;
        let hash = change.hash();
        let mut doc = doc.clone();
        doc.apply_changes([change]).map_err(|error| error.to_string())?;
        if !doc.get_heads().contains(&hash) {
            return Err("not applied".to_owned());
        }
        let saved = doc.save();
        let loaded = Automerge::load(&saved).map_err(|error| format!("load: {error}"))?;
        if loaded.get_heads() != doc.get_heads() {
            return Err("other heads".to_owned());
        }
        let again = loaded.save();
        Automerge::load(&again).map_err(|error| format!("second load: {error}"))?;
        let kept = loaded
            .get_change_by_hash(&hash)
            .map(|change| change.raw_bytes().to_vec());
        if kept.as_deref() != Some(bytes) {
            return Err("other bytes".to_owned());
        }
        // Writing goes on.
        let mut writing = AutoCommit::load(&saved).map_err(|error| error.to_string())?;
        writing.put(ROOT, "daarna", 1).map_err(|error| error.to_string())?;
        writing.commit();
        Ok(doc)
    }));
    match outcome {
        Ok(Ok(doc)) => doc,
        Ok(Err(error)) => panic!("{what}: {error}\n{bytes:02x?}"),
        Err(_) => panic!("{what}: Automerge panicked\n{bytes:02x?}"),
    }
}

#[test]
fn a_damaged_change_that_passes_is_harmless() {
    let (mut tried, mut passed, mut seed) = (0, 0, 1_000);
    while tried < cases() {
        seed += 1;
        let mut dice = Dice::new(seed);
        let (_, changes) = honest_history(&mut dice, 25);
        let Some(victim) = changes.last().cloned() else {
            continue;
        };
        let mut doc = Automerge::new();
        let others: Vec<_> = changes
            .iter()
            .filter(|change| change.hash() != victim.hash())
            .cloned()
            .collect();
        doc.apply_changes(others.clone()).unwrap();
        let index = OpIndex::rebuild(others.iter().map(Change::raw_bytes), LIMITS).unwrap();
        let honest = sealed(victim.raw_bytes());
        for _ in 0..100 {
            tried += 1;
            let mut data = honest.clone();
            for _ in 0..1 + dice.below(3) {
                let at = dice.below(data.len());
                match dice.below(6) {
                    0 => data[at] ^= 1 << dice.below(8),
                    1 => data[at] = dice.below(256) as u8,
                    2 => data[at] = data[at].wrapping_add(1),
                    3 => data[at] = data[at].wrapping_sub(1),
                    4 => data.insert(at, dice.below(256) as u8),
                    _ => drop(data.remove(at)),
                }
            }
            let bytes = chunk(1, &data);
            let Ok(inspected) = inspect(&bytes, &LIMITS) else {
                continue;
            };
            if index
                .check(&inspected, victim.actor_id().to_bytes(), victim.seq())
                .is_ok()
            {
                passed += 1;
                must_be_harmless(&doc, &bytes, &format!("seed {seed}"));
            }
        }
    }
    println!("{passed} of {tried} passed");
    assert!(
        passed * 50 > tried,
        "only {passed} of {tried} passed: the test looks at nothing"
    );
}

/// What an operation of the generated history is, for choosing what the next ones name.
#[derive(Clone)]
struct Made {
    actor: usize,
    counter: u64,
    object: Option<(usize, u64)>,
    key: (Option<String>, Option<(usize, u64)>),
    action: u64,
}

/// One change of an author who knows the format well and means no good.
fn hostile_change(
    dice: &mut Dice,
    actors: &[[u8; 32]],
    made: &[Made],
    author: usize,
    start_op: u64,
) -> (Vec<Row>, Vec<Vec<u8>>, Vec<Made>) {
    let mut all = made.to_vec();
    let mut rows: Vec<Row> = Vec::new();
    let mut used: BTreeSet<usize> = BTreeSet::new();
    for number in 0..1 + dice.below(4) {
        let counter = start_op + number as u64;
        let makers: Vec<Made> = all
            .iter()
            .filter(|op| matches!(op.action, 0 | 2 | 4))
            .cloned()
            .collect();
        let object = if dice.one_in(20) {
            dice.pick(&all).cloned()
        } else if dice.one_in(3) {
            None
        } else {
            dice.pick(&makers).cloned()
        };
        let in_list = object.as_ref().is_some_and(|op| op.action != 0) ^ dice.one_in(40);
        let place = object.as_ref().map(|op| (op.actor, op.counter));
        let mut action = [0, 1, 1, 1, 1, 2, 3, 4, 5, 5][dice.below(10)];
        let text = object.as_ref().is_some_and(|op| op.action == 4);
        if text && !dice.one_in(20) {
            action = [1, 3][dice.below(2)];
        }
        let insert = in_list && matches!(action, 0 | 1 | 2 | 4) && !dice.one_in(3);
        let siblings: Vec<Made> = all.iter().filter(|op| op.object == place).cloned().collect();
        let target = if dice.one_in(30) {
            dice.pick(&all).cloned()
        } else {
            dice.pick(&siblings).cloned()
        };
        let key = if in_list {
            let element = target.as_ref().and_then(|op| op.key.1);
            (None, if insert && dice.one_in(4) { None } else { element })
        } else {
            let text = format!("k{}", dice.below(4));
            (
                Some(
                    target
                        .as_ref()
                        .filter(|_| !insert && dice.one_in(2))
                        .and_then(|op| op.key.0.clone())
                        .unwrap_or(text),
                ),
                None,
            )
        };
        let mut preds = BTreeSet::new();
        if !insert || dice.one_in(40) {
            for op in &all {
                let same = op.object == place && op.key == key && !matches!(op.action, 3 | 5);
                if (same && !dice.one_in(4)) || dice.one_in(400) {
                    preds.insert((op.counter, actors[op.actor], op.actor));
                }
            }
        }
        let value = match action {
            5 => (4, leb(dice.below(5) as i64)),
            1 if text && !dice.one_in(20) => (6, ["a", "é", "👩"][dice.below(3)].into()),
            1 => [
                (0, vec![]),
                (1, vec![]),
                (3, vec![5]),
                (8, vec![2]),
                (6, b"woord".to_vec()),
                (7, vec![1, 2]),
                (5, vec![0xff; 8]),
                (9, leb(i64::MIN)),
                (6, vec![]),
            ][dice.below(9)]
            .clone(),
            _ => (0, vec![]),
        };
        used.extend(place.map(|(actor, _)| actor));
        used.extend(key.1.map(|(actor, _)| actor));
        used.extend(preds.iter().map(|pred| pred.2));
        let own = if insert { Some((author, counter)) } else { key.1 };
        rows.push(Row {
            object: place.map(|(actor, counter)| (actor as u64, counter)),
            key: match (&key.0, key.1) {
                (Some(text), _) => Key::Text(text.clone()),
                (None, Some((actor, counter))) => Key::Element(Some(actor as u64), counter),
                (None, None) => Key::Element(None, 0),
            },
            insert,
            action,
            value,
            preds: preds
                .iter()
                .map(|(counter, _, actor)| (*actor as u64, *counter))
                .collect(),
        });
        all.push(Made {
            actor: author,
            counter,
            object: place,
            key: (key.0, own),
            action,
        });
    }
    // Into the numbering of the change: the author first, then the others in order.
    used.remove(&author);
    let mut others: Vec<usize> = used.into_iter().collect();
    others.sort_by_key(|actor| actors[*actor]);
    let number = |actor: u64| {
        others
            .iter()
            .position(|other| *other as u64 == actor)
            .map_or(0, |place| place as u64 + 1)
    };
    for row in &mut rows {
        row.object = row.object.map(|(actor, counter)| (number(actor), counter));
        if let Key::Element(Some(actor), _) = &mut row.key {
            *actor = number(*actor);
        }
        for pred in &mut row.preds {
            pred.0 = number(pred.0);
        }
    }
    let new = all.split_off(made.len());
    (
        rows,
        others.into_iter().map(|other| actors[other].to_vec()).collect(),
        new,
    )
}

/// How many of a story's changes passed, and why the others did not.
#[derive(Default)]
pub struct Story {
    pub tried: u64,
    pub passed: u64,
    pub reasons: BTreeMap<String, u64>,
}

#[test]
fn a_hostile_change_that_passes_is_harmless() {
    let (mut story, mut seed) = (Story::default(), 0);
    while story.tried < cases() {
        seed += 1;
        hostile_story(&mut Dice::new(seed), 60, &format!("seed {seed}"), &mut story);
    }
    let Story { tried, passed, reasons } = story;
    println!("{passed} of {tried} passed; refused: {reasons:?}");
    assert!(passed * 5 > tried, "only {passed} of {tried} passed: {reasons:?}");
    assert!(
        reasons.contains_key("NotInPast") && reasons.contains_key("WrongPredecessor"),
        "{reasons:?}"
    );
}

/// Four authors who know the format well and mean no good write at one document.
pub fn hostile_story(dice: &mut Dice, steps: usize, what: &str, story: &mut Story) {
    let actors: Vec<[u8; 32]> = (0..4)
        .map(|number| actor(number, dice).to_bytes().try_into().unwrap())
        .collect();
    let mut index = OpIndex::new();
    let mut doc = Automerge::new();
    let mut made: Vec<Made> = Vec::new();
    // Of every change its hash, author and last counter.
    let mut changes: Vec<([u8; 32], usize, u64)> = Vec::new();
    let (mut accepted, mut rejected) = (Vec::new(), Vec::new());
    for _ in 0..steps {
        story.tried += 1;
        let author = dice.below(actors.len());
        let mut deps: BTreeSet<[u8; 32]> = changes
            .iter()
            .rev()
            .find(|change| change.1 == author)
            .map(|change| change.0)
            .into_iter()
            .collect();
        if dice.one_in(2) {
            deps = index.heads().into_iter().collect();
        } else if let Some(other) = dice.pick(&changes) {
            deps.insert(other.0);
        }
        let before = changes
            .iter()
            .filter(|change| deps.contains(&change.0))
            .map(|change| change.2)
            .max()
            .unwrap_or(0);
        let start_op = before + 1 + u64::from(dice.one_in(50));
        let (rows, others, new) = hostile_change(dice, &actors, &made, author, start_op);
        let seq = index.last_seq(&actors[author]) + 1;
        let writer = Writer {
            seq,
            start_op,
            deps: deps.into_iter().collect(),
            others,
            ..Writer::new(actors[author], rows)
        };
        let bytes = writer.bytes();
        let outcome = inspect(&bytes, &LIMITS).and_then(|change| {
            index.check_and_admit(&change, &actors[author], seq)?;
            Ok(change)
        });
        match outcome {
            Ok(change) => {
                story.passed += 1;
                doc = must_be_harmless(&doc, &bytes, what);
                changes.push((change.hash(), author, change.max_op()));
                made.extend(new);
                accepted.push(bytes);
                let heads: Vec<_> = doc.get_heads().iter().map(|head| head.0).collect();
                assert_eq!(index.heads(), heads);
            }
            Err(refusal) => {
                *story.reasons.entry(format!("{refusal:?}")).or_default() += 1;
                assert!(refusal.is_final());
                rejected.push(bytes);
            }
        }
    }
    // Neither verdict depends on what else has arrived, or when.
    for bytes in rejected {
        let verdict = inspect(&bytes, &LIMITS).and_then(|change| index.check(&change, change.actor(), change.seq()));
        assert!(verdict.is_err());
    }
    let accepted: Vec<Change> = accepted
        .iter()
        .map(|bytes| Change::try_from(&bytes[..]).unwrap())
        .collect();
    let shuffled = random_causal_order(&accepted, dice);
    let again = OpIndex::rebuild(shuffled.iter().map(Change::raw_bytes), LIMITS).unwrap();
    assert_eq!(again.heads(), index.heads());
    let mut batch = Automerge::new();
    batch.apply_changes(shuffled).unwrap();
    assert_eq!(batch.get_heads(), doc.get_heads());
    assert_eq!(Automerge::load(&batch.save()).unwrap().get_heads(), doc.get_heads());
}
