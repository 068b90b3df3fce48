//! Machines that are wrong about the time, or were set back.

use std::fs;
use std::path::Path;

use dossier_app::contract::{ProfileCreate, Request};
use dossier_app::{App, Clock, Reach, Relay, Unlock};
use dossier_store::{Store, StoreError, keyfile};
use serde_json::json;
use tempfile::TempDir;
use tokio::time::timeout;

use crate::scene::{card, goes_on, invitation, knows, let_in, say_yes, title, until, waiting, with_a_goal};
use crate::world::{PASSPHRASE, PATIENCE, Person, find};

fn started(folder: TempDir, now: &str) -> Person {
    let unlock = Unlock::Passphrase(String::from(PASSPHRASE).into());
    let app = App::open(folder.path(), unlock, Clock::starting(now).unwrap()).unwrap();
    Person { app, folder }
}

fn somebody(name: &str, now: &str) -> Person {
    let person = started(TempDir::new().unwrap(), now);
    person.ask(Request::ProfileCreate(ProfileCreate {
        name: name.into(),
        organisation: None,
        function: None,
    }));
    person
}

/// Stops the program, and waits until nothing of it holds the folder any more.
async fn stopped(person: Person) -> TempDir {
    let folder = person.stop().await;
    let key = keyfile::open(&folder.path().join("key.age"), PASSPHRASE).unwrap();
    let free = async {
        loop {
            match Store::open(folder.path(), &key) {
                Ok(store) => return store.close().unwrap(),
                Err(StoreError::InUse) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        }
    };
    timeout(PATIENCE, free).await.expect("the program does not stop");
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_30_the_joiners_clock_is_wrong() {
    let lisa = Person::new("Lisa Verhagen");
    let goal = with_a_goal(&lisa);
    let hints = lisa.online().await;
    let (late, early) = (
        somebody("Karin de Wit", "1999-12-31T23:59:59+01:00"),
        somebody("Ria Verhagen", "2099-01-01T00:00:00+01:00"),
    );
    for (guest, name) in [(&late, "Karin de Wit"), (&early, "Ria Verhagen")] {
        guest.online().await;
        // How long a ticket is good is for the device to say that made it.
        let ticket = lisa.ask(Request::Invite(dossier_app::contract::Invite {
            hours: Some(1),
            ..invitation(name, "aanpassen", &hints)
        }));
        let ticket = ticket["ticket"].as_str().unwrap();
        let (joined, ()) = tokio::join!(guest.app.join(ticket, card(name), |_| {}, PATIENCE), say_yes(&lisa));
        joined.unwrap();
        until(guest, "the goal", |guest| {
            title(guest, &goal) == json!("Elke week overzicht")
        })
        .await;
    }
    goes_on(&[&lisa, &late, &early, &lisa], &goal).await;
    for person in [&lisa, &late, &early] {
        assert!(waiting(person).is_empty());
    }
    // What Lisa's own device noted is in Lisa's time; what others report of themselves says so.
    let log = lisa.ask(Request::Log {
        dossier: None,
        person: None,
        since: None,
    });
    let mut own = log.as_array().unwrap().iter().filter(|line| line["reported"] == false);
    assert!(
        own.all(|line| line["at"].as_str().unwrap().starts_with("2026-11-23")),
        "{log}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_31_the_residents_clock_jumps_years() {
    let (lisa, karin) = (Person::new("Lisa Verhagen"), Person::new("Karin de Wit"));
    let goal = with_a_goal(&lisa);
    let hints = lisa.online().await;
    karin.online().await;
    let_in(&lisa, &hints, &karin, "Karin de Wit", "aanpassen").await;
    goes_on(&[&lisa, &karin], &goal).await;
    let mut lisa = lisa;
    for now in [
        "2036-01-01T12:00:00+01:00",
        "1990-01-01T12:00:00+01:00",
        "2026-11-24T09:00:00+01:00",
    ] {
        lisa = started(stopped(lisa).await, now);
        lisa.online().await;
        look_again(&[&karin]).await;
        goes_on(&[&lisa, &karin], &goal).await;
        for person in [&lisa, &karin] {
            assert!(waiting(person).is_empty(), "{now}");
        }
        assert!(knows(&lisa, "Karin de Wit"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_31_a_clock_that_jumps_past_a_last_day_ends_nothing() {
    let (lisa, karin) = (Person::new("Lisa Verhagen"), Person::new("Karin de Wit"));
    let goal = with_a_goal(&lisa);
    let hints = lisa.online().await;
    karin.online().await;
    let_in(&lisa, &hints, &karin, "Karin de Wit", "aanpassen").await;
    let hers = |lisa: &Person| lisa.ask(Request::Access { dossier: None })["people"][0].clone();
    lisa.ask(Request::ChangeAccess {
        dossier: None,
        person: hers(&lisa)["person"].as_str().unwrap().into(),
        grants: Vec::new(),
        until: Some("2026-12-31".into()),
        purpose: None,
        from_now: None,
    });
    goes_on(&[&lisa, &karin], &goal).await;
    let mut lisa = lisa;
    for now in ["2036-01-01T12:00:00+01:00", "2026-11-24T09:00:00+01:00"] {
        lisa = started(stopped(lisa).await, now);
        lisa.online().await;
        look_again(&[&karin]).await;
        goes_on(&[&lisa, &karin], &goal).await;
        assert_eq!(hers(&lisa)["ended"], json!(null), "{now}");
    }
    // The day itself comes for a clock that goes on as clocks do.
    for (now, over) in [
        ("2026-12-30T09:00:00+01:00", false),
        ("2027-01-01T12:00:00+01:00", true),
    ] {
        lisa = started(stopped(lisa).await, now);
        lisa.set(&goal, json!({"why": now}));
        assert_eq!(hers(&lisa)["ended"].is_object(), over, "{now}");
    }
    // So it does for one that was away for long, once it has said the same for a day.
    let ria = Person::new("Ria Verhagen");
    let hints = lisa.online().await;
    ria.online().await;
    let_in(&lisa, &hints, &ria, "Ria Verhagen", "aanpassen").await;
    let of_ria = |lisa: &Person| {
        let access = lisa.ask(Request::Access { dossier: None });
        let people = access["people"].as_array().unwrap();
        people.iter().find(|one| one["name"] == "Ria Verhagen").unwrap().clone()
    };
    lisa.ask(Request::ChangeAccess {
        dossier: None,
        person: of_ria(&lisa)["person"].as_str().unwrap().into(),
        grants: Vec::new(),
        until: Some("2027-01-31".into()),
        purpose: None,
        from_now: None,
    });
    for (now, over) in [
        ("2027-06-01T09:00:00+02:00", false),
        ("2027-06-02T10:00:00+02:00", true),
    ] {
        lisa = started(stopped(lisa).await, now);
        lisa.set(&goal, json!({"why": now}));
        assert_eq!(of_ria(&lisa)["ended"].is_object(), over, "{now}");
    }
}

/// Listens at one address, as soon as whoever had it lets go.
async fn online_at(person: &Person, address: &str) {
    let reach = Reach {
        listen: Some(address.parse().unwrap()),
        relay: Relay::None,
        discovery: false,
    };
    let listening = async {
        while person.app.go_online(reach.clone()).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, listening).await.expect("the address stays taken");
}

/// Tries again at once, instead of at the next turn of a patience that grows with every failure.
async fn look_again(people: &[&Person]) {
    for person in people {
        person.app.sync(PATIENCE).await.unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::write(to.join(entry.file_name()), fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

/// File systems stamp changes with a clock that ticks every few milliseconds; nobody restores within one tick.
fn next_tick(folder: &Path) {
    let stamp = || {
        let path = folder.join("tick");
        fs::write(&path, "x").unwrap();
        fs::metadata(&path).unwrap().modified().unwrap()
    };
    let before = stamp();
    while stamp() == before {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_26_a_database_is_rolled_back() {
    let (lisa, karin, ria) = (
        Person::new("Lisa Verhagen"),
        Person::new("Karin de Wit"),
        Person::new("Ria Verhagen"),
    );
    let goal = with_a_goal(&lisa);
    let hints = lisa.online().await;
    karin.online().await;
    let_in(&lisa, &hints, &karin, "Karin de Wit", "aanpassen").await;
    goes_on(&[&lisa, &karin], &goal).await;

    // Karin's, by one edit that Lisa has seen.
    let backup = TempDir::new().unwrap();
    let folder = stopped(karin).await;
    copy(folder.path(), backup.path());
    next_tick(backup.path());
    let karin = Person::start(folder).await;
    karin.online().await;
    karin.set(&goal, json!({"title": "Voor de terugzet"}));
    until(&lisa, "the first edit", |lisa| {
        title(lisa, &goal) == json!("Voor de terugzet")
    })
    .await;
    let folder = stopped(karin).await;
    fs::remove_file(backup.path().join("tick")).unwrap();
    copy(backup.path(), folder.path());
    let karin = Person::start(folder).await;
    assert_ne!(title(&karin, &goal), json!("Voor de terugzet"));
    karin.set(&goal, json!({"status": "gehaald"}));
    karin.online().await;
    for person in [&lisa, &karin] {
        until(person, "both edits", |person| {
            let goal = find(&person.show(), &goal).unwrap();
            goal["status"] == "gehaald" && goal["title"] == "Voor de terugzet"
        })
        .await;
        assert!(waiting(person).is_empty(), "no position was signed twice");
    }

    // Lisa's, by somebody whom she let in.
    let folder = stopped(lisa).await;
    let backup = TempDir::new().unwrap();
    copy(folder.path(), backup.path());
    let lisa = Person::start(folder).await;
    let hints = lisa.online().await;
    look_again(&[&karin]).await;
    ria.online().await;
    let_in(&lisa, &hints, &ria, "Ria Verhagen", "aanpassen").await;
    until(&karin, "Karin hears of Ria", |karin| knows(karin, "Ria Verhagen")).await;
    goes_on(&[&lisa, &karin, &ria], &goal).await;
    let folder = stopped(lisa).await;
    copy(backup.path(), folder.path());
    let lisa = Person::start(folder).await;
    assert!(!knows(&lisa, "Ria Verhagen"));
    lisa.set(&goal, json!({"status": "loopt"}));
    // The restored database remembers an earlier port; Ria knows only the last.
    online_at(&lisa, &hints[0]).await;
    look_again(&[&karin]).await;
    until(&lisa, "her own word comes back to her", |lisa| {
        knows(lisa, "Ria Verhagen")
    })
    .await;
    // Until then Lisa's program did not know Ria's.
    look_again(&[&ria]).await;
    goes_on(&[&lisa, &karin, &ria], &goal).await;
    for person in [&lisa, &karin, &ria] {
        assert!(waiting(person).is_empty(), "no position was signed twice");
    }
}
