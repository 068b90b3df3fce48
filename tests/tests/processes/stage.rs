//! Homes on disk and the programs that work on them.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// The day that the invented families live in.
pub const TODAY: &str = "2026-11-23T09:00:00+01:00";
pub const LISA: &str = "crates/dossier-exchange/data/demo-lisa.json";

pub const DONE: i32 = 0;
pub const USAGE: i32 = 2;
pub const NOT_ALLOWED: i32 = 3;
pub const REFUSED: i32 = 4;
pub const UNREACHABLE: i32 = 5;
pub const SURROUNDINGS: i32 = 6;

/// Only this machine.
const NEAR: [&str; 5] = ["--relay", "none", "--no-discovery", "--listen", "127.0.0.1:0"];
const PASSPHRASE: &str = "vier losse woorden voor de proef\n";

/// The program, built once from what is in the checkout now. `KEUKENTAFEL_PROGRAM` names one that is built already.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(given) = std::env::var_os("KEUKENTAFEL_PROGRAM") {
            return given.into();
        }
        let own = std::env::current_exe().unwrap();
        let folder = own.ancestors().nth(2).unwrap().to_path_buf();
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .args(["build", "--quiet", "--package", "dossier-cli"])
            .current_dir(keukentafel_tests::root());
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success(), "dossier-cli does not build");
        folder.join(format!("keukentafel{}", std::env::consts::EXE_SUFFIX))
    })
}

/// What a program said and how it ended.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Outcome {
    fn of(output: &std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The one document on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The fault on standard error.
    #[track_caller]
    pub fn fault(&self) -> Value {
        let line = self
            .err
            .lines()
            .rfind(|line| line.starts_with('{'))
            .unwrap_or_else(|| panic!("{self:?}"));
        serde_json::from_str::<Value>(line).unwrap()["fault"].clone()
    }

    /// Ended with this status, said why, and left standard output to answers.
    #[track_caller]
    pub fn refused(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(!self.err.trim().is_empty(), "refused without a word: {self:?}");
        assert!(!self.err.contains("panicked") && !self.err.contains(".rs:"), "{self:?}");
        self
    }
}

/// One person's home folder on this machine.
#[derive(Debug)]
pub struct Home {
    pub folder: PathBuf,
    pub passphrase: PathBuf,
    pub now: String,
    /// The network namespace that its programs run in; none means that of the test.
    pub inside: Option<String>,
}

impl Home {
    pub fn at(folder: PathBuf) -> Self {
        let passphrase = folder.with_extension("wachtzin");
        std::fs::write(&passphrase, PASSPHRASE).unwrap();
        Self {
            folder,
            passphrase,
            now: TODAY.to_owned(),
            inside: None,
        }
    }

    /// A home with somebody in it.
    pub fn of(folder: PathBuf, name: &str) -> Self {
        let home = Self::at(folder);
        home.ask(&["init", "--name", name]);
        home
    }

    pub fn passphrase(&self) -> &Path {
        &self.passphrase
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = match &self.inside {
            Some(name) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", name]).arg(program());
                command
            }
            None => Command::new(program()),
        };
        command
            .arg("--home")
            .arg(&self.folder)
            .arg("--passphrase-file")
            .arg(&self.passphrase);
        command
            .args(["--json", "--now", &self.now])
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(&self.command(arguments).output().unwrap())
    }

    /// The answer of a command that must succeed.
    #[track_caller]
    pub fn ask(&self, arguments: &[&str]) -> Value {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, Some(DONE), "{arguments:?}: {outcome:?}");
        outcome.json()
    }

    /// The lines of a command that must succeed.
    #[track_caller]
    pub fn ask_lines(&self, arguments: &[&str]) -> Vec<Value> {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, Some(DONE), "{arguments:?}: {outcome:?}");
        outcome
            .out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[track_caller]
    pub fn refused(&self, code: i32, arguments: &[&str]) -> Outcome {
        self.run(arguments).refused(code)
    }

    pub fn with_input(&self, arguments: &[&str], input: &[u8]) -> Outcome {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // The program may end before it has read everything.
        let writing = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writing.join().unwrap();
        Outcome::of(&output)
    }

    pub fn begin(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Running { child, out }
    }

    /// The program that stays on and exchanges with whoever comes.
    pub fn watch(&self) -> Running {
        let mut watching = self.begin(&near(&["sync", "--watch"]));
        watching.next_with("listening");
        watching
    }

    #[track_caller]
    pub fn sync(&self) {
        let done = self.ask(&near(&["sync", "--until-idle", "--timeout", "60"]));
        assert_eq!(done["idle"], true, "{done}");
    }

    #[track_caller]
    pub fn load_lisa(&self) -> String {
        let file = keukentafel_tests::root().join(LISA);
        self.ask(&["demo", "load", file.to_str().unwrap()])["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    #[track_caller]
    pub fn item(&self, section: &str, id: &str) -> Value {
        let items = self.ask(&["item", "list", section]);
        let found = items.as_array().unwrap().iter().find(|item| item["id"] == id);
        found.unwrap_or_else(|| panic!("no {id} in {section}")).clone()
    }

    /// Per section and side the hash of the canonical rebuild of its document. Everything must hold.
    #[track_caller]
    pub fn hash(&self, section: &str) -> String {
        let verified = self.verified();
        let compartments = verified["compartments"].as_array().unwrap();
        let one = compartments
            .iter()
            .find(|one| one["section"] == section && one["side"] == "wat")
            .unwrap();
        one["hash"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub fn verified(&self) -> Value {
        let verified = self.ask(&["verify"]);
        assert_eq!(verified["ok"], true, "{verified}");
        verified
    }

    /// The whole folder as it is now, elsewhere.
    pub fn copy(&self, folder: PathBuf) -> Self {
        std::fs::create_dir(&folder).unwrap();
        for entry in std::fs::read_dir(&self.folder).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
        Self {
            now: self.now.clone(),
            ..Self::at(folder)
        }
    }
}

/// The words of a command that uses the network, on this machine only.
pub fn near<'a>(words: &[&'a str]) -> Vec<&'a str> {
    words.iter().copied().chain(NEAR).collect()
}

