//! The pages of the window: libraries fetched and pages built, each only when something changed.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// npm, for the package in `ui`.
pub fn npm() -> Command {
    let mut command = process::program("npm");
    command.args(["--prefix", "ui"]);
    command
}

/// Fetches the libraries that the lock file names, unless the last fetch was for this same lock file.
///
/// # Errors
/// When npm fails, or the files cannot be read or written.
pub fn ensure_installed() -> Result<()> {
    let ui = process::root().join("ui");
    let lock = fs::read(ui.join("package-lock.json")).context("ui/package-lock.json")?;
    // Beside what it speaks of, not in the target folder: that one may be shared by several checkouts.
    let stamp = ui.join("node_modules/.fetched-for");
    let wanted = digest(&lock);
    if fs::read_to_string(&stamp).is_ok_and(|seen| seen == wanted) {
        return Ok(());
    }
    process::run(npm().args(["ci", "--no-audit", "--no-fund"]))?;
    fs::write(&stamp, wanted).with_context(|| stamp.display().to_string())
}

/// Builds the pages into `ui/dist`, unless the last build was of these same sources.
///
/// # Errors
/// When npm fails, or the files cannot be read or written.
pub fn ensure_built() -> Result<()> {
    ensure_installed()?;
    let ui = process::root().join("ui");
    let stamp = ui.join("node_modules/.built-from");
    let wanted = sources_digest(&ui)?;
    if ui.join("dist/index.html").is_file() && fs::read_to_string(&stamp).is_ok_and(|seen| seen == wanted) {
        return Ok(());
    }
    process::run(npm().args(["run", "build"]))?;
    fs::write(&stamp, wanted).with_context(|| stamp.display().to_string())
}

/// One value for every file of the package and its content, fetched libraries and built pages left out.
fn sources_digest(ui: &Path) -> Result<String> {
    let mut files = BTreeMap::new();
    collect(ui, &mut files)?;
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            if !matches!(path.file_name().and_then(OsStr::to_str), Some("node_modules" | "dist")) {
                collect(&path, files)?;
            }
        } else {
            let content = fs::read(&path).with_context(|| path.display().to_string())?;
            files.insert(path, content);
        }
    }
    Ok(())
}

fn digest(content: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_follows_every_source_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let ui = folder.path();
        fs::create_dir_all(ui.join("src")).unwrap();
        fs::create_dir_all(ui.join("node_modules/x")).unwrap();
        fs::write(ui.join("src/a.ts"), "a").unwrap();
        let first = sources_digest(ui).unwrap();

        fs::write(ui.join("node_modules/x/index.js"), "fetched").unwrap();
        assert_eq!(sources_digest(ui).unwrap(), first);

        fs::write(ui.join("src/a.ts"), "b").unwrap();
        let edited = sources_digest(ui).unwrap();
        assert_ne!(edited, first);

        fs::rename(ui.join("src/a.ts"), ui.join("src/b.ts")).unwrap();
        assert_ne!(sources_digest(ui).unwrap(), edited);
    }
}
