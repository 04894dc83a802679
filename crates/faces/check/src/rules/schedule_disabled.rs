//! `schedule-disabled`: a schedule that does nothing.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::node::Node;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "schedule-disabled",
    severity: Severity::Warning,
    summary: "a schedule that is switched off, or starts nothing",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for schedule in &context.schedules {
        let rule = schedule.rule;
        let off =
            rule.properties.entry("state").filter(|entry| entry.value.as_str() == Some("DISABLED"));
        let off = off.or_else(|| {
            rule.properties.entry("isEnabled").filter(|entry| entry.value.as_bool() == Some(false))
        });
        if let Some(entry) = off {
            let message = format!("`{}` is disabled: it never fires", rule.key);
            found.push(Finding::new(&RULE, entry.value.span, message).when(When::FirstFiring));
        }
        let has_target = schedule.is_scheduler
            || context.program.of("aws:cloudwatch:EventTarget").any(|target| {
                let named = target.get("rule");
                named.and_then(Node::attribute).is_none_or(|(key, _)| key == rule.key)
            });
        if !has_target {
            let message = format!("`{}` has no target: it fires and starts nothing", rule.key);
            found.push(Finding::new(&RULE, rule.name_span, message).when(When::FirstFiring));
        }
    }
}
