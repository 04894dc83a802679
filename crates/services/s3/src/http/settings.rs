//! Settings of buckets. Those that refit does not have answer as a bucket answers on AWS where they were never made.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result};
use service::Ctx;

use super::convert::owner;
use super::front::{Front, answer};
use super::objects::{read_tags, show_tags};
use crate::ops::get_bucket_encryption as encryption;
use crate::ops::get_bucket_ownership_controls as ownership;
use crate::ops::{self, OfBucket, put_bucket_versioning as versioning};
use crate::{Error, records};

/// Admits the request and finds the bucket.
async fn look<I>(
    front: &Front,
    request: S3Request<I>,
    action: &str,
    bucket: impl Fn(&I) -> String,
) -> Result<(Ctx, OfBucket), Error> {
    let known = front.admit(request, action, |input| (Some(bucket(input)), None)).await?;
    let of = OfBucket { bucket: bucket(&known.input) };
    ops::bucket(&known.ctx, &of.bucket).await?;
    Ok((known.ctx, of))
}

/// An answer to operations that read or delete a setting, by the operation's own function.
macro_rules! by_bucket {
    ($($name:ident($input:ident) -> $output:ident, $action:literal, |$it:pat_param| $shown:expr;)+) => {$(
        pub(super) async fn $name(
            front: &Front,
            request: S3Request<$input>,
        ) -> S3Result<S3Response<$output>> {
            let (ctx, of) = look(front, request, $action, |input| input.bucket.clone()).await?;
            let (s3, ctx) = (&front.s3, &ctx);
            let $it = s3.carry_out(None, || ops::$name::run(s3, ctx, of.clone())).await?;
            answer($shown)
        }
    )+};
}

by_bucket! {
    delete_bucket_encryption(DeleteBucketEncryptionInput) -> DeleteBucketEncryptionOutput,
        "s3:PutEncryptionConfiguration", |_| DeleteBucketEncryptionOutput {};
    delete_bucket_ownership_controls(DeleteBucketOwnershipControlsInput) -> DeleteBucketOwnershipControlsOutput,
        "s3:PutBucketOwnershipControls", |_| DeleteBucketOwnershipControlsOutput {};
    delete_bucket_policy(DeleteBucketPolicyInput) -> DeleteBucketPolicyOutput,
        "s3:DeleteBucketPolicy", |_| DeleteBucketPolicyOutput {};
    delete_bucket_tagging(DeleteBucketTaggingInput) -> DeleteBucketTaggingOutput,
        "s3:PutBucketTagging", |_| DeleteBucketTaggingOutput {};
    delete_public_access_block(DeletePublicAccessBlockInput) -> DeletePublicAccessBlockOutput,
        "s3:PutBucketPublicAccessBlock", |_| DeletePublicAccessBlockOutput {};
    get_bucket_encryption(GetBucketEncryptionInput) -> GetBucketEncryptionOutput,
        "s3:GetEncryptionConfiguration", |it| show_encryption(it);
    get_bucket_notification_configuration(GetBucketNotificationConfigurationInput) -> GetBucketNotificationConfigurationOutput,
        "s3:GetBucketNotification", |_| GetBucketNotificationConfigurationOutput::default();
    get_bucket_ownership_controls(GetBucketOwnershipControlsInput) -> GetBucketOwnershipControlsOutput,
        "s3:GetBucketOwnershipControls", |it| show_ownership(it);
    get_bucket_policy(GetBucketPolicyInput) -> GetBucketPolicyOutput,
        "s3:GetBucketPolicy", |it| GetBucketPolicyOutput { policy: Some(it.policy) };
    get_bucket_tagging(GetBucketTaggingInput) -> GetBucketTaggingOutput,
        "s3:GetBucketTagging", |it| GetBucketTaggingOutput { tag_set: show_tags(it) };
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput,
        "s3:GetBucketVersioning", |it| GetBucketVersioningOutput {
            mfa_delete: None,
            status: it.status.map(BucketVersioningStatus::from_static),
        };
    get_public_access_block(GetPublicAccessBlockInput) -> GetPublicAccessBlockOutput,
        "s3:GetBucketPublicAccessBlock", |it| show_public_access_block(it);
}

