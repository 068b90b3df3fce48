//! The laws, each on a random part of a random history.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{AutoCommit, Change};
use dossier_trust::consent::Consent;
use dossier_trust::ids::{GenerationId, PrincipalId};
use dossier_trust::item::{Lane, Position};
use dossier_trust::operation::{OpId, Operation, Right, Snapshot};
use dossier_trust::verdict::{Extended, Verdict, Waits};

use crate::Dice;
use crate::breaks::from_now_on_means_nothing_before;
use crate::cast;
use crate::generator::{Care, History, history, history_of_breaks};
use crate::held::{Held, Outcome, content, judge, shuffled};
use crate::reference::{self, Reading, Variant};
use crate::world::{Body, Fault, Mask, World, numbers};

type Law = Result<(), String>;

/// How many laws are too costly for every history.
pub const COSTLY: u64 = 9;

/// How a set is judged: by the crate, or by the reference in one of its variants.
pub type Judge = dyn Fn(&World, Mask) -> Outcome + Sync;

fn cases() -> u64 {
    std::env::var("LAWS_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(10_000)
}

/// Histories that once broke a law.
fn broken() -> impl Iterator<Item = u64> {
    include_str!("seeds/broken.txt")
        .lines()
        .filter_map(|line| line.trim().parse().ok())
}

/// Those, then as many new ones as were asked for.
fn seeds() -> Vec<u64> {
    broken().chain(0..cases()).collect()
}

#[test]
fn every_law_holds_on_every_history() {
    let seeds = seeds();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let broken: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let seeds = &seeds;
                scope.spawn(move || {
                    for seed in seeds.iter().skip(worker).step_by(threads) {
                        let outcome = std::panic::catch_unwind(|| laws(*seed)).unwrap_or(Err("panicked".to_owned()));
                        if let Err(why) = outcome {
                            return Some(format!("history {seed}: {why}"));
                        }
                    }
                    None
                })
            })
            .collect();
        workers
            .into_iter()
            .filter_map(|worker| worker.join().unwrap())
            .collect()
    });
    assert!(broken.is_empty(), "add to seeds/broken.txt: {broken:#?}");
}

/// A random set that somebody could hold.
pub fn some_set(history: &History, dice: &mut Dice) -> Mask {
    let world = &history.world;
    let noise = u128::from(dice.next()) << 64 | u128::from(dice.next());
    match dice.below(10) {
        0..5 => world.all(),
        5..7 => history.known[dice.below(history.known.len())] | 0b11,
        7 => world.completed((noise | u128::from(dice.next())) & world.all()),
        8 => world.rooted((noise | u128::from(dice.next()) << 32 | 0xffff) & world.all()),
        _ => world.completed(noise & world.all()),
    }
}

fn laws(seed: u64) -> Law {
    let history = history(seed);
    if seed.is_multiple_of(4) {
        from_now_on_means_nothing_before(&history_of_breaks(seed, Care::Full))?;
    }
    let hold = |costly| hold(&history, &mut Dice::new(!seed), costly);
    if broken().any(|broken| broken == seed) {
        (0..COSTLY).try_for_each(|law| hold(BTreeSet::from([law])))?;
    }
    // Two of the costlier laws, in every combination.
    hold(BTreeSet::from([seed % COSTLY, seed / COSTLY % COSTLY]))
}

