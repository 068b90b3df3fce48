//! Adding, changing and taking away items; notes and what is said about them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dossier_model::item::{BROUGHT_ALONG, BUSY_KIND, Element, is_voice};
use dossier_model::layout::{self, Edit};
use dossier_model::place::place_new;
use dossier_model::record::{RecordItem, Verdict};
use dossier_model::view::SectionContent;
use dossier_model::{Item, Place, RecordContent, SectionId, ShownItem, Side, Storage, agenda, assemble};
use dossier_trust::identity::{Certificate, Random};
use dossier_trust::ids::{CompartmentId, DossierId, PrincipalId, RecordId};
use dossier_trust::operation::Right;
use serde_json::{Map, Value, json};

use crate::activity::Deed;
use crate::contract::{Fault, FaultCode};
use crate::dossiers::known_sections;
use crate::home::Home;
use crate::replica::content::Content;
use crate::replica::writing::Writing;
use crate::replica::{Compartment, Dossier};
use crate::undo::Undo;

/// Longest text that is accepted in one field, in characters; more goes into an attachment.
const MAX_FIELDS: usize = 200_000;

/// A new note.
#[derive(Debug, Clone)]
pub struct NewNote {
    /// Section; usually `verslagen`.
    pub section: String,
    /// The helper's own words.
    pub text: String,
    /// The plain version.
    pub plain: Option<String>,
    /// Hat.
    pub hat: Option<String>,
    /// Person ids that may read it, besides the author and the resident; empty: all readers of the section.
    pub readers: Vec<String>,
}

impl Home {
    /// Adds an item. Whoever may only add makes a contribution: a record that shows in its place.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`]; [`FaultCode::Invalid`] for an unknown section or kind.
    pub fn item_add(
        &mut self,
        id: &DossierId,
        section: &str,
        kind: &str,
        fields: Map<String, Value>,
    ) -> Result<Vec<String>, Fault> {
        check_size(&fields)?;
        let new_id = self.new_id(kind);
        let dossier = self.dossier(id)?;
        let section = SectionId::new(section).map_err(|_| Fault::invalid("section"))?;
        let view = dossier.view();
        let mut fields = whole(kind, fields)?;
        let item_id = match fields.get("id") {
            None | Some(Value::Null) => new_id,
            Some(Value::String(own)) if dossier_model::item::is_item_id(own) => own.clone(),
            Some(_) => return Err(Fault::invalid("id")),
        };
        if view.item(&item_id).is_some() {
            return Err(Fault::about(FaultCode::AlreadyExists, item_id));
        }
        let exists = view.of_kind(kind).next().is_some();
        let known = known_sections(dossier);
        if !known.contains(&section) && dossier_model::section::is_standard(section.as_str()) && !dossier.own {
            return Err(Fault::not_allowed(section.as_str()));
        }
        let placement = place_new(&section, kind, &mut fields, &known, exists)?;
        let last = view.of_kind(kind).filter_map(|item| item.order).fold(0.0, f64::max);
        let mut item = Item::new(item_id.clone(), kind, fields);
        item.order = Some(last + 1.0);
        let compartment = dossier.id_at(&placement.place)?;
        dossier.refuse_shut(&compartment)?;
        self.write(id, |writing| {
            let may_edit = writing.may(compartment, Right::Edit)?;
            let mut undo = Undo::default();
            writing.busy_block(&item, &mut undo)?;
            match placement.storage {
                Storage::Document if may_edit => {
                    let back = writing.edits(compartment, &[Edit::Add(item)])?;
                    undo.edits.push((compartment.to_hex(), back));
                }
                Storage::Document => {
                    let record = RecordItem {
                        date: Some(writing.now()),
                        ..RecordItem::new(item, None, Vec::new())
                    };
                    let name = writing.record(compartment, &Content::Model(RecordContent::Item(record)))?;
                    undo.records.push((compartment.to_hex(), name.to_hex()));
                }
                Storage::Record { audience, also_needs } => {
                    let record = RecordItem {
                        date: Some(writing.now()),
                        ..RecordItem::new(item, audience, also_needs)
                    };
                    writing.write_item_record(compartment, record, &mut undo)?;
                }
            }
            if is_voice(kind) {
                // Said is said: there is no way back from it, only a further word.
                undo = Undo::default();
            }
            writing.done(Deed::Added, &placement.place, vec![item_id.clone()], undo);
            Ok(())
        })?;
        self.settle(id)?;
        Ok(vec![item_id])
    }

