//! The whole demo family: loading it, and letting in everybody of its access table.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use dossier_app::App;
use dossier_app::contract::{Event, Request};
use dossier_exchange::demo;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use crate::people::{PATIENCE, Person, failed, invite};
use crate::table::{Row, Table};

/// Times that the family is loaded; the slowest counts.
const LOADS: usize = 3;

/// Watches a program; when told to stop, answers when something last changed there.
fn watch(app: &App) -> tokio::sync::oneshot::Sender<tokio::sync::oneshot::Sender<Option<Instant>>> {
    let (ask, asked) = tokio::sync::oneshot::channel::<tokio::sync::oneshot::Sender<Option<Instant>>>();
    let mut events = app.subscribe();
    tokio::spawn(async move {
        let mut last = None;
        let mut asked = asked;
        loop {
            tokio::select! {
                biased;
                event = events.recv() => match event {
                    Ok(Event::Changed { .. }) | Err(RecvError::Lagged(_)) => last = Some(Instant::now()),
                    Ok(
                        Event::Joining { .. }
                        | Event::Joined { .. }
                        | Event::Answer { .. }
                        | Event::Peer { .. }
                        | Event::Team
                        | Event::Working { .. }
                        | Event::Exporting { .. },
                    ) => {}
                    Err(RecvError::Closed) => return,
                },
                answer = &mut asked => {
                    if let Ok(answer) = answer {
                        let _ = answer.send(last);
                    }
                    return;
                }
            }
        }
    });
    ask
}

fn items(person: &Person) -> Result<usize> {
    let shown = person.ask(Request::Show { dossier: None })?;
    Ok(shown.get("items").and_then(Value::as_array).map_or(0, Vec::len))
}

/// Measures.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<()> {
    let mut loads = Vec::new();
    for _ in 0..LOADS {
        let one = Person::new("Lisa Verhagen", folder)?;
        let start = Instant::now();
        one.ask(Request::DemoLoad {
            file: demo::LISA.to_owned(),
            owner: None,
        })?;
        loads.push(start.elapsed().as_secs_f64());
    }
    let slowest = loads.iter().copied().fold(0.0, f64::max);
    table.push(Row::figure(
        "demo",
        "loading the family of Lisa",
        slowest,
        1.0,
        "s",
        json!({"seconds": loads}),
    ));

    let lisa = Person::lisa(folder)?;
    let family = demo::read(demo::LISA.as_bytes())?;
    let hints = lisa.online().await?;
    let mut guests = Vec::new();
    for entry in family.access.iter().filter(|entry| !entry.is_closed()) {
        let guest = Person::new(&entry.person_id, folder)?;
        guest.online().await?;
        guests.push((entry.person_id.clone(), guest));
    }
    // One after another, as people come; each is asked to the door when the one before has everything.
    let (mut with, mut without, mut each) = (Duration::ZERO, Duration::ZERO, Vec::new());
    for (person, guest) in &guests {
        let watched = watch(&guest.app);
        let start = Instant::now();
        let granted = invite(&lisa, &hints, guest, person).await?;
        lisa.app.sync(PATIENCE).await.map_err(failed)?;
        let (answer, answered) = tokio::sync::oneshot::channel();
        ensure!(watched.send(answer).is_ok(), "the watch ended");
        let complete = answered.await?.context("nothing arrived")?;
        let seen = items(guest)?;
        with += complete.duration_since(start);
        without += complete.duration_since(granted);
        each.push(json!({"person": person, "items": seen, "ms_from_grant": complete.duration_since(granted).as_secs_f64() * 1e3}));
    }
    let detail = json!({"people": guests.len(), "each": each});
    let what = format!(
        "first sync of all {} people on loopback, from each one's grant",
        guests.len()
    );
    table.push(Row::figure(
        "demo",
        &what,
        without.as_secs_f64(),
        10.0,
        "s",
        detail.clone(),
    ));
    table.push(Row::figure(
        "demo",
        "… with the invitations",
        with.as_secs_f64(),
        10.0,
        "s",
        detail,
    ));
    for (_, guest) in &guests {
        guest.app.offline().await;
    }
    lisa.app.offline().await;
    Ok(())
}
