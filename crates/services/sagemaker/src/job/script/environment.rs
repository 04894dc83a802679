//! The environment and the arguments of a script, as SageMaker's training toolkit gives them. Pure.
// AWS: sagemaker-training-toolkit 5.1, environment.py and mapping.py.

use crate::job::hosts::Host;
use crate::job::script::python::{dumps, text};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Hyperparameters that are the platform's, besides those that begin with `sagemaker_`.
const OWN: [&str; 2] = ["default_user_module_name", "_tuning_objective_metric"];
const OWN_PREFIX: &str = "sagemaker_";
/// Those of the platform that the toolkit does not hand on as parameters of a framework.
const TOOLKIT: [&str; 9] = [
    "sagemaker_program",
    "sagemaker_submit_directory",
    "sagemaker_enable_cloudwatch_metrics",
    "sagemaker_region",
    "sagemaker_container_log_level",
    "sagemaker_job_name",
    "default_user_module_name",
    "_tuning_objective_metric",
    "sagemaker_s3_output",
];

/// What the environment is made of.
pub(crate) struct Facts<'a> {
    pub(crate) hyperparameters: &'a Value,
    /// `inputdataconfig.json`.
    pub(crate) channels: &'a Value,
    /// `resourceconfig.json`.
    pub(crate) resources: &'a Value,
    pub(crate) host: &'a Host,
    pub(crate) job: &'a str,
    pub(crate) cpus: u32,
    pub(crate) gpus: u32,
}

/// Hyperparameters whose values are read as JSON where they are JSON.
pub(crate) fn decoded(hyperparameters: &Value) -> Map<String, Value> {
    let decode = |value: &Value| match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        other => other.clone(),
    };
    let given = hyperparameters.as_object().into_iter().flatten();
    given.map(|(name, value)| (name.clone(), decode(value))).collect()
}

/// The user's own hyperparameters, in order of name.
fn own(all: &Map<String, Value>) -> BTreeMap<&str, &Value> {
    let is_own = |name: &str| !name.starts_with(OWN_PREFIX) && !OWN.contains(&name);
    all.iter()
        .filter(|(name, _)| is_own(name))
        .map(|(name, value)| (name.as_str(), value))
        .collect()
}

/// `--name value` for every hyperparameter, in order of name; names of one letter have one dash.
pub(crate) fn arguments(hyperparameters: &Map<String, Value>) -> Vec<String> {
    let mut arguments = Vec::new();
    for (name, value) in own(hyperparameters) {
        let dashes = if name.chars().count() > 1 { "--" } else { "-" };
        arguments.push(if name.is_empty() { String::new() } else { format!("{dashes}{name}") });
        arguments.push(match value {
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_unstable_by_key(|(name, _)| *name);
                let members = members.into_iter().map(|(k, v)| {
                    let v = if v.is_null() { "None".to_owned() } else { text(v) };
                    format!("{k}={v}")
                });
                members.collect::<Vec<_>>().join(",")
            }
            other => text(other),
        });
    }
    arguments
}

