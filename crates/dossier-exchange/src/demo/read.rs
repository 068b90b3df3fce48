//! Reading a family.

use std::collections::{BTreeMap, BTreeSet};

use dossier_model::item::{self, BROUGHT_ALONG, Element, GROUPS, OTHER_PREFIX, Shape, assign_id};
use dossier_model::place::is_group_rest;
use dossier_model::{Item, SectionId, place};
use serde_json::{Map, Value, json};

use super::access::AccessEntry;
use super::{DemoError, DemoReason, FORMAT, Family, LITERAL, MAX_FILE, PlacedItem};

/// Reads a family.
///
/// # Errors
/// [`DemoError`] with line and column: empty, too large, broken UTF-8, cut off, not JSON, nested too deep, no object, or
/// another format.
pub fn read(json: &[u8]) -> Result<Family, DemoError> {
    let root = parse(json)?;
    let mut cut = Cut {
        taken: BTreeSet::new(),
        found: Vec::new(),
        lists: BTreeSet::new(),
        ones: BTreeSet::new(),
    };
    let mut literal = Map::new();
    let mut groups = BTreeSet::new();
    for (key, value) in &root {
        if LITERAL.contains(&key.as_str()) {
            literal.insert(key.clone(), value.clone());
        } else if let (true, Value::Object(group)) = (GROUPS.contains(&key.as_str()), value) {
            groups.insert(key.clone());
            cut.group(key, group);
        } else {
            cut.key(key, value);
        }
    }
    let owner = root
        .get("dossier")
        .and_then(|d| d.get("owner_person_id"))
        .and_then(Value::as_str);
    let sections = sections(&root);
    let known: BTreeSet<SectionId> = sections.iter().map(|(id, _)| id.clone()).collect();
    let items = cut
        .found
        .into_iter()
        .map(|mut item| {
            item.source = by_others(&item, owner).then(|| BROUGHT_ALONG.to_owned());
            let placement = place(&item.kind, &item.fields, &known);
            PlacedItem { item, placement }
        })
        .collect();
    Ok(Family {
        items,
        skeleton: json!({
            "version": 1,
            "literal": literal,
            "groups": groups,
            "lists": cut.lists,
            "ones": cut.ones,
        }),
        sections,
        access: elements(&root, "access").filter_map(AccessEntry::read).collect(),
        names: elements(&root, "people")
            .filter_map(|person| {
                let text = |key| person.get(key).and_then(Value::as_str).map(str::to_owned);
                Some((text("id")?, text("name")?))
            })
            .collect::<BTreeMap<_, _>>(),
        owner: owner.map(str::to_owned),
        title: root
            .get("dossier")
            .and_then(|d| d.get("title"))
            .and_then(Value::as_str)
            .map(str::to_owned),
        anchor_date: root.get("anchor_date").and_then(Value::as_str).map(str::to_owned),
    })
}

fn parse(json: &[u8]) -> Result<Map<String, Value>, DemoError> {
    let at = |offset: usize, reason| {
        let before = json.get(..offset).unwrap_or(json);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        DemoError { line, column, reason }
    };
    if json.len() > MAX_FILE {
        return Err(DemoError {
            line: 1,
            column: 1,
            reason: DemoReason::TooLarge,
        });
    }
    // Some editors on Windows begin a UTF-8 file with a mark.
    let body = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let text = std::str::from_utf8(body)
        .map_err(|error| at(json.len() - body.len() + error.valid_up_to(), DemoReason::NotUtf8))?;
    if text.trim().is_empty() {
        return Err(at(0, DemoReason::Empty));
    }
    let root: Value = serde_json::from_str(text).map_err(|error| {
        let reason = if error.is_eof() {
            DemoReason::CutOff
        } else {
            DemoReason::NotJson(without_place(&error))
        };
        DemoError {
            line: error.line(),
            column: error.column(),
            reason,
        }
    })?;
    let Value::Object(root) = root else {
        let first = json.iter().position(|byte| !byte.is_ascii_whitespace());
        return Err(at(first.unwrap_or(0), DemoReason::NotAnObject));
    };
    if root.get("format").and_then(Value::as_str) != Some(FORMAT) {
        let named = text
            .find("\"format\"")
            .map_or(0, |found| json.len() - body.len() + found);
        return Err(at(named, DemoReason::WrongFormat));
    }
    Ok(root)
}

