//! Figures of the whole program, each beside the floor that was measured in the same run: `cargo xtask bench`.
//!
//! The rows and bars are those of the design's list (P1 to P6, P8, P9) and of the demo family. A floor is what the libraries
//! underneath need for the same work with none of ours on top: nothing signed, sealed, judged or logged.

#[path = "../../../../crates/dossier-trust/tests/laws/cast.rs"]
#[allow(dead_code)]
mod cast;
mod consent;
mod demo;
mod edit;
mod floor;
mod frames;
mod hostile;
mod long;
#[path = "../../../../crates/dossier-trust/tests/laws/long_log.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod long_log;
mod memory;
mod people;
mod table;
mod visible;
#[path = "../../../../crates/dossier-trust/tests/preflight/corpus.rs"]
mod weaknesses;
#[path = "../../../../crates/dossier-trust/tests/preflight/writer.rs"]
#[allow(dead_code, clippy::indexing_slicing, clippy::unwrap_used, missing_docs)]
mod writer;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use table::Table;

/// Measures, prints a table, and writes the same as JSON.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the JSON goes
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
    /// Folder in which the home folders are made; its disk is the one that is measured
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// The command-line program, for its memory
    #[arg(long, value_name = "PROGRAM")]
    program: PathBuf,
    /// Only these rows: edit, visible, frames, long, consent, hostile, demo, memory
    #[arg(long, value_name = "ROW", num_args = 1..)]
    only: Vec<String>,
    /// End with a failure when a bar is missed
    #[arg(long)]
    strict: bool,
}

fn main() -> Result<()> {
    if hostile::is_child() {
        return hostile::alone();
    }
    let arguments = Arguments::parse();
    ensure!(
        !cfg!(debug_assertions),
        "a figure of a build without optimisation says nothing"
    );
    std::fs::create_dir_all(&arguments.folder).context("the folder to measure in")?;
    // Everything that is made goes with it.
    let within = tempfile::tempdir_in(&arguments.folder)?;
    let folder = within.path();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let mut table = Table::default();
    let wanted = |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|one| one == name);
    if wanted("edit") || wanted("frames") {
        eprintln!("one edit, durable …");
        let home = edit::measure(folder, &mut table)?;
        eprintln!("bytes per edit …");
        frames::measure(home, &mut table)?;
    }
    if wanted("visible") {
        eprintln!("one edit, visible at a reader …");
        runtime.block_on(visible::measure(folder, &mut table))?;
    }
    if wanted("long") {
        eprintln!("a plan of 20,000 changes …");
        runtime.block_on(long::measure(folder, &mut table))?;
    }
    if wanted("consent") {
        eprintln!("a consent log …");
        consent::measure(&mut table)?;
    }
    if wanted("hostile") {
        eprintln!("hostile changes …");
        hostile::measure(&mut table)?;
    }
    if wanted("demo") {
        eprintln!("the demo family …");
        runtime.block_on(demo::measure(folder, &mut table))?;
    }
    if wanted("memory") {
        eprintln!("memory …");
        memory::measure(&arguments.program, folder, &mut table)?;
    }
    table.write(&arguments.json)?;
    println!("{table}");
    ensure!(!arguments.strict || table.met(), "a bar is missed");
    Ok(())
}
