//! What roles, users and groups have in common as carriers of policies: inline and attached policies, tags, boundaries.

use crate::document;
use crate::entity::{checked_tags, exceeded, find, save, without_tags};
use crate::error::Error;
use crate::managed::{self, Managed};
use crate::page::{Paging, Truncation};
use crate::records::{Bounded, Carrier, Entity, Tagged};
use crate::views::{self, AttachedPolicy, Empty, Tag};
use service::{Ctx, Reply};
use store::Batch;

/// Most managed policies attached to one role, user or group.
// AWS: IAM quotas.
const ATTACHED_MOST: usize = 10;

/// Puts an inline policy in place, or replaces it.
pub(crate) async fn put_inline<T: Carrier>(
    ctx: &Ctx,
    name: &str,
    policy_name: String,
    document: String,
) -> Result<Reply<Empty>, Error> {
    let mut found = find::<T>(ctx, name).await?;
    document::check_identity(&document)?;
    let policies = found.value.policies_mut();
    policies.inline.insert(policy_name, document);
    let characters: usize = policies.inline.values().map(|text| document::size(text)).sum();
    if characters > T::INLINE_CHARACTERS {
        return Err(Error::LimitExceeded(format!(
            "Maximum policy size of {} bytes exceeded for {} {name}",
            T::INLINE_CHARACTERS,
            T::NOUN
        )));
    }
    Ok(Reply::with(Empty {}, saved(&found)))
}

/// The text of an inline policy, percent-encoded.
pub(crate) async fn get_inline<T: Carrier>(
    ctx: &Ctx,
    name: &str,
    policy_name: &str,
) -> Result<String, Error> {
    let found = find::<T>(ctx, name).await?;
    let document = found.value.policies().inline.get(policy_name);
    document.map(|text| views::encoded(text)).ok_or_else(|| no_inline::<T>(policy_name))
}

/// Removes an inline policy.
pub(crate) async fn delete_inline<T: Carrier>(
    ctx: &Ctx,
    name: &str,
    policy_name: &str,
) -> Result<Reply<Empty>, Error> {
    let mut found = find::<T>(ctx, name).await?;
    if found.value.policies_mut().inline.remove(policy_name).is_none() {
        return Err(no_inline::<T>(policy_name));
    }
    Ok(Reply::with(Empty {}, saved(&found)))
}

/// A page of the names of inline policies.
pub(crate) async fn list_inline<T: Carrier>(
    ctx: &Ctx,
    name: &str,
    paging: &Paging,
) -> Result<Reply<InlineNames>, Error> {
    let found = find::<T>(ctx, name).await?;
    let names = found.value.policies().inline.keys().cloned().collect();
    let question = format!("inline policies of {} {name}", T::NOUN);
    let (policy_names, truncation) = paging.page(&question, names, Clone::clone)?;
    Ok(Reply::new(InlineNames { policy_names, truncation }))
}

/// Output of `ListRolePolicies` and its kin.
#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct InlineNames {
    policy_names: Vec<String>,
    #[serde(flatten)]
    truncation: Truncation,
}

/// AWS's words for an inline policy that is not there.
fn no_inline<T: Entity>(policy_name: &str) -> Error {
    let noun = T::NOUN;
    Error::NoSuchEntity(format!("The {noun} policy with name {policy_name} cannot be found."))
}

/// Attaches a managed policy; once attached, again changes nothing.
pub(crate) async fn attach<T: Carrier>(
    ctx: &Ctx,
    name: &str,
    policy_arn: String,
) -> Result<Reply<Empty>, Error> {
    let mut found = find::<T>(ctx, name).await?;
    let managed = managed::find_attachable(ctx, &policy_arn).await?;
    let attached = &mut found.value.policies_mut().attached;
    if !attached.insert(policy_arn) {
        return Ok(Reply::new(Empty {}));
    }
    if attached.len() > ATTACHED_MOST {
        return Err(exceeded(T::PLURAL_QUOTA, ATTACHED_MOST));
    }
    let mut batch = saved(&found);
    rely_on(&mut batch, &managed);
    Ok(Reply::with(Empty {}, batch))
}

/// Detaches a managed policy.
pub(crate) async fn detach<T: Carrier>(
    ctx: &Ctx,
    name: &str,
    policy_arn: &str,
) -> Result<Reply<Empty>, Error> {
    let mut found = find::<T>(ctx, name).await?;
    if !found.value.policies_mut().attached.remove(policy_arn) {
        return Err(Error::NoSuchEntity(format!("Policy {policy_arn} was not found.")));
    }
    Ok(Reply::with(Empty {}, saved(&found)))
}

