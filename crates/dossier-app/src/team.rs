//! The team of this device: an organisation whose people cover for one another. Its root certifies their devices and takes
//! them away, and does nothing else. Colleagues tell each other, and nobody else, in which dossiers the team looks along.

use std::net::SocketAddr;
use std::time::Duration;

use dossier_store::Peer;
use dossier_sync::driver::JoinStream;
use dossier_trust::codec::Canonical;
use dossier_trust::identity::{Certificate, Random, RootSecret};
use dossier_trust::ids::{DeviceId, DossierId, EndpointKey, PrincipalId};
use dossier_trust::invitation::code_matches;
use dossier_trust::team::{Covered, Greeting, Member, Roster, TeamAnswer, TeamRequest};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use ts_rs::TS;

use crate::app::{App, Inner};
use crate::clock::stored_ms;
use crate::contract::{Event, Fault, FaultCode, Words};
use crate::home::{Home, Me};
use crate::joining::expect;
use crate::network::{MAX_MESSAGE, MEMBER_GRANTED, MEMBER_REFUSED, STEP, addresses_to_bytes, message, parse_addresses};
use crate::replica::Local;

/// The team's root, on the device of whoever looks after the team.
const META_TEAM_ROOT: &str = "team_root";
/// This device's place in a team: what was answered when it asked.
const META_TEAM_SEAT: &str = "team_seat";
/// Who is in the team.
const META_TEAM_ROSTER: &str = "team_roster";

/// Longest name of a team, in characters.
const MAX_NAME: usize = 200;

/// This device's place in a team.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    /// The root's word for this device.
    pub certificate: Certificate,
    /// What the team is called.
    pub name: String,
}

/// Answer to [`Request::Team`](crate::contract::Request::Team).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TeamView {
    /// Key of the team (hex).
    pub team: String,
    /// What it is called.
    pub name: String,
    /// This device may add colleagues and take them away: it holds the team's words.
    pub manages: bool,
    /// Who is in it.
    pub members: Vec<TeamMember>,
}

/// A colleague's device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TeamMember {
    /// Device id (hex).
    pub device: String,
    /// Whose it is.
    pub name: String,
    /// It is this one.
    pub here: bool,
}

/// Answer to [`Request::TeamNew`](crate::contract::Request::TeamNew).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct TeamMade {
    /// The team.
    pub team: TeamView,
    /// Its words, to be kept on paper.
    pub words: Words,
}

/// Answer to [`Request::TeamAsk`](crate::contract::Request::TeamAsk): how this device asks to be in a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TeamAsked {
    /// To be sent to whoever looks after the team.
    pub text: String,
    /// Twelve digits to read out.
    pub code: String,
}

/// Answer to [`Request::TeamAsking`](crate::contract::Request::TeamAsking): who asks to be in the team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TeamAsking {
    /// As they call themselves. Not proven before the codes were compared.
    pub name: String,
}

/// Answer to [`Request::TeamAdd`](crate::contract::Request::TeamAdd).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TeamAdded {
    /// To be sent back to who asked.
    pub text: String,
    /// The team as it is now.
    pub team: TeamView,
}

fn no_team() -> Fault {
    Fault::not_found("team")
}

impl Me {
    /// The certificate under which this device speaks in a dossier: its person's, or the team's in whose name it answered.
    pub(crate) fn certificate_in(&self, local: &Local) -> &Certificate {
        match self.team.as_ref().filter(|_| local.team) {
            Some(seat) => &seat.certificate,
            None => &self.certificate,
        }
    }
}

impl Home {
    /// Who this device is in a dossier: its person, or the team in whose name it answered.
    pub(crate) fn self_in(&mut self, id: &DossierId) -> Result<PrincipalId, Fault> {
        self.dossier(id)?;
        let me = self.me()?;
        Ok(match self.dossiers.get(id) {
            Some(dossier) => me.certificate_in(&dossier.local).root,
            None => me.principal(),
        })
    }

    /// This device's place in a team, if its keys are still those that were certified.
    pub(crate) fn read_seat(&self, device: &DeviceId) -> Result<Option<Seat>, Fault> {
        let Some(bytes) = self.store.meta(META_TEAM_SEAT)? else {
            return Ok(None);
        };
        let answer = TeamAnswer::from_bytes(&bytes)?;
        Ok((answer.device.device == *device).then_some(Seat {
            certificate: answer.device,
            name: answer.team,
        }))
    }

