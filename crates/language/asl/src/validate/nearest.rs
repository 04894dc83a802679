//! The nearest existing name, for "did you mean".

/// The name that takes the fewest edits to get from `wanted`, if it is near at all.
pub(super) fn nearest<'n>(
    wanted: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    // Long names make the table of edits large for no use.
    const LONGEST: usize = 200;
    if wanted.len() > LONGEST {
        return None;
    }
    let most = (wanted.chars().count() / 3).max(1);
    names
        .into_iter()
        .filter(|name| name.len() <= LONGEST)
        .map(|name| (edits(wanted, name), name))
        .filter(|(count, _)| *count <= most)
        .min_by_key(|(count, _)| *count)
        .map(|(_, name)| name)
}

/// A hint to a name.
pub(super) fn did_you_mean(name: &str) -> String {
    format!("did you mean '{name}'?")
}

fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, from) in left.to_lowercase().chars().enumerate() {
        let mut corner = row[0];
        row[0] = line + 1;
        for (column, to) in right.iter().enumerate() {
            let replaced = corner + usize::from(from != *to);
            corner = row[column + 1];
            row[column + 1] = replaced.min(corner + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}
