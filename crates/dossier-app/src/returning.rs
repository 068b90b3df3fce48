//! A device that nobody knows yet, of somebody whom everybody knows: after a recovery, or a second one.
//!
//! It shows the certificate that its root signed, in the dossier itself; whoever holds a copy can check that against
//! what the dossier was founded by, or against a grant. From then on it is one of that person's devices.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use dossier_store::{Owed, Peer};
use dossier_sync::driver::JoinStream;
use dossier_sync::protocol::{Batch, Source};
use dossier_trust::codec::Canonical;
use dossier_trust::identity::Certificate;
use dossier_trust::ids::{CompartmentId, DeviceId, DossierId, EndpointKey};
use dossier_trust::introduction::{Claim, Introduction, ReturnTicket};
use dossier_trust::item::{Header, Item, Lane, SignedOpen};
use dossier_trust::operation::Operation;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use ts_rs::TS;

use crate::app::{App, Inner};
use crate::clock::stored_ms;
use crate::contract::{DossierCard, Fault, FaultCode};
use crate::home::Home;
use crate::joining::expect;
use crate::network::{MAX_MESSAGE, MEMBER_GRANTED, MEMBER_REFUSED, STEP, addresses_to_bytes, message, parse_addresses};
use crate::outstanding::qr;
use crate::recovery::Lacking;
use crate::replica::Local;

/// Somebody who has not heard of this device yet: `detail` is theirs.
pub(crate) const OWED_INTRODUCTION: u8 = 4;

const UNKNOWN: &str = "unknown_return";

/// Answer to [`Request::ReturnTicket`](crate::contract::Request::ReturnTicket): how the resident finds the way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReturnView {
    /// As letters and digits.
    pub ticket: String,
    /// The same as a QR code: one text a row, `1` is dark.
    pub qr: Vec<String>,
}

/// Answer to [`Request::Return`](crate::contract::Request::Return); null when it was stopped.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Returned {
    /// What is back.
    pub dossiers: Vec<ReturnedDossier>,
}

/// One dossier that came back from others.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ReturnedDossier {
    /// The dossier.
    pub dossier: DossierCard,
    /// What of it did not come back.
    pub lacking: Lacking,
}

/// What a returning device hears from whoever knows its person.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Welcome {
    /// The dossier that it named, and all of the same resident's where a device of theirs answers.
    dossiers: Vec<Known>,
}

/// A dossier, proven to be somebody's by how it began.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Known {
    /// Its genesis operation, hex: the dossier's name is its hash.
    genesis: String,
    title: String,
    owner_name: String,
}

impl Known {
    /// The dossier, if it was founded by this person.
    fn of(&self, root: &dossier_trust::ids::PrincipalId) -> Option<DossierId> {
        let digits = self.genesis.as_bytes().chunks(2);
        let bytes: Option<Vec<u8>> = digits
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        match Operation::from_bytes(&bytes?).ok()? {
            genesis @ Operation::Genesis { root: by, .. } if by == *root => genesis.starts(),
            Operation::Genesis { .. }
            | Operation::Device { .. }
            | Operation::Generation { .. }
            | Operation::Grant { .. }
            | Operation::Revoke { .. }
            | Operation::Cut { .. }
            | Operation::Pin { .. }
            | Operation::Epoch { .. }
            | Operation::Erase { .. } => None,
        }
    }
}

fn refused() -> Fault {
    Fault::about(FaultCode::InputRefused, UNKNOWN)
}

impl Home {
    /// A ticket with which the resident, or another device of one's own, finds its way to this one.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] after access ended.
    pub(crate) fn return_ticket(&mut self, id: &DossierId, hints: Vec<String>) -> Result<ReturnView, Fault> {
        let holder = self.me()?.certificate.clone();
        if self.dossier(id)?.closed {
            return Err(Fault::not_allowed("closed"));
        }
        let ticket = ReturnTicket {
            dossier: *id,
            holder,
            hints,
        }
        .to_text();
        Ok(ReturnView {
            qr: qr(&ticket)?,
            ticket,
        })
    }

