//! Persons, teams and their devices.
//!
//! A person is 24 recovery words. Their entropy *is* an age X25519 secret, so that the `age` program opens a backup
//! without us; the signing root is derived from it and stays cold: it certifies devices and is otherwise not used.

use std::str::FromStr;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::codec::{Canonical, DecodeError, Reader, Writer};
use crate::ids::{DeviceId, EndpointKey, PrincipalId};

/// Randomness is an argument everywhere in this crate: hosts hand in the system's, tests a seeded one.
pub trait Random {
    /// Fills `out` with unpredictable bytes.
    fn fill(&mut self, out: &mut [u8]);

    /// `N` unpredictable bytes.
    fn array<const N: usize>(&mut self) -> [u8; N]
    where
        Self: Sized,
    {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }
}

/// Why a key or signature was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The words are not 24 words of the English BIP-39 list, or their checksum fails.
    #[error("these are not recovery words")]
    BadWords,
    /// Not a point on the curve, or one of small order.
    #[error("not a usable public key")]
    BadKey,
    /// The signature does not hold.
    #[error("the signature does not hold")]
    BadSignature,
}

/// Signs `message` for one purpose. The purpose is part of what is signed, so no structure can pass for another.
pub(crate) fn sign(key: &SigningKey, purpose: &str, message: &[u8]) -> [u8; 64] {
    key.sign(&purposed(purpose, message)).to_bytes()
}

/// Verifies strictly: canonical signature, no key of small order, same answer on every machine.
pub(crate) fn verify(key: &[u8; 32], purpose: &str, message: &[u8], signature: &[u8; 64]) -> Result<(), KeyError> {
    let key = VerifyingKey::from_bytes(key).map_err(|_| KeyError::BadKey)?;
    if key.is_weak() {
        return Err(KeyError::BadKey);
    }
    key.verify_strict(&purposed(purpose, message), &Signature::from_bytes(signature))
        .map_err(|_| KeyError::BadSignature)
}

fn purposed(purpose: &str, message: &[u8]) -> Vec<u8> {
    let mut out = Writer::new();
    out.fixed(b"keukentafel/1/").bytes(purpose.as_bytes()).fixed(message);
    out.finish()
}

/// The secret of a person or a team: 32 bytes, shown to people as 24 words.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RootSecret([u8; 32]);

impl RootSecret {
    /// From 32 unpredictable bytes.
    #[must_use]
    pub fn from_entropy(entropy: [u8; 32]) -> Self {
        Self(entropy)
    }

    /// The entropy, to be kept sealed.
    #[must_use]
    pub fn entropy(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 24 words (BIP-39, English).
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        bip39::Mnemonic::from_entropy(&self.0)
            .map(|mnemonic| mnemonic.words().map(str::to_owned).collect())
            .unwrap_or_default()
    }

    /// From 24 words, in any spacing and case.
    ///
    /// # Errors
    /// [`KeyError::BadWords`].
    pub fn from_words(text: &str) -> Result<Self, KeyError> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let mnemonic =
            bip39::Mnemonic::parse_in_normalized(bip39::Language::English, &text).map_err(|_| KeyError::BadWords)?;
        let entropy: [u8; 32] = mnemonic.to_entropy().try_into().map_err(|_| KeyError::BadWords)?;
        Ok(Self(entropy))
    }

    /// The same secret as an age identity.
    ///
    /// # Errors
    /// [`KeyError::BadKey`]; cannot happen for 32 bytes.
    pub fn age_identity(&self) -> Result<age::x25519::Identity, KeyError> {
        age_identity(&self.0)
    }

    /// Public half of the age identity: what a backup and the recovery wraps are sealed to.
    ///
    /// # Errors
    /// As [`Self::age_identity`].
    pub fn recovery_recipient(&self) -> Result<[u8; 32], KeyError> {
        recipient_bytes(&self.age_identity()?.to_public())
    }

    /// The signing root.
    #[must_use]
    pub fn signing_key(&self) -> SigningKey {
        SigningKey::from_bytes(&blake3::derive_key("keukentafel 1 root signing key", &self.0))
    }

    /// Who this is.
    #[must_use]
    pub fn principal(&self) -> PrincipalId {
        PrincipalId(self.signing_key().verifying_key().to_bytes())
    }

    /// Certifies a device of this principal.
    ///
    /// # Errors
    /// [`KeyError::BadKey`]; cannot happen for secrets that [`DeviceSecrets::generate`] made.
    pub fn certify(&self, device: &DeviceSecrets) -> Result<Certificate, KeyError> {
        Ok(self.certify_keys(device.device(), device.wrapping_recipient()?, device.endpoint()))
    }

    /// Certifies a device by its three public keys, for one that is elsewhere.
    #[must_use]
    pub fn certify_keys(&self, device: DeviceId, wrapping: [u8; 32], endpoint: EndpointKey) -> Certificate {
        let mut certificate = Certificate {
            root: self.principal(),
            device,
            wrapping,
            endpoint,
            signature: [0; 64],
        };
        certificate.signature = sign(&self.signing_key(), Certificate::PURPOSE, &certificate.signed_part());
        certificate
    }
}

