//! The rollback anchor: a small file beside the database that says which state of it was the last to be closed, and
//! where. If the two disagree, somebody may have signed more than this database remembers, and every chain of this
//! device must be left alone (trust.md, "Chains").
//!
//! It sees: a stop without closing, a restored or replaced database, a restored anchor, a restored or copied folder,
//! another machine. It cannot see a machine that was rolled back as a whole, anchor, clock and file system together.

use std::io::{self, Read};
use std::path::Path;

use crate::files;

const MAGIC: &[u8; 8] = b"ktanch01";
const LENGTH: usize = 8 + 1 + 8 + 16 + 16 + 32 + 32;

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Anchor {
    /// Whether the profile was closed in good order.
    pub closed: bool,
    /// Counts openings and closings; the same number is in the database.
    pub counter: u64,
    /// Drawn anew whenever the line of succession broke, so that two copies never count alike.
    pub instance: [u8; 16],
    /// First bytes of the database, which SQLCipher draws at random: tells a foreign database from a damaged one.
    pub salt: [u8; 16],
    /// [`crate::DbKey::check_value`]: tells a wrong key from a damaged database.
    pub key_check: [u8; 32],
    /// [`place`] at the moment of closing.
    pub place: [u8; 32],
}

impl Anchor {
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(LENGTH + 32);
        out.extend_from_slice(MAGIC);
        out.push(u8::from(self.closed));
        out.extend_from_slice(&self.counter.to_le_bytes());
        out.extend_from_slice(&self.instance);
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(&self.key_check);
        out.extend_from_slice(&self.place);
        let sum = blake3::hash(&out);
        out.extend_from_slice(sum.as_bytes());
        out
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (content, sum) = bytes.split_last_chunk::<32>()?;
        if content.len() != LENGTH || blake3::hash(content) != *sum {
            return None;
        }
        let (magic, rest) = content.split_first_chunk::<8>()?;
        let ([closed], rest) = rest.split_first_chunk::<1>()?;
        let (counter, rest) = rest.split_first_chunk::<8>()?;
        let (instance, rest) = rest.split_first_chunk::<16>()?;
        let (salt, rest) = rest.split_first_chunk::<16>()?;
        let (key_check, rest) = rest.split_first_chunk::<32>()?;
        let (place, _) = rest.split_first_chunk::<32>()?;
        (magic == MAGIC).then_some(Self {
            closed: *closed == 1,
            counter: u64::from_le_bytes(*counter),
            instance: *instance,
            salt: *salt,
            key_check: *key_check,
            place: *place,
        })
    }

    /// Nothing when it is missing or unreadable: both mean that nothing is known.
    pub(crate) fn read(home: &Path) -> Option<Self> {
        let mut bytes = Vec::new();
        std::fs::File::open(home.join(files::ANCHOR))
            .ok()?
            .take(1024)
            .read_to_end(&mut bytes)
            .ok()?;
        Self::from_bytes(&bytes)
    }

    pub(crate) fn write(&self, home: &Path) -> io::Result<()> {
        files::write_whole(&home.join(files::ANCHOR), &self.to_bytes())
    }
}

/// Where the database is, and since when its bytes are what they are. A copy has another inode; a file that was
/// restored in place has another change time, which programs cannot set. The device number is left out: some file
/// systems draw it anew at every start.
pub(crate) fn place(home: &Path, instance: &[u8; 16]) -> io::Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new_derive_key("keukentafel 2026-11 profile place");
    // machine-id(5) asks that the number be hashed with something of the program's own.
    hasher.update(instance);
    let machine = std::fs::read("/etc/machine-id").unwrap_or_default();
    hasher.update(&(machine.len() as u64).to_le_bytes());
    hasher.update(&machine);
    let folder = std::fs::metadata(home)?;
    let database = std::fs::metadata(home.join(files::DATABASE))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        hasher.update(&folder.ino().to_le_bytes());
        hasher.update(&database.ino().to_le_bytes());
        hasher.update(&database.ctime().to_le_bytes());
        hasher.update(&database.ctime_nsec().to_le_bytes());
    }
    #[cfg(not(unix))]
    for moment in [folder.created(), database.created(), database.modified()] {
        let since = moment?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        hasher.update(&since.as_nanos().to_le_bytes());
    }
    hasher.update(&database.len().to_le_bytes());
    Ok(*hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_reads_back_and_one_changed_bit_makes_it_nothing() {
        let anchor = Anchor {
            closed: true,
            counter: 7,
            instance: [1; 16],
            salt: [2; 16],
            key_check: [3; 32],
            place: [4; 32],
        };
        let bytes = anchor.to_bytes();
        assert_eq!(Anchor::from_bytes(&bytes), Some(anchor));
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert_eq!(Anchor::from_bytes(&other), None, "byte {at}");
            assert_eq!(Anchor::from_bytes(&bytes[..at]), None, "cut at {at}");
        }
    }
}
