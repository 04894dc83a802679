//! `GetAuthorizationToken`: refused, because a login would be for a registry that is not there.

use crate::Ecr;
use crate::error::Error;
use serde_json::Value;
use service::{Ctx, Reply};

pub(crate) async fn run(_: &Ecr, _: &Ctx, _: Value) -> Result<Reply<Value>, Error> {
    Err(Error::NoRegistry)
}
