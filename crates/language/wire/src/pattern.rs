//! Patterns of service models, checked in linear time.
//!
//! Models write Java patterns. A match must cover the whole value, as AWS does it. The `regex` crate has no look-around; where a
//! pattern begins with look-aheads or ends with a look-behind these are checked as patterns of their own, all else with look-around
//! is not checked at all (`Model::unchecked_patterns` names them).

use regex::Regex;

/// Greatest size of one compiled pattern, in bytes; bounded repetitions of classes grow large.
const SIZE_LIMIT_BYTES: usize = 4 << 20;

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    whole: Regex,
    must: Vec<Regex>,
    must_not: Vec<Regex>,
}

impl Pattern {
    /// Compiles a model's pattern; `None` where it needs more than linear time or is not understood.
    pub(crate) fn compile(text: &str) -> Option<Self> {
        let (mut must, mut must_not) = (Vec::new(), Vec::new());
        let mut rest = text;
        loop {
            let inner = rest.strip_prefix('^').unwrap_or(rest);
            let (list, after) = if let Some(after) = inner.strip_prefix("(?=") {
                (&mut must, after)
            } else if let Some(after) = inner.strip_prefix("(?!") {
                (&mut must_not, after)
            } else {
                break;
            };
            let end = group_end(after)?;
            list.push(compile(&format!("^(?:{})", &after[..end]))?);
            rest = &after[end + 1..];
        }
        if let Some(at) = rest.rfind("(?<!") {
            let after = &rest[at + 4..];
            let end = group_end(after)?;
            if !matches!(&after[end + 1..], "" | "$") {
                return None;
            }
            must_not.push(compile(&format!("(?:{})$", &after[..end]))?);
            rest = &rest[..at];
        }
        Some(Self { whole: compile(&format!("^(?:{rest})$"))?, must, must_not })
    }

    /// Whether the whole of `text` matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text)
            && self.must.iter().all(|must| must.is_match(text))
            && !self.must_not.iter().any(|must_not| must_not.is_match(text))
    }
}

/// Byte offset of the parenthesis that closes the group whose inside starts at 0.
fn group_end(text: &str) -> Option<usize> {
    let (mut depth, mut in_class, mut escaped) = (0_usize, false, false);
    for (at, character) in text.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match character {
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => depth += 1,
            ')' if !in_class && depth == 0 => return Some(at),
            ')' if !in_class => depth -= 1,
            _ => {}
        }
    }
    None
}

fn compile(text: &str) -> Option<Regex> {
    let ascii = java_classes(text);
    regex::RegexBuilder::new(&ascii).size_limit(SIZE_LIMIT_BYTES).build().ok()
}

/// Java's `\d`, `\w` and `\s` are ASCII classes; the regex crate's are Unicode's, and large when repeated.
fn java_classes(text: &str) -> String {
    // Java reads a pair of surrogates as the character they stand for, and has POSIX names for classes.
    let text = text.replace("\\uD800\\uDC00-\\uDBFF\\uDFFF", "\\x{10000}-\\x{10FFFF}");
    let text = text.replace("\\p{Alnum}", "0-9A-Za-z");
    let mut out = String::with_capacity(text.len() + 16);
    let (mut escaped, mut in_class) = (false, false);
    for character in text.chars() {
        if !std::mem::take(&mut escaped) {
            match character {
                '\\' => escaped = true,
                '[' if in_class => out.push_str("\\["),
                '[' => {
                    in_class = true;
                    out.push('[');
                }
                ']' => {
                    in_class = false;
                    out.push(']');
                }
                other => out.push(other),
            }
            continue;
        }
        match (character, in_class) {
            ('d', true) => out.push_str("0-9"),
            ('d', false) => out.push_str("[0-9]"),
            ('w', true) => out.push_str("a-zA-Z0-9_"),
            ('w', false) => out.push_str("[a-zA-Z0-9_]"),
            ('s', true) => out.push_str(" \\t\\n\\x0B\\f\\r"),
            ('s', false) => out.push_str("[ \\t\\n\\x0B\\f\\r]"),
            (other, _) if needs_no_escape(other) => out.push(other),
            (other, _) => {
                out.push('\\');
                out.push(other);
            }
        }
    }
    out
}

/// Characters that Java lets one escape and the regex crate does not.
fn needs_no_escape(character: char) -> bool {
    matches!(character, '/' | ':' | '=' | '@' | ',' | ';' | '\'' | '"' | '!' | '%' | '_')
}
