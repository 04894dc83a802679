//! A state machine definition that is a YAML file by itself.

use super::Definition;
use crate::diagnostic::{Diagnostic, Severity};
use crate::error::Error;
use crate::source::{Source, Span};
use crate::yaml::{self, Kind, Node};
use std::path::Path;

/// The definition, if the file is one and no project: it has states, and nothing to run.
pub(super) fn find(path: &Path, text: &str) -> Option<Result<Definition, Error>> {
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    if has("runtime:") || !(has("States:") || has("StartAt:")) {
        return None;
    }
    let source = Source::new(path.to_owned(), text);
    let root = match yaml::parse(&source, text) {
        Ok(root) => root,
        Err(diagnostics) => return Some(Err(Error::Invalid { diagnostics })),
    };
    let mut json = Json::default();
    json.write(&root);
    let checked = asl::check(&json.text, asl::Options::of_file());
    let diagnostics = checked.diagnostics.into_iter().map(|found| Diagnostic {
        severity: match found.severity {
            asl::Severity::Error => Severity::Error,
            asl::Severity::Warning => Severity::Warning,
        },
        message: found.to_string(),
        place: Some(source.place(json.span(found.start.column))),
        hint: found.hint,
    });
    let resource = path.display().to_string();
    let diagnostics = diagnostics.collect();
    Some(Ok(Definition { resource, text: json.text, diagnostics }))
}

/// JSON of one line, and where in the YAML its parts come from.
#[derive(Default)]
struct Json {
    text: String,
    /// Characters so far.
    length: usize,
    /// Columns, from 1 and in order, with what begins there.
    parts: Vec<(usize, Span)>,
}

impl Json {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.length += text.chars().count();
    }

    fn begin(&mut self, span: Span) {
        self.parts.push((self.length + 1, span));
    }

    /// The YAML of a column: of what begins there or last began before.
    fn span(&self, column: usize) -> Span {
        let after = self.parts.partition_point(|(start, _)| *start <= column);
        after.checked_sub(1).map_or(Span::START, |at| self.parts[at].1)
    }

    fn string(&mut self, text: &str) {
        self.push(&serde_json::Value::from(text).to_string());
    }

    fn write(&mut self, node: &Node) {
        self.begin(node.span);
        match &node.kind {
            Kind::Null => self.push("null"),
            Kind::Bool(flag) => self.push(if *flag { "true" } else { "false" }),
            Kind::Number(number) => self.push(&number.to_string()),
            Kind::String(text) => self.string(&text.value),
            Kind::Sequence(items) => {
                self.push("[");
                for (at, item) in items.iter().enumerate() {
                    self.push(if at == 0 { "" } else { "," });
                    self.write(item);
                }
                self.push("]");
            }
            Kind::Mapping(entries) => {
                self.push("{");
                for (at, entry) in entries.iter().enumerate() {
                    self.push(if at == 0 { "" } else { "," });
                    self.begin(entry.key_span);
                    self.string(&entry.key);
                    self.push(":");
                    self.write(&entry.value);
                }
                self.push("}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::find;
    use std::path::Path;

    fn said(text: &str) -> Option<Vec<String>> {
        let found = find(Path::new("a.yaml"), text)?.unwrap();
        let line = |d: &crate::diagnostic::Diagnostic| {
            let place = d.place.as_ref().unwrap();
            format!("{}:{}-{} {}", place.line, place.column, place.end_column, d.message)
        };
        Some(found.diagnostics.iter().map(line).collect())
    }

    #[test]
    fn problems_stand_where_the_yaml_has_them() {
        let text = "# ü\nStartAt: Ä\nStates:\n  Ä: {Type: Pass, Next: \"Bee\"}\n  Be:\n    Type: Pas\n    End: true\n";
        let found = said(text).unwrap();
        assert!(
            found.iter().any(|line| line.starts_with("4:25-30 MISSING_TRANSITION_TARGET")),
            "{found:#?}"
        );
        assert!(
            found.iter().any(|line| line.starts_with("6:11-14 SCHEMA_VALIDATION_FAILED")),
            "{found:#?}"
        );
        assert_eq!(said("StartAt: A\nStates:\n  A: {Type: Succeed}\n"), Some(Vec::new()));
    }

    #[test]
    fn projects_are_none() {
        assert!(said("name: a\nruntime: yaml\nresources: {}\n").is_none());
        assert!(said("").is_none());
        assert!(find(Path::new("a"), "StartAt: [\n").unwrap().is_err());
    }
}
