//! Resident memory of the command-line program, over the whole life of its process.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use dossier_exchange::demo;
use serde_json::json;
use tempfile::TempDir;

use crate::people::{NOW, PASSPHRASE};
use crate::table::{Row, Table};

const LOOK: Duration = Duration::from_micros(500);

/// Highest value seen of a field of `/proc/PID/status`, in kB.
pub fn field(status: &str, name: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Runs the program. Its highest resident memory, and the last that was seen of it, in MB.
fn peak(program: &Path, home: &Path, words: &[&str]) -> Result<(f64, f64)> {
    let mut child = Command::new(program)
        .arg("--home")
        .arg(home.join("home"))
        .arg("--passphrase-file")
        .arg(home.join("passphrase"))
        .args(["--now", NOW])
        .args(words)
        .stdout(Stdio::null())
        .spawn()
        .context("the command-line program")?;
    let path = format!("/proc/{}/status", child.id());
    let (mut highest, mut last) = (0, 0);
    let status = loop {
        if let Ok(status) = std::fs::read_to_string(&path) {
            highest = field(&status, "VmHWM").unwrap_or(0).max(highest);
            last = field(&status, "VmRSS").unwrap_or(last);
        }
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(LOOK);
    };
    ensure!(status.success(), "`{}` did not end well ({status})", words.join(" "));
    ensure!(highest > 0, "the memory of another process cannot be seen here");
    let megabytes = |kilobytes: u64| f64::from(u32::try_from(kilobytes).unwrap_or(u32::MAX)) * 1024.0 / 1e6;
    Ok((megabytes(highest), megabytes(last)))
}

/// Measures.
pub fn measure(program: &Path, folder: &Path, table: &mut Table) -> Result<()> {
    let home = TempDir::new_in(folder)?;
    std::fs::write(home.path().join("passphrase"), format!("{PASSPHRASE}\n"))?;
    let file = home.path().join("demo-lisa.json");
    std::fs::write(&file, demo::LISA)?;
    let file = file.to_str().context("a path")?;
    let init = peak(program, home.path(), &["init", "--name", "Lisa Verhagen"])?;
    let load = peak(program, home.path(), &["demo", "load", file])?;
    let show = peak(program, home.path(), &["--json", "dossier", "show"])?;
    let detail = json!({
        "init": {"peak_mb": init.0, "last_mb": init.1},
        "load": {"peak_mb": load.0, "last_mb": load.1},
        "show": {"peak_mb": show.0, "last_mb": show.1},
    });
    let what = "memory of the command-line program at its highest (unlocking included): demo load";
    table.push(Row::figure("demo", what, load.0, 120.0, "MB", detail.clone()));
    table.push(Row::figure("demo", "… dossier show", show.0, 120.0, "MB", detail));
    Ok(())
}
