//! Commands that reach others: inviting, joining, syncing.

use std::future::Future;
use std::io::{BufRead, IsTerminal};
use std::net::SocketAddr;
use std::time::Duration;

use dossier_app::contract::{Event, Fault, FaultCode, Invite, Invited, Request};
use dossier_app::control::{self, Question};
use dossier_app::joining::{Answer, JoinStep, JoinView};
use dossier_app::ticket_words::{FetchedTicket, TicketWordsView};
use dossier_app::{Confirmation, Reach, Relay, SyncReport};
use qrcode::QrCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use crate::arguments::{AccessTask, Everywhere, InvitationsTask, InviteFlags, Network, QuarantineTask, SyncHow};
use crate::output::Out;
use crate::paper;
use crate::session::{self, Session};
use crate::show;
use crate::{local, recovery};

/// How long contact may take after access was given.
const SETTLE: Duration = Duration::from_secs(60);

fn reach(network: &Network) -> Result<Reach, Fault> {
    let relay = match network.relay.as_str() {
        "default" => Relay::Default,
        "none" => Relay::None,
        url if url.starts_with("https://") || url.starts_with("http://") => Relay::Url(url.to_owned()),
        _ => {
            return Err(Fault {
                code: FaultCode::Invalid,
                detail: Some("--relay".into()),
            });
        }
    };
    Ok(Reach {
        listen: network.listen,
        relay,
        discovery: !network.no_discovery,
    })
}

/// Where this program will listen, if that is said.
fn fixed(network: &Network) -> Vec<String> {
    let fixed = network
        .listen
        .filter(|one| one.port() != 0 && !one.ip().is_unspecified());
    fixed.iter().map(ToString::to_string).collect()
}

pub async fn go_online(session: &Session, network: &Network) -> Result<Vec<String>, Fault> {
    let addresses: Vec<SocketAddr> = session.app.go_online(reach(network)?).await?;
    Ok(addresses.iter().map(ToString::to_string).collect())
}

