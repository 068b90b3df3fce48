//! What a machine needs before anything can be built, and how it gets it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use anyhow::{Result, bail};

use crate::process;

/// What a command is going to do, and so what it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Compile Rust with the C libraries that come along as source (SQLCipher, OpenSSL).
    Compile,
    /// Build and show the desktop window.
    Window,
    /// Show the window without a display, and steer it.
    VirtualScreen,
    /// Run the pages in a browser.
    Browser,
    /// Build the pages.
    Pages,
    /// Check the form of the Rust sources.
    Checks,
    /// Open our files with programs that are not ours.
    OtherPrograms,
}

impl Need {
    /// Everything that any command asks for.
    pub const ALL: [Self; 7] = [
        Self::Compile,
        Self::Window,
        Self::VirtualScreen,
        Self::Browser,
        Self::Pages,
        Self::Checks,
        Self::OtherPrograms,
    ];
}

/// One package of Debian and Ubuntu, and why it is needed.
struct Package {
    name: &'static str,
    need: Need,
    why: &'static str,
}

const PACKAGES: [Package; 12] = [
    Package {
        name: "build-essential",
        need: Need::Compile,
        why: "C compiler for the encrypted database",
    },
    Package {
        name: "pkg-config",
        need: Need::Compile,
        why: "finds system libraries while building",
    },
    Package {
        name: "libwebkit2gtk-4.1-dev",
        need: Need::Window,
        why: "draws the pages inside the window",
    },
    Package {
        name: "fonts-dejavu-core",
        need: Need::Window,
        why: "letters for signs that our own font lacks",
    },
    Package {
        name: "webkit2gtk-driver",
        need: Need::VirtualScreen,
        why: "steers the window, takes the picture",
    },
    Package {
        name: "xvfb",
        need: Need::VirtualScreen,
        why: "a screen for machines without a display",
    },
    Package {
        name: "xauth",
        need: Need::VirtualScreen,
        why: "xvfb-run does not start without it",
    },
    Package {
        name: "dbus",
        need: Need::VirtualScreen,
        why: "a session bus for the window",
    },
    Package {
        name: "chromium",
        need: Need::Browser,
        why: "runs the pages in a second browser engine",
    },
    Package {
        name: "age",
        need: Need::OtherPrograms,
        why: "opens our bundles and key files without us",
    },
    Package {
        name: "iproute2",
        need: Need::OtherPrograms,
        why: "makes a network of its own, for tests of machines in one house",
    },
    Package {
        name: "bsdutils",
        need: Need::OtherPrograms,
        why: "a terminal on which age asks for a passphrase",
    },
];

/// Sees to it that everything for these needs is there: installs missing packages, after saying which and why.
/// Says nothing and changes nothing when all is there.
///
/// # Errors
/// When something is missing that cannot be installed from here; the text says what to do.
pub fn ensure(needs: &[Need]) -> Result<()> {
    if needs.contains(&Need::Pages) {
        ensure_node()?;
    }
    if needs.contains(&Need::Checks) {
        ensure_components()?;
    }
    ensure_packages(needs)
}

/// Why a browser package is not to be had on this machine; none when it is.
pub fn no_browser() -> Option<&'static str> {
    // The package of that name in Ubuntu only asks for a snap, which needs a running snapd.
    is_ubuntu(&fs::read_to_string("/etc/os-release").unwrap_or_default())
        .then_some("Ubuntu has Chromium only as a snap: checks in that browser are left out")
}

fn is_ubuntu(os_release: &str) -> bool {
    os_release
        .lines()
        .any(|line| matches!(line.trim(), "ID=ubuntu" | "ID=\"ubuntu\""))
}

fn ensure_packages(needs: &[Need]) -> Result<()> {
    let mut wanted: Vec<&Package> = PACKAGES
        .iter()
        .filter(|package| needs.contains(&package.need))
        .collect();
    if needs.contains(&Need::Browser)
        && let Some(reason) = no_browser()
    {
        println!("setup: {reason}.");
        wanted.retain(|package| package.need != Need::Browser);
    }
    let Some(installed) = installed(&wanted) else {
        println!("setup: this is not Debian or Ubuntu, so nothing is installed by itself. Needed is what these hold:");
        list(&wanted);
        return Ok(());
    };
    wanted.retain(|package| !installed.contains(package.name));
    if wanted.is_empty() {
        return Ok(());
    }
    println!("setup: these packages are missing and will be installed:");
    list(&wanted);

    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(wanted.iter().map(|package| package.name));
    process::run(apt_get()?.arg("update"))?;
    process::run(apt_get()?.args(install))
}

