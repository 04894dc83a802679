//! The state of a stack: what was deployed, in Pulumi's checkpoint format and file layout, so that both can read it.
//!
//! `<root>/.pulumi/stacks/<project>/<stack>.json` is replaced whole, atomically and durably; `.bak` beside it is what it was
//! before the last run.

mod checkpoint;
mod lock;
mod secrets;
#[cfg(test)]
mod tests;

pub(crate) use checkpoint::{Checkpoint, Pending, Resource, Timeouts, shown};
pub(crate) use secrets::Vault;

use crate::error::Error;
use lock::Lock;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The files of one stack.
pub(crate) struct StateFile {
    root: PathBuf,
    project: String,
    stack: String,
    path: PathBuf,
}

impl StateFile {
    /// The files of a stack below a root.
    pub(crate) fn new(root: &Path, project: &str, stack: &str) -> Self {
        let path = root.join(".pulumi/stacks").join(project).join(format!("{stack}.json"));
        Self { root: root.to_owned(), project: project.to_owned(), stack: stack.to_owned(), path }
    }

    /// What was saved; none when there never was anything.
    pub(crate) fn read(&self) -> Result<Option<String>, Error> {
        match std::fs::read_to_string(&self.path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::File { action: "read", path: self.path.clone(), source }),
        }
    }

    /// Where the state is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps all other runs out until the lock is dropped.
    pub(crate) fn lock(&self) -> Result<Lock, Error> {
        Lock::take(&self.root, &self.project, &self.stack)
    }

    /// Keeps what is there as `.bak`, and makes the folders.
    pub(crate) fn prepare(&self) -> Result<(), Error> {
        let folder = self.path.parent().unwrap_or(&self.root);
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::File { action: "write", path, source }
        };
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        let meta = self.root.join(".pulumi/meta.yaml");
        if !meta.exists() {
            std::fs::write(&meta, "version: 1\n").map_err(failed(&meta))?;
        }
        if self.path.exists() {
            let backup = self.path.with_extension("json.bak");
            std::fs::copy(&self.path, &backup).map_err(failed(&backup))?;
        }
        Ok(())
    }

    /// Takes the file away; the copy of what it was stays.
    pub(crate) fn remove(&self) -> Result<(), Error> {
        let failed = |source| Error::File { action: "remove", path: self.path.clone(), source };
        std::fs::copy(&self.path, self.path.with_extension("json.bak")).map_err(failed)?;
        std::fs::remove_file(&self.path).map_err(failed)
    }

    /// Replaces the file; when this returns, it is on disk.
    pub(crate) fn write(&self, text: &str) -> Result<(), Error> {
        let temporary = self.path.with_extension("json.new");
        let failed = |source| Error::File { action: "write", path: self.path.clone(), source };
        let mut file = private(&temporary).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        drop(file);
        std::fs::rename(&temporary, &self.path).map_err(failed)?;
        let folder = self.path.parent().unwrap_or(&self.root);
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

/// A new file that only its owner can read: inputs may say more than a user wants others to know.
fn private(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Now, as checkpoints write times.
pub(crate) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A random UUID.
pub(crate) fn uuid() -> String {
    let mut bytes = random::<16>();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let text = hex::encode(bytes);
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has random numbers");
    bytes
}
