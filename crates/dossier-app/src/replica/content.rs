//! What this program writes inside sealed places beside the model's own records: what a compartment is, and on what
//! terms somebody was let in.

use std::collections::BTreeMap;

use dossier_model::record::RecordItem;
use dossier_model::{Place, RecordContent, SectionId, Side};
use dossier_trust::codec::{Canonical, DecodeError, Reader, Writer};
use dossier_trust::ids::DeviceId;
use dossier_trust::record::Record;
use serde::{Deserialize, Serialize};

use crate::contract::Fault;

/// What a compartment is, for everybody who reads it. A record of the resident's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Always `compartment`; tells this record from the model's.
    #[serde(rename = "type")]
    pub kind: AboutKind,
    /// Which place; the owner-only compartment has one too.
    pub place: Place,
    /// Name of a section that the resident made.
    pub label: Option<String>,
    /// Title of the dossier.
    pub title: String,
    /// The resident's person id inside the dossier.
    pub owner: String,
    /// The resident's name.
    pub owner_name: String,
    /// Rises with every new version of this record.
    pub version: u32,
}

/// Tag of [`About`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AboutKind {
    /// The only one.
    Compartment,
}

/// What need not be said again of somebody's own chains, if the document is not of their generation: it was said again,
/// or stood elsewhere before. A record of the device whose chains they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidAgain {
    /// Always `said_again`; tells this record from the model's.
    #[serde(rename = "type")]
    pub kind: SaidAgainKind,
    /// The generation (hex) that begins with these chains, if one does.
    pub begins: Option<String>,
    /// Chains (hex), and up to where.
    pub upto: Vec<(String, u32)>,
}

/// Tag of [`SaidAgain`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaidAgainKind {
    /// The only one.
    SaidAgain,
}

/// Where somebody begins who was let in from now on, and what such a reader needs that was said under keys of before. A
/// record of the resident's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FromNow {
    /// Always `from_now`; tells this record from the model's.
    #[serde(rename = "type")]
    pub kind: FromNowKind,
    /// The grant (hex) that begins here; none when it is only said again who else reads.
    pub grant: Option<String>,
    /// Chains of records (hex) and up to where they were known: that is from before, also where it is posted again.
    pub before: Vec<(String, u32)>,
    /// The notes of living grants (hex).
    pub notes: BTreeMap<String, GrantNote>,
}

/// Tag of [`FromNow`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromNowKind {
    /// The only one.
    FromNow,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// What the compartment is.
    About(About),
    /// What need not be said again.
    SaidAgain(SaidAgain),
    /// Where somebody begins who was let in from now on.
    FromNow(FromNow),
    /// Something in the dossier.
    Model(RecordContent),
    /// Written by a newer program, or not understood: kept, counted, not shown.
    Unknown,
}

impl Content {
    /// Reads a record's content.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        if let Ok(content) = RecordContent::from_bytes(bytes) {
            return Self::Model(content);
        }
        let about = serde_json::from_slice(bytes).map(Self::About);
        let said = || serde_json::from_slice(bytes).map(Self::SaidAgain);
        let from_now = || serde_json::from_slice(bytes).map(Self::FromNow);
        about
            .or_else(|_| said())
            .or_else(|_| from_now())
            .unwrap_or(Self::Unknown)
    }

    /// The item in it, if it is one.
    #[must_use]
    pub fn item(&self) -> Option<&RecordItem> {
        if let Self::Model(RecordContent::Item(item)) = self {
            Some(item)
        } else {
            None
        }
    }

    /// The bytes to sign; `at` is when it is written, RFC 3339.
    ///
    /// # Errors
    /// Content that is too long.
    pub fn write(&self, at: &str) -> Result<Vec<u8>, Fault> {
        match self {
            Self::About(about) => serde_json::to_vec(about).map_err(|_| Fault::internal("about")),
            Self::SaidAgain(said) => serde_json::to_vec(said).map_err(|_| Fault::internal("said again")),
            Self::FromNow(from_now) => serde_json::to_vec(from_now).map_err(|_| Fault::internal("from now")),
            Self::Model(content) => Ok(content.to_bytes_at(at)?),
            Self::Unknown => Err(Fault::internal("content")),
        }
    }
}

/// How a level in an access table is spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Look.
    Zien,
    /// Add.
    Aanvullen,
    /// Change.
    Aanpassen,
    /// Change, let others in and stop them: a representative.
    Beheren,
}

/// One line of what is offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Section.
    pub section: SectionId,
    /// Level.
    pub level: Level,
    /// Content, or only that there is something.
    pub detail: Side,
    /// Opens in an emergency only, with a reason.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub emergency: bool,
}

/// What is offered to whom, why and until when: the terms of a ticket, the record of a consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Version of this form.
    pub v: u32,
    /// Title of the dossier.
    pub title: String,
    /// The resident's name.
    pub owner_name: String,
    /// Who invites, where that is not the resident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inviter: Option<String>,
    /// Person id inside the dossier.
    pub person: String,
    /// Name of the invited.
    pub name: String,
    /// Role, as the resident recorded it.
    pub role: Option<String>,
    /// Hat.
    pub hat: Option<String>,
    /// What for.
    pub purpose: Option<String>,
    /// Last day.
    pub until: Option<String>,
    /// Only what is about these people.
    pub only_about: Option<Vec<String>>,
    /// Sections and levels.
    pub scopes: Vec<Scope>,
    /// Only what stands there when they come, and what comes after.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_now: bool,
}

/// The sealed record inside a grant: for everybody who reads that compartment, so it names nothing elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantNote {
    /// Version of this form.
    pub v: u32,
    /// Random name that the grants of one consent share.
    pub consent: String,
    /// Person id inside the dossier.
    pub person: String,
    /// Name, as they gave it when they joined.
    pub name: String,
    /// Role, as the resident recorded it.
    pub role: Option<String>,
    /// Organisation, as they gave it.
    pub organisation: Option<String>,
    /// Function, as they gave it.
    pub function: Option<String>,
    /// Hat.
    pub hat: Option<String>,
    /// What for.
    pub purpose: Option<String>,
    /// Level in this compartment.
    pub level: Level,
    /// Last day.
    pub until: Option<String>,
    /// Only what is about these people.
    pub only_about: Option<Vec<String>>,
    /// Whether both people compared the code.
    pub compared: bool,
    /// Opens in an emergency only, with a reason.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub emergency: bool,
}

/// What the joiner says of themselves: the information card.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Name.
    pub name: String,
    /// The team in whose name they answer: access is given to all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Organisation.
    pub organisation: Option<String>,
    /// Function.
    pub function: Option<String>,
    /// The six answers (WIE, WAT, WELKE, WAAR, MET_WIE, WAAROM), as far as given.
    #[serde(default)]
    pub answers: serde_json::Map<String, serde_json::Value>,
}

/// A record for a smaller audience, as it lies in an age file: with the devices that the poster sealed it to, so that
/// an owner device can see who still misses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// The record.
    pub record: Record,
    /// Devices it was sealed to.
    pub to: Vec<DeviceId>,
}

impl Canonical for Posting {
    fn encode(&self, out: &mut Writer) {
        self.record.encode(out);
        out.list(&self.to, |out, device| {
            out.fixed(&device.0);
        });
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            record: Record::decode(input)?,
            to: input.list(1024, |input| Ok(DeviceId(input.fixed()?)))?,
        })
    }
}

impl Card {
    /// To whom access is given: the team, or the person.
    #[must_use]
    pub fn receiver(&self) -> &str {
        self.team.as_deref().unwrap_or(&self.name)
    }
}
