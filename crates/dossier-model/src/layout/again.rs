//! What a change did, as edits that can be made in another document.

use automerge::{AutoCommit, ChangeHash};
use serde_json::Value;

use super::touched::touched_between;
use super::{Edit, read_item_at};

/// What a change made of what stood there for its writer. Nothing for a change that is not in the document.
pub fn made(doc: &mut AutoCommit, change: &ChangeHash) -> Vec<Edit> {
    let Some(before) = doc.get_change_by_hash(change).map(|change| change.deps().to_vec()) else {
        return Vec::new();
    };
    let after = [*change];
    let mut edits = Vec::new();
    for id in touched_between(doc, &before, &after).into_keys() {
        let at = |heads: &[ChangeHash]| read_item_at(&*doc, &id, heads).map(|read| read.item);
        match (at(&before), at(&after)) {
            (None, None) => {}
            (None, Some(item)) => edits.push(Edit::Add(item)),
            (Some(_), None) => edits.push(Edit::Remove { id }),
            (Some(before), Some(after)) => {
                differences(&id, &mut Vec::new(), &before.fields, &after.fields, &mut edits);
                if before.order != after.order {
                    edits.push(Edit::Order { id, order: after.order });
                }
            }
        }
    }
    edits
}

/// Objects are compared field by field, everything else as a whole.
fn differences(id: &str, path: &mut Vec<String>, before: &Value, after: &Value, edits: &mut Vec<Edit>) {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        if before != after {
            edits.push(Edit::Set {
                id: id.to_owned(),
                path: path.clone(),
                value: after.clone(),
            });
        }
        return;
    };
    for (key, value) in new {
        path.push(key.clone());
        match old.get(key) {
            Some(before) => differences(id, path, before, value, edits),
            None => edits.push(Edit::Set {
                id: id.to_owned(),
                path: path.clone(),
                value: value.clone(),
            }),
        }
        path.pop();
    }
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        let path = path.iter().chain([key]).cloned().collect();
        edits.push(Edit::Unset {
            id: id.to_owned(),
            path,
        });
    }
}

#[cfg(test)]
mod tests {
    use automerge::TextEncoding;
    use serde_json::json;

    use super::*;
    use crate::Item;
    use crate::layout::{apply, read};

    #[test]
    fn what_was_done_can_be_done_again_in_a_document_that_began_anew() {
        let new = || AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint);
        let add = |id: &str, fields: Value| Edit::Add(Item::new(id, "goals", fields));
        let set = |path: &[&str], value: Value| Edit::Set {
            id: "g-1".into(),
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            value,
        };
        let begun = [
            add("g-1", json!({"title": "a", "why": "b", "deep": {"x": 1, "y": [1, 2]}})),
            add("g-2", json!({"title": "c"})),
        ];
        let (mut old, mut anew) = (new(), new());
        for doc in [&mut old, &mut anew] {
            apply(doc, &begun, 0).unwrap();
        }
        let unset = Edit::Unset {
            id: "g-1".into(),
            path: vec!["why".into()],
        };
        let order = Edit::Order {
            id: "g-1".into(),
            order: Some(2.5),
        };
        let steps = [
            vec![set(&["title"], json!("z")), set(&["deep", "y", "1"], json!(7)), unset],
            vec![order, add("g-3", json!({"title": "new"}))],
            vec![Edit::Remove { id: "g-2".into() }],
        ];
        for step in steps {
            let written = apply(&mut old, &step, 1).unwrap();
            for change in written {
                let edits = made(&mut old, &change.hash);
                assert!(!edits.is_empty());
                apply(&mut anew, &edits, 2).unwrap();
            }
        }
        assert_eq!(read(&anew).items, read(&old).items);
        assert!(made(&mut old, &ChangeHash([7; 32])).is_empty());
    }
}
