//! The conversation between two devices, as a state machine without input, output or clock.
//!
//! ```text
//! Hello, Overview        one digest per shared dossier; when all are equal nothing else is said
//! Compartments           for a dossier that differs: one digest per compartment
//! Frontier               for a compartment that differs: every chain with its tips, every loose thing by prefix
//! Locate                 only at a fork: where do our copies of this chain part?
//! Batch → Ack            what the other lacks, log first; acknowledged once it is persisted
//! Done                   nothing more to send for now
//! ```
//!
//! Both sides run the same machine. A side pushes what it knows the other to lack; it never pulls. After the first
//! exchange it remembers what the other holds, so a new item goes straight out in one frame.

mod batch;
mod files;
mod intake;
mod names;
mod push;
mod replica;
mod session;
#[cfg(test)]
mod vectors;
mod view;
mod wire;

pub use files::{FileAnswer, FileId, FileQuestion, MAX_ANSWER, MAX_QUESTION, PIECE_BYTES, Piece};
pub use replica::{
    Accepted, Batch, ChainFrontier, Frontier, Loose, LooseId, Refusal, Refused, Replica, ReplicaError, Scope, Shared,
    Source,
};
pub use session::{Input, Output, Reason, Session};

pub(crate) use batch::read_batch;
pub(crate) use intake::{Placed, place};
pub(crate) use names::{NamesIn, NamesOut};
pub(crate) use push::{gather, plan};
pub(crate) use view::{View, scoped_frontier};
pub(crate) use wire::{BATCH, DONE, read_done, write_done};

/// Name of the protocol in the handshake.
pub const ALPN: &[u8] = b"keukentafel/sync/1";

/// Version of the frames.
pub const VERSION: u8 = 1;

/// A frame is at most this long, its length prefix left out.
pub const MAX_FRAME: usize = 1 << 20;

/// Batches are closed above this size. A single larger item travels alone.
pub const BATCH_BYTES: usize = 256 * 1024;

/// At most this much is under way to a peer without an acknowledgement.
pub const WINDOW_BYTES: usize = 4 << 20;

/// Dossiers in an overview, compartments in a list.
pub const MAX_LIST: usize = 10_000;

/// Chains in the frontier of one compartment.
pub const MAX_CHAINS: usize = 10_000;

/// Tips of one chain. More than one only at a fork, which only its own device can make.
pub const MAX_TIPS: usize = 16;

/// Loose things in the frontier of one compartment.
pub const MAX_LOOSE: usize = 100_000;

/// A peer that owes an answer and says nothing for this long is let go, in milliseconds.
pub const SILENCE_MS: u64 = 60_000;
