//! Our own compression around a change or a saved document, with a cap on what comes out.

use std::io::Read as _;

use brotli::enc::BrotliEncoderParams;
use brotli::{BrotliCompress, Decompressor};
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use super::{Limits, Refusal};

const RAW: u8 = 0;
const DEFLATE: u8 = 1;
const BROTLI: u8 = 2;
const LEVEL: u8 = 6;
const FIRST_BUFFER: usize = 4 * 1024;
/// A third smaller than DEFLATE at about its speed; higher ones take several times as long for a tenth more.
const BROTLI_QUALITY: i32 = 7;
/// Log₂ of how far back a repetition may lie: 4 MiB.
const BROTLI_WINDOW: i32 = 22;

/// A change as it is sealed: a codec byte (0 raw, 1 DEFLATE), then the bytes in the smaller form.
#[must_use]
pub fn pack(raw: &[u8]) -> Vec<u8> {
    let deflated = compress_to_vec(raw, LEVEL);
    let (codec, body) = if deflated.len() < raw.len() {
        (DEFLATE, deflated.as_slice())
    } else {
        (RAW, raw)
    };
    let mut packed = Vec::with_capacity(1 + body.len());
    packed.push(codec);
    packed.extend_from_slice(body);
    packed
}

/// The bytes that [`pack`] took, of which there are never more than [`Limits::max_bytes`].
///
/// # Errors
///
/// [`Refusal::TooLarge`] as soon as the output would go over the limit, and
/// [`Refusal::Compression`] for an unknown codec, a broken stream, bytes behind the stream, or a
/// stream that is not smaller than what it holds. Which of several streams of the same bytes was
/// chosen is not looked at.
pub fn unpack(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, Refusal> {
    match bytes.split_first() {
        Some((&RAW, raw)) if raw.len() > limits.max_bytes => Err(Refusal::TooLarge),
        Some((&RAW, raw)) => Ok(raw.to_vec()),
        Some((&DEFLATE, stream)) if stream.len() >= limits.max_bytes => Err(Refusal::TooLarge),
        Some((&DEFLATE, stream)) => inflate(stream, limits.max_bytes),
        _ => Err(Refusal::Compression),
    }
}

/// A saved document as a checkpoint carries it: a codec byte (0 raw, 2 Brotli), then the bytes in the smaller form.
#[must_use]
pub fn pack_document(raw: &[u8]) -> Vec<u8> {
    let params = BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW,
        size_hint: raw.len(),
        ..BrotliEncoderParams::default()
    };
    let mut packed = vec![BROTLI];
    let done = BrotliCompress(&mut &*raw, &mut packed, &params);
    if done.is_err() || packed.len() > raw.len() {
        packed.clear();
        packed.push(RAW);
        packed.extend_from_slice(raw);
    }
    packed
}

/// The bytes that [`pack_document`] took, or [`pack`]: never more than `max_bytes`, whatever is inside.
///
/// # Errors
/// As [`unpack`].
pub fn unpack_document(bytes: &[u8], max_bytes: usize) -> Result<Vec<u8>, Refusal> {
    if let Some((&BROTLI, stream)) = bytes.split_first() {
        return unbrotli(stream, max_bytes);
    }
    let limits = Limits {
        max_bytes,
        ..Limits::SUITE_1
    };
    unpack(bytes, &limits)
}

fn unbrotli(stream: &[u8], max_bytes: usize) -> Result<Vec<u8>, Refusal> {
    let mut out = Vec::new();
    let most = u64::try_from(max_bytes).map_err(|_| Refusal::TooLarge)?;
    // One more than fits, to see that there is one.
    let mut rest = Decompressor::new(stream, FIRST_BUFFER).take(most.saturating_add(1));
    rest.read_to_end(&mut out).map_err(|_| Refusal::Compression)?;
    if out.len() > max_bytes {
        return Err(Refusal::TooLarge);
    }
    Ok(out)
}

