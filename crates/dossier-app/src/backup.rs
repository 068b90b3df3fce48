//! A backup: everything that this profile holds, in one age file that the recovery words open, with the `age` program
//! too. Never a device's own keys: whoever restores it is the same person on a new device.
//!
//! Anybody may seal a file to the words, whose public half stands in every log. So the end of the file is a word of
//! authentication that only the words can make, and nothing of a backup is believed before that was checked.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use dossier_store::{Owed, Peer};
use dossier_sync::bundle::{self, BundleError};
use dossier_sync::protocol::{Replica, Scope, Shared};
use dossier_trust::codec::{Canonical, DecodeError, Reader, Writer};
use dossier_trust::epoch::{EpochKey, SealError, opening, sealing};
use dossier_trust::identity::RootSecret;
use dossier_trust::ids::{CompartmentId, DeviceId, DossierId, EndpointKey, ItemHash, PrincipalId};
use dossier_trust::item::{Header, Kind, Lane};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::app::Inner;
use crate::attachments;
use crate::clock::rfc3339;
use crate::contract::{Event, Fault, FaultCode};
use crate::home::{Home, Profile};
use crate::outside::{Work, file_fault, file_name, owner_only_file, whole_file};
use crate::replica::opening::Opens;

const MAGIC: &[u8; 21] = b"keukentafel/backup/1\n";
const MAC: usize = 32;
/// Longest part before the items, in bytes: a record for a few with what it was sealed to.
const MAX_PART: usize = 1 << 20;
/// Something is said about the way every so many bytes.
const STEP: u64 = 1 << 20;
const META_BACKUP: &str = "backup_ms";
/// After this time the program asks for a new one, in days.
const STALE_DAYS: u64 = 30;

/// Answer to [`Request::Backup`](crate::contract::Request::Backup); null when the person chose no place for it or
/// stopped it.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct BackupMade {
    /// Name of the file, without where it stands.
    pub file: String,
    /// Length of the file, in bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// When, RFC 3339.
    pub made: String,
    /// Dossiers in it.
    pub dossiers: u32,
}

/// When a backup was last made on this device.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct BackupState {
    /// RFC 3339; none when never.
    pub made: Option<String>,
    /// There is something to lose that no recent backup has.
    pub due: bool,
    /// A path for the next one.
    pub suggested: String,
}

/// Tells that so many bytes more were read. False when it is to stop.
pub(crate) type GoesOn<'w> = &'w dyn Fn(u64) -> bool;

/// One part of a backup before the items.
pub(crate) enum Part {
    Profile(Profile),
    Dossier(dossier_store::Dossier),
    Key {
        dossier: DossierId,
        compartment: CompartmentId,
        key: EpochKey,
    },
    /// A record for a few that only the device of then could open.
    Opened {
        dossier: DossierId,
        compartment: CompartmentId,
        item: ItemHash,
        posting: Vec<u8>,
    },
    Peer(Peer),
    Line {
        dossier: DossierId,
        at_ms: i64,
        event: Vec<u8>,
    },
    Owed(Owed),
    NeverDirect(PrincipalId),
    /// The items follow.
    Items,
    /// A piece of a sealed attachment, behind those before it.
    Attachment {
        id: [u8; 32],
        piece: Vec<u8>,
    },
}

fn time(out: &mut Writer, ms: i64) {
    out.uint(u64::try_from(ms).unwrap_or(0));
}

fn read_time(input: &mut Reader<'_>) -> Result<i64, DecodeError> {
    i64::try_from(input.uint()?).map_err(|_| DecodeError::TooLong)
}

