//! The figures: what the design promises, each beside its floor, measured in one run.

use std::path::Path;

use anyhow::Result;

use crate::process;
use crate::setup::{self, Need};

/// Builds with optimisation, measures, prints one table, and writes it to `bench.json` in cargo's target folder.
///
/// # Errors
/// When something cannot be built or measured; with `strict`, also when a bar is missed.
pub fn run(only: &[String], strict: bool) -> Result<()> {
    setup::ensure(&[Need::Compile])?;
    let target = process::target_folder()?;
    let built = |name: &str| {
        target
            .join("release")
            .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    };
    build(&["--package", "dossier-cli", "--bin", "keukentafel"])?;
    build(&["--package", "keukentafel-tests", "--bin", "bench"])?;
    let mut command = process::program(built("bench"));
    option(&mut command, "--json", &target.join("bench.json"));
    option(&mut command, "--folder", &target.join("bench"));
    option(&mut command, "--program", &built("keukentafel"));
    if strict {
        command.arg("--strict");
    }
    if !only.is_empty() {
        command.arg("--only").args(only);
    }
    process::run(&mut command)
}

fn build(what: &[&str]) -> Result<()> {
    process::run(
        process::cargo()
            .args(["build", "--release", "--quiet", "--locked"])
            .args(what),
    )
}

fn option(command: &mut std::process::Command, name: &str, path: &Path) {
    command.arg(name).arg(path);
}
