//! Meeting others: the conversation of an invitation, and keeping known peers up to date.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, Weak};
use std::time::{Duration, Instant};

use dossier_store::Peer;
use dossier_sync::driver::{Event as NetEvent, Host, JoinStream, Network, NetworkConfig, Relay, StartError};
use dossier_sync::protocol::{FileId, Piece, Replica};
use dossier_trust::codec::Reader;
use dossier_trust::identity::Certificate;
use dossier_trust::ids::{DeviceId, DossierId, EndpointKey, ItemHash, PrincipalId};
use dossier_trust::introduction::Introduction;
use dossier_trust::invitation;
use dossier_trust::team::Greeting;
use tokio::sync::{OwnedRwLockReadGuard, mpsc, oneshot};

use crate::app::{App, Inner};
use crate::attachments::fetch_behind;
use crate::clock::stored_ms;
use crate::contract::{Event, Fault, FaultCode};
use crate::home::Home;
use crate::invitation::{Answered, Turned};

/// How far this program reaches.
#[derive(Debug, Clone)]
pub struct Reach {
    /// The only address to listen on; without it, all of the machine's.
    pub listen: Option<SocketAddr>,
    /// Relays.
    pub relay: Relay,
    /// Finding peers in the same house without an address.
    pub discovery: bool,
}

/// Somebody who answered an invitation and waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Name of the ticket (hex).
    pub ticket: String,
    /// Name that they gave.
    pub name: String,
    /// Twelve digits.
    pub code: String,
}

/// What the resident says to a pending answer.
#[derive(Debug, Clone)]
pub enum Confirmation {
    /// The digits that the other read out.
    Code(String),
    /// Nobody compared anything; the log says so.
    NotCompared,
}

/// What came of a round of sync.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct SyncReport {
    /// Names or keys of those who are up to date now.
    pub reached: Vec<String>,
    /// … of those who did not answer.
    pub unreached: Vec<String>,
    /// … of those with whom this device was still exchanging when time was up.
    pub busy: Vec<Exchanging>,
    /// Attachments were still on their way.
    pub files: bool,
    /// Nothing was left to send or receive with anybody reached.
    pub idle: bool,
}

/// Somebody with whom items were still on their way.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Exchanging {
    /// Name or key.
    pub name: String,
    /// About how many items were left, as they said last.
    pub left: u64,
}

pub(crate) struct Online {
    pub(crate) network: Arc<Network>,
}

/// The resident's word on a joiner, and a hold on the network until the joiner has heard it.
struct Decision {
    granted: bool,
    _until_heard: Option<OwnedRwLockReadGuard<()>>,
}

pub(crate) struct PendingJoin {
    answered: Answered,
    code: String,
    decision: Option<oneshot::Sender<Decision>>,
}

pub(crate) const MEMBER_REFUSED: u8 = 0;
pub(crate) const MEMBER_TERMS: u8 = 1;
pub(crate) const MEMBER_GRANTED: u8 = 2;
/// Longest wait for a joiner to hear the resident's word before the network ends.
const FAREWELL: Duration = Duration::from_secs(2);
pub(crate) const STEP: Duration = Duration::from_secs(20);
/// Longest wait for somebody to be told of this device before others are turned to; behind that it goes on from the start
/// of the network.
const GREETING: Duration = Duration::from_secs(3);
/// Two people may talk for a while before they compare a code.
const DECISION: Duration = Duration::from_secs(3600);
pub(crate) const MAX_MESSAGE: usize = 128 * 1024;
pub(crate) const MAX_ADDRESSES: usize = 16;
const META_PORT: &str = "port";
/// After the last thing that happened, this long must be quiet while somebody is still unreached …
const QUIET: Duration = Duration::from_millis(2500);
/// … and this long when everybody was met.
const SETTLED: Duration = Duration::from_millis(120);
const LOOK: Duration = Duration::from_millis(20);
/// Longest wait for the port of last time.
const PORT_FREE: Duration = Duration::from_secs(3);
/// What was taken on its author's word is judged when nothing else happened for so long.
const BEHIND: Duration = Duration::from_millis(300);

