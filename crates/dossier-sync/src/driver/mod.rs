//! Carrying the frames over iroh.
//!
//! One endpoint per device. Known peers speak [`crate::protocol`] on one stream of one connection; strangers are let
//! in on a second protocol only, a few at a time, to answer an invitation. Nothing here waits for the internet: a
//! relay is an extra way, never a condition.

mod files;
mod framing;
mod handout;
mod join;
mod link;
mod nearby;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dossier_trust::ids::{CompartmentId, DeviceId, DossierId, EndpointKey};
use iroh::endpoint::{
    ConnectingError, Connection, ConnectionError, IdleTimeout, Incoming, QuicTransportConfig, VarInt, presets,
};
use iroh::{Endpoint, EndpointAddr, EndpointId, RelayMode, RelayUrl, SecretKey};
use tokio::sync::{Notify, Semaphore, broadcast, watch};
use tokio::time::timeout;

pub use handout::{Handout, WORDS_ALPN};
use join::Door;
pub use join::{JOIN_ALPN, JoinError, JoinStream};
use link::{Changes, Link, STREAM_TIME};
use nearby::{Nearby, announce};
use swarm_discovery::Peer as Announced;

use crate::protocol::{ALPN, FileId, Piece, Reason, Replica};

pub(crate) const OVER: VarInt = VarInt::from_u32(0);
pub(crate) const STRANGER: VarInt = VarInt::from_u32(1);
pub(crate) const DUPLICATE: VarInt = VarInt::from_u32(2);
pub(crate) const CLOSED: VarInt = VarInt::from_u32(3);

const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// The goodbye is on its way at once; what comes after is waiting for peers that may not be there to hear it.
const CLOSE_TIME: Duration = Duration::from_millis(500);
const DIAL_TIME: Duration = Duration::from_secs(15);
/// Connections whose handshake is under way.
const MAX_HANDSHAKES: usize = 64;
/// Two connections made within this time of each other are one meant twice; later, the older one is dead.
const SIMULTANEOUS: Duration = Duration::from_secs(5);
const FIRST_BACKOFF: Duration = Duration::from_millis(250);
const LAST_BACKOFF: Duration = Duration::from_secs(60);
/// Whoever said that they call has this long before they are called.
const EXPECTED: Duration = Duration::from_secs(1);
/// A vanished peer is noticed within this time.
const IDLE_TIME: Duration = Duration::from_secs(15);
const KEEP_ALIVE: Duration = Duration::from_secs(4);
/// Streams that a peer may open: one for items, one to ask for files.
const STREAMS: VarInt = VarInt::from_u32(2);

/// Help for peers that cannot reach each other directly. A relay sees who talks to whom, never what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Relay {
    /// iroh's public relays and their address lookup.
    #[default]
    Default,
    /// Direct connections only.
    None,
    /// An own relay; everybody who is to be reached over it names the same.
    Url(String),
}

/// How to start.
#[derive(Clone)]
pub struct NetworkConfig {
    /// The device's transport key.
    pub secret: [u8; 32],
    /// The device.
    pub device: DeviceId,
    /// The only address to listen on; without it, all of the machine's.
    pub listen: Option<SocketAddr>,
    /// Relays.
    pub relay: Relay,
    /// Finding known peers in the same network without an address, and being found by them.
    pub discovery: bool,
}

/// Why the network did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The relay's address is not one.
    #[error("not the address of a relay")]
    Relay,
    /// The address to listen on is taken, or not this machine's.
    #[error("cannot listen on this address")]
    Listen(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why a connection was not attempted.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Not an endpoint key.
    #[error("not an endpoint key")]
    Key,
    /// Nobody answered.
    #[error("nobody answered")]
    Unreachable,
}

/// What the program tells the network.
pub trait Host: Send + Sync + 'static {
    /// Runs `f` on the copy, alone. May block for as long as a transaction takes.
    fn run(&self, f: &mut dyn FnMut(&mut dyn Replica));

    /// The device behind an endpoint key; `None` for a stranger, who is refused.
    fn known_peer(&self, endpoint: &EndpointKey) -> Option<DeviceId>;

    /// A stranger answers an invitation. Returns at once: the conversation is another task's.
    fn joiner(&self, stream: JoinStream);

    /// A piece of a file, from this byte on. `None` for a file that is not here, and just so for one that is not for
    /// this peer; asked again for every piece.
    fn piece(&self, _peer: &DeviceId, _id: &FileId, _offset: u64) -> Option<Piece> {
        None
    }

    /// Copies are equal, or the peer got a file: one may be lacking here. True when surely none is, and the peer hears so;
    /// else [`Network::content`] follows. Returns at once.
    fn look(&self, _peer: &DeviceId) -> bool {
        true
    }
}

