//! Files that the person named: written whole or not at all, for their owner's eyes, and said by name alone.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use crate::contract::{Fault, FaultCode, Request};

/// Work on a file of somebody's, one after another, and the wish to stop the one that is under way.
#[derive(Debug, Default)]
pub(crate) struct Work {
    busy: Mutex<()>,
    stop: AtomicBool,
}

impl Work {
    /// Begins, once what is under way is over. Nobody wishes to stop this one yet.
    pub(crate) fn begin(&self) -> MutexGuard<'_, ()> {
        let alone = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        self.stop.store(false, Ordering::Relaxed);
        alone
    }

    /// The same, or nothing while something else is under way.
    pub(crate) fn try_begin(&self) -> Option<MutexGuard<'_, ()>> {
        let alone = match self.busy.try_lock() {
            Ok(alone) => alone,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        self.stop.store(false, Ordering::Relaxed);
        Some(alone)
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// The name of a file without its folder, to be said.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What a file could not do.
pub(crate) fn file_fault(path: &Path, error: &io::Error) -> Fault {
    let full = matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    );
    let code = if full {
        FaultCode::DiskFull
    } else {
        FaultCode::NotWritable
    };
    Fault::about(code, format!("{}: {}", file_name(path), error.kind()))
}

/// Only the owner of what is made with these options can read it.
pub(crate) fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// A new file that only its owner can read, in the place of one that is there.
pub(crate) fn owner_only_file(path: &Path) -> io::Result<File> {
    owner_only(OpenOptions::new().write(true).create(true).truncate(true)).open(path)
}

/// Lets `write` fill a file beside this one, and puts it in its place once that is done: whole, or not at all.
///
/// # Errors
/// What `write` says; [`FaultCode::NotWritable`], [`FaultCode::DiskFull`].
pub(crate) fn whole_file<R>(path: &Path, write: impl FnOnce(&Path) -> Result<R, Fault>) -> Result<R, Fault> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = write(&beside).and_then(|answer| {
        fs::rename(&beside, path)
            .and_then(|()| sync_folder_of(path))
            .map_err(|error| file_fault(path, &error))?;
        Ok(answer)
    });
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

impl Request {
    /// Where what is asked for goes in the clear, or which file comes in; none for what touches nothing outside. A host
    /// whose pages may not name a place asks the person, and fills it in.
    pub fn place(&mut self) -> Option<&mut Option<String>> {
        if let Self::Print(print) = self {
            Some(&mut print.to)
        } else if let Self::Export(export) = self {
            Some(&mut export.to)
        } else if let Self::Attach(attach) = self {
            Some(&mut attach.from)
        } else if let Self::AttachmentSave(save) = self {
            Some(&mut save.to)
        } else if let Self::Backup { file } = self {
            Some(file)
        } else if let Self::Restore(restore) = self
            && restore.backup.is_some()
        {
            Some(&mut restore.backup)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whatever_takes_a_place_is_asked_for_one() {
        let place = |method: &str, params: serde_json::Value| {
            let request: Result<Request, _> = serde_json::from_value(json!({"method": method, "params": params}));
            request.unwrap().place().cloned()
        };
        let print = json!({"dossier": null, "paper": "plan", "invitation": null, "lang": "nl", "to": "/etc/plan.pdf"});
        assert_eq!(place("print", print), Some(Some("/etc/plan.pdf".to_owned())));
        let export = json!({"dossier": null, "format": "all", "lang": "nl", "to": null});
        assert_eq!(place("export", export), Some(None));
        let attach = json!({"dossier": null, "item": "doc-1", "title": null, "from": "/etc/passwd"});
        assert_eq!(place("attach", attach), Some(Some("/etc/passwd".to_owned())));
        let save = json!({"dossier": null, "item": "doc-1", "attachment": "ab", "to": null});
        assert_eq!(place("attachment_save", save), Some(None));
        assert_eq!(place("backup", json!({"file": null})), Some(None));
        let restore = json!({"words": "a b", "backup": ""});
        assert_eq!(place("restore", restore), Some(Some(String::new())));
        // Words alone need no file.
        assert_eq!(place("restore", json!({"words": "a b", "backup": null})), None);
        assert_eq!(place("today", json!({"dossier": "ab"})), None);
    }
}
