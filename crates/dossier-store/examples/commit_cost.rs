//! What a durable commit of ours costs beside a bare SQLCipher commit of the same bytes, on the same disk, alternating
//! so that both meet the same weather. `cargo run --release -p dossier-store --example commit_cost -- FOLDER`

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dossier_store::{Chain, DbKey, Item, Position, Store, StoreError};
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, GenerationId, ItemHash};

const ROUNDS: u32 = 3000;

fn bare(folder: &Path) -> Result<rusqlite::Connection, rusqlite::Error> {
    let connection = rusqlite::Connection::open(folder.join("bare.db"))?;
    connection.execute_batch(&format!(
        "PRAGMA key = \"x'{}'\"; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE t (id INTEGER PRIMARY KEY, bytes BLOB) STRICT;
         CREATE TABLE m (name TEXT PRIMARY KEY, value BLOB) STRICT, WITHOUT ROWID;",
        "01".repeat(32)
    ))?;
    Ok(connection)
}

fn item(n: u32) -> Item {
    let chain = ChainId([1; 32]);
    Item {
        position: Position {
            chain,
            n,
            hash: ItemHash(*blake3::hash(&n.to_be_bytes()).as_bytes()),
        },
        header: vec![2; 146],
        signature: [3; 64],
        body: Some(vec![4; 180]),
        arrived_ms: 1,
    }
}

fn report(name: &str, mut times: Vec<Duration>, floor: Option<Duration>) -> Duration {
    times.sort_unstable();
    let p50 = times.get(times.len() / 2).copied().unwrap_or_default();
    let p95 = times.get(times.len() * 95 / 100).copied().unwrap_or_default();
    let ratio = floor.map_or(1.0, |floor| p50.as_secs_f64() / floor.as_secs_f64());
    println!(
        "{name:<42} p50 {:>6.1} µs  p95 {:>6.1} µs  {ratio:.2} ×",
        p50.as_secs_f64() * 1e6,
        p95.as_secs_f64() * 1e6
    );
    p50
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = folder.join(format!("commit-cost-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    let mut connection = bare(&folder)?;
    let mut store = Store::create(&folder.join("profile"), &DbKey::from_bytes([1; 32]))?;
    store.transact::<_, StoreError>(|tx| {
        tx.put_chain(&Chain {
            chain: ChainId([1; 32]),
            dossier: DossierId([1; 32]),
            compartment: CompartmentId([1; 32]),
            lane: 1,
            generation: GenerationId([0; 32]),
            device: DeviceId([1; 32]),
            grant_op: [0; 32],
            open: vec![1; 250],
        })
    })?;
    let (mut one_row, mut two_rows, mut ours) = (Vec::new(), Vec::new(), Vec::new());
    for n in 1..=ROUNDS {
        let item = item(n);
        let bytes = [
            &item.header[..],
            &item.signature,
            item.body.as_deref().unwrap_or_default(),
            &[0; 72],
        ]
        .concat();

        let start = Instant::now();
        let tx = connection.transaction()?;
        tx.prepare_cached("INSERT INTO t (bytes) VALUES (?1)")?
            .execute([&bytes])?;
        tx.commit()?;
        one_row.push(start.elapsed());

        let start = Instant::now();
        let tx = connection.transaction()?;
        tx.prepare_cached("INSERT INTO t (bytes) VALUES (?1)")?
            .execute([&bytes])?;
        tx.prepare_cached("INSERT OR REPLACE INTO m (name, value) VALUES ('frontier', ?1)")?
            .execute([&bytes])?;
        tx.commit()?;
        two_rows.push(start.elapsed());

        let start = Instant::now();
        store.transact::<_, StoreError>(|tx| {
            tx.put_item(&item)?;
            tx.set_meta("frontier", &bytes)
        })?;
        ours.push(start.elapsed());
    }
    let floor = report("bare SQLCipher, one row", one_row, None);
    report("bare SQLCipher, two rows", two_rows, Some(floor));
    report("ours: one item and one named value", ours, Some(floor));

    let start = Instant::now();
    store.close()?;
    let closed = start.elapsed();
    let start = Instant::now();
    let store = Store::open(&folder.join("profile"), &DbKey::from_bytes([1; 32]))?;
    let opened = start.elapsed();
    let start = Instant::now();
    let mut bytes = 0;
    store.each_item::<StoreError>(&DossierId([1; 32]), &CompartmentId([1; 32]), None, |item| {
        bytes += item.header.len() + item.body.map_or(0, <[u8]>::len);
        Ok(())
    })?;
    println!(
        "close {closed:.1?}, open {opened:.1?}, read {ROUNDS} items ({bytes} bytes) {:.1?}",
        start.elapsed()
    );
    drop((store, connection));
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
