//! An object's bytes, piece by piece, unpacked when they are packed.

use super::Fault;
use super::s3::S3;
use flate2::write::MultiGzDecoder;
use std::io::Write as _;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

/// Bytes read at a time.
const PIECE: usize = 256 * 1024;
/// Bytes read at a time of what is packed: they may become a thousand times as many.
const PACKED_PIECE: usize = 8 * 1024;
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

/// An object being read. It is the one that was there when it was opened, also when somebody replaces it meanwhile.
pub(super) struct Bytes {
    file: File,
    begun: bool,
    ended: bool,
    gzip: Option<MultiGzDecoder<Vec<u8>>>,
}

impl Bytes {
    pub(super) async fn open(s3: &S3, place: &Place) -> Result<Self, Fault> {
        let path = s3.file(place).await?;
        let file = File::open(&path).await.map_err(unreadable)?;
        Ok(Self { file, begun: false, ended: false, gzip: None })
    }

    /// The next piece, which may be empty; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        if self.ended {
            return Ok(None);
        }
        let size = if self.begun && self.gzip.is_none() { PIECE } else { PACKED_PIECE };
        let mut piece = vec![0; size];
        let mut length = 0;
        // Whole pieces, so that what a file begins with is in the first.
        while let Some(rest) = piece.get_mut(length..).filter(|rest| !rest.is_empty()) {
            let read = self.file.read(rest).await.map_err(unreadable)?;
            if read == 0 {
                break;
            }
            length += read;
        }
        piece.truncate(length);
        if piece.is_empty() {
            self.ended = true;
            let Some(gzip) = self.gzip.take() else { return Ok(None) };
            return gzip.finish().map(Some).map_err(|error| broken(&error));
        }
        if !self.begun && piece.starts_with(&ZSTANDARD) {
            return Err(Fault::content("refit does not read objects packed with Zstandard"));
        }
        if !self.begun && piece.starts_with(&GZIP) {
            self.gzip = Some(MultiGzDecoder::new(Vec::new()));
        }
        self.begun = true;
        let Some(gzip) = &mut self.gzip else { return Ok(Some(piece)) };
        gzip.write_all(&piece).map_err(|error| broken(&error))?;
        Ok(Some(std::mem::take(gzip.get_mut())))
    }
}

fn unreadable(error: std::io::Error) -> Fault {
    Fault::content(format!("The object cannot be read: {error}"))
}

fn broken(error: &std::io::Error) -> Fault {
    Fault::content(format!("The object cannot be unpacked: {error}"))
}
