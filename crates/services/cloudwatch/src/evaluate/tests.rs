//! The states that points lead to: the guide's tables of missing data, and AWS's words.

#![cfg(test)]

use super::{Sample, date, judge};
use crate::alarm::{Config, IN_ALARM, INSUFFICIENT, OK};

/// 2026-11-23T07:05:00Z.
const END_MS: i64 = 1_795_417_500_000;

fn config(periods: i64, needed: Option<i64>, missing: &str) -> Config {
    Config {
        metric_name: "m".to_owned(),
        namespace: "n".to_owned(),
        statistic: Some("Sum".to_owned()),
        period: 60,
        evaluation_periods: periods,
        datapoints_to_alarm: needed,
        threshold: 1.0,
        comparison_operator: "GreaterThanOrEqualToThreshold".to_owned(),
        treat_missing_data: Some(missing.to_owned()),
        ..Config::default()
    }
}

/// `0` does not breach, `X` does, `-` is missing; the oldest first.
fn samples(picture: &str) -> Vec<Sample> {
    let ages = picture.bytes().rev().enumerate();
    ages.filter(|(_, mark)| *mark != b'-')
        .map(|(at, mark)| {
            let age = at as i64 + 1;
            let value = if mark == b'X' { 2.0 } else { 0.0 };
            Sample { age, at_ms: END_MS - age * 60_000, value, count: 1.0 }
        })
        .collect()
}

const KEPT: &str = "kept";

#[test]
fn missing_data() {
    // Picture, periods, needed; the state with missing, ignore, breaching, notBreaching.
    let cases: &[(&str, i64, Option<i64>, [&str; 4])] = &[
        ("0-X-X", 3, None, [OK; 4]),
        ("0----", 3, None, [OK; 4]),
        ("-----", 3, None, [INSUFFICIENT, KEPT, IN_ALARM, OK]),
        ("0XX-X", 3, None, [IN_ALARM; 4]),
        ("--X--", 3, None, [IN_ALARM, KEPT, IN_ALARM, OK]),
        ("0-X-X", 3, Some(2), [IN_ALARM; 4]),
        ("00X0X", 3, Some(2), [IN_ALARM; 4]),
        ("0-X--", 3, Some(2), [OK, OK, IN_ALARM, OK]),
        ("----0", 3, Some(2), [OK, OK, IN_ALARM, OK]),
        ("---X-", 3, Some(2), [IN_ALARM, KEPT, IN_ALARM, OK]),
        ("----X", 3, Some(2), [KEPT, KEPT, IN_ALARM, OK]),
        ("---", 1, None, [INSUFFICIENT, KEPT, IN_ALARM, OK]),
        ("X--", 1, None, [IN_ALARM; 4]),
        ("--0", 1, None, [OK; 4]),
        ("X0X", 2, Some(1), [IN_ALARM; 4]),
    ];
    for (picture, periods, needed, states) in cases {
        for (missing, expected) in
            ["missing", "ignore", "breaching", "notBreaching"].iter().zip(states)
        {
            let config = config(*periods, *needed, missing);
            let found = judge(&config, &samples(picture), OK, END_MS, END_MS);
            let found = found.map_or(KEPT, |verdict| verdict.state);
            assert_eq!(found, *expected, "{picture} {needed:?} of {periods}, {missing}");
        }
    }
}

#[test]
fn operators() {
    let cases = [
        ("GreaterThanOrEqualToThreshold", [false, true, true]),
        ("GreaterThanThreshold", [false, false, true]),
        ("LessThanThreshold", [true, false, false]),
        ("LessThanOrEqualToThreshold", [true, true, false]),
    ];
    for (operator, expected) in cases {
        for (value, expected) in [0.5, 1.0, 1.5].into_iter().zip(expected) {
            let mut config = config(1, None, "missing");
            operator.clone_into(&mut config.comparison_operator);
            let sample = Sample { age: 1, at_ms: END_MS - 60_000, value, count: 1.0 };
            let state = judge(&config, &[sample], OK, END_MS, END_MS).unwrap().state;
            assert_eq!(state == IN_ALARM, expected, "{value} {operator}");
        }
    }
}

#[test]
fn words() {
    let cases: &[(&str, i64, &str, &str, &str)] = &[
        (
            "--X",
            1,
            "missing",
            OK,
            "Threshold Crossed: 1 out of the last 1 datapoints [2.0 (23/11/26 07:04:00)] was greater than or equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).",
        ),
        (
            "--X",
            1,
            "missing",
            INSUFFICIENT,
            "Threshold Crossed: 1 datapoint [2.0 (23/11/26 07:04:00)] was greater than or equal to the threshold (1.0).",
        ),
        (
            "-XX",
            2,
            "missing",
            INSUFFICIENT,
            "Threshold Crossed: 2 datapoints [2.0 (23/11/26 07:04:00), 2.0 (23/11/26 07:03:00)] were greater than or equal to the threshold (1.0).",
        ),
        (
            "--0",
            1,
            "missing",
            IN_ALARM,
            "Threshold Crossed: 1 out of the last 1 datapoints [0.0 (23/11/26 07:04:00)] was not greater than or equal to the threshold (1.0) (minimum 1 datapoint for ALARM -> OK transition).",
        ),
        ("---", 1, "missing", OK, "Insufficient Data: 1 datapoint was unknown."),
        ("---", 3, "missing", OK, "Insufficient Data: 3 datapoints were unknown."),
        (
            "---",
            1,
            "notBreaching",
            IN_ALARM,
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
        ),
        (
            "---",
            2,
            "breaching",
            OK,
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].",
        ),
    ];
    for (picture, periods, missing, from, expected) in cases {
        let verdict =
            judge(&config(*periods, None, missing), &samples(picture), from, END_MS, END_MS);
        assert_eq!(verdict.unwrap().reason, *expected, "{picture}");
    }
    let verdict =
        judge(&config(1, None, "missing"), &samples("X"), OK, END_MS, END_MS + 1000).unwrap();
    assert_eq!(
        verdict.data.to_string(),
        r#"{"version":"1.0","queryDate":"2026-11-23T07:05:01.000+0000","startDate":"2026-11-23T07:04:00.000+0000","statistic":"Sum","period":60,"recentDatapoints":[2.0],"threshold":1.0,"evaluatedDatapoints":[{"timestamp":"2026-11-23T07:04:00.000+0000","sampleCount":1.0,"value":2.0}]}"#
    );
}

#[test]
fn odd_instants_are_no_panic() {
    for at_ms in [i64::MIN, -1, i64::MAX] {
        date(at_ms, "%d/%m/%y");
        judge(&config(i64::MAX, None, "missing"), &samples("X0"), OK, at_ms, at_ms);
    }
}
