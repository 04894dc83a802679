//! Records as AWS shows them: names of the wire, times in whole seconds, policy documents percent-encoded.

#![allow(clippy::struct_field_names, reason = "the fields carry the names of AWS's members")]

use crate::managed::AwsPolicy;
use crate::records::{self, Entity, Tags};
use serde::{Deserialize, Serialize};

/// The output of operations that answer nothing.
#[derive(Debug, Serialize)]
pub(crate) struct Empty {}

/// A tag, as given and as shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// Tags as shown.
pub(crate) fn tags(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}

/// IAM shows times in whole seconds.
pub(crate) fn seconds(ms: i64) -> i64 {
    ms.div_euclid(1000)
}

/// A policy document as responses carry it: percent-encoded, all but letters, digits and `-_.~` (RFC 3986).
pub(crate) fn encoded(document: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = String::with_capacity(document.len() * 2);
    for byte in document.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.extend([byte >> 4, byte & 15].map(|digit| char::from(HEX[usize::from(digit)])));
        }
    }
    text
}

/// A permissions boundary as shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Boundary {
    permissions_boundary_type: &'static str,
    permissions_boundary_arn: String,
}

fn boundary(arn: Option<&String>) -> Option<Boundary> {
    arn.map(|arn| Boundary {
        permissions_boundary_type: "Policy",
        permissions_boundary_arn: arn.clone(),
    })
}

/// A role as shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Role {
    path: String,
    role_name: String,
    role_id: String,
    arn: String,
    create_date: i64,
    assume_role_policy_document: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_session_duration: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions_boundary: Option<Boundary>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_last_used: Option<Empty>,
}

// Which operation shows which members: AWS, recorded answers of each.
impl Role {
    /// As `GetRole` shows it. When a role was last used is not tracked.
    pub(crate) fn full(account: &str, role: &records::Role) -> Self {
        Self {
            permissions_boundary: boundary(role.boundary.as_ref()),
            tags: tags(&role.tags),
            role_last_used: Some(Empty {}),
            ..Self::listed(account, role)
        }
    }

    /// As `CreateRole` shows it.
    pub(crate) fn created(account: &str, role: &records::Role) -> Self {
        Self {
            permissions_boundary: boundary(role.boundary.as_ref()),
            tags: tags(&role.tags),
            ..Self::in_profile(account, role)
        }
    }

    /// As `UpdateRoleDescription` shows it.
    pub(crate) fn described(account: &str, role: &records::Role) -> Self {
        Self { description: role.description.clone(), ..Self::in_profile(account, role) }
    }

    /// As `ListRoles` shows it.
    pub(crate) fn listed(account: &str, role: &records::Role) -> Self {
        Self {
            max_session_duration: Some(role.max_session_seconds),
            ..Self::described(account, role)
        }
    }

    /// As an instance profile shows it.
    pub(crate) fn in_profile(account: &str, role: &records::Role) -> Self {
        Self {
            path: role.path.clone(),
            role_name: role.name.clone(),
            role_id: role.id.clone(),
            arn: role.arn(account),
            create_date: seconds(role.created_ms),
            assume_role_policy_document: encoded(&role.trust),
            description: None,
            max_session_duration: None,
            permissions_boundary: None,
            tags: Vec::new(),
            role_last_used: None,
        }
    }
}

/// A user as shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct User {
    path: String,
    user_name: String,
    user_id: String,
    arn: String,
    create_date: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions_boundary: Option<Boundary>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
}

impl User {
    /// As `GetUser` shows it.
    pub(crate) fn full(account: &str, user: &records::User) -> Self {
        Self {
            permissions_boundary: boundary(user.boundary.as_ref()),
            tags: tags(&user.tags),
            ..Self::listed(account, user)
        }
    }

    /// As `ListUsers` and `GetGroup` show it: without tags and boundary.
    pub(crate) fn listed(account: &str, user: &records::User) -> Self {
        Self {
            path: user.path.clone(),
            user_name: user.name.clone(),
            user_id: user.id.clone(),
            arn: user.arn(account),
            create_date: seconds(user.created_ms),
            permissions_boundary: None,
            tags: Vec::new(),
        }
    }
}

/// A group as shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Group {
    path: String,
    group_name: String,
    group_id: String,
    arn: String,
    create_date: i64,
}

impl Group {
    /// As every operation shows it.
    pub(crate) fn new(account: &str, group: &records::Group) -> Self {
        Self {
            path: group.path.clone(),
            group_name: group.name.clone(),
            group_id: group.id.clone(),
            arn: group.arn(account),
            create_date: seconds(group.created_ms),
        }
    }
}

/// An instance profile as shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct InstanceProfile {
    path: String,
    instance_profile_name: String,
    instance_profile_id: String,
    arn: String,
    create_date: i64,
    roles: Vec<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<Tag>>,
}

impl InstanceProfile {
    /// As `GetInstanceProfile` shows it: tags always.
    pub(crate) fn full(
        account: &str,
        profile: &records::InstanceProfile,
        role: Option<&records::Role>,
    ) -> Self {
        Self { tags: Some(tags(&profile.tags)), ..Self::listed(account, profile, role) }
    }

