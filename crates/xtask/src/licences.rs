//! Licences, bans and sources of everything that comes along, by the lists in `deny.toml`.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail};
use cargo_metadata::{Metadata, MetadataCommand};
use serde::Deserialize;
use serde_json::Value;

use crate::process;

/// Holds every library of the program, Rust and pages, against the lists. The libraries of the pages that only build
/// or test them are left out: they do not come along.
///
/// # Errors
/// When something comes along that may not, naming it.
pub fn check() -> Result<()> {
    println!("advisories: skipped (their list has to be fetched): `cargo deny check advisories` looks at them");
    let root = process::root();
    let rules: Rules = toml::from_str(&fs::read_to_string(root.join("deny.toml"))?).context("deny.toml")?;
    let mut refused = Vec::new();
    if process::is_there("cargo-deny") {
        process::run(process::cargo().args(["deny", "--locked", "check", "licenses", "bans", "sources"]))?;
    } else {
        println!("cargo-deny is not installed: the lists of deny.toml are held against `cargo metadata`");
        let metadata = MetadataCommand::new()
            .manifest_path(root.join("Cargo.toml"))
            .other_options(
                rules
                    .graph
                    .targets
                    .iter()
                    .map(|target| format!("--filter-platform={target}"))
                    .chain(["--locked".to_owned()])
                    .collect::<Vec<_>>(),
            )
            .exec()?;
        println!("{} Rust packages", metadata.packages.len());
        refused.extend(rules.refused_crates(&metadata));
    }
    let lock: Value = serde_json::from_str(&fs::read_to_string(root.join("ui/package-lock.json"))?)?;
    refused.extend(rules.refused_pages(&lock));
    if !refused.is_empty() {
        bail!("{}", refused.join("; "));
    }
    Ok(())
}

/// What this lane reads of `deny.toml`.
#[derive(Debug, Deserialize)]
struct Rules {
    graph: Graph,
    licenses: Licenses,
    bans: Bans,
}

#[derive(Debug, Deserialize)]
struct Graph {
    targets: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Licenses {
    allow: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Debug, Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
}

impl Rules {
    fn refused_crates(&self, metadata: &Metadata) -> Vec<String> {
        let mut refused = Vec::new();
        for package in &metadata.packages {
            let named = format!("{} {}", package.name, package.version);
            if self.bans.deny.iter().any(|ban| ban.name == package.name.as_str()) {
                refused.push(format!("{named} is banned"));
            }
            if package.source.as_ref().is_some_and(|source| !source.is_crates_io()) {
                refused.push(format!("{named} does not come from crates.io"));
            }
            refused.extend(self.refusal(&named, package.license.as_deref()));
        }
        refused
    }

    fn refused_pages(&self, lock: &Value) -> Vec<String> {
        let packages = lock.get("packages").and_then(Value::as_object);
        packages
            .into_iter()
            .flatten()
            .filter(|(path, package)| !path.is_empty() && package.get("dev") != Some(&Value::Bool(true)))
            .filter_map(|(path, package)| self.refusal(path, package.get("license").and_then(Value::as_str)))
            .collect()
    }

    fn refusal(&self, named: &str, licence: Option<&str>) -> Option<String> {
        match licence {
            None => Some(format!("{named} names no licence")),
            Some(expression) if permitted(expression, &self.licenses.allow) => None,
            Some(expression) => Some(format!("{named}: `{expression}` is not allowed")),
        }
    }
}

/// Whether an SPDX licence expression can be met with these licences alone. The old `A/B` means `A OR B`.
/// An expression that cannot be read is not permitted.
fn permitted(expression: &str, allow: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, allow };
    reader.any() == Some(true) && reader.words.is_empty()
}

struct Reader<'a> {
    words: &'a [&'a str],
    allow: &'a BTreeSet<String>,
}

impl<'a> Reader<'a> {
    fn any(&mut self) -> Option<bool> {
        let mut met = self.all()?;
        while self.take("OR") {
            met |= self.all()?;
        }
        Some(met)
    }

    fn all(&mut self) -> Option<bool> {
        let mut met = self.one()?;
        while self.take("AND") {
            met &= self.one()?;
        }
        Some(met)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let met = self.any()?;
            return self.take(")").then_some(met);
        }
        let name = self.word()?;
        if matches!(name, "AND" | "OR" | "WITH" | ")") {
            return None;
        }
        if self.take("WITH") {
            let exception = self.word()?;
            return Some(self.allow.contains(&format!("{name} WITH {exception}")));
        }
        Some(self.allow.contains(name))
    }

    fn take(&mut self, word: &str) -> bool {
        let there = self.words.first() == Some(&word);
        if there {
            self.word();
        }
        there
    }

    fn word(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        toml::from_str(&fs::read_to_string(process::root().join("deny.toml")).unwrap()).unwrap()
    }

    #[test]
    fn expressions_are_met_only_by_what_is_allowed() {
        let allow = BTreeSet::from([
            "MIT".to_owned(),
            "Zlib".to_owned(),
            "Apache-2.0 WITH LLVM-exception".to_owned(),
        ]);
        for met in [
            "MIT",
            "GPL-3.0-only OR MIT",
            "MIT/GPL-3.0",
            "(GPL-2.0 OR MIT) AND Zlib",
            "GPL-2.0 AND GPL-3.0 OR MIT",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(permitted(met, &allow), "{met}");
        }
        for unmet in [
            "",
            "GPL-3.0-only",
            "MIT AND GPL-3.0-only",
            "(MIT OR Zlib) AND GPL-2.0",
            "Apache-2.0",
            "MIT WITH LLVM-exception",
            "MIT OR",
            "(MIT",
            "MIT)",
            "MIT Zlib",
            "LICENSE.txt",
        ] {
            assert!(!permitted(unmet, &allow), "{unmet}");
        }
    }

    #[test]
    fn a_page_library_that_only_builds_does_not_count() {
        let lock = serde_json::json!({"packages": {
            "": {"license": "EUPL-1.2"},
            "node_modules/a": {"license": "SSPL-1.0"},
            "node_modules/b": {"license": "SSPL-1.0", "dev": true},
            "node_modules/c": {},
        }});
        assert_eq!(
            rules().refused_pages(&lock),
            [
                "node_modules/a: `SSPL-1.0` is not allowed",
                "node_modules/c names no licence"
            ]
        );
    }
}
