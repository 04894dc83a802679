//! Objects.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result};

use super::convert::{
    announced, at, attributes, checksum_header, condition, etag, number, owner, show_sum, size,
    to_ms,
};
use super::front::{Front, answer};
use super::settings::{only_owner, refuse_acl};
use crate::access::authorise;
use crate::conditions::{ReadConditions, WriteConditions};
use crate::content::{self, stage};
use crate::copy::Source;
use crate::ops::delete_objects::{self, Deleted, Identifier};
use crate::ops::get_object::{self, Selected, select};
use crate::ops::put_object::{NewObject, check, write};
use crate::ops::{self, copy_object};
use crate::tags::{Tag as OwnTag, TagSet as OwnTagSet, read_header};
use crate::{Error, tags};

/// How often a read starts over when the object is replaced between looking it up and opening its content.
const REOPEN_ATTEMPTS: u32 = 5;

/// The action that needs another permission when a version is named.
fn versioned(
    action: &'static str,
    of_version: &'static str,
    version: Option<&String>,
) -> &'static str {
    if version.is_some() { of_version } else { action }
}

pub(super) async fn put_object(
    front: &Front,
    request: S3Request<PutObjectInput>,
) -> S3Result<S3Response<PutObjectOutput>> {
    let known = front
        .admit(request, "s3:PutObject", |input| {
            (Some(input.bucket.clone()), Some(input.key.clone()))
        })
        .await?;
    let (s3, ctx, mut input) = (&front.s3, &known.ctx, known.input);
    if input.tagging.is_some() {
        let (bucket, key) = (Some(input.bucket.as_str()), Some(input.key.as_str()));
        authorise(ctx, "s3:PutObjectTagging", bucket, key, Vec::new()).await?;
    }
    refuse_acl(input.acl.as_ref().map(ObjectCannedACL::as_str))?;
    let attributes = attributes!(input);
    check(ctx, &input.bucket, &input.key, &attributes).await?;
    let tags = read_header(input.tagging.as_deref())?;
    let announced = announced!(input, known.headers);
    let content = input.body.take().unwrap_or_else(|| StreamingBlob::from(s3s::Body::empty()));
    let staged = stage(&s3.blobs, content, &announced).await?;
    for (algorithm, _) in &announced.sums {
        if let Some(value) = known.late.get(&checksum_header(*algorithm)) {
            staged.check(*algorithm, &value)?;
        }
    }
    let new = NewObject {
        bucket: input.bucket,
        key: input.key,
        etag: staged.md5_hex(),
        attributes,
        tags,
        sum: staged.sum.clone(),
        part_sizes: Vec::new(),
        conditions: WriteConditions {
            if_match: condition(input.if_match),
            if_none_match: condition(input.if_none_match),
        },
        staged,
    };
    let written = s3.carry_out(Some(&new.staged), || write(s3, ctx, &new)).await?;
    let mut output = PutObjectOutput {
        checksum_type: new.sum.as_ref().map(|sum| ChecksumType::from_static(sum.kind())),
        e_tag: etag(&new.etag),
        server_side_encryption: Some(written.encryption.into()),
        version_id: written.version_id,
        ..Default::default()
    };
    show_sum!(output, &new.sum);
    answer(output)
}

/// What both reads show of an object.
macro_rules! describe {
    ($selected:expr, $with_sum:expr, $output:ident) => {{
        let selected = &$selected;
        let described = selected.describe();
        let it = described.attributes;
        let mut output = $output {
            accept_ranges: Some("bytes".to_owned()),
            bucket_key_enabled: it.bucket_key_enabled,
            cache_control: it.cache_control,
            content_disposition: it.content_disposition,
            content_encoding: it.content_encoding,
            content_language: it.content_language,
            content_length: size(described.content_length),
            content_range: described.content_range,
            content_type: it.content_type,
            e_tag: etag(&described.etag),
            expires: it.expires.map(|seconds| at(seconds as i64)),
            last_modified: Some(at(described.last_modified)),
            metadata: Some(it.metadata.into_iter().collect()),
            parts_count: described.parts_count.and_then(number),
            server_side_encryption: it.server_side_encryption.map(Into::into),
            ssekms_key_id: it.kms_key_id,
            // STANDARD is not shown.
            storage_class: it.storage_class.filter(|it| it != "STANDARD").map(Into::into),
            version_id: described.version_id,
            website_redirect_location: it.website_redirect_location,
            ..Default::default()
        };
        // A part of an object has no checksum of its own.
        if $with_sum && !selected.partial {
            let sum = selected.object.sum.as_ref();
            output.checksum_type = sum.map(|sum| ChecksumType::from_static(sum.kind()));
            show_sum!(output, sum);
        }
        output
    }};
}

