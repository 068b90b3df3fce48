//! The conversation, between copies in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use dossier_sync::protocol::{Input, Loose, Output, Refusal, Replica, Scope};
use dossier_trust::item::{Lane, Tip};
use proptest::prelude::*;
use support::{Memory, Wire, contains, device, key};

fn pair() -> (Memory, Memory) {
    (Memory::new(1), Memory::new(2))
}

fn both_share(a: &mut Memory, b: &mut Memory, part: support::Key) {
    a.share(b.me, part);
    b.share(a.me, part);
}

fn sync(a: &mut Memory, b: &mut Memory) -> Wire {
    let mut wire = Wire::connect(a, b);
    wire.run(a, b);
    wire
}

#[test]
fn a_newcomer_gets_everything_log_first_and_it_is_acknowledged() {
    let (mut a, mut b) = pair();
    let part = key(1, 1);
    both_share(&mut a, &mut b, part);
    let doc = a.open(part, Lane::Doc);
    for n in 0..2_000u32 {
        a.write(doc, vec![n as u8; 500]);
    }
    let log = a.open(part, Lane::Log);
    let last = a.write(log, b"operation".to_vec());
    let erased = a.write(doc, b"gone".to_vec());
    a.items
        .get_mut(&doc)
        .unwrap()
        .get_mut(&(erased.n, erased.hash))
        .unwrap()
        .body = None;
    let loose = Loose {
        kind: 1,
        about: [3; 32],
        bytes: vec![9; 300],
    };
    a.drop_loose(part, loose.clone());
    let wire = sync(&mut a, &mut b);
    wire.assert_idle();
    assert_eq!(a.content(&part), b.content(&part));
    assert_eq!(b.items, a.items);
    assert!(a.acked.contains(&last) && a.acked.contains(&erased) && a.acked.len() == 2_002);
    assert!(a.acked_loose.contains(&loose.id()));
    let all = wire.sent[0].concat();
    let where_is = |needle: &[u8]| all.windows(needle.len()).position(|window| window == needle).unwrap();
    assert!(where_is(b"operation") < where_is(&[0; 400]), "the log before content");
    assert!(wire.sent[0].iter().all(|frame| frame.len() < 300_000));
}

#[test]
fn the_window_bounds_what_is_not_acknowledged() {
    let (mut a, mut b) = pair();
    let part = key(1, 1);
    both_share(&mut a, &mut b, part);
    let doc = a.open(part, Lane::Doc);
    for n in 0..40u32 {
        a.write(doc, vec![n as u8; 250_000]);
    }
    let mut wire = Wire::connect(&mut a, &mut b);
    let mut most = 0;
    while wire.deliver(0, &mut a) || wire.deliver(1, &mut b) {
        most = most.max(wire.one.unacknowledged());
    }
    wire.assert_idle();
    assert_eq!(a.content(&part), b.content(&part));
    assert!(most > 1 << 20 && most < (4 << 20) + 600_000, "{most}");
}

#[test]
fn nothing_new_costs_one_round_trip_and_little() {
    let (mut a, mut b) = pair();
    for dossier in 0..200 {
        for compartment in 0..12 {
            let part = key(dossier, compartment);
            both_share(&mut a, &mut b, part);
            if dossier % 20 == 0 {
                let chain = a.open(part, Lane::Doc);
                a.write(chain, b"x".to_vec());
            }
        }
    }
    sync(&mut a, &mut b);
    let mut wire = Wire::connect(&mut a, &mut b);
    let flights = wire.run(&mut a, &mut b);
    wire.assert_idle();
    assert_eq!(flights, 1);
    let bytes: usize = wire.sent.iter().flatten().map(|frame| frame.len() + 3).sum();
    println!("nothing new, 200 dossiers of 12: {bytes} bytes both ways");
    assert!(bytes <= 64 * 1024, "{bytes}");
}

