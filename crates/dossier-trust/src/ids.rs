//! Thirty-two-byte names. Every one but a compartment's is a public key or a BLAKE3 hash, so none can be chosen to
//! collide; a compartment's is random, and means nothing without its dossier's.

use std::fmt;

/// A name that could not be read from text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not sixty-four hexadecimal digits")]
pub struct BadId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// Lower-case hexadecimal, 64 digits.
            #[must_use]
            pub fn to_hex(&self) -> String {
                hex(&self.0)
            }

            /// Reads what [`Self::to_hex`] writes.
            ///
            /// # Errors
            /// Anything but 64 lower-case hexadecimal digits.
            pub fn from_hex(text: &str) -> Result<Self, BadId> {
                unhex(text).map(Self)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({}…)"), self.to_hex().get(..8).unwrap_or_default())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.to_hex())
            }
        }

        impl From<[u8; 32]> for $name {
            fn from(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }
        }
    };
}

id!(
    /// A dossier: hash of its `genesis` operation.
    DossierId
);
id!(
    /// A compartment: random. All zero is the dossier part.
    CompartmentId
);
id!(
    /// A chain: BLAKE3 of its signed `open`.
    ChainId
);
id!(
    /// An item: BLAKE3 of its complete header.
    ItemHash
);
id!(
    /// A principal: the Ed25519 key of a person's or a team's root.
    PrincipalId
);
id!(
    /// A device: its Ed25519 signing key.
    DeviceId
);
id!(
    /// A device's address in the network: its iroh endpoint key.
    EndpointKey
);
id!(
    /// An epoch: the commitment to its key.
    EpochId
);
id!(
    /// A record: hash of its content, its sixteen random bytes and its author.
    RecordId
);
id!(
    /// A generation of a compartment's document: name of the operation that started it. All zero is before the first.
    GenerationId
);

impl CompartmentId {
    /// The dossier part: genesis, owner devices and their cuts. Everybody who is in the dossier holds it.
    pub const DOSSIER: Self = Self([0; 32]);
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
            // Writing to a String cannot fail.
            let _ = write!(out, "{byte:02x}");
            out
        })
}

fn unhex(text: &str) -> Result<[u8; 32], BadId> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(BadId),
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != 32 || !rest.is_empty() {
        return Err(BadId);
    }
    let mut out = [0; 32];
    for (slot, [high, low]) in out.iter_mut().zip(pairs) {
        *slot = digit(*high)? << 4 | digit(*low)?;
    }
    Ok(out)
}

/// A plain BLAKE3 hash.
#[must_use]
pub fn blake3(bytes: &[u8]) -> [u8; 32] {
    *::blake3::hash(bytes).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_reads_back_and_refuses_everything_else() {
        let id = DossierId(blake3(b"x"));
        assert_eq!(DossierId::from_hex(&id.to_hex()), Ok(id));
        assert!(DossierId::from_hex(&id.to_hex().to_uppercase()).is_err());
        assert!(DossierId::from_hex(&id.to_hex()[1..]).is_err());
        assert!(DossierId::from_hex("é").is_err());
    }
}
