//! Sections that the resident makes: a child's own part, "only for me".

use dossier_model::{Place, SectionId, Side};
use dossier_trust::identity::Random;
use dossier_trust::ids::DossierId;

use crate::activity::Deed;
use crate::contract::{Fault, FaultCode, RightView, SectionCard};
use crate::home::Home;
use crate::replica::content::{About, AboutKind, Content};

/// Longest name of a section, in characters.
const MAX_LABEL: usize = 60;

impl Home {
    /// Makes a section of the resident's own. Nobody else sees it before they are invited to it.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] for a dossier of somebody else; [`FaultCode::Invalid`] for a name that is empty, too
    /// long or holds control characters; [`FaultCode::AlreadyExists`] for a name that a section has already.
    pub fn section_new(&mut self, id: &DossierId, label: &str) -> Result<SectionCard, Fault> {
        let label = label.trim();
        if label.is_empty() || label.chars().count() > MAX_LABEL || label.chars().any(char::is_control) {
            return Err(Fault::invalid("label"));
        }
        let fresh: [u8; 5] = self.random.array();
        let tail: String = fresh.iter().map(|byte| format!("{byte:02x}")).collect();
        let section = SectionId::new(format!("s-{tail}")).map_err(|_| Fault::internal("section"))?;
        let owner_name = self.me()?.profile.name.clone();
        let dossier = self.dossier(id)?;
        if !dossier.own {
            return Err(Fault::new(FaultCode::NotAllowed));
        }
        if dossier
            .sections()
            .iter()
            .any(|(_, held)| held.as_deref() == Some(label))
        {
            return Err(Fault::about(FaultCode::AlreadyExists, "label"));
        }
        let owner_name = dossier
            .people()
            .get(&dossier.part.consent.root())
            .map_or(owner_name, |owner| owner.name.clone());
        let about = About {
            kind: AboutKind::Compartment,
            place: Place::wat(section.clone()),
            label: Some(label.to_owned()),
            title: dossier.title(),
            owner: dossier.owner_person().unwrap_or_default(),
            owner_name,
            version: 1,
        };
        self.write(id, |writing| {
            for side in [Side::Wat, Side::Dat] {
                let place = Place::Section {
                    section: section.clone(),
                    side,
                };
                let compartment = writing.make_compartment()?;
                let about = About { place, ..about.clone() };
                writing.record(compartment, &Content::About(about))?;
            }
            let line = writing.own_line(Deed::Added, Some(section.to_string()), Vec::new());
            writing.note(line);
            Ok(())
        })?;
        Ok(SectionCard {
            id: section.to_string(),
            label: Some(label.to_owned()),
            right: RightView::Own,
            content: true,
            some: false,
            gate: None,
            manages: false,
        })
    }
}
