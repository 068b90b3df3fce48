//! Records that replace one another: which version is shown, and what the others said.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Author, Provenance, RecordIn, SectionContent, ShownItem, is_voice, provenance};
use crate::item::BROUGHT_ALONG;
use crate::layout::AlsoSaid;
use crate::record::{RecordContent, RecordItem};
use crate::section::Place;

/// A record in its compartment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed<'a> {
    pub(super) place: &'a Place,
    pub(super) record: &'a RecordIn,
}

/// Every record once, oldest claim first; one that was posted in several compartments counts where the smallest is.
pub(super) fn once(sections: &[SectionContent]) -> Vec<Placed<'_>> {
    let mut by_id: BTreeMap<&str, Placed<'_>> = BTreeMap::new();
    for section in sections {
        for record in &section.records {
            let placed = Placed {
                place: &section.place,
                record,
            };
            by_id
                .entry(&record.record_id)
                .and_modify(|kept| {
                    if *placed.place < *kept.place {
                        *kept = placed;
                    }
                })
                .or_insert(placed);
        }
    }
    let mut records: Vec<Placed<'_>> = by_id.into_values().collect();
    records.sort_by(|a, b| key(a.record).cmp(&key(b.record)));
    records
}

/// Order of claimed time, then of id: the same for every reader.
fn key(record: &RecordIn) -> (&str, &str, &str) {
    let date = match &record.content {
        RecordContent::Item(item) => item.date.as_deref().unwrap_or_default(),
        RecordContent::Reaction { date, .. }
        | RecordContent::Update { date, .. }
        | RecordContent::Seen { date, .. } => date,
        RecordContent::Removed { .. } => "",
    };
    (date, &record.at, &record.record_id)
}

/// May this author replace or take back a record? Nobody changes or takes away a voice: a note, a correction, an answer. Whoever said it may say something more.
pub fn may_replace(author: &Author, of: &RecordIn) -> bool {
    match &of.content {
        RecordContent::Item(item) => !is_voice(&item.kind) && (author.may_edit || author.same(&of.author)),
        RecordContent::Reaction { .. }
        | RecordContent::Update { .. }
        | RecordContent::Seen { .. }
        | RecordContent::Removed { .. } => author.same(&of.author),
    }
}

/// A later version belongs to the one that it goes back to: in its stead, or beside a voice.
fn goes_back_to(author: &Author, of: &RecordIn) -> bool {
    may_replace(author, of) || author.same(&of.author)
}

/// Ids of the records that were taken back by somebody who may. What took something back can be taken back itself, and
/// then the record stands again.
pub(super) fn removed<'a>(records: &[Placed<'a>]) -> BTreeSet<&'a str> {
    let by_id: BTreeMap<&str, &RecordIn> = records
        .iter()
        .map(|placed| (placed.record.record_id.as_str(), placed.record))
        .collect();
    let mut removals: BTreeMap<&'a str, Vec<&'a str>> = BTreeMap::new();
    for placed in records {
        if let RecordContent::Removed { target } = &placed.record.content
            && let Some((target, of)) = by_id.get_key_value(target.as_str())
            && may_replace(&placed.record.author, of)
        {
            removals.entry(target).or_default().push(&placed.record.record_id);
        }
    }
    let mut known: BTreeMap<&'a str, bool> = BTreeMap::new();
    let targets: Vec<&'a str> = removals.keys().copied().collect();
    for target in targets {
        is_removed(target, &removals, &mut known);
    }
    known.into_iter().filter_map(|(id, gone)| gone.then_some(id)).collect()
}

/// Gone when one of its removals stands. Works without recursion: anybody may write a long row of them.
fn is_removed<'a>(id: &'a str, removals: &BTreeMap<&'a str, Vec<&'a str>>, known: &mut BTreeMap<&'a str, bool>) {
    let mut under_way = vec![id];
    let mut entered: BTreeSet<&'a str> = BTreeSet::from([id]);
    while let Some(id) = under_way.last().copied() {
        let by = removals.get(id).map(Vec::as_slice).unwrap_or_default();
        // Ids are hashes, so a circle cannot be made; the set keeps a wrong input from running for ever.
        let open: Vec<&'a str> = by
            .iter()
            .copied()
            .filter(|one| !known.contains_key(one) && entered.insert(one))
            .collect();
        if open.is_empty() {
            known.insert(id, by.iter().any(|one| known.get(one) != Some(&true)));
            under_way.pop();
        } else {
            under_way.extend(open);
        }
    }
}

/// The version of an item that is shown.
pub(super) struct Version<'a> {
    /// The record shown.
    pub(super) head: Placed<'a>,
    item: &'a RecordItem,
    /// Its first version.
    first: Placed<'a>,
    /// Ids of all versions, the shown one and those that it goes back to among them.
    pub(super) chain: Vec<&'a str>,
    /// Versions written at the same time that were not chosen.
    others: Vec<&'a RecordItem>,
}

