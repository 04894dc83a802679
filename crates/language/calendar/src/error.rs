//! What can be wrong with a schedule expression.

/// Why an expression was refused.
///
/// AWS answers every one of these with a `ValidationException`: a rule says
/// "Parameter ScheduleExpression is not valid.", so the text here is for people, in logs and checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Longer than the 256 characters the API takes.
    #[error("the expression is longer than 256 characters")]
    TooLong,
    /// Not one of the three forms.
    #[error("the expression is not of the form cron(...), rate(...) or at(...)")]
    Form,
    /// `rate()` without exactly a value, one space and a unit.
    #[error("rate() takes a value, one space and a unit, for example rate(5 minutes)")]
    RateForm,
    /// The value of a rate is not a positive whole number.
    #[error("the value {value:?} of rate() is not a positive whole number")]
    RateValue {
        /// What was written.
        value: String,
    },
    /// The unit of a rate is unknown.
    #[error("the unit {unit:?} of rate() is not one of minute(s), hour(s), day(s)")]
    RateUnit {
        /// What was written.
        unit: String,
    },
    /// One of something is written in the singular, more in the plural.
    #[error("rate() with the value {value} takes the unit {expected:?}")]
    RateNumber {
        /// The value as a number.
        value: u64,
        /// The unit that would have been right.
        expected: &'static str,
    },
    /// The interval does not fit into Unix milliseconds.
    #[error("the interval of rate() is too long")]
    RateTooLong,
    /// A cron expression has six fields.
    #[error("cron() has {count} fields instead of 6")]
    FieldCount {
        /// How many there were.
        count: usize,
    },
    /// A field could not be read.
    #[error("{field} {text:?}: {reason}")]
    Field {
        /// Which of the six, in AWS's words.
        field: &'static str,
        /// What was written.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Neither or both of the day fields are `?`.
    #[error("exactly one of day-of-month and day-of-week must be ?")]
    DayFields,
    /// The time of `at()` is not a date and time.
    #[error("{text:?} of at() is not a time of the form yyyy-mm-ddThh:mm:ss")]
    AtTime {
        /// What was written.
        text: String,
    },
    /// `at()` is known to EventBridge Scheduler only.
    #[error("at() is for EventBridge Scheduler and not for rules")]
    AtInRule,
    /// No such time zone.
    #[error("there is no time zone {name:?}")]
    TimeZone {
        /// The name asked for.
        name: String,
    },
}
