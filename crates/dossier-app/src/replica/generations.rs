//! A document that began anew: what goes for good, what its authors left behind and say again.
//!
//! The resident begins a document anew to take something out of it for good: a change cannot be taken out of the middle of
//! a document on which others built. The new one opens with what stands there, less that. Whoever wrote in the old one
//! meanwhile, away from everybody, says it again by their own program, once the new one is here.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{AutoCommit, ChangeHash};
use dossier_model::layout::{self, Edit};
use dossier_store::{Owed, Reader};
use dossier_trust::chains::is_absent;
use dossier_trust::codec::Canonical;
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, GenerationId};
use dossier_trust::item::{Header, Lane, Position};
use dossier_trust::operation::{OpId, Operation, Right};
use dossier_trust::preflight::OpIndex;
use dossier_trust::verdict::{Verdict, Waits};

use super::checkpoint::Rested;
use super::compartment::OpenedChanges;
use super::content::{Content, SaidAgain};
use super::document::{Document, apply, new_document};
use super::{Compartment, Dossier};
use crate::activity::{Deed, Line};
use crate::contract::Fault;
use crate::home::Home;

/// An item that this device took out of a document for good, with the generation that it began for that: should another
/// one win, it does so again.
pub(crate) const OWED_ERASED: u8 = 6;

/// Why a line in the log says that something was taken away.
pub(crate) const FOR_GOOD: &str = "for_good";
/// Why a line in the log says that something was changed.
pub(crate) const SAID_AGAIN: &str = "said_again";

/// What one device wrote in one chain of a document that has begun anew since.
pub(crate) struct Again {
    pub compartment: CompartmentId,
    pub chain: ChainId,
    /// The last number of the chain that is said again.
    pub upto: u32,
    /// What each change did.
    pub steps: Vec<Vec<Edit>>,
}

/// What is owed about an item that was taken out by beginning a generation.
pub(crate) fn owed_detail(generation: &OpId, item: &str) -> Vec<u8> {
    [generation.0.as_slice(), item.as_bytes()].concat()
}

fn read_detail(detail: &[u8]) -> Option<(GenerationId, String)> {
    let (generation, item) = detail.split_first_chunk::<32>()?;
    Some((GenerationId(*generation), String::from_utf8(item.to_vec()).ok()?))
}

/// Items that stand in the document again although this device took them out: another began it anew at the same time.
pub(super) struct InVain {
    pub compartment: CompartmentId,
    pub items: BTreeSet<String>,
    pub owed: Vec<Owed>,
}

impl Compartment {
    /// Opens the changes of a generation that are here, and its checkpoint if some of them are only there.
    ///
    /// # Errors
    /// What the store says.
    pub(super) fn open_generation(
        &mut self,
        store: &Reader,
        generation: Option<GenerationId>,
    ) -> Result<(OpenedChanges, Option<Rested>), Fault> {
        let mut opened = OpenedChanges::default();
        let chains: BTreeMap<ChainId, usize> = self
            .doc_chains(generation)
            .map(|(name, chain)| (*name, chain.len()))
            .collect();
        let mut held = 0;
        store.each_item::<Fault>(&self.dossier, &self.id, Some(Lane::Doc.code()), |item| {
            if !chains.contains_key(&item.position.chain) {
                return Ok(());
            }
            held += 1;
            let header = Header::from_bytes(item.header)?;
            if let Some(change) = item.body.and_then(|body| self.open_change(&header, body)) {
                opened.put(item.position, change);
            }
            Ok(())
        })?;
        let rested = if held < chains.values().sum::<usize>() {
            self.open_checkpoint(store, generation)?
        } else {
            None
        };
        Ok((opened, rested))
    }

    /// The document is of a generation that began just now and holds nothing yet.
    pub(super) fn begin_anew(&mut self) {
        self.doc = Document::default();
        self.applied.clear();
        self.verdict = Verdict::reach(&self.consent, &self.chains, &OpenedChanges::default());
    }

    fn sayings(&self) -> impl Iterator<Item = (&DeviceId, &SaidAgain)> {
        self.records.values().filter_map(|record| match &record.content {
            Content::SaidAgain(said) => Some((&record.record.author.device, said)),
            Content::About(_) | Content::FromNow(_) | Content::Model(_) | Content::Unknown => None,
        })
    }

