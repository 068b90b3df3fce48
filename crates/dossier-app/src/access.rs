//! Letting somebody in, changing what they may do, and ending it.

use std::collections::{BTreeMap, BTreeSet};

use dossier_exchange::demo::AccessEntry;
use dossier_model::layout::Edit;
use dossier_model::{Item, Place, SectionId, Side};
use dossier_store::{Invitation, InvitationState, Owed, Peer};
use dossier_trust::codec::Canonical;
use dossier_trust::identity::{Certificate, Random};
use dossier_trust::ids::{ChainId, CompartmentId, DossierId, EndpointKey, ItemHash, PrincipalId, blake3};
use dossier_trust::invitation::{self, Join, Ticket};
use dossier_trust::item::Position;
use dossier_trust::operation::{OpId, Operation, Right, Since};
use serde_json::{Value, json};

use crate::activity::{self, Deed};
use crate::clock::{end_of, rfc3339};
use crate::contract::{
    AccessPerson, AccessView, EndedView, Fault, FaultCode, InvitationView, Invite, Invited, QuarantineView, Revoked,
    ScopeView,
};
use crate::dossiers::standard;
use crate::home::Home;
use crate::replica::Dossier;
use crate::replica::content::{Card, GrantNote, Level, Scope, Terms};
use crate::replica::settling::OWED_KEEP_UNSEEN;
use crate::replica::writing::Writing;

/// Hours for which a ticket may be answered when nobody says otherwise.
const TICKET_HOURS: u32 = 7 * 24;

/// Why a knock was not let in: a word that travels to the joiner and is turned into a sentence there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turned {
    /// No such ticket here, or not with this secret.
    Unknown,
    /// Its time is over.
    Expired,
    /// Somebody answered it already.
    Used,
    /// The codes differed, or the resident said no.
    Refused,
}

impl Turned {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown_ticket",
            Self::Expired => "expired_ticket",
            Self::Used => "used_ticket",
            Self::Refused => "refused_ticket",
        }
    }
}

/// Somebody whose answer lies here and who waits for the resident.
pub(crate) struct Answered {
    pub(crate) dossier: DossierId,
    pub(crate) ticket: Ticket,
    pub(crate) terms: Terms,
    pub(crate) join: Join,
    pub(crate) card: Card,
}

impl Answered {
    pub(crate) fn code(&self) -> String {
        invitation::code(&self.ticket, &self.join)
    }
}

