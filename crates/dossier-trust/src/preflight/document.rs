//! A saved document, bounded by its bytes alone: what [`super::inspect`] is for a change.
//!
//! This says how much Automerge will make of the bytes, never that it can: whether the document loads is for a load to
//! find out that may fail, and whether its changes may follow one another is for [`super::OpIndex`] once they are taken
//! out of it. Runs need not be in canonical form here, since the bytes are named by a hash already.

use sha2::{Digest, Sha256};

use super::Refusal;
use super::change::MAGIC;
use super::reader::Reader;

const DOCUMENT_CHUNK: u8 = 0;
const HASH: usize = 32;
/// Bytes to which all repeated texts and values of one column may come.
const MAX_EXPANDED: u64 = 256 * 1024 * 1024;
const MAX_COLUMNS: usize = 32;

/// What the run headers of a saved document add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentExtent {
    /// Changes in it.
    pub changes: u32,
    /// Operations that it keeps: all but deletions, which it keeps beside what they delete.
    pub ops: u32,
}

/// The parts of a document chunk that anything is read from.
pub(super) struct Chunk<'a> {
    /// Who wrote in it, by the numbers that its columns give them.
    pub(super) actors: Vec<&'a [u8]>,
    changes: Vec<Column<'a>>,
    pub(super) ops: Vec<Column<'a>>,
}

/// A column by its specification.
pub(super) type Column<'a> = (u64, &'a [u8]);

impl<'a> Chunk<'a> {
    /// Takes apart the data behind the header of a document chunk.
    fn read(data: &'a [u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::new(data);
        let count = reader.size()?;
        let mut actors = Vec::with_capacity(count);
        for _ in 0..count {
            actors.push(reader.prefixed()?);
        }
        let heads = reader.size()?;
        reader.take(heads.checked_mul(HASH).ok_or(Refusal::Truncated)?)?;
        let changes = read_layout(&mut reader)?;
        let ops = read_layout(&mut reader)?;
        let changes = read_columns(&mut reader, &changes)?;
        let ops = read_columns(&mut reader, &ops)?;
        for _ in 0..heads {
            reader.uleb()?;
        }
        if !reader.is_empty() {
            return Err(Refusal::ExtraBytes);
        }
        Ok(Self { actors, changes, ops })
    }

    /// The only chunk in these bytes, without a look at its checksum.
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self, Refusal> {
        Self::read(open_chunk(bytes)?.data)
    }
}

struct Opened<'a> {
    checksum: &'a [u8],
    data: &'a [u8],
}

fn open_chunk(bytes: &[u8]) -> Result<Opened<'_>, Refusal> {
    let mut chunk = Reader::new(bytes);
    if chunk.take(MAGIC.len()).map_err(|_| Refusal::NotAChunk)? != MAGIC {
        return Err(Refusal::NotAChunk);
    }
    let checksum = chunk.take(4)?;
    if chunk.byte()? != DOCUMENT_CHUNK {
        return Err(Refusal::ChunkType);
    }
    let data = chunk.prefixed()?;
    if !chunk.is_empty() {
        return Err(Refusal::ExtraBytes);
    }
    Ok(Opened { checksum, data })
}

/// Walks one uncompressed document chunk. Work is linear in the bytes; nothing is expanded.
///
/// # Errors
///
/// The first rule that the bytes break: not a document chunk or not the only one, a compressed column, a column of more
/// than `max_rows` rows, or texts and values that would take more than 256 MiB.
pub fn walk_document(bytes: &[u8], max_rows: u32) -> Result<DocumentExtent, Refusal> {
    let opened = open_chunk(bytes)?;
    if !Sha256::digest(bytes.get(8..).unwrap_or_default()).starts_with(opened.checksum) {
        return Err(Refusal::Checksum);
    }
    let chunk = Chunk::read(opened.data)?;
    // The actor of every change; the action of every operation.
    let changes = walk_columns(&chunk.changes, 0x01, max_rows)?;
    let ops = walk_columns(&chunk.ops, 0x42, max_rows)?;
    Ok(DocumentExtent { changes, ops })
}

