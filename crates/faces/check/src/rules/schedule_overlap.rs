//! `schedule-overlap`: a job that may take longer than the schedule waits.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::node::Node;
use std::collections::HashSet;

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "schedule-overlap",
    severity: Severity::Warning,
    summary: "a schedule that fires again before the job's time limit is over",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    let mut told = HashSet::new();
    for (machine, state, task) in context.tasks() {
        let Some(schedule) = context.schedule(machine) else { continue };
        let limit = task
            .arguments
            .as_ref()
            .and_then(|arguments| arguments.at(&["StoppingCondition", "MaxRuntimeInSeconds"]));
        let limit = limit.or_else(|| state.node.get("TimeoutSeconds"));
        let Some((node, seconds)) = limit.and_then(|node| Some((node, node.as_f64()?))) else {
            continue;
        };
        let instants = schedule.next(context.now_ms, 8);
        let gap = instants.windows(2).map(|pair| pair[1] - pair[0]).min();
        let Some(gap) = gap.map(|gap| gap as f64 / 1000.0).filter(|gap| seconds > *gap) else {
            continue;
        };
        if !told.insert(machine.key.clone()) {
            continue;
        }
        let message = format!(
            "`{}` may take {} and `{}` fires every {}: runs overlap, and both may promote a model",
            state.name,
            time(seconds),
            schedule.rule.key,
            time(gap)
        );
        found.push(
            Finding::new(&RULE, node.span, message)
                .when(When::Sometimes)
                .help(format!("allow at most {} seconds, or schedule it less often", gap as i64)),
        );
    }
    whole_runs(context, &told, found);
}

/// Machines whose own limit is beyond the schedule's gap, and whose tasks have none.
fn whole_runs(context: &Context<'_>, told: &HashSet<Option<String>>, found: &mut Vec<Finding>) {
    for machine in &context.machines {
        let (Some(schedule), Some(node)) =
            (context.schedule(machine), machine.tree.get("TimeoutSeconds"))
        else {
            continue;
        };
        let instants = schedule.next(context.now_ms, 8);
        let gap = instants.windows(2).map(|pair| pair[1] - pair[0]).min();
        let (Some(seconds), Some(gap)) = (Node::as_f64(node), gap.map(|gap| gap as f64 / 1000.0))
        else {
            continue;
        };
        if seconds > gap && !told.contains(&machine.key) {
            let message = format!(
                "a run may take {} and `{}` fires every {}: runs overlap",
                time(seconds),
                schedule.rule.key,
                time(gap)
            );
            found.push(
                Finding::new(&RULE, node.span, message)
                    .severity(Severity::Note)
                    .when(When::Sometimes),
            );
        }
    }
}

fn time(seconds: f64) -> String {
    let seconds = seconds as i64;
    match seconds {
        s if s % 86_400 == 0 => format!("{} d", s / 86_400),
        s if s % 3_600 == 0 => format!("{} h", s / 3_600),
        s if s % 60 == 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}
