//! The log: who opened, added, changed, was refused, when, as which role, by which right (after NEN 7513).
//!
//! Lines are kept per device as what this device saw happen. Reading by others is what their devices reported.

use std::collections::{BTreeMap, BTreeSet};

use automerge::ChangeHash;
use dossier_model::layout::{self, Touch};
use dossier_model::{Place, RecordContent};
use dossier_trust::consent::Denied;
use dossier_trust::ids::{CompartmentId, DeviceId, RecordId};
use dossier_trust::item::{Item, Kind};
use dossier_trust::operation::Right;
use dossier_trust::receipt::Receipt;
use dossier_trust::verdict::Waits;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::clock::rfc3339;
use crate::home::Me;
use crate::replica::content::Content;
use crate::replica::document::Touches;
use crate::replica::writing::Writing;
use crate::replica::{Compartment, Dossier};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Looked.
    Opened,
    /// Something new.
    Added,
    /// Something different.
    Changed,
    /// Something taken away.
    Removed,
    /// Wanted to, and was not allowed.
    Refused,
    /// An invitation went out.
    Invited,
    /// Access was given.
    Granted,
    /// Access ended.
    Revoked,
    /// A device says that it removed its copy.
    CopyRemoved,
    /// Opened what is there for an emergency, with a reason.
    BrokeGlass,
    /// A dossier was made, or brought along from a file.
    Started,
    /// What one may see was printed or exported.
    TakenAlong,
    /// A colleague's device began to look along in the name of a team.
    TeamJoined,
    /// A team took a colleague's device away.
    TeamLeft,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Line {
    /// What.
    pub deed: Deed,
    /// When it was done by the clock of who did it, RFC 3339.
    pub at: String,
    /// Who, by person id inside the dossier or by key.
    pub who: String,
    /// Name, if known.
    pub name: Option<String>,
    /// Role, as the resident recorded it.
    pub role: Option<String>,
    /// Organisation.
    pub organisation: Option<String>,
    /// Hat.
    pub hat: Option<String>,
    /// Section.
    pub section: Option<String>,
    /// Items, by id.
    pub objects: Vec<String>,
    /// By which right: `eigenaar`, or the level of the grant.
    pub right: Option<String>,
    /// The grant, by its name.
    pub rule: Option<String>,
    /// True when only the device of `who` says so.
    pub reported: bool,
    /// Why, in the words of who did it, or why it was refused.
    pub reason: Option<String>,
}

impl Line {
    /// For the store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads [`Self::to_bytes`]; none for a line of a newer program.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

impl Writing<'_> {
    /// A line about what this person did just now.
    pub(crate) fn own_line(&self, deed: Deed, section: Option<String>, objects: Vec<String>) -> Line {
        let people = self.dossier.people();
        let principal = self.me.certificate_in(&self.dossier.local).root;
        let me = people.get(&principal);
        let right = if self.dossier.own {
            Some("eigenaar".to_owned())
        } else {
            None
        };
        Line {
            deed,
            at: rfc3339(self.now_ms),
            who: me.map_or_else(|| principal.to_hex(), |person| person.id.clone()),
            name: Some(match me.filter(|_| self.dossier.local.team) {
                Some(team) => format!("{} ({})", self.me.profile.name, team.name),
                None => self.me.profile.name.clone(),
            }),
            role: me.and_then(|person| person.role.clone()),
            organisation: self.me.profile.organisation.clone(),
            hat: me.and_then(|person| person.hat.clone()),
            section,
            objects,
            right,
            rule: None,
            reported: false,
            reason: None,
        }
    }
}

/// The word for a right.
pub(crate) fn level(right: Option<Right>) -> Option<String> {
    Some(
        match right? {
            Right::Relay => "dragen",
            Right::Read => "zien",
            Right::Append => "aanvullen",
            Right::Edit => "aanpassen",
            Right::Manage => "beheren",
        }
        .to_owned(),
    )
}

impl Dossier {
    /// A line about what a device did in a compartment.
    pub(crate) fn line_of(&self, compartment: &Compartment, device: &DeviceId, deed: Deed, at_ms: u64) -> Line {
        let principal = self.principal_of(device);
        let people = self.people();
        let person = principal.and_then(|principal| people.get(&principal).cloned());
        let owner = principal.is_some_and(|principal| self.is_owner(&principal));
        let grant = compartment.consent.grant_for(device);
        Line {
            deed,
            at: rfc3339(at_ms),
            who: person.as_ref().map_or_else(
                || principal.map_or_else(|| device.to_hex(), |principal| principal.to_hex()),
                |person| person.id.clone(),
            ),
            name: person.as_ref().map(|person| match &principal {
                Some(principal) => self.name_with(person, principal, device),
                None => person.name.clone(),
            }),
            role: person.as_ref().and_then(|person| person.role.clone()),
            organisation: person.as_ref().and_then(|person| person.organisation.clone()),
            hat: person.and_then(|person| person.hat),
            section: compartment.place().and_then(Place::section).map(ToString::to_string),
            objects: Vec::new(),
            right: if owner {
                Some("eigenaar".to_owned())
            } else {
                level(grant.map(|(_, grant)| grant.right))
            },
            rule: grant.map(|(id, _)| id.to_hex()),
            reported: false,
            reason: None,
        }
    }

