//! Deleting environments that nobody uses.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::folder::read_record;
use crate::{Error, Result};

use super::Made;

/// How long a folder without a record may be a build that still goes on.
const BUILDING: Duration = Duration::from_hours(3);

/// Deletes what is not in use; answers how many folders went.
pub(super) fn sweep(root: &Path, jobs: &Path, unused: Duration, now: SystemTime) -> Result<usize> {
    let in_use = in_use(jobs);
    let mut kept = BTreeSet::new();
    let names = names(root)?;
    for name in &names {
        let Some(key) = name.strip_suffix(".json") else { continue };
        let record = root.join(name);
        let Some(made) = read_record::<Made>(&record)? else { continue };
        let is_old = age(&root.join(format!("{key}.used")), now) > unused;
        if is_old && !in_use.contains(key) {
            // The record first: nobody takes what is being deleted.
            fs::remove_file(&record).map_err(Error::io("remove", &record))?;
            fs::remove_file(root.join(format!("{key}.used"))).ok();
        } else {
            kept.insert(made.folder);
        }
    }
    let mut gone = 0;
    for name in &names {
        let path = root.join(name);
        let key = name.split('-').next().unwrap_or_default();
        let was_swept =
            !root.join(format!("{key}.json")).exists() && names.contains(&format!("{key}.json"));
        let is_left = !kept.contains(name) && path.is_dir() && !in_use.contains(key);
        if is_left && (was_swept || age(&path, now) > BUILDING) {
            fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?;
            gone += 1;
        }
    }
    Ok(gone)
}

/// The keys that job folders name.
fn in_use(jobs: &Path) -> BTreeSet<String> {
    let folders = fs::read_dir(jobs).into_iter().flatten().flatten();
    folders
        .filter_map(|folder| fs::read_to_string(folder.path().join("environment")).ok())
        .map(|key| key.trim().to_owned())
        .collect()
}

fn names(root: &Path) -> Result<BTreeSet<String>> {
    match fs::read_dir(root) {
        Ok(entries) => {
            Ok(entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(Error::io("read", root)(error)),
    }
}

/// How long ago a file was changed; a file that is not there is as old as can be.
fn age(path: &Path, now: SystemTime) -> Duration {
    let changed = path.metadata().and_then(|it| it.modified());
    changed.map_or(Duration::MAX, |at| now.duration_since(at).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::write_record;

    #[test]
    fn only_what_nobody_uses_goes() {
        let root = std::env::temp_dir().join(format!("refit-sweep-{}", std::process::id()));
        let (environments, jobs) = (root.join("e"), root.join("j"));
        fs::create_dir_all(jobs.join("one")).unwrap();
        for key in ["used", "old", "job"] {
            let folder = format!("{key}-1");
            fs::create_dir_all(environments.join(&folder).join("bin")).unwrap();
            let made =
                Made { folder, python: String::new(), packages: Vec::new(), requirements: None };
            write_record(&environments.join(format!("{key}.json")), &made).unwrap();
        }
        fs::write(environments.join("used.used"), "").unwrap();
        fs::create_dir_all(environments.join("building-2")).unwrap();
        fs::write(jobs.join("one/environment"), "job\n").unwrap();
        let day = Duration::from_hours(24);
        let now = SystemTime::now();
        assert_eq!(sweep(&environments, &jobs, day, now).unwrap(), 1);
        let left = |name: &str| environments.join(name).exists();
        assert!(left("used-1") && left("job-1") && left("building-2") && !left("old-1"));
        assert_eq!(sweep(&environments, &jobs, day, now + 2 * day).unwrap(), 2);
        assert!(left("job-1"), "a job has it");
        fs::remove_dir_all(&root).unwrap();
    }
}