impl Home {
    /// Makes a ticket.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] for a dossier of somebody else, or a person whose access was withdrawn;
    /// [`FaultCode::Invalid`] for a grant that is not understood or when nothing is offered.
    pub fn invite(&mut self, id: &DossierId, request: &Invite) -> Result<Invited, Fault> {
        let certificate = self.me()?.certificate.clone();
        let owner_name = self.me()?.profile.name.clone();
        let now_ms = self.now_ms();
        let fresh: [u8; 5] = self.random.array();
        let dossier = self.dossier(id)?;
        if !dossier.own {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        let entry = request
            .person
            .as_deref()
            .and_then(|person| dossier.access_entry(person));
        if let Some(entry) = &entry
            && entry.is_closed()
            && request.grants.is_empty()
        {
            return Err(Fault::not_allowed(entry.person_id.as_str()));
        }
        let view = dossier.view();
        let person = match (&request.person, &request.name) {
            (Some(person), _) if view.name(person).is_some() || view.item(person).is_some() || entry.is_some() => {
                person.clone()
            }
            (Some(person), None) => return Err(Fault::not_found(person.as_str())),
            (Some(person), Some(_)) if dossier_model::item::is_item_id(person) => person.clone(),
            (Some(_), Some(_)) => return Err(Fault::invalid("--person")),
            (None, Some(_)) => {
                format!(
                    "p-{}",
                    fresh.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
                )
            }
            (None, None) => return Err(Fault::invalid("--person")),
        };
        if dossier.owner_person().as_deref() == Some(person.as_str()) {
            return Err(Fault::invalid("--person"));
        }
        let name = request
            .name
            .clone()
            .or_else(|| view.name(&person).map(str::to_owned))
            .unwrap_or_else(|| person.clone());
        let scopes = if request.grants.is_empty() {
            entry.as_ref().map(scopes_of_entry).unwrap_or_default()
        } else {
            parse_grants(&request.grants)?
        };
        for scope in &scopes {
            let place = Place::Section {
                section: scope.section.clone(),
                side: scope.detail,
            };
            dossier
                .at(&place)
                .ok_or_else(|| Fault::not_found(scope.section.as_str()))?;
        }
        if scopes.is_empty() {
            return Err(Fault::invalid("--grant"));
        }
        let until = request
            .until
            .clone()
            .or_else(|| entry.as_ref().and_then(|entry| entry.until.clone()));
        if let Some(until) = &until
            && end_of(until)?.saturating_mul(1000) < now_ms
        {
            return Err(Fault::invalid(format!("--until {until}")));
        }
        let from_entry = |pick: fn(&AccessEntry) -> Option<String>| entry.as_ref().and_then(pick);
        let terms = Terms {
            v: 1,
            title: dossier.title(),
            owner_name,
            person: person.clone(),
            name,
            role: request.role.clone().or_else(|| from_entry(|entry| entry.role.clone())),
            hat: from_entry(|entry| entry.hat.clone()),
            purpose: request
                .purpose
                .clone()
                .or_else(|| from_entry(|entry| entry.purpose.clone())),
            until,
            only_about: entry.as_ref().and_then(|entry| entry.only_about.clone()),
            scopes,
        };
        let bytes = serde_json::to_vec(&terms).map_err(|_| Fault::internal("terms"))?;
        let ticket = Ticket {
            dossier: *id,
            inviter: certificate,
            hints: request.hints.clone(),
            secret: self.random.array(),
            terms: blake3(&bytes),
        };
        let hours = u64::from(request.hours.unwrap_or(TICKET_HOURS));
        let expires_ms = now_ms.saturating_add(hours.saturating_mul(3_600_000));
        let stored = Invitation {
            ticket: ticket.hash(),
            dossier: *id,
            secret: ticket.to_bytes(),
            terms: bytes,
            expires_ms: i64::try_from(expires_ms).unwrap_or(i64::MAX),
            state: InvitationState::Open,
            answer: None,
        };
        let line = self.write(id, |writing| {
            let line = writing.own_line(Deed::Invited, None, vec![person.clone()]);
            writing.note(line);
            Ok(())
        });
        line?;
        self.store.transact::<_, Fault>(|tx| Ok(tx.put_invitation(&stored)?))?;
        Ok(Invited {
            ticket: ticket.to_text(),
            id: ItemHash(ticket.hash()).to_hex(),
            expires: rfc3339(expires_ms),
            person,
            scopes: terms.scopes.iter().map(scope_view).collect(),
        })
    }

    /// A knock at the door: the terms, if the ticket is good.
    ///
    /// # Errors
    /// Inner: why not, for the joiner. Outer: a fault of this machine.
    pub(crate) fn knocked(
        &mut self,
        knock: &[u8],
        from: &EndpointKey,
    ) -> Result<Result<(Ticket, Vec<u8>), Turned>, Fault> {
        let Ok(hash) = Ticket::named_by_knock(knock) else {
            return Ok(Err(Turned::Unknown));
        };
        let Some(held) = self.store.invitation(&hash)? else {
            return Ok(Err(Turned::Unknown));
        };
        let ticket = Ticket::from_bytes(&held.secret)?;
        if ticket.check_knock(knock).is_err() {
            return Ok(Err(Turned::Unknown));
        }
        let now = i64::try_from(self.now_ms()).unwrap_or(i64::MAX);
        // The same device that answered before was cut off in the middle: it may go on.
        let again = held.answer.as_deref().and_then(|answer| Join::from_bytes(answer).ok());
        let same = again.is_some_and(|join| join.joiner.endpoint == *from);
        Ok(match held.state {
            InvitationState::Joined | InvitationState::Granted if same => Ok((ticket, held.terms)),
            InvitationState::Joined | InvitationState::Granted => Err(Turned::Used),
            InvitationState::Burnt => Err(Turned::Refused),
            InvitationState::Expired => Err(Turned::Expired),
            InvitationState::Open if held.expires_ms < now => {
                let over = Invitation {
                    state: InvitationState::Expired,
                    ..held
                };
                self.store.transact::<_, Fault>(|tx| Ok(tx.put_invitation(&over)?))?;
                Err(Turned::Expired)
            }
            InvitationState::Open => Ok((ticket, held.terms)),
        })
    }

    /// Takes a joiner's answer. From here on the ticket is used.
    ///
    /// # Errors
    /// [`FaultCode::InputRefused`] when it does not hold; the ticket can then still be answered.
    pub(crate) fn answered(
        &mut self,
        ticket: &Ticket,
        file: &[u8],
        from: Option<EndpointKey>,
    ) -> Result<Answered, Fault> {
        let held = self
            .store
            .invitation(&ticket.hash())?
            .ok_or_else(|| Fault::not_found("ticket"))?;
        let join = Join::open(file, ticket, self.me()?.opener())?;
        if held.answer.as_deref() == Some(join.to_bytes().as_slice()) {
            return self.read_answer(&held)?.ok_or_else(|| Fault::internal("answer"));
        }
        if held.state != InvitationState::Open {
            return Err(Fault::about(FaultCode::InputRefused, Turned::Used.word()));
        }
        if from.is_some_and(|endpoint| endpoint != join.joiner.endpoint) {
            return Err(Fault::about(FaultCode::InputRefused, Turned::Refused.word()));
        }
        let stored = Invitation {
            state: InvitationState::Joined,
            answer: Some(join.to_bytes()),
            ..held
        };
        self.store.transact::<_, Fault>(|tx| Ok(tx.put_invitation(&stored)?))?;
        self.read_answer(&stored)?.ok_or_else(|| Fault::internal("answer"))
    }

    fn read_answer(&self, held: &Invitation) -> Result<Option<Answered>, Fault> {
        let Some(answer) = &held.answer else { return Ok(None) };
        let join = Join::from_bytes(answer)?;
        Ok(Some(Answered {
            dossier: held.dossier,
            ticket: Ticket::from_bytes(&held.secret)?,
            terms: serde_json::from_slice(&held.terms).map_err(|_| Fault::internal("terms"))?,
            card: serde_json::from_slice(&join.card).unwrap_or_default(),
            join,
        }))
    }

    /// Answers that wait for the resident: also those that came before this program was last started.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn waiting_answers(&self) -> Result<Vec<Answered>, Fault> {
        let mut found = Vec::new();
        for row in self.store.dossiers()?.iter().filter(|row| row.own) {
            for held in self.store.invitations(&row.dossier)? {
                if held.state == InvitationState::Joined {
                    found.extend(self.read_answer(&held)?);
                }
            }
        }
        Ok(found)
    }

