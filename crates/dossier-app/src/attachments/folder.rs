//! What lies in the folder of attachments: files by the hash of their bytes, and those that are on their way to that.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::contract::Fault;
use crate::home::Home;
use crate::outside::{file_fault, owner_only, owner_only_file};

/// Inside the home folder.
pub(super) const FOLDER: &str = "attachments";

/// Before the name of a file that is being written here.
pub(super) const UNFINISHED: &str = "new-";

/// Before the name of a file of which a part came from somebody else.
const HALF: &str = "half-";

/// Bytes in hand.
pub(super) const PIECE: usize = 64 << 10;

/// How long a file stays that no item names any more, in milliseconds: whoever took the item away may bring it back.
const GRACE: u64 = 7 * DAY;

/// In milliseconds.
const DAY: u64 = 24 * 3_600_000;

/// Files that nothing names: an [`Unnamed`] as JSON.
const META_UNNAMED: &str = "attachments_unnamed";

/// Files that nothing names any more, as they were when that was last looked for.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Unnamed {
    looked_ms: u64,
    /// Since when, by id.
    since: BTreeMap<String, u64>,
}

/// The hash that an id stands for. An id becomes the name of a file, so there is one way to write it.
pub(super) fn hash_of(id: &str) -> Option<blake3::Hash> {
    let hash = blake3::Hash::from_hex(id).ok()?;
    (hash.to_hex().as_str() == id).then_some(hash)
}

/// Names of the files in the folder of attachments, in order.
fn held(home: &Path) -> Result<Vec<String>, Fault> {
    let folder = home.join(FOLDER);
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| file_fault(&folder, &error))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|error| file_fault(&folder, &error))?.file_name();
        names.extend(name.into_string());
    }
    names.sort();
    Ok(names)
}

/// Hands over every attachment that lies here and was not handed over before, sealed as it is, in pieces.
///
/// # Errors
/// What the disk says, and `put`.
pub(crate) fn each_piece(
    home: &Path,
    before: &mut BTreeSet<String>,
    mut put: impl FnMut([u8; 32], &[u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut piece = vec![0; PIECE];
    for name in new_since(home, before)? {
        let Some(id) = hash_of(&name) else { continue };
        let path = home.join(FOLDER).join(&name);
        let failed = |error: io::Error| file_fault(&path, &error);
        let mut file = match File::open(&path) {
            // It was put here for an item that then was not made.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file.map_err(failed)?,
        };
        loop {
            let read = file.read(&mut piece).map_err(failed)?;
            let Some(got) = piece.get(..read).filter(|got| !got.is_empty()) else {
                break;
            };
            put(*id.as_bytes(), got)?;
        }
        before.insert(name);
    }
    Ok(())
}

/// Names of attachments that are none of these.
///
/// # Errors
/// What the disk says.
pub(crate) fn new_since(home: &Path, before: &BTreeSet<String>) -> Result<Vec<String>, Fault> {
    let mut names = held(home)?;
    names.retain(|name| hash_of(name).is_some() && !before.contains(name));
    Ok(names)
}

/// Attachments on their way back from a backup. What they are is looked at when one is opened: a file that was damaged
/// before the backup was made keeps nothing else from coming back. Dropped before [`Self::keep`], it takes them away again.
#[derive(Default)]
pub(crate) struct Arriving {
    folder: PathBuf,
    open: Option<(String, File)>,
    came: Vec<PathBuf>,
}

impl Drop for Arriving {
    fn drop(&mut self) {
        if let Some((id, _)) = self.open.take() {
            self.came.push(self.unfinished(&id));
        }
        for path in &self.came {
            // What stays, no item names: it goes a week later.
            let _ = fs::remove_file(path);
        }
    }
}

impl Arriving {
    pub(crate) fn into_folder(home: &Path) -> Self {
        Self {
            folder: home.join(FOLDER),
            open: None,
            came: Vec::new(),
        }
    }

    /// What came stays.
    pub(crate) fn keep(&mut self) {
        self.came.clear();
    }

    /// Takes a piece, behind those before it of the same attachment.
    ///
    /// # Errors
    /// What the disk says.
    pub(crate) fn take(&mut self, id: [u8; 32], piece: &[u8]) -> Result<(), Fault> {
        let id = blake3::Hash::from_bytes(id).to_hex().to_string();
        if self.open.as_ref().is_none_or(|(open, _)| *open != id) {
            self.finish()?;
            fs::create_dir_all(&self.folder).map_err(|error| file_fault(&self.folder, &error))?;
            let path = self.unfinished(&id);
            let file = owner_only_file(&path).map_err(|error| file_fault(&path, &error))?;
            self.open = Some((id, file));
        }
        let Some((_, file)) = &mut self.open else {
            return Err(Fault::internal("attachment"));
        };
        file.write_all(piece).map_err(|error| file_fault(&self.folder, &error))
    }

    /// Puts the last one in its place.
    ///
    /// # Errors
    /// What the disk says.
    pub(crate) fn finish(&mut self) -> Result<(), Fault> {
        let Some((id, file)) = self.open.take() else {
            return Ok(());
        };
        let (unfinished, place) = (self.unfinished(&id), self.folder.join(&id));
        let done = file.sync_all().and_then(|()| fs::rename(&unfinished, &place));
        self.came.push(if done.is_ok() { place } else { unfinished });
        done.map_err(|error| file_fault(&self.folder, &error))
    }

    fn unfinished(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{UNFINISHED}{id}"))
    }
}

/// A file of which a part came from somebody else. It takes its place once its bytes are the ones that were asked for.
pub(super) struct Half {
    id: String,
    folder: PathBuf,
    file: File,
    length: u64,
}

impl Half {
    /// Goes on with what came before, or begins.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn open(home: &Path, id: &str) -> Result<Self, Fault> {
        let folder = home.join(FOLDER);
        fs::create_dir_all(&folder).map_err(|error| file_fault(&folder, &error))?;
        let path = folder.join(format!("{HALF}{id}"));
        let opened = owner_only(OpenOptions::new().append(true).create(true)).open(&path);
        let opened = opened.and_then(|file| Ok((file.metadata()?.len(), file)));
        let (length, file) = opened.map_err(|error| file_fault(&path, &error))?;
        Ok(Self {
            id: id.to_owned(),
            folder,
            file,
            length,
        })
    }

    /// How much of it is here, in bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Puts a piece behind what is here. Nothing of a file stays that the disk has no room for.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn append(&mut self, piece: &[u8]) -> Result<(), Fault> {
        self.file.write_all(piece).map_err(|error| {
            self.remove();
            file_fault(&self.folder, &error)
        })?;
        self.length = self.length.saturating_add(piece.len() as u64);
        Ok(())
    }

    /// Puts the whole in its place. False when it is another file than was asked for, which goes.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn finish(self) -> Result<bool, Fault> {
        let failed = |error: io::Error| file_fault(&self.folder, &error);
        self.file.sync_all().map_err(failed)?;
        let mut hash = blake3::Hasher::new();
        let whole = File::open(self.path()).map_err(failed)?;
        hash.update_reader(whole).map_err(failed)?;
        if hash_of(&self.id) != Some(hash.finalize()) {
            self.remove();
            return Ok(false);
        }
        fs::rename(self.path(), self.folder.join(&self.id)).map_err(failed)?;
        Ok(true)
    }

    /// Keeps nothing of it.
    pub(super) fn discard(self) {
        self.remove();
    }

    fn remove(&self) {
        // What stays behind goes when the program looks for files that nothing names.
        let _ = fs::remove_file(self.path());
    }

    fn path(&self) -> PathBuf {
        self.folder.join(format!("{HALF}{}", self.id))
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        if self.length == 0 {
            self.remove();
        }
    }
}

