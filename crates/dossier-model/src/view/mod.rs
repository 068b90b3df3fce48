//! Document items and records put together into what a reader sees.
//!
//! [`assemble`] is a pure function of the *set* of its input: the order in which sections, items and records arrive does
//! not matter, and a record that was posted twice shows once.

mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::agenda;
use crate::item::{self, BROUGHT_ALONG, BUSY_KIND};
use crate::layout::{AlsoSaid, DocItem};
use crate::record::{RecordContent, Verdict};
use crate::section::{Place, Side};
pub use versions::may_replace;

/// Who signed a record, as the caller has verified it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Author {
    /// Person id inside the dossier; none when the resident has not linked this person to an entry.
    pub person: Option<String>,
    /// One of the resident's own devices.
    pub is_owner: bool,
    /// May change items of others in the section where the record lies.
    pub may_edit: bool,
}

impl Author {
    /// True when both are certainly the same person.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        (self.is_owner && other.is_owner) || (self.person.is_some() && self.person == other.person)
    }
}

/// A record that counts and could be opened.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordIn {
    /// Id (hex): hash of the record.
    pub record_id: String,
    /// Who signed it.
    pub author: Author,
    /// What it says.
    pub content: RecordContent,
    /// When its author says it was written, RFC 3339.
    pub at: String,
}

/// What this reader has of one compartment.
#[derive(Debug, Clone, PartialEq)]
pub struct SectionContent {
    /// Which compartment.
    pub place: Place,
    /// Items of its document.
    pub doc_items: Vec<Arc<DocItem>>,
    /// Its records.
    pub records: Vec<RecordIn>,
}

/// Where an item comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Person id inside the dossier.
    pub author: Option<String>,
    /// [`BROUGHT_ALONG`], an organisation or import for a copied fact, none for own work.
    pub source: Option<String>,
    /// A date or RFC 3339, as given.
    pub date: Option<String>,
}

/// One item as a reader sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownItem {
    /// The compartment it lies in.
    pub place: Place,
    /// Id. A record that uses an id which is taken gets `~` and the beginning of its record id behind it.
    pub id: String,
    /// Kind.
    pub kind: String,
    /// Position among its kind.
    pub order: Option<f64>,
    /// Fields, with reactions, progress and "seen" in place.
    pub fields: Value,
    /// Author, source, date.
    pub provenance: Provenance,
    /// Values that were also said.
    pub also_said: Vec<AlsoSaid>,
    /// Written by somebody other than the resident into their own record, and not taken over into the document.
    pub contribution: bool,
    /// Id of the record that holds it (its latest version); none for an item of the document.
    pub record: Option<String>,
    /// Who signed the first version of that record.
    pub author: Option<Author>,
}

impl ShownItem {
    /// Section id as text; empty for the owner-only compartment.
    #[must_use]
    pub fn section(&self) -> &str {
        self.place.section().map_or("", |section| section.as_str())
    }

    /// A field that is a text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.fields.get(key).and_then(Value::as_str)
    }

    /// The texts in a field that is a list.
    #[must_use]
    pub fn texts(&self, key: &str) -> Vec<&str> {
        let list = self.fields.get(key).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

/// Everything that a reader sees of a dossier.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dossier {
    /// Items: by compartment, kind, position and id.
    pub items: Vec<ShownItem>,
    /// Person id inside the dossier → name.
    pub names: BTreeMap<String, String>,
    /// Records that point at something that this reader does not have.
    pub unplaced: u32,
}

impl Dossier {
    /// The item with this id.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<&ShownItem> {
        self.items.iter().find(|item| item.id == id)
    }

    /// Items of one kind, in order of position.
    pub fn of_kind<'d>(&'d self, kind: &'d str) -> impl Iterator<Item = &'d ShownItem> + 'd {
        let mut found: Vec<&ShownItem> = self.items.iter().filter(|item| item.kind == kind).collect();
        found.sort_by(|a, b| position(a.order, b.order).then_with(|| a.id.cmp(&b.id)));
        found.into_iter()
    }

    /// Items of one section, both sides.
    pub fn of_section<'d>(&'d self, section: &'d str) -> impl Iterator<Item = &'d ShownItem> + 'd {
        self.items.iter().filter(move |item| item.section() == section)
    }

    /// Name of a person, if this reader may know it.
    #[must_use]
    pub fn name(&self, person: &str) -> Option<&str> {
        self.names.get(person).map(String::as_str)
    }
}

