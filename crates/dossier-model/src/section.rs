//! The compartments of a dossier: standard sections, the resident's own ones, and the owner-only compartment.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// Most characters that a section id may have.
pub const MAX_SECTION_ID: usize = 64;

/// Name of a section inside a dossier, such as `geld`: 1 to 64 characters, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SectionId(String);

/// A text that cannot be a section id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a section id has 1 to {MAX_SECTION_ID} characters and no control characters")]
pub struct BadSectionId;

impl SectionId {
    /// Checks `text` and takes it as a section id.
    ///
    /// # Errors
    /// [`BadSectionId`] when it is empty, longer than [`MAX_SECTION_ID`] characters or holds a control character.
    pub fn new(text: impl Into<String>) -> Result<Self, BadSectionId> {
        let text = text.into();
        let count = text.chars().take(MAX_SECTION_ID + 1).count();
        if count == 0 || count > MAX_SECTION_ID || text.chars().any(char::is_control) {
            return Err(BadSectionId);
        }
        Ok(Self(text))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for SectionId {
    type Error = BadSectionId;
    fn try_from(text: String) -> Result<Self, BadSectionId> {
        Self::new(text)
    }
}

impl TryFrom<&str> for SectionId {
    type Error = BadSectionId;
    fn try_from(text: &str) -> Result<Self, BadSectionId> {
        Self::new(text)
    }
}

impl From<SectionId> for String {
    fn from(id: SectionId) -> Self {
        id.0
    }
}

/// Which half of a section: the content, or only the fact that there is something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Content.
    Wat,
    /// Only that there is something: flags and busy blocks, records only.
    Dat,
}

/// One compartment: something that is encrypted and shared as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Only the resident's own devices read this: access, the log, and whatever was not understood on import.
    Owner,
    /// One side of a section.
    Section {
        /// Which section.
        section: SectionId,
        /// Which half.
        side: Side,
    },
}

impl Place {
    /// The content side of a section.
    #[must_use]
    pub fn wat(section: SectionId) -> Self {
        Self::Section {
            section,
            side: Side::Wat,
        }
    }

    /// The "only that" side of a section.
    #[must_use]
    pub fn dat(section: SectionId) -> Self {
        Self::Section {
            section,
            side: Side::Dat,
        }
    }

    /// The section, none for the owner-only compartment.
    #[must_use]
    pub fn section(&self) -> Option<&SectionId> {
        match self {
            Self::Owner => None,
            Self::Section { section, .. } => Some(section),
        }
    }

    /// The side, none for the owner-only compartment.
    #[must_use]
    pub fn side(&self) -> Option<Side> {
        match self {
            Self::Owner => None,
            Self::Section { side, .. } => Some(*side),
        }
    }
}

/// A section that every dossier has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StandardSection {
    /// Id.
    pub id: SectionId,
    /// Dutch name.
    pub nl: String,
    /// English name.
    pub en: String,
}

#[derive(Debug, Default, Deserialize)]
struct Table {
    sections: Vec<StandardSection>,
    demo_key_to_section: BTreeMap<String, String>,
    domain_to_section: BTreeMap<String, SectionId>,
    domain_to_law: BTreeMap<String, String>,
}

// The file is part of the program; a test fails when it does not parse.
static TABLE: LazyLock<Table> =
    LazyLock::new(|| serde_json::from_str(include_str!("../data/sections.json")).unwrap_or_default());

/// The sections that every dossier has, in the order in which they are shown.
#[must_use]
pub fn standard() -> &'static [StandardSection] {
    &TABLE.sections
}

/// True for the id of a standard section.
#[must_use]
pub fn is_standard(id: &str) -> bool {
    TABLE.sections.iter().any(|section| section.id.as_str() == id)
}

/// The standard section with this id.
#[must_use]
pub fn standard_id(id: &str) -> Option<&'static SectionId> {
    TABLE
        .sections
        .iter()
        .map(|section| &section.id)
        .find(|known| known.as_str() == id)
}

/// The section in which a life domain (`financien`) is at home.
#[must_use]
pub fn of_domain(domain: &str) -> Option<&'static SectionId> {
    TABLE.domain_to_section.get(domain)
}

/// The law that usually carries help in a life domain, as its Dutch abbreviation.
#[must_use]
pub fn law_of_domain(domain: &str) -> Option<&'static str> {
    TABLE.domain_to_law.get(domain).map(String::as_str)
}

/// All life domains that have a section.
pub fn domains() -> impl Iterator<Item = &'static str> {
    TABLE.domain_to_section.keys().map(String::as_str)
}

/// Where a top-level key of a demo family is at home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// Only for the resident.
    Owner,
    /// In a section.
    Section(&'static SectionId),
    /// On the "only that" side of the section of its life domain.
    DomainFlag,
}

/// Where a top-level key of a demo family is at home; none for a key that the table does not know.
#[must_use]
pub fn home_of_key(key: &str) -> Option<Home> {
    if key == "flags" {
        return Some(Home::DomainFlag);
    }
    // The table's remarks for people follow the section's id.
    let words = TABLE.demo_key_to_section.get(key)?;
    let first = words.split([' ', ',']).next().unwrap_or_default();
    Some(standard_id(first).map_or(Home::Owner, Home::Section))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_table_is_whole() {
        assert_eq!(standard().len(), 13);
        assert_eq!(
            home_of_key("people"),
            Some(Home::Section(standard_id("netwerk").unwrap()))
        );
        assert_eq!(
            home_of_key("assessments"),
            Some(Home::Section(standard_id("zelfredzaamheid").unwrap()))
        );
        assert_eq!(
            home_of_key("documents"),
            Some(Home::Section(standard_id("documenten").unwrap()))
        );
        assert_eq!(home_of_key("flags"), Some(Home::DomainFlag));
        for key in [
            "access",
            "access_log",
            "info_cards",
            "dossier",
            "sections",
            "rule_overrides",
        ] {
            assert_eq!(home_of_key(key), Some(Home::Owner), "{key}");
        }
        assert_eq!(home_of_key("made_up"), None);
        assert_eq!(of_domain("financien").map(SectionId::as_str), Some("geld"));
        assert_eq!(law_of_domain("financien"), Some("Wgs"));
        assert!(domains().all(|domain| is_standard(of_domain(domain).unwrap().as_str())));
    }

    #[test]
    fn section_ids_are_checked() {
        assert!(SectionId::new("").is_err());
        assert!(SectionId::new("a\nb").is_err());
        assert!(SectionId::new("é".repeat(64)).is_ok());
        assert!(SectionId::new("é".repeat(65)).is_err());
        assert!(serde_json::from_str::<SectionId>("\"\"").is_err());
        assert_eq!(
            serde_json::to_string(&SectionId::new("alleen voor mij").unwrap()).unwrap(),
            "\"alleen voor mij\""
        );
    }
}
