//! Components in YAML: inputs, resources, outputs, used as types of resources; in the project's file and in packages beside it.

use crate::support::{Place, faults};
use serde_json::{Value, json};
use stack::Error;

const HEAD: &str = "name: p\nruntime: yaml\n";

/// A component with everything in it, and two uses of it.
const TWO: &str = r#"components:
  Trainer:
    inputs:
      words: { type: string }
      keep: { type: integer, default: 3 }
    variables:
      title: ${words}-${keep}
    resources:
      topic:
        type: aws:sns:Topic
        properties: { displayName: "${title}" }
      queue:
        type: aws:sqs:Queue
        properties: { delaySeconds: "${keep}", tags: { topic: "${topic.arn}" } }
    outputs:
      arn: ${topic.arn}
      title: ${title}
resources:
  one:
    type: p:Trainer
    properties: { words: hello }
  two:
    type: p:index:Trainer
    properties: { words: "${one.title}", keep: "7" }
    options: { protect: false }
  last:
    type: aws:sns:Topic
    properties: { displayName: "${two.title}" }
outputs: { one: "${one.arn}", two: "${two.title}" }
"#;

fn resources(place: &Place) -> Vec<Value> {
    place.state()["checkpoint"]["latest"]["resources"].as_array().expect("a list").clone()
}

fn find<'a>(resources: &'a [Value], end: &str) -> &'a Value {
    let is_it = |one: &&Value| one["urn"].as_str().is_some_and(|urn| urn.ends_with(end));
    resources.iter().find(is_it).unwrap_or_else(|| panic!("no {end}"))
}

#[tokio::test]
async fn used_twice() {
    let place = Place::new(&format!("{HEAD}{TWO}"));
    let (up, _) = place.up().await;
    let up = up.unwrap_or_else(|error| panic!("{:?}", faults(error.diagnostics())));
    assert_eq!(up.outputs["two"], "hello-3-7");
    assert!(up.outputs["one"].as_str().expect("a text").contains("one-topic-"));
    let all = resources(&place);
    let one = "urn:pulumi:dev::p::p:index:Trainer::one";
    assert_eq!(find(&all, "Trainer::one")["outputs"]["title"], "hello-3");
    let topic = find(&all, "::one-topic");
    assert_eq!(topic["urn"], "urn:pulumi:dev::p::p:index:Trainer$aws:sns/topic:Topic::one-topic");
    assert_eq!(topic["parent"], one);
    // What comes after a component comes after everything in it.
    let after = |end: &str| find(&all, end)["dependencies"].to_string();
    assert!(
        after("::two-queue").contains("::one-topic") && after("::last").contains("::two-topic")
    );
    assert!(place.up().await.0.expect("deployable").is_unchanged());
    // An input is changed for one of them.
    place.write("Pulumi.yaml", &format!("{HEAD}{}", TWO.replace("\"7\"", "8")));
    let (up, recorder) = place.up().await;
    up.expect("deployable");
    assert_eq!(recorder.plan(), ["update last", "update two-queue", "update two-topic"]);
    // One of them goes.
    let gone = TWO
        .replace("\"7\"", "8")
        .replace("${one.title}", "hello-3")
        .replace("one: \"${one.arn}\", ", "");
    let start = gone.find("  one:\n").expect("there");
    let end = gone.find("  two:\n").expect("there");
    place.write("Pulumi.yaml", &format!("{HEAD}{}{}", &gone[..start], &gone[end..]));
    let (up, recorder) = place.up().await;
    up.expect("deployable");
    assert_eq!(recorder.plan(), ["delete one-queue", "delete one-topic"]);
    assert_eq!(place.destroy().await.0.expect("deletable").resources, 0);
    assert_eq!(place.aws.names(), Vec::<String>::new());
}

