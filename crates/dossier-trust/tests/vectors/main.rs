//! Committed bytes of every format: they are what this program makes, and what every later one must open.
//!
//! `crates/REVIEW.md` says what stands where in them. People: the secrets of person *s* are the first 32 (root) and the
//! next 96 bytes (device) of BLAKE3's output stream over the number *s* as eight little-endian bytes; 1 is the resident,
//! 2 and 3 are members.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod file;

use age::secrecy::ExposeSecret;
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, Automerge, Change, ObjType, ROOT, ReadDoc, TextEncoding};
use dossier_trust::checkpoint;
use dossier_trust::codec::{Canonical, Reader, Writer};
use dossier_trust::epoch::{EpochKey, Wrap, open_with, seal_to};
use dossier_trust::identity::{Certificate, DeviceSecrets, Random, RootSecret, age_recipient};
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, EpochId, GenerationId, ItemHash, blake3};
use dossier_trust::invitation::{Join, Ticket, check_terms, code};
use dossier_trust::item::{Header, Item, Kind, Lane, Open, Position, SignedOpen, Tip};
use dossier_trust::operation::{EraseAt, OpId, Operation, Right, Sealed, Since, Snapshot};
use dossier_trust::preflight::{Limits, OpIndex, inspect, pack, unpack};
use dossier_trust::receipt::{Deed, Receipt, Statement};
use dossier_trust::record::Record;
use dossier_trust::team::{Covered, Greeting, Member, Roster, TeamAnswer, TeamRequest};
use file::{bytes, each, hex, holds, sealed_once};
use serde_json::{Value, json};

const TERMS: &[u8] = br#"{"v":1,"title":"Dossier van Lisa"}"#;

struct Seeded(blake3::OutputReader);

impl Seeded {
    fn new(seed: u64) -> Self {
        Self(::blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof())
    }
}

impl Random for Seeded {
    fn fill(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }
}

struct Person {
    root: RootSecret,
    device: DeviceSecrets,
    certificate: Certificate,
}

fn person(seed: u64) -> Person {
    let mut random = Seeded::new(seed);
    let root = RootSecret::from_entropy(random.array());
    let device = DeviceSecrets::generate(&mut random);
    let certificate = root.certify(&device).unwrap();
    Person {
        root,
        device,
        certificate,
    }
}

fn genesis() -> Operation {
    let lisa = person(1);
    Operation::Genesis {
        root: lisa.root.principal(),
        recovery: lisa.root.recovery_recipient().unwrap(),
        salt: Seeded::new(10).array(),
    }
}

fn dossier() -> DossierId {
    genesis().starts().unwrap()
}

const COMPARTMENT: CompartmentId = CompartmentId([0xc0; 32]);

fn keys() -> (EpochKey, EpochKey) {
    let mut random = Seeded::new(11);
    (EpochKey::generate(&mut random), EpochKey::generate(&mut random))
}

