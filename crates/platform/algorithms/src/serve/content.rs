//! Requests' rows in, predictions out, in the media types of the XGBoost image and of AWS's own algorithms.
// AWS: the XGBoost image takes text/csv and text/libsvm and gives text/csv, application/json and application/jsonlines;
// the algorithms (cdf-inference) take text/csv, application/json, application/jsonlines and recordio-protobuf, and give the
// last three.

use serde_json::{Value, json};

use super::predictor::{Predictions, Predictor, messages, object};
use crate::recordio::{Frames, Record};

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentType {
    /// Features between commas, one row a line, no label.
    Csv,
    /// `index:value …`, with or without a label before.
    LibSvm,
    /// `{"instances": [[…], …]}`, or the list itself, or one row.
    Json,
    /// One row's JSON a line.
    JsonLines,
    /// A message a row.
    RecordIo,
}

impl ContentType {
    /// Of a header; none is libsvm for XGBoost and CSV for the others.
    // AWS: the XGBoost image's default content type is text/libsvm.
    pub(crate) fn of(header: &str, is_xgboost: bool) -> Result<Self, String> {
        match media_type(header).as_str() {
            "text/csv" | "csv" => Ok(Self::Csv),
            "" if !is_xgboost => Ok(Self::Csv),
            "text/libsvm" | "text/x-libsvm" | "libsvm" | "" if is_xgboost => Ok(Self::LibSvm),
            "application/x-recordio-protobuf" => Ok(Self::RecordIo),
            "application/json" => Ok(Self::Json),
            "application/jsonlines" => Ok(Self::JsonLines),
            other => Err(format!(
                "Content-type {other} not supported; use text/csv, {}application/json, application/jsonlines or \
                 application/x-recordio-protobuf",
                if is_xgboost { "text/libsvm, " } else { "" }
            )),
        }
    }
}

/// How predictions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accept {
    /// Between commas, or one a line in a transform job.
    Csv,
    /// `{"predictions": [{"score": …}, …]}`.
    Json,
    /// `{"score": …}`, one a line.
    JsonLines,
    /// A message a row.
    RecordIo,
}

impl Accept {
    /// Of a header; none and anything is CSV for XGBoost and JSON for the others (lines of it in a transform job).
    pub(crate) fn of(header: &str, is_xgboost: bool) -> Result<Self, String> {
        let is_batch = std::env::var_os("SAGEMAKER_BATCH").is_some();
        match media_type(header).as_str() {
            "" | "*/*" | "text/csv" | "csv" | "text/*" if is_xgboost => Ok(Self::Csv),
            "" | "*/*" if is_batch => Ok(Self::JsonLines),
            "" | "*/*" => Ok(Self::Json),
            "application/x-recordio-protobuf" if !is_xgboost => Ok(Self::RecordIo),
            "application/json" => Ok(Self::Json),
            "application/jsonlines" => Ok(Self::JsonLines),
            other => Err(format!(
                "Accept type {other} is not supported; use {}, application/json or application/jsonlines",
                if is_xgboost { "text/csv" } else { "application/x-recordio-protobuf" }
            )),
        }
    }

    /// The media type and the body.
    pub(crate) fn write(self, predictions: &Predictions) -> (&'static str, Vec<u8>) {
        match predictions {
            Predictions::Scores(scores) => {
                let (kind, text) = self.write_scores(scores);
                (kind, text.into_bytes())
            }
            Predictions::Named(_, answers) if self == Self::RecordIo => {
                ("application/x-recordio-protobuf", messages(answers))
            }
            Predictions::Named(_, answers) if self == Self::JsonLines => {
                let lines = answers.iter().map(|answer| object(answer).to_string() + "\n");
                ("application/jsonlines", lines.collect::<String>().into_bytes())
            }
            Predictions::Named(name, answers) => {
                let objects: Vec<Value> = answers.iter().map(object).collect();
                ("application/json", json!({ *name: objects }).to_string().into_bytes())
            }
        }
    }

