//! A server of SageMaker whose jobs are never begun: work is scheduled and nobody runs it.

use runner::resources::Resources;
use runner::{FakeRunner, FakeScript};
use sagemaker::Sagemaker;
use serde_json::Value;
use service::{
    AwsError, Call, Kit, ObjectInfo, Objects, OpenDoor, Principal, SeededEntropy, SystemClock,
    WorkItem, WorkQueue,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::MemoryStore;

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/trainer";

/// Every bucket has one object under every prefix, but for those called `nothing`.
struct Shelf;

#[async_trait::async_trait]
impl Objects for Shelf {
    async fn list(
        &self,
        _: &Principal,
        _: &str,
        prefix: &str,
    ) -> Result<Vec<ObjectInfo>, AwsError> {
        if prefix.starts_with("nothing") {
            return Ok(Vec::new());
        }
        Ok(vec![ObjectInfo { key: format!("{prefix}a.csv"), size_bytes: 1, etag: String::new() }])
    }
    async fn file(&self, _: &Principal, _: &str, _: &str) -> Result<PathBuf, AwsError> {
        Err(AwsError::not_implemented("file"))
    }
    async fn put_file(
        &self,
        _: &Principal,
        _: &str,
        _: &str,
        _: &Path,
    ) -> Result<String, AwsError> {
        Err(AwsError::not_implemented("put_file"))
    }
}

struct Nobody;

impl WorkQueue for Nobody {
    fn scheduled(&self, _: Vec<WorkItem>) {}
    fn cancelled(&self, _: Vec<(String, String)>) {}
}

pub(crate) struct World {
    kit: Arc<Kit>,
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(SystemClock::wall());
        let kit =
            Kit::new(ACCOUNT, Arc::new(MemoryStore::new()), clock, Arc::new(SeededEntropy::new(7)));
        let home = Path::new("/nowhere");
        let runner = Arc::new(FakeRunner::new(home, || 0, |_| FakeScript::exits(0, 0)));
        let capacity = Resources { vcpus: 2, memory_mib: 4096, gpus: 0 };
        let sagemaker = Sagemaker::new(
            runner,
            Arc::new(Shelf),
            vec!["refit".into(), "algorithm".into()],
            "http://127.0.0.1:9",
            capacity,
            home,
        );
        kit.join(Arc::new(OpenDoor), Arc::new(Nobody), vec![Arc::new(sagemaker)]);
        Self { kit }
    }

    /// Calls as a user, and checks that the answer fits the model.
    pub(crate) async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        let call = Call {
            service: "sagemaker".to_owned(),
            operation: operation.to_owned(),
            input,
            principal: Principal::user(ACCOUNT, "/", "ann"),
            region: "us-east-1".to_owned(),
            effect_key: None,
        };
        let output = self.kit.caller().call(call).await?;
        let model = sagemaker::model();
        let unknown = wire::unknown_members(model, model.operation(operation).unwrap(), &output);
        assert!(unknown.is_empty(), "{operation}: {unknown:?}");
        Ok(output)
    }
}
