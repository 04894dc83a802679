//! What a target gets: the event, a part of it, a constant or a filled template.

use crate::deliver::Input;
use crate::event::time_text;
use crate::records::{Rule, Target};
use pattern::{Context, InputPath, Transformer};
use serde_json::Value;
use service::Arn;

/// What is handed to the target. An input that cannot be made is the delivery's to report.
pub(crate) fn input(target: &Target, rule: &Rule, event: &Value, now_ms: i64) -> Input {
    match text(target, rule, event, now_ms) {
        Ok(text) => Input::Text(text),
        Err(reason) => Input::Invalid { reason, event: event.to_string() },
    }
}

fn text(target: &Target, rule: &Rule, event: &Value, now_ms: i64) -> Result<String, String> {
    if let Some(constant) = &target.input {
        return Ok(constant.clone());
    }
    if let Some(path) = &target.input_path {
        let path = InputPath::parse(path).map_err(|error| error.to_string())?;
        // AWS: an input path that selects nothing hands over an empty object. UNVERIFIED.
        return Ok(path.select(event).map_or_else(|| "{}".to_owned(), |part| part.to_string()));
    }
    if let Some(given) = &target.input_transformer {
        let paths = given.input_paths_map.iter().map(|(name, path)| (name.as_str(), path.as_str()));
        let transformer =
            Transformer::parse(paths, &given.input_template).map_err(|error| error.to_string())?;
        let ingestion_time = time_text(now_ms);
        let context =
            Context { rule_arn: &rule.arn, rule_name: &rule.name, ingestion_time: &ingestion_time };
        return transformer.apply(event, &context).map_err(|error| error.to_string());
    }
    Ok(event.to_string())
}

/// What is wrong with a target as given, in AWS's words.
pub(crate) fn problem(target: &Target) -> Option<String> {
    let Ok(arn) = Arn::parse(&target.arn) else {
        return Some(format!(
            "Parameter {} is not valid. Reason: Provided Arn is not in correct format.",
            target.arn
        ));
    };
    let service = arn.service.as_str();
    let is_fifo = arn.resource.strip_suffix(".fifo").is_some();
    let group = target.sqs_parameters.as_ref().and_then(|p| p.message_group_id.as_ref());
    if service == "sqs" && is_fifo && group.is_none() {
        return Some(format!(
            "Parameter(s) SqsParameters must be specified for target: {}.",
            target.id
        ));
    }
    let needs_role = matches!(
        service,
        "states" | "events" | "kinesis" | "ecs" | "batch" | "ssm" | "codebuild" | "codepipeline"
    );
    if needs_role && target.role_arn.is_none() {
        // AWS: ValidationException of PutTargets, quoted in terraform-provider-aws #19913.
        return Some(format!("RoleArn is required for target {}.", target.arn));
    }
    let inputs =
        [target.input.is_some(), target.input_path.is_some(), target.input_transformer.is_some()];
    if inputs.iter().filter(|given| **given).count() > 1 {
        return Some(format!(
            "Only one of Input, InputPath, or InputTransformer must be provided for target {}.",
            target.id
        ));
    }
    if let Some(text) = &target.input
        && serde_json::from_str::<Value>(text).is_err()
    {
        return Some(format!("JSON syntax error in input for target {}.", target.id));
    }
    if let Some(path) = &target.input_path
        && let Err(error) = InputPath::parse(path)
    {
        return Some(format!("Invalid InputPath for target {} : {error}.", target.id));
    }
    let given = target.input_transformer.as_ref()?;
    let paths = given.input_paths_map.iter().map(|(name, path)| (name.as_str(), path.as_str()));
    let error = Transformer::parse(paths, &given.input_template).err()?;
    Some(format!("Invalid InputTemplate for target {} : {error}.", target.id))
}
