//! The program of a job while it runs: its pipes, its limits and its end.

use std::io::{PipeReader, Read as _};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::clock::now_ms;
use crate::groups::Group;
use crate::log::{LineCutter, LogWriter, Tail};
use crate::{Exit, ExitReason, JobFolder, JobSpec, LogStream, OptMl, Outcome, kernel};

use super::feed;
use super::launch::{self, Launcher};
use super::memory::MemoryWatch;
use super::watching::Watching;

/// How long killed processes may take to vanish, and their pipes to close.
const CLEANUP: Duration = Duration::from_secs(5);

/// A started program and its output.
pub(super) struct Program {
    pub(super) pid: i32,
    pub(super) opt_ml: OptMl,
    stdout: Option<PipeReader>,
    stderr: Option<PipeReader>,
    outcome: Option<Outcome>,
}

/// Where a program stands.
enum Phase {
    Running,
    /// SIGTERM was sent for this reason; SIGKILL follows at this instant.
    Stopping(ExitReason, Option<Instant>),
    /// SIGKILL was sent.
    Killed(ExitReason),
}

/// Where output goes.
struct Output {
    log: LogWriter,
    stdout: LineCutter,
    stderr: LineCutter,
    stderr_tail: Tail,
}

impl Program {
    /// Starts the program, in a private namespace if it asked for one and the kernel allows it.
    /// The error says why it could not be started.
    pub(super) fn start(
        folder: &JobFolder,
        spec: &JobSpec,
        launcher: Launcher,
    ) -> Result<Self, String> {
        feed::start(folder, spec)?;
        let launched = launch::go(folder, spec, launcher)?;
        Ok(Self {
            pid: launched.pid,
            opt_ml: launched.opt_ml,
            stdout: Some(launched.stdout),
            stderr: Some(launched.stderr),
            outcome: None,
        })
    }

    /// Stays with the program to its end and says how it ended.
    pub(super) fn supervise(
        mut self,
        folder: &JobFolder,
        spec: &JobSpec,
        watching: &Watching,
        group: Option<Group>,
        started_ms: i64,
    ) -> Exit {
        let log = match LogWriter::create(&folder.log(), &spec.log) {
            Ok(log) => log,
            Err(error) => {
                self.kill_everything(watching);
                return super::spawn_failed(super::describe(&error), started_ms, self.opt_ml);
            }
        };
        let mut output = Output {
            log,
            stdout: LineCutter::new(&spec.log),
            stderr: LineCutter::new(&spec.log),
            stderr_tail: Tail::new(spec.log.stderr_tail_bytes),
        };
        // A container has limits of its own.
        let watched = spec.limits.memory_bytes.filter(|_| spec.container.is_none());
        let mut memory = watched.map(|limit_bytes| MemoryWatch::new(limit_bytes, group));
        let mut reason = self.run(folder, spec, watching, memory.as_mut(), &mut output);
        self.kill_everything(watching);
        if reason == ExitReason::Exited
            && self.outcome != Some(Outcome::Code(0))
            && let Some((used_bytes, limit_bytes)) = memory.as_ref().and_then(MemoryWatch::killed)
        {
            reason = ExitReason::MemoryExceeded { used_bytes, limit_bytes };
        }
        // Also when it ended by itself: to its program data that breaks off looks like data that ends.
        if reason == ExitReason::Exited
            && !spec.pipes.is_empty()
            && let Some(why) = feed::error(folder)
        {
            reason = ExitReason::InputFailed(why);
        }
        if spec.container.is_some() {
            crate::container::remove_remains(folder);
            if let Some(why) = crate::container::error(folder) {
                (reason, self.outcome) = (ExitReason::SpawnFailed(why), None);
            }
        }
        self.drain(&mut output);
        let ended_ms = now_ms();
        Exit {
            outcome: self.outcome.unwrap_or(Outcome::Unknown),
            reason,
            started_ms,
            ended_ms,
            stderr_tail: output.stderr_tail.text(),
            opt_ml: self.opt_ml,
            log_error: output.finish(ended_ms),
        }
    }

