//! One opened home folder: its store, the person and device it belongs to, and the dossiers in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dossier_store::{Store, Tx};
use dossier_trust::codec::Canonical;
use dossier_trust::identity::{Certificate, DeviceSecrets, Random, RootSecret};
use dossier_trust::ids::{DeviceId, DossierId, PrincipalId};
use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::clock::Clock;
use crate::contract::{Event, Fault, FaultCode, ProfileCreate, ProfileView};
use crate::looking::Looked;
use crate::replica::Dossier;

/// The system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&mut self, out: &mut [u8]) {
        if getrandom::fill(out).is_err() {
            // Without randomness no key and no nonce is safe; there is nothing to go on with.
            std::process::abort();
        }
    }
}

/// How the person of this home folder is shown to others.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Profile {
    /// Name.
    pub name: String,
    /// Organisation, for a professional.
    pub organisation: Option<String>,
    /// Function, for a professional.
    pub function: Option<String>,
}

/// The person and device of this home folder.
pub struct Me {
    /// The words' secret. Sealed in the store; used to certify devices and to show the words.
    pub root: RootSecret,
    /// This device.
    pub device: DeviceSecrets,
    /// The root's word for this device.
    pub certificate: Certificate,
    /// How others see this person.
    pub profile: Profile,
    /// Its place in a team.
    pub(crate) team: Option<crate::team::Seat>,
    signing: SigningKey,
    opener: age::x25519::Identity,
    recovery: age::x25519::Identity,
}

impl Me {
    /// A new device of a person, certified by their words.
    ///
    /// # Errors
    /// A secret that is no key.
    pub(crate) fn certified(root: RootSecret, device: DeviceSecrets, profile: Profile) -> Result<Self, Fault> {
        let certificate = root.certify(&device)?;
        Self::new(root, device, certificate, profile)
    }

    /// Keeps this person and device in a home folder: from then on it is theirs.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn keep(&self, tx: &Tx<'_>) -> Result<(), Fault> {
        let described = serde_json::to_vec(&self.profile).map_err(|_| Fault::internal("profile"))?;
        tx.set_meta(META_ROOT, self.root.entropy())?;
        tx.set_meta(META_DEVICE, &self.device.to_bytes())?;
        tx.set_meta(META_CERTIFICATE, &self.certificate.to_bytes())?;
        tx.set_meta(META_PROFILE, &described)?;
        Ok(())
    }

    /// Opens what is sealed to this person's words, whichever of their devices is used.
    pub fn recovery(&self) -> &age::x25519::Identity {
        &self.recovery
    }

    /// Key that signs items and records.
    pub fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// Opens what is sealed to this device.
    pub fn opener(&self) -> &age::x25519::Identity {
        &self.opener
    }

    /// This device.
    pub fn id(&self) -> DeviceId {
        self.certificate.device
    }

    /// Somebody who is not there: the person whom an invitation would let in.
    ///
    /// # Errors
    /// What making keys says.
    pub(crate) fn supposed(name: &str, random: &mut dyn Random) -> Result<Self, Fault> {
        let mut entropy = [0; 32];
        random.fill(&mut entropy);
        let root = RootSecret::from_entropy(entropy);
        let device = DeviceSecrets::generate(random);
        let profile = Profile {
            name: name.to_owned(),
            organisation: None,
            function: None,
        };
        Self::certified(root, device, profile)
    }

    fn new(root: RootSecret, device: DeviceSecrets, certificate: Certificate, profile: Profile) -> Result<Self, Fault> {
        Ok(Self {
            signing: device.signing_key(),
            opener: device.wrapping_identity()?,
            recovery: root.age_identity()?,
            root,
            device,
            certificate,
            profile,
            team: None,
        })
    }

    /// This person.
    pub fn principal(&self) -> PrincipalId {
        self.certificate.root
    }

    pub(crate) fn view(&self) -> ProfileView {
        ProfileView {
            person: self.principal().to_hex(),
            device: self.id().to_hex(),
            name: self.profile.name.clone(),
            organisation: self.profile.organisation.clone(),
            function: self.profile.function.clone(),
        }
    }
}

const META_ROOT: &str = "root";
const META_DEVICE: &str = "device";
const META_CERTIFICATE: &str = "certificate";
const META_PROFILE: &str = "profile";
const MAX_NAME: usize = 200;

