//! kill -9 at any moment: the next run goes on, nothing is half done, nothing is lost.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::stage::{DONE, Home, Stage, near};

/// Moments to be killed at, spread over the time that a step takes; the seed is fixed so that a failure comes back.
struct Moments(u64);

impl Moments {
    fn next(&mut self, whole: Duration) -> Duration {
        // Steele and Vigna's splitmix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        whole.mul_f64((mixed >> 11) as f64 / (1u64 << 53) as f64)
    }
}

/// Starts the step and kills it after this long; says whether it had ended by itself.
fn cut_off(home: &Home, words: &[&str], after: Duration) -> bool {
    let mut running = home.begin(words);
    // Being killed at a moment of the clock is what is tested here.
    std::thread::sleep(after);
    let ended = running.child.try_wait().unwrap().is_some();
    running.kill();
    ended
}

fn timed<T>(step: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let made = step();
    (made, start.elapsed())
}

#[test]
fn init_cut_off_anywhere_leaves_nobody_or_a_whole_person() {
    let folder = tempfile::tempdir().unwrap();
    let (_, whole) = timed(|| Home::of(folder.path().join("maat"), "Lisa"));
    let mut moments = Moments(1);
    for round in 0..12 {
        let home = Home::at(folder.path().join(format!("huis-{round}")));
        cut_off(&home, &["init", "--name", "Lisa"], moments.next(whole));
        let again = home.run(&["init", "--name", "Lisa"]);
        if again.code != Some(DONE) {
            assert_eq!(again.fault()["code"], "already_exists", "round {round}: {again:?}");
        }
        assert_eq!(home.ask(&["dossier", "list"]), Value::Array(Vec::new()));
        home.verified();
    }
}

#[test]
fn loading_cut_off_anywhere_leaves_no_family_or_a_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let measure = Home::of(folder.path().join("maat"), "Lisa");
    let (_, whole) = timed(|| measure.load_lisa());
    let items = |home: &Home| home.ask(&["dossier", "show"])["items"].clone();
    let wanted = items(&measure);
    let home = Home::of(folder.path().join("huis"), "Lisa");
    let file = keukentafel_tests::root().join(crate::stage::LISA);
    let mut moments = Moments(2);
    for round in 0..12 {
        let before = home.ask(&["dossier", "list"]).as_array().unwrap().len();
        cut_off(&home, &["demo", "load", file.to_str().unwrap()], moments.next(whole));
        let dossiers = home.ask(&["dossier", "list"]);
        let dossiers = dossiers.as_array().unwrap();
        assert!(dossiers.len() <= before + 1, "round {round}");
        for dossier in dossiers {
            let shown = home.ask(&["dossier", "show", "--dossier", dossier["id"].as_str().unwrap()]);
            assert_eq!(shown["items"], wanted, "round {round}: half a family");
        }
        home.verified();
    }
    home.load_lisa();
    home.verified();
}

#[test]
fn an_invitation_cut_off_on_either_side_can_be_finished() {
    let stage = Stage::with_lisa();
    let mut moments = Moments(3);
    let words = near(&["access", "invite", "--person", "p-karin", "--wait", "--yes-i-compared"]);
    for round in 0..6 {
        let karin = Home::of(stage.folder.path().join(format!("karin-{round}")), "Karin de Wit");
        let mut inviting = stage.lisa.begin(&words);
        let ticket = inviting.next_with("ticket")["ticket"].as_str().unwrap().to_owned();
        let join = near(&["access", "join", &ticket]);
        let after = moments.next(Duration::from_millis(1500));
        let joined_already = if round % 2 == 0 {
            let ended = cut_off(&karin, &join, after);
            inviting.kill();
            ended
        } else {
            let joining = karin.begin(&join);
            std::thread::sleep(after);
            inviting.kill();
            joining.kill();
            false
        };
        for home in [&stage.lisa, &karin] {
            home.verified();
        }
        // The same ticket goes on where it was: an answer that was given waits for its code.
        let watching = stage.lisa.watch();
        if karin.ask(&["dossier", "list"]).as_array().unwrap().is_empty() {
            assert!(!joined_already, "round {round}: it said that it was done");
            let mut joining = karin.begin(&join);
            let code = joining.next_with("code")["code"].as_str().unwrap().to_owned();
            // The code is on the joiner's screen a moment before the answer arrives; and if it was granted before the cut,
            // nobody needs to say it again.
            while joining.child.try_wait().unwrap().is_none() {
                let confirmed = stage.lisa.run(&["access", "confirm", &code]);
                if confirmed.code == Some(DONE) {
                    break;
                }
                assert_eq!(confirmed.fault()["detail"], "joiner", "round {round}: {confirmed:?}");
            }
            let ended = joining.end();
            assert_eq!(ended.code, Some(DONE), "round {round}: {ended:?}");
        }
        karin.sync();
        watching.stop();
        assert_eq!(
            karin.item("plan", "g-1")["title"],
            "Ik weet elke week wat ik kan uitgeven"
        );
        stage.lisa.verified();
        karin.verified();
    }
}

