//! The items of a saved document, read from its bytes: what [`layout::read`] gives once Automerge has loaded it.

use std::borrow::Cow;

use automerge::{ObjType, Prop, ScalarValue, Value};
use dossier_model::layout::{self, DocItem, Entry, Source};
use dossier_trust::checkpoint::MAX_OPS;
use dossier_trust::preflight::{Contents, Made, Put, Standing};

/// The items of an uncompressed saved document whose size is bounded. None when only a load can tell.
#[must_use]
pub fn read_saved(saved: &[u8]) -> Option<Vec<DocItem>> {
    let contents = Contents::read(saved, MAX_OPS).ok()?;
    Some(layout::read_from(&Saved(contents)).items)
}

struct Saved<'a>(Contents<'a>);

impl Saved<'_> {
    fn entries(&self, at: Made) -> impl Iterator<Item = Entry<'_, Made>> {
        self.0.places(at).filter_map(|standing| {
            let won = standing.last()?;
            Some(Entry {
                key: Cow::Borrowed(won.key()),
                cell: cell(won),
                at: won.made,
                conflict: standing.len() > 1,
            })
        })
    }
}

impl Source for Saved<'_> {
    type At = Made;

    fn root(&self) -> Made {
        Made::ROOT
    }

    fn map(&self, at: &Made) -> impl Iterator<Item = Entry<'_, Made>> {
        self.entries(*at)
    }

    fn list(&self, at: &Made) -> impl Iterator<Item = Entry<'_, Made>> {
        self.entries(*at)
    }

    fn all(&self, at: &Made, place: &Prop) -> Vec<(Value<'_>, Made)> {
        let standing = match place {
            Prop::Map(key) => self.0.at_key(*at, key),
            Prop::Seq(index) => self.0.at_index(*at, *index),
        };
        standing.iter().map(|one| (cell(one), one.made)).collect()
    }

    fn text(&self, at: &Made) -> Option<String> {
        Some(self.0.text(*at))
    }
}

fn cell<'s>(standing: &Standing<'_>) -> Value<'s> {
    let scalar = match standing.put {
        Put::Map => return Value::Object(ObjType::Map),
        Put::List => return Value::Object(ObjType::List),
        Put::Text => return Value::Object(ObjType::Text),
        Put::Null => ScalarValue::Null,
        Put::Boolean(truth) => ScalarValue::Boolean(truth),
        Put::Uint(number) => ScalarValue::Uint(number),
        Put::Int(number) => ScalarValue::Int(number),
        Put::Float(number) => ScalarValue::F64(number),
        Put::String(text) => ScalarValue::Str(text.into()),
        Put::Bytes(bytes) => ScalarValue::Bytes(bytes.to_vec()),
        Put::Counter(number) => ScalarValue::counter(number),
        Put::Timestamp(number) => ScalarValue::Timestamp(number),
        Put::Unknown(type_code, bytes) => ScalarValue::Unknown {
            type_code,
            bytes: bytes.to_vec(),
        },
    };
    Value::Scalar(Cow::Owned(scalar))
}

#[cfg(test)]
mod tests {
    use automerge::transaction::Transactable;
    use automerge::{ActorId, AutoCommit, ROOT};
    use dossier_model::Item;
    use dossier_model::layout::{Edit, apply, read};
    use serde_json::json;

    use super::*;
    use crate::replica::document::{load_document, new_document};

    /// Numbers that follow from a seed.
    struct Dice(blake3::OutputReader);

    impl Dice {
        fn of(seed: u64) -> Self {
            Self(blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof())
        }

        fn below(&mut self, sides: u64) -> u64 {
            let mut bytes = [0; 8];
            self.0.fill(&mut bytes);
            u64::from_le_bytes(bytes) % sides
        }

        fn one<T: Clone>(&mut self, of: &[T]) -> T {
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
        fn edit(&mut self) -> Edit {
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
    fn written(dice: &mut Dice) -> AutoCommit {
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
                // What no program of ours writes, and Automerge knows.
                let odd = dice.one(&[
                    ScalarValue::Bytes(vec![1, 2]),
                    ScalarValue::counter(-5),
                    ScalarValue::Timestamp(1 << 40),
                    ScalarValue::F64(f64::NAN),
                    ScalarValue::Uint(3),
                ]);
                let key = dice.one(&["i/g-1", "i/g-9", "x"]);
                docs[at].put(ROOT, key, odd).unwrap();
                docs[at].commit();
            }
        }
        let mut all = new_document();
        for doc in &mut docs {
            all.merge(doc).unwrap();
        }
        all
    }

    #[test]
    fn what_is_read_from_the_bytes_is_what_automerge_shows() {
        let (mut items, mut conflicts) = (0, 0);
        for seed in 0..400 {
            let mut doc = written(&mut Dice::of(seed));
            let saved = doc.save_nocompress();
            let shown = read(&load_document(&saved).unwrap());
            let contents = Contents::read(&saved, MAX_OPS).unwrap();
            assert_eq!(layout::read_from(&Saved(contents)), shown, "seed {seed}");
            items += shown.items.len();
            conflicts += shown.items.iter().map(|item| item.also_said.len()).sum::<usize>();
        }
        assert!(items > 800 && conflicts > 100, "{items} items, {conflicts} conflicts");
    }

    #[test]
    fn what_only_a_load_can_tell_is_left_to_it() {
        let item = |doc: &mut AutoCommit| {
            apply(doc, &[Edit::Add(Item::new("g-1", "goals", json!({"why": "omdat"})))], 1).unwrap();
        };
        let mut counted = new_document();
        item(&mut counted);
        counted.put(ROOT, "n", ScalarValue::counter(1)).unwrap();
        counted.commit();
        assert_eq!(read_saved(&counted.save_nocompress()).map(|items| items.len()), Some(1));
        counted.increment(ROOT, "n", 2).unwrap();
        assert_eq!(read_saved(&counted.save_nocompress()), None);
        let mut packed = new_document();
        apply(
            &mut packed,
            &[Edit::Add(Item::new("g-1", "goals", json!({"why": "w".repeat(5_000)})))],
            1,
        )
        .unwrap();
        assert!(read_saved(&packed.save_nocompress()).is_some());
        assert_eq!(read_saved(&packed.save()), None);
        assert_eq!(read_saved(b""), None);
    }
}
