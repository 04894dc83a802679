//! The container contract: where an algorithm finds its input and leaves its output.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The file of the models that are not XGBoost's.
pub(crate) const MODEL_FILE: &str = "model.json";
/// How deep the folders of a channel may be nested.
// AWS: the XGBoost container reads at most three levels.
const FOLDER_LEVELS: usize = 3;

/// One channel of `inputdataconfig.json`.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Channel {
    /// The MIME type, with parameters.
    #[serde(rename = "ContentType")]
    pub(crate) content_type: Option<String>,
    /// `File`, `FastFile` or `Pipe`.
    #[serde(rename = "TrainingInputMode")]
    pub(crate) input_mode: Option<String>,
}

/// The hyperparameters, as the API got them.
pub(crate) fn hyperparameters(opt_ml: &Path) -> Result<BTreeMap<String, String>> {
    let read: BTreeMap<String, serde_json::Value> = read_config(opt_ml, "hyperparameters.json")?;
    let text = |value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(read.into_iter().map(|(name, value)| (name, text(value))).collect())
}

/// The channels by name.
pub(crate) fn channels(opt_ml: &Path) -> Result<BTreeMap<String, Channel>> {
    read_config(opt_ml, "inputdataconfig.json")
}

/// The configuration of a batch transform.
pub(crate) fn transform_config<T: DeserializeOwned + Default>(opt_ml: &Path) -> Result<T> {
    read_config(opt_ml, "transform.json")
}

fn read_config<T: DeserializeOwned + Default>(opt_ml: &Path, name: &str) -> Result<T> {
    let path = opt_ml.join("input/config").join(name);
    if !path.exists() {
        return Ok(T::default());
    }
    let text = fs::read(&path).map_err(Error::io("read", &path))?;
    serde_json::from_slice(&text)
        .map_err(|error| Error::client(format!("{} is not valid: {error}", path.display())))
}

/// The data files of a channel (or of a single file's path), in order of path. Names that begin
/// with `.` or `_` are not data.
pub(crate) fn data_files(channel: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if channel.is_dir() {
        collect_files(channel, 1, &mut files)?;
    } else if channel.exists() {
        files.push(channel.to_owned());
    }
    files.sort();
    if files.is_empty() {
        return Err(Error::client(format!("there is no data in {}", channel.display())));
    }
    Ok(files)
}

fn collect_files(folder: &Path, level: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let path = entry.map_err(Error::io("read", folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(['.', '_']) {
            continue;
        }
        if !path.is_dir() {
            files.push(path);
        } else if level < FOLDER_LEVELS {
            collect_files(&path, level + 1, files)?;
        } else {
            let text =
                format!("{} is nested more than {FOLDER_LEVELS} folders deep", path.display());
            return Err(Error::client(text));
        }
    }
    Ok(())
}

/// Writes why the job failed where SageMaker looks for it; what cannot be written is already on
/// standard error.
pub(crate) fn write_failure(opt_ml: &Path, text: &str) {
    let folder = opt_ml.join("output");
    fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join("failure"), text)).ok();
}

/// What a model of refit's own form says of itself; the rest of it may be large.
#[derive(Deserialize)]
struct Made {
    algorithm: Option<String>,
    version: Option<u64>,
}

/// Reads a model of refit's own form; what is of another algorithm, or has parts that do not fit together, is refused.
pub(crate) fn read_model<M: DeserializeOwned>(
    file: &Path,
    algorithm: &str,
    fits: impl Fn(&M) -> bool,
) -> Result<M> {
    let text = fs::read(file).map_err(Error::io("read", file))?;
    let wrong = |why: &str| Error::client(format!("{}: {why}", file.display()));
    let unreadable = |error| wrong(&format!("is not a model of {algorithm}: {error}"));
    let made: Made = serde_json::from_slice(&text).map_err(unreadable)?;
    if made.algorithm.as_deref() != Some(algorithm) || made.version != Some(1) {
        return Err(wrong("is a model of another algorithm or version"));
    }
    let model = serde_json::from_slice(&text).map_err(unreadable)?;
    if fits(&model) { Ok(model) } else { Err(wrong("the parts of the model do not fit together")) }
}

/// Writes a model of refit's own form: `model.json`.
pub(crate) fn write_model(opt_ml: &Path, model: &impl Serialize) -> Result<()> {
    let folder = opt_ml.join("model");
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    let path = folder.join(MODEL_FILE);
    let text = serde_json::to_vec(model)
        .map_err(|error| Error::client(format!("the model cannot be written: {error}")))?;
    fs::write(&path, text).map_err(Error::io("write", &path))
}
