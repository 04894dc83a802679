//! `GetPolicy`: a managed policy, without its document.

use crate::Iam;
use crate::error::Error;
use crate::managed::{self, Managed};
use crate::views;
use service::{Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    policy_arn: String,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    policy: views::Policy,
}

pub(crate) async fn run(_: &Iam, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let managed = managed::find(ctx, &input.policy_arn).await?;
    let usage = managed::usage(ctx, &input.policy_arn).await?;
    let policy = match managed {
        Managed::Aws(policy) => views::Policy::aws_full(policy, usage),
        Managed::Customer(found) => views::Policy::full(ctx.account(), &found.value, usage),
    };
    Ok(Reply::new(Output { policy }))
}
