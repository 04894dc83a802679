//! Key ranges and cursors that every implementation shares, so that all list the same way.

/// The least text greater than every text that starts with `prefix`; `None` when there is no upper end.
///
/// Keys are compared by their UTF-8 bytes, which is the order of their characters' code points.
pub(crate) fn prefix_end(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        if let Some(next) = next_char(last) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

fn next_char(character: char) -> Option<char> {
    match character {
        char::MAX => None,
        // The code points of surrogates are not characters.
        '\u{d7ff}' => Some('\u{e000}'),
        other => char::from_u32(u32::from(other) + 1),
    }
}

/// The cursor of a place in an index: index keys are not unique, so the record's key belongs to it. An empty key stands before
/// every record with the index key.
pub fn index_cursor(index_key: &str, key: &str) -> String {
    format!("{}:{index_key}{key}", index_key.len())
}

/// Index key and record key of a cursor; `None` when it is none of ours.
pub(crate) fn read_index_cursor(cursor: &str) -> Option<(&str, &str)> {
    let (length, rest) = cursor.split_once(':')?;
    rest.split_at_checked(length.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_ends() {
        for (prefix, end) in [
            ("", None),
            ("a", Some("b")),
            ("a%", Some("a&")),
            ("a\u{10ffff}", Some("b")),
            ("\u{10ffff}", None),
            ("\u{d7ff}", Some("\u{e000}")),
        ] {
            assert_eq!(prefix_end(prefix).as_deref(), end, "{prefix:?}");
        }
    }

    #[test]
    fn cursors() {
        for (index_key, key) in [("", ""), ("1:2", "ä:b"), ("ä\0", "\0")] {
            let cursor = index_cursor(index_key, key);
            assert_eq!(read_index_cursor(&cursor), Some((index_key, key)));
        }
        for hostile in ["", "x", "9:a", "1:ä", "-1:a", "99999999999999999999999:a"] {
            assert_eq!(read_index_cursor(hostile), None, "{hostile:?}");
        }
    }
}
