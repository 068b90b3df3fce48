//! The verdict's formulas once more, taken literally over the set: no order, no indexes, nothing shared with the crate
//! but the types of what is signed. Numbers are those of the design's seven points.

use std::collections::{BTreeMap, BTreeSet};

use dossier_trust::consent::Denied;
use dossier_trust::ids::{ChainId, DeviceId, EpochId, GenerationId, PrincipalId};
use dossier_trust::item::{Lane, Position};
use dossier_trust::operation::{EraseAt, OpId, Operation, Right, Since};
use dossier_trust::preflight::Refusal;
use dossier_trust::verdict::Waits;

use crate::held::Outcome;
use crate::world::{Mask, World, numbers};

/// The formulas, or one of three ways to get them wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    Formulas,
    /// A chain ends where it forks.
    FreezeAtFork,
    /// What counts rests only on what counts by itself.
    NoDependenciesKept,
    /// Work of one generation may rest on that of another.
    MixedGenerations,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Root,
    Owner(DeviceId),
    Member(PrincipalId),
}

struct Cut {
    id: OpId,
    by: By,
    device: DeviceId,
    keep: Vec<Position>,
}

#[derive(Clone, Copy)]
struct Granted {
    principal: PrincipalId,
    right: Right,
    since: Since,
}

pub struct Reading<'a> {
    world: &'a World,
    set: Mask,
    variant: Variant,
    root: Option<PrincipalId>,
    owners: BTreeSet<DeviceId>,
    /// (root, device) of members.
    certified: BTreeSet<(PrincipalId, DeviceId)>,
    cuts: Vec<Cut>,
    grants: BTreeMap<OpId, Granted>,
    managers: BTreeSet<PrincipalId>,
    /// (revocation, grant).
    revokes: BTreeSet<(OpId, OpId)>,
    pins: Vec<Position>,
    manager_pins: Vec<Position>,
    /// Parent, and what of it was taken along.
    generations: BTreeMap<GenerationId, (GenerationId, Vec<Position>)>,
    epochs: Vec<(EpochId, Vec<EpochId>, BTreeSet<OpId>)>,
    erased: BTreeSet<(dossier_trust::ids::ItemHash, EraseAt)>,
    counted: BTreeSet<OpId>,
    /// D*(x).
    past: BTreeMap<usize, Mask>,
}

/// The verdict on a set.
pub fn judge(world: &World, set: Mask, variant: Variant) -> Outcome {
    Reading::of(world, set, variant).outcome()
}

impl<'a> Reading<'a> {
    fn empty(world: &'a World, set: Mask, variant: Variant) -> Self {
        Self {
            world,
            set,
            variant,
            root: None,
            owners: BTreeSet::new(),
            certified: BTreeSet::new(),
            cuts: Vec::new(),
            grants: BTreeMap::new(),
            managers: BTreeSet::new(),
            revokes: BTreeSet::new(),
            pins: Vec::new(),
            manager_pins: Vec::new(),
            generations: BTreeMap::new(),
            epochs: Vec::new(),
            erased: BTreeSet::new(),
            counted: BTreeSet::new(),
            past: BTreeMap::new(),
        }
    }

    pub fn of(world: &'a World, set: Mask, variant: Variant) -> Self {
        let mut reading = Self::empty(world, set, variant);
        for (_, operation) in reading.operations(true) {
            if let Operation::Genesis { root, .. } = operation
                && operation.id().0 == world.dossier.0
            {
                reading.root = Some(*root);
            }
        }
        for (_, operation) in reading.operations(true) {
            if let Operation::Device { certificate, .. } = operation
                && Some(certificate.root) == reading.root
            {
                reading.owners.insert(certificate.device);
            }
        }
        for (_, operation) in reading.operations(false) {
            if let Operation::Device { certificate, .. } = operation
                && Some(certificate.root) != reading.root
            {
                reading.certified.insert((certificate.root, certificate.device));
            }
        }
        if reading.root.is_some() {
            reading.read_cuts();
            reading.read_owner_operations();
            reading.read_manager_operations();
        }
        reading.read_pasts();
        reading
    }

    fn operations(&self, part: bool) -> Vec<(usize, &'a Operation)> {
        numbers(self.set)
            .filter(|x| self.world.things[*x].is_part() == part)
            .filter_map(|x| Some((x, self.world.things[x].operation()?)))
            .collect()
    }

