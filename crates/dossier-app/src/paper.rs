//! Papers: gathering what stands on a sheet, printing it, and putting it where the person says.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use dossier_model::{Dossier as View, SectionId};
use dossier_paper::{Invitation, Lang, Offer, PaperError, Reading, Secret, Sheet};
use dossier_trust::ids::DossierId;
use dossier_trust::receipt::{Deed as Reported, Statement};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::activity::Deed;
use crate::app::Inner;
use crate::attachments::without_keys;
use crate::clock::rfc3339;
use crate::contract::{Fault, Words};
use crate::dossiers::standard;
use crate::home::Home;
use crate::outside::{file_fault, file_name, owner_only_file, whole_file};
use crate::outstanding::InvitationCard;

/// Room for the layout of a page, in bytes: it goes as deep as what people wrote is nested.
const STACK: usize = 64 << 20;
/// How long after the wish to stop somebody may still wait.
const WATCH: Duration = Duration::from_millis(20);

/// Why a section was opened, in the resident's log, when somebody took it along.
const TAKEN_ALONG: &str = "taken_along";

/// A paper that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    /// The whole plan.
    Plan,
    /// What helps when things go wrong: a page, and a card for a wallet.
    Crisis,
    /// Every section, every item, every field that the reader sees.
    All,
    /// The recovery words.
    Words,
    /// An invitation with its explanation.
    Invitation,
}

/// Arguments of [`Request::Print`](crate::contract::Request::Print).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Print {
    /// Dossier id (hex); none means the only one.
    pub dossier: Option<String>,
    /// Which paper.
    pub paper: Paper,
    /// Name of the ticket (hex), for [`Paper::Invitation`].
    pub invitation: Option<String>,
    /// Language of our own words: `nl` or `en`.
    pub lang: String,
    /// The file to write, a PDF; one that is there is replaced. The window leaves it out: its shell asks the person.
    pub to: Option<String>,
}

/// Answer to [`Request::Print`](crate::contract::Request::Print); null when the person chose no place for it, or stopped
/// it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Printed {
    /// Name of the file, without its folder.
    pub file: String,
    /// Its size in bytes.
    pub bytes: u32,
}

/// What a reader sees, in hand: the home folder is free again while it is printed.
pub(crate) struct Copy {
    pub view: View,
    pub title: String,
    pub sections: Vec<(SectionId, Option<String>)>,
    pub owner: Option<String>,
    pub reader: Option<String>,
}

impl Copy {
    pub(crate) fn reading(&self) -> Reading<'_> {
        Reading {
            view: &self.view,
            title: &self.title,
            sections: &self.sections,
            owner: self.owner.as_deref(),
            reader: self.reader.as_deref(),
        }
    }
}

enum Material {
    Plan(Copy),
    Crisis(Copy),
    All(Copy),
    Words {
        name: String,
        words: Words,
    },
    Invitation {
        title: String,
        from: String,
        sections: Vec<(SectionId, Option<String>)>,
        card: Box<InvitationCard>,
    },
}

impl Inner {
    /// Makes a paper and writes it where `to` says. None when it was stopped.
    ///
    /// # Errors
    /// [`crate::contract::FaultCode::NotAllowed`] for what this reader may not see; what [`Home::invitations`] and the
    /// disk say.
    pub(crate) fn print(&self, print: &Print) -> Result<Option<Printed>, Fault> {
        let to = PathBuf::from(print.to.as_deref().ok_or_else(|| Fault::invalid("to"))?);
        let lang = language(&print.lang)?;
        let (material, now) = self.with_home(|home| Ok((home.material(print)?, rfc3339(home.now_ms()))))?;
        let _alone = self.printing.begin();
        let pdf = pressed(&|| self.printing.stopped(), move || material.print(lang, &now))?;
        let Some(pdf) = pdf.filter(|_| !self.printing.stopped()) else {
            return Ok(None);
        };
        // Said before it is there: what left is never left out of the log.
        self.with_home(|home| home.report_printed(print))?;
        if print.paper == Paper::Words {
            write_secret(&to, &pdf)?;
        } else {
            whole_file(&to, |beside| {
                fill(beside, &pdf).map_err(|error| file_fault(&to, &error))
            })?;
        }
        Ok(Some(Printed {
            file: file_name(&to),
            bytes: u32::try_from(pdf.len()).unwrap_or(u32::MAX),
        }))
    }
}

