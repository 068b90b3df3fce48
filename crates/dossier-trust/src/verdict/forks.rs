//! Point 5: which child of a fork is taken.
//!
//! The one that a pin reaches, else the one on which rightful work of most *other* principals rests, of those that their
//! author may have written. When that is equal, what follows is compared in the same way, and only then the hash.
//!
//! Two things here are more than the design's formula has, since its author can sign one and the same change twice:
//! both items then have the same support, and a hash is cheap to grind. So a rival that a cut does not keep never
//! stands for one that it keeps; and what others built on the longer branch does not wait for a hash: a rival branch
//! needs the support of others at every step that it wants to win.
//!
//! Only work of the current generation supports anything, and only there: of the others the bodies may be gone.
//!
//! What a checkpoint left out is no rival and supports nobody: those who rest on the checkpoint do not have it.

use std::collections::{BTreeMap, HashMap};

use super::Bodies;
use crate::bits::Bits;
use crate::chains::{Chain, Chains};
use crate::consent::Consent;
use crate::ids::PrincipalId;
use crate::item::{Kind, Lane, Position, Tip};
use crate::preflight::Inspected;

/// For every item in a forked chain, how many other principals rest rightful work on it.
#[derive(Default)]
pub(super) struct Support(HashMap<Position, usize>);

impl Support {
    /// Empty when nothing is forked: then nobody asks.
    pub(super) fn of(consent: &Consent, chains: &Chains, bodies: &dyn Bodies) -> Self {
        let current = consent.current_generation();
        let docs = || {
            let all = chains.iter().filter(|(_, chain)| chain.open.lane == Lane::Doc);
            all.filter(|(_, chain)| Some(chain.open.generation) == current)
        };
        if !docs().any(|(_, chain)| chain.forked()) {
            return Self::default();
        }
        let mut principals: BTreeMap<PrincipalId, usize> = BTreeMap::new();
        let mut changes: HashMap<[u8; 32], &Inspected> = HashMap::new();
        let mut own: HashMap<[u8; 32], usize> = HashMap::new();
        let mut contested = Vec::new();
        for (id, chain) in docs() {
            let author = consent.author_of(&chain.open);
            for position in chain.positions(*id).filter(|at| !chain.is_decided_against(at)) {
                let Some(change) = bodies.change(&position) else {
                    continue;
                };
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
        let above = principals_above(&changes, &own);
        let count = |(position, hash, author): (Position, [u8; 32], Option<PrincipalId>)| {
            let above = above.get(&hash)?;
            let own = author
                .and_then(|author| principals.get(&author))
                .is_some_and(|at| above.has(*at));
            Some((position, above.count().saturating_sub(usize::from(own))))
        };
        Self(contested.into_iter().filter_map(count).collect())
    }

    /// What follows `tip` on the trunk.
    pub(super) fn next(
        &self,
        chain: &Chain,
        tip: Tip,
        able: impl Fn(&Position) -> bool,
        pinned: impl Fn(&Position) -> bool,
    ) -> Option<Position> {
        let mut children = chain.children(tip).filter(|child| !chain.is_decided_against(child));
        let only = children.next()?;
        let Some(second) = children.next() else {
            return Some(only);
        };
        // (where it starts, where it has come to), all equal so far.
        let mut rivals: Vec<(Position, Position)> = [only, second]
            .into_iter()
            .chain(children)
            .map(|child| (child, child))
            .collect();
        let mut taken = None;
        loop {
            let weigh = |at: &Position| {
                if able(at) {
                    (pinned(at), self.0.get(at).copied().unwrap_or_default())
                } else {
                    (false, 0)
                }
            };
            let Some(best) = rivals
                .iter()
                .map(|(_, at)| weigh(at))
                .max()
                .filter(|best| *best > (false, 0))
            else {
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
) -> HashMap<[u8; 32], Bits> {
    let mut children: HashMap<&[u8; 32], usize> = HashMap::with_capacity(changes.len());
    for change in changes.values() {
        for dep in change.deps() {
            *children.entry(dep).or_default() += 1;
        }
    }
    let mut above: HashMap<[u8; 32], Bits> = HashMap::with_capacity(changes.len());
    let mut ready: Vec<[u8; 32]> = changes
        .keys()
        .filter(|hash| !children.contains_key(*hash))
        .copied()
        .collect();
    while let Some(hash) = ready.pop() {
        let Some(change) = changes.get(&hash) else { continue };
        let mut rests = above.entry(hash).or_default().clone();
        if let Some(author) = own.get(&hash) {
            rests.set(*author);
        }
        for dep in change.deps() {
            above.entry(*dep).or_default().take(&rests);
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
