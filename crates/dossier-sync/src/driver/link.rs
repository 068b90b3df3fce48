//! One connection to a known peer: its stream, its [`Session`], and what the program tells it meanwhile.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dossier_trust::ids::{CompartmentId, DeviceId, DossierId, EndpointKey};
use iroh::endpoint::{Connection, RecvStream, SendStream};
use tokio::io::BufReader;
use tokio::sync::{Notify, mpsc};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::files::{self, Files};
use super::framing::{framed, read_frame};
use super::{CLOSED, Event, Inner, OVER, patient};
use crate::protocol::{Input, MAX_FRAME, Output, Reason, Session, WINDOW_BYTES};

/// A peer that connects must open its stream within this time.
pub(crate) const STREAM_TIME: Duration = Duration::from_secs(10);
/// Frames read ahead of the session.
const FRAMES_AHEAD: usize = 4;
/// Bytes that wait to be written. A peer that reads nothing is let go.
const MAX_WAITING: usize = 2 * WINDOW_BYTES;

/// Compartments that grew; dossiers that may be shared otherwise.
type Waiting = (BTreeSet<(DossierId, CompartmentId)>, BTreeSet<DossierId>);

/// What happened here since the session last looked. Many changes of one compartment are one.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    waiting: Mutex<Waiting>,
    notify: Notify,
    /// The session said that both copies are equal, and has not said otherwise since.
    equal: AtomicBool,
    /// What was waiting is being told to the session.
    telling: AtomicBool,
}

impl Changes {
    pub fn local(&self, dossier: DossierId, compartment: CompartmentId) {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .insert((dossier, compartment));
        self.notify.notify_one();
    }

    pub fn sharing(&self, dossier: DossierId) {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .1
            .insert(dossier);
        self.notify.notify_one();
    }

    fn take(&self) -> Waiting {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        self.telling.store(true, Ordering::SeqCst);
        std::mem::take(&mut *waiting)
    }

    /// Both copies are equal and nothing waits to be told.
    pub fn quiet(&self) -> bool {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.0.is_empty()
            && waiting.1.is_empty()
            && !self.telling.load(Ordering::SeqCst)
            && self.equal.load(Ordering::SeqCst)
    }
}

/// A connection that stands.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub id: usize,
    pub device: DeviceId,
    pub dialled: bool,
    pub since: Instant,
    pub changes: Arc<Changes>,
    pub files: Arc<Files>,
    pub connection: Connection,
}

/// Runs until the connection ends. True when the peer said anything at all.
pub(crate) async fn run(inner: &Arc<Inner>, connection: Connection, dialled: bool) -> bool {
    let endpoint = EndpointKey(*connection.remote_id().as_bytes());
    let Some(device) = patient(|| inner.host.known_peer(&endpoint)) else {
        connection.close(super::STRANGER, b"");
        return false;
    };
    let link = Link {
        id: connection.stable_id(),
        device,
        dialled,
        since: Instant::now(),
        changes: Arc::new(Changes::default()),
        files: Arc::default(),
        connection: connection.clone(),
    };
    if !inner.register(endpoint, link.clone()) {
        connection.close(super::DUPLICATE, b"");
        return true;
    }
    let addresses = connection
        .paths()
        .iter()
        .filter_map(|path| {
            if let iroh::TransportAddr::Ip(address) = path.remote_addr() {
                Some(*address)
            } else {
                None
            }
        })
        .collect();
    inner.tell(Event::Connected {
        device,
        endpoint,
        addresses,
    });
    let (heard, reason) = converse(inner, &link).await;
    // Read before closing, which would be the reason from then on.
    let refused = connection
        .close_reason()
        .is_some_and(|reason| super::is_refusal(&reason));
    connection.close(if reason.is_some() { CLOSED } else { OVER }, b"");
    if inner.unregister(&endpoint, link.id) {
        inner.tell(Event::Disconnected { device, reason });
    }
    if refused {
        inner.tell(Event::Refused { endpoint });
    }
    heard
}