/// Items without a position come after those with one.
pub(crate) fn position(a: Option<f64>, b: Option<f64>) -> std::cmp::Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => std::cmp::Ordering::Less,
        (None, Some(_)) => std::cmp::Ordering::Greater,
        (None, None) => std::cmp::Ordering::Equal,
    }
}

/// Puts everything that a reader holds together. `names` are names that the caller knows from elsewhere (certificates);
/// the entries in the dossier itself go first.
#[must_use]
pub fn assemble(sections: &[SectionContent], names: &BTreeMap<String, String>) -> Dossier {
    let records = versions::once(sections);
    let removed = versions::removed(&records);
    let mut from_documents: Vec<(&Place, &DocItem)> = sections
        .iter()
        .flat_map(|section| section.doc_items.iter().map(|item| (&section.place, &**item)))
        .collect();
    from_documents.sort_by(|(place, a), (other, b)| (place, &a.item.id).cmp(&(other, &b.item.id)));
    let mut taken_over: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, (_place, doc_item)) in from_documents.iter().enumerate() {
        if let Some(from) = &doc_item.item.from {
            taken_over.entry(from).or_default().push(index);
        }
    }
    let mut items: Vec<ShownItem> = from_documents
        .iter()
        .map(|(place, doc_item)| shown_doc_item(place, doc_item))
        .collect();
    let mut ids: BTreeSet<String> = items.iter().map(|item| item.id.clone()).collect();
    let mut by_record: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unplaced = 0u32;
    for version in versions::latest(&records, &removed) {
        // Only an editor of the same section can take a contribution over, and nobody a voice.
        let over: Vec<usize> = version
            .chain
            .iter()
            .filter_map(|id| taken_over.get(*id))
            .flatten()
            .copied()
            .filter(|index| items.get(*index).is_some_and(|item| version.may_become(item)))
            .collect();
        let index = if let Some(first) = over.first() {
            for index in &over {
                if let Some(item) = items.get_mut(*index) {
                    version.tell_taken_over(item);
                }
            }
            *first
        } else {
            let mut item = version.shown();
            if !ids.insert(item.id.clone()) {
                let mark: String = version.head.record.record_id.chars().take(8).collect();
                item.id = format!("{}~{mark}", item.id);
                ids.insert(item.id.clone());
            }
            items.push(item);
            items.len() - 1
        };
        for id in &version.chain {
            by_record.insert(id, index);
        }
    }
    let by_item: BTreeMap<String, usize> = items
        .iter()
        .enumerate()
        .rev()
        .map(|(index, item)| (item.id.clone(), index))
        .collect();
    for placed in &records {
        if removed.contains(placed.record.record_id.as_str()) {
            continue;
        }
        let Some(target) = annotation_target(&placed.record.content) else {
            continue;
        };
        let index = by_record.get(target).or_else(|| by_item.get(target));
        let Some(item) = index.and_then(|index| items.get_mut(*index)) else {
            unplaced = unplaced.saturating_add(1);
            continue;
        };
        if !annotate(item, placed.record) {
            unplaced = unplaced.saturating_add(1);
        }
    }
    drop_doubled_busy_blocks(&mut items);
    items.sort_by(|a, b| {
        (&a.place, &a.kind)
            .cmp(&(&b.place, &b.kind))
            .then_with(|| position(a.order, b.order))
            .then_with(|| a.id.cmp(&b.id))
    });
    let mut names = names.clone();
    for person in items.iter().filter(|item| item.kind == "people") {
        if let (Some(id), Some(name)) = (person.text("id"), person.text("name")) {
            names.insert(id.to_owned(), name.to_owned());
        }
    }
    Dossier { items, names, unplaced }
}

fn annotation_target(content: &RecordContent) -> Option<&str> {
    match content {
        RecordContent::Reaction { target, .. }
        | RecordContent::Update { target, .. }
        | RecordContent::Seen { target, .. } => Some(target),
        RecordContent::Item(_) | RecordContent::Removed { .. } => None,
    }
}

