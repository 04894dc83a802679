//! `DeleteObjectTagging`

use std::collections::BTreeMap;

use service::{Ctx, Reply};

use super::OfObject;
use super::put_object_tagging::{Output, set};
use crate::{Error, S3};

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: OfObject) -> Result<Reply<Output>, Error> {
    let version = input.version_id.as_deref();
    set(ctx, &input.bucket, &input.key, version, BTreeMap::new()).await
}
