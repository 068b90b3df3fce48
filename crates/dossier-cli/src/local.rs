//! Commands that work on this home folder alone.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use dossier_app::contract::{Fault, FaultCode, ProfileCreate, Request};
use serde_json::{Map, Value, json};

use crate::arguments::{DemoTask, DossierTask, ItemTask, NoteTask, SectionTask};
use crate::online::until_stopped;
use crate::output::{Out, aligned, file_fault};
use crate::session::Session;
use crate::{fields, looking, show};

/// No family is near this long, in bytes; a device or a pipe without end is refused rather than read.
const MAX_FILE: u64 = 64 << 20;

pub fn shown(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

/// A text file that was named on the command line; `-` is standard input.
pub fn read_text(path: &Path) -> Result<String, Fault> {
    let name = shown(path);
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(MAX_FILE + 1).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
    };
    let refused = |why: &str| Fault {
        code: FaultCode::InputRefused,
        detail: Some(format!("{name}: {why}")),
    };
    read.map_err(|error| refused(&error.kind().to_string()))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(refused("> 64 MB"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..good).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        refused(&format!("{line}:{column}: UTF-8"))
    })
}

/// The detail of a refused file, with its name in front.
fn in_file(fault: Fault, path: &Path) -> Fault {
    match (fault.code, &fault.detail) {
        (FaultCode::InputRefused, Some(detail)) => Fault {
            detail: Some(format!("{}:{detail}", shown(path))),
            ..fault
        },
        _ => fault,
    }
}

fn read_object(path: &Path) -> Result<Map<String, Value>, Fault> {
    let refused = |why: String| Fault {
        code: FaultCode::InputRefused,
        detail: Some(format!("{}:{why}", shown(path))),
    };
    match serde_json::from_str(&read_text(path)?) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(refused("1:1: { }".into())),
        Err(error) => Err(refused(format!("{}:{}: JSON", error.line(), error.column()))),
    }
}

/// Writes a file whole or not at all, readable by its owner alone.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<(), Fault> {
    let name = shown(path);
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = owner_only(OpenOptions::new().write(true).create(true).truncate(true))
        .open(&beside)
        .and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        // The first error is the one to report.
        let _ = fs::remove_file(&beside);
        match error.kind() {
            std::io::ErrorKind::NotFound => Fault {
                code: FaultCode::NotWritable,
                detail: Some(name),
            },
            _ => file_fault(&error, &name),
        }
    })
}

fn owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Makes the person and this device.
pub fn init(session: &mut Session, out: &Out, who: ProfileCreate, words_file: Option<&Path>) -> Result<(), Fault> {
    // Claimed first: a person without the words they asked for would be half a start.
    let claimed = words_file
        .map(|path| {
            owner_only(OpenOptions::new().write(true).create_new(true))
                .open(path)
                .map_err(|error| match error.kind() {
                    std::io::ErrorKind::AlreadyExists => Fault {
                        code: FaultCode::AlreadyExists,
                        detail: Some(shown(path)),
                    },
                    std::io::ErrorKind::NotFound => Fault {
                        code: FaultCode::NotWritable,
                        detail: Some(shown(path)),
                    },
                    _ => file_fault(&error, &shown(path)),
                })
        })
        .transpose()?;
    let made = session.create(out, who);
    if made.is_err()
        && let Some(path) = words_file
    {
        let _ = fs::remove_file(path);
    }
    let made = made?;
    if let (Some(path), Some(mut file)) = (words_file, claimed) {
        let words = session.request(Request::RecoveryWords)?;
        let text = show::words(&words).join("\n");
        file.write_all(text.as_bytes())
            .and_then(|()| file.write_all(b"\n"))
            .and_then(|()| file.sync_all())
            .map_err(|error| file_fault(&error, &shown(path)))?;
    }
    let profile = made.get("profile").cloned().unwrap_or(made);
    out.answer(&profile, |profile| {
        let name = show::text(profile, "name");
        let mut lines = vec![out.lang.say("made", &[("name", name)])];
        lines.extend(aligned(&[
            vec![out.lang.say("person", &[]), show::text(profile, "person").to_owned()],
            vec![out.lang.say("device", &[]), show::text(profile, "device").to_owned()],
        ]));
        lines.push(match words_file {
            Some(path) => out.lang.say("words_written", &[("file", &shown(path))]),
            None => out.lang.say("words_sealed", &[]),
        });
        lines
    })
}

