//! Checkpoints: the document as it was at a pin, so that what lies below the pin need not be kept or sent.
//!
//! An owner device pins positions and names the saved document that they come to ([`Snapshot`]). The bytes travel beside
//! the chains, in parts that are sealed under the epoch and named in the pin one by one. A replica that takes them keeps
//! of each document chain the open, the pinned item whole, and everything above.
//!
//! Nobody has to believe the pin about content. The pinned item of each chain is signed by its author; it opens to a
//! change whose hash covers, through Automerge's links, every earlier change of that author. A saved document that holds
//! those changes, and as many as the positions count, holds exactly what the authors signed. Whether each of them passes
//! preflight is looked at like that of any other change.
//!
//! A replica may show what is inside before it looked ([`crate::preflight::Contents`]); nothing else is trusted before
//! that: its size is bounded by the pin, the pin's by [`MAX_SIZE`], and
//! [`walk_document`] bounds what Automerge will make of it before Automerge sees it.

use crate::codec::{Reader as Fields, Writer};
use crate::epoch::{EpochKey, SealError};
use crate::identity::Random;
use crate::ids::{CompartmentId, DossierId, EpochId, blake3};
use crate::operation::Snapshot;
use crate::preflight::{Refusal, pack_document, unpack_document, walk_document};

/// Bytes of an uncompressed saved document.
pub const MAX_SIZE: u32 = 64 * 1024 * 1024;
/// Operations in a saved document.
pub const MAX_OPS: u32 = 4_000_000;
/// Changes in a saved document: the sum of the positions' numbers.
pub const MAX_CHANGES: u64 = 500_000;
/// Parts of one checkpoint.
pub const MAX_PARTS: usize = 512;
/// Packed bytes in one part; sealed it stays below [`crate::item::MAX_BODY`].
const PART: usize = 128 * 1024;

/// Why a checkpoint cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// A part is not here yet. Not a fault.
    #[error("a part of the checkpoint is missing")]
    Missing,
    /// No key of this reader opens a part.
    #[error("no key opens the checkpoint")]
    Unopened,
    /// Larger than allowed, or than the pin says.
    #[error("the checkpoint is too large")]
    TooLarge,
    /// What is inside is not what the pin says.
    #[error("the checkpoint is not what its pin says")]
    Forged,
    /// Its bytes are not those of a saved document.
    #[error(transparent)]
    Document(#[from] Refusal),
}

/// Packs and seals a saved document (uncompressed, of the canonical rebuild). What the pin says of it, and the parts.
///
/// # Errors
/// [`Unusable::TooLarge`]; [`Unusable::Document`] when it is not a saved document.
pub fn seal(
    place: (DossierId, CompartmentId),
    key: &EpochKey,
    saved: &[u8],
    random: &mut dyn Random,
) -> Result<(Snapshot, Vec<Vec<u8>>), Unusable> {
    let size = u32::try_from(saved.len())
        .ok()
        .filter(|size| *size <= MAX_SIZE)
        .ok_or(Unusable::TooLarge)?;
    let ops = walk_document(saved, MAX_OPS)?.ops;
    let parts = seal_packed(place, key, &pack_document(saved), random)?;
    let snapshot = Snapshot {
        hash: blake3(saved),
        ops,
        size,
        parts: parts.iter().map(|part| blake3(part)).collect(),
    };
    Ok((snapshot, parts))
}

/// Seals what [`pack_document`] made of a saved document, in parts.
///
/// # Errors
/// [`Unusable::TooLarge`].
pub fn seal_packed(
    place: (DossierId, CompartmentId),
    key: &EpochKey,
    packed: &[u8],
    random: &mut dyn Random,
) -> Result<Vec<Vec<u8>>, Unusable> {
    let count = packed.len().div_ceil(PART);
    if count > MAX_PARTS {
        return Err(Unusable::TooLarge);
    }
    let parts = packed.chunks(PART).enumerate().map(|(at, plain)| {
        let sealed = key.seal_part(place.1, &about(place, at, count), plain, random);
        let sealed = sealed.map_err(|_| Unusable::TooLarge)?;
        Ok([key.epoch().0.as_slice(), &sealed].concat())
    });
    parts.collect()
}

/// What binds a part to its place.
fn about(place: (DossierId, CompartmentId), at: usize, count: usize) -> Vec<u8> {
    let mut out = Writer::new();
    out.fixed(&place.0.0)
        .fixed(&place.1.0)
        .uint(at as u64)
        .uint(count as u64);
    out.finish()
}

/// Opens the parts, and gives the bytes of the saved document once they are what the pin says and bounded.
///
/// # Errors
/// [`Unusable`].
pub fn open<'k>(
    place: (DossierId, CompartmentId),
    snapshot: &Snapshot,
    part: impl Fn(&[u8; 32]) -> Option<Vec<u8>>,
    key: impl Fn(&EpochId) -> Option<&'k EpochKey>,
) -> Result<Vec<u8>, Unusable> {
    if snapshot.size > MAX_SIZE || snapshot.ops > MAX_OPS {
        return Err(Unusable::TooLarge);
    }
    let count = snapshot.parts.len();
    let mut packed = Vec::new();
    for (at, name) in snapshot.parts.iter().enumerate() {
        let bytes = part(name).ok_or(Unusable::Missing)?;
        if blake3(&bytes) != *name {
            return Err(Unusable::Forged);
        }
        let mut fields = Fields::new(&bytes);
        let epoch = EpochId(fields.fixed().map_err(|_| Unusable::Forged)?);
        let sealed = bytes.get(32..).ok_or(Unusable::Forged)?;
        let key = key(&epoch).ok_or(Unusable::Unopened)?;
        let plain = key
            .open_part(place.1, &about(place, at, count), sealed)
            .map_err(|_: SealError| Unusable::Unopened)?;
        packed.extend_from_slice(&plain);
    }
    let saved = unpack_document(&packed, snapshot.size as usize).map_err(|_| Unusable::TooLarge)?;
    if saved.len() != snapshot.size as usize || blake3(&saved) != snapshot.hash {
        return Err(Unusable::Forged);
    }
    let extent = walk_document(&saved, MAX_OPS)?;
    if extent.ops != snapshot.ops || u64::from(extent.changes) > MAX_CHANGES {
        return Err(Unusable::Forged);
    }
    Ok(saved)
}
