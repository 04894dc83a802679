//! Whole programs: what is found, where, and when it shows.

use check::{Checked, Options, check_text};

/// 2026-11-24 00:00 UTC: the next midnight is the next day.
const NOW_MS: i64 = 1_795_478_400_000;

pub(crate) fn look(name: &str, text: &str) -> Checked {
    check_text(name, text, Options { now_ms: NOW_MS })
}

/// `LINE:COLUMN rule`, in order.
fn found(checked: &Checked) -> Vec<String> {
    checked
        .findings
        .iter()
        .map(|finding| {
            let at = checked.sources.position(finding.span);
            format!("{}:{} {}", at.line, at.column, finding.rule)
        })
        .collect()
}

/// A retraining with everything wrong that the well-known recipe has wrong.
const RECIPE: &str = r#"import pulumi
import pulumi_aws as aws

# Who runs the workflow
workflow_role = aws.iam.Role("workflowRole",
    assume_role_policy="""{
      "Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }"""
)
aws.iam.RolePolicyAttachment("jobs",
    policy_arn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess",
    role=workflow_role.name)

# The workflow
workflow = """{
  "StartAt": "Fit",
  "States": {
    "Fit": {
      "Type": "Task",
      "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
      "Parameters": {
        "TrainingJobName": "Nightly",
        "AlgorithmSpecification": {"TrainingInputMode": "File", "AlgorithmName": "Trees"},
        "RoleArn": "${role}",
        // the rest is as usual
      },
      "End": true
    }
  }
}""".replace("${role}", workflow_role.arn)
machine = aws.sfn.StateMachine("workflow", definition=workflow, role_arn=workflow_role.arn)
nightly = aws.cloudwatch.EventRule("nightly", schedule_expression="cron(0 0 * * ? *)")
target = aws.cloudwatch.EventTarget("nightlyTarget", rule=nightly.name, arn=machine.id)
permission = aws.lambda_.Permission("allow", action="lambda:InvokeFunction",
    function=machine.arn, principal="events.amazonaws.com", source_arn=nightly.arn)
pulumi.export("machine", machine.arn)
"#;

#[test]
fn the_recipe_shows_all_its_problems_at_once() {
    let checked = look("__main__.py", RECIPE);
    let expected = [
        "19:5 task-arguments",
        "19:5 task-arguments",
        "19:5 task-arguments",
        "19:5 no-catch",
        "19:5 no-retry",
        "19:5 no-timeout",
        "21:19 sync-permission",
        "23:28 single-use-name",
        "25:20 role-trust",
        "25:29 definition-json",
        "26:9 definition-json",
        "31:25 output-in-text",
        "34:37 target-role",
        "36:14 permission-target",
    ];
    assert_eq!(found(&checked), expected);
    let second = checked.findings.iter().find(|finding| finding.rule == "single-use-name").unwrap();
    assert_eq!(second.when.text(), "from the second run on (2026-11-26 00:00 UTC)");
    assert_eq!(second.severity, check::Severity::Error);
}

#[test]
fn the_recipe_on_one_line_shows_the_same() {
    let line = RECIPE.split_whitespace().collect::<Vec<_>>().join(" ");
    let checked = look("__main__.py", &line);
    let mut rules: Vec<&str> = checked.findings.iter().map(|finding| finding.rule).collect();
    let mut expected: Vec<&str> =
        look("__main__.py", RECIPE).findings.iter().map(|finding| finding.rule).collect();
    expected.push("program-syntax");
    rules.sort_unstable();
    expected.sort_unstable();
    assert_eq!(rules, expected);
    assert!(
        checked.findings.iter().all(|finding| checked.sources.position(finding.span).line == 1)
    );
    let restored = checked.findings[0].correction.as_deref().unwrap();
    assert_eq!(restored.lines().count(), 13, "{restored}");
    assert!(restored.contains("\nmachine = aws.sfn.StateMachine("), "{restored}");
}

#[test]
fn the_recipe_with_apply_is_followed_through_the_function() {
    let text = RECIPE
        .replace("workflow = \"\"\"{", "template = \"\"\"{")
        .replace("}\"\"\".replace(\"${role}\", workflow_role.arn)", "}\"\"\"\nworkflow = workflow_role.arn.apply(lambda arn: template.replace(\"${role}\", arn))");
    let checked = look("__main__.py", &text);
    let rules = found(&checked);
    assert!(!rules.iter().any(|rule| rule.ends_with("output-in-text")), "{rules:?}");
    for expected in ["25:20 role-trust", "26:9 definition-json", "23:28 single-use-name"] {
        assert!(rules.iter().any(|rule| rule == expected), "{expected}: {rules:?}");
    }
}

