//! Answering somebody's invitation: what it offers, the code to read out, and how far the answer is.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use dossier_store::{Join as StoredJoin, JoinState, Peer};
use dossier_sync::driver::{JoinStream, Network};
use dossier_trust::codec::{Canonical, Writer};
use dossier_trust::ids::{DeviceId, DossierId, ItemHash};
use dossier_trust::invitation::{self, Join, Ticket};
use serde::{Deserialize, Serialize};
use tokio::task::AbortHandle;
use ts_rs::TS;

use crate::app::{App, Inner};
use crate::clock::stored_ms;
use crate::contract::{DossierCard, Event, Fault, FaultCode, PersonRef, ScopeView};
use crate::home::Home;
use crate::invitation::{Turned, offered};
use crate::network::{
    MAX_ADDRESSES, MAX_MESSAGE, MEMBER_GRANTED, MEMBER_REFUSED, MEMBER_TERMS, STEP, addresses_to_bytes, message,
    parse_addresses,
};
use crate::replica::Local;
use crate::replica::content::{Card, Terms};

/// Two people may talk for a while before they compare a code.
const WAITING: Duration = Duration::from_secs(3600);

/// Devices of the resident's of which a joiner is told where they are.
const MAX_RESIDENTS: usize = 8;

/// Answer to [`Request::Offer`](crate::contract::Request::Offer): what the other offers, on which terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OfferView {
    /// Name of the ticket (hex).
    pub id: String,
    /// Title of the dossier.
    pub title: String,
    /// The resident.
    pub owner: String,
    /// Who invites in the resident's name; none when the resident does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub inviter: Option<String>,
    /// For whom it was made, as the resident wrote the name.
    pub name: String,
    /// Role, as the resident recorded it.
    pub role: Option<String>,
    /// What for.
    pub purpose: Option<String>,
    /// Last day of access.
    pub until: Option<String>,
    /// What is offered.
    pub scopes: Vec<ScopeView>,
}

/// Arguments of [`Request::Join`](crate::contract::Request::Join): the ticket and the information card.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
pub struct Answer {
    /// The ticket, as letters and digits.
    pub ticket: String,
    /// Name; none means the profile's.
    pub name: Option<String>,
    /// Organisation; none means the profile's.
    pub organisation: Option<String>,
    /// Function; none means the profile's.
    pub function: Option<String>,
    /// In the name of this device's team: access is then given to all of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub as_team: bool,
    /// The six answers (`WIE`, `WAT`, `WELKE`, `WAAR`, `MET_WIE`, `WAAROM`), as far as given.
    #[ts(type = "Record<string, unknown>")]
    pub answers: serde_json::Map<String, serde_json::Value>,
}

/// How far an own answer is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct JoinView {
    /// Name of the ticket (hex).
    pub id: String,
    /// Dossier id (hex), by which it is opened once access is given.
    pub dossier: String,
    /// The ticket as letters and digits, to go on with an answer that was cut off.
    pub ticket: String,
    /// Who compares the code, the resident or a representative; none before their program was heard.
    pub owner: Option<String>,
    /// `calling`, `waiting` (the code is there), `granted`, `refused`, or `cut_off`: nobody is heard any more, and
    /// the same answer may be sent again.
    pub state: JoinStep,
    /// Twelve digits to read out; none before the answer was sent.
    pub code: Option<String>,
    /// Why it was refused: `unknown_ticket`, `expired_ticket`, `used_ticket`, `refused_ticket`, or another word.
    pub reason: Option<String>,
}

/// Steps of an own answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum JoinStep {
    /// The other program is being called.
    Calling,
    /// The resident compares the code.
    Waiting,
    /// Access was given.
    Granted,
    /// It was refused.
    Refused,
    /// The connection is gone, or the program was stopped; the answer still holds.
    CutOff,
}

/// An own answer of this run of the program.
pub(crate) struct OwnAnswer {
    view: JoinView,
    task: Option<AbortHandle>,
}

