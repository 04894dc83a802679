//! A private `/opt/ml`: the launcher's own view of the file system.
//!
//! Nothing is made on the host. Where the host has no `/opt/ml`, an empty file system is laid over
//! `/opt` and everything the host has there is bound into it again.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid, sethostname};

use crate::{JobFolder, OptMl};

/// Gives this process a mount namespace in which the job's `ml/` folder is `/opt/ml`, and the host
/// name if one is asked for. After an error the process is in an undefined place and must end.
pub(super) fn enter(folder: &JobFolder, hostname: Option<&str>) -> Result<OptMl, String> {
    let entered = unshare_namespaces(hostname.is_some())?;
    let everything_ours = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(none(), "/", none(), everything_ours, none()).map_err(said("make mounts private"))?;
    // Opened before anything is covered: the job folder may itself lie below /opt.
    let ml = open_place(&folder.ml()).map_err(said("open the ml folder"))?;
    if !Path::new("/opt/ml").is_dir() {
        cover_opt().map_err(said("cover /opt"))?;
    }
    bind(&place(&ml), Path::new("/opt/ml")).map_err(said("bind /opt/ml"))?;
    if let Some(hostname) = hostname {
        sethostname(hostname).map_err(said("set the host name"))?;
        bind_hosts(folder, hostname).map_err(said("bind /etc/hosts"))?;
    }
    Ok(entered)
}

fn none() -> Option<&'static Path> {
    None
}

fn said<E: std::fmt::Display>(what: &'static str) -> impl Fn(E) -> String {
    move |error| format!("cannot {what}: {error}")
}

fn unshare_namespaces(with_hostname: bool) -> Result<OptMl, String> {
    let mut flags = CloneFlags::CLONE_NEWNS;
    if with_hostname {
        flags |= CloneFlags::CLONE_NEWUTS;
    }
    match unshare(flags) {
        Ok(()) => return Ok(OptMl::PrivateMount),
        Err(Errno::EPERM) => {}
        Err(errno) => return Err(said("make a mount namespace")(errno)),
    }
    let (user, group) = (geteuid(), getegid());
    unshare(flags | CloneFlags::CLONE_NEWUSER).map_err(said("make a user namespace"))?;
    // The kernel lets an ordinary user map only itself, and only without supplementary groups.
    let maps = [
        ("/proc/self/setgroups", "deny".to_owned()),
        ("/proc/self/uid_map", format!("{user} {user} 1")),
        ("/proc/self/gid_map", format!("{group} {group} 1")),
    ];
    for (file, text) in maps {
        fs::write(file, text).map_err(said("map the user"))?;
    }
    Ok(OptMl::UserNamespace)
}

fn open_place(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(OFlag::O_PATH.bits()).open(path)
}

/// The path of an open file or folder, which leads there even when it has been covered.
fn place(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

fn bind(from: &Path, to: &Path) -> io::Result<()> {
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(Some(from), to, none(), flags, none()).map_err(io::Error::from)
}

fn cover_opt() -> io::Result<()> {
    let opt = Path::new("/opt");
    let covered = open_place(opt)?;
    let entries: Vec<_> = fs::read_dir(opt)?.collect::<io::Result<_>>()?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), opt, Some("tmpfs"), flags, Some("mode=755"))?;
    for entry in entries {
        let (from, to) = (place(&covered).join(entry.file_name()), opt.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            symlink(fs::read_link(&from)?, &to)?;
        } else if kind.is_dir() {
            fs::create_dir(&to)?;
            bind(&from, &to)?;
        } else {
            File::create(&to)?;
            bind(&from, &to)?;
        }
    }
    fs::create_dir(opt.join("ml"))
}

/// Lets the host name be resolved: to the loopback address, as all of a job runs here.
fn bind_hosts(folder: &JobFolder, hostname: &str) -> io::Result<()> {
    let host_file = Path::new("/etc/hosts");
    if !host_file.exists() {
        return Ok(());
    }
    let own = folder.path().join("hosts");
    let text = fs::read_to_string(host_file)?;
    fs::write(&own, format!("{}\n127.0.0.1 {hostname}\n", text.trim_end()))?;
    bind(&own, host_file)
}
