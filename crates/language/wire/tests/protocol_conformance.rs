//! The protocol tests of botocore's suite, both directions of every message.
//!
//! Runs where the suite lies beside the repository. Known misses are in `protocol_misses.txt`.

#![allow(clippy::unwrap_used)] // Helpers of tests may stop the test.

use std::fmt::Write;

use recordings::Suite;
use serde_json::{Map, Value, json};
use wire::{
    AwsError, Headers, HttpRequestParts, HttpResponseParts, Kind, Model, Operation, Protocol,
    ShapeId,
};

const MISSES: &str = include_str!("protocol_misses.txt");

fn files(direction: &str) -> Vec<(String, Value)> {
    let parsed = |(name, text): (String, String)| (name, serde_json::from_str(&text).unwrap());
    recordings::files(&format!("wire/{direction}")).into_iter().map(parsed).collect()
}

fn suite(direction: &str) -> Suite {
    Suite::new(&format!("wire {direction}"), &["message"])
}

/// A model with the case's operation alone.
fn model_of(suite: &Value, case: &Value) -> Model {
    let given = &case["given"];
    let name = given["name"].as_str().unwrap();
    let mut metadata = suite["metadata"].clone();
    if metadata["protocol"] == "query" {
        // The suite's answers have it, its models do not.
        metadata["xmlNamespace"] = "https://example.com/".into();
    }
    let text = json!({
        "metadata": metadata,
        "operations": {name: given},
        "shapes": suite["shapes"],
    });
    Model::parse(&text.to_string()).unwrap()
}

fn operation_of(model: &Model) -> &Operation {
    model.operations().next().unwrap()
}

/// The suite writes blobs as text; in values they are base64.
fn encode_blobs(model: &Model, shape: ShapeId, value: &Value) -> Value {
    use base64::Engine;
    match (&model.shape(shape).kind, value) {
        (Kind::Blob, Value::String(text)) => {
            base64::engine::general_purpose::STANDARD.encode(text).into()
        }
        (Kind::Structure(structure), Value::Object(fields)) if !structure.document => fields
            .iter()
            .map(|(name, field)| match structure.member(name) {
                Some(member) => (name.clone(), encode_blobs(model, member.shape, field)),
                None => (name.clone(), field.clone()),
            })
            .collect::<Map<_, _>>()
            .into(),
        (Kind::List(element), Value::Array(items)) => {
            items.iter().map(|item| encode_blobs(model, element.shape, item)).collect()
        }
        (Kind::Map(_, entry), Value::Object(entries)) => entries
            .iter()
            .map(|(key, item)| (key.clone(), encode_blobs(model, entry.shape, item)))
            .collect::<Map<_, _>>()
            .into(),
        _ => value.clone(),
    }
}

/// Equal up to 1 and 1.0, and up to members that are null.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|o| same(v, o)))
        }
        _ => left == right,
    }
}

fn expect_same(what: &str, found: &Value, expected: &Value) -> Result<(), String> {
    if same(found, expected) {
        Ok(())
    } else {
        Err(format!("{what}: found {found}, expected {expected}"))
    }
}

fn headers_of(value: &Value) -> Headers {
    let empty = Map::new();
    let headers = value["headers"].as_object().unwrap_or(&empty);
    headers.iter().map(|(name, text)| (name.clone(), text.as_str().unwrap().to_owned())).collect()
}

fn body_of(value: &Value) -> Vec<u8> {
    value["body"].as_str().unwrap_or_default().as_bytes().to_vec()
}

fn request_of(serialized: &Value) -> HttpRequestParts {
    let uri = serialized["uri"].as_str().unwrap();
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    HttpRequestParts {
        method: serialized["method"].as_str().unwrap_or("POST").to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers_of(serialized),
        body: body_of(serialized),
    }
}

fn json_of(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or(Value::Null)
}

/// XML without white space between elements, attributes in order, the declaration dropped.
fn xml_of(bytes: &[u8], root_matters: bool) -> String {
    use quick_xml::events::Event;
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut reader = quick_xml::Reader::from_str(&text);
    let (mut out, mut depth) = (String::new(), 0);
    loop {
        match reader.read_event() {
            Ok(event @ (Event::Start(_) | Event::Empty(_))) => {
                let empty = matches!(event, Event::Empty(_));
                let (Event::Start(start) | Event::Empty(start)) = event else { unreachable!() };
                let mut attributes: Vec<String> = start
                    .attributes()
                    .map(|a| a.unwrap())
                    .map(|a| format!(" {:?}={:?}", a.key, a.value))
                    .collect();
                attributes.sort();
                let root = depth == 0 && !root_matters;
                let name = if root { "root".to_owned() } else { start.name().as_ref().to_owned() };
                write!(out, "<{name}{}>", attributes.concat()).unwrap();
                if empty {
                    out.push_str("</>");
                } else {
                    depth += 1;
                }
            }
            Ok(Event::End(_)) => {
                depth -= 1;
                out.push_str("</>");
            }
            Ok(Event::Text(text)) => {
                let text = text.xml10_content();
                out.push_str(if text.trim().is_empty() { "" } else { &text });
            }
            Ok(Event::GeneralRef(reference)) => {
                write!(out, "&{};", reference.xml10_content()).unwrap();
            }
            Ok(Event::Eof) | Err(_) => return out,
            Ok(_) => {}
        }
    }
}

