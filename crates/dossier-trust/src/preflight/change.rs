//! A change chunk, judged by its bytes alone.
//!
//! The columns are walked twice: first run by run, which costs a step per byte and allocates
//! nothing but a flag per actor, and only when all of them agree on a bounded number of rows, row
//! by row.

use sha2::{Digest, Sha256};

use super::reader::Reader;
use super::runs::{Bytes, Difference, Flags, Rows, Runs, Sum, Unsigned};
use super::{Limits, Refusal};

pub(super) const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHANGE_CHUNK: u8 = 1;
const HASH_LEN: usize = 32;

/// The id of an operation as a change names it; counter 0 is the root object or a list's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id {
    /// 0 is the author, the others follow from 1.
    pub(super) actor: u16,
    pub(super) counter: u32,
}

/// What an operation is about within its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A map key, as an index into the keys of the change.
    Map(u32),
    /// The list element to change, or the one to insert behind; counter 0 is the head.
    Element(Id),
}

/// What an operation does, as far as later operations depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Map,
    List,
    Text,
    /// Sets a value that is neither of the two below.
    Put,
    /// Sets a string of one code point: the only thing that may be an element of a text.
    Character,
    Counter,
    Delete,
    Increment,
}

/// One operation; its id follows from its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Op {
    pub(super) object: Id,
    pub(super) key: Key,
    pub(super) kind: Kind,
    pub(super) insert: bool,
    /// How many of the change's predecessors are its own.
    pub(super) preds: u32,
}

/// A change whose bytes were walked: bounded, canonical, and reduced to its structure.
///
/// Values are not kept. It says nothing yet about whether what the operations name exists: that is
/// [`super::OpIndex::check`].
#[derive(Clone, Debug)]
pub struct Inspected {
    pub(super) hash: [u8; HASH_LEN],
    pub(super) deps: Vec<[u8; HASH_LEN]>,
    /// The author first.
    pub(super) actors: Vec<Box<[u8]>>,
    pub(super) seq: u32,
    pub(super) start_op: u32,
    pub(super) time: i64,
    pub(super) ops: Vec<Op>,
    pub(super) preds: Vec<Id>,
    keys: String,
    /// Where each key ends in `keys`.
    key_ends: Vec<u32>,
}

impl Inspected {
    /// The Automerge hash of the change.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The hashes of the changes it rests on, ascending.
    #[must_use]
    pub fn deps(&self) -> &[[u8; 32]] {
        &self.deps
    }

    /// The author's actor id.
    #[must_use]
    pub fn actor(&self) -> &[u8] {
        self.actors.first().map_or(&[], AsRef::as_ref)
    }

    /// The place among the author's changes, from 1.
    #[must_use]
    pub fn seq(&self) -> u64 {
        u64::from(self.seq)
    }

    /// The counter of the first operation, from 1.
    #[must_use]
    pub fn start_op(&self) -> u64 {
        u64::from(self.start_op)
    }

    /// The counter of the last operation.
    #[must_use]
    pub fn max_op(&self) -> u64 {
        (self.start_op() + self.ops.len() as u64).saturating_sub(1)
    }

    /// The author's own claim of when it was made, in seconds since 1970. Never evidence.
    #[must_use]
    pub fn time(&self) -> i64 {
        self.time
    }

    /// The number of operations, at least 1.
    #[must_use]
    pub fn ops(&self) -> usize {
        self.ops.len()
    }

    pub(super) fn key(&self, index: u32) -> Option<&str> {
        let index = index as usize;
        let start = match index.checked_sub(1) {
            Some(before) => *self.key_ends.get(before)?,
            None => 0,
        };
        let end = *self.key_ends.get(index)?;
        self.keys.get(start as usize..end as usize)
    }

    pub(super) fn key_count(&self) -> usize {
        self.key_ends.len()
    }
}

