//! Thrift's compact protocol, as far as Parquet's headers need it.

use crate::Error;

/// How deeply what is skipped may be nested.
const MAX_DEPTH: u8 = 32;

/// Types on the wire.
pub(crate) const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
pub(crate) const STRUCT: u8 = 12;

/// Reads from bytes.
pub(crate) struct Thrift<'a> {
    bytes: &'a [u8],
    /// How many have been read.
    pub(crate) at: usize,
}

/// A field of a struct.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    pub(crate) id: i16,
    kind: u8,
}

impl Field {
    /// What a field that is a truth value says.
    pub(crate) fn truth(self) -> bool {
        self.kind == TRUE
    }
}

fn ended() -> Error {
    Error::Broken("a header ends early")
}

impl<'a> Thrift<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn byte(&mut self) -> Result<u8, Error> {
        let byte = self.bytes.get(self.at).copied().ok_or_else(ended)?;
        self.at += 1;
        Ok(byte)
    }

    fn varint(&mut self) -> Result<u64, Error> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Error::Broken("a number in a header is too long"))
    }

    /// An integer of any width.
    pub(crate) fn int(&mut self) -> Result<i64, Error> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// A size or count.
    pub(crate) fn size(&mut self) -> Result<u64, Error> {
        u64::try_from(self.int()?).map_err(|_| Error::Broken("a size in a header is negative"))
    }

    /// A byte with a sign, such as the width of an integer type.
    pub(crate) fn small(&mut self) -> Result<i64, Error> {
        Ok(i64::from(self.byte()?.cast_signed()))
    }

    pub(crate) fn binary(&mut self) -> Result<&'a [u8], Error> {
        let length = usize::try_from(self.varint()?).map_err(|_| ended())?;
        let end = self.at.checked_add(length).ok_or_else(ended)?;
        let found = self.bytes.get(self.at..end).ok_or_else(ended)?;
        self.at = end;
        Ok(found)
    }

    pub(crate) fn text(&mut self) -> Result<String, Error> {
        Ok(String::from_utf8_lossy(self.binary()?).into_owned())
    }

    /// Hands each field of a struct to `each`, which reads it and answers true, or answers false.
    pub(crate) fn fields(
        &mut self,
        mut each: impl FnMut(&mut Self, Field) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut id = 0_i16;
        loop {
            let head = self.byte()?;
            let kind = head & 0x0f;
            if kind == 0 {
                return Ok(());
            }
            id = match head >> 4 {
                0 => i16::try_from(self.int()?).unwrap_or(i16::MIN),
                delta => id.saturating_add(i16::from(delta)),
            };
            let field = Field { id, kind };
            if !each(self, field)? {
                self.skip(kind, 0)?;
            }
        }
    }

    /// Hands each struct of a list to `each`.
    pub(crate) fn structs(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (kind, count) = self.list()?;
        if kind != STRUCT {
            return Err(Error::Broken("a list in a header holds something else"));
        }
        (0..count).try_for_each(|_| each(self))
    }

    fn list(&mut self) -> Result<(u8, usize), Error> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => usize::try_from(self.varint()?).map_err(|_| ended())?,
            count => usize::from(count),
        };
        // Each member takes a byte at least.
        if count > self.bytes.len() - self.at {
            return Err(ended());
        }
        Ok((head & 0x0f, count))
    }

    fn skip(&mut self, kind: u8, depth: u8) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(Error::Broken("a header is nested too deeply"));
        }
        match kind {
            TRUE | FALSE => {}
            BYTE => drop(self.byte()?),
            I16..=I64 => drop(self.varint()?),
            DOUBLE => {
                for _ in 0..8 {
                    self.byte()?;
                }
            }
            BINARY => drop(self.binary()?),
            LIST | SET => {
                let (kind, count) = self.list()?;
                // In lists truth values take a byte each.
                let kind = if kind == FALSE || kind == TRUE { BYTE } else { kind };
                for _ in 0..count {
                    self.skip(kind, depth + 1)?;
                }
            }
            MAP => return Err(Error::Broken("a header has a map")),
            STRUCT => loop {
                let head = self.byte()?;
                let (delta, kind) = (head >> 4, head & 0x0f);
                if kind == 0 {
                    return Ok(());
                }
                if delta == 0 {
                    self.varint()?;
                }
                self.skip(kind, depth + 1)?;
            },
            _ => return Err(Error::Broken("a header has a field of an unknown type")),
        }
        Ok(())
    }
}
