//! Configuration: defaults, and what must hold.

use crate::error::Error;
use crate::records::Function;
use serde_json::{Map, Value, json};
use service::Ctx;

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

/// Fills in defaults and refuses what cannot run.
pub(crate) fn complete(configuration: &mut Map<String, Value>) -> Result<(), Error> {
    if configuration.get("Layers").and_then(Value::as_array).is_some_and(|l| !l.is_empty()) {
        return Err(Error::Invalid(
            "refit does not have layers: put them into the code archive.".to_owned(),
        ));
    }
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
