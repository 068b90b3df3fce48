//! Making dossiers, bringing a family along, and what a reader sees of one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dossier_exchange::demo::{self, Family};
use dossier_model::item::{BROUGHT_ALONG, SKELETON_KIND};
use dossier_model::layout::{AlsoSaid, Edit};
use dossier_model::record::RecordItem;
use dossier_model::view::{RecordIn, SectionContent};
use dossier_model::{
    Dossier as View, Item, Place, RecordContent, SectionId, ShownItem, Side, Storage, agenda, assemble,
};
use dossier_trust::ids::{CompartmentId, DeviceId, DossierId, PrincipalId, RecordId};
use dossier_trust::operation::Right;
use serde_json::{Map, Value, json};

use crate::activity::Deed;
use crate::attachments::without_keys;
use crate::clock::rfc3339;
use crate::contract::{AccessOver, DossierCard, Fault, FaultCode, RightView, SectionCard};
use crate::home::Home;
use crate::looking::Viewer;
use crate::replica::compartment::OpenedRecord;
use crate::replica::content::{About, AboutKind, Content};
use crate::replica::people::Person;
use crate::replica::writing::Writing;
use crate::replica::{Compartment, Dossier, Local};

/// Version of the readable view (`dossier show --json`, `export --format json`).
pub const VIEW_FORMAT: &str = "keukentafel-dossier/1";

/// Person id of the resident in a dossier that did not bring one along.
const OWNER_PERSON: &str = "p-ik";

/// There while a dossier is being made.
const META_FOUNDING: &str = "founding";

/// What a new dossier starts with.
struct Start {
    title: String,
    owner: String,
    owner_name: String,
    sections: Vec<(SectionId, Option<String>)>,
}

impl Home {
    /// Starts an empty dossier with the standard sections.
    ///
    /// # Errors
    /// What the store says.
    pub fn dossier_new(&mut self, title: Option<String>) -> Result<DossierId, Fault> {
        let me = self.me()?;
        let name = me.profile.name.clone();
        let title = title
            .map(|title| title.trim().to_owned())
            .filter(|title| !title.is_empty())
            .unwrap_or_else(|| format!("Het dossier van {name}"));
        if title.chars().count() > 200 || title.chars().any(char::is_control) {
            return Err(Fault::invalid("title"));
        }
        let sections = dossier_model::section::standard()
            .iter()
            .map(|section| (section.id.clone(), None))
            .collect();
        let start = Start {
            title,
            owner: OWNER_PERSON.into(),
            owner_name: name.clone(),
            sections,
        };
        self.begin(start, |writing, places| {
            let netwerk = places.get(&Place::wat(standard("netwerk")?)).copied();
            if let Some(netwerk) = netwerk {
                let fields = json!({"id": OWNER_PERSON, "name": name, "kind": "inwoner", "role": "eigenaar"});
                writing.edits(netwerk, &[Edit::Add(Item::new(OWNER_PERSON, "people", fields))])?;
            }
            Ok(())
        })
    }

    /// Loads a demo family as a dossier of this person.
    ///
    /// # Errors
    /// [`FaultCode::InputRefused`] with line and column; [`FaultCode::NotFound`] when `owner` is not in the file.
    pub fn demo_load(&mut self, file: &[u8], owner: Option<&str>) -> Result<DossierId, Fault> {
        self.me()?;
        let family = demo::read(file)?;
        let owner = match (owner, &family.owner) {
            (Some(asked), _) if family.names.contains_key(asked) || family.owner.as_deref() == Some(asked) => {
                asked.to_owned()
            }
            (Some(asked), _) => return Err(Fault::not_found(asked)),
            (None, Some(owner)) => owner.clone(),
            (None, None) => OWNER_PERSON.to_owned(),
        };
        let owner_name = family.names.get(&owner).cloned().unwrap_or_else(|| owner.clone());
        let mut sections = family.sections.clone();
        for standard in dossier_model::section::standard() {
            // A family without a section for self-sufficiency talks about it in the plan.
            let wanted = standard.id.as_str() != "zelfredzaamheid";
            if wanted && !sections.iter().any(|(id, _)| *id == standard.id) {
                sections.push((standard.id.clone(), None));
            }
        }
        for placed in &family.items {
            if let Some(section) = placed.placement.place.section()
                && !sections.iter().any(|(id, _)| id == section)
            {
                sections.push((section.clone(), None));
            }
        }
        let title = family
            .title
            .clone()
            .unwrap_or_else(|| format!("Het dossier van {owner_name}"));
        let start = Start {
            title,
            owner: owner.clone(),
            owner_name,
            sections,
        };
        self.begin(start, |writing, places| bring_along(writing, places, &family, &owner))
    }

