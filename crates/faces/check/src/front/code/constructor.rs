//! Calls of modules: constructors of resources, Pulumi's own functions, data sources.

use super::ast::{Argument, Dialect};
use super::evaluate::{Machine, Value, nearest};
use super::methods;
use crate::model::{FaultKind, Language, Resource, camel, lower_first};
use crate::node::{Entry, Hole, Kind, Node, Text};
use crate::source::Span;

/// Calls what a path names.
pub(super) fn call(
    machine: &mut Machine<'_>,
    path: &[String],
    arguments: &[Argument],
    span: Span,
    callee: Span,
    assigned: Option<&str>,
) -> Value {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    let node = match parts.as_slice() {
        ["aws", "Provider"] | ["aws", _, _, "get"] => {
            evaluate_all(machine, arguments);
            Node::unknown(span).with_output(true)
        }
        ["aws", module, class] if is_class(class) && !is_arguments(class) => {
            resource(machine, module, class, arguments, span, assigned)
        }
        ["aws", .., class] if is_class(class) => keywords(machine, arguments, span),
        ["aws", "iam", function] => data_source(machine, function, arguments, span),
        ["aws", ..] => {
            evaluate_all(machine, arguments);
            Node::unknown(span).with_output(true)
        }
        ["pulumi", rest @ ..] => return Value::Data(pulumi(machine, rest, arguments, span)),
        ["json", "dumps"] | ["JSON", "stringify"] => dumps(machine, arguments, span, callee),
        ["json", "loads"] | ["JSON", "parse"] | ["dict"] if arguments.len() == 1 => {
            machine.data(&arguments[0].value)
        }
        ["dict"] => keywords(machine, arguments, span),
        ["str" | "String"] => text_of(machine, arguments, span),
        ["open" | "readFileSync"] | ["fs", "readFileSync"] => read_file(machine, arguments, span),
        ["Path"] | ["pathlib", "Path"] => read_file(machine, arguments, span),
        ["textwrap", "dedent"] | ["dedent"] | ["inspect", "cleandoc"] if !arguments.is_empty() => {
            machine.data(&arguments[0].value)
        }
        _ => {
            evaluate_all(machine, arguments);
            Node::unknown(span)
        }
    };
    Value::Data(node)
}

fn is_class(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}

fn is_arguments(name: &str) -> bool {
    name.ends_with("Args") || name.ends_with("ArgsDict")
}

fn evaluate_all(machine: &mut Machine<'_>, arguments: &[Argument]) -> Vec<Node> {
    arguments.iter().map(|argument| machine.data(&argument.value)).collect()
}

/// Keyword arguments as a map with Pulumi's names.
fn keywords(machine: &mut Machine<'_>, arguments: &[Argument], span: Span) -> Node {
    let mut entries = Vec::new();
    for argument in arguments {
        let value = machine.data(&argument.value);
        match &argument.name {
            Some((name, key_span)) => {
                entries.push(Entry { key: camel(name), key_span: *key_span, value });
            }
            None => entries.extend(value.entries().iter().cloned()),
        }
    }
    Node::new(span, Kind::Map(entries))
}

