//! The hostile changes that are known to hurt Automerge, and their neighbours.

use dossier_trust::preflight::{Limits, OpIndex, Refusal, inspect};

use super::LIMITS;
use super::writer::{self, Key, Row, Writer, chunk, leb};

fn refused(bytes: &[u8]) -> Refusal {
    match inspect(bytes, &LIMITS) {
        Ok(_) => panic!("let through"),
        Err(refusal) => {
            assert!(refusal.is_final());
            refusal
        }
    }
}

const ANNA: [u8; 32] = [1; 32];
const BRAM: [u8; 32] = [2; 32];

#[test]
fn run_length_bombs_stop_at_the_run_header() {
    for rows in [20_001, 1_000_000, 4_000_000, 1_000_000_000_000, i64::MAX] {
        let mut writer = Writer::new(ANNA, vec![Row::put("k")]);
        for (spec, value) in [(0x42, 1), (0x56, 0), (0x70, 0)] {
            writer.set(spec, [leb(rows), vec![value]].concat());
        }
        writer.set(0x34, writer::uleb(rows as u64));
        writer.set(0x15, [leb(rows), vec![1, b'k']].concat());
        let bytes = writer.bytes();
        assert!(bytes.len() < 130);
        assert_eq!(refused(&bytes), Refusal::TooManyOperations);
    }
    // Literal and null runs claim rows too.
    for header in [
        leb(-1_000_000_000_000),
        leb(i64::MIN),
        [vec![0], writer::uleb(u64::MAX)].concat(),
    ] {
        let mut writer = Writer::new(ANNA, vec![Row::put("k")]);
        writer.set(0x42, header);
        assert_eq!(refused(&writer.bytes()), Refusal::TooManyOperations);
    }
    for spec in [0x01, 0x02, 0x11, 0x13, 0x15, 0x56] {
        let mut writer = Writer::new(ANNA, vec![Row::put("k")]);
        writer.set(spec, [leb(1_000_000_000_000), vec![1, 1]].concat());
        assert_eq!(refused(&writer.bytes()), Refusal::Rows, "{spec:x}");
    }
    let mut writer = Writer::new(ANNA, vec![Row::put("k")]);
    writer.set(0x34, writer::uleb(1_000_000_000_000));
    assert_eq!(refused(&writer.bytes()), Refusal::Rows);
}

#[test]
fn a_million_predecessors_are_refused() {
    let mut writer = Writer::new(ANNA, vec![Row::put("k")]);
    writer.set(0x70, [leb(-1), writer::uleb(1_000_000)].concat());
    writer.set(0x71, [leb(1_000_000), vec![0]].concat());
    writer.set(0x73, [leb(1_000_000), vec![1]].concat());
    assert_eq!(refused(&writer.bytes()), Refusal::TooManyPredecessors);
}

#[test]
fn only_plain_change_chunks_pass() {
    let honest = Writer::new(ANNA, vec![Row::put("k")]);
    assert!(inspect(&honest.bytes(), &LIMITS).is_ok());
    for kind in [0, 2, 3, 4, 255] {
        assert_eq!(refused(&chunk(kind, &honest.data())), Refusal::ChunkType);
    }
    assert_eq!(refused(&vec![0x85; LIMITS.max_bytes + 1]), Refusal::TooLarge);
    assert_eq!(refused(&[]), Refusal::NotAChunk);
    assert_eq!(refused(b"SQLite format 3\0"), Refusal::NotAChunk);
    let mut damaged = honest.bytes();
    damaged[4] ^= 1;
    assert_eq!(refused(&damaged), Refusal::Checksum);
    let mut trailing = honest.bytes();
    trailing.push(0);
    assert_eq!(refused(&trailing), Refusal::ExtraBytes);
    for len in 0..honest.bytes().len() {
        assert!(inspect(&honest.bytes()[..len], &LIMITS).is_err());
    }
}

