//! Receipts: what a device says it did, for the resident's eyes.
//!
//! Delivered, opened, removed. Sealed to owner devices, outside chains and verdict, so that readers and the revoked
//! may send them too. They prove what a device *says*, nothing more.

use ed25519_dalek::SigningKey;

use crate::codec::{Canonical, DecodeError, Reader, Writer};
use crate::epoch::{SealError, open_with, seal_to};
use crate::identity::{Certificate, KeyError, Random, sign, verify};
use crate::ids::{CompartmentId, DossierId};
use crate::item::SUITE;

/// What a device says it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// Showed the compartment to its holder.
    Opened,
    /// Tried to write something that it may not.
    Refused,
    /// Removed its copy after access ended.
    Removed,
    /// Opened what is locked until somebody gives a reason.
    BrokeGlass,
}

/// The sealed half.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What.
    pub deed: Deed,
    /// When, milliseconds of the device's own clock since 1970.
    pub at_ms: u64,
    /// On what: an item id, a section, for a copy that was removed the grants it came with, or nothing.
    pub object: String,
    /// Why, in words, if the device asked.
    pub reason: String,
}

impl Statement {
    const MAX_TEXT: usize = 1024;
    const MAX: usize = 4096;
}

impl Canonical for Statement {
    fn encode(&self, out: &mut Writer) {
        out.u8(self.deed as u8)
            .uint(self.at_ms)
            .bytes(self.object.as_bytes())
            .bytes(self.reason.as_bytes());
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            deed: match input.u8()? {
                0 => Deed::Opened,
                1 => Deed::Refused,
                2 => Deed::Removed,
                3 => Deed::BrokeGlass,
                _ => return Err(DecodeError::UnknownKind),
            },
            at_ms: input.uint()?,
            object: input.text(Self::MAX_TEXT)?.to_owned(),
            reason: input.text(Self::MAX_TEXT)?.to_owned(),
        })
    }
}

/// A signed, sealed [`Statement`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The dossier.
    pub dossier: DossierId,
    /// The compartment it is about.
    pub compartment: CompartmentId,
    /// Who says so.
    pub by: Certificate,
    /// So that equal statements are two receipts.
    pub salt: [u8; 16],
    /// age file to the owner devices.
    pub file: Vec<u8>,
    /// By the device.
    pub signature: [u8; 64],
}

impl Receipt {
    const PURPOSE: &'static str = "receipt";
    const MAX_FILE: usize = 16 * 1024;

    /// Writes one for the owner's devices.
    ///
    /// # Errors
    /// [`SealError::Key`] for a recipient that is not a key.
    pub fn make(
        place: (DossierId, CompartmentId),
        by: Certificate,
        statement: &Statement,
        owners: &[[u8; 32]],
        key: &SigningKey,
        random: &mut dyn Random,
    ) -> Result<Self, SealError> {
        let mut salt = [0; 16];
        random.fill(&mut salt);
        let file = seal_to(owners, &statement.to_bytes())?;
        let mut receipt = Self {
            dossier: place.0,
            compartment: place.1,
            by,
            salt,
            file,
            signature: [0; 64],
        };
        receipt.signature = sign(key, Self::PURPOSE, &receipt.signed_part());
        Ok(receipt)
    }

    fn signed_part(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u8(SUITE).fixed(&self.dossier.0).fixed(&self.compartment.0);
        self.by.encode(&mut out);
        out.fixed(&self.salt).bytes(&self.file);
        out.finish()
    }

    /// Certificate and signature hold.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn verify(&self) -> Result<(), KeyError> {
        self.by.verify()?;
        verify(&self.by.device.0, Self::PURPOSE, &self.signed_part(), &self.signature)
    }

    /// Reads it on an owner device.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn open(&self, identity: &age::x25519::Identity) -> Result<Statement, SealError> {
        Ok(Statement::from_bytes(&open_with(
            identity,
            &self.file,
            Statement::MAX,
        )?)?)
    }
}

impl Canonical for Receipt {
    fn encode(&self, out: &mut Writer) {
        out.fixed(&self.signed_part()).fixed(&self.signature);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if input.u8()? != SUITE {
            return Err(DecodeError::UnknownSuite);
        }
        Ok(Self {
            dossier: DossierId(input.fixed()?),
            compartment: CompartmentId(input.fixed()?),
            by: Certificate::decode(input)?,
            salt: input.fixed()?,
            file: input.bytes(Self::MAX_FILE)?.to_vec(),
            signature: input.fixed()?,
        })
    }
}
