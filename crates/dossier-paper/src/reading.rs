//! Items of a dossier as labels and values, for the papers that show everything.

use std::collections::BTreeMap;

use dossier_model::item::{BROUGHT_ALONG, KINDS, OTHER_PREFIX, SKELETON_KIND};
use dossier_model::{Dossier, ShownItem, Side};
use serde_json::{Map, Value, json};

use crate::catalogue::Lang;
use crate::ink::Ink;

/// Values inside values are shown up to this depth; below it, as JSON.
const DEEPEST: usize = 5;

/// A title longer than this many signs is a text.
const LONGEST_TITLE: usize = 160;

/// The field that names an item, first one first.
const TITLES: [&str; 5] = ["title", "name", "label", "creditor", "substance"];

/// Fields that are read first, in this order; the others follow by name.
const FIRST: [&str; 20] = [
    "text",
    "quote",
    "text_plain",
    "text_professional",
    "summary_b1",
    "wish",
    "why",
    "measure",
    "value",
    "speaker",
    "subject",
    "person_id",
    "person",
    "from",
    "to",
    "start",
    "end",
    "since",
    "until",
    "status",
];

/// Short texts beside each other stay on one line up to this many signs.
const LONGEST_LINE: usize = 160;

/// Fields that are amounts of money.
const MONEY: [&str; 3] = ["per_month", "amount", "debts_total"];

/// Fields whose values are terms of the field, and the group of the catalogue in which they stand.
const TERMS: [(&str, &str); 12] = [
    ("domain", "domain"),
    ("section", "section"),
    ("sections", "section"),
    ("role", "role"),
    ("level", "level"),
    ("detail", "level"),
    ("location_kind", "place"),
    ("strength", "strength"),
    ("type", "relation"),
    ("type", "role"),
    ("kind", "role"),
    ("status", "action_status"),
];

/// Shows items of one dossier to one reader.
pub(crate) struct Eyes<'d> {
    pub(crate) view: &'d Dossier,
    pub(crate) lang: Lang,
    pub(crate) ink: &'d Ink,
    /// Items that others point at: id → what they are called.
    named: BTreeMap<&'d str, &'d str>,
}

impl<'d> Eyes<'d> {
    pub(crate) fn new(view: &'d Dossier, lang: Lang, ink: &'d Ink) -> Self {
        let named = view.items.iter().filter_map(|item| {
            let name = item
                .text("title")
                .or_else(|| item.text("name"))
                .or_else(|| item.text("label"))?;
            Some((item.text("id").unwrap_or(&item.id), name))
        });
        Self {
            view,
            lang,
            ink,
            named: named.collect(),
        }
    }

