//! The desktop window: a thin shell around [`dossier_app`]. It opens one window, forwards one command
//! and one channel of events, and holds no rules.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod launch;
mod place;
mod program;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use dossier_app::contract::{Fault, FaultCode};
use serde_json::Value;
use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Manager, RunEvent, State, WebviewUrl, WebviewWindowBuilder};

use crate::launch::Launch;
use crate::program::Program;

/// Exit status when something of this computer is missing; the same number as on the command line.
const EXIT_ENVIRONMENT: u8 = 6;
/// Exit status for an option that does not exist.
const EXIT_USAGE: u8 = 2;

/// The one command. Opening and answering may block, so neither runs where the window draws.
#[tauri::command]
async fn rpc(request: Value, program: State<'_, Arc<Program>>, window: AppHandle) -> Result<Value, Fault> {
    let program = Arc::clone(program.inner());
    tauri::async_runtime::spawn_blocking(move || program.answer(&window, request))
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
    let Some(home) = launch.home.clone().or_else(dossier_app::default_home) else {
        return leave("no_home", EXIT_ENVIRONMENT);
    };
    // A folder of its own keeps two homes on one computer apart, down to the webview's settings.
    let webview_data = home.join("webview");
    let program = Arc::new(Program::new(home, launch));
    match show(program, webview_data) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            leave("no_window", EXIT_ENVIRONMENT)
        }
    }
}

fn show(program: Arc<Program>, webview_data: PathBuf) -> tauri::Result<()> {
    let opening = Arc::clone(&program);
    let app = tauri::Builder::default()
        // Only this shell opens its dialogues; no page has the permission.
        .plugin(tauri_plugin_dialog::init())
        .manage(program)
        .invoke_handler(tauri::generate_handler![rpc])
        .setup(move |app| {
            // Unlocking and drawing go side by side. When it fails, the first request says so.
            let handle = app.handle().clone();
            tauri::async_runtime::spawn_blocking(move || opening.opened(&handle).map(drop));
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
    eprintln!("{}", sentence(&locale(), key));
    ExitCode::from(status)
}

/// The locale of this computer; empty when it has none.
fn locale() -> String {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_default()
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
        for key in ["bad_argument", "no_display", "no_home", "no_window", "not_online"] {
            assert!(sentence("nl_NL.UTF-8", key).contains(' '), "{key}");
            assert!(sentence("en_GB.UTF-8", key).contains(' '), "{key}");
            assert_ne!(sentence("", key), sentence("en", key));
        }
    }
}
