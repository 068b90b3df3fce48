//! What is asked and answered about who looks along, what waits outside, and whether everything holds and arrived.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::PersonRef;

/// Arguments of `Request::Invite`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
pub struct Invite {
    /// Dossier id (hex); none means the only one.
    pub dossier: Option<String>,
    /// Person id inside the dossier; a person of a demo family brings the grants of its access table.
    pub person: Option<String>,
    /// Name, for somebody who is not in the dossier yet.
    pub name: Option<String>,
    /// Role, for somebody who is not in the dossier yet.
    pub role: Option<String>,
    /// What for.
    pub purpose: Option<String>,
    /// `SECTION=zien|aanvullen|aanpassen|beheren[:dat]`.
    pub grants: Vec<String>,
    /// Last day of access.
    pub until: Option<String>,
    /// Where this program listens, to be put into the ticket.
    pub hints: Vec<String>,
    /// Hours for which the ticket may be answered; none means a week.
    pub hours: Option<u32>,
    /// Only what stands there when they come, and what comes after: not what was there before, nor the notes of before.
    #[serde(default)]
    #[ts(optional, as = "Option<bool>")]
    pub from_now: bool,
}

/// Answer to `Request::Invite`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Invited {
    /// The ticket, as letters and digits.
    pub ticket: String,
    /// Its name (hex), for [`crate::App::confirm`].
    pub id: String,
    /// Until when it may be answered, RFC 3339.
    pub expires: String,
    /// Person id inside the dossier.
    pub person: String,
    /// What is offered.
    pub scopes: Vec<ScopeView>,
}

/// One section of what is offered or granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ScopeView {
    /// Section id.
    pub section: String,
    /// zien, aanvullen, aanpassen, beheren.
    pub level: String,
    /// False when only the fact that there is something ("dat") is shared.
    pub content: bool,
    /// Opens in an emergency only, with a reason.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub emergency: bool,
    /// Only what is about these people: no key, but copies of what says when something about them is in the agenda. None:
    /// no such restriction. Names are there for the resident alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub only_about: Option<Vec<PersonRef>>,
    /// Only what stood there when they came, and what came after.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub from_now: bool,
}

/// Answer to `Request::Access`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct AccessView {
    /// Everybody who has or had access.
    pub people: Vec<AccessPerson>,
    /// Invitations.
    pub invitations: Vec<InvitationView>,
}

/// One person in [`AccessView`].
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct AccessPerson {
    /// Person id inside the dossier.
    pub person: String,
    /// Key of the person (hex).
    pub principal: String,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Option<String>,
    /// Organisation.
    pub organisation: Option<String>,
    /// What for.
    pub purpose: Option<String>,
    /// Last day.
    pub until: Option<String>,
    /// What they may do now; empty when access ended.
    pub scopes: Vec<ScopeView>,
    /// Whether the code was compared when they joined.
    pub compared: bool,
    /// Access ended: what their devices said about it.
    pub ended: Option<EndedView>,
    /// Representatives who let them in; empty when the resident did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<PersonRef>>")]
    pub let_in_by: Vec<PersonRef>,
    /// Whom they let in as a representative, and who still looks along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<PersonRef>>")]
    pub let_in: Vec<PersonRef>,
    /// It is a team: who looks along in its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<TeamMate>>")]
    pub team: Vec<TeamMate>,
    /// This reader may not change or end what they have.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub fixed: bool,
}

/// Somebody who looks along in the name of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TeamMate {
    /// Device id (hex).
    pub device: String,
    /// Whose device it is.
    pub name: String,
}

/// What is known after access ended.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct EndedView {
    /// Every device of this person said of everything that it could open that its copy is gone.
    pub confirmed: bool,
    /// The same for each of their devices.
    pub devices: Vec<EndedDevice>,
}

/// A device whose access ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct EndedDevice {
    /// Device id (hex).
    pub device: String,
    /// It said of everything that it could open that its copy is gone. Until then nobody knows.
    pub confirmed: bool,
}

/// What a device still knows of a dossier to which its access ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AccessOver {
    /// When this device heard so and took its copy away, RFC 3339.
    pub since: String,
    /// The resident, as far as known.
    pub resident: Option<String>,
    /// Something that was written here never reached the resident; it is still here, and shut.
    pub unsent: bool,
}

/// One invitation.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct InvitationView {
    /// Name of the ticket (hex).
    pub id: String,
    /// For whom.
    pub person: String,
    /// open, joined, granted, burnt, expired.
    pub state: String,
    /// Until when it may be answered, RFC 3339.
    pub expires: String,
}

/// Answer to `Request::Revoke`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Revoked {
    /// Person id inside the dossier.
    pub person: String,
    /// Sections to which access ended.
    pub sections: Vec<String>,
    /// Devices that hold a copy; it cannot be taken back from a device that does not cooperate.
    pub devices: u32,
    /// Whom they let in as a representative: these go on looking along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<PersonRef>>")]
    pub stay: Vec<PersonRef>,
}

/// Something that waits outside.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct QuarantineView {
    /// Its place: `chain:number:hash`.
    pub item: String,
    /// Section.
    pub section: Option<String>,
    /// Who wrote it.
    pub who: Option<String>,
    /// Why: a word that the language catalogue turns into a sentence.
    pub reason: String,
}

/// Answer to `Request::Verify`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Verified {
    /// True when everything holds.
    pub ok: bool,
    /// What does not.
    pub faults: Vec<String>,
    /// Items whose signature, hash and place in the chain were checked.
    pub items: u32,
    /// Per compartment a hash of the canonical rebuild of its document.
    pub compartments: Vec<VerifiedCompartment>,
}

/// One compartment in [`Verified`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VerifiedCompartment {
    /// Dossier id (hex).
    pub dossier: String,
    /// Compartment id (hex).
    pub compartment: String,
    /// Section.
    pub section: Option<String>,
    /// wat or dat.
    pub side: Option<String>,
    /// BLAKE3 of the saved bytes of the canonical rebuild.
    pub hash: String,
    /// Changes in the document.
    pub changes: u32,
    /// Records that count.
    pub records: u32,
    /// Items that wait outside.
    pub waiting: u32,
    /// How many of the changes lie in a checkpoint.
    pub in_checkpoint: u32,
}

/// One finding of `Request::Doctor`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Finding {
    /// What was looked at; the language catalogue has the sentence.
    pub check: String,
    /// ok, note, fault.
    pub state: String,
    /// More, never content.
    pub detail: Option<String>,
}

/// How far one person's device is.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DeliveryView {
    /// Person id inside the dossier, or key.
    pub person: String,
    /// Name, if known.
    pub name: Option<String>,
    /// Device id (hex).
    pub device: String,
    /// Items of this device that the other has acknowledged.
    pub delivered: u32,
    /// Items that it has not.
    pub waiting: u32,
    /// It is connected at this moment.
    pub connected: bool,
    /// When it was last heard, RFC 3339.
    pub last_seen: Option<String>,
}
