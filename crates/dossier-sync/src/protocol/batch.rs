//! Items on the wire, without what the receiver can derive.
//!
//! Items that follow each other in a chain form a run: the chain once (as a number, after its first use), the first
//! position, and per item its kind, its epoch where it changes, signature and body. `n`, `prev`, `len` and `hash`
//! are derived. An erased item has its length and hash instead of a body.

use dossier_trust::codec::{DecodeError, Reader, Writer};
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, EpochId, GenerationId, ItemHash, blake3};
use dossier_trust::item::{Header, Item, Kind, Lane, MAX_BODY, Open, SignedOpen};
use dossier_trust::operation::OpId;

use super::names::{NamesIn, NamesOut};
use super::replica::Loose;
use super::wire::{BATCH, WireError};

/// Opens, items and loose things in one batch.
const MAX_PARTS: usize = 16_384;

const MORE: u8 = 1;
const OPENS: u8 = 2;
const RUNS: u8 = 4;
const LOOSE: u8 = 8;

const SAME_EPOCH: u8 = 4;
const ERASED: u8 = 8;

/// Bytes of an item beside its body, roughly.
const ITEM_BYTES: usize = 80;
const OPEN_BYTES: usize = 200;
const LOOSE_BYTES: usize = 40;

fn kind_code(kind: Kind) -> u8 {
    match kind {
        Kind::Operation => 0,
        Kind::Change => 1,
        Kind::Record => 2,
        Kind::RecordTo => 3,
    }
}

fn sealed(kind: Kind) -> bool {
    matches!(kind, Kind::Change | Kind::Record)
}

#[derive(Debug)]
struct Run {
    explicit: bool,
    items: Vec<Item>,
    last: ItemHash,
}

/// Collects one batch.
#[derive(Debug)]
pub(crate) struct BatchWriter {
    dossier: DossierId,
    compartment: CompartmentId,
    opens: Vec<SignedOpen>,
    runs: Vec<Run>,
    loose: Vec<Loose>,
    size: usize,
    parts: usize,
}

impl BatchWriter {
    pub fn new(dossier: DossierId, compartment: CompartmentId) -> Self {
        Self {
            dossier,
            compartment,
            opens: Vec::new(),
            runs: Vec::new(),
            loose: Vec::new(),
            size: 0,
            parts: 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.parts == 0
    }

    /// About the number of bytes that it will take.
    pub fn size(&self) -> usize {
        self.size
    }

    pub fn is_full(&self) -> bool {
        self.size >= super::BATCH_BYTES || self.parts >= MAX_PARTS / 2
    }

    pub fn open(&mut self, open: SignedOpen) {
        self.size += OPEN_BYTES;
        self.parts += 1;
        self.opens.push(open);
    }

    pub fn loose(&mut self, loose: Loose) {
        self.size += LOOSE_BYTES + loose.bytes.len();
        self.parts += 1;
        self.loose.push(loose);
    }

    /// `derivable`: should this item start a run, the receiver knows what it follows.
    pub fn item(&mut self, item: Item, hash: ItemHash, derivable: bool) {
        self.size += ITEM_BYTES + item.body.as_ref().map_or(ITEM_BYTES, Vec::len);
        self.parts += 1;
        if let Some(run) = self.runs.last_mut()
            && let Some(before) = run.items.last()
            && before.header.chain == item.header.chain
            && before.header.n.checked_add(1) == Some(item.header.n)
            && run.last == item.header.prev
        {
            run.last = hash;
            run.items.push(item);
            return;
        }
        let first = item.header.n == 1;
        self.runs.push(Run {
            explicit: !first && !derivable,
            items: vec![item],
            last: hash,
        });
    }

    /// `heard` is said when nothing follows this batch; see [`super::wire::write_done`].
    pub fn encode(&self, names: &mut NamesOut, seq: u64, heard: Option<u64>) -> Vec<u8> {
        let mut out = Writer::new();
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        out.u8(BATCH).uint(seq).u8(flag(heard.is_none(), MORE)
            | flag(!self.opens.is_empty(), OPENS)
            | flag(!self.runs.is_empty(), RUNS)
            | flag(!self.loose.is_empty(), LOOSE));
        if let Some(heard) = heard {
            out.uint(heard);
        }
        names.compartment(&mut out, self.dossier, self.compartment);
        if !self.opens.is_empty() {
            out.list(&self.opens, write_open);
        }
        if !self.runs.is_empty() {
            out.list(&self.runs, |out, run| write_run(out, names, run));
        }
        if !self.loose.is_empty() {
            out.list(&self.loose, |out, loose| {
                out.u8(loose.kind).fixed(&loose.about).bytes(&loose.bytes);
            });
        }
        out.finish()
    }
}

fn write_open(out: &mut Writer, signed: &SignedOpen) {
    let open = &signed.open;
    let generation = open.generation != GenerationId::default();
    let grant = open.grant != OpId::default();
    out.u8(open.lane.code() | u8::from(generation) << 2 | u8::from(grant) << 3);
    if generation {
        out.fixed(&open.generation.0);
    }
    if grant {
        out.fixed(&open.grant.0);
    }
    out.fixed(&open.device.0).fixed(&open.nonce).fixed(&signed.signature);
}

fn read_open(
    input: &mut Reader<'_>,
    dossier: DossierId,
    compartment: CompartmentId,
) -> Result<SignedOpen, DecodeError> {
    let flags = input.u8()?;
    if flags > 15 {
        return Err(DecodeError::NotCanonical);
    }
    let lane = Lane::from_code(flags & 3)?;
    let optional = |input: &mut Reader<'_>, bit: u8| {
        if flags & bit == 0 {
            return Ok([0; 32]);
        }
        let id = input.fixed::<32>()?;
        if id == [0; 32] {
            Err(DecodeError::NotCanonical)
        } else {
            Ok(id)
        }
    };
    let generation = GenerationId(optional(input, 4)?);
    let grant = OpId(optional(input, 8)?);
    if lane != Lane::Doc && generation != GenerationId::default() {
        return Err(DecodeError::NotCanonical);
    }
    let device = DeviceId(input.fixed()?);
    let nonce = input.fixed()?;
    let signature = input.fixed()?;
    Ok(SignedOpen {
        open: Open {
            dossier,
            compartment,
            generation,
            lane,
            grant,
            device,
            nonce,
        },
        signature,
    })
}