    /// What a batch of items did, by who wrote them; `before` are the heads before they came, `touches` what is known already
    /// of what they did.
    pub(crate) fn lines_of_arrival(
        &mut self,
        me: &Me,
        compartment: &CompartmentId,
        items: &[Item],
        (before, touches): (&[ChangeHash], Option<Touches>),
        records_before: &BTreeSet<RecordId>,
        now_ms: u64,
    ) -> Vec<Line> {
        let mut lines = Vec::new();
        let Some(held) = self.compartments.get_mut(compartment) else {
            return lines;
        };
        let touched = match touches {
            _ if before.is_empty() => Touches::new(),
            Some(touches) => touches,
            None => layout::touched(held.doc.as_it_stands(), before),
        };
        let Some(held) = self.compartments.get(compartment) else {
            return lines;
        };
        let mut writers: BTreeMap<DeviceId, (u32, bool)> = BTreeMap::new();
        for item in items {
            let position = item.position();
            let Some(device) = held.device_of(&position.chain).filter(|device| *device != me.id()) else {
                continue;
            };
            if let Some(waits) = held.verdict.quarantine().get(&position) {
                let mut line = self.line_of(held, &device, Deed::Refused, now_ms);
                line.reason = Some(reason(waits).to_owned());
                lines.push(line);
            } else if item.header.kind == Kind::Change {
                writers.entry(device).or_default().0 += 1;
            }
        }
        // One line per writer and kind of deed: several writers in one batch share what the batch touched.
        for device in writers.keys() {
            for (touch, deed) in [
                (Touch::Added, Deed::Added),
                (Touch::Changed, Deed::Changed),
                (Touch::Removed, Deed::Removed),
            ] {
                let objects: Vec<String> = touched
                    .iter()
                    .filter(|(_, one)| **one == touch)
                    .map(|(id, _)| id.clone())
                    .collect();
                if !objects.is_empty() {
                    let mut line = self.line_of(held, device, deed, now_ms);
                    line.objects = objects;
                    lines.push(line);
                }
            }
        }
        if before.is_empty() && records_before.is_empty() {
            return lines;
        }
        for (_, record) in held.records.iter().filter(|(id, _)| !records_before.contains(*id)) {
            let device = record.record.author.device;
            if device == me.id() {
                continue;
            }
            let (deed, object) = match &record.content {
                Content::Model(RecordContent::Item(item)) if item.supersedes.is_some() => {
                    (Deed::Changed, item.id.clone())
                }
                Content::Model(RecordContent::Item(item)) if item.kind == dossier_model::item::BUSY_KIND => continue,
                Content::Model(RecordContent::Item(item)) => (Deed::Added, item.id.clone()),
                Content::Model(RecordContent::Reaction { target, .. } | RecordContent::Update { target, .. }) => {
                    (Deed::Added, target.clone())
                }
                Content::Model(RecordContent::Seen { target, .. }) => (Deed::Opened, target.clone()),
                Content::Model(RecordContent::Removed { target }) => (Deed::Removed, target.clone()),
                Content::About(_) | Content::SaidAgain(_) | Content::FromNow(_) | Content::Unknown => continue,
            };
            let mut line = self.line_of(held, &device, deed, now_ms);
            line.objects = vec![object];
            lines.push(line);
        }
        lines
    }

    /// What devices of others report, on a device of the resident's.
    pub(crate) fn lines_of_receipts(&self, me: &Me, compartment: &CompartmentId, receipts: &[Receipt]) -> Vec<Line> {
        let Some(held) = self.compartments.get(compartment) else {
            return Vec::new();
        };
        let read = receipts
            .iter()
            .filter_map(|receipt| Some((receipt.by.device, receipt.open(me.opener()).ok()?)));
        read.map(|(device, statement)| {
            let deed = match statement.deed {
                dossier_trust::receipt::Deed::Opened => Deed::Opened,
                dossier_trust::receipt::Deed::BrokeGlass => Deed::BrokeGlass,
                dossier_trust::receipt::Deed::Refused => Deed::Refused,
                dossier_trust::receipt::Deed::Removed => Deed::CopyRemoved,
            };
            let mut line = self.line_of(held, &device, deed, statement.at_ms);
            line.reported = true;
            if deed == Deed::Refused {
                // It may have been tried anywhere; this compartment only carries the word of it.
                (line.section, line.right, line.rule) = (None, None, None);
            }
            // A copy that is gone names grants and no item.
            line.objects = Some(statement.object)
                .filter(|object| !object.is_empty() && deed != Deed::CopyRemoved)
                .into_iter()
                .collect();
            line.reason = Some(statement.reason).filter(|reason| !reason.is_empty());
            line
        })
        .collect()
    }
}

/// Why something waits outside, as a word that the language catalogue turns into a sentence.
#[must_use]
pub fn reason(waits: &Waits) -> &'static str {
    match waits {
        Waits::Denied(Denied::NoGrant) => "no_grant",
        Waits::Denied(Denied::NotCertified) => "not_certified",
        Waits::Denied(Denied::RightTooSmall) => "right_too_small",
        Waits::Denied(Denied::Revoked) => "revoked",
        Waits::Denied(Denied::DeviceCut) => "device_cut",
        Waits::OtherBranch => "other_branch",
        Waits::Unopened => "unopened",
        Waits::Refused(_) => "refused",
        Waits::OnAnother => "waits_for_another",
        Waits::OtherGeneration => "other_generation",
    }
}
