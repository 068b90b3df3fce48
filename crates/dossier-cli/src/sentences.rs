//! Everything this program says, in two languages: the same catalogue as the window's.

use std::sync::OnceLock;

use clap::ValueEnum;
use dossier_app::contract::{Fault, FaultCode};
use serde_json::Value;

/// The language of our own words. What people wrote stays as they wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    Nl,
    En,
}

struct Catalogue {
    cli: Value,
    fault: Value,
    term: Value,
}

fn read(cli: &str, fault: &str, term: &str) -> Catalogue {
    // The files are part of the program; a test reads them.
    let parse = |text: &str| serde_json::from_str(text).unwrap_or_default();
    Catalogue {
        cli: parse(cli),
        fault: parse(fault),
        term: parse(term),
    }
}

fn catalogue(lang: Lang) -> &'static Catalogue {
    static NL: OnceLock<Catalogue> = OnceLock::new();
    static EN: OnceLock<Catalogue> = OnceLock::new();
    match lang {
        Lang::Nl => NL.get_or_init(|| {
            read(
                include_str!("../../../ui/src/i18n/nl/cli.json"),
                include_str!("../../../ui/src/i18n/nl/fault.json"),
                include_str!("../../../ui/src/i18n/nl/term.json"),
            )
        }),
        Lang::En => EN.get_or_init(|| {
            read(
                include_str!("../../../ui/src/i18n/en/cli.json"),
                include_str!("../../../ui/src/i18n/en/fault.json"),
                include_str!("../../../ui/src/i18n/en/term.json"),
            )
        }),
    }
}

fn get<'c>(catalogue: &'c Value, key: &str) -> Option<&'c str> {
    catalogue.get(key).and_then(Value::as_str)
}

impl Lang {
    /// A sentence of the command line with its slots filled.
    pub fn say(self, key: &str, slots: &[(&str, &str)]) -> String {
        let mut text = get(&catalogue(self).cli, key).unwrap_or(key).to_owned();
        for (slot, value) in slots {
            text = text.replace(&format!("{{{slot}}}"), value);
        }
        text
    }

    /// A word of the command line's catalogue by an id that comes from data; the id itself when there is none.
    pub fn term(self, key: &str) -> String {
        get(&catalogue(self).cli, key).unwrap_or(key).to_owned()
    }

    /// The name of a section; its own label if the resident gave one.
    pub fn section(self, id: &str, label: Option<&str>) -> String {
        label
            .or_else(|| get(&catalogue(self).term, &format!("section.{id}")))
            .unwrap_or(id)
            .to_owned()
    }

    /// A role in plain words.
    pub fn role(self, id: &str) -> String {
        get(&catalogue(self).term, &format!("role.{id}"))
            .unwrap_or(id)
            .to_owned()
    }

    /// A fault: what, where, and what to do.
    pub fn fault(self, fault: &Fault) -> String {
        let code = code_word(fault.code);
        let catalogue = catalogue(self);
        let sentence = get(&catalogue.cli, &format!("fault_{code}"))
            .or_else(|| get(&catalogue.fault, &code))
            .unwrap_or(&code)
            .to_owned();
        // The sentence says it all; the library's own words would only say it again.
        let complete = matches!(
            fault.code,
            FaultCode::InUse | FaultCode::WrongPassphrase | FaultCode::DiskFull
        );
        match fault.detail.as_ref().filter(|_| !complete) {
            None => sentence,
            Some(detail) => {
                // Some say about which one of several.
                let (what, which) = detail.split_once(':').unwrap_or((detail, ""));
                match get(&catalogue.cli, &format!("detail_{what}")) {
                    Some(known) => known.replace("{which}", which),
                    None => format!("{sentence} ({detail})"),
                }
            }
        }
    }
}

/// The word that the catalogue and scripts know a kind of fault by.
pub fn code_word(code: FaultCode) -> String {
    serde_json::to_value(code)
        .ok()
        .and_then(|word| word.as_str().map(str::to_owned))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Starts of keys that are looked up by an id from data.
    const BY_ID: [&str; 10] = [
        "about", "arg_", "fault_", "detail_", "deed_", "reason_", "state_", "check_", "right_", "step_",
    ];

    #[test]
    fn every_sentence_that_is_said_exists_and_every_one_that_exists_is_said() {
        let sources = [
            include_str!("main.rs"),
            include_str!("care.rs"),
            include_str!("output.rs"),
            include_str!("local.rs"),
            include_str!("looking.rs"),
            include_str!("online.rs"),
            include_str!("paper.rs"),
            include_str!("recovery.rs"),
            include_str!("show.rs"),
            include_str!("session.rs"),
            include_str!("team.rs"),
        ];
        let mut said: Vec<&str> = Vec::new();
        for source in sources {
            for part in source.split("say(").skip(1) {
                let part = part.trim_start();
                if let Some(key) = part.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                    said.push(key);
                }
            }
        }
        assert!(said.len() > 10);
        for lang in [Lang::Nl, Lang::En] {
            for key in &said {
                assert!(get(&catalogue(lang).cli, key).is_some(), "{lang:?} does not have {key}");
            }
            for key in catalogue(lang).cli.as_object().unwrap().keys() {
                let looked_up = BY_ID.iter().any(|start| key.starts_with(start));
                assert!(looked_up || said.contains(&key.as_str()), "nothing says {key}");
            }
        }
    }

    #[test]
    fn a_fault_says_what_it_was_about() {
        let fault = Fault {
            code: FaultCode::InUse,
            detail: None,
        };
        assert!(Lang::Nl.fault(&fault).contains("heeft deze map open"));
        let ticket = Fault {
            code: FaultCode::InputRefused,
            detail: Some("used_ticket".into()),
        };
        assert_eq!(Lang::Nl.fault(&ticket), Lang::Nl.term("detail_used_ticket"));
        let other = Fault {
            code: FaultCode::InputRefused,
            detail: Some("12:3: no comma".into()),
        };
        assert!(Lang::En.fault(&other).ends_with("(12:3: no comma)"));
    }
}