/// How often it is looked at whether a day has come: ends of access and of what was erased are days.
const TURN: Duration = Duration::from_secs(60 * 60);

impl Host for Inner {
    fn run(&self, f: &mut dyn FnMut(&mut dyn Replica)) {
        let mut slot = self.slot();
        let Some(home) = slot.as_mut() else { return };
        match home.replica() {
            Ok(replica) => f(replica),
            Err(fault) => tracing::error!(code = ?fault.code, "the copy cannot be read"),
        }
        let unsettled = !home.unsettled.is_empty();
        drop(slot);
        if unsettled {
            self.wake();
        }
    }

    fn known_peer(&self, endpoint: &EndpointKey) -> Option<DeviceId> {
        let mut slot = self.slot();
        let home = slot.as_mut()?;
        let peers = home.store.peers().ok()?;
        if let Some(peer) = peers.into_iter().find(|peer| peer.endpoint == *endpoint) {
            return Some(peer.device);
        }
        // Somebody whom only a log names: a colleague of a team, a helper of the same dossier.
        home.replica().ok()?;
        home.dossiers
            .values()
            .flat_map(|dossier| std::iter::once(&dossier.part).chain(dossier.compartments.values()))
            .flat_map(|compartment| compartment.consent.certificates())
            .find(|certificate| certificate.endpoint == *endpoint)
            .map(|certificate| certificate.device)
    }

    fn piece(&self, peer: &DeviceId, id: &FileId, offset: u64) -> Option<Piece> {
        self.give_piece(peer, id, offset)
    }

    fn look(&self, _peer: &DeviceId) -> bool {
        self.fetching.look();
        false
    }

    fn joiner(&self, stream: JoinStream) {
        let Some(inner) = self.me.upgrade() else { return };
        tokio::spawn(async move {
            if let Err(fault) = inner.attend(stream).await {
                tracing::debug!(code = ?fault.code, "a joiner was not let in");
            }
        });
    }
}

