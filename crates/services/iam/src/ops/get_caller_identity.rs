//! `GetCallerIdentity`: who is calling. Needs no permission.

use crate::Sts;
use crate::error::Error;
use service::{Ctx, PrincipalKind, Reply};

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    user_id: String,
    account: String,
    arn: String,
}

pub(crate) async fn run(
    sts: &Sts,
    ctx: &Ctx,
    _: serde::de::IgnoredAny,
) -> Result<Reply<Output>, Error> {
    let principal = &ctx.principal;
    let id = sts.0.entity_id(principal).await?.unwrap_or_else(|| principal.arn.clone());
    let user_id = match &principal.kind {
        PrincipalKind::Role { session, .. } => format!("{id}:{session}"),
        _ => id,
    };
    let (account, arn) = (principal.account.clone(), principal.arn.clone());
    Ok(Reply::new(Output { user_id, account, arn }))
}
