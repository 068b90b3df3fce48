//! Building the programs, in one of two ways for everybody. Chosen apart, the same libraries would be compiled again and
//! again, each time with other features.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::setup::{self, Need};
use crate::{process, ui};

/// A folder with built programs.
pub struct Built(PathBuf);

impl Built {
    /// Where a program lies in it.
    pub fn program(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }
}

/// Builds every program as people use it, with all set-up.
///
/// # Errors
/// When something needed is missing, or a build fails.
pub fn for_use() -> Result<Built> {
    setup::ensure(&[Need::Pages, Need::Compile, Need::Window])?;
    ui::ensure_built()?;
    let mut command = process::cargo();
    command.args([
        "build",
        "--release",
        "--workspace",
        "--exclude",
        "xtask",
        "--bins",
        "--locked",
    ]);
    process::run(&mut command)?;
    built("release")
}

/// Builds every program and every test of the workspace, as the tests want them: `cargo test` alone does not build
/// programs for another package.
///
/// # Errors
/// When a build fails.
pub fn for_tests() -> Result<Built> {
    ui::ensure_built()?;
    process::run(&mut tests())?;
    built("debug")
}

/// As [`for_tests`]; says where the test of this name is then.
///
/// # Errors
/// As [`for_tests`], or when nothing of that name was built.
pub fn test(name: &str) -> Result<PathBuf> {
    ui::ensure_built()?;
    process::built_test(&mut tests(), name)
}

fn tests() -> Command {
    let mut command = process::cargo();
    command.args(["build", "--workspace", "--bins", "--tests", "--locked"]);
    command
}

fn built(profile: impl AsRef<Path>) -> Result<Built> {
    Ok(Built(process::target_folder()?.join(profile)))
}
