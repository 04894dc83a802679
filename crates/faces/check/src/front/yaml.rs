//! Programs in YAML, and definitions in YAML: values with their places, references as holes.

mod components;
mod functions;
mod tree;

use crate::model::{Fault, FaultKind, Language, Program, Resource, canonical};
use crate::node::{Entry, Hole, Kind, Node, Text};
use crate::source::{FileId, Sources, Span};
use components::Components;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Reads a file: a program when it has resources, a definition when it has states.
pub(crate) fn read(sources: &mut Sources, file: FileId, directory: &Path) -> Program {
    let mut program = Program::new(Language::Yaml, file, directory.to_owned());
    let text = sources.file(file).text.clone();
    let (root, fault) = tree::parse(&text, file);
    if let Some((message, at)) = fault {
        program.faults.push(Fault {
            kind: FaultKind::Syntax,
            span: Span::new(file, at, at + 1),
            message,
            says: None,
            correction: None,
        });
    }
    let Some(root) = root else { return program };
    if root.get("States").is_some() && root.get("StartAt").is_some() {
        program.language = Language::Definition;
        program.definitions.push(root);
        return program;
    }
    let mut reader = Reader {
        sources,
        program: &mut program,
        names: HashMap::new(),
        components: Arc::default(),
        scope: String::new(),
        prefix: String::new(),
        depth: 0,
        uses: 0,
    };
    reader.find_components(&root, directory);
    reader.names(&root);
    reader.resources(&root);
    for entry in root.get("outputs").map(Node::entries).unwrap_or_default() {
        let value = reader.evaluate(&entry.value);
        reader.program.outputs.push((entry.key.clone(), value));
    }
    program
}

/// What a name of a program means.
#[derive(Clone)]
enum Meaning {
    /// A resource, and what it is called in the whole program.
    Resource(String),
    /// A use of a component that was not looked at yet: itself, and the component.
    Pending(Node, Arc<Node>),
    /// A use of a component: its outputs.
    Component(Arc<HashMap<String, Node>>),
    /// A value of its own: configuration with a default, a variable.
    Value(Node),
    Unknown,
}

pub(super) struct Reader<'a> {
    sources: &'a mut Sources,
    program: &'a mut Program,
    names: HashMap<String, Meaning>,
    components: Arc<Components>,
    /// What keys begin with in the component that is looked at, and what names begin with.
    scope: String,
    prefix: String,
    depth: usize,
    /// How many uses of components were looked at.
    uses: usize,
}

