//! A text to items, whatever kind of text it is.

use super::Fault;
use super::csv::Csv;
use super::json::{Found, Json};
use super::lines::Lines;

/// What a file may begin with, and which is no part of it.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Takes bytes, gives items.
pub(super) struct Text {
    kind: Kind,
    /// How many bytes of a mark have come; none once something else has.
    mark: Option<usize>,
}

enum Kind {
    Csv(Box<Csv>),
    Json(Box<Json>),
    Lines(Lines),
}

impl Text {
    pub(super) fn csv(header: Option<Vec<String>>, delimiter: u8) -> Self {
        Self::of(Kind::Csv(Box::new(Csv::new(header, delimiter))))
    }

    /// The items at a JSON Pointer.
    pub(super) fn json(pointer: &str) -> Self {
        Self::of(Kind::Json(Box::new(Json::new(pointer))))
    }

    pub(super) fn lines() -> Self {
        Self::of(Kind::Lines(Lines::default()))
    }

    fn of(kind: Kind) -> Self {
        Self { kind, mark: Some(0) }
    }

    /// Takes a piece, and the items that it completes; the end is an empty one.
    pub(super) fn push(&mut self, piece: &[u8], found: &mut Vec<Found>) -> Result<(), Fault> {
        let Some(before) = self.mark else { return self.kind.push(piece, found) };
        let of_mark = BYTE_ORDER_MARK[before..].iter().zip(piece).take_while(|(a, b)| a == b);
        let seen = before + of_mark.count();
        let rest = &piece[seen - before..];
        if rest.is_empty() && !piece.is_empty() {
            self.mark = (seen < BYTE_ORDER_MARK.len()).then_some(seen);
            return Ok(());
        }
        self.mark = None;
        if (1..BYTE_ORDER_MARK.len()).contains(&seen) {
            // Other characters begin like it.
            self.kind.push(&BYTE_ORDER_MARK[..seen], found)?;
        }
        self.kind.push(rest, found)
    }
}

impl Kind {
    fn push(&mut self, piece: &[u8], found: &mut Vec<Found>) -> Result<(), Fault> {
        let mut values = Vec::new();
        match self {
            Self::Csv(csv) => csv.push(piece, &mut values)?,
            Self::Lines(lines) => lines.push(piece, &mut values)?,
            Self::Json(json) => return json.push(piece, found),
        }
        found.extend(values.into_iter().map(|value| (None, value)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// The items, whatever the pieces; none when they cannot be read.
    fn check(make: impl Fn() -> Text, text: &str, expected: Option<Value>) {
        for size in 1..=text.len().max(1) {
            let (mut reader, mut found) = (make(), Vec::new());
            let mut outcome = Ok(());
            for piece in text.as_bytes().chunks(size).chain([&[][..]]) {
                outcome = outcome.and_then(|()| reader.push(piece, &mut found));
            }
            let items = outcome.ok().map(|()| found.into_iter().map(|(_, value)| value).collect());
            assert_eq!(items, expected, "{text:?} in pieces of {size}");
        }
    }

    #[test]
    fn a_byte_order_mark_stands_at_the_beginning_only() {
        let json = || Text::json("");
        check(json, "\u{feff}[1]", Some(json!([1])));
        check(json, "\u{feff}\u{feff}[1]", None);
        // As it was found by fuzzing: what is left of the text begins with the mark.
        check(json, "{\"k\": {\"l:\": {\" \"}\u{feff}}}", None);
        check(json, "[1,\u{feff}2]", None);
        check(Text::lines, "\u{feff}1\n2", Some(json!([1, 2])));
        let csv = || Text::csv(None, b',');
        check(csv, "\u{feff}a\n1\n", Some(json!([{"a": "1"}])));
        // U+FEFB, which begins with two of the mark's bytes.
        check(csv, "\u{fefb}a\n1\n", Some(json!([{"\u{fefb}a": "1"}])));
        check(csv, "", Some(json!([])));
    }
}
