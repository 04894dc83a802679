//! Bounds on memory.
//!
//! The evaluator bounds time, depth and the length of sequences, but not the length of strings, and its values share parts: a few
//! steps of doubling make a string of gigabytes, or a value that is tiny in memory and endless when walked. So the tree of an expression
//! is rewritten before it runs:
//!
//! - every `&`, `..` and array constructor that can run again passes its result to a function that bounds it and charges it to the
//!   evaluation's budget;
//! - calls of the built-in functions that can make long strings from short arguments (`$join`, `$pad`, `$replace`, `$string`) get their
//!   arguments checked and their result charged; where a call is not written plainly (in a pipe, as a value, with arguments that must not
//!   be evaluated twice) the function is replaced by one of the same signature that does so. The user's own variables of those names are
//!   renamed along, so shadowing works as before;
//! - where an expression can loop (it has a function of its own or an assignment), operands of `=`, `!=`, `in` and arguments of functions
//!   that walk values to the bottom are weighed first.
//!
//! What remains: many small arrays and objects built in a loop and all kept are bounded only by time and by the length of each sequence.

use super::message::MEMORY_MARK;
use super::reads;
use jsonata_core::ast::{AstNode, BinaryOp, Stage};
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError, HostFnResult};
use jsonata_core::value::JValue;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// What is added to the name of a guarded function; no expression can write it.
pub(super) const RENAMED: &str = " guarded";
/// The function that checks the arguments of `$pad`.
const CHECK_PAD: &str = "check pad";
const CHECK_JOIN: &str = "check join";
const CHECK_REPLACE: &str = "check replace";
const CHARGE: &str = "charge";
const WEIGH: &str = "weigh";

/// How much one evaluation may allocate through guarded operators, in the largest values it may build. What is dropped again counts
/// too, so this is generous: joining thousands of pieces one by one is a common way to write a text.
const BUDGET_IN_VALUES: usize = 80;
/// How many times the largest value a replacement may grow to, by the estimate made before.
const REPLACE_IN_VALUES: usize = 4;
/// What an item of an array costs, roughly, in bytes.
const ITEM_BYTES: usize = 32;

/// The guarded functions, as JSONata; `$C`, `$J`, `$P`, `$R` and `$W` stand for the checks. `$millis` is ours, so `$now` need not ask the clock either.
const FUNCTIONS: [(&str, &str); 5] = [
    ("join", "function($a, $s)<a<s>s?:s> { $C($join($J($a, $s), $s)) }"),
    ("pad", "function($s, $w, $c)<s-ns?:s> { $C($pad($s, $P($w, $c), $c)) }"),
    ("replace", "function($s, $p, $r, $n)<s-(sf)(sf)n?:s> { $C($replace($R($s, $p, $r), $p, $r, $n)) }"),
    ("string", "function($v, $p)<x-b?:s> { $C($string($W($v), $p)) }"),
    ("now", "function($p, $z)<s?s?:s> { $fromMillis($millis(), $p, $z) }"),
];

/// Functions used as values: a higher-order function calls them with the arguments of theirs it counts, and these are the counts of
/// JSONata's own. What they call is the function of that name.
const VALUES: [(&str, &str); 7] = [
    ("string", "function($v) { $C($string($W($v))) }"),
    ("parse", "function($t) { $parse($t) }"),
    ("hash", "function($t, $a) { $hash($t, $a) }"),
    ("partition", "function($i, $n) { $partition($i, $n) }"),
    ("range", "function($f, $t, $s) { $range($f, $t, $s) }"),
    ("random", "function($s) { $random($s) }"),
    ("uuid", "function() { $uuid() }"),
];
/// What is added to the name of a function used as a value.
const AS_VALUE: &str = " as value guarded";

/// Functions that walk their arguments to the bottom.
const DEEP_FUNCTIONS: [&str; 8] = ["distinct", "boolean", "not", "merge", "sort", "zip", "type", "keys"];

/// Which guards an expression needs.
#[derive(Debug, Default)]
pub(super) struct Guards {
    /// Guarded functions used.
    functions: Vec<&'static str>,
    /// Functions used as values.
    values: Vec<&'static str>,
    /// Whether the tree calls a check by itself.
    checks: bool,
}

impl Guards {
    pub(super) fn is_empty(&self) -> bool {
        self.functions.is_empty() && self.values.is_empty() && !self.checks
    }
}

