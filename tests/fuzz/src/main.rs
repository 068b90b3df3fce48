//! One target under libFuzzer: which one is in `FUZZ_TARGET`. Started by `cargo xtask fuzz`.
#![no_main]

use std::sync::LazyLock;

use keukentafel_fuzz::TARGETS;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    // The engine's would end the program at every panic, also one that the program is meant to catch. One that nobody
    // catches still ends it.
    drop(std::panic::take_hook());
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    let Some((_, target)) = found else {
        eprintln!("FUZZ_TARGET names no target; there are:");
        for (known, _) in TARGETS {
            eprintln!("{known}");
        }
        std::process::exit(2);
    };
    *target
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| TARGET(data));
