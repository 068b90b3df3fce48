//! A peer that follows no rule.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use dossier_sync::protocol::{Input, MAX_FRAME, Output, Reason, Replica, Session};
use dossier_trust::codec::Writer;
use dossier_trust::item::Lane;
use proptest::prelude::*;
use support::{Memory, Wire, device, key};

/// A session that has shaken hands with an honest copy that holds the same; and that copy's real frames.
fn greeted() -> (Memory, Session, Vec<Vec<u8>>) {
    let (mut a, mut b) = (Memory::new(1), Memory::new(2));
    let part = key(1, 1);
    a.share(b.me, part);
    b.share(a.me, part);
    let chain = b.open(part, Lane::Doc);
    for n in 0..5 {
        b.write(chain, vec![n; 100]);
    }
    let mine = a.open(part, Lane::Log);
    a.write(mine, vec![1; 100]);
    let mut wire = Wire::connect(&mut a, &mut b);
    wire.run(&mut a, &mut b);
    let frames = wire.sent[1].clone();
    // The same copy before it received anything.
    let mut a = Memory::new(1);
    a.share(b.me, part);
    let mine = a.open(part, Lane::Log);
    a.write(mine, vec![1; 100]);
    let mut session = Session::new(a.me, b.me, 0);
    session.handle(&mut a, Input::Started);
    assert_eq!(close(&session.handle(&mut a, Input::Frame(&frames[0]))), None);
    (a, session, frames)
}

fn close(outputs: &[Output]) -> Option<Reason> {
    outputs.iter().find_map(|output| {
        if let Output::Close(reason) = output {
            Some(*reason)
        } else {
            None
        }
    })
}

#[test]
fn nothing_is_said_before_the_greeting_and_none_goes_to_another_device() {
    let (mut a, _, frames) = greeted();
    for frame in &frames[1..] {
        let mut session = Session::new(a.me, device(2), 0);
        session.handle(&mut a, Input::Started);
        assert_eq!(
            close(&session.handle(&mut a, Input::Frame(frame))),
            Some(Reason::Malformed)
        );
        assert!(
            session.handle(&mut a, Input::Frame(&frames[0])).is_empty(),
            "closed is closed"
        );
    }
    let mut session = Session::new(a.me, device(3), 0);
    assert_eq!(
        close(&session.handle(&mut a, Input::Frame(&frames[0]))),
        Some(Reason::WrongDevice)
    );
    let mut later = frames[0].clone();
    later[1] = 2;
    let mut session = Session::new(a.me, device(2), 0);
    assert_eq!(
        close(&session.handle(&mut a, Input::Frame(&later))),
        Some(Reason::Version)
    );
}

#[test]
fn an_oversized_frame_and_an_unknown_one_close() {
    for frame in [vec![1; MAX_FRAME + 1], vec![8], vec![]] {
        let (mut a, mut session, _) = greeted();
        assert_eq!(
            close(&session.handle(&mut a, Input::Frame(&frame))),
            Some(Reason::Malformed)
        );
    }
}

#[test]
fn an_endless_frontier_is_cut_off() {
    let (mut a, mut session, _) = greeted();
    let part = key(1, 1);
    let mut reason = None;
    for piece in 0..200u32 {
        let mut out = Writer::new();
        out.u8(3).fixed(&part.0.0).fixed(&part.1.0).u8(0).u8(1);
        let chains: Vec<u32> = (0..1_000).collect();
        out.list(&chains, |out, at| {
            let mut id = [0; 32];
            id[..4].copy_from_slice(&piece.to_be_bytes());
            id[4..8].copy_from_slice(&at.to_be_bytes());
            out.fixed(&id).u8(1).uint(1).uint(3).fixed(&[1; 32]);
        });
        out.uint(0);
        reason = close(&session.handle(&mut a, Input::Frame(&out.finish())));
        if reason.is_some() {
            assert!(piece <= 11);
            break;
        }
    }
    assert_eq!(reason, Some(Reason::Flood));
}

