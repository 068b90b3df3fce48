//! Real endpoints on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dossier_sync::driver::{Event, Host, JoinError, JoinStream, Network, NetworkConfig, Relay};
use dossier_sync::protocol::Replica;
use dossier_trust::ids::{ChainId, DeviceId, EndpointKey};
use dossier_trust::item::Lane;
use support::{Key, Memory, device, key};
use tokio::sync::{broadcast, mpsc};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);

struct Home {
    memory: Mutex<Memory>,
    /// Seeds of the devices it knows.
    known: Vec<u8>,
    joiners: mpsc::UnboundedSender<JoinStream>,
}

fn endpoint(seed: u8) -> EndpointKey {
    EndpointKey(
        ed25519_dalek::SigningKey::from_bytes(&[seed + 100; 32])
            .verifying_key()
            .to_bytes(),
    )
}

impl Host for Home {
    fn run(&self, f: &mut dyn FnMut(&mut dyn Replica)) {
        f(&mut *self.memory.lock().unwrap());
    }

    fn known_peer(&self, key: &EndpointKey) -> Option<DeviceId> {
        self.known
            .iter()
            .find(|seed| endpoint(**seed) == *key)
            .map(|seed| device(*seed))
    }

    fn joiner(&self, stream: JoinStream) {
        self.joiners.send(stream).unwrap();
    }
}

struct Node {
    home: Arc<Home>,
    network: Network,
    events: broadcast::Receiver<Event>,
    joiners: mpsc::UnboundedReceiver<JoinStream>,
}

async fn node(seed: u8, known: &[u8], listen: &str, memory: Option<Memory>) -> Node {
    let (joiners, incoming) = mpsc::unbounded_channel();
    let memory = Mutex::new(memory.unwrap_or_else(|| Memory::new(seed)));
    let home = Arc::new(Home {
        memory,
        known: known.to_vec(),
        joiners,
    });
    let config = NetworkConfig {
        secret: [seed + 100; 32],
        device: device(seed),
        listen: Some(listen.parse().unwrap()),
        relay: Relay::None,
        discovery: false,
    };
    let network = Network::start(config, home.clone()).await.unwrap();
    let events = network.events();
    Node {
        home,
        network,
        events,
        joiners: incoming,
    }
}

impl Node {
    fn with<R>(&self, f: impl FnOnce(&mut Memory) -> R) -> R {
        f(&mut self.home.memory.lock().unwrap())
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        self.network.addresses()
    }

