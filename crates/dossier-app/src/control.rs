//! A word to the program that already has this home folder open: what waits for the resident, and what they say to it.
//!
//! A listener on the loopback address; the way there and a random token stand in a file in the home folder that only
//! its owner can read. One line of JSON each way per connection.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::contract::{Fault, FaultCode};
use crate::network::Confirmation;

const FILE: &str = "control";
/// Longest line either way, in bytes.
const MAX_LINE: u64 = 64 * 1024;
/// A question must be asked within this time, and is answered well within it.
const ASKING: Duration = Duration::from_secs(10);
/// Granting somebody access to a whole dossier may take a while on a slow disk.
const ANSWERING: Duration = Duration::from_secs(120);
/// Connections at once.
const MAX_ASKERS: usize = 8;

/// What another program of the same person may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Question {
    /// The code that the other read out. Answers `{"person": …}`.
    Confirm {
        /// As it was typed.
        code: String,
    },
    /// Who waits. Answers a list of `{"ticket", "name", "code"}`.
    Pending,
}

#[derive(Serialize, Deserialize)]
struct Asked {
    token: String,
    #[serde(flatten)]
    question: Question,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answered {
    Ok(Value),
    Fault(Fault),
}

/// The open ear. Dropping it closes it and removes its file.
#[derive(Debug)]
pub struct Control {
    file: PathBuf,
    listening: JoinHandle<()>,
}

impl Drop for Control {
    fn drop(&mut self) {
        self.listening.abort();
        // A file that stays behind names a port where nobody answers; that is found out by asking.
        let _ = fs::remove_file(&self.file);
    }
}

/// Starts listening for the other programs of this person. Must be called within a tokio runtime.
///
/// # Errors
/// [`FaultCode::NotWritable`] when there is no port, or the file cannot be written.
pub fn serve(app: App, home: &Path) -> Result<Control, Fault> {
    let failed = |error: std::io::Error| Fault::about(FaultCode::NotWritable, format!("{FILE}: {}", error.kind()));
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|_| Fault::internal("randomness"))?;
    let token = blake3::hash(&secret).to_hex().to_string();
    let listener = TcpListener::from_std(listener).map_err(failed)?;
    let file = home.join(FILE);
    write_owner_only(&file, &format!("{address} {token}\n")).map_err(failed)?;
    let listening = tokio::spawn(listen(listener, app, Arc::from(token)));
    Ok(Control { file, listening })
}

fn write_owner_only(file: &Path, text: &str) -> std::io::Result<()> {
    // Made anew: permissions of a file that was there before are not to be trusted.
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(file)?.write_all(text.as_bytes())
}

async fn listen(listener: TcpListener, app: App, token: Arc<str>) {
    let askers = Arc::new(Semaphore::new(MAX_ASKERS));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let Ok(place) = Arc::clone(&askers).try_acquire_owned() else {
            continue;
        };
        let (app, token) = (app.clone(), Arc::clone(&token));
        tokio::spawn(async move {
            // Whoever asks wrongly or not at all gets no answer.
            let _ = hear(stream, app, &token).await;
            drop(place);
        });
    }
}

async fn hear(mut stream: tokio::net::TcpStream, app: App, token: &str) -> Option<()> {
    let (reading, mut writing) = stream.split();
    let mut line = Vec::new();
    let mut reading = tokio::io::BufReader::new(reading.take(MAX_LINE));
    tokio::time::timeout(ASKING, reading.read_until(b'\n', &mut line))
        .await
        .ok()?
        .ok()?;
    let asked: Asked = serde_json::from_slice(&line).ok()?;
    // Compared by hash: how long that takes tells nothing about the token.
    if blake3::hash(asked.token.as_bytes()) != blake3::hash(token.as_bytes()) {
        return None;
    }
    let answer = tokio::task::spawn_blocking(move || answer(&app, asked.question))
        .await
        .ok()?;
    let answer = match answer {
        Ok(value) => Answered::Ok(value),
        Err(fault) => Answered::Fault(fault),
    };
    let mut line = serde_json::to_vec(&answer).ok()?;
    line.push(b'\n');
    tokio::time::timeout(ASKING, writing.write_all(&line)).await.ok()?.ok()
}

