//! View models: what the pages show, from the reader's view of a dossier.

use dossier_model::item::{BROUGHT_ALONG, is_voice};
use dossier_model::section::Side;
use dossier_model::{Dossier as View, Place, ShownItem, agenda, moment, notes, people, plan};
use dossier_trust::ids::DossierId;
use dossier_trust::operation::Right;
use serde_json::{Map, Value};

use crate::attachments::without_keys;
use crate::clock::{Clock, rfc3339};
use crate::contract::{
    ActionView, AlsoSaid, AppointmentView, Fault, GoalView, ItemView, NewsView, OnlookerView, PersonRef, PlanView,
    Provenance, RightView, SectionView, Sight, TodayView,
};
use crate::crisis_card;
use crate::dossiers::{right_view, standard};
use crate::home::Home;
use crate::looking::Viewer;
use crate::replica::Dossier;

/// Appointments are shown this many days ahead.
const DAYS_AHEAD: i64 = 14;

/// What a page needs to know of its reader.
struct Eyes<'d> {
    dossier: &'d Dossier,
    viewer: &'d Viewer,
    view: &'d View,
    me: Option<String>,
    plan: Option<Right>,
}

impl Home {
    /// The first page.
    ///
    /// # Errors
    /// [`crate::contract::FaultCode::NotFound`].
    pub fn today(&mut self, id: &DossierId) -> Result<TodayView, Fault> {
        let (clock, viewer) = (self.clock, self.viewer(id)?);
        self.dossier(id)?.today(&viewer, &clock)
    }

    /// Goals with their actions.
    ///
    /// # Errors
    /// [`crate::contract::FaultCode::NotFound`].
    pub fn plan(&mut self, id: &DossierId) -> Result<PlanView, Fault> {
        let (clock, viewer) = (self.clock, self.viewer(id)?);
        self.dossier(id)?.plan(&viewer, &clock)
    }

    /// Everything that this reader may see in one section.
    ///
    /// # Errors
    /// [`crate::contract::FaultCode::NotAllowed`] or [`crate::contract::FaultCode::NotFound`].
    pub fn section(&mut self, id: &DossierId, section: &str) -> Result<SectionView, Fault> {
        let (clock, viewer) = (self.clock, self.viewer(id)?);
        self.dossier(id)?.section(&viewer, &clock, section)
    }
}

impl Dossier {
    /// [`Home::today`] as somebody sees it.
    pub(crate) fn today(&self, viewer: &Viewer, clock: &Clock) -> Result<TodayView, Fault> {
        let today = clock.today();
        let view = self.view();
        let eyes = Eyes::of(self, viewer, &view)?;
        let from = moment::day(&today).unwrap_or(0);
        let appointments = agenda::appointments(&view, Some(&today), None)
            .into_iter()
            .filter(|one| moment::day(one.start).is_some_and(|day| day <= from + DAYS_AHEAD))
            .map(|one| eyes.appointment(one.item))
            .collect();
        let mut my_actions: Vec<ActionView> = match &eyes.me {
            Some(me) => plan::open_actions_of(&view, me)
                .into_iter()
                .map(|action| eyes.action(action.item))
                .collect(),
            None => Vec::new(),
        };
        my_actions.sort_by(|a, b| (a.due.is_none(), &a.due, &a.id).cmp(&(b.due.is_none(), &b.due, &b.id)));
        let news = if self.own {
            notes::news(&view)
                .into_iter()
                .map(|note| NewsView {
                    id: note.item.id.clone(),
                    author: eyes.person(note.item.provenance.author.as_deref().unwrap_or_default()),
                    date: note.item.provenance.date.clone().unwrap_or_default(),
                    plain: note.item.text("text_plain").map(str::to_owned),
                    original: note.item.text("text_professional").map(str::to_owned),
                })
                .collect()
        } else {
            Vec::new()
        };
        let both = [eyes.seen_by("agenda")?, eyes.seen_by("plan")?].concat();
        let seen_by = the_most(both.into_iter().map(|one| (one.name.clone(), one)).collect());
        Ok(TodayView {
            date: today,
            now: rfc3339(clock.now_ms()),
            name: viewer.name.clone(),
            appointments,
            my_actions,
            news,
            seen_by,
        })
    }

