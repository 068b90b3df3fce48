//! Opening, closing and transactions.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Params, Row};
use zeroize::Zeroizing;

use crate::anchor::{self, Anchor};
use crate::{DbKey, StoreError, files, schema};

/// Bytes in a page. SQLCipher's own choice, fixed here because damage is told from a wrong key by it.
const PAGE: u64 = 4096;
/// How long after the wish to stop a check may go on.
const WATCH: Duration = Duration::from_millis(20);

/// What can be read from a profile: from a [`Store`], or inside a transaction from a [`Tx`].
pub struct Reader {
    pub(crate) connection: Connection,
}

impl Reader {
    pub(crate) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.connection.prepare_cached(sql)?.query_row(params, map).optional()?)
    }

    pub(crate) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(params, map)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub(crate) fn run(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        Ok(self.connection.prepare_cached(sql)?.execute(params)?)
    }

    /// [`Self::check`], given up once `stopped` says so.
    ///
    /// # Errors
    /// As [`Self::check`]; any when it was stopped.
    pub fn check_until(&self, stopped: &(dyn Fn() -> bool + Sync)) -> Result<(), StoreError> {
        let interrupt = self.connection.get_interrupt_handle();
        let (done, over) = channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                while matches!(over.recv_timeout(WATCH), Err(RecvTimeoutError::Timeout)) {
                    if stopped() {
                        interrupt.interrupt();
                    }
                }
            });
            let checked = self.check();
            drop(done);
            checked
        })
    }

    /// Checks every page against its authentication code and the structure of every table. Reads the whole file: for
    /// `doctor` and `verify`, not for every start.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if anything is wrong.
    pub fn check(&self) -> Result<(), StoreError> {
        let faults: Vec<String> = self.all("PRAGMA cipher_integrity_check", [], |row| row.get(0))?;
        let structure: Vec<String> = self.all("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if faults.is_empty() && structure.iter().all(|line| line == "ok") {
            Ok(())
        } else {
            Err(StoreError::Damaged)
        }
    }
}

/// A transaction: reads what a [`Reader`] reads, its own writes included, and writes.
pub struct Tx<'s> {
    reader: &'s Reader,
    committed: bool,
}

impl<'s> Tx<'s> {
    fn begin(reader: &'s Reader) -> Result<Self, StoreError> {
        reader.run("BEGIN IMMEDIATE", [])?;
        Ok(Self {
            reader,
            committed: false,
        })
    }

    fn commit(mut self) -> Result<(), StoreError> {
        self.reader.run("COMMIT", [])?;
        self.committed = true;
        Ok(())
    }

    /// Closes every chain that this profile opened for good: none is an [own chain](Reader::own_chains) any more, and
    /// [`Store::opened_cleanly`] is true again at the next opening.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn settle(&self) -> Result<(), StoreError> {
        self.run("DELETE FROM own_chains", [])?;
        self.run("UPDATE anchor SET unsettled = 0 WHERE id = 1", [])?;
        Ok(())
    }
}

impl Deref for Tx<'_> {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        self.reader
    }
}

impl Drop for Tx<'_> {
    fn drop(&mut self) {
        // SQLite ends some failed transactions by itself (disk full, for one).
        if !self.committed && !self.reader.connection.is_autocommit() {
            let _ = self.reader.run("ROLLBACK", []);
        }
    }
}

/// One open profile. Nobody else can open it while this value lives; the operating system ends that when the program
/// ends in whatever way. Dropping it closes it in good order, except while panicking.
pub struct Store {
    reader: Reader,
    home: PathBuf,
    anchor: Anchor,
    opened_cleanly: bool,
    open: bool,
    // Last, so that it is released after everything else.
    _lock: Lock,
}

impl Deref for Store {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // An error leaves the anchor as it was: the next opening is then not a clean one, and says so.
            let _ = self.finish();
        }
    }
}

impl Store {
    /// Whether the folder holds a profile, open or not.
    #[must_use]
    pub fn exists(home: &Path) -> bool {
        home.join(files::DATABASE).exists()
    }