    /// Changes fields of an item. In a record that is a new version by its author or by somebody who may change the
    /// section; what others said in their own voice cannot be changed by anybody.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`]; [`FaultCode::NotFound`].
    pub fn item_set(
        &mut self,
        id: &DossierId,
        item_id: &str,
        fields: Map<String, Value>,
    ) -> Result<Vec<String>, Fault> {
        check_size(&fields)?;
        let me = self.self_in(id)?;
        let Target {
            shown,
            compartment,
            own_record,
        } = self.dossier(id)?.target(&me, item_id)?;
        refuse_voice(&shown)?;
        if fields.keys().any(|key| key == "id") {
            return Err(Fault::invalid("id"));
        }
        self.write(id, |writing| {
            let mut undo = Undo::default();
            match &shown.record {
                None => {
                    let edits = set_edits(&shown.id, &shown.fields, fields);
                    let back = writing.edits(compartment, &edits)?;
                    undo.edits.push((compartment.to_hex(), back));
                    let now = writing.compartment(&compartment)?.doc.item(&shown.id).cloned();
                    if let Some(now) = now {
                        writing.busy_block(&now.item, &mut undo)?;
                    }
                }
                Some(record) => {
                    let changed = with_fields(&shown.fields, fields)?;
                    let held = writing.record_item(compartment, record)?;
                    let restricted = held.audience.is_some() || !held.also_needs.is_empty();
                    if own_record || restricted {
                        if !own_record && !writing.may(compartment, Right::Edit)? {
                            return Err(Fault::not_allowed(shown.section()));
                        }
                        let new = RecordItem {
                            fields: changed,
                            supersedes: Some(record.clone()),
                            date: Some(writing.now()),
                            ..held
                        };
                        writing.write_item_record(compartment, new, &mut undo)?;
                    } else {
                        // Somebody's contribution is taken over into the document; the original stays behind it.
                        let item = Item {
                            id: shown.id.clone(),
                            kind: shown.kind.clone(),
                            order: shown.order,
                            fields: changed,
                            source: None,
                            from: Some(record.clone()),
                        };
                        let back = writing.edits(compartment, &[Edit::Add(item)])?;
                        undo.edits.push((compartment.to_hex(), back));
                    }
                }
            }
            writing.done(Deed::Changed, &shown.place, vec![shown.id.clone()], undo);
            Ok(())
        })?;
        self.settle(id)?;
        Ok(vec![item_id.to_owned()])
    }

    /// Takes an item away.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`]; [`FaultCode::NotFound`].
    pub fn item_remove(&mut self, id: &DossierId, item_id: &str) -> Result<Vec<String>, Fault> {
        let me = self.self_in(id)?;
        let Target {
            shown,
            compartment,
            own_record,
        } = self.dossier(id)?.target(&me, item_id)?;
        refuse_voice(&shown)?;
        self.write(id, |writing| {
            let mut undo = Undo::default();
            match &shown.record {
                None => {
                    let back = writing.edits(compartment, &[Edit::Remove { id: shown.id.clone() }])?;
                    undo.edits.push((compartment.to_hex(), back));
                }
                Some(record) if own_record => {
                    let removed = RecordContent::Removed { target: record.clone() };
                    let removal = writing.answer(compartment, record, removed)?;
                    undo.records.push((compartment.to_hex(), removal.to_hex()));
                }
                Some(_) => return Err(Fault::not_allowed(shown.section())),
            }
            writing.free_time(&shown, &mut undo)?;
            writing.done(Deed::Removed, &shown.place, vec![shown.id.clone()], undo);
            Ok(())
        })?;
        Ok(vec![item_id.to_owned()])
    }

    /// Writes a note in one's own name.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`]; [`FaultCode::NotFound`] for a reader who is not in the dossier;
    /// [`FaultCode::Invalid`] for an empty text.
    pub fn note_add(&mut self, id: &DossierId, note: NewNote) -> Result<Vec<String>, Fault> {
        if note.text.trim().is_empty() {
            return Err(Fault::invalid("text"));
        }
        let me = self.self_in(id)?;
        let dossier = self.dossier(id)?;
        let people = dossier.people();
        let author = people.get(&me).map(|person| person.id.clone());
        for reader in &note.readers {
            if !people.values().any(|person| person.id == *reader) {
                return Err(Fault::not_found(reader.as_str()));
            }
        }
        let date = self.clock.today();
        let mut fields = Map::new();
        fields.insert("author".into(), author.clone().into());
        fields.insert("hat".into(), note.hat.into());
        fields.insert("date".into(), date.into());
        fields.insert("text_professional".into(), note.text.into());
        fields.insert("text_plain".into(), note.plain.into());
        if !note.readers.is_empty() {
            fields.insert("visibility".into(), json!(note.readers));
        }
        fields.insert("seen_by_owner".into(), Value::Null);
        fields.insert("status".into(), "definitief".into());
        fields.insert("reactions".into(), json!([]));
        self.item_add(id, &note.section, "notes", fields)
    }

