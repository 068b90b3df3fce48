//! What can go wrong between the program and the disk.

use std::io::ErrorKind;

/// Why the store could not do what was asked. No variant carries content, paths or SQL values, so that every one of
/// them may be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another program, or another part of this one, has this profile open.
    #[error("the profile is open in another program")]
    InUse,
    /// The key does not fit this database. A database of another profile gives the same answer: without its key it
    /// cannot be told apart.
    #[error("the key does not fit this database")]
    WrongKey,
    /// The file is no database of ours: empty, unencrypted, garbage, or made by another program.
    #[error("the file is not a profile database")]
    NotADatabase,
    /// The right key, but the database is truncated or altered.
    #[error("the database is damaged")]
    Damaged,
    /// No room on the disk. Nothing of the transaction was kept.
    #[error("the disk is full")]
    Full,
    /// The folder or a file in it may not be written.
    #[error("the profile folder cannot be written")]
    NotWritable,
    /// A later version of the program wrote this database.
    #[error("the database has layout {found}, this program knows up to {known}")]
    Newer {
        /// Layout number found in the database.
        found: u32,
        /// The highest layout this program knows.
        known: u32,
    },
    /// There is no profile in this folder.
    #[error("there is no profile here")]
    Missing,
    /// There already is a profile in this folder.
    #[error("there already is a profile here")]
    Exists,
    /// Another failure of the file system.
    #[error("file system: {0}")]
    Io(ErrorKind),
    /// Another failure of the database: SQLite's extended result code, or -1 for misuse of its interface.
    #[error("database: result code {0}")]
    Sql(i32),
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        let kind = error.kind();
        if matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
            Self::Full
        } else if matches!(kind, ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) {
            Self::NotWritable
        } else {
            Self::Io(kind)
        }
    }
}

/// Primary result codes of SQLite, <https://sqlite.org/rescode.html>.
mod primary {
    pub const PERM: i32 = 3;
    pub const BUSY: i32 = 5;
    pub const LOCKED: i32 = 6;
    pub const READONLY: i32 = 8;
    pub const IOERR: i32 = 10;
    pub const CORRUPT: i32 = 11;
    pub const FULL: i32 = 13;
    pub const CANTOPEN: i32 = 14;
    pub const NOTADB: i32 = 26;
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        // A value that is not what its column promises can only come from a damaged or foreign database.
        if matches!(
            error,
            rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::Utf8Error(..)
        ) {
            return Self::Damaged;
        }
        let Some(failure) = error.sqlite_error() else {
            return Self::Sql(-1);
        };
        match failure.extended_code & 0xff {
            primary::BUSY | primary::LOCKED => Self::InUse,
            primary::FULL => Self::Full,
            primary::PERM | primary::READONLY | primary::CANTOPEN => Self::NotWritable,
            primary::CORRUPT | primary::NOTADB => Self::Damaged,
            primary::IOERR => Self::Io(ErrorKind::Other),
            _ => Self::Sql(failure.extended_code),
        }
    }
}
