//! The settings of a stack, `Pulumi.STACK.yaml`: read, changed entry by entry, everything else in the file left as it is.

use super::{Project, check_stack};
use crate::error::Error;
use crate::source::Source;
use crate::state::Vault;
use crate::value::Sealer;
use crate::yaml::{self, Entry, Kind, Node};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write as _;
use std::path::PathBuf;

/// One configuration value.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Its full key: `project:name`.
    pub key: String,
    /// Its value; a secret one is none unless it was opened.
    pub value: Option<Json>,
    /// Whether it is a secret, or holds one.
    pub is_secret: bool,
}

/// A step of a path into a value: `a.b[0]`.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Name(String),
    Index(usize),
}

impl Project {
    fn settings_file(&self, stack: &str) -> Result<PathBuf, Error> {
        check_stack(stack)?;
        Ok(self.directory.join(format!("Pulumi.{stack}.yaml")))
    }

    /// The full form of a key: those without a namespace are the project's.
    fn full_key(&self, key: &str) -> String {
        if key.contains(':') { key.to_owned() } else { format!("{}:{key}", self.name) }
    }

    /// The configuration of a stack, by key. Secrets are opened when `show_secrets`, which needs the passphrase.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Invalid`], [`Error::Secret`].
    pub fn settings(
        &self,
        stack: &str,
        passphrase: Option<&String>,
        show_secrets: bool,
    ) -> Result<Vec<Setting>, Error> {
        let file = File::read(self.settings_file(stack)?)?;
        let vault = Vault::new(passphrase.cloned(), file.salt());
        let mut settings = Vec::new();
        for entry in file.entries() {
            let mut value = plain(&entry.value);
            let is_secret = is_secret(&value);
            if is_secret && show_secrets {
                open(&mut value, &vault)?;
            }
            let value = (!is_secret || show_secrets).then_some(value);
            settings.push(Setting { key: self.full_key(&entry.key), value, is_secret });
        }
        settings.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(settings)
    }

    /// One value; `path` says that the key is a path into one.
    ///
    /// # Errors
    /// [`Error::NoSetting`]; the others as [`Project::settings`].
    pub fn setting(
        &self,
        stack: &str,
        key: &str,
        path: bool,
        passphrase: Option<&String>,
    ) -> Result<Setting, Error> {
        let (name, steps) = parts(key, path)?;
        let full = self.full_key(&name);
        let none = || Error::NoSetting { key: key.to_owned(), stack: stack.to_owned() };
        let settings = self.settings(stack, passphrase, true)?;
        let mut found = settings.into_iter().find(|one| one.key == full).ok_or_else(none)?;
        let value = found.value.take().unwrap_or_default();
        let at = steps.iter().try_fold(&value, |at, step| match step {
            Step::Name(name) => at.get(name),
            Step::Index(index) => at.get(index),
        });
        found.value = Some(at.ok_or_else(none)?.clone());
        Ok(found)
    }

    /// Sets a value. With `path` the key is a path into one, and `true`, `false` and whole numbers are no texts. A secret is
    /// sealed with the passphrase.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Invalid`], [`Error::Secret`].
    pub fn set_setting(
        &self,
        stack: &str,
        key: &str,
        text: &str,
        path: bool,
        secret: Option<Option<&String>>,
    ) -> Result<(), Error> {
        let mut file = File::read(self.settings_file(stack)?)?;
        let (name, steps) = parts(key, path)?;
        let value = if let Some(passphrase) = secret {
            let vault = Vault::new(passphrase.cloned(), file.salt());
            let sealed = vault.seal(text)?;
            file.set_salt(vault.salt())?;
            json!({ "secure": sealed })
        } else if path {
            scalar(text)
        } else {
            Json::from(text)
        };
        let full = self.full_key(&name);
        let mut whole = file.value(&self.name, &full).unwrap_or_default();
        put(&mut whole, &steps, value).ok_or_else(|| Error::Path { path: key.to_owned() })?;
        file.replace(&self.name, &full, Some(&whole))?;
        file.save()
    }

