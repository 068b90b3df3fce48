//! Real keys, real rights, no manners: what somebody with a granted device can put on the wire.

use std::net::SocketAddr;

use automerge::{AutoCommit, Change, TextEncoding};
use dossier_app::contract::Request;
use dossier_store::{Store, keyfile};
use dossier_sync::protocol::{ALPN, Loose, VERSION};
use dossier_trust::chains::Chains;
use dossier_trust::codec::{Canonical, Reader, Writer as Bytes};
use dossier_trust::consent::{Consent, Entry};
use dossier_trust::epoch::{EpochKey, Wrap};
use dossier_trust::identity::{Certificate, DeviceSecrets, Random};
use dossier_trust::ids::{CompartmentId, DossierId, EpochId, GenerationId};
use dossier_trust::item::{Header, Item, Kind, Lane, Open, SUITE, SignedOpen, Tip};
use dossier_trust::operation::{OpId, Operation};
use dossier_trust::preflight::{Limits, pack, unpack};
use iroh::endpoint::{Connection, ConnectionError, RecvStream, SendStream, presets};
use iroh::{Endpoint, EndpointAddr, EndpointId, RelayMode, SecretKey};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::world::{PASSPHRASE, PATIENCE, Person};

/// Reproducible, and different for every draw.
#[derive(Default)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound.max(1)
    }
}

impl Random for Dice {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            *byte = self.below(256) as u8;
        }
    }
}

/// Somebody's device, out of their home folder.
pub struct Attacker {
    pub device: DeviceSecrets,
    pub dossier: DossierId,
    /// Everybody whom the log names.
    pub known: Vec<Certificate>,
    /// The plan.
    pub compartment: CompartmentId,
    pub grant: OpId,
    pub generation: GenerationId,
    pub epoch: EpochId,
    pub keys: Vec<EpochKey>,
    /// What the plan's document is made of.
    pub changes: Vec<Change>,
    /// Every chain of the plan, as it may be carried on.
    pub held: Vec<(SignedOpen, Vec<Item>)>,
    pub dice: Dice,
}

/// A chain that is being written.
pub struct Pen {
    pub open: SignedOpen,
    pub tip: Tip,
}

impl Pen {
    /// The Automerge actor of the chain.
    pub fn actor(&self) -> [u8; 32] {
        self.tip.chain.0
    }
}

fn read(store: &Store, dossier: DossierId, compartment: CompartmentId) -> (Chains, Vec<Entry>) {
    let (mut chains, mut log) = (Chains::new(), Vec::new());
    for chain in store.chains(&dossier, &compartment).unwrap() {
        chains.open(SignedOpen::from_bytes(&chain.open).unwrap().open);
    }
    let each = |item: dossier_store::ItemRef<'_>| -> Result<(), dossier_store::StoreError> {
        let header = Header::from_bytes(item.header).unwrap();
        chains.add(&header).unwrap();
        if header.kind == Kind::Operation {
            log.push(Entry {
                position: item.position,
                operation: Operation::from_bytes(item.body.unwrap()).unwrap(),
            });
        }
        Ok(())
    };
    store.each_item(&dossier, &compartment, None, each).unwrap();
    (chains, log)
}

