//! `CreateBucket`

use serde::{Deserialize, Serialize};
use service::{Ctx, Reply};
use store::{Batch, Expect};

use super::put_bucket_ownership_controls::VALUES;
use crate::records::{BUCKETS, BucketRecord, PublicAccessBlock};
use crate::tags::{MOST_ON_BUCKET, Tag, TagSet};
use crate::{Error, S3, names};

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(crate) bucket: String,
    #[serde(rename = "ACL")]
    pub(crate) acl: Option<String>,
    #[serde(default)]
    pub(crate) create_bucket_configuration: Configuration,
    pub(crate) object_ownership: Option<String>,
    #[serde(default)]
    pub(crate) object_lock_enabled_for_bucket: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Configuration {
    pub(crate) location_constraint: Option<String>,
    #[serde(default)]
    pub(crate) tags: Vec<Tag>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    pub(crate) location: String,
}

pub(crate) async fn run(_: &S3, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    names::check_bucket(&input.bucket)?;
    let configuration = input.create_bucket_configuration;
    let region = region(ctx, configuration.location_constraint.as_deref())?;
    if input.acl.as_deref().is_some_and(|acl| acl != "private") {
        return Err(Error::Other(service::AwsError::new(
            "InvalidBucketAclWithObjectOwnership",
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
        )));
    }
    if input.object_lock_enabled_for_bucket {
        return Err(Error::NotImplemented("refit does not implement object lock"));
    }
    let ownership = input.object_ownership.unwrap_or_else(|| VALUES[0].to_owned());
    if !VALUES.contains(&ownership.as_str()) {
        return Err(Error::InvalidArgument("Invalid x-amz-object-ownership header".to_owned()));
    }
    let tags = TagSet { tag_set: configuration.tags }.read(MOST_ON_BUCKET)?;
    let output = Output { location: format!("/{}", input.bucket) };
    if ctx.records::<BucketRecord>(BUCKETS).get(&input.bucket).await?.is_some() {
        // In us-east-1 creating one's own bucket again succeeds and changes nothing.
        // AWS: AmazonS3/latest/API/API_CreateBucket.html (errors)
        return if region == "us-east-1" {
            Ok(Reply::new(output))
        } else {
            Err(Error::BucketAlreadyOwnedByYou(input.bucket))
        };
    }
    let record = BucketRecord {
        created_ms: ctx.now_ms,
        region,
        tags,
        public_access_block: Some(PublicAccessBlock::ALL),
        ownership: Some(ownership),
        ..BucketRecord::default()
    };
    let mut batch = Batch::new();
    batch.put(BUCKETS, input.bucket, &record, Expect::Absent);
    Ok(Reply::with(output, batch))
}

/// Where the bucket shall be.
fn region(ctx: &Ctx, constraint: Option<&str>) -> Result<String, Error> {
    let incompatible = |what: &str| {
        Error::IllegalLocationConstraint(format!(
            "The {what} location constraint is incompatible for the region specific endpoint this request was sent to."
        ))
    };
    match constraint.filter(|constraint| !constraint.is_empty()) {
        None if ctx.region == "us-east-1" => Ok(ctx.region.clone()),
        None => Err(incompatible("unspecified")),
        Some("us-east-1") => Err(Error::InvalidLocationConstraint),
        Some("EU") => Ok("eu-west-1".to_owned()),
        // The endpoint in us-east-1 makes buckets anywhere.
        Some(region) if region == ctx.region || ctx.region == "us-east-1" => Ok(region.to_owned()),
        Some(region) => Err(incompatible(region)),
    }
}
