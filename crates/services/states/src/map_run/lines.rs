//! JSON Lines to items.

use super::Fault;
use serde_json::Value;

/// Most bytes of a line.
const MAX_LINE_BYTES: usize = 16 << 20;

/// Takes bytes, gives the values of complete lines.
#[derive(Default)]
pub(super) struct Lines {
    rest: Vec<u8>,
    number: u64,
}

impl Lines {
    /// Takes a piece, and the values that it completes; the end is an empty one.
    pub(super) fn push(&mut self, piece: &[u8], values: &mut Vec<Value>) -> Result<(), Fault> {
        if piece.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            return self.line(&rest, values);
        }
        let mut parts = piece.split(|byte| *byte == b'\n');
        let last = parts.next_back().unwrap_or_default();
        for part in parts {
            if self.rest.is_empty() {
                self.line(part, values)?;
            } else {
                let mut line = std::mem::take(&mut self.rest);
                line.extend_from_slice(part);
                self.line(&line, values)?;
            }
        }
        self.rest.extend_from_slice(last);
        if self.rest.len() > MAX_LINE_BYTES {
            return Err(Fault::content(format!("Line {} is too long", self.number + 1)));
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8], values: &mut Vec<Value>) -> Result<(), Fault> {
        self.number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let value = serde_json::from_slice(line).map_err(|error| {
            // UNVERIFIED: AWS's words.
            Fault::content(format!("Line {} is not valid JSON: {error}", self.number))
        })?;
        values.push(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lines_in_pieces() {
        let text = "{\"a\":1}\n\n 2 \r\n\"ä\"";
        for size in 1..=text.len() {
            let (mut lines, mut values) = (Lines::default(), Vec::new());
            for piece in text.as_bytes().chunks(size) {
                lines.push(piece, &mut values).unwrap();
            }
            lines.push(&[], &mut values).unwrap();
            assert_eq!(values, [json!({"a": 1}), json!(2), json!("ä")], "pieces of {size}");
        }
        assert!(Lines::default().push(b"{\n", &mut Vec::new()).is_err());
    }
}
