//! What is looked at: resources of a program, whatever language it is written in, and plain definitions.

use crate::node::{Hole, Node};
use crate::source::{FileId, Span};
use std::collections::HashMap;
use std::path::PathBuf;

/// The account that predicted ARNs name; AWS's own examples use it.
pub(crate) const ACCOUNT: &str = "123456789012";
/// The region that predicted ARNs name.
pub(crate) const REGION: &str = "us-east-1";

/// What something is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// `Pulumi.yaml`.
    Yaml,
    /// Python.
    Python,
    /// TypeScript or JavaScript.
    TypeScript,
    /// A definition by itself.
    Definition,
    /// What a server answered.
    Server,
}

/// What stands between the use of a component and what is in it, in a key: `nightly::role`.
pub(crate) const SCOPE: &str = "::";

/// A resource as a program declares it.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    /// What the program calls it.
    pub key: String,
    /// `aws:sfn/stateMachine:StateMachine`
    pub token: String,
    /// Its name; empty when that is computed.
    pub name: String,
    /// Where its name stands.
    pub name_span: Span,
    /// The whole declaration.
    pub span: Span,
    /// Its properties, named as in YAML.
    pub properties: Node,
    /// Its options, named as in YAML.
    pub options: Option<Node>,
}

/// What is wrong with a program's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// It cannot be read.
    Syntax,
    /// Line breaks are missing.
    LineBreaks,
    /// An output is used as text.
    OutputInText,
    /// A name that nothing has.
    UnknownName,
}

/// Something wrong with a program's text.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    /// What.
    pub kind: FaultKind,
    /// Where.
    pub span: Span,
    /// In words.
    pub message: String,
    /// What the language says when it is run.
    pub says: Option<String>,
    /// The corrected lines.
    pub correction: Option<String>,
}

/// One program, or one definition, or one server.
#[derive(Debug)]
pub(crate) struct Program {
    /// What it is written in.
    pub language: Language,
    /// Its first text.
    pub file: FileId,
    /// Where relative paths start.
    pub directory: PathBuf,
    /// Its resources.
    pub resources: Vec<Resource>,
    /// A definition without a program around it.
    pub definitions: Vec<Node>,
    /// What is wrong with its text.
    pub faults: Vec<Fault>,
    /// What it tells: names and values.
    pub outputs: Vec<(String, Node)>,
    by_key: HashMap<String, usize>,
}

impl Program {
    /// An empty program.
    pub(crate) fn new(language: Language, file: FileId, directory: PathBuf) -> Self {
        Self {
            language,
            file,
            directory,
            resources: Vec::new(),
            definitions: Vec::new(),
            faults: Vec::new(),
            outputs: Vec::new(),
            by_key: HashMap::new(),
        }
    }

    /// Adds a resource.
    pub(crate) fn add(&mut self, resource: Resource) {
        self.by_key.insert(resource.key.clone(), self.resources.len());
        self.resources.push(resource);
    }

    /// The resource that the program calls so.
    pub(crate) fn find(&self, key: &str) -> Option<&Resource> {
        self.by_key.get(key).map(|index| &self.resources[*index])
    }

