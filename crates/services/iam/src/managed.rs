//! Managed policies: those of AWS that refit carries, and the customer's.

use crate::entity::all_by;
use crate::error::Error;
use crate::records::{
    BY_BOUNDARY, BY_POLICY, Carrier, Entity, Group, Policy, Role, User, key, name_in,
};
use crate::views::Usage;
use serde::Deserialize;
use serde_json::{Value, json};
use service::{Ctx, Found};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A managed policy that AWS publishes.
#[derive(Debug)]
pub(crate) struct AwsPolicy {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) arn: String,
    /// Made from the name; AWS's own ids are not carried.
    pub(crate) id: String,
    /// The version in force, and the only one carried.
    pub(crate) version: String,
    pub(crate) created_seconds: i64,
    pub(crate) updated_seconds: i64,
    /// The document as JSON text.
    pub(crate) document: String,
}

#[derive(Deserialize)]
struct Row {
    name: String,
    path: String,
    version: String,
    created: i64,
    updated: i64,
    statements: Vec<Value>,
}

static AWS_POLICIES: LazyLock<BTreeMap<String, AwsPolicy>> = LazyLock::new(|| {
    let rows: Vec<Row> = serde_json::from_str(include_str!("../managed_policies.json"))
        .expect("managed_policies.json is written by xtask and tested");
    rows.into_iter().map(AwsPolicy::new).map(|policy| (policy.arn.clone(), policy)).collect()
});

impl AwsPolicy {
    fn new(row: Row) -> Self {
        let document = json!({"Version": "2012-10-17", "Statement": row.statements});
        Self {
            arn: format!("arn:aws:iam::aws:policy{}{}", row.path, row.name),
            id: id_of(&row.name),
            name: row.name,
            path: row.path,
            version: row.version,
            created_seconds: row.created,
            updated_seconds: row.updated,
            document: document.to_string(),
        }
    }
}

/// An id in AWS's form that is the same in every installation.
fn id_of(name: &str) -> String {
    use sha2::Digest;
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let hash = sha2::Sha256::digest(name);
    let letters = hash.iter().take(17).map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    "ANPA".chars().chain(letters).collect()
}

/// The policies of AWS that refit carries, by ARN.
pub(crate) fn aws_policies() -> impl Iterator<Item = &'static AwsPolicy> {
    AWS_POLICIES.values()
}

/// The policy of AWS with that ARN, if refit carries it.
pub(crate) fn aws_policy(arn: &str) -> Option<&'static AwsPolicy> {
    AWS_POLICIES.get(arn)
}

/// True for ARNs of policies that AWS publishes.
pub(crate) fn is_aws(arn: &str) -> bool {
    arn.starts_with("arn:aws:iam::aws:policy/")
}

/// A managed policy of either kind.
pub(crate) enum Managed {
    /// AWS's.
    Aws(&'static AwsPolicy),
    /// The customer's.
    Customer(Box<Found<Policy>>),
}

/// The managed policy of that ARN; `None` when there is none.
async fn lookup(ctx: &Ctx, arn: &str) -> Result<Option<Managed>, Error> {
    if is_aws(arn) {
        return Ok(aws_policy(arn).map(Managed::Aws));
    }
    let name = name_in(arn);
    let found = ctx.records::<Policy>(Policy::KIND).get(&key(name)).await?;
    Ok(found
        .filter(|found| found.value.arn(ctx.account()) == arn)
        .map(Box::new)
        .map(Managed::Customer))
}

/// What refit adds to AWS's words when AWS may well have the policy.
fn not_carried(arn: &str) -> &'static str {
    if is_aws(arn) {
        " (refit carries only some of the policies that AWS manages: see ListPolicies with Scope AWS)"
    } else {
        ""
    }
}

/// The managed policy of that ARN.
///
/// # Errors
/// `NoSuchEntity` in the words of operations on policies.
pub(crate) async fn find(ctx: &Ctx, arn: &str) -> Result<Managed, Error> {
    lookup(ctx, arn).await?.ok_or_else(|| {
        Error::NoSuchEntity(format!("Policy {arn} was not found.{}", not_carried(arn)))
    })
}

