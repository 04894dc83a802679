//! Many executions that wait: what each takes on disk and in memory, and how long a restart takes.

use crate::Plan;
use crate::driven::{Driven, sequence};
use crate::http::Connection;
use crate::machine::{Limits, bytes_below, cpu_us, rss_mib};
use crate::server::{Server, runtime};
use crate::table::{Row, Table};
use engine::Data;
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// Executions being started at the same time.
const LANES: usize = 512;

pub(crate) fn measure(plan: &Plan, _limits: &Limits, table: &mut Table) {
    let folder = plan.fresh("waiting");
    fill(plan, &folder, table);
    let each = bytes_below(&folder) / plan.waiting as f64;
    table.add(Row::new("on disk for each", each, "bytes").most(1024.0));
    runtime().block_on(restart(plan, &folder, table));
    let _left_behind = std::fs::remove_dir_all(&folder);
}

fn fill(plan: &Plan, folder: &Path, table: &mut Table) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("threads can be made");
    let count = plan.waiting;
    let before_us = cpu_us("self");
    let begun = Instant::now();
    runtime.block_on(async {
        let driven = Driven::open(folder).await;
        let wait = json!({"Type": "Wait", "Seconds": 31_536_000});
        let definition = sequence(vec![wait]);
        let input = Data::new(json!({}));
        let lanes: Vec<_> = (0..LANES)
            .map(|lane| {
                let (driven, definition, input) =
                    (driven.clone(), definition.clone(), input.clone());
                tokio::spawn(async move {
                    for _ in (lane..count).step_by(LANES) {
                        driven.start(&definition, &input).await;
                    }
                })
            })
            .collect();
        for lane in lanes {
            lane.await.expect("no lane panics");
        }
        let rate = count as f64 / begun.elapsed().as_secs_f64();
        table.add(
            Row::new(format!("starting {count} that wait"), rate, "/s")
                .cpu_us((cpu_us("self") - before_us) / count as f64)
                .rss_mib(rss_mib("self")),
        );
    });
    drop(runtime);
}

async fn restart(plan: &Plan, folder: &Path, table: &mut Table) {
    let begun = Instant::now();
    let server = Server::start(plan, folder, &["--open"]).await;
    table.add(
        Row::new("restart to the first answer", server.first_answer.as_secs_f64(), "s").most(2.0),
    );
    let mut connection = Connection::open(&server.host).await.expect("the server listens");
    let request = format!("GET /_refit/health HTTP/1.1\r\nHost: {}\r\n\r\n", server.host);
    loop {
        let answer = connection.call(request.as_bytes()).await.expect("the server answers");
        let health: serde_json::Value = serde_json::from_slice(answer.body).unwrap_or_default();
        if health["recovered"] != false {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    table.add(
        Row::new("restart to all timers armed", begun.elapsed().as_secs_f64(), "s")
            .most(10.0)
            .cpu_us(server.cpu_us() / plan.waiting as f64),
    );
    table.add(Row::new("resident memory", server.rss_mib(), "MiB").most(500.0));
}
