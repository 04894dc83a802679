//! Things that are only made, described, listed and deleted: endpoint configurations, algorithms, experiments, trials.

use crate::error::Error;
use crate::listing::{Question, page};
use crate::records::{TAGS, created_entry, key, seconds};
use crate::tags::tag_new;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use service::{Ctx, Found, Reply};
use store::{Batch, Expect};

/// A kind of such things.
pub(crate) struct Noun {
    /// The record kind; the key is `region/name`.
    pub(crate) records: &'static str,
    /// The word before the name in ARNs.
    pub(crate) word: &'static str,
    /// The word in member names: `EndpointConfigName`.
    pub(crate) member: &'static str,
    /// As texts write it.
    pub(crate) text: &'static str,
    /// Unknown names are `ResourceNotFound`, as in the younger part of the API, and not `ValidationException`.
    pub(crate) has_not_found: bool,
}

/// Endpoint configurations.
pub(crate) static ENDPOINT_CONFIG: Noun = Noun {
    records: "sagemaker/endpoint-config",
    word: "endpoint-config",
    member: "EndpointConfig",
    text: "endpoint configuration",
    has_not_found: false,
};

/// Algorithms of the account's own.
pub(crate) static ALGORITHM: Noun = Noun {
    records: "sagemaker/algorithm",
    word: "algorithm",
    member: "Algorithm",
    text: "algorithm",
    has_not_found: false,
};

/// Experiments.
pub(crate) static EXPERIMENT: Noun = Noun {
    records: "sagemaker/experiment",
    word: "experiment",
    member: "Experiment",
    text: "Experiment",
    has_not_found: true,
};

/// Trials of experiments.
pub(crate) static TRIAL: Noun = Noun {
    records: "sagemaker/experiment-trial",
    word: "experiment-trial",
    member: "Trial",
    text: "Trial",
    has_not_found: true,
};

/// Trial components.
pub(crate) static TRIAL_COMPONENT: Noun = Noun {
    records: "sagemaker/experiment-trial-component",
    word: "experiment-trial-component",
    member: "TrialComponent",
    text: "Trial Component",
    has_not_found: true,
};

/// Every kind.
pub(crate) static ALL: [&Noun; 5] =
    [&ENDPOINT_CONFIG, &ALGORITHM, &EXPERIMENT, &TRIAL, &TRIAL_COMPONENT];

/// One of them: the request that made it, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Thing {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) request: Map<String, Value>,
    pub(crate) created_ms: i64,
    pub(crate) modified_ms: i64,
    pub(crate) created_by: String,
}

impl Noun {
    /// The ARN of the thing of that name.
    pub(crate) fn arn(&self, ctx: &Ctx, name: &str) -> String {
        ctx.arn("sagemaker", &format!("{}/{name}", self.word))
    }

    /// The thing that the request names.
    pub(crate) async fn find(
        &self,
        ctx: &Ctx,
        input: &Map<String, Value>,
    ) -> Result<Found<Thing>, Error> {
        let name = input.get(&format!("{}Name", self.member)).and_then(Value::as_str);
        self.named(ctx, name.unwrap_or_default()).await
    }

    /// The thing of that name, or of that ARN.
    pub(crate) async fn named(&self, ctx: &Ctx, name: &str) -> Result<Found<Thing>, Error> {
        let name = name.rsplit('/').next().unwrap_or(name);
        let found = ctx.records::<Thing>(self.records).get(&key(&ctx.region, name)).await?;
        found.ok_or_else(|| {
            let arn = self.arn(ctx, name);
            if self.has_not_found {
                return Error::NotFound(format!("{} '{name}' does not exist.", self.text));
            }
            Error::Validation(format!("Could not find {} \"{arn}\".", self.text))
        })
    }