/// Decodes, holds the promise of one byte form, and gives the value back.
fn read<T: Canonical>(value: &Value) -> T {
    let bytes = bytes(value);
    let read = T::from_bytes(&bytes).unwrap();
    assert_eq!(read.to_bytes(), bytes);
    let mut more = bytes.clone();
    more.push(0);
    assert!(T::from_bytes(&more).is_err());
    assert!(T::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    read
}

#[test]
fn persons_and_their_devices() {
    let made: Vec<Value> = (1..=3)
        .map(|seed| {
            let Person {
                root,
                device,
                certificate,
            } = person(seed);
            let recovery = root.recovery_recipient().unwrap();
            json!({
                "entropy": hex(root.entropy()),
                "words": root.words().join(" "),
                "age_secret": root.age_identity().unwrap().to_string().expose_secret(),
                "recovery": hex(recovery),
                "recovery_age": age_recipient(&recovery).unwrap().to_string(),
                "root_signing_secret": hex(root.signing_key().to_bytes()),
                "principal": hex(root.principal().0),
                "device_secrets": hex(device.to_bytes()),
                "device": hex(device.device().0),
                "wrapping": hex(device.wrapping_recipient().unwrap()),
                "wrapping_age_secret": device.wrapping_identity().unwrap().to_string().expose_secret(),
                "endpoint": hex(device.endpoint().0),
                "certificate": hex(certificate.to_bytes()),
            })
        })
        .collect();
    holds("identity.json", &json!({ "people": made }));
    for person in each(&file::read("identity.json")["people"]) {
        let certificate: Certificate = read(&person["certificate"]);
        assert_eq!(certificate.verify(), Ok(()));
        let root = RootSecret::from_words(person["words"].as_str().unwrap()).unwrap();
        assert_eq!(hex(root.entropy()), person["entropy"]);
        assert_eq!(certificate.root, root.principal());
        let device = DeviceSecrets::from_bytes(&bytes(&person["device_secrets"])).unwrap();
        assert_eq!(certificate.device, device.device());
        assert_eq!(certificate.endpoint, device.endpoint());
    }
}

fn signed(lane: Lane, generation: GenerationId, grant: OpId, who: &Person, seed: u64) -> SignedOpen {
    Open {
        dossier: dossier(),
        compartment: COMPARTMENT,
        generation,
        lane,
        grant,
        device: who.device.device(),
        nonce: Seeded::new(seed).array(),
    }
    .sign(&who.device.signing_key())
}

/// The next item of a chain, sealed under the second epoch when `plain` is to be sealed.
fn next(tip: Tip, kind: Kind, plain: &[u8], who: &Person, seed: u64) -> Item {
    let key = keys().1;
    let (header, body) = match kind {
        Kind::Change | Kind::Record => {
            let len = EpochKey::sealed_len(plain.len()) as u32;
            key.seal_item(tip.next(kind, key.epoch(), len), plain, &mut Seeded::new(seed))
                .unwrap()
        }
        Kind::Operation | Kind::RecordTo => {
            let header = Header {
                hash: blake3(plain),
                ..tip.next(kind, EpochId::default(), plain.len() as u32)
            };
            (header, plain.to_vec())
        }
    };
    Item::sign(header, body, &who.device.signing_key())
}

#[test]
fn chains_of_signed_items() {
    let (lisa, karin) = (person(1), person(2));
    let log = signed(Lane::Log, GenerationId::default(), OpId::OWNER, &lisa, 20);
    let doc = signed(Lane::Doc, GenerationId([0x6e; 32]), OpId([0x67; 32]), &karin, 21);
    let rec = signed(Lane::Rec, GenerationId::default(), OpId([0x67; 32]), &karin, 22);
    let first = next(
        Tip::start(log.open.chain()),
        Kind::Operation,
        &genesis().to_bytes(),
        &lisa,
        0,
    );
    let erase = Operation::Erase {
        item: ItemHash([0x11; 32]),
        at: EraseAt::All,
    };
    let second = next(first.position().into(), Kind::Operation, &erase.to_bytes(), &lisa, 0);
    let change = next(
        Tip::start(doc.open.chain()),
        Kind::Change,
        b"een gepakte wijziging",
        &karin,
        23,
    );
    let record = next(Tip::start(rec.open.chain()), Kind::Record, b"een verslag", &karin, 24);
    let to = next(record.position().into(), Kind::RecordTo, b"an age file", &karin, 0);
    let erased = Item {
        body: None,
        ..next(to.position().into(), Kind::Record, b"weg", &karin, 25)
    };
    let opens: Vec<Value> = [&log, &doc, &rec]
        .map(|signed| json!({ "bytes": hex(signed.to_bytes()), "chain": hex(signed.open.chain().0) }))
        .into();
    let items: Vec<Value> = [
        (0, &first, ""),
        (0, &second, ""),
        (1, &change, "een gepakte wijziging"),
        (2, &record, "een verslag"),
        (2, &to, ""),
        (2, &erased, ""),
    ]
    .map(|(open, item, plain)| {
        json!({
            "open": open,
            "n": item.header.n,
            "header": hex(item.header.to_bytes()),
            "associated_data": hex(item.header.associated_data()),
            "item_hash": hex(item.header.item_hash().0),
            "signature": hex(item.signature),
            "body": item.body.as_ref().map(hex),
            "plain": plain,
        })
    })
    .into();
    holds(
        "chain.json",
        &json!({ "epoch_key": hex(keys().1.as_bytes()), "opens": opens, "items": items }),
    );

    let held = file::read("chain.json");
    let opens: Vec<SignedOpen> = each(&held["opens"]).map(|open| read(&open["bytes"])).collect();
    for (open, value) in opens.iter().zip(each(&held["opens"])) {
        assert_eq!(open.verify(), Ok(()));
        assert_eq!(hex(open.open.chain().0), value["chain"]);
    }
    let key = EpochKey::from_bytes(bytes(&held["epoch_key"]).try_into().unwrap());
    let mut last: Option<Position> = None;
    for value in each(&held["items"]) {
        let open = &opens[value["open"].as_u64().unwrap() as usize].open;
        let item = Item {
            header: read(&value["header"]),
            signature: bytes(&value["signature"]).try_into().unwrap(),
            body: value["body"].is_string().then(|| bytes(&value["body"])),
        };
        assert_eq!(item.verify(open), Ok(()));
        let position = item.position();
        assert_eq!(
            (u64::from(position.n), hex(position.hash.0)),
            (
                value["n"].as_u64().unwrap(),
                value["item_hash"].as_str().unwrap().to_owned()
            )
        );
        if let Some(last) = last.filter(|last| last.chain == position.chain) {
            assert_eq!((item.header.n, item.header.prev), (last.n + 1, last.hash));
        }
        last = Some(position);
        let forged = Item {
            signature: item.signature.map(|byte| byte ^ 1),
            ..item.clone()
        };
        assert!(forged.verify(open).is_err());
        if let (true, Some(body)) = (value["plain"] != "", &item.body) {
            assert_eq!(
                hex(key.open_item(&item.header, body).unwrap()),
                hex(value["plain"].as_str().unwrap())
            );
        }
    }
}

fn operations() -> Vec<(&'static str, Operation)> {
    let (lisa, karin) = (person(1), person(2));
    let (old, new) = keys();
    let mut random = Seeded::new(30);
    let place = |byte: u8, n| Position {
        chain: ChainId([byte; 32]),
        n,
        hash: ItemHash([byte + 1; 32]),
    };
    let holder = new
        .seal_note(COMPARTMENT, "Karin de Wit".as_bytes(), &mut random)
        .unwrap();
    let back = new.back_to(&old, &mut random).unwrap();
    vec![
        ("genesis", genesis()),
        (
            "device, owner's",
            Operation::Device {
                certificate: lisa.certificate,
                holder: None,
            },
        ),
        (
            "device, member's",
            Operation::Device {
                certificate: karin.certificate,
                holder: Some(holder.clone()),
            },
        ),
        (
            "generation",
            Operation::Generation {
                parent: GenerationId::default(),
                base: vec![],
                drop: vec![],
            },
        ),
        (
            "generation with a base",
            Operation::Generation {
                parent: GenerationId([1; 32]),
                base: vec![place(2, 1), place(4, 300)],
                drop: vec![ItemHash([6; 32])],
            },
        ),
        (
            "grant",
            Operation::Grant {
                principal: karin.root.principal(),
                right: Right::Edit,
                since: Since::Now,
                until: Some(1_798_671_600),
                nonce: random.array(),
                record: Some(holder),
            },
        ),
        (
            "grant, to carry",
            Operation::Grant {
                principal: karin.root.principal(),
                right: Right::Relay,
                since: Since::Beginning,
                until: None,
                nonce: random.array(),
                record: Some(Sealed {
                    epoch: EpochId::default(),
                    bytes: vec![],
                }),
            },
        ),
        (
            "revoke",
            Operation::Revoke {
                grant: OpId([7; 32]),
                keep: vec![place(8, 127), place(8, 128)],
            },
        ),
        (
            "cut",
            Operation::Cut {
                device: karin.device.device(),
                keep: vec![],
            },
        ),
        (
            "pin",
            Operation::Pin {
                positions: vec![place(10, 1)],
                snapshot: None,
            },
        ),
        (
            "pin, a checkpoint",
            Operation::Pin {
                positions: vec![],
                snapshot: Some(Snapshot {
                    hash: [12; 32],
                    ops: 20_000,
                    size: 1 << 20,
                    parts: vec![[14; 32], [15; 32]],
                }),
            },
        ),
        (
            "epoch",
            Operation::Epoch {
                parents: vec![old.epoch()],
                closes: vec![OpId([13; 32])],
                commit: new.epoch(),
                back: vec![back],
            },
        ),
        (
            "epoch, from now on",
            Operation::Epoch {
                parents: vec![],
                closes: vec![],
                commit: old.epoch(),
                back: vec![],
            },
        ),
        (
            "erase",
            Operation::Erase {
                item: ItemHash([14; 32]),
                at: EraseAt::All,
            },
        ),
        (
            "erase at others",
            Operation::Erase {
                item: ItemHash([14; 32]),
                at: EraseAt::Others,
            },
        ),
    ]
}

#[test]
fn operations_of_the_consent_log() {
    let made: Vec<Value> = operations()
        .iter()
        .map(|(name, operation)| json!({ "name": name, "bytes": hex(operation.to_bytes()), "id": operation.id().to_hex() }))
        .collect();
    holds("operation.json", &json!({ "operations": made }));
    let held = file::read("operation.json");
    let mut kinds = std::collections::BTreeSet::new();
    for (value, (name, made)) in each(&held["operations"]).zip(operations()) {
        let operation: Operation = read(&value["bytes"]);
        assert_eq!(operation, made, "{name}");
        assert_eq!(operation.id().to_hex(), value["id"]);
        kinds.insert(bytes(&value["bytes"])[0]);
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), (0..=8).collect::<Vec<u8>>());
}

