//! refit's own pages: health, what is due, numbers, and what is wrong in words.

mod trouble;

use crate::compose::Composed;
use crate::server::REGION;
use driver::{Executions, Work};
use metrics::{Family, Kind, Reading, Sample, gauge};
use serde_json::{Value, json};
use service::{Kit, WorkItem};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use telemetry::{Exporter, Settings};
use trouble::{Disk, Facts};

/// Jobs of one status that are counted; there are never so many at a time.
const MOST_JOBS: u32 = 100;

/// refit's own pages.
pub(crate) struct Own {
    kit: Arc<Kit>,
    executions: Executions,
    work: Arc<Work>,
    home: PathBuf,
}

impl Own {
    /// The pages of a server with its data in `home`.
    pub(crate) fn new(server: &Composed, home: &Path) -> Self {
        Self {
            kit: server.kit.clone(),
            executions: server.executions.clone(),
            work: server.work.clone(),
            home: home.to_owned(),
        }
    }

    /// Sends traces and metrics to a collector from now on.
    pub(crate) fn export(&self, settings: Settings) {
        tracing::info!(endpoint = settings.endpoint, "traces and metrics go to a collector");
        let (executions, work) = (self.executions.clone(), self.work.clone());
        let numbers = move || numbers(&executions, &work);
        let clock = self.kit.clock.clone();
        let exporter = Exporter::start(settings, numbers, move || clock.now_ms());
        self.executions.observe(Arc::new(exporter));
    }

    /// What runs, what is due next, and what is wrong.
    async fn overview(&self) -> Option<Value> {
        let ctx = self.kit.platform_ctx(REGION);
        let items = ctx.records::<WorkItem>("work").all("").await.ok()?;
        let facts = Facts {
            overdue_ms: self.work.overdue_ms(),
            commit_queue: metrics::COMMIT_QUEUE.get(),
            disk_full: metrics::DISK_FULL.get(),
            commits_failed: metrics::COMMITS_FAILED.get(),
            throttled: metrics::THROTTLED.get(),
            dropped: metrics::TELEMETRY_DROPPED.get(),
            disk: disk(&self.home),
            retried: retried(items.iter().map(|found| &found.value)),
        };
        let items: Vec<Value> = items
            .into_iter()
            .map(|found| found.value)
            .map(|item| json!({"kind": item.kind, "key": item.key, "due_ms": item.due_ms, "attempts": item.attempts}))
            .collect();
        Some(json!({
            "now_ms": ctx.now_ms, "running_executions": self.executions.live_count(),
            "trouble": trouble::words(&facts), "work": items,
        }))
    }

    /// Jobs that have not ended, by status.
    async fn jobs(&self) -> Family {
        let ctx = self.kit.platform_ctx(REGION);
        let mut samples = Vec::new();
        for (kind, operation) in
            [("training", "ListTrainingJobs"), ("transform", "ListTransformJobs")]
        {
            for status in ["InProgress", "Stopping"] {
                let input = json!({"StatusEquals": status, "MaxResults": MOST_JOBS});
                let Ok(listed) = ctx.call("sagemaker", operation, input).await else { continue };
                let jobs = listed.as_object().into_iter().flatten();
                let count: usize = jobs.filter_map(|(_, list)| list.as_array()).map(Vec::len).sum();
                let labels = vec![("kind", kind.to_owned()), ("status", status.to_owned())];
                samples.push(Sample { labels, reading: Reading::Number(count as f64) });
            }
        }
        Family {
            name: "refit_jobs",
            help: "Jobs that have not ended, in the server's own region; 100 are counted at most.",
            kind: Kind::Gauge,
            samples,
        }
    }
}

#[async_trait::async_trait]
impl gateway::OwnApi for Own {
    async fn page(&self, path: &str, is_admin: bool) -> Option<Value> {
        match path {
            "health" => Some(json!({
                "version": env!("CARGO_PKG_VERSION"), "ready": true, "pid": std::process::id(),
            })),
            "work" if is_admin => self.overview().await,
            _ => None,
        }
    }

    async fn metrics(&self) -> String {
        let mut families = numbers(&self.executions, &self.work);
        families.push(self.jobs().await);
        if let Some(disk) = disk(&self.home) {
            let free = disk.free_bytes as f64;
            families.push(gauge("refit_disk_free_bytes", "Room for the data directory.", free));
        }
        metrics::prometheus(&families)
    }
}

/// All that is counted, and what is read at this moment.
fn numbers(executions: &Executions, work: &Work) -> Vec<Family> {
    let mut families = metrics::snapshot();
    let now = [
        (
            "refit_executions_live",
            "Executions in memory: those that run, but for long waits.",
            executions.live_count() as f64,
        ),
        ("refit_timers", "Timers of executions that are set.", executions.timers() as f64),
        ("refit_work_waiting", "Durable work that waits until it is due.", work.waiting() as f64),
        (
            "refit_work_overdue_seconds",
            "How far behind the first work is that should run already.",
            work.overdue_ms() as f64 / 1e3,
        ),
    ];
    families.extend(now.map(|(name, help, value)| gauge(name, help, value)));
    families
}

/// Items that have failed and are tried again: how many of each kind.
fn retried<'a>(items: impl Iterator<Item = &'a WorkItem>) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    // Jobs and sweeps come again and again by nature, without having failed.
    for item in items.filter(|item| item.attempts > 0 && item.kind != "sagemaker/job") {
        *kinds.entry(item.kind.clone()).or_default() += 1;
    }
    kinds
}

/// The file system of the data directory.
fn disk(home: &Path) -> Option<Disk> {
    let found = nix::sys::statvfs::statvfs(home).ok()?;
    let fragment = found.fragment_size();
    Some(Disk {
        free_bytes: found.blocks_available().saturating_mul(fragment),
        total_bytes: found.blocks().saturating_mul(fragment),
    })
}