    fn author(&self, x: usize) -> Option<By> {
        let open = &self.world.things[x].open;
        if open.grant != OpId::OWNER {
            None
        } else if self.root.is_some_and(|root| root.0 == open.device.0) {
            Some(By::Root)
        } else {
            self.owners.contains(&open.device).then_some(By::Owner(open.device))
        }
    }

    /// x ⊑ k.
    fn upto(&self, x: usize, k: &[Position]) -> bool {
        k.iter().any(|position| {
            self.world
                .place(position)
                .is_some_and(|y| self.set & (1 << y) != 0 && self.world.things[y].below & (1 << x) != 0)
        })
    }

    // 1
    fn heard(cuts: &[Cut], reading: &Self, x: usize, e: DeviceId) -> bool {
        cuts.iter()
            .all(|cut| cut.by != By::Root || cut.device != e || reading.upto(x, &cut.keep))
    }

    fn full(cuts: &[Cut], reading: &Self, x: usize, e: DeviceId) -> bool {
        Self::heard(cuts, reading, x, e)
            && cuts.iter().all(|cut| match cut.by {
                By::Owner(by) if by != e && cut.device == e => reading.upto(x, &cut.keep),
                _ => true,
            })
    }

    fn strong_cuts(&self, part: bool, elsewhere: &[Cut]) -> Vec<Cut> {
        let mut cuts: Vec<Cut> = Vec::new();
        for rank in [true, false] {
            let mut found = Vec::new();
            for (x, operation) in self.operations(part) {
                if let Operation::Cut { device, keep } = operation {
                    let by = match self.author(x) {
                        Some(By::Root) if rank => By::Root,
                        Some(By::Owner(e)) if !rank && Self::heard(&cuts, self, x, e) => By::Owner(e),
                        _ => continue,
                    };
                    found.push(Cut {
                        id: operation.id(),
                        by,
                        device: *device,
                        keep: keep.clone(),
                    });
                }
            }
            for other in elsewhere.iter().filter(|other| (other.by == By::Root) == rank) {
                if !found.iter().any(|cut| cut.by == other.by && cut.device == other.device) {
                    found.push(Cut {
                        id: other.id,
                        by: other.by,
                        device: other.device,
                        keep: Vec::new(),
                    });
                }
            }
            cuts.extend(found);
        }
        cuts
    }

    fn read_cuts(&mut self) {
        let part = self.strong_cuts(true, &[]);
        self.cuts = self.strong_cuts(false, &part);
        let here: BTreeSet<OpId> = self.cuts.iter().map(|cut| cut.id).collect();
        for (x, operation) in self.operations(false) {
            let counts = match self.author(x) {
                Some(By::Root) => true,
                Some(By::Owner(e)) => Self::heard(&self.cuts, self, x, e),
                _ => false,
            };
            if counts && matches!(operation, Operation::Cut { .. }) {
                self.counted.insert(operation.id());
            }
        }
        // What stands in the dossier part denies reading here whether or not its keep is said here.
        for cut in part {
            if !here.contains(&cut.id) {
                self.cuts.push(Cut {
                    device: DeviceId([0; 32]),
                    ..cut
                });
            }
        }
        for (x, operation) in self.operations(false) {
            let by = PrincipalId(self.world.things[x].open.device.0);
            if let Operation::Cut { device, keep } = operation
                && self.author(x).is_none()
                && self.certified.contains(&(by, *device))
            {
                self.cuts.push(Cut {
                    id: operation.id(),
                    by: By::Member(by),
                    device: *device,
                    keep: keep.clone(),
                });
                self.counted.insert(operation.id());
            }
        }
    }

    fn read_owner_operations(&mut self) {
        for (x, operation) in self.operations(false) {
            let (heard, full) = match self.author(x) {
                Some(By::Root) => (true, true),
                Some(By::Owner(e)) => (Self::heard(&self.cuts, self, x, e), Self::full(&self.cuts, self, x, e)),
                _ => (false, false),
            };
            if heard {
                self.count(operation, full, false);
            }
        }
    }