    /// Items by kind, in the order of the demo families: `{name, items}`.
    pub(crate) fn kinds<'i>(&self, items: impl Iterator<Item = &'i ShownItem>) -> Vec<Value> {
        let mut by_kind: BTreeMap<(usize, &str), Vec<Value>> = BTreeMap::new();
        for item in items.filter(|item| item.kind != SKELETON_KIND) {
            let rank = KINDS
                .iter()
                .position(|kind| kind.name == item.kind)
                .unwrap_or(KINDS.len());
            by_kind.entry((rank, &item.kind)).or_default().push(self.item(item));
        }
        by_kind
            .into_iter()
            .map(|((_, kind), items)| json!({"name": self.ink.written(&self.kind(kind)), "items": items}))
            .collect()
    }

    fn kind(&self, kind: &str) -> String {
        self.lang.known(&format!("kind.{kind}")).map_or_else(
            || spaced(kind.strip_prefix(OTHER_PREFIX).unwrap_or(kind)),
            str::to_owned,
        )
    }

    fn item(&self, item: &ShownItem) -> Value {
        let nothing = Map::new();
        let all = item.fields.as_object().unwrap_or(&nothing);
        let title = TITLES.into_iter().find(|key| item.text(key).is_some_and(is_title));
        let shown = |key: &str, value: &Value| {
            let said_below = |other: &Option<String>| other.is_some() && value.as_str() == other.as_deref();
            !(Some(key) == title
                || (key == "id" && value.as_str() == Some(&item.id))
                || (matches!(key, "author" | "created_by") && said_below(&item.provenance.author))
                || (matches!(key, "date" | "created") && said_below(&item.provenance.date)))
        };
        let mut ordered: Vec<(&String, &Value)> = all.iter().filter(|(key, value)| shown(key, value)).collect();
        ordered.sort_by_key(|(key, _)| FIRST.iter().position(|first| first == key).unwrap_or(FIRST.len()));
        let mut fields: Vec<Value> = ordered
            .into_iter()
            .filter_map(|(key, value)| Some(self.field(&self.label(key), self.value(key, value, 0)?)))
            .collect();
        if !item.fields.is_object()
            && let Some(value) = self.value("value", &item.fields, 0)
        {
            fields.push(self.field(&self.label("value"), value));
        }
        for said in &item.also_said {
            let field = said.path.last().map(String::as_str).unwrap_or_default();
            let label = self.lang.say("also_said", &[("field", &self.label(field))]);
            let values: Vec<Value> = said
                .values
                .iter()
                .filter_map(|value| self.value(field, value, 0))
                .collect();
            fields.push(self.field(&label, json!({"list": values})));
        }
        json!({
            "title": title.and_then(|key| item.text(key)).map(|text| self.ink.written(text)),
            "fields": fields,
            "origin": self.ink.written(&self.origin(item)),
        })
    }

    /// Some fields of an item under their labels, as far as they are there.
    pub(crate) fn fields(&self, item: &ShownItem, keys: &[&str]) -> Vec<Value> {
        keys.iter()
            .filter_map(|key| Some(self.field(&self.label(key), self.value(key, item.fields.get(*key)?, 0)?)))
            .collect()
    }

    fn field(&self, label: &str, value: Value) -> Value {
        json!({"label": self.ink.written(label), "value": value})
    }

    /// Who, when and from where.
    fn origin(&self, item: &ShownItem) -> String {
        let from = &item.provenance;
        let mut parts = Vec::new();
        if let Some(author) = &from.author {
            parts.push(self.lang.say("origin_by", &[("name", &self.reference(author))]));
        }
        if let Some(date) = &from.date {
            parts.push(self.lang.date(date).unwrap_or_else(|| date.clone()));
        }
        match from.source.as_deref() {
            Some(BROUGHT_ALONG) => parts.push(self.lang.say("brought_along", &[])),
            Some(source) => parts.push(self.lang.say("origin_source", &[("source", &self.reference(source))])),
            None => {}
        }
        if parts.is_empty() {
            parts.push(self.lang.say("origin_unknown", &[]));
        }
        if item.contribution {
            parts.push(self.lang.say("contribution", &[]));
        }
        if item.place.side() == Some(Side::Dat) {
            parts.push(self.lang.say("only_that", &[]));
        }
        parts.join(" · ")
    }

    fn label(&self, key: &str) -> String {
        self.lang
            .known(&format!("label.{key}"))
            .or_else(|| self.lang.term("domain", key))
            .or_else(|| self.lang.known(&format!("kind.{key}")))
            .map_or_else(|| spaced(key), str::to_owned)
    }

    /// A value as the templates show it; none for an empty one.
    fn value(&self, key: &str, value: &Value, depth: usize) -> Option<Value> {
        let text = |text: &str| Some(json!({"text": self.ink.written(text)}));
        match value {
            Value::Null => None,
            Value::Bool(yes) => text(&self.lang.say(if *yes { "yes" } else { "no" }, &[])),
            Value::Number(number) if MONEY.contains(&key) => text(
                &number
                    .as_f64()
                    .map_or_else(|| number.to_string(), |amount| self.lang.money(amount)),
            ),
            Value::Number(number) => text(&number.to_string()),
            Value::String(written) if written.trim().is_empty() => None,
            Value::String(written) => text(&self.word(key, written)),
            Value::Array(list) if list.is_empty() => None,
            Value::Object(fields) if fields.is_empty() => None,
            Value::Array(_) | Value::Object(_) if depth >= DEEPEST => text(&value.to_string()),
            Value::Array(list) if is_line(list) => {
                let words: Vec<String> = list
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|one| self.word(key, one))
                    .collect();
                text(&words.join(", "))
            }
            Value::Array(list) => {
                let values: Vec<Value> = list.iter().filter_map(|one| self.value(key, one, depth + 1)).collect();
                (!values.is_empty()).then(|| json!({"list": values}))
            }
            Value::Object(fields) => {
                let fields: Vec<Value> = fields
                    .iter()
                    .filter_map(|(key, value)| Some(self.field(&self.label(key), self.value(key, value, depth + 1)?)))
                    .collect();
                (!fields.is_empty()).then(|| json!({"fields": fields}))
            }
        }
    }

    /// What a text stands for: a day, a term of the field, somebody or something that it names; else itself.
    fn word(&self, key: &str, text: &str) -> String {
        if let Some(date) = self.lang.date(text) {
            return date;
        }
        let term = TERMS
            .iter()
            .filter(|(field, _)| *field == key)
            .find_map(|(_, group)| self.lang.term(group, text));
        if let Some(term) = term {
            return term.to_owned();
        }
        self.reference(text)
    }

    /// The name of what an id stands for; a text that is none, as it is.
    fn reference(&self, text: &str) -> String {
        self.view
            .name(text)
            .or_else(|| self.named.get(text).copied())
            .map_or_else(|| text.to_owned(), str::to_owned)
    }

    /// Names of people, as far as this reader may know them.
    pub(crate) fn people(&self, ids: &[&str]) -> String {
        let names: Vec<String> = ids.iter().map(|id| self.reference(id)).collect();
        names.join(", ")
    }
}

fn is_title(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains('\n') && text.chars().take(LONGEST_TITLE + 1).count() <= LONGEST_TITLE
}

/// Names and single words, which need no line each.
fn is_line(list: &[Value]) -> bool {
    let short = |one: &Value| {
        one.as_str()
            .is_some_and(|text| !text.contains('\n') && text.split(' ').count() <= 3)
    };
    let signs: usize = list
        .iter()
        .filter_map(Value::as_str)
        .map(|text| text.chars().count())
        .sum();
    list.iter().all(short) && signs <= LONGEST_LINE
}

fn spaced(id: &str) -> String {
    id.replace('_', " ")
}
