//! One connected peer device.

mod exchange;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use dossier_trust::codec::Reader;
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId};
use dossier_trust::item::Position;

use super::names::{NamesIn, NamesOut};
use super::push::{Work, gather, plan};
use super::replica::{Frontier, LooseId, Refusal, Replica, ReplicaError, Scope};
use super::view::{DigestKey, PartKey, View, scoped_frontier, told_frontier};
use super::wire::{self, Ack, Compartments, FrontierPiece, Locate, Round, WireError};
use super::{MAX_FRAME, MAX_LIST, SILENCE_MS, WINDOW_BYTES};

/// Times that one compartment falls back on a fresh frontier, or one chain is sent again from its start.
pub(crate) const MAX_FALLBACKS: u32 = 8;
/// Exchanges that a peer may start at once, beside four for every shared compartment; ten a second come back.
const EXCHANGES: u64 = 1_000;
const EXCHANGES_PER_SECOND: u64 = 10;

/// Something that happened.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The connection stands. Once, before anything else.
    Started,
    /// A frame arrived.
    Frame(&'a [u8]),
    /// The own copy of a compartment grew, by the program's own doing or through another peer.
    LocalChange {
        /// The dossier.
        dossier: DossierId,
        /// The compartment.
        compartment: CompartmentId,
    },
    /// The time, in milliseconds of any clock that does not go back. About once a second.
    Tick(u64),
    /// [`Replica::shared`] may answer differently for a dossier.
    SharingChanged {
        /// The dossier.
        dossier: DossierId,
    },
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A frame for the peer.
    Send(Vec<u8>),
    /// Both copies are the same as far as they are shared, and everything sent was acknowledged.
    Idle,
    /// Under way.
    Busy {
        /// About how many items still have to go or come.
        items_left: u64,
    },
    /// Something new arrived and is persisted: other peers may lack it.
    Progress {
        /// The dossier.
        dossier: DossierId,
        /// The compartment.
        compartment: CompartmentId,
        /// New items and loose things.
        items: u32,
    },
    /// What arrived may change who shares what: other sessions want to hear of it.
    SharingChanged {
        /// The dossier.
        dossier: DossierId,
    },
    /// The conversation is over; nothing follows.
    Close(Reason),
}

/// Why a conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A frame that cannot be read.
    Malformed,
    /// The peer speaks another version.
    Version,
    /// The peer is another device than the one that was connected.
    WrongDevice,
    /// The peer owes an answer and is silent.
    Silent,
    /// More frontiers, chains or questions than any honest peer has.
    Flood,
    /// The peer goes on sending what is refused, or what is forged.
    Refusals,
    /// The own copy failed; see [`Session::fault`].
    Fault,
}

pub(crate) enum Stop {
    Reason(Reason),
    Fault(ReplicaError),
}

impl From<ReplicaError> for Stop {
    fn from(error: ReplicaError) -> Self {
        Self::Fault(error)
    }
}

impl From<WireError> for Stop {
    fn from(_: WireError) -> Self {
        Self::Reason(Reason::Malformed)
    }
}

/// What is known of one compartment.
#[derive(Debug, Default)]
pub(crate) struct Part {
    /// How much of it may be mentioned; nothing at first.
    pub scope: Option<Scope>,
    /// What a digest was made of.
    snapshot: Option<Frontier>,
    /// What the peer holds, once that is known.
    pub view: Option<View>,
    /// The peer mentioned it, so it can be asked to derive.
    pub mentioned: bool,
    /// A run's predecessor could not be derived once: spell it out from now on.
    pub explicit: bool,
    work: VecDeque<Work>,
    pub dirty: bool,
    /// The plan waits for something of the peer's.
    pub waiting: bool,
    pub fallbacks: u32,
    /// Items that the peer has more of.
    pub expected: u64,
}

