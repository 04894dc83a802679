//! Records of a file into requests, and answers into the output: split, filter, join, assemble. Pure.
// AWS: https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::transform::Filter;
use crate::{Error, Result};

/// `DataProcessing`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Processing {
    input_filter: Option<String>,
    output_filter: Option<String>,
    join_source: Option<String>,
}

/// What records are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Csv,
    Json,
    /// Bytes that nobody looks into.
    Opaque,
}

/// How records are selected from.
#[derive(Debug)]
enum Selection {
    All,
    Columns(Filter),
    Path(Vec<Step>),
}

/// A step of a JSONPath.
#[derive(Debug, PartialEq)]
enum Step {
    Name(String),
    Index(i64),
    Slice(Option<i64>, Option<i64>),
}

/// How a file becomes requests and their answers become its output.
#[derive(Debug)]
pub(super) struct Plan {
    kind: Kind,
    is_split: bool,
    has_lines: bool,
    input: Selection,
    output: Selection,
    joins: bool,
}

/// One request, and the records that it was made of.
#[derive(Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) body: Bytes,
    records: Vec<String>,
}

impl Plan {
    /// The plan of a job's settings.
    pub(super) fn new(
        content_type: Option<&str>,
        split_type: Option<&str>,
        assemble_with: Option<&str>,
        processing: Option<&Processing>,
    ) -> Result<Self> {
        let media = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        let kind = match media {
            "text/csv" => Kind::Csv,
            "application/json" | "application/jsonlines" => Kind::Json,
            _ => Kind::Opaque,
        };
        let is_split = match split_type {
            None | Some("None" | "") => false,
            Some("Line") => true,
            Some(other) => {
                return Err(Error::client(format!(
                    "refit does not split by {other}; use Line or None"
                )));
            }
        };
        let nothing = Processing::default();
        let processing = processing.unwrap_or(&nothing);
        let select = |given: &Option<String>| selection(given.as_deref().unwrap_or("$"), kind);
        let plan = Self {
            kind,
            is_split,
            has_lines: assemble_with == Some("Line"),
            input: select(&processing.input_filter)?,
            output: select(&processing.output_filter)?,
            joins: processing.join_source.as_deref() == Some("Input"),
        };
        if plan.looks_inside() && kind == Kind::Opaque {
            return Err(Error::client(format!(
                "filters and joins need CSV or JSON, and the content type is {media:?}"
            )));
        }
        Ok(plan)
    }

    fn looks_inside(&self) -> bool {
        self.joins
            || !matches!(self.input, Selection::All)
            || !matches!(self.output, Selection::All)
    }

    /// The requests for a file. `most_bytes` of 0 makes one request per record.
    pub(super) fn pieces(
        &self,
        bytes: &[u8],
        most_bytes: usize,
    ) -> std::result::Result<Vec<Piece>, String> {
        if !self.is_split && !self.looks_inside() {
            return Ok(vec![Piece { body: Bytes::copy_from_slice(bytes), records: Vec::new() }]);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned())?;
        let records: Vec<&str> = if self.is_split || self.kind == Kind::Csv {
            text.lines().filter(|line| !line.trim().is_empty()).collect()
        } else {
            vec![text]
        };
        let mut pieces: Vec<(String, Vec<String>)> = Vec::new();
        for (number, record) in records.into_iter().enumerate() {
            let sent = select(&self.input, record);
            let sent = sent.map_err(|why| format!("record {}: {why}", number + 1))?;
            match pieces.last_mut() {
                // A file that is not split is one request, whatever its size.
                Some((body, records)) if !self.is_split || body.len() + sent.len() < most_bytes => {
                    body.push('\n');
                    body.push_str(&sent);
                    records.push(record.to_owned());
                }
                _ => pieces.push((sent, vec![record.to_owned()])),
            }
        }
        let piece = |(body, records): (String, Vec<String>)| Piece { body: body.into(), records };
        Ok(pieces.into_iter().map(piece).collect())
    }

