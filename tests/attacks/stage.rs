//! The people that every attack begins with: made once, and copied for each test.
//!
//! | Who | May |
//! |---|---|
//! | lisa, phone | the resident's two devices |
//! | karin, jeroen | change the plan, add notes |
//! | ria | read the plan and the notes |
//! | tim | add to the plan, change the agenda |

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::{Arc, Mutex};

use dossier_app::contract::{Invite, Request};
use dossier_store::{DbKey, Peer, Store, keyfile};
use dossier_trust::codec::Canonical;
use dossier_trust::identity::{Certificate, DeviceSecrets, RootSecret};
use dossier_trust::ids::{CompartmentId, DeviceId, DossierId, ItemHash};
use dossier_trust::item::{Lane, Position};
use dossier_trust::operation::{OpId, Operation};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Notify, OnceCell};

use crate::forger::{Dice, Forger};
use crate::world::{PASSPHRASE, PATIENCE, Person, add, admit, settle};

const PEOPLE: [(&str, &str, &[&str]); 4] = [
    ("karin", "Karin de Wit", &["plan=aanpassen", "verslagen=aanvullen"]),
    ("jeroen", "Jeroen Bakker", &["plan=aanpassen", "verslagen=aanvullen"]),
    ("ria", "Ria Verhagen", &["plan=zien", "verslagen=zien"]),
    ("tim", "Tim Smit", &["plan=aanvullen", "agenda=aanpassen"]),
];

/// Titles of the two goals that everybody begins with.
pub const GOAL: &str = "Ik weet elke week wat ik kan uitgeven";
pub const KARINS_GOAL: &str = "Rust in huis";
/// Karin's note, in her own voice.
pub const NOTE: &str = "Lisa heeft de post zelf opengemaakt.";

struct Cast {
    folders: BTreeMap<&'static str, TempDir>,
    keys: BTreeMap<&'static str, [u8; 32]>,
    certificates: BTreeMap<&'static str, Certificate>,
    dossier: DossierId,
    sections: BTreeMap<String, CompartmentId>,
    note: String,
}

static CAST: OnceCell<Cast> = OnceCell::const_new();

impl Cast {
    async fn make() -> Self {
        let lisa = Person::new("Lisa Verhagen");
        let card = lisa.ask(Request::DossierNew { title: None });
        let dossier = DossierId::from_hex(card["id"].as_str().unwrap()).unwrap();
        lisa.ask(add(
            "plan",
            "goals",
            json!({"id": "g-1", "title": GOAL, "status": "loopt"}),
        ));
        let hints = lisa.online().await;
        let mut people = Vec::new();
        for (who, name, grants) in PEOPLE {
            let person = Person::new(name);
            person.online().await;
            let invitation = Invite {
                person: Some(format!("p-{who}")),
                name: Some(name.to_owned()),
                grants: grants.iter().map(|grant| (*grant).to_owned()).collect(),
                hints: hints.clone(),
                ..Invite::default()
            };
            admit(&lisa, &person, invitation, name).await;
            people.push((who, person));
        }
        let karin = &people[0].1;
        karin.ask(add(
            "plan",
            "goals",
            json!({"id": "g-2", "title": KARINS_GOAL, "status": "loopt"}),
        ));
        let note = karin.ask(Request::NoteAdd {
            dossier: None,
            section: "verslagen".into(),
            text: NOTE.into(),
            plain: None,
            hat: None,
            readers: Vec::new(),
        });
        let mut all = vec![&lisa];
        all.extend(people.iter().map(|(_, person)| person));
        settle(&all).await;
        for person in &all {
            assert_eq!(person.item("g-2")["title"], json!(KARINS_GOAL));
        }
        let sections = sections_of(&lisa);
        people.push(("lisa", lisa));
        let stopping: Vec<_> = people
            .into_iter()
            .map(|(who, person)| tokio::spawn(async move { (who, person.stop().await) }))
            .collect();
        let mut folders = BTreeMap::new();
        for stopped in stopping {
            let (who, folder) = stopped.await.unwrap();
            folders.insert(who, folder);
        }
        let mut cast = Self {
            folders,
            keys: BTreeMap::new(),
            certificates: BTreeMap::new(),
            dossier,
            sections,
            note: note["ids"][0].as_str().unwrap().to_owned(),
        };
        cast.make_phone();
        for (who, folder) in &cast.folders {
            let key = keyfile::open(&folder.path().join("key.age"), PASSPHRASE).unwrap();
            cheap_key_file(folder, &key);
            let mut store = Store::open(folder.path(), &key).unwrap();
            let certificate = Certificate::from_bytes(&store.meta("certificate").unwrap().unwrap()).unwrap();
            let peers = store.peers().unwrap();
            // Copies of one person must not find each other's company: who is where is told anew in every test.
            store
                .transact::<_, dossier_store::StoreError>(|tx| {
                    tx.delete_meta("port")?;
                    peers
                        .iter()
                        .try_for_each(|peer| tx.delete_peer(&peer.device).map(|_| ()))
                })
                .unwrap();
            store.close().unwrap();
            cast.keys.insert(who, *key.as_bytes());
            cast.certificates.insert(who, certificate);
        }
        cast
    }