fn list(packages: &[&Package]) {
    for package in packages {
        println!("  {:<24}{}", package.name, package.why);
    }
}

/// Which of these packages are installed; none on a system without dpkg.
fn installed(packages: &[&Package]) -> Option<BTreeSet<String>> {
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat=${Package} ${db:Status-Status}\n"])
        .args(packages.iter().map(|package| package.name))
        .output()
        .ok()?;
    // The exit status says that one of them is unknown, which is what we came to find out.
    Some(installed_in(&String::from_utf8_lossy(&output.stdout)))
}

fn installed_in(listing: &str) -> BTreeSet<String> {
    listing
        .lines()
        .filter_map(|line| line.strip_suffix(" installed"))
        .map(str::to_owned)
        .collect()
}

fn apt_get() -> Result<Command> {
    let root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if root {
        let mut command = process::program("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        return Ok(command);
    }
    if !process::is_there("sudo") {
        bail!("packages are missing, and only root may install them here (there is no sudo): install them by hand");
    }
    let mut command = process::program("sudo");
    command.args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    Ok(command)
}

fn ensure_node() -> Result<()> {
    const WANTED: &str = "needed is Node 20.19 or newer with npm 10 or newer (22 LTS is a good choice)";
    let Some(version) = process::answer(process::program("node").arg("--version")) else {
        bail!("Node is missing: it builds the pages of the window. {WANTED}; install it and start this command again");
    };
    if !node_fits(&version) {
        bail!("Node {version} is too old, or an in-between version that the build tools do not take: {WANTED}");
    }
    if !process::is_there("npm") {
        bail!("npm is missing beside Node {version}: it fetches the libraries of the pages. {WANTED}");
    }
    Ok(())
}

/// What Vite 8 and jsdom 29 take: 20.19 and up, 22.13 and up, 24 and up.
fn node_fits(version: &str) -> bool {
    let mut numbers = version
        .trim_start_matches('v')
        .split('.')
        .map(|part| part.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(20), Some(minor)) => minor >= 19,
        (Some(22), Some(minor)) => minor >= 13,
        (Some(major), Some(_)) => major >= 24,
        _ => false,
    }
}

// The compiler itself needs no check here: cargo refuses to build this very program with one older than the
// `rust-version` of the workspace, and names the version it wants.
fn ensure_components() -> Result<()> {
    let missing: Vec<&str> = [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(command, _)| process::answer(process::cargo().args([command, "--version"])).is_none())
        .map(|(_, component)| component)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !process::is_there("rustup") {
        bail!(
            "missing beside cargo: {}; they check the Rust sources, install them and start again",
            missing.join(", ")
        );
    }
    println!(
        "setup: missing beside cargo, for the checks of the Rust sources: {}",
        missing.join(", ")
    );
    process::run(process::program("rustup").args(["component", "add"]).args(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_that_the_build_tools_take() {
        for fits in ["v20.19.0", "v20.20.2", "v22.13.0", "v24.0.0", "v25.1.0"] {
            assert!(node_fits(fits), "{fits}");
        }
        for too_old in ["v18.20.4", "v20.18.3", "v21.7.3", "v22.12.0", "v23.5.0", "", "node"] {
            assert!(!node_fits(too_old), "{too_old}");
        }
    }

    #[test]
    fn only_packages_that_are_fully_installed_count() {
        let listing = "xvfb installed\nxauth not-installed\ndbus config-files\nchromium half-installed\n";
        assert_eq!(installed_in(listing), BTreeSet::from(["xvfb".to_owned()]));
    }

    #[test]
    fn ubuntu_is_known_by_its_id_alone() {
        assert!(is_ubuntu("NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\n"));
        assert!(!is_ubuntu("PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n"));
    }

    #[test]
    fn every_package_has_a_reason() {
        assert!(PACKAGES.iter().all(|package| !package.why.is_empty()));
        assert!(Need::ALL.iter().all(|need| {
            matches!(need, Need::Pages | Need::Checks) || PACKAGES.iter().any(|package| package.need == *need)
        }));
    }
}