#[test]
fn epoch_keys_and_what_is_sealed_under_them() {
    let (old, new) = keys();
    let mut random = Seeded::new(40);
    let back = new.back_to(&old, &mut random).unwrap();
    let note = new.seal_note(COMPARTMENT, b"{\"v\":1}", &mut random).unwrap();
    holds(
        "epoch.json",
        &json!({
            "old": { "key": hex(old.as_bytes()), "epoch": old.epoch().to_hex() },
            "new": { "key": hex(new.as_bytes()), "epoch": new.epoch().to_hex() },
            "back": { "parent": back.parent.to_hex(), "sealed": hex(back.sealed) },
            "note": { "compartment": hex(COMPARTMENT.0), "bytes": hex(note.to_bytes()), "plain": "{\"v\":1}" },
        }),
    );
    let held = file::read("epoch.json");
    let key = |value: &Value| EpochKey::from_bytes(bytes(&value["key"]).try_into().unwrap());
    let (old, new) = (key(&held["old"]), key(&held["new"]));
    assert_eq!(new.epoch().to_hex(), held["new"]["epoch"]);
    let back = dossier_trust::operation::Back {
        parent: EpochId::from_hex(held["back"]["parent"].as_str().unwrap()).unwrap(),
        sealed: bytes(&held["back"]["sealed"]).try_into().unwrap(),
    };
    assert_eq!(new.open_back(&back).unwrap().as_bytes(), old.as_bytes());
    let note: Sealed = read(&held["note"]["bytes"]);
    let plain = new.open_note(COMPARTMENT, &note).unwrap();
    assert_eq!(String::from_utf8(plain).unwrap(), held["note"]["plain"]);
    assert!(old.open_note(COMPARTMENT, &note).is_err());
}

