//! Preflight: what an Automerge change must pass before Automerge sees a byte of it.
//!
//! Automerge trusts its input: changes of less than a hundred bytes can keep its parser busy for
//! days, or leave a document that never loads again. Every change that did not come out of this
//! device's own transaction therefore passes two gates, and one's own passes them before signing:
//!
//! 1. [`inspect`] reads the bytes alone. Work is linear in the bytes, memory is bounded before
//!    anything is materialised, and only the one canonical form is let through.
//! 2. [`OpIndex::check`] compares what the change names with what its own causal past holds.
//!
//! Both are pure functions of the change and its causal past: what else a peer happens to hold
//! never alters the outcome. The exceptions are refusals that are about the index and not about
//! the change, see [`Refusal::is_final`].
//!
//! Not let through although Automerge would take them: marks, tables, block markers in a text,
//! text elements that are not one code point, author footers, commit messages.

mod causal;
mod change;
mod codec;
mod contents;
mod document;
mod index;
mod reader;
mod runs;

pub use change::{Inspected, inspect};
pub use codec::{pack, pack_document, unpack, unpack_document};
pub use contents::{Contents, Made, Put, Standing};
pub use document::{DocumentExtent, walk_document};
pub use index::OpIndex;

/// Bounds on one change and on the shape of the document it may make; one fixed set per suite.
///
/// They decide verdicts, so two programs that differ in one of them can disagree about a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one uncompressed change chunk.
    pub max_bytes: usize,
    /// Operations in one change.
    pub max_ops: u32,
    /// Predecessors named in one change, over all its operations.
    pub max_preds: u32,
    /// Objects between the root and the deepest object; the root is at depth 0.
    pub max_depth: u8,
    /// Bytes of a map key.
    pub max_key_len: usize,
    /// Bytes of one scalar value.
    pub max_value_len: usize,
    /// Dependencies of one change.
    pub max_deps: usize,
    /// Actors other than the author that one change may name.
    pub max_actors: usize,
    /// Bytes of an actor id.
    pub max_actor_len: usize,
    /// Different keys that one map may ever have held when a change adds another.
    pub max_keys_per_map: usize,
    /// Largest absolute value of a counter's start and of one increment. Automerge adds them as
    /// `i64` without a check; below this bound no document of a plausible size overflows.
    pub max_counter: u64,
    /// Largest absolute value of a change's time, in seconds: Automerge saves times as differences
    /// of `i64`, which saturate instead of failing.
    pub max_time: u64,
}

impl Limits {
    /// The limits of suite 1.
    pub const SUITE_1: Self = Self {
        max_bytes: 256 * 1024,
        max_ops: 20_000,
        max_preds: 40_000,
        max_depth: 16,
        max_key_len: 256,
        max_value_len: 64 * 1024,
        max_deps: 4_096,
        max_actors: 4_096,
        max_actor_len: 32,
        max_keys_per_map: 20_000,
        max_counter: 1 << 31,
        max_time: 1 << 53,
    };
}

