//! The whole server in virtual time: schedules that fire, servers that die, jobs that go on.

mod commits;
mod gpus;
mod keeping;
mod machines;
mod map_run;
mod schedules;
mod seeds;
mod tokens;

use crate::compose::{Composed, Parts, compose};
use crate::server::{ACCOUNT, REGION};
use runner::resources::Resources;
use runner::{FakeRunner, FakeScript, LogStream, Runner};
use serde_json::{Value, json};
use service::{Clock, Kit, Principal, SeededEntropy, SystemClock};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use store::memory::Crash;
use store::{Blobs, MemoryStore};

/// 2026-01-01T00:00:00Z.
const ORIGIN_MS: i64 = 1_767_225_600_000;
const MINUTE: Duration = Duration::from_mins(1);

/// What outlives a server: the disk, the jobs, time.
struct World {
    store: MemoryStore,
    blobs: Blobs,
    clock: Arc<SystemClock>,
    runner: FakeRunner,
    folder: PathBuf,
    /// What the machine has.
    capacity: Resources,
    boots: u64,
}

impl World {
    fn new(script: impl Fn(&runner::JobSpec) -> FakeScript + Send + Sync + 'static) -> Self {
        let clock = Arc::new(SystemClock::starting_at(ORIGIN_MS));
        let name: String = (0..16).map(|_| char::from(b'a' + fastrand())).collect();
        let folder = std::env::temp_dir().join(format!("refit-simulation-{name}"));
        // A server that is killed keeps its clone; the world takes the folder away.
        let blobs = Blobs::temporary(&folder).unwrap();
        let (time, jobs) = (clock.clone(), folder.join("jobs"));
        let runner = FakeRunner::new(jobs, move || time.now_ms(), script);
        let capacity = Resources { vcpus: 2, memory_mib: 8192, gpus: 0 };
        Self { store: MemoryStore::new(), blobs, clock, runner, folder, capacity, boots: 0 }
    }

    /// Starts a server on what is there.
    async fn boot(&mut self) -> Composed {
        self.boots += 1;
        let entropy = Arc::new(SeededEntropy::new(self.boots));
        let store = Arc::new(self.store.clone());
        let kit = Kit::new(ACCOUNT, store, self.clock.clone(), entropy);
        let composed = compose(Parts {
            kit,
            runner: Arc::new(self.runner.clone()),
            blobs: self.blobs.clone(),
            home: self.folder.clone(),
            functions: self.folder.join("functions"),
            algorithm_argv: vec!["refit".into(), "algorithm".into()],
            url: "http://127.0.0.1:0".to_owned(),
            capacity: self.capacity,
            forwarded: Vec::new(),
            sendmail: None,
            keep_executions_days: states::KEEP_DAYS,
        });
        let composed = composed.map_err(|_| "the server cannot be composed").unwrap();
        composed.recover().await.map_err(|_| "the server cannot recover").unwrap();
        composed
    }

    /// The time now, Unix milliseconds.
    fn clock_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Kills the server: what was durable stays, everything in memory is gone.
    fn kill(&mut self, server: Composed) {
        let durable = self.store.snapshot();
        // What of it still runs gets no further: its next commit never resolves.
        self.store.crash_at_commit(1, Crash::BeforeWriting);
        self.store = durable;
        // What waits for its turn on the machine waits for ever.
        self.runner.cut_off();
        self.runner = self.runner.of_another_server();
        drop(server);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _left_to_the_system = std::fs::remove_dir_all(&self.folder);
    }
}

/// A random letter's number, for folder names only.
fn fastrand() -> u8 {
    use std::hash::{BuildHasher, Hasher};
    let hasher = std::collections::hash_map::RandomState::new().build_hasher();
    (hasher.finish() % 26) as u8
}

async fn call(server: &Composed, service: &str, operation: &str, input: Value) -> Value {
    let ctx = server.kit.ctx(Principal::root(ACCOUNT), REGION);
    let answer = ctx.call(service, operation, input).await;
    answer.unwrap_or_else(|error| panic!("{service} {operation}: {error:?}"))
}

async fn role(server: &Composed, name: &str, service: &str, action: &str) -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole",
    }]});
    let input = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
    let role = call(server, "iam", "CreateRole", input).await;
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": action, "Resource": "*",
    }]});
    let input =
        json!({"RoleName": name, "PolicyName": "own", "PolicyDocument": policy.to_string()});
    call(server, "iam", "PutRolePolicy", input).await;
    role["Role"]["Arn"].as_str().unwrap().to_owned()
}

