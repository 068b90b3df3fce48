//! The typed contract between this boundary and every host (window, command line, test bridge).
//!
//! One request in, one response or one [`Fault`] out. Types are mirrored to TypeScript by ts-rs into
//! `ui/src/generated`; a test fails when the two drift. Dates travel as RFC 3339 strings, counts as `u32`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Version of this contract. A host that was built against another one must refuse to start.
pub const CONTRACT: u32 = 1;

/// What a host may ask. Tagged by `method`, with the arguments in `params`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
pub enum Request {
    /// Who is here and which dossiers there are. Answers [`Status`].
    Status,
    /// Make the person and this device in an empty home folder. Answers [`ProfileMade`].
    ProfileCreate(ProfileCreate),
    /// The recovery words of this person, to be written on paper. Answers [`Words`].
    RecoveryWords,
    /// Start an empty dossier of one's own. Answers [`DossierCard`].
    DossierNew {
        /// Title in the resident's own words; none gives the usual one.
        title: Option<String>,
    },
    /// The first page. Answers [`TodayView`].
    Today {
        /// Dossier id (hex).
        dossier: String,
    },
    /// Goals with their actions. Answers [`PlanView`].
    Plan {
        /// Dossier id (hex).
        dossier: String,
    },
    /// Everything that this reader may see in one section. Answers [`SectionView`].
    Section {
        /// Dossier id (hex).
        dossier: String,
        /// Section id, such as `geld`.
        section: String,
    },
    /// Add an item to a section. Answers [`Changed`].
    ItemAdd {
        /// Dossier id (hex).
        dossier: String,
        /// Section id.
        section: String,
        /// Kind, named as in the demo families: `goals`, `actions`, `appointments`, `health.allergies`…
        kind: String,
        /// The fields of the new item.
        #[ts(type = "Record<string, unknown>")]
        fields: serde_json::Map<String, serde_json::Value>,
    },
    /// Change fields of an item; a `null` value empties a field. Answers [`Changed`].
    ItemSet {
        /// Dossier id (hex).
        dossier: String,
        /// Item id.
        id: String,
        /// Field paths (`a.b`) and their new values.
        #[ts(type = "Record<string, unknown>")]
        fields: serde_json::Map<String, serde_json::Value>,
    },
    /// Take an item away. Answers [`Changed`].
    ItemRemove {
        /// Dossier id (hex).
        dossier: String,
        /// Item id.
        id: String,
    },
    /// Undo this device's own last step. Answers [`Changed`].
    Undo {
        /// Dossier id (hex).
        dossier: String,
    },
}

/// Arguments of [`Request::ProfileCreate`].
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ProfileCreate {
    /// Name as others will see it.
    pub name: String,
    /// Organisation, for a professional.
    pub organisation: Option<String>,
    /// Function, for a professional.
    pub function: Option<String>,
}

/// Answer to [`Request::Status`].
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Status {
    /// [`CONTRACT`] of this program.
    pub contract: u32,
    /// The person of this home folder; none before the first start.
    pub profile: Option<ProfileView>,
    /// Own dossiers first, then those of others.
    pub dossiers: Vec<DossierCard>,
}

/// The person of a home folder.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ProfileView {
    /// Person id (hex of the root key).
    pub person: String,
    /// Device id (hex of the signing key).
    pub device: String,
    /// Name as others see it.
    pub name: String,
    /// Organisation, for a professional.
    pub organisation: Option<String>,
    /// Function, for a professional.
    pub function: Option<String>,
}

/// Answer to [`Request::ProfileCreate`].
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ProfileMade {
    /// Who was made.
    pub profile: ProfileView,
}

/// Answer to [`Request::RecoveryWords`].
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Words {
    /// Twenty-four words (BIP-39, English list).
    pub words: Vec<String>,
    /// The same secret as an age identity, so that the `age` program opens a backup.
    pub age_secret_key: String,
}

/// One dossier in a list.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DossierCard {
    /// Dossier id (hex).
    pub id: String,
    /// Title.
    pub title: String,
    /// True when this person is the resident whose dossier it is.
    pub own: bool,
    /// This reader's id inside the dossier (`p-karin`), if known.
    pub me: Option<String>,
    /// Sections that this reader has something in, in fixed order.
    pub sections: Vec<SectionCard>,
}

/// One section in a list.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SectionCard {
    /// Section id.
    pub id: String,
    /// Name as the resident gave it; none for a standard section (the language catalogue has it).
    pub label: Option<String>,
    /// What this reader may do.
    pub right: RightView,
    /// False when only the fact that there is something ("dat") is shared.
    pub content: bool,
}

/// What somebody may do in a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RightView {
    /// zien
    Read,
    /// aanvullen
    Append,
    /// aanpassen
    Edit,
    /// the resident
    Own,
}

/// Somebody named on a screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PersonRef {
    /// Id inside the dossier.
    pub id: String,
    /// Name, if this reader may know it.
    pub name: Option<String>,
}

/// A value that lost against another when two people wrote at once: "ook gezegd: …".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct AlsoSaid {
    /// Field path.
    pub field: String,
    /// The other values, as text.
    pub values: Vec<String>,
}

