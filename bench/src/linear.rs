//! Whether a thing costs the same when there are ten, a hundred, a thousand times as many.

use crate::Plan;
use crate::driven::{Driven, looping, sequence};
use crate::machine::{Limits, cpu_us, ms};
use crate::server::{Server, runtime};
use crate::serving::{lists, watched};
use crate::table::{Aim, Row, Table, percentile};
use engine::Data;
use serde_json::json;
use std::time::Instant;

/// Costs may differ so much before they count as growing.
const FLAT: f64 = 2.0;

pub(crate) fn measure(plan: &Plan, _limits: &Limits, table: &mut Table) {
    let many = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    many.expect("threads can be made").block_on(async {
        histories(plan, table).await;
        stored(plan, table).await;
    });
    runtime().block_on(rules(plan, table));
}

/// Adds a row whose aim is not to be dearer than the first of its kind.
fn flat(table: &mut Table, first: &mut Option<f64>, row: Row) {
    let aim = first.map_or(Aim::None, |first| Aim::Most(first * FLAT));
    first.get_or_insert(row.value);
    table.add(Row { aim, ..row });
}

async fn histories(plan: &Plan, table: &mut Table) {
    let driven = Driven::open(&plan.fresh("lengths")).await;
    let mut first = None;
    // A history ends at 25,000 events.
    for (times, runs) in [(10_u32, 2_000_u32), (100, 400), (1_000, 60), (6_000, 10)] {
        let definition = looping(times);
        let input = Data::new(json!({"i": 0}));
        driven.finish(&definition, &input).await;
        let before = cpu_us("self");
        for _ in 0..runs {
            driven.finish(&definition, &input).await;
        }
        let transitions = f64::from((2 * times + 2) * runs);
        let each = (cpu_us("self") - before) / transitions;
        let name = format!("CPU of a transition, histories of {} events", 4 * times + 5);
        flat(table, &mut first, Row::new(name, each, "µs"));
    }
}

async fn stored(plan: &Plan, table: &mut Table) {
    const LANES: usize = 128;
    let driven = Driven::open(&plan.fresh("stored")).await;
    let definition = sequence(vec![json!({"Type": "Pass"})]);
    let input = Data::new(json!({"n": 1}));
    let (mut starts, mut lists) = (None, None);
    let mut there = 0;
    for upto in [1_000_usize, 10_000, 100_000, 1_000_000] {
        let more = upto - there;
        let (before, begun) = (cpu_us("self"), Instant::now());
        let lanes: Vec<_> = (0..LANES)
            .map(|lane| {
                let (driven, definition, input) =
                    (driven.clone(), definition.clone(), input.clone());
                tokio::spawn(async move {
                    for _ in (lane..more).step_by(LANES) {
                        driven.start(&definition, &input).await;
                    }
                })
            })
            .collect();
        for lane in lanes {
            lane.await.expect("no lane panics");
        }
        there = upto;
        let each = (cpu_us("self") - before) / more as f64;
        let rate = more as f64 / begun.elapsed().as_secs_f64();
        let name = format!("CPU of a start, up to {upto} stored");
        flat(table, &mut starts, Row::new(name, each, "µs").note(format!("{rate:.0}/s")));
        let mut times = Vec::new();
        for _ in 0..200 {
            let before = Instant::now();
            let machine = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
            let page = driven.executions.list(machine, None, None, 100).await;
            assert_eq!(page.expect("the store can be read").executions.len(), 100);
            times.push(ms(before.elapsed()));
        }
        times.sort_by(f64::total_cmp);
        let name = format!("list of 100 out of {upto}, p50");
        flat(table, &mut lists, Row::new(name, percentile(&times, 0.5), "ms"));
    }
}

async fn rules(plan: &Plan, table: &mut Table) {
    let server = Server::start(plan, &plan.fresh("rules"), &[]).await;
    let target = server.target();
    let mut first = None;
    let mut there = 0;
    for upto in [10_usize, 100, 1_000, 10_000] {
        let request = |number: usize| {
            let name = format!("r{}", there + number);
            let input = json!({"Name": name, "ScheduleExpression": "rate(7 days)"});
            target.request("AWSEvents.PutRule", "events", &input)
        };
        let (done, _) = watched(&server, lists(1, upto - there, request), 60).await;
        there = upto;
        let name = format!("PutRule with a schedule, up to {upto}, p50");
        flat(table, &mut first, Row::new(name, percentile(&done.times, 0.5), "ms"));
    }
}
