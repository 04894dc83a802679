//! What a dry run tells of the calls that would be made, and what is waited for when they are.

use crate::support::Place;
use stack::Error;

const HEAD: &str = "name: p\nruntime: yaml\nconfig:\n  word: { type: string, default: hush, secret: true }\n  size: { type: integer, default: 30 }\n";
const MACHINE: &str = r#"resources:
  r:
    type: aws:iam:Role
    properties:
      name: r
      assumeRolePolicy: '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["states.amazonaws.com"]}}]}'
  m:
    type: aws:sfn:StateMachine
    properties: { name: m, roleArn: "${r.arn}", definition: '{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}' }
"#;
const MORE: &str = r#"resources:
  b: { type: aws:s3:Bucket, properties: { bucket: the-bucket, forceDestroy: true } }
  o: { type: aws:s3:BucketObjectv2, properties: { bucket: "${b.id}", key: k, content: "${word}" } }
  q: { type: aws:sqs:Queue, properties: { name: q, visibilityTimeoutSeconds: "${size}", tags: { word: "${word}" } } }
  t: { type: aws:sns:TopicSubscription, properties: { topic: "arn:aws:sns:us-east-1:123456789012:t", protocol: sqs, endpoint: "${q.arn}" } }
"#;

/// The calls told are those that are made, in their order, and telling makes none.
#[tokio::test]
async fn what_is_told_is_what_is_made() {
    for program in [MACHINE, MORE] {
        let mut place = Place::new(&format!("{HEAD}{program}"));
        place.options.passphrase = Some("for the test".to_owned());
        place.options.parallel = 1;
        let [told, _] = place.calls().await;
        place.aws.take_calls();
        place.up().await.0.expect("deployable");
        let mut told: Vec<&str> = told
            .iter()
            .filter(|call| !call.contains("until"))
            .filter_map(|call| call.split(' ').next())
            .collect();
        let mut made = place.aws.take_calls();
        told.sort_unstable();
        made.sort_unstable();
        assert_eq!(told, made);
        let [none, deleted] = place.calls().await;
        assert_eq!(none, Vec::<String>::new());
        assert!(place.aws.take_calls().is_empty());
        place.destroy().await.0.expect("deletable");
        let deleted: Vec<&str> = deleted.iter().filter_map(|call| call.split(' ').next()).collect();
        for call in place.aws.take_calls() {
            assert!(deleted.contains(&call.as_str()), "{call} is not in {deleted:?}");
        }
    }
}

/// Secrets and what is not known yet are words; blobs are sizes.
#[tokio::test]
async fn what_the_inputs_show() {
    let mut place = Place::new(&format!("{HEAD}{MORE}"));
    place.options.passphrase = Some("for the test".to_owned());
    let [told, _] = place.calls().await;
    let told = told.join("\n");
    assert!(!told.contains("hush") && !told.contains("aHVzaA"), "{told}");
    assert!(told.contains(r#""VisibilityTimeout":"30""#), "{told}");
    assert!(told.contains(r#""word":"[secret]""#), "{told}");
    assert!(told.contains(r#""Body":"[secret]""#), "{told}");
    // An update sends what changed.
    place.up().await.0.expect("deployable");
    place.options.config = vec![("size".to_owned(), "40".to_owned())];
    let [told, _] = place.calls().await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("SetQueueAttributes ") && told[0].contains("\"40\""), "{told:?}");
}

/// A role takes a while to be known to the services that are to assume it.
#[tokio::test(start_paused = true)]
async fn a_role_that_is_not_known_everywhere_yet() {
    const SAYS: &str = "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.";
    let place = Place::new(&format!("{HEAD}{MACHINE}"));
    place.aws.refuse_at_first("CreateStateMachine", 5, "AccessDeniedException", SAYS);
    place.up().await.0.expect("deployable");
    let calls = place.aws.take_calls();
    assert_eq!(calls.iter().filter(|call| *call == "CreateStateMachine").count(), 6);

    let place = Place::new(&format!("{HEAD}{MACHINE}"));
    place.aws.refuse_at_first("CreateRole", 8, "Throttling", "Rate exceeded");
    place.up().await.0.expect("deployable");

    // It never is: two minutes are enough. What the caller may not do is said at once.
    for (message, most) in [(SAYS, 200), ("User: x is not authorized to perform: states:Create", 1)]
    {
        let place = Place::new(&format!("{HEAD}{MACHINE}"));
        let began = tokio::time::Instant::now();
        place.aws.refuse_at_first("CreateStateMachine", 10_000, "AccessDeniedException", message);
        assert!(matches!(place.up().await.0, Err(Error::Failed { .. })));
        assert!(began.elapsed().as_secs() <= 120);
        let calls = place.aws.take_calls();
        let tries = calls.iter().filter(|call| *call == "CreateStateMachine").count();
        assert!(tries <= most && (most == 1 || tries > 10), "{tries}");
    }
}