impl Part {
    fn to_bytes(&self) -> Result<Vec<u8>, Fault> {
        let mut out = Writer::new();
        match self {
            Self::Profile(profile) => {
                let text = serde_json::to_vec(profile).map_err(|_| Fault::internal("profile"))?;
                out.u8(0).bytes(&text);
            }
            Self::Dossier(row) => {
                out.u8(1).fixed(&row.dossier.0).u8(u8::from(row.own));
                time(&mut out, row.created_ms);
                out.option(row.closed_ms.as_ref(), |out, at| time(out, *at));
                out.bytes(&row.state);
            }
            Self::Key {
                dossier,
                compartment,
                key,
            } => {
                out.u8(2).fixed(&dossier.0).fixed(&compartment.0).fixed(key.as_bytes());
            }
            Self::Opened {
                dossier,
                compartment,
                item,
                posting,
            } => {
                out.u8(3).fixed(&dossier.0).fixed(&compartment.0);
                out.fixed(&item.0).bytes(posting);
            }
            Self::Peer(peer) => {
                out.u8(4)
                    .fixed(&peer.device.0)
                    .fixed(&peer.principal.0)
                    .fixed(&peer.endpoint.0);
                out.option(peer.name.as_ref(), |out, name| {
                    out.bytes(name.as_bytes());
                });
                out.bytes(&peer.addresses);
                time(&mut out, peer.last_seen_ms);
            }
            Self::Line { dossier, at_ms, event } => {
                out.u8(5).fixed(&dossier.0);
                time(&mut out, *at_ms);
                out.bytes(event);
            }
            Self::Owed(owed) => {
                out.u8(6).fixed(&owed.dossier.0).fixed(&owed.compartment.0);
                out.u8(owed.kind).bytes(&owed.detail);
            }
            Self::NeverDirect(person) => {
                out.u8(7).fixed(&person.0);
            }
            Self::Items => {
                out.u8(8);
            }
            Self::Attachment { id, piece } => {
                out.u8(9).fixed(id).bytes(piece);
            }
        }
        Ok(out.finish())
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut input = Reader::new(bytes);
        let dossier = |input: &mut Reader<'_>| input.fixed().map(DossierId);
        let compartment = |input: &mut Reader<'_>| input.fixed().map(CompartmentId);
        let part = match input.u8()? {
            0 => Self::Profile(serde_json::from_slice(input.bytes(MAX_PART)?).map_err(|_| DecodeError::NotCanonical)?),
            1 => Self::Dossier(dossier_store::Dossier {
                dossier: dossier(&mut input)?,
                own: input.u8()? == 1,
                created_ms: read_time(&mut input)?,
                closed_ms: input.option(read_time)?,
                state: input.bytes(MAX_PART)?.to_vec(),
            }),
            2 => Self::Key {
                dossier: dossier(&mut input)?,
                compartment: compartment(&mut input)?,
                key: EpochKey::from_bytes(input.fixed()?),
            },
            3 => Self::Opened {
                dossier: dossier(&mut input)?,
                compartment: compartment(&mut input)?,
                item: ItemHash(input.fixed()?),
                posting: input.bytes(MAX_PART)?.to_vec(),
            },
            4 => Self::Peer(Peer {
                device: DeviceId(input.fixed()?),
                principal: PrincipalId(input.fixed()?),
                endpoint: EndpointKey(input.fixed()?),
                name: input.option(|input| input.text(MAX_PART).map(str::to_owned))?,
                addresses: input.bytes(MAX_PART)?.to_vec(),
                last_seen_ms: read_time(&mut input)?,
            }),
            5 => Self::Line {
                dossier: dossier(&mut input)?,
                at_ms: read_time(&mut input)?,
                event: input.bytes(MAX_PART)?.to_vec(),
            },
            6 => Self::Owed(Owed {
                dossier: dossier(&mut input)?,
                compartment: compartment(&mut input)?,
                kind: input.u8()?,
                detail: input.bytes(MAX_PART)?.to_vec(),
            }),
            7 => Self::NeverDirect(PrincipalId(input.fixed()?)),
            8 => Self::Items,
            9 => Self::Attachment {
                id: input.fixed()?,
                piece: input.bytes(MAX_PART)?.to_vec(),
            },
            _ => return Err(DecodeError::UnknownKind),
        };
        input.end()?;
        Ok(part)
    }
}

fn authentication(root: &RootSecret) -> blake3::Hasher {
    let key = zeroize::Zeroizing::new(blake3::derive_key(
        "keukentafel 1 backup authentication",
        root.entropy(),
    ));
    blake3::Hasher::new_keyed(&key)
}

/// What is written, on its way into the seal: authenticated, and counted for whoever waits.
struct Counted<'w, W, F> {
    inner: W,
    mac: blake3::Hasher,
    bytes: u64,
    told: u64,
    tell: F,
    work: &'w Work,
}

