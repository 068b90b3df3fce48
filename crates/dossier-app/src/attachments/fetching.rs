//! Attachments that travel: asking those who are connected for what is lacking here, and giving what is theirs to have.
//!
//! Both sides decide by what they hold who may have a file, and nobody is asked who may not: its name is known to those
//! who can read the item, and to nobody else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use dossier_sync::driver::Network;
use dossier_sync::protocol::{FileId, PIECE_BYTES, Piece};
use dossier_trust::ids::{DeviceId, DossierId};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use ts_rs::TS;

use super::folder::{FOLDER, Half, hash_of, taken};
use super::{AttachmentView, MAX_ATTACHMENT, STEP, sealed_at_most};
use crate::app::{App, Inner};
use crate::contract::{Event, Fault, FaultCode};
use crate::home::Home;

/// Files of at most so many bytes come by themselves: a photo of a letter does. A larger one waits for somebody to ask.
pub const SMALL: u64 = 10_000_000;

/// Once the files here take so many bytes, small ones wait as well.
const ROOM: u64 = 2_000_000_000;

/// Nothing happened for so long: then it is looked at what is lacking …
const GAP: Duration = Duration::from_millis(200);
/// … or after so long, whatever happens. Looking goes through everything that is shown, and holds up whoever types.
const LONGEST_GAP: Duration = Duration::from_secs(2);
/// A peer that has no such file is asked again after this time, then after twice as long …
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// … up to this.
const LAST_WAIT: Duration = Duration::from_secs(120);
/// When nothing is lacking, or the disk took nothing more.
const REST: Duration = Duration::from_secs(600);
/// So long a file that somebody asks for is asked for again, when a connection ended or nobody is there yet.
const AGAIN: Duration = Duration::from_secs(2);

/// Arguments of [`Request::AttachmentFetch`](crate::contract::Request::AttachmentFetch).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct AttachmentFetch {
    /// Dossier id (hex); none means the only one.
    pub dossier: Option<String>,
    /// Item that it belongs to.
    pub item: String,
    /// Id of the attachment.
    pub attachment: String,
}

/// Where this program is with what it lacks.
#[derive(Debug, Default)]
pub(crate) struct Fetching {
    wake: Arc<Notify>,
    /// How often something happened after which a file may be lacking, and up to which of those it was looked for.
    due: AtomicU64,
    done: AtomicU64,
    /// Ids of what is coming now.
    coming: Mutex<BTreeSet<String>>,
    /// Who had no such file.
    without: Mutex<BTreeMap<(DeviceId, String), Without>>,
}

#[derive(Debug, Clone, Copy)]
struct Without {
    said: Instant,
    wait: Duration,
}

/// A file that is lacking here.
#[derive(Debug, Clone)]
struct Lacking {
    id: String,
    file: FileId,
    /// Length of what is in it, as its item says.
    bytes: u64,
    dossier: DossierId,
    section: String,
    /// Connected devices that may have it.
    from: Vec<DeviceId>,
}

/// How it went with one peer.
enum Fetched {
    /// The file is here.
    Here,
    /// Not from this peer.
    None,
    /// The connection was lost, or the peer is silent: what came is kept, to go on with.
    Cut,
    /// Somebody wished so; nothing is kept.
    Stopped,
    /// Other bytes than those that were asked for, or more; nothing is kept. Whether all of them came from this peer.
    Wrong { all: bool },
}

impl Fetching {
    /// A file may be lacking.
    pub(crate) fn look(&self) {
        self.due.fetch_add(1, Ordering::SeqCst);
        self.wake.notify_one();
    }

    /// It was not looked yet for what is lacking, or it is coming.
    pub(crate) fn is_busy(&self) -> bool {
        self.done.load(Ordering::SeqCst) < self.due.load(Ordering::SeqCst)
    }

