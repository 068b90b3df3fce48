//! Leaving: everything that a reader sees as one folder, with a list of what it holds.
//!
//! The folder is made beside its place under another name and moved there when it is whole, so that what was stopped
//! halfway is never taken for everything.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dossier_model::item::SKELETON_KIND;
use dossier_paper::{Lang, Sheet};
use dossier_trust::ids::DossierId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use ts_rs::TS;

use crate::app::Inner;
use crate::attachments::{Attachment, tidy};
use crate::clock::rfc3339;
use crate::contract::{Event, Fault, FaultCode};
use crate::home::Home;
use crate::outside::{file_fault, file_name, owner_only};
use crate::paper::{Copy, language, pressed};

/// Behind the name of a folder that is still being made; one that is found there was cut off.
const UNFINISHED: &str = ".keukentafel-onaf";

/// What goes into the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// `dossier.json` and `logboek.json`, for programs.
    Json,
    /// `dossier.pdf`, for people.
    Pdf,
    /// Both.
    All,
}

/// Arguments of [`Request::Export`](crate::contract::Request::Export).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Export {
    /// Dossier id (hex); none means the only one.
    pub dossier: Option<String>,
    /// What goes into it.
    pub format: ExportFormat,
    /// Language of our own words: `nl` or `en`.
    pub lang: String,
    /// The folder to make; one that is there must be empty. The window leaves it out: its shell asks the person.
    pub to: Option<String>,
}

/// What leaves with the person. Answer to [`Request::ExportList`](crate::contract::Request::ExportList).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CheckList {
    /// Things in all sections together.
    pub items: u32,
    /// Sections in the order in which they are shown; the part that only the resident sees comes last, without an id.
    pub sections: Vec<SectionCount>,
    /// Lines of the log of this device.
    pub lines: u32,
    /// Attachments that lie on this device.
    pub attachments: u32,
    /// Attachments that lie elsewhere and stay behind.
    pub elsewhere: u32,
}

/// How much of a section leaves with the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SectionCount {
    /// Section id; empty for what only the resident sees.
    pub id: String,
    /// Its name, where the resident gave one.
    pub label: Option<String>,
    /// Things in it.
    pub items: u32,
}

/// Answer to [`Request::Export`](crate::contract::Request::Export); null when the person chose no place for it or
/// stopped it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Exported {
    /// Name of the folder, without where it stands.
    pub folder: String,
    /// Every file in it.
    pub files: Vec<ExportedFile>,
    /// What it holds.
    pub list: CheckList,
}

/// One file of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ExportedFile {
    /// Its name inside the folder, with `/` between folders.
    pub name: String,
    /// Its size in bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// SHA-256 of its bytes (hex).
    pub sha256: String,
}

/// One thing that goes into the folder, and how far it is when that begins, in percent.
type Step<'s> = (u32, &'s dyn Fn(&mut Folder) -> Result<(), Fault>);

/// Everything that leaves, in hand.
struct Luggage {
    copy: Copy,
    json: Value,
    lines: Value,
    list: CheckList,
    now: String,
    home: PathBuf,
    /// Those that lie here: a name inside the folder, and what opens them.
    attachments: Vec<(String, Attachment)>,
}

impl Inner {
    /// Makes the folder. None when it was stopped, and then nothing is left of it.
    ///
    /// # Errors
    /// [`FaultCode::AlreadyExists`] for a folder with something in it; [`FaultCode::InUse`] while another one is made;
    /// what the disk says.
    pub(crate) fn export(&self, export: &Export) -> Result<Option<Exported>, Fault> {
        let to = PathBuf::from(export.to.as_deref().ok_or_else(|| Fault::invalid("to"))?);
        let lang = language(&export.lang)?;
        let busy = || Fault::about(FaultCode::InUse, "export");
        let _alone = self.leaving.try_begin().ok_or_else(busy)?;
        refuse_full(&to)?;
        let luggage = self.with_home(|home| {
            let id = home.named(export.dossier.as_deref())?;
            Ok(Arc::new(home.luggage(&id)?))
        })?;
        let mut folder = Folder::beside(&to)?;
        let filled = self.pack(&mut folder, &luggage, export.format, lang);
        match filled {
            Ok(true) if !self.leaving.stopped() => {}
            Ok(_) => return Ok(None),
            Err(fault) => return Err(fault),
        }
        let files = folder.arrive(&to)?;
        self.with_home(|home| {
            let id = home.named(export.dossier.as_deref())?;
            home.report_taken(&id, None)
        })?;
        Ok(Some(Exported {
            folder: file_name(&to),
            files,
            list: luggage.list.clone(),
        }))
    }

