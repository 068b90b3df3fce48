//! The structure that `crates/ARCHITECTURE.md` promises: who depends on whom, what stands where, which versions.
//!
//! Every rule is a function of what it is shown, and is shown a made-up breach of itself as well: a rule that finds
//! nothing anywhere would otherwise pass for ever.

#![allow(
    clippy::unwrap_used,
    reason = "what cannot be read here fails the test, and that is what it should do"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use keukentafel_tests::root;
use serde_json::Value;

/// Our packages, and which of ours each may name in its manifest. What is not listed here is forbidden.
const MAY_DEPEND_ON: [(&str, &[&str]); 12] = [
    ("dossier-model", &[]),
    ("dossier-trust", &["dossier-model"]),
    ("dossier-store", &["dossier-trust"]),
    ("dossier-sync", &["dossier-trust"]),
    ("dossier-exchange", &["dossier-model"]),
    ("dossier-paper", &["dossier-model", "dossier-exchange"]),
    (
        "dossier-app",
        &[
            "dossier-model",
            "dossier-trust",
            "dossier-store",
            "dossier-sync",
            "dossier-exchange",
            "dossier-paper",
        ],
    ),
    ("dossier-cli", &["dossier-app"]),
    ("keukentafel-desktop", &["dossier-app"]),
    ("keukentafel-fuzz", &EVERY_CRATE),
    ("keukentafel-tests", &EVERY_CRATE),
    ("xtask", &EVERY_CRATE),
];

/// What the packages that nothing depends on may use.
const EVERY_CRATE: [&str; 8] = [
    "dossier-model",
    "dossier-trust",
    "dossier-store",
    "dossier-sync",
    "dossier-exchange",
    "dossier-paper",
    "dossier-app",
    "dossier-cli",
];

/// Crates that get time and randomness as arguments, and touch neither disk nor network.
const PURE: [&str; 3] = ["dossier-model", "dossier-trust", "dossier-paper"];

/// Libraries that reach the world outside, and the packages that may name them outside their tests.
const OUTSIDE: [(&str, &[&str]); 14] = [
    ("async-std", &[]),
    ("chrono", &[]),
    ("directories", &["dossier-app"]),
    ("dirs", &[]),
    ("getrandom", &["dossier-store", "dossier-sync", "dossier-app"]),
    ("iroh", &["dossier-sync", "dossier-app", "keukentafel-tests", "xtask"]),
    ("keyring", &["dossier-app"]),
    ("rand", &["dossier-sync", "dossier-app", "keukentafel-tests", "xtask"]),
    ("reqwest", &[]),
    ("rusqlite", &["dossier-store", "keukentafel-tests", "xtask"]),
    ("tauri", &["keukentafel-desktop"]),
    (
        "tempfile",
        &["dossier-app", "dossier-cli", "keukentafel-tests", "xtask"],
    ),
    (
        "tokio",
        &[
            "dossier-sync",
            "dossier-app",
            "dossier-cli",
            "keukentafel-desktop",
            "keukentafel-tests",
            "xtask",
        ],
    ),
    ("wry", &["keukentafel-desktop"]),
];

/// Ways from the standard library to disk, network, clock and surroundings.
const IMPURE_PATHS: [&str; 8] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
    "OsRng",
];

/// What may stand in the top folder.
const TOP: [&str; 17] = [
    ".cargo",
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "clippy.toml",
    "crates",
    "deny.toml",
    "icons",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "src-tauri",
    "tests",
    "ui",
];

/// Libraries of which there is one version in the program, and how it starts.
const VERSIONS: [(&str, &str); 8] = [
    ("age", "0.12."),
    ("automerge", "0.12."),
    ("ed25519-dalek", "3."),
    ("iroh", "1.4."),
    ("rusqlite", "0.41."),
    ("tauri", "2."),
    ("tauri-build", "2."),
    ("ts-rs", "12."),
];

/// Looks of organisations that are not free to use; ours come from the design system under EUPL.
const NEVER_SHIP: [&str; 4] = [
    "@utrecht/design-tokens",
    "@nl-rvo/design-tokens",
    "@nl-rvo/assets",
    "@rijkshuisstijl-community/design-tokens",
];

