//! What an expression reads: parts of `$states`, variables, functions with an effect of their own.

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage};

/// What an expression reads.
#[derive(Debug, Default)]
pub(super) struct Reads {
    pub(super) input: Part,
    pub(super) context: Part,
    pub(super) result: Part,
    pub(super) error_output: Part,
    /// Names used as variables, without duplicates, `states` excluded.
    pub(super) mentioned: Vec<String>,
    /// The same without those the expression binds itself and without functions used as values.
    pub(super) variables: Vec<String>,
    /// Names called as functions, without duplicates.
    pub(super) calls: Vec<String>,
    /// AWS's sentences about what it refuses.
    pub(super) unsupported: Vec<String>,
}

/// How much of a part of `$states` is read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Part {
    #[default]
    Nothing,
    /// Only these fields.
    Fields(Vec<String>),
    All,
}

impl Part {
    fn add(&mut self, field: Option<&str>) {
        match (&mut *self, field) {
            (Part::All, _) => {}
            (_, None) => *self = Part::All,
            (Part::Nothing, Some(field)) => *self = Part::Fields(vec![field.to_owned()]),
            (Part::Fields(fields), Some(field)) => push_new(fields, field),
        }
    }
}

impl Reads {
    pub(super) fn states_part(&self, part: &str) -> bool {
        match part {
            "input" => self.input != Part::Nothing,
            "context" => self.context != Part::Nothing,
            "result" => self.result != Part::Nothing,
            "errorOutput" => self.error_output != Part::Nothing,
            _ => false,
        }
    }

    fn all_states(&mut self) {
        for part in [&mut self.input, &mut self.context, &mut self.result, &mut self.error_output] {
            part.add(None);
        }
    }
}

fn push_new(list: &mut Vec<String>, item: &str) {
    if !list.iter().any(|known| known == item) {
        list.push(item.to_owned());
    }
}

/// What the expression reads.
pub(super) fn of(ast: &AstNode) -> Reads {
    let mut walk = Walk { reads: Reads::default(), bound: Vec::new(), parents: false };
    walk.node(ast, true);
    if walk.parents {
        // A `%` can reach what a path only passed through.
        walk.reads.all_states();
    }
    let Walk { mut reads, bound, .. } = walk;
    reads.variables = reads
        .mentioned
        .iter()
        .filter(|name| !bound.contains(name) && !FUNCTIONS.contains(&name.as_str()))
        .cloned()
        .collect();
    reads
}

struct Walk {
    reads: Reads,
    /// Variables the expression binds itself.
    bound: Vec<String>,
    parents: bool,
}

impl Walk {
    /// `top` while the context item is still the one of the whole expression, of which there is none.
    fn node(&mut self, node: &AstNode, top: bool) {
        self.bindings(node);
        match node {
            AstNode::Variable(name) => self.variable(name),
            AstNode::ParentVariable(_) => {
                push_new(&mut self.reads.unsupported, "Reference to '$$' is not supported.");
            }
            AstNode::Name(name) if top => self.top_level(name),
            AstNode::Parent(_) => self.parents = true,
            AstNode::Path { steps } => self.path(steps, top),
            AstNode::Function { name, args, .. } => {
                push_new(&mut self.reads.calls, name);
                self.nodes(args, top);
            }
            AstNode::Call { procedure, args } => {
                self.node(procedure, top);
                self.nodes(args, top);
            }
            AstNode::ObjectTransform { input, pattern } => {
                self.node(input, top);
                for (key, value) in pattern {
                    self.node(key, false);
                    self.node(value, false);
                }
            }
            AstNode::Sort { input, terms } => {
                self.node(input, top);
                for (term, _) in terms {
                    self.node(term, false);
                }
            }
            AstNode::FunctionApplication(inner) => self.node(inner, false),
            AstNode::Transform { location, update, delete } => {
                self.node(location, false);
                self.node(update, false);
                if let Some(delete) = delete {
                    self.node(delete, false);
                }
            }
            other => children(other, &mut |child| self.node(child, top)),
        }
    }

    fn bindings(&mut self, node: &AstNode) {
        match node {
            AstNode::Binary { op: BinaryOp::ColonEqual, lhs, .. } => {
                if let AstNode::Variable(name) = &**lhs {
                    push_new(&mut self.bound, name);
                }
            }
            AstNode::Lambda { params, .. } => {
                for name in params {
                    push_new(&mut self.bound, name);
                }
            }
            _ => {}
        }
    }

    fn nodes(&mut self, nodes: &[AstNode], top: bool) {
        for node in nodes {
            self.node(node, top);
        }
    }

    fn variable(&mut self, name: &str) {
        match name {
            "states" => self.reads.all_states(),
            "" => {}
            _ => push_new(&mut self.reads.mentioned, name),
        }
    }

    fn top_level(&mut self, name: &str) {
        let message = format!("Reference to '{name}' at the top level is not supported.");
        push_new(&mut self.reads.unsupported, &message);
    }