#[test]
fn every_other_form_of_the_same_change_is_refused() {
    let with = |alter: &dyn Fn(&mut Writer)| {
        let mut writer = Writer::new(ANNA, vec![Row::put("k")]);
        alter(&mut writer);
        refused(&writer.bytes())
    };
    assert_eq!(with(&|w| w.extra = vec![1, 2, 3]), Refusal::ExtraBytes);
    assert_eq!(
        with(&|w| {
            w.seq = 2;
            w.extra = [&[1, 4][..], b"anna"].concat()
        }),
        Refusal::ExtraBytes
    );
    assert_eq!(with(&|w| w.message = "hallo".into()), Refusal::Message);
    assert_eq!(with(&|w| w.time = i64::MIN), Refusal::Time);
    assert_eq!(with(&|w| w.time = i64::MAX), Refusal::Time);
    assert_eq!(with(&|w| w.start_op = u64::from(u32::MAX) + 1), Refusal::Counter);
    assert_eq!(with(&|w| w.start_op = 0), Refusal::Malformed);
    assert_eq!(with(&|w| w.seq = 0), Refusal::Malformed);
    assert_eq!(with(&|w| w.deps = vec![[9; 32], [9; 32]]), Refusal::NotCanonical);
    assert_eq!(with(&|w| w.deps = vec![[9; 32], [8; 32]]), Refusal::NotCanonical);
    assert_eq!(with(&|w| w.others = vec![BRAM.to_vec()]), Refusal::UnusedActor);
    assert_eq!(with(&|w| w.others = vec![ANNA.to_vec()]), Refusal::NotCanonical);
    assert_eq!(with(&|w| w.others = vec![vec![5; 33]]), Refusal::Actors);
    // Unknown, deflated, empty and surplus columns; surplus rows.
    for spec in [0x03, 0x16, 0x94, 0xa5, 0x4a, 0x5f, 0xf2, 0x0fff_ffff] {
        assert_eq!(
            with(&|w| w.set(spec, vec![0x7f, 0])),
            Refusal::UnknownColumn,
            "{spec:x}"
        );
    }
    assert_eq!(with(&|w| w.set(0x01, vec![])), Refusal::NotCanonical);
    assert_eq!(with(&|w| w.set(0x01, vec![0, 1])), Refusal::NotCanonical);
    assert_eq!(with(&|w| w.set(0x56, vec![2, 0])), Refusal::Rows);
    assert_eq!(with(&|w| w.set(0x57, vec![2])), Refusal::Value);
    assert_eq!(with(&|w| w.set(0x34, vec![1, 0])), Refusal::NotCanonical);
    assert_eq!(with(&|w| w.set(0x42, vec![1, 1])), Refusal::NotCanonical);
    assert_eq!(with(&|w| w.set(0x42, vec![0x7f, 0x81, 0])), Refusal::NotCanonical);
    assert_eq!(with(&|w| w.set(0x71, vec![0x7f, 0])), Refusal::Rows);
    assert_eq!(with(&|w| w.columns.clear()), Refusal::Empty);
    assert_eq!(
        with(&|w| {
            w.columns.remove(&0x42);
        }),
        Refusal::Empty
    );
    // Overlong numbers in the header.
    let honest = Writer::new(ANNA, vec![Row::put("k")]).data();
    let mut overlong = honest.clone();
    overlong.splice(34..35, [0x81, 0]);
    assert_eq!(honest[34], 1);
    assert_eq!(refused(&chunk(1, &overlong)), Refusal::NotCanonical);
}

