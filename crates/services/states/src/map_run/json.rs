//! A JSON text to the items of one array or object in it, without holding the text.

use super::Fault;
use serde_json::Value;

/// Most bytes of one value, read or passed over.
const MAX_VALUE_BYTES: usize = 16 << 20;

/// Takes bytes, gives items: members of an array, or entries of an object with their keys.
pub(super) struct Json {
    text: Vec<u8>,
    at: usize,
    /// How far the value at `at` has been looked through already.
    looked: Option<Look>,
    stage: Stage,
    /// Steps of `ItemsPointer` that are still to go.
    pointer: std::vec::IntoIter<String>,
    ended: bool,
}

enum Stage {
    /// A value is next: the items, or what has them.
    Value,
    /// Members of an object: the one of this name has the items.
    Member(String),
    /// Members of an array: the one of this number has the items.
    Element(usize),
    /// The items are next, as members of an array.
    Items,
    /// The items are next, as entries of an object.
    Entries,
    /// All items have been seen.
    Done,
}

#[derive(Clone, Copy)]
struct Look {
    at: usize,
    depth: u32,
    in_text: bool,
    escaped: bool,
}

/// An item and its key, if it is an entry of an object.
pub(super) type Found = (Option<String>, Value);

impl Json {
    /// The items at a JSON Pointer.
    pub(super) fn new(pointer: &str) -> Self {
        let step = |step: &str| step.replace("~1", "/").replace("~0", "~");
        let pointer: Vec<String> = pointer.split('/').skip(1).map(step).collect();
        Self {
            text: Vec::new(),
            at: 0,
            looked: None,
            stage: Stage::Value,
            pointer: pointer.into_iter(),
            ended: false,
        }
    }

    /// Takes a piece, and the items that it completes; the end is an empty one.
    pub(super) fn push(&mut self, piece: &[u8], items: &mut Vec<Found>) -> Result<(), Fault> {
        self.text.drain(..self.at);
        if let Some(look) = &mut self.looked {
            look.at -= self.at;
        }
        self.at = 0;
        self.text.extend_from_slice(piece);
        self.ended |= piece.is_empty();
        while !matches!(self.stage, Stage::Done) {
            if !self.step(items)? {
                return if self.ended { Err(invalid("unexpected end")) } else { Ok(()) };
            }
        }
        self.at = self.text.len();
        Ok(())
    }

    /// Goes on by one value or mark; false when more bytes are needed.
    fn step(&mut self, items: &mut Vec<Found>) -> Result<bool, Fault> {
        let Some(next) = self.peek() else { return Ok(false) };
        match &self.stage {
            Stage::Value => {
                self.at += 1;
                self.stage = self.descend(next)?;
                Ok(true)
            }
            Stage::Done => Ok(true),
            Stage::Items | Stage::Element(_) if next == b']' => self.closed(),
            Stage::Entries | Stage::Member(_) if next == b'}' => self.closed(),
            _ if next == b',' => {
                self.at += 1;
                Ok(true)
            }
            Stage::Items => match self.value()? {
                Some(range) => {
                    items.push((None, self.parse(range)?));
                    Ok(true)
                }
                None => Ok(false),
            },
            Stage::Element(0) => {
                self.stage = Stage::Value;
                Ok(true)
            }
            Stage::Element(before) => {
                let before = *before;
                let passed = self.value()?.is_some();
                if passed {
                    self.stage = Stage::Element(before - 1);
                }
                Ok(passed)
            }
            Stage::Entries | Stage::Member(_) => self.entry(items),
        }
    }

    /// What a value that begins like this is made of.
    fn descend(&mut self, first: u8) -> Result<Stage, Fault> {
        match (self.pointer.next(), first) {
            (None, b'[') => Ok(Stage::Items),
            (None, b'{') => Ok(Stage::Entries),
            // AWS: as an independent emulator recorded.
            (None, _) => Err(Fault::content("Attempting to map over non-iterable node.")),
            (Some(name), b'{') => Ok(Stage::Member(name)),
            (Some(number), b'[') => match number.parse() {
                Ok(number) => Ok(Stage::Element(number)),
                Err(_) => Err(nothing()),
            },
            (Some(_), _) => Err(nothing()),
        }
    }

    fn closed(&mut self) -> Result<bool, Fault> {
        self.at += 1;
        match self.stage {
            Stage::Items | Stage::Entries => {
                self.stage = Stage::Done;
                Ok(true)
            }
            _ => Err(nothing()),
        }
    }

