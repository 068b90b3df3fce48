//! Asking the author of a note to put something right, with a term and an answer. Nothing is overwritten: the note stays
//! as it was said, what the resident asks stands beside it, and the answer beside that.

use dossier_model::record::{RecordItem, Verdict};
use dossier_model::{Item, ShownItem};
use dossier_trust::ids::DossierId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

use crate::clock::{end_of, month_after, rfc3339};
use crate::contract::{Fault, FaultCode, PersonRef};
use crate::home::Home;
use crate::replica::Dossier;

/// The kind of item that a request is.
const KIND: &str = "corrections";

/// Arguments of [`Request::CorrectionAsk`](crate::contract::Request::CorrectionAsk).
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
pub struct CorrectionAsk {
    /// Dossier id (hex); none means the only one.
    pub dossier: Option<String>,
    /// Note id.
    pub note: String,
    /// What is wrong.
    pub wrong: String,
    /// What it should say.
    pub wish: Option<String>,
    /// Last day for the answer; none gives a month (AVG article 12, paragraph 3).
    pub until: Option<String>,
}

/// How a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CorrectionState {
    /// Nobody answered yet.
    Open,
    /// The author says that it was put right.
    Done,
    /// The author says that it stays, and why.
    Refused,
}

/// One request, answered or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CorrectionView {
    /// Item id.
    pub id: String,
    /// Item id of what it is about.
    pub note: String,
    /// Who wrote that.
    pub author: PersonRef,
    /// Who asks.
    pub asked_by: PersonRef,
    /// Day on which it was asked.
    pub asked: String,
    /// What is wrong.
    pub wrong: Option<String>,
    /// What it should say.
    pub wish: Option<String>,
    /// Last day for the answer.
    pub until: Option<String>,
    /// That day has passed without an answer.
    pub late: bool,
    /// How it stands.
    pub state: CorrectionState,
    /// What the author said.
    pub answer: Option<String>,
    /// Day of the answer.
    pub answered: Option<String>,
    /// The reader is the one to answer, and has not.
    pub mine: bool,
}

