//! P5: one edit, until it is visible and on the disk at a connected reader.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use dossier_app::contract::{Event, Request};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::edit::{PAUSE, saved_plan, store};
use crate::floor::BarePair;
use crate::people::{CHANGES, PATIENCE, Person, fill_plan, invite, tick};
use crate::table::{Row, Samples, Table};

const ROUNDS: usize = 300;
const WARM: usize = 20;

fn status_of(plan: &Value, id: &str) -> Option<String> {
    match plan {
        Value::Object(map) if map.get("id").and_then(Value::as_str) == Some(id) => {
            map.get("status").and_then(Value::as_str).map(str::to_owned)
        }
        Value::Object(map) => map.values().find_map(|value| status_of(value, id)),
        Value::Array(list) => list.iter().find_map(|value| status_of(value, id)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Measures ours and the floor, turn and turn about.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<()> {
    let lisa = Person::lisa(folder)?;
    let ids = fill_plan(&lisa)?;
    let id = ids.get(CHANGES / 2).context("an action")?;
    lisa.app.offline().await;
    let mut saved = Vec::new();
    let lisa = lisa.again(|folder| {
        saved = saved_plan(&store(folder)?)?;
        Ok(())
    })?;
    let karin = Person::new("Karin de Wit", folder)?;
    let hints = lisa.online().await?;
    karin.online().await?;
    invite(&lisa, &hints, &karin, "p-karin").await?;
    lisa.app.sync(PATIENCE).await.map_err(crate::people::failed)?;
    let dossier = karin.ask(Request::Status)?;
    let dossier = dossier
        .pointer("/dossiers/0/id")
        .and_then(Value::as_str)
        .context("her dossier")?
        .to_owned();
    karin.ask(Request::Plan {
        dossier: dossier.clone(),
    })?;
    lisa.app.sync(PATIENCE).await.map_err(crate::people::failed)?;

    let mut pair = BarePair::connect(&saved, id, folder).await?;
    let (mut ours, mut shown, mut floor) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..WARM + ROUNDS {
        let (request, status) = tick(id, n);
        sleep(PAUSE).await;
        let mut events = karin.app.subscribe();
        let start = Instant::now();
        lisa.ask(request)?;
        let arrived = timeout(PATIENCE, arrival(&mut events)).await??;
        let plan = karin.ask(Request::Plan {
            dossier: dossier.clone(),
        })?;
        let on_page = start.elapsed();
        ensure!(
            status_of(&plan, id).as_deref() == Some(status),
            "the reader sees something else"
        );
        sleep(PAUSE).await;
        let bare = pair.edit(status).await?;
        if n >= WARM {
            ours.push(arrived.duration_since(start));
            shown.push(on_page);
            floor.push(bare);
        }
    }
    let (ours, shown, floor) = (Samples::of(ours), Samples::of(shown), Samples::of(floor));
    let what = "one edit until durable and visible at a reader, 1,000 changes (p95)";
    table.push(Row::ratio("P5", what, (&ours, &floor), 95, 1.2));
    table.push(Row::ratio("P5", "… (p50)", (&ours, &floor), 50, 1.2).informative());
    table.push(
        Row::ratio(
            "P5",
            "… and the reader's whole plan page made again (p95)",
            (&shown, &floor),
            95,
            1.2,
        )
        .informative(),
    );
    Ok(())
}

/// When something of the plan is different at the reader.
async fn arrival(events: &mut tokio::sync::broadcast::Receiver<Event>) -> Result<Instant> {
    loop {
        if let Event::Changed { sections, .. } = events.recv().await?
            && sections.iter().any(|section| section == "plan")
        {
            return Ok(Instant::now());
        }
    }
}
