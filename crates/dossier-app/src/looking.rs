//! Looking at a dossier through the eyes of somebody else, or as it was on a day that has gone.
//!
//! What somebody else sees is not worked out a second time: the dossier is read again with what was sealed to their
//! device, by the code that reads it there. For an invitation that is not out yet, access is given to somebody who is
//! not there, that person looks, and nothing of it is kept.

use std::collections::BTreeSet;

use dossier_trust::identity::Random;
use dossier_trust::ids::{DeviceId, DossierId, PrincipalId};
use dossier_trust::operation::Right;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use crate::clock::Clock;
use crate::contract::{Fault, FaultCode, Invite};
use crate::home::{Home, Me};
use crate::replica::Dossier;
use crate::replica::content::Card;
use crate::replica::opening::SealedTo;

/// Arguments of [`crate::contract::Request::Look`].
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Look {
    /// Dossier id (hex); none means the only one.
    pub dossier: Option<String>,
    /// Through whose eyes, or at which moment.
    pub through: Through,
    /// What to look at.
    pub page: Page,
}

/// Through whose eyes, or at which moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "as", rename_all = "snake_case")]
pub enum Through {
    /// Somebody who may look along. Only the resident can do this.
    Person {
        /// Person id inside the dossier.
        person: String,
    },
    /// Whoever would answer an invitation that is not made yet. Only the resident can do this.
    Offer {
        /// Person id inside the dossier.
        person: Option<String>,
        /// Name, for somebody who is not in the dossier yet.
        name: Option<String>,
        /// `SECTION=zien|aanvullen|aanpassen|beheren[:dat]`; none means what a family's access table proposes.
        grants: Vec<String>,
        /// Without what was before.
        #[serde(default)]
        #[ts(optional, as = "Option<bool>")]
        from_now: bool,
    },
    /// This reader, at another moment.
    Moment {
        /// A day (its end), a moment in RFC 3339, or the name of a step in the history of an item (hex; the first eight
        /// letters will do when no other begins with them): just after it. What is to come is as it is now.
        at: String,
    },
}

/// One page of a dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "page", rename_all = "snake_case")]
pub enum Page {
    /// Title and sections. Answers [`crate::contract::DossierCard`].
    Card,
    /// The first page. Answers [`crate::contract::TodayView`].
    Today,
    /// Goals with their actions. Answers [`crate::contract::PlanView`].
    Plan,
    /// One section. Answers [`crate::contract::SectionView`].
    Section {
        /// Section id, such as `geld`.
        section: String,
    },
    /// The whole readable view as JSON.
    Show,
}

impl Page {
    /// Sections that this page shows; an empty list means all. None for what shows no content.
    pub(crate) fn sections(&self) -> Option<Vec<String>> {
        match self {
            Self::Card => None,
            Self::Today => Some(vec!["agenda".into(), "plan".into()]),
            Self::Plan => Some(vec!["plan".into()]),
            Self::Section { section } => Some(vec![section.clone()]),
            Self::Show => Some(Vec::new()),
        }
    }
}

/// Who looks at a dossier.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    /// Whose rights count.
    pub device: DeviceId,
    /// Which person it is.
    pub principal: PrincipalId,
    /// Name, to greet.
    pub name: String,
    /// False for whoever only looks: no page offers to write.
    pub may_write: bool,
}

impl Viewer {
    /// A right, as far as this viewer can use it.
    pub fn at_most(&self, right: Right) -> Right {
        if self.may_write { right } else { right.min(Right::Read) }
    }
}

impl Me {
    pub(crate) fn viewer(&self) -> Viewer {
        Viewer {
            device: self.id(),
            principal: self.principal(),
            name: self.profile.name.clone(),
            may_write: true,
        }
    }
}

/// A dossier as it was looked at, kept until anything changes: pages are turned.
pub(crate) struct Looked {
    id: DossierId,
    through: Through,
    dossier: Dossier,
    viewer: Viewer,
    /// What day it is on the pages.
    clock: Clock,
}

impl Home {
    /// This device's person, or the team in whose name it looks.
    pub(crate) fn viewer(&mut self, id: &DossierId) -> Result<Viewer, Fault> {
        let principal = self.self_in(id)?;
        Ok(Viewer {
            principal,
            ..self.me()?.viewer()
        })
    }

    /// One page as somebody else sees it, or as it was.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] for other eyes on a dossier of somebody else; [`FaultCode::NotFound`] for somebody
    /// without access and for a step that is not there; for an offer what [`Self::invite`] says.
    pub fn look(&mut self, id: &DossierId, through: &Through, page: &Page) -> Result<Value, Fault> {
        let held = self.looked.take();
        let mut looked = match held.filter(|held| held.id == *id && held.through == *through) {
            Some(looked) => looked,
            None => self.look_anew(id, through)?,
        };
        if matches!(through, Through::Moment { .. }) {
            looked.dossier.gates = self.dossier(id)?.gates.clone();
        } else {
            // What opens for them in an emergency only is shut for these eyes too.
            looked.dossier.look_at_gates(&looked.viewer.device, self.now_ms());
        }
        let answer = looked.page(page);
        self.looked = Some(looked);
        answer
    }