    pub(crate) fn is_coming(&self, id: &str) -> bool {
        self.coming.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    /// What a peer said before counts for no longer than a moment: it has other files now.
    fn ask_again(&self, peer: &DeviceId) {
        let mut without = self.without.lock().unwrap_or_else(PoisonError::into_inner);
        without.retain(|(device, _), one| device != peer || one.said.elapsed() < GAP || one.wait > LAST_WAIT);
    }

    fn has_none(&self, peer: &DeviceId, id: &str) -> bool {
        let without = self.without.lock().unwrap_or_else(PoisonError::into_inner);
        let said = without.get(&(*peer, id.to_owned()));
        said.is_some_and(|one| one.said.elapsed() < one.wait)
    }

    fn put_aside(&self, peer: DeviceId, id: &str, for_good: bool) {
        let mut without = self.without.lock().unwrap_or_else(PoisonError::into_inner);
        let before = without.get(&(peer, id.to_owned())).map(|one| one.wait);
        let wait = if for_good {
            Duration::MAX
        } else {
            before.map_or(FIRST_WAIT, |before| before.saturating_mul(2).min(LAST_WAIT))
        };
        let said = Instant::now();
        without.insert((peer, id.to_owned()), Without { said, wait });
    }
}

/// The right to bring one file here, for as long as it lives: nobody else does so meanwhile.
struct Claim<'a> {
    fetching: &'a Fetching,
    id: String,
}

impl<'a> Claim<'a> {
    fn of(fetching: &'a Fetching, id: &str) -> Option<Self> {
        let mut coming = fetching.coming.lock().unwrap_or_else(PoisonError::into_inner);
        coming.insert(id.to_owned()).then(|| Self {
            fetching,
            id: id.to_owned(),
        })
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut coming = self.fetching.coming.lock().unwrap_or_else(PoisonError::into_inner);
        coming.remove(&self.id);
    }
}

/// Brings small files here for as long as the network lives, one after another.
pub(crate) async fn fetch_behind(inner: Weak<Inner>, network: Weak<Network>, wake: Arc<Notify>) {
    let mut rest = REST;
    // After the disk took nothing more.
    let mut idle_until = Instant::now();
    loop {
        let woken = tokio::time::timeout(rest, wake.notified()).await.is_ok();
        let longest = Instant::now() + LONGEST_GAP;
        while Instant::now() < longest && tokio::time::timeout(GAP, wake.notified()).await.is_ok() {}
        let (Some(inner), Some(network)) = (inner.upgrade(), network.upgrade()) else {
            // Whoever came after may be the one that was meant.
            wake.notify_one();
            return;
        };
        let due = inner.fetching.due.load(Ordering::SeqCst);
        let looks = network.looks();
        for (peer, _) in &looks {
            inner.fetching.ask_again(peer);
        }
        let whole = if Instant::now() < idle_until {
            Ok(true)
        } else {
            inner.fetch_small(&network).await
        };
        for (peer, number) in looks {
            network.content(&peer, number).await;
        }
        inner.fetching.done.store(due, Ordering::SeqCst);
        rest = match whole {
            Ok(true) => REST,
            Ok(false) if woken => FIRST_WAIT,
            Ok(false) => rest.saturating_mul(2).min(LAST_WAIT),
            Err(fault) => {
                tracing::warn!(code = ?fault.code, "files of others were not taken");
                idle_until = Instant::now() + REST;
                REST
            }
        };
    }
}

impl Inner {
    /// What [`fetch_behind`] is woken by.
    pub(crate) fn fetching_wakes(&self) -> Arc<Notify> {
        Arc::clone(&self.fetching.wake)
    }

    /// Asks everybody who is connected for what is small and lacking. True when nothing is, any more.
    async fn fetch_small(&self, network: &Network) -> Result<bool, Fault> {
        let peers = network.connected();
        if peers.is_empty() {
            return Ok(true);
        }
        let lacking = tokio::task::block_in_place(|| self.with_home(|home| home.small_lacking(&peers)))?;
        let mut whole = true;
        for file in lacking {
            let Some(_claim) = Claim::of(&self.fetching, &file.id) else {
                continue;
            };
            let mut here = false;
            for peer in &file.from {
                if !here && !self.fetching.has_none(peer, &file.id) {
                    here = matches!(self.fetch(network, &file, peer, &|_| true).await?, Fetched::Here);
                }
            }
            whole &= here;
        }
        Ok(whole)
    }