/// Walks one uncompressed change chunk.
///
/// Work is linear in the bytes and in the number of operations, which is bounded before anything
/// is allocated for them.
///
/// # Errors
///
/// The first rule that the bytes break, in reading order; always final.
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<Inspected, Refusal> {
    if bytes.len() > limits.max_bytes {
        return Err(Refusal::TooLarge);
    }
    let mut chunk = Reader::new(bytes);
    if chunk.take(MAGIC.len()).map_err(|_| Refusal::NotAChunk)? != MAGIC {
        return Err(Refusal::NotAChunk);
    }
    let checksum = chunk.take(4)?;
    let mut hashed = Sha256::new();
    hashed.update(bytes.get(8..).unwrap_or_default());
    if chunk.byte()? != CHANGE_CHUNK {
        return Err(Refusal::ChunkType);
    }
    let data = chunk.prefixed()?;
    if !chunk.is_empty() {
        return Err(Refusal::ExtraBytes);
    }
    let hash: [u8; HASH_LEN] = hashed.finalize().into();
    if !hash.starts_with(checksum) {
        return Err(Refusal::Checksum);
    }

    let mut reader = Reader::new(data);
    let deps = read_deps(&mut reader, limits)?;
    let author = read_actor(&mut reader, limits)?;
    let seq = positive(reader.uleb()?)?;
    let start_op = positive(reader.uleb()?)?;
    let time = reader.sleb()?;
    if time.unsigned_abs() > limits.max_time {
        return Err(Refusal::Time);
    }
    if reader.uleb()? != 0 {
        return Err(Refusal::Message);
    }
    let actors = read_other_actors(&mut reader, author, limits)?;
    let columns = Columns::read(&mut reader)?;
    if !reader.is_empty() {
        return Err(Refusal::ExtraBytes);
    }

    let extent = columns.measure(actors.len(), limits)?;
    start_op.checked_add(extent.ops - 1).ok_or(Refusal::Counter)?;
    let mut change = Inspected {
        hash,
        deps,
        actors: actors.into_iter().map(Box::from).collect(),
        seq,
        start_op,
        time,
        ops: Vec::with_capacity(extent.ops as usize),
        preds: Vec::with_capacity(extent.preds as usize),
        keys: String::with_capacity(extent.key_bytes),
        key_ends: Vec::with_capacity(extent.keys as usize),
    };
    columns.expand(&mut change, extent, limits)?;
    Ok(change)
}

fn positive(value: u64) -> Result<u32, Refusal> {
    match u32::try_from(value) {
        Ok(0) => Err(Refusal::Malformed),
        Ok(value) => Ok(value),
        Err(_) => Err(Refusal::Counter),
    }
}

fn read_deps(reader: &mut Reader<'_>, limits: &Limits) -> Result<Vec<[u8; HASH_LEN]>, Refusal> {
    let count = reader.size()?;
    if count > limits.max_deps {
        return Err(Refusal::TooManyDependencies);
    }
    let mut deps: Vec<[u8; HASH_LEN]> = Vec::with_capacity(count);
    let hashes = reader.take(count * HASH_LEN)?;
    for hash in hashes.as_chunks::<HASH_LEN>().0 {
        if deps.last().is_some_and(|last| last >= hash) {
            return Err(Refusal::NotCanonical);
        }
        deps.push(*hash);
    }
    Ok(deps)
}

fn read_actor<'a>(reader: &mut Reader<'a>, limits: &Limits) -> Result<&'a [u8], Refusal> {
    let actor = reader.prefixed()?;
    if actor.is_empty() || actor.len() > limits.max_actor_len {
        return Err(Refusal::Actors);
    }
    Ok(actor)
}

/// The author and then the others.
fn read_other_actors<'a>(reader: &mut Reader<'a>, author: &'a [u8], limits: &Limits) -> Result<Vec<&'a [u8]>, Refusal> {
    let count = reader.size()?;
    if count > limits.max_actors {
        return Err(Refusal::Actors);
    }
    let mut actors = Vec::with_capacity(1 + count);
    actors.push(author);
    let mut last: &[u8] = &[];
    for _ in 0..count {
        let actor = read_actor(reader, limits)?;
        if actor <= last || actor == author {
            return Err(Refusal::NotCanonical);
        }
        last = actor;
        actors.push(actor);
    }
    Ok(actors)
}

/// The column bytes; `None` where the change has no such column.
#[derive(Default)]
struct Columns<'a> {
    object_actor: Option<&'a [u8]>,
    object_counter: Option<&'a [u8]>,
    key_actor: Option<&'a [u8]>,
    key_counter: Option<&'a [u8]>,
    key_string: Option<&'a [u8]>,
    insert: Option<&'a [u8]>,
    action: Option<&'a [u8]>,
    value_meta: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
    pred_count: Option<&'a [u8]>,
    pred_actor: Option<&'a [u8]>,
    pred_counter: Option<&'a [u8]>,
}