    /// The family as it is now: equal to what was loaded, but for what was changed since.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] for a dossier of somebody else; [`FaultCode::NotFound`] for one that began empty.
    pub fn demo_dump(&mut self, id: &DossierId) -> Result<Value, Fault> {
        let dossier = self.dossier(id)?;
        if !dossier.own {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        let view = dossier.view();
        let skeleton = view
            .items
            .iter()
            .find(|item| item.kind == SKELETON_KIND)
            .ok_or_else(|| Fault::not_found("demo"))?
            .fields
            .clone();
        let items: Vec<_> = view.items.iter().map(|item| without_keys(item).into_owned()).collect();
        Ok(demo::write(&items, &skeleton))
    }

    fn begin(
        &mut self,
        start: Start,
        fill: impl FnOnce(&mut Writing<'_>, &BTreeMap<Place, CompartmentId>) -> Result<(), Fault>,
    ) -> Result<DossierId, Fault> {
        self.store
            .transact::<_, Fault>(|tx| Ok(tx.set_meta(META_FOUNDING, &[])?))?;
        let id = self.found_dossier(Local {
            title: Some(start.title.clone()),
            ..Local::default()
        })?;
        let done = self.write(&id, |writing| {
            let mut places = BTreeMap::new();
            let both = start.sections.iter().flat_map(|(section, label)| {
                [Side::Wat, Side::Dat].map(|side| {
                    (
                        Place::Section {
                            section: section.clone(),
                            side,
                        },
                        label.clone(),
                    )
                })
            });
            for (place, label) in std::iter::once((Place::Owner, None)).chain(both) {
                let compartment = writing.make_compartment()?;
                let about = About {
                    kind: AboutKind::Compartment,
                    place: place.clone(),
                    label,
                    title: start.title.clone(),
                    owner: start.owner.clone(),
                    owner_name: start.owner_name.clone(),
                    version: 1,
                };
                writing.record(compartment, &Content::About(about))?;
                places.insert(place, compartment);
            }
            fill(writing, &places)?;
            let line = writing.own_line(Deed::Started, None, Vec::new());
            writing.note(line);
            Ok(())
        });
        if let Err(fault) = done {
            self.forget_unfinished()?;
            return Err(fault);
        }
        self.store
            .transact::<_, Fault>(|tx| Ok(tx.delete_meta(META_FOUNDING).map(|_| ())?))?;
        self.save_documents(&id)?;
        Ok(id)
    }

    /// Forgets a dossier whose making was cut off: genesis alone is no dossier. What fills it is one transaction, so
    /// that one with compartments is whole.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn forget_unfinished(&mut self) -> Result<(), Fault> {
        if self.store.meta(META_FOUNDING)?.is_none() {
            return Ok(());
        }
        for row in self.store.dossiers()?.iter().filter(|row| row.own) {
            if self
                .store
                .compartments(&row.dossier)?
                .iter()
                .all(|one| *one == CompartmentId::DOSSIER)
            {
                self.dossiers.remove(&row.dossier);
                self.store.transact::<_, Fault>(|tx| Ok(tx.forget(&row.dossier)?))?;
            }
        }
        self.store
            .transact::<_, Fault>(|tx| Ok(tx.delete_meta(META_FOUNDING).map(|_| ())?))
    }

    /// Keeps the documents of a dossier as they are in memory, so that the next start need not build them.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn save_documents(&mut self, id: &DossierId) -> Result<(), Fault> {
        let Some(dossier) = self.dossiers.get_mut(id) else {
            return Ok(());
        };
        let saved: Vec<_> = dossier
            .compartments
            .values_mut()
            .filter_map(|compartment| Some((compartment.id, compartment.saved()?)))
            .collect();
        self.store.transact::<_, Fault>(|tx| {
            for (compartment, (generation, document)) in &saved {
                tx.put_document(id, compartment, generation, document)?;
            }
            Ok(())
        })
    }