// ---------------------------------------------------------------------------------------------------------------------

/// One dependency as a manifest names it.
#[derive(Debug, Clone)]
struct Edge {
    from: String,
    to: String,
    /// Only for the tests of `from`.
    dev: bool,
}

fn edges(metadata: &Metadata) -> Vec<Edge> {
    let of = |package: &Package| {
        let from = package.name.to_string();
        package
            .dependencies
            .iter()
            .map(|dependency| Edge {
                from: from.clone(),
                to: dependency.name.clone(),
                dev: dependency.kind == DependencyKind::Development,
            })
            .collect::<Vec<_>>()
    };
    metadata.workspace_packages().into_iter().flat_map(of).collect()
}

fn forbidden(edges: &[Edge]) -> Vec<String> {
    let ours: BTreeMap<&str, &[&str]> = MAY_DEPEND_ON.into_iter().collect();
    let outside: BTreeMap<&str, &[&str]> = OUTSIDE.into_iter().collect();
    let mut found = Vec::new();
    for Edge { from, to, dev } in edges {
        let Some(allowed) = ours.get(from.as_str()) else {
            found.push(format!("{from} has no place in the rules"));
            continue;
        };
        // A test of a crate is no way around the rules among our own crates.
        let own = ours.contains_key(to.as_str()) && !allowed.contains(&to.as_str());
        let foreign = !dev
            && outside
                .get(to.as_str())
                .is_some_and(|who| !who.contains(&from.as_str()));
        if own || foreign {
            found.push(format!("{from} -> {to}"));
        }
    }
    found.sort();
    found.dedup();
    found
}

#[test]
fn every_edge_between_packages_is_one_that_the_architecture_names() {
    let metadata = metadata();
    let edges = edges(&metadata);
    assert!(
        edges
            .iter()
            .any(|edge| edge.from == "dossier-app" && edge.to == "dossier-trust"),
        "{edges:?}"
    );
    assert_eq!(forbidden(&edges), Vec::<String>::new());
}

#[test]
fn a_forbidden_edge_is_seen() {
    let edge = |from: &str, to: &str, dev| Edge {
        from: from.to_owned(),
        to: to.to_owned(),
        dev,
    };
    let fine = [
        edge("dossier-trust", "dossier-model", false),
        edge("dossier-trust", "blake3", false),
        edge("dossier-store", "tempfile", true),
        edge("dossier-trust", "proptest", true),
    ];
    assert_eq!(forbidden(&fine), Vec::<String>::new());
    for (from, to, dev) in [
        ("dossier-model", "dossier-trust", false),
        ("dossier-store", "dossier-sync", false),
        ("dossier-sync", "dossier-store", true),
        ("dossier-exchange", "dossier-trust", false),
        ("dossier-app", "dossier-cli", false),
        ("keukentafel-desktop", "dossier-model", false),
        ("dossier-cli", "dossier-store", false),
        ("dossier-app", "keukentafel-tests", true),
        ("dossier-cli", "xtask", true),
        ("xtask", "keukentafel-tests", false),
        ("keukentafel-tests", "xtask", false),
        ("dossier-model", "tokio", false),
        ("dossier-trust", "getrandom", false),
        ("dossier-trust", "iroh", false),
        ("dossier-app", "rusqlite", false),
        ("dossier-app", "tauri", false),
    ] {
        assert_eq!(forbidden(&[edge(from, to, dev)]), [format!("{from} -> {to}")]);
    }
    assert_eq!(
        forbidden(&[edge("dossier-utils", "serde", false)]),
        ["dossier-utils has no place in the rules"]
    );
}

#[test]
fn every_member_is_in_the_rules_and_takes_the_lints_of_the_workspace() {
    let metadata = metadata();
    let mut names: Vec<_> = metadata
        .workspace_packages()
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    let mut known: Vec<_> = MAY_DEPEND_ON.iter().map(|(name, _)| (*name).to_owned()).collect();
    names.sort();
    known.sort();
    assert_eq!(names, known);
    for package in metadata.workspace_packages() {
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        assert!(takes_workspace_lints(&manifest), "{}", package.name);
        assert_eq!(package.license.as_deref(), Some("EUPL-1.2"), "{}", package.name);
    }
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    for lint in ["unwrap_used", "expect_used", "indexing_slicing"] {
        assert!(workspace.contains(&format!("{lint} = \"deny\"")), "{lint}");
    }
}

