//! Projects that cannot be deployed: everything wrong is told at once, with its place and what to do.

use crate::support::{Place, faults, weather};
use stack::{Error, Project};

const HEAD: &str = "name: p\nruntime: yaml\n";

/// What a preview of `body` (after two lines of head) finds.
async fn found(body: &str) -> Vec<String> {
    let place = Place::new(&format!("{HEAD}{body}"));
    match place.preview().await.0 {
        Err(error @ Error::Invalid { .. }) => faults(error.diagnostics()),
        Err(other) => vec![other.to_string()],
        Ok(_) => Vec::new(),
    }
}

async fn check(body: &str, expected: &[&str]) {
    assert_eq!(found(body).await, expected, "{body}");
}

#[tokio::test]
async fn names_and_types() {
    check(
        "resources:\n  a: { type: aws:sfn:StateMashine }\n  b: { type: aws:lambda:LayerVersion }\n  c: { typ: aws:s3:Bucket }\n  d: 3\n",
        &[
            "4:14 refit cannot deploy resources of type `aws:sfn:StateMashine` [did you mean `aws:sfn:StateMachine`?]",
            "5:14 refit cannot deploy resources of type `aws:lambda:LayerVersion` [refit deploys aws:lambda:Function, aws:lambda:Invocation, aws:lambda:Permission]",
            "6:3 the resource `c` needs a `type` [such as `type: aws:s3:Bucket`]",
            "6:8 a resource has no `typ` [did you mean `type`?]",
            "7:3 a resource is a mapping with a `type`, not a number",
        ],
    )
    .await;
    check(
        "resources:\n  b: { type: aws:ec2:Instance }\n",
        &[
            "4:14 refit cannot deploy resources of type `aws:ec2:Instance` [refit deploys types of aws:cloudwatch, aws:ecr, aws:iam, aws:lambda, aws:s3, aws:sagemaker, aws:scheduler, aws:sfn, aws:sns, aws:sqs]",
        ],
    )
    .await;
}

#[tokio::test]
async fn references() {
    check(
        "resources:\n  bucket: { type: aws:s3:Bucket }\n  p:\n    type: aws:s3:BucketPolicy\n    properties:\n      bucket: ${buckt}\n      policy: \"x ${bucket.arm} ${pulumi.stak}\"\n    options: { dependsOn: [bucket] }\noutputs: { o: \"${nothing.here}\" }\n",
        &[
            "8:15 `${buckt}` refers to nothing [did you mean `bucket`?]",
            "9:18 aws:s3:Bucket has no output `arm` [did you mean `arn`?]",
            "9:32 `pulumi` has no property `stak` [did you mean `stack`?]",
            "10:28 `dependsOn` must refer to a resource [such as ${bucket}]",
            "11:16 `${nothing.here}` refers to nothing",
        ],
    )
    .await;
    check(
        "resources:\n  bucket: { type: aws:s3:Bucket }\n  p:\n    type: aws:s3:BucketPolicy\n    properties:\n      bucket: ${buckt}\n      policy: \"x ${bucket.arm} ${pulumi.stak}\"\noutputs: { o: \"${nothing.here}\" }\n",
        &[
            "8:15 `${buckt}` refers to nothing [did you mean `bucket`?]",
            "9:18 aws:s3:Bucket has no output `arm` [did you mean `arn`?]",
            "9:32 `pulumi` has no property `stak` [did you mean `stack`?]",
            "10:16 `${nothing.here}` refers to nothing",
        ],
    )
    .await;
    check(
        "resources:\n  a: { type: aws:sns:Topic, properties: { displayName: \"${b.arn}\" } }\n  b: { type: aws:sns:Topic, properties: { displayName: \"${v}\" } }\nvariables: { v: \"${a.arn}\" }\n",
        &["4:3 circular dependency: a -> b -> v -> a [one of them must not refer to the next]"],
    )
    .await;
    check(
        "resources:\n  a: { type: aws:sns:Topic }\nvariables: { a: 1, pulumi: 2 }\n",
        &["4:3 `a` is already the name of something in line 5", "5:20 the name `pulumi` is taken"],
    )
    .await;
}

