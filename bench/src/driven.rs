//! The engine under its driver, over the durable store: transitions, tasks, maps, histories.

use crate::Plan;
use crate::machine::{Limits, cpu_us, ms, rss_mib};
use crate::table::{Row, Table, percentile};
use driver::{
    Definition, Executions, StartSpec, TaskFailure, TaskHandler, TaskReporter, TaskRequest, Work,
};
use engine::{Data, Identity, MachineKind, Status};
use serde_json::{Value, json};
use service::{Kit, OpenDoor, SystemClock, SystemEntropy};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use store::{Expect, SqliteStore};

/// A driver over a data directory of its own.
#[derive(Clone)]
pub(crate) struct Driven {
    pub(crate) kit: Arc<Kit>,
    pub(crate) executions: Executions,
    attributes: Arc<Value>,
    /// The last one, with its hash: the server keeps what it has read of a machine, too.
    definition: Arc<Mutex<Option<Known>>>,
}

/// A definition's text, and the same with its hash.
type Known = (Arc<str>, Definition);

/// Answers every task at once with its own input.
struct Instantly;

#[async_trait::async_trait]
impl TaskHandler for Instantly {
    async fn perform(
        &self,
        request: TaskRequest,
        _reporter: TaskReporter,
    ) -> Result<Data, TaskFailure> {
        Ok(request.task.parameters.clone())
    }
}

const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:m";

impl Driven {
    pub(crate) async fn open(folder: &Path) -> Self {
        let store = SqliteStore::open(folder).expect("the data directory can be used");
        let clock = Arc::new(SystemClock::wall());
        let kit = Kit::new("000000000000", Arc::new(store), clock, Arc::new(SystemEntropy));
        let executions = Executions::new(&kit);
        let work = Work::new(&kit);
        kit.join(Arc::new(OpenDoor), work.clone(), Vec::new());
        executions.join(Arc::new(Instantly));
        executions.recover().await.expect("the store can be read");
        work.start().await.expect("the store can be read");
        let attributes = json!({"logging": {"level": "OFF", "includeExecutionData": false}});
        Self { kit, executions, attributes: Arc::new(attributes), definition: Arc::default() }
    }

    fn definition(&self, text: &Arc<str>) -> Definition {
        let mut last = self.definition.lock().expect("nothing panics while it is locked");
        match &*last {
            Some((known, definition)) if Arc::ptr_eq(known, text) => definition.clone(),
            _ => last.insert((text.clone(), Definition::new(text.clone()))).1.clone(),
        }
    }

    /// Starts an execution as the dispatcher does; answers its ARN.
    pub(crate) async fn start(&self, definition: &Arc<str>, input: &Data) -> Arc<str> {
        // Names as the server gives them, so that keys are as scattered.
        let name = self.kit.entropy.ordered_uuid(self.kit.clock.now_ms());
        let arn: Arc<str> =
            format!("arn:aws:states:us-east-1:000000000000:execution:m:{name}").into();
        let spec = StartSpec {
            identity: Identity {
                execution_arn: arn.clone(),
                name: name.into(),
                state_machine_arn: MACHINE.into(),
                state_machine_name: "m".into(),
                role_arn: "arn:aws:iam::000000000000:role/r".into(),
                state_machine_alias_arn: None,
                state_machine_version_arn: None,
                kind: MachineKind::Standard,
                input: input.clone(),
                start_ms: self.kit.clock.now_ms(),
            },
            definition: self.definition(definition),
            attributes: self.attributes.clone(),
        };
        let start = self.executions.start(spec).expect("the definition is good");
        let mut batch = start.batch;
        for item in &start.work {
            batch.put("work", item.record_key(), item, Expect::Any);
        }
        self.kit.store.commit(batch).await.expect("the disk has room");
        (start.after)();
        self.kit.queue().scheduled(start.work);
        arn
    }

    /// Starts an execution and waits for its end.
    pub(crate) async fn finish(&self, definition: &Arc<str>, input: &Data) {
        self.run(definition, input).await;
    }

    async fn run(&self, definition: &Arc<str>, input: &Data) -> Arc<str> {
        let arn = self.start(definition, input).await;
        let record = self.executions.wait_finished(&arn).await.expect("it is there");
        assert_eq!(record.status, Status::Succeeded, "{record:?}");
        arn
    }

