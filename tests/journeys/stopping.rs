//! What takes a while can be stopped, and leaves nothing half done.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dossier_app::attachments::Attach;
use dossier_app::contract::{Event, Request};
use dossier_app::paper::{Paper, Print};
use dossier_app::recovery::Restore;
use dossier_exchange::demo;
use dossier_store::Store;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Handle;

use crate::recovery::words;
use crate::world::{PATIENCE, Person, invite, set, settle};

/// Asks in the background, and wishes to stop once it told `times` how far it is.
fn stopped(person: &Person, request: Request, times: usize) -> Value {
    let mut events = person.app.subscribe();
    let app = person.app.clone();
    let asking = std::thread::spawn(move || app.request(request).unwrap());
    let mut told = 0;
    while told < times && !asking.is_finished() {
        match events.try_recv() {
            Ok(Event::Working { .. }) => told += 1,
            Ok(_) => {}
            Err(_) => std::thread::yield_now(),
        }
    }
    person.ask(Request::WorkStop);
    asking.join().unwrap()
}

#[test]
fn a_check_that_was_stopped_says_nothing_and_the_next_one_is_whole() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    assert_eq!(stopped(&lisa, Request::Verify, 1), Value::Null);
    let whole = lisa.ask(Request::Verify);
    assert_eq!((&whole["ok"], &whole["faults"]), (&json!(true), &json!([])));
    assert!(whole["items"].as_u64().unwrap() > 20);
}

/// What lies in a home folder, attachments included.
fn lies_in(home: &Path) -> Vec<String> {
    let mut names: Vec<String> = [home.to_path_buf(), home.join("attachments")]
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn restoring_that_was_stopped_anywhere_leaves_the_folder_empty() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let out = TempDir::new().unwrap();
    let scan = out.path().join("scan.bin");
    // What cannot be packed: its length is what is read back.
    let bytes: Vec<u8> = (0..4_000_000_u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    fs::write(&scan, bytes).unwrap();
    lisa.ask(Request::Attach(Attach {
        dossier: None,
        item: Some("doc-1".into()),
        title: None,
        from: Some(scan.display().to_string()),
    }));
    let file = out.path().join("lisa.age");
    lisa.ask(Request::Backup {
        file: Some(file.display().to_string()),
    });
    let restore = || {
        Request::Restore(Restore {
            words: Some(words(&lisa).into()),
            backup: Some(file.display().to_string()),
            ..Restore::default()
        })
    };
    let again = Person::nobody();
    let mut empty = 0;
    for times in [1, 4, 6, 9, 11, 13] {
        if stopped(&again, restore(), times) != Value::Null {
            // The wish came after the last moment to stop.
            break;
        }
        empty += 1;
        assert!(!Store::exists(again.folder.path()), "stopped at {times}");
        let left: Vec<String> = lies_in(again.folder.path())
            .into_iter()
            .filter(|name| !["pw", "key.age", "profile.lock"].contains(&name.as_str()))
            .collect();
        assert_eq!(left, Vec::<String>::new(), "stopped at {times}");
        assert_eq!(again.ask(Request::Status)["profile"], Value::Null);
    }
    assert!(empty >= 4, "stopped {empty} times");
    if again.ask(Request::Status)["profile"].is_null() {
        assert!(again.ask(restore()).is_object(), "the next one is not stopped");
    }
    assert_eq!(again.show(), lisa.show());
    assert_eq!(again.ask(Request::Verify)["ok"], json!(true));
}

#[test]
fn a_paper_that_was_stopped_is_not_written_and_not_told_of() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let out = TempDir::new().unwrap();
    let print = || {
        Request::Print(Print {
            dossier: None,
            paper: Paper::All,
            invitation: None,
            lang: "nl".into(),
            to: Some(out.path().join("alles.pdf").display().to_string()),
        })
    };
    let taken = || {
        let log = lisa.ask(Request::Log {
            dossier: None,
            person: None,
            since: None,
        });
        let lines = log.as_array().unwrap().iter();
        lines.filter(|line| line["deed"] == json!("taken_along")).count()
    };
    let done = AtomicBool::new(false);
    let answer = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                lisa.app.request(Request::PrintStop).unwrap();
                std::thread::yield_now();
            }
        });
        let answer = lisa.ask(print());
        done.store(true, Ordering::Relaxed);
        answer
    });
    assert_eq!((answer, taken()), (Value::Null, 0));
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
    assert_eq!(lisa.ask(print())["file"], json!("alles.pdf"));
    assert_eq!(taken(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coming_back_that_was_stopped_takes_away_what_it_began() {
    let (lisa, karin) = (Person::new("Lisa Verhagen"), Person::new("Karin de Wit"));
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    karin.online().await;
    invite(&lisa, &hints, &karin, "p-karin").await;
    settle(&[&karin, &lisa]).await;
    let ticket = karin.ask(Request::ReturnTicket { dossier: None })["ticket"]
        .as_str()
        .unwrap()
        .to_owned();
    // Nobody answers: it waits, for two minutes if it were not stopped.
    karin.app.offline().await;
    let again = Person::nobody();
    again.ask(Request::Restore(Restore {
        words: Some(words(&lisa).into()),
        ..Restore::default()
    }));
    again.online().await;
    let dossiers = || again.ask(Request::Status)["dossiers"].as_array().unwrap().len();
    let (app, runtime) = (again.app.clone(), Handle::current());
    let asked = Request::Return { ticket: ticket.clone() };
    let returning = std::thread::spawn(move || {
        let _in = runtime.enter();
        app.request(asked).unwrap()
    });
    while dossiers() == 0 {
        tokio::task::yield_now().await;
    }
    again.ask(Request::WorkStop);
    assert_eq!(returning.join().unwrap(), Value::Null);
    assert_eq!(dossiers(), 0);
    // The next time, with her there, it comes.
    karin.online().await;
    let back = tokio::time::timeout(PATIENCE, again.app.come_back(&ticket, PATIENCE));
    assert_eq!(back.await.unwrap().unwrap().dossiers.len(), 1);
    assert_eq!(again.item("g-1")["title"], lisa.item("g-1")["title"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_still_exchanging_when_time_is_up_is_said_to_be_busy_and_not_away() {
    let (lisa, karin, rik) = (
        Person::new("Lisa Verhagen"),
        Person::new("Karin de Wit"),
        Person::new("Rik Stam"),
    );
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    karin.online().await;
    rik.online().await;
    invite(&lisa, &hints, &karin, "p-karin").await;
    invite(&lisa, &hints, &rik, "p-rik").await;
    settle(&[&karin, &rik, &lisa]).await;
    rik.app.offline().await;
    let over = AtomicBool::new(false);
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut turn = 0;
            while !over.load(Ordering::Relaxed) {
                turn += 1;
                karin.ask(set("g-1", json!({"title": format!("Beurt {turn}")})));
            }
        });
        let report = tokio::task::block_in_place(|| Handle::current().block_on(lisa.app.sync(Duration::from_secs(4))));
        over.store(true, Ordering::Relaxed);
        report.unwrap()
    });
    assert!(!report.idle, "{report:?}");
    let busy: Vec<&str> = report.busy.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        (busy.as_slice(), report.reached.as_slice()),
        (["karin"].as_slice(), [].as_slice())
    );
    assert_eq!(report.unreached, ["rik"]);
    let report = karin.app.sync(PATIENCE).await.unwrap();
    assert!(report.idle && report.busy.is_empty() && !report.files, "{report:?}");
}
