//! What the engine is asked to make. Pure.

use serde_json::{Value, json};

use crate::{Container, JobFolder, JobSpec};

use super::LABEL;

/// The body of the request that makes a job's container.
pub(super) fn body(folder: &JobFolder, spec: &JobSpec, container: &Container) -> Value {
    let variables = spec.env.iter().map(|(name, value)| format!("{name}={value}"));
    let own = ["REFIT_OPT_ML=/opt/ml".to_owned()];
    let network = if spec.isolate_network { "none" } else { container.network.as_str() };
    let mut hosts: Vec<String> =
        spec.hosts.iter().map(|(name, address)| format!("{name}:{address}")).collect();
    if let Some(hostname) = spec.hostname.as_ref().filter(|name| !spec.hosts.contains_key(*name)) {
        hosts.push(format!("{hostname}:127.0.0.1"));
    }
    let mut host = json!({
        "Binds": binds(folder, spec),
        "NetworkMode": network,
        "Init": true,
        // What the job writes is read as it is written: the engine need not keep it.
        "LogConfig": {"Type": "none"},
        "SecurityOpt": ["no-new-privileges"],
        "AutoRemove": false,
    });
    if network != "none" {
        host["ExtraHosts"] = hosts.into();
    }
    if let Some(bytes) = spec.limits.memory_bytes {
        host["Memory"] = bytes.into();
        // As on AWS there is no swap to go to.
        host["MemorySwap"] = bytes.into();
    }
    if let Some(thousandths) = container.cpu_thousandths {
        host["NanoCpus"] = thousandths.saturating_mul(1_000_000).into();
    }
    if let Some(bytes) = container.shm_bytes {
        host["ShmSize"] = bytes.into();
    }
    if !container.gpus.is_empty() {
        let ids: Vec<String> = container.gpus.iter().map(ToString::to_string).collect();
        host["DeviceRequests"] =
            json!([{"Driver": "", "DeviceIDs": ids, "Capabilities": [["gpu"]]}]);
    }
    let mut body = json!({
        "Image": container.image,
        "Env": variables.chain(own).collect::<Vec<_>>(),
        "Labels": {LABEL: folder.path().to_string_lossy()},
        "AttachStdout": true,
        "AttachStderr": true,
        "Tty": false,
        "HostConfig": host,
    });
    if !spec.argv.is_empty() {
        body["Cmd"] = json!(spec.argv);
    }
    if let Some(entrypoint) = &container.entrypoint {
        body["Entrypoint"] = json!(entrypoint);
    }
    if let Some(directory) = &spec.working_directory {
        body["WorkingDir"] = json!(directory.to_string_lossy());
    }
    if let Some(hostname) = &spec.hostname {
        body["Hostname"] = json!(hostname);
    }
    body
}

fn binds(folder: &JobFolder, spec: &JobSpec) -> Vec<String> {
    let ml = folder.ml();
    let mut binds = Vec::new();
    if spec.mount_opt_ml {
        binds.push(format!("{}:/opt/ml", ml.display()));
        for below in &spec.read_only {
            let below = below.display();
            binds.push(format!("{}/{below}:/opt/ml/{below}:ro", ml.display()));
        }
    }
    binds
}