    /// Makes a new profile in this folder, and the folder if need be, and opens it. A crash leaves either no profile,
    /// or a whole one.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is one; [`StoreError::InUse`], [`StoreError::Full`], [`StoreError::NotWritable`].
    pub fn create(home: &Path, key: &DbKey) -> Result<Self, StoreError> {
        files::make_folder(home)?;
        let lock = Lock::take(home)?;
        if Self::exists(home) {
            return Err(StoreError::Exists);
        }
        let database = home.join(files::DATABASE);
        let unfinished = home.join(files::UNFINISHED);
        // Leftovers of a creation that was cut short, or of a database that was taken away by hand.
        for path in [&unfinished, &database] {
            for suffix in ["-journal", "-wal", "-shm"] {
                files::remove_if_there(&files::beside(path, suffix))?;
            }
        }
        files::remove_if_there(&unfinished)?;
        files::remove_if_there(&home.join(files::ANCHOR))?;
        let made = (|| -> Result<(), StoreError> {
            drop(files::open_owner_only(&unfinished)?);
            let connection = connect(&unfinished, key)?;
            // Before the first table: afterwards it would need a rebuild of the whole file.
            connection.execute_batch(&format!(
                "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = {};",
                schema::APPLICATION_ID
            ))?;
            let reader = Reader { connection };
            migrate(&reader, 0)?;
            reader.run(
                "INSERT INTO anchor (id, instance, counter, unsettled) VALUES (1, ?1, 0, 0)",
                [random()?],
            )?;
            close(reader.connection)?;
            File::open(&unfinished)?.sync_all()?;
            std::fs::rename(&unfinished, &database)?;
            Ok(files::sync_folder_of(&database)?)
        })();
        if made.is_err() {
            let _ = std::fs::remove_file(&unfinished);
        }
        made?;
        Self::open_locked(home, key, lock, true)
    }

    /// Opens the profile in this folder.
    ///
    /// # Errors
    /// Any of [`StoreError`] but `Exists`.
    pub fn open(home: &Path, key: &DbKey) -> Result<Self, StoreError> {
        // Before the lock, which would leave a file in a folder that is not ours.
        if !Self::exists(home) {
            return Err(StoreError::Missing);
        }
        let lock = Lock::take(home)?;
        Self::open_locked(home, key, lock, false)
    }

    fn open_locked(home: &Path, key: &DbKey, lock: Lock, just_made: bool) -> Result<Self, StoreError> {
        let database = home.join(files::DATABASE);
        let found = Anchor::read(home);
        let salt = first_bytes(&database)?;
        let key_check = key.check_value();
        // While a log exists, the file itself may rightly be behind it.
        let length = std::fs::metadata(&database)?.len();
        let pending = std::fs::metadata(files::beside(&database, "-wal")).is_ok_and(|log| log.len() > 0);
        let Some(salt) = salt.filter(|salt| salt != b"SQLite format 3\0") else {
            return Err(
                if found.is_some_and(|anchor| anchor.key_check == key_check) && length > 0 && salt.is_none() {
                    StoreError::Damaged
                } else {
                    StoreError::NotADatabase
                },
            );
        };
        let place_now = found
            .as_ref()
            .map(|anchor| anchor::place(home, &anchor.instance))
            .transpose()?;

        let connection = connect(&database, key)?;
        let layout = read_layout(&connection).map_err(|error| {
            if error != StoreError::Damaged {
                return error;
            }
            let known_key = found.as_ref().map(|anchor| anchor.key_check == key_check);
            let known_salt = found.as_ref().is_some_and(|anchor| anchor.salt == salt);
            match known_key {
                Some(true) if known_salt => StoreError::Damaged,
                Some(false) if known_salt => StoreError::WrongKey,
                // Neither the key nor the file is what the anchor knows, or there is none: only the length is left
                // to tell one of our files from something else.
                _ if length % PAGE == 0 => StoreError::WrongKey,
                _ => StoreError::NotADatabase,
            }
        })?;
        if !pending && length % PAGE != 0 {
            return Err(StoreError::Damaged);
        }
        let reader = Reader { connection };
        migrate(&reader, layout)?;

        let (instance, counter, unsettled) = reader
            .one(
                "SELECT instance, counter, unsettled FROM anchor WHERE id = 1",
                [],
                |row| {
                    Ok((
                        row.get::<_, [u8; 16]>(0)?,
                        row.get::<_, i64>(1)?,
                        row.get::<_, bool>(2)?,
                    ))
                },
            )?
            .ok_or(StoreError::Damaged)?;
        let counter = u64::try_from(counter).map_err(|_| StoreError::Damaged)?;
        let succeeds = just_made
            || found.is_some_and(|anchor| {
                anchor.closed
                    && anchor.counter == counter
                    && anchor.instance == instance
                    && anchor.key_check == key_check
                    && anchor.salt == salt
                    && place_now == Some(anchor.place)
            });
        let anchor = Anchor {
            closed: false,
            counter: counter.saturating_add(1),
            instance: if succeeds { instance } else { random()? },
            salt,
            key_check,
            place: [0; 32],
        };
        let mut store = Self {
            reader,
            home: home.to_owned(),
            opened_cleanly: succeeds && !unsettled,
            anchor,
            // Not before both are written: a failure on the way must not count as closed in good order.
            open: false,
            _lock: lock,
        };
        // The file first: from here on, every way to stop but the orderly one is seen.
        store.anchor.write(home)?;
        store.keep_anchor(!store.opened_cleanly)?;
        if pending {
            store.shrink()?;
        }
        store.open = true;
        Ok(store)
    }

