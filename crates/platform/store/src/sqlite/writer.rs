//! The writer: batches that wait together share one transaction and one fsync.

use std::sync::{MutexGuard, PoisonError};
use std::time::Instant;

use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use super::Shared;
use super::apply;
use super::checkpoint::Checkpointer;
use super::errors::Location;
use super::names::{Fresh, Numbering};
use super::wal::Wal;
use crate::{Batch, Error};

/// Rows of dropped streams are removed once there are this many.
const SWEEP_FROM_ROWS: usize = 4096;
/// Or once they have this many bytes.
const SWEEP_FROM_BYTES: usize = 4 << 20;
/// Most rows removed within one transaction.
const SWEEP_ROWS: usize = 16384;
/// Version numbers set aside at a time, so that the counter is written rarely. A crash skips the rest.
const VERSION_BLOCK: u64 = 1 << 20;

/// One batch and whom to tell.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) batch: Batch,
    /// What it counts for among those that wait.
    pub(super) bytes: usize,
    pub(super) answer: oneshot::Sender<Result<(), Error>>,
}

#[derive(Debug)]
pub(super) struct Writer {
    connection: Connection,
    wal: Wal,
    location: Location,
    shared: Shared,
    numbers: Numbers,
    checkpointer: Checkpointer,
}

/// Numbers that a transaction hands out; they count only if it commits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers {
    next_row: i64,
    version: u64,
    /// Versions up to this one are set aside in the file.
    reserved: u64,
}

impl Numbers {
    /// Numbers that follow those in the file.
    pub(super) fn after(next_row: i64, last_version: u64) -> Self {
        Self { next_row, version: last_version, reserved: last_version }
    }
}

/// What a transaction did; it counts only if it commits.
#[derive(Default)]
struct Changes {
    streams: Vec<StreamChange>,
    /// Places of jobs whose batches changed records, with the version they gave.
    records: Vec<(usize, u64)>,
    names: Vec<Fresh>,
}

enum StreamChange {
    Append(u64, i64, usize),
    Drop(u64, i64),
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        wal: Wal,
        location: Location,
        shared: Shared,
        numbers: Numbers,
        checkpointer: Checkpointer,
    ) -> Self {
        Self { connection, wal, location, shared, numbers, checkpointer }
    }

    /// Commits the jobs, which are about `bytes` long, and sees to the write-ahead log.
    pub(super) fn write(&mut self, group: &mut Vec<Job>, bytes: usize) {
        let taken = group.len();
        self.commit_group(group);
        // Until here they took memory.
        self.shared.waiting.take(taken, bytes);
        self.checkpointer.written(self.wal.written());
    }

    /// Commits the jobs, together if that works, and tells each how it went.
    fn commit_group(&mut self, group: &mut Vec<Job>) {
        if group.is_empty() {
            return;
        }
        match self.commit(group) {
            Ok(results) => {
                for (job, result) in group.drain(..).zip(results) {
                    answer(job, result);
                }
            }
            Err(error) if group.len() == 1 => {
                match error {
                    Error::Full { .. } => metrics::DISK_FULL.count(),
                    _ => metrics::COMMITS_FAILED.count(),
                }
                tracing::error!(%error, "a commit failed");
                group.drain(..).for_each(|job| answer(job, Err(error.clone())));
            }
            Err(error) => {
                // One of them may be what cannot be written: each gets its own chance.
                tracing::warn!(%error, batches = group.len(), "a common commit failed");
                for job in group.drain(..) {
                    self.commit_group(&mut vec![job]);
                }
            }
        }
    }

    /// One transaction; `Err` when it failed as a whole and nothing was written.
    fn commit(&mut self, group: &[Job]) -> Result<Vec<Result<(), Error>>, Error> {
        let numbers = self.numbers;
        let began = Instant::now();
        let mut changes = Changes::default();
        let swept = match self.transact(group, &mut changes) {
            Ok((results, swept)) => {
                metrics::TRANSACTION.took(began.elapsed());
                metrics::COMMIT_GROUP.record(group.len() as u64);
                metrics::COMMITS.add(group.len() as u64);
                let mut streams = self.lock_streams();
                for change in changes.streams {
                    match change {
                        StreamChange::Append(stream, row, bytes) => {
                            streams.append(stream, row, bytes);
                        }
                        StreamChange::Drop(stream, mark) => streams.drop_stream(stream, mark),
                    }
                }
                streams.removed(&swept);
                drop(streams);
                self.shared.names.add(changes.names);
                for (place, version) in changes.records {
                    self.shared.cache.committed(&group[place].batch, version);
                }
                Ok(results)
            }
            Err(error) => Err(self.location.error("writing to", &error)),
        };
        if swept.is_err() {
            self.numbers = numbers;
            if !self.connection.is_autocommit()
                && let Err(error) = self.connection.execute_batch("ROLLBACK")
            {
                tracing::error!(%error, "a failed commit could not be rolled back");
            }
        }
        swept
    }

    #[expect(clippy::type_complexity, reason = "two lists, taken apart at once")]
    fn transact(
        &mut self,
        group: &[Job],
        changes: &mut Changes,
    ) -> rusqlite::Result<(Vec<Result<(), Error>>, Vec<(i64, i64)>)> {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        self.wal.make_room();
        let mut results = Vec::with_capacity(group.len());
        for (place, job) in group.iter().enumerate() {
            if let Some((kind, key)) = apply::conflict(
                &self.connection,
                &Numbering::new(&self.connection, &self.shared.names, &mut changes.names),
                &job.batch,
            )? {
                results.push(Err(Error::Conflict { kind, key }));
            } else {
                self.apply(place, &job.batch, changes)?;
                results.push(Ok(()));
            }
        }
        let swept = self.sweep()?;
        let began = Instant::now();
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        metrics::FSYNC.took(began.elapsed());
        Ok((results, swept))
    }

    fn apply(
        &mut self,
        place: usize,
        batch: &Batch,
        changes: &mut Changes,
    ) -> rusqlite::Result<()> {
        if !batch.puts.is_empty() || !batch.removes.is_empty() || !batch.remove_prefixes.is_empty()
        {
            let version = self.next_version()?;
            let mut numbering =
                Numbering::new(&self.connection, &self.shared.names, &mut changes.names);
            apply::records(&self.connection, &mut numbering, batch, version)?;
            changes.records.push((place, version));
        }
        let numbers = &mut self.numbers;
        let mut append = |stream: u64, body: Option<&[u8]>| -> rusqlite::Result<i64> {
            let row = numbers.next_row;
            numbers.next_row += 1;
            self.connection
                .prepare_cached("INSERT INTO log VALUES (?1, ?2, ?3)")?
                .execute(params![row, stream as i64, body])?;
            Ok(row)
        };
        for row in &batch.appends {
            if !batch.drop_streams.contains(&row.stream) {
                let id = append(row.stream, Some(&row.body))?;
                let bytes = row.body.len();
                changes.streams.push(StreamChange::Append(row.stream, id, bytes));
            }
        }
        for stream in &batch.drop_streams {
            changes.streams.push(StreamChange::Drop(*stream, append(*stream, None)?));
        }
        Ok(())
    }

    fn next_version(&mut self) -> rusqlite::Result<u64> {
        self.numbers.version += 1;
        if self.numbers.version > self.numbers.reserved {
            self.numbers.reserved = self.numbers.version + VERSION_BLOCK;
            self.connection
                .prepare_cached("UPDATE counters SET value = ?1 WHERE name = 'version'")?
                .execute([self.numbers.reserved as i64])?;
        }
        Ok(self.numbers.version)
    }

    /// Removes rows of dropped streams when enough have come together.
    fn sweep(&self) -> rusqlite::Result<Vec<(i64, i64)>> {
        let runs = {
            let streams = self.lock_streams();
            let (rows, bytes) = streams.garbage();
            if rows < SWEEP_FROM_ROWS && bytes < SWEEP_FROM_BYTES {
                return Ok(Vec::new());
            }
            streams.garbage_runs(SWEEP_ROWS)
        };
        let mut statement =
            self.connection.prepare_cached("DELETE FROM log WHERE id BETWEEN ?1 AND ?2")?;
        for (first, last) in &runs {
            statement.execute([first, last])?;
        }
        Ok(runs)
    }

    /// Restarts the write-ahead log, once nobody reads from it.
    pub(super) fn restart_log(&self) {
        let result = self
            .connection
            .query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get::<_, i64>(0));
        if let Err(error) = result {
            tracing::warn!(%error, "the write-ahead log could not be restarted");
        }
    }

    fn lock_streams(&self) -> MutexGuard<'_, super::streams::Streams> {
        self.shared.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer(job: Job, result: Result<(), Error>) {
    // Whoever asked may have stopped waiting.
    let _nobody = job.answer.send(result);
}

