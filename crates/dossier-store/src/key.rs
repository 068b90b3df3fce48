//! The key of the database. Where it is kept between runs is the host's choice: the keyring of the operating system,
//! or a [`crate::keyfile`].

use std::fmt;

use zeroize::Zeroizing;

use crate::StoreError;

/// The raw 32-byte key of one profile's database. Wiped from memory when dropped; never printed.
#[derive(Clone)]
pub struct DbKey(Zeroizing<[u8; 32]>);

impl DbKey {
    /// A fresh key from the operating system's randomness.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the operating system gives no randomness.
    pub fn random() -> Result<Self, StoreError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut()).map_err(|_| StoreError::Io(std::io::ErrorKind::Other))?;
        Ok(Self(bytes))
    }

    /// A key that was kept elsewhere.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, to be kept in a keyring.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Lower-case hexadecimal, 64 digits, wiped when dropped.
    pub(crate) fn to_hex(&self) -> Zeroizing<String> {
        // Reserved in full: a string that grows leaves unwiped copies behind.
        let mut out = Zeroizing::new(String::with_capacity(64));
        for byte in self.0.iter() {
            for nibble in [byte >> 4, byte & 15] {
                out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        out
    }

    /// Reads what [`Self::to_hex`] writes; nothing for anything else.
    pub(crate) fn from_hex(text: &[u8]) -> Option<Self> {
        let (pairs, rest) = text.as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return None;
        }
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut bytes = Zeroizing::new([0; 32]);
        for (slot, [high, low]) in bytes.iter_mut().zip(pairs) {
            *slot = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Self(bytes))
    }

    /// Tells two keys apart without giving either away: the key is random, so its hash reveals nothing.
    pub(crate) fn check_value(&self) -> [u8; 32] {
        blake3::derive_key("keukentafel 2026-11 profile key check", self.0.as_slice())
    }
}

impl fmt::Debug for DbKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DbKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_reads_back_and_refuses_everything_else() {
        let key = DbKey::from_bytes(std::array::from_fn(|n| n as u8 * 7));
        let hex = key.to_hex();
        assert_eq!(DbKey::from_hex(hex.as_bytes()).unwrap().as_bytes(), key.as_bytes());
        assert!(DbKey::from_hex(&hex.as_bytes()[1..]).is_none());
        assert!(DbKey::from_hex(hex.to_uppercase().as_bytes()).is_none());
        assert_eq!(format!("{key:?}"), "DbKey(…)");
    }

    #[test]
    fn two_random_keys_differ() {
        assert_ne!(DbKey::random().unwrap().as_bytes(), DbKey::random().unwrap().as_bytes());
    }
}