    fn run(
        &mut self,
        folder: &JobFolder,
        spec: &JobSpec,
        watching: &Watching,
        mut memory: Option<&mut MemoryWatch>,
        output: &mut Output,
    ) -> ExitReason {
        let limit = spec.limits.max_runtime_seconds.and_then(after);
        let mut phase = Phase::Running;
        let mut asked_to_stop = folder.stop_request().exists();
        loop {
            let now = Instant::now();
            let past = |instant: Option<Instant>| instant.is_some_and(|instant| instant <= now);
            phase = match phase {
                Phase::Running if asked_to_stop => self.terminate(spec, ExitReason::Stopped),
                Phase::Running if past(limit) => {
                    self.terminate(spec, ExitReason::MaxRuntimeExceeded)
                }
                Phase::Stopping(reason, kill_at) if past(kill_at) => {
                    self.signal_group(Signal::SIGKILL);
                    Phase::Killed(reason)
                }
                Phase::Running if !spec.pipes.is_empty() && feed::error(folder).is_some() => {
                    self.signal_group(Signal::SIGKILL);
                    Phase::Killed(ExitReason::Exited)
                }
                Phase::Running => match memory.as_mut().and_then(|it| it.look()) {
                    Some((used_bytes, limit_bytes)) => {
                        // Nobody can ask a job politely to give memory back.
                        self.signal_group(Signal::SIGKILL);
                        Phase::Killed(ExitReason::MemoryExceeded { used_bytes, limit_bytes })
                    }
                    None => Phase::Running,
                },
                other => other,
            };
            let next = match &phase {
                Phase::Running => {
                    [limit, memory.as_ref().map(|it| it.next)].into_iter().flatten().min()
                }
                Phase::Stopping(_, kill_at) => *kill_at,
                Phase::Killed(_) => None,
            };
            self.wait_and_read(watching, next, output);
            asked_to_stop |= watching.take_signals();
            watching.take_changes();
            asked_to_stop |= folder.stop_request().exists();
            self.reap();
            if self.outcome.is_some() {
                return match phase {
                    Phase::Running => ExitReason::Exited,
                    Phase::Stopping(reason, _) | Phase::Killed(reason) => reason,
                };
            }
        }
    }

    fn terminate(&self, spec: &JobSpec, reason: ExitReason) -> Phase {
        self.signal_group(Signal::SIGTERM);
        // A suspended process would not see SIGTERM before it is woken.
        self.signal_group(Signal::SIGCONT);
        Phase::Stopping(reason, after(spec.limits.stop_grace_seconds))
    }

    fn signal_group(&self, signal: Signal) {
        // The group may have gone already.
        killpg(Pid::from_raw(self.pid), signal).ok();
    }

    /// Waits until something happens or the instant comes, and reads what output there is.
    fn wait_and_read(&mut self, watching: &Watching, until: Option<Instant>, output: &mut Output) {
        let (signals, changes) = (watching.signals(), watching.changes());
        let mut listen = vec![readable(&signals), readable(&changes)];
        listen.extend(self.stdout.as_ref().map(|pipe| readable(pipe)));
        listen.extend(self.stderr.as_ref().map(|pipe| readable(pipe)));
        // An error is an interruption: the caller looks at everything anyway.
        poll(&mut listen, timeout(until)).ok();
        let mut ready = listen[2..].iter().map(|it| it.any().unwrap_or(false));
        let stdout_ready = self.stdout.is_some() && ready.next().unwrap_or(false);
        let stderr_ready = self.stderr.is_some() && ready.next().unwrap_or(false);
        if stdout_ready {
            output.read(&mut self.stdout, LogStream::Stdout);
        }
        if stderr_ready {
            output.read(&mut self.stderr, LogStream::Stderr);
        }
        output.log.flush();
    }

