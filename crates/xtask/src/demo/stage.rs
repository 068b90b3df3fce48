//! Four people's home folders, and the programs that work on them.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{TODAY, text};

/// Only this machine.
const NEAR: [&str; 5] = ["--relay", "none", "--no-discovery", "--listen", "127.0.0.1:0"];

pub struct Stage {
    pub binary: PathBuf,
    pub folder: PathBuf,
    pub steps: u32,
    /// The ticket that Karin joined with.
    pub used_ticket: String,
}

pub struct Outcome {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// A program that goes on beside the others.
pub struct Running {
    pub child: Child,
    pub out: BufReader<ChildStdout>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only after a step that did not hold is it still there.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    pub fn next(&mut self) -> Result<Value> {
        let mut line = String::new();
        ensure!(
            self.out.read_line(&mut line)? > 0,
            "the program ended before it said what was waited for"
        );
        serde_json::from_str(&line).with_context(|| format!("not JSON: {line}"))
    }

    pub fn next_with(&mut self, key: &str) -> Result<Value> {
        loop {
            let line = self.next()?;
            if line.get(key).is_some() {
                return Ok(line);
            }
        }
    }

    pub fn end(mut self) -> Result<Option<i32>> {
        // Emptied first: a full pipe would keep the program from ending.
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.out, &mut rest)?;
        Ok(self.child.wait()?.code())
    }

    /// Asks it to stop, as the system does when a computer is switched off.
    pub fn stop(self) -> Result<()> {
        let asked = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()?;
        ensure!(asked.success(), "the program was gone already");
        let code = self.end()?;
        ensure!(code == Some(0), "the program did not stop in good order: {code:?}");
        Ok(())
    }
}

impl Stage {
    pub fn passphrase(&self) -> PathBuf {
        self.folder.join("wachtzin")
    }

    pub fn at(&self, who: &str, now: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .arg("--home")
            .arg(self.folder.join(who))
            .arg("--passphrase-file")
            .arg(self.passphrase());
        command
            .args(["--json", "--now", now])
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    pub fn run_at(&self, who: &str, now: &str, arguments: &[&str]) -> Result<Outcome> {
        let output = self.at(who, now, arguments).output()?;
        Ok(Outcome {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    pub fn run(&self, who: &str, arguments: &[&str]) -> Result<Outcome> {
        self.run_at(who, TODAY, arguments)
    }

    /// The answer of a command that must succeed.
    pub fn ask(&self, who: &str, arguments: &[&str]) -> Result<Value> {
        let outcome = self.run(who, arguments)?;
        ensure!(
            outcome.code == Some(0),
            "{who}: {}: {:?} {}",
            arguments.join(" "),
            outcome.code,
            outcome.err
        );
        serde_json::from_str(&outcome.out).with_context(|| format!("{who}: {}: not JSON", arguments.join(" ")))
    }

    /// A command that must be refused, with this exit status.
    pub fn must_fail(&self, who: &str, code: i32, arguments: &[&str]) -> Result<String> {
        let outcome = self.run(who, arguments)?;
        ensure!(
            outcome.code == Some(code),
            "{who}: {}: wanted exit {code}, got {:?} {}",
            arguments.join(" "),
            outcome.code,
            outcome.err
        );
        ensure!(
            !outcome.err.trim().is_empty(),
            "{who}: {}: refused without a word",
            arguments.join(" ")
        );
        Ok(outcome.err)
    }

    pub fn begin(&self, who: &str, arguments: &[&str]) -> Result<Running> {
        let mut command = self.at(who, TODAY, arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let out = child.stdout.take().context("no output")?;
        Ok(Running {
            child,
            out: BufReader::new(out),
        })
    }

    pub fn networked<'a>(first: &[&'a str]) -> Vec<&'a str> {
        first.iter().copied().chain(NEAR).collect()
    }

    pub fn watch(&self, who: &str) -> Result<Running> {
        let mut watching = self.begin(who, &Self::networked(&["sync", "--watch"]))?;
        watching.next_with("listening")?;
        Ok(watching)
    }

    /// Lisa's program is on, and everybody exchanges with it: twice, so that what the last one brings reaches the first.
    pub fn exchange(&self, others: &[&str]) -> Result<()> {
        let lisa = self.watch("lisa")?;
        for _ in 0..2 {
            for who in others {
                let answer = self.ask(who, &Self::networked(&["sync", "--until-idle", "--timeout", "60"]))?;
                ensure!(
                    answer.get("idle") == Some(&Value::Bool(true)),
                    "{who} has not everything yet"
                );
            }
        }
        lisa.stop()
    }

    pub fn say(&mut self, who: &str, sentence: &str) {
        self.steps += 1;
        println!("{:>3}. {who:<9} {sentence}", self.steps);
    }

    pub fn item(&self, who: &str, section: &str, id: &str) -> Result<Value> {
        let items = self.ask(who, &["item", "list", section])?;
        let found = items
            .as_array()
            .into_iter()
            .flatten()
            .find(|item| text(item, "id") == id)
            .cloned();
        found.with_context(|| format!("{who} does not see {id} in {section}"))
    }

    /// The hash of a section's canonical rebuild.
    pub fn hash(&self, who: &str, section: &str) -> Result<String> {
        let verified = self.ask(who, &["verify"])?;
        let compartments = verified.get("compartments").and_then(Value::as_array);
        let one = compartments
            .into_iter()
            .flatten()
            .find(|one| text(one, "section") == section && text(one, "side") == "wat")
            .with_context(|| format!("{who} does not hold {section}"))?;
        Ok(text(one, "hash").to_owned())
    }
}
