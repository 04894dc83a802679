//! Programs in Python and TypeScript as YAML: what is converted is the same program, and what cannot be read is refused.

use check::{Options, convert};
use std::path::{Path, PathBuf};

const TEMPLATES: &str = "../cli/templates";

fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("refit-convert-{}-{name}", std::process::id()));
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("below a folder"))
            .expect("a folder of the test");
        std::fs::write(path, text).expect("a file of the test");
    }
    folder
}

fn template(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(TEMPLATES).join(path);
    std::fs::read_to_string(path).expect("a template").replace("{{name}}", "nightly")
}

#[test]
fn templates_convert_to_programs_without_findings() {
    for (case, program) in [
        ("retraining/python", "__main__.py"),
        ("retraining/typescript", "index.ts"),
        ("minimal/python", "__main__.py"),
        ("minimal/typescript", "index.ts"),
    ] {
        let (project, text) =
            (template(&format!("{case}/Pulumi.yaml")), template(&format!("{case}/{program}")));
        let folder =
            folder(&case.replace('/', "-"), &[("Pulumi.yaml", &project), (program, &text)]);
        let converted = convert(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        let (yaml, _) = converted.unwrap_or_else(|error| panic!("{case}: {error:?}"));
        let checked = check::check_text("Pulumi.yaml", &yaml, Options { now_ms: 0 });
        assert!(
            checked.findings.iter().all(|finding| finding.severity == check::Severity::Note),
            "{case}\n{yaml}\n{:#?}",
            checked.findings
        );
        assert_eq!(
            checked.resources,
            if case.starts_with("retraining") { 14 } else { 6 },
            "{case}\n{yaml}"
        );
        assert_eq!(checked.definitions, 1, "{case}");
        assert!(yaml.contains("definition:\n        fn::toJSON:\n"), "{case}\n{yaml}");
        assert!(yaml.contains("stateMachineArn: ${"), "{case}\n{yaml}");
    }
}

#[test]
fn what_is_only_known_at_run_time_is_refused_with_its_place() {
    let program =
        "import os\nimport pulumi_aws as aws\nb = aws.s3.Bucket('b', bucket=os.environ['NAME'])\n";
    let folder = folder(
        "refused",
        &[("Pulumi.yaml", "name: x\nruntime: python\n"), ("__main__.py", program)],
    );
    let converted = convert(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
    let Err(check::Error::Unconverted { places }) = converted else { panic!("{converted:?}") };
    assert_eq!(places.len(), 1);
    assert!(
        places[0].ends_with(
            "__main__.py:3:31: error: `os.environ['NAME']` is only known when the program runs"
        ),
        "{places:?}"
    );
}

#[test]
fn text_stays_text() {
    let program = "import pulumi_aws as aws\nt = aws.sns.Topic('t', display_name='a: ${b} #', tags={'on': 'yes', 'n': '1', 'l': 'x\\ny'})\n";
    let folder =
        folder("text", &[("Pulumi.yaml", "name: x\nruntime: python\n"), ("__main__.py", program)]);
    let converted = convert(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
    let (yaml, _) = converted.unwrap();
    let expected = "name: x\nruntime: yaml\n\nresources:\n  t:\n    type: aws:sns:Topic\n    properties:\n      displayName: \"a: $${b} #\"\n      tags:\n        \"on\": \"yes\"\n        \"n\": \"1\"\n        l: \"x\\ny\"\n";
    assert_eq!(yaml, expected);
}