#[tokio::test]
async fn in_one_another_with_a_provider() {
    let program = r#"components:
  Outer:
    inputs: { region: { type: string } }
    resources:
      inner: { type: p:Inner, name: core, properties: { count: 2 } }
      own: { type: aws:sns:Topic, options: { dependsOn: ["${inner}"] } }
    outputs: { arn: "${inner.arn}" }
  Inner:
    inputs: { count: { type: number } }
    resources:
      leaf: { type: aws:sns:Topic, properties: { displayName: "${count}" } }
    outputs: { arn: "${leaf.arn}" }
resources:
  west: { type: "pulumi:providers:aws", properties: { region: us-west-2 } }
  all: { type: p:Outer, properties: { region: x }, options: { provider: "${west}" } }
outputs: { arn: "${all.arn}" }
"#;
    let place = Place::new(&format!("{HEAD}{program}"));
    place.up().await.0.unwrap_or_else(|error| panic!("{:?}", faults(error.diagnostics())));
    let all = resources(&place);
    let leaf = find(&all, "::all-core-leaf");
    let parents = "p:index:Outer$p:index:Inner$aws:sns/topic:Topic::all-core-leaf";
    assert!(leaf["urn"].as_str().expect("a text").ends_with(parents), "{leaf}");
    assert_eq!(leaf["inputs"]["region"], "us-west-2");
    let regions = place.aws.take_regions();
    assert!(regions.contains(&"CreateTopic us-west-2".to_owned()), "{regions:?}");
    assert!(find(&all, "::all-own")["dependencies"].to_string().contains("all-core-leaf"));
}

/// What was deployed under its plain name by an older Pulumi is not made again.
#[tokio::test]
async fn plain_names_of_before() {
    let program = "components:\n  C: { resources: { t: { type: aws:sns:Topic } } }\nresources: { c: { type: p:C } }\n";
    let place = Place::new(&format!("{HEAD}{program}"));
    place.up().await.0.expect("deployable");
    place.edit_state(|state| {
        let text = state.to_string().replace("Topic::c-t", "Topic::t");
        *state = serde_json::from_str(&text).expect("JSON");
    });
    assert!(place.up().await.0.expect("deployable").is_unchanged());
    assert_eq!(find(&resources(&place), "Topic::c-t")["type"], "aws:sns/topic:Topic");
}

#[tokio::test]
async fn packages_beside_the_project() {
    let package = r#"name: things
runtime: yaml
components:
  Box:
    inputs: { text: { type: string } }
    resources:
      bucket: { type: aws:s3:Bucket }
      object: { type: aws:s3:BucketObjectv2, properties: { bucket: "${bucket.id}", key: k, source: { fn::fileAsset: hello.txt } } }
      more: { type: things:Note, properties: { text: "${text} ${pulumi.project} ${read}" } }
    variables: { read: { fn::readFile: ./hello.txt } }
    outputs: { name: "${bucket.id}" }
  Note:
    inputs: { text: { type: string } }
    resources: { topic: { type: aws:sns:Topic, properties: { displayName: "${text}" } } }
"#;
    let program = "packages: { lib: ./lib, aws: aws@7 }\nresources: { x: { type: lib:Box, properties: { text: hi } } }\n";
    for manifest in ["PulumiPlugin.yaml", "Pulumi.yaml"] {
        let place = Place::new(&format!("{HEAD}{program}"));
        place.write(&format!("lib/{manifest}"), package);
        place.write("lib/hello.txt", "there");
        place.up().await.0.unwrap_or_else(|error| panic!("{:?}", faults(error.diagnostics())));
        let all = resources(&place);
        assert_eq!(find(&all, "::x-more-topic")["inputs"]["displayName"], "hi p there");
        assert_eq!(place.aws.input("PutObject")["Body"], json!("dGhlcmU="));
        assert!(place.up().await.0.expect("deployable").is_unchanged());
    }
}

/// What fails in a component keeps back what comes after it, and nothing else.
#[tokio::test]
async fn failures() {
    let place = Place::new(&format!("{HEAD}{TWO}"));
    place.aws.refuse("CreateQueue", "Throttled", "no more queues");
    let error = place.up().await.0.expect_err("no queues");
    assert!(matches!(error, Error::Failed { .. }), "{error:?}");
    let names = place.aws.names();
    assert_eq!(names.len(), 1, "{names:?}");
    place.aws.allow("CreateQueue");
    let (up, recorder) = place.up().await;
    up.expect("deployable");
    assert_eq!(
        recorder.plan(),
        ["create last", "create one-queue", "create two-queue", "create two-topic"]
    );
}