/// What the network tells the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A known peer is there.
    Connected {
        /// Who.
        device: DeviceId,
        /// Under which key.
        endpoint: EndpointKey,
        /// At which addresses; empty when only a relay reaches it.
        addresses: Vec<SocketAddr>,
    },
    /// A known peer is gone.
    Disconnected {
        /// Who.
        device: DeviceId,
        /// Why, if the conversation was ended on this side for cause.
        reason: Option<Reason>,
    },
    /// Both copies are the same, as far as they are shared.
    Idle {
        /// With whom.
        device: DeviceId,
    },
    /// Items go or come.
    Busy {
        /// With whom.
        device: DeviceId,
        /// About how many are left.
        items_left: u64,
    },
    /// Something new is persisted.
    Progress {
        /// From whom.
        device: DeviceId,
        /// The dossier.
        dossier: DossierId,
        /// The compartment.
        compartment: CompartmentId,
        /// New items and loose things.
        items: u32,
    },
    /// The other side does not know this device.
    Refused {
        /// Who refused.
        endpoint: EndpointKey,
    },
}

#[derive(Debug)]
struct Wanted {
    addresses: Vec<SocketAddr>,
    poke: Arc<Notify>,
}

pub(crate) struct Inner {
    endpoint: Endpoint,
    relay: Option<RelayUrl>,
    pub(crate) reach: Reach,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) me: DeviceId,
    links: Mutex<HashMap<EndpointKey, Link>>,
    wanted: Mutex<HashMap<EndpointKey, Wanted>>,
    events: broadcast::Sender<Event>,
    started: Instant,
    pub(crate) stopping: watch::Sender<bool>,
    door: Arc<Door>,
}

/// Runs what may block without holding up other connections.
pub(crate) fn patient<R>(f: impl FnOnce() -> R) -> R {
    match tokio::runtime::Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(tokio::runtime::RuntimeFlavor::MultiThread) => tokio::task::block_in_place(f),
        _ => f(),
    }
}

impl Inner {
    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn tell(&self, event: Event) {
        // Nobody may be listening.
        let _ = self.events.send(event);
    }

    /// Both sides decide alike which of two connections stays: the one that the smaller key dialled, unless the
    /// other stood long enough for a peer to dial anew only because it lost it.
    pub(crate) fn register(&self, peer: EndpointKey, link: Link) -> bool {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = links.get(&peer) {
            let me = *self.endpoint.id().as_bytes();
            let preferred = link.dialled == (me < peer.0);
            if old.dialled != link.dialled && old.since.elapsed() < SIMULTANEOUS && !preferred {
                return false;
            }
            old.connection.close(DUPLICATE, b"");
        }
        links.insert(peer, link);
        true
    }

    /// False when another connection took its place.
    pub(crate) fn unregister(&self, peer: &EndpointKey, id: usize) -> bool {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = links.get(peer).is_some_and(|link| link.id == id);
        let gone = if ours { links.remove(peer) } else { None };
        drop(links);
        // Whoever dialled this connection is already there to dial again, at its own pace.
        if gone.is_some_and(|link| !link.dialled)
            && let Some(wanted) = self.wanted.lock().unwrap_or_else(PoisonError::into_inner).get(peer)
        {
            wanted.poke.notify_one();
        }
        ours
    }

    fn linked(&self, peer: &EndpointKey) -> bool {
        self.links
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(peer)
    }

    pub(crate) fn each_other(&self, except: usize, tell: impl Fn(&Changes)) {
        for link in self.links.lock().unwrap_or_else(PoisonError::into_inner).values() {
            if link.id != except {
                tell(&link.changes);
            }
        }
    }

