//! The two day fields of a cron expression, of which exactly one says something.

use jiff::civil::{Date, Weekday};

use super::field::Field;
use crate::Error;

/// Which days of a month fire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Days {
    /// Numbers of days.
    OfMonth(Vec<i8>),
    /// `L`, `L-3`: so many days before the last of the month.
    BeforeLast(i8),
    /// `LW`: the last Monday-to-Friday day.
    LastWeekday,
    /// `15W`: the Monday-to-Friday day of the same month nearest to that day.
    NearestWeekday(i8),
    /// Days of the week, 1 is Sunday.
    OfWeek(Vec<i8>),
    /// `6L`: the last such day of the week in the month.
    LastOfWeek(i8),
    /// `3#2`: the second Tuesday of the month.
    NthOfWeek(i8, i8),
}

impl Days {
    // AWS: eb-cron-expressions: a value or * in one of the fields needs ? in the other.
    pub(super) fn parse(day_of_month: &str, day_of_week: &str) -> Result<Self, Error> {
        match (day_of_month, day_of_week) {
            ("?", "?") => Err(Error::DayFields),
            (_, "?") => Self::of_month_field(day_of_month),
            ("?", _) => Self::of_week_field(day_of_week),
            _ => Err(Error::DayFields),
        }
    }

    /// The special forms stand alone in the field.
    // UNVERIFIED: that L and W are refused in lists; AWS says it for # only.
    fn of_month_field(text: &str) -> Result<Self, Error> {
        let field = Field::DAY_OF_MONTH;
        let upper = text.to_ascii_uppercase();
        if upper == "L" {
            return Ok(Self::BeforeLast(0));
        }
        if upper == "LW" {
            return Ok(Self::LastWeekday);
        }
        if let Some(days) = upper.strip_prefix("L-") {
            let days = field.value(text, days)?;
            return if days <= 30 {
                Ok(Self::BeforeLast(days as i8))
            } else {
                Err(field.error(text, "no month has so many days before its last"))
            };
        }
        if let Some(day) = upper.strip_suffix('W') {
            return Ok(Self::NearestWeekday(field.value(text, day)? as i8));
        }
        Ok(Self::OfMonth(super::narrow(field.values(text)?)))
    }

    fn of_week_field(text: &str) -> Result<Self, Error> {
        let field = Field::DAY_OF_WEEK;
        let upper = text.to_ascii_uppercase();
        // The last day of the week is Saturday.
        if upper == "L" {
            return Ok(Self::OfWeek(vec![7]));
        }
        if let Some((day, nth)) = upper.split_once('#') {
            let day = field.value(text, day)? as i8;
            return match nth.as_bytes() {
                [nth @ b'1'..=b'5'] => Ok(Self::NthOfWeek(day, (nth - b'0') as i8)),
                _ => Err(field.error(text, "the number after # is not one of 1 to 5")),
            };
        }
        if let Some(day) = upper.strip_suffix('L') {
            return Ok(Self::LastOfWeek(field.value(text, day)? as i8));
        }
        Ok(Self::OfWeek(super::narrow(field.values(text)?)))
    }

    /// The days of one month, ascending; numbers the month has not may be among them.
    pub(super) fn of(&self, year: i16, month: i8) -> Vec<i8> {
        let Ok(first) = Date::new(year, month, 1) else { return Vec::new() };
        let length = first.days_in_month();
        let day_of_week = |day: i8| day_of_week(first.weekday(), day);
        let one = |day: i8| if (1..=length).contains(&day) { vec![day] } else { Vec::new() };
        match self {
            Self::OfMonth(days) => days.clone(),
            Self::BeforeLast(days) => one(length - days),
            Self::LastWeekday => one(nearest_weekday(length, length, day_of_week(length))),
            // UNVERIFIED: 31W does not fire in a month without a 31st (libraries agree on it).
            Self::NearestWeekday(day) if *day > length => Vec::new(),
            Self::NearestWeekday(day) => one(nearest_weekday(*day, length, day_of_week(*day))),
            Self::OfWeek(days) => {
                (1..=length).filter(|day| days.contains(&day_of_week(*day))).collect()
            }
            Self::LastOfWeek(wanted) => {
                (length - 6..=length).filter(|day| day_of_week(*day) == *wanted).collect()
            }
            Self::NthOfWeek(wanted, nth) => (nth * 7 - 6..=nth * 7)
                .filter(|day| *day <= length && day_of_week(*day) == *wanted)
                .collect(),
        }
    }
}

/// Day of the week of a day in the month, 1 is Sunday.
fn day_of_week(of_first: Weekday, day: i8) -> i8 {
    (of_first.to_sunday_zero_offset() + day - 1) % 7 + 1
}

/// Moves a Saturday or Sunday to the nearest working day without leaving the month.
fn nearest_weekday(day: i8, length: i8, day_of_week: i8) -> i8 {
    match day_of_week {
        7 if day == 1 => 3,
        7 => day - 1,
        1 if day == length => day - 2,
        1 => day + 1,
        _ => day,
    }
}
