//! The data directory: where the server keeps everything, and where commands find the server.

use crate::report::Failure;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A running server, as it announced itself in `server.json`.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Announcement {
    /// Its process.
    pub(crate) pid: u32,
    /// `http://address:port`.
    pub(crate) url: String,
    /// Its version.
    pub(crate) version: String,
    /// Its default region.
    pub(crate) region: String,
}

/// The data directory.
#[derive(Debug, Clone)]
pub(crate) struct Home(PathBuf);

impl Home {
    /// The directory that was asked for, or `~/.refit`.
    pub(crate) fn locate(asked: Option<&Path>) -> Result<Self, Failure> {
        if let Some(directory) = asked {
            let directory = std::path::absolute(directory)?;
            return Ok(Self(directory));
        }
        match std::env::home_dir() {
            Some(home) if !home.as_os_str().is_empty() => Ok(Self(home.join(".refit"))),
            _ => Err(Failure::new("there is no home directory to keep data in")
                .hint("name a directory with --data DIR or REFIT_DATA")),
        }
    }

    /// The directory itself.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The credentials file of the administrator, in AWS's format.
    pub(crate) fn credentials(&self) -> PathBuf {
        self.0.join("credentials")
    }

    /// The server's own log, when it runs in the background.
    pub(crate) fn server_log(&self) -> PathBuf {
        self.0.join("server.log")
    }

    /// Where jobs live.
    pub(crate) fn jobs(&self) -> PathBuf {
        self.0.join("jobs")
    }

    /// Where stacks are kept, in the layout of Pulumi's file backend.
    pub(crate) fn stacks(&self) -> PathBuf {
        self.0.join("pulumi")
    }

    /// Where the stacks of another place than this machine are kept: a folder each, so that the same stack here and there
    /// are never mixed up.
    pub(crate) fn stacks_of(&self, place: &str) -> PathBuf {
        let bare = place.split_once("://").map_or(place, |(_, rest)| rest);
        let keep = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        self.0.join("targets").join(bare.chars().map(keep).collect::<String>())
    }

    fn announcement_file(&self) -> PathBuf {
        self.0.join("server.json")
    }

    /// Makes the directory, readable by its owner only.
    pub(crate) fn create(&self) -> Result<(), Failure> {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0).map_err(|error| {
            Failure::new(format!("cannot make the data directory {}", self.0.display()))
                .because(error)
                .hint("name another directory with --data DIR or REFIT_DATA")
        })
    }

    /// The server that last announced itself here; it may be gone.
    pub(crate) fn announcement(&self) -> Option<Announcement> {
        let text = std::fs::read(self.announcement_file()).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Announces this process as the server.
    pub(crate) fn announce(&self, announcement: &Announcement) -> Result<(), Failure> {
        let text = serde_json::to_vec_pretty(announcement)?;
        Self::replace(&self.announcement_file(), &text)
    }

    /// Takes the announcement back.
    pub(crate) fn withdraw(&self) {
        let _gone_already = std::fs::remove_file(self.announcement_file());
    }

    /// Writes the administrator's key as an AWS credentials profile.
    pub(crate) fn write_credentials(&self, key_id: &str, secret: &str) -> Result<(), Failure> {
        let text =
            format!("[default]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n");
        Self::replace(&self.credentials(), text.as_bytes())
    }

    /// The administrator's key: id and secret.
    pub(crate) fn read_credentials(&self) -> Result<(String, String), Failure> {
        let file = self.credentials();
        let text = std::fs::read_to_string(&file).map_err(|error| {
            Failure::new(format!("cannot read the credentials in {}", file.display()))
                .because(error)
                .hint("start the server once: refit serve")
        })?;
        let find = |name: &str| {
            text.lines()
                .filter_map(|line| line.split_once('='))
                .find(|(key, _)| key.trim() == name)
                .map(|(_, value)| value.trim().to_owned())
        };
        match (find("aws_access_key_id"), find("aws_secret_access_key")) {
            (Some(id), Some(secret)) => Ok((id, secret)),
            _ => Err(Failure::new(format!("{} holds no access key", file.display()))
                .hint("remove it and start the server again: refit serve")),
        }
    }

    /// Replaces a file as a whole: readers see the old content or the new.
    fn replace(file: &Path, content: &[u8]) -> Result<(), Failure> {
        let draft = file.with_extension("new");
        let mut handle = std::fs::OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&draft)?;
        handle.write_all(content)?;
        handle.sync_all()?;
        std::fs::rename(&draft, file)?;
        Ok(())
    }
}
