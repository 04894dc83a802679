//! What an operation gets besides its input.

use crate::{
    Authoriser, AwsError, Caller, Clock, Dispatcher, Entropy, Interest, Metrics, Notices,
    Principal, Records, Service, WorkQueue,
};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use store::Store;

/// The server's parts that every operation shares. Made first; services, authoriser and work queue are joined once.
pub struct Kit {
    /// The 12-digit account all resources belong to.
    pub account: String,
    /// Where records live.
    pub store: Arc<dyn Store>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Bells.
    pub notices: Notices,
    /// Who listens to events of services.
    pub interest: Interest,
    /// What services count about themselves.
    pub metrics: Metrics,
    joined: OnceLock<Joined>,
}

struct Joined {
    authoriser: Arc<dyn Authoriser>,
    queue: Arc<dyn WorkQueue>,
    services: HashMap<&'static str, Arc<dyn Service>>,
}

impl Kit {
    /// A kit whose services are still to be [`Kit::join`]ed.
    pub fn new(
        account: &str,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Arc<Self> {
        Arc::new(Self {
            account: account.to_owned(),
            store,
            clock,
            entropy,
            notices: Notices::default(),
            interest: Interest::default(),
            metrics: Metrics::default(),
            joined: OnceLock::new(),
        })
    }

    /// Joins services, authoriser and work queue, once, before the first call.
    ///
    /// # Panics
    /// When called twice.
    pub fn join(
        &self,
        authoriser: Arc<dyn Authoriser>,
        queue: Arc<dyn WorkQueue>,
        services: Vec<Arc<dyn Service>>,
    ) {
        let services = services.into_iter().map(|service| (service.name(), service)).collect();
        assert!(
            self.joined.set(Joined { authoriser, queue, services }).is_ok(),
            "the kit's services are joined once"
        );
    }

    /// The dispatcher over this kit.
    pub fn dispatcher(self: &Arc<Self>) -> Dispatcher {
        Dispatcher::new(self.clone())
    }

    /// The caller over this kit.
    pub fn caller(self: &Arc<Self>) -> Caller {
        Caller::new(self.clone())
    }

    /// A context for work that the server does by itself (timers, jobs, recovery).
    pub fn platform_ctx(self: &Arc<Self>, region: &str) -> Ctx {
        self.ctx(Principal::platform(&self.account), region)
    }

    /// A context for `principal` now.
    pub fn ctx(self: &Arc<Self>, principal: Principal, region: &str) -> Ctx {
        self.ctx_of_request(principal, region, self.entropy.uuid())
    }

    /// A context for `principal` now, of a request that has its id.
    pub fn ctx_of_request(
        self: &Arc<Self>,
        principal: Principal,
        region: &str,
        request_id: String,
    ) -> Ctx {
        Ctx {
            kit: self.clone(),
            principal,
            region: region.to_owned(),
            now_ms: self.clock.now_ms(),
            request_id,
            effect_key: None,
            source_ip: None,
        }
    }

    /// The service of that name.
    pub fn service(&self, name: &str) -> Option<Arc<dyn Service>> {
        self.joined().services.get(name).cloned()
    }

    /// All services, in no particular order.
    pub fn services(&self) -> impl Iterator<Item = &Arc<dyn Service>> {
        self.joined().services.values()
    }

    /// IAM.
    pub fn authoriser(&self) -> &Arc<dyn Authoriser> {
        &self.joined().authoriser
    }

    /// Whoever runs work.
    pub fn queue(&self) -> &Arc<dyn WorkQueue> {
        &self.joined().queue
    }

    fn joined(&self) -> &Joined {
        self.joined.get().expect("services are joined before the first call")
    }
}

/// The circumstances of one call.
#[derive(Clone)]
pub struct Ctx {
    /// The server's shared parts.
    pub kit: Arc<Kit>,
    /// Who calls.
    pub principal: Principal,
    /// The region the call is for.
    pub region: String,
    /// When the call arrived, Unix milliseconds. The only time an operation knows.
    pub now_ms: i64,
    /// The request's id, as AWS returns one with each response.
    pub request_id: String,
    /// Set when the call must take place once only.
    pub effect_key: Option<String>,
    /// Where the request came from, when it came from a socket.
    pub source_ip: Option<std::net::IpAddr>,
}

impl Ctx {
    /// The account.
    pub fn account(&self) -> &str {
        &self.kit.account
    }

    /// `arn:aws:<service>:<region>:<account>:<resource>`.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        let (region, account) = (&*self.region, &*self.kit.account);
        ["arn:aws:", service, ":", region, ":", account, ":", resource].concat()
    }

    /// A random UUID.
    pub fn uuid(&self) -> String {
        self.kit.entropy.uuid()
    }

    /// Access to records of `kind`.
    pub fn records<T: serde::de::DeserializeOwned>(&self, kind: &'static str) -> Records<'_, T> {
        Records::new(&*self.kit.store, kind)
    }

    /// Commits what a long run of a work item decided in between: changes, further work, and bells to ring.
    ///
    /// # Errors
    /// When storage fails, or a record has changed meanwhile.
    pub async fn commit(
        &self,
        mut batch: store::Batch,
        work: Vec<crate::WorkItem>,
        bells: &[String],
    ) -> Result<(), store::Error> {
        for item in &work {
            batch.put("work", item.record_key(), item, store::Expect::Any);
        }
        self.kit.store.commit(batch).await?;
        crate::work::act(self.kit.queue(), &self.kit.notices, work, Vec::new(), bells);
        Ok(())
    }

    /// Calls another service as the caller of this operation.
    ///
    /// # Errors
    /// The operation's error as AWS would send it.
    pub async fn call(
        &self,
        service: &str,
        operation: &str,
        input: serde_json::Value,
    ) -> Result<serde_json::Value, AwsError> {
        self.call_as(self.principal.clone(), service, operation, input, None).await
    }

    /// Calls another service as `principal`, once when an effect key is given.
    ///
    /// # Errors
    /// The operation's error as AWS would send it.
    pub async fn call_as(
        &self,
        principal: Principal,
        service: &str,
        operation: &str,
        input: serde_json::Value,
        effect_key: Option<String>,
    ) -> Result<serde_json::Value, AwsError> {
        let call = crate::Call {
            service: service.to_owned(),
            operation: operation.to_owned(),
            input,
            principal,
            region: self.region.clone(),
            effect_key,
        };
        self.kit.caller().call(call).await
    }
}
