//! Representatives: a parent, mentor, curator or bewindvoerder who may let others in, in the parts that the resident gave
//! them to look after, and end what those have there. Never about the resident, nor about another representative. And
//! who looks along at all, with who let them in.

use std::collections::{BTreeMap, BTreeSet};

use dossier_model::{Place, Side};
use dossier_trust::consent::Entry;
use dossier_trust::ids::{CompartmentId, DeviceId, PrincipalId};
use dossier_trust::operation::{OpId, Operation, Right, Since};

use crate::access::level_word;
use crate::activity::{Deed, Line};
use crate::contract::{AccessPerson, Fault, FaultCode, PersonRef, ScopeView, TeamMate};
use crate::replica::content::{Level, Scope, Terms};
use crate::replica::{Compartment, Dossier};

impl Compartment {
    /// May this device let others in here: a device of the resident's, or of a representative?
    pub(crate) fn admits(&self, device: &DeviceId) -> bool {
        self.consent.right_of(device) == Some(Right::Manage)
    }

    fn section(&self) -> Option<String> {
        self.place().and_then(Place::section).map(ToString::to_string)
    }
}

impl Dossier {
    /// Somewhere this device may let others in.
    pub(crate) fn may_admit(&self, device: &DeviceId) -> bool {
        self.own || self.compartments.values().any(|held| held.admits(device))
    }

    /// May this device offer or give this? A representative gives in both sides of a section that they look after, and
    /// makes nobody else a representative.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] with the section; [`FaultCode::NotFound`] for one that is not there.
    pub(crate) fn may_give(&self, device: &DeviceId, scope: &Scope) -> Result<(), Fault> {
        let sides: &[Side] = match scope.detail {
            Side::Wat => &[Side::Wat, Side::Dat],
            Side::Dat => &[Side::Dat],
        };
        for side in sides {
            let place = Place::Section {
                section: scope.section.clone(),
                side: *side,
            };
            self.id_at(&place)?;
            if !self.own && !self.at(&place).is_some_and(|held| held.admits(device)) {
                return Err(Fault::not_allowed(scope.section.as_str()));
            }
        }
        if !self.own && scope.level == Level::Beheren {
            return Err(Fault::not_allowed(scope.section.as_str()));
        }
        Ok(())
    }

