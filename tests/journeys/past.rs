//! What happened to an item, the dossier as it was, and taking one's own steps back.

use dossier_app::contract::{FaultCode, Invite, ProfileCreate, Request};
use dossier_app::looking::{Look, Page, Through};
use dossier_app::{App, Clock, Unlock};
use dossier_exchange::demo;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{PASSPHRASE, Person, add, admit, find, set, settle};

fn at(moment: &str) -> Request {
    Request::Look(Look {
        dossier: None,
        through: Through::Moment { at: moment.into() },
        page: Page::Show,
    })
}

fn history(id: &str) -> Request {
    Request::History {
        dossier: None,
        id: id.into(),
    }
}

fn undo() -> Request {
    Request::Undo { dossier: String::new() }
}

fn redo() -> Request {
    Request::Redo { dossier: String::new() }
}

fn remove(id: &str) -> Request {
    Request::ItemRemove {
        dossier: String::new(),
        id: id.into(),
    }
}

/// A program whose calendar says something else each time it is opened.
struct Days {
    folder: TempDir,
    app: Option<App>,
    now: u64,
}

impl Days {
    fn begin() -> Self {
        let mut days = Self {
            folder: TempDir::new().unwrap(),
            app: None,
            now: 1_790_000_000,
        };
        days.later(0);
        let profile = ProfileCreate {
            name: "Lisa Verhagen".into(),
            organisation: None,
            function: None,
        };
        days.ask(Request::ProfileCreate(profile));
        days
    }

    /// What its calendar says now: it runs on while things are done.
    fn moment(&self) -> String {
        let status = self.ask(Request::Status);
        let dossier = status["dossiers"][0]["id"].as_str().unwrap().to_owned();
        let today = self.ask(Request::Today { dossier });
        today["now"].as_str().unwrap().to_owned()
    }

    fn later(&mut self, seconds: u64) {
        self.app = None;
        self.now += seconds;
        let unlock = Unlock::Passphrase(String::from(PASSPHRASE).into());
        let clock = Clock::starting(&moment(self.now)).unwrap();
        self.app = Some(App::open(self.folder.path(), unlock, clock).unwrap());
    }

    fn ask(&self, request: Request) -> Value {
        let app = self.app.as_ref().unwrap();
        app.request(request).unwrap_or_else(|fault| panic!("{fault}"))
    }

    fn show(&self) -> Value {
        self.ask(Request::Show { dossier: None })
    }
}

/// RFC 3339 of seconds since 1970; the calendar of this program reads any offset.
fn moment(seconds: u64) -> String {
    let days = i64::try_from(seconds / 86_400).unwrap();
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    // Days since 0000-03-01, after which months have a fixed pattern (Howard Hinnant, "chrono-compatible date algorithms").
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The same numbers for the same seed, everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<'l>(&mut self, list: &'l [String]) -> Option<&'l String> {
        let index = self.roll(u64::try_from(list.len()).unwrap().max(1));
        list.get(usize::try_from(index).unwrap())
    }
}