    // 2
    fn read_manager_operations(&mut self) {
        self.managers = self
            .grants
            .values()
            .filter(|grant| grant.right == Right::Manage)
            .map(|grant| grant.principal)
            .collect();
        let mut counting = Vec::new();
        for (x, operation) in self.operations(false) {
            if self.author(x).is_some() || self.within(x, Right::Manage).is_err() {
                continue;
            }
            let may = match operation {
                Operation::Grant { principal, right, .. } => {
                    *right != Right::Manage && Some(*principal) != self.root && !self.managers.contains(principal)
                }
                Operation::Revoke { grant, .. } => !self
                    .grants
                    .get(grant)
                    .is_some_and(|grant| self.managers.contains(&grant.principal)),
                Operation::Pin { .. } | Operation::Epoch { .. } => true,
                _ => false,
            };
            if may {
                counting.push(operation);
            }
        }
        for operation in counting {
            self.count(operation, true, true);
        }
    }

    fn count(&mut self, operation: &Operation, full: bool, manager: bool) {
        let id = operation.id();
        let mut pins: &[Position] = &[];
        match operation {
            Operation::Revoke { grant, keep } if *grant != OpId::OWNER => {
                self.revokes.insert((id, *grant));
                self.counted.insert(id);
                if full {
                    pins = keep;
                }
            }
            Operation::Cut { .. } | Operation::Revoke { .. } => return,
            _ if !full => return,
            Operation::Grant {
                principal,
                right,
                since,
                ..
            } => {
                self.grants.insert(
                    id,
                    Granted {
                        principal: *principal,
                        right: *right,
                        since: *since,
                    },
                );
            }
            Operation::Pin { positions, .. } => pins = positions,
            Operation::Generation { parent, base, .. } => {
                self.generations.insert(GenerationId(id.0), (*parent, base.clone()));
                pins = base;
            }
            Operation::Epoch {
                parents,
                closes,
                commit,
                ..
            } => {
                self.epochs
                    .push((*commit, parents.clone(), closes.iter().copied().collect()));
            }
            Operation::Erase { item, at } => {
                self.erased.insert((*item, *at));
            }
            Operation::Genesis { .. } | Operation::Device { .. } => return,
        }
        self.counted.insert(id);
        if manager {
            &mut self.manager_pins
        } else {
            &mut self.pins
        }
        .extend(pins);
    }

    // 3
    fn pinned(&self, x: usize) -> bool {
        let open = &self.world.things[x].open;
        let reachable = self
            .grants
            .get(&open.grant)
            .is_some_and(|grant| !self.managers.contains(&grant.principal));
        self.upto(x, &self.pins) || (open.grant != OpId::OWNER && reachable && self.upto(x, &self.manager_pins))
    }

    // 4
    fn able(&self, x: usize, needed: Right) -> Result<(), Denied> {
        let open = &self.world.things[x].open;
        let mut principal = None;
        if open.grant == OpId::OWNER {
            if !self.owners.contains(&open.device) {
                return Err(Denied::NotCertified);
            }
        } else {
            let grant = self.grants.get(&open.grant).ok_or(Denied::NoGrant)?;
            if !self.certified.contains(&(grant.principal, open.device)) {
                return Err(Denied::NotCertified);
            }
            if grant.right < needed {
                return Err(Denied::RightTooSmall);
            }
            principal = Some(grant.principal);
        }
        for cut in self.cuts.iter().filter(|cut| cut.device == open.device) {
            let kept = match cut.by {
                By::Root | By::Owner(_) => self.upto(x, &cut.keep),
                By::Member(by) => Some(by) != principal || self.upto(x, &cut.keep) || self.pinned(x),
            };
            if !kept {
                return Err(Denied::DeviceCut);
            }
        }
        Ok(())
    }

    fn within(&self, x: usize, needed: Right) -> Result<(), Denied> {
        self.able(x, needed)?;
        let grant = self.world.things[x].open.grant;
        let dead = grant != OpId::OWNER && self.revokes.iter().any(|(_, dead)| *dead == grant);
        if dead && !self.pinned(x) {
            Err(Denied::Revoked)
        } else {
            Ok(())
        }
    }

    fn needed(&self, x: usize) -> Right {
        if self.world.things[x].open.lane == Lane::Doc {
            Right::Edit
        } else {
            Right::Append
        }
    }

    /// Only what chains look like, for the questions that need no more.
    pub fn of_shape(world: &'a World, set: Mask) -> Self {
        Self::empty(world, set, Variant::Formulas)
    }

    /// D*(x).
    pub fn past_of(&self, x: usize) -> Mask {
        self.past.get(&x).copied().unwrap_or_default()
    }

