//! The desktop window: a thin shell around [`dossier_app`]. It opens one window, forwards one command
//! and one channel of events, and holds no rules.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod launch;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use dossier_app::contract::{Event, Fault, FaultCode};
use dossier_app::{App, Unlock};
use serde_json::Value;
use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Emitter, Manager, RunEvent, State, WebviewUrl, WebviewWindowBuilder};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::launch::Launch;

/// Where events arrive in the window. An empty message means that some were missed: ask again.
const CHANNEL: &str = "keukentafel://event";
/// Exit status when something of this computer is missing; the same number as on the command line.
const EXIT_ENVIRONMENT: u8 = 6;
/// Exit status for an option that does not exist.
const EXIT_USAGE: u8 = 2;

/// The program behind the window. It opens at the first request, so that the window can show why when
/// opening fails, and try again.
struct Program {
    home: PathBuf,
    passphrase_file: Option<PathBuf>,
    app: Mutex<Option<Arc<App>>>,
}

impl Program {
    fn opened(&self, window: &AppHandle) -> Result<Arc<App>, Fault> {
        let mut slot = self.app.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(app) = slot.as_ref() {
            return Ok(Arc::clone(app));
        }
        let unlock = match &self.passphrase_file {
            Some(file) => Unlock::PassphraseFile(file.clone()),
            None => Unlock::Keyring,
        };
        let app = Arc::new(App::open(&self.home, unlock)?);
        tauri::async_runtime::spawn(forward(app.subscribe(), window.clone()));
        *slot = Some(Arc::clone(&app));
        Ok(app)
    }

    fn close(&self) {
        self.app.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Tells the window what happens, until the program closes.
async fn forward(mut events: Receiver<Event>, window: AppHandle) {
    loop {
        let message = match events.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(_)) => None,
            Err(RecvError::Closed) => return,
        };
        if window.emit(CHANNEL, message).is_err() {
            return;
        }
    }
}

/// The one command. Opening and answering may block, so neither runs where the window draws.
#[tauri::command]
async fn rpc(request: Value, program: State<'_, Arc<Program>>, window: AppHandle) -> Result<Value, Fault> {
    let program = Arc::clone(program.inner());
    tauri::async_runtime::spawn_blocking(move || program.opened(&window)?.call(request))
        .await
        .unwrap_or(Err(Fault {
            code: FaultCode::Internal,
            detail: None,
        }))
}

fn main() -> ExitCode {
    let Some(launch) = Launch::read(std::env::args_os().skip(1)) else {
        return leave("bad_argument", EXIT_USAGE);
    };
    if !has_display() {
        return leave("no_display", EXIT_ENVIRONMENT);
    }
    let Some(home) = launch.home.or_else(dossier_app::default_home) else {
        return leave("no_home", EXIT_ENVIRONMENT);
    };
    let program = Program {
        home,
        passphrase_file: launch.passphrase_file,
        app: Mutex::new(None),
    };
    match show(program) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            leave("no_window", EXIT_ENVIRONMENT)
        }
    }
}

fn show(program: Program) -> tauri::Result<()> {
    // A folder of its own keeps two homes on one computer apart, down to the webview's settings.
    let webview_data = program.home.join("webview");
    let app = tauri::Builder::default()
        .manage(Arc::new(program))
        .invoke_handler(tauri::generate_handler![rpc])
        .setup(move |app| {
            WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
                .title("Keukentafel")
                .inner_size(1180.0, 820.0)
                .min_inner_size(320.0, 480.0)
                .data_directory(webview_data)
                .on_navigation(|url| {
                    url.scheme() == "tauri"
                        || url.host_str() == Some("tauri.localhost")
                        || url.as_str() == "about:blank"
                })
                .on_new_window(|_, _| NewWindowResponse::Deny)
                .build()?;
            Ok(())
        })
        .build(tauri::generate_context!())?;
    app.run(|handle, event| {
        if matches!(event, RunEvent::Exit) {
            handle.state::<Arc<Program>>().close();
        }
    });
    Ok(())
}

/// True when there is a screen to draw on. Without one the toolkit would panic.
fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("WAYLAND_DISPLAY") || set("DISPLAY")
}

/// Says a sentence of the catalogue on standard error and gives the exit status.
fn leave(key: &str, status: u8) -> ExitCode {
    let language = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    eprintln!("{}", sentence(language.as_deref().unwrap_or_default(), key));
    ExitCode::from(status)
}

/// A sentence for who has no window: English for an English locale, Dutch for every other.
fn sentence(locale: &str, key: &str) -> String {
    let catalogue = if locale.starts_with("en") {
        include_str!("../../ui/src/i18n/en/desktop.json")
    } else {
        include_str!("../../ui/src/i18n/nl/desktop.json")
    };
    let known: Value = serde_json::from_str(catalogue).unwrap_or_default();
    known.get(key).and_then(Value::as_str).unwrap_or(key).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_every_sentence_that_it_says_in_both_languages() {
        for key in ["bad_argument", "no_display", "no_home", "no_window"] {
            assert!(sentence("nl_NL.UTF-8", key).contains(' '), "{key}");
            assert!(sentence("en_GB.UTF-8", key).contains(' '), "{key}");
            assert_ne!(sentence("", key), sentence("en", key));
        }
    }
}
