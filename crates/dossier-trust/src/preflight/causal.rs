//! The admitted changes as a graph, and which of them lie in a change's causal past.

use std::collections::{BTreeSet, BinaryHeap, HashMap};

/// Changes that a walk may touch before a clock is stored to stop the next one.
const MAX_WALK: u32 = 512;

/// One admitted change.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) hash: [u8; 32],
    pub(super) actor: u32,
    pub(super) seq: u32,
    pub(super) start_op: u32,
    pub(super) ops: u32,
    /// Where its operations start in the arena.
    pub(super) arena: u32,
    /// Where its dependencies start in [`Graph::links`].
    links: u32,
    link_count: u32,
    /// Bound on the changes that a walk from here touches; 0 with a stored clock.
    walk: u32,
}

/// Per actor the last sequence number in the past; actors beyond the end have none.
pub(super) type Clock = Box<[u32]>;

/// The past of a change about to be judged.
pub(super) enum Past {
    /// All that was admitted: the change rests on the current heads.
    Everything,
    /// What a walk from its dependencies found.
    Clock(Clock),
}

impl Past {
    pub(super) fn holds(&self, actor: u32, seq: u32) -> bool {
        match self {
            Self::Everything => true,
            Self::Clock(clock) => clock.get(actor as usize).is_some_and(|last| seq <= *last),
        }
    }
}

/// Hashes, dependencies and authors of the admitted changes, in an order where dependencies come
/// first.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    links: Vec<u32>,
    by_hash: HashMap<[u8; 32], u32>,
    heads: BTreeSet<u32>,
    /// Per actor its changes: sequence number n at n − 1.
    chains: Vec<Vec<u32>>,
    /// Clocks of changes, including themselves, that walks stop at.
    clocks: HashMap<u32, Clock>,
    /// The clock of the last change that did not rest on all heads: the next often rests on it.
    recent: Option<(u32, Clock)>,
}

impl Graph {
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn find(&self, hash: &[u8; 32]) -> Option<u32> {
        self.by_hash.get(hash).copied()
    }

    pub(super) fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(index as usize)
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter()
    }

    pub(super) fn heads(&self) -> impl Iterator<Item = &Node> {
        self.heads.iter().filter_map(|index| self.node(*index))
    }

    pub(super) fn actors(&self) -> usize {
        self.chains.len()
    }

    /// The sequence number of the actor's last change; 0 without any.
    pub(super) fn last_seq(&self, actor: u32) -> usize {
        self.chains.get(actor as usize).map_or(0, Vec::len)
    }

    /// The change of `actor` that holds the operation with this counter.
    pub(super) fn holder(&self, actor: u32, counter: u32) -> Option<&Node> {
        let chain = self.chains.get(actor as usize)?;
        let after = chain.partition_point(|index| self.node(*index).is_some_and(|node| node.start_op <= counter));
        let node = self.node(*chain.get(after.checked_sub(1)?)?)?;
        (counter - node.start_op < node.ops).then_some(node)
    }

    /// The past of a change with these dependencies, which must be ascending and without doubles.
    pub(super) fn past(&self, deps: &[u32]) -> Past {
        if self.heads.iter().eq(deps) {
            return Past::Everything;
        }
        if let (Some((index, clock)), [dep]) = (&self.recent, deps)
            && index == dep
        {
            return Past::Clock(clock.clone());
        }
        Past::Clock(self.walk(deps))
    }

    /// Latest first, so that each change is expanded once. A change is left out only when it lies
    /// under a stored clock, which is complete; a later change of the same actor is not enough,
    /// since what lies between the two may not have been expanded yet.
    fn walk(&self, deps: &[u32]) -> Clock {
        let mut clock = vec![0_u32; self.chains.len()].into_boxed_slice();
        let mut complete = clock.clone();
        let mut waiting: BinaryHeap<u32> = deps.iter().copied().collect();
        let mut last = None;
        while let Some(index) = waiting.pop() {
            if last == Some(index) {
                continue;
            }
            last = Some(index);
            let Some(node) = self.node(index) else {
                continue;
            };
            let actor = node.actor as usize;
            if complete.get(actor).is_some_and(|seq| node.seq <= *seq) {
                continue;
            }
            if let Some(stored) = self.clocks.get(&index) {
                for (seq, stored) in complete.iter_mut().zip(stored) {
                    *seq = (*seq).max(*stored);
                }
                continue;
            }
            if let Some(seq) = clock.get_mut(actor) {
                *seq = (*seq).max(node.seq);
            }
            waiting.extend(self.links_of(node));
        }
        for (seq, complete) in clock.iter_mut().zip(&complete) {
            *seq = (*seq).max(*complete);
        }
        clock
    }

    fn links_of(&self, node: &Node) -> &[u32] {
        let start = node.links as usize;
        self.links
            .get(start..start + node.link_count as usize)
            .unwrap_or_default()
    }

    /// Adds a change whose dependencies and author's previous change are here, with its past as
    /// [`Graph::past`] gave it. Every index stays below 2³² because a node has a hash of its own.
    pub(super) fn push(&mut self, mut node: Node, deps: &[u32], past: Past) {
        let index = self.nodes.len() as u32;
        node.links = self.links.len() as u32;
        node.link_count = deps.len() as u32;
        node.walk = deps
            .iter()
            .filter_map(|dep| self.node(*dep))
            .fold(1_u32, |sum, dep| sum.saturating_add(dep.walk));
        let actor = node.actor as usize;
        if self.chains.len() <= actor {
            self.chains.resize_with(actor + 1, Vec::new);
        }
        if let Some(chain) = self.chains.get_mut(actor) {
            chain.push(index);
        }
        for dep in deps {
            self.heads.remove(dep);
        }
        self.heads.insert(index);

        let with_itself = |mut clock: Vec<u32>, actors: usize| {
            clock.resize(actors, 0);
            if let Some(seq) = clock.get_mut(actor) {
                *seq = node.seq;
            }
            clock.into_boxed_slice()
        };
        let actors = self.chains.len();
        let store = node.walk > MAX_WALK;
        match past {
            Past::Clock(clock) => {
                let clock = with_itself(clock.into_vec(), actors);
                if store {
                    self.clocks.insert(index, clock.clone());
                }
                self.recent = Some((index, clock));
            }
            Past::Everything if store => {
                let all = self.chains.iter().map(|chain| chain.len() as u32).collect();
                self.clocks.insert(index, with_itself(all, actors));
            }
            Past::Everything => {}
        }
        if store {
            node.walk = 0;
        }
        self.links.extend_from_slice(deps);
        self.by_hash.insert(node.hash, index);
        self.nodes.push(node);
    }
}

