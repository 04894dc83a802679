//! What names an environment: a digest of everything that goes into it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::{Error, Result};

use super::Recipe;
use super::interpreter::Tools;

/// Changes when environments are made in another way than before.
const FORMAT: &str = "1";

/// The key of a recipe with these tools.
pub(super) fn key(recipe: &Recipe, tools: &Tools) -> Result<String> {
    let mut digest = Sha256::new();
    let mut add = |text: &str| {
        digest.update((text.len() as u64).to_le_bytes());
        digest.update(text.as_bytes());
    };
    add(FORMAT);
    add(&tools.python.to_string_lossy());
    add(&tools.version);
    for package in &recipe.packages {
        add(package);
    }
    add("requirements");
    let requirements = requirements_text(recipe)?;
    add(requirements.as_deref().unwrap_or_default());
    let reads_folder =
        recipe.install_source || requirements.as_deref().is_some_and(reads_other_files);
    if let Some(source) = recipe.source.as_ref().filter(|_| reads_folder) {
        add("source");
        add(&folder(source).map_err(Error::io("read", source))?);
    }
    Ok(hex(&digest.finalize())[..32].to_owned())
}

/// The text of the recipe's requirements. Editable installs are refused: the folder they would point
/// to goes when the job ends.
pub(super) fn requirements_text(recipe: &Recipe) -> Result<Option<String>> {
    let Some(file) = &recipe.requirements else { return Ok(None) };
    let file = recipe.source.as_deref().unwrap_or(Path::new("")).join(file);
    let text = fs::read(&file).map_err(Error::io("read", &file))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with("-e") || line.starts_with("--editable") {
            let why = format!(
                "requirements.txt, line {}: editable installs are not possible here; write the folder without -e",
                number + 1
            );
            return Err(Error::Environment { why });
        }
    }
    Ok(Some(text))
}

/// Whether a requirements file reads more than itself.
fn reads_other_files(text: &str) -> bool {
    text.lines().map(str::trim).any(|line| {
        ["-r", "-c", "--requirement", "--constraint", "--find-links", "-f", ".", "/"]
            .iter()
            .any(|start| line.starts_with(start))
            || line.contains("file:")
    })
}

/// A digest of the files of a folder: names and contents, in order. Links are not followed.
fn folder(root: &Path) -> io::Result<String> {
    let mut digest = Sha256::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> = fs::read_dir(root.join(&folder))?.collect::<io::Result<_>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = folder.join(entry.file_name());
            let kind = entry.file_type()?;
            digest.update(name.as_os_str().as_encoded_bytes());
            digest.update([0]);
            if kind.is_dir() {
                folders.push(name);
            } else if kind.is_file() {
                digest.update(entry.metadata()?.len().to_le_bytes());
                io::copy(&mut File::open(entry.path())?, &mut Feed(&mut digest))?;
            }
        }
    }
    Ok(hex(&digest.finalize()))
}

struct Feed<'a>(&'a mut Sha256);

impl io::Write for Feed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools() -> Tools {
        Tools { python: "/usr/bin/python3".into(), version: "3.11.2".to_owned(), uv: None }
    }

    #[test]
    fn the_key_is_of_the_content() {
        let root = std::env::temp_dir().join(format!("refit-recipe-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        let recipe = |packages: &[&str], requirements: Option<&str>| {
            if let Some(text) = requirements {
                fs::write(root.join("requirements.txt"), text).unwrap();
            }
            let packages = packages.iter().map(|it| (*it).to_owned()).collect();
            Recipe {
                packages,
                requirements: requirements.map(|_| "requirements.txt".into()),
                source: Some(root.clone()),
                install_source: false,
            }
        };
        let key_of = |recipe: &Recipe| key(recipe, &tools()).unwrap();
        let plain = key_of(&recipe(&["a"], None));
        assert_eq!(plain, key_of(&recipe(&["a"], None)));
        assert_ne!(plain, key_of(&recipe(&["b"], None)));
        let with = key_of(&recipe(&["a"], Some("numpy\n")));
        assert_ne!(plain, with);
        fs::write(root.join("other.txt"), "x").unwrap();
        assert_eq!(with, key_of(&recipe(&["a"], Some("numpy\n"))), "other files do not matter");
        let reads = key_of(&recipe(&["a"], Some("-r other.txt\n")));
        fs::write(root.join("other.txt"), "y").unwrap();
        assert_ne!(reads, key_of(&recipe(&["a"], Some("-r other.txt\n"))), "here they do");
        let editable = key(&recipe(&[], Some("numpy\n-e .\n")), &tools());
        assert!(matches!(editable, Err(Error::Environment { why }) if why.contains("line 2")));
        fs::remove_dir_all(&root).unwrap();
    }
}