    /// True when this ticket's answer was granted.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn is_granted(&self, ticket: &Ticket) -> Result<bool, Fault> {
        Ok(self
            .store
            .invitation(&ticket.hash())?
            .is_some_and(|held| held.state == InvitationState::Granted))
    }

    /// Burns a ticket: wrong code, or the resident said no.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn burn(&mut self, ticket: &Ticket) -> Result<(), Fault> {
        let held = self
            .store
            .invitation(&ticket.hash())?
            .ok_or_else(|| Fault::not_found("ticket"))?;
        let burnt = Invitation {
            state: InvitationState::Burnt,
            ..held
        };
        self.store.transact::<_, Fault>(|tx| Ok(tx.put_invitation(&burnt)?))
    }

    /// Gives what the terms say: operations and wraps in every compartment, in one transaction.
    ///
    /// # Errors
    /// What the steps say.
    pub(crate) fn grant(&mut self, answered: &Answered, compared: bool) -> Result<String, Fault> {
        let id = answered.dossier;
        let now_ms = self.now_ms();
        let consent: [u8; 16] = self.random.array();
        self.write(&id, |writing| {
            writing.introduce(answered)?;
            writing.grant_all(
                &answered.terms,
                &answered.join.joiner,
                &answered.card,
                compared,
                consent,
            )
        })?;
        let held = self
            .store
            .invitation(&answered.ticket.hash())?
            .ok_or_else(|| Fault::not_found("ticket"))?;
        let granted = Invitation {
            state: InvitationState::Granted,
            ..held
        };
        let joiner = &answered.join.joiner;
        let peer = Peer {
            device: joiner.device,
            principal: joiner.root,
            endpoint: joiner.endpoint,
            name: Some(answered.card.name.clone()),
            addresses: self
                .store
                .peer(&joiner.device)?
                .map(|peer| peer.addresses)
                .unwrap_or_default(),
            last_seen_ms: i64::try_from(now_ms).unwrap_or(i64::MAX),
        };
        self.store.transact::<_, Fault>(|tx| {
            tx.put_invitation(&granted)?;
            tx.put_peer(&peer)?;
            Ok(())
        })?;
        self.settle(&id)?;
        Ok(answered.terms.person.clone())
    }

    /// Who may see what.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`].
    pub fn access(&mut self, id: &DossierId) -> Result<AccessView, Fault> {
        let now = i64::try_from(self.now_ms()).unwrap_or(i64::MAX);
        let lines = self.log_lines(id)?;
        let dossier = self.dossier(id)?;
        let mut people: BTreeMap<PrincipalId, AccessPerson> = BTreeMap::new();
        for compartment in dossier.compartments.values() {
            let section = compartment
                .place()
                .and_then(|place| Some((place.section()?.to_string(), place.side()?)));
            for (grant_id, note) in compartment.grant_notes() {
                let Some(grant) = compartment.consent.grant(&grant_id) else {
                    continue;
                };
                let entry = people.entry(grant.principal).or_insert_with(|| AccessPerson {
                    person: note.person.clone(),
                    principal: grant.principal.to_hex(),
                    name: note.name.clone(),
                    role: note.role.clone(),
                    organisation: note.organisation.clone(),
                    purpose: note.purpose.clone(),
                    until: note.until.clone(),
                    scopes: Vec::new(),
                    compared: note.compared,
                    ended: None,
                });
                let live = !compartment.consent.is_revoked(&grant_id);
                if let Some((section, side)) = &section
                    && live
                {
                    let content = *side == Side::Wat;
                    let level = level_word(note.level).to_owned();
                    entry.scopes.push(ScopeView {
                        section: section.clone(),
                        level,
                        content,
                    });
                }
            }
        }
        for person in people.values_mut() {
            person
                .scopes
                .sort_by(|a, b| (&a.section, !a.content).cmp(&(&b.section, !b.content)));
            // The content side brings the "only that" side; that is said once.
            let mut seen = BTreeSet::new();
            person.scopes.retain(|scope| seen.insert(scope.section.clone()));
            if person.scopes.is_empty() {
                let confirmed = lines
                    .iter()
                    .any(|line| line.deed == Deed::CopyRemoved && line.who == person.person);
                person.ended = Some(EndedView { confirmed });
            }
        }
        let invitations = self
            .store
            .invitations(id)?
            .into_iter()
            .map(|held| {
                let terms: Option<Terms> = serde_json::from_slice(&held.terms).ok();
                let state = match held.state {
                    InvitationState::Open if held.expires_ms < now => "expired",
                    InvitationState::Open => "open",
                    InvitationState::Joined => "joined",
                    InvitationState::Granted => "granted",
                    InvitationState::Burnt => "burnt",
                    InvitationState::Expired => "expired",
                };
                InvitationView {
                    id: ItemHash(held.ticket).to_hex(),
                    person: terms.map(|terms| terms.person).unwrap_or_default(),
                    state: state.to_owned(),
                    expires: rfc3339(u64::try_from(held.expires_ms).unwrap_or(0)),
                }
            })
            .collect();
        Ok(AccessView {
            people: people.into_values().collect(),
            invitations,
        })
    }

    /// Ends somebody's access everywhere, in one transaction: what was counted stays, new epochs shut the door.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`] for somebody without access; [`FaultCode::NotAllowed`].
    pub fn revoke(&mut self, id: &DossierId, person: &str, keep_unseen: bool) -> Result<Revoked, Fault> {
        let dossier = self.dossier(id)?;
        if !dossier.own {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        let principals = dossier.principals_of(person);
        let live = dossier.live_grants_of(&principals);
        if live.is_empty() {
            return Err(Fault::not_found(person));
        }
        let sections: BTreeSet<String> = live
            .keys()
            .filter_map(|compartment| {
                dossier
                    .compartments
                    .get(compartment)?
                    .place()?
                    .section()
                    .map(ToString::to_string)
            })
            .collect();
        let devices: BTreeSet<_> = dossier
            .compartments
            .values()
            .flat_map(|compartment| compartment.consent.certificates())
            .filter(|certificate| principals.contains(&certificate.root))
            .map(|certificate| certificate.device)
            .collect();
        self.write(id, |writing| {
            for (compartment, grants) in &live {
                writing.revoke(*compartment, grants, None)?;
            }
            Ok(())
        })?;
        if keep_unseen {
            self.store.transact::<_, Fault>(|tx| {
                for (compartment, grants) in &live {
                    for grant in grants {
                        tx.owe(&Owed {
                            dossier: *id,
                            compartment: *compartment,
                            kind: OWED_KEEP_UNSEEN,
                            detail: grant.0.to_vec(),
                        })?;
                    }
                }
                Ok(())
            })?;
        }
        Ok(Revoked {
            person: person.to_owned(),
            sections: sections.into_iter().collect(),
            devices: u32::try_from(devices.len()).unwrap_or(u32::MAX),
        })
    }

    /// Gives somebody other rights: ends what they have, gives what is asked, in one transaction.
    ///
    /// # Errors
    /// As [`Self::revoke`]; [`FaultCode::Invalid`] for grants that are not understood.
    pub fn change_access(
        &mut self,
        id: &DossierId,
        person: &str,
        grants: &[String],
        until: Option<String>,
    ) -> Result<Vec<String>, Fault> {
        let scopes = parse_grants(grants)?;
        if scopes.is_empty() {
            return Err(Fault::invalid("--grant"));
        }
        let consent: [u8; 16] = self.random.array();
        let owner_name = self.me()?.profile.name.clone();
        let dossier = self.dossier(id)?;
        if !dossier.own {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        let principals = dossier.principals_of(person);
        let live = dossier.live_grants_of(&principals);
        let known = dossier
            .compartments
            .values()
            .flat_map(|compartment| compartment.grant_notes().into_values())
            .find(|note| note.person == person)
            .ok_or_else(|| Fault::not_found(person))?;
        let devices: BTreeMap<_, Certificate> = dossier
            .compartments
            .values()
            .flat_map(|compartment| compartment.consent.certificates())
            .filter(|certificate| principals.contains(&certificate.root))
            .map(|certificate| (certificate.device, certificate.clone()))
            .collect();
        let terms = Terms {
            v: 1,
            title: dossier.title(),
            owner_name,
            person: person.to_owned(),
            name: known.name.clone(),
            role: known.role.clone(),
            hat: known.hat.clone(),
            purpose: known.purpose.clone(),
            until: until.or_else(|| known.until.clone()),
            only_about: known.only_about.clone(),
            scopes,
        };
        let card = Card {
            name: known.name.clone(),
            organisation: known.organisation.clone(),
            function: known.function.clone(),
            answers: serde_json::Map::new(),
        };
        self.write(id, |writing| {
            for (compartment, grants) in &live {
                writing.revoke(*compartment, grants, Some("change"))?;
            }
            for certificate in devices.values() {
                writing.grant_all(&terms, certificate, &card, known.compared, consent)?;
            }
            Ok(())
        })?;
        self.settle(id)?;
        Ok(vec![person.to_owned()])
    }

    /// What waits outside and why.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`].
    pub fn quarantine(&mut self, id: &DossierId) -> Result<Vec<QuarantineView>, Fault> {
        let dossier = self.dossier(id)?;
        let people = dossier.people();
        let mut found = Vec::new();
        for compartment in dossier.compartments.values() {
            for (position, waits) in compartment.quarantine() {
                let who = compartment
                    .device_of(&position.chain)
                    .and_then(|device| dossier.principal_of(&device))
                    .and_then(|principal| people.get(&principal).map(|person| person.id.clone()));
                found.push(QuarantineView {
                    item: format!("{}:{}:{}", position.chain, position.n, position.hash),
                    section: compartment.place().and_then(Place::section).map(ToString::to_string),
                    who,
                    reason: activity::reason(waits).to_owned(),
                });
            }
        }
        Ok(found)
    }

    /// Lets an item that waits outside count after all, with everything below it in its chain.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`]; [`FaultCode::NotAllowed`] for anybody but the resident.
    pub fn quarantine_admit(&mut self, id: &DossierId, item: &str) -> Result<Vec<String>, Fault> {
        let position = parse_position(item).ok_or_else(|| Fault::invalid(item))?;
        let dossier = self.dossier(id)?;
        if !dossier.own {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        let compartment = dossier
            .compartments
            .values()
            .find(|compartment| compartment.verdict.quarantine().contains_key(&position))
            .map(|compartment| compartment.id)
            .ok_or_else(|| Fault::not_found(item))?;
        self.write(id, |writing| {
            writing.operation(
                compartment,
                Operation::Pin {
                    positions: vec![position],
                    snapshot: None,
                },
            )?;
            writing.reconsider(&compartment)
        })?;
        self.reload(id);
        self.dossier(id)?;
        Ok(vec![item.to_owned()])
    }
}

impl Dossier {
    /// What a demo family's access table proposes for a person.
    fn access_entry(&self, person: &str) -> Option<AccessEntry> {
        let view = self.view();
        let entries: Vec<Value> = view.of_kind("access").map(|item| item.fields.clone()).collect();
        let found = entries
            .iter()
            .filter_map(AccessEntry::read)
            .filter(|entry| entry.person_id == person);
        // The last line about somebody is what holds; a living one goes before one that ended.
        let all: Vec<AccessEntry> = found.collect();
        all.iter().rfind(|entry| !entry.is_closed()).or(all.last()).cloned()
    }

    fn principals_of(&self, person: &str) -> BTreeSet<PrincipalId> {
        self.people()
            .into_iter()
            .filter(|(principal, one)| one.id == person && !self.is_owner(principal))
            .map(|(principal, _)| principal)
            .collect()
    }

    fn live_grants_of(&self, principals: &BTreeSet<PrincipalId>) -> BTreeMap<CompartmentId, Vec<OpId>> {
        let mut found: BTreeMap<CompartmentId, Vec<OpId>> = BTreeMap::new();
        for compartment in self.compartments.values() {
            let theirs = compartment
                .consent
                .live_grants()
                .filter(|(_, grant)| principals.contains(&grant.principal));
            let ids: Vec<OpId> = theirs.map(|(id, _)| *id).collect();
            if !ids.is_empty() {
                found.insert(compartment.id, ids);
            }
        }
        found
    }
}

impl Writing<'_> {
    /// Puts somebody who is new among the people, and keeps the card they filled in.
    fn introduce(&mut self, answered: &Answered) -> Result<(), Fault> {
        let terms = &answered.terms;
        let view = self.dossier.view();
        if view.item(&terms.person).is_none() {
            let netwerk = self.dossier.id_at(&Place::wat(standard("netwerk")?))?;
            let professional = answered.card.organisation.is_some();
            let fields = json!({
                "id": terms.person,
                "name": answered.card.name,
                "kind": if professional { "professional" } else { "netwerk" },
                "role": terms.role,
                "function": answered.card.function,
            });
            self.edits(netwerk, &[Edit::Add(Item::new(terms.person.clone(), "people", fields))])?;
        }
        if !answered.card.answers.is_empty() {
            let owner = self.dossier.id_at(&Place::Owner)?;
            let id = format!(
                "ic-{}-{}",
                terms.person,
                ItemHash(answered.ticket.hash()).to_hex().get(..8).unwrap_or("")
            );
            let mut fields = answered.card.answers.clone();
            fields.insert("id".into(), id.clone().into());
            fields.insert("person_id".into(), terms.person.clone().into());
            fields.insert("seen_by_owner".into(), Value::Null);
            self.edits(owner, &[Edit::Add(Item::new(id, "info_cards", Value::Object(fields)))])?;
        }
        Ok(())
    }

    /// Certificate, grant and wrap in every compartment that the terms name. "wat" brings reading of "dat", and who
    /// may write the content may write that side too: whoever writes an appointment writes its block.
    fn grant_all(
        &mut self,
        terms: &Terms,
        joiner: &Certificate,
        card: &Card,
        compared: bool,
        consent: [u8; 16],
    ) -> Result<String, Fault> {
        let mut rights: BTreeMap<CompartmentId, (Right, Level)> = BTreeMap::new();
        let mut give = |compartment: CompartmentId, right: Right, level: Level| {
            rights
                .entry(compartment)
                .and_modify(|held| *held = (*held).max((right, level)))
                .or_insert((right, level));
        };
        for scope in &terms.scopes {
            let right = match scope.level {
                Level::Zien => Right::Read,
                Level::Aanvullen => Right::Append,
                Level::Aanpassen => Right::Edit,
            };
            let at = |side| {
                self.dossier.id_at(&Place::Section {
                    section: scope.section.clone(),
                    side,
                })
            };
            // Whoever sees only what is about certain people gets no key: an owner device hands them copies.
            let limited = terms.only_about.is_some();
            match scope.detail {
                _ if limited => give(at(scope.detail)?, Right::Relay, scope.level),
                Side::Wat => {
                    give(at(Side::Wat)?, right, scope.level);
                    give(at(Side::Dat)?, right.min(Right::Append), scope.level);
                }
                Side::Dat => give(at(Side::Dat)?, right.min(Right::Append), scope.level),
            }
        }
        let until = terms.until.as_deref().map(end_of).transpose()?;
        for (compartment, (right, level)) in rights {
            let note = GrantNote {
                v: 1,
                consent: consent.iter().map(|byte| format!("{byte:02x}")).collect(),
                person: terms.person.clone(),
                name: card.name.clone(),
                role: terms.role.clone(),
                organisation: card.organisation.clone(),
                function: card.function.clone(),
                hat: terms.hat.clone(),
                purpose: terms.purpose.clone(),
                level,
                until: terms.until.clone(),
                only_about: terms.only_about.clone(),
                compared,
            };
            self.grant_one(compartment, joiner, right, until, &note)?;
        }
        let mut line = self.own_line(Deed::Granted, None, vec![terms.person.clone()]);
        line.reason = (!compared).then(|| "code_not_compared".to_owned());
        self.note(line);
        self.sharing_changed();
        Ok(terms.person.clone())
    }

    fn grant_one(
        &mut self,
        id: CompartmentId,
        joiner: &Certificate,
        right: Right,
        until: Option<u64>,
        note: &GrantNote,
    ) -> Result<(), Fault> {
        let plain = serde_json::to_vec(note).map_err(|_| Fault::internal("note"))?;
        let mut random = self.random;
        let compartment = self.compartment(&id)?;
        let epoch = compartment
            .consent
            .current_epoch()
            .ok_or_else(|| Fault::internal("epoch"))?;
        let key = compartment
            .keys
            .get(&epoch)
            .cloned()
            .ok_or_else(|| Fault::internal("epoch key"))?;
        let record = Some(key.seal_note(id, &plain, &mut random)?);
        let known = compartment.consent.member(&joiner.device).is_some();
        if !known {
            self.operation(
                id,
                Operation::Device {
                    certificate: joiner.clone(),
                    holder: None,
                },
            )?;
        }
        let nonce = self.random.array();
        let principal = joiner.root;
        let again = self
            .compartment(&id)?
            .consent
            .live_grants()
            .any(|(_, grant)| grant.principal == principal && grant.right == right);
        if !again {
            let grant = Operation::Grant {
                principal,
                right,
                since: Since::Beginning,
                until,
                nonce,
                record,
            };
            self.operation(id, grant)?;
        }
        self.reconsider(&id)?;
        if right >= Right::Read {
            self.wrap_current(id, joiner)?;
        }
        Ok(())
    }
}

fn scope_view(scope: &Scope) -> ScopeView {
    ScopeView {
        section: scope.section.to_string(),
        level: level_word(scope.level).to_owned(),
        content: scope.detail == Side::Wat,
    }
}

pub(crate) fn level_word(level: Level) -> &'static str {
    match level {
        Level::Zien => "zien",
        Level::Aanvullen => "aanvullen",
        Level::Aanpassen => "aanpassen",
    }
}

