//! The parts of a `Pulumi.yaml`: settings, configuration, variables, resources, outputs. Shapes are checked here; what names
//! mean is checked in `analysis`.

use super::expression::{Expression, Form, Reader};
use super::options::{self, Declared};
use crate::diagnostic::Diagnostic;
use crate::nearest::did_you_mean;
use crate::source::{Source, Span};
use crate::types::canonical;
use crate::yaml::{Entry, Kind, Node};
use std::sync::Arc;

/// Keys of the file that mean something here.
const KEYS: &[&str] = &[
    "name",
    "runtime",
    "description",
    "config",
    "variables",
    "resources",
    "outputs",
    "main",
    "components",
    "packages",
];
/// Keys that are read by others, and change nothing here.
const QUIET_KEYS: &[&str] = &[
    "author",
    "backend",
    "license",
    "namespace",
    "options",
    "plugins",
    "pulumi",
    "refresh",
    "stackConfigDir",
    "template",
    "website",
];
/// Keys of a resource.
const RESOURCE_KEYS: &[&str] = &["type", "name", "properties", "options", "get", "defaultProvider"];

/// A project file.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) name: String,
    /// The component that it is, if it is one.
    pub(super) title: String,
    /// Its runtime is `yaml`.
    is_yaml: bool,
    /// Where the program is, relative to the file.
    pub(super) main: Option<String>,
    pub(super) config: Vec<ConfigItem>,
    pub(super) variables: Vec<Named>,
    pub(super) resources: Vec<ResourceItem>,
    pub(super) outputs: Vec<Named>,
}

impl Document {
    /// Whether it is a project that this crate evaluates.
    pub(super) fn is_runnable(&self) -> bool {
        self.is_yaml && is_plain_name(&self.name)
    }
}

/// Names of projects and stacks become names of files: at most 100 letters, digits, `-`, `_` and `.`, and not hidden.
pub(crate) fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 100
        && !name.starts_with('.')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// A declared configuration value.
#[derive(Debug)]
pub(super) struct ConfigItem {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) kind: Option<String>,
    pub(super) is_secret: bool,
    pub(super) default: Option<Arc<Node>>,
    /// A value that the project itself sets.
    pub(super) value: Option<Arc<Node>>,
}

/// A variable or an output.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) node: Arc<Node>,
    pub(super) value: Expression,
}

/// A resource.
#[derive(Debug)]
pub(super) struct ResourceItem {
    /// The key it stands under: what references name.
    pub(super) key: String,
    pub(super) key_span: Span,
    /// Its name in the stack.
    pub(super) name: String,
    /// The full token of its type; empty when it has none.
    pub(super) token: String,
    pub(super) type_span: Span,
    pub(super) properties: Vec<(String, Expression)>,
    pub(super) properties_node: Option<Arc<Node>>,
    pub(super) options: Declared,
    /// It exists and is only read: its id.
    pub(super) get: Option<Expression>,
}

/// Reads a project file: what there is of it, and what is wrong with it.
pub(super) fn read(source: &Source, root: &Node) -> (Document, Vec<Diagnostic>) {
    let mut reader = Reader { source, faults: Vec::new() };
    let document = reader.document(root);
    (document, reader.faults)
}

