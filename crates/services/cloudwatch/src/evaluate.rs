//! What state an alarm is in, and AWS's words for why. Pure: the points of the evaluation range are given.
// AWS: monitoring guide, "Evaluating an alarm" and "Configuring how CloudWatch alarms treat missing data".

use crate::alarm::{Config, IN_ALARM, INSUFFICIENT, OK};
use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// Periods before the last `EvaluationPeriods` that are looked at when some of those are missing.
// UNVERIFIED: the guide's example has two; it does not say how many there are for other alarms.
const FURTHER_PERIODS: i64 = 2;

/// How a point is compared with the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    AtLeast,
    Above,
    Below,
    AtMost,
}

impl Comparison {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "GreaterThanOrEqualToThreshold" => Self::AtLeast,
            "GreaterThanThreshold" => Self::Above,
            "LessThanThreshold" => Self::Below,
            "LessThanOrEqualToThreshold" => Self::AtMost,
            _ => return None,
        })
    }

    fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::AtLeast => value >= threshold,
            Self::Above => value > threshold,
            Self::Below => value < threshold,
            Self::AtMost => value <= threshold,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::AtLeast => "greater than or equal to",
            Self::Above => "greater than",
            Self::Below => "less than",
            Self::AtMost => "less than or equal to",
        }
    }
}

/// A period that has data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sample {
    /// How many periods ago it ended: 1 is the latest.
    pub(crate) age: i64,
    /// Its beginning, Unix milliseconds.
    pub(crate) at_ms: i64,
    pub(crate) value: f64,
    pub(crate) count: f64,
}

/// A state and why.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) state: &'static str,
    pub(crate) reason: String,
    pub(crate) data: Value,
}

/// How many periods are looked at.
pub(crate) fn range_periods(config: &Config) -> i64 {
    config.evaluation_periods.saturating_add(FURTHER_PERIODS)
}

/// The state that follows from `samples`, the latest first, at the end of a period; `None` when it stays what it is.
pub(crate) fn judge(
    config: &Config,
    samples: &[Sample],
    state: &str,
    end_ms: i64,
    now_ms: i64,
) -> Option<Verdict> {
    let comparison = Comparison::parse(&config.comparison_operator)?;
    let wanted = config.evaluation_periods;
    let known = &samples[..samples.len().min(usize::try_from(wanted).unwrap_or(usize::MAX))];
    let breaches = |sample: &&Sample| comparison.holds(sample.value, config.threshold);
    let breaching: Vec<Sample> = known.iter().filter(breaches).copied().collect();
    let breaching_count = breaching.len() as i64;
    let missing = wanted - known.len() as i64;
    let needed = config.needed();
    let new_state = if breaching_count >= needed {
        IN_ALARM
    } else if missing == 0 {
        OK
    } else {
        match config.missing() {
            "breaching" if breaching_count + missing >= needed => IN_ALARM,
            "breaching" | "notBreaching" => OK,
            "ignore" if breaching.len() == known.len() => return None,
            _ if known.is_empty() => INSUFFICIENT,
            // Only breaching points: an alarm, unless they are so young that it would be rash.
            _ if breaching.len() == known.len() => {
                if breaching.last().is_none_or(|oldest| oldest.age < needed) {
                    return None;
                }
                IN_ALARM
            }
            _ => OK,
        }
    };
    let words = Words { config, comparison, known, breaching: &breaching, missing };
    Some(Verdict {
        state: new_state,
        reason: words.reason(state, new_state),
        data: words.data(end_ms, now_ms),
    })
}

struct Words<'a> {
    config: &'a Config,
    comparison: Comparison,
    known: &'a [Sample],
    breaching: &'a [Sample],
    missing: i64,
}

impl Words<'_> {
    // AWS: reasons as they stand in notifications and histories that users have published.
    fn reason(&self, from: &str, to: &str) -> String {
        let wanted = self.config.evaluation_periods;
        if to == INSUFFICIENT {
            return format!(
                "Insufficient Data: {} unknown.",
                counted(wanted, "datapoint", "was", "were")
            );
        }
        if self.known.is_empty() {
            let taken_for = if to == IN_ALARM { "Breaching" } else { "NonBreaching" };
            let periods = plural(wanted, "period");
            return format!(
                "Threshold Crossed: no datapoints were received for {wanted} {periods} and {} treated as [{taken_for}].",
                counted(self.missing, "missing datapoint", "was", "were")
            );
        }
        let is_alarm = to == IN_ALARM;
        // What the missing points were taken for may have decided: then those that are there are told.
        let others: Vec<Sample> =
            self.known.iter().filter(|sample| !self.breaching.contains(sample)).copied().collect();
        let told = if is_alarm { self.breaching } else { others.as_slice() };
        let told = if told.is_empty() { self.known } else { told };
        let count = told.len() as i64;
        let list: Vec<String> = told
            .iter()
            .map(|sample| {
                format!("{:?} ({})", sample.value, date(sample.at_ms, "%d/%m/%y %H:%M:%S"))
            })
            .collect();
        let verb = if count == 1 { "was" } else { "were" };
        let not = if is_alarm { "" } else { "not " };
        let (words, threshold) = (self.comparison.words(), self.config.threshold);
        let said =
            format!("[{}] {verb} {not}{words} the threshold ({threshold:?})", list.join(", "));
        let Some(minimum) = self.minimum(from, to) else {
            return format!("Threshold Crossed: {count} {} {said}.", plural(count, "datapoint"));
        };
        format!(
            "Threshold Crossed: {count} out of the last {wanted} datapoints {said} (minimum {minimum} {} for {from} -> {to} transition).",
            plural(minimum, "datapoint")
        )
    }

    /// How many points make that change of state.
    fn minimum(&self, from: &str, to: &str) -> Option<i64> {
        match (from, to) {
            (OK, IN_ALARM) => Some(self.config.needed()),
            (IN_ALARM, OK) => Some(self.config.evaluation_periods - self.config.needed() + 1),
            _ => None,
        }
    }

    fn data(&self, end_ms: i64, now_ms: i64) -> Value {
        const FORM: &str = "%Y-%m-%dT%H:%M:%S.000+0000";
        let config = self.config;
        let period_ms = config.period.saturating_mul(1000);
        let range_ms = config.evaluation_periods.saturating_mul(period_ms);
        let start_ms = self
            .known
            .last()
            .map_or_else(|| end_ms.saturating_sub(range_ms), |oldest| oldest.at_ms);
        let mut data = json!({
            "version": "1.0",
            "queryDate": date(now_ms, FORM),
            "startDate": date(start_ms, FORM),
            "unit": config.unit,
            "statistic": config.statistic_name(),
            "period": config.period,
            "recentDatapoints": self.known.iter().rev().map(|own| own.value).collect::<Vec<_>>(),
            "threshold": config.threshold,
            "evaluatedDatapoints": self.known.iter().map(|own| json!({
                "timestamp": date(own.at_ms, FORM), "sampleCount": own.count, "value": own.value,
            })).collect::<Vec<_>>(),
        });
        if config.unit.is_none()
            && let Value::Object(members) = &mut data
        {
            members.shift_remove("unit");
        }
        data
    }
}

fn plural(count: i64, noun: &str) -> String {
    if count == 1 { noun.to_owned() } else { format!("{noun}s") }
}

fn counted(count: i64, noun: &str, one: &str, many: &str) -> String {
    format!("{count} {} {}", plural(count, noun), if count == 1 { one } else { many })
}

/// An instant in UTC.
pub(crate) fn date(at_ms: i64, form: &str) -> String {
    let instant = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    strtime::format(form, &instant.to_zoned(TimeZone::UTC)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
