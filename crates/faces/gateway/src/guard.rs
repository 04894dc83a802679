//! What a server that believes everybody must not answer: web pages.
//!
//! A browser on this machine reaches loopback addresses for every page it shows: by forms and scripts of any site, and by
//! names of an attacker's that resolve to 127.0.0.1. Signed requests need no such guard, because no page has a key.

use std::net::IpAddr;
use wire::HttpRequestParts;

/// Why the request seems to come from a web page, if it does.
pub(crate) fn refusal(parts: &HttpRequestParts) -> Option<String> {
    let host = parts.headers.get("host");
    if let Some(host) = host.filter(|host| !is_local(host)) {
        return Some(format!(
            "refit was started with --open and answers to localhost only, not to the name {host}"
        ));
    }
    let own = host.map(|host| format!("http://{host}"));
    if let Some(origin) = parts.headers.get("origin")
        && Some(origin) != own.as_deref()
    {
        return Some(format!(
            "refit was started with --open and does not answer the web page of {origin}"
        ));
    }
    // Browsers send no Origin with images and the like, but this.
    let site = parts.headers.get("sec-fetch-site");
    if let Some(site) = site.filter(|site| !["same-origin", "none"].contains(site)) {
        return Some(format!(
            "refit was started with --open and does not answer web pages of other places ({site})"
        ));
    }
    None
}

/// Whether a `Host` header names this machine in a way that no name server has a say in.
fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") || name.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::refusal;
    use wire::{Headers, HttpRequestParts};

    #[test]
    fn pages_are_refused_and_programs_are_not() {
        let cases: [(&[(&str, &str)], bool); 17] = [
            (&[], true),
            (&[("host", "127.0.0.1:4566")], true),
            (&[("host", "[::1]:4566")], true),
            (&[("host", "LOCALHOST")], true),
            (&[("host", "bucket.localhost:1")], true),
            (&[("host", "evil.example:4566")], false),
            (&[("host", "localhost.evil.example")], false),
            (&[("host", "127.0.0.1.evil.example")], false),
            (&[("host", "evillocalhost")], false),
            (&[("host", "")], false),
            (&[("host", "localhost:1"), ("origin", "http://localhost:1")], true),
            (&[("host", "localhost:1"), ("origin", "http://localhost:2")], false),
            (&[("host", "localhost:1"), ("origin", "https://evil.example")], false),
            (&[("host", "localhost:1"), ("origin", "null")], false),
            (&[("host", "localhost:1"), ("sec-fetch-site", "cross-site")], false),
            (&[("host", "localhost:1"), ("sec-fetch-site", "same-origin")], true),
            (&[("origin", "http://")], false),
        ];
        for (headers, is_answered) in cases {
            let headers = headers.iter().copied().collect::<Headers>();
            let parts = HttpRequestParts { headers, ..HttpRequestParts::default() };
            assert_eq!(refusal(&parts).is_none(), is_answered, "{parts:?}");
        }
    }
}
