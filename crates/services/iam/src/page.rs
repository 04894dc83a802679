//! Listings in pages, the way of IAM: `Marker` and `MaxItems` in, `IsTruncated` and `Marker` out.

use crate::error::Error;
use service::{PageToken, page_size};

/// Input members of every listing.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Paging {
    marker: Option<String>,
    max_items: Option<i64>,
}

/// Output members of every listing.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Truncation {
    is_truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    marker: Option<String>,
}

impl Paging {
    /// The page of `items` that is asked for. `question` is the operation with what it lists; `cursor` gives each item
    /// a text of its own, and the items are put in the order of these texts.
    ///
    /// # Errors
    /// `ValidationError` when the marker is not one of this question's.
    pub(crate) fn page<T>(
        &self,
        question: &str,
        items: Vec<T>,
        cursor: impl Fn(&T) -> String,
    ) -> Result<(Vec<T>, Truncation), Error> {
        let token = PageToken { question };
        let after = token
            .read(self.marker.as_deref(), "ValidationError")
            .map_err(|_| Error::Validation("Invalid Marker.".to_owned()))?;
        let mut rest: Vec<(String, T)> =
            items.into_iter().map(|item| (cursor(&item), item)).collect();
        rest.sort_by(|a, b| a.0.cmp(&b.0));
        if let Some(after) = after {
            rest.retain(|(cursor, _)| *cursor > after);
        }
        let size = page_size(self.max_items, 100, 1000);
        let is_truncated = rest.len() > size;
        rest.truncate(size);
        let marker = match rest.last() {
            Some((cursor, _)) if is_truncated => Some(token.make(cursor)),
            _ => None,
        };
        let page = rest.into_iter().map(|(_, item)| item).collect();
        Ok((page, Truncation { is_truncated, marker }))
    }
}
