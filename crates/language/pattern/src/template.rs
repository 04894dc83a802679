//! `InputTransformer`: a template filled with parts of an event.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{Error, InputPath};

/// AWS: `API_InputTransformer`.
const MAX_PATHS: usize = 100;
/// AWS: `API_InputTransformer`, in characters.
const MAX_TEMPLATE: usize = 8192;
/// What a template may grow to, in bytes, since it can name the whole event many times.
// UNVERIFIED: AWS's limit on the result; this is the largest event it takes.
const MAX_RESULT: usize = 1024 * 1024;

/// The fields of `<aws.events.event>` in the order AWS was seen to write them, with their names in
/// the event.
const EVENT_FIELDS: [(&str, &str); 8] = [
    ("id", "id"),
    ("account", "account"),
    ("detailType", "detail-type"),
    ("time", "time"),
    ("source", "source"),
    ("region", "region"),
    ("resources", "resources"),
    ("version", "version"),
];

/// What the predefined variables say about the rule and not about the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context<'a> {
    /// `<aws.events.rule-arn>`.
    pub rule_arn: &'a str,
    /// `<aws.events.rule-name>`.
    pub rule_name: &'a str,
    /// `<aws.events.event.ingestion-time>`: when the event was received, as ISO 8601 text.
    pub ingestion_time: &'a str,
}

/// A parsed input transformer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transformer {
    pieces: Vec<Piece>,
    /// The result is to be JSON; otherwise it is whatever text comes out.
    is_json: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Variable { source: Source, is_quoted: bool },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Path(InputPath),
    RuleArn,
    RuleName,
    IngestionTime,
    /// The event without its detail.
    Event,
    /// The whole event.
    EventJson,
}

impl Transformer {
    /// Reads an `InputPathsMap`, given as pairs of variable and path, and an `InputTemplate`.
    ///
    /// # Errors
    /// An [`Error`] if there are too many or reserved variables, a path cannot be read, or the
    /// template has placeholders without a variable or can never become JSON though it begins as it.
    pub fn parse<'a>(
        paths: impl IntoIterator<Item = (&'a str, &'a str)>,
        template: &str,
    ) -> Result<Self, Error> {
        let mut variables = Vec::new();
        for (name, path) in paths {
            // AWS: API_InputTransformer: keys cannot start with "AWS.".
            if name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws.")) {
                return Err(Error::ReservedVariable { name: name.to_owned() });
            }
            if variables.len() >= MAX_PATHS {
                return Err(Error::TooManyPaths);
            }
            variables.push((name, InputPath::parse(path)?));
        }
        if template.is_empty() || template.chars().count() > MAX_TEMPLATE {
            return Err(Error::TemplateLength);
        }
        let pieces = pieces(template, &variables)?;
        let is_json = template.trim_start().starts_with(['{', '[']);
        if is_json && !could_be_json(&pieces) {
            return Err(Error::TemplateJson);
        }
        Ok(Self { pieces, is_json })
    }

    /// Fills the template. A variable whose path is not in the event is empty.
    ///
    /// In a template that is JSON a variable outside of quotes becomes JSON (text in quotes, a
    /// missing value `""`), one inside of quotes goes in as it is and unescaped. In a template that
    /// is text, values that are not text go in as JSON, inside quotes without its quotes.
    ///
    /// # Errors
    /// [`Error::ResultJson`] if a JSON template does not become JSON with this event (AWS then does
    /// not deliver it) or the result is larger than 1 MiB.
    // AWS: eb-transform-target-input, and answers recorded from PutEvents for both kinds of template.
    // UNVERIFIED: JSON without quotes inside a text.
    pub fn apply(&self, event: &Value, context: &Context) -> Result<String, Error> {
        let mut result = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => result.push_str(text),
                Piece::Variable { source, is_quoted } => {
                    let value = source.value(event, context);
                    result.push_str(&self.written(value.as_deref(), *is_quoted));
                }
            }
            if result.len() > MAX_RESULT {
                return Err(Error::ResultJson);
            }
        }
        if !self.is_json {
            return Ok(result);
        }
        if serde_json::from_str::<Value>(&result).is_err() {
            return Err(Error::ResultJson);
        }
        Ok(without_space(&result))
    }

    fn written<'a>(&self, value: Option<&'a Value>, is_quoted: bool) -> Cow<'a, str> {
        let is_json_place = self.is_json && !is_quoted;
        match value {
            None if is_json_place => Cow::Borrowed("\"\""),
            None => Cow::Borrowed(""),
            Some(Value::String(text)) if !is_json_place => Cow::Borrowed(text),
            Some(other) => {
                let json = other.to_string();
                let drops_quotes = !self.is_json && is_quoted;
                Cow::Owned(if drops_quotes { json.replace('"', "") } else { json })
            }
        }
    }
}

