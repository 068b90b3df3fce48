//! A program that does not ask: real keys, real protocol, no manners.
//!
//! It begins with everything that a home folder holds, makes any item in any place, and hands over whatever is in its
//! hand. What others send it keeps; it judges nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use automerge::{ActorId, AutoCommit, Change, TextEncoding};
use dossier_model::RecordContent;
use dossier_model::layout::{self, Edit};
use dossier_store::{DbKey, Store};
use dossier_sync::driver::{Event, Network, NetworkConfig, Relay};
use dossier_trust::chains::Chains;
use dossier_trust::checkpoint;
use dossier_trust::codec::Canonical;
use dossier_trust::consent::{Consent, Entry};
use dossier_trust::epoch::{EpochKey, Wrap};
use dossier_trust::identity::{Certificate, DeviceSecrets, Random, RootSecret};
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, EpochId, GenerationId, blake3};
use dossier_trust::item::{Header, Item, Kind, Lane, Open, Position, SignedOpen, Tip};
use dossier_trust::operation::{OpId, Operation, Snapshot};
use dossier_trust::preflight::{Limits, pack, unpack};
use dossier_trust::record::Record;
use serde_json::Value;

use crate::hand::{Conversation, Hand};
use crate::world::PATIENCE;

/// How a wrap travels.
pub const WRAP: u8 = 1;
/// How a part of a checkpoint travels.
pub const PART: u8 = 3;

/// Randomness that is the same in every run.
pub struct Dice {
    seed: String,
    drawn: u64,
}

impl Dice {
    pub fn new(seed: &str) -> Self {
        Self {
            seed: seed.to_owned(),
            drawn: 0,
        }
    }
}

impl Random for Dice {
    fn fill(&mut self, out: &mut [u8]) {
        for piece in out.chunks_mut(32) {
            self.drawn += 1;
            let bytes = blake3(format!("{} {}", self.seed, self.drawn).as_bytes());
            piece.copy_from_slice(&bytes[..piece.len()]);
        }
    }
}

/// Somebody with a real home folder and another program.
pub struct Forger {
    pub root: RootSecret,
    pub device: DeviceSecrets,
    pub certificate: Certificate,
    pub dossier: DossierId,
    hand: Arc<Mutex<Hand>>,
}

impl Forger {
    /// Takes everything from a home folder.
    pub fn read(folder: &Path, key: &DbKey, dossier: DossierId, seed: &str) -> Self {
        let store = Store::open(folder, key).unwrap();
        let meta = |name: &str| store.meta(name).unwrap().unwrap();
        let mut hand = Hand {
            dossier,
            opens: BTreeMap::new(),
            places: BTreeMap::new(),
            items: BTreeMap::new(),
            loose: BTreeMap::new(),
            hidden: BTreeSet::new(),
            peers: HashMap::new(),
            shares: HashMap::new(),
            signers: BTreeMap::new(),
            root_signs: BTreeSet::new(),
            dice: Dice::new(seed),
        };
        for compartment in store.compartments(&dossier).unwrap() {
            for chain in store.chains(&dossier, &compartment).unwrap() {
                hand.opens
                    .insert(chain.chain, SignedOpen::from_bytes(&chain.open).unwrap());
                hand.places.insert(chain.chain, compartment);
                hand.items.entry(chain.chain).or_default();
            }
            store
                .each_item::<dossier_store::StoreError>(&dossier, &compartment, None, |row| {
                    let item = Item {
                        header: Header::from_bytes(row.header).unwrap(),
                        signature: *row.signature,
                        body: row.body.map(<[u8]>::to_vec),
                    };
                    hand.put(item);
                    Ok(())
                })
                .unwrap();
            for loose in store.loose_of(&dossier, &compartment, WRAP, None).unwrap() {
                hand.put_loose(compartment, WRAP, loose.about, loose.bytes);
            }
        }
        let device = DeviceSecrets::from_bytes(&meta("device")).unwrap();
        let forger = Self {
            root: RootSecret::from_entropy(meta("root").as_slice().try_into().unwrap()),
            certificate: Certificate::from_bytes(&meta("certificate")).unwrap(),
            device,
            dossier,
            hand: Arc::new(Mutex::new(hand)),
        };
        store.close().unwrap();
        forger
    }

