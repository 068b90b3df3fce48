//! The real window on a virtual screen: the program as a resident starts it, through its own pages.
//! `cargo test` leaves them out, since they need a screen; `cargo xtask test --lane native` brings one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use dossier_app::contract::{Event, Invite, ProfileCreate, Request};
use dossier_app::{App, Card, Clock, Confirmation, Reach, Relay, Unlock};
use dossier_exchange::demo;
use keukentafel_tests::window::Window;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;

/// The day of both demo families.
const NOW: &str = "2026-11-23T09:00:00+01:00";
const PASSPHRASE: &str = "een tafel met vier stoelen";
/// Long enough for a busy machine; every wait ends at the event it waits for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder with everything that one person's program needs.
struct Place(TempDir);

impl Place {
    fn new() -> Result<Self> {
        let folder = TempDir::new()?;
        std::fs::write(folder.path().join("passphrase"), format!("{PASSPHRASE}\n"))?;
        Ok(Self(folder))
    }

    fn home(&self) -> PathBuf {
        self.0.path().join("home")
    }

    fn app(&self) -> Result<App> {
        let unlock = Unlock::PassphraseFile(self.0.path().join("passphrase"));
        Ok(App::open(&self.home(), unlock, Clock::starting(NOW)?)?)
    }

    /// A program of this person, with a profile.
    fn begun(&self, name: &str) -> Result<App> {
        let app = self.app()?;
        app.request(Request::ProfileCreate(ProfileCreate {
            name: name.into(),
            organisation: None,
            function: None,
        }))?;
        Ok(app)
    }

    async fn window(&self) -> Result<Window> {
        let text = |path: &Path| path.display().to_string();
        let arguments = [
            format!("--home={}", text(&self.home())),
            format!("--passphrase-file={}", text(&self.0.path().join("passphrase"))),
            format!("--now={NOW}"),
            "--listen=127.0.0.1:0".to_owned(),
            "--relay=none".to_owned(),
            "--no-discovery".to_owned(),
        ];
        let window = Window::open(&desktop(), &arguments).await?;
        window.settled().await?;
        Ok(window)
    }
}

/// The window's program, which cargo builds beside the folder of this test.
fn desktop() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors()
        .nth(2)
        .unwrap()
        .join(format!("keukentafel-desktop{}", std::env::consts::EXE_SUFFIX))
}

/// Asks the program behind the window, over the same way as its pages.
async fn ask(window: &Window, request: Value) -> Result<Value> {
    window
        .evaluate(
            "return await window.__TAURI_INTERNALS__.invoke('rpc', { request: arguments[0] });",
            vec![request],
        )
        .await
}

/// Types into the only field of a page that holds this text, as a person does.
async fn type_into(window: &Window, selector: &str, text: &str) -> Result<()> {
    window
        .evaluate(
            "const field = document.querySelector(arguments[0]);
             const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set;
             field.focus();
             set.call(field, arguments[1]);
             field.dispatchEvent(new Event('input', { bubbles: true }));",
            vec![json!(selector), json!(text)],
        )
        .await
        .map(drop)
}

async fn press(window: &Window, words: &str) -> Result<()> {
    window
        .evaluate(
            "const found = [...document.querySelectorAll('button, a')].filter((one) => one.textContent.trim() === arguments[0]);
             if (found.length !== 1) throw new Error(`${found.length} of '${arguments[0]}': ` + document.body.innerText);
             found[0].click();",
            vec![json!(words)],
        )
        .await
        .map(drop)
}

async fn reads(window: &Window, text: &str) -> Result<()> {
    window
        .until(&format!("document.body.innerText.includes({})", json!(text)))
        .await
}