fn show_encryption(output: encryption::Output) -> GetBucketEncryptionOutput {
    let rules = output.server_side_encryption_configuration.rules.into_iter().map(|rule| {
        let by_default = rule.apply_server_side_encryption_by_default;
        ServerSideEncryptionRule {
            apply_server_side_encryption_by_default: by_default.map(|it| {
                ServerSideEncryptionByDefault {
                    kms_master_key_id: it.kms_key_id,
                    sse_algorithm: it.algorithm.into(),
                }
            }),
            bucket_key_enabled: Some(rule.bucket_key_enabled),
        }
    });
    let configuration = ServerSideEncryptionConfiguration { rules: rules.collect() };
    GetBucketEncryptionOutput { server_side_encryption_configuration: Some(configuration) }
}

fn show_ownership(output: ownership::Output) -> GetBucketOwnershipControlsOutput {
    let rules = output.ownership_controls.rules.into_iter();
    let rules =
        rules.map(|rule| OwnershipControlsRule { object_ownership: rule.object_ownership.into() });
    let ownership_controls = OwnershipControls { rules: rules.collect() };
    GetBucketOwnershipControlsOutput { ownership_controls: Some(ownership_controls) }
}

fn show_public_access_block(
    output: ops::get_public_access_block::Output,
) -> GetPublicAccessBlockOutput {
    let setting = output.public_access_block_configuration;
    let configuration = PublicAccessBlockConfiguration {
        block_public_acls: Some(setting.block_public_acls),
        block_public_policy: Some(setting.block_public_policy),
        ignore_public_acls: Some(setting.ignore_public_acls),
        restrict_public_buckets: Some(setting.restrict_public_buckets),
    };
    GetPublicAccessBlockOutput { public_access_block_configuration: Some(configuration) }
}

/// An answer to operations that make a setting.
macro_rules! making {
    ($($name:ident($input:ident) -> $output:ident, $action:literal, |$it:ident| $own:expr;)+) => {$(
        pub(super) async fn $name(
            front: &Front,
            request: S3Request<$input>,
        ) -> S3Result<S3Response<$output>> {
            let known = front.admit(request, $action, |input| (Some(input.bucket.clone()), None)).await?;
            let (s3, ctx, $it) = (&front.s3, &known.ctx, known.input);
            let own: ops::$name::Input = $own;
            s3.carry_out(None, || ops::$name::run(s3, ctx, own.clone())).await?;
            answer($output::default())
        }
    )+};
}

making! {
    put_bucket_encryption(PutBucketEncryptionInput) -> PutBucketEncryptionOutput,
        "s3:PutEncryptionConfiguration", |it| read_encryption(it);
    put_bucket_notification_configuration(PutBucketNotificationConfigurationInput) -> PutBucketNotificationConfigurationOutput,
        "s3:PutBucketNotification", |it| read_notification(it);
    put_bucket_ownership_controls(PutBucketOwnershipControlsInput) -> PutBucketOwnershipControlsOutput,
        "s3:PutBucketOwnershipControls", |it| read_ownership(it);
    put_bucket_policy(PutBucketPolicyInput) -> PutBucketPolicyOutput,
        "s3:PutBucketPolicy", |it| ops::put_bucket_policy::Input { bucket: it.bucket, policy: it.policy };
    put_bucket_tagging(PutBucketTaggingInput) -> PutBucketTaggingOutput,
        "s3:PutBucketTagging", |it| ops::put_bucket_tagging::Input {
            bucket: it.bucket,
            tagging: read_tags(it.tagging),
        };
    put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput,
        "s3:PutBucketVersioning", |it| read_versioning(it);
    put_public_access_block(PutPublicAccessBlockInput) -> PutPublicAccessBlockOutput,
        "s3:PutBucketPublicAccessBlock", |it| read_public_access_block(it);
}

