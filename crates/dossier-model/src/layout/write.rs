//! Writing: edits become the smallest changes that say them.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{
    AutoCommit, AutomergeError, ChangeHash, ObjId, ObjType, Prop, ROOT, ReadDoc, ScalarValue, TextEncoding,
};
use serde_json::Value;

use super::lists::{Step, steps};
use super::source::Doc;
use super::{FIELDS, FROM, KIND, LONG_STRING, MAX_DEPTH, ORDER, Reader, SOURCE, is_prose, item_key, to_key};
use crate::item::{Item, is_item_id};

/// Most operations that one change may hold; peers refuse more.
pub const MAX_CHANGE_OPS: usize = 20_000;

/// Most bytes that one change may hold uncompressed; peers refuse more.
pub const MAX_CHANGE_BYTES: usize = 256 * 1024;

/// Most characters in one text.
pub const MAX_TEXT: usize = 200_000;

/// A change is closed well before the limits: an operation costs more than its own bytes.
const FULL_OPS: usize = 15_000;
const FULL_BYTES: usize = 96 * 1024;
/// What is written without a copy is so small that it certainly keeps within the limits of a change.
const ALONE_OPS: usize = 1_500;
const ALONE_BYTES: usize = 32 * 1024;
/// Characters per piece of a long text that is pasted or deleted.
const PIECE: usize = 5_000;
/// Longest differing middle of two texts that is compared letter by letter.
const FINE_DIFF: usize = 4_000;
const MAX_KEY: usize = 4_000;
/// Single values that go into a list at once.
const RUN: usize = 2_000;

/// One edit of a compartment's document.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Edit {
    /// A new item.
    Add(Item),
    /// A field of an item gets a value; an empty path means all fields. Missing objects on the way are made. Only what
    /// differs is written.
    Set {
        /// Item id.
        id: String,
        /// Keys and list positions (decimal; one past the end appends).
        path: Vec<String>,
        /// The new value.
        value: Value,
    },
    /// A field of an item, or an element of a list, goes away.
    Unset {
        /// Item id.
        id: String,
        /// Keys and list positions; not empty.
        path: Vec<String>,
    },
    /// The item goes away.
    Remove {
        /// Item id.
        id: String,
    },
    /// The item gets another position among its kind.
    Order {
        /// Item id.
        id: String,
        /// The position; none: after all others.
        order: Option<f64>,
    },
}

impl Edit {
    /// Id of the item that it is about.
    #[must_use]
    pub fn item(&self) -> &str {
        match self {
            Self::Add(item) => &item.id,
            Self::Set { id, .. } | Self::Unset { id, .. } | Self::Remove { id } | Self::Order { id, .. } => id,
        }
    }
}

/// A change that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its hash.
    pub hash: ChangeHash,
    /// The uncompressed change chunk.
    pub bytes: Vec<u8>,
}

/// Why edits were not written. The document is then as it was.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// No such item in this document.
    #[error("there is no item with that id here")]
    UnknownItem,
    /// There is an item with that id already.
    #[error("there is an item with that id already")]
    Exists,
    /// The id or the kind cannot be one.
    #[error("an item id or kind is empty, too long, or holds control characters")]
    BadId,
    /// A path leads through a value that holds no fields, or beyond the end of a list.
    #[error("the field path does not fit the item (at part {0})")]
    BadPath(usize),
    /// A text of more than [`MAX_TEXT`] characters, or a field name of more than 4,000 bytes.
    #[error("a text is too long (most is {MAX_TEXT} characters)")]
    TooLong,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("the fields are nested too deep")]
    TooDeep,
    /// The position is not a finite number.
    #[error("a position is a finite number")]
    BadOrder,
    /// The document counts text in something else than characters.
    #[error("the document was opened with an unexpected text encoding")]
    Encoding,
    /// Automerge refused.
    #[error("the document refused the change: {0}")]
    Document(#[from] AutomergeError),
}

