//! What each of the people of a family's access table sees, and what they do not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use dossier_app::contract::Request;
use dossier_exchange::demo;
use dossier_exchange::demo::AccessEntry;
use dossier_model::{SectionId, Side, Storage};
use serde_json::{Value, json};

use crate::world::{Person, find, invite, settle};

/// What a grant should show, worked out from the file alone: item id → whether this person may read it.
fn expected(family: &demo::Family, entry: &AccessEntry) -> BTreeMap<String, bool> {
    let level = |section: &SectionId, side: Side| {
        entry
            .scopes
            .iter()
            .any(|scope| scope.section == *section && (scope.side == Side::Wat || side == Side::Dat))
    };
    let mut found = BTreeMap::new();
    for placed in &family.items {
        let Some(section) = placed.placement.place.section() else {
            found.insert(placed.item.id.clone(), false);
            continue;
        };
        let side = placed.placement.place.side().unwrap();
        let mut may = level(section, side) && entry.only_about.is_none();
        if let Storage::Record { audience, also_needs } = &placed.placement.storage {
            may &= audience
                .as_ref()
                .is_none_or(|audience| audience.contains(&entry.person_id));
            may &= also_needs.iter().all(|other| level(other, Side::Wat));
        }
        found.insert(placed.item.id.clone(), may);
    }
    found
}

/// Every text of an item that is long enough to be told from others.
fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.chars().count() >= 24 && text.contains(' ') => {
            found.insert(text.clone());
        }
        Value::Array(list) => list.iter().for_each(|one| texts(one, found)),
        Value::Object(map) => map.values().for_each(|one| texts(one, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_person_of_the_access_table_sees_exactly_what_the_grant_says() {
    for file in [demo::LISA, demo::SAM] {
        let family = demo::read(file.as_bytes()).unwrap();
        let owner = Person::new("De bewoner");
        owner.load(file);
        let hints = owner.online().await;
        let entries: Vec<&AccessEntry> = family.access.iter().filter(|entry| !entry.is_closed()).collect();
        assert!(entries.len() >= 6);
        let mut guests = Vec::new();
        for entry in &entries {
            let guest = Person::new(&entry.person_id);
            guest.online().await;
            invite(&owner, &hints, &guest, &entry.person_id).await;
            guests.push(guest);
        }
        let start = Instant::now();
        let mut all: Vec<&Person> = vec![&owner];
        all.extend(&guests);
        settle(&all).await;
        eprintln!("{} people up to date after {:?}", guests.len(), start.elapsed());
        for (entry, guest) in entries.iter().zip(&guests) {
            let view = guest.show();
            let wanted = expected(&family, entry);
            for (id, may) in &wanted {
                assert_eq!(find(&view, id).is_some(), *may, "{} and {id}", entry.person_id);
            }
            // Whatever this person may not read is nowhere in what the program holds, not even sealed in a view.
            // Everybody who is let in learns the title and who the resident is.
            let mut open: BTreeSet<String> = family.title.iter().chain(family.names.get("p-lisa")).cloned().collect();
            let mut shut = BTreeSet::new();
            for placed in &family.items {
                let into = if wanted[&placed.item.id] { &mut open } else { &mut shut };
                texts(&placed.item.fields, into);
            }
            let whole = view.to_string();
            let hidden = shut
                .iter()
                .filter(|text| !open.iter().any(|one| one.contains(text.as_str())));
            for text in hidden {
                let quoted = json!(text).to_string();
                assert!(
                    !whole.contains(quoted.trim_matches('"')),
                    "{} reads {text}",
                    entry.person_id
                );
            }
            if let Some(people) = &entry.only_about {
                let blocks: Vec<&Value> = view["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|item| item["kind"] == "busy")
                    .collect();
                let about = |item: &Value| {
                    let attendees = item["attendees"].as_array().cloned().unwrap_or_default();
                    attendees.iter().any(|one| people.iter().any(|person| one == person))
                };
                let source: Value = serde_json::from_str(file).unwrap();
                let wanted = source["appointments"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|one| about(one))
                    .count();
                assert_eq!(
                    blocks.len(),
                    wanted,
                    "{}: only what is about the children",
                    entry.person_id
                );
            }
            assert_eq!(guest.ask(Request::Verify)["ok"], json!(true));
        }
        let closed = family.access.iter().find(|entry| entry.is_closed());
        if let Some(closed) = closed {
            let invite = dossier_app::contract::Invite {
                person: Some(closed.person_id.clone()),
                ..Default::default()
            };
            assert_eq!(
                owner.refused(Request::Invite(invite)).code,
                dossier_app::contract::FaultCode::NotAllowed
            );
        }
    }
}