/// The three secrets of one device. They never leave it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DeviceSecrets {
    signing: [u8; 32],
    wrapping: [u8; 32],
    transport: [u8; 32],
}

impl DeviceSecrets {
    /// New secrets.
    pub fn generate(random: &mut dyn Random) -> Self {
        let mut draw = || {
            let mut out = [0; 32];
            random.fill(&mut out);
            out
        };
        Self {
            signing: draw(),
            wrapping: draw(),
            transport: draw(),
        }
    }

    /// Ninety-six bytes for the sealed store.
    #[must_use]
    pub fn to_bytes(&self) -> zeroize::Zeroizing<Vec<u8>> {
        zeroize::Zeroizing::new([self.signing, self.wrapping, self.transport].concat())
    }

    /// Reads [`Self::to_bytes`].
    ///
    /// # Errors
    /// Any other length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut input = Reader::new(bytes);
        let secrets = Self {
            signing: input.fixed()?,
            wrapping: input.fixed()?,
            transport: input.fixed()?,
        };
        input.end()?;
        Ok(secrets)
    }

    /// Signs items and records.
    #[must_use]
    pub fn signing_key(&self) -> SigningKey {
        SigningKey::from_bytes(&self.signing)
    }

    /// This device's name.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        DeviceId(self.signing_key().verifying_key().to_bytes())
    }

    /// Opens what is sealed to this device.
    ///
    /// # Errors
    /// [`KeyError::BadKey`]; cannot happen for 32 bytes.
    pub fn wrapping_identity(&self) -> Result<age::x25519::Identity, KeyError> {
        age_identity(&self.wrapping)
    }

    /// Public half of [`Self::wrapping_identity`].
    ///
    /// # Errors
    /// As [`Self::wrapping_identity`].
    pub fn wrapping_recipient(&self) -> Result<[u8; 32], KeyError> {
        recipient_bytes(&self.wrapping_identity()?.to_public())
    }

    /// Secret of the network endpoint.
    #[must_use]
    pub fn transport(&self) -> &[u8; 32] {
        &self.transport
    }

    /// Public half of [`Self::transport`].
    #[must_use]
    pub fn endpoint(&self) -> EndpointKey {
        EndpointKey(SigningKey::from_bytes(&self.transport).verifying_key().to_bytes())
    }
}

/// A root's word that these three keys are one device of its own. 192 bytes, self-contained.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Certificate {
    /// The person or team.
    pub root: PrincipalId,
    /// Signing key.
    pub device: DeviceId,
    /// age X25519 recipient.
    pub wrapping: [u8; 32],
    /// iroh endpoint.
    pub endpoint: EndpointKey,
    /// By the root over the four keys.
    pub signature: [u8; 64],
}

impl Certificate {
    const PURPOSE: &'static str = "certificate";

