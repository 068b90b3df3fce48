//! The Automerge document of a compartment. Automerge needs longer to load a long one than everything else together:
//! it gets a thread of its own, and until then what the document shows is read from what was saved beside it, or from
//! the saved bytes themselves.

use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::thread;

use automerge::{AutoCommit, LoadOptions, TextEncoding};
use dossier_model::layout::{self, DocItem};
use dossier_store::Document as Saved;

use super::contents::read_saved;

/// Marks a saved document as one that this version judged, and that nothing happened to since: whatever happens to a
/// compartment takes its saved document away in the same transaction.
const SAVED_FORM: &[u8] = b"judged 2";

/// A saved document of more bytes than this loads at once, a shorter one when it is asked for.
const LONG: usize = 16 << 10;

/// A document. Whoever asks for more than its items waits until it is loaded. One that was saved and does not load is
/// empty; it was not judged since, and who judges it builds it again.
pub struct Document {
    doc: LazyLock<AutoCommit, Box<dyn FnOnce() -> AutoCommit + Send>>,
    /// The items as they were saved, until somebody may have changed them.
    shown: Option<Shown>,
    /// Nobody looked whether what it shows is what the authors wrote.
    ahead: bool,
}

enum Shown {
    /// By [`Document::save`].
    Saved(Vec<u8>),
    /// In the saved document itself.
    Read(Vec<DocItem>),
}

impl Document {
    /// Takes up a document that [`Self::save`] made; none when another version made it.
    #[must_use]
    pub fn of(saved: Saved) -> Option<Self> {
        let Saved { saved, shown, upto, .. } = saved;
        if upto != SAVED_FORM {
            return None;
        }
        let is_long = saved.len() > LONG;
        let load = move || load_document(&saved).unwrap_or_else(new_document);
        let doc: Box<dyn FnOnce() -> AutoCommit + Send> = if is_long {
            let loading = thread::Builder::new().spawn(load).ok()?;
            Box::new(move || loading.join().unwrap_or_else(|_| new_document()))
        } else {
            Box::new(load)
        };
        Some(Self {
            doc: LazyLock::new(doc),
            shown: Some(Shown::Saved(shown)),
            ahead: false,
        })
    }

    /// Shows what is in an uncompressed saved document of bounded size before anybody loaded it. None when only a load
    /// can tell. Whoever asks for more gets what `load` makes of it; nothing, if that is not what it should be.
    #[must_use]
    pub fn ahead(saved: Vec<u8>, load: impl FnOnce(&[u8]) -> Option<AutoCommit> + Send + 'static) -> Option<Self> {
        let items = read_saved(&saved)?;
        Some(Self {
            doc: LazyLock::new(Box::new(move || load(&saved).unwrap_or_else(new_document))),
            shown: Some(Shown::Read(items)),
            ahead: true,
        })
    }

    /// True for one that was made by [`Self::ahead`].
    #[must_use]
    pub fn is_ahead(&self) -> bool {
        self.ahead
    }

    /// The document and what it shows, to be kept.
    pub fn save(&mut self, changes: u32) -> Saved {
        let mut shown = Vec::new();
        if ciborium::into_writer(&self.items(), &mut shown).is_err() {
            // Nothing that can be read; then the document says it.
            shown.clear();
        }
        Saved {
            saved: self.deref_mut().save(),
            shown,
            upto: SAVED_FORM.to_vec(),
            changes,
        }
    }

    /// The items in it.
    #[must_use]
    pub fn items(&self) -> Vec<DocItem> {
        let shown = match &self.shown {
            Some(Shown::Saved(saved)) => ciborium::from_reader(saved.as_slice()).ok(),
            Some(Shown::Read(items)) => Some(items.clone()),
            None => None,
        };
        shown.unwrap_or_else(|| layout::read(&**self).items)
    }
}

impl Default for Document {
    fn default() -> Self {
        new_document().into()
    }
}

impl From<AutoCommit> for Document {
    fn from(doc: AutoCommit) -> Self {
        Self {
            doc: LazyLock::new(Box::new(move || doc)),
            shown: None,
            ahead: false,
        }
    }
}

impl Deref for Document {
    type Target = AutoCommit;

    fn deref(&self) -> &AutoCommit {
        &self.doc
    }
}

impl DerefMut for Document {
    fn deref_mut(&mut self) -> &mut AutoCommit {
        self.shown = None;
        &mut self.doc
    }
}

