//! What a program declares: its statements run with unknown values in place of everything that is not written down.

mod calls;
mod imports;
mod names;

use super::ast::{Dialect, Expr, Form, Function, Piece, Statement};
use super::methods;
use super::modules;
use crate::model::{Fault, FaultKind, Program, camel};
use crate::node::{Entry, Hole, Kind, Node, Text};
use crate::source::{FileId, Sources, Span};
use imports::{Module, Names};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::rc::Rc;

/// How deep functions may call each other.
const MAX_CALLS: usize = 12;
/// How many expressions are evaluated at most.
const MAX_STEPS: usize = 400_000;

/// What an expression comes to.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Data(Node),
    /// A module, class or function of one: `aws`, `sfn`, `StateMachine`.
    Path(Vec<String>),
    Function(Rc<Function>),
    /// A file of the program.
    Module(Names),
}

/// Runs a program.
pub(super) fn run(
    sources: &mut Sources,
    text: &str,
    statements: &[Statement],
    dialect: Dialect,
    program: &mut Program,
) {
    let mut known = HashSet::new();
    names::collect(statements, &mut known);
    if dialect == Dialect::Python {
        names::collect_in_passing(text, &mut known);
    }
    let file = program.file;
    let mut machine = Machine {
        sources,
        text,
        file,
        dialect,
        program,
        scopes: vec![HashMap::new()],
        known,
        calls: 0,
        steps: 0,
        called: HashSet::new(),
        reported: HashSet::new(),
        folder: PathBuf::new(),
        depth: 0,
        modules: HashMap::new(),
        homes: HashMap::new(),
    };
    machine.statements(statements);
    machine.uncalled(statements);
    machine.uncalled_elsewhere();
}

pub(super) struct Machine<'a> {
    pub(super) sources: &'a mut Sources,
    pub(super) text: &'a str,
    /// The file of the text.
    file: FileId,
    pub(super) dialect: Dialect,
    pub(super) program: &'a mut Program,
    scopes: Vec<HashMap<String, Value>>,
    /// Names that are given a value somewhere.
    known: HashSet<String>,
    calls: usize,
    steps: usize,
    called: HashSet<*const Function>,
    reported: HashSet<Span>,
    /// The folder of the file that is run, below the program's.
    folder: PathBuf,
    /// How deep the file was imported; the program itself is at 0.
    depth: usize,
    /// Files that were imported.
    modules: HashMap<PathBuf, Module>,
    /// The names that functions of imported files see.
    homes: HashMap<*const Function, Names>,
}

