//! Which instants a schedule has, and which fire after a pause.

use super::{MISSED_MOST, instants, next_ms};
use crate::records::Schedule;
use serde_json::json;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// 2026-03-28T00:00:00Z, the day before Vienna's clocks go forward.
const MARCH_MS: i64 = 1_774_656_000_000;

fn schedule(expression: &str, time_zone: &str) -> Schedule {
    Schedule {
        name: "s".to_owned(),
        group: "default".to_owned(),
        region: "us-east-1".to_owned(),
        arn: String::new(),
        expression: expression.to_owned(),
        time_zone: time_zone.to_owned(),
        start_ms: None,
        end_ms: None,
        enabled: true,
        description: None,
        kms_key_arn: None,
        window_ms: 0,
        deletes_itself: false,
        target: json!({}),
        created_ms: 0,
        modified_ms: 0,
    }
}

#[test]
fn the_next_instant() {
    // Expression, zone, start, end and now in hours after MARCH_MS, the instant in hours after it.
    type Case<'a> = (&'a str, &'a str, Option<i64>, Option<i64>, i64, Option<i64>);
    let cases: &[Case] = &[
        ("cron(0 6 * * ? *)", "UTC", None, None, 0, Some(6)),
        ("cron(0 6 * * ? *)", "Europe/Vienna", None, None, 0, Some(5)),
        ("cron(0 6 * * ? *)", "Europe/Vienna", None, None, 6, Some(28)),
        ("cron(0 6 * * ? *)", "Europe/Vienna", None, Some(27), 6, None),
        ("cron(0 6 * * ? *)", "UTC", Some(7), None, 0, Some(30)),
        ("rate(5 hours)", "UTC", Some(3), None, 0, Some(3)),
        ("rate(5 hours)", "UTC", Some(3), None, 3, Some(8)),
        ("rate(5 hours)", "UTC", Some(3), Some(7), 3, None),
        ("at(2026-03-28T09:00:00)", "UTC", None, None, 0, Some(9)),
        ("at(2026-03-28T09:00:00)", "Asia/Tokyo", None, None, -1, Some(0)),
        ("at(2026-03-28T09:00:00)", "UTC", None, None, 9, None),
    ];
    for (expression, zone, start, end, now, expected) in cases {
        let at = |hours: i64| MARCH_MS + hours * HOUR_MS;
        let mut schedule = schedule(expression, zone);
        schedule.start_ms = start.map(at);
        schedule.end_ms = end.map(at);
        let found = next_ms(&schedule, at(*now)).map(|ms| (ms - MARCH_MS) / HOUR_MS);
        assert_eq!(found, *expected, "{expression} {zone} {start:?} {end:?} {now}");
        schedule.enabled = false;
        assert_eq!(next_ms(&schedule, at(*now)), None);
    }
}

#[test]
fn missed_and_on_time() {
    // Policy, window in minutes, minute that is due, now in seconds, minutes fired.
    let cases: &[(&str, i64, i64, i64, &[i64])] = &[
        ("latest", 0, 5, 300, &[5]),
        ("latest", 0, 5, 421, &[7]),
        ("all", 0, 5, 421, &[5, 6, 7]),
        ("skip", 0, 5, 421, &[7]),
        ("skip", 2, 5, 421, &[5, 6, 7]),
    ];
    for (policy, window, due, now_seconds, fired) in cases {
        let mut schedule = schedule("rate(1 minute)", "UTC");
        schedule.window_ms = window * MINUTE_MS;
        let found = instants(&schedule, due * MINUTE_MS, now_seconds * 1000, policy);
        let wanted: Vec<i64> = fired.iter().map(|minute| minute * MINUTE_MS).collect();
        assert_eq!(found, wanted, "{policy} {window} due {due} at {now_seconds} s");
    }
}

#[test]
fn a_long_pause_and_odd_clocks() {
    let every = schedule("rate(1 minute)", "UTC");
    let now_ms = 5 * 365 * 24 * HOUR_MS + 1;
    let found = instants(&every, MINUTE_MS, now_ms, "all");
    assert_eq!((found.len(), found.last()), (MISSED_MOST, Some(&(now_ms - 1))));
    for now_ms in [i64::MIN, -1, 0, i64::MAX] {
        for first_ms in [-1, 0, MINUTE_MS] {
            instants(&schedule("cron(0 0 1 1 ? *)", "UTC"), first_ms, now_ms, "all");
        }
    }
}