    /// A key, and its value unless that has the items.
    fn entry(&mut self, items: &mut Vec<Found>) -> Result<bool, Fault> {
        let (start, looked) = (self.at, self.looked);
        let Some(key) = self.value()? else { return Ok(false) };
        let Value::String(key) = self.parse(key)? else { return Err(invalid("expected a key")) };
        if let Stage::Member(wanted) = &self.stage
            && *wanted == key
        {
            match self.peek() {
                Some(b':') => {
                    self.at += 1;
                    self.stage = Stage::Value;
                    return Ok(true);
                }
                Some(_) => return Err(invalid("expected a colon")),
                None => {
                    (self.at, self.looked) = (start, looked);
                    return Ok(false);
                }
            }
        }
        let value = match self.peek() {
            Some(b':') => {
                self.at += 1;
                match self.peek() {
                    Some(_) => self.value()?,
                    None => None,
                }
            }
            Some(_) => return Err(invalid("expected a colon")),
            None => None,
        };
        let Some(value) = value else {
            self.at = start;
            // Only what has been looked at of the key is known to begin there.
            self.looked = None;
            if self.text.len() - start > MAX_VALUE_BYTES {
                return Err(invalid("a value is too long"));
            }
            return Ok(false);
        };
        if let Stage::Entries = self.stage {
            items.push((Some(key), self.parse(value)?));
        }
        Ok(true)
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let next = *self.text.get(self.at)?;
            if !next.is_ascii_whitespace() {
                return Some(next);
            }
            self.at += 1;
        }
    }

    /// Passes over the value that begins here; none when its end has not come.
    fn value(&mut self) -> Result<Option<std::ops::Range<usize>>, Fault> {
        let start = self.at;
        let mut look = self.looked.take().unwrap_or(Look {
            at: start,
            depth: 0,
            in_text: false,
            escaped: false,
        });
        while let Some(byte) = self.text.get(look.at).copied() {
            let mut done = false;
            if look.in_text {
                match byte {
                    _ if look.escaped => look.escaped = false,
                    b'\\' => look.escaped = true,
                    b'"' => {
                        look.in_text = false;
                        done = look.depth == 0;
                    }
                    _ => {}
                }
            } else {
                match byte {
                    b'"' => look.in_text = true,
                    b'[' | b'{' => look.depth += 1,
                    b']' | b'}' | b',' | b':' if look.depth == 0 => {
                        // The end of a number or a word.
                        self.at = look.at;
                        return Ok(Some(start..look.at));
                    }
                    b']' | b'}' => {
                        look.depth -= 1;
                        done = look.depth == 0;
                    }
                    _ => {}
                }
            }
            look.at += 1;
            if done {
                self.at = look.at;
                return Ok(Some(start..look.at));
            }
        }
        if look.at - start > MAX_VALUE_BYTES {
            return Err(invalid("a value is too long"));
        }
        self.looked = Some(look);
        Ok(None)
    }

    fn parse(&self, range: std::ops::Range<usize>) -> Result<Value, Fault> {
        let text = self.text.get(range).unwrap_or_default();
        serde_json::from_slice(text).map_err(|error| invalid(&error.to_string()))
    }
}

// UNVERIFIED: AWS's words for this and the next.
fn invalid(what: &str) -> Fault {
    Fault::content(format!("The object is not valid JSON: {what}"))
}

fn nothing() -> Fault {
    Fault::content("The ItemsPointer names nothing in the object")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The items at a pointer, whatever the pieces; none when they cannot be read.
    fn check(text: &str, pointer: &str, expected: Option<Value>) {
        for size in 1..=text.len().clamp(1, 12) {
            let (mut json, mut found) = (Json::new(pointer), Vec::new());
            let mut outcome = Ok(());
            for piece in text.as_bytes().chunks(size).chain([&[][..]]) {
                outcome = outcome.and_then(|()| json.push(piece, &mut found));
            }
            let items = found.into_iter().map(|(key, value)| match key {
                Some(key) => json!({ "Key": key, "Value": value }),
                None => value,
            });
            let items = outcome.ok().map(|()| items.collect::<Value>());
            assert_eq!(items, expected, "{text} at {pointer} in pieces of {size}");
        }
    }

    #[test]
    fn items() {
        let list = Some(json!([1, "a, ]", {"b": [2, {}]}, null]));
        let text = r#"[1, "a, ]", {"b": [2, {}]}, null]"#;
        check(text, "", list.clone());
        check(&format!(" {text} "), "", list.clone());
        check(
            &format!(r#"{{"x": [[]], "a/b": {{"c\"": {text}, "y": 1}}}}"#),
            r#"/a~1b/c""#,
            list.clone(),
        );
        check(&format!(r#"[0, "s", {text}, 3]"#), "/2", list);
        check("[]", "", Some(json!([])));
        check("{}", "", Some(json!([])));
        let entries = json!([{"Key": "a", "Value": 1}, {"Key": "ä", "Value": {"b": []}}]);
        check(r#"{"a": 1, "ä": {"b": []}}"#, "", Some(entries));
        for (text, pointer) in [
            ("", ""),
            ("1", ""),
            ("\"text\"", ""),
            ("[1", ""),
            ("[1, x]", ""),
            ("{\"a\"", ""),
            ("{\"a\" 1}", ""),
            ("{1: 2}", ""),
            (r#"{"a": 1}"#, "/b"),
            (r#"{"a": 1}"#, "/a"),
            ("[[1]]", "/1"),
            ("[[1]]", "/x"),
        ] {
            check(text, pointer, None);
        }
    }
}