fn the_record() -> Record {
    let karin = person(2);
    Record::sign(
        dossier(),
        karin.certificate,
        br#"{"type":"seen","target":"g-1","by":null,"date":"2026-11-23","v":1}"#.to_vec(),
        &karin.device.signing_key(),
        &mut Seeded::new(50),
    )
}

fn the_statement() -> Statement {
    Statement {
        deed: Deed::BrokeGlass,
        at_ms: 1_795_000_000_000,
        object: "crisis".to_owned(),
        reason: "bewusteloos".to_owned(),
    }
}

fn the_ticket() -> Ticket {
    Ticket {
        dossier: dossier(),
        inviter: person(1).certificate,
        hints: vec!["192.168.1.7:41000".to_owned(), "[fe80::1]:41000".to_owned()],
        secret: Seeded::new(60).array(),
        terms: blake3(TERMS),
    }
}

fn the_join() -> Join {
    let karin = person(2);
    Join::make(
        &the_ticket(),
        karin.certificate,
        br#"{"name":"Karin de Wit"}"#.to_vec(),
        &karin.device.signing_key(),
        &mut Seeded::new(61),
    )
}

#[test]
fn teams() {
    let (team, karin, joost) = (person(9).root, person(2), person(3));
    let certified = |one: &Person| team.certify(&one.device).unwrap();
    let request = TeamRequest {
        device: karin.certificate.clone(),
        name: "Karin de Wit".into(),
        hints: vec!["192.0.2.7:4433".into()],
    };
    let answer = TeamAnswer {
        team: "Wijkteam Noord".into(),
        device: certified(&karin),
        colleague: certified(&joost),
        hints: Vec::new(),
    };
    let member = |one: &Person, name: &str| Member {
        certificate: certified(one),
        name: name.into(),
    };
    let members = vec![member(&karin, "Karin de Wit"), member(&joost, "Joost")];
    let gone = vec![joost.device.device()];
    let roster = Roster::sign(&team, 2, "Wijkteam Noord".into(), members, gone);
    let greeting = Greeting {
        device: certified(&karin),
        roster: Some(roster.clone()),
        places: vec![(karin.device.device(), vec!["192.0.2.7:4433".into()])],
        covers: vec![Covered {
            dossier: dossier(),
            title: "Dossier van Lisa".into(),
            residents: vec![(person(1).device.device(), vec!["192.0.2.8:4433".into()])],
        }],
    };
    holds(
        "team.json",
        &json!({
            "request": { "bytes": hex(request.to_bytes()), "text": request.to_text(), "code": request.code() },
            "answer": { "bytes": hex(answer.to_bytes()), "text": answer.to_text() },
            "roster": { "bytes": hex(roster.to_bytes()) },
            "greeting": { "bytes": hex(greeting.to_bytes()) },
        }),
    );
    let held = file::read("team.json");
    let asks: TeamRequest = read(&held["request"]["bytes"]);
    assert_eq!(held["request"]["code"], asks.code());
    assert_eq!(read::<TeamAnswer>(&held["answer"]["bytes"]), answer);
    let list: Roster = read(&held["roster"]["bytes"]);
    assert_eq!((list.verify(), list.present().count()), (Ok(()), 1));
    let said: Greeting = read(&held["greeting"]["bytes"]);
    assert!(said.is_of(&team.principal(), &karin.device.endpoint()));
}

