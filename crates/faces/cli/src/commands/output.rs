//! `refit output [NAME]`: the outputs of a deployed project.

use crate::grammar::{Global, Output};
use crate::home::Home;
use crate::project::{failure, open};
use crate::report::{Done, Failure};
use client::{Client, Credentials};
use serde_json::Value;
use stack::Options;
use std::process::ExitCode;
use std::sync::Arc;

/// Prints them. No server is needed: they are in the stack's state.
pub(crate) fn run(global: &Global, arguments: &Output) -> Done {
    let home = Home::locate(global.data.as_deref())?;
    let project = open(&arguments.directory)?;
    let stack = crate::project::stack_name(&home, &project, &arguments.stack);
    let nobody = Credentials {
        access_key_id: String::new(),
        secret_access_key: String::new(),
        session_token: None,
    };
    let client = Client::new("http://127.0.0.1", crate::server::REGION, nobody);
    let mut options = Options::new(&stack, arguments.target.state_root(&home)?, Arc::new(client));
    options.passphrase = std::env::var("PULUMI_CONFIG_PASSPHRASE").ok();
    print(&project, &options, arguments.name.as_deref(), arguments.show_secrets, global.json)
}

/// Prints one output, or all.
pub(crate) fn print(
    project: &stack::Project,
    options: &Options,
    name: Option<&str>,
    show_secrets: bool,
    json: bool,
) -> Done {
    let outputs = project.outputs(options, show_secrets).map_err(failure)?;
    match name {
        Some(name) => {
            let value = outputs.get(name).ok_or_else(|| {
                let names: Vec<&str> = outputs.keys().map(String::as_str).collect();
                Failure::new(format!("there is no output {name}"))
                    .hint(format!("there is: {}", names.join(", ")))
            })?;
            anstream::println!("{}", shown(value, json));
        }
        None if json => anstream::println!("{}", Value::Object(outputs)),
        None => {
            for (name, value) in &outputs {
                anstream::println!("{name:<20} {}", shown(value, false));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(value: &Value, json: bool) -> String {
    match value.as_str() {
        Some(text) if !json => text.to_owned(),
        _ => value.to_string(),
    }
}
