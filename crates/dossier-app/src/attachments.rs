//! Attachments: files that belong to an item, each sealed by itself under a key that lies in the item.
//!
//! What lies in the home folder is a plain age file, named by the hash of its sealed bytes. Whoever may read the item
//! has the key; without the item the file says nothing, not even what it is called.

mod fetching;
mod folder;

use std::borrow::Cow;
use std::cell::Cell;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret;
use dossier_model::ShownItem;
use dossier_model::layout::AlsoSaid;
use dossier_trust::identity::Random;
use dossier_trust::ids::DossierId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use ts_rs::TS;

use crate::app::Inner;
use crate::contract::{Event, Fault, FaultCode};
use crate::history::FieldStep;
use crate::home::{Home, SystemRandom};
use crate::outside::{file_fault, file_name, owner_only, owner_only_file, whole_file};
use crate::paper::Printed;
pub use fetching::{AttachmentFetch, SMALL};
pub(crate) use fetching::{Fetching, fetch_behind};
pub(crate) use folder::{Arriving, each_piece, new_since};
use folder::{FOLDER, PIECE, UNFINISHED, hash_of};

/// Largest attachment in bytes.
pub const MAX_ATTACHMENT: u64 = 200_000_000;

/// Field of an item that lists its attachments.
const FIELD: &str = "attachments";

/// Something is said about the way every so many bytes.
const STEP: u64 = 4 << 20;

/// Bytes that tell what a file is.
const MAGIC: usize = 16;

/// Longest name of a file that is kept, in characters.
const LONGEST_NAME: usize = 120;

/// Arguments of [`Request::Attach`](crate::contract::Request::Attach).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Attach {
    /// Dossier id (hex); none means the only one.
    pub dossier: Option<String>,
    /// Item that it belongs to; none makes a letter for it.
    pub item: Option<String>,
    /// What a new letter is about; none means the name of the file.
    pub title: Option<String>,
    /// The file. The window leaves it out: its shell asks the person.
    pub from: Option<String>,
}

/// Arguments of [`Request::AttachmentSave`](crate::contract::Request::AttachmentSave).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct AttachmentSave {
    /// Dossier id (hex); none means the only one.
    pub dossier: Option<String>,
    /// Item that it belongs to.
    pub item: String,
    /// Id of the attachment.
    pub attachment: String,
    /// The file to write; one that is there is replaced. The window leaves it out: its shell asks the person.
    pub to: Option<String>,
}

/// One attachment. Answer to [`Request::Attachments`](crate::contract::Request::Attachments).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AttachmentView {
    /// Its id: the hash of its sealed bytes (hex).
    pub id: String,
    /// Item that it belongs to.
    pub item: String,
    /// Name of the file as it was added.
    pub name: String,
    /// What its bytes say it is: pdf, png, jpeg, gif, webp, heic, zip, other.
    pub kind: String,
    /// False when its name promises something else than its bytes.
    pub honest: bool,
    /// Size in bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// True when it lies on this device.
    pub here: bool,
    /// True while it is coming here.
    pub coming: bool,
    /// Name of whoever added it, when that was somebody else and this reader can name them: it is still with them when
    /// it is not here.
    pub by: Option<String>,
}

/// An attachment as it lies in an item.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Attachment {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub bytes: u64,
    /// The age identity that opens it.
    key: String,
    /// Person id inside the dossier of whoever added it, by their own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

impl Attachment {
    /// Those of an item, as far as they can be read.
    pub(crate) fn of(item: &ShownItem) -> Vec<Self> {
        let read = entries(item).into_iter().filter_map(|one| Self::deserialize(one).ok());
        read.filter(|one| hash_of(&one.id).is_some()).collect()
    }

    fn view(&self, item: &str, home: &Path) -> AttachmentView {
        AttachmentView {
            id: self.id.clone(),
            item: item.to_owned(),
            name: self.name.clone(),
            kind: self.kind.clone(),
            honest: is_honest(&self.name, &self.kind),
            bytes: self.bytes,
            here: self.is_here(home),
            coming: false,
            by: None,
        }
    }

    /// True when it lies on this device.
    pub(crate) fn is_here(&self, home: &Path) -> bool {
        self.path(home).is_file()
    }

    fn path(&self, home: &Path) -> PathBuf {
        home.join(FOLDER).join(&self.id)
    }

