//! Methods of values, and what goes wrong when an output is taken for text.

use super::ast::{Argument, Dialect, Expr, Piece};
use super::evaluate::{Machine, Value};
use crate::model::FaultKind;
use crate::node::{Hole, Kind, Node, Text};
use crate::source::Span;

/// Adds what a value is as text.
pub(in crate::front) fn push_node(text: &mut Text, node: &Node, at: usize) {
    match &node.kind {
        Kind::Text(part) => text.append(part),
        Kind::Hole(hole) => text.push_hole(hole.clone(), at),
        Kind::Number(number) => text.push(&number.to_string(), at),
        Kind::Bool(flag) => text.push(if *flag { "true" } else { "false" }, at),
        _ => text.push_hole(Hole::Unknown, at),
    }
}

/// Calls a method of a value.
pub(super) fn call(
    machine: &mut Machine<'_>,
    owner: &Node,
    object: &Expr,
    method: &str,
    arguments: &[Argument],
    span: Span,
) -> Value {
    if method == "apply" || method == "then" {
        return Value::Data(apply(machine, owner, arguments, span));
    }
    let values: Vec<Node> =
        arguments.iter().map(|argument| machine.data(&argument.value)).collect();
    let spans: Vec<Span> = arguments.iter().map(|argument| argument.value.span).collect();
    let text = match &owner.kind {
        Kind::Text(text) => Some(text.clone()),
        _ => None,
    };
    if let Kind::List(_) | Kind::Map(_) = owner.kind {
        machine.change(object, |node| grow(node, method, &values));
    }
    let node = match (method, text) {
        ("replace" | "replaceAll", Some(text)) => {
            replace(machine, &text, object, &values, &spans, span)
        }
        ("format", Some(text)) => format(machine, &text, object, arguments, &values),
        ("strip" | "trim" | "dedent", Some(_)) => owner.clone(),
        ("join", _) => join(machine, owner, &values, span),
        ("get" | "require", None) if owner.entries().is_empty() => Node::unknown(span),
        ("get", _) => values
            .first()
            .and_then(Node::as_str)
            .and_then(|key| owner.get(key))
            .cloned()
            .unwrap_or_else(|| Node::unknown(span)),
        (
            "requireSecret"
            | "require_secret"
            | "getSecret"
            | "get_secret"
            | "requireSecretObject"
            | "require_secret_object",
            _,
        ) => Node::unknown(span).with_output(true),
        _ => Node::unknown(span).with_output(owner.is_output),
    };
    Value::Data(node)
}

/// What a method does to a list or a map that a variable holds.
fn grow(node: &mut Node, method: &str, values: &[Node]) {
    match (method, &mut node.kind, values) {
        ("append" | "push", Kind::List(items), values) => items.extend(values.iter().cloned()),
        ("extend", Kind::List(items), [Node { kind: Kind::List(more), .. }]) => {
            items.extend(more.iter().cloned());
        }
        ("update", Kind::Map(entries), [Node { kind: Kind::Map(more), .. }]) => {
            entries.extend(more.iter().cloned());
        }
        (
            "extend" | "insert" | "unshift" | "splice" | "concat" | "pop" | "remove" | "clear"
            | "update" | "setdefault",
            _,
            _,
        ) => node.is_partial = true,
        _ => {}
    }
}

/// `output.apply(f)`: the function sees plain values, the result is an output.
fn apply(machine: &mut Machine<'_>, owner: &Node, arguments: &[Argument], span: Span) -> Node {
    let Some(argument) = arguments.first() else { return Node::unknown(span).with_output(true) };
    let result = match machine.evaluate(&argument.value, None) {
        Value::Function(function) => {
            let plain = owner.clone().with_output(false);
            machine.call(&function, vec![Value::Data(plain)])
        }
        Value::Path(path) if path == ["json", "dumps"] || path == ["JSON", "stringify"] => {
            Some(owner.clone())
        }
        _ => None,
    };
    result.unwrap_or_else(|| Node::unknown(span)).with_output_if(true)
}

