//! Bounds on memory.
//!
//! The evaluator bounds time, depth and the length of sequences, but not the length of strings, and its values share parts: a few
//! steps of doubling make a string of gigabytes, or a value that is tiny in memory and endless when walked. So the tree of an expression
//! is rewritten before it runs:
//!
//! - every `&`, `..` and array constructor that can run again passes its result to a function that bounds it and charges it to the
//!   evaluation's budget;
//! - calls of the built-in functions that can make long strings from short arguments (`$join`, `$pad`, `$replace`, `$split`, `$string`) get their
//!   arguments checked and their result charged; where a call is not written plainly (in a pipe, as a value, with arguments that must not
//!   be evaluated twice) the function is replaced by one of the same signature that does so. The user's own variables of those names are
//!   renamed along, so shadowing works as before;
//! - where an expression can loop (it has a function of its own or an assignment), operands of `=`, `!=`, `in` and arguments of functions
//!   that walk values to the bottom are weighed first;
//! - where it can, objects, arrays and functions that it makes are charged too, so that many small ones, all kept, are bounded.

mod checks;
mod rewrite;

pub(super) use checks::register;
pub(super) use rewrite::put_in;

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator};
use jsonata_core::value::JValue;
use std::cell::RefCell;
use std::collections::HashMap;

/// What is added to the name of a guarded function; no expression can write it.
pub(super) const RENAMED: &str = " guarded";
/// The function that checks the arguments of `$pad`.
const CHECK_PAD: &str = "check pad";
const CHECK_JOIN: &str = "check join";
const CHECK_REPLACE: &str = "check replace";
const CHECK_SPLIT: &str = "check split";
const CHARGE: &str = "charge";
const WEIGH: &str = "weigh";

/// The guarded functions, as JSONata; `$C`, `$J`, `$P`, `$R`, `$W` and `$X` stand for the checks. `$millis` is ours, so `$now` need not ask the clock either.
const FUNCTIONS: [(&str, &str); 6] = [
    ("join", "function($a, $s)<a<s>s?:s> { $C($join($J($a, $s), $s)) }"),
    ("pad", "function($s, $w, $c)<s-ns?:s> { $C($pad($s, $P($w, $c), $c)) }"),
    (
        "replace",
        "function($s, $p, $r, $n)<s-(sf)(sf)n?:s> { $C($replace($R($s, $p, $r), $p, $r, $n)) }",
    ),
    ("split", "function($s, $p, $l)<s-(sf)n?:a<s>> { $C($split($X($s, $p), $p, $l)) }"),
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
const DEEP_FUNCTIONS: [&str; 8] =
    ["distinct", "boolean", "not", "merge", "sort", "zip", "type", "keys"];

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
            "X" => Some(CHECK_SPLIT),
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
