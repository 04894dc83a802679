//! Calls over HTTP, signed and verified, every start durable before it is answered.

use crate::Plan;
use crate::driven::sequence;
use crate::http::{Load, Target, load};
use crate::machine::{Limits, syncs_per_second};
use crate::server::{Server, machine, runtime};
use crate::table::{Row, Table, percentile};
use serde_json::json;
use std::time::Duration;

pub(crate) fn measure(plan: &Plan, limits: &Limits, table: &mut Table) {
    runtime().block_on(async {
        let server = Server::start(plan, &plan.fresh("serving"), &[]).await;
        let target = server.target();
        let definition = sequence(vec![json!({"Type": "Pass"})]);
        let standard = machine(&target, "standard", "STANDARD", &definition).await;
        let express = machine(&target, "express", "EXPRESS", &definition).await;
        one_connection(plan, &server, &target, &standard, table).await;
        many_connections(&server, &target, &standard, limits, table).await;
        sync(&server, &target, &express, limits, table).await;
        reading(&server, &target, &standard, limits, table).await;
        settled(&server, table).await;
    });
}

/// Lists of signed requests, as many for each connection.
pub(crate) fn lists(
    connections: usize,
    each: usize,
    request: impl Fn(usize) -> Vec<u8>,
) -> Vec<Vec<Vec<u8>>> {
    (0..connections)
        .map(|lane| (0..each).map(|number| request(lane * each + number)).collect())
        .collect()
}

/// Loads the server; answers with what it used for each call.
pub(crate) async fn watched(
    server: &Server,
    requests: Vec<Vec<Vec<u8>>>,
    seconds: u64,
) -> (Load, f64) {
    let before = server.cpu_us();
    let done = load(&server.host, requests, Duration::from_secs(seconds)).await;
    let cpu_us = (server.cpu_us() - before) / done.times.len().max(1) as f64;
    if let Some(text) = &done.first_refusal {
        println!("{} calls were refused, the first with {text}", done.refused);
    }
    (done, cpu_us)
}

fn start(target: &Target, machine: &str) -> impl Fn(usize) -> Vec<u8> {
    let (target, machine) = (target.clone(), machine.to_owned());
    move |number| {
        let input = json!({"stateMachineArn": machine, "input": format!("{{\"n\":{number}}}")});
        target.states("StartExecution", &input)
    }
}

async fn one_connection(
    plan: &Plan,
    server: &Server,
    target: &Target,
    arn: &str,
    table: &mut Table,
) {
    let (_, _) = watched(server, lists(1, 200, start(target, arn)), 5).await;
    let before = syncs_per_second(plan);
    let (done, cpu_us) = watched(server, lists(1, 8_000, start(target, arn)), 5).await;
    let limit = f64::midpoint(before, syncs_per_second(plan));
    let rate = done.times.len() as f64 / done.seconds;
    table.add(
        Row::new("StartExecution, 1 connection", rate, "/s")
            .least(0.6 * limit)
            .limit(limit, "syncs/s, before and after")
            .cpu_us(cpu_us)
            .rss_mib(server.rss_mib())
            .note(format!(
                "p50 {:.2} ms, p90 {:.2} ms, p99 {:.2} ms",
                percentile(&done.times, 0.5),
                percentile(&done.times, 0.9),
                percentile(&done.times, 0.99)
            )),
    );
}

async fn many_connections(
    server: &Server,
    target: &Target,
    machine: &str,
    limits: &Limits,
    table: &mut Table,
) {
    let (done, cpu_us) = watched(server, lists(64, 2_000, start(target, machine)), 6).await;
    let rate = done.times.len() as f64 / done.seconds;
    table.add(
        Row::new("StartExecution, 64 connections", rate, "/s")
            .least(25_000.0)
            .limit(limits.syncs_per_second, "syncs/s")
            .cpu_us(cpu_us)
            .rss_mib(server.rss_mib())
            .note(format!("p50 {:.2} ms", percentile(&done.times, 0.5))),
    );
    table.add(
        Row::new("StartExecution, 64 connections, p99", percentile(&done.times, 0.99), "ms")
            .most(20.0),
    );
}

async fn sync(server: &Server, target: &Target, machine: &str, limits: &Limits, table: &mut Table) {
    let request = |number: usize| {
        let input = json!({"stateMachineArn": machine, "input": format!("{{\"n\":{number}}}")});
        target.states("StartSyncExecution", &input)
    };
    let (_, _) = watched(server, lists(1, 200, request), 5).await;
    let (done, cpu_us) = watched(server, lists(1, 10_000, request), 5).await;
    table.add(
        Row::new("StartSyncExecution, 1 connection, p50", percentile(&done.times, 0.5), "ms")
            .most(0.3)
            .limit(limits.round_trip_ms, "round trips")
            .cpu_us(cpu_us)
            .rss_mib(server.rss_mib()),
    );
    let p99 = percentile(&done.times, 0.99);
    table.add(Row::new("StartSyncExecution, 1 connection, p99", p99, "ms").most(2.0));
    let (done, cpu_us) = watched(server, lists(64, 1_500, request), 5).await;
    let rate = done.times.len() as f64 / done.seconds;
    table.add(Row::new("StartSyncExecution, 64 connections", rate, "/s").cpu_us(cpu_us));
}

async fn reading(
    server: &Server,
    target: &Target,
    machine: &str,
    limits: &Limits,
    table: &mut Table,
) {
    let input = json!({"stateMachineArn": machine, "maxResults": 1});
    let found = target.call(&target.states("ListExecutions", &input)).await;
    let arn = found["executions"][0]["executionArn"].as_str().expect("some ran").to_owned();
    for operation in ["DescribeExecution", "GetExecutionHistory"] {
        let request = |_| target.states(operation, &json!({"executionArn": arn}));
        let (done, cpu_us) = watched(server, lists(1, 3_000, request), 3).await;
        table.add(
            Row::new(format!("{operation}, 1 connection, p50"), percentile(&done.times, 0.5), "ms")
                .limit(limits.round_trip_ms, "round trips")
                .cpu_us(cpu_us),
        );
    }
    let request = |_| {
        target.states("ListExecutions", &json!({"stateMachineArn": machine, "maxResults": 100}))
    };
    let (done, cpu_us) = watched(server, lists(1, 500, request), 3).await;
    table.add(
        Row::new("ListExecutions of 100, 1 connection, p50", percentile(&done.times, 0.5), "ms")
            .limit(limits.round_trip_ms, "round trips")
            .cpu_us(cpu_us),
    );
}

/// What is left when the load is over.
async fn settled(server: &Server, table: &mut Table) {
    // Until a second passes in which nothing is done.
    for _ in 0..120 {
        let before = server.cpu_us();
        tokio::time::sleep(Duration::from_secs(1)).await;
        if server.cpu_us() - before < 10_000.0 {
            break;
        }
    }
    table.add(Row::new("resident memory after the load", server.rss_mib(), "MiB"));
}
