//! Decoders of the trust crate and of the store.

use arbitrary::Unstructured;
use automerge::{Automerge, Change};
use dossier_model::layout;
use dossier_store::keyfile::{self, KeyFileError};
use dossier_trust::codec::{Canonical, Reader};
use dossier_trust::epoch::{EpochKey, open_with};
use dossier_trust::identity::{Certificate, DeviceSecrets, RootSecret};
use dossier_trust::ids::{ChainId, blake3};
use dossier_trust::introduction::{Introduction, ReturnTicket};
use dossier_trust::invitation::{Join, Ticket};
use dossier_trust::item::{Header, Item, Lane, Open, SignedOpen};
use dossier_trust::operation::Operation;
use dossier_trust::preflight::{Limits, OpIndex, inspect, pack, unpack};
use dossier_trust::receipt::Statement;
use dossier_trust::record::Record;
use dossier_trust::team::{Greeting, Roster, TeamAnswer, TeamRequest};

use crate::shapes::{self, PEOPLE, input, read};
use crate::writer::chunk;

const LIMITS: Limits = Limits::SUITE_1;

/// Opens of chains, and the certificate beside them.
pub fn open(data: &[u8]) {
    if let Some(signed) = input(data, shapes::open) {
        let chain = signed.open.chain();
        assert_eq!(
            read::<Open>(&signed.open.to_bytes()).map(|open| open.chain()),
            Some(chain)
        );
        if signed.verify().is_ok() {
            let other = SignedOpen {
                open: Open {
                    nonce: signed.open.nonce.map(|byte| !byte),
                    ..signed.open
                },
                signature: signed.signature,
            };
            assert!(other.verify().is_err());
        }
    }
    if let Some((0, raw)) = data.split_first() {
        let _ = read::<Certificate>(raw).map(|certificate| certificate.verify());
        let _ = DeviceSecrets::from_bytes(raw);
        let _ = std::str::from_utf8(raw).map(RootSecret::from_words);
    }
}

/// Headers, signatures and bodies of items.
pub fn item(data: &[u8]) {
    let Some(header) = input(data, shapes::header) else {
        return;
    };
    assert!(header.n > 0);
    assert!(header.to_bytes().starts_with(&header.associated_data()));
    let body = data.to_vec();
    let key = EpochKey::from_bytes([7; 32]);
    let _ = key.open_item(&header, &body);
    let who = &PEOPLE[0];
    for lane in [Lane::Log, Lane::Doc, Lane::Rec] {
        let open = Open {
            lane,
            device: who.device.device(),
            ..shapes::open(&mut Unstructured::new(&[])).unwrap().open
        };
        let header = Header {
            chain: open.chain(),
            len: body.len() as u32,
            hash: blake3(&body),
            ..header
        };
        let item = Item::sign(header, body.clone(), &who.device.signing_key());
        let first = header.n != 1 || header.prev.0 == header.chain.0;
        assert_eq!(item.verify(&open).is_ok(), header.kind.lane() == lane && first);
        let elsewhere = Item {
            header: Header {
                chain: ChainId([0; 32]),
                ..header
            },
            ..item.clone()
        };
        assert!(elsewhere.verify(&open).is_err());
        let mut other = item;
        other.body = Some([body.as_slice(), b"."].concat());
        assert!(other.verify(&open).is_err());
    }
}

/// Operations of the consent log.
pub fn operation(data: &[u8]) {
    if let Some(operation) = input(data, shapes::operation) {
        assert_eq!(operation.id().0, blake3(&operation.to_bytes()));
        if let Operation::Device { certificate, .. } = &operation {
            assert!(certificate.verify().is_ok());
        }
    }
}

/// Changes as they are sealed: with the first byte 0 one packed change, else the inside of a chunk, which gets the
/// length and the checksum that it should have, so that the input is not lost on them.
pub fn change(data: &[u8]) {
    let Some((how, rest)) = data.split_first() else {
        return;
    };
    let raw = if *how == 0 {
        let Ok(raw) = unpack(rest, &LIMITS) else { return };
        assert!(raw.len() <= LIMITS.max_bytes);
        raw
    } else {
        chunk(1, rest)
    };
    assert_eq!(
        unpack(&pack(&raw), &LIMITS).as_ref().ok(),
        (raw.len() <= LIMITS.max_bytes).then_some(&raw)
    );
    let Ok(inspected) = inspect(&raw, &LIMITS) else { return };
    assert!(inspected.ops() > 0 && inspected.ops() <= LIMITS.max_ops as usize);
    let mut index = OpIndex::new();
    if index
        .check_and_admit(&inspected, inspected.actor(), inspected.seq())
        .is_err()
    {
        return;
    }
    let change = Change::try_from(raw.as_slice()).expect("admitted, and not a change to Automerge");
    assert_eq!(change.hash().0, inspected.hash());
    assert_eq!(change.raw_bytes(), raw);
    let doc = crate::preflight::unknown::must_be_harmless(&Automerge::new(), &raw, "this change");
    let _ = layout::read(&doc);
}

