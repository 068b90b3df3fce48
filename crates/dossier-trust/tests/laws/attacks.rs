//! Named attacks on the verdict, one test each.

use std::collections::BTreeSet;

use dossier_trust::codec::{Canonical, DecodeError};
use dossier_trust::consent::Denied;
use dossier_trust::identity::{DeviceSecrets, Random, RootSecret};
use dossier_trust::ids::{DeviceId, EpochId, GenerationId};
use dossier_trust::item::{Lane, Position};
use dossier_trust::operation::{OpId, Operation, Right, Since};
use dossier_trust::preflight::Refusal;
use dossier_trust::verdict::{Extended, Waits};

use crate::Dice;
use crate::cast::{
    self, ANNA, ANNAS, BORIS, BORISES, LAPTOP, MENTOR, MENTORS, OWNER, PARENT, PARENTS, PHONE, TEAM, TEAM_1,
};
use crate::held::{Held, Judged, Outcome, judge};
use crate::world::{Fault, World, numbers};

/// A dossier with one compartment: laptop and phone, Anna and the team who may edit.
struct Home {
    world: World,
    /// Last items of the laptop's logs.
    part: usize,
    log: usize,
    generation: GenerationId,
    anna: OpId,
    team: OpId,
}

impl Home {
    fn new() -> Self {
        let mut world = World::new();
        let mut part = 1;
        for device in [LAPTOP, PHONE] {
            part = world.device(part, OWNER, device);
        }
        let log = world.open(LAPTOP, false, Lane::Log, OpId::OWNER, GenerationId::default());
        let first = Operation::Generation {
            parent: GenerationId::default(),
            base: Vec::new(),
            drop: Vec::new(),
        };
        let generation = GenerationId(first.id().0);
        let mut log = world.operation(log, first);
        for (root, device) in [(ANNA, ANNAS), (TEAM, TEAM_1), (PARENT, PARENTS), (MENTOR, MENTORS)] {
            log = world.device(log, root, device);
        }
        let (log, anna) = world.grant(log, ANNA, Right::Edit);
        let (log, team) = world.grant(log, TEAM, Right::Edit);
        Self {
            world,
            part,
            log,
            generation,
            anna,
            team,
        }
    }

    /// The laptop signs in the compartment.
    fn say(&mut self, operation: Operation) -> OpId {
        self.log = self.world.operation(self.log, operation);
        self.world.ids[self.log]
    }

    fn grant(&mut self, to: dossier_trust::ids::PrincipalId, right: Right) -> OpId {
        let (log, id) = self.world.grant(self.log, to, right);
        self.log = log;
        id
    }

    fn open(&mut self, device: DeviceId, lane: Lane, grant: OpId) -> usize {
        self.world.open(device, false, lane, grant, self.generation)
    }

    fn part_of(&mut self, device: DeviceId) -> usize {
        self.world
            .open(device, true, Lane::Log, OpId::OWNER, GenerationId::default())
    }

    fn change(&mut self, before: usize, on: &[usize]) -> usize {
        self.world.change(before, on, true, Fault::None)
    }

    fn judge(&self) -> Outcome {
        judge(&self.world, self.world.all())
    }

    fn judged(&self) -> Judged {
        Held::take(&self.world, &numbers(self.world.all()).collect::<Vec<_>>()).judged(&self.world)
    }

    fn at(&self, thing: usize) -> Position {
        self.world.position(thing)
    }
}

fn cut(device: DeviceId, keep: Vec<Position>) -> Operation {
    Operation::Cut { device, keep }
}

struct Bytes(Dice);

impl Random for Bytes {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill_with(|| self.0.next() as u8);
    }
}

#[test]
fn a_certificate_that_its_root_did_not_sign_cannot_be_read() {
    let mut random = Bytes(Dice::new(1));
    let (root, thief) = (
        RootSecret::from_entropy(random.array()),
        RootSecret::from_entropy(random.array()),
    );
    let device = DeviceSecrets::generate(&mut random);
    let honest = Operation::Device {
        certificate: root.certify(&device).unwrap(),
        holder: None,
    };
    assert_eq!(Operation::from_bytes(&honest.to_bytes()), Ok(honest));
    let mut forged = thief.certify(&device).unwrap();
    forged.root = root.principal();
    let forged = Operation::Device {
        certificate: forged,
        holder: None,
    };
    assert_eq!(
        Operation::from_bytes(&forged.to_bytes()),
        Err(DecodeError::NotCanonical)
    );
}

