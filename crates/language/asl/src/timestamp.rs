//! Timestamps as the States Language writes them: ISO 8601 dates with time and offset.

/// An instant, to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp {
    /// Whole seconds since 1970, before it negative.
    pub seconds: i64,
    /// Nanoseconds within the second.
    pub nanoseconds: u32,
}

impl Timestamp {
    /// Reads `2016-03-14T01:59:00Z`, with an optional fraction and any offset.
    // AWS: recorded: a space for `T`, a missing offset and fields out of range are refused; nine
    // digits of fraction are taken.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let mut at = 0;
        let year = digits(bytes, &mut at, 4)?;
        expect(bytes, &mut at, b'-')?;
        let month = digits(bytes, &mut at, 2)?;
        expect(bytes, &mut at, b'-')?;
        let day = digits(bytes, &mut at, 2)?;
        expect(bytes, &mut at, b'T')?;
        let hour = digits(bytes, &mut at, 2)?;
        expect(bytes, &mut at, b':')?;
        let minute = digits(bytes, &mut at, 2)?;
        let mut second = 0;
        let mut nanoseconds = 0;
        if expect(bytes, &mut at, b':').is_some() {
            second = digits(bytes, &mut at, 2)?;
            if expect(bytes, &mut at, b'.').is_some() {
                nanoseconds = fraction(bytes, &mut at)?;
            }
        }
        let offset = offset(bytes, &mut at)?;
        let valid = at == bytes.len()
            && (1..=12).contains(&month)
            && (1..=days_of(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        let of_day = hour * 3600 + minute * 60 + second;
        let seconds = days_from_epoch(year, month, day) * 86_400 + of_day - offset;
        valid.then_some(Self { seconds, nanoseconds })
    }

    /// Unix milliseconds, rounded up: whoever waits for the instant must not be early.
    pub fn milliseconds_up(self) -> i64 {
        self.seconds * 1000 + i64::from(self.nanoseconds.div_ceil(1_000_000))
    }
}

/// An instant as AWS writes it in the context object: `2026-11-23T02:23:00.123Z`.
pub fn format_milliseconds(unix_ms: i64) -> String {
    let (seconds, millis) = (unix_ms.div_euclid(1000), unix_ms.rem_euclid(1000));
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date_from_days(days);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

fn expect(bytes: &[u8], at: &mut usize, wanted: u8) -> Option<()> {
    (bytes.get(*at) == Some(&wanted)).then(|| *at += 1)
}

fn digits(bytes: &[u8], at: &mut usize, count: usize) -> Option<i64> {
    let found = bytes.get(*at..*at + count)?;
    if !found.iter().all(u8::is_ascii_digit) {
        return None;
    }
    *at += count;
    Some(found.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
}

fn fraction(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let rest = bytes.get(*at..)?;
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&count) {
        return None;
    }
    let number = digits(bytes, at, count)?;
    let scale = 10_i64.pow(u32::try_from(9 - count).ok()?);
    u32::try_from(number * scale).ok()
}

/// Seconds east of Greenwich.
fn offset(bytes: &[u8], at: &mut usize) -> Option<i64> {
    if expect(bytes, at, b'Z').is_some() {
        return Some(0);
    }
    let sign = if expect(bytes, at, b'+').is_some() {
        1
    } else {
        expect(bytes, at, b'-')?;
        -1
    };
    let hours = digits(bytes, at, 2)?;
    expect(bytes, at, b':')?;
    let minutes = digits(bytes, at, 2)?;
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn days_of(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar (years counted from March, in eras of 400).
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn date_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_aws_reads() {
        let cases: &[(&str, Option<(i64, u32)>)] = &[
            ("1970-01-01T00:00:00Z", Some((0, 0))),
            ("2016-03-14T01:59:00Z", Some((1_457_920_740, 0))),
            ("2016-03-14T01:59:00+02:00", Some((1_457_913_540, 0))),
            ("2016-03-05T21:29:29.243167252Z", Some((1_457_213_369, 243_167_252))),
            ("2024-02-29T12:00Z", Some((1_709_208_000, 0))),
            ("1969-12-31T23:59:59Z", Some((-1, 0))),
            ("2023-02-29T12:00:00Z", None),
            ("2016-13-05T21:29:29Z", None),
            ("05-12-2016T21:29:29Z", None),
            ("2016-12-05T25:29:29Z", None),
            ("2016-12-05 21:29:29Z", None),
            ("2016-12-05T21:29:29", None),
            ("2016-12-05T21:29:29Zx", None),
            ("", None),
            ("２016-12-05T21:29:29Z", None),
        ];
        for (text, expected) in cases {
            let found = Timestamp::parse(text).map(|at| (at.seconds, at.nanoseconds));
            assert_eq!(found, *expected, "{text}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        for ms in [0, 1, -1, 951_782_400_000, 1_790_000_000_123, 4_102_444_799_999] {
            let text = format_milliseconds(ms);
            assert_eq!(Timestamp::parse(&text).map(Timestamp::milliseconds_up), Some(ms), "{text}");
        }
    }
}
