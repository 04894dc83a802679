//! Object content on its way into and out of blobs.

use std::io::SeekFrom;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use md5::{Digest as _, Md5};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use s3s::dto::Checksum;
use store::{BlobId, Blobs};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use crate::Error;
use crate::records::{Algorithm, Sum};

/// The greatest object that is sent in one request, in bytes.
// AWS: AmazonS3/latest/userguide/upload-objects.html
pub(crate) const MAX_PUT_BYTES: u64 = 5 << 30;

/// How much is read from a blob at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// What the sender says about content before it is read.
#[derive(Debug, Default)]
pub(crate) struct Announced {
    /// `Content-MD5`: base64.
    pub(crate) md5: Option<String>,
    /// Checksums with their values where they are known already.
    pub(crate) sums: Vec<(Algorithm, Option<String>)>,
    /// Length in bytes.
    pub(crate) size_bytes: Option<u64>,
}

/// Content that is on disk but belongs to no record yet. Unless [`Staged::keep`] is called, it goes when the last
/// clone is dropped. It is kept from the moment the commit begins: whether one that was cut short took place is not
/// known, and a file too many is better than a record without its file.
#[derive(Debug, Clone)]
pub(crate) struct Staged {
    guard: Arc<Guard>,
    pub(crate) size_bytes: u64,
    pub(crate) md5: [u8; 16],
    pub(crate) sum: Option<Sum>,
}

#[derive(Debug)]
struct Guard {
    blobs: Blobs,
    blob: BlobId,
    kept: AtomicBool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::Relaxed) {
            // A failure leaves a file that no record names: the next start removes it.
            let _left_behind = self.blobs.remove(&self.blob);
        }
    }
}

impl Staged {
    /// The blob.
    pub(crate) fn blob(&self) -> &BlobId {
        &self.guard.blob
    }

    /// A record may name it from now on.
    pub(crate) fn keep(&self) {
        self.guard.kept.store(true, Ordering::Relaxed);
    }

    /// No record names it after all.
    fn let_go(&self) {
        self.guard.kept.store(false, Ordering::Relaxed);
    }

    /// The commit that would have named it was refused.
    pub(crate) fn refused(&self, error: &store::Error) {
        // All but a store that closed say that nothing was written.
        if !matches!(error, store::Error::Closed) {
            self.let_go();
        }
    }

    /// The MD5 in hexadecimal: the entity tag of objects that are sent in one piece.
    pub(crate) fn md5_hex(&self) -> String {
        hex::encode(self.md5)
    }

    /// Compares a checksum that arrived after the content.
    pub(crate) fn check(&self, algorithm: Algorithm, value: &str) -> Result<(), Error> {
        match &self.sum {
            Some(sum) if sum.algorithm == algorithm && sum.value != value => {
                Err(Error::BadDigest(algorithm.name()))
            }
            _ => Ok(()),
        }
    }
}

/// Hashes content while it passes.
struct Hashes {
    md5: Md5,
    sums: ChecksumHasher,
}

impl Hashes {
    fn new(algorithms: &[Algorithm]) -> Self {
        let mut sums = ChecksumHasher::default();
        for algorithm in algorithms {
            match algorithm {
                Algorithm::Crc32 => sums.crc32 = Some(Crc32::default()),
                Algorithm::Crc32c => sums.crc32c = Some(Crc32c::default()),
                Algorithm::Crc64Nvme => sums.crc64nvme = Some(Crc64Nvme::default()),
                Algorithm::Sha1 => sums.sha1 = Some(Sha1::default()),
                Algorithm::Sha256 => sums.sha256 = Some(Sha256::default()),
            }
        }
        Self { md5: Md5::new(), sums }
    }

    fn update(&mut self, chunk: &[u8]) {
        self.md5.update(chunk);
        self.sums.update(chunk);
    }

    fn finish(self) -> ([u8; 16], Checksum) {
        (self.md5.finalize().into(), self.sums.finalize())
    }
}