    /// Opens it into `out`, and says so only when every byte was the one that was sealed.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`] when it is not on this device; [`FaultCode::Damaged`]; what the disk says.
    pub(crate) fn open(&self, home: &Path, out: &mut impl Write, stopped: &dyn Fn() -> bool) -> Result<bool, Fault> {
        let damaged = || Fault::about(FaultCode::Damaged, "attachment");
        let path = self.path(home);
        let file = File::open(&path).map_err(|_| Fault::not_found("attachment"))?;
        let mut sealed = Hashing::new(file);
        let key: age::x25519::Identity = self.key.parse().map_err(|_| damaged())?;
        let opener = age::Decryptor::new(&mut sealed).map_err(|_| damaged())?;
        let mut plain = opener
            .decrypt(std::iter::once(&key as &dyn age::Identity))
            .map_err(|_| damaged())?;
        let mut piece = vec![0; PIECE];
        loop {
            if stopped() {
                return Ok(false);
            }
            let read = plain.read(&mut piece).map_err(|_| damaged())?;
            let Some(got) = piece.get(..read).filter(|got| !got.is_empty()) else {
                break;
            };
            out.write_all(got)
                .map_err(|error| file_fault(Path::new(&self.name), &error))?;
        }
        drop(plain);
        // Nothing may stand behind the end of an age file; then the hash is of all that lies there.
        if sealed.hex() == self.id {
            Ok(true)
        } else {
            Err(damaged())
        }
    }
}

/// What an item says of its attachments. Two people may each have added its first at once: then one list won, and both
/// count.
fn entries(item: &ShownItem) -> Vec<&Value> {
    let lost = item.also_said.iter().filter(|said| said.path == [FIELD]);
    let lists = item
        .fields
        .get(FIELD)
        .into_iter()
        .chain(lost.flat_map(|said| &said.values));
    let mut found: Vec<&Value> = Vec::new();
    for entry in lists.filter_map(Value::as_array).flatten() {
        if !found.contains(&entry) {
            found.push(entry);
        }
    }
    found
}

/// Reads or writes, and hashes what passes.
struct Hashing<T> {
    inner: T,
    hash: blake3::Hasher,
}

impl<T> Hashing<T> {
    fn new(inner: T) -> Self {
        Self {
            inner,
            hash: blake3::Hasher::new(),
        }
    }

    fn hex(&self) -> String {
        self.hash.finalize().to_hex().to_string()
    }
}

impl<T: Read> Read for Hashing<T> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.hash.update(out.get(..read).unwrap_or_default());
        Ok(read)
    }
}

impl<T: Write> Write for Hashing<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Inner {
    /// Seals a file and puts it with its item, or with a new letter. None when it was stopped.
    ///
    /// # Errors
    /// [`FaultCode::InputRefused`] for what is no file or too large; [`FaultCode::NotAllowed`]; what the disk says.
    pub(crate) fn attach(&self, attach: &Attach) -> Result<Option<AttachmentView>, Fault> {
        let from = PathBuf::from(attach.from.as_deref().ok_or_else(|| Fault::invalid("from"))?);
        // Asked before anything is sealed: who may not change the item need not wait for it.
        let (home, dossier) = self.with_home(|home| {
            let id = home.named(attach.dossier.as_deref())?;
            if let Some(item) = &attach.item {
                home.attachments_of(&id, item)?;
            }
            Ok((home.folder().to_path_buf(), id))
        })?;
        let alone = self.work.begin();
        let sealed = match seal(&home, &from, &|bytes| self.goes_on(bytes)) {
            Err(_) if self.work.stopped() => return Ok(None),
            sealed => sealed?,
        };
        drop(alone);
        let kept = self.with_home(|home| home.keep_attachment(&dossier, attach, &sealed));
        match kept {
            Ok(item) => Ok(Some(sealed.view(&item, &home))),
            Err(fault) => {
                // Nothing names it, so nothing can ever open it.
                let _ = fs::remove_file(sealed.path(&home));
                Err(fault)
            }
        }
    }

    /// Attachments of an item, with those that are on their way.
    ///
    /// # Errors
    /// As [`Home::attachments`].
    pub(crate) fn attachments(&self, dossier: Option<&str>, item: &str) -> Result<Vec<AttachmentView>, Fault> {
        let mut all = self.with_home(|home| {
            let id = home.named(dossier)?;
            home.attachments(&id, item)
        })?;
        for one in &mut all {
            one.coming = !one.here && self.fetching.is_coming(&one.id);
        }
        Ok(all)
    }

    /// Tells how far the work is. False when it is to stop.
    pub(crate) fn goes_on(&self, bytes: u64) -> bool {
        let kilobytes = u32::try_from(bytes / 1024).unwrap_or(u32::MAX);
        // Nobody may be listening.
        let _ = self.events.send(Event::Working { kilobytes });
        !self.work.stopped()
    }