impl Home {
    /// Asks the author of a note to put something right. Whoever may read the note may read this.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] for anybody but the resident; [`FaultCode::NotFound`] for what is no note;
    /// [`FaultCode::Invalid`] for a request that says nothing, or a last day that is over.
    pub fn correction_ask(&mut self, id: &DossierId, ask: &CorrectionAsk) -> Result<Vec<String>, Fault> {
        let tidy = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let wrong = tidy(&ask.wrong).ok_or_else(|| Fault::invalid("wrong"))?;
        let today = self.clock.today();
        let until = match &ask.until {
            Some(day) if end_of(day)?.saturating_mul(1000) < self.now_ms() => return Err(Fault::invalid("until")),
            Some(day) => day.clone(),
            None => month_after(&today)?,
        };
        let new_id = self.new_id(KIND);
        let now = rfc3339(self.now_ms());
        let dossier = self.dossier(id)?;
        if !dossier.own {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        let owner = dossier.owner_person();
        let view = dossier.view();
        let note = view
            .item(&ask.note)
            .filter(|item| item.kind == "notes")
            .ok_or_else(|| Fault::not_found(ask.note.as_str()))?;
        let compartment = dossier.id_at(&note.place)?;
        let audience = note
            .record
            .as_ref()
            .and_then(|record| dossier.audience_of(compartment, record));
        let mut fields = Map::new();
        for (key, value) in [
            ("target", Some(note.id.clone())),
            ("requested_by", owner),
            ("date", Some(today)),
            ("wrong", Some(wrong)),
            ("wish", ask.wish.as_deref().and_then(tidy)),
            ("until", Some(until)),
            ("status", Some("open".to_owned())),
            ("answer", None),
        ] {
            fields.insert(key.to_owned(), value.map_or(Value::Null, Value::String));
        }
        let record = RecordItem {
            date: Some(now),
            ..RecordItem::new(
                Item::new(new_id.clone(), KIND, Value::Object(fields)),
                audience,
                Vec::new(),
            )
        };
        let place = note.place.clone();
        self.write(id, |writing| writing.say_record(compartment, &place, record))?;
        self.settle(id)?;
        Ok(vec![new_id])
    }

    /// Answers a request about one's own note: it was put right, or it stays, and why.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] for a note of somebody else; [`FaultCode::NotFound`]; [`FaultCode::AlreadyExists`] when
    /// it was answered; [`FaultCode::Invalid`] for a refusal without a reason.
    pub fn correction_answer(
        &mut self,
        id: &DossierId,
        correction: &str,
        done: bool,
        text: &str,
    ) -> Result<Vec<String>, Fault> {
        let text = text.trim();
        if !done && text.is_empty() {
            return Err(Fault::invalid("text"));
        }
        let all = self.corrections(id)?;
        let held = all.iter().find(|one| one.id == correction);
        let held = held.ok_or_else(|| Fault::not_found(correction))?;
        if held.state != CorrectionState::Open {
            return Err(Fault::about(FaultCode::AlreadyExists, correction));
        }
        if !held.mine {
            return Err(Fault::not_allowed(correction));
        }
        // The same words as for a note: was the resident right?
        let verdict = if done { Verdict::Klopt } else { Verdict::KloptNiet };
        self.note_react(id, correction, text, Some(verdict))
    }

    /// All requests that this reader may see, the newest first.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`].
    pub fn corrections(&mut self, id: &DossierId) -> Result<Vec<CorrectionView>, Fault> {
        let now_ms = self.now_ms();
        let me = self.self_in(id)?;
        let dossier = self.dossier(id)?;
        let mine = dossier.people().get(&me).map(|person| person.id.clone());
        let view = dossier.view();
        let named = |id: &str| PersonRef {
            id: id.to_owned(),
            name: view.name(id).map(str::to_owned),
        };
        let mut found: Vec<CorrectionView> = view
            .of_kind(KIND)
            .map(|item| {
                let text = |key: &str| item.text(key).map(str::to_owned);
                let note = text("target").unwrap_or_default();
                let target = view.item(&note);
                let author = target
                    .and_then(|note| note.provenance.author.clone())
                    .unwrap_or_default();
                let asked = text("date").unwrap_or_default();
                let until = text("until").or_else(|| month_after(&asked).ok());
                let (state, answer, answered) = answer_of(item, &author);
                let over = |day: &String| end_of(day).is_ok_and(|end| end.saturating_mul(1000) < now_ms);
                CorrectionView {
                    id: item.id.clone(),
                    late: state == CorrectionState::Open && until.as_ref().is_some_and(over),
                    mine: state == CorrectionState::Open
                        && item.record.is_some()
                        && mine.as_ref().is_some_and(|me| *me == author),
                    author: named(&author),
                    asked_by: named(&text("requested_by").unwrap_or_default()),
                    wrong: text("wrong"),
                    wish: text("wish"),
                    note,
                    asked,
                    until,
                    state,
                    answer,
                    answered,
                }
            })
            .collect();
        found.sort_by(|a, b| b.asked.cmp(&a.asked).then_with(|| a.id.cmp(&b.id)));
        Ok(found)
    }
}

impl Dossier {
    /// Who may open a record, when those are fewer than all readers of its compartment.
    fn audience_of(&self, compartment: dossier_trust::ids::CompartmentId, record: &str) -> Option<Vec<String>> {
        let held = self.compartment(&compartment)?;
        let mut records = held.records.iter();
        let (_, opened) = records.find(|(id, _)| id.to_hex() == record)?;
        opened.content.item()?.audience.clone()
    }
}

/// What the author answered: in their own voice, or as a family that was brought along says it.
fn answer_of(item: &ShownItem, author: &str) -> (CorrectionState, Option<String>, Option<String>) {
    let part = |line: &Value, key: &str| line.get(key).and_then(Value::as_str).map(str::to_owned);
    let reactions = item.fields.get("reactions").and_then(Value::as_array);
    let mut answers = reactions.into_iter().flatten().filter(|line| {
        line.get("by").and_then(Value::as_str) == Some(author) && line.get("verdict").is_some_and(Value::is_string)
    });
    if let Some(line) = answers.next_back() {
        let state = if part(line, "verdict").as_deref() == Some("klopt") {
            CorrectionState::Done
        } else {
            CorrectionState::Refused
        };
        let said = part(line, "text").filter(|text| !text.is_empty());
        return (state, said, part(line, "date"));
    }
    let state = match item.text("status") {
        Some("verwerkt") => CorrectionState::Done,
        Some("afgewezen") => CorrectionState::Refused,
        Some(_) | None => CorrectionState::Open,
    };
    let text = |key: &str| item.text(key).map(str::to_owned);
    (state, text("answer"), text("answered_on"))
}
