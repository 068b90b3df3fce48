//! Reading fields from untrusted bytes, in their shortest form only.

use super::Refusal;

/// A position in bytes that are read once, front to back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn byte(&mut self) -> Result<u8, Refusal> {
        let (first, rest) = self.rest.split_first().ok_or(Refusal::Truncated)?;
        self.rest = rest;
        Ok(*first)
    }

    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], Refusal> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Refusal::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// A byte string behind its length.
    pub(super) fn prefixed(&mut self) -> Result<&'a [u8], Refusal> {
        let len = self.size()?;
        self.take(len)
    }

    /// A length or count of something that takes at least a byte each, so never more than is left.
    pub(super) fn size(&mut self) -> Result<usize, Refusal> {
        let value = self.uleb()?;
        match usize::try_from(value) {
            Ok(size) if size <= self.rest.len() => Ok(size),
            _ => Err(Refusal::Truncated),
        }
    }

    pub(super) fn uleb(&mut self) -> Result<u64, Refusal> {
        let mut value = 0_u64;
        let mut shift = 0_u32;
        loop {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && byte > 1 {
                return Err(Refusal::Malformed);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                if byte == 0 && shift > 0 {
                    return Err(Refusal::NotCanonical);
                }
                return Ok(value);
            }
            shift += 7;
        }
    }

    pub(super) fn sleb(&mut self) -> Result<i64, Refusal> {
        let mut value = 0_i64;
        let mut shift = 0_u32;
        let mut before = 0_u8;
        loop {
            let byte = self.byte()?;
            if shift == 63 && byte != 0x00 && byte != 0x7f {
                return Err(Refusal::Malformed);
            }
            value |= i64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                let negative = byte & 0x40 != 0;
                // The last byte must add more than a repetition of the sign before it.
                if shift > 7 && ((byte == 0x00 && before & 0x40 == 0) || (byte == 0x7f && before & 0x40 != 0)) {
                    return Err(Refusal::NotCanonical);
                }
                if negative && shift < 64 {
                    value |= -1_i64 << shift;
                }
                return Ok(value);
            }
            before = byte;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_shortest_form_is_read() {
        let unsigned = |bytes: &[u8]| Reader::new(bytes).uleb();
        assert_eq!(unsigned(&[0]), Ok(0));
        assert_eq!(unsigned(&[0x80, 1]), Ok(128));
        assert_eq!(unsigned(&[0x80, 0]), Err(Refusal::NotCanonical));
        assert_eq!(unsigned(&[0x80]), Err(Refusal::Truncated));
        let max = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(unsigned(&max), Ok(u64::MAX));
        let over = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2];
        assert_eq!(unsigned(&over), Err(Refusal::Malformed));
        assert_eq!(unsigned(&[0x80; 20]), Err(Refusal::Malformed));

        let signed = |bytes: &[u8]| Reader::new(bytes).sleb();
        assert_eq!(signed(&[0x7f]), Ok(-1));
        assert_eq!(signed(&[0x40]), Ok(-64));
        assert_eq!(signed(&[0xc0, 0]), Ok(64));
        assert_eq!(signed(&[0xbf, 0x7f]), Ok(-65));
        assert_eq!(signed(&[0xff, 0x7f]), Err(Refusal::NotCanonical));
        assert_eq!(signed(&[0x80, 0]), Err(Refusal::NotCanonical));
        let min = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f];
        assert_eq!(signed(&min), Ok(i64::MIN));
        let max = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0];
        assert_eq!(signed(&max), Ok(i64::MAX));
        let over = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(signed(&over), Err(Refusal::Malformed));
    }
}
