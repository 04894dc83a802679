//! The hosts of a training or processing job: `algo-1` to `algo-n`, each a process tree of its own on this machine.

use crate::records::Job;
use runner::resources::{Grant, Resources};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// More hosts than this would only be in each other's way on one machine.
pub(crate) const MOST_HOSTS: u64 = 32;

/// The group of jobs that do not say.
const ONLY_GROUP: &str = "homogeneousCluster";

/// One host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    /// From 0.
    pub(crate) index: usize,
    /// `algo-1`, `algo-2`, …
    pub(crate) name: String,
    pub(crate) group: String,
    pub(crate) instance_type: String,
    /// Its id with the runner.
    pub(crate) run_id: String,
}

/// The hosts of a job, in order. A transform job has one.
pub(crate) fn hosts(job: &Job) -> Vec<Host> {
    let resources = job.request.get("ResourceConfig");
    let cluster = || job.request.get("ProcessingResources")?.get("ClusterConfig");
    let resources = resources.or_else(cluster).or_else(|| job.request.get("TransformResources"));
    let resources = resources.unwrap_or(&Value::Null);
    let groups: Vec<(String, String, u64)> =
        match resources.get("InstanceGroups").and_then(Value::as_array) {
            Some(groups) if !groups.is_empty() => groups.iter().map(group).collect(),
            _ => vec![(ONLY_GROUP.to_owned(), text(resources, "InstanceType"), count(resources))],
        };
    let mut hosts = Vec::new();
    for (group, instance_type, count) in groups {
        for _ in 0..count {
            let index = hosts.len();
            if index as u64 >= MOST_HOSTS {
                return hosts;
            }
            hosts.push(Host {
                index,
                name: format!("algo-{}", index + 1),
                group: group.clone(),
                instance_type: instance_type.clone(),
                run_id: run_id(job, index),
            });
        }
    }
    hosts
}

/// How many hosts a request asks for.
pub(crate) fn asked(resources: &Value) -> u64 {
    match resources.get("InstanceGroups").and_then(Value::as_array) {
        Some(groups) if !groups.is_empty() => groups.iter().map(count).fold(0, u64::saturating_add),
        _ => count(resources),
    }
}

fn group(group: &Value) -> (String, String, u64) {
    (text(group, "InstanceGroupName"), text(group, "InstanceType"), count(group))
}

fn text(value: &Value, member: &str) -> String {
    value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn count(value: &Value) -> u64 {
    value.get("InstanceCount").and_then(Value::as_u64).unwrap_or(1).max(1)
}

/// The first host keeps the job's own id; a repeated attempt has ids of its own.
fn run_id(job: &Job, index: usize) -> String {
    let mut id = job.run_id.clone();
    if job.attempt > 0 {
        id = format!("{id}.r{}", job.attempt);
    }
    if index > 0 {
        id = format!("{id}.h{}", index + 1);
    }
    id
}

impl Host {
    /// What the host is to have: an equal part of what the job was granted.
    pub(crate) fn part(&self, grant: &Grant, hosts: usize) -> (Resources, Vec<u32>) {
        let hosts = hosts.max(1);
        let gpus = grant.gpu_indices.len();
        let (from, to) = (gpus * self.index / hosts, gpus * (self.index + 1) / hosts);
        let gpus = grant.gpu_indices.get(from..to).unwrap_or_default().to_vec();
        let resources = Resources {
            vcpus: (grant.resources.vcpus / hosts as u32).max(1),
            memory_mib: (grant.resources.memory_mib / hosts as u64).max(1),
            gpus: gpus.len() as u32,
        };
        (resources, gpus)
    }
}

/// The hosts' addresses: one host is the loopback address itself; several have addresses of a block of the loopback
/// network, another one for each job, so that every host of every job can listen on the same port.
pub(crate) fn addresses(job: &Job, hosts: &[Host]) -> BTreeMap<String, String> {
    if hosts.len() < 2 {
        return BTreeMap::new();
    }
    let mixed = job
        .run_id
        .bytes()
        .fold(0xcbf2_9ce4_u32, |mixed, byte| (mixed ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    // Not 127.0: that block is everybody's.
    let (second, third) = (mixed % 254 + 1, (mixed >> 8) % 256);
    let address = |host: &Host| format!("127.{second}.{third}.{}", host.index + 1);
    hosts.iter().map(|host| (host.name.clone(), address(host))).collect()
}

/// `resourceconfig.json` as a host finds it.
pub(crate) fn resource_config(hosts: &[Host], current: &Host) -> Value {
    let mut names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
    names.sort_unstable();
    let mut groups: Vec<Value> = Vec::new();
    for host in hosts {
        match groups.iter_mut().find(|group| group["instance_group_name"] == host.group.as_str()) {
            Some(Value::Object(group)) => {
                if let Some(Value::Array(names)) = group.get_mut("hosts") {
                    names.push(host.name.as_str().into());
                }
            }
            _ => groups.push(json!({
                "instance_group_name": host.group, "instance_type": host.instance_type, "hosts": [host.name],
            })),
        }
    }
    json!({
        "current_host": current.name,
        "current_instance_type": current.instance_type,
        "current_group_name": current.group,
        "hosts": names,
        "instance_groups": groups,
        "network_interface_name": "lo",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::JobKind;

    fn job(resources: Value) -> Job {
        let mut job = Job::new(JobKind::Training, "r", "j", "1", 0);
        job.request.insert("ResourceConfig".to_owned(), resources);
        job
    }

    #[test]
    fn groups_become_hosts() {
        let groups = json!({"InstanceGroups": [
            {"InstanceGroupName": "a", "InstanceType": "ml.m5.large", "InstanceCount": 1},
            {"InstanceGroupName": "b", "InstanceType": "ml.g5.xlarge", "InstanceCount": 2},
        ]});
        assert_eq!(asked(&groups), 3);
        let job = job(groups);
        let hosts = hosts(&job);
        let config = resource_config(&hosts, &hosts[2]);
        assert_eq!(config["current_host"], "algo-3");
        assert_eq!(config["current_group_name"], "b");
        assert_eq!(config["hosts"], json!(["algo-1", "algo-2", "algo-3"]));
        assert_eq!(config["instance_groups"][1]["hosts"], json!(["algo-2", "algo-3"]));
        let grant = Grant {
            id: String::new(),
            resources: Resources { vcpus: 9, memory_mib: 900, gpus: 2 },
            gpu_indices: vec![3, 5],
            note: None,
        };
        let parts: Vec<_> = hosts.iter().map(|host| host.part(&grant, 3).1).collect();
        assert_eq!(parts.concat(), [3, 5]);
        let addresses = addresses(&job, &hosts);
        assert!(addresses["algo-3"].ends_with(".3") && !addresses["algo-1"].starts_with("127.0."));
    }

    #[test]
    fn absurd_counts_end() {
        let many = job(json!({"InstanceCount": u64::MAX, "InstanceType": "x"}));
        assert_eq!(hosts(&many).len() as u64, MOST_HOSTS);
    }
}