/// The cheap laws on a part of this history that the dice choose, and these of the costlier ones.
pub fn hold(history: &History, dice: &mut Dice, costly: BTreeSet<u64>) -> Law {
    let world = &history.world;
    let set = some_set(history, dice);
    let held = Held::take(world, &numbers(set).collect::<Vec<_>>());
    let judged = held.judged(world);
    let outcome = judged.outcome(world, &held);

    let naive = reference::judge(world, set, Variant::Formulas);
    if let Some(difference) = difference(&outcome, &naive) {
        return Err(format!("the reference says otherwise about {difference}"));
    }
    nothing_is_lost(world, set, &outcome)?;

    let mut order = shuffled(set, dice);
    if dice.percent(50) {
        let again = shuffled(set, dice);
        order.extend(again);
    }
    let other = Held::take(world, &order);
    let rejudged = other.judged(world);
    if rejudged.consent != judged.consent || rejudged.outcome(world, &other) != outcome {
        return Err("order or repetition matters".to_owned());
    }
    for law in costly {
        match law {
            0 => step_by_step(world, &shuffled(set, dice))?,
            1 => automerge_holds(world, &outcome, dice)?,
            2 => denied_stay_denied(history, set, &outcome, dice)?,
            3 => revocation_orphans_nobody(&judge, world, set, dice).map(drop)?,
            4 => forks_cost_the_forker(&judge, world, set, dice).map(drop)?,
            5 => a_checkpoint_says_it_all(world, set, dice).map(drop)?,
            6 => a_generation_begins_anew(&judge, world, set, dice).map(drop)?,
            7 => keys_reach_no_denied_reader(history, set, dice)?,
            _ => from_now_on_means_nothing_before(history).map(drop)?,
        }
    }
    Ok(())
}

/// The first part that differs.
pub fn difference(one: &Outcome, other: &Outcome) -> Option<String> {
    let mut without = other.clone();
    // Which certificates and which genesis count is seen in what follows from them.
    without.counted = one.counted.clone();
    if *one == without {
        return None;
    }
    let parts: [(&str, bool); 12] = [
        ("generation", one.generation == other.generation),
        ("grants", one.grants == other.grants),
        ("dead", one.dead == other.dead),
        ("readers", one.readers == other.readers),
        ("clean", one.clean == other.clean),
        ("epoch", one.epoch == other.epoch),
        ("trunks", one.trunks == other.trunks),
        ("document", one.document == other.document),
        ("records", one.records == other.records),
        ("erased", one.erased == other.erased),
        ("taken along", one.taken_along == other.taken_along),
        ("quarantine", one.quarantine == other.quarantine),
    ];
    let detail: Vec<_> = one
        .quarantine
        .iter()
        .filter(|(at, why)| other.quarantine.get(at) != Some(why))
        .collect();
    let back: Vec<_> = other
        .quarantine
        .iter()
        .filter(|(at, why)| one.quarantine.get(at) != Some(why))
        .collect();
    let names: Vec<&str> = parts.iter().filter(|(_, same)| !same).map(|(name, _)| *name).collect();
    Some(format!("{names:?}: {detail:?} / {back:?}"))
}

/// Document, records, erased records, what a generation took along and quarantine are everything, and nothing twice.
fn nothing_is_lost(world: &World, set: Mask, outcome: &Outcome) -> Law {
    let all: BTreeSet<Position> = numbers(set)
        .filter(|x| world.things[*x].open.lane != Lane::Log)
        .filter_map(|x| world.things[x].position())
        .collect();
    let quarantine: BTreeSet<Position> = outcome.quarantine.keys().copied().collect();
    let parts = [
        &outcome.document,
        &outcome.records,
        &outcome.erased,
        &outcome.taken_along,
        &quarantine,
    ];
    let sum: usize = parts.iter().map(|part| part.len()).sum();
    let union: BTreeSet<Position> = parts.into_iter().flatten().copied().collect();
    if union != all || sum != all.len() {
        return Err(format!(
            "{} items, {} accounted for, {sum} in all",
            all.len(),
            union.len()
        ));
    }
    Ok(())
}