    /// Brings one file here from one peer, in pieces.
    async fn fetch(
        &self,
        network: &Network,
        file: &Lacking,
        peer: &DeviceId,
        goes_on: &(dyn Fn(u64) -> bool + Sync),
    ) -> Result<Fetched, Fault> {
        let mut fetched = self.fetch_from(network, file, peer, goes_on).await?;
        if matches!(fetched, Fetched::Wrong { all: false }) {
            // Whoever sent the beginning may have sent something else: once more, all of it from this one.
            fetched = self.fetch_from(network, file, peer, goes_on).await?;
        }
        match fetched {
            Fetched::Here => {
                network.file_came();
                self.with_home(|home| {
                    home.tell(Event::Changed {
                        dossier: file.dossier.to_hex(),
                        sections: vec![file.section.clone()],
                    });
                    Ok(())
                })?;
            }
            Fetched::Stopped => {}
            Fetched::None | Fetched::Cut => self.fetching.put_aside(*peer, &file.id, false),
            Fetched::Wrong { .. } => {
                tracing::warn!(peer = %peer.to_hex(), "a peer sent other bytes than those of the file");
                self.fetching.put_aside(*peer, &file.id, true);
            }
        }
        Ok(fetched)
    }

    async fn fetch_from(
        &self,
        network: &Network,
        file: &Lacking,
        peer: &DeviceId,
        goes_on: &(dyn Fn(u64) -> bool + Sync),
    ) -> Result<Fetched, Fault> {
        let home = self.folder();
        let mut half = Half::open(home, &file.id)?;
        let all = half.length() == 0;
        let mut total = None;
        loop {
            let Ok(answer) = network.piece(peer, file.file, half.length()).await else {
                return Ok(Fetched::Cut);
            };
            let Some(piece) = answer else {
                return Ok(Fetched::None);
            };
            let length = half.length().saturating_add(piece.bytes.len() as u64);
            let fits = (file.bytes..=sealed_at_most(file.bytes)).contains(&piece.total)
                && length <= piece.total
                && (length == piece.total || !piece.bytes.is_empty())
                && total.is_none_or(|total| total == piece.total);
            if !fits {
                half.discard();
                return Ok(Fetched::Wrong { all });
            }
            total = Some(piece.total);
            tokio::task::block_in_place(|| half.append(&piece.bytes))?;
            if !goes_on(length) {
                half.discard();
                return Ok(Fetched::Stopped);
            }
            if length == piece.total {
                let here = tokio::task::block_in_place(|| half.finish())?;
                return Ok(if here { Fetched::Here } else { Fetched::Wrong { all } });
            }
        }
    }

    /// A piece of a file for a peer, if it may have it and it is here.
    pub(crate) fn give_piece(&self, peer: &DeviceId, id: &FileId, offset: u64) -> Option<Piece> {
        let path = self.slot().as_ref()?.file_for(peer, id)?;
        // Not while the profile is held: a disk may be slow.
        read_piece(&path, offset)
    }
}

fn read_piece(path: &Path, offset: u64) -> Option<Piece> {
    let mut file = File::open(path).ok()?;
    let total = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(offset)).ok()?;
    let mut bytes = Vec::with_capacity(PIECE_BYTES);
    file.take(PIECE_BYTES as u64).read_to_end(&mut bytes).ok()?;
    Some(Piece { total, bytes })
}

impl Home {
    /// Where a file lies that this device may have.
    fn file_for(&self, device: &DeviceId, id: &FileId) -> Option<PathBuf> {
        let name = blake3::Hash::from_bytes(id.0).to_hex();
        let mut open = self.dossiers.values().filter(|dossier| !dossier.closed);
        let theirs = open.any(|dossier| {
            let files = dossier.files();
            let named = files.get(name.as_str());
            named.is_some_and(|file| dossier.may_have_file(device, file))
        });
        theirs.then(|| self.folder().join(FOLDER).join(name.as_str()))
    }

    /// What a file that is lacking is, and which of these devices may have it.
    fn lacking_file(&self, dossier: &DossierId, id: &str, peers: &[DeviceId]) -> Option<Lacking> {
        let held = self.dossiers.get(dossier)?;
        let files = held.files();
        let file = files.get(id).filter(|file| file.bytes <= MAX_ATTACHMENT)?;
        Some(Lacking {
            id: id.to_owned(),
            file: FileId(*hash_of(id)?.as_bytes()),
            bytes: file.bytes,
            dossier: *dossier,
            section: file.section.clone(),
            from: peers
                .iter()
                .copied()
                .filter(|peer| held.may_have_file(peer, file))
                .collect(),
        })
    }

