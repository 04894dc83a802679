//! `cron()`, `rate()` and `at()` expressions to instants.
//!
//! An [`Expression`] is what a user writes into `ScheduleExpression` of an EventBridge rule or of an
//! EventBridge Scheduler schedule. Times go in and come out as Unix milliseconds; nothing here reads a
//! clock. Rules are evaluated in UTC, schedules in the time zone they name.
//!
//! ```
//! let expression = calendar::Expression::parse("cron(0 10 ? * MON-FRI *)").unwrap();
//! let utc = calendar::TimeZone::UTC;
//! // Thursday 1970-01-01 00:00 UTC -> 10:00 of the same day.
//! assert_eq!(expression.next_after(0, 0, &utc), Some(36_000_000));
//! ```

mod at;
mod cron;
mod error;
mod expression;
mod rate;

pub use error::Error;
pub use expression::{Expression, Upcoming};
pub use jiff::tz::TimeZone;

/// Looks a time zone up by its IANA name (`Europe/Berlin`, `UTC`) in the database built into the
/// binary, so the answer does not depend on the machine.
///
/// # Errors
/// [`Error::TimeZone`] if there is no such zone.
pub fn time_zone(name: &str) -> Result<TimeZone, Error> {
    if name == "UTC" {
        return Ok(TimeZone::UTC);
    }
    jiff::tz::TimeZoneDatabase::bundled()
        .get(name)
        .map_err(|_| Error::TimeZone { name: name.to_owned() })
}
