//! `refit stack`: the stacks of a project. No server is needed: they are files.

use crate::grammar::{Global, Stack, StackCommand, StackName, Where};
use crate::home::Home;
use crate::project::{failure, open, stack_name};
use crate::report::{Done, Failure};
use crate::target::Target;
use client::{Client, Credentials};
use serde_json::{Value, json};
use stack::{Options, Project, list_stacks};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// A stack without a way to AWS.
pub(crate) struct Kept {
    pub(crate) home: Home,
    pub(crate) project: Project,
    pub(crate) options: Options,
}

/// The stack that the arguments name.
pub(crate) fn kept(global: &Global, place: &Where) -> Result<Kept, Failure> {
    let home = Home::locate(global.data.as_deref())?;
    let project = open(&place.cwd)?;
    let nobody = Credentials {
        access_key_id: String::new(),
        secret_access_key: String::new(),
        session_token: None,
    };
    let client = Client::new("http://127.0.0.1", crate::server::REGION, nobody);
    let name = stack_name(&home, &project, &StackName { stack: place.stack.clone() });
    let to = place.target.iter().cloned().collect();
    let target = Target { to, profile: None, assume_role: None };
    let root = target.state_root(&home)?;
    let mut options = Options::new(&name, root, Arc::new(client));
    options.passphrase = std::env::var("PULUMI_CONFIG_PASSPHRASE").ok();
    Ok(Kept { home, project, options })
}

