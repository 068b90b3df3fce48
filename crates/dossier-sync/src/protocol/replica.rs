//! What the protocol asks of the program's own copy.

use std::collections::BTreeMap;

use dossier_trust::codec::Writer;
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, blake3};
use dossier_trust::item::{Item, Lane, Position, SignedOpen};

/// The copy could not be read or written: a fault of this machine, never of the peer.
#[derive(Debug, thiserror::Error)]
#[error("the local copy failed")]
pub struct ReplicaError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// How much of a compartment a peer may hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of it.
    Everything,
    /// Only these chains of the log lane, up to and including these positions: enough for a peer whose access
    /// ended to learn that it did. At most one position per chain.
    LogUpTo(Vec<Position>),
}

/// A compartment that a peer may hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// The dossier.
    pub dossier: DossierId,
    /// The compartment.
    pub compartment: CompartmentId,
    /// How much of it.
    pub scope: Scope,
}

/// One chain of a [`Frontier`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainFrontier {
    /// The chain.
    pub chain: ChainId,
    /// What it holds.
    pub lane: Lane,
    /// Its last items, ascending: none when only its open is held, several only at a fork.
    pub tips: Vec<Position>,
}

/// What a copy of a compartment holds. It grows with the number of chains, never with the number of items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    /// Every chain, ascending by name.
    pub chains: Vec<ChainFrontier>,
    /// Every loose thing, ascending.
    pub loose: Vec<LooseId>,
}

/// Name of a [`Loose`] thing: the hash of all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LooseId(pub [u8; 32]);

impl LooseId {
    /// What a frontier says of it on the wire.
    #[must_use]
    pub fn prefix(&self) -> [u8; 16] {
        self.0.first_chunk::<16>().copied().unwrap_or_default()
    }
}

/// Something outside the chains that travels with a compartment: a wrapped epoch key, a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loose {
    /// What it is; the program's own numbering.
    pub kind: u8,
    /// What it is about: an epoch, a record.
    pub about: [u8; 32],
    /// The thing itself, signed by whoever made it. At most [`dossier_trust::item::MAX_BODY`] bytes.
    pub bytes: Vec<u8>,
}

impl Loose {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> LooseId {
        let mut out = Writer::new();
        out.fixed(b"keukentafel/loose/1")
            .u8(self.kind)
            .fixed(&self.about)
            .bytes(&self.bytes);
        LooseId(blake3(&out.finish()))
    }
}

/// Where a [`Batch`] came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A connected device.
    Peer(DeviceId),
    /// A file. Who handed it over proves nothing.
    Bundle,
}

/// What arrived for one compartment. Nothing in it has been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The dossier.
    pub dossier: DossierId,
    /// The compartment.
    pub compartment: CompartmentId,
    /// Opens of new chains; they name this dossier and compartment by construction.
    pub opens: Vec<SignedOpen>,
    /// Items, those of one chain in order. Their chains may be any: whether a chain belongs to this compartment is
    /// the replica's to check.
    pub items: Vec<Item>,
    /// Loose things.
    pub loose: Vec<Loose>,
}

/// Why something was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// The open or the item before it is not held: send it from further back.
    Missing,
    /// Not wanted from this peer: no right, other compartment, gone.
    Unwanted,
    /// Signature, lane, link or form does not hold. An honest peer never sends such a thing.
    Invalid,
    /// Above a quota.
    Quota,
    /// Not now: disk full, shutting down.
    Later,
}

impl Refusal {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Missing => 0,
            Self::Unwanted => 1,
            Self::Invalid => 2,
            Self::Quota => 3,
            Self::Later => 4,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [Self::Missing, Self::Unwanted, Self::Invalid, Self::Quota, Self::Later]
            .get(usize::from(code))
            .copied()
    }
}

/// Names one part of a [`Batch`] by its place in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refused {
    /// `opens[_]`.
    Open(usize),
    /// `items[_]`.
    Item(usize),
    /// `loose[_]`.
    Loose(usize),
}

