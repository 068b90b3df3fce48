//! A home folder that may still be locked, for a host that starts before anybody typed a passphrase.

use std::path::{Path, PathBuf};

use dossier_store::Store;
use zeroize::Zeroizing;

use crate::app::App;
use crate::clock::Clock;
use crate::contract::{Fault, FaultCode};
use crate::unlock::{KEY_FILE, Unlock};

/// A home folder and the way in.
pub struct Door {
    home: PathBuf,
    unlock: Unlock,
    clock: Clock,
    app: Option<App>,
    /// Shut by somebody: opens only when somebody asks for it.
    shut: bool,
}

/// The program behind a [`Door`].
pub struct Opened {
    /// The program.
    pub app: App,
    /// True when it was opened by this very call: whoever listens or goes online does so now.
    pub fresh: bool,
}

impl Door {
    /// A door that is still closed.
    #[must_use]
    pub fn new(home: PathBuf, unlock: Unlock, clock: Clock) -> Self {
        Self {
            home,
            unlock,
            clock,
            app: None,
            shut: false,
        }
    }

    /// The home folder.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The program, opened if it was not. Slow, since unlocking is.
    ///
    /// # Errors
    /// As [`App::open`]; [`FaultCode::Locked`] about `passphrase` when somebody has to type one, about `shut` when it
    /// was shut and somebody has to say that it may open again.
    pub fn open(&mut self) -> Result<Opened, Fault> {
        match &self.app {
            Some(app) => Ok(Opened {
                app: app.clone(),
                fresh: false,
            }),
            None if self.shut => Err(Fault::about(
                FaultCode::Locked,
                if self.needs_passphrase() { "passphrase" } else { "shut" },
            )),
            None => self.open_with(self.unlock.clone()),
        }
    }

    /// The program, opened with a passphrase that somebody typed; in an empty home folder, the passphrase under which
    /// a profile will be made. A program that is open already stays as it is. After [`Self::shut`], a home folder of
    /// which the system's keyring holds the key opens with that key: there is no passphrase to type.
    ///
    /// # Errors
    /// [`FaultCode::WrongPassphrase`], after which another may be tried; [`FaultCode::Invalid`] for none at all; else
    /// as [`App::open`].
    pub fn unlock(&mut self, passphrase: Zeroizing<String>) -> Result<Opened, Fault> {
        if self.shut && !self.needs_passphrase() {
            return self.open_with(self.unlock.clone());
        }
        if passphrase.is_empty() {
            return Err(Fault::about(FaultCode::Invalid, "passphrase"));
        }
        match &self.app {
            Some(app) if Store::exists(&self.home) => Ok(Opened {
                app: app.clone(),
                fresh: false,
            }),
            Some(_) | None => self.open_with(Unlock::Passphrase(passphrase)),
        }
    }

    fn open_with(&mut self, unlock: Unlock) -> Result<Opened, Fault> {
        let app = App::open(&self.home, unlock, self.clock)?;
        self.app = Some(app.clone());
        self.shut = false;
        Ok(Opened { app, fresh: true })
    }

    /// Gives the program away, to be closed, and stays shut until [`Self::unlock`].
    pub fn shut(&mut self) -> Option<App> {
        self.shut = true;
        self.app.take()
    }

    fn needs_passphrase(&self) -> bool {
        self.home.join(KEY_FILE).exists()
    }

    /// Gives the program away, to be closed.
    pub fn close(&mut self) -> Option<App> {
        self.app.take()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::{ProfileCreate, Request};

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("keukentafel-door-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        folder
    }

    fn typed(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[test]
    fn opens_with_what_somebody_types_and_with_nothing_else() {
        let home = folder("typed");
        let closed = |file: &str| Unlock::PassphraseFile(home.join(file));
        let mut door = Door::new(home.clone(), closed("nowhere"), Clock::system());
        let profile = ProfileCreate {
            name: "Ria".into(),
            organisation: None,
            function: None,
        };
        // An empty folder: the passphrase is chosen here, in the place of what does not work on this machine.
        let first = door.open().unwrap();
        assert_eq!(
            first
                .app
                .request(Request::ProfileCreate(profile.clone()))
                .unwrap_err()
                .code,
            FaultCode::Locked
        );
        let opened = door.unlock(typed("drie stoelen")).unwrap();
        assert!(opened.fresh);
        opened.app.request(Request::ProfileCreate(profile)).unwrap();
        drop((first, opened, door.close()));

        let mut door = Door::new(home.clone(), closed("nowhere"), Clock::system());
        assert_eq!(door.open().err().map(|fault| fault.code), Some(FaultCode::Locked));
        assert_eq!(
            door.unlock(typed("vier stoelen")).err().map(|fault| fault.code),
            Some(FaultCode::WrongPassphrase)
        );
        assert_eq!(
            door.unlock(typed("")).err().map(|fault| fault.code),
            Some(FaultCode::Invalid)
        );
        assert_eq!(door.open().err().map(|fault| fault.code), Some(FaultCode::Locked));
        let opened = door.unlock(typed("drie stoelen")).unwrap();
        assert_eq!(
            opened.app.request(Request::Status).unwrap()["profile"]["name"],
            json!("Ria")
        );
        assert!(!door.unlock(typed("maakt niet uit")).unwrap().fresh);

        // Shut on purpose: what the host was started with no longer opens it.
        std::fs::write(home.join("zin"), "drie stoelen").unwrap();
        drop((opened, door));
        let mut door = Door::new(home.clone(), closed("zin"), Clock::system());
        drop(door.open().unwrap());
        drop(door.shut());
        let why = door.open().err().unwrap();
        assert_eq!(
            (why.code, why.detail.as_deref()),
            (FaultCode::Locked, Some("passphrase"))
        );
        assert!(door.unlock(typed("vier stoelen")).is_err());
        assert!(door.unlock(typed("drie stoelen")).unwrap().fresh);
        assert!(!door.open().unwrap().fresh);
        drop(door);
        std::fs::remove_dir_all(home).unwrap();
    }
}
