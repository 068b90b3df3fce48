//! The built pages, as the window serves them: same files, same content security policy.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::Context;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::Value;

/// What stands in the place of the desktop shell: loaded before the pages, and no part of them.
const SHELL: &str = include_str!("../../../../ui/scripts/shell.js");

/// The folder of the built pages.
pub struct Pages {
    folder: PathBuf,
    policy: String,
}

impl Pages {
    /// The pages of this checkout.
    ///
    /// # Errors
    /// When they were not built, or the window's configuration cannot be read.
    pub fn new() -> anyhow::Result<Self> {
        let root = keukentafel_tests::root();
        let folder = root.join("ui/dist");
        anyhow::ensure!(folder.join("index.html").is_file(), "ui/dist is not built");
        let window: Value = serde_json::from_slice(&fs::read(root.join("src-tauri/tauri.conf.json"))?)?;
        let policy = window.pointer("/app/security/csp").and_then(Value::as_object);
        let rules = policy.context("the window has no policy")?.iter().map(|(name, value)| {
            // The window speaks with its program over a way of its own.
            let value = if name == "connect-src" {
                "'self'"
            } else {
                value.as_str().unwrap_or("'none'")
            };
            format!("{name} {value}")
        });
        Ok(Self {
            policy: rules.collect::<Vec<_>>().join("; "),
            folder,
        })
    }

    /// One file with its headers.
    ///
    /// # Errors
    /// [`StatusCode::NOT_FOUND`] when there is no such file.
    pub fn give(&self, path: &str) -> Result<impl IntoResponse + use<>, StatusCode> {
        let name = if path == "/" {
            "index.html"
        } else {
            path.trim_start_matches('/')
        };
        let inside = Path::new(name)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        let content = match name {
            "shell.js" => Some(SHELL.as_bytes().to_vec()),
            _ if inside => fs::read(self.folder.join(name)).ok(),
            _ => None,
        };
        let mut content = content.ok_or(StatusCode::NOT_FOUND)?;
        if name == "index.html" {
            let page = String::from_utf8_lossy(&content);
            content = page
                .replacen("<script ", "<script src=\"/shell.js\"></script><script ", 1)
                .into_bytes();
        }
        let kind = match Path::new(name).extension().and_then(|end| end.to_str()) {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript",
            Some("css") => "text/css",
            Some("svg") => "image/svg+xml",
            Some("woff2") => "font/woff2",
            Some("woff") => "font/woff",
            Some(_) | None => "application/octet-stream",
        };
        let headers = [
            (header::CONTENT_TYPE, kind.to_owned()),
            (header::CACHE_CONTROL, "no-store".to_owned()),
            (header::CONTENT_SECURITY_POLICY, self.policy.clone()),
        ];
        Ok((headers, content))
    }
}
