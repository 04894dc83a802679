//! YAML nodes as expressions: literals, texts with references, lists, mappings, function calls.

use super::interpolation::{self, Access, Part};
use crate::diagnostic::Diagnostic;
use crate::nearest::did_you_mean;
use crate::source::{Source, Span};
use crate::types::canonical;
use crate::value::Value;
use crate::yaml::{Kind, Node};

/// An expression and where it stands.
#[derive(Debug)]
pub(super) struct Expression {
    pub(super) span: Span,
    pub(super) form: Form,
}

/// What an expression is.
#[derive(Debug)]
pub(super) enum Form {
    Literal(Value),
    /// A text with references in it.
    Text(Vec<Part>),
    /// A text that is one reference and nothing else: the value itself.
    Reference(Access),
    List(Vec<Expression>),
    Mapping(Vec<(Vec<Part>, Expression)>),
    Call(Box<Call>),
}

/// A function call.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) function: Function,
    pub(super) arguments: Expression,
}

/// What can be called.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Function {
    ToJson,
    ToBase64,
    FromBase64,
    Join,
    Split,
    Select,
    Secret,
    ReadFile,
    FileAsset,
    StringAsset,
    FileArchive,
    AssetArchive,
    /// A data source, and the property of its result that is wanted.
    Invoke {
        token: String,
        result: Option<String>,
    },
}

const FUNCTIONS: &[(&str, Function)] = &[
    ("fn::toJSON", Function::ToJson),
    ("fn::toBase64", Function::ToBase64),
    ("fn::fromBase64", Function::FromBase64),
    ("fn::join", Function::Join),
    ("fn::split", Function::Split),
    ("fn::select", Function::Select),
    ("fn::secret", Function::Secret),
    ("fn::readFile", Function::ReadFile),
    ("fn::fileAsset", Function::FileAsset),
    ("fn::stringAsset", Function::StringAsset),
    ("fn::fileArchive", Function::FileArchive),
    ("fn::assetArchive", Function::AssetArchive),
];

/// What stands for something that is wrong: a preview goes on with an unknown, to find what else is.
const BROKEN: Form = Form::Literal(Value::Unknown);

/// Turns nodes into expressions and collects what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source,
    pub(super) faults: Vec<Diagnostic>,
}

