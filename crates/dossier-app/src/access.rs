//! Who has access: giving it, changing what they may do, ending it, and what waits outside.

use std::collections::{BTreeMap, BTreeSet};

use dossier_model::{Place, SectionId, Side};
use dossier_store::Owed;
use dossier_trust::codec::Canonical;
use dossier_trust::epoch::EpochKey;
use dossier_trust::identity::{Certificate, Random};
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, ItemHash, PrincipalId};
use dossier_trust::item::Position;
use dossier_trust::operation::{EraseAt, OpId, Operation, Right, Since};
use dossier_trust::receipt::{self, Receipt};

use crate::activity::{self, Deed};
use crate::clock::{end_of, rfc3339, stored_ms};
use crate::contract::{
    AccessView, EndedDevice, EndedView, Fault, FaultCode, InvitationView, PersonRef, QuarantineView, Revoked,
};
use crate::home::Home;
use crate::managing::check_terms;
use crate::outstanding::state_word;
use crate::replica::Dossier;
use crate::replica::compartment::LOOSE_RECEIPT;
use crate::replica::content::{Card, GrantNote, Level, Scope, Terms};
use crate::replica::settling::OWED_KEEP_UNSEEN;
use crate::replica::writing::Writing;
impl Home {
    /// Who may see what.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`].
    pub fn access(&mut self, id: &DossierId) -> Result<AccessView, Fault> {
        let now = stored_ms(self.now_ms());
        let me = self.me()?.id();
        let dossier = self.dossier(id)?;
        let mut people = dossier.access_people();
        for (principal, person) in &mut people {
            let live = dossier.live_grants_of(&BTreeSet::from([*principal]));
            person.fixed = live.is_empty() || dossier.may_end(&me, live).is_err();
            person.let_in_by = dossier.who_let_in(principal);
            person.let_in = dossier.let_in(principal);
            person.team = dossier.team_of(principal);
        }
        for person in people.values_mut() {
            person
                .scopes
                .sort_by(|a, b| (&a.section, !a.content).cmp(&(&b.section, !b.content)));
            // The content side brings the "only that" side; that is said once.
            let mut seen = BTreeSet::new();
            person.scopes.retain(|scope| seen.insert(scope.section.clone()));
        }
        for (principal, person) in people.iter_mut().filter(|(_, person)| person.scopes.is_empty()) {
            person.ended = Some(self.ended(id, principal)?);
        }
        let invitations = self
            .store
            .invitations(id)?
            .into_iter()
            .map(|held| {
                let terms: Option<Terms> = serde_json::from_slice(&held.terms).ok();
                InvitationView {
                    id: ItemHash(held.ticket).to_hex(),
                    person: terms.map(|terms| terms.person).unwrap_or_default(),
                    state: state_word(&held, now).to_owned(),
                    expires: rfc3339(u64::try_from(held.expires_ms).unwrap_or(0)),
                }
            })
            .collect();
        Ok(AccessView {
            people: people.into_values().collect(),
            invitations,
        })
    }

    /// What the devices of somebody whose access ended said about their copies, as far as this device can read it.
    fn ended(&self, id: &DossierId, principal: &PrincipalId) -> Result<EndedView, Fault> {
        let me = self.me()?;
        let mut devices: BTreeMap<DeviceId, bool> = BTreeMap::new();
        let compartments = self
            .dossiers
            .get(id)
            .into_iter()
            .flat_map(|one| one.compartments.values());
        for compartment in compartments {
            let Some(given) = compartment.given_to(principal) else {
                continue;
            };
            let theirs = compartment.consent.certificates();
            for certificate in theirs.filter(|certificate| certificate.root == *principal) {
                let device = certificate.device;
                let receipts = self
                    .store
                    .loose_of(id, &compartment.id, LOOSE_RECEIPT, Some(&device.0))?;
                let removed = receipts.iter().rev().any(|loose| {
                    let receipt = Receipt::from_bytes(&loose.bytes).ok();
                    let said = receipt.and_then(|receipt| receipt.open(me.opener()).ok());
                    said.is_some_and(|said| said.deed == receipt::Deed::Removed && said.object == given)
                });
                *devices.entry(device).or_insert(true) &= removed;
            }
        }
        Ok(EndedView {
            confirmed: !devices.is_empty() && devices.values().all(|confirmed| *confirmed),
            devices: devices
                .into_iter()
                .map(|(device, confirmed)| EndedDevice {
                    device: device.to_hex(),
                    confirmed,
                })
                .collect(),
        })
    }

