//! Distributed Map over a million rows of an object.

use crate::Plan;
use crate::http::{Connection, Target};
use crate::machine::Limits;
use crate::server::{Server, machine, runtime};
use crate::table::{Row, Table};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

const ROWS: usize = 1_000_000;
const BUCKET: &str = "bench";

pub(crate) fn measure(plan: &Plan, _limits: &Limits, table: &mut Table) {
    runtime().block_on(async {
        for (form, text) in [("CSV", csv()), ("JSONL", jsonl())] {
            let server = Server::start(plan, &plan.fresh("distributed"), &[]).await;
            let target = server.target();
            put(&target, "", Vec::new()).await;
            put(&target, "rows", text).await;
            mapped(&server, &target, form, table).await;
        }
    });
}

fn csv() -> Vec<u8> {
    let mut text = "id,value\n".to_owned();
    for row in 0..ROWS {
        let _infallible = writeln!(text, "{row},{}", row * 7 % 1000);
    }
    text.into_bytes()
}

fn jsonl() -> Vec<u8> {
    let mut text = String::new();
    for row in 0..ROWS {
        let _infallible = writeln!(text, "{{\"id\":{row},\"value\":{}}}", row * 7 % 1000);
    }
    text.into_bytes()
}

/// Makes the bucket, or an object in it.
async fn put(target: &Target, key: &str, body: Vec<u8>) {
    let request = target.object(&format!("/{BUCKET}/{key}"), body);
    let mut connection = Connection::open(&target.host).await.expect("the server listens");
    let answer = connection.call(&request).await.expect("the server answers");
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(answer.body));
}

async fn mapped(server: &Server, target: &Target, form: &str, table: &mut Table) {
    let reader = match form {
        "CSV" => json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}),
        other => json!({"InputType": other}),
    };
    let definition = json!({"StartAt": "Map", "States": {"Map": {
        "Type": "Map", "End": true, "MaxConcurrency": 1000, "ResultPath": Value::Null,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": reader,
            "Parameters": {"Bucket": BUCKET, "Key": "rows"},
        },
        // What a million children answer is more than a payload may have.
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": BUCKET, "Prefix": "results"},
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            "StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": true}},
        },
    }}});
    let arn = machine(target, form, "STANDARD", &definition.to_string()).await;
    allow(target).await;
    let before_us = server.cpu_us();
    let begun = Instant::now();
    let input = json!({"stateMachineArn": arn, "input": "{}"});
    let started = target.call(&target.states("StartExecution", &input)).await;
    let execution = json!({"executionArn": started["executionArn"]});
    let mut peak_mib = 0_f64;
    let ended = loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        peak_mib = peak_mib.max(server.rss_mib());
        let described = target.call(&target.states("DescribeExecution", &execution)).await;
        if described["status"] != "RUNNING" || begun.elapsed() > Duration::from_mins(5) {
            break described;
        }
    };
    let seconds = begun.elapsed().as_secs_f64();
    assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
    let name = format!("Distributed Map over {ROWS} rows of {form}, Express children of one Pass");
    table.add(
        Row::new(name, ROWS as f64 / seconds, "items/s")
            .least(50_000.0)
            .cpu_us((server.cpu_us() - before_us) / ROWS as f64)
            .note(format!("{seconds:.1} s")),
    );
    table.add(
        Row::new(format!("the same, peak resident memory, {form}"), peak_mib, "MiB").most(300.0),
    );
}

/// Lets the role read the object and start the children.
async fn allow(target: &Target) {
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Action": ["s3:*", "states:*"], "Resource": "*"}]});
    let mut encoded = String::new();
    for byte in policy.to_string().bytes() {
        let _infallible = write!(encoded, "%{byte:02X}");
    }
    let body = format!(
        "Action=PutRolePolicy&Version=2010-05-08&RoleName=bench&PolicyName=all&PolicyDocument={encoded}"
    );
    let request = target.form("iam", &body);
    let mut connection = Connection::open(&target.host).await.expect("the server listens");
    let answer = connection.call(&request).await.expect("the server answers");
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(answer.body));
}
