//! Frames on a stream: their length in LEB128, then their bytes.

use std::io;
use std::time::Duration;

use dossier_trust::codec::Writer;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

/// A frame that was begun must be complete within this time, so that nobody holds a place by trickling.
pub(crate) const FRAME_TIME: Duration = Duration::from_secs(120);

/// The frame with its length before it, for one write.
pub(crate) fn framed(frame: &[u8]) -> Vec<u8> {
    let mut out = Writer::new();
    out.bytes(frame);
    out.finish()
}

/// The next frame, of at most `cap` bytes. `None`: the stream ended between frames.
pub(crate) async fn read_frame<R: AsyncRead + Unpin>(input: &mut R, cap: usize) -> io::Result<Option<Vec<u8>>> {
    let first = match input.read_u8().await {
        Ok(first) => first,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    timeout(FRAME_TIME, rest(input, first, cap)).await?.map(Some)
}

async fn rest<R: AsyncRead + Unpin>(input: &mut R, first: u8, cap: usize) -> io::Result<Vec<u8>> {
    let (mut byte, mut len, mut shift) = (first, 0usize, 0u32);
    loop {
        len |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
        shift += 7;
        if shift > 21 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        byte = input.read_u8().await?;
    }
    if len > cap {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut frame = vec![0; len];
    input.read_exact(&mut frame).await?;
    Ok(frame)
}
