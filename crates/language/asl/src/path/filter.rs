//! Filters: `[?(@.price < 10 && @.tag in ['a','b'])]`.

use super::eval::Miss;
use super::parse::{self, Cursor};
use super::{Path, PathError, Root};
use crate::value::equal;
use regex::{Regex, RegexBuilder};
use serde_json::Value;
use std::borrow::Cow;
use std::cmp::Ordering;

/// What a compiled pattern may cost in memory.
const MAX_REGEX_BYTES: usize = 256 * 1024;

/// A condition on a node.
#[derive(Clone, Debug)]
pub(super) enum Filter {
    Or(Box<Filter>, Box<Filter>),
    And(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    /// A bare path: something is there.
    Exists(Operand),
    Compare(Operand, Comparison, Operand),
    Matches(Operand, Regex),
}

#[derive(Clone, Debug)]
pub(super) enum Operand {
    Literal(Value),
    /// `@...`
    Node(Path),
    /// `$...`
    Root(Path),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    StrictEqual,
    StrictNotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Contains,
    All,
    Size,
    Empty,
    SubsetOf,
    AnyOf,
    NoneOf,
    Type,
}

/// Words and signs, longer ones before their beginnings.
const COMPARISONS: [(&str, Comparison); 19] = [
    ("===", Comparison::StrictEqual),
    ("!==", Comparison::StrictNotEqual),
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
    ("in", Comparison::In),
    ("nin", Comparison::NotIn),
    ("contains", Comparison::Contains),
    ("all", Comparison::All),
    ("sizeof", Comparison::Size),
    ("size", Comparison::Size),
    ("empty", Comparison::Empty),
    ("subsetof", Comparison::SubsetOf),
    ("anyof", Comparison::AnyOf),
    ("noneof", Comparison::NoneOf),
    ("type", Comparison::Type),
];

/// What follows `[?`: a parenthesised condition.
pub(super) fn bracket(cursor: &mut Cursor<'_>) -> Result<Filter, PathError> {
    cursor.skip_spaces();
    if cursor.peek() != Some('(') {
        return cursor.error("expected '('");
    }
    or(cursor)
}

fn or(cursor: &mut Cursor<'_>) -> Result<Filter, PathError> {
    cursor.nesting += 1;
    if cursor.nesting > parse::MAX_NESTING {
        return cursor.error("nested too deep");
    }
    let mut left = and(cursor)?;
    let mut count = 0;
    loop {
        cursor.skip_spaces();
        if !cursor.eat("||") {
            break;
        }
        count = bounded(cursor, count)?;
        left = Filter::Or(Box::new(left), Box::new(and(cursor)?));
    }
    cursor.nesting -= 1;
    Ok(left)
}

fn and(cursor: &mut Cursor<'_>) -> Result<Filter, PathError> {
    let mut left = not(cursor)?;
    let mut count = 0;
    loop {
        cursor.skip_spaces();
        if !cursor.eat("&&") {
            return Ok(left);
        }
        count = bounded(cursor, count)?;
        left = Filter::And(Box::new(left), Box::new(not(cursor)?));
    }
}

/// Chains become left-deep trees, which evaluating and dropping follow recursively.
fn bounded(cursor: &Cursor<'_>, count: usize) -> Result<usize, PathError> {
    if count >= 256 { cursor.error("too many conditions") } else { Ok(count + 1) }
}

fn not(cursor: &mut Cursor<'_>) -> Result<Filter, PathError> {
    cursor.skip_spaces();
    if cursor.rest().starts_with('!') && !cursor.rest().starts_with("!=") {
        cursor.expect("!")?;
        cursor.nesting += 1;
        if cursor.nesting > parse::MAX_NESTING {
            return cursor.error("nested too deep");
        }
        let inner = not(cursor)?;
        cursor.nesting -= 1;
        return Ok(Filter::Not(Box::new(inner)));
    }
    if cursor.eat("(") {
        let inner = or(cursor)?;
        cursor.skip_spaces();
        cursor.expect(")")?;
        return Ok(inner);
    }
    condition(cursor)
}

fn condition(cursor: &mut Cursor<'_>) -> Result<Filter, PathError> {
    let left = operand(cursor)?;
    cursor.skip_spaces();
    if cursor.eat("=~") {
        cursor.skip_spaces();
        return Ok(Filter::Matches(left, pattern(cursor)?));
    }
    let Some(comparison) = comparison(cursor) else {
        return match left {
            Operand::Literal(_) => cursor.error("expected a comparison"),
            left => Ok(Filter::Exists(left)),
        };
    };
    cursor.skip_spaces();
    if let Some(word) = bare_word(cursor) {
        return Ok(Filter::Compare(left, comparison, Operand::Literal(Value::String(word))));
    }
    Ok(Filter::Compare(left, comparison, operand(cursor)?))
}

/// A text without its quotes.
// AWS: published samples of Step Functions compare with them. UNVERIFIED: that they mean the text.
fn bare_word(cursor: &mut Cursor<'_>) -> Option<String> {
    if !cursor.peek()?.is_ascii_alphabetic() {
        return None;
    }
    let start = cursor.at;
    let word = cursor.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if matches!(word, "true" | "false" | "null") {
        cursor.at = start;
        return None;
    }
    Some(word.to_owned())
}

fn comparison(cursor: &mut Cursor<'_>) -> Option<Comparison> {
    let rest = cursor.rest();
    let word = rest.starts_with(|c: char| c.is_ascii_alphabetic());
    let (token, comparison) = COMPARISONS.iter().find(|(token, _)| {
        if word {
            let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            rest[..end].eq_ignore_ascii_case(token)
        } else {
            rest.starts_with(token)
        }
    })?;
    cursor.at += token.len();
    Some(*comparison)
}

fn operand(cursor: &mut Cursor<'_>) -> Result<Operand, PathError> {
    cursor.skip_spaces();
    let start = cursor.at;
    match cursor.peek() {
        Some(sign @ ('@' | '$')) => {
            cursor.next();
            cursor.nesting += 1;
            if cursor.nesting > parse::MAX_NESTING {
                return cursor.error("nested too deep");
            }
            let (steps, function) = parse::steps(cursor, false)?;
            cursor.nesting -= 1;
            let path = parse::finish(&cursor.text[start..cursor.at], Root::Input, steps, function);
            Ok(if sign == '@' { Operand::Node(path) } else { Operand::Root(path) })
        }
        Some('\'' | '"') => Ok(Operand::Literal(Value::String(cursor.quoted()?))),
        Some('[') => literal_list(cursor),
        Some('{') => literal_json(cursor),
        Some(_) => {
            let word =
                cursor.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
            if let Ok(value) = serde_json::from_str::<Value>(word) {
                return Ok(Operand::Literal(value));
            }
            cursor.at = start;
            cursor.error("expected a path or a literal")
        }
        None => cursor.error("expected a path or a literal"),
    }
}

/// `['a', 1, true]`, with either kind of quotes.
fn literal_list(cursor: &mut Cursor<'_>) -> Result<Operand, PathError> {
    cursor.expect("[")?;
    let mut items = Vec::new();
    cursor.skip_spaces();
    while !cursor.eat("]") {
        if !items.is_empty() {
            cursor.expect(",")?;
        }
        cursor.nesting += 1;
        if cursor.nesting > parse::MAX_NESTING {
            return cursor.error("nested too deep");
        }
        match operand(cursor)? {
            Operand::Literal(value) => items.push(value),
            _ => return cursor.error("a list holds literals"),
        }
        cursor.nesting -= 1;
        cursor.skip_spaces();
    }
    Ok(Operand::Literal(Value::Array(items)))
}

fn literal_json(cursor: &mut Cursor<'_>) -> Result<Operand, PathError> {
    let mut values = serde_json::Deserializer::from_str(cursor.rest()).into_iter::<Value>();
    match values.next() {
        Some(Ok(value)) => {
            cursor.at += values.byte_offset();
            Ok(Operand::Literal(value))
        }
        _ => cursor.error("malformed JSON literal"),
    }
}

/// `/pattern/flags`
fn pattern(cursor: &mut Cursor<'_>) -> Result<Regex, PathError> {
    let opening = cursor.at;
    cursor.expect("/")?;
    let start = cursor.at;
    loop {
        match cursor.next() {
            Some('\\') => {
                cursor.next();
            }
            Some('/') => break,
            Some(_) => {}
            None => {
                cursor.at = opening;
                return cursor.error("pattern without its end");
            }
        }
    }
    let source = &cursor.text[start..cursor.at - 1];
    let flags = cursor.take_while(|c| c.is_ascii_alphabetic());
    // Jayway demands that the whole text matches.
    RegexBuilder::new(&format!("^(?:{source})$"))
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .dot_matches_new_line(flags.contains('s'))
        .ignore_whitespace(flags.contains('x'))
        .size_limit(MAX_REGEX_BYTES)
        .build()
        .or_else(|_| {
            cursor.at = opening;
            cursor.error("malformed pattern")
        })
}

impl Filter {
    /// A measure of the work one application does.
    pub(super) fn cost(&self) -> usize {
        match self {
            Filter::Or(left, right) | Filter::And(left, right) => 1 + left.cost() + right.cost(),
            Filter::Not(inner) => 1 + inner.cost(),
            _ => 1,
        }
    }

