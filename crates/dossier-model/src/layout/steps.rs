//! What was done to one item, change by change.

use std::collections::{BTreeSet, HashMap, HashSet};

use automerge::legacy::{Key, ObjectId, OpId, OpType};
use automerge::{ActorId, AutoCommit, Change, ChangeHash};

use super::{item_key, read_item_at};
use crate::item::Item;

/// One change that touched an item: what stood there for whoever wrote it, and what they made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The change.
    pub change: ChangeHash,
    /// Who wrote it.
    pub actor: ActorId,
    /// The how-manyth of that author it is, from 1.
    pub seq: u64,
    /// When, as the writer's clock said, in seconds since 1970.
    pub unix_seconds: i64,
    /// The item before it; none where there was none.
    pub before: Option<Item>,
    /// The item after it; none where it is gone.
    pub after: Option<Item>,
    /// The steps that its writer had seen last, as indices: each comes before this one.
    pub follows: BTreeSet<usize>,
}

/// Every change that touched an item, each after those that it depends on.
pub fn steps(doc: &mut AutoCommit, id: &str) -> Vec<Step> {
    let changes = doc.get_changes(&[]);
    let key = item_key(id);
    let mut inside: HashSet<OpId> = HashSet::new();
    // The last steps in the past of each change.
    let mut seen: HashMap<ChangeHash, BTreeSet<usize>> = HashMap::new();
    let mut steps: Vec<Step> = Vec::new();
    for change in &changes {
        let mut follows: BTreeSet<usize> = BTreeSet::new();
        for dependency in change.deps() {
            follows.extend(seen.get(dependency).into_iter().flatten());
        }
        if touches(change, &key, &mut inside) {
            let at = |heads: &[ChangeHash]| read_item_at(doc, id, heads).map(|read| read.item);
            let step = Step {
                change: change.hash(),
                actor: change.actor_id().clone(),
                seq: change.seq(),
                unix_seconds: change.timestamp(),
                before: at(change.deps()),
                after: at(&[change.hash()]),
                follows: std::mem::take(&mut follows),
            };
            follows.insert(steps.len());
            steps.push(step);
        }
        seen.insert(change.hash(), follows);
    }
    steps
}

/// True when the change does something to the item or in it; `inside` holds the objects that belong to it.
fn touches(change: &Change, key: &str, inside: &mut HashSet<OpId>) -> bool {
    let decoded = change.decode();
    let mut touched = false;
    for (operation, counter) in decoded.operations.iter().zip(decoded.start_op.get()..) {
        let here = match (&operation.obj, &operation.key) {
            (ObjectId::Root, Key::Map(name)) => name == key,
            (ObjectId::Root, Key::Seq(_)) => false,
            (ObjectId::Id(object), _) => inside.contains(object),
        };
        if here {
            touched = true;
            if matches!(operation.action, OpType::Make(_)) {
                inside.insert(OpId::new(counter, &decoded.actor_id));
            }
        }
    }
    touched
}

/// Where a document stood at the end of a second: the heads of all changes that say they were written by then, and of
/// which everything that they depend on says so too. None when all of them do.
pub fn before(doc: &mut AutoCommit, unix_seconds: i64) -> Option<Vec<ChangeHash>> {
    let mut counted: HashSet<ChangeHash> = HashSet::new();
    let mut heads: BTreeSet<ChangeHash> = BTreeSet::new();
    let mut all = true;
    for change in doc.get_changes_meta(&[]) {
        if change.timestamp <= unix_seconds && change.deps.iter().all(|one| counted.contains(one)) {
            for dependency in change.deps.iter() {
                heads.remove(dependency);
            }
            counted.insert(change.hash);
            heads.insert(change.hash);
        } else {
            all = false;
        }
    }
    (!all).then(|| heads.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use automerge::TextEncoding;
    use serde_json::{Value, json};

    use super::*;
    use crate::layout::{Edit, apply};

    fn title(item: &Option<Item>) -> Value {
        item.as_ref().map_or(Value::Null, |item| item.fields["title"].clone())
    }

    fn set(id: &str, value: &str) -> Edit {
        Edit::Set {
            id: id.into(),
            path: vec!["title".into()],
            value: json!(value),
        }
    }

    #[test]
    fn each_step_is_told_as_its_writer_saw_it_and_no_other_item_is_meant() {
        let mut doc = AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint);
        let add = |id: &str| {
            Edit::Add(Item::new(
                id,
                "goals",
                json!({"title": "a", "deep": {"list": [{"x": 1}]}}),
            ))
        };
        apply(&mut doc, &[add("g-1"), add("g-2")], 10).unwrap();
        let mut other = doc.fork();
        other.set_actor(ActorId::from([9u8; 32]));
        apply(&mut doc, &[set("g-1", "b")], 20).unwrap();
        apply(&mut other, &[set("g-1", "c")], 15).unwrap();
        apply(&mut other, &[set("g-2", "z")], 16).unwrap();
        doc.merge(&mut other).unwrap();
        let deep = Edit::Set {
            id: "g-1".into(),
            path: ["deep", "list", "0", "x"].map(String::from).to_vec(),
            value: json!(2),
        };
        apply(&mut doc, &[deep], 30).unwrap();
        apply(&mut doc, &[Edit::Remove { id: "g-1".into() }], 40).unwrap();
        let found = steps(&mut doc, "g-1");
        let mut told: Vec<_> = found
            .iter()
            .map(|step| (step.unix_seconds, title(&step.before), title(&step.after)))
            .collect();
        told.sort_by_key(|(at, ..)| *at);
        let won = title(&found[3].after);
        assert_eq!(
            told,
            [
                (10, Value::Null, json!("a")),
                (15, json!("a"), json!("c")),
                (20, json!("a"), json!("b")),
                (30, won.clone(), won.clone()),
                (40, won, Value::Null),
            ]
        );
        assert_eq!(found[3].follows.len(), 2, "it had seen both");
        assert_eq!(found[1].follows, BTreeSet::from([0]));
        assert_eq!(found[2].follows, BTreeSet::from([0]));
        assert_eq!(steps(&mut doc, "g-2").len(), 2);
        assert!(steps(&mut doc, "g-3").is_empty());
    }

    #[test]
    fn a_change_counts_when_all_that_it_rests_on_is_from_before() {
        let mut doc = AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint);
        let add = Edit::Add(Item::new("g-1", "goals", json!({"title": "a"})));
        apply(&mut doc, &[add], 10).unwrap();
        let first = doc.get_heads();
        apply(&mut doc, &[set("g-1", "b")], 30).unwrap();
        // A clock that runs behind cannot put its word before what it answers.
        apply(&mut doc, &[set("g-1", "c")], 12).unwrap();
        assert_eq!(before(&mut doc, 9), Some(Vec::new()));
        assert_eq!(before(&mut doc, 12), Some(first));
        assert_eq!(before(&mut doc, 30), None);
    }
}
