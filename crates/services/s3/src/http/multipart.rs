//! Uploads in parts.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result};

use super::convert::{
    announced, at, attributes, checksum_header, condition, etag, show_sum, to_ms,
};
use super::front::{Front, answer};
use crate::access::authorise;
use crate::conditions::ReadConditions;
use crate::content::stage;
use crate::copy::Source;
use crate::ops::upload_part::Place;
use crate::ops::{self, complete_multipart_upload as complete, upload_part_copy as copy};
use crate::records::Algorithm;

pub(super) async fn create_multipart_upload(
    front: &Front,
    request: S3Request<CreateMultipartUploadInput>,
) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
    let known = front
        .admit(request, "s3:PutObject", |input| {
            (Some(input.bucket.clone()), Some(input.key.clone()))
        })
        .await?;
    let input = known.input;
    if input.tagging.is_some() {
        let (bucket, key) = (Some(input.bucket.as_str()), Some(input.key.as_str()));
        authorise(&known.ctx, "s3:PutObjectTagging", bucket, key, Vec::new()).await?;
    }
    let own = ops::create_multipart_upload::Input {
        attributes: attributes!(input),
        bucket: input.bucket,
        key: input.key,
        tagging: input.tagging,
        checksum_algorithm: input.checksum_algorithm.map(|it| it.as_str().to_owned()),
        checksum_type: input.checksum_type.map(|it| it.as_str().to_owned()),
    };
    let (s3, ctx) = (&front.s3, &known.ctx);
    let output =
        s3.carry_out(None, || ops::create_multipart_upload::run(s3, ctx, own.clone())).await?;
    answer(CreateMultipartUploadOutput {
        bucket: Some(output.bucket),
        checksum_algorithm: output.checksum_algorithm.map(ChecksumAlgorithm::from_static),
        checksum_type: output.checksum_type.map(ChecksumType::from_static),
        key: Some(output.key),
        upload_id: Some(output.upload_id),
        ..Default::default()
    })
}

pub(super) async fn upload_part(
    front: &Front,
    request: S3Request<UploadPartInput>,
) -> S3Result<S3Response<UploadPartOutput>> {
    let known = front
        .admit(request, "s3:PutObject", |input| {
            (Some(input.bucket.clone()), Some(input.key.clone()))
        })
        .await?;
    let (s3, ctx, mut input) = (&front.s3, &known.ctx, known.input);
    let place = Place {
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        upload_id: input.upload_id.clone(),
        part_number: input.part_number.into(),
    };
    let wanted = ops::upload_part::check(ctx, &place).await?;
    let mut announced = announced!(input, known.headers);
    if let Some(wanted) = wanted
        && !announced.sums.iter().any(|(algorithm, _)| *algorithm == wanted)
    {
        announced.sums.insert(0, (wanted, None));
    }
    let content = input.body.take().unwrap_or_else(|| StreamingBlob::from(s3s::Body::empty()));
    let staged = stage(&s3.blobs, content, &announced).await?;
    for (algorithm, _) in &announced.sums {
        if let Some(value) = known.late.get(&checksum_header(*algorithm)) {
            staged.check(*algorithm, &value)?;
        }
    }
    let output =
        s3.carry_out(Some(&staged), || ops::upload_part::write(s3, ctx, &place, &staged)).await?;
    let mut shown = UploadPartOutput { e_tag: etag(&output.etag), ..Default::default() };
    show_sum!(shown, &staged.sum);
    answer(shown)
}