#[test]
fn actions_and_values_outside_the_rules_are_refused() {
    let with = |row: Row| refused(&Writer::new(ANNA, vec![row]).bytes());
    let put = |kind: u64, value: &[u8]| Row {
        value: (kind, value.to_vec()),
        ..Row::put("k")
    };
    for action in [6, 7, 8, 1 << 40] {
        assert_eq!(
            with(Row {
                action,
                ..Row::put("k")
            }),
            Refusal::Action
        );
    }
    assert_eq!(with(put(0, &[1])), Refusal::Value);
    assert_eq!(with(put(3, &[0x80, 0])), Refusal::NotCanonical);
    assert_eq!(with(put(4, &[1, 1])), Refusal::Value);
    assert_eq!(with(put(5, &[0; 7])), Refusal::Truncated);
    assert_eq!(with(put(6, &[0xff])), Refusal::Value);
    assert_eq!(with(put(8, &leb(i64::MAX))), Refusal::Value);
    assert_eq!(with(put(11, &[1])), Refusal::Value);
    assert_eq!(with(put(7, &vec![0; LIMITS.max_value_len + 1])), Refusal::ValueLength);
    assert_eq!(
        with(Row {
            action: 0,
            ..put(3, &[1])
        }),
        Refusal::Value
    );
    assert_eq!(
        with(Row {
            action: 5,
            preds: vec![(0, 1)],
            ..put(6, b"a")
        }),
        Refusal::Value
    );
    assert_eq!(
        with(Row {
            action: 5,
            preds: vec![(0, 1)],
            ..put(4, &leb(i64::MIN))
        }),
        Refusal::Value
    );
    // A deletion of nothing, an insertion into a map, an insertion that overwrites.
    assert_eq!(
        with(Row {
            action: 3,
            ..Row::put("k")
        }),
        Refusal::Operation
    );
    assert_eq!(
        with(Row {
            insert: true,
            ..Row::put("k")
        }),
        Refusal::Operation
    );
    let element = |row: Row| Row {
        object: Some((0, 1)),
        key: Key::Element(Some(0), 2),
        ..row
    };
    assert_eq!(
        with(element(Row {
            insert: true,
            preds: vec![(0, 2)],
            ..Row::put("")
        })),
        Refusal::Operation
    );
    assert_eq!(with(element(Row::put(""))), Refusal::Operation);
    assert_eq!(
        with(Row {
            key: Key::Text(String::new()),
            ..Row::put("")
        }),
        Refusal::KeyLength
    );
    assert_eq!(with(Row::put(&"k".repeat(257))), Refusal::KeyLength);
    // Actor indices and counters out of range, the same predecessor twice.
    assert_eq!(
        with(Row {
            preds: vec![(1, 1)],
            ..Row::put("k")
        }),
        Refusal::ActorIndex
    );
    assert_eq!(
        with(Row {
            object: Some((3, 1)),
            ..Row::put("k")
        }),
        Refusal::ActorIndex
    );
    assert_eq!(
        with(Row {
            preds: vec![(0, 1 << 32)],
            ..Row::put("k")
        }),
        Refusal::Counter
    );
    assert_eq!(
        with(Row {
            object: Some((0, 1 << 32)),
            ..Row::put("k")
        }),
        Refusal::Counter
    );
    assert_eq!(
        with(Row {
            preds: vec![(0, 1), (0, 1)],
            ..Row::put("k")
        }),
        Refusal::NotCanonical
    );
    assert_eq!(
        with(Row {
            preds: vec![(0, 2), (0, 1)],
            ..Row::put("k")
        }),
        Refusal::NotCanonical
    );
}

/// A document with a map, a list of two, a text of one, a counter and a plain value, by Anna.
fn base() -> (OpIndex, Writer) {
    let root = |action: u64, key: &str| Row {
        action,
        ..Row::put(key)
    };
    let element = |object: u64, key: Key, text: &str| Row {
        object: Some((0, object)),
        key,
        insert: true,
        value: (6, text.into()),
        ..Row::put("")
    };
    let first = Writer::new(
        ANNA,
        vec![
            root(0, "map"),   // 1
            root(2, "lijst"), // 2
            root(4, "tekst"), // 3
            Row {
                value: (8, vec![1]),
                ..Row::put("teller")
            }, // 4
            Row::put("waarde"), // 5
            element(2, Key::Element(None, 0), "een"), // 6
            element(2, Key::Element(Some(0), 6), "twee"), // 7
            element(3, Key::Element(None, 0), "a"), // 8
        ],
    );
    let mut index = OpIndex::new();
    index.admit(&inspect(&first.bytes(), &LIMITS).unwrap()).unwrap();
    (index, first)
}

fn follow(rows: Vec<Row>) -> Result<(), Refusal> {
    let (index, first) = base();
    let next = Writer {
        seq: 2,
        start_op: 9,
        deps: vec![first.hash()],
        ..Writer::new(ANNA, rows)
    };
    let inspected = inspect(&next.bytes(), &LIMITS)?;
    index.check(&inspected, &ANNA, 2)
}

