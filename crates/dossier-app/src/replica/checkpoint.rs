//! Checkpoints of a compartment's document: made by owner devices, opened by everybody who reads, and what may go once
//! one is held. What makes them trustworthy is in [`dossier_trust::checkpoint`].

use std::collections::{BTreeMap, BTreeSet};

use automerge::{AutoCommit, ChangeHash, ReadDoc};
use dossier_store::{Owed, Reader};
use dossier_trust::chains::Chain;
use dossier_trust::checkpoint::{self, Unusable};
use dossier_trust::codec::Canonical;
use dossier_trust::consent::{Checkpoint, Consent};
use dossier_trust::ids::{ChainId, CompartmentId, DossierId, GenerationId, blake3};
use dossier_trust::item::{Header, Kind, Lane, Position};
use dossier_trust::operation::{OpId, Operation};
use dossier_trust::preflight::{Limits, inspect};
use dossier_trust::receipt;
use dossier_trust::verdict::Waits;

use super::compartment::{Compartment, OpenedChange, OpenedChanges};
use super::document::{Document, load_document};
use super::writing::Writing;
use crate::activity::Deed;
use crate::contract::Fault;
use crate::home::{Home, Me};

/// A loose thing of this kind is a part of a checkpoint; it is about the name that the pin gives it.
pub const LOOSE_PART: u8 = 3;

/// A checkpoint that is not what its pin says: never looked at again.
pub(crate) const OWED_REFUSED: u8 = 3;

/// An owner device makes a checkpoint when so many changes lie above the last one …
const EVERY: usize = 1_000;
/// … and as many for each so many that lie below it, because making one costs as much as the whole document.
const SHARE: usize = 4;
/// Somebody who is let in gets a fresh one rather than so many changes.
const FOR_A_NEWCOMER: usize = 256;

/// Why a line in the log says "refused" without a person who wrote anything.
const WHY: &str = "checkpoint";

/// A checkpoint whose bytes turned out to be what its pin and the authors say.
pub(super) struct Rested {
    pin: OpId,
    positions: Vec<Position>,
    doc: AutoCommit,
}

/// A saved document that is the one that its pin names, and what it has to hold.
struct Opened {
    saved: Vec<u8>,
    /// What each author signed last: its hash covers all that this author wrote before.
    ends: Vec<ChangeHash>,
    changes: u64,
}

impl Opened {
    /// The document; none when it holds anything else than what the authors signed.
    fn load(saved: &[u8], ends: &[ChangeHash], changes: u64) -> Option<AutoCommit> {
        let doc = load_document(saved)?;
        (doc.stats().num_changes == changes && doc.get_missing_deps(ends).is_empty()).then_some(doc)
    }

    /// The document as it reads. What it shows the pin says; nobody compared it with what the authors signed, unless it
    /// had to be loaded to be read.
    fn ahead(self) -> Option<Document> {
        let Self { saved, ends, changes } = self;
        let all = ends.clone();
        Document::ahead(saved.clone(), move |saved| Self::load(saved, &all, changes))
            .or_else(|| Some(Self::load(&saved, &ends, changes)?.into()))
    }
}

impl Compartment {
    /// The checkpoint that this replica goes by.
    fn checkpoint(&self) -> Option<(&OpId, &Checkpoint)> {
        self.checkpoint_of(self.consent.current_generation())
    }

    fn checkpoint_of(&self, generation: Option<GenerationId>) -> Option<(&OpId, &Checkpoint)> {
        self.consent.checkpoint(generation?, &self.chains, &self.refused)
    }

    /// True when a counted checkpoint names this item, so that it may come without what it follows.
    #[must_use]
    pub(crate) fn rests_at(&self, item: &Position) -> bool {
        let mut checkpoints = self.consent.checkpoints().filter(|(id, _)| !self.refused.contains(*id));
        checkpoints.any(|(_, checkpoint)| checkpoint.positions.binary_search(item).is_ok())
    }

    /// True when this names a part of the checkpoint that this replica goes by.
    pub(super) fn wants_part(&self, name: &[u8; 32]) -> bool {
        self.kept_checkpoints()
            .any(|checkpoint| checkpoint.snapshot.parts.contains(name))
    }

    /// The checkpoint that this replica goes by, and those of documents of before that are kept.
    fn kept_checkpoints(&self) -> impl Iterator<Item = &Checkpoint> {
        let before = self.consent.kept_generations();
        let generations = self.consent.current_generation().into_iter().chain(before);
        generations.filter_map(|generation| Some(self.checkpoint_of(Some(generation))?.1))
    }

