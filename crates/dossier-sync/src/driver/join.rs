//! A conversation with somebody who is not known yet: invitations.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dossier_trust::ids::EndpointKey;
use iroh::endpoint::{Connection, RecvStream, SendStream};
use tokio::time::timeout;

use super::framing::{framed, read_frame};

/// Name of the protocol in the handshake.
pub const JOIN_ALPN: &[u8] = b"keukentafel/join/1";

/// Why a conversation with a stranger stopped.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The other side took too long.
    #[error("the other side took too long")]
    TimedOut,
    /// The other side is gone, or was never there.
    #[error("the connection was lost")]
    Lost,
    /// More was sent than was asked for.
    #[error("the message is longer than allowed")]
    TooLong,
}

/// Messages to and from one stranger. Dropping it ends the connection.
#[derive(Debug)]
pub struct JoinStream {
    pub(crate) connection: Connection,
    pub(crate) send: SendStream,
    pub(crate) recv: RecvStream,
    pub(crate) peer: EndpointKey,
    /// A place among the few strangers that are let in at once.
    pub(crate) place: Option<Place>,
}

/// Strangers at once.
const MAX_STRANGERS: usize = 4;

/// Who is at the door, longest first. When it is full, whoever waits longest without having shown a ticket goes: those
/// who say nothing keep out nobody who was invited.
#[derive(Debug, Default)]
pub(crate) struct Door(Mutex<VecDeque<AtDoor>>);

#[derive(Debug)]
struct AtDoor {
    connection: Connection,
    vouched: bool,
}

/// A place at the door, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    door: Arc<Door>,
    id: usize,
}

impl Door {
    fn all(&self) -> MutexGuard<'_, VecDeque<AtDoor>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// None when everybody at the door was invited.
    pub fn enter(self: &Arc<Self>, connection: &Connection) -> Option<Place> {
        let mut all = self.all();
        if all.len() >= MAX_STRANGERS {
            let longest = all.iter().position(|one| !one.vouched)?;
            if let Some(gone) = all.remove(longest) {
                gone.connection.close(super::STRANGER, b"");
            }
        }
        all.push_back(AtDoor {
            connection: connection.clone(),
            vouched: false,
        });
        Some(Place {
            door: Arc::clone(self),
            id: connection.stable_id(),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.door.all().retain(|one| one.connection.stable_id() != self.id);
    }
}

impl JoinStream {
    /// The key that the transport proved.
    #[must_use]
    pub fn peer(&self) -> EndpointKey {
        self.peer
    }

    /// They showed a ticket: their place is theirs until the conversation ends.
    pub fn vouch(&self) {
        let Some(place) = &self.place else { return };
        let mut all = place.door.all();
        if let Some(one) = all.iter_mut().find(|one| one.connection.stable_id() == place.id) {
            one.vouched = true;
        }
    }

    /// Sends one message. Who knocked speaks first.
    ///
    /// # Errors
    /// [`JoinError`].
    pub async fn send(&mut self, message: &[u8], within: Duration) -> Result<(), JoinError> {
        let bytes = framed(message);
        match timeout(within, self.send.write_all(&bytes)).await {
            Err(_) => Err(JoinError::TimedOut),
            Ok(Err(_)) => Err(JoinError::Lost),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// Waits for one message of at most `max` bytes.
    ///
    /// # Errors
    /// [`JoinError`].
    pub async fn recv(&mut self, max: usize, within: Duration) -> Result<Vec<u8>, JoinError> {
        match timeout(within, read_frame(&mut self.recv, max)).await {
            Err(_) => Err(JoinError::TimedOut),
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => Err(JoinError::TooLong),
            Ok(Err(_) | Ok(None)) => Err(JoinError::Lost),
            Ok(Ok(Some(message))) => Ok(message),
        }
    }

    /// Ends the conversation once the other side has everything that was sent.
    ///
    /// # Errors
    /// [`JoinError`]: the last message may not have arrived.
    pub async fn close(mut self, within: Duration) -> Result<(), JoinError> {
        self.send.finish().map_err(|_| JoinError::Lost)?;
        match timeout(within, self.send.stopped()).await {
            Err(_) => Err(JoinError::TimedOut),
            Ok(Err(_)) => Err(JoinError::Lost),
            Ok(Ok(_)) => {
                self.connection.close(0u32.into(), b"");
                Ok(())
            }
        }
    }
}
