//! Functions at the end of a path: `$.items.length()`.
//!
//! UNVERIFIED: AWS documents only that its dialect follows Jayway's; the set and its results are Jayway's.

use super::eval::Miss;
use super::parse::{self, Cursor};
use super::{Path, PathError, Root};
use serde_json::{Number, Value};

/// A call at the end of a path.
#[derive(Clone, Debug)]
pub(super) struct Function {
    name: Name,
    arguments: Vec<Argument>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Length,
    Min,
    Max,
    Avg,
    Sum,
    StdDev,
    Keys,
    First,
    Last,
    Index,
    Concat,
    Append,
}

#[derive(Clone, Debug)]
enum Argument {
    Literal(Value),
    Path(Path),
}

/// Reads `(arguments)` after a name.
pub(super) fn call(cursor: &mut Cursor<'_>, name: &str) -> Result<Function, PathError> {
    let name = match name {
        "length" | "size" => Name::Length,
        "min" => Name::Min,
        "max" => Name::Max,
        "avg" => Name::Avg,
        "sum" => Name::Sum,
        "stddev" => Name::StdDev,
        "keys" => Name::Keys,
        "first" => Name::First,
        "last" => Name::Last,
        "index" => Name::Index,
        "concat" => Name::Concat,
        "append" => Name::Append,
        _ => return cursor.error(format!("unknown function '{name}'")),
    };
    cursor.expect("(")?;
    let mut arguments = Vec::new();
    cursor.skip_spaces();
    while !cursor.eat(")") {
        if !arguments.is_empty() {
            cursor.expect(",")?;
            cursor.skip_spaces();
        }
        arguments.push(argument(cursor)?);
        cursor.skip_spaces();
    }
    if name == Name::Index && arguments.len() != 1 {
        return cursor.error("index() takes one argument");
    }
    Ok(Function { name, arguments })
}

fn argument(cursor: &mut Cursor<'_>) -> Result<Argument, PathError> {
    match cursor.peek() {
        Some('$') => {
            let start = cursor.at;
            cursor.expect("$")?;
            cursor.nesting += 1;
            if cursor.nesting > parse::MAX_NESTING {
                return cursor.error("nested too deep");
            }
            let (steps, function) = parse::steps(cursor, false)?;
            cursor.nesting -= 1;
            let text = &cursor.text[start..cursor.at];
            Ok(Argument::Path(parse::finish(text, Root::Input, steps, function)))
        }
        Some('\'' | '"') => Ok(Argument::Literal(Value::String(cursor.quoted()?))),
        _ => {
            let text = cursor.take_while(|c| !matches!(c, ',' | ')') && !c.is_ascii_whitespace());
            match serde_json::from_str(text) {
                Ok(value) => Ok(Argument::Literal(value)),
                Err(_) => cursor.error("expected a literal or a path"),
            }
        }
    }
}

impl Function {
    /// Applies the function to what the path selected.
    pub(super) fn apply(&self, on: &Value, root: &Value) -> Result<Value, Miss> {
        let refused = || Miss::Function("function does not apply to this value".to_owned());
        match self.name {
            Name::Length => match on {
                Value::Array(items) => Ok(items.len().into()),
                Value::Object(fields) => Ok(fields.len().into()),
                Value::String(text) => Ok(text.chars().count().into()),
                _ => Err(refused()),
            },
            Name::Keys => match on {
                Value::Object(fields) => Ok(fields.keys().cloned().map(Value::String).collect()),
                _ => Err(refused()),
            },
            Name::First | Name::Last | Name::Index => self.pick(on, root)?.ok_or_else(refused),
            Name::Concat => {
                let mut text = String::new();
                for part in self.operands(on, root)? {
                    if let Value::String(part) = part {
                        text.push_str(&part);
                    }
                }
                Ok(Value::String(text))
            }
            Name::Append => {
                let mut items = on.as_array().ok_or_else(refused)?.clone();
                for argument in &self.arguments {
                    items.push(argument.value(root)?);
                }
                Ok(Value::Array(items))
            }
            Name::Min | Name::Max | Name::Avg | Name::Sum | Name::StdDev => {
                let numbers: Vec<f64> =
                    self.operands(on, root)?.iter().filter_map(Value::as_f64).collect();
                if numbers.is_empty() {
                    return Err(Miss::Function(
                        "aggregation function attempted to calculate value using empty array"
                            .into(),
                    ));
                }
                Number::from_f64(self.aggregate(&numbers)).map(Value::Number).ok_or_else(refused)
            }
        }
    }

    fn pick(&self, on: &Value, root: &Value) -> Result<Option<Value>, Miss> {
        let Value::Array(items) = on else {
            return Ok(None);
        };
        let picked = match self.name {
            Name::First => items.first(),
            Name::Last => items.last(),
            _ => {
                let Some(index) =
                    self.arguments.first().map(|argument| argument.value(root)).transpose()?
                else {
                    return Ok(None);
                };
                let index = index.as_i64().unwrap_or(i64::MAX);
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let position = if index < 0 { index.saturating_add(length) } else { index };
                usize::try_from(position).ok().and_then(|position| items.get(position))
            }
        };
        Ok(picked.cloned())
    }

    /// The items of the selected array and the arguments.
    fn operands(&self, on: &Value, root: &Value) -> Result<Vec<Value>, Miss> {
        let mut operands = match on {
            Value::Array(items) => items.clone(),
            _ => Vec::new(),
        };
        for argument in &self.arguments {
            match argument.value(root)? {
                Value::Array(items) => operands.extend(items),
                value => operands.push(value),
            }
        }
        Ok(operands)
    }

    fn aggregate(&self, numbers: &[f64]) -> f64 {
        let count = numbers.len() as f64;
        let sum: f64 = numbers.iter().sum();
        match self.name {
            Name::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            Name::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Name::Avg => sum / count,
            Name::StdDev => {
                let squares: f64 = numbers.iter().map(|number| number * number).sum();
                (squares / count - (sum / count) * (sum / count)).max(0.0).sqrt()
            }
            _ => sum,
        }
    }
}

impl Argument {
    fn value(&self, root: &Value) -> Result<Value, Miss> {
        match self {
            Argument::Literal(value) => Ok(value.clone()),
            Argument::Path(path) => path.eval_on(root).map(std::borrow::Cow::into_owned),
        }
    }
}