impl Drop for OwnAnswer {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

fn unreachable<E>(_: E) -> Fault {
    Fault::new(FaultCode::NotReachable)
}

fn name_of(ticket: &Ticket) -> String {
    ItemHash(ticket.hash()).to_hex()
}

impl JoinView {
    fn begun(ticket: &Ticket, state: JoinStep) -> Self {
        Self {
            id: name_of(ticket),
            dossier: ticket.dossier.to_hex(),
            ticket: ticket.to_text(),
            owner: None,
            state,
            code: None,
            reason: None,
        }
    }
}

impl App {
    /// Runs a conversation within a request. Hosts ask from threads that may block.
    pub(crate) fn wait_for<T>(work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| Fault::invalid("offline"))?;
        tokio::task::block_in_place(|| runtime.block_on(work))
    }

    /// What a ticket offers.
    ///
    /// # Errors
    /// [`FaultCode::InputRefused`] for what is no whole ticket, or with the word of whoever turned it away;
    /// [`FaultCode::Invalid`] for a ticket of one's own; [`FaultCode::NotReachable`].
    pub(crate) fn offer(&self, ticket: &str) -> Result<OfferView, Fault> {
        let ticket = self.foreign(ticket)?;
        Self::wait_for(async {
            let network = self.network().await?;
            let (_, terms) = knock(&network, &ticket, STEP).await?;
            // Who they are, the resident tells whom they let in.
            let nameless = |id: &String| PersonRef {
                id: id.clone(),
                name: None,
            };
            let about: Option<Vec<PersonRef>> = terms.only_about.as_ref().map(|all| all.iter().map(nameless).collect());
            let scopes = offered(&terms, about.as_ref());
            Ok(OfferView {
                id: name_of(&ticket),
                title: terms.title,
                owner: terms.owner_name,
                inviter: terms.inviter,
                name: terms.name,
                role: terms.role,
                purpose: terms.purpose,
                until: terms.until,
                scopes,
            })
        })
    }