fn level_of(word: &str) -> Option<Level> {
    Some(match word {
        "zien" => Level::Zien,
        "aanvullen" => Level::Aanvullen,
        "aanpassen" => Level::Aanpassen,
        _ => return None,
    })
}

fn scopes_of_entry(entry: &AccessEntry) -> Vec<Scope> {
    let known = entry.scopes.iter().filter_map(|scope| {
        Some(Scope {
            section: scope.section.clone(),
            level: level_of(&scope.level)?,
            detail: scope.side,
        })
    });
    known.collect()
}

/// Reads `SECTION=zien|aanvullen|aanpassen[:dat]`.
fn parse_grants(grants: &[String]) -> Result<Vec<Scope>, Fault> {
    grants
        .iter()
        .map(|grant| {
            let bad = || Fault::invalid(format!("--grant {grant}"));
            let (section, level) = grant.split_once('=').ok_or_else(bad)?;
            let (level, detail) = match level.split_once(':') {
                None => (level, Side::Wat),
                Some((level, "dat")) => (level, Side::Dat),
                Some((level, "wat")) => (level, Side::Wat),
                Some(_) => return Err(bad()),
            };
            Ok(Scope {
                section: SectionId::new(section).map_err(|_| bad())?,
                level: level_of(level).ok_or_else(bad)?,
                detail,
            })
        })
        .collect()
}

fn parse_position(text: &str) -> Option<Position> {
    let mut parts = text.split(':');
    let position = Position {
        chain: ChainId::from_hex(parts.next()?).ok()?,
        n: parts.next()?.parse().ok()?,
        hash: ItemHash::from_hex(parts.next()?).ok()?,
    };
    parts.next().is_none().then_some(position)
}