/// The names a variable goes by in a rewritten tree.
pub(super) fn names(name: &str) -> Vec<String> {
    let mut names = vec![name.to_owned()];
    names.extend(listed(&FUNCTIONS, name).map(|name| format!("{name}{RENAMED}")));
    names.extend(listed(&VALUES, name).map(|name| format!("{name}{AS_VALUE}")));
    names
}

fn listed(list: &[(&'static str, &'static str)], name: &str) -> Option<&'static str> {
    list.iter().find(|(known, _)| *known == name).map(|(known, _)| *known)
}

/// Rewrites the tree and says which guards it now calls.
pub(super) fn put_in(ast: &mut AstNode) -> Guards {
    let mut bound = Vec::new();
    bindings(ast, &mut bound);
    let mut rewrite = Rewrite { guards: Guards::default(), loops: can_loop(ast), bound };
    rewrite.node(ast);
    rewrite.guards
}

/// Whether anything in the expression can be run again with a larger value.
fn can_loop(node: &AstNode) -> bool {
    match node {
        AstNode::Lambda { .. } | AstNode::Transform { .. } | AstNode::Binary { op: BinaryOp::ColonEqual, .. } => true,
        node => {
            let mut found = false;
            reads::children(node, &mut |child| found = found || can_loop(child));
            found
        }
    }
}

/// The names of functions of the lists that the expression binds itself.
fn bindings(node: &AstNode, bound: &mut Vec<&'static str>) {
    let mut bind = |name: &str| bound.extend(listed(&FUNCTIONS, name).or_else(|| listed(&VALUES, name)));
    match node {
        AstNode::Binary { op: BinaryOp::ColonEqual, lhs, .. } => {
            if let AstNode::Variable(name) = &**lhs {
                bind(name);
            }
        }
        AstNode::Lambda { params, .. } => params.iter().for_each(|name| bind(name)),
        AstNode::Path { steps } => {
            for step in steps {
                step.focus.iter().chain(&step.index_var).for_each(|name| bind(name));
                for stage in &step.stages {
                    if let Stage::Index(name) = stage {
                        bind(name);
                    }
                }
            }
        }
        _ => {}
    }
    reads::children(node, &mut |child| bindings(child, bound));
}

struct Rewrite {
    guards: Guards,
    loops: bool,
    /// Functions whose names the expression binds itself.
    bound: Vec<&'static str>,
}

impl Rewrite {
    fn node(&mut self, node: &mut AstNode) {
        if self.check_call(node) {
            return;
        }
        self.rename(node);
        self.children(node);
        match node {
            AstNode::Binary { op: BinaryOp::Concatenate | BinaryOp::Range, .. } => self.charge(node),
            AstNode::Binary { op: BinaryOp::ChainPipe, lhs, rhs } => {
                // What a pipe's right side is decides what the pipe does, so it must not be wrapped.
                self.charge_array(lhs);
                if matches!(&**rhs, AstNode::Variable(_)) && self.loops {
                    self.check(WEIGH, lhs);
                }
            }
            AstNode::Binary { op: BinaryOp::ColonEqual, rhs, .. } => self.charge_array(rhs),
            AstNode::Conditional { then_branch, else_branch, .. } => {
                self.charge_array(then_branch);
                else_branch.iter_mut().for_each(|branch| self.charge_array(branch));
            }
            AstNode::Block(items) => items.iter_mut().for_each(|item| self.charge_array(item)),
            AstNode::Lambda { body, .. } => self.charge_array(body),
            AstNode::Object(pairs) => pairs.iter_mut().for_each(|(_, value)| self.charge_array(value)),
            AstNode::Binary { op: BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::In, lhs, rhs }
                if self.loops && !is_scalar(lhs) && !is_scalar(rhs) =>
            {
                self.check(WEIGH, lhs);
                self.check(WEIGH, rhs);
            }
            AstNode::Function { name, args, .. } => {
                let deep = self.loops && DEEP_FUNCTIONS.contains(&name.as_str());
                for argument in args.iter_mut().filter(|argument| !is_function(argument)) {
                    self.charge_array(argument);
                    if deep {
                        self.check(WEIGH, argument);
                    }
                }
            }
            AstNode::Call { args, .. } => args.iter_mut().for_each(|argument| self.charge_array(argument)),
            _ => {}
        }
    }

    fn check(&mut self, function: &str, node: &mut AstNode) {
        self.guards.checks = true;
        wrap(function, node);
    }

    fn charge(&mut self, node: &mut AstNode) {
        self.check(CHARGE, node);
    }

