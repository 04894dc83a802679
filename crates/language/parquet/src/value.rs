//! Values of columns as JSON.

use base64::Engine as _;
use serde_json::{Number, Value};

use crate::schema::{Leaf, Meaning};

/// A value as it stands in a page.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Raw<'p> {
    Bool(bool),
    Int32(i32),
    Int64(i64),
    Int96([u8; 12]),
    Float(f32),
    Double(f64),
    Bytes(&'p [u8]),
}

/// Nanoseconds of a millisecond, and the Julian day of 1970-01-01.
const NANOSECONDS: i64 = 1_000_000;
const JULIAN_1970: i64 = 2_440_588;
const DAY_MS: i64 = 86_400_000;

// As recorded by others from AWS: timestamps are milliseconds since 1970, lists and structs nest.
// UNVERIFIED: all other types that JSON has not: dates, times, decimals, bytes, numbers that are none.
pub(crate) fn value(leaf: &Leaf, raw: Raw<'_>) -> Value {
    match (raw, leaf.meaning) {
        (Raw::Bool(truth), _) => truth.into(),
        (Raw::Int32(number), Meaning::Unsigned) => number.cast_unsigned().into(),
        (Raw::Int64(number), Meaning::Unsigned) => number.cast_unsigned().into(),
        (Raw::Int32(number), meaning) => integer(i64::from(number), meaning, leaf.scale),
        (Raw::Int64(number), meaning) => integer(number, meaning, leaf.scale),
        (Raw::Int96(bytes), _) => int96(bytes).into(),
        // The shortest text that means the same number: 0.1 and not 0.10000000149011612.
        (Raw::Float(number), _) => float(number.to_string().parse().unwrap_or(f64::NAN)),
        (Raw::Double(number), _) => float(number),
        (Raw::Bytes(bytes), Meaning::Text) => String::from_utf8_lossy(bytes).into(),
        (Raw::Bytes(bytes), Meaning::Decimal) if bytes.len() <= 16 => {
            decimal(big_endian(bytes), leaf.scale).into()
        }
        (Raw::Bytes(bytes), Meaning::Uuid) if bytes.len() == 16 => uuid(bytes).into(),
        (Raw::Bytes([low, high]), Meaning::Half) => float(half(u16::from_le_bytes([*low, *high]))),
        (Raw::Bytes(bytes), _) => base64::engine::general_purpose::STANDARD.encode(bytes).into(),
    }
}

fn float(number: f64) -> Value {
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

fn integer(number: i64, meaning: Meaning, scale: usize) -> Value {
    match meaning {
        Meaning::Decimal => decimal(i128::from(number), scale).into(),
        Meaning::Date => date(number).into(),
        Meaning::Time(per_second) => time(number, per_second).into(),
        Meaning::Timestamp(per_second) => number.div_euclid((per_second / 1_000).max(1)).into(),
        _ => number.into(),
    }
}

/// Nanoseconds of a day and the Julian day.
fn int96(bytes: [u8; 12]) -> i64 {
    let both = bytes.iter().rev().fold(0, |sum: u128, byte| (sum << 8) | u128::from(*byte));
    let nanoseconds = (both as u64).cast_signed();
    let days = i64::from(((both >> 64) as u32).cast_signed()) - JULIAN_1970;
    days.saturating_mul(DAY_MS).saturating_add(nanoseconds.div_euclid(NANOSECONDS))
}

fn big_endian(bytes: &[u8]) -> i128 {
    let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    let start = if negative { -1 } else { 0 };
    bytes.iter().fold(start, |sum, byte| (sum << 8) | i128::from(*byte))
}

/// With so many digits behind the point: a text, because a JSON number may not keep them all.
fn decimal(number: i128, scale: usize) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", number.unsigned_abs(), width = scale + 1);
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let (whole, rest) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{rest}")
}

/// A day as `2026-01-31`: the calendar counted in eras of 400 years that begin in March.
fn date(days: i64) -> String {
    let days = days.saturating_add(719_468);
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{:02}", day - (153 * shifted + 2) / 5 + 1)
}

/// A time of day with as many digits behind the second as its unit has.
fn time(number: i64, per_second: i64) -> String {
    let digits = per_second.ilog10() as usize;
    let (seconds, rest) = (number.div_euclid(per_second), number.rem_euclid(per_second));
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{rest:0digits$}", seconds % 60)
}

fn uuid(bytes: &[u8]) -> String {
    let number = bytes.iter().fold(0, |sum: u128, byte| (sum << 8) | u128::from(*byte));
    let digits = format!("{number:032x}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

/// A number of 16 bits.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2_f64.powi(exponent - 15),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

#[cfg(test)]
mod tests {
    use super::{big_endian, date, decimal, half, int96, time, uuid};

    #[test]
    fn what_json_has_not() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (20_514, "2026-03-02"),
            (11_016, "2000-02-29"),
            (-719_528, "0000-01-01"),
        ] {
            assert_eq!(date(days), text);
        }
        for (number, scale, text) in
            [(12_345, 2, "123.45"), (-5, 3, "-0.005"), (7, 0, "7"), (0, 1, "0.0")]
        {
            assert_eq!(decimal(number, scale), text);
        }
        assert_eq!(big_endian(&[0xff, 0xfe]), -2);
        assert_eq!(big_endian(&[1, 0]), 256);
        assert_eq!(time(3_661_005, 1_000), "01:01:01.005");
        assert_eq!((half(0x3c00), half(0xc000), half(1)), (1.0, -2.0, 2_f64.powi(-24)));
        assert_eq!(uuid(&[0xab; 16]), "abababab-abab-abab-abab-abababababab");
        let mut old = [0; 12];
        old[8..].copy_from_slice(&2_440_589_i32.to_le_bytes());
        assert_eq!(int96(old), 86_400_000);
        let (last, first) = (i64::MAX, i64::MIN);
        assert!(
            [date(last), date(first), time(last, 1_000), time(first, 1_000_000_000)]
                .iter()
                .all(|t| t.len() > 9)
        );
    }
}
