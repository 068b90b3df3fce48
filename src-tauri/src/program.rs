//! The program behind the window: when it opens, what it tells, and how it reaches others.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dossier_app::contract::{Changed, Event, Fault, FaultCode, Request};
use dossier_app::control::{self, Control};
use dossier_app::{App, ChosenBackup, Door, Opened, Reach, Unlock};
use serde_json::Value;
use tauri::{AppHandle, Emitter, Manager, async_runtime};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::launch::Launch;
use crate::place::choose;

/// Where events arrive in the window. An empty message means that some were missed: ask again.
const CHANNEL: &str = "keukentafel://event";
/// Longest goodbye to others when the window closes. What they miss, they get next time.
const GOODBYE: Duration = Duration::from_secs(3);
/// Between two tries to open a home folder that is in use.
const AGAIN: Duration = Duration::from_millis(50);

/// The program behind the window. Opening is tried again at every request for as long as it fails, so that the window
/// can show why.
pub struct Program {
    home: PathBuf,
    reach: Reach,
    door: Mutex<Door>,
    online: async_runtime::Mutex<Option<Online>>,
    backup: ChosenBackup,
}

/// Others can reach this program.
struct Online {
    /// The ear for the command line of this same person; none when the home folder does not let it be.
    _control: Option<Control>,
}

impl Program {
    /// A program that is still closed.
    pub fn new(home: PathBuf, launch: Launch) -> Self {
        let unlock = launch.passphrase_file.map_or(Unlock::Keyring, Unlock::PassphraseFile);
        Self {
            door: Mutex::new(Door::new(home.clone(), unlock, launch.clock)),
            home,
            reach: launch.reach,
            online: async_runtime::Mutex::new(None),
            backup: ChosenBackup::default(),
        }
    }

    /// Opens the home folder, once. Slow, since unlocking is; never to be called where the window draws.
    ///
    /// # Errors
    /// As [`App::open`].
    pub fn opened(self: &Arc<Self>, window: &AppHandle) -> Result<App, Fault> {
        let opened = patiently(|| self.door().open())?;
        Ok(self.begin(opened, window))
    }

    /// Keeps what was typed and forgets the keys. With `leave` nothing stays on the screen, and then the program ends.
    fn lock(self: &Arc<Self>, window: &AppHandle, request: Value, leave: bool) -> Result<Value, Fault> {
        if leave {
            for shown in window.webview_windows().values() {
                // A window that does not hide is closed a moment later all the same.
                let _ = shown.hide();
            }
        }
        let app = self.door().shut();
        let kept = app.as_ref().map(|app| app.call(request));
        if let Some(app) = app {
            self.goodbye(app);
        }
        if leave {
            window.exit(0);
        }
        kept.unwrap_or_else(|| {
            serde_json::to_value(Changed { ids: Vec::new() }).map_err(|_| Fault::new(FaultCode::Internal))
        })
    }

    fn door(&self) -> MutexGuard<'_, Door> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(self: &Arc<Self>, Opened { app, fresh }: Opened, window: &AppHandle) -> App {
        if fresh {
            async_runtime::spawn(forward(app.subscribe(), window.clone()));
            async_runtime::spawn(Arc::clone(self).go_online(app.clone()));
        }
        app
    }

    /// Answers one request of the window. May block.
    ///
    /// # Errors
    /// As [`App::call`].
    pub fn answer(self: &Arc<Self>, window: &AppHandle, request: Value) -> Result<Value, Fault> {
        match serde_json::from_value(request.clone()) {
            // Whoever stands in the kitchen has no passphrase.
            Ok(Request::CrisisCards) => {
                let cards = dossier_app::crisis_card::outside(&self.home)?;
                return serde_json::to_value(cards).map_err(|_| Fault::new(FaultCode::Internal));
            }
            Ok(Request::Lock { leave, .. }) => return self.lock(window, request, leave),
            Ok(_) | Err(_) => {}
        }
        let method = request.get("method").and_then(Value::as_str);
        let (starts, returns) = (method == Some("profile_create"), method == Some("restore"));
        let known: Option<Request> = serde_json::from_value(request.clone()).ok();
        let (app, known) = match known {
            Some(Request::Unlock { passphrase }) => {
                let passphrase = passphrase.into_inner();
                let opened = patiently(|| self.door().unlock(passphrase.clone()))?;
                (self.begin(opened, window), None)
            }
            known => (self.opened(window)?, known),
        };
        if let Some(known) = &known {
            known.worth_asking()?;
        }
        let answer = match known.map(|known| choose(window, known, &self.backup)) {
            Some(Some(known)) => app.request(known)?,
            Some(None) => Value::Null,
            None => app.call(request)?,
        };
        if starts {
            // Nobody could be reached under a name that did not exist yet.
            async_runtime::spawn(Arc::clone(self).go_online(app));
        } else if returns {
            // Whoever is back asks others for the rest next.
            async_runtime::block_on(Arc::clone(self).go_online(app));
        }
        Ok(answer)
    }

    async fn go_online(self: Arc<Self>, app: App) {
        let mut online = self.online.lock().await;
        if online.is_some() {
            return;
        }
        match app.go_online(self.reach.clone()).await {
            Ok(_) => {
                *online = Some(Online {
                    _control: control::serve(app, &self.home).ok(),
                })
            }
            Err(fault) if fault.code == FaultCode::NoProfile => {}
            Err(_) => eprintln!("{}", crate::sentence(&crate::locale(), "not_online")),
        }
    }

    /// Says goodbye to others and closes the home folder.
    pub fn close(&self) {
        let app = self.door().close();
        if let Some(app) = app {
            self.goodbye(app);
        }
    }

    fn goodbye(&self, app: App) {
        async_runtime::block_on(async {
            let _ = tokio::time::timeout(GOODBYE, async {
                self.online.lock().await.take();
                app.offline().await;
            })
            .await;
        });
    }
}

/// Tries again while the home folder is in use: a window that was closed or locked a moment ago may still be saying
/// goodbye.
fn patiently(open: impl Fn() -> Result<Opened, Fault>) -> Result<Opened, Fault> {
    let end = Instant::now() + GOODBYE;
    loop {
        match open() {
            Err(fault) if fault.code == FaultCode::InUse && Instant::now() < end => std::thread::sleep(AGAIN),
            other => return other,
        }
    }
}

/// Tells the window what happens, until the program closes.
async fn forward(mut events: Receiver<Event>, window: AppHandle) {
    loop {
        let message = match events.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(_)) => None,
            Err(RecvError::Closed) => return,
        };
        if window.emit(CHANNEL, message).is_err() {
            return;
        }
    }
}