    /// Small files that are lacking here, the smallest first, as far as there is room for them.
    fn small_lacking(&mut self, peers: &[DeviceId]) -> Result<Vec<Lacking>, Fault> {
        self.replica()?;
        let folder = self.folder().join(FOLDER);
        let mut found = Vec::new();
        for (id, dossier) in self.dossiers.iter().filter(|(_, dossier)| !dossier.closed) {
            for (name, file) in dossier.files().iter() {
                if file.bytes <= SMALL && !folder.join(name).is_file() {
                    found.extend(self.lacking_file(id, name, peers));
                }
            }
        }
        found.sort_by_key(|file| file.bytes);
        let mut taken = if found.is_empty() { 0 } else { taken(self.folder()) };
        found.retain(|file| {
            taken = taken.saturating_add(file.bytes);
            taken <= ROOM
        });
        Ok(found)
    }
}

impl App {
    /// Brings an attachment here, whatever its size, from whoever is connected and has it. None when it was stopped.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`] for one that this reader does not see; [`FaultCode::NotReachable`] when nobody who is
    /// connected, or is within two seconds, has it; what the disk says.
    pub(crate) fn fetch_attachment(&self, fetch: &AttachmentFetch) -> Result<Option<AttachmentView>, Fault> {
        let inner = self.inner();
        let nobody = || Fault::about(FaultCode::NotReachable, "attachment_elsewhere");
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| nobody())?;
        let network = inner.network().map_err(|_| nobody())?;
        let view = || {
            let all = inner.attachments(fetch.dossier.as_deref(), &fetch.item)?;
            let found = all.into_iter().find(|one| one.id == fetch.attachment);
            found.ok_or_else(|| Fault::not_found("attachment"))
        };
        let _alone = inner.work.begin();
        if view()?.here {
            return view().map(Some);
        }
        let since = Instant::now();
        loop {
            let peers = network.connected();
            let lacking = inner.with_home(|home| {
                let id = home.named(fetch.dossier.as_deref())?;
                Ok(home.lacking_file(&id, &fetch.attachment, &peers))
            })?;
            let lacking = lacking.ok_or_else(nobody)?;
            let fetched = tokio::task::block_in_place(|| runtime.block_on(inner.fetch_now(&network, &lacking)))?;
            match fetched {
                Fetched::Here => return view().map(Some),
                Fetched::Stopped => return Ok(None),
                // Where two call each other at once, one of the two connections goes, and the other is there a moment later.
                Fetched::Cut if since.elapsed() < AGAIN => tokio::task::block_in_place(|| std::thread::sleep(GAP)),
                Fetched::None | Fetched::Cut | Fetched::Wrong { .. } => return Err(nobody()),
            }
        }
    }
}

impl Inner {
    /// One file, from the first who has it.
    async fn fetch_now(&self, network: &Network, file: &Lacking) -> Result<Fetched, Fault> {
        let _claim = loop {
            match Claim::of(&self.fetching, &file.id) {
                Some(claim) => break claim,
                None if self.work.stopped() => return Ok(Fetched::Stopped),
                // It is coming by itself.
                None => tokio::time::sleep(GAP).await,
            }
        };
        if self.folder().join(FOLDER).join(&file.id).is_file() {
            return Ok(Fetched::Here);
        }
        let told = AtomicU64::new(0);
        let goes_on = |bytes: u64| {
            if bytes / STEP > told.fetch_max(bytes / STEP, Ordering::Relaxed) {
                return self.goes_on(bytes);
            }
            !self.work.stopped()
        };
        // Nobody who may have it is connected: perhaps not yet.
        let mut cut = file.from.is_empty();
        for peer in &file.from {
            match self.fetch(network, file, peer, &goes_on).await? {
                done @ (Fetched::Here | Fetched::Stopped) => return Ok(done),
                Fetched::Cut => cut = true,
                Fetched::None | Fetched::Wrong { .. } => {}
            }
        }
        Ok(if cut { Fetched::Cut } else { Fetched::None })
    }
}
