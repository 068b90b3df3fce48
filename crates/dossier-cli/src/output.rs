//! What goes to standard output: one JSON document, JSON Lines, or short lines for people.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dossier_app::contract::{Fault, FaultCode};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::sentences::{Lang, code_word};

/// Where answers go, and in which form.
pub struct Out {
    pub json: bool,
    pub lang: Lang,
    closed: AtomicBool,
}

impl Out {
    pub fn new(json: bool, lang: Lang) -> Self {
        Self {
            json,
            lang,
            closed: AtomicBool::new(false),
        }
    }

    /// True when whoever read our output went away.
    pub fn closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    fn write(&self, text: &str) -> Result<(), Fault> {
        if self.closed() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => Err(file_fault(&error, "stdout")),
        }
    }

    /// One line for people. What others wrote may hold control characters, which would steer the terminal.
    pub fn line(&self, text: &str) -> Result<(), Fault> {
        let shown: String = text
            .chars()
            .map(|sign| {
                if sign.is_control() && sign != '\n' {
                    '\u{fffd}'
                } else {
                    sign
                }
            })
            .collect();
        self.write(&format!("{shown}\n"))
    }

    /// The one document of a command that ends by itself.
    pub fn document(&self, value: &Value) -> Result<(), Fault> {
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        self.write(&format!("{text}\n"))
    }

    /// One of several documents, each on a line of its own.
    pub fn json_line(&self, value: &Value) -> Result<(), Fault> {
        self.write(&format!("{value}\n"))
    }

    /// The answer as one document, or as lines for people.
    pub fn answer(&self, value: &Value, people: impl FnOnce(&Value) -> Vec<String>) -> Result<(), Fault> {
        if self.json {
            return self.document(value);
        }
        people(value).iter().try_for_each(|line| self.line(line))
    }

    /// Says how something long goes on; only where somebody can see it.
    pub fn progress(&self, sentence: String) -> Progress {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner().with_message(sentence);
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Progress(bar)
    }

    /// A remark on standard error.
    pub fn remark(&self, text: &str) {
        // Nobody may be reading it.
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Says a fault on standard error.
    pub fn fault(&self, fault: &Fault) {
        let message = self.lang.fault(fault);
        if self.json {
            let about = json!({"code": code_word(fault.code), "detail": fault.detail, "message": message});
            self.remark(&json!({"fault": about}).to_string());
        } else {
            self.remark(&format!("keukentafel: {message}"));
        }
    }
}

/// Something under way; gone from the screen when dropped.
pub struct Progress(Option<ProgressBar>);

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// What a file that was named on the command line could not do.
pub fn file_fault(error: &io::Error, name: &str) -> Fault {
    let code = match error.kind() {
        ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::InvalidData => FaultCode::InputRefused,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => FaultCode::DiskFull,
        _ => FaultCode::NotWritable,
    };
    Fault {
        code,
        detail: Some(format!("{name}: {}", error.kind())),
    }
}

/// Columns of equal width, two spaces apart; the last one is as long as it is.
pub fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    rows.iter()
        .map(|row| {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                let gap = width.saturating_sub(cell.chars().count()) + 2;
                line.extend(std::iter::repeat_n(' ', gap));
            }
            line.trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_letters_not_bytes() {
        let rows = [
            vec!["één".to_owned(), "x".to_owned()],
            vec!["twee".to_owned(), String::new()],
        ];
        assert_eq!(aligned(&rows), ["één   x", "twee"]);
    }
}
