//! Meeting others: the conversation of an invitation, and keeping known peers up to date.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, Weak};
use std::time::{Duration, Instant};

use dossier_store::{Join as StoredJoin, JoinState, Peer};
use dossier_sync::driver::{Event as NetEvent, Host, JoinStream, Network, NetworkConfig, Relay};
use dossier_sync::protocol::Replica;
use dossier_trust::codec::{Canonical, Reader, Writer};
use dossier_trust::identity::Certificate;
use dossier_trust::ids::{DeviceId, DossierId, EndpointKey, ItemHash, PrincipalId};
use dossier_trust::invitation::{self, Join, Ticket};
use tokio::sync::{OwnedRwLockReadGuard, mpsc, oneshot};

use crate::app::{App, Inner};
use crate::contract::{DossierCard, Event, Fault, FaultCode};
use crate::home::Home;
use crate::invitation::{Answered, Turned};
use crate::replica::Local;
use crate::replica::content::{Card, Terms};

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
    /// Nothing was left to send or receive with anybody reached.
    pub idle: bool,
}

pub(crate) struct Online {
    network: Arc<Network>,
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

const MEMBER_REFUSED: u8 = 0;
const MEMBER_TERMS: u8 = 1;
const MEMBER_GRANTED: u8 = 2;
/// Longest wait for a joiner to hear the resident's word before the network ends.
const FAREWELL: Duration = Duration::from_secs(2);
const STEP: Duration = Duration::from_secs(20);
/// Two people may talk for a while before they compare a code.
const DECISION: Duration = Duration::from_secs(3600);
const MAX_MESSAGE: usize = 128 * 1024;
const MAX_ADDRESSES: usize = 16;
const META_PORT: &str = "port";
/// After the last thing that happened, this long must be quiet while somebody is still unreached …
const QUIET: Duration = Duration::from_millis(2500);
/// … and this long when everybody was met.
const SETTLED: Duration = Duration::from_millis(120);
const LOOK: Duration = Duration::from_millis(20);

impl Host for Inner {
    fn run(&self, f: &mut dyn FnMut(&mut dyn Replica)) {
        let mut slot = self.slot();
        let Some(home) = slot.as_mut() else { return };
        match home.replica() {
            Ok(replica) => f(replica),
            Err(fault) => tracing::error!(code = ?fault.code, "the copy cannot be read"),
        }
        let touched = !home.touched.is_empty() || !home.shared_anew.is_empty();
        drop(slot);
        if touched {
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
            Err(fault) => {
                let word = fault
                    .detail
                    .clone()
                    .unwrap_or_else(|| Turned::Refused.word().to_owned());
                let _ = stream.send(&message(MEMBER_REFUSED, word.as_bytes()), STEP).await;
                let _ = stream.close(STEP).await;
                return Err(fault);
            }
        };
        let joiner = answered.join.joiner.clone();
        let called = answered.card.name.clone();
        // Not before the resident's yes: until then they are a stranger.
        let remember = || self.with_home(|home| home.remember_addresses(&joiner, &called, &addresses));
        if self.with_home(|home| home.is_granted(&ticket))? {
            remember()?;
            let _ = stream.send(&[MEMBER_GRANTED], STEP).await;
            let _ = stream.close(STEP).await;
            return Ok(());
        }
        let name = ItemHash(ticket.hash()).to_hex();
        let decision = self.put_pending(answered);
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
            remember()?;
            vec![MEMBER_GRANTED]
        } else {
            message(MEMBER_REFUSED, Turned::Refused.word().as_bytes())
        };
        let _ = stream.send(&word, STEP).await;
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

    fn put_pending(&self, answered: Answered) -> oneshot::Receiver<Decision> {
        let code = answered.code();
        let ticket = ItemHash(answered.ticket.hash()).to_hex();
        let (decide, decision) = oneshot::channel();
        let event = Event::Joining {
            ticket: ticket.clone(),
            name: answered.card.name.clone(),
            code: code.clone(),
        };
        let entry = PendingJoin {
            answered,
            code,
            decision: Some(decide),
        };
        self.pending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(ticket, entry);
        let _ = self.with_home(|home| {
            home.tell(event);
            Ok(())
        });
        decision
    }