impl<W: Write, F: FnMut(u64)> Write for Counted<'_, W, F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.work.stopped() {
            return Err(io::Error::other("stopped"));
        }
        let written = self.inner.write(bytes)?;
        self.mac.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        if self.bytes - self.told >= STEP {
            self.told = self.bytes;
            (self.tell)(self.bytes);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn damaged() -> Fault {
    Fault::about(FaultCode::InputRefused, "backup_damaged")
}

/// What reading a file of somebody's says, as one fault: it is refused.
fn unread(error: &io::Error) -> Fault {
    // The second is what an age file says of a piece that was changed.
    if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData) {
        damaged()
    } else {
        Fault::about(FaultCode::InputRefused, error.kind().to_string())
    }
}

impl Inner {
    /// Writes everything that this profile holds into one file: whole, read back and found right, or not at all. None
    /// when it was stopped.
    ///
    /// # Errors
    /// [`FaultCode::NotWritable`], [`FaultCode::DiskFull`]; what the store says.
    pub(crate) fn backup(&self, file: &Path) -> Result<Option<BackupMade>, Fault> {
        let _alone = self.work.begin();
        let root = self.with_home(|home| {
            home.replica()?;
            Ok(home.me()?.root.clone())
        })?;
        let written = whole_file(file, |beside| {
            let dossiers = self.write_backup(beside, &root)?;
            Backup::open(beside, &root, &|_| !self.work.stopped())?;
            Ok(dossiers)
        });
        let dossiers = match written {
            Err(_) if self.work.stopped() => return Ok(None),
            written => written?,
        };
        let now_ms = self.with_home(|home| {
            let now_ms = home.now_ms();
            home.store
                .transact::<_, Fault>(|tx| Ok(tx.set_meta(META_BACKUP, &now_ms.to_be_bytes())?))?;
            Ok(now_ms)
        })?;
        Ok(Some(BackupMade {
            file: file_name(file),
            bytes: std::fs::metadata(file).map_err(|error| file_fault(file, &error))?.len(),
            made: rfc3339(now_ms),
            dossiers,
        }))
    }

    /// Attachments never change, and are most of it: others have their turn while those are written. What names them is
    /// read in one go, so that it is as it was at one moment, and all of its attachments come before it.
    fn write_backup(&self, path: &Path, root: &RootSecret) -> Result<u32, Fault> {
        let failed = |error: io::Error| file_fault(path, &error);
        let out = owner_only_file(path).map_err(failed)?;
        let mut sealed = sealing(&[root.recovery_recipient()?], BufWriter::new(out))?.map_err(failed)?;
        let mut counted = Counted {
            inner: &mut sealed,
            mac: authentication(root),
            bytes: 0,
            told: 0,
            tell: |bytes: u64| {
                let kilobytes = u32::try_from(bytes / 1024).unwrap_or(u32::MAX);
                // Nobody may be listening.
                let _ = self.events.send(Event::Working { kilobytes });
            },
            work: &self.work,
        };
        counted.write_all(MAGIC).map_err(failed)?;
        let mut put = |part: Part| {
            let bytes = part.to_bytes()?;
            let len = u32::try_from(bytes.len()).map_err(|_| Fault::internal("backup"))?;
            counted
                .write_all(&len.to_be_bytes())
                .and_then(|()| counted.write_all(&bytes))
                .map_err(failed)
        };
        let mut attachments = BTreeSet::new();
        let mut slot = loop {
            attachments::each_piece(self.folder(), &mut attachments, |id, piece| {
                put(Part::Attachment {
                    id,
                    piece: piece.to_vec(),
                })
            })?;
            let slot = self.slot();
            if attachments::new_since(self.folder(), &attachments)?.is_empty() {
                break slot;
            }
        };
        let home = slot.as_mut().ok_or_else(|| Fault::new(FaultCode::NoProfile))?;
        // What came meanwhile may be of a dossier that was not there before.
        home.replica()?;
        home.each_part(&mut put)?;
        bundle::write(&*home, &home.everything(), &mut counted).map_err(|error| bundle_fault(path, error))?;
        let dossiers = home.dossiers.len();
        drop(slot);
        let mac = counted.mac.finalize();
        sealed.write_all(mac.as_bytes()).map_err(failed)?;
        let out = sealed.finish().map_err(failed)?;
        out.into_inner()
            .map_err(|error| failed(error.into_error()))?
            .sync_all()
            .map_err(failed)?;
        Ok(u32::try_from(dossiers).unwrap_or(u32::MAX))
    }
}

