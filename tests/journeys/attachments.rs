//! Files with items: sealed beside the dossier, kept in a backup, and gone with what they belonged to.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dossier_app::attachments::{Attach, AttachmentSave};
use dossier_app::contract::{Event, FaultCode, Invite, Request};
use dossier_app::leaving::ExportFormat;
use dossier_app::recovery::Restore;
use dossier_exchange::demo;
use serde_json::json;
use tempfile::TempDir;

use crate::leaving::{export, names};
use crate::recovery::words;
use crate::world::{Person, admit, settle};

pub fn attach(from: &Path, item: Option<&str>) -> Request {
    Request::Attach(Attach {
        dossier: None,
        item: item.map(str::to_owned),
        title: None,
        from: Some(from.to_str().unwrap().into()),
    })
}

pub fn save(item: &str, attachment: &str, to: &Path) -> Request {
    Request::AttachmentSave(AttachmentSave {
        dossier: None,
        item: item.into(),
        attachment: attachment.into(),
        to: Some(to.to_str().unwrap().into()),
    })
}

/// Every file below a folder, with what is in it.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else if let Ok(content) = fs::read(entry.path()) {
            found.push((entry.file_name().to_string_lossy().into_owned(), content));
        }
    }
    found
}

const MARK: &[u8] = b"merkteken-dat-nergens-mag-staan";

fn letter(mark: &[u8]) -> Vec<u8> {
    let mut letter = b"%PDF-1.7\n".to_vec();
    for _ in 0..9_000 {
        letter.extend_from_slice(mark);
    }
    letter
}

#[test]
fn an_attachment_comes_back_as_it_was_and_lies_here_sealed_under_a_name_that_says_nothing() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let out = TempDir::new().unwrap();
    let file = out.path().join("brief van de deurwaarder.pdf");
    fs::write(&file, letter(MARK)).unwrap();
    let added = lisa.ask(attach(&file, Some("doc-1")));
    assert_eq!(added["kind"], json!("pdf"));
    assert_eq!((&added["honest"], &added["here"]), (&json!(true), &json!(true)));
    let second = lisa.ask(attach(&file, Some("doc-1")));
    assert_ne!(added["id"], second["id"], "two seals, two names");

    let held = files(lisa.folder.path());
    let id = added["id"].as_str().unwrap();
    let sealed = &held.iter().find(|(name, _)| name == id).unwrap().1;
    assert!(
        sealed.starts_with(b"age-encryption.org/v1"),
        "the age program can open it"
    );
    for (name, content) in &held {
        assert!(!content.windows(MARK.len()).any(|piece| piece == MARK), "{name}");
        assert!(!name.contains("brief") && !name.contains("deurwaarder"), "{name}");
    }
    let shown = lisa.item("doc-1");
    assert_eq!(shown["attachments"].as_array().unwrap().len(), 2);
    assert!(
        !shown.to_string().contains("AGE-SECRET-KEY"),
        "what is shown has no key"
    );
    for told in [
        Request::Section {
            dossier: String::new(),
            section: "documenten".into(),
        },
        Request::History {
            dossier: None,
            id: "doc-1".into(),
        },
        Request::DemoDump { dossier: None },
    ] {
        let told = lisa.ask(told).to_string();
        assert!(!told.contains("AGE-SECRET-KEY") && told.contains("brief van de deurwaarder.pdf"));
    }

    let back = out.path().join("terug.pdf");
    lisa.ask(save("doc-1", id, &back));
    assert_eq!(fs::read(&back).unwrap(), letter(MARK));
    let folder = out.path().join("alles");
    let exported = lisa.ask(export(&folder, ExportFormat::All));
    assert_eq!(exported["list"]["attachments"], json!(2));
    assert_eq!(
        fs::read(folder.join("bijlagen/001-brief van de deurwaarder.pdf")).unwrap(),
        letter(MARK)
    );
    for (name, content) in files(&folder) {
        assert!(!content.windows(15).any(|piece| piece == b"AGE-SECRET-KEY-"), "{name}");
    }

    // A byte of it changes on the disk: it is not given out.
    let path = lisa.folder.path().join("attachments").join(id);
    let mut broken = fs::read(&path).unwrap();
    let last = broken.len() - 1;
    broken[last] ^= 1;
    fs::write(&path, broken).unwrap();
    let nothing = out.path().join("niets.pdf");
    assert_eq!(lisa.refused(save("doc-1", id, &nothing)).code, FaultCode::Damaged);
    assert!(!nothing.exists() && !out.path().join("niets.pdf.new").exists());
    // It is gone: said, and left out of what leaves.
    fs::remove_file(&path).unwrap();
    assert_eq!(lisa.refused(save("doc-1", id, &nothing)).code, FaultCode::NotFound);
    let list = lisa.ask(Request::ExportList { dossier: None });
    assert_eq!((&list["attachments"], &list["elsewhere"]), (&json!(1), &json!(1)));
}

