//! The program behind the pages, for a browser in the place of the window: one home folder, the built pages, the one
//! command over HTTP and the one channel as server-sent events. Loopback only, and only for who knows the token.
//!
//! Writes one line of JSON when it listens. Takes words on standard input, one a line, and answers each with a line:
//! `offline`, `online`, `stop`, and `choose PATH`: what the person answers the next dialogue of the system.

mod pages;

use std::convert::Infallible;
use std::io::{BufRead, Write};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event as Line, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::Parser;
use dossier_app::contract::{Fault, FaultCode, Passphrase, Request as Ask};
use dossier_app::{App, ChosenBackup, Clock, Door, Reach, Relay, Unlock};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::{Stream, StreamExt};

use crate::pages::Pages;

/// Longest request, in bytes: more than anybody pastes.
const MAX_REQUEST: usize = 64 * 1024 * 1024;

/// Longest wait for a program that was just locked.
const GOODBYE: Duration = Duration::from_secs(5);

#[derive(Parser)]
struct Arguments {
    /// The home folder.
    #[arg(long)]
    home: PathBuf,
    /// Its passphrase is the first line of this file; none means the keyring, as in the window.
    #[arg(long)]
    passphrase_file: Option<PathBuf>,
    /// The moment at which the program's calendar starts, RFC 3339.
    #[arg(long)]
    now: String,
    /// The port of the pages; none means any that is free.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// What a browser must know to get in; the same one after a restart keeps a page that stayed open.
    #[arg(long)]
    token: String,
}

/// The program and everything that the browser is served from.
struct Bridge {
    home: PathBuf,
    door: Mutex<Door>,
    pages: Pages,
    runtime: Handle,
    /// What the next dialogue is answered; without it the person closes it.
    choice: Mutex<Option<String>>,
    backup: ChosenBackup,
    /// What a visitor must bring along, as a cookie of this port.
    cookie: String,
    token: String,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let _inside = runtime.enter();
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port)))?;
    let address = listener.local_addr()?;
    let unlock = arguments
        .passphrase_file
        .map_or(Unlock::Keyring, Unlock::PassphraseFile);
    let clock = Clock::starting(&arguments.now).map_err(|fault| anyhow!("{fault}"))?;
    let bridge = Arc::new(Bridge {
        door: Mutex::new(Door::new(arguments.home.clone(), unlock, clock)),
        home: arguments.home,
        pages: Pages::new()?,
        runtime: runtime.handle().clone(),
        choice: Mutex::default(),
        backup: ChosenBackup::default(),
        cookie: format!("bridge-{}={}", address.port(), arguments.token),
        token: arguments.token,
    });
    bridge.start();
    say(&json!({"url": format!("http://{address}/?token={}", bridge.token)}))?;
    let router = router(&bridge);
    runtime.spawn(async move { axum::serve(listener, router).await });
    for line in std::io::stdin().lock().lines() {
        let word = line?;
        match word.as_str() {
            "offline" => runtime.block_on(bridge.app()?.offline()),
            "online" => runtime.block_on(bridge.go_online()),
            "stop" => break,
            other => match other.strip_prefix("choose ") {
                Some(path) => *bridge.choice() = Some(path.to_owned()),
                None => return Err(anyhow!("no such word: {other}")),
            },
        }
        say(&json!({"done": word}))?;
    }
    let app = bridge.door().close();
    if let Some(app) = app {
        runtime.block_on(app.offline());
    }
    std::process::exit(0);
}

