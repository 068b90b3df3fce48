//! Coming back: the same person, from their words, on a new device.
//!
//! With a backup everything is there again at once. Without one, a member who holds a copy gives back what they have;
//! [`crate::returning`] is the conversation. Nothing counts as this home folder's until the last step of restoring:
//! what was cut off before that is forgotten at the next start.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dossier_model::{Place, SectionId, Side};
use dossier_store::{Owed, Tx};
use dossier_trust::codec::Canonical;
use dossier_trust::epoch::EpochKey;
use dossier_trust::identity::{DeviceSecrets, RootSecret};
use dossier_trust::ids::{CompartmentId, DossierId};
use dossier_trust::operation::Operation;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::app::Inner;
use crate::attachments::Arriving;
use crate::backup::{Backup, GoesOn, Part};
use crate::contract::{DossierCard, Fault, FaultCode, Passphrase, ProfileView};
use crate::devices::DeviceView;
use crate::home::{Home, Me, Profile};
use crate::replica::Dossier;
use crate::replica::content::{About, AboutKind, Content};
use crate::returning::OWED_INTRODUCTION;
use crate::shares;

/// Arguments of [`Request::Restore`](crate::contract::Request::Restore): the words, or enough shares of them.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
pub struct Restore {
    /// The twenty-four words, in any spacing.
    #[ts(type = "string | null")]
    pub words: Option<Passphrase>,
    /// Shares that were given to people one trusts.
    #[serde(default)]
    #[ts(type = "string[]")]
    pub shares: Vec<Passphrase>,
    /// A backup on this machine.
    #[serde(default)]
    pub backup: Option<String>,
    /// The backup that was chosen last, without asking for it again: of the window, which names no place.
    #[serde(default)]
    pub same_backup: bool,
    /// Name as others will see it, where no backup says it.
    #[serde(default)]
    pub name: Option<String>,
}

/// Answer to [`Request::Restore`](crate::contract::Request::Restore); null when it was stopped, or the person chose no
/// file.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Restored {
    /// Who is back, on which device.
    pub profile: ProfileView,
    /// What is back.
    pub dossiers: Vec<DossierCard>,
    /// Devices of before that still count: one that is lost should be cut.
    pub others: Vec<DeviceView>,
}

/// What a dossier of one's own misses after it came back from others: they hold only what they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Lacking {
    /// Nothing of what was for the resident alone is here.
    pub private: bool,
    /// Standard sections of which nothing is here.
    pub sections: Vec<String>,
}

/// What a backup holds beside the items.
#[derive(Default)]
struct Contents {
    profile: Option<Profile>,
    keys: BTreeMap<DossierId, Vec<(CompartmentId, EpochKey)>>,
    lines: Vec<(DossierId, i64, Vec<u8>)>,
    attachments: Arriving,
}

impl Contents {
    /// Puts what is no item where it belongs, and remembers what has to wait for the items.
    fn take(&mut self, tx: &Tx<'_>, part: Part) -> Result<(), Fault> {
        match part {
            Part::Profile(profile) => self.profile = Some(profile),
            Part::Dossier(row) => tx.put_dossier(&row)?,
            Part::Key {
                dossier,
                compartment,
                key,
            } => self.keys.entry(dossier).or_default().push((compartment, key)),
            Part::Opened {
                dossier,
                compartment,
                item,
                posting,
            } => tx.put_opened(&item, &dossier, &compartment, &posting)?,
            Part::Peer(peer) => tx.put_peer(&peer)?,
            Part::Line { dossier, at_ms, event } => self.lines.push((dossier, at_ms, event)),
            Part::Owed(owed) => {
                tx.owe(&owed)?;
            }
            Part::NeverDirect(person) => tx.set_never_direct(&person, true)?,
            Part::Attachment { id, piece } => self.attachments.take(id, &piece)?,
            Part::Items => {}
        }
        Ok(())
    }
}

/// Who these words are.
///
/// # Errors
/// [`FaultCode::InputRefused`] about `words`, or what [`shares::join`] says; [`FaultCode::Invalid`] for neither or both.
pub(crate) fn root_of(request: &Restore) -> Result<RootSecret, Fault> {
    match (&request.words, request.shares.as_slice()) {
        (Some(words), []) => {
            RootSecret::from_words(words.as_str()).map_err(|_| Fault::about(FaultCode::InputRefused, "bad_words"))
        }
        (None, [_, ..]) => shares::join(&request.shares),
        (Some(_), [_, ..]) | (None, []) => Err(Fault::invalid("words")),
    }
}

/// What there is to restore from, all of it checked before a home folder is touched.
pub(crate) struct Source {
    root: RootSecret,
    backup: Option<Backup>,
    name: Option<String>,
}