    /// Takes a value away. False when there was none.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Invalid`].
    pub fn remove_setting(&self, stack: &str, key: &str, path: bool) -> Result<bool, Error> {
        let mut file = File::read(self.settings_file(stack)?)?;
        let (name, steps) = parts(key, path)?;
        let full = self.full_key(&name);
        let Some(mut whole) = file.value(&self.name, &full) else { return Ok(false) };
        if steps.is_empty() {
            file.replace(&self.name, &full, None)?;
        } else {
            if !take(&mut whole, &steps) {
                return Ok(false);
            }
            file.replace(&self.name, &full, Some(&whole))?;
        }
        file.save()?;
        Ok(true)
    }
}

/// A settings file while it is changed.
struct File {
    path: PathBuf,
    text: String,
    root: std::sync::Arc<Node>,
}

impl File {
    fn read(path: PathBuf) -> Result<Self, Error> {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(Error::File { action: "read", path, source }),
        };
        Self::parse(path, text)
    }

    fn parse(path: PathBuf, text: String) -> Result<Self, Error> {
        let source = Source::new(path.clone(), &text);
        let root =
            yaml::parse(&source, &text).map_err(|diagnostics| Error::Invalid { diagnostics })?;
        Ok(Self { path, text, root })
    }

    fn salt(&self) -> Option<String> {
        self.root.get("encryptionsalt").and_then(|node| node.as_str()).map(str::to_owned)
    }

    fn entries(&self) -> &[Entry] {
        self.root.get("config").map(|node| node.entries()).unwrap_or_default()
    }

    /// The value of a full key.
    fn value(&self, project: &str, full: &str) -> Option<Json> {
        let found = self.entries().iter().find(|entry| is_key(project, &entry.key, full));
        found.map(|entry| plain(&entry.value))
    }

    fn set_salt(&mut self, salt: Option<String>) -> Result<(), Error> {
        let Some(salt) = salt.filter(|_| self.salt().is_none()) else { return Ok(()) };
        let text = format!("encryptionsalt: {salt}\n{}", self.text);
        *self = Self::parse(self.path.clone(), text)?;
        Ok(())
    }

    /// Puts another value in the place of an entry, or after the last one.
    fn replace(&mut self, project: &str, full: &str, value: Option<&Json>) -> Result<(), Error> {
        let mut settings: Vec<(String, Json)> =
            self.entries().iter().map(|entry| (entry.key.clone(), plain(&entry.value))).collect();
        let text = self.text.clone();
        let lines: Vec<&str> = text.lines().collect();
        let top = self.root.entries().iter().position(|entry| entry.key == "config");
        let range = top.map(|top| self.range(top, lines.len()));
        let at = settings.iter().position(|(key, _)| is_key(project, key, full));
        let is_block = range.is_none_or(|(first, _)| {
            self.entries().iter().all(|entry| entry.key_span.start.line > first)
                && lines.get(first - 1).is_some_and(|line| line.trim_end().ends_with("config:"))
        });
        if let (true, Some((_, end))) = (is_block && !settings.is_empty(), range) {
            // Only the lines of this entry change.
            let written = value.map(|value| entry_text(full, value)).unwrap_or_default();
            let (from, to) = match at {
                Some(at) => self.entry_lines(at, end, &lines),
                None => (last_line(end, &lines) + 1, last_line(end, &lines) + 1),
            };
            if at.is_some() && value.is_none() && settings.len() == 1 {
                return self.rewrite(range, &[], &lines);
            }
            let [before, after] = [&lines[..from - 1], &lines[(to - 1).min(lines.len())..]];
            return self.assemble(before, &written, after);
        }
        match (at, value) {
            (Some(at), Some(value)) => settings[at].1 = value.clone(),
            (Some(at), None) => drop(settings.remove(at)),
            (None, Some(value)) => settings.push((full.to_owned(), value.clone())),
            (None, None) => {}
        }
        self.rewrite(range, &settings, &lines)
    }

    /// Writes the whole of `config` again.
    fn rewrite(
        &mut self,
        range: Option<(usize, usize)>,
        settings: &[(String, Json)],
        lines: &[&str],
    ) -> Result<(), Error> {
        let mut written = if settings.is_empty() { "config: {}\n" } else { "config:\n" }.to_owned();
        for (key, value) in settings {
            written.push_str(&entry_text(key, value));
        }
        let (from, to) = range.map_or((lines.len() + 1, lines.len() + 1), |(first, end)| {
            (first, last_line(end, lines).max(first) + 1)
        });
        let [before, after] = [&lines[..from - 1], &lines[(to - 1).min(lines.len())..]];
        self.assemble(before, &written, after)
    }

    fn assemble(&mut self, before: &[&str], written: &str, after: &[&str]) -> Result<(), Error> {
        let mut text = String::new();
        for line in before {
            let _ = writeln!(text, "{line}");
        }
        text.push_str(written);
        for line in after {
            let _ = writeln!(text, "{line}");
        }
        *self = Self::parse(self.path.clone(), text)?;
        Ok(())
    }

    /// First line of a top-level entry, and the first line after it.
    fn range(&self, top: usize, count: usize) -> (usize, usize) {
        let entries = self.root.entries();
        let first = entries[top].key_span.start.line;
        let next = entries.get(top + 1).map_or(count + 1, |next| next.key_span.start.line);
        (first, next)
    }

    /// The lines of an entry of `config`, without comments that follow it.
    fn entry_lines(&self, at: usize, end: usize, lines: &[&str]) -> (usize, usize) {
        let entries = self.entries();
        let from = entries[at].key_span.start.line;
        let next = entries.get(at + 1).map_or(end, |next| next.key_span.start.line);
        (from, last_line(next, lines).max(from) + 1)
    }

    fn save(&self) -> Result<(), Error> {
        let failed = |source| Error::File { action: "write", path: self.path.clone(), source };
        let draft = self.path.with_extension("yaml.new");
        std::fs::write(&draft, &self.text).map_err(failed)?;
        std::fs::rename(&draft, &self.path).map_err(failed)
    }
}