/// Why a change was refused. Carries nothing of the change's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More bytes than [`Limits::max_bytes`].
    #[error("the change has too many bytes")]
    TooLarge,
    /// Not an Automerge chunk.
    #[error("not an Automerge chunk")]
    NotAChunk,
    /// A document, deflated change or bundle chunk.
    #[error("the chunk is not an uncompressed change")]
    ChunkType,
    /// The checksum is not that of the bytes.
    #[error("the checksum does not match")]
    Checksum,
    /// The bytes end inside a field.
    #[error("the change ends inside a field")]
    Truncated,
    /// Bytes after the chunk or after the columns; also an author footer.
    #[error("bytes follow the change")]
    ExtraBytes,
    /// A value outside what its field can hold.
    #[error("a field has an impossible value")]
    Malformed,
    /// Readable, but not in the one form that Automerge writes.
    #[error("the change is not in canonical form")]
    NotCanonical,
    /// A commit message.
    #[error("the change carries a message")]
    Message,
    /// A time beyond [`Limits::max_time`].
    #[error("the time of the change is out of range")]
    Time,
    /// More dependencies than [`Limits::max_deps`].
    #[error("the change has too many dependencies")]
    TooManyDependencies,
    /// More other actors than [`Limits::max_actors`], or an actor id that is empty or too long.
    #[error("the change names too many actors, or one of a wrong length")]
    Actors,
    /// An actor is listed that no operation names.
    #[error("the change lists an actor it does not use")]
    UnusedActor,
    /// An actor index beyond the list of actors.
    #[error("an actor index is out of range")]
    ActorIndex,
    /// A column that Automerge 0.12 does not write, or a deflated one.
    #[error("the change has an unknown column")]
    UnknownColumn,
    /// No operations at all.
    #[error("the change has no operations")]
    Empty,
    /// More operations than [`Limits::max_ops`].
    #[error("the change has too many operations")]
    TooManyOperations,
    /// More predecessors than [`Limits::max_preds`].
    #[error("the change names too many predecessors")]
    TooManyPredecessors,
    /// A column has more or fewer rows than there are operations.
    #[error("the columns differ in length")]
    Rows,
    /// An operation counter above 2³² − 1.
    #[error("an operation counter is too large")]
    Counter,
    /// An action that is never let through: table, mark or unknown.
    #[error("the change has an action that is not allowed")]
    Action,
    /// A value that its type or its action does not allow.
    #[error("an operation has a value that is not allowed")]
    Value,
    /// A value above [`Limits::max_value_len`].
    #[error("a value is too long")]
    ValueLength,
    /// A map key that is empty or above [`Limits::max_key_len`].
    #[error("a map key is empty or too long")]
    KeyLength,
    /// An operation whose parts contradict each other, such as an insertion with predecessors.
    #[error("an operation contradicts itself")]
    Operation,
    /// A compressed change that does not unpack, or was packed needlessly.
    #[error("the compressed change does not unpack")]
    Compression,
    /// The actor is not the chain that carries the change.
    #[error("the change was made by another actor than its chain")]
    WrongActor,
    /// The sequence number is not the position in the chain.
    #[error("the sequence number is not the position in the chain")]
    WrongSequence,
    /// A dependency that has not been admitted: wait for it. Not final.
    #[error("a dependency is missing")]
    MissingDependency([u8; 32]),
    /// This very change has been admitted before. Not final: nothing needs to be done.
    #[error("the change has been admitted before")]
    AlreadyAdmitted,
    /// Another change holds this actor and sequence number in this index. Not a property of the
    /// change: the trunk decides, and a replica whose trunk moved builds its index again.
    #[error("another change holds this actor and sequence number")]
    SequenceTaken,
    /// The author's previous change is not in the causal past.
    #[error("the author's previous change is not in the causal past")]
    PreviousNotInPast,
    /// `start_op` is not one more than the largest counter among the dependencies.
    #[error("the first operation counter does not follow from the dependencies")]
    StartOp,
    /// An object, element or predecessor that the causal past does not hold.
    #[error("an operation names something outside its causal past")]
    NotInPast,
    /// An operation in something that is not an object, or of the wrong kind for that object.
    #[error("an operation is of the wrong kind for its object")]
    WrongObject,
    /// A list element of another object, or an operation that is no element.
    #[error("an operation names an element that is not in its list")]
    WrongElement,
    /// A predecessor of another object or key, or one that cannot be overwritten.
    #[error("an operation names a predecessor of another key or kind")]
    WrongPredecessor,
    /// An increment without a counter among its predecessors.
    #[error("an increment names no counter")]
    NotACounter,
    /// Nested deeper than [`Limits::max_depth`].
    #[error("an object is nested too deeply")]
    TooDeep,
    /// A key beyond [`Limits::max_keys_per_map`].
    #[error("a map would hold too many keys")]
    TooManyKeys,
}

impl Refusal {
    /// Whether the refusal holds wherever and whenever the change is looked at.
    ///
    /// The others are about what this index holds now.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(
            self,
            Self::MissingDependency(_) | Self::AlreadyAdmitted | Self::SequenceTaken
        )
    }
}
