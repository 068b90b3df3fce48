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
    /// Open the home folder with a passphrase that somebody typed, for a host that starts before it is open
    /// ([`crate::Door`]); a program that is open stays as it is. Answers [`Status`].
    Unlock {
        /// As it was typed.
        #[ts(type = "string")]
        passphrase: Passphrase,
    },
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
    /// Make a section of the resident's own. Answers [`SectionCard`].
    SectionNew {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
        /// Its name, in the resident's words.
        label: String,
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
    /// The whole readable view as JSON (`keukentafel-dossier/1`).
    Show {
        /// Dossier id (hex); none means the only one, or the only one of one's own.
        dossier: Option<String>,
    },
    /// Load a demo family as a dossier of this person. Answers [`DossierCard`].
    DemoLoad {
        /// The file's content.
        file: String,
        /// Who in the file this person is; none means the one that the file names.
        owner: Option<String>,
    },
    /// The family as it is now, in the demo form. Answers JSON.
    DemoDump {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
    },
    /// Write a note in one's own name. Answers [`Changed`].
    NoteAdd {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
        /// Section; usually `verslagen`.
        section: String,
        /// The helper's own words.
        text: String,
        /// The plain version.
        plain: Option<String>,
        /// Hat.
        hat: Option<String>,
        /// Person ids that may read it, besides the author and the resident; empty means all readers.
        readers: Vec<String>,
    },
    /// Say something about a note. Answers [`Changed`].
    NoteReact {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
        /// Note id.
        note: String,
        /// What one says.
        text: String,
        /// klopt, klopt_niet, zeggen.
        verdict: Option<String>,
    },
    /// Make a ticket for somebody. Answers [`Invited`].
    Invite(Invite),
    /// Invitations with what they offer, and who answered. Answers
    /// [`Vec<InvitationCard>`](crate::outstanding::InvitationCard).
    Invitations {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
    },
    /// What the access table of a family that was brought along proposes. Answers
    /// [`Vec<ProposalView>`](crate::outstanding::ProposalView).
    Proposals {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
    },
    /// Withdraw an invitation, or turn away whoever answered it. Answers [`Changed`].
    InvitationEnd {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
        /// Name of the ticket (hex).
        id: String,
    },
    /// Let in whoever waits and read out these digits. A wrong code ends the invitation when only one person waits.
    /// Answers [`Confirmed`](crate::outstanding::Confirmed).
    Confirm {
        /// As it was typed.
        code: String,
    },
    /// Access as it is: who may see what, and which invitations are out. Answers [`AccessView`].
    Access {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
    },
    /// End somebody's access everywhere. Answers [`Revoked`].
    Revoke {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
        /// Person id inside the dossier.
        person: String,
        /// Go on counting what they wrote before they heard of it.
        keep_unseen: bool,
    },
    /// Give somebody other rights: ends the old grants, makes new ones. Answers [`Changed`].
    ChangeAccess {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
        /// Person id inside the dossier.
        person: String,
        /// `SECTION=zien|aanvullen|aanpassen[:dat]`.
        grants: Vec<String>,
        /// Last day.
        until: Option<String>,
    },
    /// What waits outside and why. Answers [`Vec<QuarantineView>`].
    Quarantine {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
    },
    /// Let an item that waits outside count after all. Answers [`Changed`].
    QuarantineAdmit {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
        /// Item, as listed.
        item: String,
    },
    /// The log. Answers [`Vec<Line>`](crate::activity::Line).
    Log {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
        /// Only this person.
        person: Option<String>,
        /// Only from this day or moment on.
        since: Option<String>,
    },
    /// Check every signature, hash and chain. Answers [`Verified`].
    Verify,
    /// What is wrong with this installation and what to do. Answers [`Vec<Finding>`].
    Doctor,
    /// Who has what: per person and device, what was delivered. Answers [`Vec<DeliveryView>`].
    SyncStatus {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
    },
}

/// A passphrase on its way; never shown, and wiped when it is dropped.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Passphrase(zeroize::Zeroizing<String>);

impl Passphrase {
    /// The text.
    #[must_use]
    pub fn into_inner(self) -> zeroize::Zeroizing<String> {
        self.0
    }
}

impl From<String> for Passphrase {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<Passphrase> for String {
    fn from(passphrase: Passphrase) -> Self {
        passphrase.0.to_string()
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// Arguments of [`Request::Invite`].
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
    /// `SECTION=zien|aanvullen|aanpassen[:dat]`.
    pub grants: Vec<String>,
    /// Last day of access.
    pub until: Option<String>,
    /// Where this program listens, to be put into the ticket.
    pub hints: Vec<String>,
    /// Hours for which the ticket may be answered; none means a week.
    pub hours: Option<u32>,
}

/// Answer to [`Request::Invite`].
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
    /// zien, aanvullen, aanpassen.
    pub level: String,
    /// False when only the fact that there is something ("dat") is shared.
    pub content: bool,
}

/// Answer to [`Request::Access`].
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
}

/// What is known after access ended.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct EndedView {
    /// Every device of this person that joined said that it removed its copy.
    pub confirmed: bool,
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

/// Answer to [`Request::Revoke`].
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Revoked {
    /// Person id inside the dossier.
    pub person: String,
    /// Sections to which access ended.
    pub sections: Vec<String>,
    /// Devices that hold a copy; it cannot be taken back from a device that does not cooperate.
    pub devices: u32,
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

/// Answer to [`Request::Verify`].
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
}

/// One finding of [`Request::Doctor`].
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
    /// When it was last heard, RFC 3339.
    pub last_seen: Option<String>,
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

/// Answer to [`Request::Today`].
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

/// Answer to [`Request::Section`].
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
    /// Somebody answered an invitation; both screens show the code.
    Joining {
        /// Name of the ticket (hex).
        ticket: String,
        /// Name that the joiner gave.
        name: String,
        /// Twelve digits.
        code: String,
    },
    /// An invitation came to its end.
    Joined {
        /// Name of the ticket (hex).
        ticket: String,
        /// Person id inside the dossier; none when it was refused.
        person: Option<String>,
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

/// Kinds of fault. The command line maps each to an exit status (`Fault::exit`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    /// Rights do not allow it.
    NotAllowed,
    /// No such dossier, section, item or person.
    NotFound,
    /// The request does not make sense as it stands.
    Invalid,
    /// A file, ticket or code was refused.
    InputRefused,
    /// Nobody answered in time.
    NotReachable,
    /// Wrong passphrase or key.
    WrongPassphrase,
    /// No keyring, no passphrase: the key cannot be had.
    Locked,
    /// Another program has this home folder open.
    InUse,
    /// The disk is full.
    DiskFull,
    /// The home folder cannot be written.
    NotWritable,
    /// The database is damaged or not ours.
    Damaged,
    /// There is a profile here already.
    AlreadyExists,
    /// There is no profile here yet.
    NoProfile,
    /// Made by a newer version.
    NewerVersion,
    /// A fault of ours.
    Internal,
}
