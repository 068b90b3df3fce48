//! Files that travel: small ones by themselves, large ones when somebody asks, from whoever has them to whoever may.

use std::fs;
use std::path::Path;
use std::time::Duration;

use dossier_app::attachments::{AttachmentFetch, SMALL};
use dossier_app::contract::{Event, FaultCode, Invite, Request};
use dossier_exchange::demo;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Handle;

use crate::attachments::{attach, save};
use crate::leaving::names;
use crate::world::{PATIENCE, Person, admit, settle};

async fn guest(owner: &Person, hints: &[String], name: &str) -> Person {
    let guest = Person::new(name);
    guest.online().await;
    let invitation = Invite {
        name: Some(name.into()),
        grants: vec!["plan=zien".into()],
        hints: hints.to_vec(),
        ..Invite::default()
    };
    admit(owner, &guest, invitation, name).await;
    guest
}

/// What a reader is told of the only file of the first goal.
fn told(person: &Person) -> Value {
    let files = person.ask(Request::Attachments {
        dossier: None,
        item: "g-1".into(),
    });
    assert_eq!(files.as_array().unwrap().len(), 1);
    files[0].clone()
}

fn fetch(id: &str) -> Request {
    Request::AttachmentFetch(AttachmentFetch {
        dossier: None,
        item: "g-1".into(),
        attachment: id.into(),
    })
}

fn sealed(person: &Person, id: &str) -> std::path::PathBuf {
    person.folder.path().join("attachments").join(id)
}

fn held(person: &Person) -> Vec<String> {
    names(&person.folder.path().join("attachments")).into_iter().collect()
}

