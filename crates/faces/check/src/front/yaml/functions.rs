//! `fn::…` of Pulumi YAML.

use super::Reader;
use crate::front::code::{policy_document, push_node};
use crate::node::{Entry, Kind, Node, Text};
use crate::source::Span;

/// Calls a function of a name without its `fn::`.
pub(super) fn call(reader: &mut Reader<'_>, name: &str, argument: &Node, span: Span) -> Node {
    match name {
        "fileAsset" | "fileArchive" | "stringAsset" | "remoteAsset" | "remoteArchive"
        | "assetArchive" => {
            let value = reader.evaluate(argument);
            Node::new(
                span,
                Kind::Map(vec![Entry { key: format!("fn::{name}"), key_span: span.head(), value }]),
            )
        }
        "toJSON" => reader.evaluate(argument),
        "join" => join(reader, argument, span),
        "readFile" => {
            let name = reader.evaluate(argument);
            name.as_str()
                .and_then(|name| {
                    crate::front::read_text(reader.sources, &reader.program.directory, name)
                })
                .unwrap_or_else(|| Node::unknown(span))
        }
        "invoke" => invoke(reader, argument, span),
        "secret" => {
            reader.evaluate(argument);
            Node::unknown(span)
        }
        _ => {
            reader.evaluate(argument);
            Node::unknown(span)
        }
    }
}

fn join(reader: &mut Reader<'_>, argument: &Node, span: Span) -> Node {
    let argument = reader.evaluate(argument);
    let [separator, list] = argument.items() else { return Node::unknown(span) };
    let mut text = Text::default();
    for (index, item) in list.items().iter().enumerate() {
        if index > 0 {
            push_node(&mut text, separator, separator.span.start);
        }
        push_node(&mut text, item, item.span.start);
    }
    Node::new(span, Kind::Text(text))
}

fn invoke(reader: &mut Reader<'_>, argument: &Node, span: Span) -> Node {
    let function = argument.get("function").and_then(Node::as_str).unwrap_or_default();
    let is_policy = function.ends_with("getPolicyDocument");
    let arguments = argument.get("arguments").map(|node| reader.evaluate(node));
    match arguments {
        Some(arguments) if is_policy => {
            let answer = policy_document(&arguments, span);
            match argument.get("return").and_then(Node::as_str) {
                Some(key) => answer.get(key).cloned().unwrap_or_else(|| Node::unknown(span)),
                None => answer,
            }
        }
        _ => Node::unknown(span),
    }
}