    /// Chains of the document as a generation has it.
    pub(super) fn doc_chains(&self, generation: Option<GenerationId>) -> impl Iterator<Item = (&ChainId, &Chain)> {
        let docs = self.chains.iter().filter(|(_, chain)| chain.open.lane == Lane::Doc);
        docs.filter(move |(_, chain)| Some(chain.open.generation) == generation)
    }

    /// Everything below and at these positions.
    fn below(&self, positions: &[Position]) -> BTreeSet<Position> {
        let all = positions
            .iter()
            .filter_map(|upto| Some((upto, self.chains.get(&upto.chain)?)));
        all.flat_map(|(upto, chain)| {
            let mine = chain.positions(upto.chain);
            mine.filter(|position| self.chains.reaches(position, upto))
                .collect::<Vec<_>>()
        })
        .collect()
    }

    /// Opens the checkpoint of a generation. None while something of it is missing here; one that is not what its pin says
    /// is refused.
    ///
    /// # Errors
    /// What the store says.
    pub(super) fn open_checkpoint(
        &mut self,
        store: &Reader,
        generation: Option<GenerationId>,
    ) -> Result<Option<Rested>, Fault> {
        self.with_checkpoint(store, generation, |checkpoint, pin, opened| {
            Some(Rested {
                pin,
                positions: checkpoint.positions,
                doc: Opened::load(&opened.saved, &opened.ends, opened.changes)?,
            })
        })
    }

    /// What `take` makes of the checkpoint of a generation; one that is not what its pin says, or of which it makes
    /// nothing, is refused.
    fn with_checkpoint<T>(
        &mut self,
        store: &Reader,
        generation: Option<GenerationId>,
        take: impl FnOnce(Checkpoint, OpId, Opened) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let Some((pin, checkpoint)) = self.checkpoint_of(generation) else {
            return Ok(None);
        };
        let (pin, checkpoint) = (*pin, checkpoint.clone());
        let taken = match self.opened_checkpoint(store, &checkpoint)? {
            Ok(opened) => take(checkpoint, pin, opened),
            Err(Unusable::Missing | Unusable::Unopened) => return Ok(None),
            Err(Unusable::TooLarge | Unusable::Forged | Unusable::Document(_)) => None,
        };
        if taken.is_none() {
            self.refused.insert(pin);
        }
        Ok(taken)
    }

    fn opened_checkpoint(&self, store: &Reader, checkpoint: &Checkpoint) -> Result<Result<Opened, Unusable>, Fault> {
        let mut ends = Vec::with_capacity(checkpoint.positions.len());
        for position in &checkpoint.positions {
            let Some(body) = store.item(position)?.and_then(|item| Some((item.header, item.body?))) else {
                return Ok(Err(Unusable::Missing));
            };
            let header = Header::from_bytes(&body.0)?;
            let Some(change) = self.open_change(&header, &body.1) else {
                return Ok(Err(Unusable::Unopened));
            };
            let end = change.inspected;
            if end.actor() != position.chain.0 || end.seq() != u64::from(position.n) {
                return Ok(Err(Unusable::Forged));
            }
            ends.push(ChangeHash(end.hash()));
        }
        let mut parts = BTreeMap::new();
        for name in &checkpoint.snapshot.parts {
            let held = store.loose_of(&self.dossier, &self.id, LOOSE_PART, Some(name))?;
            if let Some(part) = held.into_iter().next() {
                parts.insert(*name, part.bytes);
            }
        }
        let saved = checkpoint::open(
            (self.dossier, self.id),
            &checkpoint.snapshot,
            |name| parts.get(name).cloned(),
            |epoch| self.keys.get(epoch),
        );
        let changes = checkpoint.positions.iter().map(|position| u64::from(position.n)).sum();
        Ok(saved.map(|saved| Opened { saved, ends, changes }))
    }

