//! The measured weaknesses of Automerge 0.12.0: small changes that it does not survive, with what we say instead.

use crate::writer::{Key, Row, Writer, chunk, leb, uleb};

/// What becomes of Automerge alone, in a process with little memory and little time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It runs out of memory or time.
    Exhausted,
    /// It panics, applying the change or afterwards: loading what it saved, or writing on.
    Panics,
    /// It takes the change, and what it saves never loads again.
    NeverLoads,
}

/// One of them.
pub struct Weakness {
    pub what: &'static str,
    /// What an honest peer holds before.
    pub before: Vec<Vec<u8>>,
    pub bytes: Vec<u8>,
    pub fate: Fate,
}

pub const ANNA: [u8; 32] = [1; 32];
pub const BRAM: [u8; 32] = [2; 32];

/// A map, a text of one letter and two values, by Anna.
fn ground() -> Writer {
    let letter = Row {
        object: Some((0, 2)),
        key: Key::Element(None, 0),
        insert: true,
        value: (6, b"a".to_vec()),
        ..Row::put("")
    };
    let make = |action: u64, key: &str| Row {
        action,
        ..Row::put(key)
    };
    Writer::new(
        ANNA,
        vec![
            make(0, "map"),
            make(4, "tekst"),
            Row::put("een"),
            Row::put("twee"),
            letter,
        ],
    )
}

/// Every weakness that was measured.
pub fn weaknesses() -> Vec<Weakness> {
    let first = |spoil: &dyn Fn(&mut Writer)| {
        let mut writer = Writer::new(ANNA, vec![Row::put("k")]);
        spoil(&mut writer);
        writer.bytes()
    };
    let runs = |rows: i64| {
        first(&|writer| {
            for (spec, value) in [(0x42, 1), (0x56, 0), (0x70, 0)] {
                writer.set(spec, [leb(rows), vec![value]].concat());
            }
            writer.set(0x34, uleb(rows as u64));
            writer.set(0x15, [leb(rows), vec![1, b'k']].concat());
        })
    };
    let ground = ground();
    let follow = |row: Row| {
        Writer {
            seq: 2,
            start_op: 6,
            deps: vec![ground.hash()],
            ..Writer::new(ANNA, vec![row])
        }
        .bytes()
    };
    let within = |object: u64, row: Row| Row {
        object: Some((0, object)),
        ..row
    };
    let over = |pred: u64, key: &str| Row {
        preds: vec![(0, pred)],
        ..Row::put(key)
    };
    let deflated = |kind: u8| {
        let packed = dossier_trust::preflight::pack(&vec![0; 128 << 20]);
        chunk(kind, packed.get(1..).unwrap_or_default())
    };
    let mut all = Vec::new();
    let mut alone = |what, fate, bytes| {
        all.push(Weakness {
            what,
            before: Vec::new(),
            bytes,
            fate,
        });
    };
    alone("a run of four million operations", Fate::Exhausted, runs(4_000_000));
    alone(
        "a run of a million million operations",
        Fate::Exhausted,
        runs(1_000_000_000_000),
    );
    alone("a deflated change of 128 MiB", Fate::Exhausted, deflated(2));
    alone(
        "the last counter there is",
        Fate::Panics,
        first(&|writer| writer.start_op = u64::from(u32::MAX)),
    );
    alone(
        "one operation with a million predecessors",
        Fate::Exhausted,
        first(&|writer| {
            writer.set(0x70, [leb(-1), uleb(1_000_000)].concat());
            writer.set(0x71, [leb(1_000_000), vec![0]].concat());
            writer.set(0x73, [leb(1_000_000), vec![1]].concat());
        }),
    );
    alone(
        "an unknown column",
        Fate::NeverLoads,
        first(&|writer| writer.set(0xf2, vec![0x7f, 0])),
    );
    alone(
        "an overlong number in a column",
        Fate::NeverLoads,
        first(&|writer| writer.set(0x42, vec![0x7f, 0x81, 0])),
    );
    alone(
        "surplus rows",
        Fate::NeverLoads,
        first(&|writer| writer.set(0x56, vec![2, 0])),
    );
    alone(
        "a repeat of one",
        Fate::NeverLoads,
        first(&|writer| writer.set(0x42, vec![1, 1])),
    );
    alone("a gap in the sequence", Fate::Panics, first(&|writer| writer.seq = 3));
    alone(
        "an actor index out of range",
        Fate::Panics,
        Writer::new(
            ANNA,
            vec![Row {
                preds: vec![(3, 1)],
                ..Row::put("k")
            }],
        )
        .bytes(),
    );
    alone(
        "a counter above the range",
        Fate::Panics,
        Writer::new(
            ANNA,
            vec![Row {
                preds: vec![(0, 1 << 32)],
                ..Row::put("k")
            }],
        )
        .bytes(),
    );
    let mut after = |what, fate, bytes| {
        all.push(Weakness {
            what,
            before: vec![ground.bytes()],
            bytes,
            fate,
        });
    };
    after(
        "an object that is not there",
        Fate::Panics,
        follow(within(77, Row::put("k"))),
    );
    let behind = |element: u64| Row {
        key: Key::Element(Some(0), element),
        insert: true,
        value: (6, b"b".to_vec()),
        ..Row::put("")
    };
    after(
        "an element that is not there",
        Fate::Panics,
        follow(within(2, behind(77))),
    );
    after(
        "a predecessor that is not there",
        Fate::NeverLoads,
        follow(over(77, "een")),
    );
    after("a predecessor of another key", Fate::NeverLoads, follow(over(4, "een")));
    after(
        "a map key in a text",
        Fate::NeverLoads,
        follow(within(2, Row::put("k"))),
    );
    after(
        "an author footer",
        Fate::Panics,
        Writer {
            seq: 2,
            start_op: 6,
            deps: vec![ground.hash()],
            extra: [&[1, 4][..], b"anna"].concat(),
            ..Writer::new(ANNA, vec![Row::put("k")])
        }
        .bytes(),
    );
    after(
        "a concurrent colleague's object",
        Fate::Panics,
        Writer {
            start_op: 6,
            deps: vec![ground.hash()],
            others: vec![vec![3; 32]],
            ..Writer::new(
                BRAM,
                vec![Row {
                    object: Some((1, 6)),
                    ..Row::put("k")
                }],
            )
        }
        .bytes(),
    );
    all
}
