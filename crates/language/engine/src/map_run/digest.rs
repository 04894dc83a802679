//! A number that stands for items read so far: the same items have the same, others most likely not.

use serde_json::Value;

use super::MapItem;

/// FNV-1a: simple, and the same in every version.
struct Digest(u64);

impl Digest {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// A text with its length, so that two texts are not another two.
    fn text(&mut self, text: &str) {
        self.bytes(&(text.len() as u64).to_le_bytes());
        self.bytes(text.as_bytes());
    }

    /// Items are nested no deeper than the JSON reader goes.
    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.bytes(b"n"),
            Value::Bool(false) => self.bytes(b"f"),
            Value::Bool(true) => self.bytes(b"t"),
            Value::Number(number) => {
                self.bytes(b"0");
                self.text(&number.to_string());
            }
            Value::String(text) => {
                self.bytes(b"s");
                self.text(text);
            }
            Value::Array(members) => {
                self.bytes(b"[");
                for member in members {
                    self.value(member);
                }
                self.bytes(b"]");
            }
            Value::Object(members) => {
                self.bytes(b"{");
                for (name, member) in members {
                    self.text(name);
                    self.value(member);
                }
                self.bytes(b"}");
            }
        }
    }
}

impl MapItem {
    /// The digest of all items up to this one, from that of those before it; that of none is 0.
    pub fn digest(&self, before: u64) -> u64 {
        let mut digest = Digest(before ^ 0xcbf2_9ce4_8422_2325);
        if let Some(key) = &self.key {
            digest.text(key);
        }
        digest.value(&self.value);
        digest.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn digest(items: &[Value]) -> u64 {
        items.iter().fold(0, |before, value| {
            let item = MapItem { index: 0, key: None, value: value.clone(), source: "".into() };
            item.digest(before)
        })
    }

    #[test]
    fn other_items_have_another_digest() {
        let all = [
            vec![],
            vec![json!(1)],
            vec![json!("1")],
            vec![json!(1), json!(2)],
            vec![json!(2), json!(1)],
            vec![json!([1, 2])],
            vec![json!({"a": "bc"})],
            vec![json!({"ab": "c"})],
            vec![json!(null)],
            vec![json!(true)],
        ];
        for (at, one) in all.iter().enumerate() {
            for other in &all[at + 1..] {
                assert_ne!(digest(one), digest(other), "{one:?} and {other:?}");
            }
        }
        // Stored: it must stay what it is.
        assert_eq!(digest(&[json!({"a": [1, "x"]})]), 0xd362_f08c_f80d_4ec1);
    }
}
