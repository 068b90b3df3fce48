//! Who can read: epoch keys, what is sealed under them, and how a device gets them.
//!
//! An epoch is 32 random bytes; its name is a commitment to them, so whoever hands over a key cannot hand different
//! keys to different readers. Items are sealed with XChaCha20-Poly1305 under a key derived for their chain, with a
//! random nonce, so that two copies of one profile never share a key stream.

use std::io::{self, BufRead, Read, Write};

use age::stream::{StreamReader, StreamWriter};
pub use age::x25519::Identity;
use age::{Decryptor, Encryptor};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ed25519_dalek::SigningKey;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::codec::{Canonical, DecodeError, Reader, Writer};
use crate::identity::{KeyError, Random, age_recipient, sign, verify};
use crate::ids::{ChainId, CompartmentId, DeviceId, DossierId, EpochId, blake3};
use crate::item::{Header, SUITE};
use crate::operation::{Back, Sealed};

/// Why something did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The key is another one, or a byte was changed.
    #[error("this key does not open it")]
    Unopened,
    /// It opened, but to a key that is not the one promised.
    #[error("the key inside is not the one promised")]
    WrongKey,
    /// It holds more than allowed.
    #[error("longer than allowed")]
    TooLong,
    /// A key that cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Not the bytes of this structure.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

const NONCE: usize = 24;
const TAG: usize = 16;

/// The key of one epoch.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct EpochKey([u8; 32]);

impl EpochKey {
    /// A new epoch's key.
    pub fn generate(random: &mut dyn Random) -> Self {
        let mut key = [0; 32];
        random.fill(&mut key);
        Self(key)
    }

    /// From the sealed store.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// For the sealed store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The commitment: the epoch's name.
    #[must_use]
    pub fn epoch(&self) -> EpochId {
        EpochId(::blake3::derive_key("keukentafel 1 epoch commitment", &self.0))
    }

    fn cipher(&self, context: &str, about: &[u8; 32]) -> XChaCha20Poly1305 {
        let mut material = Zeroizing::new([0u8; 64]);
        let (key, rest) = material.split_at_mut(32);
        key.copy_from_slice(&self.0);
        rest.copy_from_slice(about);
        let key = Zeroizing::new(::blake3::derive_key(context, material.as_ref()));
        XChaCha20Poly1305::new((&*key).into())
    }

    fn item_cipher(&self, chain: ChainId) -> XChaCha20Poly1305 {
        self.cipher("keukentafel 1 item key", &chain.0)
    }

    /// Length of the body that [`Self::seal_item`] makes of so many bytes.
    #[must_use]
    pub fn sealed_len(plain: usize) -> usize {
        plain + NONCE + TAG
    }

    /// Seals an item's content. `header` is [`crate::item::Tip::next`] with the length of the sealed body; the
    /// header that comes back has its hash.
    ///
    /// # Errors
    /// [`SealError::TooLong`] when `header.len` is not [`Self::sealed_len`] of the content.
    pub fn seal_item(
        &self,
        header: Header,
        plain: &[u8],
        random: &mut dyn Random,
    ) -> Result<(Header, Vec<u8>), SealError> {
        if header.len as usize != Self::sealed_len(plain.len()) {
            return Err(SealError::TooLong);
        }
        let body = seal(
            &self.item_cipher(header.chain),
            &header.associated_data(),
            plain,
            random,
        )?;
        Ok((
            Header {
                hash: blake3(&body),
                ..header
            },
            body,
        ))
    }

    /// Opens an item's body.
    ///
    /// # Errors
    /// [`SealError::Unopened`].
    pub fn open_item(&self, header: &Header, body: &[u8]) -> Result<Vec<u8>, SealError> {
        open(&self.item_cipher(header.chain), &header.associated_data(), body)
    }