#[tokio::test]
async fn properties() {
    check(
        "resources:\n  role:\n    type: aws:iam:Role\n    properties:\n      asumeRolePolicy: {}\n      arn: x\n      maxSessionDuration: long\n      managedPolicyArns: one\n      inlinePolicies: [{ nam: x }]\n      tags: [a]\n",
        &[
            "4:3 aws:iam:Role needs the property `assumeRolePolicy`",
            "7:7 aws:iam:Role has no property `asumeRolePolicy` [did you mean `assumeRolePolicy`?]",
            "8:7 `arn` of aws:iam:Role is an output; it cannot be set",
            "9:27 `maxSessionDuration` must be a whole number, not the text `long`",
            "10:26 `managedPolicyArns` must be a list, not the text `one`",
            "11:26 aws:iam:Role has no property `nam` [did you mean `name`?]",
            "12:7 `tags` must be a mapping, not a list",
        ],
    )
    .await;
    check(
        "resources:\n  f:\n    type: aws:lambda:Function\n    properties:\n      role: arn:aws:iam::123456789012:user/me\n      code: code.zip\n      s3Bucket: b\n      capacityProviderConfig: {}\n",
        &[
            "7:13 `role` must be the ARN of a role, not `arn:aws:iam::123456789012:user/me` [a role's ARN is its output `arn`: ${role.arn}]",
            "8:13 `code` must be an archive, such as `fn::fileArchive: FOLDER`, not the text `code.zip`",
            "9:7 aws:lambda:Function takes only one of `code`, `s3Bucket`",
            "10:7 refit does not support `capacityProviderConfig` of aws:lambda:Function",
        ],
    )
    .await;
}

#[tokio::test]
async fn rules_of_aws() {
    check(
        "resources:\n  r: { type: aws:cloudwatch:EventRule, properties: { scheduleExpression: rate(1 minutes) } }\n  s: { type: aws:cloudwatch:EventRule }\n  b: { type: aws:s3:Bucket, properties: { bucket: My_Bucket } }\n  t:\n    type: aws:cloudwatch:EventTarget\n    properties: { rule: \"${r.name}\", arn: \"arn:aws:states:us-east-1:123456789012:stateMachine:m\" }\n",
        &[
            "4:74 `rate(1 minutes)` is no schedule of a rule: rate() with the value 1 takes the unit \"minute\" [rules take rate(5 minutes), rate(1 hour), cron(0 12 * * ? *)]",
            "5:3 aws:cloudwatch:EventRule needs one of `scheduleExpression`, `eventPattern`",
            "6:51 `My_Bucket` is no name for a bucket [3 to 63 lower-case letters, digits, hyphens and dots; a letter or digit at both ends]",
            "7:3 RoleArn is required for target arn:aws:states:us-east-1:123456789012:stateMachine:m. [add `roleArn`: a role that events.amazonaws.com may assume and that may start the target]",
        ],
    )
    .await;
    check(
        "resources:\n  long-name-that-goes-on-and-on-and-on-and-on-and-on-and-on-and-on: { type: aws:cloudwatch:EventRule, properties: { scheduleExpression: rate(1 hour) } }\n",
        &["4:3 the name `long-name-that-goes-on-and-on-and-on-and-on-and-on-and-on-and-on-` plus 7 random characters is longer than 64 characters [give it a shorter name, or set `name`]"],
    )
    .await;
}

const MACHINE: &str = "resources:\n  role: { type: aws:iam:Role, properties: { assumeRolePolicy: { Version: \"2012-10-17\" } } }\n  m:\n    type: aws:sfn:StateMachine\n    properties:\n      roleArn: ${role.arn}\n";

