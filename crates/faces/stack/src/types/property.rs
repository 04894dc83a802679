//! Properties of a type, and their short notation.
//!
//! `"string required replace"`: a shape and flags. A list, a set or an object is
//! `{"list": PROPERTY, "flags": "..."}`, `{"set": PROPERTY}` or `{"object": {NAME: PROPERTY, ...}, "flags": "..."}`.

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::Value as Json;

/// One property.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Property {
    pub(crate) shape: Shape,
    /// It must be given.
    pub(crate) required: bool,
    /// A change needs a new resource.
    pub(crate) replaces: bool,
    /// Only an output.
    pub(crate) computed: bool,
    /// An input that AWS fills in when it is not given.
    pub(crate) filled: bool,
    /// It cannot be changed once set, as refit has no call for it.
    pub(crate) fixed: bool,
    /// Left out of the program, it stays as it is: AWS fills it in when it is not given.
    pub(crate) sticky: bool,
    /// An output that must not be shown, nor stored in clear.
    pub(crate) secret: bool,
    /// It is for the engine; AWS never sees it.
    pub(crate) local: bool,
    /// AWS may have more of it than the program gives, and that is nobody's business.
    pub(crate) partial: bool,
    /// What it is when not given.
    pub(crate) default: Option<Json>,
    /// The longest text.
    pub(crate) max: Option<usize>,
    /// Its member of the API where that does not follow from its name.
    pub(crate) member: Option<String>,
}

/// What values it takes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Shape {
    #[default]
    String,
    Integer,
    Number,
    Boolean,
    /// Texts by name; the names are the user's.
    Map,
    /// An IAM policy document: JSON, compared as a policy.
    Policy,
    /// A JSON document.
    Json,
    /// A text that may be a JSON document, kept as it is.
    TextJson,
    /// A state machine's definition.
    StateMachine,
    /// A moment, as RFC 3339 has it.
    Time,
    /// A schedule expression of a rule.
    Schedule,
    /// The ARN of a role.
    Role,
    Asset,
    Archive,
    /// Known, and not built yet.
    Unsupported,
    List(Box<Property>),
    /// A list whose order means nothing.
    Set(Box<Property>),
    Object(IndexMap<String, Property>),
}

impl Property {
    fn parse(notation: &str) -> Result<Self, String> {
        let mut words = notation.split_whitespace();
        let shape = match words.next().unwrap_or_default() {
            "string" => Shape::String,
            "integer" => Shape::Integer,
            "number" => Shape::Number,
            "boolean" => Shape::Boolean,
            "map" => Shape::Map,
            "policy" => Shape::Policy,
            "json" => Shape::Json,
            "text-json" => Shape::TextJson,
            "state-machine" => Shape::StateMachine,
            "schedule" => Shape::Schedule,
            "time" => Shape::Time,
            "role" => Shape::Role,
            "asset" => Shape::Asset,
            "archive" => Shape::Archive,
            "unsupported" => Shape::Unsupported,
            other => return Err(format!("unknown shape {other}")),
        };
        let mut property = Self { shape, ..Self::default() };
        words.try_for_each(|word| property.flag(word))?;
        Ok(property)
    }

    fn flag(&mut self, word: &str) -> Result<(), String> {
        match word.split_once('=') {
            None => match word {
                "required" => self.required = true,
                "replace" => self.replaces = true,
                "computed" => self.computed = true,
                "filled" => self.filled = true,
                "fixed" => self.fixed = true,
                "sticky" => self.sticky = true,
                "secret" => self.secret = true,
                "local" => self.local = true,
                "partial" => self.partial = true,
                other => return Err(format!("unknown flag {other}")),
            },
            Some(("default", text)) => {
                self.default = Some(match self.shape {
                    Shape::Integer => Json::from(text.parse::<i64>().map_err(|e| e.to_string())?),
                    Shape::Boolean => Json::from(text == "true"),
                    _ => Json::from(text),
                });
            }
            Some(("max", text)) => self.max = Some(text.parse().map_err(|_| "bad max".to_owned())?),
            Some(("member", text)) => self.member = Some(text.to_owned()),
            Some((other, _)) => return Err(format!("unknown flag {other}")),
        }
        Ok(())
    }

    /// Its member of the API.
    pub(crate) fn member(&self, name: &str, upper: bool) -> String {
        if let Some(member) = &self.member {
            return member.clone();
        }
        let mut letters = name.chars();
        let first = letters.next().filter(|_| upper).map(|c| c.to_ascii_uppercase());
        match first {
            Some(first) => std::iter::once(first).chain(letters).collect(),
            None => name.to_owned(),
        }
    }
}

impl<'de> Deserialize<'de> for Property {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Short(String),
            List {
                list: Box<Property>,
                #[serde(default)]
                flags: String,
            },
            Set {
                set: Box<Property>,
                #[serde(default)]
                flags: String,
            },
            Object {
                object: IndexMap<String, Property>,
                #[serde(default)]
                flags: String,
            },
        }
        let (shape, flags) = match Form::deserialize(deserializer)? {
            Form::Short(notation) => return Self::parse(&notation).map_err(D::Error::custom),
            Form::List { list, flags } => (Shape::List(list), flags),
            Form::Set { set, flags } => (Shape::Set(set), flags),
            Form::Object { object, flags } => (Shape::Object(object), flags),
        };
        let mut property = Self { shape, ..Self::default() };
        flags
            .split_whitespace()
            .try_for_each(|word| property.flag(word))
            .map_err(D::Error::custom)?;
        Ok(property)
    }
}
