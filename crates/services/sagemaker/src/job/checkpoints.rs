//! Checkpoints: brought before the job starts, and kept in object storage while it runs.
// AWS: model-checkpoints: the local folder is synchronised with S3 while the job runs; what is deleted locally stays in S3
// here (UNVERIFIED what AWS does with it).

use crate::Sagemaker;
use crate::job::Failure;
use crate::job::archive;
use crate::job::finish::put;
use crate::job::input::{fetch_to, inside, objects};
use crate::jobs::split_uri;
use crate::records::Job;
use runner::JobFolder;
use service::Principal;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often the folder is looked at.
pub(crate) const PAUSE: Duration = Duration::from_secs(5);
/// A file that has just been changed may be half written.
const QUIET: Duration = Duration::from_secs(1);
/// Where they lie unless the request says otherwise.
const DEFAULT_PATH: &str = "/opt/ml/checkpoints";

/// Where checkpoints lie: in object storage, and below `ml/`.
pub(crate) struct Checkpoints {
    uri: String,
    below: PathBuf,
    /// What has been uploaded: size and time of change by name.
    uploaded: HashMap<PathBuf, (u64, SystemTime)>,
}

impl Checkpoints {
    /// The request's checkpoints, when it has any.
    pub(crate) fn of(job: &Job) -> Result<Option<Self>, Failure> {
        let Some(config) = job.request.get("CheckpointConfig") else { return Ok(None) };
        let uri = config["S3Uri"].as_str().unwrap_or_default();
        let path = config["LocalPath"].as_str().unwrap_or(DEFAULT_PATH);
        let below = Path::new(path).strip_prefix("/opt/ml").ok().and_then(Path::to_str);
        let below = below.filter(|below| inside(below).is_ok()).ok_or_else(|| {
            Failure::client(format!("checkpoints lie below /opt/ml here, not in {path}"))
        })?;
        let uri = uri.trim_end_matches('/').to_owned();
        Ok(Some(Self { uri, below: below.into(), uploaded: HashMap::new() }))
    }

    /// Brings what is there.
    pub(crate) async fn restore(
        &self,
        service: &Sagemaker,
        principal: &Principal,
        folder: &JobFolder,
    ) -> Result<(), Failure> {
        let place = folder.ml().join(&self.below);
        tokio::fs::create_dir_all(&place).await.map_err(Failure::internal)?;
        let (bucket, _) = split_uri(&self.uri).map_err(Failure::client)?;
        for (key, relative) in objects(service, principal, &format!("{}/", self.uri)).await? {
            let target = place.join(inside(&relative)?);
            fetch_to(service, principal, &format!("s3://{bucket}/{key}"), &target).await?;
        }
        Ok(())
    }

    /// Uploads what has changed; while the job runs only what has been left alone for a moment.
    pub(crate) async fn save(
        &mut self,
        service: &Sagemaker,
        principal: &Principal,
        folder: &JobFolder,
        is_last: bool,
    ) -> Result<(), Failure> {
        let Some(place) = archive::own_folder(&folder.ml(), self.below.as_ref()) else {
            return Ok(());
        };
        for (name, path) in archive::content(&[place]).map_err(Failure::internal)? {
            let Ok(seen) = path.symlink_metadata() else { continue };
            let Ok(changed) = seen.modified() else { continue };
            let is_quiet = changed.elapsed().is_ok_and(|age| age > QUIET);
            let state = (seen.len(), changed);
            if !seen.is_file() || !(is_last || is_quiet) || self.uploaded.get(&name) == Some(&state)
            {
                continue;
            }
            let uri = format!("{}/{}", self.uri, name.to_string_lossy());
            put(service, principal, &path, &uri).await?;
            self.uploaded.insert(name, state);
        }
        Ok(())
    }
}