    /// Resources of a type: `aws:sfn:StateMachine`.
    pub(crate) fn of<'a>(&'a self, short: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().filter(move |resource| resource.is(short))
    }

    /// The resource a value refers to, by reference or by its ARN.
    pub(crate) fn referred(&self, node: &Node) -> Option<&Resource> {
        if let Some((resource, _)) = node.attribute() {
            return self.find(resource);
        }
        let arn = node.as_str().filter(|text| text.starts_with("arn:"))?;
        self.resources.iter().find(|resource| resource.predict("arn") == arn)
    }

    /// What a hole is going to be, as far as that follows from the program.
    pub(crate) fn predict(&self, hole: &Hole) -> String {
        match hole {
            Hole::Unknown => "unknown".to_owned(),
            Hole::Attribute { resource, path } => match self.find(resource) {
                Some(resource) => resource.predict(path),
                None => format!("unknown-{path}"),
            },
        }
    }

    /// A node's text, with predictions in its holes.
    pub(crate) fn predicted(&self, node: &Node) -> Option<String> {
        match node.to_json(&|hole| self.predict(hole)) {
            serde_json::Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether everything in it can be predicted.
    pub(crate) fn is_known(&self, node: &Node) -> bool {
        node.holes().into_iter().all(|hole| match hole {
            Hole::Unknown => false,
            Hole::Attribute { resource, .. } => self.find(resource).is_some(),
        })
    }
}

/// `aws:sfn:StateMachine` to `aws:sfn/stateMachine:StateMachine`.
pub(crate) fn canonical(token: &str) -> String {
    let parts: Vec<&str> = token.split(':').collect();
    match parts.as_slice() {
        [package, module, name] if !module.contains('/') => {
            format!("{package}:{module}/{}:{name}", lower_first(name))
        }
        _ => token.to_owned(),
    }
}

/// The text with its first letter in lower case.
pub(crate) fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// The text with its first letter in upper case.
pub(crate) fn upper_first(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// `role_arn` to `roleArn`.
pub(crate) fn camel(text: &str) -> String {
    let mut words = text.split('_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &upper_first(word))
}

/// `roleArn` to `role_arn`.
pub(crate) fn snake(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

impl Resource {
    /// Whether it is of a type: `aws:sfn:StateMachine`.
    pub(crate) fn is(&self, short: &str) -> bool {
        self.token == canonical(short)
    }

    /// `aws:sfn:StateMachine`.
    pub(crate) fn short(&self) -> String {
        let mut parts = self.token.split(':');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(package), Some(module), Some(name)) => {
                format!("{package}:{}:{name}", module.split('/').next().unwrap_or_default())
            }
            _ => self.token.clone(),
        }
    }

    /// A property.
    pub(crate) fn get(&self, property: &str) -> Option<&Node> {
        self.properties.get(property)
    }

    /// Its name on AWS, as far as that is known.
    pub(crate) fn physical_name(&self) -> String {
        let given = ["name", "bucket", "modelPackageGroupName", "functionName"]
            .iter()
            .filter_map(|property| self.get(property))
            .find_map(Node::as_str);
        match given {
            Some(name) => name.to_owned(),
            None if self.name.is_empty() => format!("{}-0000000", self.key),
            None => format!("{}-0000000", self.name),
        }
    }

    /// What an attribute is going to be.
    pub(crate) fn predict(&self, path: &str) -> String {
        let name = self.physical_name();
        let arn = || self.arn(&name);
        match path {
            "arn" => arn(),
            "id" | "" if self.id_is_arn() => arn(),
            _ => {
                let given = path.split('.').try_fold(&self.properties, |node, key| node.get(key));
                given.and_then(Node::as_str).map_or(name, str::to_owned)
            }
        }
    }

    fn id_is_arn(&self) -> bool {
        ["aws:sfn:StateMachine", "aws:sfn:Activity", "aws:sns:Topic", "aws:iam:Policy"]
            .iter()
            .any(|short| self.is(short))
    }

    fn arn(&self, name: &str) -> String {
        let regional = |service: &str, rest: &str| {
            format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}{name}")
        };
        if let Some(arn) = self
            .get("arn")
            .and_then(Node::as_str)
            .filter(|arn| arn.starts_with("arn:") && !self.is("aws:cloudwatch:EventTarget"))
        {
            return arn.to_owned();
        }
        let path = self.get("path").and_then(Node::as_str).unwrap_or("/");
        match self.short().as_str() {
            "aws:iam:Role" => format!("arn:aws:iam::{ACCOUNT}:role{path}{name}"),
            "aws:iam:Policy" => format!("arn:aws:iam::{ACCOUNT}:policy{path}{name}"),
            "aws:iam:User" => format!("arn:aws:iam::{ACCOUNT}:user{path}{name}"),
            "aws:s3:Bucket" | "aws:s3:BucketV2" => format!("arn:aws:s3:::{name}"),
            "aws:sfn:StateMachine" => regional("states", "stateMachine:"),
            "aws:sfn:Activity" => regional("states", "activity:"),
            "aws:lambda:Function" => regional("lambda", "function:"),
            "aws:sns:Topic" => regional("sns", ""),
            "aws:sqs:Queue" => regional("sqs", ""),
            "aws:cloudwatch:EventRule" => regional("events", "rule/"),
            "aws:cloudwatch:EventBus" => regional("events", "event-bus/"),
            "aws:cloudwatch:LogGroup" => regional("logs", "log-group:"),
            "aws:sagemaker:Model" => regional("sagemaker", "model/"),
            "aws:sagemaker:ModelPackageGroup" => regional("sagemaker", "model-package-group/"),
            "aws:ecr:Repository" => regional("ecr", "repository/"),
            "aws:dynamodb:Table" => regional("dynamodb", "table/"),
            _ => regional("unknown", ""),
        }
    }
}
