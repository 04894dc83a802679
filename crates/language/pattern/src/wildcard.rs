//! Patterns with `*`, matched in time linear in the text.

/// Why a wildcard pattern was refused, in the words AWS uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    Syntax(String),
    TooComplex,
}

/// The most `*` a pattern may have.
// AWS recorded that *:*:*:*:*:event-bus/* is too complex. UNVERIFIED: where exactly the limit is;
// AWS counts how many states its matcher can be in at once.
const MAX_WILDCARDS: usize = 5;

/// The literal pieces around the `*` of a pattern; there is one more of them than of `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wildcard {
    pieces: Vec<String>,
}

impl Wildcard {
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let mut pieces = vec![String::new()];
        let mut rest = text.char_indices().peekable();
        while let Some((at, found)) = rest.next() {
            let next = rest.peek().map(|(_, next)| *next);
            // AWS counts from the quote before the text.
            let position = at + 1;
            match (found, next) {
                ('*', Some('*')) => {
                    return Err(Refusal::Syntax(format!(
                        "Consecutive wildcard characters at pos {position}"
                    )));
                }
                ('*', _) => pieces.push(String::new()),
                ('\\', Some(escaped @ ('*' | '\\'))) => {
                    rest.next();
                    push(&mut pieces, escaped);
                }
                ('\\', _) => {
                    return Err(Refusal::Syntax(format!(
                        "Invalid escape character at pos {position}"
                    )));
                }
                (literal, _) => push(&mut pieces, literal),
            }
        }
        if pieces.len() > MAX_WILDCARDS + 1 {
            return Err(Refusal::TooComplex);
        }
        Ok(Self { pieces })
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.pieces.as_slice() else {
            return self.pieces.first().is_some_and(|only| only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        // Taking the first place where a piece fits never takes away a fit of a later one.
        for piece in middle {
            let Some(at) = rest.find(piece.as_str()) else { return false };
            rest = &rest[at + piece.len()..];
        }
        rest.ends_with(last.as_str())
    }
}

fn push(pieces: &mut [String], literal: char) {
    if let Some(piece) = pieces.last_mut() {
        piece.push(literal);
    }
}
