//! Listings of objects, versions, uploads and parts.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result};

use super::convert::{at, etag, number, owner, show_sum, size};
use super::front::{Front, Known, answer};
use crate::access::authorise;
use crate::ops::list_object_versions::Version;
use crate::ops::{self, list_objects_v2 as shown};
use crate::{Error, listing};

/// Asks IAM with what the listing is narrowed to.
async fn admit<I>(
    front: &Front,
    request: S3Request<I>,
    action: &str,
    narrowed: impl Fn(&I) -> (String, Option<String>, Option<String>),
) -> Result<Known<I>, Error> {
    let known = front.open(request)?;
    let (bucket, prefix, delimiter) = narrowed(&known.input);
    let mut context = vec![("s3:prefix".to_owned(), vec![prefix.unwrap_or_default()])];
    context.extend(delimiter.map(|delimiter| ("s3:delimiter".to_owned(), vec![delimiter])));
    authorise(&known.ctx, action, Some(&bucket), None, context).await?;
    Ok(known)
}

fn object(object: shown::Object) -> Object {
    Object {
        checksum_algorithm: object
            .checksum_algorithm
            .map(|names| names.into_iter().map(ChecksumAlgorithm::from_static).collect()),
        checksum_type: object.checksum_type.map(ChecksumType::from_static),
        e_tag: etag(&object.etag),
        key: Some(object.key),
        last_modified: Some(at(object.last_modified)),
        owner: object.owner.map(owner),
        restore_status: None,
        size: size(object.size),
        storage_class: Some(object.storage_class.into()),
    }
}

fn prefixes(prefixes: Vec<shown::CommonPrefix>) -> Option<CommonPrefixList> {
    let prefix = |it: shown::CommonPrefix| CommonPrefix { prefix: Some(it.prefix) };
    (!prefixes.is_empty()).then(|| prefixes.into_iter().map(prefix).collect())
}

pub(super) async fn list_objects_v2(
    front: &Front,
    request: S3Request<ListObjectsV2Input>,
) -> S3Result<S3Response<ListObjectsV2Output>> {
    let known = admit(front, request, "s3:ListBucket", |input| {
        (input.bucket.clone(), input.prefix.clone(), input.delimiter.clone())
    })
    .await?;
    let input = known.input;
    let own = shown::Input {
        bucket: input.bucket,
        prefix: input.prefix.unwrap_or_default(),
        delimiter: input.delimiter,
        max_keys: input.max_keys.map(i64::from),
        continuation_token: input.continuation_token,
        start_after: input.start_after,
        encoding_type: input.encoding_type.map(|it| it.as_str().to_owned()),
        fetch_owner: input.fetch_owner.unwrap_or(false),
    };
    let output = shown::run(&front.s3, &known.ctx, own).await?.output;
    answer(ListObjectsV2Output {
        name: Some(output.name),
        prefix: Some(output.prefix),
        max_keys: number(output.max_keys),
        key_count: number(output.key_count),
        continuation_token: output.continuation_token,
        is_truncated: Some(output.is_truncated),
        next_continuation_token: output.next_continuation_token,
        contents: Some(output.contents.into_iter().map(object).collect()),
        common_prefixes: prefixes(output.common_prefixes),
        delimiter: output.delimiter,
        encoding_type: output.encoding_type.map(EncodingType::from),
        start_after: output.start_after,
        request_charged: None,
    })
}

pub(super) async fn list_objects(
    front: &Front,
    request: S3Request<ListObjectsInput>,
) -> S3Result<S3Response<ListObjectsOutput>> {
    let known = admit(front, request, "s3:ListBucket", |input| {
        (input.bucket.clone(), input.prefix.clone(), input.delimiter.clone())
    })
    .await?;
    let input = known.input;
    let own = ops::list_objects::Input {
        bucket: input.bucket,
        prefix: input.prefix.unwrap_or_default(),
        delimiter: input.delimiter,
        max_keys: input.max_keys.map(i64::from),
        marker: input.marker.unwrap_or_default(),
        encoding_type: input.encoding_type.map(|it| it.as_str().to_owned()),
    };
    let output = ops::list_objects::run(&front.s3, &known.ctx, own).await?.output;
    answer(ListObjectsOutput {
        name: Some(output.name),
        prefix: Some(output.prefix),
        marker: Some(output.marker),
        max_keys: number(output.max_keys),
        is_truncated: Some(output.is_truncated),
        contents: Some(output.contents.into_iter().map(object).collect()),
        common_prefixes: prefixes(output.common_prefixes),
        delimiter: output.delimiter,
        next_marker: output.next_marker,
        encoding_type: output.encoding_type.map(EncodingType::from),
        request_charged: None,
    })
}

fn version(version: Version) -> ObjectVersion {
    let content = version.content;
    ObjectVersion {
        e_tag: content.as_ref().and_then(|content| etag(&content.etag)),
        size: content.as_ref().and_then(|content| size(content.size)),
        storage_class: content.map(|content| content.storage_class.into()),
        is_latest: Some(version.is_latest),
        key: Some(version.key),
        last_modified: Some(at(version.last_modified)),
        owner: Some(owner(version.owner)),
        version_id: Some(version.version_id),
        ..Default::default()
    }
}

fn delete_marker(version: Version) -> DeleteMarkerEntry {
    DeleteMarkerEntry {
        is_latest: Some(version.is_latest),
        key: Some(version.key),
        last_modified: Some(at(version.last_modified)),
        owner: Some(owner(version.owner)),
        version_id: Some(version.version_id),
    }
}