#[test]
fn a_genesis_of_another_dossier_makes_no_owner() {
    let mut home = Home::new();
    let log = home.part_of(BORISES);
    let log = home.world.operation(
        log,
        Operation::Genesis {
            root: BORIS,
            recovery: [0; 32],
            salt: [0; 32],
        },
    );
    home.world.device(log, BORIS, BORISES);
    let mine = home.open(BORISES, Lane::Doc, OpId::OWNER);
    let mine = home.change(mine, &[]);
    let log = home.open(BORISES, Lane::Log, OpId::OWNER);
    let (_, grant) = home.world.grant(log, BORIS, Right::Edit);
    let outcome = home.judge();
    assert!(!outcome.grants.contains(&grant));
    assert_eq!(
        outcome.quarantine.get(&home.at(mine)),
        Some(&Waits::Denied(Denied::NotCertified))
    );
}

#[test]
fn whoever_claims_a_device_of_somebody_else_takes_nothing_from_them() {
    let mut home = Home::new();
    let doc = home.open(ANNAS, Lane::Doc, home.anna);
    let work = home.change(doc, &[]);
    // Boris, who was granted nothing, certifies Anna's device as his own and cuts it.
    let log = home.open(cast::root_of(BORIS), Lane::Log, OpId::OWNER);
    let log = home.world.device(log, BORIS, ANNAS);
    home.world.operation(log, cut(ANNAS, Vec::new()));
    let judged = home.judged();
    assert!(judged.verdict.is_in_document(&home.at(work)));
    assert_eq!(judged.consent.principal_of(&ANNAS), Some(ANNA));
    assert!(judged.consent.may_read(&ANNAS) && !judged.consent.is_cut(&ANNAS));
    assert!(
        judged.consent.denials_of_reading().is_empty(),
        "a stranger forces no new epoch"
    );
}

#[test]
fn a_newcomer_from_now_on_who_claims_a_device_takes_no_past_from_it_and_gets_none() {
    let mut home = Home::new();
    let before = EpochId([61; 32]);
    home.say(epoch(before, &[], &[]));
    let grant = Operation::Grant {
        principal: BORIS,
        right: Right::Manage,
        since: Since::Now,
        until: None,
        nonce: [9; 16],
        record: None,
    };
    let let_in = grant.id();
    home.say(grant);
    // Until an epoch honours it nothing is sealed.
    assert_eq!(home.judged().consent.current_epoch(), None);
    let after = EpochId([62; 32]);
    home.say(epoch(after, &[before], &[let_in]));
    let log = home.open(cast::root_of(BORIS), Lane::Log, OpId::OWNER);
    let log = home.world.device(log, BORIS, BORISES);
    home.world.device(log, BORIS, ANNAS);
    let consent = home.judged().consent;
    assert_eq!(consent.current_epoch(), Some(after));
    assert!(!consent.may_lie_under_next(&before) && consent.may_lie_under_next(&after));
    assert!(consent.reads_from_now(&BORIS) && !consent.reads_from_now(&ANNA));
    assert!(consent.reads_as(&ANNAS).any(|one| consent.reads_everything(&one)));
    assert_eq!(consent.reads_as(&BORISES).collect::<Vec<_>>(), [BORIS]);
    let keys = |reader| consent.keys_for(reader, |_| true, |_, _| true);
    assert_eq!(keys(&BORIS), BTreeSet::from([after]));
    assert_eq!(keys(&ANNA), BTreeSet::from([before, after]));
}

fn epoch(commit: EpochId, parents: &[EpochId], closes: &[OpId]) -> Operation {
    Operation::Epoch {
        parents: parents.to_vec(),
        closes: closes.to_vec(),
        commit,
        back: Vec::new(),
    }
}

