//! The feeder: a process beside the program that writes a job's named pipes. It dies with the
//! supervisor, so a job with pipes outlives the server like any other.

use std::convert::Infallible;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::os::unix::process::{CommandExt as _, parent_id};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use flate2::read::MultiGzDecoder;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::folder::read_record;
use crate::{JobFolder, JobSpec, Pipe, PipePart};

/// The zeroth argument of a feeder.
const NAME: &str = "refit-feed";
/// The mark before each record, and the most bytes that one can have.
// AWS: RecordIO as MXNet writes it: magic number, length, content, padding to four bytes.
const RECORD_MAGIC: u32 = 0xced7_230a;
const LONGEST_RECORD: u64 = (1 << 29) - 1;

/// Whether this process is a feeder.
pub(super) fn is_feeder() -> bool {
    std::env::args_os().next().is_some_and(|name| name == NAME)
}

/// Makes the first pipe of every channel and starts the feeder, when the job has pipes.
pub(super) fn start(folder: &JobFolder, spec: &JobSpec) -> Result<(), String> {
    if spec.pipes.is_empty() {
        return Ok(());
    }
    let failed = |error: io::Error| format!("the pipes could not be made: {error}");
    for pipe in &spec.pipes {
        make(&place(folder, pipe, 0)).map_err(failed)?;
    }
    let mut command = Command::new("/proc/self/exe");
    command.arg0(NAME).args(std::env::args_os().skip(1)).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    // Its end is noticed with that of all children.
    command.spawn().map(drop).map_err(failed)
}

fn make(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    mkfifo(path, Mode::from_bits_truncate(0o644)).map_err(io::Error::from)
}

fn place(folder: &JobFolder, pipe: &Pipe, epoch: u64) -> PathBuf {
    folder.ml().join("input/data").join(format!("{}_{epoch}", pipe.channel))
}

/// The feeder: a thread per channel, until it is killed.
pub(super) fn feed(folder: &JobFolder) -> ExitCode {
    let supervisor = read_record::<u32>(&folder.pid()).ok().flatten();
    if set_pdeathsig(Signal::SIGKILL).is_err() || supervisor != Some(parent_id()) {
        return ExitCode::FAILURE;
    }
    let Ok(Some(spec)) = read_record::<JobSpec>(&folder.spec()) else { return ExitCode::FAILURE };
    let (failed, failures) = std::sync::mpsc::channel();
    for pipe in spec.pipes {
        let (folder, failed) = (folder.clone(), failed.clone());
        std::thread::spawn(move || {
            let Err(why) = feed_channel(&folder, &pipe);
            // Nobody listens once another channel has failed.
            failed.send(why).ok();
        });
    }
    drop(failed);
    // The first failure is the end of all of them: the job is not to go on with what it has got.
    let why = failures.recv().unwrap_or_default();
    eprintln!("{why}");
    ExitCode::FAILURE
}

/// Feeds one epoch after the other; answers why it could not go on.
fn feed_channel(folder: &JobFolder, pipe: &Pipe) -> Result<Infallible, String> {
    let mut epoch = 0;
    loop {
        let path = place(folder, pipe, epoch);
        // Waits for the reader.
        let opened = OpenOptions::new().write(true).open(&path);
        let mut writer = opened.map_err(|error| tell(folder, pipe, "pipe", &error))?;
        // What goes wrong is recorded before the pipe is closed: to its reader that is the end of the data.
        feed_epoch(folder, pipe, epoch, &mut writer)?;
        drop(writer);
        fs::remove_file(&path).map_err(|error| tell(folder, pipe, "pipe", &error))?;
        epoch += 1;
    }
}

fn feed_epoch(
    folder: &JobFolder,
    pipe: &Pipe,
    epoch: u64,
    writer: &mut impl Write,
) -> Result<(), String> {
    // The next is there before this one ends, so that a reader finds it.
    let make_next = || make(&place(folder, pipe, epoch + 1));
    for part in epoch_order(pipe, epoch) {
        match write_part(folder, pipe, part, writer) {
            // The reader has had enough of this epoch.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            Err(error) => return Err(tell(folder, pipe, &part.file.to_string_lossy(), &error)),
            Ok(()) => {}
        }
    }
    make_next().map_err(|error| tell(folder, pipe, "pipe", &error))
}

/// Records why a channel could not be fed, for the supervisor and whoever asks how the job ended.
fn tell(folder: &JobFolder, pipe: &Pipe, what: &str, error: &io::Error) -> String {
    let why = format!("channel {}: {what}: {error}", pipe.channel);
    // On a disk that is too full even for that the supervisor sees the feeder's end.
    fs::write(folder.feed_error(), &why).ok();
    why
}

/// Why the job's pipes could not be fed to their end, if that is so.
pub(super) fn error(folder: &JobFolder) -> Option<String> {
    fs::read_to_string(folder.feed_error()).ok()
}

/// The parts in the order of an epoch.
fn epoch_order(pipe: &Pipe, epoch: u64) -> Vec<&PipePart> {
    let mut parts: Vec<&PipePart> = pipe.parts.iter().collect();
    if let Some(seed) = pipe.shuffle_seed {
        shuffle(&mut parts, seed.wrapping_add(epoch));
    }
    parts
}

/// Puts elements into an order that the seed decides (Fisher-Yates over SplitMix64).
pub(crate) fn shuffle<T>(elements: &mut [T], seed: u64) {
    let mut state = seed;
    let mut random = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    for last in (1..elements.len()).rev() {
        let other = (random() % (last as u64 + 1)) as usize;
        elements.swap(last, other);
    }
}

fn write_part(
    folder: &JobFolder,
    pipe: &Pipe,
    part: &PipePart,
    writer: &mut impl Write,
) -> io::Result<()> {
    let is_inside = part.file.components().all(|it| matches!(it, Component::Normal(_)));
    if !is_inside {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut file = File::open(folder.path().join(&part.file))?;
    file.seek(SeekFrom::Start(part.offset))?;
    let content = file.take(part.length.unwrap_or(u64::MAX));
    let mut content: Box<dyn io::Read> =
        if part.gzip { Box::new(MultiGzDecoder::new(content)) } else { Box::new(content) };
    if !pipe.record_io {
        return io::copy(&mut content, writer).map(drop);
    }
    // The length stands before the content.
    let mut record = Vec::new();
    content.take(LONGEST_RECORD + 1).read_to_end(&mut record)?;
    write_record(&record, writer)
}

/// Writes one RecordIO record.
fn write_record(content: &[u8], writer: &mut impl Write) -> io::Result<()> {
    let too_long = || io::Error::other("an object is too long for one RecordIO record");
    let length = u32::try_from(content.len()).ok().filter(|it| u64::from(*it) <= LONGEST_RECORD);
    writer.write_all(&RECORD_MAGIC.to_le_bytes())?;
    writer.write_all(&length.ok_or_else(too_long)?.to_le_bytes())?;
    writer.write_all(content)?;
    let padding = content.len().next_multiple_of(4) - content.len();
    writer.write_all(&[0; 3][..padding])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_framed_and_padded() {
        let mut out = Vec::new();
        write_record(b"abcde", &mut out).unwrap();
        assert_eq!(out, b"\x0a\x23\xd7\xce\x05\0\0\0abcde\0\0\0");
    }

    #[test]
    fn an_order_is_decided_by_its_seed() {
        let order = |seed| {
            let mut numbers: Vec<u32> = (0..50).collect();
            shuffle(&mut numbers, seed);
            numbers
        };
        assert_eq!(order(7), order(7));
        assert_ne!(order(7), order(8));
        let mut sorted = order(7);
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..50));
    }
}
