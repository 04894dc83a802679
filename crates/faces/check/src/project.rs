//! From paths to programs: which language a project is written in, and where its program is.

use crate::error::Error;
use crate::front;
use crate::model::{Language, Program};
use crate::source::Sources;
use std::path::{Path, PathBuf};

/// How large a file may be.
const MAX_BYTES: u64 = 8 << 20;
/// How many definitions of a folder are looked at.
const MAX_DEFINITIONS: usize = 500;

/// Reads a directory or a file.
pub(crate) fn read(sources: &mut Sources, path: &Path) -> Result<Vec<Program>, Error> {
    if !path.is_dir() {
        let is_project =
            path.file_name().is_some_and(|name| name == "Pulumi.yaml" || name == "Pulumi.yml");
        if is_project {
            return Ok(vec![project(sources, path)?]);
        }
        return Ok(vec![file(sources, path)?]);
    }
    for name in ["Pulumi.yaml", "Pulumi.yml"] {
        let project_file = path.join(name);
        if project_file.is_file() {
            return Ok(vec![project(sources, &project_file)?]);
        }
    }
    let mut names: Vec<PathBuf> = std::fs::read_dir(path)
        .map_err(|source| Error::Read { path: path.to_owned(), source })?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension().is_some_and(|extension| {
                ["json", "asl", "yaml", "yml"].iter().any(|known| extension == *known)
            })
        })
        .take(MAX_DEFINITIONS)
        .collect();
    names.sort();
    let mut programs = Vec::new();
    for name in names {
        let text = load(&name)?;
        if text.contains("StartAt") && text.contains("States") {
            programs.push(read_text(sources, &name, &text, path));
        }
    }
    if programs.is_empty() {
        return Err(Error::Nothing { path: path.to_owned() });
    }
    Ok(programs)
}

fn load(path: &Path) -> Result<String, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let details = std::fs::metadata(path).map_err(failed)?;
    if details.len() > MAX_BYTES {
        return Err(Error::TooLarge { path: path.to_owned() });
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

fn file(sources: &mut Sources, path: &Path) -> Result<Program, Error> {
    let text = load(path)?;
    let directory = path.parent().unwrap_or(Path::new(""));
    Ok(read_text(sources, path, &text, directory))
}

/// Reads a text by its name.
pub(crate) fn read_text(
    sources: &mut Sources,
    path: &Path,
    text: &str,
    directory: &Path,
) -> Program {
    let id = sources.add(path, text);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("py") => front::code::read(sources, id, Language::Python, directory),
        Some("ts" | "js" | "mjs" | "cjs" | "mts" | "cts") => {
            front::code::read(sources, id, Language::TypeScript, directory)
        }
        Some("yaml" | "yml") => front::yaml::read(sources, id, directory),
        _ => front::definition(sources, id, directory),
    }
}

/// The program of a project file.
fn project(sources: &mut Sources, path: &Path) -> Result<Program, Error> {
    let text = load(path)?;
    let directory = path.parent().unwrap_or(Path::new(""));
    let (runtime, main) = settings(&text);
    let base = directory.join(main.as_deref().unwrap_or(""));
    let program = match runtime.as_str() {
        "" | "yaml" => return Ok(read_text(sources, path, &text, &base)),
        "python" => python_program(&base),
        "nodejs" => node_program(&base),
        _ => return Err(Error::Runtime { path: path.to_owned(), runtime }),
    };
    if !program.is_file() {
        return Err(Error::NoProgram { project: path.to_owned(), program });
    }
    file(sources, &program)
}

fn python_program(base: &Path) -> PathBuf {
    if base.is_file() { base.to_owned() } else { base.join("__main__.py") }
}

fn node_program(base: &Path) -> PathBuf {
    if base.is_file() {
        return base.to_owned();
    }
    let package = std::fs::read_to_string(base.join("package.json")).ok();
    let main = package
        .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
        .and_then(|package| Some(base.join(package.get("main")?.as_str()?)));
    let usual = ["index.ts", "index.js", "index.mjs", "index.mts"].map(|name| base.join(name));
    main.into_iter()
        .chain(usual.clone())
        .find(|path| path.is_file())
        .unwrap_or_else(|| usual[0].clone())
}

/// `runtime` and `main` of a project file, line by line: the file may be broken elsewhere.
fn settings(text: &str) -> (String, Option<String>) {
    let value = |key: &str| {
        let line =
            text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':'))?;
        let line = line.split(" #").next().unwrap_or_default();
        Some(line.trim().trim_matches(['"', '\'']).to_owned())
    };
    let runtime = value("runtime").filter(|runtime| !runtime.is_empty()).map(|runtime| {
        // `{ name: python }`
        runtime.split_once("name:").map_or(runtime.clone(), |(_, rest)| {
            rest.trim()
                .trim_end_matches(['}', ' '])
                .split(',')
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned()
        })
    });
    let nested = || {
        let mut lines = text.lines().skip_while(|line| !line.starts_with("runtime:")).skip(1);
        lines
            .by_ref()
            .take_while(|line| line.starts_with(' '))
            .find_map(|line| line.trim().strip_prefix("name:"))
            .map(|name| name.trim().trim_matches(['"', '\'']).to_owned())
    };
    (runtime.or_else(nested).unwrap_or_default(), value("main"))
}