#[test]
fn records_statements_and_invitations() {
    let (record, statement, ticket, join) = (the_record(), the_statement(), the_ticket(), the_join());
    holds(
        "contact.json",
        &json!({
            "record": { "bytes": hex(record.to_bytes()), "id": record.id().to_hex() },
            "statement": { "bytes": hex(statement.to_bytes()), "at_ms": statement.at_ms },
            "ticket": {
                "bytes": hex(ticket.to_bytes()),
                "text": ticket.to_text(),
                "hash": hex(ticket.hash()),
                "terms": String::from_utf8_lossy(TERMS),
                "knock": hex(ticket.knock()),
            },
            "join": { "bytes": hex(join.to_bytes()), "code": code(&ticket, &join) },
        }),
    );
    let held = file::read("contact.json");
    let record: Record = read(&held["record"]["bytes"]);
    assert_eq!(record.verify(dossier()), Ok(()));
    assert_eq!(record.id().to_hex(), held["record"]["id"]);
    let statement: Statement = read(&held["statement"]["bytes"]);
    assert_eq!(held["statement"]["at_ms"], statement.at_ms);
    let ticket: Ticket = read(&held["ticket"]["bytes"]);
    assert_eq!(
        Ticket::from_text(held["ticket"]["text"].as_str().unwrap()).as_ref(),
        Ok(&ticket)
    );
    assert_eq!(ticket.check_knock(&bytes(&held["ticket"]["knock"])), Ok(()));
    assert_eq!(
        check_terms(&ticket, held["ticket"]["terms"].as_str().unwrap().as_bytes()),
        Ok(())
    );
    let join: Join = read(&held["join"]["bytes"]);
    assert_eq!(code(&ticket, &join), held["join"]["code"]);
}

/// A record and the devices it was sealed to, as they lie in the age file of a record for a smaller audience.
fn posting() -> Vec<u8> {
    let mut out = Writer::new();
    out.fixed(&the_record().to_bytes());
    out.list(&[person(1), person(2)], |out, person| {
        out.fixed(&person.device.device().0);
    });
    out.finish()
}

