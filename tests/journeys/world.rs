//! Named people, each with a home folder of their own, meeting over iroh on loopback in one process.

use std::fs::{File, TryLockError};
use std::time::Duration;

use dossier_app::contract::{Event, FaultCode, Invite, ProfileCreate, Request};
use dossier_app::{App, Card, Clock, Confirmation, Reach, Relay, Unlock};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The day of both demo families.
pub const NOW: &str = "2026-11-23T09:00:00+01:00";

/// Long enough for a busy machine; every wait ends at the event it waits for.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Passphrase of every home folder here.
pub const PASSPHRASE: &str = "geheim";

/// Somebody with a program.
pub struct Person {
    pub app: App,
    pub folder: TempDir,
}

impl Person {
    pub fn new(name: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let app = open(&folder);
        let profile = ProfileCreate {
            name: name.into(),
            organisation: None,
            function: None,
        };
        app.request(Request::ProfileCreate(profile)).unwrap();
        Self { app, folder }
    }

    /// An empty home folder: nobody is here yet.
    pub fn nobody() -> Self {
        let folder = TempDir::new().unwrap();
        Self {
            app: open(&folder),
            folder,
        }
    }

    pub fn ask(&self, request: Request) -> Value {
        self.app.request(request).unwrap_or_else(|fault| panic!("{fault}"))
    }

    pub fn refused(&self, request: Request) -> dossier_app::contract::Fault {
        match self.app.request(request) {
            Ok(answer) => panic!("not refused: {answer}"),
            Err(fault) => fault,
        }
    }

    pub fn load(&self, file: &str) -> String {
        let card = self.ask(Request::DemoLoad {
            file: file.into(),
            owner: None,
        });
        card["id"].as_str().unwrap().to_owned()
    }

    pub fn show(&self) -> Value {
        self.ask(Request::Show { dossier: None })
    }

    pub fn set(&self, id: &str, fields: Value) -> Value {
        self.ask(set(id, fields))
    }

    pub fn item(&self, id: &str) -> Value {
        find(&self.show(), id).unwrap_or_else(|| panic!("{id} is not there"))
    }

    pub async fn online(&self) -> Vec<String> {
        let reach = Reach {
            listen: Some("127.0.0.1:0".parse().unwrap()),
            relay: Relay::None,
            discovery: false,
        };
        let addresses = self.app.go_online(reach).await.unwrap();
        addresses.iter().map(ToString::to_string).collect()
    }

    /// Stops the program and starts it again on the same folder, offline.
    pub async fn restart(self) -> Self {
        Self::start(self.stop().await).await
    }

    /// Stops the program in good order, and waits until nothing of it holds the folder: a task that was just told to stop
    /// may do so for a moment longer.
    pub async fn stop(self) -> TempDir {
        self.app.offline().await;
        let Self { app, folder } = self;
        drop(app);
        let lock = File::open(folder.path().join("profile.lock")).unwrap();
        let free = async {
            while matches!(lock.try_lock(), Err(TryLockError::WouldBlock)) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(PATIENCE, free)
            .await
            .expect("the program does not stop");
        folder
    }

    /// Starts the program on an existing folder.
    pub async fn start(folder: TempDir) -> Self {
        Self::start_at(folder, NOW).await
    }

    /// Starts the program on an existing folder, on another day.
    pub async fn start_at(folder: TempDir, now: &str) -> Self {
        let clock = Clock::starting(now).unwrap();
        // A task that was just told to stop may hold the profile for a moment longer.
        let patience = tokio::time::Instant::now() + PATIENCE;
        loop {
            match App::open(folder.path(), unlock(), clock) {
                Ok(app) => return Self { app, folder },
                Err(fault) if fault.code == FaultCode::InUse && tokio::time::Instant::now() < patience => {
                    tokio::task::yield_now().await;
                }
                Err(fault) => panic!("{fault}"),
            }
        }
    }
}

fn unlock() -> Unlock {
    Unlock::Passphrase(String::from(PASSPHRASE).into())
}

fn clock() -> Clock {
    Clock::starting(NOW).unwrap()
}

fn open(folder: &TempDir) -> App {
    App::open(folder.path(), unlock(), clock()).unwrap()
}

pub fn set(id: &str, fields: Value) -> Request {
    Request::ItemSet {
        dossier: String::new(),
        id: id.into(),
        fields: fields.as_object().unwrap().clone(),
    }
}

pub fn add(section: &str, kind: &str, fields: Value) -> Request {
    Request::ItemAdd {
        dossier: String::new(),
        section: section.into(),
        kind: kind.into(),
        fields: fields.as_object().unwrap().clone(),
    }
}

pub fn find(view: &Value, id: &str) -> Option<Value> {
    view["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["id"] == json!(id))
        .cloned()
}

/// Invites a person of a demo family and lets them in; both are online.
pub async fn invite(owner: &Person, hints: &[String], guest: &Person, person: &str) {
    let invitation = Invite {
        person: Some(person.into()),
        hints: hints.to_vec(),
        ..Invite::default()
    };
    admit(owner, guest, invitation, person.trim_start_matches("p-")).await;
}

/// Invites somebody and lets them in, the code compared; both are online.
pub async fn admit(owner: &Person, guest: &Person, invitation: Invite, name: &str) {
    let invited = owner.ask(Request::Invite(invitation));
    let ticket = invited["ticket"].as_str().unwrap().to_owned();
    let mut events = owner.app.subscribe();
    let confirm = async {
        loop {
            if let Event::Joining { code, .. } = events.recv().await.unwrap() {
                owner.app.confirm(&Confirmation::Code(code)).unwrap();
                return;
            }
        }
    };
    let card = Card {
        name: name.into(),
        ..Card::default()
    };
    let join = async {
        guest
            .app
            .join(&ticket, card, |_| {}, PATIENCE)
            .await
            .map_err(|fault| format!("{name}: {fault}"))
    };
    let confirm = async {
        confirm.await;
        Ok::<(), String>(())
    };
    tokio::try_join!(join, confirm).unwrap();
}

/// How a reader lists somebody who looks along, by name.
pub fn listed(reader: &Person, name: &str) -> Value {
    let access = reader.ask(Request::Access { dossier: None });
    let found = access["people"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is not in {access}")).clone()
}

/// Waits until two people are up to date with everybody they know.
pub async fn settle(people: &[&Person]) {
    for person in people {
        person.app.sync(PATIENCE).await.unwrap();
    }
    for person in people {
        person.app.sync(PATIENCE).await.unwrap();
    }
}
