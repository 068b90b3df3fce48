//! Who changed what, and when: the steps that made an item what it is.
//!
//! Steps come from what this reader can open: the changes of the documents, each told as its writer saw it, and the
//! versions of records with what was said about them. Clocks lie: a step stands after everything that its writer had
//! seen, and the time beside it is what the writer's device said.

use std::collections::{BTreeMap, BTreeSet};

use dossier_model::item::{BROUGHT_ALONG, is_voice};
use dossier_model::record::{RecordItem, Verdict};
use dossier_model::view::{RecordIn, may_replace};
use dossier_model::{Place, RecordContent, layout};
use dossier_trust::ids::{ChainId, DeviceId, DossierId, PrincipalId};
use dossier_trust::item::Open;
use dossier_trust::operation::OpId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::activity::level;
use crate::attachments::named_only;
use crate::clock::{end_of, rfc3339};
use crate::contract::{Fault, PersonRef};
use crate::home::Home;
use crate::replica::generations::Earlier;
use crate::replica::people::Person;
use crate::replica::{Compartment, Dossier};

/// Answer to [`crate::contract::Request::History`].
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct HistoryView {
    /// Item id.
    pub id: String,
    /// Section, if the item lies in one.
    pub section: Option<String>,
    /// Kind.
    pub kind: String,
    /// Oldest first; each after everything that its writer had seen.
    pub steps: Vec<StepView>,
}

/// One step.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct StepView {
    /// Its name (hex): of the change or the record.
    pub step: String,
    /// When, by the clock of whoever did it, RFC 3339; empty when they did not say.
    pub at: String,
    /// Who: person id inside the dossier or key, and the name if this reader may know it.
    pub who: PersonRef,
    /// Role, as the resident recorded it.
    pub role: Option<String>,
    /// Organisation.
    pub organisation: Option<String>,
    /// By which right: `eigenaar`, or the level of the grant.
    pub right: Option<String>,
    /// What was done.
    pub deed: StepDeed,
    /// The step that this one took back.
    pub undoes: Option<String>,
    /// What is different since.
    pub fields: Vec<FieldStep>,
}

/// What somebody did with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StepDeed {
    /// Wrote it.
    Added,
    /// Brought it along from before this dossier.
    BroughtAlong,
    /// Let it stand when the document began anew. Who wrote it is not kept, or not for this reader to see.
    Kept,
    /// Proposed it, with a right to add only.
    Contributed,
    /// Took somebody's proposal over.
    TakenOver,
    /// Changed it.
    Changed,
    /// Chose what stood there already, where several things were said at once.
    Chosen,
    /// Brought back what stood there before an earlier step.
    PutBack,
    /// Took it away.
    Removed,
    /// Answered it.
    Reacted,
    /// Took an answer back.
    TookBack,
    /// Said how far it is.
    Progress,
    /// Read it.
    Seen,
}

/// One field in a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FieldStep {
    /// Field path (`a.b`).
    pub field: String,
    /// What stood there; null for nothing.
    #[ts(type = "unknown")]
    pub before: Value,
    /// What stands there since; null for nothing.
    #[ts(type = "unknown")]
    pub after: Value,
}

/// A step before it is put into words for a reader.
struct Told {
    step: String,
    at: String,
    who: Option<PrincipalId>,
    /// With which device.
    device: Option<DeviceId>,
    right: Option<String>,
    deed: StepDeed,
    undoes: Option<String>,
    fields: Vec<FieldStep>,
    /// Fields of the whole item before and after; none where there was none.
    before: Option<Value>,
    after: Option<Value>,
    /// Names of the steps that come before this one.
    follows: BTreeSet<String>,
}

/// A record about the item, with where it lies.
struct Said<'d> {
    compartment: &'d Compartment,
    record: RecordIn,
    principal: PrincipalId,
    device: DeviceId,
    right: Option<String>,
    /// Where its author posted it.
    place: Option<(ChainId, u32)>,
}

impl Home {
    /// The steps that made an item what it is, as far as this reader can open them.
    ///
    /// # Errors
    /// [`crate::contract::FaultCode::NotFound`] for an item of which nothing is known here.
    pub fn history(&mut self, id: &DossierId, item: &str) -> Result<HistoryView, Fault> {
        let stands = |compartment: &Compartment| compartment.doc.item(item).is_some();
        let dossier = self.dossier(id)?;
        let gates = dossier.gates.clone();
        let somewhere = dossier.compartments.values().any(stands);
        let mut earlier = self.earlier_documents(id, |compartment| {
            gates.of(&compartment.id).is_none() && (!somewhere || stands(compartment))
        })?;
        let history = self.dossier(id)?.history(item, &mut earlier)?;
        if let Some(section) = &history.section {
            self.report_opened(id, std::slice::from_ref(section))?;
        }
        Ok(history)
    }
}

