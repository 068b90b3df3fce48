//! The TypeScript side of the contract, written from its Rust types.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use dossier_app::activity::Line;
use dossier_app::attachments::AttachmentView;
use dossier_app::backup::{BackupMade, BackupState};
use dossier_app::carrying::{BundleMade, BundleTaken};
use dossier_app::contract::{
    AccessView, Changed, DeliveryView, DossierCard, Event, Fault, Finding, Invited, PlanView, ProfileMade,
    QuarantineView, Request, Revoked, SectionView, Status, TodayView, Verified, Words,
};
use dossier_app::correction::CorrectionView;
use dossier_app::crisis_card::{CrisisCard, CrisisCardChoice};
use dossier_app::devices::{DeviceView, ProfileEntry};
use dossier_app::history::HistoryView;
use dossier_app::joining::{JoinView, OfferView};
use dossier_app::leaving::{CheckList, Exported};
use dossier_app::lock::Drafts;
use dossier_app::outstanding::{Confirmed, InvitationCard, ProposalView};
use dossier_app::paper::Printed;
use dossier_app::recovery::{Lacking, Restored};
use dossier_app::returning::{ReturnView, Returned};
use dossier_app::shares::SharesMade;
use dossier_app::team::{TeamAdded, TeamAsked, TeamAsking, TeamMade, TeamView};
use dossier_app::ticket_words::{FetchedTicket, TicketWordsView};
use dossier_app::undo::Undone;
use dossier_trust::words;
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
    AttachmentView::export_all(&config)?;
    BackupMade::export_all(&config)?;
    BackupState::export_all(&config)?;
    BundleMade::export_all(&config)?;
    BundleTaken::export_all(&config)?;
    Changed::export_all(&config)?;
    CheckList::export_all(&config)?;
    Confirmed::export_all(&config)?;
    CorrectionView::export_all(&config)?;
    CrisisCard::export_all(&config)?;
    CrisisCardChoice::export_all(&config)?;
    DeliveryView::export_all(&config)?;
    DeviceView::export_all(&config)?;
    DossierCard::export_all(&config)?;
    Drafts::export_all(&config)?;
    Exported::export_all(&config)?;
    FetchedTicket::export_all(&config)?;
    Finding::export_all(&config)?;
    HistoryView::export_all(&config)?;
    InvitationCard::export_all(&config)?;
    Invited::export_all(&config)?;
    JoinView::export_all(&config)?;
    Lacking::export_all(&config)?;
    Line::export_all(&config)?;
    OfferView::export_all(&config)?;
    PlanView::export_all(&config)?;
    Printed::export_all(&config)?;
    ProfileEntry::export_all(&config)?;
    ProfileMade::export_all(&config)?;
    ProposalView::export_all(&config)?;
    QuarantineView::export_all(&config)?;
    Restored::export_all(&config)?;
    ReturnView::export_all(&config)?;
    Returned::export_all(&config)?;
    Revoked::export_all(&config)?;
    SectionView::export_all(&config)?;
    SharesMade::export_all(&config)?;
    Status::export_all(&config)?;
    TeamAdded::export_all(&config)?;
    TeamAsked::export_all(&config)?;
    TeamAsking::export_all(&config)?;
    TeamMade::export_all(&config)?;
    TeamView::export_all(&config)?;
    TicketWordsView::export_all(&config)?;
    TodayView::export_all(&config)?;
    Undone::export_all(&config)?;
    Verified::export_all(&config)?;
    Words::export_all(&config)?;
    let mut files = present(folder.path())?;
    files.insert("ticketWords.ts".to_owned(), ticket_words());
    Ok(files)
}

/// The list of words, by which the window completes what somebody types.
fn ticket_words() -> String {
    format!(
        "// The list that eight words are from, written from `dossier_trust::words`. Do not edit this file.\n\n\
         export const TICKET_WORDS: readonly string[] = '{}'.split(' ');\n",
        words::list().join(" ")
    )
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