/// One appointment.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct AppointmentView {
    /// Item id.
    pub id: String,
    /// Title; none when only the fact of the appointment is shared.
    pub title: Option<String>,
    /// Start, RFC 3339.
    pub start: String,
    /// End, RFC 3339.
    pub end: Option<String>,
    /// thuis, kantoor, praktijk, school, online, telefoon, elders…
    pub location_kind: Option<String>,
    /// Place in words.
    pub location: Option<String>,
    /// Organisation name.
    pub organisation: Option<String>,
    /// Who is there.
    pub attendees: Vec<PersonRef>,
    /// Status as written.
    pub status: Option<String>,
    /// Values that were also said.
    pub also_said: Vec<AlsoSaid>,
}

/// One action of the plan.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ActionView {
    /// Item id.
    pub id: String,
    /// Goal it belongs to.
    pub goal_id: Option<String>,
    /// What will be done.
    pub text: String,
    /// Who does it.
    pub who: Vec<PersonRef>,
    /// Day, `2026-11-30`.
    pub due: Option<String>,
    /// open, gepland, bezig, klaar, gestopt.
    pub status: String,
    /// True when the reader is among `who`.
    pub mine: bool,
    /// True when the reader may change it.
    pub may_change: bool,
    /// Added by somebody who may only add, and not yet taken over.
    pub contribution: bool,
    /// Values that were also said.
    pub also_said: Vec<AlsoSaid>,
}

/// One goal of the plan.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct GoalView {
    /// Item id.
    pub id: String,
    /// Title in own words.
    pub title: String,
    /// Why it matters.
    pub why: Option<String>,
    /// How one can see that it is reached.
    pub measure: Option<String>,
    /// Life domain id.
    pub domain: Option<String>,
    /// nieuw, bezig, gehaald, gestopt.
    pub status: String,
    /// 1 is first.
    pub priority: Option<u32>,
    /// Day.
    pub target_date: Option<String>,
    /// Its actions, in order.
    pub actions: Vec<ActionView>,
    /// True when the reader may change it.
    pub may_change: bool,
    /// Values that were also said.
    pub also_said: Vec<AlsoSaid>,
}

/// Somebody who sees a section: name, what they may do, and whether their device has everything.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct OnlookerView {
    /// Name.
    pub name: String,
    /// Role as the resident recorded it (`wijkteam`).
    pub role: Option<String>,
    /// What they may do.
    pub right: RightView,
}

/// Answer to [`Request::Plan`].
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct PlanView {
    /// Title of the plan.
    pub title: Option<String>,
    /// Wish of the family, in their words.
    pub wish: Option<String>,
    /// Goals by priority.
    pub goals: Vec<GoalView>,
    /// Actions that belong to no goal that this reader sees.
    pub loose_actions: Vec<ActionView>,
    /// What the reader may do here; none when the plan is not shared with them.
    pub right: Option<RightView>,
    /// Who sees this page.
    pub seen_by: Vec<OnlookerView>,
}

/// Answer to [`Request::Today`].
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct TodayView {
    /// The day that the page is about.
    pub date: String,
    /// First name to greet.
    pub name: String,
    /// Appointments from today on, at most fourteen days ahead, in order of time.
    pub appointments: Vec<AppointmentView>,
    /// Actions that are mine and not done, late ones first.
    pub my_actions: Vec<ActionView>,
    /// What helpers wrote that the reader has not answered.
    pub news: Vec<NewsView>,
    /// Who sees the agenda and the plan.
    pub seen_by: Vec<OnlookerView>,
}

/// Something new about the resident.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct NewsView {
    /// Item id.
    pub id: String,
    /// Who wrote it.
    pub author: PersonRef,
    /// Day.
    pub date: String,
    /// The plain version; none when the helper wrote none.
    pub plain: Option<String>,
    /// The helper's own words.
    pub original: Option<String>,
}

/// Answer to [`Request::Section`].
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SectionView {
    /// Section id.
    pub id: String,
    /// Its items.
    pub items: Vec<ItemView>,
    /// What the reader may do here.
    pub right: Option<RightView>,
    /// Who sees this page.
    pub seen_by: Vec<OnlookerView>,
}

/// One item as it is shown.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ItemView {
    /// Item id.
    pub id: String,
    /// Section id.
    pub section: String,
    /// Kind, named as in the demo families.
    pub kind: String,
    /// Fields under the demo families' names.
    #[ts(type = "Record<string, unknown>")]
    pub fields: serde_json::Map<String, serde_json::Value>,
    /// Author, source, date.
    pub provenance: Provenance,
    /// Values that were also said.
    pub also_said: Vec<AlsoSaid>,
}

/// Where an item comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Provenance {
    /// Who wrote it, by id inside the dossier or by name.
    pub author: Option<String>,
    /// `ingevoerd` for history that was brought along, an organisation for a copied fact, none for own work.
    pub source: Option<String>,
    /// When, as given (a date, or RFC 3339).
    pub date: Option<String>,
}

/// Answer to everything that changes something.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Changed {
    /// Ids of the items that were made or changed.
    pub ids: Vec<String>,
}

/// What the program tells its host without being asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Something in a dossier is different now; ask again for what is on the screen.
    Changed {
        /// Dossier id (hex).
        dossier: String,
        /// Sections that changed.
        sections: Vec<String>,
    },
    /// A person's device came or went.
    Peer {
        /// Name, if known.
        name: Option<String>,
        /// True while there is a connection.
        connected: bool,
    },
}

/// What went wrong, for a person to act on. The sentence is in the language catalogue under `code`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Fault {
    /// Which kind.
    pub code: FaultCode,
    /// What it was about: a field, a file, an id. Never content of a dossier.
    pub detail: Option<String>,
}
