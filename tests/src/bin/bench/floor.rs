//! The libraries underneath, with nothing of ours on top.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use automerge::sync::{self, SyncDoc};
use automerge::transaction::Transactable;
use automerge::{AutoCommit, ObjId, ROOT, ReadDoc, Value};
use iroh::endpoint::{Connection, RecvStream, SendStream, presets};
use iroh::{Endpoint, EndpointAddr, RelayMode, SecretKey};
use rusqlite::Connection as Database;

const ALPN: &[u8] = b"bench/bare/1";
const MAX_FRAME: usize = 16 << 20;

/// A SQLCipher file with one table, set as ours is where it bears on speed.
pub struct Bare(Database);

impl Bare {
    /// A new one.
    pub fn create(path: &Path) -> Result<Self> {
        let database = Database::open(path)?;
        let key: String = (0..32).map(|byte: u8| format!("{byte:02x}")).collect();
        database.execute_batch(&format!(
            "PRAGMA key = \"x'{key}'\"; PRAGMA cipher_page_size = 4096; PRAGMA cipher_memory_security = OFF;
             PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY;
             PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE changes (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
        ))?;
        Ok(Self(database))
    }

    /// One row, on the disk when this returns.
    pub fn commit(&self, bytes: &[u8]) -> Result<()> {
        self.0
            .prepare_cached("INSERT INTO changes (bytes) VALUES (?1)")?
            .execute([bytes])?;
        Ok(())
    }
}

/// One field in a bare document.
#[derive(Clone)]
pub struct Field(ObjId);

impl Field {
    /// The field `status` of an item.
    pub fn status_of(doc: &AutoCommit, item: &str) -> Result<Self> {
        let key = doc.keys(ROOT).find(|key| key.ends_with(item)).context("the item")?;
        let (_, object) = doc.get(ROOT, key)?.context("the item")?;
        let keys: Vec<String> = doc.keys(&object).collect();
        for key in keys {
            if let Some((Value::Object(_), inner)) = doc.get(&object, key)?
                && doc.get(&inner, "status")?.is_some()
            {
                return Ok(Self(inner));
            }
        }
        Err(anyhow!("the item has no status"))
    }

    /// Writes it, and returns the change.
    pub fn put(&self, doc: &mut AutoCommit, value: &str) -> Result<Vec<u8>> {
        doc.put(&self.0, "status", value)?;
        doc.commit();
        Ok(doc.get_last_local_change().context("a change")?.raw_bytes().to_vec())
    }

    fn get(&self, doc: &AutoCommit) -> Result<Option<String>> {
        Ok(doc
            .get(&self.0, "status")?
            .and_then(|(value, _)| value.as_str().map(str::to_owned)))
    }
}

/// One end of a bare conversation.
struct End {
    doc: AutoCommit,
    state: sync::State,
    database: Bare,
    send: SendStream,
    recv: RecvStream,
    /// Sent so far.
    bytes: usize,
}

impl End {
    async fn write(&mut self) -> Result<bool> {
        let message = self
            .doc
            .sync()
            .generate_sync_message(&mut self.state)
            .map(sync::Message::encode);
        let bytes = message.unwrap_or_default();
        let mut frame = u32::try_from(bytes.len())?.to_be_bytes().to_vec();
        frame.extend_from_slice(&bytes);
        self.send.write_all(&frame).await?;
        self.bytes += frame.len();
        Ok(!bytes.is_empty())
    }