    /// As `CreateInstanceProfile` shows it: tags if there are any.
    pub(crate) fn created(account: &str, profile: &records::InstanceProfile) -> Self {
        let tags = Some(tags(&profile.tags)).filter(|tags| !tags.is_empty());
        Self { tags, ..Self::listed(account, profile, None) }
    }

    /// As listings show it: no tags.
    pub(crate) fn listed(
        account: &str,
        profile: &records::InstanceProfile,
        role: Option<&records::Role>,
    ) -> Self {
        Self {
            path: profile.path.clone(),
            instance_profile_name: profile.name.clone(),
            instance_profile_id: profile.id.clone(),
            arn: profile.arn(account),
            create_date: seconds(profile.created_ms),
            roles: role.iter().map(|role| Role::in_profile(account, role)).collect(),
            tags: None,
        }
    }
}

/// A managed policy as shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Policy {
    policy_name: String,
    policy_id: String,
    arn: String,
    path: String,
    default_version_id: String,
    attachment_count: usize,
    permissions_boundary_usage_count: usize,
    is_attachable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    create_date: i64,
    update_date: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<Tag>>,
}

/// How many roles, users and groups use a managed policy.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) attachments: usize,
    pub(crate) boundaries: usize,
}

impl Policy {
    /// As `GetPolicy` shows a customer's policy: tags always.
    pub(crate) fn full(account: &str, policy: &records::Policy, usage: Usage) -> Self {
        Self {
            description: policy.description.clone(),
            tags: Some(tags(&policy.tags)),
            ..Self::listed(account, policy, usage)
        }
    }

    /// As `CreatePolicy` shows it: tags if there are any, no description.
    pub(crate) fn created(account: &str, policy: &records::Policy) -> Self {
        let tags = Some(tags(&policy.tags)).filter(|tags| !tags.is_empty());
        Self { tags, ..Self::listed(account, policy, Usage::default()) }
    }

    /// As `ListPolicies` shows a customer's policy: without description and tags.
    // AWS: IAM API reference, Policy: the description is not part of ListPolicies.
    pub(crate) fn listed(account: &str, policy: &records::Policy, usage: Usage) -> Self {
        Self {
            policy_name: policy.name.clone(),
            policy_id: policy.id.clone(),
            arn: policy.arn(account),
            path: policy.path.clone(),
            default_version_id: version_id(policy.default_version),
            attachment_count: usage.attachments,
            permissions_boundary_usage_count: usage.boundaries,
            is_attachable: true,
            description: None,
            create_date: seconds(policy.created_ms),
            update_date: seconds(policy.updated_ms),
            tags: None,
        }
    }

    /// A policy of AWS's as `GetPolicy` shows it. Descriptions are not carried.
    pub(crate) fn aws_full(policy: &AwsPolicy, usage: Usage) -> Self {
        Self { tags: Some(Vec::new()), ..Self::aws(policy, usage) }
    }

    /// A policy of AWS's as `ListPolicies` shows it.
    pub(crate) fn aws(policy: &AwsPolicy, usage: Usage) -> Self {
        Self {
            policy_name: policy.name.clone(),
            policy_id: policy.id.clone(),
            arn: policy.arn.clone(),
            path: policy.path.clone(),
            default_version_id: policy.version.clone(),
            attachment_count: usage.attachments,
            permissions_boundary_usage_count: usage.boundaries,
            is_attachable: true,
            description: None,
            create_date: policy.created_seconds,
            update_date: policy.updated_seconds,
            tags: None,
        }
    }

    /// What a listing is ordered by.
    pub(crate) fn cursor(&self) -> String {
        format!("{} {}", self.policy_name, self.path)
    }
}

/// A version of a managed policy as shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PolicyVersion {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) document: Option<String>,
    pub(crate) version_id: String,
    pub(crate) is_default_version: bool,
    pub(crate) create_date: i64,
}

/// `v3`.
pub(crate) fn version_id(number: u64) -> String {
    format!("v{number}")
}

/// An attached managed policy as shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttachedPolicy {
    policy_name: String,
    policy_arn: String,
}

impl AttachedPolicy {
    /// The attachment of the policy of that ARN.
    pub(crate) fn new(arn: &str) -> Self {
        Self { policy_name: records::name_in(arn).to_owned(), policy_arn: arn.to_owned() }
    }

    /// What a listing is ordered by.
    pub(crate) fn cursor(&self) -> String {
        self.policy_arn.clone()
    }
}

/// Temporary credentials as STS shows them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    expiration: i64,
}

impl Credentials {
    /// As handed out.
    pub(crate) fn new(temporary: crate::session::Temporary) -> Self {
        Self {
            access_key_id: temporary.access_key_id,
            secret_access_key: temporary.secret_access_key,
            session_token: temporary.session_token,
            expiration: seconds(temporary.expires_ms),
        }
    }
}
