//! `handler-missing`: a function whose handler is not in its code.

use super::Rule;
use crate::context::Context;
use crate::finding::{Finding, Severity, When};
use crate::model::{Language, Resource};
use crate::node::Node;
use std::path::{Component, Path};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "handler-missing",
    severity: Severity::Error,
    summary: "a Lambda handler whose file or function is not in the code",
    check,
};

fn check(context: &Context<'_>, found: &mut Vec<Finding>) {
    if context.program.language == Language::Server {
        return;
    }
    for function in context.program.of("aws:lambda:Function") {
        if let Some(finding) = look(context, function) {
            found.push(finding);
        }
    }
}

fn look(context: &Context<'_>, function: &Resource) -> Option<Finding> {
    let handler = function.get("handler")?;
    let runtime = function.get("runtime").and_then(Node::as_str).unwrap_or("python");
    let name = handler.as_str()?;
    let Some((module, entry)) = name.rsplit_once('.') else {
        return Some(
            Finding::new(
                &RULE,
                handler.span,
                format!("\"{name}\" is no handler: it is written FILE.FUNCTION"),
            )
            .when(When::FirstRun)
            .says(format!("Runtime.MalformedHandlerName: Bad handler '{name}'")),
        );
    };
    let extensions: &[&str] = if runtime.starts_with("python") {
        &["py"]
    } else if runtime.starts_with("nodejs") {
        &["js", "mjs", "cjs"]
    } else {
        return None;
    };
    let code = function.get("code")?;
    let file = module.replace('.', "/");
    let text = files(context, code, &file, extensions)?;
    let shown = format!("{file}.{}", extensions[0]);
    match text {
        None => Some(
            Finding::new(&RULE, handler.span, format!("the code has no file {shown}"))
                .when(When::FirstRun)
                .says(format!("Runtime.ImportModuleError: Unable to import module '{module}': No module named '{module}'")),
        ),
        Some(text) if extensions[0] == "py" && !text.is_empty() && !defines(&text, entry) => Some(
            Finding::new(&RULE, handler.span, format!("{shown} has no function `{entry}`"))
                .when(When::FirstRun)
                .says(format!("Runtime.HandlerNotFound: Handler '{entry}' missing on module '{module}'")),
        ),
        Some(_) => None,
    }
}

fn defines(text: &str, name: &str) -> bool {
    text.lines().any(|line| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        line.strip_prefix("def ")
            .is_some_and(|rest| rest.trim_start().starts_with(&format!("{name}(")))
            || line.starts_with(&format!("{name} ="))
            || line.starts_with(&format!("{name}="))
            || (line.contains("import") && line.contains(name))
    })
}

/// The handler's text: none if the code cannot be looked at, nothing if it is not there.
#[allow(clippy::option_option)] // Not known, known to be missing, and known are three things.
fn files(
    context: &Context<'_>,
    code: &Node,
    file: &str,
    extensions: &[&str],
) -> Option<Option<String>> {
    if let Some(path) = code.get("fn::fileArchive") {
        let directory = below(&context.program.directory, path.as_str()?)?;
        if !directory.is_dir() {
            return None;
        }
        let found = extensions
            .iter()
            .map(|extension| directory.join(format!("{file}.{extension}")))
            .find(|path| path.is_file());
        return Some(found.map(|path| read(&path)));
    }
    let assets = code.get("fn::assetArchive")?;
    for extension in extensions {
        let name = format!("{file}.{extension}");
        let Some(asset) = assets.get(&name) else { continue };
        let text =
            asset.get("fn::stringAsset").and_then(Node::as_str).map(str::to_owned).or_else(|| {
                let path =
                    below(&context.program.directory, asset.get("fn::fileAsset")?.as_str()?)?;
                path.is_file().then(|| read(&path))
            });
        return Some(Some(text.unwrap_or_default()));
    }
    // A folder in the archive may hold it.
    let has_folder = assets.entries().iter().any(|entry| {
        entry.value.get("fn::fileArchive").is_some() || entry.value.entries().is_empty()
    });
    if has_folder { None } else { Some(None) }
}

fn below(directory: &Path, name: &str) -> Option<std::path::PathBuf> {
    let path = Path::new(name);
    path.components()
        .all(|part| !matches!(part, Component::Prefix(_)))
        .then(|| directory.join(path))
}

fn read(path: &Path) -> String {
    let is_short = std::fs::metadata(path).is_ok_and(|details| details.len() < 1 << 20);
    if is_short { std::fs::read_to_string(path).unwrap_or_default() } else { String::new() }
}