fn catalogue(part: &str, key: &str) -> String {
    let file = keukentafel_tests::root().join(format!("ui/src/i18n/nl/{part}.json"));
    let known: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    known[key].as_str().unwrap_or_else(|| panic!("{part}.{key}")).to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a screen"]
async fn a_dossier_made_in_the_window_is_there_after_a_restart() -> Result<()> {
    let place = Place::new()?;
    let window = place.window().await?;
    assert!(
        window.picture().await?.starts_with(b"\x89PNG"),
        "a page at rest can be pictured"
    );
    type_into(&window, ".kt-start-form input:not([type=radio])", "Ria Verhagen").await?;
    press(&window, &catalogue("start", "make")).await?;
    window
        .until("document.querySelectorAll('.kt-words li').length === 24")
        .await?;
    press(&window, &catalogue("start", "words_later")).await?;

    let status = ask(&window, json!({ "method": "status" })).await?;
    assert_eq!(status["profile"]["name"], json!("Ria Verhagen"));
    assert_eq!(status["dossiers"][0]["own"], json!(true));
    let dossier = status["dossiers"][0]["id"].as_str().unwrap().to_owned();
    let fields = json!({ "title": "Ik slaap weer door", "status": "nieuw" });
    let add = json!({ "method": "item_add", "params": { "dossier": dossier, "section": "plan", "kind": "goals", "fields": fields } });
    let id = ask(&window, add).await?["ids"][0].clone();
    let refused = ask(
        &window,
        json!({ "method": "item_remove", "params": { "dossier": dossier, "id": "g-nergens" } }),
    )
    .await;
    assert!(
        refused.unwrap_err().to_string().contains("not_found"),
        "a fault reaches the page with its code"
    );
    window.close().await?;

    let window = place.window().await?;
    let plan = ask(&window, json!({ "method": "plan", "params": { "dossier": dossier } })).await?;
    assert_eq!((&plan["goals"][0]["id"], &plan["date"]), (&id, &json!("2026-11-23")));
    window
        .evaluate("location.hash = '#/d/' + arguments[0] + '/plan';", vec![json!(dossier)])
        .await?;
    reads(&window, "Ik slaap weer door").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a screen"]
async fn what_is_ticked_in_the_window_is_seen_by_the_other() -> Result<()> {
    let (at_home, away) = (Place::new()?, Place::new()?);
    let karin = away.begun("Karin de Wit")?;
    go_online(&karin).await?;
    let dossier = {
        let lisa = at_home.begun("Lisa Verhagen")?;
        let card = lisa.request(Request::DemoLoad {
            file: demo::LISA.into(),
            owner: None,
        })?;
        let hints = go_online(&lisa).await?;
        invite(&lisa, hints, &karin, "p-karin").await?;
        lisa.offline().await;
        card["id"].as_str().unwrap().to_owned()
    };
    let mut heard = karin.subscribe();
    assert_eq!(status_of(&karin, "t-1")?, json!("bezig"));

    let window = at_home.window().await?;
    window
        .evaluate("location.hash = '#/d/' + arguments[0] + '/plan';", vec![json!(dossier)])
        .await?;
    reads(&window, "Alle post van deze maand openmaken").await?;
    until(&mut heard, |event| matches!(event, Event::Peer { connected: true, .. })).await;

    let start = Instant::now();
    window
        .evaluate(
            "[...document.querySelectorAll('label.kt-tick')]
               .find((one) => one.textContent.includes('Alle post van deze maand openmaken'))
               .querySelector('input').click();",
            Vec::new(),
        )
        .await?;
    while status_of(&karin, "t-1")? != json!("klaar") {
        until(&mut heard, |event| matches!(event, Event::Changed { .. })).await;
    }
    let took = start.elapsed();
    println!("ticked in the window, seen by the other: {} ms", took.as_millis());
    assert!(took < Duration::from_secs(1), "{took:?}");

    // And the other way: what Karin does appears on the page by itself.
    let fields = json!({ "text": "Samen de brief van de gemeente lezen", "goal_id": "g-1", "status": "open" });
    karin.request(Request::ItemAdd {
        dossier: String::new(),
        section: "plan".into(),
        kind: "actions".into(),
        fields: fields.as_object().unwrap().clone(),
    })?;
    reads(&window, "Samen de brief van de gemeente lezen").await?;
    window.close().await?;
    karin.offline().await;
    Ok(())
}

async fn go_online(app: &App) -> Result<Vec<String>> {
    let reach = Reach {
        listen: Some("127.0.0.1:0".parse()?),
        relay: Relay::None,
        discovery: false,
    };
    Ok(app.go_online(reach).await?.iter().map(ToString::to_string).collect())
}

async fn invite(owner: &App, hints: Vec<String>, guest: &App, person: &str) -> Result<()> {
    let invite = Invite {
        person: Some(person.into()),
        hints,
        ..Invite::default()
    };
    let invited = owner.request(Request::Invite(invite))?;
    let mut events = owner.subscribe();
    let confirm = async {
        let joining = until(&mut events, |event| matches!(event, Event::Joining { .. })).await;
        let Event::Joining { code, .. } = joining else {
            unreachable!()
        };
        owner.confirm(&Confirmation::Code(code))
    };
    let ticket = invited["ticket"].as_str().unwrap();
    tokio::try_join!(
        guest.join(
            ticket,
            Card {
                name: person.into(),
                ..Card::default()
            },
            |_| {},
            PATIENCE
        ),
        confirm
    )?;
    owner.sync(PATIENCE).await?;
    Ok(())
}

/// The first event that fits.
async fn until(events: &mut Receiver<Event>, fits: impl Fn(&Event) -> bool) -> Event {
    let wait = async {
        loop {
            let event = events.recv().await.unwrap();
            if fits(&event) {
                return event;
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("it was never told")
}

fn status_of(app: &App, id: &str) -> Result<Value> {
    let view = app.request(Request::Show { dossier: None })?;
    let items = view["items"].as_array().unwrap();
    Ok(items
        .iter()
        .find(|item| item["id"] == json!(id))
        .map_or(Value::Null, |item| item["status"].clone()))
}