impl Reader<'_> {
    pub(super) fn fault(&mut self, message: impl Into<String>, span: Span) -> &mut Diagnostic {
        self.faults.push(Diagnostic::error(message).at(Some(self.source.place(span))));
        self.faults.last_mut().expect("just pushed")
    }

    /// The expression of a node.
    pub(super) fn expression(&mut self, node: &Node) -> Expression {
        let form = match &node.kind {
            Kind::Null => Form::Literal(Value::Null),
            Kind::Bool(flag) => Form::Literal(Value::Bool(*flag)),
            Kind::Number(number) => Form::Literal(Value::number(number.clone())),
            Kind::String(text) => self.text(&text.value, node.span),
            Kind::Sequence(items) => {
                Form::List(items.iter().map(|item| self.expression(item)).collect())
            }
            Kind::Mapping(_) => return self.mapping(node),
        };
        Expression { span: node.span, form }
    }

    fn parts(&mut self, text: &str, span: Span) -> Vec<Part> {
        interpolation::parse(text).unwrap_or_else(|fault| {
            let span = self.source.find(span, &fault.snippet);
            self.fault(fault.message, span).hint = Some("`$${` is a literal `${`".to_owned());
            vec![Part::Text(text.to_owned())]
        })
    }

    fn text(&mut self, text: &str, span: Span) -> Form {
        let mut parts = self.parts(text, span);
        match (parts.len(), parts.pop()) {
            (1, Some(Part::Text(text))) => Form::Literal(Value::String(text)),
            (1, Some(Part::Reference(access))) => Form::Reference(access),
            (_, last) => {
                parts.extend(last);
                Form::Text(parts)
            }
        }
    }

    fn mapping(&mut self, node: &Node) -> Expression {
        let entries = node.entries();
        let call = entries.iter().find(|entry| entry.key.to_lowercase().starts_with("fn::"));
        if let Some(call) = call {
            if entries.len() > 1 {
                let message = format!("`{}` must stand alone in its mapping", call.key);
                self.fault(message, call.key_span);
            }
            let form = self.call(&call.key, call.key_span, &call.value);
            return Expression { span: node.span, form };
        }
        let fields = entries
            .iter()
            .map(|entry| (self.parts(&entry.key, entry.key_span), self.expression(&entry.value)))
            .collect();
        Expression { span: node.span, form: Form::Mapping(fields) }
    }

    fn call(&mut self, key: &str, key_span: Span, node: &Node) -> Form {
        let lower = key.to_lowercase();
        let known = FUNCTIONS.iter().find(|(name, _)| name.to_lowercase() == lower);
        if let Some((_, function)) = known {
            let arguments = self.expression(node);
            return Form::Call(Box::new(Call { function: function.clone(), arguments }));
        }
        match lower.as_str() {
            "fn::invoke" => return self.invoke(key_span, node),
            "fn::remoteasset" | "fn::remotearchive" => {
                self.fault(format!("refit does not support `{key}`"), key_span).hint = Some(
                    "keep the file in the project, and use fn::fileAsset or fn::fileArchive"
                        .to_owned(),
                );
            }
            // `fn::aws:getRegion: {}` is short for fn::invoke.
            _ if key[4..].contains(':') => {
                let arguments = self.expression(node);
                return self.data_source(&key[4..], key_span, arguments, None);
            }
            _ => {
                let names = FUNCTIONS.iter().map(|(name, _)| *name).chain(["fn::invoke"]);
                let hint = did_you_mean(key, names.clone());
                let list = || format!("there are {}", names.collect::<Vec<_>>().join(", "));
                self.fault(format!("there is no function `{key}`"), key_span).hint =
                    Some(hint.unwrap_or_else(list));
            }
        }
        BROKEN
    }

    fn invoke(&mut self, key_span: Span, node: &Node) -> Form {
        for entry in node.entries() {
            if !matches!(
                entry.key.to_lowercase().as_str(),
                "function" | "arguments" | "options" | "return"
            ) {
                let message = format!("fn::invoke has no `{}`", entry.key);
                let names = ["function", "arguments", "options", "return"];
                self.fault(message, entry.key_span).hint = did_you_mean(&entry.key, names);
            }
        }
        for option in node.get("options").map_or(&[][..], |options| options.entries()) {
            // Versions of plugins are taken as they are for resources: there are no plugins here.
            if !matches!(option.key.as_str(), "version" | "pluginDownloadURL") {
                let message = format!("refit does not support the option `{}` here", option.key);
                self.fault(message, option.key_span).hint =
                    Some("data sources are asked by the default provider".to_owned());
            }
        }
        let Some(token) = node.get("function").and_then(|node| node.as_str()) else {
            self.fault("fn::invoke needs a `function`", key_span);
            return BROKEN;
        };
        let arguments = match node.get("arguments") {
            Some(arguments) => self.expression(arguments),
            None => Expression { span: key_span, form: Form::Mapping(Vec::new()) },
        };
        let result = node.get("return").and_then(|node| node.as_str()).map(str::to_owned);
        let span = node.get("function").map_or(key_span, |node| node.span);
        self.data_source(token, span, arguments, result)
    }

    fn data_source(
        &mut self,
        token: &str,
        span: Span,
        arguments: Expression,
        result: Option<String>,
    ) -> Form {
        if let Err(error) = crate::provider::invoke::find(token) {
            self.fault(error.message, span).hint = error.hint;
            return BROKEN;
        }
        let function = Function::Invoke { token: canonical(token), result };
        Form::Call(Box::new(Call { function, arguments }))
    }
}

impl Expression {
    /// Every reference in it.
    pub(super) fn references<'a>(&'a self, found: &mut Vec<(&'a Access, Span)>) {
        let of_parts = |parts: &'a [Part], found: &mut Vec<(&'a Access, Span)>| {
            for part in parts {
                if let Part::Reference(access) = part {
                    found.push((access, self.span));
                }
            }
        };
        match &self.form {
            Form::Literal(_) => {}
            Form::Text(parts) => of_parts(parts, found),
            Form::Reference(access) => found.push((access, self.span)),
            Form::List(items) => items.iter().for_each(|item| item.references(found)),
            Form::Mapping(fields) => {
                for (key, value) in fields {
                    of_parts(key, found);
                    value.references(found);
                }
            }
            Form::Call(call) => call.arguments.references(found),
        }
    }
}
