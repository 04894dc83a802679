//! CBOR (RFC 8949): bytes to JSON values and the heads of items back. What JSON has not is written as values have it:
//! bytes as base64, NaN and the infinities as texts; tags are taken off.

use serde_json::{Map, Number, Value};

use crate::scalar;

/// Items may stand in each other this deep, as JSON may.
const DEEPEST: usize = 128;

/// Major types, the upper three bits of an item's first byte.
pub(crate) const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
pub(crate) const BYTES: u8 = 2;
pub(crate) const TEXT: u8 = 3;
pub(crate) const ARRAY: u8 = 4;
pub(crate) const MAP: u8 = 5;
pub(crate) const TAG: u8 = 6;
const OTHER: u8 = 7;

/// Ends what has no length.
const BREAK: u8 = 0xff;

/// Reads one item that is all of `bytes`; `None` when it is not one.
pub(crate) fn parse(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader { rest: bytes };
    let value = reader.item(0)?;
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a [u8],
}

/// The number in an item's head: a length, a value, or that there is none.
enum Argument {
    Number(u64),
    Indefinite,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let length = usize::try_from(length).ok()?;
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn big_endian(&mut self, length: u64) -> Option<u64> {
        Some(self.take(length)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn argument(&mut self, low: u8) -> Option<Argument> {
        Some(match low {
            0..=23 => Argument::Number(u64::from(low)),
            24..=27 => Argument::Number(self.big_endian(1 << (low - 24))?),
            31 => Argument::Indefinite,
            _ => return None,
        })
    }

    /// Whether what has no length ends here.
    fn ends(&mut self) -> Option<bool> {
        let ends = *self.rest.first()? == BREAK;
        if ends {
            self.take(1)?;
        }
        Some(ends)
    }

    fn item(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        let first = self.take(1)?.first().copied()?;
        let (major, low) = (first >> 5, first & 0x1f);
        if major == OTHER {
            return self.other(low);
        }
        match (major, self.argument(low)?) {
            (UNSIGNED, Argument::Number(number)) => Some(Value::from(number)),
            (NEGATIVE, Argument::Number(number)) => Some(i64::try_from(number).map_or_else(
                |_| Value::from(-1.0 - number as f64),
                |number| Value::from(-1 - number),
            )),
            (BYTES | TEXT, argument) => {
                let bytes = self.string(major, &argument)?;
                if major == TEXT {
                    return String::from_utf8(bytes).ok().map(Value::String);
                }
                Some(scalar::blob_value(&bytes))
            }
            (ARRAY, argument) => self.array(&argument, depth),
            (MAP, argument) => self.map(&argument, depth),
            (TAG, Argument::Number(_)) => self.item(depth + 1),
            _ => None,
        }
    }

    fn string(&mut self, major: u8, argument: &Argument) -> Option<Vec<u8>> {
        if let Argument::Number(length) = argument {
            return self.take(*length).map(<[u8]>::to_vec);
        }
        let mut whole = Vec::new();
        while !self.ends()? {
            let first = self.take(1)?.first().copied()?;
            // Pieces have lengths.
            let Argument::Number(length) = self.argument(first & 0x1f)? else { return None };
            if first >> 5 != major {
                return None;
            }
            whole.extend_from_slice(self.take(length)?);
        }
        Some(whole)
    }

    /// Whether there is another element after `read` of them.
    fn goes_on(&mut self, argument: &Argument, read: u64) -> Option<bool> {
        match argument {
            Argument::Number(length) => Some(read < *length),
            Argument::Indefinite => self.ends().map(|ends| !ends),
        }
    }

    fn array(&mut self, argument: &Argument, depth: usize) -> Option<Value> {
        // Not made as long as the head says: a few bytes could ask for all memory.
        let mut items = Vec::new();
        while self.goes_on(argument, items.len() as u64)? {
            items.push(self.item(depth + 1)?);
        }
        Some(Value::Array(items))
    }

    fn map(&mut self, argument: &Argument, depth: usize) -> Option<Value> {
        let mut entries = Map::new();
        let mut read = 0;
        while self.goes_on(argument, read)? {
            let Value::String(key) = self.item(depth + 1)? else { return None };
            entries.insert(key, self.item(depth + 1)?);
            read += 1;
        }
        Some(Value::Object(entries))
    }

    fn other(&mut self, low: u8) -> Option<Value> {
        let float = match low {
            20 | 21 => return Some(Value::Bool(low == 21)),
            22 | 23 => return Some(Value::Null),
            25 => half(u16::try_from(self.big_endian(2)?).ok()?),
            26 => f64::from(f32::from_bits(u32::try_from(self.big_endian(4)?).ok()?)),
            27 => f64::from_bits(self.big_endian(8)?),
            _ => return None,
        };
        Some(float_value(float))
    }
}

fn float_value(float: f64) -> Value {
    let special = if float.is_nan() {
        "NaN"
    } else if float > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    };
    Number::from_f64(float).map_or_else(|| Value::from(special), Value::Number)
}

/// A floating number of 16 bits.
fn half(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    let size = match bits >> 10 & 0x1f {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + fraction) * 2f64.powi(i32::from(exponent) - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// Writes an item's head.
pub(crate) fn head(major: u8, number: u64, out: &mut Vec<u8>) {
    let major = major << 5;
    let bytes = number.to_be_bytes();
    match number {
        0..=23 => out.push(major | bytes[7]),
        24..=0xff => out.extend([major + 24, bytes[7]]),
        0x100..=0xffff => {
            out.push(major + 25);
            out.extend_from_slice(&bytes[6..]);
        }
        0x1_0000..=0xffff_ffff => {
            out.push(major + 26);
            out.extend_from_slice(&bytes[4..]);
        }
        _ => {
            out.push(major + 27);
            out.extend_from_slice(&bytes);
        }
    }
}

/// Writes a text.
pub(crate) fn text(text: &str, out: &mut Vec<u8>) {
    head(TEXT, text.len() as u64, out);
    out.extend_from_slice(text.as_bytes());
}

/// Writes a whole number.
pub(crate) fn whole(number: i64, out: &mut Vec<u8>) {
    match u64::try_from(number) {
        Ok(number) => head(UNSIGNED, number, out),
        // -1 - n, which is the bits turned over.
        Err(_) => head(NEGATIVE, !number as u64, out),
    }
}

/// Writes a floating number of 64 bits.
pub(crate) fn float(number: f64, out: &mut Vec<u8>) {
    out.push((OTHER << 5) + 27);
    out.extend_from_slice(&number.to_be_bytes());
}

/// Writes true or false.
pub(crate) fn boolean(value: bool, out: &mut Vec<u8>) {
    out.push((OTHER << 5) + if value { 21 } else { 20 });
}

/// Writes null.
pub(crate) fn null(out: &mut Vec<u8>) {
    out.push((OTHER << 5) + 22);
}

#[cfg(test)]
mod tests;