/// The operation's own input.
macro_rules! read_input {
    ($input:expr) => {{
        let input = $input;
        get_object::Input {
            bucket: input.bucket,
            key: input.key,
            version_id: input.version_id,
            range: input.range.map(|range| range.to_header_string()),
            part_number: input.part_number.map(|number| u32::try_from(number).unwrap_or_default()),
            if_match: condition(input.if_match),
            if_none_match: condition(input.if_none_match),
            if_modified_since: input.if_modified_since.map(|it| to_ms(&it) as f64 / 1000.0),
            if_unmodified_since: input.if_unmodified_since.map(|it| to_ms(&it) as f64 / 1000.0),
        }
    }};
}

pub(super) async fn get_object(
    front: &Front,
    request: S3Request<GetObjectInput>,
) -> S3Result<S3Response<GetObjectOutput>> {
    let version = request.input.version_id.as_ref();
    let action = versioned("s3:GetObject", "s3:GetObjectVersion", version);
    let known = front
        .admit(request, action, |input| (Some(input.bucket.clone()), Some(input.key.clone())))
        .await?;
    let with_sum = known.input.checksum_mode.is_some();
    let input = read_input!(known.input);
    for attempt in 1.. {
        let selected = select(&known.ctx, &input).await?;
        let Some(blob) = &selected.object.blob else { break };
        match content::read(&front.s3.blobs, blob, selected.range.clone()).await {
            Ok(content) => {
                let mut output = describe!(selected, with_sum, GetObjectOutput);
                output.tag_count =
                    Some(selected.object.tags.len()).filter(|count| *count > 0).and_then(number);
                output.body = Some(StreamingBlob::wrap(content));
                return answer(output);
            }
            Err(error) if attempt == REOPEN_ATTEMPTS => return Err(error.into()),
            Err(_) => {}
        }
    }
    Err(Error::NoSuchVersion.into())
}

pub(super) async fn head_object(
    front: &Front,
    request: S3Request<HeadObjectInput>,
) -> S3Result<S3Response<HeadObjectOutput>> {
    let version = request.input.version_id.as_ref();
    let action = versioned("s3:GetObject", "s3:GetObjectVersion", version);
    let known = front
        .admit(request, action, |input| (Some(input.bucket.clone()), Some(input.key.clone())))
        .await?;
    let with_sum = known.input.checksum_mode.is_some();
    let input = read_input!(known.input);
    let selected: Selected = select(&known.ctx, &input).await?;
    answer(describe!(selected, with_sum, HeadObjectOutput))
}

pub(super) async fn get_object_attributes(
    front: &Front,
    request: S3Request<GetObjectAttributesInput>,
) -> S3Result<S3Response<GetObjectAttributesOutput>> {
    let known = front
        .admit(request, "s3:GetObjectAttributes", |input| {
            (Some(input.bucket.clone()), Some(input.key.clone()))
        })
        .await?;
    // Clients send one header with commas, or many.
    let wanted: Vec<String> = known
        .input
        .object_attributes
        .iter()
        .flat_map(|it| it.as_str().split(',').map(|name| name.trim().to_owned()))
        .collect();
    let wants = |name: &str| wanted.iter().any(|wanted| wanted == name);
    let input = get_object::Input {
        bucket: known.input.bucket,
        key: known.input.key,
        version_id: known.input.version_id,
        ..Default::default()
    };
    let selected = select(&known.ctx, &input).await?;
    let object = &selected.object;
    let mut checksum = Checksum {
        checksum_type: object.sum.as_ref().map(|sum| ChecksumType::from_static(sum.kind())),
        ..Default::default()
    };
    show_sum!(checksum, &object.sum);
    let parts = GetObjectAttributesParts {
        total_parts_count: number(object.part_sizes.len()),
        ..Default::default()
    };
    answer(GetObjectAttributesOutput {
        checksum: (wants("Checksum") && object.sum.is_some()).then_some(checksum),
        e_tag: wants("ETag").then(|| etag(&object.etag)).flatten(),
        last_modified: Some(at(ops::seconds(object.modified_ms))),
        object_parts: (wants("ObjectParts") && !object.part_sizes.is_empty()).then_some(parts),
        object_size: wants("ObjectSize").then(|| size(object.size_bytes)).flatten(),
        storage_class: wants("StorageClass").then(|| object.storage_class().to_owned().into()),
        version_id: selected.version_id.clone(),
        ..Default::default()
    })
}

pub(super) async fn delete_object(
    front: &Front,
    request: S3Request<DeleteObjectInput>,
) -> S3Result<S3Response<DeleteObjectOutput>> {
    let version = request.input.version_id.as_ref();
    let action = versioned("s3:DeleteObject", "s3:DeleteObjectVersion", version);
    let known = front
        .admit(request, action, |input| (Some(input.bucket.clone()), Some(input.key.clone())))
        .await?;
    let (s3, ctx, input) = (&front.s3, &known.ctx, known.input);
    let own = ops::delete_object::Input {
        bucket: input.bucket,
        key: input.key,
        version_id: input.version_id,
        if_match: condition(input.if_match),
    };
    let output = s3.carry_out(None, || ops::delete_object::run(s3, ctx, own.clone())).await?;
    answer(DeleteObjectOutput {
        delete_marker: output.delete_marker,
        version_id: output.version_id,
        request_charged: None,
    })
}

