//! The operations, one file each, and what they share.

#![allow(clippy::struct_field_names, reason = "members carry AWS's names")]

pub(crate) mod abort_multipart_upload;
pub(crate) mod complete_multipart_upload;
pub(crate) mod copy_object;
pub(crate) mod create_bucket;
pub(crate) mod create_multipart_upload;
pub(crate) mod delete_bucket;
pub(crate) mod delete_bucket_encryption;
pub(crate) mod delete_bucket_ownership_controls;
pub(crate) mod delete_bucket_policy;
pub(crate) mod delete_bucket_tagging;
pub(crate) mod delete_object;
pub(crate) mod delete_object_tagging;
pub(crate) mod delete_objects;
pub(crate) mod delete_public_access_block;
pub(crate) mod get_bucket_encryption;
pub(crate) mod get_bucket_location;
pub(crate) mod get_bucket_notification_configuration;
pub(crate) mod get_bucket_ownership_controls;
pub(crate) mod get_bucket_policy;
pub(crate) mod get_bucket_tagging;
pub(crate) mod get_bucket_versioning;
pub(crate) mod get_object;
pub(crate) mod get_object_tagging;
pub(crate) mod get_public_access_block;
pub(crate) mod head_bucket;
pub(crate) mod head_object;
pub(crate) mod list_buckets;
pub(crate) mod list_multipart_uploads;
pub(crate) mod list_object_versions;
pub(crate) mod list_objects;
pub(crate) mod list_objects_v2;
pub(crate) mod list_parts;
pub(crate) mod put_bucket_encryption;
pub(crate) mod put_bucket_notification_configuration;
pub(crate) mod put_bucket_ownership_controls;
pub(crate) mod put_bucket_policy;
pub(crate) mod put_bucket_tagging;
pub(crate) mod put_bucket_versioning;
pub(crate) mod put_object;
pub(crate) mod put_object_tagging;
pub(crate) mod put_public_access_block;
pub(crate) mod upload_part;
pub(crate) mod upload_part_copy;

use serde::{Deserialize, Serialize};
use service::{Ctx, Found, Operation, Reply, operation};
use sha2::{Digest as _, Sha256};
use store::Batch;

use crate::records::{BUCKETS, BucketRecord, UPLOADS, UploadRecord, Versioning, within};
use crate::{Error, S3};

/// The operations with the actions and resources that IAM is asked about.
// AWS: service-authorization/latest/reference/list_amazons3.html
pub(crate) static TABLE: &[Operation<S3>] = &[
    operation!("AbortMultipartUpload", abort_multipart_upload, "arn:aws:s3:::{Bucket}/{Key}"),
    operation!("CompleteMultipartUpload", complete_multipart_upload, "arn:aws:s3:::{Bucket}/{Key}", action "s3:PutObject"),
    operation!("CopyObject", copy_object, "arn:aws:s3:::{Bucket}/{Key}", action "s3:PutObject"),
    operation!("CreateBucket", create_bucket, "arn:aws:s3:::{Bucket}"),
    operation!("CreateMultipartUpload", create_multipart_upload, "arn:aws:s3:::{Bucket}/{Key}", action "s3:PutObject"),
    operation!("DeleteBucket", delete_bucket, "arn:aws:s3:::{Bucket}"),
    operation!("DeleteBucketEncryption", delete_bucket_encryption, "arn:aws:s3:::{Bucket}", action "s3:PutEncryptionConfiguration"),
    operation!("DeleteBucketOwnershipControls", delete_bucket_ownership_controls, "arn:aws:s3:::{Bucket}", action "s3:PutBucketOwnershipControls"),
    operation!("DeleteBucketPolicy", delete_bucket_policy, "arn:aws:s3:::{Bucket}"),
    operation!("DeleteBucketTagging", delete_bucket_tagging, "arn:aws:s3:::{Bucket}", action "s3:PutBucketTagging"),
    operation!("DeleteObject", delete_object, "arn:aws:s3:::{Bucket}/{Key}"),
    operation!("DeleteObjectTagging", delete_object_tagging, "arn:aws:s3:::{Bucket}/{Key}"),
    operation!("DeleteObjects", delete_objects, "arn:aws:s3:::{Bucket}/*", action "s3:DeleteObject"),
    operation!("DeletePublicAccessBlock", delete_public_access_block, "arn:aws:s3:::{Bucket}", action "s3:PutBucketPublicAccessBlock"),
    operation!("GetBucketEncryption", get_bucket_encryption, "arn:aws:s3:::{Bucket}", action "s3:GetEncryptionConfiguration"),
    operation!("GetBucketLocation", get_bucket_location, "arn:aws:s3:::{Bucket}"),
    operation!("GetBucketNotificationConfiguration", get_bucket_notification_configuration, "arn:aws:s3:::{Bucket}", action "s3:GetBucketNotification"),
    operation!(
        "GetBucketOwnershipControls",
        get_bucket_ownership_controls,
        "arn:aws:s3:::{Bucket}"
    ),
    operation!("GetBucketPolicy", get_bucket_policy, "arn:aws:s3:::{Bucket}"),
    operation!("GetBucketTagging", get_bucket_tagging, "arn:aws:s3:::{Bucket}"),
    operation!("GetBucketVersioning", get_bucket_versioning, "arn:aws:s3:::{Bucket}"),
    operation!("GetObject", get_object, "arn:aws:s3:::{Bucket}/{Key}"),
    operation!("GetObjectTagging", get_object_tagging, "arn:aws:s3:::{Bucket}/{Key}"),
    operation!("GetPublicAccessBlock", get_public_access_block, "arn:aws:s3:::{Bucket}", action "s3:GetBucketPublicAccessBlock"),
    operation!("HeadBucket", head_bucket, "arn:aws:s3:::{Bucket}", action "s3:ListBucket"),
    operation!("HeadObject", head_object, "arn:aws:s3:::{Bucket}/{Key}", action "s3:GetObject"),
    operation!("ListBuckets", list_buckets, "*", action "s3:ListAllMyBuckets"),
    operation!("ListMultipartUploads", list_multipart_uploads, "arn:aws:s3:::{Bucket}", action "s3:ListBucketMultipartUploads"),
    operation!("ListObjectVersions", list_object_versions, "arn:aws:s3:::{Bucket}", action "s3:ListBucketVersions"),
    operation!("ListObjects", list_objects, "arn:aws:s3:::{Bucket}", action "s3:ListBucket"),
    operation!("ListObjectsV2", list_objects_v2, "arn:aws:s3:::{Bucket}", action "s3:ListBucket"),
    operation!("ListParts", list_parts, "arn:aws:s3:::{Bucket}/{Key}", action "s3:ListMultipartUploadParts"),
    operation!("PutBucketEncryption", put_bucket_encryption, "arn:aws:s3:::{Bucket}", action "s3:PutEncryptionConfiguration"),
    operation!("PutBucketNotificationConfiguration", put_bucket_notification_configuration, "arn:aws:s3:::{Bucket}", action "s3:PutBucketNotification"),
    operation!(
        "PutBucketOwnershipControls",
        put_bucket_ownership_controls,
        "arn:aws:s3:::{Bucket}"
    ),
    operation!("PutBucketPolicy", put_bucket_policy, "arn:aws:s3:::{Bucket}"),
    operation!("PutBucketTagging", put_bucket_tagging, "arn:aws:s3:::{Bucket}"),
    operation!("PutBucketVersioning", put_bucket_versioning, "arn:aws:s3:::{Bucket}"),
    operation!("PutObject", put_object, "arn:aws:s3:::{Bucket}/{Key}"),
    operation!("PutObjectTagging", put_object_tagging, "arn:aws:s3:::{Bucket}/{Key}"),
    operation!("PutPublicAccessBlock", put_public_access_block, "arn:aws:s3:::{Bucket}", action "s3:PutBucketPublicAccessBlock"),
    operation!("UploadPart", upload_part, "arn:aws:s3:::{Bucket}/{Key}", action "s3:PutObject"),
    operation!("UploadPartCopy", upload_part_copy, "arn:aws:s3:::{Bucket}/{Key}", action "s3:PutObject"),
];

