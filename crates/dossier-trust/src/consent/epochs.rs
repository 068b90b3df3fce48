//! Which epochs may be sealed under.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::bits::Bits;
use crate::ids::EpochId;
use crate::operation::{Back, OpId};

/// An epoch that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochNode {
    /// Epochs before it.
    pub parents: Vec<EpochId>,
    /// Denials that it honours itself.
    pub closes: BTreeSet<OpId>,
    /// Keys of earlier epochs, sealed under this one's.
    pub back: Vec<Back>,
}

impl EpochNode {
    pub(super) fn new(parents: &[EpochId], closes: &[OpId], back: &[Back]) -> Self {
        Self {
            parents: parents.to_vec(),
            closes: closes.iter().copied().collect(),
            back: back.to_vec(),
        }
    }
}

/// All epochs of a compartment, and what follows from them.
#[derive(Debug, Clone, Default)]
pub(super) struct Epochs {
    nodes: BTreeMap<EpochId, EpochNode>,
    clean: BTreeSet<EpochId>,
    current: Option<(u32, Reverse<EpochId>)>,
    /// Height, and what the epoch and its ancestors close, of every epoch that is not behind a ring.
    lines: HashMap<EpochId, (u32, Bits)>,
    /// Place of every denial in the bits.
    places: HashMap<OpId, usize>,
    /// Denials and parents that some epoch names, held or not.
    closing: HashSet<OpId>,
    following: HashSet<EpochId>,
}

impl PartialEq for Epochs {
    /// The rest follows.
    fn eq(&self, other: &Self) -> bool {
        self.nodes == other.nodes && self.clean == other.clean && self.current == other.current
    }
}

impl Eq for Epochs {}

impl Epochs {
    pub(super) fn nodes(&self) -> &BTreeMap<EpochId, EpochNode> {
        &self.nodes
    }

    pub(super) fn is_clean(&self, epoch: &EpochId) -> bool {
        self.clean.contains(epoch)
    }

    pub(super) fn current(&self) -> Option<EpochId> {
        self.current.map(|(_, Reverse(epoch))| epoch)
    }

    /// Two operations may publish one commitment, although no honest program does that. Then the epoch honours only
    /// what both say, lest a second one makes a key clean that a reader who left has.
    pub(super) fn add(&mut self, commit: EpochId, node: EpochNode) {
        self.closing.extend(&node.closes);
        self.following.extend(&node.parents);
        self.nodes
            .entry(commit)
            .and_modify(|held| {
                held.closes = held.closes.intersection(&node.closes).copied().collect();
                held.parents.retain(|parent| node.parents.contains(parent));
                held.back.extend(node.back.iter().cloned());
                held.back.sort();
                held.back.dedup();
            })
            .or_insert(node);
    }

    /// Takes an epoch and decides whether it is clean. False when others may be so because of it, or no longer: then
    /// nothing was taken.
    pub(super) fn follow(&mut self, commit: EpochId, node: &EpochNode) -> bool {
        if self.nodes.contains_key(&commit) || self.following.contains(&commit) || node.parents.contains(&commit) {
            return false;
        }
        self.add(commit, node.clone());
        self.draw_line(commit);
        true
    }

    /// The epoch or one before it closes this denial. False for what is no denial, and behind a ring.
    pub(super) fn closes(&self, epoch: &EpochId, denial: &OpId) -> bool {
        let place = self.places.get(denial);
        place.is_some_and(|at| self.lines.get(epoch).is_some_and(|(_, closed)| closed.has(*at)))
    }

    /// Takes one more denial: nothing is clean until an epoch closes it. False when one does that already.
    pub(super) fn deny(&mut self, denial: OpId) -> bool {
        if self.closing.contains(&denial) {
            return false;
        }
        let place = self.places.len();
        self.places.entry(denial).or_insert(place);
        self.clean.clear();
        self.current = None;
        true
    }