    /// [`Home::plan`] as somebody sees it.
    pub(crate) fn plan(&self, viewer: &Viewer, clock: &Clock) -> Result<PlanView, Fault> {
        let view = self.view();
        let eyes = Eyes::of(self, viewer, &view)?;
        let overview = plan::overview(&view);
        let goals = overview
            .goals
            .iter()
            .map(|goal| {
                let item = goal.item;
                GoalView {
                    id: item.id.clone(),
                    title: item.text("title").unwrap_or_default().to_owned(),
                    why: item.text("why").map(str::to_owned),
                    measure: item.text("measure").map(str::to_owned),
                    domain: item.text("domain").map(str::to_owned),
                    status: item.text("status").unwrap_or("nieuw").to_owned(),
                    priority: item
                        .fields
                        .get("priority")
                        .and_then(Value::as_u64)
                        .and_then(|n| u32::try_from(n).ok()),
                    target_date: item.text("target_date").map(str::to_owned),
                    actions: goal.actions.iter().map(|action| eyes.action(action.item)).collect(),
                    may_change: eyes.may_change(item),
                    also_said: also_said(item),
                }
            })
            .collect();
        let own_plan = view.of_kind("plan").next();
        Ok(PlanView {
            date: clock.today(),
            title: own_plan.and_then(|item| item.text("title")).map(str::to_owned),
            wish: own_plan.and_then(|item| item.text("wish")).map(str::to_owned),
            goals,
            loose_actions: overview.loose.iter().map(|action| eyes.action(action.item)).collect(),
            right: eyes.plan.and_then(|right| right_view(eyes.owns(), right)),
            seen_by: eyes.seen_by("plan")?,
        })
    }

    /// [`Home::section`] as somebody sees it.
    pub(crate) fn section(&self, viewer: &Viewer, clock: &Clock, section: &str) -> Result<SectionView, Fault> {
        let named = dossier_model::SectionId::new(section).map_err(|_| Fault::not_found(section))?;
        let right = self.right_in(&viewer.device, &named);
        if right.is_none() {
            let known = dossier_model::section::is_standard(section) && !self.own;
            return Err(if known {
                Fault::not_allowed(section)
            } else {
                Fault::not_found(section)
            });
        }
        let view = self.view();
        let eyes = Eyes::of(self, viewer, &view)?;
        let held = right.map(|(right, _)| viewer.at_most(right));
        let items = view.of_section(section).map(|item| eyes.item(item, held)).collect();
        let named = |id: &str, name: &str| PersonRef {
            id: id.to_owned(),
            name: Some(name.to_owned()),
        };
        let mut people: Vec<PersonRef> = view.names.iter().map(|(id, name)| named(id, name)).collect();
        let organisations = view.of_kind("organisations");
        let mut organisations: Vec<PersonRef> = organisations
            .filter_map(|item| Some(named(item.text("id").unwrap_or(&item.id), item.text("name")?)))
            .collect();
        people.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        organisations.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(SectionView {
            id: section.to_owned(),
            date: clock.today(),
            items,
            people,
            organisations,
            calls: if section == crisis_card::SECTION {
                crisis_card::calls(&view)
            } else {
                Vec::new()
            },
            right: held.and_then(|right| right_view(eyes.owns(), right)),
            seen_by: eyes.seen_by(section)?,
        })
    }
}

impl<'d> Eyes<'d> {
    fn of(dossier: &'d Dossier, viewer: &'d Viewer, view: &'d View) -> Result<Self, Fault> {
        let plan = dossier
            .right_in(&viewer.device, &standard("plan")?)
            .filter(|(_, side)| *side == Side::Wat)
            .map(|(right, _)| viewer.at_most(right));
        Ok(Self {
            dossier,
            viewer,
            view,
            me: dossier.person_of(&viewer.principal),
            plan,
        })
    }
}

