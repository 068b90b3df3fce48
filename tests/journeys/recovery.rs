//! Coming back: from a backup, and from the words plus what somebody else holds.

use std::collections::BTreeMap;
use std::path::Path;

use dossier_app::contract::{FaultCode, Request};
use dossier_app::recovery::Restore;
use dossier_exchange::demo;
use dossier_store::{Store, keyfile};
use dossier_trust::identity::RootSecret;
use serde_json::{Value, json};

use crate::world::{PASSPHRASE, PATIENCE, Person, find, invite, settle};

pub fn words(person: &Person) -> String {
    let words = person.ask(Request::RecoveryWords);
    let words: Vec<&str> = words["words"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect();
    words.join(" ")
}

fn from_backup(words: &str, file: &Path) -> Request {
    Request::Restore(Restore {
        words: Some(words.to_owned().into()),
        backup: Some(file.display().to_string()),
        ..Restore::default()
    })
}

fn from_words(words: &str) -> Request {
    Request::Restore(Restore {
        words: Some(words.to_owned().into()),
        ..Restore::default()
    })
}

fn backup(person: &Person, file: &Path) -> Value {
    person.ask(Request::Backup {
        file: Some(file.display().to_string()),
    })
}

/// Per compartment what it comes to.
fn hashes(person: &Person) -> BTreeMap<String, Value> {
    let verified = person.ask(Request::Verify);
    assert_eq!(verified["faults"], json!([]));
    let all = verified["compartments"].as_array().unwrap().iter();
    all.map(|one| {
        let state = json!([one["section"], one["side"], one["hash"], one["changes"], one["waiting"]]);
        (one["compartment"].as_str().unwrap().to_owned(), state)
    })
    .collect()
}

fn items(view: &Value) -> BTreeMap<String, Value> {
    let all = view["items"].as_array().unwrap().iter();
    all.map(|item| (item["id"].as_str().unwrap().to_owned(), item.clone()))
        .collect()
}

fn note(section: &str, text: &str, readers: &[&str]) -> Request {
    Request::NoteAdd {
        dossier: None,
        section: section.into(),
        text: text.into(),
        plain: None,
        hat: None,
        readers: readers.iter().map(|reader| (*reader).to_owned()).collect(),
    }
}

fn log(person: &Person) -> Value {
    person.ask(Request::Log {
        dossier: None,
        person: None,
        since: None,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_and_the_words_bring_everything_back_without_a_network() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let karin = Person::new("Karin de Wit");
    let hints = lisa.online().await;
    karin.online().await;
    invite(&lisa, &hints, &karin, "p-karin").await;
    karin.ask(note("verslagen", "Alleen voor Lisa en mij.", &["p-lisa"]));
    settle(&[&lisa, &karin]).await;
    let (before, words, kept) = (lisa.show(), words(&lisa), log(&lisa));
    let (sums, device) = (hashes(&lisa), lisa.ask(Request::Status)["profile"].clone());
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("lisa.backup");
    let made = backup(&lisa, &file);
    assert_eq!(made["bytes"], json!(std::fs::metadata(&file).unwrap().len()));
    assert_eq!(lisa.ask(Request::BackupState)["due"], json!(false));

    // The file opens with the words alone, and holds no key of the device that made it.
    let root = RootSecret::from_words(&words).unwrap();
    let sealed = std::fs::read(&file).unwrap();
    let plain = age::decrypt(&root.age_identity().unwrap(), &sealed).unwrap();
    assert!(plain.starts_with(b"keukentafel/backup/1\n"));
    let folder = lisa.stop().await;
    let key = keyfile::open(&folder.path().join("key.age"), PASSPHRASE).unwrap();
    let store = Store::open(folder.path(), &key).unwrap();
    let secrets = store.meta("device").unwrap().unwrap();
    for secret in secrets.chunks(32) {
        assert!(!plain.windows(32).any(|window| window == secret));
    }
    drop((store, folder));

    let back = Person::nobody();
    let restored = back.ask(from_backup(&words, &file));
    assert_eq!(restored["profile"]["person"], device["person"]);
    assert_eq!(restored["profile"]["name"], "Lisa Verhagen");
    assert_ne!(restored["profile"]["device"], device["device"]);
    // The device of before still counts, and can be cut.
    assert_eq!(restored["others"][0]["device"], device["device"]);
    assert_eq!(items(&back.show()), items(&before));
    assert_eq!(hashes(&back), sums);
    assert_eq!(log(&back), kept);
    assert!(back.ask(Request::Proposals { dossier: None }).as_array().unwrap().len() > 3);
    // A second restore into the same folder is none.
    assert_eq!(back.refused(from_backup(&words, &file)).code, FaultCode::AlreadyExists);

    // On she goes, on chains of her own, and survives a restart.
    let goal = before["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["kind"] == "goals")
        .unwrap();
    let goal = goal["id"].as_str().unwrap();
    back.set(goal, json!({"title": "Verder waar ik was"}));
    let back = back.restart().await;
    assert_eq!(back.item(goal)["title"], "Verder waar ik was");

    // Karin never heard of this device. Its certificate is enough, with nobody of before there.
    back.online().await;
    settle(&[&back, &karin]).await;
    assert_eq!(karin.item(goal)["title"], "Verder waar ik was");
    karin.set(goal, json!({"why": "Samen verder"}));
    settle(&[&karin, &back]).await;
    assert_eq!(back.item(goal)["why"], "Samen verder");
    // The device of before is cut: by the words, for everybody.
    let devices = back.ask(Request::DeviceRevoke {
        device: device["device"].as_str().unwrap()[..12].to_owned(),
    });
    assert_eq!(devices.as_array().unwrap().len(), 1);
    settle(&[&back, &karin]).await;
    back.set(goal, json!({"why": "Na het afsluiten"}));
    settle(&[&back, &karin]).await;
    assert_eq!(karin.item(goal)["why"], "Na het afsluiten");
    assert_eq!(items(&karin.show()).get(goal), items(&back.show()).get(goal));
    for person in [&back, &karin] {
        assert_eq!(person.ask(Request::Verify)["ok"], json!(true));
        let waiting = hashes(person).values().filter(|one| one[4] != json!(0)).count();
        assert_eq!(waiting, 0, "what the old device did stays");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_helpers_backup_brings_back_what_was_for_that_helper_alone() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let karin = Person::new("Karin de Wit");
    let hints = lisa.online().await;
    karin.online().await;
    invite(&lisa, &hints, &karin, "p-karin").await;
    let noted = lisa.ask(note("verslagen", "Dit mag alleen Karin lezen.", &["p-karin"]));
    let id = noted["ids"][0].as_str().unwrap();
    settle(&[&lisa, &karin]).await;
    let (before, words) = (karin.show(), words(&karin));
    assert!(find(&before, id).is_some());
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("karin.backup");
    backup(&karin, &file);
    drop(karin.stop().await);

    let back = Person::nobody();
    let restored = back.ask(from_backup(&words, &file));
    assert_eq!(restored["dossiers"][0]["own"], json!(false));
    assert_eq!(items(&back.show()), items(&before));
    // What she writes on the new device counts at Lisa's.
    back.online().await;
    let hers = back.ask(note("verslagen", "Van mijn nieuwe laptop.", &[]));
    settle(&[&back, &lisa]).await;
    assert_eq!(
        lisa.item(hers["ids"][0].as_str().unwrap())["text_professional"],
        "Van mijn nieuwe laptop."
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_that_are_wrong_and_files_that_are_not_whole_restore_nothing() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.ask(Request::DossierNew { title: None });
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("goed");
    backup(&lisa, &file);
    let good = words(&lisa);
    let other = words(&Person::new("Iemand anders"));
    let whole = std::fs::read(&file).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = outside.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let mut swapped: Vec<&str> = good.split(' ').collect();
    swapped.swap(0, 1);
    let mut flipped = whole.clone();
    let at = flipped.len() - 200;
    flipped[at] ^= 1;
    // Anybody may seal something to the words: their public half is in every log.
    let root = RootSecret::from_words(&good).unwrap();
    let recipient = root.age_identity().unwrap().to_public();
    let mut plain = age::decrypt(&root.age_identity().unwrap(), &whole).unwrap();
    let resealed = age::encrypt(&recipient, &plain).unwrap();
    let place = plain.len() - 1;
    plain[place] ^= 1;
    let forged = age::encrypt(&recipient, &plain).unwrap();
    let empty = age::encrypt(&recipient, b"iets heel anders dan een backup").unwrap();
    let cases = [
        (swapped.join(" "), file.clone(), "bad_words"),
        (good.replacen(' ', " zebra ", 1), file.clone(), "bad_words"),
        (other.clone(), file.clone(), "backup_other"),
        (good.clone(), write("kort", &whole[..whole.len() - 1]), "backup_damaged"),
        (good.clone(), write("half", &whole[..whole.len() / 2]), "backup_damaged"),
        (good.clone(), write("veranderd", &flipped), "backup_damaged"),
        (good.clone(), write("vals", &forged), "backup_other"),
        (good.clone(), write("leeg", b""), "backup_other"),
        (good.clone(), write("anders", &empty), "backup_none"),
    ];
    for (words, path, why) in cases {
        let nobody = Person::nobody();
        let fault = nobody.refused(from_backup(&words, &path));
        assert_eq!(
            (fault.code, fault.detail.as_deref()),
            (FaultCode::InputRefused, Some(why)),
            "{path:?}"
        );
        assert_eq!(
            std::fs::read_dir(nobody.folder.path()).unwrap().count(),
            0,
            "{why} left something"
        );
    }
    let nobody = Person::nobody();
    nobody.ask(from_backup(&good, &write("opnieuw verzegeld", &resealed)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_words_and_a_members_copy_bring_back_exactly_what_that_member_could_read() {
    let lisa = Person::new("Lisa Verhagen");
    let dossier = lisa.load(demo::LISA);
    let karin = Person::new("Karin de Wit");
    let jeroen = Person::new("Jeroen Bakker");
    let hints = lisa.online().await;
    karin.online().await;
    jeroen.online().await;
    invite(&lisa, &hints, &karin, "p-karin").await;
    invite(&lisa, &hints, &jeroen, "p-jeroen").await;
    karin.ask(note("verslagen", "Een verslag voor iedereen die meeleest.", &[]));
    settle(&[&lisa, &karin, &jeroen]).await;
    let (words, person) = (words(&lisa), lisa.ask(Request::Status)["profile"]["person"].clone());
    let hers = items(&lisa.show());
    drop(lisa.stop().await);

    let back = Person::nobody();
    let restored = back.ask(from_words(&words));
    assert_eq!(
        (&restored["profile"]["person"], &restored["dossiers"]),
        (&person, &json!([]))
    );
    back.online().await;
    let shown = karin.ask(Request::ReturnTicket { dossier: None });
    let ticket = shown["ticket"].as_str().unwrap();
    let returned = back.app.come_back(ticket, PATIENCE).await.unwrap();
    let returned = serde_json::to_value(returned).unwrap();
    assert_eq!(returned["dossiers"][0]["dossier"]["id"], json!(dossier));
    assert_eq!(back.ask(Request::Status)["profile"]["name"], "Lisa Verhagen");

    // Everything that Karin could read, and what lies sealed beside it; nothing that she had no part of.
    let (mine, karins) = (items(&back.show()), items(&karin.show()));
    for (id, item) in &karins {
        assert_eq!(mine.get(id), Some(item), "{id}");
    }
    for (id, item) in &mine {
        assert_eq!(hers.get(id), Some(item), "{id}");
    }
    assert!(mine.len() < hers.len());
    let lacking = back.ask(Request::Lacking { dossier: None });
    assert_eq!(lacking, returned["dossiers"][0]["lacking"]);
    assert_eq!(lacking["private"], json!(true));
    let sections = lacking["sections"].as_array().unwrap();
    assert!(
        !sections.is_empty() && !sections.contains(&json!("plan")),
        "{sections:?}"
    );

    // She goes on with Karin, who never met this device, and with Jeroen, who hears of it from Karin.
    let goal = mine.values().find(|item| item["kind"] == "goals").unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    back.set(&goal, json!({"why": "Ik ben er weer"}));
    settle(&[&karin, &back]).await;
    assert_eq!(karin.item(&goal)["why"], "Ik ben er weer");
    let shown = jeroen.ask(Request::ReturnTicket { dossier: None });
    back.app
        .come_back(shown["ticket"].as_str().unwrap(), PATIENCE)
        .await
        .unwrap();
    settle(&[&jeroen, &back]).await;
    for (id, item) in items(&jeroen.show()) {
        assert_eq!(items(&back.show()).get(&id), Some(&item), "{id}");
    }
    // What nobody had is begun again, and is hers alone until she shares it.
    let missing: Vec<String> = back.ask(Request::Lacking { dossier: None })["sections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap().to_owned())
        .collect();
    back.ask(Request::BeginAgain { dossier: None });
    assert_eq!(
        back.ask(Request::Lacking { dossier: None }),
        json!({"private": false, "sections": []})
    );
    let card = back.ask(Request::Status)["dossiers"][0].clone();
    let here: Vec<&str> = card["sections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert!(missing.iter().all(|one| here.contains(&one.as_str())));
    assert_eq!(back.ask(Request::Verify)["ok"], json!(true));
    let again = back.restart().await;
    assert_eq!(again.item(&goal)["why"], "Ik ben er weer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_elses_words_find_no_way_back() {
    let lisa = Person::new("Lisa Verhagen");
    let dossier = lisa.load(demo::LISA);
    let karin = Person::new("Karin de Wit");
    let hints = lisa.online().await;
    karin.online().await;
    invite(&lisa, &hints, &karin, "p-karin").await;
    let shown = karin.ask(Request::ReturnTicket { dossier: None });
    let ticket = shown["ticket"].as_str().unwrap();
    let mallory = Person::new("Mallory");
    mallory.online().await;
    let before = karin.ask(Request::SyncStatus { dossier: None });
    let fault = mallory.app.come_back(ticket, PATIENCE).await.unwrap_err();
    assert_eq!(fault.detail.as_deref(), Some("unknown_return"));
    assert_eq!(mallory.ask(Request::Status)["dossiers"], json!([]));
    // Karin, with a ticket to a dossier that is not hers.
    let fault = karin.app.come_back(ticket, PATIENCE).await.unwrap_err();
    assert_eq!(fault.detail.as_deref(), Some("return_not_own"));
    assert_eq!(karin.ask(Request::SyncStatus { dossier: None }), before);
    let card = karin.ask(Request::Status)["dossiers"][0].clone();
    assert_eq!((&card["id"], &card["own"]), (&json!(dossier), &json!(false)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_device_of_the_resident_has_everything_and_can_be_ended() {
    let lisa = Person::new("Lisa Verhagen");
    let dossier = lisa.load(demo::LISA);
    let second = lisa.ask(Request::DossierNew {
        title: Some("Het tweede".into()),
    });
    lisa.online().await;
    let phone = Person::nobody();
    phone.ask(from_words(&words(&lisa)));
    phone.online().await;
    let shown = lisa.ask(Request::ReturnTicket {
        dossier: Some(dossier.clone()),
    });
    phone
        .app
        .come_back(shown["ticket"].as_str().unwrap(), PATIENCE)
        .await
        .unwrap();
    let show = |person: &Person, id: &str| {
        items(&person.ask(Request::Show {
            dossier: Some(id.to_owned()),
        }))
    };
    for id in [dossier.as_str(), second["id"].as_str().unwrap()] {
        assert_eq!(show(&phone, id), show(&lisa, id));
    }
    let change = |id: &str, fields: Value| Request::ItemSet {
        id: id.to_owned(),
        dossier: dossier.clone(),
        fields: fields.as_object().unwrap().clone(),
    };
    let goals = show(&lisa, &dossier);
    let goal = goals.values().find(|item| item["kind"] == "goals").unwrap()["id"]
        .as_str()
        .unwrap();
    phone.ask(change(goal, json!({"why": "Vanaf mijn telefoon"})));
    settle(&[&phone, &lisa]).await;
    assert_eq!(show(&lisa, &dossier)[goal]["why"], "Vanaf mijn telefoon");
    let devices = lisa.ask(Request::Devices);
    assert_eq!(devices.as_array().unwrap().len(), 2);
    assert_eq!(devices[0]["here"], json!(true));
    let own = devices[0]["device"].as_str().unwrap().to_owned();
    assert_eq!(
        lisa.refused(Request::DeviceRevoke { device: own }).code,
        FaultCode::Invalid
    );
    // The phone is lost.
    let lost = devices[1]["device"].as_str().unwrap().to_owned();
    lisa.ask(Request::DeviceRevoke { device: lost });
    assert_eq!(show(&lisa, &dossier)[goal]["why"], "Vanaf mijn telefoon");
    settle(&[&lisa]).await;
    phone.app.sync(PATIENCE).await.unwrap();
    let unheard = || {
        phone.ask(Request::SyncStatus {
            dossier: Some(dossier.clone()),
        })[0]["waiting"]
            .clone()
    };
    let before = unheard();
    lisa.ask(change(goal, json!({"why": "Zonder telefoon"})));
    phone.app.sync(PATIENCE).await.unwrap();
    assert_eq!(unheard(), before, "whatever arrives, it writes nothing more");
    let fault = phone.refused(change(goal, json!({"why": "Van de vinder"})));
    assert_eq!(fault.detail.as_deref(), Some("device_cut"));
    assert_eq!(show(&phone, &dossier)[goal]["why"], "Vanaf mijn telefoon");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_on_a_stick_brings_what_a_connection_would_have_brought_and_no_more() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let (karin, jeroen) = (Person::new("Karin de Wit"), Person::new("Jeroen Bakker"));
    let hints = lisa.online().await;
    karin.online().await;
    jeroen.online().await;
    invite(&lisa, &hints, &karin, "p-karin").await;
    invite(&lisa, &hints, &jeroen, "p-jeroen").await;
    settle(&[&lisa, &karin, &jeroen]).await;
    // From here on nobody can reach anybody.
    for person in [&lisa, &karin, &jeroen] {
        person.app.offline().await;
    }
    let goals = items(&lisa.show());
    let goal = goals.values().find(|item| item["kind"] == "goals").unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    lisa.set(&goal, json!({"why": "Op een stick"}));
    let stick = tempfile::tempdir().unwrap();
    let file = |name: &str| stick.path().join(name).display().to_string();
    let export = |person: &Person, name: &str, whom: Option<&str>| {
        person.ask(Request::BundleExport {
            dossier: None,
            file: file(name),
            person: whom.map(str::to_owned),
        })
    };
    let import = |name: &str| Request::BundleImport { file: file(name) };
    export(&lisa, "voor karin", Some("p-karin"));
    let taken = karin.ask(import("voor karin"));
    assert!(taken["fresh"].as_u64().unwrap() > 0);
    assert_eq!(karin.item(&goal)["why"], "Op een stick");
    // Twice is once, and it is for her alone.
    assert_eq!(karin.ask(import("voor karin"))["fresh"], json!(0));
    assert_eq!(
        jeroen.refused(import("voor karin")).detail.as_deref(),
        Some("bundle_other")
    );
    // Back the same way: a member's file is for the resident.
    karin.set(&goal, json!({"why": "En terug"}));
    export(&karin, "terug", None);
    lisa.ask(import("terug"));
    assert_eq!(lisa.item(&goal)["why"], "En terug");
    let whole = std::fs::read(file("voor karin")).unwrap();
    std::fs::write(file("half"), &whole[..whole.len() / 2]).unwrap();
    assert_eq!(karin.refused(import("half")).detail.as_deref(), Some("bundle_damaged"));
    let nobody = Request::BundleExport {
        dossier: None,
        file: file("niemand"),
        person: Some("p-onbekend".into()),
    };
    assert_eq!(lisa.refused(nobody).code, FaultCode::NotFound);
    assert!(!stick.path().join("niemand").exists());
    for person in [&lisa, &karin, &jeroen] {
        assert_eq!(person.ask(Request::Verify)["ok"], json!(true));
    }
}