fn write_run(out: &mut Writer, names: &mut NamesOut, run: &Run) {
    let Some(first) = run.items.first().map(|item| item.header) else {
        return;
    };
    names.chain(out, first.chain, run.explicit);
    out.uint(u64::from(first.n));
    if run.explicit {
        out.fixed(&first.prev.0);
    }
    let mut epoch = None;
    out.list(&run.items, |out, item| {
        let header = &item.header;
        let same = sealed(header.kind) && epoch == Some(header.epoch);
        let erased = item.body.is_none();
        out.u8(kind_code(header.kind) | if same { SAME_EPOCH } else { 0 } | if erased { ERASED } else { 0 });
        if sealed(header.kind) && !same {
            names.epoch(out, header.epoch);
            epoch = Some(header.epoch);
        }
        out.fixed(&item.signature);
        match &item.body {
            Some(body) => out.bytes(body),
            None => out.uint(u64::from(header.len)).fixed(&header.hash),
        };
    });
}

/// An item whose place is not known yet.
#[derive(Debug)]
struct DraftItem {
    kind: Kind,
    epoch: EpochId,
    signature: [u8; 64],
    len: u32,
    hash: [u8; 32],
    body: Option<Vec<u8>>,
}

/// Items that follow each other.
#[derive(Debug)]
pub(crate) struct DraftRun {
    pub chain: ChainId,
    pub first: u32,
    /// What the first follows; `None`: the only item held at the number before.
    pub prev: Option<ItemHash>,
    items: Vec<DraftItem>,
}

impl DraftRun {
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// The items, given what the first of them follows.
    pub fn place(self, prev: ItemHash) -> Vec<Item> {
        let mut prev = prev;
        let chain = self.chain;
        (self.first..)
            .zip(self.items)
            .map(|(n, draft)| {
                let DraftItem {
                    kind,
                    epoch,
                    signature,
                    len,
                    hash,
                    body,
                } = draft;
                let header = Header {
                    chain,
                    n,
                    prev,
                    kind,
                    epoch,
                    len,
                    hash,
                };
                prev = header.item_hash();
                Item {
                    header,
                    signature,
                    body,
                }
            })
            .collect()
    }
}

/// A batch as it was read.
#[derive(Debug)]
pub(crate) struct DraftBatch {
    pub seq: u64,
    /// Absent: more follows.
    pub heard: Option<u64>,
    pub dossier: DossierId,
    pub compartment: CompartmentId,
    pub opens: Vec<SignedOpen>,
    pub runs: Vec<DraftRun>,
    pub loose: Vec<Loose>,
}

/// Why a batch could not be read.
#[derive(Debug)]
pub(crate) enum BatchError {
    /// Not a batch of this version.
    Malformed,
    /// Well formed as far as it could be read, but with a number that was never explained.
    Unreadable { seq: u64 },
}

