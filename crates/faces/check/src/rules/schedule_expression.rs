//! `schedule-expression`: an expression that EventBridge refuses.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::model::Language;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "schedule-expression",
    severity: Severity::Error,
    summary: "a schedule expression that EventBridge refuses, or that never fires",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for schedule in &context.schedules {
        let Some(text) = schedule.expression.as_str() else { continue };
        let span = schedule.expression.span;
        match schedule.parse(text) {
            Ok(_) if schedule.next(context.now_ms, 1).is_empty() => {
                found.push(
                    Finding::new(&RULE, span, "this never fires again")
                        .severity(Severity::Warning)
                        .when(When::FirstFiring),
                );
            }
            Ok(_) => {}
            Err(error) => {
                let mut finding = Finding::new(&RULE, span, error.to_string())
                    .when(When::Deploy)
                    .says("ValidationException: Parameter ScheduleExpression is not valid.");
                if let Some(better) = better(text).filter(|better| schedule.parse(better).is_ok()) {
                    let source = context.sources.text(span);
                    let quote = source
                        .chars()
                        .next()
                        .filter(|c| matches!(c, '"' | '\''))
                        .map(String::from)
                        .unwrap_or_default();
                    let quoted = format!("{quote}{better}{quote}");
                    finding = if context.program.language == Language::Yaml {
                        finding.edit(span, quoted)
                    } else {
                        finding.correction(quoted)
                    };
                }
                found.push(finding);
            }
        }
    }
}

/// What was probably meant.
fn better(text: &str) -> Option<String> {
    let inner = text.strip_prefix("cron(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(text);
    let fields: Vec<&str> = inner.split_whitespace().collect();
    if text.starts_with("rate(") {
        let inner = text.strip_prefix("rate(")?.strip_suffix(')')?;
        let (value, unit) = inner.trim().split_once(char::is_whitespace)?;
        let unit = unit.trim().trim_end_matches('s');
        return Some(if value == "1" {
            format!("rate(1 {unit})")
        } else {
            format!("rate({value} {unit}s)")
        });
    }
    match fields.as_slice() {
        // Unix cron: minute hour day month weekday.
        [minute, hour, day, month, weekday] => Some(cron(minute, hour, day, month, weekday, "*")),
        [minute, hour, day, month, weekday, year] => {
            Some(cron(minute, hour, day, month, weekday, year))
        }
        _ => None,
    }
}

fn cron(minute: &str, hour: &str, day: &str, month: &str, weekday: &str, year: &str) -> String {
    let (day, weekday) = match (day, weekday) {
        ("?", "?") => ("*", "?"),
        (day, "*" | "?") => (day, "?"),
        ("*", weekday) => ("?", weekday),
        (day, weekday) => (day, weekday),
    };
    format!("cron({minute} {hour} {day} {month} {weekday} {year})")
}
