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
