//! Looking for bytes that break a promise, with libFuzzer under the compiler that is there.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::setup::{self, Need};

const PACKAGE: &str = "keukentafel-fuzz";

/// What the engine needs to see which way an input went: counters at every edge and the values that are compared. The
/// compiler takes these without being a nightly; only the sanitizers are kept for those.
const INSTRUMENTED: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Runs the targets one after the other, `seconds` in all; only these, when some are named.
///
/// New inputs are kept in `target/fuzz/found`, and start the next round beside the committed ones. With `keep`, the
/// fewest of both that reach as much take the place of the committed ones.
///
/// # Errors
/// When a promise is broken: the input lies in `target/fuzz/broken`, one folder per target.
pub fn run(seconds: u64, only: &[String], keep: bool) -> Result<()> {
    setup::ensure(&[Need::Compile])?;
    // A folder of its own: other flags would make everything else be compiled again.
    let folder = process::target_folder()?.join("fuzz");
    let host = host()?;
    let mut build = process::cargo();
    build
        .args(["build", "--locked", "--profile", "fuzz", "--package", PACKAGE])
        .args(["--features", "engine", "--bin", "fuzz", "--target", &host])
        .env("CARGO_TARGET_DIR", &folder)
        .env("RUSTFLAGS", INSTRUMENTED);
    process::run(&mut build)?;
    let program = folder.join(&host).join("fuzz").join("fuzz");

    let corpus = process::root().join("tests/fuzz/corpus");
    let mut targets = names(&corpus)?;
    if let Some(unknown) = only.iter().find(|name| !targets.contains(name)) {
        bail!("there is no target `{unknown}`; there are: {}", targets.join(", "));
    }
    targets.retain(|name| only.is_empty() || only.contains(name));

    let each = (seconds / targets.len().max(1) as u64).max(1);
    let mut broken = Vec::new();
    for target in &targets {
        println!("\n== {target}: {each} s ==");
        let (committed, found) = (corpus.join(target), folder.join("found").join(target));
        let broke = folder.join("broken").join(target);
        fs::create_dir_all(&found)?;
        fs::create_dir_all(&broke)?;
        let mut fuzz = process::program(&program);
        fuzz.env("FUZZ_TARGET", target)
            .arg(format!("-max_total_time={each}"))
            .args([
                "-timeout=25",
                "-rss_limit_mb=2048",
                "-max_len=4096",
                "-print_final_stats=1",
            ])
            .arg(format!("-artifact_prefix={}/", broke.display()))
            .arg(&found)
            .arg(&committed);
        if process::run(&mut fuzz).is_err() {
            broken.push(target.as_str());
        } else if keep {
            merge(&program, target, &committed, &found)?;
        }
    }
    if broken.is_empty() {
        println!("\nfuzz: {} targets, {each} s each, nothing broken", targets.len());
        return Ok(());
    }
    bail!(
        "broken: {} (inputs are in {})",
        broken.join(", "),
        folder.join("broken").display()
    );
}

/// The engine's own choice of the fewest inputs that reach every edge, small ones first.
fn merge(program: &Path, target: &str, committed: &Path, found: &Path) -> Result<()> {
    let fewest = tempfile::tempdir()?;
    let mut merge = process::program(program);
    merge
        .env("FUZZ_TARGET", target)
        .args(["-merge=1", "-use_counters=0", "-max_len=4096"])
        .arg(fewest.path())
        .arg(committed)
        .arg(found);
    process::run(&mut merge)?;
    for old in fs::read_dir(committed)? {
        let old = old?;
        // The engine names inputs by their hash; a file with another name was put there for a reason.
        if is_hash(&old.file_name().to_string_lossy()) {
            fs::remove_file(old.path())?;
        }
    }
    for new in fs::read_dir(fewest.path())? {
        let new = new?;
        fs::copy(new.path(), committed.join(new.file_name()))?;
    }
    Ok(())
}

fn is_hash(name: &str) -> bool {
    name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// One target per folder of the corpus; a test in the package holds them to each other.
fn names(corpus: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for folder in fs::read_dir(corpus).context("the corpus")? {
        names.push(folder?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// The kind of machine this is, as the compiler calls it. Named when building, so that the flags reach the program and
/// not the build scripts, which run without an engine.
fn host() -> Result<String> {
    let said = process::answer(process::program("rustc").arg("-vV")).context("rustc -vV")?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say what it compiles for")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::is_hash;

    #[test]
    fn only_what_the_engine_named_is_replaced() {
        assert!(is_hash("7cc0e7b33d9e1d33a11f09e8589e68ed62160c5a"));
        assert!(!is_hash("rests-on-another-generation"));
        assert!(!is_hash("7cc0e7b33d9e1d33a11f09e8589e68ed62160c5"));
    }
}
