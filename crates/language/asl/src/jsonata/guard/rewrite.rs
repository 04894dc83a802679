//! The rewriting of an expression's tree.

use super::super::reads;
use super::{
    AS_VALUE, CHARGE, CHECK_JOIN, CHECK_PAD, CHECK_REPLACE, CHECK_SPLIT, DEEP_FUNCTIONS, FUNCTIONS,
    Guards, RENAMED, VALUES, WEIGH, listed,
};
use jsonata_core::ast::{AstNode, BinaryOp, Stage};

/// Rewrites the tree and says which guards it now calls.
pub(in crate::jsonata) fn put_in(ast: &mut AstNode) -> Guards {
    let mut bound = Vec::new();
    bindings(ast, &mut bound);
    let mut rewrite = Rewrite { guards: Guards::default(), loops: can_loop(ast), bound };
    rewrite.node(ast);
    rewrite.guards
}

/// Whether anything in the expression can be run again, perhaps with a larger value: steps of paths are, once per item.
fn can_loop(node: &AstNode) -> bool {
    match node {
        AstNode::Path { steps } if steps.iter().skip(1).any(|step| makes(&step.node)) => true,
        AstNode::Lambda { .. }
        | AstNode::Transform { .. }
        | AstNode::Binary { op: BinaryOp::ColonEqual, .. } => true,
        node => {
            let mut found = false;
            reads::children(node, &mut |child| found = found || can_loop(child));
            found
        }
    }
}

/// Whether there is a constructor in a step.
fn makes(node: &AstNode) -> bool {
    if matches!(node, AstNode::Object(_) | AstNode::Array(_) | AstNode::ObjectTransform { .. }) {
        return true;
    }
    let mut found = false;
    reads::children(node, &mut |child| found = found || makes(child));
    found
}

