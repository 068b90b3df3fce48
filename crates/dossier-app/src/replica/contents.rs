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
    use automerge::{AutoCommit, ROOT};
    use dossier_model::Item;
    use dossier_model::layout::{Edit, apply, read};
    use serde_json::json;

    use super::*;
    use crate::replica::document::{load_document, new_document};
    use crate::replica::random::{Dice, written};

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
