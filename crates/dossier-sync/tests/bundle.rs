//! Frames in a file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use dossier_sync::bundle::{self, BundleError};
use dossier_sync::protocol::{Loose, Replica, Scope, Shared};
use dossier_trust::item::{Lane, Tip};
use support::{Memory, device, key};

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
