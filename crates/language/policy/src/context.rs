//! The condition keys of a request.

use std::collections::BTreeMap;

/// Condition keys with their values. Keys are compared without regard to case, as IAM does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    values: BTreeMap<String, Vec<String>>,
}

impl Context {
    /// No keys at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a key to its values, in place of those it had. A key without values is as good as absent
    /// for every operator but the sets of values.
    pub fn insert<V: Into<String>>(&mut self, key: &str, values: impl IntoIterator<Item = V>) {
        let values = values.into_iter().map(Into::into).collect();
        self.values.insert(key.to_lowercase(), values);
    }

    /// Sets a key that is not there yet.
    pub fn insert_if_absent(&mut self, key: &str, value: &str) {
        self.values.entry(key.to_lowercase()).or_insert_with(|| vec![value.to_owned()]);
    }

    /// Sets `aws:CurrentTime` and `aws:EpochTime` from Unix milliseconds. A time beyond the years
    /// that a date can have sets nothing.
    pub fn insert_time(&mut self, now_ms: i64) {
        if let Ok(now) = jiff::Timestamp::from_millisecond(now_ms) {
            self.insert("aws:CurrentTime", [now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()]);
            self.insert("aws:EpochTime", [now.as_second().to_string()]);
        }
    }

    /// The values of a key, if it is there.
    pub fn get(&self, key: &str) -> Option<&[String]> {
        match self.values.get(key) {
            Some(values) => Some(values),
            None => self.values.get(&key.to_lowercase()).map(Vec::as_slice),
        }
    }

    /// The value of a key that has exactly one.
    pub(crate) fn single(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some([value]) => Some(value),
            _ => None,
        }
    }
}

impl<K: AsRef<str>, V: Into<String>> FromIterator<(K, Vec<V>)> for Context {
    fn from_iter<I: IntoIterator<Item = (K, Vec<V>)>>(pairs: I) -> Self {
        let mut context = Self::new();
        for (key, values) in pairs {
            context.insert(key.as_ref(), values);
        }
        context
    }
}
