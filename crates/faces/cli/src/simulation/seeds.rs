//! The whole server in random storms: a seed decides what is asked, when the server dies and in the middle of which commit, what
//! workers answer and how jobs end. At the end of each storm stand the same questions:
//!
//! - Nothing lost: every execution that was acknowledged is there and has ended, with the output it must have.
//! - Nothing twice: every effect of it took place at most once, and exactly once where it succeeded; no job was started twice;
//!   no instant of the schedule fired twice.
//! - Histories are whole: ids without gaps, causes before effects, one beginning, one end.
//!
//! Two bugs are put in on purpose, and must be found: a disk that forgets what it had promised, and a server that forgets
//! which effects took place. `REFIT_SEEDS=5000 cargo test --release -p refit seeds` runs more seeds; `REFIT_SEED=17` runs one.

use super::machines::{self, EFFECTS, NAMES, TOKENS, execution_arn, machine_arn, queue_url};
use super::{MINUTE, World};
use crate::compose::Composed;
use crate::server::{ACCOUNT, REGION};
use serde_json::{Value, json};
use service::{AwsError, Principal};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::memory::Crash;

/// Seeds that a plain test run plays.
const SEEDS: u64 = 100;
/// Seeds that found something once (a stop that made an effect forgotten while it was sent again), played always.
const FOUND: [u64; 3] = [21, 208, 215];
/// No storm takes as long, in its own time: most are over after two hours.
const LONGEST: Duration = Duration::from_hours(48);
/// Things that happen in a storm.
const STEPS: u64 = 40;

/// A bug that is put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bug {
    None,
    /// A dying server takes acknowledged commits with it.
    LosesCommits,
    /// A dying server forgets which effects took place.
    ForgetsEffects,
}

/// Numbers out of a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }
}

impl Dice {
    /// How long a disk takes to make a commit durable: half of them no time at all, others up to 50 ms.
    fn time(&mut self) -> Duration {
        Duration::from_millis(self.roll(100).saturating_sub(50))
    }
}

/// One storm.
pub(super) struct Storm {
    dice: Dice,
    /// Says how long each server's disk takes.
    disks: Dice,
    bug: Bug,
    pub(super) world: World,
    server: Option<Composed>,
    /// Ids of jobs whose program was started, each time it was.
    started_jobs: Arc<Mutex<Vec<String>>>,
    /// Executions whose start was acknowledged: machine and name.
    acknowledged: Vec<(&'static str, String)>,
    /// Executions that may have been asked to stop.
    stopped: BTreeSet<String>,
    pub(super) deaths: u64,
    /// What the disk held some time ago.
    stale: Option<store::MemoryStore>,
    /// Workers answer always, and once; nothing is left to the dice.
    pub(super) is_steady: bool,
}

/// What one storm saw.
#[derive(Debug, Default)]
struct Seen {
    executions: usize,
    effects: usize,
    deaths: u64,
}

impl Storm {
    pub(super) async fn begin(seed: u64, bug: Bug) -> Self {
        let (mut world, started_jobs) = machines::world();
        let server = world.boot().await;
        machines::deploy(&server).await;
        Self {
            dice: Dice(seed),
            disks: Dice(!seed),
            bug,
            world,
            server: Some(server),
            started_jobs,
            acknowledged: Vec::new(),
            stopped: BTreeSet::new(),
            deaths: 0,
            stale: None,
            is_steady: false,
        }
    }

    /// From now on a commit takes another time.
    fn change_disk(&mut self) {
        if !self.is_steady {
            self.world.store.delay_commits(self.disks.time());
        }
    }

