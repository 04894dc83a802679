//! Endpoints: the handler of an endpoint's work item, which lives as long as the endpoint does.
//!
//! It starts what is to serve, takes it into service once it answers its pings, starts again what ends, and ends what
//! was replaced once its last request is answered. Processes outlive the server: a new one finds them by the record.

mod deploy;
mod keep;
mod log;
pub(crate) mod records;
pub(crate) mod routes;
mod view;

use crate::error::Error;
use crate::job::{SWEEP, runner_error};
use crate::records::{BY_STATUS, TAGS, created_entry, key};
use crate::{Sagemaker, announce};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use keep::Health;
use records::{ENDPOINT, Endpoint, EndpointStatus, Fleet, Member};
use routes::{Live, RoutedVariant};
use serde_json::{Map, Value};
use service::{AwsError, Ctx, Found, WorkItem, WorkOutcome};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{Batch, Expect};
use tokio::sync::watch;

pub(crate) use deploy::{check_deployment, fleet, keep_properties, resized};
pub(crate) use view::{describe, summary};

/// Work kind of an endpoint; the key is `region/name`.
pub(crate) const WORK: &str = "sagemaker/endpoint";

/// How long the processes of a new configuration have to get ready, fetching their models included.
const PREPARATION: Duration = Duration::from_mins(30);
/// How long a replaced member may take over its last requests.
// AWS: a request is answered within 60 seconds.
const DRAIN: Duration = Duration::from_secs(65);

/// The bell that rings when somebody wants something else of the endpoint.
pub(crate) fn bell(arn: &str) -> String {
    format!("endpoint {arn}")
}

/// The endpoint that the request names.
pub(crate) async fn find(ctx: &Ctx, input: &Map<String, Value>) -> Result<Found<Endpoint>, Error> {
    let name = input.get("EndpointName").and_then(Value::as_str).unwrap_or_default();
    let found = ctx.records::<Endpoint>(ENDPOINT).get(&key(&ctx.region, name)).await?;
    found.ok_or_else(|| {
        let arn = ctx.arn("sagemaker", &format!("endpoint/{}", name.to_lowercase()));
        Error::Validation(format!("Could not find endpoint \"{arn}\"."))
    })
}

/// The same, when it is in service: nothing else can be updated.
pub(crate) async fn find_in_service(
    ctx: &Ctx,
    input: &Map<String, Value>,
) -> Result<Found<Endpoint>, Error> {
    let found = find(ctx, input).await?;
    let endpoint = &found.value;
    match endpoint.status {
        EndpointStatus::InService => Ok(found),
        // AWS: the only operation on a failed endpoint is DeleteEndpoint.
        EndpointStatus::Failed => Err(Error::Validation(format!(
            "Cannot update endpoint \"{}\" in status Failed. Delete it.",
            endpoint.arn
        ))),
        _ => Err(Error::Validation(format!(
            "Cannot update in-progress endpoint \"{}\".",
            endpoint.arn
        ))),
    }
}

/// The work item of an endpoint.
pub(crate) fn item(ctx: &Ctx, endpoint: &Endpoint) -> WorkItem {
    WorkItem::new(WORK, key(&endpoint.region, &endpoint.name), &endpoint.region, ctx.now_ms, &())
}

/// Adds the endpoint's record to `batch`.
pub(crate) fn put(batch: &mut Batch, endpoint: &Endpoint, expect: Expect) {
    let by_status = format!("{}/{}/", endpoint.region, endpoint.status.word());
    let index = vec![created_entry(&endpoint.region, endpoint.created_ms), (BY_STATUS, by_status)];
    batch.put_indexed(ENDPOINT, key(&endpoint.region, &endpoint.name), endpoint, index, expect);
}

/// The work item that tells of an endpoint's status.
pub(crate) fn announcement(ctx: &Ctx, endpoint: &Endpoint) -> WorkItem {
    let mut detail = describe(endpoint);
    announce::to_milliseconds(&mut detail);
    announce::item(ctx, "SageMaker Endpoint State Change", &endpoint.arn, detail)
}

/// Keeps the endpoint until it is deleted.
pub(crate) async fn run(
    service: &Sagemaker,
    ctx: &Ctx,
    item: &WorkItem,
) -> Result<WorkOutcome, AwsError> {
    let keeper = Keeper {
        service,
        ctx,
        key: item.key.clone(),
        began_ms: ctx.kit.clock.now_ms(),
        health: Mutex::default(),
        changed: watch::Sender::new(0),
    };
    keeper.run().await
}

/// Whoever keeps one endpoint.
struct Keeper<'a> {
    service: &'a Sagemaker,
    ctx: &'a Ctx,
    key: String,
    /// Since when this server looks at it.
    began_ms: i64,
    /// How the members are, by their ids.
    health: Mutex<HashMap<String, Health>>,
    /// Changes with the health.
    changed: watch::Sender<u64>,
}