/// Writes edits as one or more changes by the document's present actor, all of them or none.
///
/// No change has more than [`MAX_CHANGE_OPS`] operations or [`MAX_CHANGE_BYTES`] bytes; none has a message or a mark.
/// `unix_seconds` is the time that the changes claim. Edits that change nothing give no change.
///
/// # Errors
/// [`EditError`]; the document is then untouched.
pub fn apply(doc: &mut AutoCommit, edits: &[Edit], unix_seconds: i64) -> Result<Vec<Written>, EditError> {
    if doc.text_encoding() != TextEncoding::UnicodeCodePoint {
        return Err(EditError::Encoding);
    }
    if doc.pending_ops() > 0 {
        // Somebody else's open work is not ours to throw away.
        doc.commit();
    }
    match try_alone(doc, edits, unix_seconds) {
        Err(Stop::Full) => {}
        Err(Stop::Edit(error)) => return Err(error),
        Ok(written) => return Ok(written),
    }
    // Several changes: only a copy can be thrown away once the first of them is closed.
    let mut copy = doc.clone();
    let mut writer = Writer::new(&mut copy, unix_seconds, false);
    for edit in edits {
        writer.edit(edit).map_err(Stop::into_error)?;
    }
    writer.commit();
    let hashes = writer.hashes;
    let written = written(&mut copy, &hashes)?;
    *doc = copy;
    Ok(written)
}

/// Writes one change, on the document itself: a copy costs as much as the whole document. Nothing is left of it when
/// an edit is refused or when one change is too small.
fn try_alone(doc: &mut AutoCommit, edits: &[Edit], unix_seconds: i64) -> Result<Vec<Written>, Stop> {
    let mut writer = Writer::new(doc, unix_seconds, true);
    if let Err(stop) = edits.iter().try_for_each(|edit| writer.edit(edit)) {
        doc.rollback();
        return Err(stop);
    }
    writer.commit();
    let hashes = writer.hashes;
    Ok(written(doc, &hashes)?)
}

fn written(doc: &mut AutoCommit, hashes: &[ChangeHash]) -> Result<Vec<Written>, EditError> {
    let mut written = Vec::with_capacity(hashes.len());
    for hash in hashes {
        let Some(change) = doc.get_change_by_hash(hash) else {
            continue;
        };
        if change.len() > MAX_CHANGE_OPS || change.raw_bytes().len() > MAX_CHANGE_BYTES {
            return Err(EditError::TooLong);
        }
        written.push(Written {
            hash: *hash,
            bytes: change.raw_bytes().to_vec(),
        });
    }
    Ok(written)
}

/// Why writing stopped.
enum Stop {
    /// More than one change is needed.
    Full,
    Edit(EditError),
}

impl Stop {
    fn into_error(self) -> EditError {
        match self {
            Self::Full => EditError::TooLong,
            Self::Edit(error) => error,
        }
    }
}

impl From<EditError> for Stop {
    fn from(error: EditError) -> Self {
        Self::Edit(error)
    }
}

impl From<AutomergeError> for Stop {
    fn from(error: AutomergeError) -> Self {
        Self::Edit(error.into())
    }
}

/// Where a new value goes.
#[derive(Clone)]
enum Slot {
    Key(String),
    Element(usize),
    Insert(usize),
}

impl From<Slot> for Prop {
    fn from(slot: Slot) -> Self {
        match slot {
            Slot::Key(key) => Prop::Map(key),
            Slot::Element(index) | Slot::Insert(index) => Prop::Seq(index),
        }
    }
}

struct Writer<'d> {
    doc: &'d mut AutoCommit,
    /// One change, or none.
    alone: bool,
    ops: usize,
    bytes: usize,
    time: i64,
    hashes: Vec<ChangeHash>,
}

impl<'d> Writer<'d> {
    fn new(doc: &'d mut AutoCommit, time: i64, alone: bool) -> Self {
        Self {
            doc,
            alone,
            ops: 0,
            bytes: 0,
            time,
            hashes: Vec::new(),
        }
    }

    fn commit(&mut self) {
        if let Some(hash) = self.doc.commit_with(CommitOptions::default().with_time(self.time)) {
            self.hashes.push(hash);
        }
        self.ops = 0;
        self.bytes = 0;
    }

