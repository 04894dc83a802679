//! `node_modules` of a project, made by its package manager when something in it is missing.

use super::{Interpreter, Workshop, on_path};
use crate::diagnostic::Diagnostic;
use crate::hosts::project::NodeOptions;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// Where the SDK runs programs.
const RUNNER: &str = "@pulumi/pulumi/cmd/run/index.js";

impl Workshop<'_> {
    pub(super) async fn node(&self, options: &NodeOptions) -> Result<Interpreter, Box<Diagnostic>> {
        let node = on_path("node").ok_or_else(|| {
            let message =
                "the program is in JavaScript or TypeScript, and there is no `node` on the PATH";
            Box::new(Diagnostic::error(message).hint("install Node.js 20 or newer"))
        })?;
        let (pwd, _) = self.project.entry();
        let file = above(&pwd, "package.json").ok_or_else(|| {
            let message = format!("{} holds no package.json", pwd.display());
            Box::new(Diagnostic::error(message).hint(self.project.dependency_hint()))
        })?;
        let folder = file.parent().unwrap_or(&pwd).to_owned();
        if !missing(&folder, &file)?.is_empty() {
            self.install_packages(&folder, options).await?;
            let missing = missing(&folder, &file)?;
            if !missing.is_empty() {
                let message = format!("{} were installed, but not found", missing.join(", "));
                return Err(Box::new(Diagnostic::error(message)));
            }
        }
        let runner = above(&pwd, &format!("node_modules/{RUNNER}")).ok_or_else(|| {
            let message = "the SDK `@pulumi/pulumi` is not installed";
            Box::new(Diagnostic::error(message).hint(self.project.dependency_hint()))
        })?;
        let typescript = options.typescript.unwrap_or(true).to_string();
        let mut variables = vec![("PULUMI_NODEJS_TYPESCRIPT".to_owned(), typescript)];
        if let Some(path) = &options.tsconfig {
            variables.push(("PULUMI_NODEJS_TSCONFIG_PATH".to_owned(), path.clone()));
        }
        Ok(Interpreter { program: node, arguments: vec![runner], variables })
    }

    async fn install_packages(
        &self,
        folder: &Path,
        options: &NodeOptions,
    ) -> Result<(), Box<Diagnostic>> {
        let name = options.package_manager.as_deref().unwrap_or("npm");
        let tool = on_path(name).ok_or_else(|| {
            let message = format!(
                "the project's packages are installed with `{name}`, which is not on the PATH"
            );
            Box::new(Diagnostic::error(message))
        })?;
        (self.say)(&format!("environment  {name} install …"));
        let mut command = Command::new(&tool);
        command.arg("install").current_dir(folder);
        if name == "npm" {
            command.args(["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]);
        }
        let hint = "look at package.json and at the network; the same command goes on from here";
        self.must(command, &tool, "install the project's packages", hint).await?;
        Ok(())
    }
}

/// A file in a folder or above it.
fn above(folder: &Path, name: &str) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// The dependencies of a project that are not installed.
fn missing(folder: &Path, file: &Path) -> Result<Vec<String>, Box<Diagnostic>> {
    let unreadable =
        |why: String| Box::new(Diagnostic::error(format!("cannot read {}: {why}", file.display())));
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
    let package: Json =
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    let names = ["dependencies", "devDependencies"];
    let names = names.iter().filter_map(|kind| package.get(kind)?.as_object());
    let is_missing = |name: &&String| {
        let file = format!("node_modules/{name}/package.json");
        name.starts_with(['.', '/']) || above(folder, &file).is_none()
    };
    Ok(names.flat_map(serde_json::Map::keys).filter(is_missing).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn what_is_not_installed_is_missing() {
        let folder = std::env::temp_dir().join(format!("refit-node-{}", std::process::id()));
        let installed = folder.join("node_modules/@a/b");
        std::fs::create_dir_all(&installed).expect("there is room");
        std::fs::write(installed.join("package.json"), "{}").expect("there is room");
        let file = folder.join("package.json");
        let text = r#"{"dependencies": {"@a/b": "1"}, "devDependencies": {"c": "2"}}"#;
        std::fs::write(&file, text).expect("there is room");
        assert_eq!(missing(&folder, &file).expect("it can be read"), ["c"]);
        std::fs::write(&file, "{").expect("there is room");
        assert!(missing(&folder, &file).is_err());
        std::fs::remove_dir_all(&folder).expect("it is ours");
    }
}
