//! What stands in a saved document, read from its columns: a few milliseconds for a document that takes Automerge a
//! hundred to load.
//!
//! It is what Automerge would show, for documents as Automerge saves them. Whatever else the bytes are is refused where
//! it shows, and says nothing where it does not: whoever acts on what stands here still has to load the document.
//! Refused as well, though Automerge knows them: increments, marks and tables, which nobody here writes.

use std::collections::HashMap;
use std::ops::Range;

use super::Refusal;
use super::document::Chunk;
use super::reader::Reader;
use super::runs::{Bytes, Difference, Flags, Rows, Runs, Sum, Unsigned};

/// Names an operation, and so the value that it set or the object that it made. They come in Automerge's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Made {
    counter: u32,
    actor: u32,
}

impl Made {
    /// The object that holds all others, which nobody made.
    pub const ROOT: Self = Self { counter: 0, actor: 0 };
}

/// What was put somewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Put<'a> {
    /// A map, named by the operation that put it.
    Map,
    /// A list.
    List,
    /// A text.
    Text,
    /// Nothing.
    Null,
    /// True or false.
    Boolean(bool),
    /// A number that is not negative.
    Uint(u64),
    /// A whole number.
    Int(i64),
    /// Any number.
    Float(f64),
    /// A string, or a letter of a text.
    String(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A counter that nobody counted on.
    Counter(i64),
    /// Milliseconds since 1970.
    Timestamp(i64),
    /// Of a type that Automerge does not know either.
    Unknown(u8, &'a [u8]),
}

/// One value that stands somewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing<'a> {
    /// The operation that put it there.
    pub made: Made,
    /// What it is.
    pub put: Put<'a>,
    key: &'a str,
    /// Places at which something stands are numbered without gaps.
    slot: u32,
}

impl<'a> Standing<'a> {
    /// The key under which it stands; empty in a list.
    #[must_use]
    pub fn key(&self) -> &'a str {
        self.key
    }
}

/// A saved document, as it reads.
#[derive(Debug, Default)]
pub struct Contents<'a> {
    /// Object by object, place by place, and what was put at one place at once in the order of [`Made`].
    standing: Vec<Standing<'a>>,
    objects: HashMap<Made, Range<usize>>,
}

impl<'a> Contents<'a> {
    /// Reads a document that [`super::walk_document`] let through; the checksum is not looked at again. Work and memory
    /// are linear in the bytes and in the rows.
    ///
    /// # Errors
    /// What is no document of at most `max_rows` operations; what cannot be read without loading it.
    pub fn read(bytes: &'a [u8], max_rows: u32) -> Result<Self, Refusal> {
        let chunk = Chunk::of(bytes)?;
        if !chunk.actors.is_sorted_by(|one, next| one < next) {
            return Err(Refusal::Actors);
        }
        let mut operations = Operations::of(&chunk, max_rows)?;
        let mut walk = Walk::default();
        while let Some(operation) = operations.next()? {
            walk.take(&operation)?;
        }
        walk.leave();
        Ok(walk.contents)
    }

    /// What stands at each place of an object, place by place: keys in their order, list elements in theirs. The last
    /// at a place is the one that won. Nothing for what is no object.
    pub fn places(&self, object: Made) -> impl Iterator<Item = &[Standing<'a>]> {
        self.inside(object).chunk_by(|one, next| one.slot == next.slot)
    }

    /// What stands under one key of a map.
    #[must_use]
    pub fn at_key(&self, map: Made, key: &str) -> &[Standing<'a>] {
        between(self.inside(map), |one| one.key < key, |one| one.key == key)
    }

    /// What stands at one place of a list, from 0.
    #[must_use]
    pub fn at_index(&self, list: Made, index: usize) -> &[Standing<'a>] {
        let inside = self.inside(list);
        let first = inside.first().map_or(0, |one| one.slot);
        let Some(slot) = u32::try_from(index).ok().and_then(|index| first.checked_add(index)) else {
            return &[];
        };
        between(inside, |one| one.slot < slot, |one| one.slot == slot)
    }

    fn inside(&self, object: Made) -> &[Standing<'a>] {
        let span = self.objects.get(&object).cloned();
        span.and_then(|span| self.standing.get(span)).unwrap_or_default()
    }

    /// The letters of a text.
    #[must_use]
    pub fn text(&self, object: Made) -> String {
        let won = self.places(object).filter_map(<[_]>::last);
        won.map(|standing| {
            if let Put::String(letter) = standing.put {
                letter
            } else {
                // As Automerge has it for what is no letter.
                "\u{fffc}"
            }
        })
        .collect()
    }
}

/// The part of a sorted slice that comes after what is `before` and is `there`.
fn between<T>(all: &[T], before: impl Fn(&T) -> bool, there: impl Fn(&T) -> bool) -> &[T] {
    let rest = all.get(all.partition_point(before)..).unwrap_or_default();
    rest.get(..rest.partition_point(there)).unwrap_or_default()
}