/// For every item that is told in records, the version to show. Removing the latest version removes the item.
pub(super) fn latest<'a>(records: &[Placed<'a>], removed: &BTreeSet<&str>) -> Vec<Version<'a>> {
    let items: BTreeMap<&'a str, (Placed<'a>, &'a RecordItem)> = records
        .iter()
        .filter_map(|placed| match &placed.record.content {
            RecordContent::Item(item) => Some((placed.record.record_id.as_str(), (*placed, item))),
            RecordContent::Reaction { .. }
            | RecordContent::Update { .. }
            | RecordContent::Seen { .. }
            | RecordContent::Removed { .. } => None,
        })
        .collect();
    // The earlier version of each record, where it may replace that one.
    let parent = |placed: &Placed<'a>, item: &RecordItem| -> Option<&'a str> {
        let (id, (of, earlier)) = items.get_key_value(item.supersedes.as_deref()?)?;
        let same_item = earlier.kind == item.kind && earlier.id == item.id;
        (same_item && goes_back_to(&placed.record.author, of.record)).then_some(*id)
    };
    let parents: BTreeMap<&'a str, &'a str> = items
        .iter()
        .filter_map(|(id, (placed, item))| Some((*id, parent(placed, item)?)))
        .collect();
    let replaced: BTreeSet<&str> = parents.values().copied().collect();
    let mut families: BTreeMap<&'a str, Vec<&'a str>> = BTreeMap::new();
    let mut chains: BTreeMap<&'a str, BTreeSet<&'a str>> = BTreeMap::new();
    for id in items.keys() {
        let mut root = *id;
        let mut seen = BTreeSet::from([root]);
        // Ids are hashes, so a circle cannot be made; the set keeps a wrong input from running for ever.
        while let Some(earlier) = parents.get(root)
            && seen.insert(earlier)
        {
            root = earlier;
        }
        chains.entry(root).or_default().extend(seen);
        if !replaced.contains(id) {
            families.entry(root).or_default().push(id);
        }
    }
    let mut versions: Vec<Version<'a>> = Vec::new();
    for (root, heads) in families {
        let chain = chains.remove(root).unwrap_or_default();
        let voice = items.get(root).is_some_and(|(_, item)| is_voice(&item.kind));
        // What was said first is what was said; whatever came later stands beside it.
        let chosen: Vec<&str> = if voice {
            chain.iter().copied().collect()
        } else {
            heads.into_iter().filter(|id| !removed.contains(id)).collect()
        };
        let mut heads: Vec<(Placed<'a>, &'a RecordItem)> =
            chosen.iter().filter_map(|id| items.get(id).copied()).collect();
        heads.sort_by_key(|(placed, _)| (voice && placed.record.record_id == root, key(placed.record)));
        let Some((head, item)) = heads.pop() else {
            continue;
        };
        let first = items.get(root).map_or(head, |(placed, _)| *placed);
        versions.push(Version {
            head,
            item,
            first,
            chain: chain.into_iter().collect(),
            others: heads.into_iter().map(|(_, item)| item).collect(),
        });
    }
    // What the resident brought along or wrote keeps its id; a stranger's record with the same id gets another.
    versions.sort_by(|a, b| {
        let rank = |version: &Version<'a>| !version.first.record.author.is_owner;
        rank(a)
            .cmp(&rank(b))
            .then_with(|| key(a.first.record).cmp(&key(b.first.record)))
    });
    versions
}

impl Version<'_> {
    /// True when an item of a document may stand for this contribution.
    pub(super) fn may_become(&self, item: &ShownItem) -> bool {
        !is_voice(&self.item.kind) && item.kind == self.item.kind && item.place.section() == self.head.place.section()
    }

    pub(super) fn shown(&self) -> ShownItem {
        let author = &self.first.record.author;
        let mut from = provenance(&self.item.fields, self.item.source.as_deref());
        if !author.is_owner {
            from.author = author.person.clone();
            from.date = self
                .item
                .date
                .clone()
                .or(from.date)
                .or_else(|| Some(self.head.record.at.clone()));
        } else if is_voice(&self.item.kind) && from.source.is_none() && from.author != author.person {
            // The resident's word that somebody said this is not that person's.
            from.source = Some(BROUGHT_ALONG.to_owned());
        }
        ShownItem {
            place: self.head.place.clone(),
            id: self.item.id.clone(),
            kind: self.item.kind.clone(),
            order: self.item.order.filter(|order| order.is_finite()),
            fields: self.item.fields.clone(),
            provenance: Provenance {
                date: from.date.or_else(|| self.item.date.clone()),
                ..from
            },
            also_said: differing(&self.item.fields, self.others.iter().map(|other| &other.fields)),
            contribution: !author.is_owner && !is_voice(&self.item.kind),
            record: Some(self.head.record.record_id.clone()),
            author: Some(author.clone()),
        }
    }

    /// The document has this contribution: it stays its author's, and what they said since is shown beside it.
    pub(super) fn tell_taken_over(&self, item: &mut ShownItem) {
        let author = &self.first.record.author;
        if !author.is_owner && author.person.is_some() {
            item.provenance.author.clone_from(&author.person);
        }
        if self.chain.len() > 1 {
            let later = std::iter::once(&self.item.fields).chain(self.others.iter().map(|other| &other.fields));
            item.also_said.extend(differing(&item.fields, later));
        }
    }
}

/// Top-level fields in which other versions differ from the one shown.
fn differing<'v>(shown: &Value, others: impl Iterator<Item = &'v Value>) -> Vec<AlsoSaid> {
    let mut said: BTreeMap<Vec<String>, Vec<Value>> = BTreeMap::new();
    for other in others {
        match (shown.as_object(), other.as_object()) {
            (Some(shown), Some(other)) => {
                for (key, value) in other.iter().filter(|(key, value)| shown.get(*key) != Some(value)) {
                    let values = said.entry(vec![key.clone()]).or_default();
                    if !values.contains(value) {
                        values.push(value.clone());
                    }
                }
            }
            _other if shown != other => {
                let values = said.entry(Vec::new()).or_default();
                if !values.contains(other) {
                    values.push(other.clone());
                }
            }
            _same => {}
        }
    }
    said.into_iter()
        .map(|(path, values)| AlsoSaid { path, values })
        .collect()
}
