//! The options of the window, the same as those of the command line.

use std::ffi::OsString;
use std::path::PathBuf;

/// What the command line asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Launch {
    /// Home folder; none means the platform's own place.
    pub home: Option<PathBuf>,
    /// File that holds the passphrase; none means the keyring of the system.
    pub passphrase_file: Option<PathBuf>,
}

impl Launch {
    /// Reads `--home DIR` and `--passphrase-file FILE`, also written with `=`. None for anything else.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Option<Self> {
        let mut launch = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let text = argument.to_str()?;
            let (name, value) = match text.split_once('=') {
                Some((name, value)) => (name, OsString::from(value)),
                None => (text, arguments.next()?),
            };
            match name {
                "--home" => launch.home = Some(value.into()),
                "--passphrase-file" => launch.passphrase_file = Some(value.into()),
                _ => return None,
            }
        }
        Some(launch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Option<Launch> {
        Launch::read(arguments.iter().map(OsString::from))
    }

    #[test]
    fn reads_both_options_in_both_forms() {
        let wanted = Launch {
            home: Some("/a b".into()),
            passphrase_file: Some("/p".into()),
        };
        assert_eq!(read(&["--home", "/a b", "--passphrase-file=/p"]), Some(wanted));
        assert_eq!(read(&[]), Some(Launch::default()));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert_eq!(read(&["--home"]), None);
        assert_eq!(read(&["--hoem=/a"]), None);
        assert_eq!(read(&["file.pdf", "x"]), None);
    }
}
