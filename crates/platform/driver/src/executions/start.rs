//! Starting executions.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use asl::Program;
use engine::{Execution, Identity, Input, MachineKind};
use serde_json::Value;
use service::{Reply, WorkItem};
use store::{Append, Batch, Expect};
use tokio::sync::Notify;

use super::commit::put_work;
use super::common::Common;
use super::live::{End, Live, Pending, State};
use super::map_run::{is_child, put_runs};
use super::programs::Definition;
use super::record::ExecutionRecord;
use super::turn::new_seed;
use super::{Executions, Inner, rows};
use crate::Error;

/// What to start.
#[derive(Debug, Clone)]
pub struct StartSpec {
    /// ARN, name, state machine, role, type, input, start.
    pub identity: Identity,
    /// The definition.
    pub definition: Definition,
    /// Anything that belongs to the execution and that the driver does not look at.
    pub attributes: Arc<Value>,
}

/// An execution that starts when its batch is committed.
///
/// Its first turn is part of the batch, so starting takes one commit, and an execution that never waits takes no other.
pub struct Start {
    /// To be committed; refused with a conflict when there is an execution with this ARN.
    pub batch: Batch,
    /// Work items that are to be scheduled in the same commit.
    pub work: Vec<WorkItem>,
    /// To be called once the commit has resolved.
    pub after: Box<dyn FnOnce() + Send>,
}

impl Start {
    /// The reply of an operation that starts it.
    pub fn into_reply<T>(self, output: T) -> Reply<T> {
        let Self { batch, work, after } = self;
        let mut reply = Reply::with(output, batch).after(after);
        reply.work = work;
        reply
    }
}

impl Executions {
    /// Prepares the start of an execution. Nothing has happened until the batch is committed and `after` called; of an
    /// Express execution the batch is empty.
    ///
    /// # Errors
    /// [`Error::Definition`], or [`Error::SetAside`] when the first turn breaks an invariant.
    pub fn start(&self, spec: StartSpec) -> Result<Start, Error> {
        let (live, definition) = self.0.prepare(spec)?;
        if !live.stored {
            let inner = self.0.clone();
            let after = Box::new(move || inner.submit(&live, live.lock()));
            return Ok(Start { batch: Batch::new(), work: Vec::new(), after });
        }
        Ok(self.0.clone().start_stored(&live, &definition, Expect::Absent))
    }

    /// As [`Executions::start`], in place of an execution of the same ARN that has ended: of that nothing remains.
    ///
    /// # Errors
    /// As there, and a storage error.
    pub async fn start_in_place(&self, spec: StartSpec) -> Result<Start, Error> {
        let arn = spec.identity.execution_arn.to_string();
        let before = self.0.store.get(super::record::KIND, &arn).await?;
        let expect = before.map_or(Expect::Absent, |before| Expect::Version(before.version));
        let (live, definition) = self.0.prepare(spec)?;
        let mut start = self.0.clone().start_stored(&live, &definition, expect);
        for kind in [super::record::HISTORY_KIND, super::record::REMAINS_KIND] {
            if !start.batch.puts.iter().any(|put| put.kind == kind) {
                start.batch.remove(kind, &*arn, Expect::Any);
            }
        }
        Ok(start)
    }

    /// Starts an Express execution and waits for its end.
    ///
    /// # Errors
    /// [`Error::Definition`], or [`Error::SetAside`] when the first turn breaks an invariant.
    pub async fn run_express(&self, spec: StartSpec) -> Result<ExecutionRecord, Error> {
        let (live, _) = self.0.prepare(spec)?;
        self.0.submit(&live, live.lock());
        let record = live.wait_ended().await.expect("only stored executions sleep");
        Ok((*record).clone())
    }
}

impl Inner {
    /// A new execution with its first turn taken.
    fn prepare(&self, spec: StartSpec) -> Result<(Arc<Live>, Arc<str>), Error> {
        let StartSpec { identity, definition, attributes } = spec;
        let express = identity.kind == MachineKind::Express;
        let Definition { text: definition, hash } = definition;
        let program = self.programs.compile(&hash, &definition, express)?;
        let stream = if express { 0 } else { self.next_stream.fetch_add(1, Ordering::Relaxed) };
        let (mut identity, mut attributes) = (identity, attributes);
        let mut common = None;
        if !express {
            let shared = self.commons.of(&identity, &hash, &attributes);
            shared.content.lend(&mut identity, &mut attributes);
            common = Some(shared);
        }
        let parts = Parts {
            definition: hash,
            attributes,
            common,
            seed: new_seed(&self.entropy),
            stream,
            program,
        };
        let live = self.live(parts, State::new(Execution::new(identity)));
        {
            let mut state = live.lock();
            self.turn(&live, &mut state, Input::Start);
            if let Some(End::SetAside(reason)) = &state.end {
                let (execution_arn, reason) = (live.arn().to_string(), reason.clone());
                return Err(Error::SetAside { execution_arn, reason });
            }
        }
        Ok((live, definition))
    }