#[test]
fn endless_questions_are_cut_off() {
    for kind in [2u8, 3, 4] {
        let (mut a, mut session, frames) = greeted();
        session.handle(&mut a, Input::Frame(&frames[1]));
        let part = key(1, 1);
        let mut out = Writer::new();
        match kind {
            2 => out.u8(2).u8(1).fixed(&part.0.0).uint(0),
            3 => out.u8(3).fixed(&part.0.0).fixed(&part.1.0).u8(1).u8(1).uint(0).uint(0),
            _ => out
                .u8(4)
                .fixed(&part.0.0)
                .fixed(&part.1.0)
                .fixed(&[5; 32])
                .u8(1)
                .uint(0),
        };
        let frame = out.finish();
        let closed = (0..3_000).find_map(|_| close(&session.handle(&mut a, Input::Frame(&frame))));
        assert_eq!(closed, Some(Reason::Flood), "{kind}");
    }
}

#[test]
fn forged_items_end_the_conversation_and_leave_nothing() {
    let (mut a, mut session, frames) = greeted();
    session.handle(&mut a, Input::Frame(&frames[1]));
    let batch = frames.iter().find(|frame| frame[0] == 5).unwrap();
    let mut forged = batch.clone();
    // Within the last body: its hash and so its header are no longer what was signed.
    let at = forged.len() - 50;
    forged[at] ^= 1;
    let mut reason = None;
    for _ in 0..100 {
        reason = close(&session.handle(&mut a, Input::Frame(&forged)));
        if reason.is_some() {
            break;
        }
    }
    assert_eq!(reason, Some(Reason::Refusals));
    let held: usize = a
        .items
        .values()
        .flat_map(|items| items.values())
        .filter(|item| item.header.n == 5)
        .count();
    assert_eq!(held, 0);
}

#[test]
fn silence_is_noticed_only_while_an_answer_is_owed() {
    let (mut a, mut b) = (Memory::new(1), Memory::new(2));
    let mut session = Session::new(a.me, b.me, 0);
    session.handle(&mut a, Input::Started);
    assert_eq!(close(&session.handle(&mut a, Input::Tick(30_000))), None);
    assert_eq!(
        close(&session.handle(&mut a, Input::Tick(61_000))),
        Some(Reason::Silent)
    );
    let mut wire = Wire::connect(&mut a, &mut b);
    wire.run(&mut a, &mut b);
    wire.assert_idle();
    assert_eq!(close(&wire.one.handle(&mut a, Input::Tick(100_000_000))), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived(frames in proptest::collection::vec(
        (0..9u8, proptest::collection::vec(any::<u8>(), 0..300)), 1..8))
    {
        let (mut a, mut session, _) = greeted();
        let before = a.content(&key(1, 1));
        for (kind, mut frame) in frames {
            frame.insert(0, kind);
            session.handle(&mut a, Input::Frame(&frame));
        }
        prop_assert_eq!(a.content(&key(1, 1)), before);
    }

    #[test]
    fn damaged_frames_are_survived(
        which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
        cut in any::<bool>())
    {
        let (mut a, mut session, frames) = greeted();
        let chosen = which.index(frames.len());
        for (now, frame) in frames.iter().enumerate() {
            let mut frame = frame.clone();
            if now == chosen {
                let at = at.index(frame.len());
                if cut { frame.truncate(at) } else { frame[at] ^= byte }
            }
            session.handle(&mut a, Input::Frame(&frame));
        }
        // Whatever was taken stands in an unbroken, signed chain.
        for (chain, items) in &a.items {
            for ((n, _), item) in items {
                item.verify_in(*chain, &a.opens[chain].open).unwrap();
                prop_assert!(*n == 1 || a.at(chain, n - 1).unwrap().iter().any(|at| at.hash == item.header.prev));
            }
        }
    }
}
