//! Fakes of other services: their real models, and answers as the test says.

use serde_json::{Map, Value, json};
use service::{AwsError, Ctx, OperationFuture, Reply, Row, Service};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use store::Batch;
use store::Expect;
use wire::Model;

type Answer = dyn Fn(&str, &Value) -> Result<Value, AwsError> + Send + Sync;

/// A call that a fake got.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) operation: String,
    pub(crate) input: Value,
    pub(crate) principal: String,
}

/// A service that answers what a function says, and remembers what it was asked.
pub(crate) struct Fake {
    name: &'static str,
    model: Model,
    answer: Box<Answer>,
    got: Mutex<Vec<Got>>,
}

impl Fake {
    pub(crate) fn new(
        name: &'static str,
        answer: impl Fn(&str, &Value) -> Result<Value, AwsError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        let model = match name {
            "events" => include_str!("../../../events/model.json"),
            "lambda" => include_str!("../../../lambda/model.json"),
            "logs" => include_str!("../../../logs/model.json"),
            "s3" => include_str!("../../../s3/model.json"),
            "sagemaker" => include_str!("../../../sagemaker/model.json"),
            "sns" => include_str!("../../../sns/model.json"),
            "sqs" => include_str!("../../../sqs/model.json"),
            other => panic!("no model of {other}"),
        };
        let model = Model::parse(model).unwrap();
        Arc::new(Self { name, model, answer: Box::new(answer), got: Mutex::default() })
    }

    /// What it was asked so far.
    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// The input of the only call.
    pub(crate) fn only(&self) -> Value {
        let got = self.got();
        assert_eq!(got.len(), 1, "{got:?}");
        got[0].input.clone()
    }
}

#[async_trait::async_trait]
impl Service for Fake {
    fn name(&self) -> &'static str {
        self.name
    }

    fn model(&self) -> &Model {
        &self.model
    }

    fn operation(&self, name: &str) -> Option<Row> {
        let name = self.model.operation(name)?.name.clone().leak();
        Some(Row { name, action: "", resource: "*", pass_roles: &[] })
    }

    fn run<'a>(&'a self, ctx: &'a Ctx, operation: &str, input: Value) -> OperationFuture<'a> {
        let operation = operation.to_owned();
        let principal = ctx.principal.arn.clone();
        Box::pin(async move {
            let answer = (self.answer)(&operation, &input);
            self.got.lock().unwrap().push(Got { operation: operation.clone(), input, principal });
            let mut batch = Batch::new();
            // A change, so that calls with an effect key take place once.
            if !operation.starts_with("Describe") && !operation.starts_with("List") {
                batch.put("fake", ctx.uuid(), &1, Expect::Any);
            }
            answer.map(|output| Reply::with(output, batch))
        })
    }
}

/// SageMaker's jobs: those created run until the test ends them.
#[derive(Clone, Default)]
pub(crate) struct Jobs(Arc<Mutex<HashMap<String, Map<String, Value>>>>);

impl Jobs {
    pub(crate) fn service(&self) -> Arc<Fake> {
        let jobs = self.clone();
        Fake::new("sagemaker", move |operation, input| jobs.answer(operation, input))
    }

    /// Ends a training job and rings its bell.
    pub(crate) fn end(&self, kit: &service::Kit, name: &str, status: &str) {
        let mut jobs = self.0.lock().unwrap();
        let job = jobs.get_mut(name).unwrap_or_else(|| panic!("no job {name}"));
        job.insert("TrainingJobStatus".to_owned(), json!(status));
        kit.notices.ring(&arn(name));
    }

    pub(crate) fn status(&self, name: &str) -> Option<Value> {
        Some(self.0.lock().unwrap().get(name)?["TrainingJobStatus"].clone())
    }

    fn answer(&self, operation: &str, input: &Value) -> Result<Value, AwsError> {
        let mut jobs = self.0.lock().unwrap();
        let name = input["TrainingJobName"].as_str().unwrap_or_default();
        let absent = || AwsError::new("ValidationException", "Requested resource not found.");
        match operation {
            "CreateTrainingJob" => {
                if jobs.contains_key(name) {
                    return Err(AwsError::new("ResourceInUse", "there is one"));
                }
                let mut job = input.as_object().unwrap().clone();
                job.insert("TrainingJobStatus".to_owned(), json!("InProgress"));
                job.insert("TrainingJobArn".to_owned(), json!(arn(name)));
                job.insert("CreationTime".to_owned(), json!(1_767_225_600.5));
                jobs.insert(name.to_owned(), job);
                Ok(json!({"TrainingJobArn": arn(name)}))
            }
            "DescribeTrainingJob" => {
                jobs.get(name).map(|job| Value::Object(job.clone())).ok_or_else(absent)
            }
            "StopTrainingJob" => {
                let job = jobs.get_mut(name).ok_or_else(absent)?;
                job.insert("TrainingJobStatus".to_owned(), json!("Stopped"));
                Ok(json!({}))
            }
            other => Err(AwsError::not_implemented(other)),
        }
    }
}

fn arn(name: &str) -> String {
    format!("arn:aws:sagemaker:us-east-1:000000000000:training-job/{name}")
}