impl Material {
    fn print(&self, lang: Lang, now: &str) -> Result<Vec<u8>, PaperError> {
        match self {
            Self::Plan(copy) => dossier_paper::print(&Sheet::Plan(copy.reading()), lang, now),
            Self::Crisis(copy) => dossier_paper::print(&Sheet::Crisis(copy.reading()), lang, now),
            Self::All(copy) => dossier_paper::print(&Sheet::Dossier(copy.reading()), lang, now),
            Self::Words { name, words } => {
                let secret = Secret {
                    name,
                    words: &words.words,
                    age_secret_key: &words.age_secret_key,
                };
                dossier_paper::print(&Sheet::Words(secret), lang, now)
            }
            Self::Invitation {
                title,
                from,
                sections,
                card,
            } => {
                let label = |id: &str| {
                    let known = sections.iter().find(|(section, _)| section.as_str() == id);
                    known.and_then(|(_, label)| label.as_deref())
                };
                let offers: Vec<Offer<'_>> = card
                    .scopes
                    .iter()
                    .map(|scope| Offer {
                        section: &scope.section,
                        label: label(&scope.section),
                        level: &scope.level,
                        content: scope.content,
                    })
                    .collect();
                let invitation = Invitation {
                    title,
                    from,
                    name: &card.name,
                    purpose: card.purpose.as_deref(),
                    until: card.until.as_deref(),
                    offers: &offers,
                    expires: &card.expires,
                    ticket: card.ticket.as_deref().unwrap_or_default(),
                    qr: &card.qr,
                };
                dossier_paper::print(&Sheet::Invitation(invitation), lang, now)
            }
        }
    }
}

impl Home {
    fn material(&mut self, print: &Print) -> Result<Material, Fault> {
        if print.paper == Paper::Words {
            return Ok(Material::Words {
                name: self.me()?.profile.name.clone(),
                words: self.words()?,
            });
        }
        let id = self.named(print.dossier.as_deref())?;
        match print.paper {
            Paper::Words => Err(Fault::internal("paper")),
            Paper::Plan => Ok(Material::Plan(self.copy_of(&id, Some("plan"))?)),
            Paper::Crisis => Ok(Material::Crisis(self.copy_of(&id, Some("crisis"))?)),
            Paper::All => Ok(Material::All(self.copy_of(&id, None)?)),
            Paper::Invitation => {
                let wanted = print.invitation.as_deref();
                let cards = self.invitations(&id)?;
                let card = cards
                    .into_iter()
                    .find(|card| wanted.is_none_or(|wanted| card.id == wanted) && card.ticket.is_some())
                    .ok_or_else(|| Fault::not_found("ticket"))?;
                let dossier = self.dossier(&id)?;
                let (title, sections) = (dossier.title(), dossier.sections());
                Ok(Material::Invitation {
                    title,
                    from: self.me()?.profile.name.clone(),
                    sections,
                    card: Box::new(card),
                })
            }
        }
    }

    /// Keeps in the log that a paper leaves the vault. The words are of a person, and an invitation is out already.
    fn report_printed(&mut self, print: &Print) -> Result<(), Fault> {
        let section = match print.paper {
            Paper::Words | Paper::Invitation => return Ok(()),
            Paper::Plan => Some("plan"),
            Paper::Crisis => Some("crisis"),
            Paper::All => None,
        };
        let id = self.named(print.dossier.as_deref())?;
        self.report_taken(&id, section)
    }

