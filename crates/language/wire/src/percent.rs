//! Percent-encoding as AWS does it, and its inverse.

/// Encodes all but unreserved characters; slashes stay if `keep_slash`.
pub(crate) fn encode(text: &str, keep_slash: bool) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let unreserved = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
        if unreserved || (keep_slash && byte == b'/') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

/// Decodes percent-encoding; a percent sign that does not begin an escape stays. Bytes that are not UTF-8 are replaced.
pub(crate) fn decode(text: &str) -> String {
    decode_with(text, false)
}

/// Decodes a form's or query's percent-encoding, where a plus is a space.
pub(crate) fn decode_form(text: &str) -> String {
    decode_with(text, true)
}

fn decode_with(text: &str, plus_is_space: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%').then(|| hex_pair(bytes.get(at + 1..at + 3))).flatten();
        if let Some(value) = escaped {
            out.push(value);
            at += 3;
        } else {
            out.push(if plus_is_space && byte == b'+' { b' ' } else { byte });
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex_pair(pair: Option<&[u8]>) -> Option<u8> {
    let [high, low] = pair? else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

/// Splits `a=1&b` into its parts, still encoded; a part without `=` has no value.
pub(crate) fn split_query(query: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    query.split('&').filter(|part| !part.is_empty()).map(|part| match part.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (part, None),
    })
}

/// The decoded names and values of a query or form, in order.
pub(crate) fn parse_query(query: &str) -> Vec<(String, String)> {
    split_query(query)
        .map(|(name, value)| (decode_form(name), decode_form(value.unwrap_or_default())))
        .collect()
}