fn read_encryption(input: PutBucketEncryptionInput) -> ops::put_bucket_encryption::Input {
    let rules = input.server_side_encryption_configuration.rules.into_iter().map(|rule| {
        let by_default = rule.apply_server_side_encryption_by_default;
        encryption::Rule {
            apply_server_side_encryption_by_default: by_default.map(|it| encryption::ByDefault {
                algorithm: it.sse_algorithm.as_str().to_owned(),
                kms_key_id: it.kms_master_key_id,
            }),
            bucket_key_enabled: rule.bucket_key_enabled.unwrap_or(false),
        }
    });
    ops::put_bucket_encryption::Input {
        bucket: input.bucket,
        server_side_encryption_configuration: encryption::Configuration { rules: rules.collect() },
    }
}

fn read_notification(
    input: PutBucketNotificationConfigurationInput,
) -> ops::put_bucket_notification_configuration::Input {
    let it = input.notification_configuration;
    // Only whether anything is asked for matters.
    let asked = it.event_bridge_configuration.is_some()
        || it.lambda_function_configurations.is_some_and(|it| !it.is_empty())
        || it.queue_configurations.is_some_and(|it| !it.is_empty())
        || it.topic_configurations.is_some_and(|it| !it.is_empty());
    let configuration =
        if asked { serde_json::json!({ "Configurations": {} }) } else { serde_json::json!({}) };
    ops::put_bucket_notification_configuration::Input {
        bucket: input.bucket,
        notification_configuration: configuration,
    }
}

fn read_ownership(
    input: PutBucketOwnershipControlsInput,
) -> ops::put_bucket_ownership_controls::Input {
    let rules = input.ownership_controls.rules.into_iter();
    let rules = rules.map(|rule| ownership::Rule {
        object_ownership: rule.object_ownership.as_str().to_owned(),
    });
    ops::put_bucket_ownership_controls::Input {
        bucket: input.bucket,
        ownership_controls: ownership::OwnershipControls { rules: rules.collect() },
    }
}

fn read_versioning(input: PutBucketVersioningInput) -> versioning::Input {
    let it = input.versioning_configuration;
    versioning::Input {
        bucket: input.bucket,
        versioning_configuration: versioning::Configuration {
            status: it.status.map(|status| status.as_str().to_owned()),
            mfa_delete: it.mfa_delete.map(|it| it.as_str().to_owned()),
        },
    }
}

fn read_public_access_block(
    input: PutPublicAccessBlockInput,
) -> ops::put_public_access_block::Input {
    let it = input.public_access_block_configuration;
    ops::put_public_access_block::Input {
        bucket: input.bucket,
        public_access_block_configuration: records::PublicAccessBlock {
            block_public_acls: it.block_public_acls.unwrap_or(false),
            ignore_public_acls: it.ignore_public_acls.unwrap_or(false),
            block_public_policy: it.block_public_policy.unwrap_or(false),
            restrict_public_buckets: it.restrict_public_buckets.unwrap_or(false),
        },
    }
}

/// An answer about a setting that refit does not have.
macro_rules! never_made {
    ($($name:ident($input:ident) -> $output:ident, $action:literal, $shown:expr;)+) => {$(
        pub(super) async fn $name(
            front: &Front,
            request: S3Request<$input>,
        ) -> S3Result<S3Response<$output>> {
            look(front, request, $action, |input| input.bucket.clone()).await?;
            let shown: Result<$output, Error> = $shown;
            answer(shown?)
        }
    )+};
}

fn none<T>(code: &'static str, message: &'static str) -> Result<T, Error> {
    Err(Error::NoSetting { code, message })
}

