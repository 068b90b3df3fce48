//! The program: one home folder, one request at a time, any number of listeners.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use dossier_store::Store;
use dossier_trust::identity::RootSecret;
use dossier_trust::ids::DossierId;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::{broadcast, mpsc};

use crate::access::Change;
use crate::attachments::Fetching;
use crate::clock::Clock;
use crate::contract::{CONTRACT, Changed, Event, Fault, FaultCode, Passphrase, ProfileMade, Request, Status, Words};
use crate::crisis_card;
use crate::home::Home;
use crate::items::NewNote;
use crate::joining::OwnAnswer;
use crate::network::{Confirmation, Online, PendingJoin, settle_on_wake};
use crate::outside::Work;
use crate::outstanding::Confirmed;
use crate::shares;
use crate::ticket_words::OnOffer;
use crate::unlock::Unlock;

/// Longest wait for somebody who was to give a dossier back, from the window.
const RETURNING: Duration = Duration::from_secs(120);

/// The program. Cheap to clone; all clones are the same one.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) me: Weak<Self>,
    slot: Mutex<Option<Home>>,
    folder: PathBuf,
    unlock: Unlock,
    clock: Clock,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) online: Mutex<Option<Online>>,
    pub(crate) pending: Mutex<BTreeMap<String, PendingJoin>>,
    /// Answers of this person to invitations of others, since the program started, by name of the ticket (hex).
    pub(crate) answers: Mutex<BTreeMap<String, OwnAnswer>>,
    /// Tickets that are handed out to whoever knows the words, by name of the ticket (hex).
    pub(crate) on_offer: Mutex<BTreeMap<String, OnOffer>>,
    pub(crate) came_online: tokio::sync::Notify,
    /// Read while a joiner is still to hear the resident's word; the network ends after the last of them.
    pub(crate) farewell: Arc<tokio::sync::RwLock<()>>,
    pub(crate) wake: mpsc::UnboundedSender<()>,
    woken: Mutex<Option<mpsc::UnboundedReceiver<()>>>,
    pub(crate) leaving: Work,
    pub(crate) printing: Work,
    pub(crate) work: Work,
    pub(crate) fetching: Fetching,
}

impl App {
    /// Opens a home folder. An empty one is fine: [`Request::ProfileCreate`] fills it.
    ///
    /// # Errors
    /// [`FaultCode::InUse`], [`FaultCode::WrongPassphrase`], [`FaultCode::Damaged`] and what else the disk says.
    pub fn open(folder: &Path, unlock: Unlock, clock: Clock) -> Result<Self, Fault> {
        let home = if Store::exists(folder) {
            let key = unlock.key(folder)?;
            Some(Home::open(Store::open(folder, &key)?, clock)?)
        } else {
            None
        };
        let events = home
            .as_ref()
            .map_or_else(|| broadcast::channel(256).0, |home| home.events.clone());
        let (wake, woken) = mpsc::unbounded_channel();
        let inner = Arc::new_cyclic(|me| Inner {
            me: me.clone(),
            slot: Mutex::new(home),
            folder: folder.to_path_buf(),
            unlock,
            clock,
            events,
            online: Mutex::new(None),
            pending: Mutex::new(BTreeMap::new()),
            answers: Mutex::new(BTreeMap::new()),
            on_offer: Mutex::new(BTreeMap::new()),
            came_online: tokio::sync::Notify::new(),
            farewell: Arc::default(),
            wake,
            woken: Mutex::new(Some(woken)),
            leaving: Work::default(),
            printing: Work::default(),
            work: Work::default(),
            fetching: Fetching::default(),
        });
        Ok(Self(inner))
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        self.0.start_settling();
        &self.0
    }