    fn address(&self, peer: &EndpointKey, addresses: &[SocketAddr]) -> Result<EndpointAddr, ConnectError> {
        let id = EndpointId::from_bytes(&peer.0).map_err(|_| ConnectError::Key)?;
        let mut address = EndpointAddr::new(id);
        for one in addresses {
            address = address.with_ip_addr(*one);
        }
        if let Some(relay) = &self.relay {
            address = address.with_relay_url(relay.clone());
        }
        Ok(address)
    }

    async fn dial(
        &self,
        peer: &EndpointKey,
        addresses: &[SocketAddr],
        alpn: &[u8],
    ) -> Result<Connection, ConnectError> {
        let address = self.address(peer, addresses)?;
        match timeout(DIAL_TIME, self.endpoint.connect(address, alpn)).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => {
                // A refusal may arrive before the handshake is over on this side.
                use iroh::endpoint::ConnectError::{Connecting, Connection};
                let refused = if let Connection { source, .. }
                | Connecting {
                    source: ConnectingError::ConnectionError { source, .. },
                    ..
                } = &error
                {
                    is_refusal(source)
                } else {
                    false
                };
                if refused {
                    self.tell(Event::Refused { endpoint: *peer });
                }
                Err(ConnectError::Unreachable)
            }
            Err(_) => Err(ConnectError::Unreachable),
        }
    }

    /// Keeps a wanted peer connected, after it had a while to call by itself.
    async fn keep(self: Arc<Self>, peer: EndpointKey, poke: Arc<Notify>, first: Duration) {
        let mut stopping = self.stopping.subscribe();
        let mut backoff = FIRST_BACKOFF;
        if !first.is_zero() {
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return,
                () = poke.notified() => {}
                () = tokio::time::sleep(first) => {}
            }
        }
        loop {
            let addresses = match self.wanted.lock().unwrap_or_else(PoisonError::into_inner).get(&peer) {
                Some(wanted) if Arc::ptr_eq(&wanted.poke, &poke) => wanted.addresses.clone(),
                _ => return,
            };
            let wait = if self.linked(&peer) {
                LAST_BACKOFF
            } else {
                let dialled = tokio::select! {
                    _ = stopping.wait_for(|stop| *stop) => return,
                    dialled = self.dial(&peer, &addresses, ALPN) => dialled,
                };
                let heard = match dialled {
                    Ok(connection) => link::run(&self, connection, true).await,
                    Err(_) => false,
                };
                backoff = if heard {
                    FIRST_BACKOFF
                } else {
                    (backoff * 2).min(LAST_BACKOFF)
                };
                backoff
            };
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return,
                () = poke.notified(), if wait > FIRST_BACKOFF => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Tells this network of the device, and calls whoever of the wanted is heard there.
    async fn look_around(self: Arc<Self>, nearby: Arc<Nearby>) {
        let mut stopping = self.stopping.subscribe();
        let inner = Arc::clone(&self);
        let hears = Arc::new(move |alias: &str, announced: &Announced| {
            let Some(heard) = nearby.hears(alias, announced) else {
                return;
            };
            let wanted = inner.wanted.lock().unwrap_or_else(PoisonError::into_inner);
            for (peer, wanted) in wanted.iter() {
                if heard.is_of(peer) && !inner.linked(peer) {
                    wanted.poke.notify_one();
                }
            }
        });
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => {}
            () = announce(&self.endpoint, hears) => {}
        }
    }

    async fn accept(self: Arc<Self>) {
        let handshakes = Arc::new(Semaphore::new(MAX_HANDSHAKES));
        while let Some(incoming) = self.endpoint.accept().await {
            let Ok(place) = Arc::clone(&handshakes).try_acquire_owned() else {
                incoming.refuse();
                continue;
            };
            let inner = Arc::clone(&self);
            tokio::spawn(async move {
                let connection = handshake(incoming).await;
                drop(place);
                let Some(connection) = connection else { return };
                if connection.alpn() == JOIN_ALPN {
                    inner.stranger(connection).await;
                } else {
                    link::run(&inner, connection, false).await;
                }
            });
        }
    }

    async fn stranger(&self, connection: Connection) {
        let Some(place) = self.door.enter(&connection) else {
            connection.close(STRANGER, b"");
            return;
        };
        let Ok(Ok((send, recv))) = timeout(STREAM_TIME, connection.accept_bi()).await else {
            connection.close(STRANGER, b"");
            return;
        };
        let peer = EndpointKey(*connection.remote_id().as_bytes());
        self.host.joiner(JoinStream {
            connection,
            send,
            recv,
            peer,
            place: Some(place),
        });
    }
}