    fn look_back(&mut self, id: &DossierId, at: &str) -> Result<Looked, Fault> {
        let viewer = Viewer {
            may_write: false,
            ..self.viewer(id)?
        };
        let (now_ms, clock) = (self.now_ms(), self.clock);
        let mut earlier = self.earlier_documents(id, |_| true)?;
        let dossier = self.dossier(id)?;
        let mut moment = dossier.moment(at, &mut earlier)?;
        let ms = moment.seconds.saturating_mul(1000);
        let past = ms < now_ms;
        if !past && moment.change.is_none() {
            // Somebody's clock may run ahead of this one: what is here now is what is here now.
            moment.seconds = u64::MAX;
        }
        Ok(Looked {
            id: *id,
            through: Through::Moment { at: at.to_owned() },
            dossier: dossier.as_it_was(&moment, &mut earlier)?,
            viewer,
            clock: if past { Clock::stopped(ms) } else { clock },
        })
    }

    fn look_anew(&mut self, id: &DossierId, through: &Through) -> Result<Looked, Fault> {
        if let Through::Moment { at } = through {
            return self.look_back(id, at);
        }
        if !self.dossier(id)?.own {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        // What is owed is handed out first: it is on its way to them.
        self.settle(id)?;
        let (dossier, viewer) = match through {
            Through::Person { person } => self.as_seen_by(id, person)?,
            Through::Offer {
                person,
                name,
                grants,
                from_now,
            } => {
                let offer = Invite {
                    person: person.clone(),
                    name: name.clone(),
                    grants: grants.clone(),
                    from_now: *from_now,
                    ..Invite::default()
                };
                self.as_offered(id, &offer)?
            }
            Through::Moment { .. } => return Err(Fault::internal("moment")),
        };
        Ok(Looked {
            id: *id,
            through: through.clone(),
            dossier,
            viewer,
            clock: self.clock,
        })
    }

    /// The dossier as the device of somebody with access reads it.
    fn as_seen_by(&mut self, id: &DossierId, person: &str) -> Result<(Dossier, Viewer), Fault> {
        let row = self.store.dossier(id)?.ok_or_else(|| Fault::not_found(id.to_hex()))?;
        self.dossier(id)?;
        let me = self.me()?;
        let held = self.dossiers.get(id).ok_or_else(|| Fault::not_found("dossier"))?;
        let principals = held.principals_of(person);
        let (device, principal) = held
            .compartments
            .values()
            .flat_map(|compartment| {
                let theirs = compartment.consent.certificates();
                theirs.filter(|certificate| {
                    principals.contains(&certificate.root)
                        && compartment.consent.right_of(&certificate.device).is_some()
                })
            })
            .map(|certificate| (certificate.device, certificate.root))
            .collect::<BTreeSet<_>>()
            .pop_first()
            .ok_or_else(|| Fault::not_found(person))?;
        let name = held.people().remove(&principal).map(|person| person.name);
        let eyes = SealedTo { device, me, held };
        let seen = Dossier::load_through(&self.store, &eyes, &row)?.only_for(&device);
        let viewer = Viewer {
            device,
            principal,
            name: name.unwrap_or_default(),
            may_write: false,
        };
        Ok((seen, viewer))
    }

    /// The dossier as whoever answers this invitation will read it.
    fn as_offered(&mut self, id: &DossierId, offer: &Invite) -> Result<(Dossier, Viewer), Fault> {
        let terms = self.terms_of(id, offer)?;
        let row = self.store.dossier(id)?.ok_or_else(|| Fault::not_found(id.to_hex()))?;
        let consent: [u8; 16] = self.random.array();
        let mut random = self.random;
        let supposed = Me::supposed(&terms.name, &mut random)?;
        let card = Card {
            name: terms.name.clone(),
            ..Card::default()
        };
        let seen = self.suppose(
            id,
            |writing| {
                writing.introduce(&terms, &card, "")?;
                writing.grant_all(&terms, &supposed.certificate, &card, true, consent)?;
                writing.hand_out_copies()
            },
            |store| Dossier::load_through(store, &supposed, &row),
        )?;
        let viewer = Viewer {
            may_write: false,
            ..supposed.viewer()
        };
        Ok((seen.only_for(&viewer.device), viewer))
    }
}

impl Dossier {
    /// What the device of somebody else holds of it: the compartments in which it has a right.
    fn only_for(mut self, device: &DeviceId) -> Self {
        self.compartments
            .retain(|_, compartment| compartment.consent.right_of(device).is_some());
        self.own = false;
        self
    }
}

impl Looked {
    fn page(&self, page: &Page) -> Result<Value, Fault> {
        let (dossier, viewer, clock) = (&self.dossier, &self.viewer, &self.clock);
        match page {
            Page::Card => json(&dossier.card(viewer)),
            Page::Today => json(&dossier.today(viewer, clock)?),
            Page::Plan => json(&dossier.plan(viewer, clock)?),
            Page::Section { section } => json(&dossier.section(viewer, clock, section)?),
            Page::Show => Ok(dossier.to_json(&dossier.view())),
        }
    }
}

fn json(answer: &impl Serialize) -> Result<Value, Fault> {
    serde_json::to_value(answer).map_err(|_| Fault::internal("answer"))
}
