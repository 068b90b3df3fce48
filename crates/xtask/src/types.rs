//! The TypeScript types of the contract, written by the package that may know it.

use anyhow::Result;

use crate::process;
use crate::setup::{self, Need};

/// Writes the types, or only compares them with what is there.
///
/// # Errors
/// When they cannot be written, or are not what they should be.
pub fn run(check: bool) -> Result<()> {
    setup::ensure(&[Need::Compile])?;
    let mut command = process::cargo();
    command.args([
        "run",
        "--quiet",
        "--locked",
        "--package",
        "keukentafel-tests",
        "--bin",
        "types",
    ]);
    if check {
        command.args(["--", "--check"]);
    }
    process::run(&mut command)
}