pub(super) async fn upload_part_copy(
    front: &Front,
    request: S3Request<UploadPartCopyInput>,
) -> S3Result<S3Response<UploadPartCopyOutput>> {
    let known = front
        .admit(request, "s3:PutObject", |input| {
            (Some(input.bucket.clone()), Some(input.key.clone()))
        })
        .await?;
    let (s3, ctx, input) = (&front.s3, &known.ctx, known.input);
    let source = Source::of(input.copy_source)?;
    let place = Place {
        bucket: input.bucket,
        key: input.key,
        upload_id: input.upload_id,
        part_number: input.part_number.into(),
    };
    let conditions = ReadConditions {
        if_match: condition(input.copy_source_if_match),
        if_none_match: condition(input.copy_source_if_none_match),
        if_modified_since: input.copy_source_if_modified_since.as_ref().map(to_ms),
        if_unmodified_since: input.copy_source_if_unmodified_since.as_ref().map(to_ms),
    };
    let range = input.copy_source_range.as_deref();
    let prepared = copy::prepare(s3, ctx, place, &source, range, &conditions).await?;
    let output = s3.carry_out(Some(&prepared.staged), || copy::finish(s3, ctx, &prepared)).await?;
    let mut result = CopyPartResult {
        e_tag: etag(&output.copy_part_result.etag),
        last_modified: Some(at(output.copy_part_result.last_modified)),
        ..Default::default()
    };
    show_sum!(result, &prepared.staged.sum);
    answer(UploadPartCopyOutput {
        copy_part_result: Some(result),
        copy_source_version_id: output.copy_source_version_id,
        ..Default::default()
    })
}

pub(super) async fn complete_multipart_upload(
    front: &Front,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
    let known = front
        .admit(request, "s3:PutObject", |input| {
            (Some(input.bucket.clone()), Some(input.key.clone()))
        })
        .await?;
    let (s3, ctx, input) = (&front.s3, &known.ctx, known.input);
    let expected = [
        (Algorithm::Crc32, input.checksum_crc32),
        (Algorithm::Crc32c, input.checksum_crc32c),
        (Algorithm::Crc64Nvme, input.checksum_crc64nvme),
        (Algorithm::Sha1, input.checksum_sha1),
        (Algorithm::Sha256, input.checksum_sha256),
    ];
    let parts = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    let parts = parts.into_iter().map(|part| complete::Part {
        part_number: part.part_number.map_or(0, i64::from),
        etag: part.e_tag.map(ETag::into_value).unwrap_or_default(),
    });
    let own = complete::Input {
        bucket: input.bucket,
        key: input.key,
        upload_id: input.upload_id,
        multipart_upload: complete::Completed { parts: parts.collect() },
        if_match: condition(input.if_match),
        if_none_match: condition(input.if_none_match),
        mpu_object_size: input.mpu_object_size.and_then(|size| u64::try_from(size).ok()),
        expected: expected.into_iter().find_map(|(algorithm, value)| Some((algorithm, value?))),
    };
    let whole = complete::prepare(s3, ctx, own).await?;
    let output = s3.carry_out(Some(whole.staged()), || complete::finish(s3, ctx, &whole)).await?;
    let mut shown = CompleteMultipartUploadOutput {
        bucket: Some(output.bucket),
        checksum_type: output.sum.as_ref().map(|sum| ChecksumType::from_static(sum.kind())),
        e_tag: etag(&output.etag),
        key: Some(output.key),
        location: Some(output.location),
        server_side_encryption: Some(output.server_side_encryption.into()),
        version_id: output.version_id,
        ..Default::default()
    };
    show_sum!(shown, &output.sum);
    answer(shown)
}

pub(super) async fn abort_multipart_upload(
    front: &Front,
    request: S3Request<AbortMultipartUploadInput>,
) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
    let known = front
        .admit(request, "s3:AbortMultipartUpload", |input| {
            (Some(input.bucket.clone()), Some(input.key.clone()))
        })
        .await?;
    let (s3, ctx, input) = (&front.s3, &known.ctx, known.input);
    let own = ops::abort_multipart_upload::Input {
        bucket: input.bucket,
        key: input.key,
        upload_id: input.upload_id,
    };
    s3.carry_out(None, || ops::abort_multipart_upload::run(s3, ctx, own.clone())).await?;
    answer(AbortMultipartUploadOutput::default())
}