    /// Every dossier of this home folder, own ones first.
    ///
    /// # Errors
    /// What the store says.
    pub fn dossier_list(&mut self) -> Result<Vec<DossierCard>, Fault> {
        if self.me.is_none() {
            return Ok(Vec::new());
        }
        let mut cards = Vec::new();
        for row in self.store.dossiers()? {
            cards.push(self.card(&row.dossier)?);
        }
        cards.sort_by(|a, b| (!a.own, &a.title, &a.id).cmp(&(!b.own, &b.title, &b.id)));
        Ok(cards)
    }

    /// One dossier in a list.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`].
    pub fn card(&mut self, id: &DossierId) -> Result<DossierCard, Fault> {
        let viewer = self.viewer(id)?;
        let mut card = self.dossier(id)?.card(&viewer);
        card.over = self.over(id)?;
        Ok(card)
    }

    /// What is left of somebody else's dossier after access to all of it ended.
    fn over(&mut self, id: &DossierId) -> Result<Option<AccessOver>, Fault> {
        let dossier = self.dossier(id)?;
        let Some(ended_ms) = dossier.local.ended_ms else {
            return Ok(None);
        };
        let inviter = dossier.local.inviter.as_deref();
        let inviter = inviter.and_then(|device| DeviceId::from_hex(device).ok());
        let peer = inviter.map(|device| self.store.peer(&device)).transpose()?.flatten();
        Ok(Some(AccessOver {
            since: rfc3339(ended_ms),
            resident: peer.and_then(|peer| peer.name),
            unsent: self.holds_unsent(id)?,
        }))
    }

    /// The one dossier that is meant when none was named.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`] when there is none, [`FaultCode::Invalid`] when there are several.
    pub fn only_dossier(&self) -> Result<DossierId, Fault> {
        let rows = self.store.dossiers()?;
        match rows.as_slice() {
            [] => Err(Fault::not_found("dossier")),
            [only] => Ok(only.dossier),
            several => {
                let mut own = several.iter().filter(|row| row.own);
                match (own.next(), own.next()) {
                    (Some(only), None) => Ok(only.dossier),
                    _ => Err(Fault::invalid("--dossier")),
                }
            }
        }
    }
}

pub(crate) fn standard(id: &str) -> Result<SectionId, Fault> {
    dossier_model::section::standard_id(id)
        .cloned()
        .ok_or_else(|| Fault::internal("section"))
}

/// What somebody may do, as hosts show it; none for carriers, who see nothing.
pub(crate) fn right_view(own: bool, right: Right) -> Option<RightView> {
    Some(match right {
        _ if own => RightView::Own,
        Right::Relay => RightView::Read,
        Right::Read => RightView::Read,
        Right::Append => RightView::Append,
        Right::Edit | Right::Manage => RightView::Edit,
    })
}

