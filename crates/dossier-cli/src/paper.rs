//! Commands that let something out: papers, and everything as one folder.

use std::path::Path;
use std::time::Duration;

use dossier_app::attachments::{Attach, AttachmentFetch, AttachmentSave};
use dossier_app::contract::{Fault, FaultCode, Request};
use dossier_app::leaving::{Export, ExportFormat};
use dossier_app::paper::{Paper, Print};
use serde_json::Value;

use crate::arguments::{AttachmentTask, FormatWord, PaperWord};
use crate::online::{go_online, until_stopped};
use crate::output::Out;
use crate::sentences::Lang;
use crate::session::Session;
use crate::show;

impl Lang {
    fn code(self) -> &'static str {
        match self {
            Self::Nl => "nl",
            Self::En => "en",
        }
    }
}

/// A path as the program's other hosts would send it.
fn place(path: &Path) -> Result<Option<String>, Fault> {
    match path.to_str() {
        Some(text) => Ok(Some(text.to_owned())),
        None => Err(Fault {
            code: FaultCode::Invalid,
            detail: Some(path.to_string_lossy().into_owned()),
        }),
    }
}

async fn print(session: &Session, out: &Out, print: Print) -> Result<Value, Fault> {
    let busy = out.lang.say("busy_printing", &[]);
    until_stopped(session, out, busy, Request::Print(print), Request::PrintStop).await
}

fn printed(out: &Out, answer: &Value) -> Result<(), Fault> {
    out.answer(answer, |answer| {
        vec![out.lang.say("written", &[("file", show::text(answer, "file"))])]
    })
}

/// A paper of the dossier.
pub async fn of_dossier(session: &Session, out: &Out, what: PaperWord, file: &Path) -> Result<(), Fault> {
    let paper = match what {
        PaperWord::Plan => Paper::Plan,
        PaperWord::Crisis => Paper::Crisis,
        PaperWord::All => Paper::All,
    };
    let wanted = Print {
        dossier: Some(session.dossier()?),
        paper,
        invitation: None,
        lang: out.lang.code().to_owned(),
        to: place(file)?,
    };
    printed(out, &print(session, out, wanted).await?)
}

/// The recovery words.
pub async fn words(session: &Session, out: &Out, file: &Path) -> Result<(), Fault> {
    let wanted = Print {
        dossier: None,
        paper: Paper::Words,
        invitation: None,
        lang: out.lang.code().to_owned(),
        to: place(file)?,
    };
    printed(out, &print(session, out, wanted).await?)
}

/// An invitation with its explanation.
pub async fn invitation(session: &Session, out: &Out, id: &str, file: &Path) -> Result<(), Fault> {
    let wanted = Print {
        dossier: Some(session.dossier()?),
        paper: Paper::Invitation,
        invitation: Some(id.to_owned()),
        lang: out.lang.code().to_owned(),
        to: place(file)?,
    };
    print(session, out, wanted).await.map(|_| ())
}

/// Everything as one folder. Stopped, it leaves nothing behind.
pub async fn export(session: &Session, out: &Out, folder: &Path, format: FormatWord) -> Result<(), Fault> {
    let wanted = Export {
        dossier: Some(session.dossier()?),
        format: match format {
            FormatWord::Json => ExportFormat::Json,
            FormatWord::Pdf => ExportFormat::Pdf,
            FormatWord::All => ExportFormat::All,
        },
        lang: out.lang.code().to_owned(),
        to: place(folder)?,
    };
    let answer = until_stopped(
        session,
        out,
        out.lang.say("busy_exporting", &[]),
        Request::Export(wanted),
        Request::ExportStop,
    )
    .await?;
    out.answer(&answer, |answer| show::exported(out.lang, answer))
}

/// Puts a file with an item, or makes a letter of it.
pub async fn attach(
    session: &Session,
    out: &Out,
    file: &Path,
    item: Option<String>,
    title: Option<String>,
) -> Result<(), Fault> {
    let wanted = Attach {
        dossier: Some(session.dossier()?),
        item,
        title,
        from: place(file)?,
    };
    let busy = out.lang.say("busy_attaching", &[]);
    let answer = until_stopped(session, out, busy, Request::Attach(wanted), Request::WorkStop).await?;
    out.answer(&answer, |answer| {
        vec![out.lang.say(
            "attached",
            &[("item", show::text(answer, "item")), ("id", show::text(answer, "id"))],
        )]
    })
}

/// Brings a file here from whoever can be reached and has it.
async fn fetch(session: &Session, out: &Out, wanted: AttachmentFetch, within: Duration) -> Result<(), Fault> {
    session.app.sync(within).await?;
    let (request, stopped) = (Request::AttachmentFetch(wanted), Request::WorkStop);
    let answer = until_stopped(session, out, out.lang.say("busy_fetching", &[]), request, stopped).await?;
    out.answer(&answer, |answer| {
        vec![out.lang.say("fetched", &[("file", show::text(answer, "name"))])]
    })
}

/// Files of an item.
pub async fn attachment(session: &Session, out: &Out, task: AttachmentTask) -> Result<(), Fault> {
    match task {
        AttachmentTask::List { item } => {
            let wanted = Request::Attachments {
                dossier: Some(session.dossier()?),
                item,
            };
            out.answer(&session.request(wanted)?, |answer| show::attachments(out.lang, answer))
        }
        AttachmentTask::Save { item, attachment, file } => {
            let wanted = AttachmentSave {
                dossier: Some(session.dossier()?),
                item,
                attachment,
                to: place(&file)?,
            };
            let (busy, request) = (out.lang.say("busy_saving", &[]), Request::AttachmentSave(wanted));
            printed(
                out,
                &until_stopped(session, out, busy, request, Request::WorkStop).await?,
            )
        }
        AttachmentTask::Fetch {
            item,
            attachment,
            timeout,
            network,
        } => {
            let wanted = AttachmentFetch {
                dossier: Some(session.dossier()?),
                item,
                attachment,
            };
            go_online(session, &network).await?;
            let done = fetch(session, out, wanted, Duration::from_secs(timeout)).await;
            session.app.offline().await;
            done
        }
    }
}