impl Node {
    /// A change that is about to be added.
    pub(super) fn new(hash: [u8; 32], actor: u32, seq: u32, start_op: u32, ops: u32, arena: u32) -> Self {
        Self {
            hash,
            actor,
            seq,
            start_op,
            ops,
            arena,
            links: 0,
            link_count: 0,
            walk: 0,
        }
    }

    /// The counter of its last operation.
    pub(super) fn max_op(&self) -> u32 {
        self.start_op + (self.ops - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A small fixed generator, so that a failure can be looked at again.
    fn next(state: &mut u64) -> u64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        *state >> 33
    }

    #[test]
    fn the_past_is_the_transitive_closure_of_the_dependencies() {
        for seed in 0..40_u64 {
            let mut state = seed;
            let mut graph = Graph::default();
            let mut pasts: Vec<BTreeSet<u32>> = Vec::new();
            let mut own: Vec<Option<u32>> = vec![None; 6];
            for index in 0..600_u32 {
                let actor = (next(&mut state) % 6) as u32;
                let mut reached = BTreeSet::new();
                let mut deps = BTreeSet::new();
                let mut add = |dep: u32, pasts: &[BTreeSet<u32>]| {
                    deps.insert(dep);
                    reached.insert(dep);
                    reached.extend(pasts[dep as usize].iter().copied());
                };
                if let Some(own) = own[actor as usize] {
                    add(own, &pasts);
                }
                // Mostly linear in some runs, densely woven in others.
                if index > 0 && next(&mut state).is_multiple_of(1 + seed % 7 * 8) {
                    add((next(&mut state) % u64::from(index)) as u32, &pasts);
                }
                let deps: Vec<u32> = deps.into_iter().collect();
                let past = graph.past(&deps);
                for (earlier, node) in graph.nodes().enumerate() {
                    assert_eq!(
                        past.holds(node.actor, node.seq),
                        reached.contains(&(earlier as u32)),
                        "seed {seed} change {index} about {earlier}"
                    );
                }
                let seq = graph.last_seq(actor) as u32 + 1;
                let mut hash = [0; 32];
                hash[..4].copy_from_slice(&index.to_le_bytes());
                graph.push(Node::new(hash, actor, seq, 1, 1, 0), &deps, past);
                own[actor as usize] = Some(index);
                pasts.push(reached);
            }
        }
    }
}
