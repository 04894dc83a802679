//! `Pulumi.yaml` of a program in another language: its name, how it is run, and the configuration it declares.

use crate::diagnostic::Diagnostic;
use crate::nearest::did_you_mean;
use crate::program::yaml::is_plain_name;
use crate::program::yaml::settings::{Settings, plain};
use crate::source::{Source, Span};
use crate::state::Vault;
use crate::value::Value;
use crate::yaml::{self, Entry, Kind, Node};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The shortest secret that is looked for in what a program prints.
const SHORTEST_SECRET: usize = 4;

/// A project file that was read.
#[derive(Debug)]
pub(crate) struct HostProject {
    pub(super) name: String,
    pub(super) language: Language,
    /// Where the file is; absolute.
    pub(super) root: PathBuf,
    /// Where the program is, relative to the file.
    main: Option<String>,
    declared: Vec<Declared>,
    source: Source,
}

/// What runs it.
#[derive(Debug)]
pub(super) enum Language {
    Python(PythonOptions),
    Node(NodeOptions),
}

/// `options` of `runtime: python`.
#[derive(Debug, Default)]
pub(super) struct PythonOptions {
    /// A virtual environment of the project's own, relative to the file.
    pub(super) virtualenv: Option<String>,
    /// It is made with `uv`, from its lock file.
    pub(super) has_uv: bool,
}

/// `options` of `runtime: nodejs`.
#[derive(Debug, Default)]
pub(super) struct NodeOptions {
    /// `npm` unless another one is named.
    pub(super) package_manager: Option<String>,
    /// Arguments for `node`.
    pub(super) arguments: String,
    /// Whether TypeScript is compiled; it is unless it says no.
    pub(super) typescript: Option<bool>,
    /// The settings of TypeScript's compiler.
    pub(super) tsconfig: Option<String>,
}

/// A declared configuration value.
#[derive(Debug)]
struct Declared {
    /// `project:name`
    key: String,
    value: Option<Value>,
    is_secret: bool,
    span: Span,
}

/// Configuration as a program gets it.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// Texts; what is no text is JSON.
    pub(super) values: BTreeMap<String, String>,
    /// Keys of those that are secret.
    pub(super) secrets: Vec<String>,
}

impl Config {
    /// A text without the secrets of the configuration.
    pub(super) fn redacted(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for key in &self.secrets {
            let secret = self.values.get(key).map(String::as_str).unwrap_or_default();
            if secret.len() >= SHORTEST_SECRET && text.contains(secret) {
                text = text.replace(secret, "[secret]");
            }
        }
        text
    }
}

/// Whether a project file is one of these; its language's name.
pub(crate) fn is_hosted(root: &Node) -> bool {
    matches!(runtime(root), Some("python" | "nodejs"))
}

fn runtime(root: &Node) -> Option<&str> {
    let node = root.get("runtime")?;
    node.as_str().or_else(|| node.get("name").and_then(|name| name.as_str()))
}

impl HostProject {
    /// Reads a project file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(path: &Path, text: &str, root: &Node) -> Result<Self, Vec<Diagnostic>> {
        let mut faults = Vec::new();
        let source = Source::new(path.to_owned(), text);
        let mut fault = |message: String, span: Span, hint: Option<String>| {
            let place = Some(source.place(span));
            faults.push(Diagnostic::error(message).at(place).maybe_hint(hint));
        };
        let name = root.get("name").and_then(|node| node.as_str()).unwrap_or_default().to_owned();
        if !is_plain_name(&name) {
            let span = root.get("name").map_or(Span::START, |node| node.span);
            let message = "a project's name has at most 100 letters, digits, `-`, `_` and `.`";
            fault(message.to_owned(), span, None);
        }
        for entry in root.entries() {
            if matches!(entry.key.as_str(), "resources" | "variables" | "outputs") {
                let message = format!("`{}` belongs to projects with `runtime: yaml`", entry.key);
                fault(message, entry.key_span, None);
            }
        }
        let options = root.get("runtime").and_then(|node| node.get("options"));
        let entries = options.map(|node| node.entries()).unwrap_or_default();
        let language = if runtime(root) == Some("python") {
            Language::Python(python(entries, &mut fault))
        } else {
            Language::Node(node(entries, &mut fault))
        };
        let mut declared = Vec::new();
        for entry in root.get("config").map(|node| node.entries()).unwrap_or_default() {
            match declaration(&name, entry) {
                Ok(one) => declared.push(one),
                Err(message) => fault(message, entry.key_span, None),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let root_folder = folder.canonicalize().unwrap_or(folder);
        let main = root.get("main").and_then(|node| node.as_str()).map(str::to_owned);
        Ok(Self { name, language, root: root_folder, main, declared, source })
    }

    /// The project's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The folder the program runs in, and what is run there.
    pub(crate) fn entry(&self) -> (PathBuf, String) {
        let Some(main) = &self.main else { return (self.root.clone(), ".".to_owned()) };
        let path = self.root.join(main);
        match (path.parent(), path.file_name()) {
            (Some(folder), Some(file)) if path.is_file() => {
                (folder.to_owned(), file.to_string_lossy().into_owned())
            }
            _ => (path, ".".to_owned()),
        }
    }

    /// The file the program begins in, as far as that is known.
    pub(super) fn main_file(&self) -> PathBuf {
        let (pwd, main) = self.entry();
        if main != "." {
            return pwd.join(main);
        }
        match self.language {
            Language::Python(_) => pwd.join("__main__.py"),
            Language::Node(_) => {
                let found = ["index.ts", "index.js"].map(|name| pwd.join(name));
                let [typescript, javascript] = found;
                if typescript.is_file() { typescript } else { javascript }
            }
        }
    }

    /// What to do when the SDK is not there.
    pub(super) fn dependency_hint(&self) -> &'static str {
        match self.language {
            Language::Python(_) => "name `pulumi` and `pulumi-aws` in requirements.txt",
            Language::Node(_) => "name `@pulumi/pulumi` and `@pulumi/aws` in package.json",
        }
    }