/// Does what was asked.
pub(crate) fn run(global: &Global, arguments: &Stack) -> Done {
    let mut kept = kept(global, &arguments.place)?;
    match &arguments.command {
        None => overview(global, arguments, &kept)?,
        Some(StackCommand::Ls { all }) => list(global, &kept, *all)?,
        Some(StackCommand::Init { name }) => {
            kept.options.stack.clone_from(name);
            kept.project.create_stack(&kept.options).map_err(failure)?;
            select(&kept, name)?;
            anstream::println!("made and selected {name}");
        }
        Some(StackCommand::Select { name, create }) => choose(&mut kept, name, *create)?,
        Some(StackCommand::Export { file, show_secrets }) => {
            let exported =
                kept.project.export_stack(&kept.options, *show_secrets).map_err(failure)?;
            let text = serde_json::to_string_pretty(&exported)?;
            match file {
                Some(file) => write_private(file, &text)?,
                None => anstream::println!("{text}"),
            }
        }
        Some(StackCommand::Import { file, force }) => {
            let text = input(file.as_deref())?;
            let count = kept.project.import_stack(&kept.options, &text, *force).map_err(failure)?;
            anstream::println!("imported {count} records into {}", kept.options.stack);
        }
        Some(StackCommand::Output { name, show_secrets }) => {
            let (project, options) = (&kept.project, &kept.options);
            return super::output::print(
                project,
                options,
                name.as_deref(),
                *show_secrets,
                global.json,
            );
        }
        Some(StackCommand::Rename { name }) => {
            kept.project.rename_stack(&kept.options, name).map_err(failure)?;
            anstream::println!("renamed {} to {name}", kept.options.stack);
        }
        Some(StackCommand::Rm { name, force, preserve_config, .. }) => {
            if let Some(name) = name {
                kept.options.stack.clone_from(name);
            }
            kept.project.remove_stack(&kept.options, *force, *preserve_config).map_err(failure)?;
            anstream::println!("removed {}", kept.options.stack);
        }
        Some(StackCommand::History) => history(global, &kept)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn select(kept: &Kept, name: &str) -> Result<(), Failure> {
    kept.project.select_stack(&kept.home.stacks(), name).map_err(failure)
}

fn choose(kept: &mut Kept, name: &str, create: bool) -> Result<(), Failure> {
    let project = kept.project.name();
    let stacks = list_stacks(&kept.options.state_root, Some(project)).map_err(failure)?;
    let is_there = stacks.iter().any(|stack| stack.name == name);
    if !is_there && create {
        name.clone_into(&mut kept.options.stack);
        kept.project.create_stack(&kept.options).map_err(failure)?;
    } else if !is_there && !kept.project.directory().join(format!("Pulumi.{name}.yaml")).is_file() {
        return Err(Failure::new(format!("{project} has no stack {name}"))
            .hint(format!("make it: refit stack init {name}")));
    }
    select(kept, name)?;
    anstream::println!("selected {name}");
    Ok(())
}

/// The stack, its resources and its outputs.
fn overview(global: &Global, arguments: &Stack, kept: &Kept) -> Result<(), Failure> {
    let resources = kept.project.resources(&kept.options).map_err(failure)?;
    let outputs = kept.project.outputs(&kept.options, arguments.show_secrets).map_err(failure)?;
    if global.json {
        let resources: Vec<Value> = resources
            .iter()
            .map(|one| {
                json!({ "type": one.resource_type, "name": one.name, "urn": one.urn, "id": one.id })
            })
            .collect();
        let all = json!({
            "project": kept.project.name(), "stack": kept.options.stack,
            "resources": resources, "outputs": outputs,
        });
        anstream::println!("{all}");
        return Ok(());
    }
    anstream::println!("stack    {}-{}", kept.project.name(), kept.options.stack);
    for one in &resources {
        anstream::println!("  {:<34} {}", one.resource_type, one.name);
        if arguments.show_urns {
            anstream::println!("      urn  {}", one.urn);
        }
        if arguments.show_ids {
            anstream::println!("      id   {}", one.id);
        }
    }
    anstream::println!("outputs  {}", outputs.len());
    for (name, value) in &outputs {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        anstream::println!("  {name:<18} {text}");
    }
    Ok(())
}

fn list(global: &Global, kept: &Kept, all: bool) -> Result<(), Failure> {
    let project = (!all).then(|| kept.project.name());
    let stacks = list_stacks(&kept.options.state_root, project).map_err(failure)?;
    let is_current = |stack: &stack::Stack| {
        stack.project == kept.project.name() && stack.name == kept.options.stack
    };
    if global.json {
        let stacks: Vec<Value> = stacks
            .iter()
            .map(|stack| {
                json!({
                    "name": if all { format!("organization/{}/{}", stack.project, stack.name) } else { stack.name.clone() },
                    "current": is_current(stack), "lastUpdate": stack.updated,
                    "updateInProgress": false, "resourceCount": stack.resources,
                })
            })
            .collect();
        anstream::println!("{}", Value::Array(stacks));
        return Ok(());
    }
    anstream::println!("{:<32} {:<22} RESOURCES", "NAME", "LAST UPDATE");
    for stack in &stacks {
        let star = if is_current(stack) { "*" } else { "" };
        let name =
            if all { format!("{}/{}", stack.project, stack.name) } else { stack.name.clone() };
        let updated = stack.updated.as_deref().unwrap_or("?");
        anstream::println!("{:<32} {updated:<22} {}", format!("{name}{star}"), stack.resources);
    }
    Ok(())
}

fn history(global: &Global, kept: &Kept) -> Result<(), Failure> {
    let records = kept.project.history(&kept.options).map_err(failure)?;
    if global.json {
        anstream::println!("{}", Value::Array(records));
        return Ok(());
    }
    for record in &records {
        let text = |name: &str| record[name].as_str().unwrap_or_default();
        let changes = record["resourceChanges"].as_object().into_iter().flatten();
        let changes: Vec<String> = changes.map(|(word, count)| format!("{count} {word}")).collect();
        let line = format!(
            "{}  {:<8} {:<10} {}  {}",
            text("endTime"),
            text("kind"),
            text("result"),
            changes.join(", "),
            text("message")
        );
        anstream::println!("{}", line.trim_end());
    }
    Ok(())
}

/// Exported deployments say more than others need to know.
fn write_private(file: &PathBuf, text: &str) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt;
    let failed = |error| Failure::new(format!("cannot write {}", file.display())).because(error);
    let mut options = std::fs::OpenOptions::new();
    let mut handle =
        options.write(true).create(true).truncate(true).mode(0o600).open(file).map_err(failed)?;
    writeln!(handle, "{text}").map_err(failed)
}

/// A file's text, or standard input's.
pub(crate) fn input(file: Option<&Path>) -> Result<String, Failure> {
    if let Some(file) = file {
        return std::fs::read_to_string(file).map_err(|error| {
            Failure::new(format!("cannot read {}", file.display())).because(error)
        });
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}