    /// A second device of the resident's, restored from a copy: keys of its own, certified, the keys of everything
    /// wrapped for it.
    fn make_phone(&mut self) {
        let folder = copied(self.folders["lisa"].path());
        let key = keyfile::open(&folder.path().join("key.age"), PASSPHRASE).unwrap();
        let mut dice = Dice::new("phone");
        let device = DeviceSecrets::generate(&mut dice);
        let laptop = Forger::read(folder.path(), &key, self.dossier, "laptop");
        let certificate = laptop.root.certify(&device).unwrap();
        let log = laptop.open(CompartmentId::DOSSIER, Lane::Log, OpId::OWNER);
        laptop.operation(
            log,
            Operation::Device {
                certificate: certificate.clone(),
                holder: None,
            },
        );
        for compartment in laptop.compartments() {
            for key in laptop.keys(compartment).values() {
                laptop.wrap(compartment, key, &certificate);
            }
        }
        for (home, key) in [(&self.folders["lisa"], &key), (&folder, &key)] {
            saved(&laptop, home, key, |_| true);
        }
        // The others have heard of it before anything begins.
        for (who, _, _) in PEOPLE {
            let home = &self.folders[who];
            let key = keyfile::open(&home.path().join("key.age"), PASSPHRASE).unwrap();
            saved(&laptop, home, &key, |place| place == CompartmentId::DOSSIER);
        }
        let mut store = Store::open(folder.path(), &key).unwrap();
        store
            .transact::<_, dossier_store::StoreError>(|tx| {
                tx.set_meta("device", &device.to_bytes())?;
                tx.set_meta("certificate", &certificate.to_bytes())
            })
            .unwrap();
        store.close().unwrap();
        self.folders.insert("phone", folder);
    }
}

/// The same key under the same passphrase, without the work that makes guessing slow.
fn cheap_key_file(folder: &TempDir, key: &DbKey) {
    let mut recipient = age::scrypt::Recipient::new(PASSPHRASE.to_owned().into());
    recipient.set_work_factor(2);
    let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient)).unwrap();
    let mut file = Vec::new();
    let mut writer = encryptor.wrap_output(&mut file).unwrap();
    writeln!(writer, "{}", ItemHash(*key.as_bytes()).to_hex()).unwrap();
    writer.finish().unwrap();
    std::fs::write(folder.path().join("key.age"), file).unwrap();
}

fn saved(forger: &Forger, folder: &TempDir, key: &DbKey, places: impl Fn(CompartmentId) -> bool) {
    let mut store = Store::open(folder.path(), key).unwrap();
    forger.save(&mut store, places);
    store.close().unwrap();
}

fn copied(from: &std::path::Path) -> TempDir {
    let folder = TempDir::new().unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
    }
    folder
}

