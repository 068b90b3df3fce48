//! Why there is a preflight: every measured weakness of Automerge ends a process that has Automerge alone, and costs
//! this one next to nothing.
//!
//! The only test here runs itself again in child processes, so that what it counts is its own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "preflight/corpus.rs"]
mod corpus;
#[path = "preflight/writer.rs"]
#[allow(dead_code)]
mod writer;

use std::alloc::System;
use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};

use automerge::transaction::Transactable;
use automerge::{AutoCommit, Change, ROOT};
use corpus::{Fate, Weakness, weaknesses};
use dossier_trust::preflight::{Limits, OpIndex, Refusal, inspect};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Makes this program the child, which gets its changes on standard input, each behind its length.
const CHILD: &str = "PREFLIGHT_ALONE";
const PANICS: i32 = 91;
const NEVER_LOADS: i32 = 92;
const SURVIVES: i32 = 93;
const EXHAUSTED: i32 = 94;
/// Memory in kB from which on a small change has done its harm, even if it ends in an orderly error.
const HARM: u64 = 100_000;
/// Of a child, in kB; ours need a thousandth of it.
const MEMORY: u32 = 400_000;
/// Seconds of work of a child.
const SECONDS: u32 = 1;
/// What one refusal may allocate altogether, in bytes and in pieces.
const MOST_BYTES: usize = 1 << 20;
const MOST_PIECES: usize = 1_000;

/// Feeds changes to Automerge as a trusting program would, and goes on as it would; the last one is the hostile one.
fn alone() -> i32 {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).unwrap();
    let (mut rest, mut changes) = (input.as_slice(), Vec::new());
    while let Some((len, more)) = rest.split_first_chunk::<4>() {
        let (change, more) = more.split_at(u32::from_be_bytes(*len) as usize);
        changes.push(change);
        rest = more;
    }
    let (hostile, before) = changes.split_last().unwrap();
    let mut doc = AutoCommit::new();
    doc.apply_changes(before.iter().map(|bytes| Change::try_from(*bytes).unwrap()))
        .unwrap();
    let tried = catch_unwind(AssertUnwindSafe(|| {
        let change = Change::try_from(*hostile).map_err(|_| SURVIVES)?;
        doc.apply_changes([change]).map_err(|_| SURVIVES)?;
        let loaded = AutoCommit::load(&doc.save());
        doc.put(ROOT, "daarna", 1).map_err(|_| SURVIVES)?;
        doc.commit();
        loaded.map(drop).map_err(|_| NEVER_LOADS)
    }));
    match tried {
        Ok(Ok(()) | Err(SURVIVES)) if peak() > HARM => EXHAUSTED,
        Ok(Ok(())) => SURVIVES,
        Ok(Err(code)) => code,
        Err(_) => PANICS,
    }
}

/// The most memory that this process ever held, in kB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim_end_matches("kB").trim().parse().unwrap()
}

/// What becomes of a child with Automerge alone.
fn fate(weakness: &Weakness) -> Option<Fate> {
    let itself = std::env::current_exe().unwrap();
    let limits = format!("ulimit -v {MEMORY}; ulimit -t {SECONDS}; ulimit -c 0; exec \"$0\" --test-threads 1");
    let mut child = Command::new("sh")
        .args(["-c", &limits])
        .arg(itself)
        .env(CHILD, "1")
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    for change in weakness.before.iter().chain([&weakness.bytes]) {
        input
            .write_all(&u32::try_from(change.len()).unwrap().to_be_bytes())
            .unwrap();
        input.write_all(change).unwrap();
    }
    drop(input);
    let ended = child.wait().unwrap();
    match ended.code() {
        Some(PANICS) => Some(Fate::Panics),
        Some(NEVER_LOADS) => Some(Fate::NeverLoads),
        Some(SURVIVES) => None,
        // A signal: no time left, or no memory.
        None | Some(EXHAUSTED) => Some(Fate::Exhausted),
        Some(code) => panic!("the child did not run: {code}"),
    }
}

fn refusal(weakness: &Weakness) -> Option<Refusal> {
    let mut index = OpIndex::rebuild(&weakness.before, Limits::SUITE_1).unwrap();
    let region = Region::new(ALLOCATOR);
    let refused = inspect(&weakness.bytes, &Limits::SUITE_1)
        .and_then(|change| index.check_and_admit(&change, change.actor(), change.seq()))
        .err();
    let used = region.change();
    assert!(used.bytes_allocated <= MOST_BYTES, "{}: {used:?}", weakness.what);
    assert!(used.allocations <= MOST_PIECES, "{}: {used:?}", weakness.what);
    refused
}

#[test]
fn automerge_alone_fails_where_we_refuse_at_once() {
    if std::env::var_os(CHILD).is_some() {
        std::process::exit(alone());
    }
    let all = weaknesses();
    for weakness in &all {
        // In which way it ends is a matter of the machine and of how Automerge was compiled.
        let seen = fate(weakness);
        println!("{}: measured {:?}, here {seen:?}", weakness.what, weakness.fate);
        assert!(seen.is_some(), "{}: Automerge alone survives", weakness.what);
    }
    for weakness in &all {
        let refusal = refusal(weakness).unwrap_or_else(|| panic!("{} passes", weakness.what));
        // The one that waits for its author's first change is not a verdict; all others are.
        assert!(
            refusal.is_final() || matches!(refusal, Refusal::MissingDependency(_)),
            "{}: {refusal:?}",
            weakness.what
        );
    }
}