#[tokio::test]
async fn state_machines_as_mappings_and_as_text() {
    let mapping = "      definition:\n        fn::toJSON:\n          StartAt: A\n          States:\n            A:\n              Type: Pass\n              Next: Bee\n            B: { Type: Succeed }\n";
    let found_mapping = found(&format!("{MACHINE}{mapping}")).await;
    assert!(
        found_mapping.iter().any(|fault| fault.starts_with("15:21 MISSING_TRANSITION_TARGET")),
        "{found_mapping:#?}"
    );
    let block = "      definition: |\n        {\n          \"StartAt\": \"A\",\n          \"States\": {\n            \"A\": { \"Type\": \"Pass\", \"Next\": \"Bee\" },\n          }\n        }\n";
    let found_block = found(&format!("{MACHINE}{block}")).await;
    assert!(
        found_block.iter().any(|fault| fault.starts_with("13:51 INVALID_JSON_DESCRIPTION")
            || fault.starts_with("13:52 INVALID_JSON_DESCRIPTION")),
        "{found_block:#?}"
    );
    let place =
        Place::new(&format!("{HEAD}{MACHINE}      definition: {{ fn::readFile: m.json }}\n"));
    place.write("m.json", "{\n  \"StartAt\": \"A\",\n  \"States\": { \"A\": { \"Type\": \"Pass\", \"Next\": \"Bee\" } }\n}\n");
    let error = place.preview().await.0.expect_err("a broken definition");
    let at = error.diagnostics()[0].place.clone().expect("a place");
    assert!(at.file.ends_with("m.json"));
    assert_eq!(at.line, 3);
}

#[tokio::test]
async fn a_role_that_is_not_there() {
    check(
        "resources:\n  m:\n    type: aws:sfn:StateMachine\n    properties:\n      roleArn: arn:aws:iam::123456789012:role/nobody\n      definition: '{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Succeed\"}}}'\n",
        &["7:16 `m` names the role `nobody`, which does not exist [make it with a resource of type aws:iam:Role, and refer to it: ${role.arn}]"],
    )
    .await;
}

#[tokio::test]
async fn the_file_itself() {
    let cases: &[(&str, &[&str])] = &[
        ("", &["1:1 a project is a mapping with `name`, `runtime` and `resources`, not nothing"]),
        ("runtime: yaml", &["1:1 the project needs a `name`"]),
        (
            "name: a/b\nruntime: yaml",
            &["1:7 a project's name has at most 100 letters, digits, `-`, `_` and `.`"],
        ),
        ("a: [", &["2:1 not YAML: while parsing a node, did not find expected node content"]),
    ];
    for (text, expected) in cases {
        let place = Place::new(text);
        let error = Project::load(&place.folder).expect_err(text);
        assert_eq!(faults(error.diagnostics()), *expected, "{text}");
    }
    let python = Place::new("name: p\nruntime: go\nresorces: {}\n");
    let error = python.preview().await.0.expect_err("no YAML program");
    assert_eq!(
        faults(error.diagnostics()),
        [
            "2:10 refit does not run programs of the runtime `go` [it runs the runtimes yaml, python and nodejs]",
            "3:1 a project has no `resorces` [did you mean `resources`?]",
        ]
    );
    let missing = Project::load(&python.folder.join("nowhere"));
    assert!(matches!(missing, Err(Error::NoProject { .. })));
}

#[tokio::test]
async fn options_and_functions() {
    check(
        "resources:\n  a:\n    type: aws:sns:Topic\n    options: { dependOn: [], protect: true, customTimeouts: { create: soon, destroy: 5m }, hooks: {} }\n    properties: { displayName: { fn::toJson2: 1 }, tags: { a: { fn::toJSON: 1, b: 2 } } }\nvariables:\n  x: { fn::invoke: { function: aws:ec2:getAmi } }\n  y: { fn::remoteAsset: \"https://x\" }\n  z: \"${a\"\n  w: { fn::invoke: { function: aws:getRegion, options: { version: 7.0.0, provider: \"${a}\" } } }\n",
        &[
            "6:16 refit has no option `dependOn` [did you mean `dependsOn`?]",
            "6:71 `create` must be a duration [such as 5m, 90s or 1h30m]",
            "6:77 `customTimeouts` has no `destroy`",
            "6:92 refit has no option `hooks` [refit knows additionalSecretOutputs, aliases, customTimeouts, deleteBeforeReplace, deletedWith, dependsOn, ignoreChanges, import, parent, pluginDownloadURL, protect, provider, replaceOnChanges, retainOnDelete, version]",
            "7:34 there is no function `fn::toJson2` [did you mean `fn::toJSON`?]",
            "7:65 `fn::toJSON` must stand alone in its mapping",
            "9:32 refit has no data source `aws:ec2:getAmi` [refit has data sources of aws, aws:cloudwatch, aws:iam, aws:lambda, aws:s3, aws:sagemaker, aws:sfn, aws:sns, aws:sqs]",
            "10:8 refit does not support `fn::remoteAsset` [keep the file in the project, and use fn::fileAsset or fn::fileArchive]",
            "11:7 `${` has no closing brace [`$${` is a literal `${`]",
            "12:74 refit does not support the option `provider` here [data sources are asked by the default provider]",
        ],
    )
    .await;
}