/// The names of functions of the lists that the expression binds itself.
fn bindings(node: &AstNode, bound: &mut Vec<&'static str>) {
    let mut bind =
        |name: &str| bound.extend(listed(&FUNCTIONS, name).or_else(|| listed(&VALUES, name)));
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
            AstNode::Binary { op: BinaryOp::Concatenate | BinaryOp::Range, .. } => {
                self.charge(node);
            }
            AstNode::Binary { op: BinaryOp::ChainPipe, lhs, rhs } => {
                // What a pipe's right side is decides what the pipe does, so it must not be wrapped.
                self.charge_array(lhs);
                if matches!(&**rhs, AstNode::Variable(_)) && self.loops {
                    self.check(WEIGH, lhs);
                }
            }
            AstNode::Binary { op: BinaryOp::ColonEqual, rhs, .. } => self.charge_array(rhs),
            AstNode::Binary {
                op: BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::In,
                lhs,
                rhs,
            } if self.loops && !is_scalar(lhs) && !is_scalar(rhs) => {
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
            AstNode::Call { args, .. } => {
                for argument in args {
                    self.charge_array(argument);
                }
            }
            _ => self.made(node),
        }
    }

    /// Charges what a constructor makes, and what stands where results come from.
    fn made(&mut self, node: &mut AstNode) {
        match node {
            AstNode::Conditional { then_branch, else_branch, .. } => {
                self.charge_array(then_branch);
                self.charge_function(then_branch);
                if let Some(branch) = else_branch {
                    self.charge_array(branch);
                    self.charge_function(branch);
                }
            }
            AstNode::Block(items) => {
                for item in items.iter_mut() {
                    self.charge_array(item);
                }
                if let Some(last) = items.last_mut() {
                    self.charge_function(last);
                }
            }
            AstNode::Lambda { body, .. } => {
                self.charge_array(body);
                self.charge_function(body);
            }
            AstNode::Object(pairs) => {
                for (_, value) in pairs {
                    self.charge_array(value);
                    self.charge_function(value);
                }
                if self.loops {
                    self.charge(node);
                }
            }
            AstNode::Array(items) if self.loops => {
                // The array itself must stay what it is, so one of its items is charged for it.
                let is_plain = |item: &&mut AstNode| {
                    matches!(item, AstNode::Variable(_) | AstNode::Path { .. }) || is_scalar(item)
                };
                if let Some(item) = items.iter_mut().find(is_plain) {
                    self.check(CHARGE, item);
                }
            }
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
        let Some(function) =
            listed(&FUNCTIONS, name).filter(|function| !self.bound.contains(function))
        else {
            return false;
        };
        let again = args.iter().skip(1).all(may_repeat);
        match (function, args.len()) {
            ("string", 0..=2) => {
                if args.is_empty() {
                    args.push(AstNode::Variable(String::new()));
                }
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
                let others = args[1..3]
                    .iter()
                    .map(|other| if is_function(other) { AstNode::Null } else { other.clone() });
                let others = others.collect();
                self.nodes(args);
                self.check(CHECK_REPLACE, &mut args[0]);
                add_arguments(&mut args[0], others);
            }
            ("split", 2..=3) if again && !is_function(&args[1]) => {
                let separator = args[1].clone();
                self.nodes(args);
                self.check(CHECK_SPLIT, &mut args[0]);
                add_arguments(&mut args[0], vec![separator]);
            }
            ("pad", 2..=3) if again => {
                let filler = args.get(2).cloned();
                self.nodes(args);
                self.check(CHECK_PAD, &mut args[1]);
                add_arguments(&mut args[1], filler.into_iter().collect());
            }
            ("now", 0..=2) => {
                self.nodes(args);
                args.insert(
                    0,
                    AstNode::Function {
                        name: "millis".to_owned(),
                        args: Vec::new(),
                        is_builtin: true,
                    },
                );
                "fromMillis".clone_into(name);
                return true;
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

    /// Charges a function that is a result: it keeps everything it can see.
    fn charge_function(&mut self, node: &mut AstNode) {
        if self.loops && matches!(node, AstNode::Lambda { .. }) {
            self.charge(node);
        }
    }

    fn rename(&mut self, node: &mut AstNode) {
        match node {
            AstNode::Variable(name) => {
                match listed(&VALUES, name).filter(|known| !self.bound.contains(known)) {
                    Some(known) => {
                        if !self.guards.values.contains(&known) {
                            self.guards.values.push(known);
                        }
                        name.push_str(AS_VALUE);
                    }
                    None => self.rename_name(name),
                }
            }
            AstNode::Function { name, is_builtin: true, .. } => self.rename_name(name),
            AstNode::Lambda { params, .. } => {
                for name in params {
                    self.rename_name(name);
                }
            }
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
            AstNode::Unary { operand: inner, .. }
            | AstNode::FunctionApplication(inner)
            | AstNode::Lambda { body: inner, .. } => {
                self.node(inner);
            }
            AstNode::Function { args, .. } => self.nodes(args),
            AstNode::Call { procedure, args } => {
                self.node(procedure);
                self.nodes(args);
            }
            AstNode::Array(items) | AstNode::Block(items) | AstNode::ArrayGroup(items) => {
                self.nodes(items);
            }
            AstNode::Object(pairs) => self.pairs(pairs),
            AstNode::ObjectTransform { input, pattern } => {
                self.node(input);
                self.pairs(pattern);
            }
            AstNode::Conditional { condition, then_branch, else_branch } => {
                self.node(condition);
                self.node(then_branch);
                if let Some(branch) = else_branch {
                    self.node(branch);
                }
            }
            AstNode::Sort { input, terms } => {
                self.node(input);
                for (term, _) in terms {
                    self.node(term);
                }
            }
            AstNode::Transform { location, update, delete } => {
                self.node(location);
                self.node(update);
                if let Some(delete) = delete {
                    self.node(delete);
                }
            }
            _ => {}
        }
    }

    fn nodes(&mut self, nodes: &mut [AstNode]) {
        for node in nodes {
            self.node(node);
        }
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
    is_scalar(node)
        || matches!(node, AstNode::Variable(_) | AstNode::Regex { .. } | AstNode::Lambda { .. })
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