/// A program that goes on beside the test.
pub struct Running {
    pub child: Child,
    out: BufReader<ChildStdout>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only after a failed test is it still there.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// The next line that has this key.
    #[track_caller]
    pub fn next_with(&mut self, key: &str) -> Value {
        loop {
            let mut line = String::new();
            if self.out.read_line(&mut line).unwrap() == 0 {
                let mut said = String::new();
                self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
                panic!("ended before it said `{key}`: {said}");
            }
            let value: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"));
            if value.get(key).is_some() {
                return value;
            }
        }
    }

    pub fn end(mut self) -> Outcome {
        let mut out = String::new();
        self.out.read_to_string(&mut out).unwrap();
        let mut err = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut err).unwrap();
        }
        Outcome {
            code: self.child.wait().unwrap().code(),
            out,
            err,
        }
    }

    /// Asks it to stop, as the system does when a computer is switched off.
    #[track_caller]
    pub fn stop(self) {
        let ended = self.interrupt();
        assert_eq!(ended.code, Some(DONE), "{ended:?}");
    }

    /// The same, for whatever it says to that.
    #[track_caller]
    pub fn interrupt(self) -> Outcome {
        let asked = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(asked.success());
        self.end()
    }

    /// Ends it in the middle of whatever it does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A resident with the demo family, and others with empty homes.
pub struct Stage {
    pub folder: TempDir,
    pub lisa: Home,
}

impl Stage {
    pub fn with_lisa() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lisa = Home::of(folder.path().join("lisa"), "Lisa Verhagen");
        lisa.load_lisa();
        Self { folder, lisa }
    }

    /// Somebody who joined with what the access table says, or with these grants.
    #[track_caller]
    pub fn joined(&self, who: &str, name: &str, grants: &[&str]) -> Home {
        let home = Home::of(self.folder.path().join(who), name);
        let person = format!("p-{who}");
        let mut words = vec!["access", "invite", "--person", &person, "--wait", "--yes-i-compared"];
        for grant in grants {
            words.extend(["--grant", grant]);
        }
        join(&self.lisa, &home, &words);
        home
    }

    /// Lisa's program is on and these exchange with it; twice, so that what the last one brings reaches the first.
    #[track_caller]
    pub fn exchange(&self, others: &[&Home]) {
        let lisa = self.lisa.watch();
        for _ in 0..2 {
            for home in others {
                home.sync();
            }
        }
        lisa.stop();
    }
}

/// One invitation from beginning to end.
#[track_caller]
pub fn join(inviter: &Home, joiner: &Home, invite: &[&str]) {
    let mut inviting = inviter.begin(&near(invite));
    let ticket = inviting.next_with("ticket")["ticket"].as_str().unwrap().to_owned();
    let joined = joiner.run(&near(&["access", "join", &ticket]));
    assert_eq!(joined.code, Some(DONE), "{joined:?}");
    let ended = inviting.end();
    assert_eq!(ended.code, Some(DONE), "{ended:?}");
}
