//! The checkpoint thread: copies the write-ahead log into the database while the writer goes on.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::desk::Message;
use crate::Error;

/// A checkpoint is made after this many bytes of log.
const EVERY_BYTES: u64 = 32 << 20;
/// A log longer than this (in pages of 4 KiB) that is still growing is restarted by the writer.
const LONG_LOG_PAGES: i64 = 16384;

/// The writer's hand on the checkpoint thread. Dropping it waits for a checkpoint in progress.
#[derive(Debug)]
pub(super) struct Checkpointer {
    nudges: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    bytes: u64,
}

impl Checkpointer {
    pub(super) fn start(connection: Connection, writer: Sender<Message>) -> Result<Self, Error> {
        let (nudges, inbox) = channel();
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || run(&connection, &writer, &inbox))
            .map_err(|error| Error::Io {
                what: "starting the checkpoint thread".to_owned(),
                detail: error.to_string(),
            })?;
        Ok(Self { nudges: Some(nudges), thread: Some(thread), bytes: 0 })
    }

    /// So many bytes more are in the log.
    pub(super) fn written(&mut self, bytes: u64) {
        self.bytes += bytes;
        if self.bytes >= EVERY_BYTES
            && let Some(nudges) = &self.nudges
        {
            self.bytes = 0;
            // A thread that is gone has said why.
            let _gone = nudges.send(());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.nudges = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's checkpoint thread panicked");
        }
    }
}

fn run(connection: &Connection, writer: &Sender<Message>, inbox: &Receiver<()>) {
    while inbox.recv().is_ok() {
        while inbox.try_recv().is_ok() {}
        let counted = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
            Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        });
        match counted {
            Ok((pages, _copied)) if pages > LONG_LOG_PAGES => {
                let _closed = writer.send(Message::RestartLog);
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "a checkpoint failed"),
        }
    }
}