/// Bytes that the files in the folder take.
pub(super) fn taken(home: &Path) -> u64 {
    let entries = fs::read_dir(home.join(FOLDER)).into_iter().flatten();
    let lengths = entries.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len()));
    lengths.sum()
}

impl Home {
    /// Lets go of files that no item of any dossier names any more, a week after that was first seen, and at once of
    /// those whose sealing was cut off. Reads every dossier, so it looks once a day.
    ///
    /// # Errors
    /// What the disk and the store say; then everything stays.
    pub(crate) fn collect_attachments(&mut self) -> Result<(), Fault> {
        // This program alone writes here, and it has only just begun.
        let folder = self.folder().join(FOLDER);
        let is_whole = |name: &str| name.strip_prefix(HALF).is_some_and(|id| folder.join(id).is_file());
        let (unfinished, held): (Vec<_>, Vec<_>) = held(self.folder())?
            .into_iter()
            .partition(|name| name.starts_with(UNFINISHED) || is_whole(name));
        self.remove_attachments(&unfinished)?;
        let before = self.store.meta(META_UNNAMED)?;
        let before: Unnamed = before
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let now = self.now_ms();
        let today = before.looked_ms..before.looked_ms.saturating_add(DAY);
        if held.is_empty() || self.me.is_none() || today.contains(&now) {
            return Ok(());
        }
        let mut named = BTreeSet::new();
        for row in self.store.dossiers()?.iter().filter(|row| row.closed_ms.is_none()) {
            named.extend(self.dossier(&row.dossier)?.files().keys().cloned());
        }
        let unnamed = held
            .into_iter()
            .filter(|name| !named.contains(name.strip_prefix(HALF).unwrap_or(name)));
        let since = unnamed.map(|name| {
            let since = before.since.get(&name).copied().unwrap_or(now);
            (name, since)
        });
        let (over, since): (BTreeMap<_, _>, BTreeMap<_, _>) =
            since.partition(|(_, since)| now.saturating_sub(*since) >= GRACE);
        self.remove_attachments(over.keys())?;
        let bytes =
            serde_json::to_vec(&Unnamed { looked_ms: now, since }).map_err(|_| Fault::internal("attachment"))?;
        self.store.transact(|tx| Ok(tx.set_meta(META_UNNAMED, &bytes)?))
    }

    fn remove_attachments<'n>(&self, names: impl IntoIterator<Item = &'n String>) -> Result<(), Fault> {
        for name in names {
            let path = self.folder().join(FOLDER).join(name);
            fs::remove_file(&path).map_err(|error| file_fault(&path, &error))?;
        }
        Ok(())
    }
}