fn takes_workspace_lints(manifest: &str) -> bool {
    let mut lines = manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[lints]")
        .skip(1);
    lines.find(|line| !line.is_empty()) == Some("workspace = true")
}

#[test]
fn a_manifest_with_lints_of_its_own_is_seen() {
    assert!(takes_workspace_lints(
        "[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n"
    ));
    assert!(!takes_workspace_lints("[package]\nname = \"a\"\n"));
    assert!(!takes_workspace_lints(
        "[lints.rust]\nunsafe_code = \"allow\"\n[dependencies]\nworkspace = true\n"
    ));
}

// ---------------------------------------------------------------------------------------------------------------------

#[test]
fn pure_crates_reach_neither_disk_nor_network_nor_clock() {
    let sources: Vec<_> = tracked()
        .into_iter()
        .filter(|path| PURE.iter().any(|pure| path.starts_with(&format!("crates/{pure}/src/"))))
        .collect();
    assert!(sources.len() > 10, "{sources:?}");
    let found: Vec<_> = sources
        .iter()
        .filter_map(|path| impure(&text(path)?).map(|line| format!("{path}: {line}")))
        .collect();
    assert_eq!(found, Vec::<String>::new());
}

/// The first line of code, tests left out, that names a way to the outside.
fn impure(source: &str) -> Option<&str> {
    let tests = source.find("#[cfg(test)]").unwrap_or(source.len());
    source[..tests]
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .find(|line| {
            IMPURE_PATHS.iter().any(|path| {
                line.match_indices(path).any(|(at, _)| {
                    let before = line[..at].chars().next_back();
                    let after = line[at + path.len()..].chars().next();
                    ![before, after]
                        .into_iter()
                        .flatten()
                        .any(|sign| sign.is_alphanumeric() || sign == '_')
                })
            })
        })
}

#[test]
fn impure_code_is_seen() {
    assert_eq!(
        impure("fn f() {\n    let t = SystemTime::now();\n}"),
        Some("    let t = SystemTime::now();")
    );
    assert_eq!(impure("use std::fs;"), Some("use std::fs;"));
    assert_eq!(impure("// Instant::now would be wrong here\nstruct Instantly;"), None);
    assert_eq!(
        impure("fn f() {}\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}"),
        None
    );
}

#[test]
fn only_the_backend_of_the_pages_knows_the_window() {
    let pages: Vec<_> = tracked()
        .into_iter()
        .filter(|path| path.starts_with("ui/src/"))
        .collect();
    assert!(pages.iter().any(|path| path.starts_with("ui/src/backend/")));
    let found: Vec<_> = pages
        .iter()
        .filter(|path| knows_the_window(path, &text(path).unwrap_or_default()))
        .collect();
    assert_eq!(found, Vec::<&String>::new());
}

fn knows_the_window(path: &str, source: &str) -> bool {
    !path.starts_with("ui/src/backend/") && source.contains("@tauri-apps")
}

#[test]
fn a_page_that_knows_the_window_is_seen() {
    let source = "import { invoke } from '@tauri-apps/api/core';";
    assert!(knows_the_window("ui/src/features/plan/PlanPage.tsx", source));
    assert!(!knows_the_window("ui/src/backend/tauri.ts", source));
}

#[test]
fn the_window_loads_nothing_from_elsewhere_and_runs_no_script_of_a_page() {
    let read = |path: &str| serde_json::from_str::<Value>(&text(path).unwrap()).unwrap();
    assert_eq!(loose_ends(&read("src-tauri/tauri.conf.json")), Vec::<String>::new());
    let capabilities: Vec<_> = tracked()
        .into_iter()
        .filter(|path| path.starts_with("src-tauri/capabilities/"))
        .collect();
    assert!(!capabilities.is_empty());
    for path in capabilities {
        let capability = read(&path);
        assert_eq!(capability.get("remote"), None, "{path}");
        let permissions = capability["permissions"].to_string();
        for wide in ["shell:", "fs:", "http:", "process:", "core:default", "core:webview:"] {
            assert!(!permissions.contains(&format!("\"{wide}")), "{path} gives {wide}");
        }
    }
}

