//! The content of a sealed record: what somebody wrote in their own voice and nobody else can alter.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::item::Item;
use crate::section::SectionId;

/// Version of the encoding. A newer one is refused with [`RecordError::Newer`], never guessed at.
pub const RECORD_VERSION: u64 = 1;

/// Most bytes of an encoded record.
pub const MAX_RECORD: usize = 256 * 1024;

/// What somebody answers to a note about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// klopt
    Klopt,
    /// klopt niet
    KloptNiet,
    /// ik wil iets zeggen
    Zeggen,
}

/// What a record says. Targets are record ids (hex) or item ids; dates are `2026-11-23` or RFC 3339; `by` is a person id
/// inside the dossier and counts only for what the resident brought along: else the signature says who it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RecordContent {
    /// An item.
    Item(RecordItem),
    /// An answer to an item, shown among its `reactions`.
    Reaction {
        /// What it answers.
        target: String,
        /// Who.
        by: Option<String>,
        /// When.
        date: String,
        /// In words.
        text: String,
        /// klopt, klopt niet, ik wil iets zeggen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        verdict: Option<Verdict>,
    },
    /// A line of progress, shown among the `updates` of an action.
    Update {
        /// The action.
        target: String,
        /// Who.
        by: Option<String>,
        /// When.
        date: String,
        /// In words.
        text: String,
    },
    /// Somebody has read it.
    Seen {
        /// What was read.
        target: String,
        /// Who.
        by: Option<String>,
        /// When.
        date: String,
    },
    /// The author takes a record back.
    Removed {
        /// Record id.
        target: String,
    },
}

/// An item inside a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordItem {
    /// Item id.
    pub id: String,
    /// Kind.
    pub kind: String,
    /// Position among its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<f64>,
    /// The fields.
    pub fields: Value,
    /// Person ids that may open it; none: everybody who may read the compartment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<Vec<String>>,
    /// Sections that a reader must be able to read as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_needs: Vec<SectionId>,
    /// [`crate::item::BROUGHT_ALONG`], or an organisation; none for own work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Record id (hex) of the earlier version that this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<String>,
    /// When it was written; none for what has a date of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

impl RecordItem {
    /// A record of an item, with the restrictions of its placement.
    #[must_use]
    pub fn new(item: Item, audience: Option<Vec<String>>, also_needs: Vec<SectionId>) -> Self {
        Self {
            id: item.id,
            kind: item.kind,
            order: item.order,
            fields: item.fields,
            audience,
            also_needs,
            source: item.source,
            supersedes: None,
            date: None,
        }
    }
}

/// Why a record could not be encoded or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// So many bytes more than [`MAX_RECORD`].
    #[error("a record holds at most {MAX_RECORD} bytes, this one has {0} more")]
    TooLarge(usize),
    /// Written by a newer program.
    #[error("the record was written by a newer version of the program")]
    Newer,
    /// Not a record.
    #[error("the bytes are not a record")]
    Malformed,
}

impl RecordContent {
    /// The record as bytes (JSON with a version).
    ///
    /// # Errors
    /// [`RecordError::TooLarge`] above [`MAX_RECORD`] bytes; [`RecordError::Malformed`] for an `order` that is no finite
    /// number.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RecordError> {
        self.encode(None)
    }

    fn encode(&self, at: Option<&str>) -> Result<Vec<u8>, RecordError> {
        if let Self::Item(item) = self
            && item.order.is_some_and(|order| !order.is_finite())
        {
            return Err(RecordError::Malformed);
        }
        let mut value = serde_json::to_value(self).map_err(|_| RecordError::Malformed)?;
        if let Some(map) = value.as_object_mut() {
            map.insert("v".to_owned(), Value::from(RECORD_VERSION));
            if let Some(at) = at {
                map.insert("at".to_owned(), Value::from(at));
            }
        }
        let bytes = serde_json::to_vec(&value).map_err(|_| RecordError::Malformed)?;
        match bytes.len().saturating_sub(MAX_RECORD) {
            0 => Ok(bytes),
            over => Err(RecordError::TooLarge(over)),
        }
    }

    /// The record as bytes, with the time that its author's clock gives it, RFC 3339.
    ///
    /// # Errors
    /// As [`Self::to_bytes`].
    pub fn to_bytes_at(&self, at: &str) -> Result<Vec<u8>, RecordError> {
        self.encode(Some(at))
    }

    /// When the author of these bytes says that they were written, RFC 3339; none when they do not say.
    #[must_use]
    pub fn written_at(bytes: &[u8]) -> Option<String> {
        #[derive(Deserialize)]
        struct At {
            at: String,
        }
        serde_json::from_slice::<At>(bytes).ok().map(|written| written.at)
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`RecordError`]: too large, of a newer version, or not a record at all.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.len() > MAX_RECORD {
            return Err(RecordError::TooLarge(bytes.len() - MAX_RECORD));
        }
        let mut value: Value = serde_json::from_slice(bytes).map_err(|_| RecordError::Malformed)?;
        let version = value
            .as_object_mut()
            .and_then(|map| map.remove("v"))
            .and_then(|v| v.as_u64());
        match version {
            Some(RECORD_VERSION) => serde_json::from_value(value).map_err(|_| RecordError::Malformed),
            Some(newer) if newer > RECORD_VERSION => Err(RecordError::Newer),
            Some(_) | None => Err(RecordError::Malformed),
        }
    }

    /// The record or item that this one is about, if it is about one.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        match self {
            Self::Item(item) => item.supersedes.as_deref(),
            Self::Reaction { target, .. }
            | Self::Update { target, .. }
            | Self::Seen { target, .. }
            | Self::Removed { target } => Some(target),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn records_keep_every_value_and_refuse_what_they_do_not_know() {
        let fields = json!({"a": u64::MAX, "b": -1, "c": 1.0, "d": null, "e": [], "f": {}, "v": 7, "type": "x"});
        let mut item = RecordItem::new(
            Item::new("n-1", "notes", fields),
            Some(vec!["p-1".into()]),
            vec![SectionId::new("geld").unwrap()],
        );
        item.order = Some(2.5);
        let content = RecordContent::Item(item);
        let bytes = content.to_bytes().unwrap();
        assert_eq!(RecordContent::from_bytes(&bytes).unwrap(), content);
        let timed = content.to_bytes_at("2026-11-23T09:00:00+01:00").unwrap();
        assert_eq!(RecordContent::from_bytes(&timed).unwrap(), content);
        assert_eq!(
            RecordContent::written_at(&timed).as_deref(),
            Some("2026-11-23T09:00:00+01:00")
        );
        assert_eq!(RecordContent::written_at(&bytes), None);
        let text = String::from_utf8(bytes).unwrap();
        let newer = text.replace("\"v\":1}", "\"v\":2}");
        assert_ne!(newer, text);
        assert_eq!(RecordContent::from_bytes(newer.as_bytes()), Err(RecordError::Newer));
        assert_eq!(RecordContent::from_bytes(b"{}"), Err(RecordError::Malformed));
        assert_eq!(
            RecordContent::from_bytes(b"{\"v\":1,\"type\":\"hm\"}"),
            Err(RecordError::Malformed)
        );
        let long = RecordItem::new(Item::new("n", "notes", json!("x".repeat(MAX_RECORD))), None, vec![]);
        let refused = RecordContent::Item(long).to_bytes();
        assert!(matches!(refused, Err(RecordError::TooLarge(over)) if (1..200).contains(&over)));
    }
}
