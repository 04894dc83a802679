//! One run at a time: a lock of the operating system, which ends with the process, and the lock file that Pulumi looks for.

use super::{now, uuid};
use crate::error::Error;
use serde_json::{Value as Json, json};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// Who wrote a note.
const PROGRAM: &str = "refit";

/// A held lock.
#[derive(Debug)]
pub(crate) struct Lock {
    /// Holds the operating system's lock.
    _file: File,
    note: PathBuf,
}

impl Lock {
    pub(super) fn take(root: &Path, project: &str, stack: &str) -> Result<Self, Error> {
        let folder = root.join(".pulumi/locks/organization").join(project).join(stack);
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::File { action: "lock", path, source }
        };
        std::fs::create_dir_all(&folder).map_err(failed(&folder))?;
        let path = root.join(".pulumi/locks").join(format!("{project}.{stack}.lock"));
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed(&path))?;
        let holder = || others(&folder, false).unwrap_or_else(|| "another run".to_owned());
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Locked { holder: holder(), path }),
            Err(TryLockError::Error(source)) => return Err(failed(&path)(source)),
        }
        if let Some(holder) = others(&folder, true) {
            return Err(Error::Locked { holder, path: folder });
        }
        let note = folder.join(format!("{}.json", uuid()));
        let text = json!({
            "pid": std::process::id(), "username": user(), "hostname": host(), "timestamp": now(),
            "program": PROGRAM,
        });
        std::fs::write(&note, text.to_string()).map_err(failed(&note))?;
        Ok(Self { _file: file, note })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.note);
    }
}

/// Who else holds the stack. Notes of this machine's dead processes are taken away: those of this program whenever the operating
/// system's lock is held, as it goes with its process; those of Pulumi's own command line when their process is gone.
fn others(folder: &Path, is_held: bool) -> Option<String> {
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let note: Json = serde_json::from_str(&text).unwrap_or_default();
        let pid = note["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok());
        let is_here = note["hostname"].as_str() == Some(&host());
        let is_ours = note["program"].as_str() == Some(PROGRAM);
        if is_here && ((is_held && is_ours) || !pid.is_some_and(is_alive)) {
            let _ = std::fs::remove_file(&path);
            continue;
        }
        let text = |name: &str| note[name].as_str().unwrap_or("?").to_owned();
        return Some(format!(
            "{}@{} (process {}, since {})",
            text("username"),
            text("hostname"),
            pid.unwrap_or_default(),
            text("timestamp")
        ));
    }
    None
}

fn is_alive(pid: i32) -> bool {
    use nix::errno::Errno;
    use nix::sys::signal::kill;
    use nix::unistd::Pid;
    // A process that ended and that nobody waited for still has its id.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    pid > 0
        && kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)
        && !matches!(state, Some('Z' | 'X'))
}

fn user() -> String {
    std::env::var("USER").unwrap_or_else(|_| "unknown".to_owned())
}

fn host() -> String {
    nix::unistd::gethostname()
        .map_or_else(|_| String::new(), |name| name.to_string_lossy().into_owned())
}