impl Machine<'_> {
    pub(super) fn fault(
        &mut self,
        kind: FaultKind,
        span: Span,
        message: String,
        says: &str,
        correction: Option<String>,
    ) {
        if self.reported.insert(span) {
            let says = (!says.is_empty()).then(|| says.to_owned());
            self.program.faults.push(Fault { kind, span, message, says, correction });
        }
    }

    /// The program's text of an expression.
    pub(super) fn source(&self, span: Span) -> &str {
        if span.file != self.file {
            return self.sources.text(span);
        }
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// The same, with what is between first and last line left out when it is long.
    pub(super) fn short_source(&self, span: Span) -> String {
        let text = self.source(span);
        let lines: Vec<&str> = text.lines().collect();
        match lines.as_slice() {
            [first, .., last] if lines.len() > 4 => format!("{first}\n…\n{last}"),
            _ if text.chars().count() > 300 => {
                let head: String = text.chars().take(60).collect();
                let tail: String = text.chars().skip(text.chars().count() - 60).collect();
                format!("{head} … {tail}")
            }
            _ => text.to_owned(),
        }
    }

    fn statements(&mut self, statements: &[Statement]) -> Option<Node> {
        let mut returned = None;
        for statement in statements {
            match statement {
                Statement::Assign(targets, value) => {
                    let assigned = targets.first().and_then(|target| match &target.form {
                        Form::Name(name) | Form::Attribute(_, name) => Some(name.clone()),
                        _ => None,
                    });
                    let value = self.evaluate(value, assigned.as_deref());
                    for target in targets {
                        self.assign(target, value.clone());
                    }
                }
                Statement::Expression(value) => drop(self.evaluate(value, None)),
                Statement::Return(value) => {
                    let value = self.evaluate(value, None);
                    let span = Span::default();
                    returned.get_or_insert_with(|| Self::node(value, span));
                }
                Statement::Import(module, name, alias) => {
                    self.import(module, name.as_deref(), alias);
                }
                Statement::Define(name, function) => {
                    self.define(name, Value::Function(function.clone()));
                }
                Statement::Export(name) => {
                    if self.depth == 0
                        && let Some(Value::Data(node)) = self.lookup(name)
                    {
                        self.program.outputs.push((name.clone(), node));
                    }
                }
                Statement::Block(body) => {
                    let inner = self.statements(body);
                    returned = returned.or(inner);
                }
            }
        }
        returned
    }

    /// Functions that nobody calls here are run once all the same: somebody may, and they may declare resources.
    fn uncalled(&mut self, statements: &[Statement]) {
        for statement in statements {
            match statement {
                Statement::Define(_, function) if !self.called.contains(&Rc::as_ptr(function)) => {
                    self.call(function, Vec::new());
                }
                Statement::Block(body) => self.uncalled(body),
                _ => {}
            }
        }
    }

    fn define(&mut self, name: &str, value: Value) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), value);
        }
    }

    fn assign(&mut self, target: &Expr, value: Value) {
        match &target.form {
            Form::Name(name) => {
                self.define(name, value);
            }
            Form::List(targets) => {
                let node = Self::node(value, target.span);
                for (index, target) in targets.iter().enumerate() {
                    let item = match &node.kind {
                        Kind::List(items) => items.get(index).cloned(),
                        _ => None,
                    };
                    let item = item
                        .unwrap_or_else(|| Node::unknown(target.span).with_output(node.is_output));
                    self.assign(target, Value::Data(item));
                }
            }
            Form::Attribute(object, name) => {
                // `self.role = …`: found again as an attribute of anything.
                if let Form::Name(object) = &object.form {
                    self.define(&format!("{object}.{name}"), value);
                }
            }
            Form::Index(object, index) => {
                let index = self.data(index);
                let value = Self::node(value, target.span);
                self.change(object, |node| set(node, &index, value));
            }
            _ => {}
        }
    }

    /// Changes the value of a variable, if it is one.
    pub(super) fn change(&mut self, variable: &Expr, change: impl FnOnce(&mut Node)) {
        let Form::Name(name) = &variable.form else { return };
        let found = self.scopes.iter_mut().rev().find_map(|scope| scope.get_mut(name));
        if let Some(Value::Data(node)) = found {
            change(node);
        }
    }

    /// The node of a value.
    pub(super) fn node(value: Value, span: Span) -> Node {
        match value {
            Value::Data(node) => node,
            Value::Path(path) => match path.as_slice() {
                // A constant such as `aws.lambda_.Runtime.PYTHON3D11`.
                [.., class, constant] if class.starts_with(char::is_uppercase) => {
                    Node::text(span, &constant.to_lowercase().replace("3d", "3."))
                }
                _ => Node::unknown(span),
            },
            Value::Function(_) | Value::Module(_) => Node::unknown(span),
        }
    }

    /// What an expression comes to. `assigned` is the variable that gets it.
    pub(super) fn evaluate(&mut self, expr: &Expr, assigned: Option<&str>) -> Value {
        self.steps += 1;
        let span = expr.span;
        if self.steps > MAX_STEPS {
            return Value::Data(Node::unknown(span));
        }
        let node = match &expr.form {
            Form::Name(name) => return self.name(name, span),
            Form::Function(function) => return Value::Function(function.clone()),
            Form::Attribute(object, name) => return self.attribute(object, name, span),
            Form::Call(callee, arguments) => {
                return self.call_expression(callee, arguments, span, assigned);
            }
            Form::Text(pieces) => self.text(pieces, span, true),
            Form::Tagged(pieces) => self.text(pieces, span, false).with_output(true),
            Form::Number(number) => Node::new(span, Kind::Number(number.clone())),
            Form::Bool(flag) => Node::new(span, Kind::Bool(*flag)),
            Form::Null => Node::new(span, Kind::Null),
            Form::List(items) => {
                let items = items.iter().map(|item| self.data(item)).collect();
                Node::new(span, Kind::List(items))
            }
            Form::Map(entries) => self.map(entries, span),
            Form::Index(object, index) => self.index(object, index, span),
            Form::Binary(operator, left, right) => self.binary(operator, left, right, span),
            Form::Choice(condition, then, otherwise) => {
                self.evaluate(condition, None);
                let then = self.evaluate(then, assigned);
                self.evaluate(otherwise, assigned);
                return then;
            }
            Form::Unknown => Node::unknown(span),
        };
        Value::Data(node)
    }

    /// An expression's node.
    pub(super) fn data(&mut self, expr: &Expr) -> Node {
        let value = self.evaluate(expr, None);
        Self::node(value, expr.span)
    }

    fn lookup(&self, name: &str) -> Option<Value> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name)).cloned()
    }

    fn name(&mut self, name: &str, span: Span) -> Value {
        if let Some(value) = self.lookup(name) {
            return value;
        }
        if self.dialect == Dialect::Python
            && !self.known.contains(name)
            && !modules::is_builtin(name)
            && !self.known.contains("*")
        {
            let nearest = nearest(name, self.known.iter().map(String::as_str));
            let hint = nearest.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let says = format!("NameError: name '{name}' is not defined");
            self.fault(
                FaultKind::UnknownName,
                span,
                format!("nothing here is called `{name}`{hint}"),
                &says,
                None,
            );
        }
        // What is not from here is from the module that everything was imported of.
        if let Some(Value::Path(star)) = self.lookup("*")
            && !self.known.contains(name)
            && !modules::is_builtin(name)
        {
            let all = &star[..star.len() - 1];
            return Value::Path(all.iter().cloned().chain([name.to_owned()]).collect());
        }
        if modules::is_builtin(name) || self.dialect == Dialect::TypeScript {
            return Value::Path(vec![name.to_owned()]);
        }
        Value::Data(Node::unknown(span))
    }

    fn attribute(&mut self, object: &Expr, name: &str, span: Span) -> Value {
        if let Form::Name(owner) = &object.form
            && let Some(value) = self.lookup(&format!("{owner}.{name}"))
        {
            return value;
        }
        match self.evaluate(object, None) {
            Value::Path(mut path) => {
                self.part_of(&path, name, span);
                path.push(name.to_owned());
                Value::Path(path)
            }
            Value::Data(node) => Value::Data(self.member(&node, name, span)),
            Value::Module(names) => {
                names.get(name).cloned().unwrap_or_else(|| Value::Data(Node::unknown(span)))
            }
            Value::Function(_) => Value::Data(Node::unknown(span)),
        }
    }

    /// Says when a module has no such part.
    fn part_of(&mut self, path: &[String], name: &str, span: Span) {
        let is_aws = path.first().is_some_and(|root| root == "aws");
        let name_span = Span::new(span.file, span.end.saturating_sub(name.len()), span.end);
        match path {
            [_] if is_aws && name == "lambda" && self.dialect == Dialect::Python => {
                let message =
                    "`lambda` is a keyword of Python; the module is called `lambda_`".to_owned();
                self.fault(
                    FaultKind::UnknownName,
                    name_span,
                    message,
                    "SyntaxError: invalid syntax",
                    Some("aws.lambda_".to_owned()),
                );
            }
            [_] if is_aws => {
                if let Some(meant) = modules::meant_module(name) {
                    let meant = if self.dialect == Dialect::Python {
                        meant
                    } else {
                        meant.trim_end_matches('_')
                    };
                    let message =
                        format!("pulumi_aws has no module `{name}`; it is called `{meant}`");
                    let says =
                        format!("AttributeError: module 'pulumi_aws' has no attribute '{name}'");
                    self.fault(
                        FaultKind::UnknownName,
                        name_span,
                        message,
                        &says,
                        Some(format!("aws.{meant}")),
                    );
                }
            }
            [_, module] if is_aws => {
                if let Some(meant) = modules::meant_class(module, name) {
                    let message = format!("aws.{module} has no `{name}`; it is called `{meant}`");
                    let says = format!(
                        "AttributeError: module 'pulumi_aws.{module}' has no attribute '{name}'"
                    );
                    self.fault(
                        FaultKind::UnknownName,
                        name_span,
                        message,
                        &says,
                        Some(format!("aws.{module}.{meant}")),
                    );
                }
            }
            _ => {}
        }
    }

    /// A member of a value: a resource's output, or an entry.
    pub(super) fn member(&mut self, node: &Node, name: &str, span: Span) -> Node {
        let name = if self.dialect == Dialect::Python { camel(name) } else { name.to_owned() };
        match &node.kind {
            Kind::Hole(Hole::Attribute { resource, path }) => {
                let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                let kind = Kind::Hole(Hole::Attribute { resource: resource.clone(), path });
                Node::new(span, kind).with_output(node.is_output)
            }
            Kind::Map(_) => node.get(&name).cloned().unwrap_or_else(|| Node::unknown(span)),
            _ => Node::unknown(span).with_output(node.is_output),
        }
    }

    fn index(&mut self, object: &Expr, index: &Expr, span: Span) -> Node {
        let object = self.data(object);
        let index = self.data(index);
        let found = match (&object.kind, &index.kind) {
            (Kind::List(items), Kind::Number(number)) => {
                number.as_u64().and_then(|index| items.get(index as usize)).cloned()
            }
            (Kind::Map(_), Kind::Text(key)) => {
                key.literal().and_then(|key| object.get(key)).cloned()
            }
            _ => None,
        };
        found.unwrap_or_else(|| Node::unknown(span).with_output(object.is_output))
    }

    fn map(&mut self, entries: &[(Option<Expr>, Expr)], span: Span) -> Node {
        let mut map: Vec<Entry> = Vec::new();
        let mut is_partial = false;
        for (key, value) in entries {
            let value_node = self.data(value);
            match key {
                None => {
                    is_partial |= value_node.is_partial || !matches!(value_node.kind, Kind::Map(_));
                    map.extend(value_node.entries().iter().cloned());
                }
                Some(key_expr) => {
                    let key = self.data(key_expr);
                    is_partial |= key.as_str().is_none();
                    let text = key.as_str().unwrap_or(key.prefix()).to_owned();
                    map.push(Entry { key: text, key_span: key_expr.span, value: value_node });
                }
            }
        }
        Node::new(span, Kind::Map(map)).with_more(is_partial)
    }

    /// A string with what its expressions come to; an output in one is a mistake, unless a function takes care of it.
    fn text(&mut self, pieces: &[Piece], span: Span, is_mistake: bool) -> Node {
        let mut text = Text::default();
        let mut outputs = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(part, map) => {
                    let part = Text { text: part.clone(), holes: Vec::new(), map: map.clone() };
                    text.append(&part);
                }
                Piece::Code(code, place) => {
                    let node = self.data(code);
                    if node.is_output {
                        outputs.push((code.span, *place));
                    }
                    methods::push_node(&mut text, &node, place.start);
                }
            }
        }
        if is_mistake && let Some((_, place)) = outputs.first() {
            let place = *place;
            methods::format_fault(self, pieces, span, place);
        }
        Node::new(span, Kind::Text(text)).with_output_if(!outputs.is_empty() || !is_mistake)
    }

    fn binary(&mut self, operator: &str, left: &Expr, right: &Expr, span: Span) -> Node {
        let left_node = self.data(left);
        let right_node = self.data(right);
        match operator {
            "or" => match left_node.kind {
                Kind::Hole(Hole::Unknown) | Kind::Null => right_node,
                _ => left_node,
            },
            "and" => right_node,
            "+" => {
                methods::concatenate(self, (&left_node, left.span), (&right_node, right.span), span)
            }
            "%" if matches!(left_node.kind, Kind::Text(_)) => {
                if right_node.has_output() {
                    methods::percent_fault(self, span);
                }
                Node::unknown(span).with_output(right_node.has_output())
            }
            _ => Node::unknown(span),
        }
    }
}

/// `node[index] = value`, as far as it can be followed.
fn set(node: &mut Node, index: &Node, value: Node) {
    node.is_partial = true;
    if let (Kind::Map(entries), Some(key)) = (&mut node.kind, index.as_str()) {
        entries.retain(|entry| entry.key != key);
        entries.push(Entry { key: key.to_owned(), key_span: index.span, value });
        node.is_partial = false;
    }
}

impl Node {
    /// The same, as an output itself if so; what is in it stays.
    pub(super) fn with_output_if(mut self, is_output: bool) -> Self {
        self.is_output |= is_output;
        self
    }
}

/// The nearest of several names, if one is near.
pub(super) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names
        .map(|candidate| (crate::text::distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= 1 + name.len() / 5)
        .min()
        .map(|(_, candidate)| candidate)
}