fn resource(
    machine: &mut Machine<'_>,
    module: &str,
    class: &str,
    arguments: &[Argument],
    span: Span,
    assigned: Option<&str>,
) -> Node {
    let is_python = machine.dialect == Dialect::Python;
    let token = format!("aws:{}/{}:{class}", module.trim_end_matches('_'), lower_first(class));
    let mut name = Node::text(span.head(), "");
    let mut name_span = Span::new(span.file, span.start, span.start + 1);
    let (mut properties, mut options) = (Vec::new(), None);
    let mut position = 0;
    // What is spread into the properties and cannot be read may be any of them.
    let is_partial = |value: &Node| value.is_partial || !matches!(value.kind, Kind::Map(_));
    let mut has_more = false;
    for argument in arguments {
        let keyword = argument.name.as_ref().map(|(name, key_span)| (name.as_str(), *key_span));
        let value = machine.data(&argument.value);
        match keyword {
            Some(("opts", _)) => options = Some(value),
            Some(("resource_name", _)) => (name, name_span) = (value, argument.value.span),
            Some(("args", _)) => {
                has_more |= is_partial(&value);
                properties.extend(value.entries().iter().cloned());
            }
            Some((keyword, key_span)) => {
                properties.push(Entry { key: camel(keyword), key_span, value });
            }
            None if argument.is_spread => {
                has_more |= is_partial(&value);
                properties.extend(value.entries().iter().map(|entry| {
                    let key = if is_python { camel(&entry.key) } else { entry.key.clone() };
                    Entry { key, ..entry.clone() }
                }));
            }
            None => {
                match position {
                    0 => (name, name_span) = (value, argument.value.span),
                    1 => {
                        has_more |= is_partial(&value);
                        properties.extend(value.entries().iter().map(|entry| {
                            let key = if is_python { camel(&entry.key) } else { entry.key.clone() };
                            Entry { key, ..entry.clone() }
                        }));
                    }
                    _ => options = Some(value),
                }
                position += 1;
            }
        }
    }
    let base = assigned.map_or_else(
        || name.as_str().map_or_else(|| lower_first(class), str::to_owned),
        str::to_owned,
    );
    let mut key = base.clone();
    let mut count = 2;
    while machine.program.find(&key).is_some() {
        key = format!("{base}#{count}");
        count += 1;
    }
    let properties = Node::new(span, Kind::Map(properties)).with_more(has_more);
    let name = name.as_str().unwrap_or_default().to_owned();
    machine.program.add(Resource {
        key: key.clone(),
        token,
        name,
        name_span,
        span,
        properties,
        options,
    });
    Node::new(span, Kind::Hole(Hole::Attribute { resource: key, path: String::new() }))
        .with_output(true)
}

fn pulumi(machine: &mut Machine<'_>, path: &[&str], arguments: &[Argument], span: Span) -> Node {
    match path {
        ["export"] => {
            let values = evaluate_all(machine, arguments);
            if let [name, value] = values.as_slice() {
                machine
                    .program
                    .outputs
                    .push((name.as_str().unwrap_or_default().to_owned(), value.clone()));
            }
            Node::unknown(span)
        }
        ["Output", "json_dumps" | "jsonStringify"] | ["jsonStringify"] => arguments
            .first()
            .map_or_else(|| Node::unknown(span), |argument| machine.data(&argument.value))
            .with_output_if(true),
        ["Output", "from_input" | "create" | "unsecret"] | ["output" | "unsecret"] => arguments
            .first()
            .map_or_else(|| Node::unknown(span), |argument| machine.data(&argument.value))
            .with_output_if(true),
        ["Output", "secret"] | ["secret"] => {
            evaluate_all(machine, arguments);
            Node::unknown(span).with_output(true)
        }
        ["Output", "concat"] | ["concat"] => {
            let mut text = Text::default();
            for node in evaluate_all(machine, arguments) {
                methods::push_node(&mut text, &node, node.span.start);
            }
            Node::new(span, Kind::Text(text)).with_output_if(true)
        }
        ["Output", "format"] => format(machine, arguments, span),
        ["Output", "all"] | ["all"] => {
            let node = if arguments.iter().any(|argument| argument.name.is_some()) {
                raw_keywords(machine, arguments, span)
            } else {
                let items = evaluate_all(machine, arguments);
                match items.as_slice() {
                    [only]
                        if matches!(only.kind, Kind::List(_) | Kind::Map(_))
                            && machine.dialect == Dialect::TypeScript =>
                    {
                        only.clone()
                    }
                    _ => Node::new(span, Kind::List(items)),
                }
            };
            node.with_output_if(true)
        }
        ["asset", "FileArchive"] | ["FileArchive"] => {
            tagged(machine, "fn::fileArchive", arguments, span)
        }
        ["FileAsset"] | ["asset", "FileAsset"] => tagged(machine, "fn::fileAsset", arguments, span),
        ["StringAsset"] | ["asset", "StringAsset"] => {
            tagged(machine, "fn::stringAsset", arguments, span)
        }
        ["AssetArchive"] | ["asset", "AssetArchive"] => {
            tagged(machine, "fn::assetArchive", arguments, span)
        }
        ["ResourceOptions"] => keywords(machine, arguments, span),
        _ => {
            evaluate_all(machine, arguments);
            Node::unknown(span)
        }
    }
}

