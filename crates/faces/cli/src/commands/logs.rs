//! `refit logs [NAME]`: a job's log, or a log group's.

use crate::background::connect;
use crate::follow::LogFollower;
use crate::grammar::{Global, Logs};
use crate::home::Home;
use crate::report::{Done, Failure};
use client::Client;
use serde_json::json;
use std::process::ExitCode;
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The kinds of jobs with their group, describing operation and members.
const JOBS: [(&str, &str, &str); 2] = [
    ("/aws/sagemaker/TrainingJobs", "DescribeTrainingJob", "TrainingJob"),
    ("/aws/sagemaker/TransformJobs", "DescribeTransformJob", "TransformJob"),
];

/// Prints what is there; with `-f` goes on until the job ends.
pub(crate) async fn run(global: &Global, arguments: &Logs) -> Done {
    let home = Home::locate(global.data.as_deref())?;
    let client = connect(&home).await?;
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => newest_job(&client).await?,
    };
    let job = if name.starts_with('/') { None } else { Some(job(&client, &name).await?) };
    let mut follower = match &job {
        Some((group, ..)) => LogFollower::new(group, &name),
        None => LogFollower::new(&name, ""),
    };
    loop {
        let has_ended = match &job {
            Some((_, describe, member)) => has_ended(&client, describe, member, &name).await?,
            None => false,
        };
        for line in follower.read(&client).await? {
            anstream::println!("{line}");
        }
        if !arguments.follow || has_ended {
            return Ok(ExitCode::SUCCESS);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn newest_job(client: &Client) -> Result<String, Failure> {
    let input = json!({"SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 1});
    let page = client.call(sagemaker::model(), "ListTrainingJobs", input).await?;
    page["TrainingJobSummaries"][0]["TrainingJobName"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Failure::new("there is no job yet").hint("run one: refit run NAME"))
}

type Job = (&'static str, &'static str, &'static str);

async fn job(client: &Client, name: &str) -> Result<Job, Failure> {
    for (group, describe, member) in JOBS {
        let input = json!({format!("{member}Name"): name});
        if client.call(sagemaker::model(), describe, input).await.is_ok() {
            return Ok((group, describe, member));
        }
    }
    Err(Failure::new(format!("there is no job {name}"))
        .hint("a log group's name begins with a slash: refit logs /aws/lambda/NAME"))
}

async fn has_ended(
    client: &Client,
    describe: &str,
    member: &str,
    name: &str,
) -> Result<bool, Failure> {
    let input = json!({format!("{member}Name"): name});
    let described = client.call(sagemaker::model(), describe, input).await?;
    let status = described[format!("{member}Status")].as_str().unwrap_or_default();
    Ok(matches!(status, "Completed" | "Failed" | "Stopped"))
}
