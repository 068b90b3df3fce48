//! Where something that leaves the program goes, and which file comes in: the person says so in a dialogue of the
//! system, never a page.

use std::path::{Path, PathBuf};

use dossier_app::ChosenBackup;
use dossier_app::contract::Request;
use dossier_app::paper::Paper;
use tauri::{AppHandle, Wry};
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder};

/// How the folder of an export is called, until the person calls it something else.
const FOLDER: &str = "keukentafel-dossier";

/// Asks where to put what this request makes, or which file it takes. A place that a page named does not count; the
/// backup that the person chose last does, where the request asks for it again. None when they chose no place.
pub fn choose(window: &AppHandle, mut request: Request, backup: &ChosenBackup) -> Option<Request> {
    let Some(named) = request.place().map(|to| to.clone()) else {
        return Some(request);
    };
    let chosen = backup
        .again(&request)
        .or_else(|| asked(window, &request, named.as_deref()))?;
    if let Some(to) = request.place() {
        *to = Some(chosen);
    }
    backup.keep(&request);
    Some(request)
}

/// What the person answers the dialogue; none when they closed it.
fn asked(window: &AppHandle, request: &Request, named: Option<&str>) -> Option<String> {
    let dialogue = window.dialog().file();
    let chosen = if let Request::Print(print) = request {
        let dialogue = dialogue.set_file_name(file_name(print.paper));
        dialogue.add_filter("PDF", &["pdf"]).blocking_save_file()
    } else if let Request::Backup { .. } = request {
        beside(dialogue, named).blocking_save_file()
    } else if let Request::Restore(_) = request {
        dialogue.add_filter("age", &["age"]).blocking_pick_file()
    } else if let Request::AttachmentSave(_) = request {
        dialogue.blocking_save_file()
    } else if let Request::Attach(_) = request {
        dialogue.blocking_pick_file()
    } else {
        dialogue.blocking_pick_folder()
    };
    let path = chosen?.into_path().ok()?;
    let path = if matches!(request, Request::Export(_)) {
        unused(&path)
    } else {
        path
    };
    path.to_str().map(str::to_owned)
}

/// The dialogue begins where the page proposes; the person decides.
fn beside(dialogue: FileDialogBuilder<Wry>, proposed: Option<&str>) -> FileDialogBuilder<Wry> {
    let Some(proposed) = proposed.map(Path::new) else {
        return dialogue;
    };
    let dialogue = match proposed.parent().filter(|folder| folder.is_dir()) {
        Some(folder) => dialogue.set_directory(folder),
        None => dialogue,
    };
    match proposed.file_name() {
        Some(name) => dialogue.set_file_name(name.to_string_lossy()),
        None => dialogue,
    }
}

/// Says what it is and nothing about whose.
fn file_name(paper: Paper) -> &'static str {
    match paper {
        Paper::Plan => "plan.pdf",
        Paper::Crisis => "crisiskaart.pdf",
        Paper::All => "dossier.pdf",
        Paper::Words => "herstelwoorden.pdf",
        Paper::Invitation => "uitnodiging.pdf",
    }
}

/// A folder of its own inside the one that was chosen.
fn unused(inside: &Path) -> PathBuf {
    let first = inside.join(FOLDER);
    let others = (2..1000).map(|number| inside.join(format!("{FOLDER}-{number}")));
    std::iter::once(first.clone())
        .chain(others)
        .find(|path| !path.exists())
        .unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_there_is_left_alone() {
        let inside = std::env::temp_dir().join(format!("keukentafel-place-{}", std::process::id()));
        let mut seen = Vec::new();
        for _ in 0..3 {
            let path = unused(&inside);
            std::fs::create_dir_all(&path).unwrap();
            seen.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        }
        std::fs::remove_dir_all(&inside).unwrap();
        assert_eq!(
            seen,
            ["keukentafel-dossier", "keukentafel-dossier-2", "keukentafel-dossier-3"]
        );
    }
}
