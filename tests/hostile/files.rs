//! Peers who ask for files that are not theirs, or give what was not asked for.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dossier_app::attachments::Attach;
use dossier_app::contract::{Invite, Request};
use dossier_exchange::demo;
use dossier_store::{Store, keyfile};
use dossier_sync::protocol::{ALPN, FileAnswer, FileId, FileQuestion, PIECE_BYTES, Piece, VERSION};
use dossier_trust::codec::{Canonical, Writer as Bytes};
use dossier_trust::identity::DeviceSecrets;
use dossier_trust::ids::EndpointKey;
use dossier_trust::item::SUITE;
use iroh::endpoint::{Connection, RecvStream, SendStream};
use iroh::{Endpoint, EndpointAddr, EndpointId};
use serde_json::json;
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};

use crate::attacker::{Dice, ended, endpoint, framed, read_frame};
use crate::scene::{Scene, until};
use crate::world::{PASSPHRASE, PATIENCE, Person, add, admit, invite, settle};

/// The other side ended the conversation for cause.
const FOR_CAUSE: u64 = 3;

/// A device that speaks of files by hand.
struct Hand {
    connection: Connection,
    ask: SendStream,
    answers: RecvStream,
    _items: SendStream,
    _endpoint: Endpoint,
}

impl Hand {
    async fn reach(device: &DeviceSecrets, to: EndpointKey, at: SocketAddr) -> Self {
        let endpoint = endpoint(device.transport()).await;
        let address = EndpointAddr::new(EndpointId::from_bytes(&to.0).unwrap()).with_ip_addr(at);
        let connection = timeout(PATIENCE, endpoint.connect(address, ALPN))
            .await
            .unwrap()
            .unwrap();
        let (mut items, mut heard) = connection.open_bi().await.unwrap();
        let mut hello = Bytes::new();
        hello.u8(0).u8(VERSION).u8(SUITE).fixed(&device.device().0);
        items.write_all(&framed(&hello.finish())).await.unwrap();
        items.write_all(&framed(&[1, 0])).await.unwrap();
        tokio::spawn(async move { while read_frame(&mut heard).await.is_some() {} });
        let (mut ask, answers) = connection.open_bi().await.unwrap();
        ask.write_all(&framed(&FileQuestion::Open.to_bytes())).await.unwrap();
        Self {
            connection,
            ask,
            answers,
            _items: items,
            _endpoint: endpoint,
        }
    }

    async fn say(&mut self, question: &FileQuestion) {
        // The other side may have ended it.
        let _ = self.ask.write_all(&framed(&question.to_bytes())).await;
    }

    async fn piece(&mut self, id: &str, offset: u64) -> Option<Piece> {
        let id = file_id(id);
        self.say(&FileQuestion::Piece { number: 7, id, offset }).await;
        loop {
            let frame = timeout(PATIENCE, read_frame(&mut self.answers)).await.unwrap().unwrap();
            match FileAnswer::from_bytes(&frame).unwrap() {
                FileAnswer::None { number: 7 } => return None,
                FileAnswer::Piece { number: 7, piece } => return Some(piece),
                FileAnswer::Look => {}
                other @ (FileAnswer::None { .. } | FileAnswer::Piece { .. }) => panic!("not the answer: {other:?}"),
            }
        }
    }

    /// What the other side asks comes here.
    async fn asked(&self) -> Asked {
        let (answer, questions) = timeout(PATIENCE, self.connection.accept_bi()).await.unwrap().unwrap();
        let mut asked = Asked { answer, questions };
        assert_eq!(asked.next().await, FileQuestion::Open);
        asked
    }
}

/// The side that may give.
struct Asked {
    answer: SendStream,
    questions: RecvStream,
}

impl Asked {
    async fn next(&mut self) -> FileQuestion {
        let frame = timeout(PATIENCE, read_frame(&mut self.questions))
            .await
            .unwrap()
            .unwrap();
        FileQuestion::from_bytes(&frame).unwrap()
    }

    async fn say(&mut self, answer: &FileAnswer) {
        // The other side may have ended it.
        let _ = self.answer.write_all(&framed(&answer.to_bytes())).await;
    }

