//! `GetAccountSummary`: how many of what there are, and the quotas.

use crate::Iam;
use crate::access_keys::ACCESS_KEYS_MOST;
use crate::entity::all;
use crate::error::Error;
use crate::policy_versions::{CHARACTERS_MOST, VERSIONS_MOST};
use crate::records::{Carrier, Entity, Group, InstanceProfile, Policy, Role, User};
use service::{Ctx, Reply};
use std::collections::BTreeMap;

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    summary_map: BTreeMap<&'static str, usize>,
}

pub(crate) async fn run(
    _: &Iam,
    ctx: &Ctx,
    _: serde::de::IgnoredAny,
) -> Result<Reply<Output>, Error> {
    let policies = all::<Policy>(ctx, None).await?;
    let summary_map = BTreeMap::from([
        ("AccessKeysPerUserQuota", ACCESS_KEYS_MOST),
        ("AccountMFAEnabled", 0),
        ("AssumeRolePolicySizeQuota", 2048),
        ("AttachedPoliciesPerGroupQuota", 10),
        ("AttachedPoliciesPerRoleQuota", 10),
        ("AttachedPoliciesPerUserQuota", 10),
        ("GroupPolicySizeQuota", Group::INLINE_CHARACTERS),
        ("Groups", count::<Group>(ctx).await?),
        ("GroupsPerUserQuota", 10),
        ("GroupsQuota", 300),
        ("InstanceProfiles", count::<InstanceProfile>(ctx).await?),
        ("InstanceProfilesQuota", 1000),
        ("Policies", policies.len()),
        ("PoliciesQuota", 1500),
        ("PolicySizeQuota", CHARACTERS_MOST),
        ("PolicyVersionsInUse", policies.iter().map(|policy| policy.versions.len()).sum()),
        ("RolePolicySizeQuota", Role::INLINE_CHARACTERS),
        ("Roles", count::<Role>(ctx).await?),
        ("RolesQuota", 1000),
        ("UserPolicySizeQuota", User::INLINE_CHARACTERS),
        ("Users", count::<User>(ctx).await?),
        ("UsersQuota", 5000),
        ("VersionsPerPolicyQuota", VERSIONS_MOST),
    ]);
    Ok(Reply::new(Output { summary_map }))
}

async fn count<T: Entity>(ctx: &Ctx) -> Result<usize, Error> {
    Ok(all::<T>(ctx, None).await?.len())
}
