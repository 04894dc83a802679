//! Projects to registrations and outputs, with a monitor that makes everything up.

use super::settings::{self, Settings};
use super::{Program, YamlProject};
use crate::diagnostic::Diagnostic;
use crate::program::{Monitor, Registered, Registration, Status};
use crate::provider::invoke::InvokeError;
use crate::value::{Object, Value};
use async_trait::async_trait;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Says yes to everything: the id is the name, every output is in the inputs.
#[derive(Default)]
struct Echo {
    lines: Mutex<Vec<String>>,
    preview: bool,
}

impl Echo {
    fn line(&self, line: String) {
        self.lines.lock().expect("not poisoned").push(line);
    }
}

fn text(fields: &Object) -> String {
    Value::Object(fields.clone()).to_shown(false).to_string()
}

#[async_trait]
impl Monitor for Echo {
    fn is_preview(&self) -> bool {
        self.preview
    }

    async fn register(&self, registration: Registration) -> Registered {
        let Registration { token, name, inputs, dependencies, is_blocked, .. } = registration;
        let after = if dependencies.is_empty() {
            String::new()
        } else {
            format!(" after {}", dependencies.join(" "))
        };
        let blocked = if is_blocked { " blocked" } else { "" };
        self.line(format!("{token} {name} {}{after}{blocked}", text(&inputs)));
        let mut outputs = inputs;
        let is_failing = name.starts_with("failing");
        outputs.insert("id".to_owned(), Value::String(format!("{name}-id")));
        outputs.insert("arn".to_owned(), Value::String(format!("arn:{name}")));
        let status = match (is_blocked, is_failing) {
            (true, _) => Status::Skipped,
            (false, true) => Status::Failed,
            (false, false) => Status::Done,
        };
        Registered { urn: name, outputs, status }
    }

    async fn invoke(
        &self,
        token: &str,
        arguments: &Object,
        _provider: Option<&str>,
    ) -> Result<Value, InvokeError> {
        self.line(format!("invoke {token} {}", text(arguments)));
        let fields = [("accountId", "1"), ("json", "{}"), ("name", "r")];
        Ok(Value::Object(
            fields.map(|(name, text)| (name.to_owned(), Value::string(text))).into_iter().collect(),
        ))
    }

    fn outputs(&self, outputs: Object) {
        self.line(format!("outputs {}", text(&outputs)));
    }

    fn component_outputs(&self, _urn: &str, _outputs: Object) {}

    fn say(&self, _line: &str) {}

    fn remark(&self, _diagnostic: Diagnostic) {}

    fn report(&self, diagnostic: Diagnostic) {
        let place =
            diagnostic.place.map_or_else(String::new, |p| format!("{}:{} ", p.line, p.column));
        self.line(format!("fault {place}{}", diagnostic.message));
    }
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files")
}

async fn run(body: &str, given: &[(&str, &str)]) -> Vec<String> {
    let yaml = format!("name: p\nruntime: yaml\n{body}");
    let project = YamlProject::parse(Path::new("Pulumi.yaml"), &yaml)
        .unwrap_or_else(|faults| panic!("{body}: {}", faults[0]));
    assert_eq!(project.faults(), [], "{body}");
    let given: Vec<(String, String)> =
        given.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
    let settings: Settings =
        settings::read(&directory(), "p", "dev", &given, None).expect("no file");
    let program = match project.program(directory(), "dev", &settings, false) {
        Ok(program) => program,
        Err(faults) => {
            return faults.iter().map(|fault| format!("fault {}", fault.message)).collect();
        }
    };
    let echo = Echo::default();
    program.run(&echo).await;
    echo.lines.into_inner().expect("not poisoned")
}

async fn check(body: &str, given: &[(&str, &str)], expected: &[&str]) {
    let lines = run(body, given).await;
    assert_eq!(lines, expected, "{body}");
}

