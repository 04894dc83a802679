//! `Resource` of a Task state, taken apart.

use std::sync::Arc;

/// What a `Resource` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// As written.
    pub arn: Arc<str>,
    /// What it is.
    pub kind: ResourceKind,
}

/// The kinds of resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// `arn:aws:states:::service:action[.pattern]`.
    Integration {
        /// `sagemaker`, `aws-sdk:sfn`.
        service: Arc<str>,
        /// The action with its pattern, as history shows it: `createTrainingJob.sync`.
        action: Arc<str>,
        /// How the task is done.
        pattern: Integration,
    },
    /// `arn:aws:states:region:account:activity:name`.
    Activity,
    /// `arn:aws:lambda:region:account:function:name`.
    Lambda,
}

/// Patterns of service integrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integration {
    /// Done when the service has answered.
    RequestResponse,
    /// `.sync`, `.sync:2`: done when the job is done.
    Sync,
    /// `.waitForTaskToken`: done when the token comes back.
    WaitForTaskToken,
}

impl Resource {
    /// Takes an ARN apart; none when it is not one a Task can have.
    pub fn parse(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        if parts.next() != Some("arn") || parts.next().is_none_or(str::is_empty) {
            return None;
        }
        let (service, region, account) = (parts.next()?, parts.next()?, parts.next()?);
        let rest = parts.next()?;
        let kind = match service {
            "states" if rest.starts_with("activity:") => {
                let name = &rest["activity:".len()..];
                (!name.is_empty() && !region.is_empty() && !account.is_empty())
                    .then_some(ResourceKind::Activity)
            }
            "states" => Self::integration(rest),
            "lambda" => rest
                .strip_prefix("function:")
                .filter(|name| !name.is_empty())
                .map(|_| ResourceKind::Lambda),
            _ => None,
        }?;
        Some(Self { arn: arn.into(), kind })
    }

    fn integration(rest: &str) -> Option<ResourceKind> {
        let (service, action) = if let Some(sdk) = rest.strip_prefix("aws-sdk:") {
            let (service, action) = sdk.split_once(':')?;
            (&rest[.."aws-sdk:".len() + service.len()], action)
        } else {
            rest.split_once(':')?
        };
        let pattern = match action.split_once('.') {
            None => Integration::RequestResponse,
            Some((_, "sync" | "sync:2")) => Integration::Sync,
            Some((_, "waitForTaskToken")) => Integration::WaitForTaskToken,
            Some(_) => return None,
        };
        let name = action.split('.').next().unwrap_or_default();
        if service.is_empty() || name.is_empty() || name.contains(':') {
            return None;
        }
        Some(ResourceKind::Integration { service: service.into(), action: action.into(), pattern })
    }
}
