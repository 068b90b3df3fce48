//! Chains of signed items.
//!
//! A signed [`Open`] starts a chain; its BLAKE3 hash is the chain's name. Every [`Item`] is a header, a signature
//! over it and a body. `prev` hashes the header before, so one signature covers everything below it; the header's
//! `hash` covers the body, so a body may go and the chain still verifies.

use ed25519_dalek::SigningKey;

use crate::codec::{Canonical, DecodeError, Reader, Writer};
use crate::identity::{KeyError, sign, verify};
use crate::ids::{ChainId, CompartmentId, DeviceId, DossierId, EpochId, GenerationId, ItemHash, blake3};
use crate::operation::OpId;

/// The only suite so far: Ed25519, X25519 through age v1, XChaCha20-Poly1305, BLAKE3, this codec.
pub const SUITE: u8 = 1;

/// A body is at most this long: a change's 256 KiB, its nonce, tag and codec byte, and room for an age header.
pub const MAX_BODY: usize = 300 * 1024;

/// What a chain holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Operations of the consent log, in clear.
    Log,
    /// Exactly one Automerge change per item.
    Doc,
    /// Records.
    Rec,
}

impl Lane {
    /// Byte on the wire and in the store.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Log => 0,
            Self::Doc => 1,
            Self::Rec => 2,
        }
    }

    /// Reads [`Self::code`].
    ///
    /// # Errors
    /// [`DecodeError::UnknownKind`].
    pub fn from_code(code: u8) -> Result<Self, DecodeError> {
        match code {
            0 => Ok(Self::Log),
            1 => Ok(Self::Doc),
            2 => Ok(Self::Rec),
            _ => Err(DecodeError::UnknownKind),
        }
    }
}

/// What the body of an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An operation, in clear (log lane).
    Operation,
    /// A packed Automerge change, sealed under the epoch (doc lane).
    Change,
    /// A record, sealed under the epoch (rec lane).
    Record,
    /// A record for a smaller audience: an age file (rec lane). The header's epoch is zero.
    RecordTo,
}

impl Kind {
    fn code(self) -> u8 {
        match self {
            Self::Operation => 0,
            Self::Change => 1,
            Self::Record => 2,
            Self::RecordTo => 3,
        }
    }

    /// The lane that this kind belongs in.
    #[must_use]
    pub fn lane(self) -> Lane {
        match self {
            Self::Operation => Lane::Log,
            Self::Change => Lane::Doc,
            Self::Record | Self::RecordTo => Lane::Rec,
        }
    }
}

/// First word of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The dossier.
    pub dossier: DossierId,
    /// The compartment.
    pub compartment: CompartmentId,
    /// Generation of the document; zero in log and rec.
    pub generation: GenerationId,
    /// What the chain holds.
    pub lane: Lane,
    /// The grant under which its author writes; zero for owner devices and the dossier's root.
    pub grant: OpId,
    /// Who signs every item of it.
    pub device: DeviceId,
    /// So that a device can open any number of chains.
    pub nonce: [u8; 16],
}

impl Open {
    /// The chain's name.
    #[must_use]
    pub fn chain(&self) -> ChainId {
        ChainId(blake3(&self.to_bytes()))
    }

    /// Signs it.
    #[must_use]
    pub fn sign(self, key: &SigningKey) -> SignedOpen {
        let signature = sign(key, "open", &self.to_bytes());
        SignedOpen { open: self, signature }
    }
}

impl Canonical for Open {
    fn encode(&self, out: &mut Writer) {
        out.u8(SUITE)
            .fixed(&self.dossier.0)
            .fixed(&self.compartment.0)
            .fixed(&self.generation.0)
            .u8(self.lane.code())
            .fixed(&self.grant.0)
            .fixed(&self.device.0)
            .fixed(&self.nonce);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if input.u8()? != SUITE {
            return Err(DecodeError::UnknownSuite);
        }
        let open = Self {
            dossier: DossierId(input.fixed()?),
            compartment: CompartmentId(input.fixed()?),
            generation: GenerationId(input.fixed()?),
            lane: Lane::from_code(input.u8()?)?,
            grant: OpId(input.fixed()?),
            device: DeviceId(input.fixed()?),
            nonce: input.fixed()?,
        };
        if open.lane != Lane::Doc && open.generation != GenerationId::default() {
            return Err(DecodeError::NotCanonical);
        }
        Ok(open)
    }
}

/// An [`Open`] with its device's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOpen {
    /// What was signed.
    pub open: Open,
    /// By `open.device`.
    pub signature: [u8; 64],
}

impl SignedOpen {
    /// The signature holds, strictly.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn verify(&self) -> Result<(), KeyError> {
        verify(&self.open.device.0, "open", &self.open.to_bytes(), &self.signature)
    }
}

impl Canonical for SignedOpen {
    fn encode(&self, out: &mut Writer) {
        self.open.encode(out);
        out.fixed(&self.signature);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            open: Open::decode(input)?,
            signature: input.fixed()?,
        })
    }
}

/// What an item's signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The chain.
    pub chain: ChainId,
    /// Position, from 1 without gaps.
    pub n: u32,
    /// Hash of the header before; of the open for the first.
    pub prev: ItemHash,
    /// What the body is.
    pub kind: Kind,
    /// The epoch under which the body is sealed; zero where it is not.
    pub epoch: EpochId,
    /// Length of the body in bytes.
    pub len: u32,
    /// BLAKE3 of the body.
    pub hash: [u8; 32],
}

impl Header {
    /// The item's name.
    #[must_use]
    pub fn item_hash(&self) -> ItemHash {
        ItemHash(blake3(&self.to_bytes()))
    }

