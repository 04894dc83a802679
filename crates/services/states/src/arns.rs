//! ARNs of state machines, their versions and aliases, executions and activities.

use crate::error::Error;
use service::{Arn, Ctx};

/// What a `stateMachineArn` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MachineRef {
    /// The ARN of the state machine itself.
    pub(crate) machine: String,
    /// What stands behind it.
    pub(crate) qualifier: Option<Qualifier>,
}

/// The part behind a state machine's ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Qualifier {
    /// A version by its number.
    Version(u64),
    /// An alias by its name.
    Alias(String),
}

/// What an `executionArn` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExecutionRef {
    /// An execution of a Standard machine.
    Standard,
    /// An execution of an Express machine, which nobody can ask about.
    Express,
}

/// The ARN of a state machine.
pub(crate) fn machine(ctx: &Ctx, name: &str) -> String {
    ctx.arn("states", &format!("stateMachine:{name}"))
}

/// The ARN of an activity.
pub(crate) fn activity(ctx: &Ctx, name: &str) -> String {
    ctx.arn("states", &format!("activity:{name}"))
}

/// The ARN of an execution of the machine of that name.
pub(crate) fn execution(ctx: &Ctx, machine_name: &str, name: &str) -> String {
    ctx.arn("states", &format!("execution:{machine_name}:{name}"))
}

/// The ARN of an Express execution: it ends in a part of its own, because names can be used again.
pub(crate) fn express_execution(ctx: &Ctx, machine_name: &str, name: &str) -> String {
    ctx.arn("states", &format!("express:{machine_name}:{name}:{}", ctx.uuid()))
}

/// Reads the ARN of a state machine, version or alias.
pub(crate) fn read_machine(text: &str) -> Result<MachineRef, Error> {
    let (arn, parts) = read(text)?;
    let [kind, name, rest @ ..] = parts.as_slice() else { return Err(wrong_type(&arn)) };
    if kind != "stateMachine" || name.is_empty() {
        return Err(wrong_type(&arn));
    }
    let machine = match rest {
        [] => text.to_owned(),
        _ => Arn { resource: format!("stateMachine:{name}"), ..arn.clone() }.to_string(),
    };
    let qualifier = match rest {
        [] => None,
        [last] => Some(match last.parse() {
            Ok(number) => Qualifier::Version(number),
            Err(_) => Qualifier::Alias(last.clone()),
        }),
        _ => return Err(wrong_type(&arn)),
    };
    Ok(MachineRef { machine, qualifier })
}

/// Reads the ARN of an execution.
pub(crate) fn read_execution(text: &str) -> Result<ExecutionRef, Error> {
    let (arn, parts) = read(text)?;
    match parts.first().map(String::as_str) {
        Some("execution") if parts.len() == 3 => Ok(ExecutionRef::Standard),
        Some("express") if parts.len() == 4 => Ok(ExecutionRef::Express),
        _ => Err(wrong_type(&arn)),
    }
}

/// Reads the ARN of an execution that can be asked about.
pub(crate) fn require_standard(text: &str) -> Result<(), Error> {
    match read_execution(text)? {
        ExecutionRef::Standard => Ok(()),
        // AWS: as it answers StopExecution of an Express execution. UNVERIFIED for the others.
        ExecutionRef::Express => {
            Err(Error::InvalidArn("Resource type not valid in this context: express".to_owned()))
        }
    }
}

/// Reads the ARN of a map run.
pub(crate) fn require_map_run(text: &str) -> Result<(), Error> {
    let (arn, parts) = read(text)?;
    match parts.as_slice() {
        [kind, machine, run] if kind == "mapRun" && machine.contains('/') && !run.is_empty() => {
            Ok(())
        }
        _ => Err(wrong_type(&arn)),
    }
}

/// Reads the ARN of an activity.
pub(crate) fn require_activity(text: &str) -> Result<(), Error> {
    let (arn, parts) = read(text)?;
    match parts.as_slice() {
        [kind, name] if kind == "activity" && !name.is_empty() => Ok(()),
        _ => Err(wrong_type(&arn)),
    }
}

/// Reads the ARN of a role.
pub(crate) fn require_role(text: &str) -> Result<(), Error> {
    let role = Arn::parse(text).ok().filter(|arn| {
        arn.service == "iam" && arn.resource.starts_with("role/") && arn.resource.len() > 5
    });
    // UNVERIFIED: AWS's words.
    role.map(drop).ok_or_else(|| Error::InvalidArn(format!("Invalid Role Arn: '{text}'")))
}

/// The ARN and the parts of its resource.
fn read(text: &str) -> Result<(Arn, Vec<String>), Error> {
    let arn =
        Arn::parse(text).map_err(|_| Error::InvalidArn(format!("Invalid ARN prefix: {text}")))?;
    if arn.service != "states" {
        return Err(Error::InvalidArn(format!("Invalid ARN prefix: {text}")));
    }
    let parts = arn.resource.split(':').map(str::to_owned).collect();
    Ok((arn, parts))
}

fn wrong_type(arn: &Arn) -> Error {
    let kind = arn.resource_type().unwrap_or(&arn.resource);
    Error::InvalidArn(format!("Resource type not valid in this context: {kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines() {
        let base = "arn:aws:states:us-east-1:123456789012:stateMachine:retrain";
        for (text, expected) in [
            (base.to_owned(), Some(None)),
            (format!("{base}:7"), Some(Some(Qualifier::Version(7)))),
            (format!("{base}:live"), Some(Some(Qualifier::Alias("live".to_owned())))),
            (format!("{base}:live:7"), None),
            ("retrain".to_owned(), None),
            ("arn:aws:states:us-east-1:123456789012:stateMachine:".to_owned(), None),
            ("arn:aws:states:us-east-1:123456789012:activity:a".to_owned(), None),
            ("arn:aws:sns:us-east-1:123456789012:a".to_owned(), None),
        ] {
            let read = read_machine(&text).ok().map(|found| {
                assert_eq!(found.machine, base);
                found.qualifier
            });
            assert_eq!(read, expected, "{text}");
        }
    }
}