    /// Where others can reach this program now; nothing while it is offline.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let online = self.online.lock().unwrap_or_else(PoisonError::into_inner);
        let addresses = online.as_ref().map(|online| online.network.addresses());
        addresses.unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    /// Says no to whoever waits with this ticket.
    pub(crate) fn turn_away(&self, ticket: &str) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(decide) = pending.remove(ticket).and_then(|entry| entry.decision) {
            let _ = decide.send(self.decided(false));
        }
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

    fn settle_touched(&self) {
        let dossiers: BTreeSet<DossierId> = {
            let slot = self.slot();
            slot.as_ref().map_or_else(BTreeSet::new, |home| {
                home.touched
                    .iter()
                    .map(|(dossier, _)| *dossier)
                    .chain(home.shared_anew.iter().copied())
                    .collect()
            })
        };
        self.settle_all(&dossiers);
        self.announce();
    }
}

/// Settles whenever something arrived, for as long as the program lives: it must not be what keeps it alive.
pub(crate) async fn settle_on_wake(inner: Weak<Inner>, mut woken: mpsc::UnboundedReceiver<()>) {
    while woken.recv().await.is_some() {
        while woken.try_recv().is_ok() {}
        let Some(inner) = inner.upgrade() else { return };
        tokio::task::block_in_place(|| inner.settle_touched());
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
        let first = match remembered {
            Some(listen) => start(Some(listen)).await.ok(),
            None => None,
        };
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
        *inner.online.lock().unwrap_or_else(PoisonError::into_inner) = Some(Online {
            network: Arc::new(network),
        });
        self.connect_all(|_| false)?;
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
        if let Some(online) = online {
            let _ = tokio::time::timeout(FAREWELL, self.inner().farewell.write()).await;
            online.network.shutdown().await;
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

    async fn sync_with(&self, wanted: impl Fn(&Peer) -> bool, within: Duration) -> Result<SyncReport, Fault> {
        let inner = self.inner();
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
            let everybody = wanted.keys().all(|device| met.contains(device));
            // Those who were met may still be at work for us; those who were not may still come.
            let patience = if everybody { SETTLED } else { QUIET };
            idle = connected.is_subset(&quiet) && !met.is_empty();
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
                Ok(Ok(NetEvent::Busy { .. } | NetEvent::Progress { .. } | NetEvent::Connected { .. })) => {
                    last = Instant::now();
                }
                Ok(Err(tokio::sync::broadcast::error::RecvError::Lagged(_))) => last = Instant::now(),
                Ok(Err(tokio::sync::broadcast::error::RecvError::Closed)) => break,
            }
        }
        let (reached, unreached): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|(device, _)| met.contains(device));
        Ok(SyncReport {
            idle: idle && (!reached.is_empty() || unreached.is_empty()),
            reached: reached.into_iter().map(|(_, name)| name).collect(),
            unreached: unreached.into_iter().map(|(_, name)| name).collect(),
        })
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
        for decide in [entry.decision.take(), again.and_then(|again| again.decision)]
            .into_iter()
            .flatten()
        {
            let _ = decide.send(inner.decided(true));
        }
        // Who waited as a stranger is known now.
        let _ = self.connect_all(|_| false);
        Ok(person)
    }