#[test]
fn a_member_cuts_a_lost_device_of_its_own_but_not_below_a_pin() {
    let mut home = Home::new();
    let doc = home.open(ANNAS, Lane::Doc, home.anna);
    let first = home.change(doc, &[]);
    let second = home.change(first, &[]);
    home.say(Operation::Pin {
        positions: vec![home.at(first)],
        snapshot: None,
    });
    let log = home.open(cast::root_of(ANNA), Lane::Log, OpId::OWNER);
    home.world.operation(log, cut(ANNAS, Vec::new()));
    let judged = home.judged();
    assert!(judged.verdict.is_in_document(&home.at(first)));
    assert_eq!(
        judged.verdict.quarantine().get(&home.at(second)),
        Some(&Waits::Denied(Denied::DeviceCut))
    );
    assert!(!judged.consent.may_read(&ANNAS));
    assert_eq!(judged.consent.denials_of_reading().len(), 1);
}

#[test]
fn only_who_cut_a_stolen_owner_device_says_what_stays() {
    let mut home = Home::new();
    let phones = home.open(PHONE, Lane::Log, OpId::OWNER);
    let (_, to_boris) = home.world.grant(phones, BORIS, Right::Manage);
    let thief = home.open(PHONE, Lane::Log, OpId::OWNER);
    let (thief, again) = home.world.grant(thief, BORIS, Right::Edit);
    home.part = home.world.operation(home.part, cut(PHONE, Vec::new()));
    let keep_all: Vec<Position> = vec![home.at(thief)];
    // Thief, stranger and Anna say in the compartment that everything of it stays.
    home.world.operation(thief, cut(PHONE, keep_all.clone()));
    for (device, grant) in [
        (cast::STRANGER, OpId::OWNER),
        (ANNAS, home.anna),
        (cast::root_of(ANNA), OpId::OWNER),
    ] {
        let log = home.open(device, Lane::Log, grant);
        home.world.operation(log, cut(PHONE, keep_all.clone()));
    }
    assert!(!home.judge().grants.contains(&to_boris) && !home.judge().grants.contains(&again));
    // The laptop, which cut it, may.
    home.say(cut(PHONE, keep_all));
    assert!(home.judge().grants.contains(&again) && !home.judge().grants.contains(&to_boris));
}

#[test]
fn a_thief_whom_the_root_cut_cannot_cut_back() {
    let mut home = Home::new();
    let root = home.part_of(cast::root_of(OWNER));
    home.world.operation(root, cut(PHONE, Vec::new()));
    let thief = home.open(PHONE, Lane::Log, OpId::OWNER);
    home.world.operation(thief, cut(LAPTOP, Vec::new()));
    let outcome = home.judge();
    assert!(outcome.grants.contains(&home.anna) && outcome.grants.contains(&home.team));
    assert!(outcome.readers.contains(&(OWNER.0, LAPTOP.0)) && !outcome.readers.contains(&(OWNER.0, PHONE.0)));
}

#[test]
fn two_owner_devices_that_cut_each_other_both_stop_granting_and_still_deny() {
    let mut home = Home::new();
    let kept = home.at(home.log);
    home.say(cut(PHONE, Vec::new()));
    let phones = home.open(PHONE, Lane::Log, OpId::OWNER);
    let phones = home.world.operation(phones, cut(LAPTOP, vec![kept]));
    let by_laptop = home.grant(BORIS, Right::Edit);
    let (phones, by_phone) = home.world.grant(phones, BORIS, Right::Edit);
    home.world.operation(
        phones,
        Operation::Revoke {
            grant: home.anna,
            keep: Vec::new(),
        },
    );
    home.say(Operation::Revoke {
        grant: home.team,
        keep: Vec::new(),
    });
    let outcome = home.judge();
    assert!(!outcome.grants.contains(&by_laptop) && !outcome.grants.contains(&by_phone));
    assert!(outcome.dead.contains(&home.anna) && outcome.dead.contains(&home.team));
    // A device that the root certifies goes on.
    let root = home.part_of(cast::root_of(OWNER));
    home.world.device(root, OWNER, cast::TABLET);
    let log = home.open(cast::TABLET, Lane::Log, OpId::OWNER);
    let (_, fresh) = home.world.grant(log, ANNA, Right::Edit);
    assert!(home.judge().grants.contains(&fresh));
}

