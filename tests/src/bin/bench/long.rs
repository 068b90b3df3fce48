//! P1 to P3: a plan of 20,000 changes, from the disk and to somebody who has nothing of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use automerge::AutoCommit;
use dossier_app::contract::{Invite, Request};
use dossier_app::replica::checkpoint::LOOSE_PART;
use dossier_app::replica::compartment::{LOOSE_RECEIPT, LOOSE_WRAP};
use dossier_app::{Card, Confirmation};
use dossier_store::Store;
use dossier_trust::item::Lane;
use serde_json::{Value, json};

use crate::edit::{plan_of, saved_plan, store};
use crate::floor::first_sync;
use crate::people::{CHANGES, PATIENCE, Person, failed, fill_plan, tick};
use crate::table::{Row, Samples, Table};

/// Changes in the plan: its actions, and then one after another made done and open again.
const LONG: usize = 20_000;
const ROUNDS: usize = 7;
/// Longer than the program waits before it looks behind what it shows, and does what it owes.
const QUIET: Duration = Duration::from_secs(2);

/// Measures.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<()> {
    let lisa = Person::lisa(folder)?;
    let ids = fill_plan(&lisa)?;
    for n in CHANGES..LONG {
        let id = ids.get(n % CHANGES).context("an action")?;
        lisa.ask(tick(id, n / CHANGES).0)?;
    }
    // What happens behind is over when somebody closes the program.
    tokio::time::sleep(QUIET).await;
    lisa.app.offline().await;
    let mut saved = Vec::new();
    let mut lisa = lisa.again(|folder| {
        saved = saved_plan(&store(folder)?)?;
        Ok(())
    })?;
    lisa = opening(lisa, &saved, table).await?;
    newcomer(&lisa, &saved, folder, table).await
}

/// P1: from a program that holds nothing in memory to the plan on the screen.
async fn opening(mut lisa: Person, saved: &[u8], table: &mut Table) -> Result<Person> {
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        lisa.app.offline().await;
        lisa = lisa.again(|_| Ok(()))?;
        let start = Instant::now();
        let status = lisa.ask(Request::Status)?;
        let opened = start.elapsed();
        let dossier = status
            .pointer("/dossiers/0/id")
            .and_then(Value::as_str)
            .context("the dossier")?;
        lisa.ask(Request::Plan {
            dossier: dossier.to_owned(),
        })?;
        ours.push((opened, start.elapsed()));
        let start = Instant::now();
        drop(AutoCommit::load(saved)?);
        floor.push(start.elapsed());
    }
    let (held, shown): (Vec<Duration>, Vec<Duration>) = ours.into_iter().unzip();
    let (held, shown, floor) = (Samples::of(held), Samples::of(shown), Samples::of(floor));
    let what = "opening a dossier with a plan of 20,000 changes, until its page is there (p50)";
    table.push(Row::ratio("P1", what, (&shown, &floor), 50, 1.25));
    table.push(Row::ratio("P1", "… without making the page (p50)", (&held, &floor), 50, 1.25).informative());
    Ok(lisa)
}

