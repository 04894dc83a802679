//! `rate(value unit)`: every so many minutes, hours or days of 24 hours.

use crate::Error;

/// The interval of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    /// Always at least one minute.
    interval_ms: i64,
}

impl Rate {
    // AWS: eb-rate-expressions (singular for 1, plural otherwise); recorded refusals of PutRule:
    // rate(1 minutes), rate(10 minute), rate(0 minutes), rate(10 MINUTES), rate( 10 minutes ).
    pub(crate) fn parse(inner: &str) -> Result<Self, Error> {
        let (value, unit) = inner.split_once(' ').ok_or(Error::RateForm)?;
        if unit.is_empty() || unit.contains(char::is_whitespace) || value.is_empty() {
            return Err(Error::RateForm);
        }
        let bad_value = || Error::RateValue { value: value.to_owned() };
        if !value.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad_value());
        }
        let count: u64 = value.parse().map_err(|_| Error::RateTooLong)?;
        if count == 0 {
            return Err(bad_value());
        }
        let (singular, plural, unit_ms) = match unit {
            "minute" | "minutes" => ("minute", "minutes", 60_000),
            "hour" | "hours" => ("hour", "hours", 3_600_000),
            "day" | "days" => ("day", "days", 86_400_000),
            _ => return Err(Error::RateUnit { unit: unit.to_owned() }),
        };
        let expected = if count == 1 { singular } else { plural };
        if unit != expected {
            return Err(Error::RateNumber { value: count, expected });
        }
        // UNVERIFIED: AWS does not say how large a value may be; ours ends where milliseconds do.
        let interval_ms = i64::try_from(count)
            .ok()
            .and_then(|count| count.checked_mul(unit_ms))
            .ok_or(Error::RateTooLong)?;
        Ok(Self { interval_ms })
    }

    /// The first of `anchor`, `anchor + interval`, ... that is later than `after`.
    pub(crate) fn next_after(self, after_ms: i64, anchor_ms: i64) -> Option<i64> {
        if after_ms < anchor_ms {
            return Some(anchor_ms);
        }
        let elapsed_ms = i128::from(after_ms) - i128::from(anchor_ms);
        let interval_ms = i128::from(self.interval_ms);
        let steps = elapsed_ms / interval_ms + 1;
        i64::try_from(i128::from(anchor_ms) + steps * interval_ms).ok()
    }
}
