//! Writing a family.

use std::collections::BTreeMap;

use dossier_model::ShownItem;
use dossier_model::item::{self, BUSY_KIND, GROUPS, OTHER_PREFIX, SKELETON_KIND, Shape};
use serde_json::{Map, Value};

/// The family that these items make, the inverse of [`super::read`].
///
/// `skeleton` is what `read` gave, or `Value::Null` for a dossier that did not begin as a file: then only what there is
/// gets written, with the format. Busy blocks and a stored skeleton among `items` are left out.
#[must_use]
pub fn write(items: &[ShownItem], skeleton: &Value) -> Value {
    let names = |key: &str| {
        let list = skeleton.get(key).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str)
    };
    let mut kinds: BTreeMap<&str, Vec<&ShownItem>> = BTreeMap::new();
    for item in items
        .iter()
        .filter(|item| item.kind != BUSY_KIND && item.kind != SKELETON_KIND)
    {
        kinds.entry(&item.kind).or_default().push(item);
    }
    for list in kinds.values_mut() {
        // Equal positions keep the order in which the view gives them.
        list.sort_by(|a, b| position(a).total_cmp(&position(b)).then_with(|| a.id.cmp(&b.id)));
    }
    let mut root = match skeleton.get("literal") {
        Some(Value::Object(literal)) => literal.clone(),
        Some(_) | None => Map::from_iter([("format".to_owned(), Value::from(super::FORMAT))]),
    };
    for group in names("groups") {
        root.insert(group.to_owned(), Value::Object(Map::new()));
    }
    for list in names("lists") {
        put(&mut root, list, Value::Array(Vec::new()));
    }
    let ones: Vec<&str> = names("ones").collect();
    for (kind, found) in kinds {
        let is_group = GROUPS.contains(&kind) && !ones.contains(&kind);
        let single = ones.contains(&kind)
            || kind.starts_with(OTHER_PREFIX)
            || item::kind(kind).is_some_and(|kind| kind.shape == Shape::One);
        if is_group && found.iter().all(|item| item.fields.is_object()) {
            let group = root.entry(kind).or_insert_with(|| Value::Object(Map::new()));
            for fields in found.iter().filter_map(|item| item.fields.as_object()) {
                if let Some(group) = group.as_object_mut() {
                    group.extend(fields.clone());
                }
            }
        } else if let (true, [only]) = (single, found.as_slice()) {
            put(&mut root, kind, only.fields.clone());
        } else {
            put(
                &mut root,
                kind,
                Value::Array(found.iter().map(|item| item.fields.clone()).collect()),
            );
        }
    }
    Value::Object(root)
}

fn position(item: &ShownItem) -> f64 {
    item.order.unwrap_or(f64::INFINITY)
}

fn put(root: &mut Map<String, Value>, kind: &str, value: Value) {
    if let Some(other) = kind.strip_prefix(OTHER_PREFIX) {
        root.insert(other.to_owned(), value);
        return;
    }
    match kind.split_once('.') {
        Some((group, name)) if GROUPS.contains(&group) => {
            let group = root.entry(group).or_insert_with(|| Value::Object(Map::new()));
            if let Some(group) = group.as_object_mut() {
                group.insert(name.to_owned(), value);
            }
        }
        Some(_) | None => {
            root.insert(kind.to_owned(), value);
        }
    }
}
