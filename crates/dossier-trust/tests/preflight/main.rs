//! Preflight against honest histories, against the hostile changes that are known, and against
//! very many that are not.
//!
//! `PREFLIGHT_CASES` sets how many hostile changes the generators make (2,000 without it).

// The exemption for tests in clippy.toml reaches test functions, not what they share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod honest;
mod hostile;
mod unknown;
mod writer;

use automerge::ActorId;
use dossier_trust::preflight::Limits;

const LIMITS: Limits = Limits::SUITE_1;

fn cases() -> u64 {
    std::env::var("PREFLIGHT_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(2_000)
}

/// A small generator with a visible seed, so that a failure can be run again.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let mixed = (self.0 ^ (self.0 >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed >> 33) as usize) % bound.max(1)
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

fn actor(number: usize, dice: &mut Dice) -> ActorId {
    let mut bytes = [0_u8; 32];
    for byte in &mut bytes {
        *byte = dice.below(256) as u8;
    }
    bytes[31] = number as u8;
    ActorId::from(&bytes[..])
}