#[test]
fn an_edit_costs_little_more_than_its_change() {
    let (mut a, mut b) = pair();
    let part = key(1, 1);
    both_share(&mut a, &mut b, part);
    let doc = a.open(part, Lane::Doc);
    for _ in 0..300 {
        a.write(doc, vec![0; 141]);
    }
    sync(&mut a, &mut b);
    // A new connection, on which no name was used yet. A sealed change is 41 bytes longer than the change.
    let mut wire = Wire::connect(&mut a, &mut b);
    wire.run(&mut a, &mut b);
    let before = wire.sent[0].len();
    a.write(doc, vec![1; 141]);
    wire.input(
        0,
        &mut a,
        Input::LocalChange {
            dossier: part.0,
            compartment: part.1,
        },
    );
    let frames = &wire.sent[0][before..];
    assert_eq!(frames.len(), 1, "one frame, in one direction, at once");
    let alone = frames[0].len() + 2 - 100;
    wire.run(&mut a, &mut b);
    wire.assert_idle();
    assert_eq!(b.content(&part), a.content(&part));
    a.write(doc, vec![1; 141]);
    let before = wire.sent[0].len();
    wire.input(
        0,
        &mut a,
        Input::LocalChange {
            dossier: part.0,
            compartment: part.1,
        },
    );
    let again = wire.sent[0][before].len() + 2 - 100;
    wire.run(&mut a, &mut b);
    for _ in 0..100 {
        a.write(doc, vec![2; 141]);
    }
    let before = wire.sent[0].len();
    wire.input(
        0,
        &mut a,
        Input::LocalChange {
            dossier: part.0,
            compartment: part.1,
        },
    );
    let run: usize = wire.sent[0][before..].iter().map(|frame| frame.len() + 3).sum();
    let each = (run - 100 * 100).div_ceil(100);
    println!("beyond the change: first on a connection {alone}, next {again}, in a run {each}");
    assert!(alone <= 220, "{alone}");
    assert!(again <= 130, "{again}");
    assert!(each <= 120, "{each}");
}

#[test]
fn a_fork_arrives_whole_from_either_side() {
    for (left, right) in [(1, 1), (3, 9), (40, 2)] {
        let (mut a, mut b) = pair();
        let part = key(1, 1);
        both_share(&mut a, &mut b, part);
        let doc = a.open(part, Lane::Doc);
        for n in 0..20u8 {
            a.write(doc, vec![n; 50]);
        }
        sync(&mut a, &mut b);
        // The device's database was copied: the other copy goes on too.
        let mut stray = Memory::new(1);
        stray.opens.clone_from(&a.opens);
        stray.items.clone_from(&a.items);
        stray.chains.clone_from(&a.chains);
        for n in 0..left {
            a.write(doc, vec![n as u8; 60]);
        }
        for n in 0..right {
            stray.write(doc, vec![n as u8; 70]);
        }
        b.share(stray.me, part);
        stray.share(b.me, part);
        sync(&mut stray, &mut b).assert_idle();
        let wire = sync(&mut a, &mut b);
        wire.assert_idle();
        assert_eq!(a.content(&part), b.content(&part), "{left} {right}");
        assert_eq!(a.content(&part).len(), 1 + 20 + left + right);
        let again = sync(&mut a, &mut b);
        assert_eq!(again.sent[0].len(), 2, "nothing is sent again");
    }
}

#[test]
fn what_is_not_shared_is_never_mentioned() {
    let (mut a, mut b) = pair();
    let (open, secret, elsewhere) = (key(1, 1), key(1, 2), key(2, 1));
    both_share(&mut a, &mut b, open);
    let mut needles: Vec<Vec<u8>> = vec![secret.1.0.to_vec(), elsewhere.0.0.to_vec(), elsewhere.1.0.to_vec()];
    for (at, part) in [open, secret, elsewhere].into_iter().enumerate() {
        let chain = a.open(part, Lane::Doc);
        let body = format!("body number {at} of its kind").into_bytes();
        let position = a.write(chain, body.clone());
        if at > 0 {
            needles.extend([chain.0.to_vec(), position.hash.0.to_vec(), body]);
        }
    }
    // The other side asks for it by name, guessing well.
    b.share(a.me, secret);
    b.share(a.me, elsewhere);
    b.open(secret, Lane::Doc);
    let mut wire = Wire::connect(&mut a, &mut b);
    wire.run(&mut a, &mut b);
    for part in [secret, elsewhere] {
        wire.input(
            0,
            &mut a,
            Input::LocalChange {
                dossier: part.0,
                compartment: part.1,
            },
        );
        wire.input(0, &mut a, Input::SharingChanged { dossier: part.0 });
    }
    wire.run(&mut a, &mut b);
    assert!(a.content(&open) == b.content(&open));
    for needle in needles {
        assert!(!contains(&wire.sent[0], &needle));
    }
}