impl Inner {
    /// One joiner, from knock to end.
    async fn attend(&self, mut stream: JoinStream) -> Result<(), Fault> {
        let unreachable = |_| Fault::new(FaultCode::NotReachable);
        let knock = stream.recv(MAX_MESSAGE, STEP).await.map_err(unreachable)?;
        if Introduction::is_one(&knock) {
            return self.attend_return(stream, &knock).await;
        }
        if Greeting::is_one(&knock) {
            return self.attend_colleague(stream, &knock).await;
        }
        let from = stream.peer();
        let opened = self.with_home(|home| home.knocked(&knock, &from))?;
        let (ticket, terms) = match opened {
            Ok(opened) => {
                stream.vouch();
                opened
            }
            Err(turned) => {
                let _ = stream
                    .send(&message(MEMBER_REFUSED, turned.word().as_bytes()), STEP)
                    .await;
                let _ = stream.close(STEP).await;
                return Ok(());
            }
        };
        stream
            .send(&message(MEMBER_TERMS, &terms), STEP)
            .await
            .map_err(unreachable)?;
        // The joiner fills in a card first.
        let answer = stream.recv(MAX_MESSAGE, DECISION).await.map_err(unreachable)?;
        let (file, addresses) = read_answer(&answer)?;
        let answered = self.with_home(|home| home.answered(&ticket, &file, Some(from)));
        let answered = match answered {
            Ok(answered) => answered,
            Err(fault) => return refuse(stream, fault).await,
        };
        let joiner = answered.join.joiner.clone();
        let called = answered.card.name.clone();
        // Not before the resident's yes: until then they are a stranger.
        let remember = || self.with_home(|home| home.remember_addresses(&joiner, &called, &addresses));
        if self.with_home(|home| home.is_granted(&ticket))? {
            remember()?;
            let word = self.with_home(|home| home.welcoming(&ticket))?;
            let _ = stream.send(&word, STEP).await;
            let _ = stream.close(STEP).await;
            return Ok(());
        }
        let name = ItemHash(ticket.hash()).to_hex();
        let decision = match self.put_pending(answered) {
            Ok(decision) => decision,
            Err(fault) => return refuse(stream, fault).await,
        };
        // The resident may have said yes to the answer of last time while this one was on its way.
        // Lives until the joiner has heard it.
        let spoken;
        let granted = if self.with_home(|home| home.is_granted(&ticket))? {
            self.pending
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&name);
            true
        } else {
            spoken = tokio::time::timeout(DECISION, decision).await.ok().and_then(Result::ok);
            spoken.as_ref().is_some_and(|decision| decision.granted)
        };
        let word = if granted {
            self.with_home(|home| home.welcoming(&ticket))?
        } else {
            message(MEMBER_REFUSED, Turned::Refused.word().as_bytes())
        };
        let _ = stream.send(&word, STEP).await;
        if granted {
            remember()?;
            // They call as soon as they have heard it.
            if let Ok(network) = self.network() {
                let _ = network.expect(from, addresses);
            }
        }
        let _ = stream.close(STEP).await;
        Ok(())
    }

    /// A word on a joiner, which [`App::offline`] lets them hear before the network ends.
    fn decided(&self, granted: bool) -> Decision {
        Decision {
            granted,
            _until_heard: Arc::clone(&self.farewell).try_read_owned().ok(),
        }
    }

    /// Keeps an answer, and who waits for it. Whoever reads that the ticket was answered can already say yes to it.
    fn put_pending(&self, answered: Answered) -> Result<oneshot::Receiver<Decision>, Fault> {
        let code = tokio::task::block_in_place(|| answered.code());
        let ticket = ItemHash(answered.ticket.hash()).to_hex();
        let (decide, decision) = oneshot::channel();
        let event = Event::Joining {
            ticket: ticket.clone(),
            name: answered.card.name.clone(),
            code: code.clone(),
        };
        {
            let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            self.with_home(|home| home.take_answer(&answered))?;
            let entry = PendingJoin {
                answered,
                code,
                decision: Some(decide),
            };
            pending.insert(ticket, entry);
        }
        self.with_home(|home| {
            home.tell(event);
            Ok(())
        })?;
        Ok(decision)
    }

    /// Where others can reach this program now; nothing while it is offline.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let online = self.online.lock().unwrap_or_else(PoisonError::into_inner);
        let addresses = online.as_ref().map(|online| online.network.addresses());
        addresses.unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    /// Says no to whoever waits with this ticket.
    pub(crate) fn turn_away(&self, ticket: &str) {
        self.on_offer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(ticket);
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(decide) = pending.remove(ticket).and_then(|entry| entry.decision) {
            let _ = decide.send(self.decided(false));
        }
    }

    /// The network, while there is one.
    ///
    /// # Errors
    /// [`FaultCode::Invalid`] while this program is offline.
    pub(crate) fn network(&self) -> Result<Arc<Network>, Fault> {
        let online = self.online.lock().unwrap_or_else(PoisonError::into_inner);
        let network = online.as_ref().map(|online| Arc::clone(&online.network));
        network.ok_or_else(|| Fault::invalid("offline"))
    }

    /// Wakes the task that settles debts and tells the network.
    pub(crate) fn wake(&self) {
        let _ = self.wake.send(());
    }

    /// Tells the network what changed. Cheap; called right after every local step.
    pub(crate) fn announce(&self) {
        let (touched, shared_anew) = {
            let mut slot = self.slot();
            let Some(home) = slot.as_mut() else { return };
            (std::mem::take(&mut home.touched), std::mem::take(&mut home.shared_anew))
        };
        let online = self.online.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(online) = online.as_ref() {
            for (dossier, compartment) in touched {
                online.network.local_change(dossier, compartment);
            }
            for dossier in shared_anew {
                online.network.sharing_changed(dossier);
            }
        }
    }

    /// Settles what this device owes in dossiers that changed. True when that made something new.
    fn settle_all(&self, dossiers: &BTreeSet<DossierId>) -> bool {
        let settled = self.with_home(|home| {
            let before = home.touched.len() + home.shared_anew.len();
            for dossier in dossiers {
                home.settle(dossier)?;
            }
            Ok(home.touched.len() + home.shared_anew.len() > before)
        });
        settled.unwrap_or_else(|fault| {
            tracing::error!(code = ?fault.code, "settling failed");
            false
        })
    }

    /// Something is shown that was not judged yet.
    fn shows_unjudged(&self) -> bool {
        let slot = self.slot();
        slot.as_ref().is_some_and(|home| {
            let mut dossiers = home.dossiers.values();
            dossiers.any(|dossier| dossier.compartments.values().any(|compartment| !compartment.judged))
        })
    }

    /// Judges what is only shown so far, and deals with what comes of it.
    fn judge_behind(&self) {
        let judged = self.with_home(|home| {
            let dossiers: Vec<DossierId> = home.dossiers.keys().copied().collect();
            for dossier in &dossiers {
                home.judged(dossier)?;
                home.rest_on_checkpoints(dossier)?;
            }
            Ok(())
        });
        if let Err(fault) = judged {
            tracing::error!(code = ?fault.code, "judging failed");
        }
        self.announce();
    }

    /// Has everything looked at again that a day that has come may make due.
    fn look_at_the_clock(&self) {
        if let Some(home) = self.slot().as_mut() {
            let open: Vec<DossierId> = home.dossiers.keys().copied().collect();
            home.unsettled.extend(open);
        }
    }

    /// Settles what changed since the last time. Whoever announces a step in between takes nothing from this.
    fn settle_touched(&self) {
        let dossiers = self.slot().as_mut().map(|home| std::mem::take(&mut home.unsettled));
        self.settle_all(&dossiers.unwrap_or_default());
        self.announce();
    }
}

