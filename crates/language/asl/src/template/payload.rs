//! Payload templates of the JSONPath language.

use super::{Fault, MAX_DEPTH, TemplateError};
use crate::intrinsic::Intrinsic;
use crate::path::{Path, Root};
use crate::states_error::StatesError;
use crate::value::{Random, Scope};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// A compiled payload template.
#[derive(Clone, Debug)]
pub struct PayloadTemplate {
    root: Arc<Node>,
}

#[derive(Debug)]
enum Node {
    /// Nothing inside is to be filled in.
    Constant(Value),
    Array(Vec<Node>),
    Object(Vec<Entry>),
}

#[derive(Debug)]
struct Entry {
    key: String,
    value: Hole,
}

#[derive(Debug)]
enum Hole {
    Node(Node),
    /// The key as written, for causes.
    Path(String, Path),
    Intrinsic(Intrinsic),
}

impl PayloadTemplate {
    /// Compiles a template, reporting every fault in it.
    ///
    /// # Errors
    /// The list of faults.
    pub fn compile(template: &Value) -> Result<Self, Vec<TemplateError>> {
        let mut compiler = Compiler { pointer: String::new(), depth: 0, faults: Vec::new() };
        let root = compiler.node(template);
        if compiler.faults.is_empty() {
            Ok(Self { root: Arc::new(root) })
        } else {
            Err(compiler.faults)
        }
    }

    /// The value, if there is nothing to fill in.
    pub fn constant(&self) -> Option<&Value> {
        match &*self.root {
            Node::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// Every path in the template, those inside intrinsics included.
    pub fn paths(&self) -> Vec<&Path> {
        let mut found = Vec::new();
        collect(&self.root, &mut found);
        found
    }

    /// Fills the template in.
    ///
    /// # Errors
    /// `States.Runtime` when a path names nothing or an intrinsic fails.
    pub fn eval(&self, scope: &Scope<'_>, random: &mut dyn Random) -> Result<Value, StatesError> {
        eval(&self.root, scope, random)
    }
}

struct Compiler {
    pointer: String,
    depth: usize,
    faults: Vec<TemplateError>,
}

impl Compiler {
    fn fault<T>(&mut self, fault: Fault, message: impl Into<String>) -> Option<T> {
        self.faults.push(TemplateError {
            pointer: self.pointer.clone(),
            message: message.into(),
            fault,
        });
        None
    }

    /// Compiles a part under the pointer step `step`.
    fn under<T>(&mut self, step: &str, part: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
        self.depth += 1;
        let compiled = part(self);
        self.depth -= 1;
        self.pointer.truncate(length);
        compiled
    }

    fn node(&mut self, template: &Value) -> Node {
        if self.depth > MAX_DEPTH {
            self.fault::<()>(Fault::TooDeep, "nested too deep");
            return Node::Constant(Value::Null);
        }
        match template {
            Value::Array(items) => {
                let nodes: Vec<Node> = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| {
                        self.under(&index.to_string(), |compiler| compiler.node(item))
                    })
                    .collect();
                let constant = nodes.iter().all(|node| matches!(node, Node::Constant(_)));
                if constant { Node::Constant(template.clone()) } else { Node::Array(nodes) }
            }
            Value::Object(fields) => {
                let entries: Vec<Entry> = fields
                    .iter()
                    .filter_map(|(key, value)| {
                        self.under(key, |compiler| compiler.entry(key, value))
                    })
                    .collect();
                let constant = entries
                    .iter()
                    .all(|entry| matches!(entry.value, Hole::Node(Node::Constant(_))));
                if constant { Node::Constant(template.clone()) } else { Node::Object(entries) }
            }
            other => Node::Constant(other.clone()),
        }
    }

    fn entry(&mut self, key: &str, value: &Value) -> Option<Entry> {
        let Some(bare) = key.strip_suffix(".$") else {
            return Some(Entry { key: key.to_owned(), value: Hole::Node(self.node(value)) });
        };
        let value = match value {
            Value::String(text) if Intrinsic::is_intrinsic(text) => match Intrinsic::parse(text) {
                Ok(intrinsic) => Hole::Intrinsic(intrinsic),
                Err(error) => return self.fault(Fault::Intrinsic, error.to_string()),
            },
            Value::String(text) => match Path::parse(text) {
                Ok(path) => Hole::Path(key.to_owned(), path),
                Err(error) => return self.fault(Fault::NotAPath, error.to_string()),
            },
            _ => return self.fault(Fault::NotAString, "expected a path or an intrinsic"),
        };
        Some(Entry { key: bare.to_owned(), value })
    }
}

fn collect<'t>(node: &'t Node, found: &mut Vec<&'t Path>) {
    match node {
        Node::Constant(_) => {}
        Node::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Node::Object(entries) => {
            for entry in entries {
                match &entry.value {
                    Hole::Node(node) => collect(node, found),
                    Hole::Path(_, path) => found.push(path),
                    Hole::Intrinsic(intrinsic) => found.extend(intrinsic.paths()),
                }
            }
        }
    }
}

fn eval(node: &Node, scope: &Scope<'_>, random: &mut dyn Random) -> Result<Value, StatesError> {
    match node {
        Node::Constant(value) => Ok(value.clone()),
        Node::Array(items) => items.iter().map(|item| eval(item, scope, random)).collect(),
        Node::Object(entries) => {
            let mut filled = Map::with_capacity(entries.len());
            for entry in entries {
                let value = match &entry.value {
                    Hole::Node(node) => eval(node, scope, random)?,
                    Hole::Path(key, path) => path_value(key, path, scope)?,
                    Hole::Intrinsic(intrinsic) => intrinsic.eval(scope, random)?.into_owned(),
                };
                filled.insert(entry.key.clone(), value);
            }
            Ok(Value::Object(filled))
        }
    }
}

fn path_value(key: &str, path: &Path, scope: &Scope<'_>) -> Result<Value, StatesError> {
    // AWS: the text of a public report of a template filled in from a null input.
    if scope.input.is_null() && *path.root() == Root::Input {
        return Err(StatesError::runtime(
            "Unable to apply Path transformation to null or empty input.",
        ));
    }
    path.resolve(key, scope).map(Cow::into_owned)
}
