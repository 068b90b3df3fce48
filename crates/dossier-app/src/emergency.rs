//! Breaking the glass, and access whose last day has passed: what a helper's own program keeps shut although it holds
//! the keys.
//!
//! Both are promises of an honest program, and both are said that way. Only the resident's revocation is proof against a
//! modified one.

use std::collections::BTreeMap;

use dossier_model::{Place, Side};
use dossier_trust::ids::{CompartmentId, DeviceId, DossierId};
use dossier_trust::operation::Right;
use dossier_trust::receipt::{Deed as Reported, Statement};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::activity::{Deed, Line};
use crate::clock::{end_of, rfc3339};
use crate::contract::{Fault, FaultCode};
use crate::home::Home;
use crate::replica::{Compartment, Dossier};

/// How long a section stays open after somebody gave a reason, in hours: one emergency, one reason.
pub const GLASS_HOURS: u64 = 24;
/// Fewest characters of a reason: a word is none.
pub const SHORTEST_REASON: usize = 10;
/// Most characters of a reason; a receipt holds no more.
const LONGEST_REASON: usize = 250;
/// For how many days an opening stays in view of the resident.
const IN_VIEW_DAYS: u64 = 31;

/// Why a section is shut on this device though its content is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// Open only in an emergency, with a reason.
    Emergency,
    /// The last day of access has passed by this device's clock.
    Over,
}

/// What this device keeps shut for its own reader.
#[derive(Debug, Clone, Default)]
pub struct Gates {
    shut: BTreeMap<CompartmentId, Gate>,
    /// Section and moment (milliseconds since 1970) of what was opened in an emergency here; none before the log was read.
    broken: Option<BTreeMap<String, u64>>,
}

impl Gates {
    /// Why a compartment is shut; none for one that is not.
    #[must_use]
    pub fn of(&self, compartment: &CompartmentId) -> Option<Gate> {
        self.shut.get(compartment).copied()
    }

    /// Nothing is shut.
    #[must_use]
    pub fn all_open(&self) -> bool {
        self.shut.is_empty()
    }
}

impl Compartment {
    /// Every living grant by which this device reads here opens it in an emergency only.
    fn only_in_emergency(&self, device: &DeviceId) -> bool {
        let mut found = false;
        for (id, _) in self.readings(device) {
            let emergency = self.grant_notes().get(id).is_some_and(|note| note.emergency);
            if !emergency {
                return false;
            }
            found = true;
        }
        found
    }

    /// The last of the living grants by which this device reads here ended before `now_s`.
    fn is_over(&self, device: &DeviceId, now_s: u64) -> bool {
        let mut untils = self.readings(device).map(|(_, until)| until).peekable();
        untils.peek().is_some() && untils.all(|until| until.is_some_and(|until| until < now_s))
    }

    fn readings(&self, device: &DeviceId) -> impl Iterator<Item = (&dossier_trust::operation::OpId, Option<u64>)> {
        let principal = self.consent.member(device).map(|certificate| certificate.root);
        self.consent
            .live_grants()
            .filter(move |(_, grant)| Some(grant.principal) == principal && grant.right >= Right::Read)
            .map(|(id, grant)| (id, grant.until))
    }
}

impl Dossier {
    /// Whether a section's content is shut for this reader, and why.
    #[must_use]
    pub fn gate(&self, section: &dossier_model::SectionId) -> Option<Gate> {
        [Side::Wat, Side::Dat].into_iter().find_map(|side| {
            let place = Place::Section {
                section: section.clone(),
                side,
            };
            self.at(&place).map(|compartment| self.gates.of(&compartment.id))
        })?
    }

    /// Refuses to write into what is shut.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] about `over` or `emergency`.
    pub(crate) fn refuse_shut(&self, compartment: &CompartmentId) -> Result<(), Fault> {
        match self.gates.of(compartment) {
            None => Ok(()),
            Some(Gate::Emergency) => Err(Fault::not_allowed("emergency")),
            Some(Gate::Over) => Err(Fault::not_allowed("over")),
        }
    }

