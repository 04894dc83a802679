//! Unpacking of pages.

use std::io::Read as _;

use crate::Error;

/// How pages are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    Plain,
    Snappy,
    Gzip,
}

impl Codec {
    pub(crate) fn of(number: i64) -> Result<Self, Error> {
        let name = match number {
            0 => return Ok(Self::Plain),
            1 => return Ok(Self::Snappy),
            2 => return Ok(Self::Gzip),
            3 => "LZO",
            4 => "Brotli",
            5 | 7 => "LZ4",
            6 => "Zstandard",
            _ => "an unknown codec",
        };
        Err(Error::Unsupported(format!("columns packed with {name}")))
    }

    /// The bytes that `packed` stands for, `length` of them.
    pub(crate) fn unpack(self, packed: &[u8], length: usize) -> Result<Vec<u8>, Error> {
        let unpacked = match self {
            Self::Plain => packed.to_vec(),
            Self::Snappy => snappy(packed, length)?,
            Self::Gzip => {
                let mut unpacked = Vec::new();
                let most = length as u64 + 1;
                flate2::read::MultiGzDecoder::new(packed)
                    .take(most)
                    .read_to_end(&mut unpacked)
                    .map_err(|_| Error::Broken("a page cannot be unpacked"))?;
                unpacked
            }
        };
        if unpacked.len() == length {
            Ok(unpacked)
        } else {
            Err(Error::Broken("a page has another length than it says"))
        }
    }
}

/// Snappy's raw format: literals, and copies of what came before.
fn snappy(packed: &[u8], length: usize) -> Result<Vec<u8>, Error> {
    let broken = || Error::Broken("a page cannot be unpacked");
    let (mut at, mut said) = (0, 0_u64);
    for shift in (0..35).step_by(7) {
        let byte = *packed.get(at).ok_or_else(broken)?;
        at += 1;
        said |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    if said != length as u64 {
        return Err(broken());
    }
    let mut unpacked: Vec<u8> = Vec::new();
    let little = |at: usize, count: usize| -> Result<usize, Error> {
        let bytes = packed.get(at..at + count).ok_or_else(broken)?;
        Ok(bytes.iter().rev().fold(0, |sum, byte| (sum << 8) | usize::from(*byte)))
    };
    while let Some(&tag) = packed.get(at) {
        at += 1;
        let short = usize::from(tag >> 2);
        let (offset, count) = match tag & 3 {
            0 => {
                let more = short.saturating_sub(59);
                let count = if more == 0 { short } else { little(at, more)? } + 1;
                at += more;
                let end = at.checked_add(count).ok_or_else(broken)?;
                unpacked.extend_from_slice(packed.get(at..end).ok_or_else(broken)?);
                at = end;
                continue;
            }
            1 => (usize::from(tag >> 5) << 8 | little(at, 1)?, (short & 7) + 4),
            2 => (little(at, 2)?, short + 1),
            _ => (little(at, 4)?, short + 1),
        };
        at += [0, 1, 2, 4][usize::from(tag & 3)];
        let start = unpacked.len().checked_sub(offset).filter(|_| offset > 0);
        let start = start.ok_or_else(broken)?;
        if unpacked.len() + count > length {
            return Err(broken());
        }
        // What is copied may overlap what is written.
        for from in start..start + count {
            let byte = unpacked[from];
            unpacked.push(byte);
        }
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use super::{Codec, snappy};

    #[test]
    fn snappy_texts() {
        // A literal, then a copy that overlaps itself.
        assert_eq!(snappy(&[10, 4, b'a', b'b', 30, 2, 0], 10).unwrap(), b"ababababab");
        assert_eq!(snappy(&[5, 4, b'a', b'b', 0b0000_1001 | (2 << 2), 2], 5).ok(), None);
        assert_eq!(snappy(&[0], 0).unwrap(), b"");
        let long = [&[100, 60 << 2, 99][..], &[b'x'; 100]].concat();
        assert_eq!(snappy(&long, 100).unwrap(), [b'x'; 100]);
        for broken in [&[][..], &[3], &[3, 0xff], &[200, 200, 200, 200, 200, 200], &[4, 1, 1]] {
            assert!(snappy(broken, 3).is_err() || snappy(broken, 3).unwrap().len() < 3);
        }
        assert!(Codec::Snappy.unpack(&[3, 0, b'a'], 3).is_err());
        assert!(Codec::Gzip.unpack(b"no gzip", 3).is_err());
    }
}
