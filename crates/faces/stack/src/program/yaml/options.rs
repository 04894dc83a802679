//! `options` of a resource.

use super::expression::{Expression, Form, Reader};
use crate::nearest::did_you_mean;
use crate::program::{Alias, Former};
use crate::source::Span;
use crate::state::Timeouts;
use crate::value::Value;
use crate::yaml::{Entry, Kind, Node};

const NAMES: &[&str] = &[
    "additionalSecretOutputs",
    "aliases",
    "customTimeouts",
    "deleteBeforeReplace",
    "deletedWith",
    "dependsOn",
    "ignoreChanges",
    "import",
    "parent",
    "pluginDownloadURL",
    "protect",
    "provider",
    "replaceOnChanges",
    "retainOnDelete",
    "version",
];

/// Keys of an alias.
const ALIAS_KEYS: &[&str] =
    &["name", "type", "stack", "project", "parent", "parentUrn", "noParent"];

/// Options as they are written; what they refer to is found later.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub(super) depends_on: Vec<Expression>,
    pub(super) parent: Option<Expression>,
    pub(super) provider: Option<Expression>,
    pub(super) deleted_with: Option<Expression>,
    pub(super) protect: Option<Expression>,
    pub(super) import: Option<Expression>,
    pub(super) ignore_changes: Vec<String>,
    pub(super) replace_on_changes: Vec<String>,
    pub(super) additional_secret_outputs: Vec<String>,
    pub(super) delete_before_replace: Option<bool>,
    pub(super) retain_on_delete: bool,
    pub(super) aliases: Vec<Alias>,
    pub(super) timeouts: Timeouts,
}

/// Reads the options of a resource.
pub(super) fn read(reader: &mut Reader<'_>, node: Option<&Node>) -> Declared {
    let mut options = Declared::default();
    let Some(node) = node else { return options };
    if !matches!(node.kind, Kind::Mapping(_) | Kind::Null) {
        reader.fault(format!("`options` must be a mapping, not {}", node.describe()), node.span);
    }
    for entry in node.entries() {
        read_one(reader, entry, &mut options);
    }
    options
}

fn read_one(reader: &mut Reader<'_>, entry: &Entry, options: &mut Declared) {
    let node = &*entry.value;
    match entry.key.as_str() {
        "dependsOn" => {
            let expression = reader.expression(node);
            options.depends_on = match expression.form {
                Form::List(items) => items,
                _ => vec![expression],
            };
            for item in &options.depends_on {
                must_be_resource(reader, "dependsOn", item);
            }
        }
        "parent" => options.parent = Some(resource(reader, "parent", node)),
        "provider" => options.provider = Some(resource(reader, "provider", node)),
        "deletedWith" => options.deleted_with = Some(resource(reader, "deletedWith", node)),
        "protect" => options.protect = Some(reader.expression(node)),
        "import" => options.import = Some(reader.expression(node)),
        "ignoreChanges" => options.ignore_changes = texts(reader, entry),
        "replaceOnChanges" => options.replace_on_changes = texts(reader, entry),
        "additionalSecretOutputs" => options.additional_secret_outputs = texts(reader, entry),
        "deleteBeforeReplace" => options.delete_before_replace = Some(flag(reader, entry)),
        "retainOnDelete" => options.retain_on_delete = flag(reader, entry),
        "customTimeouts" => options.timeouts = timeouts(reader, node),
        "aliases" => options.aliases = aliases(reader, node),
        "version" | "pluginDownloadURL" => {}
        other => {
            let hint = did_you_mean(other, NAMES.iter().copied());
            let hint = hint.unwrap_or_else(|| format!("refit knows {}", NAMES.join(", ")));
            reader.fault(format!("refit has no option `{other}`"), entry.key_span).hint =
                Some(hint);
        }
    }
}

fn resource(reader: &mut Reader<'_>, name: &str, node: &Node) -> Expression {
    let expression = reader.expression(node);
    must_be_resource(reader, name, &expression);
    expression
}

fn must_be_resource(reader: &mut Reader<'_>, option: &str, expression: &Expression) {
    if expression.whole_resource().is_none() {
        let message = format!("`{option}` must refer to a resource");
        reader.fault(message, expression.span).hint = Some("such as ${bucket}".to_owned());
    }
}

