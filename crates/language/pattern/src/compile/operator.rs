//! The operators: objects such as `{"prefix": "x"}` in the list of values of a field.

use crate::Error;
use crate::address::Block;
use crate::matcher::{Decimal, LARGEST_NUMBER, Matcher, Range};
use crate::reader::{Reader, Token};
use crate::wildcard::{Refusal, Wildcard};

const ONE_KEY: &str = "Only one key allowed in match expression";
const TOO_MANY: &str = "Too many elements in numeric expression";
const OUT_OF_RANGE: &str = "Value must be between -5.0E9 and 5.0E9, inclusive";

/// Reads on from behind the opening brace to behind the closing one.
pub(super) fn operator(reader: &mut Reader) -> Result<Matcher, Error> {
    if reader.next()? != Token::FieldName {
        return Err(reader.error("Match expression name not found"));
    }
    let name = reader.text()?.to_owned();
    match name.as_str() {
        "exactly" => {
            let value = text_value(reader, "exact match pattern must be a string")?;
            closed(reader, Matcher::Text(value))
        }
        "prefix" => affix(reader, "prefix", Matcher::Prefix, Matcher::PrefixIgnoreCase),
        "suffix" => affix(reader, "suffix", Matcher::Suffix, Matcher::SuffixIgnoreCase),
        "equals-ignore-case" => {
            let value = text_value(reader, "equals-ignore-case match pattern must be a string")?;
            closed(reader, Matcher::IgnoreCase(value.to_lowercase()))
        }
        "wildcard" => {
            let value = text_value(reader, "wildcard match pattern must be a string")?;
            let matcher = wildcard(reader, &value)?;
            closed(reader, matcher)
        }
        "cidr" => {
            // The message is AWS's, although it is not about a prefix.
            let value = text_value(reader, "prefix match pattern must be a string")?;
            let block = Block::parse(&value).map_err(|reason| Error::Pattern { reason })?;
            closed(reader, Matcher::Block(block))
        }
        "exists" => {
            let exists = match reader.next()? {
                Token::True => true,
                Token::False => false,
                _ => {
                    let message = "exists match pattern must be either true or false.";
                    return Err(reader.error(message));
                }
            };
            closed(reader, Matcher::Exists(exists))
        }
        "numeric" => {
            if reader.next()? != Token::StartArray {
                return Err(reader.error("Value of numeric must be an array."));
            }
            let matcher = numeric(reader)?;
            end(reader, TOO_MANY)?;
            Ok(matcher)
        }
        "anything-but" => anything_but(reader),
        _ => Err(reader.error(&format!("Unrecognized match type {name}"))),
    }
}

fn end(reader: &mut Reader, message: &str) -> Result<(), Error> {
    if reader.next()? == Token::EndObject { Ok(()) } else { Err(reader.error(message)) }
}

fn closed(reader: &mut Reader, matcher: Matcher) -> Result<Matcher, Error> {
    end(reader, ONE_KEY)?;
    Ok(matcher)
}

fn text_value(reader: &mut Reader, otherwise: &str) -> Result<String, Error> {
    if reader.next()? != Token::Text {
        return Err(reader.error(otherwise));
    }
    Ok(reader.text()?.to_owned())
}

fn wildcard(reader: &Reader, text: &str) -> Result<Matcher, Error> {
    Wildcard::parse(text).map(Matcher::Wildcard).map_err(|refusal| match refusal {
        Refusal::Syntax(message) => reader.error(&message),
        // AWS finds this one after reading the pattern and so without a place.
        Refusal::TooComplex => Error::Pattern {
            reason: "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character".to_owned(),
        },
    })
}

