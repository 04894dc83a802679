//! The protocol crate's trait, forwarded to one function per operation.

use std::sync::Arc;

use ::http::{HeaderMap, HeaderValue, StatusCode};
use s3s::dto::*;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result, TrailingHeaders};
use service::{AwsError, Ctx, Principal};

use super::chunked::Trailers;
use super::{buckets, listings, multipart, objects, settings};
use crate::access::authorise;
use crate::{Error, S3};

/// S3 as the protocol crate sees it.
pub(super) struct Front {
    pub(super) s3: Arc<S3>,
}

/// A request whose sender is known.
pub(super) struct Known<I> {
    pub(super) ctx: Ctx,
    pub(super) input: I,
    pub(super) late: Late,
    pub(super) headers: HeaderMap,
}

/// Headers after the content.
pub(super) struct Late {
    verified: Option<TrailingHeaders>,
    open: Option<Trailers>,
}

impl Late {
    /// A trailing header, once the content has been read.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let verified = self.verified.as_ref().and_then(|headers| {
            headers.read(|headers| Some(headers.get(name)?.to_str().ok()?.to_owned())).flatten()
        });
        verified.or_else(|| self.open.as_ref()?.get(name))
    }
}

impl Front {
    pub(super) fn new(s3: Arc<S3>) -> Self {
        Self { s3 }
    }

    /// Finds out who sent the request.
    ///
    /// # Errors
    /// `AccessDenied` when nobody did.
    pub(super) fn open<I>(&self, request: S3Request<I>) -> Result<Known<I>, Error> {
        let principal =
            request.extensions.get::<Principal>().cloned().ok_or_else(|| {
                Error::Other(AwsError::fault("AccessDenied", "Access Denied", 403))
            })?;
        let region = request.region.as_ref().map_or("us-east-1", |region| region.as_str());
        let late = Late {
            verified: request.trailing_headers,
            open: request.extensions.get::<Trailers>().cloned(),
        };
        Ok(Known {
            ctx: self.s3.kit().ctx(principal, region),
            input: request.input,
            late,
            headers: request.headers,
        })
    }

    /// The same for an operation on a bucket or an object that IAM is asked about once.
    pub(super) async fn admit<I>(
        &self,
        request: S3Request<I>,
        action: &str,
        target: impl Fn(&I) -> (Option<String>, Option<String>),
    ) -> Result<Known<I>, Error> {
        let known = self.open(request)?;
        let (bucket, key) = target(&known.input);
        authorise(&known.ctx, action, bucket.as_deref(), key.as_deref(), Vec::new()).await?;
        Ok(known)
    }
}

/// The answer without anything special about it.
pub(super) fn answer<T>(output: T) -> S3Result<S3Response<T>> {
    Ok(S3Response::new(output))
}

impl From<Error> for S3Error {
    fn from(error: Error) -> Self {
        let mut headers = HeaderMap::new();
        let mut add = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        match &error {
            Error::NotModified { etag, modified_ms } => {
                add("etag", &format!("\"{etag}\""));
                add("last-modified", &super::convert::http_date(*modified_ms));
            }
            Error::NoSuchKey { delete_marker: Some(version), .. } => {
                add("x-amz-delete-marker", "true");
                add("x-amz-version-id", version);
            }
            Error::IsDeleteMarker(version) => {
                add("x-amz-delete-marker", "true");
                add("x-amz-version-id", version);
                add("allow", "DELETE");
            }
            _ => {}
        }
        let error = AwsError::from(error);
        let code = S3ErrorCode::from_bytes(error.code.as_bytes());
        let mut answer =
            Self::with_message(code.unwrap_or(S3ErrorCode::InternalError), error.message);
        if let Ok(status) = StatusCode::from_u16(error.status) {
            answer.set_status_code(status);
        }
        if !headers.is_empty() {
            answer.set_headers(headers);
        }
        answer
    }
}

macro_rules! forward {
    ($($module:ident: $($operation:ident($input:ident) -> $output:ident),+;)+) => {
        #[async_trait::async_trait]
        impl s3s::S3 for Front {
            $($(
                async fn $operation(
                    &self,
                    request: S3Request<$input>,
                ) -> S3Result<S3Response<$output>> {
                    $module::$operation(self, request).await
                }
            )+)+
        }
    };
}

