//! A committed conversation and bundles that every later version must take, and the `age` program that opens a bundle
//! without us.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;
#[path = "../../dossier-trust/tests/vectors/file.rs"]
#[allow(dead_code)]
mod vectors;

use std::io::Write;
use std::process::{Command, Stdio};

use age::secrecy::ExposeSecret;
use dossier_sync::bundle;
use dossier_sync::protocol::{Input, Loose, Scope, Session, Shared};
use dossier_trust::identity::DeviceSecrets;
use dossier_trust::item::{Lane, Tip};
use serde_json::json;
use support::{Key, Memory, Wire, device, key};
use vectors::{bytes, each, hex, sealed_once};

fn filled(part: Key) -> Memory {
    let mut memory = Memory::new(1);
    memory.share(device(2), part);
    for lane in [Lane::Log, Lane::Doc, Lane::Rec] {
        let chain = memory.open(part, lane);
        for item in 0..3u8 {
            memory.write(chain, vec![item; 20]);
        }
        if lane == Lane::Doc {
            memory.write_at(Tip::start(chain), b"branch".to_vec());
        }
    }
    memory.drop_loose(
        part,
        Loose {
            kind: 1,
            about: [1; 32],
            bytes: b"loose".to_vec(),
        },
    );
    memory
}

fn parts(part: Key) -> [Shared; 1] {
    [Shared {
        dossier: part.0,
        compartment: part.1,
        scope: Scope::Everything,
    }]
}

/// The reader of the sealed bundle.
fn reader() -> DeviceSecrets {
    DeviceSecrets::from_bytes(&[0x5a; 96]).unwrap()
}

#[test]
fn a_conversation_of_an_earlier_version_is_understood() {
    let part = key(1, 1);
    let a = filled(part);
    let held = sealed_once("conversation.json", || {
        let (mut a, mut b) = (filled(part), Memory::new(2));
        b.share(device(1), part);
        let mut wire = Wire::connect(&mut a, &mut b);
        wire.run(&mut a, &mut b);
        wire.assert_idle();
        json!({ "frames": wire.sent[0].iter().map(hex).collect::<Vec<_>>() })
    });
    let mut b = Memory::new(2);
    b.share(device(1), part);
    let mut session = Session::new(device(2), device(1), 0);
    session.handle(&mut b, Input::Started);
    for frame in each(&held["frames"]) {
        session.handle(&mut b, Input::Frame(&bytes(frame)));
    }
    assert_eq!(b.content(&part), a.content(&part));
    assert_eq!(b.content(&part).len(), 3 + 10 + 1);
}

#[test]
fn a_bundle_of_an_earlier_version_is_taken_and_the_age_program_opens_it() {
    let part = key(1, 1);
    let a = filled(part);
    let identity = reader().wrapping_identity().unwrap();
    let held = sealed_once("bundle.json", || {
        let (mut plain, mut sealed) = (Vec::new(), Vec::new());
        bundle::write(&a, &parts(part), &mut plain).unwrap();
        let recipients = [reader().wrapping_recipient().unwrap()];
        bundle::seal(&a, &parts(part), &recipients, &mut sealed).unwrap();
        json!({
            "device_secrets": hex(reader().to_bytes()),
            "age_secret": identity.to_string().expose_secret(),
            "plain": hex(plain),
            "sealed": hex(sealed),
        })
    });
    let (plain, sealed) = (bytes(&held["plain"]), bytes(&held["sealed"]));
    let mut now = Vec::new();
    bundle::write(&a, &parts(part), &mut now).unwrap();
    assert_eq!(hex(now), hex(&plain));
    let mut b = Memory::new(2);
    assert_eq!(bundle::read(&mut b, &mut plain.as_slice()).unwrap().refused, 0);
    assert_eq!(b.content(&part), a.content(&part));
    let mut c = Memory::new(3);
    assert_eq!(
        bundle::open(&mut c, &identity, &mut sealed.as_slice()).unwrap().refused,
        0
    );
    assert_eq!(c.content(&part), a.content(&part));

    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key.txt");
    std::fs::write(&key, held["age_secret"].as_str().unwrap()).unwrap();
    let mut command = Command::new("age");
    command.arg("--decrypt").arg("--identity").arg(&key);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut program = match command.spawn() {
        Ok(program) => program,
        // `cargo xtask test` installs it, and says so here.
        Err(error) if std::env::var_os("DOSSIER_SET_UP").is_none() => {
            println!("the age program was not asked: {error}");
            return;
        }
        Err(error) => panic!("the age program should be here: {error}"),
    };
    program.stdin.take().unwrap().write_all(&sealed).unwrap();
    let opened = program.wait_with_output().unwrap();
    assert!(opened.status.success());
    assert_eq!(hex(opened.stdout), hex(plain));
}
