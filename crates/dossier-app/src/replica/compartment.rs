//! One compartment in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use automerge::{ActorId, AutoCommit, ChangeHash, ReadDoc};
use dossier_model::{Place, RecordContent};
use dossier_store::Reader;
use dossier_trust::chains::{Chains, Misplaced};
use dossier_trust::codec::Canonical;
use dossier_trust::consent::{Consent, Entry, Reach};
use dossier_trust::epoch::{EpochKey, Wrap};
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, EpochId, GenerationId, PrincipalId, RecordId};
use dossier_trust::item::{Header, Item, Kind, Lane, Open, Position, SignedOpen, Tip};
use dossier_trust::operation::{EraseAt, OpId, Operation, Right};
use dossier_trust::preflight::{Inspected, Limits, inspect, unpack};
use dossier_trust::record::Record;
use dossier_trust::verdict::{Bodies, Extended, Verdict, Waits};

use super::checkpoint::Rested;
use super::content::{About, Content, GrantNote, Posting};
use super::document::{Document, Touches, apply, new_document};
use super::opening::Opens;
use crate::contract::{Fault, FaultCode};

/// Loose things travel and are kept with this number: a [`Wrap`].
pub const LOOSE_WRAP: u8 = 1;
/// … a [`dossier_trust::receipt::Receipt`].
pub const LOOSE_RECEIPT: u8 = 2;

/// A change, opened: what preflight saw and the bytes that Automerge gets.
pub struct OpenedChange {
    /// What preflight saw.
    pub inspected: Inspected,
    /// The uncompressed change chunk.
    pub raw: Vec<u8>,
}

/// Where a record was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The item.
    pub position: Position,
    /// Whose chain it is in.
    pub by: DeviceId,
    /// Devices that it was sealed to; none: all readers of the compartment.
    pub to: Option<Vec<DeviceId>>,
    /// The epoch that it was sealed under, if it was for all readers of that.
    pub under: EpochId,
}

/// A record that counts and that this device can open.
#[derive(Debug, Clone)]
pub struct OpenedRecord {
    /// The record, verified.
    pub record: Record,
    /// What it says.
    pub content: Content,
    /// Everywhere it was posted.
    pub posted: Vec<Posted>,
}

impl OpenedRecord {
    /// When it was written by the clock of its author, RFC 3339; else the date that it gives itself, as given.
    #[must_use]
    pub fn at(&self) -> String {
        let said = || match &self.content {
            Content::Model(RecordContent::Item(item)) => item.date.clone(),
            Content::Model(
                RecordContent::Reaction { date, .. }
                | RecordContent::Update { date, .. }
                | RecordContent::Seen { date, .. },
            ) => Some(date.clone()),
            Content::Model(RecordContent::Removed { .. })
            | Content::About(_)
            | Content::SaidAgain(_)
            | Content::FromNow(_)
            | Content::Unknown => None,
        };
        RecordContent::written_at(&self.record.content)
            .or_else(said)
            .unwrap_or_default()
    }
}

/// A record, and the devices that it was sealed to, if it was to a few.
type ReadRecord = (Record, Option<Vec<DeviceId>>);