    fn seat(&self) -> Result<&Seat, Fault> {
        self.me()?.team.as_ref().ok_or_else(no_team)
    }

    fn team_root(&self) -> Result<Option<RootSecret>, Fault> {
        let Some(bytes) = self.store.meta(META_TEAM_ROOT)? else {
            return Ok(None);
        };
        let entropy = bytes.as_slice().try_into();
        let entropy = entropy.map_err(|_| Fault::about(FaultCode::Damaged, "team"))?;
        Ok(Some(RootSecret::from_entropy(entropy)))
    }

    /// Who is in the team, as far as this device heard.
    pub(crate) fn roster(&self) -> Result<Option<Roster>, Fault> {
        let bytes = self.store.meta(META_TEAM_ROSTER)?;
        Ok(bytes.map(|bytes| Roster::from_bytes(&bytes)).transpose()?)
    }

    /// The team of this device; none when it is in none.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn team(&self) -> Result<Option<TeamView>, Fault> {
        let me = self.me()?;
        let Some(seat) = &me.team else { return Ok(None) };
        let roster = self.roster()?;
        let mut members: Vec<TeamMember> = roster
            .iter()
            .flat_map(Roster::present)
            .map(|one| TeamMember {
                device: one.certificate.device.to_hex(),
                name: one.name.clone(),
                here: one.certificate.device == me.id(),
            })
            .collect();
        if !members.iter().any(|one| one.here) {
            // No colleague was met yet.
            members.push(TeamMember {
                device: me.id().to_hex(),
                name: me.profile.name.clone(),
                here: true,
            });
        }
        members.sort_by(|a, b| (!a.here, &a.name, &a.device).cmp(&(!b.here, &b.name, &b.device)));
        Ok(Some(TeamView {
            team: seat.certificate.root.to_hex(),
            name: roster.map_or_else(|| seat.name.clone(), |roster| roster.name),
            manages: self.team_root()?.is_some(),
            members,
        }))
    }

    /// Makes a team: a root with words of its own, and this device as the first in it.
    ///
    /// # Errors
    /// [`FaultCode::AlreadyExists`] for a device that is in a team; [`FaultCode::Invalid`] for an empty or endless name.
    pub(crate) fn team_new(&mut self, name: &str) -> Result<TeamMade, Fault> {
        let name = name.trim().to_owned();
        if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
            return Err(Fault::invalid("name"));
        }
        if self.me()?.team.is_some() {
            return Err(Fault::about(FaultCode::AlreadyExists, "team"));
        }
        let root = RootSecret::from_entropy(self.random.array());
        let me = self.me()?;
        let certificate = root.certify(&me.device)?;
        let member = Member {
            certificate: certificate.clone(),
            name: me.profile.name.clone(),
        };
        let roster = Roster::sign(&root, 1, name.clone(), vec![member], Vec::new());
        self.sit_down(
            &TeamAnswer {
                team: name,
                device: certificate.clone(),
                colleague: certificate,
                hints: Vec::new(),
            },
            Some(&roster),
            Some(&root),
        )?;
        Ok(TeamMade {
            team: self.team()?.ok_or_else(no_team)?,
            words: self.team_words()?,
        })
    }

    /// The words of the team, for whoever looks after it.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] for whoever does not.
    pub(crate) fn team_words(&self) -> Result<Words, Fault> {
        let root = self.team_root()?.ok_or_else(|| Fault::not_allowed("team"))?;
        Words::of(&root)
    }

    fn sit_down(
        &mut self,
        answer: &TeamAnswer,
        roster: Option<&Roster>,
        root: Option<&RootSecret>,
    ) -> Result<(), Fault> {
        self.store.transact::<_, Fault>(|tx| {
            tx.set_meta(META_TEAM_SEAT, &answer.to_bytes())?;
            if let Some(roster) = roster {
                tx.set_meta(META_TEAM_ROSTER, &roster.to_bytes())?;
            } else {
                tx.delete_meta(META_TEAM_ROSTER)?;
            }
            if let Some(root) = root {
                tx.set_meta(META_TEAM_ROOT, root.entropy())?;
            }
            Ok(())
        })?;
        if let Some(me) = self.me.as_mut() {
            me.team = Some(Seat {
                certificate: answer.device.clone(),
                name: answer.team.clone(),
            });
        }
        Ok(())
    }

    /// How this device asks to be in a team.
    ///
    /// # Errors
    /// [`FaultCode::AlreadyExists`] for one that is in a team.
    pub(crate) fn team_ask(&self, hints: Vec<String>) -> Result<TeamAsked, Fault> {
        let me = self.me()?;
        if me.team.is_some() {
            return Err(Fault::about(FaultCode::AlreadyExists, "team"));
        }
        let request = TeamRequest {
            device: me.certificate.clone(),
            name: me.profile.name.clone(),
            hints,
        };
        Ok(TeamAsked {
            text: request.to_text(),
            code: request.code(),
        })
    }

    /// Adds whoever asked and read out these digits; the answer goes back to them.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] for whoever does not look after the team; [`FaultCode::InputRefused`] for a wrong code, a
    /// text that is not whole, and a device that was taken out.
    pub(crate) fn team_add(&mut self, text: &str, code: Option<&str>, hints: Vec<String>) -> Result<TeamAdded, Fault> {
        let root = self.team_root()?.ok_or_else(|| Fault::not_allowed("team"))?;
        let request = TeamRequest::from_text(text)?;
        if code.is_some_and(|code| !code_matches(&request.code(), code)) {
            return Err(Fault::about(FaultCode::InputRefused, "wrong_code"));
        }
        let before = self.roster()?.ok_or_else(no_team)?;
        let asks = &request.device;
        if before.is_gone(&asks.device) {
            return Err(Fault::about(FaultCode::InputRefused, "team_gone"));
        }
        let certificate = root.certify_keys(asks.device, asks.wrapping, asks.endpoint);
        let mut members = before.members.clone();
        members.retain(|one| one.certificate.device != asks.device);
        members.push(Member {
            certificate: certificate.clone(),
            name: request.name.clone(),
        });
        let roster = Roster::sign(
            &root,
            before.version.saturating_add(1),
            before.name,
            members,
            before.gone,
        );
        let answer = TeamAnswer {
            team: roster.name.clone(),
            device: certificate,
            colleague: self.seat()?.certificate.clone(),
            hints,
        };
        self.hold_roster(&roster)?;
        self.place_colleague(&answer.device, &request.name, &request.hints)?;
        Ok(TeamAdded {
            text: answer.to_text(),
            team: self.team()?.ok_or_else(no_team)?,
        })
    }

    /// Takes the place that a team gave to this device.
    ///
    /// # Errors
    /// [`FaultCode::InputRefused`] for a text that is not whole, or is for another device; [`FaultCode::AlreadyExists`]
    /// for a device that is in a team.
    pub(crate) fn team_join(&mut self, text: &str) -> Result<TeamView, Fault> {
        let answer = TeamAnswer::from_text(text)?;
        let me = self.me()?;
        let (asked, given) = (&me.certificate, &answer.device);
        if (asked.device, asked.wrapping, asked.endpoint) != (given.device, given.wrapping, given.endpoint) {
            return Err(Fault::about(FaultCode::InputRefused, "team_other_device"));
        }
        if me.team.is_some() {
            return Err(Fault::about(FaultCode::AlreadyExists, "team"));
        }
        self.sit_down(&answer, None, None)?;
        self.place_colleague(&answer.colleague, &answer.team, &answer.hints)?;
        self.team()?.ok_or_else(no_team)
    }

    /// Takes a colleague's device out of the team: it no longer sees anything in the team's name, from the moment that
    /// those dossiers hear of it.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] for whoever does not look after the team; [`FaultCode::NotFound`];
    /// [`FaultCode::Invalid`] for this very device.
    pub(crate) fn team_remove(&mut self, who: &str) -> Result<TeamView, Fault> {
        let root = self.team_root()?.ok_or_else(|| Fault::not_allowed("team"))?;
        let before = self.roster()?.ok_or_else(no_team)?;
        let fits =
            |one: &&Member| !who.is_empty() && (one.name == who || one.certificate.device.to_hex().starts_with(who));
        let meant: Vec<&Member> = before.present().filter(fits).collect();
        let [meant] = meant.as_slice() else {
            return Err(Fault::not_found("device"));
        };
        let device = meant.certificate.device;
        if device == self.me()?.id() {
            return Err(Fault::invalid("this_device"));
        }
        let mut gone = before.gone.clone();
        gone.push(device);
        let members = before.members.clone();
        let roster = Roster::sign(
            &root,
            before.version.saturating_add(1),
            before.name.clone(),
            members,
            gone,
        );
        self.hold_roster(&roster)?;
        let ids: Vec<DossierId> = self.store.dossiers()?.iter().map(|row| row.dossier).collect();
        for id in &ids {
            // What is owed stays owed: a dossier that is busy now hears of it later.
            if let Err(fault) = self.settle(id) {
                tracing::warn!(code = ?fault.code, "a colleague could not be taken out of a dossier yet");
            }
        }
        self.team()?.ok_or_else(no_team)
    }

    /// Keeps a newer list. Whoever was taken out is no colleague any more, and this device itself leaves when it reads
    /// that. What is owed because of it is looked at anew.
    fn hold_roster(&mut self, roster: &Roster) -> Result<(), Fault> {
        self.replica()?;
        let me = self.me()?.id();
        let left = roster.is_gone(&me);
        let gone: Vec<DeviceId> = roster.gone.clone();
        let mut peers = Vec::new();
        for device in &gone {
            let peer = self.store.peer(device)?;
            peers.extend(peer.filter(|peer| peer.principal == roster.root));
        }
        self.store.transact::<_, Fault>(|tx| {
            if left {
                tx.delete_meta(META_TEAM_SEAT)?;
                tx.delete_meta(META_TEAM_ROSTER)?;
            } else {
                tx.set_meta(META_TEAM_ROSTER, &roster.to_bytes())?;
            }
            peers
                .iter()
                .try_for_each(|peer| tx.delete_peer(&peer.device).map(|_| ()))?;
            Ok(())
        })?;
        if let Some(me) = self.me.as_mut() {
            if left {
                me.team = None;
            } else if let Some(seat) = me.team.as_mut() {
                seat.name.clone_from(&roster.name);
            }
        }
        for (id, dossier) in self.dossiers.iter_mut().filter(|(_, dossier)| dossier.local.team) {
            dossier.settled = false;
            self.unsettled.insert(*id);
        }
        for member in roster.present().filter(|_| !left) {
            self.place_colleague(&member.certificate, &member.name, &[])?;
        }
        self.tell(Event::Team);
        Ok(())
    }

    /// Remembers where a colleague's device is.
    fn place_colleague(&mut self, certificate: &Certificate, name: &str, places: &[String]) -> Result<(), Fault> {
        if certificate.device == self.me()?.id() {
            return Ok(());
        }
        let known = self.store.peer(&certificate.device)?;
        let mut addresses: Vec<SocketAddr> = places.iter().filter_map(|place| place.parse().ok()).collect();
        let held = known
            .as_ref()
            .map(|peer| parse_addresses(&peer.addresses))
            .unwrap_or_default();
        addresses.extend(
            held.into_iter()
                .filter(|one| !places.iter().any(|place| *place == one.to_string())),
        );
        addresses.truncate(crate::network::MAX_ADDRESSES);
        let peer = Peer {
            device: certificate.device,
            principal: certificate.root,
            endpoint: certificate.endpoint,
            name: Some(name.to_owned()),
            addresses: addresses_to_bytes(&addresses),
            last_seen_ms: known.map_or(0, |peer| peer.last_seen_ms),
        };
        self.store.transact::<_, Fault>(|tx| Ok(tx.put_peer(&peer)?))
    }

    /// What this device says to a colleague. Dossiers are named to whoever is in the team, and to nobody else.
    fn greeting(&mut self, to: Option<&DeviceId>, own: &[String]) -> Result<Greeting, Fault> {
        let seat = self.seat()?.clone();
        let me = self.me()?.id();
        let roster = self.roster()?;
        let is_in = |device: &DeviceId| {
            let mut present = roster.iter().flat_map(Roster::present);
            present.any(|one| one.certificate.device == *device)
        };
        let known = to.is_none_or(is_in);
        let mut places = vec![(me, own.iter().take(16).cloned().collect())];
        let mut covers = Vec::new();
        if known {
            for member in roster.iter().flat_map(Roster::present) {
                let device = member.certificate.device;
                if let Some(peer) = self.store.peer(&device)?.filter(|_| device != me) {
                    let all = parse_addresses(&peer.addresses);
                    places.push((device, all.iter().map(ToString::to_string).collect()));
                }
            }
            for row in self.store.dossiers()? {
                let dossier = self.dossier(&row.dossier)?;
                let looks = |held: &crate::replica::Compartment| held.consent.right_of(&me).is_some();
                let is_here = dossier.local.covered || dossier.compartments.values().any(looks);
                if dossier.local.team && !dossier.closed && is_here {
                    covers.push(Covered {
                        dossier: row.dossier,
                        title: dossier.title(),
                        residents: self.where_residents_are(&row.dossier)?,
                    });
                }
            }
        }
        Ok(Greeting {
            device: seat.certificate,
            roster,
            places,
            covers,
        })
    }

    /// A colleague said who is in the team, where they are, and where the team looks along.
    fn greeted(&mut self, greeting: &Greeting) -> Result<(), Fault> {
        let team = self.seat()?.certificate.root;
        let held = self.roster()?;
        if let Some(roster) = &greeting.roster
            && roster.root == team
            && roster.verify().is_ok()
            && held.as_ref().is_none_or(|held| held.version < roster.version)
        {
            self.hold_roster(roster)?;
        }
        let Some(roster) = self.roster()?.filter(|_| self.me().is_ok_and(|me| me.team.is_some())) else {
            return Ok(());
        };
        if roster.is_gone(&greeting.device.device) {
            return Ok(());
        }
        for member in roster.present() {
            let device = member.certificate.device;
            let said = greeting.places.iter().find(|(one, _)| *one == device);
            if let Some((_, places)) = said {
                self.place_colleague(&member.certificate, &member.name, places)?;
            }
        }
        // What they name has room there.
        self.has_room(greeting.device.device, greeting.covers.iter().map(|one| one.dossier));
        let from = greeting.device.device.to_hex();
        for covered in &greeting.covers {
            self.cover(covered, &from)?;
        }
        Ok(())
    }

    /// Makes room for a dossier in which the team looks along, unless it is here already. What counts in it is for its own
    /// log to say.
    fn cover(&mut self, covered: &Covered, from: &str) -> Result<(), Fault> {
        let row = self.store.dossier(&covered.dossier)?;
        let held: Option<Local> = row.as_ref().and_then(|row| serde_json::from_slice(&row.state).ok());
        let local = match (&row, held) {
            (None, _) => Local {
                title: Some(covered.title.clone()),
                inviter: Some(from.to_owned()),
                team: true,
                covered: true,
                residents: covered
                    .residents
                    .iter()
                    .map(|(device, places)| (device.to_hex(), places.clone()))
                    .collect(),
                ..Local::default()
            },
            // Nothing came of it from the colleague who was to bring it.
            (Some(_), Some(held)) if held.team && held.inviter.as_deref() != Some(from) => {
                if self.dossier(&covered.dossier)?.part.consent.root() != PrincipalId::default() {
                    return Ok(());
                }
                Local {
                    inviter: Some(from.to_owned()),
                    ..held
                }
            }
            (Some(_), _) => return Ok(()),
        };
        let row = dossier_store::Dossier {
            dossier: covered.dossier,
            own: false,
            created_ms: row.map_or(stored_ms(self.now_ms()), |row| row.created_ms),
            closed_ms: None,
            state: serde_json::to_vec(&local).map_err(|_| Fault::internal("local"))?,
        };
        self.store.transact::<_, Fault>(|tx| Ok(tx.put_dossier(&row)?))?;
        self.reload(&covered.dossier);
        self.dossier(&covered.dossier)?;
        self.shared_anew.push(covered.dossier);
        self.tell(Event::Changed {
            dossier: covered.dossier.to_hex(),
            sections: Vec::new(),
        });
        Ok(())
    }

    /// A colleague made room for these dossiers: now their device may be named there.
    fn has_room(&mut self, device: DeviceId, dossiers: impl Iterator<Item = DossierId>) {
        for id in dossiers {
            if self.roomy.insert((device, id))
                && let Some(dossier) = self.dossiers.get_mut(&id).filter(|dossier| dossier.local.team)
            {
                dossier.settled = false;
                self.unsettled.insert(id);
            }
        }
    }

    /// Colleagues to be greeted, and where they were last.
    fn colleagues(&self) -> Result<Vec<Peer>, Fault> {
        let me = self.me()?;
        let Some(seat) = &me.team else { return Ok(Vec::new()) };
        let peers = self.store.peers()?.into_iter();
        Ok(peers
            .filter(|peer| peer.principal == seat.certificate.root && peer.device != me.id())
            .collect())
    }

    /// The root of the team, and which devices it took out, on the device of whoever looks after the team.
    pub(crate) fn taken_out(&self) -> Result<Option<(RootSecret, Vec<DeviceId>)>, Fault> {
        let (Some(root), Some(roster)) = (self.team_root()?, self.roster()?) else {
            return Ok(None);
        };
        Ok((root.principal() == roster.root && !roster.gone.is_empty()).then_some((root, roster.gone)))
    }
}