/// Taking one item after another comes to what judging the whole set comes to, after every item.
fn step_by_step(world: &World, order: &[usize]) -> Law {
    let mut held = Held::default();
    let (mut dossier, mut consent, mut verdict) = (Consent::default(), Consent::default(), Verdict::default());
    let mut waiting: Vec<usize> = order.to_vec();
    let mut extended = 0;
    while !waiting.is_empty() {
        let mut later = Vec::new();
        for number in waiting {
            if !held.add(world, number) {
                later.push(number);
                continue;
            }
            let thing = &world.things[number];
            let Some((header, position, body)) = &thing.item else {
                continue;
            };
            if let Body::Operation(operation) = body {
                let entry = dossier_trust::consent::Entry {
                    position: *position,
                    operation: operation.clone(),
                };
                let mut more = consent.clone();
                let taken = !thing.is_part() && more.extend(&held.chains, &entry);
                dossier = held.dossier(world);
                consent = Consent::of_compartment(&dossier, &held.chains, &held.log);
                if taken && more != consent {
                    return Err(format!("one more operation is not all of them: {operation:?}"));
                }
                extended += usize::from(taken);
                verdict = Verdict::reach(&consent, &held.chains, &held.opened);
                continue;
            }
            let change = thing.change().map(AsRef::as_ref);
            match verdict.extend(&consent, &held.chains, header.prev, position, change) {
                Extended::Counts => {
                    extended += 1;
                    let whole = Verdict::reach(&consent, &held.chains, &held.opened);
                    let (one, other) = (content(&verdict, &held), content(&whole, &held));
                    if one != other || verdict.index().max_op() > whole.index().max_op() {
                        return Err(format!(
                            "one more item is not all of them: {:?}",
                            difference(&one, &other)
                        ));
                    }
                }
                Extended::JudgeAgain => verdict = Verdict::reach(&consent, &held.chains, &held.opened),
            }
        }
        waiting = later;
    }
    let _ = dossier;
    let _ = extended;
    Ok(())
}

/// Automerge takes the document's changes in whatever order, and the canonical rebuild has the same bytes.
fn automerge_holds(world: &World, outcome: &Outcome, dice: &mut Dice) -> Law {
    let mut changes = Vec::new();
    let mut places = BTreeSet::new();
    let mut held: BTreeSet<[u8; 32]> = BTreeSet::new();
    for position in &outcome.document {
        let thing = &world.things[world.place(position).unwrap()];
        let Some((_, _, Body::Change(change, raw))) = &thing.item else {
            return Err("not a change".to_owned());
        };
        if !places.insert((change.actor().to_vec(), change.seq())) {
            return Err("two changes at one actor and sequence number".to_owned());
        }
        held.insert(change.hash());
        changes.push((
            change.start_op(),
            change.hash(),
            Change::try_from(raw.as_slice()).map_err(|e| e.to_string())?,
        ));
    }
    if changes
        .iter()
        .any(|(_, _, change)| change.deps().iter().any(|dep| !held.contains(&dep.0)))
    {
        return Err("a change rests on what is not in the document".to_owned());
    }
    let rebuild = |mut list: Vec<(u64, [u8; 32], Change)>| -> Result<(Vec<u8>, BTreeSet<[u8; 32]>), String> {
        list.sort_by_key(|(start, hash, _)| (*start, *hash));
        let count = list.len();
        let mut doc = AutoCommit::new();
        doc.apply_changes(list.into_iter().map(|(_, _, change)| change))
            .map_err(|e| e.to_string())?;
        if doc.get_changes(&[]).len() != count {
            return Err("Automerge holds back a change".to_owned());
        }
        Ok((doc.save(), doc.get_heads().into_iter().map(|head| head.0).collect()))
    };
    let canonical = rebuild(changes.clone())?;
    for at in (1..changes.len()).rev() {
        changes.swap(at, dice.below(at + 1));
    }
    if rebuild(changes.clone())? != canonical {
        return Err("the same set makes two documents".to_owned());
    }
    let mut arriving = AutoCommit::new();
    for (_, _, change) in changes {
        arriving.apply_changes([change]).map_err(|e| e.to_string())?;
    }
    let heads: BTreeSet<[u8; 32]> = arriving.get_heads().into_iter().map(|head| head.0).collect();
    if heads != canonical.1 {
        return Err("the order of arrival makes other heads".to_owned());
    }
    Ok(())
}