/// Reads a batch; `input` stands behind the byte that says it is one.
pub(crate) fn read_batch(mut input: Reader<'_>, names: &mut NamesIn) -> Result<DraftBatch, BatchError> {
    let seq = input.uint().map_err(|_| BatchError::Malformed)?;
    read_rest(input, names, seq).map_err(|error| match error {
        WireError::Decode(_) => BatchError::Malformed,
        WireError::UnknownName => BatchError::Unreadable { seq },
    })
}

fn read_rest(mut input: Reader<'_>, names: &mut NamesIn, seq: u64) -> Result<DraftBatch, WireError> {
    let flags = input.u8()?;
    if flags > 15 {
        return Err(DecodeError::NotCanonical.into());
    }
    let heard = if flags & MORE == 0 { Some(input.uint()?) } else { None };
    let (dossier, compartment) = names.compartment(&mut input)?;
    let mut opens = Vec::new();
    if flags & OPENS != 0 {
        opens = input.list(MAX_PARTS, |input| read_open(input, dossier, compartment))?;
    }
    let mut runs = Vec::new();
    let mut parts = opens.len();
    if flags & RUNS != 0 {
        let count = input.uint()?;
        for _ in 0..count {
            let run = read_run(&mut input, names, MAX_PARTS.saturating_sub(parts))?;
            parts += run.items.len();
            runs.push(run);
        }
    }
    let mut loose = Vec::new();
    if flags & LOOSE != 0 {
        loose = input.list(MAX_PARTS.saturating_sub(parts), |input| {
            Ok(Loose {
                kind: input.u8()?,
                about: input.fixed()?,
                bytes: input.bytes(MAX_BODY)?.to_vec(),
            })
        })?;
    }
    input.end()?;
    let empty = |bit: u8, empty: bool| flags & bit != 0 && empty;
    if empty(OPENS, opens.is_empty()) || empty(RUNS, runs.is_empty()) || empty(LOOSE, loose.is_empty()) {
        return Err(DecodeError::NotCanonical.into());
    }
    Ok(DraftBatch {
        seq,
        heard,
        dossier,
        compartment,
        opens,
        runs,
        loose,
    })
}

fn read_run(input: &mut Reader<'_>, names: &mut NamesIn, cap: usize) -> Result<DraftRun, WireError> {
    let (chain, explicit) = names.chain(input)?;
    let first = input.u32()?;
    let prev = if explicit { Some(ItemHash(input.fixed()?)) } else { None };
    let count = input.uint()?;
    if first == 0 || count == 0 || (first == 1 && explicit) {
        return Err(DecodeError::NotCanonical.into());
    }
    if count > cap as u64 || u64::from(first) + count > u64::from(u32::MAX) {
        return Err(DecodeError::TooLong.into());
    }
    // The first of a chain follows its open.
    let prev = if first == 1 { Some(ItemHash(chain.0)) } else { prev };
    let mut epoch = None;
    let mut items = Vec::new();
    for _ in 0..count {
        items.push(read_item(input, names, &mut epoch)?);
    }
    Ok(DraftRun {
        chain,
        first,
        prev,
        items,
    })
}

fn read_item(input: &mut Reader<'_>, names: &mut NamesIn, last: &mut Option<EpochId>) -> Result<DraftItem, WireError> {
    let flags = input.u8()?;
    if flags > 15 {
        return Err(DecodeError::NotCanonical.into());
    }
    let kind = match flags & 3 {
        0 => Kind::Operation,
        1 => Kind::Change,
        2 => Kind::Record,
        _ => Kind::RecordTo,
    };
    let same = flags & SAME_EPOCH != 0;
    let epoch = match (sealed(kind), same) {
        (true, true) => (*last).ok_or(DecodeError::NotCanonical)?,
        (true, false) => names.epoch(input)?,
        (false, false) => EpochId::default(),
        (false, true) => return Err(DecodeError::NotCanonical.into()),
    };
    if sealed(kind) {
        if epoch == EpochId::default() {
            return Err(DecodeError::NotCanonical.into());
        }
        *last = Some(epoch);
    }
    let signature = input.fixed()?;
    if flags & ERASED != 0 {
        let len = input.u32()?;
        if len as usize > MAX_BODY {
            return Err(DecodeError::TooLong.into());
        }
        return Ok(DraftItem {
            kind,
            epoch,
            signature,
            len,
            hash: input.fixed()?,
            body: None,
        });
    }
    let body = input.bytes(MAX_BODY)?;
    let len = u32::try_from(body.len()).map_err(|_| DecodeError::TooLong)?;
    Ok(DraftItem {
        kind,
        epoch,
        signature,
        len,
        hash: blake3(body),
        body: Some(body.to_vec()),
    })
}
