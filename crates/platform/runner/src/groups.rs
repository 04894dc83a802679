//! Control groups: limits that the kernel itself keeps, where it lets us have them.
//!
//! With one hierarchy (version 2) jobs get groups below the folder that `REFIT_CGROUP` names, else beside
//! the group of a server whose own is called `refit-server` (`DelegateSubgroup=` of a systemd unit), else
//! below `/sys/fs/cgroup/refit`, which needs root. With a hierarchy per controller (version 1) they lie
//! below the server's own. Nobody is let out of a limit that the server itself is under.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::folder::{read_record, write_note};
use crate::{JobFolder, Limits, kernel};

/// Where the kernel shows its control groups.
const MOUNT: &str = "/sys/fs/cgroup";
/// A job may have as many processes and threads: a fork bomb ends in itself and not in everybody.
const MOST_PROCESSES: u32 = 10_000;
/// The group of a server beside which jobs may have theirs.
const SERVER: &str = "refit-server";

/// The group of one job: a folder per hierarchy, that of memory first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    folders: Vec<PathBuf>,
}

/// The kernel's files, and which group this process is in.
struct Place {
    mount: PathBuf,
    /// `/proc/self/cgroup`.
    own: String,
    /// `REFIT_CGROUP`.
    asked: Option<String>,
}

/// Whether jobs get control groups on this machine: where, or why not.
pub fn available() -> Result<String, String> {
    let place = Place::real();
    let base =
        if place.is_unified() { unified_base(&place) } else { separate_base(&place, "memory") };
    base.map(|base| base.display().to_string())
}

impl Place {
    fn real() -> Self {
        Self {
            mount: MOUNT.into(),
            own: fs::read_to_string("/proc/self/cgroup").unwrap_or_default(),
            asked: std::env::var("REFIT_CGROUP").ok().filter(|asked| !asked.is_empty()),
        }
    }

    fn is_unified(&self) -> bool {
        self.mount.join("cgroup.controllers").exists()
    }

    /// The path of this process's group in a hierarchy; in the unified one without a controller's name.
    fn own(&self, controller: &str) -> PathBuf {
        let line = self.own.lines().find_map(|line| {
            let (names, path) = line.split_once(':')?.1.split_once(':')?;
            names.split(',').any(|name| name == controller).then_some(path)
        });
        PathBuf::from(line.unwrap_or("/").trim_start_matches('/'))
    }
}

/// Makes the group of a job with its limits. The error says why there is none.
pub(crate) fn make(folder: &JobFolder, limits: &Limits) -> Result<Group, String> {
    make_in(&Place::real(), folder, limits)
}

fn make_in(place: &Place, folder: &JobFolder, limits: &Limits) -> Result<Group, String> {
    let name = name(folder);
    let made = if place.is_unified() {
        unified(place, &name, limits)
    } else {
        separate(place, &name, limits)
    };
    let group = made?;
    // Whoever puts a lost job to its end has to find it.
    match write_note(&folder.groups(), &group) {
        Ok(()) => Ok(group),
        Err(error) => {
            group.remove();
            Err(error.to_string())
        }
    }
}

/// Two servers may have jobs of the same name.
fn name(folder: &JobFolder) -> String {
    let digest = Sha256::digest(folder.path().to_string_lossy().as_bytes());
    let digest = digest.iter().take(4).fold(0_u32, |all, byte| (all << 8) | u32::from(*byte));
    format!("{}-{digest:08x}", folder.id())
}

fn unified_base(place: &Place) -> Result<PathBuf, String> {
    let base = match place.asked.as_deref() {
        Some("off") => return Err("REFIT_CGROUP is off".to_owned()),
        Some(asked) => PathBuf::from(asked),
        None => {
            let own = place.own("");
            match own.parent().filter(|_| own.file_name().is_some_and(|name| name == SERVER)) {
                Some(parent) => place.mount.join(parent),
                None if has_limit(place, &own) => {
                    return Err(
                        "the server's own control group has a limit and none below it".to_owned()
                    );
                }
                None => place.mount.join("refit"),
            }
        }
    };
    // It may be enabled already, or not ours to enable; what counts is whether it is below.
    if let Some(parent) = base.parent() {
        for controller in ["+memory", "+cpu", "+pids"] {
            fs::write(parent.join("cgroup.subtree_control"), controller).ok();
        }
    }
    fs::create_dir_all(&base).map_err(|error| refused(&base, &error))?;
    for controller in ["+cpu", "+pids"] {
        fs::write(base.join("cgroup.subtree_control"), controller).ok();
    }
    write(&base, "cgroup.subtree_control", "+memory")?;
    Ok(base)
}

/// Whether the group or one above it has a limit.
fn has_limit(place: &Place, own: &Path) -> bool {
    own.ancestors().filter(|path| !path.as_os_str().is_empty()).any(|path| {
        let limit = fs::read_to_string(place.mount.join(path).join("memory.max"));
        limit.is_ok_and(|limit| limit.trim() != "max")
    })
}