    /// Says something about a note; the note stays as it is.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`]; [`FaultCode::Invalid`] for an empty text.
    pub fn note_react(
        &mut self,
        id: &DossierId,
        note: &str,
        text: &str,
        verdict: Option<Verdict>,
    ) -> Result<Vec<String>, Fault> {
        if text.trim().is_empty() && verdict.is_none() {
            return Err(Fault::invalid("text"));
        }
        let me = self.self_in(id)?;
        let date = self.clock.today();
        let dossier = self.dossier(id)?;
        let Target { shown, compartment, .. } = dossier.target(&me, note)?;
        let record = shown.record.clone().ok_or_else(|| Fault::invalid(note))?;
        let by = dossier.people().get(&me).map(|person| person.id.clone());
        self.write(id, |writing| {
            let reaction = RecordContent::Reaction {
                target: shown.id.clone(),
                by,
                date,
                text: text.to_owned(),
                verdict,
            };
            let said = writing.answer(compartment, &record, reaction)?;
            let undo = Undo {
                records: vec![(compartment.to_hex(), said.to_hex())],
                ..Undo::default()
            };
            writing.done(Deed::Added, &shown.place, vec![shown.id.clone()], undo);
            Ok(())
        })?;
        self.settle(id)?;
        Ok(vec![note.to_owned()])
    }

    pub(crate) fn new_id(&mut self, kind: &str) -> String {
        let letter = match kind {
            "goals" => "g",
            "actions" => "t",
            "appointments" => "v",
            "notes" => "n",
            "flags" => "f",
            "documents" => "doc",
            "people" => "p",
            other => other.rsplit('.').next().unwrap_or(other),
        };
        let bytes: [u8; 5] = self.random.array();
        let tail: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{letter}-{tail}")
    }
}

/// An item that somebody wants to do something with.
struct Target {
    shown: ShownItem,
    compartment: CompartmentId,
    /// It is a record, and this person wrote it.
    own_record: bool,
}

/// True when a record is this item, or says something about it.
fn says_of(compartment: &Compartment, id: &str) -> bool {
    compartment.records.values().any(|record| match &record.content {
        Content::Model(RecordContent::Item(item)) => item.id == id,
        Content::Model(
            RecordContent::Reaction { target, .. }
            | RecordContent::Update { target, .. }
            | RecordContent::Seen { target, .. }
            | RecordContent::Removed { target },
        ) => target == id,
        Content::About(_) | Content::SaidAgain(_) | Content::FromNow(_) | Content::Unknown => false,
    })
}

impl Dossier {
    /// An item, where it lies and whose it is.
    fn target(&self, me: &PrincipalId, id: &str) -> Result<Target, Fault> {
        let shown = self.shown(id).ok_or_else(|| Fault::not_found(id))?;
        let compartment = self.id_at(&shown.place)?;
        let own_record = shown.author.as_ref().is_some_and(|author| {
            (author.is_owner && self.own)
                || (author.person.is_some() && author.person == self.people().get(me).map(|person| person.id.clone()))
        });
        Ok(Target {
            shown,
            compartment,
            own_record,
        })
    }

    /// One item as this reader sees it.
    fn shown(&self, id: &str) -> Option<ShownItem> {
        self.shown_alone(id).or_else(|| self.view().item(id).cloned())
    }

    /// The same without putting everything else together, which takes as long as the dossier is large: for an item of
    /// one document about which no record says anything.
    fn shown_alone(&self, id: &str) -> Option<ShownItem> {
        let mut found = None;
        for compartment in self.compartments.values() {
            if self.gates.of(&compartment.id).is_some() {
                continue;
            }
            let Some(place) = compartment.place() else { continue };
            let said = says_of(compartment, id);
            let held = compartment.doc.item(id);
            if said || (held.is_some() && found.is_some()) {
                return None;
            }
            found = held.map(|held| (place, Arc::clone(held))).or(found);
        }
        let (place, held) = found.filter(|(_, held)| held.item.from.is_none())?;
        let alone = SectionContent {
            place: place.clone(),
            doc_items: vec![held],
            records: Vec::new(),
        };
        assemble(&[alone], &BTreeMap::new()).item(id).cloned()
    }

    /// Nothing here is this item or says anything about it, and that is surely so without putting everything together.
    pub(crate) fn knows_nothing_of(&self, id: &str) -> bool {
        let mut all = self.compartments.values();
        all.all(|one| !says_of(one, id) && one.doc.item(id).is_none())
    }

