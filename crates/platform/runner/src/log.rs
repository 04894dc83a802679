//! The log file of a job: lines of `<milliseconds> <stream> <text>`.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::{Error, LogLine, LogPage, LogSettings, LogStream, Result};

/// No line is longer than this, whatever the settings say, so that a page always holds one.
const LINE_BYTES_LIMIT: usize = 256 * 1024;
/// How much is read at once.
const PAGE_BYTES: u64 = 1024 * 1024;
/// How much of the end of the output is kept when the log is full.
const TAIL_BYTES: usize = 64 * 1024;

fn letter(stream: LogStream) -> u8 {
    match stream {
        LogStream::Stdout => b'o',
        LogStream::Stderr => b'e',
        LogStream::Supervisor => b's',
    }
}

/// Cuts a stream of bytes into lines of bounded length.
pub(crate) struct LineCutter {
    partial: Vec<u8>,
    limit: usize,
}

impl LineCutter {
    pub(crate) fn new(settings: &LogSettings) -> Self {
        Self { partial: Vec::new(), limit: settings.max_line_bytes.clamp(64, LINE_BYTES_LIMIT) }
    }

    /// Takes bytes and gives every line that is complete or has reached the bound.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut give: impl FnMut(&[u8])) {
        while !bytes.is_empty() {
            let room = self.limit.saturating_sub(self.partial.len());
            let window = &bytes[..bytes.len().min(room + 1)];
            if let Some(end) = window.iter().position(|byte| *byte == b'\n') {
                if self.partial.is_empty() {
                    give(without_return(&bytes[..end]));
                } else {
                    self.partial.extend_from_slice(&bytes[..end]);
                    give(without_return(&self.partial));
                    self.partial.clear();
                }
                bytes = &bytes[end + 1..];
            } else {
                self.partial.extend_from_slice(window);
                bytes = &bytes[window.len()..];
                if self.partial.len() > self.limit {
                    let rest =
                        self.partial.split_off(character_boundary(&self.partial, self.limit));
                    give(&self.partial);
                    self.partial = rest;
                }
            }
        }
    }

    /// Gives what is left when the stream has ended.
    pub(crate) fn finish(&mut self, give: impl FnOnce(&[u8])) {
        if !self.partial.is_empty() {
            give(without_return(&self.partial));
            self.partial.clear();
        }
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The last place at or before `limit` that is not inside a UTF-8 character.
fn character_boundary(bytes: &[u8], limit: usize) -> usize {
    let is_boundary =
        |at: &usize| bytes.get(*at).is_none_or(|byte| byte & 0b1100_0000 != 0b1000_0000);
    (limit.saturating_sub(3)..=limit).rev().find(is_boundary).unwrap_or(limit)
}

/// Writes the log of one job. A write that fails does not stop the job: the first error is kept.
pub(crate) struct LogWriter {
    file: BufWriter<File>,
    written: u64,
    limit: u64,
    tail: VecDeque<Vec<u8>>,
    tail_bytes: usize,
    left_out_bytes: u64,
    is_full: bool,
    error: Option<String>,
}

impl LogWriter {
    pub(crate) fn create(path: &Path, settings: &LogSettings) -> Result<Self> {
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
        let file = file.map_err(Error::io("write", path))?;
        Ok(Self {
            file: BufWriter::with_capacity(64 * 1024, file),
            written: 0,
            limit: settings.max_total_bytes,
            tail: VecDeque::new(),
            tail_bytes: 0,
            left_out_bytes: 0,
            is_full: false,
            error: None,
        })
    }

    pub(crate) fn line(&mut self, timestamp_ms: i64, stream: LogStream, text: &[u8]) {
        let mut line = Vec::with_capacity(text.len() + 20);
        // Writing to memory cannot fail.
        write!(line, "{timestamp_ms} {} ", char::from(letter(stream))).ok();
        line.extend_from_slice(text);
        line.push(b'\n');
        if !self.is_full && self.written.saturating_add(line.len() as u64) <= self.limit {
            return self.write(&line);
        }
        if !self.is_full {
            self.is_full = true;
            let remark = format!(
                "the log has reached its limit of {} bytes: output is left out until the job \
                 ends, when its last lines follow",
                self.limit
            );
            self.remark(timestamp_ms, &remark);
        }
        self.tail_bytes += line.len();
        self.tail.push_back(line);
        while self.tail_bytes > TAIL_BYTES && self.tail.len() > 1 {
            let dropped = self.tail.pop_front().map_or(0, |line| line.len());
            self.tail_bytes -= dropped;
            self.left_out_bytes += dropped as u64;
        }
    }

    fn remark(&mut self, timestamp_ms: i64, text: &str) {
        self.write(format!("{timestamp_ms} s {text}\n").as_bytes());
    }

    fn write(&mut self, line: &[u8]) {
        self.written += line.len() as u64;
        let result = self.file.write_all(line);
        self.keep_error(result);
    }

    fn keep_error(&mut self, result: io::Result<()>) {
        if let Err(error) = result
            && self.error.is_none()
        {
            self.error = Some(error.to_string());
        }
    }

    /// Makes what was written visible to readers.
    pub(crate) fn flush(&mut self) {
        let result = self.file.flush();
        self.keep_error(result);
    }

    /// Writes the last lines of a log that was full and gives the first error that occurred. The log
    /// goes to the disk with everything else that the job left.
    pub(crate) fn finish(mut self, now_ms: i64) -> Option<String> {
        if self.left_out_bytes > 0 {
            let remark = format!("{} bytes of log left out here", self.left_out_bytes);
            self.remark(now_ms, &remark);
        }
        for line in std::mem::take(&mut self.tail) {
            self.write(&line);
        }
        self.flush();
        self.error
    }
}

/// Keeps the last bytes of a stream.
pub(crate) struct Tail {
    bytes: VecDeque<u8>,
    limit: usize,
}

impl Tail {
    pub(crate) fn new(limit: usize) -> Self {
        Self { bytes: VecDeque::new(), limit: limit.min(LINE_BYTES_LIMIT) }
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend(&bytes[bytes.len().saturating_sub(self.limit)..]);
        let excess = self.bytes.len().saturating_sub(self.limit);
        self.bytes.drain(..excess);
    }

    pub(crate) fn text(&self) -> String {
        let bytes: Vec<u8> = self.bytes.iter().copied().collect();
        let inside = bytes.iter().take_while(|byte| **byte & 0b1100_0000 == 0b1000_0000).count();
        String::from_utf8_lossy(&bytes[inside.min(3)..]).into_owned()
    }
}

/// Reads one page; a log that is not there yet is empty.
pub(crate) fn read_page(path: &Path, from_offset: u64) -> Result<LogPage> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        if file.metadata()?.len() <= from_offset {
            return Ok(0);
        }
        file.seek(SeekFrom::Start(from_offset))?;
        file.take(PAGE_BYTES).read_to_end(&mut bytes)
    });
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => drop(other.map_err(Error::io("read", path))?),
    }
    let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let lines = bytes[..complete].split_inclusive(|byte| *byte == b'\n').map(parse_line);
    let next_offset = from_offset.saturating_add(complete as u64);
    Ok(LogPage { lines: lines.collect(), next_offset })
}