    /// Runs executions at once until each of `at_once` lanes has run `each`.
    async fn run_many(&self, definition: &Arc<str>, input: &Data, at_once: usize, each: usize) {
        let lanes = (0..at_once).map(|_| {
            let (driven, definition, input) = (self.clone(), definition.clone(), input.clone());
            tokio::spawn(async move {
                for _ in 0..each {
                    driven.run(&definition, &input).await;
                }
            })
        });
        for lane in lanes.collect::<Vec<_>>() {
            lane.await.expect("no lane panics");
        }
    }
}

/// A state machine's text out of its states in order; each leads to the next.
pub(crate) fn sequence(states: Vec<Value>) -> Arc<str> {
    let mut all = serde_json::Map::new();
    let count = states.len();
    for (number, mut state) in states.into_iter().enumerate() {
        if number + 1 == count {
            state["End"] = true.into();
        } else {
            state["Next"] = format!("S{}", number + 1).into();
        }
        all.insert(format!("S{number}"), state);
    }
    json!({"StartAt": "S0", "States": all}).to_string().into()
}

/// Choice and Pass with arithmetic, `times` times.
pub(crate) fn looping(times: u32) -> Arc<str> {
    json!({"StartAt": "More", "States": {
        "More": {"Type": "Choice", "Default": "Done", "Choices": [
            {"Variable": "$.i", "NumericLessThan": times, "Next": "Add"}]},
        "Add": {"Type": "Pass", "Next": "More",
            "Parameters": {"i.$": "States.MathAdd($.i, 1)"}},
        "Done": {"Type": "Succeed"}}})
    .to_string()
    .into()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads can be made")
}

/// What a stretch of work took.
struct Took {
    seconds: f64,
    cpu_us: f64,
}

async fn timed(work: impl Future<Output = ()>) -> Took {
    let (before_us, before) = (cpu_us("self"), Instant::now());
    work.await;
    Took { seconds: before.elapsed().as_secs_f64(), cpu_us: cpu_us("self") - before_us }
}

pub(crate) fn measure(plan: &Plan, limits: &Limits, table: &mut Table) {
    let runtime = runtime();
    let driven = runtime.block_on(Driven::open(&plan.fresh("engine")));
    runtime.block_on(async {
        let wants = |row| plan.wants_row("engine", row);
        if wants("loop") {
            looped(&driven, table).await;
        }
        if wants("pass") {
            passes(&driven, limits, table).await;
        }
        if wants("task") {
            tasks(&driven, table).await;
        }
        if wants("activity") {
            activities(&driven, table).await;
        }
        if wants("map") {
            maps(&driven, table).await;
        }
        if wants("history") {
            histories(&driven, table).await;
        }
    });
}

async fn looped(driven: &Driven, table: &mut Table) {
    const TIMES: u32 = 1_000;
    const RUNS: u32 = 300;
    let (definition, input) = (looping(TIMES), Data::new(json!({"i": 0})));
    driven.run(&definition, &input).await;
    let mut fastest = f64::INFINITY;
    let took = timed(async {
        for _ in 0..RUNS {
            let before = Instant::now();
            driven.run(&definition, &input).await;
            fastest = fastest.min(before.elapsed().as_secs_f64());
        }
    })
    .await;
    let transitions = f64::from(2 * TIMES + 2);
    let all = transitions * f64::from(RUNS);
    let row =
        Row::new("one execution: 1,000 × Choice and Pass", all / took.seconds, "transitions/s")
            .least(500_000.0)
            .cpu_us(took.cpu_us / all)
            .rss_mib(rss_mib("self"))
            .note(format!("fastest {:.2} ms", fastest * 1000.0));
    table.add(row);
}

async fn passes(driven: &Driven, limits: &Limits, table: &mut Table) {
    const AT_ONCE: usize = 200;
    const EACH: usize = 150;
    let definition = sequence(vec![json!({"Type": "Pass"}); 10]);
    let input = Data::new(json!({"n": 1}));
    driven.run_many(&definition, &input, AT_ONCE, 3).await;
    let took = timed(driven.run_many(&definition, &input, AT_ONCE, EACH)).await;
    let executions = (AT_ONCE * EACH) as f64;
    let transitions = executions * 10.0;
    let row = Row::new("200 at once: ten Pass", transitions / took.seconds, "transitions/s")
        .least(300_000.0)
        .limit(limits.syncs_per_second, "syncs/s")
        .cpu_us(took.cpu_us / transitions)
        .rss_mib(rss_mib("self"))
        .note(format!("{:.0} executions/s", executions / took.seconds));
    table.add(row);
}

