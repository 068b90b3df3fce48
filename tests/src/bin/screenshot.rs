//! Opens a program's window, waits until its first page is complete, and writes a picture of it.

use std::path::PathBuf;

use clap::Parser;
use keukentafel_tests::window::Window;

/// Takes a picture of the first page of a window.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the picture (PNG) goes
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// The program, and what it is started with
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { to, command } = Arguments::parse();
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| anyhow::anyhow!("no program named"))?;
    let window = Window::open(program.as_ref(), arguments).await?;
    window.settled().await?;
    std::fs::write(&to, window.picture().await?)?;
    window.close().await
}