    /// Fills the folder; false when it was stopped.
    fn pack(
        &self,
        folder: &mut Folder,
        luggage: &Arc<Luggage>,
        format: ExportFormat,
        lang: Lang,
    ) -> Result<bool, Fault> {
        let steps: [Step<'_>; 4] = [
            (0, &|folder| match format {
                ExportFormat::Pdf => Ok(()),
                ExportFormat::Json | ExportFormat::All => {
                    folder.document("dossier.json", &luggage.json)?;
                    folder.document("logboek.json", &luggage.lines)
                }
            }),
            (10, &|folder| match format {
                ExportFormat::Json => Ok(()),
                ExportFormat::Pdf | ExportFormat::All => {
                    let held = Arc::clone(luggage);
                    let pdf = pressed(&|| self.leaving.stopped(), move || {
                        dossier_paper::print(&Sheet::Dossier(held.copy.reading()), lang, &held.now)
                    })?;
                    // What was stopped goes with the folder.
                    pdf.map_or(Ok(()), |pdf| folder.put("dossier.pdf", &pdf))
                }
            }),
            (50, &|folder| {
                luggage.attachments.iter().try_for_each(|(name, attachment)| {
                    folder.attachment(name, attachment, &luggage.home, &|| self.leaving.stopped())
                })
            }),
            (90, &|folder| {
                let text = read_me(folder.files(), luggage, lang);
                folder.put("LEESMIJ.txt", text.as_bytes())?;
                let sums: Vec<String> = folder
                    .files()
                    .iter()
                    .map(|file| format!("{}  {}\n", file.sha256, file.name))
                    .collect();
                folder.put("inhoud.txt", sums.concat().as_bytes())
            }),
        ];
        for (percent, step) in steps {
            if self.leaving.stopped() {
                return Ok(false);
            }
            self.with_home(|home| {
                home.tell(Event::Exporting { percent });
                Ok(())
            })?;
            step(folder)?;
        }
        Ok(true)
    }
}

impl Home {
    /// What would leave.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`].
    pub fn check_list(&mut self, id: &DossierId) -> Result<CheckList, Fault> {
        Ok(self.luggage(id)?.list)
    }

    fn luggage(&mut self, id: &DossierId) -> Result<Luggage, Fault> {
        let copy = self.copy_of(id, None)?;
        let lines = self.log(id, None, None)?;
        let now = rfc3339(self.now_ms());
        let json = self.dossier(id)?.to_json(&copy.view);
        let count = |section: &str| {
            let items = copy.view.of_section(section).filter(|item| item.kind != SKELETON_KIND);
            u32::try_from(items.count()).unwrap_or(u32::MAX)
        };
        let mut sections: Vec<SectionCount> = copy
            .sections
            .iter()
            .map(|(section, label)| SectionCount {
                id: section.to_string(),
                label: label.clone(),
                items: count(section.as_str()),
            })
            .collect();
        let home = self.folder().to_path_buf();
        // With their keys, which the copy for paper and JSON does not have.
        let view = self.dossier(id)?.view();
        let all: Vec<Attachment> = view.items.iter().flat_map(Attachment::of).collect();
        let (here, elsewhere): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.is_here(&home));
        let attachments: Vec<(String, Attachment)> = here
            .into_iter()
            .enumerate()
            .map(|(at, one)| (format!("bijlagen/{:03}-{}", at + 1, tidy(&one.name)), one))
            .collect();
        let own = count("");
        if own > 0 {
            sections.push(SectionCount {
                id: String::new(),
                label: None,
                items: own,
            });
        }
        let list = CheckList {
            items: sections.iter().map(|section| section.items).sum(),
            sections,
            lines: u32::try_from(lines.len()).unwrap_or(u32::MAX),
            attachments: u32::try_from(attachments.len()).unwrap_or(u32::MAX),
            elsewhere: u32::try_from(elsewhere.len()).unwrap_or(u32::MAX),
        };
        let lines = json!({"format": "keukentafel-log/1", "dossier": id.to_hex(), "lines": lines});
        Ok(Luggage {
            copy,
            json,
            lines,
            list,
            now,
            home,
            attachments,
        })
    }
}

