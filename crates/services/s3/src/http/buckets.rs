//! Operations on buckets as such.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result};

use super::convert::{at, owner};
use super::front::{Front, answer};
use crate::ops;

pub(super) async fn create_bucket(
    front: &Front,
    request: S3Request<CreateBucketInput>,
) -> S3Result<S3Response<CreateBucketOutput>> {
    let known =
        front.admit(request, "s3:CreateBucket", |input| (Some(input.bucket.clone()), None)).await?;
    let (ctx, input) = (&known.ctx, known.input);
    let constraint = input.create_bucket_configuration.and_then(|it| it.location_constraint);
    let own = ops::create_bucket::Input {
        bucket: input.bucket,
        acl: input.acl.map(|acl| acl.as_str().to_owned()),
        create_bucket_configuration: ops::create_bucket::Configuration {
            location_constraint: constraint.map(|region| region.as_str().to_owned()),
            tags: Vec::new(),
        },
        object_ownership: input.object_ownership.map(|it| it.as_str().to_owned()),
        object_lock_enabled_for_bucket: input.object_lock_enabled_for_bucket.unwrap_or(false),
    };
    let s3 = &front.s3;
    let output = s3.carry_out(None, || ops::create_bucket::run(s3, ctx, own.clone())).await?;
    answer(CreateBucketOutput { location: Some(output.location) })
}

pub(super) async fn delete_bucket(
    front: &Front,
    request: S3Request<DeleteBucketInput>,
) -> S3Result<S3Response<DeleteBucketOutput>> {
    let known =
        front.admit(request, "s3:DeleteBucket", |input| (Some(input.bucket.clone()), None)).await?;
    let own = ops::OfBucket { bucket: known.input.bucket };
    let (s3, ctx) = (&front.s3, &known.ctx);
    s3.carry_out(None, || ops::delete_bucket::run(s3, ctx, own.clone())).await?;
    answer(DeleteBucketOutput {})
}

pub(super) async fn get_bucket_location(
    front: &Front,
    request: S3Request<GetBucketLocationInput>,
) -> S3Result<S3Response<GetBucketLocationOutput>> {
    let known = front
        .admit(request, "s3:GetBucketLocation", |input| (Some(input.bucket.clone()), None))
        .await?;
    let own = ops::OfBucket { bucket: known.input.bucket };
    let output = ops::get_bucket_location::run(&front.s3, &known.ctx, own).await?.output;
    // The element is there but empty for us-east-1.
    let region = output.location_constraint.unwrap_or_default();
    answer(GetBucketLocationOutput { location_constraint: Some(region.into()) })
}

pub(super) async fn head_bucket(
    front: &Front,
    request: S3Request<HeadBucketInput>,
) -> S3Result<S3Response<HeadBucketOutput>> {
    let known =
        front.admit(request, "s3:ListBucket", |input| (Some(input.bucket.clone()), None)).await?;
    let own = ops::OfBucket { bucket: known.input.bucket };
    let output = ops::head_bucket::run(&front.s3, &known.ctx, own).await?.output;
    answer(HeadBucketOutput { bucket_region: Some(output.bucket_region), ..Default::default() })
}

pub(super) async fn list_buckets(
    front: &Front,
    request: S3Request<ListBucketsInput>,
) -> S3Result<S3Response<ListBucketsOutput>> {
    let known = front.admit(request, "s3:ListAllMyBuckets", |_| (None, None)).await?;
    let own = ops::list_buckets::Input {
        max_buckets: known.input.max_buckets.map(i64::from),
        continuation_token: known.input.continuation_token,
        prefix: known.input.prefix.unwrap_or_default(),
        bucket_region: known.input.bucket_region,
    };
    let output = ops::list_buckets::run(&front.s3, &known.ctx, own).await?.output;
    let buckets = output.buckets.into_iter().map(|bucket| Bucket {
        name: Some(bucket.name),
        creation_date: Some(at(bucket.creation_date)),
        bucket_region: Some(bucket.bucket_region),
    });
    answer(ListBucketsOutput {
        buckets: Some(buckets.collect()),
        continuation_token: output.continuation_token,
        owner: Some(owner(output.owner)),
        prefix: output.prefix,
    })
}