/// Settles whenever something arrived, for as long as the program lives: it must not be what keeps it alive. What is
/// only shown so far is judged when it has been quiet for a moment.
pub(crate) async fn settle_on_wake(inner: Weak<Inner>, mut woken: mpsc::UnboundedReceiver<()>) {
    let mut shown = false;
    loop {
        let patience = if shown { BEHIND } else { TURN };
        let next = tokio::time::timeout(patience, woken.recv()).await;
        let Some(inner) = inner.upgrade() else { return };
        match next {
            Ok(None) => return,
            Ok(Some(())) => {
                while woken.try_recv().is_ok() {}
                shown = tokio::task::block_in_place(|| {
                    inner.settle_touched();
                    inner.shows_unjudged()
                });
            }
            Err(_) if shown => {
                shown = false;
                tokio::task::block_in_place(|| inner.judge_behind());
            }
            Err(_) => tokio::task::block_in_place(|| {
                inner.look_at_the_clock();
                inner.settle_touched();
            }),
        }
    }
}

impl App {
    /// Starts listening. Nothing here waits for the internet.
    ///
    /// # Errors
    /// [`FaultCode::NoProfile`]; [`FaultCode::Invalid`] for an address that cannot be listened on.
    pub async fn go_online(&self, reach: Reach) -> Result<Vec<SocketAddr>, Fault> {
        let inner = self.inner();
        let (secret, device, port) = inner.with_home(|home| {
            let port = home
                .store
                .meta(META_PORT)?
                .and_then(|bytes| Some(u16::from_be_bytes(bytes.as_slice().try_into().ok()?)));
            let me = home.me()?;
            Ok((*me.device.transport(), me.id(), port))
        })?;
        let start = |listen| {
            let config = NetworkConfig {
                secret,
                device,
                listen,
                relay: reach.relay.clone(),
                discovery: reach.discovery,
            };
            Network::start(config, inner.clone() as Arc<dyn Host>)
        };
        // The port of last time, so that those who remember an address find us again.
        let remembered = match (reach.listen, port) {
            (Some(listen), Some(port)) if listen.port() == 0 => Some(SocketAddr::new(listen.ip(), port)),
            _ => None,
        };
        let patience = Instant::now() + PORT_FREE;
        let mut first = None;
        while let Some(listen) = remembered {
            match start(Some(listen)).await {
                Ok(network) => first = Some(network),
                // The program of a moment ago may still be letting go of it; on another port nobody would find this one.
                Err(StartError::Listen(_)) if Instant::now() < patience => {
                    tokio::time::sleep(LOOK).await;
                    continue;
                }
                Err(_) => {}
            }
            break;
        }
        let network = match first {
            Some(network) => network,
            None => start(reach.listen)
                .await
                .map_err(|error| Fault::invalid(format!("--listen: {error}")))?,
        };
        let addresses = network.addresses();
        if let Some(port) = addresses.first().map(SocketAddr::port) {
            inner.with_home(|home| {
                home.store
                    .transact::<_, Fault>(|tx| Ok(tx.set_meta(META_PORT, &port.to_be_bytes())?))
            })?;
        }
        tokio::spawn(watch_network(Arc::downgrade(inner), network.events()));
        inner.load_waiting()?;
        let network = Arc::new(network);
        let fetching = fetch_behind(Arc::downgrade(inner), Arc::downgrade(&network), inner.fetching_wakes());
        tokio::spawn(fetching);
        *inner.online.lock().unwrap_or_else(PoisonError::into_inner) = Some(Online { network });
        inner.came_online.notify_waiters();
        self.connect_all(|_| false)?;
        inner.look_at_the_clock();
        inner.wake();
        let program = Arc::downgrade(inner);
        tokio::spawn(async move {
            if let Some(inner) = program.upgrade() {
                let program = Self::from(inner);
                program.introduce_all(STEP).await;
                program.greet_colleagues(STEP).await;
            }
        });
        Ok(addresses)
    }

