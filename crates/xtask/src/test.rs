//! Every check of the project, in lanes.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::setup::{self, Need};
use crate::{build, licences, process, ui};

/// One group of checks that run, fail and are timed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lane {
    /// The form of the Rust sources
    Format,
    /// The pages: types, rules of import, tests, build
    Ui,
    /// Clippy over the whole workspace, warnings forbidden
    Lints,
    /// Every Rust test: units, journeys, hostile input, structure, drift of generated types
    Rust,
    /// The built pages in a browser over the real program: flows, barriers, bad input, speed; pictures of every screen
    Browser,
    /// The real window on a virtual screen
    Native,
    /// The documentation builds without a warning
    Docs,
    /// Licences, bans and sources of everything that comes along
    Licences,
}

/// Longest that the tests of one lane may take when nobody watches: several times what they do on two cores.
const LONGEST: Duration = Duration::from_mins(30);

/// How a lane ended, when it did not fail.
enum Passage {
    Passed,
    Skipped(String),
}

/// One line of the closing table.
struct Row {
    lane: Lane,
    took: Duration,
    end: Result<Passage>,
}

/// Runs these lanes, or all of them when none is named; a failing lane does not keep the next from running.
///
/// # Errors
/// When a lane failed.
pub fn run(chosen: &[Lane]) -> Result<()> {
    let lanes: Vec<Lane> = Lane::value_variants()
        .iter()
        .copied()
        .filter(|lane| chosen.is_empty() || chosen.contains(lane))
        .collect();
    let mut needs = Vec::new();
    for need in lanes.iter().flat_map(|lane| lane.needs()) {
        if !needs.contains(need) {
            needs.push(*need);
        }
    }
    setup::ensure(&needs)?;

    let mut rows = Vec::new();
    for lane in lanes {
        println!("\n== {} ==", lane.name());
        let start = Instant::now();
        let end = lane.run();
        match &end {
            Ok(Passage::Passed) => {}
            Ok(Passage::Skipped(reason)) => println!("skipped: {reason}"),
            Err(error) => println!("failed: {error:#}"),
        }
        rows.push(Row {
            lane,
            took: start.elapsed(),
            end,
        });
    }
    println!("\n{}", table(&rows));
    let failed: Vec<String> = rows
        .iter()
        .filter(|row| row.end.is_err())
        .map(|row| row.lane.name())
        .collect();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

impl Lane {
    fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    fn needs(self) -> &'static [Need] {
        match self {
            Self::Format => &[Need::Checks],
            Self::Ui => &[Need::Pages],
            Self::Lints => &[Need::Checks, Need::Pages, Need::Compile, Need::Window],
            Self::Rust => &[Need::Pages, Need::Compile, Need::Window, Need::OtherPrograms],
            Self::Docs => &[Need::Pages, Need::Compile, Need::Window],
            Self::Browser => &[Need::Pages, Need::Compile, Need::Window, Need::Browser],
            Self::Native => &[Need::Pages, Need::Compile, Need::Window, Need::VirtualScreen],
            Self::Licences => &[],
        }
    }

    fn run(self) -> Result<Passage> {
        match self {
            Self::Format => process::run(process::cargo().args(["fmt", "--all", "--check"]))?,
            Self::Ui => {
                ui::ensure_installed()?;
                process::run(ui::npm().args(["run", "check"]))?;
                process::run(ui::npm().args(["run", "test"]))?;
                ui::ensure_built()?;
            }
            Self::Lints => {
                ui::ensure_built()?;
                let mut clippy = process::cargo();
                clippy.args([
                    "clippy",
                    "--workspace",
                    "--all-targets",
                    "--locked",
                    "--",
                    "--deny",
                    "warnings",
                ]);
                process::run(&mut clippy)?;
            }
            Self::Rust => {
                let built = build::for_tests()?;
                let mut test = process::cargo();
                // Setup has seen to every program that a test asks for: one that is missing is a fault now. Our own was
                // built a moment ago; a test that built it by itself would compile every library again.
                test.args(["test", "--workspace", "--locked", "--no-fail-fast"])
                    .env("DOSSIER_SET_UP", "1")
                    .env("KEUKENTAFEL_PROGRAM", built.program("keukentafel"));
                process::run(&mut process::within(LONGEST, test))?;
            }
            Self::Browser => return browser(),
            Self::Native => native()?,
            Self::Docs => {
                ui::ensure_built()?;
                let mut docs = process::cargo();
                docs.args(["doc", "--workspace", "--no-deps", "--locked"])
                    .env("RUSTDOCFLAGS", "--deny warnings");
                process::run(&mut docs)?;
            }
            Self::Licences => licences::check()?,
        }
        Ok(Passage::Passed)
    }
}

/// Names under which the browser is installed.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

fn browser() -> Result<Passage> {
    let Some(browser) = BROWSERS.iter().find_map(|name| process::found(name)) else {
        let reason = setup::no_browser().unwrap_or("there is no Chromium on this machine");
        return Ok(Passage::Skipped(reason.to_owned()));
    };
    let built = build::for_tests()?;
    let pictures = process::target_folder()?.join("screens");
    let mut test = ui::npm();
    test.args(["run", "browser"])
        .env("KEUKENTAFEL_BRIDGE", built.program("bridge"))
        .env("KEUKENTAFEL_CHROMIUM", browser)
        .env("KEUKENTAFEL_SCREENS", &pictures);
    process::run(&mut process::within(LONGEST, test))?;
    println!("pictures of every screen: {}", pictures.display());
    Ok(Passage::Passed)
}

fn native() -> Result<()> {
    let mut test = process::program(build::test("native")?);
    test.arg("--ignored");
    process::run(&mut process::within(LONGEST, process::on_virtual_screen(&test)))
}

/// The closing table; its last line is the one that a reader of the log looks for.
fn table(rows: &[Row]) -> String {
    let mut text = String::new();
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for row in rows {
        let (end, remark) = match &row.end {
            Ok(Passage::Passed) => {
                passed += 1;
                ("passed", String::new())
            }
            Ok(Passage::Skipped(reason)) => {
                skipped += 1;
                ("skipped", reason.clone())
            }
            Err(error) => {
                failed += 1;
                ("FAILED", format!("{error:#}"))
            }
        };
        let line = format!("{:<10}{:<9}{:>6} s  {remark}", row.lane.name(), end, row.took.as_secs());
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push_str(&format!("\nlanes: {passed} passed, {failed} failed, {skipped} skipped"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_counts_and_names_what_failed() {
        let row = |lane, end| Row {
            lane,
            took: Duration::from_secs(61),
            end,
        };
        let text = table(&[
            row(Lane::Format, Ok(Passage::Passed)),
            row(Lane::Native, Ok(Passage::Skipped("no screen".to_owned()))),
            row(Lane::Docs, Err(anyhow::anyhow!("a link leads nowhere"))),
        ]);
        assert_eq!(
            text,
            "format    passed       61 s\n\
             native    skipped      61 s  no screen\n\
             docs      FAILED       61 s  a link leads nowhere\n\
             \n\
             lanes: 1 passed, 1 failed, 1 skipped"
        );
    }
}
