//! The embedded default: one SQLite file, `refit.db`, in the data directory.
//!
//! * One writer thread drains a queue and puts the batches that wait together into one transaction, so they share one
//!   fsync (WAL, `synchronous=FULL`). Who has been alone for a while writes its batch itself.
//! * Readers have connections of their own and never wait for the writer; records read lately are kept in memory.
//! * Checkpoints run on another connection, off the writer's path.
//! * The log is appended by rowid without a secondary index; dropping a stream appends a mark, and rows are removed
//!   later in runs.
//!
//! Users may open the file: bodies are JSON text; the view `readable` has the names of kinds for their numbers. Nobody but the owner of the directory's lock may write.

mod apply;
pub mod backup;
mod cache;
mod checkpoint;
mod desk;
mod errors;
mod lock;
mod names;
mod open;
mod read;
mod streams;
mod wal;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::{Batch, CommitFuture, Error, LogRow, Page, Record, Scan, Store};
use cache::Cache;
use checkpoint::Checkpointer;
use desk::{Desk, Here, Message};
use names::Names;
use read::Readers;
use streams::Streams;
use writer::{Job, Numbers, Writer};

/// A store in a data directory. Dropping it waits until everything asked for is written.
#[derive(Debug)]
pub struct SqliteStore {
    /// `None` only while dropping.
    messages: Option<Sender<Message>>,
    thread: Option<JoinHandle<()>>,
    desk: Arc<Desk>,
    // After the writer: its lock is the directory's.
    readers: Arc<Readers>,
    shared: Shared,
}

/// What the writer and those who ask it share.
#[derive(Debug, Clone, Default)]
struct Shared {
    streams: Arc<Mutex<Streams>>,
    cache: Arc<Cache>,
    names: Arc<Names>,
    waiting: Arc<Waiting>,
}

/// Batches waiting for the writer from here on are too many.
const TOO_MANY_BATCHES: usize = 16_384;
/// So are batches of this many bytes.
const TOO_MANY_BYTES: usize = 128 << 20;

/// What waits for the writer.
#[derive(Debug, Default)]
struct Waiting {
    batches: AtomicUsize,
    bytes: AtomicUsize,
}

impl Waiting {
    /// Answers how many waited before.
    fn add(&self, bytes: usize) -> usize {
        let before = self.batches.fetch_add(1, Ordering::AcqRel);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        metrics::COMMIT_QUEUE.add(1);
        before
    }

    fn take(&self, batches: usize, bytes: usize) {
        self.batches.fetch_sub(batches, Ordering::AcqRel);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        metrics::COMMIT_QUEUE.add(-(batches as i64));
    }

    fn is_too_much(&self) -> bool {
        self.batches.load(Ordering::Relaxed) >= TOO_MANY_BATCHES
            || self.bytes.load(Ordering::Relaxed) >= TOO_MANY_BYTES
    }
}

impl SqliteStore {
    /// Opens the store of a data directory, which is made when it is missing, and becomes its only owner.
    ///
    /// # Errors
    /// [`Error::Locked`] when another server owns the directory, [`Error::Newer`] when a newer refit wrote it,
    /// [`Error::Corrupt`] when the file is damaged, [`Error::Full`] or [`Error::Io`].
    pub fn open(data_dir: &Path) -> Result<Self, Error> {
        let opened = open::open(data_dir)?;
        let shared = Shared {
            streams: Arc::new(Mutex::new(opened.streams)),
            names: Arc::new(opened.names),
            ..Shared::default()
        };
        let (messages, inbox) = channel();
        let checkpointer = Checkpointer::start(opened.checkpoints, messages.clone())?;
        let writer = Writer::new(
            opened.writer,
            opened.wal,
            opened.location.clone(),
            shared.clone(),
            Numbers::after(opened.next_row, opened.last_version),
            checkpointer,
        );
        let desk = Arc::new(Desk::new(writer));
        let at_desk = desk.clone();
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || at_desk.run(&inbox))
            .map_err(|error| Error::Io {
                what: "starting the writer thread".to_owned(),
                detail: error.to_string(),
            })?;
        let readers = Arc::new(Readers::new(opened.location, opened.lock));
        Ok(Self { messages: Some(messages), thread: Some(thread), desk, readers, shared })
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
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's writer thread panicked");
        }
    }
}

#[async_trait::async_trait]
impl Store for SqliteStore {
    fn commit(&self, batch: Batch) -> CommitFuture {
        let (answer, answered) = oneshot::channel();
        let bytes = writer::size(&batch);
        let waiting = self.shared.waiting.add(bytes);
        let job = Job { batch, bytes, answer };
        let here = if waiting == 0 { self.desk.write_here(job) } else { Here::Left(job) };
        let job = match here {
            Here::Written(unread) => {
                return Box::pin(async move {
                    drop(unread);
                    answered.await.unwrap_or(Err(Error::Closed))
                });
            }
            Here::Left(job) => job,
        };
        let messages = self.messages.as_ref();
        if messages.is_none_or(|messages| messages.send(Message::Commit(job)).is_err()) {
            self.shared.waiting.take(1, bytes);
            return Box::pin(std::future::ready(Err(Error::Closed)));
        }
        Box::pin(async move { answered.await.unwrap_or(Err(Error::Closed)) })
    }

    fn is_behind(&self) -> bool {
        self.shared.waiting.is_too_much()
    }

    async fn get(&self, kind: &str, key: &str) -> Result<Option<Record>, Error> {
        let ticket = match self.shared.cache.get(kind, key) {
            Ok(record) => return Ok(Some(record)),
            Err(ticket) => ticket,
        };
        let Some(number) = self.shared.names.of(kind, names::KIND) else { return Ok(None) };
        // One record is found sooner than another thread is woken to look for it.
        let _permit = self.readers.permit().await?;
        let found = self.readers.with(|connection| read::get(connection, number, key))?;
        if let Some(record) = &found {
            self.shared.cache.leave(ticket, kind, record);
        }
        Ok(found)
    }

    async fn scan(&self, scan: Scan<'_>) -> Result<Page, Error> {
        let Some(query) = read::Query::new(&scan, &self.shared.names) else {
            return Ok(Page::default());
        };
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
            let streams = self.shared.streams.lock().unwrap_or_else(PoisonError::into_inner);
            streams.rows(stream).to_vec()
        };
        self.read(move |connection| read::log_rows(connection, stream, &rows)).await
    }
}
