//! A value of the definition together with its location.

use crate::json::{Field, Spanned};

/// A value and where it is, as AWS writes locations.
pub(super) struct Node<'a> {
    /// The value.
    pub(super) value: &'a Spanned,
    /// `/States/C/Choices[0]`; empty for the whole.
    pub(super) at: String,
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Spanned) -> Self {
        Self { value, at: String::new() }
    }

    /// The value of a field.
    pub(super) fn get(&self, key: &str) -> Option<Node<'a>> {
        let value = self.value.get(key)?;
        Some(Node { value, at: format!("{}/{key}", self.at) })
    }

    /// Whether there is such a field.
    pub(super) fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some()
    }

    pub(super) fn object(&self) -> Option<&'a [Field]> {
        self.value.as_object()
    }

    pub(super) fn text(&self) -> Option<&'a str> {
        self.value.as_str()
    }

    /// The items of an array with their locations.
    pub(super) fn items(&self) -> Option<Vec<Node<'a>>> {
        let items = self.value.as_array()?;
        let with_index = items.iter().enumerate();
        Some(
            with_index
                .map(|(index, value)| Node { value, at: format!("{}[{index}]", self.at) })
                .collect(),
        )
    }
}