/// A state machine of one Pass state under a schedule; answers its ARN.
async fn scheduled_machine(server: &Composed, expression: &str) -> String {
    let states = role(server, "machine", "states.amazonaws.com", "sagemaker:*").await;
    let events = role(server, "rule", "events.amazonaws.com", "states:StartExecution").await;
    let definition = json!({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}});
    let input = json!({
        "name": "retrain", "roleArn": states, "definition": definition.to_string(),
    });
    let machine = call(server, "states", "CreateStateMachine", input).await;
    let machine = machine["stateMachineArn"].as_str().unwrap().to_owned();
    let rule = json!({"Name": "often", "ScheduleExpression": expression});
    call(server, "events", "PutRule", rule).await;
    let target = json!({"Id": "1", "Arn": machine, "RoleArn": events});
    let input = json!({"Rule": "often", "Targets": [target]});
    call(server, "events", "PutTargets", input).await;
    machine
}

/// Start times of the machine's executions in whole minutes from the origin, in order.
async fn minutes(server: &Composed, machine: &str) -> Vec<i64> {
    let input = json!({"stateMachineArn": machine, "maxResults": 1000});
    let listed = call(server, "states", "ListExecutions", input).await;
    let mut starts: Vec<i64> = listed["executions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|execution| {
            assert_eq!(execution["status"], "SUCCEEDED");
            let ms = (execution["startDate"].as_f64().unwrap() * 1000.0).round() as i64;
            (ms - ORIGIN_MS) / 60_000
        })
        .collect();
    starts.sort_unstable();
    starts
}

