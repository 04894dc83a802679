//! One AWS call: tried again where the type says so, its answer's outputs taken out.

use super::read::told;
use super::{Provider, Scope, dry};
use crate::types::{Call, List, ResourceType, Shape, Wait};
use crate::value::{AssetError, Object, Value};
use base64::Engine as _;
use serde_json::{Map, Value as Json};
use std::time::Duration;
use tokio::time::Instant;

/// How long errors of AWS's propagation are waited out.
const PROPAGATION: Duration = Duration::from_mins(2);
/// How many pages a list may have.
const MAX_PAGES: usize = 10_000;

/// Why a step did not succeed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct StepError {
    message: String,
    /// AWS's error code, if AWS refused.
    pub(crate) code: Option<String>,
    status: u16,
    /// What to do about it.
    pub(crate) hint: Option<String>,
    /// The answer was lost: it may have been done all the same.
    pub(crate) is_unanswered: bool,
    /// The call was made and answered; what it began did not end well.
    pub(super) is_made: bool,
}

impl StepError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: None,
            status: 0,
            hint: None,
            is_unanswered: false,
            is_made: false,
        }
    }

    pub(super) fn asset(error: AssetError) -> Self {
        Self::new(error.text())
    }

    fn aws(error: &client::Error) -> Self {
        use std::error::Error as _;
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message = format!("{message}: {cause}");
            source = cause.source();
        }
        match error {
            client::Error::Service { error, .. } => Self {
                code: Some(error.code.clone()),
                status: error.status,
                is_unanswered: error.status >= 500,
                ..Self::new(message)
            },
            client::Error::Wire { .. } => Self::new(message),
            _ => Self { is_unanswered: true, ..Self::new(message) },
        }
    }

    /// Whether it is one of `Code` or `Code~part of the message`.
    pub(super) fn is_one_of(&self, patterns: &[String]) -> bool {
        let Some(code) = &self.code else { return false };
        patterns.iter().any(|pattern| match pattern.split_once('~') {
            None => code == pattern,
            Some((wanted, part)) => code == wanted && self.message.contains(part),
        })
    }

    /// Whether AWS has had too many calls, for longer than its clients wait.
    fn is_throttled(&self) -> bool {
        self.code.as_deref().is_some_and(client::is_throttling)
    }

    /// Whether it says that the resource is not there.
    pub(super) fn is_gone(&self, kind: &ResourceType) -> bool {
        self.status == 404 || self.is_one_of(&kind.gone)
    }
}

impl Provider {
    /// Calls an operation of the type's service.
    pub(super) async fn send(
        &self,
        kind: &ResourceType,
        operation: &str,
        input: Option<Json>,
    ) -> Result<Json, StepError> {
        let input = input.unwrap_or_else(|| Json::Object(Map::new()));
        let started = Instant::now();
        let mut delay = Duration::from_millis(100);
        loop {
            let error = match self.aws.call(&kind.service, operation, input.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => StepError::aws(&error),
            };
            let passes = error.is_one_of(&kind.retry_always)
                || (self.aws.is_eventually_consistent()
                    && (error.is_throttled() || error.is_one_of(&kind.retry)));
            let limit = self.patience.unwrap_or(PROPAGATION);
            if !passes || self.cancel.is_cancelled() || started.elapsed() + delay > limit {
                return Err(error);
            }
            tokio::time::sleep(delay).await;
            delay = (delay * 2).min(Duration::from_secs(5));
        }
    }