    /// What this device has to show in a dossier. None where it never said who it is.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn introduction(&mut self, id: &DossierId) -> Result<Option<Introduction>, Fault> {
        self.dossier(id)?;
        let me = self.me()?;
        let me = match self.dossiers.get(id) {
            Some(dossier) => me.certificate_in(&dossier.local).clone(),
            None => me.certificate.clone(),
        };
        let places = self.dossier(id)?.places_of(&me.root);
        let mut claims = Vec::new();
        for place in places {
            for chain in self.store.chains(id, &place)? {
                if chain.device != me.device || chain.lane != Lane::Log.code() {
                    continue;
                }
                let first = self.store.items_at(&chain.chain, 1)?.into_iter().next();
                let Some(first) = first else { continue };
                let operation = first.body.as_deref().map(Operation::from_bytes).transpose()?;
                if matches!(&operation, Some(Operation::Device { certificate, .. }) if *certificate == me) {
                    claims.push(Claim {
                        open: SignedOpen::from_bytes(&chain.open)?,
                        item: Item {
                            header: Header::from_bytes(&first.header)?,
                            signature: first.signature,
                            body: first.body,
                        },
                    });
                    break;
                }
            }
        }
        Ok((!claims.is_empty()).then_some(Introduction { dossier: *id, claims }))
    }

    /// Takes in a device that shows whose it is.
    ///
    /// # Errors
    /// [`FaultCode::InputRefused`], in the same words whatever the reason: a stranger learns nothing about what is here.
    fn welcome(&mut self, introduction: &Introduction, from: &EndpointKey) -> Result<Welcome, Fault> {
        let certificate = introduction.verify().map_err(|_| refused())?;
        let id = introduction.dossier;
        let held = self.store.dossier(&id)?.is_some_and(|row| row.closed_ms.is_none());
        if certificate.endpoint != *from || !held {
            return Err(refused());
        }
        let dossier = self.dossier(&id)?;
        let root = certificate.root;
        let is_resident = dossier.is_owner(&root);
        let believed: Vec<&Claim> = introduction
            .claims
            .iter()
            .filter(|claim| {
                let place = claim.compartment();
                if is_resident {
                    return place == CompartmentId::DOSSIER && !dossier.part.consent.is_cut(&certificate.device);
                }
                dossier.compartments.get(&place).is_some_and(|held| {
                    let granted = held.consent.grant(&claim.open.open.grant);
                    granted.is_some_and(|grant| grant.principal == root)
                        && !held.consent.is_revoked(&claim.open.open.grant)
                        && !held.consent.is_cut(&certificate.device)
                })
            })
            .collect();
        if believed.is_empty() {
            return Err(refused());
        }
        for claim in believed {
            let batch = Batch {
                dossier: id,
                compartment: claim.compartment(),
                opens: vec![claim.open.clone()],
                items: vec![claim.item.clone()],
                loose: Vec::new(),
            };
            // It proves itself, whoever hands it over.
            if !self.receive(Source::Bundle, batch)?.refused.is_empty() {
                return Err(refused());
            }
        }
        let dossier = self.dossier(&id)?;
        let person = dossier.people().remove(&root);
        let name = person.map(|person| dossier.name_with(&person, &root, &certificate.device));
        self.remember_device(&certificate, name)?;
        let mut dossiers = vec![id];
        if root == self.me()?.principal() {
            let rows = self.store.dossiers()?;
            let others = rows.iter().filter(|row| row.own && row.dossier != id);
            dossiers.extend(others.map(|row| row.dossier));
        }
        let mut known = Vec::new();
        for id in dossiers {
            known.extend(self.known(&id)?);
        }
        Ok(Welcome { dossiers: known })
    }

    fn remember_device(&mut self, certificate: &Certificate, name: Option<String>) -> Result<(), Fault> {
        let before = self.store.peer(&certificate.device)?;
        let peer = Peer {
            device: certificate.device,
            principal: certificate.root,
            endpoint: certificate.endpoint,
            name,
            addresses: before.map(|peer| peer.addresses).unwrap_or_default(),
            last_seen_ms: stored_ms(self.now_ms()),
        };
        self.store.transact::<_, Fault>(|tx| Ok(tx.put_peer(&peer)?))
    }

    fn known(&mut self, id: &DossierId) -> Result<Option<Known>, Fault> {
        let dossier = self.dossier(id)?;
        let log = dossier.part.log.iter();
        let genesis = log
            .map(|entry| &entry.operation)
            .find(|operation| operation.starts() == Some(*id));
        let Some(genesis) = genesis else { return Ok(None) };
        let root = dossier.part.consent.root();
        Ok(Some(Known {
            genesis: genesis.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect(),
            title: dossier.title(),
            owner_name: dossier
                .people()
                .get(&root)
                .map(|person| person.name.clone())
                .unwrap_or_default(),
        }))
    }

    /// Makes room for a dossier of one's own that somebody else still has, and says in it who this device is. Until
    /// [`Self::came_back`] it may still turn out to be somebody else's.
    fn come_back_to(&mut self, id: &DossierId, holder: &Certificate, addresses: &[SocketAddr]) -> Result<(), Fault> {
        let now = stored_ms(self.now_ms());
        let before = self.store.dossier(id)?;
        let held = before.as_ref().and_then(|row| serde_json::from_slice(&row.state).ok());
        let local = Local {
            inviter: Some(holder.device.to_hex()),
            ..held.unwrap_or_default()
        };
        let row = dossier_store::Dossier {
            dossier: *id,
            own: true,
            created_ms: before.as_ref().map_or(now, |row| row.created_ms),
            closed_ms: None,
            state: serde_json::to_vec(&local).map_err(|_| Fault::internal("local"))?,
        };
        if before.as_ref().is_some_and(|row| !row.own) {
            return Err(Fault::about(FaultCode::InputRefused, "return_not_own"));
        }
        let known = self.store.peer(&holder.device)?;
        let peer = Peer {
            device: holder.device,
            principal: holder.root,
            endpoint: holder.endpoint,
            name: known.as_ref().and_then(|peer| peer.name.clone()),
            addresses: addresses_to_bytes(addresses),
            last_seen_ms: now,
        };
        self.store.transact::<_, Fault>(|tx| {
            tx.put_dossier(&row)?;
            Ok(tx.put_peer(&peer)?)
        })?;
        self.reload(id);
        if self.introduction(id)?.is_none() {
            self.write(id, |writing| {
                let me = writing.me.certificate.clone();
                writing.certify(CompartmentId::DOSSIER, me)?;
                writing.reconsider(&CompartmentId::DOSSIER)
            })?;
        }
        Ok(())
    }

    /// Somebody said that they know this person. True when the dossier is this person's own.
    fn came_back(&mut self, known: &Known) -> Result<Option<DossierId>, Fault> {
        let me = self.me()?.principal();
        let Some(id) = known.of(&me) else { return Ok(None) };
        if self.me()?.profile.name.is_empty() && !known.owner_name.is_empty() {
            // The words do not say what somebody is called.
            if let Some(me) = self.me.as_mut() {
                me.profile.name.clone_from(&known.owner_name);
            }
            let me = self.me.as_ref().ok_or_else(|| Fault::internal("profile"))?;
            self.store.transact::<_, Fault>(|tx| me.keep(tx))?;
        }
        Ok(Some(id))
    }

    fn own_dossiers(&self) -> Result<BTreeSet<DossierId>, Fault> {
        let rows = self.store.dossiers()?;
        Ok(rows.into_iter().filter(|row| row.own).map(|row| row.dossier).collect())
    }

    /// Forgets a dossier to which nobody let this device back.
    fn stay_away(&mut self, id: &DossierId) -> Result<(), Fault> {
        let empty = self.dossier(id)?.part.consent.root() == dossier_trust::ids::PrincipalId::default();
        if empty {
            self.dossiers.remove(id);
            self.store.transact::<_, Fault>(|tx| Ok(tx.forget(id)?))?;
        }
        Ok(())
    }

    /// Introductions that this device still owes: to whom, and where they were last.
    fn owed_introductions(&mut self) -> Result<Vec<(Owed, Peer, Introduction)>, Fault> {
        let mut found = Vec::new();
        for owed in self.store.owed(None)? {
            let device: Option<[u8; 32]> = owed.detail.as_slice().try_into().ok();
            let Some(device) = device.filter(|_| owed.kind == OWED_INTRODUCTION) else {
                continue;
            };
            if let Some(peer) = self.store.peer(&DeviceId(device))?
                && let Some(introduction) = self.introduction(&owed.dossier)?
            {
                found.push((owed, peer, introduction));
            }
        }
        Ok(found)
    }
}