    /// Stops the network in good order and keeps the documents.
    pub async fn offline(&self) {
        let online = self
            .inner()
            .online
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let offers = std::mem::take(&mut *self.inner().on_offer.lock().unwrap_or_else(PoisonError::into_inner));
        drop(offers);
        if let Some(online) = online {
            let _ = tokio::time::timeout(FAREWELL, self.inner().farewell.write()).await;
            online.network.shutdown().await;
            // Conversations that were under way end here; the answers lie in the store, and still wait.
            self.inner()
                .pending
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clear();
        }
        let _ = self.inner().with_home(|home| {
            let ids: Vec<DossierId> = home.dossiers.keys().copied().collect();
            ids.iter().try_for_each(|id| home.save_documents(id))
        });
    }

    /// Looks for every known peer; those that are wanted, by device, with their names.
    fn connect_all(&self, wanted: impl Fn(&Peer) -> bool) -> Result<BTreeMap<DeviceId, String>, Fault> {
        let inner = self.inner();
        let peers = inner.with_home(|home| {
            let me = home.me()?.id();
            Ok(home
                .store
                .peers()?
                .into_iter()
                .filter(|peer| peer.device != me)
                .collect::<Vec<_>>())
        })?;
        let online = inner.online.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(online) = online.as_ref() else {
            return Ok(BTreeMap::new());
        };
        let mut names = BTreeMap::new();
        for peer in peers {
            let addresses = parse_addresses(&peer.addresses);
            // An endpoint key that is none cannot be dialled; it may still dial us.
            let _ = online.network.connect(peer.endpoint, addresses);
            if wanted(&peer) {
                names.insert(peer.device, peer.name.unwrap_or_else(|| peer.device.to_hex()));
            }
        }
        Ok(names)
    }

    /// Connects to every known peer and waits until nothing is left to send or receive.
    ///
    /// # Errors
    /// [`FaultCode::Invalid`] before [`Self::go_online`].
    pub async fn sync(&self, within: Duration) -> Result<SyncReport, Fault> {
        // Whoever takes longer is greeted behind this, from the start of the network on. Somebody who waits for one device
        // alone is not kept from it by colleagues who are not there.
        self.greet_colleagues(within.min(GREETING)).await;
        self.sync_with(|_| true, within).await
    }