#[tokio::test]
async fn values_are_evaluated() {
    let cases: &[(&str, &str)] = &[
        ("[1, 2.5, true, ~, text]", "[1,2.5,true,null,\"text\"]"),
        (
            "{ fn::toJSON: { b: 1, a: [x, 2.0, true] } }",
            "\"{\\\"b\\\":1,\\\"a\\\":[\\\"x\\\",2,true]}\"",
        ),
        ("{ fn::toBase64: hé }", "\"aMOp\""),
        ("{ fn::fromBase64: aMOp }", "\"hé\""),
        ("{ fn::join: [\"-\", [a, 1, true]] }", "\"a-1-true\""),
        ("{ fn::split: [\",\", \"a,b,\"] }", "[\"a\",\"b\",\"\"]"),
        ("{ fn::select: [1, [a, b]] }", "\"b\""),
        ("{ fn::select: [\"0\", { fn::split: [\"/\", \"x/y\"] }] }", "\"x\""),
        ("{ fn::secret: x }", "\"[secret]\""),
        ("{ fn::toJSON: { a: { fn::secret: x } } }", "\"[secret]\""),
        ("x${pulumi.project}-${pulumi.stack}", "\"xp-dev\""),
        ("$${x}", "\"${x}\""),
        ("${list[1]}", "\"b\""),
        ("${map.inner.deep}", "7"),
        ("${map[\"dotted.key\"]}", "\"d\""),
        ("n=${map.inner.deep}", "\"n=7\""),
        ("{ \"${word}\": 1 }", "{\"hello\":1}"),
        ("{ fn::readFile: hello.txt }", "\"hello\\n\""),
        ("{ fn::stringAsset: x }", "\"text (2d71164)\""),
        ("{ fn::fileAsset: hello.txt }", "\"hello.txt (5891b5b)\""),
        ("{ Fn::ToJSON: [] }", "\"[]\""),
        ("{ fn::invoke: { function: aws:getCallerIdentity, return: accountId } }", "\"1\""),
        ("{ fn::aws:getRegion: {} }", "{\"accountId\":\"1\",\"json\":\"{}\",\"name\":\"r\"}"),
    ];
    for (value, expected) in cases {
        let body = format!(
            "variables:\n  list: [a, b]\n  word: hello\n  map: {{ inner: {{ deep: 7 }}, dotted.key: d }}\noutputs:\n  o: {value}\n"
        );
        let lines = run(&body, &[]).await;
        assert_eq!(lines.last(), Some(&format!("outputs {{\"o\":{expected}}}")), "{value}");
    }
}

#[tokio::test]
async fn values_that_cannot_be_are_told() {
    let cases = [
        ("{ fn::fromBase64: '!' }", "this is not base64 of a text"),
        ("{ fn::select: [5, [a]] }", "there is no item 5 in a list of 1"),
        ("{ fn::join: [a] }", "the arguments must be a delimiter and a list: [\",\", [a, b]]"),
        ("{ fn::toBase64: [a] }", "fn::toBase64 takes a text, not a list"),
        ("${map.nothing}", "`${map.nothing}`: there is no `nothing`"),
        ("${map.inner.deep.er}", "`${map.inner.deep.er}`: a number has no property `er`"),
        ("${list[9]}", "`${list[9]}`: there is no item 9 in a list of 1"),
        (
            "a${map}b",
            "`${map}` is a mapping; only texts, numbers and booleans can stand inside a text",
        ),
        (
            "{ fn::readFile: nothing.txt }",
            "cannot read nothing.txt: No such file or directory (os error 2)",
        ),
        ("{ fn::toJSON: { fn::stringAsset: x } }", "an asset has no JSON form"),
        ("{ fn::assetArchive: { a: x } }", "`a` must be an asset or an archive, not a string"),
    ];
    for (value, expected) in cases {
        let body = format!(
            "variables:\n  list: [a]\n  map: {{ inner: {{ deep: 7 }} }}\noutputs:\n  o: {value}\n"
        );
        let lines = run(&body, &[]).await;
        let fault = lines.iter().find(|line| line.starts_with("fault")).expect(value);
        assert!(fault.ends_with(expected), "{value}: {fault}");
    }
}

