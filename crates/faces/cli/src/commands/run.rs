//! `refit run NAME`: starts an execution and follows it.

use crate::background::connect;
use crate::follow::{Screen, follow};
use crate::grammar::{Global, Run};
use crate::home::Home;
use crate::report::{Done, Failure};
use client::Client;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Starts, follows, and says how it ended.
pub(crate) async fn run(global: &Global, arguments: &Run) -> Done {
    let home = Home::locate(global.data.as_deref())?;
    let client = connect(&home).await?;
    serde_json::from_str::<Value>(&arguments.input).map_err(|error| {
        Failure::new("the input is not JSON").because(error).hint("--input '{\"key\": \"value\"}'")
    })?;
    let machine = find_machine(&client, &arguments.name).await?;
    let name = arguments.execution_name.as_deref();
    let mut screen = Screen::new(global.json);
    if arguments.detach {
        let started = start(&client, &machine, name, &arguments.input).await?;
        anstream::println!("{}", started.as_str().unwrap_or_default());
        return Ok(ExitCode::SUCCESS);
    }
    start_and_follow(&client, &machine, name, &arguments.input, &mut screen, global.json).await
}

/// Starts an execution of `machine` and follows it to the end.
pub(crate) async fn start_and_follow(
    client: &Client,
    machine: &str,
    name: Option<&str>,
    input: &str,
    screen: &mut Screen,
    json: bool,
) -> Done {
    let arn = start(client, machine, name, input).await?;
    let arn = arn.as_str().unwrap_or_default();
    let short = |arn: &str| arn.rsplit(':').next().unwrap_or(arn).to_owned();
    screen.line(format!("run      {} / {}", short(machine), short(arn)));
    let ended = follow(client, arn, screen).await?;
    if json {
        anstream::println!("{ended}");
    } else {
        tell_end(&ended, screen);
    }
    Ok(if ended["status"] == "SUCCEEDED" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn start(
    client: &Client,
    machine: &str,
    name: Option<&str>,
    input: &str,
) -> Result<Value, Failure> {
    let mut request = json!({"stateMachineArn": machine, "input": input});
    if let Some(name) = name {
        request["name"] = Value::from(name);
    }
    let started = client.call(states::model(), "StartExecution", request).await?;
    Ok(started["executionArn"].clone())
}

fn tell_end(ended: &Value, screen: &mut Screen) {
    let seconds = |member: &str| ended[member].as_f64().unwrap_or_default();
    let took = seconds("stopDate") - seconds("startDate");
    let status = ended["status"].as_str().unwrap_or_default().to_lowercase();
    screen.line(format!("{status} in {took:.1} s"));
    for (member, label) in [("error", "error"), ("cause", "cause")] {
        if let Some(text) = ended[member].as_str() {
            screen.line(format!("  {label:<16} {text}"));
        }
    }
    let output = ended["output"].as_str().and_then(|text| serde_json::from_str(text).ok());
    match output {
        Some(Value::Object(members)) => {
            for (name, value) in members {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                screen.line(format!("  {name:<16} {text}"));
            }
        }
        Some(other) => screen.line(format!("  output           {other}")),
        None => {}
    }
}

/// The ARN of the one state machine that `name` means: its ARN, its name, or the beginning of it.
async fn find_machine(client: &Client, name: &str) -> Result<String, Failure> {
    if name.starts_with("arn:") {
        return Ok(name.to_owned());
    }
    let mut found = Vec::new();
    let mut all = Vec::new();
    let mut input = json!({});
    loop {
        let page = client.call(states::model(), "ListStateMachines", input).await?;
        for machine in page["stateMachines"].as_array().into_iter().flatten() {
            let own = machine["name"].as_str().unwrap_or_default();
            let arn = machine["stateMachineArn"].as_str().unwrap_or_default().to_owned();
            if own == name {
                return Ok(arn);
            }
            if own.starts_with(name) {
                found.push(arn);
            }
            all.push(own.to_owned());
        }
        match &page["nextToken"] {
            Value::String(token) => input = json!({"nextToken": token}),
            _ => break,
        }
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] if all.is_empty() => Err(Failure::new(format!("there is no state machine {name}"))
            .hint("deploy one: refit up DIR")),
        [] => Err(Failure::new(format!("there is no state machine {name}"))
            .hint(format!("there is: {}", all.join(", ")))),
        several => Err(Failure::new(format!("{} state machines begin with {name}", several.len()))
            .hint("write more of the name")),
    }
}
