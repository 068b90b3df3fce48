//! Starting other programs, always from the top of the checkout, always saying what is started.

use std::ffi::OsStr;
use std::io::{BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use cargo_metadata::{Message, MetadataCommand};

/// The top folder of the checkout that this program was built from.
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package).to_path_buf()
}

/// The folder in which cargo puts what it builds (`target`, unless the environment says otherwise).
///
/// # Errors
/// When `cargo metadata` fails.
pub fn target_folder() -> Result<PathBuf> {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo metadata")?;
    Ok(metadata.target_directory.into_std_path_buf())
}

/// A program that will run in the top folder of the checkout.
pub fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    // What `cargo run` told this program about its own package is not for others: build scripts that watch these
    // variables (ring's does) would run again, and everything above them would be compiled a second time.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
            "CARGO_PRIMARY_",
        ]
        .iter()
        .any(|start| text.starts_with(start))
        {
            command.env_remove(name);
        }
    }
    command
}

/// Cargo, the same one that started this program.
pub fn cargo() -> Command {
    program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Says what is started, starts it, and waits for its end.
///
/// # Errors
/// When the program cannot be started or does not end well.
pub fn run(command: &mut Command) -> Result<()> {
    let line = shown(command);
    println!("$ {line}");
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Builds with this command of cargo, and says where the test of this name is then. Started from there it is the one
/// that was built: `cargo test` for one target gives the libraries other features, and compiles them again.
///
/// # Errors
/// When cargo cannot be started, the build fails, or nothing of that name was built.
pub fn built_test(build: &mut Command, name: &str) -> Result<PathBuf> {
    build.arg("--message-format=json-render-diagnostics");
    let line = shown(build);
    println!("$ {line}");
    let mut cargo = build
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{line}`"))?;
    let mut test = None;
    let told = cargo.stdout.take().map(BufReader::new);
    for message in told.into_iter().flat_map(Message::parse_stream) {
        if let Message::CompilerArtifact(made) = message?
            && made.target.is_test()
            && made.target.name == name
        {
            test = made.executable.map(Into::into);
        }
    }
    if !cargo.wait()?.success() {
        bail!("`{line}` failed");
    }
    test.with_context(|| format!("there is no test `{name}`"))
}

/// The same program with an end set to it, so that one that hangs fails its lane and keeps nothing from running.
/// Where somebody sits at the terminal it is left alone: their Ctrl-C ends it sooner, and would not reach it.
pub fn within(longest: Duration, inner: Command) -> Command {
    if std::io::stdin().is_terminal() || !is_there("timeout") {
        return inner;
    }
    let mut command = program("timeout");
    command.arg("--kill-after=30").arg(longest.as_secs().to_string());
    around(command, &inner)
}

/// What a program writes to its standard output; none when it is not there or does not end well.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Where a program of this name is found in the search path.
pub fn found(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

/// True when a program of this name is found in the search path.
pub fn is_there(name: &str) -> bool {
    found(name).is_some()
}

/// True when the environment names a display that windows can be opened on.
pub fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// A program that runs inside a virtual screen, for machines without a display and for tests.
pub fn on_virtual_screen(inner: &Command) -> Command {
    let mut command = program("xvfb-run");
    command.args([
        "--auto-servernum",
        "--server-args=-screen 0 1280x960x24",
        "dbus-run-session",
        "--",
    ]);
    let mut command = around(command, inner);
    // GTK prefers Wayland where it finds it, and would leave the virtual screen empty.
    command.env_remove("WAYLAND_DISPLAY");
    command
}

/// `outer` with all of `inner` as its last words.
fn around(mut outer: Command, inner: &Command) -> Command {
    if let Some(folder) = inner.get_current_dir() {
        outer.current_dir(folder);
    }
    outer.arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer
}

fn shown(command: &Command) -> String {
    let mut words = vec![
        Path::new(command.get_program())
            .file_name()
            .unwrap_or(command.get_program())
            .to_string_lossy()
            .into_owned(),
    ];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
