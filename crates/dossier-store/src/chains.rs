//! Chains, their items, and signed things outside chains. All of it opaque: whatever is here was judged before.

use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, GenerationId, ItemHash};
use dossier_trust::item::Position;
use rusqlite::Row;

use crate::{Reader, StoreError, Tx};

/// A chain, by its signed open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Its name: hash of the open.
    pub chain: ChainId,
    /// The dossier it is in.
    pub dossier: DossierId,
    /// The compartment it is in.
    pub compartment: CompartmentId,
    /// Log, doc or rec, by the number the open gives it.
    pub lane: u8,
    /// The document's generation; zero outside the doc lane.
    pub generation: GenerationId,
    /// Who writes it.
    pub device: DeviceId,
    /// The operation that grants it; zero for owner devices.
    pub grant_op: [u8; 32],
    /// The open and its signature, as they travel.
    pub open: Vec<u8>,
}

/// One link of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Where it is.
    pub position: Position,
    /// The complete header, as it was signed.
    pub header: Vec<u8>,
    /// The signature over the header.
    pub signature: [u8; 64],
    /// The ciphertext or operation; none once it was erased.
    pub body: Option<Vec<u8>>,
    /// When it came to this device.
    pub arrived_ms: i64,
}

/// An [`Item`] while it is being read, without a copy of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemRef<'r> {
    /// Where it is.
    pub position: Position,
    /// The complete header, as it was signed.
    pub header: &'r [u8],
    /// The signature over the header.
    pub signature: &'r [u8; 64],
    /// The ciphertext or operation; none once it was erased.
    pub body: Option<&'r [u8]>,
    /// When it came to this device.
    pub arrived_ms: i64,
}

/// Something signed that is in no chain: a wrap or a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loose {
    /// Its name.
    pub id: [u8; 32],
    /// The dossier it is in.
    pub dossier: DossierId,
    /// The compartment it is in.
    pub compartment: CompartmentId,
    /// What it is, by the caller's own numbers.
    pub kind: u8,
    /// What it is about: for a wrap the device it is for.
    pub about: [u8; 32],
    /// As it travels.
    pub bytes: Vec<u8>,
    /// When it came to this device.
    pub arrived_ms: i64,
}

fn chain(row: &Row<'_>) -> rusqlite::Result<Chain> {
    Ok(Chain {
        chain: ChainId(row.get(0)?),
        dossier: DossierId(row.get(1)?),
        compartment: CompartmentId(row.get(2)?),
        lane: row.get(3)?,
        generation: GenerationId(row.get(4)?),
        device: DeviceId(row.get(5)?),
        grant_op: row.get(6)?,
        open: row.get(7)?,
    })
}

fn position(row: &Row<'_>) -> rusqlite::Result<Position> {
    Ok(Position {
        chain: ChainId(row.get(0)?),
        n: row.get(1)?,
        hash: ItemHash(row.get(2)?),
    })
}

fn item(row: &Row<'_>) -> rusqlite::Result<Item> {
    Ok(Item {
        position: position(row)?,
        header: row.get(3)?,
        signature: row.get(4)?,
        body: row.get(5)?,
        arrived_ms: row.get(6)?,
    })
}

fn loose(row: &Row<'_>) -> rusqlite::Result<Loose> {
    Ok(Loose {
        id: row.get(0)?,
        dossier: DossierId(row.get(1)?),
        compartment: CompartmentId(row.get(2)?),
        kind: row.get(3)?,
        about: row.get(4)?,
        bytes: row.get(5)?,
        arrived_ms: row.get(6)?,
    })
}

