//! Where items are read from: a document of Automerge's, now or as it stood, or whatever else can say what stands where.

use std::borrow::Cow;

use automerge::{ChangeHash, ObjId, Prop, ROOT, ReadDoc, Value as Cell};

/// What stands where in a document. Where several values were put in one place at once, the last of them won.
pub trait Source {
    /// Names a value, and the object that it is if it is one.
    type At: Clone + PartialEq;

    /// The map that holds everything.
    fn root(&self) -> Self::At;

    /// What stands in a map, by key; nothing for what is no map.
    fn map(&self, at: &Self::At) -> impl Iterator<Item = Entry<'_, Self::At>>;

    /// What stands in a list, in its order; nothing for what is no list.
    fn list(&self, at: &Self::At) -> impl Iterator<Item = Entry<'_, Self::At>>;

    /// Everything that stands in one place.
    fn all(&self, at: &Self::At, place: &Prop) -> Vec<(Cell<'_>, Self::At)>;

    /// The letters of a text; none for what is no text.
    fn text(&self, at: &Self::At) -> Option<String>;
}

/// What stands in one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<'s, At> {
    /// The key in a map; empty in a list.
    pub key: Cow<'s, str>,
    /// The value.
    pub cell: Cell<'s>,
    /// Its name.
    pub at: At,
    /// Others were put there at once and lost.
    pub conflict: bool,
}

/// A document of Automerge's.
pub(super) struct Doc<'d, D> {
    pub(super) doc: &'d D,
    /// As it stood after these changes; none: as it is.
    pub(super) heads: Option<&'d [ChangeHash]>,
}

impl<'d, D> Doc<'d, D> {
    pub(super) fn now(doc: &'d D) -> Self {
        Self { doc, heads: None }
    }
}

impl<D: ReadDoc> Source for Doc<'_, D> {
    type At = ObjId;

    fn root(&self) -> ObjId {
        ROOT
    }

    fn map(&self, at: &ObjId) -> impl Iterator<Item = Entry<'_, ObjId>> {
        let entries = match self.heads {
            Some(heads) => self.doc.map_range_at(at, .., heads),
            None => self.doc.map_range(at, ..),
        };
        entries.map(|entry| Entry {
            at: entry.id(),
            key: entry.key,
            cell: entry.value.into(),
            conflict: entry.conflict,
        })
    }

    fn list(&self, at: &ObjId) -> impl Iterator<Item = Entry<'_, ObjId>> {
        let entries = match self.heads {
            Some(heads) => self.doc.list_range_at(at, .., heads),
            None => self.doc.list_range(at, ..),
        };
        entries.map(|entry| Entry {
            at: entry.id(),
            key: Cow::Borrowed(""),
            cell: entry.value.into(),
            conflict: entry.conflict,
        })
    }

    fn all(&self, at: &ObjId, place: &Prop) -> Vec<(Cell<'_>, ObjId)> {
        let found = match self.heads {
            Some(heads) => self.doc.get_all_at(at, place.clone(), heads),
            None => self.doc.get_all(at, place.clone()),
        };
        found.unwrap_or_default()
    }

    fn text(&self, at: &ObjId) -> Option<String> {
        let found = match self.heads {
            Some(heads) => self.doc.text_at(at, heads),
            None => self.doc.text(at),
        };
        found.ok()
    }
}
