//! The commands and flags, as `design/exchange.md` fixes them. What each of them is for stands in the catalogue.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Command, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::sentences::Lang;

#[derive(Debug, Parser)]
#[command(name = "keukentafel", version, max_term_width = 110, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(flatten)]
    pub everywhere: Everywhere,
    #[command(subcommand)]
    pub task: Task,
}

#[derive(Debug, Args)]
pub struct Everywhere {
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    #[arg(long, global = true)]
    pub json: bool,
    #[arg(long, global = true, value_enum, default_value_t = Lang::Nl)]
    pub lang: Lang,
    #[arg(long, global = true, value_name = "RFC3339")]
    pub now: Option<String>,
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    #[arg(long, global = true, value_name = "ID")]
    pub dossier: Option<String>,
}

/// How to reach others and be reached.
#[derive(Debug, Clone, Args)]
pub struct Network {
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    #[arg(long, value_name = "URL|default|none", default_value = "default")]
    pub relay: String,
    #[arg(long)]
    pub no_discovery: bool,
}

#[derive(Debug, Subcommand)]
pub enum Task {
    Init {
        #[arg(long)]
        name: String,
        #[arg(long, value_name = "ORG")]
        organisation: Option<String>,
        #[arg(long, value_name = "F")]
        function: Option<String>,
        #[arg(long, value_name = "OUT")]
        words_file: Option<PathBuf>,
    },
    #[command(subcommand)]
    Dossier(DossierTask),
    #[command(subcommand)]
    Section(SectionTask),
    #[command(subcommand)]
    Demo(DemoTask),
    #[command(subcommand)]
    Item(ItemTask),
    #[command(subcommand)]
    Note(NoteTask),
    #[command(subcommand)]
    Correction(CorrectionTask),
    #[command(subcommand)]
    Emergency(EmergencyTask),
    #[command(subcommand)]
    Crisis(CrisisTask),
    #[command(subcommand)]
    Access(AccessTask),
    #[command(args_conflicts_with_subcommands = true)]
    Sync {
        #[command(subcommand)]
        task: Option<SyncTask>,
        #[command(flatten)]
        how: SyncHow,
    },
    Log {
        #[arg(long, value_name = "P")]
        person: Option<String>,
        #[arg(long, value_name = "D")]
        since: Option<String>,
    },
    History {
        id: String,
    },
    Preview {
        #[arg(required_unless_present = "name")]
        person: Option<String>,
        #[arg(long, value_name = "N")]
        name: Option<String>,
        #[arg(long = "grant", value_name = "SECTION=LEVEL[:dat]")]
        grants: Vec<String>,
        #[arg(long)]
        from_now_on: bool,
    },
    Verify,
    Doctor,
    #[command(subcommand)]
    Recovery(RecoveryTask),
    Backup {
        file: PathBuf,
    },
    #[command(subcommand)]
    Bundle(BundleTask),
    #[command(subcommand)]
    Device(DeviceTask),
    #[command(subcommand)]
    Team(TeamTask),
    #[command(subcommand)]
    Passphrase(PassphraseTask),
    #[command(subcommand)]
    Profile(ProfileTask),
    #[command(subcommand)]
    Plan(PlanTask),
    Export {
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        #[arg(long, value_enum, default_value_t = FormatWord::All)]
        format: FormatWord,
    },
    Attach {
        #[arg(id = "attach_file", value_name = "FILE")]
        file: PathBuf,
        #[arg(
            id = "attach_to",
            long = "to",
            value_name = "ITEM",
            conflicts_with = "attach_section"
        )]
        item: Option<String>,
        #[arg(id = "attach_section", long = "section", value_parser = ["documenten"], default_value = "documenten")]
        section: String,
        #[arg(long, value_name = "T")]
        title: Option<String>,
    },
    #[command(subcommand)]
    Attachment(AttachmentTask),
    Undo {
        #[arg(long, value_name = "N", default_value_t = 1)]
        steps: u32,
    },
    Redo {
        #[arg(long, value_name = "N", default_value_t = 1)]
        steps: u32,
    },
}

#[derive(Debug, Subcommand)]
pub enum AttachmentTask {
    List {
        #[arg(id = "attach_item", value_name = "ITEM")]
        item: String,
    },
    Save {
        #[arg(id = "attach_item", value_name = "ITEM")]
        item: String,
        #[arg(id = "attach_id", value_name = "ID")]
        attachment: String,
        #[arg(id = "attach_out", value_name = "FILE")]
        file: PathBuf,
    },
    Fetch {
        #[arg(id = "attach_item", value_name = "ITEM")]
        item: String,
        #[arg(id = "attach_id", value_name = "ID")]
        attachment: String,
        #[arg(long, value_name = "S", default_value_t = 60)]
        timeout: u64,
        #[command(flatten)]
        network: Network,
    },
}

