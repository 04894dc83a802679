//! Where batches are written: by a thread of its own when several come together, by whoever asks when nobody else does.
//!
//! Waking a thread and being woken by it takes about as long as a quick disk's fsync. Who is alone is spared that: only the
//! runtime's other tasks are handed to another thread meanwhile.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};

use super::writer::{Job, Writer};

/// Most batches in one transaction: bounds how long the first one waits.
const GROUP_BATCHES: usize = 8192;
/// Most bytes in one transaction.
const GROUP_BYTES: usize = 16 << 20;
/// After so many transactions of one batch each whoever comes is taken to be alone.
const ALONE_AFTER: u32 = 4;
/// After a transaction that takes longer the next ones are left to the thread: there is nothing to gain.
const LONGEST_HERE: Duration = Duration::from_millis(5);
/// So is one with a batch of more bytes.
const LARGEST_HERE_BYTES: usize = 64 << 10;

/// What the writer thread is asked to do.
#[derive(Debug)]
pub(super) enum Message {
    Commit(Job),
    /// The write-ahead log has grown too long because there was never a pause: make one.
    RestartLog,
    Close,
}

/// The writer, and how much company those who ask it have.
#[derive(Debug)]
pub(super) struct Desk {
    writer: Mutex<Writer>,
    /// How many transactions there were since the last of several batches, or the last slow one.
    lonely: AtomicU32,
    /// Whether somebody has had a batch written and has not yet looked at the answer.
    is_unread: Arc<AtomicBool>,
}

/// What became of a batch that was not sent to the thread.
pub(super) enum Here {
    /// It is written; to be kept until whoever asked looks at the answer.
    Written(Unread),
    /// It is better left to the thread.
    Left(Job),
}

/// An answer that nobody has looked at.
pub(super) struct Unread(Arc<AtomicBool>);

impl Drop for Unread {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Desk {
    pub(super) fn new(writer: Writer) -> Self {
        Self { writer: Mutex::new(writer), lonely: AtomicU32::new(0), is_unread: Arc::default() }
    }

    /// Works off what comes, until told to close.
    pub(super) fn run(&self, inbox: &Receiver<Message>) {
        let mut group = Vec::new();
        let mut open = true;
        while open {
            let mut restart = false;
            let Ok(first) = inbox.recv() else { break };
            // Nobody can say what a writer that panicked has left undone.
            let Ok(mut writer) = self.writer.lock() else { break };
            let mut next = Some(first);
            let mut bytes = 0;
            while let Some(message) = next {
                match message {
                    Message::Commit(job) => {
                        bytes += job.bytes;
                        group.push(job);
                    }
                    Message::RestartLog => restart = true,
                    Message::Close => open = false,
                }
                let room = open && group.len() < GROUP_BATCHES && bytes < GROUP_BYTES;
                next = match inbox.try_recv() {
                    _ if !room => None,
                    Ok(message) => Some(message),
                    Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
                };
            }
            self.write(&mut writer, &mut group, bytes);
            if restart {
                writer.restart_log();
            }
        }
    }

    /// Writes the job here and now, unless that is better left to the thread. To be called only while no other job waits, or
    /// this one would overtake it.
    pub(super) fn write_here(&self, job: Job) -> Here {
        if self.is_unread.load(Ordering::Acquire) {
            // Who asks for the next before it looks at the last asks for many: they share a transaction.
            self.lonely.store(0, Ordering::Relaxed);
        }
        let is_alone = self.lonely.load(Ordering::Relaxed) >= ALONE_AFTER;
        if !is_alone || job.bytes > LARGEST_HERE_BYTES || !may_wait_here() {
            return Here::Left(job);
        }
        let bytes = job.bytes;
        let mut group = vec![job];
        // The runtime's other tasks go on elsewhere, however long the disk takes. A panic ends the writer, as one in its thread
        // does, and not whoever asked.
        let is_done = catch_unwind(AssertUnwindSafe(|| {
            let Ok(mut writer) = self.writer.try_lock() else { return false };
            tokio::task::block_in_place(|| self.write(&mut writer, &mut group, bytes));
            true
        }));
        if let (Ok(false), Some(job)) = (is_done, group.pop()) {
            return Here::Left(job);
        }
        self.is_unread.store(true, Ordering::Release);
        Here::Written(Unread(self.is_unread.clone()))
    }

    fn write(&self, writer: &mut MutexGuard<'_, Writer>, group: &mut Vec<Job>, bytes: usize) {
        let (began, batches) = (Instant::now(), group.len());
        if batches == 0 {
            return;
        }
        writer.write(group, bytes);
        if batches == 1 && began.elapsed() <= LONGEST_HERE {
            self.lonely.fetch_add(1, Ordering::Relaxed);
        } else {
            self.lonely.store(0, Ordering::Relaxed);
        }
    }
}

/// Whether the caller's runtime lets a task wait for the disk.
fn may_wait_here() -> bool {
    Handle::try_current()
        .is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread)
}
