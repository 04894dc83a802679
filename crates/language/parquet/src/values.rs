//! The values of a page, one after the other, whatever they are encoded with.

use serde_json::Value;

use crate::Error;
use crate::delta::Delta;
use crate::hybrid::Hybrid;
use crate::schema::{Leaf, Physical};
use crate::value::{Raw, value};

/// Most values of a page whose lengths are read at once.
const MAX_LENGTHS: u64 = 1 << 24;

/// Encodings as pages number them.
pub(crate) mod encoding {
    pub(crate) const PLAIN: i64 = 0;
    pub(crate) const PLAIN_DICTIONARY: i64 = 2;
    pub(crate) const RLE: i64 = 3;
    pub(crate) const DELTA_BINARY_PACKED: i64 = 5;
    pub(crate) const DELTA_LENGTH_BYTE_ARRAY: i64 = 6;
    pub(crate) const DELTA_BYTE_ARRAY: i64 = 7;
    pub(crate) const RLE_DICTIONARY: i64 = 8;
    pub(crate) const BYTE_STREAM_SPLIT: i64 = 9;
}

/// Where in a page the next value is.
#[derive(Debug)]
pub(crate) enum Values {
    Plain {
        at: usize,
    },
    /// Truth values, a bit each.
    Bits {
        bit: usize,
    },
    Runs(Hybrid),
    Dictionary(Hybrid),
    Delta(Delta),
    Lengths {
        lengths: std::vec::IntoIter<u32>,
        at: usize,
    },
    Prefixes {
        prefixes: std::vec::IntoIter<u32>,
        lengths: std::vec::IntoIter<u32>,
        at: usize,
        last: Vec<u8>,
    },
    /// All first bytes, all second bytes and so on.
    Split {
        at: usize,
        count: usize,
    },
}

fn ended() -> Error {
    Error::Broken("a page ends early")
}

/// Bytes of a value that has always as many.
fn width(physical: Physical) -> Option<usize> {
    match physical {
        Physical::Int32 | Physical::Float => Some(4),
        Physical::Int64 | Physical::Double => Some(8),
        Physical::Int96 => Some(12),
        Physical::Fixed(length) => Some(length),
        Physical::Bool | Physical::Bytes => None,
    }
}

impl Values {
    /// The values of a page from `at` on.
    pub(crate) fn new(leaf: &Leaf, number: i64, page: &[u8], at: usize) -> Result<Self, Error> {
        let integers = matches!(leaf.physical, Physical::Int32 | Physical::Int64);
        let texts = matches!(leaf.physical, Physical::Bytes | Physical::Fixed(_));
        let delta = |at| {
            let delta = Delta::new(page, at)?;
            if delta.left > MAX_LENGTHS {
                return Err(Error::TooLarge("a page has more than 16,777,216 texts"));
            }
            delta.lengths(page)
        };
        Ok(match number {
            encoding::PLAIN if leaf.physical == Physical::Bool => Self::Bits { bit: at * 8 },
            encoding::PLAIN => Self::Plain { at },
            encoding::RLE if leaf.physical == Physical::Bool => {
                // The length of the runs comes first; they end with the page.
                Self::Runs(Hybrid::new(at + 4, page.len(), 1)?)
            }
            encoding::PLAIN_DICTIONARY | encoding::RLE_DICTIONARY => {
                let width = page.get(at).copied().unwrap_or_default();
                Self::Dictionary(Hybrid::new(at + 1, page.len(), u32::from(width))?)
            }
            encoding::DELTA_BINARY_PACKED if integers => Self::Delta(Delta::new(page, at)?),
            encoding::DELTA_LENGTH_BYTE_ARRAY if texts => {
                let (lengths, at) = delta(at)?;
                Self::Lengths { lengths: lengths.into_iter(), at }
            }
            encoding::DELTA_BYTE_ARRAY if texts => {
                let (prefixes, at) = delta(at)?;
                let (lengths, at) = delta(at)?;
                Self::Prefixes {
                    prefixes: prefixes.into_iter(),
                    lengths: lengths.into_iter(),
                    at,
                    last: Vec::new(),
                }
            }
            encoding::BYTE_STREAM_SPLIT => match width(leaf.physical) {
                Some(width) => {
                    let count = page.len().saturating_sub(at) / width;
                    Self::Split { at, count }
                }
                None => return Err(Error::Broken("values of this type cannot be split")),
            },
            _ => return Err(Error::Unsupported(format!("pages with encoding {number}"))),
        })
    }

