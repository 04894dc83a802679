//! The footer: schema and where the columns of each row group are.

use std::ops::Range;
use std::sync::Arc;

use crate::Error;
use crate::codec::Codec;
use crate::schema::{Element, Schema};
use crate::thrift::Thrift;

/// What files begin and end with.
const MAGIC: &[u8; 4] = b"PAR1";
/// The same of files whose footer is encrypted.
const ENCRYPTED: &[u8; 4] = b"PARE";
/// Most bytes of a footer.
// AWS: ItemReader page: 5 MB; files here may be a little more generous.
const MAX_FOOTER: usize = 16 << 20;
/// Most packed bytes of a row group: they are in memory while its rows are read.
// AWS: ItemReader page: row groups are at most 256 MB.
const MAX_GROUP: u64 = 256 << 20;

/// What a file says of itself.
#[derive(Debug, Clone)]
pub struct Footer {
    pub(crate) schema: Arc<Schema>,
    /// The row groups, in order.
    pub groups: Vec<Group>,
}

/// Some rows.
#[derive(Debug, Clone)]
pub struct Group {
    /// How many rows.
    pub rows: u64,
    /// A chunk of each column.
    pub chunks: Vec<Chunk>,
}

/// A column's part in a row group.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// Where its bytes are in the file.
    pub bytes: Range<u64>,
    pub(crate) codec: Codec,
}

impl Footer {
    /// Bytes at the end of a file that say how long the footer before them is.
    pub const TAIL: usize = 8;

    /// Length of the footer in bytes, from the last bytes of the file.
    ///
    /// # Errors
    /// When the file is none of Parquet's.
    pub fn length(tail: [u8; Self::TAIL]) -> Result<usize, Error> {
        let [a, b, c, d, magic @ ..] = tail;
        if magic == *ENCRYPTED {
            return Err(Error::Unsupported("an encrypted footer".into()));
        }
        if magic != *MAGIC {
            return Err(Error::NoParquet);
        }
        match usize::try_from(u32::from_le_bytes([a, b, c, d])) {
            Ok(length) if length <= MAX_FOOTER => Ok(length),
            _ => Err(Error::TooLarge("the footer has more than 16 MiB")),
        }
    }

    /// Reads a footer.
    ///
    /// # Errors
    /// When it is broken, or uses what is not read here.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let (mut elements, mut groups) = (Vec::new(), Vec::new());
        let mut encrypted = false;
        let mut thrift = Thrift::new(bytes);
        thrift.fields(|thrift, field| {
            match field.id {
                2 => thrift.structs(|thrift| {
                    elements.push(Element::read(thrift)?);
                    Ok(())
                })?,
                4 => thrift.structs(|thrift| {
                    groups.push(group(thrift)?);
                    Ok(())
                })?,
                8 => {
                    encrypted = true;
                    return Ok(false);
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        if encrypted {
            return Err(Error::Unsupported("encrypted columns".into()));
        }
        let schema = Schema::build(&elements)?;
        if groups.iter().any(|group| group.chunks.len() != schema.leaves.len()) {
            return Err(Error::Broken("a row group has other columns than the schema"));
        }
        Ok(Self { schema: Arc::new(schema), groups })
    }
}

fn group(thrift: &mut Thrift<'_>) -> Result<Group, Error> {
    let (mut rows, mut chunks) = (0, Vec::new());
    thrift.fields(|thrift, field| {
        match field.id {
            1 => thrift.structs(|thrift| {
                chunks.push(chunk(thrift)?);
                Ok(())
            })?,
            3 => rows = thrift.size()?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let lengths = chunks.iter().map(|chunk| chunk.bytes.end - chunk.bytes.start);
    if lengths.fold(0, u64::saturating_add) > MAX_GROUP {
        return Err(Error::TooLarge("a row group has more than 256 MiB"));
    }
    Ok(Group { rows, chunks })
}

fn chunk(thrift: &mut Thrift<'_>) -> Result<Chunk, Error> {
    let (mut found, mut elsewhere) = (None, false);
    thrift.fields(|thrift, field| {
        match field.id {
            1 => {
                elsewhere = true;
                return Ok(false);
            }
            3 => found = Some(place(thrift)?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    if elsewhere {
        return Err(Error::Unsupported("columns in files of their own".into()));
    }
    found.ok_or(Error::Broken("a column chunk has no description"))
}

fn place(thrift: &mut Thrift<'_>) -> Result<Chunk, Error> {
    let (mut codec, mut length, mut data, mut dictionary) = (0, 0, 0, None);
    thrift.fields(|thrift, field| {
        match field.id {
            4 => codec = thrift.int()?,
            7 => length = thrift.size()?,
            9 => data = thrift.size()?,
            11 => dictionary = Some(thrift.size()?).filter(|start| *start > 0),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let start = dictionary.map_or(data, |start| start.min(data));
    let end = start.checked_add(length).ok_or(Error::Broken("a column chunk has no end"))?;
    Ok(Chunk { bytes: start..end, codec: Codec::of(codec)? })
}