fn texts(reader: &mut Reader<'_>, entry: &Entry) -> Vec<String> {
    let node = &entry.value;
    let Kind::Sequence(items) = &node.kind else {
        reader.fault(format!("`{}` must be a list, not {}", entry.key, node.describe()), node.span);
        return Vec::new();
    };
    let mut texts = Vec::new();
    for item in items {
        match item.as_str() {
            Some(text) => texts.push(text.to_owned()),
            None => {
                reader.fault(format!("`{}` must hold texts", entry.key), item.span);
            }
        }
    }
    texts
}

fn flag(reader: &mut Reader<'_>, entry: &Entry) -> bool {
    if let Kind::Bool(flag) = entry.value.kind {
        return flag;
    }
    let message = format!("`{}` must be true or false, not {}", entry.key, entry.value.describe());
    reader.fault(message, entry.value.span);
    false
}

fn timeouts(reader: &mut Reader<'_>, node: &Node) -> Timeouts {
    let mut timeouts = Timeouts::default();
    for entry in node.entries() {
        let seconds = entry.value.as_str().and_then(seconds);
        if seconds.is_none() {
            let message = format!("`{}` must be a duration", entry.key);
            reader.fault(message, entry.value.span).hint =
                Some("such as 5m, 90s or 1h30m".to_owned());
        }
        match entry.key.as_str() {
            "create" => timeouts.create = seconds,
            "update" => timeouts.update = seconds,
            "delete" => timeouts.delete = seconds,
            other => {
                let message = format!("`customTimeouts` has no `{other}`");
                reader.fault(message, entry.key_span).hint =
                    did_you_mean(other, ["create", "update", "delete"]);
            }
        }
    }
    timeouts
}

/// `1h30m`, `90s`, `1.5h`, `250ms`
pub(crate) fn seconds(text: &str) -> Option<f64> {
    let mut rest = text.trim();
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        total += number
            * match &rest[..letters] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 0.001,
                _ => return None,
            };
        rest = &rest[letters..];
    }
    if text.trim().is_empty() { None } else { Some(total) }
}

fn aliases(reader: &mut Reader<'_>, node: &Node) -> Vec<Alias> {
    let Kind::Sequence(items) = &node.kind else {
        reader.fault(format!("`aliases` must be a list, not {}", node.describe()), node.span);
        return Vec::new();
    };
    let mut aliases = Vec::new();
    for item in items {
        if let Some(text) = item.as_str() {
            let is_urn = text.starts_with("urn:pulumi:");
            aliases.push(if is_urn {
                Alias::Urn(text.to_owned())
            } else {
                Alias::Spec(Former { name: Some(text.to_owned()), ..Former::default() })
            });
            continue;
        }
        let text = |name: &str| item.get(name).and_then(|node| node.as_str()).map(str::to_owned);
        if let Some(urn) = text("urn") {
            aliases.push(Alias::Urn(urn));
            continue;
        }
        let other = item.entries().iter().find(|entry| !ALIAS_KEYS.contains(&entry.key.as_str()));
        if let Some(entry) = other {
            reader.fault(
                format!("refit does not support `{}` of an alias", entry.key),
                entry.key_span,
            );
        }
        let had_no_parent =
            item.get("noParent").is_some_and(|node| matches!(node.kind, Kind::Bool(true)));
        aliases.push(Alias::Spec(Former {
            name: text("name"),
            token: text("type"),
            stack: text("stack"),
            project: text("project"),
            parent: text("parentUrn").or_else(|| text("parent")),
            had_no_parent,
        }));
    }
    aliases
}

/// The spans of everything that must be done before a resource, besides what its properties refer to.
pub(super) fn references<'a>(
    options: &'a Declared,
    found: &mut Vec<(&'a super::interpolation::Access, Span)>,
) {
    let single = options
        .parent
        .iter()
        .chain(&options.provider)
        .chain(&options.deleted_with)
        .chain(&options.protect)
        .chain(&options.import);
    for expression in options.depends_on.iter().chain(single) {
        expression.references(found);
    }
}

/// Whether an evaluated option is true.
pub(super) fn is_true(value: &Value) -> bool {
    value.is_true()
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn durations_are_seconds() {
        let cases = [
            ("5m", Some(300.0)),
            ("1h30m", Some(5400.0)),
            ("90s", Some(90.0)),
            ("1.5h", Some(5400.0)),
            ("250ms", Some(0.25)),
            ("", None),
            ("5", None),
            ("m", None),
            ("5d", None),
            ("..s", None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