/// What the folder is, in words: for somebody who finds it in ten years.
fn read_me(files: &[ExportedFile], luggage: &Luggage, lang: Lang) -> String {
    let say = |key: &str| lang.say(key, &[]);
    let day = luggage.now.get(..10).unwrap_or_default();
    let mut lines = vec![
        luggage.copy.title.clone(),
        lang.say("made", &[("day", &lang.date(day).unwrap_or_default())]),
        String::new(),
        match &luggage.copy.reader {
            Some(name) => lang.say("dossier_reader", &[("name", name)]),
            None => say("dossier_own"),
        },
        say("leave_unlocked"),
        String::new(),
        say("leave_files"),
    ];
    for file in files {
        let key = match file.name.as_str() {
            "dossier.pdf" => "leave_file_pdf",
            "dossier.json" => "leave_file_json",
            "logboek.json" => "leave_file_log",
            _ => "leave_file_attachment",
        };
        lines.push(format!("  {}: {}", file.name, say(key)));
    }
    lines.push(format!("  inhoud.txt: {}", say("leave_file_sums")));
    lines.push(String::new());
    lines.push(say("leave_holds"));
    for section in &luggage.list.sections {
        let name = if section.id.is_empty() {
            say("owner_only")
        } else {
            lang.section(&section.id, section.label.as_deref())
        };
        lines.push(format!("  {name}: {}", section.items));
    }
    lines.push(lang.say("leave_items", &[("count", &luggage.list.items.to_string())]));
    lines.push(lang.say("leave_lines", &[("count", &luggage.list.lines.to_string())]));
    let count = |key: &str, count: u32| lang.say(key, &[("count", &count.to_string())]);
    lines.push(count("leave_attachments", luggage.list.attachments));
    if luggage.list.elsewhere > 0 {
        lines.push(count("leave_elsewhere", luggage.list.elsewhere));
    }
    lines.push(String::new());
    lines.push(say("leave_not"));
    for key in ["leave_not_words", "leave_not_others", "leave_not_hidden"] {
        lines.push(format!("  {}", say(key)));
    }
    lines.push(String::new());
    // A name that somebody gave must not look like a line of ours.
    let lines: Vec<String> = lines
        .iter()
        .map(|line| {
            line.chars()
                .map(|sign| if sign.is_control() { ' ' } else { sign })
                .collect()
        })
        .collect();
    lines.join("\r\n")
}

fn refuse_full(to: &Path) -> Result<(), Fault> {
    match fs::read_dir(to) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Fault::about(FaultCode::AlreadyExists, file_name(to))),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(Fault::about(FaultCode::AlreadyExists, file_name(to)))
        }
        Err(error) => Err(file_fault(to, &error)),
    }
}

/// A folder that is being filled; gone when it is dropped before it arrived.
struct Folder {
    path: PathBuf,
    files: Vec<ExportedFile>,
    arrived: bool,
}

impl Folder {
    fn beside(to: &Path) -> Result<Self, Fault> {
        let mut path = to.as_os_str().to_owned();
        path.push(UNFINISHED);
        let path = PathBuf::from(path);
        if path.exists() {
            fs::remove_dir_all(&path).map_err(|error| file_fault(to, &error))?;
        }
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            builder.mode(0o700);
        }
        builder.create(&path).map_err(|error| file_fault(to, &error))?;
        Ok(Self {
            path,
            files: Vec::new(),
            arrived: false,
        })
    }

    fn files(&self) -> &[ExportedFile] {
        &self.files
    }

    fn document(&mut self, name: &str, value: &Value) -> Result<(), Fault> {
        let mut text = serde_json::to_vec_pretty(value).map_err(|_| Fault::internal("json"))?;
        text.push(b'\n');
        self.put(name, &text)
    }

    fn put(&mut self, name: &str, content: &[u8]) -> Result<(), Fault> {
        let path = self.path.join(name);
        let written = owner_only(OpenOptions::new().write(true).create_new(true))
            .open(&path)
            .and_then(|mut file| {
                file.write_all(content)?;
                file.sync_all()
            });
        written.map_err(|error| file_fault(&path, &error))?;
        self.files.push(ExportedFile {
            name: name.to_owned(),
            bytes: content.len() as u64,
            sha256: hex(&Sha256::digest(content)),
        });
        Ok(())
    }

    /// Opens an attachment into the folder, in pieces. What was stopped halfway goes with the folder.
    fn attachment(
        &mut self,
        name: &str,
        attachment: &Attachment,
        home: &Path,
        stopped: &dyn Fn() -> bool,
    ) -> Result<(), Fault> {
        let path = self.path.join(name);
        if let Some(inside) = path.parent() {
            fs::create_dir_all(inside).map_err(|error| file_fault(inside, &error))?;
        }
        let file = owner_only(OpenOptions::new().write(true).create_new(true)).open(&path);
        let mut out = Summing {
            file: file.map_err(|error| file_fault(&path, &error))?,
            sum: Sha256::new(),
        };
        if attachment.open(home, &mut out, stopped)? {
            out.file.sync_all().map_err(|error| file_fault(&path, &error))?;
            self.files.push(ExportedFile {
                name: name.to_owned(),
                bytes: attachment.bytes,
                sha256: hex(&out.sum.finalize()),
            });
        }
        Ok(())
    }

    fn arrive(mut self, to: &Path) -> Result<Vec<ExportedFile>, Fault> {
        // A rename takes the place of an empty folder on some systems only.
        let cleared = if to.exists() { fs::remove_dir(to) } else { Ok(()) };
        cleared
            .and_then(|()| fs::rename(&self.path, to))
            .map_err(|error| file_fault(to, &error))?;
        self.arrived = true;
        Ok(std::mem::take(&mut self.files))
    }
}

/// Writes, and takes the fingerprint of what passes.
struct Summing {
    file: fs::File,
    sum: Sha256,
}

impl Write for Summing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sum.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.arrived {
            // What cannot be removed now is removed when the same place is tried again.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
