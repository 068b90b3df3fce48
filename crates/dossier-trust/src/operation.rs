//! Operations of the consent log: who may do what from when on.
//!
//! Ids, rights and positions are in clear, so that carriers can check them; names and purposes are [`Sealed`].

use crate::checkpoint::MAX_PARTS;
use crate::codec::{Canonical, DecodeError, Reader, Writer, ascending};
use crate::identity::Certificate;
use crate::ids::{BadId, DeviceId, DossierId, EpochId, GenerationId, ItemHash, PrincipalId, blake3};
use crate::item::Position;

/// Name of an operation: BLAKE3 of its byte form. The same bytes are the same operation wherever they stand, so
/// a grant that was revoked stays dead when somebody posts it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct OpId(pub [u8; 32]);

impl OpId {
    /// Written where there is no grant: owner devices and the root.
    pub const OWNER: Self = Self([0; 32]);

    /// Lower-case hexadecimal.
    #[must_use]
    pub fn to_hex(&self) -> String {
        ItemHash(self.0).to_hex()
    }

    /// Reads [`Self::to_hex`].
    ///
    /// # Errors
    /// [`BadId`].
    pub fn from_hex(text: &str) -> Result<Self, BadId> {
        ItemHash::from_hex(text).map(|hash| Self(hash.0))
    }
}

/// What somebody may do in a compartment. Each includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// Carry sealed bytes.
    Relay,
    /// zien: open the epochs.
    Read,
    /// aanvullen: records.
    Append,
    /// aanpassen: records and the document.
    Edit,
    /// A representative: also grants and revokes, for others than managers and owner devices.
    Manage,
}

impl Right {
    fn code(self) -> u8 {
        self as u8
    }

    fn from_code(code: u8) -> Result<Self, DecodeError> {
        [Self::Relay, Self::Read, Self::Append, Self::Edit, Self::Manage]
            .get(usize::from(code))
            .copied()
            .ok_or(DecodeError::UnknownKind)
    }
}

/// What of the past a grant opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Since {
    /// The whole history.
    Beginning,
    /// From the epoch that honours the grant: see [`crate::consent::Consent::may_open`].
    Now,
}

/// Bytes that only readers of an epoch can open, inside something signed in clear.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sealed {
    /// The epoch; zero when the bytes are an age file to named devices.
    pub epoch: EpochId,
    /// The sealed bytes.
    pub bytes: Vec<u8>,
}

impl Sealed {
    const MAX: usize = 16 * 1024;
}

impl Canonical for Sealed {
    fn encode(&self, out: &mut Writer) {
        out.fixed(&self.epoch.0).bytes(&self.bytes);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            epoch: EpochId(input.fixed()?),
            bytes: input.bytes(Self::MAX)?.to_vec(),
        })
    }
}

/// Key of an earlier epoch, sealed under a later one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Back {
    /// The earlier epoch.
    pub parent: EpochId,
    /// Nonce and sealed key.
    pub sealed: [u8; 72],
}

/// A checkpoint's document: see [`crate::checkpoint`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Snapshot {
    /// BLAKE3 of the uncompressed save of the canonical rebuild.
    pub hash: [u8; 32],
    /// Operations that it keeps.
    pub ops: u32,
    /// Its length in bytes.
    pub size: u32,
    /// BLAKE3 of each sealed part, in order.
    pub parts: Vec<[u8; 32]>,
}

/// Where erased bytes must go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EraseAt {
    /// Everywhere.
    All,
    /// Everywhere but at owner devices.
    Others,
}

/// One entry of the consent log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Starts a dossier. Its [`OpId`] is the [`DossierId`].
    Genesis {
        /// The resident.
        root: PrincipalId,
        /// age recipient of the resident's words.
        recovery: [u8; 32],
        /// So that one person can have several dossiers.
        salt: [u8; 32],
    },
    /// A device of an owner (dossier part) or member (compartment).
    Device {
        /// The root's word for it.
        certificate: Certificate,
        /// Its holder's name, for readers.
        holder: Option<Sealed>,
    },
    /// Makes the compartment, or starts its document anew.
    Generation {
        /// The generation before; zero for the first.
        parent: GenerationId,
        /// What of it counts, for ever.
        base: Vec<Position>,
        /// Items of the base whose content goes everywhere, with all below them in their chains. A name that is none of
        /// them says nothing; one that is random keeps two devices from beginning the same generation.
        drop: Vec<ItemHash>,
    },
    /// Gives a principal a right.
    Grant {
        /// To whom.
        principal: PrincipalId,
        /// Which.
        right: Right,
        /// How much of the past.
        since: Since,
        /// Unix seconds after which an owner device revokes it.
        until: Option<u64>,
        /// So that the same right can be given again after a revocation.
        nonce: [u8; 16],
        /// The consent record: names, role, purpose, consent id, how asked.
        record: Option<Sealed>,
    },
    /// Ends a grant.
    Revoke {
        /// Which.
        grant: OpId,
        /// What its holder wrote that still counts.
        keep: Vec<Position>,
    },
    /// Ends a device, for ever.
    Cut {
        /// Which.
        device: DeviceId,
        /// What it wrote that still counts.
        keep: Vec<Position>,
    },
    /// "I have counted this."
    Pin {
        /// Up to where.
        positions: Vec<Position>,
        /// The document at that point, if this is a checkpoint.
        snapshot: Option<Snapshot>,
    },
    /// A new key for what is written from here on.
    Epoch {
        /// Epochs that it follows.
        parents: Vec<EpochId>,
        /// Revokes, cuts, and grants from now on that it honours.
        closes: Vec<OpId>,
        /// Commitment to the key.
        commit: EpochId,
        /// Keys of parents; none of one that does not honour a grant from now on which this one honours.
        back: Vec<Back>,
    },
    /// Asks every holder to destroy an item's body.
    Erase {
        /// Which.
        item: ItemHash,
        /// Where.
        at: EraseAt,
    },
}

