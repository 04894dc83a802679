//! Small things about words.

use crate::model::SCOPE;

/// How many letters two words differ in.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    if a.len() > 64 || b.len() > 64 {
        return usize::from(a != b) * 64;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// The nearest of several words, if one is near.
pub(crate) fn nearest<'n>(word: &str, words: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    words
        .map(|candidate| (distance(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= 1 + word.len() / 5)
        .min()
        .map(|(_, candidate)| candidate)
}

/// A message with what it names in backquotes freed of the component that it is in.
pub(crate) fn without_scopes(message: &str) -> String {
    let parts = message.split('`').enumerate().map(|(index, part)| {
        let is_name = index % 2 == 1 && !part.starts_with("arn:");
        if is_name { part.rsplit(SCOPE).next().unwrap_or_default() } else { part }
    });
    parts.collect::<Vec<_>>().join("`")
}