    /// As [`Self::sync`], waiting only for one person: by person id, in any dossier.
    ///
    /// # Errors
    /// As [`Self::sync`].
    pub async fn sync_with_person(&self, person: &str, within: Duration) -> Result<SyncReport, Fault> {
        let principals: BTreeSet<PrincipalId> = self.inner().with_home(|home| {
            let dossiers = home.dossiers.values();
            Ok(dossiers.flat_map(|dossier| dossier.principals_of(person)).collect())
        })?;
        self.sync_with(|peer| principals.contains(&peer.principal), within)
            .await
    }

    /// As [`Self::sync`], waiting only for one device.
    ///
    /// # Errors
    /// As [`Self::sync`].
    pub(crate) async fn sync_with_device(&self, device: DeviceId, within: Duration) -> Result<SyncReport, Fault> {
        self.sync_with(|peer| peer.device == device, within).await
    }

    pub(crate) async fn sync_with(
        &self,
        wanted: impl Fn(&Peer) -> bool,
        within: Duration,
    ) -> Result<SyncReport, Fault> {
        let inner = self.inner();
        // Whoever does not know this device would not talk to it.
        self.introduce_all(within.min(GREETING)).await;
        let mut events = {
            let online = inner.online.lock().unwrap_or_else(PoisonError::into_inner);
            online
                .as_ref()
                .ok_or_else(|| Fault::invalid("offline"))?
                .network
                .events()
        };
        let wanted = self.connect_all(wanted)?;
        let start = Instant::now();
        let mut last = Instant::now();
        let mut met: BTreeSet<DeviceId> = BTreeSet::new();
        // Whoever was there at all, and when each last said something new.
        let mut seen: BTreeSet<DeviceId> = BTreeSet::new();
        let mut heard: BTreeMap<DeviceId, Instant> = BTreeMap::new();
        let mut left: BTreeMap<DeviceId, u64> = BTreeMap::new();
        let mut idle = false;
        while start.elapsed() < within {
            let (connected, quiet) = {
                let online = inner.online.lock().unwrap_or_else(PoisonError::into_inner);
                let network = online.as_ref().map(|online| &online.network);
                let set = |list: Vec<DeviceId>| list.into_iter().collect::<BTreeSet<_>>();
                (
                    network.map(|network| set(network.connected())).unwrap_or_default(),
                    network.map(|network| set(network.quiet())).unwrap_or_default(),
                )
            };
            met.extend(&quiet);
            seen.extend(&connected);
            heard.extend(connected.difference(&quiet).map(|device| (*device, Instant::now())));
            let everybody = wanted.keys().all(|device| met.contains(device));
            // Those who were met may still be at work for us; those who were not may still come.
            let patience = if everybody { SETTLED } else { QUIET };
            let fetching = inner.fetching.is_busy();
            if fetching {
                last = Instant::now();
            }
            idle = connected.is_subset(&quiet) && !met.is_empty() && !fetching;
            if (idle || wanted.is_empty()) && last.elapsed() >= patience {
                let dossiers = inner.with_home(|home| Ok(home.dossiers.keys().copied().collect()))?;
                if !tokio::task::block_in_place(|| inner.settle_all(&dossiers)) {
                    idle = true;
                    break;
                }
                inner.announce();
                last = Instant::now();
            }
            match tokio::time::timeout(LOOK, events.recv()).await {
                // A standing connection that is quiet says nothing; everything else is a sign of life.
                Ok(Ok(NetEvent::Idle { .. } | NetEvent::Refused { .. } | NetEvent::Disconnected { .. })) | Err(_) => {}
                Ok(Ok(NetEvent::Busy { device, items_left })) => {
                    last = Instant::now();
                    heard.insert(device, last);
                    left.insert(device, items_left);
                }
                Ok(Ok(NetEvent::Progress { device, .. } | NetEvent::Connected { device, .. })) => {
                    last = Instant::now();
                    heard.insert(device, last);
                }
                Ok(Err(tokio::sync::broadcast::error::RecvError::Lagged(_))) => last = Instant::now(),
                Ok(Err(tokio::sync::broadcast::error::RecvError::Closed)) => break,
            }
        }
        let talking = |device: &DeviceId| !idle && heard.get(device).is_some_and(|at| at.elapsed() < QUIET);
        let mut report = SyncReport {
            files: !idle && inner.fetching.is_busy(),
            ..SyncReport::default()
        };
        for (device, name) in wanted {
            if talking(&device) || (seen.contains(&device) && !met.contains(&device)) {
                let left = left.get(&device).copied().unwrap_or_default();
                report.busy.push(Exchanging { name, left });
            } else if met.contains(&device) {
                report.reached.push(name);
            } else {
                report.unreached.push(name);
            }
        }
        report.idle = idle && (!report.reached.is_empty() || (report.busy.is_empty() && report.unreached.is_empty()));
        Ok(report)
    }