impl Dossier {
    fn history(&mut self, id: &str, earlier: &mut Earlier) -> Result<HistoryView, Fault> {
        let mut about: Option<(Option<Place>, String)> = None;
        let mut from: BTreeSet<String> = BTreeSet::new();
        let mut told: Vec<Told> = Vec::new();
        let gates = &self.gates;
        for compartment in self.compartments.values_mut() {
            if gates.of(&compartment.id).is_some() {
                continue;
            }
            let before = earlier.get_mut(&compartment.id).into_iter().flatten().rev();
            let mut documents: Vec<Vec<layout::Step>> = before.map(|doc| layout::steps(doc, id)).collect();
            documents.push(layout::steps(compartment.doc.as_it_stands(), id));
            let mut here: Vec<Told> = Vec::new();
            for steps in documents {
                if let Some(item) = steps
                    .iter()
                    .rev()
                    .find_map(|step| step.after.as_ref().or(step.before.as_ref()))
                {
                    about = Some((compartment.place().cloned(), item.kind.clone()));
                }
                from.extend(steps.iter().filter_map(|step| step.after.as_ref()?.from.clone()));
                go_on_from(&mut here, doc_steps(compartment, &steps));
            }
            told.extend(here);
        }
        let view = self.view();
        let shown = view.item(id);
        let held = shown.and_then(|item| item.record.clone());
        if let Some(item) = shown {
            about = Some((Some(item.place.clone()), item.kind.clone()));
        }
        let said = self.said();
        let family = family_of(&said, id, &|record| {
            held.as_ref() == Some(record) || from.contains(record) || (shown.is_none() && told.is_empty())
        });
        if about.is_none() {
            about = family.iter().find_map(|record| {
                let said = said.get(record)?;
                match &said.record.content {
                    RecordContent::Item(item) => Some((said.compartment.place().cloned(), item.kind.clone())),
                    RecordContent::Reaction { .. }
                    | RecordContent::Update { .. }
                    | RecordContent::Seen { .. }
                    | RecordContent::Removed { .. } => None,
                }
            });
        }
        told.extend(record_steps(&said, &family, id));
        for step in &mut told {
            tell_fields(step, &said);
        }
        let (place, kind) = about.ok_or_else(|| Fault::not_found(id))?;
        let mut told = in_order(told);
        put_back(&mut told);
        let people = self.people();
        let steps = told.into_iter().map(|step| {
            let team = step.who.zip(step.device).and_then(|(who, device)| {
                self.holder(&who, &device)?;
                Some(self.name_with(people.get(&who)?, &who, &device))
            });
            let mut shown = shown_step(step, &people, &view.names);
            shown.who.name = team.or(shown.who.name);
            shown
        });
        Ok(HistoryView {
            id: id.to_owned(),
            section: place.as_ref().and_then(Place::section).map(ToString::to_string),
            kind,
            steps: steps.collect(),
        })
    }

    /// Every record that counts and opens here, once.
    fn said(&self) -> BTreeMap<String, Said<'_>> {
        let people = self.people();
        let mut found = BTreeMap::new();
        for compartment in self.compartments.values() {
            if self.gates.of(&compartment.id).is_some() {
                continue;
            }
            for (id, opened) in &compartment.records {
                let Some(record) = self.record_in(compartment, &people, id, opened) else {
                    continue;
                };
                let author = &opened.record.author;
                let own = opened.posted.iter().find(|posted| posted.by == author.device);
                let open = own.and_then(|posted| compartment.chains.get(&posted.position.chain));
                found.entry(record.record_id.clone()).or_insert(Said {
                    compartment,
                    record,
                    principal: author.root,
                    device: author.device,
                    right: open.and_then(|chain| right_of(compartment, &chain.open)),
                    place: own.map(|posted| (posted.position.chain, posted.position.n)),
                });
            }
        }
        found
    }
}

/// By which right a chain was written.
fn right_of(compartment: &Compartment, open: &Open) -> Option<String> {
    if open.grant == OpId::OWNER {
        return Some("eigenaar".to_owned());
    }
    level(compartment.consent.grant(&open.grant).map(|grant| grant.right))
}