impl Source {
    fn find(name: &str, variables: &[(&str, InputPath)]) -> Result<Self, Error> {
        Ok(match name {
            "aws.events.rule-arn" => Self::RuleArn,
            "aws.events.rule-name" => Self::RuleName,
            "aws.events.event.ingestion-time" => Self::IngestionTime,
            "aws.events.event" => Self::Event,
            "aws.events.event.json" => Self::EventJson,
            _ => {
                let variable = variables.iter().rev().find(|(known, _)| *known == name);
                let missing = || Error::Placeholder { name: name.to_owned() };
                Self::Path(variable.ok_or_else(missing)?.1.clone())
            }
        })
    }

    fn value<'a>(&self, event: &'a Value, context: &Context) -> Option<Cow<'a, Value>> {
        let text = |text: &str| Some(Cow::Owned(Value::String(text.to_owned())));
        match self {
            Self::Path(path) => path.select(event),
            Self::RuleArn => text(context.rule_arn),
            Self::RuleName => text(context.rule_name),
            Self::IngestionTime => text(context.ingestion_time),
            Self::EventJson => Some(Cow::Borrowed(event)),
            Self::Event => {
                let fields: Map<String, Value> = EVENT_FIELDS
                    .iter()
                    .filter_map(|(name, field)| {
                        Some(((*name).to_owned(), event.get(field)?.clone()))
                    })
                    .collect();
                Some(Cow::Owned(Value::Object(fields)))
            }
        }
    }
}

/// Cuts the template at its placeholders. `<` and `>` cannot be escaped.
fn pieces(template: &str, variables: &[(&str, InputPath)]) -> Result<Vec<Piece>, Error> {
    let mut pieces = Vec::new();
    let mut quotes = Quotes::default();
    let mut rest = template;
    while let Some((literal, name, after)) = rest.split_once('<').and_then(|(literal, from)| {
        from.split_once('>').map(|(name, after)| (literal, name, after))
    }) {
        quotes.pass(literal);
        pieces.push(Piece::Literal(literal.to_owned()));
        let source = Source::find(name, variables)?;
        pieces.push(Piece::Variable { source, is_quoted: quotes.is_open });
        rest = after;
    }
    pieces.push(Piece::Literal(rest.to_owned()));
    Ok(pieces)
}

/// Whether a text that is being read is inside of quotes.
#[derive(Debug, Default)]
struct Quotes {
    is_open: bool,
    is_escaped: bool,
}

impl Quotes {
    fn pass(&mut self, text: &str) {
        for found in text.chars() {
            self.step(found);
        }
    }

    fn step(&mut self, found: char) {
        match found {
            _ if self.is_escaped => self.is_escaped = false,
            '\\' => self.is_escaped = self.is_open,
            '"' => self.is_open = !self.is_open,
            _ => {}
        }
    }
}

/// Tries the template with harmless values.
fn could_be_json(pieces: &[Piece]) -> bool {
    let text: String = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Literal(text) => text.as_str(),
            Piece::Variable { is_quoted: true, .. } => "x",
            Piece::Variable { is_quoted: false, .. } => "0",
        })
        .collect();
    serde_json::from_str::<Value>(&text).is_ok()
}

/// AWS passes JSON on without the space between its tokens.
fn without_space(json: &str) -> String {
    let mut quotes = Quotes::default();
    let mut result = String::with_capacity(json.len());
    for found in json.chars() {
        let is_space = matches!(found, ' ' | '\t' | '\r' | '\n') && !quotes.is_open;
        quotes.step(found);
        if !is_space {
            result.push(found);
        }
    }
    result
}
