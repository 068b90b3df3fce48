//! Every person of a family's access table: what they may read is there, and nothing else is, anywhere in their
//! database opened with its own key.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use automerge::AutoCommit;
use dossier_exchange::demo::{self, AccessEntry, Family};
use dossier_model::{Place, Side, Storage};
use dossier_store::keyfile;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::Value;

use crate::stage::{Home, LISA, NOT_ALLOWED, join};

/// Shorter texts are found by chance.
const TELLING: usize = 10;

struct Neighbourhood {
    family: Family,
    people: BTreeMap<String, Home>,
}

/// The family with everybody who may look along, each in a home of their own. Made once for all tests here; what an
/// earlier run left is removed first.
fn neighbourhood() -> &'static Neighbourhood {
    static ALL: OnceLock<Neighbourhood> = OnceLock::new();
    ALL.get_or_init(|| {
        let folder = own_folder();
        let file = std::fs::read(keukentafel_tests::root().join(LISA)).unwrap();
        let family = demo::read(&file).unwrap();
        let lisa = Home::of(folder.join("p-lisa"), "Lisa Verhagen");
        lisa.load_lisa();
        let mut people = BTreeMap::new();
        for entry in family.access.iter().filter(|entry| !entry.is_closed()) {
            let id = &entry.person_id;
            let home = Home::at(folder.join(id));
            home.ask(&["init", "--name", &family.names[id]]);
            join(
                &lisa,
                &home,
                &["access", "invite", "--person", id, "--wait", "--yes-i-compared"],
            );
            people.insert(id.clone(), home);
        }
        lisa.refused(NOT_ALLOWED, &["access", "invite", "--person", "p-tim"]);
        let watching = lisa.watch();
        people.values().for_each(Home::sync);
        watching.stop();
        Neighbourhood { family, people }
    })
}

/// A folder for this run; those of runs that ended are removed.
fn own_folder() -> PathBuf {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("access-table");
    std::fs::create_dir_all(&all).unwrap();
    for entry in std::fs::read_dir(&all).unwrap() {
        let entry = entry.unwrap();
        if !Path::new("/proc").join(entry.file_name()).exists() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    let own = all.join(std::process::id().to_string());
    std::fs::create_dir(&own).unwrap();
    own
}

/// Every text that a home folder holds: each cell of each table, each document with its whole history, and what the
/// program itself shows.
pub fn everything(home: &Home) -> String {
    let mut found = String::new();
    let passphrase = std::fs::read_to_string(home.passphrase()).unwrap();
    let key = keyfile::open(&home.folder.join("key.age"), passphrase.trim()).unwrap();
    let connection = Connection::open(home.folder.join("dossier.db")).unwrap();
    let hex: String = key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    connection
        .execute_batch(&format!("PRAGMA key = \"x'{hex}'\"; PRAGMA cipher_page_size = 4096;"))
        .unwrap();
    let tables: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(tables.len() > 10, "{tables:?}");
    for table in &tables {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                match row.get_ref(column).unwrap() {
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                        found.push_str(&String::from_utf8_lossy(bytes));
                        found.push('\n');
                    }
                    ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => {}
                }
            }
        }
    }
    let saved: Vec<Vec<u8>> = connection
        .prepare("SELECT saved FROM documents")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for saved in saved {
        let mut document = AutoCommit::load(&saved).unwrap();
        for change in document.get_changes(&[]) {
            for operation in change.decode().operations {
                writeln!(found, "{operation:?}").unwrap();
            }
        }
    }
    drop(connection);
    let dossiers = home.ask(&["dossier", "list"]);
    found.push_str(&dossiers.to_string());
    if dossiers.as_array().is_some_and(|dossiers| !dossiers.is_empty()) {
        for words in [
            &["dossier", "show"][..],
            &["access", "list"],
            &["log"],
            &["sync", "status"],
            &["verify"],
        ] {
            let shown = home.run(words);
            found.push_str(&shown.out);
        }
    }
    found
}

fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            found.insert(text.clone());
        }
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Places that a person of the table may read: "wat" brings "dat".
fn places(entry: &AccessEntry) -> BTreeSet<(String, Side)> {
    let scopes = entry.scopes.iter().flat_map(|scope| {
        let both = [Side::Wat, Side::Dat];
        both.into_iter()
            .filter(|side| scope.side == Side::Wat || *side == Side::Dat)
            .map(|side| (scope.section.to_string(), side))
    });
    scopes.collect()
}

fn may_read(entry: &AccessEntry, place: &Place, storage: &Storage) -> bool {
    let Place::Section { section, side } = place else {
        return false;
    };
    let places = places(entry);
    let here = places.contains(&(section.to_string(), *side)) && entry.only_about.is_none();
    here && match storage {
        Storage::Document => true,
        Storage::Record { audience, also_needs } => {
            audience
                .as_ref()
                .is_none_or(|audience| audience.contains(&entry.person_id))
                && also_needs
                    .iter()
                    .all(|section| places.contains(&(section.to_string(), Side::Wat)))
        }
    }
}