impl Reader<'_> {
    fn document(&mut self, root: &Node) -> Document {
        if !matches!(root.kind, Kind::Mapping(_)) {
            let message = format!(
                "a project is a mapping with `name`, `runtime` and `resources`, not {}",
                root.describe()
            );
            self.fault(message, root.span);
        }
        for entry in root.entries() {
            self.top_key(entry);
        }
        let name = match root.get("name") {
            Some(node) => node.as_str().map(str::to_owned),
            None => None,
        };
        if root.get("name").is_none() && matches!(root.kind, Kind::Mapping(_)) {
            self.fault("the project needs a `name`", Span::START);
        }
        if let Some(name) = &name
            && !is_plain_name(name)
        {
            let span = root.get("name").map_or(Span::START, |node| node.span);
            let message = "a project's name has at most 100 letters, digits, `-`, `_` and `.`";
            self.fault(message, span);
        }
        for section in ["components", "packages"] {
            self.section(root, section);
        }
        Document {
            is_yaml: self.runtime(root),
            main: root.get("main").and_then(|node| node.as_str()).map(str::to_owned),
            ..self.body(&name.unwrap_or_default(), "", root, "config")
        }
    }

    /// What projects and components have; `config` names the section of their configuration.
    pub(super) fn body(&mut self, name: &str, title: &str, root: &Node, config: &str) -> Document {
        Document {
            name: name.to_owned(),
            title: title.to_owned(),
            is_yaml: true,
            main: None,
            config: self
                .section(root, config)
                .into_iter()
                .map(|entry| self.config(entry))
                .collect(),
            variables: self
                .section(root, "variables")
                .into_iter()
                .map(|entry| self.named(entry))
                .collect(),
            resources: self
                .section(root, "resources")
                .into_iter()
                .map(|entry| self.resource(entry))
                .collect(),
            outputs: self
                .section(root, "outputs")
                .into_iter()
                .map(|entry| self.named(entry))
                .collect(),
        }
    }

    fn top_key(&mut self, entry: &Entry) {
        let key = entry.key.as_str();
        if KEYS.contains(&key) || QUIET_KEYS.contains(&key) {
            return;
        }
        if matches!(key, "configuration" | "stacks") {
            self.fault(format!("refit does not support `{key}` of a project"), entry.key_span);
            return;
        }
        let hint = did_you_mean(key, KEYS.iter().copied());
        let list = || format!("a project has {}", KEYS.join(", "));
        self.fault(format!("a project has no `{key}`"), entry.key_span).hint =
            Some(hint.unwrap_or_else(list));
    }

    fn runtime(&mut self, root: &Node) -> bool {
        let Some(node) = root.get("runtime") else {
            if matches!(root.kind, Kind::Mapping(_)) {
                self.fault("the project needs a `runtime`", Span::START).hint =
                    Some("runtime: yaml".to_owned());
            }
            return false;
        };
        let name = node.as_str().or_else(|| node.get("name").and_then(|name| name.as_str()));
        if name != Some("yaml") {
            let name = name.unwrap_or_default();
            self.fault(format!("refit does not run programs of the runtime `{name}`"), node.span)
                .hint = Some("it runs the runtimes yaml, python and nodejs".to_owned());
        }
        name == Some("yaml")
    }

    /// The entries of a section.
    fn section<'n>(&mut self, root: &'n Node, name: &str) -> Vec<&'n Entry> {
        match root.get(name).map(|node| (&node.kind, node)) {
            Some((Kind::Mapping(entries), _)) => entries.iter().collect(),
            None | Some((Kind::Null, _)) => Vec::new(),
            Some((_, node)) => {
                self.fault(
                    format!("`{name}` must be a mapping, not {}", node.describe()),
                    node.span,
                );
                Vec::new()
            }
        }
    }

    fn named(&mut self, entry: &Entry) -> Named {
        Named {
            name: entry.key.clone(),
            span: entry.key_span,
            node: entry.value.clone(),
            value: self.expression(&entry.value),
        }
    }

    fn config(&mut self, entry: &Entry) -> ConfigItem {
        let node = &entry.value;
        let mut item = ConfigItem {
            name: entry.key.clone(),
            span: entry.key_span,
            kind: None,
            is_secret: false,
            default: None,
            value: None,
        };
        if !matches!(node.kind, Kind::Mapping(_)) {
            // `key: value` sets a value for all stacks.
            item.value = Some(node.clone());
            return item;
        }
        for entry in node.entries() {
            match entry.key.as_str() {
                "type" => item.kind = self.config_type(&entry.value),
                "secret" => item.is_secret = matches!(entry.value.kind, Kind::Bool(true)),
                "default" => item.default = Some(entry.value.clone()),
                "value" => item.value = Some(entry.value.clone()),
                "description" | "items" => {}
                other => {
                    let names = ["type", "secret", "default", "value", "description", "items"];
                    self.fault(format!("a configuration value has no `{other}`"), entry.key_span)
                        .hint = did_you_mean(other, names);
                }
            }
        }
        item
    }

    fn config_type(&mut self, node: &Node) -> Option<String> {
        const TYPES: &[&str] = &["string", "integer", "number", "boolean", "array", "object"];
        let text = node.as_str().unwrap_or_default();
        let lower = text.to_lowercase();
        let known = match lower.as_str() {
            "int" => "integer",
            "bool" => "boolean",
            list if list.starts_with("list<") => "array",
            other => other,
        };
        if TYPES.contains(&known) {
            return Some(known.to_owned());
        }
        self.fault(format!("`{text}` is no type of a configuration value"), node.span).hint = Some(
            did_you_mean(text, TYPES.iter().copied())
                .unwrap_or_else(|| format!("there are {}", TYPES.join(", "))),
        );
        None
    }

    fn resource(&mut self, entry: &Entry) -> ResourceItem {
        let node = &entry.value;
        for entry in node.entries() {
            if !RESOURCE_KEYS.contains(&entry.key.as_str()) {
                let hint = did_you_mean(&entry.key, RESOURCE_KEYS.iter().copied())
                    .unwrap_or_else(|| "what belongs to AWS stands below `properties`".to_owned());
                self.fault(format!("a resource has no `{}`", entry.key), entry.key_span).hint =
                    Some(hint);
            }
        }
        let token = node.get("type").and_then(|node| Some((node.as_str()?, node.span)));
        if !matches!(node.kind, Kind::Mapping(_)) {
            let message = format!("a resource is a mapping with a `type`, not {}", node.describe());
            self.fault(message, entry.key_span);
        } else if token.is_none() {
            let message = format!("the resource `{}` needs a `type`", entry.key);
            self.fault(message, entry.key_span).hint =
                Some("such as `type: aws:s3:Bucket`".to_owned());
        }
        let name = node.get("name").and_then(|node| node.as_str()).unwrap_or(&entry.key);
        let get = node.get("get").and_then(|get| {
            let id = get.get("id").map(|id| self.expression(id));
            if id.is_none() {
                self.fault("`get` needs an `id`", get.span);
            }
            id
        });
        let properties_node = node.get("properties").cloned();
        ResourceItem {
            key: entry.key.clone(),
            key_span: entry.key_span,
            name: name.to_owned(),
            token: token.map(|(token, _)| canonical(token)).unwrap_or_default(),
            type_span: token.map_or(entry.key_span, |(_, span)| span),
            properties: self.properties(properties_node.as_deref()),
            properties_node,
            options: options::read(self, node.get("options").map(|node| &**node)),
            get,
        }
    }

    fn properties(&mut self, node: Option<&Node>) -> Vec<(String, Expression)> {
        let Some(node) = node else { return Vec::new() };
        match &node.kind {
            Kind::Mapping(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), self.expression(&entry.value)))
                .collect(),
            Kind::Null => Vec::new(),
            _ => {
                self.fault(
                    format!("`properties` must be a mapping, not {}", node.describe()),
                    node.span,
                );
                Vec::new()
            }
        }
    }
}

impl Expression {
    /// The name of the resource that this is a reference to, and nothing more.
    pub(super) fn whole_resource(&self) -> Option<&str> {
        match &self.form {
            Form::Reference(access) if access.steps.is_empty() => Some(&access.root),
            _ => None,
        }
    }
}