/// One row, as far as it bears on what stands.
struct Operation<'a> {
    object: Made,
    key: Option<&'a [u8]>,
    /// The element that it is about or comes behind.
    element: Option<Made>,
    insert: bool,
    made: Made,
    /// Nobody overwrote or deleted it.
    stands: bool,
    action: u64,
    meta: u64,
    raw: &'a [u8],
}

/// The rows of all columns, side by side.
struct Operations<'a> {
    left: u32,
    actors: u32,
    object_actor: Rows<'a, Unsigned>,
    object_counter: Rows<'a, Unsigned>,
    key_actor: Rows<'a, Unsigned>,
    key_counter: Rows<'a, Difference>,
    key_sum: Sum,
    key_string: Rows<'a, Bytes>,
    made_actor: Rows<'a, Unsigned>,
    made_counter: Rows<'a, Difference>,
    made_sum: Sum,
    insert: Option<Flags<'a>>,
    action: Rows<'a, Unsigned>,
    meta: Rows<'a, Unsigned>,
    values: Reader<'a>,
    successors: Rows<'a, Unsigned>,
}

impl<'a> Operations<'a> {
    fn of(chunk: &Chunk<'a>, max_rows: u32) -> Result<Self, Refusal> {
        let column = |spec: u64| {
            let found = chunk.ops.iter().find(|(one, _)| *one == spec);
            found.map(|(_, column)| *column).filter(|column| !column.is_empty())
        };
        // Marks; and what another version may have added.
        let known = [
            0x01, 0x02, 0x11, 0x13, 0x15, 0x21, 0x23, 0x34, 0x42, 0x56, 0x57, 0x80, 0x81, 0x83,
        ];
        if chunk
            .ops
            .iter()
            .any(|(spec, column)| !known.contains(spec) && !column.is_empty())
        {
            return Err(Refusal::UnknownColumn);
        }
        let left = match column(0x42) {
            Some(actions) => {
                Runs::<Unsigned>::new(actions, max_rows, Refusal::TooManyOperations).measure(|_| Ok(()))?
            }
            None => 0,
        };
        Ok(Self {
            left,
            actors: u32::try_from(chunk.actors.len()).map_err(|_| Refusal::Actors)?,
            object_actor: Rows::new(column(0x01), left),
            object_counter: Rows::new(column(0x02), left),
            key_actor: Rows::new(column(0x11), left),
            key_counter: Rows::new(column(0x13), left),
            key_sum: Sum::default(),
            key_string: Rows::new(column(0x15), left),
            made_actor: Rows::new(column(0x21), left),
            made_counter: Rows::new(column(0x23), left),
            made_sum: Sum::default(),
            insert: column(0x34).map(Flags::new),
            action: Rows::new(column(0x42), left),
            meta: Rows::new(column(0x56), left),
            values: Reader::new(column(0x57).unwrap_or_default()),
            successors: Rows::new(column(0x80), left),
        })
    }

    fn made(&self, counter: u32, actor: u64) -> Result<Made, Refusal> {
        let actor = u32::try_from(actor).ok().filter(|actor| *actor < self.actors);
        Ok(Made {
            counter,
            actor: actor.ok_or(Refusal::ActorIndex)?,
        })
    }

    fn next(&mut self) -> Result<Option<Operation<'a>>, Refusal> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        let object = match (self.object_counter.next_row()?, self.object_actor.next_row()?) {
            (None, None) => Made::ROOT,
            (Some(counter), Some(actor)) => self.made(u32::try_from(counter).map_err(|_| Refusal::Counter)?, actor)?,
            _ => return Err(Refusal::Malformed),
        };
        let key = self.key_string.next_row()?;
        let element = match (self.key_counter.next_row()?, self.key_actor.next_row()?) {
            (None, None) => None,
            (Some(step), actor) => {
                let counter = self.key_sum.add(step, 1)?;
                // Counter 0 without an actor is the head of a list.
                match (counter, actor) {
                    (0, None) => Some(Made::ROOT),
                    (_, Some(actor)) => Some(self.made(counter, actor)?),
                    (_, None) => return Err(Refusal::Malformed),
                }
            }
            (None, Some(_)) => return Err(Refusal::Malformed),
        };
        let actor = self.made_actor.next_value()?;
        let step = self.made_counter.next_value()?;
        let counter = self.made_sum.add(step, 1)?;
        let made = self.made(counter, actor)?;
        let insert = match &mut self.insert {
            Some(insert) => insert.next_row()?,
            None => false,
        };
        let action = self.action.next_value()?;
        let meta = self.meta.next_value()?;
        let length = usize::try_from(meta >> 4).map_err(|_| Refusal::Truncated)?;
        let raw = self.values.take(length)?;
        let stands = self.successors.next_row()?.unwrap_or(0) == 0;
        Ok(Some(Operation {
            object,
            key,
            element,
            insert,
            made,
            stands,
            action,
            meta,
            raw,
        }))
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Map,
    Sequence,
    /// An object that does not stand anywhere: what is in it is not read.
    Nowhere,
}

/// Where in the document the rows are, and what stood before.
struct Walk<'a> {
    contents: Contents<'a>,
    /// Objects that stand somewhere.
    shapes: HashMap<Made, Shape>,
    object: Made,
    shape: Shape,
    begun: usize,
    slot: u32,
    /// Nothing stands yet at the place where the rows are.
    fresh: bool,
    key: Option<&'a [u8]>,
    /// The list element that the rows are about.
    element: Option<Made>,
    /// The operation before this one at the same place.
    last: Option<Made>,
}

