//! From what is pending to what is durable: one commit of an execution at a time.

use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use engine::Effect;
use service::WorkItem;
use store::{Append, Batch, Error, Expect};

use super::live::{Answer, End, Live, Pending, State};
use super::map_run::{is_child, put_runs};
use super::record::{ExecutionRecord, REMAINS_KIND};
use super::{CANCEL_TASK_WORK, Inner, rows};

/// First wait before a failed commit is tried again.
const FIRST_RETRY: Duration = Duration::from_millis(200);
/// Longest wait before a failed commit is tried again.
const LONGEST_RETRY: Duration = Duration::from_secs(30);

impl Inner {
    /// Sends off what is pending, unless a commit is on its way: then that one's end does.
    pub(super) fn submit(self: &Arc<Self>, live: &Arc<Live>, mut state: MutexGuard<'_, State>) {
        let Some(flying) = state.take_off() else { return };
        drop(state);
        self.launch(live, flying);
    }

    /// Makes what has been taken off durable, and what follows it.
    pub(super) fn launch(self: &Arc<Self>, live: &Arc<Live>, flying: Pending) {
        if live.stored {
            let (flying, batch) = self.load(live, &mut live.lock(), flying);
            let commit = self.store.commit(batch);
            let (inner, live) = (self.clone(), live.clone());
            tokio::spawn(async move { inner.carry(&live, flying, commit).await });
            return;
        }
        let mut next = Some(flying);
        while let Some(flying) = next {
            next = self.settle(live, flying);
        }
    }

    /// Waits for commits and acts on them until nothing is pending.
    async fn carry(
        self: &Arc<Self>,
        live: &Arc<Live>,
        mut flying: Pending,
        mut commit: store::CommitFuture,
    ) {
        let mut retry = FIRST_RETRY;
        loop {
            match commit.await {
                Ok(()) => {
                    retry = FIRST_RETRY;
                    let Some(next) = self.settle(live, flying) else { return };
                    let batch;
                    (flying, batch) = self.load(live, &mut live.lock(), next);
                    commit = self.store.commit(batch);
                }
                Err(error) => {
                    tracing::error!(execution = &**live.arn(), %error, "a turn could not be stored");
                    answer_all(flying.answers.drain(..), &Err(error.clone()));
                    if matches!(error, Error::Closed) {
                        let mut state = live.lock();
                        // Nothing will be tried again, neither what came meanwhile nor what comes.
                        state.is_lost = true;
                        answer_all(state.pending.answers.drain(..), &Err(error));
                        return;
                    }
                    tokio::time::sleep(retry).await;
                    retry = (retry * 2).min(LONGEST_RETRY);
                    let batch;
                    (flying, batch) = self.load_again(live, flying);
                    commit = self.store.commit(batch);
                }
            }
        }
    }

    /// The batch that makes `flying` durable.
    fn load(&self, live: &Live, state: &mut State, mut flying: Pending) -> (Pending, Batch) {
        let mut batch = Batch::new();
        let may_sleep = flying.end.is_none() && state.sleeps_until(state.last_ms).is_some();
        if state.in_record || may_sleep {
            // The whole execution is written, with what has come since.
            flying.extend(std::mem::take(&mut state.pending));
            flying.events_upto = state.history.len();
        }
        if let Some(end) = &flying.end {
            let work = self.load_end(live, state, end, Expect::Any, &mut batch);
            flying.work.extend(work);
        }
        flying.sleeps_until = None;
        if flying.end.is_none() && flying.answers.is_empty() {
            flying.sleeps_until = state.sleeps_until(state.last_ms);
        }
        if flying.sleeps_until.is_some() || (state.in_record && flying.end != Some(End::Finished)) {
            Self::load_sleep(live, state, &mut flying, &mut batch);
        } else if flying.end != Some(End::Finished) {
            let rows = std::mem::take(&mut flying.rows);
            let rows = rows.into_iter().map(|body| Append { stream: live.stream, body });
            batch.appends.extend(rows);
        }
        for key in &flying.performed {
            service::record_effect(&mut batch, key, &serde_json::json!({}));
        }
        put_work(&flying.work, &mut batch);
        put_runs(&flying.runs, live, state.last_ms, &self.entropy, &mut batch);
        (flying, batch)
    }