fn bring_along(
    writing: &mut Writing<'_>,
    places: &BTreeMap<Place, CompartmentId>,
    family: &Family,
    owner: &str,
) -> Result<(), Fault> {
    let at = |place: &Place| places.get(place).copied().ok_or_else(|| Fault::internal("place"));
    let mut edits: BTreeMap<CompartmentId, Vec<Edit>> = BTreeMap::new();
    let owner_place = at(&Place::Owner)?;
    edits.entry(owner_place).or_default().push(Edit::Add(Item {
        fields: family.skeleton.clone(),
        ..Item::new("skeleton", SKELETON_KIND, Value::Null)
    }));
    let agenda_dat = Place::Section {
        section: standard("agenda")?,
        side: Side::Dat,
    };
    for placed in &family.items {
        let mut item = placed.item.clone();
        let author = ["author", "created_by", "by", "rater_id"]
            .iter()
            .find_map(|key| item.fields.get(*key)?.as_str());
        if item.source.is_none() && author.is_some_and(|author| author != owner) {
            item.source = Some(BROUGHT_ALONG.to_owned());
        }
        if item.kind == "appointments" {
            let block = Item {
                order: item.order,
                ..Item::new(
                    agenda::busy_id(&item.id),
                    dossier_model::item::BUSY_KIND,
                    agenda::busy_block(&item.fields),
                )
            };
            let content = RecordContent::Item(RecordItem::new(block, None, Vec::new()));
            writing.record(at(&agenda_dat)?, &Content::Model(content))?;
        }
        let compartment = at(&placed.placement.place)?;
        match &placed.placement.storage {
            Storage::Document => edits.entry(compartment).or_default().push(Edit::Add(item)),
            Storage::Record { audience, also_needs } => {
                let restricted = audience.is_some() || !also_needs.is_empty();
                let record = RecordItem::new(item, audience.clone(), also_needs.clone());
                let content = Content::Model(RecordContent::Item(record));
                if restricted {
                    writing.record_to(compartment, &content, Vec::new())?;
                } else {
                    writing.record(compartment, &content)?;
                }
            }
        }
    }
    for (compartment, edits) in &edits {
        writing.edits(*compartment, edits)?;
    }
    Ok(())
}

impl Dossier {
    /// [`Home::card`] as somebody sees it.
    pub(crate) fn card(&self, viewer: &Viewer) -> DossierCard {
        let sections = self.sections().into_iter().filter_map(|(section, label)| {
            let (right, side) = self.right_in(&viewer.device, &section)?;
            Some(SectionCard {
                id: section.to_string(),
                label,
                right: right_view(self.own && viewer.may_write, viewer.at_most(right))?,
                content: side == Side::Wat,
                some: right == Right::Relay,
                gate: self.gate(&section),
                manages: !self.own && viewer.may_write && right == Right::Manage,
            })
        });
        DossierCard {
            id: self.id.to_hex(),
            title: self.title(),
            own: self.own,
            me: self.person_of(&viewer.principal),
            sections: sections.collect(),
            over: None,
        }
    }

    /// Title, as the resident gave it.
    #[must_use]
    pub fn title(&self) -> String {
        self.compartments
            .values()
            .find_map(|compartment| compartment.about().map(|about| about.title.clone()))
            .or_else(|| self.local.title.clone())
            .unwrap_or_default()
    }

    /// The resident's person id, if this reader knows it.
    #[must_use]
    pub fn owner_person(&self) -> Option<String> {
        self.compartments
            .values()
            .find_map(|compartment| compartment.about().map(|about| about.owner.clone()))
    }

