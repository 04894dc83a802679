//! What a supervisor listens to besides the job's output: signals and the stop request.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use crate::JobFolder;

/// Signals and changes of the job folder, as file descriptors to poll.
pub(super) struct Watching {
    signals: SignalFd,
    changes: Inotify,
}

impl Watching {
    /// Blocks the signals it listens to (the launcher unblocks them for the program) and watches
    /// the folder. To be called before the program is started, so that nothing is missed.
    pub(super) fn start(folder: &JobFolder) -> nix::Result<Self> {
        let mut mask = SigSet::empty();
        let ours =
            [Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT];
        mask.extend(ours);
        mask.thread_block()?;
        let signals = SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        let changes = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        let flags =
            AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO | AddWatchFlags::IN_DELETE;
        changes.add_watch(folder.path(), flags)?;
        Ok(Self { signals, changes })
    }

    pub(super) fn signals(&self) -> impl AsFd + '_ {
        self.signals.as_fd()
    }

    pub(super) fn changes(&self) -> impl AsFd + '_ {
        self.changes.as_fd()
    }

    /// Takes all signals that have come; whether one of them asks the supervisor itself to end,
    /// which stops the job first.
    pub(super) fn take_signals(&self) -> bool {
        let mut asked_to_end = false;
        while let Ok(Some(signal)) = self.signals.read_signal() {
            asked_to_end |= signal.ssi_signo.cast_signed() != Signal::SIGCHLD as i32;
        }
        asked_to_end
    }

    /// Waits until there is something to read, or a signal; whether there is, and whether a signal asks the supervisor
    /// to end.
    pub(super) fn wait_for(&self, pipe: impl AsFd) -> (bool, bool) {
        let mut listen = [
            PollFd::new(pipe.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
        ];
        // An error is an interruption.
        let has_come = poll(&mut listen, PollTimeout::NONE).is_ok();
        (has_come && listen[0].any().unwrap_or(true), self.take_signals())
    }

    /// Waits for a signal or a change until the instant comes; whether a signal asks the supervisor to end.
    pub(super) fn wait(&self, until: Instant) -> bool {
        let left = until.saturating_duration_since(Instant::now()) + Duration::from_millis(1);
        let mut listen = [
            PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.changes.as_fd(), PollFlags::POLLIN),
        ];
        // An error is an interruption.
        poll(&mut listen, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)).ok();
        self.take_changes();
        self.take_signals()
    }

    /// Takes all changes that have come; what changed is for the caller to look at.
    pub(super) fn take_changes(&self) {
        while match self.changes.read_events() {
            Ok(_) | Err(Errno::EINTR) => true,
            Err(_) => false,
        } {}
    }
}
