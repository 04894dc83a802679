//! Pages: a header, levels, values.

use serde_json::Value;

use crate::Error;
use crate::codec::Codec;
use crate::hybrid::Hybrid;
use crate::schema::{Leaf, Physical};
use crate::thrift::Thrift;
use crate::value::value;
use crate::values::{Values, encoding, plain};

/// Most unpacked bytes of a page.
const MAX_PAGE: u64 = 256 << 20;

const DATA: i64 = 0;
const DICTIONARY: i64 = 2;
const DATA_2: i64 = 3;

/// A page that is being read.
pub(crate) struct Page {
    pub(crate) bytes: Vec<u8>,
    pub(crate) repetitions: Option<Hybrid>,
    pub(crate) definitions: Option<Hybrid>,
    pub(crate) values: Values,
    /// Values, absent ones included, that are left.
    pub(crate) left: u64,
}

/// What a chunk goes on with.
pub(crate) enum Part {
    Page(Box<Page>),
    Dictionary(Vec<Value>),
    /// Nothing to read.
    Other,
}

#[derive(Default)]
struct Header {
    kind: i64,
    unpacked: u64,
    packed: u64,
    values: u64,
    encoding: i64,
    level_encodings: [Option<i64>; 2],
    /// Of the second version: bytes of definition and repetition levels, and whether the rest is packed.
    lengths: [u64; 2],
    plain: bool,
}

impl Header {
    fn read(thrift: &mut Thrift<'_>) -> Result<Self, Error> {
        let mut header = Self::default();
        thrift.fields(|thrift, field| {
            match field.id {
                1 => header.kind = thrift.int()?,
                2 => header.unpacked = thrift.size()?,
                3 => header.packed = thrift.size()?,
                7 => thrift.fields(|thrift, field| {
                    match field.id {
                        1 => header.values = thrift.size()?,
                        2 => header.encoding = thrift.int()?,
                        _ => return Ok(false),
                    }
                    Ok(true)
                })?,
                5 => thrift.fields(|thrift, field| {
                    match field.id {
                        1 => header.values = thrift.size()?,
                        2 => header.encoding = thrift.int()?,
                        3 => header.level_encodings[0] = Some(thrift.int()?),
                        4 => header.level_encodings[1] = Some(thrift.int()?),
                        _ => return Ok(false),
                    }
                    Ok(true)
                })?,
                8 => thrift.fields(|thrift, field| {
                    match field.id {
                        1 => header.values = thrift.size()?,
                        4 => header.encoding = thrift.int()?,
                        5 => header.lengths[0] = thrift.size()?,
                        6 => header.lengths[1] = thrift.size()?,
                        7 => header.plain = !field.truth(),
                        _ => return Ok(false),
                    }
                    // A truth value has no bytes of its own.
                    Ok(true)
                })?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        if header.unpacked > MAX_PAGE {
            return Err(Error::TooLarge("a page has more than 256 MiB"));
        }
        Ok(header)
    }
}

/// Reads the page at a place of a chunk; the place moves behind it.
pub(crate) fn next(leaf: &Leaf, codec: Codec, chunk: &[u8], at: &mut usize) -> Result<Part, Error> {
    let ended = || Error::Broken("a column chunk ends early");
    let mut thrift = Thrift::new(chunk.get(*at..).ok_or_else(ended)?);
    let header = Header::read(&mut thrift)?;
    let start = *at + thrift.at;
    let packed = usize::try_from(header.packed).map_err(|_| ended())?;
    let end = start.checked_add(packed).ok_or_else(ended)?;
    let body = chunk.get(start..end).ok_or_else(ended)?;
    *at = end;
    match header.kind {
        DATA => first_version(leaf, codec, &header, body).map(|page| Part::Page(Box::new(page))),
        DATA_2 => second_version(leaf, codec, &header, body).map(|page| Part::Page(Box::new(page))),
        DICTIONARY => dictionary(leaf, codec, &header, body).map(Part::Dictionary),
        _ => Ok(Part::Other),
    }
}

fn first_version(leaf: &Leaf, codec: Codec, header: &Header, body: &[u8]) -> Result<Page, Error> {
    let bytes = codec.unpack(body, header.unpacked as usize)?;
    let mut at = 0;
    let mut levels = |most: u16, said: Option<i64>| {
        if most == 0 {
            return Ok(None);
        }
        if said.is_some_and(|said| said != encoding::RLE) {
            return Err(Error::Unsupported("levels in the encoding of very old writers".into()));
        }
        let ended = || Error::Broken("a page ends early");
        let length: [u8; 4] =
            bytes.get(at..at + 4).and_then(|length| length.try_into().ok()).ok_or_else(ended)?;
        let start = at + 4;
        let end = start + u32::from_le_bytes(length) as usize;
        if end > bytes.len() {
            return Err(ended());
        }
        at = end;
        Hybrid::of_levels(start, end, most).map(Some)
    };
    let repetitions = levels(leaf.max_repetition, header.level_encodings[1])?;
    let definitions = levels(leaf.max_definition, header.level_encodings[0])?;
    let values = Values::new(leaf, header.encoding, &bytes, at)?;
    Ok(Page { bytes, repetitions, definitions, values, left: header.values })
}

fn second_version(leaf: &Leaf, codec: Codec, header: &Header, body: &[u8]) -> Result<Page, Error> {
    let [definitions, repetitions] = header.lengths;
    let levels = definitions.saturating_add(repetitions);
    let broken = || Error::Broken("a page's levels are longer than the page");
    let rest = header.unpacked.checked_sub(levels).ok_or_else(broken)? as usize;
    let (levels, repetitions) = (levels as usize, repetitions as usize);
    let (head, packed) = body.split_at_checked(levels).ok_or_else(broken)?;
    let codec = if header.plain { Codec::Plain } else { codec };
    // What is empty need not be packed.
    let unpacked = if packed.is_empty() { Vec::new() } else { codec.unpack(packed, rest)? };
    let bytes = [head, &unpacked].concat();
    let of = |start, end, most| match most {
        0 => Ok(None),
        most => Hybrid::of_levels(start, end, most).map(Some),
    };
    Ok(Page {
        repetitions: of(0, repetitions, leaf.max_repetition)?,
        definitions: of(repetitions, levels, leaf.max_definition)?,
        values: Values::new(leaf, header.encoding, &bytes, levels)?,
        bytes,
        left: header.values,
    })
}

fn dictionary(
    leaf: &Leaf,
    codec: Codec,
    header: &Header,
    body: &[u8],
) -> Result<Vec<Value>, Error> {
    if ![encoding::PLAIN, encoding::PLAIN_DICTIONARY].contains(&header.encoding)
        || leaf.physical == Physical::Bool
    {
        return Err(Error::Unsupported("a dictionary in another encoding".into()));
    }
    let bytes = codec.unpack(body, header.unpacked as usize)?;
    let (mut at, mut found) = (0, Vec::new());
    for _ in 0..header.values {
        found.push(value(leaf, plain(leaf.physical, &bytes, &mut at)?));
    }
    Ok(found)
}
