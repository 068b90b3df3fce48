//! Where the key of the database is: in the operating system's keyring, or in a file under a passphrase.

use std::path::{Path, PathBuf};

use dossier_store::{DbKey, Store, keyfile};
use zeroize::Zeroizing;

use crate::contract::{Fault, FaultCode};

/// How to get at the key.
#[derive(Clone)]
pub enum Unlock {
    /// The passphrase is the first line of this file.
    PassphraseFile(PathBuf),
    /// The passphrase itself, as somebody typed it.
    Passphrase(Zeroizing<String>),
    /// The operating system's keyring.
    Keyring,
}

/// The key under a passphrase.
pub(crate) const KEY_FILE: &str = "key.age";
const SERVICE: &str = "keukentafel";
const MAX_PASSPHRASE: usize = 1024;

/// The folder that is meant when none is named.
#[must_use]
pub fn default_home() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "keukentafel").map(|dirs| dirs.data_dir().to_path_buf())
}

impl Unlock {
    fn passphrase(&self) -> Result<Option<Zeroizing<String>>, Fault> {
        let text = match self {
            Self::PassphraseFile(file) => {
                let text = std::fs::read_to_string(file)
                    .map_err(|error| Fault::about(FaultCode::Locked, format!("passphrase file: {}", error.kind())))?;
                Zeroizing::new(Zeroizing::new(text).lines().next().unwrap_or_default().to_owned())
            }
            Self::Passphrase(text) => text.clone(),
            Self::Keyring => return Ok(None),
        };
        if text.is_empty() || text.len() > MAX_PASSPHRASE {
            return Err(Fault::about(FaultCode::Locked, "empty passphrase"));
        }
        Ok(Some(text))
    }

    /// The key of an existing database.
    ///
    /// # Errors
    /// [`FaultCode::WrongPassphrase`]; [`FaultCode::Locked`] without keyring or file.
    pub(crate) fn key(&self, home: &Path) -> Result<DbKey, Fault> {
        match self.passphrase()? {
            Some(passphrase) => match keyfile::open(&home.join(KEY_FILE), &passphrase) {
                Err(keyfile::KeyFileError::Missing) => Err(Fault::about(FaultCode::Locked, "keyring")),
                other => Ok(other?),
            },
            None => {
                // Without a keyring at all, a key file beside the database still says how to get in.
                let shut = || Fault::about(FaultCode::Locked, has_key_file(home));
                let hex = entry(home).map_err(|_| shut())?.get_password().map_err(|_| shut())?;
                let bytes = dossier_trust::ids::ItemHash::from_hex(&hex)
                    .map_err(|_| Fault::about(FaultCode::Damaged, "keyring"))?;
                Ok(DbKey::from_bytes(bytes.0))
            }
        }
    }

    /// Puts another passphrase in the place of the one under which the key lies. `old` is what somebody typed; none
    /// means the one that opened this home folder.
    ///
    /// # Errors
    /// [`FaultCode::WrongPassphrase`]; [`FaultCode::Locked`] where the keyring holds the key; [`FaultCode::Invalid`] for
    /// an empty or endless one.
    pub(crate) fn change(&self, home: &Path, old: Option<Zeroizing<String>>, new: &str) -> Result<(), Fault> {
        let file = home.join(KEY_FILE);
        let old = match old {
            Some(old) => Some(old),
            None => self.passphrase()?,
        };
        let old = old
            .filter(|_| file.exists())
            .ok_or_else(|| Fault::about(FaultCode::Locked, "keyring"))?;
        if new.is_empty() || new.len() > MAX_PASSPHRASE || new.contains(['\n', '\r']) {
            return Err(Fault::invalid("passphrase"));
        }
        let key = keyfile::open(&file, &old)?;
        Ok(keyfile::replace(&file, new, &key)?)
    }

    /// A key for a new database, kept safe before it is used. What an attempt left that was cut off is written over:
    /// without a database no key is worth anything.
    ///
    /// # Errors
    /// [`FaultCode::Locked`] when there is no keyring here; [`FaultCode::NotWritable`].
    pub(crate) fn new_key(&self, home: &Path) -> Result<DbKey, Fault> {
        let passphrase = self.passphrase()?;
        if Store::exists(home) {
            return Err(Fault::new(FaultCode::AlreadyExists));
        }
        let key = DbKey::random()?;
        match passphrase {
            Some(passphrase) => {
                std::fs::create_dir_all(home)
                    .map_err(|error| Fault::about(FaultCode::NotWritable, error.kind().to_string()))?;
                keyfile::replace(&home.join(KEY_FILE), &passphrase, &key)?;
            }
            None => {
                let hex = Zeroizing::new(dossier_trust::ids::ItemHash(*key.as_bytes()).to_hex());
                entry(home)?
                    .set_password(&hex)
                    .map_err(|_| Fault::about(FaultCode::Locked, "keyring"))?;
            }
        }
        Ok(key)
    }
}

fn has_key_file(home: &Path) -> &'static str {
    if home.join(KEY_FILE).exists() {
        "passphrase"
    } else {
        "keyring"
    }
}

/// One entry per home folder; its name says nothing about anybody.
fn entry(home: &Path) -> Result<keyring::Entry, Fault> {
    let full = std::path::absolute(home).unwrap_or_else(|_| home.to_path_buf());
    let name = blake3::hash(full.as_os_str().as_encoded_bytes()).to_hex();
    keyring::Entry::new(SERVICE, &name).map_err(|_| Fault::about(FaultCode::Locked, "keyring"))
}
