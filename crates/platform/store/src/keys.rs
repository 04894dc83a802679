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

/// The cursor of a place in an index: before every record with the index key.
pub fn index_cursor(index_key: &str) -> String {
    id_cursor(index_key, i64::MIN)
}

/// The cursor of a record in an index: index keys are not unique, so the record's number belongs to it.
pub(crate) fn id_cursor(index_key: &str, id: i64) -> String {
    format!("{id}:{index_key}")
}

/// Index key and record number of a cursor; `None` when it is none of ours.
pub(crate) fn read_id_cursor(cursor: &str) -> Option<(&str, i64)> {
    let (id, index_key) = cursor.split_once(':')?;
    Some((index_key, id.parse().ok()?))
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
        for (index_key, id) in [("", 0), ("1:2", i64::MAX), ("ä\0", i64::MIN)] {
            assert_eq!(read_id_cursor(&id_cursor(index_key, id)), Some((index_key, id)));
        }
        assert_eq!(read_id_cursor(&index_cursor("k")), Some(("k", i64::MIN)));
        for hostile in ["", "x", "x:a", ":ä", "--1:a", "99999999999999999999999:a"] {
            assert_eq!(read_id_cursor(hostile), None, "{hostile:?}");
        }
    }
}
