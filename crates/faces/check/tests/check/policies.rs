//! Policies that IAM refuses, and those it takes: what is told of each.

use crate::programs::look;

/// The property with the policy, its text in Python, where something is found, and words of the message or correction.
const CASES: &[(&str, &str, Option<&str>)] = &[
    ("trust", "'{}'", Some("has no `Statement`")),
    ("trust", "'{\"Statement\": []}'", Some("is empty")),
    ("trust", "'nothing'", Some("it is not JSON")),
    (
        "trust",
        "json.dumps({'Statement': [{'Effect': 'Allow', 'Principal': {'Service': 'states.amazonaws.com'}, 'Action': 'sts:AssumeRole'}]})",
        None,
    ),
    (
        "trust",
        "json.dumps({'Statement': {'Effect': 'Allow', 'Principal': '*', 'Action': 'sts:AssumeRole'}})",
        None,
    ),
    (
        "trust",
        "json.dumps({'Statement': [{'Effect': 'Allow', 'Principal': {'Service': 'sagemaker'}, 'Action': 'sts:AssumeRole'}]})",
        Some("\"sagemaker.amazonaws.com\""),
    ),
    (
        "trust",
        "json.dumps({'Statement': [{'Effect': 'Allow', 'Principal': 'states.amazonaws.com', 'Action': 'sts:AssumeRole'}]})",
        Some("is an object"),
    ),
    (
        "trust",
        "json.dumps({'Statement': [{'Effect': 'Allow', 'Principals': {'Service': 'states.amazonaws.com'}, 'Action': 'sts:AssumeRole'}]})",
        Some("did you mean `Principal`?"),
    ),
    (
        "trust",
        "json.dumps({'Statement': [{'Effect': 'Allow', 'Action': 'sts:AssumeRole'}]})",
        Some("no `Principal`"),
    ),
    (
        "trust",
        "json.dumps({'Statement': [{'Effect': 'Allow', 'Principal': '*', 'Action': 's3:GetObject'}]})",
        Some("and nothing else"),
    ),
    (
        "trust",
        "json.dumps({'Statement': [{'Effect': 'Allow', 'Principal': '*', 'Action': 'sts:AssumeRole', 'Resource': '*'}]})",
        Some("names no `Resource`"),
    ),
    (
        "trust",
        "json.dumps({'Version': '2024-01-01', 'Statement': []})",
        Some("version of the language"),
    ),
    ("trust", "json.dumps({**base, 'Version': '2012-10-17'})", None),
    ("trust", "json.dumps({'Statement': [{**base, 'Effect': 'Allow'}]})", None),
    ("trust", "open('trust.json').read()", None),
    (
        "policy",
        "json.dumps({'Statement': [{'Effect': 'Allow', 'Action': 's3:GetObject', 'Resource': '*'}]})",
        Some("no `Version`"),
    ),
    (
        "policy",
        "json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'allow', 'Action': 's3:GetObject', 'Resource': '*'}]})",
        Some("not `allow`"),
    ),
    (
        "policy",
        "json.dumps({'Version': '2012-10-17', 'Statement': [{'Action': 's3:GetObject', 'Resource': '*'}]})",
        Some("no `Effect`"),
    ),
    (
        "policy",
        "json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Resource': '*'}]})",
        Some("no `Action`"),
    ),
    (
        "policy",
        "json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'GetObject', 'Resource': '*'}]})",
        Some("SERVICE:ACTION"),
    ),
    (
        "policy",
        "json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 's3:GetObject'}]})",
        Some("no `Resource`"),
    ),
    (
        "policy",
        "json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 's3:GetObject', 'Resource': 's3://data/*'}]})",
        Some("\"arn:aws:s3:::data/*\""),
    ),
    (
        "policy",
        "json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 's3:GetObject', 'Resource': name}]})",
        None,
    ),
    (
        "policy",
        "json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Principal': '*', 'Action': 's3:GetObject', 'Resource': '*'}]})",
        Some("names no `Principal`"),
    ),
    ("policy", "json.dumps({'Version': '2012-10-17', 'Statement': statements})", None),
    (
        "policy",
        "json.dumps({'Version': '2012-10-17', 'Statement': wrong_statements})",
        Some("no `Action`"),
    ),
];

#[test]
fn policies() {
    let mut wrong = Vec::new();
    for (kind, policy, expected) in CASES {
        let resource = match *kind {
            "trust" => format!("aws.iam.Role('r', assume_role_policy={policy})"),
            _ => format!("aws.iam.Policy('p', policy={policy})"),
        };
        let text = format!(
            "import json, os\nimport pulumi_aws as aws\nbase = json.loads(os.environ['BASE'])\nname = os.environ['ARN']\nstatements = []\nstatements.append({{'Effect': 'Allow', 'Action': 's3:GetObject', 'Resource': '*'}})\nwrong_statements = []\nwrong_statements.append({{'Effect': 'Allow', 'Resource': '*'}})\n{resource}\n"
        );
        let checked = look("__main__.py", &text);
        let found: Vec<_> =
            checked.findings.iter().filter(|one| one.rule == "policy-document").collect();
        let is_right = match (expected, found.as_slice()) {
            (None, []) => true,
            (Some(words), [one]) => {
                let correction = one.correction.as_deref().unwrap_or_default();
                one.message.contains(words) || correction.contains(words)
            }
            _ => false,
        };
        if !is_right {
            wrong.push(format!("{policy}: {expected:?}, not {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_spread_may_be_any_property() {
    let text = "import * as aws from '@pulumi/aws';\nimport { common } from './common';\nnew aws.iam.Role('r', { ...common, path: '/' });\n";
    let checked = look("index.ts", text);
    assert!(checked.findings.is_empty(), "{:#?}", checked.findings);
}