/// Steps in a document that began anew, after those in the one before it: what was kept there is no step of its own to
/// whoever sees how it came about.
fn go_on_from(told: &mut Vec<Told>, mut later: Vec<Told>) {
    if !told.is_empty() {
        let kept: BTreeSet<String> = later
            .iter()
            .filter(|step| step.deed == StepDeed::Kept)
            .map(|step| step.step.clone())
            .collect();
        let before: BTreeSet<String> = told.iter().map(|step| step.step.clone()).collect();
        later.retain(|step| !kept.contains(&step.step));
        for step in &mut later {
            if step.follows.iter().any(|name| kept.contains(name)) {
                step.follows.retain(|name| !kept.contains(name));
                step.follows.extend(before.iter().cloned());
            }
        }
    }
    told.extend(later);
}

fn doc_steps(compartment: &Compartment, steps: &[layout::Step]) -> Vec<Told> {
    let opening = compartment.openings();
    let told = steps.iter().filter_map(|step| {
        let chain = <[u8; 32]>::try_from(step.actor.to_bytes()).ok().map(ChainId)?;
        let open = &compartment.chains.get(&chain)?.open;
        let deed = match (&step.before, &step.after) {
            (None, None) => return None,
            (None, Some(_)) if opening.get(&chain).is_some_and(|upto| step.seq <= u64::from(*upto)) => StepDeed::Kept,
            (None, Some(item)) if item.from.is_some() => StepDeed::TakenOver,
            (None, Some(item)) if item.source.as_deref() == Some(BROUGHT_ALONG) => StepDeed::BroughtAlong,
            (None, Some(_)) => StepDeed::Added,
            (Some(_), None) => StepDeed::Removed,
            (Some(before), Some(after)) if before == after => StepDeed::Chosen,
            (Some(_), Some(_)) => StepDeed::Changed,
        };
        let fields = |item: &Option<dossier_model::Item>| item.as_ref().map(|item| item.fields.clone());
        let mut follows: BTreeSet<String> = step
            .follows
            .iter()
            .filter_map(|index| steps.get(*index))
            .map(|earlier| earlier.change.to_string())
            .collect();
        follows.extend(step.after.as_ref().and_then(|item| item.from.clone()));
        Some(Told {
            step: step.change.to_string(),
            at: u64::try_from(step.unix_seconds)
                .map(|seconds| rfc3339(seconds.saturating_mul(1000)))
                .unwrap_or_default(),
            who: compartment.consent.author_of(open),
            device: Some(open.device),
            right: right_of(compartment, open),
            deed,
            undoes: None,
            fields: Vec::new(),
            before: fields(&step.before),
            after: fields(&step.after),
            follows,
        })
    });
    told.collect()
}

/// Which fields are different since a step; of one that took a proposal over, what it changed in that.
fn tell_fields(step: &mut Told, said: &BTreeMap<String, Said<'_>>) {
    if step.deed == StepDeed::TakenOver {
        let proposed = step.follows.iter().find_map(|name| item_of(&said.get(name)?.record));
        step.before = proposed.map(|item| item.fields.clone());
    }
    let whole = |fields: &Option<Value>| fields.clone().unwrap_or(Value::Null);
    let told_already = !step.fields.is_empty() || matches!(step.deed, StepDeed::Removed | StepDeed::Chosen);
    if !told_already {
        step.fields = differences(&whole(&step.before), &whole(&step.after));
    }
}

fn item_of(record: &RecordIn) -> Option<&RecordItem> {
    match &record.content {
        RecordContent::Item(item) => Some(item),
        RecordContent::Reaction { .. }
        | RecordContent::Update { .. }
        | RecordContent::Seen { .. }
        | RecordContent::Removed { .. } => None,
    }
}

/// Records that are versions of this item: whole families, of which `meant` says which.
fn family_of(said: &BTreeMap<String, Said<'_>>, id: &str, meant: &dyn Fn(&String) -> bool) -> BTreeSet<String> {
    let mut families: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (name, one) in said {
        let Some(item) = item_of(&one.record) else { continue };
        let (mut root, mut earlier) = (name.as_str(), item);
        let mut seen = BTreeSet::from([root]);
        while let Some(next) = earlier.supersedes.as_deref()
            && let Some((next, held)) = said.get_key_value(next)
            && let Some(held) = item_of(&held.record)
            && seen.insert(next)
        {
            (root, earlier) = (next.as_str(), held);
        }
        families.entry(root).or_default().insert(name.clone());
    }
    let same_id = |name: &String| {
        let item = said.get(name).and_then(|one| item_of(&one.record));
        // A record whose id was taken already is shown under its own with a mark behind it.
        item.is_some_and(|item| id == item.id || id.strip_prefix(&item.id).is_some_and(|mark| mark.starts_with('~')))
    };
    families
        .into_values()
        .filter(|family| family.iter().any(same_id) && family.iter().any(meant))
        .flatten()
        .collect()
}

