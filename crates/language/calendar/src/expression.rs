//! The three forms of schedule expression behind one type.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::cron::Cron;
use crate::rate::Rate;
use crate::{Error, at};

/// A parsed schedule expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Rate(Rate),
    Cron(Box<Cron>),
    At(DateTime),
}

impl Expression {
    /// Reads `cron(...)`, `rate(...)` or `at(...)`. Names of the form and of units are lower case, as
    /// AWS has them.
    ///
    /// # Errors
    /// [`Error`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, Error> {
        // AWS: API_PutRule, API_CreateSchedule: ScheduleExpression has at most 256 characters.
        if text.chars().count() > 256 {
            return Err(Error::TooLong);
        }
        let inner = |name: &str| {
            text.strip_prefix(name)?.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'))
        };
        let kind = if let Some(inner) = inner("rate") {
            Kind::Rate(Rate::parse(inner)?)
        } else if let Some(inner) = inner("cron") {
            Kind::Cron(Box::new(Cron::parse(inner)?))
        } else if let Some(inner) = inner("at") {
            Kind::At(at::parse(inner)?)
        } else {
            return Err(Error::Form);
        };
        Ok(Self { kind })
    }

    /// Like [`Expression::parse`] for the `ScheduleExpression` of an EventBridge rule, which knows no
    /// `at()`. AWS answers an error with "Parameter ScheduleExpression is not valid.".
    ///
    /// # Errors
    /// Those of `parse` and [`Error::AtInRule`].
    pub fn parse_rule(text: &str) -> Result<Self, Error> {
        let expression = Self::parse(text)?;
        if expression.is_once() { Err(Error::AtInRule) } else { Ok(expression) }
    }

    /// Whether the expression is an `at()`, which fires once.
    pub fn is_once(&self) -> bool {
        matches!(self.kind, Kind::At(_))
    }

    /// The first instant strictly after `after_ms`, both in Unix milliseconds, or `None` if there is
    /// none any more.
    ///
    /// A rate counts from `anchor_ms`: the instants are the anchor, one interval later and so on. So
    /// for a rule pass its creation time as both, and it first fires one interval later; for a
    /// schedule with a start date, an `after_ms` before the anchor yields the anchor itself.
    /// `cron()` and `at()` ignore the anchor; a rate ignores the time zone (a day has 24 hours).
    ///
    /// Local times that a time zone skips do not fire, those it has twice fire at the first.
    // AWS: scheduler schedule-types, daylight saving time.
    // UNVERIFIED: that of the two instants of a repeated local time it is the first.
    pub fn next_after(&self, after_ms: i64, anchor_ms: i64, zone: &TimeZone) -> Option<i64> {
        match &self.kind {
            Kind::Rate(rate) => rate.next_after(after_ms, anchor_ms),
            Kind::Cron(cron) => cron.next_after(after_ms, zone),
            // UNVERIFIED: that an at() in the gap of a time zone never fires, as a cron() would not.
            Kind::At(time) => instant_of(*time, zone).filter(|instant| *instant > after_ms),
        }
    }

    /// The instants strictly after `after_ms` in order; see [`Expression::next_after`].
    pub fn upcoming<'a>(
        &'a self,
        after_ms: i64,
        anchor_ms: i64,
        zone: &'a TimeZone,
    ) -> Upcoming<'a> {
        Upcoming { expression: self, zone, anchor_ms, after_ms: Some(after_ms) }
    }
}

impl std::str::FromStr for Expression {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

/// The instants of an expression in order, in Unix milliseconds.
#[derive(Debug, Clone)]
pub struct Upcoming<'a> {
    expression: &'a Expression,
    zone: &'a TimeZone,
    anchor_ms: i64,
    after_ms: Option<i64>,
}

impl Iterator for Upcoming<'_> {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        self.after_ms = self.expression.next_after(self.after_ms?, self.anchor_ms, self.zone);
        self.after_ms
    }
}

/// The instant of a local time: `None` where the zone skips it, the first where it has it twice.
pub(crate) fn instant_of(local: DateTime, zone: &TimeZone) -> Option<i64> {
    let offset = match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Fold { before, .. } => before,
        AmbiguousOffset::Gap { .. } => return None,
    };
    offset.to_timestamp(local).ok().map(Timestamp::as_millisecond)
}
