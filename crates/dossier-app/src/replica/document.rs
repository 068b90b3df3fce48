//! The Automerge document of a compartment. Automerge needs longer to load a long one than everything else together:
//! it gets a thread of its own, and until then what the document shows is read from what was saved beside it, or from
//! the saved bytes themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, OnceLock};
use std::thread;

use automerge::{AutoCommit, Change, LoadOptions, TextEncoding};
use dossier_model::layout::{self, DocItem, Edit, EditError, Touch, Written};
use dossier_store::Document as Saved;

use super::contents::read_saved;

/// Marks a saved document as one that this version judged, and that nothing happened to since: whatever happens to a
/// compartment takes its saved document away in the same transaction.
const SAVED_FORM: &[u8] = b"judged 2";

/// A saved document of more bytes than this loads at once, a shorter one when it is asked for.
const LONG: usize = 16 << 10;

/// More changes at once than this, and what they show is read anew.
const FEW: usize = 16;

/// What happened to items, by id.
pub type Touches = BTreeMap<String, Touch>;

/// A document. Whoever asks for more than its items waits until it is loaded. One that was saved and does not load is
/// empty; it was not judged since, and who judges it builds it again.
pub struct Document {
    doc: LazyLock<AutoCommit, Box<dyn FnOnce() -> AutoCommit + Send>>,
    /// The items as they were saved, until somebody may have changed them.
    shown: Option<Shown>,
    /// The items by id, once somebody asked. A step that says which of them it is about leaves the rest as they are.
    items: OnceLock<BTreeMap<String, Arc<DocItem>>>,
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
            items: OnceLock::new(),
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
            items: OnceLock::new(),
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
        let items: Vec<&DocItem> = self.items().map(|item| &**item).collect();
        if ciborium::into_writer(&items, &mut shown).is_err() {
            // Nothing that can be read; then the document says it.
            shown.clear();
        }
        Saved {
            saved: self.as_it_stands().save(),
            shown,
            upto: SAVED_FORM.to_vec(),
            changes,
        }
    }

    fn held(&self) -> &BTreeMap<String, Arc<DocItem>> {
        self.items.get_or_init(|| {
            let shown = match &self.shown {
                Some(Shown::Saved(saved)) => ciborium::from_reader(saved.as_slice()).ok(),
                Some(Shown::Read(items)) => Some(items.clone()),
                None => None,
            };
            let items: Vec<DocItem> = shown.unwrap_or_else(|| layout::read(&**self).items);
            let named = items.into_iter().map(|item| (item.item.id.clone(), Arc::new(item)));
            named.collect()
        })
    }

    /// The items in it, by id.
    pub fn items(&self) -> impl Iterator<Item = &Arc<DocItem>> {
        self.held().values()
    }

    /// One of them.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<&Arc<DocItem>> {
        self.held().get(id)
    }

    /// The document, for whoever leaves what stands in it as it is: Automerge wants it to itself for that too.
    pub fn as_it_stands(&mut self) -> &mut AutoCommit {
        &mut self.doc
    }

    /// Writes edits, as [`layout::apply`].
    ///
    /// # Errors
    /// What the edits say; then nobody knows what stands there.
    pub fn edit(&mut self, edits: &[Edit], seconds: i64) -> Result<Vec<Written>, EditError> {
        let items = self.taken();
        let written = layout::apply(&mut self.doc, edits, seconds)?;
        self.put_back(items, edits.iter().map(Edit::item));
        Ok(written)
    }

    /// So many changes can be followed one by one.
    #[must_use]
    pub fn follows(&self, changes: usize) -> bool {
        self.items.get().is_some() && changes <= FEW
    }

    /// Takes changes that preflight admitted. Tells what that did, where it could follow them.
    ///
    /// # Errors
    /// None were taken, or nobody knows which.
    pub(crate) fn take<'a>(&mut self, raw: impl Iterator<Item = &'a [u8]>) -> Result<Option<Touches>, ()> {
        let changes = read_changes(raw)?;
        if changes.is_empty() {
            return Ok(Some(Touches::new()));
        }
        let followed = self.follows(changes.len()).then(|| changes.clone());
        let items = self.taken();
        admit(&mut self.doc, changes)?;
        let about = |change: &Change| layout::about(&self.doc, change);
        let about: Option<Vec<_>> = followed.and_then(|all| all.iter().map(about).collect());
        Ok(about.map(|about| self.put_back(items, about.iter().flatten().map(String::as_str))))
    }

    /// The items as they are known now, without what was saved; a step is about to happen.
    fn taken(&mut self) -> Option<BTreeMap<String, Arc<DocItem>>> {
        if self.shown.is_some() {
            self.held();
        }
        self.shown = None;
        self.items.take()
    }

    /// What was known before a step that was about these items and no others. Tells what it did to them.
    fn put_back<'a>(
        &mut self,
        items: Option<BTreeMap<String, Arc<DocItem>>>,
        about: impl Iterator<Item = &'a str>,
    ) -> Touches {
        let mut touches = Touches::new();
        let Some(mut items) = items else { return touches };
        for id in about.collect::<BTreeSet<_>>() {
            let now = layout::read_item(&**self, id).map(Arc::new);
            let before = match &now {
                Some(item) => items.insert(id.to_owned(), Arc::clone(item)),
                None => items.remove(id),
            };
            let touch = match (before, now) {
                (None, Some(_)) => Touch::Added,
                (Some(_), None) => Touch::Removed,
                (Some(before), Some(now)) if before != now => Touch::Changed,
                (Some(_), Some(_)) | (None, None) => continue,
            };
            touches.insert(id.to_owned(), touch);
        }
        self.items = items.into();
        touches
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
            items: OnceLock::new(),
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
        self.items.take();
        &mut self.doc
    }
}

