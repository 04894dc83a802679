//! Task tokens: what a worker or a callback gives back to answer a task.
//!
//! A token names its execution and task, so that no index from tokens to tasks is needed, and
//! carries random bytes, so that it cannot be guessed. Whether it is the right one is decided by
//! comparing it with the token stored in the frame ([`crate::Execution::task_with_token`]).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Entropy, Key};

pub(crate) fn make(execution_arn: &str, key: Key, entropy: &mut Entropy) -> Arc<str> {
    let secret: [u8; 16] = entropy.next_bytes();
    let mut bytes = format!("{execution_arn}\n{key}\n").into_bytes();
    bytes.extend_from_slice(&secret);
    STANDARD.encode(bytes).into()
}

/// The execution's ARN and the task a token names; none when it is no token of ours.
///
/// A token that reads well may still be forged: compare it with the stored one.
pub fn read(token: &str) -> Option<(String, Key)> {
    let bytes = STANDARD.decode(token).ok()?;
    let mut parts = bytes.splitn(3, |byte| *byte == b'\n');
    let execution_arn = String::from_utf8(parts.next()?.to_vec()).ok()?;
    let key = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    (parts.next()?.len() == 16).then_some((execution_arn, key))
}