    pub fn is_within(&self, x: usize) -> bool {
        self.within(x, self.needed(x)).is_ok()
    }

    pub fn is_pinned(&self, x: usize) -> bool {
        self.pinned(x)
    }

    /// p(x).
    pub fn principal(&self, x: usize) -> Option<PrincipalId> {
        let open = &self.world.things[x].open;
        if open.grant == OpId::OWNER {
            return self.root.filter(|_| self.owners.contains(&open.device));
        }
        let principal = self.grants.get(&open.grant)?.principal;
        self.certified.contains(&(principal, open.device)).then_some(principal)
    }

    // 5
    fn doc_items(&self) -> impl Iterator<Item = usize> + '_ {
        numbers(self.set)
            .filter(|x| self.world.things[*x].open.lane == Lane::Doc && self.world.things[*x].item.is_some())
    }

    fn read_pasts(&mut self) {
        // Things are numbered in the order in which they were made, so what a change rests on has a smaller number,
        // but a copy of it may have a larger one.
        let items: Vec<usize> = self.doc_items().collect();
        let mut past: BTreeMap<usize, Mask> = items.iter().map(|x| (*x, 0)).collect();
        loop {
            let before = past.clone();
            for x in &items {
                let Some(change) = self.world.things[*x].change() else {
                    continue;
                };
                for y in &items {
                    let same = self.variant == Variant::MixedGenerations
                        || self.world.things[*x].open.generation == self.world.things[*y].open.generation;
                    if same
                        && self.world.things[*y]
                            .change()
                            .is_some_and(|under| change.deps().contains(&under.hash()))
                    {
                        let under = past[y] | 1 << y;
                        *past.get_mut(x).unwrap() |= under;
                    }
                }
            }
            if past == before {
                break;
            }
        }
        self.past = past;
    }

    fn in_place(&self, x: usize) -> bool {
        let thing = &self.world.things[x];
        thing.change().is_some_and(|change| {
            change.actor() == thing.chain.0 && change.seq() == u64::from(thing.position().unwrap().n)
        })
    }

    /// Written in the generation that is written to now.
    pub fn is_current(&self, x: usize) -> bool {
        Some(self.world.things[x].open.generation) == self.generation()
    }

    /// Reached by what the current generation, or one before it, took along.
    fn is_taken_along(&self, x: usize) -> bool {
        let mut at = self.generation();
        while let Some((parent, base)) = at.and_then(|at| self.generations.get(&at)) {
            if self.upto(x, base) {
                return true;
            }
            at = Some(*parent);
        }
        false
    }

    pub fn support(&self, x: usize) -> usize {
        if !self.in_place(x) || !self.is_current(x) {
            return 0;
        }
        self.doc_items()
            .filter(|y| self.past[y] & (1 << x) != 0 && self.in_place(*y) && self.within(*y, Right::Edit).is_ok())
            .map(|y| self.principal(y))
            .filter(|by| *by != self.principal(x))
            .collect::<BTreeSet<_>>()
            .len()
    }

    /// Items that rest directly on one, or on the open.
    pub fn children(&self, of: usize) -> Vec<usize> {
        let below = self.world.things[of].below;
        numbers(self.set)
            .filter(|x| {
                self.world.things[*x].item.is_some() && self.world.things[*x].below == below | 1 << x && *x != of
            })
            .collect()
    }

    /// (pinned, sup) of the item and of the best that follows it, as far as there is any and its author may write it.
    fn weight(&self, x: usize) -> Vec<(bool, usize)> {
        let support = if self.world.things[x].open.lane == Lane::Doc {
            self.support(x)
        } else {
            0
        };
        let own = (self.pinned(x), support);
        if own == (false, 0) || self.able(x, self.needed(x)).is_err() {
            return Vec::new();
        }
        let above = self
            .children(x)
            .into_iter()
            .map(|child| self.weight(child))
            .max()
            .unwrap_or_default();
        std::iter::once(own).chain(above).collect()
    }

    pub fn trunk(&self, open: usize) -> Vec<usize> {
        let mut trunk = Vec::new();
        let mut at = open;
        loop {
            let children = self.children(at);
            at = match children.as_slice() {
                [] => return trunk,
                [only] => *only,
                _ if self.variant == Variant::FreezeAtFork => return trunk,
                several => {
                    let hash = |x: &usize| self.world.position(*x).hash;
                    let best = several
                        .iter()
                        .max_by_key(|x| (self.weight(**x), std::cmp::Reverse(hash(x))))
                        .unwrap();
                    if self.weight(*best).is_empty() {
                        return trunk;
                    }
                    *best
                }
            };
            trunk.push(at);
        }
    }

    fn outcome(&self) -> Outcome {
        let mut outcome = Outcome {
            generation: self.generation(),
            ..Outcome::default()
        };
        let mut on_trunk: Mask = 0;
        for open in numbers(self.set).filter(|x| self.world.things[*x].item.is_none()) {
            let thing = &self.world.things[open];
            if thing.open.lane == Lane::Log {
                continue;
            }
            let trunk = self.trunk(open);
            let chain: ChainId = thing.chain;
            outcome
                .trunks
                .insert(chain, trunk.last().map_or(0, |last| self.world.position(*last).n));
            on_trunk |= trunk.iter().fold(0, |mask, x| mask | 1 << x);
        }
        for x in numbers(self.set) {
            let thing = &self.world.things[x];
            let Some(position) = thing.position() else { continue };
            if thing.open.lane != Lane::Rec {
                continue;
            }
            if on_trunk & (1 << x) == 0 {
                outcome.quarantine.insert(position, Waits::OtherBranch);
            } else if let Err(denied) = self.within(x, Right::Append) {
                outcome.quarantine.insert(position, Waits::Denied(denied));
            } else if self.erased.contains(&(position.hash, EraseAt::All)) {
                outcome.erased.insert(position);
            } else {
                outcome.records.insert(position);
            }
        }
        // 6: the least set, by adding until nothing more can be added.
        let items: Vec<usize> = self.doc_items().collect();
        let mut sound: Mask = 0;
        loop {
            let more = items
                .iter()
                .filter(|x| self.is_sound(**x, on_trunk, sound).is_ok())
                .fold(0, |mask, x| mask | 1 << x);
            if more == sound {
                break;
            }
            sound = more;
        }
        // 7
        let mut count: Mask = numbers(sound)
            .filter(|x| self.is_current(*x) && self.within(*x, Right::Edit).is_ok())
            .fold(0, |mask, x| mask | 1 << x);
        let mut document = numbers(count).fold(count, |mask, x| mask | (self.past[&x] & sound));
        if self.variant == Variant::NoDependenciesKept {
            loop {
                let stands = numbers(count)
                    .filter(|x| self.past[x] & sound & !count == 0)
                    .fold(0, |mask, x| mask | 1 << x);
                if stands == count {
                    break;
                }
                count = stands;
            }
            document = count;
        }
        for x in items {
            let position = self.world.position(x);
            if document & (1 << x) != 0 {
                outcome.document.insert(position);
                continue;
            }
            if !self.is_current(x) && self.is_taken_along(x) && self.able(x, Right::Edit).is_ok() {
                outcome.taken_along.insert(position);
                continue;
            }
            let why = match self.is_sound(x, on_trunk, sound) {
                Err(why) => why,
                Ok(()) => self
                    .within(x, Right::Edit)
                    .map_or_else(Waits::Denied, |()| Waits::OnAnother),
            };
            outcome.quarantine.insert(position, why);
        }
        self.consent(&mut outcome);
        outcome
    }

    fn is_sound(&self, x: usize, on_trunk: Mask, sound: Mask) -> Result<(), Waits> {
        if on_trunk & (1 << x) == 0 {
            return Err(Waits::OtherBranch);
        }
        self.able(x, Right::Edit).map_err(Waits::Denied)?;
        if !self.is_current(x) && self.variant != Variant::MixedGenerations {
            return Err(Waits::OtherGeneration);
        }
        let thing = &self.world.things[x];
        let change = thing.change().ok_or(Waits::Unopened)?;
        if change.actor() != thing.chain.0 {
            return Err(Waits::Refused(Refusal::WrongActor));
        }
        let n = thing.position().unwrap().n;
        if change.seq() != u64::from(n) {
            return Err(Waits::Refused(Refusal::WrongSequence));
        }
        let mut before = 0;
        for dep in change.deps() {
            let held = numbers(sound).find_map(|y| self.world.things[y].change().filter(|under| under.hash() == *dep));
            before = before.max(held.ok_or(Waits::OnAnother)?.max_op());
        }
        let own_before = |y: usize| self.world.things[y].chain == thing.chain && self.world.position(y).n == n - 1;
        if n > 1 && !numbers(self.past[&x] & sound).any(own_before) {
            return Err(Waits::Refused(Refusal::PreviousNotInPast));
        }
        if change.start_op() != before + 1 {
            return Err(Waits::Refused(Refusal::StartOp));
        }
        Ok(())
    }

    fn generation(&self) -> Option<GenerationId> {
        let depth = |generation: &GenerationId| {
            std::iter::successors(Some(*generation), |at| Some(self.generations.get(at)?.0))
                .take_while(|at| self.generations.contains_key(at))
                .count()
        };
        self.generations
            .keys()
            .copied()
            .min_by_key(|at| (std::cmp::Reverse(depth(at)), *at))
    }

    fn consent(&self, outcome: &mut Outcome) {
        outcome.grants = self.grants.keys().copied().collect();
        outcome.dead = self
            .revokes
            .iter()
            .map(|(_, grant)| *grant)
            .filter(|grant| self.grants.contains_key(grant))
            .collect();
        outcome.counted = self.counted.clone();
        let strong = |device: &DeviceId| {
            self.cuts
                .iter()
                .any(|cut| cut.device == *device && !matches!(cut.by, By::Member(_)))
        };
        let weak = |root: &PrincipalId, device: &DeviceId| {
            self.cuts
                .iter()
                .any(|cut| cut.device == *device && cut.by == By::Member(*root))
        };
        let reads = |root: &PrincipalId, live: bool| {
            self.grants.iter().any(|(id, grant)| {
                grant.principal == *root && grant.right >= Right::Read && !(live && outcome.dead.contains(id))
            })
        };
        if let Some(root) = self.root {
            outcome.readers.extend(
                self.owners
                    .iter()
                    .filter(|device| !strong(device))
                    .map(|device| (root.0, device.0)),
            );
        }
        for (root, device) in &self.certified {
            if reads(root, true) && !strong(device) && !weak(root, device) {
                outcome.readers.insert((root.0, device.0));
            }
        }
        let mut denials: BTreeSet<OpId> = self
            .revokes
            .iter()
            .filter(|(_, grant)| self.grants.get(grant).is_none_or(|grant| grant.right >= Right::Read))
            .map(|(id, _)| *id)
            .collect();
        denials.extend(self.cuts.iter().filter_map(|cut| match cut.by {
            By::Member(root) => reads(&root, false).then_some(cut.id),
            By::Root | By::Owner(_) => Some(cut.id),
        }));
        // Whoever is let in from now on is denied everything before.
        denials.extend(
            self.grants
                .iter()
                .filter(|(_, grant)| grant.since == Since::Now && grant.right >= Right::Read)
                .map(|(id, _)| *id),
        );
        let mut nodes: BTreeMap<EpochId, (BTreeSet<EpochId>, BTreeSet<OpId>)> = BTreeMap::new();
        for (commit, parents, closes) in &self.epochs {
            let parents: BTreeSet<EpochId> = parents.iter().copied().collect();
            let node = nodes
                .entry(*commit)
                .or_insert_with(|| (parents.clone(), closes.clone()));
            node.0 = node.0.intersection(&parents).copied().collect();
            node.1 = node.1.intersection(closes).copied().collect();
        }
        for epoch in nodes.keys() {
            let mut line = BTreeSet::from([*epoch]);
            loop {
                let parents: BTreeSet<EpochId> = line
                    .iter()
                    .filter_map(|at| nodes.get(at))
                    .flat_map(|node| node.0.iter().copied())
                    .collect();
                let before = line.len();
                line.extend(parents);
                if line.len() == before {
                    break;
                }
            }
            let closed: BTreeSet<OpId> = line
                .iter()
                .filter_map(|at| nodes.get(at))
                .flat_map(|node| node.1.iter().copied())
                .collect();
            if denials.is_subset(&closed) {
                outcome.clean.insert(*epoch);
            }
        }
        fn height(nodes: &BTreeMap<EpochId, (BTreeSet<EpochId>, BTreeSet<OpId>)>, at: &EpochId) -> usize {
            let held = nodes[at].0.iter().filter(|parent| nodes.contains_key(parent));
            held.map(|parent| height(nodes, parent) + 1).max().unwrap_or(0)
        }
        outcome.epoch = outcome
            .clean
            .iter()
            .copied()
            .min_by_key(|at| (std::cmp::Reverse(height(&nodes, at)), *at));
    }
}
