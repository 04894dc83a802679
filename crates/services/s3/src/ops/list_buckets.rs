//! `ListBuckets`

use serde::{Deserialize, Serialize};
use service::{Ctx, PageToken, Reply};
use store::Scan;

use super::{Owner, owner, seconds};
use crate::records::{BUCKETS, BucketRecord};
use crate::{Error, S3};

/// The most that one page lists.
// AWS: AmazonS3/latest/API/API_ListBuckets.html
const MAX_BUCKETS: usize = 10_000;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) max_buckets: Option<i64>,
    pub(crate) continuation_token: Option<String>,
    #[serde(default)]
    pub(crate) prefix: String,
    pub(crate) bucket_region: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) buckets: Vec<Bucket>,
    pub(crate) owner: Owner,
    pub(crate) continuation_token: Option<String>,
    pub(crate) prefix: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Bucket {
    pub(crate) name: String,
    /// Unix seconds.
    pub(crate) creation_date: i64,
    pub(crate) bucket_region: String,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let pages = PageToken { question: "ListBuckets" };
    let after = pages.read(input.continuation_token.as_deref(), "InvalidArgument")?;
    let mut scan = Scan::of(
        BUCKETS,
        &input.prefix,
        service::page_size(input.max_buckets, MAX_BUCKETS, MAX_BUCKETS),
    );
    scan.after = after.as_deref();
    let (found, next) = ctx.records::<BucketRecord>(BUCKETS).scan(scan).await?;
    let wanted = |region: &str| input.bucket_region.as_deref().is_none_or(|only| only == region);
    let buckets = found
        .into_iter()
        .filter(|found| wanted(&found.value.region))
        .map(|found| Bucket {
            name: found.key,
            creation_date: seconds(found.value.created_ms),
            bucket_region: found.value.region,
        })
        .collect();
    Ok(Reply::new(Output {
        buckets,
        owner: owner(ctx),
        continuation_token: next.map(|cursor| pages.make(&cursor)),
        prefix: (!input.prefix.is_empty()).then_some(input.prefix),
    }))
}
