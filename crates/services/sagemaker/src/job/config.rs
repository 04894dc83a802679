//! The files below `/opt/ml/input/config`, as AWS's containers find them.
// AWS: your-algorithms-training-algo-running-container; key names as the SageMaker training toolkit reads them.

use crate::job::hosts::{Host, resource_config};
use crate::records::Job;
use runner::JobFolder;
use serde_json::{Map, Value, json};
use std::io;

/// Writes hyperparameters, channels and resources, and makes the folders a job may expect.
pub(crate) fn write(job: &Job, host: &Host, hosts: &[Host], folder: &JobFolder) -> io::Result<()> {
    let ml = folder.ml();
    for name in ["input/config", "input/data", "model", "output/data", "checkpoints", "code"] {
        std::fs::create_dir_all(ml.join(name))?;
    }
    let config = ml.join("input/config");
    let empty = json!({});
    let hyperparameters = job.request.get("HyperParameters").unwrap_or(&empty);
    std::fs::write(config.join("hyperparameters.json"), hyperparameters.to_string())?;
    std::fs::write(config.join("inputdataconfig.json"), channels(job).to_string())?;
    std::fs::write(config.join("resourceconfig.json"), resource_config(hosts, host).to_string())?;
    if let Some(checkpoints) = job.request.get("CheckpointConfig") {
        std::fs::write(config.join("checkpointconfig.json"), checkpoints.to_string())?;
    }
    Ok(())
}

/// `inputdataconfig.json`.
pub(crate) fn channels(job: &Job) -> Value {
    let mode = &job.request["AlgorithmSpecification"]["TrainingInputMode"];
    let mut all = Map::new();
    for channel in
        job.request.get("InputDataConfig").and_then(Value::as_array).into_iter().flatten()
    {
        let Some(name) = channel.get("ChannelName").and_then(Value::as_str) else { continue };
        let distribution = channel["DataSource"]["S3DataSource"]
            .get("S3DataDistributionType")
            .cloned()
            .unwrap_or_else(|| Value::from("FullyReplicated"));
        let mut described = json!({
            "TrainingInputMode": channel.get("InputMode").unwrap_or(mode),
            "S3DistributionType": distribution,
            "RecordWrapperType": channel.get("RecordWrapperType").cloned().unwrap_or_else(|| Value::from("None")),
        });
        if let Some(content_type) = channel.get("ContentType") {
            described["ContentType"] = content_type.clone();
        }
        all.insert(name.to_owned(), described);
    }
    Value::Object(all)
}
