//! Writes the TypeScript types of the contract, or says how they differ from what is there.

use clap::Parser;
use keukentafel_tests::contract_types;

/// Writes the TypeScript types of the contract to `ui/src/generated`.
#[derive(Debug, Parser)]
struct Arguments {
    /// Change nothing, and fail when the files are not what they should be
    #[arg(long)]
    check: bool,
}

fn main() -> anyhow::Result<()> {
    let folder = contract_types::folder();
    if !Arguments::parse().check {
        return contract_types::write(&folder);
    }
    let drift = contract_types::drift(&folder)?;
    anyhow::ensure!(
        drift.is_empty(),
        "{}; `cargo xtask types` writes them anew",
        drift.join("; ")
    );
    Ok(())
}