fn deleted(deleted: Deleted) -> DeletedObject {
    DeletedObject {
        delete_marker: deleted.delete_marker,
        delete_marker_version_id: deleted.delete_marker_version_id,
        key: Some(deleted.key),
        version_id: deleted.version_id,
    }
}

pub(super) async fn delete_objects(
    front: &Front,
    request: S3Request<DeleteObjectsInput>,
) -> S3Result<S3Response<DeleteObjectsOutput>> {
    let known = front.open(request)?;
    let (s3, ctx, input) = (&front.s3, &known.ctx, known.input);
    let named: Vec<Identifier> = input
        .delete
        .objects
        .into_iter()
        .map(|object| Identifier { key: object.key, version_id: object.version_id })
        .collect();
    delete_objects::check(&named)?;
    ops::bucket(ctx, &input.bucket).await?;
    let (mut allowed, mut errors) = (Vec::new(), Vec::new());
    for object in named {
        let version = object.version_id.as_ref();
        let action = versioned("s3:DeleteObject", "s3:DeleteObjectVersion", version);
        let (bucket, key) = (Some(input.bucket.as_str()), Some(object.key.as_str()));
        match authorise(ctx, action, bucket, key, Vec::new()).await {
            Ok(()) => allowed.push(object),
            Err(denied) => {
                let denied = service::AwsError::from(denied);
                errors.push(s3s::dto::Error {
                    code: Some(denied.code),
                    key: Some(object.key),
                    message: Some(denied.message),
                    version_id: object.version_id,
                });
            }
        }
    }
    let mut done = Vec::new();
    for round in delete_objects::rounds(allowed) {
        let gone =
            s3.carry_out(None, || delete_objects::delete(s3, ctx, &input.bucket, &round)).await?;
        done.extend(gone.into_iter().map(deleted));
    }
    answer(DeleteObjectsOutput {
        deleted: (!input.delete.quiet.unwrap_or(false)).then_some(done),
        errors: (!errors.is_empty()).then_some(errors),
        request_charged: None,
    })
}