    /// Associated data of the body's seal: the header without `hash`, which is not known before sealing.
    #[must_use]
    pub fn associated_data(&self) -> Vec<u8> {
        let mut out = Writer::new();
        self.encode_without_hash(&mut out);
        out.finish()
    }

    fn encode_without_hash(&self, out: &mut Writer) {
        out.fixed(&self.chain.0)
            .uint(u64::from(self.n))
            .fixed(&self.prev.0)
            .u8(self.kind.code())
            .fixed(&self.epoch.0)
            .uint(u64::from(self.len));
    }
}

impl Canonical for Header {
    fn encode(&self, out: &mut Writer) {
        self.encode_without_hash(out);
        out.fixed(&self.hash);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let header = Self {
            chain: ChainId(input.fixed()?),
            n: input.u32()?,
            prev: ItemHash(input.fixed()?),
            kind: match input.u8()? {
                0 => Kind::Operation,
                1 => Kind::Change,
                2 => Kind::Record,
                3 => Kind::RecordTo,
                _ => return Err(DecodeError::UnknownKind),
            },
            epoch: EpochId(input.fixed()?),
            len: input.u32()?,
            hash: input.fixed()?,
        };
        let sealed_under_epoch = matches!(header.kind, Kind::Change | Kind::Record);
        if header.n == 0 || sealed_under_epoch == (header.epoch == EpochId::default()) {
            return Err(DecodeError::NotCanonical);
        }
        if header.len as usize > MAX_BODY {
            return Err(DecodeError::TooLong);
        }
        Ok(header)
    }
}

/// One link of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What was signed.
    pub header: Header,
    /// By the chain's device.
    pub signature: [u8; 64],
    /// The body; none once it was erased.
    pub body: Option<Vec<u8>>,
}

/// A place in a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The chain.
    pub chain: ChainId,
    /// The item's number.
    pub n: u32,
    /// The item's name.
    pub hash: ItemHash,
}

impl Canonical for Position {
    fn encode(&self, out: &mut Writer) {
        out.fixed(&self.chain.0).uint(u64::from(self.n)).fixed(&self.hash.0);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            chain: ChainId(input.fixed()?),
            n: input.u32()?,
            hash: ItemHash(input.fixed()?),
        })
    }
}

/// Why an item is not valid. None of these depends on anything but the item and the chain below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ItemError {
    /// Not the canonical bytes of an item.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Signature or key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The item names another chain than the one it was given for.
    #[error("the item belongs to another chain")]
    OtherChain,
    /// The kind does not belong in this lane.
    #[error("this kind does not belong in this lane")]
    WrongLane,
    /// `prev` or `n` does not follow what was given as the item before.
    #[error("the item does not follow the one before it")]
    NotNext,
    /// The body has another length or hash than the header says.
    #[error("the body is not the signed one")]
    OtherBody,
}

impl Item {
    /// Signs the next item of a chain.
    #[must_use]
    pub fn sign(header: Header, body: Vec<u8>, key: &SigningKey) -> Self {
        let signature = sign(key, "item", &header.to_bytes());
        Self {
            header,
            signature,
            body: Some(body),
        }
    }

    /// Valid on its own: lane, body and signature. Whether its `prev` is held is the caller's to look up.
    ///
    /// # Errors
    /// [`ItemError`].
    pub fn verify(&self, open: &Open) -> Result<(), ItemError> {
        if self.header.chain != open.chain() {
            return Err(ItemError::OtherChain);
        }
        self.verify_in(self.header.chain, open)
    }

    /// As [`Self::verify`] for a caller who already knows the name of `open`.
    ///
    /// # Errors
    /// [`ItemError`].
    pub fn verify_in(&self, chain: ChainId, open: &Open) -> Result<(), ItemError> {
        if self.header.chain != chain {
            return Err(ItemError::OtherChain);
        }
        if self.header.kind.lane() != open.lane {
            return Err(ItemError::WrongLane);
        }
        if self.header.n == 1 && self.header.prev.0 != chain.0 {
            return Err(ItemError::NotNext);
        }
        if let Some(body) = &self.body
            && (body.len() != self.header.len as usize || blake3(body) != self.header.hash)
        {
            return Err(ItemError::OtherBody);
        }
        verify(&open.device.0, "item", &self.header.to_bytes(), &self.signature)?;
        Ok(())
    }

    /// Where it stands.
    #[must_use]
    pub fn position(&self) -> Position {
        Position {
            chain: self.header.chain,
            n: self.header.n,
            hash: self.header.item_hash(),
        }
    }
}

/// What the next item of a chain continues from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    /// The chain.
    pub chain: ChainId,
    /// Number of the last item; 0 when there is only the open.
    pub n: u32,
    /// Its name; the chain's own when there is only the open.
    pub hash: ItemHash,
}

impl Tip {
    /// A chain with nothing but its open.
    #[must_use]
    pub fn start(chain: ChainId) -> Self {
        Self {
            chain,
            n: 0,
            hash: ItemHash(chain.0),
        }
    }

    /// The header that follows, for a body that is not sealed yet: `hash` is still zero.
    #[must_use]
    pub fn next(&self, kind: Kind, epoch: EpochId, len: u32) -> Header {
        Header {
            chain: self.chain,
            n: self.n.saturating_add(1),
            prev: self.hash,
            kind,
            epoch,
            len,
            hash: [0; 32],
        }
    }
}

impl From<Position> for Tip {
    fn from(position: Position) -> Self {
        Self {
            chain: position.chain,
            n: position.n,
            hash: position.hash,
        }
    }
}
