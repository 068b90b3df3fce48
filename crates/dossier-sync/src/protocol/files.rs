//! What is said about files: whoever misses one asks for it, a piece at a time, on a stream of its own beside the
//! conversation about items.
//!
//! ```text
//! asks                   is answered
//! Open                   first, once: files are spoken of at all
//! Piece                  Piece, or None: not here, and not theirs, are one answer
//!                        Look: our copies are equal now; does a file of ours lack there?
//! Content                nothing that came with the items is lacking any more, as far as this side can give it
//! ```
//!
//! The side that answers keeps nothing between two questions: it decides anew for every piece, so an access that ends
//! ends in the middle of a file, and a cut costs at most one piece. It cannot send what was not asked for.

use dossier_trust::codec::{Canonical, DecodeError, Reader, Writer};

use super::VERSION;

/// Bytes of a file in one answer.
pub const PIECE_BYTES: usize = 256 << 10;

/// Longest question.
pub const MAX_QUESTION: usize = 64;

/// Longest answer.
pub const MAX_ANSWER: usize = PIECE_BYTES + 64;

/// Name of a file: the BLAKE3 of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub [u8; 32]);

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Length of the whole file, in bytes.
    pub total: u64,
    /// At most [`PIECE_BYTES`], from where it was asked for on; none at the end.
    pub bytes: Vec<u8>,
}

/// What the side says that misses files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileQuestion {
    /// Opens the stream.
    Open,
    /// A piece is wanted.
    Piece {
        /// Comes back with the answer.
        number: u32,
        /// Of which file.
        id: FileId,
        /// From which byte on.
        offset: u64,
    },
    /// Nothing is lacking, after so many times [`FileAnswer::Look`].
    Content {
        /// How many.
        looks: u32,
    },
}

/// What the side says that may have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileAnswer {
    /// It is not here, or not for whoever asked.
    None {
        /// That of the question.
        number: u32,
    },
    /// It is.
    Piece {
        /// That of the question.
        number: u32,
        /// The piece.
        piece: Piece,
    },
    /// Both copies are equal, or a file came.
    Look,
}

impl Canonical for FileQuestion {
    fn encode(&self, out: &mut Writer) {
        match self {
            Self::Open => {
                out.u8(0).u8(VERSION);
            }
            Self::Piece { number, id, offset } => {
                out.u8(1).uint(u64::from(*number)).fixed(&id.0).uint(*offset);
            }
            Self::Content { looks } => {
                out.u8(2).uint(u64::from(*looks));
            }
        }
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match input.u8()? {
            0 if input.u8()? == VERSION => Ok(Self::Open),
            1 => Ok(Self::Piece {
                number: input.u32()?,
                id: FileId(input.fixed()?),
                offset: input.uint()?,
            }),
            2 => Ok(Self::Content { looks: input.u32()? }),
            _ => Err(DecodeError::UnknownKind),
        }
    }
}

impl Canonical for FileAnswer {
    fn encode(&self, out: &mut Writer) {
        match self {
            Self::None { number } => {
                out.u8(0).uint(u64::from(*number));
            }
            Self::Piece { number, piece } => {
                out.u8(1).uint(u64::from(*number)).uint(piece.total).bytes(&piece.bytes);
            }
            Self::Look => {
                out.u8(2);
            }
        }
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match input.u8()? {
            0 => Ok(Self::None { number: input.u32()? }),
            1 => Ok(Self::Piece {
                number: input.u32()?,
                piece: Piece {
                    total: input.uint()?,
                    bytes: input.bytes(PIECE_BYTES)?.to_vec(),
                },
            }),
            2 => Ok(Self::Look),
            _ => Err(DecodeError::UnknownKind),
        }
    }
}
