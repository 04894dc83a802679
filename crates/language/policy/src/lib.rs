//! IAM policy documents to allow or deny, with the deciding statement.
//!
//! A caller collects the [`Document`]s that apply to a call as [`PolicySource`]s (those of the
//! principal, its boundary, its session, the resource or the role to assume) and asks [`evaluate`].
//! Nothing is looked up here: every condition key that depends on more than principal and resource,
//! the time included, is in the [`Context`] of the [`Request`].
//!
//! ```
//! use policy::{Context, Document, PolicyKind, PolicySource, Principal, Request, evaluate};
//!
//! let document = Document::parse(
//!     r#"{"Version": "2012-10-17", "Statement": [
//!         {"Sid": "Run", "Effect": "Allow", "Action": "states:Start*", "Resource": "*"}]}"#,
//! ).unwrap();
//! let sources = [PolicySource::new(PolicyKind::Identity, "runner", &document)];
//! let context = Context::new();
//! let principal = Principal::User { arn: "arn:aws:iam::123456789012:user/eve" };
//! let request = Request {
//!     principal,
//!     action: "states:StartExecution",
//!     resource: "arn:aws:states:us-east-1:123456789012:stateMachine:train",
//!     resource_account: None,
//!     context: &context,
//! };
//! assert!(evaluate(&sources, &request).is_allowed());
//! ```

mod condition;
mod context;
mod decision;
mod document;
mod error;
mod evaluate;
mod glob;
mod principal;
mod request;
mod template;

pub use context::Context;
pub use decision::{DecidingStatement, Decision};
pub use document::{Document, Effect, Statement};
pub use error::Error;
pub use evaluate::evaluate;
pub use principal::Principal;
pub use request::{PolicyKind, PolicySource, Request};
