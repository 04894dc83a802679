//! `single-use-name`: a name that AWS takes once, in a machine that runs again and again.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::machine::{Machine, State, Task, is_editable};
use crate::node::{Kind, Node};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "single-use-name",
    severity: Severity::Error,
    summary: "a fixed name of a job, model or execution: the second run fails",
    check,
};

/// Actions, the member that names what they make, the longest name, what AWS calls it.
const NAMES: &[(&str, &str, &str, usize, &str)] = &[
    ("sagemaker", "createTrainingJob", "TrainingJobName", 63, "Training job"),
    ("sagemaker", "createProcessingJob", "ProcessingJobName", 63, "Processing job"),
    ("sagemaker", "createTransformJob", "TransformJobName", 63, "Transform job"),
    (
        "sagemaker",
        "createHyperParameterTuningJob",
        "HyperParameterTuningJobName",
        32,
        "Hyper parameter tuning job",
    ),
    ("sagemaker", "createModel", "ModelName", 63, "Model"),
    ("sagemaker", "createEndpointConfig", "EndpointConfigName", 63, "Endpoint configuration"),
    ("sagemaker", "createAutoMLJob", "AutoMLJobName", 32, "Auto ML job"),
    ("states", "startExecution", "Name", 80, "Execution"),
    ("sfn", "startExecution", "Name", 80, "Execution"),
];

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    for (machine, state, task) in context.tasks() {
        let Some(rule) = NAMES.iter().find(|rule| rule.0 == task.service && rule.1 == task.action)
        else {
            continue;
        };
        let Some(member) = task.member(rule.2).filter(|member| !member.is_dynamic) else {
            continue;
        };
        let Kind::Text(text) = &member.value.kind else { continue };
        let Some(name) = text.literal() else { continue };
        found.push(finding(
            context,
            (machine, state, task),
            rule,
            name,
            (member.key_span, member.value),
        ));
    }
}

fn finding(
    context: &Context<'_>,
    (machine, state, task): (&Machine, &State, &Task),
    rule: &(&str, &str, &str, usize, &str),
    name: &str,
    (key_span, value): (crate::source::Span, &Node),
) -> Finding {
    let (_, _, key, longest, noun) = *rule;
    let schedule = context.schedule(machine);
    let severity = if schedule.is_some() { Severity::Error } else { Severity::Warning };
    let message = format!(
        "every run makes a {} called \"{name}\", and AWS takes a name once",
        noun.to_lowercase()
    );
    let says = if task.service == "sagemaker" {
        format!(
            "SageMaker.ResourceInUseException: {noun} names must be unique within an AWS account and region, and a {} with this name already exists",
            noun.to_lowercase()
        )
    } else {
        "StepFunctions.ExecutionAlreadyExistsException".to_owned()
    };
    let when = When::SecondRun(schedule.and_then(|schedule| schedule.second(context.now_ms)));
    // A UUID has 36 characters; the name of a scheduled execution has 73, more than a job's name may have.
    let prefix: String = name.chars().take(longest.saturating_sub(37)).collect();
    let prefix = prefix.trim_end_matches('-');
    let has_room = longest > 40;
    let (new_key, new_value) = match (state.is_jsonata, has_room) {
        (true, true) => (key.to_owned(), format!("{{% '{prefix}-' & $uuid() %}}")),
        (true, false) => (
            key.to_owned(),
            format!(
                "{{% $substring('{name}', 0, {}) & '-' & $substring($uuid(), 0, 8) %}}",
                longest - 9
            ),
        ),
        (false, true) => {
            (format!("{key}.$"), format!("States.Format('{prefix}-{{}}', States.UUID())"))
        }
        (false, false) => (
            format!("{key}.$"),
            format!(
                "States.Format('{}-{{}}', States.ArrayGetItem(States.StringSplit(States.UUID(), '-'), 0))",
                name.chars().take(longest - 9).collect::<String>()
            ),
        ),
    };
    let mut finding =
        Finding::new(&RULE, value.span, message).severity(severity).when(when).says(says);
    finding = if is_editable(context.program.language) {
        let (old_key, old_value) =
            (context.sources.text(key_span), context.sources.text(value.span));
        let quoted = |old: &str, new: &str| {
            if old.starts_with('"') || new.starts_with("{%") {
                format!("\"{new}\"")
            } else {
                new.to_owned()
            }
        };
        finding
            .edit(key_span, quoted(old_key, &new_key))
            .edit(value.span, quoted(old_value, &new_value))
    } else {
        finding.correction(format!("\"{new_key}\": \"{new_value}\""))
    };
    finding.help("a name made of States.UUID() is new in each run; the name of a scheduled execution ($$.Execution.Name) is longer than a job's name may be")
}
