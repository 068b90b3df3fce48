//! The fewest element edits that turn one list into another.

use serde_json::Value;

/// Largest product of lengths for which the longest common subsequence is looked for.
const MAX_TABLE: usize = 40_000;

/// One step over the old list, from its beginning to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The element stays.
    Keep,
    /// The element stays in place and becomes element `n` of the new list.
    Change(usize),
    /// The element goes.
    Delete,
    /// Element `n` of the new list is put here.
    Insert(usize),
}

/// The steps from `old` to `new`. An element that could not be read is `None` and is never kept.
pub(super) fn steps(old: &[Option<Value>], new: &[Value]) -> Vec<Step> {
    let same = |a: Option<&Option<Value>>, b: Option<&Value>| matches!((a, b), (Some(Some(a)), Some(b)) if a == b);
    let least = old.len().min(new.len());
    let head = (0..least).take_while(|&i| same(old.get(i), new.get(i))).count();
    let tail = (0..least - head)
        .take_while(|&i| same(old.get(old.len() - 1 - i), new.get(new.len() - 1 - i)))
        .count();
    let mid_old = old.get(head..old.len() - tail).unwrap_or_default();
    let mid_new = new.get(head..new.len() - tail).unwrap_or_default();
    let mut steps = vec![Step::Keep; head];
    if mid_old.len() == mid_new.len() || mid_old.len().saturating_mul(mid_new.len()) > MAX_TABLE {
        let paired = mid_old.len().min(mid_new.len());
        steps.extend((0..paired).map(|i| Step::Change(head + i)));
        steps.extend((paired..mid_old.len()).map(|_| Step::Delete));
        steps.extend((paired..mid_new.len()).map(|i| Step::Insert(head + i)));
    } else {
        steps.extend(by_common_subsequence(mid_old, mid_new, head));
    }
    steps.extend(std::iter::repeat_n(Step::Keep, tail));
    steps
}

fn by_common_subsequence(old: &[Option<Value>], new: &[Value], offset: usize) -> Vec<Step> {
    let width = new.len() + 1;
    // Cell (i, j): length of the longest common subsequence of old[i..] and new[j..].
    let mut table = vec![0u32; (old.len() + 1) * width];
    let at = |table: &[u32], i: usize, j: usize| table.get(i * width + j).copied().unwrap_or(0);
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let best = if a.as_ref() == Some(b) {
                at(&table, i + 1, j + 1) + 1
            } else {
                at(&table, i + 1, j).max(at(&table, i, j + 1))
            };
            if let Some(cell) = table.get_mut(i * width + j) {
                *cell = best;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut steps = Vec::new();
    while let Some(a) = old.get(i) {
        match new.get(j) {
            Some(b) if a.as_ref() == Some(b) => {
                steps.push(Step::Keep);
                i += 1;
                j += 1;
            }
            Some(_) if at(&table, i, j + 1) > at(&table, i + 1, j) => {
                steps.push(Step::Insert(offset + j));
                j += 1;
            }
            Some(_) | None => {
                steps.push(Step::Delete);
                i += 1;
            }
        }
    }
    steps.extend((j..new.len()).map(|n| Step::Insert(offset + n)));
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(old: Value, new: Value, writes: usize) {
        let old: Vec<Option<Value>> = old.as_array().unwrap().iter().cloned().map(Some).collect();
        let new = new.as_array().unwrap().clone();
        let mut from = old.iter();
        let mut made = Vec::new();
        let mut count = 0;
        for step in steps(&old, &new) {
            count += usize::from(step != Step::Keep);
            match step {
                Step::Keep => made.push(from.next().unwrap().clone().unwrap()),
                Step::Change(n) => {
                    from.next().unwrap();
                    made.push(new[n].clone());
                }
                Step::Delete => {
                    from.next().unwrap();
                }
                Step::Insert(n) => made.push(new[n].clone()),
            }
        }
        assert!(from.next().is_none());
        assert_eq!(made, new);
        assert_eq!(count, writes, "{old:?} → {new:?}");
    }

    #[test]
    fn few_elements_are_touched() {
        check(json!([1, 2, 3]), json!([1, 2, 3]), 0);
        check(json!([1, 2, 3]), json!([1, 9, 3]), 1);
        check(json!([1, 2, 3, 4]), json!([2, 4]), 2);
        check(json!([1, 3]), json!([0, 1, 2, 3, 4]), 3);
        check(json!([]), json!([1, 2]), 2);
        check(json!([1, 2]), json!([]), 2);
        check(json!([1, 1, 1]), json!([1, 1]), 1);
        check(json!(["a", "b", "c", "d"]), json!(["x", "b", "d", "e", "f"]), 5);
    }
}