/// The last line before `end` that is not empty and no comment.
fn last_line(end: usize, lines: &[&str]) -> usize {
    let is_quiet = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    (1..end).rev().find(|line| lines.get(line - 1).is_some_and(|line| !is_quiet(line))).unwrap_or(0)
}

fn is_key(project: &str, key: &str, full: &str) -> bool {
    key == full || full.strip_prefix(&format!("{project}:")) == Some(key)
}

/// A node as JSON.
fn plain(node: &Node) -> Json {
    match &node.kind {
        Kind::Null => Json::Null,
        Kind::Bool(flag) => Json::Bool(*flag),
        Kind::Number(number) => Json::Number(number.clone()),
        Kind::String(text) => Json::from(text.value.as_str()),
        Kind::Sequence(items) => items.iter().map(|item| plain(item)).collect(),
        Kind::Mapping(entries) => Json::Object(
            entries.iter().map(|entry| (entry.key.clone(), plain(&entry.value))).collect(),
        ),
    }
}

fn sealed(value: &Json) -> Option<&str> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    fields.get("secure")?.as_str()
}

fn is_secret(value: &Json) -> bool {
    sealed(value).is_some()
        || match value {
            Json::Array(items) => items.iter().any(is_secret),
            Json::Object(fields) => fields.values().any(is_secret),
            _ => false,
        }
}

/// Opens every secret in a value.
fn open(value: &mut Json, vault: &Vault) -> Result<(), Error> {
    if let Some(text) = sealed(value) {
        *value = Json::from(vault.open(text)?);
        return Ok(());
    }
    match value {
        Json::Array(items) => items.iter_mut().try_for_each(|item| open(item, vault)),
        Json::Object(fields) => fields.values_mut().try_for_each(|field| open(field, vault)),
        _ => Ok(()),
    }
}

/// A text of the command line in a path: booleans and whole numbers are what they look like.
fn scalar(text: &str) -> Json {
    match (text, text.parse::<i64>()) {
        ("true", _) => Json::Bool(true),
        ("false", _) => Json::Bool(false),
        (_, Ok(number)) if number.to_string() == text => Json::from(number),
        _ => Json::from(text),
    }
}

