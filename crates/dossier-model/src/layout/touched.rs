//! Which items a step touched, from the document's own difference.

use std::collections::BTreeMap;

use automerge::{AutoCommit, ChangeHash, PatchAction, Prop, ROOT};

use super::ITEM_KEY;
use crate::item::is_item_id;

/// What happened to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touch {
    /// It came.
    Added,
    /// Something in it is different.
    Changed,
    /// It went.
    Removed,
}

/// Items that differ between `before` and now, by id.
pub fn touched(doc: &mut AutoCommit, before: &[ChangeHash]) -> BTreeMap<String, Touch> {
    let after = doc.get_heads();
    let mut found = BTreeMap::new();
    for patch in doc.diff(before, &after) {
        let inside = patch.path.first().and_then(|(_, prop)| match prop {
            Prop::Map(key) => Some((key.clone(), Touch::Changed)),
            Prop::Seq(_) => None,
        });
        let at_root = || match &patch.action {
            PatchAction::PutMap { key, .. } if patch.obj == ROOT => Some((key.clone(), Touch::Added)),
            PatchAction::DeleteMap { key } if patch.obj == ROOT => Some((key.clone(), Touch::Removed)),
            _other => None,
        };
        let Some((key, touch)) = inside.or_else(at_root) else {
            continue;
        };
        if let Some(id) = key.strip_prefix(ITEM_KEY).filter(|id| is_item_id(id)) {
            // What came or went is that, whatever else was done inside it.
            found
                .entry(id.to_owned())
                .and_modify(|held| {
                    if touch != Touch::Changed {
                        *held = touch
                    }
                })
                .or_insert(touch);
        }
    }
    found
}