impl Part {
    /// The peer's access ended and begins again. It may have let go of everything, so only it can tell what it holds.
    fn returns(&self, scope: &Scope) -> bool {
        matches!((&self.scope, scope), (Some(Scope::LogUpTo(_)), Scope::Everything))
    }
}

/// A batch that was not acknowledged yet.
#[derive(Debug)]
pub(crate) struct Outstanding {
    pub key: PartKey,
    pub bytes: usize,
    pub opens: Vec<ChainId>,
    pub positions: Vec<Position>,
    pub loose: Vec<LooseId>,
}

/// The conversation with one connected peer device. Both sides run the same.
pub struct Session {
    pub(crate) me: DeviceId,
    pub(crate) peer: DeviceId,
    key: DigestKey,
    now: u64,
    heard_at: u64,
    started: bool,
    pub(crate) greeted: bool,
    pub(crate) overview_in: bool,
    pub(crate) parts: BTreeMap<PartKey, Part>,
    digests: BTreeMap<DossierId, [u8; 32]>,
    await_compartments: BTreeMap<DossierId, BTreeSet<CompartmentId>>,
    pub(crate) await_frontier: BTreeSet<PartKey>,
    await_locate: BTreeSet<(PartKey, ChainId)>,
    reshare: BTreeSet<DossierId>,
    pub(crate) queue: VecDeque<PartKey>,
    pub(crate) names_out: NamesOut,
    pub(crate) names_in: NamesIn,
    next_seq: u64,
    pub(crate) outstanding: BTreeMap<u64, Outstanding>,
    pub(crate) outstanding_bytes: usize,
    rounds_sent: u64,
    rounds_heard: u64,
    /// What the peer last said: nothing more to send, having heard so many exchanges.
    pub(crate) peer_done: Option<u64>,
    told_done: bool,
    stirred: bool,
    exchanges: u64,
    pub(crate) refused_batches: u32,
    pub(crate) invalid: u32,
    incoming: Option<(PartKey, View, u64)>,
    pub(crate) out: Vec<Output>,
    closed: bool,
    fault: Option<ReplicaError>,
}

impl Session {
    /// A conversation of `me` with `peer`, whom the transport has authenticated.
    #[must_use]
    pub fn new(me: DeviceId, peer: DeviceId, now_ms: u64) -> Self {
        Self {
            me,
            peer,
            key: DigestKey::new(&me, &peer),
            now: now_ms,
            heard_at: now_ms,
            started: false,
            greeted: false,
            overview_in: false,
            parts: BTreeMap::new(),
            digests: BTreeMap::new(),
            await_compartments: BTreeMap::new(),
            await_frontier: BTreeSet::new(),
            await_locate: BTreeSet::new(),
            reshare: BTreeSet::new(),
            queue: VecDeque::new(),
            names_out: NamesOut::default(),
            names_in: NamesIn::default(),
            next_seq: 0,
            outstanding: BTreeMap::new(),
            outstanding_bytes: 0,
            rounds_sent: 0,
            rounds_heard: 0,
            peer_done: None,
            told_done: false,
            stirred: true,
            exchanges: EXCHANGES,
            refused_batches: 0,
            invalid: 0,
            incoming: None,
            out: Vec::new(),
            closed: false,
            fault: None,
        }
    }

    /// The device on the other side.
    #[must_use]
    pub fn peer(&self) -> DeviceId {
        self.peer
    }

    /// What failed, after [`Reason::Fault`].
    #[must_use]
    pub fn fault(&self) -> Option<&ReplicaError> {
        self.fault.as_ref()
    }

    /// Bytes sent and not yet acknowledged.
    #[must_use]
    pub fn unacknowledged(&self) -> usize {
        self.outstanding_bytes
    }