#[test]
fn what_a_change_names_must_exist_and_fit() {
    let put = Row::put;
    let within = |object: u64, row: Row| Row {
        object: Some((0, object)),
        ..row
    };
    let at = |counter: u64, row: Row| Row {
        key: Key::Element(Some(0), counter),
        ..row
    };
    let over = |preds: &[u64], row: Row| Row {
        preds: preds.iter().map(|pred| (0, *pred)).collect(),
        ..row
    };
    let letter = |row: Row| Row {
        value: (6, b"b".to_vec()),
        insert: true,
        ..row
    };

    assert_eq!(follow(vec![over(&[5], put("waarde"))]), Ok(()));
    assert_eq!(follow(vec![within(1, put("nieuw"))]), Ok(()));
    assert_eq!(follow(vec![within(2, at(6, over(&[6], put(""))))]), Ok(()));
    assert_eq!(follow(vec![within(3, at(8, letter(put(""))))]), Ok(()));
    let increment = Row {
        action: 5,
        value: (4, vec![1]),
        ..put("teller")
    };
    assert_eq!(follow(vec![over(&[4], increment.clone())]), Ok(()));
    // Earlier in the change itself is past as well; later is not.
    let made = Row {
        action: 0,
        ..put("nieuw")
    };
    assert_eq!(follow(vec![made.clone(), within(9, put("k"))]), Ok(()));
    assert_eq!(follow(vec![within(10, put("k")), made]), Err(Refusal::NotInPast));
    assert_eq!(follow(vec![within(9, put("k"))]), Err(Refusal::NotInPast));

    // Missing object, element and predecessor.
    assert_eq!(follow(vec![within(77, put("k"))]), Err(Refusal::NotInPast));
    assert_eq!(
        follow(vec![within(2, at(77, letter(put(""))))]),
        Err(Refusal::NotInPast)
    );
    assert_eq!(follow(vec![over(&[77], put("waarde"))]), Err(Refusal::NotInPast));
    // An object that is none, a key of the wrong kind, an element of another list.
    assert_eq!(follow(vec![within(5, put("k"))]), Err(Refusal::WrongObject));
    assert_eq!(follow(vec![within(3, put("k"))]), Err(Refusal::WrongObject));
    assert_eq!(follow(vec![at(6, letter(put("")))]), Err(Refusal::WrongObject));
    assert_eq!(
        follow(vec![within(3, at(6, letter(put(""))))]),
        Err(Refusal::WrongElement)
    );
    assert_eq!(
        follow(vec![within(2, at(5, letter(put(""))))]),
        Err(Refusal::WrongElement)
    );
    // In a text only single code points.
    let word = Row {
        value: (6, b"bc".to_vec()),
        insert: true,
        ..put("")
    };
    assert_eq!(follow(vec![within(3, at(8, word))]), Err(Refusal::WrongObject));
    let block = Row {
        action: 0,
        insert: true,
        ..put("")
    };
    assert_eq!(follow(vec![within(3, at(8, block))]), Err(Refusal::WrongObject));
    // A predecessor of another key, element or object, and one that is a deletion.
    assert_eq!(follow(vec![over(&[4], put("waarde"))]), Err(Refusal::WrongPredecessor));
    assert_eq!(
        follow(vec![within(1, over(&[5], put("waarde")))]),
        Err(Refusal::WrongPredecessor)
    );
    assert_eq!(
        follow(vec![within(2, at(6, over(&[7], put(""))))]),
        Err(Refusal::WrongPredecessor)
    );
    let deletion = over(
        &[5],
        Row {
            action: 3,
            ..put("waarde")
        },
    );
    assert_eq!(
        follow(vec![deletion.clone(), over(&[9], put("waarde"))]),
        Err(Refusal::WrongPredecessor)
    );
    assert_eq!(
        follow(vec![over(&[4], increment.clone()), over(&[9], put("teller"))]),
        Err(Refusal::WrongPredecessor)
    );
    let not_a_counter = Row {
        key: Key::Text("waarde".into()),
        ..increment
    };
    assert_eq!(follow(vec![over(&[5], not_a_counter)]), Err(Refusal::NotACounter));
}