    /// Of somebody's living grants those that this device may end.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] when there are none among some, or when one of them is about a representative.
    pub(crate) fn may_end(
        &self,
        device: &DeviceId,
        mut live: BTreeMap<CompartmentId, Vec<OpId>>,
    ) -> Result<BTreeMap<CompartmentId, Vec<OpId>>, Fault> {
        if self.own || live.is_empty() {
            return Ok(live);
        }
        live.retain(|id, _| self.compartments.get(id).is_some_and(|held| held.admits(device)));
        for (id, grants) in &live {
            let Some(held) = self.compartments.get(id) else {
                continue;
            };
            let mut principals = grants.iter().filter_map(|grant| held.consent.grant(grant));
            if principals.any(|grant| held.consent.is_manager(&grant.principal)) {
                return Err(Fault {
                    code: FaultCode::NotAllowed,
                    detail: held.section(),
                });
            }
        }
        if live.is_empty() {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        Ok(live)
    }

    /// These principals as this reader calls them.
    fn called(&self, principals: BTreeSet<PrincipalId>) -> Vec<PersonRef> {
        let people = self.people();
        let named = principals.into_iter().map(|one| PersonRef {
            id: people
                .get(&one)
                .map_or_else(|| one.to_hex(), |person| person.id.clone()),
            name: people.get(&one).map(|person| person.name.clone()),
        });
        named.collect()
    }

    /// Representatives who let somebody in that still looks along, as this reader calls them.
    pub(crate) fn who_let_in(&self, principal: &PrincipalId) -> Vec<PersonRef> {
        let mut found = BTreeSet::new();
        for held in self.compartments.values() {
            let live = held.consent.live_grants();
            let theirs = live.filter(|(_, grant)| grant.principal == *principal);
            found.extend(theirs.filter_map(|(id, _)| held.let_in_by(id)));
        }
        self.called(found)
    }

    /// Whom a representative let in and who still looks along by that: they go on doing so after the representative
    /// stops.
    pub(crate) fn let_in(&self, manager: &PrincipalId) -> Vec<PersonRef> {
        let mut found = BTreeSet::new();
        for held in self.compartments.values() {
            let live = held.consent.live_grants();
            let theirs = live.filter(|(id, _)| held.let_in_by(id) == Some(*manager));
            found.extend(theirs.map(|(_, grant)| grant.principal));
        }
        self.called(found)
    }

    /// Whom representatives let in and whom they stopped, and who came into a team and left it: lines for the resident's
    /// log. One consent is one line, although it comes in pieces, one for each side of each section.
    pub(crate) fn lines_of_others(&self, compartment: &CompartmentId, log: &[Entry], now_ms: u64) -> Vec<Line> {
        let Some(held) = self.compartments.get(compartment).filter(|_| self.own) else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        for entry in log {
            let id = entry.operation.id();
            let (deed, grant) = match &entry.operation {
                Operation::Grant { .. } => (Deed::Granted, id),
                Operation::Revoke { grant, .. } => (Deed::Revoked, *grant),
                Operation::Device { certificate, .. } => {
                    lines.extend(self.line_of_colleague(held, &certificate.device, Deed::TeamJoined, now_ms));
                    continue;
                }
                Operation::Cut { device, .. } if held.consent.counts(&id) => {
                    lines.extend(self.line_of_colleague(held, device, Deed::TeamLeft, now_ms));
                    continue;
                }
                Operation::Genesis { .. }
                | Operation::Generation { .. }
                | Operation::Cut { .. }
                | Operation::Pin { .. }
                | Operation::Epoch { .. }
                | Operation::Erase { .. } => continue,
            };
            let Some(open) = held.chains.get(&entry.position.chain).map(|chain| &chain.open) else {
                continue;
            };
            if open.grant == OpId::OWNER || !held.consent.counts(&id) || self.is_told(compartment, &grant, deed) {
                continue;
            }
            let Some(subject) = held.consent.grant(&grant).map(|grant| grant.principal) else {
                continue;
            };
            let mut line = self.line_of(held, &open.device, deed, now_ms);
            line.objects = vec![self.person_of(&subject).unwrap_or_else(|| subject.to_hex())];
            line.section = None;
            lines.push(line);
        }
        lines
    }

    /// A line about a device of a team, unless another part of the dossier said so before.
    fn line_of_colleague(&self, held: &Compartment, device: &DeviceId, deed: Deed, now_ms: u64) -> Option<Line> {
        let principal = held.consent.principal_of(device)?;
        held.holder(&principal, device)?;
        let mut others = self.compartments.values().filter(|other| other.id != held.id);
        let told = others.any(|other| match deed {
            Deed::TeamLeft => other.consent.is_cut(device),
            Deed::Opened
            | Deed::Added
            | Deed::Changed
            | Deed::Removed
            | Deed::Refused
            | Deed::Invited
            | Deed::Granted
            | Deed::Revoked
            | Deed::CopyRemoved
            | Deed::BrokeGlass
            | Deed::Started
            | Deed::TakenAlong
            | Deed::TeamJoined => other.holder(&principal, device).is_some(),
        });
        if told {
            return None;
        }
        let mut line = self.line_of(held, device, deed, now_ms);
        line.section = None;
        Some(line)
    }

    /// The devices of a team that look along now, with whose they are.
    pub(crate) fn team_of(&self, principal: &PrincipalId) -> Vec<TeamMate> {
        let mut found: BTreeMap<DeviceId, String> = BTreeMap::new();
        for held in self.compartments.values() {
            let theirs = held.consent.certificates().filter(|one| one.root == *principal);
            for one in theirs.filter(|one| held.is_team(principal) && !held.consent.is_cut(&one.device)) {
                // A device that nobody named is no less there.
                let name = held.holder(principal, &one.device).map(str::to_owned);
                let unnamed = || one.device.to_hex().chars().take(8).collect();
                let known = found.entry(one.device).or_insert_with(unnamed);
                *known = name.unwrap_or_else(|| known.clone());
            }
        }
        let mut mates: Vec<TeamMate> = found
            .into_iter()
            .map(|(device, name)| TeamMate {
                device: device.to_hex(),
                name,
            })
            .collect();
        mates.sort_by(|a, b| (&a.name, &a.device).cmp(&(&b.name, &b.device)));
        mates
    }

    /// Another part of the same consent was heard of before.
    fn is_told(&self, but: &CompartmentId, grant: &OpId, deed: Deed) -> bool {
        let consent_of = |held: &Compartment, grant: &OpId| {
            let note = held.grant_notes().get(grant);
            note.map(|note| note.consent.clone())
        };
        let Some(consent) = self.compartments.get(but).and_then(|held| consent_of(held, grant)) else {
            return false;
        };
        let mut others = self.compartments.values().filter(|held| held.id != *but);
        others.any(|held| {
            let mut notes = held.grant_notes().iter();
            notes.any(|(id, note)| note.consent == consent && (deed == Deed::Granted || held.consent.is_revoked(id)))
        })
    }

    /// Everybody who has or had access, as far as this reader can tell, with what they may do now.
    pub(crate) fn access_people(&self) -> BTreeMap<PrincipalId, AccessPerson> {
        let known = self.people();
        let mut people: BTreeMap<PrincipalId, AccessPerson> = BTreeMap::new();
        for compartment in self.compartments.values() {
            let section = compartment
                .place()
                .and_then(|place| Some((place.section()?.to_string(), place.side()?)));
            for (grant_id, grant) in compartment.consent.grants() {
                let note = compartment.grant_notes().get(grant_id);
                let is_over = compartment.consent.is_revoked(grant_id);
                // A representative who names nobody lets nobody in unseen.
                if note.is_none() && (is_over || compartment.let_in_by(grant_id).is_none()) {
                    continue;
                }
                let person = known.get(&grant.principal);
                let key = || grant.principal.to_hex();
                let entry = people.entry(grant.principal).or_insert_with(|| AccessPerson {
                    person: person.map_or_else(key, |person| person.id.clone()),
                    principal: key(),
                    name: person.map_or_else(key, |person| person.name.clone()),
                    role: note.and_then(|note| note.role.clone()),
                    organisation: note.and_then(|note| note.organisation.clone()),
                    purpose: note.and_then(|note| note.purpose.clone()),
                    until: note.and_then(|note| note.until.clone()),
                    scopes: Vec::new(),
                    compared: note.is_some_and(|note| note.compared),
                    ended: None,
                    let_in_by: Vec::new(),
                    let_in: Vec::new(),
                    team: Vec::new(),
                    fixed: false,
                });
                if is_over {
                    continue;
                }
                if let Some(note) = note {
                    // What holds now goes before what held once.
                    entry.purpose.clone_from(&note.purpose);
                    entry.until.clone_from(&note.until);
                }
                if let Some((section, side)) = &section {
                    let said = note.map(|note| note.level);
                    // The resident's own word is kept; of a representative's the right itself is shown.
                    let level = match said.filter(|_| compartment.let_in_by(grant_id).is_none()) {
                        Some(level) => level,
                        None => level_of_right(grant.right, *side, said),
                    };
                    entry.scopes.push(ScopeView {
                        section: section.clone(),
                        level: level_word(level).to_owned(),
                        content: *side == Side::Wat,
                        emergency: note.is_some_and(|note| note.emergency),
                        only_about: self.named_about(note.and_then(|note| note.only_about.as_deref())),
                        from_now: grant.since == Since::Now,
                    });
                }
            }
        }
        people
    }

    /// The resident's name, as far as this reader knows it.
    pub(crate) fn owner_name(&self) -> Option<String> {
        let root = self.part.consent.root();
        self.people().remove(&root).map(|person| person.name)
    }
}

/// Nobody looks after what they see only in part, or from some day on; and only the resident's device can let somebody in
/// from now on.
pub(crate) fn check_terms(terms: &Terms, own: bool) -> Result<(), Fault> {
    if terms.from_now && !own {
        return Err(Fault::not_allowed("--from-now-on"));
    }
    let manages = terms.scopes.iter().any(|scope| scope.level == Level::Beheren);
    if manages && (terms.only_about.is_some() || terms.from_now) {
        return Err(Fault::invalid("--grant"));
    }
    Ok(())
}

/// What a right comes to, in words. Beside the content "may add" is the most that anybody is given, so there what was
/// said may be more.
fn level_of_right(right: Right, side: Side, said: Option<Level>) -> Level {
    let level = match right {
        Right::Relay | Right::Read => Level::Zien,
        Right::Append => Level::Aanvullen,
        Right::Edit => Level::Aanpassen,
        Right::Manage => Level::Beheren,
    };
    match said {
        Some(said) if side == Side::Dat && right == Right::Append => said.max(level),
        _ => level,
    }
}