    /// Who waits for the resident's word.
    #[must_use]
    pub fn pending(&self) -> Vec<Pending> {
        let pending = self.inner().pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending
            .iter()
            .map(|(ticket, entry)| Pending {
                ticket: ticket.clone(),
                name: entry.answered.card.name.clone(),
                code: entry.code.clone(),
            })
            .collect()
    }

    /// Says yes to whoever waits, if the code is theirs. A wrong code burns the ticket when only one waits.
    ///
    /// # Errors
    /// [`FaultCode::InputRefused`] for a wrong code; [`FaultCode::NotFound`] when nobody waits.
    pub fn confirm(&self, confirmation: &Confirmation) -> Result<String, Fault> {
        let inner = self.inner();
        inner.load_waiting()?;
        let entry = {
            let mut pending = inner.pending.lock().unwrap_or_else(PoisonError::into_inner);
            let only = if pending.len() == 1 {
                pending.keys().next().cloned()
            } else {
                None
            };
            let named = match confirmation {
                Confirmation::Code(typed) => pending
                    .iter()
                    .find(|(_, entry)| invitation::code_matches(&entry.code, typed))
                    .map(|(id, _)| id.clone()),
                Confirmation::NotCompared => only.clone(),
            };
            match (named, only) {
                (Some(id), _) => pending.remove(&id),
                (None, Some(id)) => {
                    // The only one who waits is not the one whose code was read out.
                    let entry = pending.remove(&id);
                    drop(pending);
                    if let Some(mut entry) = entry {
                        inner.with_home(|home| home.burn(&entry.answered.ticket))?;
                        if let Some(decide) = entry.decision.take() {
                            let _ = decide.send(inner.decided(false));
                        }
                        inner.with_home(|home| {
                            home.tell(Event::Joined {
                                ticket: id,
                                person: None,
                            });
                            Ok(())
                        })?;
                    }
                    return Err(Fault::about(FaultCode::InputRefused, "wrong_code"));
                }
                (None, None) if pending.is_empty() => return Err(Fault::not_found("joiner")),
                (None, None) => return Err(Fault::about(FaultCode::InputRefused, "wrong_code")),
            }
        };
        let mut entry = entry.ok_or_else(|| Fault::not_found("joiner"))?;
        let compared = matches!(confirmation, Confirmation::Code(_));
        let person = inner.with_home(|home| {
            let person = home.grant(&entry.answered, compared)?;
            let ticket = ItemHash(entry.answered.ticket.hash()).to_hex();
            home.tell(Event::Joined {
                ticket,
                person: Some(person.clone()),
            });
            Ok(person)
        })?;
        inner.announce();
        // The same answer may have come once more in the meantime; that one hears it too.
        let again = {
            let name = ItemHash(entry.answered.ticket.hash()).to_hex();
            inner
                .pending
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&name)
        };
        let mut heard = false;
        for decide in [entry.decision.take(), again.and_then(|again| again.decision)]
            .into_iter()
            .flatten()
        {
            heard |= decide.send(inner.decided(true)).is_ok();
        }
        if !heard {
            // Who waited as a stranger is known now.
            let _ = self.connect_all(|_| false);
        }
        Ok(person)
    }
}

