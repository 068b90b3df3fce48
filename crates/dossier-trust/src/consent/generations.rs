//! Generations: where the document of a compartment began anew, and what became of what was written before.
//!
//! A generation never rests on another. So whoever begins one says what of the one before it took along: positions that
//! are counted for ever. Of some of those it says that their content goes, from that item down to the beginning of its
//! chain: then every holder destroys it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Consent, Pins, reaches_from};
use crate::chains::Chains;
use crate::ids::{GenerationId, ItemHash};
use crate::item::Position;

/// A generation that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Generation {
    pub parent: GenerationId,
    pub base: Vec<Position>,
    pub drop: Vec<ItemHash>,
}

/// Up to where something goes in some chains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach(Pins);

impl Reach {
    /// True when it goes nowhere.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True when it reaches the item.
    #[must_use]
    pub fn covers(&self, chains: &Chains, item: &Position) -> bool {
        reaches_from(&self.0, chains, item)
    }

    /// True when it goes as far as this number in the item's chain: all that can be said of an item below one that is not
    /// held yet.
    #[must_use]
    pub fn goes_as_far_as(&self, item: &Position) -> bool {
        let places = self.0.get(&item.chain).and_then(BTreeSet::last);
        places.is_some_and(|(n, _)| item.n <= *n)
    }

    fn of<'p>(positions: impl Iterator<Item = &'p Position>) -> Self {
        let mut reach = Self::default();
        for position in positions {
            let places = reach.0.entry(position.chain).or_default();
            places.insert((position.n, position.hash));
        }
        reach
    }
}

impl Consent {
    /// The generation that is written to: the longest line of parents, then the smallest name.
    #[must_use]
    pub fn current_generation(&self) -> Option<GenerationId> {
        // A generation is the hash of what names its parent, so there are no rings.
        let mut depths: BTreeMap<GenerationId, usize> = BTreeMap::new();
        for generation in self.generations.keys() {
            let mut line = Vec::new();
            let mut at = *generation;
            while !depths.contains_key(&at)
                && let Some(generation) = self.generations.get(&at)
            {
                line.push(at);
                at = generation.parent;
            }
            let below = depths.get(&at).copied().unwrap_or_default();
            depths.extend(
                line.into_iter()
                    .rev()
                    .enumerate()
                    .map(|(above, at)| (at, below + above + 1)),
            );
        }
        depths
            .into_iter()
            .min_by_key(|(at, depth)| (std::cmp::Reverse(*depth), *at))
            .map(|(at, _)| at)
    }

    /// The current generation and those that it follows.
    fn line(&self) -> impl Iterator<Item = (GenerationId, &Generation)> {
        let mut next = self.current_generation();
        std::iter::from_fn(move || {
            let at = next?;
            let generation = self.generations.get(&at)?;
            next = Some(generation.parent);
            Some((at, generation))
        })
    }

    /// True for a generation that follows none that counts.
    #[must_use]
    pub fn is_first(&self, generation: &GenerationId) -> bool {
        let held = self.generations.get(generation);
        held.is_some_and(|held| !self.generations.contains_key(&held.parent))
    }

    /// True for the current generation and for those that it follows.
    #[must_use]
    pub fn is_in_line(&self, generation: &GenerationId) -> bool {
        self.line().any(|(id, _)| id == *generation)
    }

    /// What the current generation, or one before it, took along of what was written earlier.
    #[must_use]
    pub fn taken_along(&self) -> Reach {
        Reach::of(self.line().flat_map(|(_, generation)| &generation.base))
    }

    /// Of [`Self::taken_along`] that of which the content goes everywhere.
    #[must_use]
    pub fn dropped(&self) -> Reach {
        Reach::of(self.line().flat_map(|(_, generation)| generation.dropped()))
    }

    /// Generations before the current one that are still kept: nothing of them was let go, nor of any after them.
    pub fn kept_generations(&self) -> impl Iterator<Item = GenerationId> {
        let kept = self
            .line()
            .take_while(|(_, generation)| generation.dropped().next().is_none());
        kept.filter_map(|(_, generation)| {
            let parent = generation.parent;
            self.generations.contains_key(&parent).then_some(parent)
        })
    }

    /// Where the documents of [`Self::kept_generations`] ended.
    pub fn positions_kept(&self) -> impl Iterator<Item = &Position> {
        let kept = self
            .line()
            .take_while(|(_, generation)| generation.dropped().next().is_none());
        kept.flat_map(|(_, generation)| &generation.base)
    }

    /// Every generation in the current line that lets content go, and which.
    pub fn dropping(&self) -> impl Iterator<Item = (GenerationId, Reach)> {
        let line = self
            .line()
            .map(|(id, generation)| (id, Reach::of(generation.dropped())));
        line.filter(|(_, reach)| !reach.is_empty())
    }
}

impl Generation {
    fn dropped(&self) -> impl Iterator<Item = &Position> {
        let goes = |position: &&Position| self.drop.binary_search(&position.hash).is_ok();
        self.base.iter().filter(goes)
    }
}
