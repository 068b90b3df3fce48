//! Letting somebody in: a ticket, the answer to it, and what it gives.

use dossier_exchange::demo::AccessEntry;
use dossier_model::layout::Edit;
use dossier_model::record::RecordItem;
use dossier_model::{Item, Place, RecordContent, Side};
use dossier_store::{Invitation, InvitationState, Peer};
use dossier_trust::codec::Canonical;
use dossier_trust::identity::Random;
use dossier_trust::ids::{DossierId, EndpointKey, ItemHash, blake3};
use dossier_trust::invitation::{self, Join, Ticket};
use dossier_trust::operation::Right;
use serde_json::{Value, json};

use crate::access::{level_of, level_word, parse_grants};
use crate::activity::Deed;
use crate::clock::{end_of, rfc3339, stored_ms};
use crate::contract::{Fault, FaultCode, Invite, Invited, PersonRef, ScopeView};
use crate::dossiers::standard;
use crate::home::Home;
use crate::managing::check_terms;
use crate::replica::Dossier;
use crate::replica::content::{Card, Content, Scope, Terms};
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
    fn read(held: &Invitation, join: Join) -> Result<Self, Fault> {
        Ok(Self {
            dossier: held.dossier,
            ticket: Ticket::from_bytes(&held.secret)?,
            terms: serde_json::from_slice(&held.terms).map_err(|_| Fault::internal("terms"))?,
            card: serde_json::from_slice(&join.card).unwrap_or_default(),
            join,
        })
    }

    /// Slow on purpose: 32 MiB of work.
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
        let terms = self.terms_of(id, request)?;
        let certificate = self.me()?.certificate.clone();
        let now_ms = self.now_ms();
        let person = terms.person.clone();
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
            expires_ms: stored_ms(expires_ms),
            state: InvitationState::Open,
            answer: None,
        };
        self.write(id, |writing| {
            let line = writing.own_line(Deed::Invited, None, vec![person.clone()]);
            writing.note(line);
            writing.also(move |tx| Ok(tx.put_invitation(&stored)?));
            Ok(())
        })?;
        let about = self.dossier(id)?.named_about(terms.only_about.as_deref());
        Ok(Invited {
            ticket: ticket.to_text(),
            id: ItemHash(ticket.hash()).to_hex(),
            expires: rfc3339(expires_ms),
            person,
            scopes: offered(&terms, about.as_ref()),
        })
    }

    /// What an invitation offers, to whom, why and until when.
    ///
    /// # Errors
    /// As [`Self::invite`].
    pub(crate) fn terms_of(&mut self, id: &DossierId, request: &Invite) -> Result<Terms, Fault> {
        let me = self.me()?.id();
        let my_name = self.me()?.profile.name.clone();
        let now_ms = self.now_ms();
        let fresh: [u8; 5] = self.random.array();
        let dossier = self.dossier(id)?;
        if !dossier.may_admit(&me) {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        let (owner_name, inviter) = if dossier.own {
            (my_name, None)
        } else {
            (dossier.owner_name().unwrap_or_default(), Some(my_name))
        };
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
            dossier.may_give(&me, scope)?;
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
            inviter,
            person,
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
            from_now: request.from_now,
        };
        check_terms(&terms, dossier.own)?;
        terms.checked()
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
        let now = stored_ms(self.now_ms());
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

    /// Reads a joiner's answer. The ticket is used only once [`Self::take_answer`] kept it.
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
        if held.answer.as_deref() != Some(join.to_bytes().as_slice()) {
            if held.state != InvitationState::Open {
                return Err(Fault::about(FaultCode::InputRefused, Turned::Used.word()));
            }
            if from.is_some_and(|endpoint| endpoint != join.joiner.endpoint) {
                return Err(Fault::about(FaultCode::InputRefused, Turned::Refused.word()));
            }
        }
        Answered::read(&held, join)
    }

    /// Keeps a joiner's answer. From here on the ticket is used.
    ///
    /// # Errors
    /// [`FaultCode::InputRefused`] when somebody else's was kept meanwhile.
    pub(crate) fn take_answer(&mut self, answered: &Answered) -> Result<(), Fault> {
        let held = self
            .store
            .invitation(&answered.ticket.hash())?
            .ok_or_else(|| Fault::not_found("ticket"))?;
        let bytes = answered.join.to_bytes();
        if held.answer.as_deref() == Some(bytes.as_slice()) {
            return Ok(());
        }
        if held.state != InvitationState::Open {
            return Err(Fault::about(FaultCode::InputRefused, Turned::Used.word()));
        }
        let stored = Invitation {
            state: InvitationState::Joined,
            answer: Some(bytes),
            ..held
        };
        self.store.transact::<_, Fault>(|tx| Ok(tx.put_invitation(&stored)?))
    }

    /// Answers that wait for the resident: also those that came before this program was last started.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn waiting_answers(&self) -> Result<Vec<Answered>, Fault> {
        let mut found = Vec::new();
        for row in self.store.dossiers()?.iter().filter(|row| row.closed_ms.is_none()) {
            for held in self.store.invitations(&row.dossier)? {
                if let (InvitationState::Joined, Some(answer)) = (held.state, &held.answer) {
                    found.push(Answered::read(&held, Join::from_bytes(answer)?)?);
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
        let consent: [u8; 16] = self.random.array();
        let held = self
            .store
            .invitation(&answered.ticket.hash())?
            .ok_or_else(|| Fault::not_found("ticket"))?;
        // Two people at one computer may say yes to the same answer at the same time.
        if held.state == InvitationState::Granted {
            return Ok(answered.terms.person.clone());
        }
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
            addresses: Vec::new(),
            last_seen_ms: stored_ms(self.now_ms()),
        };
        // Somebody who answered over the network has a row with addresses already.
        let peer = self.store.peer(&joiner.device)?.is_none().then_some(peer);
        self.write(&id, |writing| {
            let mark = ItemHash(answered.ticket.hash()).to_hex();
            writing.introduce(&answered.terms, &answered.card, &mark)?;
            // One of before is not for somebody who comes from now on. Only the resident makes any.
            let makes = writing.dossier.own && !answered.terms.from_now;
            let all = writing.dossier.compartments.keys().copied().collect::<Vec<_>>();
            for compartment in all.into_iter().filter(|_| makes) {
                writing.checkpoint_for_newcomer(compartment)?;
            }
            writing.grant_all(&answered.terms, joiner, &answered.card, compared, consent)?;
            writing.also(move |tx| {
                tx.put_invitation(&granted)?;
                if let Some(peer) = peer {
                    tx.put_peer(&peer)?;
                }
                Ok(())
            });
            Ok(())
        })?;
        self.settle(&id)?;
        Ok(answered.terms.person.clone())
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
}

impl Writing<'_> {
    /// Puts somebody who is new among the people, where whoever lets them in may change those, and keeps the card they
    /// filled in under `mark`. A representative's program sends the card to the resident alone.
    pub(crate) fn introduce(&mut self, terms: &Terms, card: &Card, mark: &str) -> Result<(), Fault> {
        let me = self.me.id();
        let people = self.dossier.id_at(&Place::wat(standard("netwerk")?));
        let people = people.ok().filter(|id| {
            let held = self.dossier.compartments.get(id);
            held.and_then(|held| held.consent.right_of(&me)) >= Some(Right::Edit)
        });
        if let Some(netwerk) = people
            && (self.dossier.knows_nothing_of(&terms.person) || self.dossier.view().item(&terms.person).is_none())
        {
            let professional = card.organisation.is_some() || card.team.is_some();
            let fields = json!({
                "id": terms.person,
                "name": card.receiver(),
                "kind": if professional { "professional" } else { "netwerk" },
                "role": terms.role,
                "function": card.function,
            });
            self.edits(netwerk, &[Edit::Add(Item::new(terms.person.clone(), "people", fields))])?;
        }
        if card.answers.is_empty() {
            return Ok(());
        }
        let id = format!("ic-{}-{}", terms.person, mark.get(..8).unwrap_or_default());
        let mut fields = card.answers.clone();
        fields.insert("id".into(), id.clone().into());
        fields.insert("person_id".into(), terms.person.clone().into());
        fields.insert("seen_by_owner".into(), Value::Null);
        let item = Item::new(id, "info_cards", Value::Object(fields));
        if self.dossier.own {
            let owner = self.dossier.id_at(&Place::Owner)?;
            self.edits(owner, &[Edit::Add(item)])?;
        } else if let Some(scope) = terms.scopes.first() {
            let place = self.dossier.id_at(&Place::wat(scope.section.clone()))?;
            let record = RecordItem::new(item, Some(Vec::new()), Vec::new());
            let content = Content::Model(RecordContent::Item(record));
            self.record_to(place, &content, Vec::new())?;
        }
        Ok(())
    }
}

