//! How much somebody may leave with others that does not count: chains, items that their author had no right to write
//! or that never can count, receipts, wraps. Everybody keeps those, and each item that arrives so has the whole
//! compartment judged again.
//!
//! Nothing is counted until something arrives for which it matters, so an edit that simply counts costs nothing here.

use std::collections::BTreeMap;

use dossier_store::Reader;
use dossier_sync::protocol::{Loose, Refusal};
use dossier_trust::codec::Canonical;
use dossier_trust::epoch::Wrap;
use dossier_trust::ids::{ChainId, DeviceId, PrincipalId};
use dossier_trust::item::{Item, Kind, Lane, Position};
use dossier_trust::operation::EraseAt;
use dossier_trust::receipt::Receipt;
use dossier_trust::record::Record;
use dossier_trust::verdict::Waits;

use super::Compartment;
use super::compartment::LOOSE_RECEIPT;
use super::opening::Opens;
use crate::contract::Fault;

/// Chains of one [`Payer`] in one compartment and lane: above this it is a flood.
pub(super) const MAX_CHAINS: usize = 1024;

/// Items of one [`Payer`] in one compartment that wait because they had no right to write them. Who hears of the end of
/// their access weeks late stays far below it.
const MAX_DENIED: Room = Room {
    items: 1024,
    bytes: 16 << 20,
};

/// Items that no honest program writes: what preflight refuses for good, what its own key does not open. Beyond this each
/// item of that author is looked into before it is taken.
const MAX_UNSOUND: Room = Room {
    items: 1024,
    bytes: 16 << 20,
};

/// Items that rest on something that has not come, or lost a fork: above any honest backlog. Beyond this only what counts
/// at once is taken from that author.
const MAX_WAITING: Room = Room {
    items: 65_536,
    bytes: 256 << 20,
};

/// Receipts in one compartment. A device writes a few a day, of less than a kilobyte.
const MAX_RECEIPTS: Room = Room {
    items: 16_384,
    bytes: 16 << 20,
};

/// Wraps in one compartment: every epoch for every device.
const MAX_WRAPS: usize = 65_536;

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

/// A number of things and their length.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Room {
    items: usize,
    bytes: u64,
}

impl Room {
    fn add(&mut self, items: usize, bytes: u64) {
        self.items = self.items.saturating_add(items);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// There is still room below this.
    fn fits_in(&self, most: Self) -> bool {
        self.items < most.items && self.bytes < most.bytes
    }
}

/// What is held, by whose room it takes.
type Rooms = BTreeMap<Payer, Room>;

/// What waits outside, while a batch is looked at. Each part is counted when it is first asked for.
pub(super) struct Outside<'s> {
    store: &'s Reader,
    denied: Option<Rooms>,
    /// Unsound, and waiting.
    rightful: Option<(Rooms, Rooms)>,
    receipts: Option<Rooms>,
    wraps: Option<BTreeMap<Payer, usize>>,
    fault: Option<Fault>,
}

impl<'s> Outside<'s> {
    pub(super) fn new(store: &'s Reader) -> Self {
        Self {
            store,
            denied: None,
            rightful: None,
            receipts: None,
            wraps: None,
            fault: None,
        }
    }

    /// What the store said meanwhile. After a fault nothing of the batch is to be kept.
    ///
    /// # Errors
    /// That.
    pub(super) fn end(self) -> Result<(), Fault> {
        self.fault.map_or(Ok(()), Err)
    }
}

