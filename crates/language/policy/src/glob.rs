//! Texts with `*` and `?`.
//!
//! The pieces between the `*` are looked for from left to right and never twice, so there is no
//! backtracking: the work is linear in the text, times the length of a piece only if it has a `?`.

/// One place of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Literal(char),
    /// `?`: any one character.
    One,
    /// `*`: any characters or none.
    Any,
}

/// Whether the whole text fits the pattern.
pub(crate) fn matches(pattern: &[Unit], text: &str) -> bool {
    let mut pieces = pattern.split(|unit| *unit == Unit::Any);
    let first = pieces.next().unwrap_or_default();
    let Some(end) = fits_at_start(first, text) else { return false };
    let mut rest = &text[end..];
    let mut pieces: Vec<&[Unit]> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        let Some(end) = find(piece, rest) else { return false };
        rest = &rest[end..];
    }
    fits_at_end(last, rest)
}

/// Whether an ARN, or anything else in parts, fits a pattern in parts: each of the up to six parts
/// between colons by itself. A pattern of fewer parts has its last one for all that follow.
// AWS: reference-arns, wildcards in ARNs; reference_policies_elements_condition_operators, ARN.
// UNVERIFIED: patterns of fewer parts other than `*`.
pub(crate) fn matches_arn(pattern: &[Unit], text: &str) -> bool {
    let parts: Vec<&[Unit]> = pattern.splitn(6, |unit| *unit == Unit::Literal(':')).collect();
    let texts: Vec<&str> = text.splitn(parts.len(), ':').collect();
    parts.len() == texts.len() && parts.iter().zip(texts).all(|(part, text)| matches(part, text))
}

/// Where the piece ends if the text starts with it.
fn fits_at_start(piece: &[Unit], text: &str) -> Option<usize> {
    let mut rest = text.chars();
    for unit in piece {
        let found = rest.next()?;
        if *unit != Unit::One && *unit != Unit::Literal(found) {
            return None;
        }
    }
    Some(text.len() - rest.as_str().len())
}

fn fits_at_end(piece: &[Unit], text: &str) -> bool {
    let mut rest = text.chars();
    piece.iter().rev().all(|unit| {
        rest.next_back().is_some_and(|found| *unit == Unit::One || *unit == Unit::Literal(found))
    })
}

/// Where the first place that the piece fits in the text ends.
fn find(piece: &[Unit], text: &str) -> Option<usize> {
    let literal: Option<String> = piece
        .iter()
        .map(|unit| if let Unit::Literal(letter) = unit { Some(*letter) } else { None })
        .collect();
    if let Some(literal) = literal {
        return text.find(&literal).map(|start| start + literal.len());
    }
    text.char_indices()
        .find_map(|(start, _)| fits_at_start(piece, &text[start..]).map(|end| start + end))
}