/// What is offered in one section, to people who may read everything there or only what is about some.
pub(crate) fn scope_view(scope: &Scope, only_about: Option<&Vec<PersonRef>>) -> ScopeView {
    ScopeView {
        section: scope.section.to_string(),
        level: level_word(scope.level).to_owned(),
        content: scope.detail == Side::Wat,
        emergency: scope.emergency,
        only_about: only_about.cloned(),
        from_now: false,
    }
}

/// What terms offer, and about whom only.
pub(crate) fn offered(terms: &Terms, only_about: Option<&Vec<PersonRef>>) -> Vec<ScopeView> {
    let scopes = terms.scopes.iter().map(|scope| scope_view(scope, only_about));
    scopes
        .map(|scope| ScopeView {
            from_now: terms.from_now,
            ..scope
        })
        .collect()
}

impl Terms {
    /// Whoever sees only what is about certain people has no key that could begin anywhere.
    ///
    /// # Errors
    /// [`FaultCode::Invalid`].
    pub(crate) fn checked(self) -> Result<Self, Fault> {
        if self.from_now && self.only_about.is_some() {
            return Err(Fault::invalid("--from-now-on"));
        }
        Ok(self)
    }
}

pub(crate) fn scopes_of_entry(entry: &AccessEntry) -> Vec<Scope> {
    let known = entry.scopes.iter().filter_map(|scope| {
        Some(Scope {
            section: scope.section.clone(),
            level: level_of(&scope.level)?,
            detail: scope.side,
            emergency: false,
        })
    });
    known.collect()
}