    /// Deals with one input. After [`Output::Close`] every further call returns nothing.
    pub fn handle(&mut self, replica: &mut dyn Replica, input: Input<'_>) -> Vec<Output> {
        if self.closed {
            return Vec::new();
        }
        let result = self.step(replica, input).and_then(|()| self.pump(replica));
        match result {
            Ok(()) => self.report(),
            Err(stop) => {
                self.closed = true;
                let reason = match stop {
                    Stop::Reason(reason) => reason,
                    Stop::Fault(error) => {
                        self.fault = Some(error);
                        Reason::Fault
                    }
                };
                self.out.push(Output::Close(reason));
            }
        }
        std::mem::take(&mut self.out)
    }

    fn step(&mut self, replica: &mut dyn Replica, input: Input<'_>) -> Result<(), Stop> {
        match input {
            Input::Started => self.start(replica),
            Input::Frame(frame) => {
                self.heard_at = self.now;
                self.frame(replica, frame)
            }
            Input::LocalChange { dossier, compartment } => self.local_change(replica, (dossier, compartment)),
            Input::SharingChanged { dossier } => self.reshare(replica, dossier),
            Input::Tick(now) => self.tick(now),
        }
    }

    fn tick(&mut self, now: u64) -> Result<(), Stop> {
        let passed = now.saturating_sub(self.now);
        self.now = self.now.max(now);
        let full = EXCHANGES + 4 * self.parts.len() as u64;
        self.exchanges = (self.exchanges + (passed * EXCHANGES_PER_SECOND).div_ceil(1_000)).min(full);
        let owed = !self.overview_in || !self.awaits_nothing() || !self.outstanding.is_empty() || !self.peer_is_done();
        if self.started && owed && self.now.saturating_sub(self.heard_at) > SILENCE_MS {
            return Err(Stop::Reason(Reason::Silent));
        }
        Ok(())
    }

    fn start(&mut self, replica: &dyn Replica) -> Result<(), Stop> {
        if self.started {
            return Ok(());
        }
        self.started = true;
        let mut parts: BTreeMap<DossierId, Vec<(CompartmentId, [u8; 32])>> = BTreeMap::new();
        let shared: BTreeMap<PartKey, Scope> = replica
            .shared(&self.peer)?
            .into_iter()
            .map(|one| ((one.dossier, one.compartment), one.scope))
            .collect();
        for (key, scope) in shared {
            let frontier = told_frontier(replica, &key, &scope)?;
            parts
                .entry(key.0)
                .or_default()
                .push((key.1, self.key.compartment(&key, &frontier)));
            self.parts.insert(
                key,
                Part {
                    scope: Some(scope),
                    snapshot: Some(frontier),
                    ..Part::default()
                },
            );
        }
        self.exchanges += 4 * self.parts.len() as u64;
        let digests: Vec<_> = parts
            .iter()
            .take(MAX_LIST)
            .map(|(id, parts)| (*id, self.key.dossier(id, parts)))
            .collect();
        self.names_out.overview(digests.iter().map(|(id, _)| *id));
        self.out.push(Output::Send(wire::write_hello(&self.me)));
        self.out.push(Output::Send(wire::write_overview(&digests)));
        self.digests = digests.into_iter().collect();
        Ok(())
    }

    fn frame(&mut self, replica: &mut dyn Replica, frame: &[u8]) -> Result<(), Stop> {
        let malformed = Stop::Reason(Reason::Malformed);
        if frame.len() > MAX_FRAME {
            return Err(malformed);
        }
        let Some((kind, _)) = frame.split_first() else {
            return Err(malformed);
        };
        let mut input = Reader::new(frame);
        input.u8().map_err(WireError::from)?;
        if *kind != wire::HELLO && !self.greeted {
            return Err(malformed);
        }
        match *kind {
            wire::HELLO => match wire::read_hello(input)? {
                None => return Err(Stop::Reason(Reason::Version)),
                Some(device) if device != self.peer => return Err(Stop::Reason(Reason::WrongDevice)),
                Some(_) => self.greeted = true,
            },
            wire::OVERVIEW => self.overview(replica, &wire::read_overview(input)?)?,
            wire::COMPARTMENTS => {
                let list = Compartments::read(input)?;
                self.exchange()?;
                self.compartments(replica, list)?;
            }
            wire::FRONTIER => {
                let piece = FrontierPiece::read(input)?;
                self.frontier_piece(replica, piece)?;
            }
            wire::LOCATE => {
                let locate = Locate::read(input)?;
                self.exchange()?;
                self.located(replica, &locate)?;
            }
            wire::BATCH => self.batch(replica, input)?,
            wire::ACK => self.acknowledged(replica, Ack::read(input)?)?,
            wire::DONE => self.peer_done = Some(wire::read_done(input)?),
            _ => return Err(malformed),
        }
        self.stirred = true;
        Ok(())
    }