    /// What happens, as it happens.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.0.events.subscribe()
    }

    /// One request as JSON, as the window sends it.
    ///
    /// # Errors
    /// [`FaultCode::Invalid`] for what is no request; what the request says.
    pub fn call(&self, request: Value) -> Result<Value, Fault> {
        let request = serde_json::from_value(request).map_err(|error| Fault::invalid(format!("request: {error}")))?;
        self.request(request)
    }

    /// One request.
    ///
    /// # Errors
    /// What the request says.
    pub fn request(&self, request: Request) -> Result<Value, Fault> {
        let answer = if let Request::Confirm { code } = request {
            let person = self.confirm(&Confirmation::Code(code));
            person.and_then(|person| json(&Confirmed { person }))
        } else if let Request::Offer { ticket } = request {
            self.offer(&ticket).and_then(|offer| json(&offer))
        } else if let Request::Join(answer) = request {
            self.begin_join(answer).and_then(|join| json(&join))
        } else if let Request::TicketWords { dossier, id } = request {
            let words = self.ticket_words(dossier.as_deref(), &id);
            words.and_then(|words| json(&words))
        } else if let Request::FetchTicket { words, hints } = request {
            self.fetch_ticket(&words, &hints).and_then(|ticket| json(&ticket))
        } else if let Request::Joins = request {
            self.joins().and_then(|joins| json(&joins))
        } else if let Request::JoinEnd { id } = request {
            self.end_join(&id).and_then(|()| changed(Vec::new()))
        } else if let Request::Return { ticket } = request {
            self.return_until_stopped(&ticket, RETURNING)
                .and_then(|back| json(&back))
        } else if let Request::AttachmentFetch(fetch) = request {
            self.fetch_attachment(&fetch).and_then(|fetched| json(&fetched))
        } else {
            self.0.answer(request)
        };
        self.0.announce();
        answer
    }
}

impl From<Arc<Inner>> for App {
    fn from(inner: Arc<Inner>) -> Self {
        Self(inner)
    }
}

impl Inner {
    /// The home folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn slot(&self) -> MutexGuard<'_, Option<Home>> {
        // A panic while the lock was held leaves memory in doubt; the store is not. Read it again.
        self.slot.lock().unwrap_or_else(|poisoned| {
            let mut slot = poisoned.into_inner();
            if let Some(home) = slot.as_mut() {
                home.dossiers.clear();
            }
            self.slot.clear_poison();
            slot
        })
    }

    pub(crate) fn with_home<R>(&self, f: impl FnOnce(&mut Home) -> Result<R, Fault>) -> Result<R, Fault> {
        let mut slot = self.slot();
        f(slot.as_mut().ok_or_else(|| Fault::new(FaultCode::NoProfile))?)
    }

    /// The task that settles debts needs a runtime, which a host may start later than the program.
    fn start_settling(&self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let woken = self.woken.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(woken) = woken {
            runtime.spawn(settle_on_wake(self.me.clone(), woken));
        }
    }

    /// A home folder, made if there is none. True when it was made.
    pub(crate) fn make_home(&self) -> Result<bool, Fault> {
        let mut slot = self.slot();
        if slot.is_some() {
            return Ok(false);
        }
        let key = self.unlock.new_key(&self.folder)?;
        let mut home = Home::open(Store::create(&self.folder, &key)?, self.clock)?;
        home.events = self.events.clone();
        *slot = Some(home);
        Ok(true)
    }

    /// Takes a home folder away in which nobody is yet.
    pub(crate) fn abandon_home(&self) -> Result<(), Fault> {
        match self.slot().take() {
            Some(home) => Ok(home.store.abandon()?),
            None => Ok(()),
        }
    }

    fn answer(&self, request: Request) -> Result<Value, Fault> {
        if let Request::Status | Request::Unlock { .. } = request {
            let mut slot = self.slot();
            let (profile, dossiers) = match slot.as_mut() {
                Some(home) => (home.me().ok().map(crate::home::Me::view), home.dossier_list()?),
                None => (None, Vec::new()),
            };
            json(&Status {
                contract: CONTRACT,
                today: self.clock.today(),
                profile,
                dossiers,
            })
        } else if matches!(request, Request::CrisisCards) {
            json(&crisis_card::outside(&self.folder)?)
        } else if let Request::ProfileCreate(profile) = request {
            self.make_home()?;
            self.with_home(|home| {
                json(&ProfileMade {
                    profile: home.create_profile(profile)?,
                })
            })
        } else if let Request::Restore(restore) = request {
            json(&self.restore(&restore)?)
        } else if let Request::Verify = request {
            json(&self.verify()?)
        } else if let Request::ReturnTicket { dossier } = request {
            let hints = self.addresses();
            self.with_home(|home| {
                let id = home.named(dossier.as_deref())?;
                json(&home.return_ticket(&id, hints)?)
            })
        } else if let Request::TeamAsk = request {
            let hints = self.addresses();
            self.with_home(|home| json(&home.team_ask(hints)?))
        } else if let Request::TeamAdd { text, code } = request {
            let hints = self.addresses();
            self.with_home(|home| json(&home.team_add(&text, code.as_deref(), hints)?))
        } else if let Request::PassphraseChange { old, new } = request {
            let old = old.map(Passphrase::into_inner);
            self.unlock.change(&self.folder, old, &new.into_inner())?;
            changed(Vec::new())
        } else if let Request::Invite(mut invite) = request {
            // Whoever gets the ticket needs to know where to knock.
            if invite.hints.is_empty() {
                invite.hints = self.addresses();
            }
            self.with_home(|home| home.answer(Request::Invite(invite)))
        } else if let Request::InvitationEnd { dossier, id } = request {
            self.with_home(|home| {
                let dossier = home.named(dossier.as_deref())?;
                home.end_invitation(&dossier, &id)
            })?;
            self.turn_away(&id);
            changed(Vec::new())
        } else if let Request::Print(print) = request {
            json(&self.print(&print)?)
        } else if let Request::Export(export) = request {
            json(&self.export(&export)?)
        } else if let Request::Attach(attach) = request {
            json(&self.attach(&attach)?)
        } else if let Request::AttachmentSave(save) = request {
            json(&self.save_attachment(&save)?)
        } else if let Request::SyncStatus { dossier } = request {
            json(&self.deliveries(dossier.as_deref())?)
        } else if let Request::Attachments { dossier, item } = request {
            json(&self.attachments(dossier.as_deref(), &item)?)
        } else if let Request::Backup { file } = request {
            let file = PathBuf::from(file.ok_or_else(|| Fault::invalid("file"))?);
            json(&self.backup(&file)?)
        } else if let Request::WorkStop = request {
            self.work.stop();
            Ok(Value::Null)
        } else if let Request::ExportStop = request {
            self.leaving.stop();
            Ok(Value::Null)
        } else if let Request::PrintStop = request {
            self.printing.stop();
            Ok(Value::Null)
        } else {
            self.with_home(|home| home.answer(request))
        }
    }
}