/// A member's or a retired member's future; answers the member's id.
type Care<'a> = BoxFuture<'a, Result<String, AwsError>>;

impl Keeper<'_> {
    async fn run(&self) -> Result<WorkOutcome, AwsError> {
        let mut cares: FuturesUnordered<Care<'_>> = FuturesUnordered::new();
        let mut kept: HashSet<String> = HashSet::new();
        let mut draining: HashSet<String> = HashSet::new();
        let mut changed = self.changed.subscribe();
        loop {
            changed.borrow_and_update();
            let Some(found) = self.load().await? else {
                self.service.routes.publish(&self.key, None);
                return Ok(WorkOutcome::done());
            };
            let endpoint = &found.value;
            let mut bell = self.ctx.kit.notices.subscribe(&bell(&endpoint.arn));
            if self.load().await?.is_none_or(|again| again.value != *endpoint) {
                continue;
            }
            if endpoint.status == EndpointStatus::Deleting {
                return self.delete(found).await;
            }
            for member in endpoint.next.iter().chain(&endpoint.live).flat_map(Fleet::members) {
                if kept.insert(member.id.clone()) {
                    cares.push(Box::pin(self.keep(member.id.clone())));
                }
            }
            self.publish(endpoint);
            for member in &endpoint.retired {
                if draining.insert(member.id.clone()) {
                    cares.push(Box::pin(self.drain(member.clone())));
                }
            }
            if self.decide(endpoint).await? {
                continue;
            }
            let patience = self.patience(endpoint);
            tokio::select! {
                _ = changed.changed() => {}
                _ = bell.changed() => {}
                () = tokio::time::sleep(patience) => {}
                Some(ended) = cares.next() => {
                    let id = ended?;
                    kept.remove(&id);
                    self.lock().remove(&id);
                }
            }
        }
    }

    /// Takes what is prepared into service, or gives it up; `false` when it is too early to say.
    async fn decide(&self, endpoint: &Endpoint) -> Result<bool, AwsError> {
        let Some(next) = &endpoint.next else { return Ok(false) };
        let failure = {
            let health = self.lock();
            let of = |member: &Member| health.get(&member.id).cloned();
            next.members().find_map(|member| match of(member) {
                Some(Health::Failed { reason }) => Some(reason),
                _ => None,
            })
        };
        let are_ready = next
            .members()
            .all(|member| matches!(self.lock().get(&member.id), Some(Health::Ready(_))));
        let is_late = self.prepared_for(next) > PREPARATION;
        if are_ready {
            tracing::info!(endpoint = endpoint.name, config = next.config, "endpoint in service");
            self.update(Endpoint::swap).await?;
        } else if let Some(reason) = failure {
            self.give_up(endpoint, &reason).await?;
        } else if is_late {
            self.give_up(endpoint, "the containers were not ready in time").await?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    async fn give_up(&self, endpoint: &Endpoint, reason: &str) -> Result<(), AwsError> {
        tracing::warn!(endpoint = endpoint.name, reason, "endpoint not deployed");
        if endpoint.live.is_some() && endpoint.status != EndpointStatus::RollingBack {
            // Its own step, so that whoever watches sees why the configuration is the old one again.
            self.update(|endpoint, now_ms| {
                endpoint.status = EndpointStatus::RollingBack;
                endpoint.modified_ms = now_ms;
            })
            .await?;
        }
        self.update(|endpoint, now_ms| endpoint.give_up(reason, now_ms)).await
    }

    /// Until what is prepared is late; long, when nothing is.
    fn patience(&self, endpoint: &Endpoint) -> Duration {
        let Some(next) = &endpoint.next else { return PREPARATION };
        PREPARATION.saturating_sub(self.prepared_for(next)) + Duration::from_millis(1)
    }

    /// For how long a fleet has been prepared; while no server runs nobody prepares it.
    fn prepared_for(&self, next: &Fleet) -> Duration {
        let since_ms = next.since_ms.max(self.began_ms);
        let spent_ms = self.ctx.kit.clock.now_ms().saturating_sub(since_ms);
        Duration::from_millis(spent_ms.max(0) as u64)
    }

    /// Tells the routes which members of what is in service are ready.
    fn publish(&self, endpoint: &Endpoint) {
        let route = endpoint.live.as_ref().map(|fleet| {
            let health = self.lock();
            let ready = |member: &Member| match health.get(&member.id) {
                Some(Health::Ready(live)) => Some(live.clone()),
                _ => None,
            };
            let routed = fleet.variants.iter().map(|variant| RoutedVariant {
                name: variant.name.clone(),
                weight: variant.weight,
                lives: variant.members.iter().filter_map(ready).collect(),
            });
            routed.collect()
        });
        self.service.routes.publish(&self.key, route);
    }

    /// Ends a member that has been replaced.
    async fn drain(&self, member: Member) -> Result<String, AwsError> {
        let live = match self.lock().get(&member.id) {
            Some(Health::Ready(live)) => Some(Arc::clone(live)),
            _ => None,
        };
        if let Some(live) = live
            && tokio::time::timeout(DRAIN, live.idle()).await.is_err()
        {
            tracing::warn!(member = member.id, "a replaced instance still had requests");
        }
        self.end(&member).await?;
        let sweeps = self.sweeps(&member);
        self.update_with(sweeps, |endpoint, _| {
            endpoint.retired.retain(|retired| retired.id != member.id);
        })
        .await?;
        let mut forgets = Batch::new();
        log::forget(&mut forgets, &member);
        self.ctx.kit.store.commit(forgets).await.map_err(runner_error)?;
        Ok(member.id)
    }

    /// Ends a member's processes and waits until they have ended.
    async fn end(&self, member: &Member) -> Result<(), AwsError> {
        let runner = &self.service.runner;
        for process in &member.processes {
            match runner.stop(&process.run_id).await {
                Ok(()) | Err(runner::Error::UnknownJob(_)) => {}
                Err(error) => return Err(runner_error(error)),
            }
        }
        for process in &member.processes {
            match runner.wait(&process.run_id).await {
                Ok(_) | Err(runner::Error::UnknownJob(_)) => {}
                Err(error) => return Err(runner_error(error)),
            }
        }
        Ok(())
    }

    /// What deletes the folders of a member's processes.
    fn sweeps(&self, member: &Member) -> Vec<WorkItem> {
        let now_ms = self.ctx.kit.clock.now_ms();
        let sweep = |id: &str| WorkItem::new(SWEEP, id, &self.ctx.region, now_ms, &());
        member.processes.iter().map(|process| sweep(&process.run_id)).collect()
    }

    /// Ends everything and forgets the endpoint.
    async fn delete(&self, found: Found<Endpoint>) -> Result<WorkOutcome, AwsError> {
        self.service.routes.publish(&self.key, None);
        let endpoint = found.value;
        let members: Vec<Member> = endpoint
            .next
            .iter()
            .chain(&endpoint.live)
            .flat_map(Fleet::members)
            .chain(&endpoint.retired)
            .cloned()
            .collect();
        let ready: Vec<Arc<Live>> = {
            let health = self.lock();
            let lives = health.values().filter_map(|health| match health {
                Health::Ready(live) => Some(live.clone()),
                _ => None,
            });
            lives.collect()
        };
        for live in ready {
            let _over = tokio::time::timeout(DRAIN, live.idle()).await;
        }
        let mut outcome = WorkOutcome::done();
        for member in &members {
            self.end(member).await?;
            outcome.work.extend(self.sweeps(member));
            log::forget(&mut outcome.batch, member);
        }
        outcome.batch.remove(ENDPOINT, &found.key, found.expect);
        outcome.batch.remove(TAGS, &endpoint.arn, Expect::Any);
        outcome.notices.push(endpoint.arn);
        Ok(outcome)
    }

    async fn load(&self) -> Result<Option<Found<Endpoint>>, AwsError> {
        self.ctx.records::<Endpoint>(ENDPOINT).get(&self.key).await
    }

    /// Changes the record, whatever else changes it at the same time; a new status is told to everybody.
    async fn update(&self, change: impl Fn(&mut Endpoint, i64)) -> Result<(), AwsError> {
        self.update_with(Vec::new(), change).await
    }

    async fn update_with(
        &self,
        work: Vec<WorkItem>,
        change: impl Fn(&mut Endpoint, i64),
    ) -> Result<(), AwsError> {
        loop {
            let Some(found) = self.load().await? else { return Ok(()) };
            let mut endpoint = found.value.clone();
            change(&mut endpoint, self.ctx.kit.clock.now_ms());
            if endpoint == found.value && work.is_empty() {
                return Ok(());
            }
            let mut work = work.clone();
            if endpoint.status != found.value.status {
                work.push(announcement(self.ctx, &endpoint));
            }
            let mut batch = Batch::new();
            put(&mut batch, &endpoint, found.expect);
            let bells = [endpoint.arn.clone(), bell(&endpoint.arn)];
            match self.ctx.commit(batch, work, &bells).await {
                Ok(()) => return Ok(()),
                Err(store::Error::Conflict { .. }) => {}
                Err(error) => return Err(runner_error(error)),
            }
        }
    }

    fn set(&self, id: &str, health: Health) {
        self.lock().insert(id.to_owned(), health);
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Health>> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