    /// Closes the change when the coming operations would not fit any more.
    fn reserve(&mut self, ops: usize, bytes: usize) -> Result<(), Stop> {
        if self.alone && (self.ops + ops > ALONE_OPS || self.bytes + bytes > ALONE_BYTES) {
            return Err(Stop::Full);
        }
        if self.ops > 0 && (self.ops + ops > FULL_OPS || self.bytes + bytes > FULL_BYTES) {
            self.commit();
        }
        self.ops += ops;
        self.bytes += bytes;
        Ok(())
    }

    fn edit(&mut self, edit: &Edit) -> Result<(), Stop> {
        match edit {
            Edit::Add(item) => self.add(item),
            Edit::Set { id, path, value } => self.set(id, path, value),
            Edit::Unset { id, path } => self.unset(id, path),
            Edit::Remove { id } => {
                self.find(id)?;
                self.reserve(1, id.len())?;
                Ok(self.doc.delete(ROOT, item_key(id))?)
            }
            Edit::Order { id, order } => {
                let (object, _kind) = self.find(id)?;
                self.order(&object, *order)
            }
        }
    }

    fn find(&self, id: &str) -> Result<(ObjId, String), Stop> {
        let found = self.doc.get(ROOT, item_key(id))?;
        let Some((automerge::Value::Object(ObjType::Map), object)) = found else {
            return Err(EditError::UnknownItem.into());
        };
        let kind = Reader::of(&Doc::now(&*self.doc))
            .string_at(&object, KIND)
            .ok_or(EditError::UnknownItem)?;
        Ok((object, kind))
    }

    fn order(&mut self, object: &ObjId, order: Option<f64>) -> Result<(), Stop> {
        let now = Reader::of(&Doc::now(&*self.doc)).number_at(object, ORDER);
        if now == order {
            return Ok(());
        }
        self.reserve(1, 16)?;
        match order {
            Some(order) if order.is_finite() => Ok(self.doc.put(object, ORDER, order)?),
            Some(_) => Err(EditError::BadOrder.into()),
            None => Ok(self.doc.delete(object, ORDER)?),
        }
    }

    fn add(&mut self, item: &Item) -> Result<(), Stop> {
        if !is_item_id(&item.id) || item.kind.is_empty() || item.kind.len() > MAX_KEY {
            return Err(EditError::BadId.into());
        }
        let key = item_key(&item.id);
        if self.doc.get(ROOT, key.as_str())?.is_some() {
            return Err(EditError::Exists.into());
        }
        let said = [&item.source, &item.from]
            .into_iter()
            .flatten()
            .map(String::len)
            .sum::<usize>();
        self.reserve(6, key.len() + item.kind.len() + said + 64)?;
        let object = self.doc.put_object(ROOT, key, ObjType::Map)?;
        self.doc.put(&object, KIND, item.kind.as_str())?;
        self.order(&object, item.order)?;
        for (name, text) in [(SOURCE, &item.source), (FROM, &item.from)] {
            if let Some(text) = text {
                if text.len() > LONG_STRING {
                    return Err(EditError::BadId.into());
                }
                self.doc.put(&object, name, text.as_str())?;
            }
        }
        self.create(
            &object,
            Slot::Key(FIELDS.to_owned()),
            &item.fields,
            &item.kind,
            &mut Vec::new(),
        )
    }

