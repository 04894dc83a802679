//! The parameters of an HTTP task.

use super::body::{self, ArrayFormat, Body};
use serde_json::{Map, Value};
use service::ConnectionParameters;

/// AWS: call-https-apis: headers that a task must not set.
const BLOCKED: [&str; 35] = [
    "a-im",
    "accept-charset",
    "accept-datetime",
    "accept-encoding",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "forwarded",
    "from",
    "host",
    "http2-settings",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "max-forwards",
    "origin",
    "pragma",
    "proxy-authorization",
    "range",
    "referer",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "warning",
];
const BLOCKED_PREFIXES: [&str; 3] = ["x-forwarded-", "x-amz-", "x-amzn-"];
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"];
const FIELDS: [&str; 8] = [
    "ApiEndpoint",
    "Method",
    "Authentication",
    "InvocationConfig",
    "Headers",
    "QueryParameters",
    "RequestBody",
    "Transform",
];

/// What a task asks for.
#[derive(Debug, Clone)]
pub(super) struct Parameters {
    pub(super) endpoint: String,
    pub(super) method: String,
    pub(super) connection_arn: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) query: Vec<(String, String)>,
    body: Option<Value>,
    /// The body goes out as a form.
    form: Option<ArrayFormat>,
}

impl Parameters {
    /// Reads the parameters, or says everything that is wrong with them.
    pub(super) fn read(given: &Value) -> Result<Self, Vec<String>> {
        let Some(given) = given.as_object() else {
            return Err(vec!["The Parameters must be a JSON object".to_owned()]);
        };
        let mut reader = Reader { given, problems: Vec::new() };
        for name in given.keys().filter(|name| !FIELDS.contains(&name.as_str())) {
            reader.unsupported(name);
        }
        let endpoint = reader.required("ApiEndpoint");
        if let Err(error) = outbound::check_url(&endpoint)
            && !endpoint.is_empty()
        {
            reader
                .problems
                .push(format!("The value for the field 'ApiEndpoint' is invalid: {error}"));
        }
        let method = reader.required("Method");
        if !method.is_empty() && !METHODS.contains(&method.as_str()) {
            let known = METHODS.join(", ");
            reader
                .problems
                .push(format!("The value for the field 'Method' must be one of [{known}]"));
        }
        let parameters = Self {
            endpoint,
            method,
            connection_arn: reader.connection_arn(),
            headers: reader.headers(),
            query: reader.query(),
            body: given.get("RequestBody").filter(|body| !body.is_null()).cloned(),
            form: reader.transform(),
        };
        if reader.problems.is_empty() { Ok(parameters) } else { Err(reader.problems) }
    }

    /// Whether the connection's members have no object to be laid over.
    pub(super) fn needs_object_body(&self, connection: &ConnectionParameters) -> bool {
        !connection.body.is_empty() && self.body.as_ref().is_some_and(|body| !body.is_object())
    }

    /// The body that goes out.
    pub(super) fn body(&self, connection: &ConnectionParameters) -> Option<Body> {
        let mut value = self.body.clone();
        if !connection.body.is_empty() {
            let mut members =
                value.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
            for (name, text) in &connection.body {
                members.insert(name.clone(), Value::from(text.as_str()));
            }
            value = Some(Value::Object(members));
        }
        value.map(|value| body::encode(&value, self.form))
    }
}