impl Reader {
    /// One chain.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn chain(&self, id: &ChainId) -> Result<Option<Chain>, StoreError> {
        self.one(
            "SELECT chain, dossier, compartment, lane, generation, device, grant_op, open
             FROM chains WHERE chain = ?1",
            [id.as_bytes()],
            chain,
        )
    }

    /// The chains of a compartment, by lane and name.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn chains(&self, dossier: &DossierId, compartment: &CompartmentId) -> Result<Vec<Chain>, StoreError> {
        self.all(
            "SELECT chain, dossier, compartment, lane, generation, device, grant_op, open
             FROM chains WHERE dossier = ?1 AND compartment = ?2 ORDER BY lane, chain",
            (dossier.as_bytes(), compartment.as_bytes()),
            chain,
        )
    }

    /// Chains of a compartment that this profile opened itself and may go on with.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn own_chains(&self, dossier: &DossierId, compartment: &CompartmentId) -> Result<Vec<ChainId>, StoreError> {
        self.all(
            "SELECT own_chains.chain FROM chains JOIN own_chains ON own_chains.chain = chains.chain
             WHERE chains.dossier = ?1 AND chains.compartment = ?2 ORDER BY own_chains.chain",
            (dossier.as_bytes(), compartment.as_bytes()),
            |row| Ok(ChainId(row.get(0)?)),
        )
    }

    /// The compartments of a dossier that have a chain here, sorted.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn compartments(&self, dossier: &DossierId) -> Result<Vec<CompartmentId>, StoreError> {
        self.all(
            "SELECT DISTINCT compartment FROM chains WHERE dossier = ?1 ORDER BY compartment",
            [dossier.as_bytes()],
            |row| row.get(0).map(CompartmentId),
        )
    }

    /// One item.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn item(&self, at: &Position) -> Result<Option<Item>, StoreError> {
        self.one(
            "SELECT chain, n, hash, header, signature, body, arrived_ms
             FROM items WHERE chain = ?1 AND n = ?2 AND hash = ?3",
            (at.chain.as_bytes(), at.n, at.hash.as_bytes()),
            item,
        )
    }

    /// Every item at one number of a chain, by name: none, one, or several at a fork.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn items_at(&self, chain: &ChainId, n: u32) -> Result<Vec<Item>, StoreError> {
        self.all(
            "SELECT chain, n, hash, header, signature, body, arrived_ms
             FROM items WHERE chain = ?1 AND n = ?2 ORDER BY hash",
            (chain.as_bytes(), n),
            item,
        )
    }

    /// At most `limit` items of a chain from number `n` on, `n` included, by number and name.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn items_from(&self, chain: &ChainId, n: u32, limit: u32) -> Result<Vec<Item>, StoreError> {
        self.all(
            "SELECT chain, n, hash, header, signature, body, arrived_ms
             FROM items WHERE chain = ?1 AND n >= ?2 ORDER BY n, hash LIMIT ?3",
            (chain.as_bytes(), n, limit),
            item,
        )
    }

    /// Calls `f` with every item of a compartment: chain by chain in the order of [`Self::chains`], each by number and
    /// name. With a lane, only its chains.
    ///
    /// # Errors
    /// What `f` returns, or what the disk does.
    pub fn each_item<E: From<StoreError>>(
        &self,
        dossier: &DossierId,
        compartment: &CompartmentId,
        lane: Option<u8>,
        mut f: impl FnMut(ItemRef<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let chains = self.all(
            "SELECT chain FROM chains
             WHERE dossier = ?1 AND compartment = ?2 AND (?3 IS NULL OR lane = ?3) ORDER BY lane, chain",
            (dossier.as_bytes(), compartment.as_bytes(), lane),
            |row| row.get(0).map(ChainId),
        )?;
        for chain in chains {
            self.each_item_of(&chain, 1, &mut f)?;
        }
        Ok(())
    }

    /// Calls `f` with every item of a chain from number `n` on, by number and name.
    ///
    /// # Errors
    /// What `f` returns, or what the disk does.
    pub fn each_item_of<E: From<StoreError>>(
        &self,
        chain: &ChainId,
        n: u32,
        mut f: impl FnMut(ItemRef<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT chain, n, hash, header, signature, body, arrived_ms
                 FROM items WHERE chain = ?1 AND n >= ?2 ORDER BY n, hash",
            )
            .map_err(StoreError::from)?;
        let mut rows = statement.query((chain.as_bytes(), n)).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            let read = || -> Result<ItemRef<'_>, StoreError> {
                let blob = |column| {
                    let value = row.get_ref(column)?;
                    value.as_blob_or_null().map_err(|_| StoreError::Damaged)
                };
                Ok(ItemRef {
                    position: position(row)?,
                    header: blob(3)?.ok_or(StoreError::Damaged)?,
                    signature: blob(4)?
                        .and_then(|bytes| bytes.try_into().ok())
                        .ok_or(StoreError::Damaged)?,
                    body: blob(5)?,
                    arrived_ms: row.get(6)?,
                })
            };
            f(read()?)?;
        }
        Ok(())
    }

    /// The last position of every chain of a compartment that has items; several of one chain where its last number
    /// is forked.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn tips(&self, dossier: &DossierId, compartment: &CompartmentId) -> Result<Vec<Position>, StoreError> {
        self.all(
            "SELECT items.chain, items.n, items.hash FROM chains JOIN items ON items.chain = chains.chain
             WHERE chains.dossier = ?1 AND chains.compartment = ?2
                 AND items.n = (SELECT max(last.n) FROM items AS last WHERE last.chain = chains.chain)
             ORDER BY items.chain, items.hash",
            (dossier.as_bytes(), compartment.as_bytes()),
            position,
        )
    }

    /// The last positions of one chain: none while it is empty, several where the last number is forked.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn tip(&self, chain: &ChainId) -> Result<Vec<Position>, StoreError> {
        self.all(
            "SELECT chain, n, hash FROM items
             WHERE chain = ?1 AND n = (SELECT max(n) FROM items WHERE chain = ?1) ORDER BY hash",
            [chain.as_bytes()],
            position,
        )
    }

    /// Length of the bodies of a chain from number `n` on, both branches of forks counted.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn body_bytes(&self, chain: &ChainId, n: u32) -> Result<u64, StoreError> {
        let bytes = self.one(
            "SELECT coalesce(sum(length(body)), 0) FROM items WHERE chain = ?1 AND n >= ?2",
            (chain.as_bytes(), n),
            |row| row.get::<_, i64>(0),
        )?;
        Ok(bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0))
    }

    /// The number of items in a compartment, both branches of forks counted.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn count_items(&self, dossier: &DossierId, compartment: &CompartmentId) -> Result<u32, StoreError> {
        let count = self.one(
            "SELECT count(*) FROM chains JOIN items ON items.chain = chains.chain
             WHERE chains.dossier = ?1 AND chains.compartment = ?2",
            (dossier.as_bytes(), compartment.as_bytes()),
            |row| row.get(0),
        )?;
        Ok(count.unwrap_or(0))
    }

    /// One wrap or receipt.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn loose(&self, id: &[u8; 32]) -> Result<Option<Loose>, StoreError> {
        self.one(
            "SELECT id, dossier, compartment, kind, about, bytes, arrived_ms FROM loose WHERE id = ?1",
            [id],
            loose,
        )
    }

    /// Wraps or receipts of a compartment, by arrival; with `about`, only those about it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn loose_of(
        &self,
        dossier: &DossierId,
        compartment: &CompartmentId,
        kind: u8,
        about: Option<&[u8; 32]>,
    ) -> Result<Vec<Loose>, StoreError> {
        self.all(
            "SELECT id, dossier, compartment, kind, about, bytes, arrived_ms FROM loose
             WHERE dossier = ?1 AND compartment = ?2 AND kind = ?3 AND (?4 IS NULL OR about = ?4)
             ORDER BY arrived_ms, id",
            (dossier.as_bytes(), compartment.as_bytes(), kind, about),
            loose,
        )
    }

    /// Number and length of the wraps or receipts of a compartment, by what they are about.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn loose_by_subject(
        &self,
        dossier: &DossierId,
        compartment: &CompartmentId,
        kind: u8,
    ) -> Result<Vec<([u8; 32], u64, u64)>, StoreError> {
        let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
        self.all(
            "SELECT about, count(*), sum(length(bytes)) FROM loose
             WHERE dossier = ?1 AND compartment = ?2 AND kind = ?3 GROUP BY about ORDER BY about",
            (dossier.as_bytes(), compartment.as_bytes(), kind),
            |row| Ok((row.get(0)?, unsigned(row.get(1)?), unsigned(row.get(2)?))),
        )
    }

    /// Names of everything loose in a compartment, sorted; with a kind, only those.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn loose_ids(
        &self,
        dossier: &DossierId,
        compartment: &CompartmentId,
        kind: Option<u8>,
    ) -> Result<Vec<[u8; 32]>, StoreError> {
        self.all(
            "SELECT id FROM loose WHERE dossier = ?1 AND compartment = ?2 AND (?3 IS NULL OR kind = ?3) ORDER BY id",
            (dossier.as_bytes(), compartment.as_bytes(), kind),
            |row| row.get(0),
        )
    }
}

