//! `refit status`: what is deployed, what runs, what fires next.

use crate::background::connect;
use crate::follow::duration_text;
use crate::grammar::Global;
use crate::home::Home;
use crate::report::{Done, Failure};
use client::Client;
use serde_json::json;
use std::process::ExitCode;

/// Prints it.
pub(crate) async fn run(global: &Global) -> Done {
    let home = Home::locate(global.data.as_deref())?;
    let client = connect(&home).await?;
    let health = client.own_page("health").await?;
    let work = client.own_page("work").await?;
    let machines = client.call(states::model(), "ListStateMachines", json!({})).await?;
    let jobs = client
        .call(sagemaker::model(), "ListTrainingJobs", json!({"StatusEquals": "InProgress"}))
        .await?;
    let firings = next_firings(&client, None).await?;
    if global.json {
        let document = json!({
            "url": client.endpoint(), "version": health["version"], "data": home.path(),
            "stateMachines": machines["stateMachines"],
            "runningExecutions": work["running_executions"],
            "trouble": work["trouble"],
            "trainingJobs": jobs["TrainingJobSummaries"],
            "schedules": firings.iter().map(|f| json!({"rule": f.rule, "due_ms": f.due_ms})).collect::<Vec<_>>(),
        });
        anstream::println!("{document}");
        return Ok(ExitCode::SUCCESS);
    }
    let version = health["version"].as_str().unwrap_or_default();
    anstream::println!(
        "server   {} (refit {version}), data in {}",
        client.endpoint(),
        home.path().display()
    );
    for machine in machines["stateMachines"].as_array().into_iter().flatten() {
        anstream::println!("machine  {}", machine["name"].as_str().unwrap_or_default());
    }
    anstream::println!("running  {} executions", work["running_executions"]);
    for job in jobs["TrainingJobSummaries"].as_array().into_iter().flatten() {
        let text = |member: &str| job[member].as_str().unwrap_or_default();
        let waits = if text("SecondaryStatus") == "Pending" {
            let input = json!({"TrainingJobName": text("TrainingJobName")});
            let described = client.call(sagemaker::model(), "DescribeTrainingJob", input).await?;
            let steps = described["SecondaryStatusTransitions"].as_array();
            let message = steps.and_then(|it| it.last()?["StatusMessage"].as_str());
            message.map(|text| format!(": {text}")).unwrap_or_default()
        } else {
            String::new()
        };
        let (name, status) = (text("TrainingJobName"), text("SecondaryStatus"));
        anstream::println!("job      {name} {status}{waits}");
    }
    for trouble in
        work["trouble"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str)
    {
        anstream::println!("trouble  {trouble}");
    }
    for firing in &firings {
        anstream::println!("next     {}", firing.text());
    }
    Ok(ExitCode::SUCCESS)
}

/// When a rule fires next.
pub(crate) struct Firing {
    /// The rule's name.
    pub(crate) rule: String,
    /// When, Unix milliseconds.
    pub(crate) due_ms: i64,
    now_ms: i64,
}

impl Firing {
    /// `RULE fires in 4 min 58 s`.
    pub(crate) fn text(&self) -> String {
        let left_ms = (self.due_ms - self.now_ms).max(0);
        format!("{} fires in {}", self.rule, duration_text(left_ms))
    }
}

/// The next firings of scheduled rules, soonest first; only of those that start `machine` when it is given.
pub(crate) async fn next_firings(
    client: &Client,
    machine: Option<&str>,
) -> Result<Vec<Firing>, Failure> {
    let starters = match machine {
        Some(machine) => Some(starters(client, machine).await?),
        None => None,
    };
    let work = client.own_page("work").await?;
    let now_ms = work["now_ms"].as_i64().unwrap_or_default();
    let mut firings: Vec<Firing> = work["work"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|item| SCHEDULES.iter().any(|kind| item["kind"] == *kind))
        .filter_map(|item| {
            let rule = item["key"].as_str()?.rsplit('/').next()?.to_owned();
            Some(Firing { rule, due_ms: item["due_ms"].as_i64()?, now_ms })
        })
        .filter(|f| starters.as_ref().is_none_or(|starters| starters.contains(&f.rule)))
        .collect();
    firings.sort_by_key(|firing| firing.due_ms);
    Ok(firings)
}

/// Work that is a firing to come: of rules and of EventBridge Scheduler's schedules.
const SCHEDULES: [&str; 2] = ["events/schedule", "scheduler/schedule"];

/// Names of the rules and schedules that start a state machine.
async fn starters(client: &Client, machine: &str) -> Result<Vec<String>, Failure> {
    let input = json!({"TargetArn": machine});
    let answer = client.call(events::model(), "ListRuleNamesByTarget", input).await?;
    let rules = answer["RuleNames"].as_array().into_iter().flatten();
    let mut names: Vec<String> = rules.filter_map(|name| Some(name.as_str()?.to_owned())).collect();
    let mut input = json!({});
    loop {
        let answer = client.call(scheduler::model(), "ListSchedules", input).await?;
        let schedules = answer["Schedules"].as_array().into_iter().flatten();
        let own = schedules.filter(|schedule| schedule["Target"]["Arn"] == machine);
        names.extend(own.filter_map(|schedule| Some(schedule["Name"].as_str()?.to_owned())));
        match answer["NextToken"].as_str() {
            Some(token) => input = json!({"NextToken": token}),
            None => return Ok(names),
        }
    }
}