fn sections_of(person: &Person) -> BTreeMap<String, CompartmentId> {
    let verified = person.ask(Request::Verify);
    let of = |one: &Value| {
        let section = one["section"].as_str()?.to_owned();
        let id = CompartmentId::from_hex(one["compartment"].as_str()?).ok()?;
        (one["side"] == "wat").then_some((section, id))
    };
    verified["compartments"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(of)
        .collect()
}

/// One test's copy of everything.
pub struct Stage {
    cast: &'static Cast,
    addresses: Mutex<BTreeMap<&'static str, Vec<String>>>,
}

impl Stage {
    pub async fn set() -> Self {
        Self {
            cast: CAST.get_or_init(Cast::make).await,
            addresses: Mutex::default(),
        }
    }

    /// The content side of a section.
    pub fn section(&self, section: &str) -> CompartmentId {
        self.cast.sections[section]
    }

    pub fn certificate(&self, who: &str) -> &Certificate {
        &self.cast.certificates[who]
    }

    /// Item id of Karin's note.
    pub fn note(&self) -> &str {
        &self.cast.note
    }

    fn key(&self, who: &str) -> DbKey {
        DbKey::from_bytes(self.cast.keys[who])
    }

    /// Somebody's program, offline. It knows where everybody is who is online by now, and nobody else.
    pub async fn seat(&self, who: &'static str) -> Person {
        self.seat_in(who, self.folder(who)).await
    }

    /// A copy of somebody's folder, as it was when everybody was last together.
    pub fn folder(&self, who: &str) -> TempDir {
        copied(self.cast.folders[who].path())
    }

    /// As [`Self::seat`], on a given folder.
    pub async fn seat_in(&self, who: &str, folder: TempDir) -> Person {
        let mut store = Store::open(folder.path(), &self.key(who)).unwrap();
        let addresses = self.addresses.lock().unwrap().clone();
        let held: Vec<DeviceId> = store.peers().unwrap().iter().map(|peer| peer.device).collect();
        store
            .transact::<_, dossier_store::StoreError>(|tx| {
                for device in &held {
                    tx.delete_peer(device)?;
                }
                for (other, addresses) in addresses.iter().filter(|(other, _)| **other != who) {
                    let certificate = self.certificate(other);
                    tx.put_peer(&Peer {
                        device: certificate.device,
                        principal: certificate.root,
                        endpoint: certificate.endpoint,
                        name: Some((*other).to_owned()),
                        addresses: addresses.join("\n").into_bytes(),
                        last_seen_ms: 0,
                    })?;
                }
                Ok(())
            })
            .unwrap();
        store.close().unwrap();
        Person::start(folder).await
    }

    /// Lets somebody who was seated connect to everybody they know of.
    pub async fn connect(&self, who: &'static str, person: &Person) {
        let addresses = person.online().await;
        self.addresses.lock().unwrap().insert(who, addresses);
    }

    /// Somebody's program, online.
    pub async fn arrive(&self, who: &'static str) -> Person {
        let person = self.seat(who).await;
        self.connect(who, &person).await;
        person
    }

    /// A program of somebody's that does what it likes.
    pub fn forger(&self, who: &'static str) -> Forger {
        self.forger_in(who, &self.folder(who))
    }

    /// As [`Self::forger`], on a given folder.
    pub fn forger_in(&self, who: &'static str, folder: &TempDir) -> Forger {
        let forger = Forger::read(folder.path(), &self.key(who), self.cast.dossier, who);
        forger.knows(self.cast.certificates.values());
        forger
    }

    /// Lets a forger hand over what it has, and waits until the other has heard all of it.
    pub async fn visit(&self, forger: &Forger, whom: &'static str) {
        forger.visit(self.certificate(whom), &self.addresses(whom)).await;
    }

    /// Whether somebody's folder holds the bytes of an item, hidden or not; their program is stopped.
    pub fn holds_body(&self, who: &str, folder: &TempDir, at: &Position) -> bool {
        let store = Store::open(folder.path(), &self.key(who)).unwrap();
        let held = store.item(at).unwrap().unwrap().body.is_some();
        store.close().unwrap();
        held
    }

    /// Puts what a forger made into somebody's folder, as if it had been there when the program stopped.
    pub fn save(&self, forger: &Forger, who: &str, folder: &TempDir) {
        saved(forger, folder, &self.key(who), |_| true);
    }

    /// Where somebody who is online listens.
    pub fn addresses(&self, who: &str) -> Vec<String> {
        self.addresses.lock().unwrap()[who].clone()
    }
}

/// A person who is not in any dossier yet.
pub fn stranger(name: &str) -> (RootSecret, DeviceSecrets, Certificate) {
    use dossier_trust::identity::Random;
    let mut dice = Dice::new(name);
    let root = RootSecret::from_entropy(dice.array());
    let device = DeviceSecrets::generate(&mut dice);
    let certificate = root.certify(&device).unwrap();
    (root, device, certificate)
}

/// Waits until it is so, looking again whenever something happened at one of these people's.
pub async fn until(people: &[&Person], mut reached: impl FnMut() -> Result<(), String>) {
    let happened = Arc::new(Notify::new());
    let listeners: Vec<_> = people
        .iter()
        .map(|person| {
            let (mut events, happened) = (person.app.subscribe(), happened.clone());
            tokio::spawn(async move {
                while !matches!(
                    events.recv().await,
                    Err(tokio::sync::broadcast::error::RecvError::Closed)
                ) {
                    happened.notify_one();
                }
            })
        })
        .collect();
    let end = tokio::time::Instant::now() + PATIENCE;
    while let Err(missing) = tokio::task::block_in_place(&mut reached) {
        let waited = tokio::time::timeout_at(end, happened.notified()).await;
        assert!(waited.is_ok(), "this never came to be: {missing}");
    }
    for listener in listeners {
        listener.abort();
    }
}

/// What a person's copy of a section comes to, and what waits outside of it.
fn comes_to(person: &Person, section: &str) -> Value {
    let verified = person.ask(Request::Verify);
    assert_eq!(verified["faults"], json!([]));
    let all = verified["compartments"].as_array().unwrap();
    let one = all
        .iter()
        .find(|one| one["section"] == section && one["side"] == "wat")
        .unwrap_or_else(|| panic!("no {section}"));
    json!([one["hash"], one["changes"], one["records"], one["waiting"]])
}

/// Waits until everybody's copy of a section comes to the same: document, records, and what waits outside.
pub async fn agree(people: &[&Person], section: &str) {
    until(people, || {
        let states: Vec<Value> = people.iter().map(|person| comes_to(person, section)).collect();
        if states.iter().all(|state| *state == states[0]) {
            Ok(())
        } else {
            Err(format!("one {section}: {states:?}"))
        }
    })
    .await;
    let waiting: BTreeSet<String> = people
        .iter()
        .map(|person| {
            let mut waiting: Vec<String> = waiting_in(person, section)
                .iter()
                .map(|(item, who, reason)| format!("{item} {who} {reason}"))
                .collect();
            waiting.sort();
            waiting.join("\n")
        })
        .collect();
    assert_eq!(waiting.len(), 1, "not the same waits outside: {waiting:?}");
}

/// What waits outside: item, who, why.
pub fn waiting_in(person: &Person, section: &str) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = person.ask(Request::Quarantine { dossier: None });
    let of_section = all.as_array().unwrap().iter().filter(|one| one["section"] == section);
    of_section
        .map(|one| (text(&one["item"]), text(&one["who"]), text(&one["reason"])))
        .collect()
}

