//! One file per operation; [`crate::Sagemaker`]'s table names them.

pub(crate) mod add_tags;
pub(crate) mod create_model;
pub(crate) mod create_model_package;
pub(crate) mod create_model_package_group;
pub(crate) mod create_training_job;
pub(crate) mod create_transform_job;
pub(crate) mod delete_model;
pub(crate) mod delete_model_package;
pub(crate) mod delete_model_package_group;
pub(crate) mod delete_tags;
pub(crate) mod delete_training_job;
pub(crate) mod describe_model;
pub(crate) mod describe_model_package;
pub(crate) mod describe_model_package_group;
pub(crate) mod describe_training_job;
pub(crate) mod describe_transform_job;
pub(crate) mod list_model_package_groups;
pub(crate) mod list_model_packages;
pub(crate) mod list_models;
pub(crate) mod list_tags;
pub(crate) mod list_training_jobs;
pub(crate) mod list_transform_jobs;
pub(crate) mod stop_training_job;
pub(crate) mod stop_transform_job;
pub(crate) mod update_model_package;