#[test]
fn nobody_revokes_the_owner_devices_as_if_they_were_a_grant() {
    let mut home = Home::new();
    let doc = home.open(LAPTOP, Lane::Doc, OpId::OWNER);
    let work = home.change(doc, &[]);
    let manage = home.grant(PARENT, Right::Manage);
    let log = home.open(PARENTS, Lane::Log, manage);
    home.world.operation(
        log,
        Operation::Revoke {
            grant: OpId::OWNER,
            keep: Vec::new(),
        },
    );
    home.say(Operation::Revoke {
        grant: OpId::OWNER,
        keep: Vec::new(),
    });
    assert!(home.judge().document.contains(&home.at(work)));
}

#[test]
fn a_copy_of_somebodys_change_in_another_chain_takes_nothing_from_it() {
    // Whichever of the two chains has the smaller name.
    for _ in 0..8 {
        let mut home = Home::new();
        for _ in 0..8 {
            let doc = home.open(ANNAS, Lane::Doc, home.anna);
            let work = home.change(doc, &[]);
            let other = home.open(TEAM_1, Lane::Doc, home.team);
            let copy = home.world.copy(other, work);
            let outcome = home.judge();
            assert!(outcome.document.contains(&home.at(work)));
            assert_eq!(
                outcome.quarantine.get(&home.at(copy)),
                Some(&Waits::Refused(Refusal::WrongActor))
            );
        }
    }
}

#[test]
fn a_change_signed_twice_moves_nobody_elses_work() {
    let mut home = Home::new();
    let doc = home.open(ANNAS, Lane::Doc, home.anna);
    let first = home.change(doc, &[]);
    let second = home.change(first, &[]);
    let team = home.open(TEAM_1, Lane::Doc, home.team);
    let rests = home.change(team, &[second]);
    // Many, so that some have a smaller hash than the first.
    let twins: Vec<usize> = (0..24).map(|_| home.world.copy(doc, first)).collect();
    assert!(twins.iter().any(|twin| home.at(*twin).hash < home.at(first).hash));
    let outcome = home.judge();
    for thing in [first, second, rests] {
        assert!(outcome.document.contains(&home.at(thing)));
    }
}

#[test]
fn a_twin_that_a_cut_does_not_keep_never_stands_for_one_that_it_keeps() {
    let mut home = Home::new();
    let doc = home.open(ANNAS, Lane::Doc, home.anna);
    let work = home.change(doc, &[]);
    let team = home.open(TEAM_1, Lane::Doc, home.team);
    let rests = home.change(team, &[work]);
    home.say(cut(ANNAS, vec![home.at(work)]));
    let twins: Vec<usize> = (0..24).map(|_| home.world.copy(doc, work)).collect();
    assert!(twins.iter().any(|twin| home.at(*twin).hash < home.at(work).hash));
    let outcome = home.judge();
    assert!(outcome.document.contains(&home.at(work)) && outcome.document.contains(&home.at(rests)));
}

#[test]
fn a_late_fork_at_the_first_position_repudiates_nothing_that_others_rest_on() {
    let mut home = Home::new();
    let doc = home.open(ANNAS, Lane::Doc, home.anna);
    let first = home.change(doc, &[]);
    let team = home.open(TEAM_1, Lane::Doc, home.team);
    let rests = home.change(team, &[first]);
    for _ in 0..12 {
        let rival = home.change(doc, &[]);
        home.change(rival, &[]);
    }
    let outcome = home.judge();
    assert!(outcome.document.contains(&home.at(first)) && outcome.document.contains(&home.at(rests)));
}

