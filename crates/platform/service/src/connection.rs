//! What a connection adds to requests to other people's servers.

use std::fmt;

/// Headers, query parameters and body parameters with their secrets. Nobody sees them but the request's receiver: `Debug` tells
/// names alone, and there is no way to serialise them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConnectionParameters {
    /// Headers, `Authorization` among them.
    pub headers: Vec<(String, String)>,
    /// Query parameters.
    pub query: Vec<(String, String)>,
    /// Members of the body.
    pub body: Vec<(String, String)>,
    /// Whether a new token may help where the receiver refuses this one.
    pub is_renewable: bool,
}

impl fmt::Debug for ConnectionParameters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn names(pairs: &[(String, String)]) -> Vec<&str> {
            pairs.iter().map(|(name, _)| name.as_str()).collect()
        }
        formatter
            .debug_struct("ConnectionParameters")
            .field("headers", &names(&self.headers))
            .field("query", &names(&self.query))
            .field("body", &names(&self.body))
            .finish_non_exhaustive()
    }
}

/// The pairs with the connection's in place of those of the same name; names of headers differ in more than case.
// AWS: HTTP tasks and API destinations: what the connection says wins.
pub fn laid_over(
    pairs: Vec<(String, String)>,
    connection: &[(String, String)],
    are_headers: bool,
) -> Vec<(String, String)> {
    let same = |a: &str, b: &str| if are_headers { a.eq_ignore_ascii_case(b) } else { a == b };
    let kept = pairs
        .into_iter()
        .filter(|(name, _)| !connection.iter().any(|(of_connection, _)| same(of_connection, name)));
    kept.chain(connection.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::{ConnectionParameters, laid_over};

    #[test]
    fn secrets_are_not_shown() {
        let headers = vec![("Authorization".to_owned(), "Basic c2VjcmV0".to_owned())];
        let shown = format!("{:?}", ConnectionParameters { headers, ..Default::default() });
        assert!(shown.contains("Authorization") && !shown.contains("c2VjcmV0"), "{shown}");
    }

    #[test]
    fn the_connection_wins() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let own = vec![pair("A", "1"), pair("b", "2")];
        let connection = [pair("a", "3")];
        assert_eq!(laid_over(own.clone(), &connection, true), [pair("b", "2"), pair("a", "3")]);
        assert_eq!(laid_over(own, &connection, false).len(), 3);
    }
}