impl Eyes<'_> {
    /// The reader may do here what only the resident may.
    fn owns(&self) -> bool {
        self.dossier.own && self.viewer.may_write
    }

    fn person(&self, id: &str) -> PersonRef {
        PersonRef {
            id: id.to_owned(),
            name: self.view.name(id).map(str::to_owned),
        }
    }

    fn may_change(&self, item: &ShownItem) -> bool {
        let mine = item
            .author
            .as_ref()
            .is_some_and(|author| author.person.is_some() && author.person == self.me);
        self.plan
            .is_some_and(|right| right >= Right::Edit || (right >= Right::Append && mine))
    }

    /// One item of a section in which the reader has this right.
    fn item(&self, item: &ShownItem, right: Option<Right>) -> ItemView {
        let keyless = without_keys(item);
        let fields = keyless
            .fields
            .as_object()
            .cloned()
            .unwrap_or_else(|| Map::from_iter([("value".to_owned(), keyless.fields.clone())]));
        let mine = item.author.as_ref().is_some_and(|author| {
            (author.is_owner && self.dossier.own) || (author.person.is_some() && author.person == self.me)
        });
        let recorded = item.record.is_some();
        let brought_along = item.provenance.source.as_deref() == Some(BROUGHT_ALONG);
        // A voice is its author's alone.
        let voice = is_voice(&item.kind) && (brought_along || (recorded && !mine));
        let editor = right.is_some_and(|right| right >= Right::Edit);
        ItemView {
            id: item.id.clone(),
            section: item.section().to_owned(),
            kind: item.kind.clone(),
            fields,
            provenance: Provenance {
                author: item.provenance.author.clone(),
                author_name: item
                    .record
                    .as_deref()
                    .and_then(|record| self.dossier.author_name(record)),
                source: item.provenance.source.clone(),
                date: item.provenance.date.clone(),
            },
            may_change: self.viewer.may_write && !voice && (editor || (recorded && mine)),
            may_remove: self.viewer.may_write && !voice && if recorded { mine } else { editor },
            contribution: item.contribution,
            also_said: also_said(item),
        }
    }

    fn action(&self, item: &ShownItem) -> ActionView {
        let who: Vec<PersonRef> = item.texts("who").into_iter().map(|id| self.person(id)).collect();
        ActionView {
            id: item.id.clone(),
            goal_id: item.text("goal_id").map(str::to_owned),
            text: item.text("text").unwrap_or_default().to_owned(),
            mine: self.me.as_ref().is_some_and(|me| who.iter().any(|one| one.id == *me)),
            who,
            due: item.text("due").map(str::to_owned),
            status: item.text("status").unwrap_or("open").to_owned(),
            may_change: self.may_change(item),
            contribution: item.contribution,
            also_said: also_said(item),
        }
    }

    fn appointment(&self, item: &ShownItem) -> AppointmentView {
        let text = |key: &str| item.text(key).map(str::to_owned);
        AppointmentView {
            id: item.id.clone(),
            title: text("title"),
            start: text("start").unwrap_or_default(),
            end: text("end"),
            location_kind: text("location_kind"),
            location: text("location"),
            organisation: item
                .text("org_id")
                .and_then(|id| people::organisation_name(self.view, id))
                .map(str::to_owned),
            attendees: item.texts("attendees").into_iter().map(|id| self.person(id)).collect(),
            status: text("status"),
            also_said: also_said(item),
        }
    }

    /// Who else sees something of a section: names, how much, and what they may do, as far as this reader may know.
    fn seen_by(&self, section: &str) -> Result<Vec<OnlookerView>, Fault> {
        let section = dossier_model::SectionId::new(section).map_err(|_| Fault::not_found(section))?;
        let mut found: Vec<(String, OnlookerView)> = Vec::new();
        for side in [Side::Wat, Side::Dat] {
            let Some(compartment) = self.dossier.at(&Place::Section {
                section: section.clone(),
                side,
            }) else {
                continue;
            };
            let notes = compartment.grant_notes();
            for (id, grant) in compartment.consent.live_grants() {
                if let Some(note) = notes.get(id)
                    && Some(&note.person) != self.me.as_ref()
                    && let Some(right) = right_view(false, grant.right)
                {
                    found.push((
                        note.person.clone(),
                        OnlookerView {
                            name: note.name.clone(),
                            role: note.role.clone(),
                            sees: sight(side, grant.right, note.emergency),
                            right,
                        },
                    ));
                }
            }
        }
        if !self.dossier.own
            && let Some(owner) = self.dossier.people().get(&self.dossier.part.consent.root())
        {
            found.push((
                owner.id.clone(),
                OnlookerView {
                    name: owner.name.clone(),
                    role: None,
                    sees: Sight::All,
                    right: RightView::Own,
                },
            ));
        }
        Ok(the_most(found))
    }
}

/// How much a grant shows, on this side of a section.
fn sight(side: Side, right: Right, emergency: bool) -> Sight {
    match (side, right) {
        _ if emergency => Sight::Emergency,
        // It opens nothing: the resident's device posts copies of what is about these people.
        (_, Right::Relay) => Sight::Some,
        (Side::Dat, Right::Read | Right::Append | Right::Edit | Right::Manage) => Sight::That,
        (Side::Wat, Right::Read | Right::Append | Right::Edit | Right::Manage) => Sight::All,
    }
}

/// Everybody once, with the most that they see, by name.
fn the_most(mut found: Vec<(String, OnlookerView)>) -> Vec<OnlookerView> {
    found.sort_by(|(a, one), (b, other)| a.cmp(b).then((other.sees, other.right).cmp(&(one.sees, one.right))));
    found.dedup_by(|(a, _), (b, _)| a == b);
    let mut people: Vec<OnlookerView> = found.into_iter().map(|(_, one)| one).collect();
    people.sort_by(|a, b| a.name.cmp(&b.name));
    people
}

fn also_said(item: &ShownItem) -> Vec<AlsoSaid> {
    without_keys(item)
        .also_said
        .iter()
        .map(|said| AlsoSaid {
            field: said.path.join("."),
            values: said.values.iter().map(as_text).collect(),
        })
        .collect()
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
