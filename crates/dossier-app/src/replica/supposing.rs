//! What would be there if something were written: drafted, looked at, and forgotten.

use dossier_store::{Reader, StoreError};
use dossier_trust::ids::DossierId;

use super::writing::Writing;
use crate::clock::stored_ms;
use crate::contract::Fault;
use crate::home::Home;

/// How a transaction ends in which something was only supposed: never with a commit.
enum Supposed<R> {
    Seen(R),
    Failed(Fault),
}

impl<R> From<StoreError> for Supposed<R> {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl Home {
    /// Drafts items, lets `look` see the store as if they had been written, and forgets them again: nothing is
    /// committed and nobody hears of it.
    ///
    /// # Errors
    /// What `draft` and `look` say; what the store says.
    pub(crate) fn suppose<R>(
        &mut self,
        id: &DossierId,
        draft: impl FnOnce(&mut Writing<'_>) -> Result<(), Fault>,
        look: impl FnOnce(&Reader) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        let (drafted, out) = self.draft(id, draft)?;
        let now = stored_ms(self.now_ms());
        let ended = drafted.and_then(|()| {
            let rolled_back = self.store.transact::<std::convert::Infallible, Supposed<R>>(|tx| {
                out.put(tx, id, now).map_err(Supposed::Failed)?;
                Err(look(tx).map_or_else(Supposed::Failed, Supposed::Seen))
            });
            match rolled_back {
                Err(Supposed::Seen(seen)) => Ok(seen),
                Err(Supposed::Failed(fault)) => Err(fault),
                Ok(never) => match never {},
            }
        });
        self.reload(id);
        ended
    }
}