    /// Starts answering a ticket, or starts again where it was cut off.
    ///
    /// # Errors
    /// As [`Self::offer`], without asking the other program; [`FaultCode::NoProfile`].
    pub(crate) fn begin_join(&self, answer: Answer) -> Result<JoinView, Fault> {
        let ticket = self.foreign(&answer.ticket)?;
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| Fault::invalid("offline"))?;
        let (profile, team) = self.inner().with_home(|home| {
            let team = home.team_to_answer_for(&ticket, answer.as_team)?;
            Ok((home.me()?.profile.clone(), team))
        })?;
        let card = Card {
            name: answer.name.unwrap_or(profile.name),
            team,
            organisation: answer.organisation.or(profile.organisation),
            function: answer.function.or(profile.function),
            answers: answer.answers,
        };
        let view = JoinView::begun(&ticket, JoinStep::Calling);
        let mut answers = self.inner().answers.lock().unwrap_or_else(PoisonError::into_inner);
        let going = |held: &&OwnAnswer| matches!(held.view.state, JoinStep::Calling | JoinStep::Waiting);
        if let Some(held) = answers.get(&view.id).filter(going) {
            return Ok(held.view.clone());
        }
        let task = runtime.spawn(self.clone().carry_on(ticket, card)).abort_handle();
        let held = OwnAnswer {
            view: view.clone(),
            task: Some(task),
        };
        answers.insert(view.id.clone(), held);
        Ok(view)
    }

    async fn carry_on(self, ticket: Ticket, card: Card) {
        let further = |change: &dyn Fn(&mut JoinView)| self.inner().further(&ticket, change);
        let joined = async {
            self.network().await?;
            let told = |owner: &str| further(&|view| view.owner = Some(owner.to_owned()));
            let show = |code: &str| {
                further(&|view| {
                    view.state = JoinStep::Waiting;
                    view.code = Some(code.to_owned());
                });
            };
            self.answer(&ticket, card, told, show, WAITING).await
        };
        let ended = joined.await;
        further(&|view| match &ended {
            Ok(_) => view.state = JoinStep::Granted,
            Err(fault) if fault.code == FaultCode::NotReachable => view.state = JoinStep::CutOff,
            Err(fault) => {
                view.state = JoinStep::Refused;
                view.reason = fault.detail.clone();
            }
        });
    }

    /// Own answers: of this run of the program, and those that an earlier one did not finish.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn joins(&self) -> Result<Vec<JoinView>, Fault> {
        let held = self.inner().with_home(|home| Ok(home.store.joins()?));
        let held = match held {
            Err(fault) if fault.code == FaultCode::NoProfile => Vec::new(),
            held => held?,
        };
        let answers = self.inner().answers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut views: Vec<JoinView> = answers.values().map(|one| one.view.clone()).collect();
        for one in held.iter().filter(|one| one.state == JoinState::Waiting) {
            let ticket = Ticket::from_bytes(&one.ticket_bytes)?;
            if !answers.contains_key(&name_of(&ticket)) {
                views.push(JoinView::begun(&ticket, JoinStep::CutOff));
            }
        }
        Ok(views)
    }

    /// Gives up an own answer, or puts away how it ended.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`].
    pub(crate) fn end_join(&self, id: &str) -> Result<(), Fault> {
        let unknown = || Fault::not_found("ticket");
        let name = ItemHash::from_hex(id).map_err(|_| unknown())?;
        let known = self
            .inner()
            .answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(id)
            .is_some();
        self.inner().with_home(|home| {
            let held = home.store.join(&name.0)?;
            match held {
                Some(held) if held.state == JoinState::Waiting => {
                    let over = StoredJoin {
                        state: JoinState::Refused,
                        ..held
                    };
                    home.store.transact::<_, Fault>(|tx| Ok(tx.put_join(&over)?))
                }
                Some(_) => Ok(()),
                None if known => Ok(()),
                None => Err(unknown()),
            }
        })
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
        let ticket = self.foreign(ticket)?;
        self.answer(&ticket, card, |_| {}, show, within).await
    }

    /// Reads a ticket of somebody else.
    fn foreign(&self, ticket: &str) -> Result<Ticket, Fault> {
        let ticket = Ticket::from_text(ticket)?;
        self.inner().with_home(|home| {
            if home.store.dossier(&ticket.dossier)?.is_some_and(|row| row.own) {
                return Err(Fault::invalid("own dossier"));
            }
            Ok(ticket)
        })
    }

    /// The network, once it is there: a person may be quicker than the first start of a new profile's network.
    pub(crate) async fn network(&self) -> Result<Arc<Network>, Fault> {
        let came = self.inner().came_online.notified();
        tokio::pin!(came);
        came.as_mut().enable();
        if let Ok(network) = self.inner().network() {
            return Ok(network);
        }
        let _ = tokio::time::timeout(STEP, came).await;
        self.inner().network()
    }

    async fn answer(
        &self,
        ticket: &Ticket,
        card: Card,
        told: impl FnOnce(&str),
        show: impl FnOnce(&str),
        within: Duration,
    ) -> Result<DossierCard, Fault> {
        let inner = self.inner();
        let network = inner.network()?;
        let (mut stream, terms) = knock(&network, ticket, within).await?;
        told(terms.inviter.as_ref().unwrap_or(&terms.owner_name));
        let own_addresses = network.addresses();
        let join = inner.with_home(|home| home.answer_ticket(ticket, &card))?;
        let mut answer = Writer::new();
        answer.bytes(&join.seal(ticket)?);
        let texts: Vec<String> = own_addresses
            .iter()
            .take(MAX_ADDRESSES)
            .map(ToString::to_string)
            .collect();
        answer.list(&texts, |out, text| {
            out.bytes(text.as_bytes());
        });
        stream.send(&answer.finish(), STEP).await.map_err(unreachable)?;
        let code = tokio::task::block_in_place(|| invitation::code(ticket, &join));
        show(&code);
        let last = stream.recv(MAX_MESSAGE, within).await.map_err(unreachable)?;
        let granted = expect(&last, MEMBER_GRANTED);
        let state = if granted.is_ok() {
            JoinState::Granted
        } else {
            JoinState::Refused
        };
        let residents = granted.as_deref().map(read_residents).unwrap_or_default();
        inner.with_home(|home| home.joined(ticket, &terms, &join, state, residents))?;
        granted?;
        // That they know it was heard is nothing to wait for.
        let (_, synced) = tokio::join!(
            stream.close(STEP),
            self.sync_with(|peer| peer.device == ticket.inviter.device, within)
        );
        synced?;
        inner.with_home(|home| home.card(&ticket.dossier))
    }
}

