//! A private `/opt/ml`: the launcher's own view of the file system.
//!
//! Nothing is made on the host. Where the host has no `/opt/ml`, an empty file system is laid over
//! `/opt` and everything the host has there is bound into it again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, symlink};
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid, sethostname};

use crate::{JobFolder, JobSpec, OptMl};

use super::loopback;

/// Gives this process a mount namespace in which the job's `ml/` folder is `/opt/ml`, and the host
/// name and the network isolation if they are asked for. After an error the process is in an
/// undefined place and must end.
pub(super) fn enter(folder: &JobFolder, spec: &JobSpec) -> Result<OptMl, String> {
    let hostname = spec.hostname.as_deref();
    let entered = unshare_namespaces(hostname.is_some(), spec.isolate_network)?;
    let everything_ours = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(none(), "/", none(), everything_ours, none()).map_err(said("make mounts private"))?;
    // Opened before anything is covered: the job folder may itself lie below /opt.
    let ml = open_place(&folder.ml()).map_err(said("open the ml folder"))?;
    hide(folder, spec, &entered).map_err(said("hide the server's folder"))?;
    if !Path::new("/opt/ml").is_dir() {
        cover_opt().map_err(said("cover /opt"))?;
    }
    bind(&place(&ml), Path::new("/opt/ml")).map_err(said("bind /opt/ml"))?;
    for below in inside(&spec.read_only) {
        let place = Path::new("/opt/ml").join(below);
        if place.is_dir() {
            bind(&place, &place).map_err(said("bind a channel"))?;
            read_only(&place).map_err(said("make a channel read-only"))?;
        }
    }
    if let Some(hostname) = hostname {
        sethostname(hostname).map_err(said("set the host name"))?;
        bind_hosts(folder, hostname, &spec.hosts).map_err(said("bind /etc/hosts"))?;
    }
    Ok(entered)
}

/// Lays an empty file system over the folder that the job is not to see, and what it is to see into it again.
fn hide(folder: &JobFolder, spec: &JobSpec, entered: &OptMl) -> io::Result<()> {
    let Some(hidden) = &spec.hidden else { return Ok(()) };
    let (Ok(top), Ok(own)) = (hidden.folder.canonicalize(), folder.path().canonicalize()) else {
        return Ok(());
    };
    let is_used = |path: &Path| path.starts_with(&top) && !path.starts_with(&own);
    let program = spec.argv.first().map(Path::new);
    let shown: Vec<&PathBuf> = hidden.shown.iter().filter(|path| path.is_dir()).collect();
    let is_shown = |path: &Path| shown.iter().any(|shown| path.starts_with(shown));
    let mut needed = program.into_iter().chain(spec.working_directory.as_deref());
    if !own.starts_with(&top) || needed.any(|path| is_used(path) && !is_shown(path)) {
        return Ok(());
    }
    // Opened before they are covered.
    let own_opened = open_place(&own)?;
    let mut places = Vec::new();
    for path in shown {
        places.push((path, open_place(path)?));
    }
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), &top, Some("tmpfs"), flags, Some("mode=755,size=1m"))?;
    fs::create_dir_all(&own)?;
    bind(&place(&own_opened), &own)?;
    for (number, (path, opened)) in places.iter().enumerate() {
        fs::create_dir_all(path)?;
        let changes = folder.changes().join(number.to_string());
        lay_over(opened, &changes, path, entered).or_else(|_| bind(&place(opened), path))?;
    }
    read_only(&top)
}

/// Shows a folder in such a way that what is changed there goes into another.
fn lay_over(lower: &File, changes: &Path, to: &Path, entered: &OptMl) -> io::Result<()> {
    let mut opened = Vec::new();
    for name in ["upper", "work"] {
        fs::create_dir_all(changes.join(name))?;
        opened.push(open_place(&changes.join(name))?);
    }
    // By their numbers: names may contain what the kernel takes for the end of a name.
    let [upper, work] = &opened[..] else { return Err(io::ErrorKind::NotFound.into()) };
    let show = |file: &File| place(file).display().to_string();
    let mut options =
        format!("lowerdir={},upperdir={},workdir={}", show(lower), show(upper), show(work));
    if *entered == OptMl::UserNamespace {
        options.push_str(",userxattr");
    }
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("overlay"), to, Some("overlay"), flags, Some(options.as_str()))
        .map_err(io::Error::from)
}

/// What a job without a mount namespace needs instead. The error says why it cannot be run.
pub(super) fn without_mounts(folder: &JobFolder, spec: &JobSpec) -> Result<(), String> {
    if spec.container.is_some() {
        return Ok(());
    }
    if spec.isolate_network {
        unshare_namespaces(false, true)
            .map_err(|why| format!("this machine cannot isolate its network: {why}"))?;
    }
    for below in inside(&spec.read_only) {
        own_copies(&folder.ml().join(below)).map_err(said("copy a channel"))?;
    }
    Ok(())
}

/// The paths that cannot leave the folder they are joined to.
fn inside(paths: &[PathBuf]) -> impl Iterator<Item = &PathBuf> {
    let is_inside =
        |path: &&PathBuf| path.components().all(|part| matches!(part, Component::Normal(_)));
    paths.iter().filter(is_inside)
}

/// Replaces hard links to files of others by copies, so that the job can only change its own.
fn own_copies(folder: &Path) -> io::Result<()> {
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else { continue };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if entry.file_type()?.is_file() && entry.metadata()?.nlink() > 1 {
                let draft = entry.path().with_extension("refit-copy");
                fs::copy(entry.path(), &draft)?;
                fs::rename(&draft, entry.path())?;
            }
        }
    }
    Ok(())
}

/// Makes a bind mount read-only.
fn read_only(place: &Path) -> io::Result<()> {
    let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
    // A user namespace may not drop what the mount below it has.
    let kept = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(none(), place, none(), flags, none())
        .or_else(|_| mount(none(), place, none(), flags | kept, none()))
        .map_err(io::Error::from)
}

fn none() -> Option<&'static Path> {
    None
}

fn said<E: std::fmt::Display>(what: &'static str) -> impl Fn(E) -> String {
    move |error| format!("cannot {what}: {error}")
}

fn unshare_namespaces(with_hostname: bool, without_network: bool) -> Result<OptMl, String> {
    let mut flags = CloneFlags::CLONE_NEWNS;
    if without_network {
        flags |= CloneFlags::CLONE_NEWNET;
    }
    if with_hostname {
        flags |= CloneFlags::CLONE_NEWUTS;
    }
    match unshare(flags) {
        Ok(()) => {
            if without_network {
                loopback::bring_up().map_err(said("bring the loopback interface up"))?;
            }
            return Ok(OptMl::PrivateMount);
        }
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
    if without_network {
        loopback::bring_up().map_err(said("bring the loopback interface up"))?;
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

/// Lets host names be resolved: to loopback addresses, as all of a job runs here.
fn bind_hosts(
    folder: &JobFolder,
    hostname: &str,
    hosts: &BTreeMap<String, String>,
) -> io::Result<()> {
    let host_file = Path::new("/etc/hosts");
    if !host_file.exists() {
        return Ok(());
    }
    let own = folder.path().join("hosts");
    let text = fs::read_to_string(host_file)?;
    let mut text = format!("{}\n", text.trim_end());
    if !hosts.contains_key(hostname) {
        writeln!(text, "127.0.0.1 {hostname}").map_err(io::Error::other)?;
    }
    for (name, address) in hosts {
        writeln!(text, "{address} {name}").map_err(io::Error::other)?;
    }
    fs::write(&own, text)?;
    bind(&own, host_file)
}
