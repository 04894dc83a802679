//! The program as a process: in a group of its own, which ends as a whole; what it prints, line by line.

use crate::diagnostic::Diagnostic;
use crate::state::random;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::UnixListener;
use tokio::process::{ChildStdin, Command};
use tokio::sync::mpsc;

/// The longest line; what is longer becomes several.
const LONGEST_LINE: usize = 64 << 10;
/// How long the path of a Unix socket may be, with room to spare.
const LONGEST_PATH: usize = 90;

/// A folder that only its owner can look into; it goes when this is dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Result<Self, Box<Diagnostic>> {
        let name = format!("refit-{}", hex::encode(random::<8>()));
        let mut path = std::env::temp_dir().join(&name);
        if path.as_os_str().len() > LONGEST_PATH {
            path = Path::new("/tmp").join(&name);
        }
        let made = std::fs::DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|error| fault(format!("cannot make {}: {error}", path.display())))?;
        Ok(Self(path))
    }

    fn socket(&self) -> PathBuf {
        self.0.join("engine")
    }

    /// Listens on the folder's socket.
    pub(super) fn listen(&self) -> Result<UnixListener, Box<Diagnostic>> {
        UnixListener::bind(self.socket())
            .map_err(|error| fault(format!("cannot listen for the program: {error}")))
    }

    /// The socket as gRPC names it.
    pub(super) fn address(&self) -> String {
        format!("unix:{}", self.socket().display())
    }

    /// Writes a file.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf, Box<Diagnostic>> {
        let path = self.0.join(name);
        std::fs::write(&path, text)
            .map_err(|error| fault(format!("cannot write {}: {error}", path.display())))?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[expect(clippy::unnecessary_box_returns, reason = "it is an error, and errors here are boxed")]
fn fault(message: String) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(message))
}

/// A process that runs, and what it prints.
pub(super) struct Child {
    process: tokio::process::Child,
    group: Option<Pid>,
    /// The process ends when this is closed, so that none is left behind.
    _held: Option<ChildStdin>,
    lines: mpsc::Receiver<Line>,
}

/// A line that a process printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    /// It is on standard error.
    pub(super) is_error: bool,
}

impl Child {
    /// Starts a command; `program` is what errors call it.
    pub(super) fn spawn(mut command: Command, program: &Path) -> Result<Self, Box<Diagnostic>> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        let mut process = command
            .spawn()
            .map_err(|error| fault(format!("cannot run {}: {error}", program.display())))?;
        let group = process.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        let (sender, lines) = mpsc::channel(256);
        let held = process.stdin.take();
        if let Some(output) = process.stdout.take() {
            tokio::spawn(pump(output, false, sender.clone()));
        }
        if let Some(errors) = process.stderr.take() {
            tokio::spawn(pump(errors, true, sender));
        }
        Ok(Self { process, group, _held: held, lines })
    }

    /// The next line; none when both streams have ended.
    pub(super) async fn line(&mut self) -> Option<Line> {
        self.lines.recv().await
    }

    /// What is next: a line, or the end.
    pub(super) async fn next(&mut self) -> Event {
        tokio::select! {
            biased;
            Some(line) = self.lines.recv() => Event::Line(line),
            status = self.process.wait() => Event::Ended(status.ok()),
        }
    }

    /// Asks the whole group to end, or makes it.
    pub(super) fn kill(&self, by_force: bool) {
        let signal = if by_force { Signal::SIGKILL } else { Signal::SIGTERM };
        if let Some(group) = self.group
            && self.process.id().is_some()
        {
            let _ = killpg(group, signal);
        }
    }
}

/// What a process does.
pub(super) enum Event {
    Line(Line),
    Ended(Option<ExitStatus>),
}

async fn pump(mut stream: impl AsyncRead + Unpin, is_error: bool, lines: mpsc::Sender<Line>) {
    let mut rest = Vec::new();
    let mut buffer = vec![0; 16 << 10];
    loop {
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        rest.extend_from_slice(&buffer[..read]);
        while let Some(end) = next_line(&rest, read == 0) {
            let line: Vec<u8> = rest.drain(..end).collect();
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\n', '\r']).to_owned();
            if lines.send(Line { text, is_error }).await.is_err() {
                return;
            }
        }
        if read == 0 {
            return;
        }
    }
}

/// Where the first line ends, if it does.
fn next_line(bytes: &[u8], is_end: bool) -> Option<usize> {
    let found = bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
    let found = found.filter(|end| *end <= LONGEST_LINE);
    found.or_else(|| match bytes.len() {
        0 => None,
        length if length > LONGEST_LINE => Some(LONGEST_LINE),
        length => is_end.then_some(length),
    })
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_LINE, Line, next_line, pump};
    use tokio::sync::mpsc;

    #[tokio::test]
    async fn lines_are_told_apart() {
        let (sender, mut lines) = mpsc::channel(8);
        pump(&b"one\r\n\ntwo \xff"[..], true, sender).await;
        let mut found = Vec::new();
        while let Some(Line { text, is_error }) = lines.recv().await {
            assert!(is_error);
            found.push(text);
        }
        assert_eq!(found, ["one", "", "two \u{fffd}"]);
        assert_eq!(next_line(&vec![b'x'; LONGEST_LINE + 1], false), Some(LONGEST_LINE));
    }
}
