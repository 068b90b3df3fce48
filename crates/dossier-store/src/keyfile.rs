//! The key of the database in a file that opens with a passphrase: a plain age file (scrypt recipient) holding 64
//! hexadecimal digits and a line end, so that `age -d` and the `sqlcipher` program open a profile without us.

use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use age::secrecy::SecretString;
use age::{DecryptError, Decryptor, Encryptor};
use zeroize::Zeroizing;

use crate::{DbKey, StoreError, files};

/// Work factor of new files, log2 of scrypt's N: 64 MiB and well under a second on a small machine. Fixed, where age
/// would measure the machine, because a fast machine must not write a file that a slow one cannot afford.
pub const WORK_FACTOR: u8 = 16;

/// The highest work factor accepted from a file (1 GiB): a hostile file must not stall the program for hours.
pub const MAX_WORK_FACTOR: u8 = 20;

/// No key file of ours is near this long, in bytes.
const MAX_LENGTH: u64 = 16 * 1024;

/// Why a key file did not give its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// Another passphrase made this file.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The file is cut short, altered, or no key file at all.
    #[error("the key file is damaged")]
    Damaged,
    /// The file asks for more work than any program of ours would: log2 of scrypt's N.
    #[error("the key file asks for work factor {found}, at most {MAX_WORK_FACTOR} is accepted")]
    TooMuchWork {
        /// What the file asks for.
        found: u8,
    },
    /// There is no such file.
    #[error("there is no key file here")]
    Missing,
    /// There already is such a file, and the key in it may be the only one.
    #[error("there already is a key file here")]
    Exists,
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes the key under a passphrase. The file is there whole or not at all.
///
/// # Errors
/// [`KeyFileError::Exists`] if there is a file already; [`KeyFileError::Store`] when it cannot be written.
pub fn create(path: &Path, passphrase: &str, key: &DbKey) -> Result<(), KeyFileError> {
    if path.try_exists().map_err(StoreError::from)? {
        return Err(KeyFileError::Exists);
    }
    replace(path, passphrase, key)
}

/// Writes the key under another passphrase over an existing file: at every moment either the old or the new one opens.
///
/// # Errors
/// [`KeyFileError::Store`] when it cannot be written; the old file is then untouched.
pub fn replace(path: &Path, passphrase: &str, key: &DbKey) -> Result<(), KeyFileError> {
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(passphrase));
    recipient.set_work_factor(WORK_FACTOR);
    let unexpected = |_| StoreError::Io(ErrorKind::Other);
    let encryptor =
        Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient)).map_err(unexpected)?;
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed).map_err(StoreError::from)?;
    writer.write_all(key.to_hex().as_bytes()).map_err(StoreError::from)?;
    writer.write_all(b"\n").map_err(StoreError::from)?;
    writer.finish().map_err(StoreError::from)?;
    Ok(files::write_whole(path, &sealed).map_err(StoreError::from)?)
}

/// Reads the key back.
///
/// # Errors
/// Each variant of [`KeyFileError`] but `Exists`.
pub fn open(path: &Path, passphrase: &str) -> Result<DbKey, KeyFileError> {
    let mut sealed = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_LENGTH + 1).read_to_end(&mut sealed))
        .map_err(|error| {
            if error.kind() == ErrorKind::NotFound {
                KeyFileError::Missing
            } else {
                KeyFileError::Store(StoreError::Io(error.kind()))
            }
        })?;
    read(&sealed, passphrase, MAX_WORK_FACTOR)
}

/// Reads the key from the bytes of a key file, doing at most 2^`max_work` of scrypt's work.
///
/// # Errors
/// [`KeyFileError::WrongPassphrase`], [`KeyFileError::Damaged`], [`KeyFileError::TooMuchWork`].
pub fn read(sealed: &[u8], passphrase: &str, max_work: u8) -> Result<DbKey, KeyFileError> {
    if sealed.len() as u64 > MAX_LENGTH {
        return Err(KeyFileError::Damaged);
    }
    let decryptor = Decryptor::new_buffered(sealed).map_err(|_| KeyFileError::Damaged)?;
    if !decryptor.is_scrypt() {
        return Err(KeyFileError::Damaged);
    }
    let mut identity = age::scrypt::Identity::new(SecretString::from(passphrase));
    identity.set_max_work_factor(max_work);
    let mut reader = decryptor
        .decrypt(std::iter::once(&identity as &dyn age::Identity))
        .map_err(|error| {
            if let DecryptError::ExcessiveWork { required, .. } = error {
                KeyFileError::TooMuchWork { found: required }
            } else if matches!(
                error,
                DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed | DecryptError::NoMatchingKeys
            ) {
                KeyFileError::WrongPassphrase
            } else {
                KeyFileError::Damaged
            }
        })?;
    // Reserved in full: a vector that grows leaves unwiped copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(128));
    reader
        .by_ref()
        .take(66)
        .read_to_end(&mut text)
        .map_err(|_| KeyFileError::Damaged)?;
    text.strip_suffix(b"\n")
        .and_then(DbKey::from_hex)
        .ok_or(KeyFileError::Damaged)
}
