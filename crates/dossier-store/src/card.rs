//! The one file with content that lies unsealed in a home folder: what its owner wants to be read without the key. What
//! is in it and whether it is there is the caller's business; here it is only written whole, owner-only, and removed.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::{StoreError, files};

/// Name of the file. It says what it is for, since who needs it may have nothing but the folder.
pub const NAME: &str = "als-het-misgaat.json";

/// Most bytes that are read: whatever lies there, a program that starts reads no more.
const MAX: u64 = 256 * 1024;

/// What the file holds; none when there is no such file, or one that is too long to be ours.
///
/// # Errors
/// When the disk fails.
pub fn read(home: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    let file = match File::open(home.join(NAME)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut bytes = Vec::new();
    file.take(MAX + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() as u64 <= MAX))
}

/// Writes the file, in place of the one that was there; the same content again touches nothing.
///
/// # Errors
/// When the disk fails.
pub fn write(home: &Path, content: &[u8]) -> Result<(), StoreError> {
    if read(home)?.as_deref() == Some(content) {
        return Ok(());
    }
    Ok(files::write_whole(&home.join(NAME), content)?)
}

/// Removes the file; that there is none is fine.
///
/// # Errors
/// When the disk fails.
pub fn remove(home: &Path) -> Result<(), StoreError> {
    Ok(files::remove_if_there(&home.join(NAME))?)
}
