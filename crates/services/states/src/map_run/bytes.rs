//! An object's bytes, piece by piece, unpacked when they are packed.

use super::Fault;
use super::s3::{S3, body};
use flate2::write::MultiGzDecoder;
use serde_json::{Map, Value};
use std::io::Write as _;

/// Bytes asked for at a time.
const PIECE: u64 = 512 * 1024;
/// What a packed object begins with: gzip, and Zstandard, which nobody unpacks here.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTANDARD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Which object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) version_id: Option<String>,
}

impl Place {
    pub(super) fn new(bucket: &str, key: &str) -> Self {
        Self { bucket: bucket.to_owned(), key: key.to_owned(), version_id: None }
    }

    /// As `Map.Item.Source` names it.
    // AWS: context object page: with a capital S.
    pub(super) fn uri(&self) -> String {
        format!("S3://{}/{}", self.bucket, self.key)
    }
}

/// An object being read.
pub(super) struct Bytes {
    place: Place,
    at: u64,
    /// Known once the first piece has come.
    size: Option<u64>,
    etag: Option<String>,
    gzip: Option<MultiGzDecoder<Vec<u8>>>,
}

impl Bytes {
    pub(super) fn of(place: Place) -> Self {
        Self { place, at: 0, size: None, etag: None, gzip: None }
    }

    /// The next piece, which may be empty; none at the end.
    pub(super) async fn next(&mut self, s3: &S3) -> Result<Option<Vec<u8>>, Fault> {
        if self.size.is_some_and(|size| self.at >= size) {
            return self.last();
        }
        let mut input = Map::new();
        let mut add = |name: &str, value: Option<String>| {
            input.extend(value.map(|value| (name.to_owned(), Value::String(value))));
        };
        add("Bucket", Some(self.place.bucket.clone()));
        add("Key", Some(self.place.key.clone()));
        add("VersionId", self.place.version_id.clone());
        add("Range", Some(format!("bytes={}-{}", self.at, self.at.saturating_add(PIECE) - 1)));
        // The items are those of one object, also when somebody replaces it meanwhile.
        add("IfMatch", self.etag.clone());
        let answer = match s3.call("GetObject", Value::Object(input)).await {
            Ok(answer) => answer,
            Err(error) if error.code == "InvalidRange" && self.at == 0 => {
                self.size = Some(0);
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let piece = body(&answer)?;
        let first = self.size.is_none();
        self.size = Some(total(&answer).unwrap_or(piece.len() as u64));
        self.etag = answer.get("ETag").and_then(Value::as_str).map(str::to_owned);
        self.at = self.at.saturating_add((piece.len() as u64).max(1));
        if first && piece.starts_with(&ZSTANDARD) {
            return Err(Fault::content("refit does not read objects packed with Zstandard"));
        }
        if first && piece.starts_with(&GZIP) {
            self.gzip = Some(MultiGzDecoder::new(Vec::new()));
        }
        self.unpacked(piece).map(Some)
    }

    fn unpacked(&mut self, piece: Vec<u8>) -> Result<Vec<u8>, Fault> {
        let Some(gzip) = &mut self.gzip else { return Ok(piece) };
        gzip.write_all(&piece).map_err(broken)?;
        Ok(std::mem::take(gzip.get_mut()))
    }

    fn last(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        let Some(gzip) = self.gzip.take() else { return Ok(None) };
        gzip.finish().map(Some).map_err(broken)
    }
}

fn broken(error: std::io::Error) -> Fault {
    Fault::content(format!("The object cannot be unpacked: {error}"))
}

/// The whole size that a `Content-Range` tells.
fn total(answer: &Value) -> Option<u64> {
    answer.get("ContentRange")?.as_str()?.rsplit_once('/')?.1.parse().ok()
}
