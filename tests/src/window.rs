//! The real desktop window, steered over WebDriver: for the native tests and for the picture of `cargo xtask app`.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

/// How long a start may take: unlocking is slow by design, and so is a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Something invisible that moves. The driver waits for the next frame, which a page at rest does not paint.
const MOVING: &str = "const moving = document.createElement('div');
    moving.id = 'moving';
    moving.ariaHidden = 'true';
    moving.style.cssText = 'position:fixed;inset:0 auto auto 0;width:1px;height:1px;will-change:transform';
    document.body.append(moving);
    let step = 0;
    const move = () => {
      moving.style.transform = `translateX(${step++ % 2}px)`;
      if (moving.isConnected) requestAnimationFrame(move);
    };
    move();";

/// One running window and the driver that steers it.
///
/// Needs a display (`xvfb-run` makes one) and `WebKitWebDriver` in the search path. Several can run side by side, each
/// with its own home folder.
#[derive(Debug)]
pub struct Window {
    client: Client,
    driver: Child,
}

impl Window {
    /// Starts the program with these arguments, and waits until its window is there.
    ///
    /// # Errors
    /// When the driver or the program does not start in time.
    pub async fn open(program: &Path, arguments: &[String]) -> Result<Self> {
        let port = free_port()?;
        let driver = Command::new("WebKitWebDriver")
            .args([format!("--port={port}"), "--host=127.0.0.1".to_owned()])
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            // The default path hands out buffers that are not painted yet: a picture would show the page before the last.
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("WebKitWebDriver does not start (Debian package webkit2gtk-driver)")?;
        let options = json!({ "binary": std::path::absolute(program)?, "args": arguments });
        let client = connect(port, options)
            .await
            .with_context(|| format!("window of {}", program.display()))?;
        Ok(Self { client, driver })
    }

    /// Runs the body of an `async` function in the page, with `arguments`, and gives what it returns.
    ///
    /// # Errors
    /// When the window is gone, or the script throws: then with what it threw.
    pub async fn evaluate(&self, body: &str, arguments: Vec<Value>) -> Result<Value> {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             (async () => {{ {body} }})().then(
               (value) => done({{ value: value ?? null }}),
               (thrown) => done({{ thrown: thrown instanceof Error ? thrown.message : JSON.stringify(thrown) }}));"
        );
        let mut answer = in_time("the page", self.client.execute_async(&script, arguments)).await??;
        if let Some(thrown) = answer.get("thrown") {
            bail!("the page threw {thrown}");
        }
        answer
            .get_mut("value")
            .map(Value::take)
            .ok_or_else(|| anyhow!("the page gave no answer"))
    }

    /// Waits until the script, an expression of JavaScript, is true in the page.
    ///
    /// # Errors
    /// When it does not become true in time, or the window is gone.
    pub async fn until(&self, expression: &str) -> Result<()> {
        let body = format!(
            "const end = performance.now() + {};
             while (!({expression})) {{
               if (performance.now() > end) throw new Error('still not true: ' + arguments[0]);
               await new Promise((next) => requestAnimationFrame(next));
             }}",
            PATIENCE.as_millis() - 5_000
        );
        self.evaluate(&body, vec![json!(expression)]).await.map(drop)
    }

    /// Waits until the first page is complete, and painted: its heading is there, or the fault that stands in its
    /// place; nothing says that it is loading, the fonts are in, and two frames have passed.
    ///
    /// # Errors
    /// When that does not happen in time, or the window is gone.
    pub async fn settled(&self) -> Result<()> {
        self.until("document.querySelector('h1, [role=alert]') && !document.querySelector('.kt-loading')")
            .await?;
        self.painted().await
    }

    /// A picture of the page (PNG), as it is now and not as it was one frame ago.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn picture(&self) -> Result<Vec<u8>> {
        self.painted().await?;
        self.evaluate(MOVING, Vec::new()).await?;
        let picture = in_time("the picture", self.client.screenshot()).await;
        self.evaluate("document.getElementById('moving')?.remove();", Vec::new())
            .await?;
        Ok(picture??)
    }

    /// Closes the window, waits until its program has ended, and ends the driver.
    ///
    /// # Errors
    /// When the window was gone already, or its program does not end in time.
    pub async fn close(mut self) -> Result<()> {
        let driver = self.driver.id();
        in_time("the end of the window", self.client.close()).await??;
        // The driver answers first and ends the program after that. Without a driver the program would run on with an
        // empty window.
        let ended = async {
            let mut again = tokio::time::interval(Duration::from_millis(20));
            while driver.is_some_and(has_children) {
                again.tick().await;
            }
        };
        in_time("the end of the program", ended).await?;
        self.driver.kill().await?;
        Ok(())
    }

    /// The driver gives the last *painted* frame, which straight after a click is the one before it.
    async fn painted(&self) -> Result<()> {
        let frames = "await document.fonts.ready;
            for (let frame = 0; frame < 2; frame += 1) await new Promise((next) => requestAnimationFrame(next));";
        self.evaluate(frames, Vec::new()).await.map(drop)
    }
}

/// True while this process has started another that has not ended.
fn has_children(process: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{process}/task"));
    threads
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok())
        .any(|children| !children.trim().is_empty())
}

/// The driver takes a number only, so this is one that was free a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

async fn connect(port: u16, options: Value) -> Result<Client> {
    let capabilities = serde_json::Map::from_iter([("webkitgtk:browserOptions".to_owned(), options)]);
    let end = Instant::now() + PATIENCE;
    // The driver says nothing when it begins to listen.
    let mut again = tokio::time::interval(Duration::from_millis(20));
    while tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .is_err()
    {
        if Instant::now() > end {
            bail!("WebKitWebDriver does not listen");
        }
        again.tick().await;
    }
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities);
    Ok(in_time("the window", builder.connect(&format!("http://127.0.0.1:{port}"))).await??)
}

/// The driver waits without end for a program that has stopped answering.
async fn in_time<T>(what: &str, step: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(PATIENCE, step)
        .await
        .with_context(|| format!("{what} did not come in time"))
}
