//! Cases: a template, an input and what comes out.

use super::{Fault, JsonataTemplate, PayloadTemplate};
use crate::jsonata::{Frame, Limits};
use crate::value::{Scope, SplitMix};
use serde_json::{Map, Value, json};

fn variables() -> Map<String, Value> {
    json!({"v": {"w": 7}}).as_object().cloned().unwrap_or_default()
}

#[track_caller]
fn payload(template: &Value, input: &Value, expected: Result<Value, &str>) {
    let template = PayloadTemplate::compile(template).unwrap();
    let context = json!({"State": {"Name": "P"}});
    let variables = variables();
    let scope = Scope { input, context: &context, variables: &variables };
    let found = template.eval(&scope, &mut SplitMix::new(1)).map_err(|error| error.cause);
    assert_eq!(found, expected.map_err(str::to_owned));
}

#[track_caller]
fn jsonata(template: &Value, input: &Value, expected: Result<Value, &str>) {
    let template = JsonataTemplate::compile(template).unwrap();
    let context = json!({"State": {"Name": "P"}});
    let variables = variables();
    let mut random = SplitMix::new(1);
    let mut frame = Frame {
        input,
        context: &context,
        result: None,
        error_output: None,
        variables: &variables,
        random: &mut random,
        now_ms: 0,
        limits: Limits::default(),
    };
    let found = template.eval("Output", &mut frame).map_err(|error| error.cause);
    assert_eq!(found, expected.map_err(str::to_owned));
}

#[test]
fn payload_templates() {
    let input = json!({"a": 1, "list": [1, 2], "o": {"x": null}});
    payload(
        &json!({"k": "$.a", "p.$": "$.a", "n": {"c.$": "$$.State.Name", "l": [{"v.$": "$v.w"}, 2]}, "i.$": "States.MathAdd($.a, 1)"}),
        &input,
        Ok(json!({"k": "$.a", "p": 1, "n": {"c": "P", "l": [{"v": 7}, 2]}, "i": 2})),
    );
    payload(
        &json!({"a.$": "$.list[5]", "b.$": "$.none[*]"}),
        &input,
        Ok(json!({"a": null, "b": []})),
    );
    payload(
        &json!({"m.$": "$.nope.deep"}),
        &json!({"other": 1}),
        Err(
            "The JSONPath '$.nope.deep' specified for the field 'm.$' could not be found in the input '{\"other\":1}'",
        ),
    );
    payload(
        &json!({"m.$": "$"}),
        &Value::Null,
        Err("Unable to apply Path transformation to null or empty input."),
    );
}

#[test]
fn payload_faults_are_all_reported() {
    let faults =
        PayloadTemplate::compile(&json!({"a.$": 1, "b": [{"c.$": "x"}], "d.$": "States.Nope()"}))
            .unwrap_err();
    let found: Vec<(&str, Fault)> =
        faults.iter().map(|fault| (fault.pointer.as_str(), fault.fault)).collect();
    assert_eq!(
        found,
        [("/a.$", Fault::NotAString), ("/b/0/c.$", Fault::NotAPath), ("/d.$", Fault::Intrinsic)]
    );
}

#[test]
fn jsonata_templates() {
    let input = json!({"a": 1, "n": null});
    jsonata(
        &json!({"k": "{% $states.input.a + 1 %}", "s": " {% x %}", "l": [null, "{% $v.w %}"], "n": "{% $states.input.n %}"}),
        &input,
        Ok(json!({"k": 2, "s": " {% x %}", "l": [null, 7], "n": null})),
    );
    jsonata(
        &json!({"a": {"b": [[1, "{% $states.input.missing %}"]]}}),
        &input,
        Err(
            "The JSONata expression '$states.input.missing' specified for the field 'Output/a/b[0][1]' returned nothing (undefined).",
        ),
    );
    let faults = JsonataTemplate::compile(&json!({"a": "{% 1 + %}", "b": "{% [1 %}"})).unwrap_err();
    assert_eq!(faults.len(), 2);
    assert_eq!(faults[0].pointer, "/a");
}