impl Source {
    /// Reads and checks.
    ///
    /// # Errors
    /// As [`root_of`] and [`Backup::open`].
    pub(crate) fn open(request: &Restore, goes_on: GoesOn<'_>) -> Result<Self, Fault> {
        let root = root_of(request)?;
        let backup = request
            .backup
            .as_deref()
            .map(|file| Backup::open(Path::new(file), &root, goes_on));
        Ok(Self {
            backup: backup.transpose()?,
            root,
            name: request.name.clone(),
        })
    }
}

impl Inner {
    /// Makes an empty home folder that of the person whose words these are. None when it was stopped: then the folder is
    /// as empty as it was.
    ///
    /// # Errors
    /// As [`Source::open`] and [`Home::restore`].
    pub(crate) fn restore(&self, request: &Restore) -> Result<Option<Restored>, Fault> {
        let _alone = self.work.begin();
        let read = Cell::new(0);
        let goes_on = |bytes: u64| {
            read.set(read.get() + bytes);
            self.goes_on(read.get())
        };
        // Checked before there is a home folder at all.
        let restored = Source::open(request, &goes_on).and_then(|source| {
            let fresh = self.make_home()?;
            let restored = self.with_home(|home| home.restore(&source, &goes_on));
            if restored.is_err() && fresh {
                self.abandon_home()?;
            }
            restored
        });
        match restored {
            Err(_) if self.work.stopped() => Ok(None),
            restored => restored.map(Some),
        }
    }
}

impl Home {
    /// Makes this empty home folder that of the person whose words these are, on a device of its own.
    ///
    /// # Errors
    /// [`FaultCode::AlreadyExists`] where somebody is already; what the store says; any when it was stopped. Then nothing
    /// was restored.
    pub(crate) fn restore(&mut self, source: &Source, goes_on: GoesOn<'_>) -> Result<Restored, Fault> {
        if self.me.is_some() {
            return Err(Fault::new(FaultCode::AlreadyExists));
        }
        let done = self.restore_from(source, goes_on);
        if done.is_err() {
            self.me = None;
            self.forget_unrestored()?;
        }
        done
    }

    fn restore_from(&mut self, source: &Source, goes_on: GoesOn<'_>) -> Result<Restored, Fault> {
        let device = DeviceSecrets::generate(&mut self.random);
        let named = Profile {
            name: source.name.clone().unwrap_or_default(),
            organisation: None,
            function: None,
        };
        let mut me = Me::certified(source.root.clone(), device, named)?;
        let mut contents = Contents {
            attachments: Arriving::into_folder(self.folder()),
            ..Contents::default()
        };
        if let Some(backup) = &source.backup {
            let items = self
                .store
                .transact::<_, Fault>(|tx| backup.read(&source.root, goes_on, |part| contents.take(tx, part)))?;
            contents.attachments.finish()?;
            if let Some(profile) = contents.profile.take() {
                me.profile = profile;
            }
            // From here on in memory; the store learns of it last.
            self.me = Some(me);
            backup.items(items, self)?;
            self.move_in(&contents)?;
        } else {
            self.me = Some(me);
        }
        let lines = std::mem::take(&mut contents.lines);
        let introductions = self.introductions_to_make()?;
        // The last moment to stop: with the next step somebody is here.
        if !goes_on(0) {
            return Err(Fault::internal("stopped"));
        }
        let me = self.me.as_ref().ok_or_else(|| Fault::internal("profile"))?;
        self.store.transact::<_, Fault>(|tx| {
            // What arriving looked like to this device is not what happened.
            tx.delete_activity_before(i64::MAX)?;
            for (dossier, at_ms, event) in &lines {
                tx.add_activity(*at_ms, dossier, event)?;
            }
            for owed in &introductions {
                tx.owe(owed)?;
            }
            me.keep(tx)
        })?;
        contents.attachments.keep();
        let ids: Vec<DossierId> = self.dossiers.keys().copied().collect();
        for id in &ids {
            self.settle(id)?;
            self.save_documents(id)?;
        }
        Ok(Restored {
            profile: self.me()?.view(),
            dossiers: self.dossier_list()?,
            others: self.other_devices()?,
        })
    }

    /// Says in every dossier that this device is this person's, and gives it the keys that the backup has.
    fn move_in(&mut self, contents: &Contents) -> Result<(), Fault> {
        let none = Vec::new();
        for row in self.store.dossiers()?.iter().filter(|row| row.closed_ms.is_none()) {
            let keys = contents.keys.get(&row.dossier).unwrap_or(&none);
            self.write(&row.dossier, |writing| {
                let me = writing.me.certificate.clone();
                for id in writing.dossier.places_of(&me.root) {
                    writing.certify(id, me.clone())?;
                    writing.reconsider(&id)?;
                }
                for (compartment, key) in keys {
                    if writing.dossier.compartments.contains_key(compartment) {
                        writing.wrap(*compartment, key, me.device, &me.wrapping)?;
                    }
                }
                Ok(())
            })?;
            self.reload(&row.dossier);
            self.dossier(&row.dossier)?;
        }
        Ok(())
    }

