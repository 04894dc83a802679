//! State machines of a program: their definitions as values with places, their states, their tasks.

use crate::model::{Language, Program, Resource};
use crate::node::{Hole, Kind, Node, Text, source_of};
use crate::source::Span;
use asl::program::{Integration, ResourceKind};

/// Stands for what cannot be known in a definition that is checked.
const UNKNOWN: &str = "unknown-value";

/// Something wrong with a definition's JSON.
#[derive(Debug)]
pub(crate) struct JsonProblem {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: asl::json::ProblemKind,
    /// In words.
    pub message: String,
}

/// Something wrong with a definition, as Step Functions says it.
#[derive(Debug)]
pub(crate) struct DefinitionProblem {
    /// Where.
    pub span: Span,
    /// What.
    pub diagnostic: asl::Diagnostic,
}

/// A state machine.
#[derive(Debug)]
pub(crate) struct Machine {
    /// Its resource, by what the program calls it.
    pub key: Option<String>,
    /// Its definition.
    pub tree: Node,
    /// What is wrong with its JSON.
    pub json: Vec<JsonProblem>,
    /// What else is wrong with it.
    pub problems: Vec<DefinitionProblem>,
    /// Its states, those inside of others too.
    pub states: Vec<State>,
}

/// A state.
#[derive(Debug)]
pub(crate) struct State {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// Its fields.
    pub node: Node,
    /// It is written with JSONata.
    pub is_jsonata: bool,
    /// What it calls, if it is a task.
    pub task: Option<Task>,
}

/// What a task calls.
#[derive(Debug)]
pub(crate) struct Task {
    /// `sagemaker`, `lambda`, `s3`: the service as the resource names it, without `aws-sdk:`.
    pub service: String,
    /// `createTrainingJob`
    pub action: String,
    /// Called as the SDK has it.
    pub is_sdk: bool,
    /// It waits for the job's end.
    pub is_sync: bool,
    /// It waits for a token.
    pub waits_for_token: bool,
    /// The function, when the resource is one.
    pub function: Option<String>,
    /// What it is called with; none when that is the state's input.
    pub arguments: Option<Node>,
    /// Where the resource stands.
    pub span: Span,
}

/// A member of a task's arguments.
pub(crate) struct Member<'a> {
    /// Its name, without `.$`.
    pub key: &'a str,
    /// Where the key stands.
    pub key_span: Span,
    /// Its value, or the expression that makes it.
    pub value: &'a Node,
    /// Its value is made at run time.
    pub is_dynamic: bool,
}

impl Machine {
    /// The machines of a program.
    pub(crate) fn all(program: &Program) -> Vec<Self> {
        let resources = program.of("aws:sfn:StateMachine").filter_map(|resource| {
            Some(Self::read(program, resource.get("definition")?, Some(resource)))
        });
        let plain = program.definitions.iter().map(|node| Self::read(program, node, None));
        resources.chain(plain).collect()
    }

    fn read(program: &Program, definition: &Node, resource: Option<&Resource>) -> Self {
        let express = resource.and_then(|resource| resource.get("type")).and_then(Node::as_str)
            == Some("EXPRESS");
        let fill = |hole: &Hole| match hole {
            Hole::Unknown => UNKNOWN.to_owned(),
            Hole::Attribute { .. } => program.predict(hole),
        };
        let mut machine = Self {
            key: resource.map(|resource| resource.key.clone()),
            tree: definition.clone(),
            json: Vec::new(),
            problems: Vec::new(),
            states: Vec::new(),
        };
        let (text, map) = match &definition.kind {
            Kind::Text(text) => {
                let text = quote_bare_holes(text);
                machine.parse(&text, definition.span);
                text.filled(&fill)
            }
            Kind::Map(_) => definition.render(&fill),
            _ => return machine,
        };
        if machine.json.is_empty() || matches!(machine.tree.kind, Kind::Map(_)) {
            machine.check(&text, &map, definition.span, express);
        }
        let is_jsonata = language(&machine.tree, false);
        let tree = machine.tree.clone();
        machine.collect(&tree, is_jsonata, program, 0);
        machine
    }

    fn parse(&mut self, text: &Text, whole: Span) {
        let (tree, problems) = asl::json::parse(&text.text);
        let place = |span: asl::json::Span| {
            let (start, end) =
                (text.source_of(span.start), text.source_of(span.end.saturating_sub(1)) + 1);
            Span::new(whole.file, start, end)
        };
        self.json = problems
            .into_iter()
            .map(|problem| JsonProblem {
                span: place(problem.span),
                kind: problem.kind,
                message: problem.message,
            })
            .collect();
        self.tree = tree.map_or_else(
            || Node::unknown(whole),
            |tree| Node::from_json(&tree, whole.file, &text.map, &text.holes),
        );
    }

    fn check(&mut self, text: &str, map: &[(usize, usize)], whole: Span, express: bool) {
        let lines = Lines::new(text);
        for diagnostic in asl::check(text, asl::Options::of(express)).diagnostics {
            if diagnostic.code == "INVALID_JSON_DESCRIPTION" {
                continue;
            }
            let (start, end) = (lines.offset(diagnostic.start), lines.offset(diagnostic.end));
            let about = text.get(start..end).unwrap_or_default();
            if about.contains(UNKNOWN) && !about.contains(['{', '[']) {
                continue;
            }
            let from = source_of(map, start);
            let to = source_of(map, end.saturating_sub(1).max(start)) + 1;
            // What was rendered here stands elsewhere: only its start is known.
            let to = if to <= from || to - from > 2 * (end - start) + 2 { from + 1 } else { to };
            self.problems
                .push(DefinitionProblem { span: Span::new(whole.file, from, to), diagnostic });
        }
    }