/// Language, text, what is found.
const CASES: &[(&str, &str, &[&str])] = &[
    (
        "__main__.py",
        "import pulumi_aws as aws\nr = aws.iam.Role(\"r\", assume_role_policy=\"x\" + aws.s3.Bucket(\"b\").arn)\n",
        &["2:48 output-in-text"],
    ),
    (
        "__main__.py",
        "import json, pulumi_aws as aws\nb = aws.s3.Bucket(\"b\")\np = aws.iam.Policy(\"p\", policy=json.dumps({\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": b.arn}]}))\n",
        &["3:32 output-in-text"],
    ),
    (
        "__main__.py",
        "import pulumi_aws as aws\nb = aws.s3.Bucket(\"b\")\nprint(\"{}/x\".format(b.arn))\n",
        &["3:21 output-in-text"],
    ),
    (
        "__main__.py",
        "import pulumi_aws as aws\nm = aws.stepfunctions.StateMachine(\"m\")\n",
        &["2:9 unknown-name"],
    ),
    (
        "__main__.py",
        "import pulumi_aws as aws\nf = aws.lambda.Function(\"f\")\n",
        &["2:9 unknown-name", "2:25 required-property"],
    ),
    (
        "__main__.py",
        "import pulumi_aws as aws\nbuckets = [aws.s3.Bucket(name) for name in ('a', 'b')]\nprint(bucket)\n",
        &["3:7 unknown-name"],
    ),
    // Names that only a part of an expression or statement knows.
    (
        "__main__.py",
        "import pulumi_aws as aws\nqueues = {name: aws.sqs.Queue(name) for name in ('a', 'b')}\nurls = {name: queue.url for name, queue in queues.items()}\nkinds = {kind for kind in ('x', 'y')}\nboth = [(left, right) for left in kinds for right, _ in [(1, 2)] if left]\nprint(any(kind == 'x' for kind in kinds), f\"{', '.join(text for text in kinds)}\")\n",
        &[],
    ),
    (
        "__main__.py",
        "import pulumi_aws as aws\ntry:\n    with open('a') as file, open('b') as other:\n        print(file, other)\nexcept (OSError, ValueError) as error:\n    print(error)\nfor index, (key, value) in enumerate({'a': 1}.items()):\n    print(index, key, value)\nif (count := 3) > 2:\n    print(count)\nfirst, *rest = [1, 2]\nprint(first, rest, (lambda a, *b, **c: (a, b, c))(1))\nmatch first:\n    case [one, two]:\n        print(one, two)\n",
        &[],
    ),
    (
        "__main__.py",
        "import pulumi_aws as aws\nb = aws.s3.Bucket(\"b\"\nc = aws.s3.Bucket(\"c\")\n",
        &["2:18 program-syntax"],
    ),
    ("__main__.py", "x = \"no end\ny = 1\n", &["1:5 program-syntax"]),
    (
        "__main__.py",
        "import pulumi_aws as aws\nt = aws.sns.Topic(\"t\")\naws.sns.TopicSubscription(\"s\", topic=t.name, protocol=\"sqs\", endpont=t.arn)\n",
        &["3:27 required-property", "3:62 required-property"],
    ),
    (
        "__main__.py",
        "import pulumi_aws as aws\nclass Job:\n    def __init__(self, name):\n        self.bucket = aws.s3.Bucket(f\"{name}-b\", bucket=\"UPPER\")\nj = Job(\"x\")\n",
        &["4:57 bucket-name"],
    ),
    (
        "__main__.py",
        "from pulumi.dynamic import *\nimport pulumi_aws as aws\nclass P(ResourceProvider):\n    pass\naws.s3.Bucket(\"b\", bucket=\"UPPER\")\nprint(CreateResult)\n",
        &["5:27 bucket-name"],
    ),
    (
        "__main__.py",
        "from pulumi_aws import *\nfrom pulumi import *\nb = s3.Bucket(\"b\", bucket=\"UPPER\")\nexport(\"b\", b.id)\n",
        &["3:27 bucket-name"],
    ),
    (
        "index.ts",
        "import * as aws from \"@pulumi/aws\";\nconst b = new aws.s3.Bucket(\"b\");\nexport const url = `s3://${b.id}/x`;\n",
        &["3:26 output-in-text"],
    ),
    (
        "index.ts",
        "import * as aws from \"@pulumi/aws\";\nconst b = new aws.s3.Bucket(\"b\");\nconst p = JSON.stringify({ a: [b.arn] });\n",
        &["3:11 output-in-text"],
    ),
    (
        "index.ts",
        "import * as pulumi from \"@pulumi/pulumi\";\nimport * as aws from \"@pulumi/aws\";\nconst b: aws.s3.Bucket = new aws.s3.Bucket(\"b\", { bucket: \"A_B\" });\nexport const url = pulumi.interpolate`s3://${b.id}/x`;\n",
        &["3:59 bucket-name"],
    ),
    (
        "index.ts",
        "import { Bucket } from \"@pulumi/aws/s3\";\nfunction make(name: string) {\n  return new Bucket(name, { bucket: \"UP\" });\n}\nconst b = make(\"b\");\n",
        &["3:37 bucket-name"],
    ),
    (
        "index.ts",
        "import * as aws from '@pulumi/aws';\nconst rule = new aws.cloudwatch.EventRule('r', { scheduleExpression: 'cron(0 0 * * * *)' });\nnew aws.cloudwatch.EventTarget('t', { rule: rule.name, arn: 'arn:aws:states:us-east-1:123456789012:stateMachine:m' });\n",
        &["2:70 schedule-expression", "3:32 target-role"],
    ),
    (
        "Pulumi.yaml",
        "name: x\nruntime: yaml\nresources:\n  b:\n    type: aws:s3:Bucket\n  o:\n    type: aws:s3:BucketObjectv2\n    properties: { bucket: \"${c.id}\", key: k, content: x }\n",
        &["8:28 unknown-name"],
    ),
    (
        "Pulumi.yaml",
        "name: x\nruntime: yaml\nresources:\n  b:\n    type: aws:s3:Bucket\n    properties: [\n",
        &["7:1 program-syntax"],
    ),
    (
        "machine.asl.yaml",
        "StartAt: A\nStates:\n  A: { Type: Pass, Next: B }\n",
        &["3:3 states-language", "3:26 states-language"],
    ),
    ("machine.json", "", &["1:1 definition-json"]),
];

