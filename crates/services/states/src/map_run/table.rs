//! Rows of a Parquet file, a row group at a time.

use super::Fault;
use super::bytes::Place;
use super::s3::S3;
use parquet::{Error, Footer, Rows};
use serde_json::Value;
use std::io::SeekFrom;
use std::ops::Range;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

/// Rows read at a time.
const ROWS: usize = 1024;

/// A file being read. It is the one that was there when it was opened, also when somebody replaces it meanwhile.
pub(super) struct Table {
    file: File,
    length: u64,
    footer: Footer,
    next_group: usize,
    rows: Option<Rows>,
}

impl Table {
    pub(super) async fn open(s3: &S3, place: &Place) -> Result<Self, Fault> {
        let path = s3.file(place).await?;
        let mut file = File::open(&path).await.map_err(|error| unreadable(&error))?;
        let length = file.metadata().await.map_err(|error| unreadable(&error))?.len();
        let before_tail = length.checked_sub(Footer::TAIL as u64);
        let before_tail = before_tail.ok_or_else(|| broken(&Error::NoParquet))?;
        let tail = read(&mut file, before_tail..length).await?;
        let tail = tail.try_into().map_err(|_| broken(&Error::NoParquet))?;
        let size = Footer::length(tail).map_err(|error| broken(&error))?;
        let start = before_tail.checked_sub(size as u64);
        let start = start.ok_or_else(|| broken(&Error::NoParquet))?;
        let footer = read(&mut file, start..before_tail).await?;
        let footer = Footer::parse(&footer).map_err(|error| broken(&error))?;
        Ok(Self { file, length, footer, next_group: 0, rows: None })
    }

    /// Some more rows; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Value>>, Fault> {
        loop {
            if let Some(rows) = &mut self.rows {
                let found = rows.next(ROWS).map_err(|error| broken(&error))?;
                if !found.is_empty() {
                    return Ok(Some(found));
                }
                self.rows = None;
            }
            let Some(group) = self.footer.groups.get(self.next_group) else { return Ok(None) };
            self.next_group += 1;
            let mut chunks = Vec::with_capacity(group.chunks.len());
            for chunk in &group.chunks {
                if chunk.bytes.end > self.length {
                    return Err(broken(&Error::Broken("a column chunk is outside of the file")));
                }
                chunks.push(read(&mut self.file, chunk.bytes.clone()).await?);
            }
            let rows = Rows::new(&self.footer, group, chunks).map_err(|error| broken(&error))?;
            self.rows = Some(rows);
        }
    }
}

async fn read(file: &mut File, range: Range<u64>) -> Result<Vec<u8>, Fault> {
    file.seek(SeekFrom::Start(range.start)).await.map_err(|error| unreadable(&error))?;
    let length = range.end.saturating_sub(range.start);
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes).await.map_err(|error| unreadable(&error))?;
    Ok(bytes)
}

fn unreadable(error: &std::io::Error) -> Fault {
    Fault::content(format!("The object cannot be read: {error}"))
}

// UNVERIFIED: AWS's words.
fn broken(error: &Error) -> Fault {
    Fault::content(format!("The object cannot be read as Parquet: {error}"))
}