    pub(crate) fn look_at_gates(&mut self, device: &DeviceId, now_ms: u64) {
        let still = now_ms.saturating_sub(GLASS_HOURS * 3_600_000);
        let broken = self.gates.broken.clone().unwrap_or_default();
        let shut = self.compartments.values().filter_map(|compartment| {
            let section = compartment.place()?.section()?;
            let open = broken.get(section.as_str()).is_some_and(|at| *at > still);
            if compartment.is_over(device, now_ms / 1000) {
                Some((compartment.id, Gate::Over))
            } else if !open && compartment.only_in_emergency(device) {
                Some((compartment.id, Gate::Emergency))
            } else {
                None
            }
        });
        self.gates.shut = shut.collect();
    }
}

impl Home {
    /// Works out what is shut now: time passes, grants come and go.
    pub(crate) fn see_gates(&mut self, id: &DossierId) -> Result<(), Fault> {
        let now_ms = self.now_ms();
        let (Some(me), Some(dossier)) = (self.me.as_ref(), self.dossiers.get(id)) else {
            return Ok(());
        };
        if dossier.own {
            return Ok(());
        }
        let device = me.id();
        let mut broken = None;
        // The log is read once, and only by whom it can open something for.
        if dossier.gates.broken.is_none()
            && dossier
                .compartments
                .values()
                .any(|held| held.only_in_emergency(&device))
        {
            let who = dossier
                .people()
                .get(&me.certificate_in(&dossier.local).root)
                .map(|person| person.id.clone());
            let lines = self.log_lines(id)?.into_iter();
            let mine = lines.filter(|line| line.deed == Deed::BrokeGlass && Some(&line.who) == who.as_ref());
            let moments = mine.filter_map(|line| Some((line.section?, end_of(&line.at).ok()?.saturating_mul(1000))));
            broken = Some(moments.collect());
        }
        if let Some(dossier) = self.dossiers.get_mut(id) {
            dossier.gates.broken = dossier.gates.broken.take().or(broken);
            dossier.look_at_gates(&device, now_ms);
        }
        Ok(())
    }

    /// Opens a section that is there for an emergency: the reason goes into the log here and to the resident's devices.
    ///
    /// # Errors
    /// [`FaultCode::Invalid`] about `reason` for none that says anything; [`FaultCode::NotAllowed`] for a section that
    /// is not shared in this way; [`FaultCode::AlreadyExists`] for one that is open.
    pub fn emergency_open(&mut self, id: &DossierId, section: &str, reason: &str) -> Result<(), Fault> {
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        let letters = reason.chars().filter(|letter| letter.is_alphanumeric()).count();
        if letters < SHORTEST_REASON || reason.chars().count() > LONGEST_REASON {
            return Err(Fault::invalid("reason"));
        }
        let at_ms = self.now_ms();
        let device = self.me()?.id();
        let dossier = self.dossier(id)?;
        let named = dossier_model::SectionId::new(section).map_err(|_| Fault::not_found(section))?;
        let compartment = dossier.id_at(&Place::wat(named))?;
        let held = dossier
            .compartment(&compartment)
            .ok_or_else(|| Fault::not_found(section))?;
        if !held.only_in_emergency(&device) {
            return Err(Fault::not_allowed(section));
        }
        match dossier.gates.of(&compartment) {
            Some(Gate::Emergency) => {}
            Some(Gate::Over) => return Err(Fault::not_allowed("over")),
            None => return Err(Fault::about(FaultCode::AlreadyExists, section)),
        }
        self.write(id, |writing| {
            let statement = Statement {
                deed: Reported::BrokeGlass,
                at_ms,
                object: section.to_owned(),
                reason: reason.clone(),
            };
            writing.receipt(compartment, &statement)?;
            let mut line = writing.own_line(Deed::BrokeGlass, Some(section.to_owned()), Vec::new());
            line.reason = Some(reason);
            writing.note(line);
            Ok(())
        })?;
        if let Some(broken) = self.dossier(id)?.gates.broken.as_mut() {
            broken.insert(section.to_owned(), at_ms);
        }
        Ok(())
    }

    /// Who opened something in an emergency in the last month, the newest first: for the resident.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] for a dossier of somebody else.
    pub fn emergencies(&mut self, id: &DossierId) -> Result<Vec<Line>, Fault> {
        if !self.dossier(id)?.own {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        let from = self.now_ms().saturating_sub(IN_VIEW_DAYS * 86_400_000);
        let from = rfc3339(from);
        let mut lines = self.log(id, None, Some(&from))?;
        lines.retain(|line| line.deed == Deed::BrokeGlass);
        lines.reverse();
        Ok(lines)
    }
}