pub fn dossier(session: &Session, out: &Out, task: DossierTask) -> Result<(), Fault> {
    match task {
        DossierTask::New { title } => {
            let card = session.request(Request::DossierNew { title })?;
            out.answer(&card, |card| show::cards(out.lang, std::slice::from_ref(card)))
        }
        DossierTask::List => {
            let status = session.request(Request::Status)?;
            if status.get("profile").is_none_or(Value::is_null) {
                return Err(Fault {
                    code: FaultCode::NoProfile,
                    detail: None,
                });
            }
            let cards = status.get("dossiers").cloned().unwrap_or_default();
            out.answer(&cards, |cards| match cards.as_array() {
                Some(cards) if !cards.is_empty() => show::cards(out.lang, cards),
                _ => vec![out.lang.say("no_dossiers", &[])],
            })
        }
        DossierTask::Remove { without_backup } => {
            let removed = session.request(Request::DossierRemove {
                dossier: session.dossier()?,
                without_backup,
            })?;
            out.answer(&removed, |_| vec![out.lang.say("dossier_removed", &[])])
        }
        DossierTask::Show { at: None } => {
            let view = session.request(Request::Show {
                dossier: Some(session.dossier()?),
            })?;
            out.answer(&view, |view| show::dossier(out.lang, view))
        }
        DossierTask::Show { at: Some(at) } => looking::back(session, out, at),
    }
}

pub fn section(session: &Session, out: &Out, task: SectionTask) -> Result<(), Fault> {
    let SectionTask::New { label } = task;
    let made = session.request(Request::SectionNew {
        dossier: Some(session.dossier()?),
        label,
    })?;
    out.answer(&made, |made| {
        let (id, label) = (show::text(made, "id"), show::text(made, "label"));
        vec![out.lang.say("section_made", &[("label", label), ("id", id)])]
    })
}

pub fn demo(session: &Session, out: &Out, task: DemoTask) -> Result<(), Fault> {
    match task {
        DemoTask::Load { file, owner } => {
            let text = read_text(&file)?;
            let progress = out.progress(out.lang.say("busy_loading", &[]));
            let loaded = session.request(Request::DemoLoad { file: text, owner });
            drop(progress);
            let card = loaded.map_err(|fault| in_file(fault, &file))?;
            out.answer(&card, |card| show::cards(out.lang, std::slice::from_ref(card)))
        }
        DemoTask::Dump { file } => {
            let family = session.request(Request::DemoDump {
                dossier: Some(session.dossier()?),
            })?;
            if file == Path::new("-") {
                return out.document(&family);
            }
            let mut text = serde_json::to_vec_pretty(&family).unwrap_or_default();
            text.push(b'\n');
            write_whole(&file, &text)?;
            out.answer(&json!({"written": shown(&file)}), |_| {
                vec![out.lang.say("written", &[("file", &shown(&file))])]
            })
        }
    }
}

/// An item of a section as `dossier show` gives it: its fields as direct keys.
fn flat(item: &Value) -> Value {
    let mut out = item
        .get("fields")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    for key in ["id", "section", "kind", "provenance"] {
        out.insert(key.to_owned(), item.get(key).cloned().unwrap_or_default());
    }
    if let Some(said) = item
        .get("also_said")
        .filter(|said| said.as_array().is_some_and(|said| !said.is_empty()))
    {
        out.insert("also_said".to_owned(), said.clone());
    }
    Value::Object(out)
}