async fn converse(inner: &Arc<Inner>, link: &Link) -> (bool, Option<Reason>) {
    let stream = async {
        if link.dialled {
            link.connection.open_bi().await
        } else {
            link.connection.accept_bi().await
        }
    };
    let Ok(Ok((send, recv))) = timeout(STREAM_TIME, stream).await else {
        return (false, None);
    };
    let (frames_in, mut frames) = mpsc::channel(FRAMES_AHEAD);
    let (out, frames_out) = mpsc::unbounded_channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let reader = tokio::spawn(read(recv, frames_in, MAX_FRAME));
    let writer = tokio::spawn(write(send, frames_out, Arc::clone(&waiting)));
    let files = tokio::spawn(files::run(Arc::clone(inner), link.clone()));

    let mut session = Session::new(inner.me, link.device, inner.now_ms());
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = false;
    let mut stopping = inner.stopping.subscribe();
    let step = |session: &mut Session, input: Input<'_>| inner.step(link, session, input, &out, &waiting);
    let mut over = step(&mut session, Input::Started);
    while over.is_none() {
        tokio::select! {
            biased;
            _ = stopping.wait_for(|stop| *stop) => break,
            () = link.changes.notify.notified() => {
                let (changed, sharing) = link.changes.take();
                for dossier in sharing {
                    over = over.or_else(|| step(&mut session, Input::SharingChanged { dossier }));
                }
                for (dossier, compartment) in changed {
                    over = over.or_else(|| step(&mut session, Input::LocalChange { dossier, compartment }));
                }
                link.changes.telling.store(false, Ordering::SeqCst);
            }
            frame = frames.recv() => match frame {
                None => break,
                Some(None) => over = Some(Reason::Malformed),
                Some(Some(frame)) => {
                    heard = true;
                    over = step(&mut session, Input::Frame(&frame));
                }
            },
            _ = ticks.tick() => over = step(&mut session, Input::Tick(inner.now_ms())),
        }
    }
    if let Some(fault) = session.fault() {
        tracing::error!(%fault, "the local copy failed during synchronisation");
    }
    reader.abort();
    writer.abort();
    files.abort();
    (heard, over)
}

impl Inner {
    fn step(
        &self,
        link: &Link,
        session: &mut Session,
        input: Input<'_>,
        out: &mpsc::UnboundedSender<Vec<u8>>,
        waiting: &AtomicUsize,
    ) -> Option<Reason> {
        let mut outputs = Vec::new();
        patient(|| {
            self.host
                .run(&mut |replica| outputs.extend(session.handle(replica, input)))
        });
        let device = link.device;
        let mut over = None;
        for output in outputs {
            match output {
                Output::Send(frame) => {
                    let frame = framed(&frame);
                    if waiting.fetch_add(frame.len(), Ordering::Relaxed) > MAX_WAITING {
                        over = Some(Reason::Silent);
                    }
                    // The writer is gone only when the connection is, which the reader notices too.
                    let _ = out.send(frame);
                }
                Output::Idle => {
                    // What came may name files. Before anybody can see that nothing is under way.
                    let _ = self.host.look(&device);
                    if !link.changes.equal.load(Ordering::SeqCst) {
                        link.files.look();
                    }
                    link.changes.equal.store(true, Ordering::SeqCst);
                    self.tell(Event::Idle { device });
                }
                Output::Busy { items_left } => {
                    link.changes.equal.store(false, Ordering::SeqCst);
                    self.tell(Event::Busy { device, items_left });
                }
                Output::Progress {
                    dossier,
                    compartment,
                    items,
                } => {
                    self.each_other(link.id, |changes| changes.local(dossier, compartment));
                    self.tell(Event::Progress {
                        device,
                        dossier,
                        compartment,
                        items,
                    });
                }
                Output::SharingChanged { dossier } => self.each_other(link.id, |changes| changes.sharing(dossier)),
                Output::Close(reason) => over = Some(reason),
            }
        }
        over
    }
}

/// Hands over frames of at most `cap` bytes; `None` for one that is too long or never completed.
pub(crate) async fn read(recv: RecvStream, frames: mpsc::Sender<Option<Vec<u8>>>, cap: usize) {
    let mut recv = BufReader::with_capacity(cap.min(64 * 1024), recv);
    loop {
        let frame = match read_frame(&mut recv, cap).await {
            Ok(Some(frame)) => Some(frame),
            Ok(None) => return,
            Err(error) => {
                let hostile = [std::io::ErrorKind::InvalidData, std::io::ErrorKind::TimedOut];
                if !hostile.contains(&error.kind()) {
                    return;
                }
                None
            }
        };
        let stop = frame.is_none();
        if frames.send(frame).await.is_err() || stop {
            return;
        }
    }
}

async fn write(mut send: SendStream, mut frames: mpsc::UnboundedReceiver<Vec<u8>>, waiting: Arc<AtomicUsize>) {
    while let Some(frame) = frames.recv().await {
        if send.write_all(&frame).await.is_err() {
            return;
        }
        waiting.fetch_sub(frame.len(), Ordering::Relaxed);
    }
}
