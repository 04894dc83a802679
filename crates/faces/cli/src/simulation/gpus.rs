//! Training jobs on a machine with GPUs: each sees its own, whatever dies.

use super::{MINUTE, World, call, role};
use crate::compose::Composed;
use runner::FakeScript;
use runner::resources::Resources;
use serde_json::json;
use std::sync::{Arc, Mutex};

/// Jobs with the GPUs that they see, in the order of their starts.
type Seen = Arc<Mutex<Vec<(String, String)>>>;

async fn train(server: &Composed, role: &str, name: &str, instance_type: &str) {
    let input = json!({
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": "xgboost", "TrainingInputMode": "File"},
        "RoleArn": role,
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {
            "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/train/"},
        }}],
        "OutputDataConfig": {"S3OutputPath": "s3://data/models"},
        "ResourceConfig": {"InstanceType": instance_type, "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    });
    call(server, "sagemaker", "CreateTrainingJob", input).await;
}

#[tokio::test(start_paused = true)]
async fn each_job_has_gpus_of_its_own() {
    let seen = Seen::default();
    let told = seen.clone();
    let mut world = World::new(move |spec| {
        let gpus = spec.env.get("CUDA_VISIBLE_DEVICES").cloned();
        let job = spec.env.get("TRAINING_JOB_NAME").cloned().unwrap_or_default();
        told.lock().unwrap().push((job.clone(), gpus.unwrap_or_else(|| "all".to_owned())));
        FakeScript::exits(if job == "short" { 60_000 } else { 300_000 }, 0)
    });
    world.capacity = Resources { vcpus: 16, memory_mib: 65_536, gpus: 2 };
    let server = world.boot().await;
    call(&server, "s3", "CreateBucket", json!({"Bucket": "data"})).await;
    let put =
        json!({"Bucket": "data", "Key": "train/rows.csv", "Body": service::base64_text(b"1,2\n")});
    call(&server, "s3", "PutObject", put).await;
    let role = role(&server, "job", "sagemaker.amazonaws.com", "s3:*").await;
    for name in ["long", "short", "third"] {
        train(&server, &role, name, "ml.g4dn.xlarge").await;
        tokio::time::sleep(MINUTE / 60).await;
    }
    // Jobs start in the order they came: this one too waits behind the third, though it wants no GPU.
    train(&server, &role, "fourth", "ml.m5.large").await;
    tokio::time::sleep(MINUTE / 3).await;
    let so_far = |seen: &Seen| -> Vec<(String, String)> { seen.lock().unwrap().clone() };
    let own = |job: &str, gpus: &str| (job.to_owned(), gpus.to_owned());
    assert_eq!(so_far(&seen), [own("long", "0"), own("short", "1")]);
    // A server that begins anew knows whose they are.
    world.kill(server);
    let server = world.boot().await;
    tokio::time::sleep(MINUTE * 2).await;
    let expected = [own("long", "0"), own("short", "1"), own("third", "1"), own("fourth", "")];
    assert_eq!(so_far(&seen), expected);
    tokio::time::sleep(MINUTE * 10).await;
    for name in ["long", "short", "third", "fourth"] {
        let described =
            call(&server, "sagemaker", "DescribeTrainingJob", json!({"TrainingJobName": name}));
        assert_eq!(described.await["TrainingJobStatus"], "Completed", "{name}");
    }
}