    /// A plain call of a guarded function, checked where it stands; `false` if it is not one.
    fn check_call(&mut self, node: &mut AstNode) -> bool {
        let AstNode::Function { name, args, is_builtin: true } = node else {
            return false;
        };
        let Some(function) = listed(&FUNCTIONS, name).filter(|function| !self.bound.contains(function)) else {
            return false;
        };
        let again = args.iter().skip(1).all(may_repeat);
        match (function, args.len()) {
            ("string", 1..=2) => {
                self.nodes(args);
                self.charge_array(&mut args[0]);
                self.check(WEIGH, &mut args[0]);
            }
            ("join", 1..=2) if again => {
                let others = args[1..].to_vec();
                self.nodes(args);
                self.charge_array(&mut args[0]);
                self.check(CHECK_JOIN, &mut args[0]);
                add_arguments(&mut args[0], others);
            }
            ("replace", 3..=4) if again => {
                let others = args[1..3].iter().map(|other| if is_function(other) { AstNode::Null } else { other.clone() });
                let others = others.collect();
                self.nodes(args);
                self.check(CHECK_REPLACE, &mut args[0]);
                add_arguments(&mut args[0], others);
            }
            ("pad", 2..=3) if again => {
                let filler = args.get(2).cloned();
                self.nodes(args);
                self.check(CHECK_PAD, &mut args[1]);
                add_arguments(&mut args[1], filler.into_iter().collect());
            }
            _ => return false,
        }
        self.charge(node);
        true
    }

    /// The right side of a pipe gets an argument from the left, so a call there is not what it seems.
    fn piped(&mut self, node: &mut AstNode) {
        if matches!(node, AstNode::Function { .. }) {
            self.rename(node);
            self.children(node);
        } else {
            self.node(node);
        }
    }

    /// Charges an array constructor that may run again. One right inside another constructor must stay what it is: it is not flattened.
    fn charge_array(&mut self, node: &mut AstNode) {
        if self.loops && matches!(node, AstNode::Array(items) if !items.iter().all(is_scalar)) {
            self.charge(node);
        }
    }

