//! The crisis card outside the lock: a copy of "Als het misgaat" that anybody at this computer can read, made only when
//! the resident chose so. It is the one file with content that lies on the disk unsealed.

use std::collections::BTreeSet;
use std::path::Path;

use dossier_model::{Dossier as View, ShownItem};
use dossier_trust::ids::DossierId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::contract::{Fault, FaultCode};
use crate::home::Home;

/// Ids of the dossiers whose card lies outside, one after the other.
const META_CARDS: &str = "crisis_cards";
/// The section that the card is a copy of.
pub(crate) const SECTION: &str = "crisis";
/// Sections of which a change may make the card another one: the card itself, and names and telephones.
const SECTIONS: [&str; 2] = [SECTION, "netwerk"];

/// What somebody needs who stands in the kitchen when it goes wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CrisisCard {
    /// Whose card it is: the resident's name.
    pub name: String,
    /// Whom to call, the first one first.
    pub calls: Vec<CrisisCall>,
    /// How one sees that it goes wrong.
    pub early_signs: Vec<String>,
    /// What helps.
    pub what_helps: Vec<String>,
    /// What does not help.
    pub what_not: Vec<String>,
    /// The children and practical matters.
    pub children: Option<String>,
    /// What a doctor must know.
    pub medical: Option<String>,
    /// When the card was last looked at, as given.
    pub updated: Option<String>,
}

/// Somebody to call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CrisisCall {
    /// Name, of a person or a service.
    pub name: String,
    /// Telephone.
    pub phone: Option<String>,
    /// When they can be reached, in words.
    pub hours: Option<String>,
}

/// Answer to [`Request::CrisisCardChosen`](crate::contract::Request::CrisisCardChosen).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CrisisCardChoice {
    /// The card can be read without unlocking.
    pub on: bool,
}

/// The cards that lie outside the lock of a home folder; none when there are none, or when the file is not ours.
///
/// # Errors
/// When the disk fails.
pub fn outside(home: &Path) -> Result<Vec<CrisisCard>, Fault> {
    let bytes = dossier_store::card::read(home)?;
    Ok(bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default())
}

impl Home {
    /// Whether the card of this dossier can be read without unlocking.
    ///
    /// # Errors
    /// What the store says.
    pub fn crisis_card_chosen(&mut self, id: &DossierId) -> Result<CrisisCardChoice, Fault> {
        self.dossier(id)?;
        let on = self.chosen_cards()?.contains(id);
        Ok(CrisisCardChoice { on })
    }

    /// Puts the card of one's own dossier outside the lock, or takes it back inside.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] for a dossier of somebody else; what the disk says.
    pub fn crisis_card_choose(&mut self, id: &DossierId, on: bool) -> Result<(), Fault> {
        if !self.dossier(id)?.own {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        let mut chosen = self.chosen_cards()?;
        if on {
            chosen.insert(*id);
        } else {
            chosen.remove(id);
        }
        let bytes: Vec<u8> = chosen.iter().flat_map(|id| id.0).collect();
        self.store
            .transact::<_, Fault>(|tx| Ok(tx.set_meta(META_CARDS, &bytes)?))?;
        self.put_cards()
    }

    /// Writes the cards again after a change that may touch them.
    pub(crate) fn follow_cards(&mut self, id: &DossierId, sections: &BTreeSet<String>) {
        let touched = sections.is_empty() || SECTIONS.iter().any(|section| sections.contains(*section));
        // The change itself is safe; a card that could not be written is written at the next change or start.
        if touched
            && self.chosen_cards().is_ok_and(|chosen| chosen.contains(id))
            && let Err(fault) = self.put_cards()
        {
            tracing::warn!(code = ?fault.code, "the crisis card was not written");
        }
    }

    /// Writes the cards as they are now: at the start, after a choice, after a change. Without a choice there is no file.
    ///
    /// # Errors
    /// What the disk says.
    pub(crate) fn put_cards(&mut self) -> Result<(), Fault> {
        let chosen = self.chosen_cards()?;
        let mut cards = Vec::new();
        for id in &chosen {
            // A dossier that was removed since takes its card along.
            if self.store.dossier(id)?.is_some_and(|row| row.own) {
                let dossier = self.dossier(id)?;
                let view = dossier.view();
                let owner = dossier.owner_person();
                let name = owner.as_deref().and_then(|owner| view.name(owner)).unwrap_or_default();
                cards.push(card(name.to_owned(), &view));
            }
        }
        if cards.is_empty() {
            return Ok(dossier_store::card::remove(self.folder())?);
        }
        let bytes = serde_json::to_vec_pretty(&cards).map_err(|_| Fault::internal("card"))?;
        Ok(dossier_store::card::write(self.folder(), &bytes)?)
    }

    fn chosen_cards(&self) -> Result<BTreeSet<DossierId>, Fault> {
        let bytes = self.store.meta(META_CARDS)?;
        let ids = bytes.iter().flat_map(|bytes| bytes.chunks_exact(32));
        Ok(ids.filter_map(|id| Some(DossierId(id.try_into().ok()?))).collect())
    }
}

fn card(name: String, view: &View) -> CrisisCard {
    let Some(plan) = view.of_kind("crisis_plan").next() else {
        return CrisisCard {
            name,
            ..CrisisCard::default()
        };
    };
    let text = |key: &str| plan.text(key).map(str::to_owned);
    CrisisCard {
        name,
        calls: calls(view),
        early_signs: lines(plan, "early_signs"),
        what_helps: lines(plan, "what_helps"),
        what_not: lines(plan, "what_not"),
        children: text("children"),
        medical: text("medical"),
        updated: text("updated"),
    }
}

/// Whom to call, the first one first, with the numbers that this reader can see.
pub(crate) fn calls(view: &View) -> Vec<CrisisCall> {
    let phone_of = |person: &str| {
        let people = view.of_kind("people");
        let found = people
            .filter(|item| item.id == person)
            .find_map(|item| item.text("phone"));
        found.map(str::to_owned)
    };
    let person = |id: &str| CrisisCall {
        name: view.name(id).unwrap_or_default().to_owned(),
        phone: phone_of(id),
        hours: None,
    };
    let plan = view.of_kind("crisis_plan").next();
    let order = plan
        .and_then(|plan| plan.fields.get("call_order"))
        .and_then(Value::as_array);
    let mut calls: Vec<CrisisCall> = order
        .into_iter()
        .flatten()
        .map(|call| {
            let part = |key: &str| call.get(key).and_then(Value::as_str).map(str::to_owned);
            let known = part("person_id").map(|id| person(&id));
            CrisisCall {
                name: known
                    .as_ref()
                    .map(|call| call.name.clone())
                    .filter(|name| !name.is_empty())
                    .or_else(|| part("label"))
                    .unwrap_or_default(),
                phone: part("phone").or_else(|| known.and_then(|call| call.phone)),
                hours: part("hours"),
            }
        })
        .collect();
    if calls.is_empty() {
        let contacts = view.of_kind("emergency_contacts");
        calls = contacts.filter_map(contact).map(person).collect();
    }
    calls.retain(|call| !call.name.is_empty() || call.phone.is_some());
    calls
}

fn lines(item: &ShownItem, key: &str) -> Vec<String> {
    item.texts(key).into_iter().map(str::to_owned).collect()
}

/// Somebody to call in need is kept as a person's id alone.
fn contact(item: &ShownItem) -> Option<&str> {
    item.fields.as_str()
}
