//! A function's output: read always (a full pipe would block it), remembered for its log.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::unix::pipe::Receiver;
use tokio::task::JoinHandle;

// AWS: LogResult holds the last 4 KB.
const TAIL_BYTES: usize = 4096;
/// Output of one invocation that is kept; what is more is counted and left out.
const MOST_BYTES: usize = 1024 * 1024;
/// A longer line is cut into several.
const LONGEST_LINE_BYTES: usize = 200_000;
/// Bytes read from a pipe at a time.
const READ_BYTES: usize = 16 * 1024;
/// Reads at the end of an invocation: a process that goes on writing must not hold up its answer.
const LAST_READS: usize = 256;

/// What has been written since the last look. It ends with its sandbox, also when a process that has left the group still
/// holds the pipe.
pub(super) struct Output {
    kept: Arc<Mutex<Kept>>,
    /// The same pipes once more, to look into without waiting for the runtime to notice that there is something.
    pipes: Vec<File>,
    readers: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    /// The last bytes, also of what is left out.
    tail: Vec<u8>,
    left_out: usize,
}

impl Output {
    /// Reads pipes to their ends.
    pub(super) fn of(pipes: Vec<OwnedFd>) -> io::Result<Self> {
        let mut output = Self { kept: Arc::default(), pipes: Vec::new(), readers: Vec::new() };
        for pipe in pipes {
            output.pipes.push(File::from(pipe.try_clone()?));
            let (kept, reader) = (output.kept.clone(), Receiver::from_owned_fd(pipe)?);
            output.readers.push(tokio::spawn(async move {
                while reader.readable().await.is_ok() {
                    match lock(&kept).read(|buffer| reader.try_read(buffer)) {
                        Ok(1..) => {}
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                        Ok(0) | Err(_) => return,
                    }
                }
            }));
        }
        Ok(output)
    }

    /// Adds a line of our own.
    pub(super) fn line(&self, text: &str) {
        lock(&self.kept).add(format!("{text}\n").as_bytes());
    }

    /// Reads what is in the pipes now: what the process wrote before it answered belongs to this invocation.
    pub(super) fn catch_up(&self) {
        let mut kept = lock(&self.kept);
        for pipe in &self.pipes {
            for _ in 0..LAST_READS {
                if !matches!(kept.read(|buffer| read_file(pipe, buffer)), Ok(1..)) {
                    break;
                }
            }
        }
    }

    /// The lines since the last look, and their last 4 KiB.
    pub(super) fn take(&self) -> (Vec<String>, Vec<u8>) {
        let kept = std::mem::take(&mut *lock(&self.kept));
        let mut lines: Vec<String> = kept
            .bytes
            .split(|byte| *byte == b'\n')
            .flat_map(|line| line.chunks(LONGEST_LINE_BYTES))
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .filter(|line| !line.is_empty())
            .collect();
        if kept.left_out > 0 {
            lines.push(format!("refit: {} bytes of output left out", kept.left_out));
        }
        (lines, kept.tail)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.readers.iter().for_each(JoinHandle::abort);
    }
}

fn read_file(mut pipe: &File, buffer: &mut [u8]) -> io::Result<usize> {
    pipe.read(buffer)
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kept {
    /// Reads once, without waiting.
    fn read(&mut self, mut once: impl FnMut(&mut [u8]) -> io::Result<usize>) -> io::Result<usize> {
        let mut buffer = [0; READ_BYTES];
        loop {
            match once(&mut buffer) {
                Ok(read) => {
                    self.add(&buffer[..read]);
                    return Ok(read);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        let room = MOST_BYTES.saturating_sub(self.bytes.len());
        let taken = bytes.len().min(room);
        self.bytes.extend_from_slice(&bytes[..taken]);
        self.left_out += bytes.len() - taken;
        self.tail.extend_from_slice(bytes);
        let surplus = self.tail.len().saturating_sub(TAIL_BYTES);
        self.tail.drain(..surplus);
    }
}