/// Ends when somebody asks this program to stop. Listens from the call on, not from the first wait: who sees our first
/// line may answer with a signal at once.
pub fn stop() -> impl Future<Output = ()> {
    #[cfg(unix)]
    let both = {
        use tokio::signal::unix::{SignalKind, signal};
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    };
    async move {
        #[cfg(unix)]
        if let (Ok(mut interrupt), Ok(mut terminate)) = both {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Work that is stopped by its own request when somebody stops this program; nothing of it is left then.
pub async fn until_stopped(
    session: &Session,
    out: &Out,
    busy: String,
    request: Request,
    stopped: Request,
) -> Result<Value, Fault> {
    let stopping = stop();
    let progress = out.progress(busy);
    let app = session.app.clone();
    let mut work = tokio::task::spawn_blocking(move || app.request(request));
    let lost = |_| Fault {
        code: FaultCode::Internal,
        detail: Some("work".into()),
    };
    let done = tokio::select! {
        done = &mut work => done.map_err(lost)?,
        () = stopping => {
            session.request(stopped)?;
            work.await.map_err(lost)?
        }
    };
    drop(progress);
    match done? {
        Value::Null => Err(Fault {
            code: FaultCode::NotReachable,
            detail: Some("stopped".into()),
        }),
        answer => Ok(answer),
    }
}

/// Does the work, and leaves the network in good order however it ends.
pub async fn online<T>(session: &Session, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    let stopped = || Fault {
        code: FaultCode::NotReachable,
        detail: Some("stopped".into()),
    };
    let stopping = stop();
    let done = tokio::select! {
        done = work => done,
        () = stopping => Err(stopped()),
    };
    session.app.offline().await;
    done
}

fn report(out: &Out, report: &SyncReport, listening: &[String]) -> Result<(), Fault> {
    let answer = json!({
        "idle": report.idle, "reached": report.reached, "unreached": report.unreached, "busy": report.busy,
        "files": report.files, "listening": listening,
    });
    if out.json {
        out.json_line(&answer)?;
    } else {
        if !report.reached.is_empty() {
            out.line(&out.lang.say("sync_reached", &[("names", &report.reached.join(", "))]))?;
        }
        if !report.unreached.is_empty() {
            out.line(
                &out.lang
                    .say("sync_unreached", &[("names", &report.unreached.join(", "))]),
            )?;
        }
        for busy in &report.busy {
            let name = ("name", busy.name.as_str());
            out.line(&match busy.left {
                0 => out.lang.say("sync_busy", &[name]),
                left => out.lang.say("sync_busy_left", &[name, ("count", &left.to_string())]),
            })?;
        }
        if report.files {
            out.line(&out.lang.say("sync_files", &[]))?;
        }
        if report.idle {
            out.line(&out.lang.say("sync_idle", &[]))?;
        }
    }
    if report.idle {
        Ok(())
    } else {
        Err(Fault {
            code: FaultCode::NotReachable,
            detail: Some(
                if report.busy.is_empty() && !report.files {
                    "not_idle"
                } else {
                    "still_busy"
                }
                .into(),
            ),
        })
    }
}

async fn settle(session: &Session, out: &Out, within: Duration) -> Result<SyncReport, Fault> {
    let _progress = out.progress(out.lang.say("busy_syncing", &[]));
    session.app.sync(within).await
}

pub async fn sync(session: &Session, out: &Out, how: SyncHow) -> Result<(), Fault> {
    if how.watch {
        return watch(session, out, &how.network).await;
    }
    online(session, async {
        let listening = go_online(session, &how.network).await?;
        let done = settle(session, out, Duration::from_secs(how.timeout)).await?;
        report(out, &done, &listening)
    })
    .await
}

async fn watch(session: &Session, out: &Out, network: &Network) -> Result<(), Fault> {
    watch_after(session, out, network, |_| Ok(())).await
}

/// Stays on until it is asked to stop; `first` speaks before anything else does.
pub async fn watch_after(
    session: &Session,
    out: &Out,
    network: &Network,
    first: impl FnOnce(&[String]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let stopping = stop();
    tokio::pin!(stopping);
    let mut events = session.app.subscribe();
    let listening = go_online(session, network).await?;
    // Before the first line: who sees that may have a word for us at once.
    let control = control::serve(session.app.clone(), &session.home)?;
    first(&listening)?;
    if out.json {
        out.json_line(&json!({"listening": listening}))?;
    } else {
        out.line(&out.lang.say("listening", &[("addresses", &listening.join(", "))]))?;
    }
    let ended = loop {
        let event = tokio::select! {
            event = events.recv() => event,
            () = &mut stopping => break Ok(()),
        };
        let said = match event {
            Ok(event) if out.json => out.json_line(&serde_json::to_value(&event).unwrap_or_default()),
            Ok(event) => match show::event(out.lang, &event) {
                Some(line) => out.line(&line),
                None => Ok(()),
            },
            Err(RecvError::Lagged(_)) => Ok(()),
            Err(RecvError::Closed) => break Ok(()),
        };
        if said.is_err() || out.closed() {
            break said;
        }
    };
    drop(control);
    session.app.offline().await;
    ended
}

pub fn qr(ticket: &str, file: &std::path::Path) -> Result<(), Fault> {
    let too_long = |_| Fault {
        code: FaultCode::Internal,
        detail: Some("qr".into()),
    };
    // Capital letters and digits alone make a code with far fewer blocks; tickets read the same either way.
    let code = QrCode::new(ticket.to_ascii_uppercase()).map_err(too_long)?;
    let picture = code
        .render::<qrcode::render::svg::Color<'_>>()
        .min_dimensions(300, 300)
        .build();
    local::write_whole(file, picture.as_bytes())
}

async fn invite(session: &Session, out: &Out, flags: InviteFlags) -> Result<(), Fault> {
    let dossier = session.dossier()?;
    let mut events = session.app.subscribe();
    let hints = if flags.wait {
        go_online(session, &flags.network).await?
    } else {
        fixed(&flags.network)
    };
    let words_for = Some(dossier.clone());
    let answer = session.request(Request::Invite(Invite {
        dossier: Some(dossier),
        person: flags.person,
        name: flags.name,
        role: flags.role,
        purpose: flags.purpose,
        grants: flags.grants,
        until: flags.until,
        hints,
        hours: flags.hours,
        from_now: flags.from_now_on,
    }))?;
    let invited: Invited = serde_json::from_value(answer.clone()).map_err(|error| Fault {
        code: FaultCode::Internal,
        detail: Some(error.to_string()),
    })?;
    if out.json {
        out.json_line(&answer)?;
    } else {
        out.line(&invited.ticket)?;
    }
    if let Some(file) = &flags.qr {
        qr(&invited.ticket, file)?;
    }
    if let Some(file) = &flags.sheet {
        paper::invitation(session, out, &invited.id, file).await?;
    }
    if !out.json {
        out.line(
            &out.lang
                .say("invited", &[("person", &invited.person), ("until", &invited.expires)]),
        )?;
        for line in show::scopes(out.lang, answer.get("scopes").unwrap_or(&Value::Null)) {
            out.line(&line)?;
        }
    }
    if !flags.wait {
        return Ok(());
    }
    if flags.words {
        let words = session.request(Request::TicketWords {
            dossier: words_for,
            id: invited.id.clone(),
        })?;
        let words: TicketWordsView = read(words)?;
        if out.json {
            out.json_line(&json!(words))?;
        } else {
            out.line(&out.lang.say("ticket_words", &[("words", &words.words.join(" "))]))?;
        }
    }
    let _control = control::serve(session.app.clone(), &session.home)?;
    let over = async {
        match flags.timeout {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(over);
    let refused = || Fault {
        code: FaultCode::InputRefused,
        detail: Some("refused_ticket".into()),
    };
    let (typing, mut typed) = mpsc::channel::<String>(1);
    let mut asked = false;
    let person = loop {
        let event = tokio::select! {
            event = events.recv() => event,
            Some(code) = typed.recv() => break session.app.confirm(&Confirmation::Code(code))?,
            () = &mut over => return Err(Fault { code: FaultCode::NotReachable, detail: Some("nobody_joined".into()) }),
        };
        match event {
            Ok(Event::Joining { ticket, name, code }) if ticket == invited.id => {
                if out.json {
                    out.json_line(&json!({"joining": {"name": name, "code": code}}))?;
                } else {
                    out.line(&out.lang.say("joining", &[("name", &name), ("code", &code)]))?;
                }
                if flags.yes_i_compared {
                    break session.app.confirm(&Confirmation::NotCompared)?;
                }
                if !asked && std::io::stdin().is_terminal() {
                    asked = true;
                    out.remark(&out.lang.say("ask_code", &[]));
                    read_line(typing.clone());
                } else {
                    out.remark(&out.lang.say("confirm_elsewhere", &[]));
                }
            }
            Ok(Event::Joined { ticket, person }) if ticket == invited.id => break person.ok_or_else(refused)?,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return Err(refused()),
        }
    };
    if out.json {
        out.json_line(&json!({"granted": {"person": person}}))?;
    } else {
        out.line(&out.lang.say("granted", &[("person", &person)]))?;
    }
    let _progress = out.progress(out.lang.say("busy_syncing", &[]));
    let done = session.app.sync_with_person(&person, SETTLE).await?;
    report(out, &done, &[])
}

/// Reads one line from the terminal, beside everything else; the thread ends with the program.
fn read_line(typing: mpsc::Sender<String>) {
    std::thread::spawn(move || {
        let mut line = String::new();
        if std::io::stdin().lock().read_line(&mut line).is_ok() {
            // The command may have gone on already, by `access confirm`.
            let _ = typing.blocking_send(line.trim().to_owned());
        }
    });
}

fn answer(ticket: String, file: Option<&std::path::Path>, as_team: bool) -> Result<Answer, Fault> {
    let mut answers = file.map(local::read_card).transpose()?.unwrap_or_default();
    let mut own = |key: &str| answers.remove(key).as_ref().and_then(Value::as_str).map(str::to_owned);
    Ok(Answer {
        ticket,
        name: own("name"),
        organisation: own("organisation"),
        function: own("function"),
        as_team,
        answers,
    })
}

fn read<T: DeserializeOwned>(answer: Value) -> Result<T, Fault> {
    serde_json::from_value(answer).map_err(|error| Fault::about(FaultCode::Internal, error.to_string()))
}

/// Follows an own answer to its end: shows the code once, and gives the dossier.
async fn joined(session: &Session, out: &Out, events: &mut Receiver<Event>, id: &str) -> Result<Value, Fault> {
    let mut shown = false;
    loop {
        let joins: Vec<JoinView> = read(session.request(Request::Joins)?)?;
        let join = joins.into_iter().find(|join| join.id == id);
        let join = join.ok_or_else(|| Fault::about(FaultCode::NotFound, "ticket"))?;
        if let Some(code) = join.code.filter(|_| !shown) {
            shown = true;
            // Whoever reads this is told again at the end.
            let _ = if out.json {
                out.json_line(&json!({"code": code}))
            } else {
                out.line(&out.lang.say("your_code", &[("code", &code)]))
            };
        }
        match join.state {
            JoinStep::Granted => {
                let dossiers = session.status()?.dossiers;
                let card = dossiers.into_iter().find(|card| card.id == join.dossier);
                return Ok(serde_json::to_value(card).unwrap_or_default());
            }
            JoinStep::Refused => {
                let reason = join.reason.unwrap_or_else(|| "refused_ticket".to_owned());
                return Err(Fault::about(FaultCode::InputRefused, reason));
            }
            JoinStep::CutOff => return Err(Fault::new(FaultCode::NotReachable)),
            JoinStep::Calling | JoinStep::Waiting => {}
        }
        loop {
            match events.recv().await {
                Ok(Event::Answer { ticket }) if ticket == id => break,
                Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return Err(Fault::new(FaultCode::NotReachable)),
                Ok(_) => {}
            }
        }
    }
}

pub async fn access(session: &Session, out: &Out, task: AccessTask) -> Result<(), Fault> {
    match task {
        AccessTask::Invite(flags) => {
            let wait = flags.wait;
            let work = invite(session, out, flags);
            if wait { online(session, work).await } else { work.await }
        }
        AccessTask::Confirm { code, timeout, network } => {
            online(session, async {
                go_online(session, &network).await?;
                let person = session.app.confirm(&Confirmation::Code(code))?;
                confirmed(out, &person)?;
                settle(session, out, Duration::from_secs(timeout)).await.map(|_| ())
            })
            .await
        }
        // The inviting side does the comparing; the flag is there so that both sides can be started alike.
        AccessTask::Join {
            ticket,
            at,
            card: file,
            as_team,
            yes_i_compared: _,
            timeout,
            network,
        } => {
            let mut answer = answer(ticket.join(" "), file.as_deref(), as_team)?;
            let within = Duration::from_secs(timeout);
            online(session, async {
                let mut events = session.app.subscribe();
                let listening = go_online(session, &network).await?;
                if out.json {
                    out.json_line(&json!({"listening": listening}))?;
                }
                // A ticket is one word; who types it in parts has lines, and no spaces that a shell would divide at.
                if ticket.len() == dossier_app::ticket_words::COUNT {
                    let words = std::mem::take(&mut answer.ticket);
                    let fetched = session.request(Request::FetchTicket { words, hints: at })?;
                    answer.ticket = read::<FetchedTicket>(fetched)?.ticket;
                }
                let begun: JoinView = read(session.request(Request::Join(answer))?)?;
                let ended = tokio::time::timeout(within, joined(session, out, &mut events, &begun.id));
                let joined = ended.await.map_err(|_| Fault::new(FaultCode::NotReachable))??;
                if out.json {
                    out.json_line(&json!({"joined": joined}))?;
                } else {
                    for line in show::cards(out.lang, std::slice::from_ref(&joined)) {
                        out.line(&line)?;
                    }
                }
                Ok(())
            })
            .await
        }
        AccessTask::List => {
            let view = session.request(Request::Access {
                dossier: Some(session.dossier()?),
            })?;
            out.answer(&view, |view| show::access(out.lang, view))
        }
        AccessTask::Revoke { person, keep_unseen } => {
            let dossier = Some(session.dossier()?);
            let revoked = session.request(Request::Revoke {
                dossier,
                person,
                keep_unseen,
            })?;
            out.answer(&revoked, |revoked| show::revoked(out.lang, revoked))
        }
        AccessTask::Change {
            person,
            grants,
            until,
            no_end,
            purpose,
            from_now_on,
            with_before,
        } => {
            let dossier = Some(session.dossier()?);
            let answer = session.request(Request::ChangeAccess {
                dossier,
                person: person.clone(),
                grants,
                until: if no_end { Some(String::new()) } else { until },
                purpose,
                from_now: (from_now_on || with_before).then_some(from_now_on),
            })?;
            out.answer(&answer, |_| {
                vec![out.lang.say("access_changed", &[("person", &person)])]
            })
        }
        AccessTask::ReturnTicket(flags) => recovery::show_the_way(session, out, flags).await,
        AccessTask::Invitations { task: None } => {
            let invitations = session.request(Request::Invitations {
                dossier: Some(session.dossier()?),
            })?;
            out.answer(&invitations, |invitations| match invitations.as_array() {
                Some(invitations) if !invitations.is_empty() => show::invitations(out.lang, invitations),
                _ => vec![out.lang.say("no_invitations", &[])],
            })
        }
        AccessTask::Invitations {
            task: Some(InvitationsTask::End { id }),
        } => {
            let dossier = Some(session.dossier()?);
            let answer = session.request(Request::InvitationEnd { dossier, id })?;
            out.answer(&answer, |_| vec![out.lang.say("invitation_ended", &[])])
        }
        AccessTask::Proposals => {
            let proposals = session.request(Request::Proposals {
                dossier: Some(session.dossier()?),
            })?;
            out.answer(&proposals, |proposals| match proposals.as_array() {
                Some(proposals) if !proposals.is_empty() => show::proposals(out.lang, proposals),
                _ => vec![out.lang.say("no_proposals", &[])],
            })
        }
        AccessTask::Quarantine { task: None } => {
            let waiting = session.request(Request::Quarantine {
                dossier: Some(session.dossier()?),
            })?;
            out.answer(&waiting, |waiting| match waiting.as_array() {
                Some(waiting) if !waiting.is_empty() => show::waiting(out.lang, waiting),
                _ => vec![out.lang.say("nothing_waits", &[])],
            })
        }
        AccessTask::Quarantine {
            task: Some(QuarantineTask::Admit { id }),
        } => {
            let dossier = Some(session.dossier()?);
            let answer = session.request(Request::QuarantineAdmit { dossier, item: id })?;
            out.answer(&answer, |_| vec![out.lang.say("admitted", &[])])
        }
        AccessTask::Quarantine {
            task: Some(QuarantineTask::Drop { id }),
        } => {
            let dossier = Some(session.dossier()?);
            let answer = session.request(Request::QuarantineDrop { dossier, item: id })?;
            out.answer(&answer, |_| vec![out.lang.say("dropped", &[])])
        }
    }
}

fn confirmed(out: &Out, person: &str) -> Result<(), Fault> {
    out.answer(&json!({"granted": {"person": person}}), |_| {
        vec![out.lang.say("granted", &[("person", person)])]
    })
}

/// Hands the code to the program that waits with this home folder open; false when there is none.
pub fn confirm_elsewhere(everywhere: &Everywhere, out: &Out, code: &str) -> Result<bool, Fault> {
    let home = session::home(everywhere)?;
    let Some(answer) = control::ask(&home, &Question::Confirm { code: code.to_owned() })? else {
        return Ok(false);
    };
    confirmed(out, answer.get("person").and_then(Value::as_str).unwrap_or_default())?;
    Ok(true)
}

pub fn sync_status(session: &Session, out: &Out) -> Result<(), Fault> {
    let status = session.request(Request::SyncStatus {
        dossier: Some(session.dossier()?),
    })?;
    out.answer(&status, |status| match status.as_array() {
        Some(devices) if !devices.is_empty() => show::deliveries(out.lang, devices),
        _ => vec![out.lang.say("nobody_yet", &[])],
    })
}
