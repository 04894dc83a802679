//! URI templates: `/{Bucket}/{Key+}?tagging`.

use crate::percent;

/// A parsed template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template<'a> {
    pub(crate) segments: Vec<Segment<'a>>,
    /// Query parts that must be there: a name and, where the template names one, a value.
    pub(crate) query: Vec<(&'a str, Option<&'a str>)>,
}

/// One part of a template's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Segment<'a> {
    Literal(&'a str),
    /// One segment, bound to a member's wire name.
    Label(&'a str),
    /// One or more segments, slashes included.
    Greedy(&'a str),
}

impl<'a> Template<'a> {
    pub(crate) fn parse(text: &'a str) -> Self {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let segments = path.split('/').filter(|segment| !segment.is_empty()).map(|segment| {
            match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(label) => match label.strip_suffix('+') {
                    Some(label) => Segment::Greedy(label),
                    None => Segment::Label(label),
                },
                None => Segment::Literal(segment),
            }
        });
        Self { segments: segments.collect(), query: percent::split_query(query).collect() }
    }

    /// The decoded labels of a path, or `None` where the path is not of this template.
    pub(crate) fn match_path(&self, path: &str) -> Option<Vec<(&'a str, String)>> {
        let rest = path.strip_prefix('/').unwrap_or(path);
        let parts: Vec<&str> = if rest.is_empty() { Vec::new() } else { rest.split('/').collect() };
        let greedy = self.segments.iter().position(|s| matches!(s, Segment::Greedy(_)));
        let mut parts = match (greedy, parts.split_last()) {
            // A slash at the end is part of a greedy label and nothing elsewhere.
            (None, Some((&"", front))) => front.to_vec(),
            _ => parts,
        };
        let extra = parts.len().checked_sub(self.segments.len())?;
        if extra > 0 && greedy.is_none() {
            return None;
        }
        let mut labels = Vec::new();
        for segment in &self.segments {
            match segment {
                Segment::Literal(literal) => {
                    if percent::decode(parts.remove(0)) != *literal {
                        return None;
                    }
                }
                Segment::Label(name) => {
                    let part = parts.remove(0);
                    if part.is_empty() {
                        return None;
                    }
                    labels.push((*name, percent::decode(part)));
                }
                Segment::Greedy(name) => {
                    let taken: Vec<&str> = parts.drain(..=extra).collect();
                    let joined = taken.join("/");
                    if joined.is_empty() {
                        return None;
                    }
                    labels.push((*name, percent::decode(&joined)));
                }
            }
        }
        Some(labels)
    }

    /// How many parts are literal: among templates that fit, the one with most is meant.
    pub(crate) fn weight(&self) -> usize {
        let literals = self.segments.iter().filter(|s| matches!(s, Segment::Literal(_))).count();
        let labels = self.segments.iter().filter(|s| matches!(s, Segment::Label(_))).count();
        literals * 100 + labels * 10 + self.query.len() * 1000
    }
}

#[cfg(test)]
mod tests {
    use super::Template;

    fn check(template: &str, path: &str, expected: Option<&[(&str, &str)]>) {
        let found = Template::parse(template).match_path(path);
        let found: Option<Vec<(&str, &str)>> =
            found.as_ref().map(|labels| labels.iter().map(|(n, v)| (*n, v.as_str())).collect());
        assert_eq!(found.as_deref(), expected, "{template} {path}");
    }

    #[test]
    fn matches_paths() {
        check("/", "/", Some(&[]));
        check("/", "", Some(&[]));
        check("/", "/a", None);
        check("/a/{B}/c", "/a/x%2Fy/c", Some(&[("B", "x/y")]));
        check("/a/{B}/c", "/a//c", None);
        check("/a/{B}/", "/a/b", Some(&[("B", "b")]));
        check("/a/{B}", "/a/b/", Some(&[("B", "b")]));
        check("/{Bucket}/{Key+}", "/b/k/l%20m/", Some(&[("Bucket", "b"), ("Key", "k/l m/")]));
        check("/{Bucket}/{Key+}", "/b/", None);
        check("/{Bucket}/{Key+}", "/b", None);
        check("/x/{Key+}/y", "/x/a/b/y", Some(&[("Key", "a/b")]));
    }
}
