//! Page tokens: opaque to the client, bound to the question they continue.

use crate::AwsError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Makes and reads `nextToken`s.
#[derive(Debug, Clone, Copy)]
pub struct PageToken<'a> {
    /// What is being listed, with its filters: a token of another question is refused.
    pub question: &'a str,
}

impl PageToken<'_> {
    /// The token for a cursor.
    pub fn make(&self, cursor: &str) -> String {
        let mut text = self.mark();
        text.push_str(cursor);
        URL_SAFE_NO_PAD.encode(text)
    }

    /// The cursor of a token.
    ///
    /// # Errors
    /// `code` (AWS names it differently per service) when the token is not one of this question's.
    pub fn read(&self, token: Option<&str>, code: &str) -> Result<Option<String>, AwsError> {
        let Some(token) = token else { return Ok(None) };
        let invalid = || AwsError::new(code, format!("Invalid Token: '{}'", token.escape_debug()));
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
        let text = String::from_utf8(bytes).map_err(|_| invalid())?;
        text.strip_prefix(&self.mark()).map(|cursor| Some(cursor.to_owned())).ok_or_else(invalid)
    }

    fn mark(&self) -> String {
        hex::encode(&Sha256::digest(self.question)[..4])
    }
}

/// The page size to use: what was asked, 1 ≤ size ≤ `most`; `default` when nothing (or 0) was asked.
pub fn page_size(asked: Option<i64>, default: usize, most: usize) -> usize {
    match asked {
        Some(asked) if asked > 0 => usize::try_from(asked).unwrap_or(most).min(most),
        _ => default,
    }
}
