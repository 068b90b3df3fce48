//! The compartments of a dossier, and the view that was put together from them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use dossier_model::Dossier as View;
use dossier_trust::ids::CompartmentId;

use super::Compartment;
use super::files::Files;

/// Compartments by name. Putting everything together takes far longer than looking at it, and a page asks several times
/// between two changes: the view is kept for as long as nobody had a hand on any compartment, and so is where files are
/// named.
#[derive(Default)]
pub struct Compartments {
    held: BTreeMap<CompartmentId, Compartment>,
    view: RefCell<Kept<View>>,
    files: RefCell<Kept<Files>>,
}

/// Something that was put together, until it is over. Then it lies there until the next one is made: throwing away a large
/// view takes as long as a step does, and a step does not wait for it.
struct Kept<T> {
    made: Option<Arc<T>>,
    over: bool,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self {
            made: None,
            over: false,
        }
    }
}

impl<T> Kept<T> {
    fn get(&mut self, make: impl FnOnce() -> T) -> Arc<T> {
        if std::mem::take(&mut self.over) {
            self.made = None;
        }
        Arc::clone(self.made.get_or_insert_with(|| Arc::new(make())))
    }
}

impl Compartments {
    /// The view of last time, or the one that is made now.
    pub(crate) fn view(&self, make: impl FnOnce() -> View) -> Arc<View> {
        self.view.borrow_mut().get(make)
    }

    /// The same of the files that are named in it.
    pub(super) fn files(&self, make: impl FnOnce() -> Files) -> Arc<Files> {
        self.files.borrow_mut().get(make)
    }
}

impl FromIterator<(CompartmentId, Compartment)> for Compartments {
    fn from_iter<I: IntoIterator<Item = (CompartmentId, Compartment)>>(all: I) -> Self {
        Self {
            held: all.into_iter().collect(),
            view: RefCell::default(),
            files: RefCell::default(),
        }
    }
}

impl Deref for Compartments {
    type Target = BTreeMap<CompartmentId, Compartment>;

    fn deref(&self) -> &Self::Target {
        &self.held
    }
}

impl DerefMut for Compartments {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.view.get_mut().over = true;
        self.files.get_mut().over = true;
        &mut self.held
    }
}

#[cfg(test)]
mod tests {
    use dossier_trust::ids::DossierId;

    use super::*;

    #[test]
    fn a_view_is_made_once_and_again_after_a_hand_was_on_a_compartment() {
        let mut compartments = Compartments::default();
        let made = RefCell::new(0);
        let look = |compartments: &Compartments| {
            compartments.view(|| {
                *made.borrow_mut() += 1;
                View::default()
            });
            *made.borrow()
        };
        assert_eq!((look(&compartments), look(&compartments)), (1, 1));
        let id = CompartmentId([1; 32]);
        compartments.insert(id, Compartment::new(DossierId([2; 32]), id));
        assert_eq!((look(&compartments), look(&compartments)), (2, 2));
        assert!(compartments.get(&id).is_some());
        assert_eq!(look(&compartments), 2, "looking is no hand on it");
        assert!(compartments.get_mut(&id).is_some());
        assert_eq!(look(&compartments), 3);
    }
}
