//! Committed frames: each is what this program writes, and what is read from it is written again as the same bytes.

#[path = "../../../dossier-trust/tests/vectors/file.rs"]
#[allow(dead_code)]
mod file;

use dossier_trust::codec::{Canonical, Reader};
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, EpochId, GenerationId, ItemHash, blake3};
use dossier_trust::item::{Item, Kind, Lane, Open, Position, Tip};
use dossier_trust::operation::OpId;
use ed25519_dalek::SigningKey;
use file::{bytes, each, hex, holds};
use serde_json::{Value, json};

use super::batch::{BatchWriter, read_batch};
use super::files::{FileAnswer, FileId, FileQuestion, Piece};
use super::names::{NamesIn, NamesOut};
use super::replica::{ChainFrontier, Frontier, Loose, LooseId, Refusal};
use super::view::DigestKey;
use super::wire::{
    ACK, Ack, BATCH, COMPARTMENTS, Compartments, DONE, FRONTIER, FrontierPiece, HELLO, LOCATE, Locate, OVERVIEW, Round,
    read_done, read_hello, read_overview, write_done, write_frontier, write_hello, write_overview,
};

const DOSSIER: DossierId = DossierId([0xd0; 32]);
const COMPARTMENT: CompartmentId = CompartmentId([0xc0; 32]);
const CHAIN: ChainId = ChainId([0xa1; 32]);

fn place(n: u32, byte: u8) -> Position {
    Position {
        chain: CHAIN,
        n,
        hash: ItemHash([byte; 32]),
    }
}

fn frontier() -> Frontier {
    let chain = |byte: u8, lane, tips| ChainFrontier {
        chain: ChainId([byte; 32]),
        lane,
        tips,
    };
    Frontier {
        chains: vec![
            chain(0xa0, Lane::Log, vec![]),
            chain(0xa1, Lane::Doc, vec![place(300, 1), place(300, 2)]),
            chain(0xa2, Lane::Rec, vec![]),
        ],
        // The half that does not travel is zero, so that what was read can be written again.
        loose: vec![LooseId([[0x10; 16], [0; 16]].concat().try_into().unwrap())],
    }
}

/// A chain of three items: sealed, for a smaller audience, erased; and an item far up another chain.
fn batch(names: &mut NamesOut, seq: u64, heard: Option<u64>) -> Vec<u8> {
    let key = SigningKey::from_bytes(&[7; 32]);
    let open = Open {
        dossier: DOSSIER,
        compartment: COMPARTMENT,
        generation: GenerationId::default(),
        lane: Lane::Rec,
        grant: OpId([0x67; 32]),
        device: DeviceId(key.verifying_key().to_bytes()),
        nonce: [0x0e; 16],
    }
    .sign(&key);
    let mut writer = BatchWriter::new(DOSSIER, COMPARTMENT);
    let item = |tip: Tip, kind, epoch, body: &[u8]| {
        let mut header = tip.next(kind, epoch, body.len() as u32);
        header.hash = blake3(body);
        Item::sign(header, body.to_vec(), &key)
    };
    let first = item(Tip::start(open.open.chain()), Kind::Record, EpochId([0xe0; 32]), b"one");
    let second = item(first.position().into(), Kind::RecordTo, EpochId::default(), b"two");
    let third = item(second.position().into(), Kind::Record, EpochId([0xe0; 32]), b"three");
    let far = item(place(41, 9).into(), Kind::Operation, EpochId::default(), b"operation");
    writer.open(open);
    for item in [first, second, Item { body: None, ..third }, far] {
        let hash = item.header.item_hash();
        writer.item(item, hash, false);
    }
    writer.loose(Loose {
        kind: 1,
        about: [0xab; 32],
        bytes: b"wrap".to_vec(),
    });
    writer.encode(names, seq, heard)
}

fn made() -> Vec<(&'static str, Vec<u8>)> {
    let compartments = |round| {
        Compartments {
            round,
            dossier: DOSSIER,
            digests: vec![(COMPARTMENT, [0xdd; 32])],
        }
        .write()
    };
    let mut names = NamesOut::default();
    vec![
        ("hello", write_hello(&DeviceId([0xde; 32]))),
        ("overview", write_overview(&[(DOSSIER, [0xdd; 32])])),
        ("compartments, both", compartments(Round::Both)),
        ("compartments, ask", compartments(Round::Ask)),
        ("compartments, answer", compartments(Round::Answer)),
        (
            "frontier",
            write_frontier(&DOSSIER, &COMPARTMENT, true, &frontier()).remove(0),
        ),
        (
            "locate",
            Locate {
                dossier: DOSSIER,
                compartment: COMPARTMENT,
                chain: CHAIN,
                wanted: true,
                positions: vec![place(4, 1), place(2, 2)],
            }
            .write(),
        ),
        ("batch, names explained", batch(&mut names, 0, None)),
        ("batch, names known", batch(&mut names, 1, Some(3))),
        (
            "ack",
            Ack {
                seq: 200,
                unreadable: false,
                frontier_follows: true,
                refused: vec![(0, Refusal::Missing), (130, Refusal::Later)],
            }
            .write(),
        ),
        ("done", write_done(3)),
    ]
}