/// An opened home folder.
pub struct Home {
    pub(crate) store: Store,
    pub(crate) me: Option<Me>,
    pub(crate) clock: Clock,
    pub(crate) random: SystemRandom,
    pub(crate) dossiers: BTreeMap<DossierId, Dossier>,
    /// What was last looked at through other eyes or at another moment.
    pub(crate) looked: Option<Looked>,
    pub(crate) events: broadcast::Sender<Event>,
    /// Compartments that were written to since the network last looked.
    pub(crate) touched: Vec<(DossierId, dossier_trust::ids::CompartmentId)>,
    /// Dossiers whose sharing changed since the network last looked.
    pub(crate) shared_anew: Vec<DossierId>,
    /// Colleagues' devices that made room for a dossier in which the team looks along. Until then it would be turned away.
    pub(crate) roomy: BTreeSet<(DeviceId, DossierId)>,
    /// Dossiers in which something happened since it was last looked what this device owes.
    pub(crate) unsettled: BTreeSet<DossierId>,
}

impl Home {
    /// Takes a store that was just created or opened.
    ///
    /// # Errors
    /// What the store says; a profile that cannot be read.
    pub fn open(store: Store, clock: Clock) -> Result<Self, Fault> {
        let (events, _) = broadcast::channel(256);
        let mut home = Self {
            me: None,
            store,
            clock,
            random: SystemRandom,
            dossiers: BTreeMap::new(),
            looked: None,
            events,
            touched: Vec::new(),
            shared_anew: Vec::new(),
            roomy: BTreeSet::new(),
            unsettled: BTreeSet::new(),
        };
        home.me = home.read_me()?;
        if !home.store.opened_cleanly() {
            // Others may hold what this copy of the profile does not know it wrote.
            home.store.transact::<_, Fault>(|tx| Ok(tx.settle()?))?;
        }
        home.forget_unfinished()?;
        home.forget_unrestored()?;
        if let Err(fault) = home.put_cards() {
            // The rest of the program does not wait for it.
            tracing::warn!(code = ?fault.code, "the crisis card was not written");
        }
        if let Err(fault) = home.collect_attachments() {
            // They take room, and nothing else.
            tracing::warn!(code = ?fault.code, "files that no item names were not looked for");
        }
        Ok(home)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.store.home()
    }

    fn read_me(&self) -> Result<Option<Me>, Fault> {
        let Some(root) = self.store.meta(META_ROOT)? else {
            return Ok(None);
        };
        let damaged = || Fault::about(FaultCode::Damaged, "profile");
        let part = |name| self.store.meta(name)?.ok_or_else(damaged);
        let root = RootSecret::from_entropy(root.as_slice().try_into().map_err(|_| damaged())?);
        let device = DeviceSecrets::from_bytes(&part(META_DEVICE)?)?;
        let profile = serde_json::from_slice(&part(META_PROFILE)?).map_err(|_| damaged())?;
        let certificate = Certificate::from_bytes(&part(META_CERTIFICATE)?)?;
        let mut me = Me::new(root, device, certificate, profile)?;
        me.team = self.read_seat(&me.id())?;
        Ok(Some(me))
    }

    /// The person of this home folder.
    ///
    /// # Errors
    /// [`FaultCode::NoProfile`] before the first start.
    pub fn me(&self) -> Result<&Me, Fault> {
        self.me.as_ref().ok_or_else(|| Fault::new(FaultCode::NoProfile))
    }

    /// Makes the person and this device, all in one transaction.
    ///
    /// # Errors
    /// [`FaultCode::AlreadyExists`] the second time; [`FaultCode::Invalid`] for an empty or endless name.
    pub fn create_profile(&mut self, request: ProfileCreate) -> Result<ProfileView, Fault> {
        if self.me.is_some() {
            return Err(Fault::new(FaultCode::AlreadyExists));
        }
        let tidy = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let name = tidy(Some(request.name)).ok_or_else(|| Fault::invalid("name"))?;
        let profile = Profile {
            name,
            organisation: tidy(request.organisation),
            function: tidy(request.function),
        };
        let parts = [
            Some(&profile.name),
            profile.organisation.as_ref(),
            profile.function.as_ref(),
        ];
        if parts
            .iter()
            .flatten()
            .any(|text| text.chars().count() > MAX_NAME || text.chars().any(char::is_control))
        {
            return Err(Fault::invalid("name"));
        }
        let root = RootSecret::from_entropy(self.random.array());
        let device = DeviceSecrets::generate(&mut self.random);
        let me = Me::certified(root, device, profile)?;
        self.store.transact::<_, Fault>(|tx| me.keep(tx))?;
        self.me = Some(me);
        Ok(self.me()?.view())
    }

    /// Milliseconds since 1970 by this profile's calendar.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    pub(crate) fn tell(&self, event: Event) {
        // Nobody may be listening.
        let _ = self.events.send(event);
    }
}
