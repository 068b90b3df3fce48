//! Which epochs may be sealed under.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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

/// All epochs of a compartment, and what follows from them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Epochs {
    nodes: BTreeMap<EpochId, EpochNode>,
    clean: BTreeSet<EpochId>,
    current: Option<EpochId>,
}

impl Epochs {
    pub(super) fn nodes(&self) -> &BTreeMap<EpochId, EpochNode> {
        &self.nodes
    }

    pub(super) fn is_clean(&self, epoch: &EpochId) -> bool {
        self.clean.contains(epoch)
    }

    pub(super) fn current(&self) -> Option<EpochId> {
        self.current
    }

    /// Two operations may publish one commitment, although no honest program does that. Then the epoch honours only
    /// what both say, lest a second one makes a key clean that a reader who left has.
    pub(super) fn add(&mut self, commit: EpochId, node: EpochNode) {
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

    /// Decides anew which epochs are clean: they and their ancestors close every one of `denials`. Every epoch is
    /// looked at once, after its parents; one behind a ring of parents is never reached and never clean (commitments
    /// are no hashes of their parents, so a hostile log may claim a ring).
    pub(super) fn settle(&mut self, denials: &BTreeSet<OpId>) {
        let number: HashMap<&OpId, usize> = denials.iter().enumerate().map(|(at, id)| (id, at)).collect();
        let mut waiting: HashMap<EpochId, usize> = HashMap::with_capacity(self.nodes.len());
        let mut after: HashMap<EpochId, Vec<EpochId>> = HashMap::new();
        let mut ready = Vec::new();
        for (epoch, node) in &self.nodes {
            let held: Vec<&EpochId> = node.parents.iter().filter(|parent| self.nodes.contains_key(parent)).collect();
            if held.is_empty() {
                ready.push(*epoch);
            }
            waiting.insert(*epoch, held.len());
            for parent in held {
                after.entry(*parent).or_default().push(*epoch);
            }
        }
        let mut closed: HashMap<EpochId, (u32, Bits)> = HashMap::with_capacity(self.nodes.len());
        self.clean.clear();
        self.current = None;
        let mut best = None;
        while let Some(epoch) = ready.pop() {
            let Some(node) = self.nodes.get(&epoch) else { continue };
            let (mut height, mut bits) = (0u32, Bits::new(denials.len()));
            for (parent, inherited) in node.parents.iter().filter_map(|parent| closed.get(parent)) {
                height = height.max(parent.saturating_add(1));
                bits.take(inherited);
            }
            for at in node.closes.iter().filter_map(|id| number.get(id)) {
                bits.set(*at);
            }
            if bits.count() == denials.len() {
                self.clean.insert(epoch);
                best = best.max(Some((height, std::cmp::Reverse(epoch))));
            }
            closed.insert(epoch, (height, bits));
            for next in after.remove(&epoch).unwrap_or_default() {
                if let Some(count) = waiting.get_mut(&next) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(next);
                    }
                }
            }
        }
        self.current = best.map(|(_, std::cmp::Reverse(epoch))| epoch);
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
        self.nodes.keys().filter(|epoch| !parents.contains(epoch)).copied().collect()
    }
}

/// Which of the denials are closed.
#[derive(Debug, Clone)]
struct Bits(Vec<u64>);

impl Bits {
    fn new(len: usize) -> Self {
        Self(vec![0; len.div_ceil(64)])
    }

    fn set(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    fn take(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
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
        let line = [(1, node(&[], &[])), (2, node(&[1], &[7])), (3, node(&[2], &[8])), (4, node(&[1], &[7, 8]))];
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
        let ring = [(1, node(&[2], &[7])), (2, node(&[1], &[])), (3, node(&[2], &[])), (4, node(&[], &[7]))];
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
