//! People with a home folder each, and the dossier that the rows measure.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use dossier_app::contract::{Event, Fault, FaultCode, Invite, ProfileCreate, Request};
use dossier_app::{App, Card, Clock, Confirmation, Reach, Relay, Unlock};
use dossier_exchange::demo;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// Passphrase of every home folder here.
pub const PASSPHRASE: &str = "geheim";

/// The day of the demo family.
pub const NOW: &str = "2026-11-23T09:00:00+01:00";

/// Longest wait for anything.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Changes in the plan before anything is measured.
pub const CHANGES: usize = 1_000;

/// Somebody with a program.
pub struct Person {
    pub app: App,
    pub folder: TempDir,
}

/// What went wrong inside the program.
pub fn failed(fault: Fault) -> anyhow::Error {
    anyhow!("{fault}")
}

impl Person {
    /// A new person in a new home folder, unlocked.
    pub fn new(name: &str, within: &Path) -> Result<Self> {
        let folder = TempDir::new_in(within)?;
        let app = open(folder.path())?;
        let person = Self { app, folder };
        let profile = ProfileCreate {
            name: name.into(),
            organisation: None,
            function: None,
        };
        person.ask(Request::ProfileCreate(profile))?;
        Ok(person)
    }

    /// One request.
    pub fn ask(&self, request: Request) -> Result<Value> {
        self.app.request(request).map_err(failed)
    }

    /// Lisa, with her family.
    pub fn lisa(within: &Path) -> Result<Self> {
        let lisa = Self::new("Lisa Verhagen", within)?;
        lisa.ask(Request::DemoLoad {
            file: demo::LISA.to_owned(),
            owner: None,
        })?;
        Ok(lisa)
    }

    /// Listens on loopback; where.
    pub async fn online(&self) -> Result<Vec<String>> {
        let reach = Reach {
            listen: Some(([127, 0, 0, 1], 0).into()),
            relay: Relay::None,
            discovery: false,
        };
        let addresses = self.app.go_online(reach).await.map_err(failed)?;
        Ok(addresses.iter().map(ToString::to_string).collect())
    }

    /// Stops the program and starts it again, so that what follows starts from the disk.
    pub fn again(self, between: impl FnOnce(&Path) -> Result<()>) -> Result<Self> {
        let Self { app, folder } = self;
        drop(app);
        between(folder.path())?;
        let app = open(folder.path())?;
        Ok(Self { app, folder })
    }
}

fn open(folder: &Path) -> Result<App> {
    let clock = Clock::starting(NOW).map_err(failed)?;
    loop {
        match App::open(folder, Unlock::Passphrase(PASSPHRASE.to_owned().into()), clock) {
            // A task that is about to end may hold the last clone for a moment.
            Err(fault) if fault.code == FaultCode::InUse => std::thread::yield_now(),
            other => return other.map_err(failed),
        }
    }
}

/// Makes the plan [`CHANGES`] changes longer, one action each; their ids.
pub fn fill_plan(lisa: &Person) -> Result<Vec<String>> {
    (0..CHANGES)
        .map(|n| {
            let fields = json!({"text": format!("Stap {n}"), "goal_id": "g-1", "due": "2026-12-01", "status": "open"});
            let added = lisa.ask(Request::ItemAdd {
                dossier: String::new(),
                section: "plan".into(),
                kind: "actions".into(),
                fields: object(fields),
            })?;
            let id = added
                .pointer("/ids/0")
                .and_then(Value::as_str)
                .context("the new action")?;
            Ok(id.to_owned())
        })
        .collect()
}

/// The edit that is measured: an action is done, or open again.
pub fn tick(id: &str, n: usize) -> (Request, &'static str) {
    let status = if n.is_multiple_of(2) { "gedaan" } else { "open" };
    let fields = object(json!({"status": status}));
    (
        Request::ItemSet {
            dossier: String::new(),
            id: id.to_owned(),
            fields,
        },
        status,
    )
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value {
        map
    } else {
        Map::new()
    }
}

/// Lets a person of the demo family in; both are online. How long it took from the invitation to the resident's yes.
pub async fn invite(owner: &Person, hints: &[String], guest: &Person, person: &str) -> Result<std::time::Instant> {
    let invited = owner.ask(Request::Invite(Invite {
        person: Some(person.into()),
        hints: hints.to_vec(),
        ..Invite::default()
    }))?;
    let ticket = invited
        .get("ticket")
        .and_then(Value::as_str)
        .context("a ticket")?
        .to_owned();
    let mut events = owner.app.subscribe();
    let confirm = async {
        loop {
            if let Event::Joining { code, .. } = events.recv().await? {
                owner.app.confirm(&Confirmation::Code(code)).map_err(failed)?;
                return Ok(std::time::Instant::now());
            }
        }
    };
    let card = Card {
        name: person.trim_start_matches("p-").into(),
        ..Card::default()
    };
    let join = async { guest.app.join(&ticket, card, |_| {}, PATIENCE).await.map_err(failed) };
    let (_, granted) = tokio::try_join!(join, confirm)?;
    Ok(granted)
}