    /// Makes one; answers its ARN.
    pub(crate) async fn create(
        &self,
        ctx: &Ctx,
        mut input: Map<String, Value>,
    ) -> Result<Reply<Value>, Error> {
        let name_member = format!("{}Name", self.member);
        let name = input.get(&name_member).and_then(Value::as_str).unwrap_or_default().to_owned();
        let arn = self.arn(ctx, &name);
        let record_key = key(&ctx.region, &name);
        if ctx.records::<Thing>(self.records).get(&record_key).await?.is_some() {
            let text = self.text;
            return Err(Error::Validation(if self.has_not_found {
                // AWS: SDKs look for these words to take what is there.
                format!(
                    "{text} names must be unique within an AWS account and region. {text} with name ({name}) already exists."
                )
            } else {
                format!("Cannot create already existing {text} \"{arn}\".")
            }));
        }
        let mut batch = Batch::new();
        tag_new(&mut batch, &arn, input.remove("Tags").as_ref());
        let thing = Thing {
            name,
            arn: arn.clone(),
            request: input,
            created_ms: ctx.now_ms,
            modified_ms: ctx.now_ms,
            created_by: ctx.principal.arn.clone(),
        };
        self.put(&mut batch, ctx, &thing, Expect::Absent);
        Ok(Reply::with(json!({format!("{}Arn", self.member): arn}), batch))
    }

    /// Adds its record to `batch`.
    pub(crate) fn put(&self, batch: &mut Batch, ctx: &Ctx, thing: &Thing, expect: Expect) {
        let index = vec![created_entry(&ctx.region, thing.created_ms)];
        batch.put_indexed(self.records, key(&ctx.region, &thing.name), thing, index, expect);
    }

    /// What describing it answers.
    pub(crate) fn view(&self, thing: &Thing) -> Value {
        let mut view = thing.request.clone();
        view.insert(format!("{}Arn", self.member), Value::from(thing.arn.as_str()));
        view.insert("CreationTime".to_owned(), seconds(thing.created_ms));
        if self.has_not_found {
            view.insert("LastModifiedTime".to_owned(), seconds(thing.modified_ms));
        }
        Value::Object(view)
    }

    /// Replaces members of one; answers its ARN.
    pub(crate) async fn update(
        &self,
        ctx: &Ctx,
        input: Map<String, Value>,
        change: impl FnOnce(&mut Map<String, Value>, Map<String, Value>),
    ) -> Result<Reply<Value>, Error> {
        let found = self.find(ctx, &input).await?;
        let mut thing = found.value;
        change(&mut thing.request, input);
        thing.modified_ms = ctx.now_ms;
        let mut batch = Batch::new();
        self.put(&mut batch, ctx, &thing, found.expect);
        Ok(Reply::with(json!({format!("{}Arn", self.member): thing.arn}), batch))
    }

    /// Deletes one.
    pub(crate) async fn delete(
        &self,
        ctx: &Ctx,
        input: &Map<String, Value>,
    ) -> Result<Reply<Value>, Error> {
        let found = self.find(ctx, input).await?;
        let mut batch = Batch::new();
        batch.remove(self.records, &found.key, found.expect);
        batch.remove(TAGS, &found.value.arn, Expect::Any);
        Ok(Reply::with(json!({format!("{}Arn", self.member): found.value.arn}), batch))
    }

    /// Lists them: those that `is_wanted`, by `more` than name, ARN and times.
    pub(crate) async fn list(
        &self,
        ctx: &Ctx,
        input: &Map<String, Value>,
        list: &str,
        more: &[&str],
        is_wanted: impl Fn(&Thing) -> bool,
    ) -> Result<Reply<Value>, Error> {
        let question = Question::of(ctx, self.records, true, input);
        let page = page::<Thing>(ctx, &question, |thing| {
            if !question.admits(&thing.name, thing.created_ms) || !is_wanted(thing) {
                return None;
            }
            let mut summary = json!({
                format!("{}Name", self.member): thing.name,
                format!("{}Arn", self.member): thing.arn,
                "CreationTime": seconds(thing.created_ms),
            });
            for member in more {
                if let Some(value) = thing.request.get(*member) {
                    summary[*member] = value.clone();
                }
            }
            if self.has_not_found {
                summary["LastModifiedTime"] = seconds(thing.modified_ms);
            }
            Some(summary)
        })
        .await?;
        Ok(Reply::new(page.answer(list)))
    }
}
