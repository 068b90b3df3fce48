//! P4: one edit, until it is on the disk.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use automerge::AutoCommit;
use dossier_store::{Store, StoreError, keyfile};
use dossier_trust::ids::{CompartmentId, DossierId};
use dossier_trust::item::Lane;

use crate::floor::{Bare, Field};
use crate::people::{CHANGES, PASSPHRASE, Person, fill_plan, tick};
use crate::table::{Row, Samples, Table};

const ROUNDS: usize = 300;
const WARM: usize = 20;
/// A person does not type without end; what happens behind an edit is over before the next one.
pub const PAUSE: Duration = Duration::from_millis(5);

/// Opens the store of a home folder whose program is closed.
pub fn store(folder: &Path) -> Result<Store> {
    let key = keyfile::open(&folder.join("key.age"), PASSPHRASE)?;
    loop {
        match Store::open(folder, &key) {
            // A task that is about to end may hold the program for a moment.
            Err(StoreError::InUse) => std::thread::yield_now(),
            other => return Ok(other?),
        }
    }
}

/// The compartment with the longest document chain: the plan, after [`fill_plan`]; with that chain.
pub fn plan_of(store: &Store) -> Result<(DossierId, CompartmentId, dossier_store::Chain, u32)> {
    let mut longest = None;
    for row in store.dossiers()? {
        for compartment in store.compartments(&row.dossier)? {
            for chain in store.chains(&row.dossier, &compartment)? {
                let tip = store.tip(&chain.chain)?.first().map_or(0, |tip| tip.n);
                let longer = longest.as_ref().is_none_or(|(_, _, _, n)| *n < tip);
                if chain.lane == Lane::Doc.code() && longer {
                    longest = Some((row.dossier, compartment, chain, tip));
                }
            }
        }
    }
    longest.context("a plan")
}

/// The plan's document as it was saved.
pub fn saved_plan(store: &Store) -> Result<Vec<u8>> {
    let (dossier, compartment, chain, _) = plan_of(store)?;
    Ok(store
        .document(&dossier, &compartment, &chain.generation)?
        .context("a saved document")?
        .saved)
}

/// Measures, and hands over the person for what else can be learned from that folder.
pub fn measure(folder: &Path, table: &mut Table) -> Result<Person> {
    let lisa = Person::lisa(folder)?;
    let ids = fill_plan(&lisa)?;
    let id = ids.get(CHANGES / 2).context("an action")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    // Going offline keeps the documents.
    runtime.block_on(lisa.app.offline());
    drop(runtime);
    let mut saved = Vec::new();
    let lisa = lisa.again(|folder| {
        saved = saved_plan(&store(folder)?)?;
        Ok(())
    })?;
    let mut doc = AutoCommit::load(&saved)?;
    let field = Field::status_of(&doc, id)?;
    let bare = Bare::create(&lisa.folder.path().join("bare.db"))?;
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for n in 0..WARM + ROUNDS {
        let (request, status) = tick(id, n);
        std::thread::sleep(PAUSE);
        let start = Instant::now();
        lisa.ask(request)?;
        let took = start.elapsed();
        std::thread::sleep(PAUSE);
        let start = Instant::now();
        let change = field.put(&mut doc, status)?;
        bare.commit(&change)?;
        let bare_took = start.elapsed();
        if n >= WARM {
            ours.push(took);
            floor.push(bare_took);
        }
    }
    let (ours, floor) = (Samples::of(ours), Samples::of(floor));
    let what = "one edit, durable, 1,000 changes in the plan (p50)";
    table.push(Row::ratio("P4", what, (&ours, &floor), 50, 1.5));
    table.push(Row::ratio("P4", "… (p95)", (&ours, &floor), 95, 1.5).informative());
    Ok(lisa)
}