impl Tx<'_> {
    /// Keeps a chain; says whether it was new. One that is known stays as it was: its name is the hash of its open.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_chain(&self, chain: &Chain) -> Result<bool, StoreError> {
        let added = self.run(
            "INSERT INTO chains (chain, dossier, compartment, lane, generation, device, grant_op, open)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
            (
                chain.chain.as_bytes(),
                chain.dossier.as_bytes(),
                chain.compartment.as_bytes(),
                chain.lane,
                chain.generation.as_bytes(),
                chain.device.as_bytes(),
                &chain.grant_op,
                &chain.open,
            ),
        )?;
        Ok(added > 0)
    }

    /// Notes that this profile opened a chain itself and may go on with it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn own_chain(&self, chain: &ChainId) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO own_chains (chain) VALUES (?1) ON CONFLICT DO NOTHING",
            [chain.as_bytes()],
        )?;
        Ok(())
    }

    /// Notes that a chain must not be gone on with: somebody else has this device's key, or a copy of this profile.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn disown_chain(&self, chain: &ChainId) -> Result<(), StoreError> {
        self.run("DELETE FROM own_chains WHERE chain = ?1", [chain.as_bytes()])?;
        Ok(())
    }

    /// Keeps an item of a chain that is known; says whether it was new. One that is known stays as it was, so that an
    /// erased body does not come back with an old copy.
    ///
    /// # Errors
    /// [`StoreError::Sql`] if the chain is not known; when the disk fails.
    pub fn put_item(&self, item: &Item) -> Result<bool, StoreError> {
        let added = self.run(
            "INSERT INTO items (chain, n, hash, header, signature, body, arrived_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            (
                item.position.chain.as_bytes(),
                item.position.n,
                item.position.hash.as_bytes(),
                &item.header,
                &item.signature,
                &item.body,
                item.arrived_ms,
            ),
        )?;
        Ok(added > 0)
    }

    /// Removes an item's body and overwrites its bytes; says whether it had one.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn drop_body(&self, at: &Position) -> Result<bool, StoreError> {
        let changed = self.run(
            "UPDATE items SET body = NULL WHERE chain = ?1 AND n = ?2 AND hash = ?3 AND body IS NOT NULL",
            (at.chain.as_bytes(), at.n, at.hash.as_bytes()),
        )?;
        Ok(changed > 0)
    }

    /// Removes the items of a chain below number `n`: a checkpoint holds what they say. How many there were.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn drop_items_below(&self, chain: &ChainId, n: u32) -> Result<usize, StoreError> {
        self.run("DELETE FROM items WHERE chain = ?1 AND n < ?2", (chain.as_bytes(), n))
    }

    /// Removes a compartment: its chains with their items, what is loose there, and what was kept of it opened.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn delete_compartment(&self, dossier: &DossierId, compartment: &CompartmentId) -> Result<(), StoreError> {
        const OF_ITS_CHAINS: [&str; 4] = ["items", "own_chains", "deliveries", "chains"];
        const OF_ITSELF: [&str; 5] = ["loose", "epoch_keys", "documents", "opened", "owed"];
        let place = (dossier.as_bytes(), compartment.as_bytes());
        for table in OF_ITS_CHAINS {
            let chains = "SELECT chain FROM chains WHERE dossier = ?1 AND compartment = ?2";
            self.run(&format!("DELETE FROM {table} WHERE chain IN ({chains})"), place)?;
        }
        for table in OF_ITSELF {
            self.run(
                &format!("DELETE FROM {table} WHERE dossier = ?1 AND compartment = ?2"),
                place,
            )?;
        }
        Ok(())
    }

    /// Removes an item; says whether it was there.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn drop_item(&self, at: &Position) -> Result<bool, StoreError> {
        let removed = self.run(
            "DELETE FROM items WHERE chain = ?1 AND n = ?2 AND hash = ?3",
            (at.chain.as_bytes(), at.n, at.hash.as_bytes()),
        )?;
        Ok(removed > 0)
    }

    /// Gives a known item the body it lacks: a checkpoint brings headers before bodies. Says whether it lacked one.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn fill_body(&self, at: &Position, body: &[u8]) -> Result<bool, StoreError> {
        let changed = self.run(
            "UPDATE items SET body = ?4 WHERE chain = ?1 AND n = ?2 AND hash = ?3 AND body IS NULL",
            (at.chain.as_bytes(), at.n, at.hash.as_bytes(), body),
        )?;
        Ok(changed > 0)
    }

    /// Keeps a wrap or receipt; says whether it was new.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_loose(&self, loose: &Loose) -> Result<bool, StoreError> {
        let added = self.run(
            "INSERT INTO loose (id, dossier, compartment, kind, about, bytes, arrived_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            (
                &loose.id,
                loose.dossier.as_bytes(),
                loose.compartment.as_bytes(),
                loose.kind,
                &loose.about,
                &loose.bytes,
                loose.arrived_ms,
            ),
        )?;
        Ok(added > 0)
    }

    /// Removes a wrap or receipt; says whether it was there.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn delete_loose(&self, id: &[u8; 32]) -> Result<bool, StoreError> {
        Ok(self.run("DELETE FROM loose WHERE id = ?1", [id])? > 0)
    }
}
