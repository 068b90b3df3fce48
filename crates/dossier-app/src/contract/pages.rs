//! What the pages show: today, the plan, the sections, and what stands in them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::RightView;
use crate::crisis_card::CrisisCall;

/// Somebody named on a screen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
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

/// How much of a section somebody sees, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Sight {
    /// That there is something, not what.
    That,
    /// All of it, in an emergency only.
    Emergency,
    /// What is about some people.
    Some,
    /// All of it.
    All,
}

/// Somebody who sees something of a section: name, how much, and what they may do.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct OnlookerView {
    /// Name.
    pub name: String,
    /// Role as the resident recorded it (`wijkteam`).
    pub role: Option<String>,
    /// How much of it they see.
    pub sees: Sight,
    /// What they may do.
    pub right: RightView,
}

/// Answer to `Request::Plan`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct PlanView {
    /// Today, by this program's calendar.
    pub date: String,
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

/// Answer to `Request::Today`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct TodayView {
    /// The day that the page is about.
    pub date: String,
    /// The moment, by this program's calendar, RFC 3339.
    pub now: String,
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

/// Answer to `Request::Section`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SectionView {
    /// Section id.
    pub id: String,
    /// Today, by this program's calendar.
    pub date: String,
    /// Its items.
    pub items: Vec<ItemView>,
    /// Everybody whom this reader can name, by name.
    pub people: Vec<PersonRef>,
    /// Every organisation that this reader can name, by name.
    pub organisations: Vec<PersonRef>,
    /// Whom to call when it goes wrong, the first one first; only of the section that says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<CrisisCall>>")]
    pub calls: Vec<CrisisCall>,
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
    /// True when the reader may change it.
    pub may_change: bool,
    /// True when the reader may take it away.
    pub may_remove: bool,
    /// Added by somebody who may only add, and not yet taken over.
    pub contribution: bool,
    /// Values that were also said.
    pub also_said: Vec<AlsoSaid>,
}

/// Where an item comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Provenance {
    /// Who wrote it, by id inside the dossier or by name.
    pub author: Option<String>,
    /// What the author is called where the id is a team's: the person and the team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub author_name: Option<String>,
    /// `ingevoerd` for history that was brought along, an organisation for a copied fact, none for own work.
    pub source: Option<String>,
    /// When, as given (a date, or RFC 3339).
    pub date: Option<String>,
}
