//! Sessions without a program: messages as an SDK sends them, against an engine that only writes down what it is asked.
#![cfg(test)]

use super::grpc;
use super::messages::{
    Alias, AliasSpec, InvokeRequest, InvokeResponse, Kind, LogRequest, ReadResourceRequest,
    ReadResourceResponse, RegisterResourceOutputsRequest, RegisterResourceRequest,
    RegisterResourceResponse, Struct, SupportsFeatureRequest, SupportsFeatureResponse, Urns,
    Value as Wire,
};
use super::process::{Child, Folder};
use super::session::Session;
use super::{HostProgram, Setting, project};
use crate::cancel::Cancel;
use crate::diagnostic::{Diagnostic, Severity};
use crate::program::yaml::settings::Settings;
use crate::program::{Monitor, Registered, Registration, Status};
use crate::provider::invoke::InvokeError;
use crate::value::{Object, Value};
use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// Answers everything well but what is called `bad`, and writes it down.
#[derive(Default)]
struct Notes {
    is_preview: bool,
    told: Mutex<Vec<String>>,
    registrations: Mutex<Vec<Registration>>,
    outputs: Mutex<Vec<(String, Object)>>,
}

impl Notes {
    fn tell(&self, text: String) {
        self.told.lock().expect("no test panics with it").push(text);
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().expect("no test panics with it"))
    }
}

#[async_trait]
impl Monitor for Notes {
    fn is_preview(&self) -> bool {
        self.is_preview
    }

    async fn register(&self, registration: Registration) -> Registered {
        let name = registration.name.clone();
        let status = match name.as_str() {
            _ if registration.is_blocked => Status::Skipped,
            "bad" => Status::Failed,
            _ => Status::Done,
        };
        let mut outputs = registration.inputs.clone();
        outputs.insert("id".to_owned(), Value::string(format!("id-of-{name}")));
        self.registrations.lock().expect("no test panics with it").push(registration);
        Registered { urn: format!("urn:{name}"), outputs, status }
    }

    async fn invoke(
        &self,
        token: &str,
        arguments: &Object,
        _provider: Option<&str>,
    ) -> Result<Value, InvokeError> {
        match token {
            "unknown" => Ok(Value::Unknown),
            "secret" => Ok(Value::secret(Value::Object(arguments.clone()))),
            "none" => Err(InvokeError { message: "there is none".to_owned(), hint: None }),
            _ => Ok(Value::Object(arguments.clone())),
        }
    }

    fn outputs(&self, outputs: Object) {
        self.component_outputs("stack", outputs);
    }

    fn component_outputs(&self, urn: &str, outputs: Object) {
        self.outputs.lock().expect("no test panics with it").push((urn.to_owned(), outputs));
    }

    fn say(&self, line: &str) {
        self.tell(format!("say {line}"));
    }

    fn remark(&self, diagnostic: Diagnostic) {
        self.report(diagnostic);
    }

    fn report(&self, diagnostic: Diagnostic) {
        let word = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        self.tell(format!("{word} {}", diagnostic.message));
    }
}

fn program() -> HostProgram {
    let text = "name: p\nruntime: python\nconfig:\n  key: {default: hush-hush, secret: true}\n";
    let read = project::parse(Path::new("/nowhere/Pulumi.yaml"), text).expect("it is one");
    let project = Arc::new(read.expect("it is sound"));
    let config = project.config(&Settings::default()).expect("all is there");
    let setting = Setting {
        stack: "dev".to_owned(),
        environments: PathBuf::from("/nowhere"),
        parallel: 4,
        cancel: Cancel::new(),
        other_stack: Box::new(|name| match name {
            "organization/net/dev" => {
                let hidden = Value::secret(Value::string("x"));
                let fields = [("a", Value::string("1")), ("b", hidden)];
                let fields = fields.map(|(name, value)| (name.to_owned(), value));
                Ok(Value::Object(fields.into_iter().collect()))
            }
            _ => Err(format!("no stack {name}")),
        }),
    };
    HostProgram::new(project, config, setting)
}

fn string(text: &str) -> Wire {
    Wire { kind: Some(Kind::String(text.to_owned())) }
}

