//! Which files the items of a dossier name, and which devices may have them.

use std::collections::BTreeMap;
use std::sync::Arc;

use dossier_model::ShownItem;
use dossier_trust::ids::{CompartmentId, DeviceId, RecordId};
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
    /// Where it is named: all readers of the compartment see the item, or these devices.
    seen: Vec<(CompartmentId, Option<Vec<DeviceId>>)>,
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
        file.seen.iter().any(|(id, to)| {
            let consent = self.compartments.get(id).map(|compartment| &compartment.consent);
            consent.is_some_and(|consent| {
                // What was sealed for a few the resident's words open, on whatever device they were typed since.
                let for_it = |to: &Vec<DeviceId>| consent.is_owner(device) || to.contains(device);
                consent.right_of(device) >= Some(Right::Read) && to.as_ref().is_none_or(for_it)
            })
        })
    }

    /// Everywhere where this item stands.
    fn seen_at(&self, item: &ShownItem) -> Vec<(CompartmentId, Option<Vec<DeviceId>>)> {
        let Some(record) = &item.record else {
            let there = self
                .compartments
                .values()
                .filter(|one| one.place() == Some(&item.place));
            return there.map(|one| (one.id, None)).collect();
        };
        let Ok(record) = RecordId::from_hex(record) else {
            return Vec::new();
        };
        let opened = self
            .compartments
            .values()
            .filter_map(|one| Some((one.id, one.records.get(&record)?)));
        let posted = opened.flat_map(|(id, opened)| opened.posted.iter().map(move |posted| (id, posted.to.clone())));
        posted.collect()
    }
}
