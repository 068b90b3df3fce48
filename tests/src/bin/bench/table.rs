//! Rows, and how they are shown.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Sorted measurements of one thing.
#[derive(Debug, Clone)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Milliseconds of each.
    pub fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut all: Vec<f64> = times.into_iter().map(|time| time.as_secs_f64() * 1e3).collect();
        all.sort_by(f64::total_cmp);
        Self(all)
    }

    /// The value that `percent` of a hundred do not exceed; 0 without measurements.
    pub fn percentile(&self, percent: usize) -> f64 {
        let at = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(at).copied().unwrap_or(0.0)
    }

    fn json(&self) -> Value {
        json!({"n": self.0.len(), "p50_ms": self.percentile(50), "p95_ms": self.percentile(95)})
    }
}

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Row {
    /// Number in the list of bars; `demo` for the demo family.
    pub row: &'static str,
    /// What was measured.
    pub what: String,
    /// Ours, with its unit.
    pub ours: String,
    /// The floor, with its unit.
    pub beside: String,
    /// The figure that the bar is about, and the most it may be. None: for information.
    pub bar: Option<(f64, f64, &'static str)>,
    /// More, for the JSON.
    pub detail: Value,
}

impl Row {
    /// A row whose bar is a multiple of its floor, at one percentile of both.
    pub fn ratio(
        row: &'static str,
        what: &str,
        (ours, floor): (&Samples, &Samples),
        percent: usize,
        most: f64,
    ) -> Self {
        let (mine, bare) = (ours.percentile(percent), floor.percentile(percent));
        Self {
            row,
            what: what.to_owned(),
            ours: format!("{mine:.2} ms"),
            beside: format!("{bare:.2} ms"),
            bar: Some((mine / bare, most, "×")),
            detail: json!({"ours": ours.json(), "beside": floor.json()}),
        }
    }

    /// A row whose bar is a figure.
    pub fn figure(row: &'static str, what: &str, figure: f64, most: f64, unit: &'static str, detail: Value) -> Self {
        Self {
            row,
            what: what.to_owned(),
            ours: format!("{figure:.*} {unit}", decimals(figure)),
            beside: "–".to_owned(),
            bar: Some((figure, most, unit)),
            detail,
        }
    }

    /// The same without a bar.
    pub fn informative(self) -> Self {
        Self { bar: None, ..self }
    }

    fn met(&self) -> Option<bool> {
        self.bar.map(|(figure, most, _)| figure <= most)
    }

    fn cells(&self) -> [String; 7] {
        let (ratio, bar) = match self.bar {
            Some((figure, most, unit @ "×")) => (format!("{figure:.2} ×"), format!("≤ {most} {unit}")),
            Some((_, most, unit)) => ("–".to_owned(), format!("≤ {most} {unit}")),
            None => ("–".to_owned(), "–".to_owned()),
        };
        let met = match self.met() {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "–",
        };
        [
            self.row.to_owned(),
            self.what.clone(),
            self.ours.clone(),
            self.beside.clone(),
            ratio,
            bar,
            met.to_owned(),
        ]
    }
}

fn decimals(figure: f64) -> usize {
    if figure < 10.0 { 2 } else { 0 }
}

/// All rows.
#[derive(Debug, Default)]
pub struct Table(Vec<Row>);

impl Table {
    /// Adds a row.
    pub fn push(&mut self, row: Row) {
        self.0.push(row);
    }

    /// No bar is missed.
    pub fn met(&self) -> bool {
        self.0.iter().all(|row| row.met() != Some(false))
    }

    /// Writes everything as JSON.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let rows: Vec<Value> = self
            .0
            .iter()
            .map(|row| {
                let bar = row
                    .bar
                    .map(|(figure, most, unit)| json!({"figure": figure, "most": most, "unit": unit}));
                json!({
                    "row": row.row, "what": row.what, "ours": row.ours, "beside": row.beside,
                    "bar": bar, "met": row.met(), "detail": row.detail,
                })
            })
            .collect();
        let text = serde_json::to_string_pretty(&json!({"format": "keukentafel-bench/1", "rows": rows}))?;
        std::fs::write(path, text + "\n").context("the table as JSON")
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["row", "what", "ours", "beside", "ratio", "bar", "met?"].map(str::to_owned);
        let lines: Vec<[String; 7]> = std::iter::once(head).chain(self.0.iter().map(Row::cells)).collect();
        let mut widths = [0; 7];
        for line in &lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = cell.chars().count().max(*width);
            }
        }
        for line in &lines {
            let cells = line.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}
