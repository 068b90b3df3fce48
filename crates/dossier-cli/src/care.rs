//! What one does about a note, in an emergency, and with the crisis card.

use dossier_app::contract::{Fault, Request};
use dossier_app::correction::CorrectionAsk;
use serde_json::Value;

use crate::arguments::{CorrectionTask, CrisisTask, EmergencyTask, Everywhere};
use crate::local::changed;
use crate::output::Out;
use crate::session::{Session, home};
use crate::show;

pub fn correction(session: &Session, out: &Out, task: CorrectionTask) -> Result<(), Fault> {
    let dossier = Some(session.dossier()?);
    match task {
        CorrectionTask::Ask { id, text, wish, until } => {
            let ask = CorrectionAsk {
                dossier,
                note: id,
                wrong: text,
                wish,
                until,
            };
            let answer = session.request(Request::CorrectionAsk(ask))?;
            changed(out, &answer, &out.lang.say("correction_asked", &[]))
        }
        CorrectionTask::Answer { id, done, text, .. } => {
            let answer = session.request(Request::CorrectionAnswer {
                dossier,
                correction: id,
                done,
                text: text.unwrap_or_default(),
            })?;
            changed(out, &answer, &out.lang.say("correction_answered", &[]))
        }
        CorrectionTask::List => {
            let all = session.request(Request::Corrections { dossier })?;
            out.answer(&all, |all| match all.as_array() {
                Some(all) if !all.is_empty() => show::corrections(out.lang, all),
                _ => vec![out.lang.say("no_corrections", &[])],
            })
        }
    }
}

pub fn emergency(session: &Session, out: &Out, task: EmergencyTask) -> Result<(), Fault> {
    let dossier = Some(session.dossier()?);
    match task {
        EmergencyTask::Open { section, reason } => {
            let answer = session.request(Request::EmergencyOpen {
                dossier,
                section,
                reason,
            })?;
            changed(out, &answer, &out.lang.say("emergency_opened", &[]))
        }
        EmergencyTask::List => {
            let lines = session.request(Request::Emergencies { dossier })?;
            out.answer(&lines, |lines| match lines.as_array() {
                Some(lines) if !lines.is_empty() => show::log(out.lang, lines),
                _ => vec![out.lang.say("no_emergencies", &[])],
            })
        }
    }
}

/// The cards that can be read without a key: nothing is opened for it.
pub fn crisis_cards(everywhere: &Everywhere, out: &Out) -> Result<(), Fault> {
    let cards = dossier_app::crisis_card::outside(&home(everywhere)?)?;
    let cards = serde_json::to_value(cards).unwrap_or_default();
    out.answer(&cards, |cards| match cards.as_array() {
        Some(cards) if !cards.is_empty() => show::crisis_cards(out.lang, cards),
        _ => vec![out.lang.say("no_crisis_card", &[])],
    })
}

pub fn crisis(session: &Session, out: &Out, task: CrisisTask) -> Result<(), Fault> {
    let on = matches!(task, CrisisTask::Outside);
    let answer = session.request(Request::CrisisCardChoose {
        dossier: Some(session.dossier()?),
        on,
    })?;
    out.answer(&answer, |_: &Value| {
        vec![if on {
            out.lang.say("crisis_outside", &[])
        } else {
            out.lang.say("crisis_inside", &[])
        }]
    })
}