    pub(crate) fn next(
        &mut self,
        leaf: &Leaf,
        page: &[u8],
        dictionary: &[Value],
    ) -> Result<Value, Error> {
        let raw = match self {
            Self::Plain { at } => plain(leaf.physical, page, at)?,
            Self::Bits { bit } => {
                let byte = *page.get(*bit / 8).ok_or_else(ended)?;
                let truth = byte >> (*bit % 8) & 1 == 1;
                *bit += 1;
                Raw::Bool(truth)
            }
            Self::Runs(runs) => Raw::Bool(runs.next(page)? == 1),
            Self::Dictionary(indexes) => {
                let index = indexes.next(page)? as usize;
                let found = dictionary.get(index).cloned();
                return found.ok_or(Error::Broken("a value is not in the dictionary"));
            }
            Self::Delta(delta) => {
                let number = delta.next(page)?;
                match leaf.physical {
                    // Differences of short numbers overflow as short numbers do.
                    Physical::Int32 => Raw::Int32(number as i32),
                    _ => Raw::Int64(number),
                }
            }
            Self::Lengths { lengths, at } => {
                let length = lengths.next().ok_or_else(ended)?;
                Raw::Bytes(taken(page, at, length as usize)?)
            }
            Self::Prefixes { prefixes, lengths, at, last } => {
                let prefix = prefixes.next().ok_or_else(ended)? as usize;
                let length = lengths.next().ok_or_else(ended)?;
                if prefix > last.len() {
                    return Err(Error::Broken("a text begins with more than the one before"));
                }
                last.truncate(prefix);
                last.extend_from_slice(taken(page, at, length as usize)?);
                Raw::Bytes(last)
            }
            Self::Split { at, count } => return split(leaf, page, at, *count),
        };
        Ok(value(leaf, raw))
    }
}

fn taken<'p>(page: &'p [u8], at: &mut usize, length: usize) -> Result<&'p [u8], Error> {
    let end = at.checked_add(length).ok_or_else(ended)?;
    let found = page.get(*at..end).ok_or_else(ended)?;
    *at = end;
    Ok(found)
}

fn array<const N: usize>(page: &[u8], at: &mut usize) -> Result<[u8; N], Error> {
    taken(page, at, N)?.try_into().map_err(|_| ended())
}

/// A value as it is.
pub(crate) fn plain<'p>(
    physical: Physical,
    page: &'p [u8],
    at: &mut usize,
) -> Result<Raw<'p>, Error> {
    Ok(match physical {
        Physical::Bool => Raw::Bool(array::<1>(page, at)? != [0]),
        Physical::Int32 => Raw::Int32(i32::from_le_bytes(array(page, at)?)),
        Physical::Int64 => Raw::Int64(i64::from_le_bytes(array(page, at)?)),
        Physical::Int96 => Raw::Int96(array(page, at)?),
        Physical::Float => Raw::Float(f32::from_le_bytes(array(page, at)?)),
        Physical::Double => Raw::Double(f64::from_le_bytes(array(page, at)?)),
        Physical::Bytes => {
            let length = u32::from_le_bytes(array(page, at)?);
            Raw::Bytes(taken(page, at, length as usize)?)
        }
        Physical::Fixed(length) => Raw::Bytes(taken(page, at, length)?),
    })
}

/// The next of values whose bytes lie apart.
fn split(leaf: &Leaf, page: &[u8], at: &mut usize, count: usize) -> Result<Value, Error> {
    let width = width(leaf.physical).unwrap_or_default();
    let gathered: Option<Vec<u8>> =
        (0..width).map(|byte| page.get(*at + byte * count).copied()).collect();
    *at += 1;
    let gathered = gathered.ok_or_else(ended)?;
    Ok(value(leaf, plain(leaf.physical, &gathered, &mut 0)?))
}