/// The other side does not know this device.
pub(crate) fn is_refusal(reason: &ConnectionError) -> bool {
    matches!(reason, ConnectionError::ApplicationClosed(close) if close.error_code == STRANGER)
}

async fn handshake(incoming: Incoming) -> Option<Connection> {
    let accepting = incoming.accept().ok()?;
    timeout(HANDSHAKE_TIME, accepting).await.ok()?.ok()
}

/// How far an endpoint of this device reaches.
pub(crate) struct Reach {
    pub(crate) listen: Option<SocketAddr>,
    relay: Relay,
    url: Option<RelayUrl>,
    /// None: nobody is looked for in this network, and nothing is announced.
    pub(crate) nearby: Option<Arc<Nearby>>,
}

impl Reach {
    pub(crate) async fn endpoint(
        &self,
        secret: &[u8; 32],
        listen: Option<SocketAddr>,
        alpns: Vec<Vec<u8>>,
    ) -> Result<Endpoint, StartError> {
        let builder = match (&self.relay, &self.url) {
            (Relay::Default, _) => Endpoint::builder(presets::N0),
            (_, Some(url)) => Endpoint::builder(presets::Minimal).relay_mode(RelayMode::custom([url.clone()])),
            (_, None) => Endpoint::builder(presets::Minimal).relay_mode(RelayMode::Disabled),
        };
        let mut transport = QuicTransportConfig::builder()
            .keep_alive_interval(KEEP_ALIVE)
            .max_concurrent_bidi_streams(STREAMS)
            .max_concurrent_uni_streams(VarInt::from_u32(0));
        if let Ok(idle) = IdleTimeout::try_from(IDLE_TIME) {
            transport = transport.max_idle_timeout(Some(idle));
        }
        let mut builder = builder
            .secret_key(SecretKey::from_bytes(secret))
            .alpns(alpns)
            .transport_config(transport.build());
        if let Some(listen) = listen {
            builder = builder
                .clear_ip_transports()
                .bind_addr(listen)
                .map_err(|error| StartError::Listen(error.into()))?;
        }
        let endpoint = builder.bind().await.map_err(|error| StartError::Listen(error.into()))?;
        if let (Some(nearby), Ok(lookup)) = (&self.nearby, endpoint.address_lookup()) {
            lookup.add(Arc::clone(nearby));
        }
        Ok(endpoint)
    }
}

/// Where an endpoint can be reached directly.
pub(crate) fn bound_addresses(endpoint: &Endpoint) -> Vec<SocketAddr> {
    let bound = endpoint.bound_sockets();
    let mut all: Vec<SocketAddr> = bound.into_iter().filter(|one| !one.ip().is_unspecified()).collect();
    all.extend(endpoint.addr().ip_addrs().copied());
    all.sort_unstable();
    all.dedup();
    all
}

/// The device in the network.
pub struct Network {
    inner: Arc<Inner>,
}