/// Records.
pub fn record(data: &[u8]) {
    if let Some(record) = input(data, shapes::record)
        && record.verify(record.dossier).is_ok()
    {
        let other = Record {
            content: [record.content.as_slice(), b"."].concat(),
            ..record.clone()
        };
        assert_ne!(other.id(), record.id());
        assert!(other.verify(record.dossier).is_err());
    }
}

fn is_age_file(bytes: &[u8]) {
    let identity = PEOPLE[0].device.wrapping_identity().unwrap();
    for cap in [0, 32, 4096] {
        if let Ok(plain) = open_with(&identity, bytes, cap) {
            assert!(plain.len() <= cap);
        }
    }
}

/// Wrapped keys, and the age files in them.
pub fn wrap(data: &[u8]) {
    if let Some((1, file)) = data.split_first() {
        return is_age_file(file);
    }
    if let Some(wrap) = input(data, shapes::wrap) {
        let _ = wrap.verify();
        let identity = PEOPLE[0].device.wrapping_identity().unwrap();
        if let Ok(key) = wrap.open(&identity) {
            assert_eq!(key.epoch(), wrap.epoch);
        }
    }
}

/// Receipts, and what is said in them.
pub fn receipt(data: &[u8]) {
    if let Some(receipt) = input(data, shapes::receipt) {
        let _ = receipt.verify();
        let _ = receipt.open(&PEOPLE[0].device.wrapping_identity().unwrap());
    }
    let _: Option<Statement> = input(data, shapes::statement);
}

/// Tickets as bytes and as letters, knocks, and how a device comes back.
pub fn ticket(data: &[u8]) {
    if let Some(ticket) = input(data, shapes::ticket) {
        let text = ticket.to_text();
        let read = Ticket::from_text(&text);
        assert_eq!(read.is_ok(), ticket.inviter.verify().is_ok());
        assert_eq!(Ticket::named_by_knock(&ticket.knock()), Ok(ticket.hash()));
        assert_eq!(ticket.check_knock(&ticket.knock()), Ok(()));
        assert!(ticket.check_knock(data).is_err());
    }
    if let Some((0, raw)) = data.split_first() {
        let _ = Ticket::named_by_knock(raw);
        if let Some(introduction) = read::<Introduction>(raw) {
            assert!(Introduction::is_one(raw));
            let _ = introduction.verify();
        }
        let _ = read::<TeamRequest>(raw).map(|request| TeamRequest::from_text(&request.to_text()));
        let _ = read::<TeamAnswer>(raw).map(|answer| TeamAnswer::from_text(&answer.to_text()));
        if let Some(roster) = read::<Roster>(raw) {
            assert!(roster.present().count() <= roster.members.len());
            let _ = roster.verify();
        }
        if let Some(greeting) = read::<Greeting>(raw) {
            assert!(Greeting::is_one(raw) && !Introduction::is_one(raw));
            let _ = greeting.is_of(&greeting.device.root, &greeting.device.endpoint);
        }
        let _ = read::<ReturnTicket>(raw).map(|ticket| ReturnTicket::from_text(&ticket.to_text()));
        if let Ok(text) = std::str::from_utf8(raw)
            && let Ok(ticket) = Ticket::from_text(text)
        {
            let letters: String = text.split_whitespace().collect();
            assert_eq!(ticket.to_text(), letters.to_lowercase());
        }
    }
}

/// Answers to tickets. Inside the seal: whoever has the ticket can seal anything.
pub fn join(data: &[u8]) {
    if let Some((how, rest)) = data.split_first()
        && *how > 0
    {
        let mut u = Unstructured::new(rest);
        let Ok((ticket, join)) = shapes::join(&mut u) else {
            return;
        };
        let mut bytes = join.to_bytes();
        for _ in 0..(how - 1) % 4 {
            shapes::spoil(&mut bytes, &mut u);
        }
        let Some(spoilt) = read::<Join>(&bytes) else { return };
        let Ok(file) = spoilt.seal(&ticket) else { return };
        let inviter = PEOPLE
            .iter()
            .find(|person| person.certificate == ticket.inviter)
            .unwrap();
        let opened = Join::open(&file, &ticket, &inviter.device.wrapping_identity().unwrap());
        assert_eq!(opened.is_ok(), spoilt == join, "{opened:?}");
    } else if let Some((_, raw)) = data.split_first() {
        let _ = read::<Join>(raw);
        let mut input = Reader::new(raw);
        let _ = input.list(16, |input| input.text(64).map(str::to_owned));
    }
}

/// Key files, with little work allowed.
pub fn keyfile(data: &[u8]) {
    if let Err(KeyFileError::TooMuchWork { found }) = keyfile::read(data, "geheim", 4) {
        assert!(found > 4);
    }
}