forward! {
    buckets:
        create_bucket(CreateBucketInput) -> CreateBucketOutput,
        delete_bucket(DeleteBucketInput) -> DeleteBucketOutput,
        get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput,
        head_bucket(HeadBucketInput) -> HeadBucketOutput,
        list_buckets(ListBucketsInput) -> ListBucketsOutput;
    settings:
        delete_bucket_cors(DeleteBucketCorsInput) -> DeleteBucketCorsOutput,
        delete_bucket_encryption(DeleteBucketEncryptionInput) -> DeleteBucketEncryptionOutput,
        delete_bucket_lifecycle(DeleteBucketLifecycleInput) -> DeleteBucketLifecycleOutput,
        delete_bucket_ownership_controls(DeleteBucketOwnershipControlsInput) -> DeleteBucketOwnershipControlsOutput,
        delete_bucket_policy(DeleteBucketPolicyInput) -> DeleteBucketPolicyOutput,
        delete_bucket_tagging(DeleteBucketTaggingInput) -> DeleteBucketTaggingOutput,
        delete_public_access_block(DeletePublicAccessBlockInput) -> DeletePublicAccessBlockOutput,
        get_bucket_accelerate_configuration(GetBucketAccelerateConfigurationInput) -> GetBucketAccelerateConfigurationOutput,
        get_bucket_acl(GetBucketAclInput) -> GetBucketAclOutput,
        get_bucket_cors(GetBucketCorsInput) -> GetBucketCorsOutput,
        get_bucket_encryption(GetBucketEncryptionInput) -> GetBucketEncryptionOutput,
        get_bucket_lifecycle_configuration(GetBucketLifecycleConfigurationInput) -> GetBucketLifecycleConfigurationOutput,
        get_bucket_logging(GetBucketLoggingInput) -> GetBucketLoggingOutput,
        get_bucket_notification_configuration(GetBucketNotificationConfigurationInput) -> GetBucketNotificationConfigurationOutput,
        get_bucket_ownership_controls(GetBucketOwnershipControlsInput) -> GetBucketOwnershipControlsOutput,
        get_bucket_policy(GetBucketPolicyInput) -> GetBucketPolicyOutput,
        get_bucket_policy_status(GetBucketPolicyStatusInput) -> GetBucketPolicyStatusOutput,
        get_bucket_replication(GetBucketReplicationInput) -> GetBucketReplicationOutput,
        get_bucket_request_payment(GetBucketRequestPaymentInput) -> GetBucketRequestPaymentOutput,
        get_bucket_tagging(GetBucketTaggingInput) -> GetBucketTaggingOutput,
        get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput,
        get_bucket_website(GetBucketWebsiteInput) -> GetBucketWebsiteOutput,
        get_object_lock_configuration(GetObjectLockConfigurationInput) -> GetObjectLockConfigurationOutput,
        get_public_access_block(GetPublicAccessBlockInput) -> GetPublicAccessBlockOutput,
        put_bucket_acl(PutBucketAclInput) -> PutBucketAclOutput,
        put_bucket_encryption(PutBucketEncryptionInput) -> PutBucketEncryptionOutput,
        put_bucket_notification_configuration(PutBucketNotificationConfigurationInput) -> PutBucketNotificationConfigurationOutput,
        put_bucket_ownership_controls(PutBucketOwnershipControlsInput) -> PutBucketOwnershipControlsOutput,
        put_bucket_policy(PutBucketPolicyInput) -> PutBucketPolicyOutput,
        put_bucket_tagging(PutBucketTaggingInput) -> PutBucketTaggingOutput,
        put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput,
        put_public_access_block(PutPublicAccessBlockInput) -> PutPublicAccessBlockOutput;
    objects:
        copy_object(CopyObjectInput) -> CopyObjectOutput,
        delete_object(DeleteObjectInput) -> DeleteObjectOutput,
        delete_object_tagging(DeleteObjectTaggingInput) -> DeleteObjectTaggingOutput,
        delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput,
        get_object(GetObjectInput) -> GetObjectOutput,
        get_object_acl(GetObjectAclInput) -> GetObjectAclOutput,
        get_object_attributes(GetObjectAttributesInput) -> GetObjectAttributesOutput,
        get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput,
        head_object(HeadObjectInput) -> HeadObjectOutput,
        put_object(PutObjectInput) -> PutObjectOutput,
        put_object_acl(PutObjectAclInput) -> PutObjectAclOutput,
        put_object_tagging(PutObjectTaggingInput) -> PutObjectTaggingOutput;
    listings:
        list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput,
        list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput,
        list_objects(ListObjectsInput) -> ListObjectsOutput,
        list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output,
        list_parts(ListPartsInput) -> ListPartsOutput;
    multipart:
        abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput,
        complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput,
        create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput,
        upload_part(UploadPartInput) -> UploadPartOutput,
        upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput;
}
