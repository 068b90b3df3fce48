//! A copy in memory, and a wire between two conversations.
#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use dossier_sync::protocol::{
    Accepted, Batch, ChainFrontier, Frontier, Input, Loose, LooseId, Output, Refusal, Refused, Replica, ReplicaError,
    Scope, Session, Shared, Source,
};
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, EpochId, GenerationId, ItemHash, blake3};
use dossier_trust::item::{Item, Kind, Lane, Open, Position, SignedOpen, Tip};
use dossier_trust::operation::OpId;
use ed25519_dalek::SigningKey;

pub type Key = (DossierId, CompartmentId);

pub fn key(dossier: u32, compartment: u32) -> Key {
    (
        DossierId(blake3(&dossier.to_be_bytes())),
        CompartmentId(blake3(format!("c{dossier}/{compartment}").as_bytes())),
    )
}

pub fn person(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn device(seed: u8) -> DeviceId {
    DeviceId(person(seed).verifying_key().to_bytes())
}

/// Holds what it is given if the signature holds and nothing is missing below it.
pub struct Memory {
    pub signing: SigningKey,
    pub me: DeviceId,
    pub opens: BTreeMap<ChainId, SignedOpen>,
    pub items: BTreeMap<ChainId, BTreeMap<(u32, ItemHash), Item>>,
    pub chains: BTreeMap<Key, BTreeSet<ChainId>>,
    pub loose: BTreeMap<Key, BTreeMap<LooseId, Loose>>,
    pub shares: BTreeMap<DeviceId, BTreeMap<Key, Scope>>,
    /// Refuses everything, for this reason.
    pub refuse: Option<Refusal>,
    pub acked: BTreeSet<Position>,
    pub acked_loose: BTreeSet<LooseId>,
    pub received: usize,
    counter: u64,
}

impl Memory {
    pub fn new(seed: u8) -> Self {
        Self {
            signing: person(seed),
            me: device(seed),
            opens: BTreeMap::new(),
            items: BTreeMap::new(),
            chains: BTreeMap::new(),
            loose: BTreeMap::new(),
            shares: BTreeMap::new(),
            refuse: None,
            acked: BTreeSet::new(),
            acked_loose: BTreeSet::new(),
            received: 0,
            counter: 0,
        }
    }

    pub fn share(&mut self, peer: DeviceId, key: Key) {
        self.shares.entry(peer).or_default().insert(key, Scope::Everything);
    }

    pub fn open(&mut self, key: Key, lane: Lane) -> ChainId {
        self.counter += 1;
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&self.counter.to_be_bytes());
        let open = Open {
            dossier: key.0,
            compartment: key.1,
            generation: GenerationId::default(),
            lane,
            grant: OpId::default(),
            device: self.me,
            nonce,
        }
        .sign(&self.signing);
        let chain = open.open.chain();
        self.opens.insert(chain, open);
        self.items.insert(chain, BTreeMap::new());
        self.chains.entry(key).or_default().insert(chain);
        chain
    }

    /// Signs an item after `tip`, as the chain's device may do twice: that is a fork.
    pub fn write_at(&mut self, tip: Tip, body: Vec<u8>) -> Position {
        let lane = self.opens[&tip.chain].open.lane;
        let (kind, epoch) = match lane {
            Lane::Log => (Kind::Operation, EpochId::default()),
            Lane::Doc => (Kind::Change, EpochId([7; 32])),
            Lane::Rec => (Kind::Record, EpochId([8; 32])),
        };
        let mut header = tip.next(kind, epoch, body.len() as u32);
        header.hash = blake3(&body);
        let item = Item::sign(header, body, &self.signing);
        let position = item.position();
        self.items
            .get_mut(&tip.chain)
            .unwrap()
            .insert((position.n, position.hash), item);
        position
    }

    pub fn write(&mut self, chain: ChainId, body: Vec<u8>) -> Position {
        let tip = self
            .tips(&chain)
            .last()
            .map_or(Tip::start(chain), |tip| Tip::from(*tip));
        self.write_at(tip, body)
    }

    pub fn drop_loose(&mut self, key: Key, loose: Loose) {
        self.loose.entry(key).or_default().insert(loose.id(), loose);
    }

    fn tips(&self, chain: &ChainId) -> Vec<Position> {
        let Some(items) = self.items.get(chain) else {
            return Vec::new();
        };
        let Some(((n, hash), _)) = items.last_key_value() else {
            return Vec::new();
        };
        if items.len() == *n as usize {
            return vec![Position {
                chain: *chain,
                n: *n,
                hash: *hash,
            }];
        }
        let parents: BTreeSet<ItemHash> = items.values().map(|item| item.header.prev).collect();
        items
            .keys()
            .filter(|(_, hash)| !parents.contains(hash))
            .map(|(n, hash)| Position {
                chain: *chain,
                n: *n,
                hash: *hash,
            })
            .collect()
    }

    /// Everything held of a compartment, to compare.
    pub fn content(&self, key: &Key) -> BTreeSet<[u8; 32]> {
        let mut all = BTreeSet::new();
        for chain in self.chains.get(key).into_iter().flatten() {
            all.insert(chain.0);
            all.extend(self.items[chain].keys().map(|(_, hash)| hash.0));
        }
        all.extend(
            self.loose
                .get(key)
                .into_iter()
                .flat_map(|loose| loose.keys().map(|id| id.0)),
        );
        all
    }

    fn take(&mut self, key: Key, item: Item) -> Result<bool, Refusal> {
        let open = self.opens.get(&item.header.chain).ok_or(Refusal::Missing)?;
        if (open.open.dossier, open.open.compartment) != key {
            return Err(Refusal::Unwanted);
        }
        let header = item.header;
        let items = self.items.get_mut(&header.chain).ok_or(Refusal::Missing)?;
        if header.n > 1 && !items.contains_key(&(header.n - 1, header.prev)) {
            return Err(Refusal::Missing);
        }
        item.verify_in(header.chain, &open.open).map_err(|_| Refusal::Invalid)?;
        Ok(items.insert((header.n, header.item_hash()), item).is_none())
    }
}

