//! The laws must notice a wrong verdict: three ways to get the formulas wrong are caught by them.

use crate::Dice;
use crate::breaks::from_now_on_means_nothing_before;
use crate::generator::{Care, history, history_of_breaks};
use crate::histories::{
    Judge, a_checkpoint_says_it_all, a_generation_begins_anew, difference, forks_cost_the_forker,
    revocation_orphans_nobody, some_set,
};
use crate::reference::{self, Variant};
use crate::world::{Mask, World};

type Law = fn(&Judge, &World, Mask, &mut Dice) -> Result<bool, String>;

/// How many of some histories break a law under a variant, and on how many the law had something to say.
fn broken(variant: Variant, law: Law) -> (usize, usize) {
    let judge = move |world: &World, set: Mask| reference::judge(world, set, variant);
    let (mut broken, mut seen) = (0, 0);
    for seed in 0..250 {
        let history = history(seed);
        let mut dice = Dice::new(seed);
        let set = some_set(&history, &mut dice);
        match law(&judge, &history.world, set, &mut dice) {
            Ok(said) => seen += usize::from(said),
            Err(_) => (broken, seen) = (broken + 1, seen + 1),
        }
    }
    (broken, seen)
}

#[test]
fn freezing_at_a_fork_is_noticed() {
    let (broken_by_it, seen) = broken(Variant::FreezeAtFork, forks_cost_the_forker);
    assert!(broken_by_it > 5, "{broken_by_it} of {seen}");
    let (honest, seen) = broken(Variant::Formulas, forks_cost_the_forker);
    assert!(honest == 0 && seen > 20, "{honest} of {seen}");
}

#[test]
fn keeping_no_dependencies_of_others_is_noticed() {
    let (broken_by_it, seen) = broken(Variant::NoDependenciesKept, revocation_orphans_nobody);
    assert!(broken_by_it > 2, "{broken_by_it} of {seen}");
    let (honest, seen) = broken(Variant::Formulas, revocation_orphans_nobody);
    assert!(honest == 0 && seen > 20, "{honest} of {seen}");
}

#[test]
fn resting_on_another_generation_is_noticed() {
    let (broken_by_it, seen) = broken(Variant::MixedGenerations, a_generation_begins_anew);
    assert!(broken_by_it > 20, "{broken_by_it} of {seen}");
    let (honest, seen) = broken(Variant::Formulas, a_generation_begins_anew);
    assert!(honest == 0 && seen > 60, "{honest} of {seen}");
}

#[test]
fn the_reference_tells_the_variants_from_the_formulas() {
    for variant in [Variant::FreezeAtFork, Variant::NoDependenciesKept] {
        let differ = (0..250).filter(|seed| {
            let world = history(*seed).world;
            let judge = |variant| reference::judge(&world, world.all(), variant);
            difference(&judge(variant), &judge(Variant::Formulas)).is_some()
        });
        assert!(differ.count() > 3, "{variant:?}");
    }
}

#[test]
fn checkpoints_are_worth_making() {
    let made = (0..250).filter(|seed| {
        let history = history(*seed);
        let mut dice = Dice::new(*seed);
        let set = some_set(&history, &mut dice);
        a_checkpoint_says_it_all(&history.world, set, &mut dice).unwrap()
    });
    let made = made.count();
    assert!(made > 60, "{made}");
}

/// In enough histories somebody is let in from now on and given a key.
#[test]
fn breaks_are_worth_looking_at() {
    let seen: usize = (0..300)
        .map(|seed| from_now_on_means_nothing_before(&history(seed)).unwrap())
        .sum();
    assert!(seen > 60, "{seen}");
    let law = |seed, care| from_now_on_means_nothing_before(&history_of_breaks(seed, care));
    let seen: usize = (0..300).map(|seed| law(seed, Care::Full).unwrap()).sum();
    assert!(seen > 3_000, "{seen}");
    for care in [Care::EveryParent, Care::EveryKey] {
        let broken = (0..300).filter(|seed| law(*seed, care).is_err()).count();
        assert!(broken > 100, "{care:?}: {broken}");
    }
}

/// A law that is never put to the test proves nothing: histories in which nothing counts, forks or ends would pass.
#[test]
fn histories_are_worth_judging() {
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for seed in 0..300 {
        let world = history(seed).world;
        let outcome = reference::judge(&world, world.all(), Variant::Formulas);
        let mut add = |what: &str, count: usize| *seen.entry(what.to_owned()).or_default() += count;
        add("things", world.things.len());
        add("document", outcome.document.len());
        add("records", outcome.records.len());
        add("erased", outcome.erased.len());
        add("taken along", outcome.taken_along.len());
        add("grants", outcome.grants.len());
        add("dead", outcome.dead.len());
        add("counted", outcome.counted.len());
        add("clean", outcome.clean.len());
        add("current", usize::from(outcome.epoch.is_some()));
        for why in outcome.quarantine.values() {
            add(&format!("{why:?}"), 1);
        }
    }
    for (what, least) in [
        ("document", 1_500),
        ("records", 500),
        ("erased", 1),
        ("taken along", 25),
        ("dead", 60),
        ("clean", 150),
        ("current", 100),
        ("Denied(Revoked", 100),
        ("Denied(DeviceCut", 50),
        ("OtherBranch", 300),
        ("OnAnother", 100),
        ("OtherGeneration", 100),
        ("Refused(StartOp", 5),
        ("Unopened", 20),
    ] {
        let found: usize = seen
            .iter()
            .filter(|(name, _)| name.starts_with(what))
            .map(|(_, count)| count)
            .sum();
        assert!(found >= least, "{what}: {found} of {seen:#?}");
    }
}