    /// Decides anew which epochs are clean: they and their ancestors close every one of `denials`. Every epoch is
    /// looked at once, after its parents; one behind a ring of parents is never reached and never clean (commitments
    /// are no hashes of their parents, so a hostile log may claim a ring).
    pub(super) fn settle(&mut self, denials: &BTreeSet<OpId>) {
        self.places = denials.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        self.lines.clear();
        self.clean.clear();
        self.current = None;
        let mut waiting: HashMap<EpochId, usize> = HashMap::with_capacity(self.nodes.len());
        let mut after: HashMap<EpochId, Vec<EpochId>> = HashMap::new();
        let mut ready = Vec::new();
        for (epoch, node) in &self.nodes {
            let held: Vec<&EpochId> = node
                .parents
                .iter()
                .filter(|parent| self.nodes.contains_key(parent))
                .collect();
            if held.is_empty() {
                ready.push(*epoch);
            }
            waiting.insert(*epoch, held.len());
            for parent in held {
                after.entry(*parent).or_default().push(*epoch);
            }
        }
        while let Some(epoch) = ready.pop() {
            self.draw_line(epoch);
            for next in after.remove(&epoch).unwrap_or_default() {
                if let Some(count) = waiting.get_mut(&next) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(next);
                    }
                }
            }
        }
    }

    /// For an epoch whose parents have their lines.
    fn draw_line(&mut self, epoch: EpochId) {
        let Some(node) = self.nodes.get(&epoch) else { return };
        let (mut height, mut bits) = (0u32, Bits::default());
        for parent in node.parents.iter().filter(|parent| self.nodes.contains_key(parent)) {
            let Some((parent, inherited)) = self.lines.get(parent) else {
                return;
            };
            height = height.max(parent.saturating_add(1));
            bits.take(inherited);
        }
        for at in node.closes.iter().filter_map(|id| self.places.get(id)) {
            bits.set(*at);
        }
        if bits.count() == self.places.len() {
            self.clean.insert(epoch);
            self.current = self.current.max(Some((height, Reverse(epoch))));
        }
        self.lines.insert(epoch, (height, bits));
    }

    /// Everything that these epochs and their ancestors close.
    pub(super) fn closed_by(&self, epochs: &[EpochId]) -> BTreeSet<OpId> {
        let (mut seen, mut next, mut closed) = (BTreeSet::new(), epochs.to_vec(), BTreeSet::new());
        while let Some(epoch) = next.pop() {
            if let Some(node) = self.nodes.get(&epoch)
                && seen.insert(epoch)
            {
                closed.extend(&node.closes);
                next.extend(&node.parents);
            }
        }
        closed
    }

    pub(super) fn heads(&self) -> Vec<EpochId> {
        let parents: BTreeSet<&EpochId> = self.nodes.values().flat_map(|node| &node.parents).collect();
        self.nodes
            .keys()
            .filter(|epoch| !parents.contains(epoch))
            .copied()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(parents: &[u8], closes: &[u8]) -> EpochNode {
        EpochNode {
            parents: parents.iter().map(|byte| EpochId([*byte; 32])).collect(),
            closes: closes.iter().map(|byte| OpId([*byte; 32])).collect(),
            back: Vec::new(),
        }
    }

    fn settled(nodes: &[(u8, EpochNode)], denials: &[u8]) -> Epochs {
        let mut epochs = Epochs::default();
        for (commit, node) in nodes {
            epochs.add(EpochId([*commit; 32]), node.clone());
        }
        epochs.settle(&denials.iter().map(|byte| OpId([*byte; 32])).collect());
        epochs
    }

    #[test]
    fn an_epoch_is_clean_when_its_line_closes_every_denial_and_the_tallest_is_current() {
        let line = [
            (1, node(&[], &[])),
            (2, node(&[1], &[7])),
            (3, node(&[2], &[8])),
            (4, node(&[1], &[7, 8])),
        ];
        let epochs = settled(&line, &[7, 8]);
        assert!(!epochs.is_clean(&EpochId([2; 32])));
        assert!(epochs.is_clean(&EpochId([3; 32])) && epochs.is_clean(&EpochId([4; 32])));
        assert_eq!(epochs.current(), Some(EpochId([3; 32])));
        assert_eq!(settled(&line, &[7, 8, 9]).current(), None);
        let twins = [(1, node(&[], &[])), (6, node(&[1], &[])), (5, node(&[1], &[]))];
        assert_eq!(settled(&twins, &[]).current(), Some(EpochId([5; 32])));
    }

    #[test]
    fn a_ring_of_parents_is_never_clean_and_never_loops() {
        let ring = [
            (1, node(&[2], &[7])),
            (2, node(&[1], &[])),
            (3, node(&[2], &[])),
            (4, node(&[], &[7])),
        ];
        let epochs = settled(&ring, &[7]);
        assert_eq!(epochs.current(), Some(EpochId([4; 32])));
        assert!(!epochs.is_clean(&EpochId([1; 32])) && !epochs.is_clean(&EpochId([3; 32])));
    }

    #[test]
    fn publishing_a_commitment_again_never_makes_it_cleaner() {
        let old = (1, node(&[], &[]));
        let new = (2, node(&[], &[7]));
        let again = [(1, node(&[2], &[7]))];
        let epochs = settled(&[old.clone(), new.clone(), again[0].clone()], &[7]);
        assert!(!epochs.is_clean(&EpochId([1; 32])));
        assert_eq!(epochs, settled(&[again[0].clone(), new, old], &[7]));
    }
}
