//! Files between two devices that know each other: a stream each way on their connection, behind the items.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dossier_trust::codec::Canonical;
use dossier_trust::ids::DeviceId;
use iroh::endpoint::SendStream;
use tokio::sync::{Mutex as Turn, Notify, mpsc};
use tokio::time::{sleep, timeout};

use super::framing::{FRAME_TIME, framed};
use super::link::{Link, read};
use super::{CLOSED, ConnectError, Inner, Network, patient};
use crate::protocol::{FileAnswer, FileId, FileQuestion, MAX_ANSWER, MAX_QUESTION, Piece};

/// A piece is here within this time, or its giver is let go.
const ANSWER_TIME: Duration = Duration::from_secs(60);
/// Every "no" takes this long, whatever the reason: nobody learns from a clock, or asks for many.
const NO_TIME: Duration = Duration::from_millis(20);
/// Whoever does not answer to a look in this time, or stops asking, has what it wants.
const LOOK_TIME: Duration = Duration::from_secs(3);
/// Items go before files.
const BEHIND: i32 = -1;

/// Where both sides of one connection are with their files.
#[derive(Debug)]
pub(crate) struct Files {
    /// Questions go out here, once the stream stands.
    out: Turn<Option<SendStream>>,
    /// Answers, for whoever has the turn to ask.
    answers: Turn<mpsc::Receiver<FileAnswer>>,
    answered: mpsc::Sender<FileAnswer>,
    asked: AtomicU32,
    heard: AtomicU32,
    /// How often they said to look, and after how many of those we were content.
    looks_heard: AtomicU32,
    looks_met: AtomicU32,
    /// The same of our own word.
    looks_said: AtomicU32,
    content: AtomicU32,
    say: Notify,
    /// They asked for something since they were last content.
    wanting: AtomicBool,
    last: Mutex<Instant>,
}

impl Default for Files {
    fn default() -> Self {
        // One at a time asks; what it gave up waiting for may still come.
        let (answered, answers) = mpsc::channel(4);
        Self {
            out: Turn::default(),
            answers: Turn::new(answers),
            answered,
            asked: AtomicU32::new(0),
            heard: AtomicU32::new(0),
            looks_heard: AtomicU32::new(0),
            looks_met: AtomicU32::new(0),
            looks_said: AtomicU32::new(0),
            content: AtomicU32::new(0),
            say: Notify::new(),
            wanting: AtomicBool::new(false),
            last: Mutex::new(Instant::now()),
        }
    }
}

impl Files {
    /// Has them look whether a file is lacking there.
    pub fn look(&self) {
        self.looks_said.fetch_add(1, Ordering::SeqCst);
        self.touch();
        self.say.notify_one();
    }

