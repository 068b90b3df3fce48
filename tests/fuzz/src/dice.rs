//! Choices that the input makes, in the place of the dice that the tests of the trust crate throw.

/// Reads one choice after another from bytes. Every small choice takes one byte, so that a changed byte is a changed
/// choice and nothing else; behind the end every choice is the same.
#[derive(Clone)]
pub struct Dice {
    bytes: Vec<u8>,
    at: usize,
}

impl Dice {
    /// The choices in these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.to_vec(),
            at: 0,
        }
    }

    /// What the tests ask for by number.
    pub fn new(seed: u64) -> Self {
        Self::of(&seed.to_le_bytes())
    }

    fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.at).copied().unwrap_or(u8::MAX);
        self.at += 1;
        byte
    }

    pub fn next(&mut self) -> u64 {
        u64::from_le_bytes([(); 8].map(|()| self.byte()))
    }

    pub fn below(&mut self, bound: usize) -> usize {
        match bound {
            0 | 1 => 0,
            2..=256 => usize::from(self.byte()) % bound,
            _ => (self.next() % bound as u64) as usize,
        }
    }

    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}