// AWS: AmazonS3/latest/API/ErrorResponses.html, and each operation's page
never_made! {
    delete_bucket_cors(DeleteBucketCorsInput) -> DeleteBucketCorsOutput,
        "s3:PutBucketCORS", Ok(DeleteBucketCorsOutput {});
    delete_bucket_lifecycle(DeleteBucketLifecycleInput) -> DeleteBucketLifecycleOutput,
        "s3:PutLifecycleConfiguration", Ok(DeleteBucketLifecycleOutput {});
    get_bucket_accelerate_configuration(GetBucketAccelerateConfigurationInput) -> GetBucketAccelerateConfigurationOutput,
        "s3:GetAccelerateConfiguration", Ok(GetBucketAccelerateConfigurationOutput::default());
    get_bucket_cors(GetBucketCorsInput) -> GetBucketCorsOutput,
        "s3:GetBucketCORS", none("NoSuchCORSConfiguration", "The CORS configuration does not exist");
    get_bucket_lifecycle_configuration(GetBucketLifecycleConfigurationInput) -> GetBucketLifecycleConfigurationOutput,
        "s3:GetLifecycleConfiguration", none("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist");
    get_bucket_logging(GetBucketLoggingInput) -> GetBucketLoggingOutput,
        "s3:GetBucketLogging", Ok(GetBucketLoggingOutput::default());
    get_bucket_replication(GetBucketReplicationInput) -> GetBucketReplicationOutput,
        "s3:GetReplicationConfiguration", none("ReplicationConfigurationNotFoundError", "The replication configuration was not found");
    get_bucket_request_payment(GetBucketRequestPaymentInput) -> GetBucketRequestPaymentOutput,
        "s3:GetBucketRequestPayment", Ok(GetBucketRequestPaymentOutput {
            payer: Some(Payer::from_static(Payer::BUCKET_OWNER)),
        });
    get_bucket_website(GetBucketWebsiteInput) -> GetBucketWebsiteOutput,
        "s3:GetBucketWebsite", none("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration");
    get_object_lock_configuration(GetObjectLockConfigurationInput) -> GetObjectLockConfigurationOutput,
        "s3:GetBucketObjectLockConfiguration", none("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket");
}

pub(super) async fn get_bucket_policy_status(
    front: &Front,
    request: S3Request<GetBucketPolicyStatusInput>,
) -> S3Result<S3Response<GetBucketPolicyStatusOutput>> {
    let (ctx, of) =
        look(front, request, "s3:GetBucketPolicyStatus", |input| input.bucket.clone()).await?;
    ops::get_bucket_policy::run(&front.s3, &ctx, of).await?;
    // refit answers nobody without credentials unless a policy says so; it has no notion of "public" beyond that.
    let policy_status = Some(PolicyStatus { is_public: Some(false) });
    answer(GetBucketPolicyStatusOutput { policy_status })
}

/// The grants of everything in refit: all to the owner.
pub(super) fn only_owner(owner: &Owner) -> Grants {
    let grantee = Grantee {
        display_name: None,
        email_address: None,
        id: owner.id.clone(),
        type_: Type::from_static(Type::CANONICAL_USER),
        uri: None,
    };
    let permission = Some(Permission::from_static(Permission::FULL_CONTROL));
    vec![Grant { grantee: Some(grantee), permission }]
}

/// # Errors
/// `AccessControlListNotSupported` for all but what is so anyway.
pub(super) fn refuse_acl(acl: Option<&str>) -> Result<(), Error> {
    match acl {
        None | Some("private" | "bucket-owner-full-control") => Ok(()),
        Some(_) => Err(Error::Other(service::AwsError::new(
            "AccessControlListNotSupported",
            "The bucket does not allow ACLs",
        ))),
    }
}

pub(super) async fn get_bucket_acl(
    front: &Front,
    request: S3Request<GetBucketAclInput>,
) -> S3Result<S3Response<GetBucketAclOutput>> {
    let (ctx, _) = look(front, request, "s3:GetBucketAcl", |input| input.bucket.clone()).await?;
    let own = owner(ops::owner(&ctx));
    answer(GetBucketAclOutput { grants: Some(only_owner(&own)), owner: Some(own) })
}

pub(super) async fn put_bucket_acl(
    front: &Front,
    request: S3Request<PutBucketAclInput>,
) -> S3Result<S3Response<PutBucketAclOutput>> {
    let acl = request.input.acl.as_ref().map(|acl| acl.as_str().to_owned());
    look(front, request, "s3:PutBucketAcl", |input| input.bucket.clone()).await?;
    refuse_acl(Some(acl.as_deref().unwrap_or("given in the body")))?;
    answer(PutBucketAclOutput::default())
}
