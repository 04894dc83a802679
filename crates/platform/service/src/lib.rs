//! The kit every AWS service is made with: the operation table, authorisation, idempotent effects, durable work, paging.
//!
//! One path for every call. A request from a socket, an effect of an execution, a target of a rule and a job of one
//! service that needs another all become a [`Call`] to the [`Dispatcher`]: validate against the service's model →
//! authorise (action, resource, `iam:PassRole`) → run the operation → commit what it decided → act on it.
//!
//! **Invariant:** an operation writes nothing itself. It answers a [`Reply`]: the output, a [`store::Batch`], work to
//! schedule, notices to give. The dispatcher commits, then acts; on a version conflict it runs the operation again.
//!
//! **Invariant:** a call that carries an effect key takes place once. Its response is committed with its changes, and a
//! second call with the same key gets that response.
//!
//! **Invariant:** a service never sees another service's types; it has the [`Caller`].

mod authorise;
mod caller;
mod clock;
mod conditions;
mod connection;
mod ctx;
mod dispatcher;
mod entropy;
mod interest;
mod key_store;
mod metrics;
mod notices;
mod objects;
mod operation;
mod paging;
mod principal;
mod records;
mod registry;
mod undelivered;
mod work;

pub use authorise::{Access, Authoriser, OpenDoor};
pub use caller::{Call, Caller};
pub use clock::{Clock, SystemClock};
pub use connection::{ConnectionParameters, laid_over};
pub use ctx::{Ctx, Kit};
pub use dispatcher::{Dispatcher, forget_effects, record_effect};
pub use entropy::{Entropy, SeededEntropy, SystemEntropy};
pub use interest::Interest;
pub use key_store::{Credential, KeyStore};
pub use metrics::{MOST_VALUES, Metrics, Series, Summary};
pub use notices::Notices;
pub use objects::{ObjectInfo, Objects};
pub use operation::{Operation, OperationFuture, Reply, parse, run_operation};
pub use paging::{PageToken, page_size};
pub use principal::{Principal, PrincipalKind};
pub use records::{Found, Records};
pub use registry::{Row, Service, row, run};
pub use undelivered::{
    DeadLetter, DeadLetterNames, GivenUp, RetryLimits, is_throttled, retry_delay_ms,
};
pub use wire::{Arn, AwsError};
pub use work::{WorkItem, WorkOutcome, WorkQueue, unknown_kind};

/// Bytes as values carry them: base64 text.
pub fn base64_text(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
