//! How long it takes. Limits hold for a release build; a debug build only runs through.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dossier_trust::consent::Consent;
use dossier_trust::ids::{CompartmentId, EpochId, GenerationId};
use dossier_trust::item::{Header, Kind, Lane, Position, Tip};
use dossier_trust::operation::{OpId, Operation, Right, Since};
use dossier_trust::preflight::{Inspected, Limits, inspect};
use dossier_trust::verdict::{Extended, Verdict};

use crate::cast::{self, LAPTOP};
use crate::held::Opened;
use crate::long_log::{Log, dossier, long_log, one_more};
use crate::writer::{Row, Writer};

fn limit(what: &str, took: Duration, limit: Duration) {
    println!("{what}: {took:?} (at most {limit:?})");
    assert!(cfg!(debug_assertions) || took <= limit, "{what} took {took:?}");
}

fn best(mut work: impl FnMut()) -> Duration {
    let once = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..7).map(|_| once(&mut work)).min().unwrap()
}

#[test]
fn a_log_of_a_thousand_operations_is_read_quickly() {
    for managed in [false, true] {
        let (dossier, mut log) = long_log(managed);
        let took = best(|| drop(Consent::of_compartment(&dossier, &log.chains, &log.entries)));
        limit("1,000 operations", took, Duration::from_millis(10));
        if managed {
            continue;
        }
        let consent = Consent::of_compartment(&dossier, &log.chains, &log.entries);
        for operation in one_more(&log, &consent) {
            let name = format!(
                "one more: {}",
                format!("{operation:?}").split(' ').next().unwrap_or_default()
            );
            let mut consent = Consent::of_compartment(&dossier, &log.chains, &log.entries);
            log.say(LAPTOP, operation);
            let entry = log.entries.last().unwrap();
            let start = Instant::now();
            assert!(consent.extend(&log.chains, entry));
            limit(&name, start.elapsed(), Duration::from_micros(100));
            assert!(consent == Consent::of_compartment(&dossier, &log.chains, &log.entries));
        }
    }
}

/// Two authors, `count` changes, each resting on all before; when `forked` one chain has a losing branch at its start.
fn written(count: usize, forked: bool) -> (Consent, Log, Opened, Position, [u8; 32]) {
    let (id, dossier) = dossier();
    let mut log = Log::new(id, CompartmentId([7; 32]));
    let first = Operation::Generation {
        parent: GenerationId::default(),
        base: Vec::new(),
        drop: Vec::new(),
    };
    let generation = GenerationId(log.say(LAPTOP, first).0);
    let certificate = cast::certificate(cast::ANNA, cast::ANNAS);
    log.say(
        LAPTOP,
        Operation::Device {
            certificate,
            holder: None,
        },
    );
    let nonce = [1; 16];
    let grant = Operation::Grant {
        principal: cast::ANNA,
        right: Right::Edit,
        since: Since::Beginning,
        until: None,
        nonce,
        record: None,
    };
    let grant = log.say(LAPTOP, grant);
    let chains = [
        log.open(LAPTOP, Lane::Doc, OpId::OWNER, generation, 2),
        log.open(cast::ANNAS, Lane::Doc, grant, generation, 3),
    ];
    let mut tips = chains.map(Tip::start);
    let mut opened = Opened::default();
    let mut own: [Vec<[u8; 32]>; 2] = [Vec::new(), Vec::new()];
    let mut last = None;
    let mut pins = Vec::new();
    for number in 0..=count {
        let by = number % 2;
        let mut deps: Vec<[u8; 32]> = own.iter().flatten().copied().collect();
        deps.sort_unstable();
        let write = |key: &str| {
            let mut writer = Writer::new(chains[by].0, vec![Row::put(key)]);
            writer.deps = deps.clone();
            writer.seq = u64::from(tips[by].n) + 1;
            writer.start_op = number as u64 + 1;
            Arc::new(inspect(&writer.bytes(), &Limits::SUITE_1).unwrap())
        };
        let mut put = |log: &mut Log, change: Arc<Inspected>| {
            let header = Header {
                hash: change.hash(),
                ..tips[by].next(Kind::Change, EpochId([8; 32]), 9)
            };
            let position = Position {
                chain: header.chain,
                n: header.n,
                hash: header.item_hash(),
            };
            log.chains.add(&header).unwrap();
            opened.0.insert(position, change);
            position
        };
        if forked && number == 3 {
            put(&mut log, write("lost"));
        }
        let change = write("kept");
        own[by] = vec![change.hash()];
        let place = put(&mut log, change);
        if number % 50 == 0 {
            pins.push(place);
        }
        let hash = tips[by].hash.0;
        tips[by] = place.into();
        last = Some((place, hash));
    }
    for place in pins {
        log.say(
            LAPTOP,
            Operation::Pin {
                positions: vec![place],
                snapshot: None,
            },
        );
    }
    let consent = Consent::of_compartment(&dossier, &log.chains, &log.entries);
    let (place, prev) = last.unwrap();
    (consent, log, opened, place, prev)
}

#[test]
fn a_long_document_is_judged_quickly_forked_or_not() {
    for forked in [false, true] {
        let count = if cfg!(debug_assertions) { 1_001 } else { 20_001 };
        let (consent, log, opened, last, prev) = written(count, forked);
        let took = best(|| {
            let verdict = Verdict::reach(&consent, &log.chains, &opened);
            assert_eq!(verdict.document().count(), count + 1);
        });
        limit(
            &format!("{count} changes, forked {forked}"),
            took,
            Duration::from_millis(400),
        );
        // The same once more without the last, which then arrives.
        let (consent_before, before, opened_before, ..) = written(count - 1, forked);
        let mut verdict = Verdict::reach(&consent_before, &before.chains, &opened_before);
        let change = &opened.0[&last];
        let start = Instant::now();
        let extended = verdict.extend(&consent, &log.chains, prev.into(), &last, Some(change));
        limit("one more change", start.elapsed(), Duration::from_micros(100));
        assert_eq!(
            extended,
            if consent.is_named(&last) {
                Extended::JudgeAgain
            } else {
                Extended::Counts
            }
        );
    }
}
