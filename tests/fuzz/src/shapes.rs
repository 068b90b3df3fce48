//! Structures that could have been sent, made from the input, and inputs made of them.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::LazyLock;

use arbitrary::{Arbitrary, Result, Unstructured};
use dossier_trust::codec::Canonical;
use dossier_trust::epoch::Wrap;
use dossier_trust::identity::{Certificate, DeviceSecrets, Random, RootSecret};
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, EpochId, GenerationId, ItemHash, PrincipalId};
use dossier_trust::invitation::{Join, Ticket};
use dossier_trust::item::{Header, Kind, Lane, MAX_BODY, Open, Position, SignedOpen};
use dossier_trust::operation::{Back, EraseAt, OpId, Operation, Right, Sealed, Since, Snapshot};
use dossier_trust::receipt::{Deed, Receipt, Statement};
use dossier_trust::record::Record;

/// A stream that is the same every time.
pub struct Seeded(blake3::OutputReader);

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self(blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof())
    }
}

impl Random for Seeded {
    fn fill(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }
}

/// A person whose secrets everybody knows. The first is the one of the test vectors.
pub struct Person {
    pub device: DeviceSecrets,
    pub certificate: Certificate,
}

pub static PEOPLE: LazyLock<[Person; 3]> = LazyLock::new(|| {
    [1, 2, 3].map(|seed| {
        let mut random = Seeded::new(seed);
        let root = RootSecret::from_entropy(random.array());
        let device = DeviceSecrets::generate(&mut random);
        let certificate = root.certify(&device).unwrap();
        Person { device, certificate }
    })
});

/// Reads, and holds the promise that there is one byte form.
pub fn read<T: Canonical>(bytes: &[u8]) -> Option<T> {
    let value = T::from_bytes(bytes).ok()?;
    assert_eq!(value.to_bytes(), bytes, "two byte forms of one value");
    Some(value)
}