    fn collect(&mut self, scope: &Node, is_jsonata: bool, program: &Program, depth: usize) {
        if depth > 16 {
            return;
        }
        for entry in scope.get("States").map(Node::entries).unwrap_or_default() {
            let node = &entry.value;
            let is_jsonata = language(node, is_jsonata);
            let task = (node.get("Type").and_then(Node::as_str) == Some("Task"))
                .then(|| Task::read(node, is_jsonata, program))
                .flatten();
            self.states.push(State {
                name: entry.key.clone(),
                name_span: entry.key_span,
                node: node.clone(),
                is_jsonata,
                task,
            });
            let branches = node.get("Branches").map(Node::items).unwrap_or_default();
            let inner = [node.get("ItemProcessor"), node.get("Iterator")];
            for scope in branches.iter().chain(inner.into_iter().flatten()) {
                self.collect(scope, is_jsonata, program, depth + 1);
            }
        }
    }

    /// Its states that call something.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = (&State, &Task)> {
        self.states.iter().filter_map(|state| Some((state, state.task.as_ref()?)))
    }

    /// Its resource.
    pub(crate) fn resource<'p>(&self, program: &'p Program) -> Option<&'p Resource> {
        program.find(self.key.as_deref()?)
    }
}

fn language(node: &Node, otherwise: bool) -> bool {
    node.get("QueryLanguage").and_then(Node::as_str).map_or(otherwise, |name| name == "JSONata")
}

impl Task {
    fn read(node: &Node, is_jsonata: bool, program: &Program) -> Option<Self> {
        let resource = node.get("Resource")?;
        let arn = program.predicted(resource)?;
        let parsed = asl::program::Resource::parse(&arn)?;
        let key = if is_jsonata { "Arguments" } else { "Parameters" };
        let arguments = node.get(key).cloned();
        let span = resource.span;
        Some(match parsed.kind {
            ResourceKind::Integration { service, action, pattern } => {
                let is_sdk = service.starts_with("aws-sdk:");
                Self {
                    service: service.trim_start_matches("aws-sdk:").to_owned(),
                    action: action.split('.').next().unwrap_or_default().to_owned(),
                    is_sdk,
                    is_sync: pattern == Integration::Sync,
                    waits_for_token: pattern == Integration::WaitForTaskToken,
                    function: None,
                    arguments,
                    span,
                }
            }
            ResourceKind::Lambda => Self {
                service: "lambda".to_owned(),
                action: "invoke".to_owned(),
                is_sdk: false,
                is_sync: false,
                waits_for_token: false,
                function: Some(arn.clone()),
                arguments: None,
                span,
            },
            ResourceKind::Activity => return None,
        })
    }

    /// A job: something that runs for minutes or hours.
    pub(crate) fn is_job(&self) -> bool {
        self.service == "sagemaker"
            && self.action.starts_with("create")
            && self.action.ends_with("Job")
    }

    /// An argument.
    pub(crate) fn member(&self, name: &str) -> Option<Member<'_>> {
        members(self.arguments.as_ref()?).into_iter().find(|member| member.key == name)
    }
}

/// The members of arguments.
pub(crate) fn members(arguments: &Node) -> Vec<Member<'_>> {
    arguments
        .entries()
        .iter()
        .map(|entry| {
            let is_path = entry.key.ends_with(".$");
            let is_expression = entry.value.prefix().trim_start().starts_with("{%");
            Member {
                key: entry.key.strip_suffix(".$").unwrap_or(&entry.key),
                key_span: entry.key_span,
                value: &entry.value,
                is_dynamic: is_path || is_expression,
            }
        })
        .collect()
}

/// Holes that stand outside of strings get quotes, so that the text is JSON.
fn quote_bare_holes(text: &Text) -> Text {
    if text.holes.is_empty() {
        return text.clone();
    }
    let mut quoted = Text { text: String::new(), holes: text.holes.clone(), map: Vec::new() };
    let (mut in_string, mut is_escaped) = (false, false);
    let mut is_break = true;
    for (at, c) in text.text.char_indices() {
        let is_bare = !in_string && text.hole(c).is_some();
        let source = text.source_of(at);
        let follows = quoted
            .map
            .last()
            .is_some_and(|(offset, place)| place + (quoted.text.len() - offset) == source);
        if is_break || is_bare || !follows {
            quoted.map.push((quoted.text.len(), source));
        }
        is_break = is_bare;
        if is_bare {
            quoted.text.push('"');
        }
        quoted.text.push(c);
        if is_bare {
            quoted.text.push('"');
        }
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if in_string => is_escaped = true,
            '"' => in_string = !in_string,
            _ => {}
        }
    }
    quoted
}

/// From lines and columns to bytes.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self { text, starts: std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect() }
    }

    fn offset(&self, position: asl::json::Position) -> usize {
        let Some(start) = position.line.checked_sub(1).and_then(|line| self.starts.get(line))
        else {
            return 0;
        };
        let rest = &self.text[*start..];
        start
            + rest
                .char_indices()
                .nth(position.column.saturating_sub(1))
                .map_or(rest.len(), |(at, _)| at)
    }
}

/// Whether a program's own language lets a definition be corrected in place.
pub(crate) fn is_editable(language: Language) -> bool {
    matches!(language, Language::Yaml | Language::Definition)
}