/// What became of a [`Batch`]. Whatever is not refused is persisted, or was held already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// What was not taken, and why.
    pub refused: Vec<(Refused, Refusal)>,
    /// Items and loose things that were new here.
    pub fresh: u32,
    /// [`Replica::shared`] may answer differently now, for any peer.
    pub sharing_changed: bool,
}

/// The program's own copy, over its store and its rules of trust.
///
/// Every method sees one consistent state for as long as [`super::Session::handle`] runs.
pub trait Replica {
    /// Everything that `peer` may hear of. Nothing else is ever mentioned to it.
    ///
    /// # Errors
    /// [`ReplicaError`], as everywhere here: reading or writing failed.
    fn shared(&self, peer: &DeviceId) -> Result<Vec<Shared>, ReplicaError>;

    /// How much of one compartment `peer` may hear of; asked again before every batch.
    ///
    /// # Errors
    /// [`ReplicaError`].
    fn scope(
        &self,
        peer: &DeviceId,
        dossier: &DossierId,
        compartment: &CompartmentId,
    ) -> Result<Option<Scope>, ReplicaError> {
        let all = self.shared(peer)?;
        Ok(all
            .into_iter()
            .find(|one| one.dossier == *dossier && one.compartment == *compartment)
            .map(|one| one.scope))
    }

    /// What is held of a compartment; empty when nothing is.
    ///
    /// # Errors
    /// [`ReplicaError`].
    fn frontier(&self, dossier: &DossierId, compartment: &CompartmentId) -> Result<Frontier, ReplicaError>;

    /// Chains of which bodies are lacking that should be held, each with the items right before the first of those. A
    /// peer is told that the copy ends there, and so sends it again from there.
    ///
    /// # Errors
    /// [`ReplicaError`].
    fn lacking(
        &self,
        _dossier: &DossierId,
        _compartment: &CompartmentId,
    ) -> Result<BTreeMap<ChainId, Vec<Position>>, ReplicaError> {
        Ok(BTreeMap::new())
    }

    /// The open of a chain.
    ///
    /// # Errors
    /// [`ReplicaError`].
    fn chain_open(&self, chain: &ChainId) -> Result<Option<SignedOpen>, ReplicaError>;

    /// Items of a chain with a number above `after`, of every branch, ascending by number: about `max_bytes`
    /// of them, but always all that share a number, and at least one if there is any.
    ///
    /// # Errors
    /// [`ReplicaError`].
    fn items_after(&self, chain: &ChainId, after: u32, max_bytes: usize) -> Result<Vec<Item>, ReplicaError>;

    /// The items with number `n` of a chain: several only at a fork, none when not held.
    ///
    /// # Errors
    /// [`ReplicaError`].
    fn at(&self, chain: &ChainId, n: u32) -> Result<Vec<Position>, ReplicaError>;

    /// Number of the last item below the first fork of a chain. Only asked of a chain with several tips.
    ///
    /// # Errors
    /// [`ReplicaError`].
    fn fork(&self, chain: &ChainId) -> Result<u32, ReplicaError>;

    /// A loose thing.
    ///
    /// # Errors
    /// [`ReplicaError`].
    fn loose(&self, id: &LooseId) -> Result<Option<Loose>, ReplicaError>;

    /// Verifies and persists what arrived, in one transaction, before it returns: the peer hears an acknowledgement
    /// right after. What is held already is accepted again.
    ///
    /// # Errors
    /// [`ReplicaError`]: nothing was persisted.
    fn receive(&mut self, from: Source, batch: Batch) -> Result<Accepted, ReplicaError>;

    /// `peer` has persisted these.
    ///
    /// # Errors
    /// [`ReplicaError`].
    fn acknowledged(
        &mut self,
        peer: &DeviceId,
        dossier: &DossierId,
        compartment: &CompartmentId,
        positions: &[Position],
        loose: &[LooseId],
    ) -> Result<(), ReplicaError>;
}
