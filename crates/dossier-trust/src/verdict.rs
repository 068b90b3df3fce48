//! What counts: points 4 to 7 of the verdict, over doc and rec lanes.
//!
//! [`Verdict::reach`] is a pure function of the set of valid items: never of order, clock, or who delivered them.
//! [`Verdict::extend`] takes one more item where that cannot change anything that was decided; it says so when it
//! can, and then the set is judged again.

mod forks;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::chains::{Chain, Chains};
use crate::consent::{Consent, Denied, Reach};
use crate::ids::{ChainId, GenerationId, ItemHash};
use crate::item::{Kind, Lane, Position, Tip};
use crate::operation::EraseAt;
use crate::preflight::{Inspected, OpIndex, Refusal};
use forks::Support;

/// What a replica knows of the bodies.
pub trait Bodies {
    /// The Automerge change in an item of the doc lane, inspected. None while no key opens it, or when what is inside
    /// is not a change: then it contributes nothing.
    fn change(&self, item: &Position) -> Option<&Inspected>;
}

/// Why an item waits outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// Its author may not write it (any more).
    Denied(Denied),
    /// Another item at the same position was taken.
    OtherBranch,
    /// No key of this reader opens it, or it is not a change.
    Unopened,
    /// Preflight refused it.
    Refused(Refusal),
    /// It rests on a change that waits itself, or is not here.
    OnAnother,
    /// It was written in another generation of the document, and the current one did not take it along.
    OtherGeneration,
}

/// What a compartment comes to.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    generation: Option<GenerationId>,
    trunks: BTreeMap<ChainId, Tip>,
    /// Sound changes of the document: item → its change's hash.
    document: BTreeMap<Position, [u8; 32]>,
    /// Hashes of the document's changes.
    held: HashSet<[u8; 32]>,
    /// Hashes that changes in quarantine wait for.
    awaited: HashSet<[u8; 32]>,
    records: BTreeSet<Position>,
    erased: BTreeSet<Position>,
    /// Changes of earlier generations that the current one took along.
    taken_along: BTreeSet<Position>,
    quarantine: BTreeMap<Position, Waits>,
    index: OpIndex,
}

/// What one more item does to a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extended {
    /// It counts. Nothing else changed.
    Counts,
    /// The set must be judged again.
    JudgeAgain,
}

impl Verdict {
    /// Judges a compartment's doc and rec lanes.
    #[must_use]
    pub fn reach(consent: &Consent, chains: &Chains, bodies: &dyn Bodies) -> Self {
        let mut verdict = Self {
            generation: consent.current_generation(),
            ..Self::default()
        };
        let support = Support::of(consent, chains, bodies);
        let taken_along = consent.taken_along();
        for (id, chain) in chains.iter().filter(|(_, chain)| chain.open.lane != Lane::Log) {
            verdict.walk_trunk(*id, chain, consent, chains, &support, &taken_along);
        }
        verdict.judge_changes(consent, chains, bodies);
        verdict
    }

    /// Judges the rec lane alone: for a reader who has the document already, saved when it was judged.
    #[must_use]
    pub fn reach_records(consent: &Consent, chains: &Chains) -> Self {
        let mut verdict = Self {
            generation: consent.current_generation(),
            ..Self::default()
        };
        for (id, chain) in chains.iter().filter(|(_, chain)| chain.open.lane == Lane::Rec) {
            verdict.walk_trunk(*id, chain, consent, chains, &Support::default(), &Reach::default());
        }
        verdict
    }

    /// Of a generation that is not the current one no body is asked for, so that it may be gone: forks there are decided
    /// by pins alone.
    fn walk_trunk(
        &mut self,
        id: ChainId,
        chain: &Chain,
        consent: &Consent,
        chains: &Chains,
        support: &Support,
        taken_along: &Reach,
    ) {
        let mut tip = Tip::start(id);
        let mut trunk = BTreeSet::new();
        let kind = if chain.open.lane == Lane::Doc {
            Kind::Change
        } else {
            Kind::Record
        };
        let able = |item: &Position| consent.able(chains, &chain.open, item, kind).is_ok();
        let pinned = |item: &Position| consent.is_pinned(chains, item);
        while let Some(next) = support.next(chain, tip, able, pinned) {
            trunk.insert(next);
            tip = next.into();
        }
        self.trunks.insert(id, tip);
        let is_over = chain.open.lane == Lane::Doc && Some(chain.open.generation) != self.generation;
        for position in chain.positions(id) {
            if is_over && taken_along.covers(chains, &position) && able(&position) {
                self.taken_along.insert(position);
                continue;
            }
            if !trunk.contains(&position) {
                self.quarantine.insert(position, Waits::OtherBranch);
                continue;
            }
            let open = &chain.open;
            match open.lane {
                Lane::Rec => match consent.within(chains, open, &position, Kind::Record) {
                    Ok(()) => self.count_record(consent, position),
                    Err(denied) => {
                        self.quarantine.insert(position, Waits::Denied(denied));
                    }
                },
                // Filled in by `judge_changes`, which takes every trunk item of the current generation out of
                // quarantine that it finds sound.
                Lane::Doc => {
                    let waits = match consent.able(chains, open, &position, Kind::Change) {
                        Err(denied) => Waits::Denied(denied),
                        Ok(()) if Some(open.generation) == self.generation => Waits::OnAnother,
                        Ok(()) => Waits::OtherGeneration,
                    };
                    self.quarantine.insert(position, waits);
                }
                Lane::Log => {}
            }
        }
    }

