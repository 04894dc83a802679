//! Requests' rows in, predictions out, in the media types of the XGBoost image.
// AWS: the XGBoost image takes text/csv and text/libsvm and gives text/csv, application/json and application/jsonlines.

use serde_json::{Value, json};

use crate::xgboost::Model;

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
}

impl ContentType {
    /// Of a header; none is libsvm.
    // AWS: the XGBoost image's default content type is text/libsvm.
    pub(crate) fn of(header: &str) -> Result<Self, String> {
        match media_type(header).as_str() {
            "text/csv" | "csv" => Ok(Self::Csv),
            "text/libsvm" | "text/x-libsvm" | "libsvm" | "" => Ok(Self::LibSvm),
            "application/json" => Ok(Self::Json),
            "application/jsonlines" => Ok(Self::JsonLines),
            other => Err(format!(
                "Content-type {other} not supported; use text/csv, text/libsvm, application/json or application/jsonlines"
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
}

impl Accept {
    /// Of a header; none and anything is CSV.
    pub(crate) fn of(header: &str) -> Result<Self, String> {
        match media_type(header).as_str() {
            "" | "*/*" | "text/csv" | "csv" | "text/*" => Ok(Self::Csv),
            "application/json" => Ok(Self::Json),
            "application/jsonlines" => Ok(Self::JsonLines),
            other => Err(format!(
                "Accept type {other} is not supported; use text/csv, application/json or application/jsonlines"
            )),
        }
    }

    /// The media type and the text.
    pub(crate) fn write(self, predictions: &[f32]) -> (&'static str, String) {
        let texts = predictions.iter().map(ToString::to_string);
        match self {
            // AWS: the XGBoost image: comma separated in an endpoint, lines in a transform job.
            Self::Csv if std::env::var_os("SAGEMAKER_BATCH").is_some() => {
                ("text/csv", texts.map(|text| text + "\n").collect())
            }
            Self::Csv => ("text/csv", texts.collect::<Vec<_>>().join(",")),
            Self::Json => {
                let scores: Vec<Value> = predictions.iter().map(|p| json!({"score": p})).collect();
                ("application/json", json!({"predictions": scores}).to_string())
            }
            Self::JsonLines => {
                let line = |p: &f32| json!({"score": p}).to_string() + "\n";
                ("application/jsonlines", predictions.iter().map(line).collect())
            }
        }
    }
}

fn media_type(header: &str) -> String {
    header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The predictions for the rows of a body, in order.
pub(crate) fn predict(model: &Model, kind: ContentType, body: &[u8]) -> Result<Vec<f32>, String> {
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
    };
    if rows.is_empty() {
        return Err("there is no row in the body".to_owned());
    }
    Ok(rows.iter().map(|row| model.predict_row(row)).collect())
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
    let value = value.get("features").or_else(|| value.get("data")).unwrap_or(value);
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
    use super::{Accept, ContentType, csv, instances, libsvm};
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
        assert_eq!(ContentType::of("text/csv; charset=utf-8"), Ok(ContentType::Csv));
        assert_eq!(ContentType::of(""), Ok(ContentType::LibSvm));
        assert!(ContentType::of("image/png").is_err());
        assert_eq!(Accept::of("*/*"), Ok(Accept::Csv));
        assert_eq!(Accept::Csv.write(&[0.5, 2.0]), ("text/csv", "0.5,2".to_owned()));
        let (_, text) = Accept::Json.write(&[0.5]);
        assert_eq!(text, r#"{"predictions":[{"score":0.5}]}"#);
        assert!(Accept::of("image/png").is_err());
    }
}