fn sorted_query(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = text.split('&').map(str::to_owned).collect();
    parts.sort();
    parts
}

fn expect_body(
    protocol: Protocol,
    found: &[u8],
    expected: &[u8],
    root: bool,
) -> Result<(), String> {
    let describe = || {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        format!("body: found {}, expected {}", text(found), text(expected))
    };
    let trimmed = expected.trim_ascii();
    let equal = match (protocol, trimmed.first()) {
        // An answer without body members may have an empty object or nothing.
        (Protocol::RestJson, None) => matches!(found, b"" | b"{}") || found == expected,
        (_, Some(b'<')) => xml_of(found, root) == xml_of(expected, root),
        (_, Some(b'{' | b'[')) => same(&json_of(found), &json_of(expected)),
        (Protocol::Query, _) => {
            sorted_query(&String::from_utf8_lossy(found))
                == sorted_query(&String::from_utf8_lossy(expected))
        }
        _ => found == expected,
    };
    if equal { Ok(()) } else { Err(describe()) }
}

fn encode_input(model: &Model, params: &Value, serialized: &Value) -> Result<(), String> {
    let operation = operation_of(model);
    let mut params = params.clone();
    wire::fill_idempotency_tokens(
        model,
        operation,
        &mut params,
        "00000000-0000-4000-8000-000000000000",
    );
    let found = wire::encode_request(model, operation, &params).map_err(|e| e.to_string())?;
    let expected = request_of(serialized);
    if found.method != expected.method || found.path != expected.path {
        return Err(format!(
            "{} {} for {} {}",
            found.method, found.path, expected.method, expected.path
        ));
    }
    if sorted_query(&found.query) != sorted_query(&expected.query) {
        return Err(format!("query {} for {}", found.query, expected.query));
    }
    for (name, value) in expected.headers.iter() {
        let own = found.headers.get(name).unwrap_or("(none)");
        let content_type = name.eq_ignore_ascii_case("content-type") && own.starts_with(value);
        if own != value && !content_type {
            return Err(format!("header {name}: {own} for {value}"));
        }
    }
    if serialized.get("body").is_none() {
        return Ok(());
    }
    expect_body(model.metadata.protocol, &found.body, &expected.body, true)
}

fn decode_input(model: &Model, params: &Value, serialized: &Value) -> Result<(), String> {
    let operation = operation_of(model);
    let parts = request_of(serialized);
    let routed = wire::route(model, &parts).map_err(|error| format!("route: {error}"))?;
    assert_eq!(routed.name, operation.name);
    let found = wire::decode_request(model, operation, &parts).map_err(|e| e.to_string())?;
    expect_same("input", &found, params)
}

#[test]
fn conformance_of_inputs() {
    let mut suite = suite("input");
    for (file, groups) in files("input") {
        for group in groups.as_array().unwrap() {
            for case in group["cases"].as_array().unwrap() {
                let model = model_of(group, case);
                let operation = operation_of(&model);
                let raw = case.get("params").cloned().unwrap_or_else(|| json!({}));
                let params = match &operation.input {
                    Some(input) => encode_blobs(&model, input.shape, &raw),
                    None => raw,
                };
                let id = case["id"].as_str().unwrap();
                let serialized = &case["serialized"];
                suite.check(
                    &format!("input:encode:{file}:{id}"),
                    encode_input(&model, &params, serialized),
                );
                suite.check(
                    &format!("input:decode:{file}:{id}"),
                    decode_input(&model, &params, serialized),
                );
            }
        }
    }
    suite.finish(MISSES);
}

fn response_of(value: &Value) -> HttpResponseParts {
    HttpResponseParts {
        status: u16::try_from(value["status_code"].as_u64().unwrap()).unwrap(),
        headers: headers_of(value),
        body: body_of(value),
    }
}

