//! Frames of others: on a connection, between two honest programs with somebody in the middle, and in a file.

use arbitrary::{Result, Unstructured};
use dossier_sync::bundle;
use dossier_sync::protocol::{FileAnswer, FileQuestion, Input, MAX_FRAME, Output, Scope, Session, Shared};
use dossier_trust::codec::Writer;
use dossier_trust::item::{Lane, Tip};

use crate::shapes::{PEOPLE, name, read, some_bytes, spoil};
use crate::support::{Key, Memory, Wire, device, key};

/// A copy with all three lanes, a fork and a loose thing, shared with the second device.
fn filled(seed: u8, part: Key) -> Memory {
    let mut memory = Memory::new(seed);
    memory.share(device(3 - seed), part);
    for (lane, items) in [(Lane::Log, 2u8), (Lane::Doc, 3), (Lane::Rec, 1)] {
        let chain = memory.open(part, lane);
        for item in 0..items {
            memory.write(chain, vec![item; 20]);
        }
        if lane == Lane::Doc {
            memory.write_at(Tip::start(chain), b"branch".to_vec());
        }
    }
    memory.drop_loose(
        part,
        dossier_sync::protocol::Loose {
            kind: 1,
            about: [1; 32],
            bytes: vec![seed; 9],
        },
    );
    memory
}

/// A frame as it could be, with the names of what the other side holds among its names.
fn frame(u: &mut Unstructured<'_>, memory: &Memory, part: Key) -> Result<Vec<u8>> {
    let mut out = Writer::new();
    let kind = u.int_in_range(0..=8)?;
    let chains: Vec<_> = memory.opens.keys().copied().collect();
    let some = |u: &mut Unstructured<'_>, of: u8| -> Result<[u8; 32]> {
        Ok(match (u.ratio(1, 8)?, of) {
            (true, _) => name(u)?,
            (_, 0) => part.0.0,
            (_, 1) => part.1.0,
            _ => u.choose(&chains)?.0,
        })
    };
    let few = |u: &mut Unstructured<'_>| u.int_in_range(0..=3u64);
    match kind {
        0 => {
            out.u8(0).u8(1).u8(1).fixed(&device(2).0);
        }
        1 => {
            let count = few(u)?;
            out.u8(1).uint(count);
            for _ in 0..count {
                out.fixed(&some(u, 0)?).fixed(&name(u)?);
            }
        }
        2 => {
            let count = few(u)?;
            out.u8(2).u8(u.int_in_range(0..=2)?).fixed(&some(u, 0)?).uint(count);
            for _ in 0..count {
                out.fixed(&some(u, 1)?).fixed(&name(u)?);
            }
        }
        3 => {
            out.u8(3).fixed(&some(u, 0)?).fixed(&some(u, 1)?);
            out.u8(u.int_in_range(0..=1)?).u8(u.int_in_range(0..=1)?);
            let count = few(u)?;
            out.uint(count);
            for _ in 0..count {
                out.fixed(&some(u, 2)?).u8(u.int_in_range(0..=2)?);
                let tips = few(u)?;
                out.uint(tips);
                for _ in 0..tips {
                    out.uint(u64::from(u.arbitrary::<u32>()? % 6)).fixed(&name(u)?);
                }
            }
            let loose = few(u)?;
            out.uint(loose);
            for _ in 0..loose {
                out.fixed(&u.arbitrary::<[u8; 16]>()?);
            }
        }
        4 => {
            out.u8(4).fixed(&some(u, 0)?).fixed(&some(u, 1)?).fixed(&some(u, 2)?);
            out.u8(u.int_in_range(0..=1)?);
            let count = few(u)?;
            out.uint(count);
            for _ in 0..count {
                out.uint(u64::from(u.arbitrary::<u32>()? % 6)).fixed(&name(u)?);
            }
        }
        5 => {
            out.u8(5).uint(few(u)?).u8(5).uint(1).uint(1);
            out.fixed(&some(u, 0)?).fixed(&some(u, 1)?);
            let runs = few(u)?;
            out.uint(runs);
            for run in 0..runs {
                let explicit = u64::from(u.ratio(1, 3)?);
                out.uint(run << 2 | explicit << 1 | 1).fixed(&some(u, 2)?);
                out.uint(u64::from(u.arbitrary::<u32>()? % 6));
                if explicit == 1 {
                    out.fixed(&name(u)?);
                }
                let items = few(u)?;
                out.uint(items);
                for _ in 0..items {
                    out.u8(*u.choose(&[0, 3, 8, 11])?).fixed(&u.arbitrary::<[u8; 64]>()?);
                    out.bytes(&some_bytes(u, 64)?);
                }
            }
        }
        6 => {
            let count = few(u)?;
            out.u8(6).uint(few(u)?).u8(u.int_in_range(0..=3)?).uint(count);
            for _ in 0..count {
                out.uint(few(u)?).u8(u.int_in_range(0..=4)?);
            }
        }
        7 => {
            out.u8(7).uint(few(u)?);
        }
        _ => return some_bytes(u, 256),
    }
    let mut bytes = out.finish();
    for _ in 0..u.int_in_range(0..=7u8)?.saturating_sub(5) {
        spoil(&mut bytes, u);
    }
    Ok(bytes)
}