/// Reasons for which somebody's work in the plan waits outside.
pub fn reasons(person: &Person, who: &str) -> Vec<String> {
    let waiting = waiting_in(person, "plan");
    let theirs = waiting.into_iter().filter(|(_, author, _)| author == who);
    let mut reasons: Vec<String> = theirs.map(|(_, _, reason)| reason).collect();
    reasons.sort();
    reasons
}

/// Waits until exactly this waits outside in the plan of everybody named, of one author.
pub async fn waits(people: &[&Person], who: &str, expected: &[&str]) {
    until(people, || {
        for (at, person) in people.iter().enumerate() {
            let found = reasons(person, who);
            if found != expected {
                return Err(format!("person {at}: {found:?} instead of {expected:?}"));
            }
        }
        Ok(())
    })
    .await;
}

/// Waits until everybody sees a field of an item so.
pub async fn see(people: &[&Person], id: &str, field: &str, value: &str) {
    until(people, || {
        for (at, person) in people.iter().enumerate() {
            let found = crate::world::find(&person.show(), id).unwrap_or_default();
            if found[field] != json!(value) {
                return Err(format!("person {at}: {id} {field} is {} and not {value}", found[field]));
            }
        }
        Ok(())
    })
    .await;
}

/// The log has a line that something of this person's was refused, and why.
pub fn logged(person: &Person, who: &str, reason: &str) -> bool {
    let log = person.ask(Request::Log {
        dossier: None,
        person: Some(who.into()),
        since: None,
    });
    let lines = log.as_array().unwrap();
    lines
        .iter()
        .any(|line| line["deed"] == "refused" && line["reason"] == json!(reason))
}

/// Everybody goes on: what each of the writers changes now arrives at all, and all come to the same.
pub async fn go_on(writers: &[&Person], all: &[&Person]) {
    for (at, writer) in writers.iter().enumerate() {
        let text = format!("Verder met {at}");
        writer.set("g-1", json!({"why": text.clone()}));
        see(all, "g-1", "why", &text).await;
    }
    agree(all, "plan").await;
}
