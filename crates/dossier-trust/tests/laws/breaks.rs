//! The law of grants from now on, on whole histories: who was ever given which key.

use std::collections::{BTreeMap, BTreeSet};

use dossier_trust::ids::{EpochId, PrincipalId};
use dossier_trust::operation::{OpId, Operation, Right, Since};

use crate::cast;
use crate::generator::History;
use crate::held::Held;
use crate::world::{Mask, numbers};

/// Whoever was let in from now on, and never otherwise, opens no epoch that was made by somebody who did not know of that:
/// not with every key that honest programs ever gave them, nor with what lies under those in the whole log. And whoever
/// reads everything is given a way to every key. How many keys were looked at that somebody has from now on.
pub fn from_now_on_means_nothing_before(history: &History) -> Result<usize, String> {
    let world = &history.world;
    let everything = numbers(world.all()).filter_map(|x| Some((x, world.things[x].operation()?)));
    let everything: Vec<(usize, &Operation)> = everything.collect();
    let mut under: BTreeMap<EpochId, BTreeSet<EpochId>> = BTreeMap::new();
    let mut published: BTreeMap<EpochId, BTreeSet<OpId>> = BTreeMap::new();
    for (x, operation) in &everything {
        if let Operation::Epoch { commit, back, .. } = operation {
            under
                .entry(*commit)
                .or_default()
                .extend(back.iter().map(|back| back.parent));
            published.entry(*commit).or_default().insert(world.ids[*x]);
        }
    }
    let opens = |keys: &BTreeSet<EpochId>| {
        let (mut open, mut next) = (BTreeSet::new(), keys.iter().copied().collect::<Vec<_>>());
        while let Some(epoch) = next.pop() {
            if open.insert(epoch) {
                next.extend(under.get(&epoch).into_iter().flatten());
            }
        }
        open
    };
    // What somebody published a second time, with another story, says nothing about who made it.
    let honest: BTreeMap<EpochId, Mask> = history
        .wrapped
        .iter()
        .filter(|made| {
            published
                .get(&made.epoch)
                .is_none_or(|operations| operations.len() == 1)
        })
        .map(|made| (made.epoch, made.knew))
        .collect();
    let grants = |to: &PrincipalId, since: Since| -> Mask {
        everything
            .iter()
            .filter(|(_, operation)| {
                matches!(operation, Operation::Grant { principal, right, since: held, .. }
                    if principal == to && *held == since && *right >= Right::Read)
            })
            .fold(0, |mask, (x, _)| mask | 1 << x)
    };
    let mut seen = 0;
    for given in &history.given {
        let open = opens(&given.keys);
        if given.reader != cast::OWNER && grants(&given.reader, Since::Beginning) == 0 {
            let let_in = grants(&given.reader, Since::Now);
            for epoch in &open {
                let Some(knew) = honest.get(epoch) else { continue };
                if knew & let_in == 0 {
                    return Err(format!("{:?} opens {epoch:?} of before", given.reader));
                }
                seen += 1;
            }
        }
        let held = Held::take(world, &numbers(given.knew).collect::<Vec<_>>());
        let consent = held.consent(world);
        if consent.has_breaks() && consent.reads_everything(&given.reader) {
            let all = consent.epochs().map(|(epoch, _)| *epoch);
            let missed = all.filter(|epoch| consent.knows_closes_of(epoch) && !open.contains(epoch));
            if let Some(missed) = missed.into_iter().next() {
                return Err(format!("{:?} has no way to {missed:?}", given.reader));
            }
        }
    }
    Ok(seen)
}