    /// Seals a small piece of an operation for the readers of this epoch.
    ///
    /// # Errors
    /// None in practice; the cipher's own limit is far away.
    pub fn seal_note(
        &self,
        compartment: CompartmentId,
        plain: &[u8],
        random: &mut dyn Random,
    ) -> Result<Sealed, SealError> {
        let cipher = self.cipher("keukentafel 1 note key", &compartment.0);
        Ok(Sealed {
            epoch: self.epoch(),
            bytes: seal(&cipher, b"", plain, random)?,
        })
    }

    /// Opens [`Self::seal_note`].
    ///
    /// # Errors
    /// [`SealError::Unopened`].
    pub fn open_note(&self, compartment: CompartmentId, sealed: &Sealed) -> Result<Vec<u8>, SealError> {
        open(
            &self.cipher("keukentafel 1 note key", &compartment.0),
            b"",
            &sealed.bytes,
        )
    }

    /// Seals a part of a checkpoint for the readers of this epoch; `about` says which part of which.
    pub(crate) fn seal_part(
        &self,
        compartment: CompartmentId,
        about: &[u8],
        plain: &[u8],
        random: &mut dyn Random,
    ) -> Result<Vec<u8>, SealError> {
        seal(
            &self.cipher("keukentafel 1 checkpoint key", &compartment.0),
            about,
            plain,
            random,
        )
    }

    /// Opens [`Self::seal_part`].
    pub(crate) fn open_part(
        &self,
        compartment: CompartmentId,
        about: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        open(
            &self.cipher("keukentafel 1 checkpoint key", &compartment.0),
            about,
            sealed,
        )
    }

    /// An earlier epoch's key, sealed under this one.
    ///
    /// # Errors
    /// None in practice.
    pub fn back_to(&self, parent: &Self, random: &mut dyn Random) -> Result<Back, SealError> {
        let cipher = self.cipher("keukentafel 1 parent key", &parent.epoch().0);
        let sealed = seal(&cipher, b"", &parent.0, random)?
            .try_into()
            .map_err(|_| SealError::TooLong)?;
        Ok(Back {
            parent: parent.epoch(),
            sealed,
        })
    }

    /// Opens [`Self::back_to`] and checks that the key is the parent's.
    ///
    /// # Errors
    /// [`SealError::Unopened`], [`SealError::WrongKey`].
    pub fn open_back(&self, back: &Back) -> Result<Self, SealError> {
        let cipher = self.cipher("keukentafel 1 parent key", &back.parent.0);
        let plain = Zeroizing::new(open(&cipher, b"", &back.sealed)?);
        let key = Self(plain.as_slice().try_into().map_err(|_| SealError::WrongKey)?);
        if key.epoch() == back.parent {
            Ok(key)
        } else {
            Err(SealError::WrongKey)
        }
    }
}

fn seal(cipher: &XChaCha20Poly1305, aad: &[u8], plain: &[u8], random: &mut dyn Random) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0; NONCE];
    random.fill(&mut nonce);
    let sealed = cipher
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad })
        .map_err(|_| SealError::TooLong)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn open(cipher: &XChaCha20Poly1305, aad: &[u8], body: &[u8]) -> Result<Vec<u8>, SealError> {
    let (nonce, sealed) = body.split_first_chunk::<NONCE>().ok_or(SealError::Unopened)?;
    cipher
        .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad })
        .map_err(|_| SealError::Unopened)
}

/// Seals bytes as an age file to X25519 recipients.
///
/// # Errors
/// A recipient that is not a key.
pub fn seal_to(recipients: &[[u8; 32]], plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut file = Vec::with_capacity(plain.len() + 256);
    // Writing to a Vec cannot fail.
    let mut writer = sealing(recipients, &mut file)?.map_err(|_| SealError::TooLong)?;
    writer.write_all(plain).map_err(|_| SealError::TooLong)?;
    writer.finish().map_err(|_| SealError::TooLong)?;
    Ok(file)
}