    fn path(&mut self, steps: &[PathStep], top: bool) {
        let mut rest = steps;
        if let [first, second, tail @ ..] = steps
            && matches!(&first.node, AstNode::Variable(name) if name == "states")
            && is_plain(first)
            && let AstNode::Name(part) = &second.node
        {
            let field = match tail.first().map(|step| &step.node) {
                Some(AstNode::Name(field)) if is_plain(second) => Some(field.as_str()),
                _ => None,
            };
            match part.as_str() {
                "input" => self.reads.input.add(field),
                "context" => self.reads.context.add(field),
                "result" => self.reads.result.add(field),
                "errorOutput" => self.reads.error_output.add(field),
                _ => {}
            }
            self.stages(second);
            rest = tail;
        } else if let Some((first, tail)) = steps.split_first() {
            self.node(&first.node, top);
            self.stages(first);
            rest = tail;
        }
        for step in rest {
            self.node(&step.node, false);
            self.stages(step);
        }
    }

    fn stages(&mut self, step: &PathStep) {
        self.parents |= step.ancestor_label.is_some();
        for name in step.focus.iter().chain(&step.index_var) {
            push_new(&mut self.bound, name);
        }
        for stage in &step.stages {
            match stage {
                Stage::Filter(filter) => self.node(filter, false),
                Stage::Index(name) => push_new(&mut self.bound, name),
                Stage::KeepArray => {}
            }
        }
    }
}

/// The functions of JSONata and of Step Functions, which may be used as values.
const FUNCTIONS: [&str; 71] = [
    "abs",
    "append",
    "assert",
    "average",
    "base64decode",
    "base64encode",
    "boolean",
    "ceil",
    "clone",
    "contains",
    "count",
    "decodeUrl",
    "decodeUrlComponent",
    "distinct",
    "each",
    "encodeUrl",
    "encodeUrlComponent",
    "error",
    "exists",
    "filter",
    "floor",
    "formatBase",
    "formatInteger",
    "formatNumber",
    "fromMillis",
    "hash",
    "join",
    "keys",
    "length",
    "lookup",
    "lowercase",
    "map",
    "match",
    "max",
    "merge",
    "millis",
    "min",
    "not",
    "now",
    "number",
    "pad",
    "parse",
    "parseInteger",
    "partition",
    "power",
    "random",
    "range",
    "reduce",
    "replace",
    "reverse",
    "round",
    "shuffle",
    "sift",
    "single",
    "sort",
    "split",
    "spread",
    "sqrt",
    "string",
    "substring",
    "substringAfter",
    "substringBefore",
    "sum",
    "toMillis",
    "trim",
    "type",
    "uppercase",
    "uuid",
    "zip",
    "eval",
    "states",
];

fn is_plain(step: &PathStep) -> bool {
    step.stages.is_empty()
        && step.focus.is_none()
        && step.index_var.is_none()
        && step.ancestor_label.is_none()
}

/// Hands every direct child to `visit`, filters of steps included.
pub(super) fn children(node: &AstNode, visit: &mut dyn FnMut(&AstNode)) {
    match node {
        AstNode::Path { steps } => {
            for step in steps {
                visit(&step.node);
                for stage in &step.stages {
                    if let Stage::Filter(filter) = stage {
                        visit(filter);
                    }
                }
            }
        }
        AstNode::Binary { lhs, rhs, .. } => {
            visit(lhs);
            visit(rhs);
        }
        AstNode::Unary { operand, .. } => visit(operand),
        AstNode::Function { args, .. } => args.iter().for_each(visit),
        AstNode::Call { procedure, args } => {
            visit(procedure);
            args.iter().for_each(visit);
        }
        AstNode::Lambda { body, .. } => visit(body),
        AstNode::Array(items) | AstNode::Block(items) | AstNode::ArrayGroup(items) => {
            items.iter().for_each(visit);
        }
        AstNode::Object(pairs) => pairs.iter().for_each(|(key, value)| {
            visit(key);
            visit(value);
        }),
        AstNode::ObjectTransform { input, pattern } => {
            visit(input);
            for (key, value) in pattern {
                visit(key);
                visit(value);
            }
        }
        AstNode::Conditional { condition, then_branch, else_branch } => {
            visit(condition);
            visit(then_branch);
            if let Some(branch) = else_branch {
                visit(branch);
            }
        }
        AstNode::FunctionApplication(inner) => visit(inner),
        AstNode::Sort { input, terms } => {
            visit(input);
            for (term, _) in terms {
                visit(term);
            }
        }
        AstNode::Transform { location, update, delete } => {
            visit(location);
            visit(update);
            if let Some(delete) = delete {
                visit(delete);
            }
        }
        _ => {}
    }
}

/// How deep the operators, parentheses and brackets of the expression nest; what AWS counts against its depth limit.
pub(super) fn depth(node: &AstNode) -> usize {
    let counted = match node {
        AstNode::Binary { op, .. } => *op != BinaryOp::ChainPipe,
        AstNode::Array(_) | AstNode::Block(_) | AstNode::Object(_) | AstNode::Unary { .. } => true,
        _ => false,
    };
    // A branch or a function body that is not run does not count, so only what always runs is followed.
    let mut deepest = 0;
    if counted {
        children(node, &mut |child| deepest = deepest.max(depth(child)));
    }
    deepest + 1
}
