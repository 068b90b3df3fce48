//! Records: what somebody said, in their own name, for good.
//!
//! A record carries its author's certificate and signature inside, so it stays the author's when somebody posts it
//! again: in another compartment of the dossier, for other readers, from another device. It shows once.

use ed25519_dalek::SigningKey;

use crate::codec::{Canonical, DecodeError, Reader, Writer};
use crate::identity::{Certificate, KeyError, Random, sign, verify};
use crate::ids::{DossierId, RecordId, blake3};
use crate::item::SUITE;

/// A record's content is at most this long.
pub const MAX_CONTENT: usize = 256 * 1024;

/// Somebody's words, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The dossier it was written in.
    pub dossier: DossierId,
    /// Who wrote it.
    pub author: Certificate,
    /// What (the model's versioned JSON).
    pub content: Vec<u8>,
    /// So that the same words twice are two records.
    pub salt: [u8; 16],
    /// By the author's device.
    pub signature: [u8; 64],
}

impl Record {
    const PURPOSE: &'static str = "record";

    /// Writes and signs one.
    pub fn sign(
        dossier: DossierId,
        author: Certificate,
        content: Vec<u8>,
        key: &SigningKey,
        random: &mut dyn Random,
    ) -> Self {
        let mut salt = [0; 16];
        random.fill(&mut salt);
        let mut record = Self {
            dossier,
            author,
            content,
            salt,
            signature: [0; 64],
        };
        record.signature = sign(key, Self::PURPOSE, &record.signed_part());
        record
    }

    fn signed_part(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u8(SUITE).fixed(&self.dossier.0);
        self.author.encode(&mut out);
        out.fixed(&self.salt).bytes(&self.content);
        out.finish()
    }

    /// Its name: the hash of everything that was signed.
    #[must_use]
    pub fn id(&self) -> RecordId {
        RecordId(blake3(&self.signed_part()))
    }

    /// Certificate and signature hold, and it belongs to this dossier.
    ///
    /// # Errors
    /// [`KeyError::BadSignature`] also for a record of another dossier.
    pub fn verify(&self, dossier: DossierId) -> Result<(), KeyError> {
        if self.dossier != dossier {
            return Err(KeyError::BadSignature);
        }
        self.author.verify()?;
        verify(
            &self.author.device.0,
            Self::PURPOSE,
            &self.signed_part(),
            &self.signature,
        )
    }
}

impl Canonical for Record {
    fn encode(&self, out: &mut Writer) {
        out.fixed(&self.signed_part()).fixed(&self.signature);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if input.u8()? != SUITE {
            return Err(DecodeError::UnknownSuite);
        }
        Ok(Self {
            dossier: DossierId(input.fixed()?),
            author: Certificate::decode(input)?,
            salt: input.fixed()?,
            content: input.bytes(MAX_CONTENT)?.to_vec(),
            signature: input.fixed()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{DeviceSecrets, RootSecret};
    use crate::testing::Seeded;

    #[test]
    fn nobody_can_put_other_words_in_a_record_or_move_it_to_another_dossier() {
        let mut random = Seeded::new(6);
        let device = DeviceSecrets::generate(&mut random);
        let author = RootSecret::from_entropy(random.array()).certify(&device).unwrap();
        let dossier = DossierId([1; 32]);
        let record = Record::sign(dossier, author, b"verslag".to_vec(), &device.signing_key(), &mut random);
        assert_eq!(record.verify(dossier), Ok(()));
        assert!(record.verify(DossierId([2; 32])).is_err());
        assert_eq!(Record::from_bytes(&record.to_bytes()).as_ref(), Ok(&record));
        let bytes = record.to_bytes();
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert!(!Record::from_bytes(&other).is_ok_and(|record| record.verify(dossier).is_ok()));
        }
    }
}
