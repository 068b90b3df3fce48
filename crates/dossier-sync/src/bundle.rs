//! The same frames in a file, for a stick or the mail.
//!
//! A bundle is a line that says what it is, then batches with their length before them, then a closing frame, so
//! that half a file is known to be half. Around that lies an age file for the devices that may have it, since headers,
//! rights and positions in it are in clear: [`seal`] and [`open`]. Reading one takes the path of every other arrival,
//! [`Replica::receive`], and may be repeated at will.

use std::io::{self, BufRead, Read, Write};

use dossier_trust::codec::Reader;
use dossier_trust::epoch::{self, Identity, SealError};

use crate::protocol::{
    BATCH, DONE, MAX_FRAME, NamesIn, NamesOut, Placed, Replica, ReplicaError, Shared, Source, View, gather, place,
    plan, read_batch, read_done, scoped_frontier, write_done,
};

const MAGIC: &[u8; 21] = b"keukentafel/bundle/1\n";

/// Why a bundle could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The file.
    #[error("the file could not be read or written")]
    Io(#[from] io::Error),
    /// The own copy.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// A recipient that is not a key, or a file that none of our keys opens.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Not a bundle, or one of a later version.
    #[error("this is not a bundle that this program can read")]
    NotABundle,
    /// What was read so far is kept; the rest is damaged or missing.
    #[error("the bundle is damaged")]
    Damaged,
}

/// What a bundle brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Arrived {
    /// New items and loose things.
    pub fresh: u64,
    /// Parts that were not taken.
    pub refused: u64,
    /// [`Replica::shared`] may answer differently.
    pub sharing_changed: bool,
}

/// [`write()`] into an age file that the holders of these wrapping keys can open, with the `age` program too.
///
/// # Errors
/// As [`write()`]; [`BundleError::Seal`] for a recipient that is not a key, and when there is none.
pub fn seal(
    replica: &dyn Replica,
    parts: &[Shared],
    recipients: &[[u8; 32]],
    out: &mut dyn Write,
) -> Result<(), BundleError> {
    let mut sealed = epoch::sealing(recipients, out)??;
    write(replica, parts, &mut sealed)?;
    sealed.finish()?.flush()?;
    Ok(())
}

/// [`read()`] from the age file that [`seal`] makes, piece by piece.
///
/// # Errors
/// As [`read()`]; [`BundleError::Seal`] when the file is not for this identity.
pub fn open(replica: &mut dyn Replica, identity: &Identity, input: &mut dyn BufRead) -> Result<Arrived, BundleError> {
    read(replica, &mut epoch::opening(identity, input)?)
}

/// Writes everything that is held of `parts`, within their scopes, in clear.
///
/// # Errors
/// [`BundleError::Io`], [`BundleError::Replica`].
pub fn write(replica: &dyn Replica, parts: &[Shared], out: &mut dyn Write) -> Result<(), BundleError> {
    let mut names = NamesOut::default();
    let mut frames = 0;
    out.write_all(MAGIC)?;
    for part in parts {
        let key = (part.dossier, part.compartment);
        let frontier = scoped_frontier(replica, &key, &part.scope)?;
        let mut view = View::default();
        let mut work = plan(replica, &frontier, &view, &part.scope, true)?.work;
        while !work.is_empty() {
            let batch = gather(replica, &key, &mut work, &mut view)?;
            if !batch.writer.is_empty() {
                write_frame(out, &batch.writer.encode(&mut names, frames, None))?;
                frames += 1;
            }
        }
    }
    write_frame(out, &write_done(frames))?;
    out.flush()?;
    Ok(())
}

fn write_frame(out: &mut dyn Write, frame: &[u8]) -> io::Result<()> {
    let len = u32::try_from(frame.len()).map_err(io::Error::other)?;
    out.write_all(&len.to_be_bytes())?;
    out.write_all(frame)
}

/// Hands everything in a plain bundle to the replica, batch by batch.
///
/// # Errors
/// [`BundleError`]. What came before the fault is kept: reading again is harmless.
pub fn read(replica: &mut dyn Replica, input: &mut dyn Read) -> Result<Arrived, BundleError> {
    let mut magic = [0; MAGIC.len()];
    input.read_exact(&mut magic).map_err(ended(BundleError::NotABundle))?;
    if magic != *MAGIC {
        return Err(BundleError::NotABundle);
    }
    let mut names = NamesIn::default();
    let mut arrived = Arrived::default();
    let mut frames = 0;
    loop {
        let mut len = [0; 4];
        input.read_exact(&mut len).map_err(ended(BundleError::Damaged))?;
        let len = usize::try_from(u32::from_be_bytes(len)).map_err(|_| BundleError::Damaged)?;
        if len > MAX_FRAME {
            return Err(BundleError::Damaged);
        }
        let mut frame = vec![0; len];
        input.read_exact(&mut frame).map_err(ended(BundleError::Damaged))?;
        let mut reader = Reader::new(&frame);
        match reader.u8() {
            Ok(BATCH) => {
                let draft = read_batch(reader, &mut names).map_err(|_| BundleError::Damaged)?;
                let Placed { batch, unplaced, .. } = place(replica, draft, false)?;
                let accepted = replica.receive(Source::Bundle, batch)?;
                arrived.fresh += u64::from(accepted.fresh);
                arrived.refused += (accepted.refused.len() + unplaced.len()) as u64;
                arrived.sharing_changed |= accepted.sharing_changed;
                frames += 1;
            }
            Ok(DONE) => {
                let said = read_done(reader).map_err(|_| BundleError::Damaged)?;
                let nothing_follows = input.read(&mut [0; 1]).map_err(ended(BundleError::Damaged))? == 0;
                return if said == frames && nothing_follows {
                    Ok(arrived)
                } else {
                    Err(BundleError::Damaged)
                };
            }
            _ => return Err(BundleError::Damaged),
        }
    }
}

fn ended(instead: BundleError) -> impl FnOnce(io::Error) -> BundleError {
    move |error| {
        // The second is what an age file says of a piece that was changed.
        if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData) {
            instead
        } else {
            BundleError::Io(error)
        }
    }
}
