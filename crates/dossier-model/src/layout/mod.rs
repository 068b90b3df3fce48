//! How items lie in an Automerge document: one document per compartment.
//!
//! ```text
//! ROOT
//!   "i/" + item id → map        one key per item, straight under the root: two devices that both write the first item
//!                               of an empty compartment must not each make a map that hides the other's
//!     "kind"    string
//!     "order"   f64             absent: after all others
//!     "source"  string          absent for own work
//!     "from"    string          id of the record that was taken over
//!     "fields"  any JSON value  maps and lists nested; numbers keep their sort (int, uint above i64::MAX, f64)
//! ```
//!
//! Long prose is an Automerge text, so that two people who write in it at once both find their words back: the fields
//! of [`is_prose`] and every string above [`LONG_STRING`] bytes. All other values are single: at a conflict Automerge
//! chooses one and [`DocItem::also_said`] lists the rest. Readers see JSON strings for both.
//!
//! Reading never fails: parts of an unexpected shape are skipped and counted in [`Reading::odd`].

mod again;
mod inverse;
mod lists;
mod source;
mod steps;
mod touched;
mod write;

pub use again::made;
pub use inverse::inverse;
pub use source::{Entry, Source};
pub use steps::{Step, before, steps};
pub use touched::{Touch, about, touched};
pub use write::{Edit, EditError, MAX_CHANGE_BYTES, MAX_CHANGE_OPS, MAX_TEXT, Written, apply};

use automerge::{ChangeHash, ObjType, Prop, ReadDoc, ScalarValue, Value as Cell};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::item::{Item, is_item_id};
use source::Doc;

/// Strings of more bytes than this are kept as text whatever their field.
pub const LONG_STRING: usize = 2_000;

/// Deepest nesting of a field that is read or written.
pub const MAX_DEPTH: usize = 128;

const ITEM_KEY: &str = "i/";
const KIND: &str = "kind";
const ORDER: &str = "order";
const SOURCE: &str = "source";
const FROM: &str = "from";
const FIELDS: &str = "fields";

/// An item of a document, with what was also said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocItem {
    /// The item as it reads now.
    pub item: Item,
    /// Values that lost against another one written at the same time.
    pub also_said: Vec<AlsoSaid>,
}

/// The values that lost in one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlsoSaid {
    /// Path inside the item's fields; list positions as decimal numbers. Empty: the whole item.
    pub path: Vec<String>,
    /// The other values, in Automerge's order, without repeats and without the value that won.
    pub values: Vec<Value>,
}

/// Everything in a document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// The items, by id.
    pub items: Vec<DocItem>,
    /// How many parts were of an unexpected shape and skipped.
    pub odd: u32,
}

/// True when a field is prose that merges letter by letter. `path` is the path inside the item's fields.
#[must_use]
pub fn is_prose(kind: &str, path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    matches!(
        (kind, path.as_slice()),
        ("story", ["text"])
            | ("goals", ["why"])
            | ("plan", ["wish" | "analysis"])
            | ("notes", ["text_professional" | "text_plain"])
            | ("crisis_plan", ["children" | "medical"])
            | ("safety_plan", ["if_it_fails"])
            | ("people" | "organisations", ["note"])
    )
}

/// Reads all items of a compartment's document.
pub fn read(doc: &impl ReadDoc) -> Reading {
    read_from(&Doc::now(doc))
}

/// Reads all items, from whatever says what stands where.
pub fn read_from(source: &impl Source) -> Reading {
    let mut reader = Reader::of(source);
    let mut items = Vec::new();
    for entry in source.map(&source.root()) {
        let Some(id) = entry.key.strip_prefix(ITEM_KEY).filter(|id| is_item_id(id)) else {
            reader.skip();
            continue;
        };
        match reader.entry(id, &entry.cell, &entry.at, entry.conflict) {
            Some(item) => items.push(item),
            None => reader.skip(),
        }
    }
    items.sort_by(|a, b| a.item.id.cmp(&b.item.id));
    Reading { items, odd: reader.odd }
}