fn replace(
    machine: &mut Machine<'_>,
    text: &Text,
    object: &Expr,
    values: &[Node],
    spans: &[Span],
    span: Span,
) -> Node {
    let [from, to, ..] = values else { return Node::unknown(span) };
    let Some(from_text) = from.as_str().filter(|from| !from.is_empty()) else {
        return Node::unknown(span);
    };
    if to.is_output {
        let receiver = machine.short_source(object.span);
        let (pattern, value) =
            (machine.source(spans[0]).to_owned(), machine.source(spans[1]).to_owned());
        let correction = match machine.dialect {
            Dialect::Python => {
                format!("{value}.apply(lambda value: {receiver}.replace({pattern}, value))")
            }
            Dialect::TypeScript => {
                format!("{value}.apply(value => {receiver}.replace({pattern}, value))")
            }
        };
        let message = format!(
            "`{value}` is an output: its text is only known once the resource exists, so `replace` cannot put it in"
        );
        let says = match machine.dialect {
            Dialect::Python => "TypeError: replace() argument 2 must be str, not Output",
            Dialect::TypeScript => "",
        };
        machine.fault(FaultKind::OutputInText, spans[1], message, says, Some(correction));
    }
    let mut replaced = Text::default();
    let mut rest = 0;
    while let Some(found) = text.text[rest..].find(from_text) {
        replaced.append(&text.slice(rest, rest + found));
        push_node(&mut replaced, to, text.source_of(rest + found));
        rest += found + from_text.len();
    }
    replaced.append(&text.slice(rest, text.text.len()));
    Node::new(object.span, Kind::Text(replaced)).with_output_if(to.is_output)
}

fn format(
    machine: &mut Machine<'_>,
    text: &Text,
    object: &Expr,
    arguments: &[Argument],
    values: &[Node],
) -> Node {
    if let Some(index) = values.iter().position(|value| value.is_output) {
        let place = arguments[index].value.span;
        let value = machine.source(place).to_owned();
        let receiver = machine.short_source(object.span);
        let given: Vec<&str> = arguments
            .iter()
            .map(|argument| {
                let start = argument
                    .name
                    .as_ref()
                    .map_or(argument.value.span.start, |(_, name)| name.start);
                machine.source(Span { start, ..argument.value.span })
            })
            .collect();
        let correction = format!("pulumi.Output.format({receiver}, {})", given.join(", "));
        let message = format!(
            "`{value}` is an output: `format` puts a warning text in its place, not its value"
        );
        machine.fault(FaultKind::OutputInText, place, message, STR_WARNING, Some(correction));
    }
    let mut result = Text::default();
    fill_braces(&mut result, text, &|name, position| {
        let named = arguments
            .iter()
            .position(|argument| argument.name.as_ref().is_some_and(|(own, _)| own == name));
        let index = named.or_else(|| name.parse().ok()).unwrap_or(position);
        values.get(index).cloned()
    });
    Node::new(object.span, Kind::Text(result))
        .with_output_if(values.iter().any(|value| value.is_output))
}

const STR_WARNING: &str = "Calling __str__ on an Output[T] is not supported. (a warning; this sentence becomes the value)";

/// Replaces `{}`, `{0}` and `{name}`; `{{` and `}}` are braces.
pub(super) fn fill_braces(
    result: &mut Text,
    text: &Text,
    value: &dyn Fn(&str, usize) -> Option<Node>,
) {
    let bytes = text.text.as_bytes();
    let (mut at, mut from, mut position) = (0, 0, 0);
    while at < bytes.len() {
        let rest = &text.text[at..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            result.append(&text.slice(from, at + 1));
            at += 2;
            from = at;
        } else if rest.starts_with('{')
            && let Some(close) = rest.find('}')
        {
            result.append(&text.slice(from, at));
            let name = rest[1..close].split([':', '!']).next().unwrap_or_default();
            let node = value(name, position).unwrap_or_else(|| Node::unknown(Span::default()));
            push_node(result, &node, text.source_of(at));
            position += 1;
            at += close + 1;
            from = at;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    result.append(&text.slice(from, text.text.len()));
}

fn join(machine: &mut Machine<'_>, owner: &Node, values: &[Node], span: Span) -> Node {
    let (separator, items) = match machine.dialect {
        Dialect::Python => (owner, values.first()),
        Dialect::TypeScript => (values.first().unwrap_or(owner), Some(owner)),
    };
    let Some(Kind::List(items)) = items.map(|items| &items.kind) else {
        return Node::unknown(span);
    };
    if items.iter().any(|item| item.is_output) {
        let message = "one of these is an output: its text is only known once the resource exists, so `join` cannot use it".to_owned();
        machine.fault(
            FaultKind::OutputInText,
            span,
            message,
            "TypeError: sequence item: expected str instance, Output found",
            Some("pulumi.Output.concat(…)".to_owned()),
        );
    }
    let mut text = Text::default();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            push_node(&mut text, separator, span.start);
        }
        push_node(&mut text, item, item.span.start);
    }
    Node::new(span, Kind::Text(text))
}