/// A stranger's frames to one honest program. Nothing of it that was not signed may be held afterwards. What is said
/// about files has one byte form.
pub fn frames(data: &[u8]) {
    let _: Option<FileQuestion> = read(data);
    let _: Option<FileAnswer> = read(data);
    let part = key(1, 1);
    let mut memory = filled(1, part);
    let before = memory.content(&part);
    let mut session = Session::new(device(1), device(2), 0);
    session.handle(&mut memory, Input::Started);
    let Some((how, rest)) = data.split_first() else { return };
    let mut u = Unstructured::new(rest);
    let mut closed = false;
    for step in 0..32u64 {
        if u.is_empty() {
            break;
        }
        let bytes = if *how == 0 {
            // As it would arrive: a length of two bytes, then the frame.
            let Ok(len) = u.arbitrary::<u16>() else { break };
            let Ok(bytes) = u.bytes(usize::from(len).min(u.len())) else {
                break;
            };
            bytes.to_vec()
        } else {
            let Ok(bytes) = frame(&mut u, &memory, part) else { break };
            bytes
        };
        for output in session.handle(&mut memory, Input::Frame(&bytes)) {
            assert!(!closed, "something after the end");
            match output {
                Output::Send(sent) => assert!(sent.len() <= MAX_FRAME),
                Output::Close(_) => closed = true,
                _ => {}
            }
        }
        session.handle(&mut memory, Input::Tick(step * 1000));
    }
    assert!(memory.content(&part).is_superset(&before));
    assert!(memory.items.iter().all(|(chain, items)| {
        items
            .values()
            .all(|item| item.verify(&memory.opens[chain].open).is_ok())
    }));
}

/// Two honest programs; whoever carries their frames loses, repeats, spoils and adds some.
pub fn conversation(data: &[u8]) {
    let part = key(1, 1);
    let (mut a, mut b) = (filled(1, part), filled(2, part));
    let all: std::collections::BTreeSet<_> = a.content(&part).union(&b.content(&part)).copied().collect();
    let mut u = Unstructured::new(data);
    let mut wire = Wire::connect(&mut a, &mut b);
    let mut honest = true;
    let mut flights = 0;
    while wire.ways.iter().any(|way| !way.is_empty()) {
        flights += 1;
        assert!(flights < 2_000, "the conversation does not end");
        for who in [1, 0] {
            let Some(mut next) = wire.ways[1 - who].pop_front() else {
                continue;
            };
            let act: u8 = if u.is_empty() { 0 } else { u.arbitrary().unwrap_or(0) };
            honest &= act < 128;
            match act {
                0..128 => {}
                128..144 => continue,
                144..176 => wire.ways[1 - who].push_back(next.clone()),
                176..192 => {
                    wire.ways[1 - who].push_back(next);
                    continue;
                }
                192..240 => spoil(&mut next, &mut u),
                _ => {
                    if let Ok(more) = frame(&mut u, &a, part) {
                        next = more;
                    }
                }
            }
            let memory = if who == 0 { &mut a } else { &mut b };
            wire.input(who, memory, Input::Frame(&next));
        }
    }
    if honest {
        assert_eq!(a.content(&part), all);
        assert_eq!(b.content(&part), all);
        wire.assert_idle();
    }
    for memory in [&a, &b] {
        // Whatever was done to the frames, only what somebody signed is held; loose things carry their own proof.
        for (chain, items) in &memory.items {
            assert!(
                items
                    .values()
                    .all(|item| item.verify(&memory.opens[chain].open).is_ok())
            );
            assert!(
                items.keys().all(|(_, hash)| all.contains(&hash.0)),
                "an item from nowhere"
            );
        }
    }
}

/// Bundles: 0, then a file in clear; 1, then an age file; else frames, with their lengths.
pub fn bundle(data: &[u8]) {
    let Some((how, rest)) = data.split_first() else { return };
    let part = key(1, 1);
    let mut memory = Memory::new(2);
    let mut file = rest.to_vec();
    match how {
        0 => {}
        1 => {
            let identity = PEOPLE[0].device.wrapping_identity().unwrap();
            let _ = bundle::open(&mut memory, &identity, &mut file.as_slice());
            return;
        }
        _ => {
            let mut u = Unstructured::new(rest);
            let filled = filled(1, part);
            let shared = Shared {
                dossier: part.0,
                compartment: part.1,
                scope: Scope::Everything,
            };
            file.clear();
            bundle::write(&filled, &[shared], &mut file).unwrap();
            for _ in 0..how % 4 {
                spoil(&mut file, &mut u);
            }
            if how & 4 == 4 {
                file.truncate(21);
                while let Ok(frame) = frame(&mut u, &filled, part)
                    && !u.is_empty()
                {
                    file.extend((frame.len() as u32).to_be_bytes());
                    file.extend(frame);
                }
            }
        }
    }
    let first = bundle::read(&mut memory, &mut file.as_slice());
    let held = memory.content(&part);
    let second = bundle::read(&mut memory, &mut file.as_slice());
    // Once more is no more, and says the same.
    assert_eq!(memory.content(&part), held);
    assert_eq!(first.is_ok(), second.is_ok());
    if let Ok(second) = second {
        assert_eq!(second.fresh, 0);
    }
    assert!(memory.items.iter().all(|(chain, items)| {
        items
            .values()
            .all(|item| item.verify(&memory.opens[chain].open).is_ok())
    }));
}