impl Default for Walk<'_> {
    fn default() -> Self {
        Self {
            contents: Contents::default(),
            shapes: HashMap::new(),
            object: Made::ROOT,
            shape: Shape::Map,
            begun: 0,
            slot: 0,
            fresh: true,
            key: None,
            element: None,
            last: None,
        }
    }
}

impl<'a> Walk<'a> {
    /// Every object comes after the one that it stands in, in the order of their names, and each has one place: so
    /// nothing holds itself, and to go through everything is never more work than there are rows.
    fn take(&mut self, operation: &Operation<'a>) -> Result<(), Refusal> {
        if operation.object != self.object {
            if operation.object < self.object {
                return Err(Refusal::NotCanonical);
            }
            self.leave();
            self.enter(operation.object);
        }
        if operation.made <= operation.object {
            return Err(Refusal::NotCanonical);
        }
        if self.shape == Shape::Nowhere {
            return Ok(());
        }
        self.step(operation)?;
        if !operation.stands {
            return known(operation.action);
        }
        let put = read(operation)?;
        if matches!(put, Put::Map | Put::List | Put::Text) {
            let shape = if put == Put::Map { Shape::Map } else { Shape::Sequence };
            if self.shapes.insert(operation.made, shape).is_some() {
                return Err(Refusal::NotCanonical);
            }
        }
        let key = match self.key {
            Some(key) => std::str::from_utf8(key).map_err(|_| Refusal::Malformed)?,
            None => "",
        };
        self.slot = self.slot.wrapping_add(u32::from(self.fresh));
        self.fresh = false;
        self.contents.standing.push(Standing {
            made: operation.made,
            put,
            key,
            slot: self.slot,
        });
        Ok(())
    }

    /// To the place that an operation is about, which is this one or the next.
    fn step(&mut self, operation: &Operation<'a>) -> Result<(), Refusal> {
        let same = match self.shape {
            Shape::Map => {
                let key = operation.key.ok_or(Refusal::WrongObject)?;
                if operation.insert || operation.element.is_some() || self.key.is_some_and(|last| last > key) {
                    return Err(Refusal::WrongObject);
                }
                let same = self.key == Some(key);
                self.key = Some(key);
                same
            }
            Shape::Sequence | Shape::Nowhere => {
                if operation.key.is_some() || operation.element.is_none() {
                    return Err(Refusal::WrongObject);
                }
                if operation.insert {
                    self.element = Some(operation.made);
                } else if operation.element != self.element {
                    return Err(Refusal::WrongElement);
                }
                !operation.insert
            }
        };
        if !same {
            self.fresh = true;
        } else if self.last.is_some_and(|last| last >= operation.made) {
            return Err(Refusal::NotCanonical);
        }
        self.last = Some(operation.made);
        Ok(())
    }

    fn enter(&mut self, object: Made) {
        self.object = object;
        self.shape = self.shapes.get(&object).copied().unwrap_or(Shape::Nowhere);
        self.begun = self.contents.standing.len();
        (self.key, self.element, self.last) = (None, None, None);
        self.fresh = true;
    }

    fn leave(&mut self) {
        let span = self.begun..self.contents.standing.len();
        if !span.is_empty() {
            self.contents.objects.insert(self.object, span);
        }
    }
}

/// Refuses what can bear on something else than its own place.
fn known(action: u64) -> Result<(), Refusal> {
    match action {
        0 | 1 | 2 | 4 => Ok(()),
        _ => Err(Refusal::Action),
    }
}

fn read<'a>(operation: &Operation<'a>) -> Result<Put<'a>, Refusal> {
    let raw = operation.raw;
    let mut reader = Reader::new(raw);
    let put = match (operation.action, operation.meta & 15) {
        (0, _) => return Ok(Put::Map),
        (2, _) => return Ok(Put::List),
        (4, _) => return Ok(Put::Text),
        (1, 0) => Put::Null,
        (1, 1) => Put::Boolean(false),
        (1, 2) => Put::Boolean(true),
        (1, 3) => Put::Uint(reader.uleb()?),
        (1, 4) => Put::Int(reader.sleb()?),
        (1, 5) => {
            let bytes = reader.take(8)?.try_into().map_err(|_| Refusal::Value)?;
            Put::Float(f64::from_le_bytes(bytes))
        }
        (1, 6) => return Ok(Put::String(std::str::from_utf8(raw).map_err(|_| Refusal::Value)?)),
        (1, 7) => return Ok(Put::Bytes(raw)),
        (1, 8) => Put::Counter(reader.sleb()?),
        (1, 9) => Put::Timestamp(reader.sleb()?),
        (1, code) => return Ok(Put::Unknown(u8::try_from(code).map_err(|_| Refusal::Value)?, raw)),
        _ => return Err(Refusal::Action),
    };
    if reader.is_empty() {
        Ok(put)
    } else {
        Err(Refusal::Value)
    }
}
