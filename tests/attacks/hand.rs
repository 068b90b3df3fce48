//! What a program without manners holds, and how it hands that over: everything, to everybody whom it tells.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use dossier_sync::driver::{Host, JoinStream};
use dossier_sync::protocol::{
    Accepted, Batch, ChainFrontier, Frontier, Loose, LooseId, Replica, ReplicaError, Scope, Shared, Source,
};
use dossier_trust::identity::DeviceSecrets;
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, EndpointKey, ItemHash};
use dossier_trust::item::{Item, Position, SignedOpen};

use crate::forger::Dice;

/// What it holds and hands over.
pub struct Hand {
    pub dossier: DossierId,
    pub opens: BTreeMap<ChainId, SignedOpen>,
    /// Under which compartment a chain is handed over, whatever its open says.
    pub places: BTreeMap<ChainId, CompartmentId>,
    pub items: BTreeMap<ChainId, BTreeMap<(u32, ItemHash), Item>>,
    pub loose: BTreeMap<CompartmentId, BTreeMap<LooseId, Loose>>,
    pub hidden: BTreeSet<ChainId>,
    pub peers: HashMap<EndpointKey, DeviceId>,
    /// Of which compartments it tells whom.
    pub shares: HashMap<DeviceId, BTreeSet<CompartmentId>>,
    pub signers: BTreeMap<ChainId, DeviceSecrets>,
    pub root_signs: BTreeSet<ChainId>,
    pub dice: Dice,
}

impl Hand {
    pub fn put(&mut self, item: Item) -> Position {
        let position = item.position();
        self.items
            .entry(position.chain)
            .or_default()
            .insert((position.n, position.hash), item);
        position
    }

    pub fn put_loose(&mut self, compartment: CompartmentId, kind: u8, about: [u8; 32], bytes: Vec<u8>) {
        let loose = Loose { kind, about, bytes };
        self.loose.entry(compartment).or_default().insert(loose.id(), loose);
    }

    pub fn tips(&self, chain: &ChainId) -> Vec<Position> {
        let Some(items) = self.items.get(chain) else {
            return Vec::new();
        };
        let followed: BTreeSet<ItemHash> = items.values().map(|item| item.header.prev).collect();
        let tips = items.iter().filter(|((_, hash), _)| !followed.contains(hash));
        let mut tips: Vec<Position> = tips.map(|(_, item)| item.position()).collect();
        tips.sort();
        tips
    }
}

impl Replica for Hand {
    fn shared(&self, peer: &DeviceId) -> Result<Vec<Shared>, ReplicaError> {
        let compartments = self.shares.get(peer).cloned().unwrap_or_default();
        let all = compartments.into_iter().map(|compartment| Shared {
            dossier: self.dossier,
            compartment,
            scope: Scope::Everything,
        });
        Ok(all.collect())
    }

    fn frontier(&self, _dossier: &DossierId, compartment: &CompartmentId) -> Result<Frontier, ReplicaError> {
        let here = self.places.iter().filter(|(_, place)| *place == compartment);
        let chains = here
            .filter(|(chain, _)| !self.hidden.contains(*chain))
            .map(|(chain, _)| ChainFrontier {
                chain: *chain,
                lane: self.opens[chain].open.lane,
                tips: self.tips(chain),
            })
            .collect();
        let loose = self.loose.get(compartment).into_iter().flat_map(BTreeMap::keys);
        Ok(Frontier {
            chains,
            loose: loose.copied().collect(),
        })
    }

    fn chain_open(&self, chain: &ChainId) -> Result<Option<SignedOpen>, ReplicaError> {
        Ok(self.opens.get(chain).cloned())
    }

    fn items_after(&self, chain: &ChainId, after: u32, max_bytes: usize) -> Result<Vec<Item>, ReplicaError> {
        let (mut found, mut size) = (Vec::<Item>::new(), 0);
        let items = self.items.get(chain).into_iter();
        for ((n, _), item) in items.flat_map(|items| items.range((after + 1, ItemHash([0; 32]))..)) {
            if size >= max_bytes && found.last().is_some_and(|last| last.header.n != *n) {
                break;
            }
            size += item.header.len as usize + 100;
            found.push(item.clone());
        }
        Ok(found)
    }

    fn at(&self, chain: &ChainId, n: u32) -> Result<Vec<Position>, ReplicaError> {
        let items = self.items.get(chain).into_iter();
        let here = items.flat_map(|items| items.range((n, ItemHash([0; 32]))..=(n, ItemHash([0xff; 32]))));
        Ok(here.map(|(_, item)| item.position()).collect())
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
        let mut accepted = Accepted::default();
        for signed in batch.opens {
            let chain = signed.open.chain();
            self.opens.entry(chain).or_insert(signed);
            self.places.entry(chain).or_insert(batch.compartment);
            self.items.entry(chain).or_default();
        }
        for item in batch.items {
            let items = self.items.entry(item.header.chain).or_default();
            let fresh = items.insert((item.header.n, item.header.item_hash()), item).is_none();
            accepted.fresh += u32::from(fresh);
        }
        for loose in batch.loose {
            let held = self.loose.entry(batch.compartment).or_default();
            accepted.fresh += u32::from(held.insert(loose.id(), loose).is_none());
        }
        Ok(accepted)
    }

    fn acknowledged(
        &mut self,
        _peer: &DeviceId,
        _dossier: &DossierId,
        _compartment: &CompartmentId,
        _positions: &[Position],
        _loose: &[LooseId],
    ) -> Result<(), ReplicaError> {
        Ok(())
    }
}

/// The hand, in a conversation.
/// The hand, at a connection.
pub struct Conversation(pub Arc<Mutex<Hand>>);

impl Host for Conversation {
    fn run(&self, f: &mut dyn FnMut(&mut dyn Replica)) {
        f(&mut *self.0.lock().unwrap());
    }

    fn known_peer(&self, endpoint: &EndpointKey) -> Option<DeviceId> {
        self.0.lock().unwrap().peers.get(endpoint).copied()
    }

    fn joiner(&self, _stream: JoinStream) {}
}
