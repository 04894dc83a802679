//! Configuration: defaults, and what must hold.

use crate::error::Error;
use crate::records::Function;
use serde_json::{Map, Value, json};
use service::{Arn, Ctx};

/// Members that describe a function; everything else of a request is not configuration.
const MEMBERS: [&str; 17] = [
    "Runtime",
    "Role",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "PackageType",
    "Environment",
    "TracingConfig",
    "Architectures",
    "EphemeralStorage",
    "LoggingConfig",
    "DeadLetterConfig",
    "VpcConfig",
    "KMSKeyArn",
    "SnapStart",
    "FileSystemConfigs",
];

/// Environment variables that a function cannot set for itself.
const RESERVED: [&str; 15] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
];
/// All variables together, as JSON.
const MOST_ENVIRONMENT_BYTES: usize = 4096;

/// Fills in defaults and refuses what cannot run.
pub(crate) fn complete(configuration: &mut Map<String, Value>) -> Result<(), Error> {
    if configuration.get("Layers").and_then(Value::as_array).is_some_and(|l| !l.is_empty()) {
        return Err(Error::Invalid(
            "refit does not have layers: put them into the code archive.".to_owned(),
        ));
    }
    for member in [
        "ImageConfig",
        "CodeSigningConfigArn",
        "CapacityProviderConfig",
        "DurableConfig",
        "TenancyConfig",
    ] {
        if configuration.get(member).is_some_and(|value| !value.is_null() && *value != json!({})) {
            return Err(Error::Invalid(format!("refit does not have {member}.")));
        }
    }
    check_environment(configuration)?;
    check_dead_letter(configuration)?;
    configuration.retain(|member, _| MEMBERS.contains(&member.as_str()));
    let defaults = [
        ("PackageType", json!("Zip")),
        ("Timeout", json!(3)),
        ("MemorySize", json!(128)),
        ("Description", json!("")),
        ("Architectures", json!(["x86_64"])),
        ("EphemeralStorage", json!({"Size": 512})),
        ("TracingConfig", json!({"Mode": "PassThrough"})),
    ];
    for (member, value) in defaults {
        configuration.entry(member).or_insert(value);
    }
    if configuration["PackageType"] != "Zip" {
        return Err(Error::Invalid(
            "refit runs functions of package type Zip, not Image.".to_owned(),
        ));
    }
    for member in ["Runtime", "Handler"] {
        if configuration.get(member).and_then(Value::as_str).is_none_or(str::is_empty) {
            // AWS: CreateFunction: "Runtime and Handler are mandatory parameters for functions created with deployment packages."
            return Err(Error::Invalid(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages.".to_owned(),
            ));
        }
    }
    Ok(())
}

/// What functions are told by refit itself cannot be set.
// AWS: configuration-envvars: reserved environment variables, 4 KB in all.
fn check_environment(configuration: &Map<String, Value>) -> Result<(), Error> {
    let variables = configuration.get("Environment").and_then(|given| given.get("Variables"));
    let Some(variables) = variables.and_then(Value::as_object) else { return Ok(()) };
    let refuse = |why: &str| {
        Err(Error::Invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have provided {why}"
        )))
    };
    let reserved: Vec<&str> =
        variables.keys().map(String::as_str).filter(|name| RESERVED.contains(name)).collect();
    if !reserved.is_empty() {
        return refuse(&format!(
            "contains reserved keys that are currently not supported for modification. Reserved keys used in this request: {}",
            reserved.join(", ")
        ));
    }
    if variables.values().filter_map(Value::as_str).any(|value| value.contains('\0')) {
        return refuse("contains a null character.");
    }
    let text = Value::Object(variables.clone()).to_string();
    if text.len() > MOST_ENVIRONMENT_BYTES {
        return refuse("exceeded the 4KB limit.");
    }
    Ok(())
}

/// Events that failed for good go to a queue or a topic; an empty target means none.
fn check_dead_letter(configuration: &Map<String, Value>) -> Result<(), Error> {
    let target =
        configuration.get("DeadLetterConfig").and_then(|config| config["TargetArn"].as_str());
    let Some(target) = target.filter(|target| !target.is_empty()) else { return Ok(()) };
    match Arn::parse(target) {
        Ok(arn) if ["sqs", "sns"].contains(&arn.service.as_str()) => Ok(()),
        _ => Err(Error::Invalid(
            "The provided dead letter config TargetArn is not a queue or a topic.".to_owned(),
        )),
    }
}

/// Versions are not there: a caller who wants one published must not think that it was.
pub(crate) fn refuse_versions(input: &Map<String, Value>) -> Result<(), Error> {
    if input.get("Publish") == Some(&Value::Bool(true)) || input.contains_key("PublishTo") {
        return Err(Error::Invalid(
            "refit does not have versions of functions: leave Publish out.".to_owned(),
        ));
    }
    Ok(())
}

/// The role must exist and trust Lambda.
pub(crate) async fn check_role(
    ctx: &Ctx,
    configuration: &Map<String, Value>,
    arn: &str,
) -> Result<(), Error> {
    let role = configuration.get("Role").and_then(Value::as_str).unwrap_or_default();
    let caller = ctx.kit.caller();
    caller.assume_for(role, "lambda.amazonaws.com", "lambda", arn).await.map(drop).map_err(
        |error| {
            tracing::info!(role, %error, "Lambda cannot assume the role");
            // AWS: CreateFunction with a role that does not trust Lambda.
            Error::Invalid(
                "The role defined for the function cannot be assumed by Lambda.".to_owned(),
            )
        },
    )
}

/// Refuses a change that was made for another revision.
pub(crate) fn check_revision(function: &Function, input: &Map<String, Value>) -> Result<(), Error> {
    match input.get("RevisionId").and_then(Value::as_str) {
        Some(given) if given != function.revision_id => Err(Error::Revision),
        _ => Ok(()),
    }
}