    /// Devices of the named people, as far as this reader knows them in a compartment.
    fn devices_of(&self, compartment: CompartmentId, persons: &[String]) -> Vec<Certificate> {
        let people = self.people();
        let Some(held) = self.compartments.get(&compartment) else {
            return Vec::new();
        };
        held.consent
            .reader_devices()
            .filter(|certificate| {
                people
                    .get(&certificate.root)
                    .is_some_and(|person| persons.contains(&person.id))
            })
            .cloned()
            .collect()
    }
}

impl Writing<'_> {
    /// True when this device has at least this right.
    fn may(&mut self, compartment: CompartmentId, right: Right) -> Result<bool, Fault> {
        let me = self.me.id();
        Ok(self
            .compartment(&compartment)?
            .consent
            .right_of(&me)
            .is_some_and(|held| held >= right))
    }

    fn now(&self) -> String {
        crate::clock::rfc3339(self.now_ms)
    }

    /// Something said in one's own voice: a record that nobody takes back, its author included.
    pub(crate) fn say_record(
        &mut self,
        compartment: CompartmentId,
        place: &Place,
        record: RecordItem,
    ) -> Result<(), Fault> {
        let said = vec![record.id.clone()];
        self.write_item_record(compartment, record, &mut Undo::default())?;
        self.done(Deed::Added, place, said, Undo::default());
        Ok(())
    }

    pub(crate) fn write_item_record(
        &mut self,
        compartment: CompartmentId,
        record: RecordItem,
        undo: &mut Undo,
    ) -> Result<(), Fault> {
        let readers = self.readers_of(compartment, &record);
        let before = match &record.supersedes {
            Some(earlier) => Some(self.record_item(compartment, earlier)?),
            None => None,
        };
        let content = Content::Model(RecordContent::Item(record));
        let name = match readers {
            Some(readers) => self.record_to(compartment, &content, readers)?,
            None => self.record(compartment, &content)?,
        };
        match before {
            // Without its latest version an item would be gone: the one before it is said again.
            Some(before) => undo.versions.push((compartment.to_hex(), before)),
            None => undo.records.push((compartment.to_hex(), name.to_hex())),
        }
        Ok(())
    }

    /// Devices for a restricted record; none when everybody who reads the compartment may have it. Whoever also needs
    /// other sections is for an owner device to serve: only there all grants are known.
    fn readers_of(&self, compartment: CompartmentId, record: &RecordItem) -> Option<Vec<Certificate>> {
        match &record.audience {
            Some(audience) if record.also_needs.is_empty() => Some(self.dossier.devices_of(compartment, audience)),
            Some(_) => Some(Vec::new()),
            None if record.also_needs.is_empty() => None,
            None => Some(Vec::new()),
        }
    }

    fn record_item(&mut self, compartment: CompartmentId, record: &str) -> Result<RecordItem, Fault> {
        let held = self.compartment(&compartment)?.item_in(record);
        held.cloned().ok_or_else(|| Fault::not_found("record"))
    }

    /// Says something about a record, for whoever may have the record.
    pub(crate) fn answer(
        &mut self,
        compartment: CompartmentId,
        record: &str,
        content: RecordContent,
    ) -> Result<RecordId, Fault> {
        let about = self.compartment(&compartment)?.item_about(record).cloned();
        let readers = about.and_then(|item| self.readers_of(compartment, &item));
        let content = Content::Model(content);
        match readers {
            Some(readers) => self.record_to(compartment, &content, readers),
            None => self.record(compartment, &content),
        }
    }

    /// Whoever writes an appointment also writes the block that says only when, what kind of place, and which
    /// organisation.
    fn busy_block(&mut self, item: &Item, undo: &mut Undo) -> Result<(), Fault> {
        let Some(compartment) = self.blocks_for(&item.kind)? else {
            return Ok(());
        };
        let block = agenda::busy_block(&item.fields);
        let block_id = agenda::busy_id(&item.id);
        let latest = self.compartment(&compartment)?.latest_version(&block_id);
        if latest
            .as_ref()
            .is_some_and(|(_, held)| held.fields == with_id(&block, &block_id))
        {
            return Ok(());
        }
        let supersedes = latest.map(|(id, _)| id);
        let block = Item {
            order: item.order,
            ..Item::new(block_id, BUSY_KIND, block)
        };
        let record = RecordItem {
            supersedes,
            date: Some(self.now()),
            ..RecordItem::new(block, None, Vec::new())
        };
        self.write_item_record(compartment, record, undo)
    }

    /// Whoever takes an appointment away takes its block away too.
    fn free_time(&mut self, shown: &ShownItem, undo: &mut Undo) -> Result<(), Fault> {
        let Some(compartment) = self.blocks_for(&shown.kind)? else {
            return Ok(());
        };
        let block_id = agenda::busy_id(&shown.id);
        if let Some((record, _)) = self.compartment(&compartment)?.latest_version(&block_id) {
            let removed = RecordContent::Removed { target: record.clone() };
            let removal = self.answer(compartment, &record, removed)?;
            undo.records.push((compartment.to_hex(), removal.to_hex()));
        }
        Ok(())
    }

    /// Where the blocks of appointments lie, if this device may write there.
    fn blocks_for(&mut self, kind: &str) -> Result<Option<CompartmentId>, Fault> {
        if kind != "appointments" {
            return Ok(None);
        }
        let place = Place::Section {
            section: crate::dossiers::standard("agenda")?,
            side: Side::Dat,
        };
        let Some(compartment) = self.dossier.at(&place).map(|compartment| compartment.id) else {
            return Ok(None);
        };
        Ok(self.may(compartment, Right::Append)?.then_some(compartment))
    }
}

