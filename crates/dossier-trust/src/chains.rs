//! The chains of one compartment as a replica holds them: headers only, complete to their open, forks and all.

use std::collections::BTreeMap;

use crate::ids::{ChainId, ItemHash};
use crate::item::{Header, Open, Position, Tip};

/// One chain.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Its first word.
    pub open: Open,
    /// (position, item) → where it hangs. Several items at one position are a fork.
    nodes: BTreeMap<(u32, ItemHash), Node>,
    /// Runs of items that follow one another. Without a fork there is one; a fork starts another. So an ancestor is
    /// found by its number, and not by walking: a fork in a long chain costs its author, not its readers.
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    prev: ItemHash,
    segment: usize,
}

#[derive(Debug, Clone)]
struct Segment {
    /// The segment that the first item follows; none when that is the open.
    parent: Option<usize>,
    /// Number of the first item.
    start: u32,
    items: Vec<ItemHash>,
}

/// Why a header has no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misplaced {
    /// Its chain's open is not held.
    #[error("the chain is not known")]
    UnknownChain,
    /// The item before it is not held.
    #[error("the item before is not known")]
    Gap,
}

/// All chains of one compartment.
#[derive(Debug, Clone, Default)]
pub struct Chains(BTreeMap<ChainId, Chain>);

impl Chains {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a chain's open. The caller has verified its signature.
    pub fn open(&mut self, open: Open) -> ChainId {
        let chain = open.chain();
        self.0.entry(chain).or_insert_with(|| Chain {
            open,
            nodes: BTreeMap::new(),
            segments: Vec::new(),
        });
        chain
    }

    /// Takes an item's header. The caller has verified the item. True when it was new.
    ///
    /// # Errors
    /// [`Misplaced`] when what it rests on is not here: the set would not be complete to its open.
    pub fn add(&mut self, header: &Header) -> Result<bool, Misplaced> {
        let chain = self.0.get_mut(&header.chain).ok_or(Misplaced::UnknownChain)?;
        let before = match header.n.checked_sub(1) {
            None => return Err(Misplaced::Gap),
            Some(0) if header.prev.0 == header.chain.0 => None,
            Some(0) => return Err(Misplaced::Gap),
            Some(before) => Some(chain.nodes.get(&(before, header.prev)).ok_or(Misplaced::Gap)?.segment),
        };
        let hash = header.item_hash();
        if chain.nodes.contains_key(&(header.n, hash)) {
            return Ok(false);
        }
        let segment = chain.hang(before, header.n, header.prev, hash);
        chain.nodes.insert(
            (header.n, hash),
            Node {
                prev: header.prev,
                segment,
            },
        );
        Ok(true)
    }

    /// A chain by name.
    #[must_use]
    pub fn get(&self, chain: &ChainId) -> Option<&Chain> {
        self.0.get(chain)
    }

    /// Every chain, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&ChainId, &Chain)> {
        self.0.iter()
    }

    /// True when this very item is held.
    #[must_use]
    pub fn contains(&self, position: &Position) -> bool {
        self.0
            .get(&position.chain)
            .is_some_and(|chain| chain.nodes.contains_key(&(position.n, position.hash)))
    }

    /// `item ⊑ upto`: they are the same item, or `item` lies below `upto` in its chain. False while `upto` is not
    /// held, because then nobody can tell.
    #[must_use]
    pub fn reaches(&self, item: &Position, upto: &Position) -> bool {
        if item.chain != upto.chain || item.n > upto.n {
            return false;
        }
        self.0
            .get(&item.chain)
            .is_some_and(|chain| chain.ancestor(upto, item.n) == Some(item.hash))
    }
}