    /// Takes note of every child that has ended; `false` when there is no child left.
    fn reap(&mut self) -> bool {
        loop {
            let (pid, outcome) = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) => (pid, Outcome::Code(code)),
                Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, Outcome::Signal(signal as i32)),
                Ok(WaitStatus::StillAlive) => return true,
                Err(Errno::ECHILD) => return false,
                // Not asked for, or a real-time signal that nix has no name for: look again.
                Ok(_) | Err(Errno::EINTR) => continue,
                Err(_) => return true,
            };
            if pid.as_raw() == self.pid {
                self.outcome = Some(outcome);
            }
        }
    }

    /// Kills what is left of the job: its group, and everything that this process has adopted.
    fn kill_everything(&mut self, watching: &Watching) {
        self.signal_group(Signal::SIGKILL);
        let deadline = Instant::now() + CLEANUP;
        let own = std::process::id().cast_signed();
        while self.reap() && Instant::now() < deadline {
            // A killed process leaves its children to us, so look again until there is none.
            for process in kernel::processes().iter().filter(|process| process.parent == own) {
                kernel::kill_now(process.pid);
            }
            let signals = watching.signals();
            poll(&mut [readable(&signals)], PollTimeout::from(20_u8)).ok();
            watching.take_signals();
        }
    }

    /// Reads the rest of the output, to its end or until the pipes should long have been closed.
    fn drain(&mut self, output: &mut Output) {
        let deadline = Instant::now() + CLEANUP;
        while Instant::now() < deadline {
            let pipes = [
                (&mut self.stdout, LogStream::Stdout), //
                (&mut self.stderr, LogStream::Stderr),
            ];
            for (pipe, stream) in pipes {
                let Some(open) = pipe.as_ref() else { continue };
                let mut listen = [readable(open)];
                if poll(&mut listen, PollTimeout::from(20_u8)).is_ok_and(|ready| ready > 0) {
                    output.read(pipe, stream);
                }
            }
            if self.stdout.is_none() && self.stderr.is_none() {
                return;
            }
        }
    }
}

impl Output {
    /// Reads once from a pipe that is ready; forgets the pipe at its end.
    fn read(&mut self, pipe: &mut Option<PipeReader>, stream: LogStream) {
        let Some(open) = pipe else { return };
        let mut bytes = vec![0; 64 * 1024];
        let count = match open.read(&mut bytes) {
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => return,
            Err(_) => 0,
        };
        if count == 0 {
            *pipe = None;
        }
        let bytes = bytes.get(..count).unwrap_or_default();
        let (now_ms, log) = (now_ms(), &mut self.log);
        let give = |line: &[u8]| log.line(now_ms, stream, line);
        if stream == LogStream::Stderr {
            self.stderr_tail.feed(bytes);
            self.stderr.feed(bytes, give);
        } else {
            self.stdout.feed(bytes, give);
        }
    }

    /// Writes what is not yet written; the first error that writing the log met.
    fn finish(mut self, now_ms: i64) -> Option<String> {
        self.stdout.finish(|line| self.log.line(now_ms, LogStream::Stdout, line));
        self.stderr.finish(|line| self.log.line(now_ms, LogStream::Stderr, line));
        self.log.finish(now_ms)
    }
}

/// The instant after some seconds; none when that is further away than time can count.
fn after(seconds: u64) -> Option<Instant> {
    Instant::now().checked_add(Duration::from_secs(seconds))
}

fn readable(file: &impl AsFd) -> PollFd<'_> {
    PollFd::new(file.as_fd(), PollFlags::POLLIN)
}

fn timeout(until: Option<Instant>) -> PollTimeout {
    let Some(until) = until else { return PollTimeout::NONE };
    // Rounded up, so that the instant has come when the wait is over; days are waited in pieces.
    let wait = until.saturating_duration_since(Instant::now()) + Duration::from_millis(1);
    PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX)
}