    /// Whether the condition holds for `node`.
    pub(super) fn accepts(&self, node: &Value, root: &Value) -> Result<bool, Miss> {
        Ok(match self {
            Filter::Or(left, right) => left.accepts(node, root)? || right.accepts(node, root)?,
            Filter::And(left, right) => left.accepts(node, root)? && right.accepts(node, root)?,
            Filter::Not(inner) => !inner.accepts(node, root)?,
            Filter::Exists(operand) => operand.exists(node, root)?,
            Filter::Matches(operand, regex) => match operand.value(node, root)?.as_deref() {
                Some(Value::String(text)) => regex.is_match(text),
                Some(Value::Array(items)) => {
                    items.iter().any(|item| item.as_str().is_some_and(|text| regex.is_match(text)))
                }
                Some(Value::Number(number)) => regex.is_match(&number.to_string()),
                _ => false,
            },
            Filter::Compare(left, comparison, right) => {
                let left = left.value(node, root)?;
                let right = right.value(node, root)?;
                compare(left.as_deref(), *comparison, right.as_deref())
            }
        })
    }
}

impl Operand {
    fn value<'v>(
        &'v self,
        node: &'v Value,
        root: &'v Value,
    ) -> Result<Option<Cow<'v, Value>>, Miss> {
        let found = match self {
            Operand::Literal(value) => return Ok(Some(Cow::Borrowed(value))),
            Operand::Node(path) => path.eval_on(node),
            Operand::Root(path) => path.eval_on(root),
        };
        match found {
            Ok(value) => Ok(Some(value)),
            Err(Miss::TooMuch) => Err(Miss::TooMuch),
            Err(_) => Ok(None),
        }
    }

    fn exists(&self, node: &Value, root: &Value) -> Result<bool, Miss> {
        let (Operand::Node(path) | Operand::Root(path)) = self else {
            return Ok(true);
        };
        let found = self.value(node, root)?;
        // An indefinite path always yields an array; it found something only if that holds something.
        Ok(match found.as_deref() {
            None => false,
            Some(Value::Array(items)) if !path.is_definite() => !items.is_empty(),
            Some(_) => true,
        })
    }
}