fn record_steps(said: &BTreeMap<String, Said<'_>>, family: &BTreeSet<String>, id: &str) -> Vec<Told> {
    // What is said about the item or one of its versions, and what takes any of that back.
    let mut about: BTreeSet<&str> = family.iter().map(String::as_str).collect();
    loop {
        let more = said.iter().filter(|(name, one)| {
            !about.contains(name.as_str())
                && item_of(&one.record).is_none()
                && one
                    .record
                    .content
                    .target()
                    .is_some_and(|target| target == id || about.contains(target))
        });
        let more: Vec<&str> = more.map(|(name, _)| name.as_str()).collect();
        if more.is_empty() {
            break;
        }
        about.extend(more);
    }
    let mut told: BTreeMap<&str, Told> = about
        .into_iter()
        .filter_map(|name| Some((name, record_step(said, name, said.get(name)?)?)))
        .collect();
    // Whoever wrote one had written what lies before it in the same chain.
    let mut places: Vec<((ChainId, u32), &str)> = told
        .keys()
        .filter_map(|name| Some((said.get(*name)?.place?, *name)))
        .collect();
    places.sort_unstable();
    for pair in places.windows(2) {
        if let [((chain, _), earlier), ((same, _), later)] = pair
            && chain == same
            && let Some(step) = told.get_mut(later)
        {
            step.follows.insert((*earlier).to_owned());
        }
    }
    told.into_values().collect()
}

fn record_step(said: &BTreeMap<String, Said<'_>>, name: &str, one: &Said<'_>) -> Option<Told> {
    let word = |field: &str, before: Value, after: Value| FieldStep {
        field: field.to_owned(),
        before,
        after,
    };
    let mut told = Told {
        step: name.to_owned(),
        at: one.record.at.clone(),
        who: Some(one.principal),
        device: Some(one.device),
        right: one.right.clone(),
        deed: StepDeed::Added,
        undoes: None,
        fields: Vec::new(),
        before: None,
        after: None,
        follows: BTreeSet::new(),
    };
    let target = one
        .record
        .content
        .target()
        .and_then(|target| said.get_key_value(target));
    told.follows.extend(target.map(|(name, _)| name.clone()));
    match &one.record.content {
        RecordContent::Item(item) => {
            told.after = Some(item.fields.clone());
            told.deed = match target {
                Some((_, of)) if may_replace(&one.record.author, &of.record) => {
                    told.before = item_of(&of.record).map(|item| item.fields.clone());
                    StepDeed::Changed
                }
                // Whoever may not change it, and whoever says more beside their own voice, says it anew.
                Some(_) => StepDeed::Added,
                None if item.source.as_deref() == Some(BROUGHT_ALONG) || item.date.is_none() => StepDeed::BroughtAlong,
                None if one.record.author.is_owner || is_voice(&item.kind) => StepDeed::Added,
                None => StepDeed::Contributed,
            };
        }
        RecordContent::Reaction { text, verdict, .. } => {
            told.deed = StepDeed::Reacted;
            let verdict = verdict.map_or(Value::Null, |verdict| match verdict {
                Verdict::Klopt => "klopt".into(),
                Verdict::KloptNiet => "klopt_niet".into(),
                Verdict::Zeggen => "zeggen".into(),
            });
            told.fields = vec![
                word("verdict", Value::Null, verdict),
                word("text", Value::Null, text.as_str().into()),
            ];
            told.fields.retain(|field| !is_nothing(&field.after));
        }
        RecordContent::Update { text, .. } => {
            told.deed = StepDeed::Progress;
            told.fields = vec![word("text", Value::Null, text.as_str().into())];
        }
        RecordContent::Seen { .. } => told.deed = StepDeed::Seen,
        RecordContent::Removed { .. } => {
            let (removed, of) = target?;
            if !may_replace(&one.record.author, &of.record) {
                return None;
            }
            match &of.record.content {
                RecordContent::Item(item) => {
                    told.before = Some(item.fields.clone());
                    told.deed = StepDeed::Removed;
                }
                RecordContent::Reaction { text, .. } | RecordContent::Update { text, .. } => {
                    told.deed = StepDeed::TookBack;
                    told.fields = vec![word("text", text.as_str().into(), Value::Null)];
                }
                RecordContent::Seen { .. } => return None,
                RecordContent::Removed { .. } => {
                    told.deed = StepDeed::PutBack;
                    told.undoes = Some(removed.clone());
                }
            }
        }
    }
    Some(told)
}