/// An empty document; text counts in code points, everywhere.
#[must_use]
pub fn new_document() -> AutoCommit {
    AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint)
}

/// A saved document, in the one text encoding.
#[must_use]
pub fn load_document(saved: &[u8]) -> Option<AutoCommit> {
    let options = LoadOptions::new().text_encoding(TextEncoding::UnicodeCodePoint);
    // A panic inside Automerge is a fault of these bytes, and they are thrown away.
    catch_unwind(AssertUnwindSafe(|| AutoCommit::load_with_options(saved, options).ok())).ok()?
}

#[cfg(test)]
mod tests {
    use dossier_model::Item;
    use dossier_model::layout::Edit;
    use serde_json::json;

    use super::*;

    fn item(id: &str, fields: serde_json::Value) -> Edit {
        Edit::Add(Item::new(id, "goals", fields))
    }

    /// Numbers of every sort, text that merges, and a field of which two writers said something else at once.
    fn of_two_writers() -> Document {
        let numbers = json!({"title": "é👩‍🔬", "list": [0.1, 1e300, -7, u64::MAX, null, true, {"deep": []}]});
        let mut doc = new_document();
        layout::apply(
            &mut doc,
            &[item("g-1", numbers), item("g-2", json!({"why": "w".repeat(3_000)}))],
            1,
        )
        .unwrap();
        let mut other = doc.fork();
        for (doc, title) in [(&mut doc, "een"), (&mut other, "twee")] {
            let set = Edit::Set {
                id: "g-1".into(),
                path: vec!["title".into()],
                value: title.into(),
            };
            layout::apply(doc, &[set], 2).unwrap();
        }
        doc.merge(&mut other).unwrap();
        doc.into()
    }

    #[test]
    fn shows_what_was_saved_before_and_after_it_is_loaded() {
        let mut written = of_two_writers();
        let items = written.items();
        assert_eq!(items[0].also_said.len(), 1);
        let saved = written.save(4);
        let mut again = Document::of(saved).unwrap();
        assert_eq!(again.items(), items);
        assert_eq!(layout::read(&*again).items, items);

        layout::apply(&mut again, &[item("g-3", json!({}))], 3).unwrap();
        assert_eq!(again.items().len(), 3, "what was saved says nothing any more");
    }

    #[test]
    fn loads_a_long_document_on_the_side() {
        let mut written = Document::default();
        for n in 0..400_u64 {
            let noise = blake3::hash(&n.to_le_bytes()).to_hex().to_string();
            layout::apply(&mut written, &[item(&format!("g-{n}"), json!({ "title": noise }))], 1).unwrap();
        }
        let items = written.items();
        let saved = written.save(400);
        assert!(saved.saved.len() > LONG);
        let again = Document::of(saved).unwrap();
        assert_eq!(again.items(), items);
        assert_eq!(layout::read(&*again).items, items);
    }

    #[test]
    fn shows_what_is_in_the_bytes_and_gives_more_only_when_it_is_what_it_should_be() {
        let mut written = of_two_writers();
        let items = written.items();
        let plain = written.deref_mut().save_nocompress();
        let ahead = Document::ahead(plain.clone(), load_document).unwrap();
        assert!(ahead.is_ahead());
        assert_eq!(ahead.items(), items);
        assert_eq!(layout::read(&*ahead).items, items);
        let forged = Document::ahead(plain.clone(), |_| None).unwrap();
        assert_eq!(forged.items(), items);
        assert!(layout::read(&*forged).items.is_empty());
        assert!(Document::ahead(plain[..plain.len() - 1].to_vec(), load_document).is_none());
    }

    #[test]
    fn is_empty_when_it_does_not_load_and_refuses_what_another_version_saved() {
        let mut written = of_two_writers();
        let items = written.items();
        let saved = written.save(4);
        for length in [10, LONG + 1] {
            let broken = Saved {
                saved: vec![7; length],
                ..saved.clone()
            };
            let broken = Document::of(broken).unwrap();
            assert_eq!(broken.items(), items);
            assert!(layout::read(&*broken).items.is_empty());
        }
        let unreadable = Saved {
            shown: b"\xff".to_vec(),
            ..saved.clone()
        };
        assert_eq!(Document::of(unreadable).unwrap().items(), items);
        let other = Saved {
            upto: b"judged 1".to_vec(),
            ..saved
        };
        assert!(Document::of(other).is_none());
    }
}