    /// Opens an attachment and writes it where `to` says. None when it was stopped.
    ///
    /// # Errors
    /// As [`Attachment::open`]; [`FaultCode::NotFound`] for one that this reader does not see.
    pub(crate) fn save_attachment(&self, save: &AttachmentSave) -> Result<Option<Printed>, Fault> {
        let to = PathBuf::from(save.to.as_deref().ok_or_else(|| Fault::invalid("to"))?);
        let (home, attachment) = self.with_home(|home| {
            let id = home.named(save.dossier.as_deref())?;
            let found = home.attachments_of(&id, &save.item)?;
            let found = found.into_iter().find(|one| one.id == save.attachment);
            Ok((
                home.folder().to_path_buf(),
                found.ok_or_else(|| Fault::not_found("attachment"))?,
            ))
        })?;
        let alone = self.work.begin();
        let written = whole_file(&to, |beside| {
            let mut file = owner_only_file(beside).map_err(|error| file_fault(&to, &error))?;
            let opened = Cell::new(0);
            let stopped = || {
                opened.set(opened.get() + PIECE as u64);
                opened.get().is_multiple_of(STEP) && !self.goes_on(opened.get())
            };
            if !attachment.open(&home, &mut file, &stopped)? {
                return Err(Fault::internal("stopped"));
            }
            file.sync_all().map_err(|error| file_fault(&to, &error))
        });
        match written {
            Err(_) if self.work.stopped() => return Ok(None),
            written => written?,
        }
        drop(alone);
        self.with_home(|home| {
            let id = home.named(save.dossier.as_deref())?;
            let section = home
                .dossier(&id)?
                .view()
                .item(&save.item)
                .map(|item| item.section().to_owned());
            home.report_taken(&id, section.as_deref().filter(|section| !section.is_empty()))
        })?;
        Ok(Some(Printed {
            file: file_name(&to),
            bytes: u32::try_from(attachment.bytes).unwrap_or(u32::MAX),
        }))
    }
}

impl Home {
    /// Attachments of an item.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`] for an item that this reader does not see.
    pub fn attachments(&mut self, id: &DossierId, item: &str) -> Result<Vec<AttachmentView>, Fault> {
        let found = self.attachments_of(id, item)?;
        let home = self.folder().to_path_buf();
        let me = self.self_in(id)?;
        let dossier = self.dossier(id)?;
        let (view, me) = (dossier.view(), dossier.person_of(&me));
        let other = |by: &String| view.name(by).filter(|_| me.as_ref() != Some(by));
        let views = found.iter().map(|one| AttachmentView {
            by: one.by.as_ref().and_then(other).map(str::to_owned),
            ..one.view(item, &home)
        });
        Ok(views.collect())
    }

    fn attachments_of(&mut self, id: &DossierId, item: &str) -> Result<Vec<Attachment>, Fault> {
        let view = self.dossier(id)?.view();
        let shown = view.item(item).ok_or_else(|| Fault::not_found(item))?;
        Ok(Attachment::of(shown))
    }

    fn keep_attachment(&mut self, id: &DossierId, attach: &Attach, sealed: &Attachment) -> Result<String, Fault> {
        let me = self.self_in(id)?;
        let named = Attachment {
            by: self.dossier(id)?.person_of(&me),
            ..sealed.clone()
        };
        let entry = serde_json::to_value(named).map_err(|_| Fault::internal("attachment"))?;
        let mut fields = Map::new();
        let Some(item) = &attach.item else {
            let named = || {
                Path::new(&sealed.name)
                    .file_stem()
                    .map(|stem| stem.to_string_lossy().into_owned())
            };
            let title = attach.title.clone().or_else(named).unwrap_or_default();
            fields.insert("title".to_owned(), title.into());
            fields.insert("received".to_owned(), self.clock.today().into());
            fields.insert("status".to_owned(), "open".into());
            fields.insert(FIELD.to_owned(), json!([entry]));
            let made = self.item_add(id, "documenten", "documents", fields)?;
            return made.into_iter().next().ok_or_else(|| Fault::internal("attachment"));
        };
        let view = self.dossier(id)?.view();
        let shown = view.item(item).ok_or_else(|| Fault::not_found(item.as_str()))?;
        let mut list: Vec<Value> = entries(shown).into_iter().cloned().collect();
        list.push(entry);
        fields.insert(FIELD.to_owned(), Value::Array(list));
        self.item_set(id, item, fields)?;
        Ok(item.clone())
    }
}

