//! Integers as differences, packed in blocks.

use crate::Error;
use crate::hybrid::{bits, varint};

/// Most numbers of a part of a block.
const MAX_PART: u64 = 1 << 20;

/// Reads integers out of a part of a page.
#[derive(Debug, Clone)]
pub(crate) struct Delta {
    at: usize,
    /// Numbers in each part of a block.
    part: u64,
    /// Parts of a block.
    parts: usize,
    /// Numbers still to come.
    pub(crate) left: u64,
    next: i64,
    least: i64,
    /// Where the widths of the block's parts stand.
    widths: usize,
    /// Which part of the block is next.
    index: usize,
    /// Of the part that is being read: numbers left, the next bit, width.
    part_left: u64,
    bit: usize,
    width: u32,
}

fn signed(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

impl Delta {
    pub(crate) fn new(page: &[u8], mut at: usize) -> Result<Self, Error> {
        let block = varint(page, &mut at)?;
        let parts = varint(page, &mut at)?;
        let left = varint(page, &mut at)?;
        let next = signed(varint(page, &mut at)?);
        let part = block.checked_div(parts).unwrap_or(0);
        if part == 0 || part % 8 != 0 || part > MAX_PART || parts > MAX_PART {
            return Err(Error::Broken("a block of differences has a strange size"));
        }
        let parts = parts as usize;
        Ok(Self {
            at,
            part,
            parts,
            left,
            next,
            least: 0,
            widths: at,
            index: parts,
            part_left: 0,
            bit: 0,
            width: 0,
        })
    }

    pub(crate) fn next(&mut self, page: &[u8]) -> Result<i64, Error> {
        if self.left == 0 {
            return Err(Error::Broken("a page ends early"));
        }
        self.left -= 1;
        let value = self.next;
        if self.left > 0 {
            if self.part_left == 0 {
                self.begin_part(page)?;
            }
            self.part_left -= 1;
            let difference = bits(page, self.bit, self.width).cast_signed();
            self.bit += self.width as usize;
            self.next = value.wrapping_add(self.least).wrapping_add(difference);
        }
        Ok(value)
    }

    fn begin_part(&mut self, page: &[u8]) -> Result<(), Error> {
        let broken = || Error::Broken("a page ends early");
        if self.index == self.parts {
            self.least = signed(varint(page, &mut self.at)?);
            self.widths = self.at;
            self.at += self.parts;
            self.index = 0;
        }
        self.width = u32::from(*page.get(self.widths + self.index).ok_or_else(broken)?);
        if self.width > 64 {
            return Err(Error::Broken("numbers are too wide"));
        }
        self.index += 1;
        self.part_left = self.part;
        self.bit = self.at.checked_mul(8).ok_or_else(broken)?;
        // Both are small.
        self.at += self.width as usize * (self.part / 8) as usize;
        if self.bit / 8 > page.len() {
            return Err(broken());
        }
        Ok(())
    }

    /// All numbers as lengths, and where what comes after them begins.
    pub(crate) fn lengths(mut self, page: &[u8]) -> Result<(Vec<u32>, usize), Error> {
        let mut lengths = Vec::new();
        while self.left > 0 {
            let length = u32::try_from(self.next(page)?);
            lengths.push(length.map_err(|_| Error::Broken("a length is negative"))?);
        }
        Ok((lengths, self.at.min(page.len())))
    }
}