/// As [`seal_to`] for content that is written piece by piece. The file is whole only after `finish` on what comes back.
///
/// # Errors
/// [`SealError::Key`] for a recipient that is not a key, or when there is none; inside, what writing the first bytes says.
pub fn sealing<W: Write>(recipients: &[[u8; 32]], out: W) -> Result<io::Result<StreamWriter<W>>, SealError> {
    let recipients = recipients.iter().map(age_recipient).collect::<Result<Vec<_>, _>>()?;
    let encryptor = Encryptor::with_recipients(recipients.iter().map(|one| one as &dyn age::Recipient))
        .map_err(|_| SealError::Key(KeyError::BadKey))?;
    Ok(encryptor.wrap_output(out))
}

/// Opens an age file of at most `cap` bytes of content.
///
/// # Errors
/// [`SealError::Unopened`] when it is not for this identity or was changed; [`SealError::TooLong`].
pub fn open_with(identity: &Identity, file: &[u8], cap: usize) -> Result<Vec<u8>, SealError> {
    let mut plain = Vec::new();
    opening(identity, file)?
        .take(cap as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(|_| SealError::Unopened)?;
    if plain.len() > cap {
        Err(SealError::TooLong)
    } else {
        Ok(plain)
    }
}

/// As [`open_with`] for content that is read piece by piece. Every piece that comes out was sealed; that the end is the
/// end is known only when it has been reached.
///
/// # Errors
/// [`SealError::Unopened`] when it is not for this identity.
pub fn opening<R: BufRead>(identity: &Identity, file: R) -> Result<StreamReader<R>, SealError> {
    let decryptor = Decryptor::new_buffered(file).map_err(|_| SealError::Unopened)?;
    if decryptor.is_scrypt() {
        return Err(SealError::Unopened);
    }
    decryptor
        .decrypt(std::iter::once(identity as &dyn age::Identity))
        .map_err(|_| SealError::Unopened)
}

/// An epoch's key for one device: an age file, signed by who made it. What proves the key is its commitment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrap {
    /// The dossier.
    pub dossier: DossierId,
    /// The compartment.
    pub compartment: CompartmentId,
    /// Which key.
    pub epoch: EpochId,
    /// For whom; the resident's root as a device id means the recovery words.
    pub recipient: DeviceId,
    /// Who made it.
    pub by: DeviceId,
    /// age file with the 32 bytes.
    pub file: Vec<u8>,
    /// By `by`.
    pub signature: [u8; 64],
}

impl Wrap {
    const PURPOSE: &'static str = "wrap";
    const MAX_FILE: usize = 1024;

    /// Wraps a key for a device.
    ///
    /// # Errors
    /// [`SealError::Key`] for a recipient that is not a key.
    pub fn make(
        place: (DossierId, CompartmentId),
        key: &EpochKey,
        recipient: DeviceId,
        wrapping: &[u8; 32],
        by: &SigningKey,
    ) -> Result<Self, SealError> {
        let file = seal_to(std::slice::from_ref(wrapping), key.as_bytes())?;
        let mut wrap = Self {
            dossier: place.0,
            compartment: place.1,
            epoch: key.epoch(),
            recipient,
            by: DeviceId(by.verifying_key().to_bytes()),
            file,
            signature: [0; 64],
        };
        wrap.signature = sign(by, Self::PURPOSE, &wrap.signed_part());
        Ok(wrap)
    }

    fn signed_part(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u8(SUITE)
            .fixed(&self.dossier.0)
            .fixed(&self.compartment.0)
            .fixed(&self.epoch.0)
            .fixed(&self.recipient.0)
            .fixed(&self.by.0)
            .bytes(&self.file);
        out.finish()
    }

