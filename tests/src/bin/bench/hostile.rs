//! P9: hostile changes, refused by preflight; beside it what they do to a process that has Automerge alone.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use automerge::{AutoCommit, Change};
use dossier_trust::preflight::{Limits, OpIndex, inspect};
use serde_json::json;

use crate::memory::field;
use crate::table::{Row, Samples, Table};
use crate::weaknesses::{Weakness, weaknesses};

/// Makes this program the child, which gets its changes on standard input, each behind its length.
const CHILD: &str = "KEUKENTAFEL_BENCH_ALONE";
/// Times that each is refused.
const ROUNDS: usize = 200;
/// Of a child: kB of memory, seconds of work.
const LIMITS: &str = "ulimit -v 4000000; ulimit -t 10; ulimit -c 0; exec \"$0\"";

/// This process is there to fall.
pub fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Feeds the changes on standard input to Automerge, saves, and loads again.
pub fn alone() -> Result<()> {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    let mut rest = input.as_slice();
    let mut doc = AutoCommit::new();
    while let Some((len, more)) = rest.split_first_chunk::<4>() {
        let (change, more) = more
            .split_at_checked(usize::try_from(u32::from_be_bytes(*len))?)
            .context("half a change")?;
        doc.apply_changes([Change::try_from(change)?])?;
        rest = more;
    }
    AutoCommit::load(&doc.save())?;
    Ok(())
}

/// How a child ended, and after how long.
fn child(weakness: &Weakness) -> Result<(String, Duration)> {
    let mut child = Command::new("sh")
        .args(["-c", LIMITS])
        .arg(std::env::current_exe()?)
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let start = Instant::now();
    let mut input = child.stdin.take().context("its input")?;
    for change in weakness.before.iter().chain([&weakness.bytes]) {
        input.write_all(&u32::try_from(change.len())?.to_be_bytes())?;
        input.write_all(change)?;
    }
    drop(input);
    let ended = child.wait()?;
    Ok((ended.to_string(), start.elapsed()))
}

fn refused(weakness: &Weakness, index: &OpIndex) -> bool {
    inspect(&weakness.bytes, &Limits::SUITE_1)
        .and_then(|change| index.check(&change, change.actor(), change.seq()))
        .is_err()
}

/// Highest resident memory of this process since it was last asked, in kB; none where that cannot be known.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let highest = field(&status, "VmHWM")?;
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    Some(highest)
}

/// Measures.
pub fn measure(table: &mut Table) -> Result<()> {
    let (mut slowest, mut most, mut detail, mut fell) = (0.0_f64, 0.0_f64, Vec::new(), 0);
    let all = weaknesses();
    for weakness in &all {
        let index = OpIndex::rebuild(&weakness.before, Limits::SUITE_1)?;
        // What the program holds anyway is no part of it.
        peak();
        let before = peak();
        ensure!(refused(weakness, &index), "{} passes", weakness.what);
        let grown = before.zip(peak()).map(|(before, after)| after.saturating_sub(before));
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let start = Instant::now();
            refused(weakness, &index);
            times.push(start.elapsed());
        }
        let ours = Samples::of(times).percentile(95);
        let megabytes = grown
            .and_then(|kilobytes| u32::try_from(kilobytes).ok())
            .map(|kb| f64::from(kb) * 1024.0 / 1e6);
        slowest = slowest.max(ours);
        most = most.max(megabytes.unwrap_or(0.0));
        let (ended, after) = child(weakness)?;
        fell += usize::from(!ended.ends_with(" 0"));
        detail.push(json!({
            "what": weakness.what, "bytes": weakness.bytes.len(), "measured_before": format!("{:?}", weakness.fate),
            "ours_p95_ms": ours, "ours_mb": megabytes, "alone": ended, "alone_s": after.as_secs_f64(),
        }));
    }
    let beside = format!("{fell} of {} end it", all.len());
    let detail = json!(detail);
    let time = Row::figure(
        "P9",
        "hostile changes refused: the slowest (p95)",
        slowest,
        1.0,
        "ms",
        detail.clone(),
    );
    table.push(Row {
        beside: beside.clone(),
        ..time
    });
    let memory = Row::figure("P9", "… and the most memory for one", most, 1.0, "MB", detail);
    table.push(Row { beside, ..memory });
    Ok(())
}
