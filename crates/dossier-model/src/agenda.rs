//! Appointments, and the blocks that show only that a time is taken.

use serde_json::{Map, Value};

use crate::item::BUSY_KIND;
use crate::moment;
use crate::view::{Dossier, ShownItem};

/// The fields of a busy block: when, what kind of place, which organisation.
pub const BUSY_FIELDS: &[&str] = &["start", "end", "location_kind", "org_id"];

/// The block for agenda's "only that" side that goes with an appointment.
#[must_use]
pub fn busy_block(appointment: &Value) -> Value {
    let known = |key: &&str| {
        Some((
            (*key).to_owned(),
            appointment
                .get(*key)
                .filter(|value| !value.is_object() && !value.is_array())?
                .clone(),
        ))
    };
    Value::Object(BUSY_FIELDS.iter().filter_map(known).collect::<Map<_, _>>())
}

/// Id of the block that goes with an appointment.
#[must_use]
pub fn busy_id(appointment: &str) -> String {
    format!("{BUSY_KIND}:{appointment}")
}

/// Person ids that an appointment is about: those who attend. For access that is `only_about` some people.
#[must_use]
pub fn about(appointment: &Value) -> Vec<&str> {
    let list = appointment.get("attendees").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// An appointment, or a block without a title.
#[derive(Debug, Clone, PartialEq)]
pub struct Appointment<'d> {
    /// The item.
    pub item: &'d ShownItem,
    /// Title; none when only the fact is shared.
    pub title: Option<&'d str>,
    /// Start as written.
    pub start: &'d str,
    /// End as written.
    pub end: Option<&'d str>,
    /// thuis, kantoor, praktijk…
    pub location_kind: Option<&'d str>,
    /// Place in words.
    pub location: Option<&'d str>,
    /// Organisation id.
    pub org_id: Option<&'d str>,
    /// Name of that organisation, if this reader may know it.
    pub organisation: Option<&'d str>,
    /// Person ids.
    pub attendees: Vec<&'d str>,
    /// Status as written.
    pub status: Option<&'d str>,
}

/// Appointments and blocks whose end (or start, when there is none) is on or after the day `from` and whose start is
/// before the day `until` (days as `2026-11-23`; none: no bound), in order of time. Ones without a readable start come
/// last and only when there are no bounds.
#[must_use]
pub fn appointments<'d>(dossier: &'d Dossier, from: Option<&str>, until: Option<&str>) -> Vec<Appointment<'d>> {
    let from = from.and_then(moment::day);
    let until = until.and_then(moment::day);
    let mut found: Vec<(Option<i64>, Appointment<'d>)> = dossier
        .items
        .iter()
        .filter(|item| item.kind == "appointments" || item.kind == BUSY_KIND)
        .filter(|item| {
            let start = item.text("start").and_then(moment::day);
            let end = item.text("end").and_then(moment::day).or(start);
            from.is_none_or(|from| end.is_some_and(|end| end >= from))
                && until.is_none_or(|until| start.is_some_and(|start| start < until))
        })
        .map(|item| {
            let org_id = item.text("org_id");
            let appointment = Appointment {
                item,
                title: item.text("title"),
                start: item.text("start").unwrap_or_default(),
                end: item.text("end"),
                location_kind: item.text("location_kind"),
                location: item.text("location"),
                org_id,
                organisation: org_id.and_then(|id| crate::people::organisation_name(dossier, id)),
                attendees: item.texts("attendees"),
                status: item.text("status"),
            };
            (item.text("start").and_then(moment::seconds), appointment)
        })
        .collect();
    found.sort_by(|(a, first), (b, second)| (a.is_none(), a, &first.item.id).cmp(&(b.is_none(), b, &second.item.id)));
    found.into_iter().map(|(_, appointment)| appointment).collect()
}