    async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        timeout(PATIENCE, async {
            loop {
                match self.events.recv().await {
                    Ok(event) if wanted(&event) => return event,
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        })
        .await
        .expect("the event did not come")
    }

    async fn until_idle(&mut self, with: u8) {
        self.until(|event| *event == Event::Idle { device: device(with) }).await;
    }

    fn open(&self, part: Key) -> ChainId {
        self.with(|memory| memory.open(part, Lane::Doc))
    }

    fn write(&self, part: Key, chain: ChainId, bytes: usize) {
        self.with(|memory| memory.write(chain, vec![4; bytes]));
        self.network.local_change(part.0, part.1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn starts_promptly_without_any_network() {
    let begun = Instant::now();
    let alone = node(1, &[], "127.0.0.1:0", None).await;
    println!("started in {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert!(
        alone
            .addresses()
            .iter()
            .any(|one| one.ip().is_loopback() && one.port() != 0)
    );
    assert_eq!(alone.network.endpoint(), endpoint(1));
    alone.network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn relays_are_an_extra_way_never_a_condition() {
    let (joiners, _keep) = mpsc::unbounded_channel();
    let mut memory = Memory::new(1);
    memory.share(device(2), key(1, 1));
    let home = Arc::new(Home {
        memory: Mutex::new(memory),
        known: vec![2],
        joiners,
    });
    let config = NetworkConfig {
        secret: [101; 32],
        device: device(1),
        listen: Some("127.0.0.1:0".parse().unwrap()),
        relay: Relay::Default,
        discovery: false,
    };
    let begun = Instant::now();
    let with_relay = Network::start(config, home).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    let mut other = node(2, &[1], "127.0.0.1:0", None).await;
    with_relay.connect(endpoint(2), other.addresses()).unwrap();
    other.until(|event| matches!(event, Event::Connected { .. })).await;
    other.network.shutdown().await;
    with_relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_devices_converge_and_a_live_edit_is_there_at_once() {
    let part = key(1, 1);
    let mut a = node(1, &[2], "127.0.0.1:0", None).await;
    let mut b = node(2, &[1, 3], "127.0.0.1:0", None).await;
    let mut c = node(3, &[2], "127.0.0.1:0", None).await;
    for (one, others) in [(&a, &[2u8][..]), (&b, &[1, 3]), (&c, &[2])] {
        others
            .iter()
            .for_each(|other| one.with(|memory| memory.share(device(*other), part)));
    }
    let chain = a.open(part);
    for _ in 0..2_000 {
        a.with(|memory| memory.write(chain, vec![1; 300]));
    }
    a.network.connect(endpoint(2), b.addresses()).unwrap();
    b.network.connect(endpoint(1), a.addresses()).unwrap();
    c.network.connect(endpoint(2), b.addresses()).unwrap();
    a.until_idle(2).await;
    let has = |node: &Node| node.with(|memory| memory.content(&part).len());
    while has(&c) < 2_001 {
        c.until(|event| matches!(event, Event::Progress { .. })).await;
    }
    b.until_idle(3).await;
    assert_eq!(
        a.with(|memory| memory.content(&part)),
        c.with(|memory| memory.content(&part))
    );

    let mut times = Vec::new();
    for at in 0..200 {
        let begun = Instant::now();
        a.write(part, chain, 141);
        while b.with(|memory| memory.items[&chain].len()) < 2_001 + at {
            b.until(|event| matches!(event, Event::Progress { .. })).await;
        }
        times.push(begun.elapsed());
        a.until_idle(2).await;
    }
    times.sort();
    println!("a live item: p50 {:?}, p95 {:?}", times[100], times[190]);
    a.network.shutdown().await;
    b.network.shutdown().await;
    c.network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_peer_is_found_again() {
    let part = key(1, 1);
    let mut a = node(1, &[2], "127.0.0.1:0", None).await;
    let mut b = node(2, &[1], "127.0.0.1:0", None).await;
    a.with(|memory| memory.share(device(2), part));
    b.with(|memory| memory.share(device(1), part));
    let chain = a.open(part);
    let addresses = b.addresses();
    let listen = addresses[0].to_string();
    a.network.connect(endpoint(2), addresses).unwrap();
    b.until(|event| matches!(event, Event::Connected { .. })).await;
    a.until_idle(2).await;
    b.network.shutdown().await;
    a.until(|event| matches!(event, Event::Disconnected { .. })).await;
    a.write(part, chain, 50);
    let mut fresh = Memory::new(2);
    fresh.share(device(1), part);
    drop(b.network);
    drop(b.home);
    let mut again = None;
    for _ in 0..50 {
        // The old socket may take a moment to be let go.
        let (joiners, incoming) = mpsc::unbounded_channel();
        let memory = Mutex::new(std::mem::replace(&mut fresh, Memory::new(2)));
        let home = Arc::new(Home {
            memory,
            known: vec![1],
            joiners,
        });
        let config = NetworkConfig {
            secret: [102; 32],
            device: device(2),
            listen: Some(listen.parse().unwrap()),
            relay: Relay::None,
            discovery: false,
        };
        match Network::start(config, home.clone()).await {
            Ok(network) => {
                let events = network.events();
                again = Some(Node {
                    home,
                    network,
                    events,
                    joiners: incoming,
                });
                break;
            }
            Err(_) => {
                fresh = std::mem::replace(&mut *home.memory.lock().unwrap(), Memory::new(2));
                tokio::task::yield_now().await;
            }
        }
    }
    let again = again.expect("the address was not free again");
    a.until_idle(2).await;
    assert_eq!(
        a.with(|memory| memory.content(&part)),
        again.with(|memory| memory.content(&part))
    );
    assert_eq!(again.with(|memory| memory.content(&part).len()), 2);
    again.network.shutdown().await;
    a.network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_refused_and_learns_nothing() {
    let part = key(1, 1);
    let a = node(1, &[3], "127.0.0.1:0", None).await;
    a.with(|memory| memory.share(device(2), part));
    let chain = a.open(part);
    a.write(part, chain, 50);
    let mut stranger = node(2, &[1], "127.0.0.1:0", None).await;
    stranger.network.connect(endpoint(1), a.addresses()).unwrap();
    let refused = stranger.until(|event| matches!(event, Event::Refused { .. })).await;
    assert_eq!(refused, Event::Refused { endpoint: endpoint(1) });
    assert!(a.network.connected().is_empty());
    assert_eq!(stranger.with(|memory| memory.received), 0);
    a.network.shutdown().await;
    stranger.network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_a_conversation_with_few_strangers_at_once() {
    let within = Duration::from_secs(10);
    let mut a = node(1, &[], "127.0.0.1:0", None).await;
    let guest = node(2, &[], "127.0.0.1:0", None).await;
    let mut knock = guest.network.knock(endpoint(1), &a.addresses()).await.unwrap();
    knock.send(b"may I?", within).await.unwrap();
    let mut door = timeout(PATIENCE, a.joiners.recv()).await.unwrap().unwrap();
    assert_eq!(door.peer(), endpoint(2));
    assert_eq!(door.recv(100, within).await.unwrap(), b"may I?");
    assert!(matches!(
        door.recv(100, Duration::from_millis(20)).await,
        Err(JoinError::TimedOut)
    ));
    door.send(&vec![7; 5_000], within).await.unwrap();
    assert!(matches!(knock.recv(100, within).await, Err(JoinError::TooLong)));

    let mut open = vec![door];
    let mut others = Vec::new();
    for seed in 10..13 {
        let other = node(seed, &[], "127.0.0.1:0", None).await;
        let mut knock = other.network.knock(endpoint(1), &a.addresses()).await.unwrap();
        knock.send(b"me too", within).await.unwrap();
        open.push(timeout(PATIENCE, a.joiners.recv()).await.unwrap().unwrap());
        others.push((other, knock));
    }
    open.iter().for_each(JoinStream::vouch);
    let late = node(20, &[], "127.0.0.1:0", None).await;
    if let Ok(mut knock) = late.network.knock(endpoint(1), &a.addresses()).await {
        // Either the write or the read meets the closed door.
        let _ = knock.send(b"and me", within).await;
        assert!(matches!(knock.recv(100, within).await, Err(JoinError::Lost)));
    }
    drop(open.remove(0));
    let mut knock = late.network.knock(endpoint(1), &a.addresses()).await.unwrap();
    knock.send(b"now?", within).await.unwrap();
    let mut door = timeout(PATIENCE, a.joiners.recv()).await.unwrap().unwrap();
    assert_eq!(door.recv(100, within).await.unwrap(), b"now?");
    door.send(b"yes", within).await.unwrap();
    let (closed, heard) = tokio::join!(door.close(within), knock.recv(100, within));
    closed.unwrap();
    assert_eq!(heard.unwrap(), b"yes");
    a.network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_longest_without_a_ticket_makes_room() {
    let within = Duration::from_secs(10);
    let mut a = node(1, &[], "127.0.0.1:0", None).await;
    let guest = node(2, &[], "127.0.0.1:0", None).await;
    let (mut knocks, mut doors) = (Vec::new(), Vec::new());
    for at in 0..5 {
        let mut knock = guest.network.knock(endpoint(1), &a.addresses()).await.unwrap();
        knock.send(b"me", within).await.unwrap();
        let door = timeout(PATIENCE, a.joiners.recv()).await.unwrap().unwrap();
        if at == 0 {
            door.vouch();
        }
        knocks.push(knock);
        doors.push(door);
    }
    assert!(matches!(knocks[1].recv(100, within).await, Err(JoinError::Lost)));
    for at in [0, 2, 3, 4] {
        doors[at].send(b"yes", within).await.unwrap();
        assert_eq!(knocks[at].recv(100, within).await.unwrap(), b"yes");
    }
    a.network.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_expected_is_called_when_they_do_not_call() {
    let mut a = node(1, &[2], "127.0.0.1:0", None).await;
    let mut b = node(2, &[1], "127.0.0.1:0", None).await;
    a.network.expect(endpoint(2), b.addresses()).unwrap();
    // Nobody calls.
    a.until_idle(2).await;
    b.until_idle(1).await;
    a.network.disconnect(&endpoint(2));
    a.until(|event| matches!(event, Event::Disconnected { .. })).await;

    // They call, and are not called on top of that.
    let mut c = node(3, &[1], "127.0.0.1:0", None).await;
    let mut d = node(1, &[3], "127.0.0.1:0", None).await;
    d.network.expect(endpoint(3), c.addresses()).unwrap();
    c.network.connect(endpoint(1), d.addresses()).unwrap();
    d.until_idle(3).await;
    c.until_idle(1).await;
    let again = timeout(
        Duration::from_millis(1_500),
        c.until(|event| matches!(event, Event::Connected { .. } | Event::Disconnected { .. })),
    );
    assert!(again.await.is_err(), "one connection, which stays");
    assert_eq!(d.network.connected(), [device(3)]);
}