/// Seals a file into the home folder, in pieces: memory does not grow with it. Ends with a fault once `goes_on`, which
/// hears how many bytes are done, says no.
fn seal(home: &Path, from: &Path, goes_on: &dyn Fn(u64) -> bool) -> Result<Attachment, Fault> {
    let name = file_name(from);
    let refused = |why: &str| Fault::about(FaultCode::InputRefused, why);
    let mut plain = File::open(from).map_err(|_| refused(&name))?;
    let about = plain.metadata().map_err(|_| refused(&name))?;
    if !about.is_file() {
        return Err(refused(&name));
    }
    if about.len() > MAX_ATTACHMENT {
        return Err(refused("attachment_too_large"));
    }
    let folder = home.join(FOLDER);
    fs::create_dir_all(&folder).map_err(|error| file_fault(&folder, &error))?;
    let number = u64::from_le_bytes(SystemRandom.array());
    let unfinished = folder.join(format!("{UNFINISHED}{number:016x}"));
    let sealed = seal_into(&mut plain, &unfinished, goes_on).and_then(|sealed| {
        fs::rename(&unfinished, folder.join(&sealed.id)).map_err(|error| file_fault(&folder, &error))?;
        Ok(sealed)
    });
    let sealed = sealed.inspect_err(|_| {
        // The first error is the one to report.
        let _ = fs::remove_file(&unfinished);
    })?;
    Ok(Attachment {
        name: tidy(&name),
        ..sealed
    })
}

fn seal_into(plain: &mut File, path: &Path, goes_on: &dyn Fn(u64) -> bool) -> Result<Attachment, Fault> {
    let disk = |error: io::Error| file_fault(Path::new(FOLDER), &error);
    let key = age::x25519::Identity::generate();
    let recipient = key.to_public();
    let lock = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
        .map_err(|_| Fault::internal("attachment"))?;
    let file = owner_only(OpenOptions::new().write(true).create_new(true))
        .open(path)
        .map_err(disk)?;
    let mut sealed = lock.wrap_output(Hashing::new(file)).map_err(disk)?;
    let mut start = Vec::with_capacity(MAGIC);
    let (mut bytes, mut told) = (0u64, 0);
    let mut piece = vec![0; PIECE];
    loop {
        let read = plain
            .read(&mut piece)
            .map_err(|_| Fault::about(FaultCode::InputRefused, "attachment"))?;
        let Some(got) = piece.get(..read).filter(|got| !got.is_empty()) else {
            break;
        };
        start.extend(got.iter().take(MAGIC.saturating_sub(start.len())));
        bytes = bytes.saturating_add(got.len() as u64);
        // A file may grow while it is read.
        if bytes > MAX_ATTACHMENT {
            return Err(Fault::about(FaultCode::InputRefused, "attachment_too_large"));
        }
        sealed.write_all(got).map_err(disk)?;
        if bytes / STEP > told {
            told = bytes / STEP;
            if !goes_on(bytes) {
                return Err(Fault::internal("stopped"));
            }
        }
    }
    let done = sealed.finish().map_err(disk)?;
    done.inner.sync_all().map_err(disk)?;
    Ok(Attachment {
        id: done.hex(),
        name: String::new(),
        kind: kind_of(&start).to_owned(),
        bytes,
        key: key.to_string().expose_secret().to_owned(),
        by: None,
    })
}

/// Longest that a file of this length can be once it is sealed: age puts a header before it (one stanza and some grease),
/// and a tag behind every 64 KiB.
fn sealed_at_most(bytes: u64) -> u64 {
    const HEADER: u64 = 2_048;
    const TAG: u64 = 16;
    bytes + (bytes / (64 << 10) + 1) * TAG + HEADER
}