pub(super) async fn copy_object(
    front: &Front,
    request: S3Request<CopyObjectInput>,
) -> S3Result<S3Response<CopyObjectOutput>> {
    let known = front
        .admit(request, "s3:PutObject", |input| {
            (Some(input.bucket.clone()), Some(input.key.clone()))
        })
        .await?;
    let (s3, ctx, input) = (&front.s3, &known.ctx, known.input);
    refuse_acl(input.acl.as_ref().map(ObjectCannedACL::as_str))?;
    let header = |name: &str| {
        known.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let own = copy_object::Input {
        attributes: attributes!(input),
        bucket: input.bucket,
        key: input.key,
        copy_source: String::new(),
        metadata_directive: input.metadata_directive.map(|it| it.as_str().to_owned()),
        tagging_directive: input.tagging_directive.map(|it| it.as_str().to_owned()),
        tagging: input.tagging,
        checksum_algorithm: input.checksum_algorithm.map(|it| it.as_str().to_owned()),
        if_match: header("if-match"),
        if_none_match: header("if-none-match"),
    };
    let source = Source::of(input.copy_source)?;
    let conditions = ReadConditions {
        if_match: condition(input.copy_source_if_match),
        if_none_match: condition(input.copy_source_if_none_match),
        if_modified_since: input.copy_source_if_modified_since.as_ref().map(to_ms),
        if_unmodified_since: input.copy_source_if_unmodified_since.as_ref().map(to_ms),
    };
    check(ctx, &own.bucket, &own.key, &own.attributes).await?;
    let copy = copy_object::prepare(s3, ctx, own, &source, &conditions).await?;
    let output = s3.carry_out(Some(copy.staged()), || copy_object::finish(s3, ctx, &copy)).await?;
    let copied = output.copy_object_result;
    let mut result = CopyObjectResult {
        checksum_type: copied.sum.as_ref().map(|sum| ChecksumType::from_static(sum.kind())),
        e_tag: etag(&copied.etag),
        last_modified: Some(at(copied.last_modified)),
        ..Default::default()
    };
    show_sum!(result, &copied.sum);
    answer(CopyObjectOutput {
        copy_object_result: Some(result),
        copy_source_version_id: output.copy_source_version_id,
        server_side_encryption: Some(output.server_side_encryption.into()),
        version_id: output.version_id,
        ..Default::default()
    })
}

/// The API's tags from ours.
pub(super) fn show_tags(tags: OwnTagSet) -> Vec<Tag> {
    let tag = |tag: OwnTag| Tag { key: Some(tag.key), value: Some(tag.value) };
    tags.tag_set.into_iter().map(tag).collect()
}

/// Our tags from the API's.
pub(super) fn read_tags(tagging: Tagging) -> OwnTagSet {
    let tag = |tag: Tag| tags::Tag {
        key: tag.key.unwrap_or_default(),
        value: tag.value.unwrap_or_default(),
    };
    OwnTagSet { tag_set: tagging.tag_set.into_iter().map(tag).collect() }
}

pub(super) async fn get_object_tagging(
    front: &Front,
    request: S3Request<GetObjectTaggingInput>,
) -> S3Result<S3Response<GetObjectTaggingOutput>> {
    let version = request.input.version_id.as_ref();
    let action = versioned("s3:GetObjectTagging", "s3:GetObjectVersionTagging", version);
    let known = front
        .admit(request, action, |input| (Some(input.bucket.clone()), Some(input.key.clone())))
        .await?;
    let input = known.input;
    let own = ops::OfObject { bucket: input.bucket, key: input.key, version_id: input.version_id };
    let output = ops::get_object_tagging::run(&front.s3, &known.ctx, own).await?.output;
    let (tag_set, version_id) = (show_tags(output.tags), output.version_id);
    answer(GetObjectTaggingOutput { tag_set, version_id })
}

pub(super) async fn put_object_tagging(
    front: &Front,
    request: S3Request<PutObjectTaggingInput>,
) -> S3Result<S3Response<PutObjectTaggingOutput>> {
    let version = request.input.version_id.as_ref();
    let action = versioned("s3:PutObjectTagging", "s3:PutObjectVersionTagging", version);
    let known = front
        .admit(request, action, |input| (Some(input.bucket.clone()), Some(input.key.clone())))
        .await?;
    let (s3, ctx, input) = (&front.s3, &known.ctx, known.input);
    let own = put_object_tagging_input(input);
    let output = s3.carry_out(None, || ops::put_object_tagging::run(s3, ctx, own.clone())).await?;
    answer(PutObjectTaggingOutput { version_id: output.version_id })
}

fn put_object_tagging_input(input: PutObjectTaggingInput) -> ops::put_object_tagging::Input {
    ops::put_object_tagging::Input {
        bucket: input.bucket,
        key: input.key,
        version_id: input.version_id,
        tagging: read_tags(input.tagging),
    }
}

pub(super) async fn delete_object_tagging(
    front: &Front,
    request: S3Request<DeleteObjectTaggingInput>,
) -> S3Result<S3Response<DeleteObjectTaggingOutput>> {
    let version = request.input.version_id.as_ref();
    let action = versioned("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging", version);
    let known = front
        .admit(request, action, |input| (Some(input.bucket.clone()), Some(input.key.clone())))
        .await?;
    let (s3, ctx, input) = (&front.s3, &known.ctx, known.input);
    let own = ops::OfObject { bucket: input.bucket, key: input.key, version_id: input.version_id };
    let output =
        s3.carry_out(None, || ops::delete_object_tagging::run(s3, ctx, own.clone())).await?;
    answer(DeleteObjectTaggingOutput { version_id: output.version_id })
}

pub(super) async fn get_object_acl(
    front: &Front,
    request: S3Request<GetObjectAclInput>,
) -> S3Result<S3Response<GetObjectAclOutput>> {
    let known = front
        .admit(request, "s3:GetObjectAcl", |input| {
            (Some(input.bucket.clone()), Some(input.key.clone()))
        })
        .await?;
    let input = get_object::Input {
        bucket: known.input.bucket,
        key: known.input.key,
        version_id: known.input.version_id,
        ..Default::default()
    };
    select(&known.ctx, &input).await?;
    let own = owner(ops::owner(&known.ctx));
    answer(GetObjectAclOutput {
        grants: Some(only_owner(&own)),
        owner: Some(own),
        request_charged: None,
    })
}

pub(super) async fn put_object_acl(
    front: &Front,
    request: S3Request<PutObjectAclInput>,
) -> S3Result<S3Response<PutObjectAclOutput>> {
    let known = front
        .admit(request, "s3:PutObjectAcl", |input| {
            (Some(input.bucket.clone()), Some(input.key.clone()))
        })
        .await?;
    let input = known.input;
    let acl = input.acl.as_ref().map(ObjectCannedACL::as_str);
    refuse_acl(Some(acl.unwrap_or("given in the body")))?;
    let read = get_object::Input { bucket: input.bucket, key: input.key, ..Default::default() };
    select(&known.ctx, &read).await?;
    answer(PutObjectAclOutput::default())
}
