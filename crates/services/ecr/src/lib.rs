//! Amazon ECR: repositories with their policies and settings. There is no registry behind them: jobs and functions run as
//! processes of this machine, and no image is ever pulled.
//!
//! **Invariant:** a repository is one record. It never has images, and whoever asks for a login to push some is told why not.

mod error;
mod ops;
mod records;

use serde_json::Value;
use service::{Ctx, Operation, Service, operation};
use std::sync::LazyLock;
use wire::Model;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_str!("../model.json")).expect("the model in this crate can be read")
});

/// The service. It keeps nothing in memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ecr;

#[rustfmt::skip]
static OPERATIONS: &[Operation<Ecr>] = &[
    operation!("CreateRepository", ops::create_repository, "arn:aws:ecr:{region}:{account}:repository/{repositoryName}"),
    operation!("DeleteLifecyclePolicy", ops::delete_lifecycle_policy, "arn:aws:ecr:{region}:{account}:repository/{repositoryName}"),
    operation!("DeleteRepository", ops::delete_repository, "arn:aws:ecr:{region}:{account}:repository/{repositoryName}"),
    operation!("DeleteRepositoryPolicy", ops::delete_repository_policy, "arn:aws:ecr:{region}:{account}:repository/{repositoryName}"),
    operation!("DescribeImages", ops::describe_images, "arn:aws:ecr:{region}:{account}:repository/{repositoryName}"),
    operation!("DescribeRepositories", ops::describe_repositories, "arn:aws:ecr:{region}:{account}:repository/*"),
    operation!("GetAuthorizationToken", ops::get_authorization_token, "*"),
    operation!("GetLifecyclePolicy", ops::get_lifecycle_policy, "arn:aws:ecr:{region}:{account}:repository/{repositoryName}"),
    operation!("GetRepositoryPolicy", ops::get_repository_policy, "arn:aws:ecr:{region}:{account}:repository/{repositoryName}"),
    operation!("ListImages", ops::list_images, "arn:aws:ecr:{region}:{account}:repository/{repositoryName}"),
    operation!("ListTagsForResource", ops::list_tags_for_resource, "{resourceArn}"),
    operation!("PutImageScanningConfiguration", ops::put_image_scanning_configuration, "arn:aws:ecr:{region}:{account}:repository/{repositoryName}"),
    operation!("PutImageTagMutability", ops::put_image_tag_mutability, "arn:aws:ecr:{region}:{account}:repository/{repositoryName}"),
    operation!("PutLifecyclePolicy", ops::put_lifecycle_policy, "arn:aws:ecr:{region}:{account}:repository/{repositoryName}"),
    operation!("SetRepositoryPolicy", ops::set_repository_policy, "arn:aws:ecr:{region}:{account}:repository/{repositoryName}"),
    operation!("TagResource", ops::tag_resource, "{resourceArn}"),
    operation!("UntagResource", ops::untag_resource, "{resourceArn}"),
];

/// Shapes and operations, for clients.
pub fn model() -> &'static Model {
    &MODEL
}

#[async_trait::async_trait]
impl Service for Ecr {
    service::by_table!("ecr", MODEL, OPERATIONS);

    fn resource_arn(&self, ctx: &Ctx, operation: &str, input: &Value) -> Option<String> {
        // A list of one is that one; of several, all may be meant.
        let names = input.get("repositoryNames").filter(|_| operation == "DescribeRepositories")?;
        match names.as_array()?.as_slice() {
            [only] => only.as_str().map(|name| records::arn(ctx, name)),
            _ => None,
        }
    }
}