#[tokio::test]
async fn bombs() {
    use std::fmt::Write as _;
    let mut lists = "variables:\n  v0: [x, x]\n".to_owned();
    let mut texts = "variables:\n  v0: xxxxxxxxxxxxxxxx\n".to_owned();
    let mut depths = "variables:\n  v0: x\n".to_owned();
    for i in 1..60 {
        let _ = writeln!(lists, "  v{i}: [\"${{v{0}}}\", \"${{v{0}}}\"]", i - 1);
        let _ = writeln!(texts, "  v{i}: \"${{v{0}}}${{v{0}}}\"", i - 1);
        let _ = writeln!(depths, "  v{i}: {}\"${{v{}}}\"{}", "[".repeat(50), i - 1, "]".repeat(50));
    }
    for bomb in [lists, texts, depths] {
        let faults = found(&bomb).await;
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].ends_with("makes this value too large or too deep"), "{faults:?}");
    }
}

/// Damaged projects are refused or evaluated; nothing panics, nothing hangs.
#[test]
fn damaged_projects() {
    const PIECES: &[&str] = &[
        "${",
        "}",
        "fn::toJSON",
        "fn::select: [99999999999999999999, []]",
        "*transient",
        "&a ",
        "<<: *a",
        "\n",
        "  ",
        "- ",
        "[",
        "]",
        "{",
        ": ",
        "'",
        "\"",
        "|",
        "é",
        "\u{0}",
        "9999999999999999999999",
        "!!int x",
        "${retrain.arn[0]}",
        "${bucket",
        "type:",
        "null",
        "~",
        "? ",
    ];
    let text = std::fs::read_to_string(weather().join("Pulumi.yaml")).expect("readable");
    let objects = text.find("  days-2012-02").expect("there")
        ..text.find("  # ---- The registry").expect("there");
    let mut small = text;
    small.replace_range(objects, "");
    let place = Place::new("");
    let file = place.folder.join("Pulumi.yaml");
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below.max(1) as u64).expect("it is less than a usize")
    };
    for _ in 0..60 {
        let mut letters: Vec<char> = small.chars().collect();
        for _ in 0..=next(6) {
            let at = next(letters.len());
            match next(3) {
                0 => drop(letters.drain(at..(at + next(40)).min(letters.len()))),
                1 => drop(letters.splice(at..at, PIECES[next(PIECES.len())].chars())),
                _ => letters.swap(at, next(small.chars().count()).min(at)),
            }
        }
        let damaged: String = letters.into_iter().collect();
        std::fs::write(&file, &damaged).expect("writable");
        match stack::find_definitions(&file) {
            Ok(found) => drop(found.iter().map(|d| faults(&d.diagnostics)).collect::<Vec<_>>()),
            Err(error) => {
                drop(error.diagnostics().iter().map(ToString::to_string).collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn a_place_shows_its_line() {
    let place = stack::Place {
        file: "Pulumi.yaml".into(),
        line: 12,
        column: 5,
        end_column: 9,
        text: "ab: wörd x".to_owned(),
    };
    assert_eq!(place.excerpt(), "12 | ab: wörd x\n   |     ^^^^");
    let long = stack::Place { text: "x".repeat(5000), column: 4000, end_column: 4003, ..place };
    assert_eq!(long.excerpt().lines().map(|line| line.chars().count()).max(), Some(115));
    let _ = stack::Place { text: String::new(), column: 50, end_column: 60, ..long }.excerpt();
}