impl Attacker {
    /// Stops the person's program and takes its keys.
    pub async fn from(person: Person) -> Self {
        let plan = crate::scene::plan(&person);
        let id = |name: &str| plan[name].as_str().unwrap().to_owned();
        let dossier = DossierId::from_hex(&id("dossier")).unwrap();
        let compartment = CompartmentId::from_hex(&id("compartment")).unwrap();
        let folder = person.stop().await;
        let key = keyfile::open(&folder.path().join("key.age"), PASSPHRASE).unwrap();
        let store = Store::open(folder.path(), &key).unwrap();
        let device = DeviceSecrets::from_bytes(&store.meta("device").unwrap().unwrap()).unwrap();
        let (part, part_log) = read(&store, dossier, CompartmentId::DOSSIER);
        let owners = Consent::of_dossier(dossier, &part, &part_log);
        let (chains, log) = read(&store, dossier, compartment);
        let consent = Consent::of_compartment(&owners, &chains, &log);
        let identity = device.wrapping_identity().unwrap();
        let keys: Vec<EpochKey> = store
            .loose_of(&dossier, &compartment, 1, Some(device.device().as_bytes()))
            .unwrap()
            .iter()
            .map(|wrap| Wrap::from_bytes(&wrap.bytes).unwrap().open(&identity).unwrap())
            .collect();
        let held: Vec<(SignedOpen, Vec<Item>)> = store
            .chains(&dossier, &compartment)
            .unwrap()
            .iter()
            .map(|chain| {
                let items = store
                    .items_from(&chain.chain, 1, u32::MAX)
                    .unwrap()
                    .into_iter()
                    .map(|stored| Item {
                        header: Header::from_bytes(&stored.header).unwrap(),
                        signature: stored.signature,
                        body: stored.body,
                    });
                (SignedOpen::from_bytes(&chain.open).unwrap(), items.collect())
            })
            .collect();
        let items = held.iter().flat_map(|(_, items)| items);
        let changes = items
            .filter_map(|item| opened(&keys, &item.header, item.body.as_deref()))
            .collect();
        let (grant, _) = consent.grant_for(&device.device()).unwrap();
        Self {
            known: consent.certificates().cloned().collect(),
            dossier,
            compartment,
            grant,
            generation: consent.current_generation().unwrap(),
            epoch: consent.current_epoch().unwrap(),
            keys,
            changes,
            held,
            dice: Dice::new(u64::from(device.device().0[0])),
            device,
        }
    }

    /// What the log says of somebody's device.
    pub fn find(&self, person: &Person) -> Certificate {
        let device = person.ask(Request::Status)["profile"]["device"].clone();
        let found = self.known.iter().find(|one| one.device.to_hex() == device);
        found.expect("a known device").clone()
    }

    /// The plan's document.
    pub fn doc(&self) -> AutoCommit {
        let mut doc = AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint);
        doc.apply_changes(self.changes.clone()).unwrap();
        doc
    }

    pub fn open(&mut self, lane: Lane) -> Open {
        Open {
            dossier: self.dossier,
            compartment: self.compartment,
            generation: if lane == Lane::Doc {
                self.generation
            } else {
                GenerationId::default()
            },
            lane,
            grant: self.grant,
            device: self.device.device(),
            nonce: self.dice.array(),
        }
    }

    /// A new chain of changes to the plan.
    pub fn pen(&mut self) -> Pen {
        let open = self.open(Lane::Doc);
        Pen {
            tip: Tip::start(open.chain()),
            open: open.sign(&self.device.signing_key()),
        }
    }

    /// The next item of a chain with these bytes under the seal, whatever they are.
    pub fn sealed(&mut self, pen: &mut Pen, plain: &[u8]) -> Item {
        let key = self.keys.iter().find(|key| key.epoch() == self.epoch).unwrap();
        let len = u32::try_from(EpochKey::sealed_len(plain.len())).unwrap();
        let header = pen.tip.next(Kind::Change, self.epoch, len);
        let (header, body) = key.seal_item(header, plain, &mut self.dice).unwrap();
        let item = Item::sign(header, body, &self.device.signing_key());
        pen.tip = item.position().into();
        item
    }

    /// The next item of a chain with this change chunk in it.
    pub fn change(&mut self, pen: &mut Pen, chunk: &[u8]) -> Item {
        self.sealed(pen, &pack(chunk))
    }
}