    /// Makes a value where there is none, or in the stead of what is there.
    fn create(
        &mut self,
        object: &ObjId,
        slot: Slot,
        value: &Value,
        kind: &str,
        path: &mut Vec<String>,
    ) -> Result<(), Stop> {
        if path.len() > MAX_DEPTH {
            return Err(EditError::TooDeep.into());
        }
        let key_bytes = path.last().map_or(0, String::len);
        if key_bytes > MAX_KEY {
            return Err(EditError::TooLong.into());
        }
        match value {
            Value::Object(map) => {
                let made = self.object(object, slot, ObjType::Map, key_bytes)?;
                for (key, value) in map {
                    path.push(key.clone());
                    self.create(&made, Slot::Key(to_key(key)), value, kind, path)?;
                    path.pop();
                }
            }
            Value::Array(list) => {
                let made = self.object(object, slot, ObjType::List, key_bytes)?;
                self.fill(&made, list, kind, path)?;
            }
            Value::String(text) if text.len() > LONG_STRING || is_prose(kind, path) => {
                if text.chars().count() > MAX_TEXT {
                    return Err(EditError::TooLong.into());
                }
                let made = self.object(object, slot, ObjType::Text, key_bytes)?;
                self.insert_text(&made, 0, text)?;
            }
            Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {
                let (scalar, bytes) = scalar(value).unwrap_or((ScalarValue::Null, 0));
                self.scalar(object, slot, scalar, key_bytes + bytes)?;
            }
        }
        Ok(())
    }

    /// Fills a new list. Neighbouring single values go in together: one by one, Automerge searches the list each time.
    fn fill(&mut self, list: &ObjId, values: &[Value], kind: &str, path: &mut Vec<String>) -> Result<(), Stop> {
        let mut run: Vec<ScalarValue> = Vec::new();
        let mut run_bytes = 0;
        for (index, value) in values.iter().enumerate() {
            let single = scalar(value);
            if run.len() == RUN || run_bytes > FULL_BYTES / 4 || (single.is_none() && !run.is_empty()) {
                self.put_run(list, index - run.len(), &mut run, &mut run_bytes)?;
            }
            if let Some((single, bytes)) = single {
                run.push(single);
                run_bytes += bytes + 8;
            } else {
                path.push(index.to_string());
                self.create(list, Slot::Insert(index), value, kind, path)?;
                path.pop();
            }
        }
        self.put_run(list, values.len() - run.len(), &mut run, &mut run_bytes)
    }

    fn put_run(&mut self, list: &ObjId, at: usize, run: &mut Vec<ScalarValue>, bytes: &mut usize) -> Result<(), Stop> {
        if !run.is_empty() {
            self.reserve(run.len(), *bytes)?;
            *bytes = 0;
            self.doc
                .splice(list, at, 0, run.drain(..).map(automerge::hydrate::Value::Scalar))?;
        }
        Ok(())
    }

    fn object(&mut self, object: &ObjId, slot: Slot, made: ObjType, bytes: usize) -> Result<ObjId, Stop> {
        self.reserve(1, bytes + 8)?;
        Ok(match slot {
            Slot::Insert(index) => self.doc.insert_object(object, index, made)?,
            Slot::Key(_) | Slot::Element(_) => self.doc.put_object(object, Prop::from(slot), made)?,
        })
    }

    fn scalar(&mut self, object: &ObjId, slot: Slot, value: ScalarValue, bytes: usize) -> Result<(), Stop> {
        self.reserve(1, bytes + 8)?;
        match slot {
            Slot::Insert(index) => self.doc.insert(object, index, value)?,
            Slot::Key(_) | Slot::Element(_) => self.doc.put(object, Prop::from(slot), value)?,
        }
        Ok(())
    }

    fn insert_text(&mut self, text: &ObjId, at: usize, new: &str) -> Result<(), Stop> {
        let mut at = at;
        let mut piece = String::new();
        let mut count = 0;
        for letter in new.chars() {
            piece.push(letter);
            count += 1;
            if count == PIECE {
                self.reserve(count, piece.len() + count)?;
                self.doc.splice_text(text, at, 0, &piece)?;
                at += count;
                count = 0;
                piece.clear();
            }
        }
        if count > 0 {
            self.reserve(count, piece.len() + count)?;
            self.doc.splice_text(text, at, 0, &piece)?;
        }
        Ok(())
    }

    fn delete_text(&mut self, text: &ObjId, at: usize, count: usize) -> Result<(), Stop> {
        let mut left = count;
        while left > 0 {
            let piece = left.min(PIECE);
            self.reserve(piece, piece)?;
            self.doc
                .splice_text(text, at, isize::try_from(piece).unwrap_or(isize::MAX), "")?;
            left -= piece;
        }
        Ok(())
    }