impl Inner {
    /// A colleague calls.
    pub(crate) async fn attend_colleague(&self, mut stream: JoinStream, said: &[u8]) -> Result<(), Fault> {
        let from = stream.peer();
        let answer = tokio::task::block_in_place(|| self.answer_colleague(said, &from));
        let word = match &answer {
            Ok(greeting) => {
                stream.vouch();
                message(MEMBER_GRANTED, &greeting.to_bytes())
            }
            Err(_) => message(MEMBER_REFUSED, b"unknown_team"),
        };
        let _ = stream.send(&word, STEP).await;
        let _ = stream.close(STEP).await;
        self.announce();
        self.wake();
        answer.map(|_| ())
    }

    fn answer_colleague(&self, said: &[u8], from: &EndpointKey) -> Result<Greeting, Fault> {
        let refused = || Fault::about(FaultCode::InputRefused, "unknown_team");
        let greeting = Greeting::from_bytes(said).map_err(|_| refused())?;
        let own = self.addresses();
        self.with_home(|home| {
            let team = home.seat()?.certificate.root;
            if !greeting.is_of(&team, from) {
                return Err(refused());
            }
            home.greeted(&greeting)?;
            home.greeting(Some(&greeting.device.device), &own)
        })
    }

    async fn greet(&self, peer: &Peer, within: Duration) -> Result<(), Fault> {
        let unreachable = || Fault::new(FaultCode::NotReachable);
        let network = self.network()?;
        let own = self.addresses();
        let (greeting, team) = self.with_home(|home| {
            let greeting = home.greeting(Some(&peer.device), &own)?;
            Ok((greeting, home.seat()?.certificate.root))
        })?;
        let addresses = parse_addresses(&peer.addresses);
        let mut stream = tokio::time::timeout(within, network.knock(peer.endpoint, &addresses))
            .await
            .map_err(|_| unreachable())?
            .map_err(|_| unreachable())?;
        let sent = stream.send(&greeting.to_bytes(), STEP).await;
        sent.map_err(|_| unreachable())?;
        let heard = stream.recv(MAX_MESSAGE, STEP).await.map_err(|_| unreachable())?;
        let answer = expect(&heard, MEMBER_GRANTED)?;
        let _ = stream.close(STEP).await;
        let answer = Greeting::from_bytes(&answer)?;
        if !answer.is_of(&team, &peer.endpoint) {
            return Err(Fault::about(FaultCode::InputRefused, "unknown_team"));
        }
        self.with_home(|home| {
            home.greeted(&answer)?;
            // They read it before they answered.
            home.has_room(peer.device, greeting.covers.iter().map(|one| one.dossier));
            Ok(())
        })
    }
}

impl App {
    /// Greets every colleague who is there: who is in the team, and where it looks along.
    pub(crate) async fn greet_colleagues(&self, within: Duration) {
        let inner = self.inner();
        let mut greeted = std::collections::BTreeSet::new();
        // Whoever is met first may know of others.
        loop {
            let known = inner.with_home(|home| Ok((home.colleagues()?, home.store.dossiers()?.len())));
            let (colleagues, dossiers) = known.unwrap_or_default();
            // Whoever told of a dossier hears that there is room for it.
            let fresh: Vec<Peer> = colleagues
                .into_iter()
                .filter(|peer| greeted.insert((peer.device, peer.addresses.clone(), dossiers)))
                .collect();
            if fresh.is_empty() {
                break;
            }
            let mut tasks = JoinSet::new();
            for peer in fresh {
                let app = self.clone();
                tasks.spawn(async move {
                    if let Err(fault) = app.inner().greet(&peer, within).await {
                        tracing::debug!(code = ?fault.code, "a colleague was not greeted");
                    }
                });
            }
            while tasks.join_next().await.is_some() {}
        }
        if !greeted.is_empty() {
            inner.announce();
            inner.wake();
        }
    }
}
