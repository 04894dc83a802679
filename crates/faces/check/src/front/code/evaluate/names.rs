//! Names that a program gives values to, anywhere in it.

use super::super::ast::{Expr, Form, Function, Statement};
use std::collections::HashSet;

/// Names that statements give values to.
pub(super) fn collect(statements: &[Statement], names: &mut HashSet<String>) {
    for statement in statements {
        match statement {
            Statement::Assign(targets, value) => {
                for target in targets {
                    collect_target(target, names);
                }
                collect_functions(value, names);
            }
            Statement::Import(_, _, name) => drop(names.insert(name.clone())),
            Statement::Define(name, function) => {
                names.insert(name.clone());
                collect_function(function, names);
            }
            Statement::Block(body) => collect(body, names),
            Statement::Export(_) => {}
            Statement::Expression(value) | Statement::Return(value) => {
                collect_functions(value, names);
            }
        }
    }
}

/// Names that Python gives values to inside expressions and patterns: `name :=`, `*name`, `case …`. A name too many is no
/// harm: it is only not told of.
pub(super) fn collect_in_passing(text: &str, names: &mut HashSet<String>) {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    for (at, _) in text.match_indices(":=") {
        let before = text[..at].trim_end();
        let name = before.rsplit(|letter| !is_part(letter)).next().unwrap_or_default();
        names.insert(name.to_owned());
    }
    for (at, _) in text.match_indices('*') {
        let name = text[at + 1..].split(|letter| !is_part(letter)).next().unwrap_or_default();
        names.insert(name.to_owned());
    }
    let patterns = text.lines().filter_map(|line| line.trim_start().strip_prefix("case "));
    for pattern in patterns {
        names.extend(pattern.split(|letter| !is_part(letter)).map(str::to_owned));
    }
}

fn collect_target(target: &Expr, names: &mut HashSet<String>) {
    match &target.form {
        Form::Name(name) => drop(names.insert(name.clone())),
        Form::List(items) => items.iter().for_each(|item| collect_target(item, names)),
        Form::Map(entries) => entries.iter().for_each(|(_, value)| collect_target(value, names)),
        _ => {}
    }
}

fn collect_function(function: &Function, names: &mut HashSet<String>) {
    for parameter in &function.parameters {
        names.extend(parameter.split(',').map(str::to_owned));
    }
    collect(&function.body, names);
}

fn collect_functions(value: &Expr, names: &mut HashSet<String>) {
    match &value.form {
        Form::Function(function) => collect_function(function, names),
        Form::Call(callee, arguments) => {
            collect_functions(callee, names);
            for argument in arguments {
                collect_functions(&argument.value, names);
            }
        }
        Form::Attribute(inner, _) => collect_functions(inner, names),
        Form::List(items) => items.iter().for_each(|item| collect_functions(item, names)),
        Form::Map(entries) => entries.iter().for_each(|(_, value)| collect_functions(value, names)),
        _ => {}
    }
}
