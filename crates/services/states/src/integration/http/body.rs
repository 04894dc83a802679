//! The body of a request: JSON, a text as it is, or a form.

use outbound::percent_encode;
use serde_json::Value;

/// How lists stand in forms.
// AWS: call-https-apis: RequestEncodingOptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ArrayFormat {
    /// `a[0]=1&a[1]=2`.
    Indices,
    /// `a=1&a=2`.
    Repeat,
    /// `a=1,2`.
    Commas,
    /// `a[]=1&a[]=2`.
    Brackets,
}

/// A body as it goes out.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) text: String,
    pub(super) media_type: &'static str,
}

/// Writes a body.
pub(super) fn encode(value: &Value, form: Option<ArrayFormat>) -> Body {
    if let (Some(format), Value::Object(members)) = (form, value) {
        let mut pairs = Vec::new();
        for (name, value) in members {
            flatten(name, value, format, &mut pairs);
        }
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
            .collect();
        return Body { text: pairs.join("&"), media_type: "application/x-www-form-urlencoded" };
    }
    let text = match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    Body { text, media_type: "application/json; charset=UTF-8" }
}

/// Payloads are nested as deeply as JSON readers allow, so this is bounded.
fn flatten(name: &str, value: &Value, format: ArrayFormat, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                flatten(&format!("{name}[{member}]"), value, format, pairs);
            }
        }
        Value::Array(items) if format == ArrayFormat::Commas => {
            let texts: Vec<String> = items.iter().map(text).collect();
            pairs.push((name.to_owned(), texts.join(",")));
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let name = match format {
                    ArrayFormat::Indices => format!("{name}[{at}]"),
                    ArrayFormat::Brackets => format!("{name}[]"),
                    ArrayFormat::Repeat | ArrayFormat::Commas => name.to_owned(),
                };
                flatten(&name, item, format, pairs);
            }
        }
        value => pairs.push((name.to_owned(), text(value))),
    }
}

fn text(value: &Value) -> String {
    scalar(value).unwrap_or_else(|| value.to_string())
}

/// A value that is no list or object, as text.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null => Some(String::new()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{ArrayFormat, encode};
    use serde_json::json;

    #[test]
    fn forms() {
        let value = json!({"a b": "ü&", "list": [1, true], "deep": {"x": {"y": null}}});
        let of = |format| encode(&value, Some(format)).text.replace("%5B", "[").replace("%5D", "]");
        for (format, list) in [
            (ArrayFormat::Indices, "list[0]=1&list[1]=true"),
            (ArrayFormat::Repeat, "list=1&list=true"),
            (ArrayFormat::Commas, "list=1%2Ctrue"),
            (ArrayFormat::Brackets, "list[]=1&list[]=true"),
        ] {
            assert_eq!(of(format), format!("a%20b=%C3%BC%26&{list}&deep[x][y]="));
        }
        assert_eq!(encode(&json!([1, {}]), None).text, "[1,{}]");
        assert_eq!(encode(&json!("as it is"), None).text, "as it is");
    }
}
