//! Opening the home folder that a command works on.

use std::io::IsTerminal;
use std::path::PathBuf;

use dossier_app::clock::Clock;
use dossier_app::contract::{DossierCard, Fault, FaultCode, ProfileCreate, Request, Status};
use dossier_app::{App, Unlock};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::arguments::Everywhere;
use crate::output::Out;
use crate::sentences::Lang;

/// The key of a home folder under a passphrase.
const KEY_FILE: &str = "key.age";

/// What every command needs.
pub struct Session {
    pub home: PathBuf,
    pub app: App,
    clock: Clock,
    keyring: bool,
    dossier: Option<String>,
}

/// The home folder that is meant.
pub fn home(everywhere: &Everywhere) -> Result<PathBuf, Fault> {
    let none = || Fault {
        code: FaultCode::NotWritable,
        detail: Some("no_home".into()),
    };
    everywhere
        .home
        .clone()
        .or_else(dossier_app::default_home)
        .ok_or_else(none)
}

/// The calendar that is meant.
pub fn clock(everywhere: &Everywhere) -> Result<Clock, Fault> {
    everywhere
        .now
        .as_deref()
        .map_or_else(|| Ok(Clock::system()), Clock::starting)
}

/// Asks for a passphrase, twice for a new one. Without a terminal it is refused rather than waited for.
pub fn ask_passphrase(lang: Lang, new: bool) -> Result<Zeroizing<String>, Fault> {
    if !std::io::stdin().is_terminal() {
        return Err(Fault {
            code: FaultCode::Locked,
            detail: Some("no_terminal".into()),
        });
    }
    let ask = |sentence: String| {
        rpassword::prompt_password(sentence)
            .map(Zeroizing::new)
            .map_err(|_| Fault {
                code: FaultCode::Locked,
                detail: Some("no_terminal".into()),
            })
    };
    let first = ask(format!("{} ", lang.say("ask_passphrase", &[])))?;
    if new && *ask(format!("{} ", lang.say("ask_passphrase_again", &[])))? != *first {
        return Err(Fault {
            code: FaultCode::Invalid,
            detail: Some("passphrases_differ".into()),
        });
    }
    Ok(first)
}

impl Session {
    /// Opens the home folder; that there is nothing in it yet is fine.
    pub fn open(everywhere: &Everywhere, out: &Out) -> Result<Self, Fault> {
        let home = home(everywhere)?;
        let clock = clock(everywhere)?;
        let unlock = match &everywhere.passphrase_file {
            Some(file) => Unlock::PassphraseFile(file.clone()),
            None if home.join(KEY_FILE).exists() => Unlock::Passphrase(ask_passphrase(out.lang, false)?),
            None => Unlock::Keyring,
        };
        let keyring = matches!(unlock, Unlock::Keyring);
        let app = App::open(&home, unlock, clock)?;
        Ok(Self {
            home,
            app,
            clock,
            keyring,
            dossier: everywhere.dossier.clone(),
        })
    }

    /// Makes the person and this device. On a machine without a keyring a passphrase takes its place, where somebody
    /// can be asked for one.
    pub fn create(&mut self, out: &Out, who: ProfileCreate) -> Result<Value, Fault> {
        self.begin(out, &Request::ProfileCreate(who))
    }

    /// A request that fills an empty home folder.
    pub fn begin(&mut self, out: &Out, request: &Request) -> Result<Value, Fault> {
        match self.request(request.clone()) {
            Err(fault) => {
                self.choose_passphrase(out, fault)?;
                self.request(request.clone())
            }
            made => made,
        }
    }

    /// Lets a passphrase take the place of a keyring that is not there, where somebody can be asked for one; else the
    /// fault stands.
    pub fn choose_passphrase(&mut self, out: &Out, fault: Fault) -> Result<(), Fault> {
        if fault.code != FaultCode::Locked || !self.keyring || !std::io::stdin().is_terminal() {
            return Err(fault);
        }
        let passphrase = ask_passphrase(out.lang, true)?;
        self.app = App::open(&self.home, Unlock::Passphrase(passphrase), self.clock)?;
        Ok(())
    }

    /// One request.
    pub fn request(&self, request: Request) -> Result<Value, Fault> {
        self.app.request(request)
    }

    /// Who is here and which dossiers there are.
    pub fn status(&self) -> Result<Status, Fault> {
        let answer = self.request(Request::Status)?;
        serde_json::from_value(answer).map_err(|error| Fault {
            code: FaultCode::Internal,
            detail: Some(error.to_string()),
        })
    }

    /// The dossier that is meant: the one named (or its first letters), the only one, or the only one of one's own.
    pub fn card(&self) -> Result<DossierCard, Fault> {
        let status = self.status()?;
        if status.profile.is_none() {
            return Err(Fault {
                code: FaultCode::NoProfile,
                detail: None,
            });
        }
        let cards = status.dossiers;
        let fault = |code, detail: &str| Fault {
            code,
            detail: Some(detail.to_owned()),
        };
        let only = |found: Vec<DossierCard>| match <[DossierCard; 1]>::try_from(found) {
            Ok([only]) => Ok(only),
            Err(found) if found.is_empty() => Err(FaultCode::NotFound),
            Err(_) => Err(FaultCode::Invalid),
        };
        match &self.dossier {
            Some(asked) => {
                let meant = |card: &DossierCard| !asked.is_empty() && card.id.starts_with(asked.as_str());
                only(cards.into_iter().filter(meant).collect()).map_err(|code| fault(code, "--dossier"))
            }
            None if cards.len() < 2 => only(cards).map_err(|code| fault(code, "no_dossier")),
            None => only(cards.into_iter().filter(|card| card.own).collect()).map_err(|code| {
                fault(
                    if code == FaultCode::NotFound {
                        FaultCode::Invalid
                    } else {
                        code
                    },
                    "which_dossier",
                )
            }),
        }
    }

    /// The id of [`Self::card`].
    pub fn dossier(&self) -> Result<String, Fault> {
        Ok(self.card()?.id)
    }
}