/// The `SM_…` variables.
pub(crate) fn variables(facts: &Facts) -> BTreeMap<String, String> {
    let all = decoded(facts.hyperparameters);
    let own = own(&all);
    let framework: Map<String, Value> = all
        .iter()
        .filter(|(name, _)| name.starts_with(OWN_PREFIX) && !TOOLKIT.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut channels: Vec<&String> =
        facts.channels.as_object().into_iter().flat_map(Map::keys).collect();
    channels.sort_unstable();
    let folders: Map<String, Value> =
        channels.iter().map(|name| ((*name).clone(), folder_of(name).into())).collect();
    let mut members = common(facts, &all);
    let mut training_env = members.clone();
    let hosts = &facts.resources["hosts"];
    let only_there = json!({
        "additional_framework_parameters": framework,
        "channel_input_dirs": folders,
        "hyperparameters": own,
        "job_name": facts.job,
        "distribution_hosts": [],
        "is_master": hosts[0] == facts.host.name.as_str(),
        "master_hostname": hosts[0],
        "is_modelparallel_enabled": null,
        "is_smddpmprun_installed": false,
        "is_smddprun_installed": false,
        "topology": [],
    });
    add(&mut training_env, only_there);
    let only_here = json!({
        "hps": own,
        "framework_params": framework,
        "channels": channels,
        "user_args": arguments(&all),
        "training_env": training_env,
    });
    add(&mut members, only_here);
    for (name, folder) in folders {
        members.insert(format!("channel_{name}"), folder);
    }
    for (name, value) in own {
        members.insert(format!("hp_{name}"), value.clone());
    }
    let named = members.into_iter();
    named.map(|(name, value)| (format!("SM_{}", name.to_uppercase()), shown(&value))).collect()
}

fn add(to: &mut Map<String, Value>, more: Value) {
    if let Value::Object(more) = more {
        to.extend(more);
    }
}

/// What is both a variable of its own and a member of `SM_TRAINING_ENV`.
fn common(facts: &Facts, all: &Map<String, Value>) -> Map<String, Value> {
    let groups: Vec<&Value> =
        facts.resources["instance_groups"].as_array().into_iter().flatten().collect();
    let names: Vec<&Value> = groups.iter().map(|group| &group["instance_group_name"]).collect();
    let by_name: Map<String, Value> = groups
        .iter()
        .filter_map(|group| {
            Some((group["instance_group_name"].as_str()?.to_owned(), (*group).clone()))
        })
        .collect();
    let group_hosts = by_name.get(&facts.host.group).map_or(&Value::Null, |group| &group["hosts"]);
    let program = all.get("sagemaker_program").unwrap_or(&Value::Null);
    let module = program.as_str().map(|name| name.strip_suffix(".py").unwrap_or(name));
    let log_level = all.get("sagemaker_container_log_level").cloned().unwrap_or_else(|| 20.into());
    let module_dir =
        all.get("sagemaker_submit_directory").map_or_else(|| "/opt/ml/code".to_owned(), text);
    let distribution = all.get("sagemaker_distribution_instance_groups");
    let mut members = Map::new();
    let made = json!({
        "hosts": facts.resources["hosts"],
        "network_interface_name": facts.resources["network_interface_name"],
        "user_entry_point": program,
        "resource_config": facts.resources,
        "input_data_config": facts.channels,
        "output_data_dir": "/opt/ml/output/data",
        "current_host": facts.host.name,
        "current_instance_type": facts.host.instance_type,
        "current_instance_group": facts.host.group,
        "current_instance_group_hosts": group_hosts,
        "instance_groups": names,
        "instance_groups_dict": by_name,
        "distribution_instance_groups": distribution.cloned().unwrap_or_else(|| json!([])),
        "is_hetero": names.len() > 1,
        "module_name": module,
        "log_level": log_level,
        "framework_module": null,
        "input_dir": "/opt/ml/input",
        "input_config_dir": "/opt/ml/input/config",
        "output_dir": "/opt/ml/output",
        "num_cpus": facts.cpus,
        "num_gpus": facts.gpus,
        "num_neurons": 0,
        "model_dir": "/opt/ml/model",
        "module_dir": module_dir,
        "output_intermediate_dir": "/opt/ml/output/intermediate",
    });
    add(&mut members, made);
    members
}

/// Where a channel lies.
pub(crate) fn folder_of(channel: &str) -> String {
    format!("/opt/ml/input/data/{channel}")
}

/// A variable's value: texts as they are, nothing for nothing, everything else as JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => dumps(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::hosts::{hosts, resource_config};
    use crate::records::{Job, JobKind};

    #[test]
    fn arguments_are_as_the_toolkit_makes_them() {
        let given = json!({
            "max-iter": "200", "C": "0.5", "flag": "true", "name": "\"lin reg\"", "layers": "[1, \"a\"]",
            "options": "{\"b\": 2, \"a\": null}", "plain": "not json", "sagemaker_program": "\"train.py\"",
            "_tuning_objective_metric": "x", "nothing": "null",
        });
        let wanted = [
            "-C",
            "0.5",
            "--flag",
            "True",
            "--layers",
            "[1, 'a']",
            "--max-iter",
            "200",
            "--name",
            "lin reg",
            "--nothing",
            "",
            "--options",
            "a=None,b=2",
            "--plain",
            "not json",
        ];
        assert_eq!(arguments(&decoded(&given)), wanted);
    }

    /// What the toolkit itself made of the same files.
    const TRAINING_ENV: &str = r#"{"additional_framework_parameters":{},"channel_input_dirs":{"train":"/opt/ml/input/data/train"},"current_host":"algo-1","current_instance_group":"homogeneousCluster","current_instance_group_hosts":["algo-1"],"current_instance_type":"ml.m5.large","distribution_hosts":[],"distribution_instance_groups":[],"framework_module":null,"hosts":["algo-1"],"hyperparameters":{"C":0.5,"flag":true,"max-iter":200,"opt":{"a":null,"b":2}},"input_config_dir":"/opt/ml/input/config","input_data_config":{"train":{"ContentType":"text/csv"}},"input_dir":"/opt/ml/input","instance_groups":["homogeneousCluster"],"instance_groups_dict":{"homogeneousCluster":{"hosts":["algo-1"],"instance_group_name":"homogeneousCluster","instance_type":"ml.m5.large"}},"is_hetero":false,"is_master":true,"is_modelparallel_enabled":null,"is_smddpmprun_installed":false,"is_smddprun_installed":false,"job_name":"j","log_level":20,"master_hostname":"algo-1","model_dir":"/opt/ml/model","module_dir":"s3://b/source.tar.gz","module_name":"train","network_interface_name":"lo","num_cpus":2,"num_gpus":0,"num_neurons":0,"output_data_dir":"/opt/ml/output/data","output_dir":"/opt/ml/output","output_intermediate_dir":"/opt/ml/output/intermediate","resource_config":{"current_group_name":"homogeneousCluster","current_host":"algo-1","current_instance_type":"ml.m5.large","hosts":["algo-1"],"instance_groups":[{"hosts":["algo-1"],"instance_group_name":"homogeneousCluster","instance_type":"ml.m5.large"}],"network_interface_name":"lo"},"topology":[],"user_entry_point":"train.py"}"#;

    #[test]
    fn variables_are_as_the_toolkit_makes_them() {
        let mut job = Job::new(JobKind::Training, "r", "j", "1", 0);
        job.request.insert(
            "ResourceConfig".to_owned(),
            json!({"InstanceType": "ml.m5.large", "InstanceCount": 1}),
        );
        let hosts = hosts(&job);
        let facts = Facts {
            hyperparameters: &json!({
                "max-iter": "200", "C": "0.5", "flag": "true", "sagemaker_program": "\"train.py\"",
                "sagemaker_submit_directory": "\"s3://b/source.tar.gz\"", "sagemaker_job_name": "\"j\"",
                "sagemaker_container_log_level": "20", "sagemaker_region": "\"us-east-1\"",
                "opt": "{\"b\": 2, \"a\": null}",
            }),
            channels: &json!({"train": {"ContentType": "text/csv"}}),
            resources: &resource_config(&hosts, &hosts[0]),
            host: &hosts[0],
            job: "j",
            cpus: 2,
            gpus: 0,
        };
        let cases = [
            ("SM_CHANNELS", r#"["train"]"#),
            ("SM_CHANNEL_TRAIN", "/opt/ml/input/data/train"),
            ("SM_CURRENT_HOST", "algo-1"),
            ("SM_CURRENT_INSTANCE_GROUP", "homogeneousCluster"),
            ("SM_CURRENT_INSTANCE_GROUP_HOSTS", r#"["algo-1"]"#),
            ("SM_CURRENT_INSTANCE_TYPE", "ml.m5.large"),
            ("SM_DISTRIBUTION_INSTANCE_GROUPS", "[]"),
            ("SM_FRAMEWORK_MODULE", ""),
            ("SM_FRAMEWORK_PARAMS", "{}"),
            ("SM_HOSTS", r#"["algo-1"]"#),
            ("SM_HPS", r#"{"C":0.5,"flag":true,"max-iter":200,"opt":{"a":null,"b":2}}"#),
            ("SM_HP_C", "0.5"),
            ("SM_HP_FLAG", "true"),
            ("SM_HP_MAX-ITER", "200"),
            ("SM_HP_OPT", r#"{"a":null,"b":2}"#),
            ("SM_INPUT_CONFIG_DIR", "/opt/ml/input/config"),
            ("SM_INPUT_DATA_CONFIG", r#"{"train":{"ContentType":"text/csv"}}"#),
            ("SM_INPUT_DIR", "/opt/ml/input"),
            ("SM_INSTANCE_GROUPS", r#"["homogeneousCluster"]"#),
            ("SM_IS_HETERO", "false"),
            ("SM_LOG_LEVEL", "20"),
            ("SM_MODEL_DIR", "/opt/ml/model"),
            ("SM_MODULE_DIR", "s3://b/source.tar.gz"),
            ("SM_MODULE_NAME", "train"),
            ("SM_NETWORK_INTERFACE_NAME", "lo"),
            ("SM_NUM_CPUS", "2"),
            ("SM_NUM_GPUS", "0"),
            ("SM_NUM_NEURONS", "0"),
            ("SM_OUTPUT_DATA_DIR", "/opt/ml/output/data"),
            ("SM_OUTPUT_DIR", "/opt/ml/output"),
            ("SM_OUTPUT_INTERMEDIATE_DIR", "/opt/ml/output/intermediate"),
            ("SM_TRAINING_ENV", TRAINING_ENV),
            (
                "SM_USER_ARGS",
                r#"["-C","0.5","--flag","True","--max-iter","200","--opt","a=None,b=2"]"#,
            ),
            ("SM_USER_ENTRY_POINT", "train.py"),
        ];
        let found = variables(&facts);
        for (name, wanted) in cases {
            assert_eq!(found.get(name).map(String::as_str), Some(wanted), "{name}");
        }
        // Those above, the groups by name and the resources.
        assert_eq!(found.len(), cases.len() + 2);
    }
}