/// The section as asked for, or a fault that says which ones there are.
fn section_items(session: &Session, section: &str) -> Result<Vec<Value>, Fault> {
    let card = session.card()?;
    let asked = session.request(Request::Section {
        dossier: card.id,
        section: section.to_owned(),
    });
    let known = card.sections.iter().any(|one| one.id == section);
    match asked {
        Ok(view)
            if known
                || view
                    .get("items")
                    .and_then(Value::as_array)
                    .is_some_and(|items| !items.is_empty()) =>
        {
            Ok(view
                .get("items")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(flat)
                .collect())
        }
        Err(fault) if !matches!(fault.code, FaultCode::NotFound | FaultCode::Invalid) => Err(fault),
        _ => Err(unknown_section(
            section,
            card.sections.iter().map(|section| section.id.as_str()),
        )),
    }
}

fn unknown_section<'s>(section: &str, there_are: impl Iterator<Item = &'s str>) -> Fault {
    let section: String = section.chars().take(60).collect();
    let known: Vec<&str> = there_are.collect();
    Fault {
        code: FaultCode::NotFound,
        detail: Some(format!("{section}; {}", known.join(", "))),
    }
}

pub fn changed(out: &Out, answer: &Value, sentence: &str) -> Result<(), Fault> {
    out.answer(answer, |answer| {
        let ids: Vec<&str> = answer
            .get("ids")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        vec![format!("{sentence} {}", ids.join(" ")).trim_end().to_owned()]
    })
}

pub fn item(session: &Session, out: &Out, task: ItemTask) -> Result<(), Fault> {
    match task {
        ItemTask::List { section } => {
            let items = Value::Array(section_items(session, &section)?);
            out.answer(&items, |items| match items.as_array() {
                Some(items) if !items.is_empty() => show::items(out.lang, items),
                _ => vec![out.lang.say("empty_section", &[])],
            })
        }
        ItemTask::Add {
            section,
            kind,
            set,
            json_file,
        } => {
            let fields = match json_file {
                Some(file) => read_object(&file)?,
                None => fields::nested(fields::pairs(&set)?)?,
            };
            if fields.is_empty() {
                return Err(Fault {
                    code: FaultCode::Invalid,
                    detail: Some("--set".into()),
                });
            }
            let card = session.card()?;
            let add = Request::ItemAdd {
                dossier: card.id,
                section: section.clone(),
                kind,
                fields,
            };
            let answer = session.request(add).map_err(|fault| match fault.detail.as_deref() {
                Some("section") => unknown_section(&section, card.sections.iter().map(|one| one.id.as_str())),
                _ => fault,
            })?;
            changed(out, &answer, &out.lang.say("added", &[]))
        }
        ItemTask::Set { id, fields: given } => {
            let fields = fields::pairs(&given)?;
            let answer = session.request(Request::ItemSet {
                dossier: session.dossier()?,
                id,
                fields,
            })?;
            changed(out, &answer, &out.lang.say("changed", &[]))
        }
        ItemTask::Remove { id } => {
            let answer = session.request(Request::ItemRemove {
                dossier: session.dossier()?,
                id,
            })?;
            changed(out, &answer, &out.lang.say("removed", &[]))
        }
        ItemTask::Erase { id } => {
            let answer = session.request(Request::ItemErase {
                dossier: session.dossier()?,
                id,
            })?;
            changed(out, &answer, &out.lang.say("erased_for_good", &[]))
        }
    }
}

pub fn note(session: &Session, out: &Out, task: NoteTask) -> Result<(), Fault> {
    match task {
        NoteTask::Add {
            section,
            text,
            plain,
            hat,
            readers,
        } => {
            let dossier = Some(session.dossier()?);
            let answer = session.request(Request::NoteAdd {
                dossier,
                section,
                text,
                plain,
                hat,
                readers,
            })?;
            changed(out, &answer, &out.lang.say("added", &[]))
        }
        NoteTask::List => {
            let view = session.request(Request::Show {
                dossier: Some(session.dossier()?),
            })?;
            let all = view.get("items").and_then(Value::as_array).into_iter().flatten();
            let notes: Vec<Value> = all
                .filter(|item| show::text(item, "kind") == "notes")
                .cloned()
                .collect();
            out.answer(&Value::Array(notes), |notes| match notes.as_array() {
                Some(notes) if !notes.is_empty() => show::notes(out.lang, notes, &view),
                _ => vec![out.lang.say("no_notes", &[])],
            })
        }
        NoteTask::React { id, text, verdict } => {
            let verdict = verdict.map(|verdict| verdict.word().to_owned());
            let react = Request::NoteReact {
                dossier: Some(session.dossier()?),
                note: id,
                text,
                verdict,
            };
            changed(out, &session.request(react)?, &out.lang.say("reacted", &[]))
        }
    }
}

