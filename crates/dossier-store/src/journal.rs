//! What this device did, what it still owes, and what it can take back. None of it travels.

use dossier_trust::ids::{CompartmentId, DossierId};

use crate::{Reader, StoreError, Tx};

/// A line of this device's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// When.
    pub at_ms: i64,
    /// In which dossier; all zero for the profile itself.
    pub dossier: DossierId,
    /// What, as JSON.
    pub event: Vec<u8>,
}

/// Something this device must still do: a rotation, a removal. Survives a crash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owed {
    /// In which dossier.
    pub dossier: DossierId,
    /// In which compartment.
    pub compartment: CompartmentId,
    /// What kind of thing, by the caller's own numbers.
    pub kind: u8,
    /// Which one.
    pub detail: Vec<u8>,
}

/// Where a step of this device's own leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To before it was done.
    Back,
    /// To after it was done, once it was taken back.
    Forth,
}

impl Way {
    fn code(self) -> u8 {
        match self {
            Self::Back => 0,
            Self::Forth => 1,
        }
    }

    /// The other one.
    #[must_use]
    pub fn turned(self) -> Self {
        match self {
            Self::Back => Self::Forth,
            Self::Forth => Self::Back,
        }
    }
}

impl Reader {
    /// Lines of the log at or after `since_ms`, in each dossier in the order in which they were added; with a dossier, only
    /// its lines.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn activity(&self, dossier: Option<&DossierId>, since_ms: i64) -> Result<Vec<Activity>, StoreError> {
        self.all(
            "SELECT at_ms, dossier, event FROM activity
             WHERE (?1 IS NULL OR dossier = ?1) AND at_ms >= ?2 ORDER BY dossier, n",
            (dossier.map(DossierId::as_bytes), since_ms),
            |row| {
                Ok(Activity {
                    at_ms: row.get(0)?,
                    dossier: DossierId(row.get(1)?),
                    event: row.get(2)?,
                })
            },
        )
    }

    /// True when a dossier's log has a line between these moments, both included.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn was_active(&self, dossier: &DossierId, from_ms: i64, to_ms: i64) -> Result<bool, StoreError> {
        let line = self.one(
            "SELECT 1 FROM activity WHERE dossier = ?1 AND at_ms BETWEEN ?2 AND ?3 LIMIT 1",
            (dossier.as_bytes(), from_ms, to_ms),
            |row| row.get::<_, i64>(0),
        )?;
        Ok(line.is_some())
    }

    /// What is owed: in one dossier, or in all.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn owed(&self, dossier: Option<&DossierId>) -> Result<Vec<Owed>, StoreError> {
        self.all(
            "SELECT dossier, compartment, kind, detail FROM owed WHERE ?1 IS NULL OR dossier = ?1
             ORDER BY dossier, compartment, kind, detail",
            [dossier.map(DossierId::as_bytes)],
            |row| {
                Ok(Owed {
                    dossier: DossierId(row.get(0)?),
                    compartment: CompartmentId(row.get(1)?),
                    kind: row.get(2)?,
                    detail: row.get(3)?,
                })
            },
        )
    }

    /// How many steps of a dossier stand on this way.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn count_steps(&self, dossier: &DossierId, way: Way) -> Result<u32, StoreError> {
        let count = self.one(
            "SELECT count(*) FROM undo WHERE dossier = ?1 AND way = ?2",
            (dossier.as_bytes(), way.code()),
            |row| row.get(0),
        )?;
        Ok(count.unwrap_or(0))
    }

    /// The step that would be taken next on this way.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn last_step(&self, dossier: &DossierId, way: Way) -> Result<Option<Vec<u8>>, StoreError> {
        self.one(
            "SELECT step FROM undo WHERE dossier = ?1 AND way = ?2 ORDER BY n DESC LIMIT 1",
            (dossier.as_bytes(), way.code()),
            |row| row.get(0),
        )
    }
}

impl Tx<'_> {
    /// Adds a line to the log of a dossier.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn add_activity(&self, at_ms: i64, dossier: &DossierId, event: &[u8]) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO activity (dossier, n, at_ms, event)
             VALUES (?1, 1 + coalesce((SELECT max(n) FROM activity WHERE dossier = ?1), 0), ?2, ?3)",
            (dossier.as_bytes(), at_ms, event),
        )?;
        Ok(())
    }

    /// Removes lines older than `before_ms`; how many.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn delete_activity_before(&self, before_ms: i64) -> Result<usize, StoreError> {
        self.run("DELETE FROM activity WHERE at_ms < ?1", [before_ms])
    }

    /// Takes on a debt; says whether it was new.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn owe(&self, owed: &Owed) -> Result<bool, StoreError> {
        let added = self.run(
            "INSERT INTO owed (dossier, compartment, kind, detail) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            (
                owed.dossier.as_bytes(),
                owed.compartment.as_bytes(),
                owed.kind,
                &owed.detail,
            ),
        )?;
        Ok(added > 0)
    }

    /// Strikes a debt that was paid; says whether it was there.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn pay(&self, owed: &Owed) -> Result<bool, StoreError> {
        let removed = self.run(
            "DELETE FROM owed WHERE dossier = ?1 AND compartment = ?2 AND kind = ?3 AND detail = ?4",
            (
                owed.dossier.as_bytes(),
                owed.compartment.as_bytes(),
                owed.kind,
                &owed.detail,
            ),
        )?;
        Ok(removed > 0)
    }

    /// Adds a step. The last `cap` on its way in this dossier stay; older ones go, a quarter of `cap` at a time.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn push_step(&self, dossier: &DossierId, way: Way, step: &[u8], cap: u32) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO undo (dossier, way, n, step)
             VALUES (?1, ?2, 1 + coalesce((SELECT max(n) FROM undo WHERE dossier = ?1 AND way = ?2), 0), ?3)",
            (dossier.as_bytes(), way.code(), step),
        )?;
        // Each deletion writes one more page, so most steps delete nothing.
        self.run(
            "DELETE FROM undo WHERE dossier = ?1 AND way = ?2
                 AND n <= (SELECT max(n) FROM undo WHERE dossier = ?1 AND way = ?2) - ?3
                 AND (SELECT max(n) FROM undo WHERE dossier = ?1 AND way = ?2)
                     - (SELECT min(n) FROM undo WHERE dossier = ?1 AND way = ?2) >= ?4",
            (dossier.as_bytes(), way.code(), cap, cap + cap / 4),
        )?;
        Ok(())
    }

    /// Takes the last step off this way, if there is one.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn pop_step(&self, dossier: &DossierId, way: Way) -> Result<Option<Vec<u8>>, StoreError> {
        let step = self.last_step(dossier, way)?;
        self.run(
            "DELETE FROM undo WHERE dossier = ?1 AND way = ?2
                 AND n = (SELECT max(n) FROM undo WHERE dossier = ?1 AND way = ?2)",
            (dossier.as_bytes(), way.code()),
        )?;
        Ok(step)
    }

    /// Forgets every step on this way; how many.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn clear_steps(&self, dossier: &DossierId, way: Way) -> Result<usize, StoreError> {
        self.run(
            "DELETE FROM undo WHERE dossier = ?1 AND way = ?2",
            (dossier.as_bytes(), way.code()),
        )
    }
}
