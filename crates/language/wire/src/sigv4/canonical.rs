//! The canonical request: the one text that signer and verifier make of a request.

use crate::http::HttpRequestParts;
use crate::percent;
use std::borrow::Cow;

/// Query parameter that carries the signature and so is no part of what is signed.
pub(super) const SIGNATURE_PARAMETER: &str = "X-Amz-Signature";

/// The canonical request of these parts.
pub(super) fn canonical_request(
    parts: &HttpRequestParts,
    signed_headers: &[String],
    payload_hash: &str,
    s3: bool,
) -> String {
    let mut text = String::with_capacity(1024);
    for piece in [&parts.method, &*canonical_path(&parts.path, s3), &canonical_query(&parts.query)]
    {
        text.push_str(piece);
        text.push('\n');
    }
    for name in signed_headers {
        text.push_str(name);
        text.push(':');
        push_header_value(&mut text, parts, name);
        text.push('\n');
    }
    text.push('\n');
    for (number, name) in signed_headers.iter().enumerate() {
        if number > 0 {
            text.push(';');
        }
        text.push_str(name);
    }
    text.push('\n');
    text.push_str(payload_hash);
    text
}

fn push_header_value(text: &mut String, parts: &HttpRequestParts, name: &str) {
    for (number, value) in parts.headers.get_all(name).enumerate() {
        if number > 0 {
            text.push(',');
        }
        for (number, word) in value.split_whitespace().enumerate() {
            if number > 0 {
                text.push(' ');
            }
            text.push_str(word);
        }
    }
}

fn canonical_path(path: &str, s3: bool) -> Cow<'_, str> {
    if path == "/" {
        return Cow::Borrowed(path);
    }
    if s3 {
        let segments = path.split('/');
        let segments = segments.map(|segment| percent::encode(&percent::decode(segment), false));
        let joined = segments.collect::<Vec<_>>().join("/");
        return if joined.is_empty() { Cow::Borrowed("/") } else { Cow::Owned(joined) };
    }
    Cow::Owned(percent::encode(&without_dots(path), true))
}

/// Takes `.`, `..` and empty segments out.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    let slash = if path.ends_with('/') && !kept.is_empty() { "/" } else { "" };
    format!("/{}{slash}", kept.join("/"))
}

fn canonical_query(query: &str) -> String {
    if query.is_empty() {
        return String::new();
    }
    let mut pairs: Vec<(String, String)> = percent::parse_query(query)
        .into_iter()
        .filter(|(name, _)| name != SIGNATURE_PARAMETER)
        .map(|(name, value)| (percent::encode(&name, false), percent::encode(&value, false)))
        .collect();
    pairs.sort();
    let pairs = pairs.into_iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}