/// Reads a frame and writes what was read.
fn again(frame: &[u8], names_in: &mut NamesIn, names_out: &mut NamesOut) -> Vec<u8> {
    let mut input = Reader::new(frame);
    match input.u8().unwrap() {
        HELLO => write_hello(&read_hello(input).unwrap().unwrap()),
        OVERVIEW => write_overview(&read_overview(input).unwrap()),
        COMPARTMENTS => Compartments::read(input).unwrap().write(),
        FRONTIER => {
            let piece = FrontierPiece::read(input).unwrap();
            assert!(piece.last);
            let loose = piece.loose.iter().map(|prefix| {
                let mut id = [0; 32];
                id[..16].copy_from_slice(prefix);
                LooseId(id)
            });
            let frontier = Frontier {
                chains: piece.chains,
                loose: loose.collect(),
            };
            write_frontier(&piece.dossier, &piece.compartment, piece.wanted, &frontier).remove(0)
        }
        LOCATE => Locate::read(input).unwrap().write(),
        BATCH => {
            let draft = read_batch(input, names_in).unwrap();
            let mut writer = BatchWriter::new(draft.dossier, draft.compartment);
            for open in draft.opens {
                assert_eq!(open.verify(), Ok(()));
                writer.open(open);
            }
            for run in draft.runs {
                let prev = run.prev.unwrap();
                for item in run.place(prev) {
                    let hash = item.header.item_hash();
                    writer.item(item, hash, false);
                }
            }
            for loose in draft.loose {
                writer.loose(loose);
            }
            writer.encode(names_out, draft.seq, draft.heard)
        }
        ACK => Ack::read(input).unwrap().write(),
        DONE => write_done(read_done(input).unwrap()),
        kind => panic!("frame {kind}"),
    }
}

#[test]
fn every_frame_has_the_committed_bytes() {
    let frames: Vec<Value> = made()
        .iter()
        .map(|(name, frame)| json!({ "name": name, "bytes": hex(frame) }))
        .collect();
    let (one, other) = (DeviceId([1; 32]), DeviceId([2; 32]));
    let digest = DigestKey::new(&one, &other).compartment(&(DOSSIER, COMPARTMENT), &frontier());
    let of_dossier = DigestKey::new(&other, &one).dossier(&DOSSIER, &[(COMPARTMENT, digest)]);
    let loose = Loose {
        kind: 1,
        about: [0xab; 32],
        bytes: b"wrap".to_vec(),
    };
    holds(
        "frames.json",
        &json!({
            "frames": frames,
            "digests": { "compartment": hex(digest), "dossier": hex(of_dossier) },
            "loose_id": hex(loose.id().0),
        }),
    );
    let held = file::read("frames.json");
    let (mut names_in, mut names_out) = (NamesIn::default(), NamesOut::default());
    let mut kinds = std::collections::BTreeSet::new();
    for frame in each(&held["frames"]) {
        let frame = bytes(&frame["bytes"]);
        assert_eq!(hex(again(&frame, &mut names_in, &mut names_out)), hex(&frame));
        kinds.insert(frame[0]);
    }
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        (HELLO..=DONE).collect::<Vec<_>>()
    );
}

#[test]
fn what_is_said_about_files_has_the_committed_bytes() {
    let (number, id) = (300, FileId([0xf1; 32]));
    let questions = [
        FileQuestion::Open,
        FileQuestion::Piece {
            number,
            id,
            offset: 262_144,
        },
        FileQuestion::Content { looks: 2 },
    ];
    let piece = Piece {
        total: 262_149,
        bytes: b"piece".to_vec(),
    };
    let answers = [
        FileAnswer::None { number },
        FileAnswer::Piece { number, piece },
        FileAnswer::Look,
    ];
    holds(
        "files.json",
        &json!({
            "questions": questions.each_ref().map(|one| hex(one.to_bytes())),
            "answers": answers.each_ref().map(|one| hex(one.to_bytes())),
        }),
    );
    let held = file::read("files.json");
    let read: Vec<_> = each(&held["questions"])
        .map(|one| FileQuestion::from_bytes(&bytes(one)).unwrap())
        .collect();
    assert_eq!(read, questions);
    let read: Vec<_> = each(&held["answers"])
        .map(|one| FileAnswer::from_bytes(&bytes(one)).unwrap())
        .collect();
    assert_eq!(read, answers);
}