impl Words {
    /// The words of a person or a team.
    pub(crate) fn of(root: &RootSecret) -> Result<Self, Fault> {
        let age = age::secrecy::ExposeSecret::expose_secret(&root.age_identity()?.to_string()).to_owned();
        Ok(Self {
            words: root.words(),
            age_secret_key: age,
        })
    }
}

impl Home {
    pub(crate) fn named(&self, dossier: Option<&str>) -> Result<DossierId, Fault> {
        match dossier {
            Some(hex) => DossierId::from_hex(hex).map_err(|_| Fault::not_found("dossier")),
            None => self.only_dossier(),
        }
    }

    /// The recovery words of this person.
    ///
    /// # Errors
    /// [`FaultCode::NoProfile`].
    pub(crate) fn words(&self) -> Result<Words, Fault> {
        Words::of(&self.me()?.root)
    }

    /// Answers a request, and keeps in the log what was looked at and what was refused.
    fn answer(&mut self, request: Request) -> Result<Value, Fault> {
        let about = tried(&request);
        let answer = self.answer_one(request);
        if let (Err(fault), Some((dossier, object))) = (&answer, about)
            && fault.code == FaultCode::NotAllowed
            && let Ok(id) = self.named(dossier.as_deref())
        {
            // The refusal itself is the answer, whatever becomes of the line about it.
            let _ = self.report_refused(&id, &object);
        }
        answer
    }