/// What in the configuration of the window lets anything in from outside.
fn loose_ends(configuration: &Value) -> Vec<String> {
    let mut found = Vec::new();
    // With a devUrl a plain build shows an empty page instead of the embedded ones.
    if configuration.pointer("/build/devUrl").is_some() {
        found.push("devUrl".to_owned());
    }
    let policy = configuration.pointer("/app/security/csp").and_then(Value::as_object);
    let Some(policy) = policy else {
        found.push("no content security policy by directive".to_owned());
        return found;
    };
    for needed in ["default-src", "script-src", "connect-src"] {
        if !policy.contains_key(needed) {
            found.push(format!("no {needed}"));
        }
    }
    for (directive, sources) in policy {
        let sources = sources.to_string();
        let scripts = matches!(directive.as_str(), "default-src" | "script-src") && sources.contains("'unsafe-");
        let wide = sources.contains('*') || sources.contains("https:");
        if scripts || wide {
            found.push(format!("{directive} {sources}"));
        }
    }
    found
}

#[test]
fn a_window_with_loose_ends_is_seen() {
    let strict = serde_json::json!({"app": {"security": {"csp":
        {"default-src": "'none'", "script-src": "'self'", "connect-src": "ipc: http://ipc.localhost"}}}});
    assert_eq!(loose_ends(&strict), Vec::<String>::new());
    for (at, value) in [
        ("script-src", "'self' 'unsafe-inline'"),
        ("default-src", "'self' 'unsafe-eval'"),
        ("connect-src", "*"),
        ("img-src", "https://example.org"),
    ] {
        let mut loose = strict.clone();
        loose["app"]["security"]["csp"][at] = value.into();
        assert_eq!(loose_ends(&loose), [format!("{at} \"{value}\"")]);
    }
    assert_eq!(loose_ends(&serde_json::json!({"build": {"devUrl": "x"}})).len(), 2);
}

// ---------------------------------------------------------------------------------------------------------------------

#[test]
fn the_lock_file_holds_the_versions_that_were_chosen() {
    let metadata = metadata();
    let locked: Vec<_> = metadata
        .packages
        .iter()
        .map(|package| (package.name.as_str(), package.version.to_string()))
        .collect();
    assert_eq!(unexpected_versions(&locked), Vec::<String>::new());

    let database = metadata
        .packages
        .iter()
        .find(|package| package.name == "rusqlite")
        .unwrap();
    let nodes = &metadata.resolve.as_ref().unwrap().nodes;
    let features = &nodes.iter().find(|node| node.id == database.id).unwrap().features;
    assert!(
        features
            .iter()
            .any(|feature| feature.as_str() == "bundled-sqlcipher-vendored-openssl"),
        "the database is not encrypted: {features:?}"
    );
}