    fn change_text(&mut self, text: &ObjId, new: &str) -> Result<(), Stop> {
        if new.chars().count() > MAX_TEXT {
            return Err(EditError::TooLong.into());
        }
        let old: Vec<char> = self.doc.text(text)?.chars().collect();
        let letters: Vec<char> = new.chars().collect();
        let head = old.iter().zip(&letters).take_while(|(a, b)| a == b).count();
        let least = old.len().min(letters.len()) - head;
        let tail = old
            .iter()
            .rev()
            .zip(letters.iter().rev())
            .take(least)
            .take_while(|(a, b)| a == b)
            .count();
        let gone = old.len() - head - tail;
        let come = letters.len() - head - tail;
        if gone == 0 && come == 0 {
            return Ok(());
        }
        if gone > 0 && come > 0 && gone + come <= FINE_DIFF {
            // Changes in two places of a text keep what somebody else writes between them.
            self.reserve(gone + come, (gone + come) * 5)?;
            return Ok(self.doc.update_text(text, new)?);
        }
        self.delete_text(text, head, gone)?;
        let middle: String = letters.iter().skip(head).take(come).collect();
        self.insert_text(text, head, &middle)
    }

    fn set(&mut self, id: &str, path: &[String], value: &Value) -> Result<(), Stop> {
        let (mut object, kind) = self.find(id)?;
        let mut slot = Slot::Key(FIELDS.to_owned());
        for (depth, part) in path.iter().enumerate() {
            if depth > MAX_DEPTH {
                return Err(EditError::TooDeep.into());
            }
            if part.len() > MAX_KEY {
                return Err(EditError::TooLong.into());
            }
            let (kind_of, inner) = match self.doc.get(&object, Prop::from(slot.clone()))? {
                Some((automerge::Value::Object(kind_of), inner)) => (kind_of, inner),
                Some((automerge::Value::Scalar(scalar), _)) if !scalar.is_null() => {
                    return Err(EditError::BadPath(depth).into());
                }
                Some(_) | None => {
                    let made = self.object(&object, slot, ObjType::Map, part.len())?;
                    (ObjType::Map, made)
                }
            };
            slot = match kind_of {
                ObjType::Map | ObjType::Table => Slot::Key(to_key(part)),
                ObjType::List => {
                    let index: usize = part.parse().map_err(|_| EditError::BadPath(depth))?;
                    match index.cmp(&self.doc.length(&inner)) {
                        std::cmp::Ordering::Less => Slot::Element(index),
                        std::cmp::Ordering::Equal if depth + 1 == path.len() => Slot::Insert(index),
                        std::cmp::Ordering::Equal | std::cmp::Ordering::Greater => {
                            return Err(EditError::BadPath(depth).into());
                        }
                    }
                }
                ObjType::Text => return Err(EditError::BadPath(depth).into()),
            };
            object = inner;
        }
        self.write(&object, slot, value, &kind, &mut path.to_vec(), true)
    }

    /// Brings one place to a value. `settle`: also end a conflict there by choosing the value that already won.
    fn write(
        &mut self,
        object: &ObjId,
        slot: Slot,
        value: &Value,
        kind: &str,
        path: &mut Vec<String>,
        settle: bool,
    ) -> Result<(), Stop> {
        if path.len() > MAX_DEPTH {
            return Err(EditError::TooDeep.into());
        }
        if matches!(slot, Slot::Insert(_)) {
            return self.create(object, slot, value, kind, path);
        }
        let conflict = settle && self.doc.get_all(object, Prop::from(slot.clone()))?.len() > 1;
        let now = self
            .doc
            .get(object, Prop::from(slot.clone()))?
            .map(|(cell, at)| (cell.to_owned(), at));
        if let (Some((automerge::Value::Object(kind_of), at)), false) = (&now, conflict) {
            match (kind_of, value) {
                (ObjType::Map, Value::Object(map)) => {
                    let keys: Vec<String> = self.doc.keys(at).collect();
                    for key in keys.iter().filter(|key| !map.contains_key(super::from_key(key))) {
                        self.reserve(1, key.len() + 8)?;
                        self.doc.delete(at, key.as_str())?;
                    }
                    for (key, value) in map {
                        path.push(key.clone());
                        self.write(at, Slot::Key(to_key(key)), value, kind, path, false)?;
                        path.pop();
                    }
                    return Ok(());
                }
                (ObjType::List, Value::Array(list)) => {
                    return self.write_list(at, list, kind, path);
                }
                (ObjType::Text, Value::String(text)) => return self.change_text(at, text),
                (ObjType::Map | ObjType::List | ObjType::Text | ObjType::Table, _) => {}
            }
        }
        if let (Some((automerge::Value::Scalar(scalar), _)), false) = (&now, conflict)
            && super::scalar_to_json(scalar).as_ref() == Some(value)
        {
            return Ok(());
        }
        self.create(object, slot, value, kind, path)
    }