/// Whoever is denied in a set adds nothing to what counts, alone or with others who are denied. What may: a pin, or a
/// living editor who rests on it.
fn denied_stay_denied(history: &History, set: Mask, before: &Outcome, dice: &mut Dice) -> Law {
    let world = &history.world;
    let reading = Reading::of(world, set, Variant::Formulas);
    let denied = |x: usize| {
        let open = &world.things[x].open;
        !world.things[x].is_part()
            && open.grant != OpId::OWNER
            && (before.dead.contains(&open.grant) || !before.grants.contains(&open.grant))
            && !cast::PLAYERS
                .iter()
                .any(|(device, _)| device.0 == open.device.0 && PrincipalId(device.0) == cast::OWNER)
    };
    // A member's root still cuts its own devices, and whoever is named by a pin was let in before.
    let speaks = |x: usize| {
        matches!(
            world.things[x].operation(),
            Some(Operation::Cut { .. } | Operation::Device { .. })
        ) || reading.is_pinned(x)
    };
    let candidates: Mask = numbers(world.all() & !set)
        .filter(|x| denied(*x))
        .fold(0, |mask, x| mask | 1 << x);
    let mut added = candidates;
    if dice.percent(50) {
        added &= u128::from(dice.next()) << 64 | u128::from(dice.next());
    }
    let more = world.rooted(set | added);
    if numbers(more & !set).any(speaks) || more == set {
        return Ok(());
    }
    let after = judge(world, more);
    if after.counted != before.counted || after.grants != before.grants || after.dead != before.dead {
        return Err("an operation of somebody denied counts".to_owned());
    }
    let reading = Reading::of(world, more, Variant::Formulas);
    let rightful: BTreeSet<usize> = after
        .document
        .iter()
        .filter_map(|position| world.place(position))
        .filter(|y| reading.is_within(*y) && (!denied(*y) || reading.is_pinned(*y)))
        .collect();
    let below: Mask = rightful.iter().fold(0, |mask, y| mask | reading.past_of(*y));
    for position in after
        .document
        .iter()
        .chain(&after.records)
        .filter(|at| !before.counts(at))
    {
        let x = world.place(position).unwrap();
        if denied(x) && !reading.is_pinned(x) && below & (1 << x) == 0 {
            return Err(format!("{position:?} of somebody denied counts"));
        }
    }
    Ok(())
}

/// An owner device ends somebody's grant and keeps nothing: everything of everybody else stays. Some(nothing to see)
/// when the history has no such grant.
pub fn revocation_orphans_nobody(judge: &Judge, world: &World, set: Mask, dice: &mut Dice) -> Result<bool, String> {
    // At a fork the support of those who are revoked goes, and the trunk may be another: that is no orphan's law.
    let forked = numbers(set).any(|x| is_content(world, x) && Reading::of_shape(world, set).children(x).len() > 1);
    let before = judge(world, set);
    let live: Vec<OpId> = before.grants.difference(&before.dead).copied().collect();
    // Rather somebody on whose work others rest.
    let shape = Reading::of(world, set, Variant::Formulas);
    let rested: Vec<OpId> = before
        .document
        .iter()
        .filter_map(|position| world.place(position))
        .filter(|x| shape.support(*x) > 0)
        .map(|x| world.things[x].open.grant)
        .filter(|grant| live.contains(grant))
        .collect();
    let grant = dice.pick(&rested).or(dice.pick(&live)).copied();
    let Some(grant) = grant.filter(|_| !forked) else {
        return Ok(false);
    };
    let mut world = world.clone();
    if world.things.len() > 125 {
        return Ok(false);
    }
    let open = world.open(
        cast::root_of(cast::OWNER),
        false,
        Lane::Log,
        OpId::OWNER,
        Default::default(),
    );
    let revoke = world.operation(
        open,
        Operation::Revoke {
            grant,
            keep: Vec::new(),
        },
    );
    let after = judge(&world, set | 1 << open | 1 << revoke);
    if after.dead.len() != before.dead.len() + 1 {
        return Ok(false);
    }
    let managed = world
        .things
        .iter()
        .any(|thing| thing.open.grant == grant && thing.open.lane == Lane::Log && thing.item.is_some());
    if managed {
        // What a representative did, ends with them unless it is kept: grants and pins of others among it.
        return Ok(false);
    }
    let reading = Reading::of(&world, set, Variant::Formulas);
    for position in before.document.iter().chain(&before.records) {
        let x = world.place(position).unwrap();
        let open = &world.things[x].open;
        let counted = reading.is_within(x);
        if open.grant != grant && counted && !after.counts(position) {
            return Err(format!(
                "{position:?} is orphaned: {:?}",
                after.quarantine.get(position)
            ));
        }
    }
    Ok(true)
}

fn is_content(world: &World, x: usize) -> bool {
    world.things[x].open.lane != Lane::Log
}