impl Replica for Memory {
    fn shared(&self, peer: &DeviceId) -> Result<Vec<Shared>, ReplicaError> {
        let shares = self.shares.get(peer).into_iter().flatten();
        Ok(shares
            .map(|((dossier, compartment), scope)| Shared {
                dossier: *dossier,
                compartment: *compartment,
                scope: scope.clone(),
            })
            .collect())
    }

    fn scope(&self, peer: &DeviceId, d: &DossierId, c: &CompartmentId) -> Result<Option<Scope>, ReplicaError> {
        Ok(self.shares.get(peer).and_then(|shares| shares.get(&(*d, *c))).cloned())
    }

    fn frontier(&self, d: &DossierId, c: &CompartmentId) -> Result<Frontier, ReplicaError> {
        let key = (*d, *c);
        let chains = self.chains.get(&key).into_iter().flatten();
        Ok(Frontier {
            chains: chains
                .map(|chain| ChainFrontier {
                    chain: *chain,
                    lane: self.opens[chain].open.lane,
                    tips: self.tips(chain),
                })
                .collect(),
            loose: self
                .loose
                .get(&key)
                .map(|loose| loose.keys().copied().collect())
                .unwrap_or_default(),
        })
    }

    fn chain_open(&self, chain: &ChainId) -> Result<Option<SignedOpen>, ReplicaError> {
        Ok(self.opens.get(chain).cloned())
    }

    fn items_after(&self, chain: &ChainId, after: u32, max_bytes: usize) -> Result<Vec<Item>, ReplicaError> {
        let mut out: Vec<Item> = Vec::new();
        let mut size = 0;
        let Some(items) = self.items.get(chain) else {
            return Ok(out);
        };
        for ((n, _), item) in items.range((after + 1, ItemHash([0; 32]))..) {
            if size >= max_bytes && out.last().is_some_and(|last| last.header.n != *n) {
                break;
            }
            size += item.header.len as usize + 100;
            out.push(item.clone());
        }
        Ok(out)
    }

    fn at(&self, chain: &ChainId, n: u32) -> Result<Vec<Position>, ReplicaError> {
        let Some(items) = self.items.get(chain) else {
            return Ok(Vec::new());
        };
        let range = items.range((n, ItemHash([0; 32]))..=(n, ItemHash([0xff; 32])));
        Ok(range
            .map(|((n, hash), _)| Position {
                chain: *chain,
                n: *n,
                hash: *hash,
            })
            .collect())
    }

    fn fork(&self, chain: &ChainId) -> Result<u32, ReplicaError> {
        let mut n = 1;
        while self.at(chain, n)?.len() == 1 {
            n += 1;
        }
        Ok(n - 1)
    }

    fn loose(&self, id: &LooseId) -> Result<Option<Loose>, ReplicaError> {
        Ok(self.loose.values().find_map(|loose| loose.get(id)).cloned())
    }