impl Inner {
    /// Answers that came before this program was last started still wait.
    fn load_waiting(&self) -> Result<(), Fault> {
        let waiting = self.with_home(|home| home.waiting_answers())?;
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        for answered in waiting {
            let ticket = ItemHash(answered.ticket.hash()).to_hex();
            pending.entry(ticket).or_insert_with(|| PendingJoin {
                code: answered.code(),
                answered,
                decision: None,
            });
        }
        Ok(())
    }
}

impl Home {
    fn remember_addresses(
        &mut self,
        joiner: &Certificate,
        called: &str,
        addresses: &[SocketAddr],
    ) -> Result<(), Fault> {
        let peer = Peer {
            device: joiner.device,
            principal: joiner.root,
            endpoint: joiner.endpoint,
            name: Some(called.to_owned()),
            addresses: addresses_to_bytes(addresses),
            last_seen_ms: stored_ms(self.now_ms()),
        };
        self.store.transact::<_, Fault>(|tx| Ok(tx.put_peer(&peer)?))
    }

    fn saw(&mut self, device: DeviceId, addresses: &[SocketAddr]) -> Result<Option<String>, Fault> {
        let Some(mut peer) = self.store.peer(&device)? else {
            return Ok(None);
        };
        peer.last_seen_ms = stored_ms(self.now_ms());
        let mut known = parse_addresses(&peer.addresses);
        for address in addresses {
            known.retain(|one| one != address);
            known.insert(0, *address);
        }
        known.truncate(MAX_ADDRESSES);
        peer.addresses = addresses_to_bytes(&known);
        self.store.transact::<_, Fault>(|tx| Ok(tx.put_peer(&peer)?))?;
        Ok(peer.name)
    }
}

async fn watch_network(program: Weak<Inner>, mut events: tokio::sync::broadcast::Receiver<NetEvent>) {
    loop {
        let event = events.recv().await;
        let Some(inner) = program.upgrade() else { return };
        match event {
            Ok(NetEvent::Connected { device, addresses, .. }) => {
                let told = tokio::task::block_in_place(|| {
                    inner.with_home(|home| {
                        let name = home.saw(device, &addresses)?;
                        home.tell(Event::Peer { name, connected: true });
                        Ok(())
                    })
                });
                if let Err(fault) = told {
                    tracing::warn!(code = ?fault.code, "a peer could not be remembered");
                }
            }
            Ok(NetEvent::Disconnected { device, .. }) => {
                let _ = inner.with_home(|home| {
                    // Until now it was heard.
                    let name = home.saw(device, &[])?;
                    home.tell(Event::Peer { name, connected: false });
                    Ok(())
                });
            }
            Ok(
                NetEvent::Idle { .. } | NetEvent::Busy { .. } | NetEvent::Progress { .. } | NetEvent::Refused { .. },
            )
            | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
            Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// Tells a joiner why not.
async fn refuse(mut stream: JoinStream, fault: Fault) -> Result<(), Fault> {
    let word = fault.detail.as_deref().unwrap_or(Turned::Refused.word());
    let _ = stream.send(&message(MEMBER_REFUSED, word.as_bytes()), STEP).await;
    let _ = stream.close(STEP).await;
    Err(fault)
}

pub(crate) fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    [&[tag], body].concat()
}

fn read_answer(bytes: &[u8]) -> Result<(Vec<u8>, Vec<SocketAddr>), Fault> {
    let mut input = Reader::new(bytes);
    let file = input.bytes(MAX_MESSAGE)?.to_vec();
    let texts = input.list(MAX_ADDRESSES, |input| input.text(64).map(str::to_owned))?;
    input.end()?;
    Ok((file, texts.iter().filter_map(|text| text.parse().ok()).collect()))
}

/// One address per line, as a peer's row keeps them.
pub(crate) fn addresses_to_bytes(addresses: &[SocketAddr]) -> Vec<u8> {
    let lines: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    lines.join("\n").into_bytes()
}

pub(crate) fn parse_addresses(bytes: &[u8]) -> Vec<SocketAddr> {
    String::from_utf8_lossy(bytes)
        .lines()
        .filter_map(|line| line.parse().ok())
        .collect()
}
