//! What can be printed, and what stands on each.

use dossier_model::item::is_voice;
use dossier_model::{Dossier, SectionId, ShownItem, Side, people, plan};
use serde_json::{Value, json};

use crate::catalogue::Lang;
use crate::ink::Ink;
use crate::reading::Eyes;

/// One side of a QR code with its quiet zone, in blocks (ISO/IEC 18004 asks for four).
const QUIET: usize = 4;

/// A dossier, as one reader sees it.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'d> {
    /// Everything that this reader sees.
    pub view: &'d Dossier,
    /// Title, as the resident gave it.
    pub title: &'d str,
    /// Its sections with the names that the resident gave, in fixed order.
    pub sections: &'d [(SectionId, Option<String>)],
    /// Person id of the resident, if this reader knows it.
    pub owner: Option<&'d str>,
    /// Who reads, when that is not the resident.
    pub reader: Option<&'d str>,
}

/// What brings a person back.
#[derive(Clone, Copy)]
pub struct Secret<'s> {
    /// Whose.
    pub name: &'s str,
    /// The words, in order.
    pub words: &'s [String],
    /// The same secret as an age identity.
    pub age_secret_key: &'s str,
}

/// One section of what an invitation offers.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'i> {
    /// Section id.
    pub section: &'i str,
    /// Its name, where the resident gave one.
    pub label: Option<&'i str>,
    /// zien, aanvullen, aanpassen.
    pub level: &'i str,
    /// False when only the fact that there is something ("dat") is shared.
    pub content: bool,
}

/// An invitation, for somebody who never heard of the program.
#[derive(Debug, Clone, Copy)]
pub struct Invitation<'i> {
    /// Title of the dossier.
    pub title: &'i str,
    /// Who invites.
    pub from: &'i str,
    /// Who is invited.
    pub name: &'i str,
    /// What for.
    pub purpose: Option<&'i str>,
    /// Last day of access.
    pub until: Option<&'i str>,
    /// What is offered.
    pub offers: &'i [Offer<'i>],
    /// Until when it may be answered, RFC 3339.
    pub expires: &'i str,
    /// The ticket as letters and digits.
    pub ticket: &'i str,
    /// The same as a QR code: one text a row, `1` is dark.
    pub qr: &'i [String],
}