/// Reads one item; none when there is no such item or it is of an unexpected shape.
pub fn read_item(doc: &impl ReadDoc, id: &str) -> Option<DocItem> {
    Reader::of(&Doc::now(doc)).at_root(id)
}

/// The same, as it stood for whoever had exactly these changes and what they depend on.
pub fn read_item_at(doc: &impl ReadDoc, id: &str, heads: &[ChangeHash]) -> Option<DocItem> {
    let heads = Some(heads);
    Reader::of(&Doc { doc, heads }).at_root(id)
}

fn item_key(id: &str) -> String {
    format!("{ITEM_KEY}{id}")
}

/// Automerge's own tools refuse an empty map key, JSON does not.
fn to_key(key: &str) -> String {
    if key.is_empty() || key.starts_with('\u{1}') {
        format!("\u{1}{key}")
    } else {
        key.to_owned()
    }
}

fn from_key(key: &str) -> &str {
    key.strip_prefix('\u{1}').unwrap_or(key)
}

struct Reader<'s, S> {
    source: &'s S,
    odd: u32,
}

impl<'s, S: Source> Reader<'s, S> {
    fn of(source: &'s S) -> Self {
        Self { source, odd: 0 }
    }

    fn get(&self, object: &S::At, key: &str) -> Option<(Cell<'s>, S::At)> {
        self.source.all(object, &key.into()).pop()
    }

    fn at_root(mut self, id: &str) -> Option<DocItem> {
        let mut all = self.source.all(&self.source.root(), &item_key(id).into());
        let conflict = all.len() > 1;
        let (cell, object) = all.pop()?;
        self.entry(id, &cell, &object, conflict)
    }

    fn skip(&mut self) {
        self.odd = self.odd.saturating_add(1);
    }

    fn entry(&mut self, id: &str, cell: &Cell<'_>, object: &S::At, conflict: bool) -> Option<DocItem> {
        let mut also_said = Vec::new();
        let item = self.item(id, cell, object, &mut also_said)?;
        if conflict {
            // The same id made twice at once: the other whole item is what was also said.
            let mut values = Vec::new();
            for (other, other_object) in self.source.all(&self.source.root(), &item_key(id).into()) {
                if other_object == *object {
                    continue;
                }
                match self.item(id, &other, &other_object, &mut Vec::new()) {
                    Some(lost) if lost.fields != item.fields && !values.contains(&lost.fields) => {
                        values.push(lost.fields);
                    }
                    Some(_same) => {}
                    None => self.skip(),
                }
            }
            if !values.is_empty() {
                also_said.push(AlsoSaid {
                    path: Vec::new(),
                    values,
                });
            }
        }
        Some(DocItem { item, also_said })
    }

    fn item(&mut self, id: &str, cell: &Cell<'_>, object: &S::At, said: &mut Vec<AlsoSaid>) -> Option<Item> {
        if !matches!(cell, Cell::Object(ObjType::Map)) {
            return None;
        }
        let (mut kind, mut order, mut source, mut from, mut fields) = (None, None, None, None, None);
        // One walk: looking for each key by itself takes several times as long.
        for entry in self.source.map(object) {
            match entry.key.as_ref() {
                KIND => kind = self.string(&entry.cell, &entry.at),
                ORDER => order = number(&entry.cell),
                SOURCE => source = self.string(&entry.cell, &entry.at),
                FROM => from = self.string(&entry.cell, &entry.at),
                FIELDS => fields = Some(entry),
                _ => {}
            }
        }
        let kind = kind?;
        let held = fields?;
        let mut path = Vec::new();
        let fields = self.value(&held.cell, &held.at, &mut path, &mut Some(said))?;
        if held.conflict {
            self.losers(object, &FIELDS.into(), &held.at, &fields, &path, said);
        }
        Some(Item {
            id: id.to_owned(),
            kind,
            order,
            fields,
            source,
            from,
        })
    }