/// `left + right`.
pub(super) fn concatenate(
    machine: &mut Machine<'_>,
    (left, left_span): (&Node, Span),
    (right, right_span): (&Node, Span),
    span: Span,
) -> Node {
    if let (Kind::List(a), Kind::List(b)) = (&left.kind, &right.kind) {
        return Node::new(span, Kind::List(a.iter().chain(b).cloned().collect()));
    }
    let is_text = matches!(left.kind, Kind::Text(_))
        || matches!(right.kind, Kind::Text(_))
        || left.is_output
        || right.is_output;
    if !is_text {
        return Node::unknown(span);
    }
    let is_wrong = (left.is_output && !is_number(right)) || (right.is_output && !is_number(left));
    if is_wrong {
        let place = if left.is_output { left_span } else { right_span };
        let value = machine.short_source(place);
        let (a, b) = (machine.short_source(left_span), machine.short_source(right_span));
        let (says, correction) = match machine.dialect {
            Dialect::Python if right.is_output => (
                "TypeError: can only concatenate str (not \"Output\") to str",
                format!("pulumi.Output.concat({a}, {b})"),
            ),
            Dialect::Python => (
                "TypeError: unsupported operand type(s) for +: 'Output' and 'str'",
                format!("pulumi.Output.concat({a}, {b})"),
            ),
            Dialect::TypeScript => (TO_STRING, format!("pulumi.concat({a}, {b})")),
        };
        let message = format!("`{value}` is an output: it cannot be joined to text with `+`");
        machine.fault(FaultKind::OutputInText, place, message, says, Some(correction));
    }
    let mut text = Text::default();
    push_node(&mut text, left, left_span.start);
    push_node(&mut text, right, right_span.start);
    Node::new(span, Kind::Text(text)).with_output_if(left.is_output || right.is_output)
}

fn is_number(node: &Node) -> bool {
    matches!(node.kind, Kind::Number(_))
}

const TO_STRING: &str =
    "Calling [toString] on an [Output<T>] is not supported. (this sentence becomes the value)";

/// `"…" % output`.
pub(super) fn percent_fault(machine: &mut Machine<'_>, span: Span) {
    let message = "`%` puts an output's warning text in its place, not its value".to_owned();
    machine.fault(
        FaultKind::OutputInText,
        span,
        message,
        STR_WARNING,
        Some("pulumi.Output.format(\"…{0}…\", value)".to_owned()),
    );
}

/// An f-string or a template literal with an output.
pub(super) fn format_fault(machine: &mut Machine<'_>, pieces: &[Piece], span: Span, place: Span) {
    let codes: Vec<String> = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Code(code, _) => Some(machine.source(code.span).to_owned()),
            Piece::Text(..) => None,
        })
        .collect();
    let value = machine.source(place).to_owned();
    let whole = machine.short_source(span);
    let (message, says, correction) = match machine.dialect {
        Dialect::Python => {
            let mut pattern = whole.replacen(['f', 'F'], "", 1);
            for (index, code) in codes.iter().enumerate() {
                pattern = pattern.replacen(&format!("{{{code}}}"), &format!("{{{index}}}"), 1);
            }
            (
                format!(
                    "`{value}` is an output: an f-string puts a warning text in its place, not its value"
                ),
                STR_WARNING,
                format!("pulumi.Output.format({pattern}, {})", codes.join(", ")),
            )
        }
        Dialect::TypeScript => (
            format!(
                "`{value}` is an output: a template literal puts a warning text in its place, not its value"
            ),
            TO_STRING,
            format!("pulumi.interpolate{whole}"),
        ),
    };
    machine.fault(FaultKind::OutputInText, place, message, says, Some(correction));
}

impl Text {
    /// A part of it.
    pub(crate) fn slice(&self, from: usize, to: usize) -> Self {
        let mut part = Self { text: String::new(), holes: self.holes.clone(), map: Vec::new() };
        part.text.push_str(self.text.get(from..to).unwrap_or_default());
        part.map.push((0, self.source_of(from)));
        part.map.extend(
            self.map
                .iter()
                .filter(|(at, _)| *at > from && *at < to)
                .map(|(at, source)| (at - from, *source)),
        );
        part
    }
}
