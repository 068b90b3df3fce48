//! Who has access: giving it, changing what they may do, ending it, and what waits outside.

use std::collections::{BTreeMap, BTreeSet};

use dossier_model::{Place, SectionId, Side};
use dossier_store::{InvitationState, Owed};
use dossier_trust::identity::{Certificate, Random};
use dossier_trust::ids::{ChainId, CompartmentId, DossierId, ItemHash, PrincipalId};
use dossier_trust::item::Position;
use dossier_trust::operation::{OpId, Operation, Right, Since};

use crate::activity::{self, Deed};
use crate::clock::{end_of, rfc3339};
use crate::contract::{
    AccessPerson, AccessView, EndedView, Fault, FaultCode, InvitationView, QuarantineView, Revoked, ScopeView,
};
use crate::home::Home;
use crate::replica::Dossier;
use crate::replica::content::{Card, GrantNote, Level, Scope, Terms};
use crate::replica::settling::OWED_KEEP_UNSEEN;
use crate::replica::writing::Writing;
impl Home {
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
                let Some(grant) = compartment.consent.grant(grant_id) else {
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
                let live = !compartment.consent.is_revoked(grant_id);
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
            .flat_map(|compartment| compartment.grant_notes().values())
            .find(|note| note.person == person)
            .cloned()
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
    /// Keys of somebody who is not the resident, by person id.
    pub(crate) fn principals_of(&self, person: &str) -> BTreeSet<PrincipalId> {
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
    /// Certificate, grant and wrap in every compartment that the terms name. "wat" brings reading of "dat", and who
    /// may write the content may write that side too: whoever writes an appointment writes its block.
    pub(crate) fn grant_all(
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

pub(crate) fn level_word(level: Level) -> &'static str {
    match level {
        Level::Zien => "zien",
        Level::Aanvullen => "aanvullen",
        Level::Aanpassen => "aanpassen",
    }
}

pub(crate) fn level_of(word: &str) -> Option<Level> {
    Some(match word {
        "zien" => Level::Zien,
        "aanvullen" => Level::Aanvullen,
        "aanpassen" => Level::Aanpassen,
        _ => return None,
    })
}

/// Reads `SECTION=zien|aanvullen|aanpassen[:dat]`.
pub(crate) fn parse_grants(grants: &[String]) -> Result<Vec<Scope>, Fault> {
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
