//! Versions of managed policies.

use crate::document;
use crate::entity::exceeded;
use crate::error::Error;
use crate::managed::Managed;
use crate::records::Policy;
use crate::views::{PolicyVersion, encoded, seconds, version_id};

/// Most versions that a managed policy has at a time.
// AWS: IAM quotas.
pub(crate) const VERSIONS_MOST: usize = 5;

/// Most characters of a managed policy, white space not counted.
// AWS: IAM quotas.
pub(crate) const CHARACTERS_MOST: usize = 6144;

/// Makes sure that a document is not too long for a managed policy.
///
/// # Errors
/// `LimitExceeded` in AWS's words.
pub(crate) fn check_size(document: &str) -> Result<(), Error> {
    if document::size(document) <= CHARACTERS_MOST {
        Ok(())
    } else {
        Err(exceeded("PolicySize", CHARACTERS_MOST))
    }
}

/// All versions, with documents.
pub(crate) fn views(managed: &Managed) -> Vec<PolicyVersion> {
    match managed {
        Managed::Aws(policy) => vec![PolicyVersion {
            document: Some(encoded(&policy.document)),
            version_id: policy.version.clone(),
            is_default_version: true,
            create_date: policy.updated_seconds,
        }],
        Managed::Customer(found) => {
            let policy = &found.value;
            let view = |(number, version): (&u64, &crate::records::PolicyVersion)| PolicyVersion {
                document: Some(encoded(&version.document)),
                version_id: version_id(*number),
                is_default_version: *number == policy.default_version,
                create_date: seconds(version.created_ms),
            };
            policy.versions.iter().map(view).collect()
        }
    }
}

/// The cursor that lists the newest version first.
pub(crate) fn newest_first(version: &PolicyVersion) -> String {
    let number: u64 = version.version_id.trim_start_matches('v').parse().unwrap_or(0);
    format!("{:020}", u64::MAX - number)
}

/// The number of a version that the policy has.
///
/// # Errors
/// `NoSuchEntity` in AWS's words.
pub(crate) fn number(policy: &Policy, arn: &str, id: &str) -> Result<u64, Error> {
    let found = policy.versions.keys().find(|number| version_id(**number) == id);
    found.copied().ok_or_else(|| missing(arn, id))
}

/// AWS's words for a version that is not there.
pub(crate) fn missing(arn: &str, id: &str) -> Error {
    Error::NoSuchEntity(format!("Policy {arn} version {id} does not exist or is not attachable."))
}