/// One step of somebody who writes whatever comes to mind; the request, if it makes sense now.
fn whim(dice: &mut Dice, view: &Value, count: u32) -> Option<Request> {
    let ids = |kinds: &[&str]| -> Vec<String> {
        let items = view["items"].as_array().unwrap().iter();
        items
            .filter(|item| kinds.contains(&item["kind"].as_str().unwrap()))
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let written = ids(&["goals", "appointments", "story", "flags", "actions"]);
    Some(match dice.roll(9) {
        0 => add(
            "plan",
            "goals",
            json!({"title": format!("doel {count}"), "why": "omdat het moet"}),
        ),
        1 => {
            let id = dice.pick(&ids(&["goals"]))?.clone();
            let why = "andere woorden ".repeat(usize::try_from(dice.roll(4) + 1).unwrap());
            set(&id, json!({"title": format!("anders {count}"), "why": why}))
        }
        2 => {
            let start = format!("2026-11-{:02}T10:00:00+01:00", dice.roll(28) + 1);
            add(
                "agenda",
                "appointments",
                json!({"title": format!("afspraak {count}"), "start": start}),
            )
        }
        3 => {
            let id = dice.pick(&ids(&["appointments"]))?.clone();
            set(
                &id,
                json!({"start": format!("2026-12-{:02}T11:00:00+01:00", dice.roll(28) + 1)}),
            )
        }
        4 => Request::NoteAdd {
            dossier: None,
            section: "verslagen".into(),
            text: format!("verslag {count}"),
            plain: None,
            hat: None,
            readers: Vec::new(),
        },
        5 => Request::NoteReact {
            dossier: None,
            note: dice.pick(&ids(&["notes"]))?.clone(),
            text: format!("reactie {count}"),
            verdict: None,
        },
        6 => add(
            "verhaal",
            "story",
            json!({"text": format!("verhaal {count}"), "visibility": []}),
        ),
        7 => remove(dice.pick(&written)?),
        _ => undo(),
    })
}

#[test]
fn every_moment_is_shown_as_it_was_and_every_step_can_be_looked_back_to() {
    for seed in [3, 17] {
        let mut days = Days::begin();
        days.ask(Request::DossierNew { title: None });
        let mut dice = Dice(seed);
        let mut saved = vec![(days.moment(), days.show())];
        let mut refused = 0;
        for count in 0..32 {
            let wait = [40, 90, 3_600, 86_400, 260_000][usize::try_from(dice.roll(5)).unwrap()];
            days.later(wait);
            let Some(request) = whim(&mut dice, &saved.last().unwrap().1, count) else {
                continue;
            };
            let app = days.app.as_ref().unwrap();
            if let Err(fault) = app.request(request) {
                // There is not always something to take back.
                assert_eq!(fault.code, FaultCode::NotFound, "{fault}");
                refused += 1;
            }
            saved.push((days.moment(), days.show()));
        }
        assert!(refused < 8, "{refused} refused");
        days.later(400_000);
        let now = days.show();
        assert_eq!(days.ask(at(&days.moment())), now, "now");
        assert_eq!(days.ask(at("2036-01-01")), now, "and what is to come");
        let mut different = 0;
        for (moment, view) in &saved {
            assert_eq!(&days.ask(at(moment)), view, "seed {seed}, {moment}");
            different += usize::from(*view != now);
        }
        assert!(different > 15);
        let last_of_first_day = saved.iter().rfind(|(moment, _)| moment[..10] == saved[0].0[..10]);
        assert_eq!(days.ask(at("2020-01-01"))["items"], json!([]));
        let (moment, view) = last_of_first_day.unwrap();
        if moment[11..13].parse::<u32>().unwrap() < 23 {
            assert_eq!(&days.ask(at(&moment[..10])), view, "the end of a day");
        }
        let mut steps = 0;
        for item in now["items"].as_array().unwrap() {
            let told = days.ask(history(item["id"].as_str().unwrap()));
            for step in told["steps"].as_array().unwrap() {
                let moment = step["at"].as_str().unwrap();
                let looked = days.ask(at(step["step"].as_str().unwrap()));
                assert_eq!(looked, days.ask(at(moment)), "{step}");
                steps += 1;
            }
        }
        assert!(steps > 10);
    }
}

#[test]
fn own_steps_are_taken_back_one_after_another_to_the_beginning_and_done_again() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let mut saved = vec![lisa.show()];
    let mut step = |request: Request| {
        let done = lisa.ask(request);
        saved.push(lisa.show());
        done["ids"][0].as_str().unwrap_or_default().to_owned()
    };
    let goal = step(add("plan", "goals", json!({"title": "Rust"})));
    step(set(&goal, json!({"title": "Meer rust", "why": "Dat wil ik."})));
    step(remove(&goal));
    let story = step(add(
        "verhaal",
        "story",
        json!({"text": "Alleen voor mij", "visibility": []}),
    ));
    step(set(&story, json!({"text": "Nog steeds alleen voor mij"})));
    step(remove(&story));
    let visit = step(add(
        "agenda",
        "appointments",
        json!({"title": "Kapper", "start": "2026-11-30T10:00:00+01:00"}),
    ));
    step(set(&visit, json!({"start": "2026-11-30T11:00:00+01:00"})));
    step(remove(&visit));
    step(remove("t-1"));
    let react = Request::NoteReact {
        dossier: None,
        note: "n-1".into(),
        text: "Dat zie ik anders.".into(),
        verdict: Some("klopt_niet".into()),
    };
    step(react);
    let busy = |view: &Value| {
        let items = view["items"].as_array().unwrap().iter();
        items.filter(|item| item["kind"] == "busy").count()
    };
    assert_eq!(
        busy(&saved[9]),
        busy(&saved[0]),
        "no block is left of what is not there"
    );
    let done_once = saved.clone();
    while saved.len() > 1 {
        saved.pop();
        let done = lisa.ask(undo());
        assert_eq!(lisa.show(), *saved.last().unwrap(), "back to step {}", saved.len());
        assert_eq!(done["left"], json!(saved.len() - 1));
        assert_eq!(done["next"].is_null(), saved.len() == 1);
    }
    assert_eq!(lisa.refused(undo()).code, FaultCode::NotFound);
    let told = lisa.ask(history(&story));
    let deeds: Vec<&str> = told["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["deed"].as_str().unwrap())
        .collect();
    assert_eq!(
        deeds,
        ["added", "changed", "removed", "put_back", "put_back", "removed"]
    );

    let steps = done_once.len() - 1;
    for (at, after) in done_once.iter().enumerate().skip(1) {
        let done = lisa.ask(redo());
        assert_eq!(lisa.show(), *after, "forth to step {at}");
        assert_eq!((&done["left"], &done["again"]), (&json!(at), &json!(steps - at)));
    }
    assert_eq!(lisa.refused(redo()).code, FaultCode::NotFound);
    for before in done_once.iter().rev().skip(1) {
        lisa.ask(undo());
        assert_eq!(lisa.show(), *before, "and back once more");
    }
    lisa.ask(redo());
    lisa.ask(add("plan", "goals", json!({"title": "Iets anders"})));
    let other = lisa.show();
    assert_eq!(
        lisa.refused(redo()).code,
        FaultCode::NotFound,
        "a new step goes another way"
    );
    assert_eq!(lisa.show(), other);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_changed_what_is_told_alike_to_everybody_who_may_read_it() {
    let lisa = Person::new("Lisa Verhagen");
    lisa.load(demo::LISA);
    let hints = lisa.online().await;
    let (karin, jeroen, ria) = (
        Person::new("Karin de Wit"),
        Person::new("Jeroen Bakker"),
        Person::new("Ria"),
    );
    for (guest, id) in [(&karin, "p-karin"), (&jeroen, "p-jeroen"), (&ria, "p-ria")] {
        guest.online().await;
        let invitation = Invite {
            person: Some(id.into()),
            hints: hints.clone(),
            ..Invite::default()
        };
        admit(&lisa, guest, invitation, id).await;
    }
    let everybody = [&lisa, &karin, &jeroen, &ria];
    settle(&everybody).await;
    karin.set(
        "g-1",
        json!({"status": "gehaald", "title": "Elke week weten wat ik heb"}),
    );
    settle(&everybody).await;
    let proposal = jeroen.ask(add(
        "plan",
        "actions",
        json!({"text": "Samen oefenen", "goal_id": "g-1"}),
    ));
    let proposal = proposal["ids"][0].as_str().unwrap().to_owned();
    settle(&everybody).await;
    lisa.set(&proposal, json!({"due": "2026-12-24"}));
    lisa.set("g-1", json!({"status": "bezig"}));
    lisa.set("g-1", json!({"status": "gestopt"}));
    lisa.ask(undo());
    lisa.ask(remove("t-1"));
    settle(&everybody).await;

    let words = |person: &Person, id: &str| -> Vec<(String, String, String, Value)> {
        let told = person.ask(history(id));
        let steps = told["steps"].as_array().unwrap().iter();
        let of = |step: &Value, key: &str| step[key].as_str().unwrap_or_default().to_owned();
        steps
            .map(|step| {
                (
                    of(&step["who"], "id"),
                    of(step, "right"),
                    of(step, "deed"),
                    step["fields"].clone(),
                )
            })
            .collect()
    };
    let field = |field: &str, before: Value, after: Value| json!({"field": field, "before": before, "after": after});
    let goal = words(&lisa, "g-1");
    let step =
        |who: &str, right: &str, deed: &str, fields: Value| (who.to_owned(), right.to_owned(), deed.to_owned(), fields);
    let own = "eigenaar";
    let first = "Ik weet elke week wat ik kan uitgeven";
    assert_eq!(goal[0].2, "added");
    assert_eq!(
        goal[1..],
        [
            step(
                "p-karin",
                "aanpassen",
                "changed",
                json!([
                    field("status", json!("bezig"), json!("gehaald")),
                    field("title", json!(first), json!("Elke week weten wat ik heb")),
                ])
            ),
            step(
                "p-lisa",
                own,
                "changed",
                json!([field("status", json!("gehaald"), json!("bezig"))])
            ),
            step(
                "p-lisa",
                own,
                "changed",
                json!([field("status", json!("bezig"), json!("gestopt"))])
            ),
            step(
                "p-lisa",
                own,
                "put_back",
                json!([field("status", json!("gestopt"), json!("bezig"))])
            ),
        ]
    );
    let action = words(&jeroen, &proposal);
    assert_eq!(
        (action[0].0.as_str(), action[0].1.as_str(), action[0].2.as_str()),
        ("p-jeroen", "aanvullen", "contributed")
    );
    assert_eq!(
        action[1],
        step(
            "p-lisa",
            own,
            "taken_over",
            json!([field("due", Value::Null, json!("2026-12-24"))])
        )
    );
    let gone = words(&karin, "t-1");
    assert_eq!(gone.last().unwrap().2, "removed");
    assert!(find(&karin.show(), "t-1").is_none());
    for id in ["g-1", "t-1", &proposal, "n-1"] {
        let told = words(&lisa, id);
        for person in [&karin, &jeroen, &ria] {
            let readable = find(&person.show(), id).is_some() || id == "t-1";
            if readable {
                assert_eq!(words(person, id), told, "{id}");
            } else {
                assert_eq!(person.refused(history(id)).code, FaultCode::NotFound, "{id}");
            }
        }
    }
    assert_eq!(
        ria.refused(history("s-1")).code,
        FaultCode::NotFound,
        "a debt that she may not see"
    );
    let named = karin.ask(history("g-1"))["steps"][1]["who"]["name"].clone();
    assert_eq!(named, lisa.ask(history("g-1"))["steps"][1]["who"]["name"]);
}