    /// The server dies and another one starts.
    async fn die(&mut self) {
        self.deaths += 1;
        if let Some(server) = self.server.take() {
            self.world.kill(server);
        }
        match (self.bug, self.stale.take()) {
            (Bug::LosesCommits, Some(stale)) => self.world.store = stale,
            (Bug::ForgetsEffects, _) => forget_effects(&self.world.store).await,
            _ => {}
        }
        if !self.is_steady && self.dice.roll(2) == 0 {
            let seconds = self.dice.roll(600);
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
        self.change_disk();
        self.server = Some(self.world.boot().await);
    }

    /// Asks the server; none when it died before it answered.
    pub(super) async fn ask(
        &mut self,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Option<Result<Value, AwsError>> {
        let store = self.world.store.clone();
        let server = self.server.as_ref().expect("a storm always has a server");
        let ctx = server.kit.ctx(Principal::root(ACCOUNT), REGION);
        let answer = tokio::select! {
            biased;
            () = store.crashed() => None,
            answer = ctx.call(service, operation, input) => Some(answer),
        };
        if answer.is_none() {
            self.die().await;
        }
        answer
    }

    /// Lets time pass; the server may die meanwhile.
    pub(super) async fn rest(&mut self, time: Duration) {
        let store = self.world.store.clone();
        let end = tokio::time::Instant::now() + time;
        tokio::select! {
            biased;
            () = store.crashed() => self.die().await,
            () = tokio::time::sleep_until(end) => {}
        }
    }

    async fn step(&mut self, number: u64) {
        match self.dice.roll(100) {
            0..40 => self.start(number).await,
            40..60 => {
                let time = Duration::from_millis(self.dice.roll(90_000));
                self.rest(time).await;
            }
            60..75 => self.work().await,
            75..80 => self.stop().await,
            80..93 => {
                let crash =
                    if self.dice.roll(2) == 0 { Crash::BeforeWriting } else { Crash::AfterWriting };
                let commit = 1 + self.dice.roll(12);
                self.world.store.crash_at_commit(commit, crash);
            }
            93..96 => self.die().await,
            _ => self.lose_a_job().await,
        }
        if self.bug == Bug::LosesCommits && self.dice.roll(3) == 0 {
            self.stale = Some(self.world.store.snapshot());
        }
    }

    async fn start(&mut self, number: u64) {
        let machine = NAMES[self.dice.roll(NAMES.len() as u64) as usize];
        let name = format!("{machine}-{number}");
        let input = json!({
            "stateMachineArn": machine_arn(machine), "name": name,
            "input": machines::input(machine).to_string(),
        });
        match self.ask("states", "StartExecution", input).await {
            Some(Ok(_)) => self.acknowledged.push((machine, name)),
            Some(Err(error)) => panic!("StartExecution of {name}: {error:?}"),
            None => {}
        }
    }

    async fn stop(&mut self) {
        if self.acknowledged.is_empty() {
            return;
        }
        let at = self.dice.roll(self.acknowledged.len() as u64) as usize;
        let (machine, name) = self.acknowledged[at].clone();
        let arn = execution_arn(machine, &name);
        self.stopped.insert(arn.clone());
        let input = json!({"executionArn": arn, "error": "Storm", "cause": "asked to"});
        if let Some(Err(error)) = self.ask("states", "StopExecution", input).await {
            assert_eq!(error.code, "ExecutionDoesNotExist", "{error:?}");
        }
    }

    /// What workers outside do: answer tokens and activities, some late, some twice, some never.
    pub(super) async fn work(&mut self) {
        let input = json!({"QueueUrl": queue_url(TOKENS), "MaxNumberOfMessages": 10});
        let Some(Ok(found)) = self.ask("sqs", "ReceiveMessage", input).await else { return };
        for message in found["Messages"].as_array().cloned().unwrap_or_default() {
            let token = message["Body"].clone();
            self.answer(&token, "by token").await;
            let handle = &message["ReceiptHandle"];
            let input = json!({"QueueUrl": queue_url(TOKENS), "ReceiptHandle": handle});
            self.ask("sqs", "DeleteMessage", input).await;
        }
        let input = json!({"activityArn": machines::activity_arn()});
        let Some(Ok(task)) = self.ask("states", "GetActivityTask", input).await else { return };
        if task["taskToken"].is_string() {
            self.answer(&task["taskToken"].clone(), "by worker").await;
        }
    }

    async fn answer(&mut self, token: &Value, answer: &str) {
        let times = match self.dice.roll(10) {
            _ if self.is_steady => 1,
            0 => 0,
            1 | 2 => 2,
            _ => 1,
        };
        for _ in 0..times {
            let output = json!({"answer": answer}).to_string();
            let input = json!({"taskToken": token, "output": output});
            let mut told = self.ask("states", "SendTaskSuccess", input.clone()).await;
            while self.is_steady && told.is_none() {
                told = self.ask("states", "SendTaskSuccess", input.clone()).await;
            }
            if let Some(Err(error)) = told {
                // Answered before, or the task has timed out or was stopped meanwhile.
                let codes = ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"];
                assert!(codes.contains(&error.code.as_str()), "{error:?}");
            }
        }
    }

    /// How many programs of jobs were started.
    pub(super) fn jobs_started(&self) -> usize {
        self.started_jobs.lock().unwrap().len()
    }

    async fn lose_a_job(&mut self) {
        use runner::Runner;
        let jobs = self.world.runner.list().await.unwrap_or_default();
        if let Some(id) = jobs.first() {
            self.world.runner.lose(id);
        }
    }

    /// After the storm: no more deaths, and time for everything to end.
    async fn calm(&mut self) {
        self.die().await;
        // The commit that was to kill a server may never have come.
        self.world.store.crash_at_commit(u64::MAX / 2, Crash::BeforeWriting);
        self.dice = Dice(1);
        self.ask("events", "DisableRule", json!({"Name": "often"})).await;
        for _ in 0..60 {
            self.rest(MINUTE).await;
            for _ in 0..4 {
                self.work().await;
            }
        }
    }
}

async fn forget_effects(store: &store::MemoryStore) {
    use store::Store;
    let mut batch = store::Batch::new();
    let page = store.scan(store::Scan::of("effect", "", 10_000)).await.unwrap();
    for record in page.records {
        batch.remove("effect", record.key, store::Expect::Any);
    }
    store.commit(batch).await.unwrap();
}

/// What is wrong after a storm; empty when all is well.
async fn faults(storm: &mut Storm) -> (Vec<String>, Seen) {
    let mut faults = Vec::new();
    let mut seen = Seen { deaths: storm.deaths, ..Seen::default() };
    let effects = drain(storm).await;
    for (effect, times) in &effects {
        if *times > 1 {
            faults.push(format!("the effect {effect} took place {times} times"));
        }
    }
    seen.effects = effects.len();
    let mut instants = BTreeSet::new();
    let mut known: BTreeMap<String, &'static str> = BTreeMap::new();
    for machine in NAMES {
        for arn in executions(storm, machine).await {
            known.insert(arn, machine);
        }
    }
    for (machine, name) in &storm.acknowledged {
        if !known.contains_key(&execution_arn(machine, name)) {
            faults.push(format!("{name} was acknowledged and is lost"));
        }
    }
    seen.executions = known.len();
    for (arn, machine) in known {
        let described = describe(storm, &arn).await;
        if let Some(fault) = ending(storm, &arn, machine, &described, &effects) {
            faults.push(format!("{arn}: {fault}"));
        }
        let events = history(storm, &arn).await;
        if let Some(fault) = history_fault(&events) {
            faults.push(format!("{arn}: its history {fault}"));
        }
        let input: Value =
            serde_json::from_str(described["input"].as_str().unwrap_or("{}")).unwrap_or_default();
        if let Some(time) = input["time"].as_str()
            && !instants.insert(time.to_owned())
        {
            faults.push(format!("the schedule fired twice for {time}"));
        }
    }
    let mut jobs = HashMap::new();
    for id in storm.started_jobs.lock().unwrap().iter() {
        *jobs.entry(id.clone()).or_insert(0) += 1;
    }
    for (id, times) in jobs.into_iter().filter(|(_, times)| *times > 1) {
        faults.push(format!("job {id} was started {times} times"));
    }
    (faults, seen)
}

pub(super) async fn sure(storm: &mut Storm, service: &str, operation: &str, input: Value) -> Value {
    match storm.ask(service, operation, input).await {
        Some(Ok(answer)) => answer,
        other => panic!("{service} {operation} after the storm: {other:?}"),
    }
}

/// How often each effect took place.
pub(super) async fn drain(storm: &mut Storm) -> BTreeMap<String, usize> {
    let mut effects = BTreeMap::new();
    loop {
        let input = json!({"QueueUrl": queue_url(EFFECTS), "MaxNumberOfMessages": 10});
        let found = sure(storm, "sqs", "ReceiveMessage", input).await;
        let messages = found["Messages"].as_array().cloned().unwrap_or_default();
        if messages.is_empty() {
            return effects;
        }
        for message in messages {
            *effects.entry(message["Body"].as_str().unwrap().to_owned()).or_insert(0) += 1;
            let handle = &message["ReceiptHandle"];
            let input = json!({"QueueUrl": queue_url(EFFECTS), "ReceiptHandle": handle});
            sure(storm, "sqs", "DeleteMessage", input).await;
        }
    }
}

async fn executions(storm: &mut Storm, machine: &str) -> Vec<String> {
    let mut arns = Vec::new();
    let mut input = json!({"stateMachineArn": machine_arn(machine), "maxResults": 1000});
    loop {
        let page = sure(storm, "states", "ListExecutions", input.clone()).await;
        let found = page["executions"].as_array().into_iter().flatten();
        arns.extend(found.map(|one| one["executionArn"].as_str().unwrap().to_owned()));
        match page.get("nextToken") {
            Some(token) if !token.is_null() => input["nextToken"] = token.clone(),
            _ => return arns,
        }
    }
}

pub(super) async fn describe(storm: &mut Storm, arn: &str) -> Value {
    sure(storm, "states", "DescribeExecution", json!({"executionArn": arn})).await
}

pub(super) async fn history(storm: &mut Storm, arn: &str) -> Vec<Value> {
    let input = json!({"executionArn": arn, "maxResults": 1000});
    let page = sure(storm, "states", "GetExecutionHistory", input).await;
    page["events"].as_array().cloned().unwrap_or_default()
}

/// What is wrong with how an execution ended.
fn ending(
    storm: &Storm,
    arn: &str,
    machine: &str,
    described: &Value,
    effects: &BTreeMap<String, usize>,
) -> Option<String> {
    let status = described["status"].as_str().unwrap_or_default();
    match status {
        "SUCCEEDED" => {}
        "ABORTED" if storm.stopped.contains(arn) => return None,
        // A child whose parent was stopped is stopped with it.
        "ABORTED" if machine == "line" => return None,
        // Workers may never answer; what runs a stopped child fails.
        "FAILED" | "TIMED_OUT" if ["token", "activity", "child"].contains(&machine) => return None,
        other => return Some(format!("it is {other}: {described}")),
    }
    for label in machines::effects(machine) {
        if !effects.contains_key(&format!("{arn} {label}")) {
            return Some(format!("it succeeded, but its effect {label} did not take place"));
        }
    }
    let text = described["output"].as_str().unwrap_or("null");
    let output: Value = serde_json::from_str(text).unwrap_or_default();
    let wanted = machines::output(machine);
    wanted.filter(|wanted| *wanted != output).map(|wanted| format!("{output} is not {wanted}"))
}

/// What is wrong with a history.
fn history_fault(events: &[Value]) -> Option<String> {
    let number = |event: &Value, member: &str| event[member].as_i64().unwrap_or(-1);
    for (index, event) in events.iter().enumerate() {
        if number(event, "id") != index as i64 + 1 {
            return Some(format!("has a gap before {event}"));
        }
        let before = number(event, "previousEventId");
        if before < 0 || before >= number(event, "id") {
            return Some(format!("has an event before its cause: {event}"));
        }
    }
    let time = |event: &Value| event["timestamp"].as_f64().unwrap_or_default();
    if events.windows(2).any(|pair| time(&pair[0]) > time(&pair[1])) {
        return Some("goes back in time".to_owned());
    }
    let ends = ["ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"];
    let is_end = |event: &&Value| ends.contains(&event["type"].as_str().unwrap_or_default());
    if events.iter().filter(is_end).count() != 1 || !events.last().is_some_and(|e| is_end(&e)) {
        return Some("has not one end".to_owned());
    }
    let starts = events.iter().filter(|event| event["type"] == "ExecutionStarted").count();
    if starts != 1 || events[0]["type"] != "ExecutionStarted" {
        return Some("has not one beginning".to_owned());
    }
    let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    let scheduled = count("TaskScheduled") + count("ActivityScheduled");
    let done: usize = ["Succeeded", "Failed", "TimedOut"]
        .iter()
        .map(|end| count(&format!("Task{end}")) + count(&format!("Activity{end}")))
        .sum();
    (done > scheduled).then(|| format!("ends {done} tasks of {scheduled}"))
}

/// Plays one storm; answers what is wrong after it. Each has a runtime of its own: what servers that died left waiting in
/// it goes with it.
fn play(seed: u64, bug: Bug) -> (Vec<String>, Seen) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).build().unwrap();
    let phase = std::cell::Cell::new("its beginning");
    let storm = async {
        let mut storm = Storm::begin(seed, bug).await;
        storm.change_disk();
        for number in 0..STEPS {
            phase.set("a step");
            storm.step(number).await;
        }
        phase.set("the calm after it");
        storm.calm().await;
        phase.set("the questions at its end");
        faults(&mut storm).await
    };
    let ended = runtime.block_on(async { tokio::time::timeout(LONGEST, storm).await });
    ended.unwrap_or_else(|_| {
        (
            vec![format!("it does not end: {} waits for what never comes", phase.get())],
            Seen::default(),
        )
    })
}

fn number_of(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// The seeds of one of two halves, which two tests play side by side.
fn seeds(half: u64) -> Vec<u64> {
    let all = if let Some(seed) = number_of("REFIT_SEED") {
        vec![seed]
    } else {
        let first = number_of("REFIT_SEEDS").unwrap_or(SEEDS);
        let found = FOUND.into_iter().filter(|seed| *seed >= first);
        (0..first).chain(found).collect()
    };
    all.into_iter().filter(|seed| seed % 2 == half).collect()
}

fn check(half: u64) {
    let mut total = Seen::default();
    let seeds = seeds(half);
    for seed in &seeds {
        let (faults, seen) = play(*seed, Bug::None);
        assert!(faults.is_empty(), "seed {seed} (REFIT_SEED={seed}):\n{}", faults.join("\n"));
        total.executions += seen.executions;
        total.effects += seen.effects;
        total.deaths += seen.deaths;
    }
    println!(
        "{} seeds: {} executions, {} effects, {} deaths",
        seeds.len(),
        total.executions,
        total.effects,
        total.deaths
    );
}

#[test]
fn even_seeds_lose_nothing_and_do_nothing_twice() {
    check(0);
}

#[test]
fn odd_seeds_lose_nothing_and_do_nothing_twice() {
    check(1);
}

/// A bug that was put in is found within so many seeds.
fn check_found(bug: Bug, within: u64) {
    for seed in 0..within {
        let (faults, _) = play(seed, bug);
        if !faults.is_empty() {
            println!("{bug:?} found with seed {seed}: {}", faults[0]);
            return;
        }
    }
    panic!("{bug:?} was not found within {within} seeds");
}

#[test]
fn a_disk_that_forgets_is_found() {
    check_found(Bug::LosesCommits, 20);
}

#[test]
fn a_server_that_forgets_its_effects_is_found() {
    check_found(Bug::ForgetsEffects, 40);
}