/// A key and the steps below it: `data.list[0]`, `names["a.b"]`.
fn parts(key: &str, path: bool) -> Result<(String, Vec<Step>), Error> {
    let wrong = || Error::Path { path: key.to_owned() };
    if !path {
        return if key.is_empty() { Err(wrong()) } else { Ok((key.to_owned(), Vec::new())) };
    }
    let mut steps = Vec::new();
    let mut rest = key;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (step, after) = if let Some(quoted) = inside.strip_prefix('"') {
                let (name, after) = quoted.split_once("\"]").ok_or_else(wrong)?;
                (Step::Name(name.to_owned()), after)
            } else {
                let (index, after) = inside.split_once(']').ok_or_else(wrong)?;
                (Step::Index(index.parse().map_err(|_| wrong())?), after)
            };
            steps.push(step);
            rest = after;
            continue;
        }
        rest = rest.strip_prefix('.').filter(|_| !steps.is_empty()).unwrap_or(rest);
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        if end == 0 {
            return Err(wrong());
        }
        steps.push(Step::Name(rest[..end].to_owned()));
        rest = &rest[end..];
    }
    match steps.first() {
        Some(Step::Name(name)) => Ok((name.clone(), steps.split_off(1))),
        _ => Err(wrong()),
    }
}

/// Puts a value at a path; nothing when something else is in the way.
fn put(whole: &mut Json, steps: &[Step], value: Json) -> Option<()> {
    let Some((step, rest)) = steps.split_first() else {
        *whole = value;
        return Some(());
    };
    match step {
        Step::Name(name) => {
            if whole.is_null() {
                *whole = Json::Object(Map::new());
            }
            let slot = whole.as_object_mut()?.entry(name.as_str()).or_insert(Json::Null);
            put(slot, rest, value)
        }
        Step::Index(index) => {
            if whole.is_null() {
                *whole = Json::Array(Vec::new());
            }
            let items = whole.as_array_mut()?;
            if *index == items.len() {
                items.push(Json::Null);
            }
            put(items.get_mut(*index)?, rest, value)
        }
    }
}

/// Takes what is at a path away; false when nothing is.
fn take(whole: &mut Json, steps: &[Step]) -> bool {
    match (steps, whole) {
        ([Step::Name(name)], Json::Object(fields)) => fields.shift_remove(name).is_some(),
        ([Step::Index(index)], Json::Array(items)) if *index < items.len() => {
            items.remove(*index);
            true
        }
        ([Step::Name(name), rest @ ..], Json::Object(fields)) => {
            fields.get_mut(name).is_some_and(|below| take(below, rest))
        }
        ([Step::Index(index), rest @ ..], Json::Array(items)) => {
            items.get_mut(*index).is_some_and(|below| take(below, rest))
        }
        _ => false,
    }
}

/// An entry of `config`, in block style.
fn entry_text(key: &str, value: &Json) -> String {
    let mut text = String::new();
    field(&mut text, 2, key, value);
    text
}

fn field(text: &mut String, indent: usize, key: &str, value: &Json) {
    let space = " ".repeat(indent);
    let key = written(key);
    match value {
        Json::Object(fields) if !fields.is_empty() => {
            let _ = writeln!(text, "{space}{key}:");
            for (name, value) in fields {
                field(text, indent + 2, name, value);
            }
        }
        Json::Array(items) if !items.is_empty() => {
            let _ = writeln!(text, "{space}{key}:");
            for item in items {
                // JSON is YAML: what is below a list is written in one line.
                let item = match item {
                    Json::String(text) => written(text),
                    other => other.to_string(),
                };
                let _ = writeln!(text, "{space}  - {item}");
            }
        }
        Json::String(value) => {
            let _ = writeln!(text, "{space}{key}: {}", written(value));
        }
        other => {
            let _ = writeln!(text, "{space}{key}: {other}");
        }
    }
}

/// A text as YAML reads it back: plain where that is safe, in quotes elsewhere.
pub(super) fn written(text: &str) -> String {
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:+=@ ".contains(c))
        && !text.contains(": ")
        && !text.ends_with([':', ' ']);
    let lower = text.to_lowercase();
    let is_other = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if is_word && !is_other.contains(&lower.as_str()) {
        return text.to_owned();
    }
    Json::from(text).to_string()
}
