//! The operations, one file each.

pub(crate) mod create_repository;
pub(crate) mod delete_lifecycle_policy;
pub(crate) mod delete_repository;
pub(crate) mod delete_repository_policy;
pub(crate) mod describe_images;
pub(crate) mod describe_repositories;
pub(crate) mod get_authorization_token;
pub(crate) mod get_lifecycle_policy;
pub(crate) mod get_repository_policy;
pub(crate) mod list_images;
pub(crate) mod list_tags_for_resource;
pub(crate) mod put_image_scanning_configuration;
pub(crate) mod put_image_tag_mutability;
pub(crate) mod put_lifecycle_policy;
pub(crate) mod set_repository_policy;
pub(crate) mod tag_resource;
pub(crate) mod untag_resource;
