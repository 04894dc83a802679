//! Texts of a policy with wildcards and `${variables}`.

use crate::Context;
use crate::glob::Unit;

/// A text as written, cut at its variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// In which `*` and `?` may be wildcards.
    Text(String),
    /// `${*}`, `${?}` and `${$}`: the character itself.
    Character(char),
    Variable {
        key: String,
        default: Option<String>,
    },
}

impl Template {
    /// Takes a text. Variables are for documents of version 2012-10-17 only.
    // AWS: reference_policies_variables.
    pub(crate) fn parse(text: &str, has_variables: bool) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, inner, after)) =
            has_variables.then(|| next_variable(rest)).flatten()
        {
            parts.push(Part::Text(before.to_owned()));
            parts.push(match inner {
                "*" => Part::Character('*'),
                "?" => Part::Character('?'),
                "$" => Part::Character('$'),
                _ => variable(inner),
            });
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Self { parts }
    }

    /// Whether what it says depends on the request.
    pub(crate) fn has_variables(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Variable { .. }))
    }

    /// The pattern with the values of the request in it, which are never wildcards themselves.
    /// `None` if a variable has no single value and no default: such a text fits nothing.
    pub(crate) fn pattern(&self, context: &Context) -> Option<Vec<Unit>> {
        let mut units = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => units.extend(text.chars().map(|letter| match letter {
                    '*' => Unit::Any,
                    '?' => Unit::One,
                    _ => Unit::Literal(letter),
                })),
                Part::Character(letter) => units.push(Unit::Literal(*letter)),
                Part::Variable { key, default } => {
                    let value = context.single(key).or(default.as_deref())?;
                    units.extend(value.chars().map(Unit::Literal));
                }
            }
        }
        Some(units)
    }

    /// The text with the values of the request in it, for operators that know no wildcards.
    pub(crate) fn text(&self, context: &Context) -> Option<String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Character(letter) => text.push(*letter),
                Part::Variable { key, default } => {
                    text.push_str(context.single(key).or(default.as_deref())?);
                }
            }
        }
        Some(text)
    }
}

/// What stands before a variable, in it and after it.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    let (before, after) = text.split_once("${")?;
    let (inner, after) = after.split_once('}')?;
    Some((before, inner, after))
}

/// `aws:username` or `aws:username, 'default'`.
fn variable(inner: &str) -> Part {
    let (key, default) = match inner.split_once(',') {
        Some((key, default)) => {
            let default = default.trim();
            let quoted = default.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
            (key, Some(quoted.unwrap_or(default).to_owned()))
        }
        None => (inner, None),
    };
    Part::Variable { key: key.trim().to_lowercase(), default }
}
