//! `at(yyyy-mm-ddThh:mm:ss)`: once, at a local time of the schedule's time zone.

use jiff::civil::DateTime;

use crate::Error;

// AWS: scheduler schedule-types, one-time schedules. The form is fixed: no zone, no fraction.
pub(crate) fn parse(inner: &str) -> Result<DateTime, Error> {
    let bad = || Error::AtTime { text: inner.to_owned() };
    let shape = b"0000-00-00T00:00:00";
    let fits = inner.len() == shape.len()
        && inner.bytes().zip(shape).all(|(byte, expected)| match expected {
            b'0' => byte.is_ascii_digit(),
            separator => byte == *separator,
        });
    if !fits {
        return Err(bad());
    }
    let part = |from: usize, to: usize| -> Result<i16, Error> {
        inner.get(from..to).and_then(|text| text.parse().ok()).ok_or_else(bad)
    };
    let small = |from: usize| -> Result<i8, Error> {
        part(from, from + 2).and_then(|value| i8::try_from(value).map_err(|_| bad()))
    };
    DateTime::new(part(0, 4)?, small(5)?, small(8)?, small(11)?, small(14)?, small(17)?, 0)
        .map_err(|_| bad())
}
