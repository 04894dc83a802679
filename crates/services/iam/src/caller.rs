//! Who calls, where operations fall back on that.

use crate::error::Error;
use service::{Ctx, PrincipalKind};

/// The user that is named, or else the calling user.
///
/// # Errors
/// `ValidationError` in AWS's words when nobody is named and the caller is no user.
pub(crate) fn user_name_or_own(ctx: &Ctx, named: Option<String>) -> Result<String, Error> {
    match (named, &ctx.principal.kind) {
        (Some(name), _) => Ok(name),
        (None, PrincipalKind::User(name)) => Ok(name.clone()),
        (None, _) => Err(Error::Validation(
            "Must specify userName when calling with non-User credentials".to_owned(),
        )),
    }
}
