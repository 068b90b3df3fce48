//! Everything that was ever signed in one dossier with one compartment, in the order in which it was signed. Whoever
//! holds part of it holds a [`Mask`] that is complete to the opens.

use std::collections::HashMap;
use std::sync::Arc;

use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, EpochId, GenerationId, PrincipalId};
use dossier_trust::item::{Header, Kind, Lane, Open, Position, Tip};
use dossier_trust::operation::{OpId, Operation, Right, Since};
use dossier_trust::preflight::{Inspected, Limits, inspect};

use crate::cast;
use crate::writer::{Row, Writer};

/// A set of things, by their number.
pub type Mask = u128;

/// What an item holds.
#[derive(Clone)]
pub enum Body {
    Operation(Operation),
    Record,
    Change(Arc<Inspected>, Arc<Vec<u8>>),
    /// A change that no key opens.
    Sealed,
}

/// One signed thing.
#[derive(Clone)]
pub struct Thing {
    /// Its chain's open.
    pub open: Arc<Open>,
    /// Which chain.
    pub chain: ChainId,
    /// None for the open itself.
    pub item: Option<(Header, Position, Body)>,
    /// It and what lies below it in its chain.
    pub below: Mask,
}

impl Thing {
    pub fn is_part(&self) -> bool {
        self.open.compartment == CompartmentId::DOSSIER
    }

    pub fn position(&self) -> Option<Position> {
        self.item.as_ref().map(|item| item.1)
    }

    pub fn change(&self) -> Option<&Arc<Inspected>> {
        match &self.item.as_ref()?.2 {
            Body::Change(change, _) => Some(change),
            _ => None,
        }
    }

    pub fn operation(&self) -> Option<&Operation> {
        match &self.item.as_ref()?.2 {
            Body::Operation(operation) => Some(operation),
            _ => None,
        }
    }
}

#[derive(Clone)]
pub struct World {
    pub dossier: DossierId,
    pub things: Vec<Thing>,
    /// Operation ids, by thing.
    pub ids: Vec<OpId>,
    places: HashMap<Position, usize>,
    salt: u32,
}

const COMPARTMENT: CompartmentId = CompartmentId([77; 32]);

/// How a change should differ from what an honest program would have written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    StartOp,
    Sequence,
    Actor,
}

impl World {
    pub fn new() -> Self {
        let genesis = Operation::Genesis {
            root: cast::OWNER,
            recovery: [1; 32],
            salt: [2; 32],
        };
        let mut world = Self {
            dossier: genesis.starts().unwrap(),
            things: Vec::new(),
            ids: Vec::new(),
            places: HashMap::new(),
            salt: 0,
        };
        let part = world.open(cast::LAPTOP, true, Lane::Log, OpId::OWNER, GenerationId::default());
        world.operation(part, genesis);
        world
    }

    pub fn all(&self) -> Mask {
        if self.things.len() == 128 {
            Mask::MAX
        } else {
            (1 << self.things.len()) - 1
        }
    }

    pub fn place(&self, position: &Position) -> Option<usize> {
        self.places.get(position).copied()
    }

    pub fn position(&self, thing: usize) -> Position {
        self.things[thing].position().unwrap()
    }

    pub fn open(&mut self, device: DeviceId, part: bool, lane: Lane, grant: OpId, generation: GenerationId) -> usize {
        let open = Arc::new(Open {
            dossier: self.dossier,
            compartment: if part { CompartmentId::DOSSIER } else { COMPARTMENT },
            generation: if lane == Lane::Doc {
                generation
            } else {
                GenerationId::default()
            },
            lane,
            grant,
            device,
            nonce: u128::from(self.salt()).to_le_bytes(),
        });
        let chain = open.chain();
        self.push(
            Thing {
                open,
                chain,
                item: None,
                below: 0,
            },
            OpId::OWNER,
        )
    }

    pub fn salt(&mut self) -> u32 {
        self.salt += 1;
        self.salt
    }

    fn push(&mut self, mut thing: Thing, id: OpId) -> usize {
        let number = self.things.len();
        assert!(number < 128, "the history is too long for a mask");
        thing.below |= 1 << number;
        if let Some(position) = thing.position() {
            self.places.insert(position, number);
        }
        self.things.push(thing);
        self.ids.push(id);
        number
    }