/// Specification and length of each column.
fn read_layout(reader: &mut Reader<'_>) -> Result<Vec<(u64, usize)>, Refusal> {
    let count = reader.size()?;
    if count > MAX_COLUMNS {
        return Err(Refusal::UnknownColumn);
    }
    let mut columns: Vec<(u64, usize)> = Vec::with_capacity(count);
    for _ in 0..count {
        let spec = reader.uleb()?;
        let len = usize::try_from(reader.uleb()?).map_err(|_| Refusal::Truncated)?;
        // The fourth bit says that the column is compressed.
        if spec & 8 != 0 || columns.last().is_some_and(|(last, _)| *last >= spec) {
            return Err(Refusal::UnknownColumn);
        }
        columns.push((spec, len));
    }
    Ok(columns)
}

fn read_columns<'a>(reader: &mut Reader<'a>, layout: &[(u64, usize)]) -> Result<Vec<Column<'a>>, Refusal> {
    layout
        .iter()
        .map(|(spec, len)| Ok((*spec, reader.take(*len)?)))
        .collect()
}

/// Walks the columns. How many rows the one named `counted` has.
fn walk_columns(columns: &[Column<'_>], counted: u64, max_rows: u32) -> Result<u32, Refusal> {
    let mut rows = 0;
    for (spec, column) in columns {
        let here = walk_column(column, spec & 7, max_rows)?;
        if *spec == counted {
            rows = here;
        }
    }
    Ok(rows)
}

fn walk_column(column: &[u8], kind: u64, max_rows: u32) -> Result<u32, Refusal> {
    match kind {
        // How many of something each row has: those rows are bounded too.
        0 => walk_runs(column, max_rows, Reader::uleb, |value| value, u64::from(max_rows)),
        1 | 2 => walk_runs(column, max_rows, Reader::uleb, |_| 0, u64::MAX),
        3 => walk_runs(column, max_rows, Reader::sleb, |_| 0, u64::MAX),
        4 => walk_flags(column, max_rows),
        5 => walk_runs(
            column,
            max_rows,
            Reader::prefixed,
            |text| text.len() as u64,
            MAX_EXPANDED,
        ),
        6 => walk_runs(column, max_rows, Reader::uleb, |meta| meta >> 4, MAX_EXPANDED),
        _ => Ok(0),
    }
}

/// Rows of a run-length column; what `weigh` says of each, times its rows, stays below `cap`.
fn walk_runs<'a, V>(
    column: &'a [u8],
    max_rows: u32,
    read: impl Fn(&mut Reader<'a>) -> Result<V, Refusal>,
    weigh: impl Fn(V) -> u64,
    cap: u64,
) -> Result<u32, Refusal> {
    let mut reader = Reader::new(column);
    let (mut rows, mut weight) = (0_u64, 0_u64);
    while !reader.is_empty() {
        let header = reader.sleb()?;
        let (repeats, literals) = match header {
            0 => {
                rows = rows.saturating_add(reader.uleb()?);
                (0, 0)
            }
            1.. => (header.unsigned_abs(), 1),
            ..0 => (1, header.unsigned_abs()),
        };
        // Before the values: a literal takes a byte at least, so this loop is as long as the bytes.
        rows = rows.saturating_add(repeats.saturating_mul(literals));
        if rows > u64::from(max_rows) {
            return Err(Refusal::TooManyOperations);
        }
        for _ in 0..literals {
            weight = weight.saturating_add(weigh(read(&mut reader)?).saturating_mul(repeats));
            if weight > cap {
                return Err(Refusal::TooLarge);
            }
        }
    }
    u32::try_from(rows).map_err(|_| Refusal::TooManyOperations)
}

fn walk_flags(column: &[u8], max_rows: u32) -> Result<u32, Refusal> {
    let mut reader = Reader::new(column);
    let mut rows = 0_u64;
    while !reader.is_empty() {
        rows = rows.saturating_add(reader.uleb()?);
        if rows > u64::from(max_rows) {
            return Err(Refusal::TooManyOperations);
        }
    }
    u32::try_from(rows).map_err(|_| Refusal::TooManyOperations)
}

#[cfg(test)]
mod tests {
    use automerge::transaction::Transactable;
    use automerge::{AutoCommit, ObjType, ROOT};

    use super::super::{Contents, Made};
    use super::*;

    fn document() -> AutoCommit {
        let mut doc = AutoCommit::new();
        let map = doc.put_object(ROOT, "plan", ObjType::Map).unwrap();
        let text = doc.put_object(&map, "verhaal", ObjType::Text).unwrap();
        for round in 0..50_i64 {
            doc.put(&map, "status", round).unwrap();
            doc.splice_text(&text, 0, 0, "een twee ").unwrap();
            doc.put(&map, "klaar", round % 2 == 0).unwrap();
            doc.commit();
        }
        doc.delete(&map, "klaar").unwrap();
        doc.commit();
        doc
    }

    /// Same bytes behind a header that fits them.
    fn chunk(data: &[u8]) -> Vec<u8> {
        let mut hashed = vec![DOCUMENT_CHUNK];
        let mut len = data.len();
        loop {
            let low = (len & 0x7f) as u8;
            len >>= 7;
            hashed.push(if len == 0 { low } else { low | 0x80 });
            if len == 0 {
                break;
            }
        }
        hashed.extend_from_slice(data);
        let checksum = Sha256::digest(&hashed);
        [&MAGIC, &checksum[..4], &hashed].concat()
    }

    #[test]
    fn what_automerge_saves_is_counted() {
        let mut doc = document();
        let extent = walk_document(&doc.save_nocompress(), 100_000).unwrap();
        assert_eq!(extent.changes, 51);
        assert_eq!(extent.ops, 2 + 50 * (1 + 9 + 1));
        assert_eq!(
            walk_document(&doc.save_nocompress(), extent.ops - 1),
            Err(Refusal::TooManyOperations)
        );
    }

    #[test]
    fn compressed_columns_other_chunks_and_trailing_bytes_are_refused() {
        let mut doc = document();
        for _ in 0..2_000 {
            doc.put(ROOT, "lang", "een lange waarde die zich laat samenpersen")
                .unwrap();
        }
        doc.commit();
        assert_eq!(walk_document(&doc.save(), 100_000), Err(Refusal::UnknownColumn));
        let plain = doc.save_nocompress();
        assert!(walk_document(&plain, 100_000).is_ok());
        for cut in 0..plain.len() {
            assert!(walk_document(&plain[..cut], 100_000).is_err());
        }
        let twice = [plain.as_slice(), plain.as_slice()].concat();
        assert_eq!(walk_document(&twice, 100_000), Err(Refusal::ExtraBytes));
        let change = doc.get_changes(&[])[0].raw_bytes().to_vec();
        assert_eq!(walk_document(&change, 100_000), Err(Refusal::ChunkType));
    }

    #[test]
    fn a_run_of_a_thousand_billion_rows_costs_nothing() {
        // No actors, no heads; one change column, no operation columns; its run header.
        let run = [0x80, 0xa0, 0x94, 0xa5, 0x8d, 0x1d, 0x05];
        let data = [&[0, 0, 1, 0x01, run.len() as u8, 0][..], &run].concat();
        assert_eq!(walk_document(&chunk(&data), 4_000_000), Err(Refusal::TooManyOperations));
        let flags = [0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
        let data = [&[0, 0, 0, 1, 0x34, flags.len() as u8][..], &flags].concat();
        assert_eq!(walk_document(&chunk(&data), 4_000_000), Err(Refusal::TooManyOperations));
        // A text of two hundred bytes, a million times, is within the rows and not within memory.
        let mut text = vec![0xc0, 0x84, 0x3d, 0xc8, 0x01];
        text.extend([b'x'; 200]);
        let mut data = vec![0, 0, 1, 0x35, 0xcd, 0x01, 0];
        data.extend(&text);
        assert_eq!(
            walk_document(&chunk(&data), 4_000_000),
            Ok(DocumentExtent { changes: 0, ops: 0 })
        );
        text[..3].copy_from_slice(&[0x80, 0x92, 0x74]);
        text[2] = 0xf4;
        text.insert(3, 0x01);
        let mut data = vec![0, 0, 1, 0x35, 0xce, 0x01, 0];
        data.extend(&text);
        assert_eq!(walk_document(&chunk(&data), 4_000_000), Err(Refusal::TooLarge));
    }

    #[test]
    fn no_bytes_make_it_fail() {
        let plain = document().save_nocompress();
        for at in 0..plain.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut other = plain.clone();
                other[at] ^= flip;
                let _ = walk_document(&other, 100_000);
                let whole = chunk(&other[12..]);
                let _ = walk_document(&whole, 100_000);
                if let Ok(contents) = Contents::read(&whole, 100_000) {
                    contents.places(Made::ROOT).for_each(drop);
                }
            }
        }
    }
}