    fn write_list(&mut self, at: &ObjId, list: &[Value], kind: &str, path: &mut Vec<String>) -> Result<(), Stop> {
        let length = self.doc.length(at);
        let mut old = Vec::with_capacity(length);
        for index in 0..length {
            let read = self.doc.get(at, index)?.and_then(|(cell, child)| {
                let doc = Doc::now(&*self.doc);
                Reader::of(&doc).value(&cell, &child, &mut path.clone(), &mut None)
            });
            old.push(read);
        }
        let mut position = 0;
        for step in steps(&old, list) {
            match step {
                Step::Keep => position += 1,
                Step::Delete => {
                    self.reserve(1, 16)?;
                    self.doc.delete(at, position)?;
                }
                Step::Change(n) | Step::Insert(n) => {
                    let Some(value) = list.get(n) else { continue };
                    let slot = if matches!(step, Step::Insert(_)) {
                        Slot::Insert(position)
                    } else {
                        Slot::Element(position)
                    };
                    path.push(position.to_string());
                    self.write(at, slot, value, kind, path, false)?;
                    path.pop();
                    position += 1;
                }
            }
        }
        Ok(())
    }

    fn unset(&mut self, id: &str, path: &[String]) -> Result<(), Stop> {
        let (item, _kind) = self.find(id)?;
        let Some((last, way)) = path.split_last() else {
            return Err(EditError::BadPath(0).into());
        };
        let (mut object, mut prop) = (item, Prop::Map(FIELDS.to_owned()));
        for (depth, part) in way.iter().chain(std::iter::once(last)).enumerate() {
            let Some((automerge::Value::Object(kind_of), inner)) = self.doc.get(&object, prop)? else {
                return Ok(());
            };
            prop = match kind_of {
                ObjType::Map | ObjType::Table => Prop::Map(to_key(part)),
                ObjType::List => Prop::Seq(part.parse().map_err(|_| EditError::BadPath(depth))?),
                ObjType::Text => return Err(EditError::BadPath(depth).into()),
            };
            object = inner;
        }
        if self.doc.get(&object, prop.clone())?.is_some() {
            self.reserve(1, last.len() + 8)?;
            self.doc.delete(&object, prop)?;
        }
        Ok(())
    }
}

/// A value that is kept as one cell wherever it stands in a list, and about how many bytes it takes.
fn scalar(value: &Value) -> Option<(ScalarValue, usize)> {
    match value {
        Value::String(text) if text.len() > LONG_STRING => None,
        Value::String(text) => Some((text.as_str().into(), text.len())),
        Value::Number(number) => {
            let scalar = if let Some(int) = number.as_i64() {
                ScalarValue::Int(int)
            } else if let Some(uint) = number.as_u64() {
                ScalarValue::Uint(uint)
            } else {
                ScalarValue::F64(number.as_f64().unwrap_or_default())
            };
            Some((scalar, 9))
        }
        Value::Bool(truth) => Some((ScalarValue::Boolean(*truth), 1)),
        Value::Null => Some((ScalarValue::Null, 1)),
        Value::Object(_) | Value::Array(_) => None,
    }
}