    /// Takes the changes of which the items are not held out of a checkpoint. None when one of them could never have been
    /// admitted: then the checkpoint is refused.
    pub(super) fn changes_of(&mut self, rested: &mut Rested, opened: &mut OpenedChanges) -> Option<Vec<Position>> {
        let mut places: BTreeMap<(ChainId, u64), Position> = BTreeMap::new();
        for position in self.below(&rested.positions) {
            places.insert((position.chain, u64::from(position.n)), position);
        }
        let mut taken = Vec::new();
        for change in rested.doc.get_changes(&[]) {
            let place = <[u8; 32]>::try_from(change.actor_id().to_bytes())
                .ok()
                .and_then(|actor| places.get(&(ChainId(actor), change.seq())));
            let inspected = place.and_then(|_| inspect(change.raw_bytes(), &Limits::SUITE_1).ok());
            let (Some(place), Some(inspected)) = (place, inspected) else {
                self.refused.insert(rested.pin);
                return None;
            };
            if !opened.holds(place) {
                let raw = change.raw_bytes().to_vec();
                opened.put(*place, OpenedChange { inspected, raw });
                taken.push(*place);
            }
        }
        Some(taken)
    }

    /// True when the verdict refused something that only the checkpoint says: then that is refused.
    pub(super) fn found_unsound(&mut self, rested: &Rested, taken: &[Position]) -> bool {
        let unsound = |position: &Position| {
            matches!(
                self.verdict.quarantine().get(position),
                Some(Waits::Refused(_) | Waits::OnAnother | Waits::Unopened)
            )
        };
        let found = taken.iter().any(unsound);
        if found {
            self.refused.insert(rested.pin);
        }
        found
    }

    /// Begins the document with that of a checkpoint, if all of it counts. Gives the places that it covers.
    pub(super) fn begin_with(&mut self, rested: Rested, wanted: &BTreeSet<Position>) -> BTreeSet<Position> {
        let covered = self.below(&rested.positions);
        if !covered.is_subset(wanted) {
            return BTreeSet::new();
        }
        self.doc = rested.doc.into();
        covered
    }

    /// Shows a checkpoint at once, where nothing lies beside or above it. Whether it is what its authors signed, and every
    /// change in it sound, is looked at when the compartment is judged.
    ///
    /// # Errors
    /// What the store says.
    pub(super) fn show_checkpoint(&mut self, store: &Reader, me: &Me, dossier: &Consent) -> Result<bool, Fault> {
        if !self.is_blank() {
            return Ok(false);
        }
        self.reconsider(me, dossier);
        let Some((_, checkpoint)) = self.checkpoint() else {
            return Ok(false);
        };
        let current = self.consent.current_generation();
        let chains: Vec<_> = self
            .doc_chains(current)
            .filter(|(_, chain)| !chain.is_empty())
            .collect();
        let alone = chains.len() == checkpoint.positions.len()
            && checkpoint.positions.iter().all(|position| {
                self.chains.get(&position.chain).is_some_and(|chain| {
                    chain.tips(position.chain) == [*position]
                        && self
                            .consent
                            .within(&self.chains, &chain.open, position, Kind::Change)
                            .is_ok()
                })
            });
        if !alone {
            return Ok(false);
        }
        let ahead = self.with_checkpoint(store, current, |checkpoint, _, opened| {
            Some((checkpoint.positions, opened.ahead()?))
        })?;
        let Some((positions, doc)) = ahead else {
            return Ok(false);
        };
        let covered = self.below(&positions);
        self.doc = doc;
        self.show(store, me, covered)?;
        Ok(true)
    }

    /// The last counted item of every chain of the document: where a checkpoint of it as it is would stand.
    pub(super) fn checkpoint_positions(&self) -> Vec<Position> {
        let mut upto: BTreeMap<ChainId, Position> = BTreeMap::new();
        for (position, _) in self.verdict.document() {
            let at = upto.entry(position.chain).or_insert(*position);
            if at.n < position.n {
                *at = *position;
            }
        }
        upto.into_values().collect()
    }

    /// Changes of the document that lie above its checkpoint, and in it.
    pub(crate) fn above_and_below(&self) -> (usize, usize) {
        let all = self.verdict.document().len();
        let below: u32 = self.checkpoint().map_or(0, |(_, checkpoint)| {
            checkpoint.positions.iter().map(|position| position.n).sum()
        });
        let below = usize::try_from(below).unwrap_or(usize::MAX).min(all);
        (all - below, below)
    }

    /// How many changes may lie above the checkpoint before it is time for the next.
    fn most_above(&self) -> usize {
        let (_, below) = self.above_and_below();
        EVERY.max(below / SHARE)
    }

    /// True when so many changes lie above the checkpoint that an owner device makes the next.
    pub(super) fn checkpoint_is_due(&self) -> bool {
        let (above, _) = self.above_and_below();
        above >= self.most_above() && self.consent.current_epoch().is_some()
    }

