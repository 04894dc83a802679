//! `GetSessionToken`: temporary credentials of the calling user. Needs no permission.

use crate::Sts;
use crate::error::Error;
use crate::views::Credentials;
use service::{Ctx, PrincipalKind, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    duration_seconds: Option<i64>,
    serial_number: Option<String>,
    token_code: Option<String>,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    credentials: Credentials,
}

pub(crate) async fn run(sts: &Sts, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    if input.serial_number.is_some() || input.token_code.is_some() {
        return Err(Error::AccessDenied(
            "MultiFactorAuthentication failed with invalid MFA one time pass code.".to_owned(),
        ));
    }
    // AWS: GetSessionToken: up to 36 hours for users, up to one hour for the account's root.
    let (default, most) = match ctx.principal.kind {
        PrincipalKind::Root => (3600, 3600),
        PrincipalKind::User(_) => (43_200, 129_600),
        _ => {
            return Err(Error::AccessDenied(
                "Cannot call GetSessionToken with session credentials".to_owned(),
            ));
        }
    };
    let seconds = input.duration_seconds.unwrap_or(default).min(most);
    let temporary = sts.0.issue(ctx.principal.clone(), seconds).await?;
    Ok(Reply::new(Output { credentials: Credentials::new(temporary) }))
}