/// Keyword arguments with the names they have.
fn raw_keywords(machine: &mut Machine<'_>, arguments: &[Argument], span: Span) -> Node {
    let mut entries = Vec::new();
    for argument in arguments {
        let value = machine.data(&argument.value);
        if let Some((name, key_span)) = &argument.name {
            entries.push(Entry { key: name.clone(), key_span: *key_span, value });
        }
    }
    Node::new(span, Kind::Map(entries))
}

fn tagged(machine: &mut Machine<'_>, key: &str, arguments: &[Argument], span: Span) -> Node {
    let value = arguments
        .first()
        .map_or_else(|| Node::unknown(span), |argument| machine.data(&argument.value));
    Node::new(span, Kind::Map(vec![Entry { key: key.to_owned(), key_span: span, value }]))
}

fn format(machine: &mut Machine<'_>, arguments: &[Argument], span: Span) -> Node {
    let values = evaluate_all(machine, arguments);
    let mut text = Text::default();
    if let Some(Kind::Text(pattern)) = values.first().map(|first| &first.kind) {
        methods::fill_braces(&mut text, pattern, &|name, position| {
            let named = arguments
                .iter()
                .position(|argument| argument.name.as_ref().is_some_and(|(own, _)| own == name));
            let index = named
                .or_else(|| name.parse::<usize>().ok().map(|index| index + 1))
                .unwrap_or(position + 1);
            values.get(index).cloned()
        });
        return Node::new(span, Kind::Text(text)).with_output_if(true);
    }
    Node::unknown(span).with_output(true)
}

fn dumps(machine: &mut Machine<'_>, arguments: &[Argument], span: Span, callee: Span) -> Node {
    let Some(argument) = arguments.first() else { return Node::unknown(span) };
    let node = machine.data(&argument.value);
    if node.has_output() {
        let mut place = node.span;
        node.walk(&mut |inner| {
            if inner.is_output && !matches!(inner.kind, Kind::Map(_) | Kind::List(_)) {
                place = inner.span;
            }
        });
        let (says, correction) = match machine.dialect {
            Dialect::Python => (
                "TypeError: Object of type Output is not JSON serializable",
                "pulumi.Output.json_dumps(",
            ),
            Dialect::TypeScript => (
                "Calling [toJSON] on an [Output<T>] is not supported. (this sentence becomes the value)",
                "pulumi.jsonStringify(",
            ),
        };
        let value = machine.source(place).to_owned();
        let function = machine.source(callee).to_owned();
        let message = format!("`{value}` is an output: `{function}` cannot write it as JSON");
        machine.fault(
            FaultKind::OutputInText,
            callee,
            message,
            says,
            Some(format!("{correction}…)")),
        );
    }
    let is_output = node.has_output();
    node.with_output_if(is_output)
}

fn text_of(machine: &mut Machine<'_>, arguments: &[Argument], span: Span) -> Node {
    let Some(argument) = arguments.first() else { return Node::unknown(span) };
    let node = machine.data(&argument.value);
    if node.is_output {
        let value = machine.source(argument.value.span).to_owned();
        let message =
            format!("`{value}` is an output: its text is only known once the resource exists");
        let says = "Calling __str__ on an Output[T] is not supported. (a warning; this sentence becomes the value)";
        let correction = format!("{value}.apply(lambda value: …)");
        machine.fault(
            FaultKind::OutputInText,
            argument.value.span,
            message,
            says,
            Some(correction),
        );
    }
    node
}

