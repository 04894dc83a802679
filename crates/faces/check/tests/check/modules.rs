//! Programs of several files: what a file of the program's own imports is read, too.

use check::{Options, Severity};
use std::path::Path;

/// What is found in a project of these files: `FILE:LINE rule`.
fn found(case: &str, files: &[(&str, &str)]) -> (Vec<String>, usize) {
    // A thread plays one test: no other case of the same name is there at the same time.
    let (process, thread) = (std::process::id(), std::thread::current().id());
    let folder = std::env::temp_dir().join(format!("refit-modules-{process}-{thread:?}-{case}"));
    let _ = std::fs::remove_dir_all(&folder);
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("below a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let checked = check::check(std::slice::from_ref(&folder), Options { now_ms: 0 });
    std::fs::remove_dir_all(&folder).expect("it was there");
    let checked = checked.expect("readable");
    let place = |finding: &check::Finding| {
        let path = &checked.sources.file(finding.span.file).path;
        let name = path.strip_prefix(&folder).unwrap_or(Path::new("?")).display();
        format!("{name}:{} {}", checked.sources.position(finding.span).line, finding.rule)
    };
    let told = checked.findings.iter().filter(|finding| finding.severity == Severity::Error);
    (told.map(place).collect(), checked.resources)
}

const PYTHON: (&str, &str) = ("Pulumi.yaml", "name: x\nruntime: python\n");
const NODE: (&str, &str) = ("Pulumi.yaml", "name: x\nruntime: nodejs\n");
const TRUST: &str = "import json\nimport pulumi_aws as aws\ndef trust(service):\n    return json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Principal': {'Service': service}, 'Action': 'sts:AssumeRole'}]})\nrole = aws.iam.Role('role', assume_role_policy=trust('lambda.amazonaws.com'))\n";
const MACHINE: &str = "m = aws.sfn.StateMachine('m', role_arn=ROLE, definition=json.dumps({'StartAt': 'A', 'States': {'A': {'Type': 'Succeed'}}}))\n";

#[test]
fn python() {
    let main = |import: &str, role: &str| {
        format!(
            "import json\nimport pulumi_aws as aws\n{import}\n{}",
            MACHINE.replace("ROLE", role)
        )
    };
    for (case, file, import, role) in [
        ("from", "roles.py", "from roles import role", "role.arn"),
        ("renamed", "roles.py", "from roles import role as r", "r.arn"),
        ("whole", "roles.py", "import roles", "roles.role.arn"),
        ("short", "roles.py", "import roles as r", "r.role.arn"),
        ("all", "roles.py", "from roles import *", "role.arn"),
        ("package", "lib/roles.py", "from lib.roles import role", "role.arn"),
        ("of package", "lib/roles.py", "from lib import roles", "roles.role.arn"),
        ("init", "lib/__init__.py", "from lib import role", "role.arn"),
    ] {
        let text = main(import, role);
        let (told, resources) = found(case, &[PYTHON, ("__main__.py", &text), (file, TRUST)]);
        assert_eq!(told, ["__main__.py:4 role-trust"], "{case}");
        assert_eq!(resources, 2, "{case}");
    }
}

#[test]
fn functions_of_other_files_see_their_own_names() {
    let lib = "import json\nimport pulumi_aws as aws\nSERVICE = 'events.amazonaws.com'\ndef make(name):\n    return aws.iam.Role(name, assume_role_policy=json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Principal': {'Service': SERVICE}, 'Action': 'sts:AssumeRole'}]}))\n";
    let main = format!(
        "import json\nimport pulumi_aws as aws\nimport lib\nSERVICE = 'states.amazonaws.com'\nrole = lib.make('r')\n{}",
        MACHINE.replace("ROLE", "role.arn")
    );
    let (told, resources) = found("home", &[PYTHON, ("__main__.py", &main), ("lib.py", lib)]);
    assert_eq!((told, resources), (vec!["__main__.py:6 role-trust".to_owned()], 2));
}

#[test]
fn what_is_wrong_there_is_told_there() {
    let lib = "import pulumi_aws as aws\nb = aws.s3.Bucket('b', bucket='UPPER')\ndef never():\n    aws.s3.Bucket('c', bucket='LOWER')\n";
    let (told, _) = found("there", &[PYTHON, ("__main__.py", "import lib\n"), ("lib.py", lib)]);
    assert_eq!(told, ["lib.py:2 bucket-name", "lib.py:4 bucket-name"]);
    let (told, _) = found(
        "syntax",
        &[PYTHON, ("__main__.py", "import lib\n"), ("lib.py", "x = 'no end\ny = 2\n")],
    );
    assert_eq!(told, ["lib.py:1 program-syntax"]);
}

#[test]
fn typescript() {
    let lib = "import * as aws from '@pulumi/aws';\nexport const bucket = new aws.s3.Bucket('b', { bucket: 'UPPER' });\nexport function topic(name: string) { return new aws.sns.Topic(name); }\n";
    for (case, file, import, use_) in [
        (
            "names",
            "lib.ts",
            "import { bucket, topic } from './lib';",
            "topic('t'); export const b = bucket.id;",
        ),
        (
            "whole",
            "lib/index.ts",
            "import * as lib from './lib';",
            "lib.topic('t'); export const b = lib.bucket.id;",
        ),
        ("ending", "lib.ts", "import { topic } from './lib.js';", "topic('t');"),
    ] {
        let main = format!("{import}\n{use_}\n");
        let (told, resources) = found(case, &[NODE, ("index.ts", &main), (file, lib)]);
        assert_eq!(told, [format!("{file}:2 bucket-name")], "{case}");
        assert_eq!(resources, 2, "{case}");
    }
}

#[test]
fn circles_and_what_is_outside_are_left_alone() {
    let (told, resources) = found(
        "circle",
        &[
            PYTHON,
            ("__main__.py", "import a\nimport os\nfrom ..above import b\nfrom . import nothing\n"),
            ("a.py", "import b\nimport pulumi_aws as aws\nt = aws.sns.Topic('t')\n"),
            ("b.py", "import a\nfrom a import t\nprint(t)\n"),
        ],
    );
    assert_eq!((told, resources), (Vec::new(), 1));
    let (told, _) = found(
        "outside",
        &[
            NODE,
            (
                "index.ts",
                "import { x } from '../../x';\nimport { y } from './no';\nconsole.log(x, y);\n",
            ),
        ],
    );
    assert_eq!(told, Vec::<String>::new());
}