/// Something to print.
#[derive(Clone, Copy)]
pub enum Sheet<'d> {
    /// The whole plan: goals, steps, agreements.
    Plan(Reading<'d>),
    /// What helps when things go wrong: a page, and a card for a wallet (ISO/IEC 7810 ID-1).
    Crisis(Reading<'d>),
    /// Every section, every item, every field that the reader sees.
    Dossier(Reading<'d>),
    /// The recovery words.
    Words(Secret<'d>),
    /// The paper invitation with its explanation.
    Invitation(Invitation<'d>),
}

impl Sheet<'_> {
    /// Name of its template.
    pub(crate) fn template(&self) -> &'static str {
        match self {
            Self::Plan(_) => "plan.typ",
            Self::Crisis(_) => "crisis.typ",
            Self::Dossier(_) => "all.typ",
            Self::Words(_) => "words.typ",
            Self::Invitation(_) => "invitation.typ",
        }
    }

    /// What the template shows.
    pub(crate) fn data(&self, lang: Lang, now: &str, ink: &Ink) -> Value {
        let mut data = match self {
            Self::Plan(reading) => reading.plan(lang, ink),
            Self::Crisis(reading) => reading.crisis(lang, ink),
            Self::Dossier(reading) => reading.everything(lang, ink),
            Self::Words(secret) => secret.data(lang, ink),
            Self::Invitation(invitation) => invitation.data(lang, ink),
        };
        let day = now.get(..10).unwrap_or(now);
        let made = lang.say("made", &[("day", &lang.date(day).unwrap_or_default())]);
        let title = data.get("title").and_then(Value::as_str).unwrap_or_default();
        let footer = format!("{title} · {made}");
        if let Some(data) = data.as_object_mut() {
            data.insert("footer".to_owned(), footer.into());
            data.insert("lang".to_owned(), lang.code().into());
            // Last: by now everything was written.
            data.insert("missing".to_owned(), ink.missing(lang));
        }
        data
    }
}

fn written(ink: &Ink, lines: &[String]) -> Vec<Value> {
    lines.iter().map(|line| ink.written(line)).collect()
}

impl Reading<'_> {
    fn plan(&self, lang: Lang, ink: &Ink) -> Value {
        let eyes = Eyes::new(self.view, lang, ink);
        let overview = plan::overview(self.view);
        let row = |action: &plan::Action<'_>| {
            let due = action.due.map(|due| lang.date(due).unwrap_or_else(|| due.to_owned()));
            let status = lang.term("action_status", action.status).unwrap_or(action.status);
            json!([
                ink.written(action.text),
                ink.written(&eyes.people(&action.who)),
                ink.written(&due.unwrap_or_default()),
                ink.written(status)
            ])
        };
        let goals: Vec<Value> = overview
            .goals
            .iter()
            .map(|goal| {
                json!({
                    "title": ink.written(goal.title),
                    "fields": eyes.fields(goal.item, &["why", "measure", "target_date", "status"]),
                    "actions": goal.actions.iter().map(row).collect::<Vec<_>>(),
                })
            })
            .collect();
        // What others said in their own name stays in the dossier; so does what is nobody's to carry around.
        let beside = self.view.of_section("plan").filter(|item| {
            item.place.side() == Some(Side::Wat)
                && !item.contribution
                && !is_voice(&item.kind)
                && !matches!(
                    item.kind.as_str(),
                    "goals" | "actions" | "assessments" | "flags" | "facts"
                )
        });
        let own = overview.plan.and_then(|plan| plan.text("title"));
        let title = match own {
            Some(title) => lang.say("plan_of", &[("title", title)]),
            None => lang.say("plan_title", &[]),
        };
        let mut kinds = eyes.kinds(beside);
        if kinds.is_empty() && goals.is_empty() && overview.loose.is_empty() {
            kinds.push(json!({"name": lang.say("plan_empty", &[]), "items": []}));
        }
        json!({
            "title": ink.line(&title),
            "author": author(self, ink),
            "words": {
                "wish": lang.say("plan_wish", &[]),
                "columns": (["plan_step", "plan_who", "plan_when", "plan_status"].map(|key| lang.say(key, &[]))),
                "loose": lang.say("plan_loose", &[]),
            },
            "wish": overview.plan.and_then(|plan| plan.text("wish")).map(|wish| ink.written(wish)),
            "goals": goals,
            "loose": overview.loose.iter().map(row).collect::<Vec<_>>(),
            "kinds": kinds,
        })
    }

    /// Only what the crisis plan itself says, and how to reach whom it names.
    fn crisis(&self, lang: Lang, ink: &Ink) -> Value {
        let plan = self.view.of_kind("crisis_plan").find(|item| !item.contribution);
        let lines = |key: &str| -> Vec<String> {
            match plan.and_then(|plan| plan.fields.get(key)) {
                Some(Value::String(text)) => vec![text.clone()],
                Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                _ => Vec::new(),
            }
        };
        let reach = self.whom_to_call(plan);
        let label = |key: &str| lang.say(&format!("label.{key}"), &[]);
        let mut parts = Vec::new();
        if !reach.is_empty() {
            let written = |text: Option<&str>| text.map(|text| ink.written(text));
            let calls: Vec<Value> = reach
                .iter()
                .map(|call| json!({"name": ink.written(call.name), "phone": written(call.phone), "hours": written(call.hours)}))
                .collect();
            parts.push(json!({"name": lang.say("crisis_call", &[]), "calls": calls, "lines": []}));
        }
        for key in ["what_helps", "what_not", "early_signs", "children", "medical"] {
            let lines = lines(key);
            if !lines.is_empty() {
                parts.push(json!({"name": label(key), "calls": null, "lines": written(ink, &lines)}));
            }
        }
        if parts.is_empty() {
            let line = lang.say("crisis_empty", &[]);
            parts.push(json!({"name": lang.say("crisis_title", &[]), "calls": null, "lines": [line]}));
        }
        let mut first = vec![lang.say("crisis_danger", &[])];
        first.extend(reach.iter().map(|call| match call.phone {
            Some(phone) => format!("{}: {phone}", call.name),
            None => call.name.to_owned(),
        }));
        let mut second = lines("what_helps");
        second.extend(
            lines("what_not")
                .iter()
                .map(|text| lang.say("crisis_not", &[("text", text)])),
        );
        second.extend(
            lines("medical")
                .iter()
                .map(|text| lang.say("crisis_medical", &[("text", text)])),
        );
        let title = match self.owner.and_then(|owner| self.view.name(owner)) {
            Some(name) => lang.say("crisis_of", &[("name", name)]),
            None => lang.say("crisis_title", &[]),
        };
        json!({
            "title": ink.line(&title),
            "author": author(self, ink),
            "danger": lang.say("crisis_danger", &[]),
            "more": lang.say("crisis_more", &[]),
            "card": lang.say("crisis_card", &[]),
            "cut": lang.say("crisis_cut", &[]),
            "parts": parts,
            "faces": [
                {"name": ink.line(&title), "lines": written(ink, &first)},
                {"name": label("what_helps"), "lines": written(ink, &second)},
            ],
        })
    }

    /// Whom to call, first one first: people of the dossier, and numbers that the plan itself names. Never somebody who
    /// may see nothing.
    fn whom_to_call<'c>(&'c self, plan: Option<&'c ShownItem>) -> Vec<Call<'c>> {
        let person = |id: &'c str| {
            let entry = people::person(self.view, id);
            let blocked = entry.is_some_and(|entry| entry.fields.get("blocked") == Some(&Value::Bool(true)));
            (!blocked).then(|| Call {
                name: self.view.name(id).unwrap_or(id),
                phone: entry.and_then(|entry| entry.text("phone")),
                hours: None,
            })
        };
        let order = plan.and_then(|plan| plan.fields.get("call_order")?.as_array());
        let named = order.into_iter().flatten().filter_map(|one| {
            let text = |key: &str| one.get(key).and_then(Value::as_str);
            let call = match text("person_id").or(one.as_str()) {
                Some(id) => person(id)?,
                None => Call {
                    name: text("label").or(text("phone"))?,
                    phone: None,
                    hours: None,
                },
            };
            Some(Call {
                phone: text("phone").or(call.phone),
                hours: text("hours"),
                ..call
            })
        });
        let emergency = self.view.of_kind("emergency_contacts");
        let emergency = emergency.filter_map(|item| person(item.fields.as_str()?));
        let mut calls: Vec<Call<'c>> = Vec::new();
        for call in named.chain(emergency) {
            if !calls.iter().any(|held| held.name == call.name) {
                calls.push(call);
            }
        }
        calls
    }

    fn everything(&self, lang: Lang, ink: &Ink) -> Value {
        let eyes = Eyes::new(self.view, lang, ink);
        let mut sections = Vec::new();
        let mut add = |name: String, note: Option<String>, kinds: Vec<Value>| {
            sections.push(json!({"name": ink.written(&name), "note": note, "kinds": kinds}));
        };
        for (id, label) in self.sections {
            let kinds = eyes.kinds(self.view.of_section(id.as_str()));
            let note = kinds.is_empty().then(|| lang.say("section_empty", &[]));
            add(lang.section(id.as_str(), label.as_deref()), note, kinds);
        }
        // A section that is in nobody's list would otherwise be missing here.
        let listed = |id: &str| self.sections.iter().any(|(section, _)| section.as_str() == id);
        let mut unlisted: Vec<&str> = self.view.items.iter().map(|item| item.section()).collect();
        unlisted.retain(|id| !listed(id) && !id.is_empty());
        unlisted.sort_unstable();
        unlisted.dedup();
        for id in unlisted {
            add(lang.section(id, None), None, eyes.kinds(self.view.of_section(id)));
        }
        let own = eyes.kinds(self.view.of_section(""));
        if !own.is_empty() {
            add(lang.say("owner_only", &[]), Some(lang.say("owner_only_note", &[])), own);
        }
        let items = self
            .view
            .items
            .iter()
            .filter(|item| item.kind != dossier_model::item::SKELETON_KIND)
            .count();
        let whose = match self.reader {
            Some(name) => lang.say("dossier_reader", &[("name", name)]),
            None => lang.say("dossier_own", &[]),
        };
        let counts = lang.say(
            "dossier_counts",
            &[("items", &items.to_string()), ("sections", &sections.len().to_string())],
        );
        json!({
            "title": ink.line(&lang.say("dossier_of", &[("title", self.title)])),
            "author": author(self, ink),
            "lead": written(ink, &[whose, counts, lang.say("dossier_care", &[])]),
            "contents": lang.say("contents", &[]),
            "sections": sections,
        })
    }
}