/// A file of the project that is read as text: a definition of its own, for instance.
fn read_file(machine: &mut Machine<'_>, arguments: &[Argument], span: Span) -> Node {
    let values = evaluate_all(machine, arguments);
    let Some(name) = values.first().and_then(Node::as_str) else { return Node::unknown(span) };
    crate::front::read_text(machine.sources, &machine.program.directory, name)
        .unwrap_or_else(|| Node::unknown(span))
}

/// Data sources that make policies.
fn data_source(
    machine: &mut Machine<'_>,
    function: &str,
    arguments: &[Argument],
    span: Span,
) -> Node {
    let given = keywords(machine, arguments, span);
    match camel(function).as_str() {
        "assumeRolePolicyForPrincipal" => given_policy(&given, span),
        "getPolicyDocument" | "getPolicyDocumentOutput" => policy_document(&given, span),
        name => {
            let known = [
                "getRole",
                "getPolicy",
                "getRoleOutput",
                "getPolicyOutput",
                "getUser",
                "getAccountAlias",
            ];
            if nearest(name, known.into_iter()).is_none()
                && machine.program.language == Language::Python
            {
                return Node::unknown(span).with_output(true);
            }
            Node::unknown(span).with_output(true)
        }
    }
}

fn entry(key: &str, span: Span, value: Node) -> Entry {
    Entry { key: key.to_owned(), key_span: span, value }
}

fn document(statements: Vec<Node>, span: Span) -> Node {
    Node::new(
        span,
        Kind::Map(vec![
            entry("Version", span, Node::text(span, "2012-10-17")),
            entry("Statement", span, Node::new(span, Kind::List(statements))),
        ]),
    )
}

fn given_policy(principal: &Node, span: Span) -> Node {
    let principal = principal.get("principal").unwrap_or(principal).clone();
    let statement = Node::new(
        span,
        Kind::Map(vec![
            entry("Effect", span, Node::text(span, "Allow")),
            entry("Principal", span, principal),
            entry("Action", span, Node::text(span, "sts:AssumeRole")),
        ]),
    );
    document(vec![statement], span)
}

/// `aws.iam.getPolicyDocument` to the document in its `json`.
pub(crate) fn policy_document(given: &Node, span: Span) -> Node {
    let statements = given
        .get("statements")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .map(|statement| {
            let mut entries = Vec::new();
            let names = [
                ("sid", "Sid"),
                ("effect", "Effect"),
                ("actions", "Action"),
                ("notActions", "NotAction"),
                ("resources", "Resource"),
                ("notResources", "NotResource"),
            ];
            if statement.get("effect").is_none() {
                entries.push(entry("Effect", statement.span, Node::text(statement.span, "Allow")));
            }
            for (from, to) in names {
                if let Some(found) = statement.entry(from) {
                    entries.push(entry(to, found.key_span, found.value.clone()));
                }
            }
            let principals: Vec<Entry> = statement
                .get("principals")
                .map(Node::items)
                .unwrap_or_default()
                .iter()
                .filter_map(|principal| {
                    let kind = principal.get("type")?.as_str()?.to_owned();
                    Some(Entry {
                        key: kind,
                        key_span: principal.span,
                        value: principal.get("identifiers")?.clone(),
                    })
                })
                .collect();
            if !principals.is_empty() {
                entries.push(entry(
                    "Principal",
                    span,
                    Node::new(statement.span, Kind::Map(principals)),
                ));
            }
            Node::new(statement.span, Kind::Map(entries))
        })
        .collect();
    Node::new(span, Kind::Map(vec![entry("json", span, document(statements, span))]))
}