/// What an input holds: 0, then bytes as they would arrive; or a number, then what a structure is made of, which is
/// written, changed in as many places (up to three), and read.
pub fn input<T: Canonical + PartialEq + Debug>(
    data: &[u8],
    make: impl FnOnce(&mut Unstructured<'_>) -> Result<T>,
) -> Option<T> {
    let (how, rest) = data.split_first()?;
    if *how == 0 {
        return read(rest);
    }
    let mut u = Unstructured::new(rest);
    let value = make(&mut u).ok()?;
    let mut bytes = value.to_bytes();
    assert_eq!(T::from_bytes(&bytes).as_ref(), Ok(&value), "written and not read");
    let places = (how - 1) % 4;
    if places == 0 {
        return Some(value);
    }
    for _ in 0..places {
        spoil(&mut bytes, &mut u);
    }
    read(&bytes)
}

/// One byte more, less, or another.
pub fn spoil(bytes: &mut Vec<u8>, u: &mut Unstructured<'_>) {
    let at = u.int_in_range(0..=bytes.len()).unwrap_or(0);
    let byte: u8 = u.arbitrary().unwrap_or(0);
    match u.int_in_range(0..=4).unwrap_or(0) {
        0 => bytes.insert(at, byte),
        1 if at < bytes.len() => drop(bytes.remove(at)),
        2 => bytes.truncate(at),
        3 if at < bytes.len() => bytes[at] = byte,
        _ if at < bytes.len() => bytes[at] ^= 1 << (byte % 8),
        _ => bytes.push(byte),
    }
}

/// A name: one of a few, so that names meet, or any.
pub fn name(u: &mut Unstructured<'_>) -> Result<[u8; 32]> {
    Ok(match u.arbitrary::<u8>()? {
        few @ 0..16 => [few; 32],
        _ => u.arbitrary()?,
    })
}

fn person(u: &mut Unstructured<'_>) -> Result<&'static Person> {
    u.choose(PEOPLE.as_slice())
}

/// Some bytes, mostly few.
pub fn some_bytes(u: &mut Unstructured<'_>, most: usize) -> Result<Vec<u8>> {
    let len = match u.arbitrary::<u8>()? {
        255 => most,
        250..255 => u.int_in_range(0..=most)?,
        few => usize::from(few / 8).min(most),
    };
    let mut bytes = vec![u.arbitrary()?; len];
    let known = len.min(u.len());
    u.fill_buffer(&mut bytes[..known])?;
    Ok(bytes)
}

pub fn text(u: &mut Unstructured<'_>, most: usize) -> Result<String> {
    let mut text: String = u.arbitrary()?;
    while text.len() > most {
        text.pop();
    }
    Ok(text)
}

fn set<T: Ord>(u: &mut Unstructured<'_>, mut each: impl FnMut(&mut Unstructured<'_>) -> Result<T>) -> Result<Vec<T>> {
    let count = u.int_in_range(0..=6)?;
    let all: Result<BTreeSet<T>> = (0..count).map(|_| each(u)).collect();
    Ok(all?.into_iter().collect())
}

pub fn open(u: &mut Unstructured<'_>) -> Result<SignedOpen> {
    let lane = *u.choose(&[Lane::Log, Lane::Doc, Lane::Rec])?;
    let who = person(u)?;
    let open = Open {
        dossier: DossierId(name(u)?),
        compartment: CompartmentId(name(u)?),
        generation: if lane == Lane::Doc {
            GenerationId(name(u)?)
        } else {
            GenerationId::default()
        },
        lane,
        grant: OpId(name(u)?),
        device: who.device.device(),
        nonce: u.arbitrary()?,
    };
    Ok(open.sign(&who.device.signing_key()))
}

pub fn header(u: &mut Unstructured<'_>) -> Result<Header> {
    let kind = *u.choose(&[Kind::Operation, Kind::Change, Kind::Record, Kind::RecordTo])?;
    let sealed = matches!(kind, Kind::Change | Kind::Record);
    let mut epoch = [0; 32];
    if sealed {
        epoch = name(u)?;
        epoch[0] = epoch[0].max(1);
    }
    Ok(Header {
        chain: ChainId(name(u)?),
        n: u.arbitrary::<u32>()?.max(1),
        prev: ItemHash(name(u)?),
        kind,
        epoch: EpochId(epoch),
        len: u.int_in_range(0..=MAX_BODY as u32)?,
        hash: name(u)?,
    })
}

fn position(u: &mut Unstructured<'_>) -> Result<Position> {
    Ok(Position {
        chain: ChainId(name(u)?),
        n: u.arbitrary()?,
        hash: ItemHash(name(u)?),
    })
}

fn sealed(u: &mut Unstructured<'_>) -> Result<Sealed> {
    Ok(Sealed {
        epoch: EpochId(name(u)?),
        bytes: some_bytes(u, 16 * 1024)?,
    })
}

fn maybe<T>(u: &mut Unstructured<'_>, each: impl FnOnce(&mut Unstructured<'_>) -> Result<T>) -> Result<Option<T>> {
    if bool::arbitrary(u)? {
        each(u).map(Some)
    } else {
        Ok(None)
    }
}

