//! Building the program and starting its window.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow};
use clap::ValueEnum;

use crate::setup::{self, Need};
use crate::{build, process};

/// A family from `crates/dossier-exchange/data`, to look around in.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Demo {
    /// Lisa Verhagen and her children; help of their own choice
    Lisa,
    /// Sam Oldenburg and his family; help ordered by the court
    Sam,
}

impl Demo {
    fn file(self) -> PathBuf {
        let name = match self {
            Self::Lisa => "demo-lisa.json",
            Self::Sam => "demo-sam.json",
        };
        process::root().join("crates/dossier-exchange/data").join(name)
    }
}

/// Builds everything and starts the window; without a display, or when asked for, takes a picture of it instead.
///
/// # Errors
/// When something needed is missing, a build fails, or the window does not come up.
pub fn start(demo: Option<Demo>, home: Option<&Path>, screenshot: Option<&Path>) -> Result<()> {
    let display = process::has_display();
    if !display {
        println!("app: there is no display here. The window opens on a virtual screen, and you get a picture of it.");
    }
    let picture = match screenshot {
        Some(file) => Some(std::path::absolute(file)?),
        None if display => None,
        None => Some(process::target_folder()?.join("window.png")),
    };
    if picture.is_some() {
        setup::ensure(&[Need::VirtualScreen])?;
    }
    let built = build::for_use()?;

    // Lives until the window has closed, and takes the folder along when it goes.
    let throw_away = demo
        .map(|demo| ThrowAway::fill(demo, &built.program("keukentafel")))
        .transpose()?;
    let mut window = process::program(built.program("keukentafel-desktop"));
    if let Some(filled) = &throw_away {
        // Nobody is to be reached from a family that does not exist.
        window
            .args(filled.arguments())
            .args(["--relay", "none", "--no-discovery"]);
    } else if let Some(home) = home {
        window.arg("--home").arg(std::path::absolute(home)?);
    }
    match picture {
        None => process::run(&mut window),
        Some(file) => take_picture(&built.program("screenshot"), &window, &file, display),
    }
}

fn take_picture(screenshot: &Path, window: &Command, file: &Path, display: bool) -> Result<()> {
    let mut command = process::program(screenshot);
    command
        .arg("--to")
        .arg(file)
        .arg("--")
        .arg(window.get_program())
        .args(window.get_args());
    if display {
        process::run(&mut command)?;
    } else {
        process::run(&mut process::on_virtual_screen(&command))?;
    }
    println!("The picture of the window: {}", file.display());
    Ok(())
}

/// A home folder that exists for as long as this value does, with a demo family in it.
struct ThrowAway {
    folder: tempfile::TempDir,
    now: String,
}

impl ThrowAway {
    fn fill(demo: Demo, program: &Path) -> Result<Self> {
        let file = demo.file();
        let owner = Owner::read(&fs::read_to_string(&file).with_context(|| file.display().to_string())?)?;
        let filled = Self {
            folder: tempfile::Builder::new().prefix("keukentafel-demo-").tempdir()?,
            now: owner.now(),
        };
        fs::write(filled.passphrase_file(), "een keukentafel met vier stoelen\n")?;
        println!(
            "app: a throw-away home folder for {}: {}",
            owner.name,
            filled.folder.path().display()
        );

        let command = || {
            let mut command = process::program(program);
            command.args(filled.arguments()).stdout(Stdio::null());
            command
        };
        process::run(command().args(["init", "--name", &owner.name]))?;
        process::run(command().args(["demo", "load"]).arg(&file).args(["--as", &owner.id]))?;
        Ok(filled)
    }

    fn passphrase_file(&self) -> PathBuf {
        self.folder.path().join("passphrase")
    }

    /// What makes the command line and the window open this folder.
    fn arguments(&self) -> [std::ffi::OsString; 6] {
        [
            "--home".into(),
            self.folder.path().join("home").into(),
            "--passphrase-file".into(),
            self.passphrase_file().into(),
            "--now".into(),
            self.now.clone().into(),
        ]
    }
}

/// Whose dossier a demo file holds, and on which day it plays.
#[derive(Debug, PartialEq)]
struct Owner {
    id: String,
    name: String,
    day: String,
}

impl Owner {
    fn read(family: &str) -> Result<Self> {
        let family: serde_json::Value = serde_json::from_str(family)?;
        let id = family.pointer("/dossier/owner_person_id").and_then(|id| id.as_str());
        let people = family.get("people").and_then(|people| people.as_array());
        let name = people
            .into_iter()
            .flatten()
            .find(|person| person.get("id").and_then(|id| id.as_str()) == id)
            .and_then(|person| person.get("name")?.as_str());
        let day = family.get("anchor_date").and_then(|day| day.as_str());
        match (id, name, day) {
            (Some(id), Some(name), Some(day)) => Ok(Self {
                id: id.to_owned(),
                name: name.to_owned(),
                day: day.to_owned(),
            }),
            _ => Err(anyhow!("the demo file does not name its owner and its day")),
        }
    }

    /// The morning of that day. The clocks of both families are on winter time.
    fn now(&self) -> String {
        format!("{}T08:00:00+01:00", self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_demo_file_names_its_owner() {
        let owners: Vec<_> = Demo::value_variants()
            .iter()
            .map(|demo| Owner::read(&fs::read_to_string(demo.file()).unwrap()).unwrap())
            .collect();
        let known = |id: &str, name: &str| Owner {
            id: id.to_owned(),
            name: name.to_owned(),
            day: "2026-11-23".to_owned(),
        };
        assert_eq!(
            owners,
            [known("p-lisa", "Lisa Verhagen"), known("p-sam", "Sam Oldenburg")]
        );
    }

    #[test]
    fn a_family_without_owner_is_refused() {
        let family =
            |owner: &str| format!(r#"{{"anchor_date":"2026-11-23",{owner},"people":[{{"id":"p-b","name":"B"}}]}}"#);
        assert!(Owner::read(&family(r#""dossier":{"owner_person_id":"p-b"}"#)).is_ok());
        assert!(Owner::read(&family(r#""dossier":{"owner_person_id":"p-a"}"#)).is_err());
        assert!(Owner::read(&family(r#""dossier":{}"#)).is_err());
    }
}
