//! The embedded default: one SQLite file, `refit.db`, in the data directory.
//!
//! * One writer thread drains a queue and puts the batches that wait together into one transaction, so they share one
//!   fsync (WAL, `synchronous=FULL`).
//! * Readers have connections of their own and never wait for the writer; records read lately are kept in memory.
//! * Checkpoints run on another connection, off the writer's path.
//! * The log is appended by rowid without a secondary index; dropping a stream appends a mark, and rows are removed
//!   later in runs.
//!
//! Users may open the file: bodies are JSON text. Nobody but the owner of the directory's lock may write.

mod apply;
pub mod backup;
mod cache;
mod checkpoint;
mod errors;
mod lock;
mod open;
mod read;
mod streams;
mod writer;

use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::{Batch, CommitFuture, Error, LogRow, Page, Record, Scan, Store};
use cache::Cache;
use checkpoint::Checkpointer;
use read::Readers;
use streams::Streams;
use writer::{Job, Message, Numbers, Writer};

/// A store in a data directory. Dropping it waits until everything asked for is written.
#[derive(Debug)]
pub struct SqliteStore {
    /// `None` only while dropping.
    messages: Option<Sender<Message>>,
    writer: Option<JoinHandle<()>>,
    readers: Arc<Readers>,
    streams: Arc<Mutex<Streams>>,
    cache: Arc<Cache>,
}

impl SqliteStore {
    /// Opens the store of a data directory, which is made when it is missing, and becomes its only owner.
    ///
    /// # Errors
    /// [`Error::Locked`] when another server owns the directory, [`Error::Newer`] when a newer refit wrote it,
    /// [`Error::Corrupt`] when the file is damaged, [`Error::Full`] or [`Error::Io`].
    pub fn open(data_dir: &Path) -> Result<Self, Error> {
        let opened = open::open(data_dir)?;
        let streams = Arc::new(Mutex::new(opened.streams));
        let (messages, inbox) = channel();
        let checkpointer = Checkpointer::start(opened.checkpoints, messages.clone())?;
        let cache = Arc::new(Cache::default());
        let writer = Writer::new(
            opened.writer,
            opened.location.clone(),
            streams.clone(),
            cache.clone(),
            Numbers::after(opened.next_row, opened.last_version),
            checkpointer,
        );
        let writer = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run(&inbox))
            .map_err(|error| Error::Io {
                what: "starting the writer thread".to_owned(),
                detail: error.to_string(),
            })?;
        let readers = Arc::new(Readers::new(opened.location, opened.lock));
        Ok(Self { messages: Some(messages), writer: Some(writer), readers, streams, cache })
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let readers = self.readers.clone();
        let permit = readers.permit().await?;
        tokio::task::spawn_blocking(move || {
            let result = readers.with(work);
            drop(permit);
            result
        })
        .await
        .unwrap_or(Err(Error::Closed))
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        if let Some(messages) = self.messages.take() {
            // A writer that is gone needs no telling.
            let _gone = messages.send(Message::Close);
        }
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the store's writer thread panicked");
        }
    }
}

#[async_trait::async_trait]
impl Store for SqliteStore {
    fn commit(&self, batch: Batch) -> CommitFuture {
        let (answer, answered) = oneshot::channel();
        let sent = self
            .messages
            .as_ref()
            .is_some_and(|messages| messages.send(Message::Commit(Job { batch, answer })).is_ok());
        if !sent {
            return Box::pin(std::future::ready(Err(Error::Closed)));
        }
        metrics::COMMIT_QUEUE.add(1);
        Box::pin(async move { answered.await.unwrap_or(Err(Error::Closed)) })
    }

    async fn get(&self, kind: &str, key: &str) -> Result<Option<Record>, Error> {
        let ticket = match self.cache.get(kind, key) {
            Ok(record) => return Ok(Some(record)),
            Err(ticket) => ticket,
        };
        // One record is found sooner than another thread is woken to look for it.
        let _permit = self.readers.permit().await?;
        let found = self.readers.with(|connection| read::get(connection, kind, key))?;
        if let Some(record) = &found {
            self.cache.leave(ticket, kind, record);
        }
        Ok(found)
    }

    async fn scan(&self, scan: Scan<'_>) -> Result<Page, Error> {
        let Some(query) = read::Query::new(&scan) else { return Ok(Page::default()) };
        self.read(move |connection| query.run(connection)).await
    }

    async fn replay(&self, visit: &mut (dyn FnMut(LogRow) + Send)) -> Result<(), Error> {
        let dropped = self.read(read::dropped_streams).await?;
        let dropped = Arc::new(dropped);
        let mut after = None;
        loop {
            let dropped = dropped.clone();
            let chunk =
                self.read(move |connection| read::log_chunk(connection, after, &dropped)).await?;
            chunk.rows.into_iter().for_each(&mut *visit);
            after = chunk.last;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn read_stream(&self, stream: u64) -> Result<Vec<LogRow>, Error> {
        let rows = {
            let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
            streams.rows(stream).to_vec()
        };
        self.read(move |connection| read::log_rows(connection, stream, &rows)).await
    }
}