impl Home {
    /// Every compartment of every dossier, the dossier parts first.
    fn everything(&self) -> Vec<Shared> {
        let open = self.dossiers.values().filter(|dossier| !dossier.closed);
        open.flat_map(|dossier| {
            let all = std::iter::once(&dossier.part).chain(dossier.compartments.values());
            all.map(|compartment| Shared {
                dossier: dossier.id,
                compartment: compartment.id,
                scope: Scope::Everything,
            })
        })
        .collect()
    }

    fn each_part(&self, mut put: impl FnMut(Part) -> Result<(), Fault>) -> Result<(), Fault> {
        let me = self.me()?;
        put(Part::Profile(me.profile.clone()))?;
        for row in self.store.dossiers()? {
            put(Part::Dossier(row))?;
        }
        for dossier in self.dossiers.values() {
            for compartment in dossier.compartments.values() {
                for key in compartment.keys.values() {
                    put(Part::Key {
                        dossier: dossier.id,
                        compartment: compartment.id,
                        key: key.clone(),
                    })?;
                }
                // What was sealed to this resident's words opens with them; what others sealed to this device alone
                // would be lost with it.
                if compartment.consent.root() == me.principal() {
                    continue;
                }
                self.store
                    .each_item::<Fault>(&dossier.id, &compartment.id, Some(Lane::Rec.code()), |item| {
                        let (Ok(header), Some(body)) = (Header::from_bytes(item.header), item.body) else {
                            return Ok(());
                        };
                        let posting = match header.kind {
                            Kind::RecordTo => match me.posting(body) {
                                Some(posting) => Some(posting.to_bytes()),
                                None => self.store.opened(&item.position.hash)?,
                            },
                            Kind::Record | Kind::Change | Kind::Operation => None,
                        };
                        match posting {
                            Some(posting) => put(Part::Opened {
                                dossier: dossier.id,
                                compartment: compartment.id,
                                item: item.position.hash,
                                posting,
                            }),
                            None => Ok(()),
                        }
                    })?;
            }
        }
        for peer in self.store.peers()? {
            if self.store.never_direct(&peer.principal)? {
                put(Part::NeverDirect(peer.principal))?;
            }
            put(Part::Peer(peer))?;
        }
        for line in self.store.activity(None, 0)? {
            put(Part::Line {
                dossier: line.dossier,
                at_ms: line.at_ms,
                event: line.event,
            })?;
        }
        for owed in self.store.owed(None)? {
            put(Part::Owed(owed))?;
        }
        put(Part::Items)
    }

    /// Among this person's documents, under a name that says nothing but the day.
    fn suggested(&self) -> String {
        let folders = directories::UserDirs::new();
        let folder = folders.as_ref().map(|folders| {
            let documents = folders.document_dir();
            documents.unwrap_or_else(|| folders.home_dir()).to_path_buf()
        });
        let name = format!("keukentafel-{}.age", self.clock.today());
        folder.unwrap_or_default().join(name).display().to_string()
    }

    /// When a backup was last made here, and whether it is time for one.
    ///
    /// # Errors
    /// What the store says.
    pub fn backup_state(&self) -> Result<BackupState, Fault> {
        let made = self.store.meta(META_BACKUP)?;
        let made = made.and_then(|bytes| Some(u64::from_be_bytes(bytes.as_slice().try_into().ok()?)));
        let own = self.store.dossiers()?.iter().any(|row| row.own);
        let stale = |made: u64| self.now_ms().saturating_sub(made) > STALE_DAYS * 24 * 3_600_000;
        Ok(BackupState {
            made: made.map(rfc3339),
            due: own && made.is_none_or(stale),
            suggested: self.suggested(),
        })
    }
}

pub(crate) fn bundle_fault(path: &Path, error: BundleError) -> Fault {
    match error {
        BundleError::Io(error) => file_fault(path, &error),
        BundleError::NotABundle | BundleError::Damaged => damaged(),
        BundleError::Seal(error) => Fault::from(error),
        BundleError::Replica(_) => Fault::internal("bundle"),
    }
}

/// What is read, told to whoever waits, and given up when they wish.
struct Watched<'w, R> {
    inner: R,
    /// Since it was told last.
    bytes: u64,
    goes_on: GoesOn<'w>,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        if self.bytes >= STEP && !(self.goes_on)(std::mem::take(&mut self.bytes)) {
            return Err(io::Error::other("stopped"));
        }
        Ok(read)
    }
}

/// A backup that was read to its end, and is of the person whose words these are.
pub(crate) struct Backup {
    path: PathBuf,
    /// Length of what the seal holds, without the authentication at its end.
    length: u64,
}