#[derive(Debug, Subcommand)]
pub enum PlanTask {
    Print {
        #[arg(value_name = "FILE.pdf")]
        sheet: PathBuf,
        #[arg(long, value_enum, default_value_t = PaperWord::Plan)]
        what: PaperWord,
    },
}

/// A paper of the dossier.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum PaperWord {
    Plan,
    Crisis,
    All,
}

/// What goes into the folder of an export.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum FormatWord {
    Json,
    Pdf,
    All,
}

#[derive(Debug, Subcommand)]
pub enum DossierTask {
    New {
        #[arg(long, value_name = "T")]
        title: Option<String>,
    },
    List,
    Show {
        #[arg(long, value_name = "DATE|HEAD")]
        at: Option<String>,
    },
    Remove {
        #[arg(long)]
        without_backup: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum DemoTask {
    Load {
        file: PathBuf,
        #[arg(long = "as", value_name = "PERSON")]
        owner: Option<String>,
    },
    Dump {
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum ItemTask {
    List {
        section: String,
    },
    Add {
        section: String,
        kind: String,
        #[arg(long, value_name = "KEY=VALUE", num_args = 1.., conflicts_with = "json_file")]
        set: Vec<String>,
        #[arg(long, value_name = "F")]
        json_file: Option<PathBuf>,
    },
    Set {
        id: String,
        #[arg(value_name = "KEY=VALUE", required = true)]
        fields: Vec<String>,
    },
    Remove {
        id: String,
    },
    Erase {
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum NoteTask {
    Add {
        section: String,
        #[arg(long, value_name = "T")]
        text: String,
        #[arg(long, value_name = "T")]
        plain: Option<String>,
        #[arg(long, value_name = "H")]
        hat: Option<String>,
        #[arg(long = "for", value_name = "PERSON", num_args = 1..)]
        readers: Vec<String>,
    },
    List,
    React {
        id: String,
        #[arg(long, value_name = "T")]
        text: String,
        #[arg(long, value_enum)]
        verdict: Option<VerdictWord>,
    },
}

#[derive(Debug, Subcommand)]
pub enum CorrectionTask {
    Ask {
        id: String,
        #[arg(long, value_name = "T")]
        text: String,
        #[arg(long, value_name = "T")]
        wish: Option<String>,
        #[arg(long, value_name = "DATE")]
        until: Option<String>,
    },
    #[command(group(clap::ArgGroup::new("answer").required(true)))]
    Answer {
        id: String,
        #[arg(long, group = "answer")]
        done: bool,
        #[arg(long, group = "answer", requires = "text")]
        refused: bool,
        #[arg(long, value_name = "T")]
        text: Option<String>,
    },
    List,
}

#[derive(Debug, Subcommand)]
pub enum EmergencyTask {
    Open {
        section: String,
        #[arg(long, value_name = "T")]
        reason: String,
    },
    List,
}

/// The crisis card: read it, or say whether it can be read without a key.
#[derive(Debug, Subcommand)]
pub enum CrisisTask {
    Card,
    Outside,
    Inside,
}

/// What the resident thinks of what was written.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum VerdictWord {
    Klopt,
    KloptNiet,
    Zeggen,
}

impl VerdictWord {
    pub fn word(self) -> &'static str {
        match self {
            Self::Klopt => "klopt",
            Self::KloptNiet => "klopt_niet",
            Self::Zeggen => "zeggen",
        }
    }
}

#[derive(Debug, Args)]
pub struct InviteFlags {
    #[arg(long, value_name = "ID", required_unless_present = "name")]
    pub person: Option<String>,
    #[arg(long, value_name = "N")]
    pub name: Option<String>,
    #[arg(long, value_name = "R")]
    pub role: Option<String>,
    #[arg(long, value_name = "P")]
    pub purpose: Option<String>,
    #[arg(long = "grant", value_name = "SECTION=LEVEL[:dat|:nood]")]
    pub grants: Vec<String>,
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,
    #[arg(long)]
    pub from_now_on: bool,
    #[arg(long, value_name = "N")]
    pub hours: Option<u32>,
    #[arg(long, value_name = "FILE.svg")]
    pub qr: Option<PathBuf>,
    #[arg(long, value_name = "FILE.pdf")]
    pub sheet: Option<PathBuf>,
    #[arg(long)]
    pub wait: bool,
    #[arg(long, requires = "wait")]
    pub words: bool,
    #[arg(long, requires = "wait")]
    pub yes_i_compared: bool,
    #[arg(long, value_name = "S")]
    pub timeout: Option<u64>,
    #[command(flatten)]
    pub network: Network,
}

#[derive(Debug, Subcommand)]
pub enum AccessTask {
    Invite(InviteFlags),
    Confirm {
        code: String,
        #[arg(long, value_name = "S", default_value_t = 60)]
        timeout: u64,
        #[command(flatten)]
        network: Network,
    },
    Join {
        #[arg(required = true, num_args = 1.., value_name = "TICKET | WORD")]
        ticket: Vec<String>,
        #[arg(id = "join_at", long = "at", value_name = "ADDR:PORT")]
        at: Vec<String>,
        #[arg(long, value_name = "FILE.json")]
        card: Option<PathBuf>,
        #[arg(long)]
        as_team: bool,
        #[arg(long)]
        yes_i_compared: bool,
        #[arg(long, value_name = "S", default_value_t = 600)]
        timeout: u64,
        #[command(flatten)]
        network: Network,
    },
    List,
    Revoke {
        person: String,
        #[arg(long)]
        keep_unseen: bool,
    },
    Change {
        person: String,
        #[arg(long = "grant", value_name = "SECTION=LEVEL[:dat]", required_unless_present_any = ["until", "no_end", "purpose", "from_now_on", "with_before"])]
        grants: Vec<String>,
        #[arg(long, value_name = "DATE", conflicts_with = "no_end")]
        until: Option<String>,
        #[arg(long)]
        no_end: bool,
        #[arg(long, value_name = "P")]
        purpose: Option<String>,
        #[arg(long, conflicts_with = "with_before")]
        from_now_on: bool,
        #[arg(long)]
        with_before: bool,
    },
    Invitations {
        #[command(subcommand)]
        task: Option<InvitationsTask>,
    },
    Proposals,
    Quarantine {
        #[command(subcommand)]
        task: Option<QuarantineTask>,
    },
    ReturnTicket(ReturnFlags),
}

/// Showing somebody the way back to this device.
#[derive(Debug, Args)]
pub struct ReturnFlags {
    #[arg(long, value_name = "FILE.svg")]
    pub qr: Option<PathBuf>,
    #[arg(long)]
    pub wait: bool,
    #[command(flatten)]
    pub network: Network,
}

#[derive(Debug, Subcommand)]
pub enum QuarantineTask {
    Admit {
        #[arg(id = "waiting", value_name = "ID")]
        id: String,
    },
    Drop {
        #[arg(id = "waiting", value_name = "ID")]
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum InvitationsTask {
    End {
        #[arg(id = "invitation", value_name = "ID")]
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum SectionTask {
    New { label: String },
}

#[derive(Debug, Subcommand)]
pub enum SyncTask {
    Status,
}

#[derive(Debug, Args)]
pub struct SyncHow {
    #[arg(long, conflicts_with = "watch")]
    pub until_idle: bool,
    #[arg(long, value_name = "S", default_value_t = 60, conflicts_with = "watch")]
    pub timeout: u64,
    #[arg(long)]
    pub watch: bool,
    #[command(flatten)]
    pub network: Network,
}

#[derive(Debug, Subcommand)]
pub enum RecoveryTask {
    Words,
    Print {
        #[arg(value_name = "FILE.pdf")]
        sheet: PathBuf,
    },
    Split {
        #[arg(value_name = "N")]
        needed: u8,
        #[arg(value_name = "M")]
        count: u8,
    },
    Restore(RestoreFlags),
    Lacking,
    BeginAgain,
}

/// From what somebody comes back.
#[derive(Debug, Args)]
pub struct RestoreFlags {
    #[arg(long, value_name = "F", required_unless_present = "share", conflicts_with = "share")]
    pub words_file: Option<PathBuf>,
    #[arg(long, value_name = "SHARE")]
    pub share: Vec<String>,
    #[arg(long, value_name = "FILE")]
    pub backup: Option<PathBuf>,
    #[arg(long, value_name = "TICKET")]
    pub from: Option<String>,
    #[arg(long, value_name = "N")]
    pub name: Option<String>,
    #[arg(long, value_name = "S", default_value_t = 120)]
    pub timeout: u64,
    #[command(flatten)]
    pub network: Network,
}

#[derive(Debug, Subcommand)]
pub enum BundleTask {
    Export {
        file: PathBuf,
        #[arg(long = "for", value_name = "PERSON")]
        recipient: Option<String>,
    },
    Import {
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum DeviceTask {
    Add(ReturnFlags),
    Accept {
        ticket: String,
        #[arg(long, value_name = "F")]
        words_file: PathBuf,
        #[arg(long, value_name = "S", default_value_t = 120)]
        timeout: u64,
        #[command(flatten)]
        network: Network,
    },
    List,
    Revoke {
        device: String,
    },
}

/// A team whose people cover for one another.
#[derive(Debug, Subcommand)]
pub enum TeamTask {
    New {
        #[arg(id = "team_name", long = "name", value_name = "N")]
        name: String,
        #[arg(id = "team_words", long = "words-file", value_name = "OUT")]
        words_file: Option<PathBuf>,
    },
    Words,
    List,
    Ask,
    Add(TeamAddFlags),
    Join {
        #[arg(id = "team_answer", value_name = "TEXT")]
        text: String,
    },
    Remove {
        #[arg(id = "team_who", value_name = "DEVICE | NAME")]
        who: String,
    },
}

/// Whom the team takes in.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("team_compared").required(true)))]
pub struct TeamAddFlags {
    #[arg(id = "team_request", value_name = "TEXT")]
    pub text: String,
    #[arg(id = "team_code", long = "code", value_name = "DIGITS", group = "team_compared")]
    pub code: Option<String>,
    #[arg(id = "team_unseen", long = "yes-i-compared", group = "team_compared")]
    pub yes_i_compared: bool,
    #[arg(id = "team_wait", long = "wait")]
    pub wait: bool,
    #[command(flatten)]
    pub network: Network,
}

#[derive(Debug, Subcommand)]
pub enum PassphraseTask {
    Change {
        #[arg(long, value_name = "FILE")]
        new_file: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum ProfileTask {
    List,
}

/// The commands, with every explanation in this language.
pub fn command(lang: Lang) -> Command {
    explained(Arguments::command(), lang, "")
}

fn explained(command: Command, lang: Lang, path: &str) -> Command {
    let about = if path.is_empty() {
        "about".to_owned()
    } else {
        format!("about_{path}")
    };
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let mut command = command.about(lang.term(&about)).mut_args(|arg| {
        let help = lang.term(&format!("arg_{}", arg.get_id()));
        arg.help(help)
    });
    for name in names {
        let below = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}_{name}")
        };
        command = command.mut_subcommand(name, |sub| explained(sub, lang, &below));
    }
    command
}

/// Every command by its full name, such as `access invite`.
pub fn names(command: &Command) -> Vec<String> {
    let mut found = Vec::new();
    for sub in command.get_subcommands() {
        let below = names(sub);
        if below.is_empty() || !sub.is_subcommand_required_set() {
            found.push(sub.get_name().to_owned());
        }
        found.extend(below.into_iter().map(|name| format!("{} {name}", sub.get_name())));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        command(Lang::Nl).debug_assert();
    }

    #[test]
    fn every_command_and_flag_is_explained_in_both_languages() {
        fn look(command: &Command, missing: &mut Vec<String>) {
            let unexplained = |text: Option<String>| text.is_none_or(|text| !text.contains(' '));
            if unexplained(command.get_about().map(ToString::to_string)) {
                missing.push(command.get_name().to_owned());
            }
            for arg in command.get_arguments() {
                if unexplained(arg.get_help().map(ToString::to_string)) {
                    missing.push(format!("{} {}", command.get_name(), arg.get_id()));
                }
            }
            for sub in command.get_subcommands() {
                look(sub, missing);
            }
        }
        for lang in [Lang::Nl, Lang::En] {
            let mut missing = Vec::new();
            look(&command(lang), &mut missing);
            assert_eq!(missing, Vec::<String>::new(), "{lang:?}");
        }
    }

    #[test]
    fn commands_are_listed_by_their_full_name() {
        let all = names(&command(Lang::Nl));
        for name in [
            "init",
            "sync",
            "sync status",
            "access quarantine",
            "access quarantine admit",
            "demo load",
        ] {
            assert!(all.iter().any(|known| known == name), "{name} in {all:?}");
        }
        assert!(!all.iter().any(|known| known == "access"));
    }
}
