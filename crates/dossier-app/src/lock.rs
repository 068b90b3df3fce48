//! What was typed and not saved, kept while the home folder is shut and against a program that falls away.
//!
//! Drafts lie in the database, under its key, and not in the memory of a window that shows nothing: the keys are gone from
//! there, and what somebody wrote about their life must not be easier to find than what they saved. They are of this
//! device alone and reach nobody.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::contract::Fault;
use crate::home::Home;

const META_DRAFTS: &str = "drafts";
/// Most bytes of all drafts together; the longest are left out first.
const MAX: usize = 2 * 1024 * 1024;

/// Answer to [`Request::DraftsTake`](crate::contract::Request::DraftsTake).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Drafts {
    /// What was typed, by the place where it was typed.
    pub drafts: BTreeMap<String, String>,
}

impl Home {
    /// Keeps drafts, in place of those that are kept.
    ///
    /// # Errors
    /// What the disk says.
    pub fn keep_drafts(&mut self, mut drafts: BTreeMap<String, String>) -> Result<(), Fault> {
        let size =
            |drafts: &BTreeMap<String, String>| drafts.iter().map(|(key, text)| key.len() + text.len()).sum::<usize>();
        while size(&drafts) > MAX {
            let longest = drafts
                .iter()
                .max_by_key(|(_, text)| text.len())
                .map(|(key, _)| key.clone());
            drafts.remove(&longest.unwrap_or_default());
        }
        let bytes = serde_json::to_vec(&Drafts { drafts }).map_err(|_| Fault::internal("drafts"))?;
        self.store
            .transact::<_, Fault>(|tx| Ok(tx.set_meta(META_DRAFTS, &bytes)?))
    }

    /// Gives the drafts back, once.
    ///
    /// # Errors
    /// What the disk says.
    pub fn take_drafts(&mut self) -> Result<Drafts, Fault> {
        let Some(bytes) = self.store.meta(META_DRAFTS)? else {
            return Ok(Drafts::default());
        };
        let drafts = serde_json::from_slice(&bytes).unwrap_or_default();
        self.store
            .transact::<_, Fault>(|tx| Ok(tx.delete_meta(META_DRAFTS).map(|_| ())?))?;
        Ok(drafts)
    }
}