/// The parser's message; line and column have fields of their own.
fn without_place(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message
        .rfind(" at line ")
        .and_then(|end| message.get(..end))
        .unwrap_or(&message)
        .to_owned()
}

fn elements<'r>(root: &'r Map<String, Value>, key: &str) -> impl Iterator<Item = &'r Value> {
    root.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn sections(root: &Map<String, Value>) -> Vec<(SectionId, Option<String>)> {
    let mut seen = BTreeSet::new();
    elements(root, "sections")
        .filter_map(|section| {
            let id = SectionId::new(section.get("id")?.as_str()?).ok()?;
            let label = section.get("label").and_then(Value::as_str).map(str::to_owned);
            seen.insert(id.clone()).then_some((id, label))
        })
        .collect()
}

/// History brought along: the access table, the log, and what somebody other than the resident wrote.
fn by_others(item: &Item, owner: Option<&str>) -> bool {
    if matches!(item.kind.as_str(), "access" | "access_log") {
        return true;
    }
    let writers = [
        "author",
        "created_by",
        "rater_id",
        "asked_by",
        "requested_by",
        "speaker",
        "source_person",
        "confirmed_by",
        "by",
    ];
    writers
        .iter()
        .find_map(|key| item.fields.get(*key).and_then(Value::as_str))
        .is_some_and(|writer| Some(writer) != owner)
}

struct Cut {
    taken: BTreeSet<String>,
    found: Vec<Item>,
    lists: BTreeSet<String>,
    ones: BTreeSet<String>,
}

impl Cut {
    fn push(&mut self, kind: &str, index: usize, order: Option<f64>, fields: Value) {
        let id = assign_id(kind, index, &fields, &mut self.taken);
        self.found.push(Item {
            id,
            kind: kind.to_owned(),
            order,
            fields,
            source: None,
            from: None,
        });
    }

    fn key(&mut self, key: &str, value: &Value) {
        // A dot in a key of the file is not a group of ours.
        let known = item::kind(key).filter(|kind| !kind.name.contains('.'));
        match (known, value) {
            (Some(kind), Value::Array(list)) if kind.shape == Shape::Many => self.list(kind.name, list),
            (Some(kind), value) => self.one(kind.name, value),
            (None, value) => self.one(&format!("{OTHER_PREFIX}{key}"), value),
        }
    }

    fn list(&mut self, kind: &str, list: &[Value]) {
        self.lists.insert(kind.to_owned());
        for (index, fields) in list.iter().enumerate() {
            // Positions in a file are small enough to be exact.
            #[allow(clippy::cast_precision_loss)]
            self.push(kind, index, Some(index as f64), fields.clone());
        }
    }

    fn one(&mut self, kind: &str, value: &Value) {
        self.ones.insert(kind.to_owned());
        self.push(kind, 0, None, value.clone());
    }

    /// `health` and `money`: their lists become items; what is left is one item, or two when part of it was not expected.
    fn group(&mut self, key: &str, group: &Map<String, Value>) {
        let (mut rest, mut odd) = (Map::new(), Map::new());
        for (name, value) in group {
            let kind = item::kind(&format!("{key}.{name}")).filter(|kind| kind.element == Element::Object);
            match (kind, value) {
                (Some(kind), Value::Array(list)) => self.list(kind.name, list),
                (_, value) => {
                    let single = Map::from_iter([(name.clone(), value.clone())]);
                    if is_group_rest(key, &single) {
                        rest.extend(single)
                    } else {
                        odd.extend(single)
                    }
                }
            }
        }
        for (index, part) in [rest, odd].into_iter().enumerate() {
            if !part.is_empty() {
                self.push(key, index, None, Value::Object(part));
            }
        }
    }
}