#[test]
fn representatives_have_no_say_about_one_another_or_the_owner() {
    let mut home = Home::new();
    let manage = home.grant(PARENT, Right::Manage);
    let mentor = home.grant(MENTOR, Right::Manage);
    let mentor_edit = home.grant(MENTOR, Right::Edit);
    let doc = home.open(MENTORS, Lane::Doc, mentor);
    let theirs = home.change(doc, &[]);
    let log = home.open(PARENTS, Lane::Log, manage);
    let (log, another) = home.world.grant(log, BORIS, Right::Manage);
    let (log, more) = home.world.grant(log, MENTOR, Right::Edit);
    let (log, rightful) = home.world.grant(log, BORIS, Right::Append);
    let log = home.world.operation(
        log,
        Operation::Revoke {
            grant: mentor,
            keep: Vec::new(),
        },
    );
    let log = home.world.operation(
        log,
        Operation::Revoke {
            grant: mentor_edit,
            keep: Vec::new(),
        },
    );
    let log = home.world.operation(log, cut(MENTORS, Vec::new()));
    let log = home.world.operation(
        log,
        Operation::Revoke {
            grant: home.anna,
            keep: Vec::new(),
        },
    );
    let outcome = home.judge();
    assert!(outcome.grants.contains(&rightful));
    assert!(!outcome.grants.contains(&another) && !outcome.grants.contains(&more));
    assert!(outcome.dead.contains(&home.anna) && outcome.dead.len() == 1);
    // What an owner device ended of a representative, another representative's pin does not bring back.
    home.say(Operation::Revoke {
        grant: mentor,
        keep: Vec::new(),
    });
    let pin = Operation::Pin {
        positions: vec![home.at(theirs)],
        snapshot: None,
    };
    let log = home.world.operation(log, pin);
    assert!(!home.judge().document.contains(&home.at(theirs)));
    // And what a representative does after the end of their own grant is nothing.
    home.say(Operation::Revoke {
        grant: manage,
        keep: vec![home.at(log)],
    });
    home.world.operation(
        log,
        Operation::Revoke {
            grant: home.team,
            keep: Vec::new(),
        },
    );
    let outcome = home.judge();
    assert!(outcome.grants.contains(&rightful) && !outcome.dead.contains(&home.team));
}

#[test]
fn a_revoked_grant_stays_dead_when_it_is_posted_again_and_when_the_end_came_first() {
    let mut home = Home::new();
    let revoke = Operation::Revoke {
        grant: home.anna,
        keep: Vec::new(),
    };
    let phones = home.open(PHONE, Lane::Log, OpId::OWNER);
    let phones = home.world.operation(phones, revoke);
    let again = numbers(home.world.all())
        .find(|x| home.world.ids[*x] == home.anna)
        .unwrap();
    let again = home.world.things[again].operation().unwrap().clone();
    home.world.operation(phones, again);
    let doc = home.open(ANNAS, Lane::Doc, home.anna);
    let late = home.change(doc, &[]);
    let outcome = home.judge();
    assert!(outcome.dead.contains(&home.anna));
    assert_eq!(
        outcome.quarantine.get(&home.at(late)),
        Some(&Waits::Denied(Denied::Revoked))
    );
}

#[test]
fn a_living_editor_who_rests_on_a_revoked_colleague_brings_that_in_and_nothing_above_it() {
    let mut home = Home::new();
    let doc = home.open(ANNAS, Lane::Doc, home.anna);
    let first = home.change(doc, &[]);
    let second = home.change(first, &[]);
    let rec = home.open(ANNAS, Lane::Rec, home.anna);
    let record = home.world.record(rec);
    home.say(Operation::Revoke {
        grant: home.anna,
        keep: Vec::new(),
    });
    let team = home.open(TEAM_1, Lane::Doc, home.team);
    let rests = home.change(team, &[first]);
    let outcome = home.judge();
    assert!(outcome.document.contains(&home.at(first)) && outcome.document.contains(&home.at(rests)));
    for waits in [second, record] {
        assert_eq!(
            outcome.quarantine.get(&home.at(waits)),
            Some(&Waits::Denied(Denied::Revoked))
        );
    }
}