    fn receive(&mut self, _from: Source, batch: Batch) -> Result<Accepted, ReplicaError> {
        self.received += 1;
        let key = (batch.dossier, batch.compartment);
        let mut accepted = Accepted::default();
        if let Some(refusal) = self.refuse {
            accepted
                .refused
                .extend((0..batch.opens.len()).map(|at| (Refused::Open(at), refusal)));
            accepted
                .refused
                .extend((0..batch.items.len()).map(|at| (Refused::Item(at), refusal)));
            accepted
                .refused
                .extend((0..batch.loose.len()).map(|at| (Refused::Loose(at), refusal)));
            return Ok(accepted);
        }
        for (at, open) in batch.opens.into_iter().enumerate() {
            if open.verify().is_err() {
                accepted.refused.push((Refused::Open(at), Refusal::Invalid));
                continue;
            }
            let chain = open.open.chain();
            self.opens.entry(chain).or_insert(open);
            self.items.entry(chain).or_default();
            self.chains.entry(key).or_default().insert(chain);
        }
        for (at, item) in batch.items.into_iter().enumerate() {
            match self.take(key, item) {
                Ok(fresh) => accepted.fresh += u32::from(fresh),
                Err(refusal) => accepted.refused.push((Refused::Item(at), refusal)),
            }
        }
        for loose in batch.loose {
            accepted.fresh += u32::from(self.loose.entry(key).or_default().insert(loose.id(), loose).is_none());
        }
        Ok(accepted)
    }

    fn acknowledged(
        &mut self,
        _peer: &DeviceId,
        _dossier: &DossierId,
        _compartment: &CompartmentId,
        positions: &[Position],
        loose: &[LooseId],
    ) -> Result<(), ReplicaError> {
        self.acked.extend(positions);
        self.acked_loose.extend(loose);
        Ok(())
    }
}

/// Two conversations and what is under way between them.
pub struct Wire {
    pub one: Session,
    pub other: Session,
    /// To `other`, to `one`.
    pub ways: [VecDeque<Vec<u8>>; 2],
    /// Every frame ever sent: by `one`, by `other`.
    pub sent: [Vec<Vec<u8>>; 2],
    /// Last output of each that was not a frame.
    pub last: [Option<Output>; 2],
    pub outputs: [Vec<Output>; 2],
}

impl Wire {
    pub fn connect(a: &mut Memory, b: &mut Memory) -> Self {
        let mut wire = Self {
            one: Session::new(a.me, b.me, 0),
            other: Session::new(b.me, a.me, 0),
            ways: Default::default(),
            sent: Default::default(),
            last: Default::default(),
            outputs: Default::default(),
        };
        wire.input(0, a, Input::Started);
        wire.input(1, b, Input::Started);
        wire
    }

    pub fn input(&mut self, who: usize, replica: &mut Memory, input: Input<'_>) {
        let session = if who == 0 { &mut self.one } else { &mut self.other };
        for output in session.handle(replica, input) {
            if let Output::Send(frame) = output {
                assert!(frame.len() <= dossier_sync::protocol::MAX_FRAME);
                self.ways[who].push_back(frame.clone());
                self.sent[who].push(frame);
            } else {
                self.last[who] = Some(output.clone());
                self.outputs[who].push(output);
            }
        }
    }

    /// Delivers one frame to `who`, if there is one.
    pub fn deliver(&mut self, who: usize, replica: &mut Memory) -> bool {
        let Some(frame) = self.ways[1 - who].pop_front() else {
            return false;
        };
        self.input(who, replica, Input::Frame(&frame));
        true
    }

    /// Until nothing is under way. Returns the number of flights.
    pub fn run(&mut self, a: &mut Memory, b: &mut Memory) -> usize {
        let mut flights = 0;
        while self.ways.iter().any(|way| !way.is_empty()) {
            flights += 1;
            assert!(flights < 10_000, "the conversation does not end");
            let (to_b, to_a) = (std::mem::take(&mut self.ways[0]), std::mem::take(&mut self.ways[1]));
            for frame in to_b {
                self.input(1, b, Input::Frame(&frame));
            }
            for frame in to_a {
                self.input(0, a, Input::Frame(&frame));
            }
        }
        flights
    }

    pub fn assert_idle(&self) {
        assert_eq!(self.last, [Some(Output::Idle), Some(Output::Idle)]);
    }
}

pub fn contains(frames: &[Vec<u8>], needle: &[u8]) -> bool {
    frames
        .iter()
        .any(|frame| frame.windows(needle.len()).any(|window| window == needle))
}