/// The managed policy of that ARN, to be attached.
///
/// # Errors
/// `ValidationError` for what is no policy's ARN, `NoSuchEntity` when there is no such policy.
// AWS: recorded answers of AttachRolePolicy.
pub(crate) async fn find_attachable(ctx: &Ctx, arn: &str) -> Result<Managed, Error> {
    if !is_policy(arn) {
        return Err(Error::Validation(format!("ARN {arn} is not valid.")));
    }
    lookup(ctx, arn).await?.ok_or_else(|| {
        let more = not_carried(arn);
        Error::NoSuchEntity(format!("Policy {arn} does not exist or is not attachable.{more}"))
    })
}

/// The managed policy of that ARN, to serve as a boundary.
///
/// # Errors
/// `InvalidInput` for what is no policy's ARN, `NoSuchEntity` when there is no such policy.
// AWS: recorded answers of PutRolePermissionsBoundary.
pub(crate) async fn find_boundary(ctx: &Ctx, arn: &str) -> Result<Managed, Error> {
    if !is_policy(arn) {
        return Err(Error::InvalidInput(format!("ARN {arn} is not valid.")));
    }
    lookup(ctx, arn).await?.ok_or_else(|| {
        let more = not_carried(arn);
        Error::NoSuchEntity(format!("Scope ARN: {arn} does not exist or is not attachable.{more}"))
    })
}

/// The managed policy of that ARN, for the sake of one of its versions.
///
/// # Errors
/// `NoSuchEntity` in the words of operations on versions.
// AWS: recorded answers of GetPolicyVersion and SetDefaultPolicyVersion.
pub(crate) async fn find_for_version(
    ctx: &Ctx,
    arn: &str,
    version: &str,
) -> Result<Managed, Error> {
    lookup(ctx, arn).await?.ok_or_else(|| crate::policy_versions::missing(arn, version))
}

/// Whether a text has the form of a policy's ARN.
fn is_policy(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", _, "iam", "", _, resource] if resource.starts_with("policy/"))
}

/// The customer's policy of that ARN, to be changed.
///
/// # Errors
/// `NoSuchEntity`; `AccessDenied` for AWS's policies, which nobody changes.
pub(crate) async fn find_own(ctx: &Ctx, arn: &str) -> Result<Found<Policy>, Error> {
    own(arn, find(ctx, arn).await?)
}

/// The customer's policy; see [`find_own`].
pub(crate) fn own(arn: &str, managed: Managed) -> Result<Found<Policy>, Error> {
    match managed {
        Managed::Customer(found) => Ok(*found),
        // UNVERIFIED: AWS's words for changing a policy of its own.
        Managed::Aws(_) => Err(Error::AccessDenied(format!(
            "Policy {arn} is managed by AWS and cannot be changed."
        ))),
    }
}

/// How many roles, users and groups use the policy.
pub(crate) async fn usage(ctx: &Ctx, arn: &str) -> Result<Usage, Error> {
    let mut usage = Usage::default();
    usage.attachments += attached_to::<Role>(ctx, arn).await?.len();
    usage.attachments += attached_to::<User>(ctx, arn).await?.len();
    usage.attachments += attached_to::<Group>(ctx, arn).await?.len();
    usage.boundaries += bounded_by::<Role>(ctx, arn).await?.len();
    usage.boundaries += bounded_by::<User>(ctx, arn).await?.len();
    Ok(usage)
}

/// The roles, users or groups that the policy is attached to.
pub(crate) async fn attached_to<T: Carrier>(ctx: &Ctx, arn: &str) -> Result<Vec<T>, Error> {
    let found = all_by(ctx, T::KIND, BY_POLICY, arn).await?;
    Ok(found.into_iter().map(|found: Found<T>| found.value).collect())
}

/// The roles or users whose boundary the policy is.
pub(crate) async fn bounded_by<T: Entity>(ctx: &Ctx, arn: &str) -> Result<Vec<T>, Error> {
    let found = all_by(ctx, T::KIND, BY_BOUNDARY, arn).await?;
    Ok(found.into_iter().map(|found: Found<T>| found.value).collect())
}