impl Inner {
    /// Somebody introduces a new device of theirs.
    pub(crate) async fn attend_return(&self, mut stream: JoinStream, said: &[u8]) -> Result<(), Fault> {
        let from = stream.peer();
        let introduction = Introduction::from_bytes(said);
        let welcome = match introduction {
            Ok(introduction) => {
                tokio::task::block_in_place(|| self.with_home(|home| home.welcome(&introduction, &from)))
            }
            Err(_) => Err(refused()),
        };
        match welcome {
            Ok(welcome) => {
                stream.vouch();
                let text = serde_json::to_vec(&welcome).map_err(|_| Fault::internal("welcome"))?;
                let _ = stream.send(&message(MEMBER_GRANTED, &text), STEP).await;
                let _ = stream.close(STEP).await;
                self.announce();
                self.wake();
                Ok(())
            }
            Err(fault) => {
                let word = message(MEMBER_REFUSED, UNKNOWN.as_bytes());
                let _ = stream.send(&word, STEP).await;
                let _ = stream.close(STEP).await;
                Err(fault)
            }
        }
    }

    /// Introduces this device to somebody who does not know it.
    async fn introduce(
        &self,
        to: EndpointKey,
        addresses: &[SocketAddr],
        introduction: &Introduction,
        within: Duration,
    ) -> Result<Welcome, Fault> {
        let unreachable = || Fault::new(FaultCode::NotReachable);
        let network = self.network()?;
        let mut stream = tokio::time::timeout(within, network.knock(to, addresses))
            .await
            .map_err(|_| unreachable())?
            .map_err(|_| unreachable())?;
        let said = introduction.to_bytes();
        stream.send(&said, STEP).await.map_err(|_| unreachable())?;
        let heard = stream.recv(MAX_MESSAGE, STEP).await.map_err(|_| unreachable())?;
        let text = expect(&heard, MEMBER_GRANTED).map_err(|_| refused())?;
        let _ = stream.close(STEP).await;
        serde_json::from_slice(&text).map_err(|_| refused())
    }
}

