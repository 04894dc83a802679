//! `refit init DIR`: a project that works, to begin with.

use crate::grammar::{Global, Init, Language, Template};
use crate::report::{Done, Failure};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Longest name of a project: names of jobs are made of it and a UUID, and have 63 characters at most.
const LONGEST_NAME: usize = 26;

/// A file of a template: where it goes, and what is in it; `{{name}}` stands for the project's name.
type File = (&'static str, &'static str);

macro_rules! file {
    ($folder:literal, $name:literal) => {
        ($name, include_str!(concat!("../../templates/", $folder, "/", $name)))
    };
}

const DATA: &[File] =
    &[file!("retraining", "data/train.csv"), file!("retraining", "data/validation.csv")];

/// The files of a template in a language.
fn files(template: Template, language: Language) -> Vec<File> {
    let program: &[File] = match (template, language) {
        (Template::Retraining, Language::Yaml) => &[file!("retraining/yaml", "Pulumi.yaml")],
        (Template::Retraining, Language::Python) => &[
            file!("retraining/python", "Pulumi.yaml"),
            file!("retraining/python", "__main__.py"),
            file!("retraining/python", "requirements.txt"),
        ],
        (Template::Retraining, Language::Typescript) => &[
            file!("retraining/typescript", "Pulumi.yaml"),
            file!("retraining/typescript", "index.ts"),
            file!("retraining/typescript", "package.json"),
            file!("retraining/typescript", "tsconfig.json"),
        ],
        (Template::Minimal, Language::Yaml) => &[file!("minimal/yaml", "Pulumi.yaml")],
        (Template::Minimal, Language::Python) => &[
            file!("minimal/python", "Pulumi.yaml"),
            file!("minimal/python", "__main__.py"),
            file!("minimal/python", "requirements.txt"),
        ],
        (Template::Minimal, Language::Typescript) => &[
            file!("minimal/typescript", "Pulumi.yaml"),
            file!("minimal/typescript", "index.ts"),
            file!("minimal/typescript", "package.json"),
            file!("minimal/typescript", "tsconfig.json"),
        ],
    };
    let data = if template == Template::Retraining { DATA } else { &[] };
    program.iter().chain(data).copied().collect()
}

/// Writes the project; nothing that is there is written over.
pub(crate) fn run(global: &Global, arguments: &Init) -> Done {
    let directory = &arguments.directory;
    let name = match &arguments.name {
        Some(name) if !name.is_empty() && name == &plain(name) => name.clone(),
        Some(name) => {
            return Err(Failure::new(format!("{name} is no name for a project"))
                .hint("letters, digits and hyphens, 26 at most, with a letter first"));
        }
        None => name_of(directory)?,
    };
    let files = files(arguments.template, arguments.language);
    let taken: Vec<PathBuf> =
        files.iter().map(|(path, _)| directory.join(path)).filter(|path| path.exists()).collect();
    if let Some(first) = taken.first() {
        return Err(Failure::new(format!("{} is there already", first.display()))
            .hint("name another directory; nothing was written"));
    }
    for (path, text) in &files {
        let path = directory.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, text.replace("{{name}}", &name)).map_err(|error| {
            Failure::new(format!("cannot write {}", path.display())).because(error)
        })?;
    }
    if global.json {
        let paths: Vec<String> =
            files.iter().map(|(path, _)| directory.join(path).display().to_string()).collect();
        anstream::println!("{}", serde_json::json!({"name": name, "files": paths}));
        return Ok(ExitCode::SUCCESS);
    }
    for (path, _) in &files {
        anstream::println!("wrote    {}", directory.join(path).display());
    }
    let shown = directory.display();
    anstream::println!(
        "\nNext:\n  refit check {shown}      what is wrong with it (nothing)\n  refit up {shown} --run   deploy it, and run it once, now"
    );
    Ok(ExitCode::SUCCESS)
}

/// The directory's name as a project's.
fn name_of(directory: &Path) -> Result<String, Failure> {
    let absolute = std::path::absolute(directory)?;
    let name = absolute.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = plain(&name.unwrap_or_default());
    Ok(if name.is_empty() { "retraining".to_owned() } else { name })
}

/// Lower case letters, digits and single hyphens, a letter first.
fn plain(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        let c = if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let is_wrong = if c == '-' {
            name.is_empty() || name.ends_with('-')
        } else {
            name.is_empty() && c.is_ascii_digit()
        };
        if !is_wrong && name.len() < LONGEST_NAME {
            name.push(c);
        }
    }
    name.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Language, Template, files, plain};
    use check::{Options, Severity};

    #[test]
    fn templates_have_nothing_to_find() {
        for template in [Template::Retraining, Template::Minimal] {
            for language in [Language::Yaml, Language::Python, Language::Typescript] {
                let folder = std::env::temp_dir()
                    .join(format!("refit-init-{}-{template:?}-{language:?}", std::process::id()));
                for (path, text) in files(template, language) {
                    let path = folder.join(path);
                    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                    std::fs::write(path, text.replace("{{name}}", "nightly")).unwrap();
                }
                let checked = check::check(
                    std::slice::from_ref(&folder),
                    Options { now_ms: 1_795_478_400_000 },
                );
                std::fs::remove_dir_all(&folder).unwrap();
                let checked = checked.unwrap();
                let found: Vec<String> = checked
                    .findings
                    .iter()
                    .filter(|finding| finding.severity > Severity::Note)
                    .map(|finding| check::human(&checked, finding))
                    .collect();
                assert!(found.is_empty(), "{template:?} {language:?}:\n{}", found.join("\n\n"));
                assert_eq!(checked.definitions, 1, "{template:?} {language:?}");
            }
        }
    }

    #[test]
    fn names() {
        for (given, name) in [
            ("Weather Models", "weather-models"),
            ("2024_runs", "runs"),
            ("--", ""),
            ("a-very-long-name-for-a-project-of-mine", "a-very-long-name-for-a-pro"),
        ] {
            assert_eq!(plain(given), name);
        }
    }
}
