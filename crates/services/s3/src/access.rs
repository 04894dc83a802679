//! Asking IAM, for the faces that do not come through the dispatcher.

use service::{Access, Ctx};

use crate::records::{BUCKETS, BucketRecord};
use crate::{Error, names};

/// Asks whether the caller may do `action` to a bucket or an object in it.
///
/// # Errors
/// `AccessDenied`.
pub(crate) async fn authorise(
    ctx: &Ctx,
    action: &str,
    bucket: Option<&str>,
    key: Option<&str>,
    context: Vec<(String, Vec<String>)>,
) -> Result<(), Error> {
    if ctx.principal.is_unlimited() {
        return Ok(());
    }
    let resource = bucket.map_or_else(|| "*".to_owned(), |bucket| names::arn(bucket, key));
    let resource_policy = match bucket {
        Some(bucket) => ctx
            .records::<BucketRecord>(BUCKETS)
            .get(bucket)
            .await?
            .and_then(|found| found.value.policy),
        None => None,
    };
    let access =
        Access { principal: &ctx.principal, action, resource: &resource, context, resource_policy };
    Ok(ctx.kit.authoriser().authorise(&access).await?)
}

/// An absent object is only admitted to those who may list the bucket.
// AWS: AmazonS3/latest/API/API_GetObject.html (permissions)
pub(crate) async fn hide_absence(ctx: &Ctx, bucket: &str, error: Error) -> Error {
    if !matches!(error, Error::NoSuchKey { .. }) {
        return error;
    }
    match authorise(ctx, "s3:ListBucket", Some(bucket), None, Vec::new()).await {
        Ok(()) => error,
        Err(denied) => denied,
    }
}
