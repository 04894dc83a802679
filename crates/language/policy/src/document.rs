//! The text of a policy to its statements.

mod statement;

use serde_json::Value;

use crate::Error;

pub use statement::{Effect, Statement};

/// A parsed policy: of an identity, a resource or a role's trust.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    statements: Vec<Statement>,
    reads_context: bool,
}

impl Document {
    /// Reads a policy.
    ///
    /// Checked is what evaluation relies on: the elements, their types and the condition operators.
    /// What else IAM refuses when a policy is stored (formats of actions and ARNs, sizes, principals
    /// that do not exist) is for the service that stores it.
    ///
    /// # Errors
    /// An [`Error`] with the place in the policy.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| Error::Json { line: error.line(), column: error.column() })?;
        Self::from_value(&value)
    }

    /// Like [`Document::parse`], of JSON that has been read already.
    ///
    /// # Errors
    /// Those of `parse` but [`Error::Json`].
    pub fn from_value(value: &Value) -> Result<Self, Error> {
        let syntax = |place: &str, reason| Error::Syntax { place: place.to_owned(), reason };
        let Value::Object(top) = value else {
            return Err(syntax("policy", "is not an object"));
        };
        let mut has_variables = false;
        for (element, value) in top {
            match (element.as_str(), value) {
                ("Version", Value::String(version)) if version == "2012-10-17" => {
                    has_variables = true;
                }
                ("Version", Value::String(version)) if version == "2008-10-17" => {}
                ("Version", _) => {
                    return Err(syntax("Version", "is not 2012-10-17 or 2008-10-17"));
                }
                ("Id", Value::String(_)) | ("Statement", _) => {}
                ("Id", _) => return Err(syntax("Id", "is not a string")),
                _ => return Err(syntax(element, "is not an element of a policy")),
            }
        }
        let read = |(index, value): (usize, &Value)| {
            Statement::from_value(value, &format!("Statement[{index}]"), has_variables)
        };
        let statements: Vec<Statement> = match top.get("Statement") {
            Some(Value::Array(list)) => {
                list.iter().enumerate().map(read).collect::<Result<_, _>>()?
            }
            Some(one @ Value::Object(_)) => vec![read((0, one))?],
            Some(_) => return Err(syntax("Statement", "is not an object or an array")),
            None => return Err(syntax("Statement", "is missing")),
        };
        if statements.is_empty() {
            return Err(syntax("Statement", "is empty"));
        }
        let reads_context = statements.iter().any(Statement::reads_context);
        Ok(Self { statements, reads_context })
    }

    /// Whether a decision by it can depend on condition keys. Where no policy's does, nobody need gather them.
    pub fn reads_context(&self) -> bool {
        self.reads_context
    }

    /// The statements in order.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

impl std::str::FromStr for Document {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}