/// An empty document; text counts in code points, everywhere.
#[must_use]
pub fn new_document() -> AutoCommit {
    AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint)
}

/// Changes as they travel.
///
/// # Errors
/// Bytes that are none.
fn read_changes<'a>(raw: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Change>, ()> {
    raw.map(|raw| Change::try_from(raw).map_err(|_| ())).collect()
}

/// Lets changes into a document that preflight admitted.
///
/// # Errors
/// Automerge takes them all the same for something else, or panics over them.
fn admit(doc: &mut AutoCommit, changes: Vec<Change>) -> Result<(), ()> {
    if changes.is_empty() {
        return Ok(());
    }
    catch_unwind(AssertUnwindSafe(|| doc.apply_changes(changes)))
        .map_err(|_| ())?
        .map_err(|_| ())
}

/// Both, in one batch.
///
/// # Errors
/// As those.
pub(crate) fn apply<'a>(doc: &mut AutoCommit, raw: impl Iterator<Item = &'a [u8]>) -> Result<(), ()> {
    admit(doc, read_changes(raw)?)
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
    use automerge::ActorId;
    use dossier_model::Item;
    use dossier_model::layout::Edit;
    use serde_json::json;

    use super::*;
    use crate::replica::random::{Dice, odd};

    fn shows(doc: &Document) -> Vec<DocItem> {
        doc.items().map(|item| DocItem::clone(item)).collect()
    }

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
        let items = shows(&written);
        assert_eq!(items[0].also_said.len(), 1);
        let saved = written.save(4);
        let mut again = Document::of(saved).unwrap();
        assert_eq!(shows(&again), items);
        assert_eq!(layout::read(&*again).items, items);

        layout::apply(&mut again, &[item("g-3", json!({}))], 3).unwrap();
        assert_eq!(again.items().count(), 3, "what was saved says nothing any more");
    }

    #[test]
    fn loads_a_long_document_on_the_side() {
        let mut written = Document::default();
        for n in 0..400_u64 {
            let noise = blake3::hash(&n.to_le_bytes()).to_hex().to_string();
            layout::apply(&mut written, &[item(&format!("g-{n}"), json!({ "title": noise }))], 1).unwrap();
        }
        let items = shows(&written);
        let saved = written.save(400);
        assert!(saved.saved.len() > LONG);
        let again = Document::of(saved).unwrap();
        assert_eq!(shows(&again), items);
        assert_eq!(layout::read(&*again).items, items);
    }

    #[test]
    fn shows_what_is_in_the_bytes_and_gives_more_only_when_it_is_what_it_should_be() {
        let mut written = of_two_writers();
        let items = shows(&written);
        let plain = written.deref_mut().save_nocompress();
        let ahead = Document::ahead(plain.clone(), load_document).unwrap();
        assert!(ahead.is_ahead());
        assert_eq!(shows(&ahead), items);
        assert_eq!(layout::read(&*ahead).items, items);
        let forged = Document::ahead(plain.clone(), |_| None).unwrap();
        assert_eq!(shows(&forged), items);
        assert!(layout::read(&*forged).items.is_empty());
        assert!(Document::ahead(plain[..plain.len() - 1].to_vec(), load_document).is_none());
    }

    #[test]
    fn is_empty_when_it_does_not_load_and_refuses_what_another_version_saved() {
        let mut written = of_two_writers();
        let items = shows(&written);
        let saved = written.save(4);
        for length in [10, LONG + 1] {
            let broken = Saved {
                saved: vec![7; length],
                ..saved.clone()
            };
            let broken = Document::of(broken).unwrap();
            assert_eq!(shows(&broken), items);
            assert!(layout::read(&*broken).items.is_empty());
        }
        let unreadable = Saved {
            shown: b"\xff".to_vec(),
            ..saved.clone()
        };
        assert_eq!(shows(&Document::of(unreadable).unwrap()), items);
        let other = Saved {
            upto: b"judged 1".to_vec(),
            ..saved
        };
        assert!(Document::of(other).is_none());
    }

    /// What is different, by comparing everything.
    fn touched(before: &[DocItem], after: &[DocItem]) -> Touches {
        let there = |all: &[DocItem], id: &str| all.iter().find(|one| one.item.id == id).cloned();
        let ids = before.iter().chain(after).map(|one| one.item.id.clone());
        let touch = |id: String| match (there(before, &id), there(after, &id)) {
            (None, _) => Some((id, Touch::Added)),
            (_, None) => Some((id, Touch::Removed)),
            (was, is) => (was != is).then_some((id, Touch::Changed)),
        };
        ids.filter_map(touch).collect()
    }

    #[test]
    fn what_is_kept_between_steps_is_what_stands_there() {
        let (mut kept, mut told, mut conflicts) = (0, 0, 0);
        for seed in 0..300 {
            let mut dice = Dice::of(seed);
            let mut doc = Document::default();
            doc.as_it_stands().set_actor(ActorId::from([9; 32]));
            let mut others: Vec<AutoCommit> = (1..4_u8)
                .map(|n| new_document().with_actor(ActorId::from([n; 32])))
                .collect();
            for _ in 0..40 {
                let other = &mut others[usize::try_from(dice.below(3)).unwrap()];
                let edits: Vec<Edit> = (0..=dice.below(2)).map(|_| dice.edit()).collect();
                match dice.below(8) {
                    0 | 1 => {
                        let _ = doc.edit(&edits, 1);
                    }
                    2 | 3 => {
                        let _ = layout::apply(other, &edits, 1);
                    }
                    4 => odd(&mut dice, other),
                    5 => {
                        let _ = other.merge(doc.as_it_stands());
                    }
                    _ => {
                        let new = doc.as_it_stands().get_changes_added(other);
                        let before = shows(&doc);
                        let raw = new.iter().map(|change| change.raw_bytes());
                        if let Some(touches) = doc.take(raw).unwrap() {
                            assert_eq!(touches, touched(&before, &shows(&doc)), "seed {seed}");
                            told += touches.len();
                        }
                    }
                }
                kept += usize::from(doc.items.get().is_some());
                assert_eq!(shows(&doc), layout::read(&*doc).items, "seed {seed}");
            }
            conflicts += doc.items().map(|item| item.also_said.len()).sum::<usize>();
        }
        assert!(
            kept > 6_000 && told > 250 && conflicts > 40,
            "{kept} kept, {told} told, {conflicts} conflicts"
        );
    }
}