    /// Makes one call of a table and waits until what it did is settled. Its outputs go into `outputs`.
    pub(super) async fn perform(
        &self,
        kind: &ResourceType,
        call: &Call,
        scope: &Scope<'_>,
        outputs: &mut Object,
    ) -> Result<(), StepError> {
        let answer = match self.send(kind, &call.operation, scope.render(&call.input)?).await {
            Err(error) if error.is_one_of(&call.ignore) => return Ok(()),
            // What is taken away because the program has it no longer may be gone already.
            Err(error) if call.absent.is_some() && error.is_gone(kind) => return Ok(()),
            answer => answer?,
        };
        if let Some(fail) = &call.fail
            && extract(&answer, &fail.count).and_then(|count| count.as_i64()).is_some_and(|n| n > 0)
        {
            let text = |path: &str| {
                extract(&answer, path)
                    .and_then(|v| v.as_str().map(str::to_owned))
                    .unwrap_or_default()
            };
            let (code, message) = (text(&fail.code), text(&fail.message));
            let mut error = StepError::new(format!("{}: {message} ({code})", call.operation));
            error.code = Some(code);
            return Err(error);
        }
        if let Some(fail) = &call.fail_if
            && let Some(what) = extract(&answer, &fail.present).filter(|found| !found.is_null())
        {
            let message = extract(&answer, &fail.message).unwrap_or_default();
            let [what, message] = [what, message].map(|json| plain_text(&json));
            return Err(StepError::new(format!("{}: {message} ({what})", call.operation)));
        }
        take_outputs(kind, &call.outputs, &answer, outputs);
        if self.dry.is_some() {
            dry::expect_outputs(call.outputs.keys(), outputs);
        }
        match &call.wait {
            Some(wait) => self
                .settle(kind, wait, &answer, &scope.with(outputs))
                .await
                .map_err(|error| StepError { is_made: true, ..error }),
            None => Ok(()),
        }
    }

    /// Waits until a resource is no longer under way.
    async fn settle(
        &self,
        kind: &ResourceType,
        wait: &Wait,
        first: &Json,
        scope: &Scope<'_>,
    ) -> Result<(), StepError> {
        let text = |answer: &Json, path: &str| {
            extract(answer, path).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
        };
        if let Some(recorder) = &self.dry {
            let input = scope.render(&wait.input)?.unwrap_or_default();
            recorder.record(&kind.service, &wait.call, input, Some("until it is settled"));
            return Ok(());
        }
        let mut answer = first.clone();
        let limit = self.patience.unwrap_or(Duration::from_mins(5));
        let mut pause = Pause::new(limit);
        loop {
            let status = text(&answer, &wait.path);
            if wait.failed.contains(&status) {
                let reason = text(&answer, &wait.reason);
                return Err(StepError::new(format!("it is {status}: {reason}")));
            }
            if !wait.unsettled.contains(&status) {
                return Ok(());
            }
            if !pause.rest(self).await {
                let message = format!("it is still {status} after {} seconds", limit.as_secs());
                return Err(StepError::new(message));
            }
            answer = self.send(kind, &wait.call, scope.render(&wait.input)?).await?;
        }
    }

    /// All items that a call lists.
    pub(super) async fn list(
        &self,
        kind: &ResourceType,
        list: &List,
        scope: &Scope<'_>,
    ) -> Result<Vec<Json>, StepError> {
        let mut input = scope.render(&list.input)?.unwrap_or_else(|| Json::Object(Map::new()));
        let mut items = Vec::new();
        for _ in 0..MAX_PAGES {
            let answer = self.send(kind, &list.call, Some(input.clone())).await?;
            if let Some(Json::Array(page)) = extract(&answer, &list.items) {
                items.extend(page);
            }
            match extract(&answer, &list.next) {
                Some(Json::String(token)) if !token.is_empty() && !list.token.is_empty() => {
                    input[list.token.as_str()] = Json::String(token);
                }
                _ => break,
            }
        }
        let is_kept = |item: &Json| {
            let skipped = list.skip_true.as_deref().and_then(|name| item.get(name));
            skipped.and_then(Json::as_bool) != Some(true)
        };
        Ok(items.into_iter().skip(list.skip_newest).filter(is_kept).collect())
    }
}

/// Growing pauses up to a limit.
pub(super) struct Pause {
    until: Instant,
    delay: Duration,
}

impl Pause {
    pub(super) fn new(limit: Duration) -> Self {
        Self { until: Instant::now() + limit, delay: Duration::from_millis(20) }
    }

    /// Rests a little; false when the time is over or the run was stopped.
    pub(super) async fn rest(&mut self, provider: &Provider) -> bool {
        if Instant::now() + self.delay > self.until || provider.cancel.is_cancelled() {
            return false;
        }
        tokio::time::sleep(self.delay).await;
        self.delay = (self.delay * 2).min(Duration::from_secs(1));
        true
    }
}

/// Takes an answer's outputs. A dotted name is a place in an object.
pub(super) fn take_outputs(
    kind: &ResourceType,
    wanted: &indexmap::IndexMap<String, String>,
    answer: &Json,
    outputs: &mut Object,
) {
    for (name, path) in wanted {
        if let Some(value) = extract(answer, path).filter(|value| !value.is_null()) {
            put(kind, name, value, outputs);
        }
    }
}