    fn rename(&mut self, node: &mut AstNode) {
        match node {
            AstNode::Variable(name) => match listed(&VALUES, name).filter(|known| !self.bound.contains(known)) {
                Some(known) => {
                    if !self.guards.values.contains(&known) {
                        self.guards.values.push(known);
                    }
                    name.push_str(AS_VALUE);
                }
                None => self.rename_name(name),
            },
            AstNode::Function { name, is_builtin: true, .. } => self.rename_name(name),
            AstNode::Lambda { params, .. } => params.iter_mut().for_each(|name| self.rename_name(name)),
            AstNode::Path { steps } => {
                for step in steps {
                    step.focus.iter_mut().for_each(|name| self.rename_name(name));
                    step.index_var.iter_mut().for_each(|name| self.rename_name(name));
                    for stage in &mut step.stages {
                        if let Stage::Index(name) = stage {
                            self.rename_name(name);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn rename_name(&mut self, name: &mut String) {
        if let Some(function) = listed(&FUNCTIONS, name) {
            if !self.guards.functions.contains(&function) {
                self.guards.functions.push(function);
            }
            name.push_str(RENAMED);
        }
    }

    fn children(&mut self, node: &mut AstNode) {
        match node {
            AstNode::Path { steps } => {
                for step in steps {
                    self.node(&mut step.node);
                    for stage in &mut step.stages {
                        if let Stage::Filter(filter) = stage {
                            self.node(filter);
                        }
                    }
                }
            }
            AstNode::Binary { op: BinaryOp::ChainPipe, lhs, rhs } => {
                self.node(lhs);
                self.piped(rhs);
            }
            AstNode::Binary { lhs, rhs, .. } => {
                self.node(lhs);
                self.node(rhs);
            }
            AstNode::Unary { operand: inner, .. } | AstNode::FunctionApplication(inner) | AstNode::Lambda { body: inner, .. } => {
                self.node(inner);
            }
            AstNode::Function { args, .. } => self.nodes(args),
            AstNode::Call { procedure, args } => {
                self.node(procedure);
                self.nodes(args);
            }
            AstNode::Array(items) | AstNode::Block(items) | AstNode::ArrayGroup(items) => self.nodes(items),
            AstNode::Object(pairs) => self.pairs(pairs),
            AstNode::ObjectTransform { input, pattern } => {
                self.node(input);
                self.pairs(pattern);
            }
            AstNode::Conditional { condition, then_branch, else_branch } => {
                self.node(condition);
                self.node(then_branch);
                else_branch.iter_mut().for_each(|branch| self.node(branch));
            }
            AstNode::Sort { input, terms } => {
                self.node(input);
                terms.iter_mut().for_each(|(term, _)| self.node(term));
            }
            AstNode::Transform { location, update, delete } => {
                self.node(location);
                self.node(update);
                delete.iter_mut().for_each(|delete| self.node(delete));
            }
            _ => {}
        }
    }

    fn nodes(&mut self, nodes: &mut [AstNode]) {
        nodes.iter_mut().for_each(|node| self.node(node));
    }

    fn pairs(&mut self, pairs: &mut [(AstNode, AstNode)]) {
        for (key, value) in pairs {
            self.node(key);
            self.node(value);
        }
    }
}

fn is_scalar(node: &AstNode) -> bool {
    matches!(node, AstNode::String(_) | AstNode::Number(_) | AstNode::Boolean(_) | AstNode::Null)
}

fn is_function(node: &AstNode) -> bool {
    matches!(node, AstNode::Placeholder | AstNode::Lambda { .. })
}

/// Whether evaluating the argument a second time, for a check, changes nothing and costs nothing.
fn may_repeat(node: &AstNode) -> bool {
    is_scalar(node) || matches!(node, AstNode::Variable(_) | AstNode::Regex { .. } | AstNode::Lambda { .. })
}

fn add_arguments(node: &mut AstNode, others: Vec<AstNode>) {
    if let AstNode::Function { args, .. } = node {
        args.extend(others);
    }
}

fn wrap(function: &str, node: &mut AstNode) {
    let inner = std::mem::replace(node, AstNode::Null);
    *node = AstNode::Function { name: function.to_owned(), args: vec![inner], is_builtin: true };
}

thread_local! {
    /// The guarded functions as values, by the names they are bound to; they hold no state and are costly to make.
    static GUARDED: RefCell<HashMap<String, JValue>> = RefCell::new(HashMap::new());
}

/// Binds the guarded functions the expression uses.
pub(super) fn bind(guards: &Guards, context: &mut Context) {
    let functions = guards.functions.iter().map(|name| (*name, RENAMED, &FUNCTIONS[..]));
    let values = guards.values.iter().map(|name| (*name, AS_VALUE, &VALUES[..]));
    for (name, suffix, list) in functions.chain(values) {
        let bound = format!("{name}{suffix}");
        let value = GUARDED.with_borrow_mut(|cache| {
            cache.entry(bound.clone()).or_insert_with(|| make(name, list)).clone()
        });
        context.bind(bound, value);
    }
}

fn make(name: &str, list: &[(&str, &str)]) -> JValue {
    let source = list.iter().find(|(known, _)| *known == name).map_or("", |(_, source)| source);
    // The names of the checks cannot be written in JSONata: they are put into the tree.
    let Ok(mut ast) = jsonata_core::parser::parse(source) else {
        return JValue::Undefined;
    };
    name_checks(&mut ast);
    Evaluator::new().evaluate(&ast, &JValue::Undefined).unwrap_or(JValue::Undefined)
}

fn name_checks(node: &mut AstNode) {
    if let AstNode::Function { name, args, .. } = node {
        let check = match name.as_str() {
            "C" => Some(CHARGE),
            "J" => Some(CHECK_JOIN),
            "P" => Some(CHECK_PAD),
            "R" => Some(CHECK_REPLACE),
            "W" => Some(WEIGH),
            _ => None,
        };
        if let Some(check) = check {
            check.clone_into(name);
        }
        args.iter_mut().for_each(name_checks);
    } else if let AstNode::Lambda { body, .. } = node {
        name_checks(body);
    } else if let AstNode::Block(items) = node {
        items.iter_mut().for_each(name_checks);
    }
}

/// Gives the evaluator the checks.
pub(super) fn register(evaluator: &mut Evaluator, guards: &Guards, max_bytes: usize) -> Result<(), EvaluatorError> {
    if guards.is_empty() {
        return Ok(());
    }
    let budget = Rc::new(Cell::new(max_bytes.saturating_mul(BUDGET_IN_VALUES)));
    evaluator.register_fn(CHARGE, move |arguments: &[JValue]| charge(arguments, &budget, max_bytes))?;
    evaluator.register_fn(WEIGH, move |arguments: &[JValue]| weigh(arguments, max_bytes))?;
    evaluator.register_fn(CHECK_JOIN, move |arguments: &[JValue]| check_join(arguments, max_bytes))?;
    evaluator.register_fn(CHECK_REPLACE, move |arguments: &[JValue]| check_replace(arguments, max_bytes))?;
    evaluator.register_fn(CHECK_PAD, move |arguments: &[JValue]| check_pad(arguments, max_bytes))?;
    Ok(())
}

fn refuse<T>() -> Result<T, EvaluatorError> {
    Err(EvaluatorError::EvaluationError(MEMORY_MARK.to_owned()))
}

fn first(arguments: &[JValue]) -> JValue {
    arguments.first().cloned().unwrap_or(JValue::Undefined)
}

fn charge(arguments: &[JValue], budget: &Cell<usize>, max_bytes: usize) -> HostFnResult {
    // In AWS's counting a character is one byte and a number eight.
    let (bytes, cost) = match arguments.first() {
        Some(JValue::String(text)) => (text.len(), text.len()),
        Some(JValue::Array(items)) => {
            let items = items.len() + inner_items(items, 3);
            (items * 8, items * ITEM_BYTES)
        }
        _ => (0, 0),
    };
    match budget.get().checked_sub(cost) {
        Some(left) if bytes <= max_bytes => {
            budget.set(left);
            Ok(first(arguments))
        }
        _ => refuse(),
    }
}

/// The items of arrays inside a short array, which may be constructors that were not charged themselves.
fn inner_items(items: &[JValue], levels: usize) -> usize {
    if levels == 0 || items.len() > 16 {
        return 0;
    }
    let inner = items.iter().map(|item| match item {
        JValue::Array(inner) => inner.len() + inner_items(inner, levels - 1),
        _ => 0,
    });
    inner.sum()
}

/// Passes a value on unless walking it takes more steps than it may have bytes.
fn weigh(arguments: &[JValue], max_bytes: usize) -> HostFnResult {
    let mut left = max_bytes / 8;
    match arguments.first() {
        Some(value) if !light(value, &mut left, 0) => refuse(),
        _ => Ok(first(arguments)),
    }
}

fn light(value: &JValue, left: &mut usize, depth: usize) -> bool {
    let Some(rest) = left.checked_sub(1).filter(|_| depth < 1000) else {
        return false;
    };
    *left = rest;
    match value {
        JValue::Array(items) => items.iter().all(|item| light(item, left, depth + 1)),
        JValue::Object(fields) => fields.values().all(|item| light(item, left, depth + 1)),
        JValue::String(text) => match left.checked_sub(text.len() / 8) {
            Some(rest) => {
                *left = rest;
                true
            }
            None => false,
        },
        _ => true,
    }
}

fn length(value: Option<&JValue>) -> usize {
    match value {
        Some(JValue::String(text)) => text.len(),
        _ => 0,
    }
}

fn check_join(arguments: &[JValue], max_bytes: usize) -> HostFnResult {
    let separator = length(arguments.get(1));
    let total = match arguments.first() {
        Some(JValue::Array(items)) => {
            items.iter().fold(0usize, |total, item| total.saturating_add(separator).saturating_add(length(Some(item))))
        }
        other => length(other),
    };
    if total > max_bytes.saturating_add(separator) { refuse() } else { Ok(first(arguments)) }
}

/// At most every character of the text is replaced, and once more at the end.
fn check_replace(arguments: &[JValue], max_bytes: usize) -> HostFnResult {
    let text = length(arguments.first());
    let pattern = match arguments.get(1) {
        Some(JValue::String(pattern)) => pattern.len().max(1),
        _ => 1,
    };
    let replacement = match arguments.get(2) {
        // `$0` and `$12` insert what was matched, the whole text at most.
        Some(JValue::String(replacement)) => {
            replacement.len().saturating_add(replacement.matches('$').count().saturating_mul(text / 16))
        }
        _ => 0,
    };
    let matches = text / pattern + 1;
    let total = matches.saturating_mul(replacement).saturating_add(text);
    // The bound is never reached in practice: most texts do not match everywhere.
    if total > max_bytes.saturating_mul(REPLACE_IN_VALUES) { refuse() } else { Ok(first(arguments)) }
}

/// Passes on the width for `$pad`, if what it pads to stays in bounds.
fn check_pad(arguments: &[JValue], max_bytes: usize) -> HostFnResult {
    let width = first(arguments);
    let filler = length(arguments.get(1)).max(1) as f64;
    match &width {
        // A filler's characters may have four bytes.
        JValue::Number(count) if count.abs().min(f64::MAX) * filler.min(4.0) > max_bytes as f64 => refuse(),
        _ => Ok(width),
    }
}
