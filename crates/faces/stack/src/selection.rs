//! Which resources of a stack a run is about: all, or those that the user names.

/// What the user picks out. Resources are named by URN, by a pattern of one (`*` is anything but a colon, `**` is anything), or
/// by their name in the program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only these are created, updated, read or deleted; all when empty.
    pub targets: Vec<String>,
    /// What depends on a target is one too.
    pub with_dependents: bool,
    /// These are replaced, whether they differ or not.
    pub replace: Vec<String>,
}

impl Selection {
    /// Whether the run is about everything.
    pub(crate) fn is_everything(&self) -> bool {
        self.targets.is_empty()
    }

    /// Whether a resource is named as a target. Says nothing of what depends on targets.
    pub(crate) fn targets(&self, urn: &str) -> bool {
        self.targets.iter().any(|pattern| names(pattern, urn))
    }

    /// Whether a resource is to be replaced.
    pub(crate) fn replaces(&self, urn: &str) -> bool {
        self.replace.iter().any(|pattern| names(pattern, urn))
    }

    /// What names none of these resources.
    pub(crate) fn unmatched<'a>(&'a self, urns: &'a [String]) -> impl Iterator<Item = &'a String> {
        let patterns = self.targets.iter().chain(&self.replace);
        patterns.filter(|pattern| !urns.iter().any(|urn| names(pattern, urn)))
    }
}

/// Whether a pattern names a URN.
pub(crate) fn names(pattern: &str, urn: &str) -> bool {
    if pattern.contains("::") || pattern.contains('*') {
        return fits(pattern.as_bytes(), urn.as_bytes());
    }
    urn.rsplit("::").next() == Some(pattern)
}

/// A pattern with stars, without going back further than the last star of each kind.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    // For each end of the text that the pattern so far can reach.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    let mut rest = pattern;
    while let Some((&byte, after)) = rest.split_first() {
        let is_deep = byte == b'*' && after.first() == Some(&b'*');
        rest = if is_deep { &after[1..] } else { after };
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            if byte == b'*' {
                let grows = at > 0 && next[at - 1] && (is_deep || text[at - 1] != b':');
                next[at] = reached[at] || grows;
            } else {
                next[at] = at > 0 && reached[at - 1] && text[at - 1] == byte;
            }
        }
        reached = next;
    }
    reached.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn patterns() {
        let urn = "urn:pulumi:dev::p::aws:s3/bucket:Bucket::data";
        let cases = [
            (urn, true),
            ("data", true),
            ("dat", false),
            ("**::data", true),
            ("**", true),
            ("*", false),
            ("urn:pulumi:dev::p::aws:s3/*:*::data", true),
            ("urn:pulumi:dev::p::*::data", false),
            ("**bucket:Bucket::d*a", true),
            ("**::other", false),
            ("", false),
        ];
        for (pattern, expected) in cases {
            assert_eq!(names(pattern, urn), expected, "{pattern}");
        }
    }
}
