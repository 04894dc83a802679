//! `HeadObject`

use service::{Ctx, Reply};

use super::get_object::{Input, Output, select};
use crate::{Error, S3};

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    Ok(Reply::new(select(ctx, &input).await?.describe()))
}