    /// What this reader sees of a dossier, for what leaves the vault. With `section`, refused to whoever may not see its
    /// content.
    ///
    /// # Errors
    /// [`crate::contract::FaultCode::NotAllowed`], [`crate::contract::FaultCode::NotFound`].
    pub(crate) fn copy_of(&mut self, id: &DossierId, section: Option<&str>) -> Result<Copy, Fault> {
        self.looked_behind(id)?;
        let me = self.me()?;
        let dossier = self.dossiers.get(id).ok_or_else(|| Fault::not_found("dossier"))?;
        if let Some(section) = section {
            let right = dossier.right_in(&me.id(), &standard(section)?);
            if right.is_none_or(|(_, side)| side != dossier_model::Side::Wat) {
                return Err(Fault::not_allowed(section));
            }
        }
        let mut view = View::clone(&dossier.view());
        for item in &mut view.items {
            if let Cow::Owned(keyless) = without_keys(item) {
                *item = keyless;
            }
        }
        Ok(Copy {
            view,
            title: dossier.title(),
            sections: dossier.sections(),
            owner: dossier.owner_person(),
            reader: (!dossier.own).then(|| me.profile.name.clone()),
        })
    }

    /// Keeps in the log that something left the vault, and tells the resident when a helper took it along.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn report_taken(&mut self, id: &DossierId, section: Option<&str>) -> Result<(), Fault> {
        let at_ms = self.now_ms();
        let dossier = self.dossier(id)?;
        if dossier.closed {
            return Ok(());
        }
        let own = dossier.own;
        let held: Vec<_> = dossier
            .compartments
            .values()
            .filter(|compartment| !compartment.keys.is_empty())
            .filter_map(|compartment| Some((compartment.id, compartment.place()?.section()?.to_string())))
            .filter(|(_, held)| section.is_none_or(|section| section == held))
            .collect();
        self.write(id, |writing| {
            for (compartment, section) in held.into_iter().filter(|_| !own) {
                let statement = Statement {
                    deed: Reported::Opened,
                    at_ms,
                    object: section,
                    reason: TAKEN_ALONG.to_owned(),
                };
                writing.receipt(compartment, &statement)?;
            }
            let line = writing.own_line(Deed::TakenAlong, section.map(str::to_owned), Vec::new());
            writing.note(line);
            Ok(())
        })
    }
}

/// The language with this code.
///
/// # Errors
/// [`crate::contract::FaultCode::Invalid`] for one that is not there.
pub(crate) fn language(code: &str) -> Result<Lang, Fault> {
    Lang::from_code(code).ok_or_else(|| Fault::invalid("lang"))
}

/// Prints where there is room for it, until `stopped` says so: none then. What is under way on its thread at that moment
/// ends by itself, for nobody.
///
/// # Errors
/// [`crate::contract::FaultCode::Internal`].
pub(crate) fn pressed(
    stopped: &dyn Fn() -> bool,
    print: impl FnOnce() -> Result<Vec<u8>, PaperError> + Send + 'static,
) -> Result<Option<Vec<u8>>, Fault> {
    let failed = || Fault::internal("paper");
    let (done, pressing) = channel();
    let press = move || {
        // Nobody may be waiting any more.
        let _ = done.send(print());
    };
    std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(press)
        .map_err(|_| failed())?;
    loop {
        match pressing.recv_timeout(WATCH) {
            Ok(Ok(pdf)) => return Ok(Some(pdf)),
            Ok(Err(PaperError::Template | PaperError::Export)) | Err(RecvTimeoutError::Disconnected) => {
                return Err(failed());
            }
            Err(RecvTimeoutError::Timeout) if stopped() => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Writes a secret straight to its place: no second file beside it, not even for a moment.
fn write_secret(path: &Path, content: &[u8]) -> Result<(), Fault> {
    let there = path.exists();
    fill(path, content).map_err(|error| {
        if !there {
            let _ = fs::remove_file(path);
        }
        file_fault(path, &error)
    })
}

fn fill(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = owner_only_file(path)?;
    file.write_all(content)?;
    file.sync_all()
}