    fn touch(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// They want nothing of us, as far as they say.
    pub fn quiet(&self) -> bool {
        let content = self.content.load(Ordering::SeqCst) == self.looks_said.load(Ordering::SeqCst);
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        (content && !self.wanting.load(Ordering::SeqCst)) || last.elapsed() > LOOK_TIME
    }

    /// How often they said to look, while we have not answered to all of it.
    fn unmet(&self) -> Option<u32> {
        let heard = self.looks_heard.load(Ordering::SeqCst);
        (heard != self.looks_met.load(Ordering::SeqCst)).then_some(heard)
    }

    async fn content(&self, looks: u32) {
        self.looks_met.store(looks, Ordering::SeqCst);
        // A connection that is gone heard everything it will.
        let _ = self.send(&FileQuestion::Content { looks }).await;
    }

    async fn send(&self, question: &FileQuestion) -> Option<()> {
        let mut out = self.out.lock().await;
        let write = out.as_mut()?.write_all(&framed(&question.to_bytes())).await;
        write.ok()
    }

    /// Hands an answer to whoever asks. False for one to no question.
    fn was_asked(&self, answer: FileAnswer) -> bool {
        let due = self.heard.load(Ordering::SeqCst) != self.asked.load(Ordering::SeqCst);
        self.heard.fetch_add(1, Ordering::SeqCst);
        due && self.answered.try_send(answer).is_ok()
    }

    async fn ask(&self, id: FileId, offset: u64) -> Option<Option<Piece>> {
        let mut answers = self.answers.lock().await;
        let wanted = self.asked.fetch_add(1, Ordering::SeqCst).wrapping_add(1);
        self.send(&FileQuestion::Piece {
            number: wanted,
            id,
            offset,
        })
        .await?;
        loop {
            match answers.recv().await? {
                FileAnswer::None { number } if number == wanted => return Some(None),
                FileAnswer::Piece { number, piece } if number == wanted => return Some(Some(piece)),
                // To a question that nobody waits for any more.
                FileAnswer::None { .. } | FileAnswer::Piece { .. } | FileAnswer::Look => {}
            }
        }
    }
}

/// Asks and gives for as long as the connection stands. The stream of the items was opened before.
pub(crate) async fn run(inner: Arc<Inner>, link: Link) {
    tokio::join!(hear(&inner, &link), give(&inner, &link));
}

/// Opens the stream for questions and hears what is answered.
async fn hear(inner: &Inner, link: &Link) {
    let files = &link.files;
    let Ok((send, recv)) = link.connection.open_bi().await else {
        return;
    };
    let _ = send.set_priority(BEHIND);
    *files.out.lock().await = Some(send);
    if files.send(&FileQuestion::Open).await.is_none() {
        return;
    }
    let (frames_in, mut frames) = mpsc::channel(1);
    let reading = read(recv, frames_in, MAX_ANSWER);
    let hearing = async {
        while let Some(frame) = frames.recv().await {
            let well_formed = match frame.and_then(|frame| FileAnswer::from_bytes(&frame).ok()) {
                Some(FileAnswer::Look) => {
                    let looks = files.looks_heard.fetch_add(1, Ordering::SeqCst).wrapping_add(1);
                    if patient(|| inner.host.look(&link.device)) {
                        files.content(looks).await;
                    }
                    true
                }
                Some(answer @ (FileAnswer::None { .. } | FileAnswer::Piece { .. })) => files.was_asked(answer),
                None => false,
            };
            if !well_formed {
                link.connection.close(CLOSED, b"");
                return;
            }
        }
    };
    tokio::join!(reading, hearing);
}

/// Answers what the other side asks, one question at a time.
async fn give(inner: &Inner, link: &Link) {
    let files = &link.files;
    let Ok((mut send, recv)) = link.connection.accept_bi().await else {
        return;
    };
    let _ = send.set_priority(BEHIND);
    let (frames_in, mut frames) = mpsc::channel(1);
    let reading = read(recv, frames_in, MAX_QUESTION);
    let giving = async {
        let (mut opened, mut said) = (false, 0);
        loop {
            let answer = tokio::select! {
                () = files.say.notified(), if opened => FileAnswer::Look,
                frame = frames.recv() => {
                    let Some(frame) = frame else { break };
                    match frame.and_then(|frame| FileQuestion::from_bytes(&frame).ok()) {
                        Some(FileQuestion::Open) if !opened => {
                            opened = true;
                            continue;
                        }
                        Some(FileQuestion::Piece { number, id, offset }) if opened => {
                            files.wanting.store(true, Ordering::SeqCst);
                            files.touch();
                            match patient(|| inner.host.piece(&link.device, &id, offset)) {
                                Some(piece) => FileAnswer::Piece { number, piece },
                                None => {
                                    sleep(NO_TIME).await;
                                    FileAnswer::None { number }
                                }
                            }
                        }
                        Some(FileQuestion::Content { looks }) if opened => {
                            files.content.store(looks, Ordering::SeqCst);
                            files.wanting.store(false, Ordering::SeqCst);
                            continue;
                        }
                        Some(_) | None => {
                            link.connection.close(CLOSED, b"");
                            break;
                        }
                    }
                }
            };
            let times = if answer == FileAnswer::Look {
                let due = files.looks_said.load(Ordering::SeqCst);
                let times = due.wrapping_sub(said);
                said = due;
                times
            } else {
                1
            };
            let frame = framed(&answer.to_bytes());
            for _ in 0..times {
                if !matches!(timeout(FRAME_TIME, send.write_all(&frame)).await, Ok(Ok(()))) {
                    return;
                }
            }
        }
    };
    tokio::join!(reading, giving);
}

impl Network {
    /// A piece of a file from a connected peer; `None` when it has none for this device.
    ///
    /// # Errors
    /// [`ConnectError::Unreachable`]: there is no connection, or no answer in time.
    pub async fn piece(&self, peer: &DeviceId, id: FileId, offset: u64) -> Result<Option<Piece>, ConnectError> {
        let link = self.link_with(peer).ok_or(ConnectError::Unreachable)?;
        let answer = tokio::select! {
            answer = timeout(ANSWER_TIME, link.files.ask(id, offset)) => answer.ok().flatten(),
            _ = link.connection.closed() => None,
        };
        answer.ok_or(ConnectError::Unreachable)
    }

    /// Connected peers whose [`Host::look`](super::Host::look) was not answered to, and the number to answer with.
    pub fn looks(&self) -> Vec<(DeviceId, u32)> {
        self.each_link(|link| Some((link.device, link.files.unmet()?)))
    }

    /// Says that nothing more is wanted from a peer, as it was when [`Self::looks`] gave this number.
    pub async fn content(&self, peer: &DeviceId, looks: u32) {
        if let Some(link) = self.link_with(peer) {
            link.files.content(looks).await;
        }
    }

    /// A file came: connected peers may lack it.
    pub fn file_came(&self) {
        for link in self.each_link(|link| Some(link.clone())) {
            link.files.look();
        }
    }

    fn link_with(&self, peer: &DeviceId) -> Option<Link> {
        self.each_link(|link| (link.device == *peer).then(|| link.clone()))
            .pop()
    }
}
