//! The command line of the dossier: the same commands as the window, for terminals, scripts and tests.
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "the kinds of an I/O error cannot be listed"
)]

mod arguments;
mod care;
mod fields;
mod local;
mod looking;
mod online;
mod output;
mod paper;
mod recovery;
mod sentences;
mod session;
mod show;
mod team;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::FromArgMatches;
use clap::error::ErrorKind;
use dossier_app::contract::{Fault, FaultCode, ProfileCreate};

use crate::arguments::{
    AccessTask, Arguments, CrisisTask, PassphraseTask, PlanTask, ProfileTask, RecoveryTask, SyncTask, Task,
};
use crate::output::Out;
use crate::sentences::Lang;
use crate::session::Session;

const EXIT_OURS: u8 = 1;
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    quiet_panics();
    if std::env::var_os("RUST_LOG").is_some() {
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .init();
    }
    let given: Vec<OsString> = std::env::args_os().collect();
    let command = arguments::command(language_of(&given));
    let arguments = match command
        .clone()
        .try_get_matches_from(&given)
        .and_then(|m| Arguments::from_arg_matches(&m))
    {
        Ok(arguments) => arguments,
        Err(error) => return ExitCode::from(misused(&error, &command, language_of(&given))),
    };
    let out = Out::new(arguments.everywhere.json, arguments.everywhere.lang);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => {
            let done = runtime.block_on(run(arguments, &out));
            // Everything is saved by now; what still runs only waits for others.
            runtime.shutdown_timeout(std::time::Duration::from_millis(300));
            done
        }
        Err(_) => Err(Fault {
            code: FaultCode::Internal,
            detail: Some("threads".into()),
        }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            out.fault(&fault);
            ExitCode::from(fault.exit())
        }
    }
}

/// A panic says where it was, never with what: that could be somebody's life.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(|at| format!("{}:{}", at.file(), at.line()))
            .unwrap_or_default();
        // Nobody may be reading it.
        let _ = writeln!(
            std::io::stderr(),
            "keukentafel: {} ({place})",
            Lang::Nl.fault(&Fault::new(FaultCode::Internal))
        );
        if std::thread::current().name() == Some("main") {
            std::process::exit(i32::from(EXIT_OURS));
        }
    }));
}

/// The language for what goes wrong before the arguments are understood.
fn language_of(given: &[OsString]) -> Lang {
    let words: Vec<&str> = given.iter().filter_map(|word| word.to_str()).collect();
    let english = words.contains(&"--lang=en") || words.windows(2).any(|pair| matches!(pair, ["--lang", "en"]));
    if english { Lang::En } else { Lang::Nl }
}

fn misused(error: &clap::Error, command: &clap::Command, lang: Lang) -> u8 {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A reader that went away saw what it wanted.
        let _ = error.print();
        return 0;
    }
    let mut text = String::new();
    if matches!(
        error.kind(),
        ErrorKind::InvalidSubcommand
            | ErrorKind::MissingSubcommand
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        let asked = error
            .get(clap::error::ContextKind::InvalidSubcommand)
            .map(ToString::to_string);
        text.push_str(&match asked {
            Some(asked) => lang.say("unknown_command", &[("command", &asked)]),
            None => lang.say("which_command", &[]),
        });
        for name in arguments::names(command) {
            text.push_str("\n  ");
            text.push_str(&name);
        }
    } else {
        text.push_str(&lang.say("misused", &[]));
        text.push('\n');
        text.push_str(error.render().to_string().trim_end());
    }
    let _ = writeln!(std::io::stderr(), "keukentafel: {text}");
    EXIT_USAGE
}

async fn run(arguments: Arguments, out: &Out) -> Result<(), Fault> {
    let Arguments { everywhere, task } = arguments;
    if let Task::Access(AccessTask::Confirm { code, .. }) = &task
        && online::confirm_elsewhere(&everywhere, out, code)?
    {
        return Ok(());
    }
    if let Task::Crisis(CrisisTask::Card) = &task {
        return care::crisis_cards(&everywhere, out);
    }
    let mut session = Session::open(&everywhere, out)?;
    match task {
        Task::Init {
            name,
            organisation,
            function,
            words_file,
        } => {
            let who = ProfileCreate {
                name,
                organisation,
                function,
            };
            local::init(&mut session, out, who, words_file.as_deref())
        }
        Task::Dossier(task) => local::dossier(&session, out, task),
        Task::Section(task) => local::section(&session, out, task),
        Task::Demo(task) => local::demo(&session, out, task),
        Task::Item(task) => local::item(&session, out, task),
        Task::Note(task) => local::note(&session, out, task),
        Task::Correction(task) => care::correction(&session, out, task),
        Task::Emergency(task) => care::emergency(&session, out, task),
        Task::Crisis(task) => care::crisis(&session, out, task),
        Task::Access(task) => online::access(&session, out, task).await,
        Task::Sync {
            task: Some(SyncTask::Status),
            ..
        } => online::sync_status(&session, out),
        Task::Sync { task: None, how } => online::sync(&session, out, how).await,
        Task::Log { person, since } => local::log(&session, out, person, since),
        Task::History { id } => looking::history(&session, out, id),
        Task::Preview {
            person,
            name,
            grants,
            from_now_on,
        } => looking::preview(&session, out, person, name, grants, from_now_on),
        Task::Verify => local::verify(&session, out).await,
        Task::Doctor => local::doctor(&session, out),
        Task::Recovery(RecoveryTask::Words) => local::words(&session, out),
        Task::Recovery(task) => recovery::recovery(&mut session, out, task).await,
        Task::Backup { file } => recovery::backup(&session, out, &file).await,
        Task::Bundle(task) => recovery::bundle(&session, out, task),
        Task::Device(task) => recovery::device(&mut session, out, task).await,
        Task::Team(task) => team::team(&session, out, task).await,
        Task::Passphrase(PassphraseTask::Change { new_file }) => {
            recovery::change_passphrase(&session, out, new_file.as_deref())
        }
        Task::Profile(ProfileTask::List) => recovery::profiles(&session, out),
        Task::Plan(PlanTask::Print { sheet, what }) => paper::of_dossier(&session, out, what, &sheet).await,
        Task::Attach { file, item, title, .. } => paper::attach(&session, out, &file, item, title).await,
        Task::Attachment(task) => paper::attachment(&session, out, task).await,
        Task::Export { folder, format } => paper::export(&session, out, &folder, format).await,
        Task::Undo { steps } => local::undo(&session, out, steps),
        Task::Redo { steps } => local::redo(&session, out, steps),
    }
}