fn check(person: &str) {
    let all = neighbourhood();
    let home = &all.people[person];
    let active: Vec<&AccessEntry> = all.family.access.iter().filter(|entry| !entry.is_closed()).collect();
    let entry = active.iter().find(|entry| entry.person_id == person).unwrap();
    let own_places = places(entry);

    // What may be known: what the grant names, who else reads there, and how the resident calls the dossier.
    let mut allowed = BTreeSet::new();
    let mut allowed_ids = BTreeSet::new();
    let mut forbidden = BTreeSet::new();
    for placed in &all.family.items {
        if may_read(entry, &placed.placement.place, &placed.placement.storage) {
            texts(&placed.item.fields, &mut allowed);
            allowed_ids.insert(placed.item.id.clone());
        } else {
            texts(&placed.item.fields, &mut forbidden);
        }
    }
    allowed.insert(all.family.title.clone().unwrap());
    allowed.insert(all.family.names["p-lisa"].clone());
    for other in &active {
        if other.person_id == person || places(other).intersection(&own_places).next().is_some() {
            allowed.insert(all.family.names[&other.person_id].clone());
            allowed.extend(other.purpose.clone());
            allowed.extend(other.role.clone());
            allowed.extend(other.hat.clone());
            allowed.extend(other.until.clone());
            allowed.insert(other.person_id.clone());
        }
    }
    // The agenda's "dat" side tells when, what kind of place, and which organisation.
    if own_places.contains(&("agenda".to_owned(), Side::Dat)) {
        for placed in all
            .family
            .items
            .iter()
            .filter(|placed| placed.item.kind == "appointments")
        {
            for key in ["start", "end", "location_kind", "org_id", "status"] {
                placed
                    .item
                    .fields
                    .get(key)
                    .iter()
                    .for_each(|value| texts(value, &mut allowed));
            }
        }
    }
    forbidden.extend(all.family.names.values().cloned());
    for (section, label) in &all.family.sections {
        if own_places.iter().any(|(own, _)| own == section.as_str()) {
            allowed.insert(section.to_string());
            allowed.extend(label.clone());
        } else {
            forbidden.extend(label.clone());
        }
    }
    let known = allowed.iter().cloned().collect::<Vec<_>>().join("\n");
    let forbidden: Vec<&String> = forbidden
        .iter()
        .filter(|text| text.chars().count() >= TELLING || all.family.names.values().any(|name| name == *text))
        .filter(|text| !known.contains(text.as_str()))
        .collect();
    assert!(forbidden.len() > 50, "hardly anything is kept from {person}");

    let held = everything(home);
    let found: Vec<&&String> = forbidden.iter().filter(|text| held.contains(text.as_str())).collect();
    assert!(
        found.is_empty(),
        "{person} holds what the grant does not give: {found:#?}"
    );

    // And everything that the grant does give.
    let shown = home.ask(&["dossier", "show"]);
    let shown_ids: BTreeSet<String> = shown["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect();
    let missing: Vec<&String> = allowed_ids.difference(&shown_ids).collect();
    assert!(missing.is_empty(), "{person} does not get {missing:?}");
    let family_ids: BTreeSet<&String> = all.family.items.iter().map(|placed| &placed.item.id).collect();
    let more: Vec<&String> = shown_ids
        .difference(&allowed_ids)
        .filter(|id| family_ids.contains(id))
        .collect();
    assert!(more.is_empty(), "{person} also gets {more:?}");
    for text in &allowed_ids {
        assert!(held.contains(text.as_str()), "the search itself misses {text}");
    }

    // Sections by name, here and in the list of dossiers.
    let verified = home.verified();
    let placed = verified["compartments"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["section"].as_str());
    let named: BTreeSet<&str> = placed.collect();
    let own: BTreeSet<&str> = own_places.iter().map(|(section, _)| section.as_str()).collect();
    if entry.only_about.is_none() {
        assert_eq!(named, own, "{person}");
    } else {
        assert!(named.is_subset(&own), "{person} can name {named:?}");
    }
}

macro_rules! one_test_per_grant {
    ($($name:ident: $person:literal,)*) => {
        $(#[test]
        fn $name() {
            check($person);
        })*

        #[test]
        fn every_living_grant_of_the_table_has_its_test() {
            let tested = BTreeSet::from([$($person.to_owned(),)*]);
            let people: BTreeSet<String> = neighbourhood().people.keys().cloned().collect();
            assert_eq!(people, tested);
        }
    };
}

one_test_per_grant! {
    karin_of_the_wijkteam: "p-karin",
    jeroen_of_youth_care: "p-jeroen",
    samira_of_debt_help: "p-samira",
    hendriks_the_gp: "p-hendriks",
    marleen_of_the_practice: "p-marleen",
    anouk_of_the_school: "p-anouk",
    ria_the_grandmother: "p-ria",
    joop_the_volunteer: "p-joop",
    rik_the_other_parent: "p-rik",
    noor_the_daughter: "p-noor",
    willem_who_supports_lisa: "p-willem",
    esther_who_left: "p-esther",
}

#[test]
fn the_other_parent_sees_when_the_children_have_something_and_no_more() {
    let all = neighbourhood();
    let children = ["p-noor", "p-daan", "p-mila"];
    let about_children = |fields: &Value| {
        let attendees = fields["attendees"].as_array().into_iter().flatten();
        attendees
            .filter_map(Value::as_str)
            .any(|person| children.contains(&person))
    };
    let wanted: BTreeSet<String> = all
        .family
        .items
        .iter()
        .filter(|placed| placed.item.kind == "appointments" && about_children(&placed.item.fields))
        .map(|placed| placed.item.fields["start"].as_str().unwrap().to_owned())
        .collect();
    let shown = all.people["p-rik"].ask(&["dossier", "show"]);
    let items = shown["items"].as_array().unwrap();
    let seen: BTreeSet<String> = items
        .iter()
        .map(|item| item["start"].as_str().unwrap().to_owned())
        .collect();
    assert!(!wanted.is_empty());
    assert_eq!(seen, wanted);
    assert!(
        items
            .iter()
            .all(|item| item["title"].is_null() && item["location"].is_null()),
        "{shown}"
    );
}