/// One compartment: everything in it follows from the chains, the log and the wraps that the store holds.
pub struct Compartment {
    /// The dossier.
    pub dossier: DossierId,
    /// Its name.
    pub id: CompartmentId,
    /// Chains, headers only.
    pub chains: Chains,
    /// Operations.
    pub log: Vec<Entry>,
    /// Who may do what.
    pub consent: Consent,
    /// Keys that this device has.
    pub keys: BTreeMap<EpochId, EpochKey>,
    /// What counts.
    pub verdict: Verdict,
    /// The document.
    pub doc: Document,
    /// Records that count and open.
    pub records: BTreeMap<RecordId, OpenedRecord>,
    /// Records that count and are for others.
    pub closed_records: BTreeSet<Position>,
    /// Of those, the ones that were sealed to a few. The resident is one of the few, always.
    pub closed_to_us: BTreeSet<Position>,
    /// Chains that this profile opened and may go on with.
    pub own: BTreeSet<ChainId>,
    /// Where this device writes in this run.
    pub mine: BTreeMap<Lane, Tip>,
    /// False while the document is shown as it was saved, or as a checkpoint has it: then the verdict speaks of records
    /// only, and whoever needs more judges first.
    pub judged: bool,
    /// Checkpoints that are not what their pins say.
    pub refused: BTreeSet<OpId>,
    /// The checkpoint below which the store holds nothing.
    pub rests_on: Option<OpId>,
    /// Items of which only the header is here: what was erased, and what went with an access that ended.
    pub hollow: BTreeSet<Position>,
    /// Changes of earlier generations of which the content goes.
    pub(super) dropped: Reach,
    /// This reader was let in from now on.
    is_late: bool,
    pub(super) about: Option<About>,
    pub(super) notes: BTreeMap<OpId, GrantNote>,
    /// Grants that a representative made.
    pub(super) let_in: BTreeMap<OpId, PrincipalId>,
    /// Whose a device of a team is.
    pub(super) holders: BTreeMap<(PrincipalId, DeviceId), String>,
    pub(super) wraps: Vec<Wrap>,
    pub(super) applied: BTreeSet<Position>,
}

impl Compartment {
    /// An empty one.
    #[must_use]
    pub fn new(dossier: DossierId, id: CompartmentId) -> Self {
        Self {
            dossier,
            id,
            chains: Chains::new(),
            log: Vec::new(),
            consent: Consent::default(),
            keys: BTreeMap::new(),
            verdict: Verdict::default(),
            doc: Document::default(),
            records: BTreeMap::new(),
            closed_records: BTreeSet::new(),
            closed_to_us: BTreeSet::new(),
            own: BTreeSet::new(),
            mine: BTreeMap::new(),
            judged: true,
            refused: BTreeSet::new(),
            rests_on: None,
            hollow: BTreeSet::new(),
            dropped: Reach::default(),
            is_late: false,
            about: None,
            notes: BTreeMap::new(),
            let_in: BTreeMap::new(),
            holders: BTreeMap::new(),
            wraps: Vec::new(),
            applied: BTreeSet::new(),
        }
    }

    /// Reads chains, log and wraps from the store. [`Self::judge`] does the rest.
    ///
    /// # Errors
    /// What the store says; [`FaultCode::Damaged`].
    pub fn load(store: &Reader, dossier: DossierId, id: CompartmentId) -> Result<Self, Fault> {
        let damaged = |_| Fault::about(FaultCode::Damaged, "chain");
        let mut compartment = Self::new(dossier, id);
        for chain in store.chains(&dossier, &id)? {
            compartment.chains.open(SignedOpen::from_bytes(&chain.open)?.open);
        }
        store.each_item::<Fault>(&dossier, &id, None, |item| {
            let header = Header::from_bytes(item.header)?;
            match compartment.chains.add(&header) {
                // What a checkpoint holds is not kept: it was checked when this item was taken.
                Err(Misplaced::Gap) if header.kind == Kind::Change => compartment.chains.rest_on(&item.position),
                added => added,
            }
            .map_err(damaged)?;
            if item.body.is_none() {
                compartment.hollow.insert(item.position);
            }
            if header.kind == Kind::Operation
                && let Some(body) = item.body
            {
                compartment.log.push(Entry {
                    position: item.position,
                    operation: Operation::from_bytes(body)?,
                });
            }
            Ok(())
        })?;
        compartment.own = store.own_chains(&dossier, &id)?.into_iter().collect();
        for loose in store.loose_of(&dossier, &id, LOOSE_WRAP, None)? {
            compartment.wraps.push(Wrap::from_bytes(&loose.bytes)?);
        }
        Ok(compartment)
    }

    /// What and where this compartment is, if a record of the resident's says so.
    #[must_use]
    pub fn about(&self) -> Option<&About> {
        self.about.as_ref()
    }

