//! What people wrote, made printable: lines, direction, and what no font here has a form for.

use std::cell::Cell;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::catalogue::Lang;
use crate::press::FONTS;

/// A run of signs without a place to break is given one after this many.
const LONGEST_RUN: usize = 28;

/// Stands for a sign that no font here has a form for.
const UNPRINTABLE: char = '\u{fffd}';

/// Where a line may be broken without a sign of it.
const BREAK: char = '\u{200b}';

/// Turns texts into data for the templates, and counts what could not be printed.
#[derive(Debug, Default)]
pub(crate) struct Ink {
    lost: Cell<usize>,
}

impl Ink {
    /// A text as a template shows it: a string, or lines with their direction.
    pub(crate) fn written(&self, text: &str) -> Value {
        let clean = self.printable(text);
        let rtl = clean
            .chars()
            .find(|sign| sign.is_alphabetic())
            .is_some_and(right_to_left);
        if !rtl && !clean.contains('\n') {
            return Value::String(clean);
        }
        json!({"lines": clean.split('\n').collect::<Vec<_>>(), "rtl": rtl})
    }

    /// The same on one line.
    pub(crate) fn line(&self, text: &str) -> String {
        self.printable(text).replace('\n', " ")
    }

    /// What to say about signs that are missing; null when none are.
    pub(crate) fn missing(&self, lang: Lang) -> Value {
        match self.lost.get() {
            0 => Value::Null,
            lost => Value::String(lang.count("missing", lost)),
        }
    }

    fn printable(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut run = 0;
        for sign in text.replace("\r\n", "\n").trim().chars() {
            let sign = match sign {
                '\r' | '\u{2028}' | '\u{2029}' => '\n',
                '\t' => ' ',
                _ => sign,
            };
            // Orders to turn the direction around could make a text say something else on paper.
            if (sign.is_control() && sign != '\n') || matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            {
                continue;
            }
            let known = sign == '\n' || is_covered(sign);
            if !known {
                self.lost.set(self.lost.get() + 1);
            }
            run = if sign.is_whitespace() { 0 } else { run + 1 };
            // Between two letters or digits only: a mark stays with what it stands on.
            if run > LONGEST_RUN && sign.is_alphanumeric() && !joins(sign) {
                out.push(BREAK);
                run = 1;
            }
            out.push(if known { sign } else { UNPRINTABLE });
        }
        out
    }
}

/// Scripts whose letters change with their neighbours.
fn joins(sign: char) -> bool {
    matches!(sign, '\u{0590}'..='\u{0dff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

fn right_to_left(sign: char) -> bool {
    matches!(sign, '\u{0590}'..='\u{08ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

/// A form is in one of the fonts. Whatever is invisible by nature needs none.
fn is_covered(sign: char) -> bool {
    static COVERED: LazyLock<Vec<bool>> = LazyLock::new(|| {
        let mut covered = vec![false; 0x2_0000];
        for font in FONTS.iter() {
            for code in font.info().coverage.iter() {
                if let Some(slot) = usize::try_from(code).ok().and_then(|code| covered.get_mut(code)) {
                    *slot = true;
                }
            }
        }
        covered
    });
    let invisible = matches!(sign, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}');
    // Nobody agrees on what a sign for private use looks like.
    let private = matches!(sign, '\u{e000}'..='\u{f8ff}');
    let code = usize::try_from(u32::from(sign)).unwrap_or(usize::MAX);
    !private && (invisible || COVERED.get(code).copied().unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_direction_are_kept() {
        let ink = Ink::default();
        assert_eq!(ink.written(" één \t regel "), json!("één   regel"));
        assert_eq!(
            ink.written("a\r\nb\rc"),
            json!({"lines": ["a", "b", "c"], "rtl": false})
        );
        assert_eq!(ink.written("123 مرحبا"), json!({"lines": ["123 مرحبا"], "rtl": true}));
        assert_eq!(ink.line("a\nb"), "a b");
        assert_eq!(ink.missing(Lang::Nl), Value::Null);
    }

    #[test]
    fn what_cannot_be_printed_is_counted() {
        let ink = Ink::default();
        assert_eq!(ink.written("中文\u{e000}😀"), json!("\u{fffd}\u{fffd}\u{fffd}😀"));
        assert!(ink.missing(Lang::Nl).as_str().unwrap().contains('3'));
    }

    #[test]
    fn nothing_steers_the_page() {
        let ink = Ink::default();
        assert_eq!(ink.written("a\u{0}\u{1b}[2J\u{202e}b\u{2066}"), json!("a[2Jb"));
    }

    #[test]
    fn a_run_without_an_end_can_be_broken() {
        let ink = Ink::default();
        let Value::String(broken) = ink.written(&"x".repeat(1000)) else {
            panic!("one line");
        };
        assert_eq!(broken.replace(BREAK, ""), "x".repeat(1000));
        assert!(broken.split(BREAK).all(|piece| piece.len() <= LONGEST_RUN));
        assert_eq!(
            ink.written("gewone woorden blijven heel"),
            json!("gewone woorden blijven heel")
        );
    }
}