    fn answer_one(&mut self, request: Request) -> Result<Value, Fault> {
        match request {
            Request::Status
            | Request::Unlock { .. }
            | Request::CrisisCards
            | Request::ProfileCreate(_)
            | Request::InvitationEnd { .. }
            | Request::Print(_)
            | Request::Export(_)
            | Request::ExportStop
            | Request::PrintStop
            | Request::Verify
            | Request::Backup { .. }
            | Request::WorkStop
            | Request::Attach(_)
            | Request::Attachments { .. }
            | Request::AttachmentFetch(_)
            | Request::AttachmentSave(_)
            | Request::Restore(_)
            | Request::SyncStatus { .. }
            | Request::Return { .. }
            | Request::ReturnTicket { .. }
            | Request::PassphraseChange { .. }
            | Request::TeamAsk
            | Request::TeamAdd { .. }
            | Request::Offer { .. }
            | Request::Join(_)
            | Request::Joins
            | Request::JoinEnd { .. }
            | Request::TicketWords { .. }
            | Request::FetchTicket { .. }
            | Request::Confirm { .. } => Err(Fault::internal("request")),
            Request::RecoveryCheck { words } => {
                let typed = RootSecret::from_words(&words.into_inner());
                match typed {
                    Ok(root) if root.principal() == self.me()?.principal() => changed(Vec::new()),
                    Ok(_) => Err(Fault::about(FaultCode::InputRefused, "other_words")),
                    Err(_) => Err(Fault::about(FaultCode::InputRefused, "bad_words")),
                }
            }
            Request::RecoverySplit { needed, count } => {
                let mut random = self.random;
                json(&shares::split(&self.me()?.root, needed, count, &mut random)?)
            }
            Request::BackupState => json(&self.backup_state()?),
            Request::BundleExport { dossier, file, person } => {
                let id = self.named(dossier.as_deref())?;
                json(&self.bundle_export(&id, Path::new(&file), person.as_deref())?)
            }
            Request::BundleImport { file } => json(&self.bundle_import(Path::new(&file))?),
            Request::Lacking { dossier } => {
                let id = self.named(dossier.as_deref())?;
                json(&self.lacking(&id)?)
            }
            Request::BeginAgain { dossier } => {
                let id = self.named(dossier.as_deref())?;
                json(&self.begin_again(&id)?)
            }
            Request::Devices => json(&self.devices()?),
            Request::Team => json(&self.team()?),
            Request::TeamNew { name } => json(&self.team_new(&name)?),
            Request::TeamWords => json(&self.team_words()?),
            Request::TeamAsking { text } => {
                let asks = dossier_trust::team::TeamRequest::from_text(&text)?;
                json(&crate::team::TeamAsking { name: asks.name })
            }
            Request::TeamJoin { text } => json(&self.team_join(&text)?),
            Request::TeamRemove { device } => json(&self.team_remove(&device)?),
            Request::DeviceRevoke { device } => json(&self.revoke_device(&device)?),
            Request::Profiles => json(&self.profiles()?),
            Request::DossierRemove {
                dossier,
                without_backup,
            } => {
                let id = self.named(some(&dossier))?;
                self.dossier_remove(&id, without_backup)?;
                changed(vec![id.to_hex()])
            }
            Request::RecoveryWords => json(&self.words()?),
            Request::ExportList { dossier } => {
                let id = self.named(dossier.as_deref())?;
                json(&self.check_list(&id)?)
            }
            Request::DossierNew { title } => {
                let id = self.dossier_new(title)?;
                json(&self.card(&id)?)
            }
            Request::Today { dossier } => {
                let id = self.named(Some(&dossier))?;
                self.report_opened(&id, &["agenda".into(), "plan".into()])?;
                json(&self.today(&id)?)
            }
            Request::Plan { dossier } => {
                let id = self.named(Some(&dossier))?;
                self.report_opened(&id, &["plan".into()])?;
                json(&self.plan(&id)?)
            }
            Request::SectionNew { dossier, label } => {
                let id = self.named(dossier.as_deref())?;
                json(&self.section_new(&id, &label)?)
            }
            Request::Section { dossier, section } => {
                let id = self.named(some(&dossier))?;
                let view = self.section(&id, &section)?;
                self.report_opened(&id, &[section])?;
                json(&view)
            }
            Request::ItemAdd {
                dossier,
                section,
                kind,
                fields,
            } => {
                let id = self.named(some(&dossier))?;
                changed(self.item_add(&id, &section, &kind, fields)?)
            }
            Request::ItemSet {
                dossier,
                id: item,
                fields,
            } => {
                let id = self.named(some(&dossier))?;
                changed(self.item_set(&id, &item, fields)?)
            }
            Request::ItemRemove { dossier, id: item } => {
                let id = self.named(some(&dossier))?;
                changed(self.item_remove(&id, &item)?)
            }
            Request::ItemErase { dossier, id: item } => {
                let id = self.named(some(&dossier))?;
                changed(self.item_erase(&id, &item)?)
            }
            Request::Undo { dossier } => {
                let id = self.named(some(&dossier))?;
                json(&self.undo(&id)?)
            }
            Request::Redo { dossier } => {
                let id = self.named(some(&dossier))?;
                json(&self.redo(&id)?)
            }
            Request::Show { dossier } => {
                let id = self.named(dossier.as_deref())?;
                self.report_opened(&id, &[])?;
                let dossier = self.dossier(&id)?;
                Ok(dossier.to_json(&dossier.view()))
            }
            Request::History { dossier, id: item } => {
                let id = self.named(dossier.as_deref())?;
                json(&self.history(&id, &item)?)
            }
            Request::Look(look) => {
                let id = self.named(look.dossier.as_deref())?;
                if let Some(sections) = look.page.sections() {
                    self.report_opened(&id, &sections)?;
                }
                self.look(&id, &look.through, &look.page)
            }
            Request::DemoLoad { file, owner } => {
                let id = self.demo_load(file.as_bytes(), owner.as_deref())?;
                json(&self.card(&id)?)
            }
            Request::DemoDump { dossier } => {
                let id = self.named(dossier.as_deref())?;
                self.demo_dump(&id)
            }
            Request::NoteAdd {
                dossier,
                section,
                text,
                plain,
                hat,
                readers,
            } => {
                let id = self.named(dossier.as_deref())?;
                changed(self.note_add(
                    &id,
                    NewNote {
                        section,
                        text,
                        plain,
                        hat,
                        readers,
                    },
                )?)
            }
            Request::NoteReact {
                dossier,
                note,
                text,
                verdict,
            } => {
                let id = self.named(dossier.as_deref())?;
                let verdict = verdict
                    .map(|word| serde_json::from_value(Value::String(word)).map_err(|_| Fault::invalid("verdict")))
                    .transpose()?;
                changed(self.note_react(&id, &note, &text, verdict)?)
            }
            Request::Invite(invite) => {
                let id = self.named(invite.dossier.as_deref())?;
                json(&self.invite(&id, &invite)?)
            }
            Request::Invitations { dossier } => {
                let id = self.named(dossier.as_deref())?;
                json(&self.invitations(&id)?)
            }
            Request::Proposals { dossier } => {
                let id = self.named(dossier.as_deref())?;
                json(&self.proposals(&id)?)
            }
            Request::Access { dossier } => {
                let id = self.named(dossier.as_deref())?;
                json(&self.access(&id)?)
            }
            Request::Revoke {
                dossier,
                person,
                keep_unseen,
            } => {
                let id = self.named(dossier.as_deref())?;
                json(&self.revoke(&id, &person, keep_unseen)?)
            }
            Request::ChangeAccess {
                dossier,
                person,
                grants,
                until,
                purpose,
                from_now,
            } => {
                let id = self.named(dossier.as_deref())?;
                let change = Change {
                    grants,
                    until,
                    purpose,
                    from_now,
                };
                changed(self.change_access(&id, &person, &change)?)
            }
            Request::Quarantine { dossier } => {
                let id = self.named(dossier.as_deref())?;
                json(&self.quarantine(&id)?)
            }
            Request::QuarantineAdmit { dossier, item } => {
                let id = self.named(dossier.as_deref())?;
                changed(self.quarantine_admit(&id, &item)?)
            }
            Request::QuarantineDrop { dossier, item } => {
                let id = self.named(dossier.as_deref())?;
                changed(self.quarantine_drop(&id, &item)?)
            }
            Request::Log { dossier, person, since } => {
                let id = self.named(dossier.as_deref())?;
                json(&self.log(&id, person.as_deref(), since.as_deref())?)
            }
            Request::CorrectionAsk(ask) => {
                let id = self.named(ask.dossier.as_deref())?;
                changed(self.correction_ask(&id, &ask)?)
            }
            Request::CorrectionAnswer {
                dossier,
                correction,
                done,
                text,
            } => {
                let id = self.named(dossier.as_deref())?;
                changed(self.correction_answer(&id, &correction, done, &text)?)
            }
            Request::Corrections { dossier } => {
                let id = self.named(dossier.as_deref())?;
                json(&self.corrections(&id)?)
            }
            Request::Lock { drafts, .. } => {
                self.keep_drafts(drafts)?;
                changed(Vec::new())
            }
            Request::DraftsKeep { drafts } => {
                self.keep_drafts(drafts)?;
                changed(Vec::new())
            }
            Request::DraftsTake => json(&self.take_drafts()?),
            Request::EmergencyOpen {
                dossier,
                section,
                reason,
            } => {
                let id = self.named(dossier.as_deref())?;
                self.emergency_open(&id, &section, &reason)?;
                changed(vec![section])
            }
            Request::Emergencies { dossier } => {
                let id = self.named(dossier.as_deref())?;
                json(&self.emergencies(&id)?)
            }
            Request::CrisisCardChosen { dossier } => {
                let id = self.named(dossier.as_deref())?;
                json(&self.crisis_card_chosen(&id)?)
            }
            Request::CrisisCardChoose { dossier, on } => {
                let id = self.named(dossier.as_deref())?;
                self.crisis_card_choose(&id, on)?;
                changed(Vec::new())
            }
            Request::Doctor => json(&self.doctor()?),
        }
    }
}