    /// Which place this is.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.about.as_ref().map(|about| &about.place)
    }

    /// Takes a wrap into account; [`Self::judge`] opens it.
    pub fn add_wrap(&mut self, wrap: Wrap) {
        self.wraps.push(wrap);
    }

    /// Epochs for which `by` wrapped the key for a device. What others wrapped for it nobody else can look into, so it
    /// is never counted on.
    #[must_use]
    pub fn wrapped_for(&self, device: &DeviceId, by: &DeviceId) -> BTreeSet<EpochId> {
        self.wraps
            .iter()
            .filter(|wrap| wrap.recipient == *device && wrap.by == *by)
            .map(|wrap| wrap.epoch)
            .collect()
    }

    /// Epochs of which anybody who may has wrapped the key for a device.
    #[must_use]
    pub fn wrapped_to(&self, device: &DeviceId) -> BTreeSet<EpochId> {
        let wraps = self
            .wraps
            .iter()
            .filter(|wrap| wrap.recipient == *device && self.may_wrap(wrap));
        wraps.map(|wrap| wrap.epoch).collect()
    }

    /// Epochs that somebody published who may make one: an owner device, were it cut since, or a representative. Under
    /// any other key somebody could write for some of the readers only.
    fn published(&self) -> BTreeSet<EpochId> {
        let epochs = self.log.iter().filter_map(|entry| match &entry.operation {
            Operation::Epoch { commit, .. } => Some((entry, *commit)),
            Operation::Genesis { .. }
            | Operation::Device { .. }
            | Operation::Generation { .. }
            | Operation::Grant { .. }
            | Operation::Revoke { .. }
            | Operation::Cut { .. }
            | Operation::Pin { .. }
            | Operation::Erase { .. } => None,
        });
        epochs
            .filter(|(entry, _)| {
                let open = self.chains.get(&entry.position.chain).map(|chain| &chain.open);
                open.is_some_and(|open| open.grant == OpId::OWNER && self.consent.is_owner(&open.device))
                    || self.consent.counts(&entry.operation.id())
            })
            .map(|(_, commit)| commit)
            .collect()
    }

    /// Whoever made this may hand out keys: the resident, a representative, or the recipient's own principal. What
    /// anybody else calls a wrap would only keep the true one away.
    #[must_use]
    pub fn may_wrap(&self, wrap: &Wrap) -> bool {
        let by = self.consent.principal_of(&wrap.by);
        self.consent.is_owner(&wrap.by)
            || self.consent.right_of(&wrap.by) == Some(Right::Manage)
            || (by.is_some() && by == self.consent.principal_of(&wrap.recipient))
    }

    /// The dossier part has a log and nothing else.
    pub fn judge_dossier_part(&mut self) {
        self.consent = Consent::of_dossier(self.dossier, &self.chains, &self.log);
    }

    /// Reads the log again and opens what the wraps of this device allow.
    pub fn reconsider(&mut self, eyes: &dyn Opens, dossier: &Consent) {
        self.consent = Consent::of_compartment(dossier, &self.chains, &self.log);
        let bases = self
            .consent
            .checkpoints()
            .flat_map(|(_, checkpoint)| &checkpoint.positions);
        self.chains.set_bases(bases);
        self.dropped = self.consent.dropped();
        if self.verdict.generation().is_none() && self.holds_no_content() {
            // A compartment that was made just now: its document begins with this generation.
            self.verdict = Verdict::reach(&self.consent, &self.chains, &OpenedChanges::default());
        }
        let published = self.published();
        // What somebody had before they were let in anew from now on stays shut.
        let mut readers = Vec::new();
        if self.consent.has_breaks() {
            readers.extend(self.consent.reads_as(&eyes.device()));
        }
        self.is_late = !readers.is_empty() && readers.iter().all(|reader| self.consent.reads_from_now(reader));
        let opens = |epoch: &EpochId| readers.iter().any(|reader| self.consent.may_open(epoch, reader));
        if self.is_late {
            self.keys.retain(|epoch, _| opens(epoch));
        }
        let may = |wrap: &&Wrap| !self.is_late || opens(&wrap.epoch);
        let mine = self.wraps.iter().filter(|wrap| wrap.recipient == eyes.device());
        for wrap in mine.filter(may) {
            if published.contains(&wrap.epoch)
                && !self.keys.contains_key(&wrap.epoch)
                && let Some(key) = eyes.epoch_key(wrap)
            {
                self.keys.insert(wrap.epoch, key);
            }
        }
        self.open_earlier();
        // What no device of this resident's was given a key to, the words open: after a recovery that is everything.
        if let Some(words) = eyes.words().filter(|words| words.0 == self.consent.root().0) {
            for wrap in self.wraps.iter().filter(|wrap| wrap.recipient == words) {
                if published.contains(&wrap.epoch)
                    && !self.keys.contains_key(&wrap.epoch)
                    && let Some(key) = eyes.epoch_key(wrap)
                {
                    self.keys.insert(wrap.epoch, key);
                }
            }
            self.open_earlier();
        }
        self.open_notes();
    }

    fn holds_no_content(&self) -> bool {
        let mut content = self.chains.iter().filter(|(_, chain)| chain.open.lane != Lane::Log);
        content.all(|(_, chain)| chain.is_empty())
    }

    /// Later epochs open earlier ones.
    fn open_earlier(&mut self) {
        loop {
            let found: Vec<EpochKey> = self
                .consent
                .epochs()
                .filter_map(|(epoch, node)| Some((self.keys.get(epoch)?, node)))
                .flat_map(|(key, node)| {
                    let unknown = node.back.iter().filter(|back| !self.keys.contains_key(&back.parent));
                    unknown.filter_map(|back| key.open_back(back).ok()).collect::<Vec<_>>()
                })
                .collect();
            if found.is_empty() {
                break;
            }
            self.keys.extend(found.into_iter().map(|key| (key.epoch(), key)));
        }
    }

    /// Judges everything that is held: the pure verdict over the set, then document and records to match it.
    ///
    /// # Errors
    /// What the store says. Whatever a peer wrote is never an error, only not counted.
    pub fn judge(&mut self, store: &Reader, eyes: &dyn Opens, dossier: &Consent) -> Result<(), Fault> {
        self.reconsider(eyes, dossier);
        self.judged = true;
        let (mut opened, mut rested) = self.open_generation(store, self.consent.current_generation())?;
        let taken = rested.as_mut().and_then(|rested| self.changes_of(rested, &mut opened));
        self.verdict = Verdict::reach(&self.consent, &self.chains, &opened);
        if let (Some(checkpoint), Some(taken)) = (&rested, &taken)
            && self.found_unsound(checkpoint, taken)
        {
            opened.0.retain(|position, _| !taken.contains(position));
            self.verdict = Verdict::reach(&self.consent, &self.chains, &opened);
            rested = None;
        }
        self.rebuild_document(opened, rested.filter(|_| taken.is_some()))?;
        self.read_records(store, eyes)
    }

    /// Opens the records that count.
    fn read_records(&mut self, store: &Reader, eyes: &dyn Opens) -> Result<(), Fault> {
        self.records.clear();
        self.closed_records.clear();
        self.closed_to_us.clear();
        let (dossier, id) = (self.dossier, self.id);
        store.each_item::<Fault>(&dossier, &id, Some(Lane::Rec.code()), |item| {
            if self.verdict.is_counted_record(&item.position)
                && let Some(body) = item.body
            {
                self.take_record(store, eyes, &Header::from_bytes(item.header)?, item.position, body)?;
            }
            Ok(())
        })
    }

    /// Nothing of the document is here yet.
    pub(super) fn is_blank(&self) -> bool {
        self.applied.is_empty() && self.doc.stats().num_changes == 0
    }

    /// Shows the document that is there, which holds these changes, before it is judged, with the records that count.
    pub(super) fn show(&mut self, store: &Reader, eyes: &dyn Opens, covered: BTreeSet<Position>) -> Result<(), Fault> {
        self.applied = covered;
        self.verdict = Verdict::reach_records(&self.consent, &self.chains);
        self.judged = false;
        self.read_records(store, eyes)
    }

    /// The document as it was saved when it was last judged, if nothing happened here since. Asks for the generation, so
    /// the log has to be read before.
    ///
    /// # Errors
    /// What the store says.
    pub fn saved_before(&self, store: &Reader) -> Result<Option<Document>, Fault> {
        let Some(generation) = self.consent.current_generation() else {
            return Ok(None);
        };
        let saved = store.document(&self.dossier, &self.id, &generation)?;
        Ok(saved.and_then(Document::of))
    }

    fn rebuild_document(&mut self, mut opened: OpenedChanges, rested: Option<Rested>) -> Result<(), Fault> {
        let wanted: BTreeSet<Position> = self.verdict.document().map(|(position, _)| *position).collect();
        if self.applied.is_empty() && self.holds_exactly(&wanted) {
            self.applied = wanted;
            return Ok(());
        }
        if self.applied.is_empty() || !self.applied.is_subset(&wanted) || self.doc.is_ahead() {
            self.doc = Document::default();
            self.applied.clear();
            if let Some(rested) = rested {
                self.applied = self.begin_with(rested, &wanted);
            }
        }
        let mut missing: Vec<(Position, OpenedChange)> = wanted
            .difference(&self.applied)
            .filter_map(|position| Some((*position, opened.0.remove(position)?)))
            .collect();
        missing.sort_by_key(|(_, change)| (change.inspected.start_op(), change.inspected.hash()));
        let raw = missing.iter().map(|(_, change)| change.raw.as_slice());
        if self.doc.take(raw).is_err() {
            // A fault of this machine, never a verdict about the change: preflight admitted it.
            self.doc = Document::default();
            self.applied.clear();
            return Err(Fault::internal("document"));
        }
        self.applied = wanted;
        Ok(())
    }

    /// True when the document, which was saved before, is that of these items and of nothing else.
    fn holds_exactly(&self, wanted: &BTreeSet<Position>) -> bool {
        let hashes: Vec<ChangeHash> = self.verdict.document().map(|(_, hash)| ChangeHash(*hash)).collect();
        usize::try_from(self.doc.stats().num_changes).ok() == Some(wanted.len())
            && self.doc.get_missing_deps(&hashes).is_empty()
    }

    /// Opens the change in an item of the doc lane.
    #[must_use]
    pub fn open_change(&self, header: &Header, body: &[u8]) -> Option<OpenedChange> {
        let plain = self.keys.get(&header.epoch)?.open_item(header, body).ok()?;
        let raw = unpack(&plain, &Limits::SUITE_1).ok()?;
        let inspected = inspect(&raw, &Limits::SUITE_1).ok()?;
        Some(OpenedChange { inspected, raw })
    }

    /// Opens a record that counts; counts it as closed when it is for others.
    fn take_record(
        &mut self,
        store: &Reader,
        eyes: &dyn Opens,
        header: &Header,
        position: Position,
        body: &[u8],
    ) -> Result<(), Fault> {
        if self.is_erased_at(&position, &eyes.device()) {
            return Ok(());
        }
        let Some((record, to)) = self.open_record(store, eyes, header, position, body)? else {
            self.closed_records.insert(position);
            if header.kind == Kind::RecordTo {
                self.closed_to_us.insert(position);
            }
            return Ok(());
        };
        let Some(open) = self.chains.get(&position.chain).map(|chain| &chain.open) else {
            return Ok(());
        };
        if !self.may_say_here(open, &record.author.root) {
            return Ok(());
        }
        let by = open.device;
        let content = Content::read(&record.content);
        if let Content::About(about) = &content
            && record.author.root == self.consent.root()
            && self.about.as_ref().is_none_or(|held| held.version <= about.version)
        {
            self.about = Some(about.clone());
        }
        if let Content::FromNow(from_now) = &content
            && record.author.root == self.consent.root()
        {
            self.take_notes(from_now);
        }
        let opened = self.records.entry(record.id()).or_insert_with(|| OpenedRecord {
            record,
            content,
            posted: Vec::new(),
        });
        let under = header.epoch;
        opened.posted.push(Posted {
            position,
            by,
            to,
            under,
        });
        Ok(())
    }

    /// A counted erasure takes this item's body away from a device, or a generation that let its content go.
    #[must_use]
    pub fn is_erased_at(&self, item: &Position, device: &DeviceId) -> bool {
        match self.consent.erased().get(&item.hash) {
            Some(EraseAt::All) => true,
            Some(EraseAt::Others) => !self.consent.is_owner(device),
            None => self.dropped.covers(&self.chains, item),
        }
    }

    /// Items whose bodies a device should hold and does not.
    pub fn lacking(&self, device: DeviceId) -> impl Iterator<Item = &Position> {
        self.hollow.iter().filter(move |item| !self.is_erased_at(item, &device))
    }

    /// May these words stand here, in a chain that counts? One's own may, and whatever an owner device hands on. What
    /// somebody else hands on needs an author who may speak here now: quoting brings nobody back.
    fn may_say_here(&self, open: &Open, author: &PrincipalId) -> bool {
        let mut living = self.consent.live_grants().map(|(_, grant)| grant);
        open.grant == OpId::OWNER
            || *author == self.consent.root()
            || self.consent.author_of(open) == Some(*author)
            || living.any(|grant| grant.principal == *author && grant.right >= Right::Append)
    }

    fn open_record(
        &self,
        store: &Reader,
        eyes: &dyn Opens,
        header: &Header,
        position: Position,
        body: &[u8],
    ) -> Result<Option<ReadRecord>, Fault> {
        let read = match header.kind {
            Kind::Record => {
                let key = self.keys.get(&header.epoch);
                let plain = key.and_then(|key| key.open_item(header, body).ok());
                plain.and_then(|plain| Some((Record::from_bytes(&plain).ok()?, None)))
            }
            Kind::RecordTo => {
                let posting = match eyes.posting(body) {
                    Some(posting) => Some(posting),
                    // Sealed to a device of before a restored backup, which brought along what that one could read.
                    None => {
                        let plain = store.opened(&position.hash)?;
                        plain.and_then(|plain| Posting::from_bytes(&plain).ok())
                    }
                };
                posting.map(|posting| (posting.record, Some(posting.to)))
            }
            Kind::Operation | Kind::Change => None,
        };
        Ok(read.filter(|(record, _)| record.verify(self.dossier).is_ok()))
    }

    /// Takes items of the doc and rec lanes that are in the store and in `chains` already. Tells what that did to the items
    /// of the document, where it could follow.
    ///
    /// # Errors
    /// As [`Self::judge`].
    pub fn take(
        &mut self,
        store: &Reader,
        eyes: &dyn Opens,
        dossier: &Consent,
        items: &[Item],
    ) -> Result<Option<Touches>, Fault> {
        let mut raw = Vec::new();
        let mut positions = Vec::new();
        for item in items {
            let position = item.position();
            let opened = match (&item.body, item.header.kind) {
                (Some(body), Kind::Change) => self.open_change(&item.header, body),
                _ => None,
            };
            let inspected = opened.as_ref().map(|change| &change.inspected);
            let extended = self
                .verdict
                .extend(&self.consent, &self.chains, item.header.prev, &position, inspected);
            if extended == Extended::JudgeAgain {
                self.judge(store, eyes, dossier)?;
                return Ok(None);
            }
            match opened {
                Some(change) => {
                    raw.push(change.raw);
                    positions.push(position);
                }
                None => {
                    if let Some(body) = &item.body {
                        self.take_record(store, eyes, &item.header, position, body)?;
                    }
                }
            }
        }
        let Ok(touches) = self.doc.take(raw.iter().map(Vec::as_slice)) else {
            self.doc = Document::default();
            self.applied.clear();
            self.judge(store, eyes, dossier)?;
            return Ok(None);
        };
        self.applied.extend(positions);
        Ok(touches)
    }

    /// Takes one's own item; a change is in the document already. False when the set must be judged again, which
    /// the caller does once the item is in the store.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] when it would not count: then it must not leave this device.
    pub fn take_own(&mut self, header: &Header, item: &Position, change: Option<&Inspected>) -> Result<bool, Fault> {
        let open = self
            .chains
            .get(&item.chain)
            .map(|chain| &chain.open)
            .ok_or_else(|| Fault::internal("chain"))?;
        if self.consent.within(&self.chains, open, item, header.kind).is_err() {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        if change.is_some() {
            self.applied.insert(*item);
        }
        let extended = self
            .verdict
            .extend(&self.consent, &self.chains, header.prev, item, change);
        Ok(extended == Extended::Counts)
    }

    /// Takes one's own record.
    pub fn take_own_record(&mut self, record: Record, posted: Posted) {
        let content = Content::read(&record.content);
        if let Content::About(about) = &content {
            self.about = Some(about.clone());
        }
        if let Content::FromNow(from_now) = &content {
            self.take_notes(from_now);
        }
        let opened = self.records.entry(record.id()).or_insert_with(|| OpenedRecord {
            record,
            content,
            posted: Vec::new(),
        });
        opened.posted.push(posted);
    }

    /// Whose chain it is.
    #[must_use]
    pub fn device_of(&self, chain: &ChainId) -> Option<DeviceId> {
        self.chains.get(chain).map(|chain| chain.open.device)
    }

    /// The document saved, to be shown at the next start ([`Self::saved_before`]); none while it has not been judged.
    pub fn saved(&mut self) -> Option<(GenerationId, dossier_store::Document)> {
        let generation = self.verdict.generation().filter(|_| self.judged)?;
        let changes = u32::try_from(self.applied.len()).unwrap_or(u32::MAX);
        Some((generation, self.doc.save(changes)))
    }

    /// The same document built in one batch in canonical order, saved: equal bytes wherever the set is equal.
    ///
    /// # Errors
    /// [`FaultCode::Internal`] when Automerge refuses what preflight admitted.
    pub fn canonical(&mut self) -> Result<Vec<u8>, Fault> {
        Ok(self.canonical_document()?.save())
    }

    pub(super) fn canonical_document(&mut self) -> Result<AutoCommit, Fault> {
        let wanted: BTreeSet<[u8; 32]> = self.verdict.document().map(|(_, hash)| *hash).collect();
        let mut changes: Vec<([u8; 32], u64, Vec<u8>)> = self
            .doc
            .as_it_stands()
            .get_changes(&[])
            .into_iter()
            .filter(|change| wanted.contains(&change.hash().0))
            .map(|change| (change.hash().0, change.start_op().get(), change.raw_bytes().to_vec()))
            .collect();
        changes.sort_by_key(|(hash, start_op, _)| (*start_op, *hash));
        let mut doc = new_document();
        apply(&mut doc, changes.iter().map(|(_, _, raw)| raw.as_slice())).map_err(|()| Fault::internal("document"))?;
        Ok(doc)
    }

    /// Items that wait outside, with the reason. What their author said again waits no more. What others left behind in
    /// documents of before says nothing to whoever came in later: whether it was said again, they cannot read.
    pub fn quarantine(&self) -> impl Iterator<Item = (&Position, &Waits)> {
        let said = self.said_again();
        let is_said = move |item: &Position| said.get(&item.chain).is_some_and(|upto| item.n <= *upto);
        let all = self.verdict.quarantine().iter();
        let is_mine = |item: &Position| !self.is_late || self.own.contains(&item.chain);
        all.filter(move |(item, waits)| **waits != Waits::OtherGeneration || (is_mine(item) && !is_said(item)))
    }
}

/// Opened changes of one compartment, while it is judged.
#[derive(Default)]
pub(super) struct OpenedChanges(HashMap<Position, OpenedChange>);

impl OpenedChanges {
    /// This one is here.
    pub(super) fn holds(&self, position: &Position) -> bool {
        self.0.contains_key(position)
    }

    /// Takes one.
    pub(super) fn put(&mut self, position: Position, change: OpenedChange) {
        self.0.insert(position, change);
    }

    /// All of them, each after what it rests on.
    pub(super) fn in_order(self) -> Vec<(Position, OpenedChange)> {
        let mut all: Vec<_> = self.0.into_iter().collect();
        all.sort_by_key(|(_, change)| (change.inspected.start_op(), change.inspected.hash()));
        all
    }
}

impl Bodies for OpenedChanges {
    fn change(&self, item: &Position) -> Option<&Inspected> {
        self.0.get(item).map(|change| &change.inspected)
    }
}

/// The actor of a chain.
pub fn actor(chain: &ChainId) -> ActorId {
    ActorId::from(chain.0.as_slice())
}
