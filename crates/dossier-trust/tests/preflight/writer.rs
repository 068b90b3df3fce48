//! Writes Automerge change chunks, well or badly, as the format describes them.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// What an operation is about within its object.
#[derive(Clone, Debug)]
pub enum Key {
    /// A map key.
    Text(String),
    /// A list element: actor and counter; the head is no actor and 0.
    Element(Option<u64>, u64),
}

/// One operation, with actor indices as the change numbers them.
#[derive(Clone, Debug)]
pub struct Row {
    pub object: Option<(u64, u64)>,
    pub key: Key,
    pub insert: bool,
    pub action: u64,
    /// Type and bytes.
    pub value: (u64, Vec<u8>),
    pub preds: Vec<(u64, u64)>,
}

impl Row {
    /// Sets a key of the root to null.
    pub fn put(key: &str) -> Self {
        Self {
            object: None,
            key: Key::Text(key.to_owned()),
            insert: false,
            action: 1,
            value: (0, Vec::new()),
            preds: Vec::new(),
        }
    }
}

/// A change whose parts can each be spoiled before it is written.
pub struct Writer {
    pub deps: Vec<[u8; 32]>,
    pub actor: [u8; 32],
    pub seq: u64,
    pub start_op: u64,
    pub time: i64,
    pub message: String,
    pub others: Vec<Vec<u8>>,
    pub columns: BTreeMap<u64, Vec<u8>>,
    pub extra: Vec<u8>,
}

impl Writer {
    /// The first change of an actor, in canonical form.
    pub fn new(actor: [u8; 32], rows: Vec<Row>) -> Self {
        let numbers = |of: &dyn Fn(&Row) -> Option<u64>| rle(rows.iter().map(|row| of(row).map(uleb)).collect());
        let element = |row: &Row| match row.key {
            Key::Element(actor, counter) => Some((actor, counter)),
            Key::Text(_) => None,
        };
        let preds = || rows.iter().flat_map(|row| row.preds.iter().copied());
        let text = rows.iter().map(|row| match &row.key {
            Key::Text(text) => Some([uleb(text.len() as u64), text.clone().into_bytes()].concat()),
            Key::Element(..) => None,
        });
        let columns = [
            (0x01, numbers(&|row| row.object.map(|id| id.0))),
            (0x02, numbers(&|row| row.object.map(|id| id.1))),
            (0x11, numbers(&|row| element(row).and_then(|id| id.0))),
            (
                0x13,
                delta(rows.iter().map(|row| element(row).map(|id| id.1)).collect()),
            ),
            (0x15, rle(text.collect())),
            (0x34, flags(rows.iter().map(|row| row.insert))),
            (0x42, numbers(&|row| Some(row.action))),
            (
                0x56,
                numbers(&|row| Some((row.value.1.len() as u64) << 4 | row.value.0)),
            ),
            (0x57, rows.iter().flat_map(|row| row.value.1.clone()).collect()),
            (0x70, numbers(&|row| Some(row.preds.len() as u64))),
            (0x71, rle(preds().map(|id| Some(uleb(id.0))).collect())),
            (0x73, delta(preds().map(|id| Some(id.1)).collect())),
        ];
        Self {
            deps: Vec::new(),
            actor,
            seq: 1,
            start_op: 1,
            time: 0,
            message: String::new(),
            others: Vec::new(),
            columns: columns.into_iter().filter(|column| !column.1.is_empty()).collect(),
            extra: Vec::new(),
        }
    }

    /// Replaces or adds a column.
    pub fn set(&mut self, spec: u64, bytes: Vec<u8>) {
        self.columns.insert(spec, bytes);
    }

    /// The chunk's data.
    pub fn data(&self) -> Vec<u8> {
        let prefixed = |bytes: &[u8]| [uleb(bytes.len() as u64), bytes.to_vec()].concat();
        let mut data = uleb(self.deps.len() as u64);
        data.extend(self.deps.concat());
        data.extend(prefixed(&self.actor));
        data.extend(uleb(self.seq));
        data.extend(uleb(self.start_op));
        data.extend(leb(self.time));
        data.extend(prefixed(self.message.as_bytes()));
        data.extend(uleb(self.others.len() as u64));
        for other in &self.others {
            data.extend(prefixed(other));
        }
        data.extend(uleb(self.columns.len() as u64));
        for (spec, bytes) in &self.columns {
            data.extend(uleb(*spec));
            data.extend(uleb(bytes.len() as u64));
        }
        data.extend(self.columns.values().flatten());
        data.extend(&self.extra);
        data
    }

    pub fn bytes(&self) -> Vec<u8> {
        chunk(1, &self.data())
    }

    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes()[8..]).into()
    }
}

/// A chunk with the right length and checksum.
pub fn chunk(kind: u8, data: &[u8]) -> Vec<u8> {
    let hashed = [vec![kind], uleb(data.len() as u64), data.to_vec()].concat();
    let digest = Sha256::digest(&hashed);
    [&[0x85, 0x6f, 0x4a, 0x83], &digest[..4], &hashed].concat()
}

/// The data inside a well-formed chunk.
pub fn sealed(chunk: &[u8]) -> Vec<u8> {
    let length = chunk[9..].iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    chunk[9 + length..].to_vec()
}

/// Unsigned LEB128.
pub fn uleb(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// Signed LEB128.
pub fn leb(mut value: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = value as u8 & 0x7f;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

/// Canonical runs of values that are already written out; nothing if there are only nulls.
fn rle(values: Vec<Option<Vec<u8>>>) -> Vec<u8> {
    if values.iter().all(Option::is_none) {
        return Vec::new();
    }
    let mut runs: Vec<(Option<Vec<u8>>, i64)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((last, rows)) if *last == value => *rows += 1,
            _ => runs.push((value, 1)),
        }
    }
    let mut bytes = Vec::new();
    let mut literal: Vec<Vec<u8>> = Vec::new();
    let flush = |literal: &mut Vec<Vec<u8>>, bytes: &mut Vec<u8>| {
        if !literal.is_empty() {
            bytes.extend(leb(-(literal.len() as i64)));
            bytes.extend(std::mem::take(literal).concat());
        }
    };
    for (value, rows) in runs {
        match value {
            Some(value) if rows == 1 => literal.push(value),
            Some(value) => {
                flush(&mut literal, &mut bytes);
                bytes.extend(leb(rows));
                bytes.extend(value);
            }
            None => {
                flush(&mut literal, &mut bytes);
                bytes.push(0);
                bytes.extend(uleb(rows as u64));
            }
        }
    }
    flush(&mut literal, &mut bytes);
    bytes
}

fn delta(values: Vec<Option<u64>>) -> Vec<u8> {
    let mut before = 0;
    rle(values
        .into_iter()
        .map(|value| {
            value.map(|value| {
                let difference = value as i64 - before;
                before = value as i64;
                leb(difference)
            })
        })
        .collect())
}

fn flags(values: impl Iterator<Item = bool>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut last, mut rows) = (false, 0);
    for value in values {
        if value == last {
            rows += 1;
        } else {
            bytes.extend(uleb(rows));
            (last, rows) = (value, 1);
        }
    }
    bytes.extend(uleb(rows));
    bytes
}
