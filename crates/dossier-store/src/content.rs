//! What was opened: epoch keys, saved documents, decrypted records. All of it can be made again from chains and
//! wraps; all of it can be taken away per compartment.

use dossier_trust::ids::{CompartmentId, DossierId, EpochId, GenerationId, ItemHash};
use zeroize::Zeroizing;

use crate::{Reader, StoreError, Tx};

/// A saved Automerge document.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// Automerge's own save, megabytes at times.
    pub saved: Vec<u8>,
    /// What it shows, in the caller's own form: to be read before Automerge has loaded it.
    pub shown: Vec<u8>,
    /// Up to where in the chains it reaches, in the caller's own form.
    pub upto: Vec<u8>,
    /// How many changes are in it.
    pub changes: u32,
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The content is somebody's life.
        write!(f, "Document({} changes, {} bytes)", self.changes, self.saved.len())
    }
}

/// An epoch and its key, wiped from memory when dropped.
pub type EpochKey = (EpochId, Zeroizing<[u8; 32]>);

impl Reader {
    /// The key of an epoch, if it was ever unwrapped here.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn epoch_key(
        &self,
        dossier: &DossierId,
        compartment: &CompartmentId,
        epoch: &EpochId,
    ) -> Result<Option<Zeroizing<[u8; 32]>>, StoreError> {
        self.one(
            "SELECT key FROM epoch_keys WHERE dossier = ?1 AND compartment = ?2 AND epoch = ?3",
            (dossier.as_bytes(), compartment.as_bytes(), epoch.as_bytes()),
            |row| row.get(0).map(Zeroizing::new),
        )
    }

    /// All epoch keys of a compartment, by epoch.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn epoch_keys(&self, dossier: &DossierId, compartment: &CompartmentId) -> Result<Vec<EpochKey>, StoreError> {
        self.all(
            "SELECT epoch, key FROM epoch_keys WHERE dossier = ?1 AND compartment = ?2 ORDER BY epoch",
            (dossier.as_bytes(), compartment.as_bytes()),
            |row| Ok((EpochId(row.get(0)?), Zeroizing::new(row.get(1)?))),
        )
    }

    /// The saved document of a generation.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn document(
        &self,
        dossier: &DossierId,
        compartment: &CompartmentId,
        generation: &GenerationId,
    ) -> Result<Option<Document>, StoreError> {
        self.one(
            "SELECT saved, shown, upto, changes FROM documents WHERE dossier = ?1 AND compartment = ?2 AND generation = ?3",
            (dossier.as_bytes(), compartment.as_bytes(), generation.as_bytes()),
            |row| {
                Ok(Document {
                    saved: row.get(0)?,
                    shown: row.get(1)?,
                    upto: row.get(2)?,
                    changes: row.get(3)?,
                })
            },
        )
    }

    /// The record that was found in an item, decrypted.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn opened(&self, item: &ItemHash) -> Result<Option<Vec<u8>>, StoreError> {
        self.one("SELECT record FROM opened WHERE item = ?1", [item.as_bytes()], |row| {
            row.get(0)
        })
    }

    /// All decrypted records of a compartment, by item.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn opened_of(
        &self,
        dossier: &DossierId,
        compartment: &CompartmentId,
    ) -> Result<Vec<(ItemHash, Vec<u8>)>, StoreError> {
        self.all(
            "SELECT item, record FROM opened WHERE dossier = ?1 AND compartment = ?2 ORDER BY item",
            (dossier.as_bytes(), compartment.as_bytes()),
            |row| Ok((ItemHash(row.get(0)?), row.get(1)?)),
        )
    }
}

impl Tx<'_> {
    /// Keeps the key of an epoch; says whether it was new.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_epoch_key(
        &self,
        dossier: &DossierId,
        compartment: &CompartmentId,
        epoch: &EpochId,
        key: &[u8; 32],
    ) -> Result<bool, StoreError> {
        let added = self.run(
            "INSERT INTO epoch_keys (dossier, compartment, epoch, key) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            (dossier.as_bytes(), compartment.as_bytes(), epoch.as_bytes(), key),
        )?;
        Ok(added > 0)
    }

    /// Removes all epoch keys of a compartment.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn delete_epoch_keys(&self, dossier: &DossierId, compartment: &CompartmentId) -> Result<(), StoreError> {
        self.run(
            "DELETE FROM epoch_keys WHERE dossier = ?1 AND compartment = ?2",
            (dossier.as_bytes(), compartment.as_bytes()),
        )?;
        Ok(())
    }

    /// Keeps the saved document of a generation, in place of the one before.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_document(
        &self,
        dossier: &DossierId,
        compartment: &CompartmentId,
        generation: &GenerationId,
        document: &Document,
    ) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO documents (dossier, compartment, generation, upto, changes, saved, shown)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (dossier, compartment, generation) DO UPDATE SET
                 upto = excluded.upto, changes = excluded.changes, saved = excluded.saved, shown = excluded.shown",
            (
                dossier.as_bytes(),
                compartment.as_bytes(),
                generation.as_bytes(),
                &document.upto,
                document.changes,
                &document.saved,
                &document.shown,
            ),
        )?;
        Ok(())
    }

    /// Removes the saved documents of a compartment, or of a whole dossier.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn delete_documents(&self, dossier: &DossierId, compartment: Option<&CompartmentId>) -> Result<(), StoreError> {
        self.run(
            "DELETE FROM documents WHERE dossier = ?1 AND (?2 IS NULL OR compartment = ?2)",
            (dossier.as_bytes(), compartment.map(CompartmentId::as_bytes)),
        )?;
        Ok(())
    }

    /// Keeps the record that was found in an item.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_opened(
        &self,
        item: &ItemHash,
        dossier: &DossierId,
        compartment: &CompartmentId,
        record: &[u8],
    ) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO opened (item, dossier, compartment, record) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (item) DO UPDATE SET record = excluded.record",
            (item.as_bytes(), dossier.as_bytes(), compartment.as_bytes(), record),
        )?;
        Ok(())
    }

    /// Removes one decrypted record; says whether it was there.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn delete_opened(&self, item: &ItemHash) -> Result<bool, StoreError> {
        Ok(self.run("DELETE FROM opened WHERE item = ?1", [item.as_bytes()])? > 0)
    }

    /// Removes the decrypted records of a dossier: of one compartment, or of all.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn delete_opened_of(&self, dossier: &DossierId, compartment: Option<&CompartmentId>) -> Result<(), StoreError> {
        self.run(
            "DELETE FROM opened WHERE dossier = ?1 AND (?2 IS NULL OR compartment = ?2)",
            (dossier.as_bytes(), compartment.map(CompartmentId::as_bytes)),
        )?;
        Ok(())
    }
}
