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

/// Items that differ between `before` and now, by id. Looks through the whole document, unless
/// [`AutoCommit::update_diff_cursor`] was called at `before`.
pub fn touched(doc: &mut AutoCommit, before: &[ChangeHash]) -> BTreeMap<String, Touch> {
    let after = doc.get_heads();
    touched_between(doc, before, &after)
}

/// Items that differ between two moments, by id.
pub(super) fn touched_between(
    doc: &mut AutoCommit,
    before: &[ChangeHash],
    after: &[ChangeHash],
) -> BTreeMap<String, Touch> {
    let mut found = BTreeMap::new();
    for patch in doc.diff(before, after) {
        let inside = patch.path.first().and_then(|(_, prop)| match prop {
            Prop::Map(key) => Some((key.clone(), Touch::Changed)),
            Prop::Seq(_) => None,
        });
        let at_root = || {
            if patch.obj != ROOT {
                None
            } else if let PatchAction::PutMap { key, .. } = &patch.action {
                Some((key.clone(), Touch::Added))
            } else if let PatchAction::DeleteMap { key } = &patch.action {
                Some((key.clone(), Touch::Removed))
            } else {
                None
            }
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

#[cfg(test)]
mod tests {
    use automerge::TextEncoding;
    use serde_json::json;

    use super::*;
    use crate::Item;
    use crate::layout::{Edit, apply};

    #[test]
    fn what_came_what_went_and_what_is_different() {
        let mut doc = AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint);
        let add = |id: &str| Edit::Add(Item::new(id, "goals", json!({"title": "a"})));
        apply(&mut doc, &[add("g-1"), add("g-2")], 0).unwrap();
        let before = doc.get_heads();
        let set = Edit::Set {
            id: "g-1".into(),
            path: vec!["title".into()],
            value: json!("b"),
        };
        apply(&mut doc, &[set, add("g-3"), Edit::Remove { id: "g-2".into() }], 0).unwrap();
        let found: Vec<(String, Touch)> = touched(&mut doc, &before).into_iter().collect();
        let expected = [("g-1", Touch::Changed), ("g-2", Touch::Removed), ("g-3", Touch::Added)];
        assert_eq!(found, expected.map(|(id, touch)| (id.to_owned(), touch)));
    }
}