/// About how many bytes a batch writes.
pub(super) fn size(batch: &Batch) -> usize {
    let puts: usize = batch.puts.iter().map(|put| put.body.len() + put.key.len() + 256).sum();
    let appends: usize = batch.appends.iter().map(|append| append.body.len() + 32).sum();
    puts + appends + 256 * batch.removes.len()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::sqlite::open::open;
    use crate::{Append, Expect};

    fn batch(key: &str, bytes: usize) -> Batch {
        let mut batch = Batch::new();
        batch.put("k", key, &"x".repeat(bytes), Expect::Any);
        batch.appends.push(Append { stream: 1, body: key.into() });
        batch
    }

    fn commit(writer: &mut Writer, batches: Vec<Batch>) -> Vec<Result<(), Error>> {
        let mut answers = Vec::new();
        let mut group = Vec::new();
        for batch in batches {
            let (answer, answered) = oneshot::channel();
            group.push(Job { batch, bytes: 0, answer });
            answers.push(answered);
        }
        writer.commit_group(&mut group);
        answers.into_iter().map(|mut answer| answer.try_recv().unwrap()).collect()
    }

    #[test]
    fn a_full_disk_fails_what_does_not_fit_and_nothing_else() {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).unwrap();
        let directory = std::env::temp_dir().join(format!("refit-store-{}", hex::encode(bytes)));
        let opened = open(&directory).unwrap();
        let streams = Arc::new(Mutex::new(opened.streams));
        let (messages, _inbox) = channel();
        let checkpointer = Checkpointer::start(opened.checkpoints, messages).unwrap();
        let mut writer = Writer::new(
            opened.writer,
            opened.wal,
            opened.location,
            Shared { streams: streams.clone(), ..Shared::default() },
            Numbers::after(opened.next_row, opened.last_version),
            checkpointer,
        );
        writer.connection.query_row("PRAGMA max_page_count = 40", [], |_| Ok(())).unwrap();
        let answers =
            commit(&mut writer, vec![batch("a", 10), batch("b", 1 << 20), batch("c", 10)]);
        assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
        assert!(matches!(answers[1], Err(Error::Full { .. })), "{answers:?}");
        assert_eq!(streams.lock().unwrap().rows(1), [1, 2]);
        // Room again: the store goes on.
        writer.connection.query_row("PRAGMA max_page_count = 4000", [], |_| Ok(())).unwrap();
        let answers = commit(&mut writer, vec![batch("b", 1 << 20)]);
        assert!(answers[0].is_ok(), "{answers:?}");
        assert_eq!(streams.lock().unwrap().rows(1), [1, 2, 3]);
        drop(writer);
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
