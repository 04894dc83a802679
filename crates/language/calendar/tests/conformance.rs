//! Checks `cron()` against what independent libraries agree on, where that data lies beside the
//! repository.

use calendar::{Expression, TimeZone};
use serde_json::Value;

#[test]
fn conformance_of_cron() {
    let Some(text) = recordings::text("schedules/cron.jsonl") else { return };
    let mut suite = recordings::Suite::new("cron", &["next six"]);
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).expect("a case is JSON");
        suite.check(&case["expression"].to_string(), check(&case));
    }
    suite.finish("");
}

fn check(case: &Value) -> Result<(), String> {
    let text = case["expression"].as_str().expect("an expression");
    let parsed = Expression::parse_rule(text);
    if case["invalid"] == true {
        return if parsed.is_err() { Ok(()) } else { Err(format!("{text} was accepted")) };
    }
    let expression = parsed.map_err(|error| format!("{text}: {error}"))?;
    let from: jiff::Timestamp = case["from"].as_str().expect("from").parse().expect("a time");
    let expected: Vec<String> =
        case["next"].as_array().expect("next").iter().map(|it| format!("{it}")).collect();
    let got: Vec<String> = expression
        .upcoming(from.as_millisecond() - 1, 0, &TimeZone::UTC)
        .take(6)
        .map(|ms| jiff::Timestamp::from_millisecond(ms).expect("in range"))
        .map(|at| format!("{:?}", at.strftime("%Y-%m-%dT%H:%M").to_string()))
        .collect();
    if got == expected { Ok(()) } else { Err(format!("{text}: {got:?} and not {expected:?}")) }
}