/// What becomes of an item whose author may write it, as far as can be told before the whole is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prospect {
    /// It counts at once.
    Counts,
    /// Its key or what it rests on is not here.
    Waits,
    /// It never counts for anybody.
    Never,
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

    /// True when there is room for an item that this device had no right to write; then it takes it.
    pub(super) fn takes_denied(&self, outside: &mut Outside<'_>, device: &DeviceId, item: &Item) -> bool {
        if outside.denied.is_none() {
            match self.denied(outside.store) {
                Ok(rooms) => outside.denied = Some(rooms),
                Err(fault) => outside.fault = Some(fault),
            }
        }
        let Some(rooms) = outside.denied.as_mut() else {
            return false;
        };
        let room = rooms.entry(self.payer(device)).or_default();
        let fits = room.fits_in(MAX_DENIED);
        if fits {
            room.add(1, u64::from(item.header.len));
        }
        fits
    }

    /// True when there is room for an item that its author may write. There is for whatever counts, and for what an honest
    /// program wrote before its key or the colleague's work came that it rests on.
    pub(super) fn takes_rightful(
        &self,
        outside: &mut Outside<'_>,
        device: &DeviceId,
        item: &Item,
        eyes: &dyn Opens,
    ) -> bool {
        if self.nothing_waits() {
            return true;
        }
        if outside.rightful.is_none() {
            match self.rightful(outside.store) {
                Ok(rooms) => outside.rightful = Some(rooms),
                Err(fault) => outside.fault = Some(fault),
            }
        }
        let Some((unsound, waiting)) = outside.rightful.as_mut() else {
            return false;
        };
        let payer = self.payer(device);
        let held = |rooms: &Rooms| rooms.get(&payer).copied().unwrap_or_default();
        let (is_sound, may_wait) = (held(unsound).fits_in(MAX_UNSOUND), held(waiting).fits_in(MAX_WAITING));
        if is_sound && may_wait {
            return true;
        }
        match self.prospect(item, eyes) {
            Prospect::Counts => true,
            // Whoever only carries can tell nothing.
            Prospect::Waits => may_wait || !self.consent.may_read(&eyes.device()),
            Prospect::Never => is_sound,
        }
    }

    /// Nothing is held that does not count, as far as its author may write it.
    fn nothing_waits(&self) -> bool {
        self.verdict.quarantine().is_empty() && self.closed_records.is_empty() && self.verdict.erased().is_empty()
    }

    /// What is held and waits because its author may not write it. What the resident threw away takes no room any more.
    fn denied(&self, store: &Reader) -> Result<Rooms, Fault> {
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
        let mut rooms = self.weigh(store, denied)?;
        for entry in self.log.iter().filter(|entry| !may(&entry.position, Kind::Operation)) {
            if let Some(device) = self.device_of(&entry.position.chain) {
                let bytes = entry.operation.to_bytes().len();
                let room = rooms.entry(self.payer(&device)).or_default();
                room.add(1, u64::try_from(bytes).unwrap_or(u64::MAX));
            }
        }
        Ok(rooms)
    }

    /// What is held and does not count although its author may write it: unsound, and waiting.
    ///
    /// What cannot be opened here is counted as unsound, as are records that were erased: some of it is honest, so a full
    /// room only means that the next item is looked into.
    fn rightful(&self, store: &Reader) -> Result<(Rooms, Rooms), Fault> {
        let quarantine = self.verdict.quarantine();
        let of = |wanted: fn(&Waits) -> bool| {
            let all = quarantine.iter().filter(move |(_, waits)| wanted(waits));
            all.map(|(item, _)| item)
        };
        let unsound = of(|waits| matches!(waits, Waits::Refused(_) | Waits::Unopened))
            .chain(self.closed_records.iter())
            .chain(self.verdict.erased());
        let waiting = of(|waits| {
            matches!(
                waits,
                Waits::OtherBranch | Waits::Unopened | Waits::OnAnother | Waits::OtherGeneration
            )
        });
        Ok((self.weigh(store, unsound)?, self.weigh(store, waiting)?))
    }

    /// Number and length of these items, by whose room they take. The length is that of their chains from the first of
    /// them on.
    fn weigh<'i>(&self, store: &Reader, items: impl Iterator<Item = &'i Position>) -> Result<Rooms, Fault> {
        let mut chains: BTreeMap<ChainId, (usize, u32)> = BTreeMap::new();
        for item in items {
            let (count, first) = chains.entry(item.chain).or_insert((0, item.n));
            *count += 1;
            *first = item.n.min(*first);
        }
        let mut rooms = Rooms::new();
        for (chain, (count, first)) in chains {
            if let Some(device) = self.device_of(&chain) {
                let room = rooms.entry(self.payer(&device)).or_default();
                room.add(count, store.body_bytes(&chain, first)?);
            }
        }
        Ok(rooms)
    }

    fn prospect(&self, item: &Item, eyes: &dyn Opens) -> Prospect {
        let header = &item.header;
        let Some(body) = &item.body else {
            return Prospect::Waits;
        };
        let sealed = matches!(header.kind, Kind::Change | Kind::Record);
        let key = self.keys.get(&header.epoch);
        if sealed && key.is_none() {
            return Prospect::Waits;
        }
        match header.kind {
            Kind::Operation => Prospect::Counts,
            Kind::Change => {
                let Some(change) = self.open_change(header, body) else {
                    return Prospect::Never;
                };
                let (actor, seq) = (&header.chain.0, u64::from(header.n));
                match self.verdict.index().check(&change.inspected, actor, seq) {
                    Ok(()) => Prospect::Counts,
                    Err(refusal) if refusal.is_final() => Prospect::Never,
                    Err(_) => Prospect::Waits,
                }
            }
            Kind::Record => {
                let plain = key.and_then(|key| key.open_item(header, body).ok());
                let record = plain.and_then(|plain| Record::from_bytes(&plain).ok());
                counts_or_never(record.is_some_and(|record| record.verify(self.dossier).is_ok()))
            }
            // Sealed to a few, of whom the resident is one, always.
            Kind::RecordTo if !self.consent.is_owner(&eyes.device()) => Prospect::Counts,
            Kind::RecordTo => {
                let posting = eyes.posting(body);
                counts_or_never(posting.is_some_and(|posting| posting.record.verify(self.dossier).is_ok()))
            }
        }
    }

    /// Takes a receipt of somebody who was ever let in, while there is room; else says why not.
    ///
    /// # Errors
    /// Why.
    pub(super) fn takes_receipt(
        &self,
        outside: &mut Outside<'_>,
        receipt: &Receipt,
        loose: &Loose,
    ) -> Result<(), Refusal> {
        let payer = self.payer(&receipt.by.device);
        if payer == Payer::Nobody {
            return Err(Refusal::Unwanted);
        }
        if outside.receipts.is_none() {
            match self.receipts(outside.store) {
                Ok(rooms) => outside.receipts = Some(rooms),
                Err(fault) => outside.fault = Some(fault),
            }
        }
        let rooms = outside.receipts.as_mut().ok_or(Refusal::Quota)?;
        let room = rooms.entry(payer).or_default();
        // One that is here takes no more room than it has.
        let held = outside.store.loose(&loose.id().0).is_ok_and(|held| held.is_some());
        if !held && !room.fits_in(MAX_RECEIPTS) {
            return Err(Refusal::Quota);
        }
        if !held {
            room.add(1, u64::try_from(loose.bytes.len()).unwrap_or(u64::MAX));
        }
        Ok(())
    }

    fn receipts(&self, store: &Reader) -> Result<Rooms, Fault> {
        let mut rooms = Rooms::new();
        for (device, items, bytes) in store.loose_by_subject(&self.dossier, &self.id, LOOSE_RECEIPT)? {
            let room = rooms.entry(self.payer(&DeviceId(device))).or_default();
            room.add(usize::try_from(items).unwrap_or(usize::MAX), bytes);
        }
        Ok(rooms)
    }

    /// True when there is room for one more wrap by whoever made this.
    pub(super) fn takes_wrap(&self, outside: &mut Outside<'_>, wrap: &Wrap) -> bool {
        let counts = outside.wraps.get_or_insert_with(|| {
            let mut counts = BTreeMap::new();
            for wrap in &self.wraps {
                *counts.entry(self.payer(&wrap.by)).or_default() += 1;
            }
            counts
        });
        let count = counts.entry(self.payer(&wrap.by)).or_default();
        let fits = *count < MAX_WRAPS;
        *count += usize::from(fits);
        fits
    }
}

fn counts_or_never(counts: bool) -> Prospect {
    if counts { Prospect::Counts } else { Prospect::Never }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_full_by_number_or_by_length() {
        let mut room = Room::default();
        room.add(MAX_RECEIPTS.items - 1, 5);
        assert!(room.fits_in(MAX_RECEIPTS));
        room.add(1, 5);
        assert!(!room.fits_in(MAX_RECEIPTS));
        let mut room = Room::default();
        room.add(1, MAX_RECEIPTS.bytes - 1);
        assert!(room.fits_in(MAX_RECEIPTS));
        room.add(1, u64::MAX);
        assert!(!room.fits_in(MAX_RECEIPTS));
    }
}
