//! Between the protocol crate's types and the operations' own.

use std::time::{Duration, UNIX_EPOCH};

use s3s::dto::{ETag, ETagCondition, Timestamp, TimestampFormat};

use crate::content::Announced;
use crate::ops;
use crate::records::Algorithm;

/// The header that carries a checksum.
pub(super) fn checksum_header(algorithm: Algorithm) -> String {
    format!("x-amz-checksum-{}", algorithm.name().to_lowercase())
}

/// Attributes of a request to write an object.
macro_rules! attributes {
    ($input:expr) => {{
        let input = &$input;
        crate::records::Attributes {
            content_type: input.content_type.clone(),
            cache_control: input.cache_control.clone(),
            content_disposition: input.content_disposition.clone(),
            content_encoding: crate::http::convert::without_chunks(input.content_encoding.clone()),
            content_language: input.content_language.clone(),
            expires: input
                .expires
                .as_ref()
                .map(|at| crate::http::convert::to_ms(at) as f64 / 1000.0),
            website_redirect_location: input.website_redirect_location.clone(),
            storage_class: input.storage_class.as_ref().map(|class| class.as_str().to_owned()),
            server_side_encryption: input
                .server_side_encryption
                .as_ref()
                .map(|encryption| encryption.as_str().to_owned()),
            kms_key_id: input.ssekms_key_id.clone(),
            bucket_key_enabled: input.bucket_key_enabled,
            metadata: input.metadata.clone().unwrap_or_default().into_iter().collect(),
        }
    }};
}
pub(super) use attributes;

/// What a request says about its content.
macro_rules! announced {
    ($input:expr, $headers:expr) => {{
        let input = &$input;
        crate::http::convert::read_announced(
            input.content_md5.clone(),
            input.content_length,
            [
                (crate::records::Algorithm::Crc32, input.checksum_crc32.clone()),
                (crate::records::Algorithm::Crc32c, input.checksum_crc32c.clone()),
                (crate::records::Algorithm::Crc64Nvme, input.checksum_crc64nvme.clone()),
                (crate::records::Algorithm::Sha1, input.checksum_sha1.clone()),
                (crate::records::Algorithm::Sha256, input.checksum_sha256.clone()),
            ],
            input.checksum_algorithm.as_ref().map(|algorithm| algorithm.as_str()),
            $headers.get("x-amz-trailer").and_then(|value| value.to_str().ok()),
        )
    }};
}
pub(super) use announced;

/// Shows a checksum in an output that has a member for each algorithm.
macro_rules! show_sum {
    ($output:expr, $sum:expr) => {
        if let Some(sum) = $sum {
            let value = Some(sum.value.clone());
            match sum.algorithm {
                crate::records::Algorithm::Crc32 => $output.checksum_crc32 = value,
                crate::records::Algorithm::Crc32c => $output.checksum_crc32c = value,
                crate::records::Algorithm::Crc64Nvme => $output.checksum_crc64nvme = value,
                crate::records::Algorithm::Sha1 => $output.checksum_sha1 = value,
                crate::records::Algorithm::Sha256 => $output.checksum_sha256 = value,
            }
        }
    };
}
pub(super) use show_sum;

/// See `announced!`.
pub(super) fn read_announced(
    md5: Option<String>,
    length: Option<i64>,
    given: [(Algorithm, Option<String>); 5],
    algorithm: Option<&str>,
    trailer: Option<&str>,
) -> Announced {
    let mut sums: Vec<_> = given.into_iter().filter(|(_, value)| value.is_some()).collect();
    let late = Algorithm::ALL.into_iter().filter(|algorithm| {
        let header = checksum_header(*algorithm);
        trailer.is_some_and(|names| {
            names.split(',').any(|name| name.trim().eq_ignore_ascii_case(&header))
        })
    });
    for algorithm in late.chain(algorithm.and_then(Algorithm::named)) {
        if !sums.iter().any(|(known, _)| *known == algorithm) {
            sums.push((algorithm, None));
        }
    }
    Announced { md5, sums, size_bytes: length.and_then(|length| u64::try_from(length).ok()) }
}

/// The encoding of the transfer is not the content's.
pub(super) fn without_chunks(encoding: Option<String>) -> Option<String> {
    let encoding = encoding?;
    let kept: Vec<&str> = encoding
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

/// Unix milliseconds.
pub(super) fn to_ms(at: &Timestamp) -> i64 {
    let mut text = Vec::new();
    // Only writing to memory, which does not fail.
    let _written = at.format(TimestampFormat::EpochSeconds, &mut text);
    let seconds: f64 = String::from_utf8_lossy(&text).parse().unwrap_or_default();
    (seconds * 1000.0) as i64
}

/// From Unix seconds.
pub(super) fn at(seconds: i64) -> Timestamp {
    let seconds = u64::try_from(seconds).unwrap_or_default();
    UNIX_EPOCH
        .checked_add(Duration::from_secs(seconds.min(253_402_300_799)))
        .unwrap_or(UNIX_EPOCH)
        .into()
}

/// An instant as HTTP headers write it.
pub(super) fn http_date(unix_ms: i64) -> String {
    let mut text = Vec::new();
    let _written = at(ops::seconds(unix_ms)).format(TimestampFormat::HttpDate, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// An entity tag that has no quotes yet.
pub(super) fn etag(value: &str) -> Option<ETag> {
    Some(ETag::Strong(value.trim_matches('"').to_owned()))
}

/// A condition's text.
pub(super) fn condition(condition: Option<ETagCondition>) -> Option<String> {
    condition.map(|condition| match condition.as_etag() {
        Some(etag) => etag.value().to_owned(),
        None => "*".to_owned(),
    })
}

/// A number of the API from one of ours.
pub(super) fn number(value: usize) -> Option<i32> {
    i32::try_from(value).ok()
}

/// A size of the API from one of ours.
pub(super) fn size(value: u64) -> Option<i64> {
    i64::try_from(value).ok()
}

/// The owner as listings show it.
pub(super) fn owner(owner: ops::Owner) -> s3s::dto::Owner {
    s3s::dto::Owner { id: Some(owner.id), display_name: None }
}
