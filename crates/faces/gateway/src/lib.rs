//! One port for every AWS API: socket → which service → who → operation → socket.
//!
//! **Invariant:** the gateway decides nothing. It finds the service as AWS SDKs name it, verifies the signature, and
//! hands a [`service::Call`]'s parts to the dispatcher; every answer, errors too, has the shape of the service's protocol.
//!
//! **Invariant:** no request reaches an operation before its signature has been verified, unless the server was started
//! open, which it only is on loopback addresses.

mod answer;
mod guard;
mod identity;
mod limits;
mod receive;
mod route;
mod server;

pub use server::Shared;
pub use server::{Body, Gateway, ObjectApi, OwnApi, serve};