/// P2 and P3: somebody who is let in, from the resident's yes until the plan can be read.
async fn newcomer(lisa: &Person, saved: &[u8], folder: &Path, table: &mut Table) -> Result<()> {
    let hints = lisa.online().await?;
    let (mut ours, mut floor, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    let mut bare_bytes = 0;
    for round in 0..ROUNDS {
        let guest = Person::new("Karin de Wit", folder)?;
        guest.online().await?;
        ours.push(joined(lisa, &hints, &guest, round).await?);
        guest.app.sync(PATIENCE).await.map_err(failed)?;
        guest.app.offline().await;
        guest.again(|folder| {
            bytes.push(arrived(&store(folder)?)?);
            Ok(())
        })?;
        let bare = tempfile::TempDir::new_in(folder)?;
        let (took, sent) = first_sync(saved, bare.path()).await?;
        floor.push(took);
        bare_bytes = sent;
    }
    // Whoever comes later also gets what the log says of those who came before, their keys and what they reported.
    let (first, last) = (
        bytes.first().context("a newcomer")?,
        bytes.last().context("a newcomer")?,
    );
    let row = bytes_row(
        "bytes of that plan to the first who is let in",
        first,
        saved,
        bare_bytes,
    )?;
    table.push(row);
    let row = bytes_row("… to the seventh", last, saved, bare_bytes)?;
    table.push(row.informative());
    let (ours, floor) = (Samples::of(ours), Samples::of(floor));
    let what = "… until they can read it, from the resident's yes (p50)";
    table.push(Row::ratio("P3", what, (&ours, &floor), 50, 0.7));
    Ok(())
}

/// P2 for one who was let in.
fn bytes_row(what: &str, of: &BTreeMap<&str, usize>, saved: &[u8], bare: usize) -> Result<Row> {
    let whole: usize = of.values().sum();
    let saved = u32::try_from(saved.len())?;
    let ratio = f64::from(u32::try_from(whole)?) / f64::from(saved);
    let detail = json!({
        "bytes": whole, "of": of, "saved_document": saved, "automerge_sync": bare,
        "counted": "headers, signatures, sealed bodies, wraps and checkpoint of the plan, as they are kept",
    });
    Ok(Row {
        beside: format!("{:.0} kB saved", f64::from(saved) / 1000.0),
        ..Row::figure("P2", what, ratio, 1.15, "×", detail)
    })
}

/// How long it takes until the page of the plan is there. What the program tells before is no measure: it also tells of
/// the other side of the plan, which says only that there is one.
async fn joined(lisa: &Person, hints: &[String], guest: &Person, round: usize) -> Result<Duration> {
    let invited = lisa.ask(Request::Invite(Invite {
        name: Some(format!("Karin {round}")),
        role: Some("wijkteam".to_owned()),
        grants: vec!["plan=zien".to_owned()],
        hints: hints.to_vec(),
        ..Invite::default()
    }))?;
    let ticket = invited
        .get("ticket")
        .and_then(Value::as_str)
        .context("a ticket")?
        .to_owned();
    let mut pending = lisa.app.subscribe();
    let confirm = async {
        loop {
            if let dossier_app::contract::Event::Joining { code, .. } = pending.recv().await? {
                let start = Instant::now();
                tokio::task::block_in_place(|| lisa.app.confirm(&Confirmation::Code(code)).map_err(failed))?;
                return anyhow::Ok(start);
            }
        }
    };
    let card = Card {
        name: "Karin de Wit".to_owned(),
        ..Card::default()
    };
    let mut events = guest.app.subscribe();
    let seen = async {
        loop {
            if let dossier_app::contract::Event::Changed { sections, .. } = events.recv().await?
                && sections.iter().any(|section| section == "plan")
            {
                let status = guest.ask(Request::Status)?;
                let dossier = status.pointer("/dossiers/0/id").and_then(Value::as_str);
                let Some(dossier) = dossier else { continue };
                let plan = guest.ask(Request::Plan {
                    dossier: dossier.to_owned(),
                })?;
                if plan.pointer("/goals/0/actions/0").is_some() {
                    return anyhow::Ok(Instant::now());
                }
            }
        }
    };
    let join = async { guest.app.join(&ticket, card, |_| {}, PATIENCE).await.map_err(failed) };
    let (start, seen, _) = tokio::try_join!(confirm, seen, join)?;
    ensure!(seen >= start, "seen before the yes");
    Ok(seen.duration_since(start))
}

/// Bytes of the plan that a newcomer holds, by what they are.
fn arrived(store: &Store) -> Result<BTreeMap<&'static str, usize>> {
    let (dossier, compartment, _, _) = plan_of(store)?;
    let mut bytes = BTreeMap::new();
    for chain in store.chains(&dossier, &compartment)? {
        *bytes.entry("opens").or_default() += chain.open.len();
    }
    for (what, lane) in [("log", Lane::Log), ("changes", Lane::Doc), ("records", Lane::Rec)] {
        store.each_item::<dossier_store::StoreError>(&dossier, &compartment, Some(lane.code()), |item| {
            *bytes.entry(what).or_default() +=
                item.header.len() + item.signature.len() + item.body.map_or(0, <[u8]>::len);
            Ok(())
        })?;
    }
    for (what, kind) in [
        ("wraps", LOOSE_WRAP),
        ("receipts", LOOSE_RECEIPT),
        ("checkpoint", LOOSE_PART),
    ] {
        for id in store.loose_ids(&dossier, &compartment, Some(kind))? {
            *bytes.entry(what).or_default() += store.loose(&id)?.map_or(0, |loose| loose.bytes.len());
        }
    }
    Ok(bytes)
}