    /// Adds the answer to a request to the output.
    pub(super) fn assemble(
        &self,
        piece: &Piece,
        answer: &[u8],
        out: &mut Vec<u8>,
    ) -> std::result::Result<(), String> {
        if !self.looks_inside() {
            out.extend_from_slice(answer);
            if self.has_lines && !answer.ends_with(b"\n") {
                out.push(b'\n');
            }
            return Ok(());
        }
        let text = std::str::from_utf8(answer).map_err(|_| "the answer is not UTF-8".to_owned())?;
        let answers: Vec<&str> = if piece.records.len() == 1 {
            vec![text.trim_end_matches(['\r', '\n'])]
        } else {
            text.lines().filter(|line| !line.trim().is_empty()).collect()
        };
        if answers.len() != piece.records.len() {
            return Err(format!(
                "{} records were sent together and {} answers came back, so they cannot be joined; use SingleRecord",
                piece.records.len(),
                answers.len()
            ));
        }
        for (record, answer) in piece.records.iter().zip(answers) {
            let joined = if self.joins { self.join(record, answer)? } else { answer.to_owned() };
            out.extend_from_slice(select(&self.output, &joined)?.as_bytes());
            out.push(b'\n');
        }
        Ok(())
    }

    // AWS: CSV outputs are appended as columns; JSON outputs are the member SageMakerOutput.
    fn join(&self, record: &str, answer: &str) -> std::result::Result<String, String> {
        if self.kind == Kind::Csv {
            return Ok(format!("{},{}", record.trim_end_matches('\r'), answer));
        }
        let read =
            |text: &str| serde_json::from_str::<Value>(text).map_err(|error| error.to_string());
        let output = read(answer)?;
        let mut joined = match read(record)? {
            Value::Object(members) => members,
            // AWS: input that is no object becomes the member SageMakerInput.
            other => Map::from_iter([("SageMakerInput".to_owned(), other)]),
        };
        joined.insert("SageMakerOutput".to_owned(), output);
        Ok(Value::Object(joined).to_string())
    }
}

fn select(selection: &Selection, record: &str) -> std::result::Result<String, String> {
    match selection {
        Selection::All => Ok(record.trim_end_matches('\r').to_owned()),
        Selection::Columns(filter) => {
            let columns: Vec<&str> = record.split(',').map(str::trim).collect();
            Ok(filter.select(&columns).join(","))
        }
        Selection::Path(steps) => {
            let value: Value = serde_json::from_str(record).map_err(|error| error.to_string())?;
            Ok(walk(&value, steps).to_string())
        }
    }
}

fn selection(text: &str, kind: Kind) -> Result<Selection> {
    if text.trim() == "$" {
        return Ok(Selection::All);
    }
    if kind == Kind::Csv {
        return Filter::parse(text).map(Selection::Columns);
    }
    steps(text.trim()).map(Selection::Path).ok_or_else(|| {
        Error::client(format!(
            "the filter {text} cannot be used; use $.name, $['name'], $.list[1:] or the like"
        ))
    })
}

/// Reads `$.a['b'][0][1:2]`.
fn steps(text: &str) -> Option<Vec<Step>> {
    let mut rest = text.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(more) = rest.strip_prefix('.') {
            let end = more.find(['.', '[']).unwrap_or(more.len());
            let (name, more) = more.split_at(end);
            if name.is_empty() || name == "*" {
                return None;
            }
            steps.push(Step::Name(name.to_owned()));
            rest = more;
            continue;
        }
        let (inner, more) = rest.strip_prefix('[')?.split_once(']')?;
        let quoted = |quote: char| inner.strip_prefix(quote)?.strip_suffix(quote);
        steps.push(if let Some(name) = quoted('\'').or_else(|| quoted('"')) {
            Step::Name(name.to_owned())
        } else if let Some((from, to)) = inner.split_once(':') {
            let bound = |text: &str| match text.trim() {
                "" => Some(None),
                number => number.parse().ok().map(Some),
            };
            Step::Slice(bound(from)?, bound(to)?)
        } else {
            Step::Index(inner.trim().parse().ok()?)
        });
        rest = more;
    }
    Some(steps)
}