/// The change in an item, if these keys open it.
pub fn opened(keys: &[EpochKey], header: &Header, body: Option<&[u8]>) -> Option<Change> {
    let plain = keys.iter().find_map(|key| key.open_item(header, body?).ok())?;
    let raw = unpack(&plain, &Limits::SUITE_1).ok()?;
    Change::try_from(raw.as_slice()).ok()
}

/// What the other side said to a batch: places in it, with the code of the refusal.
pub type Refused = Vec<(u32, u8)>;

/// Code of a refusal on the wire.
pub const UNWANTED: u8 = 1;
pub const INVALID: u8 = 2;
pub const QUOTA: u8 = 3;

/// Frames by hand on the real protocol.
pub struct Line {
    pub connection: Connection,
    send: SendStream,
    frames: mpsc::UnboundedReceiver<Vec<u8>>,
    /// Everything that the other side ever said.
    pub heard: Vec<Vec<u8>>,
    seq: u64,
    _endpoint: Endpoint,
}

pub async fn endpoint(transport: &[u8; 32]) -> Endpoint {
    Endpoint::builder(presets::Minimal)
        .relay_mode(RelayMode::Disabled)
        .secret_key(SecretKey::from_bytes(transport))
        .clear_ip_transports()
        .bind_addr("127.0.0.1:0".parse::<SocketAddr>().unwrap())
        .unwrap()
        .bind()
        .await
        .unwrap()
}

/// A connection to a program at its own key, on one of its protocols.
pub async fn dial(from: &Endpoint, to: &Certificate, at: SocketAddr, alpn: &[u8]) -> Connection {
    let address = EndpointAddr::new(EndpointId::from_bytes(&to.endpoint.0).unwrap()).with_ip_addr(at);
    timeout(PATIENCE, from.connect(address, alpn)).await.unwrap().unwrap()
}

/// Why the other side ended a connection.
pub async fn ended(connection: &Connection) -> u64 {
    let why = timeout(PATIENCE, connection.closed())
        .await
        .expect("the connection still stands");
    let ConnectionError::ApplicationClosed(close) = why else {
        panic!("ended otherwise: {why}");
    };
    close.error_code.into_inner()
}

/// A frame behind its length.
pub fn framed(frame: &[u8]) -> Vec<u8> {
    let mut out = Bytes::new();
    out.bytes(frame);
    out.finish()
}

/// The next frame; none when the stream ends.
pub async fn read_frame(recv: &mut RecvStream) -> Option<Vec<u8>> {
    let (mut len, mut shift) = (0usize, 0u32);
    loop {
        let mut byte = [0];
        recv.read_exact(&mut byte).await.ok()?;
        len |= usize::from(byte[0] & 0x7f) << shift;
        if byte[0] & 0x80 == 0 {
            break;
        }
        shift += 7;
    }
    let mut frame = vec![0; len];
    recv.read_exact(&mut frame).await.ok()?;
    Some(frame)
}

impl Line {
    /// Connects with a granted device's key and says hello.
    pub async fn dial(attacker: &Attacker, person: &Person, at: SocketAddr) -> Self {
        let mut line = Self::silent(attacker, person, at).await;
        let mut hello = Bytes::new();
        hello.u8(0).u8(VERSION).u8(SUITE).fixed(&attacker.device.device().0);
        line.send(&hello.finish()).await;
        // No dossiers to speak of: whatever is shared is offered.
        line.send(&[1, 0]).await;
        line
    }