    /// Ends somebody's access, in one transaction: what was counted stays, new epochs shut the door. The resident ends it
    /// everywhere, a representative in the parts that they look after.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`] for somebody without access; [`FaultCode::NotAllowed`].
    pub fn revoke(&mut self, id: &DossierId, person: &str, keep_unseen: bool) -> Result<Revoked, Fault> {
        let me = self.me()?.id();
        let dossier = self.dossier(id)?;
        if !dossier.may_admit(&me) || (keep_unseen && !dossier.own) {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        if dossier.owner_person().as_deref() == Some(person) {
            return Err(Fault::not_allowed(person));
        }
        let principals = dossier.principals_of(person);
        let live = dossier.may_end(&me, dossier.live_grants_of(&principals))?;
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
        let let_in: BTreeSet<PersonRef> = principals
            .iter()
            .flat_map(|principal| dossier.let_in(principal))
            .collect();
        let dossier = *id;
        self.write(id, |writing| {
            for (compartment, grants) in live {
                writing.revoke(compartment, &grants, None)?;
                if keep_unseen {
                    writing.also(move |tx| {
                        for grant in grants {
                            tx.owe(&Owed {
                                dossier,
                                compartment,
                                kind: OWED_KEEP_UNSEEN,
                                detail: grant.0.to_vec(),
                            })?;
                        }
                        Ok(())
                    });
                }
            }
            Ok(())
        })?;
        Ok(Revoked {
            person: person.to_owned(),
            sections: sections.into_iter().collect(),
            devices: u32::try_from(devices.len()).unwrap_or(u32::MAX),
            stay: let_in.into_iter().collect(),
        })
    }

    /// Gives somebody other rights, another purpose or another last day, in one transaction: ends what they have and
    /// gives what is asked, in those parts alone in which that is something else. Whoever hears of an end lets go of what
    /// they hold there.
    ///
    /// # Errors
    /// As [`Self::revoke`]; [`FaultCode::Invalid`] for grants that are not understood, a last day that has gone, and
    /// when nothing is asked.
    pub fn change_access(&mut self, id: &DossierId, person: &str, change: &Change) -> Result<Vec<String>, Fault> {
        let mut scopes = parse_grants(&change.grants)?;
        let asked = change.until.is_some() || change.purpose.is_some() || change.from_now.is_some();
        if scopes.is_empty() && !asked {
            return Err(Fault::invalid("--grant"));
        }
        let until = change.until.as_deref().filter(|until| !until.is_empty());
        if let Some(until) = until
            && end_of(until)?.saturating_mul(1000) < self.now_ms()
        {
            return Err(Fault::invalid(format!("--until {until}")));
        }
        let consent: [u8; 16] = self.random.array();
        let me = self.me()?.id();
        let dossier = self.dossier(id)?;
        if !dossier.may_admit(&me) {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        let principals = dossier.principals_of(person);
        let live = dossier.may_end(&me, dossier.live_grants_of(&principals))?;
        if scopes.is_empty() {
            scopes = dossier.scopes_of(&live);
        }
        if scopes.is_empty() {
            return Err(Fault::not_found(person));
        }
        for scope in &scopes {
            dossier.may_give(&me, scope)?;
        }
        let owner_name = dossier.owner_name().unwrap_or_default();
        let known = dossier
            .compartments
            .values()
            .flat_map(|compartment| compartment.grant_notes())
            .filter(|(_, note)| note.person == person)
            // What holds now goes before what has ended.
            .max_by_key(|(grant, _)| live.values().flatten().any(|held| held == *grant))
            .map(|(_, note)| note.clone())
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
            inviter: None,
            person: person.to_owned(),
            name: known.name.clone(),
            role: known.role.clone(),
            hat: known.hat.clone(),
            purpose: said(change.purpose.as_ref(), known.purpose.as_ref()),
            until: said(change.until.as_ref(), known.until.as_ref()),
            only_about: known.only_about.clone(),
            scopes,
            from_now: change.from_now.unwrap_or_else(|| dossier.reads_from_now(&principals)),
        }
        .checked()?;
        let card = Card {
            name: known.name.clone(),
            team: None,
            organisation: known.organisation.clone(),
            function: known.function.clone(),
            answers: serde_json::Map::new(),
        };
        check_terms(&terms, dossier.own)?;
        let wanted = dossier.rights_of(&terms)?;
        let mut over = BTreeMap::new();
        for (compartment, grants) in &live {
            let stays = match wanted.get(compartment) {
                Some(given) => {
                    let note = given.note(&terms, &card, known.compared);
                    dossier.gives_already(compartment, grants, given.right, &note, terms.from_now)?
                }
                None => false,
            };
            if !stays {
                over.insert(*compartment, grants.clone());
            }
        }
        if over.is_empty() && wanted.keys().all(|compartment| live.contains_key(compartment)) {
            return Ok(vec![person.to_owned()]);
        }
        self.write(id, |writing| {
            for (compartment, grants) in &over {
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

    /// What waits outside and why; what was erased there is not shown any more.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`].
    pub fn quarantine(&mut self, id: &DossierId) -> Result<Vec<QuarantineView>, Fault> {
        let dossier = self.judged(id)?;
        let people = dossier.people();
        let mut found = Vec::new();
        for compartment in dossier.compartments.values() {
            let erased = compartment.consent.erased();
            for (position, waits) in compartment.quarantine() {
                if erased.get(&position.hash) == Some(&EraseAt::All) {
                    continue;
                }
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
        self.decide(id, item, |position| Operation::Pin {
            positions: vec![position],
            snapshot: None,
        })
    }

    /// Erases an item that waits outside, everywhere.
    ///
    /// # Errors
    /// As [`Self::quarantine_admit`].
    pub fn quarantine_drop(&mut self, id: &DossierId, item: &str) -> Result<Vec<String>, Fault> {
        self.decide(id, item, |position| Operation::Erase {
            item: position.hash,
            at: EraseAt::All,
        })
    }

    fn decide(
        &mut self,
        id: &DossierId,
        item: &str,
        operation: impl FnOnce(Position) -> Operation,
    ) -> Result<Vec<String>, Fault> {
        let position = parse_position(item).ok_or_else(|| Fault::invalid(item))?;
        let dossier = self.judged(id)?;
        if !dossier.own {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        let compartment = dossier
            .compartments
            .values()
            .find(|compartment| {
                let erased = compartment.consent.erased().get(&position.hash) == Some(&EraseAt::All);
                !erased && compartment.verdict.quarantine().contains_key(&position)
            })
            .map(|compartment| compartment.id)
            .ok_or_else(|| Fault::not_found(item))?;
        self.write(id, |writing| {
            writing.operation(compartment, operation(position))?;
            writing.reconsider(&compartment)
        })?;
        self.reload(id);
        self.dossier(id)?;
        Ok(vec![item.to_owned()])
    }
}

/// What is to be different for somebody who looks along.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// `SECTION=zien|aanvullen|aanpassen|beheren[:dat]`; none keeps the rights as they are.
    pub grants: Vec<String>,
    /// Last day; empty for no end, none keeps it as it is.
    pub until: Option<String>,
    /// What for; empty for no purpose, none keeps it as it is.
    pub purpose: Option<String>,
    /// From now on, or what was before as well; none keeps it as it is.
    pub from_now: Option<bool>,
}

/// What was asked, or else what is known; empty means nothing.
fn said(asked: Option<&String>, known: Option<&String>) -> Option<String> {
    asked.or(known).cloned().filter(|text| !text.is_empty())
}

/// What terms give in one compartment. What is given without a condition goes before what is there for an emergency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Given {
    always: bool,
    right: Right,
    level: Level,
}

impl Given {
    /// What the grant says, but for the consent that it is part of.
    fn note(&self, terms: &Terms, card: &Card, compared: bool) -> GrantNote {
        GrantNote {
            v: 1,
            consent: String::new(),
            person: terms.person.clone(),
            name: card.receiver().to_owned(),
            role: terms.role.clone(),
            organisation: card.organisation.clone(),
            function: card.function.clone(),
            hat: terms.hat.clone(),
            purpose: terms.purpose.clone(),
            level: self.level,
            until: terms.until.clone(),
            only_about: terms.only_about.clone(),
            compared,
            emergency: !self.always,
        }
    }
}

impl Dossier {
    /// People to whom a grant is limited, by name.
    pub(crate) fn named_about(&self, only_about: Option<&[String]>) -> Option<Vec<PersonRef>> {
        let view = self.view();
        let named = |id: &String| PersonRef {
            id: id.clone(),
            name: view.name(id).map(str::to_owned),
        };
        Some(only_about?.iter().map(named).collect())
    }

    /// What terms give in every compartment that they name. "wat" brings reading of "dat", and who may write the content
    /// may write that side too: whoever writes an appointment writes its block.
    fn rights_of(&self, terms: &Terms) -> Result<BTreeMap<CompartmentId, Given>, Fault> {
        let mut rights: BTreeMap<CompartmentId, Given> = BTreeMap::new();
        let mut give = |compartment: CompartmentId, right: Right, level: Level, emergency: bool| {
            let given = Given {
                always: !emergency,
                right,
                level,
            };
            rights
                .entry(compartment)
                .and_modify(|held| *held = (*held).max(given))
                .or_insert(given);
        };
        for scope in &terms.scopes {
            let right = match scope.level {
                Level::Zien => Right::Read,
                Level::Aanvullen => Right::Append,
                Level::Aanpassen => Right::Edit,
                Level::Beheren => Right::Manage,
            };
            // Who looks after a section lets people in on both sides of it.
            let beside = if right == Right::Manage {
                right
            } else {
                right.min(Right::Append)
            };
            let at = |side| {
                self.id_at(&Place::Section {
                    section: scope.section.clone(),
                    side,
                })
            };
            // Whoever sees only what is about certain people gets no key: an owner device hands them copies.
            let limited = terms.only_about.is_some();
            match scope.detail {
                _ if limited => give(at(scope.detail)?, Right::Relay, scope.level, false),
                Side::Wat => {
                    give(at(Side::Wat)?, right, scope.level, scope.emergency);
                    give(at(Side::Dat)?, beside, scope.level, false);
                }
                Side::Dat => give(at(Side::Dat)?, right.min(Right::Append), scope.level, false),
            }
        }
        Ok(rights)
    }

    /// These living grants come to one that says the same already.
    fn gives_already(
        &self,
        compartment: &CompartmentId,
        grants: &[OpId],
        right: Right,
        note: &GrantNote,
        from_now: bool,
    ) -> Result<bool, Fault> {
        let until = note.until.as_deref().map(end_of).transpose()?;
        let Some(held) = self.compartments.get(compartment) else {
            return Ok(false);
        };
        let [only] = grants else { return Ok(false) };
        let same = |said: &GrantNote| {
            *note
                == GrantNote {
                    consent: String::new(),
                    ..said.clone()
                }
        };
        Ok(held.consent.grant(only).is_some_and(|grant| {
            let since = grant.right < Right::Read || (grant.since == Since::Now) == from_now;
            grant.right == right && grant.until == until && since
        }) && held.grant_notes().get(only).is_some_and(same))
    }

    /// What these grants give, as it could be asked for again.
    fn scopes_of(&self, grants: &BTreeMap<CompartmentId, Vec<OpId>>) -> Vec<Scope> {
        let mut scopes = Vec::new();
        for (compartment, grants) in grants {
            let Some(held) = self.compartments.get(compartment) else {
                continue;
            };
            let Some(Place::Section { section, side }) = held.place() else {
                continue;
            };
            let notes = grants.iter().filter_map(|grant| held.grant_notes().get(grant));
            scopes.extend(notes.map(|note| Scope {
                section: section.clone(),
                level: note.level,
                detail: *side,
                emergency: note.emergency,
            }));
        }
        scopes
    }

    /// Keys of somebody who is not the resident, by person id.
    pub(crate) fn principals_of(&self, person: &str) -> BTreeSet<PrincipalId> {
        let people = self.people().into_iter();
        let mut found: BTreeSet<PrincipalId> = people
            .filter(|(principal, one)| one.id == person && !self.is_owner(principal))
            .map(|(principal, _)| principal)
            .collect();
        // Somebody whom nobody named has a key all the same.
        let keys = self.compartments.values().flat_map(|held| held.consent.grants());
        found.extend(
            keys.map(|(_, grant)| grant.principal)
                .filter(|principal| !self.is_owner(principal) && principal.to_hex() == person),
        );
        found
    }

    /// Where they read at all, they read from now on.
    fn reads_from_now(&self, principals: &BTreeSet<PrincipalId>) -> bool {
        let mut compartments = self.compartments.values();
        compartments.any(|held| principals.iter().any(|one| held.consent.reads_from_now(one)))
    }

    pub(crate) fn live_grants_of(&self, principals: &BTreeSet<PrincipalId>) -> BTreeMap<CompartmentId, Vec<OpId>> {
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
    /// Certificate, grant and wrap in every compartment that the terms name.
    pub(crate) fn grant_all(
        &mut self,
        terms: &Terms,
        joiner: &Certificate,
        card: &Card,
        compared: bool,
        consent: [u8; 16],
    ) -> Result<String, Fault> {
        let until = terms.until.as_deref().map(end_of).transpose()?;
        for (compartment, given) in self.dossier.rights_of(terms)? {
            let note = GrantNote {
                consent: consent.iter().map(|byte| format!("{byte:02x}")).collect(),
                ..given.note(terms, card, compared)
            };
            self.grant_one(compartment, (joiner, card), given.right, until, &note, terms.from_now)?;
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
        (joiner, card): (&Certificate, &Card),
        right: Right,
        until: Option<u64>,
        note: &GrantNote,
        from_now: bool,
    ) -> Result<(), Fault> {
        // Somebody may be in a team beside what they are themselves.
        let known = self.compartment(&id)?.consent.certificates().any(|one| one == joiner);
        let holder = match &card.team {
            Some(_) if !known => {
                let mut random = self.random;
                Some(self.current_key(id)?.seal_note(id, card.name.as_bytes(), &mut random)?)
            }
            Some(_) | None => None,
        };
        if !known {
            let certificate = joiner.clone();
            self.operation(id, Operation::Device { certificate, holder })?;
        }
        let principal = joiner.root;
        let again = self
            .compartment(&id)?
            .consent
            .live_grants()
            .any(|(_, grant)| grant.principal == principal && grant.right == right);
        if !again && from_now && self.begins_now(id, joiner, right)? {
            self.grant_from_now(id, principal, right, until, note)?;
        } else if !again {
            let plain = serde_json::to_vec(note).map_err(|_| Fault::internal("note"))?;
            let mut random = self.random;
            let key = self.current_key(id)?;
            let grant = Operation::Grant {
                principal,
                right,
                since: Since::Beginning,
                until,
                nonce: random.array(),
                record: Some(key.seal_note(id, &plain, &mut random)?),
            };
            let made = self.operation(id, grant)?;
            self.reconsider(&id)?;
            // A representative says nothing about the resident or another representative.
            let held = self.compartment(&id)?;
            if !held.consent.counts(&made) {
                let section = held.place().and_then(Place::section).map(ToString::to_string);
                return Err(Fault {
                    code: FaultCode::NotAllowed,
                    detail: section,
                });
            }
        }
        self.reconsider(&id)?;
        if right >= Right::Read {
            self.wrap_owed(id, joiner)?;
        }
        Ok(())
    }

    fn current_key(&mut self, id: CompartmentId) -> Result<EpochKey, Fault> {
        let compartment = self.compartment(&id)?;
        let epoch = compartment.consent.current_epoch();
        let epoch = epoch.ok_or_else(|| Fault::internal("epoch"))?;
        let key = compartment.keys.get(&epoch).cloned();
        key.ok_or_else(|| Fault::internal("epoch key"))
    }
}

pub(crate) fn level_word(level: Level) -> &'static str {
    match level {
        Level::Zien => "zien",
        Level::Aanvullen => "aanvullen",
        Level::Aanpassen => "aanpassen",
        Level::Beheren => "beheren",
    }
}

pub(crate) fn level_of(word: &str) -> Option<Level> {
    Some(match word {
        "zien" => Level::Zien,
        "aanvullen" => Level::Aanvullen,
        "aanpassen" => Level::Aanpassen,
        "beheren" => Level::Beheren,
        _ => return None,
    })
}

/// Reads `SECTION=zien|aanvullen|aanpassen|beheren[:dat]`, and `SECTION=zien:nood` for what opens in an emergency only.
pub(crate) fn parse_grants(grants: &[String]) -> Result<Vec<Scope>, Fault> {
    grants
        .iter()
        .map(|grant| {
            let bad = || Fault::invalid(format!("--grant {grant}"));
            let (section, level) = grant.split_once('=').ok_or_else(bad)?;
            let (level, detail, emergency) = match level.split_once(':') {
                None => (level, Side::Wat, false),
                // Whoever looks after a section sees what is in it.
                Some(("beheren", "dat")) => return Err(bad()),
                Some((level, "dat")) => (level, Side::Dat, false),
                Some((level, "wat")) => (level, Side::Wat, false),
                // Whoever may write needs the section every day: that is no emergency.
                Some(("zien", "nood")) => ("zien", Side::Wat, true),
                Some(_) => return Err(bad()),
            };
            Ok(Scope {
                section: SectionId::new(section).map_err(|_| bad())?,
                level: level_of(level).ok_or_else(bad)?,
                detail,
                emergency,
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