impl Network {
    /// Listens, and is ready. Works with no network at all.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: NetworkConfig, host: Arc<dyn Host>) -> Result<Self, StartError> {
        let relay: Option<RelayUrl> = match &config.relay {
            Relay::Url(url) => Some(url.parse().map_err(|_| StartError::Relay)?),
            Relay::Default | Relay::None => None,
        };
        let reach = Reach {
            listen: config.listen,
            relay: config.relay,
            url: relay.clone(),
            nearby: config.discovery.then(Arc::default),
        };
        let alpns = vec![ALPN.to_vec(), JOIN_ALPN.to_vec()];
        let endpoint = reach.endpoint(&config.secret, config.listen, alpns).await?;
        let inner = Arc::new(Inner {
            endpoint,
            relay,
            reach,
            host,
            me: config.device,
            links: Mutex::default(),
            wanted: Mutex::default(),
            events: broadcast::channel(1_024).0,
            started: Instant::now(),
            stopping: watch::channel(false).0,
            door: Arc::default(),
        });
        tokio::spawn(Arc::clone(&inner).accept());
        if let Some(nearby) = inner.reach.nearby.clone() {
            tokio::spawn(Arc::clone(&inner).look_around(nearby));
        }
        Ok(Self { inner })
    }

    /// The own endpoint key.
    #[must_use]
    pub fn endpoint(&self) -> EndpointKey {
        EndpointKey(*self.inner.endpoint.id().as_bytes())
    }

    /// Where this device can be reached directly, for tickets and for peers to remember.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        bound_addresses(&self.inner.endpoint)
    }

    /// What happens from now on. A listener that lags misses events, not data.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }

    /// Keeps a connection to a known peer, now and whenever it is lost. Repeating it tries again at once.
    ///
    /// # Errors
    /// [`ConnectError::Key`].
    pub fn connect(&self, peer: EndpointKey, addresses: Vec<SocketAddr>) -> Result<(), ConnectError> {
        self.want(peer, addresses, Duration::ZERO)
    }

    /// As [`Self::connect`], for a peer that is about to call: two connections at once are one too many, and the one that
    /// goes takes along what was under way on it.
    ///
    /// # Errors
    /// [`ConnectError::Key`].
    pub fn expect(&self, peer: EndpointKey, addresses: Vec<SocketAddr>) -> Result<(), ConnectError> {
        self.want(peer, addresses, EXPECTED)
    }

    fn want(&self, peer: EndpointKey, addresses: Vec<SocketAddr>, first: Duration) -> Result<(), ConnectError> {
        self.inner.address(&peer, &[])?;
        let mut wanted = self.inner.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = wanted.get_mut(&peer) {
            known.addresses = addresses;
            known.poke.notify_one();
            return Ok(());
        }
        let poke = Arc::new(Notify::new());
        wanted.insert(
            peer,
            Wanted {
                addresses,
                poke: Arc::clone(&poke),
            },
        );
        tokio::spawn(Arc::clone(&self.inner).keep(peer, poke, first));
        Ok(())
    }

    /// Lets go of a peer, and does not come back to it. It may still connect.
    pub fn disconnect(&self, peer: &EndpointKey) {
        let wanted = self
            .inner
            .wanted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(peer);
        if let Some(link) = self
            .inner
            .links
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(peer)
        {
            link.connection.close(OVER, b"");
        }
        if let Some(wanted) = wanted {
            wanted.poke.notify_one();
        }
    }

    fn each_link<R>(&self, look: impl Fn(&Link) -> Option<R>) -> Vec<R> {
        let links = self.inner.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.values().filter_map(look).collect()
    }

    /// The devices that are connected.
    #[must_use]
    pub fn connected(&self) -> Vec<DeviceId> {
        self.each_link(|link| Some(link.device))
    }

    /// Connected peers whose copies are equal to ours, as far as they are shared, with nothing under way, no file either.
    pub fn quiet(&self) -> Vec<DeviceId> {
        self.each_link(|link| (link.changes.quiet() && link.files.quiet()).then_some(link.device))
    }

    /// The own copy of a compartment grew: connected peers hear of it at once.
    pub fn local_change(&self, dossier: DossierId, compartment: CompartmentId) {
        self.inner
            .each_other(usize::MAX, |changes| changes.local(dossier, compartment));
    }

    /// Who shares what of a dossier may have changed.
    pub fn sharing_changed(&self, dossier: DossierId) {
        self.inner.each_other(usize::MAX, |changes| changes.sharing(dossier));
    }

    /// Knocks at the device of somebody who gave out an invitation. Who knocks speaks first.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn knock(&self, peer: EndpointKey, addresses: &[SocketAddr]) -> Result<JoinStream, ConnectError> {
        let connection = self.inner.dial(&peer, addresses, JOIN_ALPN).await?;
        let stream = timeout(STREAM_TIME, connection.open_bi())
            .await
            .map_err(|_| ConnectError::Unreachable)?;
        let (send, recv) = stream.map_err(|_| ConnectError::Unreachable)?;
        Ok(JoinStream {
            connection,
            send,
            recv,
            peer,
            place: None,
        })
    }

    /// Ends every connection and stops listening.
    pub async fn shutdown(&self) {
        self.inner.stopping.send_replace(true);
        self.inner.wanted.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let _ = timeout(CLOSE_TIME, self.inner.endpoint.close()).await;
    }
}