    /// Up to where nothing of a chain has to be said again, by the word of the device whose chain it is.
    pub(crate) fn said_again(&self) -> BTreeMap<ChainId, u32> {
        let mut found: BTreeMap<ChainId, u32> = BTreeMap::new();
        for (device, said) in self.sayings() {
            for (chain, n) in &said.upto {
                if let Ok(chain) = ChainId::from_hex(chain)
                    && self.device_of(&chain) == Some(*device)
                {
                    let upto = found.entry(chain).or_insert(*n);
                    *upto = (*upto).max(*n);
                }
            }
        }
        found
    }

    /// The chains with which the document began, and up to where, by the word of the resident's device that began it. None
    /// while not all of that is here.
    pub(crate) fn opening(&self) -> Option<BTreeMap<ChainId, u32>> {
        let current = self.consent.current_generation()?;
        if self.consent.is_first(&current) {
            return Some(BTreeMap::new());
        }
        let current = current.to_hex();
        let mut sayings = self.sayings();
        let (device, said) =
            sayings.find(|(device, said)| said.begins.as_ref() == Some(&current) && self.consent.is_owner(device))?;
        let mut opening = BTreeMap::new();
        for (chain, n) in &said.upto {
            let chain = ChainId::from_hex(chain).ok()?;
            let tip = self.verdict.trunk(&chain).filter(|tip| tip.n >= *n)?;
            let mut whole = self.chains.get(&tip.chain)?.positions(chain).filter(|at| at.n == *n);
            if self.device_of(&chain) != Some(*device) || !whole.any(|at| self.verdict.is_in_document(&at)) {
                return None;
            }
            opening.insert(chain, *n);
        }
        Some(opening)
    }

    /// The chains with which a document of this compartment ever began, and up to where, by the word of who began it.
    pub(crate) fn openings(&self) -> BTreeMap<ChainId, u32> {
        let begun = self
            .sayings()
            .filter(|(device, said)| said.begins.is_some() && self.consent.is_owner(device));
        let mut found = BTreeMap::new();
        for (device, said) in begun {
            let chains = said
                .upto
                .iter()
                .filter_map(|(chain, n)| Some((ChainId::from_hex(chain).ok()?, *n)));
            found.extend(chains.filter(|(chain, _)| self.device_of(chain) == Some(*device)));
        }
        found
    }

    /// True when a device wrote something in a document of before that nobody took along and that it has not said again.
    fn left_behind(&self, device: &DeviceId) -> bool {
        let current = self.consent.current_generation();
        let mine: Vec<_> = self
            .chains
            .iter()
            .filter(|(_, chain)| {
                let open = &chain.open;
                open.lane == Lane::Doc && open.device == *device && Some(open.generation) != current
            })
            .filter(|(_, chain)| !chain.is_empty())
            .collect();
        if mine.is_empty() {
            return false;
        }
        let (taken_along, said) = (self.consent.taken_along(), self.said_again());
        mine.into_iter().any(|(name, chain)| {
            let mut tips = chain.tips(*name).into_iter();
            tips.any(|tip| !taken_along.covers(&self.chains, &tip) && said.get(name).is_none_or(|upto| *upto < tip.n))
        })
    }

    /// What a device has to say again here: chain by chain, as far as what it rests on is here.
    fn owed_again(&mut self, store: &Reader, device: &DeviceId) -> Result<Vec<Again>, Fault> {
        let mut behind: BTreeMap<ChainId, BTreeSet<Position>> = BTreeMap::new();
        for (item, waits) in self.quarantine() {
            if *waits == Waits::OtherGeneration && self.device_of(&item.chain) == Some(*device) {
                behind.entry(item.chain).or_default().insert(*item);
            }
        }
        let mut found = Vec::new();
        for (chain, items) in behind {
            let generation = self.chains.get(&chain).map(|held| held.open.generation);
            let (mut doc, here) = self.earlier(store, generation, |_| true)?;
            let mut again = Again {
                compartment: self.id,
                chain,
                upto: 0,
                steps: Vec::new(),
            };
            for (item, change) in items.iter().map_while(|item| Some((item, here.get(item)?))) {
                again.upto = item.n;
                again.steps.push(layout::made(&mut doc, change));
            }
            if again.upto > 0 {
                found.push(again);
            }
        }
        Ok(found)
    }