/// `prefix` and `suffix`, which take a string or `{"equals-ignore-case": string}`.
fn affix(
    reader: &mut Reader,
    name: &str,
    exact: fn(String) -> Matcher,
    ignoring_case: fn(String) -> Matcher,
) -> Result<Matcher, Error> {
    match reader.next()? {
        Token::Text => {
            let value = reader.text()?.to_owned();
            closed(reader, exact(value))
        }
        Token::StartObject => {
            if reader.next()? != Token::FieldName {
                let title = if name == "prefix" { "Prefix" } else { "Suffix" };
                return Err(reader.error(&format!("{title} expression name not found")));
            }
            let inner = reader.text()?.to_owned();
            if inner != "equals-ignore-case" {
                return Err(reader.error(&format!("Unsupported {name} pattern: {inner}")));
            }
            let value = text_value(reader, "equals-ignore-case match pattern must be a string")?;
            end(reader, ONE_KEY)?;
            closed(reader, ignoring_case(value.to_lowercase()))
        }
        _ => Err(reader.error(&format!("{name} match pattern must be a string"))),
    }
}

/// What `anything-but` is about.
#[derive(Clone, Copy, PartialEq)]
enum But {
    Values,
    IgnoreCase,
    Prefix,
    Suffix,
    Wildcard,
}

fn anything_but(reader: &mut Reader) -> Result<Matcher, Error> {
    let mut token = reader.next()?;
    let mut kind = But::Values;
    if token == Token::StartObject {
        if reader.next()? != Token::FieldName {
            return Err(reader.error("Anything-But expression name not found"));
        }
        let name = reader.text()?.to_owned();
        kind = match name.as_str() {
            "equals-ignore-case" => But::IgnoreCase,
            "prefix" => But::Prefix,
            "suffix" => But::Suffix,
            "wildcard" => But::Wildcard,
            _ => return Err(reader.error(&format!("Unsupported anything-but pattern: {name}"))),
        };
        token = reader.next()?;
    }
    let excluded = match (token, kind) {
        (Token::StartArray, But::Values) => excluded_values(reader)?,
        (Token::StartArray, _) => excluded_texts(reader, kind)?,
        (Token::Text, But::Values) => vec![Matcher::Text(reader.text()?.to_owned())],
        (Token::Number, But::Values) => {
            let number = Decimal::parse(reader.text()?);
            let out_of_range = || Error::Pattern { reason: OUT_OF_RANGE.to_owned() };
            number.comparable().ok_or_else(out_of_range)?;
            vec![Matcher::Number(number)]
        }
        (Token::Text, _) => {
            let text = reader.text()?.to_owned();
            if text.is_empty() && matches!(kind, But::Prefix | But::Suffix) {
                return Err(reader.error("Null prefix/suffix not allowed"));
            }
            vec![excluded_text(reader, kind, text)?]
        }
        (Token::Number, _) => return Err(reader.error(only_texts(kind))),
        _ => {
            return Err(reader
                .error("Value of anything-but must be an array or single string/number value."));
        }
    };
    end(reader, TOO_MANY)?;
    if kind != But::Values {
        end(reader, TOO_MANY)?;
    }
    Ok(Matcher::AnythingBut(excluded))
}

fn excluded_values(reader: &mut Reader) -> Result<Vec<Matcher>, Error> {
    let mut excluded = Vec::new();
    let (mut has_number, mut has_text) = (false, false);
    loop {
        match reader.next()? {
            Token::EndArray => break,
            Token::Text => {
                has_text = true;
                excluded.push(Matcher::Text(reader.text()?.to_owned()));
            }
            Token::Number => {
                has_number = true;
                let number = Decimal::parse(reader.text()?);
                number.comparable().ok_or_else(|| reader.error(OUT_OF_RANGE))?;
                excluded.push(Matcher::Number(number));
            }
            _ => {
                return Err(reader.error_twice(
                    "Inside anything but list, start|null|boolean is not supported.",
                ));
            }
        }
    }
    if has_number == has_text {
        return Err(reader.error(
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ));
    }
    Ok(excluded)
}

