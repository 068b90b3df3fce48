//! Coming back, and what is needed for it: backups, words, shares, devices.

use std::path::Path;
use std::time::Duration;

use dossier_app::contract::{Fault, FaultCode, Request};
use dossier_app::recovery::Restore;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::arguments::{BundleTask, DeviceTask, Network, RecoveryTask, RestoreFlags, ReturnFlags};
use crate::local::{read_text, shown};
use crate::online::{go_online, online, qr, until_stopped, watch_after};
use crate::output::{Out, aligned};
use crate::session::{Session, ask_passphrase};
use crate::show;

/// The words of a file as `init` writes it, as the paper shows them, or one after the other.
fn words_of(file: &Path) -> Result<Zeroizing<String>, Fault> {
    let text = Zeroizing::new(read_text(file)?);
    let words: Vec<&str> = text
        .split_whitespace()
        .filter(|word| word.chars().all(char::is_alphabetic))
        .collect();
    Ok(Zeroizing::new(words.join(" ")))
}

fn absolute(file: &Path) -> String {
    std::path::absolute(file)
        .unwrap_or_else(|_| file.to_path_buf())
        .display()
        .to_string()
}

pub async fn backup(session: &Session, out: &Out, file: &Path) -> Result<(), Fault> {
    let request = Request::Backup {
        file: Some(absolute(file)),
    };
    let busy = out.lang.say("busy_backup", &[]);
    let made = until_stopped(session, out, busy, request, Request::WorkStop).await?;
    out.answer(&made, |made| {
        let bytes = made.get("bytes").and_then(Value::as_u64).unwrap_or_default();
        let size = format!("{:.1}", bytes as f64 / 1e6);
        vec![out.lang.say("backup_made", &[("file", &shown(file)), ("size", &size)])]
    })
}

pub fn bundle(session: &Session, out: &Out, task: BundleTask) -> Result<(), Fault> {
    match task {
        BundleTask::Export { file, recipient } => {
            let made = session.request(Request::BundleExport {
                dossier: Some(session.dossier()?),
                file: absolute(&file),
                person: recipient,
            })?;
            out.answer(&made, |_| vec![out.lang.say("bundle_made", &[("file", &shown(&file))])])
        }
        BundleTask::Import { file } => {
            let taken = session.request(Request::BundleImport { file: absolute(&file) })?;
            out.answer(&taken, |taken| {
                let fresh = taken.get("fresh").and_then(Value::as_u64).unwrap_or_default();
                vec![out.lang.say("bundle_taken", &[("fresh", &fresh.to_string())])]
            })
        }
    }
}

fn lacking(out: &Out, lacking: &Value) -> Vec<String> {
    if lacking.get("private").and_then(Value::as_bool) != Some(true) {
        return vec![out.lang.say("lacking_nothing", &[])];
    }
    let mut lines = vec![out.lang.say("lacking_private", &[])];
    let sections: Vec<String> = show::list(lacking, "sections")
        .filter_map(Value::as_str)
        .map(|id| out.lang.section(id, None))
        .collect();
    if !sections.is_empty() {
        lines.push(out.lang.say("lacking_sections", &[("sections", &sections.join(", "))]));
    }
    lines.push(out.lang.say("lacking_next", &[]));
    lines
}

pub async fn recovery(session: &mut Session, out: &Out, task: RecoveryTask) -> Result<(), Fault> {
    match task {
        RecoveryTask::Words => crate::local::words(session, out),
        RecoveryTask::Print { sheet } => crate::paper::words(session, out, &sheet).await,
        RecoveryTask::Split { needed, count } => {
            let made = session.request(Request::RecoverySplit { needed, count })?;
            out.answer(&made, |made| {
                let shares = show::list(made, "shares").filter_map(Value::as_str);
                let mut lines: Vec<String> = shares
                    .enumerate()
                    .map(|(at, share)| format!("{} {share}", at + 1))
                    .collect();
                lines.push(out.lang.say("shares_made", &[("needed", &needed.to_string())]));
                lines
            })
        }
        RecoveryTask::Restore(flags) => restore(session, out, flags).await,
        RecoveryTask::Lacking => {
            let answer = session.request(Request::Lacking {
                dossier: Some(session.dossier()?),
            })?;
            out.answer(&answer, |answer| lacking(out, answer))
        }
        RecoveryTask::BeginAgain => {
            let answer = session.request(Request::BeginAgain {
                dossier: Some(session.dossier()?),
            })?;
            out.answer(&answer, |_| vec![out.lang.say("began_again", &[])])
        }
    }
}