pub fn operation(u: &mut Unstructured<'_>) -> Result<Operation> {
    Ok(match u.int_in_range(0..=8)? {
        0 => Operation::Genesis {
            root: PrincipalId(name(u)?),
            recovery: name(u)?,
            salt: name(u)?,
        },
        1 => Operation::Device {
            certificate: person(u)?.certificate.clone(),
            holder: maybe(u, sealed)?,
        },
        2 => Operation::Generation {
            parent: GenerationId(name(u)?),
            base: set(u, position)?,
            drop: set(u, |u| name(u).map(ItemHash))?,
        },
        3 => Operation::Grant {
            principal: PrincipalId(name(u)?),
            right: *u.choose(&[Right::Relay, Right::Read, Right::Append, Right::Edit, Right::Manage])?,
            since: *u.choose(&[Since::Beginning, Since::Now])?,
            until: u.arbitrary()?,
            nonce: u.arbitrary()?,
            record: maybe(u, sealed)?,
        },
        4 => Operation::Revoke {
            grant: OpId(name(u)?),
            keep: set(u, position)?,
        },
        5 => Operation::Cut {
            device: DeviceId(name(u)?),
            keep: set(u, position)?,
        },
        6 => Operation::Pin {
            positions: set(u, position)?,
            snapshot: maybe(u, |u| {
                Ok(Snapshot {
                    hash: name(u)?,
                    ops: u.arbitrary()?,
                    size: u.arbitrary()?,
                    parts: (0..u.int_in_range(0..=3)?)
                        .map(|_| name(u))
                        .collect::<arbitrary::Result<_>>()?,
                })
            })?,
        },
        7 => Operation::Epoch {
            parents: set(u, |u| name(u).map(EpochId))?,
            closes: set(u, |u| name(u).map(OpId))?,
            commit: EpochId(name(u)?),
            back: set(u, |u| {
                Ok(Back {
                    parent: EpochId(name(u)?),
                    sealed: u.arbitrary()?,
                })
            })?,
        },
        _ => Operation::Erase {
            item: ItemHash(name(u)?),
            at: *u.choose(&[EraseAt::All, EraseAt::Others])?,
        },
    })
}

pub fn record(u: &mut Unstructured<'_>) -> Result<Record> {
    let who = person(u)?;
    let content = some_bytes(u, 1024)?;
    Ok(Record::sign(
        DossierId(name(u)?),
        who.certificate.clone(),
        content,
        &who.device.signing_key(),
        &mut Seeded::new(u.arbitrary()?),
    ))
}

pub fn wrap(u: &mut Unstructured<'_>) -> Result<Wrap> {
    Ok(Wrap {
        dossier: DossierId(name(u)?),
        compartment: CompartmentId(name(u)?),
        epoch: EpochId(name(u)?),
        recipient: DeviceId(name(u)?),
        by: DeviceId(name(u)?),
        file: some_bytes(u, 1024)?,
        signature: u.arbitrary()?,
    })
}

pub fn statement(u: &mut Unstructured<'_>) -> Result<Statement> {
    Ok(Statement {
        deed: *u.choose(&[Deed::Opened, Deed::Refused, Deed::Removed, Deed::BrokeGlass])?,
        at_ms: u.arbitrary()?,
        object: text(u, 1024)?,
        reason: text(u, 1024)?,
    })
}

pub fn receipt(u: &mut Unstructured<'_>) -> Result<Receipt> {
    Ok(Receipt {
        dossier: DossierId(name(u)?),
        compartment: CompartmentId(name(u)?),
        by: person(u)?.certificate.clone(),
        salt: u.arbitrary()?,
        file: some_bytes(u, 16 * 1024)?,
        signature: u.arbitrary()?,
    })
}

pub fn ticket(u: &mut Unstructured<'_>) -> Result<Ticket> {
    let hints = u.int_in_range(0..=16)?;
    Ok(Ticket {
        dossier: DossierId(name(u)?),
        inviter: person(u)?.certificate.clone(),
        hints: (0..hints).map(|_| text(u, 256)).collect::<Result<_>>()?,
        secret: u.arbitrary()?,
        terms: name(u)?,
    })
}

/// An answer to a ticket, and the ticket.
pub fn join(u: &mut Unstructured<'_>) -> Result<(Ticket, Join)> {
    let ticket = ticket(u)?;
    let who = person(u)?;
    let card = some_bytes(u, 32 * 1024)?;
    let join = Join::make(
        &ticket,
        who.certificate.clone(),
        card,
        &who.device.signing_key(),
        &mut Seeded::new(u.arbitrary()?),
    );
    Ok((ticket, join))
}