/// The input of operations that only name a bucket.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OfBucket {
    pub(crate) bucket: String,
}

/// The input of operations that only name an object.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OfObject {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version_id: Option<String>,
}

/// An output without members.
#[derive(Debug, Serialize)]
pub(crate) struct Nothing {}

/// An owner as listings show one.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Owner {
    #[serde(rename = "ID")]
    pub(crate) id: String,
}

/// The canonical user id of the account.
pub(crate) fn owner(ctx: &Ctx) -> Owner {
    Owner { id: hex::encode(Sha256::digest(format!("canonical user of {}", ctx.account()))) }
}

/// An entity tag as HTTP writes it.
pub(crate) fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

/// S3 shows whole seconds.
pub(crate) fn seconds(unix_ms: i64) -> i64 {
    unix_ms.div_euclid(1000)
}

/// The bucket's record.
///
/// # Errors
/// `NoSuchBucket`.
pub(crate) async fn bucket(ctx: &Ctx, name: &str) -> Result<Found<BucketRecord>, Error> {
    let found = ctx.records(BUCKETS).get(name).await?;
    found.ok_or_else(|| Error::NoSuchBucket(name.to_owned()))
}

/// Changes a bucket's settings.
pub(crate) async fn change_bucket(
    ctx: &Ctx,
    name: &str,
    change: impl FnOnce(&mut BucketRecord),
) -> Result<Reply<Nothing>, Error> {
    let mut found = bucket(ctx, name).await?;
    change(&mut found.value);
    let mut batch = Batch::new();
    batch.put(BUCKETS, name, &found.value, found.expect);
    Ok(Reply::with(Nothing {}, batch))
}

/// An upload in progress.
///
/// # Errors
/// `NoSuchBucket`, `NoSuchUpload`.
pub(crate) async fn upload(
    ctx: &Ctx,
    name: &str,
    key: &str,
    upload_id: &str,
) -> Result<Found<UploadRecord>, Error> {
    bucket(ctx, name).await?;
    let found = ctx.records::<UploadRecord>(UPLOADS).get(&within(name, upload_id)).await?;
    found.filter(|found| found.value.key == key).ok_or(Error::NoSuchUpload)
}

/// The version id to show: none when the bucket never had versions.
pub(crate) fn shown_version(settings: &BucketRecord, version_id: &str) -> Option<String> {
    (settings.versioning != Versioning::Never).then(|| version_id.to_owned())
}
