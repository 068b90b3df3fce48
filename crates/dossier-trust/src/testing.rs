//! Seeded randomness for this crate's own tests.

use crate::identity::Random;

/// A reproducible stream.
pub struct Seeded(blake3::OutputReader);

impl Seeded {
    /// The stream of one seed.
    pub fn new(seed: u64) -> Self {
        Self(blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof())
    }
}

impl Random for Seeded {
    fn fill(&mut self, out: &mut [u8]) {
        self.0.fill(out);
    }
}