    /// Items of the document that a checkpoint makes superfluous: those below it, and branches that it decided against.
    fn superfluous(&self, positions: &[Position]) -> Vec<Position> {
        let forked = positions
            .iter()
            .filter(|upto| self.chains.get(&upto.chain).is_some_and(Chain::forked));
        forked
            .flat_map(|upto| {
                let chain = self.chains.get(&upto.chain);
                let all = chain.map(|chain| chain.positions(upto.chain).collect::<Vec<_>>());
                all.unwrap_or_default()
                    .into_iter()
                    .filter(|position| position.n >= upto.n && *position != *upto)
                    .filter(|position| position.n == upto.n || !self.chains.reaches(upto, position))
            })
            .collect()
    }
}

impl Writing<'_> {
    /// Makes a checkpoint of a compartment's document when more than `above` changes lie above the last one, and lets go
    /// of what it holds.
    ///
    /// # Errors
    /// What the steps say.
    pub(crate) fn checkpoint(&mut self, id: CompartmentId, above: usize) -> Result<(), Fault> {
        let dossier = self.dossier.id;
        let compartment = self.compartment(&id)?;
        if compartment.above_and_below().0 < above.max(1) {
            return Ok(());
        }
        // It holds what its document began with, so that has to be open to everybody who was let in "from now on".
        if compartment.shut_to().next().is_some() {
            return Ok(());
        }
        let positions = compartment.checkpoint_positions();
        let changes: u64 = positions.iter().map(|position| u64::from(position.n)).sum();
        if changes > checkpoint::MAX_CHANGES
            || usize::try_from(changes).ok() != Some(compartment.verdict.document().len())
        {
            return Ok(());
        }
        let saved = compartment.canonical_document()?.save_nocompress();
        let key = self.sealing_key(id)?;
        let sealed = checkpoint::seal((dossier, id), &key, &saved, &mut self.random);
        let (snapshot, parts) = match sealed {
            Ok(sealed) => sealed,
            // Too large to be one: everybody keeps the items.
            Err(Unusable::TooLarge) => return Ok(()),
            Err(_) => return Err(Fault::internal("checkpoint")),
        };
        for part in parts {
            self.loose(id, LOOSE_PART, blake3(&part), part);
        }
        let pin = Operation::Pin {
            positions,
            snapshot: Some(snapshot),
        };
        self.operation(id, pin)?;
        self.reconsider(&id)?;
        Ok(())
    }

    /// A checkpoint for somebody who is let in now.
    ///
    /// # Errors
    /// As [`Self::checkpoint`].
    pub(crate) fn checkpoint_for_newcomer(&mut self, id: CompartmentId) -> Result<(), Fault> {
        self.checkpoint(id, FOR_A_NEWCOMER)
    }

    /// A checkpoint if it is time for one.
    ///
    /// # Errors
    /// As [`Self::checkpoint`].
    pub(crate) fn checkpoint_in_time(&mut self, id: CompartmentId) -> Result<(), Fault> {
        let most = self.compartment(&id)?.most_above();
        self.checkpoint(id, most)
    }
}

impl Home {
    /// Compartments of which it is time to make a checkpoint.
    pub(crate) fn due_checkpoints(&self, id: &DossierId) -> Vec<CompartmentId> {
        let compartments = self
            .dossiers
            .get(id)
            .into_iter()
            .flat_map(|one| one.compartments.values());
        compartments
            .filter(|compartment| compartment.checkpoint_is_due())
            .map(|compartment| compartment.id)
            .collect()
    }

    /// Lets go of what checkpoints hold, and of checkpoints that are not what their pins say.
    ///
    /// # Errors
    /// What the store says; then nothing was let go.
    pub(crate) fn rest_on_checkpoints(&mut self, id: &DossierId) -> Result<(), Fault> {
        self.dossier(id)?;
        let Some(dossier) = self.dossiers.get_mut(id) else {
            return Ok(());
        };
        let ids: Vec<CompartmentId> = dossier.compartments.keys().copied().collect();
        for compartment in ids {
            // When one is refused there may be another.
            self.rest_on_checkpoint(id, &compartment)?;
            while self.refuse_checkpoints(id, &compartment)? {
                self.rest_on_checkpoint(id, &compartment)?;
            }
        }
        Ok(())
    }