/// A line that is not ours (somebody edited the file) is shown whole, without a time.
fn parse_line(line: &[u8]) -> LogLine {
    let text = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line));
    let mut parts = text.splitn(3, ' ');
    let stream = |letter| match letter {
        "o" => Some(LogStream::Stdout),
        "e" => Some(LogStream::Stderr),
        "s" => Some(LogStream::Supervisor),
        _ => None,
    };
    let timestamp_ms = parts.next().and_then(|part| part.parse().ok());
    let stream = parts.next().and_then(stream);
    match (timestamp_ms, stream, parts.next()) {
        (Some(timestamp_ms), Some(stream), Some(text)) => {
            LogLine { timestamp_ms, stream, text: text.to_owned() }
        }
        _ => LogLine { timestamp_ms: 0, stream: LogStream::Supervisor, text: text.into_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(limit: usize, pieces: &[&[u8]]) -> Vec<String> {
        let settings = LogSettings { max_line_bytes: limit, ..LogSettings::default() };
        let mut cutter = LineCutter::new(&settings);
        let mut lines = Vec::new();
        let mut give = |line: &[u8]| lines.push(String::from_utf8(line.to_vec()).unwrap());
        for piece in pieces {
            cutter.feed(piece, &mut give);
        }
        cutter.finish(&mut give);
        lines
    }

    #[test]
    fn lines_are_cut_wherever_the_pieces_end() {
        assert_eq!(cut(99, &[b"a\nb", b"c\r\n\n", b"d"]), ["a", "bc", "", "d"]);
        assert_eq!(cut(99, &[]), Vec::<String>::new());
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        let long = "é".repeat(100);
        let lines = cut(65, &[long.as_bytes(), b"\nend\n"]);
        assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [64, 64, 64, 8, 3]);
        assert_eq!(cut(64, &[&[b'x'; 64], b"\n"]), ["x".repeat(64)]);
    }

    #[test]
    fn the_tail_begins_at_a_character() {
        let mut tail = Tail::new(5);
        tail.feed("abcéé".as_bytes());
        assert_eq!(tail.text(), "céé");
        tail.feed("zé".as_bytes());
        assert_eq!(tail.text(), "ézé");
        tail.feed(b"12");
        assert_eq!(tail.text(), "zé12");
    }

    #[test]
    fn foreign_lines_are_shown_whole() {
        let line = parse_line(b"hello there\n");
        assert_eq!((line.timestamp_ms, line.text.as_str()), (0, "hello there"));
        let line = parse_line(b"12 e  two  spaces\n");
        assert_eq!((line.timestamp_ms, line.text.as_str()), (12, " two  spaces"));
    }
}