#[test]
fn a_file_is_what_its_bytes_are_and_one_that_cannot_be_taken_leaves_nothing() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let out = TempDir::new().unwrap();
    let fake = out.path().join("rekening.pdf");
    fs::write(&fake, b"MZ\x90 dit is een programma").unwrap();
    let made = lisa.ask(attach(&fake, None));
    assert_eq!((&made["kind"], &made["honest"]), (&json!("other"), &json!(false)));
    let item = lisa.item(made["item"].as_str().unwrap());
    assert_eq!(
        (&item["title"], &item["kind"]),
        (&json!("rekening"), &json!("documents"))
    );

    let sealed = || names(&lisa.folder.path().join("attachments")).len();
    assert_eq!(sealed(), 1);
    let large = out.path().join("groot.bin");
    fs::File::create(&large).unwrap().set_len(200_000_001).unwrap();
    let fault = lisa.refused(attach(&large, Some("doc-1")));
    assert_eq!(
        (fault.code, fault.detail.as_deref()),
        (FaultCode::InputRefused, Some("attachment_too_large"))
    );
    assert_eq!(
        lisa.refused(attach(out.path(), Some("doc-1"))).code,
        FaultCode::InputRefused
    );
    assert_eq!(
        lisa.refused(attach(&out.path().join("weg"), None)).code,
        FaultCode::InputRefused
    );
    assert_eq!(
        lisa.refused(attach(&fake, Some("bestaat-niet"))).code,
        FaultCode::NotFound
    );
    // Somebody else's own words take no attachment; what was sealed for them goes again.
    assert_eq!(lisa.refused(attach(&fake, Some("n-1"))).code, FaultCode::NotAllowed);
    assert_eq!(sealed(), 1);
}