impl Backup {
    /// Opens a backup and checks all of it. Nothing is kept yet.
    ///
    /// # Errors
    /// [`FaultCode::InputRefused`]: `backup_other` when other words made it, `backup_damaged`, `backup_none` for a file
    /// that is something else; [`FaultCode::NewerVersion`]; any when it was stopped.
    pub(crate) fn open(path: &Path, root: &RootSecret, goes_on: GoesOn<'_>) -> Result<Self, Fault> {
        let mut clear = sealed(path, root, goes_on)?;
        let mut start = [0; MAGIC.len()];
        clear.read_exact(&mut start).map_err(|error| unread(&error))?;
        if start != *MAGIC {
            let ours = start.starts_with(b"keukentafel/backup/");
            return Err(if ours {
                Fault::new(FaultCode::NewerVersion)
            } else {
                Fault::about(FaultCode::InputRefused, "backup_none")
            });
        }
        let mut mac = authentication(root);
        mac.update(&start);
        let mut length = start.len() as u64;
        // The last bytes are held back, since they are what the others are checked against.
        let mut held: Vec<u8> = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = clear.read(&mut buffer).map_err(|error| unread(&error))?;
            if count == 0 {
                break;
            }
            held.extend(buffer.get(..count).unwrap_or_default());
            let sure = held.len().saturating_sub(MAC);
            mac.update(held.get(..sure).unwrap_or_default());
            length += sure as u64;
            held.drain(..sure);
        }
        let end: [u8; MAC] = held.try_into().map_err(|_| damaged())?;
        // blake3::Hash compares in constant time.
        if mac.finalize() != blake3::Hash::from(end) {
            return Err(Fault::about(FaultCode::InputRefused, "backup_other"));
        }
        let backup = Self {
            path: path.to_path_buf(),
            length,
        };
        backup.read(root, goes_on, |_| Ok(()))?;
        Ok(backup)
    }

    /// Hands over everything before the items; what comes back reads on with them.
    ///
    /// # Errors
    /// [`FaultCode::InputRefused`]; what `take` says; any when it was stopped.
    pub(crate) fn read<'w>(
        &self,
        root: &RootSecret,
        goes_on: GoesOn<'w>,
        mut take: impl FnMut(Part) -> Result<(), Fault>,
    ) -> Result<Box<dyn Read + 'w>, Fault> {
        let mut clear = sealed(&self.path, root, goes_on)?.take(self.length);
        clear
            .read_exact(&mut [0; MAGIC.len()])
            .map_err(|error| unread(&error))?;
        loop {
            let mut len = [0; 4];
            clear.read_exact(&mut len).map_err(|error| unread(&error))?;
            let len = usize::try_from(u32::from_be_bytes(len)).map_err(|_| damaged())?;
            if len > MAX_PART {
                return Err(damaged());
            }
            let mut bytes = vec![0; len];
            clear.read_exact(&mut bytes).map_err(|error| unread(&error))?;
            let part = Part::from_bytes(&bytes)?;
            if matches!(part, Part::Items) {
                return Ok(Box::new(clear));
            }
            take(part)?;
        }
    }

    /// Hands the items to the profile's own copy.
    ///
    /// # Errors
    /// [`FaultCode::InputRefused`] for a bundle that is none.
    pub(crate) fn items(&self, mut from: impl Read, replica: &mut dyn Replica) -> Result<(), Fault> {
        let arrived = bundle::read(replica, &mut from).map_err(|error| bundle_fault(&self.path, error))?;
        tracing::debug!(fresh = arrived.fresh, refused = arrived.refused, "items of a backup");
        Ok(())
    }
}

fn sealed<'w>(path: &Path, root: &RootSecret, goes_on: GoesOn<'w>) -> Result<impl Read + use<'w>, Fault> {
    let file = File::open(path).map_err(|error| Fault::about(FaultCode::InputRefused, error.kind().to_string()))?;
    let identity = root.age_identity()?;
    let inner = opening(&identity, BufReader::new(file)).map_err(|error| match error {
        SealError::Unopened => Fault::about(FaultCode::InputRefused, "backup_other"),
        SealError::WrongKey | SealError::TooLong | SealError::Key(_) | SealError::Decode(_) => Fault::from(error),
    })?;
    Ok(Watched {
        inner,
        bytes: 0,
        goes_on,
    })
}
