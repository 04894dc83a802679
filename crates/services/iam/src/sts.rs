//! STS: who is calling, and temporary credentials.

use crate::{Iam, ops};
use service::{Operation, Service, operation};
use std::sync::{Arc, LazyLock};
use wire::Model;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_str!("../model_sts.json")).expect("the model in this crate can be read")
});

/// The service `sts`, over IAM's identities.
pub struct Sts(pub(crate) Arc<Iam>);

#[rustfmt::skip] // One row per operation, so that it reads as a table.
static OPERATIONS: &[Operation<Sts>] = &[
    operation!("AssumeRole", ops::assume_role, "{RoleArn}"),
    operation!("GetAccessKeyInfo", ops::get_access_key_info, "*"),
    operation!("GetCallerIdentity", ops::get_caller_identity, "*"),
    operation!("GetSessionToken", ops::get_session_token, "*"),
];

pub(crate) fn model() -> &'static Model {
    &MODEL
}

impl Sts {
    /// STS over the identities of `iam`.
    pub fn new(iam: Arc<Iam>) -> Self {
        Self(iam)
    }
}

#[async_trait::async_trait]
impl Service for Sts {
    service::by_table!("sts", MODEL, OPERATIONS);
}