#[tokio::test(start_paused = true)]
async fn a_schedule_fires_on_time() {
    let mut world = World::new(|_| FakeScript::exits(1000, 0));
    let server = world.boot().await;
    let machine = scheduled_machine(&server, "rate(5 minutes)").await;
    tokio::time::sleep(MINUTE * 31).await;
    assert_eq!(minutes(&server, &machine).await, [5, 10, 15, 20, 25, 30]);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_rule_is_silent() {
    let mut world = World::new(|_| FakeScript::exits(1000, 0));
    let server = world.boot().await;
    let machine = scheduled_machine(&server, "cron(0/10 * * * ? *)").await;
    tokio::time::sleep(MINUTE * 15).await;
    call(&server, "events", "DisableRule", json!({"Name": "often"})).await;
    tokio::time::sleep(MINUTE * 60).await;
    assert_eq!(minutes(&server, &machine).await, [10]);
}

/// The policy tag, and the minutes of the firings when the server was dead from minute 12 to minute 33.
async fn check_missed(policy: Option<&str>, expected: &[i64]) {
    let mut world = World::new(|_| FakeScript::exits(1000, 0));
    let server = world.boot().await;
    let machine = scheduled_machine(&server, "rate(5 minutes)").await;
    if let Some(policy) = policy {
        let arn = format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/often");
        let tag = json!({"Key": "refit:missed-runs", "Value": policy});
        let input = json!({"ResourceARN": arn, "Tags": [tag]});
        call(&server, "events", "TagResource", input).await;
    }
    tokio::time::sleep(MINUTE * 12).await;
    world.kill(server);
    tokio::time::sleep(MINUTE * 21).await;
    let server = world.boot().await;
    tokio::time::sleep(MINUTE * 8).await;
    assert_eq!(minutes(&server, &machine).await, expected, "{policy:?}");
}

#[tokio::test(start_paused = true)]
async fn missed_firings_are_made_up_for_once() {
    check_missed(None, &[5, 10, 33, 35, 40]).await;
}

#[tokio::test(start_paused = true)]
async fn missed_firings_are_all_made_up_for() {
    check_missed(Some("all"), &[5, 10, 33, 33, 33, 33, 35, 40]).await;
}

#[tokio::test(start_paused = true)]
async fn missed_firings_are_skipped() {
    check_missed(Some("skip"), &[5, 10, 35, 40]).await;
}

/// A bucket with a channel, the job's role, and a machine that trains.
async fn training_machine(server: &Composed) -> String {
    call(server, "s3", "CreateBucket", json!({"Bucket": "data"})).await;
    let put =
        json!({"Bucket": "data", "Key": "train/rows.csv", "Body": service::base64_text(b"1,2\n")});
    call(server, "s3", "PutObject", put).await;
    let job = role(server, "job", "sagemaker.amazonaws.com", "s3:*").await;
    let states = role(server, "machine", "states.amazonaws.com", "*").await;
    let source = json!({"S3DataType": "S3Prefix", "S3Uri": "s3://data/train/"});
    let definition = json!({"StartAt": "Train", "States": {"Train": {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": {
            "TrainingJobName.$": "$$.Execution.Name",
            "AlgorithmSpecification": {"TrainingImage": "xgboost", "TrainingInputMode": "File"},
            "RoleArn": job,
            "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
            "OutputDataConfig": {"S3OutputPath": "s3://data/models"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        },
        "End": true,
    }}});
    let input = json!({
        "name": "train", "roleArn": states, "definition": definition.to_string(),
    });
    let machine = call(server, "states", "CreateStateMachine", input).await;
    machine["stateMachineArn"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_training_goes_on_while_servers_die() {
    let mut world = World::new(|_| {
        FakeScript::exits(600_000, 0)
            .line(1_000, LogStream::Stdout, "[0]\ttrain-rmse:3.5")
            .line(590_000, LogStream::Stdout, "[1]\ttrain-rmse:2.5")
            .file("model/xgboost-model", "a model")
    });
    let mut server = world.boot().await;
    let machine = training_machine(&server).await;
    let start = json!({"stateMachineArn": machine, "name": "one"});
    let started = call(&server, "states", "StartExecution", start).await;
    let execution = started["executionArn"].clone();
    for _ in 0..5 {
        tokio::time::sleep(MINUTE).await;
        world.kill(server);
        tokio::time::sleep(MINUTE / 2).await;
        server = world.boot().await;
    }
    tokio::time::sleep(MINUTE * 10).await;
    let input = json!({"executionArn": execution});
    let described = call(&server, "states", "DescribeExecution", input.clone()).await;
    assert_eq!(described["status"], "SUCCEEDED", "{described}");
    let output: Value = serde_json::from_str(described["output"].as_str().unwrap()).unwrap();
    assert_eq!(output["TrainingJobStatus"], "Completed");
    assert_eq!(
        output["ModelArtifacts"]["S3ModelArtifacts"],
        "s3://data/models/one/output/model.tar.gz"
    );
    let metric = &output["FinalMetricDataList"][0];
    assert_eq!((&metric["MetricName"], &metric["Value"]), (&json!("train:rmse"), &json!(2.5)));
    let jobs = call(&server, "sagemaker", "ListTrainingJobs", json!({})).await;
    assert_eq!(jobs["TrainingJobSummaries"].as_array().map(Vec::len), Some(1));
    let history = call(&server, "states", "GetExecutionHistory", input).await;
    let kinds: Vec<&str> =
        history["events"].as_array().unwrap().iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "ExecutionStarted",
            "TaskStateEntered",
            "TaskScheduled",
            "TaskStarted",
            "TaskSubmitted",
            "TaskSucceeded",
            "TaskStateExited",
            "ExecutionSucceeded"
        ]
    );
}

/// What came of one training.
#[derive(Debug, PartialEq)]
struct Trained {
    execution: String,
    job: String,
    transitions: Vec<String>,
    log: Vec<String>,
    starts: usize,
    folders: usize,
}

/// Asks the training to stop; a server before may have been asked already, and the job may have ended of it.
async fn ask_to_stop(server: &Composed) {
    let ctx = server.kit.ctx(Principal::root(ACCOUNT), REGION);
    let input = json!({"TrainingJobName": "one"});
    if let Err(error) = ctx.call("sagemaker", "StopTrainingJob", input).await {
        assert_eq!(error.code, "ValidationException", "{error:?}");
    }
}

/// A training of a minute whose first server dies at its `commit`-th commit; it is asked to stop at a moment, if one is
/// given. Answers what came of it, and whether a server died.
async fn train(commit: u64, crash: Crash, stop_after: Option<Duration>) -> (Trained, bool) {
    let starts = Arc::new(AtomicUsize::new(0));
    let counted = starts.clone();
    let mut world = World::new(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        FakeScript::exits(60_000, 0)
            .line(1_000, LogStream::Stdout, "one")
            .line(30_000, LogStream::Stdout, "two")
            .line(30_000, LogStream::Stderr, "three")
            .file("model/m", "a model")
    });
    let mut server = world.boot().await;
    let machine = training_machine(&server).await;
    let start = json!({"stateMachineArn": machine, "name": "one"});
    let started = call(&server, "states", "StartExecution", start).await;
    world.store.crash_at_commit(commit, crash);
    let stop_at = stop_after.map(|after| tokio::time::Instant::now() + after);
    let end = tokio::time::Instant::now() + MINUTE * 5;
    let (mut has_crashed, mut has_stopped) = (false, false);
    loop {
        let next = stop_at.filter(|_| !has_stopped).unwrap_or(end);
        let store = world.store.clone();
        tokio::select! {
            biased;
            () = store.crashed(), if !has_crashed => {
                has_crashed = true;
                world.kill(server);
                server = world.boot().await;
            }
            () = tokio::time::sleep_until(next) => {
                if has_stopped || stop_at.is_none() {
                    break;
                }
                // A server that dies of this very commit answers nobody; whoever asked asks the next one again.
                let store = world.store.clone();
                tokio::select! {
                    biased;
                    () = store.crashed(), if !has_crashed => {
                        has_crashed = true;
                        world.kill(server);
                        server = world.boot().await;
                    }
                    () = ask_to_stop(&server) => has_stopped = true,
                }
            }
        }
    }
    let input = json!({"executionArn": started["executionArn"]});
    let execution = call(&server, "states", "DescribeExecution", input).await;
    let job =
        call(&server, "sagemaker", "DescribeTrainingJob", json!({"TrainingJobName": "one"})).await;
    let filter = json!({"logGroupName": "/aws/sagemaker/TrainingJobs"});
    let log = server.kit.ctx(Principal::root(ACCOUNT), REGION);
    let log = log.call("logs", "FilterLogEvents", filter).await.unwrap_or_default();
    let texts = |list: &Value, member: &str| -> Vec<String> {
        let list = list.as_array().into_iter().flatten();
        list.map(|one| one[member].as_str().unwrap().to_owned()).collect()
    };
    let trained = Trained {
        execution: execution["status"].as_str().unwrap().to_owned(),
        job: job["TrainingJobStatus"].as_str().unwrap().to_owned(),
        transitions: texts(&job["SecondaryStatusTransitions"], "Status"),
        log: texts(&log["events"], "message"),
        starts: starts.load(Ordering::SeqCst),
        folders: world.runner.list().await.unwrap().len(),
    };
    (trained, has_crashed)
}