#[test]
fn programs() {
    let wrong: Vec<String> = CASES
        .iter()
        .map(|(name, text, expected)| (name, text, expected, found(&look(name, text))))
        .filter(|(_, _, expected, found)| found != *expected)
        .map(|(name, text, expected, found)| {
            format!("{name}:\n{text}\nfound {found:?} instead of {expected:?}")
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn nothing_panics_on_pieces_of_programs() {
    let page = "name: x\nruntime: yaml\nresources:\n  m:\n    type: aws:sfn:StateMachine\n    properties:\n      definition: |\n        {\"StartAt\": \"Ä\", // ü\n         \"States\": {\"Ä\": {\"Type\": \"Task\", \"Resource\": \"${f.arn}\"}}}\n  f: { type: 'aws:lambda:Function', properties: { handler: \"a.b\\u00e4\" } }\n";
    let script = "import * as aws from \"@pulumi/aws\";\nconst r = new aws.iam.Role('ä', { assumeRolePolicy: `{\"a\": \"${x ? y : `${z}`}\"}` }, { parent: this });\nasync function f({ a, b }: { a: string }): Promise<void> { for (const x of [1]) { await g(x!); } }\n";
    for (name, text) in [("__main__.py", RECIPE), ("Pulumi.yaml", page), ("index.ts", script)] {
        for (end, _) in text.char_indices().step_by(5) {
            look(name, &text[..end]);
            look(name, &text[end..]);
        }
    }
    for text in [
        "(".repeat(5000),
        "[".repeat(5000),
        "{\"a\":".repeat(5000),
        "f'{".repeat(5000),
        "a: &a [*a]\n".to_owned(),
        "lambda: ".repeat(5000),
        "not ".repeat(5000),
        "`${".repeat(5000),
        "-".repeat(5000),
    ] {
        for name in ["__main__.py", "index.ts", "Pulumi.yaml", "machine.json"] {
            look(name, &text);
        }
    }
}

#[test]
fn aliases_do_not_grow_without_end() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        text = format!("{text}a{level}: &a{level} [{}]\n", before.trim_end_matches(", "));
    }
    assert_eq!(look("Pulumi.yaml", &text).findings[0].rule, "program-syntax");
}