    async fn read(&mut self) -> Result<bool> {
        let mut len = [0; 4];
        self.recv.read_exact(&mut len).await?;
        let len = usize::try_from(u32::from_be_bytes(len))?;
        anyhow::ensure!(len <= MAX_FRAME, "a frame that is too long");
        let mut bytes = vec![0; len];
        self.recv.read_exact(&mut bytes).await?;
        if len > 0 {
            let message = sync::Message::decode(&bytes)?;
            self.doc.sync().receive_sync_message(&mut self.state, message)?;
        }
        Ok(len > 0)
    }
}

/// Two documents that follow each other by Automerge's own protocol over a bare iroh stream.
pub struct BarePair {
    writer: End,
    field: Field,
    seen: tokio::sync::mpsc::UnboundedReceiver<(Option<String>, Instant)>,
    // The streams end with these.
    _held: (Endpoint, Endpoint, Connection),
}

async fn endpoint(seed: u8) -> Result<Endpoint> {
    let builder = Endpoint::builder(presets::Minimal)
        .relay_mode(RelayMode::Disabled)
        .secret_key(SecretKey::from_bytes(&[seed; 32]))
        .alpns(vec![ALPN.to_vec()])
        .clear_ip_transports()
        .bind_addr((std::net::Ipv4Addr::LOCALHOST, 0))?;
    Ok(builder.bind().await?)
}

/// Two endpoints with one stream between them.
async fn stream() -> Result<Stream> {
    let (one, other) = (endpoint(1).await?, endpoint(2).await?);
    let mut address = EndpointAddr::new(other.id());
    for bound in other.bound_sockets() {
        address = address.with_ip_addr(bound);
    }
    let accept = async {
        let incoming = other.accept().await.context("nobody came")?;
        let connection = incoming.accept()?.await?;
        let (mut send, mut recv) = connection.accept_bi().await?;
        let mut hello = [0; 1];
        recv.read_exact(&mut hello).await?;
        send.write_all(&hello).await?;
        anyhow::Ok((connection, send, recv))
    };
    let dial = async {
        let connection = one.connect(address, ALPN).await?;
        let (mut send, mut recv) = connection.open_bi().await?;
        let mut hello = [7; 1];
        send.write_all(&hello).await?;
        recv.read_exact(&mut hello).await?;
        anyhow::Ok((connection, send, recv))
    };
    let (dialled, accepted) = tokio::try_join!(dial, accept)?;
    Ok(Stream {
        dialled,
        accepted,
        held: (one, other),
    })
}

struct Stream {
    dialled: (Connection, SendStream, RecvStream),
    accepted: (Connection, SendStream, RecvStream),
    held: (Endpoint, Endpoint),
}

/// Automerge's own protocol brings a document to somebody who has nothing: how long from the connection on until the
/// reader has all of it, and how many bytes.
pub async fn first_sync(saved: &[u8], folder: &Path) -> Result<(std::time::Duration, usize)> {
    let stream = stream().await?;
    let (connection, send, recv) = stream.dialled;
    let (held, their_send, their_recv) = stream.accepted;
    let end = |doc, name, send, recv| {
        anyhow::Ok(End {
            doc,
            state: sync::State::new(),
            database: Bare::create(&folder.join(name))?,
            send,
            recv,
            bytes: 0,
        })
    };
    let mut writer = end(AutoCommit::load(saved)?, "first-writer.db", send, recv)?;
    let mut reader = end(AutoCommit::new(), "first-reader.db", their_send, their_recv)?;
    let wanted = writer.doc.get_heads();
    let start = Instant::now();
    let read = async {
        loop {
            reader.read().await?;
            if reader.doc.get_heads() == wanted {
                return anyhow::Ok(start.elapsed());
            }
            reader.write().await?;
        }
    };
    let write = async {
        loop {
            writer.write().await?;
            if writer.read().await.is_err() {
                return anyhow::Ok(());
            }
        }
    };
    let took = tokio::select! {
        took = read => took?,
        ended = write => { ended?; anyhow::bail!("the writer ended") }
    };
    drop((connection, held, stream.held));
    Ok((took, writer.bytes))
}

impl BarePair {
    /// Both begin with the same saved document.
    pub async fn connect(saved: &[u8], item: &str, folder: &Path) -> Result<Self> {
        let stream = stream().await?;
        let (connection, send, recv) = stream.dialled;
        let (held, their_send, their_recv) = stream.accepted;
        let (one, other) = stream.held;
        let doc = AutoCommit::load(saved)?;
        let field = Field::status_of(&doc, item)?;
        let reader = End {
            doc: AutoCommit::load(saved)?,
            state: sync::State::new(),
            database: Bare::create(&folder.join("bare-reader.db"))?,
            send: their_send,
            recv: their_recv,
            bytes: 0,
        };
        let (tell, seen) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(follow(reader, field.clone(), tell, held));
        let writer = End {
            doc,
            state: sync::State::new(),
            database: Bare::create(&folder.join("bare-writer.db"))?,
            send,
            recv,
            bytes: 0,
        };
        let mut pair = Self {
            writer,
            field,
            seen,
            _held: (one, other, connection),
        };
        pair.drain().await?;
        Ok(pair)
    }

    async fn drain(&mut self) -> Result<()> {
        loop {
            let sent = self.writer.write().await?;
            let got = self.writer.read().await?;
            if !sent && !got {
                return Ok(());
            }
        }
    }

    /// One edit: from before it is made until the other end has it on the disk and in its document.
    pub async fn edit(&mut self, value: &str) -> Result<std::time::Duration> {
        let start = Instant::now();
        let change = self.field.put(&mut self.writer.doc, value)?;
        tokio::task::block_in_place(|| self.writer.database.commit(&change))?;
        self.writer.write().await?;
        let (seen, at) = self.seen.recv().await.context("the reader ended")?;
        anyhow::ensure!(seen.as_deref() == Some(value), "the reader sees something else");
        self.writer.read().await?;
        self.drain().await?;
        Ok(at.duration_since(start))
    }
}

/// The reader's side: one frame out for every frame in.
async fn follow(
    mut reader: End,
    field: Field,
    tell: tokio::sync::mpsc::UnboundedSender<(Option<String>, Instant)>,
    _held: Connection,
) -> Result<()> {
    loop {
        let before = reader.doc.get_heads();
        reader.read().await?;
        if reader.doc.get_heads() != before {
            let changes: Vec<u8> = reader
                .doc
                .get_changes(&before)
                .iter()
                .flat_map(|change| change.raw_bytes().to_vec())
                .collect();
            tokio::task::block_in_place(|| reader.database.commit(&changes))?;
            let _ = tell.send((field.get(&reader.doc)?, Instant::now()));
        }
        reader.write().await?;
    }
}