/// The value of one algorithm.
fn value_of(sums: &Checksum, algorithm: Algorithm) -> Option<String> {
    match algorithm {
        Algorithm::Crc32 => sums.checksum_crc32.clone(),
        Algorithm::Crc32c => sums.checksum_crc32c.clone(),
        Algorithm::Crc64Nvme => sums.checksum_crc64nvme.clone(),
        Algorithm::Sha1 => sums.checksum_sha1.clone(),
        Algorithm::Sha256 => sums.checksum_sha256.clone(),
    }
}

/// Writes a stream to a blob and checks it against what was announced.
///
/// # Errors
/// What was announced does not hold, or the disk failed; nothing stays.
pub(crate) async fn stage<S, E>(
    blobs: &Blobs,
    content: S,
    announced: &Announced,
) -> Result<Staged, Error>
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: std::fmt::Display,
{
    if announced.size_bytes.is_some_and(|size| size > MAX_PUT_BYTES) {
        return Err(Error::EntityTooLarge);
    }
    let expected_md5 = announced.md5.as_deref().map(read_md5).transpose()?;
    let mut algorithms: Vec<_> = announced.sums.iter().map(|(algorithm, _)| *algorithm).collect();
    if algorithms.is_empty() {
        // AWS: AmazonS3/latest/userguide/checking-object-integrity-upload.html (S3 adds this one by itself)
        algorithms.push(Algorithm::Crc64Nvme);
    }
    let mut hashes = Hashes::new(&algorithms);
    let mut writer = blobs.create().await?;
    let mut content = std::pin::pin!(content);
    while let Some(chunk) = content.next().await {
        let chunk = chunk.map_err(|error| stream_error(&error.to_string()))?;
        hashes.update(&chunk);
        writer.write(&chunk).await?;
        if writer.size_bytes() > MAX_PUT_BYTES {
            return Err(Error::EntityTooLarge);
        }
    }
    let size_bytes = writer.size_bytes();
    if announced.size_bytes.is_some_and(|size| size != size_bytes) {
        return Err(Error::IncompleteBody);
    }
    let (md5, sums) = hashes.finish();
    if expected_md5.is_some_and(|expected| expected != md5) {
        return Err(Error::BadDigest("Content-MD5"));
    }
    for (algorithm, expected) in &announced.sums {
        if expected.is_some() && *expected != value_of(&sums, *algorithm) {
            return Err(Error::BadDigest(algorithm.name()));
        }
    }
    let sum = algorithms.first().and_then(|algorithm| {
        let value = value_of(&sums, *algorithm)?;
        Some(Sum { algorithm: *algorithm, value, composite: false })
    });
    finish(blobs, writer, md5, sum).await
}

/// A `Content-MD5` header's bytes.
fn read_md5(text: &str) -> Result<[u8; 16], Error> {
    let bytes = BASE64.decode(text).map_err(|_| Error::InvalidDigest)?;
    bytes.try_into().map_err(|_| Error::InvalidDigest)
}

async fn finish(
    blobs: &Blobs,
    writer: store::BlobWriter,
    md5: [u8; 16],
    sum: Option<Sum>,
) -> Result<Staged, Error> {
    let size_bytes = writer.size_bytes();
    let blob = writer.finish().await?;
    let guard = Arc::new(Guard { blobs: blobs.clone(), blob, kept: AtomicBool::new(false) });
    Ok(Staged { guard, size_bytes, md5, sum })
}

/// Writes what the blobs hold, one after the other, to a new one.
///
/// # Errors
/// A blob cannot be read, or the disk failed.
pub(crate) async fn concatenate(
    blobs: &Blobs,
    parts: &[BlobId],
    algorithm: Option<Algorithm>,
) -> Result<Staged, Error> {
    let algorithms: Vec<_> = algorithm.into_iter().collect();
    let mut hashes = Hashes::new(&algorithms);
    let mut writer = blobs.create().await?;
    let mut buffer = vec![0; CHUNK_BYTES];
    for part in parts {
        let mut file = open(blobs, part).await?;
        loop {
            let read = file.read(&mut buffer).await.map_err(|error| unreadable(&error))?;
            if read == 0 {
                break;
            }
            hashes.update(&buffer[..read]);
            writer.write(&buffer[..read]).await?;
        }
    }
    let (md5, sums) = hashes.finish();
    let sum = algorithm.and_then(|algorithm| {
        Some(Sum { algorithm, value: value_of(&sums, algorithm)?, composite: false })
    });
    finish(blobs, writer, md5, sum).await
}

