//! `refit config`: the configuration of a stack, in `Pulumi.STACK.yaml`.

use super::stack::{Kept, input, kept};
use crate::grammar::{Config, ConfigCommand, Global};
use crate::project::failure;
use crate::report::{Done, Failure};
use serde_json::{Map, Value, json};
use stack::Setting;
use std::process::ExitCode;

/// Does what was asked.
pub(crate) fn run(global: &Global, arguments: &Config) -> Done {
    let kept = kept(global, &arguments.place)?;
    let (project, stack) = (&kept.project, &kept.options.stack);
    let passphrase = kept.options.passphrase.as_ref();
    match &arguments.command {
        None => list(global, arguments, &kept)?,
        Some(ConfigCommand::Get { key, path }) => {
            let found = project.setting(stack, key, *path, passphrase).map_err(failure)?;
            let value = found.value.clone().unwrap_or_default();
            if global.json {
                anstream::println!("{}", document(&found));
            } else {
                anstream::println!("{}", text(&value));
            }
        }
        Some(ConfigCommand::Set { key, value, secret, path, .. }) => {
            let value = match value {
                Some(value) => value.clone(),
                None => input(None)?.trim_end_matches(['\r', '\n']).to_owned(),
            };
            let seal = secret.then_some(passphrase);
            project.set_setting(stack, key, &value, *path, seal).map_err(failure)?;
        }
        Some(ConfigCommand::Rm { key, path }) => {
            if !project.remove_setting(stack, key, *path).map_err(failure)? {
                return Err(Failure::new(format!("{stack} has no configuration value {key}"))
                    .hint("refit config shows what there is"));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(global: &Global, arguments: &Config, kept: &Kept) -> Result<(), Failure> {
    let passphrase = kept.options.passphrase.as_ref();
    let settings = kept
        .project
        .settings(&kept.options.stack, passphrase, arguments.show_secrets)
        .map_err(failure)?;
    if global.json {
        let all: Map<String, Value> =
            settings.iter().map(|one| (one.key.clone(), document(one))).collect();
        anstream::println!("{}", Value::Object(all));
        return Ok(());
    }
    let own = format!("{}:", kept.project.name());
    anstream::println!("{:<24} VALUE", "KEY");
    for one in &settings {
        let key = one.key.strip_prefix(&own).unwrap_or(&one.key);
        let value = one.value.as_ref().map_or_else(|| "[secret]".to_owned(), text);
        anstream::println!("{key:<24} {value}");
    }
    Ok(())
}

/// A value as Pulumi's command line prints it in JSON.
fn document(setting: &Setting) -> Value {
    let mut shown = json!({ "secret": setting.is_secret });
    if let Some(value) = &setting.value {
        shown["value"] = Value::from(text(value));
        if value.is_object() || value.is_array() {
            shown["objectValue"] = value.clone();
        }
    }
    shown
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