/// The walk through the parameters.
struct Reader<'a> {
    given: &'a Map<String, Value>,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn unsupported(&mut self, name: &str) {
        self.problems.push(format!("The field \"{name}\" is not supported by Step Functions"));
    }

    fn wrong(&mut self, name: &str, what: &str) {
        self.problems.push(format!("The value for the field '{name}' must be {what}"));
    }

    fn required(&mut self, name: &str) -> String {
        match self.given.get(name) {
            Some(Value::String(text)) if !text.is_empty() => return text.clone(),
            None | Some(Value::Null) => {
                self.problems.push(format!("The field \"{name}\" is required but was missing"));
            }
            Some(_) => self.wrong(name, "a STRING"),
        }
        String::new()
    }

    // AWS: call-https-apis: `InvocationConfig`, formerly `Authentication`.
    fn connection_arn(&mut self) -> String {
        let places = ["InvocationConfig", "Authentication"];
        let mut found =
            places.iter().filter_map(|place| self.given.get(*place)?.get("ConnectionArn"));
        if let Some(Value::String(arn)) = found.next() {
            return arn.clone();
        }
        self.problems.push("The field \"ConnectionArn\" is required but was missing".to_owned());
        String::new()
    }

    fn headers(&mut self) -> Vec<(String, String)> {
        let Some(given) = self.members("Headers") else { return Vec::new() };
        let mut headers = Vec::new();
        for (name, value) in given {
            let lower = name.to_ascii_lowercase();
            let is_blocked = BLOCKED.contains(&lower.as_str())
                || BLOCKED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix));
            if is_blocked {
                self.unsupported(&format!("Headers.{name}"));
                continue;
            }
            match value {
                Value::Array(items) => {
                    let texts: Option<Vec<String>> = items.iter().map(body::scalar).collect();
                    match texts {
                        Some(texts) => headers.push((name.clone(), texts.join(","))),
                        None => self.wrong(&format!("Headers.{name}"), "a STRING"),
                    }
                }
                value => match body::scalar(&value) {
                    Some(text) => headers.push((name.clone(), text)),
                    None => self.wrong(&format!("Headers.{name}"), "a STRING"),
                },
            }
        }
        headers
    }

    fn query(&mut self) -> Vec<(String, String)> {
        let Some(given) = self.members("QueryParameters") else { return Vec::new() };
        let mut query = Vec::new();
        for (name, value) in given {
            let values = match value {
                Value::Array(items) => items.iter().map(body::scalar).collect(),
                value => body::scalar(&value).map(|text| vec![text]),
            };
            match values {
                Some(values) => query.extend(values.into_iter().map(|text| (name.clone(), text))),
                None => self.wrong(&format!("QueryParameters.{name}"), "a STRING"),
            }
        }
        query
    }

    fn members(&mut self, name: &str) -> Option<Map<String, Value>> {
        match self.given.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::Object(members)) => Some(members.clone()),
            Some(_) => {
                self.wrong(name, "a STRUCTURE");
                None
            }
        }
    }

    /// How the body is written; none as JSON.
    fn transform(&mut self) -> Option<ArrayFormat> {
        let transform = self.members("Transform")?;
        let options = transform.get("RequestEncodingOptions").and_then(|o| o.get("ArrayFormat"));
        let format = match options.map(|format| format.as_str().unwrap_or_default()) {
            None | Some("INDICES") => ArrayFormat::Indices,
            Some("REPEAT") => ArrayFormat::Repeat,
            Some("COMMAS") => ArrayFormat::Commas,
            Some("BRACKETS") => ArrayFormat::Brackets,
            Some(_) => {
                self.wrong("ArrayFormat", "one of [INDICES, REPEAT, COMMAS, BRACKETS]");
                return None;
            }
        };
        match transform.get("RequestBodyEncoding").map(|e| e.as_str().unwrap_or_default()) {
            None | Some("NONE") => None,
            Some("URL_ENCODED") => Some(format),
            Some(_) => {
                self.wrong("RequestBodyEncoding", "one of [NONE, URL_ENCODED]");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Parameters;
    use serde_json::json;

    #[test]
    fn everything_wrong_is_said_at_once() {
        let given = json!({
            "ApiEndpoint": "http://example.com/", "Method": "TRACE", "Other": 1,
            "Headers": {"Host": "x", "X-Amz-Date": "y", "Fine": "z"}, "QueryParameters": {"a": {}},
            "Transform": {"RequestBodyEncoding": "XML"},
        });
        let problems = Parameters::read(&given).unwrap_err();
        assert_eq!(
            problems,
            [
                "The field \"Other\" is not supported by Step Functions",
                "The value for the field 'ApiEndpoint' is invalid: http://example.com/ is not an https address",
                "The value for the field 'Method' must be one of [GET, POST, PUT, DELETE, PATCH, OPTIONS, HEAD]",
                "The field \"ConnectionArn\" is required but was missing",
                "The field \"Headers.Host\" is not supported by Step Functions",
                "The field \"Headers.X-Amz-Date\" is not supported by Step Functions",
                "The value for the field 'QueryParameters.a' must be a STRING",
                "The value for the field 'RequestBodyEncoding' must be one of [NONE, URL_ENCODED]",
            ]
        );
    }
}