    fn count_record(&mut self, consent: &Consent, position: Position) {
        if consent.erased().get(&position.hash) == Some(&EraseAt::All) {
            self.erased.insert(position);
        } else {
            self.records.insert(position);
        }
    }

    /// Points 6 and 7: sound changes of the current generation in causal order, then those that count and what they rest
    /// on. A generation never rests on another.
    fn judge_changes(&mut self, consent: &Consent, chains: &Chains, bodies: &dyn Bodies) {
        let able: Vec<Position> = self
            .quarantine
            .iter()
            .filter(|(_, waits)| **waits == Waits::OnAnother)
            .map(|(position, _)| *position)
            .collect();
        let mut by_hash = HashMap::with_capacity(able.len());
        for position in &able {
            match bodies.change(position) {
                // Before anything else: the same change may lie in somebody else's chain, or twice in its own, and
                // must not be looked for there.
                Some(change) if change.actor() != position.chain.0 => {
                    self.quarantine.insert(*position, Waits::Refused(Refusal::WrongActor));
                }
                Some(change) if change.seq() != u64::from(position.n) => {
                    self.quarantine
                        .insert(*position, Waits::Refused(Refusal::WrongSequence));
                }
                Some(change) => {
                    by_hash.insert(change.hash(), (*position, change));
                }
                None => {
                    self.quarantine.insert(*position, Waits::Unopened);
                }
            }
        }
        let mut sound: BTreeMap<Position, [u8; 32]> = BTreeMap::new();
        for (position, change) in causal_order(&by_hash) {
            match self
                .index
                .check_and_admit(change, &position.chain.0, u64::from(position.n))
            {
                Ok(()) => {
                    sound.insert(position, change.hash());
                }
                Err(Refusal::MissingDependency(_)) => {}
                Err(refusal) => {
                    self.quarantine.insert(position, Waits::Refused(refusal));
                }
            }
        }
        let mut counted = Vec::new();
        for (position, hash) in &sound {
            let Some(open) = chains.get(&position.chain).map(|chain| &chain.open) else {
                continue;
            };
            match consent.within(chains, open, position, Kind::Change) {
                Ok(()) => counted.push(*hash),
                Err(denied) => {
                    self.quarantine.insert(*position, Waits::Denied(denied));
                }
            }
        }
        let mut next = counted;
        while let Some(hash) = next.pop() {
            let Some((position, change)) = by_hash.get(&hash) else {
                continue;
            };
            if sound.contains_key(position) && self.document.insert(*position, hash).is_none() {
                self.quarantine.remove(position);
                next.extend(change.deps());
            }
        }
        self.held = self.document.values().copied().collect();
        self.awaited = by_hash
            .values()
            .filter(|(position, _)| self.quarantine.get(position) == Some(&Waits::OnAnother))
            .flat_map(|(_, change)| change.deps())
            .filter(|dep| !self.held.contains(*dep))
            .copied()
            .collect();
    }

