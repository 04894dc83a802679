//! Rows of Parquet files as JSON values.
//!
//! Nothing is read here: the caller brings the [`Footer`]'s bytes and then, one row group after the other, the bytes of its
//! column chunks. [`Rows`] unpacks one page of each column at a time, so what a group takes in memory is its packed bytes
//! and a page per column, whatever it unpacks to.
//!
//! Read are all physical types, nested groups, lists and maps, pages of both versions, the encodings that writers use
//! (plain, dictionary, run lengths, deltas, split bytes), and pages that are plain or packed with Snappy or gzip. Other
//! codecs, encrypted files, and columns in files of their own are errors that say so.
//!
//! **Invariant:** no bytes make it panic, and what it allocates is bounded by what it was given and by the limits below.

mod codec;
mod column;
mod delta;
mod error;
mod footer;
mod hybrid;
mod page;
mod rows;
mod schema;
mod thrift;
mod value;
mod values;

#[cfg(test)]
mod tests;

pub use error::Error;
pub use footer::{Chunk, Footer, Group};
pub use rows::Rows;

/// The first rows of a file that is in memory, at most `most`.
///
/// # Errors
/// When it is none of Parquet's, is broken, or uses what is not read here.
pub fn first_rows(file: &[u8], most: usize) -> Result<Vec<serde_json::Value>, Error> {
    let (rest, tail) = file.split_last_chunk().ok_or(Error::NoParquet)?;
    let start = rest.len().checked_sub(Footer::length(*tail)?).ok_or(Error::NoParquet)?;
    let footer = Footer::parse(&rest[start..])?;
    let mut found = Vec::new();
    for group in &footer.groups {
        let chunk = |chunk: &Chunk| {
            let place = |at| usize::try_from(at).unwrap_or(usize::MAX);
            let bytes = file.get(place(chunk.bytes.start)..place(chunk.bytes.end));
            bytes.map(<[u8]>::to_vec).ok_or(Error::Broken("a column chunk is outside of the file"))
        };
        let chunks: Result<Vec<_>, _> = group.chunks.iter().map(chunk).collect();
        let mut rows = Rows::new(&footer, group, chunks?)?;
        loop {
            let more = rows.next(most.saturating_sub(found.len()))?;
            if more.is_empty() {
                break;
            }
            found.extend(more);
        }
        if found.len() >= most {
            break;
        }
    }
    Ok(found)
}