/// Somebody who may edit publishes a second item at an old position on which rightful work of others rests: all that
/// counted goes on counting.
pub fn forks_cost_the_forker(judge: &Judge, world: &World, set: Mask, dice: &mut Dice) -> Result<bool, String> {
    let before = judge(world, set);
    let reading = Reading::of(world, set, Variant::Formulas);
    let document: Vec<usize> = before
        .document
        .iter()
        .filter_map(|position| world.place(position))
        .collect();
    let rested: Vec<usize> = document
        .iter()
        .copied()
        .filter(|x| {
            let others = document
                .iter()
                .filter(|y| reading.principal(**y) != reading.principal(*x));
            others
                .into_iter()
                .any(|y| reading.past_of(*y) & (1 << x) != 0 && reading.is_within(*y))
        })
        .collect();
    let Some(old) = dice.pick(&rested).copied() else {
        return Ok(false);
    };
    let under = world.things[old].below & !(1 << old);
    let before_it = numbers(under).last().unwrap();
    if world.things.len() > 125 {
        return Ok(false);
    }
    let mut changed = world.clone();
    let rival = if dice.percent(40) {
        // The same change, signed again.
        changed.copy(before_it, old)
    } else {
        changed.change(before_it, &[], true, Fault::None)
    };
    let world = &changed;
    let after = judge(world, set | 1 << rival);
    // What the forker wrote above and nobody else rests on is theirs to lose, with what only they rest on. And of two
    // items with one change either may stand for it.
    let lost: Vec<&Position> = before
        .document
        .iter()
        .filter(|position| !after.document.contains(position))
        .filter(|position| {
            let x = world.place(position).unwrap();
            let theirs = reading.is_within(x) && reading.principal(x) != reading.principal(old);
            theirs || (position.chain == world.things[rival].chain && rested.contains(&x))
        })
        .filter(|position| {
            let x = world.place(position).unwrap();
            x != old || !same_change(world, x, rival) || !after.document.contains(&world.position(rival))
        })
        .collect();
    if lost.is_empty() {
        return Ok(true);
    }
    let reading = Reading::of(world, set | 1 << rival, Variant::Formulas);
    let children = reading.children(before_it).into_iter();
    let weights: Vec<_> = children
        .map(|x| (world.position(x), reading.is_pinned(x), reading.support(x)))
        .collect();
    Err(format!(
        "a rival {:?} of {:?} displaced {lost:?}: {weights:?} {:?}",
        world.position(rival),
        world.position(old),
        after.quarantine.get(&world.position(rival))
    ))
}

fn same_change(world: &World, x: usize, y: usize) -> bool {
    world.things[x].change().map(|change| change.hash()) == world.things[y].change().map(|change| change.hash())
}

