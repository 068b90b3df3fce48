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
    /// A checkpoint of the document stands here. What lies below it need not be held, so it is told apart by its number.
    base: Option<Position>,
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
            base: None,
        });
        chain
    }

    /// Takes the pinned item of a checkpoint without what it follows: that is in the saved document. Places below it
    /// that are not held are filled with names made of their numbers ([`is_absent`]). The caller has verified the item
    /// and the pin, whose numbers [`crate::checkpoint::MAX_CHANGES`] bounds. True when it was new.
    ///
    /// # Errors
    /// [`Misplaced::UnknownChain`].
    pub fn rest_on(&mut self, upto: &Position) -> Result<bool, Misplaced> {
        let chain = self.0.get_mut(&upto.chain).ok_or(Misplaced::UnknownChain)?;
        if chain.nodes.contains_key(&(upto.n, upto.hash)) {
            return Ok(false);
        }
        let below = chain.nodes.range(..(upto.n, ItemHash([0; 32]))).next_back();
        let (mut segment, mut last) = match below {
            Some(((n, hash), node)) => (
                Some(node.segment),
                Tip {
                    chain: upto.chain,
                    n: *n,
                    hash: *hash,
                },
            ),
            None => (None, Tip::start(upto.chain)),
        };
        while last.n < upto.n {
            let n = last.n + 1;
            let hash = if n == upto.n { upto.hash } else { absent(n) };
            let at = chain.hang(segment, n, last.hash, hash);
            chain.nodes.insert(
                (n, hash),
                Node {
                    prev: last.hash,
                    segment: at,
                },
            );
            segment = Some(at);
            last = Tip { n, hash, ..last };
        }
        Ok(true)
    }

    /// Says where the counted checkpoints stand. Of several in one chain the highest that is held.
    pub fn set_bases<'a>(&mut self, positions: impl IntoIterator<Item = &'a Position>) {
        for chain in self.0.values_mut() {
            chain.base = None;
        }
        for position in positions {
            if let Some(chain) = self.0.get_mut(&position.chain)
                && chain.nodes.contains_key(&(position.n, position.hash))
                && chain.base.is_none_or(|base| base.n < position.n)
            {
                chain.base = Some(*position);
            }
        }
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
    /// held, because then nobody can tell. Below a checkpoint only the number of `upto` counts, and above it only what
    /// follows it, for whoever holds everything as well: whoever rests on the checkpoint can compare nothing else.
    #[must_use]
    pub fn reaches(&self, item: &Position, upto: &Position) -> bool {
        if item.chain != upto.chain || item.n > upto.n {
            return false;
        }
        self.0.get(&item.chain).is_some_and(|chain| {
            let below = |of: &Position| chain.ancestor(of, item.n) == Some(item.hash);
            match chain.base {
                Some(base) if upto.n <= base.n => below(&base),
                Some(_) | None => !chain.is_decided_against(upto) && below(upto),
            }
        })
    }
}

/// The name of a place below a checkpoint whose item is not held.
fn absent(n: u32) -> ItemHash {
    let mut name = [0; 32];
    name[..4].copy_from_slice(&n.to_be_bytes());
    ItemHash(name)
}

/// True for a place below a checkpoint whose item is not held: see [`Chains::rest_on`].
#[must_use]
pub fn is_absent(position: &Position) -> bool {
    position.hash == absent(position.n)
}

impl Chain {
    /// Where a counted checkpoint of the document stands in this chain.
    #[must_use]
    pub fn base(&self) -> Option<&Position> {
        self.base.as_ref()
    }

    /// True for an item of a branch that a counted checkpoint left out: whoever rests on the checkpoint cannot hold it,
    /// so it says nothing to anybody.
    #[must_use]
    pub fn is_decided_against(&self, item: &Position) -> bool {
        self.base.is_some_and(|base| {
            let (low, high) = if item.n <= base.n { (item, &base) } else { (&base, item) };
            self.forked() && self.ancestor(high, low.n) != Some(low.hash)
        })
    }

    /// True when what stands at this number is not held, because a checkpoint above it holds what it says.
    #[must_use]
    pub fn is_absent_at(&self, n: u32) -> bool {
        self.nodes.contains_key(&(n, absent(n)))
    }

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
    fn a_chain_that_rests_on_a_checkpoint_is_known_by_number_below_it() {
        let links = |count: u8| {
            let mut chains = Chains::new();
            let chain = chains.open(open());
            let (mut tip, mut links) = (Tip::start(chain), Vec::new());
            for salt in 0..count {
                let header = link(tip, salt);
                tip = place(&header).into();
                links.push(header);
            }
            (chains, links)
        };
        let (mut whole, all) = links(9);
        for header in &all {
            whole.add(header).unwrap();
        }
        // One that holds nothing, and one that holds a little.
        for held in [0, 3] {
            let (mut rested, _) = links(0);
            for header in all.iter().take(held) {
                rested.add(header).unwrap();
            }
            let base = place(&all[6]);
            assert_eq!(rested.add(&all[7]), Err(Misplaced::Gap));
            assert_eq!(rested.rest_on(&base), Ok(true));
            assert_eq!(rested.rest_on(&base), Ok(false));
            assert_eq!(rested.add(&all[7]), Ok(true));
            let chain = rested.get(&base.chain).unwrap();
            assert_eq!(chain.len(), 8);
            assert!(!chain.forked());
            let gaps = chain.positions(base.chain).filter(is_absent).count();
            assert_eq!(gaps, 6 - held);
            for n in 1..=8 {
                assert_eq!(chain.is_absent_at(n), (held as u32 + 1..=6).contains(&n));
            }
            for chains in [&mut rested, &mut whole] {
                chains.set_bases([&base]);
                let kept = |chains: &Chains, upto: &Position| {
                    let chain = chains.get(&base.chain).unwrap();
                    chain
                        .positions(base.chain)
                        .filter(|item| chains.reaches(item, upto))
                        .count()
                };
                assert_eq!(kept(chains, &place(&all[4])), 5);
                assert_eq!(kept(chains, &base), 7);
                assert_eq!(kept(chains, &place(&all[7])), 8);
                // A rival below the checkpoint counts as its number says, also where it is held.
                let rival = link(place(&all[1]).into(), 99);
                assert_eq!(kept(chains, &place(&rival)), 3);
            }
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
