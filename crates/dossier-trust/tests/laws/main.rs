//! The verdict against a second, naive reading of its formulas, over random histories, and against named attacks.
//!
//! `LAWS_CASES` sets how many histories are made (10,000 without it). A history that broke a law is kept by its number
//! in `seeds/broken.txt` and runs first, every time.

// The exemption for tests in clippy.toml reaches test functions, not what they share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
// The reference names the few kinds that a formula is about; an operation is copied a few times per history.
#![allow(clippy::wildcard_enum_match_arm, clippy::large_enum_variant)]

mod attacks;
mod breaks;
mod cast;
mod generator;
mod held;
mod histories;
mod long_log;
mod mutations;
mod reference;
mod speed;
mod world;
#[path = "../preflight/writer.rs"]
#[allow(dead_code)]
mod writer;

/// A small generator with a visible seed, so that a failure can be run again.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}
