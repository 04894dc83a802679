//! The form of the resources that a policy names.

use super::{Statement, refuse, texts_of};
use crate::error::Error;

/// What a resource of IAM's may begin with.
const IAM_RESOURCES: [&str; 13] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

/// Checks the resources of a statement. AWS reports most faults only after other checks, and then the last one it
/// found: that goes to `refused`.
///
/// # Errors
/// `MalformedPolicyDocument` for the faults that AWS reports at once.
// AWS: recorded answers of CreatePolicy.
pub(super) fn check_form(statement: &Statement, refused: &mut Option<String>) -> Result<(), Error> {
    for element in ["Resource", "NotResource"] {
        let Some(value) = statement.get(element) else { continue };
        let mut resources = texts_of(value);
        resources.sort_unstable_by(|a, b| b.cmp(a));
        for resource in &resources {
            *refused = fault(resource).or_else(|| refused.take());
        }
        if refused.is_none() && !resources.iter().all(|resource| has_old_form(resource)) {
            return refuse("The policy failed legacy parsing");
        }
    }
    Ok(())
}

/// What AWS says against a resource.
fn fault(resource: &str) -> Option<String> {
    if resource == "*" {
        return None;
    }
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let part = |at: usize| parts.get(at).copied();
    let Some(partition) = part(1) else {
        return Some(format!("Resource {resource} must be in ARN format or \"*\"."));
    };
    if !["aws", "aws-cn", "aws-us-gov", "*"].contains(&partition) {
        let all = |at| part(at).unwrap_or("*");
        let (service, region, account, rest) = (all(2), all(3), all(4), all(5));
        let service = if service.is_empty() && parts.len() == 3 { "*" } else { service };
        return Some(format!(
            "Partition \"{partition}\" is not valid for resource \"arn:{partition}:{service}:{region}:{account}:{rest}\"."
        ));
    }
    let Some(service) = part(2) else {
        return Some(
            "Resource vendor must be fully qualified and cannot contain regexes.".to_owned(),
        );
    };
    let (region, id) = (part(3), part(5).unwrap_or_default());
    // Without a colon after it, what stands there is not the region's place left empty.
    let has_region = region != Some("") || parts.len() < 5;
    match service {
        "s3" if has_region && !id.starts_with("accesspoint/") => {
            Some(format!("Resource {resource} can not contain region information."))
        }
        "iam" if has_region => {
            Some(format!("IAM resource {resource} cannot contain region information."))
        }
        "iam" if id != "*" && !IAM_RESOURCES.iter().any(|start| id.starts_with(start)) => {
            let starts = IAM_RESOURCES.join(", ");
            Some(format!("IAM resource path must either be \"*\" or start with {starts}."))
        }
        _ => None,
    }
}

/// Whether a resource passes AWS's older parser: all parts are there, or none is left empty; and there is a service.
fn has_old_form(resource: &str) -> bool {
    if resource == "*" {
        return true;
    }
    let colons = resource.matches(':').count();
    let service = resource.split(':').nth(2).unwrap_or_default();
    resource.starts_with("arn:") && (colons >= 5 || !resource.contains("::")) && !service.is_empty()
}