    /// A live execution.
    pub(super) fn live(&self, parts: Parts, state: State) -> Arc<Live> {
        let Parts { definition, attributes, seed, stream, program, common } = parts;
        let identity = Arc::new(state.execution.identity.clone());
        Arc::new(Live {
            // Of Express children the run needs the results.
            stored: identity.kind == MachineKind::Standard || is_child(&identity.execution_arn),
            logged: self.handler().logs(&identity, &attributes),
            identity,
            attributes,
            program,
            definition,
            common,
            stream,
            seed,
            state: Mutex::new(state),
            ended: Notify::new(),
        })
    }

    /// Its first turn, or the first after a redrive, as a batch; `expect` is about its record.
    pub(super) fn start_stored(
        self: Arc<Self>,
        live: &Arc<Live>,
        definition: &str,
        expect: Expect,
    ) -> Start {
        let mut batch = Batch::new();
        let put_ms = self.put_definition(&live.definition, live.machine(), definition, &mut batch);
        let common = live.common.as_ref();
        let common_ms = common.and_then(|common| common.put(&mut batch, self.clock.now_ms()));
        let mut state = live.lock();
        let running = ExecutionRecord::running(live, &state);
        let mut work = self.announced(&running);
        let mut flying = state.take_off().expect("the first turn always does something");
        flying.sleeps_until = state.sleeps_until(state.last_ms);
        if let Some(end) = &flying.end {
            // It never lives: what the end makes of the log is nothing.
            work.extend(self.load_end(live, &mut state, end, expect, &mut batch));
            batch.drop_streams.clear();
        } else if let Some(due_ms) = flying.sleeps_until {
            live.asleep(&state, due_ms).put(&mut batch, expect);
        } else {
            running.put(&mut batch, expect);
            batch.appends.push(Append { stream: live.stream, body: rows::start(live, &state) });
        }
        // What the first turn itself gave up is committed here; the dispatcher commits `work`.
        put_work(&flying.work, &mut batch);
        put_runs(&flying.runs, live, state.last_ms, &self.entropy, &mut batch);
        drop(state);
        let live = live.clone();
        let after = Box::new(move || self.begin(&live, flying, put_ms, common_ms));
        Start { batch, work, after }
    }

    /// The start is durable.
    fn begin(
        self: &Arc<Self>,
        live: &Arc<Live>,
        flying: Pending,
        put_ms: Option<i64>,
        common_ms: Option<i64>,
    ) {
        if let Some(put_ms) = put_ms {
            self.programs.stored(&live.definition, live.machine(), put_ms);
        }
        metrics::EXECUTIONS_STARTED.count();
        if let (Some(common), Some(common_ms)) = (&live.common, common_ms) {
            common.stored(common_ms);
        }
        if flying.end.is_none() && flying.sleeps_until.is_some() {
            self.ring(live);
        } else if flying.end.is_none() {
            self.lock_table().insert(live.arn().clone(), live.clone());
            self.ring(live);
        }
        if let Some(next) = self.settle(live, flying) {
            self.launch(live, next);
        }
    }

    /// The end of a live execution is durable.
    pub(super) fn ended(&self, live: &Live) {
        if live.stored {
            self.lock_table().remove(live.arn());
        }
        live.ended.notify_waiters();
        self.ring(live);
        self.child_ended(live);
    }

    /// Takes the first turn of an execution.
    pub(super) fn first_turn(&self, live: &Live) {
        self.turn(live, &mut live.lock(), Input::Start);
    }

    /// Tells whoever waits by ARN that there is news.
    fn ring(&self, live: &Live) {
        if let Some(kit) = self.kit.upgrade() {
            kit.notices.ring(live.arn());
        }
    }

    /// Makes recovered executions live.
    pub(super) fn revive(&self, all: impl IntoIterator<Item = Arc<Live>>) {
        let all: HashMap<_, _> = all.into_iter().map(|live| (live.arn().clone(), live)).collect();
        self.lock_table().extend(all);
    }
}

/// What a live execution is made of besides its state.
pub(super) struct Parts {
    pub(super) definition: Arc<str>,
    pub(super) attributes: Arc<Value>,
    pub(super) seed: [u8; 32],
    pub(super) stream: u64,
    pub(super) program: Arc<Program>,
    /// What of it is in a record that it shares.
    pub(super) common: Option<Arc<Common>>,
}