fn put(kind: &ResourceType, name: &str, value: Json, outputs: &mut Object) {
    let mut steps = name.split('.').peekable();
    let mut at = outputs;
    let mut fields = Some(&kind.properties);
    while let Some(step) = steps.next() {
        let property = fields.and_then(|fields| fields.get(step));
        if steps.peek().is_none() {
            at.insert(step.to_owned(), told(property, value, kind.has_upper_members()));
            return;
        }
        fields = match property.map(|property| &property.shape) {
            Some(Shape::Object(fields)) => Some(fields),
            Some(Shape::List(of) | Shape::Set(of)) => match &of.shape {
                Shape::Object(fields) => Some(fields),
                _ => None,
            },
            _ => None,
        };
        let below = at.entry(step.to_owned()).or_insert_with(|| Value::Object(Object::new()));
        let Value::Object(below) = below else { return };
        at = below;
    }
}

/// The forms of a path.
const FORMS: [&str; 9] =
    ["enabled", "json", "last", "percent", "tags", "text", "time", "unquote", ""];

/// What stands at a path of an answer (`Role.Arn`, `FailedEntries.0.ErrorCode`, `Users.*.UserName`), in a form (`:time`,
/// `:percent`, `:unquote`, `:text` of base64, `:json`, `:enabled` of a status, `:last` of an ARN, `:tags` of a list of names and values).
pub(super) fn extract(answer: &Json, path: &str) -> Option<Json> {
    if let Some((before, after)) = path.split_once(":json.") {
        let text = extract(answer, before)?;
        return extract(&serde_json::from_str(text.as_str()?).ok()?, after);
    }
    if let Some((before, after)) = path.split_once(".*.") {
        let list = extract(answer, before)?;
        let items = list.as_array()?.iter().filter_map(|item| extract(item, after));
        return Some(items.collect());
    }
    // Other colons belong to the names of members, such as `AWS:SourceArn`.
    let form = path.rsplit_once(':').filter(|(_, form)| FORMS.contains(form));
    let (path, form) = form.unwrap_or((path, ""));
    let found = path.split('.').try_fold(answer, |at, step| match at {
        Json::Array(items) => items.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })?;
    Some(match (form, found) {
        ("time", Json::Number(seconds)) => {
            let millis = (seconds.as_f64()? * 1000.0).round();
            let time = jiff::Timestamp::from_millisecond(millis as i64).ok()?;
            Json::from(time.to_string())
        }
        ("enabled", Json::String(status)) => {
            let word = status.get(.."enabled".len());
            Json::from(word.is_some_and(|word| word.eq_ignore_ascii_case("enabled")))
        }
        ("last", Json::String(arn)) => Json::from(arn.rsplit(':').next().unwrap_or_default()),
        ("tags", found) => tags(found),
        ("unquote", Json::String(text)) => Json::from(text.trim_matches('"')),
        ("text", Json::String(text)) => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
            Json::from(String::from_utf8_lossy(&bytes))
        }
        ("percent", Json::String(text)) => Json::from(percent_decoded(text)),
        _ => found.clone(),
    })
}

/// Tags and the like by name, without those that AWS gives itself.
fn tags(found: &Json) -> Json {
    let text = |tag: &Json, names: [&str; 3]| {
        names.iter().find_map(|name| tag.get(*name)).and_then(Json::as_str).map(str::to_owned)
    };
    let named: Vec<(String, Json)> = match found {
        Json::Array(tags) => tags
            .iter()
            .filter_map(|tag| {
                let value = text(tag, ["Value", "value", "TagValue"]).unwrap_or_default();
                Some((text(tag, ["Key", "key", "Name"])?, Json::from(value)))
            })
            .collect(),
        Json::Object(tags) => tags.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
        _ => Vec::new(),
    };
    Json::Object(named.into_iter().filter(|(name, _)| !name.starts_with("aws:")).collect())
}

fn plain_text(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

/// Policy documents come percent-encoded from IAM; those that are not stay as they are.
fn percent_decoded(text: &str) -> String {
    if text.trim_start().starts_with('{') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'%').then(|| after.get(..2)).flatten();
        let escaped = escaped.and_then(|digits| hex::decode(digits).ok());
        if let Some(decoded) = escaped {
            bytes.extend(decoded);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