    fn write_scores(self, predictions: &[f32]) -> (&'static str, String) {
        let texts = predictions.iter().map(ToString::to_string);
        match self {
            Self::Json => {
                let scores: Vec<Value> = predictions.iter().map(|p| json!({"score": p})).collect();
                ("application/json", json!({"predictions": scores}).to_string())
            }
            Self::JsonLines => {
                let line = |p: &f32| json!({"score": p}).to_string() + "\n";
                ("application/jsonlines", predictions.iter().map(line).collect())
            }
            // AWS: the XGBoost image: comma separated in an endpoint, lines in a transform job.
            _ if std::env::var_os("SAGEMAKER_BATCH").is_some() => {
                ("text/csv", texts.map(|text| text + "\n").collect())
            }
            _ => ("text/csv", texts.collect::<Vec<_>>().join(",")),
        }
    }
}

fn media_type(header: &str) -> String {
    header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The predictions for the rows of a body, in order.
pub(crate) fn predict(
    model: &Predictor,
    kind: ContentType,
    body: &[u8],
) -> Result<Predictions, String> {
    if kind == ContentType::RecordIo {
        return model.predict(&records(body, model.features(), model.is_xgboost())?);
    }
    let text = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8".to_owned())?;
    let features = model.features();
    let rows: Vec<Vec<f32>> = match kind {
        ContentType::Csv => lines(text, |line| csv(line, features))?,
        ContentType::LibSvm => lines(text, |line| libsvm(line, features))?,
        ContentType::JsonLines => lines(text, |line| {
            let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
            row(&value, features)
        })?,
        ContentType::Json => {
            let value = serde_json::from_str(text).map_err(|error| error.to_string())?;
            instances(&value, features)?
        }
        ContentType::RecordIo => Vec::new(),
    };
    if rows.is_empty() {
        return Err("there is no row in the body".to_owned());
    }
    model.predict(&rows)
}

/// Rows of messages; what a sparse one leaves out is missing for XGBoost and 0 for the others.
fn records(body: &[u8], features: usize, is_xgboost: bool) -> Result<Vec<Vec<f32>>, String> {
    let read = |(number, frame): (usize, Result<std::borrow::Cow<'_, [u8]>, String>)| {
        let row = frame.and_then(|frame| Record::parse(&frame)).and_then(|record| {
            let Some(keys) = record.keys else { return checked(record.values, features) };
            let mut row = vec![if is_xgboost { f32::NAN } else { 0.0 }; features];
            for (key, value) in keys.iter().zip(record.values) {
                let place = usize::try_from(*key).ok().and_then(|key| row.get_mut(key));
                *place.ok_or_else(|| {
                    format!("feature {key}, but the model was trained on {features}")
                })? = value;
            }
            Ok(row)
        });
        row.map_err(|why| format!("record {}: {why}", number + 1))
    };
    let rows: Vec<Vec<f32>> = Frames::new(body).enumerate().map(read).collect::<Result<_, _>>()?;
    if rows.is_empty() { Err("there is no row in the body".to_owned()) } else { Ok(rows) }
}

fn lines(
    text: &str,
    read: impl Fn(&str) -> Result<Vec<f32>, String>,
) -> Result<Vec<Vec<f32>>, String> {
    let numbered = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    numbered
        .map(|(number, line)| {
            read(line.trim()).map_err(|why| format!("line {}: {why}", number + 1))
        })
        .collect()
}

fn checked(row: Vec<f32>, features: usize) -> Result<Vec<f32>, String> {
    if row.len() > features {
        return Err(format!("{} features, but the model was trained on {features}", row.len()));
    }
    Ok(row)
}

fn number(text: &str) -> Result<f32, String> {
    match text.trim() {
        "" => Ok(f32::NAN),
        text => text.parse().map_err(|_| format!("{text:?} is not a number")),
    }
}

fn csv(line: &str, features: usize) -> Result<Vec<f32>, String> {
    // AWS: the delimiter is looked for, as in training.
    let delimiter = [',', ';', '\t', ' '].into_iter().find(|it| line.contains(*it)).unwrap_or(',');
    checked(line.split(delimiter).map(number).collect::<Result<_, _>>()?, features)
}

fn libsvm(line: &str, features: usize) -> Result<Vec<f32>, String> {
    let mut row = vec![f32::NAN; features];
    let words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
    for (position, word) in words.enumerate() {
        let Some((index, value)) = word.split_once(':') else {
            if position == 0 {
                continue;
            }
            return Err(format!("{word:?} is not index:value"));
        };
        if index == "qid" {
            continue;
        }
        let index: usize = index.parse().map_err(|_| format!("{word:?} is not index:value"))?;
        match row.get_mut(index) {
            Some(place) => *place = number(value)?,
            None => {
                return Err(format!("feature {index}, but the model was trained on {features}"));
            }
        }
    }
    Ok(row)
}

fn instances(value: &Value, features: usize) -> Result<Vec<Vec<f32>>, String> {
    let value = value.get("instances").unwrap_or(value);
    match value.as_array() {
        Some(list) if list.iter().any(|one| one.is_array() || one.is_object()) => {
            list.iter().map(|one| row(one, features)).collect()
        }
        _ => Ok(vec![row(value, features)?]),
    }
}

fn row(value: &Value, features: usize) -> Result<Vec<f32>, String> {
    // AWS: cdf-inference: {"features": […]}, and {"data": {"features": {"values": […]}}}.
    let inner = |value| ["data", "features", "values"].iter().find_map(|it| Value::get(value, it));
    let mut value = value;
    for _ in 0..3 {
        value = inner(value).unwrap_or(value);
    }
    let list = value.as_array().ok_or("a row is a list of numbers")?;
    let read = |one: &Value| match one {
        Value::Null => Ok(f32::NAN),
        Value::Number(number) => Ok(number.as_f64().unwrap_or(f64::NAN) as f32),
        other => Err(format!("{other} is not a number")),
    };
    checked(list.iter().map(read).collect::<Result<_, _>>()?, features)
}

#[cfg(test)]
mod tests {
    use super::{Accept, ContentType, Predictions, csv, instances, libsvm};
    use serde_json::json;

    fn shown(row: &[f32]) -> String {
        row.iter()
            .map(|v| if v.is_nan() { "-".to_owned() } else { v.to_string() })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn rows_are_read() {
        let cases = [
            (csv("1,,2.5", 3), "1 - 2.5"),
            (csv("1;2", 3), "1 2"),
            (csv("7", 3), "7"),
            (libsvm("0 0:1 2:3", 3), "1 - 3"),
            (libsvm("1:4 # remark", 3), "- 4 -"),
        ];
        for (read, expected) in cases {
            assert_eq!(shown(&read.unwrap()), expected);
        }
        for bad in [csv("1,rain", 3), csv("1,2,3,4", 3), libsvm("0 3:1", 3), libsvm("0 x", 3)] {
            assert!(bad.is_err());
        }
        let documents = [
            (json!({"instances": [[1, 2], {"features": [3, null]}]}), vec!["1 2", "3 -"]),
            (json!([1, 2]), vec!["1 2"]),
            (json!({"instances": [{"data": {"features": {"values": [4, 5]}}}]}), vec!["4 5"]),
            (json!([[1], [2]]), vec!["1", "2"]),
        ];
        for (document, expected) in documents {
            let rows = instances(&document, 3).unwrap();
            assert_eq!(rows.iter().map(|row| shown(row)).collect::<Vec<_>>(), expected);
        }
        for bad in [json!("x"), json!({"a": 1}), json!([["x"]]), json!([[1, 2, 3, 4]])] {
            assert!(instances(&bad, 3).is_err(), "{bad}");
        }
    }

    #[test]
    fn media_types() {
        assert_eq!(ContentType::of("text/csv; charset=utf-8", true), Ok(ContentType::Csv));
        assert_eq!(ContentType::of("", true), Ok(ContentType::LibSvm));
        assert_eq!(ContentType::of("", false), Ok(ContentType::Csv));
        assert!(ContentType::of("image/png", true).is_err());
        assert!(ContentType::of("text/libsvm", false).is_err());
        assert_eq!(Accept::of("*/*", true), Ok(Accept::Csv));
        assert_eq!(Accept::of("", false), Ok(Accept::Json));
        assert!(Accept::of("text/csv", false).is_err());
        let scores = Predictions::Scores(vec![0.5, 2.0]);
        assert_eq!(Accept::Csv.write(&scores), ("text/csv", b"0.5,2".to_vec()));
        let (_, text) = Accept::Json.write(&Predictions::Scores(vec![0.5]));
        assert_eq!(text, br#"{"predictions":[{"score":0.5}]}"#);
        assert!(Accept::of("image/png", true).is_err());
    }
}