/// A page of the attached managed policies.
pub(crate) async fn list_attached<T: Carrier>(
    ctx: &Ctx,
    name: &str,
    path_prefix: Option<&str>,
    paging: &Paging,
) -> Result<Reply<AttachedPolicies>, Error> {
    let found = find::<T>(ctx, name).await?;
    let prefix = path_prefix.unwrap_or("/");
    let under = |arn: &&String| match arn.split_once(":policy") {
        Some((_, path)) => path.starts_with(prefix),
        None => false,
    };
    let attached = &found.value.policies().attached;
    let policies = attached.iter().filter(under).map(|arn| AttachedPolicy::new(arn)).collect();
    let question = format!("policies attached to {} {name} under {prefix}", T::NOUN);
    let (attached_policies, truncation) =
        paging.page(&question, policies, AttachedPolicy::cursor)?;
    Ok(Reply::new(AttachedPolicies { attached_policies, truncation }))
}

/// Output of `ListAttachedRolePolicies` and its kin.
#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttachedPolicies {
    attached_policies: Vec<AttachedPolicy>,
    #[serde(flatten)]
    truncation: Truncation,
}

/// Makes a managed policy the permissions boundary.
pub(crate) async fn put_boundary<T: Bounded>(
    ctx: &Ctx,
    name: &str,
    policy_arn: String,
) -> Result<Reply<Empty>, Error> {
    let mut found = find::<T>(ctx, name).await?;
    let managed = managed::find_boundary(ctx, &policy_arn).await?;
    *found.value.boundary_mut() = Some(policy_arn);
    let mut batch = saved(&found);
    rely_on(&mut batch, &managed);
    Ok(Reply::with(Empty {}, batch))
}

/// Takes the permissions boundary away.
pub(crate) async fn delete_boundary<T: Bounded>(
    ctx: &Ctx,
    name: &str,
) -> Result<Reply<Empty>, Error> {
    let mut found = find::<T>(ctx, name).await?;
    if found.value.boundary_mut().take().is_none() {
        // UNVERIFIED: AWS's words.
        let noun = T::NOUN;
        return Err(Error::NoSuchEntity(format!(
            "The {noun} with name {name} has no permissions boundary."
        )));
    }
    Ok(Reply::with(Empty {}, saved(&found)))
}

/// Marks a policy as relied upon; see [`crate::records`].
pub(crate) fn rely_on(batch: &mut Batch, managed: &Managed) {
    if let Managed::Customer(policy) = managed {
        save(batch, policy);
    }
}

/// Adds tags or gives them new values.
pub(crate) async fn tag<T: Tagged>(
    ctx: &Ctx,
    name: &str,
    added: Vec<Tag>,
) -> Result<Reply<Empty>, Error> {
    let mut found = find::<T>(ctx, name).await?;
    *found.value.tags_mut() = checked_tags::<T>(found.value.tags(), added)?;
    Ok(Reply::with(Empty {}, saved(&found)))
}

/// Removes tags; those that are not there do not matter.
pub(crate) async fn untag<T: Tagged>(
    ctx: &Ctx,
    name: &str,
    keys: &[String],
) -> Result<Reply<Empty>, Error> {
    let mut found = find::<T>(ctx, name).await?;
    without_tags::<T>(found.value.tags_mut(), keys);
    Ok(Reply::with(Empty {}, saved(&found)))
}

/// A page of tags.
pub(crate) async fn list_tags<T: Tagged>(
    ctx: &Ctx,
    name: &str,
    paging: &Paging,
) -> Result<Reply<TagPage>, Error> {
    let found = find::<T>(ctx, name).await?;
    tag_page(&format!("tags of {} {name}", T::NOUN), &found.value, paging)
}

/// A page of a record's tags.
pub(crate) fn tag_page<T: Tagged>(
    question: &str,
    record: &T,
    paging: &Paging,
) -> Result<Reply<TagPage>, Error> {
    let (tags, truncation) =
        paging.page(question, views::tags(record.tags()), |tag| tag.key.clone())?;
    Ok(Reply::new(TagPage { tags, truncation }))
}

/// Output of `ListRoleTags` and its kin.
#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TagPage {
    tags: Vec<Tag>,
    #[serde(flatten)]
    truncation: Truncation,
}

fn saved<T: Entity>(found: &service::Found<T>) -> Batch {
    let mut batch = Batch::new();
    save(&mut batch, found);
    batch
}