    fn signed_part(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.fixed(&self.root.0)
            .fixed(&self.device.0)
            .fixed(&self.wrapping)
            .fixed(&self.endpoint.0);
        out.finish()
    }

    /// The root's signature holds and no key is of small order.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn verify(&self) -> Result<(), KeyError> {
        verify(&self.root.0, Self::PURPOSE, &self.signed_part(), &self.signature)?;
        let device = VerifyingKey::from_bytes(&self.device.0).map_err(|_| KeyError::BadKey)?;
        if device.is_weak() {
            Err(KeyError::BadKey)
        } else {
            Ok(())
        }
    }

    /// The age recipient of this device.
    ///
    /// # Errors
    /// [`KeyError::BadKey`].
    pub fn recipient(&self) -> Result<age::x25519::Recipient, KeyError> {
        age_recipient(&self.wrapping)
    }
}

impl Canonical for Certificate {
    fn encode(&self, out: &mut Writer) {
        out.fixed(&self.signed_part()).fixed(&self.signature);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            root: PrincipalId(input.fixed()?),
            device: DeviceId(input.fixed()?),
            wrapping: input.fixed()?,
            endpoint: EndpointKey(input.fixed()?),
            signature: input.fixed()?,
        })
    }
}

/// An age X25519 identity from its 32 secret bytes. The age crate reads identities only as text.
fn age_identity(secret: &[u8; 32]) -> Result<age::x25519::Identity, KeyError> {
    let text = zeroize::Zeroizing::new(bech32_text("age-secret-key-", secret)?.to_uppercase());
    age::x25519::Identity::from_str(&text).map_err(|_| KeyError::BadKey)
}

/// An age X25519 recipient from its 32 public bytes.
///
/// # Errors
/// [`KeyError::BadKey`].
pub fn age_recipient(public: &[u8; 32]) -> Result<age::x25519::Recipient, KeyError> {
    age::x25519::Recipient::from_str(&bech32_text("age", public)?).map_err(|_| KeyError::BadKey)
}

fn recipient_bytes(recipient: &age::x25519::Recipient) -> Result<[u8; 32], KeyError> {
    let (_, bytes) = bech32::decode(&recipient.to_string()).map_err(|_| KeyError::BadKey)?;
    bytes.try_into().map_err(|_| KeyError::BadKey)
}

fn bech32_text(prefix: &str, bytes: &[u8; 32]) -> Result<String, KeyError> {
    let prefix = bech32::Hrp::parse(prefix).map_err(|_| KeyError::BadKey)?;
    bech32::encode::<bech32::Bech32>(prefix, bytes).map_err(|_| KeyError::BadKey)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Seeded;

    #[test]
    fn words_and_age_key_are_the_same_secret() {
        let root = RootSecret::from_entropy(Seeded::new(1).array());
        let words = root.words();
        assert_eq!(words.len(), 24);
        let again = RootSecret::from_words(&format!("  {}\n", words.join("  ").to_uppercase())).unwrap();
        assert_eq!(again.entropy(), root.entropy());
        let public = root.age_identity().unwrap().to_public();
        assert_eq!(
            age_recipient(&root.recovery_recipient().unwrap()).unwrap().to_string(),
            public.to_string()
        );
        let mut wrong = words;
        wrong.swap(0, 23);
        assert!(RootSecret::from_words(&wrong.join(" ")).is_err());
    }

    #[test]
    fn a_certificate_binds_all_four_keys() {
        let mut random = Seeded::new(2);
        let root = RootSecret::from_entropy(random.array());
        let certificate = root.certify(&DeviceSecrets::generate(&mut random)).unwrap();
        assert_eq!(certificate.verify(), Ok(()));
        assert_eq!(
            Certificate::from_bytes(&certificate.to_bytes()),
            Ok(certificate.clone())
        );
        for at in 0..192 {
            let mut bytes = certificate.to_bytes();
            bytes[at] ^= 1;
            assert!(
                Certificate::from_bytes(&bytes).unwrap().verify().is_err(),
                "byte {at} is not covered"
            );
        }
    }
}
