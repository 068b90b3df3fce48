//! Frames other than batches. One byte says which, the canonical codec the rest; nothing may follow.

use dossier_trust::codec::{DecodeError, Reader, Writer};
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, ItemHash};
use dossier_trust::item::{Lane, Position, SUITE};

use super::replica::{ChainFrontier, Frontier, Refusal};
use super::{MAX_CHAINS, MAX_LIST, MAX_LOOSE, MAX_TIPS, VERSION};

pub(crate) const HELLO: u8 = 0;
pub(crate) const OVERVIEW: u8 = 1;
pub(crate) const COMPARTMENTS: u8 = 2;
pub(crate) const FRONTIER: u8 = 3;
pub(crate) const LOCATE: u8 = 4;
pub(crate) const BATCH: u8 = 5;
pub(crate) const ACK: u8 = 6;
pub(crate) const DONE: u8 = 7;

/// Positions in a [`Locate`]: doubling steps back over at most 2³² items, and the tips.
pub(crate) const MAX_LOCATOR: usize = 64;

/// Refusals in one acknowledgement; more than a batch can hold parts.
const MAX_REFUSED: usize = 20_000;

/// Chains and prefixes in one frame of a frontier, so that it stays below the frame's cap.
pub(crate) const CHAINS_PER_FRAME: usize = 4_000;
pub(crate) const LOOSE_PER_FRAME: usize = 20_000;

/// Why a frame could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireError {
    /// Not a frame of this version.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A number that was never explained.
    #[error("a name that was never explained")]
    UnknownName,
}

/// Who starts a [`Compartments`] exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Round {
    /// Both sides send, after overviews that differ.
    Both,
    /// An answer is due.
    Ask,
    /// The answer.
    Answer,
}

#[derive(Debug)]
pub(crate) struct Compartments {
    pub round: Round,
    pub dossier: DossierId,
    pub digests: Vec<(CompartmentId, [u8; 32])>,
}

/// A piece of a frontier; the pieces of one follow each other.
#[derive(Debug)]
pub(crate) struct FrontierPiece {
    pub dossier: DossierId,
    pub compartment: CompartmentId,
    /// No piece follows.
    pub last: bool,
    /// The receiver's own is wanted in return, unless it is under way.
    pub wanted: bool,
    pub chains: Vec<ChainFrontier>,
    pub loose: Vec<[u8; 16]>,
}

#[derive(Debug)]
pub(crate) struct Locate {
    pub dossier: DossierId,
    pub compartment: CompartmentId,
    pub chain: ChainId,
    pub wanted: bool,
    pub positions: Vec<Position>,
}

#[derive(Debug)]
pub(crate) struct Ack {
    pub seq: u64,
    /// The batch used a number that was never explained: nothing of it was taken.
    pub unreadable: bool,
    /// A fresh frontier of the compartment follows.
    pub frontier_follows: bool,
    /// Places in the batch, opens first, then items, then loose things.
    pub refused: Vec<(u32, Refusal)>,
}

fn flag(input: &mut Reader<'_>) -> Result<bool, DecodeError> {
    match input.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(DecodeError::NotCanonical),
    }
}

pub(crate) fn write_hello(me: &DeviceId) -> Vec<u8> {
    let mut out = Writer::new();
    out.u8(HELLO).u8(VERSION).u8(SUITE).fixed(&me.0);
    out.finish()
}

/// `None`: another version or suite.
pub(crate) fn read_hello(mut input: Reader<'_>) -> Result<Option<DeviceId>, WireError> {
    if input.u8()? != VERSION || input.u8()? != SUITE {
        // A later version may go on differently.
        return Ok(None);
    }
    let device = DeviceId(input.fixed()?);
    input.end()?;
    Ok(Some(device))
}

pub(crate) fn write_overview(digests: &[(DossierId, [u8; 32])]) -> Vec<u8> {
    let mut out = Writer::new();
    out.u8(OVERVIEW).list(digests, |out, (dossier, digest)| {
        out.fixed(&dossier.0).fixed(digest);
    });
    out.finish()
}

pub(crate) fn read_overview(mut input: Reader<'_>) -> Result<Vec<(DossierId, [u8; 32])>, WireError> {
    let list = input.list(MAX_LIST, |input| Ok((DossierId(input.fixed()?), input.fixed()?)))?;
    input.end()?;
    Ok(list)
}

impl Compartments {
    pub fn write(&self) -> Vec<u8> {
        let mut out = Writer::new();
        let round = match self.round {
            Round::Both => 0,
            Round::Ask => 1,
            Round::Answer => 2,
        };
        out.u8(COMPARTMENTS)
            .u8(round)
            .fixed(&self.dossier.0)
            .list(&self.digests, |out, (compartment, digest)| {
                out.fixed(&compartment.0).fixed(digest);
            });
        out.finish()
    }

    pub fn read(mut input: Reader<'_>) -> Result<Self, WireError> {
        let round = match input.u8()? {
            0 => Round::Both,
            1 => Round::Ask,
            2 => Round::Answer,
            _ => return Err(DecodeError::UnknownKind.into()),
        };
        let dossier = DossierId(input.fixed()?);
        let digests = input.list(MAX_LIST, |input| Ok((CompartmentId(input.fixed()?), input.fixed()?)))?;
        input.end()?;
        Ok(Self {
            round,
            dossier,
            digests,
        })
    }
}

