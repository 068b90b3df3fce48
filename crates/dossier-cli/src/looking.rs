//! Looking through the eyes of somebody else, at another moment, and at what made an item what it is.

use dossier_app::contract::{Fault, FaultCode, Request};
use dossier_app::looking::{Look, Page, Through};
use serde_json::Value;

use crate::output::Out;
use crate::sentences::Lang;
use crate::session::Session;
use crate::show;

/// The dossier as somebody sees it; of somebody without access, as an invitation would show it.
pub fn preview(
    session: &Session,
    out: &Out,
    person: Option<String>,
    name: Option<String>,
    grants: Vec<String>,
    from_now: bool,
) -> Result<(), Fault> {
    let dossier = session.dossier()?;
    let look = |through| {
        session.request(Request::Look(Look {
            dossier: Some(dossier.clone()),
            through,
            page: Page::Show,
        }))
    };
    let who = name.clone().or_else(|| person.clone()).unwrap_or_default();
    let offer = |grants| {
        look(Through::Offer {
            person: person.clone(),
            name: name.clone(),
            grants,
            from_now,
        })
    };
    let _progress = out.progress(out.lang.say("busy_looking", &[]));
    let (view, inside) = match &person {
        Some(person) if name.is_none() && grants.is_empty() && !from_now => {
            let seen = look(Through::Person { person: person.clone() });
            match seen {
                Err(fault) if fault.code == FaultCode::NotFound => (offer(Vec::new())?, false),
                seen => (seen?, true),
            }
        }
        _ => (offer(grants)?, false),
    };
    out.answer(&view, |view| {
        let sentence = if inside {
            out.lang.say("seen_by_person", &[("person", &who)])
        } else {
            out.lang.say("seen_if_invited", &[("person", &who)])
        };
        let mut lines = vec![sentence, String::new()];
        lines.extend(show::dossier(out.lang, view));
        lines
    })
}

/// The dossier as it was.
pub fn back(session: &Session, out: &Out, at: String) -> Result<(), Fault> {
    let progress = out.progress(out.lang.say("busy_looking", &[]));
    let view = session.request(Request::Look(Look {
        dossier: Some(session.dossier()?),
        through: Through::Moment { at: at.clone() },
        page: Page::Show,
    }))?;
    drop(progress);
    out.answer(&view, |view| {
        let mut lines = vec![out.lang.say("as_it_was", &[("at", &at)]), String::new()];
        lines.extend(show::dossier(out.lang, view));
        lines
    })
}

/// Who changed what in one item, and when.
pub fn history(session: &Session, out: &Out, id: String) -> Result<(), Fault> {
    let history = session.request(Request::History {
        dossier: Some(session.dossier()?),
        id,
    })?;
    out.answer(&history, |history| {
        show::list(history, "steps")
            .flat_map(|step| told(out.lang, step))
            .collect()
    })
}

fn told(lang: Lang, step: &Value) -> Vec<String> {
    let who = step.get("who").unwrap_or(&Value::Null);
    let name = who
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_else(|| show::text(who, "id"));
    let right = match show::text(step, "right") {
        "" => String::new(),
        right => format!(" ({})", lang.term(&format!("right_{right}"))),
    };
    let deed = lang.term(&format!("step_{}", show::text(step, "deed")));
    let name_of_step: String = show::text(step, "step").chars().take(12).collect();
    let mut lines = vec![format!(
        "{}  {name_of_step}  {name}{right} {deed}",
        show::moment(show::text(step, "at"))
    )];
    lines.extend(show::list(step, "fields").map(|field| {
        let of = |key: &str| match field.get(key) {
            None | Some(Value::Null) => lang.say("nothing", &[]),
            Some(value) => show::shown(value),
        };
        format!("    {}: {} → {}", show::text(field, "field"), of("before"), of("after"))
    }));
    lines
}