    /// After a failure: one row that stands for all that is not durable, what came meanwhile included.
    fn load_again(&self, live: &Live, mut flying: Pending) -> (Pending, Batch) {
        let mut state = live.lock();
        flying.extend(std::mem::take(&mut state.pending));
        flying.rows = vec![rows::whole(&state)];
        flying.events_upto = state.history.len();
        // Announced anew with the end itself.
        flying.work.retain(|item| item.kind == CANCEL_TASK_WORK);
        self.load(live, &mut state, flying)
    }

    /// Adds the record of an execution that has ended, and answers the work that its end makes.
    pub(super) fn load_end(
        &self,
        live: &Live,
        state: &mut State,
        end: &End,
        expect: Expect,
        batch: &mut Batch,
    ) -> Vec<WorkItem> {
        let record = ExecutionRecord::ended(live, state, end);
        let work = self.announced(&record);
        record.put_with_history(batch, &state.history, expect);
        if state.execution.remains.is_some() {
            batch.put(REMAINS_KIND, &**live.arn(), &state.execution, Expect::Any);
        }
        if *end == End::Finished {
            if !state.in_record {
                batch.drop_streams.push(live.stream);
            }
            // What still runs for it may be about to look whether its effect took place: that stays known until it has stopped.
            state.keeps_effects = !state.tasks.is_empty() || !state.stopping.is_empty();
            if state.had_tasks && !state.keeps_effects {
                service::forget_effects(batch, &live.effect_prefix());
            }
        }
        work
    }

    /// The work that a change of status makes. Of children of map runs there may be a million, and nobody hears of them.
    // UNVERIFIED: that AWS announces none.
    pub(super) fn announced(&self, record: &ExecutionRecord) -> Vec<WorkItem> {
        if is_child(&record.identity.execution_arn) {
            return Vec::new();
        }
        self.handler().status_changed(record)
    }

    /// What was carried is durable: acts on it. Answers what is to be carried next.
    pub(super) fn settle(self: &Arc<Self>, live: &Arc<Live>, flying: Pending) -> Option<Pending> {
        let Pending { effects, work, mut answers, end, events_upto, sleeps_until, .. } = flying;
        let (events, stopping, is_asleep, forgets) = {
            let mut state = live.lock();
            let events = state.durable(events_upto, live.stored, live.logged);
            state.in_record = false;
            let is_asleep = sleeps_until.is_some_and(|due| self.fall_asleep(live, &mut state, due));
            let mut effects = effects;
            if is_asleep {
                // What it slept in for is in its record; what it gave up before is to be stopped all the same.
                effects.retain(|it| {
                    !matches!(it, Effect::SetTimer { .. } | Effect::ClearTimer { .. })
                });
            }
            self.act(live, &mut state, effects);
            if let Some(end) = &end {
                let record = ExecutionRecord::ended(live, &state, end).without_history();
                state.outcome = Some(Arc::new(record));
                // Whoever came while this was on its way: nothing more will be.
                answers.append(&mut state.pending.answers);
                self.clear_up(live, &mut state);
            }
            let forgets = end.is_some() && state.keeps_effects;
            (events, std::mem::take(&mut state.stopping), is_asleep, forgets)
        };
        if live.logged && !events.is_empty() {
            self.handler().happened(&live.identity, &live.attributes, &events);
        }
        self.scheduled_after(live, work, stopping, forgets);
        answer_all(answers, &Ok(()));
        if end.is_some() {
            self.observe_end(live);
            self.ended(live);
            return None;
        }
        if is_asleep {
            return None;
        }
        let mut state = live.lock();
        state.in_flight = false;
        state.take_off()
    }
}

fn answer_all(answers: impl IntoIterator<Item = Answer>, result: &Result<(), Error>) {
    for answer in answers {
        // Whoever asked may have stopped waiting.
        let _nobody = answer.send(result.clone());
    }
}

/// Adds the puts of work items.
pub(super) fn put_work(work: &[WorkItem], batch: &mut Batch) {
    for item in work {
        batch.put("work", item.record_key(), item, Expect::Any);
    }
}