/// The frames of one frontier.
pub(crate) fn write_frontier(
    dossier: &DossierId,
    compartment: &CompartmentId,
    wanted: bool,
    frontier: &Frontier,
) -> Vec<Vec<u8>> {
    let chains = frontier.chains.get(..MAX_CHAINS).unwrap_or(&frontier.chains);
    let loose = frontier.loose.get(..MAX_LOOSE).unwrap_or(&frontier.loose);
    let mut chains = chains.chunks(CHAINS_PER_FRAME).peekable();
    let mut loose = loose.chunks(LOOSE_PER_FRAME).peekable();
    let mut frames = Vec::new();
    loop {
        let chain_piece = chains.next().unwrap_or_default();
        let loose_piece = loose.next().unwrap_or_default();
        let last = chains.peek().is_none() && loose.peek().is_none();
        let mut out = Writer::new();
        out.u8(FRONTIER)
            .fixed(&dossier.0)
            .fixed(&compartment.0)
            .u8(u8::from(last))
            .u8(u8::from(wanted));
        out.list(chain_piece, |out, chain| {
            let tips = chain.tips.get(..MAX_TIPS).unwrap_or(&chain.tips);
            out.fixed(&chain.chain.0).u8(chain.lane.code()).list(tips, |out, tip| {
                out.uint(u64::from(tip.n)).fixed(&tip.hash.0);
            });
        });
        out.list(loose_piece, |out, id| {
            out.fixed(&id.prefix());
        });
        frames.push(out.finish());
        if last {
            return frames;
        }
    }
}

impl FrontierPiece {
    pub fn read(mut input: Reader<'_>) -> Result<Self, WireError> {
        let dossier = DossierId(input.fixed()?);
        let compartment = CompartmentId(input.fixed()?);
        let last = flag(&mut input)?;
        let wanted = flag(&mut input)?;
        let chains = input.list(MAX_CHAINS, |input| {
            let chain = ChainId(input.fixed()?);
            let lane = Lane::from_code(input.u8()?)?;
            let tips = input.list(MAX_TIPS, |input| {
                Ok(Position {
                    chain,
                    n: input.u32()?,
                    hash: ItemHash(input.fixed()?),
                })
            })?;
            Ok(ChainFrontier { chain, lane, tips })
        })?;
        let loose = input.list(MAX_LOOSE, |input| input.fixed::<16>())?;
        input.end()?;
        Ok(Self {
            dossier,
            compartment,
            last,
            wanted,
            chains,
            loose,
        })
    }
}

impl Locate {
    pub fn write(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u8(LOCATE)
            .fixed(&self.dossier.0)
            .fixed(&self.compartment.0)
            .fixed(&self.chain.0)
            .u8(u8::from(self.wanted))
            .list(&self.positions, |out, position| {
                out.uint(u64::from(position.n)).fixed(&position.hash.0);
            });
        out.finish()
    }

    pub fn read(mut input: Reader<'_>) -> Result<Self, WireError> {
        let dossier = DossierId(input.fixed()?);
        let compartment = CompartmentId(input.fixed()?);
        let chain = ChainId(input.fixed()?);
        let wanted = flag(&mut input)?;
        let positions = input.list(MAX_LOCATOR, |input| {
            Ok(Position {
                chain,
                n: input.u32()?,
                hash: ItemHash(input.fixed()?),
            })
        })?;
        input.end()?;
        Ok(Self {
            dossier,
            compartment,
            chain,
            wanted,
            positions,
        })
    }
}

impl Ack {
    pub fn write(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u8(ACK)
            .uint(self.seq)
            .u8(u8::from(self.unreadable) | u8::from(self.frontier_follows) << 1)
            .list(&self.refused, |out, (at, refusal)| {
                out.uint(u64::from(*at)).u8(refusal.code());
            });
        out.finish()
    }

    pub fn read(mut input: Reader<'_>) -> Result<Self, WireError> {
        let seq = input.uint()?;
        let flags = input.u8()?;
        if flags > 3 {
            return Err(DecodeError::NotCanonical.into());
        }
        let refused = input.list(MAX_REFUSED, |input| {
            Ok((
                input.u32()?,
                Refusal::from_code(input.u8()?).ok_or(DecodeError::UnknownKind)?,
            ))
        })?;
        input.end()?;
        Ok(Self {
            seq,
            unreadable: flags & 1 != 0,
            frontier_follows: flags & 2 != 0,
            refused,
        })
    }
}

/// `heard`: exchanges (compartments, frontiers, locates) received and dealt with so far.
pub(crate) fn write_done(heard: u64) -> Vec<u8> {
    let mut out = Writer::new();
    out.u8(DONE).uint(heard);
    out.finish()
}

pub(crate) fn read_done(mut input: Reader<'_>) -> Result<u64, WireError> {
    let heard = input.uint()?;
    input.end()?;
    Ok(heard)
}
