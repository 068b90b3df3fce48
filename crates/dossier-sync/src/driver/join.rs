//! A conversation with somebody who is not known yet: invitations.

use std::io;
use std::time::Duration;

use dossier_trust::ids::EndpointKey;
use iroh::endpoint::{Connection, RecvStream, SendStream};
use tokio::sync::OwnedSemaphorePermit;
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
    pub(crate) _place: Option<OwnedSemaphorePermit>,
}

impl JoinStream {
    /// The key that the transport proved.
    #[must_use]
    pub fn peer(&self) -> EndpointKey {
        self.peer
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
