//! The logs of the jobs that an execution starts, as they grow.

use super::screen::{DIM, Screen};
use crate::report::Failure;
use client::Client;
use serde_json::{Value, json};

/// Jobs being followed.
#[derive(Default)]
pub(crate) struct Jobs(Vec<LogFollower>);

impl Jobs {
    /// Follows one more job.
    pub(crate) fn add(&mut self, name: &Value, group: &str) {
        if let Some(name) = name.as_str() {
            self.0.push(LogFollower::new(group, name));
        }
    }

    /// Whether none is followed.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Follows none any more.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }

    /// Shows what their logs have got since the last look.
    pub(crate) async fn look(
        &mut self,
        client: &Client,
        screen: &mut Screen,
    ) -> Result<(), Failure> {
        for job in &mut self.0 {
            for line in job.read(client).await? {
                screen.live(format!("      {DIM}{}{DIM:#}", line.replace('\t', "  ")));
            }
        }
        Ok(())
    }
}

/// Reads the log streams of one job, or of a whole group.
pub(crate) struct LogFollower {
    group: String,
    prefix: String,
    streams: Vec<(String, Option<String>)>,
}

impl LogFollower {
    /// A follower of the streams of `job` in `group`.
    pub(crate) fn new(group: &str, job: &str) -> Self {
        let prefix = if job.is_empty() { String::new() } else { format!("{job}/") };
        Self { group: group.to_owned(), prefix, streams: Vec::new() }
    }

    /// The lines that are new. A group that is not there yet has none.
    pub(crate) async fn read(&mut self, client: &Client) -> Result<Vec<String>, Failure> {
        let mut input = json!({"logGroupName": self.group});
        if !self.prefix.is_empty() {
            input["logStreamNamePrefix"] = Value::from(self.prefix.as_str());
        }
        let found = match client.call(logs::model(), "DescribeLogStreams", input).await {
            Ok(found) => found,
            Err(error) if error.code() == Some("ResourceNotFoundException") => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(error.into()),
        };
        for stream in found["logStreams"].as_array().into_iter().flatten() {
            let name = stream["logStreamName"].as_str().unwrap_or_default();
            if !self.streams.iter().any(|(own, _)| own == name) {
                self.streams.push((name.to_owned(), None));
            }
        }
        let mut lines = Vec::new();
        for (name, token) in &mut self.streams {
            read_stream(client, &self.group, name, token, &mut lines).await?;
        }
        Ok(lines)
    }
}

async fn read_stream(
    client: &Client,
    group: &str,
    name: &str,
    token: &mut Option<String>,
    lines: &mut Vec<String>,
) -> Result<(), Failure> {
    loop {
        let mut input =
            json!({"logGroupName": group, "logStreamName": name, "startFromHead": true});
        if let Some(token) = token {
            input["nextToken"] = Value::from(token.as_str());
        }
        let page = client.call(logs::model(), "GetLogEvents", input).await?;
        let events = page["events"].as_array().map_or(&[][..], Vec::as_slice);
        lines.extend(events.iter().map(|e| e["message"].as_str().unwrap_or_default().to_owned()));
        let next = page["nextForwardToken"].as_str().map(str::to_owned);
        let is_end = next == *token || events.is_empty();
        *token = next;
        if is_end {
            return Ok(());
        }
    }
}
