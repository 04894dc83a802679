//! Templates of `States.Format`.

use crate::value::java_text;
use serde_json::Value;

/// Literal text with holes `{}` between the pieces.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pieces: Vec<String>,
}

impl Template {
    /// Reads a template: `{}` is a hole, `\{`, `\}`, `\'` and `\\` are the characters themselves.
    pub(super) fn parse(raw: &str) -> Result<Self, String> {
        let mut pieces = vec![String::new()];
        let mut chars = raw.chars();
        while let Some(c) = chars.next() {
            let Some(piece) = pieces.last_mut() else { continue };
            match c {
                '\\' => match chars.next() {
                    Some(escaped @ ('{' | '}' | '\'' | '\\')) => piece.push(escaped),
                    Some(other) => {
                        piece.push('\\');
                        piece.push(other);
                    }
                    None => piece.push('\\'),
                },
                '{' => {
                    if chars.next() != Some('}') {
                        return Err(
                            "Invalid template in States.Format: matching '}' not found for '{'."
                                .to_owned(),
                        );
                    }
                    pieces.push(String::new());
                }
                // UNVERIFIED: AWS asks for a backslash here too; what it does without one is not recorded.
                other => piece.push(other),
            }
        }
        Ok(Self { pieces })
    }

    /// How many holes there are.
    pub(super) fn holes(&self) -> usize {
        self.pieces.len() - 1
    }

    /// The text before the first hole.
    pub(super) fn start(&self) -> String {
        self.pieces.first().cloned().unwrap_or_default()
    }

    /// Appends the value for the hole and the text after it.
    pub(super) fn fill(&self, hole: usize, value: &Value, text: &mut String) {
        java_text(value, text);
        text.push_str(&self.pieces[hole + 1]);
    }
}