#[test]
fn syncing_cut_off_anywhere_loses_nothing() {
    let stage = Stage::with_lisa();
    let karin = stage.joined("karin", "Karin de Wit", &[]);
    let mut moments = Moments(4);
    let mut titles = Vec::new();
    let (_, whole) = timed(|| stage.exchange(&[&karin]));
    for round in 0..8 {
        let (lisa_says, karin_says) = (format!("Lisa {round}"), format!("Karin {round}"));
        for (home, says) in [(&stage.lisa, &lisa_says), (&karin, &karin_says)] {
            home.ask(&["item", "add", "plan", "actions", "--set", &format!("text={says}")]);
        }
        titles.extend([lisa_says, karin_says]);
        let watching = stage.lisa.watch();
        cut_off(&karin, &near(&["sync", "--until-idle"]), moments.next(whole / 2));
        watching.kill();
        stage.lisa.verified();
        karin.verified();
    }
    stage.exchange(&[&karin]);
    for home in [&stage.lisa, &karin] {
        let shown = home.ask(&["dossier", "show"]).to_string();
        for title in &titles {
            assert!(shown.contains(&format!("\"{title}\"")), "{title} is lost");
        }
    }
    assert_eq!(stage.lisa.hash("plan"), karin.hash("plan"));
}

#[test]
fn an_edit_that_was_answered_is_kept_and_one_that_was_cut_off_is_whole_or_not_there() {
    let stage = Stage::with_lisa();
    let words = ["item", "set", "g-1", "title=Proef", "why=Proef"];
    let (_, whole) = timed(|| stage.lisa.ask(&words));
    let mut moments = Moments(5);
    for round in 0..10 {
        stage.lisa.ask(&["item", "set", "g-1", "title=Begin", "why=Begin"]);
        cut_off(&stage.lisa, &words, moments.next(whole));
        let goal = stage.lisa.item("plan", "g-1");
        assert_eq!(goal["title"], goal["why"], "round {round}: half an edit");
        stage.lisa.verified();
    }
}

#[test]
fn a_revocation_cut_off_anywhere_is_whole_or_not_there() {
    let stage = Stage::with_lisa();
    let karin = stage.joined("karin", "Karin de Wit", &[]);
    let ria = stage.joined("ria", "Ria Verhagen", &[]);
    stage.exchange(&[&karin, &ria]);
    let aside = stage.lisa.copy(stage.folder.path().join("maat"));
    let (_, whole) = timed(|| aside.ask(&["access", "revoke", "p-ria"]));
    let ended = |home: &Home| {
        let access = home.ask(&["access", "list"]);
        let ria = access["people"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["person"] == "p-ria")
            .unwrap()
            .clone();
        (ria["ended"].is_object(), ria["scopes"].as_array().unwrap().len())
    };
    let mut moments = Moments(6);
    for round in 0..8 {
        let copy = stage.lisa.copy(stage.folder.path().join(format!("lisa-{round}")));
        cut_off(&copy, &["access", "revoke", "p-ria"], moments.next(whole));
        assert!(
            matches!(ended(&copy), (true, 0) | (false, 3)),
            "round {round}: {:?}",
            ended(&copy)
        );
        copy.verified();
        if !ended(&copy).0 {
            copy.ask(&["access", "revoke", "p-ria"]);
        }
        copy.ask(&["item", "add", "plan", "actions", "--set", "text=Na het stoppen"]);
        assert_eq!(ended(&copy), (true, 0));
        copy.verified();
    }
    stage.lisa.ask(&["access", "revoke", "p-ria"]);
    stage
        .lisa
        .ask(&["item", "add", "plan", "actions", "--set", "text=Na het stoppen"]);
    stage.exchange(&[&karin]);
    assert!(karin.ask(&["dossier", "show"]).to_string().contains("Na het stoppen"));
}