impl Reader<'_> {
    fn names(&mut self, root: &Node) {
        for key in ["config", "configuration"] {
            for entry in root.get(key).map(Node::entries).unwrap_or_default() {
                let default = entry.value.get("default").or_else(|| entry.value.get("value"));
                let value = match (&entry.value.kind, default) {
                    (Kind::Map(_), Some(default)) => Meaning::Value(default.clone()),
                    (Kind::Map(_) | Kind::Null, None) => Meaning::Unknown,
                    _ => Meaning::Value(entry.value.clone()),
                };
                let short = entry.key.rsplit(':').next().unwrap_or_default().to_owned();
                self.names.insert(entry.key.clone(), value.clone());
                self.names.entry(short).or_insert(value);
            }
        }
        for entry in root.get("resources").map(Node::entries).unwrap_or_default() {
            let token = entry.value.get("type").and_then(Node::as_str).unwrap_or_default();
            let meaning = match self.component(token) {
                Some(component) => Meaning::Pending(entry.value.clone(), component),
                None => Meaning::Resource(self.scoped(&entry.key)),
            };
            self.names.insert(entry.key.clone(), meaning);
        }
        // A variable may refer to others: those before it are known, the rest is taken as unknown.
        let variables = root.get("variables").map(Node::entries).unwrap_or_default();
        for entry in variables {
            self.names.insert(entry.key.clone(), Meaning::Unknown);
        }
        for entry in variables {
            let value = self.evaluate(&entry.value);
            self.names.insert(entry.key.clone(), Meaning::Value(value));
        }
    }

    fn resources(&mut self, root: &Node) {
        for entry in root.get("resources").map(Node::entries).unwrap_or_default() {
            let Some(token) = entry.value.get("type").and_then(Node::as_str) else { continue };
            if entry.value.get("get").is_some() {
                continue;
            }
            if let Some(component) = self.component(token) {
                if matches!(self.names.get(&entry.key), Some(Meaning::Pending(..))) {
                    self.expand(&entry.key, &entry.value, &component);
                }
                continue;
            }
            let properties = entry.value.get("properties").map(|node| self.evaluate(node));
            let span = entry.value.span;
            let empty = Node::new(span.head(), Kind::Map(Vec::new()));
            let name = entry.value.get("name").and_then(Node::as_str).unwrap_or(&entry.key);
            self.program.add(Resource {
                key: self.scoped(&entry.key),
                token: canonical(token),
                name: format!("{}{name}", self.prefix),
                name_span: entry.key_span,
                span: entry.key_span.to(span),
                properties: properties
                    .filter(|node| matches!(node.kind, Kind::Map(_)))
                    .unwrap_or(empty),
                options: entry.value.get("options").cloned(),
            });
        }
    }

    /// What a key is called in the whole program.
    fn scoped(&self, key: &str) -> String {
        format!("{}{key}", self.scope)
    }

    /// A value with its references as holes and its functions called.
    fn evaluate(&mut self, node: &Node) -> Node {
        match &node.kind {
            Kind::Text(text) => self.interpolate(node.span, text),
            Kind::List(items) => {
                let items = items.iter().map(|item| self.evaluate(item)).collect();
                Node::new(node.span, Kind::List(items))
            }
            Kind::Map(entries) => match entries.as_slice() {
                [only] if only.key.starts_with("fn::") || only.key.starts_with("Fn::") => {
                    functions::call(self, &only.key[4..], &only.value, node.span)
                }
                _ => {
                    let entries = entries
                        .iter()
                        .map(|entry| Entry { value: self.evaluate(&entry.value), ..entry.clone() });
                    Node::new(node.span, Kind::Map(entries.collect()))
                }
            },
            _ => node.clone(),
        }
    }

    fn interpolate(&mut self, span: Span, text: &Text) -> Node {
        if !text.text.contains("${") {
            return Node::new(span, Kind::Text(text.clone()));
        }
        let mut result = Text::default();
        let mut rest = 0;
        while let Some(found) = text.text[rest..].find("${").map(|at| rest + at) {
            if text.text[..found].ends_with('$') {
                // `$${` stands for `${`.
                result.append(&text.slice(rest, found));
                result.append(&text.slice(found + 1, found + 2));
                rest = found + 2;
                continue;
            }
            result.append(&text.slice(rest, found));
            let Some(close) = text.text[found..].find('}').map(|at| found + at) else {
                rest = found;
                break;
            };
            let at = text.source_of(found);
            let place = Span::new(span.file, at, text.source_of(close) + 1);
            let value = self.reference(text.text[found + 2..close].trim(), place);
            super::code::push_node(&mut result, &value, at);
            rest = close + 1;
            if found == 0 && rest == text.text.len() {
                // All of it: whatever it is, not only text.
                return Node {
                    span: if matches!(value.kind, Kind::Hole(_)) { span } else { value.span },
                    ..value
                };
            }
        }
        result.append(&text.slice(rest, text.text.len()));
        Node::new(span, Kind::Text(result))
    }

    fn reference(&mut self, expression: &str, place: Span) -> Node {
        let end = expression.find(['.', '[']).unwrap_or(expression.len());
        let (root, rest) = expression.split_at(end);
        let path = rest.trim_start_matches('.').replace(['[', ']', '"'], "");
        if let Some(Meaning::Pending(node, component)) = self.names.get(root).cloned() {
            self.expand(root, &node, &component);
        }
        let at = |node: &Node, path: &str| {
            let mut keys = path.split('.').filter(|key| !key.is_empty());
            let found = keys.try_fold(node, |node, key| node.get(key));
            found.cloned().unwrap_or_else(|| Node::unknown(place))
        };
        match self.names.get(root) {
            Some(Meaning::Resource(resource)) => {
                let kind = Kind::Hole(Hole::Attribute { resource: resource.clone(), path });
                Node::new(place, kind)
            }
            Some(Meaning::Component(outputs)) => {
                let (output, rest) = path.split_once('.').unwrap_or((&path, ""));
                outputs.get(output).map_or_else(|| Node::unknown(place), |node| at(node, rest))
            }
            Some(Meaning::Value(node)) => at(node, &path),
            Some(Meaning::Unknown | Meaning::Pending(..)) => Node::unknown(place),
            None if root == "pulumi" || root.contains(':') => Node::unknown(place),
            None => {
                let near = crate::text::nearest(root, self.names.keys().map(String::as_str));
                let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                let correction = near.map(|near| format!("${{{near}{rest}}}"));
                self.program.faults.push(Fault {
                    kind: FaultKind::UnknownName,
                    span: place,
                    message: format!("nothing here is called `{root}`{hint}"),
                    says: Some(format!("resource or variable named '{root}' could not be found")),
                    correction,
                });
                Node::unknown(place)
            }
        }
    }
}
