//! One field of a cron expression: lists, ranges, steps and names.

use crate::Error;

/// What a field may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    min: i16,
    max: i16,
    /// Three-letter names of the values from `min` on.
    names: &'static [&'static str],
    /// Whether `22-2` goes on past the end to the start. The number of a day or a year does not,
    /// since months differ in length and years do not come again.
    wraps: bool,
}

impl Field {
    pub(super) const MINUTES: Self =
        Self { name: "minutes", min: 0, max: 59, names: &[], wraps: true };
    pub(super) const HOURS: Self = Self { name: "hours", min: 0, max: 23, names: &[], wraps: true };
    pub(super) const DAY_OF_MONTH: Self =
        Self { name: "day-of-month", min: 1, max: 31, names: &[], wraps: false };
    pub(super) const MONTH: Self = Self {
        name: "month",
        min: 1,
        max: 12,
        names: &[
            "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
        ],
        wraps: true,
    };
    pub(super) const DAY_OF_WEEK: Self = Self {
        name: "day-of-week",
        min: 1,
        max: 7,
        names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
        wraps: true,
    };
    pub(super) const YEAR: Self = Self {
        name: "year",
        min: *super::YEARS.start(),
        max: *super::YEARS.end(),
        names: &[],
        wraps: false,
    };

    /// The values of a list of ranges and steps, ascending and each once.
    pub(super) fn values(&self, text: &str) -> Result<Vec<i16>, Error> {
        let mut values = Vec::new();
        for part in text.split(',') {
            self.part(text, part, &mut values)?;
        }
        values.sort_unstable();
        values.dedup();
        Ok(values)
    }

    /// One number or name.
    pub(super) fn value(&self, text: &str, part: &str) -> Result<i16, Error> {
        if let Some(index) = self.names.iter().position(|name| name.eq_ignore_ascii_case(part)) {
            return Ok(self.min + index as i16);
        }
        if part.is_empty() {
            return Err(self.error(text, "a value is missing"));
        }
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        let value = if digits { part.parse::<i16>().ok() } else { None };
        match value {
            Some(value) if (self.min..=self.max).contains(&value) => Ok(value),
            Some(_) => Err(self.error(text, "a value is out of range")),
            None if digits => Err(self.error(text, "a value is out of range")),
            None => Err(self.error(text, "not a value of this field")),
        }
    }

    pub(super) fn error(&self, text: &str, reason: &'static str) -> Error {
        Error::Field { field: self.name, text: text.to_owned(), reason }
    }

    fn part(&self, text: &str, part: &str, values: &mut Vec<i16>) -> Result<(), Error> {
        let (base, step) = match part.split_once('/') {
            Some((base, step)) => (base, Some(self.step(text, step)?)),
            None => (part, None),
        };
        let (first, last) = if base == "*" {
            (self.min, self.max)
        } else if let Some((first, last)) = base.split_once('-') {
            (self.value(text, first)?, self.value(text, last)?)
        } else {
            let first = self.value(text, base)?;
            // With a step a single value is where the steps start.
            (first, if step.is_some() { self.max } else { first })
        };
        if first > last && !self.wraps {
            return Err(self.error(text, "a range ends before it starts"));
        }
        let size = self.max - self.min + 1;
        let span = if first > last { last + size - first } else { last - first };
        let steps = (0..=span).step_by(usize::from(step.unwrap_or(1)));
        values.extend(steps.map(|offset| (first - self.min + offset) % size + self.min));
        Ok(())
    }

    // UNVERIFIED: the largest step AWS takes; ours is the largest value of the field.
    fn step(&self, text: &str, step: &str) -> Result<u16, Error> {
        let digits = !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
        let value = if digits { step.parse::<u16>().ok() } else { None };
        value
            .filter(|value| *value > 0 && *value <= self.max.unsigned_abs())
            .ok_or_else(|| self.error(text, "the step is not a number of at least 1 in range"))
    }
}