/// What the run headers add up to.
#[derive(Clone, Copy)]
struct Extent {
    ops: u32,
    preds: u32,
    keys: u32,
    key_bytes: usize,
}

impl<'a> Columns<'a> {
    const COUNT: usize = 12;

    fn slot(&mut self, spec: u64) -> Option<&mut Option<&'a [u8]>> {
        Some(match spec {
            0x01 => &mut self.object_actor,
            0x02 => &mut self.object_counter,
            0x11 => &mut self.key_actor,
            0x13 => &mut self.key_counter,
            0x15 => &mut self.key_string,
            0x34 => &mut self.insert,
            0x42 => &mut self.action,
            0x56 => &mut self.value_meta,
            0x57 => &mut self.value,
            0x70 => &mut self.pred_count,
            0x71 => &mut self.pred_actor,
            0x73 => &mut self.pred_counter,
            _ => return None,
        })
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, Refusal> {
        let count = reader.size()?;
        if count == 0 {
            return Err(Refusal::Empty);
        }
        if count > Self::COUNT {
            return Err(Refusal::UnknownColumn);
        }
        let mut columns = Self::default();
        let mut lengths = [(0_u64, 0_usize); Self::COUNT];
        let mut last = 0;
        for entry in lengths.iter_mut().take(count) {
            let spec = reader.uleb()?;
            let len = reader.size()?;
            if columns.slot(spec).is_none() {
                return Err(Refusal::UnknownColumn);
            }
            if spec <= last || len == 0 {
                return Err(Refusal::NotCanonical);
            }
            last = spec;
            *entry = (spec, len);
        }
        for (spec, len) in lengths.into_iter().take(count) {
            let bytes = reader.take(len)?;
            if let Some(slot) = columns.slot(spec) {
                *slot = Some(bytes);
            }
        }
        Ok(columns)
    }

    fn measure(&self, actors: usize, limits: &Limits) -> Result<Extent, Refusal> {
        let action = self.action.ok_or(Refusal::Empty)?;
        let ops = Runs::<Unsigned>::new(action, limits.max_ops, Refusal::TooManyOperations)
            .measure(|run| present(run.value).map(drop))?;
        if ops == 0 {
            return Err(Refusal::Empty);
        }
        let mut used = vec![false; actors];
        let mut actor_rows = |column: Option<&[u8]>, rows: u32, nulls: bool| {
            measure_rows::<Unsigned>(column, rows, nulls, |value, _| {
                let seen = usize::try_from(value)
                    .ok()
                    .and_then(|index| used.get_mut(index))
                    .ok_or(Refusal::ActorIndex)?;
                *seen = true;
                Ok(())
            })
        };

        actor_rows(self.object_actor, ops, true)?;
        measure_rows::<Unsigned>(self.object_counter, ops, true, |value, _| positive(value).map(drop))?;
        actor_rows(self.key_actor, ops, true)?;
        let mut sum = Sum::default();
        measure_rows::<Difference>(self.key_counter, ops, true, |difference, rows| {
            sum.add(difference, rows).map(drop)
        })?;
        let mut keys = 0_u32;
        let mut key_bytes = 0_usize;
        measure_rows::<Bytes>(self.key_string, ops, true, |key, _| {
            if key.is_empty() || key.len() > limits.max_key_len {
                return Err(Refusal::KeyLength);
            }
            keys += 1;
            key_bytes += key.len();
            Ok(())
        })?;

        if Flags::new(self.insert.ok_or(Refusal::Rows)?).measure(ops)? != ops {
            return Err(Refusal::Rows);
        }

        let mut value_bytes = 0_u64;
        required(self.value_meta)?;
        measure_rows::<Unsigned>(self.value_meta, ops, false, |meta, rows| {
            let len = meta >> 4;
            if len > limits.max_value_len as u64 {
                return Err(Refusal::ValueLength);
            }
            value_bytes += len * u64::from(rows);
            Ok(())
        })?;
        if value_bytes != self.value.map_or(0, |bytes| bytes.len() as u64) {
            return Err(Refusal::Value);
        }

        let mut preds = 0_u64;
        required(self.pred_count)?;
        measure_rows::<Unsigned>(self.pred_count, ops, false, |count, rows| {
            let all = count.checked_mul(u64::from(rows));
            preds = all
                .and_then(|all| preds.checked_add(all))
                .filter(|preds| *preds <= u64::from(limits.max_preds))
                .ok_or(Refusal::TooManyPredecessors)?;
            Ok(())
        })?;
        let preds = u32::try_from(preds).map_err(|_| Refusal::TooManyPredecessors)?;
        if (preds == 0) != self.pred_actor.is_none() || (preds == 0) != self.pred_counter.is_none() {
            return Err(Refusal::Rows);
        }
        actor_rows(self.pred_actor, preds, false)?;
        let mut sum = Sum::default();
        measure_rows::<Difference>(self.pred_counter, preds, false, |difference, rows| {
            sum.add(difference, rows).map(drop)
        })?;

        if used.iter().skip(1).any(|used| !used) {
            return Err(Refusal::UnusedActor);
        }
        Ok(Extent {
            ops,
            preds,
            keys,
            key_bytes,
        })
    }

