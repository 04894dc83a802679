//! Which instants fire after a pause.

use super::{MISSED_MOST, firings};
use crate::records::Rule;
use std::collections::BTreeMap;

const MINUTE_MS: i64 = 60_000;

/// Expression, policy, minute that is due, now in seconds, minutes fired.
type Case = (&'static str, Option<&'static str>, i64, i64, Vec<i64>);

fn rule(expression: &str, policy: Option<&str>) -> Rule {
    let tag = policy.map(|policy| ("refit:missed-runs".to_owned(), policy.to_owned()));
    Rule {
        name: "r".to_owned(),
        bus: "default".to_owned(),
        region: "us-east-1".to_owned(),
        arn: String::new(),
        description: None,
        schedule_expression: Some(expression.to_owned()),
        event_pattern: None,
        enabled: true,
        state: "ENABLED".to_owned(),
        role_arn: None,
        anchor_ms: 0,
        tags: BTreeMap::from_iter(tag),
        targets: Vec::new(),
    }
}

#[test]
fn missed_and_on_time() {
    let every = "rate(1 minute)";
    let (all, skip) = (Some("all"), Some("skip"));
    let cases: Vec<Case> = vec![
        (every, None, 5, 300, vec![5]),
        (every, None, 5, 360, vec![5, 6]),
        (every, None, 5, 421, vec![7]),
        (every, all, 5, 421, vec![5, 6, 7]),
        (every, skip, 5, 421, vec![7]),
        ("rate(5 minutes)", None, 5, 1_500 - 1, vec![20]),
        ("rate(5 minutes)", skip, 5, 1_500 - 1, vec![]),
        ("rate(5 minutes)", skip, 5, 1_500 + 1, vec![25]),
        ("cron(0 0 1 1 ? *)", None, 0, 3 * 366 * 86_400, vec![(365 * 3 + 1) * 1_440]),
    ];
    for (expression, policy, due, now_seconds, fired) in cases {
        let rule = rule(expression, policy);
        let found = firings(&rule, due * MINUTE_MS, now_seconds * 1000);
        let wanted: Vec<i64> = fired.iter().map(|minute| minute * MINUTE_MS).collect();
        assert_eq!(found, wanted, "{expression} {policy:?} due {due} at {now_seconds} s");
    }
}

#[test]
fn a_long_pause_ends_with_the_latest_instants() {
    let now_ms = 20 * 365 * 86_400_000 + 1;
    let found = firings(&rule("rate(1 minute)", Some("all")), MINUTE_MS, now_ms);
    assert_eq!((found.len(), found.last()), (MISSED_MOST, Some(&(now_ms - 1))));
    assert_eq!(firings(&rule("rate(1 minute)", None), MINUTE_MS, now_ms), [now_ms - 1]);
    let found = firings(&rule("cron(* * ? 1 MON 1970)", None), MINUTE_MS, now_ms);
    assert_eq!(found.len(), 1, "a schedule that is over");
}

#[test]
fn nothing_overflows() {
    for now_ms in [i64::MIN, -1, 0, i64::MAX] {
        for due_ms in [i64::MIN, -1, 0, i64::MAX] {
            for expression in ["rate(1 minute)", "cron(0/5 * * * ? *)"] {
                firings(&rule(expression, Some("all")), due_ms, now_ms);
            }
        }
    }
}