/// An owner device pins the document as it is. Whoever takes that and lets go of what lies below comes to what
/// everybody comes to, whatever else arrives. False when there is nothing to pin.
pub fn a_checkpoint_says_it_all(world: &World, set: Mask, dice: &mut Dice) -> Result<bool, String> {
    let before = judge(world, set);
    let mut upto: BTreeMap<_, Position> = BTreeMap::new();
    for at in &before.document {
        let last = upto.entry(at.chain).or_insert(*at);
        *last = (*last).max(*at);
    }
    let positions: Vec<Position> = upto.into_values().collect();
    let count: usize = positions.iter().map(|at| at.n as usize).sum();
    if count == 0 || count != before.document.len() || world.things.len() > 124 {
        return Ok(false);
    }
    let mut world = world.clone();
    let mut rest = set;
    // A second checkpoint beside the first, of fewer chains or more.
    for positions in [
        positions.clone(),
        positions.iter().filter(|_| dice.percent(50)).copied().collect(),
    ] {
        if positions.is_empty() {
            continue;
        }
        let root = cast::root_of(cast::OWNER);
        let open = world.open(root, false, Lane::Log, OpId::OWNER, Default::default());
        let snapshot = Snapshot {
            hash: [0; 32],
            ops: 1,
            size: 1,
            parts: Vec::new(),
        };
        let pin = Operation::Pin {
            positions,
            snapshot: Some(snapshot),
        };
        let pin = world.operation(open, pin);
        rest |= 1 << open | 1 << pin;
        if dice.percent(70) {
            break;
        }
    }
    let noise = u128::from(dice.next()) << 64 | u128::from(dice.next());
    let more = match dice.below(3) {
        0 => rest,
        1 => world.all(),
        _ => world.completed(rest | noise & world.all()),
    };
    let mut whole = Held::take(&world, &numbers(more).collect::<Vec<_>>());
    let kept = if dice.percent(50) { 0 } else { noise };
    let mut rested = Held::rest(
        &world,
        more,
        &positions,
        world.rooted(kept & more | opens(&world, more)),
    );
    let (all, few) = (
        whole.judged_by_checkpoints(&world),
        rested.judged_by_checkpoints(&world),
    );
    if all.consent != few.consent {
        return Err("a checkpoint changes what is granted".to_owned());
    }
    let hashes = |verdict: &Verdict| verdict.document().map(|(_, hash)| *hash).collect::<BTreeSet<_>>();
    if hashes(&all.verdict) != hashes(&few.verdict) {
        return Err(format!(
            "a checkpoint holds {} changes and not {}",
            few.verdict.document().len(),
            all.verdict.document().len()
        ));
    }
    let (all, few) = (all.content(&whole), few.content(&rested));
    if all.records != few.records || all.erased != few.erased || all.generation != few.generation {
        return Err("a checkpoint changes what stands beside the document".to_owned());
    }
    let below = |at: &Position| positions.iter().any(|base| base.chain == at.chain && at.n <= base.n);
    for (at, waits) in few.quarantine.iter().filter(|(at, _)| !below(at)) {
        if all.quarantine.get(at) != Some(waits) {
            return Err(format!("{at:?}: {waits:?} beside {:?}", all.quarantine.get(at)));
        }
    }
    Ok(true)
}

fn opens(world: &World, set: Mask) -> Mask {
    numbers(set)
        .filter(|x| world.things[*x].item.is_none())
        .fold(0, |mask, x| mask | 1 << x)
}

