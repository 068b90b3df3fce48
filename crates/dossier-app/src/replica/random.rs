//! Documents as chance makes them, for tests.

use automerge::transaction::Transactable;
use automerge::{ActorId, AutoCommit, ROOT, ScalarValue};
use dossier_model::Item;
use dossier_model::layout::{Edit, apply};
use serde_json::json;

use super::document::new_document;

/// Numbers that follow from a seed.
pub struct Dice(blake3::OutputReader);

impl Dice {
    pub fn of(seed: u64) -> Self {
        Self(blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof())
    }

    pub fn below(&mut self, sides: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes) % sides
    }

    pub fn one<T: Clone>(&mut self, of: &[T]) -> T {
        let at = usize::try_from(self.below(of.len() as u64)).unwrap();
        of[at].clone()
    }

    fn letters(&mut self) -> String {
        let count = self.below(12);
        (0..count)
            .map(|_| self.one(&["a", "é", "👩‍🔬", " ", "ij", "\u{0}", "z"]))
            .collect()
    }

    fn value(&mut self, depth: u64) -> serde_json::Value {
        match self.below(if depth == 0 { 8 } else { 11 }) {
            0 => json!(null),
            1 => json!(self.below(2) == 0),
            2 => json!(self.below(1 << 40)),
            3 => json!(u64::MAX),
            4 => json!(-1_000_000_007_i64),
            5 => json!(0.1),
            6 => json!("w".repeat(2_100)),
            7 => json!(self.letters()),
            8 => (0..self.below(5)).map(|_| self.value(depth - 1)).collect(),
            _ => {
                let keys = ["", "a", "b", "id", "text", "ë", "zz"];
                let fields = (0..self.below(5)).map(|_| (self.one(&keys).to_owned(), self.value(depth - 1)));
                serde_json::Value::Object(fields.collect())
            }
        }
    }

    fn path(&mut self) -> Vec<String> {
        let mut path = vec![self.one(&["text", "why", "a", "b"]).to_owned()];
        path.extend((0..self.below(3)).map(|_| self.one(&["0", "1", "2", "a", "b", ""]).to_owned()));
        path
    }

    /// Something that somebody may do; not all of it can be done.
    pub fn edit(&mut self) -> Edit {
        let id = format!("g-{}", self.below(5));
        match self.below(12) {
            0..3 => Edit::Add(Item::new(id, self.one(&["story", "goals"]), self.value(3))),
            3 => Edit::Remove { id },
            4 => Edit::Order {
                id,
                order: self.one(&[None, Some(1.5), Some(-2.0)]),
            },
            5 => Edit::Unset { id, path: self.path() },
            6 | 7 => {
                // Prose, letter by letter.
                let (path, value) = (vec![self.one(&["text", "why"]).to_owned()], json!(self.letters()));
                Edit::Set { id, path, value }
            }
            _ => Edit::Set {
                id,
                path: self.path(),
                value: self.value(2),
            },
        }
    }
}

/// A document by several writers who do not always know of each other.
pub fn written(dice: &mut Dice) -> AutoCommit {
    let mut docs: Vec<AutoCommit> = (0..4_u8)
        .map(|n| new_document().with_actor(ActorId::from([dice.one(&[3, 2, 1]) + 4 * n; 32])))
        .collect();
    for _ in 0..dice.below(60) {
        let at = usize::try_from(dice.below(4)).unwrap();
        let edits: Vec<Edit> = (0..=dice.below(3)).map(|_| dice.edit()).collect();
        // One that cannot be done leaves the document alone.
        let _ = apply(&mut docs[at], &edits, 1);
        if dice.below(4) == 0 {
            let mut other = docs[usize::try_from(dice.below(4)).unwrap()].clone();
            let _ = docs[at].merge(&mut other);
        }
        if dice.below(10) == 0 {
            odd(dice, &mut docs[at]);
        }
    }
    let mut all = new_document();
    for doc in &mut docs {
        all.merge(doc).unwrap();
    }
    all
}

/// What no program of ours writes, and Automerge knows.
pub fn odd(dice: &mut Dice, doc: &mut AutoCommit) {
    let odd = dice.one(&[
        ScalarValue::Bytes(vec![1, 2]),
        ScalarValue::counter(-5),
        ScalarValue::Timestamp(1 << 40),
        ScalarValue::F64(f64::NAN),
        ScalarValue::Uint(3),
    ]);
    let key = dice.one(&["i/g-1", "i/g-9", "x"]);
    doc.put(ROOT, key, odd).unwrap();
    doc.commit();
}
