//! The typed contract between this boundary and every host (window, command line, test bridge).
//!
//! One request in, one response or one [`Fault`] out. Types are mirrored to TypeScript by ts-rs into
//! `ui/src/generated`; a test fails when the two drift. Dates travel as RFC 3339 strings, counts as `u32`.

mod access;
mod pages;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::looking::Look;

pub use access::*;
pub use pages::*;

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
    /// The same words, typed over from the paper. Answers [`Changed`]; a fault when one is wrong.
    RecoveryCheck {
        /// As they were typed, in any spacing.
        #[ts(type = "string")]
        words: Passphrase,
    },
    /// The words in pieces, for people one trusts. Answers [`SharesMade`](crate::shares::SharesMade).
    RecoverySplit {
        /// How many give the words back.
        needed: u8,
        /// How many there are.
        count: u8,
    },
    /// Make an empty home folder that of the person whose words these are, on a device of its own. Answers
    /// [`Restored`](crate::recovery::Restored), or null when it was stopped: then nothing is here.
    Restore(crate::recovery::Restore),
    /// Write everything that this profile holds into a file; [`Event::Working`] tells how far it is. Answers
    /// [`BackupMade`](crate::backup::BackupMade), or null when it was stopped.
    Backup {
        /// Path on this machine. The window leaves it out: its shell asks the person.
        file: Option<String>,
    },
    /// Stop the work that [`Event::Working`] tells of: a backup, coming back, an attachment, a check. Nothing is left of
    /// it. Answers null.
    WorkStop,
    /// When a backup was last made here. Answers [`BackupState`](crate::backup::BackupState).
    BackupState,
    /// Write a dossier into a file for others, or for this person's own devices. Answers
    /// [`BundleMade`](crate::carrying::BundleMade).
    BundleExport {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
        /// Path on this machine.
        file: String,
        /// Person id inside the dossier; none means this person's own devices, or at a member's the resident.
        person: Option<String>,
    },
    /// Take what is in such a file. Answers [`BundleTaken`](crate::carrying::BundleTaken).
    BundleImport {
        /// Path on this machine.
        file: String,
    },
    /// The way to this device, for the resident who lost theirs, or another device of one's own. Answers
    /// [`ReturnView`](crate::returning::ReturnView).
    ReturnTicket {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
    },
    /// Come back to one's own dossiers at somebody who has a copy. Answers [`Returned`](crate::returning::Returned), or
    /// null when it was stopped: what came until then is gone again.
    Return {
        /// The ticket that they showed.
        ticket: String,
    },
    /// What did not come back. Answers [`Lacking`](crate::recovery::Lacking).
    Lacking {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
    },
    /// Make the parts anew that did not come back. Answers [`Lacking`](crate::recovery::Lacking): what was made.
    BeginAgain {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
    },
    /// Devices of this person. Answers [`Vec<DeviceView>`](crate::devices::DeviceView).
    Devices,
    /// End a device of this person's for good. Answers [`Vec<DeviceView>`](crate::devices::DeviceView): the others.
    DeviceRevoke {
        /// Device id (hex), or how it begins.
        device: String,
    },
    /// The team of this device. Answers [`TeamView`](crate::team::TeamView), or null when it is in none.
    Team,
    /// Make a team, with words of its own. Answers [`TeamMade`](crate::team::TeamMade).
    TeamNew {
        /// What it is called.
        name: String,
    },
    /// The words of the team, for whoever looks after it. Answers [`Words`].
    TeamWords,
    /// Ask to be in a team: a text for whoever looks after it. Answers [`TeamAsked`](crate::team::TeamAsked).
    TeamAsk,
    /// Who asks, by the text that they sent. Answers [`TeamAsking`](crate::team::TeamAsking).
    TeamAsking {
        /// The text.
        text: String,
    },
    /// Add a colleague to the team. Answers [`TeamAdded`](crate::team::TeamAdded): a text for them.
    TeamAdd {
        /// The text that they sent.
        text: String,
        /// The twelve digits that they read out; none where nobody compared anything.
        code: Option<String>,
    },
    /// Take the place in a team that was given to this device. Answers [`TeamView`](crate::team::TeamView).
    TeamJoin {
        /// The text that came back.
        text: String,
    },
    /// Take a colleague's device out of the team, for good. Answers [`TeamView`](crate::team::TeamView).
    TeamRemove {
        /// Device id (hex), or how it begins, or the name of its person where only one has it.
        device: String,
    },
    /// Put another passphrase in the place of this one. Answers [`Changed`].
    PassphraseChange {
        /// The one of now; none means the one that opened this home folder.
        #[ts(type = "string | null")]
        old: Option<Passphrase>,
        /// The one from now on.
        #[ts(type = "string")]
        new: Passphrase,
    },
    /// The home folders here. Answers [`Vec<ProfileEntry>`](crate::devices::ProfileEntry).
    Profiles,
    /// Take a dossier off this device. Answers [`Changed`].
    DossierRemove {
        /// Dossier id (hex).
        dossier: String,
        /// Although no recent backup has it.
        without_backup: bool,
    },
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
    /// Take an item out of the dossier for good, with what it ever was and what was said about it: hidden at once, destroyed
    /// a week later by everybody who hears of it. Who wrote the rest of its section before today is not kept. Cannot be
    /// undone. Answers [`Changed`].
    ItemErase {
        /// Dossier id (hex).
        dossier: String,
        /// Item id.
        id: String,
    },
    /// Undo this device's own last step; again, and the one before it. Answers [`Undone`](crate::undo::Undone).
    Undo {
        /// Dossier id (hex).
        dossier: String,
    },
    /// Do again what [`Request::Undo`] took back last, as long as nothing was done here in between. Answers
    /// [`Undone`](crate::undo::Undone).
    Redo {
        /// Dossier id (hex).
        dossier: String,
    },
    /// The whole readable view as JSON (`keukentafel-dossier/1`).
    Show {
        /// Dossier id (hex); none means the only one, or the only one of one's own.
        dossier: Option<String>,
    },
    /// One page through the eyes of somebody else, or as it was. Answers what the [`Page`](crate::looking::Page) says.
    Look(Look),
    /// Who changed what in one item, and when. Answers [`HistoryView`](crate::history::HistoryView).
    History {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
        /// Item id.
        id: String,
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
    /// What somebody's invitation offers, asked of their program; nothing is answered yet. Answers
    /// [`OfferView`](crate::joining::OfferView).
    Offer {
        /// The ticket, as letters and digits.
        ticket: String,
    },
    /// Answer somebody's invitation, or go on with an answer that was cut off. Returns at once; [`Event::Answer`] tells
    /// how it goes on. Answers [`JoinView`](crate::joining::JoinView).
    Join(crate::joining::Answer),
    /// Eight words that fetch the ticket of an invitation, once, while this program is online. Answers
    /// [`TicketWordsView`](crate::ticket_words::TicketWordsView).
    TicketWords {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
        /// Name of the ticket (hex).
        id: String,
    },
    /// The ticket behind eight words. Answers [`FetchedTicket`](crate::ticket_words::FetchedTicket).
    FetchTicket {
        /// The words, as they were typed; four letters of each are enough.
        words: String,
        /// Addresses at which the other program may be, where it cannot be found otherwise.
        hints: Vec<String>,
    },
    /// Own answers that are not over, and those that ended since the program started. Answers
    /// [`Vec<JoinView>`](crate::joining::JoinView).
    Joins,
    /// Give up an own answer, or put away how it ended. Answers [`Changed`].
    JoinEnd {
        /// Name of the ticket (hex).
        id: String,
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
        /// `SECTION=zien|aanvullen|aanpassen|beheren[:dat]`; none keeps the rights as they are.
        grants: Vec<String>,
        /// Last day; empty for no end, none keeps it as it is.
        until: Option<String>,
        /// What for; empty for no purpose, none keeps it as it is.
        #[serde(default)]
        purpose: Option<String>,
        /// True: from now on, without what was before; false: what was before as well; none keeps that as it is.
        #[serde(default)]
        #[ts(optional)]
        from_now: Option<bool>,
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
    /// Erase an item that waits outside, everywhere: it cannot count any more. Answers [`Changed`].
    QuarantineDrop {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
        /// Item, as listed.
        item: String,
    },
    /// Ask the author of a note to put something right. Answers [`Changed`].
    CorrectionAsk(crate::correction::CorrectionAsk),
    /// Answer such a request about one's own note. Answers [`Changed`].
    CorrectionAnswer {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
        /// The request, by its item id.
        correction: String,
        /// True when it was put right; else it stays as it is.
        done: bool,
        /// What was done, or why not.
        text: String,
    },
    /// All such requests. Answers [`Vec<CorrectionView>`](crate::correction::CorrectionView).
    Corrections {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
    },
    /// Keep what was typed and not saved, and close the home folder: the host forgets the keys. With `leave` the host
    /// goes away as well. Answers [`Changed`].
    Lock {
        /// What was typed, by the place where it was typed.
        drafts: BTreeMap<String, String>,
        /// Close the window too.
        leave: bool,
    },
    /// Keep what was typed so far and not saved, in place of what was kept: a program that falls away in the middle of a
    /// sentence has it at the next start. Answers [`Changed`].
    DraftsKeep {
        /// What was typed, by the place where it was typed.
        drafts: BTreeMap<String, String>,
    },
    /// What was typed and not saved when this was last locked or fell away, once. Answers [`Drafts`](crate::lock::Drafts).
    DraftsTake,
    /// Open a section that is there for an emergency. Answers [`Changed`].
    EmergencyOpen {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
        /// Section id.
        section: String,
        /// Why, in words; the resident reads it.
        reason: String,
    },
    /// Who opened something in an emergency lately. Answers [`Vec<Line>`](crate::activity::Line).
    Emergencies {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
    },
    /// The crisis cards that can be read without unlocking: answered by a program that is still shut as well. Answers
    /// [`Vec<CrisisCard>`](crate::crisis_card::CrisisCard).
    CrisisCards,
    /// Whether this dossier's crisis card can be read without unlocking. Answers
    /// [`CrisisCardChoice`](crate::crisis_card::CrisisCardChoice).
    CrisisCardChosen {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
    },
    /// Let the crisis card be read without unlocking, or no longer. Answers [`Changed`].
    CrisisCardChoose {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
        /// Readable without the key.
        on: bool,
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
    /// Check every signature, hash and chain; [`Event::Working`] tells how far it is. Answers [`Verified`], or null when it
    /// was stopped.
    Verify,
    /// What is wrong with this installation and what to do. Answers [`Vec<Finding>`].
    Doctor,
    /// Who has what: per person and device, what was delivered. Answers [`Vec<DeliveryView>`].
    SyncStatus {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
    },
    /// Make a paper (PDF) where the person says. Answers [`Printed`](crate::paper::Printed), or null when it was stopped:
    /// then nothing was written.
    Print(crate::paper::Print),
    /// Stop the paper that is being made. Answers null.
    PrintStop,
    /// What would leave with an [`Request::Export`]. Answers [`CheckList`](crate::leaving::CheckList).
    ExportList {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
    },
    /// Everything that this reader sees as one folder, where the person says; [`Event::Exporting`] tells how far it is.
    /// Answers [`Exported`](crate::leaving::Exported), or null when it was stopped.
    Export(crate::leaving::Export),
    /// Stop the export that is under way; nothing is left of it. Answers null.
    ExportStop,
    /// Put a file with an item, or make a letter of it. Answers
    /// [`AttachmentView`](crate::attachments::AttachmentView).
    Attach(crate::attachments::Attach),
    /// Files of an item. Answers [`Vec<AttachmentView>`](crate::attachments::AttachmentView).
    Attachments {
        /// Dossier id (hex); none means the only one.
        dossier: Option<String>,
        /// Item id.
        item: String,
    },
    /// Bring a file of an item here from whoever is connected and has it, whatever its size; [`Event::Working`] tells how
    /// far it is. Small files come by themselves. Answers [`AttachmentView`](crate::attachments::AttachmentView), or null
    /// when it was stopped: then nothing of it is kept.
    AttachmentFetch(crate::attachments::AttachmentFetch),
    /// Write a file of an item where the person says: it leaves the vault. Answers
    /// [`Printed`](crate::paper::Printed).
    AttachmentSave(crate::attachments::AttachmentSave),
}

/// A passphrase on its way; never shown, and wiped when it is dropped.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Passphrase(zeroize::Zeroizing<String>);

impl Passphrase {
    /// The text, where it may be looked at.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

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
    /// Today in the calendar of this program, which a page cannot know: `2026-11-23`.
    pub today: String,
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
    /// Access of this reader to all of it ended; none while something is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub over: Option<AccessOver>,
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
    /// Only what is about some people is shared: no more than that something about them is in the agenda.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub some: bool,
    /// Why the content is shut on this device though it is here; none when it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub gate: Option<crate::emergency::Gate>,
    /// This reader may let others in here and stop them, as a representative.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub manages: bool,
}

/// What somebody may do in a section, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
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
    /// An own answer to an invitation is further: ask again how far.
    Answer {
        /// Name of the ticket (hex).
        ticket: String,
    },
    /// Work goes on, and can be stopped by [`Request::WorkStop`]: so much of it is done.
    Working {
        /// How much, in thousands of bytes.
        kilobytes: u32,
    },
    /// The team of this device is different: ask for it again.
    Team,
    /// A person's device came or went.
    Peer {
        /// Name, if known.
        name: Option<String>,
        /// True while there is a connection.
        connected: bool,
    },
    /// An export goes on.
    Exporting {
        /// How far it is, of 100.
        percent: u32,
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
    /// A text is too long; the detail says by how many characters, as `longer:1200`, where that is known.
    TooLong,
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