/// Each after those that it follows; where that leaves a choice, by the time that was written, then by name: the same
/// for every reader who has the same.
fn in_order(told: Vec<Told>) -> Vec<Told> {
    let names: BTreeSet<String> = told.iter().map(|step| step.step.clone()).collect();
    let mut waiting: BTreeMap<(u64, String), Told> = told
        .into_iter()
        .map(|step| ((end_of(&step.at).unwrap_or(0), step.step.clone()), step))
        .collect();
    let mut done: BTreeSet<String> = BTreeSet::new();
    let mut ordered = Vec::new();
    loop {
        let ready = |step: &Told| {
            step.follows
                .iter()
                .all(|name| done.contains(name) || !names.contains(name))
        };
        let next = waiting.iter().find(|(_, step)| ready(step)).map(|(key, _)| key.clone());
        // Names are hashes of what they follow, so there is no circle; a wrong input must not run for ever.
        let Some(step) = next
            .or_else(|| waiting.keys().next().cloned())
            .and_then(|key| waiting.remove(&key))
        else {
            return ordered;
        };
        done.insert(step.step.clone());
        ordered.push(step);
    }
}

/// A change that brings back exactly what an earlier step of the same person had changed is told as that.
fn put_back(told: &mut [Told]) {
    for index in 0..told.len() {
        let (earlier, later) = told.split_at_mut(index);
        let Some(step) = later.first_mut() else { continue };
        let undone = earlier.iter().rev().find(|before| {
            let inverse = || {
                before.fields.len() == step.fields.len()
                    && !step.fields.is_empty()
                    && before.fields.iter().zip(&step.fields).all(|(before, now)| {
                        (&before.field, &before.before, &before.after) == (&now.field, &now.after, &now.before)
                    })
            };
            before.who == step.who
                && match step.deed {
                    StepDeed::Changed => before.deed == StepDeed::Changed && inverse(),
                    StepDeed::Added | StepDeed::BroughtAlong | StepDeed::Kept | StepDeed::TakenOver => {
                        before.deed == StepDeed::Removed && before.before == step.after
                    }
                    StepDeed::Contributed
                    | StepDeed::Chosen
                    | StepDeed::PutBack
                    | StepDeed::Removed
                    | StepDeed::Reacted
                    | StepDeed::TookBack
                    | StepDeed::Progress
                    | StepDeed::Seen => false,
                }
        });
        if let Some(undone) = undone {
            step.undoes = Some(undone.step.clone());
            if step.deed != StepDeed::Changed {
                step.fields.clear();
            }
            step.deed = StepDeed::PutBack;
        }
    }
}

fn shown_step(told: Told, people: &BTreeMap<PrincipalId, Person>, names: &BTreeMap<String, String>) -> StepView {
    let person = told.who.and_then(|principal| people.get(&principal));
    let id = person
        .map(|person| person.id.clone())
        .or_else(|| told.who.map(|who| who.to_hex()));
    let id = id.unwrap_or_default();
    StepView {
        step: told.step,
        at: told.at,
        who: PersonRef {
            name: names
                .get(&id)
                .cloned()
                .or_else(|| person.map(|person| person.name.clone())),
            id,
        },
        role: person.and_then(|person| person.role.clone()),
        organisation: person.and_then(|person| person.organisation.clone()),
        right: told.right,
        deed: told.deed,
        undoes: told.undoes,
        fields: told.fields.into_iter().filter_map(named_only).collect(),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Field by field what is different, in order of their names; an empty field is as one that is not there.
fn differences(before: &Value, after: &Value) -> Vec<FieldStep> {
    let mut found = Vec::new();
    compare(&mut Vec::new(), before, after, &mut found);
    found.retain(|field| field.field != "id");
    found
}

fn compare(path: &mut Vec<String>, before: &Value, after: &Value, found: &mut Vec<FieldStep>) {
    let empty = Map::new();
    let map = |value: &'_ Value| -> Option<Map<String, Value>> {
        match value {
            Value::Object(map) => Some(map.clone()),
            Value::Null => Some(empty.clone()),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
        }
    };
    match (map(before), map(after)) {
        (Some(was), Some(is)) if !(was.is_empty() && is.is_empty()) => {
            let keys: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
            for key in keys {
                path.push(key.clone());
                let of = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
                compare(path, &of(&was), &of(&is), found);
                path.pop();
            }
        }
        _ if before == after || (is_nothing(before) && is_nothing(after)) => {}
        _ => found.push(FieldStep {
            field: path.join("."),
            before: before.clone(),
            after: after.clone(),
        }),
    }
}
