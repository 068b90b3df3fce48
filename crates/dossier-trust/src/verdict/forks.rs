//! Point 5: which child of a fork is taken.
//!
//! The one that a pin reaches, else the one on which rightful work of most *other* principals rests. When that is
//! equal, what follows is compared in the same way, and only then the hash. The formula of the design stops at the
//! first comparison; but a thief of no key at all, the author, can sign one and the same change twice. Both items
//! then have the same support, and a hash is cheap to grind: everything that others built on the longer branch would
//! wait. Comparing on costs a rival branch the support of others at every step that it wants to win.

use std::collections::{BTreeMap, HashMap};

use super::Bodies;
use crate::chains::{Chain, Chains};
use crate::consent::Consent;
use crate::ids::PrincipalId;
use crate::item::{Kind, Lane, Position, Tip};
use crate::preflight::Inspected;

/// For every item in a forked chain, how many other principals rest rightful work on it.
#[derive(Default)]
pub(super) struct Support(HashMap<Position, u32>);

impl Support {
    /// Empty when nothing is forked: then nobody asks.
    pub(super) fn of(consent: &Consent, chains: &Chains, bodies: &dyn Bodies) -> Self {
        let docs = || chains.iter().filter(|(_, chain)| chain.open.lane == Lane::Doc);
        if !docs().any(|(_, chain)| chain.forked()) {
            return Self::default();
        }
        let mut principals: BTreeMap<PrincipalId, usize> = BTreeMap::new();
        let mut changes: HashMap<[u8; 32], &Inspected> = HashMap::new();
        let mut own: HashMap<[u8; 32], usize> = HashMap::new();
        let mut contested = Vec::new();
        for (id, chain) in docs() {
            let author = consent.author_of(&chain.open);
            for position in chain.positions(*id) {
                let Some(change) = bodies.change(&position) else { continue };
                changes.insert(change.hash(), change);
                // A copy in another place than the change itself names is nobody's work.
                if change.actor() != position.chain.0 || change.seq() != u64::from(position.n) {
                    continue;
                }
                if chain.forked() {
                    contested.push((position, change.hash(), author));
                }
                if let Some(author) = author
                    && consent.within(chains, &chain.open, &position, Kind::Change).is_ok()
                {
                    let next = principals.len();
                    own.insert(change.hash(), *principals.entry(author).or_insert(next));
                }
            }
        }
        let above = principals_above(&changes, &own, principals.len());
        let count = |(position, hash, author): (Position, [u8; 32], Option<PrincipalId>)| {
            let above = above.get(&hash)?;
            let own = author.and_then(|author| principals.get(&author)).is_some_and(|at| above.has(*at));
            Some((position, above.count().saturating_sub(u32::from(own))))
        };
        Self(contested.into_iter().filter_map(count).collect())
    }

    /// What follows `tip` on the trunk.
    pub(super) fn next(&self, chain: &Chain, tip: Tip, pinned: impl Fn(&Position) -> bool) -> Option<Position> {
        let mut children = chain.children(tip);
        let only = children.next()?;
        let Some(second) = children.next() else { return Some(only) };
        // (where it starts, where it has come to), all equal so far.
        let mut rivals: Vec<(Position, Position)> =
            [only, second].into_iter().chain(children).map(|child| (child, child)).collect();
        let mut taken = None;
        loop {
            let weigh = |at: &Position| (pinned(at), self.0.get(at).copied().unwrap_or_default());
            let Some(best) = rivals.iter().map(|(_, at)| weigh(at)).max().filter(|best| *best > (false, 0)) else {
                return taken;
            };
            rivals.retain(|(_, at)| weigh(at) == best);
            taken = rivals.iter().map(|(start, _)| *start).min_by_key(|start| start.hash);
            if rivals.iter().all(|(start, _)| Some(*start) == taken) {
                return taken;
            }
            rivals = rivals
                .iter()
                .flat_map(|(start, at)| chain.children((*at).into()).map(|child| (*start, child)))
                .collect();
        }
    }
}

/// For every change the principals that rest on it: what rests on it directly, and all that rests on that. Every
/// change is looked at once, after all that rest on it.
fn principals_above(
    changes: &HashMap<[u8; 32], &Inspected>,
    own: &HashMap<[u8; 32], usize>,
    principals: usize,
) -> HashMap<[u8; 32], Set> {
    let mut children: HashMap<&[u8; 32], usize> = HashMap::with_capacity(changes.len());
    for change in changes.values() {
        for dep in change.deps() {
            *children.entry(dep).or_default() += 1;
        }
    }
    let mut above: HashMap<[u8; 32], Set> = HashMap::with_capacity(changes.len());
    let mut ready: Vec<[u8; 32]> = changes.keys().filter(|hash| !children.contains_key(*hash)).copied().collect();
    while let Some(hash) = ready.pop() {
        let Some(change) = changes.get(&hash) else { continue };
        let mut rests = above.entry(hash).or_insert_with(|| Set::new(principals)).clone();
        if let Some(author) = own.get(&hash) {
            rests.add(*author);
        }
        for dep in change.deps() {
            above.entry(*dep).or_insert_with(|| Set::new(principals)).take(&rests);
            if let Some(count) = children.get_mut(dep) {
                *count -= 1;
                if *count == 0 {
                    ready.push(*dep);
                }
            }
        }
    }
    above
}

/// A few principals.
#[derive(Debug, Clone)]
struct Set(Vec<u64>);

impl Set {
    fn new(len: usize) -> Self {
        Self(vec![0; len.div_ceil(64)])
    }

    fn add(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    fn has(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word & 1 << (at % 64) != 0)
    }

    fn take(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }
}
