//! The profile itself and the dossiers in it.

use dossier_trust::ids::DossierId;
use rusqlite::Row;
use zeroize::Zeroizing;

use crate::schema;
use crate::{Reader, StoreError, Tx};

/// A dossier this profile takes part in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dossier {
    /// Its name.
    pub dossier: DossierId,
    /// Whether this profile's person is the owner.
    pub own: bool,
    /// When it came into this profile.
    pub created_ms: i64,
    /// When access to it ended, or it was closed.
    pub closed_ms: Option<i64>,
    /// Whatever the program keeps about it on this device.
    pub state: Vec<u8>,
}

fn dossier(row: &Row<'_>) -> rusqlite::Result<Dossier> {
    Ok(Dossier {
        dossier: DossierId(row.get(0)?),
        own: row.get(1)?,
        created_ms: row.get(2)?,
        closed_ms: row.get(3)?,
        state: row.get(4)?,
    })
}

impl Reader {
    /// A named value of the profile; wiped from memory when dropped, because some are secrets.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn meta(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        self.one("SELECT value FROM meta WHERE name = ?1", [name], |row| {
            row.get(0).map(Zeroizing::new)
        })
    }

    /// Names of values that begin with `prefix`, sorted.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn meta_names(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.all(
            "SELECT name FROM meta WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name",
            [prefix],
            |row| row.get(0),
        )
    }

    /// One dossier.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn dossier(&self, id: &DossierId) -> Result<Option<Dossier>, StoreError> {
        self.one(
            "SELECT dossier, own, created_ms, closed_ms, state FROM dossiers WHERE dossier = ?1",
            [id.as_bytes()],
            dossier,
        )
    }

    /// All dossiers, the oldest first.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn dossiers(&self) -> Result<Vec<Dossier>, StoreError> {
        self.all(
            "SELECT dossier, own, created_ms, closed_ms, state FROM dossiers ORDER BY created_ms, dossier",
            [],
            dossier,
        )
    }
}

impl Tx<'_> {
    /// Keeps a named value, in place of the one it had.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn set_meta(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )?;
        Ok(())
    }

    /// Removes a named value; says whether there was one.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn delete_meta(&self, name: &str) -> Result<bool, StoreError> {
        Ok(self.run("DELETE FROM meta WHERE name = ?1", [name])? > 0)
    }

    /// Keeps a dossier, in place of what was known of it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_dossier(&self, dossier: &Dossier) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO dossiers (dossier, own, created_ms, closed_ms, state) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (dossier) DO UPDATE SET own = excluded.own, created_ms = excluded.created_ms,
                 closed_ms = excluded.closed_ms, state = excluded.state",
            (
                dossier.dossier.as_bytes(),
                dossier.own,
                dossier.created_ms,
                dossier.closed_ms,
                &dossier.state,
            ),
        )?;
        Ok(())
    }

    /// Removes everything of one dossier: items, keys, documents, records, invitations, log. Values under
    /// [`Tx::set_meta`] and peers are not a dossier's and stay. [`crate::Store::scrub`] afterwards takes away what the
    /// file still holds; [`crate::Store::forget`] does both.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn forget(&self, dossier: &DossierId) -> Result<(), StoreError> {
        for statement in schema::FORGET {
            self.run(statement, [dossier.as_bytes()])?;
        }
        Ok(())
    }
}