    /// Takes one more item, if it does nothing but add itself: it alone follows its chain's trunk, its author may write
    /// it, no pin or cut names it, and a change rests only on what is in the document and nothing waits for it.
    ///
    /// Such a change can decide no fork: all that it rests on lies on the trunks already, so it adds support only to
    /// branches that were taken.
    ///
    /// `chains` holds the item already; `change` is the inspected change of a doc item.
    pub fn extend(
        &mut self,
        consent: &Consent,
        chains: &Chains,
        prev: ItemHash,
        item: &Position,
        change: Option<&Inspected>,
    ) -> Extended {
        let Some(chain) = chains.get(&item.chain) else {
            return Extended::JudgeAgain;
        };
        let open = &chain.open;
        let tip = self
            .trunks
            .get(&item.chain)
            .copied()
            .unwrap_or_else(|| Tip::start(item.chain));
        let follows = tip.n.checked_add(1) == Some(item.n) && tip.hash == prev;
        if !follows || !chain.children(tip).eq([*item]) || consent.is_named(item) {
            return Extended::JudgeAgain;
        }
        match open.lane {
            Lane::Log => return Extended::JudgeAgain,
            Lane::Rec => {
                if consent.within(chains, open, item, Kind::Record).is_err() {
                    return Extended::JudgeAgain;
                }
                self.count_record(consent, *item);
            }
            Lane::Doc => {
                let Some(change) = change else {
                    return Extended::JudgeAgain;
                };
                if self.awaited.contains(&change.hash())
                    || change.deps().iter().any(|dep| !self.held.contains(dep))
                    || Some(open.generation) != self.generation
                    || consent.within(chains, open, item, Kind::Change).is_err()
                    || self
                        .index
                        .check_and_admit(change, &item.chain.0, u64::from(item.n))
                        .is_err()
                {
                    return Extended::JudgeAgain;
                }
                self.document.insert(*item, change.hash());
                self.held.insert(change.hash());
            }
        }
        self.trunks.insert(item.chain, Tip::from(*item));
        Extended::Counts
    }

    /// The generation that the document is of.
    #[must_use]
    pub fn generation(&self) -> Option<GenerationId> {
        self.generation
    }

    /// Items whose changes make up the document, with their change hashes, by position.
    pub fn document(&self) -> impl ExactSizeIterator<Item = (&Position, &[u8; 32])> {
        self.document.iter()
    }

    /// True when the item's change is part of the document.
    #[must_use]
    pub fn is_in_document(&self, item: &Position) -> bool {
        self.document.contains_key(item)
    }

    /// Records that count, by position. One that was erased everywhere but at owner devices is among them: who is not
    /// an owner device hides it.
    pub fn records(&self) -> impl Iterator<Item = &Position> {
        self.records.iter()
    }

    /// True when the record at this position counts.
    #[must_use]
    pub fn is_counted_record(&self, item: &Position) -> bool {
        self.records.contains(item)
    }

    /// Records that would count, had somebody with the right not erased them everywhere.
    #[must_use]
    pub fn erased(&self) -> &BTreeSet<Position> {
        &self.erased
    }

    /// Changes of earlier generations with whose outcome the current one began. Nothing of them waits.
    #[must_use]
    pub fn taken_along(&self) -> &BTreeSet<Position> {
        &self.taken_along
    }

    /// Everything else, with the first clause that fails.
    #[must_use]
    pub fn quarantine(&self) -> &BTreeMap<Position, Waits> {
        &self.quarantine
    }

    /// Last item of a chain's trunk.
    #[must_use]
    pub fn trunk(&self, chain: &ChainId) -> Option<Tip> {
        self.trunks.get(chain).copied()
    }

    /// What the document's changes hold, for checking one's own next change.
    #[must_use]
    pub fn index(&self) -> &OpIndex {
        &self.index
    }
}

/// Changes after everything that they rest on; what rests on something absent comes when the rest of it has come.
fn causal_order<'a>(changes: &HashMap<[u8; 32], (Position, &'a Inspected)>) -> Vec<(Position, &'a Inspected)> {
    let mut missing: HashMap<[u8; 32], usize> = HashMap::with_capacity(changes.len());
    let mut after: HashMap<[u8; 32], Vec<[u8; 32]>> = HashMap::new();
    let mut ready = BTreeSet::new();
    for (hash, (_, change)) in changes {
        let held = change.deps().iter().filter(|dep| changes.contains_key(*dep)).count();
        for dep in change.deps() {
            after.entry(*dep).or_default().push(*hash);
        }
        if held == 0 {
            ready.insert((change.start_op(), *hash));
        }
        missing.insert(*hash, held);
    }
    let mut ordered = Vec::with_capacity(changes.len());
    while let Some((_, hash)) = ready.pop_first() {
        if let Some((position, change)) = changes.get(&hash) {
            ordered.push((*position, *change));
        }
        for next in after.remove(&hash).unwrap_or_default() {
            if let Some(count) = missing.get_mut(&next) {
                *count -= 1;
                if *count == 0
                    && let Some((_, change)) = changes.get(&next)
                {
                    ready.insert((change.start_op(), next));
                }
            }
        }
    }
    ordered
}