impl Inner {
    /// An own answer got further, unless it was given up meanwhile.
    fn further(&self, ticket: &Ticket, change: &dyn Fn(&mut JoinView)) {
        let id = name_of(ticket);
        {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(held) = answers.get_mut(&id) else { return };
            change(&mut held.view);
        }
        let _ = self.with_home(|home| {
            home.tell(Event::Answer { ticket: id });
            Ok(())
        });
    }
}

impl Home {
    /// The name of the team for which this device answers a ticket; none for its person. A device is one or the other in
    /// a dossier, since everything that it writes there is in one name.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`] for a device in no team; [`FaultCode::Invalid`] where it looks along as the other already.
    fn team_to_answer_for(&mut self, ticket: &Ticket, as_team: bool) -> Result<Option<String>, Fault> {
        if self.store.dossier(&ticket.dossier)?.is_some() {
            let me = self.me()?.id();
            let dossier = self.dossier(&ticket.dossier)?;
            let mut held = dossier.compartments.values();
            if dossier.local.team != as_team && held.any(|held| held.consent.right_of(&me).is_some()) {
                return Err(Fault::invalid("team_or_person"));
            }
        }
        let seat = self.me()?.team.as_ref().filter(|_| as_team);
        match seat {
            Some(seat) => Ok(Some(seat.name.clone())),
            None if as_team => Err(Fault::not_found("team")),
            None => Ok(None),
        }
    }

    /// The answer to a ticket: the one of last time, if this ticket was answered before, so that the code stays.
    fn answer_ticket(&mut self, ticket: &Ticket, card: &Card) -> Result<Join, Fault> {
        if let Some(held) = self.store.join(&ticket.hash())?
            && held.state == JoinState::Waiting
        {
            return Ok(Join::from_bytes(&held.join_bytes)?);
        }
        let mut random = self.random;
        let me = self.me()?;
        let certificate = match (&card.team, &me.team) {
            (None, _) => me.certificate.clone(),
            (Some(_), Some(seat)) => seat.certificate.clone(),
            (Some(_), None) => return Err(Fault::not_found("team")),
        };
        let card = serde_json::to_vec(card).map_err(|_| Fault::invalid("card"))?;
        let join = Join::make(ticket, certificate, card, me.signing(), &mut random);
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

    /// The word that lets somebody in. Somebody else than the resident says beside it where the resident's devices were
    /// last, so that those who were let in find them without the one who did.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn welcoming(&mut self, ticket: &Ticket) -> Result<Vec<u8>, Fault> {
        if self.dossier(&ticket.dossier)?.own {
            return Ok(vec![MEMBER_GRANTED]);
        }
        let known = self.where_residents_are(&ticket.dossier)?.into_iter();
        let residents: BTreeMap<String, Vec<String>> =
            known.map(|(device, addresses)| (device.to_hex(), addresses)).collect();
        let text = serde_json::to_vec(&residents).map_err(|_| Fault::internal("residents"))?;
        Ok(message(MEMBER_GRANTED, &text))
    }

