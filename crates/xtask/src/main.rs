//! The project's own commands: start the program, run every check, write the generated files.
//!
//! This package holds no rules of the dossier. It knows how the parts are built and in which order.

mod app;
mod bench;
mod build;
mod demo;
mod fuzz;
mod licences;
mod process;
mod setup;
mod test;
mod types;
mod ui;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What `cargo xtask` can be asked.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Builds, starts and checks Keukentafel"
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Look for what this machine lacks for any of the other commands, and install it
    Setup,
    /// Build everything and start the window
    App {
        /// Open a filled dossier in a throw-away home folder
        #[arg(long, value_enum, conflicts_with = "home")]
        demo: Option<app::Demo>,
        /// Home folder to open, instead of the one of this user
        #[arg(long, value_name = "DIR")]
        home: Option<PathBuf>,
        /// Write a picture of the first page to this file, and end (without a display this always happens)
        #[arg(long, value_name = "FILE")]
        screenshot: Option<PathBuf>,
    },
    /// Play the main job in the terminal: four people, separate programs, loopback only
    Demo {
        /// Keep the home folders in this empty folder, instead of a throw-away one
        #[arg(long, value_name = "DIR")]
        home: Option<PathBuf>,
        /// Build without optimisation
        #[arg(long)]
        debug: bool,
    },
    /// Run every check, each under its own heading, and end with a table
    Test {
        /// Only these lanes
        #[arg(long = "lane", value_enum, value_name = "NAME", num_args = 1..)]
        lanes: Vec<test::Lane>,
    },
    /// Measure what the design promises, each figure beside its floor; one table, and `bench.json` in the target folder
    Bench {
        /// Only these: edit, visible, frames, long, consent, hostile, demo, memory
        #[arg(long, value_name = "ROW", num_args = 1..)]
        only: Vec<String>,
        /// Fail when a bar is missed
        #[arg(long)]
        strict: bool,
    },
    /// Look for bytes that break what a decoder or the verdict promises, so many seconds over all targets
    Fuzz {
        /// How long, in seconds
        seconds: u64,
        /// Only these, each a folder of `tests/fuzz/corpus`
        #[arg(long, value_name = "TARGET", num_args = 1..)]
        only: Vec<String>,
        /// Put the fewest inputs that reach as much into the committed corpus
        #[arg(long)]
        keep: bool,
    },
    /// Write the TypeScript types of the contract to `ui/src/generated`
    Types {
        /// Change nothing, and fail when the files are not what they should be
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Setup => setup::ensure(&setup::Need::ALL),
        Task::App { demo, home, screenshot } => app::start(demo, home.as_deref(), screenshot.as_deref()),
        Task::Demo { home, debug } => demo::play(home.as_deref(), debug),
        Task::Test { lanes } => test::run(&lanes),
        Task::Bench { only, strict } => bench::run(&only, strict),
        Task::Fuzz { seconds, only, keep } => fuzz::run(seconds, &only, keep),
        Task::Types { check } => types::run(check),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