    /// Has the other side look, and waits until it asks for a piece of this file: from which byte on.
    async fn wanted(&mut self, file: &str) -> (u32, u64) {
        self.say(&FileAnswer::Look).await;
        loop {
            match self.next().await {
                FileQuestion::Piece { number, id, offset } => {
                    assert_eq!(id, file_id(file));
                    return (number, offset);
                }
                FileQuestion::Content { .. } => self.say(&FileAnswer::Look).await,
                FileQuestion::Open => panic!("opened twice"),
            }
        }
    }

    async fn give(&mut self, number: u32, total: u64, bytes: &[u8]) {
        let piece = Piece {
            total,
            bytes: bytes.to_vec(),
        };
        self.say(&FileAnswer::Piece { number, piece }).await;
    }
}

/// The bytes that an id stands for.
fn file_id(id: &str) -> FileId {
    FileId(dossier_trust::ids::ItemHash::from_hex(id).unwrap().0)
}

fn folder(person: &Person) -> PathBuf {
    person.folder.path().join("attachments")
}

fn held(person: &Person) -> Vec<String> {
    let entries = fs::read_dir(folder(person)).into_iter().flatten();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn is_here(person: &Person, id: &str) -> bool {
    folder(person).join(id).exists()
}

/// Puts a file of so many bytes with an item, or makes a letter of it.
fn attach(person: &Person, out: &Path, item: Option<&str>, bytes: usize) -> String {
    let path = out.join("brief.bin");
    let mut dice = Dice::new(bytes as u64);
    fs::write(&path, (0..bytes).map(|_| dice.below(256) as u8).collect::<Vec<_>>()).unwrap();
    let added = person.ask(Request::Attach(Attach {
        dossier: None,
        item: item.map(str::to_owned),
        title: None,
        from: Some(path.to_str().unwrap().into()),
    }));
    added["id"].as_str().unwrap().to_owned()
}

/// Stops somebody's program and takes its keys, and the key of the only peer that it knows.
async fn keys(person: Person) -> (DeviceSecrets, EndpointKey) {
    let folder = person.stop().await;
    let key = keyfile::open(&folder.path().join("key.age"), PASSPHRASE).unwrap();
    let store = Store::open(folder.path(), &key).unwrap();
    let device = DeviceSecrets::from_bytes(&store.meta("device").unwrap().unwrap()).unwrap();
    (device, store.peers().unwrap()[0].endpoint)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_goes_to_whoever_reads_what_names_it_and_to_nobody_else() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    let out = TempDir::new().unwrap();
    let files = [
        // The plan.
        attach(&lisa, out.path(), Some("g-1"), 300_000),
        // A letter that goes to whoever reads the letters and the money.
        attach(&lisa, out.path(), Some("doc-1"), 301_000),
        // One for whoever reads the letters.
        attach(&lisa, out.path(), None, 302_000),
        // An appointment of the children, of which some see that it is there.
        attach(&lisa, out.path(), Some("v-7"), 303_000),
    ];
    let theirs = [
        ("karin", [true, false, false, true]),
        ("joop", [false, false, true, false]),
        ("rik", [false; 4]),
        ("noor", [false; 4]),
    ];
    let guests = theirs.map(|(name, _)| (name, Person::new(name)));
    for (name, guest) in &guests {
        guest.online().await;
        invite(&lisa, &hints, guest, &format!("p-{name}")).await;
    }
    let all: Vec<&Person> = std::iter::once(&lisa)
        .chain(guests.iter().map(|(_, guest)| guest))
        .collect();
    settle(&all).await;
    for ((name, may), (_, guest)) in theirs.iter().zip(&guests) {
        for (id, may) in files.iter().zip(may) {
            assert_eq!(is_here(guest, id), *may, "{name}");
        }
        assert_eq!(held(guest).len(), may.iter().filter(|may| **may).count(), "{name}");
    }

    // The same with every name known, by hand.
    let at = hints[0].parse().unwrap();
    let guessed = "77".repeat(32);
    let mut hands = Vec::new();
    for ((name, may), (_, guest)) in theirs.into_iter().zip(guests) {
        let (device, to) = keys(guest).await;
        let mut hand = Hand::reach(&device, to, at).await;
        for (id, may) in files.iter().zip(may) {
            let piece = hand.piece(id, 0).await;
            assert_eq!(piece.is_some(), may, "{name}");
            if let Some(piece) = piece {
                let sealed = fs::read(folder(&lisa).join(id)).unwrap();
                assert_eq!(
                    (piece.total, &piece.bytes[..]),
                    (sealed.len() as u64, &sealed[..PIECE_BYTES])
                );
            }
        }
        assert_eq!(hand.piece(&guessed, 0).await, None);
        hands.push((name, hand));
    }

    // Access ends in the middle of a file: not a piece more, on this connection or another.
    for (name, hand) in &mut hands {
        lisa.ask(Request::Revoke {
            dossier: None,
            person: format!("p-{name}"),
            keep_unseen: false,
        });
        for id in &files {
            for offset in [0, PIECE_BYTES as u64] {
                assert_eq!(hand.piece(id, offset).await, None, "{name}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_bytes_than_those_that_were_asked_for_are_not_kept_and_what_was_cut_off_goes_on() {
    let scene = Scene::new().await;
    let (lisa, karin, mark) = (&scene.lisa, &scene.karin, &scene.mark);
    let out = TempDir::new().unwrap();
    let id = attach(karin, out.path(), Some(&scene.goal), 700_000);
    until(lisa, "the file", |lisa| is_here(lisa, &id)).await;
    // Karin is away, and the file is lacking again.
    karin.app.offline().await;
    let path = folder(lisa).join(&id);
    let right = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let total = right.len() as u64;
    let half = folder(lisa).join(format!("half-{id}"));
    let to = mark.find(lisa).endpoint;

    let hand = Hand::reach(&mark.device, to, scene.lisa_at).await;
    let mut asked = hand.asked().await;
    let (number, offset) = asked.wanted(&id).await;
    assert_eq!(offset, 0);
    asked.give(number, total, &right[..PIECE_BYTES]).await;
    assert_eq!(asked.wanted(&id).await.1, PIECE_BYTES as u64);
    hand.connection.close(0u32.into(), b"");
    assert_eq!(fs::metadata(&half).unwrap().len(), PIECE_BYTES as u64);

    // It goes on where it was, not a byte twice.
    let hand = Hand::reach(&mark.device, to, scene.lisa_at).await;
    let mut asked = hand.asked().await;
    let (number, offset) = asked.wanted(&id).await;
    assert_eq!(offset, PIECE_BYTES as u64);
    // A file that is longer than its item says: nothing is kept, and it begins again.
    asked.give(number, 200_000_000_000, &right[..9]).await;
    let FileQuestion::Piece { number, offset: 0, .. } = asked.next().await else {
        panic!("it did not begin again");
    };
    // As long as the right one, and another.
    let mut number = number;
    for piece in vec![9; right.len()].chunks(PIECE_BYTES) {
        asked.give(number, total, piece).await;
        if let FileQuestion::Piece { number: next, .. } = asked.next().await {
            number = next;
        }
    }
    // Whoever did that is not asked for it again.
    asked.say(&FileAnswer::Look).await;
    assert!(matches!(asked.next().await, FileQuestion::Content { .. }));
    assert_eq!(held(lisa), Vec::<String>::new());

    hand.connection.close(0u32.into(), b"");
    karin.online().await;
    until(lisa, "the right file", |lisa| is_here(lisa, &id)).await;
    assert_eq!(fs::read(&path).unwrap(), right);
    scene.goes_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_asked_for_ends_the_conversation() {
    let scene = Scene::new().await;
    let to = scene.mark.find(&scene.lisa).endpoint;
    let piece = FileAnswer::Piece {
        number: 0,
        piece: Piece {
            total: 1 << 40,
            bytes: vec![7; PIECE_BYTES],
        },
    };
    let endless = [&[0xff, 0xff, 0x7f][..], &[1; 4096]].concat();
    let answers = [framed(&piece.to_bytes()), framed(&[9]), endless.clone()];
    for bytes in answers {
        let hand = Hand::reach(&scene.mark.device, to, scene.lisa_at).await;
        let mut asked = hand.asked().await;
        for _ in 0..20 {
            let _ = asked.answer.write_all(&bytes).await;
        }
        assert_eq!(ended(&hand.connection).await, FOR_CAUSE);
    }
    for bytes in [framed(&FileQuestion::Open.to_bytes()), framed(&[9]), endless] {
        let mut hand = Hand::reach(&scene.mark.device, to, scene.lisa_at).await;
        let _ = hand.ask.write_all(&bytes).await;
        assert_eq!(ended(&hand.connection).await, FOR_CAUSE);
    }
    assert_eq!(held(&scene.lisa), Vec::<String>::new());
    scene.goes_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_guesses_learn_nothing_and_hold_up_nobody() {
    let scene = Scene::new().await;
    let to = scene.mark.find(&scene.lisa).endpoint;
    let mut hand = Hand::reach(&scene.mark.device, to, scene.lisa_at).await;
    let begun = Instant::now();
    let asking = tokio::spawn(async move {
        let mut dice = Dice::new(5);
        for number in 0..10_000 {
            let id = FileId(std::array::from_fn(|_| dice.below(256) as u8));
            hand.say(&FileQuestion::Piece { number, id, offset: 0 }).await;
        }
        hand
    });
    scene.goes_on().await;
    sleep(Duration::from_secs(1)).await;
    let hand = timeout(PATIENCE, asking).await.unwrap().unwrap();
    let (mut answers, mut said) = (hand.answers, 0u128);
    while let Ok(Some(frame)) = timeout(Duration::from_millis(200), read_frame(&mut answers)).await {
        match FileAnswer::from_bytes(&frame).unwrap() {
            FileAnswer::None { .. } => said += 1,
            FileAnswer::Look => {}
            FileAnswer::Piece { .. } => panic!("a guess was right"),
        }
        if said > 50 {
            break;
        }
    }
    // Each takes its time, whoever asks.
    assert!(
        said <= begun.elapsed().as_millis() / 20 + 1,
        "{said} in {:?}",
        begun.elapsed()
    );
    assert!(said > 5);
    assert_eq!(scene.lisa.ask(Request::Verify)["ok"], json!(true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_only_what_was_before_names_goes_to_nobody_who_was_let_in_from_now_on() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    let karin = Person::new("karin");
    karin.online().await;
    let invitation = |name: &str, grant: &str, from_now| Invite {
        name: Some(name.to_owned()),
        grants: vec![grant.to_owned()],
        hints: hints.clone(),
        from_now,
        ..Invite::default()
    };
    admit(&lisa, &karin, invitation("karin", "plan=aanvullen", false), "karin").await;
    let action = karin.ask(add("plan", "actions", json!({"text": "Samen kijken"})));
    let out = TempDir::new().unwrap();
    let files = [
        // It stands there.
        attach(&lisa, out.path(), Some("g-1"), 300_000),
        // It stood there.
        attach(&lisa, out.path(), Some("g-2"), 301_000),
        // A proposal of before.
        attach(&karin, out.path(), action["ids"][0].as_str(), 302_000),
    ];
    lisa.ask(Request::ItemRemove {
        dossier: String::new(),
        id: "g-2".into(),
    });
    settle(&[&lisa, &karin]).await;
    settle(&[&lisa, &karin]).await;
    assert!(is_here(&lisa, &files[2]));
    let theirs = [
        ("sara", true, [true, false, false]),
        ("mia", false, [true, false, true]),
    ];
    let at = hints[0].parse().unwrap();
    for (name, from_now, may) in theirs {
        let guest = Person::new(name);
        guest.online().await;
        admit(&lisa, &guest, invitation(name, "plan=zien", from_now), name).await;
        settle(&[&lisa, &guest]).await;
        settle(&[&lisa, &guest]).await;
        for (id, may) in files.iter().zip(may) {
            assert_eq!(is_here(&guest, id), may, "{name}");
        }
        let (device, to) = keys(guest).await;
        let mut hand = Hand::reach(&device, to, at).await;
        for (id, may) in files.iter().zip(may) {
            assert_eq!(hand.piece(id, 0).await.is_some(), may, "{name}, by hand");
        }
    }
}