/// Each library must be there exactly once, in the version that was chosen.
fn unexpected_versions(locked: &[(&str, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, start) in VERSIONS {
        let there: Vec<_> = locked
            .iter()
            .filter(|(locked, _)| *locked == name)
            .map(|(_, version)| version)
            .collect();
        if there.len() != 1
            || !there
                .iter()
                .all(|version| version.starts_with(start) && !version.contains('-'))
        {
            found.push(format!("{name} {start}*: {there:?}"));
        }
    }
    found
}

#[test]
fn a_wrong_a_second_and_an_unfinished_version_are_seen() {
    let mut locked: Vec<_> = VERSIONS
        .iter()
        .map(|(name, start)| (*name, format!("{start}1")))
        .collect();
    assert_eq!(unexpected_versions(&locked), Vec::<String>::new());
    locked.push(("automerge", "0.11.0".to_owned()));
    assert_eq!(unexpected_versions(&locked).len(), 1);
    locked.retain(|(name, _)| *name != "tauri" && *name != "age");
    locked.push(("tauri", "2.0.0-rc.1".to_owned()));
    assert_eq!(unexpected_versions(&locked).len(), 3);
}

#[test]
fn the_pages_use_no_brand_of_another() {
    let lock = text("ui/package-lock.json").unwrap();
    assert!(lock.contains("\"node_modules/react\""));
    for brand in NEVER_SHIP {
        assert!(!lock.contains(&format!("\"node_modules/{brand}\"")), "{brand}");
    }
}

// ---------------------------------------------------------------------------------------------------------------------

#[test]
fn the_top_folder_holds_what_it_should() {
    assert_eq!(strangers(&tracked()), Vec::<&str>::new());
    assert_eq!(
        strangers(&[
            "crates/a.rs".to_owned(),
            "notes.txt".to_owned(),
            "scripts/x.sh".to_owned()
        ]),
        ["notes.txt", "scripts"]
    );
}

fn strangers(paths: &[String]) -> Vec<&str> {
    let mut tops: Vec<_> = paths.iter().filter_map(|path| path.split('/').next()).collect();
    tops.sort_unstable();
    tops.dedup();
    tops.retain(|top| !TOP.contains(top));
    tops
}

#[test]
fn nothing_is_left_open_and_no_file_names_a_machine() {
    let found: Vec<_> = tracked()
        .iter()
        .filter(|path| !path.ends_with(".lock"))
        .filter_map(|path| left_open(path, &text(path)?))
        .collect();
    assert_eq!(found, Vec::<String>::new());
}

/// The first line that leaves work open, switches a test off, or names a folder of somebody's machine.
fn left_open(path: &str, content: &str) -> Option<String> {
    let source = [".rs", ".ts", ".tsx", ".mjs", ".css"]
        .iter()
        .any(|end| path.ends_with(end));
    // In two parts, or this file would find itself.
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("to", "do!("),
        concat!("un", "implemented!("),
        concat!("#[", "ignore"),
        concat!("it.", "skip("),
        concat!("test.", "skip("),
        concat!("describe.", "skip("),
    ];
    // The native lane brings one, and runs them.
    let needs_a_screen = concat!("#[", "ignore = \"needs a screen\"]");
    content
        .lines()
        .filter(|line| line.trim() != needs_a_screen)
        .find(|line| (source && marks.iter().any(|mark| line.contains(mark))) || names_a_machine(line))
        .map(|line| format!("{path}: {}", line.trim().chars().take(100).collect::<String>()))
}

fn names_a_machine(line: &str) -> bool {
    let folders = [
        concat!("/", "work", "/"),
        concat!("/", "root", "/"),
        concat!("/tmp/", "bash"),
    ];
    let homes = line.split(concat!("/", "home", "/")).skip(1).any(|rest| {
        let name: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
        !name.is_empty() && rest[name.len()..].starts_with('/')
    });
    homes || folders.iter().any(|folder| line.contains(folder))
}

#[test]
fn what_is_left_open_is_seen() {
    assert!(left_open("a.rs", concat!("// TO", "DO: later")).is_some());
    assert!(left_open("a.rs", concat!("    #[", "ignore]")).is_some());
    assert!(left_open("a.tsx", concat!("it.", "skip('x')")).is_some());
    assert!(left_open("README.md", concat!("see /", "work/x")).is_some());
    assert!(left_open("README.md", concat!("cd /", "home/karin/dossier")).is_some());
    assert!(left_open("README.md", "the home/folder/of somebody, networks/x, toDo").is_none());
    assert!(left_open("README.md", concat!("a list of what TO", "DO means")).is_none());
}

// ---------------------------------------------------------------------------------------------------------------------

/// What cargo knows of the workspace and of everything it uses on this kind of machine.
fn metadata() -> Metadata {
    let platform = format!("--filter-platform={}-unknown-linux-gnu", std::env::consts::ARCH);
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(["--locked".to_owned(), platform])
        .exec()
        .unwrap()
}

/// Every file that git keeps or would keep, from the top folder.
fn tracked() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "these tests read a git checkout");
    let paths = String::from_utf8(output.stdout).unwrap();
    // A file that was removed but not yet committed is still listed.
    paths
        .split_terminator('\0')
        .filter(|path| root().join(path).is_file())
        .map(str::to_owned)
        .collect()
}

/// A file as text; none for pictures and other bytes.
fn text(path: impl AsRef<Path>) -> Option<String> {
    std::fs::read_to_string(root().join(path)).ok()
}