    /// Connects and says nothing.
    pub async fn silent(attacker: &Attacker, person: &Person, at: SocketAddr) -> Self {
        let endpoint = endpoint(attacker.device.transport()).await;
        let connection = dial(&endpoint, &attacker.find(person), at, ALPN).await;
        let (send, mut recv) = connection.open_bi().await.unwrap();
        let (heard, frames) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(frame) = read_frame(&mut recv).await {
                if heard.send(frame).is_err() {
                    return;
                }
            }
        });
        Self {
            connection,
            send,
            frames,
            heard: Vec::new(),
            seq: 0,
            _endpoint: endpoint,
        }
    }

    /// One frame. Nothing is said about whether it arrived.
    pub async fn send(&mut self, frame: &[u8]) {
        let _ = self.send.write_all(&framed(frame)).await;
    }

    /// Bytes that need not be a frame.
    pub async fn raw(&mut self, bytes: &[u8]) {
        self.send.write_all(bytes).await.unwrap();
    }

    /// The next frame of a kind.
    pub async fn hear(&mut self, kind: u8) -> Option<Vec<u8>> {
        let wanted = async {
            loop {
                let frame = self.frames.recv().await?;
                self.heard.push(frame.clone());
                if frame.first() == Some(&kind) {
                    return Some(frame);
                }
            }
        };
        timeout(PATIENCE, wanted).await.expect("the other side is silent")
    }

    /// Sends a batch and waits for what becomes of it; none when the connection ends instead.
    pub async fn deliver(
        &mut self,
        place: (DossierId, CompartmentId),
        opens: &[SignedOpen],
        items: &[Item],
        loose: &[Loose],
    ) -> Option<Refused> {
        let seq = self.seq;
        self.seq += 1;
        self.send(&batch(seq, place, opens, items, loose)).await;
        loop {
            let frame = self.hear(6).await?;
            let mut input = Reader::new(&frame[1..]);
            if input.uint().unwrap() == seq {
                input.u8().unwrap();
                return Some(input.list(100_000, |input| Ok((input.u32()?, input.u8()?))).unwrap());
            }
        }
    }
}

/// Beyond what is numbered: the name is written in full.
const UNNUMBERED: u64 = 16_384;

/// A batch with every name in full.
pub fn batch(
    seq: u64,
    (dossier, compartment): (DossierId, CompartmentId),
    opens: &[SignedOpen],
    items: &[Item],
    loose: &[Loose],
) -> Vec<u8> {
    let flag = |empty: bool, bit: u8| if empty { 0 } else { bit };
    let mut out = Bytes::new();
    out.u8(5)
        .uint(seq)
        .u8(1 | flag(opens.is_empty(), 2) | flag(items.is_empty(), 4) | flag(loose.is_empty(), 8));
    out.uint(UNNUMBERED << 1 | 1).uint(UNNUMBERED << 1 | 1);
    out.fixed(&dossier.0).fixed(&compartment.0);
    if !opens.is_empty() {
        out.list(opens, |out, signed| {
            let open = &signed.open;
            let generation = open.generation != GenerationId::default();
            let grant = open.grant != OpId::default();
            out.u8(open.lane.code() | u8::from(generation) << 2 | u8::from(grant) << 3);
            if generation {
                out.fixed(&open.generation.0);
            }
            if grant {
                out.fixed(&open.grant.0);
            }
            out.fixed(&open.device.0).fixed(&open.nonce).fixed(&signed.signature);
        });
    }
    if !items.is_empty() {
        out.list(items, |out, item| {
            let header = &item.header;
            let explicit = header.n > 1;
            out.uint(UNNUMBERED << 2 | u64::from(explicit) << 1 | 1)
                .fixed(&header.chain.0)
                .uint(u64::from(header.n));
            if explicit {
                out.fixed(&header.prev.0);
            }
            let kind = match header.kind {
                Kind::Operation => 0,
                Kind::Change => 1,
                Kind::Record => 2,
                Kind::RecordTo => 3,
            };
            out.uint(1).u8(kind);
            if matches!(header.kind, Kind::Change | Kind::Record) {
                out.uint(UNNUMBERED << 1 | 1).fixed(&header.epoch.0);
            }
            out.fixed(&item.signature).bytes(item.body.as_ref().unwrap());
        });
    }
    if !loose.is_empty() {
        out.list(loose, |out, loose| {
            out.u8(loose.kind).fixed(&loose.about).bytes(&loose.bytes);
        });
    }
    out.finish()
}
