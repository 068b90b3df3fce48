//! What a replica makes of a set: the crate's own structures, filled in some order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use dossier_trust::chains::{Chains, is_absent};
use dossier_trust::consent::{Consent, Entry};
use dossier_trust::ids::{ChainId, EpochId, GenerationId};
use dossier_trust::item::{Lane, Position};
use dossier_trust::operation::OpId;
use dossier_trust::preflight::Inspected;
use dossier_trust::verdict::{Bodies, Verdict, Waits};

use crate::Dice;
use crate::world::{Mask, World, numbers};

#[derive(Default)]
pub struct Opened(pub HashMap<Position, Arc<Inspected>>);

impl Bodies for Opened {
    fn change(&self, item: &Position) -> Option<&Inspected> {
        self.0.get(item).map(AsRef::as_ref)
    }
}

#[derive(Default)]
pub struct Held {
    pub part: Chains,
    pub chains: Chains,
    pub part_log: Vec<Entry>,
    pub log: Vec<Entry>,
    pub opened: Opened,
}

impl Held {
    /// Takes these things in this order; what comes before what it rests on is taken when that has come.
    pub fn take(world: &World, order: &[usize]) -> Self {
        let mut held = Self::default();
        let mut waiting: Vec<usize> = order.to_vec();
        while !waiting.is_empty() {
            let before = waiting.len();
            waiting.retain(|number| !held.add(world, *number));
            assert!(waiting.len() < before, "the set is not complete to its opens");
        }
        held
    }

    /// Takes these things, but what lies below a checkpoint only as far as it is among those that are kept; of the rest
    /// the saved document tells the changes.
    pub fn rest(world: &World, set: Mask, checkpoint: &[Position], kept: Mask) -> Self {
        let ends: Vec<usize> = checkpoint.iter().map(|at| world.place(at).unwrap()).collect();
        let below = ends.iter().fold(0, |mask, end| mask | world.things[*end].below);
        let opens = numbers(set).filter(|x| world.things[*x].item.is_none());
        let told = opens.fold(below, |mask, x| mask & !(1 << x));
        let mut held = Self::default();
        // The log first: it names the checkpoint.
        let (log, content): (Vec<usize>, Vec<usize>) = numbers(set)
            .filter(|x| told & !kept & (1 << x) == 0)
            .partition(|x| world.things[*x].open.lane == Lane::Log || world.things[*x].item.is_none());
        for number in log {
            assert!(held.add(world, number));
        }
        for number in content.into_iter().filter(|x| told & (1 << x) != 0) {
            held.add(world, number);
        }
        for at in checkpoint {
            held.chains.rest_on(at).unwrap();
        }
        for number in numbers(told) {
            let (thing, at) = (&world.things[number], world.position(number));
            let chain = held.chains.get(&at.chain).unwrap();
            let here = chain
                .positions(at.chain)
                .find(|here| here.n == at.n && (is_absent(here) || *here == at));
            held.opened.0.insert(here.unwrap(), thing.change().unwrap().clone());
        }
        // A branch that the checkpoint decided against has no place here.
        for number in numbers(set & !told) {
            if world.things[number].open.lane != Lane::Log {
                held.add(world, number);
            }
        }
        held
    }

    /// Judges by the checkpoints that count.
    pub fn judged_by_checkpoints(&mut self, world: &World) -> Judged {
        let consent = self.consent(world);
        let bases: Vec<Position> = consent
            .checkpoints()
            .flat_map(|(_, checkpoint)| checkpoint.positions.clone())
            .collect();
        self.chains.set_bases(&bases);
        self.judged(world)
    }

    /// False when it has to wait.
    pub fn add(&mut self, world: &World, number: usize) -> bool {
        let thing = &world.things[number];
        let (chains, log) = if thing.is_part() {
            (&mut self.part, &mut self.part_log)
        } else {
            (&mut self.chains, &mut self.log)
        };
        let Some((header, position, _)) = &thing.item else {
            chains.open(thing.open.as_ref().clone());
            return true;
        };
        if chains.add(header).is_err() {
            return false;
        }
        if let Some(operation) = thing.operation() {
            log.push(Entry {
                position: *position,
                operation: operation.clone(),
            });
        }
        if let Some(change) = thing.change() {
            self.opened.0.insert(*position, change.clone());
        }
        true
    }

