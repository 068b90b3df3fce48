//! The options of the window, the same as those of the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use dossier_app::{Clock, Reach, Relay};

/// What the command line asked for.
#[derive(Debug, Clone)]
pub struct Launch {
    /// Home folder; none means the platform's own place.
    pub home: Option<PathBuf>,
    /// File that holds the passphrase; none means the keyring of the system.
    pub passphrase_file: Option<PathBuf>,
    /// The calendar: the system's, unless `--now` says otherwise.
    pub clock: Clock,
    /// How to reach others and be reached.
    pub reach: Reach,
}

impl Default for Launch {
    fn default() -> Self {
        let reach = Reach {
            listen: None,
            relay: Relay::Default,
            discovery: true,
        };
        Self {
            home: None,
            passphrase_file: None,
            clock: Clock::system(),
            reach,
        }
    }
}

impl Launch {
    /// Reads the options, each also written with `=`. None for anything else, and for a value that makes no sense.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Option<Self> {
        let mut launch = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let (name, value) = divide(&argument)?;
            if name == "--no-discovery" && value.is_none() {
                launch.reach.discovery = false;
                continue;
            }
            let value = match value {
                Some(value) => value,
                None => arguments.next()?,
            };
            match name.as_str() {
                "--home" => launch.home = Some(value.into()),
                "--passphrase-file" => launch.passphrase_file = Some(value.into()),
                "--now" => launch.clock = Clock::starting(value.to_str()?).ok()?,
                "--listen" => launch.reach.listen = Some(value.to_str()?.parse().ok()?),
                "--relay" => launch.reach.relay = relay(value.to_str()?)?,
                _ => return None,
            }
        }
        Some(launch)
    }
}

/// The name of an option, and its value where the two are written as one.
fn divide(argument: &OsString) -> Option<(String, Option<OsString>)> {
    let text = argument.to_str()?;
    Some(match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.into())),
        None => (text.to_owned(), None),
    })
}

fn relay(word: &str) -> Option<Relay> {
    match word {
        "default" => Some(Relay::Default),
        "none" => Some(Relay::None),
        url if url.starts_with("https://") || url.starts_with("http://") => Some(Relay::Url(url.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Option<Launch> {
        Launch::read(arguments.iter().map(OsString::from))
    }

    #[test]
    fn reads_every_option_in_both_forms() {
        let launch = read(&[
            "--home",
            "/a b",
            "--passphrase-file=/p",
            "--now",
            "2026-11-23T09:00:00+01:00",
        ])
        .unwrap();
        assert_eq!(launch.home, Some("/a b".into()));
        assert_eq!(launch.passphrase_file, Some("/p".into()));
        assert_eq!(launch.clock.today(), "2026-11-23");
        let reach = read(&["--listen=127.0.0.1:4000", "--no-discovery", "--relay", "none"])
            .unwrap()
            .reach;
        assert_eq!(reach.listen, Some("127.0.0.1:4000".parse().unwrap()));
        assert_eq!((reach.relay, reach.discovery), (Relay::None, false));
    }

    #[test]
    fn without_options_the_window_can_be_found() {
        let launch = read(&[]).unwrap();
        assert_eq!((launch.home, launch.passphrase_file), (None, None));
        assert_eq!((launch.reach.relay, launch.reach.discovery), (Relay::Default, true));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let strange: [&[&str]; 8] = [
            &["--home"],
            &["--hoem=/a"],
            &["file.pdf", "x"],
            &["--now", "morgen"],
            &["--listen", "hier"],
            &["--relay", "ftp://x"],
            &["--relay"],
            &["--no-discovery=ja"],
        ];
        for arguments in strange {
            assert!(read(arguments).is_none(), "{arguments:?}");
        }
    }
}
