//! One canonical byte form for everything that is signed or hashed.
//!
//! Integers are shortest-form LEB128, fixed names are raw, byte strings carry their length, lists their count.
//! `decode` refuses whatever `encode` would not have written, so a structure has exactly one byte form and its
//! hash is its identity. Every length has a cap that the reader states before it allocates.

/// Why bytes were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end before the structure does.
    #[error("the bytes end too early")]
    Short,
    /// Bytes follow the structure.
    #[error("bytes follow the end")]
    Trailing,
    /// Another byte form of the same value exists.
    #[error("not in canonical form")]
    NotCanonical,
    /// A length or count is above its cap.
    #[error("longer than allowed")]
    TooLong,
    /// A tag that this version does not know.
    #[error("unknown kind")]
    UnknownKind,
    /// A suite that this version does not know: the program is too old, or the bytes are hostile.
    #[error("unknown suite")]
    UnknownSuite,
    /// Text that is not UTF-8.
    #[error("text is not UTF-8")]
    NotText,
}

/// Collects a canonical byte form.
#[derive(Debug, Default, Clone)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Starts with nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    /// A number as shortest LEB128.
    pub fn uint(&mut self, mut value: u64) -> &mut Self {
        loop {
            let low = (value & 0x7f) as u8;
            value >>= 7;
            if value == 0 {
                self.0.push(low);
                return self;
            }
            self.0.push(low | 0x80);
        }
    }

    /// Bytes of a length that the reader knows.
    pub fn fixed(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Bytes with their length before them.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.uint(bytes.len() as u64);
        self.fixed(bytes)
    }

    /// A count, then every element.
    pub fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T)) -> &mut Self {
        self.uint(items.len() as u64);
        for item in items {
            each(self, item);
        }
        self
    }

    /// A presence byte, then the value if there is one.
    pub fn option<T>(&mut self, value: Option<&T>, each: impl FnOnce(&mut Self, &T)) -> &mut Self {
        match value {
            None => self.u8(0),
            Some(value) => {
                self.u8(1);
                each(self, value);
                self
            }
        }
    }

    /// The bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads what [`Writer`] wrote, and nothing else.
#[derive(Debug, Clone)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads from the front of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Bytes that are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.0.len()
    }

    /// One byte.
    ///
    /// # Errors
    /// [`DecodeError::Short`].
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        let (first, rest) = self.0.split_first().ok_or(DecodeError::Short)?;
        self.0 = rest;
        Ok(*first)
    }

    /// A shortest-form LEB128 number.
    ///
    /// # Errors
    /// A longer form, more than 64 bits, or the end.
    pub fn uint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let low = u64::from(byte & 0x7f);
            if shift == 63 && low > 1 {
                return Err(DecodeError::NotCanonical);
            }
            value |= low << shift;
            if byte & 0x80 == 0 {
                let shortest = byte != 0 || shift == 0;
                return if shortest {
                    Ok(value)
                } else {
                    Err(DecodeError::NotCanonical)
                };
            }
        }
        Err(DecodeError::NotCanonical)
    }

    /// A number that fits in 32 bits.
    ///
    /// # Errors
    /// As [`Self::uint`], or [`DecodeError::TooLong`].
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        u32::try_from(self.uint()?).map_err(|_| DecodeError::TooLong)
    }

    /// `N` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Short`].
    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (first, rest) = self.0.split_first_chunk::<N>().ok_or(DecodeError::Short)?;
        self.0 = rest;
        Ok(*first)
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Short`].
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (first, rest) = self.0.split_at_checked(count).ok_or(DecodeError::Short)?;
        self.0 = rest;
        Ok(first)
    }

    /// Bytes with a length before them, at most `cap`.
    ///
    /// # Errors
    /// [`DecodeError::TooLong`] before anything is allocated; [`DecodeError::Short`].
    pub fn bytes(&mut self, cap: usize) -> Result<&'a [u8], DecodeError> {
        let count = usize::try_from(self.uint()?).map_err(|_| DecodeError::TooLong)?;
        if count > cap {
            return Err(DecodeError::TooLong);
        }
        self.take(count)
    }

    /// UTF-8 text with a length in bytes before it, at most `cap`.
    ///
    /// # Errors
    /// As [`Self::bytes`], or [`DecodeError::NotText`].
    pub fn text(&mut self, cap: usize) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(self.bytes(cap)?).map_err(|_| DecodeError::NotText)
    }

    /// A count of at most `cap`, then that many elements.
    ///
    /// # Errors
    /// [`DecodeError::TooLong`], or what an element says.
    pub fn list<T>(
        &mut self,
        cap: usize,
        mut each: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let count = usize::try_from(self.uint()?).map_err(|_| DecodeError::TooLong)?;
        if count > cap || count > self.left() {
            return Err(DecodeError::TooLong);
        }
        (0..count).map(|_| each(self)).collect()
    }

    /// A presence byte, then the value.
    ///
    /// # Errors
    /// [`DecodeError::NotCanonical`] for a presence byte above one, or what the value says.
    pub fn option<T>(
        &mut self,
        each: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, DecodeError> {
        match self.u8()? {
            0 => Ok(None),
            1 => each(self).map(Some),
            _ => Err(DecodeError::NotCanonical),
        }
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// [`DecodeError::Trailing`].
    pub fn end(self) -> Result<(), DecodeError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::Trailing)
        }
    }
}

/// Something with exactly one byte form.
pub trait Canonical: Sized {
    /// Appends the byte form.
    fn encode(&self, out: &mut Writer);

    /// Reads the byte form.
    ///
    /// # Errors
    /// Anything that [`Self::encode`] would not have written.
    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// The byte form alone.
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::new();
        self.encode(&mut out);
        out.finish()
    }

    /// Reads bytes that hold this and nothing more.
    ///
    /// # Errors
    /// As [`Self::decode`], or [`DecodeError::Trailing`].
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut input = Reader::new(bytes);
        let value = Self::decode(&mut input)?;
        input.end()?;
        Ok(value)
    }
}

/// A list whose elements must ascend without repeats, so that a set has one byte form.
pub(crate) fn ascending<T: Ord>(items: Vec<T>) -> Result<Vec<T>, DecodeError> {
    if items.is_sorted_by(|left, right| left < right) {
        Ok(items)
    } else {
        Err(DecodeError::NotCanonical)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form() {
        for value in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX] {
            let mut out = Writer::new();
            out.uint(value);
            let bytes = out.finish();
            assert_eq!(Reader::new(&bytes).uint(), Ok(value));
        }
        assert_eq!(Reader::new(&[0x80, 0x00]).uint(), Err(DecodeError::NotCanonical));
        assert_eq!(Reader::new(&[0xff; 10]).uint(), Err(DecodeError::NotCanonical));
        assert_eq!(Reader::new(&[0x80]).uint(), Err(DecodeError::Short));
    }

    #[test]
    fn a_long_count_is_refused_before_it_allocates() {
        let mut out = Writer::new();
        out.uint(u64::MAX);
        let bytes = out.finish();
        assert_eq!(
            Reader::new(&bytes).list(usize::MAX, Reader::u8),
            Err(DecodeError::TooLong)
        );
        assert_eq!(Reader::new(&bytes).bytes(1 << 20), Err(DecodeError::TooLong));
    }
}