/// Lists of positions in one operation are at most this long.
const MAX_POSITIONS: usize = 10_000;
const MAX_LINKS: usize = 4_096;

impl Operation {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> OpId {
        OpId(blake3(&self.to_bytes()))
    }

    /// The dossier that this starts, if it is a genesis.
    #[must_use]
    pub fn starts(&self) -> Option<DossierId> {
        matches!(self, Self::Genesis { .. }).then(|| DossierId(self.id().0))
    }
}

fn positions(out: &mut Writer, list: &[Position]) {
    out.list(list, |out, position| position.encode(out));
}

fn read_positions(input: &mut Reader<'_>) -> Result<Vec<Position>, DecodeError> {
    ascending(input.list(MAX_POSITIONS, Position::decode)?)
}

impl Canonical for Operation {
    fn encode(&self, out: &mut Writer) {
        match self {
            Self::Genesis { root, recovery, salt } => {
                out.u8(0).fixed(&root.0).fixed(recovery).fixed(salt);
            }
            Self::Device { certificate, holder } => {
                out.u8(1);
                certificate.encode(out);
                out.option(holder.as_ref(), |out, sealed| sealed.encode(out));
            }
            Self::Generation { parent, base, drop } => {
                out.u8(2).fixed(&parent.0);
                positions(out, base);
                out.list(drop, |out, hash| {
                    out.fixed(&hash.0);
                });
            }
            Self::Grant {
                principal,
                right,
                since,
                until,
                nonce,
                record,
            } => {
                out.u8(3).fixed(&principal.0).u8(right.code()).u8(*since as u8);
                out.option(until.as_ref(), |out, until| {
                    out.uint(*until);
                });
                out.fixed(nonce)
                    .option(record.as_ref(), |out, sealed| sealed.encode(out));
            }
            Self::Revoke { grant, keep } => {
                out.u8(4).fixed(&grant.0);
                positions(out, keep);
            }
            Self::Cut { device, keep } => {
                out.u8(5).fixed(&device.0);
                positions(out, keep);
            }
            Self::Pin {
                positions: list,
                snapshot,
            } => {
                out.u8(6);
                positions(out, list);
                out.option(snapshot.as_ref(), |out, snapshot| {
                    out.fixed(&snapshot.hash)
                        .uint(u64::from(snapshot.ops))
                        .uint(u64::from(snapshot.size))
                        .list(&snapshot.parts, |out, part| {
                            out.fixed(part);
                        });
                });
            }
            Self::Epoch {
                parents,
                closes,
                commit,
                back,
            } => {
                out.u8(7);
                out.list(parents, |out, parent| {
                    out.fixed(&parent.0);
                });
                out.list(closes, |out, close| {
                    out.fixed(&close.0);
                });
                out.fixed(&commit.0);
                out.list(back, |out, back| {
                    out.fixed(&back.parent.0).fixed(&back.sealed);
                });
            }
            Self::Erase { item, at } => {
                out.u8(8).fixed(&item.0).u8(*at as u8);
            }
        }
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match input.u8()? {
            0 => Self::Genesis {
                root: PrincipalId(input.fixed()?),
                recovery: input.fixed()?,
                salt: input.fixed()?,
            },
            1 => {
                let certificate = Certificate::decode(input)?;
                // Consent believes every certificate that it reads, so one that does not hold must not become one.
                if certificate.verify().is_err() {
                    return Err(DecodeError::NotCanonical);
                }
                Self::Device {
                    certificate,
                    holder: input.option(Sealed::decode)?,
                }
            }
            2 => Self::Generation {
                parent: GenerationId(input.fixed()?),
                base: read_positions(input)?,
                drop: ascending(input.list(MAX_POSITIONS, |input| Ok(ItemHash(input.fixed()?)))?)?,
            },
            3 => Self::Grant {
                principal: PrincipalId(input.fixed()?),
                right: Right::from_code(input.u8()?)?,
                since: match input.u8()? {
                    0 => Since::Beginning,
                    1 => Since::Now,
                    _ => return Err(DecodeError::UnknownKind),
                },
                until: input.option(Reader::uint)?,
                nonce: input.fixed()?,
                record: input.option(Sealed::decode)?,
            },
            4 => Self::Revoke {
                grant: OpId(input.fixed()?),
                keep: read_positions(input)?,
            },
            5 => Self::Cut {
                device: DeviceId(input.fixed()?),
                keep: read_positions(input)?,
            },
            6 => Self::Pin {
                positions: read_positions(input)?,
                snapshot: input.option(|input| {
                    Ok(Snapshot {
                        hash: input.fixed()?,
                        ops: input.u32()?,
                        size: input.u32()?,
                        parts: input.list(MAX_PARTS, Reader::fixed)?,
                    })
                })?,
            },
            7 => Self::Epoch {
                parents: ascending(input.list(MAX_LINKS, |input| Ok(EpochId(input.fixed()?)))?)?,
                closes: ascending(input.list(MAX_LINKS, |input| Ok(OpId(input.fixed()?)))?)?,
                commit: EpochId(input.fixed()?),
                back: ascending(input.list(MAX_LINKS, |input| {
                    Ok(Back {
                        parent: EpochId(input.fixed()?),
                        sealed: input.fixed()?,
                    })
                })?)?,
            },
            8 => Self::Erase {
                item: ItemHash(input.fixed()?),
                at: match input.u8()? {
                    0 => EraseAt::All,
                    1 => EraseAt::Others,
                    _ => return Err(DecodeError::UnknownKind),
                },
            },
            _ => return Err(DecodeError::UnknownKind),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{DeviceSecrets, Random, RootSecret};
    use crate::ids::ChainId;
    use crate::testing::Seeded;

    fn one_of_each() -> Vec<Operation> {
        let mut random = Seeded::new(7);
        let root = RootSecret::from_entropy(random.array());
        let device = DeviceSecrets::generate(&mut random);
        let place = |byte: u8| Position {
            chain: ChainId([byte; 32]),
            n: u32::from(byte) + 1,
            hash: ItemHash([byte; 32]),
        };
        let sealed = Sealed {
            epoch: EpochId([9; 32]),
            bytes: vec![1, 2, 3],
        };
        vec![
            Operation::Genesis {
                root: root.principal(),
                recovery: [4; 32],
                salt: random.array(),
            },
            Operation::Device {
                certificate: root.certify(&device).unwrap(),
                holder: Some(sealed.clone()),
            },
            Operation::Generation {
                parent: GenerationId([0; 32]),
                base: vec![place(1), place(2)],
                drop: vec![],
            },
            Operation::Grant {
                principal: root.principal(),
                right: Right::Edit,
                since: Since::Now,
                until: Some(1_800_000_000),
                nonce: random.array(),
                record: Some(sealed),
            },
            Operation::Revoke {
                grant: OpId([5; 32]),
                keep: vec![place(3)],
            },
            Operation::Cut {
                device: device.device(),
                keep: vec![],
            },
            Operation::Pin {
                positions: vec![place(1)],
                snapshot: Some(Snapshot {
                    hash: [1; 32],
                    ops: 5,
                    size: 900,
                    parts: vec![[2; 32], [1; 32]],
                }),
            },
            Operation::Epoch {
                parents: vec![EpochId([1; 32])],
                closes: vec![OpId([2; 32])],
                commit: EpochId([3; 32]),
                back: vec![Back {
                    parent: EpochId([1; 32]),
                    sealed: [6; 72],
                }],
            },
            Operation::Erase {
                item: ItemHash([8; 32]),
                at: EraseAt::Others,
            },
        ]
    }

    #[test]
    fn every_operation_has_one_byte_form() {
        for operation in one_of_each() {
            let bytes = operation.to_bytes();
            assert_eq!(Operation::from_bytes(&bytes).as_ref(), Ok(&operation));
            for cut in 0..bytes.len() {
                assert!(Operation::from_bytes(&bytes[..cut]).is_err());
            }
            for at in 0..bytes.len() {
                let mut other = bytes.clone();
                other[at] ^= 0x55;
                if let Ok(read) = Operation::from_bytes(&other) {
                    assert_eq!(read.to_bytes(), other, "two byte forms of one operation");
                }
            }
        }
    }

    #[test]
    fn unordered_sets_are_refused() {
        let place = |byte: u8| Position {
            chain: ChainId([byte; 32]),
            n: 1,
            hash: ItemHash([byte; 32]),
        };
        let bytes = Operation::Revoke {
            grant: OpId::OWNER,
            keep: vec![place(2), place(1)],
        }
        .to_bytes();
        assert_eq!(Operation::from_bytes(&bytes), Err(DecodeError::NotCanonical));
    }
}
