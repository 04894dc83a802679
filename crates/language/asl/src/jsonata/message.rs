//! The evaluator's messages in AWS's wording, where the two are known to differ.

use super::failure::{DEPTH, Failure, MEMORY, TIME};
use super::{JsonataError, guard};

/// Marks an error raised by a guard, so that it is not taken for one of JSONata's.
pub(super) const MEMORY_MARK: &str = "refit memory limit";

/// How the parser names tokens, and how they are written.
const TOKENS: [(&str, &str); 30] = [
    ("LeftParen", "("),
    ("RightParen", ")"),
    ("LeftBracket", "["),
    ("RightBracket", "]"),
    ("LeftBrace", "{"),
    ("RightBrace", "}"),
    ("Comma", ","),
    ("Semicolon", ";"),
    ("ColonEqual", ":="),
    ("Colon", ":"),
    ("QuestionQuestion", "??"),
    ("QuestionColon", "?:"),
    ("Question", "?"),
    ("StarStar", "**"),
    ("Star", "*"),
    ("Plus", "+"),
    ("Minus", "-"),
    ("Slash", "/"),
    ("Percent", "%"),
    ("NotEqual", "!="),
    ("LessThanOrEqual", "<="),
    ("GreaterThanOrEqual", ">="),
    ("LessThan", "<"),
    ("GreaterThan", ">"),
    ("Equal", "="),
    ("Ampersand", "&"),
    ("DotDot", ".."),
    ("TildeArrow", "~>"),
    ("Caret", "^"),
    ("Eof", "(end)"),
];

/// A parser's message without its code, tokens as they are written.
pub(super) fn parse_error(message: &str) -> JsonataError {
    let message = message.strip_prefix("Invalid syntax: ").unwrap_or(message);
    let (code, message) = match message.split_once(": ") {
        Some((code, rest)) if is_code(code) => (Some(code.to_owned()), rest),
        _ => (None, message),
    };
    let words = message.split(' ').map(|word| {
        let (bare, comma) = word.strip_suffix(',').map_or((word, ""), |bare| (bare, ","));
        match TOKENS.iter().find(|(name, _)| *name == bare) {
            Some((_, sign)) => format!("\"{sign}\"{comma}"),
            None => word.to_owned(),
        }
    });
    JsonataError { code, message: words.collect::<Vec<_>>().join(" ") }
}

/// `S0202`, `T1006` ...
fn is_code(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 5 && bytes[0].is_ascii_uppercase() && bytes[1..].iter().all(u8::is_ascii_digit)
}

/// A failed evaluation; `calls` are the functions the expression calls.
pub(super) fn evaluation_error(message: &str, calls: &[String]) -> Failure {
    if message.contains(MEMORY_MARK) {
        return Failure::Bare(MEMORY.to_owned());
    }
    let message = message.replace(guard::RENAMED, "").replace(" as value", "");
    let Some((code, text)) = message.split_once(": ").filter(|(code, _)| is_code(code)) else {
        return Failure::Bare(message);
    };
    match code {
        "D1011" | "U1001" => Failure::Bare(DEPTH.to_owned()),
        "D1012" => Failure::Bare(TIME.to_owned()),
        "D2014" | "D2015" => Failure::Bare(MEMORY.to_owned()),
        // AWS: measured, the one JSONata error that has no code there.
        "D3010" => Failure::Bare(
            "Second argument of replace function cannot be an empty string".to_owned(),
        ),
        "T1006" => Failure::Coded("T1006: Attempted to invoke a non-function".to_owned()),
        "D3020" => Failure::Coded(
            "D3020: Third argument of split function must evaluate to a positive number".to_owned(),
        ),
        "D3138" => Failure::Coded(format!("{code}: {}", text.split(" (").next().unwrap_or(text))),
        "T0410" | "T0412" => Failure::Coded(format!("{code}: {}", argument(code, text, calls))),
        "T2001" | "T2002" => Failure::Coded(format!("{code}: {}", quoted_operator(text))),
        _ => Failure::Coded(message),
    }
}

/// `The right side of the + operator ...` with the operator in quotes.
fn quoted_operator(text: &str) -> String {
    match text
        .split_once("side of the ")
        .and_then(|(before, rest)| Some((before, rest.split_once(" operator")?)))
    {
        Some((before, (operator, after))) if !operator.starts_with('"') => {
            format!("{before}side of the \"{operator}\" operator{after}")
        }
        _ => text.to_owned(),
    }
}

/// What is wrong with an argument, naming the function where there can be no doubt which it is.
///
/// AWS: measured, `Argument 1 of function "sum" must be an array of "numbers"` and `... does not match function signature`.
fn argument(code: &str, text: &str, calls: &[String]) -> String {
    let Some(index) = text.strip_prefix("Argument ").and_then(|rest| rest.split(' ').next()) else {
        return text.to_owned();
    };
    let named = text.split_once("of function ").and_then(|(_, rest)| rest.split(' ').next());
    let function = match (named, calls) {
        (Some(name), _) if !matches!(name, "does" | "must" | "undefined") => {
            name.trim_matches(['"', '$'])
        }
        (_, [only]) => only,
        _ => return text.to_owned(),
    };
    if code == "T0410" {
        return format!(
            "Argument {index} of function \"{function}\" does not match function signature"
        );
    }
    let items = match text.rsplit(' ').next() {
        Some("Number") => "numbers",
        Some("String") => "strings",
        Some("Object") => "objects",
        _ => return text.to_owned(),
    };
    format!("Argument {index} of function \"{function}\" must be an array of \"{items}\"")
}