/// What a path finds; null where there is nothing.
fn walk(value: &Value, steps: &[Step]) -> Value {
    let mut found = value.clone();
    for step in steps {
        let length = found.as_array().map_or(0, Vec::len) as i64;
        let absolute = |at: i64| if at < 0 { at.saturating_add(length) } else { at };
        found = match step {
            Step::Name(name) => found.get(name).cloned().unwrap_or_default(),
            Step::Index(at) => {
                let at = usize::try_from(absolute(*at)).ok();
                at.and_then(|at| found.get(at).cloned()).unwrap_or_default()
            }
            Step::Slice(from, to) => {
                let bound = |at: i64| absolute(at).clamp(0, length) as usize;
                let (from, to) = (from.map_or(0, bound), to.map_or(length as usize, bound));
                let list = found.as_array();
                list.and_then(|list| list.get(from..to.max(from)))
                    .map(|part| Value::from(part.to_vec()))
                    .unwrap_or_default()
            }
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Plan, Processing};

    fn plan(kind: &str, split: &str, assemble: &str, filters: [&str; 3]) -> Plan {
        let [input, output, join] = filters.map(|text| (!text.is_empty()).then(|| text.to_owned()));
        let processing =
            Processing { input_filter: input, output_filter: output, join_source: join };
        Plan::new(Some(kind), Some(split), Some(assemble), Some(&processing)).unwrap()
    }

    /// The output when every record is answered with its length.
    fn transformed(plan: &Plan, file: &str, most_bytes: usize) -> (usize, String) {
        let pieces = plan.pieces(file.as_bytes(), most_bytes).unwrap();
        let mut out = Vec::new();
        for piece in &pieces {
            let body = std::str::from_utf8(&piece.body).unwrap();
            let answers: Vec<String> = body.lines().map(|line| line.len().to_string()).collect();
            plan.assemble(piece, answers.join("\n").as_bytes(), &mut out).unwrap();
        }
        (pieces.len(), String::from_utf8(out).unwrap())
    }

    #[test]
    fn records_are_split_filtered_joined_and_assembled() {
        let none = ["", "", ""];
        let csv = "1,2,3\n10,20,30\n";
        let json = "{\"id\":1,\"x\":[1,2,3]}\n{\"id\":2,\"x\":[4]}\n";
        let cases = [
            (plan("text/csv", "None", "None", none), csv, 100, 1, "5\n8"),
            (plan("text/csv", "Line", "Line", none), csv, 0, 2, "5\n8\n"),
            (plan("text/csv", "Line", "None", none), csv, 0, 2, "58"),
            (plan("text/csv", "Line", "Line", none), csv, 100, 1, "5\n8\n"),
            (plan("text/csv", "Line", "Line", ["$[1:]", "", ""]), csv, 100, 1, "3\n5\n"),
            (
                plan("text/csv", "Line", "Line", ["$[1:]", "$[0,-1]", "Input"]),
                csv,
                0,
                2,
                "1,3\n10,5\n",
            ),
            (
                plan("text/csv", "None", "None", ["", "", "Input"]),
                csv,
                100,
                1,
                "1,2,3,5\n10,20,30,8\n",
            ),
            (
                plan("application/jsonlines", "Line", "Line", ["$.x[0:2]", "", "Input"]),
                json,
                0,
                2,
                "{\"id\":1,\"x\":[1,2,3],\"SageMakerOutput\":5}\n{\"id\":2,\"x\":[4],\"SageMakerOutput\":3}\n",
            ),
            (
                plan("application/json", "Line", "Line", ["", "$['SageMakerOutput']", "Input"]),
                json,
                0,
                2,
                "20\n16\n",
            ),
            (plan("image/png", "None", "None", none), "x", 0, 1, "1"),
        ];
        for (plan, file, most, pieces, expected) in cases {
            assert_eq!(transformed(&plan, file, most), (pieces, expected.to_owned()), "{plan:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let refused = |kind, split, processing: Option<&Processing>| {
            Plan::new(Some(kind), Some(split), None, processing).unwrap_err().to_string()
        };
        assert!(refused("text/csv", "RecordIO", None).contains("RecordIO"));
        let join = Processing { join_source: Some("Input".to_owned()), ..Processing::default() };
        assert!(refused("image/png", "None", Some(&join)).contains("CSV or JSON"));
        let bad = Processing { input_filter: Some("$..x".to_owned()), ..Processing::default() };
        assert!(refused("application/json", "Line", Some(&bad)).contains("$..x"));
        let plan = plan("text/csv", "Line", "Line", ["", "", "Input"]);
        let pieces = plan.pieces(b"1\n2\n", 100).unwrap();
        assert!(
            plan.assemble(&pieces[0], b"1", &mut Vec::new()).unwrap_err().contains("SingleRecord")
        );
    }
}