fn answer(app: &App, question: Question) -> Result<Value, Fault> {
    match question {
        Question::Confirm { code } => Ok(json!({"person": app.confirm(&Confirmation::Code(code))?})),
        Question::Pending => Ok(app
            .pending()
            .into_iter()
            .map(|one| json!({"ticket": one.ticket, "name": one.name, "code": one.code}))
            .collect()),
    }
}

/// Asks the program that has this home folder open; none when there is no such program.
///
/// # Errors
/// What the other program says; [`FaultCode::NotReachable`] when it takes the question and gives no answer.
pub fn ask(home: &Path, question: &Question) -> Result<Option<Value>, Fault> {
    let Ok(text) = fs::read_to_string(home.join(FILE)) else {
        return Ok(None);
    };
    let Some((address, token)) = text.trim().split_once(' ') else {
        return Ok(None);
    };
    let Ok(address) = address.parse::<SocketAddr>() else {
        return Ok(None);
    };
    if !address.ip().is_loopback() {
        return Ok(None);
    }
    // A program that was killed leaves its file behind.
    let Ok(mut stream) = TcpStream::connect_timeout(&address, ASKING) else {
        return Ok(None);
    };
    let asked = Asked {
        token: token.to_owned(),
        question: question.clone(),
    };
    let mut line = serde_json::to_vec(&asked).map_err(|_| Fault::internal("question"))?;
    line.push(b'\n');
    let silent = || Fault::about(FaultCode::NotReachable, FILE);
    let told = stream
        .write_all(&line)
        .and_then(|()| stream.set_read_timeout(Some(ANSWERING)));
    if told.is_err() {
        return Err(silent());
    }
    let mut answer = String::new();
    let heard = BufReader::new(stream.take(MAX_LINE)).read_line(&mut answer);
    match heard {
        // Somebody else has that port by now, and does not know our token.
        Ok(0) => Ok(None),
        Ok(_) => match serde_json::from_str(&answer) {
            Ok(Answered::Ok(value)) => Ok(Some(value)),
            Ok(Answered::Fault(fault)) => Err(fault),
            Err(_) => Ok(None),
        },
        Err(_) => Err(silent()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::unlock::Unlock;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("control-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn only_who_can_read_the_file_gets_an_answer_and_the_file_goes_with_the_program() {
        let home = folder("token");
        let app = App::open(&home, Unlock::Keyring, Clock::system()).unwrap();
        let control = serve(app, &home).unwrap();
        let asked = home.clone();
        let ask_all = move |question: Question| ask(&asked, &question);
        let answer = tokio::task::spawn_blocking({
            let ask_all = ask_all.clone();
            move || ask_all(Question::Pending)
        });
        assert_eq!(answer.await.unwrap().unwrap(), Some(json!([])));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                fs::metadata(home.join(FILE)).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        let text = fs::read_to_string(home.join(FILE)).unwrap();
        let (address, token) = text.trim().split_once(' ').unwrap();
        let wrong: String = token.chars().rev().collect();
        fs::write(home.join(FILE), format!("{address} {wrong}")).unwrap();
        let refused = tokio::task::spawn_blocking(move || ask_all(Question::Pending))
            .await
            .unwrap();
        assert_eq!(refused.unwrap(), None);
        drop(control);
        assert!(!home.join(FILE).exists());
        assert_eq!(ask(&home, &Question::Pending).unwrap(), None);
        fs::remove_dir_all(home).unwrap();
    }

    #[test]
    fn a_file_that_points_elsewhere_is_not_followed() {
        let home = folder("elsewhere");
        for text in ["", "x", "127.0.0.1:1 t", "192.0.2.1:80 t", "127.0.0.1:99999 t"] {
            fs::write(home.join(FILE), text).unwrap();
            assert_eq!(ask(&home, &Question::Pending).unwrap(), None, "{text}");
        }
        fs::remove_dir_all(home).unwrap();
    }
}