impl Compartment {
    /// The item in a record, by the record's id.
    pub(crate) fn item_in(&self, record: &str) -> Option<&RecordItem> {
        self.records.get(&RecordId::from_hex(record).ok()?)?.content.item()
    }

    /// The version of an item in records that holds now, and its record.
    pub(crate) fn latest_version(&self, id: &str) -> Option<(String, RecordItem)> {
        let versions = self.records.iter().filter_map(|(record, opened)| {
            let held = opened.content.item().filter(|held| held.id == id)?;
            Some((opened.at(), record.to_hex(), held))
        });
        let superseded: BTreeSet<&str> = versions
            .clone()
            .filter_map(|(_, _, held)| held.supersedes.as_deref())
            .collect();
        versions
            .filter(|(_, record, _)| !superseded.contains(record.as_str()))
            .max_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)))
            .map(|(_, record, held)| (record, held.clone()))
    }
}

fn with_id(block: &Value, id: &str) -> Value {
    Item::new(id, BUSY_KIND, block.clone()).fields
}

/// What somebody said in their own voice stays as it was said: for its author too, who can say something more.
pub(crate) fn refuse_voice(shown: &ShownItem) -> Result<(), Fault> {
    let brought_along = shown.provenance.source.as_deref() == Some(BROUGHT_ALONG);
    if is_voice(&shown.kind) && (brought_along || shown.record.is_some()) {
        return Err(Fault::not_allowed(shown.id.as_str()));
    }
    Ok(())
}

fn check_size(fields: &Map<String, Value>) -> Result<(), Fault> {
    let texts = fields.values().filter_map(Value::as_str);
    match texts.map(|text| text.chars().count().saturating_sub(MAX_FIELDS)).max() {
        None | Some(0) => Ok(()),
        Some(over) => Err(Fault::too_long(over)),
    }
}

/// The name under which the text of an item that is nothing but a text is given and shown.
const WHOLE: &str = "value";

/// The fields of a new item; of a kind that is a text, that text.
fn whole(kind: &str, mut fields: Map<String, Value>) -> Result<Value, Fault> {
    if dossier_model::item::kind(kind).is_none_or(|kind| kind.element == Element::Object) {
        return Ok(Value::Object(fields));
    }
    match fields.remove(WHOLE) {
        Some(Value::String(text)) if fields.is_empty() && !text.trim().is_empty() => Ok(text.into()),
        _ => Err(Fault::invalid(WHOLE)),
    }
}

fn set_edits(id: &str, before: &Value, fields: Map<String, Value>) -> Vec<Edit> {
    let edits = fields.into_iter().map(|(path, value)| Edit::Set {
        id: id.to_owned(),
        path: if before.is_string() && path == WHOLE && value.is_string() {
            Vec::new()
        } else {
            path.split('.').map(str::to_owned).collect()
        },
        value,
    });
    edits.collect()
}

/// The fields with some of them changed, paths and all; for records, which are replaced as a whole.
fn with_fields(before: &Value, fields: Map<String, Value>) -> Result<Value, Fault> {
    let mut doc = crate::replica::document::new_document();
    let item = Item {
        fields: before.clone(),
        ..Item::new("x", "x", Value::Null)
    };
    let mut edits = vec![Edit::Add(item)];
    edits.extend(set_edits("x", before, fields));
    layout::apply(&mut doc, &edits, 0)?;
    layout::read_item(&doc, "x")
        .map(|read| read.item.fields)
        .ok_or_else(|| Fault::internal("fields"))
}
