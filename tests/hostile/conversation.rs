//! Peers who flood, dawdle, probe and make things up.

use automerge::ActorId;
use dossier_app::contract::Request;
use dossier_model::layout::{self, Edit};
use dossier_sync::driver::JOIN_ALPN;
use dossier_sync::protocol::Loose;
use dossier_trust::codec::{Canonical, Writer as Bytes};
use dossier_trust::epoch::{EpochKey, Wrap};
use dossier_trust::identity::{Certificate, DeviceSecrets, Random, RootSecret};
use dossier_trust::ids::{CompartmentId, DeviceId, DossierId, EpochId};
use dossier_trust::item::{Item, Kind, Lane, Open, SUITE, SignedOpen, Tip};
use dossier_trust::receipt::Receipt;
use ed25519_dalek::Signer;
use serde_json::{Value, json};

use crate::attacker::{Attacker, Dice, INVALID, Line, Pen, QUOTA, Refused, UNWANTED, dial, ended, endpoint};
use crate::scene::{Scene, goes_on, knows, let_in, title, until, waiting};
use crate::world::Person;

/// The other side ended the conversation for cause.
const FOR_CAUSE: u64 = 3;
/// Code of a refusal of something whose ground is not held.
const MISSING: u8 = 0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_22_an_endless_frontier() {
    let scene = Scene::new().await;
    let mut line = Line::dial(&scene.mark, &scene.lisa, scene.lisa_at).await;
    for piece in 0..60u32 {
        let mut out = Bytes::new();
        out.u8(3)
            .fixed(&scene.mark.dossier.0)
            .fixed(&scene.mark.compartment.0)
            .u8(0)
            .u8(1);
        let chains: Vec<u32> = (0..1_000).collect();
        out.list(&chains, |out, at| {
            let mut id = [0; 32];
            id[..4].copy_from_slice(&piece.to_be_bytes());
            id[4..8].copy_from_slice(&at.to_be_bytes());
            out.fixed(&id).u8(1).uint(1).uint(3).fixed(&[1; 32]);
        });
        out.uint(0);
        line.send(&out.finish()).await;
    }
    assert_eq!(ended(&line.connection).await, FOR_CAUSE);
    scene.goes_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_22_endless_questions_and_batches_that_hang_in_the_air() {
    let mut scene = Scene::new().await;
    let (dossier, compartment) = (scene.mark.dossier, scene.mark.compartment);
    for kind in [2u8, 3, 4] {
        let mut line = Line::dial(&scene.mark, &scene.lisa, scene.lisa_at).await;
        let mut out = Bytes::new();
        match kind {
            2 => out.u8(2).u8(1).fixed(&dossier.0).uint(0),
            3 => out
                .u8(3)
                .fixed(&dossier.0)
                .fixed(&compartment.0)
                .u8(1)
                .u8(1)
                .uint(0)
                .uint(0),
            _ => out
                .u8(4)
                .fixed(&dossier.0)
                .fixed(&compartment.0)
                .fixed(&[5; 32])
                .u8(1)
                .uint(0),
        };
        let question = out.finish();
        for _ in 0..3_000 {
            line.send(&question).await;
        }
        assert_eq!(ended(&line.connection).await, FOR_CAUSE, "{kind}");
    }
    let mut line = Line::dial(&scene.mark, &scene.lisa, scene.lisa_at).await;
    let mut pen = scene.mark.pen();
    scene.mark.sealed(&mut pen, b"never sent");
    let orphan = scene.mark.sealed(&mut pen, b"without what it follows");
    let refused = orphans(&mut line, (dossier, compartment), &pen.open, &orphan).await;
    assert!(refused < 300, "an orphan flood goes on");
    assert_eq!(ended(&line.connection).await, FOR_CAUSE);
    for person in scene.honest() {
        assert!(waiting(person).is_empty());
    }
    scene.goes_on().await;
}

/// Batches that are refused until the other side has had enough; how many.
async fn orphans(line: &mut Line, place: (DossierId, CompartmentId), open: &SignedOpen, orphan: &Item) -> u32 {
    let mut count = 0;
    let open = std::slice::from_ref(open);
    let orphan = std::slice::from_ref(orphan);
    while let Some(refused) = line.deliver(place, open, orphan, &[]).await {
        assert_eq!(refused, [(1, MISSING)]);
        count += 1;
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_22_slow_loris() {
    let scene = Scene::new().await;
    // A known device that begins a megabyte and never ends it, and one more that says nothing at all.
    let mut half = Line::dial(&scene.mark, &scene.karin, scene.karin_at).await;
    half.raw(&[0xff, 0xff, 0x3f, 5, 1]).await;
    let silent = Line::silent(&scene.mark, &scene.lisa, scene.lisa_at).await;
    // Strangers at the door who never say what they came for: more than there are places, half a word each.
    let lisa = scene.mark.find(&scene.lisa);
    let mut loiterers = Vec::new();
    let endpoint = endpoint(&[50; 32]).await;
    for _ in 0..20 {
        let connection = dial(&endpoint, &lisa, scene.lisa_at, JOIN_ALPN).await;
        let Ok((mut send, recv)) = connection.open_bi().await else {
            continue;
        };
        let _ = send.write_all(&[0xff, 0xff, 0x03, 1]).await;
        loiterers.push((connection, send, recv));
    }
    scene.goes_on().await;
    let ria = Person::new("Ria Verhagen");
    ria.online().await;
    let hints = [scene.lisa_at.to_string()];
    let_in(&scene.lisa, &hints, &ria, "Ria Verhagen", "aanpassen").await;
    goes_on(&[&scene.lisa, &scene.karin, &ria], &scene.goal).await;
    drop((half, silent, loiterers));
}

fn compartments(person: &Person) -> Vec<Value> {
    let verified = person.ask(Request::Verify);
    let all = verified["compartments"].as_array().unwrap().iter();
    all.map(|one| one["compartment"].clone()).collect()
}

/// A chain in some compartment with one item in it, as well made as can be.
fn made_up(mark: &mut Attacker, compartment: CompartmentId, lane: Lane, kind: Kind) -> (SignedOpen, Item) {
    let open = Open {
        compartment,
        ..mark.open(lane)
    };
    let body = b"what nobody asked for".to_vec();
    let epoch = if kind == Kind::RecordTo {
        EpochId::default()
    } else {
        mark.epoch
    };
    let header = Tip::start(open.chain()).next(kind, epoch, u32::try_from(body.len()).unwrap());
    let header = dossier_trust::item::Header {
        hash: dossier_trust::ids::blake3(&body),
        ..header
    };
    let key = mark.device.signing_key();
    (open.sign(&key), Item::sign(header, body, &key))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_56_guessed_compartments() {
    let mut scene = Scene::new().await;
    let verified = scene.lisa.ask(Request::Verify);
    let money = verified["compartments"].as_array().unwrap().iter();
    let money = money
        .clone()
        .find(|one| one["section"] == "geld" && one["side"] == "wat")
        .unwrap();
    let money = CompartmentId::from_hex(money["compartment"].as_str().unwrap()).unwrap();
    let guesses = [money, CompartmentId([77; 32])];
    let dossier = scene.mark.dossier;
    let before = [compartments(&scene.lisa), compartments(&scene.karin)];

    for (person, at) in [(&scene.lisa, scene.lisa_at), (&scene.karin, scene.karin_at)] {
        let mut line = Line::dial(&scene.mark, person, at).await;
        let mut ask = Bytes::new();
        ask.u8(2).u8(1).fixed(&dossier.0).list(&guesses, |out, guess| {
            out.fixed(&guess.0).fixed(&[0; 32]);
        });
        line.send(&ask.finish()).await;
        let answer = loop {
            let frame = line.hear(2).await.unwrap();
            if frame[1] == 2 {
                break frame;
            }
        };
        assert_eq!(&answer[34..], &[0], "an empty list");
        // What is there and what is not gives the same answer.
        let mut answers = Vec::new();
        for guess in guesses {
            let mut ask = Bytes::new();
            ask.u8(3).fixed(&dossier.0).fixed(&guess.0).u8(1).u8(1).uint(0).uint(0);
            line.send(&ask.finish()).await;
            let answer = loop {
                let frame = line.hear(3).await.unwrap();
                if frame[33..65] == guess.0 {
                    break frame;
                }
            };
            answers.push(answer[65..].to_vec());
        }
        assert_eq!(answers[0], answers[1]);
        assert!(
            !line
                .heard
                .iter()
                .any(|frame| frame[0] != 3 && frame.windows(32).any(|bytes| bytes == money.0))
        );
        // Nor is anything taken for them.
        for guess in guesses {
            for (lane, kind) in [(Lane::Doc, Kind::Change), (Lane::Rec, Kind::RecordTo)] {
                let (open, item) = made_up(&mut scene.mark, guess, lane, kind);
                let refused = line.deliver((dossier, guess), &[open], &[item], &[]).await;
                assert_eq!(refused, Some(vec![(0, UNWANTED), (1, UNWANTED)]));
            }
        }
    }
    assert_eq!([compartments(&scene.lisa), compartments(&scene.karin)], before);
    scene.goes_on().await;
}

/// A key for a device, wrapped so that this device cannot open it.
fn invented(mark: &Attacker, key: &EpochKey, recipient: DeviceId) -> Loose {
    let place = (mark.dossier, mark.compartment);
    let wrapping = mark.device.wrapping_recipient().unwrap();
    let wrap = Wrap::make(place, key, recipient, &wrapping, &mark.device.signing_key()).unwrap();
    Loose {
        kind: 1,
        about: recipient.0,
        bytes: wrap.to_bytes(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_56_an_invented_wrap_keeps_no_key_from_anybody() {
    let scene = Scene::new().await;
    let ria = Person::new("Ria Verhagen");
    ria.online().await;
    let device = ria.ask(Request::Status)["profile"]["device"].clone();
    let device = DeviceId::from_hex(device.as_str().unwrap()).unwrap();
    // Before Ria is let in, there lies a key for her that is none.
    let mut line = Line::dial(&scene.mark, &scene.lisa, scene.lisa_at).await;
    let place = (scene.mark.dossier, scene.mark.compartment);
    let current = scene
        .mark
        .keys
        .iter()
        .find(|key| key.epoch() == scene.mark.epoch)
        .unwrap();
    let loose = invented(&scene.mark, current, device);
    line.deliver(place, &[], &[], &[loose]).await.unwrap();
    let hints = [scene.lisa_at.to_string()];
    let_in(&scene.lisa, &hints, &ria, "Ria Verhagen", "aanpassen").await;
    until(&ria, "the goal", |ria| {
        title(ria, &scene.goal) == json!("Elke week overzicht")
    })
    .await;
    goes_on(&[&scene.lisa, &scene.karin, &ria], &scene.goal).await;
}

/// How many things of a batch were refused with a code.
fn count(refused: &Refused, code: u8) -> usize {
    refused.iter().filter(|(_, why)| *why == code).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_56_ten_thousand_chains() {
    let mut scene = Scene::new().await;
    let place = (scene.mark.dossier, scene.mark.compartment);
    let mut line = Line::dial(&scene.mark, &scene.lisa, scene.lisa_at).await;
    let own: Vec<SignedOpen> = (0..3_000).map(|_| scene.mark.pen().open).collect();
    let refused = line.deliver(place, &own, &[], &[]).await.unwrap();
    assert!(count(&refused, QUOTA) >= own.len() - 1024);
    // And under devices that were made for the purpose.
    let mut dice = Dice::new(8);
    let mut kept = 0;
    for _ in 0..3 {
        let others: Vec<SignedOpen> = (0..2_500)
            .map(|_| {
                let device = DeviceSecrets::generate(&mut dice);
                let open = Open {
                    device: device.device(),
                    ..scene.mark.open(Lane::Doc)
                };
                open.sign(&device.signing_key())
            })
            .collect();
        let refused = line.deliver(place, &others, &[], &[]).await.unwrap();
        assert_eq!(count(&refused, INVALID), 0);
        kept += others.len() - refused.len();
    }
    assert!(kept <= 1024, "{kept} chains of nobody");
    scene.goes_on().await;
    // Who is let in after that has room to write.
    let ria = Person::new("Ria Verhagen");
    ria.online().await;
    let hints = [scene.lisa_at.to_string()];
    let_in(&scene.lisa, &hints, &ria, "Ria Verhagen", "aanpassen").await;
    until(&scene.karin, "Karin hears of Ria", |karin| knows(karin, "Ria Verhagen")).await;
    goes_on(&[&scene.lisa, &scene.karin, &ria], &scene.goal).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_56_work_without_end_by_somebody_who_may_not() {
    let mut scene = Scene::new().await;
    let place = (scene.mark.dossier, scene.mark.compartment);
    let access = scene.lisa.ask(Request::Access { dossier: None });
    let people = access["people"].as_array().unwrap();
    let mark = people.iter().find(|one| one["name"] == "Mark Vos").unwrap();
    let mark = mark["person"].as_str().unwrap().to_owned();
    scene.lisa.ask(Request::Revoke {
        dossier: None,
        person: mark.clone(),
        keep_unseen: false,
    });
    let mut line = Line::dial(&scene.mark, &scene.lisa, scene.lisa_at).await;
    let mut kept = 0;
    for _ in 0..3 {
        // In one chain, and in as many as he likes.
        let mut pen = scene.mark.pen();
        for _ in 0..2 {
            let items: Vec<Item> = (0..500u32)
                .map(|at| scene.mark.sealed(&mut pen, &at.to_be_bytes()))
                .collect();
            let open = std::slice::from_ref(&pen.open);
            let refused = line.deliver(place, open, &items, &[]).await.unwrap();
            assert_eq!(count(&refused, QUOTA), refused.len());
            kept += items.len() - refused.len();
        }
    }
    assert_eq!(kept, 1024);
    assert_eq!(waiting(&scene.lisa).len(), kept, "what was refused is not there");
    let log = scene.lisa.ask(Request::Log {
        dossier: None,
        person: Some(mark),
        since: None,
    });
    let told = log.as_array().unwrap().iter().filter(|one| one["reason"] == "too_much");
    assert_eq!(told.count(), 1, "the resident is told, once");
    scene.goes_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_56_invented_wraps_without_end() {
    let scene = Scene::new().await;
    let place = (scene.mark.dossier, scene.mark.compartment);
    let mut line = Line::dial(&scene.mark, &scene.lisa, scene.lisa_at).await;
    let mut dice = Dice::new(6);
    let wraps: Vec<Loose> = (0..500)
        .map(|_| invented(&scene.mark, &EpochKey::from_bytes(dice.array()), DeviceId(dice.array())))
        .collect();
    let refused = line.deliver(place, &[], &[], &wraps).await.unwrap();
    assert_eq!(
        refused.len(),
        wraps.len(),
        "nobody but who may let others in makes wraps"
    );
    scene.goes_on().await;
}

/// How often somebody's log says that too much of a person's was sent.
fn told_of_too_much(of: &Person, name: &str) -> usize {
    let access = of.ask(Request::Access { dossier: None });
    let people = access["people"].as_array().unwrap();
    let person = people.iter().find(|one| one["name"] == name).unwrap();
    let log = of.ask(Request::Log {
        dossier: None,
        person: Some(person["person"].as_str().unwrap().to_owned()),
        since: None,
    });
    let lines = log.as_array().unwrap().iter();
    lines.filter(|one| one["reason"] == "too_much").count()
}

/// A receipt as well signed as can be, with this many bytes that nobody opens.
fn receipt(place: (DossierId, CompartmentId), by: &DeviceSecrets, certificate: &Certificate, salt: u32) -> Loose {
    let mut salted = [0; 16];
    salted[..4].copy_from_slice(&salt.to_be_bytes());
    let unsigned = Receipt {
        dossier: place.0,
        compartment: place.1,
        by: certificate.clone(),
        salt: salted,
        file: vec![7; 16_000],
        signature: [0; 64],
    };
    let bytes = unsigned.to_bytes();
    assert_eq!(bytes[0], SUITE);
    let mut purposed = Bytes::new();
    purposed
        .fixed(b"keukentafel/1/")
        .bytes(b"receipt")
        .fixed(&bytes[..bytes.len() - 64]);
    let signed = Receipt {
        signature: by.signing_key().sign(&purposed.finish()).to_bytes(),
        ..unsigned
    };
    signed.verify().unwrap();
    Loose {
        kind: 2,
        about: certificate.device.0,
        bytes: signed.to_bytes(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_56_receipts_without_end() {
    let scene = Scene::new().await;
    let place = (scene.mark.dossier, scene.mark.compartment);
    let mut line = Line::dial(&scene.mark, &scene.lisa, scene.lisa_at).await;
    let mut dice = Dice::new(9);
    // By devices that were made for the purpose.
    let made_up: Vec<Loose> = (0..20)
        .map(|salt| {
            let root = RootSecret::from_entropy(dice.array());
            let device = DeviceSecrets::generate(&mut dice);
            let certificate = root.certify(&device).unwrap();
            receipt(place, &device, &certificate, salt)
        })
        .collect();
    let refused = line.deliver(place, &[], &[], &made_up).await.unwrap();
    assert_eq!(count(&refused, UNWANTED), made_up.len());
    // By one that was let in.
    let own = scene.mark.known.iter();
    let own = own
        .clone()
        .find(|one| one.device == scene.mark.device.device())
        .unwrap();
    let (mut kept, mut full) = (0, 0);
    for batch in 0..20 {
        let receipts: Vec<Loose> = (0..60)
            .map(|at| receipt(place, &scene.mark.device, own, batch * 60 + at))
            .collect();
        let refused = line.deliver(place, &[], &[], &receipts).await.unwrap();
        assert_eq!(count(&refused, QUOTA), refused.len());
        kept += receipts.iter().map(|one| one.bytes.len()).sum::<usize>() * (60 - refused.len()) / 60;
        full += refused.len();
    }
    assert!(kept <= (16 << 20) + 20_000, "{kept} bytes of receipts");
    assert!(full > 100);
    // What is here already is not refused when it comes again.
    let first = receipt(place, &scene.mark.device, own, 0);
    assert!(line.deliver(place, &[], &[], &[first]).await.unwrap().is_empty());
    assert_eq!(told_of_too_much(&scene.lisa, "Mark Vos"), 1);
    scene.goes_on().await;
}

/// A title for the goal, written by Mark on the plan as he has it and on what else he wrote.
fn titled(scene: &mut Scene, pen: &mut Pen, on: &mut automerge::AutoCommit, title: &str) -> Item {
    on.set_actor(ActorId::from(pen.actor().as_slice()));
    let edit = Edit::Set {
        id: scene.goal.clone(),
        path: vec!["title".into()],
        value: json!(title),
    };
    let written = layout::apply(on, &[edit], 0).unwrap().remove(0);
    scene.mark.change(pen, &written.bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_56_what_never_counts_without_end_by_somebody_who_may_write() {
    let mut scene = Scene::new().await;
    let place = (scene.mark.dossier, scene.mark.compartment);
    let mut line = Line::dial(&scene.mark, &scene.lisa, scene.lisa_at).await;
    let mut kept = 0;
    for round in 0..6 {
        let mut pen = scene.mark.pen();
        let items: Vec<Item> = (0..400u32)
            .map(|at| scene.mark.sealed(&mut pen, &at.to_be_bytes()))
            .collect();
        let open = std::slice::from_ref(&pen.open);
        let refused = line.deliver(place, open, &items, &[]).await.unwrap();
        let whole = if round < 3 { 0 } else { items.len() };
        assert_eq!(refused.len(), whole, "round {round}: what never counts has room once");
        kept += items.len() - refused.len();
    }
    assert_eq!(waiting(&scene.lisa).len(), kept, "what was refused is not there");
    assert_eq!(told_of_too_much(&scene.lisa, "Mark Vos"), 1);
    // What he writes as he should is taken all the same, and so is what rests on work that is still on its way.
    let mut doc = scene.mark.doc();
    let (mut early, mut late) = (scene.mark.pen(), scene.mark.pen());
    let first = titled(&mut scene, &mut early, &mut doc, "Eerst dit");
    let second = titled(&mut scene, &mut late, &mut doc, "En dan dit");
    for (pen, item) in [(&late, second), (&early, first)] {
        let open = std::slice::from_ref(&pen.open);
        let refused = line.deliver(place, open, &[item], &[]).await.unwrap();
        assert_eq!(refused, []);
    }
    until(&scene.karin, "what Mark wrote", |karin| {
        title(karin, &scene.goal) == json!("En dan dit")
    })
    .await;
    scene.goes_on().await;
}