    /// Where the resident's devices were last, as far as this one knows.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn where_residents_are(&mut self, id: &DossierId) -> Result<Vec<(DeviceId, Vec<String>)>, Fault> {
        let owners = self.dossier(id)?.part.consent.owner_devices();
        let devices: Vec<DeviceId> = owners.map(|one| one.device).take(MAX_RESIDENTS).collect();
        let mut found = Vec::new();
        for device in devices {
            if let Some(peer) = self.store.peer(&device)? {
                let addresses = parse_addresses(&peer.addresses);
                found.push((device, addresses.iter().map(ToString::to_string).collect()));
            }
        }
        Ok(found)
    }

    /// The resident has spoken.
    fn joined(
        &mut self,
        ticket: &Ticket,
        terms: &Terms,
        join: &Join,
        state: JoinState,
        residents: BTreeMap<String, Vec<String>>,
    ) -> Result<(), Fault> {
        let now = stored_ms(self.now_ms());
        let stored = StoredJoin {
            ticket: ticket.hash(),
            dossier: ticket.dossier,
            ticket_bytes: ticket.to_bytes(),
            join_bytes: join.to_bytes(),
            state,
        };
        let known = self.store.dossier(&ticket.dossier)?;
        let held: Option<Local> = known.as_ref().and_then(|row| serde_json::from_slice(&row.state).ok());
        let team = join.joiner.root != self.me()?.principal();
        // In a dossier that is here already this device goes on as who it was; one that is over begins again.
        let begins = held.as_ref().is_none_or(|held| held.team != team);
        let local = Local {
            inviter: Some(ticket.inviter.device.to_hex()),
            residents,
            team,
            ..Local::default()
        };
        let row = dossier_store::Dossier {
            dossier: ticket.dossier,
            own: false,
            created_ms: known.map_or(now, |row| row.created_ms),
            closed_ms: None,
            state: serde_json::to_vec(&local).map_err(|_| Fault::internal("local"))?,
        };
        let peer = Peer {
            device: ticket.inviter.device,
            principal: ticket.inviter.root,
            endpoint: ticket.inviter.endpoint,
            name: Some(terms.inviter.as_ref().unwrap_or(&terms.owner_name).clone()),
            addresses: addresses_to_bytes(&hinted(ticket)),
            last_seen_ms: now,
        };
        self.store.transact::<_, Fault>(|tx| {
            tx.put_join(&stored)?;
            if state == JoinState::Granted {
                if begins {
                    tx.put_dossier(&row)?;
                }
                tx.put_peer(&peer)?;
            }
            Ok(())
        })?;
        if state == JoinState::Granted {
            if begins {
                self.reload(&ticket.dossier);
            }
            self.dossier(&ticket.dossier)?;
        }
        Ok(())
    }
}

/// Knocks with a ticket: the conversation, and the terms that the ticket promised.
async fn knock(network: &Network, ticket: &Ticket, within: Duration) -> Result<(JoinStream, Terms), Fault> {
    let hints = hinted(ticket);
    let mut stream = tokio::time::timeout(within, network.knock(ticket.inviter.endpoint, &hints))
        .await
        .map_err(unreachable)?
        .map_err(unreachable)?;
    stream.send(&ticket.knock(), STEP).await.map_err(unreachable)?;
    let said = stream.recv(MAX_MESSAGE, STEP).await.map_err(unreachable)?;
    let bytes = expect(&said, MEMBER_TERMS)?;
    invitation::check_terms(ticket, &bytes)?;
    let terms = serde_json::from_slice(&bytes).map_err(|_| Fault::about(FaultCode::InputRefused, "terms"))?;
    Ok((stream, terms))
}

pub(crate) fn expect(message: &[u8], wanted: u8) -> Result<Vec<u8>, Fault> {
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

/// Where the resident's devices are said to be, behind the word that lets somebody in.
fn read_residents(body: &[u8]) -> BTreeMap<String, Vec<String>> {
    let said: BTreeMap<String, Vec<String>> = serde_json::from_slice(body).unwrap_or_default();
    let few = said.into_iter().take(MAX_RESIDENTS);
    few.map(|(device, addresses)| (device, addresses.into_iter().take(MAX_ADDRESSES).collect()))
        .collect()
}

/// Where a ticket says that the inviter may be.
fn hinted(ticket: &Ticket) -> Vec<SocketAddr> {
    ticket.hints.iter().filter_map(|hint| hint.parse().ok()).collect()
}