    /// Everything that this reader sees.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        self.compartments
            .view(|| self.assembled(|compartment| self.gates.of(&compartment.id).is_none()))
    }

    /// Everything that lies here, what stays shut for its reader included: for what is kept, never for what is shown.
    pub(crate) fn whole(&self) -> Arc<View> {
        if self.gates.all_open() {
            self.view()
        } else {
            Arc::new(self.assembled(|_| true))
        }
    }

    fn assembled(&self, open: impl Fn(&Compartment) -> bool) -> View {
        let people = self.people();
        let names = people
            .values()
            .map(|person| (person.id.clone(), person.name.clone()))
            .collect();
        let contents: Vec<SectionContent> = self
            .compartments
            .values()
            .filter(|compartment| open(compartment))
            .filter_map(|compartment| {
                let place = compartment.place()?.clone();
                let records = compartment
                    .records
                    .iter()
                    .filter_map(|(id, opened)| self.record_in(compartment, &people, id, opened))
                    .collect();
                Some(SectionContent {
                    place,
                    doc_items: compartment.doc.items().map(Arc::clone).collect(),
                    records,
                })
            })
            .collect();
        assemble(&contents, &names)
    }

    /// A record as the model wants to have it; none for what is not the model's.
    pub(crate) fn record_in(
        &self,
        compartment: &Compartment,
        people: &BTreeMap<PrincipalId, Person>,
        id: &RecordId,
        opened: &OpenedRecord,
    ) -> Option<RecordIn> {
        let Content::Model(content) = &opened.content else {
            return None;
        };
        Some(RecordIn {
            record_id: id.to_hex(),
            author: self.author(compartment, people, &opened.record.author.root),
            at: opened.at(),
            content: content.clone(),
        })
    }

    /// The readable view as JSON: [`VIEW_FORMAT`].
    #[must_use]
    pub fn to_json(&self, view: &View) -> Value {
        let sections: Vec<Value> = self
            .sections()
            .into_iter()
            .map(|(id, label)| json!({"id": id.as_str(), "label": label}))
            .collect();
        let items: Vec<Value> = view
            .items
            .iter()
            .filter(|item| item.kind != SKELETON_KIND)
            .map(|item| {
                let mut json = item_json(item);
                let name = item.record.as_deref().and_then(|record| self.author_name(record));
                if let (Some(name), Some(from)) = (name, json.get_mut("provenance").and_then(Value::as_object_mut)) {
                    from.insert("author_name".into(), name.into());
                }
                json
            })
            .collect();
        json!({
            "format": VIEW_FORMAT,
            "id": self.id.to_hex(),
            "title": self.title(),
            "owner": self.owner_person(),
            "sections": sections,
            "names": view.names,
            "items": items,
        })
    }
}

/// One item as JSON: `id`, `section`, `kind` and `provenance`, its fields beside them as direct keys. A field whose
/// name is one of those four stands in `fields`, which then holds all of them.
#[must_use]
pub fn item_json(item: &ShownItem) -> Value {
    const OURS: [&str; 4] = ["section", "kind", "provenance", "fields"];
    let mut out = Map::new();
    let item = without_keys(item);
    if let Value::Object(fields) = &item.fields {
        let clash = fields.iter().any(|(key, value)| {
            OURS.contains(&key.as_str()) || (key == "id" && value.as_str() != Some(item.id.as_str()))
        });
        for (key, value) in fields {
            out.insert(key.clone(), value.clone());
        }
        if clash {
            out.insert("fields".into(), item.fields.clone());
        }
    } else {
        out.insert("value".into(), item.fields.clone());
    }
    out.insert("id".into(), item.id.clone().into());
    out.insert("section".into(), item.section().into());
    out.insert("kind".into(), item.kind.clone().into());
    let provenance = &item.provenance;
    out.insert(
        "provenance".into(),
        json!({"author": provenance.author, "source": provenance.source, "date": provenance.date}),
    );
    if item.place.side() == Some(Side::Dat) {
        out.insert("detail".into(), "dat".into());
    }
    if item.contribution {
        out.insert("contribution".into(), true.into());
    }
    if !item.also_said.is_empty() {
        out.insert("also_said".into(), item.also_said.iter().map(also_said_json).collect());
    }
    Value::Object(out)
}

fn also_said_json(said: &AlsoSaid) -> Value {
    json!({"field": said.path.join("."), "values": said.values})
}

/// Section ids that a dossier has.
pub(crate) fn known_sections(dossier: &Dossier) -> BTreeSet<SectionId> {
    dossier.sections().into_iter().map(|(id, _)| id).collect()
}