    /// False after a stop that was not orderly, a restored or rolled-back database, a copied folder or another
    /// machine; and from then on at every opening, until [`Tx::settle`]. The caller must not go on with any chain of
    /// before.
    #[must_use]
    pub fn opened_cleanly(&self) -> bool {
        self.opened_cleanly
    }

    /// The folder of this profile.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Does all of `f`, or nothing of it: an error, a panic or a crash leaves the profile as it was. When this
    /// returns, the transaction is on the disk.
    ///
    /// # Errors
    /// What `f` returns, or what the disk does.
    pub fn transact<R, E: From<StoreError>>(&mut self, f: impl FnOnce(&Tx<'_>) -> Result<R, E>) -> Result<R, E> {
        let tx = Tx::begin(&self.reader)?;
        let result = f(&tx)?;
        tx.commit()?;
        Ok(result)
    }

    /// Closes in good order and says whether that worked, which dropping cannot.
    ///
    /// # Errors
    /// When the disk fails; the next opening is then not a clean one.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.finish()
    }

    /// Takes the whole profile away: the folder holds none any more.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn abandon(mut self) -> Result<(), StoreError> {
        self.finish()?;
        let database = self.home.join(files::DATABASE);
        files::remove_if_there(&database)?;
        for suffix in ["-journal", "-wal", "-shm"] {
            files::remove_if_there(&files::beside(&database, suffix))?;
        }
        files::remove_if_there(&self.home.join(files::ANCHOR))?;
        Ok(files::sync_folder_of(&database)?)
    }

    /// Rebuilds the database without anything that was deleted and empties the write-ahead log, so that no deleted
    /// byte remains, not even under the key. Takes time and room in proportion to the whole profile.
    ///
    /// # Errors
    /// When the disk fails; nothing is lost then.
    pub fn scrub(&mut self) -> Result<(), StoreError> {
        // SQLite overwrites rows that are deleted, but makes no promise about copies that moving rows between pages
        // may leave in their slack; a rebuild leaves nothing to argue about. The copy goes through a file, encrypted
        // under the same key: memory may be too small for it.
        self.reader.connection.execute_batch("PRAGMA temp_store = FILE")?;
        let rebuilt = self.reader.connection.execute_batch("VACUUM");
        self.reader.connection.execute_batch("PRAGMA temp_store = MEMORY")?;
        rebuilt?;
        self.shrink()
    }

    /// Removes everything of one dossier in one transaction, then [scrubs](Self::scrub).
    ///
    /// # Errors
    /// When the disk fails. If only the scrubbing failed, the dossier is gone and its bytes are overwritten at the
    /// latest by the next scrub.
    pub fn forget(&mut self, dossier: &dossier_trust::ids::DossierId) -> Result<(), StoreError> {
        self.transact(|tx| tx.forget(dossier))?;
        self.scrub()
    }

    /// Returns free pages to the file system and empties the log.
    fn shrink(&self) -> Result<(), StoreError> {
        self.reader.all("PRAGMA incremental_vacuum", [], |_| Ok(()))?;
        let busy: bool = self
            .reader
            .one("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?
            .ok_or(StoreError::Sql(-1))?;
        if busy { Err(StoreError::InUse) } else { Ok(()) }
    }

    fn keep_anchor(&mut self, unsettled: bool) -> Result<(), StoreError> {
        let counter = i64::try_from(self.anchor.counter).map_err(|_| StoreError::Damaged)?;
        let tx = Tx::begin(&self.reader)?;
        tx.run(
            "UPDATE anchor SET instance = ?1, counter = ?2, unsettled = max(unsettled, ?3) WHERE id = 1",
            (self.anchor.instance, counter, unsettled),
        )?;
        tx.commit()
    }

    fn finish(&mut self) -> Result<(), StoreError> {
        if !std::mem::take(&mut self.open) {
            return Ok(());
        }
        self.anchor.counter = self.anchor.counter.saturating_add(1);
        self.keep_anchor(false)?;
        self.shrink()?;
        let connection = std::mem::replace(&mut self.reader.connection, Connection::open_in_memory()?);
        close(connection)?;
        self.anchor.place = anchor::place(&self.home, &self.anchor.instance)?;
        self.anchor.closed = true;
        Ok(self.anchor.write(&self.home)?)
    }
}

