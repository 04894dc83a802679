//! The text of an event pattern to its rules.
//!
//! The checks, their order and their words are those of the matcher AWS has published, so that a
//! pattern that is wrong in two ways is refused for the same one.

mod operator;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Error;
use crate::address::Address;
use crate::matcher::{Decimal, Matcher};
use crate::reader::{Reader, Token};

/// Conditions by path, all of which have to hold; the keys of a path are joined by dots.
pub(crate) type Rule = BTreeMap<Arc<str>, Arc<[Matcher]>>;

/// How many rules `$or` may multiply to.
// AWS: eb-create-pattern-operators, $or: at most 1000 combinations.
const MAX_RULES: usize = 1000;

/// Names that cannot be field names inside `$or`, some of them for later.
const RESERVED_IN_OR: [&str; 24] = [
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
];

/// A pattern as alternatives: one of the rules has to hold.
pub(crate) fn compile(text: &str) -> Result<Vec<Rule>, Error> {
    let mut reader = Reader::new(text);
    if reader.next()? != Token::StartObject {
        return Err(reader.error("Filter is not an object"));
    }
    let mut rules = Vec::new();
    object(&mut reader, "", &mut rules, false)?;
    Ok(rules)
}

fn object(
    reader: &mut Reader,
    path: &str,
    rules: &mut Vec<Rule>,
    in_or: bool,
) -> Result<(), Error> {
    let mut is_empty = true;
    while reader.next()? != Token::EndObject {
        is_empty = false;
        let name = reader.text()?.to_owned();
        if name == "$or" {
            alternatives(reader, path, rules)?;
            continue;
        }
        if in_or && RESERVED_IN_OR.contains(&name.as_str()) {
            return Err(reader.error(&format!(
                "{name} is Ruler reserved fieldName which cannot be used inside $or."
            )));
        }
        let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match reader.next()? {
            Token::StartObject => object(reader, &inner, rules, in_or)?,
            Token::StartArray => {
                let values: Arc<[Matcher]> = values(reader)?.into();
                let path: Arc<str> = inner.into();
                if rules.is_empty() {
                    rules.push(Rule::new());
                }
                for rule in rules.iter_mut() {
                    rule.insert(path.clone(), values.clone());
                }
            }
            _ => {
                return Err(reader.error(&format!("\"{name}\" must be an object or an array")));
            }
        }
    }
    if is_empty { Err(reader.error("Empty objects are not allowed")) } else { Ok(()) }
}

fn alternatives(reader: &mut Reader, path: &str, rules: &mut Vec<Rule>) -> Result<(), Error> {
    let mut before = std::mem::take(rules);
    if before.is_empty() {
        before.push(Rule::new());
    }
    if reader.next()? != Token::StartArray {
        return Err(reader.error("It must be an Array followed with $or."));
    }
    let mut count = 0;
    loop {
        match reader.next()? {
            Token::EndArray => break,
            Token::StartObject => {}
            _ => {
                return Err(
                    reader.error("Only JSON object is allowed in array of $or relationship.")
                );
            }
        }
        count += 1;
        let mut branch = before.clone();
        object(reader, path, &mut branch, true)?;
        rules.append(&mut branch);
        if rules.len() > MAX_RULES {
            // UNVERIFIED: the words.
            let reason = format!("Rule has more than {MAX_RULES} combinations of $or");
            return Err(Error::Pattern { reason });
        }
    }
    if count < 2 {
        return Err(reader.error("There must have at least 2 Objects in $or relationship."));
    }
    Ok(())
}

fn values(reader: &mut Reader) -> Result<Vec<Matcher>, Error> {
    let mut values = Vec::new();
    loop {
        values.push(match reader.next()? {
            Token::EndArray => break,
            Token::StartObject => operator::operator(reader)?,
            Token::Text => {
                let text = reader.text()?;
                match Address::parse(text) {
                    Some(address) => Matcher::Address(address),
                    None => Matcher::Text(text.to_owned()),
                }
            }
            Token::Number => Matcher::Number(Decimal::parse(reader.text()?)),
            Token::True => Matcher::Bool(true),
            Token::False => Matcher::Bool(false),
            Token::Null => Matcher::Null,
            _ => {
                return Err(
                    reader.error("Match value must be String, number, true, false, or null")
                );
            }
        });
    }
    if values.is_empty() {
        return Err(reader.error("Empty arrays are not allowed"));
    }
    Ok(values)
}