fn excluded_texts(reader: &mut Reader, kind: But) -> Result<Vec<Matcher>, Error> {
    let mut texts = Vec::new();
    loop {
        match reader.next()? {
            Token::EndArray => break,
            Token::Text => {
                let text = reader.text()?.to_owned();
                if text.is_empty() && matches!(kind, But::Prefix | But::Suffix) {
                    return Err(reader.error_twice("Null prefix/suffix not allowed"));
                }
                texts.push(text);
            }
            _ => return Err(reader.error_twice(only_texts(kind))),
        }
    }
    texts.into_iter().map(|text| excluded_text(reader, kind, text)).collect()
}

fn excluded_text(reader: &Reader, kind: But, text: String) -> Result<Matcher, Error> {
    Ok(match kind {
        But::Values => Matcher::Text(text),
        But::IgnoreCase => Matcher::IgnoreCase(text.to_lowercase()),
        But::Prefix => Matcher::Prefix(text),
        But::Suffix => Matcher::Suffix(text),
        But::Wildcard => wildcard(reader, &text)?,
    })
}

fn only_texts(kind: But) -> &'static str {
    match kind {
        But::IgnoreCase => {
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
        }
        But::Wildcard => "wildcard match pattern must be a string",
        _ => "prefix/suffix match pattern must be a string",
    }
}

fn numeric(reader: &mut Reader) -> Result<Matcher, Error> {
    if reader.next()? != Token::Text {
        let found = reader.text()?.to_owned();
        return Err(reader.error(&format!("Invalid member in numeric match: {found}")));
    }
    let operator = reader.text()?.to_owned();
    let token = reader.next()?;
    let name = match operator.as_str() {
        "=" => "equals",
        ">=" | ">" | "<=" | "<" => operator.as_str(),
        _ => {
            return Err(reader.error(&format!("Unrecognized numeric range operator: {operator}")));
        }
    };
    if token != Token::Number {
        return Err(reader.error(&format!("Value of {name} must be numeric")));
    }
    let number = Decimal::parse(reader.text()?);
    let token = reader.next()?;
    let all = Range {
        bottom: -LARGEST_NUMBER,
        includes_bottom: true,
        top: LARGEST_NUMBER,
        includes_top: true,
    };
    if operator.starts_with('>') && token != Token::EndArray {
        return between(reader, token, number, operator == ">=");
    }
    if token != Token::EndArray {
        return Err(reader.error(TOO_MANY));
    }
    let value = number.comparable().ok_or_else(|| reader.error(OUT_OF_RANGE))?;
    Ok(match operator.as_str() {
        "=" => Matcher::Number(number),
        ">=" => Matcher::Range(Range { bottom: value, ..all }),
        ">" => Matcher::Range(Range { bottom: value, includes_bottom: false, ..all }),
        "<=" => Matcher::Range(Range { top: value, ..all }),
        _ => Matcher::Range(Range { top: value, includes_top: false, ..all }),
    })
}

/// The rest of `[">", 0, "<=", 5]` from the second operator on.
fn between(
    reader: &mut Reader,
    token: Token,
    bottom: Decimal,
    includes_bottom: bool,
) -> Result<Matcher, Error> {
    let operator = reader.text()?.to_owned();
    if token != Token::Text {
        return Err(reader.error(&format!("Bad value in numeric range: {operator}")));
    }
    if operator != "<" && operator != "<=" {
        return Err(reader.error(&format!("Bad numeric range operator: {operator}")));
    }
    if reader.next()? != Token::Number {
        return Err(reader.error(&format!("Value of {operator} must be numeric")));
    }
    let top = Decimal::parse(reader.text()?);
    if reader.next()? != Token::EndArray {
        return Err(reader.error("Too many terms in numeric range expression"));
    }
    let bottom = bottom.comparable().ok_or_else(|| reader.error(OUT_OF_RANGE))?;
    let top = top.comparable().ok_or_else(|| reader.error(OUT_OF_RANGE))?;
    if bottom >= top {
        return Err(reader.error("Bottom must be less than top"));
    }
    Ok(Matcher::Range(Range { bottom, includes_bottom, top, includes_top: operator == "<=" }))
}