impl App {
    /// [`Self::come_back`], until somebody wishes to stop it. None then: what it made here is gone again.
    ///
    /// # Errors
    /// As [`Self::come_back`].
    pub(crate) fn return_until_stopped(&self, ticket: &str, within: Duration) -> Result<Option<Returned>, Fault> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| Fault::invalid("offline"))?;
        let inner = self.inner();
        let _alone = inner.work.begin();
        let before = inner.with_home(|home| home.own_dossiers())?;
        let back = tokio::task::block_in_place(|| {
            runtime.block_on(async {
                tokio::select! {
                    back = self.come_back(ticket, within) => Some(back),
                    () = inner.work.until_stopped() => None,
                }
            })
        });
        match back {
            Some(back) => back.map(Some),
            None => inner.with_home(|home| {
                for id in home.own_dossiers()?.difference(&before) {
                    home.take_away(id)?;
                }
                Ok(None)
            }),
        }
    }

    /// Comes back to one's own dossiers with a ticket that somebody who holds a copy showed. The profile was restored
    /// before, and [`Self::go_online`] comes first.
    ///
    /// # Errors
    /// [`FaultCode::InputRefused`] for a ticket that cannot be read, or of somebody else's dossier;
    /// [`FaultCode::NotReachable`].
    pub async fn come_back(&self, ticket: &str, within: Duration) -> Result<Returned, Fault> {
        let inner = self.inner();
        let ticket = ReturnTicket::from_text(ticket)?;
        let addresses: Vec<SocketAddr> = ticket.hints.iter().filter_map(|hint| hint.parse().ok()).collect();
        let holder = &ticket.holder;
        let mut waiting = vec![ticket.dossier];
        let mut back: Vec<DossierId> = Vec::new();
        while let Some(id) = waiting.pop() {
            let introduction = inner.with_home(|home| {
                home.come_back_to(&id, holder, &addresses)?;
                home.introduction(&id)?.ok_or_else(|| Fault::internal("introduction"))
            })?;
            let heard = inner
                .introduce(holder.endpoint, &addresses, &introduction, within)
                .await;
            let found = inner.with_home(|home| {
                let mut found = Vec::new();
                for known in heard
                    .as_ref()
                    .map(|welcome| welcome.dossiers.as_slice())
                    .unwrap_or_default()
                {
                    found.extend(home.came_back(known)?);
                }
                if !found.contains(&id) {
                    home.stay_away(&id)?;
                }
                Ok(found)
            })?;
            heard?;
            if !found.contains(&id) {
                return Err(Fault::about(FaultCode::InputRefused, "return_not_own"));
            }
            back.push(id);
            waiting.extend(found.into_iter().filter(|one| !back.contains(one)));
            waiting.sort_unstable();
            waiting.dedup();
        }
        self.sync_with_device(holder.device, within).await?;
        inner.with_home(|home| {
            let mut dossiers = Vec::new();
            for id in &back {
                home.settle(id)?;
                home.save_documents(id)?;
                dossiers.push(ReturnedDossier {
                    dossier: home.card(id)?,
                    lacking: home.lacking(id)?,
                });
            }
            Ok(Returned { dossiers })
        })
    }

    /// Introduces this device to everybody who has not heard of it since it was restored. Whoever is not there is
    /// tried again the next time.
    pub(crate) async fn introduce_all(&self, within: Duration) {
        let owed = self.inner().with_home(Home::owed_introductions).unwrap_or_default();
        let mut tasks = JoinSet::new();
        for (owed, peer, introduction) in owed {
            let app = self.clone();
            tasks.spawn(async move {
                let inner = app.inner();
                let addresses = parse_addresses(&peer.addresses);
                let heard = inner.introduce(peer.endpoint, &addresses, &introduction, within).await;
                let known = match heard {
                    Ok(_) => {
                        inner.with_home(|home| home.store.transact::<_, Fault>(|tx| Ok(tx.pay(&owed).map(|_| ())?)))
                    }
                    Err(fault) => Err(fault),
                };
                if let Err(fault) = known {
                    tracing::debug!(code = ?fault.code, "an introduction has to wait");
                    return;
                }
                if let Ok(network) = inner.network() {
                    let _ = network.connect(peer.endpoint, addresses);
                }
            });
        }
        while tasks.join_next().await.is_some() {}
    }
}