#[tokio::test]
async fn resources_are_registered_after_what_they_need() {
    check(
        "resources:\n  \
         b: { type: aws:s3:BucketPolicy, properties: { bucket: \"${bucket}\", policy: \"${doc}\" }, options: { dependsOn: [\"${q}\"] } }\n  \
         q: { type: aws:sqs:Queue, name: other }\n  \
         bucket: { type: aws:s3:Bucket }\n\
         variables:\n  doc: \"arn ${bucket.arn}\"\n\
         outputs:\n  id: ${b.id}\n",
        &[],
        &[
            "aws:sqs/queue:Queue other {}",
            "aws:s3/bucket:Bucket bucket {}",
            "aws:s3/bucketPolicy:BucketPolicy b {\"bucket\":\"bucket-id\",\"policy\":\"arn arn:bucket\"} after other bucket",
            "outputs {\"id\":\"b-id\"}",
        ],
    )
    .await;
}

#[tokio::test]
async fn what_depends_on_a_failure_is_blocked() {
    check(
        "resources:\n  \
         failing: { type: aws:s3:Bucket }\n  \
         next: { type: aws:s3:BucketPolicy, properties: { bucket: \"${v}\" } }\n  \
         free: { type: aws:sns:Topic }\n\
         variables:\n  v: ${failing.id}\n\
         outputs:\n  o: ${next.id}\n  p: ${free.id}\n",
        &[],
        &[
            "aws:s3/bucket:Bucket failing {}",
            "aws:sns/topic:Topic free {}",
            "aws:s3/bucketPolicy:BucketPolicy next {} after failing blocked",
            "outputs {\"o\":\"next-id\",\"p\":\"free-id\"}",
        ],
    )
    .await;
}

#[tokio::test]
async fn configuration_has_types() {
    let body = "config:\n  n: { type: integer, default: 3 }\n  flag: { type: boolean }\n  list: { type: array, default: [a] }\n  \
                s: { secret: true, default: x }\n  w: word\noutputs: { n: \"${n}\", flag: \"${p:flag}\", list: \"${list[0]}\", s: \"${s}\", w: \"${w}\" }\n";
    let cases: &[(&[(&str, &str)], &str)] = &[
        (
            &[("flag", "true")],
            "outputs {\"n\":3,\"flag\":true,\"list\":\"a\",\"s\":\"[secret]\",\"w\":\"word\"}",
        ),
        (
            &[("p:flag", "false"), ("n", "7"), ("list", "[\"z\"]")],
            "outputs {\"n\":7,\"flag\":false,\"list\":\"z\",\"s\":\"[secret]\",\"w\":\"word\"}",
        ),
        (&[], "fault the configuration value `flag` is missing"),
        (
            &[("flag", "maybe")],
            "fault the configuration value `flag` must be of type boolean, not a string",
        ),
        (
            &[("flag", "true"), ("flg", "1")],
            "fault the project declares no configuration value `flg`",
        ),
        (
            &[("flag", "true"), ("aws:ignoreTags", "{}")],
            "fault refit does not support the configuration value `aws:ignoreTags`",
        ),
    ];
    for (given, expected) in cases {
        check(body, given, &[expected]).await;
    }
}

/// Inputs have types, defaults and secrets; what an input is not known to be is not known in the component either.
#[tokio::test]
async fn components_get_what_they_are_given() {
    check(
        "components:\n  C:\n    inputs: { a: { type: string }, n: { type: integer, default: 3 }, s: { type: string, secret: true, default: hush } }\n    \
         resources: { t: { type: aws:sns:Topic, properties: { displayName: \"${a} ${n}\", kmsMasterKeyId: \"${s}\" } } }\n    \
         outputs: { t: \"${t.arn}\", s: \"${s}\" }\n\
         resources:\n  q: { type: aws:sqs:Queue }\n  c: { type: p:C, properties: { a: 7, n: \"8\" } }\n  d: { type: p:C, name: e, properties: { a: \"${q.arn}\" } }\n\
         outputs: { t: \"${d.t}\", s: \"${c.s}\" }\n",
        &[],
        &[
            "aws:sqs/queue:Queue q {}",
            "p:index:C c {}",
            "aws:sns/topic:Topic c-t {\"displayName\":\"7 8\",\"kmsMasterKeyId\":\"[secret]\"}",
            "p:index:C e {} after q",
            "aws:sns/topic:Topic e-t {\"displayName\":\"arn:q 3\",\"kmsMasterKeyId\":\"[secret]\"} after q",
            "outputs {\"t\":\"arn:e-t\",\"s\":\"[secret]\"}",
        ],
    )
    .await;
}