pub fn log(session: &Session, out: &Out, person: Option<String>, since: Option<String>) -> Result<(), Fault> {
    let lines = session.request(Request::Log {
        dossier: Some(session.dossier()?),
        person,
        since,
    })?;
    out.answer(&lines, |lines| match lines.as_array() {
        Some(lines) if !lines.is_empty() => show::log(out.lang, lines),
        _ => vec![out.lang.say("empty_log", &[])],
    })
}

/// Checks everything. What does not hold is an answer, and an exit status of its own.
pub async fn verify(session: &Session, out: &Out) -> Result<(), Fault> {
    let busy = out.lang.say("busy_verifying", &[]);
    let answer = until_stopped(session, out, busy, Request::Verify, Request::WorkStop).await?;
    out.answer(&answer, |answer| show::verified(out.lang, answer))?;
    if answer.get("ok").and_then(Value::as_bool) == Some(true) {
        Ok(())
    } else {
        Err(Fault {
            code: FaultCode::Damaged,
            detail: Some("verify".into()),
        })
    }
}

pub fn doctor(session: &Session, out: &Out) -> Result<(), Fault> {
    let findings = session.request(Request::Doctor)?;
    out.answer(&findings, |findings| {
        show::findings(out.lang, findings.as_array().map_or(&[], Vec::as_slice))
    })?;
    let faulty = findings
        .as_array()
        .into_iter()
        .flatten()
        .any(|finding| show::text(finding, "state") == "fault");
    if faulty {
        Err(Fault {
            code: FaultCode::Damaged,
            detail: Some("doctor".into()),
        })
    } else {
        Ok(())
    }
}

pub fn words(session: &Session, out: &Out) -> Result<(), Fault> {
    let words = session.request(Request::RecoveryWords)?;
    out.answer(&words, show::words)
}

/// Takes back the last steps, one by one, as far as there are any.
pub fn undo(session: &Session, out: &Out, steps: u32) -> Result<(), Fault> {
    let dossier = session.dossier()?;
    let answer = as_far_as(steps, || {
        session.request(Request::Undo {
            dossier: dossier.clone(),
        })
    })?;
    let left = show::number(&answer, "left");
    let sentence = if left == "0" {
        out.lang.say("undone_all", &[])
    } else {
        out.lang.say("undone", &[("count", &left)])
    };
    changed(out, &answer, &sentence)
}

/// Does again what was taken back last, one by one, as far as there is anything.
pub fn redo(session: &Session, out: &Out, steps: u32) -> Result<(), Fault> {
    let dossier = session.dossier()?;
    let answer = as_far_as(steps, || {
        session.request(Request::Redo {
            dossier: dossier.clone(),
        })
    })?;
    let again = show::number(&answer, "again");
    changed(out, &answer, &out.lang.say("redone", &[("count", &again)]))
}

/// The last answer of so many requests, or of those before there was nothing left; the first must find something.
fn as_far_as(steps: u32, request: impl Fn() -> Result<Value, Fault>) -> Result<Value, Fault> {
    let mut answer = request()?;
    for _ in 1..steps {
        match request() {
            Err(fault) if fault.code == FaultCode::NotFound => break,
            next => answer = next?,
        }
    }
    Ok(answer)
}

/// The information card of whoever joins: name, organisation, function, and the answers beside them.
pub fn read_card(path: &Path) -> Result<Map<String, Value>, Fault> {
    read_object(path)
}
