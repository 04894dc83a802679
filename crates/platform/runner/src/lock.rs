//! The lock that says whether a supervisor lives.
//!
//! An open-file-description lock: it belongs to the open file, so the server takes it, hands the
//! open file to the supervisor as standard input, and there is no instant at which a started job is
//! not locked. The kernel lets go of it when the supervisor is gone, however it went.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

/// Opens the lock file, making it if need be.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn whole_file() -> libc::flock {
    libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

/// Takes the lock for this open file; `false` when another open file has it.
pub(crate) fn try_take(file: impl AsFd) -> io::Result<bool> {
    match fcntl(file, FcntlArg::F_OFD_SETLK(&whole_file())) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

/// Writes into the locked file during which boot of the machine it was taken.
pub(crate) fn mark(file: &File, boot_id: &str) -> io::Result<()> {
    file.write_all_at(boot_id.as_bytes(), 0)
}

/// Whether the lock was last taken during this boot. After a power cut the mark may be missing.
pub(crate) fn is_of_boot(path: &Path, boot_id: &str) -> bool {
    fs::read(path).is_ok_and(|mark| mark == boot_id.as_bytes())
}

/// Lets go of the lock. Closing the file does not always: a process that was forked for something else holds a copy of it
/// until it runs its program.
pub(crate) fn release(file: impl AsFd) {
    let lock = libc::flock { l_type: libc::F_UNLCK as libc::c_short, ..whole_file() };
    let _closing_does_it_later = fcntl(file, FcntlArg::F_OFD_SETLK(&lock));
}

/// Whether any open file other than one opened here has the lock; `false` when there is no file.
pub(crate) fn is_held(path: &Path) -> io::Result<bool> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let mut lock = whole_file();
    fcntl(&file, FcntlArg::F_OFD_GETLK(&mut lock))?;
    Ok(i32::from(lock.l_type) != libc::F_UNLCK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_let_go_of_whoever_holds_copies() {
        let path = std::env::temp_dir().join(format!("refit-lock-{}", std::process::id()));
        let file = open(&path).unwrap();
        let copy = file.try_clone().unwrap();
        assert!(try_take(&file).unwrap() && !try_take(open(&path).unwrap()).unwrap());
        drop(file);
        assert!(is_held(&path).unwrap(), "a copy holds it");
        release(&copy);
        assert!(!is_held(&path).unwrap());
        assert!(!is_of_boot(&path, "this"));
        mark(&copy, "this").unwrap();
        assert!(is_of_boot(&path, "this") && !is_of_boot(&path, "that"));
        std::fs::remove_file(&path).unwrap();
    }
}