#[expect(clippy::unnecessary_wraps, reason = "messages have them optional")]
fn object(fields: &[(&str, &str)]) -> Option<Struct> {
    let fields = fields.iter().map(|(name, text)| ((*name).to_owned(), string(text)));
    Some(Struct { fields: fields.collect() })
}

fn resource(name: &str) -> RegisterResourceRequest {
    RegisterResourceRequest {
        token: "aws:sns/topic:Topic".to_owned(),
        name: name.to_owned(),
        custom: true,
        object: object(&[("displayName", name)]),
        supports_result_reporting: true,
        ..Default::default()
    }
}

async fn ask<R: Message + Default>(
    session: &Session<'_>,
    method: &str,
    message: impl Message,
) -> R {
    let method = format!("/pulumirpc.{method}");
    let answer = session.answer(&method, &message.encode_to_vec()).await;
    R::decode(answer.expect("it is answered").as_slice()).expect("it is what was asked for")
}

async fn register(
    session: &Session<'_>,
    request: RegisterResourceRequest,
) -> RegisterResourceResponse {
    ask(session, "ResourceMonitor/RegisterResource", request).await
}

#[tokio::test]
async fn registrations_pass_everything_on() {
    let (notes, program) = (Notes::default(), program());
    let session = Session::new(&notes, &program);
    let stack =
        RegisterResourceRequest { token: "pulumi:pulumi:Stack".to_owned(), ..resource("p-dev") };
    let stack = register(&session, stack).await;
    assert_eq!(stack.urn, "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev");
    let spec = AliasSpec { name: "before".to_owned(), no_parent: true, ..Default::default() };
    let request = RegisterResourceRequest {
        protect: Some(true),
        dependencies: vec!["urn:a".to_owned()],
        property_dependencies: [(
            "displayName".to_owned(),
            Urns { urns: vec!["urn:a".to_owned()] },
        )]
        .into_iter()
        .collect(),
        delete_before_replace_defined: true,
        ignore_changes: vec!["tags".to_owned()],
        aliases: vec![
            Alias { urn: "urn:old".to_owned(), spec: None },
            Alias { urn: String::new(), spec: Some(spec) },
        ],
        parent: stack.urn,
        deleted_with: "urn:b".to_owned(),
        ..resource("good")
    };
    let done = register(&session, request).await;
    assert_eq!((done.urn.as_str(), done.id.as_str(), done.result), ("urn:good", "id-of-good", 0));
    let seen = notes.registrations.lock().expect("no test panics with it").pop();
    let seen = seen.expect("one was registered");
    assert_eq!(seen.inputs["displayName"], Value::string("good"));
    assert_eq!(seen.options.protect, Some(true));
    assert_eq!(seen.options.delete_before_replace, Some(false));
    assert_eq!(seen.options.ignore_changes, ["tags"]);
    assert_eq!(seen.options.deleted_with.as_deref(), Some("urn:b"));
    assert_eq!(seen.options.aliases.len(), 2);
    assert_eq!(seen.property_dependencies["displayName"], ["urn:a"]);
    assert!(!seen.is_blocked && !seen.is_component);
}

#[tokio::test]
async fn what_depends_on_a_failure_is_left_out_in_an_update_only() {
    for is_preview in [false, true] {
        let (notes, program) = (Notes { is_preview, ..Notes::default() }, program());
        let session = Session::new(&notes, &program);
        let failed = i32::from(!is_preview);
        assert_eq!(register(&session, resource("bad")).await.result, failed);
        let below = RegisterResourceRequest {
            dependencies: vec!["urn:bad".to_owned()],
            ..resource("below")
        };
        assert_eq!(register(&session, below).await.result, failed);
        assert_eq!(register(&session, resource("beside")).await.result, 0);
    }
}

#[tokio::test]
async fn an_sdk_that_cannot_hear_of_a_failure_is_turned_away() {
    let (notes, program) = (Notes::default(), program());
    let session = Session::new(&notes, &program);
    let old = |name| RegisterResourceRequest { supports_result_reporting: false, ..resource(name) };
    for name in ["bad", "beside"] {
        let message = old(name).encode_to_vec();
        let answer = session.answer("/pulumirpc.ResourceMonitor/RegisterResource", &message).await;
        assert!(answer.is_err(), "{name}");
    }
    let echo = "Resource monitor has terminated, shutting down".to_owned();
    let log = LogRequest { severity: 3, message: echo, ..Default::default() };
    ask::<super::messages::Empty>(&session, "Engine/Log", log).await;
    assert!(notes.told().is_empty());
}