#[tokio::test(start_paused = true)]
async fn a_training_survives_a_crash_at_any_commit() {
    let (calm, _) = train(u64::MAX / 2, Crash::BeforeWriting, None).await;
    let wanted = Trained {
        execution: "SUCCEEDED".to_owned(),
        job: "Completed".to_owned(),
        transitions: ["Starting", "Downloading", "Training", "Uploading", "Completed"]
            .map(str::to_owned)
            .to_vec(),
        log: ["one", "two", "three"].map(str::to_owned).to_vec(),
        starts: 1,
        folders: 0,
    };
    assert_eq!(calm, wanted);
    for crash in [Crash::BeforeWriting, Crash::AfterWriting] {
        for commit in 1.. {
            let (stormy, has_crashed) = train(commit, crash, None).await;
            assert_eq!(stormy, wanted, "a crash at commit {commit}, {crash:?}");
            if !has_crashed {
                assert!(commit > 12, "{commit} commits");
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_training_stops_at_any_moment_of_any_life() {
    for (after_ms, most_starts) in [(1_u64, 1), (2_000, 1), (45_000, 1)] {
        for commit in (1..40).step_by(3) {
            let after = Some(Duration::from_millis(after_ms));
            let (trained, _) = train(commit, Crash::AfterWriting, after).await;
            let what = format!("stopped after {after_ms} ms, a crash at commit {commit}");
            assert_eq!((trained.job.as_str(), trained.folders), ("Stopped", 0), "{what}");
            assert!(trained.starts <= most_starts, "{what}: {} starts", trained.starts);
            assert_ne!(trained.execution, "RUNNING", "{what}");
        }
    }
}
