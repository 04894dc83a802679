//! Runs of equal numbers and numbers packed bit by bit, mixed: levels, indexes into dictionaries, truth values.

use crate::Error;

/// Reads numbers out of a part of a page. It holds places in the page and not the page.
#[derive(Debug, Clone)]
pub(crate) struct Hybrid {
    at: usize,
    end: usize,
    width: u32,
    /// Numbers left of the run.
    left: u64,
    run: Run,
}

#[derive(Debug, Clone, Copy)]
enum Run {
    Equal(u32),
    /// Packed, from this bit on.
    Packed(usize),
}

impl Hybrid {
    /// Of numbers `width` bits wide.
    pub(crate) fn new(at: usize, end: usize, width: u32) -> Result<Self, Error> {
        if width > 32 {
            return Err(Error::Broken("numbers are too wide"));
        }
        Ok(Self { at, end, width, left: 0, run: Run::Equal(0) })
    }

    /// As wide as a level needs up to `most`.
    pub(crate) fn of_levels(at: usize, end: usize, most: u16) -> Result<Self, Error> {
        Self::new(at, end, u16::BITS - most.leading_zeros())
    }

    pub(crate) fn next(&mut self, page: &[u8]) -> Result<u32, Error> {
        while self.left == 0 {
            self.begin_run(page)?;
        }
        self.left -= 1;
        Ok(match &mut self.run {
            Run::Equal(number) => *number,
            Run::Packed(bit) => {
                let number = bits(page, *bit, self.width);
                *bit += self.width as usize;
                number as u32
            }
        })
    }

    fn begin_run(&mut self, page: &[u8]) -> Result<(), Error> {
        let page = &page[..self.end.min(page.len())];
        let head = varint(page, &mut self.at)?;
        if head & 1 == 1 {
            let groups = head >> 1;
            self.left = groups.saturating_mul(8);
            self.run = Run::Packed(self.at * 8);
            let bytes = groups.saturating_mul(u64::from(self.width));
            // Writers may leave out the end of the last group.
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            self.at = self.at.saturating_add(bytes).min(page.len());
            return Ok(());
        }
        self.left = head >> 1;
        let count = self.width.div_ceil(8) as usize;
        let bytes = page.get(self.at..self.at + count).ok_or_else(ended)?;
        self.at += count;
        self.run =
            Run::Equal(bytes.iter().rev().fold(0, |sum, byte| (sum << 8) | u32::from(*byte)));
        Ok(())
    }
}

fn ended() -> Error {
    Error::Broken("a page ends early")
}

/// A number of any length; the place moves behind it.
pub(crate) fn varint(bytes: &[u8], at: &mut usize) -> Result<u64, Error> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at).ok_or_else(ended)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Error::Broken("a number in a page is too long"))
}

/// `width` bits from a bit on, the lowest first; bits behind the end are 0.
pub(crate) fn bits(bytes: &[u8], bit: usize, width: u32) -> u64 {
    if width == 0 {
        return 0;
    }
    let mut window = [0; 16];
    let from = (bit / 8).min(bytes.len());
    let found = &bytes[from..(from + 9).min(bytes.len())];
    window[..found.len()].copy_from_slice(found);
    let all = u128::from_le_bytes(window) >> (bit % 8);
    (all as u64) & (u64::MAX >> (64 - width.min(64)))
}

#[cfg(test)]
mod tests {
    use super::Hybrid;

    #[test]
    fn runs_and_packed_numbers() {
        // 5 times the number 300, then 8 numbers of 9 bits, 0 to 7.
        let mut page = vec![10, 44, 1, 3];
        let mut packed = 0_u128;
        for number in 0..8_u128 {
            packed |= number << (9 * number);
        }
        page.extend_from_slice(&packed.to_le_bytes()[..9]);
        let mut numbers = Hybrid::new(0, page.len(), 9).unwrap();
        let found: Vec<u32> = (0..13).map(|_| numbers.next(&page).unwrap()).collect();
        assert_eq!(found, [300, 300, 300, 300, 300, 0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(numbers.next(&page).is_err());
        assert!(Hybrid::new(0, 9, 33).is_err());
        let mut nothing = Hybrid::of_levels(0, 2, 0).unwrap();
        assert_eq!(nothing.next(&[200, 1]).unwrap(), 0);
    }
}