pub(super) async fn list_object_versions(
    front: &Front,
    request: S3Request<ListObjectVersionsInput>,
) -> S3Result<S3Response<ListObjectVersionsOutput>> {
    let known = admit(front, request, "s3:ListBucketVersions", |input| {
        (input.bucket.clone(), input.prefix.clone(), input.delimiter.clone())
    })
    .await?;
    let input = known.input;
    let own = ops::list_object_versions::Input {
        bucket: input.bucket,
        prefix: input.prefix.unwrap_or_default(),
        delimiter: input.delimiter,
        max_keys: input.max_keys.map(i64::from),
        key_marker: input.key_marker.unwrap_or_default(),
        version_id_marker: input.version_id_marker,
        encoding_type: input.encoding_type.map(|it| it.as_str().to_owned()),
    };
    let output = ops::list_object_versions::run(&front.s3, &known.ctx, own).await?.output;
    answer(ListObjectVersionsOutput {
        common_prefixes: prefixes(output.common_prefixes),
        delete_markers: Some(output.delete_markers.into_iter().map(delete_marker).collect()),
        delimiter: output.delimiter,
        encoding_type: output.encoding_type.map(EncodingType::from),
        is_truncated: Some(output.is_truncated),
        key_marker: Some(output.key_marker),
        max_keys: number(output.max_keys),
        name: Some(output.name),
        next_key_marker: output.next_key_marker,
        next_version_id_marker: output.next_version_id_marker,
        prefix: Some(output.prefix),
        request_charged: None,
        version_id_marker: output.version_id_marker,
        versions: Some(output.versions.into_iter().map(version).collect()),
    })
}

pub(super) async fn list_multipart_uploads(
    front: &Front,
    request: S3Request<ListMultipartUploadsInput>,
) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
    let known = admit(front, request, "s3:ListBucketMultipartUploads", |input| {
        (input.bucket.clone(), input.prefix.clone(), input.delimiter.clone())
    })
    .await?;
    let input = known.input;
    let own = ops::list_multipart_uploads::Input {
        bucket: input.bucket,
        prefix: input.prefix.unwrap_or_default(),
        delimiter: input.delimiter,
        key_marker: input.key_marker.unwrap_or_default(),
        upload_id_marker: input.upload_id_marker.unwrap_or_default(),
        max_uploads: input.max_uploads.map(i64::from),
        encoding_type: input.encoding_type.map(|it| it.as_str().to_owned()),
    };
    let output = ops::list_multipart_uploads::run(&front.s3, &known.ctx, own).await?.output;
    let uploads = output.uploads.into_iter().map(|upload| MultipartUpload {
        initiated: Some(at(upload.initiated)),
        initiator: Some(Initiator { id: Some(upload.initiator.id), display_name: None }),
        key: Some(upload.key),
        owner: Some(owner(upload.owner)),
        storage_class: Some(upload.storage_class.into()),
        upload_id: Some(upload.upload_id),
        ..Default::default()
    });
    answer(ListMultipartUploadsOutput {
        uploads: Some(uploads.collect()),
        bucket: Some(output.bucket),
        common_prefixes: prefixes(output.common_prefixes),
        delimiter: output.delimiter,
        encoding_type: output.encoding_type.map(EncodingType::from),
        is_truncated: Some(output.is_truncated),
        key_marker: Some(output.key_marker),
        max_uploads: number(output.max_uploads),
        next_key_marker: output.next_key_marker,
        next_upload_id_marker: output.next_upload_id_marker,
        prefix: Some(output.prefix),
        request_charged: None,
        upload_id_marker: Some(output.upload_id_marker),
    })
}

fn part(part: ops::list_parts::Part) -> Part {
    let mut shown = Part {
        e_tag: etag(&part.etag),
        last_modified: Some(at(part.last_modified)),
        part_number: i32::try_from(part.part_number).ok(),
        size: size(part.size),
        ..Default::default()
    };
    show_sum!(shown, &part.sum);
    shown
}

pub(super) async fn list_parts(
    front: &Front,
    request: S3Request<ListPartsInput>,
) -> S3Result<S3Response<ListPartsOutput>> {
    let known = front
        .admit(request, "s3:ListMultipartUploadParts", |input| {
            (Some(input.bucket.clone()), Some(input.key.clone()))
        })
        .await?;
    let input = known.input;
    let own = ops::list_parts::Input {
        bucket: input.bucket,
        key: input.key,
        upload_id: input.upload_id,
        max_parts: input.max_parts.map(i64::from),
        part_number_marker: input.part_number_marker.and_then(|it| u32::try_from(it).ok()),
    };
    let output = ops::list_parts::run(&front.s3, &known.ctx, own).await?.output;
    let initiator = Initiator { id: Some(output.owner.id.clone()), display_name: None };
    answer(ListPartsOutput {
        bucket: Some(output.bucket),
        checksum_algorithm: output.checksum_algorithm.map(ChecksumAlgorithm::from_static),
        checksum_type: output.checksum_type.map(ChecksumType::from_static),
        initiator: Some(initiator),
        is_truncated: Some(output.is_truncated),
        key: Some(output.key),
        max_parts: number(output.max_parts.min(listing::MAX_KEYS)),
        next_part_number_marker: output
            .next_part_number_marker
            .and_then(|it| i32::try_from(it).ok()),
        owner: Some(owner(output.owner)),
        part_number_marker: i32::try_from(output.part_number_marker).ok(),
        parts: Some(output.parts.into_iter().map(part).collect()),
        storage_class: Some(output.storage_class.into()),
        upload_id: Some(output.upload_id),
        ..Default::default()
    })
}
