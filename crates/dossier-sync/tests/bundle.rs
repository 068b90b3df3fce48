//! Frames in a file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use dossier_sync::bundle::{self, BundleError};
use dossier_sync::protocol::{Loose, Replica, Scope, Shared};
use dossier_trust::identity::{DeviceSecrets, Random};
use dossier_trust::item::{Lane, Tip};
use support::{Memory, device, key};

struct Counting(u8);

impl Random for Counting {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            self.0 = self.0.wrapping_mul(31).wrapping_add(7);
            *byte = self.0;
        }
    }
}

fn filled() -> (Memory, Vec<Shared>) {
    let mut a = Memory::new(1);
    let mut parts = Vec::new();
    for compartment in 1..3 {
        let part = key(1, compartment);
        a.share(device(2), part);
        parts.push(Shared {
            dossier: part.0,
            compartment: part.1,
            scope: Scope::Everything,
        });
        for lane in [Lane::Log, Lane::Doc] {
            let chain = a.open(part, lane);
            for n in 0..400u32 {
                a.write(chain, n.to_be_bytes().repeat(300));
            }
            a.write_at(Tip::start(chain), b"branch".to_vec());
        }
        a.drop_loose(
            part,
            Loose {
                kind: 3,
                about: [1; 32],
                bytes: vec![1, 2, 3],
            },
        );
    }
    (a, parts)
}

#[test]
fn a_bundle_brings_everything_once() {
    let (a, parts) = filled();
    let mut file = Vec::new();
    bundle::write(&a, &parts, &mut file).unwrap();
    let mut b = Memory::new(2);
    let first = bundle::read(&mut b, &mut file.as_slice()).unwrap();
    assert_eq!((first.fresh, first.refused), (2 * (2 * 401 + 1), 0));
    for part in &parts {
        let key = (part.dossier, part.compartment);
        assert_eq!(a.content(&key), b.content(&key));
    }
    let second = bundle::read(&mut b, &mut file.as_slice()).unwrap();
    assert_eq!((second.fresh, second.refused), (0, 0));
}

#[test]
fn half_a_bundle_is_known_to_be_half() {
    let (a, parts) = filled();
    let mut file = Vec::new();
    bundle::write(&a, &parts, &mut file).unwrap();
    for cut in [0, 10, 21, 23, 100, file.len() / 2, file.len() - 1] {
        let mut b = Memory::new(2);
        assert!(bundle::read(&mut b, &mut &file[..cut]).is_err(), "{cut}");
    }
    let mut longer = file.clone();
    longer.push(0);
    let mut b = Memory::new(2);
    assert!(matches!(
        bundle::read(&mut b, &mut longer.as_slice()),
        Err(BundleError::Damaged)
    ));
    assert!(matches!(
        bundle::read(&mut b, &mut &b"something else entirely"[..]),
        Err(BundleError::NotABundle)
    ));
    let mut bomb = file[..21].to_vec();
    bomb.extend([0xff; 8]);
    assert!(matches!(
        bundle::read(&mut b, &mut bomb.as_slice()),
        Err(BundleError::Damaged)
    ));
    let huge: Shared = parts[0].clone();
    assert!(a.scope(&device(2), &huge.dossier, &huge.compartment).unwrap().is_some());
}

#[test]
fn a_sealed_bundle_opens_for_its_recipients_alone_and_says_when_a_byte_was_changed() {
    let (a, parts) = filled();
    let [karin, tim, anna] = [1, 2, 3].map(|seed| DeviceSecrets::generate(&mut Counting(seed)));
    let recipients = [&karin, &tim].map(|one| one.wrapping_recipient().unwrap());
    let mut file = Vec::new();
    bundle::seal(&a, &parts, &recipients, &mut file).unwrap();
    assert!(!support::contains(std::slice::from_ref(&file), &parts[0].dossier.0));
    for who in [&karin, &tim] {
        let mut b = Memory::new(2);
        let identity = who.wrapping_identity().unwrap();
        let arrived = bundle::open(&mut b, &identity, &mut file.as_slice()).unwrap();
        assert_eq!((arrived.fresh, arrived.refused), (2 * (2 * 401 + 1), 0));
    }
    let mut b = Memory::new(2);
    let stranger = bundle::open(&mut b, &anna.wrapping_identity().unwrap(), &mut file.as_slice());
    assert!(matches!(stranger, Err(BundleError::Seal(_))));
    assert_eq!(b.received, 0);

    let identity = karin.wrapping_identity().unwrap();
    for cut in [file.len() - 1, file.len() - 20, file.len() / 2] {
        let half = bundle::open(&mut Memory::new(2), &identity, &mut &file[..cut]);
        assert!(matches!(half, Err(BundleError::Damaged)), "{cut}: {half:?}");
    }
    for at in [file.len() - 1, file.len() / 2] {
        let mut changed = file.clone();
        changed[at] ^= 1;
        let read = bundle::open(&mut Memory::new(2), &identity, &mut changed.as_slice());
        assert!(matches!(read, Err(BundleError::Damaged)), "{at}: {read:?}");
    }
    let mut none = Vec::new();
    assert!(matches!(
        bundle::seal(&a, &parts, &[], &mut none),
        Err(BundleError::Seal(_))
    ));
    assert!(none.is_empty());
}