#[test]
fn age_files_inside_signed_structures() {
    let held = sealed_once("sealed.json", || {
        let (lisa, karin) = (person(1), person(2));
        let wrapping = [&lisa, &karin].map(|one| one.device.wrapping_recipient().unwrap());
        let place = (dossier(), COMPARTMENT);
        let by = lisa.device.signing_key();
        let (_, key) = keys();
        let wrap = Wrap::make(place, &key, karin.device.device(), &wrapping[1], &by).unwrap();
        let words = lisa.root.recovery_recipient().unwrap();
        let root = DeviceId(lisa.root.principal().0);
        let to_words = Wrap::make(place, &key, root, &words, &by).unwrap();
        let owners = &wrapping[..1];
        let signing = karin.device.signing_key();
        let mut random = Seeded::new(70);
        let receipt = Receipt::make(
            place,
            karin.certificate,
            &the_statement(),
            owners,
            &signing,
            &mut random,
        )
        .unwrap();
        json!({
            "wrap": hex(wrap.to_bytes()),
            "wrap_to_words": hex(to_words.to_bytes()),
            "posting": hex(seal_to(&wrapping, &posting()).unwrap()),
            "receipt": hex(receipt.to_bytes()),
            "join": hex(the_join().seal(&the_ticket()).unwrap()),
        })
    });
    let (lisa, karin) = (person(1), person(2));
    let (hers, his) = (
        lisa.device.wrapping_identity().unwrap(),
        karin.device.wrapping_identity().unwrap(),
    );

    let wrap: Wrap = read(&held["wrap"]);
    assert_eq!(wrap.verify(), Ok(()));
    assert_eq!(
        (wrap.dossier, wrap.compartment, wrap.by),
        (dossier(), COMPARTMENT, lisa.device.device())
    );
    assert_eq!(wrap.open(&his).unwrap().as_bytes(), keys().1.as_bytes());
    assert!(wrap.open(&hers).is_err());
    let to_words: Wrap = read(&held["wrap_to_words"]);
    assert_eq!(to_words.recipient.0, lisa.root.principal().0);
    assert_eq!(
        to_words.open(&lisa.root.age_identity().unwrap()).unwrap().as_bytes(),
        keys().1.as_bytes()
    );

    for identity in [&hers, &his] {
        let plain = open_with(identity, &bytes(&held["posting"]), 1 << 20).unwrap();
        assert_eq!(plain, posting());
        let mut input = Reader::new(&plain);
        assert_eq!(Record::decode(&mut input).unwrap(), the_record());
        let to = input.list(1024, |input| Ok(DeviceId(input.fixed()?))).unwrap();
        assert_eq!(to, [lisa.device.device(), karin.device.device()]);
        assert_eq!(input.end(), Ok(()));
    }
    let receipt: Receipt = read(&held["receipt"]);
    assert_eq!(receipt.verify(), Ok(()));
    assert_eq!(receipt.open(&hers).unwrap(), the_statement());
    let join = Join::open(&bytes(&held["join"]), &the_ticket(), &hers).unwrap();
    assert_eq!(join, the_join());
}

/// Changes of one author: an item, too short to be packed, of a document, then a text that is long enough to be packed.
fn changes() -> Vec<Change> {
    let mut doc =
        AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint).with_actor(ActorId::from(&blake3(b"actor")[..]));
    let at = |time| CommitOptions::default().with_time(time);
    let item = doc.put_object(ROOT, "i/g-1", ObjType::Map).unwrap();
    doc.put(&item, "kind", "goals").unwrap();
    doc.put(&item, "order", 1.5).unwrap();
    doc.commit_with(at(1_795_000_000));
    let why = doc.put_object(&item, "why", ObjType::Text).unwrap();
    doc.splice_text(&why, 0, 0, &"Ik wil één keer per week 👩‍👧 naar buiten. ".repeat(8))
        .unwrap();
    doc.splice_text(&why, 3, 4, "ga").unwrap();
    doc.commit_with(at(1_795_000_060));
    doc.get_changes(&[])
}

#[test]
fn automerge_changes_as_they_are_sealed() {
    let made: Vec<Value> = changes()
        .iter()
        .map(|change| {
            json!({
                "raw": hex(change.raw_bytes()),
                "packed": hex(pack(change.raw_bytes())),
                "hash": hex(change.hash().0),
                "actor": change.actor_id().to_hex_string(),
                "seq": change.seq(),
                "start_op": change.start_op().get(),
                "ops": change.len(),
            })
        })
        .collect();
    holds("change.json", &json!({ "changes": made }));
    let mut index = OpIndex::new();
    let mut doc = Automerge::new();
    let held = file::read("change.json");
    let codecs: Vec<u8> = each(&held["changes"]).map(|value| bytes(&value["packed"])[0]).collect();
    assert_eq!(codecs, [0, 1], "one as it is, one packed");
    for value in each(&held["changes"]) {
        let raw = unpack(&bytes(&value["packed"]), &Limits::SUITE_1).unwrap();
        assert_eq!(hex(&raw), value["raw"]);
        let inspected = inspect(&raw, &Limits::SUITE_1).unwrap();
        assert_eq!(hex(inspected.hash()), value["hash"]);
        assert_eq!(hex(inspected.actor()), value["actor"]);
        assert_eq!(
            (inspected.seq(), inspected.start_op()),
            (value["seq"].as_u64().unwrap(), value["start_op"].as_u64().unwrap())
        );
        assert_eq!(inspected.ops() as u64, value["ops"].as_u64().unwrap());
        index
            .check_and_admit(&inspected, &blake3(b"actor"), inspected.seq())
            .unwrap();
        doc.apply_changes([Change::try_from(raw.as_slice()).unwrap()]).unwrap();
    }
    assert_eq!(doc.map_range(ROOT, ..).count(), 1);
}