    /// The same hand with the keys of another device: of somebody who was just let in by a forged log, say.
    pub fn as_device(&self, root: RootSecret, device: DeviceSecrets) -> Self {
        Self {
            certificate: root.certify(&device).unwrap(),
            root,
            device,
            dossier: self.dossier,
            hand: self.hand.clone(),
        }
    }

    pub fn hand(&self) -> MutexGuard<'_, Hand> {
        self.hand.lock().unwrap()
    }

    /// Whose connections it takes, and whom it can call.
    pub fn knows<'c>(&self, certificates: impl Iterator<Item = &'c Certificate>) {
        let mut hand = self.hand();
        for certificate in certificates {
            hand.peers.insert(certificate.endpoint, certificate.device);
        }
    }

    /// Puts what it holds of these compartments into a home folder.
    pub fn save(&self, store: &mut Store, places: impl Fn(CompartmentId) -> bool) {
        let hand = self.hand();
        store
            .transact::<_, dossier_store::StoreError>(|tx| {
                let here = |chain: &ChainId| places(hand.places[chain]);
                for (chain, signed) in hand.opens.iter().filter(|(chain, _)| here(chain)) {
                    tx.put_chain(&dossier_store::Chain {
                        chain: *chain,
                        dossier: self.dossier,
                        compartment: signed.open.compartment,
                        lane: signed.open.lane.code(),
                        generation: signed.open.generation,
                        device: signed.open.device,
                        grant_op: signed.open.grant.0,
                        open: signed.to_bytes(),
                    })?;
                }
                let items = hand.items.iter().filter(|(chain, _)| here(chain));
                for item in items.flat_map(|(_, items)| items.values()) {
                    tx.put_item(&dossier_store::Item {
                        position: item.position(),
                        header: item.header.to_bytes(),
                        signature: item.signature,
                        body: item.body.clone(),
                        arrived_ms: 0,
                    })?;
                }
                for (compartment, loose) in hand.loose.iter().filter(|(place, _)| places(**place)) {
                    for (id, loose) in loose {
                        tx.put_loose(&dossier_store::Loose {
                            id: id.0,
                            dossier: self.dossier,
                            compartment: *compartment,
                            kind: loose.kind,
                            about: loose.about,
                            bytes: loose.bytes.clone(),
                            arrived_ms: 0,
                        })?;
                    }
                }
                Ok(())
            })
            .unwrap();
    }

    pub fn compartments(&self) -> Vec<CompartmentId> {
        let places: BTreeSet<CompartmentId> = self.hand().places.values().copied().collect();
        places.into_iter().filter(|id| *id != CompartmentId::DOSSIER).collect()
    }

    fn log(&self, compartment: CompartmentId) -> (Chains, Vec<Entry>) {
        let hand = self.hand();
        let (mut chains, mut log) = (Chains::new(), Vec::new());
        for (chain, _) in hand.places.iter().filter(|(_, place)| **place == compartment) {
            chains.open(hand.opens[chain].open.clone());
            for item in hand.items[chain].values() {
                if chains.add(&item.header).is_ok()
                    && item.header.kind == Kind::Operation
                    && let Ok(operation) = Operation::from_bytes(item.body.as_deref().unwrap_or_default())
                {
                    log.push(Entry {
                        position: item.position(),
                        operation,
                    });
                }
            }
        }
        (chains, log)
    }

    /// Who may do what, by what is in its hand.
    pub fn consent(&self, compartment: CompartmentId) -> Consent {
        let (part, part_log) = self.log(CompartmentId::DOSSIER);
        let owners = Consent::of_dossier(self.dossier, &part, &part_log);
        if compartment == CompartmentId::DOSSIER {
            return owners;
        }
        let (chains, log) = self.log(compartment);
        Consent::of_compartment(&owners, &chains, &log)
    }

    /// Operations in its hand, whether they count or not.
    pub fn operations(&self, compartment: CompartmentId) -> Vec<Entry> {
        self.log(compartment).1
    }

    /// Its own grant.
    pub fn grant(&self, compartment: CompartmentId) -> OpId {
        let consent = self.consent(compartment);
        consent.grant_for(&self.device.device()).unwrap().0
    }

    /// The live grant of somebody.
    pub fn grant_of(&self, compartment: CompartmentId, who: &Certificate) -> OpId {
        let consent = self.consent(compartment);
        consent.grant_for(&who.device).unwrap().0
    }

    /// Every key that its wraps open, and what those lead back to.
    pub fn keys(&self, compartment: CompartmentId) -> BTreeMap<EpochId, EpochKey> {
        let identity = self.device.wrapping_identity().unwrap();
        let wraps: Vec<Wrap> = {
            let hand = self.hand();
            let loose = hand.loose.get(&compartment).into_iter().flat_map(BTreeMap::values);
            loose.filter_map(|loose| Wrap::from_bytes(&loose.bytes).ok()).collect()
        };
        let mut keys: BTreeMap<EpochId, EpochKey> = wraps
            .iter()
            .filter_map(|wrap| wrap.open(&identity).ok())
            .map(|key| (key.epoch(), key))
            .collect();
        let operations = self.operations(compartment);
        loop {
            let before = keys.len();
            for entry in &operations {
                if let Operation::Epoch { commit, back, .. } = &entry.operation
                    && let Some(key) = keys.get(commit).cloned()
                {
                    let parents = back.iter().filter_map(|back| key.open_back(back).ok());
                    keys.extend(parents.map(|key| (key.epoch(), key)).collect::<Vec<_>>());
                }
            }
            if keys.len() == before {
                return keys;
            }
        }
    }

    /// The key to seal under, by what is in its hand.
    pub fn key(&self, compartment: CompartmentId) -> EpochKey {
        let epoch = self.consent(compartment).current_epoch().unwrap();
        self.keys(compartment).remove(&epoch).unwrap()
    }

    pub fn new_key(&self) -> EpochKey {
        EpochKey::generate(&mut self.hand().dice)
    }

    pub fn nonce(&self) -> [u8; 16] {
        self.hand().dice.array()
    }

    /// Starts a chain of its own device.
    pub fn open(&self, compartment: CompartmentId, lane: Lane, grant: OpId) -> ChainId {
        let generation = match lane {
            Lane::Doc => self.consent(compartment).current_generation().unwrap(),
            Lane::Log | Lane::Rec => GenerationId::default(),
        };
        let open = Open {
            dossier: self.dossier,
            compartment,
            generation,
            lane,
            grant,
            device: self.device.device(),
            nonce: self.nonce(),
        };
        let signed = open.sign(&self.device.signing_key());
        let chain = self.hold(compartment, signed);
        self.hand().signers.insert(chain, self.device.clone());
        chain
    }

    /// Starts a log chain of its own root.
    pub fn open_as_root(&self, compartment: CompartmentId) -> ChainId {
        let open = Open {
            dossier: self.dossier,
            compartment,
            generation: GenerationId::default(),
            lane: Lane::Log,
            grant: OpId::OWNER,
            device: DeviceId(self.root.principal().0),
            nonce: self.nonce(),
        };
        let chain = self.hold(compartment, open.sign(&self.root.signing_key()));
        self.hand().root_signs.insert(chain);
        chain
    }

    /// Hands a chain over as if it were of this compartment.
    pub fn hold(&self, compartment: CompartmentId, signed: SignedOpen) -> ChainId {
        let chain = signed.open.chain();
        let mut hand = self.hand();
        hand.opens.insert(chain, signed);
        hand.places.insert(chain, compartment);
        hand.items.entry(chain).or_default();
        chain
    }

    /// The chain's open.
    pub fn opened(&self, chain: ChainId) -> SignedOpen {
        self.hand().opens[&chain].clone()
    }

    /// Chains of a device in a lane of a compartment.
    pub fn chains_of(&self, compartment: CompartmentId, lane: Lane, device: DeviceId) -> Vec<ChainId> {
        let hand = self.hand();
        let here = hand.places.iter().filter(|(_, place)| **place == compartment);
        here.map(|(chain, _)| *chain)
            .filter(|chain| {
                let open = &hand.opens[chain].open;
                open.lane == lane && open.device == device
            })
            .collect()
    }

    /// Items of a chain, forks and all.
    pub fn items(&self, chain: ChainId) -> Vec<Item> {
        self.hand().items[&chain].values().cloned().collect()
    }

    /// Everything of a compartment.
    pub fn items_of(&self, compartment: CompartmentId) -> Vec<Item> {
        let hand = self.hand();
        let here = hand.places.iter().filter(|(_, place)| **place == compartment);
        here.flat_map(|(chain, _)| hand.items[chain].values().cloned())
            .collect()
    }

    /// Last items of all chains of a device in a compartment: what a cut or a revocation can keep.
    pub fn tips_of(&self, compartment: CompartmentId, device: DeviceId) -> Vec<Position> {
        let lanes = [Lane::Log, Lane::Doc, Lane::Rec];
        let chains = lanes.iter().flat_map(|lane| self.chains_of(compartment, *lane, device));
        let mut tips: Vec<Position> = chains
            .filter_map(|chain| self.items(chain).last().map(Item::position))
            .collect();
        tips.sort();
        tips
    }

    /// Where a chain goes on.
    pub fn tip(&self, chain: ChainId) -> Tip {
        self.hand().items[&chain]
            .values()
            .last()
            .map_or(Tip::start(chain), |item| Tip::from(item.position()))
    }

    /// Puts an item into the hand, whatever it is.
    pub fn put(&self, item: Item) -> Position {
        self.hand().put(item)
    }

    fn signed(&self, header: Header, body: Vec<u8>) -> Item {
        let hand = self.hand();
        if hand.root_signs.contains(&header.chain) {
            return Item::sign(header, body, &self.root.signing_key());
        }
        let signer = hand.signers.get(&header.chain).unwrap_or(&self.device);
        Item::sign(header, body, &signer.signing_key())
    }

    /// Any bytes as the next item after `tip`, in clear.
    pub fn bytes(&self, tip: Tip, kind: Kind, epoch: EpochId, body: Vec<u8>) -> Position {
        let header = Header {
            hash: blake3(&body),
            ..tip.next(kind, epoch, body.len() as u32)
        };
        let item = self.signed(header, body);
        self.put(item)
    }

    /// Any bytes as the next item after `tip`, sealed.
    pub fn sealed(&self, tip: Tip, kind: Kind, key: &EpochKey, plain: &[u8]) -> Position {
        let len = EpochKey::sealed_len(plain.len()) as u32;
        let header = tip.next(kind, key.epoch(), len);
        let (header, body) = key.seal_item(header, plain, &mut self.hand().dice).unwrap();
        let item = self.signed(header, body);
        self.put(item)
    }

    pub fn operation(&self, chain: ChainId, operation: Operation) -> OpId {
        let id = operation.id();
        self.bytes(
            self.tip(chain),
            Kind::Operation,
            EpochId::default(),
            operation.to_bytes(),
        );
        id
    }

    /// The plan as it would be if everything of these positions counted that opens and fits.
    pub fn document(&self, compartment: CompartmentId, takes: impl Fn(&Position) -> bool) -> AutoCommit {
        let keys = self.keys(compartment);
        let mut changes: Vec<Change> = self
            .items_of(compartment)
            .iter()
            .filter(|item| item.header.kind == Kind::Change && takes(&item.position()))
            .filter_map(|item| {
                let plain = keys
                    .get(&item.header.epoch)?
                    .open_item(&item.header, item.body.as_deref()?);
                let raw = unpack(&plain.ok()?, &Limits::SUITE_1).ok()?;
                Change::try_from(raw.as_slice()).ok()
            })
            .collect();
        changes.sort_by_key(|change| (change.start_op(), change.hash().0));
        let mut doc = AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint);
        for change in changes {
            // Two branches of one chain do not fit together; the first is as good as any.
            let _ = doc.apply_changes([change]);
        }
        doc
    }

    /// Writes an edit onto a document, as `actor`, and returns the packed change.
    pub fn change(&self, doc: &mut AutoCommit, actor: ChainId, edit: Edit, unix_seconds: i64) -> Vec<u8> {
        doc.set_actor(ActorId::from(actor.0.as_slice()));
        let written = layout::apply(doc, &[edit], unix_seconds).unwrap().remove(0);
        pack(&written.bytes)
    }

    /// Sets a field of an item of the document, as if it had the right: everything in its hand is in the past of it.
    pub fn set(&self, chain: ChainId, id: &str, field: &str, value: Value) -> Position {
        let tip = self.tip(chain);
        self.set_after(tip, id, field, value, |_| true)
    }

    /// As [`Self::set`], at any place of its chain and on any past.
    pub fn set_after(
        &self,
        tip: Tip,
        id: &str,
        field: &str,
        value: Value,
        past: impl Fn(&Position) -> bool,
    ) -> Position {
        let compartment = self.opened(tip.chain).open.compartment;
        let mut doc = self.document(compartment, past);
        let plain = self.change(&mut doc, tip.chain, set(id, field, value), 0);
        self.sealed(tip, Kind::Change, &self.any_key(compartment), &plain)
    }

    fn any_key(&self, compartment: CompartmentId) -> EpochKey {
        let consent = self.consent(compartment);
        let mut keys = self.keys(compartment);
        let current = consent.current_epoch().and_then(|epoch| keys.remove(&epoch));
        // After a denial that no epoch honours yet, a program without manners goes on under the last key it has.
        current.unwrap_or_else(|| {
            let published: BTreeSet<EpochId> = consent.epochs().map(|(epoch, _)| *epoch).collect();
            let (_, key) = keys.into_iter().find(|(epoch, _)| published.contains(epoch)).unwrap();
            key
        })
    }

    /// A record in its own name.
    pub fn says(&self, content: &RecordContent) -> Record {
        let bytes = content.to_bytes().unwrap();
        let key = self.device.signing_key();
        Record::sign(
            self.dossier,
            self.certificate.clone(),
            bytes,
            &key,
            &mut self.hand().dice,
        )
    }

    /// Posts a record, of whomever, for all readers.
    pub fn post(&self, chain: ChainId, record: &Record) -> Position {
        let compartment = self.opened(chain).open.compartment;
        let key = self.any_key(compartment);
        self.sealed(self.tip(chain), Kind::Record, &key, &record.to_bytes())
    }

    /// Everything in a record lane that opens, with where it stands.
    pub fn records(&self, compartment: CompartmentId) -> Vec<(Position, Record)> {
        let keys = self.keys(compartment);
        let items = self.items_of(compartment);
        let records = items.iter().filter(|item| item.header.kind == Kind::Record);
        records
            .filter_map(|item| {
                let key = keys.get(&item.header.epoch)?;
                let plain = key.open_item(&item.header, item.body.as_deref()?).ok()?;
                Some((item.position(), Record::from_bytes(&plain).ok()?))
            })
            .collect()
    }

    /// Wraps a key for a device, whether or not it may have it.
    pub fn wrap(&self, compartment: CompartmentId, key: &EpochKey, to: &Certificate) {
        let place = (self.dossier, compartment);
        let wrap = Wrap::make(place, key, to.device, &to.wrapping, &self.device.signing_key()).unwrap();
        self.wrapped(compartment, &wrap);
    }

    pub fn wrapped(&self, compartment: CompartmentId, wrap: &Wrap) {
        let bytes = wrap.to_bytes();
        self.loose(compartment, WRAP, wrap.recipient.0, bytes);
    }

    /// Anything outside the chains.
    pub fn loose(&self, compartment: CompartmentId, kind: u8, about: [u8; 32], bytes: Vec<u8>) {
        self.hand().put_loose(compartment, kind, about, bytes);
    }

    /// An epoch after the current ones, with its key wrapped for these devices.
    pub fn rotate(&self, log: ChainId, closes: Vec<OpId>, readers: &[&Certificate]) -> EpochKey {
        let compartment = self.opened(log).open.compartment;
        let key = self.new_key();
        let keys = self.keys(compartment);
        let mut parents = self.consent(compartment).epoch_heads();
        parents.retain(|parent| keys.contains_key(parent));
        parents.sort();
        let mut back: Vec<_> = parents
            .iter()
            .map(|parent| key.back_to(&keys[parent], &mut self.hand().dice).unwrap())
            .collect();
        back.sort();
        let mut closes = closes;
        closes.sort();
        let epoch = Operation::Epoch {
            parents,
            closes,
            commit: key.epoch(),
            back,
        };
        self.operation(log, epoch);
        for reader in readers {
            self.wrap(compartment, &key, reader);
        }
        key
    }

    /// Pins these positions and names a saved document that they are said to come to.
    pub fn checkpoint(&self, log: ChainId, positions: &[Position], saved: &[u8]) -> OpId {
        let place = (self.dossier, self.opened(log).open.compartment);
        let key = self.any_key(place.1);
        let (snapshot, parts) = checkpoint::seal(place, &key, saved, &mut self.hand().dice).unwrap();
        self.checkpoint_of(log, positions, snapshot, parts)
    }

    /// As [`Self::checkpoint`], with whatever is in the parts.
    pub fn checkpoint_packed(
        &self,
        log: ChainId,
        positions: &[Position],
        packed: &[u8],
        mut snapshot: Snapshot,
    ) -> OpId {
        let place = (self.dossier, self.opened(log).open.compartment);
        let key = self.any_key(place.1);
        let parts = checkpoint::seal_packed(place, &key, packed, &mut self.hand().dice).unwrap();
        snapshot.parts = parts.iter().map(|part| blake3(part)).collect();
        self.checkpoint_of(log, positions, snapshot, parts)
    }

    fn checkpoint_of(&self, log: ChainId, positions: &[Position], snapshot: Snapshot, parts: Vec<Vec<u8>>) -> OpId {
        let compartment = self.opened(log).open.compartment;
        for part in parts {
            self.loose(compartment, PART, blake3(&part), part);
        }
        let mut positions = positions.to_vec();
        positions.sort();
        let snapshot = Some(snapshot);
        self.operation(log, Operation::Pin { positions, snapshot })
    }

    /// The last item of every chain of a compartment's document.
    pub fn ends(&self, compartment: CompartmentId) -> Vec<Position> {
        let hand = self.hand();
        let docs = hand.items.iter().filter(|(chain, _)| {
            let open = &hand.opens[*chain].open;
            open.compartment == compartment && open.lane == Lane::Doc
        });
        docs.filter_map(|(_, items)| items.values().last().map(Item::position))
            .collect()
    }

    /// Forgets everything below these positions, as somebody who rests on a checkpoint.
    pub fn rests_on(&self, positions: &[Position]) {
        let mut hand = self.hand();
        for position in positions {
            if let Some(items) = hand.items.get_mut(&position.chain) {
                items.retain(|(n, _), _| *n >= position.n);
            }
        }
    }

    /// Takes everything that another program holds.
    pub fn takes_from(&self, other: &Self) {
        let other = other.hand();
        let mut hand = self.hand();
        hand.opens.extend(other.opens.clone());
        hand.places.extend(other.places.clone());
        for (chain, items) in &other.items {
            hand.items.entry(*chain).or_default().extend(items.clone());
        }
        for (compartment, loose) in &other.loose {
            hand.loose.entry(*compartment).or_default().extend(loose.clone());
        }
    }

    /// Says nothing of a chain from now on, or no longer keeps silent about it.
    pub fn hide(&self, chain: ChainId, hidden: bool) {
        let mut hand = self.hand();
        if hidden {
            hand.hidden.insert(chain);
        } else {
            hand.hidden.remove(&chain);
        }
    }

    /// Calls somebody, hands over everything of the compartments that they have to do with, takes what they give, and
    /// leaves.
    pub async fn visit(&self, whom: &Certificate, addresses: &[String]) {
        let mut shares: BTreeSet<CompartmentId> = self.compartments().into_iter().collect();
        shares.retain(|place| self.consent(*place).principal_of(&whom.device).is_some());
        shares.insert(CompartmentId::DOSSIER);
        self.hand().shares.insert(whom.device, shares);
        let config = NetworkConfig {
            secret: *self.device.transport(),
            device: self.device.device(),
            listen: Some("127.0.0.1:0".parse().unwrap()),
            relay: Relay::None,
            discovery: false,
        };
        let host = Arc::new(Conversation(self.hand.clone()));
        let network = Network::start(config, host).await.unwrap();
        let mut events = network.events();
        let addresses: Vec<SocketAddr> = addresses.iter().map(|one| one.parse().unwrap()).collect();
        network.connect(whom.endpoint, addresses).unwrap();
        let heard = async {
            loop {
                match events.recv().await.unwrap() {
                    Event::Idle { device } if device == whom.device => return,
                    Event::Refused { .. } => panic!("the visitor was refused"),
                    Event::Idle { .. }
                    | Event::Connected { .. }
                    | Event::Disconnected { .. }
                    | Event::Busy { .. }
                    | Event::Progress { .. } => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, heard).await.expect("heard in time");
        network.shutdown().await;
    }
}

/// An edit of one field.
pub fn set(id: &str, field: &str, value: Value) -> Edit {
    Edit::Set {
        id: id.into(),
        path: vec![field.into()],
        value,
    }
}