    pub fn dossier(&self, world: &World) -> Consent {
        Consent::of_dossier(world.dossier, &self.part, &self.part_log)
    }

    pub fn consent(&self, world: &World) -> Consent {
        Consent::of_compartment(&self.dossier(world), &self.chains, &self.log)
    }

    pub fn judged(&self, world: &World) -> Judged {
        let consent = self.consent(world);
        let verdict = Verdict::reach(&consent, &self.chains, &self.opened);
        Judged { consent, verdict }
    }
}

pub struct Judged {
    pub consent: Consent,
    pub verdict: Verdict,
}

/// What can be seen of a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    pub generation: Option<GenerationId>,
    pub document: BTreeSet<Position>,
    pub records: BTreeSet<Position>,
    pub erased: BTreeSet<Position>,
    pub taken_along: BTreeSet<Position>,
    pub quarantine: BTreeMap<Position, Waits>,
    pub trunks: BTreeMap<ChainId, u32>,
    pub grants: BTreeSet<OpId>,
    pub dead: BTreeSet<OpId>,
    pub counted: BTreeSet<OpId>,
    pub clean: BTreeSet<EpochId>,
    pub epoch: Option<EpochId>,
    /// (root, device) of all that may hold keys.
    pub readers: BTreeSet<([u8; 32], [u8; 32])>,
}

impl Outcome {
    pub fn counts(&self, item: &Position) -> bool {
        self.document.contains(item) || self.records.contains(item) || self.erased.contains(item)
    }
}

impl Judged {
    pub fn outcome(&self, world: &World, held: &Held) -> Outcome {
        let mut outcome = self.content(held);
        let consent = &self.consent;
        outcome.grants = consent.grants().map(|(id, _)| *id).collect();
        outcome.dead = outcome
            .grants
            .iter()
            .filter(|id| consent.is_revoked(id))
            .copied()
            .collect();
        outcome.counted = world.ids.iter().filter(|id| consent.counts(id)).copied().collect();
        outcome.clean = consent
            .epochs()
            .map(|(id, _)| *id)
            .filter(|id| consent.is_clean(id))
            .collect();
        outcome.epoch = consent.current_epoch();
        outcome.readers = consent.reader_devices().map(|one| (one.root.0, one.device.0)).collect();
        outcome
    }

    /// Only what concerns the content.
    pub fn content(&self, held: &Held) -> Outcome {
        content(&self.verdict, held)
    }
}

pub fn content(verdict: &Verdict, held: &Held) -> Outcome {
    let docs = held.chains.iter().filter(|(_, chain)| chain.open.lane != Lane::Log);
    Outcome {
        generation: verdict.generation(),
        document: verdict.document().map(|(position, _)| *position).collect(),
        records: verdict.records().copied().collect(),
        erased: verdict.erased().clone(),
        taken_along: verdict.taken_along().clone(),
        quarantine: verdict.quarantine().clone(),
        trunks: docs
            .map(|(id, _)| (*id, verdict.trunk(id).map_or(0, |tip| tip.n)))
            .collect(),
        ..Outcome::default()
    }
}

/// The crate's verdict on a set.
pub fn judge(world: &World, mask: Mask) -> Outcome {
    let held = Held::take(world, &numbers(mask).collect::<Vec<_>>());
    held.judged(world).outcome(world, &held)
}

/// A set in a random order.
pub fn shuffled(mask: Mask, dice: &mut Dice) -> Vec<usize> {
    let mut order: Vec<usize> = numbers(mask).collect();
    for at in (1..order.len()).rev() {
        order.swap(at, dice.below(at + 1));
    }
    order
}