#[test]
fn revoking_one_who_only_carries_forces_no_new_epoch_and_revoking_a_reader_does() {
    let mut home = Home::new();
    let carrier = home.grant(BORIS, Right::Relay);
    let epoch = EpochId([5; 32]);
    home.say(Operation::Epoch {
        parents: Vec::new(),
        closes: Vec::new(),
        commit: epoch,
        back: Vec::new(),
    });
    home.say(Operation::Revoke {
        grant: carrier,
        keep: Vec::new(),
    });
    assert_eq!(home.judge().epoch, Some(epoch));
    let end = home.say(Operation::Revoke {
        grant: home.anna,
        keep: Vec::new(),
    });
    assert_eq!(home.judge().epoch, None);
    assert!(home.judged().consent.open_denials(&[epoch]).contains(&end));
    let next = EpochId([6; 32]);
    home.say(Operation::Epoch {
        parents: vec![epoch],
        closes: vec![end],
        commit: next,
        back: Vec::new(),
    });
    assert_eq!(home.judge().epoch, Some(next));
}

/// A revocation is withheld from an owner device; an epoch that honours it is not. By that device's own list the
/// revoked person still reads, so it must not wrap that epoch's key.
#[test]
fn an_epoch_that_closes_what_one_does_not_know_is_not_for_one_to_wrap() {
    let mut home = Home::new();
    let phones = home.open(PHONE, Lane::Log, OpId::OWNER);
    let revoke = home.world.operation(
        phones,
        Operation::Revoke {
            grant: home.anna,
            keep: Vec::new(),
        },
    );
    let epoch = EpochId([5; 32]);
    let closes = vec![home.world.ids[revoke]];
    home.say(Operation::Epoch {
        parents: Vec::new(),
        closes,
        commit: epoch,
        back: Vec::new(),
    });
    let withheld = home.world.all() & !(1 << revoke);
    let consent = Held::take(&home.world, &numbers(withheld).collect::<Vec<_>>()).consent(&home.world);
    assert!(consent.may_read(&ANNAS) && consent.is_clean(&epoch) && !consent.knows_closes_of(&epoch));
    assert!(home.judged().consent.knows_closes_of(&epoch));
}

/// What a revocation keeps arrives late: with it everything below counts, and one more item is not all of them.
#[test]
fn the_arrival_of_what_a_pin_names_is_judged_as_a_whole() {
    let mut home = Home::new();
    let rec = home.open(ANNAS, Lane::Rec, home.anna);
    let first = home.world.record(rec);
    let second = home.world.record(first);
    home.say(Operation::Revoke {
        grant: home.anna,
        keep: vec![home.at(second)],
    });
    let mut held = Held::take(
        &home.world,
        &numbers(home.world.all() & !(1 << second)).collect::<Vec<_>>(),
    );
    let mut judged = held.judged(&home.world);
    assert!(!judged.verdict.is_counted_record(&home.at(first)));
    assert!(held.add(&home.world, second));
    let prev = home.at(first).hash;
    let extended = judged
        .verdict
        .extend(&judged.consent, &held.chains, prev, &home.at(second), None);
    assert_eq!(extended, Extended::JudgeAgain);
    let whole = held.judged(&home.world).verdict;
    assert!(whole.is_counted_record(&home.at(first)) && whole.is_counted_record(&home.at(second)));
}

#[test]
fn rights_end_where_they_end() {
    let mut home = Home::new();
    for (right, rec, doc) in [
        (Right::Relay, false, false),
        (Right::Read, false, false),
        (Right::Append, true, false),
        (Right::Edit, true, true),
        (Right::Manage, true, true),
    ] {
        let grant = home.grant(PARENT, right);
        let chain = home.open(PARENTS, Lane::Doc, grant);
        let change = home.change(chain, &[]);
        let chain = home.open(PARENTS, Lane::Rec, grant);
        let record = home.world.record(chain);
        // Somebody else's grant is nobody's.
        let chain = home.open(MENTORS, Lane::Rec, grant);
        let borrowed = home.world.record(chain);
        let outcome = home.judge();
        assert_eq!(outcome.document.contains(&home.at(change)), doc, "{right:?}");
        assert_eq!(outcome.records.contains(&home.at(record)), rec, "{right:?}");
        assert_eq!(
            outcome.quarantine.get(&home.at(borrowed)),
            Some(&Waits::Denied(Denied::NotCertified))
        );
    }
}
