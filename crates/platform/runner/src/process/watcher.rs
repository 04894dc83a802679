//! Tells when something in a job folder changes: one inotify instance and one thread for all jobs.
//!
//! Every file the supervisor holds open for writing is closed by the kernel when it dies, and that
//! too is a change of the folder (the lock file is closed), so one mechanism tells of new log lines,
//! of records and of a killed supervisor.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};
use tokio::sync::watch;

use crate::{Error, JobFolder, Result};

/// The name of the file in a job folder whose lock says that a supervisor lives.
const LOCK: &str = "supervisor.lock";
/// When to look again after it was closed: at once, and for a supervisor that gets no processor to let go of it.
const SETTLING: [Duration; 3] =
    [Duration::from_millis(20), Duration::from_millis(200), Duration::from_secs(2)];

/// Watches job folders until it is dropped.
pub(super) struct Watcher {
    shared: Arc<Shared>,
    /// Closing it ends the thread.
    _stop: PipeWriter,
}

struct Shared {
    inotify: Inotify,
    watched: Mutex<Watched>,
}

#[derive(Default)]
struct Watched {
    by_path: HashMap<PathBuf, (WatchDescriptor, watch::Sender<u64>)>,
    paths: HashMap<WatchDescriptor, PathBuf>,
}

/// Hears of changes of one job folder.
pub(super) struct Subscription {
    shared: Arc<Shared>,
    path: PathBuf,
    receiver: watch::Receiver<u64>,
}

impl Watcher {
    pub(super) fn start() -> io::Result<Self> {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        let shared = Arc::new(Shared { inotify, watched: Mutex::default() });
        let (stopped, stop) = io::pipe()?;
        let thread_shared = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("job-watcher".to_owned());
        thread.spawn(move || watch_folders(&thread_shared, &stopped))?;
        Ok(Self { shared, _stop: stop })
    }

    /// Subscribes to changes from now on: look at the folder after subscribing, not before.
    pub(super) fn subscribe(&self, folder: &JobFolder) -> Result<Subscription> {
        let path = folder.path().to_owned();
        let receiver = self.shared.subscribe(&path)?;
        Ok(Subscription { shared: Arc::clone(&self.shared), path, receiver })
    }
}

impl Subscription {
    /// Waits for a change that came after the subscription or the last call.
    pub(super) async fn changed(&mut self) {
        if self.receiver.changed().await.is_err() {
            // The folder was removed. Where it was made again, that one is meant from now on;
            // where it was not, the caller will see that.
            if let Ok(receiver) = self.shared.subscribe(&self.path) {
                self.receiver = receiver;
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut watched = self.shared.watched();
        let is_last = |(_, sender): &(_, watch::Sender<u64>)| {
            sender.receiver_count() == 1 && sender.subscribe().same_channel(&self.receiver)
        };
        if watched.by_path.get(&self.path).is_some_and(is_last)
            && let Some((descriptor, _)) = watched.by_path.remove(&self.path)
        {
            watched.paths.remove(&descriptor);
            // Fails when the kernel has removed it with the folder.
            self.shared.inotify.rm_watch(descriptor).ok();
        }
    }
}

impl Shared {
    fn watched(&self) -> MutexGuard<'_, Watched> {
        // A panic elsewhere cannot leave the maps half-changed in a way that matters here.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn subscribe(&self, path: &Path) -> Result<watch::Receiver<u64>> {
        let mut watched = self.watched();
        if let Some((_, sender)) = watched.by_path.get(path) {
            return Ok(sender.subscribe());
        }
        let flags = AddWatchFlags::IN_MODIFY
            | AddWatchFlags::IN_MOVED_TO
            | AddWatchFlags::IN_CLOSE_WRITE
            | AddWatchFlags::IN_DELETE_SELF;
        let added = self.inotify.add_watch(path, flags);
        let descriptor = added.map_err(|errno| Error::Watch(errno.into()))?;
        let (sender, receiver) = watch::channel(0);
        watched.paths.insert(descriptor, path.to_owned());
        watched.by_path.insert(path.to_owned(), (descriptor, sender));
        Ok(receiver)
    }

    /// Takes all events and wakes whom they concern; answers in which folders a lock was let go of.
    fn take_events(&self) -> Vec<PathBuf> {
        let mut unlocked = Vec::new();
        while let Ok(events) = self.inotify.read_events() {
            let mut watched = self.watched();
            for event in events {
                if event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW) {
                    watched.by_path.values().for_each(|(_, sender)| notify(sender));
                } else if let Some(path) = watched.paths.get(&event.wd).cloned() {
                    if let Some((_, sender)) = watched.by_path.get(&path) {
                        notify(sender);
                    }
                    if event.mask.contains(AddWatchFlags::IN_CLOSE_WRITE)
                        && event.name.as_deref().is_some_and(|name| name == LOCK)
                    {
                        unlocked.push(path.clone());
                    }
                    if event.mask.contains(AddWatchFlags::IN_IGNORED) {
                        watched.paths.remove(&event.wd);
                        watched.by_path.remove(&path);
                    }
                }
            }
        }
        unlocked
    }

    fn notify(&self, path: &Path) {
        if let Some((_, sender)) = self.watched().by_path.get(path) {
            notify(sender);
        }
    }
}

fn notify(sender: &watch::Sender<u64>) {
    sender.send_modify(|count| *count = count.wrapping_add(1));
}

fn watch_folders(shared: &Shared, stopped: &PipeReader) {
    // The kernel tells that a file is closed just before it lets go of the lock: whoever is quick finds it held still.
    let mut settling: BTreeMap<(Instant, u64), PathBuf> = BTreeMap::new();
    let mut number = 0;
    loop {
        let mut listen = [
            PollFd::new(shared.inotify.as_fd(), PollFlags::POLLIN),
            PollFd::new(stopped.as_fd(), PollFlags::POLLIN),
        ];
        let timeout = settling.first_key_value().map_or(PollTimeout::NONE, |((due, _), _)| {
            let left = due.saturating_duration_since(Instant::now()) + Duration::from_millis(1);
            PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
        });
        // An error is an interruption.
        if poll(&mut listen, timeout).is_ok() {
            if listen[1].any().unwrap_or(true) {
                return;
            }
            let now = Instant::now();
            for path in shared.take_events() {
                for later in SETTLING {
                    number += 1;
                    settling.insert((now + later, number), path.clone());
                }
            }
        }
        while let Some(first) = settling.first_entry().filter(|it| it.key().0 <= Instant::now()) {
            shared.notify(&first.remove());
        }
    }
}