    /// The configuration of a stack.
    pub(crate) fn config(&self, settings: &Settings) -> Result<Config, Vec<Diagnostic>> {
        let mut faults = settings.foreign_aws();
        let mut all: BTreeMap<String, Value> = BTreeMap::new();
        for declared in &self.declared {
            if let Some(value) = &declared.value {
                all.insert(declared.key.clone(), value.clone());
            }
        }
        for (key, value) in settings.values() {
            all.insert(key.to_owned(), value.clone());
        }
        for declared in &self.declared {
            let Some(value) = all.get_mut(&declared.key) else {
                let name = declared.key.rsplit(':').next().unwrap_or_default();
                let message = format!("the configuration value `{name}` is missing");
                let hint = format!("give it with --config {name}=VALUE, or in the stack's file");
                let place = Some(self.source.place(declared.span));
                faults.push(Diagnostic::error(message).at(place).hint(hint));
                continue;
            };
            if declared.is_secret {
                *value = Value::secret(std::mem::replace(value, Value::Null));
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let secrets = all.iter().filter(|(_, value)| value.has_secret());
        let secrets = secrets.map(|(key, _)| key.clone()).collect();
        Ok(Config {
            secrets,
            values: all.into_iter().map(|(key, value)| (key, text(&value))).collect(),
        })
    }
}

fn text(value: &Value) -> String {
    let json = || value.to_json().unwrap_or_default().to_string();
    match value.open() {
        Value::Array(_) | Value::Object(_) => json(),
        scalar => scalar.to_text().unwrap_or_default(),
    }
}

type Fault<'f> = dyn FnMut(String, Span, Option<String>) + 'f;

fn python(entries: &[Entry], fault: &mut Fault<'_>) -> PythonOptions {
    let mut options = PythonOptions::default();
    for entry in entries {
        let text = entry.value.as_str();
        match (entry.key.as_str(), text) {
            ("virtualenv", Some(path)) => options.virtualenv = Some(path.to_owned()),
            ("toolchain", Some("pip")) => {}
            ("toolchain", Some("uv")) => options.has_uv = true,
            ("toolchain", Some("poetry")) => fault(
                "refit does not run poetry".to_owned(),
                entry.value.span,
                Some(
                    "make the environment with poetry, and name its folder in `virtualenv`"
                        .to_owned(),
                ),
            ),
            ("toolchain", _) => fault(
                "`toolchain` is pip or uv".to_owned(),
                entry.value.span,
                text.and_then(|text| did_you_mean(text, ["pip", "uv"])),
            ),
            // Says who checks the types, which is nobody here.
            ("typechecker", _) => {}
            (other, _) => foreign_option(other, entry, &["toolchain", "virtualenv"], fault),
        }
    }
    options
}

fn node(entries: &[Entry], fault: &mut Fault<'_>) -> NodeOptions {
    let mut options = NodeOptions::default();
    for entry in entries {
        let flag = match &entry.value.kind {
            Kind::Bool(flag) => Some(*flag),
            _ => None,
        };
        match (entry.key.as_str(), entry.value.as_str()) {
            ("packagemanager", Some(name @ ("npm" | "yarn" | "pnpm" | "bun"))) => {
                options.package_manager = Some(name.to_owned());
            }
            ("nodeargs", Some(arguments)) => arguments.clone_into(&mut options.arguments),
            ("tsconfig", Some(path)) => options.tsconfig = Some(path.to_owned()),
            ("typescript", _) if flag.is_some() => options.typescript = flag,
            (other, _) => {
                let known = ["nodeargs", "packagemanager", "tsconfig", "typescript"];
                foreign_option(other, entry, &known, fault);
            }
        }
    }
    options
}

fn foreign_option(name: &str, entry: &Entry, known: &[&str], fault: &mut Fault<'_>) {
    let (message, span) = if known.contains(&name) {
        (format!("`{name}` has a value that refit does not know"), entry.value.span)
    } else {
        (format!("refit does not know the option `{name}` of a runtime"), entry.key_span)
    };
    fault(message, span, did_you_mean(name, known.iter().copied()));
}

/// `name: VALUE`, or `name: { type, default, value, secret }`.
fn declaration(project: &str, entry: &Entry) -> Result<Declared, String> {
    let key = if entry.key.contains(':') {
        entry.key.clone()
    } else {
        format!("{project}:{}", entry.key)
    };
    let vault = Vault::new(None, None);
    let read = |node: &Node| plain(node, &vault).map_err(|error| error.to_string());
    let (value, is_secret) = match &entry.value.kind {
        Kind::Mapping(_) => {
            let given = entry.value.get("value").or_else(|| entry.value.get("default"));
            let is_secret =
                entry.value.get("secret").is_some_and(|node| matches!(node.kind, Kind::Bool(true)));
            (given.map(|node| read(node)).transpose()?, is_secret)
        }
        Kind::Null => (None, false),
        _ => (Some(read(&entry.value)?), false),
    };
    Ok(Declared { key, value, is_secret, span: entry.key_span })
}

/// Reads the text of a file as one of these projects, if it is one.
pub(crate) fn parse(path: &Path, text: &str) -> Option<Result<HostProject, Vec<Diagnostic>>> {
    let root = yaml::parse(&Source::new(path.to_owned(), text), text).ok()?;
    is_hosted(&root).then(|| HostProject::read(path, text, &root))
}

#[cfg(test)]
mod tests {
    use super::{Config, HostProject, Language, parse};
    use crate::program::yaml::settings::Settings;
    use std::path::Path;

    fn project(text: &str) -> Result<HostProject, Vec<String>> {
        let read = parse(Path::new("/p/Pulumi.yaml"), text).expect("it is a hosted one");
        read.map_err(|faults| faults.into_iter().map(|fault| fault.message).collect())
    }

    #[test]
    fn options_are_read() {
        let read = project(
            "name: p\nruntime:\n  name: python\n  options:\n    toolchain: uv\n    virtualenv: venv\n",
        );
        let Language::Python(options) = read.expect("it is sound").language else { panic!() };
        assert_eq!((options.virtualenv.as_deref(), options.has_uv), (Some("venv"), true));
        let cases = [
            ("name: p\nruntime: nodejs\n", ""),
            ("name: p\nruntime: nodejs\nresources: {}\n", "belongs to projects"),
            ("name: ../p\nruntime: python\n", "a project's name"),
            ("name: p\nruntime: {name: python, options: {toolchain: poetry}}\n", "poetry"),
            ("name: p\nruntime: {name: python, options: {virtualenf: v}}\n", "virtualenf"),
            ("name: p\nruntime: {name: nodejs, options: {typescript: maybe}}\n", "typescript"),
        ];
        for (text, expected) in cases {
            let found = project(text).err().unwrap_or_default().join("\n");
            assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{found}");
        }
    }

    #[test]
    fn configuration_is_texts() {
        let text = "name: p\nruntime: python\nconfig:\n  a: 1\n  b: {default: [x]}\n  c: {default: hush, secret: true}\n  aws:region: {value: eu-west-1}\n";
        let project = project(text).expect("it is sound");
        let config = project.config(&Settings::default()).expect("all have values");
        let values: Vec<_> =
            config.values.iter().map(|(key, text)| (key.as_str(), text.as_str())).collect();
        let expected =
            [("aws:region", "eu-west-1"), ("p:a", "1"), ("p:b", "[\"x\"]"), ("p:c", "hush")];
        assert_eq!(values, expected);
        assert_eq!(config.secrets, ["p:c"]);
        assert_eq!(config.redacted("say hush now"), "say [secret] now");
        assert_eq!(Config::default().redacted("hush"), "hush");
        let missing = super::parse(
            Path::new("/p/Pulumi.yaml"),
            "name: p\nruntime: python\nconfig: {a: {type: string}}\n",
        );
        let missing = missing.expect("it is one").expect("it is sound");
        let faults = missing.config(&Settings::default()).expect_err("one is missing");
        assert_eq!(faults[0].message, "the configuration value `a` is missing");
    }
}