#[test]
fn the_chain_rules_hold() {
    let (index, first) = base();
    let check =
        |writer: Writer, actor: &[u8], seq: u64| index.check(&inspect(&writer.bytes(), &LIMITS).unwrap(), actor, seq);
    let next = || Writer {
        seq: 2,
        start_op: 9,
        deps: vec![first.hash()],
        ..Writer::new(ANNA, vec![Row::put("k")])
    };
    assert_eq!(check(next(), &ANNA, 2), Ok(()));
    assert_eq!(check(next(), &BRAM, 2), Err(Refusal::WrongActor));
    assert_eq!(check(next(), &ANNA, 3), Err(Refusal::WrongSequence));
    assert_eq!(
        check(Writer { seq: 3, ..next() }, &ANNA, 3),
        Err(Refusal::PreviousNotInPast)
    );
    assert_eq!(
        check(
            Writer {
                deps: vec![],
                start_op: 1,
                ..next()
            },
            &ANNA,
            2
        ),
        Err(Refusal::PreviousNotInPast)
    );
    for start_op in [1, 8, 10, u64::from(u32::MAX)] {
        assert_eq!(check(Writer { start_op, ..next() }, &ANNA, 2), Err(Refusal::StartOp));
    }
    let rival = Writer::new(ANNA, vec![Row::put("anders")]);
    assert_eq!(check(rival, &ANNA, 1), Err(Refusal::SequenceTaken));
    let stranger = Writer {
        others: vec![[7; 32].to_vec()],
        ..next()
    };
    let stranger = Writer {
        columns: Writer::new(
            ANNA,
            vec![Row {
                object: Some((1, 1)),
                ..Row::put("k")
            }],
        )
        .columns,
        ..stranger
    };
    assert_eq!(check(stranger, &ANNA, 2), Err(Refusal::NotInPast));
}

#[test]
fn a_concurrent_object_is_refused_whatever_else_is_held() {
    let (mut index, first) = base();
    let bram = Writer {
        start_op: 9,
        deps: vec![first.hash()],
        ..Writer::new(
            BRAM,
            vec![Row {
                action: 0,
                ..Row::put("van Bram")
            }],
        )
    };
    let rows = vec![Row {
        object: Some((1, 9)),
        ..Row::put("k")
    }];
    let anna = |deps: Vec<[u8; 32]>, start_op| Writer {
        seq: 2,
        start_op,
        deps,
        others: vec![BRAM.to_vec()],
        ..Writer::new(ANNA, rows.clone())
    };
    let concurrent = inspect(&anna(vec![first.hash()], 9).bytes(), &LIMITS).unwrap();
    assert_eq!(index.check(&concurrent, &ANNA, 2), Err(Refusal::NotInPast));
    index.admit(&inspect(&bram.bytes(), &LIMITS).unwrap()).unwrap();
    assert_eq!(index.check(&concurrent, &ANNA, 2), Err(Refusal::NotInPast));
    let later = inspect(&anna(vec![bram.hash()], 10).bytes(), &LIMITS).unwrap();
    assert_eq!(index.check(&later, &ANNA, 2), Ok(()));
}

#[test]
fn depth_and_keys_are_bounded_by_the_past_alone() {
    let nested = |depth: u64| {
        let rows = (0..depth).map(|level| Row {
            action: 0,
            object: (level > 0).then_some((0, level)),
            ..Row::put("k")
        });
        Writer::new(ANNA, rows.collect())
    };
    let mut index = OpIndex::new();
    let over = inspect(&nested(u64::from(LIMITS.max_depth) + 1).bytes(), &LIMITS).unwrap();
    assert_eq!(index.admit(&over), Err(Refusal::TooDeep));
    index
        .admit(&inspect(&nested(u64::from(LIMITS.max_depth)).bytes(), &LIMITS).unwrap())
        .unwrap();

    let limits = Limits {
        max_keys_per_map: 3,
        ..LIMITS
    };
    let keys = |actor: [u8; 32], names: &[&str]| Writer::new(actor, names.iter().map(|name| Row::put(name)).collect());
    let read = |writer: &Writer| inspect(&writer.bytes(), &limits).unwrap();
    let mut index = OpIndex::with_limits(limits);
    assert_eq!(
        index.admit(&read(&keys(ANNA, &["a", "b", "c", "d"]))),
        Err(Refusal::TooManyKeys)
    );
    let anna = keys(ANNA, &["a", "b"]);
    index.admit(&read(&anna)).unwrap();
    index.admit(&read(&keys(BRAM, &["c", "d"]))).unwrap();
    // Crowded by now, but not in the past of Anna's next change.
    let next = |names: &[&str]| Writer {
        seq: 2,
        start_op: 3,
        deps: vec![anna.hash()],
        ..keys(ANNA, names)
    };
    assert_eq!(index.check(&read(&next(&["c"])), &ANNA, 2), Ok(()));
    assert_eq!(
        index.check(&read(&next(&["c", "e"])), &ANNA, 2),
        Err(Refusal::TooManyKeys)
    );
}