    /// Answers a ticket: shows the code, waits for the resident's yes. [`Self::go_online`] comes first.
    ///
    /// # Errors
    /// [`FaultCode::InputRefused`] with the reason; [`FaultCode::NotReachable`].
    pub async fn join(
        &self,
        ticket: &str,
        card: Card,
        show: impl FnOnce(&str) + Send,
        within: Duration,
    ) -> Result<DossierCard, Fault> {
        let inner = self.inner();
        let unreachable = |_| Fault::new(FaultCode::NotReachable);
        let ticket = Ticket::from_text(ticket)?;
        inner.with_home(|home| {
            if home.store.dossier(&ticket.dossier)?.is_some_and(|row| row.own) {
                return Err(Fault::invalid("own dossier"));
            }
            Ok(())
        })?;
        let network = {
            let online = inner.online.lock().unwrap_or_else(PoisonError::into_inner);
            online
                .as_ref()
                .ok_or_else(|| Fault::invalid("offline"))?
                .network
                .clone()
        };
        let mut stream = tokio::time::timeout(within, network.knock(ticket.inviter.endpoint, &hinted(&ticket)))
            .await
            .map_err(|_| Fault::new(FaultCode::NotReachable))?
            .map_err(|_| Fault::new(FaultCode::NotReachable))?;
        stream.send(&ticket.knock(), STEP).await.map_err(unreachable)?;
        let terms = expect(
            &stream.recv(MAX_MESSAGE, STEP).await.map_err(unreachable)?,
            MEMBER_TERMS,
        )?;
        invitation::check_terms(&ticket, &terms)?;
        let terms: Terms =
            serde_json::from_slice(&terms).map_err(|_| Fault::about(FaultCode::InputRefused, "terms"))?;
        let own_addresses = network.addresses();
        let join = inner.with_home(|home| home.answer_ticket(&ticket, &card))?;
        let mut answer = Writer::new();
        answer.bytes(&join.seal(&ticket)?);
        let texts: Vec<String> = own_addresses
            .iter()
            .take(MAX_ADDRESSES)
            .map(ToString::to_string)
            .collect();
        answer.list(&texts, |out, text| {
            out.bytes(text.as_bytes());
        });
        stream.send(&answer.finish(), STEP).await.map_err(unreachable)?;
        let code = tokio::task::block_in_place(|| invitation::code(&ticket, &join));
        show(&code);
        let last = stream.recv(MAX_MESSAGE, within).await.map_err(unreachable)?;
        let granted = expect(&last, MEMBER_GRANTED);
        let state = if granted.is_ok() {
            JoinState::Granted
        } else {
            JoinState::Refused
        };
        inner.with_home(|home| home.joined(&ticket, &terms, &join, state))?;
        granted?;
        let _ = stream.close(STEP).await;
        self.sync_with(|peer| peer.device == ticket.inviter.device, within)
            .await?;
        inner.with_home(|home| home.card(&ticket.dossier))
    }
}

impl Inner {
    /// Answers that came before this program was last started still wait.
    fn load_waiting(&self) -> Result<(), Fault> {
        let waiting = self.with_home(|home| home.waiting_answers())?;
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        for answered in waiting {
            let ticket = ItemHash(answered.ticket.hash()).to_hex();
            let code = answered.code();
            pending.entry(ticket).or_insert(PendingJoin {
                answered,
                code,
                decision: None,
            });
        }
        Ok(())
    }
}

impl Home {
    /// The answer to a ticket: the one of last time, if this ticket was answered before, so that the code stays.
    fn answer_ticket(&mut self, ticket: &Ticket, card: &Card) -> Result<Join, Fault> {
        if let Some(held) = self.store.join(&ticket.hash())?
            && held.state == JoinState::Waiting
        {
            return Ok(Join::from_bytes(&held.join_bytes)?);
        }
        let card = serde_json::to_vec(card).map_err(|_| Fault::invalid("card"))?;
        let mut random = self.random;
        let me = self.me()?;
        let join = Join::make(ticket, me.certificate.clone(), card, me.signing(), &mut random);
        let held = StoredJoin {
            ticket: ticket.hash(),
            dossier: ticket.dossier,
            ticket_bytes: ticket.to_bytes(),
            join_bytes: join.to_bytes(),
            state: JoinState::Waiting,
        };
        self.store.transact::<_, Fault>(|tx| Ok(tx.put_join(&held)?))?;
        Ok(join)
    }