fn unified(place: &Place, name: &str, limits: &Limits) -> Result<Group, String> {
    let folder = make_folder(&unified_base(place)?, name)?;
    let group = Group { folders: vec![folder.clone()] };
    let mut files = Vec::new();
    if let Some(bytes) = limits.memory_bytes {
        files.push(("memory.max", bytes.to_string()));
        // What does not fit is not to be moved to the disk; one that is killed takes the others along.
        files.push(("memory.swap.max", "0".to_owned()));
        files.push(("memory.oom.group", "1".to_owned()));
    }
    if let Some(vcpus) = limits.vcpus {
        files.push(("cpu.weight", vcpus.saturating_mul(100).clamp(1, 10_000).to_string()));
    }
    files.push(("pids.max", MOST_PROCESSES.to_string()));
    group.limited(&folder, files)
}

fn separate_base(place: &Place, controller: &str) -> Result<PathBuf, String> {
    if place.asked.as_deref() == Some("off") {
        return Err("REFIT_CGROUP is off".to_owned());
    }
    let mount = place.mount.join(controller);
    let own = mount.join(place.own(controller));
    // In a container the path is the host's.
    let base = if own.is_dir() { own } else { mount }.join("refit");
    if !base.parent().is_some_and(|above| above.join("cgroup.procs").exists()) {
        return Err(format!(
            "the kernel shows no {controller} groups below {}",
            place.mount.display()
        ));
    }
    fs::create_dir_all(&base).map_err(|error| refused(&base, &error))?;
    Ok(base)
}

fn separate(place: &Place, name: &str, limits: &Limits) -> Result<Group, String> {
    let mut group = Group { folders: Vec::new() };
    let memory = make_folder(&separate_base(place, "memory")?, name)?;
    group.folders.push(memory.clone());
    if let Some(bytes) = limits.memory_bytes {
        let limit = bytes.to_string();
        // Where the group has a limit already and this one is higher, this one must be raised first.
        fs::write(memory.join("memory.memsw.limit_in_bytes"), &limit).ok();
        let files =
            vec![("memory.limit_in_bytes", limit.clone()), ("memory.memsw.limit_in_bytes", limit)];
        group = group.limited(&memory, files)?;
    }
    let shares = limits.vcpus.map(|vcpus| vcpus.saturating_mul(1024).clamp(2, 262_144).to_string());
    let more =
        [("cpu", "cpu.shares", shares), ("pids", "pids.max", Some(MOST_PROCESSES.to_string()))];
    for (controller, file, value) in more {
        let Some(value) = value else { continue };
        // Memory is what matters; a machine may have the one and not the other.
        if let Ok(folder) =
            separate_base(place, controller).and_then(|base| make_folder(&base, name))
        {
            fs::write(folder.join(file), value).ok();
            group.folders.push(folder);
        }
    }
    Ok(group)
}

fn make_folder(base: &Path, name: &str) -> Result<PathBuf, String> {
    let folder = base.join(name);
    match fs::create_dir(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(refused(&folder, &error))
        }
        _ => Ok(folder),
    }
}

