//! Files of a profile folder: readable by their owner alone, and replaced whole or not at all.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The database, and SQLite's own companions of it.
pub(crate) const DATABASE: &str = "dossier.db";
/// A database that is still being made.
pub(crate) const UNFINISHED: &str = "dossier.new";
/// Held open and locked while the profile is in use.
pub(crate) const LOCK: &str = "profile.lock";
/// The rollback anchor.
pub(crate) const ANCHOR: &str = "anchor";

/// `path` with `suffix` behind its whole name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(suffix);
    PathBuf::from(name)
}

fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Opens for reading and writing, made if it was not there, never cut short.
pub(crate) fn open_owner_only(path: &Path) -> io::Result<File> {
    owner_only(OpenOptions::new().read(true).write(true).create(true).truncate(false)).open(path)
}

/// Makes the folder, closed to others. A folder that somebody else made for us is closed only if it holds nothing: a
/// mistaken path must not lock people out of a folder they share.
pub(crate) fn make_folder(home: &Path) -> io::Result<()> {
    let fresh = match std::fs::read_dir(home) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            std::fs::create_dir_all(home)?;
            true
        }
        Err(error) => return Err(error),
    };
    #[cfg(unix)]
    if fresh {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(home, std::fs::Permissions::from_mode(0o700))?;
    }
    #[cfg(not(unix))]
    let _ = fresh;
    Ok(())
}

/// Makes a rename durable. Only Unix can and needs to.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Writes a file so that a crash leaves the old content or the new, never a part.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let unfinished = beside(path, ".new");
    let written = (|| {
        remove_if_there(&unfinished)?;
        let mut file = owner_only(OpenOptions::new().write(true).create_new(true)).open(&unfinished)?;
        file.write_all(content)?;
        file.sync_all()?;
        drop(file);
        std::fs::rename(&unfinished, path)
    })();
    if written.is_err() {
        // The first error is the one to report.
        let _ = std::fs::remove_file(&unfinished);
    }
    written?;
    sync_folder_of(path)
}

/// Removes a file; that there is none is fine.
pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
