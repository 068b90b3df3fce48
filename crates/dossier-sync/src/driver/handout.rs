//! A temporary endpoint that hands one sealed ticket to whoever knows eight words, and then is gone.
//!
//! Its key derives from the words: who knows them can name it, and nobody else can answer in its place.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dossier_trust::ids::EndpointKey;
use iroh::endpoint::Incoming;
use iroh::{Endpoint, SecretKey};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::framing::{framed, read_frame};
use super::{CLOSE_TIME, ConnectError, Network, STRANGER, StartError, announce, bound_addresses, handshake};

/// Name of the protocol in the handshake.
pub const WORDS_ALPN: &[u8] = b"keukentafel/words/1";
/// Whoever calls says the words, and takes the ticket, within this time.
const CALL_TIME: Duration = Duration::from_secs(10);
/// Callers at once.
const MAX_CALLERS: usize = 8;
const MAX_SEALED: usize = 8 * 1024;

/// The temporary endpoint. Dropping it ends it.
#[derive(Debug)]
pub struct Handout {
    endpoint: Endpoint,
    serving: JoinHandle<()>,
}

impl Handout {
    /// Where it can be reached directly.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        bound_addresses(&self.endpoint)
    }

    /// The ticket was fetched, or its time is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.serving.is_finished()
    }
}

impl Drop for Handout {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What is handed out, and whether it was.
struct Held {
    knock: [u8; 32],
    sealed: Vec<u8>,
    given: AtomicBool,
    taken: Notify,
}

impl Network {
    /// Hands out one sealed ticket, to the first who knocks rightly, for at most this long.
    ///
    /// # Errors
    /// [`StartError::Listen`].
    pub async fn hand_out(
        &self,
        secret: &[u8; 32],
        knock: [u8; 32],
        sealed: Vec<u8>,
        within: Duration,
    ) -> Result<Handout, StartError> {
        let listen = self.inner.reach.listen.map(|listen| SocketAddr::new(listen.ip(), 0));
        let endpoint = self
            .inner
            .reach
            .endpoint(secret, listen, vec![WORDS_ALPN.to_vec()])
            .await?;
        let held = Arc::new(Held {
            knock,
            sealed,
            given: AtomicBool::new(false),
            taken: Notify::new(),
        });
        let (served, announced) = (endpoint.clone(), self.inner.reach.nearby.is_some());
        let serving = tokio::spawn(async move {
            // Whoever knows the words knows the key, and so hears where it is.
            let telling = async {
                if announced {
                    announce(&served, Arc::new(|_, _| {})).await;
                }
                std::future::pending().await
            };
            tokio::select! {
                () = serve(served.clone(), held, within) => {}
                () = telling => {}
            }
        });
        Ok(Handout { endpoint, serving })
    }

    /// Fetches what [`Self::hand_out`] hands out under the same key.
    ///
    /// # Errors
    /// [`ConnectError::Unreachable`]: nobody hands out anything under this key, or it was fetched already.
    pub async fn fetch(
        &self,
        secret: &[u8; 32],
        knock: &[u8; 32],
        addresses: &[SocketAddr],
    ) -> Result<Vec<u8>, ConnectError> {
        let key = EndpointKey(*SecretKey::from_bytes(secret).public().as_bytes());
        let connection = self.inner.dial(&key, addresses, WORDS_ALPN).await?;
        let call = async {
            let (mut send, mut recv) = connection.open_bi().await.ok()?;
            send.write_all(&framed(knock)).await.ok()?;
            let sealed = read_frame(&mut recv, MAX_SEALED).await.ok()??;
            connection.close(super::OVER, b"");
            Some(sealed)
        };
        let sealed = timeout(CALL_TIME, call).await;
        sealed.ok().flatten().ok_or(ConnectError::Unreachable)
    }
}

async fn serve(endpoint: Endpoint, held: Arc<Held>, within: Duration) {
    let callers = Arc::new(Semaphore::new(MAX_CALLERS));
    let over = tokio::time::sleep(within);
    tokio::pin!(over);
    loop {
        let incoming = tokio::select! {
            () = &mut over => break,
            () = held.taken.notified() => break,
            incoming = endpoint.accept() => incoming,
        };
        let Some(incoming) = incoming else { break };
        let Ok(place) = Arc::clone(&callers).try_acquire_owned() else {
            incoming.refuse();
            continue;
        };
        let held = Arc::clone(&held);
        tokio::spawn(async move {
            let _ = timeout(CALL_TIME, answer(incoming, &held)).await;
            drop(place);
        });
    }
    let _ = timeout(CLOSE_TIME, endpoint.close()).await;
}

async fn answer(incoming: Incoming, held: &Held) -> Option<()> {
    let connection = handshake(incoming).await?;
    let (mut send, mut recv) = connection.accept_bi().await.ok()?;
    let said = read_frame(&mut recv, held.knock.len()).await.ok()??;
    // Compared by hash: how long that takes tells nothing about the words.
    if blake3::hash(&said) != blake3::hash(&held.knock) || held.given.swap(true, Ordering::SeqCst) {
        connection.close(STRANGER, b"");
        return None;
    }
    let handed = async {
        send.write_all(&framed(&held.sealed)).await.ok()?;
        send.finish().ok()?;
        send.stopped().await.ok()
    };
    if timeout(CALL_TIME, handed).await.ok().flatten().is_some() {
        held.taken.notify_one();
    } else {
        // It never arrived: the same caller may come again.
        held.given.store(false, Ordering::SeqCst);
    }
    Some(())
}