#[tokio::test]
async fn what_cannot_be_deployed_is_told() {
    let cases = [
        (RegisterResourceRequest { remote: true, ..resource("r") }, "runs no packages"),
        (
            RegisterResourceRequest {
                token: "pulumi:providers:random".to_owned(),
                ..resource("r")
            },
            "refit has no provider `random`",
        ),
        (
            RegisterResourceRequest {
                token: "pulumi-python:dynamic:Resource".to_owned(),
                ..resource("r")
            },
            "is a dynamic resource",
        ),
    ];
    for (request, expected) in cases {
        let (notes, program) = (Notes::default(), program());
        let session = Session::new(&notes, &program);
        let message = request.encode_to_vec();
        let answer = session.answer("/pulumirpc.ResourceMonitor/RegisterResource", &message).await;
        assert!(answer.is_err());
        assert!(notes.told().concat().contains(expected), "{expected}");
    }
}

#[tokio::test]
async fn outputs_in_texts_are_told() {
    let (notes, program) = (Notes { is_preview: true, ..Notes::default() }, program());
    let session = Session::new(&notes, &program);
    let text = "for Calling __str__ on an Output[T] is not supported.";
    let request =
        RegisterResourceRequest { object: object(&[("displayName", text)]), ..resource("topic") };
    register(&session, request).await;
    assert_eq!(notes.told(), ["error `displayName` holds an output that was put into a text"]);
}

#[tokio::test]
async fn data_sources_answer() {
    let (notes, program) = (Notes::default(), program());
    let session = Session::new(&notes, &program);
    let ask = async |token: &str| -> InvokeResponse {
        let request = InvokeRequest {
            token: token.to_owned(),
            arguments: object(&[("a", "b")]),
            provider: String::new(),
        };
        ask(&session, "ResourceMonitor/Invoke", request).await
    };
    assert!(ask("unknown").await.unknown);
    assert_eq!(ask("none").await.failures[0].reason, "there is none");
    assert_eq!(ask("plain").await.value, object(&[("a", "b")]));
    let hidden = ask("secret").await.value.expect("there is one");
    assert!(matches!(hidden.fields["a"].kind, Some(Kind::Struct(_))));
}

#[tokio::test]
async fn other_stacks_are_read() {
    let (notes, program) = (Notes::default(), program());
    let session = Session::new(&notes, &program);
    let request = |id: &str| ReadResourceRequest {
        id: id.to_owned(),
        token: "pulumi:pulumi:StackReference".to_owned(),
        name: id.to_owned(),
        ..Default::default()
    };
    let method = "ResourceMonitor/ReadResource";
    let read: ReadResourceResponse = ask(&session, method, request("organization/net/dev")).await;
    let fields = read.properties.expect("there are some").fields;
    let Some(Kind::List(secrets)) = &fields["secretOutputNames"].kind else { panic!() };
    assert_eq!(secrets.values, [string("b")]);
    let message = request("none").encode_to_vec();
    assert!(session.answer(&format!("/pulumirpc.{method}"), &message).await.is_err());
    assert_eq!(notes.told(), ["error no stack none"]);
}

#[tokio::test]
async fn logs_are_shown_without_secrets_and_once() {
    let (notes, program) = (Notes::default(), program());
    let session = Session::new(&notes, &program);
    let log = async |severity: i32, message: &str| {
        let message = message.to_owned();
        let request = LogRequest { severity, message, ..Default::default() };
        ask::<super::messages::Empty>(&session, "Engine/Log", request).await;
    };
    log(0, "debug").await;
    log(1, "it is hush-hush").await;
    log(2, "careful").await;
    log(3, "The Pulumi CLI does not support hooks").await;
    let expected =
        ["say it is [secret]", "warning careful", "error The Pulumi CLI does not support hooks"];
    assert_eq!(notes.told(), expected);
    // The update after the preview says it again.
    {
        let mut lines = program.lines();
        lines.before = std::mem::take(&mut lines.now);
    }
    log(1, "it is hush-hush").await;
    log(1, "it is hush-hush").await;
    assert_eq!(notes.told(), ["say it is [secret]"]);
}

