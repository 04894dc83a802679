//! Cases for every form of schedule expression.

use calendar::{Error, Expression, TimeZone, time_zone};

fn ms(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().expect("an instant").as_millisecond()
}

fn text(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).expect("in range").to_string()
}

fn check(expression: &str, zone: &str, after: &str, expected: &[&str]) {
    let parsed = Expression::parse(expression).expect(expression);
    let zone = time_zone(zone).expect(zone);
    let got: Vec<String> = parsed
        .upcoming(ms(after), ms(after), &zone)
        .take(expected.len().max(3))
        .map(text)
        .collect();
    assert_eq!(got.iter().take(expected.len()).collect::<Vec<_>>(), expected, "{expression}");
    assert!(got.len() == expected.len() || expected.len() >= 3, "{expression} goes on: {got:?}");
}

/// Expression, time zone, after, the next instants (fewer than three where there are no more).
type Case = (&'static str, &'static str, &'static str, &'static [&'static str]);

const CASES: &[Case] = &[
    // Strictly after.
    (
        "cron(0 12 * * ? *)",
        "UTC",
        "2026-01-01T12:00:00Z",
        &["2026-01-02T12:00:00Z", "2026-01-03T12:00:00Z", "2026-01-04T12:00:00Z"],
    ),
    (
        "cron(0 12 * * ? *)",
        "UTC",
        "2026-01-01T11:59:59.999Z",
        &["2026-01-01T12:00:00Z", "2026-01-02T12:00:00Z", "2026-01-03T12:00:00Z"],
    ),
    // 02:30 does not exist on 2026-03-29 in Berlin.
    (
        "cron(30 2 * * ? *)",
        "Europe/Berlin",
        "2026-03-28T00:00:00Z",
        &["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"],
    ),
    // 02:30 exists twice on 2026-10-25: only the first counts.
    (
        "cron(30 2 * * ? *)",
        "Europe/Berlin",
        "2026-10-24T12:00:00Z",
        &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z"],
    ),
    // Asked in the second 02:xx of that night.
    (
        "cron(45 2 * * ? *)",
        "Europe/Berlin",
        "2026-10-25T01:10:00Z",
        &["2026-10-26T01:45:00Z", "2026-10-27T01:45:00Z", "2026-10-28T01:45:00Z"],
    ),
    // The Samoan 30 December 2011 never was.
    (
        "cron(0 12 30 12 ? *)",
        "Pacific/Apia",
        "2011-01-01T00:00:00Z",
        &["2012-12-29T22:00:00Z", "2013-12-29T22:00:00Z", "2014-12-29T22:00:00Z"],
    ),
    // The last year AWS knows.
    (
        "cron(0 0 1 1 ? *)",
        "UTC",
        "2197-06-01T00:00:00Z",
        &["2198-01-01T00:00:00Z", "2199-01-01T00:00:00Z"],
    ),
    ("cron(0 0 30 2 ? *)", "UTC", "2026-01-01T00:00:00Z", &[]),
    ("cron(15 10 ? * 6L 2002-2005)", "UTC", "2026-01-01T00:00:00Z", &[]),
    (
        "cron(58-1 0 1 jan ? *)",
        "UTC",
        "2026-01-01T00:00:30Z",
        &["2026-01-01T00:01:00Z", "2026-01-01T00:58:00Z", "2026-01-01T00:59:00Z"],
    ),
    (
        "cron(0 0 ? * SAT-TUE/2 *)",
        "UTC",
        "2026-01-01T00:00:00Z",
        &["2026-01-03T00:00:00Z", "2026-01-05T00:00:00Z", "2026-01-10T00:00:00Z"],
    ),
    (
        "rate(1 day)",
        "Europe/Berlin",
        "2026-03-28T12:00:00.250Z",
        &["2026-03-29T12:00:00.25Z", "2026-03-30T12:00:00.25Z", "2026-03-31T12:00:00.25Z"],
    ),
    (
        "rate(90 minutes)",
        "UTC",
        "2026-03-28T12:00:00Z",
        &["2026-03-28T13:30:00Z", "2026-03-28T15:00:00Z", "2026-03-28T16:30:00Z"],
    ),
    (
        "at(2026-07-01T09:00:00)",
        "America/New_York",
        "2026-01-01T00:00:00Z",
        &["2026-07-01T13:00:00Z"],
    ),
    ("at(2026-07-01T09:00:00)", "UTC", "2026-07-01T09:00:00Z", &[]),
    ("at(2026-03-29T02:30:00)", "Europe/Berlin", "2026-01-01T00:00:00Z", &[]),
];

#[test]
fn instants() {
    for (expression, zone, after, expected) in CASES {
        check(expression, zone, after, expected);
    }
}

#[test]
fn rates_count_from_the_anchor() {
    let rate = Expression::parse("rate(5 minutes)").unwrap();
    let utc = TimeZone::UTC;
    assert_eq!(rate.next_after(0, 1_000, &utc), Some(1_000));
    assert_eq!(rate.next_after(999, 1_000, &utc), Some(1_000));
    assert_eq!(rate.next_after(1_000, 1_000, &utc), Some(301_000));
    assert_eq!(rate.next_after(301_000 + 299_999, 1_000, &utc), Some(601_000));
    assert_eq!(rate.next_after(i64::MAX, i64::MIN, &utc), None);
}

// AWS: PutRule's recorded refusals, and the rules of eb-cron-expressions.
#[test]
fn refusals() {
    let cases: &[&str] = &[
        "rate(10 seconds)",
        "rate(10 years)",
        "rate(1 minutes)",
        "rate(1 hours)",
        "rate(1 days)",
        "rate(10 minute)",
        "rate(10 hour)",
        "rate(10 day)",
        "rate()",
        "rate(10)",
        "rate(10 minutess)",
        "rate(foo minutes)",
        "rate(0 minutes)",
        "rate(-10 minutes)",
        "rate(+10 minutes)",
        "rate(1.5 hours)",
        "rate(10 MINUTES)",
        "rate( 10 minutes )",
        " rate(10 minutes)",
        "rate(10 minutes",
        "rate(99999999999999999999 days)",
        "rate(9223372036854775807 days)",
        "cron(0 1 * * * *)",
        "cron(7 20 * * NOT *)",
        "cron(INVALID)",
        "cron(0 dummy ? * MON-FRI *)",
        "cron(71 8 1 * ? *)",
        "cron(0 10 ? * MON#1#2 *)",
        "cron(0 10 L,15 * ? *)",
        "cron(0 10 L-31 * ? *)",
        "cron(0 10 0W * ? *)",
        "cron(0/0 10 * * ? *)",
        "cron(0/ 10 * * ? *)",
        "cron(/5 10 * * ? *)",
        "cron(0/5/5 10 * * ? *)",
        "cron(1,,2 10 * * ? *)",
        "cron(1-2-3 10 * * ? *)",
        "cron(99999999 10 * * ? *)",
        "cron(0 10 * * ? 2030-2026)",
        "cron(0 10 ?,1 * ? *)",
        "CRON(0 10 * * ? *)",
        "cron(0 10 * * ? *) ",
        "cron)",
        "cron(",
        "",
        "at(2026-13-01T00:00:00)",
        "at(2026-02-29T00:00:00)",
        "at(2026-02-28T24:00:00)",
        "at(2026-02-28T00:00:00Z)",
        "at(2026-02-28 00:00:00)",
        "at(é026-02-28T00:00:0)",
        "at()",
    ];
    for case in cases {
        assert!(Expression::parse(case).is_err(), "{case} was accepted");
    }
    assert_eq!(Expression::parse_rule("at(2026-01-01T00:00:00)"), Err(Error::AtInRule));
    assert_eq!(
        Expression::parse("rate(1 minutes)"),
        Err(Error::RateNumber { value: 1, expected: "minute" })
    );
    assert_eq!(Expression::parse(&format!("cron({})", " ".repeat(300))), Err(Error::TooLong));
    assert!(time_zone("Mars/Olympus").is_err());
}

// AWS: the expressions that PutRule was seen to accept.
#[test]
fn accepted() {
    let cases = [
        "rate(1 minute)",
        "rate(1 hour)",
        "rate(24 hours)",
        "cron(0 2 ? * SAT *)",
        "cron(5,35 14 * * ? *)",
        "cron(15 10 ? * 6L 2002-2005)",
        "cron(0 2 ? * SAT#3 *)",
        "cron(* * ? * SAT#3 *)",
        "cron(0/5 5 ? JAN 1-5 2022)",
        "cron(0/30 20-23 ? * MON-FRI *)",
        "cron(0/30 0-2 ? * MON-FRI *)",
    ];
    for case in cases {
        assert!(Expression::parse_rule(case).is_ok(), "{case} was refused");
    }
}

/// A small generator of numbers, so that the cases are the same on every run.
struct Seed(u64);

impl Seed {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }
}

#[test]
fn no_text_and_no_time_panics() {
    let words = [
        "cron(",
        "rate(",
        "at(",
        ")",
        " ",
        "*",
        "?",
        "L",
        "W",
        "#",
        "-",
        "/",
        ",",
        "0",
        "1",
        "7",
        "15",
        "31",
        "59",
        "MON",
        "FEB",
        "2026",
        "2199",
        "minutes",
        "T",
        ":",
        "é",
        "\u{0}",
        "💥",
        "cron(0 0 ? * ",
        "cron(0 0 ",
        " * ? *)",
        "cron(* * * * ? *)",
    ];
    let extremes =
        [i64::MIN, i64::MIN + 1, -62_135_596_800_001, -1, 0, 253_402_300_800_000, i64::MAX];
    let zones = ["UTC", "Pacific/Apia", "America/St_Johns", "Africa/Cairo"]
        .map(|name| time_zone(name).expect(name));
    let mut seed = Seed(0x5eed);
    let mut accepted = 0;
    for _ in 0..30_000 {
        let length = seed.next(9) + 1;
        let text: String = (0..length).map(|_| words[seed.next(words.len())]).collect();
        let Ok(expression) = Expression::parse(&text) else { continue };
        accepted += 1;
        let after = extremes[seed.next(extremes.len())];
        let anchor = extremes[seed.next(extremes.len())];
        let zone = &zones[seed.next(zones.len())];
        if let Some(next) = expression.next_after(after, anchor, zone) {
            assert!(next > after, "{text} after {after}");
        }
    }
    assert!(accepted > 100, "the generator makes valid expressions too: {accepted}");
}

#[test]
fn instants_ascend_in_every_zone() {
    let mut seed = Seed(42);
    for name in ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca"] {
        let zone = time_zone(name).expect(name);
        for _ in 0..60 {
            let text = format!("cron({}/{} * * * ? *)", seed.next(60), seed.next(59) + 1);
            let expression = Expression::parse(&text).expect("valid");
            let start = ms("2026-01-01T00:00:00Z") + seed.next(31_536_000) as i64 * 1_000;
            let instants: Vec<i64> = expression.upcoming(start, 0, &zone).take(50).collect();
            assert_eq!(instants.len(), 50);
            assert!(instants.windows(2).all(|pair| pair[0] < pair[1]), "{text} in {name}");
        }
    }
}