/// An owner device begins a generation with what it has, and writes in it. All that counted is taken along, whether or
/// not its bodies are still there; nobody below an owner device can do that; and when the device is cut, everything is as
/// it was. False when there is nothing to begin anew.
pub fn a_generation_begins_anew(judge: &Judge, world: &World, set: Mask, dice: &mut Dice) -> Result<bool, String> {
    if world.things.len() > 114 {
        return Ok(false);
    }
    // What an owner device once said counts from when it is known to be one.
    let device = cast::TABLET;
    let mut world = world.clone();
    let certify = world.open(cast::LAPTOP, true, Lane::Log, OpId::OWNER, GenerationId::default());
    let certified = world.device(certify, cast::OWNER, device);
    let set = set | 1 << certify | 1 << certified;
    let before = judge(&world, set);
    // One that cut itself writes nothing more, though what it orders counts until somebody else cuts it.
    let cut_itself = numbers(set).any(|x| {
        let cut = matches!(world.things[x].operation(), Some(Operation::Cut { device: cut, .. }) if *cut == device);
        cut && world.things[x].open.device == device
    });
    let Some(parent) = before.generation.filter(|_| !before.document.is_empty() && !cut_itself) else {
        return Ok(false);
    };
    let mut upto: BTreeMap<_, Position> = BTreeMap::new();
    for at in &before.document {
        let last = upto.entry(at.chain).or_insert(*at);
        *last = (*last).max(*at);
    }
    let mut base: Vec<Position> = upto.into_values().collect();
    base.sort_unstable();
    let mut drop: Vec<_> = base.iter().filter(|_| dice.percent(50)).map(|at| at.hash).collect();
    drop.sort_unstable();
    let generation = Operation::Generation { parent, base, drop };
    let new = GenerationId(generation.id().0);

    // By everybody who is granted anything here, the largest right of all included: nothing comes of it.
    for (device, principal) in cast::PLAYERS {
        let theirs = |x: &usize| match world.things[*x].operation() {
            Some(Operation::Grant { principal: to, .. }) => principal == Some(*to) && *to != cast::OWNER,
            _ => false,
        };
        let grants: Vec<OpId> = numbers(set).filter(theirs).map(|x| world.ids[x]).collect();
        let Some(grant) = dice.pick(&grants).copied() else {
            continue;
        };
        let mut forged = world.clone();
        let open = forged.open(device, false, Lane::Log, grant, GenerationId::default());
        let made = forged.operation(open, generation.clone());
        let after = judge(&forged, set | 1 << open | 1 << made);
        if (after.generation, &after.document) != (before.generation, &before.document) {
            return Err(format!("{device:?} who is no owner began a generation"));
        }
    }

    // By an owner device of its own, with work in it that rests on nothing before it, and some that does.
    let log = world.open(device, false, Lane::Log, OpId::OWNER, GenerationId::default());
    let made = world.operation(log, generation);
    let doc = world.open(device, false, Lane::Doc, OpId::OWNER, new);
    let first = world.change(doc, &[], true, Fault::None);
    let second = world.change(first, &[], true, Fault::None);
    let old: Vec<usize> = before.document.iter().filter_map(|at| world.place(at)).collect();
    let rests = dice.pick(&old).copied();
    let back = world.open(device, false, Lane::Doc, OpId::OWNER, new);
    let wrong = world.change(back, rests.as_slice(), false, Fault::None);
    let more = [log, made, doc, first, second, back, wrong];
    let more = more.iter().fold(set, |mask, x| mask | 1 << x);
    let after = judge(&world, more);
    if after.generation != Some(new) {
        // The device was cut, or another line of generations is longer.
        return Ok(false);
    }
    let written: BTreeSet<Position> = [first, second].map(|x| world.position(x)).into();
    if after.document != written {
        return Err(format!("a new generation holds {:?}", after.document));
    }
    if !before.document.is_subset(&after.taken_along) || after.records != before.records {
        return Err("a new generation lost what it took along".to_owned());
    }
    if after.quarantine.get(&world.position(wrong)) != Some(&Waits::OnAnother) {
        return Err("work of one generation rests on another".to_owned());
    }
    let mut held = Held::take(&world, &numbers(more).collect::<Vec<_>>());
    held.opened.0.retain(|at, _| written.contains(at) || dice.percent(50));
    let bodies = held.judged(&world).outcome(&world, &held);
    if bodies.document != after.document || bodies.taken_along != after.taken_along {
        return Err("a verdict asks for bodies that may be gone".to_owned());
    }

    // The root cuts the device and keeps nothing of it.
    let root = cast::root_of(cast::OWNER);
    let speaks = world.open(root, false, Lane::Log, OpId::OWNER, GenerationId::default());
    let cut = world.operation(
        speaks,
        Operation::Cut {
            device,
            keep: Vec::new(),
        },
    );
    let without = set | 1 << speaks | 1 << cut;
    let (without, with) = (judge(&world, without), judge(&world, without | more));
    if with.generation != without.generation || with.document != without.document || with.records != without.records {
        return Err("a generation of a device that was cut says something".to_owned());
    }
    Ok(true)
}

/// An epoch that is clean was never wrapped for a device that the set denies reading.
fn keys_reach_no_denied_reader(history: &History, set: Mask, dice: &mut Dice) -> Law {
    let world = &history.world;
    let Some(wrapped) = dice.pick(&history.wrapped) else {
        return Ok(());
    };
    let more = set | wrapped.knew;
    let after = judge(world, more);
    if !after.clean.contains(&wrapped.epoch) {
        return Ok(());
    }
    let held = Held::take(world, &numbers(more).collect::<Vec<_>>());
    let consent = held.consent(world);
    let mut reads: BTreeMap<PrincipalId, bool> = BTreeMap::new();
    for (id, grant) in consent.grants().filter(|(_, grant)| grant.right >= Right::Read) {
        *reads.entry(grant.principal).or_default() |= !consent.is_revoked(id);
    }
    for (root, device) in wrapped.readers.difference(&after.readers) {
        let principal = PrincipalId(*root);
        let ended = reads.get(&principal) == Some(&false);
        let cut = consent.is_cut(&dossier_trust::ids::DeviceId(*device)) && principal == cast::OWNER;
        if ended || cut {
            return Err(format!("{:?} holds the key of {:?}", principal, wrapped.epoch));
        }
    }
    Ok(())
}
