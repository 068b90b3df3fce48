//! Undo: the edits that bring back what an edit takes away.

use automerge::ReadDoc;
use serde_json::Value;

use super::{Edit, read_item};

/// The edits that undo `edit`, given the document as it was before it. Nothing for an edit that had no effect.
///
/// Only the place that the edit touched is brought back: what others wrote elsewhere since then stays.
pub fn inverse(before: &impl ReadDoc, edit: &Edit) -> Vec<Edit> {
    match edit {
        Edit::Add(item) => vec![Edit::Remove { id: item.id.clone() }],
        Edit::Remove { id } => read_item(before, id)
            .map(|was| Edit::Add(was.item))
            .into_iter()
            .collect(),
        Edit::Order { id, .. } => read_item(before, id)
            .map(|was| Edit::Order {
                id: id.clone(),
                order: was.item.order,
            })
            .into_iter()
            .collect(),
        Edit::Set { id, path, .. } => {
            let Some(was) = read_item(before, id) else {
                return Vec::new();
            };
            // Objects that the edit had to make on the way go away as a whole.
            let mut at = &was.item.fields;
            for (depth, part) in path.iter().enumerate() {
                match child(at, part) {
                    Some(value) => at = value,
                    None if at.is_null() && depth > 0 => {
                        let path = path.iter().take(depth).cloned().collect();
                        return vec![Edit::Set {
                            id: id.clone(),
                            path,
                            value: Value::Null,
                        }];
                    }
                    None => {
                        let path = path.iter().take(depth + 1).cloned().collect();
                        return vec![Edit::Unset { id: id.clone(), path }];
                    }
                }
            }
            vec![Edit::Set {
                id: id.clone(),
                path: path.clone(),
                value: at.clone(),
            }]
        }
        Edit::Unset { id, path } => {
            let Some(was) = read_item(before, id) else {
                return Vec::new();
            };
            let Some((_last, way)) = path.split_last() else {
                return Vec::new();
            };
            let parent = way.iter().try_fold(&was.item.fields, |at, part| child(at, part));
            let value = path.iter().try_fold(&was.item.fields, |at, part| child(at, part));
            match (parent, value) {
                // An element in the middle of a list cannot be set back: the whole list is.
                (Some(list @ Value::Array(_)), Some(_)) => {
                    vec![Edit::Set {
                        id: id.clone(),
                        path: way.to_vec(),
                        value: list.clone(),
                    }]
                }
                (_, Some(value)) => {
                    vec![Edit::Set {
                        id: id.clone(),
                        path: path.clone(),
                        value: value.clone(),
                    }]
                }
                (_, None) => Vec::new(),
            }
        }
    }
}

fn child<'v>(value: &'v Value, part: &str) -> Option<&'v Value> {
    if let Some(list) = value.as_array() {
        return list.get(part.parse::<usize>().ok()?);
    }
    value.get(part)
}