#[test]
fn a_new_grant_arrives_while_connected_and_an_ended_one_stops_at_once() {
    let (mut a, mut b) = pair();
    let (first, second) = (key(1, 1), key(1, 2));
    both_share(&mut a, &mut b, first);
    let one = a.open(first, Lane::Doc);
    a.write(one, b"first".to_vec());
    let two = a.open(second, Lane::Doc);
    a.write(two, b"second".to_vec());
    let mut wire = Wire::connect(&mut a, &mut b);
    wire.run(&mut a, &mut b);
    wire.assert_idle();
    // Only one side has heard of the grant so far.
    a.share(b.me, second);
    wire.input(0, &mut a, Input::SharingChanged { dossier: first.0 });
    wire.run(&mut a, &mut b);
    wire.assert_idle();
    assert_eq!(a.content(&second), b.content(&second));
    b.share(a.me, second);
    wire.input(1, &mut b, Input::SharingChanged { dossier: first.0 });
    let other = b.open(second, Lane::Rec);
    b.write(other, b"answer".to_vec());
    wire.input(
        1,
        &mut b,
        Input::LocalChange {
            dossier: second.0,
            compartment: second.1,
        },
    );
    wire.run(&mut a, &mut b);
    wire.assert_idle();
    assert_eq!(a.content(&second), b.content(&second));
    // Withdrawn, and not even announced: the next batch asks again.
    a.shares.get_mut(&b.me).unwrap().remove(&second);
    a.write(two, b"not for you".to_vec());
    wire.input(
        0,
        &mut a,
        Input::LocalChange {
            dossier: second.0,
            compartment: second.1,
        },
    );
    wire.run(&mut a, &mut b);
    assert!(!contains(&wire.sent[0], b"not for you"));
}

#[test]
fn a_revoked_peer_gets_the_log_up_to_the_revocation_only() {
    let (mut a, mut b) = pair();
    let part = key(1, 1);
    b.share(a.me, part);
    let log = a.open(part, Lane::Log);
    a.write(log, b"grant".to_vec());
    let revoke = a.write(log, b"revoke".to_vec());
    a.write(log, b"a later grant to somebody".to_vec());
    // A branch that the revocation does not stand on.
    a.write_at(Tip::start(log), b"another branch".to_vec());
    let doc = a.open(part, Lane::Doc);
    a.write(doc, b"text".to_vec());
    a.drop_loose(
        part,
        Loose {
            kind: 0,
            about: [1; 32],
            bytes: b"wrapped key".to_vec(),
        },
    );
    a.shares
        .entry(b.me)
        .or_default()
        .insert(part, Scope::LogUpTo(vec![revoke]));
    let mine = b.open(part, Lane::Rec);
    b.write(mine, b"written before hearing".to_vec());
    let wire = sync(&mut a, &mut b);
    wire.assert_idle();
    assert!(b.at(&log, 2).unwrap().contains(&revoke));
    assert!(
        a.items.contains_key(&mine),
        "what the revoked wrote still arrives, for the owner to decide"
    );
    for secret in [
        &b"a later grant"[..],
        b"another branch",
        b"text",
        b"wrapped key",
        &doc.0,
    ] {
        assert!(!contains(&wire.sent[0], secret));
    }
}