/// What somebody wanted to write, for the line that says it was refused.
fn tried(request: &Request) -> Option<(Option<String>, String)> {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Some(match request {
        Request::ItemAdd { dossier, section, .. } | Request::Section { dossier, section } => {
            (text(dossier), section.clone())
        }
        Request::ItemSet { dossier, id, .. }
        | Request::ItemRemove { dossier, id }
        | Request::ItemErase { dossier, id } => (text(dossier), id.clone()),
        Request::NoteAdd { dossier, section, .. } => (dossier.clone(), section.clone()),
        Request::NoteReact { dossier, note, .. } => (dossier.clone(), note.clone()),
        Request::CorrectionAsk(ask) => (ask.dossier.clone(), ask.note.clone()),
        Request::CorrectionAnswer {
            dossier, correction, ..
        } => (dossier.clone(), correction.clone()),
        Request::EmergencyOpen { dossier, section, .. } => (dossier.clone(), section.clone()),
        Request::Invite(invite) => (invite.dossier.clone(), "access".to_owned()),
        Request::Revoke { dossier, .. }
        | Request::ChangeAccess { dossier, .. }
        | Request::SectionNew { dossier, .. }
        | Request::InvitationEnd { dossier, .. } => (dossier.clone(), "access".to_owned()),
        Request::Status
        | Request::Unlock { .. }
        | Request::Corrections { .. }
        | Request::Lock { .. }
        | Request::DraftsKeep { .. }
        | Request::DraftsTake
        | Request::Emergencies { .. }
        | Request::CrisisCards
        | Request::CrisisCardChosen { .. }
        | Request::CrisisCardChoose { .. }
        | Request::Invitations { .. }
        | Request::Proposals { .. }
        | Request::Confirm { .. }
        | Request::Offer { .. }
        | Request::Join(_)
        | Request::Joins
        | Request::JoinEnd { .. }
        | Request::TicketWords { .. }
        | Request::FetchTicket { .. }
        | Request::ProfileCreate(_)
        | Request::RecoveryWords
        | Request::RecoveryCheck { .. }
        | Request::RecoverySplit { .. }
        | Request::Restore(_)
        | Request::Backup { .. }
        | Request::WorkStop
        | Request::BackupState
        | Request::BundleExport { .. }
        | Request::BundleImport { .. }
        | Request::ReturnTicket { .. }
        | Request::Return { .. }
        | Request::Lacking { .. }
        | Request::BeginAgain { .. }
        | Request::Devices
        | Request::Team
        | Request::TeamNew { .. }
        | Request::TeamWords
        | Request::TeamAsk
        | Request::TeamAsking { .. }
        | Request::TeamAdd { .. }
        | Request::TeamJoin { .. }
        | Request::TeamRemove { .. }
        | Request::DeviceRevoke { .. }
        | Request::PassphraseChange { .. }
        | Request::Profiles
        | Request::DossierRemove { .. }
        | Request::DossierNew { .. }
        | Request::Today { .. }
        | Request::Plan { .. }
        | Request::Undo { .. }
        | Request::Redo { .. }
        | Request::Show { .. }
        | Request::Look(_)
        | Request::History { .. }
        | Request::DemoLoad { .. }
        | Request::DemoDump { .. }
        | Request::Access { .. }
        | Request::Quarantine { .. }
        | Request::QuarantineAdmit { .. }
        | Request::QuarantineDrop { .. }
        | Request::Log { .. }
        | Request::Verify
        | Request::Doctor
        | Request::SyncStatus { .. }
        | Request::Print(_)
        | Request::ExportList { .. }
        | Request::Export(_)
        | Request::ExportStop
        | Request::PrintStop
        | Request::Attach(_)
        | Request::Attachments { .. }
        | Request::AttachmentFetch(_)
        | Request::AttachmentSave(_) => return None,
    })
}

fn some(dossier: &str) -> Option<&str> {
    Some(dossier).filter(|dossier| !dossier.is_empty())
}

fn json(answer: &impl Serialize) -> Result<Value, Fault> {
    serde_json::to_value(answer).map_err(|_| Fault::internal("answer"))
}

fn changed(ids: Vec<String>) -> Result<Value, Fault> {
    json(&Changed { ids })
}
