//! AWS IAM and STS: identities, policies, trust, credentials; and the decision on every call.
//!
//! [`Iam`] is the service `iam` and the server's [`service::Authoriser`]; [`Sts`] is the service `sts` over the same
//! identities. IAM is global: nothing here depends on a region.
//!
//! **Invariant:** a policy is stored as the text that was given, and only after it was understood.
//!
//! **Invariant:** nothing is deleted while something relies on it; see [`records`].
//!
//! **Invariant:** a decision is made on what is stored now. What is kept in memory is only the parsing of a text, and it
//! is used for exactly that text.
//!
//! **Invariant:** temporary credentials are not stored: the session token says whose they are, sealed with the server's
//! secret. They work after a restart, and end with the role or user they were made for.

mod access_keys;
mod authoriser;
mod caller;
mod carrier;
mod credentials;
mod decide;
mod directory;
mod document;
mod entity;
mod error;
mod instance_profiles;
mod managed;
mod ops;
mod page;
mod policy_versions;
mod records;
mod session;
mod simulate;
mod sts;
mod views;

pub use credentials::Administrator;
pub use sts::Sts;

use directory::Directory;
use service::{Clock, Entropy, Kit, Operation, Service, operation};
use session::Sealer;
use std::sync::{Arc, LazyLock, OnceLock};
use store::Store;
use wire::Model;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_str!("../model.json")).expect("the model in this crate can be read")
});

/// IAM: the service, and who decides on every call.
pub struct Iam {
    account: String,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    directory: Directory,
    sealer: OnceLock<Sealer>,
}

