//! Filter patterns over unstructured events: terms that must, may or must not occur.
// AWS: AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html

use crate::Error;
use crate::error::invalid;

/// A pattern that has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
}

impl Filter {
    /// Reads a pattern.
    ///
    /// # Errors
    /// `InvalidParameterException` for patterns over JSON or columns, and for regular expressions, which refit does not
    /// have, and for quotes that do not end.
    pub(crate) fn parse(pattern: &str) -> Result<Self, Error> {
        let pattern = pattern.trim();
        if pattern.starts_with('{') || pattern.starts_with('[') {
            return Err(invalid(
                "Invalid filter pattern: refit does not implement patterns over JSON or columns, only terms",
            ));
        }
        let mut filter = Self::default();
        let mut rest = pattern;
        while let Some(first) = rest.chars().next() {
            let (into, body) = match first {
                '?' => (&mut filter.any, &rest[1..]),
                '-' => (&mut filter.none, &rest[1..]),
                _ => (&mut filter.all, rest),
            };
            let (term, after) = term(body)?;
            into.push(term);
            rest = after.trim_start();
        }
        // Optional terms beside required ones decide nothing.
        if !filter.all.is_empty() {
            filter.any.clear();
        }
        Ok(filter)
    }

    /// Whether a message matches.
    pub(crate) fn matches(&self, message: &str) -> bool {
        self.all.iter().all(|term| message.contains(term))
            && (self.any.is_empty() || self.any.iter().any(|term| message.contains(term)))
            && !self.none.iter().any(|term| message.contains(term))
    }
}

/// The first term, and what follows it.
fn term(text: &str) -> Result<(String, &str), Error> {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut term = String::new();
        let mut characters = quoted.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => return Ok((term, &quoted[at + 1..])),
                '\\' => term.extend(characters.next().map(|(_, escaped)| escaped)),
                other => term.push(other),
            }
        }
        return Err(invalid("Invalid filter pattern: a quoted term does not end"));
    }
    let (term, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    if term.starts_with('%') && term.len() > 1 {
        return Err(invalid(
            "Invalid filter pattern: refit does not implement regular expressions in patterns",
        ));
    }
    if term.is_empty() || !term.chars().all(is_word) {
        return Err(invalid(format!(
            "Invalid filter pattern: enclose terms that are not alphanumeric in double quotes ({})",
            term.escape_debug()
        )));
    }
    Ok((term.to_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let message = "[ERROR] job 7 failed: exit code 1";
        for (pattern, expected) in [
            ("", Some(true)),
            ("ERROR", Some(true)),
            ("error", Some(false)),
            ("ERROR failed", Some(true)),
            ("ERROR succeeded", Some(false)),
            ("?succeeded ?failed", Some(true)),
            ("?succeeded ?ok", Some(false)),
            ("ERROR ?nothing", Some(true)),
            ("ERROR -exit", Some(false)),
            ("\"exit code 1\"", Some(true)),
            ("\"[ERROR]\" -\"exit code 2\"", Some(true)),
            ("\"a \\\" b\"", Some(false)),
            ("[ERROR]", None),
            ("{ $.level = \"error\" }", None),
            ("%reg.*ex%", None),
            ("\"open", None),
            ("exit:", None),
            ("?", None),
            ("-\"", None),
            ("\"\\", None),
        ] {
            let found = Filter::parse(pattern).ok().map(|filter| filter.matches(message));
            assert_eq!(found, expected, "{pattern}");
        }
    }
}
