//! Listing by creation time, as all of SageMaker's lists work.

use crate::error::Error;
use crate::records::{BY_CREATION, BY_STATUS, Job, JobKind, seconds};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use service::{Ctx, PageToken, Reply, page_size};
use store::Scan;

/// How many records are read at a time while looking for a page's worth of matches.
const READ_AT_ONCE: usize = 200;

/// What a list request asks for.
pub(crate) struct Question {
    kind: &'static str,
    prefix: String,
    size: usize,
    newest_first: bool,
    name_contains: Option<String>,
    created_after_ms: Option<f64>,
    created_before_ms: Option<f64>,
    modified_after_ms: Option<f64>,
    modified_before_ms: Option<f64>,
    sort_by: Option<String>,
    token: Option<String>,
    text: String,
}

impl Question {
    /// Reads the members that every list request has. Lists are ordered by creation time unless asked; `newest_first`
    /// says which end comes first where the request does not.
    pub(crate) fn of(
        ctx: &Ctx,
        kind: &'static str,
        newest_first: bool,
        input: &Map<String, Value>,
    ) -> Self {
        let text = |member: &str| input.get(member).and_then(Value::as_str).map(str::to_owned);
        let time = |member: &str| input.get(member).and_then(Value::as_f64).map(|s| s * 1000.0);
        let mut asked = input.clone();
        asked.remove("NextToken");
        asked.remove("MaxResults");
        Self {
            kind,
            prefix: format!("{}/", ctx.region),
            size: page_size(input.get("MaxResults").and_then(Value::as_i64), 10, 100),
            newest_first: text("SortOrder").map_or(newest_first, |order| order == "Descending"),
            name_contains: text("NameContains"),
            created_after_ms: time("CreationTimeAfter"),
            created_before_ms: time("CreationTimeBefore"),
            modified_after_ms: time("LastModifiedTimeAfter"),
            modified_before_ms: time("LastModifiedTimeBefore"),
            sort_by: text("SortBy"),
            token: text("NextToken"),
            text: format!("{kind} {}", Value::Object(asked)),
        }
    }

    /// `None` lists by name: the records' keys.
    fn index(&self) -> Option<&'static str> {
        match self.sort_by.as_deref() {
            Some("Name") => None,
            Some("Status")
                if self.kind.ends_with("-job")
                    || self.kind == crate::endpoint::records::ENDPOINT =>
            {
                Some(BY_STATUS)
            }
            _ => Some(BY_CREATION),
        }
    }

    /// Whether the time of the last change is among those asked for.
    pub(crate) fn admits_change(&self, modified_ms: i64) -> bool {
        let modified_ms = modified_ms as f64;
        self.modified_after_ms.is_none_or(|after| modified_ms > after)
            && self.modified_before_ms.is_none_or(|before| modified_ms < before)
    }

    /// Whether a name and a creation time are among those asked for.
    pub(crate) fn admits(&self, name: &str, created_ms: i64) -> bool {
        let created_ms = created_ms as f64;
        self.name_contains.as_ref().is_none_or(|part| name.contains(part.as_str()))
            && self.created_after_ms.is_none_or(|after| created_ms > after)
            && self.created_before_ms.is_none_or(|before| created_ms < before)
    }
}

/// One page of answers.
pub(crate) struct Page {
    items: Vec<Value>,
    next_token: Option<String>,
}

impl Page {
    /// The response, with the items under `member`.
    pub(crate) fn answer(self, member: &str) -> Value {
        json!({member: self.items, "NextToken": self.next_token})
    }
}

/// Collects a page of what `show` answers `Some` for.
pub(crate) async fn page<T: DeserializeOwned>(
    ctx: &Ctx,
    question: &Question,
    show: impl Fn(&T) -> Option<Value>,
) -> Result<Page, Error> {
    let token = PageToken { question: &question.text };
    let mut after = token.read(question.token.as_deref(), "ValidationException")?;
    let mut items = Vec::new();
    loop {
        let left = question.size - items.len();
        let scan = Scan {
            kind: question.kind,
            index: question.index(),
            prefix: &question.prefix,
            after: after.as_deref(),
            // A record more than fits would be skipped by the next page's cursor.
            limit: left.min(READ_AT_ONCE),
            reverse: question.newest_first,
        };
        let (found, next) = ctx.records::<T>(question.kind).scan(scan).await?;
        items.extend(found.iter().filter_map(|found| show(&found.value)));
        match next {
            None => return Ok(Page { items, next_token: None }),
            Some(cursor) if items.len() >= question.size => {
                return Ok(Page { items, next_token: Some(token.make(&cursor)) });
            }
            Some(cursor) => after = Some(cursor),
        }
    }
}

/// `ListTrainingJobs` and its like.
pub(crate) async fn jobs(
    ctx: &Ctx,
    kind: JobKind,
    input: &Map<String, Value>,
) -> Result<Reply<Value>, Error> {
    let status = input.get("StatusEquals").and_then(Value::as_str);
    let question = Question::of(ctx, kind.records(), true, input);
    let member = kind.member();
    let page = page::<Job>(ctx, &question, |job| {
        let is_wanted = question.admits(&job.name, job.created_ms)
            && question.admits_change(job.modified_ms)
            && status.is_none_or(|status| status == job.status.word());
        is_wanted.then(|| summary(job, member))
    })
    .await?;
    Ok(Reply::new(page.answer(&format!("{member}Summaries"))))
}

fn summary(job: &Job, member: &str) -> Value {
    let mut view = json!({
        format!("{member}Name"): job.name,
        format!("{member}Arn"): job.arn,
        format!("{member}Status"): job.status.word(),
        "CreationTime": seconds(job.created_ms),
        "LastModifiedTime": seconds(job.modified_ms),
    });
    if job.kind == JobKind::Training {
        view["SecondaryStatus"] = Value::from(job.secondary.as_str());
    }
    if let Some(ended_ms) = job.ended_ms {
        view[format!("{}EndTime", member.trim_end_matches("Job"))] = seconds(ended_ms);
    }
    if let Some(reason) = job.failure_reason.as_ref().filter(|_| job.kind != JobKind::Training) {
        view["FailureReason"] = Value::from(reason.as_str());
    }
    if let Some(message) = &job.exit_message {
        view["ExitMessage"] = Value::from(message.as_str());
    }
    view
}