#[test]
fn a_missing_predecessor_leads_to_a_fresh_frontier_and_a_bounded_number_of_them() {
    let (mut a, mut b) = pair();
    let part = key(1, 1);
    both_share(&mut a, &mut b, part);
    let doc = a.open(part, Lane::Doc);
    for _ in 0..10 {
        a.write(doc, vec![1; 50]);
    }
    let mut wire = Wire::connect(&mut a, &mut b);
    wire.run(&mut a, &mut b);
    // The other copy loses the end, as after a restored database.
    b.items.get_mut(&doc).unwrap().retain(|(n, _), _| *n < 5);
    a.write(doc, vec![2; 50]);
    wire.input(
        0,
        &mut a,
        Input::LocalChange {
            dossier: part.0,
            compartment: part.1,
        },
    );
    wire.run(&mut a, &mut b);
    wire.assert_idle();
    assert_eq!(a.content(&part), b.content(&part));
    // One that refuses for ever does not keep us busy for ever.
    b.refuse = Some(Refusal::Missing);
    a.write(doc, vec![3; 50]);
    wire.input(
        0,
        &mut a,
        Input::LocalChange {
            dossier: part.0,
            compartment: part.1,
        },
    );
    wire.run(&mut a, &mut b);
    assert!(wire.sent[0].len() < 60, "{}", wire.sent[0].len());
}

#[test]
fn a_refused_chain_is_not_pressed_on_the_peer() {
    let (mut a, mut b) = pair();
    let part = key(1, 1);
    both_share(&mut a, &mut b, part);
    let doc = a.open(part, Lane::Doc);
    a.write(doc, vec![1; 50]);
    b.refuse = Some(Refusal::Unwanted);
    let mut wire = Wire::connect(&mut a, &mut b);
    wire.run(&mut a, &mut b);
    let before = wire.sent[0].len();
    a.write(doc, vec![1; 50]);
    wire.input(
        0,
        &mut a,
        Input::LocalChange {
            dossier: part.0,
            compartment: part.1,
        },
    );
    wire.run(&mut a, &mut b);
    assert_eq!(b.content(&part).len(), 0);
    assert!(a.acked.is_empty());
    assert!(wire.sent[0].len() <= before + 1);
}

#[test]
fn a_dossier_comes_back_through_others() {
    let (mut a, mut b) = pair();
    let mut c = Memory::new(3);
    let part = key(1, 1);
    both_share(&mut a, &mut b, part);
    both_share(&mut b, &mut c, part);
    let doc = a.open(part, Lane::Doc);
    a.write(doc, b"over two hops".to_vec());
    let mut bc = Wire::connect(&mut b, &mut c);
    bc.run(&mut b, &mut c);
    let ab = sync(&mut a, &mut b);
    let progress = Output::Progress {
        dossier: part.0,
        compartment: part.1,
        items: 1,
    };
    assert!(ab.outputs[1].contains(&progress));
    bc.input(
        0,
        &mut b,
        Input::LocalChange {
            dossier: part.0,
            compartment: part.1,
        },
    );
    bc.run(&mut b, &mut c);
    bc.assert_idle();
    assert_eq!(a.content(&part), c.content(&part));
}

/// One step of a history.
#[derive(Debug, Clone)]
enum Step {
    Write {
        who: usize,
        part: u32,
        lane: u8,
        new_chain: bool,
        size: usize,
    },
    Fork {
        who: usize,
        part: u32,
    },
    Loose {
        who: usize,
        part: u32,
        seed: u8,
    },
    /// Meets, but only so many frames arrive; every so many, one arrives twice or later.
    Meet {
        one: usize,
        other: usize,
        frames: usize,
        odd: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4usize, 0..3u32, 0..3u8, any::<bool>(), 1..2000usize)
            .prop_map(|(who, part, lane, new_chain, size)| Step::Write { who, part, lane, new_chain, size }),
        1 => (0..4usize, 0..3u32).prop_map(|(who, part)| Step::Fork { who, part }),
        1 => (0..4usize, 0..3u32, any::<u8>()).prop_map(|(who, part, seed)| Step::Loose { who, part, seed }),
        3 => (0..4usize, 0..4usize, 0..30usize, 1..9usize)
            .prop_map(|(one, other, frames, odd)| Step::Meet { one, other, frames, odd }),
    ]
}

/// Compartment 2 is shared by the first three only; nobody shares compartment 9 with anybody.
fn world() -> Vec<Memory> {
    let mut all: Vec<Memory> = (1..=4).map(Memory::new).collect();
    for (at, one) in all.iter_mut().enumerate() {
        for other in 0..4usize {
            for part in 0..3 {
                if at != other && (part < 2 || (at < 3 && other < 3)) {
                    one.share(device(other as u8 + 1), key(1, part));
                }
            }
        }
        let secret = one.open(key(1, 9), Lane::Doc);
        one.write(secret, b"for nobody at all, ever".to_vec());
    }
    all
}

