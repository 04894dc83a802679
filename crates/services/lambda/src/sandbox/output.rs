//! A function's output: read always (a full pipe would block it), remembered for its log.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt};

// AWS: LogResult holds the last 4 KB.
const TAIL_BYTES: usize = 4096;
/// Output of one invocation that is kept; what is more is counted and left out.
const MOST_BYTES: usize = 1024 * 1024;
/// A longer line is cut into several.
const LONGEST_LINE_BYTES: usize = 200_000;

/// What has been written since the last look.
#[derive(Clone, Default)]
pub(super) struct Output(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    left_out: usize,
}

impl Output {
    /// Reads a pipe to its end.
    pub(super) fn drain(&self, mut pipe: impl AsyncRead + Unpin + Send + 'static) {
        let output = self.clone();
        tokio::spawn(async move {
            let mut buffer = vec![0; 16 * 1024];
            while let Ok(read @ 1..) = pipe.read(&mut buffer).await {
                output.add(&buffer[..read]);
            }
        });
    }

    /// Adds a line of our own.
    pub(super) fn line(&self, text: &str) {
        self.add(format!("{text}\n").as_bytes());
    }

    fn add(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MOST_BYTES.saturating_sub(kept.bytes.len());
        let taken = bytes.len().min(room);
        kept.bytes.extend_from_slice(&bytes[..taken]);
        kept.left_out += bytes.len() - taken;
    }

    /// The lines since the last look, and their last 4 KiB.
    pub(super) fn take(&self) -> (Vec<String>, Vec<u8>) {
        let kept = {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *kept)
        };
        let tail = kept.bytes[kept.bytes.len().saturating_sub(TAIL_BYTES)..].to_vec();
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
        (lines, tail)
    }
}