#[test]
fn a_backup_brings_files_back_as_they_were() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let out = TempDir::new().unwrap();
    let file = out.path().join("brief.pdf");
    // Longer than one piece, and not a whole number of them.
    fs::write(&file, letter(MARK)).unwrap();
    let first = lisa.ask(attach(&file, Some("doc-1")));
    fs::write(&file, b"%PDF-1.7 kort").unwrap();
    let second = lisa.ask(attach(&file, Some("doc-1")));
    // What was cut off while it was sealed is in no backup.
    fs::write(lisa.folder.path().join("attachments/new-0123456789abcdef"), "half").unwrap();
    let backup = out.path().join("lisa.age");
    lisa.ask(Request::Backup {
        file: Some(backup.display().to_string()),
    });

    let back = Person::nobody();
    back.ask(Request::Restore(Restore {
        words: Some(words(&lisa).into()),
        backup: Some(backup.display().to_string()),
        ..Restore::default()
    }));
    let held = |person: &Person| names(&person.folder.path().join("attachments"));
    let ids = [&first, &second].map(|one| one["id"].as_str().unwrap().to_owned());
    assert_eq!(held(&back), BTreeSet::from(ids.clone()));
    for (id, content) in [(&ids[0], letter(MARK)), (&ids[1], b"%PDF-1.7 kort".to_vec())] {
        let path = out.path().join(id);
        back.ask(save("doc-1", id, &path));
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_goes_a_week_after_the_last_thing_that_named_it() {
    let lisa = Person::new("Lisa Verhagen");
    let dossier = lisa.load(demo::LISA);
    let out = TempDir::new().unwrap();
    let file = out.path().join("brief.pdf");
    fs::write(&file, b"%PDF-1.7").unwrap();
    let kept = lisa.ask(attach(&file, Some("doc-1")));
    let gone = lisa.ask(attach(&file, Some("doc-2")));
    let [kept, gone] = [kept, gone].map(|one| one["id"].as_str().unwrap().to_owned());
    let remove = Request::ItemRemove {
        dossier: dossier.clone(),
        id: "doc-2".into(),
    };
    let held = |folder: &TempDir| names(&folder.path().join("attachments"));
    let both = BTreeSet::from([kept.clone(), gone.clone()]);
    lisa.ask(remove.clone());
    fs::write(lisa.folder.path().join("attachments/new-0123456789abcdef"), "half").unwrap();

    // Seen on the first day; an hour before the week is over the letter comes back, with its file.
    let lisa = Person::start_at(lisa.stop().await, "2026-11-24T09:00:00+01:00").await;
    assert_eq!(held(&lisa.folder), both);
    let lisa = Person::start_at(lisa.stop().await, "2026-12-01T08:00:00+01:00").await;
    assert_eq!(held(&lisa.folder), both);
    lisa.ask(Request::Undo { dossier });
    lisa.ask(save("doc-2", &gone, &out.path().join("terug.pdf")));
    let lisa = Person::start_at(lisa.stop().await, "2026-12-10T09:00:00+01:00").await;
    assert_eq!(
        held(&lisa.folder),
        both,
        "what is named stays, however long ago it was not"
    );

    // Taken away again: the week begins again.
    lisa.ask(remove);
    let lisa = Person::start_at(lisa.stop().await, "2026-12-20T09:00:00+01:00").await;
    assert_eq!(held(&lisa.folder), both);
    let lisa = Person::start_at(lisa.stop().await, "2026-12-27T10:00:00+01:00").await;
    assert_eq!(held(&lisa.folder), BTreeSet::from([kept.clone()]));
    lisa.ask(save("doc-1", &kept, &out.path().join("gebleven.pdf")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_with_what_is_shut_for_its_reader_stays() {
    let (lisa, karin) = (Person::new("Lisa Verhagen"), Person::new("Karin de Wit"));
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    karin.online().await;
    let invitation = Invite {
        name: Some("Karin de Wit".into()),
        role: Some("wijkteam".into()),
        grants: vec!["plan=aanpassen".into()],
        until: Some("2026-11-25".into()),
        hints,
        ..Invite::default()
    };
    admit(&lisa, &karin, invitation, "karin").await;
    settle(&[&lisa, &karin]).await;
    let out = TempDir::new().unwrap();
    let file = out.path().join("brief.pdf");
    fs::write(&file, b"%PDF-1.7").unwrap();
    let added = karin.ask(attach(&file, Some("g-1")));
    let id = added["id"].as_str().unwrap().to_owned();
    let mut karin = karin;
    for day in ["2026-11-28T09:00:00+01:00", "2026-12-08T09:00:00+01:00"] {
        karin = Person::start_at(karin.stop().await, day).await;
        let shut = karin.refused(save("g-1", &id, &out.path().join("terug.pdf")));
        assert_eq!(shut.code, FaultCode::NotFound);
        // Her access may go on tomorrow.
        assert!(names(&karin.folder.path().join("attachments")).contains(&id));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_who_each_add_the_first_file_have_both() {
    let (lisa, karin) = (Person::new("Lisa Verhagen"), Person::new("Karin de Wit"));
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    karin.online().await;
    let invitation = Invite {
        name: Some("Karin de Wit".into()),
        role: Some("wijkteam".into()),
        grants: vec!["plan=aanpassen".into()],
        hints,
        ..Invite::default()
    };
    admit(&lisa, &karin, invitation, "karin").await;
    settle(&[&lisa, &karin]).await;
    for person in [&lisa, &karin] {
        person.app.offline().await;
    }
    let out = TempDir::new().unwrap();
    for (person, name) in [(&lisa, "van-lisa.pdf"), (&karin, "van-karin.pdf")] {
        let file = out.path().join(name);
        fs::write(&file, b"%PDF-1.7").unwrap();
        person.ask(attach(&file, Some("g-1")));
    }
    lisa.online().await;
    karin.online().await;
    settle(&[&lisa, &karin]).await;
    // They met: each file comes to whoever may read the goal.
    let seen = |person: &Person| {
        let files = person.ask(Request::Attachments {
            dossier: None,
            item: "g-1".into(),
        });
        let mut files: Vec<_> = files
            .as_array()
            .unwrap()
            .iter()
            .map(|file| (file["name"].as_str().unwrap().to_owned(), file["here"] == json!(true)))
            .collect();
        files.sort();
        files
    };
    let file = |name: &str| (name.to_owned(), true);
    assert_eq!(seen(&lisa), [file("van-karin.pdf"), file("van-lisa.pdf")]);
    assert_eq!(seen(&karin), [file("van-karin.pdf"), file("van-lisa.pdf")]);
    for person in [&lisa, &karin] {
        let shown = person.item("g-1");
        assert_eq!(shown.get("also_said"), None, "nothing was lost");
        assert!(!shown.to_string().contains("AGE-SECRET-KEY"));
    }
    // The next one keeps all of them, for good.
    lisa.ask(attach(&out.path().join("van-lisa.pdf"), Some("g-1")));
    settle(&[&lisa, &karin]).await;
    assert_eq!((seen(&lisa).len(), seen(&karin).len()), (3, 3));
}

/// Asks in the background, and stops the work as soon as it tells how far it is.
fn stopped(lisa: &Person, request: Request) -> serde_json::Value {
    let mut events = lisa.app.subscribe();
    let app = lisa.app.clone();
    let asking = std::thread::spawn(move || app.request(request).unwrap());
    while !matches!(events.blocking_recv().unwrap(), Event::Working { .. }) {}
    lisa.ask(Request::WorkStop);
    asking.join().unwrap()
}

#[test]
fn pages_are_answered_while_a_backup_of_large_files_is_written() {
    let lisa = Person::new("Lisa Verhagen");
    let dossier = lisa.load(demo::LISA);
    let out = TempDir::new().unwrap();
    let large = out.path().join("groot.bin");
    fs::File::create(&large).unwrap().set_len(200_000_000).unwrap();
    let added = lisa.ask(attach(&large, Some("doc-1")));
    let mut events = lisa.app.subscribe();
    let (app, file) = (lisa.app.clone(), out.path().join("lisa.age"));
    let backup = Request::Backup {
        file: Some(file.display().to_string()),
    };
    let writing = std::thread::spawn(move || app.request(backup).unwrap());
    while !matches!(events.blocking_recv().unwrap(), Event::Working { .. }) {}
    lisa.ask(Request::Today {
        dossier: dossier.clone(),
    });
    lisa.set("g-1", json!({"title": "Tijdens de kopie"}));
    assert!(!writing.is_finished(), "the pages waited for the backup");
    assert_eq!(writing.join().unwrap()["file"], "lisa.age");

    let back = Person::nobody();
    back.ask(Request::Restore(Restore {
        words: Some(words(&lisa).into()),
        backup: Some(file.display().to_string()),
        ..Restore::default()
    }));
    assert_eq!(back.item("g-1")["title"], json!("Tijdens de kopie"));
    back.ask(save(
        "doc-1",
        added["id"].as_str().unwrap(),
        &out.path().join("terug.bin"),
    ));
}

#[test]
fn work_on_the_largest_file_tells_how_far_it_is_and_leaves_nothing_when_it_is_stopped() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let out = TempDir::new().unwrap();
    let large = out.path().join("groot.bin");
    fs::File::create(&large).unwrap().set_len(200_000_000).unwrap();
    let sealed = || names(&lisa.folder.path().join("attachments")).len();

    assert_eq!(stopped(&lisa, attach(&large, Some("doc-1"))), json!(null));
    assert_eq!(sealed(), 0);
    assert_eq!(lisa.item("doc-1").get("attachments"), None);
    let made = lisa.ask(attach(&large, Some("doc-1")));
    assert_eq!((&made["bytes"], sealed()), (&json!(200_000_000), 1));

    let back = out.path().join("terug.bin");
    let id = made["id"].as_str().unwrap();
    assert_eq!(stopped(&lisa, save("doc-1", id, &back)), json!(null));
    let file = out.path().join("lisa.age");
    let backup = Request::Backup {
        file: Some(file.to_str().unwrap().into()),
    };
    assert_eq!(stopped(&lisa, backup.clone()), json!(null));
    assert_eq!(names(out.path()), BTreeSet::from(["groot.bin".to_owned()]));
    assert_eq!(lisa.ask(Request::BackupState)["made"], json!(null));

    lisa.ask(save("doc-1", id, &back));
    assert_eq!(fs::metadata(&back).unwrap().len(), 200_000_000);
    assert_eq!(lisa.ask(backup)["file"], "lisa.age");
    assert!(fs::metadata(&file).unwrap().len() > 200_000_000);
}
