//! Our own words on paper, in two languages: the same catalogue as the window's.

use std::sync::OnceLock;

use serde_json::Value;

/// The language of our own words. What people wrote stays as they wrote it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lang {
    /// Dutch.
    #[default]
    Nl,
    /// English.
    En,
}

struct Catalogue {
    paper: Value,
    term: Value,
}

fn read(paper: &str, term: &str) -> Catalogue {
    // The files are part of the program; a test reads them.
    let parse = |text: &str| serde_json::from_str(text).unwrap_or_default();
    Catalogue {
        paper: parse(paper),
        term: parse(term),
    }
}

fn catalogue(lang: Lang) -> &'static Catalogue {
    static NL: OnceLock<Catalogue> = OnceLock::new();
    static EN: OnceLock<Catalogue> = OnceLock::new();
    match lang {
        Lang::Nl => NL.get_or_init(|| {
            read(
                include_str!("../../../ui/src/i18n/nl/paper.json"),
                include_str!("../../../ui/src/i18n/nl/term.json"),
            )
        }),
        Lang::En => EN.get_or_init(|| {
            read(
                include_str!("../../../ui/src/i18n/en/paper.json"),
                include_str!("../../../ui/src/i18n/en/term.json"),
            )
        }),
    }
}

impl Lang {
    /// The language with this code (`nl`, `en`).
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "nl" => Some(Self::Nl),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// Its code, as in a PDF's language.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Nl => "nl",
            Self::En => "en",
        }
    }

    /// A sentence with its slots filled; the key itself when there is none.
    #[must_use]
    pub fn say(self, key: &str, slots: &[(&str, &str)]) -> String {
        let mut text = self.known(key).unwrap_or(key).to_owned();
        for (slot, value) in slots {
            text = text.replace(&format!("{{{slot}}}"), value);
        }
        text
    }

    /// A sentence that depends on a number: `key_one` or `key_other`.
    #[must_use]
    pub fn count(self, key: &str, count: usize) -> String {
        let form = if count == 1 { "one" } else { "other" };
        self.say(&format!("{key}_{form}"), &[("count", &count.to_string())])
    }

    /// A sentence or word of the papers, if there is one under this key.
    #[must_use]
    pub fn known(self, key: &str) -> Option<&'static str> {
        catalogue(self).paper.get(key).and_then(Value::as_str)
    }

    /// The word for a term of the field (`role`, `wijkteam`), if there is one.
    #[must_use]
    pub fn term(self, group: &str, id: &str) -> Option<&'static str> {
        catalogue(self)
            .term
            .get(format!("{group}.{id}"))
            .and_then(Value::as_str)
    }

    /// The name of a section; its own label if the resident gave one.
    #[must_use]
    pub fn section(self, id: &str, label: Option<&str>) -> String {
        label.or_else(|| self.term("section", id)).unwrap_or(id).to_owned()
    }

    /// A day or moment in words; none for a text that is neither. A month (`2026-09`) is one too.
    #[must_use]
    pub fn date(self, text: &str) -> Option<String> {
        let month = |month: &str| self.known(&format!("month.{}", month.parse::<u8>().ok()?));
        let mut parts = text.get(..10).unwrap_or(text).split('-');
        let (year, name) = (parts.next()?, month(parts.next()?)?);
        let Some(day) = parts.next() else {
            let whole = text.len() == 7 && year.len() == 4 && year.bytes().all(|sign| sign.is_ascii_digit());
            return whole.then(|| format!("{name} {year}"));
        };
        dossier_model::moment::day(text)?;
        let day = format!("{} {name} {year}", day.trim_start_matches('0'));
        let Some(time) = text.get(11..16) else {
            return Some(day);
        };
        // A moment of another clock than the Dutch one says so.
        let foreign = text.get(16..).is_some_and(|rest| rest.ends_with(['Z', 'z']));
        let (hour, minute) = time.split_once(':')?;
        let hour = hour.strip_prefix('0').filter(|hour| !hour.is_empty()).unwrap_or(hour);
        let time = match self {
            Self::Nl => format!("{hour}.{minute}"),
            Self::En => format!("{hour}:{minute}"),
        };
        let moment = self.say("time", &[("day", &day), ("time", &time)]);
        Some(if foreign { format!("{moment} (UTC)") } else { moment })
    }

    /// An amount of money, with cents only where there are any.
    #[must_use]
    pub fn money(self, amount: f64) -> String {
        let (thousands, decimals) = match self {
            Self::Nl => ('.', ','),
            Self::En => (',', '.'),
        };
        let plain = format!("{:.2}", amount.abs());
        let (whole, cents) = plain.split_once('.').unwrap_or((&plain, "00"));
        let mut grouped = String::new();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at) % 3 == 0 {
                grouped.push(thousands);
            }
            grouped.push(digit);
        }
        if cents != "00" {
            grouped.push(decimals);
            grouped.push_str(cents);
        }
        let sign = if amount < 0.0 { "-" } else { "" };
        format!("€ {sign}{grouped}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_moments_and_months_in_words() {
        assert_eq!(Lang::Nl.date("2026-11-03").unwrap(), "3 november 2026");
        assert_eq!(Lang::En.date("2026-03-10").unwrap(), "10 March 2026");
        assert_eq!(
            Lang::Nl.date("2026-11-25T09:05:00+01:00").unwrap(),
            "25 november 2026 om 9.05 uur"
        );
        assert_eq!(
            Lang::En.date("2026-11-25T00:30:00Z").unwrap(),
            "25 November 2026 at 0:30 (UTC)"
        );
        assert_eq!(Lang::Nl.date("2025-09").unwrap(), "september 2025");
        for other in [
            "",
            "2021",
            "altijd",
            "2026-13",
            "2026-02-31",
            "abcd-09",
            "06-00",
            "sinds 2026-06",
        ] {
            assert_eq!(Lang::Nl.date(other), None, "{other}");
        }
    }

    #[test]
    fn amounts() {
        assert_eq!(Lang::Nl.money(1_234_567.0), "€ 1.234.567");
        assert_eq!(Lang::Nl.money(37.5), "€ 37,50");
        assert_eq!(Lang::En.money(-1840.25), "€ -1,840.25");
        assert_eq!(Lang::Nl.money(0.0), "€ 0");
    }

    #[test]
    fn every_kind_has_a_name() {
        for lang in [Lang::Nl, Lang::En] {
            for kind in dossier_model::item::KINDS {
                assert!(lang.known(&format!("kind.{}", kind.name)).is_some(), "{}", kind.name);
            }
            for month in 1..=12 {
                assert!(lang.known(&format!("month.{month}")).is_some());
            }
        }
    }
}