    fn expand(&self, change: &mut Inspected, extent: Extent, limits: &Limits) -> Result<(), Refusal> {
        let Extent { ops, preds, .. } = extent;
        let mut object_actor = Rows::<Unsigned>::new(self.object_actor, ops);
        let mut object_counter = Rows::<Unsigned>::new(self.object_counter, ops);
        let mut key_actor = Rows::<Unsigned>::new(self.key_actor, ops);
        let mut key_counter = Counters::new(self.key_counter, ops);
        let mut key_string = Rows::<Bytes>::new(self.key_string, ops);
        let mut insert = Flags::new(required(self.insert)?);
        let mut action = Rows::<Unsigned>::new(self.action, ops);
        let mut value_meta = Rows::<Unsigned>::new(self.value_meta, ops);
        let mut value = Reader::new(self.value.unwrap_or_default());
        let mut pred_count = Rows::<Unsigned>::new(self.pred_count, ops);
        let mut pred_actor = Rows::<Unsigned>::new(self.pred_actor, preds);
        let mut pred_counter = Counters::new(self.pred_counter, preds);
        let mut key_run = 0;

        for _ in 0..ops {
            let object = match (object_actor.next_row()?, object_counter.next_row()?) {
                (None, None) => Id { actor: 0, counter: 0 },
                (Some(actor), Some(counter)) => Id {
                    actor: index(actor)?,
                    counter: positive(counter)?,
                },
                _ => return Err(Refusal::Operation),
            };
            let element = (key_actor.next_row()?, key_counter.next_row()?);
            let key = match (key_string.next_row()?, element) {
                (Some(text), (None, None)) => {
                    if key_run != key_string.run() {
                        key_run = key_string.run();
                        let text = std::str::from_utf8(text).map_err(|_| Refusal::Malformed)?;
                        change.keys.push_str(text);
                        change.key_ends.push(length(change.keys.len())?);
                    }
                    Key::Map(length(change.key_ends.len().saturating_sub(1))?)
                }
                (None, (None, Some(0))) => Key::Element(Id { actor: 0, counter: 0 }),
                (None, (Some(actor), Some(counter))) if counter > 0 => Key::Element(Id {
                    actor: index(actor)?,
                    counter,
                }),
                _ => return Err(Refusal::Operation),
            };
            let meta = value_meta.next_value()?;
            let len = usize::try_from(meta >> 4).map_err(|_| Refusal::ValueLength)?;
            let kind = kind(action.next_value()?, meta & 0x0f, value.take(len)?, limits)?;
            let insert = insert.next_row()?;
            let own_preds = positive_or_zero(pred_count.next_value()?)?;
            let op = Op {
                object,
                key,
                kind,
                insert,
                preds: own_preds,
            };
            if !consistent(&op) {
                return Err(Refusal::Operation);
            }
            change.ops.push(op);

            let mut last = None;
            for _ in 0..own_preds {
                let pred = Id {
                    actor: index(pred_actor.next_value()?)?,
                    counter: pred_counter.next_row()?.ok_or(Refusal::Rows)?,
                };
                if pred.counter == 0 {
                    return Err(Refusal::Operation);
                }
                // Written in the order of (counter, actor bytes), which also keeps out doubles.
                let rank = (pred.counter, change.actors.get(usize::from(pred.actor)));
                if last.is_some_and(|last| last >= rank) {
                    return Err(Refusal::NotCanonical);
                }
                last = Some(rank);
                change.preds.push(pred);
            }
        }
        Ok(())
    }
}

/// A column of counters written as differences.
struct Counters<'a> {
    rows: Rows<'a, Difference>,
    sum: Sum,
}