async fn tasks(driven: &Driven, table: &mut Table) {
    const AT_ONCE: usize = 200;
    const EACH: usize = 20;
    let task = json!({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "f", "Payload.$": "$"}, "ResultPath": "$.r",
        "ResultSelector": {"ok": true}});
    let definition = sequence(vec![task; 10]);
    let input = Data::new(json!({"n": 1}));
    driven.run_many(&definition, &input, AT_ONCE, 1).await;
    let took = timed(driven.run_many(&definition, &input, AT_ONCE, EACH)).await;
    let transitions = (AT_ONCE * EACH * 10) as f64;
    let row = Row::new("200 at once: ten Task, instant", transitions / took.seconds, "tasks/s")
        .least(20_000.0)
        .cpu_us(took.cpu_us / transitions)
        .rss_mib(rss_mib("self"));
    table.add(row);
}

async fn activities(driven: &Driven, table: &mut Table) {
    const AT_ONCE: usize = 200;
    const EACH: usize = 10;
    const WORKERS: usize = 64;
    let activity = "arn:aws:states:us-east-1:000000000000:activity:a";
    let definition = sequence(vec![json!({"Type": "Task", "Resource": activity}); 10]);
    let input = Data::new(json!({"n": 1}));
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let executions = driven.executions.clone();
            tokio::spawn(async move {
                loop {
                    let wait = Duration::from_mins(1);
                    let task = executions.next_activity_task(activity, None, wait).await;
                    if let Ok(Some(task)) = task {
                        let output = Data::new(json!({"n": 2}));
                        executions
                            .task_succeeded(&task.task_token, output)
                            .await
                            .expect("it waits");
                    }
                }
            })
        })
        .collect();
    driven.run_many(&definition, &input, AT_ONCE, 1).await;
    let took = timed(driven.run_many(&definition, &input, AT_ONCE, EACH)).await;
    workers.iter().for_each(tokio::task::JoinHandle::abort);
    let transitions = (AT_ONCE * EACH * 10) as f64;
    let row = Row::new("200 at once: ten activities", transitions / took.seconds, "tasks/s")
        .least(20_000.0)
        .cpu_us(took.cpu_us / transitions)
        .rss_mib(rss_mib("self"))
        .note("64 workers; taken, then answered: two commits each");
    table.add(row);
}

async fn maps(driven: &Driven, table: &mut Table) {
    const RUNS: usize = 100;
    let map = json!({"Type": "Map", "ItemProcessor": {"StartAt": "P", "States": {
        "P": {"Type": "Pass", "End": true}}}});
    let definition = sequence(vec![map]);
    let input = Data::new(json!((0..1000).collect::<Vec<_>>()));
    driven.run(&definition, &input).await;
    let mut times = Vec::new();
    let took = timed(async {
        for _ in 0..RUNS {
            let before = Instant::now();
            driven.run(&definition, &input).await;
            times.push(ms(before.elapsed()));
        }
    })
    .await;
    times.sort_by(f64::total_cmp);
    let row = Row::new("inline Map over 1,000 items, p50", percentile(&times, 0.5), "ms")
        .most(10.0)
        .cpu_us(took.cpu_us / RUNS as f64)
        .rss_mib(rss_mib("self"));
    table.add(row);
}

async fn histories(driven: &Driven, table: &mut Table) {
    const READS: usize = 40;
    let (definition, input) = (looping(750), Data::new(json!({"i": 0})));
    for page in [1_000, 100] {
        // Each is read once: what an earlier read has left in memory does not count.
        let mut arns = Vec::new();
        for _ in 0..READS {
            arns.push(driven.run(&definition, &input).await);
        }
        let mut times = Vec::new();
        let mut events = 0;
        let took = timed(async {
            for arn in &arns {
                let before = Instant::now();
                let mut next = Some(0);
                events = 0;
                while let Some(skip) = next {
                    let read = driven.executions.history(arn, skip, page, false).await;
                    let read = read.expect("it is there");
                    events += read.events.len();
                    next = read.next;
                }
                times.push(ms(before.elapsed()));
            }
        })
        .await;
        times.sort_by(f64::total_cmp);
        let name = format!("history of 3,000 events, all by pages of {page}, p50");
        let row = Row::new(name, percentile(&times, 0.5), "ms")
            .most(5.0)
            .cpu_us(took.cpu_us / READS as f64)
            .note(format!("{events} events"));
        table.add(row);
    }
}
