//! Typst, with nothing but what is part of the program: templates, fonts, and the data of one sheet.

use std::sync::LazyLock;

use serde_json::Value;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::PaperError;

/// Every font that there is, in no order: the templates say which goes first. Licences: `fonts/LICENSE.txt`.
pub(crate) static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    let files: [&'static [u8]; 7] = [
        include_bytes!("../fonts/AtkinsonHyperlegible-Regular.ttf"),
        include_bytes!("../fonts/AtkinsonHyperlegible-Bold.ttf"),
        include_bytes!("../fonts/NotoSans-Regular.ttf"),
        include_bytes!("../fonts/NotoSans-Bold.ttf"),
        include_bytes!("../fonts/NotoSansArabic-Regular.ttf"),
        include_bytes!("../fonts/NotoSansArabic-Bold.ttf"),
        include_bytes!("../fonts/NotoEmoji-Regular.ttf"),
    ];
    files
        .into_iter()
        .flat_map(|file| Font::iter(Bytes::new(file)))
        .collect()
});

const TEMPLATES: [(&str, &str); 6] = [
    ("base.typ", include_str!("../templates/base.typ")),
    ("all.typ", include_str!("../templates/all.typ")),
    ("crisis.typ", include_str!("../templates/crisis.typ")),
    ("invitation.typ", include_str!("../templates/invitation.typ")),
    ("plan.typ", include_str!("../templates/plan.typ")),
    ("words.typ", include_str!("../templates/words.typ")),
];

/// Where the templates find what they show.
const DATA: &str = "data.json";

struct Press {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    sources: Vec<Source>,
    data: (FileId, Bytes),
    main: FileId,
}

impl World for Press {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let known = self.sources.iter().find(|source| source.id() == id);
        known.cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let (data, bytes) = &self.data;
        if id == *data {
            Ok(bytes.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn file(name: &str) -> Result<FileId, PaperError> {
    let path = VirtualPath::new(name).map_err(|_| PaperError::Template)?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// Fills a template and makes the PDF.
pub(crate) fn print(template: &str, data: &Value, now: &str) -> Result<Vec<u8>, PaperError> {
    let sources = TEMPLATES
        .iter()
        .map(|(name, text)| Ok(Source::new(file(name)?, (*text).to_owned())));
    let press = Press {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(FONTS.iter())),
        sources: sources.collect::<Result<_, PaperError>>()?,
        data: (file(DATA)?, Bytes::from_string(data.to_string())),
        main: file(template)?,
    };
    let printed = pages(&press, now);
    // What was on the sheet must not stay behind in memory.
    typst::comemo::evict(0);
    printed
}

fn pages(press: &Press, now: &str) -> Result<Vec<u8>, PaperError> {
    let document = typst::compile(press).output.map_err(|_| PaperError::Template)?;
    let options = |standards| PdfOptions {
        creator: typst::foundations::Smart::Custom(Some("Keukentafel".to_owned())),
        timestamp: timestamp(now),
        standards,
        ..PdfOptions::default()
    };
    let promised = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1]).map_err(|_| PaperError::Export)?;
    typst_pdf::pdf(&document, &options(promised))
        .or_else(|_| typst_pdf::pdf(&document, &options(PdfStandards::default())))
        .map_err(|_| PaperError::Export)
}

/// The moment of making, for the file's own description; none for a text that is no RFC 3339 moment.
fn timestamp(now: &str) -> Option<Timestamp> {
    let number = |from: usize, to: usize| now.get(from..to)?.parse::<u8>().ok();
    let date = Datetime::from_ymd_hms(
        now.get(..4)?.parse().ok()?,
        number(5, 7)?,
        number(8, 10)?,
        number(11, 13)?,
        number(14, 16)?,
        number(17, 19)?,
    )?;
    let Some((sign, rest)) = now.get(19..).and_then(|zone| Some((zone.get(..1)?, zone.get(1..)?))) else {
        return Some(Timestamp::new_utc(date));
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or(("0", "0"));
    let minutes = hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?;
    Timestamp::new_local(date, if sign == "-" { -minutes } else { minutes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_with_its_zone() {
        assert!(timestamp("2026-11-22T21:30:00+01:00").is_some());
        assert!(timestamp("2026-11-22T21:30:00Z").is_some());
        for wrong in ["", "2026-11-22", "2026-13-22T21:30:00Z", "é026-11-22T21:30:00Z"] {
            assert!(timestamp(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn templates_reach_nothing_else() {
        let id = |name: &str| file(name).unwrap();
        let press = Press {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::new()),
            sources: Vec::new(),
            data: (id(DATA), Bytes::from_string("{}".to_owned())),
            main: id("plan.typ"),
        };
        assert!(press.file(id(DATA)).is_ok());
        assert!(press.file(id("/etc/passwd")).is_err());
        assert!(press.source(id("other.typ")).is_err());
        assert!(press.today(None).is_none());
    }
}