/// The lock of a profile folder, held until dropped.
struct Lock(File);

impl Lock {
    fn take(home: &Path) -> Result<Self, StoreError> {
        let file = files::open_owner_only(&home.join(files::LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: a process that is being started at this moment holds a copy of it until it
        // runs its own program. An error means that the operating system will do it.
        let _ = self.0.unlock();
    }
}

fn random() -> Result<[u8; 16], StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| StoreError::Io(ErrorKind::Other))?;
    Ok(bytes)
}

fn first_bytes(database: &Path) -> Result<Option<[u8; 16]>, StoreError> {
    let mut bytes = [0; 16];
    match File::open(database)?.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// SQLite calls itself ready before SQLCipher is: a second thread that opens meanwhile finds no cipher. Once one
/// connection was opened, both are.
static CIPHER_READY: Mutex<bool> = Mutex::new(false);

fn make_cipher_ready() -> Result<(), StoreError> {
    let mut ready = CIPHER_READY.lock().unwrap_or_else(PoisonError::into_inner);
    if !*ready {
        close(Connection::open_in_memory()?)?;
        *ready = true;
    }
    Ok(())
}

/// Opens a file that exists and gives the key. Nothing is read yet, so nothing is known about either.
fn connect(path: &Path, key: &DbKey) -> Result<Connection, StoreError> {
    make_cipher_ready()?;
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE,
    )?;
    connection.set_prepared_statement_cache_capacity(128);
    let hex = key.to_hex();
    let mut give_key = Zeroizing::new(String::with_capacity(128));
    give_key.push_str("PRAGMA key = \"x'");
    give_key.push_str(&hex);
    give_key.push_str("'\"");
    // SQLCipher would write about a wrong key to standard error, which belongs to the host.
    connection.execute_batch("PRAGMA cipher_log_level = NONE")?;
    connection.execute_batch(&give_key)?;
    // Exclusive before the first read: the index of the write-ahead log is then kept in memory, not in a file.
    connection.execute_batch(&format!(
        "PRAGMA cipher_page_size = {PAGE};
         PRAGMA cipher_memory_security = OFF;
         PRAGMA locking_mode = EXCLUSIVE;
         PRAGMA temp_store = MEMORY;
         PRAGMA mmap_size = 0;
         PRAGMA secure_delete = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA journal_size_limit = 4194304;"
    ))?;
    Ok(connection)
}

/// The layout number, after which the connection is ready for use. The first moment at which the key matters.
fn read_layout(connection: &Connection) -> Result<u32, StoreError> {
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let layout = u32::try_from(pragma("user_version")?).map_err(|_| StoreError::Damaged)?;
    if pragma("application_id")? != i64::from(schema::APPLICATION_ID) {
        return Err(StoreError::NotADatabase);
    }
    let known = u32::try_from(schema::MIGRATIONS.len()).unwrap_or(u32::MAX);
    if layout > known {
        return Err(StoreError::Newer { found: layout, known });
    }
    Ok(layout)
}

/// Brings the database from `layout` to the newest one.
fn migrate(reader: &Reader, layout: u32) -> Result<(), StoreError> {
    reader
        .connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    for (step, sql) in (0u32..).zip(schema::MIGRATIONS) {
        if step < layout {
            continue;
        }
        let tx = Tx::begin(reader)?;
        reader.connection.execute_batch(sql)?;
        reader
            .connection
            .execute_batch(&format!("PRAGMA user_version = {}", step + 1))?;
        tx.commit()?;
    }
    Ok(())
}

fn close(connection: Connection) -> Result<(), StoreError> {
    connection.flush_prepared_statement_cache();
    connection.close().map_err(|(_, error)| error.into())
}