/// What a file says of a checkpoint, its parts, and the saved document in them.
fn opened_checkpoint(place: (DossierId, CompartmentId), file: &str) -> (Snapshot, Vec<Vec<u8>>, Vec<u8>) {
    let held = file::read(file);
    let parts: Vec<Vec<u8>> = each(&held["parts"]).map(bytes).collect();
    let named = Snapshot {
        hash: bytes(&held["hash"]).try_into().unwrap(),
        ops: u32::try_from(held["ops"].as_u64().unwrap()).unwrap(),
        size: u32::try_from(held["size"].as_u64().unwrap()).unwrap(),
        parts: parts.iter().map(|part| blake3(part)).collect(),
    };
    let key = EpochKey::from_bytes(bytes(&held["key"]).try_into().unwrap());
    let part = |name: &[u8; 32]| parts.iter().find(|part| blake3(part) == *name).cloned();
    let saved = checkpoint::open(place, &named, part, |epoch| (*epoch == key.epoch()).then_some(&key)).unwrap();
    assert_eq!(hex(&saved), held["saved"]);
    (named, parts, saved)
}

/// The document of [`changes`] as a checkpoint carries it.
#[test]
fn a_checkpoint_and_its_parts() {
    let (_, key) = keys();
    let place = (dossier(), COMPARTMENT);
    let mut doc = AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint);
    doc.apply_changes(changes()).unwrap();
    let saved = doc.save_nocompress();
    let (snapshot, parts) = checkpoint::seal(place, &key, &saved, &mut Seeded::new(60)).unwrap();
    holds(
        "checkpoint.json",
        &json!({
            "dossier": place.0.to_hex(), "compartment": hex(place.1.0), "key": hex(key.as_bytes()),
            "saved": hex(&saved),
            "hash": hex(snapshot.hash), "ops": snapshot.ops, "size": snapshot.size,
            "parts": parts.iter().map(hex).collect::<Vec<_>>(),
        }),
    );
    let (named, parts, opened) = opened_checkpoint(place, "checkpoint.json");
    let part = |name: &[u8; 32]| parts.iter().find(|part| blake3(part) == *name).cloned();
    assert_eq!(opened, saved);
    // As it was packed before, with DEFLATE.
    assert_eq!(opened_checkpoint(place, "checkpoint-deflate.json").2, saved);
    assert_eq!(AutoCommit::load(&opened).unwrap().get_heads(), doc.get_heads());
    // Not in another place, not with one bit changed, not with less in it than the pin says.
    let keys = |epoch: &EpochId| (*epoch == key.epoch()).then_some(&key);
    let elsewhere = (place.0, CompartmentId([9; 32]));
    assert_eq!(
        checkpoint::open(elsewhere, &named, part, keys),
        Err(checkpoint::Unusable::Unopened)
    );
    let changed = |name: &[u8; 32]| {
        part(name).map(|mut part| {
            *part.last_mut().unwrap() ^= 1;
            part
        })
    };
    assert_eq!(
        checkpoint::open(place, &named, changed, keys),
        Err(checkpoint::Unusable::Forged)
    );
    assert_eq!(
        checkpoint::open(place, &named, |_| None, keys),
        Err(checkpoint::Unusable::Missing)
    );
    for (size, hash, why) in [
        (named.size - 1, named.hash, checkpoint::Unusable::TooLarge),
        (named.size + 1, named.hash, checkpoint::Unusable::Forged),
        (named.size, [0; 32], checkpoint::Unusable::Forged),
    ] {
        let other = Snapshot {
            size,
            hash,
            ..named.clone()
        };
        assert_eq!(checkpoint::open(place, &other, part, keys), Err(why));
    }
}
