//! The team of this device: who is in it, who comes and goes.

use dossier_app::contract::{Fault, Request};
use serde_json::{Value, json};

use crate::arguments::{TeamAddFlags, TeamTask};
use crate::local::{shown, write_whole};
use crate::online::watch_after;
use crate::output::{Out, aligned};
use crate::session::Session;
use crate::show;

fn members(out: &Out, team: &Value) -> Vec<String> {
    let mut lines = vec![show::text(team, "name").to_owned()];
    let rows: Vec<Vec<String>> = show::list(team, "members")
        .map(|one| {
            let here = one.get("here").and_then(Value::as_bool) == Some(true);
            let device: String = show::text(one, "device").chars().take(8).collect();
            vec![
                format!("  {}", show::text(one, "name")),
                device,
                if here {
                    out.lang.say("team_here", &[])
                } else {
                    String::new()
                },
            ]
        })
        .collect();
    lines.extend(aligned(&rows));
    lines
}

pub async fn team(session: &Session, out: &Out, task: TeamTask) -> Result<(), Fault> {
    match task {
        TeamTask::New { name, words_file } => {
            let mut made = session.request(Request::TeamNew { name })?;
            if let Some(file) = &words_file {
                let words = made.get("words").cloned().unwrap_or_default();
                write_whole(file, format!("{}\n", show::words(&words).join("\n")).as_bytes())?;
            }
            // The words are said once, on paper or where somebody asks for them.
            let team = made.get_mut("team").map(Value::take).unwrap_or_default();
            out.answer(&team, |team| {
                let mut lines = vec![out.lang.say("team_made", &[("name", show::text(team, "name"))])];
                lines.push(match &words_file {
                    Some(file) => out.lang.say("team_words_written", &[("file", &shown(file))]),
                    None => out.lang.say("team_words_sealed", &[]),
                });
                lines
            })
        }
        TeamTask::Words => {
            let words = session.request(Request::TeamWords)?;
            out.answer(&words, show::words)
        }
        TeamTask::List => {
            let team = session.request(Request::Team)?;
            out.answer(&team, |team| {
                if team.is_null() {
                    vec![out.lang.say("team_none", &[])]
                } else {
                    members(out, team)
                }
            })
        }
        TeamTask::Ask => {
            let asked = session.request(Request::TeamAsk)?;
            out.answer(&asked, |asked| {
                vec![
                    show::text(asked, "text").to_owned(),
                    out.lang.say("team_asked", &[("code", show::text(asked, "code"))]),
                ]
            })
        }
        TeamTask::Add(flags) => add(session, out, flags).await,
        TeamTask::Join { text } => {
            let team = session.request(Request::TeamJoin { text })?;
            out.answer(&team, |team| {
                vec![out.lang.say("team_joined", &[("name", show::text(team, "name"))])]
            })
        }
        TeamTask::Remove { who } => {
            let team = session.request(Request::TeamRemove { device: who })?;
            out.answer(&team, |team| {
                let mut lines = vec![out.lang.say("team_removed", &[])];
                lines.extend(members(out, team));
                lines
            })
        }
    }
}

async fn add(session: &Session, out: &Out, flags: TeamAddFlags) -> Result<(), Fault> {
    let asking = session.request(Request::TeamAsking {
        text: flags.text.clone(),
    })?;
    let request = Request::TeamAdd {
        text: flags.text,
        code: flags.code.filter(|_| !flags.yes_i_compared),
    };
    let told = |added: &Value| {
        out.answer(added, |added| {
            let name = show::text(&asking, "name");
            vec![
                show::text(added, "text").to_owned(),
                out.lang.say("team_added", &[("name", name)]),
            ]
        })
    };
    if flags.wait {
        // Where this program listens is part of what goes back.
        watch_after(session, out, &flags.network, |listening| {
            let added = session.request(request)?;
            if out.json {
                let text = show::text(&added, "text");
                out.json_line(&json!({"answer": text, "listening": listening}))
            } else {
                told(&added)
            }
        })
        .await
    } else {
        told(&session.request(request)?)
    }
}
