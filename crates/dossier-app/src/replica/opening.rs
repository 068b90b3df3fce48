//! What can be opened: by this device with its own keys, or, as an owner device can tell, by the device of another.

use dossier_trust::codec::Canonical;
use dossier_trust::epoch::{EpochKey, Wrap, open_with};
use dossier_trust::ids::DeviceId;
use dossier_trust::item::MAX_BODY;

use super::Dossier;
use super::content::Posting;
use crate::home::Me;

/// Whose eyes a compartment is read with.
pub trait Opens {
    /// The device that looks.
    fn device(&self) -> DeviceId;

    /// What wraps for that person's words are addressed to; none for whoever has no words here.
    fn words(&self) -> Option<DeviceId> {
        None
    }

    /// The key in a wrap that is addressed to that device, or to those words.
    fn epoch_key(&self, wrap: &Wrap) -> Option<EpochKey>;

    /// The record in an age file, if it was sealed to that device, or to those words.
    fn posting(&self, body: &[u8]) -> Option<Posting>;
}

impl Opens for Me {
    fn device(&self) -> DeviceId {
        self.id()
    }

    fn words(&self) -> Option<DeviceId> {
        Some(DeviceId(self.principal().0))
    }

    fn epoch_key(&self, wrap: &Wrap) -> Option<EpochKey> {
        wrap.open(self.opener()).or_else(|_| wrap.open(self.recovery())).ok()
    }

    fn posting(&self, body: &[u8]) -> Option<Posting> {
        let plain = open_with(self.opener(), body, MAX_BODY);
        let plain = plain.or_else(|_| open_with(self.recovery(), body, MAX_BODY)).ok()?;
        Posting::from_bytes(&plain).ok()
    }
}

/// What was sealed to the device of another. An owner device has every key that was handed out, and every restricted
/// record is sealed to it as well: it sees what the other one opens without the other one's secrets.
pub struct SealedTo<'a> {
    /// That device.
    pub device: DeviceId,
    /// This one, an owner's.
    pub me: &'a Me,
    /// The dossier as this one reads it.
    pub held: &'a Dossier,
}

impl Opens for SealedTo<'_> {
    fn device(&self) -> DeviceId {
        self.device
    }

    fn epoch_key(&self, wrap: &Wrap) -> Option<EpochKey> {
        self.held
            .compartments
            .get(&wrap.compartment)?
            .keys
            .get(&wrap.epoch)
            .cloned()
    }

    fn posting(&self, body: &[u8]) -> Option<Posting> {
        self.me
            .posting(body)
            .filter(|posting| posting.to.contains(&self.device))
    }
}