/// Somebody to call.
struct Call<'c> {
    name: &'c str,
    phone: Option<&'c str>,
    hours: Option<&'c str>,
}

/// Whose work it is, for the file's own description.
fn author(reading: &Reading<'_>, ink: &Ink) -> Vec<String> {
    let name = reading.owner.and_then(|owner| reading.view.name(owner));
    name.map(|name| ink.line(name)).into_iter().collect()
}

impl Secret<'_> {
    fn data(&self, lang: Lang, ink: &Ink) -> Value {
        let say = |key: &str| lang.say(key, &[]);
        json!({
            "title": say("words_title"),
            "author": [],
            "lead": written(ink, &[lang.say("words_for", &[("name", self.name)]), say("words_lead")]),
            "secret": {"words": self.words, "age": self.age_secret_key},
            "key": say("words_key"),
            "key-lead": say("words_key_lead"),
            "keep": say("words_keep"),
            "rules": (["safe", "secret", "photo", "lost"].map(|rule| say(&format!("words_rule_{rule}")))),
        })
    }
}

impl Invitation<'_> {
    fn data(&self, lang: Lang, ink: &Ink) -> Value {
        let from = ("from", self.from);
        let mut lead = vec![lang.say("invite_lead", &[from, ("title", self.title)])];
        lead.extend(
            self.purpose
                .map(|purpose| lang.say("invite_purpose", &[("purpose", purpose)])),
        );
        let offer: Vec<String> = self
            .offers
            .iter()
            .map(|offer| {
                let section = lang.section(offer.section, offer.label);
                if offer.content {
                    let level = lang.say(&format!("invite_level_{}", offer.level), &[]);
                    lang.say("invite_scope", &[("section", &section), ("level", &level)])
                } else {
                    lang.say("invite_only_that", &[("section", &section)])
                }
            })
            .collect();
        let end = match self.until {
            Some(day) => {
                let day = lang.date(day).unwrap_or_else(|| day.to_owned());
                lang.say("invite_until", &[("day", &day), from])
            }
            None => lang.say("invite_no_end", &[from]),
        };
        let steps = ["install", "start", "scan", "code", "done"];
        let about = ["whose", "where", "log", "no", "stranger"];
        let expires = lang.date(self.expires).unwrap_or_else(|| self.expires.to_owned());
        let say = |key: &str| lang.say(key, &[]);
        json!({
            "title": ink.line(&lang.say("invite_title", &[("name", self.name)])),
            "author": [ink.line(self.from)],
            "lead": written(ink, &lead),
            "offer": written(ink, &offer),
            "terms": written(ink, &[end]),
            "steps": written(ink, &steps.map(|step| lang.say(&format!("invite_step_{step}"), &[from]))),
            "expires": lang.say("invite_expires", &[("when", &expires)]),
            "about": written(ink, &about.map(|line| say(&format!("invite_about_{line}")))),
            "ticket": spaced(self.ticket),
            "qr": picture(self.qr),
            "words": {
                "offer": say("invite_offer"),
                "how": say("invite_how"),
                "about": say("invite_about"),
                "ticket": say("invite_ticket"),
                "ticket-lead": say("invite_ticket_lead"),
                "qr": say("invite_qr"),
            },
        })
    }
}

/// In groups, so that it can be read and typed; a ticket reads the same with spaces.
fn spaced(ticket: &str) -> String {
    let signs: Vec<char> = ticket.chars().collect();
    let groups: Vec<String> = signs.chunks(8).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

/// The QR code as SVG.
fn picture(rows: &[String]) -> String {
    let side = rows.len() + 2 * QUIET;
    let mut path = String::new();
    for (y, row) in rows.iter().enumerate() {
        for (x, _) in row.chars().enumerate().filter(|(_, block)| *block == '1') {
            path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET));
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path d=\"M0 0h{side}v{side}h-{side}z\" fill=\"#fff\"/><path d=\"{path}\" fill=\"#000\"/></svg>"
    )
}