    /// The resident has spoken.
    fn joined(&mut self, ticket: &Ticket, terms: &Terms, join: &Join, state: JoinState) -> Result<(), Fault> {
        let now = i64::try_from(self.now_ms()).unwrap_or(i64::MAX);
        let held = StoredJoin {
            ticket: ticket.hash(),
            dossier: ticket.dossier,
            ticket_bytes: ticket.to_bytes(),
            join_bytes: join.to_bytes(),
            state,
        };
        let local = Local {
            title: None,
            inviter: Some(ticket.inviter.device.to_hex()),
        };
        let row = dossier_store::Dossier {
            dossier: ticket.dossier,
            own: false,
            created_ms: now,
            closed_ms: None,
            state: serde_json::to_vec(&local).map_err(|_| Fault::internal("local"))?,
        };
        let peer = Peer {
            device: ticket.inviter.device,
            principal: ticket.inviter.root,
            endpoint: ticket.inviter.endpoint,
            name: Some(terms.owner_name.clone()),
            addresses: addresses_to_bytes(&hinted(ticket)),
            last_seen_ms: now,
        };
        let known = self.store.dossier(&ticket.dossier)?.is_some();
        self.store.transact::<_, Fault>(|tx| {
            tx.put_join(&held)?;
            if state == JoinState::Granted {
                if !known {
                    tx.put_dossier(&row)?;
                }
                tx.put_peer(&peer)?;
            }
            Ok(())
        })?;
        if state == JoinState::Granted {
            self.dossier(&ticket.dossier)?;
        }
        Ok(())
    }

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
            last_seen_ms: i64::try_from(self.now_ms()).unwrap_or(i64::MAX),
        };
        self.store.transact::<_, Fault>(|tx| Ok(tx.put_peer(&peer)?))
    }

    fn saw(&mut self, device: DeviceId, addresses: &[SocketAddr]) -> Result<Option<String>, Fault> {
        let Some(mut peer) = self.store.peer(&device)? else {
            return Ok(None);
        };
        peer.last_seen_ms = i64::try_from(self.now_ms()).unwrap_or(i64::MAX);
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
                    let name = home.store.peer(&device)?.and_then(|peer| peer.name);
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

fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    [&[tag], body].concat()
}

fn expect(message: &[u8], wanted: u8) -> Result<Vec<u8>, Fault> {
    match message.split_first() {
        Some((tag, body)) if *tag == wanted => Ok(body.to_vec()),
        Some((&MEMBER_REFUSED, word)) => {
            let known = [Turned::Unknown, Turned::Expired, Turned::Used, Turned::Refused];
            let word = known
                .iter()
                .map(|turned| turned.word())
                .find(|one| one.as_bytes() == word);
            Err(Fault::about(FaultCode::InputRefused, word.unwrap_or("refused_ticket")))
        }
        Some(_) | None => Err(Fault::about(FaultCode::InputRefused, "unexpected answer")),
    }
}

fn read_answer(bytes: &[u8]) -> Result<(Vec<u8>, Vec<SocketAddr>), Fault> {
    let mut input = Reader::new(bytes);
    let file = input.bytes(MAX_MESSAGE)?.to_vec();
    let texts = input.list(MAX_ADDRESSES, |input| input.text(64).map(str::to_owned))?;
    input.end()?;
    Ok((file, texts.iter().filter_map(|text| text.parse().ok()).collect()))
}

/// One address per line, as a peer's row keeps them.
fn addresses_to_bytes(addresses: &[SocketAddr]) -> Vec<u8> {
    let lines: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    lines.join("\n").into_bytes()
}

/// Where a ticket says that the inviter may be.
fn hinted(ticket: &Ticket) -> Vec<SocketAddr> {
    ticket.hints.iter().filter_map(|hint| hint.parse().ok()).collect()
}

fn parse_addresses(bytes: &[u8]) -> Vec<SocketAddr> {
    String::from_utf8_lossy(bytes)
        .lines()
        .filter_map(|line| line.parse().ok())
        .collect()
}