/// Copies a blob (or a range of it) to a new one.
///
/// # Errors
/// The blob cannot be read, or the disk failed.
pub(crate) async fn copy(
    blobs: &Blobs,
    blob: &BlobId,
    range: Range<u64>,
    algorithm: Algorithm,
) -> Result<Staged, Error> {
    let announced =
        Announced { size_bytes: None, sums: vec![(algorithm, None)], ..Announced::default() };
    let content = read(blobs, blob, range).await?;
    stage(blobs, content, &announced).await
}

/// The checksum of parts' checksums, and the MD5 of their MD5s.
pub(crate) fn sum_of_sums(algorithm: Algorithm, values: &[String]) -> Option<String> {
    let mut hashes = Hashes::new(&[algorithm]);
    for value in values {
        hashes.update(&BASE64.decode(value).ok()?);
    }
    let (_, sums) = hashes.finish();
    Some(format!("{}-{}", value_of(&sums, algorithm)?, values.len()))
}

/// The entity tag of an object that was uploaded in parts, from the parts' own.
pub(crate) fn etag_of_parts<'a>(etags: impl ExactSizeIterator<Item = &'a str>) -> String {
    let parts = etags.len();
    let mut md5 = Md5::new();
    for etag in etags {
        md5.update(hex::decode(etag).unwrap_or_default());
    }
    format!("{}-{parts}", hex::encode(md5.finalize()))
}

/// A part of a blob as a stream. The file is open when this returns, so removing the blob does not disturb.
///
/// # Errors
/// The blob cannot be opened.
pub(crate) async fn read(
    blobs: &Blobs,
    blob: &BlobId,
    range: Range<u64>,
) -> Result<impl Stream<Item = std::io::Result<Bytes>> + Send + Sync + use<>, Error> {
    let mut file = open(blobs, blob).await?;
    if range.start > 0 {
        file.seek(SeekFrom::Start(range.start)).await.map_err(|error| unreadable(&error))?;
    }
    let left = range.end.saturating_sub(range.start);
    Ok(futures_util::stream::try_unfold((file, left), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let size = usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        let mut chunk = vec![0; size];
        let read = file.read(&mut chunk).await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        chunk.truncate(read);
        Ok(Some((Bytes::from(chunk), (file, left - read as u64))))
    }))
}

/// A blob as text, when it is text and not longer than `limit_bytes`.
///
/// # Errors
/// The blob cannot be read, is too long or no UTF-8.
pub(crate) async fn text(
    blobs: &Blobs,
    blob: &BlobId,
    range: Range<u64>,
    limit_bytes: u64,
) -> Result<String, Error> {
    if range.end.saturating_sub(range.start) > limit_bytes {
        return Err(Error::InvalidRequest(format!(
            "the object is larger than the {limit_bytes} bytes that this integration returns"
        )));
    }
    let mut content = std::pin::pin!(read(blobs, blob, range).await?);
    let mut bytes = Vec::new();
    while let Some(chunk) = content.next().await {
        bytes.extend_from_slice(&chunk.map_err(|error| unreadable(&error))?);
    }
    String::from_utf8(bytes)
        .map_err(|_| Error::InvalidRequest("the object's content is not UTF-8 text".to_owned()))
}

async fn open(blobs: &Blobs, blob: &BlobId) -> Result<tokio::fs::File, Error> {
    tokio::fs::File::open(blobs.path(blob)).await.map_err(|error| unreadable(&error))
}

fn unreadable(error: &std::io::Error) -> Error {
    Error::Content(format!("cannot be read: {error}"))
}

/// What a broken request body means. The protocol crate's stream errors are told apart by their text, because their
/// types are private to it.
fn stream_error(text: &str) -> Error {
    if text.contains("Sha256Mismatch") {
        Error::PayloadHashMismatch
    } else if text.contains("SignatureMismatch") {
        Error::SignatureDoesNotMatch
    } else {
        Error::IncompleteBody
    }
}