    /// The wrapper's signature holds. Whether the wrapper may wrap is the caller's to look up.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn verify(&self) -> Result<(), KeyError> {
        verify(&self.by.0, Self::PURPOSE, &self.signed_part(), &self.signature)
    }

    /// The key, proven by the commitment.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn open(&self, identity: &Identity) -> Result<EpochKey, SealError> {
        let plain = Zeroizing::new(open_with(identity, &self.file, 32)?);
        let key = EpochKey(plain.as_slice().try_into().map_err(|_| SealError::WrongKey)?);
        if key.epoch() == self.epoch {
            Ok(key)
        } else {
            Err(SealError::WrongKey)
        }
    }
}

impl Canonical for Wrap {
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
            epoch: EpochId(input.fixed()?),
            recipient: DeviceId(input.fixed()?),
            by: DeviceId(input.fixed()?),
            file: input.bytes(Self::MAX_FILE)?.to_vec(),
            signature: input.fixed()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::DeviceSecrets;
    use crate::item::{Kind, Tip};
    use crate::testing::Seeded;

    #[test]
    fn an_item_opens_only_in_its_place() {
        let mut random = Seeded::new(3);
        let key = EpochKey::generate(&mut random);
        let tip = Tip::start(ChainId([1; 32]));
        let plain = b"een doel";
        let len = EpochKey::sealed_len(plain.len()) as u32;
        let (header, body) = key
            .seal_item(tip.next(Kind::Change, key.epoch(), len), plain, &mut random)
            .unwrap();
        assert_eq!(key.open_item(&header, &body).unwrap(), plain);
        for moved in [
            Header {
                chain: ChainId([2; 32]),
                ..header
            },
            Header { n: 2, ..header },
            Header {
                kind: Kind::Record,
                ..header
            },
            Header {
                epoch: EpochId([0; 32]),
                ..header
            },
        ] {
            assert_eq!(key.open_item(&moved, &body), Err(SealError::Unopened));
        }
        let again = key
            .seal_item(tip.next(Kind::Change, key.epoch(), len), plain, &mut random)
            .unwrap()
            .1;
        assert_ne!(again, body, "a nonce was used twice");
        let other = EpochKey::generate(&mut random);
        assert_eq!(other.open_item(&header, &body), Err(SealError::Unopened));
    }

    #[test]
    fn later_epochs_open_earlier_ones_and_never_the_other_way() {
        let mut random = Seeded::new(4);
        let first = EpochKey::generate(&mut random);
        let second = EpochKey::generate(&mut random);
        let back = second.back_to(&first, &mut random).unwrap();
        assert_eq!(second.open_back(&back).unwrap().as_bytes(), first.as_bytes());
        assert!(first.open_back(&back).is_err());
        let lie = Back {
            parent: EpochKey::generate(&mut random).epoch(),
            ..back
        };
        assert!(second.open_back(&lie).is_err());
    }

    #[test]
    fn a_wrap_opens_for_its_device_and_cannot_hold_another_key() {
        let mut random = Seeded::new(5);
        let (owner, karin, tim) = (
            DeviceSecrets::generate(&mut random),
            DeviceSecrets::generate(&mut random),
            DeviceSecrets::generate(&mut random),
        );
        let key = EpochKey::generate(&mut random);
        let place = (DossierId([1; 32]), CompartmentId([2; 32]));
        let wrapping = karin.wrapping_recipient().unwrap();
        let wrap = Wrap::make(place, &key, karin.device(), &wrapping, &owner.signing_key()).unwrap();
        let read = Wrap::from_bytes(&wrap.to_bytes()).unwrap();
        assert_eq!(read.verify(), Ok(()));
        assert_eq!(
            read.open(&karin.wrapping_identity().unwrap()).unwrap().as_bytes(),
            key.as_bytes()
        );
        assert_eq!(
            read.open(&tim.wrapping_identity().unwrap()).err(),
            Some(SealError::Unopened)
        );
        let forged = Wrap {
            epoch: EpochKey::generate(&mut random).epoch(),
            ..read
        };
        assert!(forged.verify().is_err());
        assert_eq!(
            forged.open(&karin.wrapping_identity().unwrap()).err(),
            Some(SealError::WrongKey)
        );
    }
}