    fn string_at(&self, object: &S::At, key: &str) -> Option<String> {
        let (cell, at) = self.get(object, key)?;
        self.string(&cell, &at)
    }

    fn number_at(&self, object: &S::At, key: &str) -> Option<f64> {
        number(&self.get(object, key)?.0)
    }

    fn string(&self, cell: &Cell<'_>, at: &S::At) -> Option<String> {
        match cell {
            Cell::Object(ObjType::Text) => self.source.text(at),
            Cell::Scalar(scalar) => scalar.as_str().map(str::to_owned),
            Cell::Object(ObjType::Map | ObjType::List | ObjType::Table) => None,
        }
    }

    /// The losing values at one place, into `said`.
    fn losers(
        &mut self,
        object: &S::At,
        place: &Prop,
        winner: &S::At,
        won: &Value,
        path: &[String],
        said: &mut Vec<AlsoSaid>,
    ) {
        let mut values = Vec::new();
        for (cell, at) in self.source.all(object, place) {
            if at == *winner {
                continue;
            }
            let mut below = path.to_vec();
            if let Some(value) = self.value(&cell, &at, &mut below, &mut None)
                && value != *won
                && !values.contains(&value)
            {
                values.push(value);
            }
        }
        if !values.is_empty() {
            said.push(AlsoSaid {
                path: path.to_vec(),
                values,
            });
        }
    }

    fn value(
        &mut self,
        cell: &Cell<'_>,
        at: &S::At,
        path: &mut Vec<String>,
        said: &mut Option<&mut Vec<AlsoSaid>>,
    ) -> Option<Value> {
        if path.len() > MAX_DEPTH {
            self.skip();
            return None;
        }
        match cell {
            Cell::Scalar(scalar) => {
                let value = scalar_to_json(scalar);
                if value.is_none() {
                    self.skip();
                }
                value
            }
            Cell::Object(ObjType::Text) => self.source.text(at).map(Value::String),
            Cell::Object(ObjType::Map | ObjType::Table) => {
                let mut map = Map::new();
                for entry in self.source.map(at) {
                    path.push(from_key(&entry.key).to_owned());
                    if let Some(value) = self.value(&entry.cell, &entry.at, path, said) {
                        if entry.conflict
                            && let Some(said) = said.as_deref_mut()
                        {
                            self.losers(at, &entry.key.as_ref().into(), &entry.at, &value, path, said);
                        }
                        map.insert(from_key(&entry.key).to_owned(), value);
                    }
                    path.pop();
                }
                Some(Value::Object(map))
            }
            Cell::Object(ObjType::List) => {
                let mut list = Vec::new();
                for (index, entry) in self.source.list(at).enumerate() {
                    path.push(index.to_string());
                    if let Some(value) = self.value(&entry.cell, &entry.at, path, said) {
                        if entry.conflict
                            && let Some(said) = said.as_deref_mut()
                        {
                            self.losers(at, &index.into(), &entry.at, &value, path, said);
                        }
                        list.push(value);
                    }
                    path.pop();
                }
                Some(Value::Array(list))
            }
        }
    }
}

fn number(cell: &Cell<'_>) -> Option<f64> {
    let Cell::Scalar(scalar) = cell else {
        return None;
    };
    scalar.as_f64().filter(|number| number.is_finite())
}

fn scalar_to_json(scalar: &ScalarValue) -> Option<Value> {
    match scalar {
        ScalarValue::Str(text) => Some(Value::String(text.to_string())),
        ScalarValue::Int(number) | ScalarValue::Timestamp(number) => Some(Value::from(*number)),
        ScalarValue::Uint(number) => Some(Value::from(*number)),
        ScalarValue::F64(number) => Number::from_f64(*number).map(Value::Number),
        ScalarValue::Counter(counter) => Some(Value::from(i64::from(counter))),
        ScalarValue::Boolean(truth) => Some(Value::Bool(*truth)),
        ScalarValue::Null => Some(Value::Null),
        ScalarValue::Bytes(_) | ScalarValue::Unknown { .. } => None,
    }
}
