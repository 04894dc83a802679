//! `cron(minutes hours day-of-month month day-of-week year)`.

mod day;
mod field;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::Error;
use crate::expression::instant_of;
use day::Days;
use field::Field;

/// The first and last year AWS knows.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2199;

/// The six fields, each as the set of values it lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cron {
    minutes: Vec<i8>,
    hours: Vec<i8>,
    months: Vec<i8>,
    days: Days,
    years: Vec<i16>,
}

impl Cron {
    // AWS: eb-cron-expressions, scheduler schedule-types.
    pub(crate) fn parse(inner: &str) -> Result<Self, Error> {
        let fields: Vec<&str> = inner.split_ascii_whitespace().collect();
        let [minutes, hours, day_of_month, month, day_of_week, year] = fields[..] else {
            return Err(Error::FieldCount { count: fields.len() });
        };
        Ok(Self {
            minutes: narrow(Field::MINUTES.values(minutes)?),
            hours: narrow(Field::HOURS.values(hours)?),
            months: narrow(Field::MONTH.values(month)?),
            days: Days::parse(day_of_month, day_of_week)?,
            years: Field::YEAR.values(year)?,
        })
    }

    /// Walks the local calendar forward from the local time of `after_ms`. Local order is the order
    /// of instants too, because of a repeated local time only the first instant counts.
    pub(crate) fn next_after(&self, after_ms: i64, zone: &TimeZone) -> Option<i64> {
        let start = local_start(after_ms, zone)?;
        for &year in self.years.iter().filter(|year| **year >= start.year()) {
            for &month in &self.months {
                if (year, month) < (start.year(), start.month()) {
                    continue;
                }
                for day in self.days.of(year, month) {
                    let Ok(date) = Date::new(year, month, day) else { continue };
                    if date < start.date() {
                        continue;
                    }
                    if let Some(instant) = self.on_date(date, start, after_ms, zone) {
                        return Some(instant);
                    }
                }
            }
        }
        None
    }

    fn on_date(&self, date: Date, start: DateTime, after_ms: i64, zone: &TimeZone) -> Option<i64> {
        for &hour in &self.hours {
            for &minute in &self.minutes {
                let local = date.to_datetime(Time::new(hour, minute, 0, 0).ok()?);
                if local < start {
                    continue;
                }
                if let Some(instant) = instant_of(local, zone).filter(|it| *it > after_ms) {
                    return Some(instant);
                }
            }
        }
        None
    }
}

/// Where to start looking: the local minute of `after_ms`, or the first that cron knows.
fn local_start(after_ms: i64, zone: &TimeZone) -> Option<DateTime> {
    let floor = DateTime::new(*YEARS.start(), 1, 1, 0, 0, 0, 0).ok()?;
    // A day before the epoch no zone has reached 1970 yet.
    if after_ms < -86_400_000 {
        return Some(floor);
    }
    let local = zone.to_datetime(Timestamp::from_millisecond(after_ms).ok()?);
    let minute = local.date().to_datetime(Time::new(local.hour(), local.minute(), 0, 0).ok()?);
    Some(minute.max(floor))
}

fn narrow(values: Vec<i16>) -> Vec<i8> {
    values.into_iter().filter_map(|value| i8::try_from(value).ok()).collect()
}