async fn restore(session: &mut Session, out: &Out, flags: RestoreFlags) -> Result<(), Fault> {
    let words = flags.words_file.as_deref().map(words_of).transpose()?;
    let request = Request::Restore(Restore {
        words: words.map(|words| words.to_string().into()),
        shares: flags.share.into_iter().map(Into::into).collect(),
        backup: flags.backup.as_deref().map(absolute),
        same_backup: false,
        name: flags.name,
    });
    let busy = || out.lang.say("busy_restoring", &[]);
    let mut answer = match until_stopped(session, out, busy(), request.clone(), Request::WorkStop).await {
        Err(fault) => {
            session.choose_passphrase(out, fault)?;
            until_stopped(session, out, busy(), request, Request::WorkStop).await?
        }
        restored => restored?,
    };
    if let Some(ticket) = &flags.from {
        let returned = come_back(session, out, ticket, &flags.network, flags.timeout).await?;
        // The name may have come with it.
        let status = session.request(Request::Status)?;
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("profile".into(), status.get("profile").cloned().unwrap_or_default());
            answer.insert("dossiers".into(), status.get("dossiers").cloned().unwrap_or_default());
            answer.insert("others".into(), others(session)?);
            answer.insert("returned".into(), returned);
        }
    }
    out.answer(&answer, |answer| {
        let name = answer
            .get("profile")
            .map(|profile| show::text(profile, "name"))
            .unwrap_or_default();
        let mut lines = vec![out.lang.say("restored", &[("name", name)])];
        let dossiers: Vec<Value> = show::list(answer, "dossiers").cloned().collect();
        lines.extend(show::cards(out.lang, &dossiers));
        if let Some(returned) = answer.get("returned") {
            let all = show::list(returned, "dossiers").filter_map(|one| one.get("lacking"));
            lines.extend(all.flat_map(|one| lacking(out, one)));
        } else if dossiers.is_empty() {
            lines.push(out.lang.say("restored_words_only", &[]));
        }
        for other in show::list(answer, "others") {
            let device = show::text(other, "device").get(..16).unwrap_or_default();
            lines.push(out.lang.say("restored_other", &[("device", device)]));
        }
        lines
    })
}

fn others(session: &Session) -> Result<Value, Fault> {
    let devices = session.request(Request::Devices)?;
    let all = devices.as_array().into_iter().flatten();
    Ok(all
        .filter(|one| one.get("here").and_then(Value::as_bool) != Some(true))
        .cloned()
        .collect())
}

async fn come_back(
    session: &Session,
    out: &Out,
    ticket: &str,
    network: &Network,
    timeout: u64,
) -> Result<Value, Fault> {
    online(session, async {
        go_online(session, network).await?;
        let _progress = out.progress(out.lang.say("busy_returning", &[]));
        let within = Duration::from_secs(timeout);
        let returned = session.app.come_back(ticket.trim(), within).await?;
        serde_json::to_value(&returned).map_err(|error| Fault {
            code: FaultCode::Internal,
            detail: Some(error.to_string()),
        })
    })
    .await
}

/// A ticket with which the resident, or another device of one's own, finds this one; with `--wait` it stays on.
pub async fn show_the_way(session: &Session, out: &Out, flags: ReturnFlags) -> Result<(), Fault> {
    let dossier = session.dossier()?;
    let say = |answer: &Value| -> Result<(), Fault> {
        let ticket = show::text(answer, "ticket");
        if let Some(file) = &flags.qr {
            qr(ticket, file)?;
        }
        if out.json {
            return out.json_line(&json!({"ticket": ticket}));
        }
        out.line(ticket)?;
        out.line(&out.lang.say("return_shown", &[]))
    };
    let ask = || {
        session.request(Request::ReturnTicket {
            dossier: Some(dossier.clone()),
        })
    };
    if flags.wait {
        return watch_after(session, out, &flags.network, |_| say(&ask()?)).await;
    }
    online(session, async {
        // Only to know where this program can be found.
        go_online(session, &flags.network).await?;
        say(&ask()?)
    })
    .await
}

fn devices(out: &Out, devices: &Value) -> Vec<String> {
    let rows: Vec<Vec<String>> = devices
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| {
            let here = one.get("here").and_then(Value::as_bool) == Some(true);
            let seen = one.get("last_seen").and_then(Value::as_str).unwrap_or_default();
            vec![
                show::text(one, "device").to_owned(),
                if here {
                    out.lang.say("device_here", &[])
                } else {
                    seen.to_owned()
                },
            ]
        })
        .collect();
    aligned(&rows)
}

pub async fn device(session: &mut Session, out: &Out, task: DeviceTask) -> Result<(), Fault> {
    match task {
        DeviceTask::Add(flags) => show_the_way(session, out, flags).await,
        DeviceTask::Accept {
            ticket,
            words_file,
            timeout,
            network,
        } => {
            let flags = RestoreFlags {
                words_file: Some(words_file),
                share: Vec::new(),
                backup: None,
                from: Some(ticket),
                name: None,
                timeout,
                network,
            };
            restore(session, out, flags).await
        }
        DeviceTask::List => {
            let answer = session.request(Request::Devices)?;
            out.answer(&answer, |answer| devices(out, answer))
        }
        DeviceTask::Revoke { device } => {
            let answer = session.request(Request::DeviceRevoke { device })?;
            out.answer(&answer, |answer| {
                let mut lines = vec![out.lang.say("device_revoked", &[])];
                lines.extend(devices(out, answer));
                lines
            })
        }
    }
}

pub fn change_passphrase(session: &Session, out: &Out, new_file: Option<&Path>) -> Result<(), Fault> {
    let new = match new_file {
        Some(file) => {
            let text = Zeroizing::new(read_text(file)?);
            Zeroizing::new(text.lines().next().unwrap_or_default().to_owned())
        }
        None => ask_passphrase(out.lang, true)?,
    };
    let answer = session.request(Request::PassphraseChange {
        old: None,
        new: new.to_string().into(),
    })?;
    out.answer(&answer, |_| vec![out.lang.say("passphrase_changed", &[])])
}

pub fn profiles(session: &Session, out: &Out) -> Result<(), Fault> {
    let answer = session.request(Request::Profiles)?;
    out.answer(&answer, |answer| {
        let rows: Vec<Vec<String>> = answer
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| {
                let name = one.get("name").and_then(Value::as_str);
                vec![
                    name.map_or_else(|| out.lang.say("profile_closed", &[]), str::to_owned),
                    show::text(one, "folder").to_owned(),
                ]
            })
            .collect();
        aligned(&rows)
    })
}