fn refused(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

fn write(folder: &Path, file: &str, value: &str) -> Result<(), String> {
    let path = folder.join(file);
    fs::write(&path, value).map_err(|error| refused(&path, &error))
}

impl Group {
    /// Writes limits; the first must be there, or the group is of no use.
    fn limited(self, folder: &Path, files: Vec<(&str, String)>) -> Result<Self, String> {
        for (number, (file, value)) in files.into_iter().enumerate() {
            if let Err(why) = write(folder, file, &value)
                && number == 0
            {
                self.remove();
                return Err(why);
            }
        }
        Ok(self)
    }

    fn memory(&self) -> &Path {
        self.folders.first().map_or(Path::new(""), PathBuf::as_path)
    }

    /// Puts processes into it that are not in it yet; what they fork from then on is in it too. The kernel may take ten
    /// milliseconds for it.
    pub(crate) fn adopt(&self, pids: &[i32]) {
        for folder in &self.folders {
            let there = processes(folder);
            for pid in pids.iter().filter(|pid| !there.contains(pid)) {
                // It may have ended.
                fs::write(folder.join("cgroup.procs"), pid.to_string()).ok();
            }
        }
    }

    /// Whether a process is in it.
    pub(crate) fn has(&self, pid: i32) -> bool {
        self.folders.first().is_some_and(|folder| processes(folder).contains(&pid))
    }

    /// Whether the kernel has killed one of its processes for want of memory.
    pub(crate) fn was_out_of_memory(&self) -> bool {
        ["memory.events", "memory.oom_control"].into_iter().any(|file| {
            let text = fs::read_to_string(self.memory().join(file)).unwrap_or_default();
            let count = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
            count.is_some_and(|count| count.trim() != "0")
        })
    }

    /// The most memory that it has held, bytes; none where the kernel does not say.
    pub(crate) fn most_memory(&self) -> Option<u64> {
        ["memory.peak", "memory.max_usage_in_bytes"]
            .into_iter()
            .find_map(|file| fs::read_to_string(self.memory().join(file)).ok()?.trim().parse().ok())
    }

    /// Kills what is in it and removes it.
    pub(crate) fn remove(&self) {
        for folder in &self.folders {
            // What was killed is in the group until the kernel is done with it.
            for _ in 0..100 {
                for pid in processes(folder) {
                    kernel::kill_now(pid);
                }
                match fs::remove_dir(folder) {
                    Err(error) if error.kind() == std::io::ErrorKind::ResourceBusy => {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                    _ => break,
                }
            }
        }
    }
}

fn processes(folder: &Path) -> Vec<i32> {
    let text = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    text.lines().filter_map(|line| line.trim().parse().ok()).filter(|pid| *pid > 0).collect()
}

/// Removes the group of a job that has no supervisor any more.
pub(crate) fn remove_remains(folder: &JobFolder) {
    if let Ok(Some(group)) = read_record::<Group>(&folder.groups()) {
        group.remove();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that looks like the kernel's.
    fn place(name: &str, is_unified: bool, own: &str, asked: Option<&str>) -> (Place, JobFolder) {
        let root = std::env::temp_dir().join(format!("refit-groups-{name}-{}", std::process::id()));
        fs::remove_dir_all(&root).ok();
        let mount = root.join("cgroup");
        let groups =
            if is_unified { vec!["", "s/refit-server"] } else { vec!["memory/own", "cpu"] };
        for group in groups {
            fs::create_dir_all(mount.join(group)).unwrap();
            fs::write(mount.join(group).join("cgroup.procs"), "").unwrap();
        }
        if is_unified {
            fs::write(mount.join("cgroup.controllers"), "memory").unwrap();
        }
        let asked = asked.map(|asked| asked.replace("MOUNT", &mount.to_string_lossy()));
        let job = JobFolder::at(root.join("jobs/train"));
        job.create().unwrap();
        (Place { mount, own: own.to_owned(), asked }, job)
    }

    const LIMITS: Limits = Limits {
        max_runtime_seconds: None,
        stop_grace_seconds: 1,
        memory_bytes: Some(1024),
        vcpus: Some(2),
    };

    #[test]
    fn a_group_lies_where_it_may() {
        let cases = [
            ("root", true, "0::/user.slice\n", None, "refit", "memory.max"),
            ("delegated", true, "0::/s/refit-server\n", None, "s", "memory.max"),
            ("asked", true, "0::/x\n", Some("MOUNT/mine"), "mine", "memory.max"),
            (
                "separate",
                false,
                "4:memory:/own\n1:cpu:/\n0::/\n",
                None,
                "memory/own/refit",
                "memory.limit_in_bytes",
            ),
            (
                "container",
                false,
                "4:memory:/docker/1\n",
                None,
                "memory/refit",
                "memory.limit_in_bytes",
            ),
        ];
        for (case, is_unified, own, asked, base, file) in cases {
            let (place, job) = place(case, is_unified, own, asked);
            if case == "container" {
                fs::write(place.mount.join("memory/cgroup.procs"), "").unwrap();
            }
            let group = make_in(&place, &job, &LIMITS).unwrap();
            let folder = place.mount.join(base).join(name(&job));
            assert_eq!(group.memory(), folder, "{case}");
            assert_eq!(fs::read_to_string(folder.join(file)).unwrap(), "1024", "{case}");
            let own = std::process::id().cast_signed();
            group.adopt(&[own]);
            assert!(group.has(own), "{case}");
            assert!(!group.was_out_of_memory() && group.most_memory().is_none());
            fs::write(folder.join("memory.events"), "oom 1\noom_kill 1\n").unwrap();
            assert!(group.was_out_of_memory());
            fs::remove_dir_all(place.mount.parent().unwrap()).unwrap();
        }
    }

    #[test]
    fn nobody_is_let_out_of_a_limit() {
        let (place, job) = place("limited", true, "0::/s/unit\n", None);
        fs::create_dir_all(place.mount.join("s/unit")).unwrap();
        fs::write(place.mount.join("s/memory.max"), "1000\n").unwrap();
        assert!(make_in(&place, &job, &LIMITS).unwrap_err().contains("has a limit"));
        let off = Place { asked: Some("off".to_owned()), ..place };
        assert!(make_in(&off, &job, &LIMITS).unwrap_err().contains("off"));
        let none = Place { mount: "/nowhere".into(), own: String::new(), asked: None };
        assert!(make_in(&none, &job, &LIMITS).is_err());
        fs::remove_dir_all(off.mount.parent().unwrap()).unwrap();
    }
}