/// Who says it: the verified signer; for what the resident brought along, whoever the content names.
fn speaker(author: &Author, by: Option<&String>) -> Value {
    let claimed = if author.is_owner {
        by.or(author.person.as_ref())
    } else {
        author.person.as_ref()
    };
    claimed.map_or(Value::Null, |person| Value::String(person.clone()))
}

/// Puts an answer, a line of progress or a "seen" in its item. False when the item has no room for it.
fn annotate(item: &mut ShownItem, record: &RecordIn) -> bool {
    let Some(fields) = item.fields.as_object_mut() else {
        return false;
    };
    match &record.content {
        RecordContent::Reaction {
            by,
            date,
            text,
            verdict,
            ..
        } => {
            let mut line = json!({"by": speaker(&record.author, by.as_ref()), "date": date, "text": text});
            if let (Some(verdict), Some(line)) = (verdict, line.as_object_mut()) {
                let word = match verdict {
                    Verdict::Klopt => "klopt",
                    Verdict::KloptNiet => "klopt_niet",
                    Verdict::Zeggen => "zeggen",
                };
                line.insert("verdict".to_owned(), Value::from(word));
            }
            append(fields, "reactions", line)
        }
        RecordContent::Update { by, date, text, .. } => append(
            fields,
            "updates",
            json!({"date": date, "by": speaker(&record.author, by.as_ref()), "text": text}),
        ),
        RecordContent::Seen { date, .. } => {
            let absent = fields.get("seen_by_owner").is_none_or(Value::is_null);
            if record.author.is_owner && absent {
                fields.insert("seen_by_owner".to_owned(), Value::String(date.clone()));
            }
            true
        }
        RecordContent::Item(_) | RecordContent::Removed { .. } => true,
    }
}

fn append(fields: &mut Map<String, Value>, key: &str, line: Value) -> bool {
    let list = fields.entry(key).or_insert_with(|| Value::Array(Vec::new()));
    if list.is_null() {
        *list = Value::Array(Vec::new());
    }
    list.as_array_mut().map(|list| list.push(line)).is_some()
}

fn shown_doc_item(place: &Place, doc_item: &DocItem) -> ShownItem {
    let item = &doc_item.item;
    let mut from = provenance(&item.fields, item.source.as_deref());
    let source = from.source.take();
    ShownItem {
        place: place.clone(),
        id: item.id.clone(),
        kind: item.kind.clone(),
        order: item.order,
        fields: item.fields.clone(),
        provenance: Provenance {
            // Nobody signed a voice that stands in a document.
            source: source.or_else(|| is_voice(&item.kind).then(|| BROUGHT_ALONG.to_owned())),
            ..from
        },
        also_said: doc_item.also_said.clone(),
        contribution: false,
        record: None,
        author: None,
    }
}

/// What the fields themselves say about where they come from.
fn provenance(fields: &Value, source: Option<&str>) -> Provenance {
    let first = |keys: &[&str]| {
        keys.iter()
            .find_map(|key| fields.get(*key)?.as_str())
            .map(str::to_owned)
    };
    Provenance {
        author: first(&[
            "author",
            "created_by",
            "rater_id",
            "asked_by",
            "requested_by",
            "speaker",
            "source_person",
            "by",
            "granted_by",
            "actor_id",
        ]),
        source: source
            .filter(|source| *source != BROUGHT_ALONG)
            .map(str::to_owned)
            .or_else(|| first(&["source", "source_org", "source_org_id"]))
            .or_else(|| source.map(str::to_owned)),
        date: first(&[
            "date",
            "created",
            "received",
            "at",
            "sent",
            "updated",
            "made_on",
            "confirmed_on",
            "start",
            "from",
            "since",
        ]),
    }
}

/// Who sees an appointment itself does not need to be told that the time is taken.
fn drop_doubled_busy_blocks(items: &mut Vec<ShownItem>) {
    let known: BTreeSet<String> = items
        .iter()
        .filter(|item| item.kind == "appointments" && item.place.side() == Some(Side::Wat))
        .map(|item| agenda::busy_id(&item.id))
        .collect();
    items.retain(|item| item.kind != BUSY_KIND || !known.contains(&item.id));
}

fn is_voice(kind: &str) -> bool {
    item::is_voice(kind)
}