#[rustfmt::skip] // One row per operation, so that it reads as a table.
static OPERATIONS: &[Operation<Iam>] = &[
    operation!("AddRoleToInstanceProfile", ops::add_role_to_instance_profile, "arn:aws:iam::{account}:instance-profile/{InstanceProfileName}"),
    operation!("AddUserToGroup", ops::add_user_to_group, "arn:aws:iam::{account}:group/{GroupName}"),
    operation!("AttachGroupPolicy", ops::attach_group_policy, "arn:aws:iam::{account}:group/{GroupName}"),
    operation!("AttachRolePolicy", ops::attach_role_policy, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("AttachUserPolicy", ops::attach_user_policy, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("CreateAccessKey", ops::create_access_key, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("CreateGroup", ops::create_group, "arn:aws:iam::{account}:group/{GroupName}"),
    operation!("CreateInstanceProfile", ops::create_instance_profile, "arn:aws:iam::{account}:instance-profile/{InstanceProfileName}"),
    operation!("CreatePolicy", ops::create_policy, "arn:aws:iam::{account}:policy/{PolicyName}"),
    operation!("CreatePolicyVersion", ops::create_policy_version, "{PolicyArn}"),
    operation!("CreateRole", ops::create_role, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("CreateUser", ops::create_user, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("DeleteAccessKey", ops::delete_access_key, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("DeleteGroup", ops::delete_group, "arn:aws:iam::{account}:group/{GroupName}"),
    operation!("DeleteGroupPolicy", ops::delete_group_policy, "arn:aws:iam::{account}:group/{GroupName}"),
    operation!("DeleteInstanceProfile", ops::delete_instance_profile, "arn:aws:iam::{account}:instance-profile/{InstanceProfileName}"),
    operation!("DeletePolicy", ops::delete_policy, "{PolicyArn}"),
    operation!("DeletePolicyVersion", ops::delete_policy_version, "{PolicyArn}"),
    operation!("DeleteRole", ops::delete_role, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("DeleteRolePermissionsBoundary", ops::delete_role_permissions_boundary, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("DeleteRolePolicy", ops::delete_role_policy, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("DeleteUser", ops::delete_user, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("DeleteUserPermissionsBoundary", ops::delete_user_permissions_boundary, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("DeleteUserPolicy", ops::delete_user_policy, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("DetachGroupPolicy", ops::detach_group_policy, "arn:aws:iam::{account}:group/{GroupName}"),
    operation!("DetachRolePolicy", ops::detach_role_policy, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("DetachUserPolicy", ops::detach_user_policy, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("GetAccountSummary", ops::get_account_summary, "*"),
    operation!("GetGroup", ops::get_group, "arn:aws:iam::{account}:group/{GroupName}"),
    operation!("GetGroupPolicy", ops::get_group_policy, "arn:aws:iam::{account}:group/{GroupName}"),
    operation!("GetInstanceProfile", ops::get_instance_profile, "arn:aws:iam::{account}:instance-profile/{InstanceProfileName}"),
    operation!("GetPolicy", ops::get_policy, "{PolicyArn}"),
    operation!("GetPolicyVersion", ops::get_policy_version, "{PolicyArn}"),
    operation!("GetRole", ops::get_role, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("GetRolePolicy", ops::get_role_policy, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("GetUser", ops::get_user, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("GetUserPolicy", ops::get_user_policy, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("ListAccessKeys", ops::list_access_keys, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("ListAttachedGroupPolicies", ops::list_attached_group_policies, "arn:aws:iam::{account}:group/{GroupName}"),
    operation!("ListAttachedRolePolicies", ops::list_attached_role_policies, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("ListAttachedUserPolicies", ops::list_attached_user_policies, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("ListEntitiesForPolicy", ops::list_entities_for_policy, "{PolicyArn}"),
    operation!("ListGroupPolicies", ops::list_group_policies, "arn:aws:iam::{account}:group/{GroupName}"),
    operation!("ListGroups", ops::list_groups, "arn:aws:iam::{account}:group/*"),
    operation!("ListGroupsForUser", ops::list_groups_for_user, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("ListInstanceProfileTags", ops::list_instance_profile_tags, "arn:aws:iam::{account}:instance-profile/{InstanceProfileName}"),
    operation!("ListInstanceProfiles", ops::list_instance_profiles, "arn:aws:iam::{account}:instance-profile/*"),
    operation!("ListInstanceProfilesForRole", ops::list_instance_profiles_for_role, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("ListPolicies", ops::list_policies, "arn:aws:iam::{account}:policy/*"),
    operation!("ListPolicyTags", ops::list_policy_tags, "{PolicyArn}"),
    operation!("ListPolicyVersions", ops::list_policy_versions, "{PolicyArn}"),
    operation!("ListRolePolicies", ops::list_role_policies, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("ListRoleTags", ops::list_role_tags, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("ListRoles", ops::list_roles, "arn:aws:iam::{account}:role/*"),
    operation!("ListUserPolicies", ops::list_user_policies, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("ListUserTags", ops::list_user_tags, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("ListUsers", ops::list_users, "arn:aws:iam::{account}:user/*"),
    operation!("PutGroupPolicy", ops::put_group_policy, "arn:aws:iam::{account}:group/{GroupName}"),
    operation!("PutRolePermissionsBoundary", ops::put_role_permissions_boundary, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("PutRolePolicy", ops::put_role_policy, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("PutUserPermissionsBoundary", ops::put_user_permissions_boundary, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("PutUserPolicy", ops::put_user_policy, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("RemoveRoleFromInstanceProfile", ops::remove_role_from_instance_profile, "arn:aws:iam::{account}:instance-profile/{InstanceProfileName}"),
    operation!("RemoveUserFromGroup", ops::remove_user_from_group, "arn:aws:iam::{account}:group/{GroupName}"),
    operation!("SetDefaultPolicyVersion", ops::set_default_policy_version, "{PolicyArn}"),
    operation!("SimulateCustomPolicy", ops::simulate_custom_policy, "*"),
    operation!("SimulatePrincipalPolicy", ops::simulate_principal_policy, "{PolicySourceArn}"),
    operation!("TagInstanceProfile", ops::tag_instance_profile, "arn:aws:iam::{account}:instance-profile/{InstanceProfileName}"),
    operation!("TagPolicy", ops::tag_policy, "{PolicyArn}"),
    operation!("TagRole", ops::tag_role, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("TagUser", ops::tag_user, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("UntagInstanceProfile", ops::untag_instance_profile, "arn:aws:iam::{account}:instance-profile/{InstanceProfileName}"),
    operation!("UntagPolicy", ops::untag_policy, "{PolicyArn}"),
    operation!("UntagRole", ops::untag_role, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("UntagUser", ops::untag_user, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("UpdateAccessKey", ops::update_access_key, "arn:aws:iam::{account}:user/{UserName}"),
    operation!("UpdateAssumeRolePolicy", ops::update_assume_role_policy, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("UpdateGroup", ops::update_group, "arn:aws:iam::{account}:group/{GroupName}"),
    operation!("UpdateRole", ops::update_role, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("UpdateRoleDescription", ops::update_role_description, "arn:aws:iam::{account}:role/{RoleName}"),
    operation!("UpdateUser", ops::update_user, "arn:aws:iam::{account}:user/{UserName}"),
];

/// IAM's shapes and operations, for clients.
pub fn model() -> &'static Model {
    &MODEL
}

/// STS's shapes and operations, for clients.
pub fn sts_model() -> &'static Model {
    sts::model()
}

impl Iam {
    /// IAM over the kit's account, store, clock and entropy. The kit itself is not kept: it will hold this.
    pub fn new(kit: &Kit) -> Arc<Self> {
        Arc::new(Self {
            account: kit.account.clone(),
            store: kit.store.clone(),
            clock: kit.clock.clone(),
            entropy: kit.entropy.clone(),
            directory: Directory::new(kit.store.clone()),
            sealer: OnceLock::new(),
        })
    }
}

#[async_trait::async_trait]
impl Service for Iam {
    service::by_table!("iam", MODEL, OPERATIONS);
}