    fn exchange(&mut self) -> Result<(), Stop> {
        self.exchanges = self.exchanges.checked_sub(1).ok_or(Stop::Reason(Reason::Flood))?;
        self.rounds_heard += 1;
        self.told_done = false;
        Ok(())
    }

    fn local_change(&mut self, replica: &dyn Replica, key: PartKey) -> Result<(), Stop> {
        let Some(scope) = replica.scope(&self.peer, &key.0, &key.1)? else {
            self.withdraw(key);
            return Ok(());
        };
        match self.parts.get_mut(&key) {
            Some(part) if part.scope.is_some() && !part.returns(&scope) => {
                part.scope = Some(scope);
                part.dirty = true;
                if part.view.is_some() {
                    self.enqueue(key, true);
                }
                Ok(())
            }
            _ => self.reshare(replica, key.0),
        }
    }

    /// Nothing more of it is said.
    fn withdraw(&mut self, key: PartKey) {
        self.parts.remove(&key);
        self.queue.retain(|one| *one != key);
        self.await_frontier.remove(&key);
        self.await_locate.retain(|(one, _)| *one != key);
    }

    pub(crate) fn reshare(&mut self, replica: &dyn Replica, dossier: DossierId) -> Result<(), Stop> {
        if !self.overview_in || self.await_compartments.contains_key(&dossier) {
            // An answer about the old list is under way.
            self.reshare.insert(dossier);
            return Ok(());
        }
        let now: BTreeMap<PartKey, Scope> = replica
            .shared(&self.peer)?
            .into_iter()
            .filter(|one| one.dossier == dossier)
            .map(|one| ((one.dossier, one.compartment), one.scope))
            .collect();
        for key in self.keys_of(dossier) {
            if !now.contains_key(&key) {
                self.withdraw(key);
            }
        }
        let mut unknown = Vec::new();
        for (key, scope) in now {
            let part = self.parts.entry(key).or_default();
            if part.scope.as_ref() == Some(&scope) {
                continue;
            }
            if part.returns(&scope) {
                part.view = None;
            }
            part.scope = Some(scope);
            part.work.clear();
            if part.view.is_some() {
                self.enqueue(key, false)
            } else {
                unknown.push(key)
            }
        }
        if !unknown.is_empty() {
            self.list(replica, dossier, &unknown, Round::Ask)?;
        }
        Ok(())
    }

    /// Has a compartment compared again, and sent from.
    pub(crate) fn enqueue(&mut self, key: PartKey, first: bool) {
        let Some(part) = self.parts.get_mut(&key) else { return };
        part.dirty = true;
        self.told_done = false;
        if self.queue.contains(&key) {
            return;
        }
        if first {
            self.queue.push_front(key)
        } else {
            self.queue.push_back(key)
        }
    }

    fn awaits_nothing(&self) -> bool {
        self.await_compartments.is_empty() && self.await_frontier.is_empty() && self.await_locate.is_empty()
    }

    fn peer_is_done(&self) -> bool {
        self.peer_done.is_some_and(|heard| heard >= self.rounds_sent)
    }

