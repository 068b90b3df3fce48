//! The TypeScript side of the contract, written from its Rust types.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use dossier_app::activity::Line;
use dossier_app::contract::{
    AccessView, Changed, DeliveryView, DossierCard, Event, Fault, Finding, Invited, PlanView, ProfileMade,
    QuarantineView, Request, Revoked, SectionView, Status, TodayView, Verified, Words,
};
use dossier_app::outstanding::{Confirmed, InvitationCard, ProposalView};
use ts_rs::{Config, TS};

/// Where the window's sources keep the generated files.
pub fn folder() -> PathBuf {
    crate::root().join("ui/src/generated")
}

/// Makes `folder` hold the generated files and no other TypeScript.
///
/// # Errors
/// When a file cannot be written, or a type cannot be expressed in TypeScript.
pub fn write(folder: &Path) -> Result<()> {
    let wanted = generated()?;
    fs::create_dir_all(folder)?;
    for name in present(folder)?.keys().filter(|name| !wanted.contains_key(*name)) {
        fs::remove_file(folder.join(name))?;
    }
    for (name, content) in &wanted {
        fs::write(folder.join(name), content)?;
    }
    Ok(())
}

/// What is not as it should be in `folder`: one line for every file that is missing, differs, or should not be there.
///
/// # Errors
/// When a file cannot be read, or a type cannot be expressed in TypeScript.
pub fn drift(folder: &Path) -> Result<Vec<String>> {
    let (wanted, present) = (generated()?, present(folder)?);
    let mut lines = Vec::new();
    for (name, content) in &wanted {
        match present.get(name) {
            None => lines.push(format!("{name} is missing")),
            Some(there) if there != content => lines.push(format!("{name} differs from its Rust type")),
            Some(_) => {}
        }
    }
    lines.extend(
        present
            .keys()
            .filter(|name| !wanted.contains_key(*name))
            .map(|name| format!("{name} has no Rust type")),
    );
    Ok(lines)
}

/// Every generated file by name. What a request answers is not part of its type, so each answer is a root here;
/// everything that these hold follows by itself.
fn generated() -> Result<BTreeMap<String, String>> {
    let folder = tempfile::tempdir()?;
    let config = Config::new().with_out_dir(folder.path());
    Request::export_all(&config)?;
    Event::export_all(&config)?;
    Fault::export_all(&config)?;
    AccessView::export_all(&config)?;
    Changed::export_all(&config)?;
    Confirmed::export_all(&config)?;
    DeliveryView::export_all(&config)?;
    DossierCard::export_all(&config)?;
    Finding::export_all(&config)?;
    InvitationCard::export_all(&config)?;
    Invited::export_all(&config)?;
    Line::export_all(&config)?;
    PlanView::export_all(&config)?;
    ProfileMade::export_all(&config)?;
    ProposalView::export_all(&config)?;
    QuarantineView::export_all(&config)?;
    Revoked::export_all(&config)?;
    SectionView::export_all(&config)?;
    Status::export_all(&config)?;
    TodayView::export_all(&config)?;
    Verified::export_all(&config)?;
    Words::export_all(&config)?;
    present(folder.path())
}

fn present(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".ts") {
            files.insert(name, fs::read_to_string(entry.path())?);
        }
    }
    Ok(files)
}