    fn rest_on_checkpoint(&mut self, id: &DossierId, compartment: &CompartmentId) -> Result<(), Fault> {
        let (Some(me), Some(dossier)) = (self.me.as_ref(), self.dossiers.get_mut(id)) else {
            return Ok(());
        };
        let consent = &dossier.part.consent;
        let Some(held) = dossier.compartments.get_mut(compartment) else {
            return Ok(());
        };
        let Some((pin, checkpoint)) = held.checkpoint() else {
            return Ok(());
        };
        let pin = *pin;
        if held.rests_on == Some(pin) {
            return Ok(());
        }
        let positions = checkpoint.positions.clone();
        let mut rests = true;
        for position in &positions {
            let first = self.store.items_from(&position.chain, 1, 1)?;
            rests &= first.first().is_some_and(|item| item.position == *position);
        }
        if rests {
            held.rests_on = Some(pin);
            return Ok(());
        }
        if !held.judged {
            held.judge(&self.store, me, consent)?;
        }
        if !positions.iter().all(|position| held.verdict.is_in_document(position))
            || held
                .open_checkpoint(&self.store, held.consent.current_generation())?
                .is_none()
        {
            return Ok(());
        }
        let superfluous = held.superfluous(&positions);
        let parts: BTreeSet<[u8; 32]> = held
            .kept_checkpoints()
            .flat_map(|checkpoint| checkpoint.snapshot.parts.iter().copied())
            .collect();
        let old: Vec<[u8; 32]> = self
            .store
            .loose_of(id, compartment, LOOSE_PART, None)?
            .into_iter()
            .filter(|part| !parts.contains(&part.about))
            .map(|part| part.id)
            .collect();
        self.store.transact::<_, Fault>(|tx| {
            for position in &positions {
                tx.drop_items_below(&position.chain, position.n)?;
            }
            for position in &superfluous {
                tx.drop_item(position)?;
            }
            for part in &old {
                tx.delete_loose(part)?;
            }
            Ok(())
        })?;
        held.rests_on = Some(pin);
        Ok(())
    }

    /// Remembers what was refused, says so, and forgets what cannot be held without it. False when nothing was.
    fn refuse_checkpoints(&mut self, id: &DossierId, compartment: &CompartmentId) -> Result<bool, Fault> {
        let Some(held) = self
            .dossiers
            .get(id)
            .and_then(|dossier| dossier.compartments.get(compartment))
        else {
            return Ok(false);
        };
        if held.refused.is_empty() {
            return Ok(false);
        }
        let known: BTreeSet<Vec<u8>> = self
            .store
            .owed(Some(id))?
            .into_iter()
            .filter(|owed| owed.kind == OWED_REFUSED)
            .map(|owed| owed.detail)
            .collect();
        let fresh: Vec<OpId> = held
            .refused
            .iter()
            .filter(|pin| !known.contains(pin.0.as_slice()))
            .copied()
            .collect();
        if fresh.is_empty() {
            return Ok(false);
        }
        let rootless: Vec<Position> = held
            .doc_chains(held.consent.current_generation())
            .filter_map(|(name, chain)| {
                let first = chain.positions(*name).find(dossier_trust::chains::is_absent)?;
                Some(
                    chain
                        .positions(*name)
                        .filter(move |position| position.n > first.n)
                        .collect::<Vec<_>>(),
                )
            })
            .flatten()
            .collect();
        let compartment = *compartment;
        let now_ms = self.now_ms();
        let section = held
            .place()
            .and_then(dossier_model::Place::section)
            .map(ToString::to_string);
        let own = self.dossier(id)?.own;
        self.write(id, |writing| {
            let mut line = writing.own_line(Deed::Refused, section, Vec::new());
            line.reason = Some(WHY.to_owned());
            writing.note(line);
            if !own {
                let statement = receipt::Statement {
                    deed: receipt::Deed::Refused,
                    at_ms: now_ms,
                    object: String::new(),
                    reason: WHY.to_owned(),
                };
                writing.receipt(compartment, &statement)?;
            }
            let dossier = writing.dossier.id;
            writing.also(move |tx| {
                for pin in &fresh {
                    tx.owe(&Owed {
                        dossier,
                        compartment,
                        kind: OWED_REFUSED,
                        detail: pin.0.to_vec(),
                    })?;
                }
                for position in &rootless {
                    tx.drop_item(position)?;
                }
                Ok(())
            });
            Ok(())
        })?;
        self.reload(id);
        self.dossier(id)?;
        Ok(true)
    }
}
