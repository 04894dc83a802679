//! The rules of the house that no compiler checks.
//!
//! * A crate depends only on layers to its left, and no service on another service.
//! * A pure crate names no clock, socket, file, process, environment or async runtime.
//! * Every file says first what it is, and stays small enough to live in.
//! * Nothing is left half done.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const LAYERS: [&str; 4] = ["language", "platform", "services", "faces"];
/// Lines a file may have.
const LONGEST_FILE: usize = 800;

/// What a pure crate must not name in code.
const IMPURE: [&str; 15] = [
    "std::fs",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "std::process",
    "std::env",
    "std::thread::sleep",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "tokio",
    "async fn",
    "static mut",
    "getrandom",
];

/// What nothing outside tests may contain.
const UNFINISHED: [&str; 5] = ["todo!(", "unimplemented!(", "FIXME", "XXX", "#[ignore"];

/// Checks every rule; prints every finding.
pub(crate) fn tidy() -> Result<(), String> {
    let mut findings = Vec::new();
    let crates = crates()?;
    for (name, (layer, folder)) in &crates {
        dependencies(name, layer, folder, &crates, &mut findings)?;
        for file in rust_files(&folder.join("src"))? {
            let text = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
            file_rules(&file, &text, layer == "language", &mut findings);
        }
    }
    for finding in &findings {
        eprintln!("tidy: {finding}");
    }
    if findings.is_empty() { Ok(()) } else { Err(format!("{} findings", findings.len())) }
}

type Crates = BTreeMap<String, (String, PathBuf)>;

/// Every crate by its folder's name: its layer and its folder.
fn crates() -> Result<Crates, String> {
    let mut crates = BTreeMap::new();
    for layer in LAYERS {
        for entry in entries(&Path::new("crates").join(layer))? {
            if entry.join("Cargo.toml").exists() {
                let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
                crates.insert(name, (layer.to_owned(), entry));
            }
        }
    }
    Ok(crates)
}

fn dependencies(
    name: &str,
    layer: &str,
    folder: &Path,
    crates: &Crates,
    findings: &mut Vec<String>,
) -> Result<(), String> {
    let manifest = folder.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|e| format!("{}: {e}", manifest.display()))?;
    let rank = |layer: &str| LAYERS.iter().position(|own| *own == layer);
    let mut section = "";
    for line in text.lines() {
        if line.starts_with('[') {
            section = line;
        }
        if section != "[dependencies]" {
            continue;
        }
        let dependency = line.split(['.', ' ', '=']).next().unwrap_or_default();
        let Some((of, _)) = crates.get(dependency) else {
            if layer == "language"
                && ["tokio", "rusqlite", "hyper", "nix", "getrandom"].contains(&dependency)
            {
                findings.push(format!("{name} is pure and depends on {dependency}"));
            }
            continue;
        };
        if rank(of) > rank(layer) {
            findings.push(format!(
                "{name} ({layer}) depends on {dependency} ({of}), a layer to its right"
            ));
        }
        if of == layer && layer == "services" {
            findings.push(format!("service {name} depends on service {dependency}"));
        }
    }
    Ok(())
}

fn file_rules(file: &Path, text: &str, is_pure: bool, findings: &mut Vec<String>) {
    let shown = file.display();
    if !text.starts_with("//!") {
        findings.push(format!("{shown}: does not say first what it is (//!)"));
    }
    let lines = text.lines().count();
    if lines > LONGEST_FILE {
        findings.push(format!("{shown}: {lines} lines; split it along what it does"));
    }
    if text.contains("#![cfg(test)]") {
        return;
    }
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    for (number, line) in code.lines().enumerate() {
        let statement = line.split("//").next().unwrap_or_default();
        let mut find = |words: &[&str], why: &str| {
            for word in words.iter().filter(|word| statement.contains(**word)) {
                findings.push(format!("{shown}:{}: {word} {why}", number + 1));
            }
        };
        find(&UNFINISHED, "is unfinished");
        if is_pure {
            find(&IMPURE, "in a pure crate");
        }
    }
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for entry in entries(folder)? {
        if entry.is_dir() {
            files.extend(rust_files(&entry)?);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            files.push(entry);
        }
    }
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let read = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut entries: Vec<PathBuf> = read.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    Ok(entries)
}