/// A name that can be shown and used for a file again: no folders, no controls, not endless.
pub(crate) fn tidy(name: &str) -> String {
    let clean: String = name
        .chars()
        .filter(|sign| !sign.is_control() && !matches!(sign, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|'))
        .filter(|sign| !matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .collect();
    let clean = clean.trim().trim_start_matches('.');
    let count = clean.chars().count();
    // The end says what kind of file it is.
    let kept: String = clean.chars().skip(count.saturating_sub(LONGEST_NAME)).collect();
    if kept.is_empty() { "bijlage".to_owned() } else { kept }
}

/// What the first bytes of a file say it is.
fn kind_of(start: &[u8]) -> &'static str {
    let at = |from: usize, mark: &[u8]| start.get(from..).is_some_and(|rest| rest.starts_with(mark));
    if at(0, b"%PDF-") {
        "pdf"
    } else if at(0, b"\x89PNG\r\n\x1a\n") {
        "png"
    } else if at(0, b"\xff\xd8\xff") {
        "jpeg"
    } else if at(0, b"GIF87a") || at(0, b"GIF89a") {
        "gif"
    } else if at(0, b"RIFF") && at(8, b"WEBP") {
        "webp"
    } else if at(4, b"ftyphei") || at(4, b"ftypmif1") {
        "heic"
    } else if at(0, b"PK\x03\x04") {
        "zip"
    } else {
        "other"
    }
}

/// Whether the end of a name promises what the bytes are. A name that promises nothing known is honest.
fn is_honest(name: &str, kind: &str) -> bool {
    let end = Path::new(name)
        .extension()
        .map(|end| end.to_string_lossy().to_lowercase());
    let promised = match end.as_deref() {
        Some("pdf") => "pdf",
        Some("png") => "png",
        Some("jpg" | "jpeg") => "jpeg",
        Some("gif") => "gif",
        Some("webp") => "webp",
        Some("heic" | "heif") => "heic",
        Some("zip" | "docx" | "xlsx" | "odt" | "ods") => "zip",
        Some(_) | None => return true,
    };
    promised == kind
}

/// The item without the keys of its attachments: what leaves the vault, or reaches a page, has no use for them.
pub(crate) fn without_keys(item: &ShownItem) -> Cow<'_, ShownItem> {
    let says = |value: &Value| value.get(FIELD).is_some();
    // Without a path, what lost is a whole item.
    let lost = |said: &AlsoSaid| match said.path.first() {
        Some(field) => field == FIELD,
        None => said.values.iter().any(says),
    };
    if !says(&item.fields) && !item.also_said.iter().any(lost) {
        return Cow::Borrowed(item);
    }
    let all: Vec<Value> = entries(item).into_iter().cloned().collect();
    let mut item = item.clone();
    if let Some(Value::Array(list)) = item.fields.get_mut(FIELD) {
        *list = all;
    }
    // Those of every list are shown, so none was lost.
    item.also_said
        .retain(|said| said.path.first().is_none_or(|field| field != FIELD));
    let whole = item.also_said.iter_mut().filter(|said| said.path.is_empty());
    for fields in std::iter::once(&mut item.fields).chain(whole.flat_map(|said| &mut said.values)) {
        let list = fields.get_mut(FIELD).and_then(Value::as_array_mut);
        for one in list.into_iter().flatten().filter_map(Value::as_object_mut) {
            one.remove("key");
        }
    }
    Cow::Owned(item)
}

/// What a step says of attachments: how they are called, and nothing that opens them.
pub(crate) fn named_only(mut step: FieldStep) -> Option<FieldStep> {
    let names = |value: &Value| match value.as_array() {
        Some(list) => list.iter().filter_map(|one| one.get("name")).cloned().collect(),
        None => Value::Null,
    };
    if step.field == FIELD {
        step.before = names(&step.before);
        step.after = names(&step.after);
    }
    // Below that name nothing is a field of ours.
    let below = step.field.strip_prefix(FIELD).is_some_and(|rest| rest.starts_with('.'));
    (!below).then_some(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_what_a_file_is() {
        assert_eq!(kind_of(b"%PDF-1.7\n"), "pdf");
        assert_eq!(kind_of(b"\x89PNG\r\n\x1a\n\0\0"), "png");
        assert_eq!(kind_of(b"\xff\xd8\xff\xe0"), "jpeg");
        assert_eq!(kind_of(b"RIFF\0\0\0\0WEBPVP8 "), "webp");
        assert_eq!(kind_of(b"\0\0\0\x18ftypheic"), "heic");
        assert_eq!(kind_of(b"MZ\x90\0"), "other");
        assert_eq!(kind_of(b""), "other");
        assert!(is_honest("brief.pdf", "pdf") && is_honest("Foto.JPG", "jpeg") && is_honest("lijst.txt", "other"));
        assert!(!is_honest("brief.pdf", "other") && !is_honest("foto.png", "jpeg"));
    }

    #[test]
    fn a_name_steers_no_folder_and_no_line() {
        assert_eq!(tidy("../../etc/passwd"), "etcpasswd");
        assert_eq!(tidy("brief\u{202e}fdp.exe"), "brieffdp.exe");
        assert_eq!(tidy("...\n"), "bijlage");
        assert_eq!(tidy(&format!("{}.pdf", "é".repeat(300))).chars().count(), LONGEST_NAME);
    }
}