fn compare_response(
    protocol: Protocol,
    found: &HttpResponseParts,
    expected: &HttpResponseParts,
) -> Result<(), String> {
    if found.status != expected.status {
        return Err(format!("status {} for {}", found.status, expected.status));
    }
    for (name, value) in expected.headers.iter() {
        let own = found.headers.get(name).unwrap_or("(none)");
        // The length is the transport's; the suite's media types are those of its own examples.
        let skipped = ["content-type", "content-length"].contains(&name.to_lowercase().as_str());
        if own != value && !skipped {
            return Err(format!("header {name}: {own} for {value}"));
        }
    }
    if protocol == Protocol::Query {
        // The suite leaves the request id out.
        let text = String::from_utf8_lossy(&found.body).into_owned();
        let start = text.find("<ResponseMetadata>");
        let end = text.find("</ResponseMetadata>");
        if let (Some(start), Some(end)) = (start, end) {
            let cut = format!("{}{}", &text[..start], &text[end + "</ResponseMetadata>".len()..]);
            return expect_body(protocol, cut.as_bytes(), &expected.body, false);
        }
    }
    expect_body(protocol, &found.body, &expected.body, false)
}

fn encode_output(
    model: &Model,
    result: &Value,
    expected: &HttpResponseParts,
) -> Result<(), String> {
    let operation = operation_of(model);
    let request_id = expected.headers.get("x-amzn-requestid").unwrap_or("an-id");
    let found =
        wire::encode_response(model, operation, result, request_id).map_err(|e| e.to_string())?;
    if expected.body.is_empty() && (operation.output.is_none() || result == &json!({})) {
        return Ok(());
    }
    compare_response(model.metadata.protocol, &found, expected)
}

fn decode_output(
    model: &Model,
    result: &Value,
    expected: &HttpResponseParts,
) -> Result<(), String> {
    let found =
        wire::decode_response(model, operation_of(model), expected).map_err(|e| e.to_string())?;
    expect_same("output", &found, result)
}

fn decode_failure(
    model: &Model,
    case: &Value,
    fields: &Value,
    expected: &HttpResponseParts,
) -> Result<(), String> {
    let found = wire::decode_error(model, expected);
    let code = case["errorCode"].as_str().unwrap();
    let own = model.exception(&found.code).and_then(|(_, e)| e.code.clone());
    if found.code != code && own.as_deref() != Some(code) {
        return Err(format!("code {} for {code}", found.code));
    }
    let message = case["errorMessage"].as_str();
    if message.is_some_and(|message| message != found.message) {
        return Err(format!("message {} for {message:?}", found.message));
    }
    expect_same("error", &Value::Object(*found.fields), fields)
}

fn encode_failure(
    model: &Model,
    case: &Value,
    fields: &Value,
    expected: &HttpResponseParts,
) -> Result<(), String> {
    let message = case["errorMessage"].as_str().unwrap_or_default();
    let mut error = AwsError::new(case["errorCode"].as_str().unwrap(), message);
    error.fields.extend(fields.as_object().unwrap().clone());
    let found = wire::encode_error(model, &error, "an-id");
    // The code's spelling is free (name spaces, header or body), so compare what a client reads from both.
    if found.status != expected.status {
        return Err(format!("status {} for {}", found.status, expected.status));
    }
    let (ours, theirs) = (wire::decode_error(model, &found), wire::decode_error(model, expected));
    if (&ours.code, &ours.fields) == (&theirs.code, &theirs.fields) {
        Ok(())
    } else {
        Err(format!("{ours:?} for {theirs:?}"))
    }
}

#[test]
fn conformance_of_outputs() {
    let mut suite = suite("output");
    for (file, groups) in files("output") {
        for group in groups.as_array().unwrap() {
            for case in group["cases"].as_array().unwrap() {
                let model = model_of(group, case);
                let operation = operation_of(&model);
                let id = case["id"].as_str().unwrap();
                let expected = response_of(&case["response"]);
                if case.get("errorCode").is_some() {
                    let fields = &case["error"];
                    let outcome = decode_failure(&model, case, fields, &expected);
                    suite.check(&format!("output:decode:{file}:{id}"), outcome);
                    let outcome = encode_failure(&model, case, fields, &expected);
                    suite.check(&format!("output:encode:{file}:{id}"), outcome);
                    continue;
                }
                let raw = case.get("result").cloned().unwrap_or_else(|| json!({}));
                let result = match &operation.output {
                    Some(output) => encode_blobs(&model, output.shape, &raw),
                    None => raw,
                };
                suite.check(
                    &format!("output:decode:{file}:{id}"),
                    decode_output(&model, &result, &expected),
                );
                suite.check(
                    &format!("output:encode:{file}:{id}"),
                    encode_output(&model, &result, &expected),
                );
            }
        }
    }
    suite.finish(MISSES);
}
