//! The log as a reader asks for it.

use dossier_model::{Place, Side};
use dossier_trust::ids::DossierId;
use dossier_trust::receipt::{Deed as Reported, Statement};

use crate::activity::{Deed, Line};
use crate::clock::end_of;
use crate::contract::Fault;
use crate::home::Home;
use crate::replica::Told;

impl Home {
    /// This device's lines about a dossier, the oldest first.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn log_lines(&self, id: &DossierId) -> Result<Vec<Line>, Fault> {
        Ok(self
            .store
            .activity(Some(id), 0)?
            .iter()
            .filter_map(|row| Line::from_bytes(&row.event))
            .collect())
    }

    /// The log, for one person or from one day on, and what was brought along before it.
    ///
    /// # Errors
    /// [`crate::contract::FaultCode::NotFound`]; a date that is none.
    pub fn log(&mut self, id: &DossierId, person: Option<&str>, since: Option<&str>) -> Result<Vec<Line>, Fault> {
        let from = match since {
            // The first moment of that day is the moment after the last of the day before.
            Some(since) => Some(end_of(since)?.saturating_sub(if since.contains('T') { 0 } else { 86_399 })),
            None => None,
        };
        self.dossier(id)?;
        let lines = self.log_lines(id)?;
        let late_enough = |line: &Line| from.is_none_or(|from| end_of(&line.at).is_ok_and(|at| at >= from));
        Ok(lines
            .into_iter()
            .filter(|line| {
                person.is_none_or(|person| line.who == person || line.objects.iter().any(|one| one == person))
            })
            .filter(late_enough)
            .collect())
    }

    /// Tells the resident's devices that this device showed a section: once a day and section.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn report_opened(&mut self, id: &DossierId, sections: &[String]) -> Result<(), Fault> {
        let today = self.clock.today();
        let me = self.self_in(id)?;
        let dossier = self.dossier(id)?;
        if dossier.own || dossier.closed {
            return Ok(());
        }
        let who = dossier.people().get(&me).map(|person| person.id.clone());
        // The content side first: it is the right there that opened the section.
        let sides = [Side::Wat, Side::Dat].into_iter();
        let readable: Vec<_> = sides
            .flat_map(|side| {
                dossier
                    .compartments
                    .values()
                    .map(move |compartment| (side, compartment))
            })
            .filter(|(side, compartment)| {
                !compartment.keys.is_empty()
                    && dossier.gates.of(&compartment.id).is_none()
                    && compartment.place().and_then(Place::side) == Some(*side)
            })
            .filter_map(|(_, compartment)| Some((compartment.id, compartment.place()?.section()?.to_string())))
            .filter(|(_, section)| sections.is_empty() || sections.contains(section))
            .collect();
        let told = dossier.told.as_ref().filter(|told| told.day == today);
        let mut told = match told {
            Some(told) => told.sections.clone(),
            // The first look of the day, or of this run.
            None => self
                .log_lines(id)?
                .into_iter()
                .filter(|line| {
                    line.deed == Deed::Opened && line.at.starts_with(&today) && Some(&line.who) == who.as_ref()
                })
                .filter_map(|line| line.section)
                .collect(),
        };
        let new: Vec<_> = readable
            .into_iter()
            .filter(|(_, section)| told.insert(section.clone()))
            .collect();
        self.dossier(id)?.told = Some(Told {
            day: today,
            sections: told,
        });
        if new.is_empty() {
            return Ok(());
        }
        let at_ms = self.now_ms();
        self.jot_down(id, |writing| {
            for (compartment, section) in new {
                let statement = Statement {
                    deed: Reported::Opened,
                    at_ms,
                    object: section.clone(),
                    reason: String::new(),
                };
                writing.receipt(compartment, &statement)?;
                let line = writing.own_line(Deed::Opened, Some(section), Vec::new());
                writing.note(line);
            }
            Ok(())
        })
    }

    /// Something was not allowed: kept here, and told to the resident when it was a helper's program that refused.
    pub(crate) fn report_refused(&mut self, id: &DossierId, object: &str) -> Result<(), Fault> {
        let at_ms = self.now_ms();
        let dossier = self.dossier(id)?;
        if dossier.closed {
            return Ok(());
        }
        let own = dossier.own;
        // Any compartment that this device is in will carry it; the statement itself names what was tried.
        let carrier = dossier
            .compartments
            .values()
            .find(|held| !held.keys.is_empty())
            .map(|held| held.id);
        self.jot_down(id, |writing| {
            if let (false, Some(carrier)) = (own, carrier) {
                let statement = Statement {
                    deed: Reported::Refused,
                    at_ms,
                    object: object.to_owned(),
                    reason: String::new(),
                };
                writing.receipt(carrier, &statement)?;
            }
            let line = writing.own_line(Deed::Refused, None, vec![object.to_owned()]);
            writing.note(line);
            Ok(())
        })
    }
}
