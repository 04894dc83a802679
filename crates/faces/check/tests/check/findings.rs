//! What findings carry: words of AWS, corrections, fixes, allowances.

use crate::programs::look;
use check::{Severity, When, fix, human};

const DEFINITION: &str = r#"{
  "StartAt": "Train",
  "States": {
    // the job
    "Train": {
      "Type": "Task",
      "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
      "Parameters": {
        "TrainingJobName": "nightly",
        "RoleArn": "arn:aws:iam::123456789012:role/job",
        "AlgorithmSpecificaton": {"TrainingImage": "i", "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://b/"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
      },
      "End": true
    }
  }
}
"#;

#[test]
fn definitions_are_fixed_until_nothing_is_left_to_fix() {
    let folder = std::env::temp_dir().join(format!("refit-check-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("machine.asl.json");
    std::fs::write(&file, DEFINITION).unwrap();
    let options = check::Options { now_ms: 0 };
    let paths = [file.clone()];
    for _ in 0..3 {
        let checked = check::check(&paths, options).unwrap();
        fix(&checked.sources, &checked.findings).unwrap();
    }
    let fixed = std::fs::read_to_string(&file).unwrap();
    let checked = check::check(&paths, options).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(checked.count(Severity::Error), 0, "{fixed}\n{:#?}", checked.findings);
    assert!(
        fixed.contains("\"TrainingJobName.$\": \"States.Format('nightly-{}', States.UUID())\","),
        "{fixed}"
    );
    assert!(fixed.contains("\"AlgorithmSpecification\""), "{fixed}");
    assert!(!fixed.contains("// the job"), "{fixed}");
    serde_json::from_str::<serde_json::Value>(&fixed).unwrap();
}

#[test]
fn people_read_place_line_words_of_aws_and_the_corrected_line() {
    let checked = look("machine.asl.json", DEFINITION);
    let finding =
        checked.findings.iter().find(|finding| finding.rule == "single-use-name").unwrap();
    let expected = r#"machine.asl.json:9:28: warning[single-use-name]: every run makes a training job called "nightly", and AWS takes a name once
  9 |         "TrainingJobName": "nightly",
    |                            ^^^^^^^^^
  AWS says from the second run on: SageMaker.ResourceInUseException: Training job names must be unique within an AWS account and region, and a training job with this name already exists
  help: a name made of States.UUID() is new in each run; the name of a scheduled execution ($$.Execution.Name) is longer than a job's name may be
  write:
            "TrainingJobName.$": "States.Format('nightly-{}', States.UUID())","#;
    assert_eq!(human(&checked, finding), expected);
    assert_eq!(finding.when, When::SecondRun(None));
}

/// Where the allowance stands: text, whether `bucket-name` is allowed.
const ALLOWED: &[(&str, bool)] = &[
    (
        "  b:\n    type: aws:s3:Bucket\n    properties:\n      bucket: A_B # refit: allow bucket-name because it is older\n",
        true,
    ),
    (
        "  # refit: allow bucket-name because it is older\n  b:\n    type: aws:s3:Bucket\n    properties:\n      bucket: A_B\n",
        true,
    ),
    (
        "  # refit: allow-file bucket-name because all are older\n  a: { type: aws:sns:Topic }\n  b:\n    type: aws:s3:Bucket\n    properties:\n      bucket: A_B\n",
        true,
    ),
    (
        "  # refit: allow bucket-name because it is older\n  a: { type: aws:sns:Topic }\n  b:\n    type: aws:s3:Bucket\n    properties:\n      bucket: A_B\n",
        false,
    ),
    (
        "  # refit: allow bucket-name\n  b:\n    type: aws:s3:Bucket\n    properties:\n      bucket: A_B\n",
        false,
    ),
    (
        "  # refit: allow no-retry because of something else\n  b:\n    type: aws:s3:Bucket\n    properties:\n      bucket: A_B\n",
        false,
    ),
];

#[test]
fn allowances() {
    for (resources, is_allowed) in ALLOWED {
        let text = format!("name: x\nruntime: yaml\nresources:\n{resources}");
        let checked = look("Pulumi.yaml", &text);
        let finding =
            checked.findings.iter().find(|finding| finding.rule == "bucket-name").unwrap();
        assert_eq!(finding.allowed.is_some(), *is_allowed, "{text}");
        assert_eq!(checked.count(Severity::Error), usize::from(!is_allowed));
    }
}

#[test]
fn a_state_allows_in_its_comment() {
    let text = r#"{"StartAt": "C", "States": {"C": {"Type": "Choice",
      "Comment": "refit: allow choice-default because every input has one of the two",
      "Choices": [{"Variable": "$.a", "IsPresent": true, "Next": "D"}]}, "D": {"Type": "Succeed"}}}"#;
    let checked = look("machine.json", text);
    assert_eq!(checked.findings[0].allowed.as_deref(), Some("every input has one of the two"));
}
