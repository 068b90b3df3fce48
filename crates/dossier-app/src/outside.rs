//! Files that the person named: written whole or not at all, for their owner's eyes, and said by name alone.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use tokio::sync::Notify;

use crate::contract::{Fault, FaultCode, Request};
use crate::recovery;

/// Work that takes a while, one after another, and the wish to stop the one that is under way.
#[derive(Debug, Default)]
pub(crate) struct Work {
    busy: Mutex<()>,
    stop: AtomicBool,
    told: Notify,
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
        self.told.notify_waiters();
    }

    /// Ends when somebody wishes to stop this.
    pub(crate) async fn until_stopped(&self) {
        loop {
            let told = self.told.notified();
            if self.stopped() {
                return;
            }
            told.await;
        }
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

    /// What is wrong already, before the person is asked for a place: nobody looks for a file whose words are none.
    ///
    /// # Errors
    /// [`FaultCode::InputRefused`], as the request itself would answer.
    pub fn worth_asking(&self) -> Result<(), Fault> {
        if let Self::Restore(restore) = self {
            recovery::root_of(restore)?;
        }
        Ok(())
    }
}

/// The backup that the person chose last. Whoever corrects a word does not look for the same file again, and the page
/// never learns where it lies.
#[derive(Debug, Default)]
pub struct ChosenBackup(Mutex<Option<String>>);

impl ChosenBackup {
    /// The file of last time, for a request that asks for the same one.
    #[must_use]
    pub fn again(&self, request: &Request) -> Option<String> {
        let Request::Restore(restore) = request else {
            return None;
        };
        if restore.same_backup { self.last().clone() } else { None }
    }

    /// Remembers what was chosen, if it was a backup to come back with.
    pub fn keep(&self, request: &Request) {
        if let Request::Restore(restore) = request
            && let Some(file) = &restore.backup
        {
            *self.last() = Some(file.clone());
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

    fn restore(words: &str, backup: &str, same_backup: bool) -> Request {
        Request::Restore(recovery::Restore {
            words: Some(words.to_owned().into()),
            backup: Some(backup.to_owned()),
            same_backup,
            ..recovery::Restore::default()
        })
    }

    #[test]
    fn words_that_are_none_are_refused_before_a_file_is_asked_for() {
        let fault = restore("niet de goede", "", false).worth_asking().unwrap_err();
        assert_eq!(fault, Fault::about(FaultCode::InputRefused, "bad_words"));
        let real = "abandon ".repeat(23) + "art";
        assert_eq!(restore(&real, "", false).worth_asking(), Ok(()));
        assert_eq!(Request::Status.worth_asking(), Ok(()));
    }

    #[test]
    fn a_backup_is_the_same_one_only_for_who_asks_for_it() {
        let chosen = ChosenBackup::default();
        assert_eq!(chosen.again(&restore("a", "/anything", true)), None);
        chosen.keep(&restore("a", "/stick/mine.age", false));
        chosen.keep(&Request::Backup {
            file: Some("/stick/new.age".to_owned()),
        });
        assert_eq!(
            chosen.again(&restore("b", "/etc/shadow", true)).as_deref(),
            Some("/stick/mine.age")
        );
        assert_eq!(chosen.again(&restore("b", "", false)), None);
        assert_eq!(chosen.again(&Request::Status), None);
    }
}