impl Chain {
    /// Every item, by position and then by name.
    pub fn positions(&self, chain: ChainId) -> impl Iterator<Item = Position> + '_ {
        self.nodes.keys().map(move |(n, hash)| Position {
            chain,
            n: *n,
            hash: *hash,
        })
    }

    /// Number of items, branches included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True when there is only the open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// True when two items claim one position.
    #[must_use]
    pub fn forked(&self) -> bool {
        self.segments.len() > 1
    }

    /// Items on which no other rests: one, or more where the chain forks.
    #[must_use]
    pub fn tips(&self, chain: ChainId) -> Vec<Position> {
        let mut tips: Vec<Position> = self
            .segments
            .iter()
            .filter_map(|segment| {
                let last = u32::try_from(segment.items.len()).ok()?.checked_sub(1)?;
                Some(Position {
                    chain,
                    n: segment.start.checked_add(last)?,
                    hash: *segment.items.last()?,
                })
            })
            .collect();
        tips.sort_unstable();
        tips
    }

    /// Items that rest directly on `tip`.
    pub fn children(&self, tip: Tip) -> impl Iterator<Item = Position> + '_ {
        let n = tip.n.saturating_add(1);
        self.nodes
            .range((n, ItemHash([0; 32]))..=(n, ItemHash([255; 32])))
            .filter(move |(_, node)| node.prev == tip.hash)
            .map(move |((n, hash), _)| Position {
                chain: tip.chain,
                n: *n,
                hash: *hash,
            })
    }

    /// Puts an item at the end of the segment of the one before, or in a new one when another follows that already.
    fn hang(&mut self, parent: Option<usize>, n: u32, prev: ItemHash, hash: ItemHash) -> usize {
        if let Some(index) = parent
            && let Some(segment) = self.segments.get_mut(index)
            && segment.items.last() == Some(&prev)
        {
            segment.items.push(hash);
            return index;
        }
        self.segments.push(Segment {
            parent,
            start: n,
            items: vec![hash],
        });
        self.segments.len() - 1
    }

    fn ancestor(&self, of: &Position, n: u32) -> Option<ItemHash> {
        let mut segment = self.segments.get(self.nodes.get(&(of.n, of.hash))?.segment)?;
        while n < segment.start {
            segment = self.segments.get(segment.parent?)?;
        }
        segment.items.get((n - segment.start) as usize).copied()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ids::{CompartmentId, DeviceId, DossierId, EpochId, GenerationId};
    use crate::item::{Kind, Lane};
    use crate::operation::OpId;

    fn open() -> Open {
        Open {
            dossier: DossierId([1; 32]),
            compartment: CompartmentId([2; 32]),
            generation: GenerationId([0; 32]),
            lane: Lane::Doc,
            grant: OpId::OWNER,
            device: DeviceId([3; 32]),
            nonce: [4; 16],
        }
    }

    fn link(tip: Tip, salt: u8) -> Header {
        Header {
            hash: [salt; 32],
            ..tip.next(Kind::Change, EpochId([9; 32]), 40)
        }
    }

    fn place(header: &Header) -> Position {
        Position {
            chain: header.chain,
            n: header.n,
            hash: header.item_hash(),
        }
    }

    #[test]
    fn a_fork_has_two_tips_and_each_reaches_only_its_own_past() {
        let mut chains = Chains::new();
        let chain = chains.open(open());
        let first = link(Tip::start(chain), 1);
        let left = link(place(&first).into(), 2);
        let right = link(place(&first).into(), 3);
        let above = link(place(&right).into(), 4);
        assert_eq!(chains.add(&left), Err(Misplaced::Gap));
        for header in [&first, &left, &right, &above] {
            assert_eq!(chains.add(header), Ok(true));
        }
        assert_eq!(chains.add(&left), Ok(false));
        let held = chains.get(&chain).unwrap();
        assert!(held.forked());
        assert_eq!(held.tips(chain).len(), 2);
        assert_eq!(held.children(place(&first).into()).count(), 2);
        assert!(chains.reaches(&place(&first), &place(&above)));
        assert!(chains.reaches(&place(&right), &place(&above)));
        assert!(!chains.reaches(&place(&left), &place(&above)));
        assert!(!chains.reaches(&place(&above), &place(&right)));
    }
}