fn say(line: &Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

fn router(bridge: &Arc<Bridge>) -> Router {
    Router::new()
        .route("/rpc", post(rpc))
        .route("/events", get(events))
        .fallback(get(page))
        .layer(middleware::from_fn_with_state(Arc::clone(bridge), let_in))
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .with_state(Arc::clone(bridge))
}

/// Gives who brings the token a cookie, and turns away who has none.
async fn let_in(State(bridge): State<Arc<Bridge>>, request: Request, next: Next) -> Response {
    let brought = Query::<Vec<(String, String)>>::try_from_uri(request.uri());
    if brought.is_ok_and(|Query(given)| given.contains(&("token".to_owned(), bridge.token.clone()))) {
        let cookie = format!("{}; HttpOnly; SameSite=Strict", bridge.cookie);
        return ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response();
    }
    if bridge.knows(request.headers()) {
        next.run(request).await
    } else {
        StatusCode::FORBIDDEN.into_response()
    }
}

async fn rpc(State(bridge): State<Arc<Bridge>>, body: Bytes) -> Response {
    // On a thread that may block, as in the window.
    let answering = tokio::task::spawn_blocking(move || {
        let asked = serde_json::from_slice(&body).map_err(|_| Fault::about(FaultCode::Invalid, "json"))?;
        bridge.answer(asked)
    });
    match answering.await {
        Ok(Ok(answer)) => Json(answer).into_response(),
        Ok(Err(fault)) => (StatusCode::BAD_REQUEST, Json(fault)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Every event from now on, until the browser goes; `null` for those that were missed.
async fn events(
    State(bridge): State<Arc<Bridge>>,
) -> Result<Sse<impl Stream<Item = Result<Line, Infallible>>>, StatusCode> {
    let app = bridge.app().map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let events = BroadcastStream::new(app.subscribe());
    Ok(Sse::new(events.map(|event| {
        Ok(Line::default().json_data(event.ok()).unwrap_or_default())
    })))
}

async fn page(State(bridge): State<Arc<Bridge>>, uri: Uri) -> Response {
    bridge.pages.give(uri.path()).into_response()
}

impl Bridge {
    fn door(&self) -> MutexGuard<'_, Door> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn choice(&self) -> MutexGuard<'_, Option<String>> {
        self.choice.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn app(&self) -> Result<App, Fault> {
        Ok(self.door().open()?.app)
    }

    /// Opens the home folder and goes online, if there is somebody in it.
    fn start(&self) {
        self.runtime.block_on(self.go_online());
    }

    async fn go_online(&self) {
        let near = Reach {
            listen: Some(([127, 0, 0, 1], 0).into()),
            relay: Relay::None,
            discovery: false,
        };
        let Ok(app) = self.app() else { return };
        match app.go_online(near).await {
            Ok(_) => {}
            Err(fault) if fault.code == FaultCode::NoProfile => {}
            Err(fault) => eprintln!("not online: {fault}"),
        }
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let cookies = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok());
        cookies
            .flat_map(|value| value.split("; "))
            .any(|cookie| cookie == self.cookie)
    }

    fn answer(&self, request: Value) -> Result<Value, Fault> {
        // As in the window: whoever stands in the kitchen has no passphrase.
        if let Ok(Ask::CrisisCards) = serde_json::from_value(request.clone()) {
            let cards = dossier_app::crisis_card::outside(&self.home)?;
            return serde_json::to_value(cards).map_err(|_| Fault::new(FaultCode::Internal));
        }
        if let Ok(Ask::Lock { leave, .. }) = serde_json::from_value(request.clone()) {
            return self.lock(request, leave);
        }
        let method = request.get("method").and_then(Value::as_str);
        let starts = matches!(method, Some("profile_create" | "restore"));
        let app = if let Ok(Ask::Unlock { passphrase }) = serde_json::from_value(request.clone()) {
            self.unlock(passphrase)?
        } else {
            self.app()?
        };
        let answer = match serde_json::from_value(request.clone()).map(|known| self.choose(known)) {
            Ok(chosen) => match chosen? {
                Some(known) => app.request(known)?,
                None => Value::Null,
            },
            Err(_) => app.call(request)?,
        };
        if starts {
            self.start();
        }
        Ok(answer)
    }

    /// As in the window: keeps what was typed and forgets the keys; with `leave` the program ends.
    fn lock(&self, request: Value, leave: bool) -> Result<Value, Fault> {
        let app = self.door().shut();
        let kept = app.as_ref().map(|app| app.call(request));
        if let Some(app) = app {
            self.runtime.block_on(app.offline());
        }
        if leave {
            std::process::exit(0);
        }
        kept.unwrap_or_else(|| Ok(json!({"ids": []})))
    }

    /// Opened again, it goes online again. Whoever still says goodbye after a lock may hold the folder for a moment.
    fn unlock(&self, passphrase: Passphrase) -> Result<App, Fault> {
        let passphrase = passphrase.into_inner();
        let end = Instant::now() + GOODBYE;
        let opened = loop {
            match self.door().unlock(passphrase.clone()) {
                Err(fault) if fault.code == FaultCode::InUse && Instant::now() < end => std::thread::yield_now(),
                opened => break opened?,
            }
        };
        if opened.fresh {
            self.start();
        }
        Ok(opened.app)
    }

    /// Stands in for the dialogue of the shell: what a page says of a place does not count here either.
    fn choose(&self, mut request: Ask) -> Result<Option<Ask>, Fault> {
        request.worth_asking()?;
        if request.place().is_some() {
            let chosen = self.backup.again(&request).or_else(|| self.choice().take());
            let Some(chosen) = chosen else { return Ok(None) };
            if let Some(to) = request.place() {
                *to = Some(chosen);
            }
            self.backup.keep(&request);
        }
        Ok(Some(request))
    }
}
