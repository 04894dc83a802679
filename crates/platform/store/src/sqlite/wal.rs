//! The write-ahead log's file: how much is in it, and zeros ahead of that.
//!
//! An fsync of a file that has grown waits for the file system's own journal too, which takes as long again. So the file is
//! lengthened ahead, for many transactions at once; SQLite takes zeros for the end of the log.
// SQLite: walformat.html, "Recovery": reading stops at the first frame without the header's salt.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

use super::errors::Location;

/// Bytes of a page in the log: 4,096 and the frame's header.
const FRAME_BYTES: u64 = 4096 + 24;
/// So many zeros are written at a time.
const AHEAD_BYTES: usize = 512 << 10;
/// They are written once there is less room than this.
const LEAST_ROOM_BYTES: u64 = 64 << 10;

/// What the writer knows of the log.
#[derive(Debug)]
pub(super) struct Wal {
    path: PathBuf,
    file: Option<File>,
    /// Pages in the log, as SQLite says after each transaction.
    pages: Arc<AtomicU64>,
    pages_before: u64,
    /// The file is at least this long, unless the log has begun anew since.
    length: u64,
    /// Whether transactions are of a size that room is worth making for.
    are_small: bool,
}

impl Wal {
    /// Listens to the writer's connection. The log is the file's only while no other connection writes.
    pub(super) fn watch(writer: &mut Connection, location: &Location) -> rusqlite::Result<Self> {
        let pages = Arc::new(AtomicU64::new(0));
        let told = pages.clone();
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: i32| {
            told.store(u64::try_from(pages).unwrap_or_default(), Ordering::Relaxed);
            Ok(())
        }))?;
        let mut path = location.file.clone().into_os_string();
        path.push("-wal");
        Ok(Self {
            path: path.into(),
            file: None,
            pages,
            pages_before: 0,
            length: 0,
            are_small: true,
        })
    }

    /// After a transaction: answers about how many bytes it added.
    pub(super) fn written(&mut self) -> u64 {
        let pages = self.pages.load(Ordering::Relaxed);
        // Fewer than before: the log has begun anew, and the file may have been cut.
        let is_new = pages < self.pages_before;
        let added = if is_new { pages } else { pages - self.pages_before } * FRAME_BYTES;
        self.pages_before = pages;
        // Large transactions cost more than an fsync anyway, and zeros would be written for nothing.
        self.are_small = added <= AHEAD_BYTES as u64 / 4;
        if is_new || !self.are_small {
            self.length = 0;
        }
        added
    }

    /// Makes room ahead where it is short. To be called within a transaction that may write and has not written yet: nobody
    /// else writes to the file meanwhile, and the fsync that follows covers what this does.
    pub(super) fn make_room(&mut self) {
        let used_bytes = self.pages_before * FRAME_BYTES;
        if self.pages_before > 0 && self.are_small && used_bytes + LEAST_ROOM_BYTES > self.length {
            // Without room the log works as well.
            self.length = self.lengthen(used_bytes).unwrap_or(u64::MAX);
        }
    }

    /// Writes zeros behind the end of the file if the log comes near; answers how long it is.
    fn lengthen(&mut self, used_bytes: u64) -> std::io::Result<u64> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(OpenOptions::new().write(true).open(&self.path)?),
        };
        let length = file.metadata()?.len();
        if used_bytes + LEAST_ROOM_BYTES <= length {
            return Ok(length);
        }
        file.write_all_at(&vec![0; AHEAD_BYTES], length)?;
        Ok(length + AHEAD_BYTES as u64)
    }
}
