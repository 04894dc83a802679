//! Timestamps: seconds since 1970 in values (with a fraction of milliseconds), text or numbers on the wire.

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use serde_json::{Number, Value};

use crate::model::TimestampFormat;

/// Seconds of a value; `None` where it is no number.
pub(crate) fn seconds_of(value: &Value) -> Option<f64> {
    value.as_f64()
}

/// A value of seconds: whole where it can be, else with milliseconds.
pub(crate) fn to_value(seconds: f64) -> Option<Value> {
    if !seconds.is_finite() || seconds.abs() > 1e12 {
        return None;
    }
    let milliseconds = (seconds * 1000.0).round() as i64;
    Some(from_milliseconds(milliseconds))
}

fn from_milliseconds(milliseconds: i64) -> Value {
    if milliseconds % 1000 == 0 {
        return Value::from(milliseconds / 1000);
    }
    let seconds = Number::from_f64(milliseconds as f64 / 1000.0);
    seconds.map_or(Value::Null, Value::Number)
}

/// The wire text of an instant; `None` where it is outside the years that can be written.
pub(crate) fn format(seconds: f64, format: TimestampFormat) -> Option<String> {
    let milliseconds = (seconds * 1000.0).round() as i64;
    let instant = Timestamp::from_millisecond(milliseconds).ok()?;
    let utc = instant.to_zoned(TimeZone::UTC);
    match format {
        TimestampFormat::UnixTimestamp => to_value(seconds).map(|value| value.to_string()),
        TimestampFormat::Rfc822 => strtime::format("%a, %d %b %Y %H:%M:%S GMT", &utc).ok(),
        TimestampFormat::Iso8601 => {
            let whole = strtime::format("%Y-%m-%dT%H:%M:%S", &utc).ok()?;
            Some(match milliseconds.rem_euclid(1000) {
                0 => format!("{whole}Z"),
                fraction => format!("{whole}.{fraction:03}Z"),
            })
        }
    }
}

/// Reads any of the wire texts: a number of seconds, ISO 8601 or an HTTP date.
pub(crate) fn parse(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return to_value(seconds);
    }
    let instant = text.parse::<Timestamp>().ok().or_else(|| parse_http_date(text))?;
    Some(from_milliseconds(instant.as_millisecond()))
}

fn parse_http_date(text: &str) -> Option<Timestamp> {
    let without_zone = text.strip_suffix("GMT").or_else(|| text.strip_suffix("UTC"))?.trim_end();
    let parsed = strtime::parse("%a, %d %b %Y %H:%M:%S%.f", without_zone).ok()?;
    parsed.to_datetime().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}