/// A file of so many bytes, no two pieces of it alike.
fn file(folder: &Path, name: &str, bytes: usize) -> std::path::PathBuf {
    let path = folder.join(name);
    let content: Vec<u8> = (0..bytes as u32 / 4 + 1)
        .flat_map(u32::to_le_bytes)
        .take(bytes)
        .collect();
    fs::write(&path, content).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_of_a_letter_comes_by_itself_and_a_large_file_when_somebody_asks() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    let karin = guest(&lisa, &hints, "Karin de Wit").await;
    let out = TempDir::new().unwrap();
    let photo = file(out.path(), "brief.bin", 700_001);
    lisa.ask(attach(&photo, Some("g-1")));
    settle(&[&lisa, &karin]).await;
    let shown = told(&karin);
    assert_eq!((&shown["here"], &shown["by"]), (&json!(true), &json!("Lisa Verhagen")));
    assert_eq!(told(&lisa)["by"], json!(null));
    let id = shown["id"].as_str().unwrap();
    assert_eq!(
        fs::read(sealed(&karin, id)).unwrap(),
        fs::read(sealed(&lisa, id)).unwrap()
    );
    let back = out.path().join("terug.bin");
    karin.ask(save("g-1", id, &back));
    assert_eq!(fs::read(&back).unwrap(), fs::read(&photo).unwrap());

    // Above ten megabytes it waits.
    lisa.set("g-1", json!({"attachments": []}));
    let film = file(out.path(), "film.bin", 60_000_000);
    assert!(fs::metadata(&film).unwrap().len() > SMALL);
    lisa.ask(attach(&film, Some("g-1")));
    settle(&[&lisa, &karin]).await;
    let shown = told(&karin);
    assert_eq!((&shown["here"], &shown["coming"]), (&json!(false), &json!(false)));
    assert_eq!(shown["by"], json!("Lisa Verhagen"), "it is still with her");
    let id = shown["id"].as_str().unwrap();
    assert_eq!(karin.refused(save("g-1", id, &back)).code, FaultCode::NotFound);

    // Stopped on the way it leaves nothing; asked again it comes.
    let mut events = karin.app.subscribe();
    let (app, runtime, wanted) = (karin.app.clone(), Handle::current(), fetch(id));
    let asking = std::thread::spawn(move || {
        let _in = runtime.enter();
        app.request(wanted).unwrap()
    });
    while !matches!(events.recv().await.unwrap(), Event::Working { .. }) {}
    assert_eq!(told(&karin)["coming"], json!(true));
    karin.ask(Request::WorkStop);
    assert_eq!(asking.join().unwrap(), json!(null));
    assert!(!held(&karin).iter().any(|name| name.contains(id)), "{:?}", held(&karin));
    assert_eq!(karin.ask(fetch(id))["here"], json!(true));
    karin.ask(save("g-1", id, &back));
    assert_eq!(fs::read(&back).unwrap(), fs::read(&film).unwrap());

    // Nobody is there who has it.
    fs::remove_file(sealed(&karin, id)).unwrap();
    lisa.app.offline().await;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let fault = karin.refused(fetch(id));
        assert_eq!(fault.code, FaultCode::NotReachable);
        if fault.detail.as_deref() == Some("attachment_elsewhere") {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_comes_through_a_third_reader_while_whoever_added_it_is_away() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    let karin = guest(&lisa, &hints, "Karin de Wit").await;
    let samira = guest(&lisa, &hints, "Samira Aydin").await;
    settle(&[&lisa, &karin, &samira]).await;
    let out = TempDir::new().unwrap();
    let samira_folder = samira.stop().await;
    lisa.ask(attach(&file(out.path(), "brief.bin", 300_000), Some("g-1")));
    settle(&[&lisa, &karin]).await;
    let id = told(&karin)["id"].as_str().unwrap().to_owned();
    // Karin is away now, and Lisa's copy of the file is gone: the item is all that she hands on.
    karin.app.offline().await;
    let elsewhere = out.path().join("weg");
    fs::rename(sealed(&lisa, &id), &elsewhere).unwrap();
    let samira = Person::start(samira_folder).await;
    samira.online().await;
    settle(&[&samira]).await;
    assert_eq!(told(&samira)["here"], json!(false));
    // Karin brings it back to Lisa, and Samira hears of that.
    karin.online().await;
    settle(&[&karin, &lisa, &samira]).await;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while told(&samira)["here"] != json!(true) {
        assert!(tokio::time::Instant::now() < deadline, "it did not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for person in [&lisa, &samira] {
        assert_eq!(fs::read(sealed(person, &id)).unwrap(), fs::read(&elsewhere).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_cut_off_goes_on_and_one_that_came_wrong_begins_again() {
    for right in [true, false] {
        let lisa = Person::new("Lisa Verhagen");
        lisa.load(demo::LISA);
        let hints = lisa.online().await;
        let karin = guest(&lisa, &hints, "Karin de Wit").await;
        settle(&[&lisa, &karin]).await;
        let folder = karin.stop().await;
        let out = TempDir::new().unwrap();
        let added = lisa.ask(attach(&file(out.path(), "brief.bin", 900_000), Some("g-1")));
        let id = added["id"].as_str().unwrap();
        // What came before a power cut.
        let mut before = fs::read(sealed(&lisa, id)).unwrap();
        before.truncate(500_000);
        if !right {
            before[77] ^= 1;
        }
        let half = folder.path().join("attachments").join(format!("half-{id}"));
        fs::create_dir_all(half.parent().unwrap()).unwrap();
        fs::write(&half, before).unwrap();
        let karin = Person::start(folder).await;
        assert!(half.exists(), "it is kept to go on with");
        karin.online().await;
        settle(&[&lisa, &karin]).await;
        assert_eq!(told(&karin)["here"], json!(true));
        assert_eq!(held(&karin), [id]);
        assert_eq!(
            fs::read(sealed(&karin, id)).unwrap(),
            fs::read(sealed(&lisa, id)).unwrap()
        );
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_keeps_nothing_half_and_the_rest_goes_on() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    let karin = guest(&lisa, &hints, "Karin de Wit").await;
    settle(&[&lisa, &karin]).await;
    karin.app.offline().await;
    let out = TempDir::new().unwrap();
    let added = lisa.ask(attach(&file(out.path(), "brief.bin", 300_000), Some("g-1")));
    let id = added["id"].as_str().unwrap();
    let folder = karin.folder.path().join("attachments");
    fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.join(format!("half-{id}"))).unwrap();
    karin.online().await;
    settle(&[&lisa, &karin]).await;
    assert_eq!(told(&karin)["here"], json!(false));
    assert!(held(&karin).is_empty(), "{:?}", held(&karin));
    lisa.set("g-1", json!({"title": "Het gaat door"}));
    settle(&[&lisa, &karin]).await;
    assert_eq!(karin.item("g-1")["title"], json!("Het gaat door"));
    // There is room again, and she asks.
    assert_eq!(karin.ask(fetch(id))["here"], json!(true));
}