fn compare(left: Option<&Value>, comparison: Comparison, right: Option<&Value>) -> bool {
    let both = left.zip(right);
    match comparison {
        Comparison::Equal | Comparison::StrictEqual => equal_operands(left, right),
        Comparison::NotEqual | Comparison::StrictNotEqual => !equal_operands(left, right),
        Comparison::Less => ordered(both, Ordering::is_lt),
        Comparison::LessOrEqual => ordered(both, Ordering::is_le),
        Comparison::Greater => ordered(both, Ordering::is_gt),
        Comparison::GreaterOrEqual => ordered(both, Ordering::is_ge),
        Comparison::In => both.is_some_and(|(left, right)| contains(right, left)),
        Comparison::NotIn => !both.is_some_and(|(left, right)| contains(right, left)),
        Comparison::Contains => both.is_some_and(|(left, right)| match (left, right) {
            (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
            _ => contains(left, right),
        }),
        Comparison::All => sets(both, |left, right| right.iter().all(|item| has(left, item))),
        Comparison::SubsetOf => sets(both, |left, right| left.iter().all(|item| has(right, item))),
        Comparison::AnyOf => sets(both, |left, right| left.iter().any(|item| has(right, item))),
        Comparison::NoneOf => sets(both, |left, right| !left.iter().any(|item| has(right, item))),
        Comparison::Size => both.is_some_and(|(left, right)| length(left) == right.as_u64()),
        Comparison::Empty => both.is_some_and(|(left, right)| {
            right
                .as_bool()
                .is_some_and(|empty| length(left).is_some_and(|length| (length == 0) == empty))
        }),
        Comparison::Type => {
            both.is_some_and(|(left, right)| right.as_str() == Some(crate::value::type_name(left)))
        }
    }
}

/// A missing operand equals only another missing one.
fn equal_operands(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => equal(left, right),
        (None, None) => true,
        _ => false,
    }
}

fn ordered(both: Option<(&Value, &Value)>, accept: impl Fn(Ordering) -> bool) -> bool {
    let order = match both {
        Some((Value::Number(left), Value::Number(right))) => {
            match (left.as_i64(), right.as_i64()) {
                (Some(left), Some(right)) => Some(left.cmp(&right)),
                _ => left
                    .as_f64()
                    .zip(right.as_f64())
                    .and_then(|(left, right)| left.partial_cmp(&right)),
            }
        }
        Some((Value::String(left), Value::String(right))) => Some(left.cmp(right)),
        _ => None,
    };
    order.is_some_and(accept)
}

fn contains(list: &Value, item: &Value) -> bool {
    list.as_array().is_some_and(|items| has(items, item))
}

fn has(items: &[Value], item: &Value) -> bool {
    items.iter().any(|candidate| equal(candidate, item))
}

fn sets(both: Option<(&Value, &Value)>, accept: impl Fn(&[Value], &[Value]) -> bool) -> bool {
    match both {
        Some((Value::Array(left), Value::Array(right))) => accept(left, right),
        _ => false,
    }
}

fn length(value: &Value) -> Option<u64> {
    match value {
        Value::Array(items) => u64::try_from(items.len()).ok(),
        Value::Object(fields) => u64::try_from(fields.len()).ok(),
        Value::String(text) => u64::try_from(text.chars().count()).ok(),
        _ => None,
    }
}
