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

/// Letters to add, drop, replace or swap with the next, at least.
fn edits(left: &str, right: &str) -> usize {
    let letters = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    let (left, right) = (letters(left), letters(right));
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for line in 1..=left.len() {
        let mut row = vec![line];
        for column in 1..=right.len() {
            let same = left[line - 1] == right[column - 1];
            let mut least = above[column - 1] + usize::from(!same);
            least = least.min(above[column] + 1).min(row[column - 1] + 1);
            let swapped = line > 1
                && column > 1
                && left[line - 1] == right[column - 2]
                && left[line - 2] == right[column - 1];
            if swapped {
                least = least.min(before[column - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[right.len()]
}