impl<'a> Counters<'a> {
    fn new(column: Option<&'a [u8]>, max_rows: u32) -> Self {
        Self {
            rows: Rows::new(column, max_rows),
            sum: Sum::default(),
        }
    }

    fn next_row(&mut self) -> Result<Option<u32>, Refusal> {
        self.rows
            .next_row()?
            .map(|difference| self.sum.add(difference, 1))
            .transpose()
    }
}

fn present<V>(value: Option<V>) -> Result<V, Refusal> {
    value.ok_or(Refusal::Malformed)
}

fn required(column: Option<&[u8]>) -> Result<&[u8], Refusal> {
    column.ok_or(Refusal::Rows)
}

/// Walks a column that, if it is there at all, must have exactly `rows` rows and not only nulls.
fn measure_rows<'a, C: super::runs::Cell>(
    column: Option<&'a [u8]>,
    rows: u32,
    nulls: bool,
    mut see: impl FnMut(C::Value<'a>, u32) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let Some(column) = column else {
        return Ok(());
    };
    let mut values = false;
    let measured = Runs::<C>::new(column, rows, Refusal::Rows).measure(|run| match run.value {
        Some(value) => {
            values = true;
            see(value, run.rows)
        }
        None if nulls => Ok(()),
        None => Err(Refusal::Malformed),
    })?;
    if measured != rows {
        return Err(Refusal::Rows);
    }
    if values { Ok(()) } else { Err(Refusal::NotCanonical) }
}

fn index(value: u64) -> Result<u16, Refusal> {
    u16::try_from(value).map_err(|_| Refusal::ActorIndex)
}

fn length(value: usize) -> Result<u32, Refusal> {
    u32::try_from(value).map_err(|_| Refusal::TooLarge)
}

fn positive_or_zero(value: u64) -> Result<u32, Refusal> {
    u32::try_from(value).map_err(|_| Refusal::TooManyPredecessors)
}

/// The rules that one operation can break without anything else.
fn consistent(op: &Op) -> bool {
    let makes = !matches!(op.kind, Kind::Delete | Kind::Increment);
    match (op.key, op.insert) {
        (Key::Map(_), true) => false,
        (Key::Map(_), false) => makes || op.preds > 0,
        (Key::Element(_), true) => makes && op.preds == 0,
        // Automerge writes what it overwrites; an element nobody overwrote would come back to life.
        (Key::Element(element), false) => element.counter > 0 && op.preds > 0,
    }
}

/// What an action and its value amount to.
fn kind(action: u64, value_type: u64, bytes: &[u8], limits: &Limits) -> Result<Kind, Refusal> {
    let without_value = |kind| {
        if value_type == 0 && bytes.is_empty() {
            Ok(kind)
        } else {
            Err(Refusal::Value)
        }
    };
    match action {
        0 => without_value(Kind::Map),
        1 => put(value_type, bytes, limits),
        2 => without_value(Kind::List),
        3 => without_value(Kind::Delete),
        4 => without_value(Kind::Text),
        5 if value_type == 4 => countable(bytes, limits).map(|()| Kind::Increment),
        5 => Err(Refusal::Value),
        _ => Err(Refusal::Action),
    }
}

fn put(value_type: u64, bytes: &[u8], limits: &Limits) -> Result<Kind, Refusal> {
    let mut reader = Reader::new(bytes);
    match value_type {
        0..=2 => {}
        3 => {
            reader.uleb()?;
        }
        4 | 9 => {
            reader.sleb()?;
        }
        5 => {
            reader.take(8)?;
        }
        6 => {
            let text = std::str::from_utf8(bytes).map_err(|_| Refusal::Value)?;
            let mut characters = text.chars();
            return Ok(match (characters.next(), characters.next()) {
                (Some(_), None) => Kind::Character,
                _ => Kind::Put,
            });
        }
        7 => return Ok(Kind::Put),
        8 => return countable(bytes, limits).map(|()| Kind::Counter),
        _ => return Err(Refusal::Value),
    }
    if reader.is_empty() {
        Ok(Kind::Put)
    } else {
        Err(Refusal::Value)
    }
}

fn countable(bytes: &[u8], limits: &Limits) -> Result<(), Refusal> {
    let mut reader = Reader::new(bytes);
    let value = reader.sleb()?;
    if reader.is_empty() && value.unsigned_abs() <= limits.max_counter {
        Ok(())
    } else {
        Err(Refusal::Value)
    }
}
