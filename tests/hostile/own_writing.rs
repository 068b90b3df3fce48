//! The other side of every check: nothing that this program writes itself is ever refused by it.

use std::collections::BTreeSet;

use automerge::{ActorId, AutoCommit, Change, TextEncoding};
use dossier_model::Item;
use dossier_model::layout::{self, Edit};
use dossier_trust::preflight::{Limits, OpIndex, inspect};
use serde_json::{Value, json};

use crate::attacker::Dice;

const LIMITS: Limits = Limits::SUITE_1;

/// Somebody's copy: the document, and what preflight knows of it.
struct Writer {
    doc: AutoCommit,
    index: OpIndex,
    held: BTreeSet<[u8; 32]>,
}

impl Writer {
    fn new(number: u8) -> Self {
        let mut doc = AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint);
        doc.set_actor(ActorId::from([number; 32]));
        Self {
            doc,
            index: OpIndex::new(),
            held: BTreeSet::new(),
        }
    }

    /// Writes as the program does; every change passes the checks that the others will make.
    fn write(&mut self, edits: &[Edit], all: &mut Vec<Vec<u8>>) {
        let Ok(written) = layout::apply(&mut self.doc, edits, 1_795_000_000) else {
            return;
        };
        for change in written {
            self.admit(&change.bytes);
            all.push(change.bytes);
        }
    }

    fn admit(&mut self, bytes: &[u8]) {
        let change = inspect(bytes, &LIMITS).unwrap_or_else(|refusal| panic!("{refusal:?}"));
        let admitted = self.index.check_and_admit(&change, change.actor(), change.seq());
        admitted.unwrap_or_else(|refusal| panic!("{refusal:?}"));
        self.held.insert(change.hash());
    }

    /// Takes what it misses, in a random order in which dependencies come first.
    fn catch_up(&mut self, all: &[Vec<u8>], dice: &mut Dice) {
        let mut missing: Vec<Change> = all
            .iter()
            .map(|bytes| Change::try_from(bytes.as_slice()).unwrap())
            .filter(|change| !self.held.contains(&change.hash().0))
            .collect();
        while !missing.is_empty() {
            let ready: Vec<usize> = (0..missing.len())
                .filter(|at| missing[*at].deps().iter().all(|dep| self.held.contains(&dep.0)))
                .collect();
            let next = missing.swap_remove(ready[dice.below(ready.len())]);
            self.admit(next.raw_bytes());
            self.doc.apply_changes([next]).unwrap();
        }
    }
}

fn value(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(if depth == 0 { 7 } else { 10 }) {
        0 => Value::Null,
        1 => json!(dice.below(2) == 0),
        2 => json!(dice.below(1 << 30) as i64 - (1 << 29)),
        3 => json!(u64::MAX - dice.below(9) as u64),
        4 => json!(dice.below(1000) as f64 / 7.0),
        5 => json!(
            "Zij belt één keer 👩‍👧 per week"
                .chars()
                .take(dice.below(30))
                .collect::<String>()
        ),
        6 => json!("lang ".repeat(dice.below(900))),
        7 => (0..dice.below(5)).map(|_| value(dice, depth - 1)).collect(),
        _ => (0..dice.below(5))
            .map(|_| (format!("veld {}", dice.below(6)), value(dice, depth - 1)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

fn edit(dice: &mut Dice) -> Edit {
    let id = format!("g-{}", dice.below(4));
    let path = |dice: &mut Dice| {
        let mut path = vec![["why", "title", "veld 1", "lijst"][dice.below(4)].to_owned()];
        while dice.below(3) == 0 {
            path.push([format!("veld {}", dice.below(6)), dice.below(4).to_string()][dice.below(2)].clone());
        }
        path
    };
    match dice.below(9) {
        0 | 1 => {
            let fields = json!({"title": value(dice, 0), "why": "Omdat het rust geeft.", "lijst": [1, 2], "diep": value(dice, 4)});
            Edit::Add(Item::new(id, "goals", fields))
        }
        2 => Edit::Remove { id },
        3 => Edit::Unset { id, path: path(dice) },
        4 => Edit::Order {
            id,
            order: (dice.below(3) > 0).then(|| dice.below(100) as f64 / 3.0),
        },
        _ => Edit::Set {
            id,
            path: path(dice),
            value: value(dice, 3),
        },
    }
}

#[test]
fn nothing_that_the_program_writes_is_refused_in_any_order() {
    let mut written = 0;
    for seed in 0..5 {
        let mut dice = Dice::new(seed);
        let mut all = Vec::new();
        let mut people: Vec<Writer> = (1..=3).map(Writer::new).collect();
        for _ in 0..150 {
            let who = dice.below(people.len());
            let edits: Vec<Edit> = (0..=dice.below(2)).map(|_| edit(&mut dice)).collect();
            people[who].write(&edits, &mut all);
            if dice.below(3) == 0 {
                people[who].catch_up(&all, &mut dice);
            }
        }
        written += all.len();
        let mut newcomer = Writer::new(9);
        people.push(Writer::new(8));
        for person in people.iter_mut().chain([&mut newcomer]) {
            person.catch_up(&all, &mut dice);
        }
        let heads = newcomer.doc.get_heads();
        for person in &mut people {
            assert_eq!(person.doc.get_heads(), heads);
            assert_eq!(layout::read(&person.doc), layout::read(&newcomer.doc));
        }
        AutoCommit::load(&newcomer.doc.save()).unwrap();
    }
    assert!(written > 200, "{written}: the test looks at nothing");
}

#[test]
fn a_hundred_thousand_characters_are_pasted_and_taken_away_again_beside_somebody_else() {
    let mut dice = Dice::new(3);
    let (mut anna, mut bram) = (Writer::new(1), Writer::new(2));
    let mut all = Vec::new();
    let set = |text: &str| Edit::Set {
        id: "g-1".into(),
        path: vec!["why".into()],
        value: text.into(),
    };
    anna.write(
        &[Edit::Add(Item::new("g-1", "goals", json!({"why": "Begin. Einde."})))],
        &mut all,
    );
    bram.catch_up(&all, &mut dice);
    let paste: String = "Zij slaapt slecht, één nacht op de drie. "
        .chars()
        .cycle()
        .take(100_000)
        .collect();
    let before = all.len();
    anna.write(&[set(&format!("Begin. {paste}Einde."))], &mut all);
    assert!(all.len() - before >= 100_000 / 20_000, "split");
    bram.write(&[set("Begin. Einde, zegt Bram.")], &mut all);
    bram.catch_up(&all, &mut dice);
    anna.catch_up(&all, &mut dice);
    let before = all.len();
    bram.write(&[set("Begin. Einde, zegt Bram.")], &mut all);
    assert!(all.len() - before >= 100_000 / 20_000, "split");
    anna.catch_up(&all, &mut dice);
    let mut newcomer = Writer::new(9);
    newcomer.catch_up(&all, &mut dice);
    for person in [&anna, &bram, &newcomer] {
        let goal = layout::read_item(&person.doc, "g-1").unwrap().item;
        assert_eq!(goal.fields["why"], json!("Begin. Einde, zegt Bram."));
    }
}