    /// Everybody whom a restored device has to tell that it is there.
    fn introductions_to_make(&mut self) -> Result<Vec<Owed>, Fault> {
        let me = self.me()?.id();
        let peers = self.store.peers()?;
        let mut owed = Vec::new();
        for dossier in self.dossiers.values().filter(|dossier| !dossier.closed) {
            for peer in peers.iter().filter(|peer| peer.device != me) {
                if dossier.principal_of(&peer.device).is_some() {
                    owed.push(Owed {
                        dossier: dossier.id,
                        compartment: CompartmentId::DOSSIER,
                        kind: OWED_INTRODUCTION,
                        detail: peer.device.0.to_vec(),
                    });
                }
            }
        }
        Ok(owed)
    }

    /// Forgets what a restoring that was cut off left behind: without a person nothing here is anybody's, and without
    /// its first word a dossier of one's own did not come back.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn forget_unrestored(&mut self) -> Result<(), Fault> {
        let rows = self.store.dossiers()?;
        if self.me.is_some() {
            for row in rows.iter().filter(|row| row.own) {
                let mut begun = false;
                self.store
                    .each_item::<Fault>(&row.dossier, &CompartmentId::DOSSIER, None, |item| {
                        let operation = item.body.map(Operation::from_bytes).transpose()?;
                        begun |= operation.is_some_and(|operation| operation.starts() == Some(row.dossier));
                        Ok(())
                    })?;
                if !begun {
                    self.dossiers.remove(&row.dossier);
                    self.store.transact::<_, Fault>(|tx| Ok(tx.forget(&row.dossier)?))?;
                }
            }
            return Ok(());
        }
        let peers = self.store.peers()?;
        if rows.is_empty() && peers.is_empty() {
            return Ok(());
        }
        self.dossiers.clear();
        self.store.transact::<_, Fault>(|tx| {
            for row in &rows {
                tx.forget(&row.dossier)?;
            }
            for peer in &peers {
                tx.delete_peer(&peer.device)?;
            }
            tx.delete_activity_before(i64::MAX)?;
            Ok(())
        })?;
        Ok(self.store.scrub()?)
    }

    /// What did not come back. Empty for a dossier that is whole.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`].
    pub(crate) fn lacking(&mut self, id: &DossierId) -> Result<Lacking, Fault> {
        Ok(self.dossier(id)?.lacking())
    }

    /// Makes the parts anew that did not come back, empty, so that the resident can go on. What comes back later stands
    /// beside it.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] for a dossier of somebody else; [`FaultCode::NotFound`] while nothing came back at all.
    pub(crate) fn begin_again(&mut self, id: &DossierId) -> Result<Lacking, Fault> {
        let dossier = self.dossier(id)?;
        if !dossier.own {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        let known = dossier.compartments.values().find_map(|one| one.about()).cloned();
        let known = known.ok_or_else(|| Fault::not_found("dossier"))?;
        let lacking = dossier.lacking();
        let mut places: Vec<Place> = Vec::new();
        if lacking.private {
            places.push(Place::Owner);
        }
        for section in dossier_model::section::standard() {
            for side in [Side::Wat, Side::Dat] {
                let place = Place::Section {
                    section: section.id.clone(),
                    side,
                };
                if lacking.private && dossier.at(&place).is_none() {
                    places.push(place);
                }
            }
        }
        self.write(id, |writing| {
            for place in places {
                let compartment = writing.make_compartment()?;
                let about = About {
                    kind: AboutKind::Compartment,
                    place,
                    label: None,
                    version: 1,
                    ..known.clone()
                };
                writing.record(compartment, &Content::About(about))?;
            }
            Ok(())
        })?;
        Ok(lacking)
    }
}

impl Dossier {
    /// Places where a person's device has to say that it is theirs: the dossier part for a resident's, every compartment
    /// with access for a member's.
    pub(crate) fn places_of(&self, root: &dossier_trust::ids::PrincipalId) -> Vec<CompartmentId> {
        if self.own {
            return vec![CompartmentId::DOSSIER];
        }
        let granted = self
            .compartments
            .values()
            .filter(|one| one.consent.live_grants().any(|(_, grant)| grant.principal == *root));
        granted.map(|one| one.id).collect()
    }

    /// The compartment for the resident alone is made with the dossier and given to nobody: without it, this dossier
    /// came back from others.
    fn lacking(&self) -> Lacking {
        if !self.own || self.at(&Place::Owner).is_some() {
            return Lacking::default();
        }
        let here: BTreeSet<SectionId> = self.sections().into_iter().map(|(id, _)| id).collect();
        let standard = dossier_model::section::standard().iter().map(|section| &section.id);
        Lacking {
            private: true,
            sections: standard
                .filter(|id| !here.contains(*id))
                .map(ToString::to_string)
                .collect(),
        }
    }
}