async fn found(body: &str) -> Vec<String> {
    let place = Place::new(&format!("{HEAD}{body}"));
    place.write("lib/PulumiPlugin.yaml", "runtime: python\n");
    place.write("empty/x", "");
    match place.preview().await.0 {
        Err(error @ Error::Invalid { .. }) => faults(error.diagnostics()),
        Err(other) => vec![other.to_string()],
        Ok(_) => Vec::new(),
    }
}

#[tokio::test]
async fn what_is_wrong_is_told() {
    let component = "components:\n  C:\n    inputs: { size: { type: integer }, name: { type: string, default: x } }\n    resources: { t: { type: aws:sns:Topic } }\n    outputs: { arn: \"${t.arn}\" }\n";
    let cases: &[(&str, &[&str])] = &[
        (
            "resources:\n  c: { type: p:C, properties: { siz: 1 } }\noutputs: { a: \"${c.ar}\", b: \"${c}\" }\n",
            &[
                "9:3 the component p:index:C needs the input `size`",
                "9:38 the component p:index:C has no input `siz` [did you mean `size`?]",
                "10:16 the component p:index:C has no output `ar` [did you mean `arn`?]",
                "10:30 `${c}` is a component and no value [name one of its outputs: ${c.OUTPUT}]",
            ],
        ),
        (
            "resources:\n  c: { type: p:C, properties: { size: many } }\n",
            &["9:39 the input `size` must be of type integer, not a string"],
        ),
        (
            "resources:\n  c: { type: p:D, properties: { size: 1 } }\n",
            &["9:14 refit cannot deploy resources of type `p:index:D` [did you mean `p:index:C`?]"],
        ),
        (
            "resources:\n  c: { type: p:C, properties: { size: 1 }, options: { import: x } }\n",
            &["9:3 p:index:C is a component: it cannot be imported or only read"],
        ),
    ];
    for (body, expected) in cases {
        let mut told = found(&format!("{component}{body}")).await;
        told.sort();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(told, expected, "{body}");
    }
    let cases: &[(&str, &str)] = &[
        ("components: 3\n", "3:13 `components` must be a mapping, not a number"),
        (
            "components:\n  C: { input: {} }\n",
            "4:8 a component has no `input` [did you mean `inputs`?]",
        ),
        (
            "components:\n  C: { resources: { t: { type: aws:sns:Topik } } }\n",
            "4:32 refit cannot deploy resources of type `aws:sns:Topik` [did you mean `aws:sns:Topic`?]",
        ),
        (
            "components:\n  A: { resources: { b: { type: p:B } } }\n  B: { resources: { a: { type: p:A } } }\n",
            "4:3 a component contains itself: A -> B -> A",
        ),
        (
            "packages: { lib: ./lib }\n",
            "3:13 ./lib is no package of `runtime: yaml` [refit runs no packages of other languages]",
        ),
        (
            "packages: { lib: ./empty }\n",
            "3:13 ./empty has no PulumiPlugin.yaml [it says `runtime: yaml`, and has `components`]",
        ),
        (
            "packages: { random: random@4.1 }\n",
            "3:13 refit does not fetch the package `random` [a package is a folder beside the project, such as ./lib]",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(found(body).await, [*expected], "{body}");
    }
}

/// Ten of ten of ten of ten of ten.
#[tokio::test]
async fn too_many() {
    let tens = |of: &str| {
        (0..10).map(|n| format!("r{n}: {{ type: {of} }}")).collect::<Vec<_>>().join(", ")
    };
    let level = |level: usize| {
        let of = level.checked_sub(1).map_or("aws:sns:Topic".to_owned(), |of| format!("p:L{of}"));
        format!("  L{level}: {{ resources: {{ {} }} }}\n", tens(&of))
    };
    let levels: String = (0..5).map(level).collect();
    let many = format!("components:\n{levels}resources: {{ all: {{ type: p:L4 }} }}\n");
    assert_eq!(found(&many).await, ["1:1 with its components this is more than 20000 resources"]);
}
