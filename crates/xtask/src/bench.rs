//! The figures: what the design promises, each beside its floor, measured in one run.

use std::path::Path;

use anyhow::Result;

use crate::{build, process};

/// Builds with optimisation, measures, prints one table, and writes it to `bench.json` in cargo's target folder.
///
/// # Errors
/// When something cannot be built or measured; with `strict`, also when a bar is missed.
pub fn run(only: &[String], strict: bool) -> Result<()> {
    let built = build::for_use()?;
    let target = process::target_folder()?;
    let mut command = process::program(built.program("bench"));
    option(&mut command, "--json", &target.join("bench.json"));
    option(&mut command, "--folder", &target.join("bench"));
    option(&mut command, "--program", &built.program("keukentafel"));
    if strict {
        command.arg("--strict");
    }
    if !only.is_empty() {
        command.arg("--only").args(only);
    }
    process::run(&mut command)
}

fn option(command: &mut std::process::Command, name: &str, path: &Path) {
    command.arg(name).arg(path);
}