fn two(all: &mut [Memory], one: usize, other: usize) -> (&mut Memory, &mut Memory) {
    let [one, other] = all.get_disjoint_mut([one, other]).unwrap();
    (one, other)
}

fn check(wire: &Wire, with_fourth: bool) {
    for frames in &wire.sent {
        assert!(!contains(frames, b"for nobody at all, ever"));
        assert!(!contains(frames, &key(1, 9).1.0));
        assert!(!(with_fourth && contains(frames, &key(1, 2).1.0)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn histories_converge(steps in proptest::collection::vec(step(), 1..60)) {
        let mut all = world();
        let mut count = 0u32;
        for step in steps {
            match step {
                Step::Write { who, part, lane, new_chain, size } => {
                    if part == 2 && who == 3 { continue }
                    let part = key(1, part);
                    let lane = Lane::from_code(lane).unwrap();
                    let me = all[who].me;
                    let own = all[who].chains.get(&part).into_iter().flatten().copied()
                        .find(|chain| all[who].opens[chain].open.device == me && all[who].opens[chain].open.lane == lane);
                    let chain = match own {
                        Some(own) if !new_chain => own,
                        _ => all[who].open(part, lane),
                    };
                    count += 1;
                    let mut body = count.to_be_bytes().to_vec();
                    body.resize(size.max(4), 0);
                    all[who].write(chain, body);
                }
                Step::Fork { who, part } => {
                    let me = all[who].me;
                    let own = all[who].chains.get(&key(1, part)).into_iter().flatten().copied()
                        .find(|chain| all[who].opens[chain].open.device == me && all[who].items[chain].len() > 1);
                    if let Some(chain) = own {
                        let first = *all[who].items[&chain].first_key_value().unwrap().0;
                        let tip = Tip { chain, n: first.0, hash: first.1 };
                        count += 1;
                        all[who].write_at(tip, count.to_be_bytes().to_vec());
                    }
                }
                Step::Loose { who, part, seed } => {
                    if part == 2 && who == 3 { continue }
                    let loose = Loose { kind: 1, about: [seed; 32], bytes: vec![seed; 40] };
                    all[who].drop_loose(key(1, part), loose);
                }
                Step::Meet { one, other, frames, odd } => {
                    if one == other { continue }
                    let (a, b) = two(&mut all, one, other);
                    let mut wire = Wire::connect(a, b);
                    for at in 0..frames {
                        let who = at % 2;
                        if at % odd == odd - 1 {
                            let way = &mut wire.ways[1 - who];
                            if at % 3 == 0 && let Some(frame) = way.front().cloned() {
                                way.push_back(frame);
                            } else if way.len() > 1 {
                                way.swap(0, 1);
                            }
                        }
                        if who == 0 { wire.deliver(0, a) } else { wire.deliver(1, b) };
                    }
                    check(&wire, one == 3 || other == 3);
                }
            }
        }
        // Everybody meets in a row, there and back.
        for (one, other) in [(0, 1), (1, 2), (2, 3), (1, 2), (0, 1), (0, 3), (0, 2)] {
            let (a, b) = two(&mut all, one, other);
            let mut wire = Wire::connect(a, b);
            wire.run(a, b);
            wire.assert_idle();
            check(&wire, one == 3 || other == 3);
            let parts = if one == 3 || other == 3 { 0..2 } else { 0..3 };
            for part in parts {
                prop_assert_eq!(a.content(&key(1, part)), b.content(&key(1, part)));
            }
        }
        for part in 0..2 {
            prop_assert_eq!(all[0].content(&key(1, part)), all[3].content(&key(1, part)));
        }
        prop_assert!(all[3].content(&key(1, 2)).is_empty());
        // And then nothing is left to say.
        let (a, b) = two(&mut all, 0, 1);
        let mut wire = Wire::connect(a, b);
        prop_assert_eq!(wire.run(a, b), 1);
    }
}
