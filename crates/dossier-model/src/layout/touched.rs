//! Which items a step touched: from the document's own difference, or from what a change does.

use std::collections::{BTreeMap, BTreeSet};

use automerge::legacy::{Key, ObjectId};
use automerge::{AutoCommit, Change, ChangeHash, PatchAction, Prop, ROOT, ReadDoc};

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

/// More operations than this are not followed one by one.
const FEW: usize = 64;

/// Items that a change is about, by what it does itself: also where nothing of that shows, or only as what was also said.
/// The change is in the document already. None for a long one, and when it is not to be told.
#[must_use]
pub fn about(doc: &AutoCommit, change: &Change) -> Option<BTreeSet<String>> {
    if change.len() > FEW {
        return None;
    }
    let mut found = BTreeSet::new();
    for op in change.decode().operations {
        let key = match (op.obj, op.key) {
            (ObjectId::Root, Key::Map(key)) => key.to_string(),
            (ObjectId::Root, Key::Seq(_)) => return None,
            (ObjectId::Id(made), _) => {
                let object = doc.import_obj(&made.to_string()).ok()?;
                let top = doc.parents(&object).ok()?.last()?;
                match top.prop {
                    Prop::Map(key) if top.obj == ROOT => key,
                    Prop::Map(_) | Prop::Seq(_) => return None,
                }
            }
        };
        let id = key.strip_prefix(ITEM_KEY).filter(|id| is_item_id(id));
        found.extend(id.map(str::to_owned));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use automerge::TextEncoding;
    use serde_json::json;

    use super::*;
    use crate::Item;
    use crate::layout::{Edit, apply};

    #[test]
    fn a_change_tells_what_it_is_about_though_nothing_shows() {
        let mut doc = AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint);
        let add = |id: &str| {
            Edit::Add(Item::new(
                id,
                "goals",
                json!({"title": "a", "deep": {"list": [{"why": "b"}]}}),
            ))
        };
        let set = |id: &str, path: &[&str], value: &str| Edit::Set {
            id: id.into(),
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            value: json!(value),
        };
        apply(&mut doc, &[add("g-1"), add("g-2")], 0).unwrap();
        let mut one = doc.fork();
        let mut other = doc.fork();
        let mut changes = Vec::new();
        // The same field by two, of which one loses; inside a list; an item that the other took away.
        apply(&mut one, &[set("g-1", &["title"], "x")], 0).unwrap();
        changes.extend(one.get_last_local_change());
        apply(&mut other, &[set("g-1", &["title"], "y")], 0).unwrap();
        changes.extend(other.get_last_local_change());
        apply(&mut one, &[set("g-2", &["deep", "list", "0", "why"], "z")], 0).unwrap();
        changes.extend(one.get_last_local_change());
        apply(&mut other, &[Edit::Remove { id: "g-2".into() }], 0).unwrap();
        changes.extend(other.get_last_local_change());
        doc.merge(&mut one).unwrap();
        doc.merge(&mut other).unwrap();
        let told: Vec<Vec<String>> = changes
            .iter()
            .map(|change| about(&doc, change).unwrap().into_iter().collect())
            .collect();
        assert_eq!(told, [["g-1"], ["g-1"], ["g-2"], ["g-2"]]);
        apply(
            &mut doc,
            &[Edit::Add(Item::new("g-3", "goals", json!({"list": vec![1; 100]})))],
            0,
        )
        .unwrap();
        let long = doc.get_last_local_change().unwrap();
        assert_eq!(about(&doc, &long), None, "a long one");
    }

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