    fn follow(&mut self, before: usize, kind: Kind, hash: [u8; 32], body: Body) -> usize {
        let under = &self.things[before];
        let tip = under.position().map_or_else(|| Tip::start(under.chain), Tip::from);
        let sealed = matches!(kind, Kind::Change | Kind::Record);
        let epoch = if sealed { EpochId([8; 32]) } else { EpochId::default() };
        let header = Header {
            hash,
            ..tip.next(kind, epoch, 40)
        };
        let position = Position {
            chain: header.chain,
            n: header.n,
            hash: header.item_hash(),
        };
        if let Some(held) = self.place(&position) {
            return held;
        }
        let id = match &body {
            Body::Operation(operation) => operation.id(),
            _ => OpId::OWNER,
        };
        let thing = Thing {
            open: under.open.clone(),
            chain: under.chain,
            item: Some((header, position, body)),
            below: under.below,
        };
        self.push(thing, id)
    }

    /// An operation after `before`, an item or an open of a log chain.
    pub fn operation(&mut self, before: usize, operation: Operation) -> usize {
        let mut hash = operation.id().0;
        hash[0] ^= self.salt() as u8;
        self.follow(before, Kind::Operation, hash, Body::Operation(operation))
    }

    pub fn record(&mut self, before: usize) -> usize {
        let mut hash = [3; 32];
        hash[..4].copy_from_slice(&self.salt().to_le_bytes());
        self.follow(before, Kind::Record, hash, Body::Record)
    }

    /// A change that rests on these and on the one before it in its chain.
    pub fn change(&mut self, before: usize, on: &[usize], own: bool, fault: Fault) -> usize {
        let mut deps: Vec<&Arc<Inspected>> = on.iter().filter_map(|thing| self.things[*thing].change()).collect();
        if own {
            deps.extend(self.things[before].change());
        }
        deps.sort_by_key(|change| change.hash());
        deps.dedup_by_key(|change| change.hash());
        let start_op = 1 + deps.iter().map(|change| change.max_op()).max().unwrap_or(0);
        let deps: Vec<[u8; 32]> = deps.iter().map(|change| change.hash()).collect();
        let salt = self.salt();
        let under = &self.things[before];
        let n = under.position().map_or(0, |position| position.n) + 1;
        let actor = if fault == Fault::Actor {
            [0xaa; 32]
        } else {
            under.chain.0
        };
        let mut writer = Writer::new(actor, vec![Row::put(["a", "b", "c"][salt as usize % 3])]);
        writer.deps = deps;
        writer.seq = u64::from(n) + u64::from(fault == Fault::Sequence);
        writer.start_op = start_op + u64::from(fault == Fault::StartOp);
        writer.time = i64::from(salt);
        let raw = writer.bytes();
        let inspected = inspect(&raw, &Limits::SUITE_1).unwrap();
        self.put_change(before, Body::Change(Arc::new(inspected), Arc::new(raw)))
    }

    /// An item with the very change of another.
    pub fn copy(&mut self, before: usize, of: usize) -> usize {
        let body = self.things[of].item.clone().unwrap().2;
        self.put_change(before, body)
    }

    pub fn sealed(&mut self, before: usize) -> usize {
        self.put_change(before, Body::Sealed)
    }

    fn put_change(&mut self, before: usize, body: Body) -> usize {
        let mut hash = [4; 32];
        hash[..4].copy_from_slice(&self.salt().to_le_bytes());
        self.follow(before, Kind::Change, hash, body)
    }

    pub fn grant(&mut self, before: usize, principal: PrincipalId, right: Right) -> (usize, OpId) {
        let nonce = u128::from(self.salt()).to_le_bytes();
        let operation = Operation::Grant {
            principal,
            right,
            since: Since::Beginning,
            until: None,
            nonce,
            record: None,
        };
        let id = operation.id();
        (self.operation(before, operation), id)
    }

    pub fn device(&mut self, before: usize, root: PrincipalId, device: DeviceId) -> usize {
        self.operation(
            before,
            Operation::Device {
                certificate: cast::certificate(root, device),
                holder: None,
            },
        )
    }

    /// Makes a set complete to the opens by leaving out what hangs in the air.
    pub fn rooted(&self, mask: Mask) -> Mask {
        let mut rooted = 0;
        for (number, thing) in self.things.iter().enumerate() {
            if mask & (1 << number) != 0 && thing.below & !mask == 0 {
                rooted |= 1 << number;
            }
        }
        rooted
    }

    /// … or by adding what is missing.
    pub fn completed(&self, mask: Mask) -> Mask {
        numbers(mask).fold(0, |mask, number| mask | self.things[number].below)
    }
}

/// The things in a set.
pub fn numbers(mask: Mask) -> impl Iterator<Item = usize> {
    (0..128).filter(move |number| mask & (1 << number) != 0)
}