fn inflate(stream: &[u8], max_bytes: usize) -> Result<Vec<u8>, Refusal> {
    let mut state = DecompressorOxide::new();
    let mut out = vec![0_u8; FIRST_BUFFER.min(max_bytes)];
    let mut read = 0_usize;
    let mut written = 0_usize;
    loop {
        let rest = stream.get(read..).ok_or(Refusal::Compression)?;
        let (status, consumed, produced) = decompress(
            &mut state,
            rest,
            &mut out,
            written,
            TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
        );
        read += consumed;
        written += produced;
        match status {
            TINFLStatus::Done => {
                if read != stream.len() || stream.len() >= written {
                    return Err(Refusal::Compression);
                }
                out.truncate(written);
                return Ok(out);
            }
            TINFLStatus::HasMoreOutput => {
                if out.len() >= max_bytes {
                    return Err(Refusal::TooLarge);
                }
                let len = out.len().saturating_mul(2).min(max_bytes);
                out.resize(len, 0);
            }
            TINFLStatus::FailedCannotMakeProgress
            | TINFLStatus::BadParam
            | TINFLStatus::Adler32Mismatch
            | TINFLStatus::Failed
            | TINFLStatus::NeedsMoreInput
            | _ => return Err(Refusal::Compression),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_unpacks() {
        let limits = Limits::SUITE_1;
        for raw in [
            Vec::new(),
            vec![7],
            (0..=255).collect(),
            vec![9; limits.max_bytes],
            (0..200_000_u32)
                .flat_map(u32::to_le_bytes)
                .take(limits.max_bytes)
                .collect(),
        ] {
            let packed = pack(&raw);
            assert!(packed.len() <= raw.len() + 1);
            assert_eq!(unpack(&packed, &limits), Ok(raw));
        }
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let limits = Limits::SUITE_1;
        let over = pack(&vec![0; limits.max_bytes + 1]);
        assert_eq!(unpack(&over, &limits), Err(Refusal::TooLarge));
        let bomb = pack(&vec![0; 64 * 1024 * 1024]);
        assert_eq!(unpack(&bomb, &limits), Err(Refusal::TooLarge));
        assert_eq!(unpack(&vec![0; limits.max_bytes + 2], &limits), Err(Refusal::TooLarge));
    }

    #[test]
    fn a_document_unpacks_in_every_form_and_a_bomb_stops_at_the_limit() {
        let noise: Vec<u8> = (0..40_000_u32)
            .flat_map(|n| blake3::hash(&n.to_le_bytes()).as_bytes()[..8].to_vec())
            .collect();
        for raw in [Vec::new(), vec![7], vec![9; 3 << 20], noise] {
            let packed = pack_document(&raw);
            assert!(packed.len() <= raw.len() + 1);
            for packed in [packed, pack(&raw)] {
                assert_eq!(unpack_document(&packed, raw.len()), Ok(raw.clone()));
                if !raw.is_empty() {
                    assert_eq!(unpack_document(&packed, raw.len() - 1), Err(Refusal::TooLarge));
                }
            }
        }
        let bomb = pack_document(&vec![0; 64 << 20]);
        assert!(bomb.len() < 1_000);
        assert_eq!(unpack_document(&bomb, 1 << 20), Err(Refusal::TooLarge));
        assert_eq!(
            unpack(&bomb, &Limits::SUITE_1),
            Err(Refusal::Compression),
            "no codec for a change"
        );
        let whole = pack_document(&[5; 1000]);
        for len in 0..whole.len() {
            assert_eq!(unpack_document(&whole[..len], 1000), Err(Refusal::Compression));
        }
    }

    #[test]
    fn needless_or_broken_packing_is_refused() {
        let limits = Limits::SUITE_1;
        assert_eq!(unpack(&[], &limits), Err(Refusal::Compression));
        assert_eq!(unpack(&[2, 1, 2, 3], &limits), Err(Refusal::Compression));
        let mut needless = vec![DEFLATE];
        needless.extend(compress_to_vec(&[1, 2, 3], LEVEL));
        assert_eq!(unpack(&needless, &limits), Err(Refusal::Compression));
        let mut trailing = pack(&[5; 1000]);
        trailing.push(0);
        assert_eq!(unpack(&trailing, &limits), Err(Refusal::Compression));
        let whole = pack(&[5; 1000]);
        for len in 1..whole.len() {
            assert_eq!(unpack(&whole[..len], &limits), Err(Refusal::Compression));
        }
    }
}
