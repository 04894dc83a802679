//! Filter patterns over plain text: terms that must be there, terms that must not, terms of which one must.
//!
//! AWS's patterns over JSON (`{ $.level = "ERROR" }`), over columns (`[ip, status = 5*]`) and regular expressions
//! (`%error%`) are refused.

use crate::error::Error;

/// A parsed filter pattern.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    required: Vec<String>,
    excluded: Vec<String>,
    optional: Vec<String>,
}

impl Filter {
    /// Reads a pattern; the empty one admits everything.
    pub(crate) fn parse(pattern: &str) -> Result<Self, Error> {
        let mut filter = Self::default();
        let mut rest = pattern.trim();
        match rest.chars().next() {
            Some('{') => return Err(unsupported("JSON", "{ }")),
            Some('[') => return Err(unsupported("space-delimited", "[ ]")),
            _ => {}
        }
        while !rest.is_empty() {
            let (list, term) = match rest.chars().next() {
                Some('-') => (&mut filter.excluded, &rest[1..]),
                Some('?') => (&mut filter.optional, &rest[1..]),
                _ => (&mut filter.required, rest),
            };
            let (term, after) = read_term(term)?;
            list.push(term);
            rest = after.trim_start();
        }
        Ok(filter)
    }

    /// Whether a message is among what the pattern asks for. Case matters.
    // AWS: filter patterns of unstructured events. UNVERIFIED: that a term is found within a longer word, and that
    // optional terms do not matter beside required ones.
    pub(crate) fn admits(&self, message: &str) -> bool {
        let has = |term: &String| message.contains(term.as_str());
        let is_one_optional_there =
            self.optional.is_empty() || !self.required.is_empty() || self.optional.iter().any(has);
        self.required.iter().all(has) && !self.excluded.iter().any(has) && is_one_optional_there
    }
}

/// The term that `text` begins with, and what follows it.
fn read_term(text: &str) -> Result<(String, &str), Error> {
    if let Some(quoted) = text.strip_prefix('"') {
        return read_quoted(quoted);
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (term, after) = text.split_at(end);
    if term.starts_with('%') {
        return Err(unsupported("regular-expression", "% %"));
    }
    // AWS: terms with other characters must be quoted.
    let is_plain = |character: char| character.is_alphanumeric() || character == '_';
    if term.is_empty() || !term.chars().all(is_plain) {
        return Err(invalid(&format!("Invalid character(s) in term '{}'", term.escape_debug())));
    }
    Ok((term.to_owned(), after))
}

/// The rest of a term whose opening quote has been read.
fn read_quoted(text: &str) -> Result<(String, &str), Error> {
    let mut term = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                let after = &text[at + 1..];
                if after.chars().next().is_some_and(|next| !next.is_whitespace()) {
                    return Err(invalid("a quoted term must be followed by a space"));
                }
                return Ok((term, after));
            }
            '\\' => match characters.next() {
                Some((_, escaped @ ('"' | '\\'))) => term.push(escaped),
                Some((_, other)) => term.extend(['\\', other]),
                None => {}
            },
            other => term.push(other),
        }
    }
    Err(invalid("a quote is not closed"))
}

fn invalid(why: &str) -> Error {
    Error::Invalid(format!("Invalid filter pattern: {why}"))
}

fn unsupported(what: &str, mark: &str) -> Error {
    Error::Invalid(format!(
        "refit does not evaluate {what} filter patterns ({mark}): use terms, \"quoted terms\", -excluded and ?optional ones."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, admitted: &[&str], refused: &[&str]) {
        let filter = Filter::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        for message in admitted {
            assert!(filter.admits(message), "{pattern} must admit {message}");
        }
        for message in refused {
            assert!(!filter.admits(message), "{pattern} must not admit {message}");
        }
    }

    #[test]
    fn patterns() {
        check("", &["", "anything"], &[]);
        check("  ", &["anything"], &[]);
        check("ERROR", &["an ERROR", "ERRORS"], &["error", ""]);
        check("ERROR disk", &["disk ERROR"], &["ERROR", "disk"]);
        check("\"disk full\"", &["the disk full"], &["disk is full"]);
        check("-debug", &["info"], &["debug: x"]);
        check("x -\"a b\"", &["x a", "x b"], &["x a b", "a"]);
        check("?a ?b", &["a", "b"], &["c"]);
        check("?a ?b -c", &["a"], &["ac", "d"]);
        check("x ?a", &["x", "xa"], &["a"]);
        check(r#""say \"hi\" \\ \n""#, &[r#"say "hi" \ \n"#], &[r"say hi"]);
        check("Größe", &["Größe 3"], &["Grö"]);
        check("validation_rmse", &["validation_rmse:1"], &["validation rmse"]);
    }

    #[test]
    fn refusals() {
        for (pattern, part) in [
            ("{ $.level = \"ERROR\" }", "JSON"),
            ("[ip, user]", "space-delimited"),
            ("%err%", "regular-expression"),
            ("a:b", "Invalid character(s) in term 'a:b'"),
            ("-", "Invalid character(s)"),
            ("? a", "Invalid character(s)"),
            ("-%x%", "regular-expression"),
            ("\"open", "not closed"),
            ("\"open\\", "not closed"),
            ("\"a\"b", "followed by a space"),
        ] {
            let error = Filter::parse(pattern).unwrap_err().to_string();
            assert!(error.contains(part), "{pattern}: {error}");
        }
    }
}
