//! `ListEntitiesForPolicy`: the roles, users and groups that use a managed policy.

use crate::Iam;
use crate::error::Error;
use crate::managed::{self, attached_to, bounded_by};
use crate::page::{Paging, Truncation};
use crate::records::{self, Entity};
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    policy_arn: String,
    entity_filter: Option<String>,
    path_prefix: Option<String>,
    policy_usage_filter: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    policy_groups: Vec<PolicyGroup>,
    policy_users: Vec<PolicyUser>,
    policy_roles: Vec<PolicyRole>,
    #[serde(flatten)]
    truncation: Truncation,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let arn = &input.policy_arn;
    managed::find(ctx, arn).await?;
    let usage = input.policy_usage_filter.as_deref();
    let (attached, bounded) =
        (usage != Some("PermissionsBoundary"), usage != Some("PermissionsPolicy"));
    let filter = input.entity_filter.as_deref();
    let wanted = |kind: &str| filter.is_none_or(|filter| filter == kind);
    let prefix = input.path_prefix.as_deref().unwrap_or("/");
    let mut users: Vec<Using> = Vec::new();
    if wanted("Group") && attached {
        users.extend(using(attached_to::<records::Group>(ctx, arn).await?, prefix, Using::group));
    }
    if wanted("User") && attached {
        users.extend(using(attached_to::<records::User>(ctx, arn).await?, prefix, Using::user));
    }
    if wanted("User") && bounded {
        users.extend(using(bounded_by::<records::User>(ctx, arn).await?, prefix, Using::user));
    }
    if wanted("Role") && attached {
        users.extend(using(attached_to::<records::Role>(ctx, arn).await?, prefix, Using::role));
    }
    if wanted("Role") && bounded {
        users.extend(using(bounded_by::<records::Role>(ctx, arn).await?, prefix, Using::role));
    }
    users.sort_by_key(Using::cursor);
    users.dedup_by_key(|using| using.cursor());
    let question = format!("entities of {arn} {filter:?} {usage:?} {prefix}");
    let (page, truncation) = input.paging.page(&question, users, Using::cursor)?;
    let mut output = Output {
        policy_groups: Vec::new(),
        policy_users: Vec::new(),
        policy_roles: Vec::new(),
        truncation,
    };
    for using in page {
        match using {
            Using::Group(group) => output.policy_groups.push(group),
            Using::User(user) => output.policy_users.push(user),
            Using::Role(role) => output.policy_roles.push(role),
        }
    }
    Ok(Reply::new(output))
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyGroup {
    group_name: String,
    group_id: String,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyUser {
    user_name: String,
    user_id: String,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyRole {
    role_name: String,
    role_id: String,
}

/// One that uses the policy; pages run over all three kinds.
enum Using {
    Group(PolicyGroup),
    User(PolicyUser),
    Role(PolicyRole),
}

impl Using {
    fn group(group: records::Group) -> Self {
        Self::Group(PolicyGroup { group_name: group.name, group_id: group.id })
    }

    fn user(user: records::User) -> Self {
        Self::User(PolicyUser { user_name: user.name, user_id: user.id })
    }

    fn role(role: records::Role) -> Self {
        Self::Role(PolicyRole { role_name: role.name, role_id: role.id })
    }

    fn cursor(&self) -> String {
        match self {
            Self::Group(group) => format!("group {}", group.group_name),
            Self::User(user) => format!("user {}", user.user_name),
            Self::Role(role) => format!("role {}", role.role_name),
        }
    }
}

fn using<T: Entity>(records: Vec<T>, prefix: &str, make: fn(T) -> Using) -> Vec<Using> {
    records.into_iter().filter(|record| record.path().starts_with(prefix)).map(make).collect()
}
