//! What is wrong with a JSON text, in the words of the JSON reader that AWS uses.

/// The fault of a text that `error` says is not JSON.
// AWS: the first two texts are recorded answers of StartExecution; the third stands for all others and is UNVERIFIED.
pub(crate) fn describe(text: &str, error: &serde_json::Error) -> String {
    let line = error.line().saturating_sub(1);
    let column = error.column().saturating_sub(1);
    let rest: String =
        text.lines().nth(line).unwrap_or_default().bytes().skip(column).map(char::from).collect();
    let first = text.trim_start().chars().next();
    if first.is_some_and(char::is_alphabetic) {
        let is_token = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '$');
        let token: String = text.trim_start().chars().take_while(is_token).collect();
        return format!(
            "Unrecognized token '{token}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        );
    }
    match rest.chars().next().filter(|_| error.to_string().starts_with("key must be a string")) {
        Some(found) => format!(
            "Unexpected character ('{found}' (code {})): was expecting double-quote to start field name",
            u32::from(found)
        ),
        None => format!("Invalid JSON: {error}"),
    }
}

/// How much of a text is quoted.
// AWS: the JSON reader's own limit.
const MOST_QUOTED: usize = 500;

/// Where in a text the fault is, as the JSON reader that AWS uses writes it.
// AWS: recorded for a text that begins with a word, where the column is that after the word; UNVERIFIED for others.
pub(crate) fn source(text: &str, error: &serde_json::Error) -> String {
    let quoted: String = text.chars().take(MOST_QUOTED).collect();
    let left = text.chars().count().saturating_sub(MOST_QUOTED);
    let cut = if left == 0 { String::new() } else { format!("[truncated {left} chars]") };
    let (line, column) = position(text, error);
    format!("[Source: (String)\"{quoted}\"{cut}; line: {line}, column: {column}]")
}

fn position(text: &str, error: &serde_json::Error) -> (usize, usize) {
    let line = error.line().max(1);
    let Some(token) = word(text) else { return (line, error.column().max(1)) };
    let before = text.lines().nth(line - 1).unwrap_or_default();
    let start = before.split(token).next().unwrap_or_default();
    (line, start.chars().count() + token.chars().count() + 1)
}

/// The word a text begins with, when it begins with one.
fn word(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$')));
    let word = &text[..end.unwrap_or(text.len())];
    word.starts_with(char::is_alphabetic).then_some(word)
}
