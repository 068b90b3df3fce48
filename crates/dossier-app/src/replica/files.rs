//! Which files the items of a dossier name, and which devices may have them.

use std::collections::BTreeMap;
use std::sync::Arc;

use dossier_model::ShownItem;
use dossier_trust::ids::{CompartmentId, DeviceId, EpochId, RecordId};
use dossier_trust::operation::Right;

use super::Dossier;
use crate::attachments::Attachment;

/// Files by id.
pub(crate) type Files = BTreeMap<String, NamedFile>;

/// A file that items name.
#[derive(Debug, Clone, Default)]
pub(crate) struct NamedFile {
    /// Length of what is in it as its items say, in bytes; the largest, if they differ.
    pub bytes: u64,
    /// Section of the item; empty for what is the resident's alone.
    pub section: String,
    /// Where it is named.
    seen: Vec<Seen>,
}

/// A place where an item stands.
#[derive(Debug, Clone)]
struct Seen {
    compartment: CompartmentId,
    to: SeenBy,
}

/// Who sees an item there.
#[derive(Debug, Clone)]
enum SeenBy {
    /// Whoever reads the document.
    Document,
    /// Whoever has the key of this epoch.
    Epoch(EpochId),
    /// These devices.
    Few(Vec<DeviceId>),
}

impl Dossier {
    /// The files that items of this dossier name, as far as they can be read here.
    pub(crate) fn files(&self) -> Arc<Files> {
        self.compartments.files(|| {
            let mut files = Files::new();
            for item in &self.whole().items {
                for attachment in Attachment::of(item) {
                    let file = files.entry(attachment.id).or_default();
                    file.bytes = file.bytes.max(attachment.bytes);
                    item.section().clone_into(&mut file.section);
                    file.seen.extend(self.seen_at(item));
                }
            }
            files
        })
    }

    /// A device reads in a place where an item names this file, and the item is for it.
    pub(crate) fn may_have_file(&self, device: &DeviceId, file: &NamedFile) -> bool {
        file.seen.iter().any(|seen| {
            let Some(compartment) = self.compartments.get(&seen.compartment) else {
                return false;
            };
            let consent = &compartment.consent;
            let mut readers = consent.reads_as(device);
            let mut for_it = || match &seen.to {
                SeenBy::Document => readers.any(|reader| compartment.document_opens_for(&reader)),
                SeenBy::Epoch(epoch) => readers.any(|reader| consent.may_open(epoch, &reader)),
                // What was sealed for a few the resident's words open, on whatever device they were typed since.
                SeenBy::Few(to) => consent.is_owner(device) || to.contains(device),
            };
            consent.right_of(device) >= Some(Right::Read) && for_it()
        })
    }

    /// Everywhere where this item stands.
    fn seen_at(&self, item: &ShownItem) -> Vec<Seen> {
        let Some(record) = &item.record else {
            let there = self
                .compartments
                .values()
                .filter(|one| one.place() == Some(&item.place));
            let seen = there.map(|one| Seen {
                compartment: one.id,
                to: SeenBy::Document,
            });
            return seen.collect();
        };
        let Ok(record) = RecordId::from_hex(record) else {
            return Vec::new();
        };
        let opened = self
            .compartments
            .values()
            .filter_map(|one| Some((one.id, one.records.get(&record)?)));
        let posted = opened.flat_map(|(id, opened)| opened.posted.iter().map(move |posted| (id, posted)));
        let seen = posted.map(|(compartment, posted)| Seen {
            compartment,
            to: posted.to.clone().map_or(SeenBy::Epoch(posted.under), SeenBy::Few),
        });
        seen.collect()
    }
}