#[tokio::test]
async fn features_are_those_that_are_there() {
    let (notes, program) = (Notes::default(), program());
    let session = Session::new(&notes, &program);
    for (id, expected) in
        [("secrets", true), ("aliasSpecs", true), ("transforms", false), ("", false)]
    {
        let request = SupportsFeatureRequest { id: id.to_owned() };
        let answer: SupportsFeatureResponse =
            ask(&session, "ResourceMonitor/SupportsFeature", request).await;
        assert_eq!(answer.has_support, expected, "{id}");
    }
    let broken: [(&str, &[u8]); 4] = [
        ("/pulumirpc.ResourceMonitor/Call", b""),
        ("/pulumirpc.ResourceMonitor/RegisterResource", b"\xff\xff"),
        ("/pulumirpc.ResourceMonitor/RegisterPackage", b"\x0a\x01x"),
        ("nonsense", b""),
    ];
    for (method, message) in broken {
        assert!(session.answer(method, message).await.is_err(), "{method}");
    }
}

#[tokio::test]
async fn programs_end_in_many_ways() {
    let cases = [
        ("exit 0", None),
        ("echo out; echo wrong >&2; exit 4", Some("the program ended with the exit code 4\nwrong")),
        ("kill -9 $$", Some("the program was ended by the signal SIGKILL")),
        ("echo hush-hush >&2; exit 1", Some("the program ended with the exit code 1\n[secret]")),
    ];
    for (script, expected) in cases {
        let (notes, program) = (Notes::default(), program());
        let session = Session::new(&notes, &program);
        let stack = program.stack_urn();
        let outputs = RegisterResourceOutputsRequest { urn: stack, outputs: object(&[("a", "b")]) };
        let method = "ResourceMonitor/RegisterResourceOutputs";
        ask::<super::messages::Empty>(&session, method, outputs).await;
        let mut command = tokio::process::Command::new("sh");
        command.args(["-c", script]);
        let child = Child::spawn(command, Path::new("sh")).expect("there is a shell");
        let (_sender, calls) = mpsc::channel(1);
        let ended = session.serve(child, calls).await;
        let fault = session.finish(&ended).err().map(|fault| fault.message);
        assert_eq!(fault.as_deref(), expected, "{script}");
        // Outputs count only when all went well.
        let known = notes.outputs.lock().expect("no test panics with it").len();
        assert_eq!(known, usize::from(expected.is_none()), "{script}");
    }
}

#[tokio::test]
async fn calls_come_over_the_socket() {
    let folder = Folder::new().expect("there is room");
    let (sender, mut calls) = mpsc::channel(1);
    let _server = grpc::serve(folder.listen().expect("it is ours"), sender);
    let path = folder.address().trim_start_matches("unix:").to_owned();
    let stream = tokio::net::UnixStream::connect(path).await.expect("it listens");
    let connect = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut client, connection) = connect.await.expect("it speaks HTTP/2");
    tokio::spawn(connection);
    tokio::spawn(async move {
        while let Some(call) = calls.recv().await {
            let answer = match call.method.as_str() {
                "/echo" => Ok(call.message.to_vec()),
                _ => Err(grpc::Status::unimplemented("no such thing: ü")),
            };
            let _ = call.answer.send(answer);
        }
    });
    let cases = [
        ("/echo", &b"\0\0\0\0\x02hi"[..], "0", &b"\0\0\0\0\x02hi"[..]),
        ("/other", b"\0\0\0\0\0", "12", b""),
        ("/echo", b"\x01\0\0\0\0", "12", b""),
        ("/echo", b"\0\0\0\0\x09hi", "3", b""),
    ];
    for (method, sent, status, expected) in cases {
        let request = http::Request::post(format!("http://localhost{method}"));
        let body = Full::new(Bytes::copy_from_slice(sent));
        let answer = client.send_request(request.body(body).expect("it is one")).await;
        let body = answer.expect("it is answered").into_body().collect().await.expect("it ends");
        let trailers = body.trailers().cloned().expect("they say how it went");
        assert_eq!(trailers["grpc-status"], status, "{method}");
        assert_eq!(body.to_bytes(), expected, "{method}");
    }
}