    /// Documents of before of which nothing was let go, as they ended, the last one first. Empty where this reader was not
    /// let in yet.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn earlier_documents(&mut self, store: &Reader) -> Result<Vec<AutoCommit>, Fault> {
        let kept: Vec<GenerationId> = self.consent.kept_generations().collect();
        let ends = self.consent.taken_along();
        let mut documents = Vec::new();
        for generation in kept {
            let counted: BTreeSet<Position> = self
                .doc_chains(Some(generation))
                .flat_map(|(name, chain)| chain.positions(*name))
                .filter(|item| ends.covers(&self.chains, item))
                .collect();
            let (doc, _) = self.earlier(store, Some(generation), |item| counted.contains(item))?;
            documents.push(doc);
        }
        Ok(documents)
    }

    /// A document of before, with all that preflight lets pass of what counts, and which changes those are.
    fn earlier(
        &mut self,
        store: &Reader,
        generation: Option<GenerationId>,
        counts: impl Fn(&Position) -> bool,
    ) -> Result<(AutoCommit, BTreeMap<Position, ChangeHash>), Fault> {
        let (mut opened, mut rested) = self.open_generation(store, generation)?;
        if let Some(rested) = rested.as_mut() {
            self.changes_of(rested, &mut opened);
        }
        let (mut index, mut here, mut raw) = (OpIndex::new(), BTreeMap::new(), Vec::new());
        for (position, change) in opened.in_order().into_iter().filter(|(item, _)| counts(item)) {
            let (actor, seq) = (&position.chain.0, u64::from(position.n));
            if index.check_and_admit(&change.inspected, actor, seq).is_ok() {
                here.insert(position, ChangeHash(change.inspected.hash()));
                raw.push(change.raw);
            }
        }
        let mut doc = new_document();
        apply(&mut doc, raw.iter().map(Vec::as_slice)).map_err(|()| Fault::internal("document"))?;
        Ok((doc, here))
    }

    /// Bodies that are here of changes that a generation let go, and when this device first saw that.
    pub(super) fn dropped_bodies(&self, store: &Reader) -> Result<Vec<(i64, Position)>, Fault> {
        let mut found = Vec::new();
        for (generation, reach) in self.consent.dropping() {
            let Some(seen) = self.seen(store, generation)? else {
                continue;
            };
            let docs = self.chains.iter().filter(|(_, chain)| chain.open.lane == Lane::Doc);
            let all = docs.flat_map(|(name, chain)| chain.positions(*name));
            let here = all.filter(|item| !self.hollow.contains(item) && !is_absent(item));
            found.extend(
                here.filter(|item| reach.covers(&self.chains, item))
                    .map(|item| (seen, item)),
            );
        }
        Ok(found)
    }

    /// Parts that are here of checkpoints that a generation let go, and when this device first saw that.
    pub(super) fn dropped_parts(&self, store: &Reader) -> Result<Vec<(i64, [u8; 32])>, Fault> {
        let mut found = Vec::new();
        for (generation, reach) in self.consent.dropping() {
            let Some(seen) = self.seen(store, generation)? else {
                continue;
            };
            let of_before = self.consent.checkpoints().filter(|(_, checkpoint)| {
                let mut positions = checkpoint.positions.iter();
                positions.any(|position| reach.covers(&self.chains, position))
            });
            for name in of_before.flat_map(|(_, checkpoint)| &checkpoint.snapshot.parts) {
                let parts = store.loose_of(&self.dossier, &self.id, super::checkpoint::LOOSE_PART, Some(name))?;
                found.extend(parts.into_iter().map(|part| (seen, part.id)));
            }
        }
        Ok(found)
    }

    /// When the word that began a generation first came here.
    fn seen(&self, store: &Reader, generation: GenerationId) -> Result<Option<i64>, Fault> {
        let mut seen = None;
        for entry in self.log.iter().filter(|entry| entry.operation.id().0 == generation.0) {
            let stored = store.item(&entry.position)?.map(|item| item.arrived_ms);
            seen = seen.into_iter().chain(stored).min();
        }
        Ok(seen)
    }
}

