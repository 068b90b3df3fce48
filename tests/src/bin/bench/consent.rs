//! P8: a consent log of a thousand operations, read, and one operation more.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use dossier_trust::consent::Consent;
use serde_json::json;

use crate::long_log::{long_log, one_more};
use crate::table::{Row, Samples, Table};

const ROUNDS: usize = 50;

/// Measures. Signatures were looked at when the operations arrived, so they are no part of it.
pub fn measure(table: &mut Table) -> Result<()> {
    let mut slowest = 0.0_f64;
    for managed in [false, true] {
        let (dossier, log) = long_log(managed);
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let start = Instant::now();
            drop(Consent::of_compartment(&dossier, &log.chains, &log.entries));
            times.push(start.elapsed());
        }
        slowest = slowest.max(Samples::of(times).percentile(95));
    }
    let what = "a consent log of 1,000 operations read (p95)";
    table.push(Row::figure(
        "P8",
        what,
        slowest,
        10.0,
        "ms",
        json!({"operations": 1_000}),
    ));

    let (dossier, mut log) = long_log(false);
    let before = Consent::of_compartment(&dossier, &log.chains, &log.entries);
    let mut slowest = 0.0_f64;
    for operation in one_more(&log, &before) {
        let start = Consent::of_compartment(&dossier, &log.chains, &log.entries);
        log.say(crate::cast::LAPTOP, operation);
        let entry = log.entries.last().context("what was said")?;
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let mut consent = start.clone();
            let start = Instant::now();
            let taken = consent.extend(&log.chains, entry);
            times.push(start.elapsed());
            ensure!(taken, "the whole log is read again");
        }
        slowest = slowest.max(Samples::of(times).percentile(95));
    }
    let what = "… and one operation more: the slowest kind (p95)";
    let kinds = json!({"kinds": ["grant", "pin", "revoke", "epoch"]});
    table.push(Row::figure("P8", what, slowest, 0.1, "ms", kinds));
    Ok(())
}