    /// Sends as much as the window allows.
    fn pump(&mut self, replica: &mut dyn Replica) -> Result<(), Stop> {
        if self.overview_in {
            for dossier in std::mem::take(&mut self.reshare) {
                self.reshare(replica, dossier)?;
            }
        }
        while self.outstanding_bytes < WINDOW_BYTES {
            let Some(key) = self.queue.front().copied() else { break };
            let scope = replica.scope(&self.peer, &key.0, &key.1)?;
            let (Some(scope), Some(part)) = (scope, self.parts.get_mut(&key)) else {
                self.withdraw(key);
                self.queue.retain(|one| *one != key);
                continue;
            };
            if part.returns(&scope) {
                self.queue.pop_front();
                self.reshare(replica, key.0)?;
                continue;
            }
            if part.scope.as_ref() != Some(&scope) {
                part.scope = Some(scope.clone());
                part.work.clear();
                part.dirty = true;
            }
            let explicit = part.explicit || !part.mentioned;
            let Some(view) = part.view.as_mut() else {
                self.queue.pop_front();
                continue;
            };
            if part.work.is_empty() {
                if !part.dirty {
                    self.queue.pop_front();
                    continue;
                }
                part.dirty = false;
                let frontier = scoped_frontier(replica, &key, &scope)?;
                let plan = plan(replica, &frontier, view, &scope, explicit)?;
                part.work = plan.work;
                part.waiting = plan.waiting || !plan.locate.is_empty();
                for chain in plan.locate {
                    if !self.await_locate.contains(&(key, chain)) {
                        self.tell_positions(replica, key, chain, true)?;
                    }
                }
                continue;
            }
            let batch = gather(replica, &key, &mut part.work, view)?;
            if part.work.is_empty() && !part.dirty {
                self.queue.pop_front();
            }
            if batch.writer.is_empty() {
                continue;
            }
            let last = self.queue.is_empty() && self.awaits_nothing();
            let frame = batch
                .writer
                .encode(&mut self.names_out, self.next_seq, last.then_some(self.rounds_heard));
            self.told_done = last;
            self.outstanding_bytes += frame.len();
            let sent = Outstanding {
                key,
                bytes: frame.len(),
                opens: batch.opens,
                positions: batch.positions,
                loose: batch.loose,
            };
            self.outstanding.insert(self.next_seq, sent);
            self.next_seq += 1;
            self.stirred = true;
            self.out.push(Output::Send(frame));
        }
        let quiet = self.overview_in && self.queue.is_empty() && self.awaits_nothing();
        if quiet && !self.told_done {
            self.told_done = true;
            self.out.push(Output::Send(wire::write_done(self.rounds_heard)));
        }
        Ok(())
    }

    fn report(&mut self) {
        if !std::mem::take(&mut self.stirred) {
            return;
        }
        let quiet = self.overview_in
            && self.queue.is_empty()
            && self.awaits_nothing()
            && self.outstanding.is_empty()
            && self.peer_is_done();
        if quiet {
            self.out.push(Output::Idle);
            return;
        }
        let to_send: u64 = self.parts.values().flat_map(|part| &part.work).map(Work::weight).sum();
        let to_come: u64 = self.parts.values().map(|part| part.expected).sum();
        let under_way: usize = self
            .outstanding
            .values()
            .map(|one| one.positions.len() + one.loose.len())
            .sum();
        self.out.push(Output::Busy {
            items_left: to_send + to_come + under_way as u64,
        });
    }

    /// What became of a chain that the peer refused.
    pub(crate) fn settle_refusal(&mut self, key: PartKey, chain: ChainId, refusal: Refusal, again: bool) {
        let Some(part) = self.parts.get_mut(&key) else { return };
        let Some(view) = part.view.as_mut() else { return };
        if refusal != Refusal::Missing {
            view.declined.insert(chain);
            return;
        }
        part.explicit = true;
        if again && part.fallbacks < MAX_FALLBACKS {
            view.chains.remove(&chain);
        } else if again {
            view.declined.insert(chain);
        }
    }
}