/// Documents of before, of some compartments, the last one of each first.
pub(crate) type Earlier = BTreeMap<CompartmentId, Vec<AutoCommit>>;

impl Home {
    /// Documents of before that are kept, of the compartments of which that is asked.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn earlier_documents(
        &mut self,
        id: &DossierId,
        asked: impl Fn(&Compartment) -> bool,
    ) -> Result<Earlier, Fault> {
        self.dossier(id)?;
        let Some(dossier) = self.dossiers.get_mut(id) else {
            return Ok(Earlier::new());
        };
        let kept: Vec<CompartmentId> = dossier
            .compartments
            .values()
            .filter(|held| held.consent.kept_generations().next().is_some() && asked(held))
            .map(|held| held.id)
            .collect();
        let mut found = Earlier::new();
        for compartment in kept {
            if let Some(held) = dossier.compartments.get_mut(&compartment) {
                found.insert(compartment, held.earlier_documents(&self.store)?);
            }
        }
        Ok(found)
    }
}

impl Dossier {
    /// The line about a document that began anew without something, by whoever began it.
    pub(super) fn erased_from(&self, id: &CompartmentId, now_ms: u64) -> Option<Line> {
        let held = self.compartments.get(id)?;
        let generation = held.verdict.generation()?;
        held.consent.dropping().find(|(drops, _)| *drops == generation)?;
        let is_it = |operation: &Operation| operation.id().0 == generation.0;
        let entry = held.log.iter().find(|entry| is_it(&entry.operation))?;
        let device = held.device_of(&entry.position.chain)?;
        let mut line = self.line_of(held, &device, Deed::Removed, now_ms);
        line.reason = Some(FOR_GOOD.to_owned());
        Some(line)
    }

    /// What this device took out for good and stands in a document all the same.
    pub(super) fn erased_in_vain(&self, owed: &[Owed]) -> Vec<InVain> {
        let mut found: BTreeMap<CompartmentId, InVain> = BTreeMap::new();
        for owed in owed.iter().filter(|owed| owed.kind == OWED_ERASED) {
            let (Some(held), Some((generation, item))) =
                (self.compartments.get(&owed.compartment), read_detail(&owed.detail))
            else {
                continue;
            };
            if !held.consent.is_in_line(&generation) && held.doc.item(&item).is_some() {
                let in_vain = found.entry(owed.compartment).or_insert_with(|| InVain {
                    compartment: owed.compartment,
                    items: BTreeSet::new(),
                    owed: Vec::new(),
                });
                in_vain.items.insert(item);
                in_vain.owed.push(owed.clone());
            }
        }
        found.into_values().collect()
    }
}

impl Home {
    /// Says again what this device wrote in documents that have begun anew since, where the new one is here and it may still
    /// write there.
    ///
    /// # Errors
    /// What the steps say.
    pub(super) fn say_again(&mut self, id: &DossierId) -> Result<(), Fault> {
        let me = self.me()?.id();
        let compartments = self.dossier(id)?.compartments.values();
        let behind: Vec<CompartmentId> = compartments
            .filter(|held| held.left_behind(&me))
            .map(|held| held.id)
            .collect();
        if behind.is_empty() {
            return Ok(());
        }
        self.judged(id)?;
        let Some(dossier) = self.dossiers.get_mut(id) else {
            return Ok(());
        };
        let mut again = Vec::new();
        for compartment in behind {
            let Some(held) = dossier.compartments.get_mut(&compartment) else {
                continue;
            };
            let may = held.consent.right_of(&me).is_some_and(|right| right >= Right::Edit);
            let epoch = held.consent.current_epoch();
            if may && epoch.is_some_and(|epoch| held.keys.contains_key(&epoch)) && held.opening().is_some() {
                again.extend(held.owed_again(&self.store, &me)?);
            }
        }
        if again.is_empty() {
            return Ok(());
        }
        self.write(id, |writing| {
            again.into_iter().try_for_each(|again| writing.say_again(again))
        })
    }
}
