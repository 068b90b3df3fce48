//! How much somebody may leave with others that does not count: chains, and items that their author had no right to
//! write. Everybody keeps those until the resident decides, and each one that arrives has the whole compartment judged
//! again.

use std::collections::BTreeMap;

use dossier_store::Reader;
use dossier_trust::codec::Canonical;
use dossier_trust::ids::{ChainId, DeviceId, PrincipalId};
use dossier_trust::item::{Kind, Lane, Position};
use dossier_trust::operation::EraseAt;

use super::Compartment;
use crate::contract::Fault;

/// Chains of one [`Payer`] in one compartment and lane: above this it is a flood.
pub(super) const MAX_CHAINS: usize = 1024;

/// Items of one [`Payer`] in one compartment that wait because they had no right to write them. Who hears of the end of
/// their access weeks late stays far below it.
const MAX_DENIED: usize = 1024;

/// As [`MAX_DENIED`], in bytes of bodies.
const MAX_DENIED_BYTES: u64 = 16 * 1024 * 1024;

/// Against whose room something counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Payer {
    /// The resident's root, or a device that it certified. Nobody else can make those, so each has room of its own: a
    /// stolen one takes none from the root that cuts it, nor from the other devices.
    Owner(DeviceId),
    /// A person or team that was ever granted anything here, with however many devices.
    Member(PrincipalId),
    /// All devices together that nobody granted anything: making them costs nothing.
    Nobody,
}

/// What waits outside because its author may not write it.
#[derive(Default)]
pub(super) struct Outside(BTreeMap<Payer, (usize, u64)>);

impl Outside {
    fn add(&mut self, payer: Payer, items: usize, bytes: u64) {
        let (count, size) = self.0.entry(payer).or_default();
        *count += items;
        *size = size.saturating_add(bytes);
    }

    /// One more of this length; false when there is no room for it.
    pub(super) fn takes(&mut self, payer: Payer, len: u32) -> bool {
        let (count, size) = self.0.get(&payer).copied().unwrap_or_default();
        let room = count < MAX_DENIED && size < MAX_DENIED_BYTES;
        if room {
            self.add(payer, 1, u64::from(len));
        }
        room
    }
}

impl Compartment {
    /// Against whose room goes what this device writes. A certificate alone gives none.
    pub(super) fn payer(&self, device: &DeviceId) -> Payer {
        if self.consent.is_owner(device) || device.0 == self.consent.root().0 {
            return Payer::Owner(*device);
        }
        // A root writes no more than the cuts of its own devices.
        let principal = self.consent.principal_of(device).unwrap_or(PrincipalId(device.0));
        if self.consent.grants().any(|(_, grant)| grant.principal == principal) {
            Payer::Member(principal)
        } else {
            Payer::Nobody
        }
    }

    /// Chains that are held, by whose room they take.
    pub(super) fn chains_by_payer(&self) -> BTreeMap<(Payer, Lane), usize> {
        let mut count = BTreeMap::new();
        for (_, chain) in self.chains.iter() {
            *count
                .entry((self.payer(&chain.open.device), chain.open.lane))
                .or_default() += 1;
        }
        count
    }

    /// What is held and waits because its author may not write it. What the resident threw away takes no room any more.
    pub(super) fn outside(&self, store: &Reader) -> Result<Outside, Fault> {
        let mut outside = Outside::default();
        let erased = self.consent.erased();
        let may = |item: &Position, kind: Kind| {
            let open = self.chains.get(&item.chain).map(|chain| &chain.open);
            open.is_some_and(|open| self.consent.within(&self.chains, open, item, kind).is_ok())
        };
        let denied = self.verdict.quarantine().keys().filter(|item| {
            let doc = self
                .chains
                .get(&item.chain)
                .is_some_and(|chain| chain.open.lane == Lane::Doc);
            let kind = if doc { Kind::Change } else { Kind::Record };
            !may(item, kind) && erased.get(&item.hash) != Some(&EraseAt::All)
        });
        let mut chains: BTreeMap<ChainId, (usize, u32)> = BTreeMap::new();
        for item in denied {
            let (count, first) = chains.entry(item.chain).or_insert((0, item.n));
            *count += 1;
            *first = item.n.min(*first);
        }
        for (chain, (count, first)) in chains {
            if let Some(device) = self.device_of(&chain) {
                outside.add(self.payer(&device), count, store.body_bytes(&chain, first)?);
            }
        }
        for entry in self.log.iter().filter(|entry| !may(&entry.position, Kind::Operation)) {
            if let Some(device) = self.device_of(&entry.position.chain) {
                let bytes = entry.operation.to_bytes().len();
                outside.add(self.payer(&device), 1, u64::try_from(bytes).unwrap_or(u64::MAX));
            }
        }
        Ok(outside)
    }
}
